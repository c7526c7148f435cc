"""Damaged, cut off and contradictory files: one sentence that says what and where, no numbers."""

from __future__ import annotations

import json

import pytest

from survey_stats.errors import InputError, SurveyStatsError, UnknownNameError
from survey_stats.weight.errors import BenchmarkError
from survey_stats.weight.population import as_population, read_pxweb

from .test_formats import TABLE, save
from .writers import Table, delimited, json_stat, px, pxweb_json, workbook


def bad(tmp_path, name, text, match, encoding="utf-8", **how):
    path = save(tmp_path / name, text, encoding)
    with pytest.raises(SurveyStatsError, match=match) as caught:
        read_pxweb(path, **how)
    said = str(caught.value)
    assert "\n" not in said
    assert name in said
    return said


PX = px(TABLE, page="utf-8")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (PX.replace("1000 1007", "1000"), r"35 cells and the variables make 36 \(3 x 3 x 2 x 2\)"),
        (PX[:-60], r"line \d+: DATA does not end with ';'"),
        (PX.replace("1245 \r\n;\r\n", "12"), "DATA does not end with ';'"),
        (PX.replace("1245 \r\n;\r\n", "1245"), "DATA does not end with ';'"),
        (PX.replace("1000 1007", "1000 12x"), r"line \d+: the cell 12x is neither"),
        (PX.replace("1000 1007", '1000 "saknas"'), 'the cell "saknas" is neither'),
        (PX.split("DATA=")[0], "has no DATA: it ends at line"),
        (PX.replace("DATA=", "DATA"), "DATA is not followed by '='"),
        (PX.replace('CODEPAGE="utf-8"', 'CODEPAGE="klingon-1"'), "character set 'klingon-1'"),
        (PX.replace('S("kön")', 'S("sex")'), r'has no VALUES\("kön"\)'),
        (PX.replace('"2023"', '"2024"'), "has the value '2024' twice"),
        (PX.replace('"kvinnor"', '"män"'), "has 2023, Farsta, 0-15, men twice"),
        (PX.replace('LANGUAGE="sv";', 'LANGUAGE="sv;'), "list is not closed"),
        (
            PX.replace("STUB=", "XSTUB=").replace("HEADING=", "XHEADING="),
            "neither STUB nor HEADING",
        ),
        (PX.replace('"stadsdelsområde","ålder"', '"ålder","ålder"', 1), "variables of the name"),
        (PX.replace('VALUES("kön")', 'VALUES("kön")="x";\r\nVALUES("kön")'), "is there twice"),
        ("not a table at all", "is not followed by '='"),
        ("", "is empty"),
        ("\r\n\r\n", "is empty"),
        ('{"class": "dataset"}', "where a keyword should be"),
    ],
)
def test_px(tmp_path, text, match):
    bad(tmp_path, "t.px", text, match)


def test_px_names_the_line_of_the_cell(tmp_path):
    text = PX.replace("1000 1007", "1000 1.0.0")
    line = text[: text.index("1.0.0")].count("\n") + 1
    assert f"line {line}:" in bad(tmp_path, "t.px", text, "neither")


def test_px_in_bytes_that_are_not_its_character_set(tmp_path):
    bad(tmp_path, "t.px", px(TABLE, page="utf-8"), "is no letter in utf-8", encoding="latin-1")


def test_px_that_lies_about_its_character_set_is_read_and_it_is_said(tmp_path):
    people = read_pxweb(save(tmp_path / "t.px", px(TABLE)))
    assert "Hägersten-Älvsjö" in set(people.frame["area"])
    assert any("read as UTF-8" in note for note in people.notes)


