"""Whom both surveys ask, as far as the codebooks know: age groups and areas."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from survey_stats.estimate import Survey
from survey_stats.harmonise import Codebook
from survey_stats.harmonise.codebook.schema import Facts

AGE = "age_group"
AREAS = ("district", "municipality")
_SPAN = re.compile(r"^\s*(\d+)\s*(?:[-–]\s*(\d+)|\+)\s*$")


def span(label: object) -> tuple[int, float] | None:
    """Youngest and oldest age of an age group; None where the label does not tell.

    >>> span("16-19"), span("80+"), span("year 9")
    ((16, 19), (80, inf), None)
    """
    found = _SPAN.match(str(label))
    if found is None:
        return None
    return int(found[1]), float("inf") if found[2] is None else int(found[2])


def facts_of(survey: Survey) -> Facts | None:
    """What a codebook knows of the field work of a survey; None where no codebook tells."""
    wave = survey.wave
    if not isinstance(wave, int | np.integer) or isinstance(wave, bool):
        return None
    if survey.name not in Codebook.names():
        return None
    book = _book(str(survey.name))
    return book.waves[int(wave)].facts if int(wave) in book.waves else None


def ages_of(survey: Survey) -> tuple[float, float] | None:
    """The ages that a survey of a codebook asks; None where no codebook tells."""
    facts = facts_of(survey)
    if facts is None:
        return None
    low, high = facts.ages or (None, None)
    return (0.0 if low is None else float(low), float("inf") if high is None else float(high))


def common_areas(first: Survey, second: Survey) -> tuple[str, ...]:
    """The districts and municipalities that both ask, where one asks in some only; else none."""
    one, two = facts_of(first), facts_of(second)
    if one is None or two is None or one.areas == two.areas:
        return ()
    if one.areas and two.areas:
        return tuple(a for a in one.areas if a in two.areas)
    return one.areas or two.areas


@lru_cache(maxsize=8)
def _book(survey: str) -> Codebook:
    return Codebook.load(survey)


def partly_asked(first: Survey, second: Survey, labels: Iterable[object]) -> tuple[str, ...]:
    """The age groups of which one survey asks all and the other a part, or each another part.

    Nobody can be moved between such groups to make them alike, so they are left out on both sides.
    """
    one, two = ages_of(first), ages_of(second)
    if one is None or two is None or one == two:
        return ()
    out = []
    for label in dict.fromkeys(labels):
        group = span(label)
        if group is None:
            continue
        parts = [(max(group[0], low), min(group[1], high)) for low, high in (one, two)]
        if parts[0] != parts[1]:
            out.append(str(label))
    return tuple(out)
