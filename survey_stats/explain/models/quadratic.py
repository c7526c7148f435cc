"""Tail probabilities of weighted sums of chi-squared variables, and of such a sum over another."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from scipy import optimize, special

from survey_stats.errors import InputError
from survey_stats.estimate.columns import Floats

Approximation = Literal["saddlepoint", "integration", "satterthwaite"]


# part of the largest eigenvalue of a correlation matrix under which the smallest is rounding
_SINGULAR = 1e-10


def wald_statistic(theta: Floats, cov: Floats) -> float | None:
    """`theta' cov^-1 theta`, whatever the units of theta (k,); None where cov is singular.

    >>> wald_statistic(np.array([2.0]), np.array([[4.0]]))
    1.0
    """
    size = np.sqrt(np.diag(cov))
    if not (size > 0).all():
        return None
    values, vectors = np.linalg.eigh(cov / np.outer(size, size))
    if not values[0] > _SINGULAR * values[-1]:
        return None
    turned = vectors.T @ (theta / size)
    return float((turned**2 / values).sum())


def f_sum_tail(
    x: float, weights: Floats, df: float, method: Approximation = "saddlepoint"
) -> float:
    """P(sum of `weights` chi2_1 > x chi2_df / df): what R survey calls `pFsum`.

    `weights` are (k,), positive; `df` may be infinite. "saddlepoint" is Lugannani and Rice's
    formula in the form of Barndorff-Nielsen, as Kuonen (1999, Biometrika 86:929) uses it for
    quadratic forms and R survey by default; "integration" inverts the moment-generating
    function and is exact to about 1e-12; "satterthwaite" matches two
    moments.

    >>> round(f_sum_tail(3.84, np.array([1.0]), np.inf, "integration"), 4)
    0.05
    """
    if method not in get_args(Approximation):
        names = ", ".join(get_args(Approximation))
        raise InputError(f"approximation={method!r} is not known; use one of {names}")
    if x <= 0:
        return 1.0
    mean, square = float(weights.mean()), float((weights**2).mean())
    numerator = weights.size * mean**2 / square
    scaled = x / (weights.size * mean)
    if np.isinf(df):
        satterthwaite = float(special.chdtrc(numerator, scaled * numerator))
        lambdas, counts, bound = weights, np.ones(weights.size), x
    else:
        satterthwaite = float(special.fdtrc(numerator, df, scaled))
        lambdas, counts = np.append(weights, -x / df), np.append(np.ones(weights.size), df)
        bound = 0.0
    if method == "satterthwaite":
        return satterthwaite
    if method == "integration":
        return _inverted(bound, lambdas, counts)
    found = _saddlepoint(bound, lambdas, counts)
    return satterthwaite if found is None else found


def _saddlepoint(x: float, weights: Floats, counts: Floats) -> float | None:
    """P(sum of `weights` chi2_counts > x), or None where x is the mean and the formula fails."""
    largest = float(weights.max())
    scale, x = weights / largest, x / largest

    def cumulant(zeta: float) -> float:
        return -float((counts * np.log1p(-2 * zeta * scale)).sum()) / 2

    def slope(zeta: float) -> float:
        return float((counts * scale / (1 - 2 * zeta * scale)).sum())

    if (scale < 0).any():
        low = float((1 / (2 * scale[scale < 0])).max()) * 0.99999
    elif x > slope(0.0):
        low = -0.01
    else:
        low = -float(counts.sum()) / (2 * x)
    high = 0.5 * 0.99999
    if (slope(low) - x) * (slope(high) - x) > 0:
        return None
    zeta = float(optimize.brentq(lambda z: slope(z) - x, low, high, xtol=1e-14, rtol=1e-14))
    if abs(zeta) < 1e-4:
        return None
    w = np.sign(zeta) * np.sqrt(2 * (zeta * x - cumulant(zeta)))
    curvature = 2 * float((counts * scale**2 / (1 - 2 * zeta * scale) ** 2).sum())
    v = zeta * np.sqrt(curvature)
    return float(special.ndtr(-(w + np.log(v / w) / w)))


def _inverted(x: float, weights: Floats, counts: Floats) -> float:
    """P(sum of `weights` chi2_counts > x) by the inversion integral.

    The moment-generating function is integrated along a curve that leaves the real axis between 0
    and its first pole and bends to the right, where it dies out fast; with the step of a sinh the
    trapezoidal rule is exact to rounding (Trefethen and Weideman 2014, SIAM Review 56:385).
    """
    pole = 1 / (2 * float(weights.max()))
    start = 0.3 * pole
    curvature = 2 * float((counts * weights**2 / (1 - 2 * start * weights) ** 2).sum())
    width = 1 / np.sqrt(curvature)
    u = np.linspace(-36.0, 36.0, 20001)
    step = width * np.sinh(u)
    bend = 0.2 / width
    s = start + bend * step**2 + 1j * step
    with np.errstate(over="ignore", invalid="ignore"):
        log = -(counts[:, None] * np.log(1 - 2 * np.outer(weights, s))).sum(axis=0) / 2 - s * x
        path = (1j + 2 * bend * step) * width * np.cosh(u)
        value = np.exp(log) * path / s
    total = np.nan_to_num(value).sum() * (u[1] - u[0])
    return float(np.clip((total / (2j * np.pi)).real, 0.0, 1.0))
