"""Weights, tables and surveys in the forms that an analyst has them in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from survey_stats.errors import InputError
from survey_stats.estimate import Survey
from survey_stats.weight import (
    BenchmarkError,
    UnknownCellError,
    Weights,
    adjust_classes,
    adjust_propensity,
    base_weights,
    calibrate,
    common_population,
    post_stratify,
    trim,
)

FRAME = pd.DataFrame(
    {"g": ["a", "a", "b", "b"], "answered": [1, 0, 1, 1], "w": [10.0, 20.0, 30.0, 60.0]}
)
LIST = [10, 20, 30, 60]
FORMS: list[Any] = [
    LIST,
    tuple(LIST),
    np.array(LIST),
    FRAME["w"],
    FRAME["w"].astype("Int64"),
    FRAME["w"].astype(object),
]


@pytest.mark.parametrize("given", FORMS, ids=lambda g: type(g).__name__)
def test_plain_numbers_are_weights_as_delivered(given: Any) -> None:
    margins = {"g": {"a": 50, "b": 70}}
    found = calibrate(given, FRAME, margins)
    assert found.values == pytest.approx(calibrate(Weights.delivered(LIST), FRAME, margins).values)
    assert [s.kind for s in found.steps] == ["delivered", "calibrated"]
    assert trim(given, upper=50).total == pytest.approx(120)
    assert adjust_classes(given, FRAME, "answered", "g").total == pytest.approx(120)
    assert adjust_propensity(given, FRAME, "answered", "1").values[1] == 0
    assert post_stratify(given, FRAME["g"], margins["g"]).total == pytest.approx(120)


@pytest.mark.parametrize("given", ["abc", ["x", "y", "z", "w"], FRAME, FRAME["g"], object()])
def test_what_is_no_weight_is_refused(given: Any) -> None:
    with pytest.raises(InputError, match="Weights are"):
        calibrate(given, FRAME, {"g": {"a": 50, "b": 70}})
    with pytest.raises(InputError, match="Weights are"):
        trim(given, upper=50)


def test_a_series_in_another_order_is_refused() -> None:
    with pytest.raises(InputError, match="not called as those of the frame"):
        calibrate(FRAME["w"].sort_values(ascending=False), FRAME, {"g": {"a": 50, "b": 70}})


def test_base_weights_of_series() -> None:
    people = pd.Series({"b": 50, "a": 100})
    drawn = pd.Series({"a": 10, "b": 10})
    assert base_weights(people, drawn, ["a", "b", "b"]).values.tolist() == [10, 5, 5]
    # codes as numbers
    by_code = base_weights(pd.Series({1: 100, 2: 50}), pd.Series({1: 10, 2: 10}), [1, 2, 2])
    assert by_code.values.tolist() == [10, 5, 5]
    with pytest.raises(UnknownCellError, match="stratum c "):
        base_weights(people, drawn, ["a", "c"])
    with pytest.raises(BenchmarkError, match="twice"):
        base_weights(pd.Series([1, 2, 3], ["a", "a", "b"]), drawn, ["a"])
    with pytest.raises(InputError, match="not list"):
        base_weights([100, 50], drawn, ["a"])  # type: ignore[arg-type]
    for bad in (pd.NA, None, "many"):
        with pytest.raises(BenchmarkError, match="negative or missing in a"):
            base_weights({"a": bad, "b": 3}, drawn, ["a"])  # type: ignore[dict-item]


@pytest.mark.parametrize("bounds", [("0,5", "3"), (0.5, "three"), "ab", ([0.5], [2, 3])])
def test_bounds_that_are_no_numbers(bounds: Any) -> None:
    with pytest.raises(InputError, match="bounds are") as caught:
        calibrate(LIST, FRAME, {"g": {"a": 50, "b": 70}}, bounds=bounds)
    assert "\n" not in str(caught.value)


def test_two_surveys_in_place_of_weights_and_frames() -> None:
    other = FRAME.iloc[[0, 1, 1, 2]].reset_index(drop=True)
    one, two = Survey(FRAME, weights="w"), Survey(other, weights="w")
    expected = common_population(LIST, FRAME, other["w"], other, "g", total=100)
    for found in (
        common_population(one, two, "g", total=100),
        common_population(one, two, on=["g"], total=100),
        common_population(one, None, two, None, "g", total=100),
        common_population(one.weighting, FRAME, two.weighting, other, "g", total=100),
    ):
        assert found.first.values == pytest.approx(expected.first.values)
        assert found.second.values == pytest.approx(expected.second.values)


@pytest.mark.parametrize("given", [(LIST, LIST, "g"), (LIST,), (LIST, FRAME, LIST, None, "g")])
def test_a_survey_without_a_frame_is_refused(given: tuple[Any, ...]) -> None:
    with pytest.raises(InputError, match="give weights and a DataFrame of each survey"):
        common_population(*given)
    with pytest.raises(InputError, match="on="):
        common_population(LIST, FRAME, LIST, FRAME)
