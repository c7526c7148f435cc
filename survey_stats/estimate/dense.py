"""Variance from a table of units by group, some strata at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from survey_stats.estimate.columns import Bools, Floats
from survey_stats.estimate.design import Design, Stage
from survey_stats.estimate.lonely import contributions
from survey_stats.estimate.strata import Spread, Sums, still
from survey_stats.estimate.tally import BLOCK


def dense_shares(
    design: Design, stage: Stage, sums: Floats, targets: Sequence[int], b: Floats
) -> list[Spread]:
    """Variance of each target's y - b x from the sums by level, unit and group (L, units, G)."""
    found = Sums.zero(*b.shape)
    for strata, units in _chunks(stage, sums.shape[2]):
        levels = sums[:, units]
        answers = levels.sum(axis=0)
        for k, target in enumerate(targets):
            z = answers * -b[k]
            z += levels[target]
            _add(found, k, design, stage, strata, z, answers > 0)
    return found.spread(design)


def dense_variance(design: Design, stage: Stage, z: Floats, present: Bools) -> Spread:
    """Variance of the totals of `z` (units, G), which is used up.

    `present`, of the same shape, says which units hold a member.
    """
    found = Sums.zero(1, z.shape[1])
    for strata, units in _chunks(stage, z.shape[1]):
        _add(found, 0, design, stage, strata, z[units], present[units])
    return found.spread(design)[0]


def _chunks(stage: Stage, n_groups: int) -> Iterator[tuple[slice, slice]]:
    """Slices of strata, and of their units, whose tables stay in the processor's cache."""
    ends = np.cumsum(stage.size)
    most = max(BLOCK // max(n_groups, 1), 1)
    first = done = 0
    while first < ends.size:
        last = max(int(np.searchsorted(ends, done + most, side="right")), first + 1)
        units = int(ends[last - 1])
        yield slice(first, last), slice(done, units)
        first, done = last, units


def _add(
    found: Sums,
    k: int,
    design: Design,
    stage: Stage,
    strata: slice,
    z: Floats,
    present: Bools,
) -> None:
    """Add what `strata` hold to target k; `z` (units, G) is used up."""
    size = stage.size[strata]
    H, G = size.size, z.shape[1]
    starts = np.cumsum(size) - size
    mean = np.add.reduceat(z, starts, axis=0)
    mean /= size[:, None]
    z -= np.repeat(mean, size, axis=0)
    z *= z
    centred = np.add.reduceat(z, starts, axis=0)
    held = np.add.reduceat(present, starts, axis=0, dtype=np.int64)
    added, counted = contributions(
        stage,
        np.repeat(np.arange(strata.start, strata.stop), G),
        still(centred, mean, size[:, None]).ravel(),
        mean.ravel(),
        held.ravel(),
        design.lonely_psu,
        design.lonely_domain,
    )
    found.variance[k] += added.reshape(H, G).sum(axis=0)
    if k == 0:
        found.count(held, counted)
