"""Reliability and item statistics as functions of the covariance matrix of the items.

A statistic is a function of the weighted covariance matrix C (k, k) alone, so that its error under
any design follows from its gradient G: to first order the statistic moves by the weighted mean of
`d' G d - tr(G C)` over respondents, d being their answers less the means. `inference` turns that
into standard errors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey_stats.estimate.columns import Floats

Matrix = NDArray[Any]


@dataclass(frozen=True)
class Statistic:
    """A function of a covariance matrix (k, k) and its gradient (k, k)."""

    value: Callable[[Floats], float]
    gradient: Callable[[Floats], Floats]


def means(values: Floats, weights: Floats) -> Floats:
    """Weighted means (k,) of complete answers (n, k)."""
    mean: Floats = weights @ values / weights.sum()
    return mean


def covariance(values: Floats, weights: Floats) -> Floats:
    """Weighted covariance matrix (k, k) of complete answers, divided by the sum of the weights.

    `svyvar` of R survey multiplies it by n / (n - 1), which cancels in every coefficient here.
    """
    d = values - means(values, weights)
    matrix = (d * weights[:, None]).T @ d / weights.sum()
    even: Floats = (matrix + matrix.T) / 2
    return even


def correlation(C: Matrix) -> Matrix:
    """The correlation matrix of a covariance matrix."""
    s = np.sqrt(np.diagonal(C))
    return C / np.outer(s, s)


def alpha(C: Matrix) -> Any:
    """Cronbach's alpha (1951, Psychometrika 16:297, equation 2): the reliability of the sum.

    >>> float(alpha(np.array([[1.0, 0.5], [0.5, 1.0]])).round(4))
    0.6667
    """
    k = C.shape[0]
    return k / (k - 1) * (1 - np.trace(C) / C.sum())


def mean_correlation(C: Matrix) -> Any:
    """Mean correlation between two items."""
    k = C.shape[0]
    return (correlation(C).sum() - k) / (k * (k - 1))


def item_rest(C: Matrix, j: int) -> Any:
    """Correlation of item j with the sum of the others (the corrected item-total correlation)."""
    shared = C[j].sum() / 2 + C[:, j].sum() / 2 - C[j, j]
    return shared / np.sqrt(C[j, j] * (C.sum() - C[j].sum() - C[:, j].sum() + C[j, j]))


def alpha_without(C: Matrix, j: int) -> Any:
    """Alpha of the other items; NaN where only one is left."""
    if C.shape[0] < 3:
        return np.nan
    keep = np.delete(np.arange(C.shape[0]), j)
    return alpha(C[np.ix_(keep, keep)])


def _alpha_gradient(C: Floats) -> Floats:
    k, total = C.shape[0], C.sum()
    flat: Floats = np.full((k, k), np.trace(C) / total**2)
    slope: Floats = (flat - np.eye(k) / total) * (k / (k - 1))
    return slope


def _mean_gradient(C: Floats) -> Floats:
    k = C.shape[0]
    flat: Floats = np.full((k, k), 1 / (k * (k - 1)))
    return through_correlation(flat, C, correlation(C))


def item_rest_statistic(j: int) -> Statistic:
    """`item_rest` of item j with its gradient."""

    def slope(C: Floats) -> Floats:
        r = float(item_rest(C, j))
        own = C[j, j]
        rest = C.sum() - C[j].sum() - C[:, j].sum() + own
        result = np.full(C.shape, -r / (2 * rest))
        result[j, :] = result[:, j] = 1 / (2 * np.sqrt(own * rest))
        result[j, j] = -r / (2 * own)
        return result

    return Statistic(lambda C: float(item_rest(C, j)), slope)


def of_correlation(statistic: Statistic) -> Statistic:
    """The statistic of standardised items, that is of the correlation matrix of C."""

    def slope(C: Floats) -> Floats:
        R = correlation(C)
        return through_correlation(statistic.gradient(R), C, R)

    return Statistic(lambda C: statistic.value(correlation(C)), slope)


def through_correlation(slope: Floats, C: Floats, R: Floats) -> Floats:
    """The gradient in C of a function of its correlation matrix R whose gradient is `slope`."""
    inner = slope.copy()
    np.fill_diagonal(inner, 0.0)
    s = np.sqrt(np.diagonal(C))
    result: Floats = inner / np.outer(s, s)
    pulled = ((inner + inner.T) * R).sum(axis=1) / 2 / s**2
    result[np.diag_indices_from(result)] -= pulled
    return result


ALPHA = Statistic(lambda C: float(alpha(C)), _alpha_gradient)
STANDARDISED_ALPHA = of_correlation(ALPHA)
MEAN_CORRELATION = Statistic(lambda C: float(mean_correlation(C)), _mean_gradient)
