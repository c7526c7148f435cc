"""The respondents of `calibration_sample.csv`: clusters, unequal weights, households, incomes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd


def make() -> pd.DataFrame:
    """600 people in 300 households of 60 PSUs in 6 strata; answers depend on the margins."""
    rng = np.random.default_rng(6)
    size = rng.choice([1, 2, 3], p=[0.35, 0.35, 0.3], size=300)
    home = np.repeat(np.arange(300), size)
    n = home.size
    psu = home // 5
    stratum = psu // 10
    district = np.array(["Farsta", "Hässelby", "Kista", "Norrmalm"])[
        (stratum + rng.integers(0, 2, 300)[home]) % 4
    ]
    gender = rng.choice(["men", "women"], p=[0.55, 0.45], size=n)
    age = rng.choice(["16-29", "30-64", "65+"], p=[0.2, 0.5, 0.3], size=n)
    tenure = rng.choice(["own", "rent"], p=[0.6, 0.4], size=300)[home]
    income = np.round(rng.gamma(4, 70, n) * (1 + 0.3 * (tenure == "own")), 1)
    weight = np.round(20 * (1 + stratum) * np.exp(rng.normal(0, 0.3, 300)[home]), 3)
    odds = -1 + 0.5 * (gender == "women") - 0.4 * (district == "Norrmalm") + 0.4 * (age == "65+")
    unsafe = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(int)
    return pd.DataFrame(
        {
            "household": home,
            "psu": psu,
            "stratum": stratum,
            "district": district,
            "gender": gender,
            "age": age,
            "tenure": tenure,
            "income": income,
            "weight": weight,
            "unsafe": unsafe,
        }
    )


if __name__ == "__main__":
    make().to_csv(Path(__file__).parent / "calibration_sample.csv", index=False)
