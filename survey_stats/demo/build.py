"""The demo deliveries of the three surveys."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from survey_stats.demo.answers import Answers, answer_all
from survey_stats.demo.encode import encode
from survey_stats.demo.files import write
from survey_stats.demo.population import SEED
from survey_stats.demo.pupils import pupils
from survey_stats.demo.residents import residents
from survey_stats.demo.targets import Target, read_targets
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.harmonise import Codebook
from survey_stats.resources import own_data

Progress = Callable[[str, int, int], None]

_STEMS = {
    "city_safety": "SDO_trygghet",
    "regional_safety": "Trygghetsundersokning_region",
    "school_survey": "Stockholmsenkaten",
}
_FORMATS = {"city_safety": ".sav", "regional_safety": ".csv", "school_survey": ".sav"}
# the latest wave of the school survey comes as a workbook
_WORKBOOKS = {("school_survey", 2024)}


def file_name(survey: str, year: int) -> str:
    """The name of a demo delivery.

    >>> file_name("city_safety", 2023)
    'SDO_trygghet_2023_SYNTETISK.sav'
    """
    ending = ".xlsx" if (survey, year) in _WORKBOOKS else _FORMATS[survey]
    return f"{_STEMS[survey]}_{year}_SYNTETISK{ending}"


def build(
    out: str | Path,
    progress: Progress | None = None,
    surveys: Iterable[str] | None = None,
    targets: Iterable[Target] | None = None,
) -> list[Path]:
    """Write the synthetic deliveries of every wave of the shipped codebooks; the same in every run.

    The package's weighted estimator on the harmonised deliveries returns every share of
    `data/published/survey_shares.csv` to the printed digit, and keeps the bounds.

    Args:
        out: the folder, made if it is not there; files of the same names are replaced.
        progress: called as progress(what, done, total) after each file.
        surveys: the codebooks to build for; all three when None.
        targets: other shares to return than the published ones.

    Returns:
        The files, by survey and year.

    Raises:
        InputError: the shares contradict each other, `out` is a file, or the codebooks in use are
            not the shipped ones.
        UnknownNameError: there is no such survey, or a share is of an area or question that the
            survey does not have.
    """
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; give a folder for the demo deliveries")
    if own_data() is not None:
        raise InputError("The demo is of the shipped surveys only; leave out --data")
    names = list(surveys) if surveys is not None else Codebook.names()
    for name in names:
        if name not in _STEMS:
            raise UnknownNameError("demo survey", name, _STEMS)
    tell = progress or _silent
    books = [Codebook.load(name) for name in names]
    published = list(targets) if targets is not None else read_targets()
    total = sum(len(book.waves) for book in books)
    # everything is drawn before anything is written, so an error leaves no files behind
    drawn: list[tuple[Codebook, pd.DataFrame, Answers]] = []
    for book in books:
        tell(f"answers to {book.survey}", 0, total)
        wanted = [t for t in published if t.survey == book.survey]
        _check_questions(book, wanted)
        people = pupils(book) if book.survey == "school_survey" else residents(book)
        drawn.append((book, people, answer_all(book, people, wanted)))
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for book, people, answers in drawn:
        for year in book.waves:
            coded = encode(book, year, people, answers, SEED + zlib.crc32(book.survey.encode()))
            written.append(write(coded, folder / file_name(book.survey, year)))
            tell(written[-1].name, len(written), total)
    return written


def _silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def _check_questions(book: Codebook, targets: list[Target]) -> None:
    for target in targets:
        known = [q for y in target.years if y in book.waves for q in book.columns(y)]
        if target.question not in known:
            raise UnknownNameError("question", target.question, sorted(set(known)), str(target))
