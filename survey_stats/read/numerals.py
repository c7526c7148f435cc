"""Whether the texts of a column are numbers, and with which decimal and thousands marks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_INTEGER = re.compile(r"[-+−]?\d+")
_COMMA = re.compile(r"[-+−]?\d+,\d+([eE][-+]?\d+)?")
_EXPONENT = re.compile(r"[-+−]?\d+[eE][-+]?\d+")
_DOT = re.compile(r"[-+−]?(\d+\.\d*|\.\d+|\d+)([eE][-+]?\d+)?")
_BLANKS = re.compile(r"[-+−]?\d{1,3}([ \u00a0\u202f]\d{3})+([.,]\d+)?")
_DOT_THOUSANDS = re.compile(r"[-+−]?\d{1,3}(\.\d{3})+,\d+")
_COMMA_THOUSANDS = re.compile(r"[-+−]?\d{1,3}(,\d{3})+\.\d+")
_LONGEST_EXACT = 15


@dataclass(frozen=True)
class Marks:
    """The decimal and thousands marks met so far; several are told one after another."""

    decimal: str | None = None
    thousands: str | None = None

    def with_(self, other: Marks) -> Marks:
        """The marks of both."""
        return Marks(_join(self.decimal, other.decimal), _join(self.thousands, other.thousands))


class AmbiguousError(ValueError):
    """Numbers in one column may have decimals or thousands: 1.234 is both."""

    def __init__(self, example: str, mark: str) -> None:
        super().__init__(example)
        self.example = example
        self.mark = mark


class NumeralError(ValueError):
    """Numbers in one column are written with different decimal marks."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first, second)
        self.examples = (first, second)


def to_numbers(texts: Sequence[str], decimal: str | None = None) -> tuple[npt.NDArray[Any], Marks]:
    """The distinct texts of a column as numbers where all of them are; else as they stand.

    "" is missing. Texts with leading zeros (codes) and more than 15 digits stay text.

    Returns:
        an int64, float64 (nan for missing) or object array (None for missing) as long as
        `texts`, and the marks that the numbers use.

    Args:
        texts: distinct texts.
        decimal: the mark that is known to stand before decimals, where there is one.

    Raises:
        NumeralError: all texts are numbers, with different decimal marks.
        AmbiguousError: all texts are numbers and could have thousands where they have decimals.

    >>> to_numbers(["0,5", "12", ""])
    (array([ 0.5, 12. ,  nan]), Marks(decimal=',', thousands=None))
    >>> to_numbers(["01", "2"])[0].tolist()
    ['01', '2']
    """
    filled = [t for t in texts if t]
    found = _marks(filled, decimal) if filled else None
    if found is None:
        words = np.array([t or None for t in texts] or [None], dtype=object)[: len(texts)]
        return words, Marks()
    if len(filled) == len(texts) and all(_INTEGER.fullmatch(t) for t in texts):
        return np.array([int(_plain(t, found)) for t in texts], dtype=np.int64), found
    numbers = [float(_plain(t, found)) if t else np.nan for t in texts]
    return np.array(numbers, dtype=np.float64), found


def _marks(filled: Sequence[str], decimal: str | None = None) -> Marks | None:
    """The marks that make every text a number; None when they are not all numbers."""
    first: dict[str, str] = {}
    thousands: str | None = None
    for text in filled:
        if _INTEGER.fullmatch(text):
            digits = text.lstrip("-+−")
            if len(digits) > _LONGEST_EXACT or (len(digits) > 1 and digits[0] == "0"):
                return None
        elif _BLANKS.fullmatch(text):
            thousands = " "
            if "," in text or "." in text:
                first.setdefault("," if "," in text else ".", text)
        elif _DOT_THOUSANDS.fullmatch(text):
            thousands = "."
            first.setdefault(",", text)
        elif _COMMA_THOUSANDS.fullmatch(text):
            thousands = ","
            first.setdefault(".", text)
        elif _EXPONENT.fullmatch(text):
            continue
        elif _COMMA.fullmatch(text):
            first.setdefault(",", text)
        elif _DOT.fullmatch(text):
            first.setdefault(".", text)
        else:
            return None
    if thousands in first:
        # "1.234,5" explains "1.234" as a thousand; anything shorter after the mark is a decimal
        mark = str(thousands)
        odd = [t for t in filled if mark in t and not re.search(rf"\{mark}\d{{3}}(\D|$)", t)]
        if odd:
            raise NumeralError(first["," if mark == "." else "."], odd[0])
        del first[mark]
    if len(first) > 1:
        raise NumeralError(first[","], first["."])
    found = next(iter(first), None)
    if found is not None and thousands is None and found != decimal:
        _check_decimals(filled, found)
    return Marks(found, thousands)


def _check_decimals(filled: Sequence[str], mark: str) -> None:
    """That `mark` stands before decimals: some number is too long or too short for thousands."""
    whole = re.compile(rf"[-+−]?[1-9]\d{{0,2}}\{mark}\d{{3}}")
    marked = [t for t in filled if mark in t]
    bare = [t for t in filled if mark not in t]
    if all(whole.fullmatch(t) for t in marked) and all(len(t.lstrip("-+−")) <= 3 for t in bare):
        raise AmbiguousError(marked[0], mark)


def _plain(text: str, marks: Marks) -> str:
    text = text.replace("−", "-")
    if marks.thousands == " ":
        text = re.sub(r"[ \u00a0\u202f]", "", text)
    elif marks.thousands:
        text = text.replace(marks.thousands, "")
    return text.replace(",", ".") if marks.decimal == "," else text


def _join(one: str | None, other: str | None) -> str | None:
    if one is None or other is None or other in one:
        return one if other is None or (one is not None and other in one) else other
    return one + other
