"""Weighting classes: factors by hand, errors of estimates, and what cannot be adjusted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from survey_stats.errors import DesignError, InputError, UnknownNameError
from survey_stats.weight import (
    BaseWeightError,
    BenchmarkError,
    EmptyCellError,
    UnknownCellError,
    Weights,
    post_stratify,
)
from survey_stats.weight.response.classes import adjust_classes
from survey_stats.weight.response.propensity import adjust_propensity

REFERENCE = Path(__file__).parent / "reference"


def sample(n: int = 60, seed: int = 1) -> tuple[np.ndarray, pd.DataFrame]:
    """Weights and rows of people drawn; about half answered, more among the old."""
    rng = np.random.default_rng(seed)
    age = rng.choice(["16-29", "30-64", "65-79"], n)
    gender = rng.choice(["men", "women"], n)
    answered = rng.random(n) < np.where(age == "16-29", 0.4, 0.7)
    frame = pd.DataFrame({"age": age, "gender": gender, "answered": answered})
    return rng.choice([3.0, 8.0, 20.0], n), frame


def test_factors_by_hand() -> None:
    frame = pd.DataFrame(
        {"c": ["a", "a", "a", "b", "b"], "r": [True, False, True, True, False], "x": 1}
    )
    start = Weights.delivered([10, 20, 30, 5, 15])
    done = adjust_classes(start, frame, "r", "c")
    # a: 60 drawn, 40 answered; b: 20 and 5
    assert done.values == pytest.approx([15, 0, 45, 20, 0])
    assert done.total == pytest.approx(start.total)
    of_people = adjust_classes(start, frame, "r", "c", weighted=False)
    assert of_people.values == pytest.approx([15, 0, 45, 10, 0])
    step = done.steps[-1]
    assert step.kind == "non-response"
    assert step.on == ("c",)
    assert step.labels == ("a", "b")
    assert step.details["response_rate"] == pytest.approx(45 / 80)
    assert step.details["largest_factor"] == 4
    assert "a (2), b (1)" in step.details["few_answers"]
    table = step.details["classes"]
    assert list(table.columns) == ["c", "n_answered", "drawn", "answered", "rate", "factor"]
    assert table["rate"].tolist() == pytest.approx([40 / 60, 0.25])
    assert "adjusted for non-response in 2 classes of c" in done.describe()


def test_numbers_drawn_from_a_table() -> None:
    frame = pd.DataFrame({"c": ["a", "a", "b"], "g": ["m", "w", "m"]})
    start = Weights.delivered([10, 20, 5])
    people = pd.DataFrame(
        {"c": ["b", "a", "a", "b"], "g": ["m", "w", "m", "w"], "drawn": [4, 3, 2, 0]}
    )
    done = adjust_classes(start, frame, None, ["c", "g"], drawn=people)
    assert done.values == pytest.approx([20, 60, 20])
    assert "without error" in done.steps[-1].details["drawn"]
    mapped = {"a | m": 2, "a | w": 3, "b | m": 4}
    assert adjust_classes(start, frame, None, ["c", "g"], drawn=mapped).values == pytest.approx(
        done.values
    )
    indexed = people.set_index(["c", "g"])["drawn"]
    assert adjust_classes(start, frame, None, ["c", "g"], drawn=indexed).values == pytest.approx(
        done.values
    )


def test_sums_of_weights_drawn_are_post_stratification() -> None:
    weights, frame = sample()
    answered = frame[frame["answered"]].reset_index(drop=True)
    start = Weights.delivered(weights[frame["answered"]])
    drawn = pd.Series(weights).groupby(frame["age"]).sum()
    done = adjust_classes(start, answered, None, "age", drawn=drawn, weighted=True)
    whole = adjust_classes(Weights.delivered(weights), frame, "answered", "age")
    assert done.values == pytest.approx(whole.values[frame["answered"]])
    same = post_stratify(start, answered["age"], drawn.to_dict())
    assert done.values == pytest.approx(same.values)
    z = np.random.default_rng(0).normal(size=start.n)
    ours, theirs = done.steps[-1].influence, same.steps[-1].influence
    assert ours is not None
    assert theirs is not None
    assert ours.apply(z) == pytest.approx(theirs.apply(z))
    assert done.steps[-1].totals == pytest.approx(drawn.to_numpy())


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("classes", ["age", ["age", "gender"]])
def test_errors_where_everybody_drawn_is_a_row(
    weighted: bool, classes: object, check_influence: object, check_refit: object
) -> None:
    weights, frame = sample()
    weights[[3, 17]] = 0.0

    def adjust(start: Weights, rows: pd.DataFrame) -> Weights:
        return adjust_classes(start, rows, "answered", classes, weighted=weighted)

    check_refit(adjust, weights, frame, np.random.default_rng(8).integers(0, 4, (len(frame), 5)))
    if weighted:  # a rate of people changes by how often a row is there, not by its weight
        check_influence(adjust, weights, frame)


@pytest.mark.parametrize("given", [None, {"16-29": 40, "30-64": 30, "65-79": 25}])
def test_rates_of_people_move_with_how_often_rows_are_there(given: object) -> None:
    weights, frame = sample()
    if given is not None:
        weights, frame = weights[frame["answered"]], frame[frame["answered"]]
    who = "answered" if given is None else None
    done = adjust_classes(
        Weights.delivered(weights), frame, who, "age", drawn=given, weighted=False
    )
    u = np.random.default_rng(2).normal(3, 1, weights.size)
    step = done.steps[-1]
    assert step.influence is not None
    assert step.refit is not None
    found = step.influence.apply(done.values * u)

    def total(copies: np.ndarray) -> float:
        before = weights * copies
        sums = np.bincount(step.refit.code, before, minlength=step.refit.size)
        return float((before * step.refit.factors(sums[:, None])[step.refit.code, 0]) @ u)

    one, h = np.ones(weights.size), 1e-6
    by_difference = [
        (total(one + h * e) - total(one - h * e)) / (2 * h) for e in np.eye(weights.size)
    ]
    assert total(one) == pytest.approx(done.values @ u)
    np.testing.assert_allclose(found, by_difference, rtol=1e-6, atol=1e-4)


def test_rows_of_weight_zero_are_left_alone() -> None:
    frame = pd.DataFrame({"c": ["a", "a", None, "b"], "r": [1, 0, None, 1]})
    done = adjust_classes(Weights.delivered([2, 3, 0, 4]), frame, "r", "c")
    assert done.values == pytest.approx([5, 0, 0, 4])
    assert done.steps[-1].factor[2] == 1


@pytest.mark.parametrize(
    "responded",
    [
        [True, False, True],
        [1, 0, 1],
        [1.0, 0.0, 1.0],
        pd.array([True, False, True], dtype="boolean"),
        pd.array([1, 0, 1], dtype="Int8"),
        pd.Series([True, False, True], dtype=object),
        pd.Categorical([True, False, True]),
    ],
)
def test_kinds_of_columns(responded: object) -> None:
    frame = pd.DataFrame({"r": responded, "c": pd.Categorical(["y", "y", "x"], ["y", "x", "z"])})
    done = adjust_classes(Weights.delivered([1, 1, 1]), frame, "r", "c")
    assert done.values == pytest.approx([2, 0, 1])
    # levels keep their order, and those that nobody has are no classes
    assert done.steps[-1].labels == ("y", "x")


def test_a_chain_remembers_both_steps() -> None:
    weights, frame = sample(200)
    one = adjust_classes(Weights.delivered(weights), frame, "answered", ["age", "gender"])
    two = adjust_classes(one, frame.assign(kept=True), "kept", "age")
    assert two.values == pytest.approx(one.values)
    assert [s.kind for s in two.steps] == ["delivered", "non-response", "non-response"]


def test_classes_that_cannot_be() -> None:
    frame = pd.DataFrame({"c": ["a", "a", "b", "b"], "r": [True, True, False, False]})
    start = Weights.delivered([1, 1, 1, 1])
    with pytest.raises(EmptyCellError, match="drawn in b and nobody answered"):
        adjust_classes(start, frame, "r", "c")
    frame["r"] = [True, False, True, False]
    with pytest.raises(DesignError, match=r"Fewer than 2 people answered in the classes a \(1\)"):
        adjust_classes(start, frame, "r", "c", smallest=2)
    with pytest.raises(DesignError, match=r"above 1.5 in the classes a \(2.00\), b"):
        adjust_classes(start, frame, "r", "c", largest=1.5)


def test_columns_that_cannot_be() -> None:
    frame = pd.DataFrame({"age": ["a", None], "r": [True, False], "t": ["ja", "nej"]})
    start = Weights.delivered([1, 1])
    with pytest.raises(InputError, match="column 'age' of the weighting classes is missing in 1"):
        adjust_classes(start, frame, "r", "age")
    with pytest.raises(UnknownNameError, match="did you mean 'age'"):
        adjust_classes(start, frame, "r", "agee")
    with pytest.raises(InputError, match="must be true or false"):
        adjust_classes(start, frame, "t", "r")
    with pytest.raises(InputError, match="'x' of who answered is missing in 1 of 2"):
        adjust_classes(start, frame.assign(x=pd.array([True, None], "boolean")), "x", "r")
    with pytest.raises(InputError, match="is empty"):
        adjust_classes(start, frame, "r", [])
    with pytest.raises(InputError, match="twice"):
        adjust_classes(start, frame, "r", ["t", "t"])
    with pytest.raises(BaseWeightError, match="3 weights and 2 rows"):
        adjust_classes(Weights.delivered([1, 1, 1]), frame, "r", "t")
    for bad in (-1.0, float("nan"), float("inf")):
        with pytest.raises(BaseWeightError, match="at position 1"):
            adjust_classes(Weights(np.array([1.0, bad]), start.steps), frame, "r", "t")
    with pytest.raises(BaseWeightError, match="No row has a positive weight"):
        adjust_classes(Weights.delivered([0, 0]), frame, "r", "t")


def test_tables_of_numbers_drawn_that_cannot_be() -> None:
    frame = pd.DataFrame({"c": ["a", "a", "b"]})
    start = Weights.delivered([1, 1, 1])

    def adjust(drawn: object, **more: object) -> Weights:
        return adjust_classes(start, frame, None, "c", drawn=drawn, **more)

    with pytest.raises(InputError, match="either `responded`"):
        adjust(None)
    with pytest.raises(InputError, match="either `responded`"):
        adjust_classes(start, frame, "c", "c", drawn={"a": 3, "b": 3})
    with pytest.raises(UnknownCellError, match="answered in b, for which"):
        adjust({"a": 3})
    with pytest.raises(EmptyCellError, match="drawn in x and nobody"):
        adjust({"a": 3, "b": 3, "x": 1})
    with pytest.raises(BenchmarkError, match=r"More answered than were drawn in the classes a"):
        adjust({"a": 1, "b": 3})
    with pytest.raises(BenchmarkError, match="negative or missing in a"):
        adjust({"a": float("nan"), "b": 3})
    with pytest.raises(BenchmarkError, match="tells a more than once"):
        adjust(pd.DataFrame({"c": ["a", "a", "b"], "drawn": [2, 2, 2]}))
    with pytest.raises(UnknownNameError, match="column 'drawn' in the table `drawn`"):
        adjust(pd.DataFrame({"c": ["a", "b"], "n": [2, 2]}))


def test_a_replicate_without_answers_in_a_class_is_named() -> None:
    frame = pd.DataFrame({"c": ["a", "a", "b", "b"], "r": [True, False, True, True]})
    step = adjust_classes(Weights.delivered([1, 1, 1, 1]), frame, "r", "c").steps[-1]
    assert step.refit is not None
    sums = np.zeros((step.refit.size, 2))
    np.add.at(sums, step.refit.code, np.array([[1.0, 0], [1, 1], [1, 1], [1, 1]]))
    with pytest.raises(EmptyCellError, match="Replicate 2 has nobody who answered in a"):
        step.refit.factors(sums)
    # who is not there at all need not be answered for
    sums[:, 1] = 0
    assert np.isfinite(step.refit.factors(sums)).all()


def test_the_error_is_that_of_drawing_and_of_answering() -> None:
    """Variance by the influences against a simulation of sampling and answering."""
    rng = np.random.default_rng(11)
    n, classes = 400, np.array(["a", "b", "c"])
    rate, mean = np.array([0.3, 0.5, 0.8]), np.array([2.0, 0.0, 5.0])
    estimates, variances, naive = [], [], []
    for _ in range(400):
        c = rng.integers(0, 3, n)
        y = rng.normal(mean[c], 1)
        answered = rng.random(n) < rate[c]
        frame = pd.DataFrame({"c": classes[c], "r": answered})
        done = adjust_classes(Weights.delivered(np.full(n, 1 / n)), frame, "r", "c")
        estimates.append(done.values @ y)
        influence = done.steps[-1].influence
        z = done.values * y
        linear = influence.apply(z)
        assert linear.sum() == pytest.approx(estimates[-1])
        variances.append(n * np.var(linear, ddof=1))
        naive.append(n * np.var(z, ddof=1))
    truth = np.var(estimates, ddof=1)
    # 400 runs tell a variance to 7 percent (one standard error)
    assert np.mean(variances) == pytest.approx(truth, rel=0.2)
    assert np.mean(naive) > 1.5 * truth


def test_against_two_phases_and_a_jackknife_of_r() -> None:
    """R's twophase takes who answered as a second phase, its jackknife makes the classes again."""
    frame = pd.read_csv(REFERENCE / "nonresponse_sample.csv")
    told = pd.read_csv(REFERENCE / "nonresponse_errors.csv").set_index("statistic")["value"]
    done = adjust_classes(Weights.delivered(frame["w"].to_numpy()), frame, "answered", "age")
    y, n = frame["y"].to_numpy(), len(frame)
    mean = done.values @ y / done.total
    assert mean == pytest.approx(told["mean"], rel=1e-12)
    step = done.steps[-1]
    assert step.influence is not None
    assert step.refit is not None
    linear = step.influence.apply(done.values * (y - mean) / done.total)
    # R divides by the answers of a class less one, we by all drawn less one
    assert np.sqrt(n * np.var(linear, ddof=1)) == pytest.approx(told["se_twophase"], rel=0.005)
    before = frame["w"].to_numpy()[:, None] * (1 - np.eye(n)) * n / (n - 1)
    sums = np.zeros((step.refit.size, n))
    np.add.at(sums, step.refit.code, before)
    again = before * step.refit.factors(sums)[step.refit.code]
    means = y @ again / again.sum(axis=0)
    jackknife = np.sqrt((n - 1) / n * np.square(means - means.mean()).sum())
    assert jackknife == pytest.approx(told["se_jk1"], rel=1e-9)


