"""Which rows does a printed total leave out, and on which rows was its printed change computed?

A search, never a list of known errors. Only simple answers count, the fewest rows first, and only
where one set of rows alone fits: with enough freedom any number can be reached.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from survey_stats.audit.printed import parse_number
from survey_stats.audit.statement import Statement
from survey_stats.audit.tables import Cell, Table
from survey_stats.audit.wording import Num, Say, listing, name, say

MOST_LEFT_OUT = 3
MOST_ROWS = 30


@dataclass(frozen=True)
class LeftOut:
    """Rows (positions in the list of components) that a total omits, or counts twice."""

    rows: tuple[int, ...]
    twice: bool = False


def left_out(parts: NDArray[np.float64], totals: NDArray[np.float64]) -> LeftOut | None:
    """The fewest rows that explain every printed total at once.

    `parts` is rows x columns, `totals` has one number a column. None where the totals add up,
    where no set of at most three rows explains them, or where two sets of that size do.

    >>> left_out(np.array([[5.0, 6.0], [1.0, 2.0], [7.0, 9.0]]), np.array([12.0, 15.0]))
    LeftOut(rows=(1,), twice=False)
    """
    gap = parts.sum(axis=0) - totals
    if not np.any(gap) or len(parts) > MOST_ROWS:
        return None
    for size in range(1, min(MOST_LEFT_OUT, len(parts) - 1) + 1):
        found = [
            LeftOut(rows, twice)
            for rows in itertools.combinations(range(len(parts)), size)
            for twice in (False, True)
            if np.allclose(parts[list(rows)].sum(axis=0) * (-1 if twice else 1), gap, atol=1e-9)
        ]
        if len(found) == 1:
            return found[0]
        if found:
            return None
    return None


@dataclass(frozen=True, eq=False)
class Parts:
    """The rows below a printed total, `names` telling them apart in `column`."""

    column: str
    rows: tuple[int, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Pair:
    """A total at two times, with the rows below it: `before`, `after` have one value a row.

    `left_out` is the set of rows that explains the printed totals, where they do not add up.
    """

    names: tuple[str, ...]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    total_before: float
    total_after: float
    left_out: LeftOut | None

    def listed(self, rows: Sequence[int]) -> Say:
        return listing([name(self.names[r]) for r in rows])

    def missing(self) -> Say | None:
        """The rows that both printed totals leave out."""
        if self.left_out is None or self.left_out.twice:
            return None
        return self.listed(self.left_out.rows)

    def on_all_rows(self) -> Say:
        """The change over every row."""
        change, base = float((self.after - self.before).sum()), float(self.before.sum())
        if base == 0:
            return Say("", "")
        return say(
            "Over all {n} rows the change is {c}, or {p} percent.",
            "För alla {n} rader tillsammans är förändringen {c}, eller {p} procent.",
            n=str(len(self.names)),
            c=Num(change, sign=True),
            p=Num(100 * change / base, 1, sign=True),
        )


def parts_of(table: Table, row: int) -> Parts | None:
    """The rows that a total row sums; None for an ordinary row.

    They agree with it in every key column but one.
    """
    if not table.is_total(row):
        return None
    best: Parts | None = None
    mine = table.rows[row]
    for column in table.keys:
        others = [c.name for c in table.keys if c.name != column.name]
        rows = tuple(
            i
            for i, r in enumerate(table.rows)
            if i != row and not table.is_total(i) and all(r[o] == mine[o] for o in others)
        )
        if len(rows) >= 2 and (best is None or len(rows) > len(best.rows)):
            best = Parts(column.name, rows, tuple(table.rows[r][column.name] for r in rows))
    return best


def pair_of(table: Table, a: Cell, b: Cell) -> Pair | None:
    """The two totals that two figures are, with their rows; None where they are no totals.

    The times may be two columns of one row, or two rows of one column.
    """
    if a.row is None or b.row is None or (a.row, a.column) == (b.row, b.column):
        return None
    one, two = parts_of(table, a.row), parts_of(table, b.row)
    if one is None or two is None or one.column != two.column:
        return None
    if sorted(one.names) != sorted(two.names) or len(set(one.names)) < len(one.names):
        return None
    match = dict(zip(two.names, two.rows, strict=True))
    before = _values(table, one.rows, a.column)
    after = _values(table, [match[n] for n in one.names], b.column)
    if before is None or after is None:
        return None
    columns = {(a.row, a.column): before, (b.row, b.column): after}
    if a.row == b.row:
        # every year of the table must be explained by the same rows
        for c in table.measures:
            values = _values(table, one.rows, c.name) if c.unit == "count" else None
            if values is not None and parse_number(table.rows[a.row][c.name]) is not None:
                columns[a.row, c.name] = values
    printed = [parse_number(table.rows[r][c]) for r, c in columns]
    totals = np.array([n.value if n else np.nan for n in printed])
    parts = np.column_stack(list(columns.values()))
    off = np.flatnonzero(parts.sum(axis=0) - totals)
    found = left_out(parts[:, off], totals[off]) if off.size else None
    return Pair(one.names, before, after, a.value, b.value, found)


def explain_total(pair: Pair, s: Statement, percent: bool) -> Say | None:
    """How the stated change of a total came about, where it used other rows than its figures."""
    names = pair.missing()
    printed = (
        say(
            "The printed totals {ta} and {tb} leave out {names}.",
            "I de tryckta summorna, {ta} och {tb}, saknas {names}.",
            ta=Num(pair.total_before),
            tb=Num(pair.total_after),
            names=names,
        )
        if names
        else Say("", "")
    )
    for size in range(MOST_LEFT_OUT):
        hits = [
            m
            for m in _mixtures(pair, percent, size)
            if m.base != 0 and s.admits(100 * m.change / m.base if percent else m.change)
        ]
        # many sets of rows are tried once some are left out: only a single hit is an explanation
        if not hits or (size and (len(hits) > 1 or s.shape != "number")):
            continue
        hit = hits[0]
        if not percent:
            return printed + say(
                "The stated change {c} is that of {rows}, not that of the printed totals.",
                "Den angivna förändringen, {c}, gäller {rows} och inte de tryckta summorna.",
                c=Num(hit.change, sign=True),
                rows=hit.rows,
            )
        return printed + say(
            "The stated percentage is the change of {rows}, {c}, divided by {what} ({d}).",
            "Den angivna procentsatsen får man om förändringen för {rows} ({c}) delas med {what} "
            "({d}).",
            rows=hit.rows,
            c=Num(hit.change, sign=True),
            what=hit.base_of,
            d=Num(hit.base),
        )
    return printed if names else None


@dataclass(frozen=True)
class _Mixture:
    change: float
    rows: Say
    base: float
    base_of: Say


def _mixtures(pair: Pair, percent: bool, size: int) -> Iterator[_Mixture]:
    """Changes of the rows but `size` of them, over each denominator that could have been used."""
    va, vb, ta, tb = pair.before, pair.after, pair.total_before, pair.total_after
    earlier = Say("the printed earlier total", "den tidigare tryckta summan")
    later = Say("the printed later total", "den senare tryckta summan")
    own = Say("the earlier figure of the same rows", "samma raders tidigare tal")
    for left in itertools.combinations(range(len(va)), size):
        keep = np.setdiff1d(np.arange(len(va)), left)
        change = float((vb - va)[keep].sum())
        rows = (
            say("the rows without {x}", "raderna utan {x}", x=pair.listed(left))
            if left
            else say("all {n} rows", "alla {n} rader", n=str(len(va)))
        )
        if not percent:
            yield _Mixture(change, rows, 1.0, earlier)
            continue
        yield _Mixture(change, rows, float(va[keep].sum()), own)
        if size == 0:
            yield _Mixture(change, rows, ta, earlier)
            yield _Mixture(change, rows, tb, later)
            totals = Say("the printed totals", "de tryckta summorna")
            yield _Mixture(tb - ta, totals, tb, later)
            every = Say("the earlier sum of all rows", "den tidigare summan av alla rader")
            yield _Mixture(tb - ta, totals, float(va.sum()), every)


def _values(table: Table, rows: Sequence[int], column: str) -> NDArray[np.float64] | None:
    """The figures of some rows, None where one is missing or only bounded."""
    numbers = [parse_number(table.rows[r][column]) for r in rows]
    known = [n.value for n in numbers if n is not None]
    return np.array(known) if len(known) == len(numbers) else None
