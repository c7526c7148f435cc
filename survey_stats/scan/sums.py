"""Sums that do not hang on the order of what is summed.

Engines add numbers up in the order in which threads deliver them, so the last digits of a sum of
floats change from run to run. Integers do not: every number is cut into several of 26 bits, whose
sums are exact in 64 bits for up to 2^36 numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BITS = 26
# bits by which the factors of a product may be smaller than the largest ones, each
_RANGE = 20


def shift(largest: float) -> int:
    """The power of two that brings `largest` under 2^26.

    >>> shift(3.5), shift(2.0**26), shift(0.001)
    (24, -1, 35)
    """
    return _BITS - math.frexp(largest)[1]


def count(factors: int) -> int:
    """How many parts keep the digits of products of so many factors a million times smaller.

    >>> count(1), count(2), count(6)
    (3, 4, 7)
    """
    return math.ceil((53 + _RANGE * factors) / _BITS)


def parts(number: Any, power: int, names: Sequence[str]) -> list[Any]:
    """Whole numbers, of these names, whose sums tell that of the expression `number`."""
    import narwhals as nw

    rest, found = number * 2.0**power, []
    for name in names:
        whole = rest.floor()
        found.append(whole.cast(nw.Int64).alias(name))
        rest = (rest - whole) * 2.0**_BITS
    return found


def total(sums: list[NDArray[Any]], power: int) -> NDArray[np.float64]:
    """The sums of the numbers, from those of their parts."""
    result = np.zeros(sums[0].shape)
    for i in reversed(range(len(sums))):
        result += np.ldexp(sums[i].astype(np.float64), -_BITS * i)
    return np.ldexp(result, -power)
