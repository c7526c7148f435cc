"""Variance from sorted rows, where a table of units by group is too large."""

from __future__ import annotations

import numpy as np

from survey_stats.estimate.columns import Floats
from survey_stats.estimate.design import Design, Stage
from survey_stats.estimate.layout import Layout, Part
from survey_stats.estimate.lonely import contributions
from survey_stats.estimate.strata import Spread, Sums, still
from survey_stats.estimate.tally import Measure


def sorted_rows(layout: Layout, stage: Stage, measure: Measure, b: Floats) -> list[Spread]:
    """As `dense_variance` for each target's y - b x, from the pairs (group, unit) that occur."""
    found = Sums.zero(*b.shape)
    for part in layout.parts(stage, measure):
        _add_strata(found, layout.design, stage, part, measure, b)
    return found.spread(layout.design)


def _add_strata(
    found: Sums, design: Design, stage: Stage, part: Part, measure: Measure, b: Floats
) -> None:
    """Add to `found` what whole strata hold."""
    measure = measure.at(part.rows)
    w = measure.answered(part.weights)
    denominator = measure.denominators(w)
    x = part.by_pair(denominator)
    held = part.pairs
    if w is not part.weights:
        answers = x if denominator is w else part.by_pair(w)
        units = answers > 0 if part.count is None else part.count * (answers > 0)
        held = np.rint(part.by_segment(units.astype(np.float64))).astype(np.int64)
    size = stage.size[part.stratum]
    G = found.units.size
    for k, y in enumerate(measure.numerators(w)):
        z = part.by_pair(y)
        z -= b[k][part.group].take(part.segment) * x
        mean = part.by_segment(z) / size
        z = _squared_gaps(part, z, mean.take(part.segment))
        # units of the stratum without a member of the group lie at zero
        centred = part.by_segment(z)
        centred += (size - part.pairs) * mean**2
        centred = still(centred, mean, size)
        added, counted = contributions(
            stage, part.stratum, centred, mean, held, design.lonely_psu, design.lonely_domain
        )
        found.variance[k] += np.bincount(part.group, added, G)
        if k == 0:
            found.count(held, counted, part.group)


def _squared_gaps(part: Part, z: Floats, mean: Floats) -> Floats:
    """Squared deviations of the units of each pair from `mean`, both (P,); `z` is used up."""
    if part.count is not None and part.squares is not None:
        return z * z * part.squares - 2 * z * mean + part.count * mean**2
    z -= mean
    z *= z
    return z
