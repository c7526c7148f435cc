"""The one thing that is asked of a table: those who are alike, counted, their weights summed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.errors import InputError
from survey_stats.scan.coding import TooManyError
from survey_stats.scan.folded import fold
from survey_stats.scan.grouped import Grouped, Kinds, Product
from survey_stats.scan.pushed import push
from survey_stats.scan.source import Source
from survey_stats.scan.weights import WeightRange

MOST_ROWS = 20_000_000
"""So many combinations still fit comfortably in memory."""


@dataclass(frozen=True)
class Further:
    """A further column of weights, the largest size of one, and whether it is a factor of them."""

    name: str
    largest: float
    factor: bool = False


@dataclass(frozen=True, eq=False)
class Collapsed:
    """Combinations of the key columns that occur, in the order of their values.

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
    each: Sequence[Sequence[str]] = ((),),
    kinds: Kinds | None = None,
) -> Iterator[Collapsed]:
    """Count the respondents of every combination of columns, and sum powers of their weights.

    An engine of this process hands over its rows in batches, which are summed as they come. Any
    other, and any table with more combinations than there is room for, groups the rows itself.

    Parameters
    ----------
    keys: columns that are in every table
    weights: the weight column; None where everybody counts once
    known: what `weight_range` found
    degree: the highest power of the weights that is summed
    others: further columns of weights
    each: further columns of each table; the rows are read once for as many tables as fit
    kinds: columns in every table of which only the kind matters; none of them is in another place

    Yields the tables in turn.

    Raises
    ------
    UnknownNameError: a key column is not there
    InputError: files differ in a column, there are more than `MOST_ROWS` combinations, or the
        engine stopped
    """
    keys = list(dict.fromkeys(keys))
    tables = [[n for n in dict.fromkeys(names) if n not in keys] for names in each]
    more = kinds.columns if kinds else ()
    needed = [*keys, *more, *([weights] if weights else []), *(o.name for o in others)]
    source.require([*needed, *(name for names in tables for name in names)])
    products = []
    if weights:
        powers = range(1, degree + 1)
        products += [Product((weights,) * k, known.largest**k) for k in powers]
    for other in others:
        times = (weights,) if other.factor and weights else ()
        products.append(Product((other.name, *times), other.largest or 1.0))

    def told(names: Sequence[str], grouped: Grouped | None) -> Collapsed:
        if grouped is None or grouped.count.size > MOST_ROWS:
            asked = ", ".join(map(repr, [*keys, *more, *names]))
            raise InputError(
                f"The columns {asked} of {source.title} have more than {MOST_ROWS} combinations; "
                "ask for fewer at once, or round numbers first"
            )
        return _collapsed([*keys, *more, *names], grouped, bool(weights), degree, others)

    done, fitting = 0, len(tables)
    while done < len(tables):
        try:
            start = done
            some = tables[done : done + fitting]
            for grouped in fold(source, keys, some, weights, products, known.rows, kinds):
                yield told(tables[done], grouped)
                done += 1
            fitting = done - start
        except TooManyError:
            names = tables[done]
            yield told(names, push(source, [*keys, *more, *names], weights, products, MOST_ROWS))
            done += 1


def _collapsed(
    names: Sequence[str],
    grouped: Grouped,
    weighted: bool,
    degree: int,
    others: Sequence[Further],
) -> Collapsed:
    count, moments = grouped.count, [grouped.count.astype(np.float64)] * degree
    if weighted:
        moments = grouped.sums[:degree]
    weight = moments[0]
    safe = np.where(weight > 0, weight, 1.0)
    further = grouped.sums[len(grouped.sums) - len(others) :]
    return Collapsed(
        pd.DataFrame(dict(zip(names, grouped.columns, strict=True)), index=range(count.size)),
        count,
        weight,
        tuple(np.where(weight > 0, m / safe**k, 1.0) for k, m in enumerate(moments[1:], 2)),
        {other.name: total for other, total in zip(others, further, strict=True)},
    )
