"""The one pass over the respondents: weighted sums by unit and group.

Everything after the tally is algebra on its arrays. Three shapes hold the same content:

- dense: every unit by every group, for clustered samples with few cells;
- sparse: only the pairs (unit, group) that occur, sorted by group, stratum and unit;
- moments: sums of w and w squared by stratum and cell, where every respondent is its own unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from survey_stats.estimate.columns import Bools, Floats, Ints

# a dense tally may be this large before only occurring pairs are kept
DENSE_FLOOR = 1 << 20


@dataclass(frozen=True)
class Groups:
    """Disjoint groups of rows: `codes` in 0..n_groups-1, `n_groups` for rows in no group."""

    codes: Ints
    n_groups: int


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
    def categorical(self) -> bool:
        return self.codes is not None

    @property
    def n_targets(self) -> int:
        return len(self.targets) if self.categorical else 1


def fits(units: int, groups: int, width: int, rows: int) -> bool:
    """Whether a dense tally of units x groups x width is cheap beside the rows themselves."""
    return units * (groups * width + 1) <= max(2 * rows, DENSE_FLOOR)


def answered(groups: Groups, measure: Measure) -> Ints:
    """Group codes with unanswered rows moved out of their group, as intp of shape (n,)."""
    codes = groups.codes.astype(np.intp)
    gone: Bools
    if measure.codes is not None:
        gone = measure.codes < 0
    else:
        assert measure.y is not None
        gone = np.isnan(measure.y)
        if measure.x is not None:
            gone |= np.isnan(measure.x)
    if gone.any():
        codes[gone] = groups.n_groups
    return codes


def cell_codes(groups: Groups, measure: Measure) -> Ints:
    """Codes of group x level, `n_groups * n_levels` for rows that count nowhere; intp (n,)."""
    assert measure.codes is not None
    cells = groups.codes.astype(np.intp)
    trash = groups.n_groups * measure.n_levels
    cells *= measure.n_levels
    cells += measure.codes
    np.minimum(cells, trash, out=cells)
    gone = measure.codes < 0
    if gone.any():
        cells[gone] = trash
    return cells


def dense(cells: Ints, unit: Ints, n_units: int, n_cells: int, weights: Floats) -> Floats:
    """Sums of `weights` by unit and cell, shape (n_units, n_cells); cell `n_cells` is left out."""
    width = n_cells + 1
    flat = unit.astype(np.intp)
    flat *= width
    flat += cells
    sums = np.bincount(flat, weights, minlength=n_units * width)
    return sums.reshape(n_units, width)[:, :n_cells]


@dataclass(frozen=True)
class Entries:
    """Sums over the rows of each pair (group, unit) that occurs, sorted by group, then unit.

    `rows` are the rows in that order and `starts` the first of each pair in them (None where
    every row is its own pair).
    """

    rows: Ints
    starts: Ints | None
    group: Ints
    unit: Ints

    def total(self, values: Floats) -> Floats:
        """Sums of `values` (n,) over the rows of each pair; shape (n_pairs,)."""
        ordered = values[self.rows]
        return ordered if self.starts is None else np.add.reduceat(ordered, self.starts)


def entries(groups: Ints, n_groups: int, unit: Ints, order: Ints | None, own: bool) -> Entries:
    """Find the pairs (group, unit) that occur.

    `unit` orders the rows within a group; `order` sorts the rows by unit, None when they are
    sorted. With `own`, every row is a unit of its own and `unit` is its stratum.
    """
    ordered = groups if order is None else groups[order]
    rows = sort_codes(ordered, n_groups + 1)
    kept = int(rows.size - np.count_nonzero(groups == n_groups))
    rows = rows[:kept]
    if order is not None:
        rows = order[rows]
    group, by_unit = groups[rows], unit[rows]
    if own or kept == 0:
        return Entries(rows, None, group, by_unit)
    starts = segments(group, by_unit)
    return Entries(rows, starts, group[starts], by_unit[starts])


def segments(*keys: Ints) -> Ints:
    """Where a new combination of sorted `keys` starts, first position included."""
    change = np.zeros(keys[0].size, dtype=bool)
    change[:1] = True
    for key in keys:
        change[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(change)


def sort_codes(codes: Ints, size: int) -> Ints:
    """Stable order of integer codes below `size`, by 16-bit radix passes."""
    if size <= 1 << 16:
        return np.argsort(codes.astype(np.uint16), kind="stable")
    low = np.argsort((codes & 0xFFFF).astype(np.uint16), kind="stable")
    high = (codes[low] >> 16).astype(np.uint16)
    return low[np.argsort(high, kind="stable")]
