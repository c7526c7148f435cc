"""Limits of weights as numbers by row: told as numbers, or as rules about the weights."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from survey_stats.errors import InputError
from survey_stats.weight.cells import FloatArray, IntArray

Limit = float | str

_TIMES = re.compile(r"([0-9]*[.,]?[0-9]+)\s*(?:[x×*]|times)?\s*(median|mean)")
_SPREAD = re.compile(r"median\s*\+\s*([0-9]*[.,]?[0-9]+)\s*(?:[x×*]|times)?\s*iqr")
_FORMS = "a number, '5 x median', '4 x mean' or 'median + 6 IQR'"


def limits(limit: Limit, values: FloatArray, group: IntArray, what: str) -> FloatArray:
    """The limit of each row, (n,), by the rows of its group.

    Args:
        limit: a number, or a rule: "5 x median", "4 x mean", "median + 6 IQR".
        values: the weights, (n,), all positive.
        group: the group of each row, (n,), from 0 on.

    Raises:
        InputError: it is none of these, or not positive.

    >>> limits("2 x median", np.array([1.0, 1, 3, 10]), np.zeros(4, dtype=np.intp), "upper")
    array([4., 4., 4., 4.])
    """
    if isinstance(limit, str):
        return _by_rule(limit, values, group, what)
    try:
        number = float(limit)
    except (TypeError, ValueError):
        number = np.nan
    if isinstance(limit, bool) or not np.isfinite(number) or number <= 0:
        raise InputError(f"`{what}` is {limit!r}; give {_FORMS}, above 0")
    return np.full(values.size, number)


def _by_rule(rule: str, values: FloatArray, group: IntArray, what: str) -> FloatArray:
    text = rule.strip().lower()
    times, spread = _TIMES.fullmatch(text), _SPREAD.fullmatch(text)
    found = times or spread
    if found is None:
        raise InputError(f"`{what}` is {rule!r}, which is no rule; give {_FORMS}")
    number = float(found[1].replace(",", "."))
    if number <= 0:
        raise InputError(f"`{what}` is {rule!r}; give a number above 0")
    by_group = pd.Series(values).groupby(group)
    if times is not None:
        of_group = number * (by_group.median() if times[2] == "median" else by_group.mean())
    else:
        between = by_group.quantile(0.75) - by_group.quantile(0.25)
        of_group = by_group.median() + number * between
    return np.asarray(of_group, dtype=np.float64)[group]
