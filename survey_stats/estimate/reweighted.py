"""A design whose weights went through the steps of a weighting, in every replicate as well."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from survey_stats.errors import DesignError
from survey_stats.estimate.columns import Floats, Ints
from survey_stats.estimate.design import Design
from survey_stats.estimate.replicates import Replicates
from survey_stats.weight.influence import RefitAfter
from survey_stats.weight.result import Step, Weights

# the columns of base and of adjusted weights in the frame of a Survey
BASE, ADJUSTED = "base_weight", "adjusted_weight"


def replicated_design(design: Design, make: Callable[[Design], Replicates], what: str) -> Design:
    """The design with replicates made from its base weights and taken through every step."""
    weights = weighting_of(design)
    _refuse_fpc(design, weights, "Replicates")
    base = weights.base
    inside = base > 0
    drawn = replace(design, weights=base, inside=None if inside.all() else inside, weighting=None)
    made = make(drawn)
    if len(weights.steps) > 1:
        made = replay(made, weights.steps[1:], base, base)
    return replace(design, replicates=made, text=f"{design.text}, {made.n} {what} replicates")


def with_base(frame: pd.DataFrame, weights: Weights) -> tuple[pd.DataFrame, str]:
    """The frame with the base weights of `weights` in a column, and its name."""
    if weights.n != len(frame):
        raise DesignError(
            f"There are {weights.n} weights and {len(frame)} rows; take both from the same frame"
        )
    name = BASE if len(weights.steps) == 1 else ADJUSTED
    if name in frame.columns and not np.array_equal(frame[name].to_numpy(), weights.values):
        raise DesignError(
            f"The frame has a column {name!r} with other weights already; rename or drop it"
        )
    return frame.assign(**{name: weights.base}), name


def weighting_of(design: Design) -> Weights:
    """How the weights of the design were made."""
    if design.weighting is not None:
        return design.weighting
    return Weights.delivered(design.weights, design.declared.weights or "1")


def reweighted(design: Design, weights: Weights, name: str) -> Design:
    """The design after the last step of `weights`, whose column is called `name`."""
    step = weights.steps[-1]
    if design.replicates is not None and design.replicates.designed:
        _refuse_fpc(design, weights, "Replicates")
    if step.kind == "trimmed":
        _refuse_fpc(design, weighting_of(design), "Trimmed weights")
    inside = weights.values > 0
    if design.inside is not None:
        inside &= design.inside
    replicates = design.replicates
    if replicates is not None:
        replicates = replay(replicates, (step,), design.weights, weights.base)
        if replicates.combined:
            positive = np.zeros(inside.size, dtype=bool)
            for r in range(replicates.n):
                positive |= replicates.column(r, inside.size) != 0
            inside |= positive
    return replace(
        design,
        weights=weights.values,
        inside=None if inside.all() else inside,
        text=f"{design.text}, {step}",
        declared=replace(design.declared, weights=name),
        replicates=replicates,
        weighting=weights,
    )


def _refuse_fpc(design: Design, weights: Weights, what: str) -> None:
    """Refuse what cannot tell the draw, which an fpc lessens, from answering, which it does not."""
    answering = any(s.influence is not None and s.influence.answering for s in weights.steps)
    if answering and any(stage.fraction.any() for stage in design.stages):
        raise DesignError(
            f"{what} cannot tell what is due to the draw from what is due to non-response, which "
            "no fpc lessens; make the Survey without fpc=, which errs on the safe side"
        )


def steps_taken(design: Design, weights: Weights) -> Design:
    """The design of base weights after all steps of `weights`."""
    inside = weights.values > 0
    return replace(
        design,
        weights=weights.values,
        inside=None if inside.all() else inside,
        text=", ".join([design.text, *(str(step) for step in weights.steps[1:])]),
        weighting=weights,
    )


def replay(
    replicates: Replicates, steps: Sequence[Step], before: Floats, base: Floats
) -> Replicates:
    """The replicates after every step is made again in each of them.

    Parameters
    ----------
    before: the weights (n,) before the first of the steps, as the replicates have them
    base: the weights (n,) that the draw of the replicates is of

    Respondents of one pattern get the same factor from a step, whatever the weights before it, so
    a step adds factors by pattern (Rao, Wu and Yue 1992, Survey Methodology 18:209, section 2).
    """
    counted = np.flatnonzero(np.ones_like(before) if replicates.combined else before)
    amount = np.ones(before.size) if replicates.combined else before
    now = before
    for step in steps:
        if step.refit is None:
            now = now * step.factor
            if replicates.combined:
                same = np.broadcast_to(step.factor[:, None], (before.size, replicates.n))
                replicates = replicates.then(np.arange(before.size), same)
            continue
        code, size = step.refit.code, step.refit.size
        sums = replicates.sums(code[counted], size, amount[counted], counted)
        if isinstance(step.refit, RefitAfter):
            whole = now / np.where(base > 0, base, 1.0) if replicates.combined else None
            taken = _taken(replicates, code[counted], size, counted, whole)
            made = step.refit.factors_after(sums, taken)
        else:
            made = step.refit.factors(sums)
        now = now * step.factor
        if not replicates.combined:
            made = _of_weights(made, sums, code[counted], step.factor[counted])
            amount = amount * step.factor
        replicates = replicates.then(code, made)
    return replicates


def _taken(
    replicates: Replicates, code: Ints, size: int, rows: Ints, whole: Floats | None
) -> Floats:
    """What the steps so far made of a row's weight, over what they did in the whole sample.

    By pattern, for replicates without the draw, (P, R); `code` is of the rows numbered `rows`, and
    `whole` (n,) is the product of the steps where the replicates have it in their factors.
    """
    patterns, first = np.unique(code, return_index=True)
    taken = np.ones((size, replicates.n))
    for factor in replicates.factors[1:]:
        taken[patterns] *= factor.matrix[factor.units(rows[first])]
    if whole is not None:
        own = whole[rows[first]]
        taken[patterns] /= np.where(own > 0, own, 1.0)[:, None]
    return taken


def _of_weights(made: Floats, sums: Floats, code: Ints, factor: Floats) -> Floats:
    """What the weights after a step are multiplied by, from what those before it are.

    `made` and `sums` are by pattern and replicate, `code` and `factor` by row.
    """
    own = np.ones(made.shape[0])
    own[code] = factor
    none = own == 0
    if not none.any():
        return made / own[:, None]
    lost = none & ((made != 0) & (sums != 0)).any(axis=1)
    if lost.any():
        raise DesignError(
            f"{int(lost[code].sum())} respondents have the weight zero, and more in some "
            "replicates; set a lower bound above zero, or use linearisation"
        )
    result: Floats = made / np.where(none, 1.0, own)[:, None]
    result[none] = 0.0
    return result
