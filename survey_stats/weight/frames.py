"""Columns of a frame that an adjustment needs: there, as long as the weights, nothing missing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import InputError, UnknownNameError, enumerate_first
from survey_stats.weight.cells import CELL_SEPARATOR, IntArray
from survey_stats.weight.errors import BaseWeightError
from survey_stats.weight.result import Weights

BoolArray = npt.NDArray[np.bool_]


def weights_of(given: Weights | npt.ArrayLike, frame: object = None) -> Weights:
    """The weights of a frame's rows; plain numbers are taken as weights that came with the data.

    Raises:
        InputError: they are not numbers, or a Series whose rows are called otherwise.
    """
    if (
        isinstance(given, pd.Series)
        and isinstance(frame, pd.DataFrame)
        and len(given) == len(frame)
        and not given.index.equals(frame.index)
    ):
        raise InputError(
            "The rows of the weights are not called as those of the frame, so their order may "
            "differ; take the weights from a column of the frame, or give them .to_numpy()"
        )
    return Weights.of(given)


def counted_rows(weights: Weights, frame: pd.DataFrame) -> BoolArray:
    """Which rows carry weight, shape (n,); those of weight zero take part in no adjustment.

    Raises:
        BaseWeightError: the frame has another length than the weights, a weight is negative,
            missing or infinite, or none is positive.
    """
    values = np.asarray(weights.values)
    if len(frame) != weights.n:
        raise BaseWeightError(
            f"There are {weights.n} weights and {len(frame)} rows in the frame; "
            "take both from the same frame"
        )
    bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if bad.size:
        raise BaseWeightError(
            "A weight is negative, missing or infinite in the rows at position "
            f"{enumerate_first([int(b) for b in bad])} (counted from 0); set it before adjusting"
        )
    counted: BoolArray = values > 0
    if not counted.any():
        raise BaseWeightError("No row has a positive weight; set base weights before adjusting")
    return counted


def names_of(columns: str | Sequence[str], what: str) -> tuple[str, ...]:
    """One column name or several, as a tuple; none, or one twice, is an error."""
    names = (columns,) if isinstance(columns, str) else tuple(columns)
    if not names:
        raise InputError(f"The list of columns of {what} is empty; name at least one")
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{what} have the column {enumerate_first(twice)} twice; name it once")
    return names


def column(frame: pd.DataFrame, name: str, counted: BoolArray, what: str) -> pd.Series:
    """The column, with no value missing where `counted`.

    Raises:
        UnknownNameError: the frame has no such column.
        InputError: it has several of that name, or values are missing.
    """
    if name not in frame.columns:
        raise UnknownNameError("column", name, frame.columns)
    found = frame[name]
    if isinstance(found, pd.DataFrame):
        raise InputError(f"The frame has several columns {name!r}; rename all but one")
    missing = np.flatnonzero(found.isna().to_numpy() & counted)
    if missing.size:
        raise InputError(
            f"The column {name!r} of {what} is missing in {missing.size} of {int(counted.sum())} "
            f"rows (first at position {int(missing[0])}, counted from 0); fill it from the "
            "register or give those rows a value of their own"
        )
    return found


def flags(frame: pd.DataFrame, name: str, counted: BoolArray, what: str) -> BoolArray:
    """A column of booleans, or of 0 and 1, as booleans; rows not counted are False.

    Raises:
        InputError: values are missing or are not of that kind.
    """
    values = column(frame, name, counted, what)[counted]
    known = set(values.unique().tolist())
    if not known <= {True, False}:
        raise InputError(
            f"The column {name!r} of {what} must be true or false (or 1 or 0) in each row, but "
            f"has {enumerate_first(sorted(map(repr, known)))}; recode it"
        )
    out = np.zeros(len(frame), dtype=bool)
    out[counted] = values.to_numpy(dtype=object).astype(bool)
    return out


def classes_of(
    frame: pd.DataFrame, names: Sequence[str], counted: BoolArray, what: str
) -> tuple[IntArray, pd.DataFrame, tuple[str, ...]]:
    """The crossed class of each row, a row a class with its values, and the classes' names.

    Rows that are not counted have the code K, the number of classes. Classes are those found in
    the frame, in the order in which their columns sort.
    """
    used = pd.DataFrame({name: column(frame, name, counted, what)[counted].array for name in names})
    groups = used.groupby(list(names), observed=True, sort=True)
    found = groups.ngroup().to_numpy()
    first = np.unique(found, return_index=True)[1]
    table = used.iloc[first].reset_index(drop=True)
    code = np.full(len(frame), len(table), dtype=np.intp)
    code[counted] = found
    labels = tuple(CELL_SEPARATOR.join(map(str, row)) for row in table.to_numpy(dtype=object))
    return code, table, labels


def add_up(code: IntArray, amounts: npt.NDArray[np.float64], size: int) -> npt.NDArray[np.float64]:
    """Sums of `amounts` (n,) by code, (size,); what has the code `size` is in none."""
    return np.bincount(code, amounts, minlength=size + 1)[:size].astype(np.float64, copy=False)
