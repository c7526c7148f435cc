"""What the appendix shows, as data: question x survey x group x form, and the parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from survey_stats.errors import InputError, UnknownNameError, fold
from survey_stats.labels import Language

Form = Literal["figure", "table"]

DISTRICTS = (
    "Bromma",
    "Enskede-Årsta-Vantör",
    "Farsta",
    "Hägersten-Älvsjö",
    "Hässelby-Vällingby",
    "Järva",
    "Kungsholmen",
    "Norra innerstaden",
    "Skarpnäck",
    "Skärholmen",
    "Södermalm",
)
"""The districts in the cut of 2023, which every wave is told in."""

SURVEYS = ("city_safety", "regional_safety", "school_survey")

AGE_GROUPS = ("16-19", "20-29", "30-44", "45-64", "65-79", "80+", "year 9", "upper secondary 2")

GROUP_VALUES: dict[str, tuple[str, ...]] = {
    "gender": ("women", "men"),
    "age_group": AGE_GROUPS,
    "disability": ("yes", "no"),
}
"""The order in which a reader meets the values of a group; neighbourhoods go by the alphabet."""


@dataclass(frozen=True)
class Item:
    """One question of the appendix.

    Attributes:
        question: its name in the common vocabulary.
        surveys: where it is looked for; a survey that does not ask it is left out.
        groups: the columns it is broken down by; one that a survey lacks is left out.
        forms: which pieces are made of it.
        all_tables: whether the document has a table of every survey, or of the first one only (the
            workbook has all of them).
    """

    question: str
    surveys: tuple[str, ...] = SURVEYS
    groups: tuple[str, ...] = ("gender", "age_group", "disability", "neighbourhood")
    forms: tuple[Form, ...] = get_args(Form)
    all_tables: bool = False


PLAN: tuple[Item, ...] = (
    Item("unsafe_evening", all_tables=True),
    Item("unsafe_neighbourhood"),
    Item("worry_crime_monthly"),
    Item("worry_robbery"),
    Item("worry_burglary"),
    Item("avoids_places"),
    Item("victim_any_crime"),
    Item("problem_moped_traffic"),
    Item("problem_drunk_people"),
    Item("problem_drug_users"),
)
"""The appendix of the lägesbild; changing what it shows is editing this table."""


@dataclass(frozen=True)
class Parameters:
    """What one appendix is about.

    Attributes:
        area: a district in the cut of 2023.
        year: the year of the lägesbild; later waves are not used.
        lang: the reader's language.
        deliveries: folder with the deliveries; the synthetic demo where none is given.

    Raises:
        UnknownNameError: the area does not exist; the nearest are named.
        InputError: the year or the language cannot be, or the folder is missing.

    >>> Parameters("hasselby-vallingby", 2023).area
    'Hässelby-Vällingby'
    >>> Parameters("Hässelby-Vällingby", 2023).stem
    'appendix-hasselby-vallingby-2023'
    """

    area: str
    year: int
    lang: Language = "sv"
    deliveries: Path | None = None

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

    @property
    def stem(self) -> str:
        """The start of every file name of this appendix."""
        suffix = "" if self.lang == "sv" else f"-{self.lang}"
        return f"appendix-{fold(self.area).replace(' ', '-')}-{self.year}{suffix}"


def area_name(name: str, known: Sequence[str] = DISTRICTS) -> str:
    """The district as it is spelled; case, accents and hyphens do not count.

    Raises:
        UnknownNameError: no district is called so.
    """
    plain = {fold(k): k for k in known}
    hit = plain.get(fold(str(name)))
    if hit is None:
        raise UnknownNameError("area", name, known)
    return hit


def _year(year: object) -> int:
    try:
        value = int(str(year))
    except ValueError:
        value = 0
    if not 1990 <= value <= 2100:
        raise InputError(f"The year {year!r} is no year of a lägesbild; give one such as 2023")
    return value
