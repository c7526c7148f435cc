"""Normal equations of calibration: X' diag(s) X, its rank, its inverse and Newton's step.

The levels of one margin have a diagonal matrix. Where it is a large margin the others are solved
for first, from what it leaves of them, so that thousands of cells cost little.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse
from scipy.linalg import lapack

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Matrix = FloatArray | sparse.csr_array

_ROWS = 1 << 14  # rows of X that are multiplied at a time
_RANK = 1e-10  # pivots of the scaled matrix under this are redundant totals


def column_sums(x: Matrix, amounts: FloatArray) -> FloatArray:
    """Σ |x_k| amount_k by column, (p,), of amounts (P,) by pattern."""
    size: Any = abs(x)
    return np.asarray(size.T @ amounts)


def gram(x: Matrix, weights: FloatArray) -> FloatArray:
    """X' diag(weights) X, dense (p, p)."""
    if isinstance(x, np.ndarray):
        total = np.zeros((x.shape[1], x.shape[1]))
        for start in range(0, len(x), _ROWS):
            part = x[start : start + _ROWS]
            total += (part * weights[start : start + _ROWS, None]).T @ part
        return total
    return np.asarray((x.T @ sparse.diags_array(weights) @ x).toarray())


def independent(matrix: FloatArray, size: FloatArray | None = None) -> IntArray:
    """A largest set of columns of X that are linearly independent, from X'DX (p, p).

    Pivoted Cholesky of the matrix scaled to a unit diagonal, with the sizes of pivots as rank
    (Higham 2002, Accuracy and Stability of Numerical Algorithms, section 10.3).

    Args:
        size: the lengths of the columns, (p,), if the matrix is what other columns leave of X'DX.
    """
    size = np.sqrt(np.diag(matrix)) if size is None else size
    filled = np.flatnonzero(size > 0)
    if not filled.size:
        return filled
    scaled = matrix[np.ix_(filled, filled)] / np.outer(size[filled], size[filled])
    _, pivots, rank, _ = lapack.dpstrf(scaled, tol=_RANK, lower=1)
    return np.asarray(np.sort(filled[pivots[:rank] - 1]), dtype=np.intp)


def newton(hessian: FloatArray, slope: FloatArray) -> FloatArray:
    """H⁻¹ times the slope, (r,) or (r, R), for a symmetric H that may be numerically singular."""
    size = np.sqrt(np.where(np.diag(hessian) > 0, np.diag(hessian), 1.0))
    scaled = hessian / size[:, None] / size
    if not np.isfinite(scaled).all():
        return np.full(slope.shape, np.nan)
    size = size if slope.ndim == 1 else size[:, None]
    for ridge in (0.0, 1e-13, 1e-10):
        try:
            factor = linalg.cho_factor(
                scaled + ridge * np.eye(len(scaled)), lower=True, check_finite=False
            )
        except linalg.LinAlgError:
            continue
        return np.asarray(linalg.cho_solve(factor, slope / size, check_finite=False)) / size
    return np.asarray(np.linalg.lstsq(scaled, slope / size, rcond=1e-12)[0]) / size


@dataclass(frozen=True, eq=False)
class Normal:
    """The matrix H = X' diag(s) X + diag(give) for any s (P,).

    Attributes:
        x: shape (P, r).
        lead: how many of the columns, the first ones, are levels of one margin.
        give: shape (r,).
    """

    x: Matrix
    lead: int
    give: FloatArray

    @cached_property
    def _halves(self) -> tuple[sparse.csr_array, sparse.csr_array]:
        x = sparse.csr_array(self.x)
        return x[:, : self.lead].T.tocsr(), x[:, self.lead :].tocsr()

    def _reduced(self, s: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """H by parts: the inverse of the diagonal one, what is beside it, the rest, what is left.

        Shapes (lead,), (lead, q), (q, q) and (q, q) where q = r - lead.
        """
        first, rest = self._halves
        diagonal = np.asarray(first @ s) + self.give[: self.lead]
        inverse = np.zeros_like(diagonal)
        np.divide(1.0, diagonal, out=inverse, where=diagonal > 0)
        weighted = sparse.diags_array(s) @ rest
        beside = np.asarray((first @ weighted).toarray())
        own = np.asarray((rest.T @ weighted).toarray()) + np.diag(self.give[self.lead :])
        return inverse, beside, own, own - beside.T @ (inverse[:, None] * beside)

    def step(self, s: FloatArray, slope: FloatArray) -> FloatArray:
        """H⁻¹ slope, for slopes (r,) or (r, R)."""
        if not self.lead:
            hessian = gram(self.x, s)
            hessian[np.diag_indices_from(hessian)] += self.give
            return newton(hessian, slope)
        if not np.isfinite(s).all():
            return np.full(slope.shape, np.nan)
        inverse, beside, _, left = self._reduced(s)
        inverse = inverse if slope.ndim == 1 else inverse[:, None]
        head = inverse * slope[: self.lead]
        tail = newton(left, slope[self.lead :] - beside.T @ head)
        return np.concatenate([head - inverse * (beside @ tail), tail])

    def independent(self, s: FloatArray) -> IntArray:
        """A largest set of independent columns, those of the large margin first."""
        if not self.lead:
            return independent(gram(self.x, s) + np.diag(self.give))
        inverse, _, own, left = self._reduced(s)
        more = independent(left, np.sqrt(np.diag(own)))
        return np.concatenate([np.flatnonzero(inverse > 0), self.lead + more])

    def inverse(self, s: FloatArray) -> FloatArray:
        """A generalised inverse of H, (r, r): zeros for redundant columns."""
        if not self.lead:
            return inverse_of(gram(self.x, s) + np.diag(self.give))
        inverse, beside, own, left = self._reduced(s)
        core = inverse_of(left, np.sqrt(np.diag(own)))
        across = -(inverse[:, None] * beside) @ core
        head = np.diag(inverse) - across @ (inverse[:, None] * beside).T
        return np.block([[head, across], [across.T, core]])


def inverse_of(matrix: FloatArray, lengths: FloatArray | None = None) -> FloatArray:
    """A generalised inverse of a symmetric non-negative (p, p): zeros for redundant columns.

    Args:
        lengths: see `independent`.
    """
    kept = independent(matrix, lengths)
    out = np.zeros_like(matrix)
    if kept.size:
        part = matrix[np.ix_(kept, kept)]
        size = np.sqrt(np.diag(part))
        inverse = np.linalg.inv(part / size[:, None] / size) / size[:, None] / size
        out[np.ix_(kept, kept)] = (inverse + inverse.T) / 2
    return out
