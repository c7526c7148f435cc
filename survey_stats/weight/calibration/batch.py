"""Calibration of many sets of replicate weights at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from survey_stats.weight.calibration.distances import Distance, Exponential, Linear
from survey_stats.weight.calibration.explain_failure import forced_to_zero, suspicious
from survey_stats.weight.calibration.normal import Normal, newton
from survey_stats.weight.calibration.solve import CONVERGED, Part, Solution, solve

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

_PRODUCTS = 4_000_000  # elements of the products of columns that are kept
_CHUNK = 4_000_000  # elements of patterns x replicates that are worked on at once
_MOST = 12
_ENOUGH = 1e-12
_SERVES = 0.2  # what a step with the matrix of the sample must leave of the misfit at most


@dataclass(frozen=True, eq=False)
class Again:
    """One problem as it is solved again in replicates.

    Attributes:
        part, distance: the problem and its distance.
        start: the multipliers of the whole sample, (p,).
        instead: what is done in a replicate that cannot be calibrated; None if it is an error.
        solvable: whether the problem of the whole sample has a solution.
    """

    part: Part
    distance: Distance
    start: FloatArray
    instead: Callable[[Part], FloatArray | None] | None
    solvable: bool

    def factors(self, sums: FloatArray) -> tuple[FloatArray, IntArray]:
        """Factors (P, R) for sums of weights (P, R), and the replicates that have none."""
        if self.solvable:
            factor, failed = solve_many(self.part, self.distance, sums, self.start)
        else:
            factor, failed = np.ones_like(sums), np.arange(sums.shape[1])
        small = suspicious(self.part, self.distance, factor) & (sums > 0)
        small[:, failed] = False
        for replicate in np.flatnonzero(small.any(axis=0)).tolist():
            alone = with_sums(self.part, sums[:, replicate])
            if forced_to_zero(alone, self.distance, small[:, replicate]):
                failed = np.append(failed, replicate)
        lacking = []
        for replicate in np.sort(failed).tolist():
            found = None
            if self.instead is not None:
                found = self.instead(with_sums(self.part, sums[:, replicate]))
            if found is None:
                lacking.append(replicate)
            else:
                factor[:, replicate] = found
        return factor, np.array(lacking, dtype=np.intp)


@dataclass(frozen=True, eq=False)
class CalibrationRefit:
    """A calibration made again within replicates.

    Attributes:
        code: the pattern of each respondent, (n,); the last one is of who does not count.
        size: the number of patterns, with that one.
        parts: the problems of the step.
        complain: what to raise for a part that replicate (counted from 1) cannot calibrate.
    """

    code: IntArray
    size: int
    parts: tuple[Again, ...]
    complain: Callable[[Part, Distance, int], Exception]

    def factors(self, weights: FloatArray) -> FloatArray:
        """What weights are multiplied by, (P, R), from their sums by pattern (P, R)."""
        out = np.ones_like(weights, dtype=np.float64)
        for each in self.parts:
            patterns = each.part.patterns
            many = max(1, _CHUNK // max(patterns.size, 1))
            for first in range(0, weights.shape[1], many):
                sums = weights[patterns, first : first + many]
                factor, failed = each.factors(sums)
                if failed.size:
                    lacking = with_sums(each.part, sums[:, failed[0]])
                    raise self.complain(lacking, each.distance, first + int(failed[0]) + 1)
                out[patterns, first : first + many] = factor
        return out


def with_sums(part: Part, sums: FloatArray) -> Part:
    """The same problem for other weights before the step."""
    return replace(part, sums=sums)


def solve_many(
    part: Part, distance: Distance, sums: FloatArray, start: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Factors (P, R) for sums of weights (P, R), and the replicates that have none.

    Newton steps for all replicates at once, from the multipliers `start` (p,) of the whole
    sample; the few replicates that need more care are solved one by one.
    """
    if part.single and isinstance(distance, Linear | Exponential):
        return _directly(part, sums)
    x = part.x[:, part.kept]
    totals, give, scale = (a[part.kept, None] for a in (part.totals, part.give, part.scale))
    number = sums.shape[1]
    multipliers = np.repeat(start[part.kept, None], number, axis=1)
    factor = np.empty_like(sums)
    todo = np.arange(number)
    normal = Normal(x, part.lead, give[:, 0])
    upper = np.triu_indices(part.kept.size)
    products = None
    if isinstance(x, np.ndarray) and x.shape[0] * upper[0].size <= _PRODUCTS:
        products = x[:, upper[0]] * x[:, upper[1]]
    # Where every matrix of its own is dear, replicates take that of the sample while it serves.
    shared, before = np.full(number, products is None), np.full(number, np.inf)
    steep_whole = part.sums * distance.steepness(np.asarray(x @ start[part.kept]))
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(_MOST if products is not None else 2 * _MOST):
            here = multipliers[:, todo]
            u = np.asarray(x @ here)
            grown = sums[:, todo] * distance.factor(u)
            slope = np.asarray(x.T @ grown) - totals + give * here
            misfit = np.abs(slope / scale).max(axis=0, initial=0.0)
            done = misfit <= _ENOUGH
            factor[:, todo[done]] = distance.factor(u[:, done])
            open_, todo = np.flatnonzero(~done), todo[~done]
            if not todo.size:
                break
            shared[todo] &= misfit[open_] <= _SERVES * before[todo]
            before[todo] = misfit[open_]
            same, own = np.flatnonzero(shared[todo]), np.flatnonzero(~shared[todo])
            if same.size:
                multipliers[:, todo[same]] -= normal.step(steep_whole, slope[:, open_[same]])
            if own.size:
                steep = sums[:, todo[own]] * distance.steepness(u[:, open_[own]])
                step = _steps(normal, steep, slope[:, open_[own]], products, upper)
                multipliers[:, todo[own]] -= step
    lost = np.zeros(number, dtype=bool)
    for replicate in todo.tolist():
        found = _carefully(part, distance, sums[:, replicate], start)
        factor[:, replicate] = found.factor
        lost[replicate] = not found.converged
    # Totals that are redundant in the whole sample are so in a replicate, unless it lost somebody.
    if part.kept.size < part.totals.size and not part.give.any():
        with np.errstate(invalid="ignore"):
            gap = np.asarray(part.x.T @ (sums * factor)) - part.totals[:, None]
        lost |= ~(np.abs(gap / part.scale[:, None]).max(axis=0) <= CONVERGED)
    return factor, np.flatnonzero(lost)


