"""Damage to files: cut off, of another format, and what Excel does to a table."""

from __future__ import annotations

import datetime
import gzip
import shutil
import zipfile
from pathlib import Path
from typing import Any

from .formats import label_rows, plain, sheet_rows, workbook
from .mutations import Draft, Expect, Source, found, mutation, safe, same, stop

ENDINGS = (".sav", ".por", ".dta", ".csv", ".xlsx", ".parquet")


def _sheet(source: Source) -> bool:
    return source.ending == ".xlsx"


def _firsts() -> set[Source]:
    from .mutations import SOURCES

    return set({s.ending: s for s in reversed(SOURCES)}.values())


def _one_of_each(source: Source) -> bool:
    return source in _firsts()


# files that are not whole, or not what they say


@mutation("empty file", where=_one_of_each, of_file=True, by_turns=False)
def _(path: Path, d: Draft, _: None) -> tuple[Path, Expect]:
    path.write_bytes(b"")
    return path, stop(path.name, "empty (0 bytes)")


@mutation("a folder", where=_one_of_each, of_file=True, by_turns=False)
def _(path: Path, d: Draft, _: None) -> tuple[Path, Expect]:
    path.unlink()
    path.mkdir()
    return path, stop("is a folder")


@mutation("no file", where=_one_of_each, of_file=True, by_turns=False)
def _(path: Path, d: Draft, _: None) -> tuple[Path, Expect]:
    return path.rename(path.with_name(f"x{path.name}")).with_name(path.name), stop("no file")


@mutation(
    "truncated",
    *(0.001, 0.01, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.99, 0.999),
    of_file=True,
)
def _(path: Path, d: Draft, share: float) -> tuple[Path, Expect]:
    content = path.read_bytes()
    kept = max(int(share * len(content)), 1)
    path.write_bytes(content[:kept])
    if d.source.ending == ".csv":
        # a cut in the last value of a line leaves a value
        return path, found()
    # the end of a portable file is filler
    return path, safe() if d.source.ending == ".por" and share > 0.99 else stop(path.name)


@mutation("another ending", *ENDINGS, where=_one_of_each, of_file=True, by_turns=False)
def _(path: Path, d: Draft, ending: str) -> tuple[Path, Expect]:
    if ending == path.suffix:
        renamed = path.rename(path.with_suffix(ending.upper()))
        return renamed, same()
    return path.rename(path.with_suffix(ending)), stop("leverans" + ending)


@mutation("packed", "gzip", "zip", "zip as xlsx", where=_one_of_each, of_file=True, by_turns=False)
def _(path: Path, d: Draft, variant: str) -> tuple[Path, Expect]:
    if variant == "gzip":
        path.write_bytes(gzip.compress(path.read_bytes()))
        return path, stop(path.name)
    archive = path.with_suffix(".zip" if variant == "zip" else ".new.xlsx")
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.write(path, path.name)
    return archive, stop(archive.name)


@mutation("noise", "web page", "random", "zeros", where=_one_of_each, of_file=True, by_turns=False)
def _(path: Path, d: Draft, variant: str) -> tuple[Path, Expect]:
    path.write_bytes(
        {
            "web page": b"<!DOCTYPE html><html><body>Inloggning kr\xc3\xa4vs</body></html>\n" * 20,
            "random": d.rng.bytes(5000),
            "zeros": bytes(5000),
        }[variant]
    )
    return path, stop(path.name)


@mutation(
    "a block of zeros", 0.3, 0.6, 0.9, where=lambda s: s.ending in (".xlsx", ".csv"), of_file=True
)
def _(path: Path, d: Draft, share: float) -> tuple[Path, Expect]:
    content = bytearray(path.read_bytes())
    at = int(share * len(content))
    content[at : at + 400] = bytes(len(content[at : at + 400]))
    path.write_bytes(content)
    # what it hits may be the look of a workbook
    return path, safe()


