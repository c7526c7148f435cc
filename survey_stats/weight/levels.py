"""The levels of a frame's columns, as codes, and how they are matched to the names of totals."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import InputError, UnknownNameError, enumerate_first
from survey_stats.weight.errors import UnknownLevelError

IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]

_MOST_COMBINATIONS = 1 << 20


@dataclass(frozen=True, eq=False)
class Coded:
    """A column as codes: `levels[code]` is each respondent's value, code -1 where it is missing."""

    code: IntArray
    levels: tuple[Hashable, ...]


def code_column(frame: pd.DataFrame, name: str, counted: BoolArray) -> Coded:
    """The codes of a column of the frame.

    Args:
        counted: the respondents whose weight is positive, shape (n,); the others may be missing.

    Raises:
        UnknownNameError: there is no such column.
        InputError: there are two, it holds what cannot be a level, or it is missing for somebody
            who counts.
    """
    column = column_of(frame, name)
    if isinstance(column.dtype, pd.CategoricalDtype):
        code: npt.NDArray[np.integer] = column.cat.codes.to_numpy()
        levels = tuple(plain(v) for v in column.cat.categories)
    else:
        try:
            code, unique = pd.factorize(column)
        except TypeError:
            raise InputError(
                f"The column {name!r} holds values that cannot be levels, such as lists; "
                "make them text or numbers"
            ) from None
        levels = tuple(plain(v) for v in pd.Index(unique))
    place = np.asarray(code, dtype=np.intp)
    refuse_missing(place < 0, name, counted)
    return Coded(place, levels)


def column_of(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column of the frame, by a name that it has exactly once."""
    found = frame[name] if name in frame.columns else None
    if found is None:
        raise UnknownNameError("column", name, frame.columns, "the frame")
    if isinstance(found, pd.DataFrame):
        raise InputError(f"The frame has two columns {name!r}; rename or drop one")
    return found


def refuse_missing(missing: BoolArray, name: str, counted: BoolArray) -> None:
    """Refuse a column that is missing for respondents who count."""
    rows = np.flatnonzero(missing & counted)
    if rows.size:
        raise InputError(
            f"The column {name!r} is missing for {rows.size} respondents, the first in the rows "
            f"{enumerate_first(rows.tolist(), 3)} (counted from 0); impute it, leave them out, or "
            "give those who did not say a level and a total of their own"
        )


def plain(value: object) -> Hashable:
    """A level as Python's own type, so that 1, 1.0 and np.int64(1) are one level."""
    if isinstance(value, np.generic):
        return value.item()  # type: ignore[no-any-return]
    return value if isinstance(value, Hashable) else str(value)


def told(level: Sequence[object]) -> str:
    """A level of one or several columns, as labels name it."""
    return " | ".join(str(v) for v in level)


def combine(codes: Sequence[IntArray], sizes: Sequence[int]) -> tuple[IntArray, IntArray]:
    """One code for the combination of several: (code (n,), first respondent of each (P,)).

    Combinations that do not occur have no code. The order of codes is that of the combinations.
    """
    code, size = codes[0], max(sizes[0], 1)
    for more, by in zip(codes[1:], sizes[1:], strict=True):
        if size * by > max(_MOST_COMBINATIONS, 4 * code.size):
            code, size = _compact(code, size)
        code, size = code * by + more, size * by
    code, size = _compact(code, size)
    first = np.full(size, code.size, dtype=np.intp)
    first[code[::-1]] = np.arange(code.size - 1, -1, -1)
    return code, first


def _compact(code: IntArray, size: int) -> tuple[IntArray, int]:
    """Codes without gaps, in the same order."""
    if size > max(_MOST_COMBINATIONS, 4 * code.size):
        unique, inverse = np.unique(code, return_inverse=True)
        return np.asarray(inverse, dtype=np.intp), unique.size
    used = np.zeros(size, dtype=bool)
    used[code] = True
    number = int(used.sum())
    if number == size:
        return code, size
    return (np.cumsum(used) - 1)[code], number


def match(
    columns: Sequence[Coded],
    names: Sequence[str],
    levels: Sequence[tuple[Hashable, ...]],
    needed: BoolArray,
) -> IntArray:
    """The position in `levels` of each combination of levels, shape (cells,).

    Args:
        columns: the levels of each column by cell.
        levels: what there are totals for.
        needed: the cells that must be among them; the others are at `len(levels)`.

    Raises:
        UnknownLevelError: a needed cell has no total.
    """
    position = {tuple(plain(v) for v in level): k for k, level in enumerate(levels)}
    lacking = len(levels)
    if not columns:
        return np.where(needed, 0, lacking)
    codes = [np.maximum(c.code, 0) for c in columns]
    kind, first = combine(codes, [len(c.levels) for c in columns])
    place = np.full(first.size, lacking, dtype=np.intp)
    unknown = []
    for k in np.flatnonzero(np.bincount(kind[needed], minlength=first.size)):
        level = tuple(c.levels[code[first[k]]] for c, code in zip(columns, codes, strict=True))
        found = position.get(level)
        if found is None:
            unknown.append(level)
        else:
            place[k] = found
    if unknown:
        taken = set(place.tolist())
        spare = [level for k, level in enumerate(levels) if k not in taken]
        raise UnknownLevelError(" x ".join(names), unknown, list(levels), spare)
    return np.where(needed, place[kind], lacking)
