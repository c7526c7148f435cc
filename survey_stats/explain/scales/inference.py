"""Standard errors of functions of the items' covariance matrix under the design of a Survey."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from survey_stats.errors import InputError
from survey_stats.estimate import Survey, intervals
from survey_stats.estimate.columns import Bools, Floats
from survey_stats.estimate.replicated import replicate_estimates
from survey_stats.estimate.tally import Measure
from survey_stats.explain.scales.moments import Statistic, covariance, means

# names of helper columns that no delivery has
_HELPER = "__scale_helper_{}"


@dataclass(frozen=True, eq=False)
class Measured:
    """Statistics with their standard errors: `estimate`, `se`, `df`, all (S,)."""

    estimate: Floats
    se: Floats
    df: Floats


def measure(
    survey: Survey, values: Floats, rows: Bools, statistics: Sequence[Statistic]
) -> Measured:
    """Evaluate statistics of the covariance matrix of `values` (n, k) over the domain `rows`.

    Taylor linearisation: the score of a respondent is `d' G d - tr(G C)` (`moments`), whose
    weighted mean is zero and has the variance of the statistic (Binder 1983, International
    Statistical Review 51:279). With replicate weights every statistic is computed again in every
    replicate. `rows` hold complete answers with a weight.
    """
    w = survey.design.weights[rows]
    C = covariance(values[rows], w)
    estimate = np.array([s.value(C) for s in statistics])
    d = values[rows] - means(values[rows], w)
    scores = np.full((len(statistics), values.shape[0]), np.nan)
    for i, statistic in enumerate(statistics):
        slope = statistic.gradient(C)
        scores[i, rows] = np.einsum("ni,ni->n", d @ slope, d) - (slope * C).sum()
    se, df = linearised(survey, scores, rows)
    if survey.design.replicates is not None:
        se = _replicated(survey, values, rows, [s.value for s in statistics])
    se[np.isnan(estimate)] = np.nan
    return Measured(estimate, se, df)


def linearised(survey: Survey, scores: Floats, rows: Bools) -> tuple[Floats, Floats]:
    """Standard errors and df (S,) of statistics whose scores (S, n) are missing outside `rows`.

    A statistic with scores that are missing inside has no standard error.
    """
    usable = np.isfinite(scores[:, rows]).all(axis=1)
    se, df = np.full(len(scores), np.nan), np.full(len(scores), np.nan)
    if not usable.any():
        return se, df
    names = [_HELPER.format(i) for i in np.flatnonzero(usable)]
    twin = survey.assign(**dict(zip(names, scores[usable], strict=True)))
    result = twin.mean(names)
    se[usable], df[usable] = result.se, result.df
    df[np.isnan(se)] = np.nan
    return se, df


def _replicated(
    survey: Survey,
    values: Floats,
    rows: Bools,
    functions: Sequence[Callable[[Floats], float]],
) -> Floats:
    """Standard errors (S,) from the statistics of every replicate's covariance matrix."""
    design = survey.design
    replicates = design.replicates
    assert replicates is not None
    k = values.shape[1]
    centre = means(values[rows], design.weights[rows])
    d = np.where(rows[:, None], values - centre, 0.0)
    group = np.where(rows, 0, 1).astype(np.int8)

    def average(y: Floats) -> Floats:
        every = replicate_estimates(design, replicates, group, 1, Measure(y=y), False)
        column: Floats = every[:, 0]
        return column

    first = np.stack([average(d[:, i]) for i in range(k)], axis=1)
    second = np.empty((replicates.n, k, k))
    for i in range(k):
        for j in range(i, k):
            second[:, i, j] = second[:, j, i] = average(d[:, i] * d[:, j])
    matrices = second - first[:, :, None] * first[:, None, :]
    thetas = np.array([[_value(f, C) for f in functions] for C in matrices])
    theta = np.array([f(covariance(values[rows], design.weights[rows])) for f in functions])
    gaps = replicates.deviations(thetas, theta)
    se: Floats = np.sqrt((gaps**2).sum(axis=0))
    return se


def _value(function: Callable[[Floats], float], C: Floats) -> float:
    """The statistic, NaN in a replicate that leaves an item constant or no model."""
    if not np.isfinite(C).all() or (np.diagonal(C) <= 0).any():
        return np.nan
    try:
        return function(C)
    except InputError:
        return np.nan


def reliability_interval(
    estimate: Floats, se: Floats, df: Floats, level: float
) -> tuple[Floats, Floats]:
    """Interval of a coefficient of at most one, by t on `log(1 - coefficient)`.

    Bonett (2002, Journal of Educational and Behavioral Statistics 27:335): the logarithm is far
    nearer to normal, and the bounds stay under one.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        half = intervals.t_quantile(df, level) * np.where(se > 0, se, np.nan) / (1 - estimate)
        return 1 - (1 - estimate) * np.exp(half), 1 - (1 - estimate) * np.exp(-half)


def correlation_interval(
    estimate: Floats, se: Floats, df: Floats, level: float
) -> tuple[Floats, Floats]:
    """Interval of a correlation by t on Fisher's z."""
    with np.errstate(invalid="ignore", divide="ignore"):
        half = intervals.t_quantile(df, level) * np.where(se > 0, se, np.nan) / (1 - estimate**2)
        z = np.arctanh(estimate)
        return np.tanh(z - half), np.tanh(z + half)
