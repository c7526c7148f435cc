"""Excel workbooks through calamine, and Parquet files through pyarrow."""

from __future__ import annotations

import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from survey_stats.errors import InputError, enumerate_first
from survey_stats.read import sidecar
from survey_stats.read.delivery import UserMissing, VariableLabels
from survey_stats.read.raw import Raw, pick


def read_xlsx(file: Path, wanted: list[str] | None, names_only: bool) -> Raw:
    """The first sheet with a table: a row of names, then a row for each respondent.

    Rows above the names with a single filled cell are notes.
    """
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(str(file))
        sheet, rows = _first_table(book)
        others = [
            (str(n), book.get_sheet_by_name(n).to_python()) for n in book.sheet_names if n != sheet
        ]
    except (calamine.CalamineError, OSError) as error:
        raise InputError(
            f"{file.name} cannot be read as an Excel workbook ({error}); "
            "it is damaged, cut off, protected or of another format: ask for the file again"
        ) from error
    notes = [t for name, cells in others for t in _sheet_notes(name, cells)]
    while rows and sum(c != "" for c in rows[0]) <= 1 and len(rows[0]) > 1:
        notes += [str(c) for c in rows.pop(0) if c != ""]
    if not rows:
        raise InputError(f"{file.name} has no table in any sheet; ask for the file again")
    header, body = rows[0], rows[1:]
    width = max(i + 1 for i, c in enumerate(header) if c != "")
    beyond = [i for i, row in enumerate(body, start=1) if any(c != "" for c in row[width:])]
    unnamed = [i + 1 for i in range(width) if header[i] == ""]
    if beyond or unnamed:
        where = f"row {beyond[0]} of the data" if beyond else f"column {unnamed[0]}"
        raise InputError(
            f"{file.name}, sheet {sheet!r}: {where} has values under no column name; "
            "give every column a name"
        )
    names = [str(c).strip() for c in header[:width]]
    while body and all(c == "" for c in body[-1]):
        body.pop()
    picked = [] if names_only else pick(wanted, names, file)
    at = {name: i for i, name in enumerate(names)}
    frame = pd.DataFrame(
        {name: _cells([row[at[name]] for row in body]) for name in picked},
        index=pd.RangeIndex(0 if names_only else len(body)),
    )
    return Raw(
        names=names,
        frame=frame,
        rows=len(body),
        reader=f"python-calamine {version('python-calamine')}",
        labels=_sheet_labels(others, set(names)),
        sheet=sheet,
        notes=tuple(notes),
    )


def _first_table(book: Any) -> tuple[str, list[list[Any]]]:
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=True)
        if len(rows) > 1:
            return str(name), rows
    return "", []


def _sheet_notes(name: str, cells: list[list[Any]]) -> list[str]:
    """The texts of a sheet that is one column wide, after its name."""
    if not cells or max(map(len, cells)) > 1:
        return []
    return [name, *(str(row[0]) for row in cells if row and row[0] != "")]


# names of the columns of a sheet that lists variables and codes
_LABEL_SHEET = (
    ("variabel", "beskrivning", "kod", "svar"),
    ("variable", "label", "code", "answer"),
)


def _sheet_labels(others: list[tuple[str, list[list[Any]]]], names: set[str]) -> VariableLabels:
    """Labels from a sheet with the columns variable, label, code and answer, where there is one."""
    variables: dict[str, str] = {}
    values: dict[str, dict[int | float | str, str]] = {}
    for _, cells in others:
        head = tuple(str(c).strip().casefold() for c in cells[0][:4]) if cells else ()
        if head not in _LABEL_SHEET:
            continue
        for variable, label, code, answer in (row[:4] for row in cells[1:] if len(row) >= 4):
            if variable in names and label != "":
                variables.setdefault(str(variable), str(label))
            if variable in names and code != "":
                whole = isinstance(code, float) and code.is_integer()
                values.setdefault(str(variable), {})[int(code) if whole else code] = str(answer)
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


def read_parquet(file: Path, wanted: list[str] | None, names_only: bool) -> Raw:
    """A Parquet file; only the wanted columns are read."""
    import pyarrow
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(file)
        names = [n for n in schema.names if not n.startswith("__index_level_")]
        rows = pq.read_metadata(file).num_rows
        picked = [] if names_only else pick(wanted, names, file)
        frame = pq.read_table(file, columns=picked).to_pandas() if not names_only else None
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(
            f"{file.name} cannot be read as a Parquet file ({str(error).splitlines()[0]}); "
            "it is damaged, cut off or of another format: ask for the file again"
        ) from error
    if not names:
        raise InputError(f"{file.name} has no columns; ask for the file again")
    labels, missing = VariableLabels(), UserMissing()
    notes: tuple[str, ...] = ()
    if known := (schema.metadata or {}).get(sidecar.KEY):
        labels, missing, notes = sidecar.unpack(known)
    if frame is None:
        frame = pd.DataFrame(columns=[])
    else:
        lost = [n for n in picked if n not in frame.columns]
        if lost:
            raise InputError(f"{file.name}: columns {enumerate_first(lost)} are its row index")
        frame = frame[picked].reset_index(drop=True)
    return Raw(
        names=names,
        frame=frame,
        rows=rows,
        reader=f"pyarrow {pyarrow.__version__}",
        labels=labels,
        missing=missing,
        notes=notes,
    )
