"""Those who are alike, counted by the engine that holds them."""

from __future__ import annotations

import functools
import operator
import warnings
from collections.abc import Sequence

import numpy as np

from survey_stats.scan import sums
from survey_stats.scan.coding import as_pandas
from survey_stats.scan.grouped import Grouped, Product
from survey_stats.scan.source import Source

_HERE = "_survey_stats_"
_COUNT, _POSITIVE = f"{_HERE}count", f"{_HERE}positive"


def push(
    source: Source, keys: Sequence[str], weights: str | None, products: Sequence[Product], most: int
) -> Grouped | None:
    """Sums of `products` by the combinations of `keys`; None where there are more than `most`.

    Those of weight zero have combinations of their own. The sums are the same in whatever order
    the engine adds, see `sums`.
    """
    import narwhals as nw

    derived, wanted = [], []
    for i, product in enumerate(products):
        parts = [f"{_HERE}{i} {part}" for part in range(sums.count(len(product.columns)))]
        factors = (nw.col(name).cast(nw.Float64) for name in product.columns)
        number = functools.reduce(operator.mul, factors)
        derived += sums.parts(number, sums.shift(product.largest), parts)
        wanted.append(parts)
    positive = nw.col(weights) > 0 if weights else nw.lit(True)
    by = [*keys, _POSITIVE]
    source.progress.tell(None)
    with source.reading(), warnings.catch_warnings():
        # pandas is slow at these sums, which is known
        warnings.filterwarnings("ignore", "Found complex group-by")
        table = (
            source.lazy.with_columns(*derived, positive.alias(_POSITIVE))
            .select(*by, *(name for parts in wanted for name in parts))
            .group_by(*by)
            .agg(
                nw.len().alias(_COUNT),
                *(nw.col(name).sum().cast(nw.Int64) for parts in wanted for name in parts),
            )
            # in one order, so that the next run adds up the same numbers in the same way
            .sort(*by)
            .head(most + 1)
            .collect("pyarrow")
            .to_native()
        )
    if table.num_rows > most:
        return None
    return Grouped(
        [as_pandas(table.column(name), source.categories.get(name)) for name in keys],
        table.column(_COUNT).to_numpy().astype(np.int64),
        [
            sums.total([table.column(n).to_numpy() for n in parts], sums.shift(product.largest))
            for parts, product in zip(wanted, products, strict=True)
        ],
    )
