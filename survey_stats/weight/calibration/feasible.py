"""Whether any weights meet all totals, and if none do, what is in the way: linear programmes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse

from survey_stats.weight.calibration.normal import column_sums, gram
from survey_stats.weight.calibration.solve import Part, typical_ratio

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

# Under this relative deviation totals are as good as met: the programme knows no better.
_MET = 1e-8
# How far inside what is allowed the nearest totals are sought, so that the method can reach them.
INSIDE = 0.01
_OPTIONS = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


@dataclass(frozen=True, eq=False)
class Reach:
    """How near weights can come to the totals.

    Attributes:
        gap: reached less target for each total, (p,); the sum of |gap| / scale is the smallest.
        multipliers: y of Farkas' lemma, (p,): Σ y t exceeds what Σ y X'w is for any weights
            within the bounds. Zeros where the totals can be met.
        factor: factors that come as near, (P,).
    """

    gap: FloatArray
    multipliers: FloatArray
    factor: FloatArray

    @property
    def met(self) -> bool:
        """Whether there are weights that meet all totals."""
        return not self.multipliers.any()


def reach(part: Part, low: FloatArray, high: FloatArray) -> Reach:
    """The factors in [low, high], (P,), whose sums are nearest to the totals.

    Nearest is the smallest sum of deviations relative to the totals (to the size of what is summed,
    where that is larger): min Σ (s⁺ + s⁻) / scale subject to
    X' diag(D) g + s⁺ - s⁻ = t. Its dual variables are the certificate.

    Raises:
        ArithmeticError: the programme came to no end, for numerical reasons.
    """
    size = part.totals.size
    rows = sparse.diags_array(1 / part.scale) @ sparse.csr_array(part.x).T
    # Factors are told in units of the average one, so that the programme is well scaled.
    unit = typical_factor(part)
    a = sparse.hstack(
        [
            rows @ sparse.diags_array(part.sums * unit),
            sparse.eye_array(size),
            -sparse.eye_array(size),
        ]
    ).tocsc()
    cost = np.concatenate([np.zeros(part.sums.size), np.ones(2 * size)])
    bounds = np.column_stack(
        [
            np.concatenate([low / unit, np.zeros(2 * size)]),
            np.concatenate([high / unit, np.full(2 * size, np.inf)]),
        ]
    )
    found = _programme(cost, A_eq=a, b_eq=part.totals / part.scale, bounds=bounds)
    if found.x is None:
        raise ArithmeticError(f"the linear programme of calibration stopped: {found.message}")
    factor = np.asarray(found.x[: part.sums.size]) * unit
    gap = np.asarray(part.x.T @ (part.sums * factor)) - part.totals
    multipliers = np.asarray(found.eqlin.marginals) / part.scale
    if found.fun <= _MET:
        multipliers = np.zeros(size)
    multipliers[np.abs(multipliers) * part.scale < 1e-9] = 0.0
    return Reach(gap, multipliers, factor)


def nearest_totals(
    part: Part, low: FloatArray, high: FloatArray, open_ended: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The nearest totals (p,) that can be reached, and the bounds (P,) within which they can.

    Args:
        open_ended: whether bounds are not to be reached, only neared.
    """
    inner_low, inner_high = np.maximum(low, 0.0), high
    inner_low = np.where(np.isfinite(low), inner_low, INSIDE * typical_factor(part))
    if open_ended:
        inner_low = low + INSIDE * (1 - low)
        inner_high = high - INSIDE * (high - 1)
    found = reach(part, inner_low, inner_high)
    return part.totals + found.gap, inner_low, inner_high


def sparsest(part: Part, multipliers: FloatArray) -> FloatArray:
    """The same certificate with as few totals as possible.

    To all levels of one margin a number may be added that is taken from all of another, since
    both sum to the same people. Of all such sums Σ |y| scale is made the smallest.
    """
    whole = gram(part.x, part.sums)
    size = np.sqrt(np.where(np.diag(whole) > 0, np.diag(whole), 1.0))
    values, vectors = np.linalg.eigh(whole / size[:, None] / size)
    null = (vectors[:, values < 1e-10] / size[:, None]) * np.median(size)
    # Directions along which the totals disagree are what is wrong, and must be left alone.
    wrong = part.totals @ null
    if np.abs(wrong).max(initial=0.0) > 1e-9 * (np.abs(part.totals) @ np.abs(null)).max(
        initial=0.0
    ):
        null = null @ linalg.null_space(wrong[None, :])
    if not null.shape[1] or not multipliers.any():
        return multipliers
    p, k = part.totals.size, null.shape[1]
    weight = part.scale / part.scale.max()
    eye = sparse.eye_array(p).tocsr()
    turn: Any = sparse.csr_array(null)
    above: Any = [[turn, -eye], [-turn, -eye]]
    found = _programme(
        np.concatenate([np.zeros(k), weight]),
        A_ub=sparse.block_array(above).tocsc(),
        b_ub=np.concatenate([-multipliers, multipliers]) / np.abs(multipliers).max(),
        bounds=[*([(None, None)] * k), *([(0, None)] * p)],
    )
    if found.x is None:
        return multipliers
    shift = null @ found.x[:k] * np.abs(multipliers).max()
    out: FloatArray = multipliers + shift
    out[np.abs(out) * part.scale < 1e-7 * (np.abs(out) * part.scale).max()] = 0.0
    return out


def room(
    part: Part, low: FloatArray, high: FloatArray, near_low: IntArray, near_high: IntArray
) -> float:
    """How far some factors can stay from their bounds while the totals are met.

    The largest s with g >= low + s u for the patterns `near_low` and g <= high - s u for
    `near_high`, where u is the average factor and all g lie in [low, high]; 0 where some of them
    must lie at the bound. Totals must be reachable.
    """
    unit = typical_factor(part)
    n = part.sums.size
    x = sparse.csr_array(part.x)[:, part.kept]
    scale = part.scale[part.kept]
    met = sparse.diags_array(1 / scale) @ x.T @ sparse.diags_array(part.sums * unit)
    eye = sparse.eye_array(n).tocsr()
    ends: list[Any] = []
    limits: list[FloatArray] = []
    for sign, bound, near in ((-1.0, low, near_low), (1.0, high, near_high)):
        pair: Any = [sign * eye[near], np.ones((near.size, 1))]
        ends.append(sparse.hstack(pair))
        limits.append(sign * bound[near] / unit)
    found = _programme(
        np.append(np.zeros(n), -1.0),
        A_ub=sparse.vstack(ends).tocsc(),
        b_ub=np.concatenate(limits),
        A_eq=sparse.hstack([met, sparse.csr_array((part.kept.size, 1))]).tocsc(),
        b_eq=part.totals[part.kept] / scale,
        bounds=np.column_stack([np.append(low / unit, 0.0), np.append(high / unit, 1.0)]),
    )
    return 0.0 if found.x is None else float(found.x[-1])


def _programme(cost: FloatArray, **limits: Any) -> Any:
    """The solution of a linear programme; its `x` is None where there is none."""
    from scipy.optimize import linprog

    solver: Any = linprog
    return solver(cost, method="highs", options=_OPTIONS, **limits)


def typical_factor(part: Part) -> float:
    """About what weights have to be multiplied by on average."""
    return typical_ratio(part.totals, column_sums(part.x, part.sums))
