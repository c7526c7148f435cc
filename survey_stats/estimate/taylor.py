"""Linearised variance of shares, means, ratios and totals by group.

Each statistic has the score `z = a (w y - b w x)` per respondent: `a = 1 / sum(w x)` and
`b = theta` for a ratio (a mean has x = 1, a share has y = 0 or 1 as well), `a = 1` and `b = 0`
for a total. The variance is that of the total of the scores under the design, over all its
units: a unit without a member of the group has the score 0 and still counts (Särndal, Swensson
and Wretman 1992, Model Assisted Survey Sampling, sections 5.5-5.8 and 10.3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from survey_stats.estimate.columns import Bools, Floats, Ints
from survey_stats.estimate.dense import dense_shares, dense_variance
from survey_stats.estimate.elements import (
    as_units,
    element_shares,
    element_variance,
    squared_weights,
)
from survey_stats.estimate.layout import PACK, Layout
from survey_stats.estimate.rowwise import sorted_rows
from survey_stats.estimate.strata import Spread
from survey_stats.estimate.tally import Measure, add_up, answered, fits


@dataclass(frozen=True)
class Linear:
    """Estimates by group (G) and target (K) with what their intervals need.

    Attributes
    ----------
    theta, variance: shape (G, K); NaN where a group has no answers
    simple: variance of the same statistic in a simple random sample with replacement of the same
        size, shape (G, K)
    n: respondents who answered, shape (G,)
    weight, weight_squared: sums of w and w squared over them, shape (G,)
    units, strata: first-stage units and strata that hold one of them, shape (G,)
    """

    theta: Floats
    variance: Floats
    simple: Floats
    n: Ints
    weight: Floats
    weight_squared: Floats
    units: Ints
    strata: Ints


def linear(layout: Layout, measure: Measure, total: bool = False) -> Linear:
    """Estimate `measure` in each group of `layout`, with its variance under the design.

    A total when `total`, otherwise the ratio of the sums of y and x.
    """
    if measure.codes is None:
        return _numeric(layout, measure, total)
    return _categorical(layout, measure, total)


def _categorical(layout: Layout, measure: Measure, total: bool) -> Linear:
    design, L = layout.design, measure.n_levels
    first, targets = design.stages[0], list(measure.targets)
    spread: list[Spread] | None = None
    n: Ints | None = None
    if first.unit is not None and fits(first.n_units, L * layout.groups.n_groups, design.n):
        sums = layout.by_unit(measure)
        levels = sums.sum(axis=1)
        theta, a, b = coefficients(levels[targets], levels.sum(axis=0), total)
        spread = dense_shares(design, first, sums, targets, b)
    elif as_units(layout, first, len(targets)) and (L + 1) * first.n_strata * layout.width <= PACK:
        sums, squares, rows = layout.with_squares(measure, squared_weights(design, first))
        levels = sums.sum(axis=1)
        theta, a, b = coefficients(levels[targets], levels.sum(axis=0), total)
        n = rows.sum(axis=0)
        spread = element_shares(design, first, targets, sums, squares, n, b)
    else:
        levels = layout.by_level(measure)
        theta, a, b = coefficients(levels[targets], levels.sum(axis=0), total)
        if as_units(layout, first, len(targets)):
            spread = element_variance(layout, first, measure, b)
    if spread is None:
        spread = sorted_rows(layout, first, measure, b)
    variance = np.stack([s.variance for s in spread])
    for stage in design.stages[1:]:
        variance += np.stack([s.variance for s in sorted_rows(layout, stage, measure, b)])
    variance *= a**2
    n = layout.answers_by_group(measure) if n is None else n
    x = levels.sum(axis=0)
    with np.errstate(invalid="ignore"):
        p = levels[targets] / x
    simple = simple_share(p, x, n, total)
    squares = _squares(layout, measure, variance, simple)
    return _result(theta, variance, simple, n, x, squares, spread[0])


def _squares(layout: Layout, measure: Measure, variance: Floats, simple: Floats) -> Floats:
    """Sums of w squared over those who answered, (G,); zero where there is a design effect.

    Only where there is none do they say how many respondents the sample is worth.
    """
    wanted: Bools = np.any(np.isnan(variance) | ~(simple > 0), axis=0)
    if not wanted.any():
        return np.zeros(wanted.size)
    codes = layout.groups.codes
    rows = np.flatnonzero(np.append(wanted, False)[codes])
    squared = measure.at(rows).answered(layout.design.squared(rows))
    return add_up(codes[rows], squared, wanted.size)


def _numeric(layout: Layout, measure: Measure, total: bool) -> Linear:
    design, G, w = layout.design, layout.groups.n_groups, layout.design.weights
    first = design.stages[0]
    group = answered(layout.groups, measure)
    n = layout.answers_by_group(measure)
    weight = add_up(group, w, G)
    answers = measure.answered(w)
    wx, wy = measure.denominators(answers), measure.numerators(answers)
    x = weight if measure.x is None else add_up(group, wx, G)
    theta, a, b = coefficients(add_up(group, wy[0], G)[None], x, total)
    spread: list[Spread] | None = None
    if first.unit is not None and fits(first.n_units, 2 * G, design.n):
        values = [wy[0], wx] if measure.x is None else [wy[0], wx, answers]
        z, x_sums, *rest = layout.by_value(values)
        present = (rest[0] if rest else x_sums) > 0
        if not total:
            z -= b[0] * x_sums
        spread = [dense_variance(design, first, z, present)]
    elif as_units(layout, first):
        spread = element_variance(layout, first, measure, b)
    if spread is None:
        spread = sorted_rows(layout, first, measure, b)
    variance = spread[0].variance[None]
    for stage in design.stages[1:]:
        variance = variance + sorted_rows(layout, stage, measure, b)[0].variance
    variance = variance * a**2
    simple = simple_numeric(measure, group, w, weight, n, x, theta[0], total)
    squares = _squares(layout, measure, variance, simple)
    return _result(theta, variance, simple, n, weight, squares, spread[0])


def simple_share(p: Floats, x: Floats, n: Ints, total: bool) -> Floats:
    """As `simple_numeric` for shares `p` (K, G), or for the totals p x; shape (K, G)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        simple: Floats = p * (1 - p) / (n - 1)
        if total:
            simple *= x**2
    simple[:, n < 2] = np.nan
    return simple


