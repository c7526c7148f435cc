"""A workbook that is read in part holds what the whole one holds."""

import re
import zipfile

import numpy as np
import pandas as pd
import pytest
import xlsxwriter

import survey_stats as ss
from survey_stats.errors import InputError
from survey_stats.read import peek, slim


@pytest.fixture
def wide(tmp_path):
    """Forty columns with blanks here and there, a title above and texts between."""
    rng = np.random.default_rng(2)
    path = tmp_path / "wide.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Data")
        sheet.write(0, 1, "Leverans 3")
        sheet.write_row(1, 1, [f"F{i}" for i in range(40)])
        for row in range(2, 202):
            for column in range(40):
                if rng.random() < 0.8:
                    value = f"text {row}" if column % 7 == 3 else float(rng.integers(1, 6))
                    sheet.write(row, column + 1, value)
    return path


def rewrite(path, change):
    """The same workbook with the XML of its sheet changed."""
    with zipfile.ZipFile(path) as old:
        content = {n: old.read(n) for n in old.namelist()}
    name = "xl/worksheets/sheet1.xml"
    content[name] = change(content[name])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for part, xml in content.items():
            new.writestr(part, xml)
    return path


def test_wanted_columns_are_those_of_the_whole(wide):
    whole = ss.read(wide).frame
    assert whole.shape == (200, 40)
    for wanted in (["F0"], ["F39", "F3"], ["F20", "F10", "F11"], list(whole.columns[:19])):
        part = ss.read(wide, columns=wanted)
        pd.testing.assert_frame_equal(part.frame, whole[wanted])
        assert part.manifest.notes == ("Leverans 3",)
    assert peek(wide).names == list(whole.columns)


def test_unwanted_cells_are_not_in_what_is_parsed(wide):
    cut = slim.only(wide, "Data", {1, 5}, 41)
    with zipfile.ZipFile(cut) as book, zipfile.ZipFile(wide) as whole:
        name = "xl/worksheets/sheet1.xml"
        kept = set(re.findall(rb'<c r="([A-Z]+)\d', book.read(name)))
        assert len(book.read(name)) < len(whole.read(name)) / 5
    # the title stands in B, and rows that are blank in B and F stay whole
    assert {b"B", b"F"} <= kept


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: re.sub(rb'<c r="(\w+)"( t="\w+")', rb'<c\2 r="\1"', xml),
        lambda xml: re.sub(rb"<(/?)(c|v|row)\b", rb"<\1x:\2", xml).replace(
            b'xmlns="',
            b'xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns="',
        ),
    ],
    ids=["attributes in another order", "names with a prefix"],
)
def test_unusual_xml_is_read_whole(wide, change):
    expected = ss.read(wide).frame[["F3", "F20"]]
    rewrite(wide, change)
    assert slim.only(wide, "Data", {4, 21}, 41) is None
    pd.testing.assert_frame_equal(ss.read(wide, columns=["F3", "F20"]).frame, expected)


def test_a_row_that_is_blank_in_the_wanted_columns_is_still_a_row(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Data")
        rows = [["a", "b", "c", "d", "e"], [1, 2, 3, 4, 5], ["Filter: 16-84 år"]]
        for i, row in enumerate(rows):
            sheet.write_row(i, 0, row)
    delivery = ss.read(path, columns=["c", "d"])
    assert delivery.manifest.rows == 2
    assert delivery.frame["c"].isna().tolist() == [False, True]


def test_values_under_no_name_are_seen_with_few_columns_too(wide):
    rewrite(wide, lambda xml: xml.replace(b"</row>", b'<c r="AZ150"><v>1</v></c></row>', 150))
    with pytest.raises(InputError, match="under no column name"):
        ss.read(wide, columns=["F0"])


@pytest.mark.parametrize("columns", [None, ["F1"]])
def test_a_damaged_archive(wide, columns):
    content = bytearray(wide.read_bytes())
    at = content.find(b"sheet1.xml") + 400
    content[at : at + 60] = bytes(60)
    wide.write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        ss.read(wide, columns=columns)
