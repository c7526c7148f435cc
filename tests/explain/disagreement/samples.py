"""Made-up surveys that the tests of decompositions share."""

import numpy as np
import pandas as pd

import survey_stats as ss


def frame(seed: int, shift: float = 0.0, old: float = 0.3, units: int = 10) -> pd.DataFrame:
    """A clustered sample in three strata: question, two codings of it, age, gender."""
    rng = np.random.default_rng(seed)
    parts = []
    for stratum in range(3):
        for psu in range(units):
            n = int(rng.integers(8, 20))
            age = rng.choice(["16-29", "30-64", "65-79"], n, p=[0.7 - old, 0.3, old])
            gender = rng.choice(["women", "men"], n, p=[0.45 + 0.2 * old, 0.55 - 0.2 * old])
            rate = 0.25 + shift + 0.2 * (age == "65-79") + 0.15 * (gender == "women")
            strict = rng.random(n) < rate + rng.uniform(-0.1, 0.1)
            wide = strict | (rng.random(n) < 0.1)
            parts.append(
                pd.DataFrame(
                    {
                        "q": wide,
                        "q__wide": wide,
                        "q__strict": strict,
                        "age": age,
                        "gender": gender,
                        "district": "Farsta" if psu % 2 else "Järva",
                        "stratum": stratum,
                        "psu": psu,
                        "weight": rng.uniform(0.5, 2.0, n) * (stratum + 1),
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def survey(data: pd.DataFrame, name: str | None = None, **options) -> ss.Survey:
    return ss.Survey(data, "weight", "stratum", "psu", name=name, **options)
