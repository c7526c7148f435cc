"""What each item adds to a scale, and whether it points the other way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from survey_stats.estimate import Survey, intervals
from survey_stats.estimate.columns import Bools, Floats
from survey_stats.explain.scales import factor, moments
from survey_stats.explain.scales.inference import correlation_interval, measure
from survey_stats.explain.scales.items import Item, Standardise


@dataclass(frozen=True, eq=False)
class FactorCheck:
    """How far one factor tells the correlations of the items (weighted, complete answers).

    Attributes
    ----------
    eigenvalues: of the correlation matrix, falling, (k,)
    first_share: the first one's share of their sum
    loadings: of the standardised items on one factor by maximum likelihood, (k,); NaN where the
        model cannot be fitted
    srmr: root mean square of the correlations that the factor leaves; NaN likewise
    flag: why there is no fit, or ""
    """

    eigenvalues: Floats
    first_share: float
    loadings: Floats
    srmr: float
    flag: str

    @property
    def one_dimension(self) -> bool:
        """Whether the first eigenvalue alone is above one (Kaiser 1960), so one thing is measured.

        A rule of thumb; two dimensions that correlate strongly pass it.
        """
        return bool(self.eigenvalues[0] > 1 and (self.eigenvalues[1:] <= 1).all())


def factor_check(values: Floats, weights: Floats) -> FactorCheck:
    """The eigenvalues and one-factor model of complete answers (n, k)."""
    R = moments.correlation(moments.covariance(values, weights))
    roots = np.linalg.eigvalsh(R)[::-1]
    share = float(roots[0] / roots.sum())
    try:
        fit = factor.one_factor(R)
    except factor.NoFactorError as error:
        return FactorCheck(roots, share, np.full(len(R), np.nan), np.nan, str(error))
    flag = "beware: an item has next to nothing of its own (Heywood case)"
    return FactorCheck(roots, share, fit.loadings, fit.srmr, flag if fit.heywood.any() else "")


def wrong_way(values: Floats, weights: Floats) -> Bools:
    """Items (k,) that run against the others: their correlation with the rest is negative.

    One item that runs against the others makes theirs look bad too, so that those on the smaller
    side of the first principal component are named; all negative ones where the sides are equal.
    """
    C = moments.covariance(values, weights)
    k = len(C)
    negative = np.array([moments.item_rest(C, j) < 0 for j in range(k)])
    if not negative.any() or k == 2:
        return negative
    lead = np.linalg.eigh(moments.correlation(C))[1][:, -1]
    below = lead < 0
    if 2 * below.sum() == k:
        return negative
    minority: Bools = below if 2 * below.sum() < k else ~below
    return minority if minority.any() else negative


def item_table(
    survey: Survey,
    items: Sequence[Item],
    values: Floats,
    ends: Floats,
    inside: Bools,
    complete: Bools,
    standardise: Standardise,
    level: float,
) -> pd.DataFrame:
    """One row an item; see `Scale.to_frame`. `values` (n, k) and `ends` (k, 2) as scored."""
    k = len(items)
    w = survey.design.weights
    statistics = [moments.item_rest_statistic(j) for j in range(k)]
    if standardise is True:
        statistics = [moments.of_correlation(s) for s in statistics]
    got = measure(survey, values, complete, statistics)
    low, high = correlation_interval(got.estimate, got.se, got.df, level)
    C = moments.covariance(values[complete], w[complete])
    basis = moments.correlation(C) if standardise is True else C
    against = wrong_way(values[complete], w[complete])
    check = factor_check(values[complete], w[complete])
    names = [f"__scale_item_{j}" for j in range(k)]
    own = np.where(inside[:, None], values, np.nan)
    means = survey.assign(**dict(zip(names, own.T, strict=True))).mean(names, level=level)
    rows = []
    for j, item in enumerate(items):
        known = inside & ~np.isnan(values[:, j]) & (w != 0)
        x, v = values[known, j], w[known]
        spread = float(v @ (x - v @ x / v.sum()) ** 2 / v.sum())
        rows.append(
            {
                "item": item.name,
                "codes": item.span,
                "reversed": item.reverse,
                "n": int(known.sum()),
                "missing": 1 - float(v.sum() / w[inside].sum()),
                "mean": means.estimate[j],
                "mean_low": means.ci_low[j],
                "mean_high": means.ci_high[j],
                "sd": float(np.sqrt(spread * x.size / max(x.size - 1, 1))),
                "floor": _at(x, v, ends[j, 0]),
                "ceiling": _at(x, v, ends[j, 1]),
                "item_rest": got.estimate[j],
                "item_rest_se": got.se[j],
                "item_rest_low": low[j],
                "item_rest_high": high[j],
                "alpha_without": float(moments.alpha_without(basis, j)),
                "loading": check.loadings[j],
                "flag": "runs against the other items: reverse it?" if against[j] else "",
            }
        )
    intervals.check_level(level)
    return pd.DataFrame(rows)


def _at(x: Floats, w: Floats, end: float) -> float:
    """Weighted share of answers at one end of the scale."""
    return float(w[x == end].sum() / w.sum()) if np.isfinite(end) else np.nan
