"""The step that a calibration makes: what the reader is told, and what it does to errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from survey_stats.weight.calibration.batch import Again, CalibrationRefit
from survey_stats.weight.calibration.explain_failure import Explainer
from survey_stats.weight.calibration.fitting import Fitted
from survey_stats.weight.calibration.margins import Margins
from survey_stats.weight.calibration.options import Options
from survey_stats.weight.calibration.problem import Patterns
from survey_stats.weight.calibration.solve import CONVERGED, inverse_of_part
from survey_stats.weight.errors import NegativeWeightError
from survey_stats.weight.influence import Influence
from survey_stats.weight.result import Step

FloatArray = npt.NDArray[np.float64]

# rounds over the margins that R's survey takes for the residuals after `rake`
ROUNDS = 10


def calibrated(
    values: FloatArray,
    margins: Margins,
    patterns: Patterns,
    options: Options,
    solved: Sequence[Fitted],
    explainer: Explainer,
    ridge: float | Mapping[str, float] | None = None,
) -> Step:
    """The step, with what the reader is told, what it does to errors and how it is made again."""
    factor, scale = np.ones(patterns.size), np.ones(margins.totals.size)
    for each in solved:
        factor[each.part.patterns] = each.solution.factor
        scale[each.part.columns] = each.part.scale
    asked = margins.totals
    by_row = np.append(factor, 1.0)[patterns.code]
    sums = patterns.sums(values)
    _refuse_negative(factor, patterns)
    before = np.asarray(patterns.x.T @ sums)
    after = np.asarray(patterns.x.T @ (sums * factor))
    misfit = max(each.solution.misfit for each in solved)
    details: dict[str, Any] = {
        "method": options.method,
        "bounds": options.bounds if options.bounded else None,
        "bounds_on": options.bounds_on if options.bounded else None,
        "iterations": max(each.solution.iterations for each in solved),
        "misfit": float(f"{misfit:.1e}"),
        "converged": True,
        "factors": (float(factor.min()), float(factor.max())),
        "linearisation": options.linearisation,
        "by": margins.by or None,
        "household": options.household,
        "ridge": ridge,
        "margins": margins.table(before=before, target=asked, after=after),
    }
    notes = margins.notes
    if notes:
        details["notes"] = notes
    gap = after - asked
    off = np.abs(gap) > CONVERGED * scale
    if off.any():
        labels = margins.labels
        details["gaps"] = {labels[k]: float(gap[k]) for k in np.flatnonzero(off)}
    size = patterns.size + (0 if margins.counted.all() else 1)
    refit = CalibrationRefit(
        patterns.code,
        size,
        tuple(
            Again(e.part, e.distance, e.solution.multipliers, e.instead, e.exact) for e in solved
        ),
        explainer.replicate,
    )
    on = tuple(
        dict.fromkeys(
            c
            for m in margins.each
            for c in (*m.target.columns, *([m.target.number] if m.target.number else []))
        )
    )
    return Step(
        "calibrated",
        on or ("population",),
        margins.labels,
        asked,
        by_row,
        details,
        _influence(values, by_row, patterns, margins, options, solved),
        refit,
    )


def _refuse_negative(factor: FloatArray, patterns: Patterns) -> None:
    respondents = np.bincount(patterns.code, minlength=patterns.size + 1)[: patterns.size]
    negative = factor < 0
    if negative.any():
        raise NegativeWeightError(
            f"Linear calibration would give {int(respondents[negative].sum())} respondents a "
            f"negative weight (smallest factor {factor.min():.3g}); use method='truncated' or "
            "'logit' with bounds, or 'raking'"
        )


def _influence(
    values: FloatArray,
    factor: FloatArray,
    patterns: Patterns,
    margins: Margins,
    options: Options,
    solved: Sequence[Fitted],
) -> Influence:
    """What the step does to scores: residuals of the regression on X.

    The regression is weighted with d, or with d F'(x'λ), the derivative of the weights.
    """
    if options.linearisation == "rake":
        return _rounds(values * factor, patterns, margins)
    look = np.zeros(patterns.size + 1)
    size = margins.totals.size
    single = len(solved) == 1
    core: sparse.csc_array | FloatArray = np.zeros((size, size)) if single else np.zeros((0, 0))
    rows, columns, data = [], [], []
    for each in solved:
        part, g = each.part, each.solution.factor
        slope = np.ones_like(g)
        if options.linearisation == "derivative":
            slope = each.used.slope(np.asarray(part.x @ each.solution.multipliers))
        slope = np.where(g > 0, slope, 0.0)
        ratio = np.zeros_like(g)
        np.divide(slope, g, out=ratio, where=g > 0)
        look[part.patterns] = ratio
        weight = slope * part.sums
        if part.single:
            sums = np.asarray(part.x.T @ weight)
            inverse = np.zeros_like(sums)
            np.divide(1.0, sums, out=inverse, where=sums > 0)
            rows.append(part.columns)
            columns.append(part.columns)
            data.append(inverse)
            continue
        whole = inverse_of_part(part, weight)
        if single:
            core = whole
        else:
            at, to = np.meshgrid(part.columns, part.columns, indexing="ij")
            rows.append(at.ravel())
            columns.append(to.ravel())
            data.append(whole.ravel())
    if rows:
        place = (np.concatenate(rows), np.concatenate(columns))
        core = sparse.csc_array((np.concatenate(data), place), shape=(size, size))
    return Influence(patterns.blocks, look[patterns.code], values * factor, core)


def _rounds(after: FloatArray, patterns: Patterns, margins: Margins) -> Influence:
    """Residuals of ten rounds in which the mean within each level of each margin is taken off.

    The means are not weighted, as in `rake` of R's survey; the limit is a regression that is not.
    """
    n = np.bincount(patterns.code, minlength=patterns.size + 1)[: patterns.size]
    met = np.asarray(
        (patterns.x.T @ sparse.diags_array(n.astype(np.float64)) @ patterns.x).todense()
    )
    size = met.shape[0]
    held = np.diag(met).clip(min=1.0)
    core, every = np.zeros((size, size)), np.eye(size)
    ends = np.cumsum([margin.size for margin in margins.each])
    for _ in range(ROUNDS):
        for margin, end in zip(margins.each, ends.tolist(), strict=True):
            own = slice(end - margin.size, end)
            core[own] += (every[own] - met[own] @ core) / held[own, None]
    look = np.zeros_like(after)
    np.divide(1.0, after, out=look, where=after > 0)
    return Influence(patterns.blocks, look, after, core)
