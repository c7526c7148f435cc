"""From a delivery to the harmonised frame."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import (
    CodebookError,
    DesignError,
    InputError,
    UnknownNameError,
    enumerate_first,
)
from survey_stats.harmonise import recode
from survey_stats.harmonise.codebook import Codebook
from survey_stats.harmonise.codebook.schema import Constant, Wave
from survey_stats.harmonise.columns import (
    Fault,
    add_districts,
    code_questions,
    tell_items,
    text_of,
)
from survey_stats.harmonise.lineage import Lineage
from survey_stats.harmonise.places import misplaced
from survey_stats.harmonise.recode import Answers
from survey_stats.harmonise.result import Harmonised
from survey_stats.harmonise.source import Source
from survey_stats.harmonise.waves import LackingVariablesError, find_wave, lacking_variables
from survey_stats.read import Delivery

TEXT_COLUMNS = (
    "municipality",
    "district",
    "district_own_year",
    "neighbourhood",
    "place",
    "gender",
    "age_group",
    "disability",
)

# where so few keys are words and the others hold digits, the words are no keys
_HARDLY_KEYS = 0.05


def harmonise(
    delivery: Delivery | str | Path,
    codebook: Codebook | str | Path,
    wave: int | None = None,
    codings: Mapping[str, str] | None = None,
) -> Harmonised:
    """Tell a delivery in the common vocabulary of all surveys.

    Args:
        delivery: what `read` gave, or the path of a file (of which only the needed columns are
            loaded).
        codebook: `"city_safety"`, `"regional_safety"`, `"school_survey"`, or a path.
        wave: the year; found out from the delivery when None.
        codings: question -> name of a coding, for questions with several; the codebook's default
            is used for the others.

    Returns:
        Harmonised. Missing answers stay missing, with their reasons in `.missing`.

    Raises:
        CodebookError: the wave cannot be told, a variable is not there, or the delivery has a code
            that the codebook does not know.
        DesignError: a weight is missing or not positive; a stratum or PSU is missing.
        InputError: respondent keys are missing or doubled, or the file cannot be read.
        UnknownNameError: there is no such codebook, wave, question or coding.
    """
    book = Codebook.load(codebook)
    in_use = choose_codings(book, codings or {})
    source = Source(delivery)
    choice = find_wave(source, book, wave)
    needed = book.variables(choice.wave)
    columns, lacking = source.find_all(needed)
    if lacking:
        raise LackingVariablesError(choice.wave, lacking_variables(source, book, choice.wave))
    loaded = source.load(columns.values())
    if not len(loaded.frame):
        raise InputError(f"{source.file} has no respondents; ask for the file again")
    told, faults = tell_items(loaded, book, choice.wave, columns)
    if faults:
        raise CodebookError(_fault_text(faults, source.file, book, choice.wave))
    provenance = _provenance(told, book, choice.wave, columns)
    items = dict(told)
    add_districts(told, book, choice.wave, len(loaded.frame))
    _check_places(told, provenance, source.file)
    questions = code_questions(told, book, choice.wave, in_use)
    frame = _design(loaded, book, choice.wave, columns, source.file)
    n = len(frame)
    for name in TEXT_COLUMNS:
        frame[name] = text_column(told.get(name, recode.not_asked(n)).text())
    for name, answers in questions.items():
        frame[name] = recode.to_boolean(answers)
    if "school_district" in told:
        frame["school_district"] = text_column(told["school_district"].text())
    background = {name: told.get(name, recode.not_asked(n)) for name in TEXT_COLUMNS}
    if "school_district" in told:
        background["school_district"] = told["school_district"]
    asked = {k: v for k, v in in_use.items() if k in questions}
    return Harmonised(
        frame=frame,
        codebook=book,
        wave=choice.wave,
        wave_told_by=choice.told_by,
        codings=asked,
        missing=_missing({**background, **questions}),
        provenance=provenance,
        manifest=loaded.manifest,
        lineage=_lineage(items, {**background, **questions}, loaded, book, choice.wave, columns),
    )


def choose_codings(book: Codebook, wanted: Mapping[str, str]) -> dict[str, str]:
    """question -> coding in use, for the questions with several codings.

    Raises:
        UnknownNameError: a question or coding is not in the codebook.
    """
    in_use = {n: q.coding for n, q in book.questions.items() if len(q.codings) > 1}
    for name, coding in wanted.items():
        if name not in book.questions:
            raise UnknownNameError("question", name, book.questions, f"{book.survey}")
        known = book.questions[name].codings
        if coding not in known:
            raise UnknownNameError("coding", coding, known, f"{book.survey}, {name}")
        if len(known) > 1:
            in_use[name] = coding
    return in_use


def text_column(values: npt.NDArray[Any]) -> pd.Series[Any]:
    """Text with missing values, in the text type of the pandas that is installed."""
    return pd.Series(values, dtype="str" if int(pd.__version__.split(".")[0]) >= 3 else object)


def _design(
    delivery: Delivery, book: Codebook, year: int, columns: Mapping[str, str], file: str
) -> pd.DataFrame:
    wave = book.waves[year]
    frame = delivery.frame
    n = len(frame)
    respondent = np.array(text_of(frame[columns[wave.respondent]]), dtype=object)
    _check_keys(respondent, columns[wave.respondent], file)
    return pd.DataFrame(
        {
            "survey": text_column(np.full(n, book.survey, dtype=object)),
            "wave": np.full(n, year, dtype=np.int64),
            "respondent": text_column(respondent),
            "weight": _weights(frame, wave, columns, file),
            "stratum": text_column(_group(frame, wave.stratum, columns, file, "stratum", "all")),
            "psu": text_column(
                respondent
                if wave.psu is None
                else _group(frame, wave.psu, columns, file, "PSU", "")
            ),
        }
    )


def _check_keys(keys: npt.NDArray[Any], column: str, file: str) -> None:
    empty = keys == ""
    if empty.any():
        raise InputError(
            f"{file}, variable {column!r}: row {int(empty.argmax()) + 1} has no key "
            f"({_such(int(empty.sum()))}); every respondent needs one"
        )
    series = pd.Series(keys)
    doubled = series.duplicated(keep=False)
    if doubled.any():
        first = series[doubled].iloc[0]
        rows = [int(i) + 1 for i in np.flatnonzero(keys == first)]
        raise InputError(
            f"{file}, variable {column!r}: the key {first!r} is in rows {enumerate_first(rows)} "
            f"(doubled keys: {series[doubled].nunique()}); remove the doubled rows"
        )
    words = ~series.str.contains(r"\d", regex=True)
    if 0 < words.sum() <= _HARDLY_KEYS * len(series):
        row = int(words.to_numpy().argmax())
        raise InputError(
            f"{file}, variable {column!r}: the key {keys[row]!r} in row {row + 1} is a word where "
            f"the others are numbers ({_such(int(words.sum()))}); a row of totals or a note is no "
            "respondent: remove it"
        )


def _check_places(told: Mapping[str, Answers], provenance: pd.DataFrame, file: str) -> None:
    if "neighbourhood" not in told:
        return
    wrong = misplaced(told["district"], told["neighbourhood"])
    if not wrong:
        return
    names = provenance.drop_duplicates("question").set_index("question")["variable"]
    first = wrong[0]
    more = f" (and so in {len(wrong) - 1} more districts)" if len(wrong) > 1 else ""
    raise CodebookError(
        f"{file}, variables {names['district']!r} (district) and {names['neighbourhood']!r} "
        f"(neighbourhood): {first.elsewhere} of {first.n} respondents in {first.district} live in "
        f"neighbourhoods of other districts, {first.neighbourhood} in {first.its_district} for "
        f"one{more}; the codes or the labels of one of the two are wrong"
    )


def _weights(
    frame: pd.DataFrame, wave: Wave, columns: Mapping[str, str], file: str
) -> npt.NDArray[np.float64]:
    if isinstance(wave.weight, Constant):
        return np.full(len(frame), float(wave.weight.constant))
    column = columns[wave.weight]
    weights = to_float(frame[column])
    bad = ~(np.isfinite(weights) & (weights > 0))
    if bad.any():
        # one word makes the whole column text; name the word and not the first number
        words = bad & np.isnan(to_float(frame[column].astype(str).str.replace(",", ".")))
        row = int((words if words.any() else bad).argmax())
        value = frame[column].iloc[row]
        shown = "missing" if pd.isna(value) else f"{value}"
        raise DesignError(
            f"{file}, variable {column!r}: the weight in row {row + 1} is {shown} "
            f"({_such(int((words if words.any() else bad).sum()))}); "
            "weights must be positive numbers"
        )
    return weights


def to_float(values: pd.Series[Any]) -> npt.NDArray[np.float64]:
    """A column as floats; what is no number is nan."""
    return np.asarray(pd.to_numeric(values, errors="coerce"), dtype=np.float64)


def _group(
    frame: pd.DataFrame,
    variable: str | None,
    columns: Mapping[str, str],
    file: str,
    what: str,
    everybody: str,
) -> npt.NDArray[Any]:
    if variable is None:
        return np.full(len(frame), everybody, dtype=object)
    column = columns[variable]
    codes, uniques = pd.factorize(frame[column])
    names = np.array([*text_of(uniques), ""], dtype=object)[codes]
    empty = names == ""
    if empty.any():
        raise DesignError(
            f"{file}, variable {column!r}: row {int(empty.argmax()) + 1} has no {what} "
            f"({_such(int(empty.sum()))}); every respondent needs one"
        )
    return names


def _fault_text(faults: list[Fault], file: str, book: Codebook, wave: int) -> str:
    fault = faults[0]
    if fault.kind == "variable":
        return (
            f"{file}, variable {fault.variable!r} ({fault.name}), labelled {fault.label!r}: "
            f"{fault.hint}"
        )
    shown = str(fault.code) if isinstance(fault.code, datetime.date) else repr(fault.code)
    label = f" ({fault.label!r})" if fault.label else ""
    more = f" (and {len(faults) - 1} more such codes)" if len(faults) > 1 else ""
    return (
        f"{file}, variable {fault.variable!r} ({fault.name}): the code {shown}{label}, "
        f"{_times(fault.n)} (first in row {fault.first_row}), does not fit the codebook "
        f"{book.survey} {wave}: {fault.hint}{more}"
    )


def _such(n: int) -> str:
    return f"{n} such row{'' if n == 1 else 's'}"


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n} times"


def _missing(columns: Mapping[str, Answers]) -> pd.DataFrame:
    rows = [
        (name, reason, n)
        for name, answers in columns.items()
        for reason, n in answers.counts_missing().items()
    ]
    return pd.DataFrame(rows, columns=["question", "reason", "n"])


def _lineage(
    items: Mapping[str, Answers],
    coded: Mapping[str, Answers],
    delivery: Delivery,
    book: Codebook,
    year: int,
    columns: Mapping[str, str],
) -> Lineage:
    wave = book.waves[year]
    design = {"respondent": wave.respondent, "stratum": wave.stratum, "psu": wave.psu}
    if isinstance(wave.weight, str):
        design["weight"] = wave.weight
    told_by = {name: columns[v] for name, v in design.items() if v is not None}
    told_by |= {name: columns[i.variable] for name, i in book.items(year) if i.variable}
    return Lineage(
        items=items,
        columns=coded,
        # copies: a column of a frame of 600 keeps all of them in memory
        design={n: delivery.frame[told_by[n]].copy() for n in design if n in told_by},
        variables=told_by,
        labels={column: delivery.labels.label(column) for column in told_by.values()},
    )


def _provenance(
    told: Mapping[str, Answers], book: Codebook, wave: int, columns: Mapping[str, str]
) -> pd.DataFrame:
    variables = {name: item.variable for name, item in book.items(wave) if item.variable}
    rows = [
        (name, columns[variables[name]], t.code, t.label, t.answer, reason, n)
        for name, answers in told.items()
        for t, reason, n in answers.counts_told()
    ]
    names = ["question", "variable", "code", "label", "answer", "reason", "n"]
    return pd.DataFrame(rows, columns=names)
