"""Cumulative models of an ordered answer: proportional odds with the logit link.

`P(y <= c) = F(zeta_c - x b - offset)`, as in `svyolr` and McCullagh (1980, Journal of the Royal
Statistical Society B 42:109). The parameters are the slopes b, then the thresholds zeta of the
C - 1 lower outcomes; X has no intercept. The information is the observed one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse, special

from survey_stats.estimate.columns import Floats, Ints
from survey_stats.explain.models.families import Link
from survey_stats.explain.models.kernel import Basis
from survey_stats.explain.models.matrix import Matrix, column_sums, gram


@dataclass(frozen=True, eq=False)
class Ordinal:
    """`sums` are (P, C), the weights of each outcome."""

    link: Link
    n_outcomes: int

    def _curvature(self, eta: Floats) -> Floats:
        """Second derivative of the inverse link."""
        with np.errstate(all="ignore"):
            slope = self.link.slope(eta)
            if self.link.name == "logit":
                return slope * (1 - 2 * special.expit(eta))
            return np.where(np.isfinite(eta), -eta * slope, 0.0)

    def _cells(
        self, theta: Floats, X: Matrix, offset: Floats
    ) -> Iterator[tuple[int, Floats, Floats]]:
        """Number of each outcome, and its upper and lower bound on the linear scale, (P,)."""
        p = X.shape[1]
        eta = X @ theta[:p] + offset
        bounds = np.concatenate([[-np.inf], theta[p:], [np.inf]])
        for c in range(self.n_outcomes):
            yield c, bounds[c + 1] - eta, bounds[c] - eta

    def _share(self, upper: Floats, lower: Floats) -> Floats:
        """F(upper) - F(lower), from the tail that keeps its digits."""
        far = self.link.mean(-lower) - self.link.mean(-upper)
        return np.where(lower > 0, far, self.link.mean(upper) - self.link.mean(lower))

    def start(self, X: Matrix, offset: Floats, sums: Floats) -> Floats:
        below = np.cumsum(sums.sum(axis=0))[:-1] / sums.sum()
        level = float((sums.sum(axis=1) @ offset) / sums.sum())
        return np.concatenate([np.zeros(X.shape[1]), self.link.eta(below) + level])

    def loglik(self, theta: Floats, X: Matrix, offset: Floats, sums: Floats) -> float:
        if (np.diff(theta[X.shape[1] :]) <= 0).any():
            return -np.inf
        with np.errstate(all="ignore"):
            parts = [
                special.xlogy(sums[:, c], self._share(upper, lower)).sum()
                for c, upper, lower in self._cells(theta, X, offset)
            ]
        return float(sum(parts))

    def slopes(
        self, theta: Floats, X: Matrix, offset: Floats, sums: Floats
    ) -> tuple[Floats, Floats]:
        p, K = X.shape[1], theta.size
        to_eta, square = np.zeros(X.shape[0]), np.zeros(X.shape[0])
        score, information = np.zeros(K), np.zeros((K, K))
        with np.errstate(all="ignore"):
            for c, upper, lower in self._cells(theta, X, offset):
                w, share = sums[:, c], self._share(upper, lower)
                held = (w != 0) & (share > 0)
                safe = np.where(held, share, 1.0)
                w = np.where(held, w, 0.0)
                up, low = self.link.slope(upper) / safe, self.link.slope(lower) / safe
                up_up = self._curvature(upper) / safe - up**2
                low_low = -self._curvature(lower) / safe - low**2
                up_low = up * low
                # both bounds fall as the linear predictor grows
                to_eta -= w * (up - low)
                square += w * (up_up + low_low + 2 * up_low)
                for place, first, second in (
                    (c, up, up_up + up_low),
                    (c - 1, -low, low_low + up_low),
                ):
                    if 0 <= place < self.n_outcomes - 1:
                        at = p + place
                        score[at] += float((w * first).sum())
                        cross = column_sums(X, w * second)
                        information[:p, at] += cross
                        information[at, :p] += cross
                if c < self.n_outcomes - 1:
                    information[p + c, p + c] -= float((w * up_up).sum())
                if c > 0:
                    information[p + c - 1, p + c - 1] -= float((w * low_low).sum())
                if 0 < c < self.n_outcomes - 1:
                    both = float((w * up_low).sum())
                    information[p + c, p + c - 1] -= both
                    information[p + c - 1, p + c] -= both
        score[:p] = column_sums(X, to_eta)
        information[:p, :p] = -gram(X, square)
        return score, information

    def means(self, theta: Floats, X: Matrix, offset: Floats) -> Floats:
        return np.stack(
            [self._share(upper, lower) for _, upper, lower in self._cells(theta, X, offset)], axis=1
        )

    def mean_slopes(
        self, theta: Floats, X: Matrix, offset: Floats, weights: sparse.csr_array
    ) -> Floats:
        p = X.shape[1]
        out = np.zeros((weights.shape[1], self.n_outcomes, theta.size))
        for c, upper, lower in self._cells(theta, X, offset):
            up, low = self.link.slope(upper), self.link.slope(lower)
            out[:, c, :p] = -np.asarray(weights.T @ (np.asarray(X) * (up - low)[:, None]))
            if c < self.n_outcomes - 1:
                out[:, c, p + c] = weights.T @ up
            if c > 0:
                out[:, c, p + c - 1] = -(weights.T @ low)
        return out

    def rows(
        self, theta: Floats, X: Matrix, offset: Floats, pattern: Ints, outcome: Ints | None
    ) -> Floats:
        assert outcome is not None
        p = X.shape[1]
        eta = (X @ theta[:p] + offset)[pattern]
        bounds = np.concatenate([[-np.inf], theta[p:], [np.inf]])
        upper, lower = bounds[outcome + 1] - eta, bounds[outcome] - eta
        share = self._share(upper, lower)
        up, low = self.link.slope(upper) / share, self.link.slope(lower) / share
        rows = np.zeros((len(pattern), theta.size))
        rows[:, :p] = -X[pattern] * (up - low)[:, None]
        at = np.arange(len(pattern))
        below = outcome < self.n_outcomes - 1
        rows[at[below], p + outcome[below]] = up[below]
        above = outcome > 0
        rows[at[above], p + outcome[above] - 1] = -low[above]
        return rows

    def transform(self, basis: Basis) -> Floats:
        p, q = basis.inverse.shape[0], self.n_outcomes - 1
        out = np.eye(p + q)
        out[:p, :p] = basis.inverse
        # with centred columns the thresholds are those at the mean of the predictors
        out[p:, :p] = basis.centre @ basis.inverse
        return out
