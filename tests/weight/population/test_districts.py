"""Population figures: the city's own, and what is interpolated between them."""

from __future__ import annotations

import pytest

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.harmonise import Geography
from survey_stats.weight import district_population, population_table


def test_the_districts_and_the_rest_sum_to_the_printed_city() -> None:
    table = population_table()
    last = table[table["year"] == 2024].set_index("area")["population"]
    assert last.drop("Stockholm").sum() == last["Stockholm"] == 995_574


@pytest.mark.parametrize("year", [2000, 2005, 2010, 2011])
def test_every_cut_sums_to_the_same_city(year: int) -> None:
    table = population_table()
    sums = table[table["year"] == year].groupby("cut")["population"].sum()
    assert set(sums.index) == {14, 13, 11}
    assert sums.nunique() == 1


@pytest.mark.parametrize("year", [2000, 2003, 2011, 2017, 2020, 2023, 2024])
def test_sums_are_conserved_between_cuts_and_mergers(year: int) -> None:
    eleven = district_population(year).set_index("area")["population"]
    fourteen = district_population(year, cut=14).set_index("area")["population"]
    thirteen = district_population(year, cut=13).set_index("area")["population"]
    assert (len(eleven), len(thirteen), len(fourteen)) == (11, 13, 14)
    walk = Geography.load().crosswalk(2017, 2023)
    assert fourteen.groupby(walk).sum().to_dict() == pytest.approx(eleven.to_dict())
    walk = Geography.load().crosswalk(2020, 2023)
    assert thirteen.groupby(walk).sum().to_dict() == pytest.approx(eleven.to_dict())


def test_names_are_those_of_the_geography() -> None:
    geography = Geography.load()
    for cut, year in ((14, 2017), (13, 2020), (11, 2023)):
        assert set(district_population(2020, cut)["area"]) == set(geography.districts(year))


def test_interpolation_is_linear_and_said() -> None:
    table = district_population(2020).set_index("area")
    # Farsta: 51 987 at the end of 2011, 62 085 at the end of 2024
    assert table.loc["Farsta", "population"] == pytest.approx(51_987 + 9 / 13 * (62_085 - 51_987))
    assert set(table["source"]) == {"interpolated linearly, 2011-2024"}
    assert set(district_population(2011)["source"]) == {"published for 2011"}
    older = district_population(2020, cut=14)
    assert older["source"].str.contains("by their share in 2011").all()


def test_nothing_is_extrapolated_and_cuts_are_known() -> None:
    with pytest.raises(InputError, match="2000-2024, not for 2025"):
        district_population(2025)
    with pytest.raises(InputError, match="not for 1999"):
        district_population(1999)
    with pytest.raises(UnknownNameError, match="cut of the districts"):
        district_population(2020, cut=12)


def test_the_table_is_a_copy() -> None:
    table = population_table()
    table["population"] = 0
    assert population_table()["population"].sum() > 0
