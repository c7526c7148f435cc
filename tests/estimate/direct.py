"""Slow, plain estimates for the tests: one loop per group, stratum and unit, from the textbook.

Written from the formulas in Särndal, Swensson and Wretman (1992, chapters 4, 5 and 10), without
looking at how the package does it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def linear(
    frame: pd.DataFrame,
    y: np.ndarray,
    x: np.ndarray,
    domain: np.ndarray,
    weights: str,
    strata: str | None,
    clusters: Sequence[str] = (),
    fpc: Sequence[str] = (),
    total: bool = False,
) -> tuple[float, float]:
    """Estimate and standard error of a ratio (or total) in a domain, missing answers left out."""
    w = frame[weights].to_numpy(float)
    inside = domain & ~np.isnan(y) & ~np.isnan(x)
    y, x = np.where(inside, y, 0.0), np.where(inside, x, 0.0)
    if total:
        theta = float((w * y).sum())
        z = w * y
    else:
        theta = float((w * y).sum() / (w * x).sum())
        z = w * (y - theta * x) / (w * x).sum()
    z = np.where(inside, z, 0.0)
    table = frame.reset_index(drop=True)
    stratum = table[strata].astype(str) if strata else pd.Series("all", index=table.index)
    if not clusters:
        table = table.assign(__row=np.arange(len(table)))
        clusters = ["__row"]
    return theta, float(np.sqrt(_stage(table, z, stratum, list(clusters), list(fpc), 0)))


def _stage(
    table: pd.DataFrame,
    z: np.ndarray,
    stratum: pd.Series,
    clusters: list[str],
    fpc: list[str],
    depth: int,
) -> float:
    variance = 0.0
    for label in stratum.unique():
        rows = np.flatnonzero((stratum == label).to_numpy())
        ids = table[clusters[depth]].iloc[rows]
        units = [rows[(ids == u).to_numpy()] for u in ids.unique()]
        totals = np.array([z[u].sum() for u in units])
        n = len(units)
        fraction = 0.0
        if depth < len(fpc):
            fraction = n / table[fpc[depth]].iloc[rows[0]]
        if n > 1:
            variance += (1 - fraction) * n / (n - 1) * ((totals - totals.mean()) ** 2).sum()
        if depth + 1 < len(fpc):
            for u in units:
                inner = table.iloc[u]
                one = pd.Series("all", index=inner.index)
                variance += fraction * _stage(
                    inner.reset_index(drop=True),
                    z[u],
                    one.reset_index(drop=True),
                    clusters,
                    fpc,
                    depth + 1,
                )
    return variance
