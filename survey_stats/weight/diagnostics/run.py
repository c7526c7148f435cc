"""`diagnose`: from weights, a frame and populations to a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.labels import Language
from survey_stats.weight.diagnostics.benchmark_margins import Benchmarks
from survey_stats.weight.diagnostics.benchmark_tables import from_benchmarks
from survey_stats.weight.diagnostics.distribution import (
    distribution,
    factors,
    joined,
    stages,
    sums_around,
)
from survey_stats.weight.diagnostics.report import WeightingReport
from survey_stats.weight.diagnostics.steps import from_steps
from survey_stats.weight.diagnostics.tables import against_targets, design_effects, largest
from survey_stats.weight.diagnostics.targets import Moment, Target
from survey_stats.weight.diagnostics.verdict import HEAVY_OVER_MEDIAN, STRONG_FACTOR, judge
from survey_stats.weight.levels import column_of

if TYPE_CHECKING:
    from survey_stats.weight.result import Weights

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

__all__ = ["Benchmarks", "diagnose"]


def diagnose(
    weights: Weights,
    frame: pd.DataFrame,
    benchmarks: Benchmarks | None = None,
    by: str | Sequence[str] | None = None,
    columns: str | Sequence[str] | None = None,
    outcome: str | None = None,
    lang: Language = "sv",
    title: str | None = None,
) -> WeightingReport:
    """How the weights came about, what they cost, and how near they bring the sample.

    Respondents are the rows whose weight is above zero; the others are counted as zeros and left
    out of everything else. "Before" is the weights after the first step of the history: base
    weights, or weights as delivered.

    Args:
        weights: the weights of n rows with their history; plain numbers are taken as delivered.
        frame: the same rows with their variables.
        benchmarks: tables of the population, also such as the weights were not fitted to: a frame,
            or several (by name, or in a list). A table has a column for each variable, named as in
            the frame, and `population` (people); or `variable`, `mean` and perhaps `sd` of numeric
            variables. Also what `calibrate` takes as margins: {column: {level: people}},
            {(column, column): Series}, {numeric column: sum, None: people}.
        by: the columns whose groups are reported, such as "district": the design effect of each,
            and balance within each where the population is known by it.
        columns: the columns that say who carries the most; by default those weighted to and `by`.
        outcome: a numeric or boolean column, for Spencer's design effect beside Kish's; who did
            not answer it is left out of it.
        lang: the language of what is shown.
        title: what the weights are of, told below the heading of the page; by default the survey
            and the wave in the columns `survey` and `wave`, where the frame has one of each.

    Raises:
        BaseWeightError: weights and frame differ in length, or no weight is positive, or one is
            negative, missing or infinite.
        UnknownNameError: the frame has no such column.
        BenchmarkError: a table of benchmarks is not one, or holds a missing or negative number.
        UnknownCellError: names of the benchmarks and of the respondents differ.

    >>> from survey_stats.weight import base_weights, post_stratify
    >>> frame = pd.DataFrame({"gender": ["women"] * 60 + ["men"] * 40})
    >>> start = base_weights({"a": 1000}, {"a": 200}, ["a"] * 100)
    >>> fitted = post_stratify(start, frame["gender"], {"women": 500, "men": 500}, on=["gender"])
    >>> report = diagnose(fitted, frame, lang="en")
    >>> report.to_frame("balance")[["level", "before", "target", "after", "smd_before"]].round(3)
       level  before  target  after  smd_before
    0    men     0.4     0.5    0.5        -0.2
    1  women     0.6     0.5    0.5         0.2
    >>> print(report.verdict().splitlines()[0])
    There is nothing to object to in the weights.
    """
    from survey_stats.weight.frames import counted_rows
    from survey_stats.weight.result import Weights as Result

    if lang not in get_args(Language):
        raise UnknownNameError("language", lang, get_args(Language))
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"The respondents are a pandas DataFrame, not {type(frame).__name__}")
    if not isinstance(weights, Result):
        weights = Result.delivered(_numbers(weights))
    elif not weights.steps:
        weights = Result.delivered(weights.values)
    answered = counted_rows(weights, frame)
    groups = _names(by, frame)
    after = stages(weights, answered)
    start = weights.steps[0].factor.astype(np.float64)
    stage_by_step = _by_step(weights)
    targets = from_steps(weights, frame, answered)
    told = [] if benchmarks is None else from_benchmarks(benchmarks, frame, answered)

    margins, balance, disagree = against_targets(
        [*targets, *told], stage_by_step, start, answered, groups
    )
    shown = _names(columns, frame) or _default_columns([*targets, *told], groups, frame)
    overall = distribution(weights, after)
    moved = factors(weights, answered)
    groups_table = design_effects(weights.values, frame, answered, groups, outcome)
    facts = _facts(after, weights, told, targets, answered, disagree, groups)
    tables = {
        "distribution": overall,
        "steps": moved,
        "design effect": groups_table,
        "margins": margins,
        "balance": balance,
        "largest": largest(weights.values, start, frame, answered, shown),
    }
    findings = judge(overall, moved, groups_table, margins, balance, facts)
    own = " ".join(
        str(frame[c].dropna().unique()[0])
        for c in ("survey", "wave")
        if c in frame.columns and len(frame[c].dropna().unique()) == 1
    )
    return WeightingReport(
        findings, tables, after[0], after[-1], lang, bool(frame.attrs.get("synthetic", False)),
        own if title is None else title,
    )  # fmt: skip


def _numbers(weights: Any) -> FloatArray:
    try:
        return np.asarray(weights, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError) as error:
        raise InputError(
            "Weights to diagnose must be a Weights, or numbers with none missing; take "
            "`Survey.weighting`, or a column of the frame"
        ) from error


def _names(given: str | Sequence[str] | None, frame: pd.DataFrame) -> list[str]:
    names = [] if given is None else [given] if isinstance(given, str) else list(given)
    for name in names:
        column_of(frame, name)
    return names


def _default_columns(
    targets: Sequence[Target | Moment], groups: Sequence[str], frame: pd.DataFrame
) -> list[str]:
    names = dict.fromkeys(groups)
    for target in targets:
        given = (target.variable,) if isinstance(target, Moment) else target.variables
        names.update(dict.fromkeys(n for n in given if n in frame.columns))
    return list(names)


def _by_step(weights: Weights) -> list[FloatArray]:
    """The weights of all rows before each step, and last as they are, (steps + 1) x (n,)."""
    product = np.ones(weights.n)
    out = [product]
    for step in weights.steps:
        product = product * step.factor
        out.append(product)
    return [*out[:-1], weights.values]


def _facts(
    after: Sequence[FloatArray],
    weights: Weights,
    told: Sequence[Target | Moment],
    targets: Sequence[Target | Moment],
    answered: BoolArray,
    disagree: Sequence[tuple[str, float]],
    groups: Sequence[str],
) -> dict[str, Any]:
    last, first = after[-1], after[0]
    total = last.sum()
    heavy = last > HEAVY_OVER_MEDIAN * np.median(last)
    factor = last / first
    strong = factor > STRONG_FACTOR * np.median(factor)
    people = weights.steps[0].kind == "base" or any(t.step for t in targets)
    given = {
        t.source: {
            "missing": t.missing,
            "unknown": t.unknown,
            "variables": t.variables,
            "n": int(answered.sum()),
        }
        for t in told
        if isinstance(t, Target)
    }
    return {
        "heavy": int(heavy.sum()),
        "heavy_share": float(last[heavy].sum() / total),
        "strong": int(strong.sum()),
        "strong_share": float(last[strong].sum() / total),
        "below_one": int((last < 1).sum()) if people and last.mean() > 1 else 0,
        "benchmarks": given,
        "targets": bool(targets),
        "moments": any(isinstance(t, Moment) for t in (*targets, *told)),
        "disagree": list(disagree),
        "by": list(groups),
        "sums": sums_around(weights),
        "joined": joined(weights),
    }
