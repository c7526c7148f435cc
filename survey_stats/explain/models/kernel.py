"""What a family has to tell so that one algorithm can fit it, and the algorithm.

Everything is by pattern of predictors (P of them): `X` (P, p) the design matrix, `offset` (P,),
and `sums` the weighted answers of each pattern: for a generalised linear model (P, 2) with the
sums of w and of w y, for categorical answers (P, C) with the weights of each outcome. The K
parameters are flat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import linalg, sparse

from survey_stats.errors import enumerate_first
from survey_stats.estimate.columns import Floats, Ints
from survey_stats.explain.models.errors import RankError
from survey_stats.explain.models.matrix import Matrix, column_sums, gram, turned

# a column whose part outside the columns before it is smaller than this is made of them
_DEPENDENT = 1e-11
# columns further than this from being made of others are told apart by their sums of products
_SURE = 1e-4
_STILL = 1e-12
_MOST_STEPS = 200
_MOST_HALVINGS = 40


class Kernel(Protocol):
    """The estimating equations of a family."""

    @property
    def n_outcomes(self) -> int:
        """Means of a pattern: 1 for a number, C for the shares of C outcomes."""

    def start(self, X: Matrix, offset: Floats, sums: Floats) -> Floats:
        """Where to begin, (K,)."""

    def loglik(self, theta: Floats, X: Matrix, offset: Floats, sums: Floats) -> float:
        """What is maximised; minus infinity or NaN where the parameters are impossible."""

    def slopes(
        self, theta: Floats, X: Matrix, offset: Floats, sums: Floats
    ) -> tuple[Floats, Floats]:
        """Score (K,) and information (K, K) that the covariance is made with."""

    def means(self, theta: Floats, X: Matrix, offset: Floats) -> Floats:
        """Expected answer or shares of the outcomes, (P, n_outcomes)."""

    def mean_slopes(
        self, theta: Floats, X: Matrix, offset: Floats, weights: sparse.csr_array
    ) -> Floats:
        """Derivatives of `weights.T @ means` by the parameters, (G, n_outcomes, K).

        `weights` is (P, G).
        """

    def rows(
        self, theta: Floats, X: Matrix, offset: Floats, pattern: Ints, outcome: Ints | None
    ) -> Floats:
        """Score of a unit of weight for each pair of a pattern and an outcome, (cells, K).

        Of a number (outcome None) the score is this times what the answer exceeds its mean by.
        """

    def transform(self, basis: Basis) -> Floats:
        """M (K, K): the parameters are M times those of the well-conditioned `basis`."""


@dataclass(frozen=True, eq=False)
class Basis:
    """X in columns that are orthogonal under the weights: `X = Q R`, `Q = (X - centre) inverse`.

    Attributes
    ----------
    Q: (P, p)
    inverse: inverse of R, (p, p)
    centre: what is taken off first, (p,); zeros but for ordinal answers
    """

    Q: Matrix
    inverse: Floats
    centre: Floats


def dependent_columns(X: Matrix, weights: Floats, names: tuple[str, ...]) -> dict[int, str]:
    """Columns that those before them say already, and how, by number.

    `weights` (P,) are those of the patterns.
    """
    P, p = X.shape
    if _triangle(X, weights) is not None:
        return {}
    scaled = np.asarray(X) * np.sqrt(weights)[:, None]
    size = np.sqrt((scaled**2).sum(axis=0))
    scaled /= np.where(size > 0, size, 1.0)
    if p > P:
        scaled = np.vstack([scaled, np.zeros((p - P, p))])
    r: Floats = np.linalg.qr(scaled, mode="r")  # type: ignore[assignment]
    found: dict[int, str] = {}
    kept: list[int] = []
    for j in range(p):
        # the part of a column outside the kept ones, in their triangle
        if kept:
            coefficients, *_ = np.linalg.lstsq(r[:, kept], r[:, j], rcond=None)
            rest = float(np.linalg.norm(r[:, j] - r[:, kept] @ coefficients))
        else:
            coefficients, rest = np.empty(0), float(np.linalg.norm(r[:, j]))
        if rest > max(_DEPENDENT, 1e-14 * p):
            kept.append(j)
            continue
        own = coefficients * (size[j] / size[kept]) if kept else coefficients
        large = np.abs(own) > 1e-7 * max(1.0, float(np.abs(own).max(initial=0.0)))
        parts = [_term(c, names[k]) for c, k in zip(own[large], np.array(kept)[large], strict=True)]
        found[j] = " ".join(parts).removeprefix("+ ") if parts else "0 for everybody"
    return found


def _term(coefficient: float, name: str) -> str:
    size = abs(coefficient)
    number = "" if abs(size - 1) < 1e-6 else f"{size:.4g} "
    return f"{'-' if coefficient < 0 else '+'} {number}{name}"


def refuse_dependent(found: dict[int, str], names: tuple[str, ...]) -> None:
    """Raise `RankError` naming the columns that others say already."""
    if not found:
        return
    j, made_of = next(iter(found.items()))
    others = [names[k] for k in list(found)[1:]]
    more = f"; likewise {enumerate_first(others)}" if others else ""
    raise RankError(
        f"The column {names[j]!r} of the model says nothing new among these respondents: it is "
        f"{made_of}{more}. Leave a term out, merge levels that are empty in a combination, or use "
        "singular='drop' to leave such columns out"
    )


def orthogonal(X: Matrix, weights: Floats, centred: bool) -> Basis:
    """The basis in which the parameters are found; the columns of X are independent."""
    p = X.shape[1]
    centre = column_sums(X, weights) / weights.sum() if centred else np.zeros(p)
    if p == 0:
        return Basis(X, np.empty((0, 0)), centre)
    if centred:
        X = turned(X, np.eye(p), centre)
    found = _triangle(X, weights)
    if found is None:
        # digits that sums of products would lose
        X = np.asarray(X)
        scale = np.sqrt((weights @ X**2) / weights.sum())
        rooted = X / scale * np.sqrt(weights / weights.sum())[:, None]
        found = np.asarray(np.linalg.qr(rooted, mode="r")), scale
    r, scale = found
    inverse = linalg.solve_triangular(r, np.eye(p)) / scale[:, None]
    return Basis(turned(X, inverse), inverse, centre)


def _triangle(X: Matrix, weights: Floats) -> tuple[Floats, Floats] | None:
    """R of the weighted columns of unit size, and these sizes; None where digits would be lost.

    From sums of products, which is many times faster than an orthogonal decomposition and good
    as long as no column is nearly made of the others.
    """
    sums = gram(X, weights / weights.sum())
    scale = np.sqrt(np.diag(sums))
    if not (scale > 0).all():
        return None
    try:
        r: Floats = linalg.cholesky(sums / np.outer(scale, scale))
    except linalg.LinAlgError:
        return None
    return (r, scale) if float(np.diag(r).min()) > _SURE else None


@dataclass(frozen=True, eq=False)
class Solution:
    """Parameters (K,), inverse information (K, K), maximum, and whether it was reached."""

    theta: Floats
    inverse: Floats
    loglik: float
    converged: bool
    steps: int


def maximise(
    kernel: Kernel, X: Matrix, offset: Floats, sums: Floats, start: Floats | None = None
) -> Solution:
    """Newton's method, or Fisher's scoring, with halved steps where the likelihood falls."""
    theta = kernel.start(X, offset, sums) if start is None else start.copy()
    value = kernel.loglik(theta, X, offset, sums)
    nothing = np.full((theta.size, theta.size), np.nan)
    if not np.isfinite(value):
        return Solution(theta, nothing, value, False, 0)
    last = np.inf
    for count in range(_MOST_STEPS):
        score, information = kernel.slopes(theta, X, offset, sums)
        try:
            step = linalg.solve(information, score, assume_a="sym")
        except (linalg.LinAlgError, ValueError):
            return Solution(theta, nothing, value, False, count)
        size = float(np.abs(step).max(initial=0.0)) / max(1.0, float(np.abs(theta).max(initial=0)))
        moved, better = theta + step, kernel.loglik(theta + step, X, offset, sums)
        halvings = 0
        # near the maximum the likelihood is flat to rounding, and the step is right
        while not better >= value - 1e-9 * abs(value) - 1e-12 and halvings < _MOST_HALVINGS:
            step = step / 2
            moved, better = theta + step, kernel.loglik(theta + step, X, offset, sums)
            halvings += 1
        if halvings == _MOST_HALVINGS:
            return Solution(theta, nothing, value, False, count)
        theta, value = moved, better
        if size < _STILL or (size < 1e-9 and size >= last):
            break
        last = size
    else:
        return Solution(theta, nothing, value, False, _MOST_STEPS)
    _, information = kernel.slopes(theta, X, offset, sums)
    try:
        inverse = linalg.inv(information)
    except (linalg.LinAlgError, ValueError):
        return Solution(theta, nothing, value, False, count)
    inverse = (inverse + inverse.T) / 2
    return Solution(theta, inverse, value, bool(np.isfinite(inverse).all()), count + 1)
