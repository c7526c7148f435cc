"""Trimming made again in replicates: many problems at once, each with limits of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from survey_stats.errors import DesignError, enumerate_first
from survey_stats.weight.calibration.distances import Exponential, Truncated
from survey_stats.weight.calibration.normal import gram, independent, newton
from survey_stats.weight.calibration.problem import is_partition
from survey_stats.weight.calibration.solve import CONVERGED, solve
from survey_stats.weight.cells import FloatArray, IntArray
from survey_stats.weight.result import Step
from survey_stats.weight.trimming.capping import Capped
from survey_stats.weight.trimming.routes import Route

_CHUNK = 2_000_000  # patterns x replicates that are worked on at once
_MOST = 30
_ENOUGH = 1e-12
_FLOOR = 1e-6  # share of the free slope that weights at their limits are given in Newton's step


@dataclass(frozen=True, eq=False)
class CapRefit:
    """Trimming made again: no row stands for more than its limit each time that it is there.

    Attributes:
        code, size: the pattern of each row; the last one is of rows that do not count. Rows of one
            pattern also have the same patterns in all steps before.
        problem: what was solved in the whole sample, by these patterns.
        start: its multipliers, (p,).
        route: what the step alone does to scores.
        earlier: the steps before, with what each alone does to scores.
    """

    code: IntArray
    size: int
    problem: Capped
    start: FloatArray
    route: Route
    earlier: tuple[Step, ...]

    def factors(self, weights: FloatArray) -> FloatArray:
        """Factors (P, R), if the weight of a row before the step is that of the whole sample."""
        return self.factors_after(weights, np.ones((self.size, 1)))

    def factors_after(self, weights: FloatArray, taken: FloatArray) -> FloatArray:
        """Factors (P, R) from sums of weights by pattern (P, R).

        Args:
            taken: what the steps before have multiplied the weight of a row by in the replicate,
                over what they did in the whole sample, (P, R) or (P, 1). Sums alone cannot tell
                that from how often a row was drawn, and limits are those of single weights.
        """
        out = np.ones_like(weights)
        with np.errstate(divide="ignore"):
            relative = np.where(taken[:-1] > 0, 1 / taken[:-1], 1.0)
        many = max(1, _CHUNK // max(self.size, 1))
        for begin in range(0, weights.shape[1], many):
            part = slice(begin, begin + many)
            own = relative if relative.shape[1] == 1 else relative[:, part]
            out[:-1, part] = self._made(weights[:-1, part], own, begin)
        return out

    def _made(self, sums: FloatArray, relative: FloatArray, begin: int) -> FloatArray:
        problem = self.problem
        low, high = problem.low[:, None] * relative, problem.high[:, None] * relative
        if is_partition(problem.x):
            factor, failed = level(problem, sums, low, high)
        else:
            factor, failed = rake_many(problem, sums, low, high, self.start)
        if failed.size:
            named = enumerate_first(problem.labels, 3)
            raise DesignError(
                f"Replicate {begin + int(failed[0]) + 1} cannot be trimmed to the same limits and "
                f"keep the totals ({named}); raise `upper`, or choose replicates that drop nobody "
                "(kind='fay')"
            )
        return factor


def _totals(problem: Capped, sums: FloatArray) -> FloatArray:
    """What the totals are in each replicate, (p, R)."""
    if problem.fixed:
        return np.repeat(problem.totals[:, None], sums.shape[1], axis=1)
    return np.asarray(problem.x.T @ sums)


def level(
    problem: Capped, sums: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Factors clip(a, low, high) (P, R) with one a in each cell of a partition.

    Newton's method on a piecewise linear, rising function, held within an interval that is halved
    where a step would leave it, so that it ends.

    Args:
        sums: sums of weights by pattern, (P, R).
        low, high: (P, R) or (P, 1).

    Returns:
        The factors, and the replicates in which a total is out of reach.
    """
    cells = sparse.csr_array(problem.x.T)
    has = np.diff(problem.x.indptr) > 0
    cell = np.zeros(problem.size, dtype=np.intp)
    cell[has] = problem.x.indices
    totals = _totals(problem, sums)
    finite = np.isfinite(high)
    ends = np.where(finite, high, 0.0)
    least = np.asarray(cells @ (sums * low))
    most = np.asarray(cells @ (sums * ends))
    free = np.asarray(cells @ (sums * ~finite))
    close = 1e-9 * np.abs(totals)
    lost = ((least > totals + close) | ((most < totals - close) & (free <= 0))).any(axis=0)
    lower, upper = np.zeros_like(totals), np.zeros_like(totals)
    np.maximum.at(upper, cell[has], np.broadcast_to(ends, sums.shape)[has])
    np.divide(totals, free, out=free, where=free > 0)
    upper = np.maximum(upper, free) + 1.0
    a = np.ones_like(totals)
    for _ in range(200):
        by_row = a[cell]
        factor = np.clip(by_row, low, high)
        between = (by_row > low) & (by_row < high)
        gap = totals - np.asarray(cells @ (sums * factor))
        slope = np.asarray(cells @ (sums * between))
        if not (np.abs(gap) > 1e-14 * np.abs(totals)).any():
            break
        lower, upper = np.where(gap >= 0, a, lower), np.where(gap <= 0, a, upper)
        step = a + np.divide(gap, slope, out=np.full_like(gap, np.inf), where=slope > 0)
        inside = (step >= lower) & (step <= upper)
        after = np.where(gap == 0, a, np.where(inside, step, 0.5 * (lower + upper)))
        if (after == a).all():
            break
        a = after
    factor = np.clip(a[cell], low, high)
    factor[~has] = 1.0
    return factor, np.flatnonzero(lost)


