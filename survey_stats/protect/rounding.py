"""Bases and shares rounded for print."""

from __future__ import annotations

import numpy as np
import pandas as pd

from survey_stats.protect.rules import Rule

_BASES = ("n", "n_before", "n_after", "n_effective")
_SHARES = ("estimate", "share", "before", "after", "difference", "ci_low", "ci_high")


def rounded(frame: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Bases and shares as multiples of the rule's steps; the same frame where it does not round.

    The base is rounded half up and a base that is shown is never rounded to 0.

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
        out[column] = near.astype("Int64") if column != "n_effective" else near.astype("Float64")
    if steps.share is None:
        return out
    for column in (c for c in _SHARES if c in out):
        share = pd.to_numeric(out[column]).astype("Float64")
        # 0.35 and not 0.35000000000000003
        out[column] = ((share / steps.share).round() * steps.share).round(10)
    return out
