"""From what strata add to the variance of each group."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from survey_stats.estimate.columns import Floats, Ints
from survey_stats.estimate.design import Design, Stage
from survey_stats.estimate.lonely import contributions

# sums of squares below this part of their terms are rounding, not spread
NOISE = 1e-12


class Spread(NamedTuple):
    """Variance (G,), and the first-stage units and strata with members of each group (G,)."""

    variance: Floats
    units: Ints
    strata: Ints


def over_strata(
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
        variance *= rescue(design, strata, ok)
    return Spread(variance, held.sum(axis=0), strata)


def rescue(design: Design, strata: Ints, usable: Ints) -> Floats:
    """How the strata that count stand in for those that do not; NaN where that cannot be."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if design.lonely_psu == "average":
            scale: Floats = np.where(usable > 0, strata / usable, np.nan)
            return scale
    return np.where(usable == strata, 1.0, np.nan)
