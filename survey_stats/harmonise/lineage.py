"""From one harmonised value back to the delivery: file, row, variable, code, label, reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from survey_stats.errors import UnknownNameError
from survey_stats.harmonise.codebook import Codebook
from survey_stats.harmonise.codebook.schema import Constant
from survey_stats.harmonise.codes import plain
from survey_stats.harmonise.geography import Geography
from survey_stats.harmonise.recode import Answers

if TYPE_CHECKING:
    from survey_stats.harmonise.result import Harmonised

SEPARATOR = "__"
DESIGN = ("respondent", "weight", "stratum", "psu")


@dataclass(frozen=True)
class Lineage:
    """What a harmonised frame was made from, row by row.

    Attributes:
        items: background variables, parts and questions as delivered, before districts are told
            in another cut and answers as yes or no.
        columns: the coded columns of the frame, with the reason of every missing value.
        design: `respondent`, `weight`, `stratum` and `psu` as delivered, where they are variables.
        variables: harmonised name -> column of the delivery.
        labels: column of the delivery -> its variable label.
    """

    items: Mapping[str, Answers] = field(default_factory=dict)
    columns: Mapping[str, Answers] = field(default_factory=dict)
    design: Mapping[str, pd.Series[Any]] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """One delivered value: `variable` is "" where the codebook gives everybody one value."""

    question: str
    variable: str
    variable_label: str
    code: Any
    label: str
    answer: str | None
    reason: str | None

    def __str__(self) -> str:
        told = self.answer if self.answer is not None else f"missing ({self.reason})"
        if not self.variable:
            return f"{self.question}: {told}, by the codebook"
        label = f" {self.label!r}" if self.label else ""
        code = "blank" if self.code == "" else self.code
        return f"{self.question}: {self.variable} = {code}{label} -> {told}"


@dataclass(frozen=True)
class Trace:
    """Where one harmonised value comes from.

    Attributes:
        survey, wave, respondent, column: which value.
        value: the value; None where it is missing.
        reason: why it is missing, else None.
        file, sha256, row: the delivery, and the row in it (from 1, without a line of names).
        how: what was done to the delivered answers: the coding, the rule, the cut of the map.
        parts: the delivered values that it was made from, several for a derived question.
    """

    survey: str
    wave: int
    respondent: str
    column: str
    value: Any
    reason: str | None
    file: str
    sha256: str
    row: int
    how: str
    parts: tuple[Part, ...]

    def __str__(self) -> str:
        told = f"missing ({self.reason})" if self.value is None else repr(self.value)
        lines = [
            f"{self.column} of respondent {self.respondent} in {self.survey} {self.wave}: {told}",
            f"  {self.file}, row {self.row}, sha256 {self.sha256}",
            *(f"  {part}" for part in self.parts),
            *([f"  {self.how}"] if self.how else []),
        ]
        return "\n".join(lines)

    def to_frame(self) -> pd.DataFrame:
        """One row a delivered value (one in all where there is none), the harmonised one beside."""
        same = {
            "survey": self.survey,
            "wave": self.wave,
            "respondent": self.respondent,
            "column": self.column,
            "value": self.value,
            "value_reason": self.reason,
            "file": self.file,
            "sha256": self.sha256,
            "row": self.row,
        }
        nothing = Part("", "", "", None, "", None, None)
        parts = self.parts or (nothing,)
        return pd.DataFrame([{**same, **vars(part), "how": self.how} for part in parts])


def trace(harmonised: Harmonised, respondent: object, column: str) -> Trace:
    """Where the value of `column` of one respondent comes from; see `Harmonised.trace`."""
    frame = harmonised.frame
    book, year = harmonised.codebook, harmonised.wave
    if column not in frame:
        raise UnknownNameError("column", column, frame.columns, f"{book.survey} {year}")
    row = row_of(harmonised, respondent)
    value = frame[column].iloc[row]
    answers = harmonised.lineage.columns.get(column)
    if column in DESIGN:
        parts: tuple[Part, ...] = (_design_part(harmonised, column, row),)
    else:
        sources = items_of(book, year, column)
        parts = tuple(_part(harmonised, name, row) for name in sources)
    return Trace(
        survey=book.survey,
        wave=year,
        respondent=str(frame["respondent"].iloc[row]),
        column=column,
        value=None if pd.isna(value) else plain(value),
        reason=answers.reason_at(row) if answers is not None else None,
        file=harmonised.manifest.file,
        sha256=harmonised.manifest.sha256,
        row=row + 1,
        how=how(harmonised, column),
        parts=parts,
    )


def row_of(harmonised: Harmonised, respondent: object) -> int:
    """The position of a respondent in the frame; a key of digits may be given as a number.

    Raises:
        UnknownNameError: nobody has that key.
    """
    keys = harmonised.frame["respondent"]
    hit = np.flatnonzero((keys == str(respondent)).to_numpy(dtype=bool))
    if not hit.size:
        where = f"{harmonised.codebook.survey} {harmonised.wave}"
        raise UnknownNameError("respondent", respondent, keys.iloc[:5], where)
    return int(hit[0])


def items_of(book: Codebook, wave: int, column: str) -> list[str]:
    """The codebook's items that a column is made of; none where the wave does not ask.

    >>> book = Codebook.load("city_safety")
    >>> items_of(book, 2020, "unsafe_evening__research"), items_of(book, 2020, "district_own_year")
    (['unsafe_evening'], ['district'])
    >>> len(items_of(book, 2020, "victim_any_crime"))
    6
    """
    name = "district" if column == "district_own_year" else column.partition(SEPARATOR)[0]
    question = book.questions.get(name)
    names = question.derived.any_of if question is not None and question.derived else (name,)
    asked = {item for item, _ in book.items(wave)}
    return [n for n in names if n in asked]


def how(harmonised: Harmonised, column: str) -> str:
    """What was done to the delivered answers, in one clause; "" where nothing was."""
    book, year = harmonised.codebook, harmonised.wave
    name, _, coding = column.partition(SEPARATOR)
    if column in ("district", "school_district"):
        as_of = book.waves[year].districts_as_of
        geo = Geography.load()
        return f"districts of {as_of}, told in the cut of {geo.cut}" if geo.mergers else ""
    if column == "district_own_year":
        if not Geography.load().mergers:
            return ""
        return f"districts of {book.waves[year].districts_as_of}, told in the cut of {year}"
    if column == "wave":
        return f"the wave was told by {harmonised.wave_told_by}"
    if column == "psu" and book.waves[year].psu is None:
        return "nobody is clustered: a respondent is its own PSU"
    if column == "stratum" and book.waves[year].stratum is None:
        return "the sample has no strata: all are in one"
    given = book.waves[year].weight
    if column == "weight" and isinstance(given, Constant):
        return f"everybody has {given.constant}, by the codebook"
    question = book.questions.get(name)
    if question is None:
        return ""
    if question.derived is not None:
        return f"yes when any part is yes, rule {question.derived.rule}"
    used = coding or harmonised.codings.get(name, question.coding)
    yes = ", ".join(question.codings[used].positive)
    return f"coding {used}: yes is {yes}"


def _part(harmonised: Harmonised, name: str, row: int) -> Part:
    lineage = harmonised.lineage
    answers = lineage.items[name]
    variable = lineage.variables.get(name, "")
    told = answers.told_at(row)
    return Part(
        question=name,
        variable=variable,
        variable_label=lineage.labels.get(variable, ""),
        code=told.code if told is not None else None,
        label=told.label if told is not None else "",
        answer=answers.answer_at(row),
        reason=answers.reason_at(row),
    )


def _design_part(harmonised: Harmonised, column: str, row: int) -> Part:
    lineage = harmonised.lineage
    wave = harmonised.codebook.waves[harmonised.wave]
    value = str(harmonised.frame[column].iloc[row])
    source = "respondent" if column == "psu" and wave.psu is None else column
    if source not in lineage.design:
        given = wave.weight.constant if isinstance(wave.weight, Constant) else None
        code = given if column == "weight" else None
        return Part(column, "", "", code, "", value, None)
    variable = lineage.variables[source]
    code = plain(lineage.design[source].iloc[row])
    return Part(column, variable, lineage.labels.get(variable, ""), code, "", value, None)
