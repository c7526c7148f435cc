"""Hostile texts in every place of a document: they are shown as words, and nothing else happens."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import docx
import pandas as pd
import pypdf
import pytest
import yaml
from bs4 import BeautifulSoup, Tag
from python_calamine import CalamineWorkbook

from survey_stats.audit import Finding
from survey_stats.cli.terminal import plain
from survey_stats.labels import shown
from survey_stats.report import show
from survey_stats.report.build import audit_csv
from survey_stats.report.render import active, pandoc, render
from survey_stats.report.schema import KEYS, to_csv
from survey_stats.report.sentences import Noted
from survey_stats.report.spreadsheet_text import guarded, unguarded
from survey_stats.report.tables import Column, Table
from survey_stats.report.workbook import sheet_name, write_workbook
from tests.report.hostile import LABELS, SHORT

HERE = Path(__file__).resolve().parent
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def line(text: str) -> str:
    """A label as a reader sees it."""
    return " ".join(shown(text).replace("\N{WORD JOINER}", "").split())


WANTED = [line(label) for label in LABELS]


# the whole way through the renderer, once


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("hostile")
    # cells write beside their document
    document = Path(shutil.copy(HERE / "hostile.qmd", out))
    params = {"folder": str(HERE)}
    return dict(render(document, ["html", "docx", "pdf"], params, out))


@pytest.fixture(scope="module")
def page(made: dict[str, Path]) -> BeautifulSoup:
    return BeautifulSoup(made["html"].read_text(encoding="utf-8"), "html.parser")


def words(found: Tag | BeautifulSoup) -> str:
    return line(found.get_text())


@pytest.mark.slow
def test_the_page_runs_and_loads_nothing_and_has_no_tag_of_a_label(page: BeautifulSoup) -> None:
    ours = page.find_all("script", src=False)
    assert all("alert" not in str(s) for s in ours)
    assert not page.find_all(["iframe", "object", "embed", "base", "h1"], string=re.compile("^x$"))
    for tag in page.find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on")], tag.name
        assert not str(tag.get("href", "")).startswith(("javascript:", "http://x.example"))
        assert not str(tag.get("src", "")).startswith("http")
    assert len(page.find_all("img")) == 1
    assert not page.find_all("style", string=re.compile(r"^\*\{display:none\}$"))
    assert not page.find(id="sec-a")


@pytest.mark.slow
def test_the_page_shows_every_label_as_it_is(page: BeautifulSoup) -> None:
    table = page.find(id="tbl-t")
    assert isinstance(table, Tag)
    text = words(page)
    cells = []
    for row in table.select("tbody tr"):
        cell = row.find(["th", "td"])
        if len(row.find_all(["th", "td"])) > 1 and isinstance(cell, Tag):
            for mark in cell.find_all("sup", class_="note-mark"):
                mark.decompose()
            cells.append(words(cell))
    assert cells == WANTED
    headings = [words(th) for th in table.select("th[scope=colgroup]")]
    assert headings == [line(f"S{i} {label}") for i, label in enumerate(LABELS)]
    points = [words(li) for li in page.find_all("li")]
    for i, label in enumerate(LABELS):
        assert line(f"Punkt {i} {label}") in points
        assert line(f"Not {i}: {label}") in text
        assert line(f"Z{i}{label}Z") in text
    for start in ("Tabelltext", "Figurtext", "I rutan", "Under"):
        assert f"{start} {line(SHORT)}" in text
    assert page.title is not None
    assert words(page.title).startswith(f"Titel {line(LABELS[0] + LABELS[1])}")
    alt = page.find("img")["alt"]  # type: ignore[index]
    assert "<script>alert(1)</script>" in str(alt)
    assert not UNSEEN.search(page.get_text())


@pytest.mark.slow
def test_word_shows_every_label_and_links_nowhere(made: dict[str, Path]) -> None:
    document = docx.Document(str(made["docx"]))
    cells = [c.text for t in document.tables for r in t.rows for c in r.cells]
    text = line(" ".join([*(p.text for p in document.paragraphs), *cells]))
    for i, label in enumerate(LABELS):
        assert line(f"Z{i}{label}Z") in text
        assert line(f"Punkt {i} {label}") in text
        assert line(f"S{i} {label}") in text
    with zipfile.ZipFile(made["docx"]) as archive:
        parts = {n: archive.read(n).decode("utf-8", "replace") for n in archive.namelist()}
    everything = "".join(t for n, t in parts.items() if n.endswith((".xml", ".rels")))
    assert "x.example" not in "".join(t for n, t in parts.items() if n.endswith(".rels"))
    assert "instrText" not in everything or "HYPERLINK" not in "".join(
        re.findall(r"<w:instrText[^>]*>[^<]*", everything)
    )
    assert not any(n.endswith((".bin", ".vbs")) for n in parts)


@pytest.mark.slow
def test_the_pdf_shows_every_label_and_runs_nothing(made: dict[str, Path]) -> None:
    told = subprocess.run(
        ["pdftotext", "-layout", str(made["pdf"]), "-"], capture_output=True, check=True
    ).stdout.decode("utf-8", "replace")

    def squeezed(text: str) -> str:
        return re.sub(r"[\s\u2010\u2212-]", "", text).replace("…", "...")

    printed = squeezed(told)
    for i, label in enumerate(LABELS):
        # the head of a page may stand between lines, an accent may be drawn apart
        if len(label) < 100 and "\u0301" not in label:
            assert squeezed(line(f"Z{i}{label}Z")) in printed, label
            assert squeezed(line(f"Punkt {i} {label}")) in printed, label
    reader = pypdf.PdfReader(made["pdf"])
    catalogue = reader.trailer["/Root"]
    assert "/OpenAction" not in catalogue
    assert "/AA" not in catalogue
    names = catalogue.get("/Names", {})
    assert "/JavaScript" not in names
    assert "/EmbeddedFiles" not in names
    for sheet in reader.pages:
        for note in sheet.get("/Annots") or ():
            action = note.get_object().get("/A", {})
            assert action.get("/S") in {None, "/GoTo"}, action
    assert "root:" not in told


# each label by itself, without rendering


@pytest.mark.parametrize("label", LABELS)
def test_markdown_reads_a_label_as_words(label: str) -> None:
    for before in ("", "a "):
        tree = pandoc.read(show.escaped(before + label))
        kinds = {b["t"] for b in tree["blocks"]}
        assert kinds <= {"Para"}, kinds
        inlines = tree["blocks"][0]["c"] if tree["blocks"] else []
        assert {i["t"] for i in inlines} <= {"Str", "Space"}
        text = "".join(i["c"] if i["t"] == "Str" else " " for i in inlines)
        assert line(text) == line(before + label)
    # Quarto looks for these before any markdown is read
    assert "{{<" not in show.escaped(label)
    assert "```" not in show.escaped(label)
    assert "`{" not in show.escaped(label)


@pytest.mark.parametrize("label", LABELS)
def test_a_sentence_made_from_data_has_no_reference(label: str) -> None:
    told = show.prose([Noted(f"a {label}")]).text
    assert not re.search(r"(?<!\\)@(fig|tbl|sec)-", told)


def test_a_sentence_of_the_prose_keeps_its_reference() -> None:
    assert show.prose(["Se @fig-x och [y]."]).text == r"Se @fig-x och \[y\]."


@pytest.mark.parametrize("label", LABELS)
def test_the_html_of_a_table_is_only_its_own(label: str) -> None:
    rows = pd.DataFrame({"section": [label], "a": [label]})
    table = Table("t", label, (Column("a", f"h {label}"),), rows, notes=(label,))
    for html in (table.html(), table._repr_html_()):
        assert not active.runs(html)
        # what the table library loads for a notebook is its own affair
        found = BeautifulSoup(html, "html.parser")
        assert not found.find_all(["script", "img", "svg", "h1", "iframe"])
        assert "{{<" not in html
        assert not found.find_all("a", href=True)
    cell = BeautifulSoup(table.html(), "html.parser").select_one("tbody tr:last-child")
    assert cell is not None
    assert words(cell) == line(label)


@pytest.mark.parametrize("label", LABELS)
def test_a_title_block_is_yaml_with_that_title_and_no_other_key(label: str) -> None:
    text = show.title_block(f"t {label}", f"s {label}", "", f"f {label}").text
    read = yaml.safe_load(text.strip("-\n"))
    assert set(read) == {"title", "subtitle", "page-footer"}
    assert text.count("\n---") == 1
    tree = pandoc.read(read["title"])
    told = "".join(i.get("c", " ") for i in tree["blocks"][0]["c"])
    assert line(told) == line(f"t {label}")


def test_the_workbook_holds_words(tmp_path: Path) -> None:
    rows = pd.DataFrame({"section": LABELS, "a": LABELS, "n": range(len(LABELS))})
    columns = (Column("a", LABELS[9]), Column("n", LABELS[9], "count"))
    tables = [
        Table(f"t{i}", label, columns, rows, notes=LABELS, title=label)
        for i, label in enumerate(LABELS)
    ]
    path = tmp_path / "book.xlsx"
    readme = [("Innehåll", LABELS[9]), *((label, label) for label in LABELS)]
    write_workbook(path, tables, readme, banner=LABELS[9], about=SHORT)
    book = CalamineWorkbook.from_path(str(path))
    assert len(book.sheet_names) == len(LABELS) + 1
    for name in book.sheet_names:
        assert 0 < len(name) <= 31
        assert not re.search(r"[\[\]:*?/\\']", name)
        assert not UNSEEN.search(name)
    cells = book.get_sheet_by_index(1).to_python()
    found = [line(str(row[1])) for row in cells[3 : 3 + len(LABELS)]]
    assert found == WANTED
    with zipfile.ZipFile(path) as archive:
        parts = {n: archive.read(n).decode("utf-8") for n in archive.namelist()}
    assert not any("<f>" in t or "<f " in t or "<hyperlink" in t.lower() for t in (
        t for n, t in parts.items() if "worksheets/" in n
    ))  # fmt: skip
    assert not any("externalLink" in n or "vba" in n for n in parts)
    for name, text in parts.items():
        if name.endswith((".xml", ".rels")):
            assert not UNSEEN.search(text), name


@pytest.mark.parametrize("label", LABELS)
def test_a_csv_gives_every_label_back_and_runs_none(label: str) -> None:
    row = dict.fromkeys(KEYS, "x") | {"wave": 2023, "value": label, "verdict": label}
    text = to_csv(pd.DataFrame([row]))
    # as a spreadsheet and as a programme read it
    read = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(read) == 1
    assert unguarded(read[0]["value"]) == label
    assert not re.match(r"[=+\-@\t\r]", read[0]["value"])
    assert read[0]["survey"] == "x"


@pytest.mark.parametrize("label", LABELS)
def test_the_audit_as_csv_runs_nothing(label: str) -> None:
    finding = Finding(
        id=label, source=label, subject=label, kind="share", stated=label, verdict="holds",
        recomputed=-1.5, reason=label, reason_sv=label, test=None,
    )  # fmt: skip
    read = list(csv.DictReader(io.StringIO(audit_csv([finding]), newline="")))
    assert len(read) == 1
    for name in ("id", "source", "subject", "stated", "reason", "reason_sv"):
        assert unguarded(read[0][name]) == label
        assert not re.match(r"[=@\t\r]|[+-](?![\d.,]+$)", read[0][name])
    assert read[0]["recomputed"] == "-1.5"
    assert guarded(-1.5) == -1.5


@pytest.mark.parametrize("label", LABELS)
def test_an_error_on_the_terminal_is_one_plain_line(label: str) -> None:
    from rich.text import Text

    told = Text.from_markup(plain(ValueError(f"There is no area '{label}'")), emoji=False).plain
    assert not UNSEEN.search(told)
    assert "\n" not in told
    assert "\r" not in told
    assert line(told) == line(f"There is no area '{label}'")


@pytest.mark.parametrize("label", LABELS)
def test_a_sheet_has_a_name_that_is_one(label: str) -> None:
    name = sheet_name(label, set())
    assert 0 < len(name) <= 31
    assert not re.search(r"[\[\]:*?/\\'\x00-\x1f]", name)


def test_what_is_seen_stays() -> None:
    text = "Hässelby–Vällingby 16–19\N{NO-BREAK SPACE}år, −3,5 ”så” e\u0301 العربية 👩‍👧"
    assert shown(text) == text.replace("\u200d", "")
