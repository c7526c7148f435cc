"""Parquet files through pyarrow."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from survey_stats.errors import InputError, enumerate_first
from survey_stats.read import sidecar
from survey_stats.read.delivery import UserMissing, VariableLabels
from survey_stats.read.raw import Raw, pick


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
