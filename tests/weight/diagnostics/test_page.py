"""The page of a weighting report: what it holds, in both languages, and nothing from elsewhere."""

import re

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from survey_stats.errors import InputError
from survey_stats.weight import Weights, calibrate
from survey_stats.weight.diagnostics import diagnose
from survey_stats.weight.trimming.trim import trim


@pytest.fixture(scope="module")
def report(well):
    frame, weights = well
    frame = frame.assign(survey="city_safety", wave=2023)
    frame.attrs["synthetic"] = True
    return diagnose(weights, frame, by="district", outcome="unsafe_evening")


@pytest.fixture(scope="module")
def html(report):
    return report.to_html()


@pytest.fixture(scope="module")
def soup(html):
    return BeautifulSoup(html, "html.parser")


def cells(table) -> list[list[str]]:
    return [
        [c.get_text().replace("\N{SOFT HYPHEN}", "") for c in row.find_all(["th", "td"])]
        for row in table.find_all("tr")
    ]


def table_of(soup, caption: str):
    return next(t for t in soup.find_all("table") if t.caption.get_text().startswith(caption))


def test_the_verdict_comes_first(report, soup):
    main = soup.find("main")
    text = main.get_text()
    assert soup.html["lang"] == "sv"
    assert main.h1.get_text() == "Viktningsrapport"
    assert "Stadens trygghetsmätning 2023" in text
    verdict = main.find(class_="verdict")
    assert verdict.get_text() == report.verdict().splitlines()[0]
    assert text.index(verdict.get_text()) < text.index("Så gjordes vikterna")
    for what in report.to_frame()["what"]:
        assert what in text
    assert len(main.find_all(class_="callout-warning")) == 1


def test_synthetic_is_said_only_where_it_is(report, soup, well):
    assert soup.find(class_="page-header").get_text() == "SYNTETISKA DATA"
    frame, weights = well
    plain = diagnose(weights, frame).to_html()
    assert "SYNTETISKA DATA" not in plain


def test_the_page_needs_nothing_from_elsewhere(html):
    # names of vocabularies inside the pictures are no addresses that a browser calls
    outside = re.findall(r'(?:src|href|srcset)="(?!data:|#)([^"]*)"', html)
    assert outside == []
    assert "@import" not in html
    assert not re.search(r"url\((?!data:)", html)
    assert "<script" not in html


def test_figures_have_alternative_texts_and_a_narrow_form(report, soup):
    pictures = soup.find_all("picture")
    assert len(pictures) == 3
    for picture, kind in zip(pictures, ("love", "margins", "distribution"), strict=True):
        assert picture.img["alt"] == report.alt_text(kind)
        assert picture.source["media"] == "(max-width: 34rem)"
        assert picture.source["srcset"].startswith("data:image/svg+xml;base64,")
        assert picture.source["srcset"] != picture.img["src"]


def test_tables_hold_the_reports_numbers(report, soup):
    rows = cells(table_of(soup, "Designeffekt av viktningen per stadsdelsområde"))
    assert rows[0] == [
        "Stadsdelsområde", "Svarande", "Effektivt antal", "Designeffekt", "Största / median",
        "Spencer",
    ]  # fmt: skip
    farsta = report.to_frame("design effect").set_index("district").loc["Farsta"]
    told = next(r for r in rows if r[0] == "Farsta")
    assert told[1] == str(int(farsta["n"]))
    assert told[3] == f"{farsta['design_effect']:.2f}".replace(".", ",")
    assert "Otrygg ute ensam sent en kväll" in soup.find("main").get_text()
    shares = cells(table_of(soup, "Andelar och antal"))
    young = next(r for r in shares if r[0] == "16–19 år")
    row = report.to_frame("margins").query("variable == 'age_group' and level == '16-19'").iloc[0]
    nbsp = "\N{NO-BREAK SPACE}"
    assert young[1] == str(row["n"])
    assert young[2] == f"{100 * row['share_before']:.1f}{nbsp}%".replace(".", ",")
    assert young[-1] == f"0,0{nbsp}%"
    steps = cells(table_of(soup, "Stegen i viktningen"))
    assert steps[2][0].startswith("2. Efterstratifiering")
    assert steps[2][1] == "132"


def test_the_respondents_can_be_left_out(report, soup):
    text = soup.find("main").get_text()
    assert "De som bär mest" in text
    assert "enskilda svarande" in text
    without = report.to_html(respondents=False)
    assert "De som bär mest" not in without
    assert "enskilda svarande" not in without


def test_every_section_and_table_has_a_name_for_who_does_not_see_it(soup):
    headings = [h.get_text() for h in soup.find_all("h2")]
    assert len(headings) == len(set(headings)) == 5
    for box in soup.find_all(class_="table-scroll"):
        assert box["aria-label"] == box.table.caption.get_text()
        assert box["tabindex"] == "0"
        width = len(box.thead.find_all("th"))
        for row in box.tbody.find_all("tr"):
            spans = sum(int(c.get("colspan", 1)) for c in row.find_all(["th", "td"]))
            assert spans == width


def test_english_has_no_swedish(report):
    text = BeautifulSoup(report.to_html("en"), "html.parser").find("main").get_text()
    for word in ("vikt", "Urval", "svarande", "befolkning", "kvinnor", "Källor", "Före"):
        assert word not in text
    assert "Weighting report" in text
    assert "5,165" in text


