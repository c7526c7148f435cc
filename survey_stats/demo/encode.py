"""Respondents and answers written in the codes of one wave's delivery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.demo.answers import Answers
from survey_stats.demo.inverse import Code, Inverse, invert, pick
from survey_stats.errors import CodebookError
from survey_stats.harmonise import Codebook
from survey_stats.harmonise.codebook.schema import Constant, Item
from survey_stats.harmonise.reasons import reason_text

ObjectArray = npt.NDArray[np.object_]

MARK = "SYNTETISKA DATA"
MARK_COLUMN = "SYNTETISKA_DATA"

# harmonised name -> the column of the respondents that holds what the delivery tells
_SOURCES = {
    "municipality": "municipality",
    "district": "district_own_year",
    "neighbourhood": "neighbourhood",
    "place": "place",
    "school_district": "school_district",
    "gender": "seen_gender",
    "age_group": "seen_age_group",
    "disability": "seen_disability",
}
_REASONS = {"district": "district_reason"}
# SPSS holds no more single user-missing codes a variable
_MOST_MISSING_CODES = 3
_MISSING_WORDS = {"dont_know": "Vet ej", "third_gender": "Annan könstillhörighet"}
_DESIGN_LABELS = {
    "respondent": "Löpnummer",
    "year": "År",
    "weight": "Vikt",
    "stratum": "Urvalsstratum",
    "psu": "Skola",
}


@dataclass(frozen=True, eq=False)
class Coded:
    """One delivery, ready for any file format.

    Attributes:
        frame: one row a respondent, codes as delivered.
        labels: variable -> its label.
        value_labels: variable -> code -> words.
        missing: variable -> the user-missing codes that the file declares.
    """

    frame: pd.DataFrame
    labels: Mapping[str, str] = field(default_factory=dict)
    value_labels: Mapping[str, Mapping[Code, str]] = field(default_factory=dict)
    missing: Mapping[str, tuple[Code, ...]] = field(default_factory=dict)


def encode(book: Codebook, year: int, people: pd.DataFrame, answers: Answers, seed: int) -> Coded:
    """The delivery of one wave.

    Args:
        book: the codebook that is read backwards.
        year: the wave.
        people: the respondents of all waves.
        answers: their answers.
        seed: of the draws among several codes of one answer.
    """
    rng = np.random.default_rng([seed, year])
    rows = np.flatnonzero(people["wave"].to_numpy() == year)
    here = people.iloc[rows].reset_index(drop=True)
    columns: dict[str, Any] = {MARK_COLUMN: np.full(len(here), MARK, dtype=object)}
    labels = {MARK_COLUMN: "Påhittade svar, inga verkliga personer"}
    value_labels: dict[str, dict[Code, str]] = {}
    missing: dict[str, tuple[Code, ...]] = {}
    for variable, kind in _design(book, year).items():
        columns[variable] = np.full(len(here), year) if kind == "year" else here[kind].to_numpy()
        labels[variable] = _DESIGN_LABELS[kind]
    for name, item in book.items(year):
        if item.variable is None:
            continue
        inverse = invert(book, name, year)
        if name in answers.detail:
            told, reason = answers.detail[name][rows], answers.reason[name][rows]
        else:
            told, reason = here[_SOURCES[name]].to_numpy(dtype=object), _reason(here, name)
        words = dict(inverse.value_labels)
        if item.names is not None:
            codes, words = _named(book, name, item, year, told)
        elif item.years:
            codes = here["age"].to_numpy(dtype=object)
        else:
            codes = _coded(told, inverse, book, name, rng)
        codes = _with_missing(codes, told, reason, inverse, here, book)
        columns[inverse.variable] = codes
        labels[inverse.variable] = inverse.label
        declared = _declared(book, inverse, year)
        if declared:
            missing[inverse.variable] = tuple(declared)
        value_labels[inverse.variable] = words | _missing_words(inverse, codes, words, declared)
    frame = pd.DataFrame({name: _tight(values) for name, values in columns.items()})
    _extras(book, here, frame, labels)
    kept = {v: w for v, w in value_labels.items() if w}
    return Coded(frame, labels, kept, missing)


def _design(book: Codebook, year: int) -> dict[str, str]:
    """Variables of the design that are no item of their own, and what they hold."""
    wave = book.wave(year)
    items = {item.variable for _, item in book.items(year)}
    weight = None if isinstance(wave.weight, Constant) else wave.weight
    wanted = {
        "respondent": wave.respondent,
        "year": wave.year,
        "stratum": wave.stratum,
        "psu": wave.psu,
        "weight": weight,
    }
    return {v: kind for kind, v in wanted.items() if v is not None and v not in items}


def _reason(here: pd.DataFrame, name: str) -> ObjectArray:
    return here[f"{name}_reason"].to_numpy(dtype=object)


def _named(
    book: Codebook, name: str, item: Item, year: int, told: ObjectArray
) -> tuple[ObjectArray, dict[Code, str]]:
    """Names as they are, or as numbers with the name as value label where labels are read.

    The numbers are the delivery's own: another wave numbers the same names differently.
    """
    if item.read == "code":
        return told.copy(), {}
    names = sorted(str(t) for t in pd.unique(told) if not pd.isna(t))
    first = 1000 + 10 * (year % 100)
    numbers = {n: first + k for k, n in enumerate(names)}
    position, kinds = pd.factorize(told)
    codes = np.array([*(numbers[str(k)] for k in kinds), None], dtype=object)[position]
    clash = set(numbers.values()) & {
        c for codes_ in invert(book, name, year).missing.values() for c in codes_
    }
    if clash:
        raise CodebookError(
            f"{book.survey} {year}: the numbers of {name} clash with missing codes {sorted(clash)}"
        )
    return codes, {numbers[n]: n for n in names}


def _coded(
    told: ObjectArray, inverse: Inverse, book: Codebook, name: str, rng: np.random.Generator
) -> ObjectArray:
    codes = np.full(told.size, None, dtype=object)
    position, kinds = pd.factorize(told, sort=True)
    for k, answer in enumerate(kinds):
        here = np.flatnonzero(position == k)
        if answer not in inverse.answers:
            raise CodebookError(
                f"The codebook {book.survey} has no code for the answer {answer!r} of {name}; "
                "add it, or take it out of the demo"
            )
        codes[here] = pick(inverse.answers[answer], here.size, rng)
    return codes


def _with_missing(
    codes: ObjectArray,
    told: ObjectArray,
    reason: ObjectArray,
    inverse: Inverse,
    here: pd.DataFrame,
    book: Codebook,
) -> ObjectArray:
    """The codes, with a missing code (or a blank, if there is none) where nothing is told."""
    out = codes.copy()
    for why in sorted(str(r) for r in pd.unique(reason[pd.isna(told)]) if not pd.isna(r)):
        rows = np.flatnonzero(pd.isna(told) & (reason == why))
        known = inverse.missing.get(why, ())
        out[rows] = known[-1] if known else None
        if why == "outside_the_city" and known:
            _outside(out, rows, set(known), here, book)
    out[pd.isna(told) & pd.isna(reason)] = None
    return out


def _outside(
    out: ObjectArray,
    rows: npt.NDArray[np.intp],
    known: set[Code],
    here: pd.DataFrame,
    book: Codebook,
) -> None:
    """Who lives outside the city is told by the municipality's own code where there is one."""
    year = int(here["wave"].iloc[0])
    towns = invert(book, "municipality", year).answers
    for row in rows:
        code = next(iter(towns.get(here["municipality"].iloc[row], ())), None)
        if code in known:
            out[row] = code