@pytest.mark.parametrize("dtype", [bool, int, "boolean", object])
def test_the_same_who_did_not_answer_are_adjusted_for_once(dtype: object) -> None:
    weight, frame = sample()
    frame["answered"] = frame["answered"].astype(dtype)
    once = adjust_classes(Weights.delivered(weight), frame, "answered", "age")
    silent = int((~frame["answered"].astype(bool)).sum())
    with pytest.raises(
        DesignError, match=rf"All {silent} rows .* step 2 .*classes of age\).* one "
    ):
        adjust_classes(once, frame, "answered", "gender")
    with pytest.raises(DesignError, match="name all columns in that one step"):
        adjust_propensity(once, frame, "answered", ["gender"])
    # weights that came with zeros
    with pytest.raises(DesignError, match="nobody to adjust for"):
        adjust_classes(Weights.delivered(once.values), frame, "answered", "gender")
    together = adjust_classes(Weights.delivered(weight), frame, "answered", ["age", "gender"])
    assert together.total == pytest.approx(weight.sum())
    # a second stage of answering, of those who answered the first, is another matter
    frame["again"] = frame["answered"].astype(bool) & (np.arange(len(frame)) % 4 > 0)
    assert adjust_classes(once, frame, "again", "gender").total == pytest.approx(once.total)
