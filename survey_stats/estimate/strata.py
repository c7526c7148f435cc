"""From what strata add to the variance of each group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from survey_stats.estimate.columns import Bools, Floats, Ints
from survey_stats.estimate.design import Design

# a difference of sums of squares below this part of them is rounding, not spread
NOISE = 1e-12
# a sum of squared deviations below this part of the squares is the rounding of the mean
ROUNDING = 1e-27


class Spread(NamedTuple):
    """Variance (G,), and the first-stage units and strata with members of each group (G,)."""

    variance: Floats
    units: Ints
    strata: Ints


@dataclass(frozen=True)
class Sums:
    """What strata have added so far: variance of each target (K, G), and counts by group (G,)."""

    variance: Floats
    units: Ints
    strata: Ints
    usable: Ints

    @classmethod
    def zero(cls, n_targets: int, n_groups: int) -> Sums:
        counts = (np.zeros(n_groups, dtype=np.int64) for _ in range(3))
        return cls(np.zeros((n_targets, n_groups)), *counts)

    def count(self, held: Ints, counted: Bools | None, group: Ints | None = None) -> None:
        """Add the units that hold members, by stratum and group (H, G) or by segment (S,).

        `counted` are the strata that count where some are lonely, `group` is that of each segment.
        """
        present = held > 0
        usable = present if counted is None else present & counted.reshape(present.shape)
        for total, part in ((self.units, held), (self.strata, present), (self.usable, usable)):
            if group is None:
                total += part.sum(axis=0)
            else:
                total += np.bincount(group, part, total.size).astype(np.int64)

    def spread(self, design: Design) -> list[Spread]:
        """The variance of each target, lonely strata made up for."""
        variance = self.variance
        if (self.usable != self.strata).any():
            variance = variance * rescue(design, self.strata, self.usable)
        return [Spread(v, self.units, self.strata) for v in variance]


def still(centred: Floats, mean: Floats, size: Ints) -> Floats:
    """`centred`, sums of squared deviations from `mean`, zero where all units are the same."""
    centred[centred <= ROUNDING * size * mean**2] = 0.0
    return centred


def rescue(design: Design, strata: Ints, usable: Ints) -> Floats:
    """How the strata that count stand in for those that do not; NaN where that cannot be."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if design.lonely_psu == "average":
            scale: Floats = np.where(usable > 0, strata / usable, np.nan)
            return scale
    return np.where(usable == strata, 1.0, np.nan)
