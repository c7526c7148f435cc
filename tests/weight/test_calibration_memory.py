"""What a calibration remembers: how errors change, and how it is made again in replicates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from survey_stats.weight import InfeasibleError, Weights, calibrate
from tests.weight.calibration_cases import other_weights, respondents, start_of, totals_of

CASES: dict[str, dict[str, Any]] = {
    "raking": {},
    "linear": {"method": "linear"},
    "entropy": {"method": "entropy"},
    "logit": {"method": "logit", "bounds": (0.4, 2.5)},
    "truncated": {"method": "truncated", "bounds": (0.75, 1.5)},
    "raking bounded": {"bounds": (0.8, 1.4)},
    "household": {"household": "home"},
    "ridge": {"ridge": {"income": 0.02, "age": 0.05}},
}


# what a ridge lets totals give depends on the sum of the weights, which is held fixed
EXACT = [case for case in CASES if case != "ridge"]


def sample(n: int = 90) -> pd.DataFrame:
    frame = respondents(n, seed=4)
    home = np.arange(n) // 3
    return frame.assign(home=home, weight=frame["weight"].groupby(home).transform("mean"))


def margins_of(frame: pd.DataFrame) -> dict[Any, Any]:
    target = frame["weight"].to_numpy() * np.linspace(0.9, 1.25, len(frame))
    return totals_of(frame, target, ("district", "gender"), "age", "income")


@pytest.mark.parametrize("case", EXACT)
def test_the_derivative_is_that_of_the_estimator(case: str, check_influence: Callable) -> None:
    frame = sample()
    margins = margins_of(frame)

    def adjust(weights: Weights, rows: pd.DataFrame) -> Weights:
        options = CASES[case]
        return calibrate(weights, rows, margins, linearisation="derivative", **options)

    if case == "household":
        # members have one weight before, so that single weights cannot be moved
        frame = frame.assign(home=range(len(frame)))
    check_influence(adjust, frame["weight"].to_numpy(), frame)


def test_of_a_linear_calibration_both_linearisations_are_the_derivative(
    check_influence: Callable,
) -> None:
    frame = sample()
    margins = margins_of(frame)
    check_influence(
        lambda w, rows: calibrate(w, rows, margins, method="linear"),
        frame["weight"].to_numpy(),
        frame,
    )


@pytest.mark.parametrize("linearisation", ["base", "derivative"])
@pytest.mark.parametrize("case", CASES)
def test_totals_that_are_met_have_no_error(case: str, linearisation: str) -> None:
    frame = sample()
    options = CASES[case] | {"linearisation": linearisation}
    found = calibrate(start_of(frame), frame, margins_of(frame), **options)
    gender = (frame["district"] + frame["gender"] == "district1gender0").to_numpy(float)
    for x in (gender, np.ones(len(frame))):
        scores = found.steps[-1].influence.apply(found.values * x)
        by_home = pd.Series(scores).groupby(frame["home"]).sum()
        assert np.abs(by_home).max() < 1e-9 * found.values.max()
    free = found.steps[-1].influence.apply(found.values * frame["income"].to_numpy() ** 2)
    assert np.abs(free).max() > 1


@pytest.mark.parametrize("case", EXACT)
def test_replicates_are_calibrated_as_the_sample_was(case: str, check_refit: Callable) -> None:
    frame = sample(240)
    margins = margins_of(frame)
    # bounds leave room for little: some homes are lost and as many are there twice
    homes = np.ones((80, 12), dtype=int)
    rng = np.random.default_rng(8)
    for r in range(12):
        drawn = rng.choice(80, 8, replace=False)
        homes[drawn, r] = [0, 2] * 4
    copies = np.repeat(homes, 3, axis=0)

    def adjust(weights: Weights, rows: pd.DataFrame) -> Weights:
        again = rows.groupby(["home", "income"]).cumcount().astype(str)
        rows = rows.assign(home=rows["home"].astype(str) + "/" + again)
        return calibrate(weights, rows, margins, **CASES[case])

    check_refit(adjust, frame["weight"].to_numpy(), frame, copies, rtol=1e-8)


def sums_of(step: Any, before: np.ndarray, multipliers: np.ndarray) -> np.ndarray:
    sums = np.zeros((step.refit.size, multipliers.shape[1]))
    np.add.at(sums, step.refit.code, before[:, None] * multipliers)
    return sums


@pytest.mark.parametrize("case", CASES)
def test_the_whole_sample_as_a_replicate_is_the_step_itself(case: str) -> None:
    frame = sample(240)
    step = calibrate(start_of(frame), frame, margins_of(frame), **CASES[case]).steps[-1]
    again = step.refit.factors(sums_of(step, frame["weight"].to_numpy(), np.ones((240, 2))))
    np.testing.assert_allclose(again[step.refit.code, 1], step.factor, rtol=1e-11)


def test_one_margin_is_met_in_closed_form() -> None:
    frame = sample(240)
    margins = totals_of(frame, other_weights(frame), ("district", "age"))
    step = calibrate(start_of(frame), frame, margins).steps[-1]
    multipliers = np.random.default_rng(1).uniform(0.2, 3, (240, 9))
    before = frame["weight"].to_numpy()
    again = step.refit.factors(sums_of(step, before, multipliers))
    after = before[:, None] * multipliers * again[step.refit.code]
    for r in range(9):
        sums = pd.Series(after[:, r]).groupby([frame["district"], frame["age"]]).sum()
        np.testing.assert_allclose(sums, margins["district", "age"], rtol=1e-13)


def test_groups_and_silent_rows_in_replicates() -> None:
    frame = sample(240)
    target = other_weights(frame)
    margins = totals_of(frame, target, ("district", "gender"), ("district", "age"))
    silent = np.zeros(240, dtype=bool)
    silent[::7] = True
    start = Weights.delivered(frame["weight"].where(~silent, 0.0))
    step = calibrate(start, frame, margins, by="district").steps[-1]
    multipliers = np.random.default_rng(1).uniform(0.2, 3, (240, 5))
    again = step.refit.factors(sums_of(step, start.values, multipliers))
    after = start.values[:, None] * multipliers * again[step.refit.code]
    assert (again[step.refit.code[silent]] == 1).all()
    for columns, totals in margins.items():
        for r in range(5):
            sums = pd.Series(after[:, r]).groupby([frame[c] for c in columns]).sum()
            np.testing.assert_allclose(sums, totals, rtol=1e-11)


def test_a_replicate_that_lost_a_level_is_named() -> None:
    frame = sample(240)
    margins = totals_of(frame, other_weights(frame), "district", "gender")
    step = calibrate(start_of(frame), frame, margins).steps[-1]
    multipliers = np.ones((240, 4))
    multipliers[(frame["district"] == "district2").to_numpy(), 2] = 0.0
    with pytest.raises(InfeasibleError, match="Replicate 3 has nobody in district: district2"):
        step.refit.factors(sums_of(step, frame["weight"].to_numpy(), multipliers))


def test_a_replicate_whose_totals_contradict_each_other_is_named() -> None:
    frame = sample(240)
    margins = totals_of(frame, other_weights(frame), "district", "gender")
    step = calibrate(start_of(frame), frame, margins).steps[-1]
    multipliers = np.ones((240, 4))
    apart = (frame["district"].isin(["district0"]) == (frame["gender"] == "gender0")).to_numpy()
    multipliers[~apart, 1] = 0.0
    with pytest.raises(InfeasibleError, match=r"Replicate 2: .*gender: gender0") as caught:
        step.refit.factors(sums_of(step, frame["weight"].to_numpy(), multipliers))
    assert "district: district0" in caught.value.margins


def test_a_replicate_that_would_need_weights_of_zero_is_named() -> None:
    frame = pd.DataFrame({"a": ["x", "x", "y", "y"], "b": ["p", "q", "p", "q"]})
    margins = {"a": {"x": 20.0, "y": 60.0}, "b": {"p": 20.0, "q": 60.0}}
    step = calibrate(Weights.delivered(np.ones(4)), frame, margins).steps[-1]
    multipliers = np.ones((4, 2))
    multipliers[2, 1] = 0.0
    with pytest.raises(InfeasibleError, match=r"Replicate 2: .*weights of zero .*\(a: x, b: q\)"):
        step.refit.factors(sums_of(step, np.ones(4), multipliers))


def test_replicates_do_not_depend_on_each_other() -> None:
    frame = sample(240)
    step = calibrate(start_of(frame), frame, margins_of(frame), method="raking").steps[-1]
    multipliers = np.random.default_rng(1).exponential(1, (240, 30))
    sums = sums_of(step, frame["weight"].to_numpy(), multipliers)
    together = step.refit.factors(sums)
    alone = np.column_stack([step.refit.factors(sums[:, [r]])[:, 0] for r in range(30)])
    np.testing.assert_allclose(together, alone, rtol=1e-9)
    table = step.details["margins"]
    for each in step.refit.parts:
        after = each.part.x.T @ (sums[each.part.patterns] * together[each.part.patterns])
        np.testing.assert_allclose(after, np.tile(table["target"], (30, 1)).T, rtol=1e-9)


class TestNearest:
    frame = pd.DataFrame({"a": ["x", "x", "y"] * 20, "b": ["p", "q", "q"] * 20})
    margins: ClassVar = {"a": {"x": 100.0, "y": 200.0}, "b": {"p": 150.0, "q": 150.0}}
    start = Weights.delivered(np.full(60, 5.0))

    @pytest.mark.parametrize(
        ("method", "bounds"),
        [("raking", None), ("truncated", (0, 50)), ("logit", (0.05, 4)), ("raking", (0.2, 4))],
    )
    def test_the_nearest_totals(self, method: Any, bounds: Any) -> None:
        found = calibrate(
            self.start, self.frame, self.margins, method=method, bounds=bounds, infeasible="nearest"
        )
        step = found.steps[-1]
        table = step.details["margins"].set_index(["variable", "level"])
        np.testing.assert_allclose(table["target"], [100, 200, 150, 150])
        assert table["after"].sum() == pytest.approx(2 * found.total)
        # only x are p, so x are at least as many as p: fewest points are lost where p and y are
        # fewer, by 50 and by the x that must be q all the same
        spare = 100 * {"truncated": 0.0, "logit": 0.05 + 0.01 * 0.95}.get(method, 0.2)
        if method == "raking" and bounds is None:
            spare = 100 * 0.01 * 1.125
        gaps = step.details["gaps"]
        assert set(gaps) == {"a: y", "b: p"}
        assert gaps["a: y"] == pytest.approx(-50 - spare)
        assert gaps["b: p"] == pytest.approx(-50 - spare)
        assert (found.values >= 0).all()
        if bounds:
            assert step.factor.min() >= bounds[0] - 1e-9
            assert step.factor.max() <= bounds[1] + 1e-9

    def test_replicates_go_to_their_own_nearest_totals(self) -> None:
        step = calibrate(self.start, self.frame, self.margins, infeasible="nearest").steps[-1]
        multipliers = np.random.default_rng(3).uniform(0.5, 2, (60, 6))
        multipliers[:, 0] = 1
        again = step.refit.factors(sums_of(step, self.start.values, multipliers))
        np.testing.assert_allclose(again[step.refit.code, 0], step.factor, rtol=1e-8)
        after = self.start.values[:, None] * multipliers * again[step.refit.code]
        assert (after > 0).all()

    def test_it_changes_nothing_where_the_totals_can_be_met(self) -> None:
        margins = {"a": {"x": 200.0, "y": 100.0}, "b": {"p": 120.0, "q": 180.0}}
        found = calibrate(self.start, self.frame, margins, infeasible="nearest")
        plain = calibrate(self.start, self.frame, margins)
        np.testing.assert_array_equal(found.values, plain.values)
        assert "gaps" not in found.steps[-1].details


class TestRidge:
    def test_it_goes_from_the_weights_before_to_the_exact_ones(self) -> None:
        frame = respondents()
        start = start_of(frame)
        margins = totals_of(frame, other_weights(frame), "district", "gender", "age")
        exact = calibrate(start, frame, margins).values
        off = []
        for ridge in (1e-5, 0.1, 1.0, 10.0, 1e6):
            found = calibrate(start, frame, margins, ridge=ridge)
            table = found.steps[-1].details["margins"]
            off.append(np.abs(table["after"] / table["target"] - 1).max())
        assert off == sorted(off)
        np.testing.assert_allclose(
            calibrate(start, frame, margins, ridge=1e-5).values, exact, rtol=1e-6
        )
        np.testing.assert_allclose(found.values, start.values, rtol=1e-6)

    def test_it_minimises_what_it_says(self) -> None:
        frame = respondents(60)
        start, d = start_of(frame), frame["weight"].to_numpy()
        target = d * np.random.default_rng(5).uniform(0.8, 1.2, 60)
        margins = totals_of(frame, target, "gender", "age")

        def cost(w: np.ndarray) -> float:
            g = w / d
            value = (d * (g * np.log(g) - g + 1)).sum()
            for column, totals in margins.items():
                sums = pd.Series(w).groupby(frame[column]).sum()
                value += 0.5 * d.sum() * (((sums - totals) / (0.05 * totals)) ** 2).sum()
            return float(value)

        found = calibrate(start, frame, margins, ridge=0.05).values
        rng = np.random.default_rng(0)
        for _ in range(50):
            step = 1e-4 * rng.normal(size=60)
            assert cost(found * np.exp(step)) > cost(found)

    def test_margins_that_are_not_named_are_met(self) -> None:
        frame = respondents()
        margins = totals_of(frame, other_weights(frame), "district", ("gender", "age"))
        found = calibrate(start_of(frame), frame, margins, ridge={("gender", "age"): 1})
        table = found.steps[-1].details["margins"].set_index("variable")
        district = table.loc["district"]
        np.testing.assert_allclose(district["after"], district["target"], rtol=1e-12)
        crossed = table.loc["gender x age"]
        assert np.abs(crossed["after"] / crossed["target"] - 1).max() > 1e-4
        assert set(found.steps[-1].details["gaps"]) <= {
            f"gender x age: {level}" for level in crossed["level"]
        }

    def test_totals_that_contradict_each_other_give_a_little(self) -> None:
        found = calibrate(TestNearest.start, TestNearest.frame, TestNearest.margins, ridge=0.2)
        assert found.steps[-1].details["gaps"]
        assert (found.values >= 0).all()
