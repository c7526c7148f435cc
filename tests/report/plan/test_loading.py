"""Plans from files: what may stand in one, and what is said where something may not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.report.plan import Item, load_plan, plan_names
from survey_stats.report.plan.json_schema import FILE, plan_schema_text
from survey_stats.resources import reports_path

SMALL = """\
name: small
title: {sv: Liten, en: Small}
sections:
  - heading: {sv: Kväll, en: Evening}
    content:
      - text: {sv: Prosa., en: Prose.}
      - question: unsafe_evening
        form: [sentences, table]
        surveys: city_safety
        groups: [gender]
        options: {tables: all}
"""


def plan_file(folder: Path, text: str) -> Path:
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_plan_says_what_is_computed(tmp_path: Path) -> None:
    plan = load_plan(plan_file(tmp_path, SMALL))
    assert plan.items == (Item("unsafe_evening", ("city_safety",), ("gender",)),)
    (row,) = plan.rows
    assert (row.form, row.compare) == (("sentences", "table"), ("before", "city", "trend"))


def test_two_rows_of_a_question_are_computed_together(tmp_path: Path) -> None:
    more = "      - {question: unsafe_evening, form: figure, surveys: school_survey, groups: []}\n"
    plan = load_plan(plan_file(tmp_path, SMALL + more))
    assert plan.items == (Item("unsafe_evening", ("city_safety", "school_survey"), ("gender",)),)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("unsafe_evening", "unsafe_evning", "small.yaml, line 7; did you mean 'unsafe_evening'"),
        ("[sentences, table]", "[sentence]", "piece 'sentence' in small.yaml, line 8"),
        ("city_safety", "city", "survey 'city' in small.yaml, line 9"),
        ("[gender]", "[sex]", "group 'sex' in small.yaml, line 10"),
        ("groups: [gender]", "compare: [befor]", "comparison 'befor' in small.yaml, line 10"),
        ("{tables: all}", "{table: all}", "sentences or table 'table' in small.yaml, line 11"),
        ("groups: [gender]", "when: crimes", "condition 'crimes' in small.yaml, line 10"),
    ],
)
def test_an_unknown_name_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    assert old in SMALL
    with pytest.raises(UnknownNameError, match=told.replace("[", r"\[")):
        load_plan(plan_file(tmp_path, SMALL.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("surveys:", "survey:", "line 9: .*no key 'survey' here; did you mean 'surveys'"),
        ("title: {sv: Liten, en: Small}", "", "line 1: title: the key 'title' is missing"),
        (", en: Prose.", "", "line 6: .*text.en: the key 'en' is missing"),
        ("{tables: all}", "{tables: some}", "line 11: tables: 'some' does not do for table"),
        ("groups: [gender]", "when: a +", "line 10: 'a \\+' is no condition"),
        ("name: small", "name: Små", "line 1: name: String should match"),
        ("name: small", "name: ../x", "line 1: name: String should match"),
        ("[sentences, table]", "[]", "line 8: .*form: is empty"),
        ("[sentences, table]", "overview", "line 8: the piece overview is about no single"),
        (
            "question: unsafe_evening",
            "when: city_safety",
            "piece sentences is about a question",
        ),
        ("sections:", "modules: [mine.py]\nsections:", "line 3: there is no file mine.py in"),
        ("name: small", "name: small: x", "line 1 is not valid YAML"),
        ("name: small", "name: small\nname: twice", "line 2: 'name' is there twice"),
        ("groups: [gender]", "groups: {a: b}", "line 10: .*groups: needs a list, not a map"),
    ],
)
def test_what_is_wrong_is_told_with_line_and_key(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    assert old in SMALL
    with pytest.raises(InputError, match=told):
        load_plan(plan_file(tmp_path, SMALL.replace(old, new)))


@pytest.mark.parametrize("text", ["", "- a\n", "just words", "\x00"])
def test_a_file_that_is_no_plan_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"small\.yaml"):
        load_plan(plan_file(tmp_path, text))


def test_one_piece_of_a_question_stands_once(tmp_path: Path) -> None:
    again = "      - {question: unsafe_evening, form: table}\n"
    with pytest.raises(InputError, match=r"line 12: the piece table of unsafe_evening is there"):
        load_plan(plan_file(tmp_path, SMALL + again))


def test_a_plan_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'appendix'"):
        load_plan("apendix")
    with pytest.raises(InputError, match="There is no plan"):
        load_plan(tmp_path / "none.yaml")


def test_an_edited_plan_is_read_again(tmp_path: Path) -> None:
    path = plan_file(tmp_path, SMALL)
    assert load_plan(path).title.sv == "Liten"
    plan_file(tmp_path, SMALL.replace("Liten", "Mindre"))
    assert load_plan(path).title.sv == "Mindre"


def test_the_shipped_schema_is_that_of_the_models_and_fits_the_shipped_plans() -> None:
    text = reports_path("plans", FILE).read_text(encoding="utf-8")
    assert text == plan_schema_text(), "survey-stats plan-schema > reports/plans/plan.schema.json"
    schema = json.loads(text)
    jsonschema.Draft7Validator.check_schema(schema)
    for name in plan_names():
        told = yaml.safe_load(reports_path("plans", f"{name}.yaml").read_text(encoding="utf-8"))
        jsonschema.validate(told, schema)


def test_the_schema_underlines_what_the_models_refuse() -> None:
    schema = json.loads(plan_schema_text())
    told = yaml.safe_load(SMALL)
    jsonschema.validate(told, schema)
    told["sections"][0]["content"][1]["compare"] = ["befor"]
    assert list(jsonschema.Draft7Validator(schema).iter_errors(told))


@pytest.mark.parametrize(("name", "instead"), [("surveys", "surveys"), ("coding", "codings")])
def test_a_comparison_that_is_a_piece_says_so(tmp_path: Path, name: str, instead: str) -> None:
    text = SMALL.replace("groups: [gender]", f"compare: [before, {name}]")
    assert text != SMALL
    with pytest.raises(InputError, match=rf"small.yaml, line 10: .*add {instead} to form"):
        load_plan(plan_file(tmp_path, text))


def test_the_schema_does_not_depend_on_which_pieces_were_imported_first() -> None:
    code = (
        "import survey_stats.report.pieces.quality\n"
        "from survey_stats.report.plan.json_schema import plan_schema_text\n"
        "print(plan_schema_text(), end='')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == plan_schema_text()