def _directly(part: Part, sums: FloatArray) -> tuple[FloatArray, IntArray]:
    """Post-stratification of all replicates: total over sum in each level."""
    before = np.asarray(part.x.T @ sums)
    lacking = ((before <= 0) & (part.totals > 0)[:, None]).any(axis=0)
    ratio = np.ones_like(before)
    np.divide(part.totals[:, None], before, out=ratio, where=before > 0)
    factor = np.asarray(part.x @ ratio)
    factor[np.asarray(part.x.sum(axis=1)) == 0] = 1.0
    return factor, np.flatnonzero(lacking)


def _carefully(part: Part, distance: Distance, sums: FloatArray, start: FloatArray) -> Solution:
    alone = with_sums(part, sums)
    found = solve(alone, distance, start)
    return found if found.converged else solve(alone, distance)


def _steps(
    normal: Normal,
    steep: FloatArray,
    slope: FloatArray,
    products: FloatArray | None,
    upper: tuple[IntArray, ...],
) -> FloatArray:
    """Newton steps (p, R) of replicates with F' times the weights `steep` (P, R)."""
    size, number = slope.shape
    if products is None:
        return np.stack([normal.step(steep[:, r], slope[:, r]) for r in range(number)], axis=1)
    half = steep.T @ products
    hessians = np.zeros((number, size, size))
    hessians[:, upper[0], upper[1]] = half
    hessians[:, upper[1], upper[0]] = half
    diagonal = np.arange(size)
    hessians[:, diagonal, diagonal] += normal.give
    spread = hessians[:, diagonal, diagonal]
    spread = np.sqrt(np.where(spread > 0, spread, 1.0))
    hessians /= spread[:, :, None] * spread[:, None, :]
    hessians[:, diagonal, diagonal] += 1e-14
    hessians = np.where(np.isfinite(hessians), hessians, 0.0)
    try:
        solved = np.linalg.solve(hessians, (slope.T / spread)[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:
        return np.stack(
            [newton(hessians[r], slope[:, r] / spread[r]) / spread[r] for r in range(number)], 1
        )
    return np.asarray((solved / spread).T)
