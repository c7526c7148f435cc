"""Polychoric correlations and ordinal alpha, for items whose steps cut a continuous scale.

Two steps (Olsson 1979, Psychometrika 44:443): thresholds from the margins of the weighted two-way
table, then the correlation that maximises its likelihood. The bivariate normal distribution is
integrated as Drezner and Wesolowsky (1990, Journal of Statistical Computation and Simulation
35:101) do, by Gauss-Legendre quadrature in the angle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from survey_stats.estimate.columns import Floats, Ints

# a correlation beyond this is told as this; the table has an empty corner
LARGEST = 0.999
_OUTWARDS = (0.3, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, LARGEST)
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)


def bivariate_normal(h: Floats, k: Floats, rho: float) -> Floats:
    """P(X <= h, Y <= k) of standard normals with correlation `rho`; h and k broadcast.

    >>> float(bivariate_normal(np.array(0.0), np.array(0.0), 0.5).round(10))  # 1/4 + asin/2pi
    0.3333333333
    """
    angle = np.arcsin(rho)
    theta = angle * (_NODES + 1) / 2
    sine, cosine2 = np.sin(theta), np.cos(theta) ** 2
    h_, k_ = np.clip(h, -40, 40)[..., None], np.clip(k, -40, 40)[..., None]
    inner = np.exp(-(h_**2 + k_**2 - 2 * h_ * k_ * sine) / (2 * cosine2))
    result: Floats = special.ndtr(h) * special.ndtr(k) + angle / (4 * np.pi) * (inner @ _WEIGHTS)
    return result


def _density(h: Floats, k: Floats, rho: float) -> Floats:
    """Density of two standard normals at h and k; zero where one is infinite."""
    with np.errstate(invalid="ignore"):
        rest = 1 - rho**2
        power = -(h**2 - 2 * rho * h * k + k**2) / (2 * rest)
        value = np.exp(power) / (2 * np.pi * np.sqrt(rest))
    return np.where(np.isfinite(h) & np.isfinite(k), value, 0.0)


def _cells(corners: Floats) -> Floats:
    cells: Floats = np.diff(np.diff(corners, axis=0), axis=1)
    return cells


def _score(rho: float, table: Floats) -> float:
    """Derivative in rho of the log likelihood of a two-way table of proportions (a, b)."""
    total = table.sum()
    h = special.ndtri(np.concatenate([[0.0], np.cumsum(table.sum(axis=1))[:-1] / total, [1.0]]))
    k = special.ndtri(np.concatenate([[0.0], np.cumsum(table.sum(axis=0))[:-1] / total, [1.0]]))
    H, K = np.meshgrid(h, k, indexing="ij")
    chance = np.maximum(_cells(bivariate_normal(H, K, rho)), 1e-300)
    return float((table * _cells(_density(H, K, rho)) / chance).sum())


def polychoric(table: Floats) -> float:
    """Polychoric correlation of a weighted two-way table without empty rows or columns (a, b)."""
    from scipy.optimize import brentq

    share = table / table.sum()
    start = _score(0.0, share)
    if start == 0:
        return 0.0
    # outwards from zero: beyond the solution the score may underflow
    sign, near = np.sign(start), 0.0
    for size in _OUTWARDS:
        far = float(sign * size)
        if sign * _score(far, share) <= 0:
            low, high = min(near, far), max(near, far)
            return float(brentq(_score, low, high, args=(share,), xtol=1e-14, rtol=1e-13))
        near = far
    return float(sign * LARGEST)


def _slopes(rho: float, table: Floats) -> Floats:
    """Derivatives of the polychoric correlation in the cells of the table (a, b)."""
    step = 1e-6
    curve = (_score(rho + step, table) - _score(rho - step, table)) / (2 * step)
    slope = np.empty(table.shape)
    for at in np.ndindex(table.shape):
        up, down = table.copy(), table.copy()
        up[at] += step
        down[at] -= step
        slope[at] = (_score(rho, up) - _score(rho, down)) / (2 * step)
    return -slope / curve


@dataclass(frozen=True, eq=False)
class Ordinal:
    """Polychoric correlations (k, k), ordinal alpha and the score of each respondent (n,)."""

    correlations: Floats
    alpha: float
    scores: Floats


def ordinal_alpha(values: Floats, weights: Floats, slopes: bool = True) -> Ordinal:
    """Alpha of the polychoric correlations of complete answers (n, k).

    Zumbo, Gadermann and Zeisser (2007, Journal of Modern Applied Statistical Methods 6:21): what
    alpha would be were the continuous scales behind the steps observed. The scores are those of
    the linearised statistic, NaN where a correlation is at its bound (or without `slopes`).
    """
    n, k = values.shape
    codes = [np.unique(values[:, j], return_inverse=True) for j in range(k)]
    sizes = [found.size for found, _ in codes]
    share = weights / weights.sum()
    R, scores, bound = np.eye(k), np.zeros(n), not slopes
    for i in range(k):
        for j in range(i + 1, k):
            cell: Ints = codes[i][1] * sizes[j] + codes[j][1]
            flat = np.bincount(cell, share, minlength=sizes[i] * sizes[j])
            table: Floats = flat.reshape(sizes[i], sizes[j]).astype(np.float64)
            rho = polychoric(table)
            R[i, j] = R[j, i] = rho
            if abs(rho) >= LARGEST:
                bound = True
            if not bound:
                slope = _slopes(rho, table)
                scores += slope.ravel()[cell] - float((slope * table).sum())
    mean = (R.sum() - k) / (k * (k - 1))
    alpha = k * mean / (1 + (k - 1) * mean)
    scores *= k / (1 + (k - 1) * mean) ** 2 * 2 / (k * (k - 1))
    return Ordinal(R, float(alpha), np.full(n, np.nan) if bound else scores)