def rake_many(
    problem: Capped, sums: FloatArray, low: FloatArray, high: FloatArray, start: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Factors clip(exp x'λ, low, high) (P, R) that meet the totals, and replicates without any.

    Newton steps of all replicates at once; x, and so the equations, are by groups of patterns
    that are alike in it. Replicates that need more care are solved one by one.
    """
    first = np.unique(problem.alike, return_index=True)[1]
    x = problem.x[first].toarray()
    gather = sparse.csr_array(
        (np.ones(problem.size), (problem.alike, np.arange(problem.size))),
        shape=(first.size, problem.size),
    )
    kept = independent(gram(x, np.asarray(gather @ problem.sums)))
    x, start = x[:, kept], start[kept]
    totals = _totals(problem, sums)
    scale = np.maximum(np.abs(totals), 1e-3 * problem.sums.sum() / max(totals.size, 1))
    p, R = kept.size, sums.shape[1]
    multipliers = np.repeat(start[:, None], R, axis=1)
    factor = np.ones_like(sums)
    todo = np.arange(R)
    for _ in range(_MOST):
        own = [a if a.shape[1] == 1 else a[:, todo] for a in (low, high)]
        with np.errstate(over="ignore"):
            free = np.exp(x @ multipliers[:, todo])[problem.alike]
        made = np.clip(free, *own)
        factor[:, todo] = made
        grown = sums[:, todo] * made
        slope = np.asarray(x.T @ (gather @ grown)) - totals[kept][:, todo]
        misfit = np.abs(slope / scale[kept][:, todo]).max(axis=0, initial=0.0)
        moving = ~(misfit <= _ENOUGH)
        todo = todo[moving]
        if not todo.size:
            break
        steep = np.asarray(gather @ (grown * np.where(free == made, 1.0, _FLOOR)))
        steps = np.empty((p, todo.size))
        for r, place in enumerate(np.flatnonzero(moving)):
            steps[:, r] = newton(gram(x, steep[:, place]), slope[:, place])
        multipliers[:, todo] -= np.where(np.isfinite(steps), steps, 0.0)
    for r in todo.tolist():
        own = [a[:, 0] if a.shape[1] == 1 else a[:, r] for a in (low, high)]
        for part in problem.parts():
            rows = part.patterns
            distance = Truncated(Exponential(), own[0][rows, None], own[1][rows, None])
            own_totals = totals[part.columns, r]
            alone = replace(part, sums=sums[rows, r], totals=own_totals)
            factor[rows, r] = solve(alone, distance).factor
    gap = np.asarray(problem.x.T @ (sums * factor)) - totals
    with np.errstate(invalid="ignore"):
        lost = ~(np.abs(gap / scale).max(axis=0) <= CONVERGED)
    return factor, np.flatnonzero(lost)
