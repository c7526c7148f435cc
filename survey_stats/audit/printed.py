"""Numbers as documents print them: decimal comma or point, blanks, percent signs, true minus."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BLANKS = re.compile(r"[\s\u00a0\u202f\u2009]")
_GROUPED = re.compile(r"[+-]?\d{1,3}([.,])\d{3}(?:\1\d{3})+")
_BOTH = re.compile(r"[+-]?\d{1,3}(?:(?:\.\d{3})+,|(?:,\d{3})+\.)\d+")
_PLAIN = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_BOUND = re.compile(r"^(>=|<=|≥|≤|>|<)\s*(.*)$")

# how tables mark that there is no figure
MISSING_MARKS = frozenset({"", ".", "..", "...", "-", "–", "—", "x", "*", "**", "n/a", "na", "nan"})


@dataclass(frozen=True)
class Printed:
    """A printed number: its value, its number of decimals, whether it had a percent sign."""

    value: float
    decimals: int = 0
    percent: bool = False

    @property
    def half(self) -> float:
        """Half a unit of the last printed digit: how far rounding may have moved the number."""
        return float(0.5 * 10.0**-self.decimals)


def parse_number(text: str) -> Printed | None:
    """The number in `text`, or None where there is no single number.

    A comma or a point followed by digits is the decimal sign, unless it comes back in groups of
    three (`1.234.567`) or the other mark follows it (`1.234,5`); blanks group thousands.

    >>> parse_number("−36,7%"), parse_number("19 482").value, parse_number("abc")
    (Printed(value=-36.7, decimals=1, percent=True), 19482.0, None)
    """
    plain = _BLANKS.sub("", str(text)).replace("−", "-").replace("–", "-")
    percent = plain.endswith("%")
    plain = plain.removesuffix("%")
    if _GROUPED.fullmatch(plain):
        return Printed(float(re.sub("[.,]", "", plain)), 0, percent)
    if _BOTH.fullmatch(plain):
        plain = plain.replace("." if plain.rfind(",") > plain.rfind(".") else ",", "")
    if not _PLAIN.fullmatch(plain):
        return None
    decimals = len(re.split("[.,]", plain)[1]) if re.search("[.,]", plain) else 0
    return Printed(float(plain.replace(",", ".")), decimals, percent)


def split_bound(text: str) -> tuple[str, str]:
    """A leading comparison sign and the rest: `">100"` is `(">", "100")`.

    >>> split_bound("≥ 30"), split_bound("30")
    (('>=', '30'), ('', '30'))
    """
    hit = _BOUND.match(str(text).strip())
    if hit is None:
        return "", str(text).strip()
    sign = {"≥": ">=", "≤": "<="}.get(hit[1], hit[1])
    return sign, hit[2]


def is_missing(text: str) -> bool:
    """Whether a cell marks that there is no figure."""
    return str(text).strip().lower() in MISSING_MARKS
