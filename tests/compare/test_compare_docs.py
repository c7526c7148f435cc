"""The worked examples of docs/counts.md and docs/planning.md give what they print."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def run(name: str, text: str) -> tuple[int, str]:
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    test = doctest.DocTestParser().get_doctest(text, {}, name, name, 0)
    runner.run(test, out=told.append)
    assert len(test.examples) >= 8
    return runner.failures, "".join(told)


def test_counts() -> None:
    failures, told = run("counts.md", (DOCS / "counts.md").read_text(encoding="utf-8"))
    assert failures == 0, told


def test_planning(demo_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (DOCS / "planning.md").read_text(encoding="utf-8")
    assert "build/deliveries" in text
    text = text.replace("build/deliveries", demo_dir.as_posix())
    failures, told = run("planning.md", text)
    assert failures == 0, told
