"""The weights nearest to given ones that keep totals within limits, and how small limits can be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse

from survey_stats.errors import DesignError, enumerate_first
from survey_stats.weight.batch import Again, CalibrationRefit
from survey_stats.weight.cells import FloatArray, IntArray
from survey_stats.weight.distances import Exponential, Truncated
from survey_stats.weight.influence import Block, Influence
from survey_stats.weight.problem import is_partition
from survey_stats.weight.solve import Part, gram, independent, solve

_DENSE = 8_000_000
_CHUNK = 2_000_000
# linear programmes of fewer variables than this are solved before anything else
_QUICK = 5_000


@dataclass(frozen=True, eq=False)
class Capped:
    """A problem: weights in [low, high] with X'w = t, by patterns of rows that are alike.

    Attributes:
        code: the pattern of each row, (n,); P for rows that do not count.
        x: auxiliary variables by pattern, (P, p).
        alike: which patterns have the same row of x, numbered from 0, (P,).
        rows: how many rows a pattern has, (P,).
        base: the weight of each of its rows before, (P,).
        low, high: what the factor must lie between, (P,).
        totals: t, (p,).
        labels: the names of the totals.
        fixed: whether t is known; else it is whatever the weights before the step sum to.
    """

    code: IntArray
    x: sparse.csr_array
    alike: IntArray
    rows: FloatArray
    base: FloatArray
    low: FloatArray
    high: FloatArray
    totals: FloatArray
    labels: tuple[str, ...]
    fixed: bool

    @property
    def size(self) -> int:
        """P."""
        return int(self.base.size)

    @property
    def sums(self) -> FloatArray:
        """Sums of weights before by pattern, (P,)."""
        return self.rows * self.base

    def parts(self) -> list[Part]:
        """The problems that share no totals, as the solver of calibration wants them."""
        links = sparse.csr_array(abs(self.x).T @ abs(self.x))
        number, of_total = sparse.csgraph.connected_components(links, directed=False)
        first = np.full(self.size, -1, dtype=np.intp)
        has = np.flatnonzero(np.diff(self.x.indptr) > 0)
        first[has] = self.x.indices[self.x.indptr[has]]
        of_pattern = np.where(first >= 0, of_total[first], -1)
        by_part = np.argsort(of_pattern, kind="stable")
        ends = np.searchsorted(of_pattern[by_part], np.arange(number + 1))
        parts = []
        for k in range(number):
            patterns = by_part[ends[k] : ends[k + 1]]
            columns = np.flatnonzero(of_total == k)
            if patterns.size:
                parts.append(self._part(patterns, columns))
        return parts

    def _part(self, patterns: IntArray, columns: IntArray) -> Part:
        x = self.x[patterns][:, columns]
        sums, totals = self.sums[patterns], self.totals[columns]
        spread = np.asarray(abs(x).T @ sums)
        scale = np.maximum(np.abs(totals), np.where(spread > 0, spread, 1.0))
        dense = x.toarray() if x.shape[0] * x.shape[1] <= _DENSE else x
        kept = independent(gram(dense, sums))
        give = np.zeros(columns.size)
        return Part("", patterns, columns, dense, sums, totals, give, scale, kept)


def fill(sums: FloatArray, low: FloatArray, high: FloatArray, totals: FloatArray) -> FloatArray:
    """Factors clip(a, low, high) (P, R) of one cell, with a such that they meet the total.

    The sum is a piecewise linear function of a, so that a is found exactly.

    Args:
        sums: sums of weights by pattern, (P, R).
        low, high: (P,), 0 <= low <= high.
        totals: (R,), each within what the limits allow.

    >>> fill(np.array([[4.0], [1]]), np.zeros(2), np.array([0.5, 9]), np.array([5.0]))
    array([[0.5],
           [3. ]])
    """
    finite = np.isfinite(high)
    points = np.unique(np.concatenate([low, high[finite]]))
    floor, floors = _below(low, sums), np.sort(low)
    cap, caps = _below(high[finite], sums[finite]), np.sort(high[finite])
    # what the factors sum to with a at each of the points where the sum bends, (points, R)
    free, held = np.searchsorted(floors, points), np.searchsorted(caps, points, "right")
    at = (
        floor[1][-1]
        - floor[1][free]
        + cap[1][held]
        + points[:, None] * (floor[0][free] - cap[0][held])
    )
    place = np.clip((at < totals).sum(axis=0) - 1, 0, points.size - 1)
    replicate = np.arange(totals.size)
    free = np.searchsorted(floors, points, "right")
    slope = floor[0][free[place], replicate] - cap[0][held[place], replicate]
    gap = totals - at[place, replicate]
    step = np.zeros_like(totals)
    np.divide(gap, slope, out=step, where=slope > 0)
    return np.asarray(np.clip(points[place] + step, low[:, None], high[:, None]))


def _below(limit: FloatArray, sums: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sums of weights, and of weights times limit, of the patterns with the lowest limits.

    Both (P + 1, R), row j being about the j lowest.
    """
    order = np.argsort(limit, kind="stable")
    out = np.zeros((2, limit.size + 1, sums.shape[1]))
    np.cumsum(sums[order], axis=0, out=out[0, 1:])
    np.cumsum(sums[order] * limit[order, None], axis=0, out=out[1, 1:])
    return out[0], out[1]


