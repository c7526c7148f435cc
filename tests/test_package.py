"""The package as a whole: its public face, what importing it costs, and the shipped files."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import survey_stats as ss
from survey_stats.errors import InputError, SurveyStatsError
from survey_stats.resources import data_path, reports_path

ROOT = Path(__file__).resolve().parents[1]


def test_every_public_name_loads_and_says_what_it_is() -> None:
    for name in ss.__all__:
        value = getattr(ss, name)
        assert name == "__version__" or value.__doc__, name


def test_a_room_never_takes_the_name_of_its_function() -> None:
    code = (
        "import importlib, survey_stats as ss\n"
        "rooms = ('read', 'harmonise', 'audit')\n"
        "for room in rooms: importlib.import_module('survey_stats.' + room)\n"
        "assert all(callable(getattr(ss, room)) for room in rooms)\n"
        "from survey_stats.read import Delivery\n"
        "assert ss.Delivery is Delivery"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'shares'"):
        _ = ss.shares  # type: ignore[attr-defined]


def test_importing_loads_no_heavy_library() -> None:
    code = (
        "import sys, survey_stats\n"
        "heavy = {'matplotlib', 'seaborn', 'statsmodels', 'scipy', 'great_tables', 'pydantic'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_the_version_is_said_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == ss.__version__
    for file in (ROOT / "survey_stats" / "cli").glob("*.py"):
        assert f'"{ss.__version__}"' not in file.read_text(encoding="utf-8")


def test_shipped_files_are_found_and_a_wrong_name_says_so() -> None:
    assert data_path("published", "claims.csv").is_file()
    assert reports_path("appendix.qmd").is_file()
    with pytest.raises(InputError, match=r"nothing\.csv"):
        data_path("nothing.csv")


def test_all_named_errors_share_one_base() -> None:
    from survey_stats import errors

    named = [v for k, v in vars(errors).items() if k.endswith("Error")]
    assert len(named) >= 6
    assert all(issubclass(e, SurveyStatsError) for e in named)


def test_constraints_pin_exactly_and_name_no_host() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").split("\n")
    pins = [line for line in lines if line and not line.startswith("#")]
    assert len(pins) > 50
    assert all("==" in pin and "//" not in pin for pin in pins)


def test_every_requirement_is_pinned_to_a_version_that_it_allows() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {canonicalize_name(n): v for n, v in (line.split("==") for line in lines if line)}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = chain.from_iterable(project["optional-dependencies"].values())
    asked = [Requirement(text) for text in (*project["dependencies"], *extras)]
    others = [r for r in asked if r.name != project["name"]]
    loose = [str(r) for r in others if pins.get(canonicalize_name(r.name), "") not in r.specifier]
    assert loose == [], "pin them in constraints.txt"


def test_a_room_imports_only_from_rooms_above_it() -> None:
    design = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    order = re.findall(r"^  ([a-z]+)/ ", design, flags=re.M)
    package = ROOT / "survey_stats"
    rooms = {folder.parent.name for folder in package.glob("*/__init__.py")} - {"drawing"}
    assert rooms == set(order), "every room has a line in the list of docs/design.md"
    for place, room in enumerate(order):
        for file in sorted((package / room).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            for below in order[place + 1 :]:
                # a method may hand over to the room below it, as Harmonised.survey() does
                top = [line for line in text.splitlines() if not line.startswith(" ")]
                assert not any(f"survey_stats.{below}" in line for line in top), (file, below)
