"""Codes to answers, on whole columns: every distinct code is looked up once.

An array of answers holds positions in a tuple of names; -1 is missing, and a second array then
holds the position of the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.harmonise.codes import by_spelling, code_key, plain
from survey_stats.harmonise.reasons import REASONS

Ints = npt.NDArray[np.int16]
REASON_NAMES = tuple(REASONS)
_REASON_AT = {name: i for i, name in enumerate(REASON_NAMES)}
YOUNGEST, OLDEST = 16, 120
# codes of two digits that stand for a missing age, and the ages that they are held against
_MISSING_AGES, _YOUNGER = (97, 98, 99), (94, 95, 96)
_HEAP, _TIMES = 5, 3
_AGE_STARTS = {16: "16-19", 20: "20-29", 30: "30-44", 45: "45-64", 65: "65-79", 80: "80+"}


@dataclass(frozen=True)
class Told:
    """What one distinct code stands for: an answer, or a reason for a missing one, or neither.

    `fault` says why a code has neither: `unknown`, or `declared` where the delivery calls missing
    what the codebook calls an answer.
    """

    code: Any
    label: str
    answer: str | None
    reason: str | None
    n: int
    first_row: int
    fault: str | None = None


@dataclass(frozen=True)
class Answers:
    """One harmonised column: positions in `names` (-1 missing), positions of reasons, and how.

    `delivered` holds the position in `told` of each respondent's code; None where the column was
    not read from one variable.
    """

    names: tuple[str, ...]
    answer: Ints
    reason: Ints
    told: tuple[Told, ...] = ()
    delivered: npt.NDArray[np.int32] | None = None

    def counts_missing(self) -> dict[str, int]:
        """reason -> number of respondents."""
        counts = np.bincount(self.reason[self.reason >= 0], minlength=len(REASON_NAMES))
        return {REASON_NAMES[i]: int(n) for i, n in enumerate(counts) if n}

    def text(self) -> npt.NDArray[Any]:
        """The answers as an object array, None where missing."""
        return np.array([*self.names, None], dtype=object)[self.answer]

    def counts_told(self) -> Iterator[tuple[Told, str | None, int]]:
        """Each delivered code, the reason it stands for and how often; a blank may have several."""
        if self.delivered is None:
            return
        n = len(REASON_NAMES) + 1
        pairs = np.bincount(self.delivered * n + self.reason + 1, minlength=n * len(self.told))
        for at in np.flatnonzero(pairs):
            code, reason = divmod(int(at), n)
            yield self.told[code], REASON_NAMES[reason - 1] if reason else None, int(pairs[at])

    def answer_at(self, row: int) -> str | None:
        """The answer of one respondent."""
        at = int(self.answer[row])
        return None if at < 0 else self.names[at]

    def reason_at(self, row: int) -> str | None:
        """Why the answer of one respondent is missing."""
        at = int(self.reason[row])
        return None if at < 0 else REASON_NAMES[at]

    def told_at(self, row: int) -> Told | None:
        """The delivered code of one respondent; None where the column is no variable's."""
        return None if self.delivered is None else self.told[int(self.delivered[row])]


def recode(
    values: pd.Series[Any],
    tell: Callable[[Any, str], tuple[str | None, str | None]],
    declared_missing: Callable[[Any], bool],
    labels: Mapping[Any, str],
    blank: str,
) -> Answers:
    """Tell each code of a column by `tell(value, key)`, which gives (answer, reason).

    A code that `tell` does not know (neither answer nor reason) is missing by the delivery's own
    declaration where there is one; else it is a fault, kept in `Answers.told`.
    """
    codes, uniques = pd.factorize(values)
    counts = np.bincount(codes[codes >= 0], minlength=len(uniques))
    first = _first_rows(codes, len(uniques))
    told: list[Told] = []
    words = by_spelling(labels)
    for i, value in enumerate(uniques):
        key = code_key(value)
        answer, reason = (None, blank) if key == "" else tell(value, key)
        fault = None
        if declared_missing(value):
            if answer is not None:
                fault = "declared"
            elif reason is None:
                reason = "declared_missing"
        elif answer is None and reason is None:
            fault = "unknown"
        label = words.get(key, "")
        told.append(Told(plain(value), label, answer, reason, int(counts[i]), int(first[i]), fault))
    n_blank = int((codes < 0).sum())
    if n_blank:
        told.append(Told("", "", None, blank, n_blank, int((codes < 0).argmax()) + 1))
    names = tuple(dict.fromkeys(t.answer for t in told if t.answer is not None))
    at = {name: i for i, name in enumerate(names)}
    answer_of = [at[t.answer] if t.answer is not None else -1 for t in told[: len(uniques)]]
    reason_of = [_REASON_AT[t.reason] if t.reason else -1 for t in told[: len(uniques)]]
    return Answers(
        names,
        np.array([*answer_of, -1], dtype=np.int16)[codes],
        np.array([*reason_of, _REASON_AT[blank]], dtype=np.int16)[codes],
        tuple(told),
        np.where(codes < 0, len(uniques), codes).astype(np.int32),
    )


def constant(answer: str, n: int) -> Answers:
    """A column in which everybody has the same answer."""
    return Answers((answer,), np.zeros(n, np.int16), np.full(n, -1, np.int16))


def not_asked(n: int, reason: str = "not_asked") -> Answers:
    """A column in which everybody is missing."""
    return Answers((), np.full(n, -1, np.int16), np.full(n, _REASON_AT[reason], np.int16))


