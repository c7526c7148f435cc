"""How many answers a change of shares would have needed: the two-proportion test turned round.

No document prints the base of its shares. The test can then only be asked backwards: from which
base in each of two equal waves would the printed change be significant? Weights and clustering make
a survey worth fewer answers than it has, so that the bases here are effective ones and the least
that would do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from scipy import stats


@dataclass(frozen=True)
class SmallestBase:
    """Bases per wave, both waves equal; shares as proportions.

    `as_printed` is for the printed shares (None where they are equal); `least` and `most` are for
    the largest and the smallest change that rounding leaves possible (`most` None where the change
    may be nothing); `for_power` gives 80 % power against the printed change.
    """

    change_low: float
    change_high: float
    as_printed: int | None
    least: int | None
    most: int | None
    for_power: int | None

    def to_dict(self) -> dict[str, Any]:
        return {
            "smallest_base": self.as_printed,
            "smallest_base_range": [self.least, self.most],
            "base_for_80_percent_power": self.for_power,
            "change_range_points": [
                round(100 * self.change_low, 10),
                round(100 * self.change_high, 10),
            ],
        }


def significant_base(share_before: float, share_after: float, alpha: float = 0.05) -> int | None:
    """The smallest n per wave at which the pooled two-proportion z test has p < alpha.

    `z = |d| / sqrt(2 q (1 - q) / n)` with `q` the mean of the two shares; None for equal shares.

    >>> significant_base(0.24, 0.19), significant_base(0.17, 0.18)
    (519, 11093)
    """
    d = abs(share_after - share_before)
    if d < 1e-12:
        return None
    q = (share_before + share_after) / 2
    z = float(stats.norm.isf(alpha / 2))
    n = max(1, math.floor(2 * q * (1 - q) * (z / d) ** 2))
    while two_share_p(share_before, share_after, n, n) >= alpha:
        n += 1
    return n


def two_share_p(share_before: float, share_after: float, n_before: float, n_after: float) -> float:
    """Two-sided p of the pooled two-proportion z test of simple random samples.

    >>> round(two_share_p(0.24, 0.19, 519, 519), 4)
    0.0499
    """
    pooled = (n_before * share_before + n_after * share_after) / (n_before + n_after)
    variance = pooled * (1 - pooled) * (1 / n_before + 1 / n_after)
    if variance <= 0:
        return 1.0
    return float(2 * stats.norm.sf(abs(share_after - share_before) / math.sqrt(variance)))


def smallest_base(
    share_before: float,
    share_after: float,
    half_before: float,
    half_after: float,
    alpha: float = 0.05,
) -> SmallestBase:
    """Bases at which a printed change of shares would be significant, with rounding both ways.

    `half_before`, `half_after` are how far rounding may have moved each share (0.005 for a whole
    percent).

    >>> b = smallest_base(0.17, 0.18, 0.005, 0.005)
    >>> b.as_printed, b.most, [round(100 * x, 6) for x in (b.change_low, b.change_high)]
    (11093, None, [0.0, 2.0])
    """
    d = share_after - share_before
    reach = half_before + half_after
    low, high = round(d - reach, 12) + 0.0, round(d + reach, 12) + 0.0
    # rounding moves both shares apart (least base) or together (most)
    sign = 1.0 if d >= 0 else -1.0
    far = _clip(share_before - sign * half_before), _clip(share_after + sign * half_after)
    near = _clip(share_before + sign * half_before), _clip(share_after - sign * half_after)
    may_be_nothing = low <= 1e-12 and high >= -1e-12
    return SmallestBase(
        change_low=low,
        change_high=high,
        as_printed=significant_base(share_before, share_after, alpha),
        least=significant_base(*far, alpha),
        most=None if may_be_nothing else significant_base(*near, alpha),
        for_power=_powered_base(share_before, share_after, alpha),
    )


def _powered_base(share_before: float, share_after: float, alpha: float) -> int | None:
    if abs(share_after - share_before) < 1e-12:
        return None
    from statsmodels.stats.power import NormalIndPower
    from statsmodels.stats.proportion import proportion_effectsize

    effect = proportion_effectsize(share_after, share_before)
    n = NormalIndPower().solve_power(effect_size=effect, alpha=alpha, power=0.8)
    return math.ceil(float(n))


def _clip(share: float) -> float:
    return min(1.0, max(0.0, share))
