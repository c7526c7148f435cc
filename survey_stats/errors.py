"""What goes wrong, in one sentence: what, where, what to do.

Every error that a user can cause derives from `SurveyStatsError`; the command line prints its
text and exits with status 2. Anything else that escapes is a defect of this package.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Sequence


class SurveyStatsError(Exception):
    """Base of all errors that input can cause; `str(error)` is one readable sentence."""


class InputError(SurveyStatsError):
    """A file or a column is missing, unreadable or holds a value that cannot be."""


class DesignError(SurveyStatsError):
    """The declared sampling design contradicts the data (weights, strata, PSUs, fpc)."""


class CodebookError(SurveyStatsError):
    """A codebook is not valid, or a delivery holds a code that the codebook does not know."""


class ComparabilityError(SurveyStatsError):
    """Two numbers were to be compared that the codebook says must not be."""


class RenderError(SurveyStatsError):
    """A document uses something that the renderer cannot do; the text names file and line."""


class UnknownNameError(SurveyStatsError):
    """A name (area, question, codebook, column) does not exist; the nearest are suggested.

    >>> print(UnknownNameError("area", "Hasselby", ["Hässelby-Vällingby", "Farsta"]))
    There is no area 'Hasselby'; did you mean 'Hässelby-Vällingby'?
    """

    def __init__(self, what: str, name: object, known: Iterable[object], where: str = "") -> None:
        choices = [str(k) for k in known]
        place = f" in {where}" if where else ""
        close = nearest(str(name), choices)
        if close:
            hint = "did you mean " + " or ".join(repr(c) for c in close) + "?"
        elif choices:
            hint = "there is " + enumerate_first(choices, 8)
        else:
            hint = "there is none"
        super().__init__(f"There is no {what} {str(name)!r}{place}; {hint}")
        self.name = str(name)
        self.suggestions = close


def nearest(name: str, known: Sequence[str], most: int = 2) -> list[str]:
    """The names most like `name`, best first; case, accents and hyphens do not count.

    >>> nearest("hasselby vallingby", ["Hässelby-Vällingby", "Farsta"])
    ['Hässelby-Vällingby']
    """
    plain = {fold(k): k for k in known}
    target = fold(name)
    hits = difflib.get_close_matches(target, plain, n=most, cutoff=0.6)
    if not hits and len(target) >= 3:
        hits = [k for k in plain if k.startswith(target) or target in k][:most]
    return [plain[h] for h in hits]


_DASHES = "-_/\u2010\u2011\u2012\u2013\u2014\u2212"
_SOFT_HYPHEN = "\u00ad"
_PLAIN = str.maketrans("åäöéüÅÄÖÉÜ" + _DASHES, "aaoeuAAOEU" + " " * len(_DASHES), _SOFT_HYPHEN)


def fold(name: str) -> str:
    """`name` without case, Swedish accents, hyphens and doubled blanks, for comparing names.

    An accent written as a sign of its own, and any kind of dash, count as the usual ones.

    >>> fold("Hässelby-Vällingby"), fold("HA\u0308SSELBY \u2013 VA\u0308LLINGBY")
    ('hasselby vallingby', 'hasselby vallingby')
    """
    return " ".join(unicodedata.normalize("NFKC", name).translate(_PLAIN).lower().split())


def enumerate_first(items: Sequence[object], most: int = 5) -> str:
    """The first few of `items` as text, and how many more there are.

    >>> enumerate_first([1, 2, 3, 4], 2)
    '1, 2 and 2 more'
    """
    shown = ", ".join(str(i) for i in items[:most])
    rest = len(items) - most
    return f"{shown} and {rest} more" if rest > 0 else shown
