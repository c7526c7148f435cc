"""Generalised linear models by iteratively reweighted least squares on patterns.

The estimates are those of the weighted pseudo-likelihood (Binder 1983, International Statistical
Review 51:279); the score of a respondent is `w (y - mu) m / V(mu) x` with m the slope of the
inverse link, and the information is the expected one, as in `svyglm`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from survey_stats.estimate.columns import Floats, Ints
from survey_stats.explain.models.families import Family, Link
from survey_stats.explain.models.kernel import Basis
from survey_stats.explain.models.matrix import Matrix, column_sums, gram, in_blocks


@dataclass(frozen=True, eq=False)
class Glm:
    """A family with a link; `sums` are (P, 2): w and w y."""

    family: Family
    link: Link

    @property
    def n_outcomes(self) -> int:
        return 1

    def start(self, X: Matrix, offset: Floats, sums: Floats) -> Floats:
        """One weighted regression of the linearised answers, drawn half-way to their mean."""
        everybody, yes = sums.sum(axis=0)
        mean = yes / everybody
        level = float(self.link.eta(np.array([mean]))[0])
        p = X.shape[1]
        normal, right = np.zeros((p, p)), np.zeros((2, p))
        for part, added, own in in_blocks(X, offset, sums):
            weight, total = own.T
            seen = np.divide(total, weight, out=np.full(total.shape, mean), where=weight > 0)
            mu = (seen + mean) / 2
            eta = self.link.eta(mu)
            slope = self.link.slope(eta)
            size = weight * slope**2 / self.family.variance(mu)
            normal += gram(part, size)
            right[0] += column_sums(part, size * (eta + (seen - mu) / slope - added))
            right[1] += column_sums(part, size * (level - added))
        for target in right:
            found = np.asarray(np.linalg.lstsq(normal, target, rcond=None)[0], dtype=np.float64)
            if self._possible(X @ found + offset, sums[:, 0]):
                break
        return found

    def _possible(self, eta: Floats, weight: Floats) -> bool:
        with np.errstate(all="ignore"):
            return bool(self.family.inside(self.link.mean(eta[weight > 0])).all())

    def loglik(self, theta: Floats, X: Matrix, offset: Floats, sums: Floats) -> float:
        parts = [self._loglik(theta, *part) for part in in_blocks(X, offset, sums)]
        return float(sum(parts))

    def _loglik(self, theta: Floats, X: Matrix, offset: Floats, sums: Floats) -> float:
        weight, total = sums.T
        eta = X @ theta + offset
        with np.errstate(all="ignore"):
            if self.family.name == "binomial" and self.link.name == "logit":
                # log(1 + exp(eta)), of which exponentials of negative numbers are made only
                above = np.log(1.0 + np.exp(-np.abs(eta))) + np.maximum(eta, 0.0)
                return float(total @ eta - weight @ above)
            held = weight != 0
            eta = eta[held]
            mu = self.link.mean(eta)
            seen = total[held] / weight[held]
            if not self.family.inside(mu).all():
                return -np.inf
            return float((weight[held] * self.family.loglik(seen, mu)).sum())

    def slopes(
        self, theta: Floats, X: Matrix, offset: Floats, sums: Floats
    ) -> tuple[Floats, Floats]:
        score, square = np.zeros(theta.size), np.zeros((theta.size, theta.size))
        for part, added, own in in_blocks(X, offset, sums):
            weight, total = own.T
            mu, ratio, information = self._weights(part @ theta + added)
            score += column_sums(part, (total - weight * mu) * ratio)
            square += gram(part, weight * information)
        return score, square

    def ratio(self, theta: Floats, X: Matrix, offset: Floats) -> Floats:
        """What a score has beside the gap of the answer to its mean and the row of X, (P,)."""
        return self._weights(X @ theta + offset)[1]

    def _weights(self, eta: Floats) -> tuple[Floats, Floats, Floats]:
        """The mean, m / V and m^2 / V; all (P,)."""
        with np.errstate(all="ignore"):
            if self.family.name == "binomial" and self.link.name == "logit":
                small = np.exp(-np.abs(eta))
                large = 1.0 / (1.0 + small)
                mu = np.where(eta < 0, small * large, large)
                return mu, np.ones_like(mu), small * large**2
            mu, slope = self.link.mean(eta), self.link.slope(eta)
            variance = self.family.variance(mu)
            return mu, slope / variance, slope**2 / variance

    def means(self, theta: Floats, X: Matrix, offset: Floats) -> Floats:
        return self.link.mean(X @ theta + offset)[:, None]

    def mean_slopes(
        self, theta: Floats, X: Matrix, offset: Floats, weights: sparse.csr_array
    ) -> Floats:
        slope = self.link.slope(X @ theta + offset)
        out: Floats = np.asarray(weights.T @ (np.asarray(X) * slope[:, None]))[:, None, :]
        return out

    def rows(
        self, theta: Floats, X: Matrix, offset: Floats, pattern: Ints, outcome: Ints | None
    ) -> Floats:
        assert outcome is None
        _, ratio, _ = self._weights(X @ theta + offset)
        rows: Floats = (np.asarray(X) * ratio[:, None])[pattern]
        return rows

    def transform(self, basis: Basis) -> Floats:
        return basis.inverse
