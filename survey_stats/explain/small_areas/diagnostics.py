"""Whether the model may be believed: residuals, outliers, and direct against model estimates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from survey_stats.errors import enumerate_first
from survey_stats.explain.small_areas.fay_herriot import Fit, Method, fit
from survey_stats.results import html_table

Floats = NDArray[np.float64]

# a residual is an outlier where the largest of as many would be as large by chance once in 20
OUTLIER_LEVEL = 0.05


@dataclass(frozen=True, eq=False)
class Check:
    """One test of the model.

    Attributes
    ----------
    name, null: what is tested, and the hypothesis in words
    statistic, df, p_value: NaN where the test has no df
    """

    name: str
    null: str
    statistic: float
    df: float
    p_value: float


@dataclass(frozen=True, eq=False)
class Diagnostics:
    """Diagnostics of an area-level model; m areas with respondents.

    Attributes
    ----------
    areas: their names
    residual: direct less what the model predicts from the other areas, over its standard
        deviation; standard normal where the model holds, NaN where an area alone tells a
        coefficient; (m,)
    normal_quantile: where a standard normal sample would have each residual, (m,)
    outlier: areas whose residual is beyond what chance gives the largest of m
    checks: tests of the model
    explained: part of the variance between areas that the auxiliaries explain (Lahiri and
        Suntornchost 2015, Sankhya B 77:312); 0 without auxiliaries
    gain: median over areas of the standard error of the direct estimate over the root mean
        squared error of the model's
    """

    areas: tuple[object, ...]
    column: str
    residual: Floats
    normal_quantile: Floats
    outlier: NDArray[np.bool_]
    checks: tuple[Check, ...]
    explained: float
    gain: float

    def to_frame(self) -> pd.DataFrame:
        """One row an area: `residual, normal_quantile, outlier`, largest residual first."""
        frame = pd.DataFrame(
            {
                self.column: list(self.areas),
                "residual": self.residual,
                "normal_quantile": self.normal_quantile,
                "outlier": self.outlier,
            }
        )
        order = np.argsort(-np.abs(self.residual), kind="stable")
        frame = frame.iloc[order].reset_index(drop=True)
        frame.attrs.update(explained=self.explained, gain=self.gain)
        return frame

    def tests(self) -> pd.DataFrame:
        """One row a test: `test, null, statistic, df, p_value`."""
        return pd.DataFrame(
            [(c.name, c.null, c.statistic, c.df, c.p_value) for c in self.checks],
            columns=["test", "null", "statistic", "df", "p_value"],
        )

    def __repr__(self) -> str:
        tests = self.tests().drop(columns="null").round(4).to_string(index=False)
        far = [str(a) for a, out in zip(self.areas, self.outlier.tolist(), strict=True) if out]
        told = f"outliers: {enumerate_first(far)}" if far else "no outliers"
        return (
            f"Diagnostics of {len(self.areas)} areas: auxiliaries explain "
            f"{100 * self.explained:.0f} % of the variance between them, {told}\n{tests}"
        )

    def _repr_html_(self) -> str:
        told = f"auxiliaries explain {100 * self.explained:.0f} % of the variance between areas"
        return html_table(self.tests(), f"tests of the area model; {told}") + html_table(
            self.to_frame(), "residuals, each predicted from the other areas"
        )


def diagnose(
    areas: tuple[object, ...],
    column: str,
    y: Floats,
    X: Floats,
    D: Floats,
    model: Fit,
    direct_se: Floats,
    rmse: Floats,
) -> Diagnostics:
    """Diagnostics of a model: `y`, `X`, `D` as it was fitted, errors of shares; (m,) each."""
    residual = left_out(y, X, D, model.method)
    m, p = X.shape
    rank = np.argsort(np.argsort(residual, kind="stable"), kind="stable")
    known = np.isfinite(residual)
    normal = special.ndtri((rank + 0.625) / (known.sum() + 0.25))
    normal[~known] = np.nan
    # each is over an error estimated without it, as a studentised residual is
    bar = special.stdtrit(m - p - 1, 1 - OUTLIER_LEVEL / (2 * m))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = direct_se / rmse
    useful = np.isfinite(ratio) & (ratio > 0)
    return Diagnostics(
        areas=areas,
        column=column,
        residual=residual,
        normal_quantile=np.asarray(normal),
        outlier=np.abs(residual) > bar,
        checks=(_heterogeneity(y, X, D), _normality(residual), _closeness(y, D, model),
                *([_auxiliaries(model)] if p > 1 else [])),
        explained=_explained(y, X, D),
        gain=float(np.median(ratio[useful])) if useful.any() else np.nan,
    )  # fmt: skip


def left_out(y: Floats, X: Floats, D: Floats, method: Method) -> Floats:
    """Residuals of each area from the model of the others, over their standard deviation; (m,).

    >>> y = np.array([1.0, 1.2, 0.8, 1.1, 0.9, 3.0])
    >>> left_out(y, np.ones((6, 1)), np.full(6, 0.04), "reml").round(1).tolist()
    [-0.4, -0.2, -0.7, -0.3, -0.5, 9.1]
    """
    out = np.empty(y.size)
    for i in range(y.size):
        others = np.arange(y.size) != i
        if np.linalg.matrix_rank(X[others]) < X.shape[1]:
            # an area that alone carries a coefficient has no prediction from the others
            out[i] = np.nan
            continue
        model = fit(y[others], X[others], D[others], method)
        variance = model.variance + D[i] + X[i] @ model.beta_cov @ X[i]
        out[i] = (y[i] - X[i] @ model.beta) / np.sqrt(variance)
    return out


def _heterogeneity(y: Floats, X: Floats, D: Floats) -> Check:
    """Cochran's test that the areas differ by sampling and auxiliaries only."""
    w = 1 / D
    Q, _ = np.linalg.qr(np.sqrt(w)[:, None] * X)
    scaled = np.sqrt(w) * y
    rest = scaled - Q @ (Q.T @ scaled)
    statistic, df = float(rest @ rest), y.size - X.shape[1]
    return Check(
        "heterogeneity",
        "the areas differ no more than their auxiliaries and sampling make them",
        statistic,
        df,
        float(special.chdtrc(df, statistic)),
    )


