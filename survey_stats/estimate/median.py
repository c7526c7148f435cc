"""Rows of quantiles: Woodruff's intervals around the quantiles of every group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, get_args

import numpy as np

from survey_stats.errors import InputError
from survey_stats.estimate import intervals
from survey_stats.estimate.columns import Floats, Ints
from survey_stats.estimate.design import Design, as_names
from survey_stats.estimate.estimates import Estimates
from survey_stats.estimate.layout import Layout
from survey_stats.estimate.quantile import QuantileInterval, QuantileRule, Sorted, quantile
from survey_stats.estimate.replicates import Replicates
from survey_stats.estimate.rows import (
    Ask,
    Numbers,
    estimate,
    finish,
    row_keys,
)
from survey_stats.estimate.scores import ReplicateScores, Scores, block_scores, stack
from survey_stats.estimate.tally import Groups, Measure, answered
from survey_stats.estimate.taylor import Linear


def orders_of(probs: object) -> list[float]:
    """The orders that were asked for; `InputError` for what is no number between 0 and 1."""
    listed = isinstance(probs, Sequence) and not isinstance(probs, str)
    several = listed or getattr(probs, "ndim", 0) == 1
    given: list[Any] = list(probs) if several else [probs]  # type: ignore[call-overload]
    try:
        orders = [float(p) for p in given if not isinstance(p, (str, bool))]
    except (TypeError, ValueError):
        orders = []
    if len(orders) < len(given) or not orders or not all(0 < p < 1 for p in orders):
        raise InputError(f"probs={probs!r}; give orders between 0 and 1")
    return orders


def assemble_quantiles(
    ask: Ask,
    questions: Sequence[tuple[str, Floats]],
    probs: Sequence[float],
    rule: QuantileRule,
    interval: QuantileInterval,
) -> Estimates:
    """Quantiles of every question and order in every group, one below the other."""
    design = ask.survey.design
    if interval not in get_args(QuantileInterval):
        names = ", ".join(get_args(QuantileInterval))
        raise InputError(f"interval={interval!r} is not a method for quantiles; use one of {names}")
    if interval == "replicates" and design.replicates is None:
        raise InputError("interval='replicates' needs replicate weights; see with_replicates")
    several = ["question"] if len(questions) > 1 else []
    ask.check_names(several + (["quantile"] if len(probs) > 1 else []))
    frames, results, found, parts = [], [], [], []
    for name, y in questions:
        for groups, keys in ask.tables():
            group = answered(groups, Measure(y=y))
            data = Sorted.of(y, design.weights, group, groups.n_groups)
            for p in probs:
                before: dict[str, object] = {"question": name} if len(questions) > 1 else {}
                frame = row_keys(keys, as_names(ask.by), before)
                if len(probs) > 1:
                    frame = frame.assign(quantile=p)
                at = quantile(data, np.full(groups.n_groups, p), rule)
                below = Measure(_below(y, at, group), 2, (1,))
                frames.append(frame)
                found.append((data, at))
                parts.append((groups, group, below, y, p))
                results.append(estimate(Layout(design, groups), below, False))
    numbers = Numbers.of(ask, results)
    point = np.concatenate([at for _, at in found])
    t = intervals.t_quantile(numbers.df, ask.level)
    if interval == "replicates":
        assert design.replicates is not None
        gaps = np.concatenate(
            [
                _replicate_gaps(design, design.replicates, group, y, p, at, rule)
                for (_, group, _, y, p), (_, at) in zip(parts, found, strict=True)
            ],
            axis=1,
        )
        se = np.sqrt((gaps**2).sum(axis=0))
        low, high = point - t * se, point + t * se
    else:
        low_p, high_p = _share_limits(interval, numbers, ask.level)
        edges = np.cumsum([0, *(at.size for _, at in found)])
        low = np.concatenate(
            [
                quantile(d, low_p[a:b], rule)
                for (d, _), a, b in zip(found, edges, edges[1:], strict=False)
            ]
        )
        high = np.concatenate(
            [
                quantile(d, high_p[a:b], rule)
                for (d, _), a, b in zip(found, edges, edges[1:], strict=False)
            ]
        )
        se = (high - low) / (2 * t)
    for i in np.flatnonzero(np.isnan(se)).tolist():
        numbers.flag[i] = numbers.flag[i] or "no interval: it reaches beyond the answers"

    blocks = [(g, m, r) for (g, _, m, _, _), r in zip(parts, results, strict=True)]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = se / np.sqrt(numbers.variance)
    make_scores: Callable[[], Scores] = partial(_scaled_scores, design, blocks, ratio)
    if interval == "replicates":
        make_scores = partial(ReplicateScores, design, gaps)

    return finish(
        ask,
        tuple(name for name, _ in questions),
        "quantile",
        f"Woodruff {interval}" if interval != "replicates" else "wald",
        frames,
        numbers,
        point,
        se,
        low,
        high,
        make_scores,
    )


def _below(y: Floats, at: Floats, group: Ints) -> Ints:
    """1 where a value is at most its group's quantile, 0 above, -1 where missing; (n,)."""
    limit = np.append(at, np.nan)[group]
    codes: Ints = (y <= limit).astype(np.int8)
    codes[np.isnan(y)] = -1
    return codes


def _share_limits(
    interval: QuantileInterval, numbers: Numbers, level: float
) -> tuple[Floats, Floats]:
    """Interval of the distribution function at the quantile, NaN where it leaves [0, 1]."""
    p, variance = numbers.theta, numbers.variance
    t = intervals.t_quantile(numbers.df, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        if interval == "mean":
            low, high = intervals.wald(p, variance, t)
        elif interval == "xlogit":
            low, high = intervals.logit(p, variance, t)
        elif interval == "beta":
            n_eff = p * (1 - p) / variance
            low, high = intervals.korn_graubard(p, n_eff, numbers.n, t, level)
        else:
            half = t * np.sqrt(variance / (4 * p * (1 - p)))
            angle = np.arcsin(np.sqrt(p))
            low, high = np.sin(angle - half) ** 2, np.sin(angle + half) ** 2
    # at the largest answer the share below is one and its variance zero, which says nothing
    beyond = p >= 1
    return (
        np.where((low < 0) | beyond, np.nan, low),
        np.where((high > 1) | beyond, np.nan, high),
    )


def _replicate_gaps(
    design: Design,
    replicates: Replicates,
    group: Ints,
    y: Floats,
    p: float,
    at: Floats,
    rule: QuantileRule,
) -> Floats:
    """Deviations of the quantile in each replicate, shape (replicates, G)."""
    thetas = np.empty((replicates.n, at.size))
    for r in range(replicates.n):
        w = replicates.column(r, design.n)
        if not replicates.combined:
            w = w * design.weights
        data = Sorted.of(y, w, group, at.size)
        thetas[r] = quantile(data, np.full(at.size, p), rule)
    return replicates.deviations(thetas, at)


def _scaled_scores(
    design: Design, blocks: Sequence[tuple[Groups, Measure, Linear]], ratio: Floats
) -> Scores:
    """Scores of the shares below, over the density that Woodruff's interval implies."""
    joined = stack([block_scores(design, g, m, r, False) for g, m, r in blocks])
    slope = np.where(np.isfinite(ratio), -ratio, np.nan)
    return joined.scale(slope)
