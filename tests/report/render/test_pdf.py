from __future__ import annotations

import pytest
from pypdf import PdfReader

from survey_stats.report.render import render

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reader(rich):
    return PdfReader(rich["pdf"])


@pytest.fixture(scope="module")
def text(reader):
    pages = "\n".join(p.extract_text() for p in reader.pages)
    return " ".join(pages.replace("\N{NO-BREAK SPACE}", " ").split())


def test_page_size_metadata_and_language(reader):
    width, height = (float(x) / 72 * 25.4 for x in reader.pages[0].mediabox[2:])
    assert (round(width), round(height)) == (210, 297)
    assert reader.metadata.title == "Bilaga för Hässelby-Vällingby 2023"
    assert str(reader.trailer["/Root"]["/Lang"]).lower().startswith("sv")
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert "pdfuaid" in reader.trailer["/Root"]["/Metadata"].get_data().decode()


def test_bookmarks(reader):
    def names(items):
        for item in items:
            if isinstance(item, list):
                yield from names(item)
            else:
                yield item.title

    assert list(names(reader.outline)) == [
        "1 Sammanfattning", "1.1 Pandas", "2 Metod", "Onumrerat",
    ]  # fmt: skip


def test_captions_references_and_numbers(text):
    assert "Figur 1: Andel otrygga i området, procent" in text
    assert "Tabell 1: Andel otrygga efter grupp, med osäkerhetsintervall" in text
    assert "Tabell 4: En tabell i texten" in text
    assert "och Avsnitt 2 säger hur. Figur 1 visar andelarna, Tabell 1 samma tal." in text
    assert "34,5% 31,0% 38,0% 1234 säkerställd ökning" in text
    assert "Området är Hässelby-Vällingby och året 2023. Andelen är 34,5 %," in text


def test_content_of_the_format(text):
    assert "Bara på papper." in text
    assert "Bara på webben." not in text
    assert "Fälls ihop Innehåll som fälls ut." in text
    assert "SYNTETISKA DATA Alla svar är påhittade." in text


def test_page_numbers_and_header(reader):
    count = len(reader.pages)
    for i, page in enumerate(reader.pages, start=1):
        said = page.extract_text()
        assert f"{i} ({count})" in said
        assert "SYNTETISKA DATA" in said
        assert "Hässelby-Vällingby 2023 · data 0f3a & kod 1.2" in said


def test_fonts_are_embedded(reader):
    fonts = {}
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            font = font.get_object()
            inner = font["/DescendantFonts"][0].get_object()
            fonts[font["/BaseFont"]] = inner["/FontDescriptor"].get_object()
    assert fonts
    for name, descriptor in fonts.items():
        assert {"/FontFile2", "/FontFile3"} & set(descriptor), name


def test_pictures_have_alternative_texts(reader):
    alts = []

    def walk(node):
        node = node.get_object()
        if isinstance(node, list):
            for item in node:
                walk(item)
        elif hasattr(node, "get"):
            if "/Alt" in node:
                alts.append(str(node["/Alt"]))
            if "/K" in node:
                walk(node["/K"])

    walk(reader.trailer["/Root"]["/StructTreeRoot"]["/K"])
    assert "Stapeldiagram: kvinnor 34,5 procent och män 21,2 procent." in alts
    assert "En blå cirkel." in alts
    assert "p = n/N" in alts


def test_a_long_table_breaks_with_its_head_repeated_and_a_short_one_stays_whole(qmd, tmp_path):
    rows = "\n".join(f"| rad {i} | {i} |" for i in range(90))
    short = "\n".join(f"| kort {i} | {i} |" for i in range(6))
    path = qmd(
        f"---\ntitle: T\nlang: sv\n---\n\n| Radnamn | Tal |\n|---|--:|\n{rows}\n\n"
        ": Lång {#tbl-a}\n\n" + "Utfyllnad.\n\n" * 4 + f"| Namn | Tal |\n|---|--:|\n{short}\n\n"
        ": Kort {#tbl-b}\n"
    )
    made = render(path, ["pdf"], out_dir=tmp_path / "ut")
    pages = [" ".join(p.extract_text().split()) for p in PdfReader(made["pdf"]).pages]
    holding = [p for p in pages if "rad " in p]
    assert len(holding) == 2
    assert all("Radnamn Tal" in p for p in holding)
    assert all(any(f"rad {i} {i}" in p for p in pages) for i in range(90))
    assert sum("kort " in p for p in pages) == 1


@pytest.mark.parametrize("rows", [64, 65, 66])
def test_notes_never_stand_on_a_page_without_rows_of_their_table(qmd, tmp_path, rows):
    lines = "\n".join(f"| rad {i} | {i} |" for i in range(rows))
    path = qmd(
        f"---\ntitle: T\nlang: sv\n---\n\n| Namn | Tal |\n|---|--:|\n{lines}\n\n: En {{#tbl-a}}\n\n"
        "::: {.table-notes}\nNot ett om tabellen.\n\nNot två om tabellen.\n:::\n\nEfteråt.\n"
    )
    made = render(path, ["pdf"], out_dir=tmp_path / "ut")
    pages = [" ".join(p.extract_text().split()) for p in PdfReader(made["pdf"]).pages]
    (holding,) = [p for p in pages if "Not ett" in p]
    assert "Not två" in holding
    assert f"rad {rows - 1} {rows - 1}" in holding


@pytest.mark.parametrize("before", [29, 30, 31])
def test_a_short_table_moves_with_its_notes(qmd, tmp_path, before):
    rows = "\n".join(f"| rad {i} | {i} |" for i in range(8))
    path = qmd(
        "---\ntitle: T\nlang: sv\n---\n\n"
        + "Utfyllnad.\n\n" * before
        + f"| Namn | Tal |\n|---|--:|\n{rows}\n\n: En {{#tbl-a}}\n\n"
        "::: {.table-notes}\nNot ett om tabellen.\n\nNot två om tabellen.\n:::\n\nEfteråt.\n"
    )
    made = render(path, ["pdf"], out_dir=tmp_path / "ut")
    pages = [" ".join(p.extract_text().split()) for p in PdfReader(made["pdf"]).pages]
    (holding,) = [p for p in pages if "rad 7 7" in p]
    assert "Not ett" in holding
    assert "Not två" in holding


def test_a_word_that_is_longer_than_a_line_breaks(qmd, tmp_path):
    word = "abcdefghij" * 20
    made = render(
        qmd(f"---\ntitle: T\nlang: sv\n---\n\nFil {word}.csv finns.\n"), ["pdf"], out_dir=tmp_path
    )
    lines = PdfReader(made["pdf"]).pages[0].extract_text().split("\n")
    told = [t for t in (line.replace("\u200b", "") for line in lines) if "abcde" in t]
    assert len(told) > 1
    assert max(map(len, told)) < 120
    assert word in "".join(told)
