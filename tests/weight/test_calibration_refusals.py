"""What calibration refuses, in words that name what is wrong: never a weight."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from survey_stats.errors import DesignError, InputError, SurveyStatsError, UnknownNameError
from survey_stats.weight import (
    BaseWeightError,
    BenchmarkError,
    EmptyCellError,
    InfeasibleError,
    NegativeWeightError,
    UnknownCellError,
    UnknownLevelError,
    Weights,
    calibrate,
)

FRAME = pd.DataFrame(
    {
        "district": ["Hässelby-Vällingby"] * 3 + ["Farsta"] * 3,
        "gender": ["men", "women", "men", "women", "men", "women"],
        "code": [1, 2, 1, 2, 1, 2],
        "age": [20.0, 30, 40, 50, 60, 70],
        "home": [1, 1, 2, 2, 3, 3],
    }
)
WEIGHT = [10.0, 20, 30, 20, 10, 10]
START = Weights.delivered(WEIGHT)
DISTRICT = {"Hässelby-Vällingby": 70.0, "Farsta": 50.0}
GENDER = {"men": 55.0, "women": 65.0}
GOOD: dict[Any, Any] = {"district": DISTRICT, "gender": GENDER}


def refused(error: type[SurveyStatsError], margins: object = None, **options: Any) -> str:
    frame = options.pop("frame", FRAME)
    start = options.pop("start", START)
    with pytest.raises(error) as caught:
        calibrate(start, frame, GOOD if margins is None else margins, **options)
    assert isinstance(caught.value, error)
    text = str(caught.value)
    assert "\n" not in text
    return text


def changed(column: str, row: int, value: object) -> pd.DataFrame:
    frame = FRAME.astype({column: object})
    frame.loc[row, column] = value
    return frame


def test_the_good_margins_are_good() -> None:
    assert calibrate(START, FRAME, GOOD).total == pytest.approx(120)


class TestLevels:
    def test_an_unknown_name_is_met_with_the_nearest(self) -> None:
        wrong = {"district": {"Hasselby": 70, "Farsta": 50}, "gender": GENDER}
        text = refused(UnknownLevelError, wrong)
        assert "Hässelby-Vällingby" in text
        assert "did you mean 'Hasselby'?" in text
        text = refused(UnknownNameError, frame=FRAME.replace("Hässelby-Vällingby", "Hasselby"))
        assert "did you mean 'Hässelby-Vällingby'?" in text
        assert issubclass(UnknownLevelError, UnknownCellError)

    def test_a_level_without_a_total(self) -> None:
        text = refused(UnknownLevelError, {"gender": {"men": 120}})
        assert "'women'" in text
        assert "men" in text

    def test_a_total_that_others_have_is_not_suggested(self) -> None:
        frame = pd.DataFrame({"area": ["area 1", "area 2"]})
        text = refused(
            UnknownLevelError, {"area": {"area 1": 5}}, frame=frame, start=Weights.delivered([1, 1])
        )
        assert "did you mean" not in text
        assert "there are totals for area 1" in text

    def test_a_total_without_respondents(self) -> None:
        text = refused(EmptyCellError, {"gender": {**GENDER, "other": 5}})
        assert "gender: other" in text
        assert "(5)" in text

    def test_a_total_without_respondents_that_is_nearly_a_name(self) -> None:
        frame = pd.DataFrame({"district": ["Farsta", "Hässelby"]})
        margins = {"district": {"Farsta": 1, "Hässelby": 1, "Hässelby-Vällingby": 3}}
        text = refused(EmptyCellError, margins, frame=frame, start=Weights.delivered([1, 1]))
        assert "'Hässelby'" in text

    def test_people_where_nobody_lives(self) -> None:
        text = refused(BenchmarkError, {"gender": {"men": 120, "women": 0}})
        assert "gender: women" in text

    @pytest.mark.parametrize("bad", [-1, np.nan, None, pd.NA, np.inf, "55", True, [1]])
    def test_a_total_that_is_no_number_of_people(self, bad: object) -> None:
        text = refused(BenchmarkError, {"gender": {"men": bad, "women": 65}})
        assert "gender: men" in text

    @pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
    def test_a_missing_level_of_a_respondent(self, missing: object) -> None:
        text = refused(InputError, frame=changed("gender", 4, missing))
        assert "'gender' is missing for 1 respondents" in text
        assert "rows 4" in text

    def test_a_missing_level_of_a_total(self) -> None:
        series = pd.Series([55.0, 65, 3], ["men", "women", None])
        assert "missing" in refused(BenchmarkError, {"gender": series})

    def test_text_is_not_a_number(self) -> None:
        text = refused(UnknownLevelError, {"code": {"1": 55, "2": 65}})
        assert "as another type" in text
        text = refused(
            UnknownLevelError, {"code": {1: 55, 2: 65}}, frame=FRAME.astype({"code": str})
        )
        assert "as another type" in text
        text = refused(
            UnknownLevelError,
            {"code": {1: 55, 2: 65}},
            frame=FRAME.assign(code=FRAME["code"].astype(float).astype(str)),
        )
        assert "as another type" in text

    def test_values_that_are_no_levels(self) -> None:
        frame = FRAME.assign(gender=[["men"]] * 6)
        assert "lists" in refused(InputError, {"gender": GENDER}, frame=frame)

    def test_a_level_twice(self) -> None:
        series = pd.Series([50.0, 5, 65], ["men", "men", "women"])
        assert "twice" in refused(BenchmarkError, {"gender": series})
        table = pd.DataFrame({"gender": ["men", "women", "men"], "population": [1, 2, 3]})
        assert "twice" in refused(BenchmarkError, table)


class TestSums:
    def test_margins_that_disagree(self) -> None:
        text = refused(BenchmarkError, {"district": DISTRICT, "gender": {"men": 55, "women": 66}})
        assert "120 and 121" in text
        assert "difference of -1" in text
        assert "scale_to" in text

    def test_rounding_of_a_table_is_not_smoothed_over(self) -> None:
        shares = {"district": {k: v / 120 for k, v in DISTRICT.items()}}
        text = refused(BenchmarkError, {**shares, "gender": {"men": 0.458, "women": 0.541}})
        assert "1 and 0.999" in text

    def test_rounding_of_the_computer_is(self) -> None:
        thirds = {"district": dict(zip(DISTRICT, [1 / 3, 2 / 3], strict=True))}
        tenths = {"gender": {"men": 0.1 + 0.2, "women": 0.7}}
        start = Weights.delivered(np.array(WEIGHT) / 120)
        found = calibrate(start, FRAME, thirds | tenths)
        assert found.total == pytest.approx(1, rel=1e-14)

    def test_the_population_is_a_margin_like_any(self) -> None:
        assert "'population'" in refused(BenchmarkError, {**GOOD, None: 121})
        assert "'population'" in refused(BenchmarkError, {**GOOD, "population": 121})

    def test_a_crossed_margin_that_disagrees_within_a_level(self) -> None:
        cells = {(d, g): 30.0 for d in DISTRICT for g in GENDER}
        text = refused(BenchmarkError, {"district": DISTRICT, ("district", "gender"): cells})
        assert "in district Hässelby-Vällingby" in text
        assert "70 and 60" in text

    def test_scale_to(self) -> None:
        assert "positive" in refused(BenchmarkError, scale_to=0)
        assert "positive" in refused(BenchmarkError, scale_to=float("nan"))
        assert "'weights'" in refused(UnknownNameError, scale_to="weight")


class TestWeights:
    @pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
    def test_a_weight_that_is_none(self, bad: float) -> None:
        start = Weights.delivered([*WEIGHT[:3], bad, *WEIGHT[4:]])
        assert "rows 3" in refused(BaseWeightError, start=start)

    def test_no_weight_at_all(self) -> None:
        refused(BaseWeightError, start=Weights.delivered(np.zeros(6)))
        refused(BaseWeightError, start=Weights.delivered([]), frame=FRAME.iloc[:0])

    def test_another_number_of_rows(self) -> None:
        text = refused(BaseWeightError, frame=FRAME.iloc[:5])
        assert "6 weights and 5 rows" in text

    def test_linear_weights_below_zero(self) -> None:
        margins = {"district": {"Hässelby-Vällingby": 100.0, "Farsta": 20.0}, "age": 2500.0}
        text = refused(NegativeWeightError, margins, method="linear")
        assert "respondents a negative weight" in text
        assert "'truncated'" in text
        assert "'raking'" in text

    def test_different_weights_in_a_household(self) -> None:
        text = refused(BaseWeightError, household="home")
        assert "household" in text

    def test_a_household_that_is_missing_or_in_two_groups(self) -> None:
        start = Weights.delivered(np.ones(6))
        frame = changed("home", 2, None)
        assert "rows 2" in refused(InputError, frame=frame, start=start, household="home")
        margins = {("district", "gender"): {(d, g): 1.0 for d in DISTRICT for g in GENDER}}
        text = refused(BaseWeightError, margins, start=start, household="home", by="district")
        assert "different groups" in text


class TestForms:
    @pytest.mark.parametrize("bad", [None, 3, "gender", {}, [], [3], {"gender": 3.5}])
    def test_what_is_no_margin(self, bad: object) -> None:
        with pytest.raises(InputError):
            calibrate(START, FRAME, bad)

    def test_a_column_that_is_not_there(self) -> None:
        text = refused(UnknownNameError, {"gendr": GENDER})
        assert "did you mean 'gender'?" in text
        refused(UnknownNameError, {("district", "gendr"): {}})
        table = pd.DataFrame({"gendr": ["men", "women"], "population": [55, 65]})
        assert "'gender'" in refused(UnknownNameError, table)
        refused(UnknownNameError, household="hme")
        refused(UnknownNameError, by="distrikt")

    def test_a_table_without_people(self) -> None:
        table = pd.DataFrame({"gender": ["men", "women"], "n": [55, 65]})
        assert "'population'" in refused(InputError, table)

    def test_levels_that_do_not_fit_the_columns(self) -> None:
        refused(InputError, {("district", "gender"): DISTRICT})
        refused(InputError, {"gender": {("men", "x"): 3}})
        refused(InputError, {("gender", "gender"): {("men", "men"): 3}})

    def test_one_margin_twice(self) -> None:
        table = pd.DataFrame({"gender": ["men", "women"], "population": [55, 65]})
        assert "twice" in refused(InputError, [{"gender": GENDER}, table])

    def test_two_columns_of_one_name(self) -> None:
        frame = pd.concat([FRAME, FRAME[["gender"]]], axis=1)
        assert "two columns" in refused(InputError, frame=frame)

    def test_a_numeric_total(self) -> None:
        refused(
            InputError, {**GOOD, "age": 6000}, frame=changed("age", 3, None).astype({"age": float})
        )
        frame = FRAME.assign(age=[20, 30, np.inf, 50, 60, 70])
        assert "rows 2" in refused(InputError, {**GOOD, "age": 6000}, frame=frame)
        assert "not numeric" in refused(InputError, {"gender": 6000})
        refused(BenchmarkError, {**GOOD, "age": np.nan})
        refused(EmptyCellError, {**GOOD, "age": 6000}, frame=FRAME.assign(age=0))

    def test_groups(self) -> None:
        text = refused(InputError, {"gender": GENDER}, by="district")
        assert "cross it" in text
        by_group = {"Hasselby": {"gender": GENDER}, "Farsta": {"gender": GENDER}}
        assert "'Hasselby'" in refused(UnknownLevelError, by_group, by="district")
        one = {"Farsta": {"gender": GENDER}}
        assert "Hässelby-Vällingby" in refused(UnknownLevelError, one, by="district")
        three = {**{d: {"gender": GENDER} for d in DISTRICT}, "Kista": {"gender": GENDER}}
        assert "Kista" in refused(EmptyCellError, three, by="district")
        unequal = {d: {"gender": GENDER, "code": {1: 50, 2: 50}} for d in DISTRICT}
        assert "district" in refused(BenchmarkError, unequal, by="district")

    def test_options(self) -> None:
        assert "'raking'" in refused(UnknownNameError, method="rakning")
        refused(UnknownNameError, infeasible="ignore")
        refused(UnknownNameError, linearisation="residual")
        refused(UnknownNameError, bounds=(0.5, 2), bounds_on="weights")
        for method in ("logit", "truncated"):
            assert "bounds" in refused(InputError, method=method)
        for bounds in ((2, 0.5), (-1, 2), (1, 1), (np.nan, 2), (0.5,), 3, (0.5, 0), (None, -1)):
            refused(InputError, method="truncated", bounds=bounds)
        refused(InputError, method="logit", bounds=(1.5, 3))
        refused(InputError, method="logit", bounds=(0.5, None))
        refused(InputError, method="logit", bounds=(15, 60), bounds_on="weight")
        refused(InputError, {"gender": GENDER}, method="post-stratification", bounds=(0.5, 2))
        refused(InputError, method="post-stratification")
        for ridge in (-0.1, np.nan, np.inf):
            refused(InputError, ridge=ridge)
        assert "'gender'" in refused(UnknownNameError, ridge={"gendr": 0.1})


HV = "Hässelby-Vällingby"


def of_two(district: tuple[float, float], gender: tuple[float, float]) -> dict[str, Any]:
    return {
        "district": dict(zip([HV, "Farsta"], district, strict=True)),
        "gender": dict(zip(["men", "women"], gender, strict=True)),
    }


class TestInfeasible:
    """Nobody of Farsta is a man: more women are asked for than the other district can lose."""

    frame = FRAME.iloc[[0, 1, 3]]
    start = Weights.delivered([10.0, 20, 20])

    def test_certificate_and_gaps(self) -> None:
        margins = {
            "district": {"Hässelby-Vällingby": 20, "Farsta": 60},
            "gender": {"men": 30, "women": 50},
        }
        with pytest.raises(InfeasibleError) as caught:
            calibrate(self.start, self.frame, margins)
        error = caught.value
        assert isinstance(error, DesignError)
        # men live in Hässelby-Vällingby only, so that they cannot be more than its people
        assert set(error.margins) == {"gender: men", "district: Hässelby-Vällingby"}
        y = error.certificate
        assert y["gender: men"] > 0 > y["district: Hässelby-Vällingby"]
        assert y["gender: men"] + y["district: Hässelby-Vällingby"] <= 1e-12
        assert 30 * y["gender: men"] + 20 * y["district: Hässelby-Vällingby"] > 0
        assert all(name in str(error) for name in error.margins)
        assert sum(abs(v) for k, v in error.gaps.items() if "gender" in k) == pytest.approx(10)

    @pytest.mark.parametrize(
        ("method", "bounds"),
        [("raking", None), ("entropy", None), ("raking", (0, 50)), ("raking", (None, 50))],
    )
    def test_only_with_weights_of_zero(self, method: str, bounds: Any) -> None:
        margins = of_two((20, 60), (20, 60))
        options = {"frame": self.frame, "start": self.start, "method": method, "bounds": bounds}
        text = refused(InfeasibleError, margins, **options)
        assert "weights of zero" in text
        assert "(district: Hässelby-Vällingby, gender: women)" in text

    def test_only_with_factors_at_the_bounds(self) -> None:
        frame, start = FRAME.iloc[[0, 1]], Weights.delivered([10.0, 20])
        margins = {"gender": {"men": 20, "women": 35}}
        text = refused(
            InfeasibleError, margins, frame=frame, start=start, method="logit", bounds=(0.5, 2)
        )
        assert "factors at the bounds" in text
        assert "(gender: men)" in text
        found = calibrate(start, frame, margins, method="truncated", bounds=(0.5, 2))
        np.testing.assert_allclose(found.values, [20, 35])

    def test_the_group_is_named(self) -> None:
        margins = {
            "Hässelby-Vällingby": {"gender": GENDER},
            "Farsta": {"gender": GENDER, "age": 1.0},
        }
        with pytest.raises(InfeasibleError, match="district Farsta: ") as caught:
            calibrate(START, FRAME, margins, by="district")
        assert caught.value.group == "district Farsta"
        assert "district x age: Farsta" in caught.value.gaps

    @pytest.mark.parametrize("method", ["raking", "truncated", "logit"])
    def test_bounds_that_cannot_be_met(self, method: str) -> None:
        text = refused(InfeasibleError, method=method, bounds=(0.9, 1.1))
        assert "within the bounds" in text
        assert "widen the bounds" in text

    def test_weights_on_another_scale_are_told_apart_from_tight_bounds(self) -> None:
        small = Weights.delivered(np.array(WEIGHT) / 100)
        text = refused(InfeasibleError, start=small, method="logit", bounds=(0.3, 3))
        assert "times on the whole" in text

    def test_a_margin_that_a_single_pattern_cannot_serve(self) -> None:
        text = refused(
            InfeasibleError,
            {"gender": {"men": 10, "women": 5}, "age": 45.0},
            frame=FRAME.assign(age=1.0),
        )
        assert "age" in text
