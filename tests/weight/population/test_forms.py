"""Years and dates as text, and ages that lie between the groups."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.weight.population import Population, city_population

from .test_population import made_up


def by_age() -> Population:
    return made_up(2023)


def test_a_year_can_be_text():
    city = city_population()
    expected = city.margin(by="district", year=2024, level="district")
    assert city.margin(by="district", year="2024", level="district").equals(expected)
    assert city.select("2024").years == [2024]
    assert city.select(["2011", 2024]).years == [2011, 2024]
    with pytest.raises(UnknownNameError, match="'2023'"):
        city.select("2023")
    with pytest.raises(UnknownNameError, match="'last'"):
        city.margin(by="district", year="last", level="district")


@pytest.mark.parametrize("when", ["2023-06-30", " 2023-06-30", np.datetime64("2023-06-30")])
def test_a_date_can_be_text(when):
    city = city_population()
    expected = city.interpolate(datetime.date(2023, 6, 30)).frame
    assert city.interpolate(when).frame.equals(expected)
    assert city.interpolate([when]).frame.equals(expected)


def test_a_year_as_text_is_its_end():
    city = city_population()
    assert city.interpolate("2023").frame.equals(city.interpolate(2023).frame)
    assert city.interpolate(np.int64(2023)).frame.equals(city.interpolate(2023).frame)


@pytest.mark.parametrize("when", ["30/6 2023", "2023-13-01", "20230630", "", 2023.5, True, None])
def test_what_is_no_date(when):
    with pytest.raises(InputError, match="no year or date; give one such as 2023, '2023-06-30'"):
        city_population().interpolate([when])


def test_ages_between_the_groups_are_told():
    people = by_age()
    low, high = people.ages[0], people.ages[-1]
    whole = people.margin("age_group", ages=[str(a) for a in people.ages])
    assert not [n for n in whole.attrs["notes"] if "none of the age groups" in n]
    ends = people.margin("age_group", ages=[str(low), str(high)])
    gap = f"{low.high + 1}-{high.low - 1}"
    assert (
        f"without people of the ages {gap}, which are in none of the age groups"
        in (ends.attrs["notes"])
    )


def test_an_age_group_that_nobody_reaches():
    with pytest.raises(InputError, match=r"ends above 130.*write '30\+'"):
        by_age().margin("age_group", ages=["16-29", "30-150"])
