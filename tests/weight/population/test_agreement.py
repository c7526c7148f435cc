"""Benchmarks that do not agree are reported with the difference and whom to ask."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.harmonise import Geography
from survey_stats.weight import base_weights, calibrate
from survey_stats.weight.errors import BenchmarkError
from survey_stats.weight.population import (
    agreement,
    as_population,
    city_population,
    combine_populations,
    reconcile,
)
from survey_stats.weight.population.districts import population_table

from .test_population import made_up

NEW = Geography.load().districts(2023)


def changed(people, keep, by, name="changed"):
    frame = people.frame.copy()
    frame.loc[keep(frame), "population"] += by
    return as_population(frame, name)


def test_the_citys_figures_agree_with_themselves():
    told = agreement(city_population())
    assert told.agrees
    assert told.frame["people_first"].tolist() == [995_574.0]
    assert told.frame["people_second"].tolist() == [995_574.0]
    assert "agree in all 1 comparisons" in str(told)


def test_a_city_that_its_districts_do_not_sum_to_is_found():
    city = city_population().select(2024)
    wrong = changed(city, lambda f: f["area"] == "Farsta", -85.0)
    told = agreement(wrong)
    assert told.differences["difference"].tolist() == [-85.0]
    row = told.differences.iloc[0]
    assert row["percent"] == pytest.approx(-100 * 85 / 995_574)
    assert row["ask"] == "who made changed"
    without = agreement(city.select(level=["district", "municipality"]))
    assert without.differences["difference"].tolist() == [-3637.0]
    assert any("people in no district" in note for note in without.notes)


def test_two_sources_of_one_margin():
    cells = made_up(2024, NEW, name="by age")
    totals = cells.frame.groupby("area", sort=False)["population"].sum()
    districts = pd.DataFrame({"district": totals.index, "population": totals.to_numpy()})
    same = as_population(districts, "SCB, totals", year=2024)
    assert agreement(cells, same).agrees
    assert len(agreement(cells, same).frame) == 11
    districts.loc[districts["district"] == "Järva", "population"] += 12
    other = as_population(districts, "SCB, totals", year=2024)
    told = agreement(cells, other)
    assert told.differences[["area", "difference"]].to_numpy().tolist() == [["Järva", 12.0]]
    assert told.differences["ask"][0] == "who made by age and Statistics Sweden (SCB)"
    with pytest.raises(BenchmarkError, match=r"1 of 11 comparisons .* Järva 2024: .* \(\+12, "):
        told.check()
    assert agreement(cells, other, people=12).agrees
    assert agreement(cells, other, tolerance=0.001).agrees
    assert not agreement(cells, other, tolerance=1e-6).agrees
    # the larger of the two allowances, not both together
    enough = 12 / totals["Järva"]
    assert not agreement(cells, other, people=11.5, tolerance=enough / 2).agrees
    assert agreement(cells, other, people=11.5, tolerance=enough * 1.001).agrees


def test_margins_and_their_crossing_are_compared_in_common_ages():
    cells = made_up(2024, NEW, name="single years")
    groups = cells.regroup(["0-15", "16-19", "20-64", "65+"])
    groups = as_population(groups.frame, "groups")
    told = agreement(cells, groups)
    assert told.agrees
    # areas x (all, gender, age, gender x age)
    assert len(told.frame) == 11 * (1 + 2 + 4 + 8)
    moved = changed(groups, lambda f: (f["area"] == "Farsta") & (f["age_group"] == "65+") &
                    (f["gender"] == "men"), 3.0)  # fmt: skip
    moved = changed(moved, lambda f: (f["area"] == "Farsta") & (f["age_group"] == "65+") &
                    (f["gender"] == "women"), -3.0)  # fmt: skip
    found = agreement(cells, moved).differences
    # the total of the area and of the age group agree all the same
    assert set(found["cell"]) == {"men", "women", "men, 65+", "women, 65+"}
    assert set(found["area"]) == {"Farsta"}
    adults = as_population(cells.regroup(["16-79"]).frame, "adults")
    told = agreement(cells, adults)
    assert told.agrees
    assert any("16-79 only" in note for note in told.notes)


def test_a_table_of_adults_is_not_compared_with_one_of_everybody():
    adults = made_up(2024, NEW).regroup(["16-79"])
    told = agreement(adults, city_population().select(2024))
    own = told.frame[told.frame["first"].str.startswith("made up")]
    assert own.empty
    assert any("does not hold all ages" in note for note in told.notes)


def test_other_cuts_other_years_and_other_areas():
    old, new = made_up(2011), made_up(2011).to_cut(11)
    new = as_population(new.frame, "new")
    assert agreement(old, new).agrees
    assert set(agreement(old, new).frame["area"]) == set(NEW)
    told = agreement(made_up(2011), made_up(2012))
    assert told.frame.empty
    assert any("no year in common" in note for note in told.notes)
    assert str(told) == "Nothing to compare"
    with pytest.raises(InputError, match="no year in common; give benchmarks"):
        told.check()
    few = agreement(old, old.select(area=["Farsta", "Bromma"]))
    assert few.agrees
    assert set(few.frame["area"]) == {"Farsta", "Bromma"}
    assert any("in only one of" in note for note in few.notes)


def test_the_city_of_one_against_the_districts_of_the_other():
    districts = made_up(2024, NEW, name="districts")
    total = float(districts.frame["population"].sum())
    frame = pd.DataFrame({"region": ["0180 Stockholm"], "population": [total + 9]})
    city = as_population(frame, "city", year=2024)
    told = agreement(city, districts)
    assert told.differences["difference"].tolist() == [-9.0]
    assert told.frame["area"].tolist() == ["Stockholm"]
    assert agreement(districts, city).differences["difference"].tolist() == [-9.0]


def test_a_missing_figure_is_neither_agreement_nor_difference():
    told = agreement(made_up(missing=[3]), made_up(name="other"))
    assert told.agrees
    assert (told.frame["verdict"] == "missing").sum() == 4


def test_tidy_tables_as_they_are_given_to_calibrate():
    people = made_up(2024, NEW)
    margins = [
        people.margin("gender", by="district", ages=["16-79"]),
        people.margin("age_group", ages=["16-19", "20-79"]),
        people.margin(by="district", ages=["16-79"]),
    ]
    assert agreement(*margins).agrees
    assert agreement(people.regroup(["16-19", "20-79"]), *margins[1:]).agrees
    wrong = margins[2].assign(population=margins[2]["population"] * 1.01)
    told = agreement(margins[0], margins[1], wrong)
    assert set(told.differences["second"]) == {"table 3 (district)"}
    assert told.differences["percent"].to_numpy() == pytest.approx(1.0)
    assert str(told).startswith("12 of 13 comparisons of benchmarks differ")
    assert "differ: all: 2,9" in str(told)
    # a district that only one of the tables has
    short = agreement(margins[0], margins[2].iloc[1:])
    assert short.differences["cell"].tolist() == [margins[2]["district"][0]]
    lost = margins[2]["population"][0]
    assert short.differences["people_second"].tolist() == [0.0]
    assert short.differences["difference"].tolist() == [-lost]


def test_what_agreement_is_given():
    with pytest.raises(InputError, match="no benchmark"):
        agreement()
    with pytest.raises(InputError, match="Benchmark 1 is neither"):
        agreement(population_table().drop(columns="population"))
    with pytest.raises(InputError, match="tolerance=-1"):
        agreement(city_population(), tolerance=-1)


def test_scaling_one_to_the_other():
    cells = made_up(2024, NEW, name="cells")
    city = city_population().select(2024)
    scaled = reconcile(cells, city)
    own = scaled.margin(by="district").set_index("district")["population"]
    theirs = city.margin(by="district").set_index("district")["population"]
    assert own.to_dict() == pytest.approx(theirs.to_dict(), rel=1e-12)
    assert agreement(scaled, city.select(level="district")).agrees
    # proportions within an area are kept
    factor = scaled.frame["population"] / cells.frame["population"]
    assert factor.groupby(scaled.frame["area"]).nunique().max() <= 3  # rounding of the last digit
    assert factor.groupby(scaled.frame["area"]).std().max() < 1e-9
    assert scaled.frame["source"].str.contains("scaled to City of Stockholm").all()
    assert set(scaled.frame["cut"]) == {11}
    whole = reconcile(cells, city, level="municipality")
    assert whole.frame["population"].sum() == pytest.approx(995_574)
    ratio = whole.frame["population"] / cells.frame["population"]
    assert ratio.std() < 1e-9


def test_scaling_by_a_dimension():
    cells = made_up(2024, NEW, name="cells")
    frame = cells.margin("gender", by="district")
    frame["population"] *= [1.5 if g == "men" else 0.5 for g in frame["gender"]]
    to = as_population(frame, "by gender", year=2024)
    scaled = reconcile(cells, to, on="gender")
    ratio = scaled.frame["population"] / cells.frame["population"]
    assert set(ratio.round(9)[scaled.frame["gender"] == "men"]) == {1.5}
    assert agreement(scaled, to).agrees


def test_what_cannot_be_scaled():
    cells, city = made_up(2024, NEW, name="cells"), city_population()
    with pytest.raises(UnknownNameError, match="dimension 'gender'"):
        reconcile(cells, city, on="gender")
    with pytest.raises(InputError, match="no figure for 2022"):
        reconcile(combine_populations(cells, made_up(2022, NEW)), city.select(2024))
    with pytest.raises(InputError, match="other cuts; use to_cut"):
        reconcile(made_up(2024), city.select(2024))
    with pytest.raises(InputError, match=r"holds the ages 16-79"):
        reconcile(cells.regroup(["16-79"]), city.select(2024))
    nobody = changed(cells, lambda f: f["area"] == "Farsta", 0.0, "cells")
    frame = nobody.frame.copy()
    frame.loc[frame["area"] == "Farsta", "population"] = 0.0
    with pytest.raises(BenchmarkError, match=r"nobody, or no figure, in .*Farsta"):
        reconcile(as_population(frame, "cells"), city.select(2024))
    with pytest.raises(InputError, match="no kind of area in common"):
        reconcile(cells, city.select(2024, level="municipality"))
    with pytest.raises(InputError, match="all districts of one cut"):
        reconcile(cells.select(area="Farsta"), city.select(2024), level="municipality")


def test_margins_go_into_calibrate_as_they_are():
    people = made_up(2023, NEW)
    rng = np.random.default_rng(6)
    groups = ["16-19", "20-29", "30-44", "45-64", "65-79", "80+"]
    frame = pd.DataFrame(
        {
            "district": rng.choice(NEW, 3000),
            "gender": rng.choice(["women", "men"], 3000),
            "age_group": rng.choice(groups, 3000),
        }
    )
    margins = [
        people.margin("gender", by="district", ages="city_safety"),
        people.margin("age_group", ages="city_safety"),
    ]
    agreement(*margins).check()
    start = base_weights({"all": 900_000}, {"all": 3000}, ["all"] * 3000)
    weights = calibrate(start, frame, margins).values
    for margin in margins:
        keys = [c for c in margin.columns if c != "population"]
        got = frame.assign(w=weights).groupby(keys)["w"].sum()
        want = margin.set_index(keys)["population"]
        assert got.to_dict() == pytest.approx(want.to_dict(), rel=1e-7)
