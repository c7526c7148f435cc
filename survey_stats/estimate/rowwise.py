"""Variance from the rows themselves, where a table of units or strata by group is too large."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from survey_stats.estimate.columns import Floats, Ints
from survey_stats.estimate.design import Design, Stage
from survey_stats.estimate.layout import Layout, Part
from survey_stats.estimate.lonely import contributions
from survey_stats.estimate.strata import NOISE, Spread, rescue
from survey_stats.estimate.tally import Measure, blocks, fits


def by_rows(layout: Layout, stage: Stage, measure: Measure, b: Floats) -> list[Spread]:
    """Variance of each target's y - b x from rows: unsorted where strata x groups are few."""
    design = layout.design
    if (
        stage.unit is None
        and not design.lonely_domain
        and fits(stage.n_strata, layout.groups.n_groups, design.n)
    ):
        return _own_units(layout, stage, measure, b)
    return sorted_rows(layout, stage, measure, b)


def _own_units(layout: Layout, stage: Stage, measure: Measure, b: Floats) -> list[Spread]:
    """Variance where every row is a unit: factor (sum z^2 - (sum z)^2 / n_h) over strata h."""
    design, groups = layout.design, layout.groups
    K, G = b.shape
    H, width = layout.height, layout.width
    b = np.column_stack([b, np.zeros(K)])
    factor = stage.factor
    if stage.lonely.any() and design.lonely_psu != "adjust":
        factor = np.where(stage.lonely, 0.0, factor)
    uncentred = stage.lonely & (design.lonely_psu == "adjust")
    square = np.zeros((K, G + 1))
    sums = np.zeros((K, H * width))
    held = np.zeros(H * width, dtype=bool)
    for rows in blocks(design.n):
        g, cell = groups.codes[rows].astype(np.intp), layout.cell[rows].astype(np.intp)
        here = measure.at(rows)
        w = here.answered(design.weights[rows])
        x, ys = here.denominators(w), here.numerators(w)
        held[cell[~here.missing()]] = True
        spread = factor[0] if H == 1 else factor[stage.stratum[rows]]
        for k, z in enumerate(ys):
            z -= b[k].take(g) * x
            np.add.at(sums[k], cell, z)
            z *= z
            z *= spread
            np.add.at(square[k], g, z)
    by_stratum = held.reshape(H, width)[:, :G]
    units, strata = layout.answers_by_group(measure), np.count_nonzero(by_stratum, axis=0)
    scale: Floats | None = None
    if stage.lonely.any() and design.lonely_psu in ("average", "error"):
        scale = rescue(design, strata, np.count_nonzero(by_stratum[~stage.lonely], axis=0))
    mean = np.where(uncentred, 0.0, factor / stage.size)
    result = []
    for k in range(K):
        total = sums[k].reshape(H, width)[:, :G]
        variance = square[k, :G] - np.einsum("h,hg,hg->g", mean, total, total)
        variance[variance < NOISE * square[k, :G]] = 0.0
        result.append(Spread(variance if scale is None else variance * scale, units, strata))
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


def sorted_rows(layout: Layout, stage: Stage, measure: Measure, b: Floats) -> list[Spread]:
    """As `dense_variance` for each target's y - b x, from the pairs (group, unit) that occur."""
    sums = _Sums.zero(*b.shape)
    for part in layout.parts(stage):
        _add_strata(sums, layout.design, stage, part, measure, b)
    variance = sums.variance
    if (sums.usable != sums.strata).any():
        variance = variance * rescue(layout.design, sums.strata, sums.usable)
    return [Spread(v, sums.units, sums.strata) for v in variance]


def _add_strata(
    sums: _Sums, design: Design, stage: Stage, part: Part, measure: Measure, b: Floats
) -> None:
    """Add to `sums` what whole strata hold."""
    measure = measure.at(part.rows)
    w = measure.answered(part.weights)
    denominator = measure.denominators(w)
    x = part.by_pair(denominator)
    held = part.pairs
    if w is not part.weights:
        answers = x if denominator is w else part.by_pair(w)
        held = part.by_segment((answers > 0).astype(np.float64)).astype(np.int64)
    size = stage.size[part.stratum]
    usable = held > 0
    np.add.at(sums.units, part.group, held)
    np.add.at(sums.strata, part.group, usable.astype(np.int64))
    for k, y in enumerate(measure.numerators(w)):
        z = part.by_pair(y)
        z -= b[k][part.group].take(part.segment) * x
        mean = part.by_segment(z) / size
        z -= mean.take(part.segment)
        z *= z
        # units of the stratum without a member of the group lie at zero
        centred = part.by_segment(z)
        centred += (size - part.pairs) * mean**2
        added, counted = contributions(
            stage, part.stratum, centred, mean, held, design.lonely_psu, design.lonely_domain
        )
        np.add.at(sums.variance[k], part.group, added)
    if counted is not None:
        usable &= counted
    np.add.at(sums.usable, part.group, usable.astype(np.int64))
