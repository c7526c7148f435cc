"""What variables and values of a population table are, by their Swedish or English names."""

from __future__ import annotations

import calendar
import re
from datetime import date
from typing import Literal

from survey_stats.errors import fold
from survey_stats.place import place

Role = Literal["year", "area", "gender", "age_group", "contents"]
ROLES: tuple[Role, ...] = ("year", "area", "gender", "age_group", "contents")

ALL = "all"
"""The value of a printed total, in the column of the variable that it is summed over."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NAMES: dict[Role, frozenset[str]] = {
    "year": _words(
        "ar artal tid tidpunkt period kvartal manad year time quarter month date datum wave"
    ),
    "area": _words(
        "region omrade omraden stadsdelsomrade stadsdelsomraden stadsdel stadsdelar "
        "stadsdelsnamnd kommun kommuner lan delomrade geografi area areas district "
        "districts neighbourhood neighborhood municipality county geography place sdo sdn"
    ),
    "gender": _words("kon sex gender"),
    "age_group": _words(
        "alder aldrar aldersgrupp aldersgrupper aldersklass aldersklasser age ages"
    ),
    "contents": _words("tabellinnehall contentscode innehall contents observations"),
}
_NEIGHBOURHOOD = _words("stadsdel stadsdelar neighbourhood neighborhood")
_TOTALS = frozenset(
    (
        "totalt",
        "total",
        "tot",
        "totals",
        "samtliga",
        "summa",
        "alla",
        "all",
        "sum",
        "bada konen",
        "bada",
        "man och kvinnor",
        "kvinnor och man",
        "men and women",
        "women and men",
        "males and females",
        "both",
        "both sexes",
        "both genders",
        "1+2",
        "samtliga aldrar",
        "alla aldrar",
        "all ages",
    )
)
# "totalt ålder", "total age", "samtliga kön"
_TOTAL_OF = re.compile(r"(?:totalt?|samtliga|alla|summa|all) (\w+)|(\w+),? totalt?")
_WOMEN = _words("kvinna kvinnor woman women female females flicka flickor girl girls")
_MEN = _words("man men male males pojke pojkar boy boys")
_CODES = {"1": "men", "2": "women", "m": "men", "k": "women", "f": "women"}
_OTHER_FIGURES = re.compile(
    r"okning|forandring|andel|procent|percent|medelalder|mean age|average age|increase|change"
    r"|tathet|density|per km|index|kvot|ratio"
)
_THOUSANDS = re.compile(r"tusen|1 ?000|thousand")
_PEOPLE = _words(
    "folkmangd befolkning population antal invanare personer persons number people "
    "inhabitants folkmangden medelfolkmangd varde value"
)
_CITY = frozenset(
    ("hela staden", "staden totalt", "staden", "hela kommunen", "kommunen totalt", "kommunen")
)
_OUTSIDE = frozenset(("restomrade", "restomraden", "rest"))
_COUNTRY = frozenset(("riket", "hela riket", "sverige", "sweden", "the whole country"))
_CODE = re.compile(r"(?:SE)?\d{1,6}[A-Z]?\s+(?=\D)")
_YEAR = r"((?:18|19|20|21)\d\d)"
_TIME = re.compile(
    rf"{_YEAR}(?:-12-31|-?(?P<month>\d\d)-(?P<day>\d\d)|\s?[KQ](?P<quarter>[1-4])"
    r"|\s?H(?P<half>[12])|\s?M(?P<m>\d\d)|)?(?:\.0)?",
    re.IGNORECASE,
)


def role_of(name: str) -> Role | None:
    """What a variable of this name tells; None where it is none of the usual ones.

    >>> role_of("Stadsdelsområde (11)"), role_of("ålder"), role_of("Kon"), role_of("civilstånd")
    ('area', 'age_group', 'gender', None)
    """
    words = re.findall(r"\w+", fold(name).replace("_", " "))
    found = [role for role in ROLES if _NAMES[role] & set(words)]
    if len(found) > 1:
        # "ålder i år": the first word is the variable, what follows its unit
        found = [role for role in found if words[0] in _NAMES[role]]
    return found[0] if len(found) == 1 else None


def names_neighbourhoods(name: str) -> bool:
    """Whether the variable says that its areas are neighbourhoods (stadsdel) and not districts."""
    return bool(_NEIGHBOURHOOD & set(re.findall(r"\w+", fold(name))))


def is_total(value: str) -> bool:
    """Whether a value stands for the sum of the others.

    >>> [is_total(v) for v in ("totalt ålder", "Män och kvinnor", "Samtliga", "16-19 år")]
    [True, True, True, False]
    """
    plain = fold(value)
    if plain in _TOTALS:
        return True
    told = _TOTAL_OF.fullmatch(plain)
    return told is not None and any(
        (word or "") in names for word in told.groups() for names in _NAMES.values()
    )


def gender_of(value: str) -> tuple[str, bool] | None:
    """The gender in the common vocabulary, and whether only a code told it; None if unknown.

    >>> gender_of("Kvinnor"), gender_of("1"), gender_of("okänt")
    (('women', False), ('men', True), None)
    """
    plain = re.sub(r"^\d ", "", fold(value))
    if plain in _WOMEN:
        return "women", False
    if plain in _MEN:
        return "men", False
    return (_CODES[plain], True) if plain in _CODES else None


def counts_people(contents: str) -> bool:
    """Whether the contents of a table are numbers of people.

    >>> counts_people("Folkmängd"), counts_people("Folkökning")
    (True, False)
    """
    words = set(re.findall(r"\w+", fold(contents)))
    return bool(words & _PEOPLE) and not counts_something_else(contents)


def counts_something_else(contents: str) -> bool:
    """Whether the contents of a table are surely not numbers of people.

    >>> counts_something_else("Medelålder"), counts_something_else("Folkmängden")
    (True, False)
    """
    return _OTHER_FIGURES.search(fold(contents)) is not None


def in_thousands(units: str) -> bool:
    """Whether figures are in thousands.

    >>> in_thousands("1000-tal"), in_thousands("antal")
    (True, False)
    """
    return _THOUSANDS.search(fold(units)) is not None


def moment_of(value: object, month_day: tuple[int, int] = (12, 31)) -> date | None:
    """The day that a time stands for: the end of a half-year, quarter, month, or `month_day`.

    >>> moment_of("2023"), moment_of("2023K2"), moment_of("2024M02"), moment_of("Farsta")
    (datetime.date(2023, 12, 31), datetime.date(2023, 6, 30), datetime.date(2024, 2, 29), None)
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    told = _TIME.fullmatch(str(value).strip())
    if told is None:
        return None
    year = int(told[1])
    if told["quarter"]:
        return _end(year, 3 * int(told["quarter"]))
    if told["half"]:
        return _end(year, 6 * int(told["half"]))
    if told["m"]:
        return _end(year, int(told["m"])) if 1 <= int(told["m"]) <= 12 else None
    try:
        if told["month"]:
            return date(year, int(told["month"]), int(told["day"]))
        if "-12-31" in str(value):
            return date(year, 12, 31)
        return date(year, *month_day)
    except ValueError:
        return None


def _end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def bare_area(value: str) -> str:
    """An area's name without the code in front of it.

    >>> bare_area("0180 Stockholm"), bare_area("07 Farsta")
    ('Stockholm', 'Farsta')
    """
    return _CODE.sub("", value.strip(), count=1).strip()


def is_city(name: str) -> bool:
    """Whether an area is the whole municipality of the place.

    >>> is_city("Stockholms stad"), is_city("Farsta")
    (True, False)
    """
    plain, own = fold(name), fold(place().municipality)
    genitive = own if own.endswith("s") else f"{own}s"
    named = (own, f"{genitive} stad", f"{genitive} kommun", place().code or own)
    return plain in _CITY or plain in named


def is_outside(name: str) -> bool:
    """Whether an area is the people who are registered in no district."""
    return fold(name) in _OUTSIDE


def is_country(name: str) -> bool:
    """Whether an area is the whole country."""
    return fold(name) in _COUNTRY


def is_county(name: str) -> bool:
    """Whether an area is a county."""
    plain = fold(name)
    return plain.endswith((" lan", " county"))
