"""A table as data: typed columns, rows with numbers, notes; shown by great_tables.

The same `Table` makes the HTML of a document (which pandoc carries on to DOCX and PDF) and the
sheet of a workbook, so that the two cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from survey_stats.labels import Language, number, percent, points, shown, word
from survey_stats.report.footnotes import linked, marked, raised

if TYPE_CHECKING:
    from great_tables import GT

Kind = Literal[
    "text", "percent", "points", "count", "number", "interval", "change", "signed", "bounds"
]

SUPPRESSED = ".."
UNCERTAIN = "*"
_TYPST_START = re.compile(r"(?:=+|[-+/]|\d+\.)(?:\s|$)")
_RIGHT = {"percent", "points", "count", "number", "interval", "change", "signed", "bounds"}


@dataclass(frozen=True)
class Column:
    """One printed column.

    Attributes:
        name: the column of `Table.rows` that holds the value.
        heading: the reader's words above it.
        kind: how the value is written (`percent` and `interval` in percent without the sign, which
            belongs into the heading); `interval` and `bounds` (signed numbers) read
            `<name>_low` and `<name>_high` instead of `<name>`, `change` all three.
        width: its part of the table's width, in percent.
        footnotes: what a reader must be told of all that stands in it.
        figures: whether a column of text holds figures, which stand to the right.
    """

    name: str
    heading: str
    kind: Kind = "text"
    width: int = 15
    decimals: int = 1
    footnotes: tuple[str, ...] = ()
    figures: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """The columns of `Table.rows` that it reads."""
        bounds = (f"{self.name}_low", f"{self.name}_high")
        if self.kind in {"interval", "bounds"}:
            return bounds
        return (self.name, *bounds) if self.kind == "change" else (self.name,)


@dataclass(frozen=True)
class Table:
    """Rows with numbers, and how a reader sees them.

    Attributes:
        name: short name, used for ids and sheet names.
        caption: what the table shows, in a full sentence.
        columns: the printed columns; the first one is the row header.
        rows: one row a printed row; shares 0-1. The column `section` (optional) holds the heading
            under which a row stands; `mark` (optional) says whether a row is `suppressed`,
            `uncertain` or neither (an empty text), and `<column>_mark` the same of one column;
            `suppressed **` prints that sign instead of two dots.
            `<column>_footnotes` and `section_footnotes` (optional) hold the sentences that a
            reader must be told of one cell, in a tuple.
        notes: sentences under the table, after the numbered footnotes.
        lang: how numbers are written.
        starred: the columns that carry the star of an uncertain row.
        minimum_base: what a suppressed base is said to be below.
        title: two or three words for the tab of a workbook; `name` where empty.
        synthetic: whether the data are made up, which a notebook says (a document says it once).
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: pd.DataFrame
    notes: tuple[str, ...] = ()
    lang: Language = "sv"
    starred: tuple[str, ...] = ("share",)
    minimum_base: int = 30
    title: str = ""
    synthetic: bool = False

    @cached_property
    def footnotes(self) -> tuple[str, ...]:
        """The numbered notes in order: as a reader meets their marks, each text once."""
        found = [note for column in self.columns for note in column.footnotes]
        for row in self.rows.to_dict("records"):
            for name in ("section", *(c.name for c in self.columns)):
                found.extend(_texts(row, name))
        return tuple(dict.fromkeys(found))

    def numbers(self, notes: Sequence[str]) -> list[int]:
        """The numbers of some of the table's footnotes."""
        return sorted(self.footnotes.index(note) + 1 for note in notes)

    def all_notes(self) -> list[str]:
        """What stands under the table where text is all there is, marks and all."""
        numbered = [f"{raised([i])} {shown(note)}" for i, note in enumerate(self.footnotes, 1)]
        return [*numbered, *map(shown, self.notes)]

    def text(self) -> pd.DataFrame:
        """The table as printed, one text a cell, with the column names of `columns`."""
        records = [self._record(row) for row in self.rows.to_dict("records")]
        names = [c.name for c in self.columns]
        return pd.DataFrame(records, columns=names, dtype=object)

    def cell_numbers(self, row: Mapping[Any, Any], name: str) -> list[int]:
        """The numbers of the footnotes of a cell; of the heading over a row for `section`."""
        return self.numbers(_texts(row, name))

    def gt(self, title: bool = True, notes: bool = True) -> GT:
        """The table for a notebook or a page."""
        from great_tables import GT

        frame = self.text()
        records = self.rows.to_dict("records")
        for name in frame.columns:
            frame[name] = [
                marked(_no_list(text), self.cell_numbers(row, name))
                for text, row in zip(frame[name], records, strict=True)
            ]
        section = "section" in self.rows
        if section:
            frame["section"] = [
                marked(shown(str(row["section"])), self.cell_numbers(row, "section"))
                for row in records
            ]
        table = GT(
            frame,
            rowname_col=self.columns[0].name,
            groupname_col="section" if section else None,
            id=self.name,
        )
        heads: dict[str, Any] = {
            c.name: marked(shown(c.heading), self.numbers(c.footnotes)) for c in self.columns
        }
        table = table.tab_stubhead(label=heads.pop(self.columns[0].name))
        table = table.cols_label(cases=heads)
        right = [c.name for c in self.columns[1:] if c.figures or c.kind in _RIGHT]
        left = [c.name for c in self.columns[1:] if c.name not in right]
        if right:
            table = table.cols_align("right", right)
        if left:
            table = table.cols_align("left", left)
        table = table.cols_width(cases={c.name: f"{c.width}%" for c in self.columns})
        for note in self.all_notes() if notes else ():
            table = table.tab_source_note(note)
        made_up = f"{word('synthetic', self.lang)}: " if self.synthetic else ""
        return table.tab_header(title=made_up + shown(self.caption)) if title else table

    def html(self) -> str:
        """A bare HTML table with scoped headers, without style of its own, for a document.

        Its notes are not in it: a document sets them below (see `show.table`), where they do not
        scroll with a wide table and are not printed again on each page of a long one. A mark links
        to `footnotes.note_id(name, number)`.
        """
        raw = self.gt(title=False, notes=False).as_raw_html()
        found = re.search(r"<table.*</table>", raw, re.DOTALL)
        body = found.group(0) if found else raw
        return linked(_own_ids(_alignment(body), self.name), self.name, self.lang)

    def _repr_html_(self) -> str:
        return str(self.gt().as_raw_html())

    def _record(self, row: Mapping[Any, Any]) -> dict[str, str]:
        out = {}
        for column in self.columns:
            values = [row.get(part) for part in column.parts]
            mark = row.get(f"{column.name}_mark", row.get("mark")) or ""
            kind, _, sign = str(mark).partition(" ")
            if kind == "suppressed" and column.kind != "text" and _empty(values):
                # a base too: that another one is hidden for its sake is nobody's business
                out[column.name] = sign or SUPPRESSED
                continue
            star = kind == "uncertain" and column.name in self.starred and not _empty(values)
            out[column.name] = self._cell(column, values) + (UNCERTAIN if star else "")
        return out

    def _cell(self, column: Column, values: Sequence[Any]) -> str:
        first = values[0]
        if column.kind == "text":
            return "" if first is None or first is pd.NA or first != first else shown(str(first))
        numbers = [None if v is None or pd.isna(v) else float(v) for v in values]
        digits = column.decimals
        match column.kind:
            case "percent":
                share = None if numbers[0] is None else 100 * numbers[0]
                return number(share, digits, self.lang)
            case "points":
                return points(numbers[0], digits, self.lang)
            case "count":
                return number(numbers[0], 0, self.lang)
            case "number":
                return number(numbers[0], digits, self.lang)
            case "signed":
                return number(numbers[0], digits, self.lang, sign=True)
            case "interval":
                return interval(numbers[0], numbers[1], digits, self.lang, unit=False)
            case "bounds":
                return signed_bounds(numbers[0], numbers[1], digits, self.lang)
            case "change":
                return change(numbers[0], numbers[1], numbers[2], digits, self.lang)


