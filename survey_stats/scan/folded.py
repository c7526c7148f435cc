"""Those who are alike, counted from batches of rows that an engine of this process hands over.

Sums are made in the order of the rows, so two runs over the same files give the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.scan.coding import Coder, Column, Combinations, Ints, Kind, TooManyError
from survey_stats.scan.grouped import Grouped, Kinds, Product
from survey_stats.scan.source import Source

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# rows that are summed at a time
CHUNK = 1 << 20
# bytes of the sums that are held at once
BUDGET = 600_000_000
# combinations whose sums stay in the processor's cache, and rows that do
WINDOW = 1 << 12
BLOCK = 1 << 15


def fold(
    source: Source,
    keys: Sequence[str],
    each: Sequence[Sequence[str]],
    weights: str | None,
    products: Sequence[Product],
    rows: int,
    kinds: Kinds | None = None,
) -> Iterator[Grouped]:
    """Sums of `products` by the combinations of `keys` with the columns of each table of `each`.

    The columns of `kinds` come after the keys. One pass over the `rows` rows, for as many of the
    tables as there is room for; at least one.

    Raises `TooManyError` where the first table has more combinations than there is room for, or
    the engine does not hand over rows.
    """
    factors = list(dict.fromkeys(c for p in products for c in p.columns))
    needed = [*keys, *(name for names in each for name in names), *factors]
    needed += [*([weights] if weights else []), *(kinds.columns if kinds else ())]
    held = Fold(keys, each, len(products), source.categories, kinds)
    done = 0
    with source.reading():
        batches = source.batches(list(dict.fromkeys(needed)))
        if batches is None:
            raise TooManyError
        with closing(batches):
            for part in _chunks(batches):
                n = part.num_rows
                numbers = {name: _numbers(part, name) for name in factors}
                weightless = numbers[weights] <= 0 if weights else np.zeros(n, dtype=bool)
                held.add(part, weightless, [_product(numbers, p.columns) for p in products])
                done += n
                source.progress.tell(done / rows)
    while len(held):
        yield held.take()


class Fold:
    """Sums of weights by the combinations of `keys` with the columns of each table of `each`.

    Tables for which there is no room beside the others are given up, the last first; those that
    are left can be taken out one by one when all rows are in.
    """

    def __init__(
        self,
        keys: Sequence[str],
        each: Sequence[Sequence[str]],
        n_sums: int,
        categories: Mapping[str, pd.CategoricalDtype],
        kinds: Kinds | None = None,
    ) -> None:
        def columns(names: Sequence[str]) -> list[Column]:
            return [Column(categories.get(name)) for name in names]

        self._keys = list(keys)
        self._kinds = [kinds] if kinds else []
        # those of weight zero have combinations of their own
        self._base = Combinations(
            [*columns(keys), *(Kind(k, columns(k.columns)) for k in self._kinds), Column()]
        )
        self._tables = [_Table(names, Combinations(columns(names)), n_sums) for names in each]
        self._sorted: tuple[list[pd.Series[Any]], Ints] | None = None

    def __len__(self) -> int:
        return len(self._tables)

    def add(self, rows: pa.Table, weightless: Bools, weights: Sequence[Floats]) -> None:
        """Add rows, some of them without a weight, with their n_sums products (n,).

        Raises `TooManyError` where a single table has more combinations than there is room for.
        """
        import pyarrow as pa

        n = rows.num_rows
        arrays = [
            *(_column(rows, name) for name in self._keys),
            *([_column(rows, name) for name in k.columns] for k in self._kinds),
            pa.array(weightless),
        ]
        base = self._base.codes(arrays, n)
        order = None
        if self._base.size > WINDOW:
            # sums that lie next to each other are added to one after the other
            order = _sort(base)
            base, weights = base[order], [w[order] for w in weights]
        for table in list(self._tables):
            codes = table.combinations.codes([_column(rows, c) for c in table.names], n)
            self._make_room(table)
            if table not in self._tables:
                break
            table.reach(self._base.size)
            table.add(base, codes if order is None else codes[order], weights)

    def take(self) -> Grouped:
        """The sums of the first table that is left."""
        if self._sorted is None:
            columns, parts = self._base.columns, self._base.parts()
            order = _sorted(columns, parts)
            named = list(zip(columns, parts, strict=True))[:-1]
            self._sorted = (
                [s for column, codes in named for s in column.series(codes[order])],
                order,
            )
        return self._tables.pop(0).folded(*self._sorted)

    def _make_room(self, growing: _Table) -> None:
        """Give tables up until there is room for what this one has to become."""
        while True:
            others = sum(table.bytes for table in self._tables if table is not growing)
            if others + growing.wanted(self._base.size) <= BUDGET:
                return
            if len(self._tables) == 1:
                raise TooManyError
            if self._tables.pop() is growing:
                return


class _Table:
    """Sums by combinations of the fold, in rows, and of some more columns, in columns."""

    def __init__(self, names: Sequence[str], combinations: Combinations, n_sums: int) -> None:
        self.names = names
        self.combinations = combinations
        self._count = np.zeros((0, 0), dtype=np.int64)
        self._sums = [np.zeros((0, 0)) for _ in range(n_sums)]

    @property
    def bytes(self) -> int:
        """Memory of the sums."""
        return self._count.nbytes * (1 + len(self._sums))

    def wanted(self, height: int) -> int:
        """Their memory when there is room for so many combinations of the fold."""
        rows, width = self._grown(height)
        return 8 * rows * width * (1 + len(self._sums))

    def _grown(self, height: int) -> tuple[int, int]:
        rows, width = self._count.shape
        wide = max(self.combinations.size, width)
        if height <= rows:
            return rows, wide
        return (height + height // 4 if rows else height), wide

    def reach(self, height: int) -> None:
        """Have room for so many combinations of the fold, and all of the columns."""
        rows, width = self._count.shape
        shape = self._grown(height)
        if shape == (rows, width):
            return

        def grown(old: NDArray[Any]) -> NDArray[Any]:
            new = np.zeros(shape, dtype=old.dtype)
            new[:rows, :width] = old
            return new

        self._count = grown(self._count)
        self._sums = [grown(s) for s in self._sums]

    def add(self, base: Ints, codes: Ints, weights: Sequence[Floats]) -> None:
        """Add rows of these combinations, (n,) each."""
        at = np.multiply(base, self._count.shape[1], dtype=np.int64)
        at += codes
        if self._count.size <= at.size:
            size = self._count.size
            self._count.reshape(-1)[:] += np.bincount(at, minlength=size)
            for total, w in zip(self._sums, weights, strict=True):
                total.reshape(-1)[:] += np.bincount(at, w, minlength=size)
            return
        for start in range(0, at.size, BLOCK):
            part = slice(start, start + BLOCK)
            np.add.at(self._count.reshape(-1), at[part], np.int64(1))
            for total, w in zip(self._sums, weights, strict=True):
                np.add.at(total.reshape(-1), at[part], w[part])

    def folded(self, columns: Sequence[pd.Series[Any]], order: Ints) -> Grouped:
        """The combinations that occur; `columns` are those of the fold in this order."""
        own = self.combinations.parts()
        across = _sorted(self.combinations.columns, own)
        at = (order[:, None] * self._count.shape[1] + across).reshape(-1)
        count = self._count.reshape(-1)[at]
        held = np.flatnonzero(count)
        if held.size < at.size:
            count, at = count[held], at[held]
        down, along = np.divmod(held, across.size)
        along = across[along]
        return Grouped(
            [
                *(pd.Series(column.array.take(down)) for column in columns),
                *(
                    series
                    for column, codes in zip(self.combinations.columns, own, strict=True)
                    for series in column.series(codes[along])
                ),
            ],
            count,
            [s.reshape(-1)[at] for s in self._sums],
        )


def _sorted(columns: Sequence[Coder], parts: Sequence[Ints]) -> Ints:
    """The order of combinations by the values of their columns, the first one slowest."""
    if not columns:
        return np.zeros(1, dtype=np.int64)
    rank = np.zeros(parts[0].size, dtype=np.int64)
    for column, codes in zip(columns, parts, strict=True):
        rank = rank * (column.size + 1) + column.ranks()[codes]
        if math.prod(c.size + 1 for c in columns) >= 2**62:
            # places among those that occur are smaller numbers, in the same order
            rank = np.unique(rank, return_inverse=True)[1]
    return np.argsort(rank, kind="stable")


def _sort(codes: Ints) -> Ints:
    """The stable order of codes below 2^32, sixteen bits at a time."""
    low = np.argsort(codes.astype(np.uint16), kind="stable")
    high = np.argsort((codes >> 16).astype(np.uint16)[low], kind="stable")
    return low[high]


def _column(rows: pa.Table, name: str) -> pa.Array:
    column = rows.column(name)
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _chunks(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches put together to about `CHUNK` rows."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        if batch.num_rows:
            held.append(batch)
            rows += batch.num_rows
        if rows >= CHUNK:
            yield pa.Table.from_batches(held)
            held, rows = [], 0
    if held:
        yield pa.Table.from_batches(held)


def _numbers(rows: pa.Table, name: str) -> Floats:
    import pyarrow as pa

    numbers: Floats = _column(rows, name).cast(pa.float64()).to_numpy(zero_copy_only=False)
    return numbers


def _product(numbers: Mapping[str, Floats], names: Sequence[str]) -> Floats:
    result = numbers[names[0]]
    for name in names[1:]:
        result = result * numbers[name]
    return result
