"""What calibration must be equal to, whatever the numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from survey_stats.weight import Weights, calibrate, post_stratify
from survey_stats.weight.population import city_population
from tests.weight.calibration_cases import other_weights, respondents, start_of, totals_of

METHODS = [
    ("raking", {}),
    ("linear", {}),
    ("entropy", {}),
    ("truncated", {"bounds": (0.7, 1.5)}),
    ("logit", {"bounds": (0.3, 3)}),
    ("raking", {"bounds": (0.8, 1.4)}),
]
NAMES = [m + ("-bounded" if o and m == "raking" else "") for m, o in METHODS]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return respondents()


@pytest.fixture(scope="module")
def margins(frame: pd.DataFrame) -> dict:
    target = frame["weight"].to_numpy() * np.linspace(0.85, 1.3, len(frame))
    return totals_of(frame, target, "district", "gender", "age", "income")


def proportional_fitting(frame: pd.DataFrame, margins: dict) -> np.ndarray:
    w = frame["weight"].to_numpy().copy()
    for _ in range(3000):
        before = w.copy()
        for column, totals in margins.items():
            w *= (totals / pd.Series(w).groupby(frame[column]).sum())[frame[column]].to_numpy()
        if np.abs(w / before - 1).max() < 1e-15:
            break
    return w


def test_raking_is_iterative_proportional_fitting(frame: pd.DataFrame) -> None:
    margins = totals_of(frame, other_weights(frame), "district", "gender", "age")
    found = calibrate(start_of(frame), frame, margins).values
    np.testing.assert_allclose(found, proportional_fitting(frame, margins), rtol=1e-12)


def test_linear_is_the_regression_estimator(frame: pd.DataFrame, margins: dict) -> None:
    found = calibrate(start_of(frame), frame, margins, method="linear").values
    x = pd.get_dummies(frame[["district", "gender", "age"]]).assign(income=frame["income"])
    X, d, y = x.to_numpy(float), frame["weight"].to_numpy(), np.sqrt(frame["income"].to_numpy())
    t = np.array([margins[c.split("_")[0]][c.split("_")[1]] for c in x.columns[:-1]])
    t = np.append(t, margins["income"])
    beta = np.linalg.pinv(X.T @ (d[:, None] * X)) @ X.T @ (d * y)
    assert found @ y == pytest.approx(d @ y + (t - X.T @ d) @ beta, rel=1e-12)


@pytest.mark.parametrize("method", ["raking", "linear", "entropy", "post-stratification"])
def test_one_crossed_margin_is_post_stratification(frame: pd.DataFrame, method: str) -> None:
    margins = totals_of(frame, other_weights(frame), ("district", "age"))
    found = calibrate(start_of(frame), frame, margins, method=method)
    cells = (frame["district"] + "/" + frame["age"]).to_numpy()
    totals = {"/".join(k): v for k, v in margins["district", "age"].items()}
    expected = post_stratify(start_of(frame), cells, totals)
    np.testing.assert_allclose(found.values, expected.values, rtol=1e-13)
    scores = found.values * np.random.default_rng(2).normal(size=len(frame))
    one, two = found.steps[-1].influence, expected.steps[-1].influence
    assert one is not None
    assert two is not None
    np.testing.assert_allclose(one.apply(scores), two.apply(scores), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("method", "options"), METHODS, ids=NAMES)
class TestInvariance:
    def fit(self, frame: pd.DataFrame, margins: object, method: str, options: dict) -> Weights:
        return calibrate(start_of(frame), frame, margins, method=method, **options)

    def test_totals_are_met(self, frame, margins, method, options) -> None:
        table = self.fit(frame, margins, method, options).steps[-1].details["margins"]
        np.testing.assert_allclose(table["after"], table["target"], rtol=1e-12)
        assert list(table.columns) == ["variable", "level", "before", "target", "after"]

    def test_order_of_margins_does_not_matter(self, frame, margins, method, options) -> None:
        turned = dict(reversed(margins.items()))
        np.testing.assert_allclose(
            self.fit(frame, turned, method, options).values,
            self.fit(frame, margins, method, options).values,
            rtol=1e-11,
        )

    def test_order_of_rows_does_not_matter(self, frame, margins, method, options) -> None:
        turned = frame.iloc[::-1]
        np.testing.assert_allclose(
            self.fit(turned, margins, method, options).values[::-1],
            self.fit(frame, margins, method, options).values,
            rtol=1e-11,
        )

    def test_redundant_margins_change_nothing(self, frame, margins, method, options) -> None:
        more = {**margins, None: float(margins["gender"].sum())}
        np.testing.assert_allclose(
            self.fit(frame, more, method, options).values,
            self.fit(frame, margins, method, options).values,
            rtol=1e-11,
        )

    def test_rows_of_weight_zero_change_nothing(self, frame, margins, method, options) -> None:
        silent = frame.head(60).assign(weight=0.0, gender=None, income=np.nan, district="nowhere")
        both = pd.concat([frame.iloc[:100], silent, frame.iloc[100:]], ignore_index=True)
        found = self.fit(both, margins, method, options)
        alone = self.fit(frame, margins, method, options)
        answered = both["weight"].to_numpy() > 0
        np.testing.assert_allclose(found.values[answered], alone.values, rtol=1e-12)
        assert (found.values[~answered] == 0).all()
        assert (found.steps[-1].factor[~answered] == 1).all()
        scores = np.random.default_rng(0).normal(size=len(frame)) * alone.values
        wide = np.zeros(len(both))
        wide[answered] = scores
        changed = found.steps[-1].influence.apply(wide)
        np.testing.assert_allclose(
            changed[answered], alone.steps[-1].influence.apply(scores), rtol=1e-9, atol=1e-9
        )
        assert (changed[~answered] == 0).all()

    def test_twins_share_the_weight_of_one(self, frame, margins, method, options) -> None:
        halves = pd.concat([frame, frame], ignore_index=True)
        halves["weight"] /= 2
        alone = self.fit(frame, margins, method, options).values
        found = self.fit(halves, margins, method, options).values
        np.testing.assert_allclose(found, np.tile(alone / 2, 2), rtol=1e-11)

    def test_a_second_time_changes_nothing(self, frame, margins, method, options) -> None:
        once = self.fit(frame, margins, method, options)
        twice = calibrate(once, frame, margins, method=method, **options)
        np.testing.assert_allclose(twice.values, once.values, rtol=1e-12)
        assert len(twice.steps) == 3

    def test_input_is_left_alone(self, frame, margins, method, options) -> None:
        before, start = frame.copy(deep=True), start_of(frame)
        calibrate(start, frame, margins, method=method, **options)
        pd.testing.assert_frame_equal(frame, before)
        np.testing.assert_array_equal(start.values, before["weight"])
        assert len(start.steps) == 1


@pytest.mark.parametrize("method", ["raking", "linear", "entropy"])
def test_the_scale_of_the_weights_before_does_not_matter(
    frame: pd.DataFrame, margins: dict, method: str
) -> None:
    small = Weights.delivered(frame["weight"] / frame["weight"].mean())
    np.testing.assert_allclose(
        calibrate(small, frame, margins, method=method).values,
        calibrate(start_of(frame), frame, margins, method=method).values,
        rtol=1e-11,
    )


def test_base_weights_are_not_dropped(frame: pd.DataFrame, margins: dict) -> None:
    own = calibrate(start_of(frame), frame, margins).values
    equal = calibrate(Weights.delivered(np.ones(len(frame))), frame, margins).values
    assert np.abs(own / equal - 1).max() > 0.5
    assert np.unique(own.round(6)).size > 100


def test_entropy_keeps_the_sum_where_margins_count_nobody(frame: pd.DataFrame) -> None:
    income = {"income": 1.1 * float(frame["weight"] @ frame["income"])}
    start = start_of(frame)
    balanced = calibrate(start, frame, income, method="entropy")
    assert balanced.total == pytest.approx(start.total, rel=1e-13)
    raked = calibrate(start, frame, income)
    assert raked.total > start.total * 1.01
    same = calibrate(start, frame, {**income, None: start.total})
    np.testing.assert_allclose(balanced.values, same.values, rtol=1e-12)
    with_people = income | totals_of(frame, other_weights(frame), "gender")
    np.testing.assert_allclose(
        calibrate(start, frame, with_people, method="entropy").values,
        calibrate(start, frame, with_people).values,
        rtol=1e-13,
    )


def test_bounds_far_away_change_nothing(frame: pd.DataFrame, margins: dict) -> None:
    start = start_of(frame)
    for method, plain in (("truncated", "linear"), ("raking", "raking")):
        np.testing.assert_allclose(
            calibrate(start, frame, margins, method=method, bounds=(1e-9, 1e9)).values,
            calibrate(start, frame, margins, method=plain).values,
            rtol=1e-11,
        )


@pytest.mark.parametrize("method", ["truncated", "raking", "logit"])
def test_bounds_hold(frame: pd.DataFrame, margins: dict, method: str) -> None:
    start = start_of(frame)
    found = calibrate(start, frame, margins, method=method, bounds=(0.8, 1.4))
    factor = found.steps[-1].factor
    assert factor.min() >= 0.8 * (1 - 1e-12)
    assert factor.max() <= 1.4 * (1 + 1e-12)
    low, high = np.quantile(start.values, [0.01, 0.99])
    inside = start_of(frame.assign(weight=frame["weight"].clip(low + 0.1, high - 0.1)))
    found = calibrate(inside, frame, margins, method=method, bounds=(low, high), bounds_on="weight")
    assert found.values.min() >= low * (1 - 1e-12)
    assert found.values.max() <= high * (1 + 1e-12)
    details = found.steps[-1].details
    np.testing.assert_allclose(details["margins"]["after"], details["margins"]["target"])
    assert details["bounds_on"] == "weight"


def test_groups_are_calibrated_each_by_itself(frame: pd.DataFrame) -> None:
    target = other_weights(frame)
    crossed = totals_of(frame, target, ("district", "gender"), ("district", "age"))
    start = start_of(frame)
    found = calibrate(start, frame, crossed, by="district")
    tables = [s.rename("population").reset_index() for s in crossed.values()]
    by_group = {
        d: totals_of(part, target[part.index], "gender", "age")
        for d, part in frame.groupby("district")
    }
    together = calibrate(start, frame, crossed)
    for other in (
        together,
        calibrate(start, frame, tables, by=["district"]),
        calibrate(start, frame, by_group, by="district"),
    ):
        np.testing.assert_allclose(other.values, found.values, rtol=1e-11)
    for name, part in frame.groupby("district"):
        alone = calibrate(Weights.delivered(part["weight"]), part.reset_index(), by_group[name])
        np.testing.assert_allclose(alone.values, found.values[part.index], rtol=1e-11)
    scores = found.values * frame["income"].to_numpy()
    np.testing.assert_allclose(
        found.steps[-1].influence.apply(scores),
        together.steps[-1].influence.apply(scores),
        rtol=1e-8,
        atol=1e-6,
    )
    table = found.steps[-1].details["margins"]
    assert list(table.columns) == ["variable", "level", "group", "before", "target", "after"]
    assert set(table["group"]) == set(frame["district"])
    assert set(table["variable"]) == {"gender", "age"}
    assert found.steps[-1].details["by"] == ("district",)


def test_groups_may_have_margins_of_their_own(frame: pd.DataFrame) -> None:
    target = other_weights(frame)
    margins = {
        d: totals_of(part, target[part.index], *(["income"] if k == 0 else ["gender", "age"]))
        for k, (d, part) in enumerate(frame.groupby("district"))
    }
    found = calibrate(start_of(frame), frame, margins, by="district", method="entropy")
    first = (frame["district"] == "district0").to_numpy()
    assert found.values[first].sum() == pytest.approx(frame["weight"][first].sum(), rel=1e-12)
    assert found.values[first] @ frame["income"][first] == pytest.approx(
        target[first] @ frame["income"][first], rel=1e-12
    )
    table = found.steps[-1].details["margins"]
    np.testing.assert_allclose(table["after"], table["target"], rtol=1e-12)


def test_households_share_one_factor_and_the_totals_are_met(frame: pd.DataFrame) -> None:
    home = np.repeat(np.arange(150), 3)[: len(frame)]
    weight = frame.groupby(home)["weight"].transform("mean")
    frame = frame.assign(home=home, weight=weight)
    margins = totals_of(frame, other_weights(frame), "district", "gender", "income")
    found = calibrate(start_of(frame), frame, margins, household="home")
    factor = pd.Series(found.steps[-1].factor)
    assert (factor == factor.groupby(home).transform("first")).all()
    table = found.steps[-1].details["margins"]
    np.testing.assert_allclose(table["after"], table["target"], rtol=1e-12)
    alone = calibrate(
        start_of(frame), frame.assign(home=range(len(frame))), margins, household="home"
    )
    np.testing.assert_allclose(
        alone.values, calibrate(start_of(frame), frame, margins).values, rtol=1e-11
    )


DAYS = pd.to_datetime(["2024-01-01", "2024-02-01"])
AGES = pd.cut([1, 5], [0, 3, 9])


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f.astype({"district": "category", "gender": "category"}),
        lambda f: f.astype({"district": "string", "gender": "string"}),
        lambda f: f.astype({"district": object, "gender": object}),
        lambda f: f.assign(
            district=pd.Categorical(f["district"], [f"district{k}" for k in "9321045"])
        ),
        lambda f: f.astype({"income": "Float64"}),
        lambda f: f.set_index(pd.Index(range(5, 5 + len(f)))),
        lambda f: f.set_index(pd.Index(["same"] * len(f))),
    ],
    ids=["category", "string", "object", "unused categories", "nullable", "index", "index twice"],
)
def test_dtype_and_index_of_the_frame_do_not_matter(frame, margins, change) -> None:
    np.testing.assert_allclose(
        calibrate(start_of(frame), change(frame), margins).values,
        calibrate(start_of(frame), frame, margins).values,
        rtol=1e-13,
    )


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        ([1, 2], [1, 2]),
        ([1, 2], [1.0, 2.0]),
        ([1.0, 2.0], [1, 2]),
        (pd.array([1, 2], dtype="Int64"), [np.int64(1), np.float64(2)]),
        ([False, True], [False, True]),
        (pd.array([False, True], dtype="boolean"), [False, True]),
        (
            pd.to_datetime(["2024-01-01", "2024-02-01"]),
            pd.to_datetime(["2024-01-01", "2024-02-01"]),
        ),
        (pd.Categorical([2020, 2023]), [2020, 2023]),
        (AGES, list(AGES.categories)),
    ],
    ids=[
        "int",
        "float totals",
        "float frame",
        "Int64",
        "bool",
        "boolean",
        "date",
        "cat",
        "interval",
    ],
)
def test_levels_of_every_kind_match(values, levels) -> None:
    frame = pd.DataFrame({"level": values})
    found = calibrate(
        Weights.delivered([1, 1]), frame, {"level": dict(zip(levels, [30, 70], strict=True))}
    )
    np.testing.assert_allclose(found.values, [30, 70])


def test_scale_to_keeps_the_proportions(frame: pd.DataFrame) -> None:
    margins = totals_of(frame, other_weights(frame), "district", "gender")
    counts = {
        "district": margins["district"] * 3,
        "gender": margins["gender"] / margins["gender"].sum(),
    }
    start = start_of(frame)
    same = {k: v * (5000 / v.sum()) for k, v in margins.items()}
    np.testing.assert_allclose(
        calibrate(start, frame, counts, scale_to=5000).values,
        calibrate(start, frame, same).values,
        rtol=1e-12,
    )
    kept = calibrate(start, frame, counts, scale_to="weights")
    assert kept.total == pytest.approx(start.total, rel=1e-13)
    by_group = totals_of(frame, other_weights(frame), ("district", "gender"))
    people = {f"district{k}": 1000.0 * (k + 1) for k in range(4)}
    found = calibrate(start, frame, by_group, by="district", scale_to=people)
    sums = pd.Series(found.values).groupby(frame["district"]).sum()
    np.testing.assert_allclose(sums, list(people.values()), rtol=1e-12)


@pytest.mark.parametrize(
    ("method", "size"),
    [("raking", 1e-15), ("raking", 1e15), ("linear", 1e-6), ("linear", 1e6)],
)
def test_any_size_of_weights_and_totals(
    frame: pd.DataFrame, margins: dict, size: float, method: str
) -> None:
    plain = calibrate(start_of(frame), frame, margins, method=method).values
    small = Weights.delivered(frame["weight"] * size)
    found = calibrate(small, frame, margins, method=method)
    np.testing.assert_allclose(found.values, plain, rtol=1e-9)
    turned = {k: v * size for k, v in margins.items()}
    found = calibrate(start_of(frame), frame, turned, method=method)
    np.testing.assert_allclose(found.values, plain * size, rtol=1e-9)


def test_one_respondent() -> None:
    frame = pd.DataFrame({"gender": ["women"], "age": [40.0]})
    for method in ("raking", "linear", "entropy", "post-stratification"):
        found = calibrate(Weights.delivered([3.0]), frame, {"gender": {"women": 7}}, method=method)
        np.testing.assert_allclose(found.values, [7.0])
    both = calibrate(Weights.delivered([3.0]), frame, {"gender": {"women": 7}, "age": 280})
    np.testing.assert_allclose(both.values, [7.0])


def test_a_group_without_people_and_without_respondents_changes_nothing(
    frame: pd.DataFrame,
) -> None:
    by_group = {
        d: totals_of(part, part["weight"].to_numpy() * 2, "gender")
        for d, part in frame.groupby("district")
    }
    empty = {"nowhere": {"gender": {"gender0": 0, "gender1": 0}}}
    start = start_of(frame)
    found = calibrate(start, frame, by_group | empty, by="district")
    np.testing.assert_allclose(found.values, 2 * start.values, rtol=1e-12)
    sums = np.ones((found.steps[-1].refit.size, 2))
    assert np.isfinite(found.steps[-1].refit.factors(sums)).all()


def test_the_register_of_the_city_is_a_margin() -> None:
    register = city_population().select(2024, level="district").margin(by="district")
    frame = pd.DataFrame({"district": list(register["district"]) * 3})
    found = calibrate(Weights.delivered(np.ones(len(frame))), frame, register)
    sums = pd.Series(found.values).groupby(frame["district"]).sum()
    expected = register.set_index("district")["population"]
    np.testing.assert_allclose(sums, expected[sums.index], rtol=1e-13)


def test_a_chain_of_adjustments_is_remembered(frame: pd.DataFrame, margins: dict) -> None:
    once = calibrate(start_of(frame), frame, {"gender": margins["gender"]})
    twice = calibrate(once, frame, margins, method="linear")
    assert [step.kind for step in twice.steps] == ["delivered", "calibrated", "calibrated"]
    product = twice.steps[0].factor * twice.steps[1].factor * twice.steps[2].factor
    np.testing.assert_allclose(product, twice.values, rtol=1e-14)
    step = twice.steps[-1]
    assert step.on == ("district", "gender", "age", "income")
    assert step.labels[0] == "district: district0"
    assert step.labels[-1] == "income"
    np.testing.assert_array_equal(step.totals, step.details["margins"]["target"])
    assert "linear" in str(step)
