"""What one document is about: area, year, language, deliveries and what may be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from survey_stats.errors import InputError, UnknownNameError, fold
from survey_stats.labels import Language
from survey_stats.protect import DEFAULT, Rule
from survey_stats.protect import profile as shipped
from survey_stats.report.plan.vocabulary import AREAS, CITY


@dataclass(frozen=True)
class Parameters:
    """What one document is about.

    Attributes:
        area: a district in the cut of 2023, or the whole city ("Stockholm").
        year: the year of the lägesbild; later waves are not used.
        lang: the reader's language.
        deliveries: folder with the deliveries; the synthetic demo where none is given.
        profile: which numbers may be shown; a rule of `protect`, the name of a shipped one, or the
            path of a file.
        document: what the plan calls its files.

    Raises:
        UnknownNameError: the area does not exist; the nearest are named.
        InputError: the year or the language cannot be, or the folder is missing.

    >>> Parameters("hasselby-vallingby", 2023).area
    'Hässelby-Vällingby'
    >>> Parameters("Hässelby-Vällingby", 2023).stem
    'appendix-hasselby-vallingby-2023'
    >>> Parameters("hela staden", 2023).area
    'Stockholm'
    """

    area: str
    year: int
    lang: Language = "sv"
    deliveries: Path | None = None
    profile: Rule | str = DEFAULT
    document: str = "appendix"

    def __post_init__(self) -> None:
        object.__setattr__(self, "area", area_name(self.area))
        object.__setattr__(self, "year", _year(self.year))
        if self.lang not in get_args(Language):
            raise UnknownNameError("language", self.lang, get_args(Language))
        folder = None if self.deliveries in (None, "", Path()) else Path(str(self.deliveries))
        if folder is not None and not folder.is_dir():
            raise InputError(
                f"The folder with deliveries {folder} does not exist; give the folder that holds "
                "the delivered files, or leave it out for the synthetic demo"
            )
        object.__setattr__(self, "deliveries", folder)
        object.__setattr__(self, "profile", rule_profile(self.profile))

    @property
    def rule(self) -> Rule:
        """What may be shown."""
        return rule_profile(self.profile)

    @property
    def whole_city(self) -> bool:
        """Whether the document is about the whole city."""
        return self.area == CITY

    @property
    def stem(self) -> str:
        """The start of the name of every file."""
        suffix = "" if self.lang == "sv" else f"-{self.lang}"
        return f"{self.document}-{fold(self.area).replace(' ', '-')}-{self.year}{suffix}"


_CITY_TOO = ("hela staden", "staden", "the whole city", "city")


def area_name(name: str, known: Sequence[str] = AREAS) -> str:
    """The area as it is spelled; case, accents and hyphens do not count.

    Raises:
        UnknownNameError: no district is called so, and it is not the city.
    """
    plain = {fold(k): k for k in known}
    if CITY in known:
        plain |= dict.fromkeys(_CITY_TOO, CITY)
    hit = plain.get(fold(str(name)))
    if hit is None:
        raise UnknownNameError("area", name, known, CITY)
    return hit


def rule_profile(profile: Rule | str | Path | None) -> Rule:
    """A rule by its name, or by the path of its file; the project's own where none is given.

    Raises:
        UnknownNameError: no rule is called so, or a key of the file is none of a rule's.
        InputError: the file cannot be read, or a value cannot be.

    >>> rule_profile("").minimum_base, rule_profile("school_inspectorate").minimum_base
    (30, 20)
    """
    if isinstance(profile, Rule):
        return profile
    if not profile or profile == DEFAULT.name:
        return DEFAULT
    return shipped(profile)


def _year(year: object) -> int:
    try:
        value = int(str(year))
    except ValueError:
        value = 0
    if not 1990 <= value <= 2100:
        raise InputError(f"The year {year!r} is no year of a lägesbild; give one such as 2023")
    return value
