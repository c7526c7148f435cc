"""Linearised variance of shares, means, ratios and totals by group.

Each statistic has the score `z = a * (w y - b w x)` per respondent: `a = 1 / sum(w x)` and
`b = theta` for a ratio (a mean has x = 1, a share has y = 0 or 1 as well), `a = 1` and `b = 0`
for a total. The variance is that of the total of the scores under the design, over all its
units: a unit without a member of the group has the score 0 and still counts (Särndal, Swensson
and Wretman 1992, Model Assisted Survey Sampling, sections 5.5-5.8 and 10.3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from survey_stats.estimate.columns import Floats, Ints
from survey_stats.estimate.design import Design, Stage
from survey_stats.estimate.lonely import contributions
from survey_stats.estimate.tally import (
    Entries,
    Groups,
    Measure,
    answered,
    cell_codes,
    dense,
    entries,
    fits,
    segments,
)

# sums of squares below this part of their terms are rounding, not spread
NOISE = 1e-12


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


def linear(design: Design, groups: Groups, measure: Measure, total: bool = False) -> Linear:
    """Estimate `measure` in each of `groups`, with its variance under `design`.

    A total when `total`, otherwise the ratio of the sums of y and x.
    """
    if measure.categorical:
        return _categorical(design, groups, measure, total)
    return _numeric(design, groups, measure, total)


def _categorical(design: Design, groups: Groups, measure: Measure, total: bool) -> Linear:
    G, L = groups.n_groups, measure.n_levels
    targets = list(measure.targets)
    cells = cell_codes(groups, measure)
    counts = np.bincount(cells, minlength=G * L + 1)[: G * L].reshape(G, L)
    n = counts.sum(axis=1)
    w = design.weights
    squares = _squares(cells, w, G * L).reshape(G, L)
    first = design.stages[0]
    x: Floats
    if first.unit is not None and fits(first.n_units, G, L, design.n):
        sums = dense(cells, first.unit, first.n_units, G * L, w).reshape(-1, G, L)
        by_unit = sums.sum(axis=2)
        y_unit = sums[:, :, targets]
        level_sums = sums.sum(axis=0)
        x = level_sums.sum(axis=1)
        y = level_sums[:, targets]
        theta, a, b = _coefficients(y, x, total)
        z = a * (y_unit - b * by_unit[:, :, None])
        variance, units, strata = _dense_variance(design, first, z, by_unit > 0)
    elif first.unit is None and fits(first.n_strata, G, L, design.n):
        moments = _Moments.tally(cells, first, G, L, w)
        level_sums = moments.s1.sum(axis=0)
        x = level_sums.sum(axis=1)
        y = level_sums[:, targets]
        theta, a, b = _coefficients(y, x, total)
        variance, units, strata = moments.variance(design, first, a, b, targets)
    else:
        level_sums = np.bincount(cells, w, minlength=G * L + 1)[: G * L].reshape(G, L)
        x = level_sums.sum(axis=1)
        y = level_sums[:, targets]
        theta, a, b = _coefficients(y, x, total)
        group = cells // L
        pairs = _entries(first, group, G)
        values = [np.where(measure.codes == k, w, 0.0) for k in targets]
        variance, units, strata = _sparse_variance(design, first, pairs, w, values, a, b, G)
    if len(design.stages) > 1:
        group = cells // L
        values = [np.where(measure.codes == k, w, 0.0) for k in targets]
        for stage in design.stages[1:]:
            pairs = _entries(stage, group, G)
            variance += _sparse_variance(design, stage, pairs, w, values, a, b, G)[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        p = y / x[:, None]
        simple = p * (1 - p) / (n - 1)[:, None]
        if total:
            simple *= (x**2)[:, None]
    simple[n < 2] = np.nan
    return _result(theta, variance, simple, n, x, squares.sum(axis=1), units, strata)


def _numeric(design: Design, groups: Groups, measure: Measure, total: bool) -> Linear:
    assert measure.y is not None
    G = groups.n_groups
    group = answered(groups, measure)
    w = design.weights
    n = np.bincount(group, minlength=G + 1)[:G]
    weight = np.bincount(group, w, minlength=G + 1)[:G]
    wy = w * measure.y
    np.nan_to_num(wy, copy=False)
    wx = w
    if measure.x is not None:
        wx = np.nan_to_num(w * measure.x, copy=False)
    y = np.bincount(group, wy, minlength=G + 1)[:G, None]
    x = weight if measure.x is None else np.bincount(group, wx, minlength=G + 1)[:G]
    theta, a, b = _coefficients(y, x, total)
    first = design.stages[0]
    if first.unit is not None and fits(first.n_units, 2 * G, 1, design.n):
        by_x = dense(group, first.unit, first.n_units, G, wx)
        by_y = dense(group, first.unit, first.n_units, G, wy)
        present = by_x > 0
        if measure.x is not None:
            present = dense(group, first.unit, first.n_units, G, w) > 0
        z = a * (by_y - b[:, 0] * by_x)[:, :, None]
        variance, units, strata = _dense_variance(design, first, z, present)
    else:
        pairs = _entries(first, group, G)
        variance, units, strata = _sparse_variance(design, first, pairs, wx, [wy], a, b, G)
    for stage in design.stages[1:]:
        pairs = _entries(stage, group, G)
        variance += _sparse_variance(design, stage, pairs, wx, [wy], a, b, G)[0]
    simple = _simple_variance(measure, group, G, w, weight, n, x, y[:, 0], total)
    return _result(theta, variance, simple, n, weight, _squares(group, w, G), units, strata)


def _simple_variance(
    measure: Measure,
    group: Ints,
    G: int,
    w: Floats,
    weight: Floats,
    n: Ints,
    x: Floats,
    y: Floats,
    total: bool,
) -> Floats:
    assert measure.y is not None
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.append(y / (weight if total else x), 0.0)
        residual = measure.y - ratio[group] * (1.0 if measure.x is None or total else measure.x)
        residual *= residual
        residual *= w
        np.nan_to_num(residual, copy=False)
        spread = np.bincount(group, residual, minlength=G + 1)[:G] / weight
        simple = spread / (n - 1)
        # total of y, or of the residual, scaled to the statistic
        simple *= weight**2 if total else (weight / x) ** 2
    simple[n < 2] = np.nan
    return simple[:, None]


def _result(
    theta: Floats,
    variance: Floats,
    simple: Floats,
    n: Ints,
    weight: Floats,
    squares: Floats,
    units: Ints,
    strata: Ints,
) -> Linear:
    empty = n == 0
    if empty.any():
        theta[empty] = np.nan
        variance[empty] = np.nan
    return Linear(theta, variance, simple, n, weight, squares, units, strata)


def _squares(cells: Ints, w: Floats, n_cells: int) -> Floats:
    return np.bincount(cells, w * w, minlength=n_cells + 1)[:n_cells]


def _coefficients(y: Floats, x: Floats, total: bool) -> tuple[Floats, Floats, Floats]:
    """The statistic and the a, b of its score, each (G, K)."""
    if total:
        return y.copy(), np.ones_like(y), np.zeros_like(y)
    with np.errstate(divide="ignore", invalid="ignore"):
        theta = y / x[:, None]
        a = np.broadcast_to(1 / x[:, None], y.shape)
    known = np.isfinite(theta)
    if known.all():
        return theta, a, theta
    return theta, np.where(known, a, 0.0), np.where(known, theta, 0.0)


def _dense_variance(
    design: Design, stage: Stage, z: Floats, present: Floats
) -> tuple[Floats, Ints, Ints]:
    """Variance of the totals of `z` (units, G, K); `present` (units, G) says who has members."""
    P, G, K = z.shape
    H = stage.n_strata
    starts = np.cumsum(stage.size) - stage.size
    flat = z.reshape(P, G * K)
    mean = np.add.reduceat(flat, starts, axis=0)
    mean /= stage.size[:, None]
    flat -= np.repeat(mean, stage.size, axis=0)
    flat *= flat
    centred = np.add.reduceat(flat, starts, axis=0)
    held = np.add.reduceat(present, starts, axis=0, dtype=np.int64)
    added, usable = contributions(
        stage,
        np.repeat(np.arange(H), G),
        centred.reshape(H * G, K),
        mean.reshape(H * G, K),
        held.ravel(),
        design.lonely_psu,
        design.lonely_domain,
    )
    variance = added.reshape(H, G, K).sum(axis=0)
    strata = np.count_nonzero(held, axis=0)
    if usable is not None:
        ok = (usable.reshape(H, G) & (held > 0)).sum(axis=0)
        variance *= _rescue(design, strata, ok)[:, None]
    return variance, held.sum(axis=0), strata


def _rescue(design: Design, strata: Ints, usable: Ints) -> Floats:
    """How the strata that count stand in for those that do not; NaN where that cannot be."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if design.lonely_psu == "average":
            return np.where(usable > 0, strata / usable, np.nan)
    return np.where(usable == strata, 1.0, np.nan)


