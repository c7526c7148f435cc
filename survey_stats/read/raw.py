"""What the reader of one format hands over, before the file is hashed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from survey_stats.errors import UnknownNameError
from survey_stats.read.delivery import UserMissing, VariableLabels


@dataclass(frozen=True)
class Raw:
    """Names of all columns, the loaded frame, and what the format says beside the values."""

    names: list[str]
    frame: pd.DataFrame
    rows: int
    reader: str
    labels: VariableLabels = field(default_factory=VariableLabels)
    missing: UserMissing = field(default_factory=UserMissing)
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    sheet: str | None = None
    notes: tuple[str, ...] = ()
    complete: bool = True


def pick(wanted: list[str] | None, names: list[str], file: Path) -> list[str]:
    """`wanted` (all of `names` when None), after checking that each is in the file.

    Raises:
        UnknownNameError: a wanted column is not in the file.
    """
    if wanted is None:
        return names
    there = set(names)
    for name in wanted:
        if name not in there:
            raise UnknownNameError("column", name, names, file.name)
    return wanted
