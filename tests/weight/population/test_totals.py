"""Printed totals: recognised, never counted with their parts, and compared with them."""

from __future__ import annotations

import itertools

import pytest

from survey_stats.errors import InputError
from survey_stats.weight.population import agreement, read_pxweb

from .test_formats import save
from .writers import Table, delimited, json_stat, px

AGES = {"0-15 år": 10, "16-64 år": 40, "65 år och äldre": 20}
SIZES = {"Farsta": 1, "Järva": 3}


def with_totals(wrong=None, area_total="Totalt", ages="totalt ålder"):
    """Areas, ages and genders with all their totals; women are twice as many as men."""
    own = {
        (area, age, gender): SIZES[area] * AGES[age] * (2 if gender == "kvinnor" else 1)
        for area, age, gender in itertools.product(SIZES, AGES, ("kvinnor", "män"))
    }
    values = {
        "stadsdelsområde": [*SIZES, area_total],
        "ålder": [*AGES, ages],
        "kön": ["kvinnor", "män", "män och kvinnor"],
        "år": ["2024"],
    }
    data = []
    for area, age, gender, _ in itertools.product(*values.values()):
        fits = [
            people
            for (a, g, k), people in own.items()
            if area in (a, area_total) and age in (g, ages) and gender in (k, "män och kvinnor")
        ]
        data.append(sum(fits))
    if wrong is not None:
        data[wrong] += 5
    return Table(values, data)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.px", px(with_totals(), page="utf-8")),
        ("a.json", json_stat(with_totals())),
        ("a.csv", delimited(with_totals(), ";")),
        ("b.csv", delimited(with_totals(ages="0+ år"), ";", wide=False)),
    ],
)
def test_totals_are_kept_apart_and_agree(tmp_path, name, text):
    people = read_pxweb(save(tmp_path / name, text))
    assert people.frame["population"].sum() == 4 * 70 * 3
    assert len(people.frame) == 2 * 3 * 2
    assert len(people.printed) == 3 * 4 * 3 - 12
    told = agreement(people)
    assert told.agrees
    assert len(told.frame) == len(people.printed)
    assert set(told.frame["verdict"]) == {"agrees"}


@pytest.mark.parametrize("wrong", range(0, 36, 5))
def test_any_figure_that_is_wrong_is_found(tmp_path, wrong):
    people = read_pxweb(save(tmp_path / "a.px", px(with_totals(wrong), page="utf-8")))
    told = agreement(people)
    assert not told.agrees
    assert set(told.differences["difference"].abs()) == {5.0}
    assert agreement(people, people=5).agrees
    # nothing of it reaches a margin but the cell itself
    parts = people.frame["population"].sum()
    assert parts in (840, 845)
    assert (parts == 845) == (len(told.differences) > 1)


def test_a_table_of_totals_only_is_not_by_them(tmp_path):
    table = Table(
        {"region": ["Farsta"], "kön": ["totalt"], "ålder": ["totalt ålder"], "år": ["2024"]}, [62]
    )
    people = read_pxweb(save(tmp_path / "a.px", px(table, page="utf-8")))
    assert people.dimensions == []
    assert people.frame["population"].tolist() == [62.0]


def test_a_variable_of_no_interest_is_taken_in_total(tmp_path):
    table = Table(
        {
            "region": ["Farsta"],
            "civilstånd": ["ogifta", "gifta", "totalt"],
            "kön": ["män", "kvinnor"],
            "år": ["2024"],
        },
        [1, 2, 3, 4, 99, 98],
    )
    path = save(tmp_path / "a.px", px(table, page="utf-8"))
    people = read_pxweb(path)
    assert people.margin("gender")["population"].tolist() == [99.0, 98.0]
    assert any("civilstånd: its total" in note for note in people.notes)
    summed = read_pxweb(path, columns={"civilstånd": "sum"})
    assert summed.margin("gender")["population"].tolist() == [4.0, 6.0]
    kept = read_pxweb(path, columns={"civilstånd": "marital_status"})
    assert len(kept.printed) == 2
    assert not agreement(kept).agrees


def test_subtotals_among_ages_are_an_error(tmp_path):
    ages = ["16 år", "17 år", "18-64 år", "16-64 år", "65+ år"]
    table = Table({"region": ["Farsta"], "ålder": ages, "år": ["2024"]}, [1, 2, 3, 6, 9])
    path = save(tmp_path / "a.px", px(table, page="utf-8"))
    with pytest.raises(InputError, match="overlap: 16 and 16-64"):
        read_pxweb(path)
    people = read_pxweb(path, values={"ålder": {"16-64 år": None}})
    assert people.frame["population"].sum() == 15


def test_years_across_with_genders_and_their_total(tmp_path):
    text = (
        "stadsdelsområde;män 2023;kvinnor 2023;totalt 2023;män 2024;kvinnor 2024;totalt 2024\r\n"
        "Farsta;1;2;3;4;5;9\r\nJärva;10;20;30;40;50;90\r\n"
    )
    people = read_pxweb(save(tmp_path / "a.csv", text))
    assert people.margin("gender", by="district", year=2024)["population"].tolist() == [
        4,
        5,
        40,
        50,
    ]
    assert agreement(people).agrees
    assert len(agreement(people).frame) == 4