def by_codes(
    codes: Mapping[str, str], missing: Mapping[str, str]
) -> Callable[[Any, str], tuple[str | None, str | None]]:
    """Tell by a map code -> answer and a map code -> reason, both by `code_key`."""
    return lambda _, key: (codes.get(key), None if key in codes else missing.get(key))


def by_age(
    missing: Mapping[str, str],
) -> Callable[[Any, str], tuple[str | None, str | None]]:
    """Tell an age in years by its age group; ages under 16 or over 120 are unknown."""

    def tell(_: Any, key: str) -> tuple[str | None, str | None]:
        if key in missing:
            return None, missing[key]
        return age_group(key), None

    return tell


def age_group(age: str) -> str | None:
    """The age group of an age in years; None where there is none.

    >>> age_group("16"), age_group("79.5"), age_group("80"), age_group("15"), age_group("x")
    ('16-19', '65-79', '80+', None, None)
    """
    try:
        years = float(age)
    except ValueError:
        return None
    if not YOUNGEST <= years <= OLDEST:
        return None
    return _AGE_STARTS[max(start for start in _AGE_STARTS if start <= years)]


def born(code: object, wave: int) -> bool:
    """Whether a code that stands for an age is rather the year of birth of somebody who was asked.

    >>> born(1993.0, 2023), born("1958", 2023), born(130, 2023), born("x", 2023)
    (True, True, False, False)
    """
    try:
        year = float(str(code))
    except ValueError:
        return False
    return YOUNGEST <= wave - year <= OLDEST


def heaped_ages(told: Sequence[Told]) -> set[int]:
    """Codes told as ages that cannot be: 97, 98 or 99 with more people than ages a little below.

    >>> ages = [Told(a, "", "80+", None, n, 1) for a, n in ((94, 3), (95, 2), (96, 1), (99, 40))]
    >>> heaped_ages(ages)
    {99}
    """
    counts = {t.code: t.n for t in told if t.answer is not None}
    most = max(counts.get(age, 0) for age in _YOUNGER)
    return {
        code
        for code in _MISSING_AGES
        if counts.get(code, 0) >= _HEAP and counts[code] > _TIMES * most
    }


def relabel(source: Answers, walk: Mapping[str, str | None], reason: str) -> Answers:
    """The same column told in other names; a name that `walk` maps to None is missing."""
    told = [walk[name] for name in source.names]
    names = tuple(dict.fromkeys(t for t in told if t is not None))
    at = {name: i for i, name in enumerate(names)}
    lookup = np.array([*(at[t] if t is not None else -1 for t in told), -1], dtype=np.int16)
    answer = lookup[source.answer]
    lost = (answer < 0) & (source.answer >= 0)
    return Answers(names, answer, np.where(lost, _REASON_AT[reason], source.reason))


def other_reason(source: Answers, rows: npt.NDArray[np.bool_], old: str, new: str) -> Answers:
    """The same column with the reason `old` told as `new` in some rows."""
    hit = rows & (source.reason == _REASON_AT[old])
    reason = np.where(hit, _REASON_AT[new], source.reason).astype(np.int16)
    return Answers(source.names, source.answer, reason, source.told, source.delivered)


def code_question(
    answers: Answers, positive: Sequence[str], negative: Sequence[str], missing: Mapping[str, str]
) -> Answers:
    """Yes or no by a coding: names are ("no", "yes")."""
    yes_no = {**dict.fromkeys(negative, 0), **dict.fromkeys(positive, 1)}
    lookup = np.array([*(yes_no.get(n, -1) for n in answers.names), -1], dtype=np.int16)
    reasons = [_REASON_AT[missing[n]] if n in missing else -1 for n in answers.names]
    added = np.array([*reasons, -1], dtype=np.int16)[answers.answer]
    return Answers(
        ("no", "yes"), lookup[answers.answer], np.where(added >= 0, added, answers.reason)
    )


def any_of(parts: Sequence[Answers], rule: str) -> Answers:
    """Yes when any part is yes.

    `all_answered`: no only where every part is no. `any_answered`: no where some part is no and
    none is yes. Where all parts are missing the reason is the first part's, else `part_missing`.

    Args:
        parts: columns with the names "yes" and "no".
        rule: `all_answered` or `any_answered`.
    """
    yes = np.stack([p.answer == _at(p, "yes") for p in parts]).any(axis=0)
    no = np.stack([p.answer == _at(p, "no") for p in parts])
    is_no = ~yes & (no.all(axis=0) if rule == "all_answered" else no.any(axis=0))
    answer = np.where(yes, 1, np.where(is_no, 0, -1)).astype(np.int16)
    nothing = np.stack([p.answer < 0 for p in parts]).all(axis=0)
    reason = np.where(nothing, parts[0].reason, _REASON_AT["part_missing"])
    return Answers(("no", "yes"), answer, np.where(answer < 0, reason, -1).astype(np.int16))


def to_boolean(answers: Answers) -> pd.arrays.BooleanArray:
    """A ("no", "yes") column as pandas' nullable boolean."""
    return pd.arrays.BooleanArray(answers.answer == 1, answers.answer < 0)


def _at(answers: Answers, name: str) -> int:
    return answers.names.index(name) if name in answers.names else -2


def _first_rows(codes: npt.NDArray[np.intp], n: int) -> npt.NDArray[np.intp]:
    first = np.zeros(n, dtype=np.intp)
    # from the last row to the first, so that the first one stays
    rows = np.arange(len(codes), 0, -1)
    backwards = codes[::-1]
    seen = backwards >= 0
    first[backwards[seen]] = rows[seen]
    return first
