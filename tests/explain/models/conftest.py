"""A sample with everything that a model has to get right, and designs on it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss


def make(n: int = 900, seed: int = 3) -> pd.DataFrame:
    """`n` respondents in six strata of seven PSUs, codes reused; some answers missing."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "stratum": rng.integers(0, 6, n),
            "psu": rng.integers(0, 7, n),
            "w": rng.uniform(1, 6, n),
            "gender": rng.choice(["men", "women"], n),
            "district": rng.choice(list("abcd"), n, p=[0.4, 0.3, 0.2, 0.1]),
            "wave": rng.choice([2020, 2023], n),
            "age": rng.integers(16, 85, n),
            "size": 40,
        }
    )
    psu = rng.normal(0, 0.5, 42)[frame["stratum"] * 7 + frame["psu"]]
    eta = -0.8 + 0.7 * (frame["gender"] == "women") - 0.01 * (frame["age"] - 45) + psu
    eta += 0.5 * (frame["district"] == "c") + 0.3 * (frame["wave"] == 2023)
    frame["unsafe"] = pd.array(rng.random(n) < 1 / (1 + np.exp(-eta)), dtype="boolean")
    frame["people"] = rng.uniform(1, 4, n).round(2)
    frame["crimes"] = rng.poisson(frame["people"] * np.exp(eta / 2))
    frame["income"] = (300 - 20 * eta + rng.normal(0, 30, n)).round(2)
    frame["cost"] = rng.gamma(2, np.exp(1 + eta / 3)) + 0.01
    frame["scale"] = np.digitize(eta + rng.logistic(size=n), [-1.5, 0, 1.2]) + 1
    frame["place"] = rng.choice(["home", "square", "street"], n)
    frame.loc[rng.random(n) < 0.05, "unsafe"] = pd.NA
    frame["district"] = frame["district"].astype(object)
    frame.loc[rng.random(n) < 0.04, "district"] = None
    return frame


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    return make()


DESIGNS: dict[str, Callable[[pd.DataFrame], ss.Survey]] = {
    "simple": lambda f: ss.Survey(f),
    "element": lambda f: ss.Survey(f, weights="w", strata="stratum"),
    "clustered": lambda f: ss.Survey(f, weights="w", strata="stratum", clusters="psu"),
    "fpc": lambda f: ss.Survey(f, weights="w", strata="stratum", clusters="psu", fpc="size"),
    "stages": lambda f: ss.Survey(
        f.assign(house=np.arange(len(f)) % 5, houses=30),
        weights="w",
        strata="stratum",
        clusters=["psu", "house"],
        fpc=["size", "houses"],
    ),
    "jackknife": lambda f: ss.Survey(
        f, weights="w", strata="stratum", clusters="psu"
    ).with_replicates("jkn"),
    "calibrated": lambda f: ss.Survey(f, weights="w", strata="stratum", clusters="psu").calibrate(
        {"gender": {"men": 1500, "women": 1700}, "wave": {2020: 1550, 2023: 1650}}
    ),
}


GIVEN = [f"rep{i}" for i in range(1, 41)]


def given(f: pd.DataFrame, **options: object) -> ss.Survey:
    """Replicate weights that came with the data, of any sign."""
    rng = np.random.default_rng(8)
    factors = 1 + 0.4 * rng.normal(size=(42, len(GIVEN)))
    weights = factors[f["stratum"] * 7 + f["psu"]] * f["w"].to_numpy()[:, None]
    frame = pd.concat([f, pd.DataFrame(weights, columns=GIVEN)], axis=1)
    replicates = ss.ReplicateWeights("rep", "other", scale=0.1, rscales=[1.0] * 40, **options)
    return ss.Survey(frame, weights="w", replicates=replicates)


DESIGNS["calibrated jackknife"] = lambda f: DESIGNS["calibrated"](f).with_replicates("jkn")
DESIGNS["given"] = given
DESIGNS["given, mse"] = lambda f: given(f, mse=True)


@pytest.fixture(scope="session", params=list(DESIGNS))
def survey(request: pytest.FixtureRequest, frame: pd.DataFrame) -> ss.Survey:
    return DESIGNS[request.param](frame)


@pytest.fixture(scope="session")
def clustered(frame: pd.DataFrame) -> ss.Survey:
    return DESIGNS["clustered"](frame)
