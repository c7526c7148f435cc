"""Non-response adjustment by response propensity: weights over the chance of answering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import DesignError, InputError
from survey_stats.weight.calibration.normal import gram
from survey_stats.weight.cells import FloatArray, IntArray
from survey_stats.weight.frames import BoolArray, add_up, counted_rows, flags, weights_of
from survey_stats.weight.influence import Answering, Block, Influence
from survey_stats.weight.response.classes import (
    check_classes,
    class_step,
    class_table,
    refuse_again,
)
from survey_stats.weight.response.logit import Design, Fit, LogitRefit, design_matrix, fit
from survey_stats.weight.result import Step, Weights


def adjust_propensity(
    weights: Weights | npt.ArrayLike,
    frame: pd.DataFrame,
    responded: str,
    model: str | Sequence[str],
    *,
    weighted: bool = True,
    classes: int | None = None,
    smallest: int = 1,
    largest: float | None = None,
) -> Weights:
    """Weights of who answered over their estimated chance of answering; 0 for who did not.

    The chance p_i is that of a logistic model, fitted by statsmodels to everybody drawn, with
    the weights before the step where `weighted`. Without `classes`, w'_i = w_i / p_i. The errors
    of estimates remember that p is estimated: by the score equations Σ m_i (r_i - p_i) x_i = 0
    (m the weights of the fit) an estimate's score becomes z_i - m_i (r_i - p_i) x_i' H⁻¹ Σ_j
    (1 - p_j) z_j x_j, with H = Σ m_i p_i (1 - p_i) x_i x_i' (Kim and Kim 2007, Canadian Journal
    of Statistics 35(4), section 2; Beaumont 2005, Survey Methodology 31(2), section 3). Because
    that is subtracted, errors are usually smaller than if the chances were known.

    With `classes=5` the chances only sort people into five classes of equal (weighted) size, each
    with its own response rate (Little 1986, International Statistical Review 54, section 3;
    Rosenbaum and Rubin 1984, Journal of the American Statistical Association 79(387)), which
    asks less of the model and avoids huge factors. The errors then take the classes as given.

    Args:
        weights: the weights before, of n rows: everybody who was drawn. Rows of weight zero take
            no part.
        frame: n rows with the columns named here.
        responded: the column that says who answered (boolean, or 1 and 0).
        model: a formula's right side, such as "age_group * gender + income", or a list of
            columns, whose main effects are taken. Text, categories and booleans are levels,
            numbers are numeric; put `C(code)` in a formula where numbers are codes.
        weighted: whether fit and classes use the weights (else everybody drawn counts once).
        classes: the number of propensity classes; None weights each person by his own chance.
        smallest: the fewest answers that a class may have; only with `classes`.
        largest: the largest factor that is allowed; None allows any.

    Returns:
        The weights with a step "propensity". Its `details` tell the smallest and largest chance,
        the largest factor, the area under the ROC curve (`auc`; 0.5 where the model tells nothing
        apart), the R-indicator 1 - 2 S(p) (Schouten, Cobben and Bethlehem 2009, Survey
        Methodology 35(1); 1 where all have the same chance), the table `coefficients`
        (robust standard errors, without the design) and, with `classes`, the table `classes`.

    Raises:
        DesignError: the model has no finite fit because some group answered without exception or
            not at all, terms are redundant, everybody or nobody answered, a factor is above
            `largest`, or an earlier step has already adjusted for who did not answer.
        EmptyCellError: nobody answered in a class.
        InputError: the formula cannot be read, a column is missing in some rows, or `responded`
            is not true or false.
        UnknownNameError: the frame has no column of that name.
        BaseWeightError: weights and frame differ in length, or a weight cannot be.

    >>> frame = pd.DataFrame({"age": ["y"] * 4 + ["o"] * 4, "answered": [1, 0, 0, 0, 1, 1, 0, 1]})
    >>> start = Weights.delivered([10.0] * 8)
    >>> adjust_propensity(start, frame, "answered", ["age"]).values.round(6)
    array([40.      ,  0.      ,  0.      ,  0.      , 13.333333, 13.333333,
            0.      , 13.333333])
    """
    if classes is not None and (isinstance(classes, bool) or classes < 2):
        raise InputError(f"classes={classes!r} are not at least 2 classes; leave it out for none")
    if classes is None and smallest != 1:
        raise InputError("`smallest` is about propensity classes; tell how many, as in classes=5")
    weights = weights_of(weights, frame)
    counted = counted_rows(weights, frame)
    answered = flags(frame, responded, counted, "who answered")
    refuse_again(weights, frame, responded, counted, answered)
    design = design_matrix(frame, model, responded, counted)
    amount = weights.values[counted] if weighted else np.ones(design.code.size)
    fitted = fit(design, answered[counted], amount)
    chance = np.ones(weights.n)
    chance[counted] = fitted.chance[design.code]
    on = design.on or ("nothing",)
    details = _told(fitted, design, chance[counted], answered[counted], amount)
    if classes is None:
        step = _step(weights.values, counted, answered, chance, design, fitted, weighted)
        _check_factor(step.factor, largest)
        details["largest_factor"] = float(step.factor.max())
        step = replace(step, on=on, details=details)
    else:
        code, labels = propensity_classes(chance, counted, amount, classes)
        step, counts = class_step(
            "propensity", weights.values, code, labels, answered, on, weighted
        )
        check_classes(counts, smallest, largest)
        table = class_table(pd.DataFrame({"class": labels}), counts)
        details = {
            "method": f"{len(labels)} propensity classes",
            **details,
            "largest_factor": float(step.factor.max()),
            "classes": table,
        }
        step = replace(step, details=details)
    return weights.then(step)


def _step(
    values: FloatArray,
    counted: BoolArray,
    answered: BoolArray,
    chance: FloatArray,
    design: Design,
    fitted: Fit,
    weighted: bool,
) -> Step:
    """The step that divides by the chance (n,), with its derivative through the fit."""
    amount = np.where(counted, values if weighted else 1.0, 0.0)
    factor = np.where(answered, 1 / chance, np.where(counted, 0.0, 1.0))
    blocks = tuple(_by_row(block, design.code, counted) for block in as_blocks(design.x))
    bend = design.sums((amount * chance * (1 - chance))[counted])
    core = np.linalg.inv(gram(design.x, bend)).astype(np.float64, copy=False)
    answering = Answering(amount, np.where(answered & counted, 1 - chance, 0.0))
    influence = Influence(blocks, 1 - chance, amount * (answered - chance), core, answering)
    refit = _refit(values, counted, answered, design, fitted, weighted)
    names = design.names
    return Step("propensity", (), names, np.full(len(names), np.nan), factor, {}, influence, refit)


def as_blocks(x: FloatArray) -> tuple[Block, ...]:
    """A matrix (n, k) as blocks in the order of its columns.

    Neighbouring columns of which each row has at most one, as those of a factor's levels, are one
    block, so that sums over them are one pass.
    """
    n, k = x.shape
    blocks: list[Block] = []
    begin = 0
    while begin < k:
        end, taken = begin, np.zeros(n, dtype=bool)
        code, value = np.full(n, k, dtype=np.intp), np.zeros(n)
        while end < k and not (taken & (x[:, end] != 0)).any():
            here = x[:, end] != 0
            taken |= here
            code[here], value[here] = end - begin, x[here, end]
            end += 1
        code[~taken] = end - begin
        blocks.append(Block(code, end - begin, None if (value[taken] == 1).all() else value))
        begin = end
    return tuple(blocks)


def _by_row(block: Block, group: IntArray, counted: BoolArray) -> Block:
    """A block of groups as one of rows, of which those that count are in the groups `group`."""
    code = np.full(counted.size, block.size, dtype=np.intp)
    code[counted] = block.code[group]
    value = None
    if block.value is not None:
        value = np.zeros(counted.size)
        value[counted] = block.value[group]
    return Block(code, block.size, value)


def _refit(
    values: FloatArray,
    counted: BoolArray,
    answered: BoolArray,
    design: Design,
    fitted: Fit,
    weighted: bool,
) -> LogitRefit:
    group = np.full(values.size, len(design.x), dtype=np.intp)
    group[counted] = design.code
    level, unit = np.unique(np.where(counted & (not weighted), values, 1.0), return_inverse=True)
    key = (group * 2 + answered) * level.size + unit
    patterns, code = np.unique(key, return_inverse=True)
    of, rest = np.divmod(patterns, 2 * level.size)
    return LogitRefit(
        code,
        patterns.size,
        design.x,
        of,
        rest >= level.size,
        level[rest % level.size],
        fitted.coefficients,
    )


def propensity_classes(
    chance: FloatArray, counted: BoolArray, amount: FloatArray, classes: int
) -> tuple[IntArray, tuple[str, ...]]:
    """Classes of about equal sums of `amount` (rows that count,) by chance, lowest first.

    People of one chance are never parted, so where the model tells few chances there are fewer
    classes. Rows that do not count have the code C.
    """
    p = chance[counted]
    # chances that differ by rounding only are the same
    level, position = np.unique(np.round(p, 12), return_inverse=True)
    sums = add_up(position, amount, level.size)
    middle = (np.cumsum(sums) - 0.5 * sums) / sums.sum()
    used, of_level = np.unique(
        np.minimum((classes * middle).astype(np.intp), classes - 1), return_inverse=True
    )
    code = np.full(chance.size, used.size, dtype=np.intp)
    code[counted] = of_level[position]
    labels = []
    for k in range(used.size):
        inside = level[of_level == k]
        labels.append(f"chance {inside[0]:.3f}-{inside[-1]:.3f}")
    if len(set(labels)) < len(labels):
        labels = [f"{k}. {label}" for k, label in enumerate(labels, 1)]
    return code, tuple(labels)


def _check_factor(factor: FloatArray, largest: float | None) -> None:
    if largest is None or factor.max() <= largest:
        return
    over = np.flatnonzero(factor > largest)
    raise DesignError(
        f"{over.size} factors are above {largest:g}, the largest {factor.max():.2f} (row "
        f"{int(factor.argmax())}, counted from 0); use classes=5, fewer terms, or a larger limit"
    )


def _told(
    fitted: Fit, design: Design, chance: FloatArray, answered: BoolArray, amount: FloatArray
) -> dict[str, Any]:
    share = amount / amount.sum()
    mean = share @ chance
    spread = np.sqrt(share @ np.square(chance - mean))
    return {
        "fit": "weighted" if np.ptp(amount) > 0 else "unweighted",
        "response_rate": float(share @ answered),
        "smallest_chance": float(chance.min()),
        "largest_chance": float(chance.max()),
        "auc": auc(chance, answered, amount),
        "r_indicator": float(1 - 2 * spread),
        "coefficients": pd.DataFrame(
            {
                "term": design.names,
                "estimate": fitted.coefficients / design.size,
                "se": fitted.errors / design.size,
            }
        ),
    }


def auc(chance: FloatArray, answered: BoolArray, amount: FloatArray) -> float:
    """The chance that somebody who answered has a higher chance than somebody who did not.

    Weighted by `amount`; ties count half (Hanley and McNeil 1982, Radiology 143(1)).

    >>> auc(np.array([0.2, 0.4, 0.4, 0.8]), np.array([False, True, False, True]), np.ones(4))
    0.875
    """
    level, position = np.unique(chance, return_inverse=True)
    yes = add_up(position, amount * answered, level.size)
    no = add_up(position, amount * ~answered, level.size)
    below = np.cumsum(no) - no
    return float((yes @ (below + 0.5 * no)) / (yes.sum() * no.sum()))
