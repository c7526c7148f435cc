"""One sentence in two languages at once, so that a reason never says more in one of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from survey_stats.labels import Language, number, told


@dataclass(frozen=True)
class Num:
    """A number that each language writes in its own way.

    `decimals` None keeps up to six significant decimals and drops trailing zeros.
    """

    value: float
    decimals: int | None = 0
    sign: bool = False

    def text(self, lang: Language) -> str:
        decimals = _needed(self.value) if self.decimals is None else self.decimals
        return number(self.value, decimals, lang, sign=self.sign)


@dataclass(frozen=True)
class Say:
    """The same sentence in English and Swedish; `a + b` puts a blank between two.

    >>> (Say("It holds.", "Det stämmer.") + Say("", "")).sv
    'Det stämmer.'
    """

    en: str
    sv: str

    def __add__(self, other: Say) -> Say:
        return Say(f"{self.en} {other.en}".strip(), f"{self.sv} {other.sv}".strip())


Part = Num | Say | str


def name(text: str) -> Say:
    """The reader's words for a column, a group or a table."""
    return Say(told(text, "en"), told(text, "sv"))


def quoted(text: str) -> Say:
    """A text as somebody wrote it, in the quotation marks of each language.

    >>> quoted("banana").en, quoted("banana").sv
    ("'banana'", '”banana”')
    """
    return Say(repr(text), f"”{text}”")


def source_name(text: str) -> Say:
    """A name of a table or column for whoever must find it again: in English as it is.

    >>> source_name("n_2022").en, source_name("n_2022").sv
    ("'n_2022'", '”2022”')
    """
    return Say(repr(text), f"”{told(text, 'sv')}”")


def many(n: int, en: tuple[str, str], sv: tuple[str, str]) -> Say:
    """The singular or the plural of each language, `{n}` in it being the number.

    >>> many(1, ("{n} row", "{n} rows"), ("den enda raden", "de {n} raderna")).sv
    'den enda raden'
    """
    form = n != 1
    return say(en[form], sv[form], n=Num(n))


def capital(text: Say) -> Say:
    """The sentence with a capital first letter."""
    return Say(text.en[:1].upper() + text.en[1:], text.sv[:1].upper() + text.sv[1:])


def say(en: str, sv: str, **parts: Part) -> Say:
    """Fill both templates; numbers are written as each language writes them.

    >>> say("{x} percent", "{x} procent", x=Num(12.47, 1)).sv
    '12,5 procent'
    """
    return Say(
        en.format(**{k: _write(v, "en") for k, v in parts.items()}),
        sv.format(**{k: _write(v, "sv") for k, v in parts.items()}),
    )


def p_text(p: float, alpha: float = 0.05) -> Say:
    """`p = 0.35`, or `p < 0.001`; never rounded to the limit `alpha` that it is judged by.

    >>> p_text(0.3468).en, p_text(1e-9).sv, p_text(0.0487).en, p_text(0.0504).sv
    ('p = 0.35', 'p < 0,001', 'p = 0.049', 'p = 0,0504')
    """
    least = min(0.001, alpha)
    if p < least:
        return say("p < {x}", "p < {x}", x=Num(least, None))
    if p < 0.001:
        return say("p = {x}", "p = {x}", x=Num(p, None))
    decimals = 2 if p >= 0.01 else 3
    while decimals < 6 and p != alpha and abs(round(p, decimals) - alpha) < 1e-12:
        decimals += 1
    return say("p = {x}", "p = {x}", x=Num(p, decimals))


def listing(items: Sequence[str | Say], most: int = 4) -> Say:
    """The first few items, with the language's "and"."""
    says = [i if isinstance(i, Say) else Say(i, i) for i in items]
    return Say(
        _joined([i.en for i in says], most, "and", "more"),
        _joined([i.sv for i in says], most, "och", "till"),
    )


def _joined(items: list[str], most: int, last: str, more: str) -> str:
    shown, rest = items[:most], len(items) - most
    if rest > 0:
        return f"{', '.join(shown)} {last} {rest} {more}"
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} {last} {shown[-1]}"


def _write(part: Part, lang: Language) -> str:
    if isinstance(part, Num):
        return part.text(lang)
    if isinstance(part, Say):
        return part.sv if lang == "sv" else part.en
    return part


def _needed(value: float) -> int:
    if not math.isfinite(value):
        return 0
    text = f"{value:.6f}".rstrip("0")
    return len(text.partition(".")[2])
