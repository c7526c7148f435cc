"""One sentence in two languages at once, so that a reason never says more in one of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from survey_stats.labels import Language, number


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


def say(en: str, sv: str, **parts: Part) -> Say:
    """Fill both templates; numbers are written as each language writes them.

    >>> say("{x} percent", "{x} procent", x=Num(12.47, 1)).sv
    '12,5 procent'
    """
    return Say(
        en.format(**{k: _write(v, "en") for k, v in parts.items()}),
        sv.format(**{k: _write(v, "sv") for k, v in parts.items()}),
    )


def p_text(p: float) -> Say:
    """`p = 0.35`, or `p < 0.001`.

    >>> p_text(0.3468).en, p_text(1e-9).sv
    ('p = 0.35', 'p < 0,001')
    """
    if p < 0.001:
        return say("p < {x}", "p < {x}", x=Num(0.001, 3))
    return say("p = {x}", "p = {x}", x=Num(p, 2 if p >= 0.01 else 3))


def listing(items: list[str], most: int = 4) -> Say:
    """The first few items, with the language's "and"."""
    shown, rest = items[:most], len(items) - most
    if rest > 0:
        head = ", ".join(shown)
        return Say(f"{head} and {rest} more", f"{head} och {rest} till")
    if len(shown) < 2:
        return Say("".join(shown), "".join(shown))
    head = ", ".join(shown[:-1])
    return Say(f"{head} and {shown[-1]}", f"{head} och {shown[-1]}")


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
