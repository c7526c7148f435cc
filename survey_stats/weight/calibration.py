"""Calibration: weights whose sums are the known totals, and that change as little as possible."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from survey_stats.errors import InputError, UnknownNameError, enumerate_first
from survey_stats.weight.batch import CalibrationRefit
from survey_stats.weight.distances import Distance, Exponential, Linear, Logit, Truncated
from survey_stats.weight.errors import BaseWeightError, NegativeWeightError
from survey_stats.weight.explain_failure import Explainer, nearest_totals
from survey_stats.weight.influence import Influence
from survey_stats.weight.levels import column_of
from survey_stats.weight.margins import Margins, read_margins
from survey_stats.weight.problem import Patterns, find_patterns, make_parts
from survey_stats.weight.result import Step, Weights
from survey_stats.weight.solve import Part, Solution, gram, independent, solve

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

Method = Literal["raking", "linear", "logit", "truncated", "entropy", "post-stratification"]
BoundsOn = Literal["factor", "weight"]
Linearisation = Literal["base", "derivative"]
WhenInfeasible = Literal["error", "nearest"]


@dataclass(frozen=True)
class Options:
    """How `calibrate` was asked to work, checked."""

    method: Method
    bounds: tuple[float, float]
    bounds_on: BoundsOn
    infeasible: WhenInfeasible
    linearisation: Linearisation

    @property
    def bounded(self) -> bool:
        """Whether there is any bound."""
        return bool(np.isfinite(self.bounds).any())


def calibrate(
    weights: Weights,
    frame: pd.DataFrame,
    margins: object,
    *,
    method: Method = "raking",
    bounds: tuple[float | None, float | None] | None = None,
    bounds_on: BoundsOn = "factor",
    by: str | Sequence[str] | None = None,
    household: str | None = None,
    scale_to: float | Literal["weights"] | Mapping[Hashable, float] | None = None,
    infeasible: WhenInfeasible = "error",
    ridge: float | Mapping[str, float] | None = None,
    linearisation: Linearisation = "base",
) -> Weights:
    """The weights, changed as little as possible, so that they sum to known totals.

    They minimise Σ d_i G(w_i / d_i) over all weights w with Σ w_i x_i = t, where d are the
    weights before and G is the distance of the method (Deville and Särndal 1992, Journal of the
    American Statistical Association 87:376; Deville, Särndal and Sautory 1993, JASA 88:1013).
    The totals are met to rounding; if they cannot be, an error says which and by how much.

    Margins are a mapping, a table, or a sequence of these:

    - `{"gender": {"women": 510, "men": 490}}`: people by level of a column (or a Series);
    - `{("district", "gender"): {("Farsta", "women"): 260, ...}}`: of columns crossed;
    - `{"income": 1.2e9}`: the sum of a numeric column;
    - `{None: 1000}` (or `{"population": 1000}`): people in all;
    - a table with the columns of the frame that are crossed, and `population`; its columns
      source, note, year, date, cut and unit are ignored where the frame does not have them.

    Respondents of weight zero (who did not answer) stay at zero and count nowhere.

    Args:
        weights: base weights, or the result of an earlier adjustment, of n respondents.
        frame: the respondents, n rows in the order of the weights.
        method: the distance.
            "raking": G = g log g - g + 1, factors exp(x'λ), which is what iterative proportional
            fitting comes to. "linear": G = (g - 1)²/2, the regression estimator (GREG), the one
            that can give negative weights (an error). "truncated": linear within `bounds`.
            "logit": within `bounds`, which are neared and never reached. "entropy": entropy
            balancing (Hainmueller 2012, Political Analysis 20:25), which is raking that keeps the
            sum of the weights where no margin counts people; where one does, it is raking.
            "post-stratification": one margin, of all columns crossed.
        bounds: the smallest and largest factor w/d, or weight; None leaves an end open. Raking
            and linear calibration are cut off there.
        bounds_on: "factor", or "weight" for bounds on the weights themselves.
        by: columns of groups that are calibrated each by itself. Every margin is then crossed
            with them, or margins is `{group: margins}`.
        household: a column by which respondents live together. They are given one factor: x is
            replaced by the mean of the household (Lemaître and Dufour 1987, Survey Methodology
            13(2):199). Their weights before must be equal.
        scale_to: the number of people ("weights": the sum of the weights before) to which every
            margin that counts people is scaled, keeping its proportions; for shares, and for
            tables whose sums disagree. With `by` a number for each group.
        infeasible: "error"; or "nearest" to calibrate to the totals that can be reached, with the
            smallest sum of relative deviations. Factors then stay above a hundredth of the
            typical one, or a hundredth of the way inside the bounds.
        ridge: what share of the totals the margins may give, as one number or by margin (a
            crossed one as "district x gender"; those not named are met exactly): the deviations
            (reached - t)/(ridge t) squared, times Σd/2, are added to what is minimised (Rao and
            Singh 1997, Proceedings of the Section on Survey Research Methods, ASA, 57). Weights
            should sum to about the population beforehand.
        linearisation: how standard errors remember the step. "base": residuals of the regression
            weighted with d (eq. 3.4 of Deville and Särndal; as R's survey). "derivative": weighted
            with d F'(x'λ), the derivative of the estimator itself, as recalibrated replicates.

    Returns:
        The weights with one more step, whose `details` are: method, bounds, bounds_on,
        iterations, misfit (largest relative distance from a total), converged, factors (smallest
        and largest), linearisation, and margins (a frame with variable, level, group with `by`,
        before, target, after); and gaps (reached - target by label) where totals were not met.

    Raises:
        UnknownNameError: a column is not in the frame. `UnknownLevelError`: respondents have a
            level without a total.
        EmptyCellError: a level has a total and nobody who answered.
        BenchmarkError: a total is missing, negative, infinite, given twice, or zero where people
            answered, or the sums of two margins disagree.
        BaseWeightError: a weight is missing, infinite or negative, all are zero, their number is
            not that of the rows, or they differ within a household.
        InfeasibleError: no weights meet all totals, with the certificate.
        NegativeWeightError: linear calibration would make weights negative.
        InputError: a column is missing for somebody who counts, or an argument is none of those
            above.

    >>> frame = pd.DataFrame({"gender": ["men", "women", "women"], "age": ["old", "old", "young"]})
    >>> start = Weights.delivered([10, 10, 10])
    >>> margins = {"gender": {"men": 12, "women": 18}, "age": {"old": 20, "young": 10}}
    >>> calibrate(start, frame, margins).values.round(6)
    array([12.,  8., 10.])
    """
    options = _options(method, bounds, bounds_on, infeasible, linearisation)
    values = weights.values
    _check_weights(values, frame)
    groups = () if by is None else (by,) if isinstance(by, str) else tuple(by)
    found = read_margins(margins, frame, values, groups, scale_to, method == "entropy")
    if method == "post-stratification" and len(found.each) != 1:
        raise InputError(
            f"Post-stratification needs one margin of all columns crossed, not {len(found.each)}; "
            "cross them, or use method='raking'"
        )
    living = None if household is None else _households(frame, household, values, found)
    patterns = find_patterns(found, values, living, options.bounds_on == "weight")
    sums = patterns.sums(values)
    parts = make_parts(found, patterns, sums, _give(found, sums, ridge))
    explainer = Explainer(found, patterns.x, options.bounded, method)
    solved = [_solve_part(part, patterns, options, explainer) for part in parts]
    step = _step(weights, found, patterns, options, solved, explainer)
    return weights.then(step)


def _options(
    method: Method,
    bounds: tuple[float | None, float | None] | None,
    bounds_on: BoundsOn,
    infeasible: WhenInfeasible,
    linearisation: Linearisation,
) -> Options:
    for what, given, known in (
        ("method of calibration", method, get_args(Method)),
        ("kind of bounds", bounds_on, get_args(BoundsOn)),
        ("way with totals that cannot be met", infeasible, get_args(WhenInfeasible)),
        ("linearisation", linearisation, get_args(Linearisation)),
    ):
        if given not in known:
            raise UnknownNameError(what, given, known)
    if bounds is None:
        if method in ("logit", "truncated"):
            raise InputError(f"method={method!r} needs bounds=(low, high), such as (0.3, 3)")
        return Options(method, (-np.inf, np.inf), bounds_on, infeasible, linearisation)
    if method == "post-stratification":
        raise InputError("Post-stratification leaves no room for bounds; use method='truncated'")
    if not isinstance(bounds, Sequence | np.ndarray) or len(bounds) != 2:
        raise InputError(f"bounds are a pair (low, high), not {bounds!r}")
    low = -np.inf if bounds[0] is None else float(bounds[0])
    high = np.inf if bounds[1] is None else float(bounds[1])
    if np.isnan(low) or np.isnan(high) or low > high or (np.isfinite(low) and low < 0) or high <= 0:
        raise InputError(
            f"bounds are {bounds!r}; give 0 <= low < high, since weights are not negative"
        )
    if method == "logit" and not (np.isfinite(low) and np.isfinite(high)):
        raise InputError("method='logit' needs both bounds; use 'truncated' for one")
    if method == "logit" and bounds_on == "factor" and not low < 1 < high:
        raise InputError(f"method='logit' needs bounds below and above 1, not {bounds!r}")
    if low == high:
        raise InputError(f"Both bounds are {low:g}, which leaves nothing to choose; widen them")
    return Options(method, (low, high), bounds_on, infeasible, linearisation)


def _check_weights(values: FloatArray, frame: pd.DataFrame) -> None:
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"The respondents are a pandas DataFrame, not {type(frame).__name__}")
    if values.shape != (len(frame),):
        raise BaseWeightError(
            f"There are {values.size} weights and {len(frame)} rows; take both from one frame"
        )
    bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if bad.size:
        raise BaseWeightError(
            "A weight is missing, negative or infinite in the rows "
            f"{enumerate_first(bad.tolist())} (counted from 0); set it before calibrating"
        )
    if not values.any():
        raise BaseWeightError("All weights are zero; there is nobody to calibrate")


def _households(frame: pd.DataFrame, name: str, values: FloatArray, margins: Margins) -> IntArray:
    """The household of each respondent, with everything checked; 0 for who does not count."""
    column = column_of(frame, name)
    counted = margins.counted
    code = np.zeros(len(frame), dtype=np.intp)
    found, _ = pd.factorize(column[counted])
    if (found < 0).any():
        rows = np.flatnonzero(counted)[found < 0]
        raise InputError(
            f"The household {name!r} is missing in the rows {enumerate_first(rows.tolist(), 3)} "
            "(counted from 0); give who lives alone a household of his own"
        )
    code[counted] = found
    size = int(found.max()) + 1
    for amounts, what in ((values, "weights before"), (margins.group, "groups")):
        low, high = np.full(size, np.inf), np.full(size, -np.inf)
        np.minimum.at(low, found, amounts[counted])
        np.maximum.at(high, found, amounts[counted])
        differ = np.flatnonzero(high - low > 1e-9 * high)
        if differ.size:
            first = column[counted].to_numpy()[found == differ[0]][0]
            raise BaseWeightError(
                f"Respondents of one household have different {what}, in {differ.size} "
                f"households such as {first!r}; one factor cannot serve them"
            )
    return code


def _give(
    margins: Margins, sums: FloatArray, ridge: float | Mapping[str, float] | None
) -> FloatArray:
    """What each total may give, (p,): (ridge t)² / Σd."""
    share = np.zeros(margins.totals.size)
    if ridge is None:
        return share
    names = [margin.name for margin in margins.each]
    if isinstance(ridge, Mapping):
        by_name = {" x ".join(k) if isinstance(k, tuple) else str(k): v for k, v in ridge.items()}
        for name in by_name:
            if name not in names:
                raise UnknownNameError("margin", name, names, "ridge")
    else:
        by_name = dict.fromkeys(names, ridge)
    shares = [np.full(m.size, float(by_name.get(m.name, 0.0))) for m in margins.each]
    share = np.concatenate(shares)
    if not (np.isfinite(share) & (share >= 0)).all():
        raise InputError(f"ridge is {ridge!r}; give the share of a total that it may be off by")
    given: FloatArray = np.square(share * margins.totals) / sums.sum()
    return given


@dataclass(frozen=True, eq=False)
class Solved:
    """A part, its distance and its solution, and what was asked where that was given up."""

    part: Part
    distance: Distance
    solution: Solution
    asked: FloatArray


def _limits(part: Part, patterns: Patterns, options: Options) -> tuple[FloatArray, FloatArray]:
    """The bounds of the factor of each pattern, two arrays (P,)."""
    low, high = (np.full(part.patterns.size, bound) for bound in options.bounds)
    if patterns.base is not None:
        base = patterns.base[part.patterns]
        low, high = low / base, high / base
    return low, high


def _distance(method: Method, low: FloatArray, high: FloatArray) -> Distance:
    """The family of factors of a method, with bounds (P,) that may be infinite."""
    if method == "logit":
        return Logit(low[:, None], high[:, None])
    free = Linear() if method in ("linear", "truncated") else Exponential()
    if not (np.isfinite(low).any() or np.isfinite(high).any()):
        return free
    if isinstance(free, Exponential):
        low = np.maximum(low, 0.0)
    return Truncated(free, low[:, None], high[:, None])


def _solve_part(part: Part, patterns: Patterns, options: Options, explainer: Explainer) -> Solved:
    """One group calibrated; what cannot be is explained, or brought to the nearest totals."""
    low, high = _limits(part, patterns, options)
    if options.method == "logit" and not ((low < 1) & (high > 1)).all():
        raise InputError(
            f"method='logit' needs every weight inside the bounds {options.bounds} beforehand; "
            "use method='truncated', or trim first"
        )
    distance = _distance(options.method, low, high)
    solution = solve(part, distance)
    problem = explainer.problem(part, distance, solution, low, high)
    if problem is None:
        return Solved(part, distance, solution, part.totals)
    if options.infeasible == "error":
        raise problem
    totals, low, high = nearest_totals(part, low, high, options.method == "logit")
    near = replace(part, totals=totals)
    if options.method != "logit":
        distance = _distance(options.method, low, high)
    solution = solve(near, distance)
    if not solution.converged:
        raise problem
    return Solved(near, distance, solution, part.totals)


def _step(
    weights: Weights,
    margins: Margins,
    patterns: Patterns,
    options: Options,
    solved: Sequence[Solved],
    explainer: Explainer,
) -> Step:
    """The step, with what the reader is told, what it does to errors and how it is made again."""
    factor = np.ones(patterns.size)
    asked = margins.totals.copy()
    for each in solved:
        factor[each.part.patterns] = each.solution.factor
        asked[each.part.columns] = each.asked
    by_row = np.append(factor, 1.0)[patterns.code]
    sums = patterns.sums(weights.values)
    _refuse_negative(factor, patterns)
    table = margins.table()
    table["before"] = np.asarray(patterns.x.T @ sums)
    table["target"] = asked
    table["after"] = np.asarray(patterns.x.T @ (sums * factor))
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
        "margins": table,
    }
    gap = (table["after"] - table["target"]).to_numpy()
    off = np.abs(gap) > 1e-9 * np.maximum(np.abs(asked), 1.0)
    if off.any():
        labels = margins.labels
        details["gaps"] = {labels[k]: float(gap[k]) for k in np.flatnonzero(off)}
    size = patterns.size + (0 if margins.counted.all() else 1)
    refit = CalibrationRefit(
        patterns.code,
        size,
        tuple((each.part, each.distance, each.solution.multipliers) for each in solved),
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
        _influence(weights.values, by_row, patterns, margins, options, solved),
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
    solved: Sequence[Solved],
) -> Influence:
    """What the step does to scores: residuals of the regression on X.

    The regression is weighted with d, or with d F'(x'λ), the derivative of the weights.
    """
    look = np.zeros(patterns.size + 1)
    size = margins.totals.size
    single = len(solved) == 1
    core: sparse.csc_array | FloatArray = np.zeros((size, size)) if single else np.zeros((0, 0))
    rows, columns, data = [], [], []
    for each in solved:
        part, g = each.part, each.solution.factor
        slope = np.ones_like(g)
        if options.linearisation == "derivative":
            slope = each.distance.slope(np.asarray(part.x @ each.solution.multipliers))
        slope = np.where(g > 0, slope, 0.0)
        ratio = np.zeros_like(g)
        np.divide(slope, g, out=ratio, where=g > 0)
        look[part.patterns] = ratio
        if part.single:
            sums = np.asarray(part.x.T @ (part.sums * slope))
            inverse = np.zeros_like(sums)
            np.divide(1.0, sums, out=inverse, where=sums > 0)
            rows.append(part.columns)
            columns.append(part.columns)
            data.append(inverse)
            continue
        whole = inverse_of(gram(part.x, part.sums * slope) + np.diag(part.give))
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


def inverse_of(matrix: FloatArray) -> FloatArray:
    """A generalised inverse of a symmetric non-negative (p, p): zeros for redundant columns."""
    kept = independent(matrix)
    out = np.zeros_like(matrix)
    if kept.size:
        part = matrix[np.ix_(kept, kept)]
        size = np.sqrt(np.diag(part))
        inverse = np.linalg.inv(part / size[:, None] / size) / size[:, None] / size
        out[np.ix_(kept, kept)] = (inverse + inverse.T) / 2
    return out
