from __future__ import annotations

import zipfile

import docx
import pytest
from docx.oxml.ns import qn

from survey_stats.report.render import render
from survey_stats.report.render.reference_docx import build
from survey_stats.resources import reports_path

pytestmark = pytest.mark.slow
NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture(scope="module")
def word(rich):
    return docx.Document(str(rich["docx"]))


def styled(word, name: str) -> list[str]:
    return [p.text for p in word.paragraphs if p.style.name == name]


def test_headings_and_title_are_real_styles(word):
    assert styled(word, "Title") == ["Bilaga för Hässelby-Vällingby 2023"]
    assert styled(word, "Heading 2") == ["1 Sammanfattning", "2 Metod", "Onumrerat"]
    assert styled(word, "Heading 3") == ["1.1 Pandas"]


def test_captions_have_caption_styles(word):
    assert styled(word, "Image Caption") == [
        f"Figur{NBSP}1: Andel otrygga i området, procent",
        f"Figur{NBSP}2: En bild ur en fil",
    ]
    assert styled(word, "Table Caption")[0] == (
        f"Tabell{NBSP}1: Andel otrygga efter grupp, med osäkerhetsintervall"
    )
    assert styled(word, "Table Note") == ["Källa: syntetiska data.", "En not under tabellen."]


def test_tables_are_real_tables(word):
    table = word.tables[0]
    rows = [[c.text for c in r.cells] for r in table.rows]
    assert rows[0][2:4] == ["Osäkerhetsintervall", "Osäkerhetsintervall"]
    assert rows[1] == ["Grupp", "Andel", "Nedre", "Övre", "Bas", "Bedömning"]
    assert rows[2] == ["Kön"] * 6
    assert rows[3] == ["Kvinnor", "34,5%", "31,0%", "38,0%", "1234", "säkerställd ökning"]
    headers = [r._tr.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None for r in table.rows]
    assert headers == [True, True] + [False] * (len(headers) - 2)
    assert [c.paragraphs[0].alignment for c in table.rows[3].cells[:2]] == [0, 2]
    assert len(word.tables) == 4


def test_columns_are_as_wide_as_their_words(word):
    grid = [int(c.get(qn("w:w"))) for c in word.tables[0]._tbl.tblGrid]
    verdict, base = grid[5], grid[4]
    assert verdict > 2 * base


def test_pictures_have_alternative_texts_and_size(word):
    properties = [e.get("descr") for e in word.element.body.iter(qn("wp:docPr"))]
    assert properties == [
        "Stapeldiagram: kvinnor 34,5 procent och män 21,2 procent.",
        "En blå cirkel.",
    ]
    for shape in word.inline_shapes:
        image = word.part.related_parts[
            shape._inline.graphic.graphicData.pic.blipFill.blip.embed
        ].image
        assert image.content_type == "image/png"
        assert image.px_width / shape.width.inches >= 200


def test_links_lead_to_bookmarks(word):
    body = word.element.body
    marks = {b.get(qn("w:name")) for b in body.iter(qn("w:bookmarkStart"))}
    anchors = {h.get(qn("w:anchor")) for h in body.iter(qn("w:hyperlink"))} - {None}
    assert anchors
    assert anchors <= marks


def test_contents_are_filled(word):
    holder = next(word.element.body.iter(qn("w:sdtContent")))
    lines = ["".join(t.text for t in p.iter(qn("w:t"))) for p in holder.iter(qn("w:p"))]
    assert lines == [
        "Innehållsförteckning",
        "1 Sammanfattning",
        "1.1 Pandas",
        "2 Metod",
        "Onumrerat",
    ]


