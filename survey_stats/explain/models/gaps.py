"""How far groups are apart, all else equal, and whether that changed."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy import sparse

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate.columns import Floats
from survey_stats.estimate.contrasts import Contrasts, combine
from survey_stats.estimate.respondents import By
from survey_stats.estimate.where import Where
from survey_stats.explain.models import margins as of
from survey_stats.explain.models.crossings import crossed, crossing

if TYPE_CHECKING:
    from survey_stats.explain.models.margins import Covariates
    from survey_stats.explain.models.result import Model

GapScale = Literal["difference", "ratio", "odds_ratio"]


def gap(
    model: Model,
    column: str,
    over: str | None,
    by: By,
    reference: object,
    scale: GapScale,
    where: Where,
    covariates: Covariates,
) -> Contrasts:
    """Gaps and their changes; see `Model.gap`."""
    if scale not in get_args(GapScale):
        names = ", ".join(get_args(GapScale))
        raise InputError(f"scale={scale!r} is not known; use one of {names}")
    if scale == "odds_ratio" and model.statistic != "share":
        raise InputError(f"Odds ratios are of shares, not of a {model.statistic}; use 'ratio'")
    if over == column:
        raise InputError(f"{column!r} cannot be compared over itself; name two predictors")
    for name in (column, *([over] if over else [])):
        of.predictor(model, name)
        if not of.is_levels(model, name):
            raise InputError(
                f"{name!r} is a number in the model; write C({name}) in the formula to compare "
                "its values"
            )
    if over:
        _refuse_assumed(model, column, over)
    known = of.levels(model, column)
    base = known[0] if reference is None else reference
    if base not in known:
        raise UnknownNameError("level", base, known, where=f"predictor {column!r}")
    times = of.levels(model, over) if over else [None]
    sets = [over, column] if over else [column]
    result = of.margins(model, sets, by, None, where, model.level, covariates, "wald")
    value, slope = _scaled(result.estimate, scale)
    place = _Places(result.keys)
    others = [c for c in result.keys.columns if c not in sets]
    groups = list(dict.fromkeys(place.key(row, others) for row in range(len(result))))
    labels: list[tuple[Any, ...]] = []
    columns: list[dict[int, float]] = []
    sign = {"difference": " - ", "ratio": " / ", "odds_ratio": " / "}[scale]
    for group, level in product(groups, [v for v in known if v != base]):
        pairs = []
        for time in times:
            at = dict(zip(others, group, strict=True)) | {column: level}
            start = dict(zip(others, group, strict=True)) | {column: base}
            if over:
                at[over] = start[over] = time
            pairs.append({place.row(at): 1.0, place.row(start): -1.0})
        told = f"{level}{sign}{base}"
        for time, pair in zip(times, pairs, strict=True):
            labels.append((*group, *([time] if over else []), told))
            columns.append(pair)
        for time, pair in zip(times[1:], pairs[1:], strict=True):
            change = dict(pair)
            for row, weight in pairs[0].items():
                change[row] = change.get(row, 0.0) - weight
            labels.append((*group, f"{time}{sign}{times[0]}", told))
            columns.append(change)
    weights = sparse.lil_array((len(result), len(columns)))
    for j, entries in enumerate(columns):
        for row, weight in entries.items():
            weights[row, j] = weight
    linear = sparse.csc_array(weights)
    at_values = np.asarray(linear.T @ value)
    slopes = sparse.csc_array(linear.multiply(slope[:, None]))
    made = combine(
        result.metadata.but(statistic=f"{scale.replace('_', ' ')} of {result.metadata.statistic}"),
        pd.DataFrame(labels, columns=[*others, *([over] if over else []), "contrast"]),
        at_values,
        slopes,
        result.estimate,
        result.scores(),
        model.fit.design.df if model.df_rule == "design" else None,
        0.0,
    )
    return made if scale == "difference" else _exponential(made)


def _refuse_assumed(model: Model, column: str, over: str) -> None:
    """Raise `InputError` where the model holds gaps alike at every level of `over`."""
    if crossed(model, column, over):
        return
    raise InputError(
        f"The model {model.formula!r} assumes that the gap of {column!r} is the same over "
        f"{over!r}, and so cannot tell whether it changed; add {crossing(model, column, over)} to "
        "the formula, or leave over= out"
    )


def _scaled(estimate: Floats, scale: GapScale) -> tuple[Floats, Floats]:
    """The estimates on the scale on which gaps are differences, and its slope."""
    if scale == "difference":
        return estimate, np.ones_like(estimate)
    # what is not above zero has no ratio, and what is a certainty no odds
    known = np.where((estimate > 0) & ((scale == "ratio") | (estimate < 1)), estimate, np.nan)
    if scale == "ratio":
        return np.log(known), 1 / known
    return np.log(known / (1 - known)), 1 / (known * (1 - known))


def _exponential(made: Contrasts) -> Contrasts:
    """Logarithms carried back: intervals are not symmetric, tests are those of the logarithm."""
    with np.errstate(over="ignore", invalid="ignore"):
        estimate = np.exp(made.estimate)
        return replace(
            made,
            estimate=estimate,
            se=made.se * estimate,
            ci_low=np.exp(made.ci_low),
            ci_high=np.exp(made.ci_high),
            null=1.0,
            scores=made.scores.scale(estimate),
        )


class _Places:
    """Rows of a frame of keys by their values."""

    def __init__(self, keys: pd.DataFrame) -> None:
        self.columns = [str(c) for c in keys.columns]
        self.values = {c: keys[c].tolist() for c in keys.columns}
        rows = zip(*self.values.values(), strict=True)
        self.index = {key: i for i, key in enumerate(rows)}

    def key(self, row: int, columns: list[str]) -> tuple[Any, ...]:
        return tuple(self.values[c][row] for c in columns)

    def row(self, at: dict[str, Any]) -> int:
        return self.index[tuple(at[c] for c in self.columns)]
