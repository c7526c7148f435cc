"""Respondents in cells, cells with population totals: the checks that every adjustment shares."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import InputError, enumerate_first
from survey_stats.weight.errors import BenchmarkError, UnknownCellError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

CELL_SEPARATOR = " | "


def cross(*columns: npt.ArrayLike) -> npt.NDArray[np.object_]:
    """The cell of each respondent as text: the values of the columns, joined.

    Raises:
        InputError: the columns have different lengths.

    >>> cross(["Farsta", "Farsta"], ["men", "women"])
    array(['Farsta | men', 'Farsta | women'], dtype=object)
    """
    arrays = [np.asarray(c).astype(str) for c in columns]
    lengths = sorted({a.size for a in arrays})
    if len(lengths) != 1:
        raise InputError(
            f"Columns that form cells must be equally long, not {lengths}; "
            "take them from the same frame"
        )
    return np.array([CELL_SEPARATOR.join(v) for v in zip(*arrays, strict=True)], dtype=object)


def check_totals(
    totals: Mapping[str, float] | pd.Series, what: str
) -> tuple[tuple[str, ...], FloatArray]:
    """The names of the cells in sorted order, and their totals, none negative or missing.

    Cells of several columns may be called by a tuple of their values.

    Raises:
        BenchmarkError: there is none, a number is negative or missing, or a cell is there twice.
        InputError: they are neither a mapping nor a Series.
    """
    if not isinstance(totals, Mapping | pd.Series):
        raise InputError(
            f"The {what} by cell is a mapping from cell to number, or a Series with the cells as "
            f"its index, not {type(totals).__name__}"
        )
    if not len(totals):
        raise BenchmarkError(f"The table of {what} by cell is empty; give one number a cell")
    pairs = [(_name(key), value) for key, value in totals.items()]
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        raise BenchmarkError(
            f"The {what} of {enumerate_first(twice)} is there twice; give one number a cell"
        )
    labels = tuple(sorted(found))
    values = np.array([_number(found[label]) for label in labels], dtype=np.float64)
    bad = [labels[k] for k in np.flatnonzero(~(np.isfinite(values) & (values >= 0)))]
    if bad:
        raise BenchmarkError(
            f"The {what} is negative or missing in {enumerate_first(bad)}; correct the table"
        )
    return labels, values


def _name(key: object) -> str:
    return CELL_SEPARATOR.join(map(str, key)) if isinstance(key, tuple) else str(key)


def _number(value: Any) -> float:
    """The value as a number, NaN for what is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def cell_positions(
    cells: npt.ArrayLike, labels: Sequence[str], what: str
) -> tuple[IntArray, IntArray]:
    """The position in the sorted `labels` of each respondent's cell, and the positions in use.

    Raises:
        UnknownCellError: a respondent's cell is not among `labels`.
    """
    found, inverse = np.unique(np.asarray(cells).astype(str), return_inverse=True)
    position = {label: k for k, label in enumerate(labels)}
    unknown = [str(f) for f in found if str(f) not in position]
    if unknown:
        raise UnknownCellError(
            f"There are respondents in {what} {enumerate_first(unknown)} without a population "
            "total; add the total or correct the spelling"
        )
    used = np.array([position[str(f)] for f in found], dtype=np.intp)
    return used[inverse], used
