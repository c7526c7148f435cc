"""A design whose weights went through the steps of a weighting, in every replicate as well."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from survey_stats.errors import DesignError
from survey_stats.estimate.columns import Bools, Floats, Ints, cross
from survey_stats.estimate.design import Design
from survey_stats.estimate.replicates import MOST_ENTRIES, Replicates
from survey_stats.weight.result import Step, Weights


def replicated_design(design: Design, make: Callable[[Design], Replicates], what: str) -> Design:
    """The design with replicates made from its base weights and taken through every step."""
    weights = weighting_of(design)
    base = weights.base
    inside = base > 0
    drawn = replace(design, weights=base, inside=None if inside.all() else inside, weighting=None)
    made = make(drawn)
    if len(weights.steps) > 1:
        made = replay(made, weights.steps[1:], base)
    return replace(design, replicates=made, text=f"{design.text}, {made.n} {what} replicates")


def weighting_of(design: Design) -> Weights:
    """How the weights of the design were made."""
    if design.weighting is not None:
        return design.weighting
    return Weights.delivered(design.weights, design.declared.weights or "1")


def reweighted(design: Design, weights: Weights, name: str) -> Design:
    """The design after the last step of `weights`, whose column is called `name`."""
    step = weights.steps[-1]
    inside = weights.values > 0
    if design.inside is not None:
        inside &= design.inside
    replicates = design.replicates
    if replicates is not None:
        replicates = replay(replicates, (step,), design.weights)
        if replicates.combined:
            inside |= (replicates.matrix != 0).any(axis=1)
    return replace(
        design,
        weights=weights.values,
        inside=None if inside.all() else inside,
        text=f"{design.text}, {step}",
        declared=replace(design.declared, weights=name),
        replicates=replicates,
        weighting=weights,
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


def replay(replicates: Replicates, steps: Sequence[Step], before: Floats) -> Replicates:
    """The replicates after every step is made again in each of them.

    Parameters
    ----------
    before: the weights (n,) before the first of the steps, as the replicates have them

    Rows of one unit and one pattern of every step have the same factor in a replicate, so only
    these are kept apart (Rao, Wu and Yue 1992, Survey Methodology 18:209, section 2).
    """
    n = before.size
    unit = np.arange(n) if replicates.unit is None else replicates.unit
    refits = [s.refit for s in steps if s.refit is not None]
    kept = np.ones(n, dtype=bool) if replicates.combined else before > 0
    kind, first = _kinds(
        [unit, *(r.code for r in refits)],
        [replicates.matrix.shape[0], *(r.size for r in refits)],
        kept,
    )
    width = first.size
    if width * replicates.n > MOST_ENTRIES:
        raise DesignError(
            f"{replicates.n} replicates of {width} kinds of respondents do not fit in memory; "
            "use fewer replicates, or linearisation"
        )
    matrix = replicates.matrix[unit[first]]
    amount = np.ones(n) if replicates.combined else before
    for step in steps:
        own = step.factor[first]
        if step.refit is None:
            made = np.broadcast_to(own[:, None], matrix.shape)
        else:
            code, size = step.refit.code[first], step.refit.size
            mass = np.bincount(kind, amount, minlength=width + 1)[:width]
            by_pattern = sparse.csr_array((mass, (code, np.arange(width))), (size, width))
            made = step.refit.factors(np.asarray(by_pattern @ matrix))[code]
        matrix = matrix * made
        if not replicates.combined:
            matrix = _of_weights(matrix, own, kind)
            amount = amount * step.factor
    if not kept.all():
        matrix = np.vstack([matrix, np.zeros((1, replicates.n))])
    return replace(replicates, matrix=matrix, unit=kind)


def _kinds(codes: Sequence[Ints], sizes: Sequence[int], kept: Bools) -> tuple[Ints, Ints]:
    """The kind of each row, and a row of each; rows that are not kept have the last kind."""
    rows = np.flatnonzero(kept)
    own, present = cross([code[rows] for code in codes], sizes, complete=True)
    kind = np.full(kept.size, present.size)
    kind[rows] = own
    first = np.empty(present.size, dtype=np.intp)
    first[own[::-1]] = rows[::-1]
    return kind, first


def _of_weights(matrix: Floats, own: Floats, kind: Ints) -> Floats:
    """What the weights after a step are multiplied by, of factors with the step in them."""
    none = own == 0
    if not none.any():
        return matrix / own[:, None]
    lost = none & (matrix != 0).any(axis=1)
    if lost.any():
        raise DesignError(
            f"{int(np.append(lost, False)[kind].sum())} respondents have the weight zero, and more "
            "in some replicates; set a lower bound above zero, or use linearisation"
        )
    return matrix / np.where(none, 1.0, own)[:, None]
