"""Variance from tables of units by group, or of strata by cell where the rows are the units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from survey_stats.estimate.columns import Bools, Floats, Ints
from survey_stats.estimate.design import Design, Stage
from survey_stats.estimate.strata import NOISE, Spread, over_strata
from survey_stats.estimate.tally import BLOCK, Groups, Measure, dense_cells


def dense_shares(
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
            parts[k].append(dense_variance(design, stage, z, present))
    return [Spread(*(np.concatenate(field) for field in zip(*p, strict=True))) for p in parts]


def _chunks(n_units: int, n_groups: int) -> list[tuple[int, int]]:
    """Ranges of groups whose arrays by unit stay in the processor's cache."""
    step = max(8, 2 * BLOCK // max(n_units, 1))
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
    """Sums by stratum, level and group where every respondent is a unit; each (H, L, G)."""

    counts: Ints
    s1: Floats
    s2: Floats

    @classmethod
    def tally(cls, design: Design, stage: Stage, groups: Groups, measure: Measure) -> Moments:
        """One pass for the sums of 1, w and w squared."""
        H, L, G = stage.n_strata, measure.n_levels, groups.n_groups
        w = design.weights
        unit = stage.stratum if H > 1 else None
        powers = [np.broadcast_to(1.0, w.shape), w, w * w]
        _, sums = dense_cells(groups, measure, unit, H, powers)
        counts, s1, s2 = (s[:, : L * G].reshape(H, L, G) for s in sums)
        return cls(counts.astype(np.int64), s1, s2)

    def variance(self, design: Design, stage: Stage, a: Floats, b: Floats, target: int) -> Spread:
        """Variance of one target, whose score is a (y - b) w; `a`, `b` are (G,)."""
        t1, t2 = self.s1[:, target], self.s2[:, target]
        # z is a (1 - b) w for the level itself and -a b w for the others: no term cancels
        total = a * (t1 - b * self.s1.sum(axis=1))
        square = a**2 * ((1 - b) ** 2 * t2 + b**2 * (self.s2.sum(axis=1) - t2))
        mean = total / stage.size[:, None]
        centred = square - mean * total
        centred[centred < NOISE * square] = 0.0
        held = self.counts.sum(axis=1)
        return over_strata(design, stage, centred, mean, held, (stage.n_strata, a.size))
