"""Tables in the shapes that Statistics Sweden and the city publish; all numbers are made up."""

from __future__ import annotations

import pytest

from survey_stats.errors import InputError
from survey_stats.weight.population import agreement, city_population, read_pxweb

from .test_formats import save
from .writers import Table, delimited, json_stat, px, pxweb_json, workbook

SINGLE = [*(f"{a} år" for a in range(100)), "100+ år"]
AGENCY = Table(
    {
        "region": ["0126 Huddinge", "0180 Stockholm"],
        "ålder": [*SINGLE, "totalt ålder"],
        "kön": ["män", "kvinnor"],
        "tabellinnehåll": ["Folkmängd", "Folkökning"],
        "år": ["2022", "2023"],
    },
    [],
    {"region": ["0126", "0180"], "kön": ["1", "2"]},
)


def figure(region, age, gender, contents, year):
    if contents == "Folkökning":
        return -7
    size = 100 + 50 * ("Stockholm" in region) + 10 * (gender == "kvinnor") + int(year) - 2022
    return size * 101 if age == "totalt ålder" else size


AGENCY.data = [figure(*label) for label in AGENCY.labels()]


def test_population_by_municipality_single_years_and_gender(tmp_path):
    text = px(
        AGENCY,
        heading=2,
        extra=['CONTVARIABLE="tabellinnehåll";', 'PRESTEXT("region")=2;', 'DATASYMBOLNIL="-";'],
    )
    people = read_pxweb(save(tmp_path / "a.px", text, "cp1252"))
    assert people.levels == ["municipality"]
    assert people.years == [2022, 2023]
    assert len(people.ages) == 101
    assert agreement(people).agrees
    margin = people.select(area="Stockholm").margin(
        "gender", "age_group", by="municipality", year=2023, ages="regional_safety"
    )
    assert margin["age_group"].unique().tolist() == [
        "16-19", "20-29", "30-44", "45-64", "65-79", "80+",
    ]  # fmt: skip
    women = margin[margin["gender"] == "women"].set_index("age_group")["population"]
    assert women["16-19"] == 4 * 161
    # the region asks people of up to 84 years
    assert women["80+"] == 5 * 161


def test_the_same_table_as_text_with_contents_and_years_across(tmp_path):
    rows = ['"region","ålder","kön","Folkmängd 2022","Folkökning 2022","Folkmängd 2023"']
    rows += [
        '"0180 Stockholm","16 år","män",10,-1,11',
        '"0180 Stockholm","16 år","kvinnor",12,0,13',
    ]
    path = save(tmp_path / "a.csv", "\r\n".join(rows) + "\r\n", "cp1252")
    people = read_pxweb(path)
    assert people.margin("year", "gender")["population"].tolist() == [10.0, 12.0, 11.0, 13.0]


def test_codes_beside_the_names_are_not_a_variable(tmp_path):
    text = (
        "kod;stadsdelsområde;Folkmängd 2024\r\n01;Järva;95220\r\n07;Farsta;62085\r\n"
        "08;Bromma;83118\r\n"
    )
    people = read_pxweb(save(tmp_path / "a.csv", text))
    assert people.dimensions == []
    assert people.frame.set_index("area")["population"]["Farsta"] == 62_085
    assert any("'kod' has a code for each" in note for note in people.notes)


def test_the_citys_own_printed_figures(tmp_path):
    printed = city_population().select(2024)
    names = [*printed.select(level="district").frame["area"], "Restområde", "Hela staden"]
    sizes = printed.frame.set_index("area")["population"].rename({"Stockholm": "Hela staden"})
    table = Table({"stadsdelsområde": names, "år": ["2024"]}, [int(sizes[name]) for name in names])
    workbook(table, tmp_path / "a.xlsx", footer=["Källa:", "Stockholms stad"])
    for path in (
        save(tmp_path / "a.px", px(table, page="utf-8")),
        save(tmp_path / "a.json", json_stat(table, version=1)),
        save(tmp_path / "a.csv", delimited(table, ";"), "latin-1"),
        save(tmp_path / "b.json", pxweb_json(table)),
        tmp_path / "a.xlsx",
    ):
        people = read_pxweb(path)
        assert people.levels == ["district", "outside", "municipality"], path
        told = agreement(people, city_population())
        assert told.agrees
        # the city against its districts twice, and 13 areas against the city's own table
        assert len(told.frame) == 1 + 1 + 13
        margin = people.margin(by="district")
        assert margin["population"].sum() == 995_574 - 3_637


def test_figures_that_are_not_people_are_not_taken_for_people(tmp_path):
    table = Table({"region": ["Farsta"], "år": ["2024"]}, [41.5], contents="Medelålder")
    path = save(tmp_path / "a.px", px(table, page="utf-8"))
    with pytest.raises(InputError, match="does not look like numbers of people"):
        read_pxweb(path)
    assert read_pxweb(path, contents="Medelålder").frame["population"].tolist() == [41.5]
    text = px(Table({"region": ["Farsta"], "år": ["2024"]}, [62]), page="utf-8")
    thousands = text.replace('UNITS="antal"', 'UNITS="1000-tal"')
    with pytest.raises(InputError, match="figures in 1000-tal"):
        read_pxweb(save(tmp_path / "b.px", thousands))


def test_quarters_and_months_are_the_days_on_which_they_end(tmp_path):
    table = Table(
        {"region": ["Farsta"], "kvartal": ["2023K2", "2023K4"]}, [100, 200], time="kvartal"
    )
    people = read_pxweb(save(tmp_path / "a.px", px(table, page="utf-8")))
    assert [d.isoformat() for d in people.dates] == ["2023-06-30", "2023-12-31"]
    with pytest.raises(InputError, match="several days of one year"):
        people.margin("year", by="district")
    november = Table({"region": ["Farsta"], "år": ["2023"]}, [1])
    people = read_pxweb(save(tmp_path / "b.px", px(november, page="utf-8")), reference="11-01")
    assert [d.isoformat() for d in people.dates] == ["2023-11-01"]


def test_the_worst_table_still_says_what_to_do(tmp_path):
    text = "a;b;c\r\nx;y;1\r\nz;w;2\r\n"
    with pytest.raises(InputError, match="say what it is by columns="):
        read_pxweb(save(tmp_path / "a.csv", text))
    people = read_pxweb(
        save(tmp_path / "b.csv", "a;c\r\nx;1\r\nz;2\r\n"),
        columns={"a": "other"},
        contents="c",
        year=2024,
    )
    assert people.frame[["area", "level", "population"]].to_numpy().tolist() == [
        ["x", "other", 1.0],
        ["z", "other", 2.0],
    ]
