"""The one thing that an engine is asked: those who are alike, counted, and their weights summed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.errors import InputError
from survey_stats.scan import sums
from survey_stats.scan.source import Source
from survey_stats.scan.weights import WeightRange

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 20_000_000
"""So many combinations still fit comfortably in memory."""

_HERE = "_survey_stats_"
_COUNT, _POSITIVE, _ANY = f"{_HERE}count", f"{_HERE}positive", f"{_HERE}any"


@dataclass(frozen=True)
class Further:
    """A further column of weights, the largest size of one, and whether it is a factor of them."""

    name: str
    largest: float
    factor: bool = False


@dataclass(frozen=True, eq=False)
class Collapsed:
    """Combinations of the key columns that occur, in the order that their engine gives them.

    Attributes
    ----------
    frame: the key columns, a row a combination; those of weight zero have rows of their own
    count: respondents of each row, (n,)
    weights: sum of their weights, (n,)
    powers: sums of w^k over them, over (sum of w)^k, for k = 2, 3, ...; 1 where the weight is 0
    others: sums of further columns of weights, (n,) each
    """

    frame: pd.DataFrame
    count: NDArray[np.int64]
    weights: NDArray[np.float64]
    powers: tuple[NDArray[np.float64], ...]
    others: dict[str, NDArray[np.float64]]


def collapse(
    source: Source,
    keys: Sequence[str],
    weights: str | None,
    known: WeightRange,
    degree: int = 1,
    others: Sequence[Further] = (),
) -> Collapsed:
    """Count the respondents of every combination of `keys`, and sum powers of their weights.

    Parameters
    ----------
    weights: the weight column; None where everybody counts once
    known: what `weight_range` found
    degree: the highest power of the weights that is summed
    others: further columns of weights

    Raises
    ------
    UnknownNameError: a key column is not there
    InputError: files differ in a column, there are more than `MOST_ROWS` combinations, or the
        engine stopped
    """
    import narwhals as nw

    keys = list(dict.fromkeys(keys))
    source.require([*keys, *([weights] if weights else []), *(o.name for o in others)])
    derived, wanted = [], []
    for k in range(1, degree + 1 if weights else 0):
        w = nw.col(str(weights)).cast(nw.Float64)
        power = w
        for _ in range(k - 1):
            power = power * w
        derived += sums.parts(power, sums.shift(known.largest**k), f"{_HERE}{k}")
        wanted += sums.names(f"{_HERE}{k}")
    for i, other in enumerate(others):
        number = nw.col(other.name).cast(nw.Float64)
        if other.factor and weights:
            number = number * nw.col(weights).cast(nw.Float64)
        derived += sums.parts(number, sums.shift(other.largest or 1.0), f"{_HERE}o{i}")
        wanted += sums.names(f"{_HERE}o{i}")
    positive = nw.col(weights) > 0 if weights else nw.lit(True)
    by = [*keys, _POSITIVE]
    with source.reading():
        table = (
            source.lazy.with_columns(*derived, positive.alias(_POSITIVE))
            .select(*by, *wanted)
            .group_by(*by)
            .agg(nw.len().alias(_COUNT), *(nw.col(n).sum().cast(nw.Int64) for n in wanted))
            # in one order, so that the next run adds up the same numbers in the same way
            .sort(*by)
            .head(MOST_ROWS + 1)
            .collect("pyarrow")
            .to_native()
        )
    if table.num_rows > MOST_ROWS:
        raise InputError(
            f"The columns {', '.join(map(repr, keys))} of {source.title} have more than "
            f"{MOST_ROWS} combinations; ask for fewer at once, or round numbers first"
        )
    frame = pd.DataFrame(
        {name: _column(table.column(name), source.categories.get(name)) for name in by}
    )

    def total(name: str, power: int) -> NDArray[np.float64]:
        parts = [table.column(n).to_numpy() for n in sums.names(name)]
        return sums.total(parts, power)

    count = table.column(_COUNT).to_numpy().astype(np.int64)
    if weights:
        moments = [total(f"{_HERE}{k}", sums.shift(known.largest**k)) for k in range(1, degree + 1)]
    else:
        moments = [count.astype(np.float64)] * degree
    weight = moments[0]
    safe = np.where(weight > 0, weight, 1.0)
    powers = tuple(
        np.where(weight > 0, moment / safe**k, 1.0) for k, moment in enumerate(moments[1:], 2)
    )
    return Collapsed(
        frame.drop(columns=_POSITIVE),
        count,
        weight,
        powers,
        {
            other.name: total(f"{_HERE}o{i}", sums.shift(other.largest or 1.0))
            for i, other in enumerate(others)
        },
    )


def _column(column: pa.ChunkedArray, dtype: pd.CategoricalDtype | None) -> pd.Series[Any]:
    """A key column in the type that pandas would have given it."""
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
        kinds = {pa.bool_(): pd.BooleanDtype(), pa.int64(): pd.Int64Dtype()}
    if column.null_count and pa.types.is_integer(column.type):
        column = column.cast(pa.int64())
    elif pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    series: pd.Series[Any] = column.to_pandas(types_mapper=kinds.get)
    return series