def test_written_again_the_page_has_the_same_bytes(report, html, tmp_path):
    path = report.write(tmp_path / "vikter.html")
    assert path.read_text(encoding="utf-8") == html
    with pytest.raises(InputError, match=r"\.html"):
        report.write(tmp_path / "vikter.pdf")
    with pytest.raises(InputError, match="folder"):
        report.write(tmp_path / "none" / "vikter.html")


def test_names_of_the_data_cannot_break_the_page():
    evil = '<script>alert("x")</script>'
    frame = pd.DataFrame({"g": [evil, "b & c"] * 40, "w": np.arange(1.0, 81)})
    table = pd.DataFrame({"g": [evil, "b & c"], "population": [10, 50]})
    report = diagnose(Weights.delivered(frame["w"]), frame, table, by="g")
    html = report.to_html()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "<script" not in report._repr_html_()


def test_pages_of_odd_weights():
    for values in ([7.0], np.ones(5), np.append(np.ones(100), 900.0)):
        frame = pd.DataFrame({"g": ["a"] * len(values)})
        table = pd.DataFrame({"g": ["a", "b"], "population": [5, 1]})
        for benchmarks, lang in ((None, "sv"), (table, "en")):
            report = diagnose(Weights.delivered(values), frame, benchmarks)
            soup = BeautifulSoup(report.to_html(lang), "html.parser")
            assert soup.find(class_="verdict").get_text()
            assert not re.search(r"\b(nan|inf|None)\b", soup.find("main").get_text())


def test_notebook_shows_the_verdict_and_the_love_plot(report):
    soup = BeautifulSoup(report._repr_html_(), "html.parser")
    assert report.verdict().splitlines()[0] in soup.get_text()
    assert "SYNTETISKA DATA" in soup.get_text()
    assert soup.img["src"].startswith("data:image/png;base64,")
    assert soup.img["alt"] == report.alt_text("love")


def test_a_missed_cell_of_a_crossed_margin_is_listed(well):
    frame, weights = well
    values = weights.values.copy()
    here = ((frame["district"] == "Farsta") & (frame["gender"] == "men")).to_numpy()
    values[here] *= 1.1
    moved = Weights(values, weights.steps)
    html = diagnose(moved, frame).to_html()
    rows = cells(table_of(BeautifulSoup(html, "html.parser"), "De största avvikelserna"))
    assert len(rows) == 7
    assert all(row[0].startswith("Farsta, män, ") for row in rows[1:])
    assert {row[-1] for row in rows[1:]} == {"+10,0\N{NO-BREAK SPACE}%"}


def test_a_title_of_ones_own(well):
    frame, weights = well
    html = diagnose(weights, frame, title="Trygghet i Farsta 2024").to_html()
    soup = BeautifulSoup(html, "html.parser")
    assert soup.find(class_="subtitle").get_text() == "Trygghet i Farsta 2024"
    assert soup.title.get_text() == "Viktningsrapport – Trygghet i Farsta 2024"
    dated = frame.assign(survey="city_safety", wave=2023)
    assert diagnose(weights, dated, title="").title == ""
    assert diagnose(weights, dated).title == "city_safety 2023"


def test_the_steps_tell_their_margins_and_factors(people, draw):
    frame, start = draw(1000)
    crossed = people.groupby(["gender", "age_group"], as_index=False)["population"].sum()
    alone = people.groupby("district", as_index=False)["population"].sum()
    fitted = calibrate(start, frame, [crossed, alone])
    idle = trim(fitted, upper=1e6)
    rows = cells(table_of(BeautifulSoup(diagnose(idle, frame).to_html(), "html.parser"), "Stegen"))
    assert rows[0][2] == "Faktor: minsta / median / största"
    assert rows[2][0].endswith("kön × ålder, stadsdelsområde")
    assert len(rows[2][2].split(" / ")) == 3
    assert rows[3][0] == "3. Trimningingen vikt behövde kapas"
    assert rows[3][1:3] == ["–", "–"]
    cut = trim(fitted, upper=0.95 * fitted.values.max())
    rows = cells(table_of(BeautifulSoup(diagnose(cut, frame).to_html(), "html.parser"), "Stegen"))
    assert rows[3][0].endswith("kön × ålder, stadsdelsområde")


def test_wide_tables_name_their_numbers_for_a_phone(soup):
    wide = table_of(soup, "Andelar och antal")
    assert wide["class"] == ["stacked"]
    heads = [h.get_text() for h in wide.thead.find_all("th")]
    for row in wide.tbody.find_all("tr"):
        if "head" not in row.get("class", []):
            assert [c["data-label"] for c in row.find_all("td")] == heads[1:]
    narrow = table_of(soup, "Stegen i viktningen")
    assert "class" not in narrow.attrs
    assert not narrow.find_all(attrs={"data-label": True})


def test_before_is_the_same_in_the_table_and_the_text(people, draw):
    frame, start = draw(300)
    by_age = people.groupby("age_group", as_index=False)["population"].sum()
    by_gender = people.groupby("gender", as_index=False)["population"].sum()
    weights = calibrate(calibrate(start, frame, [by_age]), frame, [by_gender])
    report = diagnose(weights, frame)
    rows = cells(table_of(BeautifulSoup(report.to_html(), "html.parser"), "Andelar och antal"))
    row = next(r for r in rows if r[0] == "kvinnor")
    text = f"kvinnor i befolkningen {row[3]}, i urvalet {row[2]} före och {row[4]} efter"
    assert text in report.alt_text("margins")
