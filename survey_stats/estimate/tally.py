"""The one pass over the respondents: weighted sums by unit and group.

Everything after the tally is algebra on its arrays. Three shapes hold the same content:

- dense: every unit by every cell, for clustered samples with few cells;
- moments: sums of w and of w squared by stratum and cell, where respondents are the units;
- sorted: the rows of whole strata by group and unit, summed over the pairs that occur.

What questions about the same groups share is in `layout`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from survey_stats.estimate.columns import Bools, Floats, Ints

# a dense tally may be this large before only occurring pairs are kept
DENSE_FLOOR = 1 << 20
# rows handled at a time
BLOCK = 1 << 15


Rows = Ints | slice
# what is summed, for the rows of a block
Values = Callable[[slice], Floats | float]


@dataclass(frozen=True)
class Groups:
    """Disjoint groups of rows: `codes` in 0..n_groups-1, `n_groups` for rows in no group.

    `complete` says that no row is outside.
    """

    codes: Ints
    n_groups: int
    complete: bool


@dataclass(frozen=True)
class Measure:
    """What is summed over rows.

    Categorical: `codes` (n,) in 0..n_levels-1, -1 missing; the targets' shares are asked for.
    Numeric: `y` (n,) and, for a ratio of two columns, `x` (n,); NaN is missing.
    """

    codes: Ints | None = None
    n_levels: int = 1
    targets: tuple[int, ...] = (0,)
    y: Floats | None = None
    x: Floats | None = None

    @property
    def n_targets(self) -> int:
        return len(self.targets) if self.codes is not None else 1

    def at(self, rows: Rows) -> Measure:
        """The same of `rows` only."""
        codes, y, x = (None if v is None else v[rows] for v in (self.codes, self.y, self.x))
        return Measure(codes, self.n_levels, self.targets, y, x)

    def missing(self) -> Bools:
        """Rows without an answer, shape (n,)."""
        if self.codes is not None:
            gone: Bools = self.codes < 0
            return gone
        assert self.y is not None
        gone = np.isnan(self.y)
        if self.x is not None:
            gone |= np.isnan(self.x)
        return gone

    def answered(self, weights: Floats) -> Floats:
        """`weights`, zero where there is no answer; (n,)."""
        gone = self.missing()
        return weights * ~gone if gone.any() else weights

    def numerators(self, weights: Floats) -> list[Floats]:
        """w y of each target, zero where missing; K arrays of shape (n,)."""
        if self.codes is not None:
            return [weights * (self.codes == k) for k in self.targets]
        assert self.y is not None
        return [np.nan_to_num(weights * self.y, copy=False)]

    def denominators(self, weights: Floats) -> Floats:
        """w x, zero where x is missing; x is 1 but for a ratio. Shape (n,)."""
        if self.x is None:
            return weights
        return np.nan_to_num(weights * self.x, copy=False)


def fits(units: int, cells: int, rows: int) -> bool:
    """Whether a dense tally of units x cells is cheap beside the rows themselves."""
    return units * (cells + 1) <= max(2 * rows, DENSE_FLOOR)


def answered(groups: Groups, measure: Measure) -> Ints:
    """Group codes with unanswered rows moved out of their group, as intp of shape (n,)."""
    codes = groups.codes.astype(np.intp)
    gone = measure.missing()
    if gone.any():
        codes[gone] = groups.n_groups
    return codes


def count(codes: Ints, size: int) -> Ints:
    """Rows by code below `size`; other codes are left out. Shape (size,)."""
    return np.bincount(codes, minlength=size)[:size]


def add_up(codes: Ints, weights: Floats, size: int) -> Floats:
    """Sums of `weights` by code below `size`; other codes are left out. Shape (size,)."""
    # the sums of no rows are integers
    return np.bincount(codes, weights, minlength=size)[:size].astype(np.float64, copy=False)


def blocks(n: int) -> Iterator[slice]:
    """Slices of rows whose temporary arrays stay in the processor's cache."""
    return (slice(start, start + BLOCK) for start in range(0, n, BLOCK))


def level_sums(
    measures: Sequence[Measure],
    tables: Sequence[tuple[Ints, int, Sequence[Values]]],
    zeros: Callable[[int, int], Floats] = lambda _, size: np.zeros(size),
) -> list[list[Floats]]:
    """Sums by level of each measure: in each of `tables` of `Values` by code below its size.

    The combinations of the answers to all measures are tallied at once, then summed over the
    others. `zeros(i, size)` gives the memory of sum i.

    Returns for each measure its sums in the order of `tables`, each of shape (n_levels, size).
    """
    levels = [m.n_levels + 1 for m in measures]
    slots = math.prod(levels)
    sizes = [slots * size for _, size, values in tables for _ in values]
    sums = [zeros(i, size) for i, size in enumerate(sizes)]
    small = np.int8 if slots < 128 else np.int32
    for rows in blocks(tables[0][0].size):
        # a missing answer has the code -1
        joint = np.add(_codes(measures[0])[rows], 1, dtype=small, casting="unsafe")
        for measure, count in zip(measures[1:], levels[1:], strict=True):
            joint *= count
            joint += _codes(measure)[rows]
            joint += 1
        i = 0
        for code, size, several in tables:
            slot = np.multiply(joint, size, dtype=np.intp)
            slot += code[rows]
            for values in several:
                np.add.at(sums[i], slot, values(rows))
                i += 1
    if len(measures) == 1:
        return [[t.reshape(*levels, -1)[1:] for t in sums]]
    found = []
    for i in range(len(measures)):
        others = tuple(j for j in range(len(measures)) if j != i)
        found.append([t.reshape(*levels, -1).sum(axis=others)[1:] for t in sums])
    return found


def _codes(measure: Measure) -> Ints:
    assert measure.codes is not None
    return measure.codes


def cell_sums(cell: Ints, size: int, values: Sequence[Floats]) -> list[Floats]:
    """Sums of each of `values` (n,) by cell code below `size`; (size,)."""
    sums = [np.zeros(size) for _ in values]
    for rows in blocks(cell.size):
        slot = cell[rows].astype(np.intp)
        for target, value in zip(sums, values, strict=True):
            np.add.at(target, slot, value[rows])
    return sums


def chunks(sizes: Ints) -> Iterator[int]:
    """Sums of consecutive `sizes`, as many as make about a block."""
    ends = np.cumsum(sizes)
    done = 0
    start = 0
    while start < sizes.size:
        stop = max(int(np.searchsorted(ends, done + BLOCK, side="right")), start + 1)
        yield int(ends[stop - 1]) - done
        done, start = int(ends[stop - 1]), stop


def segments(*keys: Ints) -> Ints:
    """Where a new combination of sorted `keys` starts, as bool; the first position included."""
    change = np.ones(keys[0].size, dtype=bool)
    np.not_equal(keys[0][1:], keys[0][:-1], out=change[1:])
    for key in keys[1:]:
        change[1:] |= key[1:] != key[:-1]
    return change


def sort_codes(codes: Ints, size: int) -> Ints:
    """Stable order of integer codes below `size`, by counting them."""
    if codes.size <= BLOCK and size <= 1 << 16:
        return np.argsort(codes.astype(np.uint16), kind="stable")
    n = codes.size
    # the transpose of a matrix with one entry a row lists the rows of each column in order
    rows = (np.empty(n, dtype=np.int8), codes, np.arange(n + 1, dtype=np.int32))
    return sparse.csr_array(rows, shape=(n, size)).tocsc().indices.astype(np.intp)
