"""The weights of a table that has not been read: checked once, and their range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from survey_stats.errors import DesignError, InputError, enumerate_first
from survey_stats.scan.source import FILE, ROW, Source

_WEIGHT = "_survey_stats_weight"


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
            _count(w.is_nan()).alias("nan"),
            _count((w == math.inf) | (w == -math.inf)).alias("infinite"),
            _count(w < 0).alias("negative"),
            w.max().alias("largest"),
        ]
    looks += [_count(nw.col(name).is_null()).alias(f"none {i}") for i, name in enumerate(complete)]
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
                    bad = bad | w.is_nan()
                raise DesignError(
                    f"The weights {weights!r} are {what} in {count} of {rows} rows"
                    f"{_where(source, bad)}; correct or remove these respondents"
                )
    for i, name in enumerate(complete):
        count = int(found[f"none {i}"] or 0)
        if count:
            raise DesignError(
                f"The column {name!r} of the design is missing in {count} of {rows} rows"
                f"{_where(source, nw.col(name).is_null())}; every respondent belongs to one"
            )
    largest = float(found["largest"]) if weights else 1.0
    if largest <= 0:
        raise DesignError(f"The weights {weights!r} are all zero; give the weights of the sample")
    return WeightRange(rows, largest)


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
