"""The appendix as a workbook: a read-me sheet and one sheet per table, numbers as numbers."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Any

import pandas as pd

from survey_stats.labels import Language, shown
from survey_stats.report.footnotes import raised
from survey_stats.report.tables import UNCERTAIN, Column, Table

_FORMATS = {
    "percent": "0.0%",
    "interval": "0.0%",
    "points": "+0.0;-0.0;0.0",
    "change": "+0.0;-0.0;0.0",
    "count": "#,##0",
    "number": "0.0",
    "signed": "+0;-0;0",
    "bounds": "+0;-0;0",
}
_BOUNDS = {"sv": ("nedre gräns", "övre gräns"), "en": ("lower bound", "upper bound")}
_LONGEST = 32767
"""So many signs fit into a cell."""
_NOT_ALLOWED = re.compile(r"[\[\]:*?/\\']")


def write_workbook(
    path: Path,
    tables: Sequence[Table],
    readme: Sequence[tuple[str, str]],
    lang: Language = "sv",
    banner: str = "",
    about: str = "",
    foot: str = "",
) -> None:
    """Write a workbook.

    Shares are numbers 0-1 shown as percent, changes are percentage points; a bound has a column of
    its own. A number that is not shown is the same mark as in the document. The mark of a footnote
    stands behind a number as part of its format, so that the number stays one. No text becomes a
    formula or a link. Rows are a table with a header that screen readers announce and pages repeat.

    Args:
        path: where to.
        tables: one sheet each.
        readme: names and values on the first sheet.
        lang: the language of headings.
        banner: what every sheet and page says on top, such as that the data are made up.
        about: what every sheet says below its table: versions and parameters.
        foot: what every printed page says at its foot; `about` where empty.
    """
    import xlsxwriter

    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "in_memory": True,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        # the same tables give the same file
        title = next((shown(text)[:200] for name, text in readme if name != banner), "")
        book.set_properties(
            {
                "created": datetime.datetime(2000, 1, 1),
                "title": title,
                "subject": shown(about)[:200],
                "comments": shown(banner)[:200],
            }
        )
        styles = {
            "title": book.add_format({"bold": True, "font_size": 13, "text_wrap": True}),
            "head": book.add_format(
                {
                    "bold": True,
                    "bottom": 1,
                    "text_wrap": True,
                    "valign": "top",
                    "bg_color": "#E8EEF4",
                }
            ),
            "text": book.add_format(
                {"text_wrap": True, "valign": "top", "align": "left", "indent": 1}
            ),
            "note": book.add_format({"font_color": "#444444", "text_wrap": True, "valign": "top"}),
            "banner": book.add_format({"bold": True, "font_color": "#8A1C1C"}),
            "mark": book.add_format({"align": "right", "valign": "top"}),
        }
        for kind, code in _FORMATS.items():
            styles[kind] = book.add_format({"num_format": code, "valign": "top"})
        frame = _Frame(title, shown(banner), shown(about), shown(foot or about), lang)
        _readme(book, readme, tables, styles, frame)
        used: set[str] = set()
        for number, table in enumerate(tables, 1):
            name = sheet_name(f"{number} {table.title or table.name}", used)
            _sheet(book, table, name, number, styles, frame)


def sheet_name(name: str, used: set[str]) -> str:
    """A name that a workbook takes: at most 31 signs, none of the forbidden, not used before.

    A long one ends with a whole word where it has one near the end.

    >>> used: set[str] = set()
    >>> sheet_name("a/b:" + "x" * 40, used), sheet_name("A b ", used), sheet_name("a b", used)
    ('a b xxxxxxxxxxxxxxxxxxxxxxxxxxx', 'A b', 'a b (2)')
    >>> sheet_name("3 Polisregionen, otrygg ute ensam", used)
    '3 Polisregionen, otrygg ute'
    """
    whole = _NOT_ALLOWED.sub(" ", shown(name)).strip()
    base = whole[:31].strip()
    if len(whole) > 31 and whole[31] != " " and base.rfind(" ") > 15:
        base = base[: base.rfind(" ")].rstrip(" ,;")
    base = base or "sheet"
    out, again = base, 2
    while out.lower() in used:
        tail = f" ({again})"
        out, again = base[: 31 - len(tail)] + tail, again + 1
    used.add(out.lower())
    return out


@dataclass(frozen=True)
class _Frame:
    """What stands around every sheet."""

    title: str
    banner: str
    about: str
    foot: str
    lang: Language

    def around(self, sheet: Any, header_row: int) -> None:
        """Set up the pages of a printed sheet."""
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(header_row)
        sheet.set_margins(0.5, 0.5, 0.8, 0.8)
        # a page holds 255 signs of these, and & begins a command
        page = "Sida &P (&N)" if self.lang == "sv" else "Page &P (&N)"
        left = self.title[:90].replace("&", "&&")
        foot = shorten(self.foot, 130, placeholder=" …").replace("&", "&&")
        sheet.set_footer(f"&L&8{left}\n{foot}&R&8{page}")
        if self.banner:
            sheet.set_header(f"&R&8{self.banner[:200].replace('&', '&&')}")


def _readme(
    book: Any,
    readme: Sequence[tuple[str, str]],
    tables: Sequence[Table],
    styles: dict[str, Any],
    frame: _Frame,
) -> None:
    sv = frame.lang == "sv"
    sheet = book.add_worksheet("Läs mig" if sv else "Read me")
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 100)
    frame.around(sheet, 0)
    row = 0
    for name, value in readme:
        sheet.write_string(row, 0, _cut(name), styles["head"])
        sheet.write_string(row, 1, _cut(value), styles["text"])
        sheet.set_row(row, _height([(name, 30), (value, 100)]))
        row += 1
    row += 1
    sheet.write_string(row, 0, "Blad" if sv else "Sheet", styles["head"])
    sheet.write_string(row, 1, "Innehåll" if sv else "Content", styles["head"])
    used: set[str] = set()
    for number, table in enumerate(tables, 1):
        row += 1
        name = sheet_name(f"{number} {table.title or table.name}", used)
        sheet.write_string(row, 0, name, styles["text"])
        sheet.write_string(row, 1, _cut(table.caption), styles["text"])
        sheet.set_row(row, _height([(name, 30), (table.caption, 100)]))


def _sheet(
    book: Any, table: Table, name: str, number: int, styles: dict[str, Any], frame: _Frame
) -> None:
    sheet = book.add_worksheet(name)
    sheet.hide_gridlines(2)
    lang = frame.lang
    section = "section" in table.rows
    heads: list[tuple[str, int, Column | None]] = []
    if section:
        heads.append(("Indelning" if lang == "sv" else "Section", 22, None))
    for column in table.columns:
        heads.extend(_heads(column, lang))
    across = max(len(heads) - 1, 1)
    room = sum(width for _, width, _ in heads)
    _across(sheet, 0, across, table.caption, styles["title"], room / 1.25)
    if frame.banner:
        sheet.write_string(1, 0, frame.banner, styles["banner"])
    first = 2
    frame.around(sheet, first)
    told = _distinct(
        [_with_mark(shown(t), table.numbers(of.footnotes) if of else ()) for t, _, of in heads]
    )
    for at, (_, width, _of) in enumerate(heads):
        sheet.write_string(first, at, told[at], styles["head"])
        sheet.set_column(at, at, width)
    sheet.set_row(
        first, _height([(t, w / 1.15) for t, (_, w, _of) in zip(told, heads, strict=True)])
    )
    printed = table.text()
    records = table.rows.to_dict("records")
    for i, record in enumerate(records):
        row, at = first + 1 + i, 0
        long: list[tuple[str, float]] = []
        if section:
            text = _with_mark(shown(str(record["section"])), table.cell_numbers(record, "section"))
            sheet.write_string(row, 0, _cut(text), styles["text"])
            at, long = 1, [(text, heads[0][1])]
        for column in table.columns:
            text = str(printed.iloc[i][column.name])
            mark = raised(table.cell_numbers(record, column.name))
            if column.kind != "text" and text.endswith(UNCERTAIN):
                text, mark = text.removesuffix(UNCERTAIN), UNCERTAIN + mark
            if column.kind == "text":
                long.append((text, heads[at][1]))
            at = _cells(sheet, row, at, column, record, text, mark, _Styles(book, styles))
        sheet.set_row(row, _height(long))
    sheet.freeze_panes(first + 1, 2 if section else 1)
    if records:
        columns = [{"header": text, "header_format": styles["head"]} for text in told]
        sheet.add_table(
            first, 0, first + len(records), len(heads) - 1,
            {"columns": columns, "style": None, "name": f"table_{number}"},
        )  # fmt: skip
    below = first + len(records) + 2
    for i, note in enumerate([*table.all_notes(), *([frame.about] if frame.about else [])]):
        _across(sheet, below + i, across, note, styles["note"], room)


def _across(sheet: Any, row: int, last: int, text: str, style: Any, room: float) -> None:
    """A text over the width of a sheet, in a row as high as it needs."""
    sheet.merge_range(row, 0, row, last, "", style)
    sheet.write_string(row, 0, _cut(text), style)
    sheet.set_row(row, _height([(text, room)]) + 3)


def _height(cells: Sequence[tuple[str, float]]) -> float:
    """How high a row is in which these texts are wrapped to these widths; programmes do not ask."""
    lines = [math.ceil(1.02 * len(text) / max(room, 8)) for text, room in cells]
    return 15.0 * min(max(lines, default=1), 25)


def _cut(text: str) -> str:
    """A text that a cell takes; a longer one is cut with an ellipsis."""
    text = shown(text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _distinct(heads: Sequence[str]) -> list[str]:
    """Headings that no other column has, as a table needs them; case does not tell them apart.

    >>> _distinct(["Bas", "bas", ""])
    ['Bas', 'bas (2)', '–']
    """
    out: list[str] = []
    for text in heads:
        base, again = _cut(text)[:200].strip() or "–", 2
        own = base
        while own.casefold() in {t.casefold() for t in out}:
            own, again = f"{base} ({again})", again + 1
        out.append(own)
    return out


@dataclass(frozen=True)
class _Styles:
    """The formats of a workbook; those with a footnote's mark are made as they are needed."""

    book: Any
    plain: dict[str, Any]

    def number(self, kind: str, mark: str) -> Any:
        if not mark:
            return self.plain[kind]
        name = f"{kind} {mark}"
        if name not in self.plain:
            code = ";".join(f'{part}" {mark}"' for part in _FORMATS[kind].split(";"))
            self.plain[name] = self.book.add_format({"num_format": code, "valign": "top"})
        return self.plain[name]


