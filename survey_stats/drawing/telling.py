"""Parts of the alternative texts of figures: what is seen, in words, with its numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable

from survey_stats.labels import Language, capital, number, percent, word


def till(lang: Language = "sv") -> str:
    """The word between the two ends of an interval."""
    return "till" if lang == "sv" else "to"


def interval(low: float, high: float, lang: Language = "sv", decimals: int = 0) -> str:
    """Two limits of shares 0-1, in percent; "" where there is none.

    >>> interval(0.1, 0.156), interval(0.1, 0.156, "en", 1), interval(float("nan"), 1.0)
    ('10 till 16\\xa0%', '10.0 to 15.6%', '')
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f"{number(100 * low, decimals, lang)} {till(lang)} {percent(high, decimals, lang)}"


def estimate(
    share: float, low: float, high: float, lang: Language = "sv", decimals: int = 0
) -> str:
    """A share 0-1 with its interval.

    >>> estimate(0.13, 0.1, 0.156)
    '13\\xa0% (10 till 16\\xa0%)'
    """
    ends = interval(low, high, lang, decimals)
    told = percent(share, decimals, lang)
    return f"{told} ({ends})" if ends else told


def sentences(parts: Iterable[str], synthetic: bool = False, lang: Language = "sv") -> str:
    """The parts as sentences, one after the other; made-up data are said first.

    >>> sentences(["otrygg ute", "", "Farsta 13 %"], synthetic=True)
    'SYNTETISKA DATA. Otrygg ute. Farsta 13 %.'
    """
    every = [word("synthetic", lang)] if synthetic else []
    every += [p.strip() for p in parts if p.strip()]
    return " ".join(capital(p) if p.endswith((".", "?", "!")) else f"{capital(p)}." for p in every)
