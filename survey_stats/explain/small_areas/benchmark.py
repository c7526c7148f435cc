"""Model estimates that add up to the total that is published beside them."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from survey_stats.errors import UnknownNameError

Floats = NDArray[np.float64]
Benchmark = Literal["ratio", "difference", "precision"]


def check_benchmark(rule: str | None) -> None:
    """Raise `UnknownNameError` unless `rule` is None or a way to benchmark."""
    if rule is not None and rule not in get_args(Benchmark):
        raise UnknownNameError("way to benchmark", rule, get_args(Benchmark))


def step(estimate: Floats, mse: Floats, share: Floats, rule: Benchmark) -> Floats:
    """How far each area moves for a gap of one in the total; (m,), `share @ step` is 1.

    Parameters
    ----------
    estimate, mse: of the areas, (m,)
    share: parts of the areas in the total, (m,), that sum to 1
    rule: "difference" moves all alike, "ratio" in proportion to the estimate, and "precision"
        those most that are least certain, `mse share` over its weighted sum: the least change in
        units of the mean squared errors (Wang, Fuller and Qu 2008, Survey Methodology 34:29,
        with the weights share, share / estimate and 1 / mse)

    >>> step(np.array([0.2, 0.4]), np.ones(2), np.array([0.5, 0.5]), "ratio").round(3).tolist()
    [0.667, 1.333]
    """
    if rule == "difference":
        return np.ones_like(estimate)
    direction = estimate if rule == "ratio" else mse * share
    return np.asarray(direction / (share @ direction))


def gap_variance(
    weight: Floats, gamma: Floats, total_variance: Floats, X: Floats, beta_cov: Floats
) -> float:
    """Variance of a direct total less the model's, which benchmarking adds to each area.

    Parameters
    ----------
    weight: change of the total with the number of each area on the scale of the model, (m,)
    gamma: weight of the direct estimate, (m,)
    total_variance: A + D, (m,)
    X, beta_cov: columns (m, p) and the covariance of their coefficients

    The term that Steorts and Ghosh (2013, Statistica Sinica 23:749) add to the mean
    squared error: `sum c^2 (A + D) - (X'c)' cov(b) (X'c)` with `c = weight (1 - gamma)`, the
    variance of `c' (y - X b)`.
    """
    c = weight * (1 - gamma)
    turned = X.T @ c
    return max(float(c**2 @ total_variance - turned @ beta_cov @ turned), 0.0)
