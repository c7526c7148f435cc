"""How far the items of a scale measure one thing: alpha, omega, their intervals by the design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from survey_stats.errors import InputError
from survey_stats.estimate import Survey
from survey_stats.estimate.columns import Bools, Floats, Ints
from survey_stats.explain.scales import factor, moments
from survey_stats.explain.scales.inference import (
    correlation_interval,
    linearised,
    measure,
    reliability_interval,
)
from survey_stats.explain.scales.items import Standardise
from survey_stats.explain.scales.polychoric import ordinal_alpha
from survey_stats.results import html_table

NUMBERS = ("estimate", "se", "ci_low", "ci_high", "df", "n", "flag")


@dataclass(frozen=True, eq=False)
class Reliability:
    """Coefficients of a scale, a row a coefficient (and group); R rows.

    Attributes
    ----------
    scale: name of the index
    items: names of the items
    level: confidence level
    keys: the by columns, then `statistic`; "alpha" (Cronbach), "alpha_standardised" (items of
        equal variance), "omega" (McDonald, one factor), "mean_correlation" (between two items),
        and where asked "alpha_ordinal" and "alpha_unweighted"
    estimate, se, ci_low, ci_high, df: by row; intervals by t on `log(1 - coefficient)`, of the
        mean correlation on Fisher's z, of "alpha_unweighted" Feldt's
    n: respondents who answered all items
    flag: "" or why a number is missing, or what to beware of
    """

    scale: str
    items: tuple[str, ...]
    level: float
    keys: pd.DataFrame
    estimate: Floats
    se: Floats
    ci_low: Floats
    ci_high: Floats
    df: Floats
    n: Ints
    flag: Sequence[str]

    def to_frame(self) -> pd.DataFrame:
        """One row a coefficient: the by columns, `statistic`, then the numbers."""
        columns: dict[str, Any] = {str(c): self.keys[c].array for c in self.keys.columns}
        for name in NUMBERS:
            columns[name] = getattr(self, name)
        frame = pd.DataFrame(columns)
        frame.attrs.update(scale=self.scale, items=list(self.items), level=self.level)
        return frame

    def __getitem__(self, statistic: str) -> pd.Series[Any]:
        """The row of a coefficient, of a result without groups."""
        frame = self.to_frame().set_index("statistic")
        if statistic not in frame.index:
            raise KeyError(statistic)
        found = frame.loc[statistic]
        if isinstance(found, pd.DataFrame):
            raise InputError("The result has groups; choose the row from to_frame()")
        return found

    def _repr_html_(self) -> str:
        caption = f"reliability of {self.scale} ({len(self.items)} items)"
        return html_table(self.to_frame(), caption, {"df": 0})

    def __repr__(self) -> str:
        return f"Reliability of {self.scale}\n{self.to_frame().to_string(index=False)}"


@dataclass(frozen=True, eq=False)
class Coefficients:
    """The coefficients of one group, (S,) each; `names` say which."""

    names: tuple[str, ...]
    estimate: Floats
    se: Floats
    ci_low: Floats
    ci_high: Floats
    df: Floats
    flag: list[str]


def problem(values: Floats, weights: Floats, names: Sequence[str]) -> str:
    """Why complete answers (n, k) have no reliability, "" where they have one."""
    n, k = values.shape
    if n < k + 2:
        return f"{n} respondents answered all {k} items, too few"
    constant = [
        name for j, name in enumerate(names) if np.ptp(values[:, j][weights != 0], axis=0) == 0
    ]
    if constant:
        told = ", ".join(repr(c) for c in constant)
        return f"all who answered every item gave the same answer to {told}"
    C = moments.covariance(values, weights)
    if C.sum() < 1e-12 * np.trace(C):
        return "the sum of the items is the same for everybody"
    return ""


def coefficients(
    survey: Survey,
    values: Floats,
    rows: Bools,
    standardise: Standardise,
    level: float,
    ordinal: bool,
) -> Coefficients:
    """All coefficients of the complete answers `values[rows]`, which have no `problem`."""
    names = ["alpha", "alpha_standardised", "mean_correlation"]
    alpha = moments.STANDARDISED_ALPHA if standardise is True else moments.ALPHA
    statistics = [alpha, moments.STANDARDISED_ALPHA, moments.MEAN_CORRELATION]
    w = survey.design.weights[rows]
    C = moments.covariance(values[rows], w)
    no_omega, heywood = "", False
    try:
        fit = factor.one_factor(moments.correlation(C))
        heywood = bool(fit.heywood.any())
        omega = factor.omega_statistic(fit)
        if standardise is True:
            omega = moments.of_correlation(omega)
        statistics.append(omega)
        names.append("omega")
    except factor.NoFactorError as error:
        no_omega = str(error)
    got = measure(survey, values, rows, statistics)
    estimate, se, df = got.estimate, got.se, got.df
    if no_omega:
        names.append("omega")
        estimate, se, df = (np.append(a, np.nan) for a in (estimate, se, df))
    if ordinal:
        names.append("alpha_ordinal")
        found = ordinal_alpha(values[rows], w)
        scores = np.full((1, values.shape[0]), np.nan)
        scores[0, rows] = found.scores
        one_se, one_df = linearised(survey, scores, rows)
        estimate = np.append(estimate, found.alpha)
        se, df = np.append(se, one_se), np.append(df, one_df)
    low, high = reliability_interval(estimate, se, df, level)
    r = names.index("mean_correlation")
    low[r], high[r] = correlation_interval(estimate[r], se[r], df[r], level)
    order = ["alpha", "alpha_standardised", "omega", "mean_correlation", "alpha_ordinal"]
    at = [names.index(name) for name in order if name in names]
    flag = [_flag(names[i], estimate[i], se[i], df[i], no_omega, heywood) for i in at]
    return Coefficients(
        tuple(names[i] for i in at), estimate[at], se[at], low[at], high[at], df[at], flag
    )


def _flag(name: str, estimate: float, se: float, df: float, no_omega: str, heywood: bool) -> str:
    if name == "omega" and no_omega:
        return no_omega
    if name == "alpha_ordinal" and np.isnan(se):
        return "no interval: a pair of items has a correlation at its bound"
    if np.isnan(se):
        return "no interval: no standard error"
    if not df > 0:
        return "no interval: no df"
    if se == 0 or estimate >= 1:
        return "no interval: the standard error is zero"
    if name == "omega" and heywood:
        return "beware: an item has next to nothing of its own (Heywood case)"
    return ""


def unweighted_alpha(values: Floats, names: Sequence[str], level: float) -> tuple[float, ...]:
    """Alpha, lower and upper bound (Feldt) of complete answers (n, k), by pingouin.

    The check that analysts expect beside the weighted number: as if everybody counted once and
    had been drawn independently. Raises `InputError` where pingouin is not installed.
    """
    try:
        import pingouin  # type: ignore[import-untyped,unused-ignore]
    except ImportError as error:
        raise InputError("unweighted=True needs pingouin: pip install pingouin") from error
    frame = pd.DataFrame(values, columns=pd.Index(names))
    alpha, (low, high) = pingouin.cronbach_alpha(frame, nan_policy="listwise", ci=level)
    return float(alpha), float(low), float(high)
