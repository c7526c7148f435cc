"""Documents that are made in no time, for the tests of batches; worker processes import this."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from survey_stats.errors import InputError
from survey_stats.report.cache import write_whole
from survey_stats.report.claim import MAKING, claim

Progress = Callable[[str, int, int], None]
SLOW = "SLOW_SECONDS"


def _note(out: str, text: str) -> None:
    with (Path(out).parent / "log.txt").open("a") as log:
        log.write(f"{text}\n")


def make(
    area: str,
    year: int,
    out: str,
    lang: str,
    deliveries: str | None,
    engine: str,
    progress: Progress,
) -> list[Path]:
    """Write a file of many lines, unless it is there."""
    with claim(out) as folder:
        target = folder / f"{area}-{year}-{lang}.txt"
        if target.is_file():
            return [target]
        _note(out, f"begun {area} {os.getpid()}")
        with tempfile.TemporaryDirectory(dir=folder, prefix=MAKING) as scratch:
            half = Path(scratch) / target.name
            with half.open("w") as file:
                for i in range(10):
                    progress(f"line {i}", i, 10)
                    file.write(f"{area} {i}\n")
                    file.flush()
                    time.sleep(float(os.environ.get(SLOW, "0")) / 10)
            half.replace(target)
        return [target]


def broken(area: str, out: str, progress: Progress, **_more: object) -> list[Path]:
    """Refuse one area, fail by a defect in another, be killed in a third."""
    print("what a library prints is nobody's business")
    if area == "Farsta":
        raise InputError("Farsta has no answers; ask for them")
    if area == "Bromma":
        raise KeyError("/home/secret/answers.sav: a free text")
    if area == "Järva":
        os.kill(os.getpid(), signal.SIGKILL)
    if area == "Skarpnäck":
        os._exit(3)
    return [write_whole(Path(out) / f"{area}.txt", lambda p: p.write_text("x"))]


def with_more(plan: str, profile: str | None, area: str, out: str, **_more: object) -> list[Path]:
    """Write what the kind of document added to the arguments."""
    return [write_whole(Path(out) / "more.txt", lambda p: p.write_text(f"{plan} {profile} {area}"))]


def prepare(year: int, deliveries: str | None, progress: Progress) -> None:
    """Say that it was called."""
    progress("reading", 1, 1)
    _note(os.environ["BATCH_LOG"], f"prepared {year}")


def prepare_badly(year: int, deliveries: str | None, progress: Progress) -> None:
    """There is nothing."""
    raise InputError(f"There is nothing of {year}; look elsewhere")
