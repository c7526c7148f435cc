"""Population, sample, response and weights of the demo."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from survey_stats.demo.population import city_population, region_population
from survey_stats.demo.sampling import Design, conduct, spread
from survey_stats.errors import InputError
from survey_stats.weight import district_population

DAY = datetime.date(2017, 12, 31)


def _city() -> tuple[pd.DataFrame, object]:
    population = city_population(2017, DAY).within(79)
    design = Design(32_000, 17_669, ("neighbourhood",), ("district_own_year",))
    return conduct(population, design, np.random.default_rng(5))


def test_a_wave_after_the_register_has_the_people_of_its_last_year() -> None:
    last = city_population(2024, datetime.date(2024, 12, 31))
    later = city_population(2026, datetime.date(2026, 12, 31))
    np.testing.assert_array_equal(later.counts, last.counts)


def test_the_city_is_as_large_as_its_register() -> None:
    population = city_population(2017, DAY)
    told = population.areas.assign(n=population.counts.sum(axis=(1, 2)))
    by_district = told.groupby("district_own_year")["n"].sum()
    register = district_population(2017, cut=14).set_index("area")["population"]
    assert set(by_district.index) == set(register.index)
    # everybody but children
    assert (by_district / register).between(0.72, 0.9).all()


def test_an_age_limit_takes_the_oldest_away_and_nobody_else() -> None:
    everybody = region_population(2023, datetime.date(2023, 12, 31))
    limited = everybody.within(84)
    assert np.array_equal(everybody.counts[:, :, :5], limited.counts[:, :, :5])
    oldest = limited.counts[:, :, 5].sum() / everybody.counts[:, :, 5].sum()
    assert 0.4 < oldest < 0.7
    assert city_population(2017, DAY).within(79).counts[:, :, 5].sum() == 0


def test_sample_and_answers_are_exact_and_weights_meet_every_cell() -> None:
    people, weights = _city()
    assert len(people) == 17_669
    population = city_population(2017, DAY).within(79)
    for g, gender in enumerate(("women", "men")):
        for a, age in enumerate(("16-19", "20-29", "30-44", "45-64", "65-79")):
            for district in ("Älvsjö", "Rinkeby-Kista"):
                here = (
                    (people["gender"] == gender)
                    & (people["age_group"] == age)
                    & (people["district_own_year"] == district)
                )
                areas = (population.areas["district_own_year"] == district).to_numpy()
                known = population.counts[areas, g, a].sum()
                # rounded to four decimals, as the file has them
                assert people.loc[here, "weight"].sum() == pytest.approx(known, abs=0.05)
    assert [step.kind for step in weights.steps] == ["base", "post-stratified"]
    assert weights.steps[1].on == ("district_own_year", "gender", "age_group")


def test_ages_agree_with_their_groups() -> None:
    people, _ = _city()
    ends = people["age_group"].str.split("-", expand=True).astype(int)
    assert people["age"].between(ends[0], ends[1]).all()


def test_spread_is_exact_and_keeps_the_floor_and_ceiling() -> None:
    population = np.array([300.0, 3_000.0, 30_000.0, 90.0])
    drawn = spread(population, 900)
    assert drawn.sum() == 900
    assert drawn[3] == 30
    assert (drawn[:3] >= 60).all()
    assert drawn[2] > drawn[1] > drawn[0]


def test_a_sample_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="does not fit"):
        spread(np.array([90.0, 90.0]), 500)


def test_a_known_base_is_met() -> None:
    population = city_population(2017, DAY).within(79)
    design = Design(
        20_000,
        9_000,
        ("neighbourhood",),
        ("district_own_year",),
        fixed={("district_own_year", "Farsta"): 777},
    )
    people, _ = conduct(population, design, np.random.default_rng(6))
    assert len(people) == 9_000
    assert (people["district"] == "Farsta").sum() == 777
