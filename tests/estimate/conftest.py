"""Samples that the tests of estimation share."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


def sample(seed: int = 1, n_strata: int = 5, lonely: bool = False) -> pd.DataFrame:
    """A small stratified two-stage sample in which rival conventions give different numbers."""
    rng = np.random.default_rng(seed)
    rows = []
    for h in range(n_strata):
        n_psu = 1 if lonely and h in (0, 3) else int(rng.integers(2, 6))
        for p in range(n_psu):
            effect = rng.normal() * 0.6
            for s in range(int(rng.integers(2, 4))):
                for _ in range(int(rng.integers(2, 6))):
                    chance = 1 / (1 + np.exp(0.6 - effect - 0.2 * h))
                    rows.append(
                        (
                            f"s{h}",
                            p,
                            s,
                            rng.uniform(0.5, 3) * (1 + h),
                            float(rng.random() < chance),
                            rng.choice(["low", "mid", "high"], p=[0.5, 0.3, 0.2]),
                            rng.choice(["u", "v"]),
                            rng.choice(["p", "q", "r"]),
                            rng.gamma(2, 10) + 5 * h + 3 * effect,
                            rng.gamma(3) + 0.5,
                            10 + h,
                            9,
                        )
                    )
    names = [
        "stratum",
        "psu",
        "ssu",
        "weight",
        "yes",
        "grade",
        "sex",
        "area",
        "income",
        "size",
        "psus",
        "ssus",
    ]
    frame = pd.DataFrame(rows, columns=names)
    gone = rng.random(len(frame))
    frame.loc[gone < 0.08, "yes"] = np.nan
    frame.loc[(gone > 0.08) & (gone < 0.14), "sex"] = None
    frame.loc[(gone > 0.9) & (gone < 0.95), "grade"] = None
    frame.loc[gone > 0.95, "income"] = np.nan
    return frame


@pytest.fixture
def frame() -> pd.DataFrame:
    return sample()


@pytest.fixture
def lonely_frame() -> pd.DataFrame:
    return sample(4, 6, lonely=True)
