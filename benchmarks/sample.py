"""The sample that every program is timed on, and the floor: the bincounts it cannot do without."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

BY = ["district", "gender", "age"]
SIZES = (11, 2, 6)
N_CELLS = 11 * 2 * 6
N_STRATA = 60
N_PSUS = 20


def make(n: int, questions: int = 1, seed: int = 7) -> pd.DataFrame:
    """`n` respondents in 60 strata of 20 PSUs, in no order, 5 % of the answers missing."""
    rng = np.random.default_rng(seed)
    psu = rng.integers(0, N_STRATA * N_PSUS, n)
    level = rng.normal(-0.8, 0.4, N_STRATA * N_PSUS)[psu]
    frame: dict[str, Any] = {
        "stratum": psu // N_PSUS,
        "psu": psu % N_PSUS,
        "w": np.exp(rng.normal(1.0, 0.4, n)),
    }
    for name, size in zip(BY, SIZES, strict=True):
        codes = rng.integers(0, size, n)
        frame[name] = pd.Categorical.from_codes(
            codes, categories=[f"{name} {i:02d}" for i in range(size)]
        )
    for i in range(questions):
        yes = rng.random(n) < 1 / (1 + np.exp(-level))
        missing = rng.random(n) < 0.05
        frame[f"y{i}" if i else "y"] = pd.arrays.BooleanArray(yes, missing)
    return pd.DataFrame(frame)


def floor(frame: pd.DataFrame, clustered: bool) -> np.ndarray:
    """Sums by unit, cell and answer with numpy alone; returns the weighted share of each cell.

    Clustered: the sums of w by PSU. Otherwise each respondent is a unit and the variance needs the
    sums of 1, w and w squared by stratum.
    """
    cell = frame[BY[0]].cat.codes.to_numpy().astype(np.int64)
    for name, size in zip(BY[1:], SIZES[1:], strict=True):
        cell = cell * size + frame[name].cat.codes.to_numpy()
    answer = frame["y"].to_numpy(dtype=np.int8, na_value=2)
    unit = frame["stratum"].to_numpy()
    if clustered:
        unit = unit * N_PSUS + frame["psu"].to_numpy()
    key = (unit * N_CELLS + cell) * 3 + answer
    size = (N_STRATA * N_PSUS if clustered else N_STRATA) * N_CELLS * 3
    w = frame["w"].to_numpy()
    sums = np.bincount(key, w, size)
    if not clustered:
        np.bincount(key, minlength=size)
        np.bincount(key, w * w, size)
    by_cell = sums.reshape(-1, N_CELLS, 3).sum(axis=0)
    return by_cell[:, 1] / by_cell[:, :2].sum(axis=1)
