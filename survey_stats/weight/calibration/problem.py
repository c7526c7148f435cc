"""The calibration problem at the level of patterns: respondents with the same auxiliary variables.

With categorical margins a survey of any size has a few hundred patterns, and whatever calibrates
gives one factor to all respondents of a pattern.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from survey_stats.weight.calibration.margins import Margins
from survey_stats.weight.calibration.normal import Matrix, Normal, column_sums
from survey_stats.weight.calibration.solve import Part, typical_ratio
from survey_stats.weight.influence import Block
from survey_stats.weight.levels import combine, told

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

_DENSE = 60_000  # elements up to which a matrix of auxiliary variables is always kept dense
_FILLED = 0.1  # and the share of them that is not zero from which on it is
_MOST_DENSE = 50_000_000
_LARGE = 100  # levels of a margin that is solved for last


@dataclass(frozen=True, eq=False)
class Patterns:
    """Respondents by pattern.

    Attributes:
        code: the pattern of each respondent, (n,); `size` for who does not count.
        x: auxiliary variables by pattern, sparse (P, p).
        group: the group of each pattern, (P,).
        blocks: the auxiliary variables of each respondent, as `Influence` wants them.
        base: the weight of each respondent of a pattern, (P,), where patterns differ by it.
    """

    code: IntArray
    x: sparse.csr_array
    group: IntArray
    blocks: tuple[Block, ...]
    base: FloatArray | None

    @property
    def size(self) -> int:
        """P."""
        return int(self.x.shape[0])

    def sums(self, amounts: FloatArray) -> FloatArray:
        """Sums of `amounts` (n,) by pattern, (P,)."""
        return np.asarray(np.bincount(self.code, amounts, minlength=self.size + 1)[: self.size])


def find_patterns(
    margins: Margins, weights: FloatArray, household: IntArray | None, split_by_weight: bool
) -> Patterns:
    """The patterns of the respondents who count.

    Args:
        household: the household of each respondent, (n,), whose members share one factor.
        split_by_weight: whether respondents of one pattern must have equal weights as well.
    """
    everybody = bool(margins.counted.all())
    counted = np.flatnonzero(margins.counted)

    def of(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return values if everybody else values[counted]

    at = margins.first
    cells, _ = combine(
        [margins.group[at], *(margin.code[at] for margin in margins.each)],
        [len(margins.groups) + 1, *(margin.size + 1 for margin in margins.each)],
    )
    codes, sizes = [of(cells[margins.cell])], [int(cells.max()) + 1]
    for margin in margins.each:
        if margin.value is not None:
            code, unique = pd.factorize(of(margin.value))
            codes.append(np.asarray(code, dtype=np.intp))
            sizes.append(len(unique))
    blocks = tuple(Block(m.code, m.size, m.value) for m in margins.each)
    extra: IntArray | None = None
    if split_by_weight:
        code, unique = pd.factorize(of(weights))
        extra = np.asarray(code, dtype=np.intp)
        codes.append(extra)
        sizes.append(len(unique))
    found, first = combine(codes, sizes)
    x = _rows(margins, counted[first])
    if household is not None:
        found, first, x = _shared(found, x, of(household), of(margins.group), extra)
        blocks = _spread_blocks(found, x, counted, margins.counted.size)
    code = found
    if not everybody:
        code = np.full(margins.counted.size, first.size, dtype=np.intp)
        code[counted] = found
    base = weights[counted[first]] if split_by_weight else None
    return Patterns(code, x, margins.group[counted[first]], blocks, base)


def _rows(margins: Margins, rows: IntArray) -> sparse.csr_array:
    """X of some respondents, (rows, p)."""
    at, columns, values = [], [], []
    start = 0
    for margin in margins.each:
        code = margin.code[rows]
        has = np.flatnonzero(code < margin.size)
        at.append(has)
        columns.append(code[has] + start)
        values.append(np.ones(has.size) if margin.value is None else margin.value[rows[has]])
        start += margin.size
    triple = (np.concatenate(values), (np.concatenate(at), np.concatenate(columns)))
    return sparse.csr_array(triple, shape=(rows.size, start))


def _shared(
    found: IntArray,
    x: sparse.csr_array,
    household: IntArray,
    group: IntArray,
    extra: IntArray | None,
) -> tuple[IntArray, IntArray, sparse.csr_array]:
    """Patterns of households, whose members all have the household's mean of X.

    Lemaître and Dufour 1987, Survey Methodology 13(2):199.
    """
    size = int(household.max()) + 1
    members = np.bincount(household, minlength=size).astype(np.float64)
    counts = sparse.csr_array((np.ones(found.size), (household, found)), shape=(size, x.shape[0]))
    means = (sparse.diags_array(1 / members) @ counts @ x).tocsc()
    first_member = np.full(size, -1, dtype=np.intp)
    first_member[household[::-1]] = np.arange(household.size - 1, -1, -1)
    codes, sizes = [group[first_member]], [int(group.max()) + 1]
    if extra is not None:
        codes.append(extra[first_member])
        sizes.append(int(extra.max()) + 1)
    for column in range(x.shape[1]):
        values = means[:, [column]].toarray()[:, 0]
        code, unique = pd.factorize(values)
        codes.append(np.asarray(code, dtype=np.intp))
        sizes.append(len(unique))
    pattern, first = combine(codes, sizes)
    return pattern[household], first_member[first], means.tocsr()[first]


def _spread_blocks(
    found: IntArray, x: sparse.csr_array, counted: IntArray, n: int
) -> tuple[Block, ...]:
    """A block a column, since members of a household have several levels of one margin."""
    code = np.ones(n, dtype=np.intp)
    code[counted] = 0
    columns = x.tocsc()
    blocks = []
    for column in range(x.shape[1]):
        value = np.zeros(n)
        value[counted] = columns[:, [column]].toarray()[:, 0][found]
        blocks.append(Block(code, 1, value))
    return tuple(blocks)


def make_parts(
    margins: Margins, patterns: Patterns, sums: FloatArray, give: FloatArray
) -> list[Part]:
    """The independent problems: one a group.

    Args:
        sums: sums of the weights by pattern, (P,).
        give: what each total may give, (p,); see `Part`.
    """
    totals, column_group, numeric = margins.totals, margins.column_group, margins.numeric
    margin = np.repeat(np.arange(len(margins.each)), [m.size for m in margins.each])
    parts = []
    for place, name in enumerate(margins.groups):
        inside = np.flatnonzero(patterns.group == place)
        columns = np.flatnonzero(column_group == place)
        x = patterns.x if len(margins.groups) == 1 else patterns.x[inside][:, columns]
        parts.append(
            _part(
                " x ".join(margins.by) + " " + told(name) if margins.by else "",
                (inside, columns),
                x,
                sums[inside],
                totals[columns],
                give[columns],
                numeric[columns],
                margin[columns],
            )
        )
    return parts


def _part(
    name: str,
    place: tuple[IntArray, IntArray],
    x: sparse.csr_array,
    sums: FloatArray,
    totals: FloatArray,
    give: FloatArray,
    numeric: npt.NDArray[np.bool_],
    margin: IntArray,
) -> Part:
    spread = column_sums(x, sums)
    scale = np.abs(totals)
    # A number may have any total, near 0 or of a far smaller size than its values.
    reached = spread * typical_ratio(totals, spread)
    scale = np.where(numeric, np.maximum(scale, reached), scale)
    scale = np.where(scale > 0, scale, 1.0)
    elements = x.shape[0] * x.shape[1]
    dense = elements <= _DENSE or _FILLED * elements <= x.nnz <= _MOST_DENSE
    matrix: Matrix = x.toarray() if dense else x
    single = is_partition(x) and not give.any()
    if single:
        kept = np.flatnonzero(spread > 0)
        return Part(name, *place, matrix, sums, totals, give, scale, kept, 0, True)
    # The levels of the largest margin first, if they are many and exclude each other.
    largest = np.flatnonzero(margin == np.argmax(np.bincount(margin)))
    if largest.size < _LARGE or not is_partition(x[:, largest]):
        largest = largest[:0]
    order = np.concatenate([largest, np.setdiff1d(np.arange(totals.size), largest)])
    kept = order[Normal(matrix[:, order], largest.size, give[order]).independent(sums)]
    lead = int(np.isin(kept, largest).sum())
    return Part(name, *place, matrix, sums, totals, give, scale, kept, lead)


def is_partition(x: sparse.csr_array) -> bool:
    """Whether every pattern is in one column at most, with the value 1: a single margin."""
    return bool((np.diff(x.indptr) <= 1).all() and (x.data == 1).all())
