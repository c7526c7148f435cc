"""A document of one survey's files says nothing of the others, in either language."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from survey_stats.labels import Language
from survey_stats.report import load_plan
from survey_stats.report.charts import Chart
from survey_stats.report.qmd import generate
from survey_stats.report.render.source import Cell, read_document
from survey_stats.report.waves import demo_folder

# later waves than the document's year are left out, and earlier ones than a line needs
FILES = {
    "city_safety": ("SDO_*",),
    "regional_safety": ("*region_2021*", "*region_2022*", "*region_2023*"),
    "school_survey": ("Stockholms*_2018*", "Stockholms*_2020*", "Stockholms*_2022*"),
}
# two waves of one, so that there is a change, and the latest of the others
LATEST = ("SDO_*_2020*", "SDO_*_2023*", "*region_2023*", "Stockholms*_2022*")
WORDS = {
    "city_safety": ("trygghetsmätning", "city's survey", "80 och över", "80 and over"),
    "regional_safety": ("polisregion", "police region", "huddinge"),
    "school_survey": ("stockholmsenkät", "school survey", "elever", "pupils"),
}
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def no_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the words are read here: captions and alternative texts, not the pixels."""
    monkeypatch.setattr(Chart, "save", lambda self, folder: folder / f"{self.name}.png")


def deliveries(folder: Path, patterns: tuple[str, ...]) -> str:
    """A folder with some of the demo's deliveries."""
    into = folder / "deliveries"
    into.mkdir()
    for pattern in patterns:
        found = list(demo_folder().glob(pattern))
        assert found, pattern
        for file in found:
            shutil.copy2(file, into)
    return str(into)


def document(plan: str, lang: Language, folder: Path, **parameters: Any) -> str:
    """The text of a plan's document: prose, and what its cells show."""
    path = folder / "document.qmd"
    path.write_text(generate(load_plan(plan), lang, plan), encoding="utf-8")
    space: dict[str, Any] = {}
    out: list[str] = []
    for part in read_document(path).parts:
        if not isinstance(part, Cell):
            out.append(part.text)
            continue
        tree = ast.parse(part.code)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, str(path), "exec"), space)
        if "parameters" in part.tags:
            space |= parameters
        if last is not None:
            out.append(str(eval(compile(ast.Expression(last.value), str(path), "eval"), space)))
    return re.sub(r"\s+", " ", "\n\n".join(out)).replace("\\", "")


@pytest.mark.parametrize("survey", list(FILES))
def test_nothing_is_said_of_the_other_surveys(survey: str, tmp_path: Path) -> None:
    folder = deliveries(tmp_path, FILES[survey])
    langs: tuple[Language, ...] = ("sv", "en") if survey == "school_survey" else ("sv",)
    for lang in langs:
        told = {"area": "Farsta", "year": 2023, "deliveries": folder}
        text = document("appendix", lang, tmp_path, **told)
        low = text.lower()
        for other, words in WORDS.items():
            for word in words if other != survey else ():
                at = low.find(word)
                assert at < 0, (lang, other, text[max(0, at - 200) : at + 100])
        assert any(word in low for word in WORDS[survey])
        assert "#sec-surveys" not in text
        assert "@sec-surveys" not in text
        asked = {"problem_moped_traffic": "city_safety", "unsafe_neighbourhood": "regional_safety"}
        for question, only in asked.items():
            assert (f"tbl-{question}".replace("_", "-") in text) == (only == survey)
        # no heading without anything below it
        assert not re.search(r"^## [^\n]*\s*#", text)


def test_all_surveys_are_told_where_all_are_there(tmp_path: Path) -> None:
    folder = deliveries(tmp_path, LATEST)
    text = document("appendix", "sv", tmp_path, area="Farsta", year=2023, deliveries=folder)
    text = text.lower()
    for words in WORDS.values():
        assert any(word in text for word in words)
    assert "#sec-surveys" in text
    assert "fig-why-unsafe-evening-regional-safety" in text


def test_the_city_is_divided_into_districts_and_compared_with_nothing(tmp_path: Path) -> None:
    folder = deliveries(tmp_path, LATEST)
    text = document("appendix", "sv", tmp_path, area="Stockholm", year=2023, deliveries=folder)
    assert "Stockholm, hela staden 2023" in text
    assert "resten av staden" not in text
    assert "i Stockholm och i hela staden" not in text
    assert "stadsdelsområdet sedan" not in text
    table = re.search(r"::: {#tbl-unsafe-evening-city-safety}.*?:::", text)
    assert table is not None
    assert all(name in table[0] for name in ("Bromma", "Järva", "Södermalm"))
