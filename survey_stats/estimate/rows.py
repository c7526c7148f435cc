"""From linear estimates by group to the rows of a result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from survey_stats.estimate import intervals
from survey_stats.estimate.columns import Floats
from survey_stats.estimate.design import Design
from survey_stats.estimate.estimates import DfRule, Estimates
from survey_stats.estimate.replicated import replicate_estimates, replicated
from survey_stats.estimate.replicates import Replicates
from survey_stats.estimate.scores import LinearScores, ReplicateScores, Scores, stack
from survey_stats.estimate.tally import Groups, Measure, add_up, answered
from survey_stats.estimate.taylor import Linear, linear
from survey_stats.results import Metadata

if TYPE_CHECKING:
    from survey_stats.estimate.survey import By, Survey, Where

Part = tuple[str, Measure, "pd.Index[Any] | None"]


def assemble(
    survey: Survey,
    parts: Sequence[Part],
    statistic: str,
    by: By,
    where: Where,
    level: float,
    interval: intervals.IntervalMethod,
    df_rule: DfRule,
) -> Estimates:
    """Estimate every question of `parts` in every group, one below the other."""
    groups, keys = survey.groups(by, where)
    total = statistic == "total"
    results = [estimate(survey.design, groups, measure, total) for _, measure, _ in parts]
    frames = [
        _keys(keys, name if len(parts) > 1 else None, measure.n_targets, labels)
        for name, measure, labels in parts
    ]
    rows = _concat(results)
    df = rows["units"] - rows["strata"]
    if survey.design.replicates is not None and not survey.design.replicates.designed:
        df_rule = "design"
    if df_rule == "design":
        df = np.full(df.shape, survey.design.df)
    df = df.astype(np.float64)
    n = rows["n"].astype(np.int64)
    theta, variance, simple = rows["theta"], rows["variance"], rows["simple"]
    with np.errstate(divide="ignore", invalid="ignore"):
        kish = rows["weight"] ** 2 / rows["weight_squared"]
        deff = variance / simple
        deff[simple == 0] = np.nan
        n_effective = np.where(np.isfinite(deff), n / deff, kish)
        left = 1 - n / rows["weight"]
        deff_without = np.where(left > 0, deff / left, np.nan)
    if statistic == "share":
        low, high = intervals.share_interval(
            interval, theta, variance, n, kish, df, level, survey.design.fraction
        )
    else:
        low, high = intervals.wald(theta, variance, intervals.t_quantile(df, level))
    flag = _flags(n, variance, df, rows["units"], rows["strata"])
    none = n == 0
    if none.any():
        df[none] = np.nan
        n_effective[none] = np.nan
    key_frame = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    return Estimates(
        metadata=Metadata(
            tuple(p[0] for p in parts),
            statistic,
            survey.name,
            survey.wave,
            survey.design.text,
            _method(survey.design, interval, df_rule),
            tuple(str(c) for c in keys.columns),
            where if isinstance(where, str) else ("" if where is None else "given rows"),
            level,
        ),
        df_rule=df_rule,
        interval=interval,
        keys=key_frame,
        estimate=theta,
        se=np.sqrt(variance),
        ci_low=low,
        ci_high=high,
        df=df,
        n=n,
        n_effective=n_effective,
        deff=deff,
        deff_without=deff_without,
        flag=flag,
        design_df=survey.design.df,
        _scores=lambda: _scores(survey, groups, [p[1] for p in parts], results, total),
    )


def estimate(design: Design, groups: Groups, measure: Measure, total: bool) -> Linear:
    """By replicates where the design has them, otherwise by linearisation."""
    if design.replicates is not None:
        return replicated(design, design.replicates, groups, measure, total)
    return linear(design, groups, measure, total)


def _method(design: Design, interval: str, df_rule: DfRule) -> str:
    how = "Taylor linearisation"
    if design.replicates is not None:
        how = f"{design.replicates.n} {design.replicates.kind} replicates"
    return f"{how}, {interval} interval with t on {df_rule} df"


def _keys(
    keys: pd.DataFrame, question: str | None, n_targets: int, labels: pd.Index[Any] | None
) -> pd.DataFrame:
    frame = keys
    if labels is not None:
        times = len(keys)
        frame = keys.loc[keys.index.repeat(n_targets)].reset_index(drop=True)
        frame["level"] = labels.take(np.tile(np.arange(n_targets), times))
    if question is not None:
        frame = frame.copy()
        frame.insert(0, "question", question)
    return frame


def _concat(results: Sequence[Linear]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name in ("theta", "variance", "simple"):
        columns[name] = np.concatenate([getattr(r, name).ravel() for r in results])
    for name in ("n", "weight", "weight_squared", "units", "strata"):
        columns[name] = np.concatenate(
            [np.repeat(getattr(r, name), r.theta.shape[1]) for r in results]
        )
    return columns


def _flags(n: Any, variance: Floats, df: Floats, units: Any, strata: Any) -> Any:
    flag = np.full(n.size, "", dtype=object)
    for i in np.flatnonzero((n == 0) | (df <= 0) | np.isnan(variance)):
        if n[i] == 0:
            flag[i] = "no answers"
        elif df[i] <= 0:
            flag[i] = f"no interval: {units[i]} PSUs in {strata[i]} strata leave no df"
        else:
            flag[i] = "no standard error: a stratum has a single PSU"
    return flag


def _scores(
    survey: Survey,
    groups: Groups,
    measures: Sequence[Measure],
    results: Sequence[Linear],
    total: bool,
) -> Scores:
    """Scores of all rows, in row order."""
    design = survey.design
    parts: list[Scores] = []
    for measure, result in zip(measures, results, strict=True):
        if design.replicates is None:
            parts.append(linear_scores(design, groups, measure, result.theta, total))
        else:
            parts.append(
                replicate_scores(design, design.replicates, groups, measure, result, total)
            )
    return parts[0] if len(parts) == 1 else stack(parts)


def linear_scores(
    design: Design, groups: Groups, measure: Measure, theta: Floats, total: bool
) -> LinearScores:
    """Scores of every group and target, target varying fastest; `theta` is (G, K)."""
    G, K, w = groups.n_groups, measure.n_targets, design.weights
    group = answered(groups, measure)
    rows = np.flatnonzero(group < G)
    cell = group[rows]
    x = measure.denominators(w)[rows]
    scale = np.ones(G)
    if not total:
        with np.errstate(divide="ignore"):
            scale = 1 / add_up(cell, x, G)
    values = []
    for k, y in enumerate(measure.numerators(w)):
        z = y[rows] if total else (y[rows] - theta[cell, k] * x) * scale[cell]
        values.append(z)
    columns = [cell * K + k for k in range(K)]
    index = (np.tile(rows, K), np.concatenate(columns))
    matrix = sparse.csc_array((np.concatenate(values), index), shape=(design.n, G * K))
    return LinearScores(design, matrix)


def replicate_scores(
    design: Design,
    replicates: Replicates,
    groups: Groups,
    measure: Measure,
    result: Linear,
    total: bool,
) -> ReplicateScores:
    """Deviations of every group and target, target varying fastest."""
    G, K = groups.n_groups, measure.n_targets
    group = answered(groups, measure)
    thetas = replicate_estimates(design, replicates, group, G, measure, total)
    gaps = replicates.deviations(thetas, result.theta.T.ravel())
    return ReplicateScores(design, gaps.reshape(-1, K, G).transpose(0, 2, 1).reshape(-1, G * K))
