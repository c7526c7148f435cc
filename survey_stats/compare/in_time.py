"""Whether a comparison is between two points in time, and its verdicts in words that fit."""

from __future__ import annotations

import re

from survey_stats.drawing.palette import DOWN, SAME, UP
from survey_stats.labels import Language, word

YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_BETWEEN_GROUPS = {UP: "higher", DOWN: "lower", SAME: "alike"}


def in_time(before: str, after: str) -> bool:
    """Whether two sides are two points in time, by how they are named.

    Sides of one name are: two deliveries that do not say their year.

    >>> in_time("city_safety 2020", "city_safety 2023"), in_time("the rest", "each district")
    (True, False)
    """
    if before == after:
        return True
    years = [YEAR.findall(side) for side in (before, after)]
    return all(len(y) == 1 for y in years) and years[0] != years[1]


def verdict_word(verdict: str, waves: bool, lang: Language = "sv") -> str:
    """The reader's word for a verdict: one group is higher than another, it has not increased.

    >>> verdict_word("significant increase", True, "en")
    'significant increase'
    >>> verdict_word("significant increase", False, "en"), verdict_word("unchanged", False)
    ('significantly higher', 'lika')
    """
    return word(verdict if waves else _BETWEEN_GROUPS.get(verdict, verdict), lang)
