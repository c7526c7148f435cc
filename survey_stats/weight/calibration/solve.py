"""Newton's method on the dual of the calibration problem, for one sample.

The factors g_k = F(x_k'λ) of patterns k with sums of weights D_k meet the totals t when λ is the
minimum of the convex φ(λ) = Σ D_k Φ(x_k'λ) - t'λ + λ'Cλ / 2, where Φ is an antiderivative of F
and C (zero unless totals may give) is what each total may give. See Deville and Särndal 1992.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from survey_stats.weight.calibration.distances import Distance, Exponential, Linear
from survey_stats.weight.calibration.normal import Matrix, Normal, gram, independent

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

CONVERGED = 1e-9  # largest relative misfit that is called converged
_EXACT = 1e-14  # where the iterations stop; rounding seldom allows less
_MOST = 100


@dataclass(frozen=True, eq=False)
class Part:
    """One calibration problem: totals that no other problem shares respondents with.

    Attributes:
        group: what it is told by in errors; "" where there is one problem only.
        patterns, columns: its place among all patterns and totals, (P,) and (p,).
        x: auxiliary variables by pattern, (P, p), dense or sparse.
        sums: sums of the weights before the step by pattern, D, (P,).
        totals: t, (p,).
        give: the diagonal of C, (p,); zeros where totals are met exactly.
        scale: what misfits are relative to, (p,), positive.
        kept: the columns that are not redundant given the others, (r,).
        lead: how many of them, the first ones, are levels of one large margin.
        single: whether there is one margin, whose levels have nothing to do with each other.
    """

    group: str
    patterns: IntArray
    columns: IntArray
    x: Matrix
    sums: FloatArray
    totals: FloatArray
    give: FloatArray
    scale: FloatArray
    kept: IntArray
    lead: int = 0
    single: bool = False


@dataclass(frozen=True, eq=False)
class Solution:
    """λ (p,) with zeros for redundant totals, g (P,), and how near the totals are."""

    multipliers: FloatArray
    factor: FloatArray
    misfit: float
    iterations: int

    @property
    def converged(self) -> bool:
        """Whether the totals are met, or nearly met to the degree that they may give."""
        return self.misfit <= CONVERGED


def typical_ratio(totals: FloatArray, sums: FloatArray) -> float:
    """About what weights have to be multiplied by on average: the median of total over sum."""
    use = (sums > 0) & (totals != 0)
    return float(np.median(np.abs(totals[use]) / sums[use])) if use.any() else 1.0


def without(part: Part, columns: npt.NDArray[np.bool_]) -> Part:
    """The problem without some of its totals, (p,)."""
    stay = np.flatnonzero(~columns)
    x = part.x[:, stay]
    return replace(
        part,
        columns=part.columns[stay],
        x=x,
        totals=part.totals[stay],
        give=part.give[stay],
        scale=part.scale[stay],
        kept=independent(gram(x, part.sums)),
        lead=0,
    )


def misfit_of(part: Part, factor: FloatArray, multipliers: FloatArray) -> float:
    """The largest relative distance of the calibrated sums from the totals."""
    gap = part.x.T @ (part.sums * factor) - part.totals + part.give * multipliers
    gap = np.abs(gap) / part.scale
    return float(gap.max()) if gap.size else 0.0


def solve(part: Part, distance: Distance, start: FloatArray | None = None) -> Solution:
    """Minimise the dual by Newton steps with a safeguarded line search.

    Never raises: where no minimum exists the solution is not converged.
    """
    if part.single and isinstance(distance, Linear | Exponential):
        return _directly(part, distance)
    x, sums = part.x[:, part.kept], part.sums
    totals, give, scale = (a[part.kept] for a in (part.totals, part.give, part.scale))
    normal = Normal(x, part.lead, give)
    multipliers = np.zeros(part.kept.size) if start is None else start[part.kept].copy()
    u = np.asarray(x @ multipliers)

    def gradient(u: FloatArray, multipliers: FloatArray) -> FloatArray:
        with np.errstate(over="ignore", invalid="ignore"):
            grown = sums * distance.factor(u)
            return np.asarray(x.T @ grown - totals + give * multipliers)

    def value(u: FloatArray, multipliers: FloatArray) -> float:
        bend = 0.5 * float(give @ np.square(multipliers))
        return float(sums @ distance.potential(u)) - float(totals @ multipliers) + bend

    slope = gradient(u, multipliers)
    now = np.abs(slope / scale).max(initial=0.0)
    iterations = 0
    while now > _EXACT and iterations < _MOST:
        iterations += 1
        step = -normal.step(sums * distance.steepness(u), slope)
        descent = float(slope @ step)
        if not np.isfinite(step).all() or not descent < 0:
            break
        du = np.asarray(x @ step)
        s = 1.0
        if now > CONVERGED:
            s = _step_length(u, multipliers, du, step, gradient, value, descent)
        after = multipliers + s * step
        u_after = np.asarray(x @ after)
        slope_after = gradient(u_after, after)
        then = np.abs(slope_after / scale).max(initial=0.0)
        if now <= CONVERGED and not then < now:
            break
        done = now <= CONVERGED and then > 0.5 * now
        multipliers, u, slope, now = after, u_after, slope_after, then
        if done:
            break
    full = np.zeros(part.totals.size)
    full[part.kept] = multipliers
    factor = distance.factor(np.asarray(part.x @ full))
    with np.errstate(invalid="ignore"):
        misfit = misfit_of(part, factor, full)
    return Solution(full, factor, misfit if np.isfinite(misfit) else np.inf, iterations)


def inverse_of_part(part: Part, weights: FloatArray) -> FloatArray:
    """A generalised inverse of X' diag(weights) X + C, (p, p): zeros for redundant totals."""
    kept = part.kept
    small = Normal(part.x[:, kept], part.lead, part.give[kept]).inverse(weights)
    out = np.zeros((part.totals.size, part.totals.size))
    out[np.ix_(kept, kept)] = small
    return out


