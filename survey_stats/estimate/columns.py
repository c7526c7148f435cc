"""Columns of a frame as integer codes: the only place where labels and missing values are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.errors import InputError, UnknownNameError, enumerate_first

Ints = NDArray[Any]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
# rows looked at before asking whether the others can hold anything new
FIRST_ROWS = 1 << 15


@dataclass(frozen=True)
class Coded:
    """A column as codes: `labels[codes[i]]` is the value of row i, and -1 is a missing value."""

    codes: Ints
    labels: pd.Index[Any]

    @property
    def missing(self) -> Bools:
        """Rows without a value, bool of shape (n,)."""
        return self.codes < 0


@dataclass(frozen=True)
class Answers:
    """A categorical question: codes 0..L-1 per row, -1 where there is no answer.

    `targets` are the levels whose share is asked for; `labels` name them, or are None for a
    yes/no question, whose single row is the share of yes.
    """

    codes: Ints
    n_levels: int
    targets: tuple[int, ...]
    labels: pd.Index[Any] | None


def column(frame: pd.DataFrame, name: str, what: str = "column") -> pd.Series[Any]:
    """The column `name`, or an `UnknownNameError` that suggests the nearest."""
    try:
        hash(name)
    except TypeError:
        raise InputError(
            f"A {what} is given by its name, not by {type(name).__name__}; write the name"
        ) from None
    if name not in frame.columns:
        raise UnknownNameError(what, name, frame.columns, where="the frame")
    found = frame[name]
    if isinstance(found, pd.DataFrame):
        raise InputError(f"The frame has {found.shape[1]} columns named {name!r}; rename them")
    return found


def code(series: pd.Series[Any]) -> Coded:
    """`series` as codes; labels are sorted, or in their declared order for a categorical.

    >>> coded = code(pd.Series(["b", None, "a"]))
    >>> coded.codes.tolist(), list(coded.labels)
    ([1, -1, 0], ['a', 'b'])
    """
    if isinstance(series.dtype, pd.CategoricalDtype):
        return Coded(np.asarray(series.cat.codes), series.cat.categories)
    if series.dtype == np.bool_:
        return Coded(series.to_numpy().view(np.int8), pd.Index([False, True]))
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in "iu":
        counted = _small_integers(series.to_numpy())
        if counted is not None:
            return counted
    try:
        codes, labels = pd.factorize(series, sort=True)
    except TypeError as error:
        if "unhashable" not in str(error):
            raise
        raise InputError(
            f"Column {str(series.name)!r} holds several values in a row "
            f"({str(error).removeprefix('unhashable type: ')}); make a column of each value"
        ) from error
    index = labels if isinstance(labels, pd.Index) else pd.Index(labels)
    small = np.int8 if len(index) < 127 else np.int32
    return Coded(codes.astype(small), index)


def _small_integers(values: Ints) -> Coded | None:
    """Codes of integers in a small range by counting, which is far cheaper than hashing."""
    if values.size == 0 or values.dtype == np.uint64:
        return None
    low, high = int(values.min()), int(values.max())
    span = high - low + 1
    if span > max(4 * values.size, 1 << 16):
        return None
    shifted = np.subtract(values, low, dtype=np.int64) if low else values
    present = _occurring(shifted, span)
    small = np.int8 if present.size < 127 else np.int32
    labels = pd.Index((present + low).astype(values.dtype))
    if present.size == span:
        return Coded(shifted.astype(small), labels)
    table = np.empty(span, dtype=small)
    table[present] = np.arange(present.size)
    return Coded(table[shifted], labels)


def cross(
    codes: Sequence[Ints], sizes: Sequence[int], complete: bool = False
) -> tuple[Ints, NDArray[np.int64]]:
    """Cross several codings: codes of the combinations that occur, and those combinations.

    Returns codes of shape (n,), -1 where any part is missing, and the mixed-radix value of each
    combination that occurs, ascending (so the first coding varies slowest). `complete` says that
    nothing is missing.
    """
    total = 1
    for size in sizes:
        total *= size
    if total > 2**62:
        raise InputError(f"The columns have {total} combinations; use fewer or coarser columns")
    mixed: Ints = codes[0].astype(np.int32 if total < 2**31 else np.int64)
    for part, size in zip(codes[1:], sizes[1:], strict=True):
        mixed *= size
        mixed += part
    outside = None
    if not complete:
        missing = codes[0] < 0
        for part in codes[1:]:
            missing |= part < 0
        if missing.any():
            outside = missing
            mixed[missing] = 0
    if total <= max(4 * mixed.size, 1 << 16):
        found = mixed if outside is None else mixed[~outside]
        present = _occurring(found, total)
        if present.size < total:
            table = np.empty(total, dtype=np.int32)
            table[present] = np.arange(present.size, dtype=np.int32)
            mixed = table[mixed]
    else:
        found, values = pd.factorize(mixed if outside is None else mixed[~outside], sort=True)
        present = np.asarray(values, dtype=np.int64)
        if outside is None:
            mixed = found.astype(np.int32)
        else:
            mixed = np.empty(mixed.size, dtype=np.int32)
            mixed[~outside] = found
    if outside is not None:
        mixed[outside] = -1
    return mixed, present


def _occurring(values: Ints, size: int) -> NDArray[np.int64]:
    """Which of 0..size-1 are among `values`, ascending."""
    seen = np.zeros(size, dtype=bool)
    # most often the first rows already show every value
    for start in range(0, values.size, FIRST_ROWS):
        seen[values[start : start + FIRST_ROWS]] = True
        if size <= FIRST_ROWS and seen.all():
            break
    return np.flatnonzero(seen)


def split(mixed: NDArray[np.int64], sizes: Sequence[int]) -> list[NDArray[np.int64]]:
    """The parts of mixed-radix values, first (slowest) coding first."""
    parts: list[NDArray[np.int64]] = []
    rest = mixed
    for size in reversed(sizes):
        parts.append(rest % size)
        rest = rest // size
    return parts[::-1]


def answers(series: pd.Series[Any], of: object = None) -> Answers:
    """A question as codes, and which of its levels are asked for.

    Boolean and 0/1 columns are yes/no questions, also as objects or as the text "True" and
    "False", and so are columns without any answer. Any other column of categories has a row per
    level. `of` groups levels: one level or a list of them makes a yes/no question of it, a
    mapping `{name: [levels]}` makes each name a level and leaves the other answers as the rest.

    Raises `InputError` for a column of continuous numbers, `UnknownNameError` for a level in
    `of` that the question does not have.
    """
    name = str(series.name)
    if of is None:
        yes_no = _yes_no(series)
        if yes_no is not None:
            return Answers(yes_no, 2, (1,), None)
    coded = code(series)
    if of is None:
        yes_no = _yes_no_labels(coded, series.dtype)
        if yes_no is not None:
            return Answers(yes_no, 2, (1,), None)
    if pd.api.types.is_float_dtype(coded.labels.dtype):
        values = coded.labels.to_numpy(dtype=float)
        if np.isinf(values).any():
            raise InputError(f"Question {name!r} holds infinite numbers; make them missing")
        whole = values == np.floor(values)
        if not whole.all():
            raise InputError(
                f"Question {name!r} holds continuous numbers (such as {values[~whole][0]:g}), "
                "which have no share; use mean, total or quantile"
            )
        if (np.abs(values) < 2**53).all():
            coded = Coded(coded.codes, pd.Index(values.astype(np.int64)))
    if of is None:
        return Answers(
            coded.codes, len(coded.labels), tuple(range(len(coded.labels))), coded.labels
        )
    if isinstance(of, Mapping):
        groups = {str(k): _levels(name, coded.labels, v) for k, v in of.items()}
        rest = len(groups)
        table = np.full(len(coded.labels) + 1, rest, dtype=np.int8 if rest < 127 else np.int32)
        table[-1] = -1
        for position, members in enumerate(groups.values()):
            if (table[members] != rest).any():
                raise InputError(f"A level of {name!r} is in more than one group of `of`")
            table[members] = position
        return Answers(table[coded.codes], rest + 1, tuple(range(rest)), pd.Index(list(groups)))
    chosen = np.zeros(len(coded.labels) + 1, dtype=np.int8)
    chosen[_levels(name, coded.labels, of)] = 1
    chosen[-1] = -1
    return Answers(chosen[coded.codes], 2, (1,), None)


def numbers(series: pd.Series[Any]) -> Floats:
    """A column as float64, NaN where missing; `InputError` for text and infinite numbers."""
    name = str(series.name)
    if isinstance(series.dtype, pd.CategoricalDtype) or not (
        pd.api.types.is_numeric_dtype(series.dtype) or pd.api.types.is_object_dtype(series.dtype)
    ):
        raise InputError(f"Column {name!r} holds {series.dtype}, not numbers; recode it first")
    try:
        values: Floats = series.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"Column {name!r} holds values that are not numbers; recode it first"
        ) from error
    infinite = np.isinf(values)
    if infinite.any():
        rows = enumerate_first(np.flatnonzero(infinite).tolist())
        raise InputError(f"Column {name!r} is infinite in rows {rows}; make it missing or finite")
    return values


def _yes_no(series: pd.Series[Any]) -> Ints | None:
    dtype = series.dtype
    if dtype == np.bool_:
        return series.to_numpy().view(np.int8)
    if isinstance(dtype, pd.BooleanDtype):
        return series.to_numpy(dtype=np.int8, na_value=-1)
    if pd.api.types.is_object_dtype(dtype):
        return None
    if isinstance(dtype, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(dtype):
        if pd.api.types.is_bool_dtype(dtype):
            return series.astype("boolean").to_numpy(dtype=np.int8, na_value=-1)
        return None
    if pd.api.types.is_bool_dtype(dtype):
        return series.astype("boolean").to_numpy(dtype=np.int8, na_value=-1)
    values = series.to_numpy(dtype=np.float64, na_value=np.nan)
    one = values == 1
    missing = np.isnan(values)
    if not (one | missing | (values == 0)).all():
        return None
    codes: Ints = one.astype(np.int8)
    codes[missing] = -1
    return codes


def _yes_no_labels(coded: Coded, dtype: Any) -> Ints | None:
    """Codes of a yes/no question that only its labels give away, or None."""
    if len(coded.labels) == 0:
        return np.full(coded.codes.shape, -1, dtype=np.int8)
    if isinstance(dtype, pd.CategoricalDtype) or len(coded.labels) > 2:
        return None
    yes = []
    for label in coded.labels:
        if isinstance(label, str):
            known = {"True": True, "true": True, "False": False, "false": False}.get(label)
        elif isinstance(label, (bool, np.bool_, Number)):
            known = bool(label == 1) if label in (0, 1) else None
        else:
            known = None
        if known is None:
            return None
        yes.append(known)
    if len(set(yes)) < len(yes):
        return None
    table = np.array([*yes, -1], dtype=np.int8)
    return table[coded.codes]


def _levels(question: str, labels: pd.Index[Any], wanted: object) -> Ints:
    several = isinstance(wanted, (list, tuple, set, frozenset, pd.Index, np.ndarray))
    levels: list[Any] = list(wanted) if several else [wanted]  # type: ignore[call-overload]
    if not levels:
        raise InputError(f"`of` names no level of {question!r}; name at least one")
    if len(labels) == 0:
        return np.empty(0, dtype=np.intp)
    for level in levels:
        if level not in labels:
            same = next((known for known in labels.tolist() if str(known) == str(level)), None)
            if same is not None:
                kind = "text" if isinstance(same, str) else "numbers"
                kind = "booleans" if isinstance(same, bool) else kind
                raise InputError(
                    f"The levels of question {question!r} are {kind}: write {same!r}, not {level!r}"
                )
            raise UnknownNameError("level", level, labels, where=f"question {question!r}")
    return labels.get_indexer(pd.Index(levels, dtype=labels.dtype))
