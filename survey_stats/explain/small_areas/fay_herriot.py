"""The area-level model of Fay and Herriot (1979): model variance, predictor and its error.

`y = X b + v + e` for m areas, with `v ~ N(0, A)` what the areas differ by beyond their auxiliaries
and `e ~ N(0, D)` the sampling error with known variances D (m,). Arrays only; nothing here knows
what an area or a share is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from survey_stats.errors import InputError, UnknownNameError

Floats = NDArray[np.float64]
Method = Literal["reml", "ml", "adjusted", "li-lahiri"]

_GRID = 96


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model of m areas and p coefficients.

    Attributes
    ----------
    method: how `variance` was estimated
    variance: the model variance A; 0 where the areas differ no more than sampling makes them
    variance_se: its asymptotic standard error, `sqrt(2 / sum (A + D)^-2)`
    beta, beta_cov: coefficients (p,) and their covariance (p, p)
    synthetic: `X b`, (m,)
    gamma: weight of the direct estimate in the predictor, `A / (A + D)`, (m,)
    predictor: the EBLUP `gamma y + (1 - gamma) X b`, (m,)
    g1, g2, g3: the parts of the mean squared error due to the area's own effect, to the
        coefficients and to the model variance, (m,)
    mse: their estimate without bias to second order, (m,)
    bias: what was corrected for in `mse`, the bias of A to first order
    """

    method: Method
    variance: float
    variance_se: float
    beta: Floats
    beta_cov: Floats
    synthetic: Floats
    gamma: Floats
    predictor: Floats
    g1: Floats
    g2: Floats
    g3: Floats
    mse: Floats
    bias: float

    @property
    def df(self) -> int:
        """Areas less coefficients."""
        return int(self.gamma.size - self.beta.size)


def check_method(method: str) -> None:
    """Raise `UnknownNameError` unless `method` estimates a model variance."""
    if method not in get_args(Method):
        raise UnknownNameError("method of estimating the model variance", method, get_args(Method))


def fit(y: Floats, X: Floats, D: Floats, method: Method = "reml") -> Fit:
    """Fit the model and predict its areas.

    Parameters
    ----------
    y: direct estimates, (m,)
    X: auxiliaries with a column of ones where there is a constant, (m, p), of full rank
    D: sampling variances, (m,), positive
    method: "reml" or "ml" (Datta and Lahiri 2000, Statistica Sinica 10:613); "adjusted", the
        residual likelihood times `atan(sum gamma)^(1/m)` (Yoshimori and Lahiri 2014, J.
        Multivariate Analysis 124:281), and "li-lahiri", times A (Li and Lahiri 2010, same journal
        101:882); the last two are never 0

    The mean squared error is `g1 + g2 + 2 g3` for "reml" and "adjusted" and, with the bias of A to
    first order, `g1 + g2 + 2 g3 - bias (1 - gamma)^2` for "ml" and "li-lahiri" (Prasad and Rao
    1990, JASA 85:163; Datta and Lahiri 2000). Where this correction would leave
    less than `g2 + g3`, as "li-lahiri" does when A is small, it is not made.

    Raises
    ------
    UnknownNameError: no such method
    InputError: variances that are not positive

    >>> one = fit(np.array([1.0, 2.0, 4.0, 3.0, 5.0, 1.5]), np.ones((6, 1)), np.full(6, 0.5))
    >>> round(one.variance, 4), one.predictor.round(3).tolist()
    (1.875, [1.368, 2.158, 3.737, 2.947, 4.526, 1.763])
    """
    check_method(method)
    if not (np.isfinite(D).all() and (D > 0).all()):
        raise InputError("Sampling variances must be positive numbers; leave other areas out")
    A = model_variance(y, X, D, method)
    w = 1 / (A + D)
    root = np.sqrt(w)
    # through the orthonormal basis, so that auxiliaries of any unit keep their digits
    Q, R = np.linalg.qr(root[:, None] * X)
    beta = np.linalg.solve(R, Q.T @ (root * y))
    inverse = np.linalg.inv(R)
    beta_cov = inverse @ inverse.T
    synthetic = X @ beta
    gamma = A * w
    lever = ((X @ inverse) ** 2).sum(axis=1)
    square = float((w**2).sum())
    g1, g2, g3 = gamma * D, (1 - gamma) ** 2 * lever, 2 / square * (1 - gamma) ** 2 * w
    bias = _bias(A, w, X @ inverse, square, method)
    mse = g1 + g2 + 2 * g3
    corrected = mse - bias * (1 - gamma) ** 2
    mse = np.where(corrected >= g2 + g3, corrected, mse)
    return Fit(
        method=method,
        variance=A,
        variance_se=float(np.sqrt(2 / square)),
        beta=beta,
        beta_cov=beta_cov,
        synthetic=synthetic,
        gamma=gamma,
        predictor=gamma * y + (1 - gamma) * synthetic,
        g1=g1,
        g2=g2,
        g3=g3,
        mse=mse,
        bias=bias,
    )


