"""How far a weight may be taken from where it was: factors as functions of the multipliers.

Each distance G gives, by its derivative's inverse F, the factor g = F(u) of a respondent whose
multipliers sum to u = x'λ (Deville and Särndal 1992, Journal of the American Statistical
Association 87:376, section 2; Deville, Särndal and Sautory 1993, JASA 88:1013, section 3).
Arrays are (patterns,) or (patterns, replicates).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import expit

FloatArray = npt.NDArray[np.float64]

# The slope of a factor that lies at its bound is taken for this share of the free one, so that
# the Newton step of a margin all of whose factors are at bounds still has a direction.
_FLOOR = 1e-6


class Distance(Protocol):
    """A family of factors. F(0) = 1 and F'(0) = 1 unless bounds cut it off."""

    def factor(self, u: FloatArray) -> FloatArray:
        """F(u)."""
        ...

    def slope(self, u: FloatArray) -> FloatArray:
        """F'(u), as it enters the variance: 0 at bounds that cut the factor off."""
        ...

    def steepness(self, u: FloatArray) -> FloatArray:
        """F'(u), as it enters Newton's step: never 0."""
        ...

    def potential(self, u: FloatArray) -> FloatArray:
        """An antiderivative of F, whose weighted sum the dual problem minimises."""
        ...

    def take(self, patterns: npt.NDArray[np.intp]) -> Distance:
        """The same for some of the patterns."""
        ...


@dataclass(frozen=True)
class Linear:
    """G = (g - 1)² / 2, F = 1 + u: the regression estimator. Factors can be negative."""

    def factor(self, u: FloatArray) -> FloatArray:
        return 1.0 + u

    def slope(self, u: FloatArray) -> FloatArray:
        return np.ones_like(u)

    steepness = slope

    def potential(self, u: FloatArray) -> FloatArray:
        return u + 0.5 * np.square(u)

    def inverse(self, g: FloatArray) -> FloatArray:
        return g - 1.0

    def take(self, patterns: npt.NDArray[np.intp]) -> Linear:  # noqa: ARG002
        return self


@dataclass(frozen=True)
class Exponential:
    """G = g log g - g + 1, F = exp u: raking. Factors are positive."""

    def factor(self, u: FloatArray) -> FloatArray:
        with np.errstate(over="ignore"):
            grown: FloatArray = np.exp(u)
        return grown

    slope = factor
    steepness = factor
    potential = factor

    def inverse(self, g: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            log: FloatArray = np.log(g)
        return log

    def take(self, patterns: npt.NDArray[np.intp]) -> Exponential:  # noqa: ARG002
        return self


@dataclass(frozen=True, eq=False)
class Truncated:
    """Another family cut off at bounds (Deville and Särndal 1992, case 7).

    `low` and `high` are (patterns, 1), so that they hold for one sample and for many replicates.
    """

    free: Linear | Exponential
    low: FloatArray
    high: FloatArray

    def _inside(self, u: FloatArray) -> FloatArray:
        low, high = self.free.inverse(self.low), self.free.inverse(self.high)
        if u.ndim == 1:
            low, high = low[:, 0], high[:, 0]
        inside: FloatArray = np.clip(u, low, high)
        return inside

    def factor(self, u: FloatArray) -> FloatArray:
        return self.free.factor(self._inside(u))

    def slope(self, u: FloatArray) -> FloatArray:
        inside = self._inside(u)
        slope: FloatArray = np.where(inside == u, self.free.slope(inside), 0.0)
        return slope

    def steepness(self, u: FloatArray) -> FloatArray:
        inside = self._inside(u)
        # A factor held at 0 has no slope of its own to take a share of.
        free = np.maximum(self.free.slope(inside), _FLOOR)
        return np.where(inside == u, free, _FLOOR * free)

    def potential(self, u: FloatArray) -> FloatArray:
        inside = self._inside(u)
        outside = np.where(inside == u, 0.0, u - inside)
        held = np.where(inside == u, 0.0, self.free.factor(inside))
        potential: FloatArray = self.free.potential(inside) + held * outside
        return potential

    def take(self, patterns: npt.NDArray[np.intp]) -> Truncated:
        return Truncated(self.free, self.low[patterns], self.high[patterns])


@dataclass(frozen=True, eq=False)
class Logit:
    """Factors that near their bounds and never reach them (Deville and Särndal 1992, case 6).

    F(u) = [L (U - 1) + U (1 - L) exp(A u)] / [U - 1 + (1 - L) exp(A u)] with
    A = (U - L) / ((1 - L) (U - 1)). `low` < 1 < `high` are (patterns, 1).
    """

    low: FloatArray
    high: FloatArray

    def _of(self, u: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        low, high = self.low, self.high
        if u.ndim == 1:
            low, high = low[:, 0], high[:, 0]
        width = high - low
        speed = width / ((1 - low) * (high - 1))
        shift = np.log((1 - low) / (high - 1))
        return low, width, speed, speed * u + shift

    def factor(self, u: FloatArray) -> FloatArray:
        low, width, _, v = self._of(u)
        return np.asarray(low + width * expit(v), dtype=np.float64)

    def slope(self, u: FloatArray) -> FloatArray:
        _, width, speed, v = self._of(u)
        return np.asarray(width * speed * expit(v) * expit(-v), dtype=np.float64)

    def steepness(self, u: FloatArray) -> FloatArray:
        return np.maximum(self.slope(u), _FLOOR)

    def potential(self, u: FloatArray) -> FloatArray:
        low, width, speed, v = self._of(u)
        return np.asarray(low * u + width / speed * np.logaddexp(0.0, v), dtype=np.float64)

    def take(self, patterns: npt.NDArray[np.intp]) -> Logit:
        return Logit(self.low[patterns], self.high[patterns])
