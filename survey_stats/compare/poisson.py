"""Two Poisson counts: exact conditional and mid-p tests, intervals of the ratio and the difference.

Given the sum of the two counts, the later one is binomial with success probability
`r t1 / (r t1 + t0)`, where `r` is the ratio of the two rates and `t0`, `t1` the exposures
(Przyborowski and Wilenski 1940, Biometrika 31:313). Every function takes and returns arrays of
one length; nothing here knows what was counted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# R's binom.test and scipy's binomtest both count outcomes as "no more likely" with this slack
_RELATIVE_SLACK = 1 + 1e-7


def exact_p(before: Floats, after: Floats, exposure_ratio: Floats, ratio: Floats) -> Floats:
    """Two-sided exact p of `rate ratio == ratio`: all splits no more likely than the observed.

    The same p as R's `poisson.test`. `exposure_ratio` is exposure after divided by before.

    >>> zero = np.array([7.0]), np.array([2.0]), np.array([1.0]), np.array([1.0])
    >>> exact_p(*zero).round(6)
    array([0.179688])
    """
    from scipy import stats

    n = before + after
    p0 = _null_probability(exposure_ratio, ratio)
    expected = n * p0
    dist = stats.binom(n, p0)
    bar = dist.pmf(after) * _RELATIVE_SLACK
    low_side = after < expected

    # the far tail starts at the first outcome, away from the mean, that is no more likely
    lo = np.where(low_side, np.ceil(expected), -1.0)
    hi = np.where(low_side, n + 1, np.floor(expected) + 1)
    while np.any(hi - lo > 0.5):
        open_ = hi - lo > 0.5
        mid = np.floor((lo + hi) / 2)
        rare = dist.pmf(mid) <= bar
        # above the mean rarity begins at some point and stays, below it ends at some point
        go_left = np.where(low_side, rare, ~rare)
        hi = np.where(open_ & go_left, mid, hi)
        lo = np.where(open_ & ~go_left, mid + 1, lo)
    far = np.where(low_side, dist.sf(lo - 1), dist.cdf(lo - 1))
    near = np.where(low_side, dist.cdf(after), dist.sf(after - 1))
    p = np.minimum(1.0, near + far)
    return np.asarray(np.where(after == expected, 1.0, p), dtype=np.float64)


def mid_p(before: Floats, after: Floats, exposure_ratio: Floats, ratio: Floats) -> Floats:
    """Two-sided mid-p: twice the smaller tail, with half the weight of the observed split.

    Lancaster (1961, JASA 56:223). Less conservative than the exact test, and not guaranteed.

    >>> mid_p(np.array([7.0]), np.array([2.0]), np.array([1.0]), np.array([1.0])).round(6)
    array([0.109375])
    """
    p0 = _null_probability(exposure_ratio, ratio)
    lower = _mid_tail(before, after, p0)
    upper = _mid_tail(after, before, 1 - p0)
    return np.asarray(np.minimum(1.0, 2 * np.minimum(lower, upper)), dtype=np.float64)


def exact_interval(
    before: Floats, after: Floats, exposure_ratio: Floats, level: float
) -> tuple[Floats, Floats]:
    """Exact (Clopper-Pearson) limits of the rate ratio; an unbounded limit is NaN.

    >>> low, high = exact_interval(np.array([7.0]), np.array([2.0]), np.array([1.0]), 0.95)
    >>> low.round(6), high.round(6)
    (array([0.02896]), array([1.500585]))
    """
    from scipy import stats

    tail = (1 - level) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        low = np.where(after > 0, stats.beta.ppf(tail, after, before + 1), 0.0)
        high = np.where(before > 0, stats.beta.ppf(1 - tail, after + 1, before), 1.0)
    return _odds(low, exposure_ratio), _odds(high, exposure_ratio)


def mid_p_interval(
    before: Floats, after: Floats, exposure_ratio: Floats, level: float
) -> tuple[Floats, Floats]:
    """The ratios that the mid-p test does not reject; an unbounded limit is NaN."""
    tail = (1 - level) / 2
    low = np.where(after > 0, _solve_mid(before, after, 1 - tail), 0.0)
    high = np.where(before > 0, _solve_mid(before, after, tail), 1.0)
    return _odds(low, exposure_ratio), _odds(high, exposure_ratio)


def count_interval(count: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """Exact limits of the mean of a single count (Garwood 1936, Biometrika 28:437).

    >>> low, high = count_interval(np.array([0.0, 10.0]))
    >>> low.round(3), high.round(3)
    (array([0.   , 4.795]), array([ 3.689, 18.39 ]))
    """
    from scipy import stats

    tail = (1 - level) / 2
    with np.errstate(invalid="ignore"):
        low = np.where(count > 0, stats.chi2.ppf(tail, 2 * count) / 2, 0.0)
    # an unknown count has no limits
    low = np.where(np.isnan(count), np.nan, low)
    return low, np.asarray(stats.chi2.ppf(1 - tail, 2 * count + 2) / 2, dtype=np.float64)


def difference_interval(
    before: Floats, after: Floats, exposure_before: Floats, exposure_after: Floats, level: float
) -> tuple[Floats, Floats]:
    """Limits of the difference of two rates, after minus before, by MOVER from exact limits.

    Zou and Donner (2008, Statistics in Medicine 27:1693) on Garwood's limits of each count.
    """
    r0, r1 = before / exposure_before, after / exposure_after
    l0, u0 = (v / exposure_before for v in count_interval(before, level))
    l1, u1 = (v / exposure_after for v in count_interval(after, level))
    d = r1 - r0
    return d - np.hypot(r1 - l1, u0 - r0), d + np.hypot(u1 - r1, r0 - l0)


def equivalence_p(before: Floats, after: Floats, exposure_ratio: Floats, margin: float) -> Floats:
    """p of two one-sided exact tests that the ratio lies between `1 - margin` and its inverse.

    Small where the two rates are shown to be alike.
    """
    from scipy import stats

    n = before + after
    floor = np.full_like(after, 1 - margin)
    at_floor = stats.binom(n, _null_probability(exposure_ratio, floor))
    at_ceiling = stats.binom(n, _null_probability(exposure_ratio, 1 / floor))
    p = np.maximum(at_floor.sf(after - 1), at_ceiling.cdf(after))
    return np.asarray(p, dtype=np.float64)


def _null_probability(exposure_ratio: Floats, ratio: Floats) -> Floats:
    odds = ratio * exposure_ratio
    return np.asarray(odds / (1 + odds), dtype=np.float64)


def _mid_tail(before: Floats, after: Floats, p: Floats) -> Floats:
    from scipy import stats

    dist = stats.binom(before + after, p)
    return np.asarray(dist.cdf(after) - 0.5 * dist.pmf(after), dtype=np.float64)


def _solve_mid(before: Floats, after: Floats, target: float) -> Floats:
    # the lower mid tail falls as p rises; 60 halvings of (0, 1) are finer than a double needs
    lo, hi = np.zeros_like(after), np.ones_like(after)
    for _ in range(60):
        mid = (lo + hi) / 2
        above = _mid_tail(before, after, mid) > target
        lo, hi = np.where(above, mid, lo), np.where(above, hi, mid)
    return (lo + hi) / 2


def _odds(p: Floats, exposure_ratio: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = p / (1 - p) / exposure_ratio
    return np.asarray(np.where(np.isfinite(odds), odds, np.nan), dtype=np.float64)
