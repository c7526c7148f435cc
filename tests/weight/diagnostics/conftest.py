"""A made-up population and samples of it, some well weighted and some not."""

import itertools

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from survey_stats.weight import Weights, base_weights, cross, post_stratify

mpl.use("Agg")

DISTRICTS = (
    *("Bromma", "Enskede-Årsta-Vantör", "Farsta", "Hägersten-Älvsjö", "Hässelby-Vällingby"),
    *("Järva", "Kungsholmen", "Norra innerstaden", "Skarpnäck", "Skärholmen", "Södermalm"),
)
SIZES = (81, 102, 62, 129, 76, 95, 72, 150, 47, 38, 131)
AGES = ("16-19", "20-29", "30-44", "45-64", "65-79", "80+")
AGE_SHARES = (0.05, 0.18, 0.29, 0.29, 0.14, 0.05)
# who answers, by age: the young hardly, the old gladly
ANSWERS = (0.25, 0.3, 0.4, 0.55, 0.7, 0.6)


@pytest.fixture(autouse=True)
def closed():
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def population() -> pd.DataFrame:
    """People by district, gender and age group."""
    rows = []
    for d, (district, size) in enumerate(zip(DISTRICTS, SIZES, strict=True)):
        for gender, (a, age) in itertools.product(("women", "men"), enumerate(AGES)):
            tilt = 1 + 0.25 * ((d * 7 + a) % 5 - 2) / 2 * (a in (1, 4))
            women = 0.5 + 0.06 * (a == 5)
            part = women if gender == "women" else 1 - women
            rows.append((district, gender, age, round(800 * size * AGE_SHARES[a] * tilt * part)))
    return pd.DataFrame(rows, columns=["district", "gender", "age_group", "population"])


def totals(people: pd.DataFrame, *names: str) -> dict[str, float]:
    """Population by cell, named as `cross` names cells."""
    cells = cross(*(people[n] for n in names))
    return people["population"].groupby(cells).sum().astype(float).to_dict()


def sample(each: int = 1000, seed: int = 3) -> tuple[pd.DataFrame, Weights]:
    """`each` people drawn a district; the frame of who answered, and their base weights."""
    rng = np.random.default_rng(seed)
    people = population()
    parts = []
    for _, cells in people.groupby("district"):
        drawn = rng.multivariate_hypergeometric(cells["population"].to_numpy(), each)
        parts.append(cells.loc[cells.index.repeat(drawn), ["district", "gender", "age_group"]])
    frame = pd.concat(parts, ignore_index=True)
    chance = np.array(ANSWERS)[[AGES.index(a) for a in frame["age_group"]]]
    frame = frame[rng.random(len(frame)) < chance].reset_index(drop=True)
    frame["age"] = np.array([17, 24, 37, 54, 71, 85])[[AGES.index(a) for a in frame["age_group"]]]
    frame["unsafe_evening"] = rng.random(len(frame)) < 0.3
    strata = totals(people, "district")
    weights = base_weights(strata, dict.fromkeys(strata, float(each)), frame["district"])
    return frame, weights


@pytest.fixture(scope="session")
def people() -> pd.DataFrame:
    return population()


@pytest.fixture(scope="session")
def draw():
    """`sample`: so many people drawn a district, and their base weights."""
    return sample


@pytest.fixture(scope="session")
def well(people) -> tuple[pd.DataFrame, Weights]:
    """A sample post-stratified to district x gender x age group."""
    frame, weights = sample()
    cells = cross(frame["district"], frame["gender"], frame["age_group"])
    names = ("district", "gender", "age_group")
    return frame, post_stratify(weights, cells, totals(people, *names), names)
