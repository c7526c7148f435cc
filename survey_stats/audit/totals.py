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
from survey_stats.audit.tables import Column, Table
from survey_stats.audit.wording import Num, Say, listing, say

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


@dataclass(frozen=True)
class Total:
    """A printed total and the rows below it, for the columns of counts."""

    table: Table
    row: int
    parts: tuple[int, ...]
    column: str

    def names(self, rows: Sequence[int]) -> list[str]:
        return [self.table.rows[self.parts[r]][self.column] for r in rows]

    def values(self, column: Column) -> NDArray[np.float64] | None:
        """The parts' figures in a column, None where one is missing or only bounded."""
        out = []
        for r in self.parts:
            number = parse_number(self.table.rows[r][column.name])
            if number is None:
                return None
            out.append(number.value)
        return np.array(out)

    def printed(self, column: Column) -> float | None:
        number = parse_number(self.table.rows[self.row][column.name])
        return None if number is None else number.value

    def years(self) -> list[Column]:
        """Columns of counts in which the total and all its parts are printed."""
        return [
            c
            for c in self.table.measures
            if c.unit == "count" and self.printed(c) is not None and self.values(c) is not None
        ]

    def missing_rows(self) -> LeftOut | None:
        """The rows that explain the totals of all years at once."""
        columns = self.years()
        if not columns:
            return None
        parts = np.column_stack([v for c in columns if (v := self.values(c)) is not None])
        totals = np.array([t for c in columns if (t := self.printed(c)) is not None])
        off = np.flatnonzero(parts.sum(axis=0) - totals)
        return left_out(parts[:, off], totals[off]) if off.size else None


def total_of(table: Table, row: int) -> Total | None:
    """The total that a row is, with its parts; None for an ordinary row.

    The parts are the rows that agree with it in every key column but one.
    """
    if not table.is_total(row):
        return None
    best: Total | None = None
    mine = table.rows[row]
    for column in table.keys:
        others = [c.name for c in table.keys if c.name != column.name]
        parts = tuple(
            i
            for i, r in enumerate(table.rows)
            if i != row and not table.is_total(i) and all(r[o] == mine[o] for o in others)
        )
        if len(parts) >= 2 and (best is None or len(parts) > len(best.parts)):
            best = Total(table, row, parts, column.name)
    return best


def explain_total(total: Total, a: Column, b: Column, s: Statement, percent: bool) -> Say | None:
    """How the stated change of a total came about, where it used other rows than its figures."""
    va, vb = total.values(a), total.values(b)
    ta, tb = total.printed(a), total.printed(b)
    if va is None or vb is None or ta is None or tb is None:
        return None
    missing = total.missing_rows()
    names = listing(total.names(missing.rows)) if missing and not missing.twice else None
    printed = (
        say(
            "The printed totals {ta} and {tb} leave out {names}.",
            "De tryckta summorna {ta} och {tb} saknar {names}.",
            ta=Num(ta),
            tb=Num(tb),
            names=names,
        )
        if names
        else Say("", "")
    )
    for size in range(3):
        hits = [
            m
            for m in _mixtures(va, vb, ta, tb, percent, size)
            if m[2] != 0 and s.admits(100 * m[0] / m[2] if percent else m[0])
        ]
        # many sets of rows are tried once some are left out: only a single hit is an explanation
        if not hits or (size and (len(hits) > 1 or s.shape != "number")):
            continue
        change, left, base, base_of = hits[0]
        rows = (
            say("all {n} rows", "alla {n} rader", n=str(len(va)))
            if not left
            else say("the rows without {x}", "raderna utan {x}", x=listing(total.names(left)))
        )
        if not percent:
            return printed + say(
                "The stated change {c} is that of {rows}, not that of the printed totals.",
                "Den angivna förändringen {c} gäller {rows}, inte de tryckta summorna.",
                c=Num(change, sign=True),
                rows=rows,
            )
        return printed + say(
            "The stated percentage is the change of {rows}, {c}, divided by {what} ({d}).",
            "Den angivna procentsatsen är förändringen för {rows}, {c}, delad med {what} ({d}).",
            rows=rows,
            c=Num(change, sign=True),
            what=base_of,
            d=Num(base),
        )
    return printed if names else None


def _mixtures(
    va: NDArray[np.float64],
    vb: NDArray[np.float64],
    ta: float,
    tb: float,
    percent: bool,
    size: int,
) -> Iterator[tuple[float, tuple[int, ...], float, Say]]:
    """Changes of the rows but `size` of them, over each denominator that could have been used."""
    earlier = Say("the printed earlier total", "den tryckta tidigare summan")
    later = Say("the printed later total", "den tryckta senare summan")
    own = Say("the earlier figure of the same rows", "samma raders tidigare tal")
    for left in itertools.combinations(range(len(va)), size):
        keep = np.setdiff1d(np.arange(len(va)), left)
        change = float((vb - va)[keep].sum())
        if not percent:
            yield change, left, 1.0, earlier
            continue
        yield change, left, float(va[keep].sum()), own
        if size == 0:
            yield change, left, ta, earlier
            yield change, left, tb, later
