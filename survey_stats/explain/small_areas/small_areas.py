"""`small_areas`: shares of areas with few respondents, with what is known of the others."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from survey_stats.errors import InputError, enumerate_first
from survey_stats.estimate import Estimates, intervals
from survey_stats.explain.small_areas import benchmark as bench
from survey_stats.explain.small_areas import scales
from survey_stats.explain.small_areas.auxiliaries import (
    Columns,
    area_names,
    columns_of,
    other_scales,
)
from survey_stats.explain.small_areas.fay_herriot import Fit, Method, check_method, fit, predict
from survey_stats.explain.small_areas.result import (
    MODEL,
    SYNTHETIC,
    Benchmarked,
    SmallAreas,
    Working,
)
from survey_stats.explain.small_areas.target import Target, benchmarked
from survey_stats.explain.small_areas.variances import (
    Effective,
    Variances,
    check_variances,
    effective_bases,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

# fewer areas beyond the coefficients than this know the model variance poorly (a convention of
# this project)
FEW_SPARE = 15
# areas whose direct shares are more correlated than this are not the model's independent ones
CORRELATED = 0.1


def small_areas(
    estimates: Estimates,
    auxiliaries: pd.DataFrame | pd.Series[Any] | None = None,
    *,
    scale: scales.Scale = "arcsine",
    method: Method = "adjusted",
    variances: Variances = "smoothed",
    benchmark: bench.Benchmark | None = None,
    populations: Mapping[Any, float] | pd.Series[Any] | None = None,
    total: float | Mapping[Any, float] | None = None,
    within: Mapping[Any, Hashable] | pd.Series[Any] | None = None,
    level: float | None = None,
) -> SmallAreas:
    """Fay-Herriot estimates (EBLUP) of the shares of areas.

    Each estimate is a mean of the area's own direct share and of what a regression on the
    auxiliaries expects of the area, weighted by how certain the two are (Fay and Herriot 1979,
    JASA 74:269; Rao and Molina 2015, Small Area Estimation, chapter 6).

    Parameters
    ----------
    estimates: direct shares by one column, such as
        `survey.share("unsafe_evening", by="neighbourhood")`; the areas share no PSUs
    auxiliaries: a row an area, named in the index or in a column called as that of `estimates`,
        and numeric columns: register figures, reported crime, `neighbour_mean`, `earlier_shares`.
        Areas that only they name get a synthetic estimate. None: all borrow from the overall level
    scale: on which shares are modelled; see `scales.forward`. "none" is for shares well within
        0 to 1
    method: of estimating the model variance; see `fay_herriot.fit`. "adjusted" is never 0, where
        "reml" and "ml" may say that all areas are what their auxiliaries expect of them
    variances: what sampling variances rest on; see `variances.effective_bases`
    benchmark: move the estimates so that they give the direct total; see `benchmark.step`
    populations: inhabitants of each area, which `benchmark` weighs them with
    total: share of all areas to meet, or of each group of `within`; by default the direct shares
        of the areas with respondents, weighted by `populations`, and only these are summed
    within: group of each area, such as its district, whose total is met on its own
    level: of the intervals; that of the estimates by default

    The mean squared error counts the uncertainty of coefficients and model variance (see
    `fay_herriot.fit`) and, where estimates were benchmarked, of that (Steorts and Ghosh 2013); it
    does not count that sampling variances are themselves estimated. Intervals are those of
    Student's t with areas less coefficients df on the scale of the model, carried back.

    Raises
    ------
    InputError: estimates that are not shares by one column; auxiliaries that are missing,
        constant or collinear; fewer than `auxiliaries.LEAST_SPARE` areas beyond the coefficients;
        a benchmark without populations, or that moves a share out of 0 to 1
    UnknownNameError: no such scale, method, rule for variances or way to benchmark

    >>> from survey_stats.estimate import Survey
    >>> yes = [7, 12, 9, 22, 15, 18, 5, 11]
    >>> frame = pd.DataFrame({
    ...     "area": [a for a in "abcdefgh" for _ in range(40)],
    ...     "unsafe": [i < k for k in yes for i in range(40)],
    ... })
    >>> direct = Survey(frame).share("unsafe", by="area")
    >>> small_areas(direct).to_frame()[["area", "estimate", "direct", "gamma"]].round(3).head(4)
      area  estimate  direct  gamma
    0    a     0.212   0.175   0.74
    1    b     0.305   0.300   0.74
    2    c     0.250   0.225   0.74
    3    d     0.484   0.550   0.74
    """
    check_method(method)
    scales.check_scale(scale)
    check_variances(variances)
    bench.check_benchmark(benchmark)
    names = area_names(estimates)
    level = estimates.metadata.level if level is None else level
    if not 0.5 < intervals.check_level(level) < 1:
        raise InputError(f"level={level!r} is no confidence level; give one such as 0.95")
    column = str(estimates.keys.columns[0])
    answered = (estimates.n > 0) & np.isfinite(estimates.estimate)
    columns = columns_of(names, answered, auxiliaries, column)
    rows = np.flatnonzero(answered)
    sizes = _sizes(estimates, rows, variances)
    share, X = estimates.estimate[rows], columns.own[rows]
    y = scales.forward(share, sizes.size, scale)
    model, D = _fitted(y, share, X, sizes.size, scale, method)
    other_rows = np.concatenate(
        [np.flatnonzero(~answered), len(names) + np.arange(len(columns.other_areas))]
    ).astype(np.intp)
    X_other = np.vstack([columns.own[~answered], columns.others])
    far = tuple(
        f"The auxiliary {name!r} holds shares on the {own} scale and the model is on the {scale} "
        f"scale; earlier_shares(..., scale={scale!r}) gives those that go with it"
        for name, own in other_scales(auxiliaries, scale).items()
    )
    result = _result(
        estimates, column, (*names, *columns.other_areas), columns, sizes, scale, variances, level,
        Working(rows, y, D, X, X_other, other_rows, model),
        Target(benchmark, populations, total, within),
    )  # fmt: skip
    return replace(result, notes=result.notes + far) if far else result


def _sizes(estimates: Estimates, rows: Ints, rule: Variances) -> Effective:
    """Effective bases of the areas with respondents."""
    df = estimates.df[rows].astype(np.float64)
    worth = estimates.scores().effective_df([rows])
    if worth is not None:
        df = np.fmin(df, worth)
    deff = estimates.deff[rows].astype(np.float64).copy()
    # an area where all answers agree says nothing of its design effect
    deff[~(estimates.se[rows] > 0)] = np.nan
    return effective_bases(estimates.n[rows].astype(np.float64), deff, np.nan_to_num(df), rule)


def _fitted(
    y: Floats, share: Floats, X: Floats, size: Floats, scale: scales.Scale, method: Method
) -> tuple[Fit, Floats]:
    """The model and the sampling variances it took.

    Where these hang on the share itself, they are those of the share that the model expects of the
    area: an area's own share would make its variance small just when chance makes it extreme.
    """
    near = np.full(y.shape, np.average(share, weights=size))
    D = scales.sampling_variance(size, near, scale)
    model = fit(y, X, D, method)
    if scale == "arcsine":
        return model, D
    for _ in range(2):
        edge = 0.5 / (size + 1)
        near = np.clip(scales.back(model.synthetic, scale), edge, 1 - edge)
        D = scales.sampling_variance(size, near, scale)
        model = fit(y, X, D, method)
    return model, D


def _result(
    estimates: Estimates,
    column: str,
    areas: tuple[Hashable, ...],
    columns: Columns,
    sizes: Effective,
    scale: scales.Scale,
    variances: Variances,
    level: float,
    work: Working,
    target: Target,
) -> SmallAreas:
    model, R = work.fit, len(areas)
    every = np.concatenate([work.rows, work.other_rows])

    def spread(own: Floats, other: Floats) -> Floats:
        out = np.full(R, np.nan)
        out[every] = np.concatenate([own, other])
        return out

    far, far_mse = predict(model, work.X_other)
    value = spread(model.predictor, far)
    mse = spread(model.mse, far_mse)
    own = spread(model.g1, np.full(far.size, model.variance))
    estimate = scales.mean_share(value, own, scale)
    error = scales.share_mse(value, mse, estimate, scale)
    met: Benchmarked | None = None
    if target.rule is not None:
        before = estimate
        estimate, added, met = benchmarked(target, areas, estimates, work, estimate, error, scale)
        # the interval follows its estimate, and widens by what the move is uncertain
        rate = scales.slope(value, scale)
        safe = np.maximum(rate, scales.LEAST_SLOPE)
        value = value + (estimate - before) / safe
        mse = mse + added / safe**2
        error = error + added
    half = float(special.stdtrit(model.df, (1 + level) / 2)) * np.sqrt(mse)
    low, high = scales.interval(value, half, scale)
    gap = len(areas) - len(estimates)

    def direct(values: Any) -> Floats:
        return np.concatenate([np.asarray(values, dtype=np.float64), np.full(gap, np.nan)])

    answered = np.zeros(R, dtype=bool)
    answered[work.rows] = True
    share = direct(estimates.estimate)
    return SmallAreas(
        metadata=estimates.metadata.but(level=level),
        column=column,
        scale=scale,
        variances=variances,
        level=level,
        areas=areas,
        estimate=estimate,
        rmse=np.sqrt(error),
        ci_low=np.minimum(low, estimate),
        ci_high=np.maximum(high, estimate),
        gamma=spread(model.gamma, np.zeros(far.size)),
        direct=share,
        direct_se=direct(estimates.se),
        n=np.concatenate([estimates.n, np.zeros(gap, dtype=np.int64)]).astype(np.int64),
        n_effective=spread(sizes.size, np.zeros(far.size)),
        source=tuple(MODEL if a else SYNTHETIC for a in answered),
        flag=tuple(_flag(a, s) for a, s in zip(answered.tolist(), share.tolist(), strict=True)),
        coefficients=_coefficients(columns, model),
        model_variance=model.variance,
        model_variance_se=model.variance_se,
        deff=sizes.common,
        benchmark=met,
        notes=(
            *_notes(model, sizes, scale, variances, met, target),
            *_dependence(estimates, work),
            *_pooled(estimates),
        ),
        estimates=estimates,
        working=work,
    )


def _flag(answered: bool, share: float) -> str:
    if not answered:
        return "no respondents: synthetic estimate"
    if share <= 0:
        return "direct share 0 %"
    if share >= 1:
        return "direct share 100 %"
    return ""


def _coefficients(columns: Columns, model: Fit) -> pd.DataFrame:
    se = np.sqrt(np.diag(model.beta_cov))
    statistic = model.beta / se
    return pd.DataFrame(
        {
            "column": list(columns.names),
            "estimate": model.beta,
            "se": se,
            "statistic": statistic,
            "p_value": 2 * special.stdtr(model.df, -np.abs(statistic)),
        }
    )


def _notes(
    model: Fit,
    sizes: Effective,
    scale: scales.Scale,
    variances: Variances,
    met: Benchmarked | None,
    target: Target,
) -> tuple[str, ...]:
    notes = []
    how = {
        "design": "each area's own design effect",
        "common": f"the common design effect {sizes.common:.2f}",
        "smoothed": f"design effects of {sizes.deff.min():.2f} to {sizes.deff.max():.2f}, drawn "
        f"towards the common {sizes.common:.2f}",
    }[variances]
    if variances == "smoothed" and not sizes.own.any():
        how = (
            f"the common design effect {sizes.common:.2f}, since those of the areas differ no more "
            "than chance lets expect"
        )
    form = {"arcsine": "1 / (4 n)", "logit": "1 / (n p (1 - p))", "none": "p (1 - p) / n"}[scale]
    at = "" if scale == "arcsine" else ", p as the auxiliaries expect it"
    notes.append(f"Sampling variances are {form} with n the effective base by {how}{at}")
    if model.variance == 0:
        notes.append(
            "The model variance is estimated as 0: every estimate is what the auxiliaries expect, "
            "and intervals are too narrow; method='adjusted' avoids this"
        )
    if model.df < FEW_SPARE:
        notes.append(
            f"{model.gamma.size} areas for {model.beta.size} coefficients tell little of how much "
            "areas differ; more areas, such as those of the whole city, tell more"
        )
    if met is not None:
        source = "the total given" if target.total is not None else "the direct total"
        moved = float(np.abs(met.total - met.before).max())
        groups = "" if target.within is None else f" of each of {len(met.groups)} groups"
        notes.append(
            f"Benchmarked by {met.rule} to {source}{groups}; the areas together moved by at most "
            f"{100 * moved:.1f} points"
        )
    return tuple(notes)


def _pooled(estimates: Estimates) -> tuple[str, ...]:
    waves = estimates.metadata.waves
    if not waves:
        return ()
    return (
        f"The direct shares count several waves together ({enumerate_first(waves)}) and hide what "
        "changed between them; choose one with where=, and let the others be auxiliaries "
        "(earlier_shares)",
    )


def _dependence(estimates: Estimates, work: Working) -> tuple[str, ...]:
    covariance = estimates.cov()[np.ix_(work.rows, work.rows)]
    se = np.sqrt(np.diag(covariance))
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = covariance / (se[:, None] * se)
    np.fill_diagonal(correlation, 0.0)
    most = float(np.abs(np.nan_to_num(correlation)).max())
    if most <= CORRELATED:
        return ()
    return (
        f"Direct shares of areas are correlated by up to {most:.2f}, as where they share PSUs; the "
        "model takes them as independent, and its errors may be too small",
    )