def capped_factors(problem: Capped) -> FloatArray:
    """Factors by pattern, (P,).

    They minimise Σ d (g log g - g + 1) among factors within the limits that meet the totals:
    raking truncated at limits of weights (Deville and Särndal 1992, Journal of the American
    Statistical Association 87:376, case 7 with the distance of case 2; Folsom and Singh 2000,
    Proceedings of the Section on Survey Research Methods, on limits that differ by respondent).

    Raises:
        DesignError: there are none; the text says how far the limits have to be moved.
    """
    totals = problem.totals[:, None]
    if is_partition(problem.x):
        _refuse_out_of_reach(problem)
        return _filled(problem, problem.sums[:, None], totals)[:, 0]
    quick = problem.alike.max() < _QUICK
    if quick:
        _refuse_out_of_reach(problem)
    factor = np.asarray(np.clip(1.0, problem.low, problem.high))
    for part in problem.parts():
        distance = _distance(problem, part)
        solution = solve(part, distance)
        if not solution.converged:
            if not quick:
                _refuse_out_of_reach(problem)
            raise DesignError(
                "Trimming does not converge, although weights within the limits exist; they are "
                "so tight that hardly any choice is left: raise `upper` a little"
            )
        factor[part.patterns] = solution.factor
    return factor


def _distance(problem: Capped, part: Part) -> Truncated:
    low, high = problem.low[part.patterns], problem.high[part.patterns]
    return Truncated(Exponential(), low[:, None], high[:, None])


def _filled(problem: Capped, sums: FloatArray, totals: FloatArray) -> FloatArray:
    """`fill` in each cell of a partition, (P, R)."""
    factor = np.ones_like(sums)
    has = np.flatnonzero(np.diff(problem.x.indptr) > 0)
    cell = problem.x.indices[problem.x.indptr[has]]
    order = has[np.argsort(cell, kind="stable")]
    ends = np.searchsorted(np.sort(cell), np.arange(problem.totals.size + 1))
    for k in range(problem.totals.size):
        rows = order[ends[k] : ends[k + 1]]
        many = max(1, _CHUNK // max(rows.size, 1))
        for begin in range(0, sums.shape[1] if rows.size else 0, many):
            part = slice(begin, begin + many)
            factor[rows, part] = fill(
                sums[rows, part], problem.low[rows], problem.high[rows], totals[k, part]
            )
    return factor


def _refuse_out_of_reach(problem: Capped) -> None:
    """Raise where no weights within the limits meet the totals, with the limits that would do."""
    caps, floors = problem.high * problem.base, problem.low * problem.base
    upper, tight = _smallest_scale(problem, caps, floors)
    if upper <= 1 + 1e-9:
        return
    named = enumerate_first([problem.labels[k] for k in tight], 3)
    finite = np.isfinite(caps)
    if not np.isfinite(upper) or not finite.any():
        raise DesignError(
            f"No weights of at least `lower` keep the totals ({named}), however high `upper` is; "
            "lower `lower`"
        )
    one = np.ptp(caps[finite]) <= 1e-12 * caps[finite].max()
    if one:
        told = f"`upper` must be at least {_up(upper * caps[finite].max())}"
    else:
        told = f"the limits must be at least {_up(upper)} times as high"
    raise DesignError(
        f"No weights within the limits keep the totals ({named}): {told}; raise `upper`"
        + (", or lower `lower`" if floors.any() else ", or merge levels and calibrate again")
    )


def _up(value: float) -> str:
    """A number rounded up to five digits, so that it is enough."""
    unit = 10.0 ** (np.floor(np.log10(value)) - 4)
    return f"{np.ceil(value / unit * (1 - 1e-12)) * unit:.6g}"


def _smallest_scale(
    problem: Capped, caps: FloatArray, floors: FloatArray
) -> tuple[float, IntArray]:
    """The smallest s such that weights in [floor, s cap] meet the totals, and which totals bind.

    A linear programme in the sums W of weights by group of patterns with equal x, and s.
    """
    group = problem.alike
    first = np.unique(group, return_index=True)[1]
    size = first.size
    scale = np.maximum(np.abs(problem.totals), 1e-300)
    scale = np.where(problem.totals == 0, max(1.0, float(problem.sums.mean())), scale)
    unit = problem.sums.sum() / size
    highest = np.bincount(group, problem.rows * caps, minlength=size) / unit
    lowest = np.bincount(group, problem.rows * floors, minlength=size) / unit
    bounded = np.flatnonzero(np.isfinite(highest))
    eye = sparse.eye_array(size).tocsr()[bounded]
    meets = sparse.diags_array(unit / scale) @ problem.x[first].T
    found = optimize.linprog(
        np.append(np.zeros(size), 1.0),
        A_ub=sparse.hstack([eye, -highest[bounded, None]]).tocsc(),
        b_ub=np.zeros(bounded.size),
        A_eq=sparse.hstack([meets, sparse.csr_array((scale.size, 1))]).tocsc(),
        b_eq=problem.totals / scale,
        bounds=[*zip(lowest, np.full(size, np.inf), strict=True), (0, None)],
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10},
    )
    if found.x is None:
        return np.inf, np.arange(scale.size)
    binding: IntArray = np.flatnonzero(np.abs(found.eqlin.marginals) > 1e-9)
    return float(found.x[-1]), binding