def _with_mark(text: str, numbers: Sequence[int]) -> str:
    return f"{text} {raised(numbers)}" if numbers else text


def _heads(column: Column, lang: Language) -> list[tuple[str, int, Column | None]]:
    low, high = _BOUNDS[lang]
    if column.kind == "text":
        return [(column.heading, max(14, column.width + 4), column)]
    if column.kind in {"interval", "bounds"}:
        return [(f"{column.heading}: {b}", 13, column) for b in (low, high)]
    if column.kind == "change":
        names = (column.heading, f"{column.heading}: {low}", f"{column.heading}: {high}")
        return [(n, 13, column) for n in names]
    return [(column.heading, 12, column)]


def _cells(
    sheet: Any,
    row: int,
    at: int,
    column: Column,
    record: dict[Any, Any],
    text: str,
    mark: str,
    styles: _Styles,
) -> int:
    if column.kind == "text":
        sheet.write_string(row, at, _cut(f"{text} {mark}".strip()), styles.plain["text"])
        return at + 1
    factor = 100.0 if column.kind in {"points", "change"} else 1.0
    for i, part in enumerate(column.parts):
        value = record.get(part)
        own = mark if i == 0 else ""
        if value is None or pd.isna(value):
            sheet.write_string(row, at, f"{text} {own}".strip(), styles.plain["mark"])
        else:
            sheet.write_number(row, at, factor * float(value), styles.number(column.kind, own))
        at += 1
    return at
