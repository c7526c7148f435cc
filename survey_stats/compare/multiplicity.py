"""p-values of a whole family, so that some are not "significant" by sheer number of looks."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from survey_stats.errors import UnknownNameError

Adjustment = Literal["holm", "hochberg", "fdr_bh", "fdr_by", "none"]

# our name -> statsmodels' name
_METHODS = {
    "holm": "holm",
    "hochberg": "simes-hochberg",
    "fdr_bh": "fdr_bh",
    "fdr_by": "fdr_by",
    "none": "",
}


def adjust_p(p_values: ArrayLike, method: str = "holm") -> NDArray[np.float64]:
    """Adjusted p-values in the order given; a missing p is no test and does not count.

    `holm` and `hochberg` bound the chance of any false finding in the family, `fdr_bh`
    (Benjamini-Hochberg) and `fdr_by` (Benjamini-Yekutieli) the expected share of false ones.

    >>> adjust_p([0.01, 0.04, float("nan"), 0.03]).round(3)
    array([0.03, 0.06,  nan, 0.06])

    Raises:
        UnknownNameError: `method` is none of the names above.
    """
    check_method(method)
    p = np.asarray(p_values, dtype=np.float64)
    known = np.isfinite(p)
    out = np.full(p.shape, np.nan)
    if method == "none":
        out[known] = p[known]
    elif known.any():
        from statsmodels.stats.multitest import multipletests

        out[known] = multipletests(p[known], method=_METHODS[method])[1]
    return out


def check_method(method: str) -> None:
    """Raise `UnknownNameError` for a name that `adjust_p` does not know."""
    if method not in _METHODS:
        raise UnknownNameError("adjustment", method, _METHODS, "adjust=")