@dataclass(frozen=True)
class _Moments:
    """Sums by stratum, group and level where every respondent is its own unit; (H, G, L)."""

    count: Ints
    s1: Floats
    s2: Floats

    @classmethod
    def tally(cls, cells: Ints, stage: Stage, G: int, L: int, w: Floats) -> _Moments:
        H, width = stage.n_strata, G * L + 1
        flat = cells if H == 1 else stage.stratum.astype(np.intp) * width + cells
        shape = (H, G, L)
        count = np.bincount(flat, minlength=H * width)
        s1 = np.bincount(flat, w, minlength=H * width)
        s2 = np.bincount(flat, w * w, minlength=H * width)
        return cls(*(s.reshape(H, width)[:, : G * L].reshape(shape) for s in (count, s1, s2)))

    def variance(
        self, design: Design, stage: Stage, a: Floats, b: Floats, targets: list[int]
    ) -> tuple[Floats, Ints, Ints]:
        H, G, _ = self.s1.shape
        K = len(targets)
        s1, s2 = self.s1.sum(axis=2)[:, :, None], self.s2.sum(axis=2)[:, :, None]
        t1, t2 = self.s1[:, :, targets], self.s2[:, :, targets]
        # z is a (1 - b) w for the level itself and -a b w for the others: no term cancels
        total = a * (t1 - b * s1)
        square = a**2 * ((1 - b) ** 2 * t2 + b**2 * (s2 - t2))
        mean = total / stage.size[:, None, None]
        centred = square - mean * total
        centred[centred < NOISE * square] = 0.0
        held = self.count.sum(axis=2)
        added, usable = contributions(
            stage,
            np.repeat(np.arange(H), G),
            centred.reshape(H * G, K),
            mean.reshape(H * G, K),
            held.ravel(),
            design.lonely_psu,
            design.lonely_domain,
        )
        variance = added.reshape(H, G, K).sum(axis=0)
        strata = np.count_nonzero(held, axis=0)
        if usable is not None:
            ok = (usable.reshape(H, G) & (held > 0)).sum(axis=0)
            variance *= _rescue(design, strata, ok)[:, None]
        return variance, held.sum(axis=0), strata