def _directly(part: Part, distance: Linear | Exponential) -> Solution:
    """Post-stratification: total over sum in each level."""
    sums = np.asarray(part.x.T @ part.sums)
    ratio = np.ones_like(sums)
    np.divide(part.totals, sums, out=ratio, where=sums > 0)
    if (ratio <= 0).any():
        return Solution(np.zeros(sums.size), np.ones(part.sums.size), np.inf, 0)
    multipliers = distance.inverse(ratio)
    factor = distance.factor(np.asarray(part.x @ multipliers))
    return Solution(multipliers, factor, misfit_of(part, factor, multipliers), 0)


def _step_length(
    u: FloatArray,
    multipliers: FloatArray,
    du: FloatArray,
    step: FloatArray,
    gradient: Callable[[FloatArray, FloatArray], FloatArray],
    value: Callable[[FloatArray, FloatArray], float],
    descent: float,
) -> float:
    """How much of a Newton step to take: all of it where φ falls on the way.

    φ is convex, so it falls all the way to where its slope is still negative. A step that goes too
    far is bisected to where φ has fallen (Armijo's rule) and its slope is no longer nearly as
    steep as at the start.
    """
    start = value(u, multipliers)

    def tried(s: float) -> tuple[float, bool]:
        u_s, at = u + s * du, multipliers + s * step
        slope = float(gradient(u_s, at) @ step)
        return slope, slope <= 0 or value(u_s, at) <= start + 1e-4 * s * descent

    with np.errstate(over="ignore", invalid="ignore"):
        if tried(1.0)[1]:
            return 1.0
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = 0.5 * (low + high)
            slope, falls = tried(middle)
            if not falls:
                high = middle
            elif slope < 0.9 * descent:
                low = middle
            else:
                return middle
    return low if low > 0 else high