@mutation(
    "under another name",
    "med blanksteg åäö.v3",
    "UPPER",
    where=_one_of_each,
    of_file=True,
    by_turns=False,
)
def _(path: Path, d: Draft, name: str) -> tuple[Path, Expect]:
    return path.rename(path.with_name(f"{name}{path.suffix}")), same()


@mutation("copied", where=_one_of_each, of_file=True, by_turns=False)
def _(path: Path, d: Draft, _: None) -> tuple[Path, Expect]:
    return Path(shutil.copy(path, path.with_name(f"kopia{path.suffix}"))), same()


# workbooks


def _book(
    path: Path, d: Draft, rows: list[list[Any]], more: dict[str, list[list[Any]]] | None = None
) -> Path:
    return workbook(path, {"Data": rows, "Variabler": label_rows(d), **(more or {})})


@mutation(
    "rows above the names",
    *("title", "title and blank", "three titles", "to the right"),
    where=_sheet,
    of_file=True,
)
def _(path: Path, d: Draft, variant: str) -> tuple[Path, Expect]:
    above: list[list[Any]] = {
        "title": [["Leverans 3"]],
        "title and blank": [["Leverans 3"], []],
        "three titles": [["Leverans 3"], ["Stockholm"], ["Hösten"]],
        "to the right": [[None, None, "Leverans 3"]],
    }[variant]
    return _book(path, d, [*above, *sheet_rows(d)]), same()


@mutation("merged headings above the names", where=_sheet, of_file=True)
def _(path: Path, d: Draft, _: None) -> tuple[Path, Expect]:
    heads = [["Bakgrund", None, None, None, "Frågor"]]
    return _book(path, d, [*heads, *sheet_rows(d)]), stop("name")


@mutation("an empty column or rows around", "left", "below", "between", where=_sheet, of_file=True)
def _(path: Path, d: Draft, variant: str) -> tuple[Path, Expect]:
    rows = sheet_rows(d)
    if variant == "left":
        return _book(path, d, [[None, *row] for row in rows]), same()
    if variant == "below":
        return _book(path, d, [*rows, [], [""], [None, ""]]), same()
    return _book(path, d, [*rows[:100], [], *rows[100:]]), stop("row 100", "no key")


@mutation("a hidden sheet", "before", "after", where=_sheet, of_file=True)
def _(path: Path, d: Draft, variant: str) -> tuple[Path, Expect]:
    rows = sheet_rows(d)
    stale = [rows[0], *rows[:0:-1][:50]]
    sheets = {"Data": rows, "Variabler": label_rows(d)}
    hidden = {"Gammal": stale}
    both = {**hidden, **sheets} if variant == "before" else {**sheets, **hidden}
    return workbook(path, both, hide=("Gammal",)), same()


@mutation("two sheets with the table", "before", "after", where=_sheet, of_file=True)
def _(path: Path, d: Draft, variant: str) -> tuple[Path, Expect]:
    rows = sheet_rows(d)
    stale = {"Data (2)": [rows[0], *rows[:0:-1][:50]]}
    sheets = {"Data": rows, "Variabler": label_rows(d)}
    both = {**stale, **sheets} if variant == "before" else {**sheets, **stale}
    return workbook(path, both), stop("Data (2)", "same columns")


@mutation("a sheet with another table before", where=_sheet, of_file=True)
def _(path: Path, d: Draft, _: None) -> tuple[Path, Expect]:
    other = [["Fråga", "Antal"], ["F1", 300], ["F2", 299]]
    sheets = {"Översikt": other, "Data": sheet_rows(d), "Variabler": label_rows(d)}
    return workbook(path, sheets), stop("not there")


@mutation("two tables beside each other", where=_sheet, of_file=True)
def _(path: Path, d: Draft, _: None) -> tuple[Path, Expect]:
    rows = sheet_rows(d)
    for i, row in enumerate(rows):
        row += [None, "Svar" if i == 0 else "", i if 0 < i < 5 else None]
    return _book(path, d, rows), stop("column name")


