"""The appendix as a workbook: a read-me sheet and one sheet per table, numbers as numbers."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from survey_stats.labels import Language
from survey_stats.report.footnotes import raised
from survey_stats.report.tables import Column, Table

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
_NOT_ALLOWED = re.compile(r"[\[\]:*?/\\']")


def write_workbook(
    path: Path, tables: Sequence[Table], readme: Sequence[tuple[str, str]], lang: Language = "sv"
) -> None:
    """Write a workbook.

    Shares are numbers 0-1 shown as percent, changes are percentage points; a bound has a column of
    its own. A number that is not shown is the same mark as in the document. The mark of a footnote
    stands behind a number as part of its format, so that the number stays one. No text becomes a
    formula or a link.

    Args:
        path: where to.
        tables: one sheet each.
        readme: names and values on the first sheet.
        lang: the language of headings.
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
        book.set_properties({"created": datetime.datetime(2000, 1, 1), "title": readme[0][1][:200]})
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
            "text": book.add_format({"text_wrap": True, "valign": "top"}),
            "note": book.add_format({"italic": True, "font_color": "#444444"}),
            "mark": book.add_format({"align": "right", "valign": "top"}),
        }
        for kind, code in _FORMATS.items():
            styles[kind] = book.add_format({"num_format": code, "valign": "top"})
        _readme(book, readme, tables, styles, lang)
        used: set[str] = set()
        for number, table in enumerate(tables, 1):
            _sheet(
                book, table, sheet_name(f"{number} {table.title or table.name}", used), styles, lang
            )


def sheet_name(name: str, used: set[str]) -> str:
    """A name that a workbook takes: at most 31 signs, none of the forbidden, not used before.

    >>> used: set[str] = set()
    >>> sheet_name("a/b:" + "x" * 40, used), sheet_name("A b ", used), sheet_name("a b", used)
    ('a b xxxxxxxxxxxxxxxxxxxxxxxxxxx', 'A b', 'a b (2)')
    """
    base = _NOT_ALLOWED.sub(" ", name).strip()[:31].strip() or "sheet"
    out, again = base, 2
    while out.lower() in used:
        tail = f" ({again})"
        out, again = base[: 31 - len(tail)] + tail, again + 1
    used.add(out.lower())
    return out


def _readme(
    book: Any,
    readme: Sequence[tuple[str, str]],
    tables: Sequence[Table],
    styles: dict[str, Any],
    lang: Language,
) -> None:
    sheet = book.add_worksheet("Läs mig" if lang == "sv" else "Read me")
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 100)
    row = 0
    for name, value in readme:
        sheet.write_string(row, 0, name, styles["head"])
        sheet.write_string(row, 1, value, styles["text"])
        row += 1
    row += 1
    sheet.write_string(row, 0, "Blad" if lang == "sv" else "Sheet", styles["head"])
    sheet.write_string(row, 1, "Innehåll" if lang == "sv" else "Content", styles["head"])
    used: set[str] = set()
    for number, table in enumerate(tables, 1):
        row += 1
        name = sheet_name(f"{number} {table.title or table.name}", used)
        sheet.write_string(row, 0, name, styles["text"])
        sheet.write_string(row, 1, table.caption, styles["text"])


def _sheet(book: Any, table: Table, name: str, styles: dict[str, Any], lang: Language) -> None:
    sheet = book.add_worksheet(name)
    sheet.hide_gridlines(2)
    section = "section" in table.rows
    heads: list[tuple[str, int, Column | None]] = []
    if section:
        heads.append(("Indelning" if lang == "sv" else "Section", 22, None))
    for column in table.columns:
        heads.extend(_heads(column, lang))
    sheet.merge_range(0, 0, 0, max(len(heads) - 1, 1), table.caption, styles["title"])
    sheet.set_row(0, 36)
    first = 2
    for at, (text, width, of) in enumerate(heads):
        told = _with_mark(text, table.numbers(of.footnotes) if of else ())
        sheet.write_string(first, at, told, styles["head"])
        sheet.set_column(at, at, width)
    printed = table.text()
    records = table.rows.to_dict("records")
    for i, record in enumerate(records):
        row, at = first + 1 + i, 0
        if section:
            told = _with_mark(str(record["section"]), table.cell_numbers(record, "section"))
            sheet.write_string(row, 0, told, styles["text"])
            at = 1
        for column in table.columns:
            shown = str(printed.iloc[i][column.name])
            mark = raised(table.cell_numbers(record, column.name))
            at = _cells(sheet, row, at, column, record, shown, mark, _Styles(book, styles))
    sheet.freeze_panes(first + 1, 2 if section else 1)
    if records:
        sheet.autofilter(first, 0, first + len(records), len(heads) - 1)
    for i, note in enumerate(table.all_notes()):
        sheet.write_string(first + len(records) + 2 + i, 0, note, styles["note"])


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
    shown: str,
    mark: str,
    styles: _Styles,
) -> int:
    if column.kind == "text":
        sheet.write_string(row, at, f"{shown} {mark}".strip(), styles.plain["text"])
        return at + 1
    factor = 100.0 if column.kind in {"points", "change"} else 1.0
    for i, part in enumerate(column.parts):
        value = record.get(part)
        own = mark if i == 0 else ""
        if value is None or pd.isna(value):
            sheet.write_string(row, at, f"{shown} {own}".strip(), styles.plain["mark"])
        else:
            sheet.write_number(row, at, factor * float(value), styles.number(column.kind, own))
        at += 1
    return at
