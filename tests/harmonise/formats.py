"""Drafts as files of every format, written as the programs that analysts have would write them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd

from survey_stats.read import write as write_delivery

from .mutations import Draft, Source


def write(draft: Draft, folder: Path) -> Path:
    """The draft in the format of its source."""
    path = folder / f"{draft.stem}{draft.source.ending}"
    {
        ".sav": _sav,
        ".parquet": _sav,
        ".dta": _dta,
        ".por": _por,
        ".csv": _csv,
        ".xlsx": _xlsx,
    }[draft.source.ending](draft, path)
    return path


def _sav(draft: Draft, path: Path) -> None:
    write_delivery(draft.delivery(), path)


def _dta(draft: Draft, path: Path) -> None:
    import pyreadstat

    # Stata labels whole numbers only, and has no declared missing codes but letters
    labels = {
        v: {int(c): t for c, t in words.items()}
        for v, words in draft.value_labels.items()
        if v in draft.frame and all(float(c).is_integer() for c in words)
    }
    frame = draft.frame.copy()
    for name in labels:
        if (frame[name].dropna() % 1 == 0).all() and frame[name].notna().all():
            frame[name] = frame[name].astype("int32")
    labels = {
        v: w if frame[v].dtype == "int32" else {float(c): t for c, t in w.items()}
        for v, w in labels.items()
    }
    pyreadstat.write_dta(
        frame,
        str(path),
        column_labels={v: t[:80] for v, t in draft.variables.items() if v in frame},
        variable_value_labels=labels,
    )


def _por(draft: Draft, path: Path) -> None:
    import pyreadstat

    # portable files have capitals and no Swedish letters
    frame = draft.frame.rename(columns=lambda c: c.upper()[:8])
    for name in frame.columns[[not pd.api.types.is_numeric_dtype(t) for t in frame.dtypes]]:
        frame[name] = [draft.held(v) if isinstance(v, str) else v for v in frame[name]]
    pyreadstat.write_por(frame, str(path))


def plain(value: Any, decimal: str) -> str:
    """A value as text: whole numbers without decimals, blanks for missing ones."""
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value).replace(".", decimal)
    return str(value)


def csv_rows(draft: Draft) -> list[list[str]]:
    """The names and the rows as texts."""
    decimal = draft.source.decimal
    columns = [[plain(v, decimal) for v in column.tolist()] for _, column in draft.frame.items()]
    return [list(draft.frame.columns), *map(list, zip(*columns, strict=True))]


def csv_text(rows: list[list[str]], source: Source, line_end: str = "\r\n") -> str:
    """Rows as delimited text."""
    out = io.StringIO()
    csv.writer(out, delimiter=source.delimiter, lineterminator=line_end).writerows(rows)
    return out.getvalue()


def _csv(draft: Draft, path: Path) -> None:
    path.write_bytes(csv_text(csv_rows(draft), draft.source).encode(draft.source.encoding))


def _cell(value: Any) -> Any:
    return None if value is None or value != value else value


def sheet_rows(draft: Draft) -> list[list[Any]]:
    """The names and the rows as cells."""
    columns = [[_cell(v) for v in column.tolist()] for _, column in draft.frame.items()]
    return [list(draft.frame.columns), *map(list, zip(*columns, strict=True))]


def label_rows(draft: Draft) -> list[list[Any]]:
    """The sheet that lists variables and codes."""
    rows: list[list[Any]] = [["Variabel", "Beskrivning", "Kod", "Svar"]]
    for name in map(str.strip, draft.frame.columns):
        rows.append([name, draft.variables.get(name, ""), None, None])
        rows += [[name, None, c, t] for c, t in draft.value_labels.get(name, {}).items()]
    return rows


def workbook(path: Path, sheets: dict[str, list[list[Any]]], hide: tuple[str, ...] = ()) -> Path:
    """Sheets of cells as a workbook."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            if name in hide:
                sheet.hide()
            for i, row in enumerate(rows):
                sheet.write_row(i, 0, row)
        visible = next(s for s in book.worksheets() if s.name not in hide)
        visible.activate()
        visible.set_first_sheet()
    return path


def _xlsx(draft: Draft, path: Path) -> None:
    workbook(path, {"Data": sheet_rows(draft), "Variabler": label_rows(draft)})