def influence_of(
    problem: Capped, blocks: tuple[Block, ...], values: FloatArray, factor: FloatArray
) -> Influence:
    """What trimming does to scores, from the factors by pattern (P,).

    Limits are limits of what a row stands for, so a row that is there more often counts more
    often, at its limit too: its own weight moves the estimate by its score, and the multipliers
    of the others by dλ = -(Σ w' x x')⁻¹ w'_i x_i, the sum over rows between their limits. Where
    the totals are those of the weights before, these move as well, and w' - w takes the place of
    w' outside the sum.
    """
    slack = 1e-9 * factor
    between = (factor > problem.low + slack) & (factor < problem.high - slack)
    look = np.append(between.astype(np.float64), 0.0)[problem.code]
    after = values * np.append(factor, 1.0)[problem.code]
    matrix = problem.x.T @ sparse.diags_array(problem.sums * factor * between) @ problem.x
    core: sparse.csc_array | FloatArray
    if is_partition(problem.x):
        sums = np.asarray(sparse.csr_array(matrix).diagonal())
        inverse = np.zeros_like(sums)
        np.divide(1.0, sums, out=inverse, where=sums > 0)
        core = sparse.diags_array(inverse).tocsc()
    else:
        core = _inverse(np.asarray(matrix.toarray()))
    return Influence(blocks, look, after if problem.fixed else after - values, core)


def _inverse(matrix: FloatArray) -> FloatArray:
    """A generalised inverse of X'DX (p, p), with zeros for columns that follow from others."""
    kept = independent(matrix)
    size = np.sqrt(np.diag(matrix))[kept]
    inverse = np.linalg.inv(matrix[np.ix_(kept, kept)] / size[:, None] / size)
    out = np.zeros_like(matrix)
    out[np.ix_(kept, kept)] = inverse / size[:, None] / size
    return out


@dataclass(frozen=True, eq=False)
class CapRefit:
    """Trimming made again: limits of factors stay, totals are those of the replicate if not fixed.

    Attributes:
        code, size: the pattern of each row; the last one is of rows that do not count.
        problem: what was solved.
    """

    code: IntArray
    size: int
    problem: Capped

    def factors(self, weights: FloatArray) -> FloatArray:
        """Factors (P + 1, R) from sums of weights by pattern."""
        problem = self.problem
        if is_partition(problem.x):
            sums = weights[:-1]
            if problem.fixed:
                totals = np.repeat(problem.totals[:, None], sums.shape[1], axis=1)
            else:
                totals = np.asarray(problem.x.T @ sums)
            self._refuse(sums, totals)
            return np.vstack([_filled(problem, sums, totals), np.ones((1, sums.shape[1]))])
        each = tuple(
            Again(part, _distance(problem, part), np.zeros(part.totals.size), None, True)
            for part in problem.parts()
        )
        return CalibrationRefit(self.code, self.size, each, self._complain).factors(weights)

    def _complain(self, part: Part, _: object, replicate: int) -> DesignError:
        named = enumerate_first([self.problem.labels[k] for k in part.columns], 3)
        return DesignError(
            f"Replicate {replicate} cannot be trimmed to the same limits and keep the totals "
            f"({named}); raise `upper`, or choose replicates that drop nobody (kind='fay')"
        )

    def _refuse(self, sums: FloatArray, totals: FloatArray) -> None:
        problem = self.problem
        cells = problem.x.T
        most = np.where(np.isfinite(problem.high), problem.high, 1e300)[:, None]
        most = np.asarray(cells @ (sums * most))
        least = np.asarray(cells @ (sums * problem.low[:, None]))
        wrong = (most < totals * (1 - 1e-9)) | (least > totals * (1 + 1e-9))
        if wrong.any():
            cell, replicate = np.argwhere(wrong)[0].tolist()
            raise DesignError(
                f"Replicate {replicate + 1} cannot be trimmed to the same limits and keep the "
                f"total of {problem.labels[cell]}; raise `upper`, or choose replicates that drop "
                "nobody (kind='fay')"
            )
