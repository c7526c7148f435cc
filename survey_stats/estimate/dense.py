"""Variance from tables of units by group, or of strata by cell where the rows are the units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from survey_stats.estimate.columns import Bools, Floats, Ints
from survey_stats.estimate.design import Design, Stage
from survey_stats.estimate.layout import Layout
from survey_stats.estimate.strata import NOISE, Spread, over_strata
from survey_stats.estimate.tally import BLOCK, Measure


def dense_shares(
    design: Design, stage: Stage, sums: Floats, targets: Sequence[int], b: Floats
) -> list[Spread]:
    """Variance of each target's y - b x from the sums by level, unit and group (L, units, G)."""
    parts: list[list[Spread]] = [[] for _ in targets]
    for start, stop in _chunks(sums.shape[1], sums.shape[2]):
        levels = sums[:, :, start:stop]
        answers = levels.sum(axis=0)
        present = answers > 0
        for k, target in enumerate(targets):
            z = answers * -b[k, start:stop]
            z += levels[target]
            parts[k].append(dense_variance(design, stage, z, present))
    return [Spread(*(np.concatenate(field) for field in zip(*p, strict=True))) for p in parts]


def _chunks(n_units: int, n_groups: int) -> list[tuple[int, int]]:
    """Ranges of groups whose arrays by unit stay small; narrow ones are slow to read by row."""
    step = max(8, 8 * BLOCK // max(n_units, 1))
    return [(s, min(s + step, n_groups)) for s in range(0, max(n_groups, 1), step)]


def dense_variance(design: Design, stage: Stage, z: Floats, present: Bools) -> Spread:
    """Variance of the totals of `z` (units, G), which is used up; `present` alike."""
    G, H = z.shape[1], stage.n_strata
    starts = stage.starts
    mean = np.add.reduceat(z, starts, axis=0)
    mean /= stage.size[:, None]
    z -= np.repeat(mean, stage.size, axis=0)
    z *= z
    centred = np.add.reduceat(z, starts, axis=0)
    held = np.add.reduceat(present, starts, axis=0, dtype=np.int64)
    return over_strata(design, stage, centred, mean, held, (H, G))


@dataclass(frozen=True)
class Moments:
    """Sums where every respondent is a unit.

    `held` are answers by stratum and group (H, G), `s1` and `s2` the sums of w and w squared by
    level, stratum and group (L, H, G).
    """

    held: Ints
    s1: Floats
    s2: Floats

    @classmethod
    def tally(cls, layout: Layout, measure: Measure) -> Moments:
        """One pass for the sums of w and w squared."""
        w = layout.design.weights
        return cls(layout.answers_by_cell(measure), *layout.by_level(measure, [w, w * w]))

    def variance(self, design: Design, stage: Stage, b: Floats, target: int) -> Spread:
        """Variance of one target, whose score is (y - b) w; `b` is (G,)."""
        t1, t2 = self.s1[target], self.s2[target]
        # z is (1 - b) w for the level itself and -b w for the others: no term cancels
        total = t1 - b * self.s1.sum(axis=0)
        square = (1 - b) ** 2 * t2 + b**2 * (self.s2.sum(axis=0) - t2)
        mean = total / stage.size[:, None]
        centred = square - mean * total
        centred[centred < NOISE * square] = 0.0
        return over_strata(design, stage, centred, mean, self.held, (stage.n_strata, b.size))
