from __future__ import annotations

import datetime as dt

import docx
import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from survey_stats.report.render import render
from survey_stats.report.render.options import date_text, settings_for
from survey_stats.report.render.source import Cell, Prose, read_document
from survey_stats.report.render.workspace import workspace


def test_levels_are_merged_as_quarto_does(qmd, tmp_path):
    (tmp_path / "_quarto.yml").write_text(
        "lang: sv\ntoc: true\nexecute:\n  echo: false\n  fig-width: 7\n"
        "format:\n  html:\n    toc-depth: 2\n    number-sections: true\n",
        encoding="utf-8",
    )
    path = qmd(
        "---\ntoc: false\nnumber-sections: false\nexecute:\n  fig-width: 5\n"
        "format:\n  html:\n    toc-depth: 4\n  docx:\n    toc: true\n---\n"
    )
    document = read_document(path)
    html = settings_for(document, "html")
    assert html.lang == "sv"
    assert not html.flag("toc")
    # what the document says for all formats wins over what the project says for one
    assert not html.flag("number-sections")
    assert html.integer("toc-depth", 3) == 4
    assert html.execute("echo", True) is False
    assert html.execute("fig-width", 0) == 5
    assert settings_for(document, "docx").flag("toc")
    assert settings_for(document, "docx", {"lang": "en", "toc": False}).lang == "en"


def test_words_follow_the_language_and_can_be_replaced(qmd):
    text = (
        "---\nlang: {}\nlanguage:\n  sv:\n    callout-tip-title: Råd\n"
        "crossref:\n  tbl-title: Tab.\n---\n"
    )
    swedish = settings_for(read_document(qmd(text.format("sv"))), "html").words
    english = settings_for(read_document(qmd(text.format("en"))), "html").words
    assert (swedish["crossref-fig-title"], english["crossref-fig-title"]) == ("Figur", "Figure")
    assert (swedish["callout-tip-title"], english["callout-tip-title"]) == ("Råd", "Tip")
    assert swedish["crossref-tbl-title"] == "Tab."


def test_style_files_lie_beside_the_file_that_names_them(qmd, tmp_path):
    (tmp_path / "_quarto.yml").write_text("format:\n  html:\n    css: stil/a.css\n")
    (tmp_path / "sub").mkdir()
    path = tmp_path / "sub" / "d.qmd"
    path.write_text("---\nlang: sv\n---\n", encoding="utf-8")
    assert settings_for(read_document(path), "html").files("css") == [tmp_path / "stil" / "a.css"]


@pytest.mark.parametrize(
    ("value", "style", "lang", "shown"),
    [
        (dt.date(2026, 3, 1), "long", "sv", "1 mars 2026"),
        ("2026-03-01", "long", "en", "March 1, 2026"),
        (dt.datetime(2026, 3, 1, 12), "iso", "sv", "2026-03-01"),
        ("våren 2026", "long", "sv", "våren 2026"),
    ],
)
def test_dates(qmd, value, style, lang, shown):
    assert date_text(value, style, lang, read_document(qmd("Text\n"))) == shown


def test_parts_know_their_lines(qmd):
    document = read_document(
        qmd(
            "---\ntitle: T\n---\nEtt\n\n```{python}\n#| label: a\n\nx = 1\n```\n\n"
            "```python\ny\n```\n"
        )
    )
    first, cell, last = document.parts
    assert isinstance(first, Prose)
    assert isinstance(cell, Cell)
    assert (first.line, cell.line, cell.code_line, cell.option_lines) == (4, 6, 9, {"label": 7})
    assert cell.code == "x = 1"
    assert "```python\ny\n```" in last.text
    assert document.line_of("y\n") == 13


def test_a_project_is_copied_and_a_single_document_is_not(qmd, tmp_path):
    path = qmd("Text\n")
    with workspace(path) as same:
        assert same == path
    (tmp_path / "_quarto.yml").write_text("lang: sv\n")
    with workspace(path) as copy:
        assert copy != path
        assert copy.read_text() == "Text\n"
        (copy.parent / "rest.txt").write_text("x")
    assert not copy.exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["_quarto.yml", "dokument.qmd"]


HOSTILE = '</title><script>alert(1)</script> "citat" #let x = 1 $y$ =HYPERLINK("http://a") ../../x'


@pytest.mark.slow
def test_labels_are_text_in_every_format(qmd, tmp_path):
    front = (
        "---\ntitle: {0!r}\nsubtitle: {0!r}\nauthor: {0!r}\nlang: sv\npage-header: {0!r}\n"
        "page-footer: {0!r}\n---\n\n"
    )
    hostile = HOSTILE.replace("$y$", "").replace("<", "&lt;").replace("#", "\\#")
    body = f"# Rubrik\n\nText `{{python}} {HOSTILE!r}` slut.\n"
    made = render(
        qmd(front.format(hostile) + body), ["html", "docx", "pdf"], out_dir=tmp_path / "ut"
    )
    page = BeautifulSoup(made["html"].read_text(encoding="utf-8"), "html.parser")
    assert page.find("script") is None
    words = page.main.section.p.get_text()
    assert "</title><script>alert(1)</script>" in words
    assert "$y$" in words
    paragraphs = "\n".join(p.text for p in docx.Document(str(made["docx"])).paragraphs)
    assert "<script>alert(1)</script>" in paragraphs
    reader = PdfReader(made["pdf"])
    text = " ".join(reader.pages[0].extract_text().split())
    assert "#let x = 1 $y$" in text
    assert "<script>" in reader.metadata.title


@pytest.mark.slow
def test_a_document_in_english_without_a_title(qmd, tmp_path):
    path = qmd(
        "---\nlang: en\ndate: 2026-03-01\n---\n\nSee @tbl-a.\n\n::: {.callout-note}\nA\n:::\n\n"
        "| a |\n|---|\n| 1 |\n\n: Cap {#tbl-a}\n"
    )
    made = render(path, ["html", "pdf"], out_dir=tmp_path / "ut")
    page = BeautifulSoup(made["html"].read_text(encoding="utf-8"), "html.parser")
    assert page.html["lang"] == "en"
    assert page.title.text == "dokument"
    assert page.select_one("a.quarto-xref").text == "Table\N{NO-BREAK SPACE}1"
    assert page.select_one(".callout-header").get_text(strip=True) == "Note"
    assert page.select_one("a.skip-link").text == "Skip to the content"
    assert PdfReader(made["pdf"]).metadata.title == "dokument"


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes(qmd, tmp_path):
    path = qmd(
        "---\ntitle: T\nlang: sv\ndate: 2026-03-01\n---\n\n```{python}\n#| label: fig-a\n"
        "#| fig-cap: Bild\nimport matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\n"
        "plt.show()\n```\n\n"
        "```{python}\nimport great_tables as gt\nimport pandas as pd\n"
        "gt.GT(pd.DataFrame({'a': [1]}))\n```\n"
    )
    one = render(path, ["html", "docx", "pdf"], out_dir=tmp_path / "ett")
    two = render(path, ["html", "docx", "pdf"], out_dir=tmp_path / "två")
    for fmt in ("html", "docx", "pdf"):
        assert one[fmt].read_bytes() == two[fmt].read_bytes(), fmt
