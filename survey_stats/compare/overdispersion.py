"""Series of counts that vary more than chance: how much, and what the next count may be.

Arrays have a row for each series (R) and a column for each earlier period (Y). Means are fitted by
Poisson maximum likelihood, `exposure * exp(a)` for a level and `exposure * exp(a + b t)` for a
trend; their variance is `phi * mean` (quasi-Poisson) or `mean + alpha * mean**2` (negative
binomial). Nothing here knows what was counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Model = Literal["quasi-poisson", "negative binomial"]

# halvings that bring a bracket of doubles down to their own precision
_HALVINGS = 80


@dataclass(frozen=True, eq=False)
class Fit:
    """Means of earlier periods and what they lead to expect; NaN where nothing can be fitted.

    Attributes
    ----------
    mean: fitted counts, (R, Y)
    expected: mean of the next count, (R,)
    lever: `x0' A^-1 x_t` of each period, (R, Y), with A the Poisson information: the relative error
        of `expected` is the sum of `lever * (count - mean)`
    residual_df: periods less fitted parameters
    """

    mean: Floats
    expected: Floats
    lever: Floats
    residual_df: int


def fit(counts: Floats, exposure: Floats, exposure_next: Floats, trend: bool) -> Fit:
    """Level or log-linear trend of each series, and its mean at the period after the last.

    `counts` and `exposure` are (R, Y), `exposure_next` is (R,). A series without events has no
    level that could be tested, and one whose events all lie in its first or its last period has
    no trend: its estimate would be infinite.

    >>> one = fit(np.array([[281.0, 253, 342, 282]]), np.ones((1, 4)), np.ones(1), trend=False)
    >>> one.expected
    array([289.5])
    """
    n_rows, n_periods = counts.shape
    time = np.arange(n_periods) - float(n_periods)
    total = counts.sum(axis=1)
    # time counts back from the next period, so that the intercept is its mean and x0 = (1, 0)
    design = np.column_stack([np.ones(n_periods), time]) if trend else np.ones((n_periods, 1))
    estimable = (total > 0) & np.isfinite(exposure).all(axis=1)
    if trend:
        inner = (counts[:, 1:] > 0).any(axis=1) & (counts[:, :-1] > 0).any(axis=1)
        estimable &= inner
    rate = np.where(estimable, total, np.nan) / exposure.sum(axis=1)
    beta = np.zeros((n_rows, design.shape[1]))
    beta[:, 0] = np.log(rate)
    mean, expected = exposure * rate[:, None], exposure_next * rate
    if trend:
        beta = _climb(beta, counts, exposure, design, estimable)
        mean, expected = exposure * np.exp(beta @ design.T), exposure_next * np.exp(beta[:, 0])
    information = np.einsum("ry,yp,yq->rpq", mean, design, design)
    lever = np.full(counts.shape, np.nan)
    ok = np.isfinite(information).all(axis=(1, 2))
    first = np.linalg.inv(information[ok])[:, 0, :]
    lever[ok] = first @ design.T
    return Fit(mean, expected, lever, n_periods - design.shape[1])


def _climb(
    beta: Floats, counts: Floats, exposure: Floats, design: Floats, estimable: NDArray[np.bool_]
) -> Floats:
    """Poisson maximum likelihood by Newton's steps, halved while the likelihood falls."""
    beta = beta.copy()
    rows = np.flatnonzero(estimable)

    def likelihood(b: Floats, at: NDArray[np.intp]) -> Floats:
        link = b @ design.T
        with np.errstate(over="ignore"):
            value = (counts[at] * link - exposure[at] * np.exp(link)).sum(axis=1)
        return np.asarray(value, dtype=np.float64)

    for _ in range(100):
        if not rows.size:
            break
        mean = exposure[rows] * np.exp(beta[rows] @ design.T)
        score = (counts[rows] - mean) @ design
        information = np.einsum("ry,yp,yq->rpq", mean, design, design)
        step = np.linalg.solve(information, score[:, :, None])[:, :, 0]
        now, size = likelihood(beta[rows], rows), np.ones(rows.size)
        for _ in range(30):
            worse = likelihood(beta[rows] + size[:, None] * step, rows) < now - 1e-9 * abs(now)
            if not worse.any():
                break
            size[worse] /= 2
        beta[rows] += size[:, None] * step
        rows = rows[np.abs(step).max(axis=1) > 1e-12]
    return beta


