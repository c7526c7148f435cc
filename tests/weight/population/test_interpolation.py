"""Between known days: linear by cell, said on each row, nothing beyond them unless asked."""

from __future__ import annotations

import datetime

import pytest

from survey_stats.errors import InputError
from survey_stats.harmonise import Geography
from survey_stats.weight import district_population
from survey_stats.weight.errors import BenchmarkError
from survey_stats.weight.population import as_population, city_population, combine_populations

from .test_population import made_up


@pytest.mark.parametrize("year", [2000, 2003, 2007, 2011, 2019, 2024])
def test_the_citys_districts_are_those_of_district_population(year):
    ours = city_population().interpolate(year).select(level="district")
    if 11 in set(ours.frame["cut"]):
        ours = ours.select(cut=11)
    theirs = district_population(year).set_index("area")["population"]
    got = ours.frame.set_index("area")["population"]
    assert got.to_dict() == pytest.approx(theirs.to_dict(), rel=1e-12)


def test_the_older_cut_is_that_of_district_population_too():
    city = city_population()
    split = combine_populations(city.select(2011, cut=14), city.select(2024, cut=11)).select(
        level="district"
    )
    told = split.to_cut(14, split="last known").interpolate([2011, 2024])
    theirs = district_population(2024, cut=14).set_index("area")["population"]
    got = told.select(2024).frame.set_index("area")["population"]
    assert got.to_dict() == pytest.approx(theirs.to_dict(), rel=1e-12)


def test_cells_lie_on_the_line_between_two_years():
    first, last = made_up(2010), made_up(2020)
    last = as_population(last.frame.assign(population=last.frame["population"] * 3), "made up")
    both = combine_populations(first, last)
    between = both.interpolate(2013)
    want = first.frame["population"] * (1 + 2 * 0.3)
    assert between.frame["population"].to_numpy() == pytest.approx(want.to_numpy(), rel=1e-12)
    assert set(between.frame["source"]) == {"interpolated linearly, 2010-2020 (made up)"}
    assert between.years == [2013]
    known = both.interpolate(2020)
    assert set(known.frame["source"]) == {"made up"}
    assert known.frame["population"].equals(last.frame["population"])


def test_a_day_within_a_year():
    both = combine_populations(made_up(2022), made_up(2023))
    day = both.interpolate(datetime.date(2023, 7, 2))
    assert day.years == [2023]
    assert day.dates == [datetime.date(2023, 7, 2)]
    assert "2022-2023" in day.frame["source"][0]
    small = as_population(
        made_up(2022).frame.assign(population=0.0), "none"
    )  # 183 of 365 days have passed
    grown = combine_populations(small, made_up(2023)).interpolate(datetime.date(2023, 7, 2))
    want = made_up(2023).frame["population"] * 183 / 365
    assert grown.frame["population"].to_numpy() == pytest.approx(want.to_numpy(), rel=1e-12)


def test_several_times_at_once_and_none():
    both = combine_populations(made_up(2010), made_up(2020))
    assert both.interpolate([2012, 2010, 2012]).years == [2010, 2012]
    with pytest.raises(InputError, match="No time"):
        both.interpolate([])
    for odd in (20.5, True, 12):
        with pytest.raises(InputError, match="no year or date"):
            both.interpolate(odd)


def test_nothing_is_extrapolated_unless_asked():
    both = combine_populations(made_up(2010), made_up(2020))
    for year in (2009, 2021):
        with pytest.raises(InputError, match=f"known for 2010-2020, not for {year}"):
            both.interpolate(year)
    one = made_up(2010)
    with pytest.raises(InputError, match="known for 2010, not for 2011"):
        one.interpolate(2011, extrapolate=True)
    grown = as_population(made_up(2020).frame.assign(population=2000.0), "made up")
    flat = as_population(made_up(2010).frame.assign(population=1000.0), "made up")
    beyond = combine_populations(flat, grown).interpolate(2022, extrapolate=True)
    assert set(beyond.frame["population"].round(9)) == {2200.0}
    assert set(beyond.frame["source"]) == {"extrapolated linearly, 2010-2020 (made up)"}
    with pytest.raises(BenchmarkError, match="fewer than 0 people"):
        combine_populations(flat, grown).interpolate(1990, extrapolate=True)


def test_kinds_of_areas_that_are_not_known_are_left_out_and_it_is_said():
    told = city_population().interpolate(2020)
    assert told.levels == ["district"]
    assert set(told.frame["cut"]) == {11}
    assert any("municipality" in note and "left out" in note for note in told.notes)
    assert any("cut of 14" in note for note in told.notes)


def test_cells_on_one_side_only_are_an_error():
    new = Geography.load().districts(2017)
    both = combine_populations(made_up(2010), made_up(2020, new[1:]))
    with pytest.raises(InputError, match="in only one of 2010 and 2020"):
        both.interpolate(2015)


def test_missing_stays_missing():
    between = combine_populations(made_up(2010, missing=[5]), made_up(2020)).interpolate(2012)
    assert between.frame["population"].isna().sum() == 1
