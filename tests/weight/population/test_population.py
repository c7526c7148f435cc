"""The population table: selections, margins, age groups and cuts."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.harmonise import Geography
from survey_stats.weight.errors import BenchmarkError
from survey_stats.weight.population import (
    Population,
    age_groups,
    as_population,
    city_population,
    combine_populations,
)

OLD = Geography.load().districts(2017)


def made_up(year=2017, districts=OLD, ages=range(0, 101), top="100+", name="made up", missing=()):
    """A table by single years of age; the numbers are made up, and no two cells are alike."""
    rows = [
        (year, area, gender, top if age == 100 else str(age))
        for area, gender, age in itertools.product(districts, ("women", "men"), ages)
    ]
    frame = pd.DataFrame(rows, columns=["year", "district", "gender", "age"])
    frame["population"] = [1000.0 + k for k in range(len(frame))]
    frame.loc[list(missing), "population"] = np.nan
    return as_population(frame, name)


def direct(population, **wanted):
    frame = population.frame
    low = frame["age_group"].str.replace("+", "").str.split("-").str[0].astype(int)
    keep = low.between(*wanted.pop("ages", (0, 200)))
    for column, value in wanted.items():
        keep &= frame[column] == value
    return frame.loc[keep, "population"].sum()


def test_a_margin_is_named_and_sorted_as_the_survey_has_it():
    people = made_up()
    margin = people.margin("gender", "age_group", by="district", ages="city_safety")
    assert margin.columns.tolist() == ["district", "gender", "age_group", "population"]
    assert len(margin) == 14 * 2 * 5
    assert margin["age_group"].unique().tolist() == ["16-19", "20-29", "30-44", "45-64", "65-79"]
    cell = margin.set_index(["district", "gender", "age_group"]).loc[("Farsta", "men", "16-19")]
    assert cell["population"] == direct(people, area="Farsta", gender="men", ages=(16, 19))
    assert margin.attrs["sources"] == ["made up"]


def test_all_margins_of_a_codebook_are_of_the_same_people():
    people = made_up()
    adults = direct(people, ages=(16, 79))
    for columns, by in [((), None), (("gender",), None), ((), "district"), (("age_group",), None)]:
        margin = people.margin(*columns, by=by, ages="city_safety")
        assert margin["population"].sum() == adults
    elders = people.margin("age_group", ages="city_safety", wave=2023)
    assert elders["age_group"].tolist()[-1] == "80+"
    assert elders["population"].sum() == direct(people, ages=(16, 200))
    # the region's ends at 84, so that its oldest group is of 80 to 84 under the harmonised name
    region = people.margin("age_group", ages="regional_safety", wave=2020)
    assert region["age_group"].tolist()[-1] == "80+"
    assert region["population"].iloc[-1] == direct(people, ages=(80, 84))


def test_a_codebooks_wave_must_be_known():
    with pytest.raises(InputError, match="say wave="):
        made_up(2018).margin("age_group", ages="city_safety")
    with pytest.raises(UnknownNameError, match="wave '2018'"):
        made_up().margin("age_group", ages="city_safety", wave=2018)
    with pytest.raises(InputError, match="does not tell the ages"):
        age_groups("school_survey")


def test_ages_that_do_not_fit():
    people = made_up().regroup(["0-15", "16-64", "65+"])
    assert [str(a) for a in people.ages] == ["0-15", "16-64", "65+"]
    with pytest.raises(InputError, match="16-64, which lies only partly in 16-19"):
        people.margin("age_group", ages=["16-19", "20-64"])
    with pytest.raises(InputError, match="does not hold the ages 10-15 of the group 10-64"):
        made_up(ages=range(16, 101)).margin(ages=["10-64"])
    with pytest.raises(InputError, match="overlap: 16-19 and 19-29"):
        people.margin(ages=["16-19", "19-29"])
    with pytest.raises(InputError, match="'vuxna' is no age group"):
        people.margin(ages=["vuxna"])
    with pytest.raises(InputError, match="twice"):
        people.margin(ages=["16-64", "16-64"])
    with pytest.raises(InputError, match="No age group"):
        people.margin(ages=[])
    with pytest.raises(InputError, match="is not by age"):
        city_population().select(2024, level="district").margin(by="district", ages=["16+"])


def test_a_last_single_year_of_100_stands_for_those_above():
    ended = made_up(top="100")
    assert ended.margin(ages=["80+"])["population"][0] == direct(ended, ages=(80, 100))


def test_missing_figures_stop_a_margin_that_needs_them_and_no_other():
    people = made_up(missing=[40])
    area, age = people.frame.loc[people.frame["population"].isna(), ["area", "age_group"]].iloc[0]
    assert (area, age) == (OLD[0], "40")
    with pytest.raises(BenchmarkError, match=r"no figure \(dots\) for Rinkeby-Kista"):
        people.margin("gender")
    with pytest.raises(BenchmarkError, match="30-44"):
        people.margin("gender", ages=["16-29", "30-44"])
    whole = people.margin(by="district", ages=["45-64"])["population"].sum()
    assert whole == direct(people, ages=(45, 64))


def test_a_cell_that_is_not_there_is_not_nobody():
    frame = pd.DataFrame(
        {"district": ["Farsta", "Farsta", "Järva"], "gender": ["men", "women", "men"],
         "population": [1, 2, 3]}
    )  # fmt: skip
    with pytest.raises(InputError, match="no row for Järva, women in 2024"):
        as_population(frame, "x", year=2024)


def test_what_a_margin_must_be_told():
    city = city_population()
    with pytest.raises(InputError, match="say year="):
        city.margin(by="district")
    with pytest.raises(InputError, match="hold the same people; say level="):
        city.margin(year=2024)
    with pytest.raises(InputError, match=r"cuts of 11, 13, 14"):
        city.margin(by="district", year=2011)
    with pytest.raises(UnknownNameError, match="dimension 'gender'"):
        city.margin("gender", year=2024)
    with pytest.raises(UnknownNameError, match="kind of area 'neighbourhood'"):
        city.margin(by="neighbourhood", year=2024)
    with pytest.raises(UnknownNameError, match="year '2023'"):
        city.margin(by="district", year=2023)
    with pytest.raises(InputError, match="contradict"):
        city.margin(by="district", level="municipality", year=2024)
    assert city.margin(level="municipality", year=2024)["population"].tolist() == [995_574.0]
    districts = city.margin(by="district", year=2024)
    assert districts["population"].sum() == 995_574 - 3_637
    assert any("3,637 people" in note for note in districts.attrs["notes"])
    several = city.select([2010, 2011], cut=14, level="district").margin("wave", by="district")
    assert several.columns.tolist() == ["district", "wave", "population"]
    assert several["population"].sum() == 847_073 + 864_324


def test_selections():
    people = made_up()
    assert people.select(area="Farsta").frame["area"].unique().tolist() == ["Farsta"]
    women = people.select(where=lambda f: f["gender"] == "women")
    assert women.frame.equals(people.select(where="gender == 'women'").frame)
    assert women.frame.equals(people.select(where=people.frame["gender"] == "women").frame)
    for how, match in [
        ({"year": 2018}, "year '2018'"),
        ({"area": "Farstaa"}, "did you mean 'Farsta'"),
        ({"level": "county"}, "level 'county'"),
        ({"cut": 11}, "cut '11'"),
        ({"where": "sex == 1"}, "cannot be evaluated"),
        ({"where": [True]}, "1 values"),
        ({"where": "gender == 'x'"}, "Nothing of made up is left"),
    ]:
        with pytest.raises((InputError, UnknownNameError), match=match):
            people.select(**how)


def test_districts_are_summed_to_the_cut_that_they_merged_into():
    people = made_up()
    assert set(people.frame["cut"]) == {14}
    for cut, year in ((13, 2020), (11, 2023)):
        walk = Geography.load().crosswalk(2017, year)
        told = people.to_cut(cut)
        margin = told.margin("gender", by="district").set_index(["district", "gender"])
        want = people.frame.groupby([people.frame["area"].map(walk), "gender"])["population"].sum()
        assert margin["population"].to_dict() == want.to_dict()
        merged = told.frame.loc[told.frame["area"] == "Hägersten-Älvsjö", "source"]
        assert set(merged) == {"made up; districts of the cut of 14 summed"}
        assert set(told.frame.loc[told.frame["area"] == "Farsta", "source"]) == {"made up"}


def test_a_merged_district_is_divided_only_on_an_assumption_that_is_said():
    old = made_up(2017, name="old")
    new = made_up(2023, Geography.load().districts(2023), name="new")
    both = combine_populations(old, new)
    with pytest.raises(InputError, match="splits up"):
        both.to_cut(14)
    with pytest.raises(UnknownNameError, match="way to split"):
        both.to_cut(14, split="evenly")
    told = both.to_cut(14, split="last known")
    assert told.frame["population"].sum() == pytest.approx(both.frame["population"].sum())
    parts = told.select(2023, area=["Rinkeby-Kista", "Spånga-Tensta"]).frame
    assert set(parts["source"]) == {"new; parts of a merged district by their share in 2017"}
    cell = {"gender": "men", "age_group": "30"}
    whole = direct(new.select(area="Järva", where="age_group == '30'"), gender="men")
    shares = [
        direct(old.select(where="age_group == '30'"), area=a, gender="men")
        for a in ("Rinkeby-Kista", "Spånga-Tensta")
    ]
    got = parts[(parts["gender"] == cell["gender"]) & (parts["age_group"] == cell["age_group"])]
    want = whole * shares[0] / sum(shares)
    assert got.set_index("area")["population"]["Rinkeby-Kista"] == pytest.approx(want, rel=1e-12)
    with pytest.raises(InputError, match="no earlier figures"):
        new.to_cut(14, split="last known")


def test_half_of_a_merged_district_is_not_taken_for_the_whole():
    with pytest.raises(InputError, match=r"Järva merged from .* no figures of Spånga-Tensta"):
        made_up(districts=["Rinkeby-Kista", "Farsta"]).to_cut(11)
    with pytest.raises(UnknownNameError, match="cut of the districts '12'"):
        made_up().to_cut(12)


def test_a_missing_part_makes_the_sum_missing():
    people = made_up(missing=[0]).to_cut(11)
    lost = people.frame[people.frame["population"].isna()]
    assert lost[["area", "gender", "age_group"]].to_numpy().tolist() == [["Järva", "women", "0"]]


def test_a_table_through_mergers_has_each_year_in_its_own_cut():
    geography = Geography.load()
    names = list(dict.fromkeys([*geography.districts(2017), *geography.districts(2023)]))
    rows = []
    for year, name in itertools.product((2019, 2021, 2024), names):
        there = name in geography.districts(year)
        also = year == 2021 and name in geography.districts(2020)
        rows.append((year, name, 100.0 if there or also else np.nan))
    frame = pd.DataFrame(rows, columns=["år", "stadsdelsområde", "population"])
    # the cut of 2021 has a district that neither the first nor the last has
    frame.loc[len(frame)] = (2021, "Hägersten-Älvsjö", 100.0)
    frame = frame.drop_duplicates(["år", "stadsdelsområde"], keep="last")
    people = as_population(frame, "made up")
    cuts = people.frame.groupby("year")["cut"].unique().map(list).to_dict()
    assert cuts == {2019: [14], 2021: [13], 2024: [11]}
    assert people.frame.groupby("year").size().to_dict() == {2019: 14, 2021: 13, 2024: 11}
    assert people.frame["population"].notna().all()
    assert any("without figures" in note for note in people.notes)


def test_neighbourhoods_and_municipalities_are_told_apart():
    frame = pd.DataFrame({"stadsdel": ["Farsta", "Södermalm"], "population": [1, 2]})
    assert as_population(frame, "x", year=2024).levels == ["neighbourhood"]
    frame = frame.rename(columns={"stadsdel": "stadsdelsområde"})
    assert as_population(frame, "x", year=2024).levels == ["district"]
    told = as_population(frame, "x", {"stadsdelsområde": "neighbourhood"}, year=2024)
    assert told.margin(by="neighbourhood").columns.tolist() == ["neighbourhood", "population"]
    region = pd.DataFrame(
        {"region": ["00 Riket", "01 Stockholms län", "0180 Stockholm", "0126 Huddinge"],
         "population": [4, 3, 2, 1]}
    )  # fmt: skip
    people = as_population(region, "x", year=2024)
    assert people.levels == ["municipality", "county", "country"]
    assert people.margin(by="municipality")["municipality"].tolist() == ["Huddinge", "Stockholm"]
    other = pd.DataFrame({"område": ["Centrum", "Hisingen"], "population": [1, 2]})
    assert as_population(other, "x", year=2024).levels == ["other"]


def test_combining_tables():
    old, new = made_up(2017), made_up(2023, Geography.load().districts(2023))
    both = combine_populations(old, new, name="both")
    assert both.years == [2017, 2023]
    assert len(both.frame) == len(old.frame) + len(new.frame)
    assert len(combine_populations(old, old).frame) == len(old.frame)
    changed = Population(old.frame.assign(population=old.frame["population"] + 1), "changed")
    with pytest.raises(InputError, match="contradict each other in 2828 cells"):
        combine_populations(old, changed)
    with pytest.raises(InputError, match="sum them to the same dimensions"):
        combine_populations(old, city_population())
    with pytest.raises(InputError, match="no population"):
        combine_populations()


def test_frames_that_cannot_be_a_population():
    frame = made_up().frame
    with pytest.raises(InputError, match="no column source"):
        Population(frame.drop(columns="source"), "x")
    with pytest.raises(InputError, match="twice"):
        Population(pd.concat([frame, frame]), "x")
    assert len(made_up().frame) == len(frame)


def test_what_is_given_back_can_be_changed_without_harm():
    city = city_population()
    city.frame["population"] = 0.0
    assert city_population().frame["population"].sum() > 0


def test_a_margin_of_areas_alone_is_told_by_by() -> None:
    frame = pd.DataFrame({"district": ["Farsta", "Bromma"], "population": [10.0, 20.0]})
    people = as_population(frame, "own", year=2024)
    with pytest.raises(InputError, match=r"margin\(by='district'\)"):
        people.margin("district")
    told = people.margin(by="district").set_index("district")["population"]
    assert told.to_dict() == {"Farsta": 10.0, "Bromma": 20.0}
