"""The arithmetic of lines through waves: weighted regression on time, from totals by wave.

A line through the respondents of several waves hangs on them only through the totals of each wave:
`Y_j`, the sum of w y, and `N_j`, the sum of w over those who answered. Its coefficients solve
`sum_j x_j (Y_j - m_j N_j) = 0` with `m_j` the value of the line at wave j, as survey-weighted
regression does (Binder 1983, International Statistical Review 51:279); their linearised error is
`A^-1 sum_j x_j (dY_j - m_j dN_j)` with `A = sum_j N_j m'_j x_j x_j'`.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Link = Literal["identity", "logit"]

# a logistic line that has not settled after so many steps has no finite slope
_STEPS = 60
_TOLERANCE = 1e-13


def powers(times: Floats, degree: int, centre: float) -> Floats:
    """1, t - centre, its square ..., shape (J, degree + 1).

    >>> powers(np.array([1.0, 2.0, 4.0]), 1, 2.0)
    array([[ 1., -1.],
           [ 1.,  0.],
           [ 1.,  2.]])
    """
    result: Floats = (times - centre)[:, None] ** np.arange(degree + 1)
    return result


def fit(x: Floats, y: Floats, n: Floats, link: Link) -> tuple[Floats, Floats, Floats]:
    """Coefficients (p,) of a line, and their derivatives by `y` and by `n`, each (p, J).

    Parameters
    ----------
    x: shape (J, p)
    y, n: totals of w y and of w by wave, shape (J,)

    NaN where the line is not determined, or is vertical on the logit scale.

    >>> x = powers(np.array([0.0, 1.0, 2.0]), 1, 0.0)
    >>> fit(x, np.array([1.0, 2.0, 3.0]), np.array([10.0, 10.0, 10.0]), "identity")[0].round(12)
    array([0.1, 0.1])
    """
    J, p = x.shape
    lost = np.full(p, np.nan), np.full((p, J), np.nan), np.full((p, J), np.nan)
    # columns of very different size would spoil the solution
    size = np.abs(x).max(axis=0)
    if p > J or not (n > 0).all() or not (size > 0).all():
        return lost
    z = x / size
    with np.errstate(all="ignore"):
        beta, slope, level = _identity(z, y, n) if link == "identity" else _logit(z, y, n)
        if beta is None or np.linalg.matrix_rank(z * np.sqrt(n)[:, None]) < p:
            return lost
        inverse = np.linalg.inv((z * (n * slope)[:, None]).T @ z)
    by_y = (inverse @ z.T) / size[:, None]
    return beta / size, by_y, -by_y * level


def _identity(z: Floats, y: Floats, n: Floats) -> tuple[Floats, Floats, Floats]:
    root = np.sqrt(n)
    beta = np.asarray(np.linalg.lstsq(z * root[:, None], y / root, rcond=None)[0], np.float64)
    level: Floats = z @ beta
    return beta, np.ones(n.size), level


def _logit(z: Floats, y: Floats, n: Floats) -> tuple[Floats | None, Floats, Floats]:
    share = np.clip(y.sum() / n.sum(), 1e-6, 1 - 1e-6)
    beta = np.linalg.lstsq(z, np.full(n.size, special.logit(share)), rcond=None)[0]
    for _ in range(_STEPS):
        level = special.expit(z @ beta)
        slope = level * (1 - level)
        curve = (z * (n * slope)[:, None]).T @ z
        if not np.isfinite(curve).all() or np.linalg.cond(curve) > 1e14:
            break
        step = np.linalg.solve(curve, z.T @ (y - level * n))
        # a long step past the maximum can run away
        step *= min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-300))
        beta = beta + step
        if np.abs(step).max() <= _TOLERANCE * max(1.0, float(np.abs(beta).max())):
            level = special.expit(z @ beta)
            return beta, level * (1 - level), level
    return None, np.ones(n.size), np.ones(n.size)


def remainder(x: Floats) -> Floats:
    """Contrasts of the waves that every line of these columns makes zero, (J, J - p).

    >>> c = remainder(powers(np.array([0.0, 1.0, 2.0]), 1, 0.0))
    >>> (c / c[0]).ravel().round(12)
    array([ 1., -2.,  1.])
    """
    q, _ = np.linalg.qr(x / np.abs(x).max(axis=0), mode="complete")
    rest: Floats = q[:, x.shape[1] :]
    return rest


def wald(gaps: Floats, cov: Floats, df: float) -> tuple[float, float, float]:
    """F, its numerator df and p of the hypothesis that all `gaps` are zero.

    `df` are the denominator's. NaN where the covariance is singular or `df` is not positive.
    """
    k = gaps.size
    lost = float("nan"), float(k), float("nan")
    if k == 0 or not df > 0 or not (np.isfinite(cov).all() and np.isfinite(gaps).all()):
        return lost
    size = np.sqrt(np.diag(cov))
    if not (size > 0).all():
        return lost
    correlation = cov / np.outer(size, size)
    if np.linalg.matrix_rank(correlation, tol=1e-10, hermitian=True) < k:
        return lost
    z = gaps / size
    f = float(z @ np.linalg.solve(correlation, z)) / k
    return f, float(k), float(special.fdtrc(k, df, f))
