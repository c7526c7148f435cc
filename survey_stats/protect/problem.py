"""Cell suppression as arrays: quantities, linear relations, what hides what.

A *quantity* is a count that a document prints or that follows from what it prints: the base of a
cell, and the answers of each kind in it. A *unit* is what is hidden as one: the share of a cell, or
its base, in one question or in several that the same people answered. A reader knows every printed
quantity, all relations, and what the flag of a hidden cell tells.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

PRINTED = -1
"""The unit of a quantity that is always printed."""
UNKNOWN = -2
"""The unit of a quantity that is never printed."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What may be hidden, and what must not be found out.

    Attributes:
        value: the true quantities, shape (Q,).
        low, high: what is known of each without seeing it (not negative, or told by a flag).
        answer: whether each is a number of answers of a kind; else it is a base.
        unit: the unit that hides each quantity, or `PRINTED` or `UNKNOWN`.
        rows: relations, shape (R, Q); `rows @ quantities` is the same for the true quantities and
            for all that a reader holds possible.
        sensitive: the quantities to be protected, shape (S,).
        width: how wide the interval of each must be that a reader can work out, shape (S,).
        strict: whether sums are hidden for it where nothing else protects it: not so of the answers
            in a small group, which are no secret where the sums tell them, shape (S,).
        cost: what hiding each unit loses, shape (U,).
        size: of units that cost the same the one of the smallest size goes first, shape (U,).
        forced: the units that are hidden whatever it costs.
        total: the units that are sums of others, and hidden only where nothing else helps.
        implies: pairs (u, v): where u is hidden, v is; shape (I, 2).
    """

    value: Floats
    low: Floats
    high: Floats
    answer: Bools
    unit: Ints
    rows: sparse.csr_array
    sensitive: Ints
    width: Floats
    strict: Bools
    cost: Floats
    size: Floats
    forced: Bools
    total: Bools
    implies: Ints

    def free(self, hidden: Bools) -> Bools:
        """The quantities that a reader does not see."""
        seen = np.append(hidden, [False, False])
        # unit -2 and -1 index the two entries at the end
        seen[UNKNOWN] = True
        return np.asarray(seen[self.unit], dtype=np.bool_)

    def closed(self, hidden: Bools) -> Bools:
        """`hidden` with everything that it implies."""
        out = hidden | self.forced
        while True:
            more = out.copy()
            more[self.implies[out[self.implies[:, 0]], 1]] = True
            if (more == out).all():
                return out
            out = more

    def about(self, quantities: Ints) -> Problem:
        """The part of the problem that is about some quantities; units keep their numbers."""
        index = np.full(len(self.value), -1, dtype=np.int64)
        index[quantities] = np.arange(len(quantities))
        rows = self.rows[:, quantities]
        kept = np.diff(rows.indptr) > 0
        mine = index[self.sensitive] >= 0
        return replace(
            self,
            value=self.value[quantities],
            low=self.low[quantities],
            high=self.high[quantities],
            answer=self.answer[quantities],
            unit=self.unit[quantities],
            rows=sparse.csr_array(rows[kept]),
            sensitive=index[self.sensitive[mine]],
            width=self.width[mine],
            strict=self.strict[mine],
        )


def components(problem: Problem, free: Bools, by_unit: bool = False) -> Ints:
    """For each quantity the number of its component; -1 for those that are not free.

    Two free quantities belong together where a relation holds both; `by_unit` also where one unit,
    or one that it implies, hides both.
    """
    Q, R = len(problem.value), problem.rows.shape[0]
    incidence = sparse.coo_array(problem.rows)
    row, column = incidence.coords
    keep = free[column]
    nodes = [np.column_stack([row[keep] + Q, column[keep]])]
    size = Q + R
    if by_unit:
        units = np.flatnonzero(free & (problem.unit >= 0))
        nodes.append(np.column_stack([problem.unit[units] + size, units]))
        nodes.append(problem.implies + size)
        size += len(problem.cost)
    edges = np.vstack(nodes)
    graph = sparse.coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    return np.where(free, label[:Q], -1).astype(np.int64)
