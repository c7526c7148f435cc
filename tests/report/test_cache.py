"""What was computed before is found again, and never after the code that made it changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from survey_stats.report import cache


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of one file a room, and one more beside them."""
    for name in ("read/text.py", "report/rounding.py", "report/render/html.py", "demo/build.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1", encoding="utf-8")
    (tmp_path / "results.py").write_text("1", encoding="utf-8")
    monkeypatch.setattr(cache, "_PACKAGE", tmp_path)
    return tmp_path


def keys() -> dict[str, str]:
    return {
        "demo": cache.demo_key(),
        "figures": cache.code_key(),
        "documents": cache.fingerprint(*cache.makers()),
    }


@pytest.mark.parametrize(
    ("file", "concerns"),
    [
        ("read/text.py", {"demo", "figures", "documents"}),
        ("results.py", {"demo", "figures", "documents"}),
        ("report/rounding.py", {"figures", "documents"}),
        ("report/render/html.py", {"documents"}),
        ("demo/build.py", {"demo"}),
        ("a_new_room/new.py", {"demo", "figures", "documents"}),
    ],
)
def test_a_changed_or_new_file_makes_anew_what_it_concerns(
    package: Path, file: str, concerns: set[str]
) -> None:
    before = keys()
    (package / file).parent.mkdir(exist_ok=True)
    (package / file).write_text("2", encoding="utf-8")
    assert {name for name, key in keys().items() if key != before[name]} == concerns


def test_another_version_of_a_library_makes_figures_and_documents_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert {"numpy", "pandas", "typst"} <= dict(cache._libraries()).keys()
    assert "pytest" not in dict(cache._libraries())
    before = keys()
    monkeypatch.setattr(cache, "_libraries", lambda: (("pandas", "99.0"),))
    assert all(key != before[name] for name, key in keys().items())


def test_the_rooms_that_are_left_out_are_there() -> None:
    rooms = cache.rooms({*cache._SHOWING, *cache._NOT_OF_THE_DEMO})
    assert [room for room in rooms if not room.is_dir()] == []
