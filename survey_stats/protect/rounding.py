"""Bases and shares rounded for print."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from survey_stats.protect.rules import Rule

_BASES = ("n", "n_before", "n_after", "n_effective", "df", "change_df")
_WHOLE = ("n", "n_before", "n_after")
_SHARES = ("estimate", "share", "before", "after")
_ENDS = (
    "difference",
    "difference_low",
    "difference_high",
    "rest_low",
    "rest_high",
    "survey_low",
    "survey_high",
    "coding_low",
    "coding_high",
)
_ERRORS = ("se", "change_se")


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
    """Bases and shares as multiples of the rule's steps; the same frame where it does not round.

    A base is rounded half up, and one that is shown is never rounded to 0. So are degrees of
    freedom, which are the base less the strata in a simple design; standard errors become multiples
    of a tenth of the step of the shares, and a design effect is that of the rounded bases.

    >>> from survey_stats.protect.rules import Rounding
    >>> frame = pd.DataFrame({"estimate": [0.347], "n": [52]})
    >>> rounded(frame, Rule("r", rounding=Rounding(5, share=0.01))).values.tolist()
    [[0.35, 50]]
    """
    steps = rule.rounding
    if steps is None:
        return frame
    out = frame.copy()
    for column in (c for c in _BASES if c in out):
        n = pd.to_numeric(out[column]).astype("Float64")
        near = pd.Series(np.floor(n / steps.base + 0.5) * steps.base, index=out.index)
        near = near.where(~((n > 0) & (near == 0)), float(steps.base))
        out[column] = near.astype("Int64" if column in _WHOLE else "Float64")
    if "deff" in out:
        known = pd.to_numeric(out["deff"]).notna()
        made = out["n"] / out["n_effective"] if {"n", "n_effective"} <= set(out) else np.nan
        out["deff"] = pd.Series(made, index=out.index).astype("Float64").where(known)
    if steps.share is None:
        return out
    for column in out.columns:
        if column in _SHARES or str(column).endswith(_ENDS) or column in ("ci_low", "ci_high"):
            out[column] = _multiples(out[column], steps.share)
        elif column in _ERRORS:
            out[column] = _multiples(out[column], steps.share / 10)
    return out


def _multiples(values: pd.Series[Any], step: float) -> pd.Series[Any]:
    numbers = pd.to_numeric(values).astype("Float64")
    # 0.35 and not 0.35000000000000003
    return ((numbers / step).round() * step).round(10)
