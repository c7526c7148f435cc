"""Reading a delivery, whatever its format."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from survey_stats.errors import InputError, enumerate_first, nearest
from survey_stats.read import statfiles, tables, text, workbook
from survey_stats.read.delivery import Delivery, Manifest
from survey_stats.read.raw import Raw

Reader = Callable[[Path, list[str] | None, bool], Raw]

_READERS: dict[str, Reader] = {
    ".sav": statfiles.read_sav,
    ".zsav": statfiles.read_sav,
    ".por": statfiles.read_por,
    ".dta": statfiles.read_dta,
    ".csv": text.read_csv,
    ".txt": text.read_csv,
    ".tsv": text.read_csv,
    ".xlsx": workbook.read_xlsx,
    ".xlsm": workbook.read_xlsx,
    ".parquet": tables.read_parquet,
}
ENDINGS = tuple(_READERS)
"""The formats that can be read, by the ending of the file's name."""


def read(path: str | Path, columns: Iterable[str] | None = None) -> Delivery:
    """Read a delivery: SPSS (.sav .zsav .por), Stata (.dta), .csv, .xlsx or .parquet.

    Values are kept as delivered: user-missing codes stay in place and are listed beside the
    frame. In a .csv file the encoding, the delimiter, the decimal and the thousands mark are found
    out and reported in the manifest; codes with leading zeros stay text.

    Args:
        path: the file.
        columns: the columns to load; None loads all. A big file with few columns reads fast.

    Returns:
        Delivery with `.frame`, `.labels`, `.missing` and `.manifest`.

    Raises:
        InputError: the file is missing, empty, truncated, of another format than its name says,
            or ambiguous (mixed decimal marks, lines of different length).
        UnknownNameError: a column is not in the file.

    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "delivery.csv"
    >>> _ = file.write_bytes("område;vikt\\nBromma;0,75\\nFarsta;1,25\\n".encode("cp1252"))
    >>> delivery = read(file)
    >>> delivery.frame["vikt"].tolist(), delivery.manifest.encoding, delivery.manifest.decimal
    ([0.75, 1.25], 'windows-1252', ',')
    """
    file = Path(path)
    wanted = None if columns is None else list(dict.fromkeys(columns))
    raw = _raw(file, wanted, False)
    manifest = Manifest(
        file=file.name,
        sha256=_sha256(file),
        bytes=file.stat().st_size,
        rows=raw.rows,
        columns=len(raw.names),
        reader=raw.reader,
        encoding=raw.encoding,
        delimiter=raw.delimiter,
        decimal=raw.decimal,
        thousands=raw.thousands,
        sheet=raw.sheet,
        notes=raw.notes,
        complete=raw.complete,
    )
    return Delivery(raw.frame, raw.labels, raw.missing, manifest)


def peek(path: str | Path) -> Raw:
    """The names, labels and notes of a delivery without its values (`rows` may be 0)."""
    return _raw(Path(path), None, True)


def _raw(file: Path, wanted: list[str] | None, names_only: bool) -> Raw:
    reader = _reader(file)
    raw = reader(file, wanted, names_only)
    doubled = sorted({n for n in raw.names if raw.names.count(n) > 1})
    if doubled:
        raise InputError(
            f"{file.name} has several columns named {enumerate_first(doubled)}; rename them"
        )
    return raw


def _reader(file: Path) -> Reader:
    if not file.exists():
        there = [p.name for p in file.parent.iterdir()] if file.parent.is_dir() else []
        close = nearest(file.name, there)
        hint = f"did you mean {close[0]!r}?" if close else "check the path"
        raise InputError(f"There is no file {file}; {hint}")
    if not file.is_file():
        raise InputError(f"{file} is a folder; give the path of a file in it")
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise InputError(
            f"{file.name}: cannot read the format {file.suffix or 'without an ending'!r}; "
            f"save it as one of {', '.join(ENDINGS)}"
        )
    if file.stat().st_size == 0:
        raise InputError(f"{file.name} is empty (0 bytes); ask for the file again")
    return reader


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
