"""p-values of a whole family, so that some are not "significant" by sheer number of looks."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from survey_stats.errors import UnknownNameError

Adjustment = Literal["holm", "hochberg", "fdr_bh", "fdr_by", "none"]


def adjust_p(p_values: ArrayLike, method: str = "holm") -> NDArray[np.float64]:
    """Adjusted p-values in the order given; a missing p is no test and does not count.

    `holm` and `hochberg` bound the chance of any false finding in the family, `fdr_bh`
    (Benjamini-Hochberg) and `fdr_by` (Benjamini-Yekutieli) the expected share of false ones.

    >>> adjust_p([0.01, 0.04, float("nan"), 0.03]).round(3)
    array([0.03, 0.06,  nan, 0.06])

    The k-th smallest of m is multiplied by m - k + 1 (Holm 1979, Scand. J. Statistics 6:65;
    Hochberg 1988, Biometrika 75:800), by m / k (Benjamini and Hochberg 1995, JRSS B 57:289), or by
    that and 1 + 1/2 + ... + 1/m (Benjamini and Yekutieli 2001, Annals of Statistics 29:1165), and
    the products made monotone: Holm from the smallest up, the others from the largest down.

    Raises:
        UnknownNameError: `method` is none of the names above.
    """
    check_method(method)
    p = np.asarray(p_values, dtype=np.float64)
    known = np.flatnonzero(np.isfinite(p))
    out = np.full(p.shape, np.nan)
    if method == "none":
        out[known] = p[known]
        return out
    order = known[np.argsort(p[known], kind="stable")]
    rank = np.arange(1, order.size + 1)
    if method in ("holm", "hochberg"):
        steps = p[order] * rank[::-1]
    else:
        steps = p[order] * (order.size / rank)
        if method == "fdr_by":
            steps *= (1 / rank).sum()
    if method == "holm":
        steps = np.maximum.accumulate(steps)
    else:
        steps = np.minimum.accumulate(steps[::-1])[::-1]
    out[order] = np.minimum(steps, 1.0)
    return out


def strictest_level(alpha: float, tests: int, method: str) -> float:
    """The level at which the smallest p-value of a family of tests is judged.

    >>> strictest_level(0.05, 4, "holm"), round(strictest_level(0.05, 4, "fdr_by"), 4)
    (0.0125, 0.006)
    """
    if method == "none":
        return alpha
    ranks = np.arange(1, max(tests, 1) + 1)
    return float(alpha / ranks.size / ((1 / ranks).sum() if method == "fdr_by" else 1.0))


def check_method(method: str) -> None:
    """Raise `UnknownNameError` for a name that `adjust_p` does not know."""
    names = get_args(Adjustment)
    if method not in names:
        raise UnknownNameError("adjustment", method, names, "adjust=")
