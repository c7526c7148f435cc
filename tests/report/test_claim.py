"""One run at a time in a folder, and nothing left of runs that were killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from survey_stats.errors import InputError
from survey_stats.report.claim import MAKING, claim

_HOLD = """
import sys, time
from survey_stats.report.claim import claim
with claim(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""

_WORK = """
import sys, time
from survey_stats.report.claim import share
with share(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder: Path, code: str = _HOLD) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_run_is_told_who_writes(tmp_path: Path) -> None:
    first = holder(tmp_path / "build")
    try:
        with pytest.raises(InputError, match="Another run") as told, claim(tmp_path / "build"):
            pass
        assert f"process {first.pid} on " in str(told.value)
        assert "wait until it has ended" in str(told.value)
        with claim(tmp_path / "other"):
            pass
    finally:
        first.kill()
        first.wait()


def test_the_claim_of_a_killed_run_is_no_claim_and_its_half_files_go(tmp_path: Path) -> None:
    first = holder(tmp_path)
    half = tmp_path / f"{MAKING}abc"
    half.mkdir()
    (half / "appendix.html").write_text("half")
    (tmp_path / "deliveries").mkdir()
    for scratch in (tmp_path / ".state" / ".77-x.json", tmp_path / "deliveries" / ".77-a.sav"):
        scratch.write_text("half")
    whole = tmp_path / "appendix.html"
    whole.write_text("whole")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert (tmp_path / ".state" / "run.json").is_file()
    with claim(tmp_path):
        assert {p.name for p in tmp_path.iterdir()} == {whole.name, "deliveries", ".state"}
        assert not list((tmp_path / "deliveries").iterdir())
    assert {p.name for p in (tmp_path / ".state").iterdir()} == {"lock"}
    assert whole.read_text() == "whole"


def test_a_run_waits_for_a_worker_that_outlives_its_parent(tmp_path: Path) -> None:
    worker = holder(tmp_path, _WORK)
    assert worker.stdin is not None
    got = threading.Event()

    def second() -> None:
        with claim(tmp_path):
            got.set()

    thread = threading.Thread(target=second)
    thread.start()
    assert not got.wait(0.5)
    worker.stdin.close()
    assert got.wait(20)
    thread.join()
    worker.wait()


def test_a_worker_that_does_not_end_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("survey_stats.report.claim._PATIENCE", 0.2)
    worker = holder(tmp_path, _WORK)
    try:
        with pytest.raises(InputError, match=rf"earlier run \({worker.pid}\)"), claim(tmp_path):
            pass
    finally:
        worker.kill()
        worker.wait()
    with claim(tmp_path):
        pass


def test_who_holds_a_folder_may_claim_it_again_and_another_thread_may_not(tmp_path: Path) -> None:
    refused: list[str] = []

    def other() -> None:
        try:
            with claim(tmp_path):
                pass
        except InputError as error:
            refused.append(str(error))

    with claim(tmp_path), claim(tmp_path / "." / "x" / ".."):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(refused) == 1
    other()
    assert len(refused) == 1


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "build").write_text("x")
    with pytest.raises(InputError, match="cannot be made"), claim(tmp_path / "build"):
        pass
