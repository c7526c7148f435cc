from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup

from survey_stats.resources import reports_path

pytestmark = pytest.mark.slow
NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture(scope="module")
def page(rich):
    return BeautifulSoup(rich["html"].read_text(encoding="utf-8"), "html.parser")


def words(node) -> str:
    return " ".join(node.get_text(" ").replace(NBSP, " ").split())


def test_language_title_and_landmarks(page):
    assert page.html["lang"] == "sv"
    assert page.title.text == "Bilaga för Hässelby-Vällingby 2023"
    assert page.select_one("h1.title").text == "Bilaga för Hässelby-Vällingby 2023"
    assert page.select_one("header.page-header").text == "SYNTETISKA DATA"
    assert page.select_one("body > footer.page-footer").text == (
        "Hässelby-Vällingby 2023 · data 0f3a & kod 1.2"
    )
    assert page.select_one("a.skip-link")["href"] == "#" + page.main["id"]
    assert words(page.select_one("nav#TOC h2")) == "Innehållsförteckning"
    assert page.select_one("p.date").text == "20 november 2026"


def test_nothing_is_loaded_from_elsewhere(page):
    for tag in page.find_all(["link", "iframe"]):
        pytest.fail(f"unexpected {tag.name}")
    scripts = page.find_all("script")
    assert [s.attrs for s in scripts] == [{}]
    assert (
        scripts[0].string.strip() == reports_path("style", "tables.js").read_text("utf-8").strip()
    )
    assert all(img["src"].startswith("data:image/svg+xml;base64,") for img in page.find_all("img"))
    assert not re.search(r"url\(\s*['\"]?http|@import", str(page.style))


def test_parameters_and_inline_expressions(page):
    text = words(page.select_one("#sec-summary p"))
    assert text.startswith("Området är Hässelby-Vällingby och året 2023. Andelen är 34,5 % ,")
    assert page.select_one("#sec-summary p strong").text == "34,5 %"


def test_captions_are_numbered_as_quarto_does(page):
    captions = [c.get_text().strip() for c in page.find_all("figcaption")]
    assert captions == [
        f"Figur{NBSP}1: Andel otrygga i området, procent",
        f"Tabell{NBSP}1: Andel otrygga efter grupp, med osäkerhetsintervall",
        f"Tabell{NBSP}2: En tabell från pandas",
        f"Tabell{NBSP}3: En tabell i en div",
        f"Tabell{NBSP}4: En tabell i texten",
        f"Figur{NBSP}2: En bild ur en fil",
    ]


def test_references_read_and_lead_right(page):
    links = [(a.get_text(), a["href"]) for a in page.select("a.quarto-xref")]
    assert links == [
        (f"Avsnitt{NBSP}2", "#sec-method"),
        (f"Figur{NBSP}1", "#fig-share"),
        (f"Tabell{NBSP}1", "#tbl-share"),
        (f"Avsnitt{NBSP}2", "#sec-method"),
        ("2", "#tbl-plain"),
        (f"Figur{NBSP}1", "#fig-share"),
        (f"Figur{NBSP}2", "#fig-image"),
    ]
    identifiers = [t["id"] for t in page.find_all(id=True)]
    assert len(identifiers) == len(set(identifiers))
    inner = [a["href"][1:] for a in page.find_all("a", href=True) if a["href"].startswith("#")]
    assert set(inner) <= set(identifiers)


def test_alternative_texts(page):
    alts = [img["alt"] for img in page.find_all("img")]
    assert alts == ["Stapeldiagram: kvinnor 34,5 procent och män 21,2 procent.", "En blå cirkel."]


def test_table_keeps_its_numbers_and_its_header_cells(page):
    table = page.select_one("#tbl-share table")
    row = next(r for r in table.tbody.find_all("tr") if "Kvinnor" in r.get_text())
    assert [c.get_text(strip=True) for c in row.find_all(["th", "td"])] == [
        "Kvinnor", "34,5%", "31,0%", "38,0%", "1234", "säkerställd ökning",
    ]  # fmt: skip
    assert row.th["scope"] == "row"
    known = {t["id"] for t in table.find_all(id=True)}
    assert {h for c in table.find_all(headers=True) for h in c["headers"]} <= known
    box = table.find_parent(class_="table-scroll")
    assert (box["tabindex"], box["role"]) == ("0", "region")
    assert page.find(id=box["aria-labelledby"]).get_text().strip().startswith(f"Tabell{NBSP}1")


def test_callouts(page):
    boxes = {words(c.find(["summary", "div"])): c for c in page.select(".callout")}
    assert list(boxes) == [
        "Notera SYNTETISKA DATA",
        "Varning",
        "Viktigt Fälls ihop",
        "Tips Enkel",
        "Försiktigt Var försiktig",
    ]
    folded = boxes["Viktigt Fälls ihop"].details
    assert folded is not None
    assert not folded.has_attr("open")


def test_cell_output_and_conditional_content(page):
    text = words(page.main)
    assert "Bara på webben." in text
    assert "Bara på papper." not in text
    assert "punkt Alfa för Hässelby-Vällingby 2023" in text
    assert [c.get_text().strip() for c in page.select("pre")] == [
        'print("rad ett")\n1 + 1', "rad ett", "2",
    ]  # fmt: skip
    assert "En fotnot med betoning" in words(page.select_one("section.footnotes"))


def test_sections_are_numbered(page):
    heads = [words(h) for h in page.main.find_all(["h2", "h3"])]
    assert heads == ["1 Sammanfattning", "1.1 Pandas", "2 Metod", "Onumrerat", "Fotnoter"]
