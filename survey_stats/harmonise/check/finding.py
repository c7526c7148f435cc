"""One finding, and all findings of a delivery."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, overload

import numpy as np

from survey_stats.errors import enumerate_first
from survey_stats.labels import Language, number, percent
from survey_stats.read import Manifest

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
Kind = Literal[
    "wave",
    "draft",
    "harmonise",
    "missing variable",
    "unknown code",
    "contradicted code",
    "contradicted label",
    "changed label",
    "weight",
    "weight total",
    "respondent",
    "doubled rows",
    "stratum",
    "psu",
    "age",
    "geography",
    "no answers",
    "non-response",
    "distribution",
    "reversed",
    "swapped answers",
    "association",
]
# what the keys of `Problem.to_dict` are; grows when a key changes its meaning
JSON_VERSION = 1


class Words(NamedTuple):
    """The same text in both languages."""

    en: str
    sv: str

    def told(self, lang: Language) -> str:
        """The text in a language."""
        return self.sv if lang == "sv" else self.en


NOTHING = Words("", "")


@dataclass(frozen=True)
class Evidence:
    """Two distributions side by side.

    Attributes:
        before, after: what the two are called, such as the years of the waves.
        rows: (answer, share before, share after), shares 0-1.
    """

    before: str
    after: str
    rows: tuple[tuple[Words, float, float], ...]

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        rows = [{"answer": w.en, "before": b, "after": a} for w, b, a in self.rows]
        return {"before": self.before, "after": self.after, "answers": rows}


@dataclass(frozen=True)
class Problem:
    """One finding.

    Attributes:
        severity: `error` stops `harmonise`; `warning` and `note` do not. A warning wants an
            answer before the numbers are used, a note is worth knowing.
        kind: what sort of problem.
        where: the variable, with the harmonised name where there is one.
        what: what is wrong.
        count: how many respondents (or variables, strata, areas) it concerns.
        hint: what to do, "" where that is plain.
        what_sv, hint_sv: the same in Swedish.
        name: the harmonised name, "" where it is about none.
        evidence: the two distributions, where two were compared.
    """

    severity: Severity
    kind: Kind
    where: str
    what: str
    count: int
    hint: str = ""
    what_sv: str = ""
    hint_sv: str = ""
    name: str = ""
    evidence: Evidence | None = None

    def told(self, lang: Language) -> tuple[str, str]:
        """What is wrong and what to do, in a language."""
        return (self.what_sv, self.hint_sv) if lang == "sv" else (self.what, self.hint)

    def to_dict(self) -> dict[str, Any]:
        """The finding as plain values, for JSON."""
        return {
            "severity": self.severity,
            "kind": self.kind,
            "where": self.where,
            "what": self.what,
            "count": self.count,
            "hint": self.hint,
            "name": self.name,
            "evidence": self.evidence.to_dict() if self.evidence else None,
        }


def problem(
    severity: Severity,
    kind: Kind,
    where: str,
    count: int,
    what: Words,
    hint: Words = NOTHING,
    name: str = "",
    evidence: Evidence | None = None,
) -> Problem:
    """A finding from texts in both languages."""
    return Problem(severity, kind, where, what.en, count, hint.en, what.sv, hint.sv, name, evidence)


@dataclass(frozen=True, eq=False)
class Checked(Sequence[Problem]):
    """The findings of a delivery, errors first; as a sequence it is the list of them.

    Attributes:
        problems: the findings.
        manifest: which file was checked.
        survey: the codebook's name of the survey.
        title: the survey's title.
        wave: the year that the delivery was held against.
        previous: (year, file) of the deliveries that it was compared with, in the order given.
        within: the respondents that comparisons are made among, "" where those are all.
        not_checked: what could not be checked, and why.
        texts: harmonised name -> the codebook's words for the question.
    """

    problems: tuple[Problem, ...]
    manifest: Manifest
    survey: str
    title: Words
    wave: int
    previous: tuple[tuple[int, str], ...] = ()
    within: Words = NOTHING
    not_checked: tuple[Words, ...] = ()
    texts: Mapping[str, Words] = field(default_factory=dict)

    @overload
    def __getitem__(self, index: int) -> Problem: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Problem, ...]: ...
    def __getitem__(self, index: int | slice) -> Problem | tuple[Problem, ...]:
        return self.problems[index]

    def __len__(self) -> int:
        return len(self.problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.problems)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Checked | list | tuple):
            return list(self) == list(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # equal to lists, which have no hash either

    def __repr__(self) -> str:
        counts = ", ".join(f"{self.number(s)} {s}s" for s in SEVERITIES)
        return f"Checked({self.manifest.file} as {self.survey} {self.wave}: {counts})"

    def number(self, severity: Severity) -> int:
        """How many findings are of a severity."""
        return sum(p.severity == severity for p in self.problems)

    def by_variable(self) -> dict[str, list[Problem]]:
        """where -> its findings; places with errors first, then with warnings, then notes."""
        groups: dict[str, list[Problem]] = {}
        for p in self.problems:
            groups.setdefault(p.where, []).append(p)
        return groups

    def to_records(self) -> list[dict[str, Any]]:
        """One dict a finding, each of which tells by itself what it is about, for JSON.

        What could not be checked is a note of the kind `not checked`.
        """
        about = {
            "version": JSON_VERSION,
            "file": self.manifest.file,
            "sha256": self.manifest.sha256,
            "codebook": self.survey,
            "wave": self.wave,
            "previous": [{"wave": year, "file": file} for year, file in self.previous],
        }
        empty = {"count": 0, "hint": "", "name": "", "evidence": None}
        notes: list[dict[str, Any]] = [
            {"severity": "note", "kind": "not checked", "where": "", "what": w.en, **empty}
            for w in self.not_checked
        ]
        return [{**about, **record} for record in [*(p.to_dict() for p in self), *notes]]

    def to_html(self, lang: Language = "sv") -> str:
        """A page of the findings that needs no other file."""
        from survey_stats.harmonise.check.page import page

        return page(self, lang)


def rows(what: Words, hit: Any) -> Words:
    """`what` with the first rows of a mask, counted from 1."""
    found = [int(i) + 1 for i in np.flatnonzero(np.asarray(hit, dtype=bool))]
    en = f"{what.en}: row{'s' if len(found) > 1 else ''} {enumerate_first(found, 3)}"
    return Words(en, f"{what.sv}: rad {first_sv(found, 3)}")


def first_sv(items: Sequence[object], most: int = 5) -> str:
    """`errors.enumerate_first` in Swedish."""
    shown = ", ".join(str(i) for i in items[:most])
    rest = len(items) - most
    return f"{shown} och {rest} till" if rest > 0 else shown


def percent_words(share: float) -> Words:
    """A share 0-1 as percent, with a decimal where it is small."""
    decimals = 1 if share < 0.0995 else 0
    return Words(percent(share, decimals, "en"), percent(share, decimals, "sv"))


def say(en: str, sv: str, **values: object) -> Words:
    """Texts with the same values filled in; values that are `Words` in each language.

    >>> say("{n} in {a}", "{n} i {a}", n=number_words(0.5), a="Farsta")
    Words(en='0.50 in Farsta', sv='0,50 i Farsta')
    """
    sides = ({k: v[i] if isinstance(v, Words) else v for k, v in values.items()} for i in range(2))
    return Words(*(text.format(**side) for text, side in zip((en, sv), sides, strict=True)))


def whole(value: float) -> Words:
    """A number without decimals."""
    return Words(number(float(value), 0, "en"), number(float(value), 0, "sv"))


def listed(items: Sequence[object], most: int = 3) -> Words:
    """The first of some items, which may be `Words`, and how many more there are."""
    en, sv = ([i[k] if isinstance(i, Words) else i for i in items] for k in range(2))
    return Words(enumerate_first(en, most), first_sv(sv, most))


def number_words(value: float) -> Words:
    """A number to three digits, a small fraction as 1/1 000.

    >>> number_words(10309.0), number_words(0.000999).en, number_words(0.8181).en
    (Words(en='10,300', sv='10\\xa0300'), '1/1,000', '0.82')
    """
    if 0 < value < 0.01:
        return Words(*(f"1/{t}" for t in number_words(1 / value)))
    rounded = float(f"{value:.3g}")
    decimals = 0 if rounded >= 100 else 1 if rounded >= 10 else 2
    return Words(number(rounded, decimals, "en"), number(rounded, decimals, "sv"))


def quoted(value: object) -> str:
    """A delivered value in quotes; a whole float is told as a whole number."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    return repr(value.item() if isinstance(value, np.generic) else value)
