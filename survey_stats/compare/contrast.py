"""The arithmetic of many differences at once: tests, intervals, equivalence, what could be seen.

Every function takes and returns arrays of one length, a value for each comparison; NaN in, NaN out.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

POWER = 0.80
# points between which the smallest detectable difference is interpolated over df
_NODES = 24


def satterthwaite(
    var_before: Floats, df_before: Floats, var_after: Floats, df_after: Floats
) -> Floats:
    """Degrees of freedom of the sum of two independent variance estimates.

    Satterthwaite (1946, Biometrics Bulletin 2:110, equation 17).

    >>> satterthwaite(np.array([1.0]), np.array([10.0]), np.array([1.0]), np.array([10.0]))
    array([20.])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        df = (var_before + var_after) ** 2 / (var_before**2 / df_before + var_after**2 / df_after)
    return np.asarray(df, dtype=np.float64)


def two_sided_p(statistic: Floats, df: Floats) -> Floats:
    """Two-sided p of a t statistic."""
    return np.asarray(2 * special.stdtr(df, -np.abs(statistic)), dtype=np.float64)


def interval(difference: Floats, se: Floats, df: Floats, level: float) -> tuple[Floats, Floats]:
    """Limits of each difference on its own, at `level`."""
    reach = special.stdtrit(df, (1 + level) / 2) * se
    return difference - reach, difference + reach


def equivalence_p(difference: Floats, se: Floats, df: Floats, margin: float) -> Floats:
    """p of two one-sided t tests that the true difference lies within `margin` of zero.

    Schuirmann (1987, J. Pharmacokinetics and Biopharmaceutics 15:657): the larger of the two.

    >>> one = np.array([0.0]), np.array([0.01]), np.array([100.0])
    >>> bool(equivalence_p(*one, margin=0.03)[0] < 0.05)
    True
    """
    above_floor = special.stdtr(df, -(difference + margin) / se)
    below_ceiling = special.stdtr(df, (difference - margin) / se)
    return np.asarray(np.maximum(above_floor, below_ceiling), dtype=np.float64)


def smallest_detectable(se: Floats, df: Floats, alpha: float, power: float = POWER) -> Floats:
    """The true difference that a two-sided test at `alpha` would have found with chance `power`.

    The noncentrality of the t statistic that gives the power, times the standard error.

    >>> smallest_detectable(np.array([1.0]), np.array([1e6]), 0.05).round(3)
    array([2.802])
    """
    few, which = np.unique(df, return_inverse=True)
    known = few > 0
    shift = np.full(few.shape, np.nan)
    if known.sum() <= _NODES:
        shift[known] = _noncentrality(few[known], alpha, power)
    else:
        # slow to find; its logarithm is smooth in 1 / df, and is interpolated to the 8 digits or
        # so to which it can be found
        inverse = 1 / few[known]
        curve = Chebyshev.interpolate(
            lambda u: np.log(_noncentrality(1 / u, alpha, power)),
            _NODES - 1,
            domain=[inverse[-1], inverse[0]],
        )
        shift[known] = np.exp(curve(inverse))
    return np.asarray(shift[which] * se, dtype=np.float64)


def _noncentrality(df: Floats, alpha: float, power: float) -> Floats:
    """Noncentrality with which a t statistic passes the two-sided bar of `alpha`."""
    bar = special.stdtrit(df, 1 - alpha / 2)
    return np.asarray(special.nctdtrinc(df, 1 - power, bar), dtype=np.float64)


def verdicts(
    difference: Floats, p_adjusted: Floats, p_equivalence: Floats, alpha: float
) -> NDArray[np.object_]:
    """The honest verdict of each comparison.

    Significance goes first: a change that is certain but within the margin is still a change, and
    its size stands beside it. `unchanged` needs equivalence to be shown; everything else, and every
    comparison without a test, `cannot be decided`.
    """
    with np.errstate(invalid="ignore"):
        found = p_adjusted <= alpha
        same = ~found & (p_equivalence <= alpha)
    out = np.full(difference.shape, "cannot be decided", dtype=object)
    out[found & (difference > 0)] = "significant increase"
    out[found & (difference < 0)] = "significant decrease"
    out[same] = "unchanged"
    return out
