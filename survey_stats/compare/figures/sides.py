"""What the two sides of a comparison are called, and whether they are two points in time."""

from __future__ import annotations

import re
from dataclasses import dataclass

from survey_stats.compare.figures.cells import Cells
from survey_stats.compare.in_time import YEAR, in_time
from survey_stats.labels import Language, word

_IS = re.compile(r"(\w+) == (?:'([^']*)'|\"([^\"]*)\"|(\w+))")
_REFERENCES = {
    "the rest": ("övriga", "the rest"),
    "the whole": ("alla tillsammans", "all together"),
    "the other": ("den andra", "the other"),
    "unnamed": ("utan namn", "unnamed"),
}


@dataclass(frozen=True)
class Sides:
    """Names for a reader.

    Attributes
    ----------
    before, after: of the two sides
    about: the survey, year and domain that they have in common, or ""
    waves: whether they are two points in time, so that a difference is a change
    """

    before: str
    after: str
    about: str
    waves: bool

    def compared(self, lang: Language) -> str:
        """From when to when, or whom against whom."""
        sv = lang == "sv"
        if YEAR.fullmatch(self.before) and YEAR.fullmatch(self.after):
            return f"{'förändring' if sv else 'change'} {self.before}–{self.after}"
        if (self.before, self.after) in (_both("sv"), _both("en")):
            return "förändring" if sv else "change"
        if self.waves:
            till, since = ("till", "från") if sv else ("to", "from")
            change = "förändring" if sv else "change"
            return f"{change} {since} {self.before} {till} {self.after}"
        return f"{'skillnad' if sv else 'difference'}: {self.after} minus {self.before}"


def sides_of(cells: Cells, lang: Language) -> Sides:
    """The names of both sides, from how their surveys and domains are named.

    Titles that differ by year are told by their years, domains such as `gender == 'women'` by the
    value; `Cells.names` goes before both.
    """
    titles = str(cells.family["before"]), str(cells.family["after"])
    years = [YEAR.findall(t) for t in titles]
    waves = in_time(*titles) and titles[0] != titles[1]
    parts = [t.partition("where ") for t in titles]
    heads, domains = [p[0].strip() for p in parts], [p[2] for p in parts]
    if waves:
        told = years[0][0], years[1][0]
        common = [YEAR.sub("", h).strip() for h in heads]
        if YEAR.search("".join(domains)):
            domains = ["", ""]
    elif titles[0] == titles[1]:
        told, waves, common = _both(lang), True, ["", ""]
    else:
        told, common = _by_domain(heads, domains, lang), heads
    about = [side_name(common[0], lang)] if common[0] == common[1] else []
    if domains[0] and domains[0] == domains[1]:
        about.append(_value(domains[0], lang))
    before, after = cells.names or told
    return Sides(before, after, ", ".join(a for a in about if a), waves)


def _both(lang: Language) -> tuple[str, str]:
    return ("före", "efter") if lang == "sv" else ("before", "after")


def _by_domain(heads: list[str], domains: list[str], lang: Language) -> tuple[str, str]:
    if heads[0] == heads[1] and all(domains):
        return _value(domains[0], lang), _value(domains[1], lang)
    told = []
    for head, domain in zip(heads, domains, strict=True):
        value = _value(domain, lang) if domain else ""
        told.append(", ".join(t for t in (side_name(head, lang), value) if t))
    return told[0], told[1]


def _value(domain: str, lang: Language) -> str:
    """The value of a domain that is one, else the expression as it was written."""
    hit = _IS.fullmatch(domain)
    return word(next(v for v in hit.groups()[1:] if v is not None), lang) if hit else domain


def side_name(text: str, lang: Language) -> str:
    """One side in the reader's words: a survey with its year, or a reference of `against`.

    >>> side_name("city_safety 2023", "sv"), side_name("each district", "en")
    ('stadens trygghetsmätning 2023', 'each district')
    >>> side_name("the district Farsta", "sv")
    'Farsta'
    """
    if text in _REFERENCES:
        return _REFERENCES[text][lang == "en"]
    first, _, rest = text.removeprefix("the ").partition(" ")
    if first == "each":
        return f"{'varje' if lang == 'sv' else 'each'} {word(rest, lang)}"
    if word(first, lang) != first and rest and not YEAR.fullmatch(rest):
        # a group by its column and name
        return word(rest, lang)
    return " ".join(word(w, lang) for w in text.split())
