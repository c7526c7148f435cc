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
    @property
    def population_after(self) -> float: ...
    @property
    def ratio_low(self) -> float: ...
    @property
    def ratio_high(self) -> float: ...


def chances(p: float, lang: Language = "sv") -> str:
    """A p-value as a frequency that one can picture.

    >>> chances(0.18, "en"), chances(0.004, "en"), chances(1e-7, "en"), chances(1.0, "en")
    ('about 18 of 100', 'about 4 of 1,000', 'fewer than 1 of 1,000', 'nearly all')
    """
    if p >= 0.995:
        return "nästan alla" if lang == "sv" else "nearly all"
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
        most = 100 * max(abs(1 - c.ratio_low), abs(c.ratio_high - 1))
        digits = 0 if most >= 1 else 1
        told = number(most, digits, lang)
        return f"{first} " + (
            f"Nivån är oförändrad: den verkliga förändringen är högst {told}{NBSP}% åt något håll."
            if sv
            else f"The level is unchanged: the real change is at most {told}% either way."
        )
    if _same_rate(c):
        return f"{first} {_could_be(c, lang)}"
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
    people = math.isfinite(c.population_before) and math.isfinite(c.population_after)
    gap = NBSP if sv else ""
    known = math.isfinite(c.percent_change) and not _same_rate(c)
    digits = 0 if abs(c.percent_change) >= 1 else 1
    change = f" ({number(c.percent_change, digits, lang, sign=True)}{gap}%)" if known else ""
    if c.before == c.after:
        first = (
            f"Antalet var {before} båda gångerna" if sv else f"The number was {before} both times"
        )
    elif sv:
        verb = "ökade" if c.after > c.before else "minskade"
        first = f"Antalet {verb} från {before} till {after}"
    else:
        first = f"The number went from {before} to {after}"
    if not people:
        return f"{first}{change}."
    return f"{first}{_per_head(c, change, lang)}."


def _per_head(c: CountResult, change: str, lang: Language) -> str:
    """The same per 100 000 inhabitants; this is what is tested, and it may go the other way."""
    r0, r1 = 1e5 * c.before / c.population_before, 1e5 * c.after / c.population_after
    decimals = 0 if max(r0, r1) >= 100 else 1
    low, high = (number(r, decimals if r else 0, lang) for r in (r0, r1))
    sv = lang == "sv"
    people = number(100_000, 0, lang)
    if c.before == c.after == 0:
        return ""
    if low == high:
        told = f"{low} per {people} {'invånare båda gångerna' if sv else 'inhabitants both times'}"
        return f", eller {told}" if sv else f", or {told}"
    # counts and rates that go different ways would otherwise read like a misprint
    turned = (c.after - c.before) * (r1 - r0) <= 0
    joint = (", men " if turned else ", ") if sv else (", but " if turned else ", ")
    if sv:
        return f"{joint}räknat per {people} invånare från {low} till {high}{change}"
    return f"{joint}per {people} inhabitants from {low} to {high}{change}"


def _same_rate(c: CountResult) -> bool:
    return math.isfinite(c.percent_change) and abs(c.percent_change) < 0.05


def _could_be(c: CountResult, lang: Language) -> str:
    """What equal numbers leave open: they look like proof that nothing happened, and are not."""
    sv = lang == "sv"
    gap = NBSP if sv else ""
    down = f"{number(100 * (1 - c.ratio_low), 0, lang)}{gap}%"
    if c.ratio_high < 3:
        percent = f"{number(100 * (c.ratio_high - 1), 0, lang)}{gap}%"
        up = f"ökat med upp till {percent}" if sv else f"risen by up to {percent}"
    else:
        times = number(c.ratio_high, 0, lang)
        up = f"ökat till {times} gånger så mycket" if sv else f"risen to {times} times as much"
    return (
        "Det visar inte att ingenting har förändrats: den verkliga nivån kan ha minskat med upp "
        f"till {down} eller {up} utan att det syns i så små antal."
        if sv
        else "This does not show that nothing has changed: the real level may have fallen by up to "
        f"{down} or {up} without showing in numbers this small."
    )


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
