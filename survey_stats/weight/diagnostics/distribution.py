"""How unequal weights are, after every step that made them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.weight.diagnostics.kish import kish_design_effect
from survey_stats.weight.diagnostics.targets import TIMES

if TYPE_CHECKING:
    from survey_stats.weight.result import Step, Weights

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
# how near a bound a factor is at it, of the bound
_AT = 1e-6


def carried(weights: FloatArray, part: float) -> float:
    """The share of the sum that the largest weights carry, `part` of the respondents.

    A respondent may be cut: of 50 respondents the top 1 percent is half of the largest weight, so
    that equal weights give `part` whatever their number (1 less the Lorenz curve at 1 - part).

    >>> carried(np.array([1.0, 1.0, 1.0, 5.0]), 0.25), carried(np.ones(50), 0.01)
    (0.625, 0.01)
    """
    down = np.sort(weights)[::-1]
    most = part * down.size
    whole = int(np.floor(most + 1e-9))
    rest = max(most - whole, 0.0) * down[whole] if whole < down.size else 0.0
    return float((down[:whole].sum() + rest) / down.sum())


def describe(weights: FloatArray) -> dict[str, float]:
    """Numbers of a distribution of positive weights (n,): one row of `distribution`."""
    mean = float(weights.mean())
    deff = kish_design_effect(weights)
    quantiles = np.quantile(weights, QUANTILES)
    median = float(np.median(weights))
    top = float(weights.max())
    return {
        "n": weights.size,
        "total": float(weights.sum()),
        "mean": mean,
        "min": float(weights.min()),
        **{f"p{round(100 * q)}": float(v) for q, v in zip(QUANTILES, quantiles, strict=True)},
        "max": top,
        "cv": float(np.sqrt(max(deff - 1, 0.0))),
        "max_over_median": top / median,
        "top_1_percent": carried(weights, 0.01),
        "top_5_percent": carried(weights, 0.05),
        "design_effect": deff,
        "n_effective": weights.size / deff,
    }


def stages(weights: Weights, answered: BoolArray) -> list[FloatArray]:
    """The weights (respondents,) after each step, of those whose weight is above zero at the end.

    The last is what the weights are; the ones before are the products of the factors.
    """
    product = np.ones(int(answered.sum()))
    after = []
    for step in weights.steps:
        product = product * step.factor[answered]
        after.append(product)
    return [*after[:-1], weights.values[answered]]


def sums_around(weights: Weights) -> list[tuple[int, float, float]]:
    """Step (from 2), sum before and sum after, of the steps that should keep the sum.

    Sums are of all drawn: base weights of respondents alone sum to less than the strata that they
    were drawn from, and what makes up for those who are no rows is meant to raise the sum.
    """
    product = weights.steps[0].factor.astype(np.float64)
    before = float(product.sum())
    strata = weights.steps[0].totals
    if weights.steps[0].kind == "base" and strata.size and np.isfinite(strata).all():
        before = max(before, float(strata.sum()))
    out = []
    for k, step in enumerate(weights.steps[1:], 2):
        product = product * step.factor
        after = float((weights.values if k == len(weights.steps) else product).sum())
        given = step.kind in ("non-response", "propensity") and bool((step.factor > 0).all())
        if not given and step.kind != "restricted" and before > 0 and after > 0:
            out.append((k, before, after))
        before = after
    return out


def joined(weights: Weights) -> bool:
    """Whether samples were joined: delivered, and a step fitted only a part of the respondents."""
    if weights.steps[0].kind != "delivered":
        return False
    counted = weights.values > 0
    kept = [
        float((s.factor[counted] == 1).mean())
        for s in weights.steps[1:]
        if s.kind in ("calibrated", "post-stratified", "non-response", "propensity")
    ]
    return any(0 < part < 1 for part in kept)


def distribution(weights: Weights, after: Sequence[FloatArray]) -> pd.DataFrame:
    """One row a step: the weights of the respondents after it.

    Columns: step (from 1), kind, n, total, mean, min, p1 ... p99, max, cv (standard deviation over
    mean), max_over_median, top_1_percent and top_5_percent (share of the total that the largest
    weights carry), design_effect (Kish), n_effective, zeros (rows that count for nobody).
    """
    zeros = weights.n - after[-1].size
    rows = [
        {"step": k, "kind": step.kind, **describe(values), "zeros": zeros}
        for k, (step, values) in enumerate(zip(weights.steps, after, strict=True), 1)
    ]
    return pd.DataFrame(rows)


def factors(weights: Weights, answered: BoolArray) -> pd.DataFrame:
    """One row a step after the first: what it multiplied the respondents' weights by.

    Columns: step, kind, on (variables: crossed ones with " x ", others with a comma), cells
    (number of totals, 0 where none), min, p5, median, p95, max, cv, changed (share of respondents
    whose weight moved against the others'), lower, upper (the bounds of the factor, or of the
    weight where `bounds_on` says so; NaN where none), at_lower, at_upper (respondents at a bound).
    """
    rows = []
    after = stages(weights, answered)
    for k, step in enumerate(weights.steps[1:], 2):
        factor = step.factor[answered]
        on_weight = step.details.get("bounds_on") == "weight"
        bounded = after[k - 1] if on_weight else factor
        low, high = bounds_of(step)
        p5, median, p95 = np.quantile(factor, [0.05, 0.5, 0.95]).tolist()
        mean = float(factor.mean())
        rows.append(
            {
                "step": k,
                "kind": step.kind,
                "on": fitted_to(weights.steps[:k]),
                "cells": len(step.labels),
                "min": float(factor.min()),
                "p5": p5,
                "median": median,
                "p95": p95,
                "max": float(factor.max()),
                "cv": float(factor.std() / mean),
                "changed": float(np.mean(np.abs(factor / median - 1) > 1e-9)),
                "lower": low,
                "upper": high,
                "bounds_on": ("weight" if on_weight else "factor") if low > 0 or high > 0 else "",
                "at_lower": _at(step, "at_lower", bounded <= low * (1 + _AT)),
                "at_upper": _at(step, "at_upper", bounded >= high * (1 - _AT)),
            }
        )
    columns = (
        *("step", "kind", "on", "cells", "min", "p5", "median", "p95", "max", "cv"),
        *("changed", "lower", "upper", "bounds_on", "at_lower", "at_upper"),
    )
    return pd.DataFrame(rows, columns=list(columns))


def fitted_to(steps: Sequence[Step]) -> str:
    """The variables of the last of the steps: crossed ones with " x ", others with a comma."""
    step = steps[-1]
    if step.kind == "trimmed":
        # the totals that were kept are those of the step that made them
        kept = [s for s in steps[:-1] if s.on == step.on and s.labels == step.labels]
        step = kept[-1] if kept else step
    table = step.details.get("margins")
    if isinstance(table, pd.DataFrame):
        by = step.details.get("by") or ()
        groups = [by] if isinstance(by, str) else list(by)
        found = dict.fromkeys(table["variable"].astype(str))
        return ", ".join(TIMES.join([*groups, name]) for name in found)
    if step.kind in ("calibrated", "trimmed", "propensity"):
        return ", ".join(step.on)
    return TIMES.join(step.on)


def _at(step: Step, name: str, reached: BoolArray) -> int:
    """How many are at a bound: what the step tells, as trimming does, or else those counted."""
    told = step.details.get(name)
    return int(told) if isinstance(told, int) else int(reached.sum())


def bounds_of(step: Step) -> tuple[float, float]:
    """The least and the largest factor that the step was allowed, NaN where there is no bound."""
    given = step.details.get("bounds")
    if given is None or isinstance(given, str):
        return float("nan"), float("nan")
    low, high = (float("nan") if v is None or not np.isfinite(v) else float(v) for v in given)
    # a factor is never negative, so a bound of zero or under says nothing
    return (low if low > 0 else float("nan")), high
