"""Conditions: what they mean, and that nothing but logic is understood."""

from __future__ import annotations

import itertools

import pytest

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.report.plan import conditions


@pytest.mark.parametrize("values", list(itertools.product([True, False], repeat=3)))
def test_a_condition_means_what_python_means(values: tuple[bool, bool, bool]) -> None:
    told = dict(zip("abc", values, strict=True))
    for text in ("a and b or not c", "not (a or b) and c", "a", "not not b", "a or b or c"):
        assert conditions.holds(text, told.__getitem__) is bool(eval(text, {}, told))


@pytest.mark.parametrize("values", list(itertools.product([True, False], repeat=3)))
def test_both_and_either_join_without_changing_the_parts(values: tuple[bool, bool, bool]) -> None:
    told = dict(zip("abc", values, strict=True))
    parts = ["a or b", "not c", "a and c"]
    held = [conditions.holds(p, told.__getitem__) for p in parts]
    assert conditions.holds(conditions.either(parts), told.__getitem__) is any(held)
    both = conditions.both(conditions.both(parts[0], parts[1]), parts[2])
    assert conditions.holds(both, told.__getitem__) is all(held)


@pytest.mark.parametrize(
    "text",
    ["__import__('os')", "a == b", "a.b", "a and", "1", "a if b else c", "lambda: a", "(" * 500],
)
def test_nothing_else_is_understood(text: str) -> None:
    with pytest.raises(InputError, match="is no condition"):
        conditions.check(text)


def test_names_are_surveys_waves_questions_and_facts() -> None:
    conditions.check("city_safety_2017 and unsafe_evening or not whole_city")
    with pytest.raises(UnknownNameError, match="did you mean 'school_survey'"):
        conditions.check("school_surveys")
