"""From cells and what adds up to what to the arrays of a suppression problem."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from survey_stats.protect.cells import YES, Cell, Key, Relation
from survey_stats.protect.problem import PRINTED, UNKNOWN, Bools, Ints, Problem
from survey_stats.protect.rules import Rule

_ZERO = 1e-9
_BASE_COST = 0.01
"""A hidden base beside a hidden share loses this part of a share."""


@dataclass(frozen=True, eq=False)
class Judged:
    """What the cells fail by themselves.

    Attributes:
        small: cells with too few answers, shape (cells,).
        near: cells that share their people with a small one of another question.
        group: the number of the cells that are shown or hidden together, shape (cells,).
        kinds: cell and answer -> flag of an answer that too few gave, or that a few weigh.
        vague: cell and answer -> flag of a share that is too imprecise; nobody's secret.
    """

    small: Bools
    near: Bools
    group: Ints
    kinds: dict[tuple[int, Hashable], str]
    vague: dict[tuple[int, Hashable], str]


@dataclass(frozen=True, eq=False)
class Built:
    """A problem and where its units are: `base[cell]`, `answers[cell, answer]`."""

    problem: Problem
    base: Ints
    answers: dict[tuple[int, Hashable], int]


def linked(cells: Sequence[Cell], tolerance: float) -> Ints:
    """The number of the group of cells of the same people: like cells of like questions.

    Two questions of one survey are alike where their bases, over all cells that both have in a
    wave and so on, differ by no more than `tolerance`.
    """
    group = np.arange(len(cells))
    by_people: dict[Key, list[int]] = {}
    for i, cell in enumerate(cells):
        survey = frozenset(p for p in cell.key if p[0] in ("survey", "side"))
        by_people.setdefault(cell.who | survey, []).append(i)
    shared: dict[tuple[Key, Key], list[tuple[int, int]]] = {}
    for same in by_people.values():
        for a, first in enumerate(same):
            for second in same[a + 1 :]:
                pair = cells[first].subject, cells[second].subject
                shared.setdefault(pair, []).append((first, second))
    for pairs in shared.values():
        left = np.array([cells[a].n for a, _ in pairs])
        right = np.array([cells[b].n for _, b in pairs])
        most = np.maximum(left, right).sum()
        if np.abs(left - right).sum() > tolerance * most:
            continue
        for a, b in pairs:
            if min(cells[a].n, cells[b].n) > 0:
                low, high = sorted((int(group[a]), int(group[b])))
                group[group == high] = low
    return np.asarray(group, dtype=np.int64)


def build(
    cells: Sequence[Cell], relations: Sequence[Relation], judged: Judged, rule: Rule
) -> Built:
    """The arrays: a base and the answers of each cell, what adds up, what hides what."""
    maker = _Maker(cells, judged, rule)
    for i, cell in enumerate(cells):
        maker.add(i, cell)
    for relation in relations:
        maker.relate(relation)
    return maker.done()


class _Maker:
    """Quantities, units and relations as they come; arrays at the end."""

    def __init__(self, cells: Sequence[Cell], judged: Judged, rule: Rule) -> None:
        self.cells, self.judged, self.rule = cells, judged, rule
        self.value: list[float] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self.unit: list[int] = []
        self.at: dict[tuple[int, Hashable], int] = {}
        self.rows: list[list[tuple[int, float]]] = []
        self.sensitive: dict[int, float] = {}
        self.strict: set[int] = set()
        self.cost: list[float] = []
        self.size: list[float] = []
        self.forced: list[bool] = []
        self.total: list[bool] = []
        self.implies: list[tuple[int, int]] = []
        self.of_group: dict[int, int] = {}
        self.of_cell: dict[int, set[int]] = {}
        self.of_row: dict[frozenset[tuple[int, int]], int] = {}
        self.base = np.full(len(cells), PRINTED, dtype=np.int64)
        self.answers: dict[tuple[int, Hashable], int] = {}
        groups = judged.group
        self.small_group = set(groups[judged.small].tolist())
        # where nothing but bases can be too small, share and base are lost together
        self.apart = bool(judged.kinds or judged.vague)
        self.most = 2 * max((c.n for c in cells), default=0.0) + 10 * rule.minimum_base

    def add(self, i: int, cell: Cell) -> None:
        """A cell: its base, its answers, and that they add up."""
        base = self._base_unit(i, cell)
        secret = int(self.judged.group[i]) in self.small_group and cell.shown and cell.n > 0
        low, high = self._range(i, cell)
        n = self._quantity((i, None), cell.n, low, high, base)
        if secret:
            self._protect(n, min(self.rule.spread, high - low))
        levels = list(cell.counts)
        unit_of = self._answer_units(i, cell, base)
        terms = [(n, 1.0)]
        for level in levels:
            unit = unit_of[level]
            count = cell.counts[level]
            kind = self.judged.kinds.get((i, level))
            low_a, high_a = self._answer_range(i, cell, level, unit)
            q = self._quantity((i, level), count, low_a, high_a, unit)
            terms.append((q, -1.0))
            if secret or kind is not None:
                self._protect(q, min(self.rule.answer_protection, high_a - low_a))
            if kind is not None:
                self.strict.add(q)
        if levels and self._whole(cell):
            self.rows.append(terms)

    def relate(self, relation: Relation) -> None:
        """A sum: of the bases, and of each answer that all parts have."""
        whole, parts = self.cells[relation.whole], [self.cells[i] for i in relation.parts]
        left = whole.n - sum(p.n for p in parts)
        # a few who are left out are as good as known; a larger rest nobody has counted
        free = left >= self.rule.minimum_base
        secret = self.rule.leftovers and 0 < left < self.rule.minimum_base
        shared = [a for a in whole.counts if all(a in p.counts or p.n == 0 for p in parts)]
        for answer in (None, *shared):
            row = [(self.at[relation.whole, answer], 1.0)]
            row += [(self.at[i, answer], -1.0) for i in relation.parts if (i, answer) in self.at]
            self.rows.append(row)
        self._is_sum(relation.whole)
        if not (free or secret):
            return
        terms = []
        for k, answer in enumerate((None, *shared)):
            row = self.rows[len(self.rows) - 1 - len(shared) + k]
            value = sum(sign * self.value[q] for q, sign in row)
            high = self.most if free else float(self.rule.minimum_base - 1)
            low = 0.0 if free or answer is not None else 1.0
            key = (-1 - len(self.rows), answer)
            rest = self._quantity(key, value, min(low, value), max(high, value), UNKNOWN)
            row.append((rest, -1.0))
            terms.append((rest, 1.0 if answer is None else -1.0))
            if secret:
                width = self.rule.spread if answer is None else self.rule.answer_protection
                self._protect(rest, min(width, high - low))
        if shared and self._whole(whole):
            self.rows.append(terms)

    def done(self) -> Built:
        """The arrays."""
        entries = [(r, q, sign) for r, row in enumerate(self.rows) for q, sign in row]
        r, q, sign = (np.array(e) for e in zip(*entries, strict=True)) if entries else ([], [], [])
        shape = (len(self.rows), len(self.value))
        rows = sparse.coo_array(
            (np.asarray(sign, float), (np.asarray(r, np.int64), np.asarray(q, np.int64))), shape
        )
        asked = np.array(sorted(self.sensitive), dtype=np.int64)
        problem = Problem(
            value=np.array(self.value),
            low=np.array(self.low),
            high=np.array(self.high),
            answer=np.array([answer is not None for _, answer in self.at], dtype=np.bool_),
            unit=np.array(self.unit, dtype=np.int64),
            rows=sparse.csr_array(rows.tocsr()),
            sensitive=asked,
            width=np.array([self.sensitive[k] for k in asked.tolist()], dtype=float),
            strict=np.array([k in self.strict for k in asked.tolist()], dtype=np.bool_),
            cost=np.array(self.cost),
            size=np.array(self.size),
            forced=np.array(self.forced, dtype=np.bool_),
            total=np.array(self.total, dtype=np.bool_),
            implies=np.array(self.implies, dtype=np.int64).reshape(-1, 2),
        )
        return Built(problem, self.base, self.answers)

    def _quantity(
        self, key: tuple[int, Hashable], value: float, low: float, high: float, unit: int
    ) -> int:
        self.at[key] = len(self.value)
        self.value.append(value)
        self.low.append(min(low, value))
        self.high.append(max(high, value))
        self.unit.append(unit)
        return len(self.value) - 1

    def _protect(self, quantity: int, width: float) -> None:
        if width > 0:
            self.sensitive[quantity] = max(width, self.sensitive.get(quantity, 0.0))

    def _new(self, cost: float, size: float, forced: bool) -> int:
        self.cost.append(cost)
        self.size.append(size)
        self.forced.append(forced)
        self.total.append(False)
        return len(self.cost) - 1

    def _base_unit(self, i: int, cell: Cell) -> int:
        if cell.status == "never printed":
            self.base[i] = UNKNOWN
        if not cell.shown or cell.n <= 0:
            return int(self.base[i])
        group = int(self.judged.group[i])
        unit = self.of_group.get(group)
        if unit is None:
            unit = self._new(0.0, 0.0, group in self.small_group)
            self.of_group[group] = unit
        # one unit for like cells: it costs what all of them lose, and is as large as the smallest
        self.cost[unit] += _BASE_COST
        self.size[unit] = min(self.size[unit] or cell.n, cell.n)
        self.base[i] = unit
        return unit

    def _answer_units(self, i: int, cell: Cell, base: int) -> dict[Hashable, int]:
        """The unit of each answer: one of all of them, unless each can be hidden by itself."""
        out: dict[Hashable, int] = {}
        if base < 0:
            return dict.fromkeys(cell.counts, base)
        if not self.apart and all(b == "n" for *_, b in cell.rows):
            self.cost[base] += 1.0
            return dict.fromkeys(cell.counts, base)
        alone = self.rule.minimum_answers > 0 and YES not in cell.counts and not cell.whole
        one: int | None = None
        for level, count in cell.counts.items():
            forced = (i, level) in self.judged.kinds or (i, level) in self.judged.vague
            if alone and count <= _ZERO and self.rule.true_zeros and not forced:
                out[level] = base
                continue
            if one is None or alone:
                one = self._of_rows(cell, level if alone else None, count if alone else cell.n)
                self.implies.append((base, one))
            self.forced[one] |= forced
            out[level] = one
            self.answers[i, level] = one
            self.of_cell.setdefault(i, set()).add(one)
        if not cell.counts:
            # a mean has no answers that add up, but is a number that is lost
            one = self._of_rows(cell, None, cell.n)
            self.forced[one] |= (i, YES) in self.judged.vague
            self.implies.append((base, one))
            self.answers[i, YES] = one
            self.of_cell.setdefault(i, set()).add(one)
        return out

    def _of_rows(self, cell: Cell, level: Hashable, size: float) -> int:
        """The unit of what is printed in some rows; both sides of a change are lost together."""
        rows = frozenset((t, row) for t, row, a, _ in cell.rows if level is None or a == level)
        unit = self.of_row.get(rows)
        if unit is None:
            unit = self.of_row[rows] = self._new(1.0, size, False)
        self.size[unit] = min(self.size[unit], size)
        return unit

    def _range(self, i: int, cell: Cell) -> tuple[float, float]:
        """What a reader knows of a hidden base: its flag."""
        if not cell.shown:
            return 0.0, self.most
        least = self.rule.base_of(cell.statistic)
        if self.judged.near[i]:
            return 1.0, max(2.0 * least, cell.n)
        if self.judged.small[i]:
            _, low, high = self.rule.small(int(cell.n), cell.statistic)
            return float(low), float(high)
        return float(least), self.most

    def _answer_range(self, i: int, cell: Cell, level: Hashable, unit: int) -> tuple[float, float]:
        few = float(self.rule.minimum_answers)
        # a share times its base is no whole number to the last digit
        count = cell.counts[level] + _ZERO
        if unit == UNKNOWN or not few:
            return 0.0, self.most
        if self.judged.kinds.get((i, level)) == self.rule.few_answers:
            if count < few:
                return (1.0 if self.rule.true_zeros else 0.0), few - 1
            return 0.0, self.most
        own = int(self.judged.group[i]) in self.small_group
        # what is hidden for others' sake has enough answers of its own
        return (few if count >= few and not own else 0.0), self.most

    def _whole(self, cell: Cell) -> bool:
        """Whether the answers are all there are."""
        return abs(sum(cell.counts.values()) - cell.n) <= 1e-6 * max(cell.n, 1.0)

    def _is_sum(self, i: int) -> None:
        if self.base[i] >= 0:
            self.total[self.base[i]] = True
        for unit in self.of_cell.get(i, ()):
            self.total[unit] = True
