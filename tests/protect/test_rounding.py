"""Rounded numbers: whatever rounds to the same base and share is printed alike in every column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from survey_stats import protect
from survey_stats.estimate.intervals import t_quantile, wilson

RULE = protect.Rule("r", rounding=protect.Rounding(5, 0.01))
# all of these are 55 and 35 percent when they are rounded
BASES = np.array([53.0, 54, 55, 56, 57])
SHARES = np.array([0.3451, 0.348, 0.35, 0.352, 0.3549])


def estimates(deff: float, strata: int) -> pd.DataFrame:
    n, p = (a.ravel() for a in np.meshgrid(BASES, SHARES))
    size = n / deff
    df = n - strata
    low, high = wilson(p, size, t_quantile(df, 0.95))
    return pd.DataFrame(
        {
            "estimate": p,
            "se": np.sqrt(p * (1 - p) / size),
            "ci_low": low,
            "ci_high": high,
            "df": df,
            "n": n.astype(int),
            "n_effective": size,
            "deff": deff,
            "flag": "",
        }
    )


@pytest.mark.parametrize("deff", [1.0, 1.3, 2.0])
@pytest.mark.parametrize("strata", [1, 4, 12])
def test_no_column_tells_apart_what_base_and_share_do_not(deff: float, strata: int) -> None:
    exact = estimates(deff, strata)
    made = protect.rounded(exact, RULE)
    assert exact.drop_duplicates().shape[0] == 25
    assert made.drop_duplicates().shape[0] == 1, made.nunique()
    row = made.iloc[0]
    assert (row["estimate"], row["n"], row["df"]) == (0.35, 55, 55)
    # the interval still is one of that share, and no narrower than a step allows
    assert row["ci_low"] <= exact["ci_low"].max()
    assert row["ci_high"] >= exact["ci_high"].min()


def test_clusters_keep_degrees_of_freedom_of_their_own() -> None:
    exact = estimates(1.3, 1).assign(df=13.0)
    assert set(protect.rounded(exact, RULE)["df"]) == {15.0}


def test_a_difference_is_that_of_the_printed_shares() -> None:
    before, after = (a.ravel() for a in np.meshgrid(SHARES, SHARES + 0.04))
    changes = pd.DataFrame(
        {
            "before": before,
            "after": after,
            "difference": after - before,
            "se": 0.052,
            "ci_low": after - before - 0.104,
            "ci_high": after - before + 0.104,
            "statistic": (after - before) / 0.052,
            "df": 104.0,
            "p_value": 0.43,
            "n_before": 54,
            "n_after": 56,
        }
    )
    made = protect.rounded(changes, RULE)
    assert made.drop_duplicates().shape[0] == 1
    row = made.iloc[0]
    assert (row["difference"], row["se"], row["p_value"], row["df"]) == (0.04, 0.06, 0.5, 110)
    assert (row["ci_low"], row["ci_high"]) == (-0.07, 0.15)
    assert pd.isna(row["statistic"])


def test_other_statistics_and_empty_rows_stay_what_they_are() -> None:
    means = estimates(1.0, 1).assign(estimate=3.217, se=0.2)
    means.attrs["statistic"] = "mean"
    assert set(protect.rounded(means, RULE)["se"]) == {0.2}
    hidden = estimates(1.0, 1).head(1).assign(flag="suppressed: base under 30")
    hidden[["estimate", "se", "ci_low", "ci_high", "df", "n_effective", "deff"]] = np.nan
    hidden["n"] = pd.array([pd.NA], dtype="Int64")
    made = protect.rounded(hidden, RULE)
    assert made.drop(columns="flag").isna().all().all()
