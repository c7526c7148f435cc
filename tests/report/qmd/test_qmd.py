"""Documents made from plans: readable, the committed ones, and never over somebody's edits."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from survey_stats.errors import InputError
from survey_stats.labels import Language
from survey_stats.report.plan import load_plan, plan_names
from survey_stats.report.qmd import generate, is_edited, source_of, write_qmd
from survey_stats.report.qmd.stamp import is_unedited
from survey_stats.report.qmd.write import qmd_name
from survey_stats.report.render.source import Cell, read_document
from survey_stats.resources import reports_path

PLAN = """\
name: own
title: {sv: 'Med "citat" och \\\\', en: Own}
sections:
  - heading: {sv: Kväll, en: Evening}
    when: city_safety
    content:
      - text: {sv: 'Om {area}: "x" \\\\ y', en: 'About {area}'}
      - points:
          - {sv: ett, en: one}
          - {sv: två, en: two, when: not whole_city}
      - question: unsafe_evening
        form: [table]
        compare: [before]
        options: {tables: all}
    sections:
      - heading: {sv: Mer, en: More}
        content:
          - question: avoids_places
            form: figure
"""


def own(folder: Path) -> Path:
    path = folder / "own.yaml"
    path.write_text(PLAN, encoding="utf-8")
    return path


def code(path: Path) -> list[str]:
    return [p.code for p in read_document(path).parts if isinstance(p, Cell)]


@pytest.mark.parametrize("lang", ["sv", "en"])
@pytest.mark.parametrize("plan", plan_names())
def test_the_documents_in_reports_are_what_the_plan_makes(plan: str, lang: Language) -> None:
    text = reports_path(qmd_name(plan, lang)).read_text(encoding="utf-8")
    assert text == generate(load_plan(plan), lang, plan), f"survey-stats report-qmd {plan}"


def test_a_row_is_one_cell_a_piece_with_what_the_plan_says(tmp_path: Path) -> None:
    (path, _) = write_qmd(own(tmp_path))
    cells = code(path)
    for cell in cells:
        ast.parse(cell)
    shown = [c for c in cells if ".show(" in c]
    assert len(shown) == 2
    assert shown[0] == (
        "rapport.show(\n"
        '    "table",\n'
        '    "unsafe_evening",\n'
        '    compare=["before"],\n'
        '    tables="all",\n'
        '    when="city_safety and unsafe_evening",\n'
        ")"
    )
    assert 'plan = "own.yaml"' in cells[0]


def test_texts_with_quotes_and_backslashes_come_through(tmp_path: Path) -> None:
    (path, _) = write_qmd(own(tmp_path))
    assert read_document(path).front["title"] == 'Med "citat" och \\\\'
    (prose,) = [c for c in code(path) if ".prose(" in c]
    call = ast.parse(prose).body[0].value  # type: ignore[attr-defined]
    assert call.args[0].value == 'Om {area}: "x" \\\\ y'


def test_a_heading_is_conditional_where_all_below_it_is(tmp_path: Path) -> None:
    (path, _) = write_qmd(own(tmp_path))
    headings = [c for c in code(path) if ".heading(" in c]
    assert headings == [
        'rapport.heading("# Kväll", when="city_safety")',
        'rapport.heading("## Mer", when="city_safety and avoids_places")',
    ]
    text = generate(load_plan("appendix"))
    assert re.search(r"^# Sammanfattning \{#sec-summary\}$", text, re.MULTILINE)


def test_a_document_edited_by_hand_is_not_overwritten(tmp_path: Path) -> None:
    plan = own(tmp_path)
    swedish, english = write_qmd(plan)
    assert not is_edited(swedish)
    write_qmd(plan)
    edited = swedish.read_text(encoding="utf-8") + "\nEn mening till.\n"
    swedish.write_text(edited, encoding="utf-8")
    before = english.stat().st_mtime_ns
    with pytest.raises(InputError, match=r"own\.qmd was edited by hand and not overwritten"):
        write_qmd(plan)
    assert swedish.read_text(encoding="utf-8") == edited
    assert english.stat().st_mtime_ns == before, "all or none"
    assert source_of(plan, "sv") == edited
    elsewhere = write_qmd(plan, tmp_path / "new")
    assert "En mening till" not in elsewhere[0].read_text(encoding="utf-8")
    assert 'plan = "../own.yaml"' in elsewhere[0].read_text(encoding="utf-8")
    write_qmd(plan, force=True)
    assert not is_edited(swedish)


def test_a_document_of_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    plan = own(tmp_path)
    (tmp_path / "own-en.qmd").write_text("---\ntitle: mine\n---\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"own-en\.qmd was edited"):
        write_qmd(plan)
    assert not (tmp_path / "own.qmd").exists()


def test_line_ends_are_no_edit_and_any_letter_is() -> None:
    text = generate(load_plan("appendix"))
    assert is_unedited(text.replace("\n", "\r\n"))
    assert not is_unedited(text.replace("Sammanfattning", "Samanfattning"))
    assert not is_unedited(text.replace('when="crime"', ""))