def interval(
    low: float | None,
    high: float | None,
    decimals: int = 1,
    lang: Language = "sv",
    unit: bool = True,
) -> str:
    """An interval of shares in percent; `unit=False` where a heading says so.

    >>> interval(0.329, 0.376), interval(0.329, 0.376, unit=False), interval(None, None)
    ('32,9–37,6\\xa0%', '32,9–37,6', '–')
    """
    if low is None or high is None:
        return "–"
    upper = percent(high, decimals, lang) if unit else number(100 * high, decimals, lang)
    return f"{number(100 * low, decimals, lang)}–{upper}"


def change(
    difference: float | None,
    low: float | None,
    high: float | None,
    decimals: int = 1,
    lang: Language = "sv",
) -> str:
    """A change in percentage points with its interval.

    >>> change(0.04, 0.012, 0.068)
    '+4,0 (+1,2 till +6,8)'
    """
    if difference is None:
        return "–"
    middle = points(difference, decimals, lang)
    if low is None or high is None:
        return middle
    to = "till" if lang == "sv" else "to"
    return f"{middle} ({points(low, decimals, lang)} {to} {points(high, decimals, lang)})"


def signed_bounds(
    low: float | None, high: float | None, decimals: int = 0, lang: Language = "sv"
) -> str:
    """Two signed numbers with a word between them, since a dash would be read as a minus.

    >>> signed_bounds(-61.2, 1)
    '−61 till +1'
    """
    if low is None or high is None:
        return "–"
    to = "till" if lang == "sv" else "to"
    first = number(low, decimals, lang, sign=True)
    return f"{first} {to} {number(high, decimals, lang, sign=True)}"


