"""Ages, genders, totals and times as agencies write them."""

from __future__ import annotations

import datetime

import pytest

from survey_stats.weight.population import words
from survey_stats.weight.population.ages import OLDEST, Ages, held, parse_ages


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("0 år", 0, 0),
        ("17", 17, 17),
        (17.0, 17, 17),
        (17, 17, 17),
        ("1 year", 1, 1),
        ("18-åringar", 18, 18),
        ("16-19-åringar", 16, 19),
        ("16-19 år", 16, 19),
        ("16–19", 16, 19),
        ("16 - 19 år", 16, 19),
        ("16 till 19 år", 16, 19),
        ("From 5 to 9 years", 5, 9),
        ("100+ år", 100, OLDEST),
        ("100 + år", 100, OLDEST),
        ("100 år+", 100, OLDEST),
        ("65 år och äldre", 65, OLDEST),
        ("65 år eller äldre", 65, OLDEST),
        ("65 years or over", 65, OLDEST),
        ("75 and older", 75, OLDEST),
        ("65–", 65, OLDEST),
        ("65-w", 65, OLDEST),
        ("från 65 år", 65, OLDEST),
        ("-4 år", 0, 4),
        ("under 16 år", 0, 15),
        ("Less than 5 years", 0, 4),
        ("ålder 17", 17, 17),
        ("19-16 år", None, None),
        ("1999", None, None),
        ("0180", None, None),
        ("130", None, None),
        ("Farsta", None, None),
        ("uppgift saknas", None, None),
        ("", None, None),
        ("16-19-24", None, None),
        ("totalt ålder", None, None),
    ],
)
def test_ages(text, low, high):
    found = parse_ages(text)
    assert found == (Ages(low, high) if low is not None else None)
    if found is not None:
        assert parse_ages(str(found)) == found


def test_ages_held_together():
    singles = [Ages(a, a) for a in range(101)]
    assert held(singles) == held([Ages(0, 99), Ages(100, OLDEST)]) == [Ages(0, OLDEST)]
    assert held([Ages(16, 84)]) == [Ages(16, 84)]
    assert held([]) == []


@pytest.mark.parametrize(
    "text",
    ["totalt", "Totalt ålder", "TOT", "samtliga", "Båda könen", "män och kvinnor", "1+2",
     "Total", "both sexes", "all ages", "alla åldrar", "total age", "kön, totalt"],
)  # fmt: skip
def test_totals(text):
    assert words.is_total(text)


@pytest.mark.parametrize(
    "text", ["Stockholm totalt", "Totalförsvaret", "män", "0-100 år", "allmän"]
)
def test_what_is_no_total(text):
    assert not words.is_total(text)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Region", "area"),
        ("STADSDELSOMRÅDE", "area"),
        ("Stadsdelsområde (11)", "area"),
        ("kön", "gender"),
        ("Kon", "gender"),
        ("sex", "gender"),
        ("Ålder i år", "age_group"),
        ("åldersgrupp", "age_group"),
        ("age", "age_group"),
        ("år", "year"),
        ("Tid", "year"),
        ("tabellinnehåll", "contents"),
        ("ContentsCode", "contents"),
        ("civilstånd", None),
        ("födelseland", None),
        ("", None),
    ],
)
def test_names_of_variables(name, role):
    assert words.role_of(name) == role


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024", (2024, 12, 31)),
        (2024.0, (2024, 12, 31)),
        ("2024K1", (2024, 3, 31)),
        ("2024Q4", (2024, 12, 31)),
        ("2024H1", (2024, 6, 30)),
        ("2023M02", (2023, 2, 28)),
        ("2024-12-31", (2024, 12, 31)),
        ("2024-06-30", (2024, 6, 30)),
        ("2024M13", None),
        ("2024-13-01", None),
        ("24", None),
        ("2024-2025", None),
        ("medel", None),
    ],
)
def test_times(text, day):
    assert words.moment_of(text) == (datetime.date(*day) if day else None)
