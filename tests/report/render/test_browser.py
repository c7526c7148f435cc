"""Web pages in a browser: axe-core, what is loaded, reflow, keyboard, sorting, print."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from pathlib import Path

import pytest
from pypdf import PdfReader

from survey_stats import labels
from survey_stats.report.render import render
from survey_stats.resources import reports_path

pytestmark = pytest.mark.slow
TAGS = [
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "EN-301-549",
]  # fmt: skip


@pytest.fixture(scope="module")
def axe() -> str:
    package = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=["rich", "pieces", "pieces_by_quarto"])
def page_file(request) -> Path:
    return request.getfixturevalue(request.param)["html"]


@contextmanager
def opened(browser, path: Path, width: int = 1280, scheme: str = "light", **options):
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, **options
    )
    page = context.new_page()
    page.asked, page.errors = [], []
    page.on("request", lambda r: page.asked.append(r.url))
    page.on("console", lambda m: page.errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: page.errors.append(str(e)))
    page.goto(path.resolve().as_uri())
    yield page
    context.close()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser, axe, page_file, scheme, width):
    with opened(browser, page_file, width, scheme) as page:
        page.evaluate(axe)
        result = page.evaluate(f"axe.run(document, {{runOnly: {json.dumps(TAGS)}}})")
        found = [
            (v["id"], v["help"], [n["target"] for n in v["nodes"]][:5])
            for v in result["violations"]
        ]
        assert found == []
        # rules that looked at something, so that an empty page does not pass
        passed = {p["id"] for p in result["passes"]}
        assert {"color-contrast", "image-alt", "region", "bypass", "html-has-lang"} <= passed
        # nor is a contrast left open because of what lies behind the letters; axe cannot see
        # that the rows of a head lie behind a cell that spans them
        if width == 1280:
            open_nodes = [
                n["html"]
                for i in result["incomplete"]
                for n in i["nodes"]
                if i["id"] == "color-contrast" and 'rowspan="2"' not in n["html"]
            ]
            assert open_nodes == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.errors == []
        elsewhere = [u for u in page.asked if not u.startswith(("file:", "data:", "blob:"))]
        assert elsewhere == []
        files = [u for u in page.asked if u.startswith("file:")]
        assert files == [page_file.resolve().as_uri()]


def test_axe_would_find_something(browser, axe, tmp_path):
    """The check is alive: a page without language, alternative text and contrast is refused."""
    bad = tmp_path / "bad.html"
    bad.write_text("<title>x</title><main><img src='data:,'><p style='color:#ccc'>grå</p></main>")
    with opened(browser, bad) as page:
        page.evaluate(axe)
        result = page.evaluate(f"axe.run(document, {{runOnly: {json.dumps(TAGS)}}})")
        assert {"html-has-lang", "image-alt", "color-contrast"} <= {
            v["id"] for v in result["violations"]
        }


def test_figures_keep_their_letters_readable_on_a_phone(browser, page_file):
    with opened(browser, page_file, 390) as page:
        box = page.locator(".figure-scroll").first
        assert box.get_attribute("role") == "region"
        assert box.get_attribute("tabindex") == "0"
        assert box.evaluate("e => e.querySelector('img').clientWidth") >= 500
        assert box.evaluate("e => e.scrollWidth > e.clientWidth")


def test_the_first_tab_stop_leads_past_the_contents(browser, page_file):
    with opened(browser, page_file) as page:
        page.keyboard.press("Tab")
        focused = page.evaluate(
            """() => {
              const e = document.activeElement, box = e.getBoundingClientRect();
              return [e.className, e.getAttribute("href"), box.left >= 0 && box.top >= 0];
            }"""
        )
        assert focused == ["skip-link", "#quarto-document-content", True]
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")


def _column(page, table: str, column: int) -> list[str]:
    return page.evaluate(
        """([selector, at]) => [...document.querySelector(selector).tBodies]
             .flatMap((b) => [...b.rows])
             .map((r) => r.cells.length > 1 ? r.cells[at].textContent.trim()
                                            : "# " + r.textContent.trim())""",
        [f"{table} table", column],
    )


@pytest.fixture(scope="module", params=["pieces", "pieces_by_quarto"])
def sortable(request) -> Path:
    return request.getfixturevalue(request.param)["html"]


def test_tables_are_sorted_by_keyboard_inside_their_sections(browser, sortable):
    with opened(browser, sortable) as page:
        printed = _column(page, "#tbl-groups", 1)
        names = _column(page, "#tbl-groups", 0)
        head = page.locator("#tbl-groups thead th").nth(1)
        button = head.locator("button")
        assert " ".join(button.inner_text().split()) == "Andel, %"
        button.focus()
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == "ascending"
        assert page.locator("[role=status]").inner_text() == "Andel, %: stigande"
        # 9,7 before 11,2 before 30,5*; the hidden one last
        assert _column(page, "#tbl-groups", 1) == [
            "# Totalt", "34,5", "22,7", "# Kön", "5,0", "20,0", "42,6",
            "# Stadsdel", "9,7", "11,2", "20,0", "30,5*", "..",
        ]  # fmt: skip
        page.keyboard.press("Space")
        assert head.get_attribute("aria-sort") == "descending"
        assert _column(page, "#tbl-groups", 1) == [
            "# Totalt", "34,5", "22,7", "# Kön", "42,6", "20,0", "5,0",
            "# Stadsdel", "30,5*", "20,0", "11,2", "9,7", "..",
        ]  # fmt: skip
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") is None
        assert _column(page, "#tbl-groups", 1) == printed
        # rows stay whole, thousands and signed changes are numbers
        page.locator("#tbl-groups thead th").nth(3).locator("button").click()
        assert _column(page, "#tbl-groups", 0)[-5:] == [
            names[8], names[12], names[10], names[9], names[11],
        ]  # fmt: skip
        page.locator("#tbl-groups thead th").nth(4).locator("button").click()
        assert page.locator("#tbl-groups [aria-sort]").count() == 1
        assert [c.split(" ")[0] for c in _column(page, "#tbl-groups", 4)[4:7]] == [
            "−1,3", "+2,0", "–",
        ]  # fmt: skip


def test_footnotes_of_heads_stay_links_beside_the_button(browser, sortable):
    with opened(browser, sortable) as page:
        head = page.locator("#tbl-groups thead th").nth(4)
        assert head.locator("button a").count() == 0
        assert head.locator("sup a").count() == 1
        assert " ".join(head.locator("button").inner_text().split()) == "Förändring"


def test_without_scripts_a_table_is_a_plain_table(browser, sortable, axe):
    with opened(browser, sortable, java_script_enabled=False) as page:
        assert page.locator("table button").count() == 0
        assert page.locator("#tbl-groups thead th").all_inner_texts()[:2] == ["Grupp", "Andel, %"]
        assert page.locator("#tbl-groups tbody tr").count() == 13


def test_the_words_of_the_script_are_those_of_the_labels():
    script = reports_path("style", "tables.js").read_text(encoding="utf-8")
    for lang in ("sv", "en"):
        block = re.search(rf"{lang}: \{{(.*?)\n    \}}", script, re.DOTALL)[1]
        said = dict(re.findall(r'(\w+): "([^"]*)"', block))
        assert said == {
            "sort": labels.word("sort", lang),
            "ascending": labels.word("ascending", lang),
            "descending": labels.word("descending", lang),
            "original": labels.word("original order", lang),
        }


def test_printed_pages_are_complete_and_plain(browser, pieces, tmp_path):
    target = tmp_path / "print.pdf"
    with opened(browser, pieces["html"], scheme="dark") as page:
        page.pdf(path=str(target), format="A4", print_background=True)
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(255, 255, 255)"
        )
        assert page.evaluate("getComputedStyle(document.querySelector('img')).filter") == "none"
        assert not page.locator("nav#TOC").is_visible()
    pages = [p.extract_text() for p in PdfReader(target).pages]
    for i, said in enumerate(pages, 1):
        for line in ("SYNTETISKA DATA", "Farsta 2023 · data 0f3a · kod 1.2", f"{i} ({len(pages)})"):
            assert line in said
    text = " ".join(pages)
    words = " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())
    for said in ("Bedömning", "▼ säkerställd minskning", "Svarande per år.", "Ett förbehåll"):
        assert said in words
    assert all(
        float(p.mediabox.width) == pytest.approx(595, abs=1) for p in PdfReader(target).pages
    )


def test_a_printed_table_has_its_head_on_every_page(browser, qmd, tmp_path):
    rows = "".join(f"<tr><td>rad {i}</td><td>{i}</td></tr>" for i in range(90))
    table = (
        f"<table><thead><tr><th>Radnamn</th><th>Tal</th></tr></thead><tbody>{rows}</tbody></table>"
    )
    path = qmd(f"---\ntitle: T\nlang: sv\n---\n\n```{{=html}}\n{table}\n```\n")
    made = render(path, ["html"], out_dir=tmp_path / "ut")
    target = tmp_path / "print.pdf"
    with opened(browser, made["html"]) as page:
        assert page.locator("button.sort").count() == 2
        page.pdf(path=str(target), format="A4")
    pages = [p.extract_text() for p in PdfReader(target).pages]
    assert len(pages) > 1
    assert all("Radnamn" in said for said in pages)


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_motion_is_reduced_for_those_who_ask(browser, pieces, motion):
    with opened(browser, pieces["html"], reduced_motion=motion) as page:
        smooth = page.evaluate("getComputedStyle(document.documentElement).scrollBehavior")
        assert smooth == ("auto" if motion == "reduce" else "smooth")
