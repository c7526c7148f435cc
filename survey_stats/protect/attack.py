"""What a reader can work out of the quantities that a document hides: bounds by linear programming.

The attacker of Fischetti and Salazar-González (2001, "Solving the cell suppression problem on
tabular data with linear constraints", Management Science 47, section 2): every hidden quantity is a
variable within what is known of it beforehand, every relation an equation.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from survey_stats.protect.problem import Bools, Floats, Ints, Problem, components

_AT_ONCE = 40_000
"""So many variables go into one linear programme."""


def bounds(problem: Problem, hidden: Bools, asked: Ints | None = None) -> tuple[Floats, Floats]:
    """The narrowest interval that a reader can work out for quantities, by all that is printed.

    Args:
        problem: quantities and relations.
        hidden: the units that are hidden, shape (U,).
        asked: the quantities asked for; the sensitive ones by default.

    Returns:
        Lower and upper bounds, shape (A,); both are the true value where it is printed.
    """
    wanted = problem.sensitive if asked is None else asked
    free = problem.free(hidden)
    low, high = problem.value[wanted].copy(), problem.value[wanted].copy()
    label = components(problem, free)
    blocks: list[_Block] = []
    size = 0
    made: dict[int, tuple[Ints, sparse.csr_array]] = {}
    for i, q in enumerate(wanted.tolist()):
        if not free[q]:
            continue
        if label[q] not in made:
            own = np.flatnonzero(label == label[q])
            rows = problem.rows[:, own]
            made[int(label[q])] = own, sparse.csr_array(rows[np.diff(rows.indptr) > 0])
        own, rows = made[int(label[q])]
        place = int(np.searchsorted(own, q))
        blocks.append(_Block(i, own, rows, place))
        size += 2 * len(own)
        if size > _AT_ONCE:
            _extremes(problem, blocks, low, high)
            blocks, size = [], 0
    _extremes(problem, blocks, low, high)
    return low, high


class _Block:
    """One quantity asked for, with all that hangs together with it."""

    def __init__(self, index: int, own: Ints, rows: sparse.csr_array, place: int) -> None:
        self.index, self.own, self.rows, self.place = index, own, rows, place


def _extremes(problem: Problem, blocks: list[_Block], low: Floats, high: Floats) -> None:
    """The smallest and the largest value of each block's quantity, all in one programme."""
    if not blocks:
        return
    matrices, right, lower, upper, aim, at = [], [], [], [], [], []
    start = 0
    for block in blocks:
        for sign in (1.0, -1.0):
            goal = np.zeros(len(block.own))
            goal[block.place] = sign
            aim.append(goal)
            matrices.append(block.rows)
            right.append(block.rows @ problem.value[block.own])
            lower.append(problem.low[block.own])
            upper.append(problem.high[block.own])
            at.append(start + block.place)
            start += len(block.own)
    equal = np.concatenate(right)
    found = milp(
        np.concatenate(aim),
        bounds=Bounds(np.concatenate(lower), np.concatenate(upper)),
        constraints=LinearConstraint(sparse.block_diag(matrices, format="csr"), equal, equal),
    )
    if found.status != 0:
        raise AssertionError(f"the true quantities fit no relation: {found.message}")
    values = found.x[at]
    for i, block in enumerate(blocks):
        low[block.index], high[block.index] = values[2 * i], values[2 * i + 1]
