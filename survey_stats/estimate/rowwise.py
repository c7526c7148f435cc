"""Variance from the rows themselves, where a table of units or strata by group is too large."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from survey_stats.estimate.columns import Floats, Ints
from survey_stats.estimate.design import Design, Stage
from survey_stats.estimate.lonely import contributions
from survey_stats.estimate.strata import NOISE, Spread, rescue
from survey_stats.estimate.tally import (
    Measure,
    blocks,
    chunks,
    fits,
    segments,
    sort_codes,
)


def by_rows(
    design: Design, stage: Stage, group: Ints, measure: Measure, a: Floats, b: Floats
) -> list[Spread]:
    """Variance of each target from rows: unsorted where strata x groups are few, else sorted."""
    if (
        stage.unit is None
        and not design.lonely_domain
        and fits(stage.n_strata, a.shape[1], design.n)
    ):
        return _own_units(design, stage, group, measure, a, b)
    return sorted_rows(design, stage, group, measure, a, b)


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
        scale = rescue(design, strata, np.count_nonzero(held[~stage.lonely], axis=0))
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


@dataclass(frozen=True)
class _Sums:
    """What has been added up over strata: variance (K, G), and counts by group (G,)."""

    variance: Floats
    units: Ints
    strata: Ints
    usable: Ints

    @classmethod
    def zero(cls, n_targets: int, n_groups: int) -> _Sums:
        counts = (np.zeros(n_groups, dtype=np.int64) for _ in range(3))
        return cls(np.zeros((n_targets, n_groups)), *counts)


def sorted_rows(
    design: Design, stage: Stage, group: Ints, measure: Measure, a: Floats, b: Floats
) -> list[Spread]:
    """As `dense_variance` for each target, from the pairs (group, unit) that occur.

    Whole strata are taken together, as many as make a block of rows, and sorted by group.
    """
    K, G = a.shape
    sums = _Sums.zero(K, G)
    position = 0
    for width in chunks(stage.rows):
        here = slice(position, position + width)
        position += width
        rows = np.arange(here.start, here.stop) if stage.order is None else stage.order[here]
        own = group[rows]
        order = sort_codes(own, G + 1)
        order = order[: order.size - np.count_nonzero(own == G)]
        if order.size:
            _add_strata(sums, design, stage, rows[order], own[order], measure, a, b)
    variance = sums.variance
    if (sums.usable != sums.strata).any():
        variance = variance * rescue(design, sums.strata, sums.usable)
    return [Spread(v, sums.units, sums.strata) for v in variance]


def _add_strata(
    sums: _Sums,
    design: Design,
    stage: Stage,
    rows: Ints,
    group: Ints,
    measure: Measure,
    a: Floats,
    b: Floats,
) -> None:
    """Add to `sums` what whole strata hold, from their rows sorted by group and unit."""
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
    held = np.diff(starts, append=group.size)
    size = stage.size[seg_stratum]
    np.add.at(sums.units, seg_group, held)
    np.add.at(sums.strata, seg_group, 1)
    usable = None
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
        np.add.at(sums.variance[k], seg_group, added)
    np.add.at(sums.usable, seg_group if usable is None else seg_group[usable], 1)