def _declared(book: Codebook, inverse: Inverse, year: int) -> list[int | float]:
    """The wave's user-missing codes, as far as they mean nothing else in this variable."""
    everywhere = {c for c in book.wave(year).missing if not isinstance(c, str)}
    own = [c for codes in inverse.missing.values() for c in codes if not isinstance(c, str)]
    return sorted(c for c in own if c in everywhere)[:_MOST_MISSING_CODES]


def _missing_words(
    inverse: Inverse, codes: ObjectArray, words: Mapping[Code, str], declared: list[int | float]
) -> dict[Code, str]:
    """Value labels of the missing codes that the file declares or uses."""
    used = {*pd.unique(codes), *declared}
    return {
        code: _MISSING_WORDS.get(reason, reason_text(reason).capitalize())
        for reason, known in inverse.missing.items()
        for code in known
        if code in used and code not in words
    }


def _tight(values: Any) -> pd.Series[Any]:
    """A column of integers, floats (with blanks) or text (blank as None)."""
    series = pd.Series(values)
    if pd.api.types.is_numeric_dtype(series):
        return series
    if pd.api.types.infer_dtype(series, skipna=True) == "integer":
        return series.astype("float64" if series.isna().any() else "int64")
    return series.astype(object).where(series.notna(), None)


def _extras(
    book: Codebook, here: pd.DataFrame, frame: pd.DataFrame, labels: dict[str, str]
) -> None:
    """Columns that a real school delivery has and that the codebook does not need."""
    if book.survey == "school_survey":
        frame["Skolnamn"] = here["name"].astype(object)
        labels["Skolnamn"] = "Skolans namn (påhittat)"
