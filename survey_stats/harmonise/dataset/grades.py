"""Whether the questions of several waves may be pooled, by the grades of the codebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from survey_stats.errors import ComparabilityError, InputError
from survey_stats.harmonise.comparability import Grade, comparability
from survey_stats.harmonise.lineage import SEPARATOR
from survey_stats.harmonise.result import Harmonised


def pooled_grades(
    waves: Sequence[Harmonised],
    questions: Sequence[str],
    codings: Mapping[str, str],
    override: str | None,
) -> list[str]:
    """What a reader of pooled waves must know, after making sure that they may be pooled.

    Args:
        questions: columns of the frame; one with a coding in its name is graded by that coding.
        codings: question -> coding of the plain column.
        override: why waves are pooled that must not be.

    Raises:
        ComparabilityError: a question is not comparable between two of the waves, and there is no
            override.
        InputError: the override is no reason in words.
    """
    if override is not None and not (isinstance(override, str) and override.strip()):
        raise InputError(f"override={override!r} is no reason; say in words why to pool anyway")
    found: dict[str, list[str]] = {}
    for name in questions:
        question, _, coding = name.partition(SEPARATOR)
        asked = [h for h in waves if question in h.questions]
        if len(asked) < len(waves):
            told = ", ".join(f"{h.codebook.survey} {h.wave}" for h in asked)
            found.setdefault(f"asked in {told} only, so that totals are too small", []).append(name)
        used = coding or codings.get(question)
        for a, b in combinations(asked, 2):
            for text in _told(name, a, b, _grade(question, a, b, used), override):
                found.setdefault(f"{_pair(a, b)}: {text}", []).append(name)
    return [
        text if len(names) == len(questions) > 1 else f"{', '.join(names)}: {text}"
        for text, names in found.items()
    ]


def _told(name: str, a: Harmonised, b: Harmonised, grade: Grade, override: str | None) -> list[str]:
    told = [r.en for r in grade.reasons if r.weight != "note"]
    if grade.grade != "not comparable":
        return told
    if not override:
        why = "; ".join(r.en for r in grade.reasons if r.weight == "forbids")
        raise ComparabilityError(
            f"{name} of {_pair(a, b)} must not be pooled: {why}; leave one of them out, say with "
            "questions= what the pool is for, or give override= with your reason"
        )
    return [*told, f"pooled although not comparable: {override}"]


def _grade(question: str, a: Harmonised, b: Harmonised, coding: str | None) -> Grade:
    """By the codebooks that told the waves, which may be the caller's own."""
    known = [h.codebook.questions[question].codings for h in (a, b)]
    chosen = [coding if coding in codings else None for codings in known]
    return comparability(question, a.codebook, a.wave, b.codebook, b.wave, *chosen)


def _pair(a: Harmonised, b: Harmonised) -> str:
    if a.codebook.survey == b.codebook.survey:
        return f"{a.codebook.survey} {a.wave} and {b.wave}"
    return f"{a.codebook.survey} {a.wave} and {b.codebook.survey} {b.wave}"
