"""The respondents of the two surveys of residents: the city's and the police region's."""

from __future__ import annotations

import zlib

import numpy as np
import pandas as pd

from survey_stats.demo.missing import reason_where
from survey_stats.demo.places import SQUARES
from survey_stats.demo.population import SEED, Population, city_population, region_population
from survey_stats.demo.sampling import Design, conduct
from survey_stats.harmonise import Codebook

# what no document says: (survey, wave) -> people drawn, people who answered
_ASSUMED_SAMPLED = {("city_safety", 2020): 30_000, ("city_safety", 2023): 32_000}
_ASSUMED_ANSWERS = {("regional_safety", 2024): 48_000}
_OTHER_SAMPLED, _OTHER_RATE = 30_000, 0.5

# bases of single areas that documents mention: (wave, column, area) -> answers
_KNOWN_BASES = {
    (2021, "district", "Södermalm"): 1401,
    (2023, "municipality", "Vaxholm"): 538,
}
# a wave in some areas only: 38 and 47 percent answered of samples whose size is not known
_PARTIAL = {
    ("regional_safety", 2022): {
        ("district", "Järva"): (3_500, 0.38),
        ("municipality", "Huddinge"): (3_500, 0.47),
    }
}
_BACKGROUND_MISSING = {"gender": 0.004, "age_group": 0.003, "disability": 0.02}
_NEAR_THE_SQUARE = 0.55
# the region's cells are many, so the youngest are weighted together, and the oldest
_REGION_AGES = (0, 0, 1, 2, 3, 3)


def residents(book: Codebook) -> pd.DataFrame:
    """The respondents of all waves of `book` under each other, as `answers.answer_all` wants them.

    Beside what the harmonised frame holds (`seen_*` where an answer may be missing) there are the
    true gender, age and disability, and `burden` and `place_key`, which drive the answers.
    """
    return pd.concat([_wave(book, year) for year in book.waves], ignore_index=True)


def _wave(book: Codebook, year: int) -> pd.DataFrame:
    rng = np.random.default_rng([SEED, zlib.crc32(book.survey.encode()), year])
    population, design = _fieldwork(book, year)
    people, _ = conduct(population, design, rng)
    people["survey"] = book.survey
    people["wave"] = year
    people["respondent"] = np.arange(1, len(people) + 1) + 100_000
    people["psu"] = people["respondent"]
    people["place_key"] = people["neighbourhood"].fillna(people["municipality"])
    people["place"] = _squares(people["neighbourhood"], rng)
    people["place_reason"] = reason_where(people["place"].isna(), "no_named_place")
    outside = people["district"].isna().to_numpy()
    for column in ("district", "neighbourhood"):
        people[f"{column}_reason"] = reason_where(outside, "outside_the_city")
    people["municipality_reason"] = None
    _forget(book, year, people, rng)
    return people


def _fieldwork(book: Codebook, year: int) -> tuple[Population, Design]:
    """The population that the wave asks, and its design."""
    wave = book.wave(year)
    strata: tuple[str, ...]
    post: tuple[str, ...]
    ages: tuple[int, ...]
    if book.survey == "city_safety":
        population = city_population(year, wave.districts_as_of)
        strata, post, ages = ("neighbourhood",), ("district_own_year",), (0, 1, 2, 3, 4, 5)
    else:
        population = region_population(year, wave.districts_as_of)
        strata = ("district_own_year", "municipality")
        post, ages = strata, _REGION_AGES
    _, oldest = wave.facts.ages or (None, None)
    population = population.within(oldest)
    partial = _PARTIAL.get((book.survey, year))
    if partial is not None:
        keep = np.zeros(len(population.areas), dtype=bool)
        for column, area in partial:
            keep |= (population.areas[column] == area).to_numpy()
        fixed = {key: round(size * rate) for key, (size, rate) in partial.items()}
        sampled = sum(size for size, _ in partial.values())
        design = Design(sampled, sum(fixed.values()), strata, post, ages, fixed)
        return population.select(keep), design
    answers = wave.facts.answers or _ASSUMED_ANSWERS.get((book.survey, year))
    sampled = (
        wave.facts.sampled
        or _ASSUMED_SAMPLED.get((book.survey, year))
        or (round(answers / _OTHER_RATE) if answers else _OTHER_SAMPLED)
    )
    known = {
        (column, area): base
        for (when, column, area), base in _KNOWN_BASES.items()
        if when == year and book.survey == "regional_safety"
    }
    answers = answers or round(sampled * _OTHER_RATE)
    return population, Design(sampled, answers, strata, post, ages, known)


def _squares(neighbourhood: pd.Series, rng: np.random.Generator) -> pd.Series:
    """The named square that people near one answer about; missing for all others."""
    near = rng.random(len(neighbourhood)) < _NEAR_THE_SQUARE
    return neighbourhood.map(SQUARES).where(near).astype(object)


def _forget(book: Codebook, year: int, people: pd.DataFrame, rng: np.random.Generator) -> None:
    """Adds `seen_*` and `*_reason`: background as delivered, with some of it missing.

    Gender and age are known from the register unless the codebook has a code of their own for
    not knowing them; a disability is asked for, so some do not answer.
    """
    for column, rate in _BACKGROUND_MISSING.items():
        lost = np.zeros(len(people), dtype=bool)
        asked = column in book.background and year in book.background[column].waves
        if asked:
            item = book.item(column, year)
            if column == "disability" or (item.missing and not isinstance(item.missing, str)):
                lost = rng.random(len(people)) < rate
        told = people[column].where(~lost).astype(object)
        people[f"seen_{column}"] = told if asked else None
        people[f"{column}_reason"] = reason_where(lost, "no_answer")
