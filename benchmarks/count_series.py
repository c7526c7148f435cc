"""How often a series of counts that has not changed is called changed, by how it is tested.

Families of 13 series of five years, the last against the four before, nothing changed; counts are
Poisson around a level (or a falling trend) that itself varies from year to year with coefficient
of variation `cv`. "mixed" families have series of mean 4 to 300 and of cv 0 to 0.3 together.

    python benchmarks/count_series.py > benchmarks/count_series.csv
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

from survey_stats.compare import adjust_p, count_series

FAMILIES = 200
SIZE = 13
YEARS = [f"n_{y}" for y in range(2018, 2023)]
ALPHA = 0.05


def main() -> None:
    rng = np.random.default_rng(2026)
    rows = []
    for trend in (False, True):
        for mean, cv in [(m, c) for m in (4, 20, 200) for c in (0.0, 0.1, 0.3)] + [("mixed", -1)]:
            rows.append({"mean": mean, "cv": cv if cv >= 0 else "mixed", "trend": trend})
            rows[-1] |= one(rng, mean, cv, trend)
            print(rows[-1], file=sys.stderr)
    pd.DataFrame(rows).round(4).to_csv(sys.stdout, index=False)


def one(rng: np.random.Generator, mean: object, cv: float, trend: bool) -> dict[str, float]:
    size = FAMILIES * SIZE
    level, spread = np.full(size, float(mean) if cv >= 0 else 0.0), np.full(size, cv)
    if cv < 0:
        level = np.exp(rng.uniform(np.log(4), np.log(300), size))
        spread = rng.choice([0.0, 0.1, 0.2, 0.3], size)
    m = level[:, None] * np.exp(-0.15 * trend * np.arange(len(YEARS)))
    shape = np.where(spread > 0, spread, 1.0)[:, None] ** -2
    m = np.where(spread[:, None] > 0, m * rng.gamma(shape, 1 / shape, m.shape), m)
    frame = pd.DataFrame(rng.poisson(m), columns=YEARS)

    own = count_series(frame, YEARS, trend=trend, totals=None, dispersion="own")
    shared = [
        count_series(part, YEARS, trend=trend, totals=None, dispersion="shared")
        for _, part in frame.groupby(np.arange(size) // SIZE)
    ]
    low, high, last = (
        np.concatenate([getattr(s, name) for s in shared])
        for name in ("prediction_low", "prediction_high", "count")
    )
    p = {
        "poisson": own.p_poisson,
        "pretest": np.where(own.p_dispersion <= ALPHA, own.p_value, own.p_poisson),
        "own": own.p_value,
        "shared": np.concatenate([s.p_value for s in shared]),
    }
    out = {}
    for name, values in p.items():
        known = np.isfinite(values)
        out[f"{name}_single"] = float((values[known] <= ALPHA).mean())
    for name, values in p.items():
        families = values.reshape(FAMILIES, SIZE)
        out[f"{name}_family"] = float(
            np.mean([np.nanmin(adjust_p(family)) <= ALPHA for family in families])
        )
    known = np.isfinite(low)
    inside = (low <= last) & ~(last > high)
    return out | {"prediction_coverage": float(inside[known].mean())}


if __name__ == "__main__":
    main()