def predict(model: Fit, X: Floats) -> tuple[Floats, Floats]:
    """Predictor and mean squared error of areas without a direct estimate, `X` (k, p).

    `x'b` and `A + x' cov(b) x`, less the bias of A (Rao and Molina 2015, Small Area Estimation,
    section 6.2).
    """
    lever = np.einsum("kp,pq,kq->k", X, model.beta_cov, X)
    return X @ model.beta, np.maximum(model.variance - model.bias, 0.0) + lever


def error_covariance(model: Fit, X: Floats, X_other: Floats | None = None) -> Floats:
    """Covariance of the errors of the predictors, the k areas of `X_other` last; (m + k, m + k).

    `(1 - gamma_i)(1 - gamma_j) x_i' cov(b) x_j` between two areas; their own mean squared error on
    the diagonal.
    """
    factor, rows, mse = 1 - model.gamma, X, model.mse
    if X_other is not None and len(X_other):
        factor = np.concatenate([factor, np.ones(len(X_other))])
        rows = np.vstack([X, X_other])
        mse = np.concatenate([mse, predict(model, X_other)[1]])
    scaled = factor[:, None] * rows
    covariance: Floats = scaled @ model.beta_cov @ scaled.T
    np.fill_diagonal(covariance, mse)
    return covariance


def model_variance(y: Floats, X: Floats, D: Floats, method: Method) -> float:
    """The A that maximises the likelihood of `method`; the highest where there are several maxima.

    The likelihood is looked at over a grid, and its slope solved for in the best part of it.
    """
    Q, _ = np.linalg.qr(X)
    rest = y - Q @ (Q.T @ y)
    highest = 10 * (float(rest @ rest) + float(D.max()))
    lowest = 1e-9 * float(D.min())
    grid = np.concatenate([[0.0], np.geomspace(lowest, highest, _GRID)])
    value = _log_likelihood(grid, y, Q, D, method)
    best = int(np.argmax(value))
    if best == 0 and _slope(0.0, y, Q, D, method) <= 0:
        return 0.0
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, _GRID)])
    if low == 0.0 and method in ("adjusted", "li-lahiri"):
        low = 1e-6 * lowest
    ends = _slope(low, y, Q, D, method), _slope(high, y, Q, D, method)
    if not (ends[0] > 0 > ends[1]):
        found = optimize.minimize_scalar(
            lambda a: -float(_log_likelihood(np.array([a]), y, Q, D, method)[0]),
            bounds=(low, high),
            method="bounded",
            options={"xatol": 1e-12 * high},
        )
        return float(found.x)
    return float(
        optimize.brentq(_slope, low, high, (y, Q, D, method), xtol=1e-14 * high, rtol=1e-14)
    )


def _log_likelihood(A: Floats, y: Floats, Q: Floats, D: Floats, method: Method) -> Floats:
    """At each A (G,), without constants; Q is an orthonormal basis of the auxiliaries."""
    w = 1 / (A[:, None] + D)
    inner = np.einsum("gm,mp,mq->gpq", w, Q, Q)
    beta = np.linalg.solve(inner, ((w * y) @ Q)[:, :, None])[:, :, 0]
    rest = y - beta @ Q.T
    value = 0.5 * np.log(w).sum(axis=1) - 0.5 * (w * rest**2).sum(axis=1)
    if method != "ml":
        value -= 0.5 * np.linalg.slogdet(inner)[1]
    with np.errstate(divide="ignore"):
        if method == "adjusted":
            value += np.log(np.arctan((A[:, None] * w).sum(axis=1))) / y.size
        elif method == "li-lahiri":
            value += np.log(A)
    return np.asarray(value, dtype=np.float64)


def _slope(A: float, y: Floats, Q: Floats, D: Floats, method: Method) -> float:
    """Derivative of `_log_likelihood`."""
    w = 1 / (A + D)
    inner = (Q * w[:, None]).T @ Q
    rest = y - Q @ np.linalg.solve(inner, Q.T @ (w * y))
    slope = -0.5 * w.sum() + 0.5 * ((w * rest) ** 2).sum()
    if method != "ml":
        slope += 0.5 * np.trace(np.linalg.solve(inner, (Q * (w**2)[:, None]).T @ Q))
    if method == "adjusted":
        if A == 0:
            return np.inf
        total = float((A * w).sum())
        slope += (D * w**2).sum() / ((1 + total**2) * np.arctan(total)) / y.size
    elif method == "li-lahiri":
        slope += np.inf if A == 0 else 1 / A
    return float(slope)


def _bias(A: float, w: Floats, basis: Floats, square: float, method: Method) -> float:
    """Bias of A to first order; `basis` is X with `basis' diag(w) basis = 1`, (m, p)."""
    if method == "ml":
        return float(-((w**2)[:, None] * basis**2).sum() / square)
    if method == "li-lahiri":
        return 2 / A / square
    return 0.0
