"""How the rows of a sample lie in groups and units: found once, used by every question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from survey_stats.estimate.columns import Bools, Floats, Ints
from survey_stats.estimate.design import Design, Stage
from survey_stats.estimate.tally import (
    Groups,
    Measure,
    add_up,
    cell_sums,
    chunks,
    level_sums,
    segments,
    sort_codes,
)


@dataclass(frozen=True, eq=False)
class Layout:
    """Groups in a design, with what questions about them have in common.

    `several` keeps the sorted rows for the next question; otherwise they are made as they are
    used.
    """

    design: Design
    groups: Groups
    several: bool = False
    _kept: dict[int, list[Part]] = field(default_factory=dict, repr=False)

    @property
    def height(self) -> int:
        """First-stage units, or strata where every row is a unit."""
        first = self.design.stages[0]
        return first.n_strata if first.unit is None else first.n_units

    @property
    def width(self) -> int:
        """Groups, and one more where rows are in none."""
        return self.groups.n_groups + (not self.groups.complete)

    @cached_property
    def cell(self) -> Ints:
        """Codes unit * width + group (stratum for unit where rows are units), shape (n,)."""
        first = self.design.stages[0]
        size = self.height * self.width
        row = first.stratum if first.unit is None else first.unit
        cell = np.multiply(row, self.width, dtype=np.int32 if size < 2**31 else np.int64)
        cell += self.groups.codes
        return cell

    @cached_property
    def rows_by_cell(self) -> Ints:
        """Rows of each cell, (height * width,)."""
        return np.bincount(self.cell, minlength=self.height * self.width)

    @cached_property
    def rows_by_group(self) -> Ints:
        """Rows of each group, (width,)."""
        return np.bincount(self.groups.codes, minlength=self.width)

    def by_level(self, measure: Measure, powers: Sequence[Floats]) -> list[Floats]:
        """Sums of each of `powers` (n,) by level, unit and group; (L, height, G)."""
        shape = (measure.n_levels, self.height, self.width)
        sums = level_sums(self.cell, self.height * self.width, measure, powers)
        return [s.reshape(shape)[:, :, : self.groups.n_groups] for s in sums]

    def by_cell(self, values: Sequence[Floats]) -> list[Floats]:
        """Sums of each of `values` (n,) by unit and group; (height, G)."""
        sums = cell_sums(self.cell, self.height * self.width, values)
        return [s.reshape(self.height, self.width)[:, : self.groups.n_groups] for s in sums]

    def answers_by_cell(self, measure: Measure) -> Ints:
        """Rows with an answer by unit and group; (height, G)."""
        held = _without(self.rows_by_cell, self.cell, measure)
        return held.reshape(self.height, self.width)[:, : self.groups.n_groups]

    def answers_by_group(self, measure: Measure) -> Ints:
        """Rows with an answer by group; (G,)."""
        return _without(self.rows_by_group, self.groups.codes, measure)[: self.groups.n_groups]

    def parts(self, stage: Stage) -> Iterator[Part]:
        """All rows of the groups, whole strata of `stage` at a time."""
        if not self.several:
            return _sorted_parts(self.design, stage, self.groups)
        if id(stage) not in self._kept:
            self._kept[id(stage)] = list(_sorted_parts(self.design, stage, self.groups))
        return iter(self._kept[id(stage)])


def _without(rows: Ints, code: Ints, measure: Measure) -> Ints:
    """`rows` by code less those without an answer."""
    gone = np.flatnonzero(measure.missing())
    return rows - np.bincount(code[gone], minlength=rows.size) if gone.size else rows


@dataclass(frozen=True, eq=False)
class Part:
    """Rows of whole strata, sorted by group and unit.

    A pair is a unit in a group, a segment the pairs of a stratum in a group.

    Attributes
    ----------
    rows, weights: positions in the frame and weights, shape (m,)
    pair: pair of each row, or None where every row is one; shape (m,)
    segment: segment of each pair, shape (P,)
    pairs: pairs of each segment, shape (S,)
    group, stratum: of each segment, shape (S,)
    """

    rows: Ints
    weights: Floats
    pair: Ints | None
    segment: Ints
    pairs: Ints
    group: Ints
    stratum: Ints

    def by_pair(self, values: Floats) -> Floats:
        """Sums of `values` (m,) by pair, shape (P,); `values` itself where every row is one."""
        return values if self.pair is None else add_up(self.pair, values, self.segment.size)

    def by_segment(self, values: Floats) -> Floats:
        """Sums of `values` (P,) by segment, shape (S,)."""
        return add_up(self.segment, values, self.group.size)


def _sorted_parts(design: Design, stage: Stage, groups: Groups) -> Iterator[Part]:
    G, end = groups.n_groups, 0
    # the smaller the array, the less it costs to read it in another order
    codes = groups.codes.astype(np.uint16) if G < 1 << 16 else groups.codes
    # rows come in the order of their units, which therefore need not be looked up
    key = stage.stratum if stage.unit is None else stage.unit
    held = np.bincount(key)
    key = np.repeat(np.arange(held.size, dtype=np.int32), held)
    for width in chunks(stage.rows):
        start, end = end, end + width
        rows = np.arange(start, end) if stage.order is None else stage.order[start:end]
        own = codes[rows]
        order = sort_codes(own, G + 1)
        if not groups.complete:
            order = order[: order.size - np.count_nonzero(own == G)]
        if order.size:
            rows = rows[order]
            yield _part(stage, rows, design.weights[rows], own[order], key[start:end][order])


def _part(stage: Stage, rows: Ints, weights: Floats, group: Ints, key: Ints) -> Part:
    """The part of `rows`, of which `key` is the unit, or the stratum where rows are units."""
    pair, stratum = None, key
    if stage.unit_stratum is not None:
        first = segments(group, key)
        if not first.all():
            pair = _number(first)
            group, key = group[first], key[first]
        stratum = stage.unit_stratum[key]
    first = segments(group, stratum)
    starts = np.flatnonzero(first)
    pairs = np.diff(starts, append=group.size)
    own = group[starts].astype(np.intp)
    return Part(rows, weights, pair, _number(first), pairs, own, stratum[starts])


def _number(first: Bools) -> Ints:
    """0, 1, ... for runs of positions, given where each starts."""
    return np.cumsum(first, dtype=np.int32) - np.int32(1)
