"""The workbook: numbers as numbers, words as words."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from survey_stats.report.tables import Column, Table
from survey_stats.report.workbook import write_workbook

EVIL = '=HYPERLINK("http://x.example","y")'


@pytest.fixture
def book(tmp_path: Path) -> Path:
    rows = pd.DataFrame(
        {
            "section": ["Kön", "Kön", "Stadsdel"],
            "label": [EVIL, "+1", "@SUM(A1)"],
            "share": [0.4256, 0.2, None],
            "ci_low": [0.39, 0.15, None],
            "ci_high": [0.46, 0.25, None],
            "n": pd.array([12345, 700, None], dtype="Int64"),
            "difference": [0.04, None, None],
            "difference_low": [0.012, None, None],
            "difference_high": [0.068, None, None],
            "mark": ["", "", "suppressed"],
        }
    )
    columns = (
        Column("label", "Grupp"),
        Column("share", "Andel, %", "percent"),
        Column("ci", "Intervall, %", "interval"),
        Column("n", "Bas", "count"),
        Column("difference", "Förändring", "change"),
    )
    table = Table("a/b:c*?[x]" + "y" * 40, "=1+1", columns, rows, notes=("=2+2",))
    path = tmp_path / "book.xlsx"
    write_workbook(path, [table, table], [("SYNTETISKA DATA", "Påhittade svar."), ("x", EVIL)])
    return path


def test_there_is_a_readme_and_a_sheet_a_table(book: Path) -> None:
    names = CalamineWorkbook.from_path(str(book)).sheet_names
    assert names[0] == "Läs mig"
    assert len(names) == 3
    assert len({n.lower() for n in names}) == 3
    assert all(len(n) <= 31 and not re.search(r"[\[\]:*?/\\]", n) for n in names)


def test_numbers_are_numbers_and_marks_are_words(book: Path) -> None:
    rows = CalamineWorkbook.from_path(str(book)).get_sheet_by_index(1).to_python()
    head = next(i for i, row in enumerate(rows) if "Grupp" in row)
    assert rows[head] == [
        "Indelning",
        "Grupp",
        "Andel, %",
        "Intervall, %: nedre gräns",
        "Intervall, %: övre gräns",
        "Bas",
        "Förändring",
        "Förändring: nedre gräns",
        "Förändring: övre gräns",
    ]
    first = rows[head + 1]
    assert first[:2] == ["Kön", EVIL]
    assert first[2:] == pytest.approx([0.4256, 0.39, 0.46, 12345, 4.0, 1.2, 6.8])
    assert rows[head + 2][6:] == ["–", "–", "–"]
    assert rows[head + 3][2:] == ["..", "..", "..", "..", "..", "..", ".."]


def test_bounds_with_a_sign_have_two_columns_of_numbers(tmp_path: Path) -> None:
    rows = pd.DataFrame({"a": ["x"], "span_low": [-61.4], "span_high": [1.0]})
    columns = (Column("a", "A"), Column("span", "Intervall, %", "bounds", decimals=0))
    table = Table("t", "En tabell.", columns, rows)
    assert table.text().loc[0, "span"] == "−61 till +1"
    write_workbook(tmp_path / "b.xlsx", [table], [("År", "2023")])
    sheet = CalamineWorkbook.from_path(str(tmp_path / "b.xlsx")).get_sheet_by_index(1).to_python()
    assert ["A", "Intervall, %: nedre gräns", "Intervall, %: övre gräns"] in sheet
    assert ["x", -61.4, 1.0] in sheet


def test_no_text_becomes_a_formula_or_a_link(book: Path) -> None:
    with zipfile.ZipFile(book) as archive:
        sheets = [archive.read(n).decode() for n in archive.namelist() if "worksheets/" in n]
        everything = "".join(archive.namelist())
    assert sheets
    assert not any("<f>" in s or "<f " in s or "hyperlink" in s.lower() for s in sheets)
    assert "externalLink" not in everything


def test_the_header_is_frozen_and_columns_have_widths(book: Path) -> None:
    with zipfile.ZipFile(book) as archive:
        sheet = archive.read("xl/worksheets/sheet2.xml").decode()
        styles = archive.read("xl/styles.xml").decode()
    assert 'state="frozen"' in sheet
    assert "<cols>" in sheet
    assert "0.0%" in styles


def test_the_same_tables_give_the_same_bytes(book: Path, tmp_path: Path) -> None:
    table = Table("t", "En tabell.", (Column("a", "A"),), pd.DataFrame({"a": ["x"]}))
    for name in ("one.xlsx", "two.xlsx"):
        write_workbook(tmp_path / name, [table], [("År", "2023")])
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_a_sheet_is_a_table_with_a_header_that_pages_repeat(tmp_path: Path) -> None:
    rows = pd.DataFrame({"a": ["x", "y"], "b": [1, 2], "c": [3, 4]})
    columns = (Column("a", "A"), Column("b", "Bas", "count"), Column("c", "bas", "count"))
    table = Table("t", "En tabell.", columns, rows, notes=("En not & mer.",))
    path = tmp_path / "b.xlsx"
    write_workbook(path, [table], [("År", "2023")], banner="SYNTETISKA DATA", about="0.1 & d1")
    with zipfile.ZipFile(path) as archive:
        part = archive.read("xl/tables/table1.xml").decode()
        sheet = archive.read("xl/worksheets/sheet2.xml").decode()
        names = archive.read("xl/workbook.xml").decode()
    assert 'ref="A3:C5"' in part
    # a table takes no heading twice, and case does not tell two apart
    assert re.findall(r'<tableColumn id="\d" name="([^"]*)"', part) == ["A", "Bas", "bas (2)"]
    assert "_xlnm.Print_Titles" in names
    assert "$3:$3" in names
    assert 'orientation="landscape"' in sheet
    assert 'fitToHeight="0"' in sheet
    assert "SYNTETISKA DATA" in sheet
    assert "0.1 &amp;&amp; d1" in sheet
    cells = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(1).to_python()
    assert cells[1][0] == "SYNTETISKA DATA"
    assert [row[0] for row in cells[-2:]] == ["En not & mer.", "0.1 & d1"]


def test_a_long_text_has_a_row_as_high_as_it_needs_and_is_cut_where_no_cell_takes_it(
    tmp_path: Path,
) -> None:
    rows = pd.DataFrame({"a": ["x" * 40_000, "kort"]})
    table = Table("t", "En tabell.", (Column("a", "A"),), rows)
    write_workbook(tmp_path / "b.xlsx", [table], [("År", "2023")])
    cells = CalamineWorkbook.from_path(str(tmp_path / "b.xlsx")).get_sheet_by_index(1).to_python()
    assert len(str(cells[3][0])) == 32767
    assert str(cells[3][0]).endswith("…")
    with zipfile.ZipFile(tmp_path / "b.xlsx") as archive:
        sheet = archive.read("xl/worksheets/sheet2.xml").decode()
    heights = dict(re.findall(r'<row r="(\d+)"[^>]*?ht="([\d.]+)"', sheet))
    assert float(heights["4"]) > 5 * float(heights.get("5", "15"))


def test_an_uncertain_number_has_its_star_in_a_workbook(tmp_path: Path) -> None:
    rows = pd.DataFrame({"label": ["a", "b"], "share": [0.25, 0.5], "mark": ["uncertain", ""]})
    columns = (Column("label", "Grupp"), Column("share", "Andel", "percent"))
    table = Table("t", "Andelar.", columns, rows, notes=("* = osäker.",))
    write_workbook(tmp_path / "w.xlsx", [table], [("a", "b")])
    openpyxl = pytest.importorskip("openpyxl")
    sheet = openpyxl.load_workbook(tmp_path / "w.xlsx").worksheets[1]
    assert [(c.value, c.number_format) for c in sheet["B"][3:5]] == [
        (0.25, '0.0%" *"'),
        (0.5, "0.0%"),
    ]
