"""Design effects of weighting: by hand, by R, and where there is none."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_stats.errors import InputError
from survey_stats.weight.diagnostics import (
    kish_by_group,
    kish_design_effect,
    spencer_design_effect,
)

FOLDER = Path(__file__).parent / "reference"


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "sample.csv")


@pytest.fixture(scope="module")
def expected() -> dict[str, float]:
    table = pd.read_csv(FOLDER / "expected.csv")
    return dict(zip(table["name"], table["value"], strict=True))


def test_kish_by_hand():
    assert kish_design_effect([2, 2, 2]) == 1.0
    assert kish_design_effect([1, 1, 2]) == pytest.approx(3 * 6 / 16)
    assert kish_by_group([1, 1, 1, 3], [2, 2, 1, 1]) == {"1": 1.25, "2": 1.0}


def test_by_r(data, expected):
    assert kish_design_effect(data["w"]) == pytest.approx(expected["kish"], rel=1e-12)
    for column in ("y", "yes"):
        for of in ("total", "mean"):
            found = spencer_design_effect(data["w"], data[column], of)
            assert found == pytest.approx(expected[f"spencer_{of}_{column}"], rel=1e-9)


def test_spencer_is_kish_where_the_answer_has_nothing_to_do_with_the_weights():
    w = [1, 1, 3, 3]
    assert spencer_design_effect(w, [0, 1, 0, 1]) == pytest.approx(kish_design_effect(w))
    # for a total the mean of the answer counts as well, unless it is zero
    assert spencer_design_effect(w, [-1, 1, -1, 1], "total") == pytest.approx(1.25)
    assert spencer_design_effect(w, [9, 11, 9, 11], "total") == pytest.approx(1.25 + 100 * 0.25)


def test_spencer_is_small_where_the_answer_is_the_chance_of_being_drawn():
    w = np.array([1.0, 2, 4, 8, 16])
    assert spencer_design_effect(w, 1 / w, "total") == pytest.approx(0, abs=1e-9)


@given(
    st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=30),
    st.floats(-5, 5),
    st.floats(0.1, 10),
)
def test_spencer_does_not_depend_on_the_units(weights, shift, scale):
    w = np.array(weights)
    y = np.cos(np.arange(w.size) * 1.7)
    one = spencer_design_effect(w, y)
    assert one >= 0
    assert spencer_design_effect(scale * w, scale * y + shift) == pytest.approx(one, rel=1e-6)


def test_no_design_effect_where_all_answers_are_equal():
    assert np.isnan(spencer_design_effect([1, 2, 3], [1, 1, 1]))
    assert spencer_design_effect([5, 5], [0, 1]) == 1.0


def test_huge_and_tiny_weights_do_not_overflow():
    assert kish_design_effect([1e200, 3e200]) == 1.25
    assert kish_design_effect([1e-200, 3e-200]) == 1.25


@pytest.mark.parametrize(
    "weights", [[], [0, 0], [1, -1], [1, np.nan], [1, np.inf], ["a"], [[1, 2], [3, 4]], [None, 1]]
)
def test_what_has_no_design_effect_is_refused(weights):
    with pytest.raises(InputError):
        kish_design_effect(weights)


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        ([0, 1], "an answer for each"),
        ([0, 1, np.nan], "leave out those without an answer"),
        (["ja", "nej", "ja"], "numeric or boolean"),
    ],
)
def test_spencer_refuses_answers_that_are_not(outcome, text):
    with pytest.raises(InputError, match=text):
        spencer_design_effect([1, 2, 3], outcome)
    with pytest.raises(InputError, match="'mean' or a 'total'"):
        spencer_design_effect([1, 2, 3], [0, 1, 1], "median")
    with pytest.raises(InputError, match="positive weight"):
        spencer_design_effect([1, 2, 0], [0, 1, 1])
