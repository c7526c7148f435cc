"""Excel workbooks, through calamine: the table, its labels, and what a reader would not see."""

from __future__ import annotations

import datetime
import zipfile
import zlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from survey_stats.errors import InputError
from survey_stats.read import cells
from survey_stats.read.delivery import VariableLabels
from survey_stats.read.raw import Raw, pick

# names of the columns of a sheet that lists variables and codes
_LABEL_SHEET = (
    ("variabel", "beskrivning", "kod", "svar"),
    ("variable", "label", "code", "answer"),
)


def read_xlsx(file: Path, wanted: list[str] | None, names_only: bool) -> Raw:
    """The first visible sheet with a table: a row of names, then a row for each respondent.

    Rows above the names with a single filled cell are notes. Hidden sheets are not read, a second
    visible sheet with the same names is an error, and so is a wanted cell that holds an error or a
    formula without its result: it would be read as a blank.
    """
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(str(file))
        shown = [
            str(m.name)
            for m in book.sheets_metadata
            if m.visible == calamine.SheetVisibleEnum.Visible
        ]
        sheets = {name: book.get_sheet_by_name(name) for name in shown}
    except (calamine.CalamineError, OSError) as error:
        raise _damaged(file, error) from error
    name = _table(sheets)
    if name is None:
        raise InputError(f"{file.name} has no table in any sheet; ask for the file again")
    others = {n: s.to_python() for n, s in sheets.items() if n != name}
    rows = sheets[name].to_python()
    notes = [t for n, c in others.items() for t in _sheet_notes(n, c)]
    above = 0
    while len(rows) > above + 1 and len(rows[above]) > 1 and _filled(rows[above]) <= 1:
        notes += [str(c) for c in rows[above] if c != ""]
        above += 1
    header, body = rows[above], rows[above + 1 :]
    names = _names(header, body, file, name)
    _one_table(others, names, file, name)
    while body and all(c == "" for c in body[-1]):
        body.pop()
    picked = [] if names_only else pick(wanted, names, file)
    at = {n: i for i, n in enumerate(names)}
    top, left = sheets[name].start or (0, 0)
    blanks = {left + at[n]: n for n in picked}
    try:
        unread = cells.unread(file, name, blanks, top + above + 1) if blanks else None
    except (zipfile.BadZipFile, zlib.error) as error:
        raise _damaged(file, error) from error
    if unread:
        raise InputError(
            f"{file.name}, sheet {name!r}, cell {unread.cell} ({blanks[unread.column]}): "
            f"it holds {unread.what}; replace it with its value and save the file again"
        )
    frame = pd.DataFrame(
        {n: _cells([row[at[n]] for row in body]) for n in picked},
        index=pd.RangeIndex(0 if names_only else len(body)),
    )
    return Raw(
        names=names,
        frame=frame,
        rows=len(body),
        reader=f"python-calamine {version('python-calamine')}",
        labels=_sheet_labels(others, set(names)),
        sheet=name,
        notes=tuple(notes),
    )


def _damaged(file: Path, error: Exception) -> InputError:
    return InputError(
        f"{file.name} cannot be read as an Excel workbook ({error}); "
        "it is damaged, cut off, protected or of another format: ask for the file again"
    )


def _table(sheets: dict[str, Any]) -> str | None:
    """The first sheet with rows under names; else the first with names alone."""
    tables = {
        n: (s.height > 1, s.width > 1)
        for n, s in sheets.items()
        if s.height and not _lists_labels(s.to_python(nrows=1))
    }
    shapes = ((True, True), (True, False), (False, True))
    return next((n for shape in shapes for n, told in tables.items() if told == shape), None)


def _names(header: list[Any], body: list[list[Any]], file: Path, sheet: str) -> list[str]:
    width = max(i + 1 for i, c in enumerate(header) if c != "")
    beyond = [i for i, row in enumerate(body, start=1) if any(c != "" for c in row[width:])]
    unnamed = [i + 1 for i in range(width) if str(header[i]).strip() == ""]
    if beyond or unnamed:
        where = f"row {beyond[0]} of the data" if beyond else f"column {unnamed[0]}"
        raise InputError(
            f"{file.name}, sheet {sheet!r}: {where} has values under no column name; "
            "give every column a name"
        )
    return [str(c).strip() for c in header]


def _one_table(
    others: dict[str, list[list[Any]]], names: list[str], file: Path, sheet: str
) -> None:
    """Two sheets with the same names are two deliveries, or an old one and a new one."""
    for other, rows in others.items():
        there = {str(c).strip() for row in rows[:1] for c in row}
        if len(rows) > 1 and len(there & set(names)) > len(names) / 2:
            raise InputError(
                f"{file.name}: the sheets {sheet!r} and {other!r} hold tables with the same "
                "columns; delete the one that is not the delivery, or save it as a file of its own"
            )


def _filled(row: list[Any]) -> int:
    return sum(c != "" for c in row)


def _sheet_notes(name: str, rows: list[list[Any]]) -> list[str]:
    """The texts of a sheet that is one column wide, after its name."""
    if not rows or max(map(len, rows)) > 1:
        return []
    return [name, *(str(row[0]) for row in rows if row and row[0] != "")]


def _lists_labels(rows: list[list[Any]]) -> bool:
    return bool(rows) and tuple(str(c).strip().casefold() for c in rows[0][:4]) in _LABEL_SHEET


def _sheet_labels(others: dict[str, list[list[Any]]], names: set[str]) -> VariableLabels:
    """Labels from a sheet with the columns variable, label, code and answer, where there is one."""
    variables: dict[str, str] = {}
    values: dict[str, dict[int | float | str, str]] = {}
    for rows in others.values():
        if not _lists_labels(rows):
            continue
        for told, label, code, answer in (row[:4] for row in rows[1:] if len(row) >= 4):
            variable = str(told).strip()
            if variable in names and label != "":
                variables.setdefault(variable, str(label))
            if variable in names and code != "":
                whole = isinstance(code, float) and code.is_integer()
                values.setdefault(variable, {})[int(code) if whole else code] = str(answer)
    return VariableLabels(variables, values)


def _cells(values: list[Any]) -> pd.Series[Any]:
    """A column: numbers where all filled cells are numbers, whole ones as integers."""
    filled = [v for v in values if v != ""]
    if filled and all(isinstance(v, int | float) and not isinstance(v, bool) for v in filled):
        numbers = pd.Series([float(v) if v != "" else float("nan") for v in values])
        if len(filled) == len(values) and (numbers % 1 == 0).all():
            return numbers.astype("int64")
        return numbers
    return pd.Series([_text(v) for v in values], dtype=object)


def _text(value: Any) -> Any:
    if value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta | bool):
        return value
    return str(value)