def pearson(counts: Floats, mean: Floats) -> Floats:
    """Pearson's X2 of each series about its fitted means."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(((counts - mean) ** 2 / mean).sum(axis=1), dtype=np.float64)


def dispersion_interval(x2: Floats, df: int, level: float) -> tuple[Floats, Floats]:
    """Limits of the dispersion `x2 / df`, as of a variance with `df` degrees of freedom."""
    tail = (1 - level) / 2
    return x2 / special.chdtri(df, tail), x2 / special.chdtri(df, 1 - tail)


def dispersion_p(x2: Floats, df: int) -> Floats:
    """One-sided p of "the series varies as a Poisson series does" (Fisher's dispersion test).

    >>> dispersion_p(np.array([14.57]), 3).round(4)
    array([0.0022])
    """
    return np.asarray(special.chdtrc(df, x2), dtype=np.float64)


def shared_dispersion(dispersion: Floats, df: int) -> tuple[Floats, float]:
    """Dispersions of few df each, drawn towards their common value, and the df this is worth.

    Each is a variance estimate with `df` degrees of freedom whose true values are taken to be
    scaled inverse chi-square; the two parameters are found from mean and variance of the logs
    (Smyth 2004, Stat. Appl. Genetics and Molecular Biology 3:3, section 6.2; on dispersions of
    counts: Lund et al. 2012, same journal 11:5). Where the logs vary no more than chance makes
    them, all have the common value. Fewer than three series share nothing.

    >>> shared_dispersion(np.array([1.0, 1.4, 0.7, 1.2]), 3)
    (array([1.075, 1.075, 1.075, 1.075]), 12.0)
    """
    known = np.flatnonzero(np.isfinite(dispersion))
    if known.size < 3:
        return dispersion.copy(), float(df)
    value = dispersion[known]
    middle = float(np.median(value))
    if middle <= 0:
        return dispersion.copy(), float(df)
    # the log of a dispersion of 0 is infinite; Smyth's own programme keeps to the same floor
    floored = np.maximum(value, 1e-5 * middle)
    half = df / 2
    logs = np.log(floored) - special.digamma(half) + np.log(half)
    excess = float(logs.var(ddof=1) - special.polygamma(1, half))
    if excess > 0:
        prior_df = 2 * _trigamma_inverse(excess)
        prior = float(np.exp(logs.mean() + special.digamma(prior_df / 2) - np.log(prior_df / 2)))
        drawn = (df * value + prior_df * prior) / (df + prior_df)
    else:
        prior_df = np.inf
        drawn = np.full(value.shape, floored.mean())
    out = np.full(dispersion.shape, np.nan)
    out[known] = drawn
    return out, float(min(df + prior_df, df * known.size))


def _trigamma_inverse(value: float) -> float:
    """The y with trigamma(y) = value, by Newton's steps on 1 / trigamma (Smyth 2004, appendix)."""
    if value > 1e7:
        return float(1 / np.sqrt(value))
    if value < 1e-6:
        return 1 / value
    y = 0.5 + 1 / value
    for _ in range(50):
        tri = float(special.polygamma(1, y))
        step = tri * (1 - tri / value) / float(special.polygamma(2, y))
        y += step
        if abs(step) / y < 1e-14:
            break
    return y


@dataclass(frozen=True, eq=False)
class Outlook:
    """What is known of the next count of each series before it is seen; arrays (R,).

    `expected` is its mean with relative variance `relative_variance`, `phi` and `alpha` make its
    variance `phi * m + alpha * m**2`, `df` are those of the dispersion.
    """

    expected: Floats
    relative_variance: Floats
    phi: Floats
    alpha: Floats
    df: Floats

    def statistic(self, count: Floats, ratio: Floats) -> Floats:
        """How far a count lies above `ratio` times what is expected, about Student's t.

        On the scale of the 2/3 power, on which counts are nearly symmetric (Farrington et al.
        1996, JRSS A 159:547, section 3.5), with the error of the expectation.
        """
        m = ratio * self.expected
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = self.phi * m + (self.alpha + self.relative_variance) * m**2
            scale = (2 / 3) * m ** (-1 / 3) * np.sqrt(variance)
            return np.asarray((count ** (2 / 3) - m ** (2 / 3)) / scale, dtype=np.float64)

    def p_value(self, count: Floats) -> Floats:
        """Two-sided p of "the count is one of the series"."""
        t = self.statistic(count, np.ones_like(count))
        return np.asarray(2 * special.stdtr(self.df, -np.abs(t)), dtype=np.float64)

    def equivalence_p(self, count: Floats, margin: float) -> Floats:
        """p of "the ratio to the expected count is not within `1 - margin` and its inverse"."""
        floor = np.full_like(count, 1 - margin)
        above = special.stdtr(self.df, -self.statistic(count, floor))
        below = special.stdtr(self.df, self.statistic(count, 1 / floor))
        return np.asarray(np.maximum(above, below), dtype=np.float64)

    def ratio_interval(self, count: Floats, level: float) -> tuple[Floats, Floats]:
        """Ratios to the expected count that the test does not reject; an open limit is NaN."""
        bar = np.asarray(special.stdtrit(self.df, (1 + level) / 2), dtype=np.float64)
        # the statistic falls as the ratio rises, towards -1.5 / sqrt(relative variance + alpha)
        low = np.where(count > 0, self._solve(count, bar), 0.0)
        high = self._solve(count, -bar)
        return low, np.where(high > 1e12, np.nan, high)

    def _solve(self, count: Floats, target: Floats) -> Floats:
        low, high = np.full_like(count, -30.0), np.full_like(count, 30.0)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            above = self.statistic(count, np.exp(middle)) > target
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        missing = np.isnan(self.expected) | np.isnan(target)
        return np.where(missing, np.nan, np.exp((low + high) / 2))


def outlook(
    counts: Floats, fitted: Fit, dispersion: Floats, df: Floats, model: Model, previous: bool
) -> Outlook:
    """The next count, as `fitted` or (with `previous`) the last earlier count leads to expect.

    `dispersion` below 1 counts as 1: a series is never taken to vary less than chance makes it.
    For the negative binomial, alpha is what makes the mean variance over the earlier periods that
    of the dispersion, `alpha * mean of the means = dispersion - 1`.

    `previous` takes `fitted.expected` for the last count carried to the next period's exposure.
    """
    phi = np.maximum(dispersion, 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        if model == "quasi-poisson":
            alpha = np.zeros_like(phi)
        else:
            alpha, phi = (phi - 1) / fitted.mean.mean(axis=1), np.where(np.isnan(phi), np.nan, 1.0)
        if previous:
            last = counts[:, -1]
            relative = np.where(last > 0, phi / last + alpha, np.nan)
        else:
            variance = phi[:, None] * fitted.mean + alpha[:, None] * fitted.mean**2
            relative = (fitted.lever**2 * variance).sum(axis=1)
    expected = np.where(np.isnan(relative), np.nan, fitted.expected)
    return Outlook(expected, relative, phi, alpha, df)
