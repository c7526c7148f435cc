"""Texts in CSV files, so that a spreadsheet that opens them runs none as a formula.

A spreadsheet takes a text for a formula by its first sign. Such a text gets an apostrophe in front,
as a spreadsheet itself writes "this is text", and so does a text that begins with an apostrophe:
taking one apostrophe away from every text that begins with one gives the texts back as they were.
Numbers are never touched, nor is a text that is nothing but a number. Parquet and JSON, which no
spreadsheet guesses about, hold the texts as they are.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import pandas as pd

_FORMULA = re.compile(
    r"[\s\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*['=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]"
)
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")

Value = TypeVar("Value")

RULE = (
    "A text that a spreadsheet would take for a formula has an apostrophe in front, and so has a "
    "text that begins with an apostrophe; take one away to have the text as it is in the Parquet "
    "file."
)


def guarded(value: Value) -> Value | str:
    r"""A text that no spreadsheet takes for a formula; anything else as it is.

    >>> guarded("=HYPERLINK(1)"), guarded("+1,5"), guarded("kvinnor"), guarded("'n"), guarded(-1)
    ("'=HYPERLINK(1)", '+1,5', 'kvinnor', "''n", -1)
    """
    if not isinstance(value, str) or not _FORMULA.match(value) or _NUMBER.fullmatch(value):
        return value
    return f"'{value}"


def unguarded(text: str) -> str:
    """The text that `guarded` was given.

    >>> unguarded(guarded("=1+1")), unguarded("kvinnor")
    ('=1+1', 'kvinnor')
    """
    return text.removeprefix("'")


def guarded_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with every text, and every heading, guarded."""
    out = frame.rename(columns=guarded)
    for i, column in enumerate(out.columns):
        if pd.api.types.is_string_dtype(frame.iloc[:, i]) or frame.iloc[:, i].dtype == object:
            out[column] = frame.iloc[:, i].map(_kept_missing)
    return out


def _kept_missing(value: Any) -> Any:
    return guarded(value) if isinstance(value, str) else value
