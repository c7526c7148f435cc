"""Codes that stand for no answer and were not declared missing: 8, 9, 98, 99 beside steps 1-4."""

from __future__ import annotations

import numpy as np

from survey_stats.errors import InputError, enumerate_first
from survey_stats.estimate.columns import Floats

# the codes that surveys use for refused, do not know and no answer
_HIGH = frozenset(
    [
        *(7, 8, 9, 66, 77, 88, *range(96, 100), 666, 777, 888, *range(996, 1000)),
        *(6666, 7777, 8888, *range(9996, 10000), 99999),
    ]
)
_LOW = frozenset([*range(-9, 0), *(-code for code in _HIGH)])
# codes skipped, and one, between the last step and a code of one figure that is none
_LEAST_GAP = 3
_MOST_CODES = 4


def no_answer_codes(values: Floats) -> list[float]:
    """Codes among the distinct `values`, in order, that probably stand for no answer.

    They are codes that surveys use so, at an end, and far from the others: further than the others
    reach, or for a code of one figure at least two codes skipped after steps that skip none.

    >>> no_answer_codes(np.array([1.0, 2, 3, 4, 8, 99])), no_answer_codes(np.arange(11.0))
    ([8.0, 99.0], [])
    """
    return _at_end(-values[::-1], _LOW, -1)[::-1] + _at_end(values, _HIGH, 1)


def _at_end(values: Floats, known: frozenset[int], sign: int) -> list[float]:
    for many in range(min(_MOST_CODES, values.size - 1), 0, -1):
        steps, tail = values[:-many], values[-many:]
        if all(sign * code in known for code in tail.tolist()) and _apart(steps, tail[0], sign):
            return [sign * float(code) for code in tail]
    return []


def _apart(steps: Floats, code: float, sign: int) -> bool:
    gap, span = code - steps[-1], steps[-1] - steps[0]
    if abs(code) > 9:
        return bool(gap > max(span, _LEAST_GAP))
    without_gaps = steps.size > 1 and bool((np.diff(steps) == 1).all())
    if sign < 0:
        # answers are seldom coded under zero, and where they are, none is left out
        return without_gaps and bool(steps[-1] <= 0) and bool(gap > 1)
    return without_gaps and bool(gap >= _LEAST_GAP)


def check_no_answer(name: str, values: Floats) -> None:
    """Raise `InputError` where `values`, distinct and in order, hold codes for no answer."""
    found = no_answer_codes(values)
    if not found:
        return
    others = [v for v in values.tolist() if v not in found]
    told = enumerate_first([f"{v:g}" for v in found])
    raise InputError(
        f"Item {name!r} holds {told}, far from its other codes ({others[0]:g} to {others[-1]:g}), "
        "as codes for no answer are; make it missing, or give "
        f"steps=({min(values):g}, {max(values):g}) if it is an answer"
    )
