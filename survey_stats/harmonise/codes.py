"""Codes as deliveries write them: 1, 1.0, "1" and "01" are one code; text is folded."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

_RANGE = re.compile(r"^(\d+)-(\d+)$")
_NUMBER = re.compile(r"^[-+]?\d+([.,]\d+)?$")


def code_key(value: Any) -> str:
    """The one spelling of a code; "" for a blank.

    >>> [code_key(v) for v in (1, 1.0, "1", " 01", "1,0", "Kvinna", 2.5, None, float("nan"))]
    ['1', '1', '1', '1', '1', 'kvinna', '2.5', '', '']
    """
    if value is None:
        return ""
    if isinstance(value, str):
        text = " ".join(value.split())
        if not _NUMBER.match(text):
            return text.casefold()
        value = float(text.replace(",", "."))
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value).strip().casefold()
    if math.isnan(number):
        return ""
    return str(int(number)) if number.is_integer() else repr(number)


def by_spelling(labels: Mapping[Any, str]) -> dict[str, str]:
    """Value labels by the one spelling of their codes.

    >>> by_spelling({1.0: "Ja", "2": "Nej"})
    {'1': 'Ja', '2': 'Nej'}
    """
    return {code_key(code): str(label) for code, label in labels.items()}


def by_key(codes: Mapping[Any, str]) -> dict[str, str]:
    """`codes` by their one spelling; a key such as "201-212" stands for each whole number in it.

    >>> by_key({1: "yes", "3-5": "no"})
    {'1': 'yes', '3': 'no', '4': 'no', '5': 'no'}
    """
    table: dict[str, str] = {}
    for code, meaning in codes.items():
        for key in _expand(code):
            if table.get(key, meaning) != meaning:
                raise ValueError(
                    f"code {key} has two meanings, {table[key]!r} and {meaning!r}; keep one"
                )
            table[key] = meaning
    return table


def _expand(code: Any) -> Iterable[str]:
    span = _RANGE.match(code) if isinstance(code, str) else None
    if span is None:
        return [code_key(code)]
    first, last = int(span[1]), int(span[2])
    if first > last:
        raise ValueError(f"the codes {code} are in the wrong order; write {last}-{first}")
    return [str(n) for n in range(first, last + 1)]


def plain(value: Any) -> Any:
    """A value of a column as a plain Python value; whole floats are integers.

    >>> plain(np.float64(3.0)), plain(np.int64(3)), plain("a"), plain(0.5)
    (3, 3, 'a', 0.5)
    """
    if isinstance(value, np.generic):
        value = value.item()
    return int(value) if isinstance(value, float) and value.is_integer() else value
