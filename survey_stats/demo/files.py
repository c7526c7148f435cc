"""Deliveries as files: .sav, semicolon .csv and .xlsx, the same bytes in every build."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pandas as pd

from survey_stats.demo.encode import MARK, Coded

# file formats carry a time of writing; a fixed one keeps two builds alike
_WRITTEN = datetime.datetime(2024, 1, 1)
# the creation date and time of an SPSS system file: PSPP developer's guide, file header record
_SAV_DATE = slice(92, 109)
# SPSS notes hold 80 bytes a line
_NOTES = (
    f"{MARK}: svaren är framtagna med dator.",
    "Inga verkliga personer har svarat.",
)


def write(coded: Coded, path: Path) -> Path:
    """Write a delivery in the format that the path's ending names; the file appears whole or not.

    >>> write(Coded(pd.DataFrame()), Path("delivery.doc"))
    Traceback (most recent call last):
    KeyError: '.doc'
    """
    writer = {".sav": _sav, ".csv": _csv, ".xlsx": _xlsx}[path.suffix]
    # two builds into one folder at the same time must not write the same unfinished file
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        writer(coded, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def _sav(coded: Coded, path: Path) -> None:
    import pyreadstat

    frame = coded.frame
    numeric = {c for c in frame.columns if pd.api.types.is_numeric_dtype(frame[c])}
    pyreadstat.write_sav(
        frame,
        str(path),
        file_label=f"{MARK} - inga verkliga personer",
        column_labels=dict(coded.labels),
        variable_value_labels={
            v: {c: t for c, t in words.items() if not isinstance(c, str)}
            for v, words in coded.value_labels.items()
        },
        missing_ranges={v: list(codes) for v, codes in coded.missing.items()},
        note=list(_NOTES),
        row_compress=True,
        variable_measure={
            c: "nominal" if c not in numeric or c in coded.value_labels else "scale"
            for c in frame.columns
        },
        variable_format={c: _format(frame[c]) for c in numeric},
    )
    stamp = _WRITTEN.strftime("%d %b %y%H:%M:%S").encode("ascii")
    with path.open("r+b") as file:
        file.seek(_SAV_DATE.start)
        file.write(stamp)


def _format(values: pd.Series[float]) -> str:
    whole = bool((values.dropna() % 1 == 0).all())
    width = max(len(f"{values.abs().max():.0f}"), 1)
    return f"F{width}.0" if whole else f"F{width + 5}.4"


def _csv(coded: Coded, path: Path) -> None:
    frame = coded.frame.copy()
    for name in frame.columns:
        if frame[name].dtype == float and (frame[name].dropna() % 1 == 0).all():
            frame[name] = frame[name].astype("Int64")
    frame.to_csv(
        path, sep=";", decimal=",", index=False, encoding="cp1252", lineterminator="\r\n", na_rep=""
    )


def _xlsx(coded: Coded, path: Path) -> None:
    import xlsxwriter

    frame = coded.frame
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        book.set_properties({"title": MARK, "comments": " ".join(_NOTES), "created": _WRITTEN})
        data = book.add_worksheet("Data")
        data.write_row(0, 0, list(frame.columns))
        for k, row in enumerate(frame.itertuples(index=False), start=1):
            data.write_row(k, 0, [None if pd.isna(v) else v for v in row])
        data.freeze_panes(1, 0)
        said = book.add_worksheet(MARK)
        said.write_column(0, 0, _NOTES)
        words = book.add_worksheet("Variabler")
        words.write_row(0, 0, ["Variabel", "Beskrivning", "Kod", "Svar"])
        line = 1
        for name in frame.columns:
            words.write_row(line, 0, [name, coded.labels.get(name, "")])
            line += 1
            for code, word in coded.value_labels.get(name, {}).items():
                words.write_row(line, 0, [name, "", code, word])
                line += 1
