"""Writes waves.csv: two synthetic waves of the same 40 schools with other pupils, for make.R."""

from pathlib import Path

import numpy as np
import pandas as pd

rng = np.random.default_rng(20201123)
rows = []
for school in range(40):
    stratum = school // 10
    # unequal numbers per area and stratum, so that rival df rules give different numbers
    area = "ABC"[min(school % 4, 2)]
    level = rng.normal(-0.7, 0.5)
    for wave in (2020, 2023):
        if wave == 2023 and school in (3, 17):
            continue
        for _ in range(int(rng.integers(4, 14))):
            gender = ("women", "men")[int(rng.integers(2))]
            logit = level + 0.5 * (gender == "women") + 0.2 * (wave == 2023) + rng.normal(0, 0.1)
            draw = rng.random()
            unsafe = float(draw < 1 / (1 + np.exp(-logit))) if rng.random() > 0.06 else np.nan
            strict = np.nan if rng.random() < 0.15 else float(unsafe == 1 and rng.random() < 0.7)
            rows.append(
                {
                    "wave": wave,
                    "stratum": stratum,
                    "psu": school % 10,
                    "area": area,
                    "gender": gender,
                    "weight": round(float(rng.uniform(0.5, 3.0)), 3),
                    "unsafe": unsafe,
                    "strict": np.nan if np.isnan(unsafe) else strict,
                }
            )
frame = pd.DataFrame(rows).astype({"unsafe": "Int64", "strict": "Int64"})
frame.to_csv(Path(__file__).with_name("waves.csv"), index=False, na_rep="NA")