def _entries(stage: Stage, group: Ints, G: int) -> Entries:
    own = stage.unit is None
    unit = stage.stratum if stage.unit is None else stage.unit
    return entries(group, G, unit, stage.order, own)


def _sparse_variance(
    design: Design,
    stage: Stage,
    pairs: Entries,
    wx: Floats,
    values: list[Floats],
    a: Floats,
    b: Floats,
    G: int,
) -> tuple[Floats, Ints, Ints]:
    """As `_dense_variance`, from the pairs (group, unit) that occur."""
    K = len(values)
    if pairs.group.size == 0:
        zero = np.zeros(G, dtype=np.int64)
        return np.zeros((G, K)), zero, zero
    stratum = pairs.unit if stage.unit_stratum is None else stage.unit_stratum[pairs.unit]
    starts = segments(pairs.group, stratum)
    seg_group, seg_stratum = pairs.group[starts], stratum[starts]
    held = np.diff(np.append(starts, pairs.group.size))
    size = stage.size[seg_stratum]
    x = pairs.total(wx)
    mean = np.empty((starts.size, K))
    centred = np.empty((starts.size, K))
    for k, value in enumerate(values):
        z = pairs.total(value)
        z -= b[pairs.group, k] * x
        z *= a[pairs.group, k]
        mean[:, k] = np.add.reduceat(z, starts) / size
        z -= np.repeat(mean[:, k], held)
        z *= z
        centred[:, k] = np.add.reduceat(z, starts)
    # units of the stratum without a member of the group lie at zero
    centred += (size - held)[:, None] * mean**2
    added, usable = contributions(
        stage, seg_stratum, centred, mean, held, design.lonely_psu, design.lonely_domain
    )
    variance = np.empty((G, K))
    for k in range(K):
        variance[:, k] = np.bincount(seg_group, added[:, k], minlength=G)
    strata = np.bincount(seg_group, minlength=G)
    units = np.bincount(seg_group, held, minlength=G).astype(np.int64)
    if usable is not None:
        ok = np.bincount(seg_group, usable, minlength=G).astype(np.int64)
        variance *= _rescue(design, strata, ok)[:, None]
    return variance, units, strata
