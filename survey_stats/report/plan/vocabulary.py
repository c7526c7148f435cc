"""The names that a plan may use: areas, surveys, groups, comparisons."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from survey_stats.harmonise.geography import Geography
from survey_stats.place import place

CITY = place().municipality
"""The area that is the whole city."""

DISTRICTS = tuple(sorted(Geography.load().names("district")))
"""The districts in the cut of the map, which every wave is told in."""

AREAS = (*DISTRICTS, CITY)

SURVEYS = place().surveys
"""The surveys that a document looks in, the municipality's own first."""

AGE_GROUPS = ("16-19", "20-29", "30-44", "45-64", "65-79", "80+", "year 9", "upper secondary 2")

GROUP_VALUES: dict[str, tuple[str, ...]] = {
    "gender": ("women", "men"),
    "age_group": AGE_GROUPS,
    "disability": ("yes", "no"),
}
"""The order in which a reader meets the values of a group; places go by the alphabet."""

GROUPS = (*GROUP_VALUES, "neighbourhood")
"""What a question can be broken down by; in a document of the city `neighbourhood` is district."""

COMPARISONS: dict[str, str] = {
    "before": "the change since the survey's wave before",
    "city": "the whole city beside a district",
    "rest": "a district against the rest of the city",
    "trend": "the line through all comparable waves, where there are three or more",
}
"""What a question can be compared with."""

ALL_ANSWERS = "distribution"
"""The piece that shows all answers of a question, which are protected with everything else."""

PIECES_INSTEAD = {"surveys": "surveys", "coding": "codings"}
"""Comparisons that one may look for here, and the piece that shows each."""


@dataclass(frozen=True)
class Item:
    """One question, and what is computed of it.

    Attributes:
        question: its name in the common vocabulary.
        surveys: where it is looked for; a survey that does not ask it is left out.
        groups: the columns it is broken down by; one that a survey lacks is left out.
        answers: whether all its answers are shown, beside their share of yes.
    """

    question: str
    surveys: tuple[str, ...] = SURVEYS
    groups: tuple[str, ...] = GROUPS
    answers: bool = False


@functools.cache
def asks_pupils(survey: str) -> bool:
    """Whether a survey is answered by pupils, who are girls and boys in school years.

    >>> asks_pupils("school_survey"), asks_pupils("city_safety")
    (True, False)
    """
    from survey_stats.harmonise import Codebook

    if survey not in SURVEYS:
        return False
    waves = Codebook.load(survey).waves.values()
    return all(wave.facts.population == "pupils" for wave in waves)


@functools.cache
def questions() -> tuple[str, ...]:
    """The questions that a codebook of the surveys has."""
    from survey_stats.harmonise import Codebook

    return tuple(dict.fromkeys(q for s in SURVEYS for q in Codebook.load(s).questions))
