"""What reading a delivery gives: the values as delivered, and everything known beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

Code = int | float | str


def says_synthetic(text: str) -> bool:
    """Whether a name or a note says that data are made up.

    >>> says_synthetic("SDO_2023_SYNTETISK.sav"), says_synthetic("SDO_2023.sav")
    (True, False)
    """
    said = text.casefold()
    return "syntetisk" in said or "synthetic" in said


@dataclass(frozen=True)
class Manifest:
    """Which file the numbers come from and how it was read.

    `rows` and `columns` are those of the file, also when only some columns were loaded; `notes`
    are the texts that the file carries about itself (file label, notes, leading comment lines).
    `complete` is False where the last line of a text file has no line end: some programs write
    none, and a file that was cut off has none either.
    """

    file: str
    sha256: str
    bytes: int
    rows: int
    columns: int
    reader: str
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    sheet: str | None = None
    notes: tuple[str, ...] = ()
    complete: bool = True

    @property
    def synthetic(self) -> bool:
        """Whether the file says, in its name or notes, that its data are synthetic."""
        return says_synthetic(" ".join((*self.notes, self.file)))

    def to_dict(self) -> dict[str, Any]:
        """The manifest as plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class VariableLabels:
    """Variable labels, and value labels by variable; empty where the format carries none."""

    variables: Mapping[str, str] = field(default_factory=dict)
    value_labels: Mapping[str, Mapping[Code, str]] = field(default_factory=dict)

    def label(self, variable: str) -> str:
        """The label of a variable, "" where there is none."""
        return self.variables.get(variable, "")


@dataclass(frozen=True)
class UserMissing:
    """Codes that the delivery itself declares as missing: single codes and (low, high) ranges."""

    codes: Mapping[str, tuple[Code, ...]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)

    def declares(self, variable: str, value: Any) -> bool:
        """Whether the delivery declares `value` of `variable` as missing.

        >>> UserMissing({"F14": (99,)}, {"F15": ((90, 99),)}).declares("F15", 95)
        True
        """
        if value in self.codes.get(variable, ()):
            return True
        if not isinstance(value, int | float | np.integer | np.floating):
            return False
        return any(low <= value <= high for low, high in self.ranges.get(variable, ()))

    def mask(self, values: pd.Series[Any]) -> pd.Series[bool]:
        """True where a value of the column `values.name` is declared missing or is blank."""
        variable = str(values.name)
        hit = values.isna() | values.isin(list(self.codes.get(variable, ())))
        if self.ranges.get(variable) and pd.api.types.is_numeric_dtype(values):
            for low, high in self.ranges[variable]:
                hit |= values.between(low, high)
        return hit


@dataclass(frozen=True)
class Delivery:
    """A delivery as read: `frame` holds the codes as delivered, user-missing codes included."""

    frame: pd.DataFrame
    labels: VariableLabels
    missing: UserMissing
    manifest: Manifest

    def __repr__(self) -> str:
        rows, columns = self.frame.shape
        return f"Delivery({self.manifest.file}: {rows} rows, {columns} columns)"

    def labelled(self, variable: str) -> pd.Series[Any]:
        """The column `variable` with each code replaced by its value label, where it has one."""
        labels = self.labels.value_labels.get(variable, {})
        codes, uniques = pd.factorize(self.frame[variable])
        told = np.array([*(labels.get(u, u) for u in uniques), None], dtype=object)
        return pd.Series(told[codes], index=self.frame.index, name=variable)

    def valid(self) -> pd.DataFrame:
        """The frame with user-missing codes made missing, so that no 99 enters a mean.

        >>> frame = pd.DataFrame({"F14": [1, 99, 2]})
        >>> missing = UserMissing({"F14": (99,)})
        >>> about = Manifest("a.sav", "", 0, 3, 1, "pyreadstat", "UTF-8")
        >>> Delivery(frame, VariableLabels(), missing, about).valid()["F14"].mean()
        np.float64(1.5)
        """
        declared = {*self.missing.codes, *self.missing.ranges} & set(self.frame.columns)
        masked = {
            name: self.frame[name].mask(self.missing.mask(self.frame[name])) for name in declared
        }
        return self.frame.assign(**masked)
