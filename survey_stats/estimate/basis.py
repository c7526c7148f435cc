"""What the errors of a result are made of: every respondent in at most one column a question.

The linearised error of a row of a result is a weighted sum of few columns: a share in a group is
made of the weights of those who gave each answer there. Respondents need only be added up by
column, once, however many rows are made of the columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TypeVar

import numpy as np
from scipy import sparse

from survey_stats.estimate.columns import Bools, Floats, Ints, cross, split
from survey_stats.estimate.design import Design, Stage
from survey_stats.estimate.tally import blocks, fits

S = TypeVar("S", sparse.csr_array, sparse.csc_array)

# columns a field up to which products of many fields come from dense blocks
_FEW = 4
# entries of a sparse product handled at a time
ENTRIES = 1 << 21


@dataclass(frozen=True, eq=False)
class Field:
    """`value[i]` in column `code[i]` of row i, nothing where the code is `size`; both (n,)."""

    code: Ints
    value: Floats
    size: int

    def equals(self, other: Field) -> bool:
        """Whether the other holds the same."""
        return (
            self.size == other.size
            and (self.value is other.value or np.array_equal(self.value, other.value))
            and np.array_equal(self.code, other.code)
        )


@dataclass(frozen=True, eq=False)
class Basis:
    """Columns that results are made of, shape (n, M); those of each field are disjoint."""

    design: Design
    fields: tuple[Field, ...]
    _kept: dict[str, sparse.csr_array] = field(default_factory=dict, repr=False)

    @property
    def starts(self) -> Ints:
        """First column of each field, and M at the end."""
        return np.cumsum([0, *(f.size for f in self.fields)])

    @property
    def size(self) -> int:
        """M."""
        return sum(f.size for f in self.fields)

    def by_stratum(self, stage: Stage) -> sparse.csr_array:
        """Sums by stratum, (n_strata, M); an entry wherever there is a row."""
        return self._totals(f"strata {id(stage)}", stage.stratum, stage.n_strata)

    def by_unit(self, stage: Stage) -> sparse.csr_array:
        """Sums by unit, (n_units, M), units in the order of strata."""
        if stage.unit is not None:
            return self._totals(f"units {id(stage)}", stage.unit, stage.n_units)
        rows = np.arange(self.design.n)
        if stage.order is not None:
            rows[stage.order] = np.arange(self.design.n)
        return self._totals(f"units {id(stage)}", rows, self.design.n)

    def _totals(self, key: str, rows: Ints, n_rows: int) -> sparse.csr_array:
        if key not in self._kept:
            parts = [table(rows, n_rows, f.code, f.size, f.value) for f in self.fields]
            self._kept[key] = (
                parts[0] if len(parts) == 1 else sparse.csr_array(sparse.hstack(parts, "csr"))
            )
        return self._kept[key]

    @cached_property
    def alike(self) -> bool:
        """Whether a row has the same value in every field."""
        return all(f.value is self.fields[0].value for f in self.fields)

    @cached_property
    def plain(self) -> bool:
        """Whether the values are the weights themselves."""
        return all(f.value is self.design.weights for f in self.fields)

    @cached_property
    def kinds(self) -> tuple[Ints, sparse.csr_array | None]:
        """The kind of each row, (n,), and which columns a kind is in, (kinds, M).

        Rows of a kind are in the same column of every field; those in none have the last code.
        Without the second, the kinds are the columns.
        """
        if len(self.fields) == 1:
            return self.fields[0].code, None
        sizes = [f.size + 1 for f in self.fields]
        kind, present = self.fields[0].code, np.arange(sizes[0])
        within = [present]
        for f, size in zip(self.fields[1:], sizes[1:], strict=True):
            kind, present = cross([kind, f.code], [within[0].size, size], complete=True)
            first, last = split(present, [within[0].size, size])
            within = [*(part[first] for part in within), last]
        outside = np.logical_and.reduce(
            [part == f.size for part, f in zip(within, self.fields, strict=True)]
        )
        # rows in no column go to the end
        order = np.argsort(outside, kind="stable")
        place = np.empty(order.size, dtype=np.intp)
        place[order] = np.arange(order.size)
        at, columns = [], []
        for part, f, start in zip(within, self.fields, self.starts[:-1], strict=True):
            own = np.flatnonzero(part < f.size)
            at.append(place[own])
            columns.append(part[own] + start)
        index = np.concatenate(at), np.concatenate(columns)
        shape = int((~outside).sum()), self.size
        return place[kind], sparse.csr_array((np.ones(index[0].size), index), shape=shape)

    def squares(self, factor: Floats, by_kind: bool = False) -> Floats:
        """Sums over rows of `factor` (n,) times the squared value by column, (M,).

        By kind of row instead, for `alike` fields.
        """
        fields = self.fields
        if by_kind:
            kind, inside = self.kinds
            size = self.size if inside is None else inside.shape[0]
            fields = (Field(kind, self.fields[0].value, size),)
        return np.concatenate([_squares(f, factor) for f in fields])

    def products(self, factor: Floats, wanted: Bools) -> sparse.csr_array:
        """Sums over rows of `factor` (n,) times the product of two columns, (M, M).

        `wanted` (fields, fields) says between which fields.
        """
        starts, shape = self.starts, (self.size, self.size)
        if self.size <= _FEW * len(self.fields) and wanted.all() and len(self.fields) > 2:
            return sparse.csr_array(self._dense_products(np.sqrt(factor)))
        same = factor * self.fields[0].value ** 2 if self.alike else None
        every = np.arange(self.size)
        data, left, right = [self.squares(factor)], [every], [every]
        for i, j in np.argwhere(np.triu(wanted, 1)).tolist():
            one, other = self.fields[i], self.fields[j]
            product = factor * one.value * other.value if same is None else same
            both = crossed(one, other, product).tocoo()
            data += [both.data, both.data]
            left += [both.row + starts[i], both.col + starts[j]]
            right += [both.col + starts[j], both.row + starts[i]]
        index = np.concatenate(left), np.concatenate(right)
        return sparse.csr_array((np.concatenate(data), index), shape=shape)

    def _dense_products(self, root: Floats) -> Floats:
        """As `products`, from dense blocks of the basis; `root` is the root of the factor."""
        result = np.zeros((self.size, self.size))
        step = max(1, ENTRIES // 8 // (self.size + 1))
        for start in range(0, self.design.n, step):
            part = slice(start, start + step)
            scale = root[part]
            block = np.zeros((scale.size, self.size + 1))
            rows = np.arange(scale.size)
            for f, first in zip(self.fields, self.starts[:-1].tolist(), strict=True):
                code = f.code[part]
                block[rows, np.where(code < f.size, code + first, self.size)] = (
                    f.value[part] * scale
                )
            block[:, -1] = 0.0
            result += block[:, :-1].T @ block[:, :-1]
        return result

    def held(self, stage: Stage, domain: sparse.csc_array) -> sparse.csc_array:
        """Units of each stratum with a member of each domain, (n_strata, C).

        `domain` (M, C) has an entry for every column whose rows are members.
        """
        if stage.unit is not None:
            members = pattern(sparse.csc_array(pattern(self.by_unit(stage)) @ domain))
            return sparse.csc_array(gather(unit_strata(stage), stage.n_strata) @ members)
        kind, inside = self.kinds
        members = domain if inside is None else pattern(sparse.csc_array(inside @ domain))
        alike = self.design.alike
        each = None if alike is None else alike.count.astype(np.float64)
        counts = table(stage.stratum, stage.n_strata, kind, members.shape[0], each)
        return sparse.csc_array(counts @ members)


def join(parts: Sequence[Basis]) -> tuple[Basis, list[Ints]]:
    """The columns of several bases, equal fields once, and where those of each part went."""
    fields: list[Field] = []
    starts: list[int] = []
    places = []
    end = 0
    for part in parts:
        place = []
        for f in part.fields:
            known = next((i for i, other in enumerate(fields) if other.equals(f)), None)
            if known is None:
                known = len(fields)
                fields.append(f)
                starts.append(end)
                end += f.size
            place.append(np.arange(starts[known], starts[known] + f.size))
        places.append(np.concatenate(place))
    return Basis(parts[0].design, tuple(fields)), places


def table(
    rows: Ints, n_rows: int, columns: Ints, n_columns: int, values: Floats | None = None
) -> sparse.csr_array:
    """Sums of `values` (n,) by row and column code, or the number of rows.

    An entry, maybe zero, for every pair that occurs; rows with a column code of `n_columns` are
    left out.
    """
    shape, width = (n_rows, n_columns), n_columns + 1
    if not fits(n_rows, n_columns, columns.size):
        kept = np.flatnonzero(columns < n_columns)
        data = np.ones(kept.size) if values is None else values[kept]
        return sparse.csr_array((data, (rows[kept], columns[kept])), shape=shape)
    sums, held = np.zeros(n_rows * width), np.zeros(n_rows * width, dtype=bool)
    for part in blocks(columns.size):
        slot = rows[part] * np.intp(width)
        slot += columns[part]
        np.add.at(sums, slot, 1.0 if values is None else values[part])
        held[slot] = True
    held[n_columns::width] = False
    at = np.flatnonzero(held)
    ends = np.cumsum(np.count_nonzero(held.reshape(n_rows, width), axis=1))
    return sparse.csr_array((sums[at], at % width, np.append(0, ends)), shape=shape)


def pattern(matrix: S) -> S:
    """1 for every entry of `matrix`, zeros included."""
    out = matrix.copy()
    out.data = np.ones(out.data.size)
    return out


def on_pattern(values: sparse.csc_array, wanted: sparse.csc_array) -> Floats:
    """The entries of `values` in the order of those of `wanted`, zero where it has none.

    Sparse products leave out entries that come to zero, which here are members all the same.
    """
    values.sum_duplicates()
    wanted.sum_duplicates()
    if values.nnz == wanted.nnz:
        return values.data
    place = wanted.copy()
    place.data = np.arange(1.0, wanted.nnz + 1)
    ones = values.copy()
    ones.data = np.ones(values.nnz)
    found = sparse.csc_array(place.multiply(ones))
    found.sum_duplicates()
    out = np.zeros(wanted.nnz)
    out[found.data.astype(np.intp) - 1] = values.data
    return out


def unit_strata(stage: Stage) -> Ints:
    """Stratum of each unit as `Basis.by_unit` orders them."""
    if stage.unit_stratum is not None:
        return stage.unit_stratum
    return stage.stratum if stage.order is None else stage.stratum[stage.order]


def column_chunks(sums: sparse.csr_array, domain: sparse.csc_array) -> Iterator[slice]:
    """Ranges of columns of `domain` in which it has about `ENTRIES` entries by row of `sums`."""
    by_column = np.bincount(sums.indices, minlength=sums.shape[1])
    entries = np.minimum(domain.T @ by_column, sums.shape[0])
    chunk = (np.cumsum(entries) // ENTRIES).astype(np.int64)
    edges = [0, *(np.flatnonzero(np.diff(chunk)) + 1).tolist(), entries.size]
    return (slice(a, b) for a, b in pairwise(edges) if b > a)


def _squares(one: Field, factor: Floats) -> Floats:
    sums = np.zeros(one.size + 1)
    for part in blocks(one.code.size):
        z = one.value[part] * one.value[part]
        z *= factor[part]
        np.add.at(sums, one.code[part], z)
    return sums[: one.size]


def crossed(one: Field, other: Field, product: Floats) -> sparse.csr_array:
    """Sums of `product` (n,) by the columns of two fields."""
    if fits(one.size + 1, other.size, product.size):
        return table(one.code, one.size + 1, other.code, other.size, product)[: one.size]
    rows = np.flatnonzero((one.code < one.size) & (other.code < other.size))
    return table(one.code[rows], one.size, other.code[rows], other.size, product[rows])


def gather(codes: Ints, size: int) -> sparse.csr_array:
    """The matrix that sums rows by code, shape (size, n)."""
    n = codes.size
    return sparse.csr_array((np.ones(n), (codes, np.arange(n))), shape=(size, n))
