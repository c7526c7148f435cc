"""Multinomial logistic regression: log odds of each outcome against the first.

The parameters are those of the second outcome, then of the third, and so on. With two outcomes it
is logistic regression.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse, special

from survey_stats.estimate.columns import Floats, Ints
from survey_stats.explain.models.kernel import Basis
from survey_stats.explain.models.matrix import Matrix, column_sums, gram


@dataclass(frozen=True, eq=False)
class Multinomial:
    """`sums` are (P, C), the weights of each outcome."""

    n_outcomes: int

    def _eta(self, theta: Floats, X: Matrix, offset: Floats) -> Floats:
        slopes = theta.reshape(self.n_outcomes - 1, X.shape[1])
        return np.column_stack([np.zeros(X.shape[0]), X @ slopes.T + offset[:, None]])

    def start(self, X: Matrix, offset: Floats, sums: Floats) -> Floats:  # noqa: ARG002
        return np.zeros((self.n_outcomes - 1) * X.shape[1])

    def loglik(self, theta: Floats, X: Matrix, offset: Floats, sums: Floats) -> float:
        eta = self._eta(theta, X, offset)
        return float((sums * (eta - special.logsumexp(eta, axis=1, keepdims=True))).sum())

    def slopes(
        self, theta: Floats, X: Matrix, offset: Floats, sums: Floats
    ) -> tuple[Floats, Floats]:
        p = X.shape[1]
        share, weight = self.means(theta, X, offset), sums.sum(axis=1)
        score = column_sums(X, (sums - weight[:, None] * share)[:, 1:]).T.ravel()
        information = np.empty((theta.size, theta.size))
        for c in range(1, self.n_outcomes):
            for d in range(1, c + 1):
                spread = weight * share[:, c] * ((c == d) - share[:, d])
                block = gram(X, spread)
                left, right = slice((c - 1) * p, c * p), slice((d - 1) * p, d * p)
                information[left, right] = block
                information[right, left] = block.T
        return score, information

    def means(self, theta: Floats, X: Matrix, offset: Floats) -> Floats:
        shares: Floats = special.softmax(self._eta(theta, X, offset), axis=1)
        return shares

    def mean_slopes(
        self, theta: Floats, X: Matrix, offset: Floats, weights: sparse.csr_array
    ) -> Floats:
        share = self.means(theta, X, offset)
        groups, p = weights.shape[1], X.shape[1]
        out = np.empty((groups, self.n_outcomes, theta.size))
        for c in range(self.n_outcomes):
            for d in range(1, self.n_outcomes):
                spread = share[:, c] * ((c == d) - share[:, d])
                out[:, c, (d - 1) * p : d * p] = np.asarray(
                    weights.T @ (np.asarray(X) * spread[:, None])
                )
        return out

    def rows(
        self, theta: Floats, X: Matrix, offset: Floats, pattern: Ints, outcome: Ints | None
    ) -> Floats:
        assert outcome is not None
        share = self.means(theta, X, offset)[:, 1:]
        gap = np.equal.outer(outcome, np.arange(1, self.n_outcomes)) - share[pattern]
        rows: Floats = (gap[:, :, None] * X[pattern][:, None, :]).reshape(len(pattern), -1)
        return rows

    def transform(self, basis: Basis) -> Floats:
        return np.asarray(np.kron(np.eye(self.n_outcomes - 1), basis.inverse), dtype=np.float64)
