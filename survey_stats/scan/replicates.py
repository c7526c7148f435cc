"""Replicate weights of a table that has not been read: checked in one look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey_stats.errors import DesignError, enumerate_first
from survey_stats.scan.source import Source

MOST_PRODUCTS = 120
"""Of so many replicates the rank is found from the sums of their products."""


@dataclass(frozen=True, eq=False)
class ReplicateLook:
    """What one look at R columns of replicate weights tells.

    Attributes
    ----------
    largest: the largest size of a replicate weight, the weight included; (R,)
    ratio: their sums over that of the weights, (R,)
    dropped: the part of respondents with a weight for whom each is zero, (R,)
    least, most: of how many replicates a respondent with a weight is dropped
    products: sums of their products, (R, R); None where they were not asked for
    """

    largest: NDArray[np.float64]
    ratio: NDArray[np.float64]
    dropped: NDArray[np.float64]
    least: int
    most: int
    products: NDArray[np.float64] | None


def look(
    source: Source,
    names: Sequence[str],
    weights: str | None,
    combined: bool,
    signed: bool,
    products: bool,
) -> ReplicateLook:
    """Look once at the replicate weights `names`.

    Parameters
    ----------
    combined: whether they are weights, not factors of the weights
    signed: whether they may be negative
    products: whether the sums of their products are wanted

    Raises
    ------
    DesignError: they are missing, infinite or, where that cannot be, negative
    """
    import narwhals as nw

    w = nw.col(weights).cast(nw.Float64) if weights else nw.lit(1.0)
    columns = [f"_survey_stats_r{j}" for j in range(len(names))]
    raw = [nw.col(name).cast(nw.Float64) for name in names]
    table = source.lazy.with_columns(
        nw.sum_horizontal(*((r == 0).cast(nw.Int64) for r in raw)).alias("_survey_stats_zeros"),
        w.alias("_survey_stats_w"),
        *((r if combined else r * w).alias(c) for r, c in zip(raw, columns, strict=True)),
    )
    has = (nw.col("_survey_stats_w") > 0).cast(nw.Int64)
    zeros = nw.col("_survey_stats_zeros")
    first: list[Any] = [has.sum().alias("n"), nw.col("_survey_stats_w").sum().alias("w")]
    for j, (r, c) in enumerate(zip(raw, columns, strict=True)):
        wrong = r.is_null() | ~r.is_finite()
        wrong = wrong if signed else wrong | (r < 0)
        first += [
            wrong.cast(nw.Int64).sum().alias(f"bad {j}"),
            nw.col(c).abs().max().alias(f"largest {j}"),
            nw.col(c).sum().alias(f"sum {j}"),
            ((r == 0).cast(nw.Int64) * has).sum().alias(f"zero {j}"),
        ]
    size = len(names)
    pairs = [(i, j) for i in range(size) for j in range(i + 1)] if products else []
    crossed = [(nw.col(columns[i]) * nw.col(columns[j])).sum().alias(f"{i} {j}") for i, j in pairs]
    with source.reading():
        found = table.select(*first, *crossed).collect("pyarrow").to_native().to_pylist()[0]
        rows = table.filter(nw.col("_survey_stats_w") > 0)
        most = rows.select(zeros.min().alias("least"), zeros.max().alias("most"))
        ends = most.collect("pyarrow").to_native().to_pylist()[0]
    bad = [names[j] for j in range(size) if found[f"bad {j}"]]
    if bad:
        what = "missing or infinite" if signed else "missing, infinite or negative"
        raise DesignError(
            f"The replicate weights {enumerate_first(bad)} of {source.title} are {what} in "
            f"{max(int(found[f'bad {j}']) for j in range(size))} rows; correct them"
        )

    def each(name: str) -> NDArray[np.float64]:
        return np.array([float(found[f"{name} {j}"]) for j in range(size)])

    matrix = None
    if products:
        matrix = np.zeros((size, size))
        for i, j in pairs:
            matrix[i, j] = matrix[j, i] = found[f"{i} {j}"]
    return ReplicateLook(
        each("largest"),
        each("sum") / float(found["w"]),
        each("zero") / max(int(found["n"]), 1),
        int(ends["least"] or 0),
        int(ends["most"] or 0),
        matrix,
    )
