"""The made-up people that the demo samples from.

District totals are the city's own figures (`survey_stats.weight.district_population`). How they
divide over stadsdelar, gender and age, and the populations of the other municipalities, are made
up for the demo; they are facts about nobody and are used nowhere else.
"""

from __future__ import annotations

import datetime
import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.demo.places import (
    CITY,
    burden,
    districts_of,
    municipalities,
    neighbourhoods,
    oldest_district,
)
from survey_stats.weight import district_population, population_table

IntArray = npt.NDArray[np.int64]

SEED = 20231
GENDERS = ("women", "men")
AGE_GROUPS = ("16-19", "20-29", "30-44", "45-64", "65-79", "80+")
AGE_FROM = np.array([16, 20, 30, 45, 65, 80])
# 98 and 99 are codes for missing answers in some deliveries, so nobody is older than 97
AGE_TO = np.array([19, 29, 44, 64, 79, 97])

# shares of the whole population; the rest are under 16
_AGE_SHARES = np.array([0.043, 0.148, 0.240, 0.238, 0.112, 0.040])
# a burdened district is younger, a well-off one older and with more in working age
_AGE_TILT = np.array([0.25, -0.05, -0.08, -0.05, -0.12, -0.15])
_WOMEN = np.array([0.487, 0.500, 0.495, 0.500, 0.520, 0.615])

# stadsdelar where hardly anybody lives: parks, industry, small islands
_NEARLY_EMPTY = frozenset(
    {
        "Hansta",
        "Lunda",
        "Sundby",
        "Flaten",
        "Orhem",
        "Skrubba",
        "Farstanäset",
        "Riddarholmen",
        "Skeppsholmen",
        "Långholmen",
        "Djurgården",
        "Norra Djurgården",
        "Ulvsunda industriområde",
    }
)

# inhabitants in thousands around 2020, made up to the nearest round figure
_MUNICIPALITIES = {
    "Botkyrka": 95,
    "Danderyd": 33,
    "Ekerö": 29,
    "Gotland": 60,
    "Haninge": 94,
    "Huddinge": 113,
    "Järfälla": 81,
    "Lidingö": 48,
    "Nacka": 107,
    "Norrtälje": 63,
    "Nykvarn": 11,
    "Nynäshamn": 29,
    "Salem": 17,
    "Sigtuna": 50,
    "Sollentuna": 74,
    "Solna": 83,
    "Sundbyberg": 53,
    "Södertälje": 100,
    "Tyresö": 49,
    "Täby": 73,
    "Upplands Väsby": 47,
    "Upplands-Bro": 30,
    "Vallentuna": 34,
    "Vaxholm": 12,
    "Värmdö": 45,
    "Österåker": 47,
}
_GROWTH_A_YEAR = 1.01
_ELSEWHERE = 40


@dataclass(frozen=True, eq=False)
class Population:
    """People aged 16 and over by area, gender and age group.

    Attributes:
        areas: one row an area: municipality, district (cut of 11), district_own_year,
            neighbourhood; the last three are missing outside the city.
        counts: shape (areas, genders, age groups).
        burden: how much insecurity is reported in each area, see `places.burden`.
        oldest: the highest age in years, or None where there is no limit.
    """

    areas: pd.DataFrame
    counts: IntArray
    burden: npt.NDArray[np.float64]
    oldest: int | None = None

    def within(self, oldest: int | None) -> Population:
        """The same people up to the age of `oldest` years."""
        share = np.ones(len(AGE_GROUPS))
        if oldest is not None:
            years = np.clip(oldest - AGE_FROM + 1, 0, AGE_TO - AGE_FROM + 1)
            share = years / (AGE_TO - AGE_FROM + 1)
            # of the people aged 80 and over, the younger years hold more
            share = np.where(
                np.arange(AGE_TO.size) == AGE_TO.size - 1, 1 - (1 - share) ** 2.5, share
            )
        return Population(
            self.areas, np.rint(self.counts * share).astype(np.int64), self.burden, oldest
        )

    def select(self, keep: npt.NDArray[np.bool_]) -> Population:
        """The population of some of the areas."""
        areas = self.areas[keep].reset_index(drop=True)
        return Population(areas, self.counts[keep], self.burden[keep], self.oldest)


def city_population(year: int, districts_as_of: datetime.date) -> Population:
    """The people of the city's stadsdelar in `year`, with the districts of a date.

    A wave after the last published figures has the people of those.
    """
    names = neighbourhoods()
    frame = pd.DataFrame(
        {
            "municipality": CITY,
            "district": districts_of(names, 2023),
            "district_own_year": districts_of(names, districts_as_of),
            "neighbourhood": names,
        }
    )
    oldest = pd.Series([oldest_district(n) for n in names])
    size = pd.Series([_relative_size(n) for n in names])
    part = (size / size.groupby(oldest).transform("sum")).to_numpy()
    known = min(year, int(population_table()["year"].max()))
    totals = district_population(known, cut=14).set_index("area")["population"]
    inhabitants = totals.reindex(oldest).to_numpy() * part
    weight = np.array([burden(d) for d in oldest])
    return Population(frame, _split(inhabitants, weight), weight)


def region_population(year: int, districts_as_of: datetime.date) -> Population:
    """The people of the police region: the city's stadsdelar and the other municipalities."""
    city = city_population(year, districts_as_of)
    names = [m for m in municipalities() if m != CITY]
    frame = pd.DataFrame({"municipality": names})
    thousands = np.array([_MUNICIPALITIES.get(m, _ELSEWHERE) for m in names], dtype=np.float64)
    inhabitants = 1000 * thousands * _GROWTH_A_YEAR ** (year - 2020)
    weight = np.array([burden(m) for m in names])
    return Population(
        pd.concat([city.areas, frame], ignore_index=True),
        np.concatenate([city.counts, _split(inhabitants, weight)]),
        np.concatenate([city.burden, weight]),
        city.oldest,
    )


def _relative_size(name: str) -> float:
    """How large a stadsdel is beside the others of its district; the same in every build."""
    if name in _NEARLY_EMPTY:
        return 0.06
    rng = np.random.default_rng([SEED, zlib.crc32(name.encode())])
    return float(np.clip(rng.lognormal(0.0, 0.45), 0.4, 2.5))


def _split(inhabitants: npt.NDArray[np.float64], weight: npt.NDArray[np.float64]) -> IntArray:
    """Areas x genders x age groups from the inhabitants of all ages."""
    ages = _AGE_SHARES * np.exp(np.outer(weight, _AGE_TILT))
    gender = np.stack([_WOMEN, 1 - _WOMEN])
    people: IntArray = np.rint(inhabitants[:, None, None] * ages[:, None, :] * gender).astype(
        np.int64
    )
    return people
