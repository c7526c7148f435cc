"""`small_areas`: shares of areas with few respondents, with what is known of the others."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from survey_stats.errors import InputError, enumerate_first
from survey_stats.estimate import Estimates
from survey_stats.explain.small_areas import benchmark as bench
from survey_stats.explain.small_areas import scales
from survey_stats.explain.small_areas.auxiliaries import (
    Columns,
    area_names,
    columns_of,
    number_of,
)
from survey_stats.explain.small_areas.fay_herriot import Fit, Method, check_method, fit, predict
from survey_stats.explain.small_areas.result import (
    MODEL,
    SYNTHETIC,
    Benchmarked,
    SmallAreas,
    Working,
)
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
ALL = "all"


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
    level = estimates.metadata.level if level is None else level
    if not 0.5 < level < 1:
        raise InputError(f"level={level!r} is no confidence level; give one such as 0.95")
    names = area_names(estimates)
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
    return _result(
        estimates, column, (*names, *columns.other_areas), columns, sizes, scale, variances, level,
        Working(rows, y, D, X, X_other, other_rows, model),
        _Target(benchmark, populations, total, within),
    )  # fmt: skip


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


class _Target:
    """What the estimates are benchmarked to, as it was asked for."""

    def __init__(
        self,
        rule: bench.Benchmark | None,
        populations: Mapping[Any, float] | pd.Series[Any] | None,
        total: float | Mapping[Any, float] | None,
        within: Mapping[Any, Hashable] | pd.Series[Any] | None,
    ) -> None:
        given = [n for n, v in (("populations", populations), ("total", total),
                                ("within", within)) if v is not None]  # fmt: skip
        if rule is None and given:
            raise InputError(
                f"{given[0]}= goes with benchmark=; say 'ratio', 'difference' or 'precision', or "
                "leave it out"
            )
        if rule is not None and populations is None:
            raise InputError(
                f"benchmark={rule!r} needs populations=, the inhabitants of each area, to weigh "
                "the areas with"
            )
        self.rule = rule
        self.populations: dict[Any, Any] = _by_area(populations, "populations") or {}
        self.total: Any = total if np.isscalar(total) else _by_area(total, "total")
        self.within = _by_area(within, "within")

    def groups(self, areas: tuple[Hashable, ...]) -> list[Hashable]:
        if self.within is None:
            return [ALL] * len(areas)
        gone = [a for a in areas if a not in self.within or pd.isna(self.within[a])]
        if gone:
            raise InputError(f"within= has no group for {enumerate_first(gone, 3)}; name one")
        return [self.within[a] for a in areas]

    def weights(self, areas: tuple[Hashable, ...]) -> Floats:
        out = np.array([number_of(self.populations.get(a), f"populations= of {a}") for a in areas])
        bad = ~(np.isfinite(out) & (out >= 0))
        if bad.any():
            told = enumerate_first([a for a, b in zip(areas, bad, strict=True) if b], 3)
            raise InputError(f"populations= has no number of inhabitants for {told}; give it")
        return out

    def share(self, group: Hashable) -> float | None:
        if self.total is None:
            return None
        if isinstance(self.total, dict):
            if group not in self.total:
                raise InputError(f"total= has no share for {group!r}; give one for each group")
            value = number_of(self.total[group], f"total= of {group}")
        elif self.within is not None:
            raise InputError("total= is one share but within= makes groups; give a share for each")
        else:
            value = number_of(self.total, "total=")
        if not 0 < value < 1:
            raise InputError(f"total= {value:g} of {group} is no share between 0 and 1")
        return value


def _by_area(values: Any, name: str) -> dict[Any, Any] | None:
    if values is None:
        return None
    if isinstance(values, pd.Series) and not values.index.is_unique:
        twice = values.index[values.index.duplicated()].unique()
        raise InputError(f"{name}= names {enumerate_first(list(twice), 3)} twice; give one value")
    try:
        return dict(values)
    except (TypeError, ValueError):
        raise InputError(
            f"{name}= is a {type(values).__name__}; give a mapping or a Series by area"
        ) from None


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
    target: _Target,
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
        estimate, added, met = _benchmarked(target, areas, estimates, work, estimate, error, scale)
        # the interval follows its estimate, and widens by what the move is uncertain
        rate = scales.slope(value, scale)
        safe = np.maximum(rate, 1e-3)
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
        notes=_notes(model, sizes, scale, variances, met, target) + _dependence(estimates, work),
        estimates=estimates,
        working=work,
    )


def _benchmarked(
    target: _Target,
    areas: tuple[Hashable, ...],
    estimates: Estimates,
    work: Working,
    estimate: Floats,
    mse: Floats,
    scale: scales.Scale,
) -> tuple[Floats, Floats, Benchmarked]:
    """Estimates that give the totals, what this adds to their mean squared errors, and a record."""
    assert target.rule is not None
    people, group = target.weights(areas), target.groups(areas)
    model = work.fit
    place = np.full(len(areas), -1)
    place[work.rows] = np.arange(work.rows.size)
    out, added = estimate.copy(), np.zeros(estimate.size)
    names = tuple(dict.fromkeys(group))
    told = []
    for name in names:
        mine = np.array([g == name for g in group])
        given = target.share(name)
        summed = mine if given is not None else mine & (place >= 0)
        if not people[summed].sum() > 0:
            raise InputError(
                f"The areas of {name} that are summed have no inhabitants; benchmark= needs some "
                "with respondents, or total="
            )
        weight = np.where(summed, people, 0.0) / people[summed].sum()
        before = float(weight @ estimate)
        answered = weight[: len(estimates)] > 0
        direct = float(weight[: len(estimates)][answered] @ estimates.estimate[answered])
        goal = given if given is not None else direct
        if target.rule == "precision":
            moves = np.zeros(estimate.size)
            moves[summed] = bench.step(estimate[summed], mse[summed], weight[summed], "precision")
        else:
            moves = np.where(mine, bench.step(estimate, mse, weight, target.rule), 0.0)
        if given is not None:
            # how far a total from elsewhere lies off is the only thing known of it
            variance = (goal - before) ** 2
        else:
            at = place[summed]
            rate = scales.slope(model.predictor[at], scale)
            variance = bench.gap_variance(
                weight[summed] * rate, model.gamma[at], model.variance + work.D[at], work.X[at],
                model.beta_cov,
            )  # fmt: skip
        out = out + moves * (goal - before)
        added = added + moves**2 * variance
        told.append((goal, before, float(np.sqrt(variance))))
    beyond = ~((out > 0) & (out < 1))
    if beyond.any():
        worst = [a for a, b in zip(areas, beyond, strict=True) if b]
        raise InputError(
            f"benchmark={target.rule!r} moves the share of {enumerate_first(worst, 3)} out of 0 to "
            "1; take another way, or check total= and populations="
        )
    goals, befores, errors = (np.array(v) for v in zip(*told, strict=True))
    return out, added, Benchmarked(target.rule, names, goals, befores, errors)


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
    target: _Target,
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
