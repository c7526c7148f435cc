"""Confidence intervals: for shares by several methods, for other statistics by Student's t.

All functions take arrays of one shape and return two arrays of it. `n_eff` is the size of the
simple random sample that would be as precise, p (1 - p) / variance; `df` are the degrees of
freedom of the variance.

The default for shares is Wilson's score interval on the effective sample size with a t quantile
(Kott and Carr 1997, J. Official Statistics 13; Franco, Little, Louis and Slud 2019, J. Survey
Statistics and Methodology 7). It never leaves [0, 1] and has a width at 0 % and 100 %. The
effective size is held to at most n: in a small domain a design effect estimated below 1 is noise,
and the cap is what keeps the coverage (see the simulation in benchmarks/); the loss where
stratification really gains is small. Korn and Graubard's interval, left as R survey computes it,
covers more than it says at small shares and is wider.
"""

from __future__ import annotations

from numbers import Real
from typing import Literal, assert_never, get_args

import numpy as np
from scipy import special

from survey_stats.errors import InputError
from survey_stats.estimate.columns import Floats, Ints

IntervalMethod = Literal["wilson", "logit", "korn-graubard", "beta", "wald", "likelihood"]


def t_quantile(df: Floats, level: float) -> Floats:
    """Two-sided critical value of Student's t; NaN where df <= 0."""
    upper = 0.5 + level / 2
    # few distinct df occur, and the inverse costs far more than finding them
    distinct, back = np.unique(np.asarray(df, dtype=np.float64), return_inverse=True)
    with np.errstate(invalid="ignore"):
        value = np.where(
            np.isinf(distinct),
            special.ndtri(upper),
            special.stdtrit(np.maximum(distinct, 1e-300), upper),
        )
        value = np.where(distinct > 0, value, np.nan)
    critical: Floats = value[back].reshape(np.shape(df))
    return critical


def check_level(level: float) -> float:
    """`level` as a confidence level, or an `InputError`."""
    if isinstance(level, bool) or not isinstance(level, Real) or not 0 < level < 1:
        raise InputError(f"level={level!r} is not a confidence level; give one such as 0.95")
    return level


def share_interval(
    method: IntervalMethod,
    p: Floats,
    variance: Floats,
    n: Ints,
    kish: Floats,
    df: Floats,
    level: float,
    fraction: float = 0.0,
) -> tuple[Floats, Floats]:
    """The interval of each share.

    `kish` is (sum w)^2 / sum w^2, the effective size where all answers agree: a variance of zero
    says nothing there, and unequal weights are the only loss of precision that is known.
    `fraction` is the part of the population that was interviewed, where the design says so.
    """
    if method not in get_args(IntervalMethod):
        names = ", ".join(get_args(IntervalMethod))
        raise InputError(f"interval={method!r} is not a method for shares; use one of {names}")
    t = t_quantile(df, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        agreed = (p <= 0) | (p >= 1)
        n_eff = np.where(agreed, kish / (1 - fraction), p * (1 - p) / variance)
        if method == "wilson":
            return wilson(p, np.minimum(n_eff, n / (1 - fraction)), t)
        if method == "korn-graubard" or method == "beta":
            return korn_graubard(p, n_eff, n, t, level)
        if method == "likelihood":
            return likelihood(p, n_eff * (n - 1) / n, t)
        if method == "logit":
            low, high = logit(p, variance, t)
            # the link is infinite at 0 % and 100 %
            score_low, score_high = wilson(p, n_eff, t)
            return np.where(agreed, score_low, low), np.where(agreed, score_high, high)
        if method == "wald":
            return wald(p, variance, t)
    assert_never(method)


def wald(estimate: Floats, variance: Floats, t: Floats) -> tuple[Floats, Floats]:
    """Estimate plus and minus t standard errors."""
    half = t * np.sqrt(variance)
    return estimate - half, estimate + half


def wilson(p: Floats, n_eff: Floats, t: Floats) -> tuple[Floats, Floats]:
    """Wilson's score interval with an effective n.

    >>> low, high = wilson(np.array([0.0]), np.array([30.0]), np.array([1.96]))
    >>> round(float(low[0]), 4), round(float(high[0]), 4)
    (0.0, 0.1135)
    """
    shrink = t**2 / n_eff
    centre = (p + shrink / 2) / (1 + shrink)
    half = np.sqrt(shrink * (p * (1 - p) + shrink / 4)) / (1 + shrink)
    low = np.where(p <= 0, np.where(np.isnan(half), np.nan, 0.0), centre - half)
    high = np.where(p >= 1, np.where(np.isnan(half), np.nan, 1.0), centre + half)
    return np.maximum(low, 0.0), np.minimum(high, 1.0)


def logit(p: Floats, variance: Floats, t: Floats) -> tuple[Floats, Floats]:
    """Wald's interval on the log odds, carried back."""
    half = t * np.sqrt(variance) / (p * (1 - p))
    link = np.log(p / (1 - p))
    return special.expit(link - half), special.expit(link + half)


def korn_graubard(
    p: Floats, n_eff: Floats, n: Ints, t: Floats, level: float
) -> tuple[Floats, Floats]:
    """Clopper-Pearson's interval on an effective n corrected for the degrees of freedom.

    Korn and Graubard 1998, Survey Methodology 24; as `svyciprop(method = "beta")` in R survey.
    """
    tail = (1 - level) / 2
    size = n_eff * (t_quantile(np.maximum(n - 1, 1).astype(np.float64), level) / t) ** 2
    low = special.betaincinv(size * p, size * (1 - p) + 1, tail)
    high = special.betaincinv(size * p + 1, size * (1 - p), 1 - tail)
    known = ~np.isnan(size)
    low = np.where(known & (p <= 0), 0.0, low)
    high = np.where(known & (p >= 1), 1.0, high)
    exact = np.isinf(size)
    return np.where(exact, p, low), np.where(exact, p, high)


def likelihood(p: Floats, n_eff: Floats, t: Floats) -> tuple[Floats, Floats]:
    """Shares whose scaled deviance from the estimate is at most t squared.

    The deviance is that of a binomial sample of the effective size (Rao and Scott 1984, Annals
    of Statistics 12); given (n - 1)/n of it, as the dispersion of a quasi-binomial fit has it,
    this is `svyciprop(method = "likelihood")`.
    """
    bound = t**2 / (2 * n_eff)
    lower, lower_in = np.zeros_like(p), p.copy()
    upper, upper_in = np.ones_like(p), p.copy()
    for _ in range(80):
        middle = (lower + lower_in) / 2
        outside = _divergence(p, middle) > bound
        lower, lower_in = np.where(outside, middle, lower), np.where(outside, lower_in, middle)
        middle = (upper + upper_in) / 2
        outside = _divergence(p, middle) > bound
        upper, upper_in = np.where(outside, middle, upper), np.where(outside, upper_in, middle)
    missing = np.isnan(bound)
    low, high = (lower + lower_in) / 2, (upper + upper_in) / 2
    return np.where(missing, np.nan, low), np.where(missing, np.nan, high)


def _divergence(p: Floats, q: Floats) -> Floats:
    gap: Floats = special.rel_entr(p, q) + special.rel_entr(1 - p, 1 - q)
    return gap
