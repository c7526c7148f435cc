"""The weights of a table that has not been read: checked once, and their range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from survey_stats.errors import DesignError, InputError, enumerate_first
from survey_stats.scan.source import FILE, ROW, Source

# the sixth power of a weight is still a number
_SMALL = 1e-45


@dataclass(frozen=True)
class WeightRange:
    """What is known of the weights after one look at them.

    Attributes
    ----------
    rows: respondents
    largest: the largest weight; 1 without a weight column
    """

    rows: int
    largest: float


def weight_range(source: Source, weights: str | None, complete: Sequence[str]) -> WeightRange:
    """Look once at the weights, and at the columns that every respondent must have.

    Parameters
    ----------
    weights: the weight column; None where everybody counts once
    complete: columns in which nothing may be missing (strata, clusters, fpc)

    Raises
    ------
    DesignError: weights that are missing, infinite, negative or all zero, or a column with missing
        values, with the number of rows and the first files that have them
    InputError: the table has no rows, or a column is of the wrong kind
    """
    import narwhals as nw

    source.require([*complete, *([weights] if weights else [])])
    schema = source.lazy.collect_schema()
    looks: list[Any] = [nw.len().alias("rows")]
    if weights:
        if not schema[weights].is_numeric():
            raise DesignError(
                f"The weights {weights!r} of {source.title} are {schema[weights]}, not numbers; "
                "write them as numbers"
            )
        w = nw.col(weights).cast(nw.Float64)
        looks += [
            _count(w.is_null()).alias("missing"),
            _count(_is_nan(w)).alias("nan"),
            _count((w == math.inf) | (w == -math.inf)).alias("infinite"),
            _count(w < 0).alias("negative"),
            w.max().alias("largest"),
        ]
    none = [_missing(name, schema[name]) for name in complete]
    looks += [_count(missing).alias(f"none {i}") for i, missing in enumerate(none)]
    with source.reading():
        found = source.lazy.select(*looks).collect("pyarrow").to_native().to_pylist()[0]
    rows = int(found["rows"])
    if rows == 0:
        raise InputError(f"{source.title} has no rows; a survey needs respondents")
    if weights:
        w = nw.col(weights).cast(nw.Float64)
        for count, what, bad in (
            (int(found["missing"] or 0) + int(found["nan"] or 0), "missing", w.is_null()),
            (int(found["infinite"] or 0), "infinite", (w == math.inf) | (w == -math.inf)),
            (int(found["negative"] or 0), "negative", w < 0),
        ):
            if count:
                if what == "missing" and found["nan"]:
                    bad = bad | _is_nan(w)
                raise DesignError(
                    f"The weights {weights!r} are {what} in {count} of {rows} rows"
                    f"{_where(source, bad)}; correct or remove these respondents"
                )
    for i, name in enumerate(complete):
        count = int(found[f"none {i}"] or 0)
        if count:
            raise DesignError(
                f"The column {name!r} of the design is missing in {count} of {rows} rows"
                f"{_where(source, none[i])}; every respondent belongs to one"
            )
    largest = float(found["largest"]) if weights else 1.0
    if largest <= 0:
        raise DesignError(f"The weights {weights!r} are all zero; give the weights of the sample")
    if not _SMALL < largest < 1 / _SMALL:
        raise DesignError(
            f"The largest of the weights {weights!r} is {largest:g}, of which no powers can be "
            "summed; divide them by their mean"
        )
    return WeightRange(rows, largest)


def _missing(name: str, kind: Any) -> Any:
    import narwhals as nw

    column = nw.col(name)
    return column.is_null() | _is_nan(column) if kind.is_float() else column.is_null()


def _is_nan(column: Any) -> Any:
    # DuckDB takes `isnan` from the statistics of a parquet file, which leave NaN out
    infinite = (column == math.inf) | (column == -math.inf)
    return ~column.is_null() & ~column.is_finite() & ~infinite


def _count(condition: Any) -> Any:
    import narwhals as nw

    return condition.cast(nw.Int64).sum()


def _where(source: Source, bad: Any) -> str:
    """The first files with such rows, and the first such row of each, as a part of a sentence."""
    import narwhals as nw

    if not source.files:
        return ""
    with source.reading():
        held = source.lazy.filter(bad).group_by(FILE).agg(nw.col(ROW).min())
        found = held.collect("pyarrow").to_native().to_pylist()
    files = sorted((str(row[FILE]), int(row[ROW])) for row in found)
    return f" (first {enumerate_first([f'in row {row} of {name!r}' for name, row in files], 3)})"
