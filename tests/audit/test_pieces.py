"""The pieces of the audit on their own: bases, searches, columns."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportions_ztest

from survey_stats.audit.bases import significant_base, smallest_base
from survey_stats.audit.printed import parse_number
from survey_stats.audit.statement import parse_statement
from survey_stats.audit.tables import _column
from survey_stats.audit.totals import left_out


@pytest.mark.parametrize(
    ("before", "after"), [(0.24, 0.19), (0.17, 0.18), (0.02, 0.01), (0.5, 0.9)]
)
def test_smallest_base_is_the_first_that_statsmodels_calls_significant(before, after):
    n = significant_base(before, after)
    assert n is not None

    def p(base: int) -> float:
        return proportions_ztest([before * base, after * base], [base, base])[1]

    assert p(n) < 0.05
    assert p(n - 1) >= 0.05


def test_rounding_widens_the_base_both_ways():
    b = smallest_base(0.24, 0.19, 0.005, 0.005)
    assert b.least == significant_base(0.245, 0.185)
    assert b.most == significant_base(0.235, 0.195)
    assert b.least < b.as_printed < b.most
    assert b.as_printed < b.for_power
    equal = smallest_base(0.2, 0.2, 0.005, 0.005)
    assert equal.as_printed is None
    assert equal.most is None
    assert equal.least is not None


def test_left_out_needs_one_set_for_all_columns():
    rng = np.random.default_rng(1)
    parts = rng.integers(1, 400, (12, 5)).astype(float)
    assert left_out(parts, parts.sum(axis=0)) is None
    assert left_out(parts, parts.sum(axis=0) - parts[[3, 8]].sum(axis=0)).rows == (3, 8)
    twice = left_out(parts, parts.sum(axis=0) + parts[4])
    assert twice.rows == (4,)
    assert twice.twice
    assert left_out(parts, parts.sum(axis=0) - 0.5) is None


def test_left_out_does_not_choose_between_two_explanations():
    parts = np.array([[5.0], [5.0], [7.0]])
    assert left_out(parts, np.array([12.0])) is None


@pytest.mark.parametrize(
    ("text", "value", "decimals"),
    [
        ("−36,7%", -36.7, 1),
        ("1 234", 1234, 0),
        ("1.234.567", 1234567, 0),
        ("12.50", 12.5, 2),
        ("1\u00a0234,5", 1234.5, 1),
        ("+7", 7, 0),
    ],
)
def test_printed_numbers(text, value, decimals):
    number = parse_number(text)
    assert (number.value, number.decimals) == (value, decimals)


@pytest.mark.parametrize("text", ["", "..", "abc", "1-2", "12 %%", "nan", "inf", "1e5"])
def test_what_is_no_printed_number(text):
    assert parse_number(text) is None


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("~20", [18, 22], [17.9, 22.1]),
        ("37.8", [37.75, 37.85], [37.74, 37.86]),
        (">100", [100.1], [100]),
        ("<5", [4.9], [5]),
        ("~3", [2.5, 3.5], [2.4, 3.6]),
        ("nearly 20", [18, 20.5], [17.9, 20.6]),
        ("nearly -20", [-18, -20], [-17.9, -20.6]),
        ("10–20", [9.5, 20.5], [9.4, 20.6]),
    ],
)
def test_what_a_statement_admits(text, inside, outside):
    s = parse_statement(text)
    assert all(s.admits(x) for x in inside)
    assert not any(s.admits(x) for x in outside)


@pytest.mark.parametrize(
    ("text", "direction", "size"),
    [
        ("small increase", "up", "small"),
        ("liten minskning", "down", "small"),
        ("somewhat above", "up", "small"),
        ("i linje med", "same", ""),
        ("below", "down", ""),
        ("kraftigt ökat", "up", "large"),
        ("no change", "same", ""),
        ("increase then decrease", "", ""),
    ],
)
def test_words_of_direction(text, direction, size):
    s = parse_statement(text)
    assert (s.direction, s.size) == (direction, size)


@pytest.mark.parametrize(
    ("name", "cells", "role", "unit", "year"),
    [
        ("n_2018", ["1", "2"], "measure", "count", "2018"),
        ("per_100000_2022", ["1", "2"], "measure", "rate", "2022"),
        ("share_percent", ["1", "2"], "measure", "percent", ""),
        ("change_2021_2022_percent", ["-1,0%"], "change", "percent", "2021"),
        ("year", ["2018", "2019"], "key", "other", ""),
        ("grade", ["6", "9"], "key", "other", ""),
        ("population_0_20", ["5"], "measure", "population", ""),
        ("area", ["Norr", "Söder"], "key", "other", ""),
        ("y2022", ["227.8"], "measure", "other", "2022"),
        ("is_total", ["0"], "total flag", "other", ""),
    ],
)
def test_columns_are_told_by_header_and_cells(name, cells, role, unit, year):
    column = _column(name, tuple({name: c} for c in cells))
    assert (column.role, column.unit, column.year) == (role, unit, year)
