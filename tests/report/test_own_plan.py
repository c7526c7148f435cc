"""docs/reports.md: its plan and its piece are what it says, and make every format."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from survey_stats.cli import main
from survey_stats.report import load, load_plan
from survey_stats.report.pieces import pieces, registry

DOCS = Path(__file__).parents[2] / "docs" / "reports.md"
pytestmark = pytest.mark.skipif(not DOCS.is_file(), reason="docs are not beside the tests")


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces()
    monkeypatch.setattr(registry, "_pieces", dict(registry._pieces))


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """The files of the page."""
    text = DOCS.read_text(encoding="utf-8")
    for block in re.findall(r"```(?:yaml|python)\n(.*?)```", text, re.DOTALL):
        name = re.match(r"# (my_\w+\.\w+)\n", block)
        if name:
            (tmp_path / name[1]).write_text(block, encoding="utf-8")
    return tmp_path / "my_plan.yaml"


def test_the_page_names_every_piece() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert [name for name in pieces() if f"`{name}`" not in text] == []


@pytest.mark.slow
def test_the_plan_makes_every_format_with_what_it_says(plan: Path, tmp_path: Path) -> None:
    out = tmp_path / "build"
    options = ["--area", "farsta", "--year", "2023", "--out", str(out), "--engine", "embedded"]
    with pytest.raises(SystemExit) as ended:
        main(["report", str(plan), *options])
    assert ended.value.code in (0, None)
    made = {p.suffix for p in out.glob("evening-farsta-2023.*")}
    assert {".html", ".docx", ".pdf", ".xlsx", ".csv", ".parquet"} <= made
    html = (out / "evening-farsta-2023.html").read_text(encoding="utf-8")
    page = BeautifulSoup(html, "html.parser")
    text = " ".join(page.get_text().split())
    assert "Så svarar de boende i Farsta till och med 2023." in text
    assert re.search(r"city_safety: \d{3,4} svar\.", text)
    assert "resten av staden" in text
    assert page.find(id="tbl-unsafe-evening-regional-safety") is not None
    table = page.find(id="tbl-victim-any-crime-school-survey")
    assert table is not None
    assert "Flickor" in table.get_text()
    assert "Årskurs 9" not in table.get_text(), "the plan asks for gender only"


@pytest.mark.slow
def test_only_what_the_plan_asks_for_is_computed(plan: Path) -> None:
    made = load("Farsta", 2023, plan=plan)
    assert set(made.figures["question"]) == {"unsafe_evening", "victim_any_crime"}
    pupils = made.figures[made.figures["question"] == "victim_any_crime"]
    assert set(pupils["survey"]) == {"school_survey"}
    assert load_plan(plan).questions == ("unsafe_evening", "victim_any_crime")
