"""What is known of each variable of a delivery or of a codebook's wave, told for matching."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from survey_stats.errors import fold
from survey_stats.harmonise.codebook import Codebook
from survey_stats.harmonise.codes import code_key
from survey_stats.harmonise.columns import answer_words
from survey_stats.harmonise.matching import Kind, Profile
from survey_stats.harmonise.matching.similarity import plain
from survey_stats.harmonise.meanings import says_no_answer
from survey_stats.harmonise.reasons import REASONS
from survey_stats.read import Delivery

DESIGN = ("respondent", "weight", "stratum", "psu", "year")
_CLAIMS = {
    "respondent": ("lopnr", "lopnummer", "id", "respondent", "respid", "serial"),
    "weight": ("vikt", "weight", "wgt", "kalvikt", "designvikt"),
    "psu": ("skola", "skolenhetskod", "skolid", "psu", "cluster", "kluster"),
    "year": ("ar", "year", "undersokningsar"),
}
# the words that questionnaires use beside those in `reasons`
_MISSING_WORDS = {
    "vet ej": "dont_know",
    "vet inte": "dont_know",
    "dont know": "dont_know",
    "ej svar": "no_answer",
    "inget svar": "no_answer",
    "uppgift saknas": "no_answer",
    "missing": "no_answer",
    "vill ej svara": "refused",
    "vagrar": "refused",
    "ska ej besvaras": "not_applicable",
    "skulle inte besvaras": "not_applicable",
    "ej aktuellt": "not_applicable",
}
_USUAL_MISSING = frozenset({8, 9, 88, *range(96, 100), *range(996, 1000), 9998, 9999, -1, -8, -9})
_MANY = 60
_MOST_NAMES = 400
_KEY = 0.98
_AT = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


@dataclass(frozen=True)
class Seen:
    """One variable as delivered, by the one spelling of its codes.

    `labels` are all its value labels, `counts` how often each code is there, `declared` the codes
    that the delivery itself calls missing, `original` how each code is written in the file.
    `words` says that the codes are words, which are their own labels.
    """

    name: str
    label: str
    position: int
    kind: Kind
    labels: Mapping[str, str]
    counts: Mapping[str, int]
    declared: frozenset[str]
    original: Mapping[str, Any]
    quantiles: tuple[float, ...] = ()
    words: bool = False

    @property
    def missing(self) -> dict[str, str | None]:
        """code -> reason of the codes labelled or declared as missing (None: not told why)."""
        told: dict[str, str | None] = {
            code: missing_reason(label)
            for code, label in self.labels.items()
            if missing_reason(label) is not None or says_no_answer(label)
        }
        return {**dict.fromkeys(self.declared), **told}

    @property
    def answers(self) -> dict[str, str]:
        """code -> label of the codes that are answers."""
        missing = self.missing
        return {code: label for code, label in self.labels.items() if code not in missing}

    @property
    def shares(self) -> dict[str, float]:
        """code -> share of the valid answers; without labels, lonely codes such as 99 are left out.

        >>> Seen("q", "", 0, "codes", {}, {"1": 3, "2": 1, "99": 5}, frozenset(), {}).shares
        {'1': 0.75, '2': 0.25}
        """
        missing = self.missing
        usual = set() if self.labels else _apart(self.counts)
        counts = {c: n for c, n in self.counts.items() if c not in missing and c not in usual}
        total = sum(counts.values())
        return {code: n / total for code, n in counts.items()} if total else {}

    def profile(self) -> Profile:
        """The variable as `matching.match` wants it."""
        coded = self.kind == "codes"
        text = self.label or self._spoken_name()
        return Profile(
            name=self.name,
            texts=(text,) if text else (),
            answers=self.answers,
            kind=self.kind,
            shares=self.shares if coded else {},
            quantiles=self.quantiles,
            position=self.position,
            claims=self._claims(),
            spoken=not self.label,
        )

    def _spoken_name(self) -> str:
        """A name that is a word stands in for a label that is not there."""
        return "" if re.search(r"\d", self.name) else self.name.replace("_", " ")

    def _claims(self) -> frozenset[str]:
        words = set(plain(self.name.replace("_", " ")).split())
        short = plain(self.label).split()
        if len(short) <= 2:
            words.update(short)
        told = {role for role, claims in _CLAIMS.items() if words & set(claims)}
        if len(self.counts) == 1 and re.fullmatch(r"(?:19|20)\d\d", next(iter(self.counts))):
            told.add("year")
        return frozenset(told)


def missing_reason(label: str) -> str | None:
    """The reason for a missing answer that a value label means, None where it is an answer.

    >>> missing_reason("Ej svar"), missing_reason("Nej")
    ('no_answer', None)
    """
    words = {fold(text): reason for reason, texts in REASONS.items() for text in texts}
    return {**words, **_MISSING_WORDS}.get(plain(label))


def _apart(counts: Mapping[str, int]) -> set[str]:
    """Codes that are usual for missing answers and stand apart from the others."""
    numbers = sorted(int(c) for c in counts if re.fullmatch(r"-?\d+", c))
    negative = {str(n) for n in numbers if n in _USUAL_MISSING and n < 0}
    for i in range(1, len(numbers)):
        above = numbers[i:]
        if above[0] - numbers[i - 1] > 1 and _USUAL_MISSING.issuperset(above):
            return negative | {str(n) for n in above}
    return negative


def seen_in(delivery: Delivery) -> list[Seen]:
    """Every variable of a delivery, in the order of the file."""
    return [_see(delivery, str(name), i) for i, name in enumerate(delivery.frame.columns)]


def _see(delivery: Delivery, name: str, position: int) -> Seen:
    values = delivery.frame[name]
    labels = {
        code_key(code): str(label)
        for code, label in delivery.labels.value_labels.get(name, {}).items()
        if str(label).strip()
    }
    try:
        found = values.value_counts(sort=False)
    except TypeError:
        # lists and the like, which some Parquet files hold
        values = values.map(str)
        found = values.value_counts(sort=False)
    kind, quantiles = _kind(values, found, labels)
    distinct = list(found.index) if kind in ("codes", "constant") else []
    counts: dict[str, int] = {}
    original: dict[str, Any] = {}
    for code in distinct:
        key = code_key(code)
        counts[key] = counts.get(key, 0) + int(found[code])
        original.setdefault(key, _written(code))
    for code in delivery.labels.value_labels.get(name, {}):
        original.setdefault(code_key(code), _written(code))
    words = kind == "codes" and not labels and not pd.api.types.is_numeric_dtype(values)
    if words:
        labels = {c: str(v).strip() for c, v in original.items() if c}
    declared = {c for c in (*counts, *labels) if delivery.missing.declares(name, original[c])}
    if kind == "number":
        declared |= {code_key(c) for c in delivery.missing.codes.get(name, ())}
    return Seen(
        name,
        delivery.labels.label(name),
        position,
        kind,
        labels,
        counts,
        frozenset(declared),
        original,
        quantiles,
        words,
    )


def _written(code: Any) -> Any:
    if isinstance(code, np.generic):
        code = code.item()
    return int(code) if isinstance(code, float) and code.is_integer() else code


def _kind(
    values: pd.Series[Any], found: pd.Series[int], labels: Mapping[str, str]
) -> tuple[Kind, tuple[float, ...]]:
    valid = int(found.sum())
    if len(found) == 1:
        return "constant", ()
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if not valid:
        return "unknown", ()
    if not numeric:
        if len(found) >= _KEY * valid and valid > 1:
            return "key", ()
        return ("codes" if len(found) <= _MOST_NAMES else "unknown"), ()
    numbers = found.index.to_numpy(dtype=np.float64)
    whole = bool((numbers == np.floor(numbers)).all())
    known = sum(code_key(n) in labels for n in numbers[: _MOST_NAMES + 1])
    if whole and (len(found) <= _MANY or (known >= len(found) / 2 and len(found) <= _MOST_NAMES)):
        return "codes", ()
    if whole and len(found) >= _KEY * valid:
        return "key", ()
    codes = [n for n in numbers if code_key(n) in labels]
    sound = values[values.notna() & ~values.isin(codes)].to_numpy(dtype=np.float64)
    return "number", tuple(map(float, np.quantile(sound, _AT))) if len(sound) else ()


def purposes(book: Codebook, wave: int) -> dict[str, list[str]]:
    """variable -> everything that the wave needs it for: design roles and harmonised names."""
    needed: dict[str, list[str]] = {}
    design = book.wave(wave)
    for role in DESIGN:
        variable = getattr(design, role)
        if isinstance(variable, str):
            needed.setdefault(variable, []).append(role)
    for name, item in book.items(wave):
        if item.variable is not None:
            needed.setdefault(item.variable, []).append(name)
    return needed


def needed_by(book: Codebook, wave: int, previous: Iterable[Seen] = ()) -> list[Profile]:
    """The variables that a wave of the codebook uses, with what its delivery tells of them.

    Without the delivery there are our own words for the questions and their answers, and the
    names; with it its labels, distributions and places in the file too.
    """
    delivered = {fold(s.name): s for s in previous}
    told: list[Profile] = []
    for variable, names in purposes(book, wave).items():
        items = [n for n in names if n not in DESIGN]
        entries = [book.asked(n) for n in items]
        ours = [t for e in entries if e.text is not None for t in (e.text.sv, e.text.en)]
        claims = frozenset() if items else frozenset(names) & frozenset(_CLAIMS)
        there = delivered.get(fold(variable))
        if there is not None:
            seen = there.profile()
            texts = tuple(dict.fromkeys((*seen.texts, *ours)))
            answers = seen.answers or _our_answers(book, wave, items)
            told.append(
                Profile(
                    variable,
                    texts,
                    answers,
                    seen.kind,
                    seen.shares,
                    seen.quantiles,
                    seen.position,
                    claims,
                )
            )
        else:
            kind: Kind = "key" if names[0] == "respondent" else "unknown"
            if items:
                kind = "number" if book.item(items[0], wave).years else "codes"
            told.append(
                Profile(
                    variable,
                    tuple(dict.fromkeys(ours)),
                    _our_answers(book, wave, items),
                    kind,
                    claims=claims,
                )
            )
    return told


def _our_answers(book: Codebook, wave: int, items: list[str]) -> dict[str, str]:
    for name in items:
        item = book.item(name, wave)
        words: dict[str, str] = {}
        for text, answer in answer_words(book, name, item).items():
            words.setdefault(answer, text)
        if words:
            return {c: words[a] for c, a in book.codes(item).items() if a in words}
    return {}
