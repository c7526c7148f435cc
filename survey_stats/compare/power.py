"""What two samples of shares can show: power, smallest change, base, and base for an interval.

Arrays of one length throughout. A wave's share p from n answers with design effect deff has the
variance `deff p (1 - p) / (n - 1)`, as `Estimates` counts it. The test is that of `change`: a t
test of the difference with the variance at the two shares themselves. Power is the chance of a
significant difference of the right sign.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from survey_stats.compare import contrast
from survey_stats.estimate.intervals import t_quantile

Floats = NDArray[np.float64]

# halvings of a bracket; rounds in which the df follow the variances
_HALVINGS = 60
_ROUNDS = 12


@dataclass(frozen=True, eq=False)
class Waves:
    """Two waves as they are planned; arrays (R,).

    Attributes
    ----------
    share: before
    n_before, n_after: respondents with an answer
    deff_before, deff_after: design effects against simple random sampling with replacement
    df_before, df_after: of each variance; for clusters PSUs less strata
    tie: correlation of the two estimates, the overlap of the samples times the correlation of the
        answers within it (Kish 1965, Survey Sampling, section 12.4)
    """

    share: Floats
    n_before: Floats
    n_after: Floats
    deff_before: Floats
    deff_after: Floats
    df_before: Floats
    df_after: Floats
    tie: Floats

    def variances(self, change: Floats) -> tuple[Floats, Floats]:
        """Variance of the share before, and after it has changed."""
        p0, p1 = self.share, self.share + change
        p1 = np.where((p1 < 0) | (p1 > 1), np.nan, p1)
        with np.errstate(divide="ignore", invalid="ignore"):
            before = self.deff_before * p0 * (1 - p0) / (self.n_before - 1)
            after = self.deff_after * p1 * (1 - p1) / (self.n_after - 1)
        return before, after

    def error(self, change: Floats) -> tuple[Floats, Floats]:
        """Standard error of the difference and its df when the share changes by `change`."""
        before, after = self.variances(change)
        both = before + after - 2 * self.tie * np.sqrt(before * after)
        df = contrast.satterthwaite(before, self.df_before, after, self.df_after)
        with np.errstate(invalid="ignore"):
            known = np.isfinite(both) & (both > 0) & (self.n_before > 1) & (self.n_after > 1)
            known &= (df > 0) & (self.df_before > 0) & (self.df_after > 0)
        return np.where(known, np.sqrt(np.maximum(both, 0)), np.nan), np.where(known, df, np.nan)


def shift(df: Floats, alpha: float, power: float) -> Floats:
    """How many standard errors a true change must have to be found; as in `Changes`."""
    return contrast.smallest_detectable(np.ones_like(df), df, alpha, power)


def power_of(waves: Waves, change: Floats, alpha: float) -> Floats:
    """Chance that a change of the share by `change` is found.

    >>> n = np.array([394.0])
    >>> one = np.ones(1)
    >>> w = Waves(np.array([0.5]), n, n, one, one, n - 1, n - 1, 0 * one)
    >>> power_of(w, np.array([0.1]), 0.05).round(3)
    array([0.807])
    """
    se, df = waves.error(change)
    bar = special.stdtrit(df, 1 - alpha / 2)
    with np.errstate(invalid="ignore"):
        power = 1 - special.nctdtr(df, np.abs(change) / se, bar)
    return np.where(np.isnan(se), np.nan, power)


def smallest_alike(waves: Waves, alpha: float, power: float) -> Floats:
    """The smallest detectable change with the standard error at equal shares, as in `Changes`."""
    se, df = waves.error(np.zeros_like(waves.share))
    found = shift(df, alpha, power) * se
    return np.where(found > 1, np.nan, found)


def smallest_change(waves: Waves, sign: int, alpha: float, power: float) -> Floats:
    """The smallest increase (`sign` 1) or decrease (-1) found with chance `power`, as a size.

    NaN where not even the largest change that the share allows would be found so often.

    >>> n, one = np.array([500.0]), np.ones(1)
    >>> w = Waves(np.array([0.2]), n, n, one, one, n - 1, n - 1, 0 * one)
    >>> smallest_change(w, 1, 0.05, 0.8).round(4), smallest_change(w, -1, 0.05, 0.8).round(4)
    (array([0.0753]), array([0.066]))
    """
    most = (1 - waves.share) if sign > 0 else waves.share
    change = np.full_like(waves.share, 1e-9) * sign
    df = np.full_like(waves.share, np.nan)
    for _ in range(_ROUNDS):
        last, (_, df) = df, waves.error(change)
        if np.allclose(df, last, rtol=1e-10, equal_nan=True):
            break
        need = shift(df, alpha, power)
        low, high = np.zeros_like(most), most.copy()
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            # a share of 0 or 1 after has no variance of its own, but that before stays
            seen = middle >= need * waves.error(sign * middle)[0]
            low, high = np.where(seen, low, middle), np.where(seen, middle, high)
        change = sign * high
    size = np.abs(change)
    with np.errstate(invalid="ignore"):
        found = power_of(waves, change, alpha) >= power - 1e-6
    return np.where(found, size, np.nan)


def base_each(waves: Waves, change: Floats, alpha: float, power: float) -> Floats:
    """Answers needed in each of two equal waves to find `change`; the bases given are not used.

    Where `df_before` and `df_after` are infinite they are taken to be those of simple samples,
    n - 1; else they stay as they are. NaN where there is nothing to find.
    """

    def of(n: Floats) -> Waves:
        return _sized(waves, n, n)

    def first(need: Floats) -> Floats:
        unit = replace(waves, n_before=np.full_like(need, 2.0), n_after=np.full_like(need, 2.0))
        before, after = unit.variances(change)
        both = before + after - 2 * waves.tie * np.sqrt(before * after)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(1 + both * (need / np.abs(change)) ** 2, dtype=np.float64)

    return _smallest_base(of, first, change, waves, alpha, power)


def base_after(
    waves: Waves, change: Floats, alpha: float, power: float, df_rate: Floats | None = None
) -> Floats:
    """Answers needed in the later wave where the earlier one is as it is.

    With `df_rate` the df of the later wave are that many an answer, else as in `base_each`. NaN
    where no base is enough: the earlier wave alone leaves too much doubt.
    """

    def of(n: Floats) -> Waves:
        sized = _sized(waves, waves.n_before, n)
        return sized if df_rate is None else replace(sized, df_after=df_rate * n)

    def first(need: Floats) -> Floats:
        unit = replace(waves, n_after=np.full_like(need, 2.0))
        before, after = unit.variances(change)
        target = (np.abs(change) / need) ** 2
        # the largest standard error of the later share that leaves the difference sure enough
        inner = target - (1 - waves.tie**2) * before
        with np.errstate(invalid="ignore", divide="ignore"):
            root = waves.tie * np.sqrt(before) + np.sqrt(inner)
            return np.where(root > 0, 1 + after / root**2, np.nan)

    return _smallest_base(of, first, change, waves, alpha, power)


def _sized(waves: Waves, n_before: Floats, n_after: Floats) -> Waves:
    return replace(
        waves,
        n_before=n_before,
        n_after=n_after,
        df_before=np.where(np.isinf(waves.df_before), n_before - 1, waves.df_before),
        df_after=np.where(np.isinf(waves.df_after), n_after - 1, waves.df_after),
    )


def _smallest_base(
    of: Callable[[Floats], Waves],
    first: Callable[[Floats], Floats],
    change: Floats,
    waves: Waves,
    alpha: float,
    power: float,
) -> Floats:
    """The smallest whole n whose waves `of(n)` have the power.

    `first` is n for a difference of so many standard errors. How many are needed follows from the
    df and these from n, so that n is found by turns, and the whole number is then made sure of.
    """
    after = waves.share + change
    with np.errstate(invalid="ignore"):
        sensible = (change != 0) & (after >= 0) & (after <= 1)
    need = np.full_like(change, float(shift(np.array([np.inf]), alpha, power)[0]))
    n = np.full_like(change, np.nan)
    for _ in range(_ROUNDS):
        n, last = first(need), n
        if np.allclose(n, last, rtol=1e-9, equal_nan=True):
            break
        need = shift(of(np.maximum(n, 2.0)).error(change)[1], alpha, power)
    n = np.maximum(np.ceil(n - 1e-6), 2.0)
    for _ in range(_ROUNDS):
        with np.errstate(invalid="ignore"):
            short = power_of(of(n), change, alpha) < power - 1e-9
            spare = (n > 2) & (power_of(of(n - 1), change, alpha) >= power - 1e-9)
        if not (short | spare).any():
            break
        n = n + short - (spare & ~short)
    with np.errstate(invalid="ignore"):
        found = power_of(of(n), change, alpha) >= power - 1e-9
    return np.where(sensible & found, n, np.nan)


def base_for_interval(share: Floats, half_width: Floats, deff: Floats, t: Floats) -> Floats:
    """Answers needed for a Wilson interval that is `half_width` to each side, on average.

    The half width of `intervals.wilson`, solved for the effective n: with x = t^2 / n it is
    `sqrt(x p q + x^2 / 4) / (1 + x)`. A design effect under 1 gains nothing, as there.

    >>> base_for_interval(np.array([0.2]), np.array([0.03]), np.ones(1), np.array([1.96])).round()
    array([681.])
    """
    pq, h2 = share * (1 - share), half_width**2
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = 0.25 - h2, pq - 2 * h2
        x = (-b + np.sqrt(b**2 + 4 * a * h2)) / (2 * a)
        n = np.maximum(deff, 1.0) * t**2 / x
    sensible = (half_width > 0) & (half_width < 0.5) & (share >= 0) & (share <= 1)
    return np.where(sensible, n, np.nan)


def half_width(share: Floats, n: Floats, deff: Floats, df: Floats, level: float) -> Floats:
    """Half the width of the Wilson interval that n answers will give."""
    with np.errstate(divide="ignore", invalid="ignore"):
        x = t_quantile(df, level) ** 2 * np.maximum(deff, 1.0) / n
        return np.asarray(np.sqrt(x * share * (1 - share) + x**2 / 4) / (1 + x), dtype=np.float64)