def test_page_language_header_and_callouts(word):
    section = word.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert section.header.paragraphs[0].text == "SYNTETISKA DATA"
    assert [p.text for p in section.footer.paragraphs] == [
        "Bilaga för Hässelby-Vällingby 2023\t1 (1)",
        "Hässelby-Vällingby 2023 · data 0f3a & kod 1.2",
    ]
    assert word.core_properties.title == "Bilaga för Hässelby-Vällingby 2023"
    assert styled(word, "Callout Note Title") == ["SYNTETISKA DATA"]
    assert styled(word, "Callout Note") == ["Alla svar är påhittade."]
    language = next(word.styles.element.iter(qn("w:lang")))
    assert language.get(qn("w:val")) == "sv-SE"


def test_a_document_without_a_line_for_its_pages_has_none(qmd, tmp_path):
    made = render(qmd("---\ntitle: T\nlang: sv\n---\n\nOrd.\n"), ["docx"], out_dir=tmp_path / "ut")
    footer = docx.Document(str(made["docx"])).sections[0].footer
    assert [p.text for p in footer.paragraphs] == ["T\t1 (1)", " "]
    with zipfile.ZipFile(made["docx"]) as parts:
        # Word prints an error in the place of a property that is not there
        assert b'name="page-footer"' in parts.read("docProps/custom.xml")


def test_no_path_of_this_machine_is_in_the_file(rich):
    with zipfile.ZipFile(rich["docx"]) as parts:
        for name in parts.namelist():
            assert str(rich["docx"].parent).encode() not in parts.read(name), name
            assert b"figures/" not in parts.read(name), name


def test_captions_are_fields_that_word_counts_and_references_follow_them(pieces):
    body = docx.Document(str(pieces["docx"])).element.body
    codes = [(c.text or "").split() for c in body.iter(qn("w:instrText"))]
    assert [c[1] for c in codes if c[0] == "SEQ"] == ["Figur", "Tabell", "Tabell"]
    named = {b.get(qn("w:name")) for b in body.iter(qn("w:bookmarkStart"))}
    referred = [c[1] for c in codes if c[0] == "REF"]
    assert len(referred) == 3
    assert set(referred) <= named
    # what a program shows that does not count
    captions = ["".join(t.text for t in p.iter(qn("w:t"))) for p in body.iter(qn("w:p"))]
    assert f"Tabell{NBSP}2: Svarande per år." in captions


def test_words_of_another_language_say_so(pieces):
    body = docx.Document(str(pieces["docx"])).element.body
    english = [
        r for r in body.iter(qn("w:r")) if r.find(f"{qn('w:rPr')}/{qn('w:lang')}") is not None
    ]
    assert "".join(t.text for r in english for t in r.iter(qn("w:t"))) == "Taylor linearisation"


def test_notes_stay_with_the_rows_and_the_captions_before_them(qmd, tmp_path):
    rows = "\n".join(f"| rad {i} | {i} |" for i in range(6))
    path = qmd(
        f"---\ntitle: T\nlang: sv\n---\n\n| Namn | Tal |\n|---|--:|\n{rows}\n\n: En {{#tbl-a}}\n\n"
        "::: {.table-notes}\nFörsta noten.\n\nAndra noten.\n:::\n\nBrödtext.\n"
    )
    made = render(path, ["docx"], out_dir=tmp_path / "ut")
    document = docx.Document(str(made["docx"]))

    def kept(paragraph) -> bool:
        return paragraph.paragraph_format.keep_with_next is True

    (table,) = document.tables
    told = [all(kept(p) for c in row.cells for p in c.paragraphs) for row in table.rows]
    assert told == [True] + [False] * 4 + [True] * 2
    notes = [p for p in document.paragraphs if p.style.name == "Table Note"]
    assert [kept(p) for p in notes] == [True, False]
    assert notes[0].style.paragraph_format.keep_together is True


@pytest.mark.parametrize(
    ("name", "page"), [("reference.docx", False), ("reference-page.docx", True)]
)
def test_the_reference_documents_are_up_to_date(name: str, page: bool) -> None:
    told = "python -m survey_stats.report.render.reference_docx"
    assert reports_path("style", name).read_bytes() == build(page), told
