"""`ss.pools`: several waves as one, for groups that are too small in each, also as moving pools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from survey_stats.compare.chains import chains
from survey_stats.compare.scales import require_alike
from survey_stats.compare.totals import one_survey
from survey_stats.compare.trend import times_of
from survey_stats.errors import ComparabilityError, InputError, UnknownNameError
from survey_stats.estimate import Estimates, Survey
from survey_stats.estimate.design import as_names
from survey_stats.estimate.given import require_survey
from survey_stats.estimate.intervals import IntervalMethod
from survey_stats.estimate.respondents import By
from survey_stats.estimate.scores import Scores, stack
from survey_stats.estimate.where import Where, domain

# the column that tells the pools apart
POOL = "pool"


def pools(
    survey: Survey,
    question: str | Sequence[str],
    by: By = None,
    where: Where = None,
    *,
    width: int | None = None,
    waves: Sequence[Sequence[float]] | None = None,
    time: str = "wave",
    of: object = None,
    level: float = 0.95,
    interval: IntervalMethod = "wilson",
    override: str | None = None,
) -> Estimates:
    """Shares over pools of waves: every `width` waves in a row, or the sets that `waves` names.

    Parameters
    ----------
    survey: all waves as one design, as `join` or `HarmonisedSet.survey` make it
    question, by, where, of, level, interval: as in `Survey.share`
    width: waves to a pool; pools that overlap are correlated, and their covariance is right
    waves: the pools, such as `[[2017, 2020], [2020, 2023]]`
    time: column that tells the wave, a number such as the year
    override: why waves are pooled that the codebook of the survey calls not comparable

    A pool is the average over its waves, each weighing what its weights sum to: let these stand
    for the population of the wave, or scale them to one size
    (`HarmonisedSet.survey(weights="average_of_waves")`). It says what was true on average over the
    years, and hides what changed between them; `trend` tells whether anything did. The key column
    `pool` names the waves.

    A cell without answers in one of its waves says so in `flag`; its number is of the other waves.
    A moving pool holds waves of one line only (see `trend`): a wave that asked in some areas only
    is in no pool with the others.

    Raises
    ------
    DesignError: weights of the waves on different scales
    ComparabilityError: `waves` pools what is not comparable, and there is no `override`
    InputError: neither or both of `width` and `waves`, or fewer waves than `width`
    UnknownNameError: a column or a wave that is not there

    >>> frame = pd.DataFrame({"wave": [2019, 2021, 2023] * 4, "yes": [0, 0, 1, 0, 1, 1] * 2})
    >>> pools(Survey(frame), "yes", width=2).to_frame()[["pool", "estimate", "n"]]
            pool  estimate  n
    0  2019+2021      0.25  8
    1  2021+2023      0.75  8
    """
    require_survey(survey, "pools")
    names, groups = as_names(question), as_names(by)
    for taken in (time, POOL):
        if taken in groups:
            raise InputError(f"by names {taken!r}, which tells the pools apart; leave it out")
    times = times_of(survey, time)
    if (width is None) == (waves is None):
        raise InputError("Say how to pool: either width=, or the sets of waves=")
    base = None if where is None else domain(survey.frame, where)
    every = np.ones(len(survey), dtype=bool) if base is None else base
    source = one_survey(survey, every, groups)
    if waves is not None:
        chosen = _named(source, names, times, waves, override)
    else:
        assert width is not None
        chosen = _moving(source, names, times, width)
    value = survey.frame[time].to_numpy(dtype=np.float64, na_value=np.nan)
    for pool in chosen:
        require_alike(survey.design.weights, value, pool, "pooling")
    parts = []
    for pool in chosen:
        inside = np.isin(value, pool)
        inside = inside if base is None else inside & base
        part = survey.share(question, by, inside, of, level, interval=interval)
        parts.append(_with_gaps(part, survey.share(question, [*groups, time], inside), time, pool))
    return _beside(parts, ["+".join(f"{t:g}" for t in pool) for pool in chosen], where, override)


def _with_gaps(part: Estimates, by_wave: Estimates, time: str, pool: Sequence[float]) -> Estimates:
    """The pool, its cells flagged where a wave has no answers."""
    keys = [c for c in part.keys.columns if c != "level"]
    answered = by_wave.keys.loc[by_wave.n > 0, [*keys, time]].drop_duplicates()
    there: dict[Any, set[float]] = {}
    for *key, wave in answered.itertuples(index=False, name=None):
        there.setdefault(tuple(key), set()).add(float(wave))
    flags = list(part.flag)
    for i, found in enumerate(part.keys[keys].itertuples(index=False, name=None)):
        gone = [t for t in pool if t not in there.get(tuple(found), set())]
        if gone and not flags[i]:
            flags[i] = f"no answers in {', '.join(f'{t:g}' for t in gone)}"
    return replace(part, flag=flags)


def _moving(
    source: str | None, questions: Sequence[str], times: Sequence[float], width: int
) -> list[list[float]]:
    if width < 2:
        raise InputError(f"width={width}; a pool holds two waves or more")
    lines = [tuple(line) for line in _lines(source, questions, times)]
    found = [list(line[i : i + width]) for line in lines for i in range(len(line) - width + 1)]
    if not found:
        longest = max(lines, key=len, default=())
        raise InputError(
            f"No {width} waves can be pooled; the longest line of comparable waves has "
            f"{len(longest)} ({', '.join(f'{t:g}' for t in longest)})"
        )
    return sorted(found)


def _named(
    source: str | None,
    questions: Sequence[str],
    times: Sequence[float],
    waves: Sequence[Sequence[float]],
    override: str | None,
) -> list[list[float]]:
    for pool in waves:
        if len(set(pool)) < 2:
            raise InputError(f"The pool {list(pool)} holds fewer than two waves; name two or more")
        unknown = [t for t in pool if t not in times]
        if unknown:
            known = [f"{t:g}" for t in times]
            raise UnknownNameError("wave", f"{unknown[0]:g}", known, "waves=")
        if override is None and len(_lines(source, questions, pool)) > 1:
            told = "; ".join(
                note for q in questions for note in chains(q, source, pool)[1] if "apart" in note
            )
            raise ComparabilityError(
                f"The waves {', '.join(f'{t:g}' for t in pool)} must not be pooled: {told}; give "
                "override= with your reason to do it anyway"
            )
    return [sorted(set(pool)) for pool in waves]


def _lines(
    source: str | None, questions: Sequence[str], times: Sequence[float]
) -> list[list[float]]:
    """Lines of waves that are comparable in all questions."""
    lines = [list(times)]
    for question in questions:
        lines = [part for line in lines for part in chains(question, source, line)[0]]
    return lines


def _beside(
    parts: Sequence[Estimates], labels: Sequence[str], where: Where, override: str | None
) -> Estimates:
    """The rows of all parts below each other, with the pool as the first key."""
    keys = [
        pd.concat([pd.Series([label] * len(part), name=POOL), part.keys], axis=1)
        for part, label in zip(parts, labels, strict=True)
    ]
    first = parts[0]
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in (
            *("estimate", "se", "ci_low", "ci_high", "df"),
            *("n", "n_effective", "deff", "deff_without"),
        )
    }
    told = f"waves pooled as their weights sum{f', although: {override}' if override else ''}"
    return replace(
        first,
        metadata=first.metadata.but(
            where=where if isinstance(where, str) else ("" if where is None else "given rows"),
            by=(POOL, *first.metadata.by),
            method=f"{first.metadata.method}, {told}",
        ),
        keys=pd.concat(keys, ignore_index=True),
        flag=[flag for part in parts for flag in part.flag],
        _scores=partial(_stacked, parts),
        **arrays,
    )


def _stacked(parts: Sequence[Estimates]) -> Scores:
    return stack([part.scores() for part in parts])
