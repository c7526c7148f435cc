"""Base weights and post-stratification on arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey_stats.errors import DesignError, InputError, SurveyStatsError
from survey_stats.weight import (
    BaseWeightError,
    BenchmarkError,
    EmptyCellError,
    Step,
    UnknownCellError,
    Weights,
    base_weights,
    cross,
    kish_by_group,
    kish_design_effect,
    post_stratify,
)


def test_base_weights_are_population_over_people_drawn_not_answered() -> None:
    # 10 drawn in stratum a, 2 answered: each still stands for 100 / 10
    weights = base_weights({"a": 100, "b": 30}, {"a": 10, "b": 5}, ["a", "b", "a"])
    assert weights.values.tolist() == [10.0, 6.0, 10.0]
    assert weights.steps[0].kind == "base"
    assert weights.base.tolist() == weights.values.tolist()


def test_post_stratification_by_hand() -> None:
    start = base_weights(
        {"a": 100, "b": 30}, {"a": 10, "b": 5}, ["a", "a", "b", "b"], on=["stadsdel"]
    )
    done = post_stratify(start, ["m", "w", "m", "w"], {"m": 32, "w": 80}, on=["gender"])
    # cells sum to 16 and 16 before
    assert done.values == pytest.approx([20, 50, 12, 30])
    assert done.total == pytest.approx(112)
    assert done.steps[1].factor == pytest.approx([2, 5, 2, 5])
    assert done.values == pytest.approx(done.base * done.steps[1].factor)
    assert "stadsdel" in done.describe()
    assert "post-stratified to 2 cells of gender" in repr(done)


def test_weights_remember_every_step_in_order() -> None:
    start = base_weights({"a": 40}, {"a": 4}, ["a"] * 4)
    one = post_stratify(start, ["m", "m", "w", "w"], {"m": 18, "w": 22}, on=["gender"])
    two = post_stratify(one, ["y", "o", "y", "o"], {"y": 10, "o": 30}, on=["age"])
    assert [s.on for s in two.steps] == [("stratum",), ("gender",), ("age",)]
    product = np.prod([s.factor for s in two.steps], axis=0)
    assert two.values == pytest.approx(product)
    assert one.steps == two.steps[:2]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), cells=st.integers(1, 8))
def test_cells_sum_to_their_totals_and_nothing_moves_within_a_cell(seed: int, cells: int) -> None:
    rng = np.random.default_rng(seed)
    n = cells * 6
    cell = np.repeat(np.arange(cells), 6).astype(str)
    stratum = rng.integers(0, 3, n).astype(str)
    sizes = {s: 1000.0 * (1 + int(s)) for s in ("0", "1", "2")}
    start = base_weights(sizes, {"0": 50, "1": 70, "2": 90}, stratum)
    totals = {str(k): float(rng.uniform(1, 1e5)) for k in range(cells)}
    done = post_stratify(start, cell, totals)
    for k, total in totals.items():
        inside = cell == k
        assert done.values[inside].sum() == pytest.approx(total)
        ratio = done.values[inside] / start.values[inside]
        assert ratio == pytest.approx(ratio[0])
    # a second time changes nothing, and neither does another scale of the base weights
    assert post_stratify(done, cell, totals).values == pytest.approx(done.values)
    scaled = Weights(start.values * 17, start.steps)
    assert post_stratify(scaled, cell, totals).values == pytest.approx(done.values)


def test_a_cell_where_people_live_and_nobody_answered() -> None:
    start = base_weights({"a": 10}, {"a": 5}, ["a"])
    with pytest.raises(EmptyCellError, match=r"Nobody answered in w"):
        post_stratify(start, ["m"], {"m": 5, "w": 5})
    # where nobody lives nobody need answer
    assert post_stratify(start, ["m"], {"m": 5, "w": 0}).values.tolist() == [5.0]


def test_a_respondent_in_an_unknown_cell() -> None:
    start = base_weights({"a": 10}, {"a": 5}, ["a", "a"])
    with pytest.raises(UnknownCellError, match="cell x without a population total"):
        post_stratify(start, ["m", "x"], {"m": 5})
    with pytest.raises(UnknownCellError, match="stratum b"):
        base_weights({"a": 10}, {"a": 5}, ["a", "b"])
    with pytest.raises(UnknownCellError, match="stratum b"):
        base_weights({"a": 10, "b": 10}, {"a": 5}, ["a", "b"])


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf")])
def test_totals_that_cannot_be(bad: float) -> None:
    start = base_weights({"a": 10}, {"a": 5}, ["a"])
    with pytest.raises(BenchmarkError, match="population total is negative or missing in m"):
        post_stratify(start, ["m"], {"m": bad})
    with pytest.raises(BenchmarkError, match="population is negative or missing in a"):
        base_weights({"a": bad}, {"a": 5}, ["a"])


def test_totals_of_zero_where_people_answered_and_samples_larger_than_the_population() -> None:
    start = base_weights({"a": 10}, {"a": 5}, ["a"])
    with pytest.raises(BenchmarkError, match="where the population is 0"):
        post_stratify(start, ["m"], {"m": 0})
    with pytest.raises(BenchmarkError, match="More people were drawn"):
        base_weights({"a": 5}, {"a": 10}, ["a"])
    with pytest.raises(BenchmarkError, match="where nobody was drawn"):
        base_weights({"a": 5}, {"a": 0}, ["a"])
    with pytest.raises(BenchmarkError, match="is empty"):
        post_stratify(start, ["m"], {})


@pytest.mark.parametrize("bad", [0.0, -2.0, float("nan"), float("inf")])
def test_base_weights_that_cannot_be(bad: float) -> None:
    broken = Weights(np.array([1.0, bad]), ())
    with pytest.raises(BaseWeightError, match="at position 1"):
        post_stratify(broken, ["m", "m"], {"m": 5})


def test_lengths_must_agree() -> None:
    start = base_weights({"a": 10}, {"a": 5}, ["a", "a"])
    with pytest.raises(BaseWeightError, match="2 weights and 1 respondents"):
        post_stratify(start, ["m"], {"m": 5})
    with pytest.raises(InputError, match="equally long"):
        cross(["a"], ["b", "c"])


def test_kish() -> None:
    rng = np.random.default_rng(7)
    w = rng.gamma(2.0, 1.0, 500)
    # 1 + squared coefficient of variation, the other way to write it
    assert kish_design_effect(w) == pytest.approx(1 + w.var() / w.mean() ** 2)
    assert kish_design_effect(w * 37) == pytest.approx(kish_design_effect(w))
    groups = np.where(np.arange(500) < 200, "a", "b")
    assert kish_by_group(w, groups)["b"] == pytest.approx(kish_design_effect(w[200:]))
    for bad in ([], [0.0, 0.0], [1.0, -1.0], [1.0, float("nan")]):
        with pytest.raises(InputError, match="finite weights"):
            kish_design_effect(bad)
    with pytest.raises(InputError, match="one label a weight"):
        kish_by_group([1.0, 2.0], ["a"])


def test_errors_are_of_the_shared_families() -> None:
    assert issubclass(EmptyCellError, DesignError)
    assert issubclass(UnknownCellError, DesignError)
    assert issubclass(BaseWeightError, DesignError)
    assert issubclass(BenchmarkError, InputError)
    assert issubclass(BenchmarkError, SurveyStatsError)


def test_results_are_frozen() -> None:
    weights = base_weights({"a": 10}, {"a": 5}, ["a"])
    with pytest.raises(AttributeError):
        weights.values = np.array([1.0])  # type: ignore[misc]
    assert isinstance(weights.steps[0], Step)
