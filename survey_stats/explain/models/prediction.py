"""Predictions for rows of a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from survey_stats.errors import InputError, UnknownNameError, enumerate_first
from survey_stats.estimate import intervals
from survey_stats.estimate.columns import Floats, column
from survey_stats.explain.models.formula import evaluate

if TYPE_CHECKING:
    from survey_stats.explain.models.result import Model


def predict(model: Model, frame: pd.DataFrame, level: float) -> pd.DataFrame:
    """The expected answer of each row (and outcome), with its error; see `Model.predict`."""
    intervals.check_level(level)
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"predict takes a pandas DataFrame, not {type(frame).__name__}")
    known = _like_the_model(model, frame)
    complete = ~known.isna().any(axis=1).to_numpy()
    C = model.fit.kernel.n_outcomes
    estimate, se = np.full((len(frame), C), np.nan), np.full((len(frame), C), np.nan)
    rows = np.flatnonzero(complete)
    if rows.size:
        used = known.iloc[rows].reset_index(drop=True)
        X = model.terms.matrix(used)[:, model.fit.columns]
        offset = np.zeros(rows.size) if model.offset is None else evaluate(model.offset, used)
        estimate[rows] = model.fit.kernel.means(model.fit.theta, X, offset)
        se[rows] = _errors(model, X, offset)
    df = np.full(estimate.size, model.df)
    t = intervals.t_quantile(df, level)
    flat, variance = estimate.ravel(), se.ravel() ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        method = intervals.logit if model.statistic == "share" else intervals.wald
        low, high = method(flat, variance, t)
    at = np.repeat(np.arange(len(frame)), C)
    out: dict[str, Any] = {"row": frame.index.take(at)}
    if model.outcomes:
        out["level"] = pd.Index(model.outcomes).take(np.tile(np.arange(C), len(frame)))
    out |= {"estimate": flat, "se": se.ravel(), "ci_low": low, "ci_high": high, "df": df}
    out["flag"] = np.where(np.repeat(complete, C), "", "a predictor is missing")
    return pd.DataFrame(out)


def _errors(model: Model, X: Floats, offset: Floats) -> Floats:
    """Standard errors, (rows, outcomes), in blocks of rows."""
    C, step = model.fit.kernel.n_outcomes, 4096
    out = np.empty((X.shape[0], C))
    for start in range(0, X.shape[0], step):
        part = slice(start, start + step)
        size = X[part].shape[0]
        one = sparse.csr_array(sparse.eye_array(size))
        slopes = model.fit.kernel.mean_slopes(model.fit.theta, X[part], offset[part], one)
        variance = np.einsum("gck,kl,gcl->gc", slopes, model.fit.cov, slopes, optimize=True)
        out[part] = np.sqrt(np.maximum(variance, 0.0))
    return out


def _like_the_model(model: Model, frame: pd.DataFrame) -> pd.DataFrame:
    """The predictors in the types of the model; levels that it does not know are an error."""
    patterns = model.fit.sample.patterns
    columns: dict[str, Any] = {}
    for name in map(str, patterns.columns):
        given = column(frame, name, "predictor")
        if isinstance(patterns[name].dtype, pd.CategoricalDtype):
            levels = patterns[name].cat.categories
            plain = given.astype(object).where(given.notna(), None)
            new = [v for v in plain.dropna().unique().tolist() if v not in levels]
            if new:
                raise UnknownNameError("level", new[0], levels, where=f"predictor {name!r}")
            columns[name] = pd.Categorical(plain, categories=levels)
            continue
        numbers = (
            pd.to_numeric(given, errors="coerce")
            .astype("Float64")
            .to_numpy(np.float64, na_value=np.nan)
        )
        if (np.isnan(numbers) & given.notna().to_numpy()).any():
            raise InputError(f"The predictor {name!r} holds values that are not numbers")
        if name in model.parsed.levels_of:
            held = set(patterns[name].unique().tolist())
            new = [v for v in np.unique(numbers[~np.isnan(numbers)]).tolist() if v not in held]
            if new:
                told = enumerate_first(sorted(held))
                raise InputError(f"The model knows no {name} {new[0]:g}; it knows {told}")
        columns[name] = numbers
    return pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))
