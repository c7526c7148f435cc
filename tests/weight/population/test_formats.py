"""The same made-up table in every format of PxWeb is the same population."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.weight.population import as_population, read_pxweb

from .writers import Table, delimited, json_stat, px, pxweb_json, workbook

# made-up numbers; no two cells are alike, so that a wrong order shows
TABLE = Table(
    {
        "stadsdelsområde": ["Farsta", "Hägersten-Älvsjö", "Järva"],
        "ålder": ["0-15 år", "16-64 år", "65+ år"],
        "kön": ["kvinnor", "män"],
        "år": ["2023", "2024"],
    },
    [1000 + 7 * k for k in range(36)],
    {"stadsdelsområde": ["07", "10", "01"], "kön": ["2", "1"]},
)


def expected():
    rows = {}
    for (area, age, gender, year), people in zip(TABLE.labels(), TABLE.data, strict=True):
        key = (int(year), area, {"kvinnor": "women", "män": "men"}[gender], age[:-3])
        rows[key] = float(people)
    return rows


def cells(population):
    keys = population.frame[["year", "area", "gender", "age_group"]].itertuples(index=False)
    return dict(zip(map(tuple, keys), population.frame["population"], strict=True))


def save(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


FILES = {
    "latin-1.px": lambda p: save(p, px(TABLE), "iso-8859-1"),
    "windows.px": lambda p: save(p, px(TABLE, page="Windows-1252"), "cp1252"),
    "utf8.px": lambda p: save(p, px(TABLE, page="utf-8")),
    "bom.px": lambda p: save(p, "\ufeff" + px(TABLE, page="utf-8")),
    "dos.px": lambda p: save(p, px(TABLE, page=None, charset=None), "cp850"),
    "ansi.px": lambda p: save(p, px(TABLE, page=None), "cp1252"),
    "two-across.px": lambda p: save(p, px(TABLE, heading=2), "iso-8859-1"),
    "all-across.px": lambda p: save(p, px(TABLE, heading=4), "iso-8859-1"),
    "none-across.px": lambda p: save(p, px(TABLE, heading=0), "iso-8859-1"),
    "keys.px": lambda p: save(p, px(TABLE, keys="VALUES"), "iso-8859-1"),
    "commas.px": lambda p: save(p, px(TABLE, separator=","), "iso-8859-1"),
    "tabs.px": lambda p: save(p, px(TABLE, separator="\t", newline="\n"), "iso-8859-1"),
    "semicolons.px": lambda p: save(p, px(TABLE, separator="; "), "iso-8859-1"),
    "two.json": lambda p: save(p, json_stat(TABLE)),
    "one.json": lambda p: save(p, json_stat(TABLE, version=1)),
    "sparse.json": lambda p: save(p, json_stat(TABLE, sparse=True, arrays=True)),
    "comma.csv": lambda p: save(p, delimited(TABLE)),
    "bom.csv": lambda p: save(p, "\ufeff" + delimited(TABLE)),
    "latin.csv": lambda p: save(p, delimited(TABLE, ";"), "iso-8859-1"),
    "windows.csv": lambda p: save(p, delimited(TABLE, ";", quotes=csv.QUOTE_MINIMAL), "cp1252"),
    "tab.tsv": lambda p: save(p, delimited(TABLE, "\t", quotes=csv.QUOTE_MINIMAL)),
    "long.txt": lambda p: save(p, delimited(TABLE, "\t", wide=False, quotes=csv.QUOTE_MINIMAL)),
    "long.csv": lambda p: save(p, delimited(TABLE, wide=False)),
    "titled.csv": lambda p: save(
        p,
        delimited(
            TABLE,
            title="Folkmängd efter område, ålder, kön och år (påhittad)",
            footer=["", '"Påhittade tal, fotnot 1"', "Källa: Påhittad myndighet"],
        ),
    ),
    "excel.csv": lambda p: save(p, "sep=;\r\n" + delimited(TABLE, ";"), "cp1252"),
    "pxweb.xlsx": lambda p: workbook(TABLE, p) or p,
    "two-across.xlsx": lambda p: (
        workbook(TABLE, p, heading=2, footer=["Fotnot", "", "Källa:", "Påhittad"]) or p
    ),
    "three-across.xlsx": lambda p: workbook(TABLE, p, heading=3) or p,
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_population(name, tmp_path):
    people = read_pxweb(FILES[name](tmp_path / name))
    assert cells(people) == expected()
    assert set(people.dimensions) == {"gender", "age_group"}
    assert set(people.frame["cut"]) == {11}
    assert set(people.frame["level"]) == {"district"}
    assert {d.isoformat() for d in people.dates} == {"2023-12-31", "2024-12-31"}


def test_the_json_of_pxweb_has_codes_and_is_told_what_they_are(tmp_path):
    path = save(tmp_path / "codes.json", pxweb_json(TABLE))
    names = {"07": "Farsta", "10": "Hägersten-Älvsjö", "01": "Järva"}
    people = read_pxweb(path, values={"stadsdelsområde": names})
    assert cells(people) == expected()
    assert any("1 is men" in note for note in people.notes)
    turned = read_pxweb(
        path, values={"stadsdelsområde": names, "gender": {"1": "women", "2": "men"}}
    )
    assert (
        cells(turned)[2023, "Farsta", "women", "0-15"] == expected()[2023, "Farsta", "men", "0-15"]
    )


def test_a_frame_gives_the_same_population():
    import pandas as pd

    frame = pd.DataFrame(TABLE.labels(), columns=["district", "age", "gender", "year"])
    frame["population"] = TABLE.data
    people = as_population(frame, "made up")
    assert cells(people) == expected()
    # nullable, categorical and numeric columns are the same columns
    odd = frame.astype({"gender": "category", "age": "string", "population": "Int64"})
    odd["year"] = odd["year"].astype(float)
    assert cells(as_population(odd, "made up")) == expected()
    # whose codes they are is not known of a frame
    coded = frame.replace({"gender": {"kvinnor": 1, "män": 2}})
    with pytest.raises(InputError, match="'1', which is no gender"):
        as_population(coded, "made up")
    told = as_population(coded, "made up", values={"gender": {"1": "women", "2": "men"}})
    assert cells(told) == expected()
    # and what it gives back is read as it is
    again = as_population(people.frame, "made up")
    assert cells(again) == expected()


def test_the_source_and_the_contact_are_the_files(tmp_path):
    path = save(
        tmp_path / "a.px", px(TABLE, extra=['CONTACT="Någon, Påhittad#08-000"; ']), "latin-1"
    )
    people = read_pxweb(path)
    assert people.contact == "Någon, Påhittad 08-000"
    assert people.name == "Påhittad myndighet (a.px)"
    assert set(people.frame["source"]) == {"Påhittad myndighet, a.px"}
    assert set(read_pxweb(path, source="mine").frame["source"]) == {"mine"}


def test_dots_are_missing_and_dashes_are_nobody(tmp_path):
    data = list(TABLE.data)
    data[3], data[4], data[5] = None, "-", "..."
    table = Table(TABLE.values, data, TABLE.codes)
    workbook(table, tmp_path / "e.xlsx")
    files = {
        "a.px": save(tmp_path / "a.px", px(table), "latin-1"),
        "b.json": save(tmp_path / "b.json", json_stat(table)),
        "c.csv": save(tmp_path / "c.csv", delimited(table, ";"), "latin-1"),
        "d.tsv": save(tmp_path / "d.tsv", delimited(table, "\t", wide=False)),
        "e.xlsx": tmp_path / "e.xlsx",
    }
    for name, path in files.items():
        found = list(cells(read_pxweb(path)).values())
        told = [float(v) for v in TABLE.data]
        told[3] = told[5] = np.nan
        told[4] = 0.0
        order = read_pxweb(path).frame["population"].to_numpy()
        assert np.isnan(order).sum() == 2, name
        assert (order == 0).sum() == 1, name
        assert np.nansum(found) == np.nansum(told), name
        assert any("dash" in note for note in read_pxweb(path).notes), name


def test_a_file_in_two_languages_is_read_in_either(tmp_path):
    text = px(TABLE).replace('LANGUAGE="sv";', 'LANGUAGE="sv";\r\nLANGUAGES="sv","en";')
    english = (
        'STUB[en]="district","age","sex";\r\nHEADING[en]="year";\r\n'
        'VALUES[en]("district")="Farsta","Hägersten-Älvsjö","Järva";\r\n'
        'VALUES[en]("age")="0-15 years","16-64 years","65+ years";\r\n'
        'VALUES[en]("sex")="women","men";\r\nVALUES[en]("year")="2023","2024";\r\n'
        'TIMEVAL[en]("year")=TLIST(A1,"2023"-"2024");\r\nDATA='
    )
    path = save(tmp_path / "two.px", text.replace("DATA=", english, 1), "latin-1")
    assert cells(read_pxweb(path)) == cells(read_pxweb(path, language="en")) == expected()
    with pytest.raises(UnknownNameError, match=r"'de' in two\.px"):
        read_pxweb(path, language="de")


def test_keys_leave_out_rows_of_zeros_and_may_be_codes(tmp_path):
    data = list(TABLE.data)
    data[2:4] = [0, 0]
    table = Table(TABLE.values, data, {**TABLE.codes, "ålder": ["a", "b", "c"]})
    text = px(table, keys="CODES")
    assert '"07","a","1"' not in text
    path = save(tmp_path / "k.px", text, "latin-1")
    found = cells(read_pxweb(path))
    assert found[2023, "Farsta", "men", "0-15"] == 0.0
    assert found[2024, "Järva", "men", "65+"] == expected()[2024, "Järva", "men", "65+"]
