"""SPSS and Stata files, through pyreadstat; user-missing codes stay in place."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from survey_stats.errors import InputError
from survey_stats.read.delivery import UserMissing, VariableLabels
from survey_stats.read.raw import Raw, pick

_DTA, _DTA_END = b"<stata_dta>", b"</stata_dta>"


def read_sav(file: Path, wanted: list[str] | None, names_only: bool) -> Raw:
    """An SPSS system file (.sav, .zsav)."""
    import pyreadstat

    return _read(pyreadstat.read_sav, file, wanted, names_only, "SPSS")


def read_por(file: Path, wanted: list[str] | None, names_only: bool) -> Raw:
    """An SPSS portable file (.por)."""
    try:
        from pyreadstat._readstat_parser import parser_entry_point
    except ImportError as error:
        raise InputError(
            f"{file.name}: the installed pyreadstat blanks the user-missing codes of .por files; "
            "install pyreadstat 1.3.7 or newer, or save the file as .sav"
        ) from error

    # pyreadstat.read_por has no user_missing and would make blanks of such codes
    reader = partial(parser_entry_point, parser_format="por")
    return _read(reader, file, wanted, names_only, "SPSS portable")


def read_dta(file: Path, wanted: list[str] | None, names_only: bool) -> Raw:
    """A Stata file (.dta); the tagged missing values .a to .z stay as the letters a to z."""
    import pyreadstat

    _check_end(file)
    return _read(pyreadstat.read_dta, file, wanted, names_only, "Stata")


def _check_end(file: Path) -> None:
    """Stata 13 and later end a file with a mark; without it the value labels may be cut off."""
    with file.open("rb") as stream:
        if not stream.read(len(_DTA)).startswith(_DTA):
            return
        stream.seek(-min(len(_DTA_END), file.stat().st_size), io.SEEK_END)
        if stream.read() != _DTA_END:
            raise InputError(
                f"{file.name} does not end as a Stata file does; "
                "it is damaged or cut off: ask for the file again"
            )


def _read(
    reader: Callable[..., Any],
    file: Path,
    wanted: list[str] | None,
    names_only: bool,
    format_: str,
) -> Raw:
    import pyreadstat

    article = "an" if format_.startswith("S") else "a"
    try:
        _, meta = reader(str(file), metadataonly=True)
        names = list(meta.column_names)
        frame, values = reader(
            str(file),
            usecols=pick(wanted, names, file) if wanted is not None else None,
            metadataonly=names_only,
            user_missing=True,
        )
    except (pyreadstat.PyreadstatError, pyreadstat.ReadstatError, UnicodeDecodeError) as error:
        raise InputError(
            f"{file.name} cannot be read as {article} {format_} file ({_reason(error)}); "
            "it is damaged, cut off or of another format: ask for the file again"
        ) from error
    rows = meta.number_rows
    if not names_only and rows is not None and rows >= 0 and len(frame) != rows:
        raise InputError(
            f"{file.name} says that it has {rows} rows and holds {len(frame)}; "
            "it is cut off: ask for the file again"
        )
    if not names:
        raise InputError(f"{file.name} has no columns; ask for the file again")
    kept = set(frame.columns)
    if wanted is not None:
        frame = frame[wanted]
    return Raw(
        names=names,
        frame=frame,
        rows=len(frame) if not names_only else max(rows or 0, 0),
        reader=f"pyreadstat {pyreadstat.__version__}",
        labels=VariableLabels(
            {n: t for n, t in meta.column_names_to_labels.items() if t},
            {n: dict(v) for n, v in meta.variable_value_labels.items() if n in kept},
        ),
        missing=_user_missing(values),
        encoding=meta.file_encoding,
        notes=tuple(t for t in (meta.file_label, *(meta.notes or ())) if t and t.strip()),
    )


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__


def _user_missing(meta: Any) -> UserMissing:
    codes: dict[str, tuple[int | float | str, ...]] = {}
    ranges: dict[str, tuple[tuple[float, float], ...]] = {}
    for name, spans in (meta.missing_ranges or {}).items():
        single = tuple(s["lo"] for s in spans if s["lo"] == s["hi"])
        wide = tuple((float(s["lo"]), float(s["hi"])) for s in spans if s["lo"] != s["hi"])
        if single:
            codes[name] = single
        if wide:
            ranges[name] = wide
    for name, letters in (meta.missing_user_values or {}).items():
        if letters:
            codes[name] = (*codes.get(name, ()), *letters)
    return UserMissing(codes, ranges)
