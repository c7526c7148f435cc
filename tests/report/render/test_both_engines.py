"""The same document by Quarto and by the embedded renderer: text, tables, captions, numbering."""

from __future__ import annotations

import re
from pathlib import Path

import docx
import pytest
from bs4 import BeautifulSoup
from docx.oxml.ns import qn
from pypdf import PdfReader

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def both(pieces, pieces_by_quarto):
    return pieces, pieces_by_quarto


def _main(path: Path):
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    for tag in page.main.select("script, style, .quarto-title-meta, .page-header"):
        tag.decompose()
    return page


def _words(text: str) -> list[str]:
    return re.sub(r"([.,:;()])", r" \1 ", text).split()


def _cells(table) -> list[list[str]]:
    return [
        [" ".join(c.get_text(" ").split()) for c in row.find_all(["th", "td"])]
        for row in table.find_all("tr")
    ]


def test_web_pages_say_the_same(both):
    ours, theirs = (_main(files["html"]) for files in both)
    assert _words(ours.main.get_text(" ")) == _words(theirs.main.get_text(" "))
    for select in ("figcaption", "main h1, main h2, main h3", "a.quarto-xref"):
        said = [[" ".join(t.get_text().split()) for t in p.select(select)] for p in (ours, theirs)]
        assert said[0] == said[1]
        assert len(said[0]) >= 3
    assert [_cells(t) for t in ours.select("table")] == [_cells(t) for t in theirs.select("table")]
    assert [i["alt"] for i in ours.select("main img")] == [
        i["alt"] for i in theirs.select("main img")
    ]
    for select in (".table-scroll", ".figure-scroll", "a.skip-link", "[lang=en]"):
        assert len(ours.select(select)) == len(theirs.select(select)) > 0
    for page in (ours, theirs):
        row_heads = page.select("#tbl-groups tbody th[scope=row]")
        assert len(row_heads) == 10
        assert len(page.select("#tbl-groups tbody th[scope=colgroup]")) == 3


@pytest.mark.parametrize(
    ("select", "said"),
    [(".page-header", "SYNTETISKA DATA"), (".page-footer", "Farsta 2023 · data 0f3a · kod 1.2")],
)
def test_lines_of_every_page_are_the_same(both, select, said):
    pages = [BeautifulSoup(f["html"].read_text("utf-8"), "html.parser") for f in both]
    assert [page.select_one(select).text for page in pages] == [said] * 2
    for page in pages:
        printed = " ".join(s.text for s in page.select("style"))
        assert f'content: "{said}"' in printed
    for files in both:
        section = docx.Document(str(files["docx"])).sections[0]
        own = section.header if select == ".page-header" else section.footer
        assert own.paragraphs[-1].text == said
        assert all(said in p.extract_text() for p in PdfReader(files["pdf"]).pages)


def _paragraphs(path: Path) -> list[tuple[str, str]]:
    body = docx.Document(str(path)).element.body
    found = []
    for p in body.iter(qn("w:p")):
        text = "".join(t.text or "" for t in p.iter(qn("w:t"))).strip()
        style = p.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        if text:
            found.append((style.get(qn("w:val")) if style is not None else "", text))
    return found


def test_word_files_have_the_same_paragraphs_and_styles(both):
    ours, theirs = (_paragraphs(files["docx"]) for files in both)
    assert [text for _style, text in ours] == [text for _style, text in theirs]
    assert ours == theirs


def test_word_tables_and_pictures_are_the_same(both):
    ours, theirs = (docx.Document(str(files["docx"])) for files in both)
    cells = [
        [[[c.text for c in r.cells] for r in t.rows] for t in d.tables] for d in (ours, theirs)
    ]
    assert cells[0] == cells[1]
    assert len(cells[0]) == 2
    for d in (ours, theirs):
        first = d.tables[0]
        heads = [r._tr.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None for r in first.rows]
        assert heads == [True] + [False] * 13
        row = next(r for r in first.rows if r.cells[0].text == "Kvinnor")
        assert [c.paragraphs[0].alignment for c in row.cells][:2] == [0, 2]
        described = [e.get("descr") for e in d.element.body.iter(qn("wp:docPr"))]
        assert described == ["Stapeldiagram: kvinnor 42,6 % och män 20,0 %."]


def test_captions_are_fields_that_word_counts_and_references_follow_them(both):
    for files in both:
        body = docx.Document(str(files["docx"])).element.body
        codes = [(c.text or "").split() for c in body.iter(qn("w:instrText"))]
        counted = [c[1] for c in codes if c[0] == "SEQ"]
        assert counted == ["Figur", "Tabell", "Tabell"]
        named = {b.get(qn("w:name")) for b in body.iter(qn("w:bookmarkStart"))}
        referred = [c[1] for c in codes if c[0] == "REF"]
        assert len(referred) == 3
        assert set(referred) <= named
        opened = [b.get(qn("w:id")) for b in body.iter(qn("w:bookmarkStart"))]
        assert len(opened) == len(set(opened))
        assert sorted(opened) == sorted(b.get(qn("w:id")) for b in body.iter(qn("w:bookmarkEnd")))
        languages = {e.get(qn("w:val")) for e in body.iter(qn("w:lang"))}
        assert "en" in languages


def test_the_pdf_says_the_same(both):
    said = []
    for files in both:
        text = " ".join(p.extract_text() for p in PdfReader(files["pdf"]).pages)
        said.append(_words(text.replace("\N{SOFT HYPHEN}", "")))
    assert said[0] == said[1]


def test_no_file_tells_of_the_machine(both):
    for files in both:
        body = docx.Document(str(files["docx"])).element.xml
        assert not re.search(r'="/(?:home|tmp|work|usr|opt)/', body)
        assert not re.search(r"(?:file://|/tmp/|/home/)", files["html"].read_text("utf-8"))
