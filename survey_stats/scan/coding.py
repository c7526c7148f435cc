"""Columns that come in batches, as codes of the values and of the combinations met so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.errors import InputError
from survey_stats.scan.grouped import Kinds

if TYPE_CHECKING:
    import pyarrow as pa

Ints = NDArray[Any]

# whole numbers within such a span are looked up in a table
SPAN = 1 << 20
# the table that pairs of codes are looked up in may have so many cells
PAIRS = 1 << 24


class TooManyError(InputError):
    """There are more combinations than a table has room for."""


class Coder(Protocol):
    """What gives codes below `size` to the rows of batches, and says what they stand for."""

    @property
    def size(self) -> int: ...

    def codes(self, array: Any) -> Ints:
        """Code of each row of a batch, shape (n,)."""

    def ranks(self) -> Ints:
        """Place of each code in the order of what it stands for, shape (size,)."""

    def series(self, codes: Ints) -> list[pd.Series[Any]]:
        """The columns that these codes stand for, (n,) each."""


class Column:
    """The values of a column, numbered from 1 as they are met; 0 is a missing value, or a NaN.

    `dtype` are the declared categories, where there are any.
    """

    def __init__(self, dtype: pd.CategoricalDtype | None = None) -> None:
        self.size = 1
        self._dtype = dtype
        # the type of the column; what is met is held as plain numbers where it is a time
        self._kind: pa.DataType | None = None
        self._met: list[pa.Array] = []
        # of whole numbers the code of each from the lowest on, 0 for what was not met
        self._lowest, self._table = 0, np.empty(0, dtype=np.int32)
        # of anything else
        self._codes: dict[Any, int] | None = None

    def codes(self, array: pa.Array) -> Ints:
        """Code of each value, shape (n,)."""
        import pyarrow as pa
        import pyarrow.compute as pc

        dictionary = pa.types.is_dictionary(array.type)
        if self._kind is None:
            self._kind = array.type.value_type if dictionary else array.type
        array = array if dictionary else _plain(array)
        if array.null_count == len(array):
            if not self._met:
                self._met.append((array.dictionary if dictionary else array)[:0])
            return np.zeros(len(array), dtype=np.int32)
        if self._codes is None and pa.types.is_integer(array.type) and array.type != pa.uint64():
            ends = pc.min_max(array).as_py()
            if self._reach(ends["min"], ends["max"]):
                return self._looked_up(array, ends["min"])
        return self._hashed(array)

    def series(self, codes: Ints) -> list[pd.Series[Any]]:
        """The values of these codes, (n,), in the type that pandas would have given them."""
        import pyarrow as pa

        met = self._values()
        if not codes.all():
            # the last one, which is where 0 - 1 points
            met = pa.chunked_array([*met.chunks, pa.nulls(1, met.type)])
        found = as_pandas(met, self._dtype)
        return [pd.Series(found.array.take(codes - 1))]

    def ranks(self) -> Ints:
        """Place of each code in the order of the values, missing ones last; (size,)."""
        met = as_pandas(self._values(), self._dtype)
        categorical = isinstance(met.dtype, pd.CategoricalDtype)
        places = met.cat.codes.to_numpy() if categorical else pd.factorize(met, sort=True)[0]
        return np.append(self.size, places)

    def _values(self) -> pa.ChunkedArray:
        """The values met, in the order of their codes, from that of code 1 on."""
        import pyarrow as pa

        met = pa.chunked_array(self._met)
        if self._kind is None or met.type == self._kind:
            return met
        chunks = met.chunks
        if pa.types.is_temporal(self._kind):
            return pa.chunked_array([c.view(self._kind) for c in chunks], self._kind)
        return met.cast(self._kind)

    def _reach(self, low: int, high: int) -> bool:
        """Let the table hold numbers from `low` to `high`; False where it would be too large."""
        size = self._table.size
        if not size:
            self._lowest = low
        before, after = max(self._lowest - low, 0), max(high - (self._lowest + size) + 1, 0)
        if size + before + after > SPAN:
            return False
        if before or after:
            self._table = np.pad(self._table, (before, after))
            self._lowest -= before
        return True

    def _looked_up(self, array: pa.Array, some: int) -> Ints:
        import pyarrow as pa

        missing = None
        if array.null_count:
            missing = array.is_null().to_numpy(zero_copy_only=False)
            array = array.fill_null(some)
        at = np.subtract(array.to_numpy(), self._lowest, dtype=np.int64)
        found: Ints = self._table[at]
        if not found.all():
            new = _distinct(self._table, at[found == 0])
            self._table[new] = np.arange(self.size, self.size + new.size, dtype=np.int32)
            self.size += new.size
            self._met.append(pa.array(new + self._lowest, pa.int64()).cast(array.type))
            found = self._table[at]
        if missing is not None:
            found[missing] = 0
        return found

    def _hashed(self, array: pa.Array) -> Ints:
        import pyarrow as pa

        if self._codes is None:
            met = pa.chunked_array(self._met).to_pylist() if self._met else []
            self._codes = {value: code for code, value in enumerate(met, 1)}
        coded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
        nothing = len(coded.dictionary)
        indices = coded.indices.cast(pa.int64()).fill_null(nothing).to_numpy()
        # a dictionary may hold what the batch does not
        used = np.unique(indices) if coded is array else np.arange(nothing)
        table, new = np.zeros(nothing + 1, dtype=np.int32), []
        for i in used[used < nothing].tolist():
            value = coded.dictionary[i].as_py()
            if value is None or value != value:
                continue
            if value not in self._codes:
                self._codes[value] = self.size
                self.size += 1
                new.append(i)
            table[i] = self._codes[value]
        if new or not self._met:
            self._met.append(coded.dictionary.take(pa.array(new, pa.int64())))
        found: Ints = table[indices]
        return found


class Combinations:
    """The combinations of several columns, numbered from 0 as they are met."""

    def __init__(self, columns: Sequence[Coder]) -> None:
        self.columns = columns
        self._steps = [_Pairs() for _ in columns]

    @property
    def size(self) -> int:
        """Combinations met so far; 1 without columns."""
        return self._steps[-1].size if self._steps else 1

    def codes(self, arrays: Sequence[Any], n: int) -> Ints:
        """Number of the combination of each of `n` rows, shape (n,).

        Raises `TooManyError` where the table of a column by the combinations before it would be
        larger than `PAIRS`.
        """
        found, size = np.zeros(n, dtype=np.int32), 1
        for column, step, array in zip(self.columns, self._steps, arrays, strict=True):
            found = step.codes(found, size, column.codes(array), column.size)
            size = step.size
        return found

    def parts(self) -> list[Ints]:
        """Code of each combination in each column, (size,) each."""
        at, parts = np.arange(self.size), []
        for step in reversed(self._steps):
            left, right = step.parts()
            parts.append(right[at])
            at = left[at]
        return parts[::-1]


class Kind:
    """Combinations of columns as the kinds that they are of, numbered as they are met."""

    def __init__(self, kinds: Kinds, columns: Sequence[Column]) -> None:
        self._kinds = kinds
        self._met = Combinations(columns)
        # by combination its kind, by kind what was told of it and the first combination
        self._kind = np.empty(0, dtype=np.int32)
        self._told: list[int] = []
        self._first: list[int] = []

    @property
    def size(self) -> int:
        return len(self._told)

    def codes(self, array: Sequence[pa.Array]) -> Ints:
        found = self._met.codes(array, len(array[0]))
        known = self._kind.size
        if known < self._met.size:
            parts = [part[known:] for part in self._met.parts()]
            columns = [c.series(p)[0] for c, p in zip(self._met.columns, parts, strict=True)]
            told = self._kinds.tell(
                pd.DataFrame(dict(zip(self._kinds.columns, columns, strict=True)))
            )
            kinds, first, which = np.unique(told, return_index=True, return_inverse=True)
            for kind, at in zip(kinds.tolist(), first.tolist(), strict=True):
                if kind not in self._told:
                    self._told.append(kind)
                    self._first.append(known + at)
            new = np.array([self._told.index(kind) for kind in kinds.tolist()])[which]
            self._kind = np.append(self._kind, new.astype(np.int32))
        return self._kind[found]

    def ranks(self) -> Ints:
        return np.argsort(np.argsort(self._told))

    def series(self, codes: Ints) -> list[pd.Series[Any]]:
        first = np.array(self._first)[codes]
        parts = self._met.parts()
        return [c.series(p[first])[0] for c, p in zip(self._met.columns, parts, strict=True)]


class _Pairs:
    """Pairs of two codes, numbered from 0 as they are met."""

    def __init__(self) -> None:
        self.size = 0
        self._table = np.full((0, 0), -1, dtype=np.int32)
        self._met: list[tuple[Ints, Ints]] = []

    def codes(self, left: Ints, n_left: int, right: Ints, n_right: int) -> Ints:
        rows, width = self._table.shape
        if n_left > rows or n_right > width:
            self._grow(n_left, n_right)
            width = self._table.shape[1]
        pair = right
        if n_left > 1:
            pair = np.multiply(left, width, dtype=np.int64)
            pair += right
        cells = self._table.reshape(-1)
        found: Ints = cells[pair]
        if found.size and found.min() < 0:
            new = _distinct(cells, pair[found < 0])
            cells[new] = np.arange(self.size, self.size + new.size, dtype=np.int32)
            self.size += new.size
            self._met.append((new // width, new % width))
            found = cells[pair]
        return found

    def parts(self) -> tuple[Ints, Ints]:
        if not self._met:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        left, right = zip(*self._met, strict=True)
        return np.concatenate(left), np.concatenate(right)

    def _grow(self, n_left: int, n_right: int) -> None:
        rows, width = self._table.shape
        # with room, as the next batch may bring more
        if n_left > rows:
            n_left = max(n_left, rows + rows // 2)
        if n_right > width:
            n_right = max(n_right, width + width // 2)
        n_left, n_right = max(n_left, rows), max(n_right, width)
        if n_left * n_right > PAIRS:
            raise TooManyError
        table = np.full((n_left, n_right), -1, dtype=np.int32)
        table[:rows, :width] = self._table
        self._table = table


def _plain(array: pa.Array) -> pa.Array:
    """Truth and times as numbers: two instants of an hour that comes twice are not the same."""
    import pyarrow as pa

    if pa.types.is_boolean(array.type):
        return array.cast(pa.int8())
    if pa.types.is_temporal(array.type) and not pa.types.is_interval(array.type):
        return array.view(pa.int32() if array.type.bit_width == 32 else pa.int64())
    return array


def _distinct(table: Ints, places: Ints) -> Ints:
    """`places` in `table` without repetition; what is there is overwritten."""
    turn = np.arange(places.size, dtype=table.dtype)
    # of those that write to one place the last one finds its own number again
    table[places] = turn
    last: Ints = places[table[places] == turn]
    return last


def as_pandas(column: pa.ChunkedArray, dtype: pd.CategoricalDtype | None) -> pd.Series[Any]:
    """A column in the type that pandas would have given it; of these categories, or of more."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        # without declared categories these are texts, in whatever order they happened to come
        column = column.cast(column.type.value_type)
    if dtype is not None:
        values = column.to_pandas().astype(object)
        known = set(dtype.categories)
        unknown = sorted((v for v in values.dropna().unique() if v not in known), key=str)
        every = pd.CategoricalDtype([*dtype.categories, *unknown], dtype.ordered)
        return pd.Series(values, dtype=every)
    kinds: dict[Any, Any] = {}
    if column.null_count:
        kinds = {
            pa.bool_(): pd.BooleanDtype(),
            pa.int64(): pd.Int64Dtype(),
            pa.uint64(): pd.UInt64Dtype(),
        }
    if column.null_count and pa.types.is_integer(column.type) and column.type not in kinds:
        column = column.cast(pa.int64())
    elif pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    series: pd.Series[Any] = column.to_pandas(types_mapper=kinds.get)
    return series
