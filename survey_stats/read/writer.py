"""Writing a delivery back, with its labels and user-missing codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from survey_stats.errors import InputError
from survey_stats.read import sidecar
from survey_stats.read.delivery import Delivery

# SPSS holds three single missing codes a variable, or a range and one code
_MOST_CODES = 3


def write(delivery: Delivery, path: str | Path) -> Path:
    """Write a delivery as .sav or .parquet; `read` gives the same values, labels and missing codes.

    The file appears whole or not at all.

    Raises:
        InputError: the format has no place for labels, or SPSS none for that many missing codes.
    """
    file = Path(path)
    writer = {".sav": _sav, ".parquet": _parquet}.get(file.suffix.lower())
    if writer is None:
        raise InputError(
            f"{file.name}: a {file.suffix or 'nameless'} file has no place for labels and missing "
            "codes; write .sav or .parquet"
        )
    part = file.with_name(f".{file.name}.part")
    try:
        writer(delivery, part)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return file


def _sav(delivery: Delivery, path: Path) -> None:
    import pyreadstat

    frame, labels, notes = delivery.frame, delivery.labels, delivery.manifest.notes
    kept = [str(c) for c in frame.columns]
    values: dict[str, dict[Any, str]] = {
        v: dict(codes.items()) for v, codes in labels.value_labels.items() if v in kept
    }
    pyreadstat.write_sav(
        frame,
        str(path),
        file_label=notes[0] if notes else "",
        note=list(notes[1:]) or None,
        column_labels={v: t for v, t in labels.variables.items() if v in kept},
        variable_value_labels=values,
        missing_ranges=_spss_missing(delivery, kept),
        row_compress=True,
    )


def _spss_missing(delivery: Delivery, kept: list[str]) -> dict[str, list[Any]]:
    spans: dict[str, list[Any]] = {}
    for name in kept:
        codes = list(delivery.missing.codes.get(name, ()))
        ranges = delivery.missing.ranges.get(name, ())
        if not (codes or ranges):
            continue
        if len(ranges) > 1 or len(codes) > (1 if ranges else _MOST_CODES):
            raise InputError(
                f"variable {name!r} has {len(codes)} missing codes and {len(ranges)} ranges; SPSS "
                "holds three codes, or one range and one code: write .parquet"
            )
        spans[name] = [*codes, *({"lo": low, "hi": high} for low, high in ranges)]
    return spans


def _parquet(delivery: Delivery, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(_one_type(delivery.frame), preserve_index=False)
    known = sidecar.pack(delivery.labels, delivery.missing, delivery.manifest.notes)
    pq.write_table(
        table.replace_schema_metadata({**(table.schema.metadata or {}), sidecar.KEY: known}), path
    )


def _one_type(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns of mixed numbers and letters (Stata's tagged missing values) cannot be Parquet."""
    for name in frame.columns:
        kinds = {type(v) for v in frame[name].dropna()} if frame[name].dtype == object else set()
        if str in kinds and kinds & {int, float}:
            raise InputError(
                f"variable {name!r} mixes numbers and text, which Parquet has no type for; "
                "use .valid() or write another format"
            )
    return frame
