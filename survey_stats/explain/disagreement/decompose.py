"""`ss.decompose`: the difference of two surveys on one question, split into what makes it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from survey_stats.compare import Changes
from survey_stats.compare.align import rename_sides
from survey_stats.compare.change import sides, ungraded
from survey_stats.compare.grading import check_given, find_grade, settle
from survey_stats.errors import InputError, UnknownNameError, enumerate_first
from survey_stats.estimate import Survey
from survey_stats.estimate.where import Where
from survey_stats.explain.disagreement import das_gupta, kitagawa
from survey_stats.explain.disagreement.cells import (
    Bools,
    Cells,
    Levels,
    Merge,
    check_variables,
    crossed,
    levels_of,
    spelled_apart,
)
from survey_stats.explain.disagreement.definition import (
    BOTH,
    CODEBOOKS,
    KNOWN,
    States,
    find_codings,
    find_universe,
    states_of,
)
from survey_stats.explain.disagreement.geography import Geography, find_geography
from survey_stats.explain.disagreement.independence import check_independent, waves_of
from survey_stats.explain.disagreement.kitagawa import Parts, Totals
from survey_stats.explain.disagreement.leaves import Steps, split_up, totals_of
from survey_stats.explain.disagreement.modelled import Method, modelled
from survey_stats.explain.disagreement.result import Decomposition, Source
from survey_stats.explain.disagreement.sample import Sample, check_asked, stem_of
from survey_stats.harmonise import Grade

Rates = Literal["both", "first", "second"]
Split = Literal["shapley", "das gupta"]

_LEAN: dict[str, float] = {"both": 0.5, "first": 0.0, "second": 1.0}


def decompose(
    first: Survey,
    second: Survey,
    question: str,
    variables: str | Sequence[str],
    where: Where = None,
    *,
    second_question: str | None = None,
    coding: str | None = None,
    universe: str | None = CODEBOOKS,
    merge: Merge | None = None,
    method: Method = "kitagawa",
    split: Split = "shapley",
    rates: Rates = "both",
    saturated: bool = False,
    of: object = None,
    grade: Grade | None = None,
    override: str | None = None,
    level: float = 0.95,
) -> Decomposition:
    """Split the share in the second survey less that in the first into parts that sum to it.

    - definition: what counting both surveys by one `coding`, and only the people that both ask
      (`universe`), does; on the same respondents, so that it is known far better than a
      difference of two surveys. Where both do something, each is averaged over both orders.
      Respondents whose variables are not known, and cells of the crossed `variables` that one
      survey alone has, are told apart and taken out here too
    - composition: what different shares of the groups do, variable by variable, free of order
    - rest: different answers of the same groups, which hold mode, wording, non-response, variables
      that are not named, and time

    Parameters
    ----------
    first, second: independent samples
    question: a question of yes and no, or `of=` says whose share
    variables: background that both surveys have, up to five columns
    where: the domain, an expression that both frames understand, or a function of the frame
    second_question: the column in the second survey, where it has another name or coding
    coding: the coding that both are counted by, of columns such as `unsafe_evening__city`; by
        default one that both have, where theirs differ
    universe: an expression for the people that both surveys ask. By default the codebooks tell:
        age groups that one of them asks only in part, and areas that one does not ask in, are left
        out on both sides. None leaves nobody out
    merge: `{variable: {new level: [levels]}}`, for cells that are empty or small
    method: "kitagawa" (crossed cells), "oaxaca" (linear models of the answers), "fairlie"
        (logistic models) or "reweighting" (to the other survey's people, DiNardo, Fortin and
        Lemieux); the last three with main effects of the variables unless `saturated`, when all
        four agree
    split: how "kitagawa" shares the composition among variables, "shapley" or "das gupta"; both
        sum to the same and have no order
    rates: whose answers the composition is valued at: the mean of both surveys, or one survey's
    grade, override: as in `disagreement`
    level: of the intervals

    Every part's standard error follows the designs of both surveys, with the errors of shares and
    of answers of the groups and their covariances; df are Satterthwaite's. The formulas and what
    intervals keep in simulation are in docs/disagreement.md.

    Raises:
        ComparabilityError: the grade is `not comparable` and there is no `override`.
        UnknownNameError: a column, a level or a coding is not there.
        InputError: the surveys are one, nobody is left, no cell in common, or several shares.

    >>> import pandas as pd
    >>> a = pd.DataFrame({"q": [1, 0] * 30 + [0] * 40, "age": ["young"] * 60 + ["old"] * 40})
    >>> b = pd.DataFrame({"q": [1, 0] * 20 + [0] * 60, "age": ["young"] * 40 + ["old"] * 60})
    >>> parts = decompose(Survey(a), Survey(b), "q", "age").to_frame()
    >>> parts[["part", "variable", "contribution"]].round(4)
              part variable  contribution
    0   difference                   -0.1
    1  composition                   -0.1
    2  composition      age          -0.1
    3         rest                    0.0
    """
    names = check_variables(variables)
    _check_choices(method, split, rates, saturated)
    if not isinstance(question, str):
        raise InputError("decompose is about one question at a time; name one column")
    other = second_question or question
    own = {stem_of(question), stem_of(other)}
    if answer := [n for n in names if stem_of(n) in own]:
        raise InputError(f"{answer[0]!r} is the question itself; variables are background")
    if isinstance(first, Survey) and isinstance(second, Survey) and first is not second:
        check_independent(first, second)
        for side, (survey, asked) in enumerate(((first, question), (second, other))):
            _check_level(survey, asked, of, side)
    changes = _compared(first, second, question, other, where, of, grade, override, level)
    codings = find_codings(first, second, question, other, coding)
    published = Sample.of(first, where), Sample.of(second, where)
    geography = _geography(published, universe)
    samples = published
    if geography.restricted:
        one, two = geography.within
        samples = Sample(first, one), Sample(second, two)
    crossing = [levels_of(first, second, name, merge or {}) for name in names]
    _check_merge(merge or {}, names)
    shared = find_universe(samples, universe)
    states = [
        states_of(sample, own, common, rows, of)
        for sample, own, common, rows in zip(
            samples, (question, other), codings.columns, shared.within, strict=True
        )
    ]
    cells, known = _cells(samples, states, crossing)
    rows = [
        state.rows(sample, whole.inside, inside, cell, cells.size)
        for state, sample, whole, inside, cell in zip(
            states, samples, published, known, (cells.first, cells.second), strict=True
        )
    ]
    totals = totals_of(rows)
    lean = _LEAN[rates]
    composition = _composition(totals, cells, method, split, lean, saturated)
    steps = Steps(
        recoded=any(s.own is not s.common for s in states),
        restricted=any((s.within != x.inside).any() for s, x in zip(states, samples, strict=True)),
        unknown=any(side[BOTH].n != side[KNOWN].n for side in rows),
        one_only=bool(cells.only_first or cells.only_second),
        elsewhere=geography.restricted and any(geography.outside),
    )
    leaves, uncertain, rest = split_up(rows, steps, composition, names, level)
    return Decomposition(
        question=question,
        of=of,
        first=_title(first),
        second=_title(second),
        shares=(float(changes.before[0]), float(changes.after[0])),
        bases=(int(changes.n_before[0]), int(changes.n_after[0])),
        leaves=leaves,
        uncertain=uncertain,
        changes=changes,
        grade=changes.grade,
        override=changes.override,
        codings=codings.used,
        common_coding=codings.common,
        left_out=shared.left_out,
        areas=shared.areas or geography.common * geography.restricted,
        geography=geography,
        waves=(waves_of(samples[0]), waves_of(samples[1])),
        unknown=tuple(_unknown(s, crossing, side) for side, s in enumerate(states)),
        spelled=tuple((v.name, pairs) for v in crossing if (pairs := spelled_apart(v))),
        settled=shared.settled + ("coding",) * steps.recoded,
        where=where if isinstance(where, str) else "",
        method=method,
        rates=rates,
        cells=cells,
        totals=totals,
        lean=lean,
        rest=rest,
        sources=(
            Source(samples[0], states[0].common, cells.first, tuple(rows[0])),
            Source(samples[1], states[1].common, cells.second, tuple(rows[1])),
        ),
    )


def _geography(samples: tuple[Sample, Sample], universe: str | None) -> Geography:
    """The areas of both surveys; where the caller says who is in, only told."""
    if universe is None or universe == CODEBOOKS:
        return find_geography(samples, universe is not None)
    one, two = find_universe(samples, universe).within
    return find_geography(
        (Sample(samples[0].survey, one), Sample(samples[1].survey, two)), restrict=False
    )


def _unknown(state: States, crossing: Sequence[Levels], side: int) -> dict[str, int]:
    """Respondents in the universe who answered and have no known level, by variable."""
    rows = state.within & (state.common >= 0)
    counts = {v.name: int((rows & ((v.first, v.second)[side] < 0)).sum()) for v in crossing}
    return {name: n for name, n in counts.items() if n}


def _title(survey: Survey) -> str:
    told = " ".join(str(p) for p in (survey.name, survey.wave) if p is not None)
    return told or "unnamed"


def _check_choices(method: str, split: str, rates: str, saturated: bool) -> None:
    for value, name, known in (
        (method, "method", get_args(Method)),
        (split, "split", get_args(Split)),
        (rates, "rates", get_args(Rates)),
    ):
        if value not in known:
            raise InputError(f"{name}={value!r} is not known; use {' or '.join(map(repr, known))}")
    if split == "das gupta" and (method != "kitagawa" or rates != "both"):
        raise InputError("split='das gupta' goes with method='kitagawa' and rates='both'")
    if saturated and method == "kitagawa":
        raise InputError("saturated goes with a model; method='kitagawa' has every cell already")


def _check_merge(merge: Merge, names: Sequence[str]) -> None:
    for name in merge:
        if name not in names:
            raise UnknownNameError("variable", name, names, "variables, which merge is about")


def _compared(
    first: Survey,
    second: Survey,
    question: str,
    other: str,
    where: Where,
    of: object,
    grade: Grade | None,
    override: str | None,
    level: float,
) -> Changes:
    """The difference itself with its grade, as `change` tells it."""
    if not (isinstance(first, Survey) and isinstance(second, Survey)):
        raise InputError(
            f"decompose takes two Surveys, not {type(first).__name__} and {type(second).__name__}"
        )
    if first is second:
        raise InputError("decompose compares two surveys, but both are the same one")
    check_given(grade, override)
    if where is not None and not isinstance(where, str) and not callable(where):
        raise InputError(
            "where= is given row by row, but two Surveys have different rows; write it as an "
            "expression"
        )
    if question == other:
        one, two = sides(first, second, question, None, where)
        changes = ungraded(
            first, second, question, None, where, "none", level, 0.03, of=of, df="effective"
        )
    else:
        one, _ = sides(first, first, question, None, where)
        two, _ = sides(second, second, other, None, where)
        results = first.share(question, None, where, of), second.share(other, None, where, of)
        changes = ungraded(*results, None, None, None, "none", level, 0.03)
    found = find_grade(one, two) if grade is None else grade
    reason = settle(found, one, two, override)
    if len(changes) != 1:
        raise InputError(
            f"{question!r} has {len(changes)} levels, and a decomposition is of one share; say "
            "whose share with of="
        )
    if np.isnan(changes.difference[0]):
        why = rename_sides(changes.flag[0], "in the first survey", "in the second survey")
        raise InputError(f"There is no difference to split: {_empty(first, second, where) or why}")
    return replace(changes, grade=found, override=reason)


def _check_level(survey: Survey, question: str, of: object, side: int) -> None:
    """Say which survey lacks the question, or the level whose share is wanted."""
    check_asked(survey, question, side)
    if not isinstance(of, str):
        return
    labels = survey.coded(question).labels
    if len(labels) and of not in {str(v) for v in labels}:
        where = f"question {question!r} of {_name(survey, side)}"
        raise UnknownNameError("level", of, labels, where=where)


def _empty(first: Survey, second: Survey, where: Where) -> str:
    """That nobody of a survey is in the domain, and what a column has where one is compared."""
    if where is None:
        return ""
    for side, survey in enumerate((first, second)):
        if Sample.of(survey, where).inside.any():
            continue
        told = f"nobody of {_name(survey, side)} is in the domain"
        if not isinstance(where, str):
            return told
        told += f" {where}"
        simple = re.fullmatch(r"\s*(\w+)\s*==\s*(['\"])(.*)\2\s*", where)
        if simple and simple[1] in survey.frame.columns:
            values = survey.frame[simple[1]].dropna().astype(str).unique().tolist()
            near = difflib.get_close_matches(simple[3], values, 3, 0.5)
            told += f"; {simple[1]} has {enumerate_first([*dict.fromkeys([*near, *values])])}"
        return told
    return ""


def _cells(
    samples: tuple[Sample, Sample], states: Sequence[States], crossing: Sequence[Levels]
) -> tuple[Cells, list[Bools]]:
    """The cells that both have, and the respondents of each survey whose variables are known."""
    known = []
    for side, state in enumerate(states):
        rows = state.within & (state.common >= 0)
        for variable in crossing:
            rows = rows & ((variable.first, variable.second)[side] >= 0)
        if not rows.any():
            raise InputError(_nobody(samples[side], state, crossing, side))
        known.append(rows)
    return crossed(crossing, known[0], known[1], (samples[0].n, samples[1].n)), known


def _nobody(sample: Sample, state: States, crossing: Sequence[Levels], side: int) -> str:
    """Why no respondent of a survey has all variables known."""
    name = _name(sample.survey, side)
    answered = state.within & (state.common >= 0)
    missing = [v.name for v in crossing if not (answered & ((v.first, v.second)[side] >= 0)).any()]
    if not missing:
        names = " and ".join(v.name for v in crossing)
        return f"Nobody of {name} has {names} known at once; leave one out"
    told = " or ".join(missing)
    return (
        f"Nobody of {name} has a known {told}; leave it out, and see what it could explain with "
        f".sensitivity({missing[0]!r})"
    )


def _name(survey: Survey, side: int) -> str:
    title = _title(survey)
    return ("the first survey", "the second survey")[side] if title == "unnamed" else title


def _composition(
    totals: Totals, cells: Cells, method: Method, split: Split, lean: float, saturated: bool
) -> Parts:
    """The contributions of the variables, (K,)."""
    if cells.levels.shape[1] == 0:
        return Parts(np.zeros(0), np.zeros((0, 4, cells.size)))
    if method != "kitagawa":
        names = [v.name for v in cells.variables]
        return modelled(totals, cells.levels, names, method, lean, saturated)
    if split == "das gupta":
        return das_gupta.by_variable(totals, cells.levels)
    return kitagawa.by_variable(totals, cells.levels, lean)