def simple_numeric(
    measure: Measure,
    group: Ints,
    w: Floats,
    weight: Floats,
    n: Ints,
    x: Floats,
    theta: Floats,
    total: bool,
) -> Floats:
    """Variance of the statistic under simple random sampling with replacement, shape (1, G)."""
    assert measure.y is not None
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.append(theta / weight if total else theta, 0.0)
        residual = ratio[group]
        if measure.x is not None:
            residual *= measure.x
        np.subtract(measure.y, residual, out=residual)
        residual *= residual
        residual *= w
        np.nan_to_num(residual, copy=False)
        simple: Floats = add_up(group, residual, n.size) / weight / (n - 1)
        # spread of y, or of the residual, carried to the scale of the statistic
        simple *= weight**2 if total else (weight / x) ** 2
    simple[n < 2] = np.nan
    return simple[None]


def _result(
    theta: Floats,
    variance: Floats,
    simple: Floats,
    n: Ints,
    weight: Floats,
    squares: Floats,
    spread: Spread,
) -> Linear:
    empty = n == 0
    if empty.any():
        theta[:, empty] = np.nan
        variance[:, empty] = np.nan
    return Linear(theta.T, variance.T, simple.T, n, weight, squares, spread.units, spread.strata)


def coefficients(y: Floats, x: Floats, total: bool) -> tuple[Floats, Floats, Floats]:
    """The statistic and the a, b of its score from the sums y (K, G) and x (G,); each (K, G).

    Where x is zero there is no ratio: the statistic and a are NaN.
    """
    if total:
        return y.copy(), np.ones_like(y), np.zeros_like(y)
    with np.errstate(divide="ignore", invalid="ignore"):
        theta = y / x
        a = np.broadcast_to(1 / x, y.shape)
    known = np.isfinite(theta)
    if known.all():
        return theta, a, theta.copy()
    return (
        np.where(known, theta, np.nan),
        np.where(known, a, np.nan),
        np.where(known, theta, 0.0),
    )
