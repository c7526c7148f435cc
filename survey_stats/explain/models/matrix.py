"""Design matrices: dense ones, and those of levels crossed with numbers of many values.

Where a predictor is a number that hardly two respondents share, a row of the design matrix is
still a short sum: `X[i] = sum_q factors[q, i] * parts[q, code[i]]`, with `code` the pattern of the
other predictors and factors such as 1, z and z^2. Products with X are then sums by code, and X
itself (n, p) is never made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from survey_stats.estimate.columns import Floats, Ints

# entries of a block of rows: small enough for the cache, and for one thread to be the fastest
_BLOCK = 20_000
# rows of a block of columns
_ROWS = 8192


@dataclass(frozen=True, eq=False)
class Factored:
    """A design matrix (n, p) as a sum over Q factors of the rows.

    Attributes
    ----------
    code: pattern of each row, (n,), below C
    factors: (Q, n), the first of ones
    parts: (Q, C, p)

    >>> X = Factored(np.array([0, 1, 0]), np.array([[1.0, 1, 1], [5, 6, 7]]),
    ...              np.array([[[1.0, 0], [1, 0]], [[0, 1], [0, 2]]]))
    >>> np.asarray(X).tolist()
    [[1.0, 5.0], [1.0, 12.0], [1.0, 7.0]]
    >>> (X @ np.array([1.0, 10.0])).tolist()
    [51.0, 121.0, 71.0]
    """

    code: Ints
    factors: Floats
    parts: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """(n, p)."""
        return self.code.size, self.parts.shape[2]

    def __matmul__(self, right: Floats) -> Floats:
        """X times (p,) or (p, m)."""
        tables = self.parts @ right
        out: Floats = tables[0].take(self.code, axis=0)
        for factor, table in zip(self.factors[1:], tables[1:], strict=True):
            own = table.take(self.code, axis=0)
            own *= factor if own.ndim == 1 else factor[:, None]
            out += own
        return out

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Floats:
        made: Floats = self @ np.eye(self.shape[1])
        return made if dtype is None else made.astype(dtype)

    def rows(self, rows: slice | Ints) -> Factored:
        """Some rows of X."""
        return replace(self, code=self.code[rows], factors=self.factors[:, rows])

    def __getitem__(self, rows: slice | Ints) -> Floats:
        """Some rows of X, dense."""
        return np.asarray(self.rows(rows))

    def totals(self, values: Floats) -> Floats:
        """Sums of `values` (n,) by pattern and factor, (Q, C)."""
        size = self.parts.shape[1]
        amounts = [values, *(f * values for f in self.factors[1:])]
        return np.stack([np.bincount(self.code, a, minlength=size) for a in amounts])

    def gram(self, weights: Floats) -> Floats:
        """X' diag(weights) X, (p, p)."""
        Q, size, p = self.parts.shape
        out = np.zeros((p, p))
        for q in range(Q):
            own = weights * self.factors[q] if q else weights
            for r in range(q, Q):
                amount = np.bincount(self.code, own * self.factors[r] if r else own, minlength=size)
                block = (self.parts[q] * amount[:, None]).T @ self.parts[r]
                out += block if r == q else block + block.T
        return out


Matrix = Floats | Factored


def gram(X: Matrix, weights: Floats) -> Floats:
    """X' diag(weights) X, (p, p)."""
    if isinstance(X, Factored):
        return X.gram(weights)
    p = X.shape[1]
    out = np.zeros((p, p))
    # in blocks of rows that stay in the cache
    step = max(64, _BLOCK // max(p, 1))
    for start in range(0, X.shape[0], step):
        block = X[start : start + step]
        out += (block * weights[start : start + step, None]).T @ block
    return out


def in_blocks(X: Matrix, *columns: Floats) -> Iterator[tuple[Any, ...]]:
    """X and columns of as many rows in blocks that stay in the cache."""
    P, p = X.shape
    step = _ROWS if isinstance(X, Factored) else max(1024, _ROWS * 8 // max(p, 1))
    for start in range(0, P, step):
        part = slice(start, start + step)
        rows = X.rows(part) if isinstance(X, Factored) else X[part]
        yield (rows, *(c[part] for c in columns))


def column_sums(X: Matrix, values: Floats) -> Floats:
    """X' values, (p,), or (p, m) for values of shape (n, m)."""
    if not isinstance(X, Factored):
        return np.asarray(X.T @ values, dtype=np.float64)
    if values.ndim == 2:
        return np.stack([column_sums(X, v) for v in values.T], axis=1)
    found: Floats = np.einsum("qc,qcp->p", X.totals(values), X.parts)
    return found


def turned(X: Matrix, right: Floats, centre: Floats | None = None) -> Matrix:
    """(X - centre) times `right` (p, m), a matrix of the same kind."""
    if not isinstance(X, Factored):
        return (X if centre is None else X - centre) @ right
    parts = X.parts
    if centre is not None:
        parts = parts.copy()
        parts[0] -= centre
    return replace(X, parts=parts @ right)


def chosen(X: Matrix, columns: Sequence[int]) -> Matrix:
    """Some columns of X."""
    if isinstance(X, Factored):
        return replace(X, parts=np.ascontiguousarray(X.parts[:, :, list(columns)]))
    return np.ascontiguousarray(X[:, list(columns)])
