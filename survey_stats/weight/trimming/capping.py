"""The weights nearest to given ones that keep totals within limits, and how small limits can be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse

from survey_stats.errors import DesignError, enumerate_first
from survey_stats.weight.calibration.distances import Exponential, Truncated
from survey_stats.weight.calibration.normal import gram, independent
from survey_stats.weight.calibration.problem import is_partition
from survey_stats.weight.calibration.solve import Part, solve
from survey_stats.weight.cells import FloatArray, IntArray
from survey_stats.weight.influence import Block, Influence
from survey_stats.weight.trimming.routes import Route

_DENSE = 8_000_000
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


def capped_factors(problem: Capped) -> tuple[FloatArray, FloatArray]:
    """Factors by pattern, (P,), and the multipliers λ of the totals, (p,).

    They minimise Σ d (g log g - g + 1) among factors within the limits that meet the totals:
    raking truncated at limits of weights (Deville and Särndal 1992, Journal of the American
    Statistical Association 87:376, case 7 with the distance of case 2; Folsom and Singh 2000,
    Proceedings of the Section on Survey Research Methods, on limits that differ by respondent).

    Raises:
        DesignError: there are none; the text says how far the limits have to be moved.
    """
    quick = problem.alike.max() < _QUICK
    multipliers = np.zeros(problem.totals.size)
    if quick:
        _refuse_out_of_reach(problem)
    factor = np.asarray(np.clip(1.0, problem.low, problem.high))
    for part in problem.parts():
        low, high = problem.low[part.patterns], problem.high[part.patterns]
        solution = solve(part, Truncated(Exponential(), low[:, None], high[:, None]))
        if not solution.converged:
            if not quick:
                _refuse_out_of_reach(problem)
            raise DesignError(
                "Trimming does not converge, although weights within the limits exist; they are "
                "so tight that hardly any choice is left: raise `upper` a little"
            )
        factor[part.patterns] = solution.factor
        multipliers[part.columns] = solution.multipliers
    return factor, multipliers


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
        + (", or lower `lower`" if floors.any() else "")
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


def route_of(
    problem: Capped, blocks: tuple[Block, ...], values: FloatArray, factor: FloatArray
) -> Route:
    """What trimming does to scores, from the factors by pattern (P,).

    Limits are limits of what a row stands for, so a row that is there more often counts more
    often, at its limit too: that moves the estimate by its score, and the multipliers of the
    others by dλ = -(Σ w' x x')⁻¹ w'_i x_i, the sum over rows between their limits. Where the
    totals are those of the weights before, these move as well, and w' - w takes the place of w'
    outside the sum. What earlier steps do to its weight moves a row at a limit only through such
    totals.
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
    held = np.append(~between, False)[problem.code]
    back = after if problem.fixed else after - values
    influence = Influence(blocks, look, back, core)
    return Route(influence, 1.0 - held, back - np.where(held, after, 0.0))


def _inverse(matrix: FloatArray) -> FloatArray:
    """A generalised inverse of X'DX (p, p), with zeros for columns that follow from others."""
    kept = independent(matrix)
    size = np.sqrt(np.diag(matrix))[kept]
    inverse = np.linalg.inv(matrix[np.ix_(kept, kept)] / size[:, None] / size)
    out = np.zeros_like(matrix)
    out[np.ix_(kept, kept)] = inverse / size[:, None] / size
    return out
