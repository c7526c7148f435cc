"""The table of coefficients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import special

from survey_stats.estimate.contrasts import ROUNDING
from survey_stats.estimate.intervals import t_quantile

if TYPE_CHECKING:
    from survey_stats.explain.models.result import Model


def table(model: Model, exponentiate: bool) -> pd.DataFrame:
    """One row a parameter, and one a column that was dropped; see `Model.to_frame`."""
    estimate = model.fit.theta
    se = np.sqrt(np.maximum(np.diag(model.fit.cov), 0.0))
    df = np.full(estimate.size, model.df)
    still = (se == 0) | (se < ROUNDING * np.abs(estimate))
    half = t_quantile(df, model.level) * np.where(still, np.nan, se)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(still, np.nan, estimate / se)
        p = 2 * special.stdtr(np.maximum(df, 1e-300), -np.abs(statistic))
    p = np.where((df > 0) & ~still, p, np.nan)
    flag = np.full(estimate.size, "", dtype=object)
    flag[still] = "no test or interval: the standard error is zero"
    flag[df <= 0] = "no interval: no df, too few PSUs for so many coefficients"
    flag[np.isnan(se)] = "no standard error"
    names = model.parameters()
    columns: dict[str, Any] = {}
    if isinstance(names, pd.MultiIndex):
        columns["outcome"] = names.get_level_values(0)
        columns["term"] = names.get_level_values(1)
    else:
        columns["term"] = names
    columns |= {"estimate": estimate, "se": se}
    columns |= {"ci_low": estimate - half, "ci_high": estimate + half}
    columns |= {"statistic": statistic, "df": df, "p_value": p}
    exponentiated = model.exponentiated if exponentiate else None
    if exponentiated is not None:
        ratio = np.ones(estimate.size)
        if model.family == "ordinal":
            # a threshold is no effect
            ratio[model.fit.columns.size :] = np.nan
        with np.errstate(over="ignore"):
            columns[exponentiated] = ratio * np.exp(estimate)
            columns[f"{exponentiated}_low"] = ratio * np.exp(estimate - half)
            columns[f"{exponentiated}_high"] = ratio * np.exp(estimate + half)
    columns["flag"] = flag
    frame = pd.DataFrame({k: np.asarray(v) for k, v in columns.items()})
    frame["term"] = frame["term"].astype(object)
    if model.dropped:
        lost = pd.DataFrame({"term": list(model.dropped)}, dtype=object)
        lost["flag"] = [f"left out: it is {made_of}" for made_of in model.dropped.values()]
        frame = pd.concat([frame, lost.reindex(columns=frame.columns)], ignore_index=True)
        frame = frame.astype(dict.fromkeys(("estimate", "se", "df", "p_value"), np.float64))
    frame.attrs.update(model.metadata.to_dict())
    return frame
