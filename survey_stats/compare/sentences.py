"""Count changes in words that a reader without statistics can use."""

from __future__ import annotations

import math
from typing import Protocol

from survey_stats.labels import NBSP, Language, number

# under this many events in all, the reader is told that small numbers vary by themselves
SMALL_TOTAL = 30


class CountResult(Protocol):
    """What `count_sentence` reads of a `CountChange`."""

    @property
    def before(self) -> float: ...
    @property
    def after(self) -> float: ...
    @property
    def percent_change(self) -> float: ...
    @property
    def p_value(self) -> float: ...
    @property
    def p_adjusted(self) -> float: ...
    @property
    def verdict(self) -> str: ...
    @property
    def population_before(self) -> float: ...


def chances(p: float, lang: Language = "sv") -> str:
    """A p-value as a frequency that one can picture.

    >>> chances(0.18, "en"), chances(0.004, "en"), chances(1e-7, "en")
    ('about 18 of 100', 'about 4 of 1,000', 'fewer than 1 of 1,000')
    """
    about, of = ("ungefär", "av") if lang == "sv" else ("about", "of")
    if p < 0.001:
        few = "färre än" if lang == "sv" else "fewer than"
        return f"{few} 1 {of} {number(1000, 0, lang)}"
    base = 100 if p >= 0.01 else 1000
    return f"{about} {number(p * base, 0, lang)} {of} {number(base, 0, lang)}"


def count_sentence(c: CountResult, lang: Language = "sv") -> str:
    """Two to four short sentences: what happened, what chance does, what follows."""
    sv = lang == "sv"
    first = _what_happened(c, lang)
    if not math.isfinite(c.p_value):
        tail = "Det finns inget att jämföra." if sv else "There is nothing to compare."
        return f"{first} {tail}"
    small = c.before + c.after < SMALL_TOTAL
    how_often = chances(c.p_value, lang)
    if c.verdict.startswith("significant"):
        return f"{first} " + _significant(c, how_often, sv)
    if c.verdict == "unchanged":
        return f"{first} " + (
            "Nivån är oförändrad: en större verklig förändring kan uteslutas."
            if sv
            else "The level is unchanged: a larger real change can be ruled out."
        )
    if sv:
        why = "Så små antal varierar av en slump. " if small else ""
        chance = (
            f"En minst så stor skillnad uppstår i {how_often} "
            "jämförelser även när ingenting har ändrats."
        )
        return f"{first} {why}{chance} Det kan inte avgöras om något verkligen har förändrats."
    why = "Numbers this small vary by chance: a" if small else "A"
    return (
        f"{first} {why} difference at least this large comes up in {how_often} comparisons even "
        "when nothing has changed. Whether anything has really changed cannot be decided."
    )


def _what_happened(c: CountResult, lang: Language) -> str:
    before, after = number(c.before, 0, lang), number(c.after, 0, lang)
    sv = lang == "sv"
    if c.before == c.after:
        return (
            f"Antalet var {before} båda gångerna." if sv else f"The number was {before} both times."
        )
    gap = NBSP if sv else ""
    known = math.isfinite(c.percent_change) and not math.isfinite(c.population_before)
    change = f" ({number(c.percent_change, 0, lang, sign=True)}{gap}%)" if known else ""
    if sv:
        verb = "ökade" if c.after > c.before else "minskade"
        return f"Antalet {verb} från {before} till {after}{change}."
    return f"The number went from {before} to {after}{change}."


def _significant(c: CountResult, how_often: str, sv: bool) -> str:
    up = c.verdict.endswith("increase")
    if sv:
        what = "ökningen" if up else "minskningen"
        return (
            f"En minst så stor skillnad uppstår av en slump i {how_often} jämförelser: {what} är "
            "statistiskt säkerställd."
        )
    what = "increase" if up else "decrease"
    return (
        f"Chance alone makes a difference at least this large in {how_often} comparisons: the "
        f"{what} is statistically significant."
    )
