"""One factor behind the items: loadings by maximum likelihood, McDonald's omega and its gradient.

The model `C = l l' + diag(u)` is fitted to the correlation matrix (the fit does not depend on the
units of the items) with uniquenesses of at least 0.005, as `factanal` of R: the concentrated
likelihood of Lawley and Maxwell (1971, Factor Analysis as a Statistical Method, chapter 4) for a
start, then Newton steps to machine precision.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from survey_stats.errors import InputError
from survey_stats.estimate.columns import Bools, Floats
from survey_stats.explain.scales.moments import (
    Matrix,
    Statistic,
    correlation,
    through_correlation,
)

# the smallest uniqueness of a standardised item, as in factanal
LEAST_UNIQUENESS = 0.005
# below this share of the variance in any direction, items are combinations of each other
SINGULAR = 1e-8


class NoFactorError(InputError):
    """The one-factor model cannot be fitted; the text says why."""


@dataclass(frozen=True, eq=False)
class OneFactor:
    """A fitted one-factor model of k items.

    Attributes
    ----------
    loadings, uniquenesses: of the standardised items, (k,)
    heywood: items whose uniqueness ran into its lower bound, (k,)
    srmr: root mean square of the correlations that the factor leaves
    """

    loadings: Floats
    uniquenesses: Floats
    heywood: Bools
    srmr: float


def one_factor(R: Floats, start: OneFactor | None = None) -> OneFactor:
    """Fit one factor to a correlation matrix (k, k); `start` is a fit nearby.

    Raises `NoFactorError` for two items, which do not tell their loadings apart, and for items
    that are combinations of each other.
    """
    k = R.shape[0]
    if k < 3:
        raise NoFactorError("omega needs three items; two do not tell their loadings apart")
    if not np.isfinite(R).all():
        raise NoFactorError("no omega: a correlation is missing")
    if np.linalg.eigvalsh(R)[0] < SINGULAR:
        raise NoFactorError("no omega: an item is the sum or the copy of others")
    if start is not None:
        try:
            return _polish(R, start.loadings, start.uniquenesses, start.heywood)
        except NoFactorError:
            pass
    u = _concentrated(R)
    return _polish(R, _loadings(R, u), u, u <= LEAST_UNIQUENESS * (1 + 1e-6))


def _eigen(R: Floats, u: Floats) -> tuple[Floats, Floats, Floats]:
    s = 1 / np.sqrt(u)
    values, vectors = np.linalg.eigh(R * np.outer(s, s))
    lead: Floats = np.sqrt(u) * vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0.0))
    return values[:-1], values[-1:], lead


def _loadings(R: Floats, u: Floats) -> Floats:
    lead = _eigen(R, u)[2]
    return -lead if lead.sum() < 0 else lead


def _concentrated(R: Floats) -> Floats:
    from scipy.optimize import minimize

    def loss(u: Floats) -> tuple[float, Floats]:
        rest, _, lead = _eigen(R, u)
        slope = np.diagonal(np.outer(lead, lead) + np.diag(u) - R) / u**2
        return float((rest - np.log(rest) - 1).sum()), slope

    k = R.shape[0]
    start = np.clip((1 - 0.5 / k) / np.diagonal(np.linalg.inv(R)), LEAST_UNIQUENESS, 1.0)
    bounds = [(LEAST_UNIQUENESS, 1.0)] * k
    found = minimize(
        loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"ftol": 1e-14}
    )
    return np.asarray(found.x, dtype=np.float64)


def _slope(R: Floats, lead: Matrix, u: Matrix) -> Matrix:
    """Gradient of the likelihood discrepancy in loadings and uniquenesses, (2k,)."""
    inverse = np.linalg.inv(np.outer(lead, lead) + np.diag(u))
    gap = inverse - inverse @ R @ inverse
    return np.concatenate([2 * gap @ lead, np.diagonal(gap)])


def _curve(R: Floats, lead: Floats, u: Floats) -> Floats:
    """Jacobian of `_slope` (2k, 2k) by complex steps."""
    k = lead.size
    at = np.concatenate([lead, u]).astype(np.complex128)
    result = np.empty((2 * k, 2 * k))
    for i in range(2 * k):
        moved = at.copy()
        moved[i] += 1e-30j
        result[:, i] = _slope(R, moved[:k], moved[k:]).imag / 1e-30
    return result


def _polish(R: Floats, lead: Floats, u: Floats, heywood: Bools) -> OneFactor:
    k = R.shape[0]
    free = np.concatenate([np.ones(k, dtype=bool), ~heywood])
    at = np.concatenate([lead, np.where(heywood, LEAST_UNIQUENESS, u)])
    for _ in range(50):
        slope = _slope(R, at[:k], at[k:])[free]
        if np.abs(slope).max() < 1e-12:
            break
        try:
            step = np.linalg.solve(_curve(R, at[:k], at[k:])[np.ix_(free, free)], slope)
        except np.linalg.LinAlgError:
            raise NoFactorError("no omega: the one-factor model is not determined") from None
        step *= min(1.0, 0.3 / np.abs(step).max())
        at[free] -= step
        low = (at[k:] < LEAST_UNIQUENESS) & free[k:]
        if low.any():
            at[k:][low] = LEAST_UNIQUENESS
            free[k:] &= ~low
        if np.abs(step).max() < 1e-13:
            break
    else:
        raise NoFactorError("no omega: the one-factor model did not converge")
    lead, u = at[:k], at[k:]
    if lead.sum() < 0:
        lead = -lead
    gap = (R - np.outer(lead, lead))[np.triu_indices(k, 1)]
    return OneFactor(lead, u, ~free[k:], float(np.sqrt((gap**2).mean())))


def omega(C: Floats, start: OneFactor | None = None) -> float:
    """McDonald's omega (1999, Test Theory, chapter 6) of the sum of the items.

    `(sum l)^2 / ((sum l)^2 + sum u)` with loadings and uniquenesses in the items' own units.
    Raises `NoFactorError` where the model cannot be fitted.

    >>> C = np.full((3, 3), 0.25) + np.diag([0.75] * 3)
    >>> round(omega(C), 6)
    0.5
    """
    fit = one_factor(correlation(C), start)
    s = np.sqrt(np.diagonal(C))
    common = float(fit.loadings @ s) ** 2
    return common / (common + float(fit.uniquenesses @ s**2))


def omega_gradient(C: Floats) -> Floats:
    """The gradient (k, k) of omega in C, by the implicit function theorem."""
    R, s = correlation(C), np.sqrt(np.diagonal(C))
    fit = one_factor(R)
    lead, u = fit.loadings, fit.uniquenesses
    common, apart = float(lead @ s) ** 2, float(u @ s**2)
    by_common, by_apart = apart / (common + apart) ** 2, -common / (common + apart) ** 2
    root = float(lead @ s)
    by_lead, by_u = by_common * 2 * root * s, by_apart * s**2
    k = lead.size
    free = np.concatenate([np.ones(k, dtype=bool), ~fit.heywood])
    curve = _curve(R, lead, u)[np.ix_(free, free)]
    back = np.zeros(2 * k)
    back[free] = np.linalg.solve(curve.T, np.concatenate([by_lead, by_u])[free])
    inverse = np.linalg.inv(np.outer(lead, lead) + np.diag(u))
    slope = 2 * np.outer(inverse @ back[:k], inverse @ lead)
    slope += (inverse * back[k:][:, None]).T @ inverse
    result = through_correlation(slope, C, R)
    by_s = by_common * 2 * root * lead + by_apart * 2 * u * s
    result[np.diag_indices_from(result)] += by_s / (2 * s)
    return result


def omega_statistic(start: OneFactor) -> Statistic:
    """Omega as a statistic; `start` is the fit of the whole sample, near those of replicates."""
    return Statistic(lambda C: omega(C, start), omega_gradient)
