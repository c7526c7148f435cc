"""Caveats and codings follow the numbers into every format, with the same mark everywhere."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pandas as pd
import pytest

from survey_stats.harmonise import Grade, Reason
from survey_stats.report import Report, load
from survey_stats.report.comparable import Told, sentence
from survey_stats.report.footnotes import linked, marked, raised
from survey_stats.report.render import render_document
from survey_stats.report.show import Noted, bullets, table
from survey_stats.report.tables import Column, Table
from survey_stats.report.workbook import write_workbook

AREA = "Hässelby-Vällingby"
HEAD, CELL, GROUP = "Om kolumnen.", "Om cellen.", "Om gruppen."


@pytest.fixture
def small() -> Table:
    rows = pd.DataFrame(
        {
            "label": ["Kvinnor", "Män"],
            "section": ["Kön", "Kön"],
            "share": [0.25, None],
            "share_footnotes": [(CELL, HEAD), (CELL,)],
            "section_footnotes": [(GROUP,), ()],
        }
    )
    columns = (Column("label", "Grupp"), Column("share", "Andel", "percent", footnotes=(HEAD,)))
    return Table("small", "En liten tabell.", columns, rows, notes=("Allmänt.",))


def test_numbers_go_by_where_a_reader_meets_the_marks(small: Table) -> None:
    assert small.footnotes == (HEAD, GROUP, CELL)
    assert small.numbers([CELL, HEAD]) == [1, 3]
    assert small.all_notes() == [f"¹ {HEAD}", f"² {GROUP}", f"³ {CELL}", "Allmänt."]


def test_a_mark_stands_in_head_group_and_cell(small: Table) -> None:
    html = small.html()
    heads = re.findall(r"<th[^>]*>(.*?)</th>", html, re.DOTALL)
    assert next(h for h in heads if "Andel" in h).count("small-note-1") == 2
    assert next(h for h in heads if "Kön" in h).count('href="#small-note-2"') == 1
    cells = re.findall(r"<td[^>]*>(.*?)</td>", html, re.DOTALL)
    assert re.findall(r'href="#small-note-(\d)"', cells[0]) == ["1", "3"]
    assert cells[0].startswith("25,0<sup")
    assert re.findall(r'href="#small-note-(\d)"', cells[1]) == ["3"]
    assert "\N{WORD JOINER}" not in html
    assert not any(note in html for note in small.all_notes())


def test_text_without_marks_is_the_numbers_alone(small: Table) -> None:
    assert small.text()["share"].tolist() == ["25,0", "–"]


def test_every_mark_leads_to_a_note_and_back(small: Table) -> None:
    text = table(small).text
    marks = set(re.findall(r'href="#(small-note-\d)"', text))
    anchors = re.findall(r"\{#(small-note-\d)\}", text)
    assert marks == set(anchors) == {"small-note-1", "small-note-2", "small-note-3"}
    assert len(anchors) == 3
    assert text.count("](#tbl-small)") == 3
    assert text.endswith("Allmänt.\n:::")


def test_a_notebook_has_notes_in_the_table(small: Table) -> None:
    shown = small._repr_html_()
    assert f"¹ {HEAD}" in shown
    assert f"25,0\N{WORD JOINER}{raised([1, 3])}" in shown


def test_a_sentence_has_the_numbers_of_the_table_beside_it(small: Table) -> None:
    text = bullets([Noted("Ökade.", (CELL,)), "Annat."], small).text
    assert text == '- Ökade.[^3^](#small-note-3){aria-label="Fotnot 3"}\n- Annat.'


def test_only_marks_become_links() -> None:
    assert linked("10 m² och 5³", "t") == "10 m² och 5³"
    assert linked(marked("x", []), "t") == "x"


def test_a_workbook_keeps_numbers_and_shows_marks(small: Table, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    write_workbook(tmp_path / "w.xlsx", [small], [("a", "b")])
    sheet = openpyxl.load_workbook(tmp_path / "w.xlsx").worksheets[1]
    assert [c.value for c in sheet[3]] == ["Indelning", "Grupp", "Andel ¹"]
    assert [c.value for c in sheet[4]][:2] == ["Kön ²", "Kvinnor"]
    assert sheet["C4"].value == 0.25
    assert sheet["C4"].number_format == f'0.0%" {raised([1, 3])}"'
    assert sheet["C5"].value == "– ³"
    told = [c.value for c in sheet["A"] if c.value]
    assert told[-4:] == [f"¹ {HEAD}", f"² {GROUP}", f"³ {CELL}", "Allmänt."]


def test_reasons_are_sentences_and_an_override_is_told() -> None:
    forbids = Reason("population", "forbids", "den ena frågar elever", "one asks pupils")
    note = Reason("mode_assumed", "note", "antas", "assumed")
    grade = Grade("not comparable", (forbids, note))
    assert sentence(forbids, "en") == "Not comparable: one asks pupils."
    assert Told(grade, "sv", "bara åldrarna 16-17 jämförs").notes == (
        "Inte jämförbart: den ena frågar elever.",
        "Jämförelsen görs ändå, med skälet: bara åldrarna 16-17 jämförs.",
    )


@pytest.fixture(scope="module")
def made() -> Report:
    return load(AREA, 2020)


@pytest.mark.slow
def test_a_change_with_a_caveat_has_it_in_table_figure_and_sentence(made: Report) -> None:
    ages = "Olika åldrar: 16–79 år mot 16 år och äldre."
    question = made.table("unsafe_evening", "city_safety")
    (change,) = [c for c in question.columns if c.name == "difference"]
    assert change.footnotes[0] == ages
    chart = made.figure("unsafe_evening")
    assert chart.footnotes == (f"2017 jämfört med 2020: {ages[:1].lower()}{ages[1:]}",)
    ticks = [t.get_text() for a in chart.figure.axes for t in a.get_xticklabels()]
    assert ticks == ["2017¹", "2020", "2020", "2018", "2020"]
    text = made.show("sentences", "unsafe_evening").text
    city, region, school = text.split("\n")[:3]
    assert "kan inte avgöras" in city
    assert city.count("](#unsafe-evening-note-1)") == 1
    assert "note" not in region + school


@pytest.mark.slow
def test_the_overview_marks_the_rows_that_a_caveat_is_about(made: Report) -> None:
    overview = next(t for t in made.tables if t.name == "overview")
    rows = overview.rows.set_index(["survey", "question"])
    assert rows.loc[("city_safety", "worry_robbery"), "difference_footnotes"] == (
        "Olika åldrar: 16–79 år mot 16 år och äldre.",
    )
    assert rows.loc[("school_survey", "unsafe_evening"), "difference_footnotes"] == ()
    assert "](#overview-note-2)" in made.show("summary").text


@pytest.mark.slow
def test_the_coding_is_printed_in_every_table_and_figure_of_the_evening_question(
    made: Report,
) -> None:
    coding = "Kodning: stadens nyckel (otrygg eller går inte ut)."
    for survey in made.surveys("unsafe_evening"):
        assert coding in made.table("unsafe_evening", survey).notes[0]
    assert coding in made.figure("unsafe_evening").caption
    for name in ("overview", "surveys"):
        (found,) = [t for t in made.tables if t.name == name]
        assert coding in found.footnotes
        evening = found.rows["question"] == "unsafe_evening"
        column = "label_footnotes" if name == "overview" else "share_footnotes"
        assert [coding in notes for notes in found.rows[column]] == evening.tolist()
    codings = next(t for t in made.tables if t.name == "coding-unsafe-evening")
    assert codings.rows["label"].str.contains("används här").sum() == 3


@pytest.mark.slow
def test_another_coding_is_told_as_what_it_is(made: Report) -> None:
    waves = tuple(
        dataclasses.replace(w, codings=w.codings | {"unsafe_evening": "research"})
        for w in made.waves
    )
    other = dataclasses.replace(made, waves=waves)
    note = other.table("unsafe_evening", "school_survey").notes[0]
    assert note.startswith("Kodning: forskning (otrygg bland dem som går ut).")


@pytest.mark.slow
def test_every_reason_is_a_numbered_note_of_the_surveys_side_by_side(made: Report) -> None:
    found = next(t for t in made.tables if t.name == "surveys")
    for question in ("unsafe_evening", "worry_crime_monthly", "victim_any_crime"):
        rows = found.rows[found.rows["question"] == question].set_index("survey")
        assert rows.loc["city_safety", "comparable_footnotes"] == ()
        assert len(rows.loc["regional_safety", "comparable_footnotes"]) >= 3
    assert "Inte jämförbart: Stockholmsenkäten 2020 frågar elever, den andra boende." in (
        found.footnotes
    )
    assert any(n.startswith("Vilka brott polisregionen räknar") for n in found.footnotes)


@pytest.mark.slow
def test_the_figures_file_holds_grade_and_caveats(made: Report) -> None:
    rows = made.figures[made.figures["question"] == "worry_robbery"]
    told = rows[rows["difference"].notna()]
    assert len(told) > 5
    assert set(told["change_grade"]) == {"comparable with caveat"}
    assert set(told["change_caveats"]) == {"different ages: 16–79 against 16 and over"}
    pupils = made.figures[made.figures["survey_verdict"] == "not comparable"]
    assert len(pupils)
    assert set(pupils["survey_grade"]) == {"not comparable"}
    assert pupils["survey_caveats"].str.contains("asks pupils").all()


@pytest.mark.slow
def test_marks_and_notes_are_the_same_in_all_formats(small: Table, tmp_path: Path) -> None:
    qmd = tmp_path / "x.qmd"
    said = "\n\n".join([bullets([Noted("Ökade.", (CELL,))], small).text, table(small).text])
    qmd.write_text(f"---\ntitle: Prov\nlang: sv\n---\n\n{said}\n", encoding="utf-8")
    files = render_document(qmd, ["html", "docx", "pdf"], engine="embedded")
    html = files["html"].read_text(encoding="utf-8")
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    targets = re.findall(r'href="#([^"]+)"', html) + re.findall(r'aria-describedby="([^"]+)"', html)
    assert "small-note-3" in targets
    assert "tbl-small" in targets
    assert set(targets) <= set(ids)
    from docx import Document
    from pypdf import PdfReader

    printed = " ".join(" ".join(p.extract_text() for p in PdfReader(files["pdf"]).pages).split())
    assert "25,01, 3" in printed
    assert f"1 {HEAD} 2 {GROUP} 3 {CELL} Allmänt." in printed
    document = Document(str(files["docx"]))
    cells = [c.text for row in document.tables[0].rows for c in row.cells]
    assert any("25,0" in c for c in cells)
    told = [p.text for p in document.paragraphs]
    assert [t for t in told if t.startswith(("1 ", "2 ", "3 "))] == [
        f"1 {HEAD}",
        f"2 {GROUP}",
        f"3 {CELL}",
    ]
