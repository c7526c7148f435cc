"""docs/small_areas.md: its example gives what it prints, its tables are those of the CSV."""

from __future__ import annotations

import doctest
import importlib.util
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "small_areas.md").read_text(encoding="utf-8")
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def benchmark():
    path = ROOT / "benchmarks" / "small_areas.py"
    spec = importlib.util.spec_from_file_location("small_areas_benchmark", path)
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_example(demo_dir: Path) -> None:
    assert "build/deliveries" in TEXT
    text = TEXT.replace("build/deliveries", demo_dir.as_posix())
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    test = doctest.DocTestParser().get_doctest(text, {}, "small_areas.md", "small_areas.md", 0)
    runner.run(test, out=told.append)
    assert len(test.examples) >= 15
    assert runner.failures == 0, "".join(told)


def test_tables_are_those_of_the_simulation() -> None:
    frame = pd.read_csv(ROOT / "benchmarks" / "small_areas.csv")
    assert benchmark().summarise(frame) in TEXT


@pytest.mark.parametrize("way", ["adjusted", "benchmarked"])
def test_intervals_cover(way: str) -> None:
    """At least 93 % in every setting, twice the simulation error aside."""
    module = benchmark()
    frame = pd.read_csv(ROOT / "benchmarks" / "small_areas.csv")
    rows = frame[(frame["measure"] == module.COVERAGE) & (frame["way"] == way)]
    assert set(rows["setting"]) == {s.name for s in module.SETTINGS}
    assert (rows["value"] + 2 * rows["error"] >= 93).all()
    assert rows["value"].mean() > 94
    ranks = frame[frame["measure"].isin([module.RANKS, module.TOP])]
    assert (ranks["value"] + 2 * ranks["error"] >= 95).all()
