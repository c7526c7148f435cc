"""Why an expression cannot be evaluated, and how it is written instead."""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterable

import pandas as pd

from survey_stats.errors import nearest

# how conditions are written elsewhere, and here
_ELSEWHERE = (
    (r"%in%", "write \"x in ['a', 'b']\" instead of %in%"),
    (r"\bis\.na\s*\(", 'write "x.isna()" instead of is.na(x)'),
    (r"&&|\|\|", 'write "and" and "or" instead of && and ||'),
    (r"<>", 'write "!=" instead of <>'),
    (r"!(?!=)", 'write "not" instead of !'),
    (r"(?<![=!<>])=(?!=)", 'a comparison is written "=="'),
)
_TRUTHS = {"TRUE": "True", "true": "True", "FALSE": "False", "false": "False"}
_MISSING = ("NA", "NaN", "nan", "NULL", "null")
_UNDEFINED = re.compile(r"name '([^']*)' is not defined")
_TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")


def reason(where: str, error: Exception, columns: Iterable[object]) -> str:
    """What is wrong with the expression `where`, and what to write.

    >>> error = pd.errors.UndefinedVariableError("sch")
    >>> reason("sch.wide == 'Yes'", error, ["sch.wide", "ell"])
    "there is no column 'sch'; names with dots or blanks stand in backticks, `sch.wide`"
    >>> reason("g = 1", SyntaxError("invalid syntax"), ["g"])
    'a comparison is written "=="'
    """
    undefined = _UNDEFINED.search(str(error))
    if undefined and isinstance(error, pd.errors.UndefinedVariableError):
        return unknown(undefined[1], where, columns)
    if isinstance(error, (SyntaxError, tokenize.TokenError)):
        outside = _TEXT.sub("''", where)
        for pattern, instead in _ELSEWHERE:
            if re.search(pattern, outside):
                return instead
    return str(error)


def unknown(name: str, where: str, columns: Iterable[object]) -> str:
    """What to write for a name in the expression `where` that no column has."""
    if name in _TRUTHS:
        return f"write {_TRUTHS[name]} instead of {name}"
    if name in _MISSING:
        return f'write "x.isna()" instead of comparing with {name}'
    known = [str(c) for c in columns]
    told = f"there is no column {name!r}"
    meant = [c for c in known if not c.isidentifier() and c in where and name in c]
    if meant:
        return f"{told}; names with dots or blanks stand in backticks, `{meant[0]}`"
    close = nearest(name, known)
    return f"{told}; did you mean {' or '.join(map(repr, close))}?" if close else told
