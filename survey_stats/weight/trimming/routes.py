"""What a chain with trimming in it does to errors: weights at a limit do not feel earlier steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from survey_stats.weight.cells import FloatArray, IntArray
from survey_stats.weight.influence import Block, Influence


@dataclass(frozen=True, eq=False)
class Route:
    """What one step does to scores, apart for who is there and for how much he weighs.

    A score has two parts: how often a row is drawn, and how earlier steps move its weight. To
    most steps they are one. A weight at a limit stays there whatever earlier steps do, so of
    scores z the part `free * z - reach * X core X'(look * z)` goes on to earlier steps, while the
    influence itself is z - back * X core X'(look * z).

    Attributes:
        influence: the step's own.
        free: 0 for rows at a limit, else 1, (n,); None if no row is.
        reach: (n,); None where it is `influence.back`.
    """

    influence: Influence
    free: FloatArray | None = None
    reach: FloatArray | None = None


def matrix_of(blocks: Sequence[Block], rows: IntArray | None = None) -> sparse.csr_array:
    """X of all or some rows, sparse (rows, p)."""
    at, columns, amounts = [], [], []
    start, n = 0, 0
    for block in blocks:
        code = block.code if rows is None else block.code[rows]
        value = np.ones(code.size)
        if block.value is not None:
            value = block.value if rows is None else block.value[rows]
        has = np.flatnonzero((code < block.size) & (value != 0))
        at.append(has)
        columns.append(code[has] + start)
        amounts.append(value[has])
        start += block.size
        n = code.size
    place = (np.concatenate(at), np.concatenate(columns))
    return sparse.csr_array((np.concatenate(amounts), place), shape=(n, start))


def through(routes: Sequence[Route]) -> Influence:
    """The influence of all steps at once, from those of each in the order of the steps.

    With c_j = core_j X_j'(look_j S_j), S_j the part of the scores z that reaches step j, the
    scores of the chain are z - Σ back_j X_j c_j. As S_j = k_j z - Σ_m g_m X_m c_m over the steps m
    after j, the c are a triangular system in the sums X_j'(look_j k_j z). It is put into the form
    of one `Influence` whose columns are those of both sides.
    """
    first = routes[-1]
    n = first.influence.look.size
    if len(routes) == 1:
        return first.influence
    k = np.ones(n)
    reached: list[tuple[sparse.csr_array, FloatArray]] = []
    rows: list[FloatArray] = []
    left: list[Block] = []
    right: list[Block] = []
    sizes: list[int] = []
    for route in reversed(routes):
        step = route.influence
        x = matrix_of(step.blocks)
        own = step.core if isinstance(step.core, np.ndarray) else step.core.toarray()
        row = np.zeros((step.size, sum(sizes) + step.size))
        start = 0
        lookers = x.T @ sparse.diags_array(step.look)
        for (other, reach), size, part in zip(reached, sizes, rows, strict=True):
            mixed = (lookers @ sparse.diags_array(reach) @ other).toarray()
            row[:, : part.shape[1]] -= own @ (mixed @ part)
            start += size
        row[:, start:] = own
        left += [_scaled(b, step.back) for b in step.blocks]
        right += [_scaled(b, step.look * k) for b in step.blocks]
        if route.free is not None:
            k = k * route.free
            reached = [(other, reach * route.free) for other, reach in reached]
        reached.append((x, step.back if route.reach is None else route.reach))
        rows.append(row)
        sizes.append(step.size)
    total = sum(sizes)
    core = np.zeros((2 * total, 2 * total))
    start = 0
    for row, size in zip(rows, sizes, strict=True):
        core[start : start + size, total : total + row.shape[1]] = row
        start += size
    one = np.ones(n)
    return Influence((*left, *right), one, one, core)


def _scaled(block: Block, by: FloatArray) -> Block:
    return Block(block.code, block.size, by if block.value is None else block.value * by)
