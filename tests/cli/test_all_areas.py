"""`appendix --all-areas`: what the terminal says and how it ends."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.console import Console

from survey_stats.cli import main, several
from survey_stats.report import batch
from survey_stats.report.batch import Batch, Event, Outcome, Task


def run(*argv: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main([str(a) for a in argv])
    return int(stop.value.code or 0)


def made_in(out: Path, broken: tuple[str, ...] = ()) -> object:
    """A batch that makes nothing but says so."""

    def make(wanted: list[Task], *_arguments: object, **_options: object) -> Batch:
        tell = _arguments[4]
        assert callable(tell)
        tell(Event(None, "step", "city.sav", 1, 2))
        outcomes = []
        for task in wanted:
            tell(Event(task, "started"))
            tell(Event(task, "step", "documents", 3, 18))
            error = f"{task.area} [red]has[/] no answers" if task.area in broken else ""
            tell(Event(task, "failed" if error else "made", error))
            files = () if error else (out / f"{task.area}.html", out / "audit.json")
            outcomes.append(Outcome(task, files, error))
        return Batch(tuple(outcomes))

    return make


def test_every_area_is_made_and_each_file_listed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(batch, "run", made_in(tmp_path))
    assert run("appendix", "--all-areas", "--year", 2023, "--out", tmp_path) == 0
    told = capsys.readouterr()
    areas = batch.all_areas()
    assert all(f"{a}.html" in told.out for a in areas)
    assert told.out.count("audit.json") == 1
    assert f"[{len(areas)}/{len(areas)}] {areas[-1]} 2023: done" in told.err
    assert "[0/" in told.err
    assert "preparing: city.sav" in told.err


def test_a_broken_area_is_told_at_the_end_with_status_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(batch, "run", made_in(tmp_path, ("Farsta", "Järva")))
    assert run("appendix", "--all-areas", "--year", 2023, "--out", tmp_path) == 1
    told = capsys.readouterr()
    assert "Bromma.html" in told.out
    assert "Farsta.html" not in told.out
    n = len(batch.all_areas())
    last = told.err.splitlines()[-3:]
    assert last[0] == f"{n - 2} of {n} documents made in {tmp_path}; not made:"
    # what an error says is no markup
    assert last[1:] == [
        "  Farsta 2023: Farsta [red]has[/] no answers",
        "  Järva 2023: Järva [red]has[/] no answers",
    ]


def test_a_terminal_has_a_bar_for_all_and_a_line_for_each_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Console(stderr=True, force_terminal=True, width=100)
    monkeypatch.setattr(several, "ERR", terminal)
    monkeypatch.setattr(batch, "run", made_in(tmp_path, ("Farsta",)))
    assert run("appendix", "--all-areas", "--year", 2023, "--out", tmp_path) == 1
    told = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err)
    n = len(batch.all_areas())
    assert f"{n}/{n}" in told
    assert "Farsta [red]has[/] no answers" in told


def test_an_interruption_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_arguments: object) -> Batch:
        raise KeyboardInterrupt

    monkeypatch.setattr(batch, "run", interrupted)
    assert run("appendix", "--all-areas", "--year", 2023, "--out", tmp_path) != 0
    assert "the same command makes the rest" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--year", "2023"], "either --area"),
        (["--year", "2023", "--all-areas", "--area", "Farsta"], "either --area"),
        (["--year", "2023", "--area", "Farsta", "--jobs", "2"], "--jobs belongs to"),
        (["--year", "2023", "--all-areas", "--jobs", "0"], "1 or more"),
        (["--year", "1066", "--all-areas"], "1066"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_status_2(
    tmp_path: Path, options: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("appendix", *options, "--out", tmp_path / "build") == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1
    assert not (tmp_path / "build").exists()
