"""Calibration: weights whose sums are the known totals, and that change as little as possible."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import InputError, UnknownNameError, enumerate_first
from survey_stats.weight.calibration.calibrated import calibrated
from survey_stats.weight.calibration.explain_failure import Explainer
from survey_stats.weight.calibration.fitting import fit
from survey_stats.weight.calibration.margins import Margins, read_margins
from survey_stats.weight.calibration.options import (
    BoundsOn,
    Linearisation,
    Method,
    WhenInfeasible,
    read_options,
)
from survey_stats.weight.calibration.problem import find_patterns, make_parts
from survey_stats.weight.errors import BaseWeightError
from survey_stats.weight.frames import weights_of
from survey_stats.weight.levels import column_of, plain
from survey_stats.weight.result import Weights

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


def calibrate(
    weights: Weights | npt.ArrayLike,
    frame: pd.DataFrame,
    margins: object,
    *,
    method: Method = "raking",
    bounds: tuple[float | None, float | None] | None = None,
    bounds_on: BoundsOn = "factor",
    by: str | Sequence[str] | None = None,
    household: str | None = None,
    scale_to: float | Literal["weights"] | Mapping[Hashable, float] | pd.Series | None = None,
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
        weights: base weights, or the result of an earlier adjustment, of n respondents; plain
            numbers are taken as weights that came with the data.
        frame: the respondents, n rows in the order of the weights.
        method: the distance.
            "raking": G = g log g - g + 1, factors exp(x'λ), which is what iterative proportional
            fitting comes to. "linear": G = (g - 1)²/2, the regression estimator (GREG), the one
            that can give negative weights (an error; not in replicates). "truncated": linear within
            `bounds`. "logit": within `bounds`, which are neared and never reached. "entropy":
            entropy balancing (Hainmueller 2012, Political Analysis 20:25), which is raking that
            keeps the sum of the weights where no margin counts people; where one does, it is
            raking.
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
            tables whose sums disagree. With `by` a number for each group. Totals of numbers are
            not scaled, so that it is an error to scale people beside them by more than a percent.
        infeasible: "error"; or "nearest" to calibrate to the totals that can be reached, with the
            smallest sum of relative deviations. Factors then stay above a hundredth of the
            typical one, or a hundredth of the way inside the bounds.
        ridge: how softly the margins are met, as one number or by margin (a crossed one is called
            "district x gender"; those not named are met exactly): the deviations of each total,
            (reached - t)/(ridge t) squared, times Σd/2, are added to what is minimised, so that to
            miss a total by the share `ridge` costs as much as to double every weight (Rao and
            Singh 1997, Proceedings of the Section on Survey Research Methods, ASA, 57). Weights
            should sum to about the population beforehand.
        linearisation: how standard errors remember the step. "base": residuals of the regression
            weighted with d (eq. 3.4 of Deville and Särndal; R survey's `calibrate`). "derivative":
            weighted with d F'(x'λ), the derivative of the estimator itself, as recalibrated
            replicates. "rake": ten rounds of unweighted means, as R survey's `rake`.

    Returns:
        The weights with one more step, whose `details` are: method, bounds, bounds_on,
        iterations, misfit (largest relative distance from what was solved), converged, factors
        (smallest and largest), linearisation, by, household, ridge, and margins (a frame with
        variable, level, group with `by`, before, target, after); gaps (reached - target by
        label) where totals were not met; and notes where a number has so few values that it may
        be codes.

    Raises:
        UnknownNameError: a column is not in the frame. `UnknownLevelError`: respondents have a
            level without a total.
        EmptyCellError: a level has a total and nobody who answered.
        BenchmarkError: a total is missing, negative, infinite, given twice, or zero where people
            answered, the sums of two margins disagree, or totals are shares or percent and the
            weights sum to more than 20 times as much (without `scale_to`).
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
    options = read_options(method, bounds, bounds_on, infeasible, linearisation, household)
    weights = weights_of(weights, frame)
    values = weights.values
    _check_weights(values, frame)
    groups = () if by is None else (by,) if isinstance(by, str) else tuple(by)
    found = read_margins(margins, frame, values, groups, scale_to, method == "entropy")
    if method == "post-stratification" and len(found.each) != 1:
        raise InputError(
            f"Post-stratification needs one margin of all columns crossed, not {len(found.each)}; "
            "cross them, or use method='raking'"
        )
    if linearisation == "rake" and (
        household is not None or any(margin.value is not None for margin in found.each)
    ):
        raise InputError(
            "linearisation='rake' takes means within margins of people; leave household= and "
            "numeric totals out, or use linearisation='base'"
        )
    living = None if household is None else _households(frame, household, values, found)
    patterns = find_patterns(found, values, living, options.bounds_on == "weight")
    sums = patterns.sums(values)
    parts = make_parts(found, patterns, sums, _give(found, sums, ridge))
    explainer = Explainer(found.labels, patterns.x, options.bounded, method)
    solved = [fit(part, patterns.base, options, explainer) for part in parts]
    return weights.then(calibrated(values, found, patterns, options, solved, explainer, ridge))


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
            first = plain(column[counted].to_numpy()[found == differ[0]][0])
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
    if isinstance(ridge, Mapping | pd.Series):
        by_name = {" x ".join(k) if isinstance(k, tuple) else str(k): v for k, v in ridge.items()}
        for name in by_name:
            if name not in names:
                raise UnknownNameError("margin", name, names, "ridge")
    else:
        by_name = dict.fromkeys(names, ridge)
    try:
        shares = [np.full(m.size, float(by_name.get(m.name, 0.0))) for m in margins.each]
    except (TypeError, ValueError):
        raise InputError("ridge is no number; give the share that totals may be off by") from None
    share = np.concatenate(shares)
    if not (np.isfinite(share) & (share >= 0)).all():
        raise InputError(f"ridge is {ridge!r}; give the share of a total that it may be off by")
    given: FloatArray = np.square(share * margins.totals) / sums.sum()
    return given
