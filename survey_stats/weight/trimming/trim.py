"""Trimming: no weight beyond a limit, and every total that the weights met still met."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import InputError, enumerate_first
from survey_stats.weight.cells import FloatArray, IntArray
from survey_stats.weight.diagnostics.kish import kish_design_effect
from survey_stats.weight.frames import (
    BoolArray,
    add_up,
    classes_of,
    counted_rows,
    names_of,
    weights_of,
)
from survey_stats.weight.influence import Block
from survey_stats.weight.levels import combine
from survey_stats.weight.result import Step, Weights
from survey_stats.weight.step_text import margins_text
from survey_stats.weight.trimming.capping import Capped, capped_factors, route_of
from survey_stats.weight.trimming.caps import Limit, limits
from survey_stats.weight.trimming.recapping import CapRefit
from survey_stats.weight.trimming.routes import Route, matrix_of, through

_MARGINS = ("calibrated", "post-stratified")
_MET = 1e-6


def trim(
    weights: Weights | npt.ArrayLike,
    frame: pd.DataFrame | None = None,
    *,
    upper: Limit | None = None,
    lower: Limit | None = None,
    keep: str | Sequence[str] = "last",
    within: str | Sequence[str] | None = None,
) -> Weights:
    """The weights nearest to these that lie within limits and keep the totals.

    Weights beyond `upper` are set to it, and the others take over what is cut off, such that the
    totals of the last calibration are met as before; that is calibration with limits that differ
    by respondent (Folsom and Singh 2000, Proceedings of the Section on Survey Research Methods,
    American Statistical Association; the distance is that of raking, so weights stay positive).
    Trimming that spreads what was cut off evenly over the others (trimWeights of R's survey adds
    the same amount to each of them) would undo calibration.

    Args:
        weights: the weights before (or plain numbers), of n rows. Those of weight zero stay out.
        frame: n rows with the columns of `keep` and `within`; needed only with these.
        upper, lower: the limits: a number, or a rule on the weights before: "5 x median",
            "4 x mean", or "median + 6 IQR", which Chowdhury, Khare and Wolter (2007, Proceedings
            of the Section on Survey Research Methods) took for the National Immunization Survey.
            How rules compare is in Van de Kerckhove, Mohadjer and Krenzke (2014, same place).
        keep: "last" keeps the totals of the last calibration or post-stratification or, where
            there is none, the sum of the weights. A column, or several crossed, keep the sums of
            their groups; only for weights that were never calibrated.
        within: columns in whose groups rules are applied, so that a group that is sampled more
            thinly has its own limit.

    Returns:
        The weights with a step "trimmed"; its `details` tell the limits, how many weights lie at
        them and the design effect before and after. Errors of estimates and replicates take the
        limits as fixed, for each time that a respondent is in the (re)sample. The influences of
        the steps before are merged into its own, since weights at a limit do not feel them.

    Raises:
        DesignError: no weights within the limits keep the totals; the text tells the smallest
            limit that does.
        InputError: no limit is given, a limit is no rule or not positive, `lower` is not below
            `upper`, or weights were adjusted since the calibration and no longer meet its totals.
        UnknownNameError: the frame has no such column.
        BaseWeightError: weights and frame differ in length, or a weight cannot be.

    >>> trim(Weights.delivered([1, 1, 2, 6]), upper=5).values
    array([1.25, 1.25, 2.5 , 5.  ])
    """
    if upper is None and lower is None:
        raise InputError("Trimming needs a limit; give `upper`, `lower` or both")
    weights = weights_of(weights, frame)
    values = np.asarray(weights.values)
    counted = counted_rows(
        weights, pd.DataFrame(index=range(weights.n)) if frame is None else frame
    )
    blocks, totals, labels, on, fixed = _kept(weights, frame, counted, keep)
    group = _groups(frame, counted, within)
    low, high = np.zeros(weights.n), np.full(weights.n, np.inf)
    if lower is not None:
        low[counted] = limits(lower, values[counted], group, "lower")
    if upper is not None:
        high[counted] = limits(upper, values[counted], group, "upper")
    _refuse_crossed(low, high, counted)
    out = counted & ((values > high * (1 + 1e-12)) | (values < low * (1 - 1e-12)))
    details = _told(upper, lower, low, high, counted)
    if not out.any():
        same = np.ones(weights.n)
        return weights.then(Step("trimmed", on, labels, totals, same, {"trimmed": 0, **details}))
    _refuse_loose(out, blocks)
    earlier = _as_they_were(weights)
    problem = _problem(values, counted, low, high, blocks, totals, labels, fixed, earlier)
    factor, multipliers = capped_factors(problem)
    route = route_of(problem, blocks, values, factor)
    by_row = np.append(factor, 1.0)[problem.code]
    after = values * by_row
    at_upper = counted & (after >= high * (1 - 1e-9))
    details = {
        "trimmed": int(out.sum()),
        **details,
        "at_upper": int(at_upper.sum()),
        "at_lower": int((counted & (after <= low * (1 + 1e-9))).sum()),
        "weight_at_upper": float(after[at_upper].sum() / after.sum()),
        "largest_before": float(values.max()),
        "largest_after": float(after.max()),
        "design_effect_before": kish_design_effect(values[counted]),
        "design_effect_after": kish_design_effect(after[counted]),
        "factors": (float(factor.min()), float(factor.max())),
    }
    step = Step(
        "trimmed",
        on,
        labels,
        totals if fixed else np.full(totals.size, np.nan),
        by_row,
        details,
        through([*_routes(earlier, blocks), route]),
        CapRefit(problem.code, problem.size + 1, problem, multipliers, route, earlier),
    )
    # the influence of the chain is in its last step, so the others have none of their own
    bare = (replace(s, influence=None) for s in weights.steps)
    return Weights(values, tuple(bare)).then(step)


def _as_they_were(weights: Weights) -> tuple[Step, ...]:
    """The steps, each with what it alone does to scores."""
    steps = list(weights.steps)
    for place, step in enumerate(weights.steps):
        if isinstance(step.refit, CapRefit):
            steps[:place] = step.refit.earlier
    return tuple(steps)


def _routes(steps: Sequence[Step], blocks: tuple[Block, ...]) -> list[Route]:
    """What each step that errors have to remember does to scores.

    Raking, and then raking to the same totals within limits, comes to the latter alone.
    """
    routes = []
    last = max((k for k, step in enumerate(steps) if step.influence is not None), default=None)
    for k, step in enumerate(steps):
        if k == last and _is_raking(step) and step.influence is not None:
            same = step.influence.blocks
            if len(same) == len(blocks) and all(map(operator.is_, same, blocks)):
                continue
        if isinstance(step.refit, CapRefit):
            routes.append(step.refit.route)
        elif step.influence is not None:
            routes.append(Route(step.influence))
    return routes


def _is_raking(step: Step) -> bool:
    """Whether factors are exp(x'λ)."""
    if step.kind == "post-stratified":
        return True
    known = step.details.get("method") in ("raking", "entropy", "post-stratification")
    exact = step.details.get("bounds") is None and "gaps" not in step.details
    return step.kind == "calibrated" and known and exact


def _kept(
    weights: Weights, frame: pd.DataFrame | None, counted: BoolArray, keep: str | Sequence[str]
) -> tuple[tuple[Block, ...], FloatArray, tuple[str, ...], tuple[str, ...], bool]:
    """What is kept: blocks, totals, their names, their variables, and whether they are known."""
    last = max((k for k, s in enumerate(weights.steps) if s.kind in _MARGINS), default=None)
    if keep == "last":
        if last is not None:
            return _of_step(weights, last)
        labels: tuple[str, ...] = ("sum of weights",)
        on: tuple[str, ...] = ("everybody",)
        code = np.where(counted, 0, 1)
    else:
        names = names_of(keep, "the groups to keep")
        if last is not None:
            step = weights.steps[last]
            raise InputError(
                f"Weights that were {step.kind} to "
                f"{margins_text(step.on, step.labels, step.details)} would no longer meet "
                f"those totals if only the sums by {' x '.join(names)} were kept; leave out "
                "`keep`, or calibrate to both before"
            )
        code, _, labels = classes_of(_needed(frame, "keep"), names, counted, "the groups to keep")
        on = names
    sums = add_up(code, np.asarray(weights.values), len(labels))
    return (Block(code, len(labels)),), sums, labels, on, False


def _of_step(
    weights: Weights, last: int
) -> tuple[tuple[Block, ...], FloatArray, tuple[str, ...], tuple[str, ...], bool]:
    """As `_kept`, of a step whose totals the weights must still meet."""
    step = _as_they_were(weights)[last]
    if step.influence is None:
        raise InputError(
            f"The step {step.kind!r} does not tell its margins, so trimming could not keep them; "
            "calibrate within bounds instead"
        )
    blocks = step.influence.blocks
    then = np.asarray(weights.steps[0].factor)
    for each in weights.steps[1 : last + 1]:
        then = then * each.factor
    met, now = (np.concatenate([b.sums(w) for b in blocks]) for w in (then, weights.values))
    size = np.concatenate([_size_of(b, weights.values) for b in blocks])
    off = np.flatnonzero(np.abs(now - met) > _MET * np.maximum(size, np.abs(met)))
    if off.size:
        since = enumerate_first([s.kind for s in weights.steps[last + 1 :]]) or "other weights"
        raise InputError(
            f"The weights no longer meet the totals that they were {step.kind} to "
            f"({enumerate_first([step.labels[k] for k in off], 3)}), because of what came after "
            f"({since}); calibrate again before trimming"
        )
    # totals that were only neared (ridge, nearest) are what the sample made of them
    fixed = bool((np.abs(met - step.totals) <= _MET * np.maximum(size, np.abs(met))).all())
    return blocks, step.totals if fixed else now, step.labels, step.on, fixed


def _size_of(block: Block, values: FloatArray) -> FloatArray:
    """Sums of the sizes of what the columns of a block add up, (size,)."""
    value = None if block.value is None else np.abs(block.value)
    return Block(block.code, block.size, value).sums(np.asarray(values))


def _needed(frame: pd.DataFrame | None, what: str) -> pd.DataFrame:
    if frame is None:
        raise InputError(f"`{what}` names columns; give the frame that has them")
    return frame


def _groups(
    frame: pd.DataFrame | None, counted: BoolArray, within: str | Sequence[str] | None
) -> IntArray:
    """The group of each row that counts in whose rows rules are applied."""
    if within is None:
        return np.zeros(int(counted.sum()), dtype=np.intp)
    names = names_of(within, "the groups of limits")
    code, _, _ = classes_of(_needed(frame, "within"), names, counted, "the groups of limits")
    return code[counted]


def _refuse_crossed(low: FloatArray, high: FloatArray, counted: BoolArray) -> None:
    crossed = np.flatnonzero(counted & ~(low < high))
    if crossed.size:
        k = crossed[0]
        raise InputError(
            f"`lower` ({low[k]:g}) is not below `upper` ({high[k]:g}) for {crossed.size} rows "
            f"(first at position {int(k)}, counted from 0); widen the limits"
        )


def _refuse_loose(out: BoolArray, blocks: Sequence[Block]) -> None:
    """Refuse to cut weights that count towards no total, since nobody would take them over."""
    loose = out.copy()
    for block in blocks:
        loose &= block.code >= block.size
    if loose.any():
        raise InputError(
            f"{int(loose.sum())} of the weights beyond the limits count towards none of the totals "
            f"that are kept (first at position {int(np.flatnonzero(loose)[0])}, counted from 0); "
            "calibrate all respondents first"
        )


def _problem(
    values: FloatArray,
    counted: BoolArray,
    low: FloatArray,
    high: FloatArray,
    blocks: tuple[Block, ...],
    totals: FloatArray,
    labels: tuple[str, ...],
    fixed: bool,
    earlier: Sequence[Step],
) -> Capped:
    rows = np.flatnonzero(counted)
    codes, sizes = [], []
    for block in blocks:
        codes.append(block.code[rows])
        sizes.append(block.size + 1)
    for block in blocks:
        if block.value is not None:
            _add_number(block.value[rows], codes, sizes)
    alike, first_alike = combine(codes, sizes)
    codes, sizes = [alike], [first_alike.size]
    for number in (values[rows], low[rows], high[rows]):
        _add_number(number, codes, sizes)
    for step in earlier:
        if step.refit is not None:
            codes.append(step.refit.code[rows])
            sizes.append(step.refit.size)
    pattern, first = combine(codes, sizes)
    code = np.full(values.size, first.size, dtype=np.intp)
    code[rows] = pattern
    of = rows[first]
    return Capped(
        code,
        matrix_of(blocks, of),
        alike[first],
        np.bincount(pattern, minlength=first.size).astype(np.float64),
        values[of],
        low[of] / values[of],
        high[of] / values[of],
        totals,
        labels,
        fixed,
    )


def _add_number(number: FloatArray, codes: list[IntArray], sizes: list[int]) -> None:
    found, unique = pd.factorize(number)
    codes.append(np.asarray(found, dtype=np.intp))
    sizes.append(len(unique))


def _told(
    upper: Limit | None, lower: Limit | None, low: FloatArray, high: FloatArray, counted: BoolArray
) -> dict[str, Any]:
    """The limits as rules and as numbers."""
    details: dict[str, Any] = {}
    for name, rule, found in (("upper", upper, high), ("lower", lower, low)):
        if rule is None:
            continue
        ends = found[counted].min(), found[counted].max()
        number = f"{ends[0]:.6g}" if ends[0] == ends[1] else f"{ends[0]:.6g} to {ends[1]:.6g}"
        details[name] = f"{number} ({rule})" if isinstance(rule, str) else number
    return details
