"""The next count of a series: test and prediction interval, by chance alone or by more.

Arrays have one value for each series.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from survey_stats.compare import poisson

Floats = NDArray[np.float64]
Function = Callable[[Floats, Floats, Floats], tuple[Floats, ...]]


class Expectation(Protocol):
    """What is expected of the next count, and how sure that is."""

    def p_value(self, count: Floats) -> Floats: ...

    def equivalence_p(self, count: Floats, margin: float) -> Floats: ...

    def ratio_interval(self, count: Floats, level: float) -> tuple[Floats, Floats]: ...


@dataclass(frozen=True, eq=False)
class ByChance:
    """The next count of a Poisson series of which `earlier` events are known.

    The next period has `exposure_ratio` times the exposure of the earlier ones. Tests and limits
    are those of two Poisson counts, so that the prediction interval is exact too (Nelson 1970,
    IEEE Transactions on Reliability 19:19).
    """

    earlier: Floats
    exposure_ratio: Floats

    def p_value(self, count: Floats) -> Floats:
        def exact(n0: Floats, n1: Floats, relative: Floats) -> tuple[Floats]:
            return (poisson.exact_p(n0, n1, relative, np.ones_like(n0)),)

        return self._where_any(count, exact)[0]

    def equivalence_p(self, count: Floats, margin: float) -> Floats:
        def same(n0: Floats, n1: Floats, relative: Floats) -> tuple[Floats]:
            return (poisson.equivalence_p(n0, n1, relative, margin),)

        return self._where_any(count, same)[0]

    def ratio_interval(self, count: Floats, level: float) -> tuple[Floats, Floats]:
        def limits(n0: Floats, n1: Floats, relative: Floats) -> tuple[Floats, Floats]:
            return poisson.exact_interval(n0, n1, relative, level)

        low, high = self._where_any(count, limits, 2)
        return low, high

    def _where_any(self, count: Floats, function: Function, n: int = 1) -> list[Floats]:
        """`function` of earlier, later and exposure where anything was counted, else NaN."""
        any_ = np.isfinite(self.exposure_ratio) & (self.earlier + count > 0)
        out = [np.full(count.shape, np.nan) for _ in range(n)]
        if any_.any():
            results = function(self.earlier[any_], count[any_], self.exposure_ratio[any_])
            for whole, part in zip(out, results, strict=True):
                whole[any_] = part
        return out


@dataclass(frozen=True, eq=False)
class Cautious:
    """Two expectations of one count: never surer than the less sure of them.

    Where `wide` knows nothing, `plain` alone.
    """

    plain: Expectation
    wide: Expectation

    def p_value(self, count: Floats) -> Floats:
        return np.fmax(self.plain.p_value(count), self.wide.p_value(count))

    def equivalence_p(self, count: Floats, margin: float) -> Floats:
        plain, wide = (e.equivalence_p(count, margin) for e in (self.plain, self.wide))
        return np.fmax(plain, wide)

    def ratio_interval(self, count: Floats, level: float) -> tuple[Floats, Floats]:
        low, high = self.plain.ratio_interval(count, level)
        wide_low, wide_high = self.wide.ratio_interval(count, level)
        # an open upper limit of a known interval stays open
        known = ~np.isnan(wide_low)
        return np.fmin(low, wide_low), np.where(known, np.maximum(high, wide_high), high)


def prediction_interval(
    expectation: Expectation, expected: Floats, level: float
) -> tuple[Floats, Floats]:
    """The lowest and highest count that the test of `expectation` does not reject at `1 - level`.

    NaN where nothing is known, and for a limit above 10**9.

    >>> by_chance = ByChance(np.array([1158.0]), np.array([0.25]))
    >>> prediction_interval(by_chance, np.array([289.5]), 0.95)
    (array([253.]), array([327.]))
    """
    alpha = 1 - level
    start = np.where(np.isfinite(expected), np.floor(np.maximum(expected, 0.0)), 0.0)
    known = np.isfinite(expectation.p_value(start + 1))

    def kept(count: Floats) -> NDArray[np.bool_]:
        p = expectation.p_value(count)
        # nothing counted in any period has no test and speaks against nothing
        return np.asarray(np.isnan(p) | (p > alpha), dtype=bool)

    inside, outside = start.copy(), start + 1
    while True:
        grow = kept(outside) & (outside < 1e9)
        if not grow.any():
            break
        inside = np.where(grow, outside, inside)
        outside = np.where(grow, start + 2 * (outside - start), outside)
    high = _edge(kept, inside, outside)
    high = np.where(outside >= 1e9, np.nan, high)
    zero = np.zeros_like(start)
    low = np.where(kept(zero), 0.0, _edge(kept, start, zero))
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def _edge(kept: Callable[[Floats], NDArray[np.bool_]], inside: Floats, outside: Floats) -> Floats:
    """The last whole number that is kept on the way from `inside` to `outside`."""
    while np.any(np.abs(outside - inside) > 1):
        open_ = np.abs(outside - inside) > 1
        middle = np.trunc((inside + outside) / 2)
        stays = kept(middle)
        inside = np.where(open_ & stays, middle, inside)
        outside = np.where(open_ & ~stays, middle, outside)
    return inside
