"""Bases and shares rounded for print, and all other numbers worked out from the rounded ones.

A number that was rounded by itself would tell more than the rounded ones beside it: a difference of
two shares, rounded on its own, bounds both of them. So whatever follows from shares and bases is
made of those that are printed, and what does not (design effects, errors of differences) is coarse.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.protect.rules import Rule

Floats = NDArray[np.float64]

BASES = ("n", "n_before", "n_after")
_SHARES = ("estimate", "share", "before", "after")
_CLASSES = (0.001, 0.01, 0.05, 0.1, 0.5, 1.0)
"""p-values are rounded up to one of these."""


def rounded_base(n: int, rule: Rule) -> int:
    """A number of answers as the rule lets it be printed.

    >>> from survey_stats.protect.rules import Rounding
    >>> [rounded_base(n, Rule("r", rounding=Rounding(5))) for n in (0, 2, 52, 53)]
    [0, 5, 50, 55]
    """
    if rule.rounding is None:
        return n
    step = rule.rounding.base
    return max(int(np.floor(n / step + 0.5)) * step, step if n > 0 else 0)


def rounded(frame: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """The frame of an Estimates or a Changes as the rule rounds it; the same where it does not.

    A base is rounded half up, and one that is shown is never rounded to 0; shares become multiples
    of the rule's step. Then, of the rounded numbers:

    - effective bases by the design effect rounded to one decimal, as bases; the design effect then
      is that of both;
    - degrees of freedom: the base, where they are nearly it, else rounded like one;
    - standard errors of shares, and their intervals (Wilson's, as everywhere), to whole steps;
    - differences, with standard errors and intervals widened to whole steps;
    - p-values, up to 0.001, 0.01, 0.05, 0.1, 0.5 or 1.

    >>> from survey_stats.protect.rules import Rounding
    >>> frame = pd.DataFrame({"before": [0.347], "after": [0.394], "difference": [0.047],
    ...                       "n_before": [52], "n_after": [61]})
    >>> rounded(frame, Rule("r", rounding=Rounding(5, share=0.01))).values.tolist()
    [[0.35, 0.39, 0.04, 50, 60]]
    """
    steps = rule.rounding
    if steps is None:
        return frame
    out = frame.copy()
    exact = {c: floats(frame, c) for c in ("n", "n_effective", "df", "se", "ci_low", "ci_high")}
    for column in (c for c in BASES if c in out):
        out[column] = _base(out[column], steps.base)
    if "n_effective" in out and "n" in out:
        n = floats(out, "n")
        size = n / _design_effect(exact["n"], exact["n_effective"])
        size = np.maximum(np.floor(size / steps.base + 0.5), 1) * steps.base
        put(out, "n_effective", size, exact["n_effective"])
        if "deff" in out:
            put(out, "deff", n / size, floats(frame, "deff"))
    if "df" in out:
        near = floats(out, "n") if "n" in out else floats(out, "n_before") + floats(out, "n_after")
        put(out, "df", freedom(exact["df"], near, steps.base), exact["df"])
    step = steps.share
    if step is None:
        return out
    for column in (c for c in _SHARES if c in out):
        out[column] = multiples(out[column], step)
    if "before" in out and "after" in out:
        return _differences(out, frame, step)
    share = "share" if "share" in out else "estimate"
    if share in out and frame.attrs.get("statistic", "share") == "share":
        _errors(out, exact, share, step, float(frame.attrs.get("level", 0.95)))
    return out


def freedom(df: Floats, n: Floats, step: int) -> Floats:
    """Degrees of freedom that tell no more than a rounded base does.

    Of respondents drawn one by one they are the base less the strata, so the rounded base stands
    for them; of clusters they are far fewer, and tell nothing of it.

    >>> freedom(np.array([49.0, 13.0]), np.array([55.0, 300.0]), 5).tolist()
    [55.0, 15.0]
    """
    with np.errstate(invalid="ignore"):
        coarse = np.maximum(np.floor(df / step + 0.5), 1) * step
        return np.where(df >= n / 2, n, coarse)


def p_class(p: pd.Series[Any]) -> pd.Series[Any]:
    """p-values rounded up to classes, on the same side of 0.05 as they were.

    >>> p_class(pd.Series([0.0002, 0.043, 0.051])).tolist()
    [0.001, 0.05, 0.1]
    """
    values = pd.to_numeric(p).to_numpy(np.float64, na_value=np.nan)
    known = np.isfinite(values)
    place = np.searchsorted(np.array(_CLASSES), np.where(known, values, 0.0))
    found = np.array(_CLASSES)[np.minimum(place, len(_CLASSES) - 1)]
    return pd.Series(np.where(known, found, np.nan), index=p.index).astype("Float64")


def multiples(values: pd.Series[Any], step: float) -> pd.Series[Any]:
    """Values as multiples of a step."""
    numbers = pd.to_numeric(values).astype("Float64")
    # 0.35 and not 0.35000000000000003
    return ((numbers / step).round() * step).round(10)


def upwards(values: Floats, step: float) -> Floats:
    """Values rounded up to whole steps.

    >>> upwards(np.array([0.011, 0.02]), 0.01).tolist()
    [0.02, 0.02]
    """
    return np.asarray((np.ceil(values / step - 1e-9) * step).round(10), dtype=np.float64)


def _errors(
    out: pd.DataFrame, exact: dict[str, Floats], share: str, step: float, level: float
) -> None:
    """Standard errors and intervals of shares from what is printed of them."""
    from survey_stats.estimate.intervals import t_quantile, wilson

    p, size = floats(out, share), floats(out, "n_effective" if "n_effective" in out else "n")
    with np.errstate(invalid="ignore", divide="ignore"):
        size = np.fmin(size, floats(out, "n")) if "n" in out else size
        if "se" in out:
            put(out, "se", np.sqrt(p * (1 - p) / size), exact["se"])
        if {"ci_low", "ci_high"} <= set(out):
            df = floats(out, "df") if "df" in out else np.full(len(out), np.inf)
            low, high = wilson(p, size, t_quantile(df, level))
            put(out, "ci_low", np.floor(low / step + 1e-9) * step, exact["ci_low"])
            put(out, "ci_high", np.minimum(upwards(high, step), 1.0), exact["ci_high"])


def _differences(out: pd.DataFrame, frame: pd.DataFrame, step: float) -> pd.DataFrame:
    """The differences of printed shares, with errors as whole steps."""
    made = floats(out, "after") - floats(out, "before")
    if "difference" in out:
        put(out, "difference", made, floats(frame, "difference"))
    for bound, sign in (("ci_low", -1), ("ci_high", 1)):
        if bound in out:
            half = sign * (floats(frame, bound) - floats(frame, "difference"))
            put(out, bound, made + sign * upwards(half, step), floats(frame, bound))
    for column in ("se", "smallest_detectable"):
        if column in out:
            out[column] = pd.Series(upwards(floats(frame, column), step), index=out.index)
    for column in [str(c) for c in out if str(c).startswith("p_")]:
        out[column] = p_class(out[column])
    if "statistic" in out:
        # difference and error would be known from it
        out["statistic"] = np.nan
    return out


def _design_effect(n: Floats, effective: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.maximum(np.round(n / effective, 1), 0.1)


def _base(values: pd.Series[Any], step: int) -> pd.Series[Any]:
    n = pd.to_numeric(values).astype("Float64")
    near = pd.Series(np.floor(n / step + 0.5) * step, index=values.index)
    lost = ((n > 0) & (near == 0)).fillna(False).astype(bool)
    return near.mask(lost, float(step)).astype("Int64")


def floats(frame: pd.DataFrame, column: str) -> Floats:
    """A column as numbers, missing ones and a column that is not there as NaN; (n,)."""
    if column not in frame:
        return np.full(len(frame), np.nan)
    values = pd.to_numeric(frame[column])
    return np.asarray(values.to_numpy(np.float64, na_value=np.nan))


def put(out: pd.DataFrame, column: str, values: Floats, known: Floats) -> None:
    """New numbers (n,) in a column where `known` are some; rounding noise is left out."""
    kept = np.where(np.isfinite(known), np.round(values, 10), np.nan)
    out[column] = pd.Series(kept, index=out.index).astype("Float64")
