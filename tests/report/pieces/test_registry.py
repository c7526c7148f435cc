"""The registry: pieces of this package, pieces of an analyst's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.report import load_plan
from survey_stats.report.pieces import named, piece, pieces, registry

MODULE = '''
from survey_stats.report import piece

@piece("answers", about="question")
def answers(document, row, *, smallest: int = 30):
    """How many answered."""
    yield f"{row.question}: {smallest}"
'''
PLAN = """\
name: own
title: {sv: Egen, en: Own}
modules: [mine.py]
sections:
  - heading: {sv: Svar, en: Answers}
    content:
      - {question: unsafe_evening, form: answers, options: {smallest: 5}}
"""


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces()
    monkeypatch.setattr(registry, "_pieces", dict(registry._pieces))


def own(folder: Path, module: str = MODULE, plan: str = PLAN) -> Path:
    (folder / "mine.py").write_text(module, encoding="utf-8")
    path = folder / "own.yaml"
    path.write_text(plan, encoding="utf-8")
    return path


def test_every_piece_says_what_it_shows() -> None:
    known = pieces()
    assert {"sentences", "figure", "table", "overview", "surveys", "crime"} <= set(known)
    assert all(p.text.endswith(".") and len(p.text) > 20 for p in known.values())


def test_every_module_of_pieces_is_loaded_and_every_piece_is_told_in_the_docs() -> None:
    folder = Path(registry.__file__).parent
    modules = {p.stem for p in folder.glob("*.py") if "\n@piece(" in p.read_text(encoding="utf-8")}
    assert modules == set(registry._BUILT_IN), "put the module into _BUILT_IN of registry.py"
    docs = (Path(__file__).parents[3] / "docs" / "reports.md").read_text(encoding="utf-8")
    missing = [name for name in pieces() if f"`{name}`" not in docs]
    assert missing == [], "give it a place in the table of docs/reports.md"


def test_a_piece_of_ones_own_is_one_function_and_its_name(tmp_path: Path) -> None:
    plan = load_plan(own(tmp_path))
    (row,) = plan.rows
    made = named("answers").function(None, row, **row.options)
    assert list(made) == ["unsafe_evening: 5"]


def test_options_are_checked_when_the_plan_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="smallest: 'few' does not do for answers"):
        load_plan(own(tmp_path, plan=PLAN.replace("5", "few")))
    with pytest.raises(UnknownNameError, match="option of answers 'smalest'"):
        load_plan(own(tmp_path, plan=PLAN.replace("smallest", "smalest")))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"answers"', '"table"', "There is a piece 'table' already"),
        ("smallest: int = 30", "surveys=()", "option 'surveys', which rows have already"),
        ("yield", "yeld", "mine.py cannot be run .SyntaxError"),
        ("from survey_stats", "import nothing_such\nfrom survey_stats", "ModuleNotFoundError"),
        ("smallest: int = 30", "smallest: int", ""),
    ],
)
def test_what_is_wrong_with_a_module_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = own(tmp_path, MODULE.replace(old, new).replace("{smallest}", "{1}"))
    if told:
        with pytest.raises(InputError, match=told):
            load_plan(path)
        return
    (row,) = load_plan(path).rows
    with pytest.raises(InputError, match="needs the option 'smallest'"):
        load_plan(own(tmp_path, MODULE.replace(old, new), PLAN.replace("smallest: 5", "")))
    assert row.options == {"smallest": 5}


def test_the_same_file_may_be_run_again(tmp_path: Path) -> None:
    path = own(tmp_path)
    load_plan(path)
    own(tmp_path, plan=PLAN + "# again\n")
    load_plan(path)


def test_an_unknown_piece_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'sentences'"):
        named("sentence")


def test_a_name_that_is_taken_is_refused() -> None:
    def other(_document: Any, _row: Any) -> None: ...

    with pytest.raises(InputError, match="There is a piece 'overview' already"):
        piece("overview")(other)
