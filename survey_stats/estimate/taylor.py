"""Linearised variance of shares, means, ratios and totals by group.

Each statistic has the score `z = a (w y - b w x)` per respondent: `a = 1 / sum(w x)` and
`b = theta` for a ratio (a mean has x = 1, a share has y = 0 or 1 as well), `a = 1` and `b = 0`
for a total. The variance is that of the total of the scores under the design, over all its
units: a unit without a member of the group has the score 0 and still counts (Särndal, Swensson
and Wretman 1992, Model Assisted Survey Sampling, sections 5.5-5.8 and 10.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from survey_stats.estimate.columns import Bools, Floats, Ints
from survey_stats.estimate.design import Design, Stage
from survey_stats.estimate.lonely import contributions
from survey_stats.estimate.tally import (
    BLOCK,
    Groups,
    Measure,
    add_up,
    answered,
    blocks,
    chunks,
    count,
    dense_cells,
    dense_sums,
    fits,
    segments,
    sort_codes,
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


class Spread(NamedTuple):
    """Variance (G,), and the first-stage units and strata with members of each group (G,)."""

    variance: Floats
    units: Ints
    strata: Ints


def linear(design: Design, groups: Groups, measure: Measure, total: bool = False) -> Linear:
    """Estimate `measure` in each of `groups`, with its variance under `design`.

    A total when `total`, otherwise the ratio of the sums of y and x.
    """
    if measure.codes is None:
        return _numeric(design, groups, measure, total)
    return _categorical(design, groups, measure, total)


def _categorical(design: Design, groups: Groups, measure: Measure, total: bool) -> Linear:
    G, L, w = groups.n_groups, measure.n_levels, design.weights
    first = design.stages[0]
    targets = list(measure.targets)
    group: Ints | None = None
    if first.unit is not None and fits(first.n_units, L * G, design.n):
        counts, (sums,) = dense_cells(groups, measure, first.unit, first.n_units, [w])
        levels = sums.sum(axis=0)[: L * G].reshape(L, G)
        theta, a, b = coefficients(levels[targets], levels.sum(axis=0), total)
        spread = _dense_shares(design, first, sums, measure, a, b)
    else:
        counts, (sums,) = dense_cells(groups, measure, None, 1, [w])
        levels = sums[0, : L * G].reshape(L, G)
        theta, a, b = coefficients(levels[targets], levels.sum(axis=0), total)
        group = answered(groups, measure)
        spread = _by_rows(design, first, group, measure, a, b)
    variance = np.stack([s.variance for s in spread])
    for stage in design.stages[1:]:
        group = answered(groups, measure) if group is None else group
        more = _sorted(design, stage, group, measure, a, b)
        variance += np.stack([s.variance for s in more])
    n, x = counts.sum(axis=0), levels.sum(axis=0)
    with np.errstate(invalid="ignore"):
        p = levels[targets] / x
    simple = simple_share(p, x, n, total)
    squares = x
    if ((p <= 0) | (p >= 1)).any():
        squares = add_up(answered(groups, measure), w * w, G)
    return _result(theta, variance, simple, n, x, squares, spread[0])


def _numeric(design: Design, groups: Groups, measure: Measure, total: bool) -> Linear:
    G, w = groups.n_groups, design.weights
    first = design.stages[0]
    group = answered(groups, measure)
    n = count(group, G)
    weight = add_up(group, w, G)
    wx, wy = measure.denominators(w), measure.numerators(w)
    x = weight if measure.x is None else add_up(group, wx, G)
    theta, a, b = coefficients(add_up(group, wy[0], G)[None], x, total)
    if first.unit is not None and fits(first.n_units, 2 * G, design.n):
        values = [wy[0], wx] if measure.x is None else [wy[0], wx, w]
        z, x_sums, *rest = dense_sums(group, G, first.unit, first.n_units, values)
        present = (rest[0] if rest else x_sums) > 0
        if not total:
            z -= b[0] * x_sums
            z *= a[0]
        spread = [_dense_variance(design, first, z, present)]
    else:
        spread = _by_rows(design, first, group, measure, a, b)
    variance = spread[0].variance[None]
    for stage in design.stages[1:]:
        variance = variance + _sorted(design, stage, group, measure, a, b)[0].variance
    simple = simple_numeric(measure, group, w, weight, n, x, theta[0], total)
    squares = weight
    if (simple == 0).any():
        squares = add_up(group, w * w, G)
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
    """The statistic and the a, b of its score from the sums y (K, G) and x (G,); each (K, G)."""
    if total:
        return y.copy(), np.ones_like(y), np.zeros_like(y)
    with np.errstate(divide="ignore", invalid="ignore"):
        theta = y / x
        a = np.broadcast_to(1 / x, y.shape)
    known = np.isfinite(theta)
    if known.all():
        return theta, a, theta.copy()
    return theta, np.where(known, a, 0.0), np.where(known, theta, 0.0)


def _dense_shares(
    design: Design, stage: Stage, sums: Floats, measure: Measure, a: Floats, b: Floats
) -> list[Spread]:
    """Variance of each target from the sums by unit and cell (units, L * G + 1)."""
    L, G = measure.n_levels, a.shape[1]
    parts: list[list[Spread]] = [[] for _ in measure.targets]
    for start, stop in _chunks(sums.shape[0], G):
        answers = sums[:, start:stop].copy()
        for level in range(1, L):
            answers += sums[:, level * G + start : level * G + stop]
        present = answers > 0
        for k, target in enumerate(measure.targets):
            # z = a (y - b x), in place
            z = answers * -b[k, start:stop]
            z += sums[:, target * G + start : target * G + stop]
            z *= a[k, start:stop]
            parts[k].append(_dense_variance(design, stage, z, present))
    return [Spread(*(np.concatenate(field) for field in zip(*p, strict=True))) for p in parts]


def _chunks(n_units: int, n_groups: int) -> list[tuple[int, int]]:
    """Ranges of groups whose arrays by unit stay in the processor's cache."""
    step = max(8, BLOCK // max(n_units, 1))
    return [(s, min(s + step, n_groups)) for s in range(0, max(n_groups, 1), step)]


def _dense_variance(design: Design, stage: Stage, z: Floats, present: Bools) -> Spread:
    """Variance of the totals of `z` (units, G), which is used up; `present` alike."""
    G, H = z.shape[1], stage.n_strata
    starts = stage.starts
    mean = np.add.reduceat(z, starts, axis=0)
    mean /= stage.size[:, None]
    z -= np.repeat(mean, stage.size, axis=0)
    z *= z
    centred = np.add.reduceat(z, starts, axis=0)
    held = np.add.reduceat(present, starts, axis=0, dtype=np.int64)
    return _over_strata(design, stage, centred, mean, held, (H, G))


def _over_strata(
    design: Design, stage: Stage, centred: Floats, mean: Floats, held: Ints, shape: tuple[int, int]
) -> Spread:
    """Sum what the strata add; all arguments by stratum and group, shape (H, G)."""
    H, G = shape
    added, usable = contributions(
        stage,
        np.repeat(np.arange(H), G),
        centred.ravel(),
        mean.ravel(),
        held.ravel(),
        design.lonely_psu,
        design.lonely_domain,
    )
    variance = added.reshape(shape).sum(axis=0)
    strata = np.count_nonzero(held, axis=0)
    if usable is not None:
        ok = (usable.reshape(shape) & (held > 0)).sum(axis=0)
        variance *= _rescue(design, strata, ok)
    return Spread(variance, held.sum(axis=0), strata)


def _rescue(design: Design, strata: Ints, usable: Ints) -> Floats:
    """How the strata that count stand in for those that do not; NaN where that cannot be."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if design.lonely_psu == "average":
            scale: Floats = np.where(usable > 0, strata / usable, np.nan)
            return scale
    return np.where(usable == strata, 1.0, np.nan)


def _by_rows(
    design: Design, stage: Stage, group: Ints, measure: Measure, a: Floats, b: Floats
) -> list[Spread]:
    """Variance of each target from rows: unsorted where strata x groups are few, else sorted."""
    if (
        stage.unit is None
        and not design.lonely_domain
        and fits(stage.n_strata, a.shape[1], design.n)
    ):
        return _own_units(design, stage, group, measure, a, b)
    return _sorted(design, stage, group, measure, a, b)


def _own_units(
    design: Design, stage: Stage, group: Ints, measure: Measure, a: Floats, b: Floats
) -> list[Spread]:
    """Variance where every row is a unit: factor (sum z^2 - (sum z)^2 / n_h) over strata h."""
    K, G = a.shape
    H = stage.n_strata
    a, b = (np.column_stack([v, np.zeros(K)]) for v in (a, b))
    factor = stage.factor
    if stage.lonely.any() and design.lonely_psu != "adjust":
        factor = np.where(stage.lonely, 0.0, factor)
    uncentred = stage.lonely & (design.lonely_psu == "adjust")
    square = np.zeros((K, G + 1))
    sums = np.zeros((K, H * (G + 1)))
    rows_held = np.zeros(H * (G + 1), dtype=np.int64)
    for rows in blocks(design.n):
        g, w = group[rows], design.weights[rows]
        h = stage.stratum[rows] if H > 1 else None
        cell = g if h is None else np.multiply(h, G + 1, dtype=np.intp) + g
        x, ys = measure.denominators(w, rows), measure.numerators(w, rows)
        np.add.at(rows_held, cell, 1)
        spread = factor[0] if h is None else factor[h]
        for k, z in enumerate(ys):
            z -= b[k][g] * x
            z *= a[k][g]
            np.add.at(sums[k], cell, z)
            z *= z
            z *= spread
            np.add.at(square[k], g, z)
    held = rows_held.reshape(H, G + 1)[:, :G]
    strata = np.count_nonzero(held, axis=0)
    scale: Floats | None = None
    if stage.lonely.any() and design.lonely_psu in ("average", "error"):
        scale = _rescue(design, strata, np.count_nonzero(held[~stage.lonely], axis=0))
    result = []
    for k in range(K):
        mean = np.where(uncentred, 0.0, factor / stage.size)
        total = sums[k].reshape(H, G + 1)[:, :G]
        variance = square[k, :G] - np.einsum("h,hg,hg->g", mean, total, total)
        variance[variance < NOISE * square[k, :G]] = 0.0
        result.append(
            Spread(variance if scale is None else variance * scale, held.sum(axis=0), strata)
        )
    return result


def _sorted(
    design: Design, stage: Stage, group: Ints, measure: Measure, a: Floats, b: Floats
) -> list[Spread]:
    """As `_dense_variance` for each target, from the pairs (group, unit) that occur.

    Whole strata are taken together, as many as make a block of rows, and sorted by group.
    """
    K, G = a.shape
    variance = np.zeros((K, G))
    units, strata, usable = (np.zeros(G, dtype=np.int64) for _ in range(3))
    position = 0
    for width in chunks(stage.rows):
        here = slice(position, position + width)
        position += width
        rows = np.arange(here.start, here.stop) if stage.order is None else stage.order[here]
        own = group[rows]
        order = sort_codes(own, G + 1)
        order = order[: order.size - np.count_nonzero(own == G)]
        if order.size == 0:
            continue
        part = _sorted_rows(design, stage, rows[order], own[order], measure, a, b)
        variance += part[0]
        units += part[1]
        strata += part[2]
        usable += part[3]
    if (usable != strata).any():
        variance *= _rescue(design, strata, usable)
    return [Spread(v, units, strata) for v in variance]


def _sorted_rows(
    design: Design,
    stage: Stage,
    rows: Ints,
    group: Ints,
    measure: Measure,
    a: Floats,
    b: Floats,
) -> tuple[Floats, Ints, Ints, Ints]:
    """What whole strata add, from their rows sorted by group and unit.

    Variance (K, G), and by group (G,) the units, the strata, and the strata that count.
    """
    K, G = a.shape
    w = design.weights[rows]
    x, scores = measure.denominators(w, rows), measure.numerators(w, rows)
    for k, z in enumerate(scores):
        z -= b[k][group] * x
        z *= a[k][group]
    if stage.unit is None:
        stratum = stage.stratum[rows]
    else:
        assert stage.unit_stratum is not None
        unit = stage.unit[rows]
        pairs = segments(group, unit)
        if pairs.size < unit.size:
            scores = [np.add.reduceat(z, pairs) for z in scores]
            group, unit = group[pairs], unit[pairs]
        stratum = stage.unit_stratum[unit]
    starts = segments(group, stratum)
    seg_group, seg_stratum = group[starts], stratum[starts]
    held = np.diff(np.append(starts, group.size))
    size = stage.size[seg_stratum]
    strata = count(seg_group, G)
    variance = np.empty((K, G))
    ok = strata
    for k, z in enumerate(scores):
        mean = np.add.reduceat(z, starts) / size
        z -= np.repeat(mean, held)
        z *= z
        centred = np.add.reduceat(z, starts)
        # units of the stratum without a member of the group lie at zero
        centred += (size - held) * mean**2
        added, usable = contributions(
            stage, seg_stratum, centred, mean, held, design.lonely_psu, design.lonely_domain
        )
        variance[k] = add_up(seg_group, added, G)
        if usable is not None:
            ok = count(seg_group[usable], G)
    return variance, count(group, G), strata, ok
