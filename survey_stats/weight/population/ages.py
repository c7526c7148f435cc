"""Ages and age groups as statistics agencies write them, and which of them make up a group."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from survey_stats.errors import InputError, enumerate_first
from survey_stats.harmonise import Codebook
from survey_stats.harmonise.codebook.schema import AGE_GROUPS

OLDEST = 130
"""No age is above this; a group without an upper limit ends here in sums."""

_DASHES = re.compile("[\u2010-\u2015\u2212]")
_WORDS = re.compile(r"-?åring(?:ar)?\b|\b(?:års?|years?|yrs?|of age|ålder|age|aged|old)\b\.?")
_ONE = re.compile(r"(\d{1,3})")
_RANGE = re.compile(r"(?:(?:from|från) )?(\d{1,3}) ?(?:-|till|to) ?(\d{1,3})")
_OPEN = re.compile(
    r"(\d{1,3}) ?(?:\+|-w?|w"
    r"|(?:och|eller|el|o|and|or|&)\.? (?:äldre|över|mer|over|older|above|more|up)\.?)"
)
_FROM = re.compile(r"(?:from|från|>=|≥) ?(\d{1,3})")
_BELOW = re.compile(r"(?:under|below|less than|younger than|<|yngre än|mindre än) ?(\d{1,3})")
_UP_TO = re.compile(r"(?:-|<=|≤) ?(\d{1,3})")


@dataclass(frozen=True, order=True)
class Ages:
    """Ages in whole years, both ends included; `high` is `OLDEST` where there is no upper limit.

    >>> str(Ages(16, 19)), str(Ages(17, 17)), str(Ages(80, OLDEST))
    ('16-19', '17', '80+')
    """

    low: int
    high: int

    def __str__(self) -> str:
        if self.high >= OLDEST:
            return f"{self.low}+"
        return str(self.low) if self.low == self.high else f"{self.low}-{self.high}"

    def holds(self, other: Ages) -> bool:
        """Whether everybody of `other` is in here."""
        return self.low <= other.low and other.high <= self.high

    def meets(self, other: Ages) -> bool:
        """Whether somebody can be in both."""
        return self.low <= other.high and other.low <= self.high


def parse_ages(text: object) -> Ages | None:
    """The ages that a label stands for in Swedish or English; None where it is no age.

    >>> [str(parse_ages(t)) for t in ("0 år", "16-19 år", "100+ år", "65 år och äldre", "65\u2013")]
    ['0', '16-19', '100+', '65+', '65+']
    >>> str(parse_ages("-4 år")), str(parse_ages("75 years or older")), parse_ages("Farsta")
    ('0-4', '75+', None)
    """
    if isinstance(text, float) and text.is_integer():
        text = int(text)
    plain = _DASHES.sub("-", str(text)).replace("\u00a0", " ").lower()
    plain = " ".join(_WORDS.sub(" ", plain).split())
    if found := _ONE.fullmatch(plain):
        low = high = int(found[1])
    elif found := _RANGE.fullmatch(plain):
        low, high = int(found[1]), int(found[2])
    elif found := _OPEN.fullmatch(plain) or _FROM.fullmatch(plain):
        low, high = int(found[1]), OLDEST
    elif found := _BELOW.fullmatch(plain):
        low, high = 0, int(found[1]) - 1
    elif found := _UP_TO.fullmatch(plain):
        low, high = 0, int(found[1])
    else:
        return None
    return Ages(low, high) if low <= high and low < OLDEST else None


def age_groups(of: str | Path | Codebook | Iterable[object], wave: int | None = None) -> list[Ages]:
    """Age groups to sum to: labels, or those of a codebook's wave.

    A codebook tells its harmonised age groups, less those that the wave's population does not
    reach. Where it begins or ends within a group, the group is cut there, so that the population
    is that of the people who could be asked; its label stays the codebook's (see `labelled`).

    Raises:
        InputError: a label is no age group, groups overlap, or the codebook's survey has no ages.

    >>> [str(a) for a in age_groups(["16-29", "30-64", "65+"])]
    ['16-29', '30-64', '65+']
    >>> [str(a) for a in age_groups("city_safety", 2017)]
    ['16-19', '20-29', '30-44', '45-64', '65-79']
    """
    return list(labelled(of, wave).values())


def labelled(
    of: str | Path | Codebook | Iterable[object], wave: int | None = None
) -> dict[str, Ages]:
    """The age groups by the label that the respondents have."""
    if isinstance(of, (str, Path, Codebook)):
        return _of_codebook(Codebook.load(of), wave)
    groups: dict[str, Ages] = {}
    for label in of:
        ages = label if isinstance(label, Ages) else parse_ages(label)
        if ages is None:
            raise InputError(f"{label!r} is no age group; write it like '16-19', '17' or '80+'")
        if ages.high > OLDEST:
            raise InputError(
                f"The age group {label!r} ends above {OLDEST}, and nobody is that old; write "
                f"'{ages.low}+' for all who are {ages.low} or older"
            )
        if str(label) in groups:
            raise InputError(f"The age group {str(label)!r} is asked for twice; name it once")
        groups[str(label)] = ages
    if not groups:
        raise InputError("No age group is asked for; give labels such as ['16-19', '80+']")
    check_apart(list(groups.values()), "The age groups asked for")
    return groups


def _of_codebook(book: Codebook, wave: int | None) -> dict[str, Ages]:
    year = max(book.waves) if wave is None else wave
    facts = book.wave(year).facts
    if facts.ages is None:
        raise InputError(
            f"The codebook {book.survey} does not tell the ages of {year}; "
            "give the age groups as labels such as ['16-19', '80+']"
        )
    low, high = facts.ages[0] or 0, OLDEST if facts.ages[1] is None else facts.ages[1]
    found = {}
    for label in AGE_GROUPS:
        ages = parse_ages(label)
        assert ages is not None
        cut = (max(ages.low, low), min(ages.high, high))
        if cut[0] <= cut[1]:
            found[label] = Ages(*cut)
    return found


def check_apart(groups: Sequence[Ages], what: str) -> None:
    """No age may be in two of the groups, or its people would be counted twice.

    Raises:
        InputError: two groups overlap.
    """
    ordered = sorted(groups)
    for left, right in itertools.pairwise(ordered):
        if left.meets(right):
            raise InputError(
                f"{what} overlap: {left} and {right}; "
                "leave one of them out, or its people are counted twice"
            )


def held(groups: Sequence[Ages]) -> list[Ages]:
    """All ages that the groups hold together, without the borders between them.

    A single last year of 100 or more stands for everybody above, too.

    >>> [str(a) for a in held([Ages(16, 19), Ages(20, 29), Ages(65, 79)])]
    ['16-29', '65-79']
    """
    found: list[Ages] = []
    for group in sorted(groups):
        if found and found[-1].high + 1 >= group.low:
            found[-1] = Ages(found[-1].low, max(found[-1].high, group.high))
        else:
            found.append(group)
    if found and 100 <= found[-1].high < OLDEST:
        found[-1] = Ages(found[-1].low, OLDEST)
    return found


def members(parts: Sequence[Ages], groups: Sequence[Ages], where: str) -> list[int]:
    """Position in `groups` of each of `parts`, -1 for those in none.

    Raises:
        InputError: a part lies in two groups or sticks out of one, or a group is not covered.

    >>> members([Ages(16, 16), Ages(17, 17), Ages(18, 20)], [Ages(16, 17)], "the table")
    [0, 0, -1]
    """
    place = []
    for part in parts:
        inside = [k for k, group in enumerate(groups) if group.holds(part)]
        torn = [str(group) for group in groups if group.meets(part) and not group.holds(part)]
        if torn:
            raise InputError(
                f"{where} has the age group {part}, which lies only partly in {torn[0]}; "
                "fetch the table by single years of age, or ask for groups that fit"
            )
        place.append(inside[0] if inside else -1)
    for k, group in enumerate(groups):
        own = sorted({part for part, at in zip(parts, place, strict=True) if at == k})
        lacking = _lacking(own, group)
        if lacking:
            raise InputError(
                f"{where} does not hold the ages {enumerate_first(lacking, 3)} of the group "
                f"{group}; fetch those too, or ask for other groups"
            )
    return place


def _lacking(own: Sequence[Ages], group: Ages) -> list[str]:
    """The ages of `group` that the sorted `own`, which lie in it, do not hold."""
    found, start = [], group.low
    for part in own:
        if part.low > start:
            found.append(str(Ages(start, part.low - 1)))
        start = max(start, part.high + 1)
    if start <= group.high:
        found.append(str(Ages(start, group.high)))
    return found
