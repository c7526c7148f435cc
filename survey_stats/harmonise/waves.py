"""Which wave a delivery is: its variables, its year, its notes, or at last its file name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from survey_stats.errors import CodebookError
from survey_stats.harmonise.codebook import Codebook
from survey_stats.harmonise.codes import code_key
from survey_stats.harmonise.source import Source, candidates
from survey_stats.read import Delivery

# a delivery with so few of a wave's variables is of another survey
_RECOGNISED = 0.5
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


class LackingVariablesError(CodebookError):
    """Variables that the wave needs are not in the delivery."""

    def __init__(self, wave: int, text: str) -> None:
        super().__init__(text)
        self.wave = wave


@dataclass(frozen=True)
class WaveChoice:
    """The wave and what told it."""

    wave: int
    told_by: str


def find_wave(source: Source, book: Codebook, wave: int | None = None) -> WaveChoice:
    """The wave of a delivery.

    A given `wave` is believed, unless the delivery's own year contradicts it. Else the waves whose
    variables are all there are weighed by the delivery's year variable, then the years in its
    notes, and at last the year in its file name.

    Raises:
        UnknownNameError: the codebook has no such wave.
        CodebookError: no wave fits, several do, or the delivery's year contradicts.
    """
    told = _told_years(source, book)
    if wave is not None:
        book.wave(wave)
        _agree(told, wave, source, book)
        return WaveChoice(wave, "given")
    fitting = [w for w in book.waves if not source.find_all(book.variables(w))[1]]
    if len(told) == 1 and (year := next(iter(told))) in book.waves:
        if year in fitting:
            _agree_with_name(source, year, told[year], fitting)
            return WaveChoice(year, f"the variable {told[year]}")
        raise LackingVariablesError(year, lacking_variables(source, book, year))
    near = closest(source, book)
    variables = book.variables(near)
    # a year says nothing of a delivery of another survey
    if told and len(source.find_all(variables)[0]) >= _RECOGNISED * len(variables):
        _agree(told, None, source, book)
    if not fitting:
        raise LackingVariablesError(near, lacking_variables(source, book, near, nearest_wave=True))
    if len(fitting) == 1:
        return WaveChoice(fitting[0], "its variables")
    for place, years in _said_years(source, fitting).items():
        if len(years) == 1:
            return WaveChoice(years.pop(), place)
    if not len(source.load(year_columns(source, book)).frame):
        raise CodebookError(f"{source.file} has no respondents; ask for the file again")
    raise CodebookError(
        f"{source.file} could be the wave of {' or '.join(map(str, fitting))} of {book.survey}; "
        "give wave="
    )


def _said_years(source: Source, waves: Iterable[int]) -> dict[str, set[int]]:
    """The waves whose years the notes and the file name tell."""
    places = {"its notes": source.notes, "its file name": (source.file,)}
    return {
        place: {int(y) for text in texts for y in _YEAR.findall(text)} & set(waves)
        for place, texts in places.items()
    }


def _agree_with_name(source: Source, year: int, variable: str, fitting: list[int]) -> None:
    """Where the variables fit several waves, the year is all there is; two must not be told."""
    for place, years in _said_years(source, fitting).items():
        if years and year not in years:
            raise CodebookError(
                f"{source.file}: the variable {variable} says {year}, and {place} "
                f"{' and '.join(map(str, sorted(years)))}, and the variables fit both; find out "
                "which is right and give wave="
            )


def closest(source: Source, book: Codebook) -> int:
    """The wave with the largest part of its variables in the delivery."""
    return max(book.waves, key=lambda wave: _share(source, book, wave))


def _share(source: Source, book: Codebook, wave: int) -> float:
    variables = book.variables(wave)
    return len(source.find_all(variables)[0]) / len(variables)


def fitting_codebook(
    delivery: Delivery | str | Path, books: Iterable[Codebook | str | Path]
) -> Codebook:
    """The one of several codebooks whose variables the delivery has.

    Where none has all of them it is the nearest, so that `harmonise` can tell what is lacking.

    Raises:
        CodebookError: it has all variables of two of them.
        UnknownNameError: there is no such codebook.
    """
    source = Source(delivery)
    loaded = [Codebook.load(book) for book in books]
    shares = [_share(source, book, closest(source, book)) for book in loaded]
    best = [b for b, share in zip(loaded, shares, strict=True) if share == max(shares)]
    if len(best) > 1 and max(shares) == 1:
        raise CodebookError(
            f"{source.file} fits the codebooks {' and '.join(b.survey for b in best)} alike; "
            "harmonise it by itself with one of them"
        )
    return best[0]


def _told_years(source: Source, book: Codebook) -> dict[int, str]:
    """The years in the delivery's year variable -> the variable; empty where there is none."""
    columns = {source.find(w.year) for w in book.waves.values() if w.year is not None} - {None}
    years: dict[int, str] = {}
    for column in sorted(c for c in columns if c is not None):
        values = source.load(year_columns(source, book)).frame[column]
        for value in pd.unique(values):
            key = code_key(value)
            if re.fullmatch(r"(?:19|20)\d\d", key):
                years[int(key)] = column
    return years


def year_columns(source: Source, book: Codebook) -> list[str]:
    """The columns to load in order to tell the wave: those of every wave that might fit."""
    needed: list[str] = []
    for wave in book.waves:
        found, lacking = source.find_all(book.variables(wave))
        if not lacking or wave == closest(source, book):
            needed += found.values()
    needed += [c for w in book.waves.values() if w.year and (c := source.find(w.year))]
    return list(dict.fromkeys(needed))


def _agree(told: dict[int, str], wave: int | None, source: Source, book: Codebook) -> None:
    if len(told) > 1:
        raise CodebookError(
            f"{source.file} holds several waves, {', '.join(map(str, sorted(told)))} "
            f"(variable {next(iter(told.values()))}); split it into one file a wave"
        )
    for year, variable in told.items():
        if wave is not None and year != wave:
            raise CodebookError(
                f"{source.file}: the variable {variable} says {year}, and wave={wave} was given; "
                "give the wave of the delivery"
            )
        if wave is None and year not in book.waves:
            raise CodebookError(
                f"{source.file}: the variable {variable} says {year}, and the codebook "
                f"{book.survey} has the waves {', '.join(map(str, book.waves))}; "
                "write the new wave into the codebook"
            )


def lacking_variables(source: Source, book: Codebook, wave: int, nearest_wave: bool = False) -> str:
    """The sentence on the variables of a wave that are not there, with the likeliest columns."""
    variables = book.variables(wave)
    lacking = source.find_all(variables)[1]
    told = []
    for variable in lacking[:3]:
        close = candidates(source, variable, question_text(book, variables[variable]))
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        told.append(f"{variable} ({variables[variable]}{hint})")
    more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
    start = f"{source.file} fits no wave of {book.survey}; the nearest, {wave}, needs"
    if not nearest_wave:
        start = f"{source.file}: the wave {wave} of {book.survey} needs"
    return f"{start} variables that are not there: {', '.join(told)}{more}"


def question_text(book: Codebook, purpose: str) -> str:
    """Our words for what a variable is for, to compare with the labels of a delivery."""
    if purpose in ("respondent", "weight", "stratum", "psu", "year"):
        return ""
    text = book.asked(purpose).text
    return text.sv if text else ""
