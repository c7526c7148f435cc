"""Totals that are shares, percent, or numbers beside people that are to be scaled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from survey_stats.errors import InputError
from survey_stats.weight import BenchmarkError, Weights, calibrate, common_population

FRAME = pd.DataFrame(
    {
        "area": ["a"] * 4 + ["b"] * 4,
        "gender": ["men", "women"] * 4,
        "income": np.arange(8.0),
    }
)
START = Weights.delivered(np.full(8, 100.0))


@pytest.mark.parametrize(
    ("men", "women", "what"), [(0.49, 0.51, "shares"), (49, 51, "percent"), (48.4, 50.5, "percent")]
)
def test_shares_and_percent_are_not_people(men: float, women: float, what: str) -> None:
    margins = {"gender": {"men": men, "women": women}}
    with pytest.raises(BenchmarkError, match=rf"{what} and not people.*scale_to='weights'"):
        calibrate(Weights.delivered(np.full(8, 300.0)), FRAME, margins)
    scaled = calibrate(START, FRAME, margins, scale_to="weights")
    assert scaled.total == pytest.approx(800)
    assert scaled.values[0] == pytest.approx(800 * men / (men + women) / 4)
    # who wants weights that sum to it says so
    assert calibrate(START, FRAME, margins, scale_to=1).total == pytest.approx(1)


def test_shares_within_groups() -> None:
    own = {"gender": {"men": 0.4, "women": 0.6}}
    with pytest.raises(BenchmarkError, match=r"in a sum to 1 .*shares.*scale_to"):
        calibrate(START, FRAME, {"a": own, "b": own}, by="area")
    cells = {("a", "men"): 0.2, ("a", "women"): 0.2, ("b", "men"): 0.3, ("b", "women"): 0.3}
    with pytest.raises(BenchmarkError, match=r"sum to 1 .*shares.*scale_to"):
        calibrate(START, FRAME, {("area", "gender"): cells}, by="area")
    people = pd.Series({"a": 1000, "b": 500})
    found = calibrate(START, FRAME, {"a": own, "b": own}, by="area", scale_to=people)
    assert found.values[:4].sum() == pytest.approx(1000)
    assert found.values[4:].sum() == pytest.approx(500)


def test_small_populations_are_people() -> None:
    small = Weights.delivered(np.full(8, 12.0))
    assert calibrate(small, FRAME, {"gender": {"men": 49, "women": 51}}).total == pytest.approx(100)
    ones = Weights.delivered(np.full(8, 1 / 8))
    shares = {"gender": {"men": 0.49, "women": 0.51}}
    assert calibrate(ones, FRAME, shares).total == pytest.approx(1)
    # one number is no share of anything
    assert calibrate(START, FRAME, {None: 1}).total == pytest.approx(1)


def test_shares_that_sum_to_something_else_are_not_scaled() -> None:
    wrong = {"gender": {"men": 0.49, "women": 0.61}}
    with pytest.raises(BenchmarkError, match=r"'gender' seem to be shares, but sum to 1\.1 "):
        calibrate(START, FRAME, wrong, scale_to="weights")
    good, bad = {"men": 0.4, "women": 0.6}, {"men": 0.4, "women": 0.4}
    margins = {"a": {"gender": good}, "b": {"gender": bad}}
    with pytest.raises(BenchmarkError, match=r"in b seem to be shares"):
        calibrate(START, FRAME, margins, by="area", scale_to="weights")
    # shares of everybody, crossed with the groups, sum to 1 over all groups
    cells = {(a, g): 0.25 for a in "ab" for g in good}
    found = calibrate(START, FRAME, {("area", "gender"): cells}, by="area", scale_to="weights")
    assert found.values == pytest.approx(START.values)
    rounded = {"gender": {"men": 0.33, "women": 0.66}}
    assert calibrate(START, FRAME, rounded, scale_to=900).values[0] == pytest.approx(75)


def test_a_number_is_not_scaled_beside_people() -> None:
    margins: dict[str, Any] = {"gender": {"men": 0.5, "women": 0.5}, "income": 2800}
    with pytest.raises(InputError, match=r"number 'income' as it is; .*leave scale_to out"):
        calibrate(START, FRAME, margins, scale_to="weights")
    near = {"gender": {"men": 398, "women": 400}, "income": 2850}
    found = calibrate(START, FRAME, near, scale_to="weights")
    assert found.total == pytest.approx(800)
    assert found.values @ FRAME["income"] == pytest.approx(2850)


def test_scale_to_by_group_needs_groups() -> None:
    margins = {"gender": {"men": 0.5, "women": 0.5}}
    for people in ({"a": 3}, pd.Series({"a": 3})):
        with pytest.raises(InputError, match="there are no groups"):
            calibrate(START, FRAME, margins, scale_to=people)
    with pytest.raises(BenchmarkError, match="not a positive number"):
        calibrate(START, FRAME, margins, scale_to=[800])  # type: ignore[arg-type]


def test_a_common_population_may_sum_to_one() -> None:
    found = common_population(START, FRAME, START, FRAME, ["gender"], total=1)
    assert found.first.total == pytest.approx(1)
