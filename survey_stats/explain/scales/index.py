"""The index of each respondent from the items that he answered."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from survey_stats.errors import InputError
from survey_stats.estimate.columns import Floats, Ints
from survey_stats.explain.scales.items import Item, Standardise

Rule = Literal["mean", "sum", "count of yes"]


def check_rule(rule: str, items: Sequence[Item], standardise: Standardise) -> None:
    """Raise `InputError` for a rule that is not known or does not go with the items."""
    if rule not in get_args(Rule):
        rules = ", ".join(repr(r) for r in get_args(Rule))
        raise InputError(f"rule={rule!r} is not known; use one of {rules}")
    if rule != "count of yes":
        return
    other = [item.name for item in items if item.kind != "yes/no"]
    if other:
        raise InputError(
            f"'count of yes' counts yes/no items, and {', '.join(other)} has other answers; make "
            "it boolean, or use rule='mean' or 'sum'"
        )
    if standardise:
        raise InputError("'count of yes' counts answers as they are; leave standardise= out")


def least_items(rule: Rule, at_least: int | None, k: int) -> int:
    """How many of `k` items must be answered: by default two thirds, for a count all of them."""
    if at_least is None:
        return k if rule == "count of yes" else math.ceil(2 * k / 3)
    if (
        isinstance(at_least, bool)
        or not isinstance(at_least, (int, np.integer))
        or not 1 <= at_least <= k
    ):
        raise InputError(f"at_least={at_least!r} is not a number of items from 1 to {k}")
    return int(at_least)


def index_of(values: Floats, rule: Rule, at_least: int) -> tuple[Floats, Ints]:
    """The index (n,) from items (n, k), and how many items each respondent answered (n,).

    An item that is missing counts as the mean of the items that the same person answered; with
    fewer than `at_least` answers the index is missing.

    >>> index, answered = index_of(np.array([[1.0, np.nan, 4], [2, np.nan, np.nan]]), "sum", 2)
    >>> index.tolist(), answered.tolist()
    ([7.5, nan], [2, 1])
    """
    known = ~np.isnan(values)
    answered = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / answered
    index = mean if rule == "mean" else mean * values.shape[1]
    return np.where(answered >= at_least, index, np.nan), answered
