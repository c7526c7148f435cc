"""How the rows of a sample lie in groups and units: found once, used by every question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from survey_stats.estimate.columns import Bools, Floats, Ints
from survey_stats.estimate.design import Alike, Design, Stage
from survey_stats.estimate.tally import (
    Groups,
    Measure,
    Values,
    add_up,
    cell_sums,
    chunks,
    level_sums,
    segments,
    sort_codes,
)

# questions are tallied together while their table has at most so many cells
PACK = 1 << 18


@dataclass(frozen=True, eq=False)
class Layout:
    """Groups in a design, with what the questions about them have in common.

    `measures` are these questions where there are several: what they share (sorted rows, tables)
    is then kept from one to the next.
    """

    design: Design
    groups: Groups
    measures: Sequence[Measure] = ()
    _kept: dict[Any, Any] = field(default_factory=dict, repr=False)

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
    def rows_by_group(self) -> Ints:
        """Respondents of each group, (width,)."""
        return self.design.count(self.groups.codes, self.width)

    def by_unit(self, measure: Measure) -> Floats:
        """Sums of w by level, unit and group; (L, height, G). Good until the next question."""
        by_cell = (self.cell, self.height * self.width, [self.design.weights.__getitem__])
        ((sums,),) = level_sums([measure], [by_cell], self._zeros)
        return self._by_group(sums)

    def by_level(self, measure: Measure) -> Floats:
        """Sums of w by level and group; (L, G)."""
        by_group = (self.groups.codes, self.width, [self.design.weights.__getitem__])
        ((sums,),) = level_sums([measure], [by_group])
        return sums[:, : self.groups.n_groups]

    def with_squares(self, measure: Measure, squares: Values) -> tuple[Floats, Floats, Ints]:
        """As `by_unit`; then sums of `squares`, and respondents, by level and group, (L, G)."""
        if id(measure) not in self._kept:
            by_cell = (self.cell, self.height * self.width, [self.design.weights.__getitem__])
            by_group = (self.groups.codes, self.width, [squares, _counts(self.design)])
            pack = self._pack(measure)
            tables = level_sums(pack, [by_cell, by_group], self._zeros)
            self._kept.update({id(m): t for m, t in zip(pack, tables, strict=True)})
        G = self.groups.n_groups
        sums, squared, rows = self._kept.pop(id(measure))
        return self._by_group(sums), squared[:, :G], np.rint(rows[:, :G]).astype(np.int64)

    def _by_group(self, sums: Floats) -> Floats:
        return sums.reshape(-1, self.height, self.width)[:, :, : self.groups.n_groups]

    def _zeros(self, which: int, size: int) -> Floats:
        """A table of zeros; the same memory for every question, as fresh memory is slow."""
        table: Floats | None = self._kept.get(("table", which))
        if table is None or table.size != size:
            table = np.zeros(size)
            if len(self.measures) > 1:
                self._kept["table", which] = table
        else:
            table.fill(0.0)
        return table

    def _pack(self, measure: Measure) -> list[Measure]:
        """`measure` and the questions after it that one table has room for."""
        pack, cells = [measure], (measure.n_levels + 1) * self.height * self.width
        at = next((i for i, m in enumerate(self.measures) if m is measure), len(self.measures))
        for later in self.measures[at + 1 :]:
            cells *= later.n_levels + 1
            if later.codes is None or cells > PACK:
                break
            pack.append(later)
        return pack

    def by_value(self, values: Sequence[Floats]) -> list[Floats]:
        """Sums of each of `values` (n,) by unit and group; (height, G)."""
        sums = cell_sums(self.cell, self.height * self.width, values)
        return [s.reshape(self.height, self.width)[:, : self.groups.n_groups] for s in sums]

    def answers_by_group(self, measure: Measure) -> Ints:
        """Respondents with an answer by group; (G,)."""
        held, gone = self.rows_by_group, np.flatnonzero(measure.missing())
        if gone.size:
            held = held - self.design.count(self.groups.codes[gone], held.size, gone)
        return held[: self.groups.n_groups]

    def parts(self, stage: Stage, measure: Measure) -> Iterator[Part]:
        """The rows of the groups, whole strata of `stage` at a time.

        Rows without an answer to `measure` may be left out, and are where it is the only question.
        """
        if len(self.measures) < 2:
            return _sorted_parts(self.design, stage, self.groups, measure.missing())
        if id(stage) not in self._kept:
            self._kept[id(stage)] = list(_sorted_parts(self.design, stage, self.groups))
        return iter(self._kept[id(stage)])


@dataclass(frozen=True, eq=False)
class Part:
    """Rows of whole strata, sorted by group and unit.

    A pair is a unit in a group, a segment the pairs of a stratum in a group.

    Attributes
    ----------
    rows, weights: positions in the frame and weights, shape (m,)
    pair: pair of each row, or None where every row is one; shape (m,)
    segment: segment of each pair, shape (P,)
    pairs: pairs of each segment (units that hold a member), shape (S,)
    group, stratum: of each segment, shape (S,)
    count, squares: see `Alike`, where rows are units and stand for several; shape (m,)
    """

    rows: Ints
    weights: Floats
    pair: Ints | None
    segment: Ints
    pairs: Ints
    group: Ints
    stratum: Ints
    count: Ints | None = None
    squares: Floats | None = None

    def by_pair(self, values: Floats) -> Floats:
        """Sums of `values` (m,) by pair, shape (P,); `values` itself where every row is one."""
        return values if self.pair is None else add_up(self.pair, values, self.segment.size)

    def by_segment(self, values: Floats) -> Floats:
        """Sums of `values` (P,) by segment, shape (S,)."""
        return add_up(self.segment, values, self.group.size)


def _sorted_parts(
    design: Design, stage: Stage, groups: Groups, missing: Bools | None = None
) -> Iterator[Part]:
    """Parts of the rows of `groups` that are not `missing`."""
    G, end = groups.n_groups, 0
    # the smaller the array, the less it costs to read it in another order
    codes = groups.codes.astype(np.uint16 if G < 1 << 16 else np.int32)
    if missing is not None:
        codes[missing] = G
    # rows come in the order of their units, which therefore need not be looked up
    key = stage.stratum if stage.unit is None else stage.unit
    held = np.bincount(key)
    key = np.repeat(np.arange(held.size, dtype=np.int32), held)
    for width in chunks(stage.rows):
        start, end = end, end + width
        rows = np.arange(start, end) if stage.order is None else stage.order[start:end]
        own = codes[rows]
        order = sort_codes(own, G + 1)
        order = order[: order.size - np.count_nonzero(own == G)]
        if order.size:
            rows = rows[order]
            part = _part(stage, rows, design.weights[rows], own[order], key[start:end][order])
            yield part if design.alike is None else _several(part, stage, design.alike)


def _several(part: Part, stage: Stage, alike: Alike) -> Part:
    """`part` with the respondents that its rows stand for."""
    if stage.unit is not None:
        return part
    count = alike.count[part.rows]
    pairs = np.rint(part.by_segment(count)).astype(np.int64)
    return replace(part, pairs=pairs, count=count, squares=alike.squares[part.rows])


def _counts(design: Design) -> Values:
    """Respondents of rows."""
    alike = design.alike
    return (lambda _: 1.0) if alike is None else alike.count.astype(np.float64).__getitem__


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
