"""Excel workbooks, through calamine: the table, its labels, and what a reader would not see."""

from __future__ import annotations

import datetime
import io
import zipfile
import zlib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from survey_stats.errors import InputError
from survey_stats.read import cells, slim
from survey_stats.read.delivery import VariableLabels
from survey_stats.read.raw import Raw, pick

# rows in which the names are looked for
_HEAD = 60
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
        visible = calamine.SheetVisibleEnum.Visible
        shown = [str(m.name) for m in book.sheets_metadata if m.visible == visible]
        heads = {name: _sheet(book, slim.head(file, name, _HEAD), name)[0] for name in shown}
        name = _table(heads)
        if name is None:
            raise InputError(f"{file.name} has no table in any sheet; ask for the file again")
        others = {
            n: (book.get_sheet_by_name(n) if _is_read(s) else s).to_python()
            for n, s in heads.items()
            if n != name
        }
        notes = [t for n, c in others.items() for t in _sheet_notes(n, c)]
        table = _Table.find(heads[name], file, name)
        _one_table(others, table.names, file, name)
        picked = [] if names_only else pick(wanted, table.names, file)
        left = table.left
        at = {n: left + i for i, n in enumerate(table.names)}
        body: list[list[Any]] = []
        first, edge = left, left + len(table.names)
        if picked:
            few = 2 * len(picked) < len(table.names)
            cut = slim.only(file, name, {at[n] for n in picked}, edge) if few else None
            sheet, whole = _sheet(book, cut, name)
            top, first = sheet.start or (0, 0)
            body = sheet.to_python()[table.top + 1 - top :]
            _check_cells(cut if cut and not whole else file, file, name, picked, at, table.top + 1)
    except (calamine.CalamineError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise _damaged(file, error) from error
    beyond = [i for i, row in enumerate(body, start=1) if any(c != "" for c in row[edge - first :])]
    if beyond:
        raise _unnamed(f"row {beyond[0]} of the data", file, name)
    while body and all(c == "" for c in body[-1]):
        body.pop()
    columns = list(zip(*body, strict=True))
    blanks = ("",) * len(body)
    frame = pd.DataFrame(
        {
            n: _cells(columns[i] if 0 <= (i := at[n] - first) < len(columns) else blanks)
            for n in picked
        },
        index=pd.RangeIndex(len(body)),
    )
    notes += table.notes
    return Raw(
        names=table.names,
        frame=frame,
        rows=len(body),
        reader=f"python-calamine {version('python-calamine')}",
        labels=_sheet_labels(others, set(table.names)),
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


@dataclass(frozen=True)
class _Table:
    """Where the names stand (row and first column, from 0), and the notes above them."""

    names: list[str]
    top: int
    left: int
    notes: list[str]

    @classmethod
    def find(cls, sheet: Any, file: Path, name: str) -> _Table:
        rows = sheet.to_python()
        notes: list[str] = []
        above = 0
        while len(rows) > above + 1 and len(rows[above]) > 1 and _filled(rows[above]) <= 1:
            notes += [str(c) for c in rows[above] if c != ""]
            above += 1
        header = rows[above]
        width = max(i + 1 for i, c in enumerate(header) if c != "")
        beyond = [i for i, row in enumerate(rows[above:]) if any(c != "" for c in row[width:])]
        if beyond:
            raise _unnamed(f"row {beyond[0]} of the data", file, name)
        unnamed = [i + 1 for i in range(width) if str(header[i]).strip() == ""]
        if unnamed:
            raise _unnamed(f"column {unnamed[0]}", file, name)
        top, left = sheet.start or (0, 0)
        return cls([str(c).strip() for c in header[:width]], top + above, left, notes)


def _unnamed(where: str, file: Path, sheet: str) -> InputError:
    return InputError(
        f"{file.name}, sheet {sheet!r}: {where} has values under no column name; "
        "give every column a name"
    )


def _sheet(book: Any, cut: io.BytesIO | None, name: str) -> tuple[Any, bool]:
    """A sheet of the workbook that was cut, or of the whole one; and whether it is whole."""
    import python_calamine as calamine

    if cut is None:
        return book.get_sheet_by_name(name), True
    return calamine.CalamineWorkbook.from_filelike(cut).get_sheet_by_name(name), False


def _check_cells(
    source: Path | io.BytesIO,
    file: Path,
    sheet: str,
    picked: list[str],
    at: dict[str, int],
    first_row: int,
) -> None:
    """No wanted cell is read as a blank though it holds something."""
    names = {at[n]: n for n in picked}
    unread = cells.unread(source, sheet, names, first_row)
    if unread:
        raise InputError(
            f"{file.name}, sheet {sheet!r}, cell {unread.cell} ({names[unread.column]}): "
            f"it holds {unread.what}; replace it with its value and save the file again"
        )


def _is_read(sheet: Any) -> bool:
    """Whether a sheet beside the table is read in full: notes, and lists of labels."""
    return sheet.width == 1 or _lists_labels(sheet.to_python(nrows=1))


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


def _cells(values: tuple[Any, ...]) -> pd.Series[Any]:
    """A column: numbers where all filled cells are numbers, whole ones as integers."""
    kinds = set(map(type, values))
    if kinds and kinds <= {int, float}:
        numbers = np.array(values, dtype=np.float64)
        whole = not (numbers % 1).any()
        return pd.Series(numbers.astype(np.int64) if whole else numbers)
    if kinds & {int, float} and kinds <= {int, float, str} and _blank_texts(values):
        return pd.Series([float(v) if v != "" else np.nan for v in values])
    return pd.Series([_text(v) for v in values], dtype=object)


def _blank_texts(values: tuple[Any, ...]) -> bool:
    return all(v == "" for v in values if type(v) is str)


def _text(value: Any) -> Any:
    if value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta | bool):
        return value
    return str(value)
