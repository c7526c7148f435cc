"""The assumptions log: what is taken for granted, why, how it was tried, and how it stands."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd

from survey_stats.errors import InputError
from survey_stats.labels import Language
from survey_stats.report.waves import Wave
from survey_stats.resources import data_path, has_data

Status = Literal["red", "amber", "green"]
STATUSES: tuple[Status, ...] = get_args(Status)
_KEYS = {"id", "status", "what", "why", "checked"}
_OPTIONAL = {"surveys", "waves", "questions", "groups", "rests_on"}


@dataclass(frozen=True)
class Words:
    """The same sentences in both languages."""

    sv: str
    en: str

    def told(self, lang: Language) -> str:
        """The sentences in a language."""
        return self.sv if lang == "sv" else self.en


@dataclass(frozen=True)
class Assumption:
    """One line of the log.

    Attributes:
        id: short name.
        status: `red` (not confirmed, and wrong could mean other conclusions), `amber` (reasonable
            but not tried, or in part) or `green` (tried and holds, or on the safe side).
        what, why, checked: what is assumed, why it is needed, and how it was tried.
        surveys, waves, questions, groups: which figures hang on it; empty for all.
        rests_on: sentences of the codebooks, word for word.
        counted: whether it was counted in these deliveries.
        figures: how many shown shares of the document hang on it.
    """

    id: str
    status: Status
    what: Words
    why: Words
    checked: Words
    surveys: tuple[str, ...] = ()
    waves: tuple[int, ...] = ()
    questions: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()
    counted: bool = False
    figures: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "id": self.id,
            "status": self.status,
            **{
                name: {"sv": words.sv, "en": words.en}
                for name, words in (
                    ("what", self.what),
                    ("why", self.why),
                    ("checked", self.checked),
                )
            },
            "surveys": list(self.surveys),
            "waves": list(self.waves),
            "questions": list(self.questions),
            "groups": list(self.groups),
            "rests_on": list(self.rests_on),
            "counted_in_deliveries": self.counted,
            "figures": self.figures,
        }


def read_log(path: Path | None = None) -> tuple[Assumption, ...]:
    """The entries of a log file; that of the data in use where none is given, if it has one.

    Raises:
        InputError: an entry lacks a key, has an unknown one, or a status that there is not.
    """
    if path is None and not has_data("quality", "assumptions.yaml"):
        return ()
    return _read(path or data_path("quality", "assumptions.yaml"))


@functools.cache
def _read(path: Path) -> tuple[Assumption, ...]:
    import yaml

    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(told, list):
        raise InputError(f"{path.name} is no list of assumptions; begin each with '- id:'")
    entries = [_entry(item, i, path) for i, item in enumerate(told, 1)]
    names = [e.id for e in entries]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice is not None:
        raise InputError(f"{path.name} has the assumption {twice!r} twice; give each its own id")
    return tuple(entries)


def _entry(item: Any, number: int, path: Path) -> Assumption:
    where = f"{path.name}: assumption {number}"
    if not isinstance(item, dict):
        raise InputError(f"{where} is no set of keys; write id, status, what, why and checked")
    lacking = sorted(_KEYS - set(item))
    unknown = sorted(set(map(str, item)) - _KEYS - _OPTIONAL)
    if lacking:
        raise InputError(f"{where} lacks {lacking[0]!r}; every assumption says it")
    if unknown:
        allowed = ", ".join(sorted(_KEYS | _OPTIONAL))
        raise InputError(f"{where} has the unknown key {unknown[0]!r}; there are {allowed}")
    if item["status"] not in STATUSES:
        raise InputError(
            f"{where} has the status {item['status']!r}; it is one of {', '.join(STATUSES)}"
        )
    words = {}
    for key in ("what", "why", "checked"):
        text = item[key]
        if not isinstance(text, dict) or {"sv", "en"} - set(text):
            raise InputError(f"{where}: {key!r} needs sv: and en:")
        words[key] = Words(str(text["sv"]), str(text["en"]))
    return Assumption(
        id=str(item["id"]),
        status=item["status"],
        what=words["what"],
        why=words["why"],
        checked=words["checked"],
        surveys=_names(item, "surveys"),
        waves=tuple(int(w) for w in item.get("waves") or ()),
        questions=_names(item, "questions"),
        groups=_names(item, "groups"),
        rests_on=_names(item, "rests_on"),
    )


def _names(item: dict[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(name) for name in item.get(key) or ())


def stated(wave: Wave) -> Iterator[tuple[str, str]]:
    """The assumptions that a codebook states of a wave: (question or background or "", sentence).

    A wave's sentences are those of the whole codebook, of the wave, and of each variable and
    coding as far as the wave has it.
    """
    book, year = wave.book, wave.year
    for sentence in (*book.assumptions, *book.waves[year].assumptions):
        yield "", sentence
    for kind in (book.background, book.parts, book.questions):
        for name, entry in kind.items():
            in_wave = getattr(entry, "waves", None) or {}
            derived = getattr(entry, "derived", None)
            if year not in in_wave and derived is None:
                continue
            codings = getattr(entry, "codings", {}).values()
            told = [entry.assumption, *(c.assumption for c in codings)]
            if year in in_wave:
                told.append(in_wave[year].assumption)
            for sentence in told:
                if sentence:
                    yield name, sentence


def assumptions(
    waves: Sequence[Wave],
    figures: pd.DataFrame,
    counted: Sequence[Assumption] = (),
    log: Sequence[Assumption] | None = None,
) -> tuple[Assumption, ...]:
    """Everything that the figures of a document take for granted, the gravest first.

    An entry of the log is there when its surveys and waves are in the document, and, if it quotes
    codebooks, when one of the quoted sentences is still stated. A stated sentence that no entry
    quotes comes in as it stands, in amber.

    Args:
        waves: those that the document rests on.
        figures: its figures (see `schema`).
        counted: what was counted in these deliveries.
        log: entries; the shipped log where none is given.
    """
    told: dict[str, list[tuple[Wave, str]]] = {}
    for wave in waves:
        for name, sentence in stated(wave):
            told.setdefault(sentence, []).append((wave, name))
    entries = read_log() if log is None else log
    kept = [e for e in entries if _concerns(e, waves) and _still_stated(e, told)]
    quoted = {sentence for e in entries for sentence in e.rests_on}
    loose = [_loose(s, where, i) for i, (s, where) in enumerate(told.items()) if s not in quoted]
    every = [replace(e, figures=_hanging(e, figures)) for e in [*counted, *kept, *loose]]
    return tuple(sorted(every, key=lambda e: STATUSES.index(e.status)))


def _concerns(entry: Assumption, waves: Sequence[Wave]) -> bool:
    return any(
        (not entry.surveys or w.survey in entry.surveys)
        and (not entry.waves or w.year in entry.waves)
        for w in waves
    )


def _still_stated(entry: Assumption, told: dict[str, list[tuple[Wave, str]]]) -> bool:
    return not entry.rests_on or any(sentence in told for sentence in entry.rests_on)


def _loose(sentence: str, where: list[tuple[Wave, str]], number: int) -> Assumption:
    names = tuple(dict.fromkeys(name for _, name in where if name))
    return Assumption(
        id=f"codebook-{number}",
        status="amber",
        what=Words(f"Kodboken säger (på engelska): {sentence}", sentence),
        why=Words(
            "Står i kodboken men är inte bedömt i antagandeloggen.",
            "Stated in the codebook and not judged in the assumptions log.",
        ),
        checked=Words("Inte prövat.", "Not tried."),
        surveys=tuple(dict.fromkeys(w.survey for w, _ in where)),
        waves=tuple(sorted({w.year for w, _ in where})),
        questions=names,
        rests_on=(sentence,),
    )


def _hanging(entry: Assumption, figures: pd.DataFrame) -> int:
    """How many shown shares an assumption concerns."""
    rows = figures["share"].notna()
    for column, values in (
        ("survey", entry.surveys),
        ("wave", entry.waves),
        ("question", entry.questions),
        ("group", entry.groups),
    ):
        known = [v for v in values if v in set(figures[column])]
        # a background variable is no question of the figures but one of their groups
        if column == "question" and values and not known:
            rows &= figures["group"].isin(list(values))
        elif values:
            rows &= figures[column].isin(known)
    return int(rows.sum())
