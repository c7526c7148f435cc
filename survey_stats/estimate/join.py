"""Several samples as one design, so that what they share is in the covariance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from survey_stats.errors import DesignError, InputError, UnknownNameError
from survey_stats.estimate.design import Declared
from survey_stats.estimate.given import require_survey
from survey_stats.estimate.reweighted import steps_taken
from survey_stats.estimate.survey import Survey
from survey_stats.weight.result import Weights

SharedUnits = Literal["psu", "respondent"]


def join(
    surveys: Sequence[Survey],
    shared: SharedUnits | None = None,
    *,
    respondent: str | None = None,
    wave: str = "wave",
) -> Survey:
    """One Survey with the respondents of all, and the column `wave` that tells them apart.

    Parameters
    ----------
    surveys: two or more, with design columns of the same names
    shared: None for independent samples: strata of different surveys are different strata, also
        where they have one name. "psu": a PSU id in a stratum is the same unit in all of them, as
        when areas or schools are visited again. "respondent": a panel, in which people are the
        units and come back under the same id
    respondent: column of the person's id, for "respondent"
    wave: name of the column; where all frames have it, each with one value of its own, it stays,
        else it holds `Survey.wave`, or 1, 2, ... where that is not known

    The covariance between two waves is then that of the totals of their units: a unit that one
    wave lacks has the total zero there (Kish 1965, Survey Sampling, section 12.4; R survey does
    the same with a domain for each wave). Weights stay as they are, so tabulate by the wave, or
    scale them before.

    Raises
    ------
    InputError: fewer than two surveys, waves that cannot be told apart, replicate weights, or
        `shared` without what it needs
    DesignError: design columns with other names; a person in two strata
    UnknownNameError: no such column as `respondent`

    >>> old = Survey(pd.DataFrame({"yes": [1, 0, 1], "area": list("abc")}), clusters="area", wave=1)
    >>> new = Survey(pd.DataFrame({"yes": [1, 1, 1], "area": list("abd")}), clusters="area", wave=2)
    >>> join([old, new], shared="psu").share("yes", by="wave").to_frame()[["wave", "estimate"]]
       wave  estimate
    0     1  0.666667
    1     2  1.000000
    """
    if not isinstance(surveys, list | tuple):
        raise InputError(
            f"join takes a list of Surveys, not {type(surveys).__name__}; ss.join([first, second])"
        )
    for one in surveys:
        require_survey(one, "join, for each wave,")
    if shared not in (None, *get_args(SharedUnits)):
        raise InputError(f"shared={shared!r} is not known; use 'psu', 'respondent' or None")
    if len(surveys) < 2:
        raise InputError(f"There are {len(surveys)} surveys to join; give two or more")
    declared = _declared(surveys)
    labels = _labels(surveys, wave)
    strata, clusters, nest = list(declared.strata), list(declared.clusters), declared.nest
    if shared is None:
        strata = [wave, *strata]
    elif shared == "psu" and not clusters:
        raise InputError(
            "shared='psu' needs surveys with clusters; for the same people in both waves say "
            "shared='respondent' and name their id"
        )
    elif shared == "respondent":
        if respondent is None:
            raise InputError("shared='respondent' needs the column of the person's id: respondent=")
        for survey in surveys:
            if respondent not in survey.frame.columns:
                raise UnknownNameError("respondent column", respondent, survey.frame.columns)
        if not clusters:
            clusters, nest = [respondent], False
    stacked = _stack(surveys, labels, wave)
    weighting, name = None, declared.weights
    if name is not None and any(s.design.weighting is not None for s in surveys):
        # who was drawn and did not answer is a unit of the design all the same
        weighting = Weights.joined([s.weighting for s in surveys])
        stacked[name] = weighting.base
    joined = Survey(
        stacked,
        weights=declared.weights,
        strata=strata or None,
        clusters=clusters or None,
        fpc=list(declared.fpc) or None,
        lonely_psu=surveys[0].design.lonely_psu,
        lonely_domain=any(s.design.lonely_domain for s in surveys),
        nest=nest,
        name=_together([s.name for s in surveys], " + "),
        wave=_together(labels, ", "),
        codings=_codings(surveys),
    )
    if weighting is None:
        return joined
    stacked[name] = weighting.values
    return joined._with(stacked, steps_taken(joined.design, weighting))


def _declared(surveys: Sequence[Survey]) -> Declared:
    """The design columns that all have."""
    for survey in surveys:
        if survey.design.replicates is not None:
            raise InputError(
                "Surveys with replicate weights cannot be joined; join the designs, then make "
                "replicates"
            )
    first = surveys[0].design.declared
    parts: list[tuple[str, Callable[[Declared], object]]] = [
        ("weights", lambda d: d.weights),
        ("strata", lambda d: d.strata),
        ("clusters", lambda d: d.clusters),
        ("fpc", lambda d: d.fpc),
    ]
    for survey in surveys[1:]:
        for what, of in parts:
            one, other = of(first), of(survey.design.declared)
            if one != other:
                raise DesignError(
                    f"The surveys name their {what} differently ({one!r} and {other!r}); rename "
                    "the columns so that they are the same"
                )
        if survey.design.lonely_psu != surveys[0].design.lonely_psu:
            raise DesignError(
                "The surveys have different rules for lonely PSUs "
                f"({surveys[0].design.lonely_psu!r} and {survey.design.lonely_psu!r}); choose one"
            )
    return first


def _codings(surveys: Sequence[Survey]) -> dict[str, str]:
    """The coding of each question, which must be the same where both have it."""
    codings: dict[str, str] = {}
    for survey in surveys:
        for question, coding in survey.codings.items():
            if codings.setdefault(question, coding) != coding:
                raise InputError(
                    f"The surveys count the answers to {question!r} differently "
                    f"({codings[question]} and {coding}); harmonise both with one coding"
                )
    return codings


def _labels(surveys: Sequence[Survey], wave: str) -> list[Any]:
    """What the wave of each survey is called."""
    if all(wave in s.frame.columns for s in surveys):
        values = [s.frame[wave].unique().tolist() for s in surveys]
        if all(len(v) == 1 for v in values):
            labels = [v[0] for v in values]
            if len(set(labels)) == len(labels):
                return labels
        raise InputError(
            f"The column {wave!r} does not tell the surveys apart; name another with wave="
        )
    if any(wave in s.frame.columns for s in surveys):
        raise InputError(f"Some of the surveys have a column {wave!r}; name another with wave=")
    labels = [s.wave for s in surveys]
    if any(label is None for label in labels) or len(set(map(str, labels))) < len(labels):
        return list(range(1, len(surveys) + 1))
    return labels


def _stack(surveys: Sequence[Survey], labels: Sequence[Any], wave: str) -> pd.DataFrame:
    """All frames below each other; a categorical stays one, with the categories of all."""
    frames = [s.frame for s in surveys]
    names = list(dict.fromkeys(c for f in frames for c in f.columns if c != wave))
    columns: dict[str, Any] = {}
    for name in names:
        parts = [
            f[name] if name in f.columns else pd.Series(np.full(len(f), None), dtype=object)
            for f in frames
        ]
        kinds = [f[name].dtype for f in frames if name in f.columns]
        if all(isinstance(k, pd.CategoricalDtype) for k in kinds):
            same = [p.astype(kinds[0]) if p.dtype == object else p for p in parts]
            columns[name] = union_categoricals(same, ignore_order=len({*kinds}) > 1)
            continue
        columns[name] = pd.concat(
            [
                p.astype(kinds[0]) if name not in f.columns and _nullable(kinds[0]) else p
                for p, f in zip(parts, frames, strict=True)
            ],
            ignore_index=True,
        ).array
    columns[wave] = np.repeat(np.array(labels), [len(f) for f in frames])
    stacked = pd.DataFrame(columns)
    stacked.attrs["synthetic"] = any(s.synthetic for s in surveys)
    stacked.attrs["deliveries"] = [d for s in surveys for d in s.deliveries]
    return stacked


def _nullable(kind: Any) -> bool:
    return isinstance(kind, pd.api.extensions.ExtensionDtype)


def _together(names: Sequence[object], between: str) -> str | None:
    told = list(dict.fromkeys(str(n) for n in names if n is not None))
    return between.join(told) or None
