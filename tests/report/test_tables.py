"""Tables: what is printed, what is hidden, and what arrives in the formats made by pandoc."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pypandoc
import pytest
from bs4 import BeautifulSoup

from survey_stats.report.tables import Column, Table

COLUMNS = (
    Column("label", "Grupp", "text", 20),
    Column("share", "Andel, %", "percent", 15),
    Column("ci", "Intervall, %", "interval", 20),
    Column("n", "Bas", "count", 10),
    Column("difference", "Förändring", "change", 20),
    Column("judged", "Bedömning", "text", 15),
)


@pytest.fixture
def table() -> Table:
    rows = pd.DataFrame(
        {
            "section": ["Kön", "Kön", "Stadsdel", "Stadsdel"],
            "label": ["Kvinnor", "Män", "Hässelby gård", "Nälsta"],
            "share": [0.4256, 0.2, 0.3049, None],
            "ci_low": [0.39, 0.15, 0.2, None],
            "ci_high": [0.46, 0.25, 0.41, None],
            "n": pd.array([12345, 700, 61, None], dtype="Int64"),
            "difference": [0.04, -0.013, None, None],
            "difference_low": [0.012, -0.05, None, None],
            "difference_high": [0.068, 0.024, None, None],
            "judged": ["säkerställd ökning", "kan inte avgöras", "–", ".."],
            "mark": ["", "", "uncertain", "suppressed"],
            "difference_mark": ["", "", "suppressed", "suppressed"],
        }
    )
    return Table("made-up", "En tabell.", COLUMNS, rows, notes=("En not.",))


def test_numbers_are_written_as_swedes_write_them(table: Table) -> None:
    text = table.text()
    assert text.iloc[0].tolist() == [
        "Kvinnor",
        "42,6",
        "39,0–46,0",
        "12\N{NO-BREAK SPACE}345",
        "+4,0 (+1,2 till +6,8)",
        "säkerställd ökning",
    ]
    assert text["difference"][1] == "−1,3 (−5,0 till +2,4)"


def test_english_numbers(table: Table) -> None:
    text = replace(table, lang="en").text()
    assert text["share"][0] == "42.6"
    assert text["n"][0] == "12,345"
    assert text["difference"][0] == "+4.0 (+1.2 to +6.8)"


def test_uncertain_is_starred_and_suppressed_is_a_mark(table: Table) -> None:
    text = table.text()
    assert text["share"].tolist()[2:] == ["30,5*", ".."]
    assert text["ci"][2] == "20,0–41,0"
    assert text["ci"][3] == ".."
    assert text["n"][3] == "..", "a base may be hidden for the sake of another"
    assert text["difference"].tolist()[2:] == ["..", ".."]


def test_html_has_scoped_headers_and_ids_of_its_own(table: Table) -> None:
    page = BeautifulSoup(table.html() + replace(table, name="other").html(), "html.parser")
    ids = [t["id"] for t in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    first = page.find("table")
    assert first is not None
    heads = [h.get_text() for h in first.find_all("th", scope="col")]
    assert heads == [c.heading for c in COLUMNS]
    assert [h.get_text() for h in first.find_all("th", scope="row")] == list(table.rows["label"])
    assert [h.get_text() for h in first.find_all("th", scope="colgroup")] == ["Kön", "Stadsdel"]
    for cell in first.select("tbody td"):
        told = str(cell["headers"]) if isinstance(cell["headers"], str) else cell["headers"]
        names = told.split() if isinstance(told, str) else told
        assert names
        assert set(names) <= set(ids)
    assert "<style" not in table.html()


def test_a_label_is_words_and_never_markup(table: Table) -> None:
    rows = table.rows.assign(label=["<script>x</script>", "a & b", '"q"', "<b>"])
    html = replace(table, rows=rows).html()
    assert "<script" not in html
    soup = BeautifulSoup(html, "html.parser")
    assert [h.get_text() for h in soup.find_all("th", scope="row")] == list(rows["label"])


def test_pandoc_reads_every_cell_with_widths_and_alignment(table: Table) -> None:
    tree = json.loads(pypandoc.convert_text(table.html(), "json", format="html"))
    (made,) = [b for b in tree["blocks"] if b["t"] == "Table"]
    columns, bodies = made["c"][2], made["c"][4]
    assert [round(c[1]["c"], 2) for c in columns] == [c.width / 100 for c in COLUMNS]
    # pandoc takes the first section heading for a head of the body
    rows = [*bodies[0][2], *bodies[0][3]]
    assert len(rows) == 4 + 2
    aligned = [cell[1]["t"] for cell in rows[1][1]]
    assert aligned[0] == "AlignLeft"
    assert aligned[1] == "AlignRight"
    plain = pypandoc.convert_text(
        table.html(), "plain", format="html", extra_args=["--columns=200"]
    )
    for column in table.text():
        for cell in table.text()[column]:
            assert cell.split("\N{NO-BREAK SPACE}")[0].split(" ")[0] in plain


def test_a_notebook_shows_caption_and_notes(table: Table) -> None:
    html = table._repr_html_()
    assert "En tabell." in html
    assert "En not." in html
