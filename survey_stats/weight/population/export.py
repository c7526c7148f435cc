"""A table as it was exported: a row a cell, variables as text, and what the file says of it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import InputError

VALUE = "value"
MOST_CELLS = 50_000_000

# the signs of a missing figure, and of "nothing to report", which is a true zero
MISSING = frozenset(
    (*("." * n for n in range(1, 8)), "", ":", "*", "x", "na", "nan", "null", "none")
)
NIL = frozenset(("-", "\u2013", "\u2014", "\u2212"))


@dataclass(frozen=True, eq=False)
class Export:
    """A table that was read, before it is known what its variables mean.

    Attributes:
        frame: a column of text for each variable, then `value` (float, missing where the file has
            dots), one row a cell.
        file: the name of the file.
        format: px, json-stat, PxWeb json, text or xlsx.
        time: the variable that the file declares to be the time, if it does.
        contents: the variable that the file declares to hold the contents, if it does.
        title, source, contact: what the file says of itself, empty where it does not.
        what, units: what the figures are of a table without a variable of contents, and in which
            units, where the file says so.
        notes: what the reader should know of how it was read.
        unnamed: the file names no variables; their names here are numbers.
    """

    frame: pd.DataFrame
    file: str
    format: str
    time: str | None = None
    contents: str | None = None
    title: str = ""
    source: str = ""
    contact: str = ""
    what: str = ""
    units: str = ""
    notes: tuple[str, ...] = ()
    unnamed: bool = False


def from_cube(
    variables: Sequence[str],
    values: Sequence[Sequence[str]],
    data: npt.NDArray[np.float64],
) -> pd.DataFrame:
    """The rows of a table whose cells stand in order, the last variable moving fastest."""
    sizes = [len(v) for v in values]
    codes = np.indices(sizes, dtype=np.int32).reshape(len(sizes), -1)
    columns = {
        name: np.array(labels, dtype=object)[codes[i]]
        for i, (name, labels) in enumerate(zip(variables, values, strict=True))
    }
    return pd.DataFrame({**columns, VALUE: data})


def cells_of(values: Sequence[Sequence[str]]) -> int:
    """The number of cells that the variables make."""
    return math.prod(len(v) for v in values)


def check_names(names: Sequence[str], what: str) -> None:
    """No two variables may have one name, nor that of the figures."""
    for name, times in ((n, list(names).count(n)) for n in names):
        if times > 1 or not name:
            raise InputError(f"{what} has {times} variables of the name {name!r}; name them apart")
        if name == VALUE:
            raise InputError(f"{what} has a variable named {VALUE!r}; give it another name")


def check_values(name: str, values: Sequence[str], what: str) -> None:
    """A variable needs values, each of them once: two of one name cannot be told apart."""
    if not values:
        raise InputError(f"{what}: the variable {name!r} has no values; fetch the table again")
    if len(set(values)) < len(values):
        twice = next(v for v, group in itertools.groupby(sorted(values)) if len(list(group)) > 1)
        raise InputError(
            f"{what}: the variable {name!r} has the value {twice!r} twice; "
            "export the table with codes as well as texts"
        )


def nil_note(n: int) -> tuple[str, ...]:
    """What is said of dashes."""
    if not n:
        return ()
    return (f"{n} {'cell has' if n == 1 else 'cells have'} a dash (nothing to report), read as 0",)