def _no_list(text: str) -> str:
    # pandoc lets typst read "= a" in a cell as a heading and "- a" as a list
    return f"\N{WORD JOINER}{text}" if _TYPST_START.match(text) else text


def _texts(row: Mapping[Any, Any], name: str) -> tuple[str, ...]:
    told = row.get(f"{name}_footnotes")
    return tuple(told) if isinstance(told, (tuple, list)) else ()


def _empty(values: Sequence[Any]) -> bool:
    return all(v is None or pd.isna(v) for v in values)


def _alignment(html: str) -> str:
    # pandoc reads alignment from style, not from classes
    for side in ("right", "center", "left"):
        html = re.sub(
            rf'(<t[hd] [^>]*class="[^"]*gt_{side}[^"]*")', rf'\1 style="text-align: {side}"', html
        )
    return html


def _own_ids(html: str, name: str) -> str:
    """Ids that no other table of the page has, and `headers` that point at them."""
    ids: dict[str, str] = {}

    def fresh(match: re.Match[str]) -> str:
        ids[match.group(1)] = f"{name}-h{len(ids)}"
        return f'id="{ids[match.group(1)]}"'

    html = re.sub(r'(?<=\s)id="([^"]*)"', fresh, html)

    def headers(match: re.Match[str]) -> str:
        # great_tables joins ids with blanks, and an id may hold blanks itself
        text, found = match.group(1), []
        for old in sorted(ids, key=len, reverse=True):
            if re.search(rf"(?:^|\s){re.escape(old)}(?=\s|$)", text):
                found.append(ids[old])
                text = re.sub(rf"(?:^|\s){re.escape(old)}(?=\s|$)", " ", text, count=1)
        order = list(ids.values())
        return f'headers="{" ".join(sorted(found, key=order.index))}"'

    html = re.sub(r'headers="([^"]*)"', headers, html)
    # a heading inside the body is not bold of itself where HTML only passes through
    return re.sub(r'(scope="colgroup"[^>]*>)(.*?)(</th>)', r"\1<strong>\2</strong>\3", html)