def test_px_keys_that_do_not_fit(tmp_path):
    text = px(TABLE, keys="VALUES", page="utf-8")
    bad(tmp_path, "a.px", text.replace('"kvinnor",1000', '"okänd",1000'), "key 'okänd'")
    row = text.split("DATA=\r\n")[1].split("\r\n")[0]
    bad(tmp_path, "b.px", text.replace(row, f"{row}\r\n{row}"), "is there twice")
    bad(tmp_path, "c.px", text.replace("1000 1007", "1000"), "no whole rows")
    bad(tmp_path, "d.px", text.replace('KEYS("kön")=VALUES;', ""), r'no KEYS\("kön"\)')


def changed(**what):
    return json.dumps({**json.loads(json_stat(TABLE)), **what})


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (json_stat(TABLE)[:-40], "no whole JSON file"),
        ("[1, 2]", "holds no table"),
        ("{}", "holds no table"),
        (changed(value=[1.0] * 35), "35 cells and the variables make 36"),
        (changed(size=[3, 3, 2, 3]), "has 2 values and the size 3"),
        (changed(size=[3, 3, 2]), "4 variables .id. and 3 sizes"),
        (changed(value={"36": 1}), "cell number 36"),
        (changed(value={"x": 1}), "cell number x"),
        (changed(value=None), "no list of values"),
        (changed(value=["many", *[1.0] * 35]), "holds 'many'"),
        (changed(dimension={}), "dimension 'stadsdelsområde' is missing"),
        (json.dumps({"class": "collection", "link": {}}), "is a collection"),
        (json.dumps({"title": "x", "variables": []}), "describes a table and holds no figures"),
        (
            json.dumps({k: json.loads(json_stat(TABLE, 1))["dataset"] for k in "ab"}),
            "has the tables a, b",
        ),
        ("[" * 100_000, "no whole JSON file"),
    ],
)
def test_json_stat(tmp_path, text, match):
    bad(tmp_path, "t.json", text, match)


def test_json_stat_with_gigantic_sizes_is_refused_at_once(tmp_path):
    huge = {"index": {str(k): k for k in range(9000)}}
    dimension = {n: {"category": huge} for n in ("region", "kön", "tid")}
    text = json.dumps(
        {"class": "dataset", "id": list(dimension), "size": [9000] * 3, "dimension": dimension,
         "value": {}}
    )  # fmt: skip
    bad(tmp_path, "t.json", text, "fetch fewer")


def test_pxweb_json(tmp_path):
    whole = json.loads(pxweb_json(TABLE))
    short = {**whole, "data": [{"key": ["07"], "values": ["1"]}]}
    bad(tmp_path, "a.json", json.dumps(short), "row 1 has 1 keys and 1 values for 4")
    odd = {**whole, "data": [{"key": ["07", "a", "1", "2023"], "values": ["många"]}]}
    bad(tmp_path, "b.json", json.dumps(odd), "row 1 holds 'många'")
    bad(tmp_path, "c.json", json.dumps({**whole, "data": []}), "no rows")
    bad(tmp_path, "d.json", json.dumps({**whole, "columns": []}), "types d, t and c")
    # a row that was left out is not nobody
    lacking = {**whole, "data": whole["data"][:-1]}
    names = {"07": "Farsta", "10": "Hägersten-Älvsjö", "01": "Järva"}
    bad(tmp_path, "e.json", json.dumps(lacking), "no row for Järva", values={"area": names})


CSV = delimited(TABLE, ";")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (CSV.replace("1007", "1 007 st"), "line 2: '1 007 st' is neither"),
        (CSV.replace("1007", "1.007"), "line 2: 1.007 may have thousands or decimals"),
        (CSV.replace("1007", "1,007"), "line 2: 1,007 may have thousands or decimals"),
        ("".join(CSV.splitlines(True)[:-1]), "no row for"),
        ("".join(CSV.splitlines(True)[:-1]) + '"Järva";"65+', "unexpected end|cut off|no row"),
        (CSV + '"Farsta";"65+ år"\r\n', "is cut off"),
        (CSV + "\r\nannan tabell\r\n" + CSV, "has figures"),
        (CSV.replace(";1000;", ";1000;1;"), "more values than there are names"),
        (CSV.replace('"kön"', '""'), "column 3 has no name"),
        ("ord\r\nord\r\n", "no lines with several values"),
        ("", "no lines with several values"),
        ("\r\n".join(line.rsplit(";", 2)[0] for line in CSV.splitlines()), "no column holds"),
        (CSV.replace("Folkmängd 2024", "Folkmängd 2023"), "have one heading"),
    ],
)
def test_text(tmp_path, text, match):
    bad(tmp_path, "t.csv", text, match)


