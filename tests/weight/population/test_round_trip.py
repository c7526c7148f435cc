"""Any table, written in any format, is read back cell by cell."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey_stats.errors import SurveyStatsError
from survey_stats.harmonise import Geography
from survey_stats.weight.population import agreement, as_population, combine_populations, read_pxweb
from survey_stats.weight.population.ages import Ages, parse_ages
from survey_stats.weight.population.grid import read_text, read_workbook
from survey_stats.weight.population.json_tables import read_json
from survey_stats.weight.population.px import read_px

from .writers import Table, delimited, json_stat, px, pxweb_json, workbook

# letters that a Windows code page has, and marks that are separators elsewhere in the file
_TEXT = st.text(st.sampled_from("abcåäöÅÄÖéü019 ,;=()[].'-–&%"), min_size=1, max_size=12).map(
    str.strip
)
_LABEL = _TEXT.filter(bool)
_PEOPLE = st.one_of(
    st.integers(0, 10**7),
    st.floats(0, 10**7, allow_nan=False).map(lambda v: round(v, 2)),
    st.none(),
)


@st.composite
def tables(draw):
    names = draw(
        st.lists(_LABEL.filter(lambda n: n != "value"), min_size=1, max_size=4, unique=True)
    )
    values = {name: draw(st.lists(_LABEL, min_size=1, max_size=4, unique=True)) for name in names}
    n = math.prod(len(v) for v in values.values())
    data = draw(st.lists(_PEOPLE, min_size=n, max_size=n))
    codes = {name: [f"c{k}" for k in range(len(v))] for name, v in values.items()}
    return Table(values, data, codes, time="", contents="Antal")


def same(export, table):
    frame = export.frame
    assert list(frame.columns) == [*table.variables, "value"]
    assert list(frame[table.variables].itertuples(index=False, name=None)) == table.labels()
    want = np.array([np.nan if v is None else float(v) for v in table.data])
    np.testing.assert_array_equal(frame["value"].to_numpy(), want)


def refused(read, path):
    """Reads a file that may be anything: either it is a table, or one sentence says why not."""
    said = ""
    try:
        read(path)
    except SurveyStatsError as error:
        said = str(error)
    assert "\n" not in said


def written(name, content, encoding="utf-8"):
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name, name)
    path.write_bytes(content.encode(encoding))
    return folder, path


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(0, 4), st.sampled_from([" ", ",", ";", "\t", " ; "]), st.booleans())
def test_px(table, heading, separator, keyed):
    heading = min(heading, len(table.variables))
    keys = "CODES" if keyed and heading < len(table.variables) else None
    text = px(table, heading, page="windows-1252", separator=" " if keys else separator, keys=keys)
    folder, path = written("t.px", text, "cp1252")
    with folder:
        same(read_px(path), table)


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(1, 2), st.booleans(), st.booleans())
def test_json_stat(table, version, sparse, arrays):
    folder, path = written("t.json", json_stat(table, version, sparse, arrays))
    with folder:
        same(read_json(path), table)


@settings(max_examples=30, deadline=None)
@given(tables())
def test_pxweb_json(table):
    plain = Table(table.values, table.data, time="", contents="Antal")
    folder, path = written("t.json", pxweb_json(plain))
    with folder:
        export = read_json(path)
        assert set(export.frame.pop("contents")) == {"Antal"}
        same(export, plain)


@st.composite
def people(draw):
    """A table of districts, ages, genders and years as an agency has it; numbers made up."""
    year = draw(st.sampled_from([2017, 2021, 2024]))
    districts = draw(
        st.lists(
            st.sampled_from(Geography.load().districts(year)), min_size=1, max_size=4, unique=True
        )
    )
    cuts = sorted(draw(st.sets(st.integers(1, 99), max_size=4)))
    starts = [0, *cuts]
    spans = [Ages(a, b - 1) for a, b in zip(starts, [*cuts, 131], strict=True)]
    form = draw(st.sampled_from(["{} år", "{}", "{} years"]))
    values = {
        "stadsdelsområde": districts,
        "ålder": [form.format(a) for a in spans],
        "kön": draw(st.permutations(["kvinnor", "män"])),
        "år": [str(year + k) for k in range(draw(st.integers(1, 2)))]
        if year == 2017
        else [str(year)],
    }
    n = math.prod(len(v) for v in values.values())
    return Table(values, draw(st.lists(_PEOPLE, min_size=n, max_size=n)))


@settings(max_examples=15, deadline=None)
@given(people(), st.sampled_from(["px", "json", "wide", "long", "xlsx"]))
def test_a_population_keeps_every_figure_in_every_format(table, kind):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if kind == "px":
            path = folder / "t.px"
            path.write_bytes(px(table).encode("cp1252"))
        elif kind == "json":
            path = folder / "t.json"
            path.write_text(json_stat(table), encoding="utf-8")
        elif kind == "xlsx":
            path = folder / "t.xlsx"
            workbook(table, path)
        else:
            path = folder / "t.csv"
            path.write_bytes(delimited(table, ";", wide=kind == "wide").encode("cp1252"))
        got = read_pxweb(path)
    frame = got.frame.set_index(["area", "age_group", "gender", "year"])["population"]
    assert len(frame) == len(table.data)
    genders = {"kvinnor": "women", "män": "men"}
    for (area, age, gender, year), value in zip(table.labels(), table.data, strict=True):
        found = frame[area, str(parse_ages(age)), genders[gender], int(year)]
        assert found == value if value is not None else np.isnan(found)
    # a margin has the sums of its cells, and a table agrees with itself
    if None not in table.data:
        margin = got.margin("year", "gender", by="district")
        assert margin["population"].sum() == pytest.approx(sum(table.data), rel=1e-12)
    assert agreement(got, got).agrees


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_refused_in_one_sentence(text):
    for name, read in (("t.px", read_px), ("t.json", read_json), ("t.csv", read_text)):
        folder, path = written(name, text.encode("utf-8", "ignore").decode())
        with folder:
            refused(read, path)


@settings(max_examples=60, deadline=None)
@given(tables(), st.data())
def test_a_px_file_that_is_cut_off_is_refused_unless_it_is_whole(table, data):
    text = px(table, min(1, len(table.variables)), page="utf-8").rstrip()
    at = data.draw(st.integers(0, len(text) - 1))
    folder, path = written("t.px", text[:at])
    with folder:
        if text[at:].strip() == ";" and text[at - 1].isspace():
            # only the mark of the end is gone
            same(read_px(path), table)
        else:
            with pytest.raises(SurveyStatsError):
                read_px(path)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_one_sentence(content):
    with tempfile.TemporaryDirectory() as folder:
        for name, read in (
            ("t.px", read_px),
            ("t.json", read_json),
            ("t.csv", read_text),
            ("t.xlsx", read_workbook),
        ):
            path = Path(folder, name)
            path.write_bytes(content)
            refused(read, path)


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.floats(0, 1e6), min_size=14, max_size=14),
    st.lists(st.floats(1, 1e6), min_size=14, max_size=14),
    st.integers(2012, 2019),
)
def test_interpolating_and_summing_to_a_cut_may_change_places(first, last, year):
    names = Geography.load().districts(2017)
    both = combine_populations(
        *(
            as_population(pd.DataFrame({"district": names, "population": own}), "x", year=when)
            for own, when in ((first, 2011), (last, 2020))
        )
    ).select(level="district")
    one = both.to_cut(11).interpolate(year).frame.set_index("area")["population"]
    other = both.interpolate(year).to_cut(11).frame.set_index("area")["population"]
    assert one.to_dict() == pytest.approx(other.to_dict(), rel=1e-9, abs=1e-6)
