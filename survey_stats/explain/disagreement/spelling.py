"""Levels of one survey that look like a misspelling of the other's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from survey_stats.errors import fold

_LIKE = 0.8


def lookalikes(first: Iterable[object], second: Iterable[object]) -> tuple[tuple[str, str], ...]:
    """Pairs of levels, one that the first alone has and one that the second alone has, which read
    alike but for case, accents, dashes, blanks or a letter or two. Numbers in them must be equal.

    >>> lookalikes(["women", "Stockholm", "16-24"], ["Women", "Stokholm", "16-29"])
    (('women', 'Women'), ('Stockholm', 'Stokholm'))
    """
    one, two = list(dict.fromkeys(first)), list(dict.fromkeys(second))
    mine = [str(v) for v in one if isinstance(v, str) and v not in two]
    other = [str(v) for v in two if isinstance(v, str) and v not in one]
    return tuple((a, b) for a in mine for b in other if _alike(fold(a), fold(b)))


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    if re.findall(r"\d+", one) != re.findall(r"\d+", other) or min(len(one), len(other)) < 4:
        return False
    # a word that holds another is another word: men and women, Täby and Västra Täby
    if one in other or other in one:
        return abs(len(one) - len(other)) == 1 and one[0] == other[0]
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _LIKE