@mutation("dates for codes", 1, 20, "all", where=_sheet, of_file=True)
def _(path: Path, d: Draft, many: int | str) -> tuple[Path, Expect]:
    rows = sheet_rows(d)
    column = d.variable(d.scale())
    at = rows[0].index(column)
    for row in rows[1:] if many == "all" else rows[1 : 1 + int(many)]:
        row[at] = datetime.date(2024, 2, 1)
    return _book(path, d, rows), stop(column, "2024-02-01")


@mutation("numbers as text", "all", "half", "with blanks", "apostrophe", where=_sheet, of_file=True)
def _(path: Path, d: Draft, variant: str) -> tuple[Path, Expect]:
    rows = sheet_rows(d)
    for i, row in enumerate(rows[1:]):
        for j, value in enumerate(row):
            if isinstance(value, float) and (variant != "half" or i % 2):
                text = plain(value, ".")
                row[j] = f" {text} " if variant == "with blanks" else text
                if variant == "apostrophe":
                    row[j] = f"'{text}"
    if variant == "apostrophe":
        return _book(path, d, rows), stop("'")
    return _book(path, d, rows), same()


@mutation(
    "weights as text with a comma",
    where=lambda s: _sheet(s) and s.survey != "school_survey",
    of_file=True,
)
def _(path: Path, d: Draft, _: None) -> tuple[Path, Expect]:
    rows = sheet_rows(d)
    at = rows[0].index(str(d.weight))
    for row in rows[1:]:
        row[at] = plain(row[at], ",")
    return _book(path, d, rows), stop(str(d.weight), "row 1", ",")


@mutation("a cell with an error", "#N/A", "#DIV/0!", where=_sheet, of_file=True)
def _(path: Path, d: Draft, error: str) -> tuple[Path, Expect]:
    column = d.variable(d.scale())
    return _formula(path, d, column, "=NA()", error), stop(column, "an error")


@mutation("a formula", "with its value", "without its value", "blank", where=_sheet, of_file=True)
def _(path: Path, d: Draft, variant: str) -> tuple[Path, Expect]:
    column = d.variable(d.scale())
    at = list(d.frame.columns).index(column)
    right = d.frame[column].iloc[6]
    if variant == "with its value":
        return _formula(path, d, column, "=1+1", right), same()
    if variant == "without its value":
        return _formula(path, d, column, "=1+1", ""), stop(
            column, "formula", f"{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[at]}8"
        )
    d.frame.loc[6, column] = None
    _retype(_formula(path, d, column, '=IF(1=1,"","")', ""), "<v></v>", ' t="str"')
    return path, same(spoiled=True)


def _formula(path: Path, d: Draft, column: str, formula: str, value: Any) -> Path:
    import xlsxwriter

    rows = sheet_rows(d)
    at = rows[0].index(column)
    with xlsxwriter.Workbook(str(path)) as book:
        for name, cells in {"Data": rows, "Variabler": label_rows(d)}.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(cells):
                sheet.write_row(i, 0, row)
            if name == "Data":
                sheet.write_formula(7, at, formula, None, value)
    return path


def _retype(path: Path, value: str, attribute: str) -> None:
    """Say that formulas with that value are texts, as Excel writes it."""
    import re

    with zipfile.ZipFile(path) as old:
        parts = {n: old.read(n) for n in old.namelist()}
    name = "xl/worksheets/sheet1.xml"
    text = parts[name].decode()
    parts[name] = re.sub(
        rf'(<c r="[A-Z]+\d+")(>)(<f>[^<]*</f>{value})', rf"\1{attribute}\2\3", text
    ).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for part, content in parts.items():
            new.writestr(part, content)


@mutation("rows hidden by a filter", where=_sheet, of_file=True)
def _(path: Path, d: Draft, _: None) -> tuple[Path, Expect]:
    import xlsxwriter

    rows = sheet_rows(d)
    with xlsxwriter.Workbook(str(path)) as book:
        for name, cells in {"Data": rows, "Variabler": label_rows(d)}.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(cells):
                sheet.write_row(i, 0, row)
                if name == "Data" and 10 < i < 60:
                    sheet.set_row(i, None, None, {"hidden": True})
    return path, same()
