"""The pupils of the school survey: whole schools, where they live and where they go to school."""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.demo.missing import reason_where
from survey_stats.demo.places import CITY, burden, districts_of, neighbourhoods, oldest_district
from survey_stats.demo.population import SEED
from survey_stats.harmonise import Codebook
from survey_stats.weight import district_population

YEAR_9, UPPER = "year 9", "upper secondary 2"
# what no document says: pupils who answer, in waves without a known number
_ASSUMED_ANSWERS = {2018: 11_200, 2020: 10_700, 2024: 11_300}
_OTHER_ANSWERS = 11_000

_SCHOOLS = {YEAR_9: 122, UPPER: 74}
_PUPILS_A_SCHOOL = {YEAR_9: 62.0, UPPER: 78.0}
# upper secondary schools draw pupils to the inner city; year 9 stays near home
_INNER_CITY_PULL = {"Norra innerstaden": 3.0, "Södermalm": 2.5, "Kungsholmen": 2.0}
_AT_HOME = {YEAR_9: 0.72, UPPER: 0.12}
_FROM_OUTSIDE = {YEAR_9: 0.03, UPPER: 0.14}
_NEIGHBOURS = ("Huddinge", "Nacka", "Solna", "Järfälla", "Sundbyberg", "Ekerö", "Haninge", "Tyresö")
_INDEPENDENT = {YEAR_9: 0.35, UPPER: 0.55}
_INDEPENDENT_TAKES_PART = 0.45
_THIRD_GENDER, _NO_GENDER, _NO_DISTRICT = 0.011, 0.006, 0.012


def pupils(book: Codebook) -> pd.DataFrame:
    """The pupils of all waves of `book` under each other, as `answers.answer_all` wants them."""
    schools = _schools()
    return pd.concat([_wave(book, year, schools) for year in book.waves], ignore_index=True)


def _schools() -> pd.DataFrame:
    """The city's schools, the same in every wave: level, district, size, independent, ids."""
    rng = np.random.default_rng([SEED, zlib.crc32(b"schools")])
    size = district_population(2020).set_index("area")["population"]
    parts = []
    for level, count in _SCHOOLS.items():
        odds = size.copy()
        if level == UPPER:
            odds = odds * [_INNER_CITY_PULL.get(str(d), 0.5) for d in odds.index]
        parts.append(
            pd.DataFrame(
                {
                    "age_group": level,
                    "school_district": _apportion(odds / odds.sum(), count, rng),
                    "size": _PUPILS_A_SCHOOL[level] * rng.lognormal(0.0, 0.45, count),
                    "independent": rng.random(count) < _INDEPENDENT[level],
                }
            )
        )
    schools = pd.concat(parts, ignore_index=True)
    ids = rng.permutation(len(schools))
    schools["old_id"] = 18_001 + ids
    schools["unit"] = 10_000_000 + 100_003 * (ids + 1)
    schools["name"] = [f"Demoskolan {k + 1}" for k in ids]
    return schools


def _apportion(odds: pd.Series, count: int, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """One school a district at least, the rest by the districts' odds."""
    names = odds.index.to_numpy(dtype=object)
    rest = rng.choice(names, size=count - names.size, p=odds.to_numpy())
    return np.concatenate([names, rest])


def _wave(book: Codebook, year: int, schools: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng([SEED, zlib.crc32(book.survey.encode()), year])
    stays_out = schools["independent"] & (rng.random(len(schools)) >= _INDEPENDENT_TAKES_PART)
    taking_part = schools[~stays_out]
    total = book.wave(year).facts.answers or _ASSUMED_ANSWERS.get(year, _OTHER_ANSWERS)
    share = (taking_part["size"] / taking_part["size"].sum()).to_numpy()
    # a school has at least a small class, so that no cluster is a single pupil
    counts = 8 + rng.multinomial(total - 8 * len(taking_part), share)
    people = taking_part.loc[taking_part.index.repeat(counts)].reset_index(drop=True)
    people["survey"], people["wave"] = book.survey, year
    people["respondent"] = rng.permutation(len(people)) + 1 + 10_000 * (year - 2000)
    people["psu"] = people["old_id"] if book.wave(year).psu == "SkolID_gammal" else people["unit"]
    people["weight"] = 1.0
    people["place_key"] = people["name"]
    _homes(people, rng)
    _who(people, rng)
    return people.sample(frac=1, random_state=rng).reset_index(drop=True)


def _homes(people: pd.DataFrame, rng: np.random.Generator) -> None:
    """Where pupils live: municipality, district (missing outside the city), and why missing."""
    n = len(people)
    level = people["age_group"]
    size = district_population(2020).set_index("area")["population"]
    elsewhere = rng.choice(size.index.to_numpy(dtype=object), n, p=(size / size.sum()).to_numpy())
    near = rng.random(n) < level.map(_AT_HOME).to_numpy()
    district = np.where(near, people["school_district"].to_numpy(dtype=object), elsewhere)
    outside = rng.random(n) < level.map(_FROM_OUTSIDE).to_numpy()
    town = rng.choice(np.array(_NEIGHBOURS, dtype=object), n)
    untold = ~outside & (rng.random(n) < _NO_DISTRICT)
    municipality = np.where(outside, town, CITY)
    by_district = _district_burden()
    people["burden"] = [
        burden(m) if out else by_district[d]
        for d, m, out in zip(district, municipality, outside, strict=True)
    ]
    people["municipality"] = municipality
    people["district"] = pd.Series(district, dtype=object).where(~(outside | untold), None)
    people["district_own_year"] = people["district"]
    people["municipality_reason"] = None
    elsewhere_reason = reason_where(outside, "outside_the_city")
    people["district_reason"] = reason_where(untold, "unspecified", elsewhere_reason)
    people["school_district_reason"] = None


def _district_burden() -> dict[str, float]:
    """The mean burden of the stadsdelar of each district of today."""
    names = neighbourhoods()
    frame = pd.DataFrame(
        {"district": districts_of(names, 2023), "b": [burden(oldest_district(n)) for n in names]}
    )
    return {str(d): float(b) for d, b in frame.groupby("district")["b"].mean().items()}


def _who(people: pd.DataFrame, rng: np.random.Generator) -> None:
    """Gender as answered: a third answer and no answer are missing, each with its reason."""
    n = len(people)
    people["gender"] = np.where(rng.random(n) < 0.505, "women", "men").astype(object)
    u = rng.random(n)
    reason = reason_where(u < _THIRD_GENDER + _NO_GENDER, "no_answer")
    reason[u < _THIRD_GENDER] = "third_gender"
    people["gender_reason"] = reason
    people["seen_gender"] = people["gender"].where(pd.isna(reason)).astype(object)
    people["seen_age_group"] = people["age_group"].astype(object)
    people["age_group_reason"] = None
    people["disability"] = "no"
    people["seen_disability"] = None
