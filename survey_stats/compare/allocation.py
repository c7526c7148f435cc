"""A total number of answers shared out over strata.

Arrays (H,), one value a stratum; sizes are whole numbers that sum to the total.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from survey_stats.errors import InputError, UnknownNameError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Allocation = Literal["proportional", "equal", "power", "neyman"]


def allocation_weights(
    rule: Allocation, population: Floats, share: Floats, deff: Floats, exponent: float
) -> Floats:
    """What the sizes of the strata are in proportion to.

    - `proportional`: the population N; best for the whole where strata are alike
    - `equal`: the same everywhere; best for comparing strata
    - `neyman`: N S with `S = sqrt(deff p (1 - p))`, the smallest variance of the whole (Neyman
      1934, JRSS 97:558)
    - `power`: `N ** exponent` times the coefficient of variation S / p, between the two aims: equal
      relative precision of all strata at exponent 0, Neyman's for a total at 1 (Bankier 1988, The
      American Statistician 42:174)

    >>> n = np.array([90_000.0, 10_000.0])
    >>> p, one = np.array([0.2, 0.2]), np.ones(2)
    >>> w = allocation_weights("power", n, p, one, 0.5)
    >>> (w / w.sum()).round(2)
    array([0.75, 0.25])

    Raises:
        UnknownNameError: there is no such rule.
    """
    if rule not in get_args(Allocation):
        raise UnknownNameError("allocation", rule, get_args(Allocation))
    spread = np.sqrt(deff * share * (1 - share))
    if rule == "equal":
        return np.ones_like(share)
    if rule == "proportional":
        return population.copy()
    if rule == "neyman":
        return np.asarray(population * spread, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(population**exponent * spread / share, dtype=np.float64)


def allocate(total: int, weights: Floats, least: Floats, most: Floats) -> Ints:
    """Whole numbers in proportion to `weights` that sum to `total`, within `least` and `most`.

    Strata outside their limits are set to them and the rest is shared out again; what rounding
    leaves over goes to the largest remainders.

    >>> three = np.array([5.0, 3.0, 2.0])
    >>> allocate(102, three, np.full(3, 25.0), np.full(3, np.inf))
    array([48, 29, 25])

    Raises:
        InputError: the limits leave no room for the total.
    """
    if not least.sum() <= total <= most.sum():
        raise InputError(
            f"{total} answers cannot be shared out: the strata need at least {least.sum():.0f} and "
            f"can give at most {most.sum():.0f}; change n or minimum"
        )
    size = np.full(weights.shape, np.nan)
    while np.isnan(size).any():
        free = np.isnan(size)
        rest = total - size[~free].sum()
        # strata without weight share equally what nobody else takes
        w = weights[free] if weights[free].sum() > 0 else np.ones(int(free.sum()))
        wanted = rest * w / w.sum()
        low, high = least[free], most[free]
        short, over = (low - wanted).clip(min=0), (wanted - high).clip(min=0)
        if not (short.any() or over.any()):
            size[free] = wanted
            break
        # the limits that bind on the heavier side are sure to bind in the end
        fixed = short > 0 if short.sum() >= over.sum() else over > 0
        value = np.where(fixed, low if short.sum() >= over.sum() else high, np.nan)
        size[free] = value
    whole = np.floor(size + 1e-9)
    order = np.argsort(-(size - whole), kind="stable")
    order = order[whole[order] < most[order]]
    extra = round(float(total - whole.sum()))
    whole[order[:extra]] += 1
    return whole.astype(np.int64)