def _normality(residual: Floats) -> Check:
    from scipy import stats

    found = stats.shapiro(residual[np.isfinite(residual)])
    return Check(
        "normality (Shapiro-Wilk)",
        "the residuals are normal",
        float(found.statistic),
        np.nan,
        float(found.pvalue),
    )


def _closeness(y: Floats, D: Floats, model: Fit) -> Check:
    """Brown, Chambers, Heady and Heasman 2001, Proc. Statistics Canada Symposium."""
    statistic = float(((y - model.predictor) ** 2 / (D + model.mse)).sum())
    return Check(
        "direct against model",
        "model and direct estimates differ by their own errors only",
        statistic,
        y.size,
        float(special.chdtrc(y.size, statistic)),
    )


def _auxiliaries(model: Fit) -> Check:
    """Wald F test that no auxiliary tells anything."""
    beta, cov = model.beta[1:], model.beta_cov[1:, 1:]
    q = beta.size
    statistic = float(beta @ np.linalg.solve(cov, beta)) / q
    return Check(
        "auxiliaries",
        "no auxiliary tells of the share",
        statistic,
        q,
        float(special.fdtrc(q, model.df, statistic)),
    )


def _explained(y: Floats, X: Floats, D: Floats) -> float:
    m, p = X.shape
    if p == 1:
        return 0.0
    rest = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    Q, _ = np.linalg.qr(X)
    within = (D * (1 - (Q**2).sum(axis=1))).sum() / (m - p)
    left = float(rest @ rest) / (m - p) - within
    total = float(y.var(ddof=1)) - float(D.mean())
    return float(np.clip(1 - max(left, 0.0) / total, 0.0, 1.0)) if total > 0 else 0.0
