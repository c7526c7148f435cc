"""Ratios and odds ratios of the two sides of a comparison, with intervals on the log scale.

The delta method on the logarithm (Särndal, Swensson and Wretman 1992, section 5.5; as
`svycontrast(quote(log(a / b)))` of R survey), with the covariance of the two sides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

Measure = Literal["ratio", "odds_ratio"]
MEASURES: tuple[str, ...] = get_args(Measure)


@dataclass(frozen=True, eq=False)
class Relative:
    """After relative to before, a value for each comparison.

    Attributes
    ----------
    measure: "ratio" (after / before) or "odds_ratio"
    value: 1 where nothing changed
    se_log: standard error of the logarithm
    ci_low, ci_high: interval of this comparison alone
    flag: "" or why there is no value or no interval
    """

    measure: str
    value: Floats
    se_log: Floats
    ci_low: Floats
    ci_high: Floats
    flag: tuple[str, ...]


def log_slopes(measure: str, before: Floats, after: Floats) -> tuple[Floats, Floats]:
    """How the logarithm of a measure moves with before and with after.

    >>> [s.tolist() for s in log_slopes("odds_ratio", np.array([0.5]), np.array([0.5]))]
    [[-4.0], [4.0]]
    """
    with np.errstate(divide="ignore"):
        if measure == "ratio":
            return -1 / before, 1 / after
        return -1 / (before * (1 - before)), 1 / (after * (1 - after))


def relate(
    measure: str,
    before: Floats,
    after: Floats,
    df: Floats,
    flags: tuple[str, ...],
    level: float,
    variance: Callable[[Ints, Floats, Floats], Floats],
) -> Relative:
    """The measure of every comparison; `variance(rows, low, high)` is that of low b + high a.

    Arrays are of one length; `flags` say which comparisons have no test.
    """
    size = before.size
    flag = np.array([*flags, ""], dtype=object)[:size]
    top = 1.0 if measure == "odds_ratio" else np.inf
    with np.errstate(invalid="ignore"):
        for side, value in (("before", before), ("after", after)):
            low, high = value <= 0, value >= top
            flag[(flag == "") & low] = f"{side} is not above zero"
            flag[(flag == "") & high] = f"{side} is not under one"
    rows = np.flatnonzero((flag == "") & np.isfinite(before) & np.isfinite(after))
    one, other = before[rows], after[rows]
    value, se, ends = np.full(size, np.nan), np.full(size, np.nan), np.full((2, size), np.nan)
    ratio = other / one
    value[rows] = ratio if measure == "ratio" else ratio * (1 - one) / (1 - other)
    se[rows] = np.sqrt(np.maximum(variance(rows, *log_slopes(measure, one, other)), 0.0))
    reach = special.stdtrit(df, (1 + level) / 2) * se
    with np.errstate(over="ignore", invalid="ignore"):
        ends[:] = value * np.exp(-reach), value * np.exp(reach)
    # an interval that ends at infinity, or has no width, is none
    still = ~(reach > 0)
    wide = ~np.isfinite(ends[1]) | (ends[0] == 0)
    flag[(flag == "") & still] = "standard error 0: the two sides are the same answers"
    flag[(flag == "") & wide] = "no interval: too few degrees of freedom"
    bad = still | wide
    ends[:, bad] = np.nan
    se[still] = np.nan
    return Relative(measure, value, se, ends[0], ends[1], tuple(flag.tolist()))