def test_numbers_with_spaces_and_decimal_commas_are_read(tmp_path):
    text = CSV.replace(";1007", ";1\u00a0007,5").replace(";1014;", ";1 014;")
    people = set(read_pxweb(save(tmp_path / "t.csv", text)).frame["population"])
    assert {1007.5, 1014.0} <= people
    assert len(people) == 36


def test_workbooks(tmp_path):
    (tmp_path / "t.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    with pytest.raises(InputError, match=r"t\.xlsx is no whole Excel workbook"):
        read_pxweb(tmp_path / "t.xlsx")
    data = ["många", *TABLE.data[1:]]
    workbook(Table(TABLE.values, data), tmp_path / "u.xlsx")
    with pytest.raises(InputError, match="row 4: 'många' is neither"):
        read_pxweb(tmp_path / "u.xlsx")


def test_files_that_are_not_there_or_of_another_kind(tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        read_pxweb(tmp_path / "none.px")
    bad(tmp_path, "t.pdf", "x", "no .px, .json, .csv")
    bad(tmp_path, "t.csv", CSV, "one language only", language="sv")


def other(**values):
    made = {**TABLE.values, **values}
    n = 1
    for own in made.values():
        n *= len(own)
    return px(Table(made, list(range(1, n + 1))), page="utf-8")


def test_values_that_are_not_understood(tmp_path):
    bad(tmp_path, "a.px", other(kön=["kvinnor", "män", "okänt"]), "'okänt', which is no gender")
    bad(tmp_path, "b.px", other(ålder=["0-15 år", "uppgift saknas"]), "no age or age group")
    bad(tmp_path, "c.px", other(år=["2023", "medel"]), "no time")
    bad(tmp_path, "d.px", other(stadsdelsområde=["Farsta", "Jarvaa"]), "did you mean 'Järva'")
    said = bad(tmp_path, "e.px", other(ålder=["0-20 år", "16-64 år"]), "overlap: 0-20 and 16-64")
    assert "counted twice" in said
    left = read_pxweb(
        save(tmp_path / "f.px", other(kön=["kvinnor", "män", "okänt"])),
        values={"kön": {"okänt": None}},
    )
    assert set(left.frame["gender"]) == {"women", "men"}


def test_districts_that_never_existed_together(tmp_path):
    said = bad(tmp_path, "a.px", other(stadsdelsområde=["Järva", "Älvsjö"]), "never existed")
    assert "Älvsjö" in said
    assert "Järva" in said


def test_variables_that_are_not_understood(tmp_path):
    table = Table({**TABLE.values, "civilstånd": ["ogifta", "gifta"]}, list(range(72)))
    table.values = {k: table.values[k] for k in ("civilstånd", *TABLE.values)}
    said = bad(tmp_path, "a.px", px(table, page="utf-8"), "'civilstånd'")
    assert "'sum'" in said
    path = tmp_path / "a.px"
    both = read_pxweb(path, columns={"civilstånd": "marital_status"})
    summed = read_pxweb(path, columns={"civilstånd": "sum"})
    assert both.dimensions == ["marital_status", "age_group", "gender"]
    assert summed.frame["population"].sum() == sum(range(72)) == both.frame["population"].sum()
    assert len(summed.frame) == 36
    with pytest.raises(UnknownNameError, match="variable 'civil'"):
        read_pxweb(path, columns={"civil": "sum"})
    with pytest.raises(InputError, match="cannot be the name of a dimension"):
        read_pxweb(path, columns={"civilstånd": "population"})
    with pytest.raises(InputError, match="twice"):
        read_pxweb(path, columns={"civilstånd": "ignore"})


def test_a_part_of_the_people_is_not_taken_for_all_of_them(tmp_path):
    table = Table({"civilstånd": ["ogifta"], **TABLE.values}, TABLE.data)
    said = bad(tmp_path, "a.px", px(table, page="utf-8"), r"'civilstånd' \(ogifta\)")
    assert "'ignore'" in said
    assert len(read_pxweb(tmp_path / "a.px", columns={"civilstånd": "ignore"}).frame) == 36
    everybody = Table({"civilstånd": ["samtliga"], **TABLE.values}, TABLE.data)
    people = read_pxweb(save(tmp_path / "b.px", px(everybody, page="utf-8")))
    assert any("civilstånd: its total" in note for note in people.notes)


def test_two_variables_for_one_thing(tmp_path):
    table = Table({"åldersgrupp": ["alla"], **TABLE.values}, TABLE.data)
    said = bad(tmp_path, "a.px", px(table, page="utf-8"), "several variables for age_group")
    assert "ignore" in said
    people = read_pxweb(tmp_path / "a.px", columns={"åldersgrupp": "ignore"})
    assert len(people.frame) == 36


def test_contents_that_are_not_people(tmp_path):
    values = {**{k: TABLE.values[k] for k in list(TABLE.values)[:3]}, "år": ["2024"]}
    values["tabellinnehåll"] = ["Folkmängd", "Folkökning"]
    table = Table(values, list(range(36)))
    path = save(
        tmp_path / "a.px",
        px(table, page="utf-8", extra=['CONTVARIABLE="tabellinnehåll";']),
    )
    people = read_pxweb(path)
    assert people.frame["population"].sum() == sum(range(0, 36, 2))
    assert any("Folkmängd only" in note for note in people.notes)
    growth = read_pxweb(path, contents="folkökning")
    assert growth.frame["population"].sum() == sum(range(1, 36, 2))
    values["tabellinnehåll"] = ["Folkökning", "Andel"]
    bad(tmp_path, "b.px", px(Table(values, list(range(36))), page="utf-8"), "say contents=")
    with pytest.raises(UnknownNameError, match="contents 'x'"):
        read_pxweb(path, contents="x")


def test_negative_and_infinite_people():
    import pandas as pd

    frame = pd.DataFrame({"district": ["Farsta", "Järva"], "population": [1.0, -2.0]})
    with pytest.raises(BenchmarkError, match="-2 people in 2024, Järva"):
        as_population(frame, "x", year=2024)
    with pytest.raises(BenchmarkError, match="inf people"):
        as_population(frame.assign(population=[1.0, float("inf")]), "x", year=2024)
    with pytest.raises(InputError, match="does not hold numbers"):
        as_population(frame.assign(population=["1", "x"]), "x", year=2024)
    with pytest.raises(InputError, match="no column 'people'"):
        as_population(frame, "x", people="people", year=2024)
    with pytest.raises(InputError, match="has missing values"):
        as_population(frame.assign(district=["Farsta", None]), "x", year=2024)
    with pytest.raises(InputError, match="say year="):
        as_population(frame.assign(population=[1, 2]), "x")
    with pytest.raises(InputError, match="say area="):
        as_population(frame[["population"]].assign(year=2024, population=[1, 2]), "x")
    with pytest.raises(InputError, match="twice"):
        as_population(frame.assign(district="Farsta", population=[1, 2]), "x", year=2024)
    with pytest.raises(InputError, match="reference='31-12'"):
        as_population(frame.assign(population=[1, 2]), "x", year=2024, reference="31-12")
