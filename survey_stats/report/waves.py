"""The deliveries of an appendix: found in a folder, told in one vocabulary, kept for next time."""

from __future__ import annotations

import functools
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from survey_stats.errors import InputError
from survey_stats.estimate import Survey
from survey_stats.harmonise import Codebook, Harmonised, harmonise
from survey_stats.harmonise.waves import fitting_codebook
from survey_stats.read import ENDINGS
from survey_stats.report.answers import with_all_answers
from survey_stats.report.cache import cache_folder, code_key, demo_key, fingerprint, write_whole
from survey_stats.report.plan import SURVEYS
from survey_stats.resources import own_data

Progress = Callable[[str, int, int], None]

# an old workbook is no delivery yet: reading it says how to save it
_SUFFIXES = {*ENDINGS, ".xls"}


@dataclass(frozen=True)
class Wave:
    """One wave of one survey, ready for estimation.

    Attributes:
        survey: code name of the survey.
        year: the wave.
        frame: the harmonised frame (see docs/design.md), with all answers of graded questions
            (`answers.with_all_answers`).
        codings: question -> coding in use, where there are several.
        file: the name of the delivered file.
        sha256: the hash of the delivered file.
        synthetic: whether the file says that it is made up.
    """

    survey: str
    year: int
    frame: pd.DataFrame
    codings: dict[str, str]
    file: str
    sha256: str
    synthetic: bool

    @property
    def book(self) -> Codebook:
        """The codebook of the survey."""
        return codebook(self.survey)

    def design(self, frame: pd.DataFrame | None = None) -> Survey:
        """The wave with its sampling design; `frame` may bring more columns for the same rows."""
        wave = self.book.wave(self.year)
        return Survey(
            self.frame if frame is None else frame,
            weights="weight",
            strata="stratum" if wave.stratum else None,
            clusters="psu" if wave.psu else None,
            name=self.survey,
            wave=self.year,
        )


@functools.cache
def codebook(survey: str) -> Codebook:
    """A shipped codebook, read once."""
    return Codebook.load(survey)


def demo_folder(progress: Progress | None = None) -> Path:
    """The folder of the synthetic deliveries, built where they are not there yet.

    Raises:
        InputError: the codebooks in use are not the shipped ones, which the demo is of.
    """
    if own_data() is not None:
        raise InputError(
            "Say which deliveries the document is made from (--deliveries FOLDER); the demo is of "
            "the shipped surveys only"
        )
    folder = cache_folder() / f"demo-{demo_key()}"
    if (folder / "complete").is_file():
        return folder
    from survey_stats.demo import build

    # built beside it and renamed when whole: two processes may do it at once
    scratch = folder.with_name(f".{folder.name}-{os.getpid()}")
    try:
        build(scratch, progress=progress)
        (scratch / "complete").write_text("", encoding="utf-8")
        if not (folder / "complete").is_file():
            shutil.rmtree(folder, ignore_errors=True)
            scratch.rename(folder)
        _forget_old_demos(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _forget_old_demos(current: Path) -> None:
    """Demos of earlier code take room; one that was made today may be in use elsewhere."""
    for other in current.parent.glob("demo-*"):
        if other != current and time.time() - other.stat().st_mtime > 24 * 3600:
            shutil.rmtree(other, ignore_errors=True)


def load_waves(folder: Path, last: int, progress: Progress | None = None) -> list[Wave]:
    """Every delivery of a folder up to a year, harmonised; by survey and year.

    Args:
        folder: holds the delivered files; other files are passed over.
        last: later waves are left out.
        progress: called as progress(file, done, total).

    Raises:
        InputError: the folder holds no delivery, no wave up to `last`, or the same wave twice.
        CodebookError: a file fits no codebook, or has a code that its codebook does not know.
    """
    files = delivered(folder)
    waves: list[Wave] = []
    for i, file in enumerate(files):
        waves.append(_cached(file))
        if progress is not None:
            progress(file.name, i + 1, len(files))
    seen: dict[tuple[str, int], str] = {}
    for wave in waves:
        other = seen.setdefault((wave.survey, wave.year), wave.file)
        if other != wave.file:
            raise InputError(
                f"{folder}: {other} and {wave.file} are both {wave.survey} {wave.year}; keep one"
            )
    kept = [w for w in waves if w.year <= last]
    if not kept:
        years = ", ".join(str(y) for y in sorted({w.year for w in waves}))
        raise InputError(f"There are no survey data up to {last}; there are the waves {years}")
    return sorted(kept, key=lambda w: (SURVEYS.index(w.survey), w.year))


def delivered(folder: Path) -> list[Path]:
    """The files of a folder that can be deliveries.

    Raises:
        InputError: there are none.
    """
    files = sorted(p for p in folder.iterdir() if p.suffix.lower() in _SUFFIXES and p.is_file())
    if not files:
        raise InputError(
            f"The folder {folder} holds no delivery; put the delivered files "
            f"({', '.join(ENDINGS)}) there"
        )
    return files


def told(path: Path) -> Harmonised:
    """A delivery in the vocabulary of the codebook whose variables it has.

    Raises:
        CodebookError: it fits none, or has a code that its codebook does not know.
    """
    return harmonise(path, fitting_codebook(path, [codebook(survey) for survey in SURVEYS]))


def _cached(file: Path) -> Wave:
    key = fingerprint(file, code_key(), *[_book(s) for s in SURVEYS])
    place = cache_folder() / "waves" / f"{file.stem}-{key}"
    frame_file, facts_file = place.with_suffix(".parquet"), place.with_suffix(".json")
    if frame_file.is_file() and facts_file.is_file():
        facts = json.loads(facts_file.read_text(encoding="utf-8"))
        return Wave(frame=pd.read_parquet(frame_file), **facts)
    made = told(file)
    frame = with_all_answers(made)
    facts = {
        "survey": made.codebook.survey,
        "year": made.wave,
        "codings": dict(made.codings),
        "file": made.manifest.file,
        "sha256": made.manifest.sha256,
        "synthetic": made.manifest.synthetic,
    }
    write_whole(frame_file, lambda p: frame.to_parquet(p, index=False))
    text = json.dumps(facts, ensure_ascii=False, indent=1)
    write_whole(facts_file, lambda p: p.write_text(text, encoding="utf-8"))
    return Wave(frame=frame, **facts)


def _book(survey: str) -> Path:
    from survey_stats.resources import data_path

    return data_path("codebooks", f"{survey}.yaml")
