"""The tables of a weighting report, by numbers that can be checked by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.weight import (
    BenchmarkError,
    UnknownCellError,
    Weights,
    calibrate,
    cross,
    kish_design_effect,
    post_stratify,
)
from survey_stats.weight.diagnostics import diagnose
from survey_stats.weight.diagnostics.distribution import carried
from survey_stats.weight.errors import BaseWeightError
from survey_stats.weight.result import Step
from survey_stats.weight.trimming.trim import trim

FOLDER = Path(__file__).parent / "reference"


def small() -> tuple[pd.DataFrame, Weights]:
    """Six women and four men in two areas, post-stratified to 50 women and 50 men."""
    frame = pd.DataFrame(
        {"gender": ["women"] * 6 + ["men"] * 4, "area": ["a", "b"] * 5, "age": range(20, 30)}
    )
    start = Weights.delivered(np.full(10, 5.0))
    return frame, post_stratify(start, frame["gender"], {"women": 50, "men": 50}, ["gender"])


def test_what_the_largest_carry():
    assert carried(np.array([1.0, 1, 1, 1, 6]), 0.2) == pytest.approx(0.6)
    # half of the largest weight: 1 percent of 50 respondents
    assert carried(np.append(np.ones(49), 51.0), 0.01) == pytest.approx(0.255)
    assert carried(np.ones(7), 0.05) == pytest.approx(0.05)
    assert carried(np.ones(1), 1.0) == pytest.approx(1.0)


def test_distribution_after_each_step():
    frame, weights = small()
    rows = diagnose(weights, frame).to_frame("distribution")
    assert rows["kind"].tolist() == ["delivered", "post-stratified"]
    first, last = rows.iloc[0], rows.iloc[1]
    assert (first["design_effect"], first["cv"], first["max_over_median"]) == (1.0, 0.0, 1.0)
    # 50 / 6 for six women and 50 / 4 for four men
    assert last["min"] == pytest.approx(50 / 6)
    assert last["max"] == pytest.approx(12.5)
    assert last["max_over_median"] == pytest.approx(1.5)
    assert last["total"] == pytest.approx(100)
    w = np.repeat([50 / 6, 12.5], [6, 4])
    assert last["design_effect"] == pytest.approx(10 * (w**2).sum() / 100**2)
    assert last["cv"] == pytest.approx(w.std() / w.mean())
    assert last["n_effective"] == pytest.approx(100**2 / (w**2).sum())
    assert last["p25"] == pytest.approx(np.quantile(w, 0.25))


def test_factors_of_the_steps():
    frame, weights = small()
    (step,) = diagnose(weights, frame).to_frame("steps").to_dict("records")
    assert step["on"] == "gender"
    assert step["cells"] == 2
    assert step["min"] == pytest.approx(10 / 6)
    assert step["max"] == pytest.approx(2.5)
    assert step["changed"] == pytest.approx(0.4)
    assert np.isnan(step["lower"])
    assert step["at_upper"] == 0


def test_margins_before_target_and_after():
    frame, weights = small()
    rows = diagnose(weights, frame).to_frame("margins").set_index("level")
    women = rows.loc["women"]
    assert women["n"] == 6
    assert women[["before", "target", "after_step", "after"]].tolist() == pytest.approx(
        [30, 50, 50, 50]
    )
    assert women["relative_before"] == pytest.approx(-0.4)
    assert women["relative_after"] == pytest.approx(0, abs=1e-12)
    assert women["share_before"] == pytest.approx(0.6)
    assert women["points_before"] == pytest.approx(0.1)
    assert women["points_after"] == pytest.approx(0, abs=1e-12)
    assert bool(women["given"])


def test_crossed_margins_come_with_each_variable_on_its_own(well, people):
    frame, weights = well
    rows = diagnose(weights, frame).to_frame("margins")
    sizes = rows.groupby(["variable", "given"]).size().to_dict()
    assert sizes == {
        ("age_group", False): 6,
        ("district", False): 11,
        ("gender", False): 2,
        ("district x gender x age_group", True): 132,
    }
    one = rows[rows["variable"] == "age_group"].set_index("level")
    assert one["target"].to_dict() == pytest.approx(
        people.groupby("age_group")["population"].sum().to_dict()
    )
    assert one["after"].to_dict() == pytest.approx(one["target"].to_dict())
    base = weights.steps[0].factor
    assert one.loc["20-29", "before"] == pytest.approx(
        base[(frame["age_group"] == "20-29").to_numpy()].sum()
    )


def test_balance_by_hand():
    frame, weights = small()
    rows = diagnose(weights, frame).to_frame("balance").set_index("level")
    assert rows["smd_before"].to_dict() == pytest.approx({"women": 0.2, "men": -0.2})
    assert rows["smd_after"].abs().max() < 1e-12
    assert rows["calibrated"].all()
    assert rows["chance"].isna().all()


def test_balance_by_r():
    data = pd.read_csv(FOLDER / "sample.csv")
    expected = pd.read_csv(FOLDER / "expected.csv").set_index("name")["value"]
    people = pd.DataFrame({"group": ["a", "b", "c"], "population": [450, 350, 200]})
    rows = diagnose(Weights.delivered(data["w"]), data, people).to_frame("balance")
    for level, value in zip(rows["level"], rows["smd_after"], strict=True):
        assert value == pytest.approx(expected[f"smd_{level}"], rel=1e-9)


def test_what_chance_can_give_is_shared_by_all_levels_without_a_target():
    frame, weights = small()
    people = pd.DataFrame({"area": ["a", "b"], "population": [40, 60]})
    rows = diagnose(weights, frame, people).to_frame("balance").set_index("variable")
    w, here = weights.values, (frame["area"] == "a").to_numpy()
    n_effective = 10 / kish_design_effect(w)
    assert rows.loc["area", "n_effective"].tolist() == pytest.approx([n_effective] * 2)
    error = (np.square(w * (here - 0.4)).sum() / (0.4 * 0.6)) ** 0.5 / w.sum()
    assert error > n_effective**-0.5
    assert rows.loc["area", "smd_se"].tolist() == pytest.approx([error] * 2)
    # z of 5 percent over two levels on two sides
    assert rows.loc["area", "chance"].tolist() == pytest.approx([2.2414027 * error] * 2)
    assert rows.loc["gender", "chance"].isna().all()


def test_the_error_of_a_difference_is_at_least_that_of_the_effective_number():
    frame = pd.DataFrame({"area": ["a"] * 90 + ["b"] * 10})
    people = pd.DataFrame({"area": ["a", "b", "c"], "population": [500, 300, 200]})
    rows = diagnose(Weights.delivered(np.ones(100)), frame, people).to_frame("balance")
    found = rows.set_index("level")["smd_se"]
    assert found["c"] == pytest.approx(0.1)
    # 90 of 100 where half is wanted: Σ w² (y - P)² is 25 as well
    assert found["a"] == pytest.approx(0.1)
    assert found["b"] == pytest.approx(max(0.1, (10 * 0.49 + 90 * 0.09) ** 0.5 / 100 / 0.21**0.5))


def test_numeric_benchmarks_by_hand():
    frame, weights = small()
    told = pd.DataFrame({"variable": ["age"], "mean": [25.0], "sd": [4.0]})
    (row,) = (
        diagnose(weights, frame, told)
        .to_frame("balance")
        .query("kind == 'mean'")
        .to_dict("records")
    )
    after = np.average(np.arange(20, 30), weights=weights.values)
    assert row["before"] == pytest.approx(24.5)
    assert row["smd_before"] == pytest.approx(-0.125)
    assert row["smd_after"] == pytest.approx((after - 25) / 4)
    # without the population's spread, the sample's before weighting
    spread = np.arange(20, 30).std()
    (own,) = (
        diagnose(weights, frame, told.drop(columns="sd"))
        .to_frame("balance")
        .query("kind == 'mean'")
        .to_dict("records")
    )
    assert own["smd_before"] == pytest.approx(-0.5 / spread)


def test_margins_of_calibrations(people, draw):
    frame, start = draw(300)
    frame["age"] = frame["age"] + np.arange(len(frame)) % 5
    by_gender = people.groupby("gender", as_index=False)["population"].sum()
    by_area = people.groupby("district", as_index=False)["population"].sum()
    total = float(people["population"].sum() * 47)
    weights = calibrate(start, frame, [by_gender, by_area, {"age": total}])
    report = diagnose(weights, frame, people)
    rows = report.to_frame("margins")
    age = rows[(rows["variable"] == "age")].iloc[0]
    assert age["target"] == total
    assert age["after"] == pytest.approx(total)
    assert age["before"] == pytest.approx(float(start.values @ frame["age"]))
    mean = report.to_frame("balance").query("variable == 'age'").iloc[0]
    assert mean["target"] == pytest.approx(47)
    assert mean["after"] == pytest.approx(47)
    balance = report.to_frame("balance")
    done = balance[balance["calibrated"]]
    assert set(done["variable"]) == {"gender", "district", "age"}
    # benchmarks of variables that were weighted to are not shown twice
    assert balance.groupby(["variable", "level"]).size().max() == 1
    free = balance[balance["variable"] == "age_group"]
    share = np.average(frame["age_group"] == "65-79", weights=weights.values)
    wanted = people.loc[people["age_group"] == "65-79", "population"].sum()
    wanted = wanted / people["population"].sum()
    found = free.set_index("level").loc["65-79"]
    assert found["smd_after"] == pytest.approx((share - wanted) / (wanted * (1 - wanted)) ** 0.5)


def test_calibration_by_groups_is_judged_within_them(people, draw):
    frame, start = draw(400)
    margin = people.groupby(["district", "gender"], as_index=False)["population"].sum()
    weights = calibrate(start, frame, margin, by="district")
    report = diagnose(weights, frame, by="district")
    rows = report.to_frame("margins")
    farsta = rows[(rows["group"] == "Farsta") & (rows["level"] == "women")].iloc[0]
    assert farsta["share_target"] == pytest.approx(
        margin.set_index(["district", "gender"]).loc[("Farsta", "women"), "population"]
        / margin.loc[margin["district"] == "Farsta", "population"].sum()
    )
    assert farsta["after"] == pytest.approx(farsta["target"])
    balance = report.to_frame("balance")
    assert set(balance["group"]) == {"", *frame["district"]}
    assert balance["smd_after"].abs().max() < 1e-9


def test_households_share_a_factor_and_margins_are_found_by_the_frame(people, draw):
    frame, start = draw(200)
    frame["household"] = frame["district"] + (np.arange(len(frame)) // 2).astype(str)
    margin = people.groupby("gender", as_index=False)["population"].sum()
    weights = calibrate(start, frame, margin, household="household")
    rows = diagnose(weights, frame).to_frame("margins").set_index("level")
    assert rows["after"].to_dict() == pytest.approx(
        margin.set_index("gender")["population"].astype(float).to_dict()
    )
    assert rows.loc["women", "n"] == (frame["gender"] == "women").sum()


def test_rows_of_weight_zero_are_left_out():
    frame, _ = small()
    more = pd.concat([frame, frame.tail(3)], ignore_index=True)
    # drawn, and did not answer: raised by a class whose factor for them is zero
    factor = np.append(np.full(10, 13 / 10), np.zeros(3))
    start = Weights.delivered(np.full(13, 5.0)).then(
        Step("non-response", ("area",), (), np.zeros(0), factor)
    )
    report = diagnose(start, more)
    rows = report.to_frame("distribution")
    assert rows["n"].tolist() == [10, 10]
    assert rows["zeros"].tolist() == [3, 3]
    assert rows["design_effect"].tolist() == [1.0, 1.0]
    assert "3 rader" in report.verdict()
    people = pd.DataFrame({"gender": ["women", "men"], "population": [30, 35]})
    counted = diagnose(start, more, people).to_frame("margins")
    assert counted["n"].sum() == 10


def test_design_effect_by_group_and_outcome():
    frame, weights = small()
    frame["yes"] = pd.array([1, 0, None, 1, 0, 1, 1, 0, 0, 1], dtype="Int64")
    rows = diagnose(weights, frame, by="area", outcome="yes").to_frame("design effect")
    assert rows["area"].tolist() == ["a", "b"]
    here = (frame["area"] == "a").to_numpy()
    assert rows["design_effect"].tolist() == pytest.approx(
        [kish_design_effect(weights.values[here]), kish_design_effect(weights.values[~here])]
    )
    assert rows["spencer"].notna().all()
    assert rows["n"].sum() == 10
    two = diagnose(weights, frame, by=["area", "gender"]).to_frame("design effect")
    assert len(two) == 4
    assert two["design_effect"].tolist() == pytest.approx([1] * 4)


def test_missing_groups_are_a_group_of_their_own():
    frame, weights = small()
    frame.loc[0, "area"] = None
    rows = diagnose(weights, frame, by="area").to_frame("design effect")
    assert rows["area"].tolist() == ["", "a", "b"]


def test_the_respondents_who_carry_the_most():
    frame, weights = small()
    frame.index = frame.index + 100
    heavy = Weights.delivered(np.append(weights.values[:9], 40.0))
    rows = diagnose(heavy, frame, columns=["gender", "age"]).to_frame("largest")
    first = rows.iloc[0]
    assert (first["position"], first["index"], first["weight"]) == (9, 109, 40)
    assert first["share"] == pytest.approx(40 / heavy.total)
    assert first["times_median"] == pytest.approx(40 / np.median(heavy.values))
    assert (first["gender"], first["age"]) == ("men", 29)
    assert rows["weight"].is_monotonic_decreasing
    assert diagnose(Weights.delivered(np.ones(10)), frame).to_frame("largest").empty


def test_categories_numbers_and_booleans_are_matched_by_their_text():
    frame = pd.DataFrame(
        {
            "age": pd.Categorical(["old", "young", "old", "old"], ["young", "old", "ancient"]),
            "year": pd.array([9, 9, 2, 2], dtype="Int64"),
            "urban": [True, False, True, True],
        }
    )
    told = {
        "age": pd.DataFrame({"age": ["old", "young"], "population": [6, 4]}),
        "year": pd.DataFrame({"year": [9.0, 2.0], "population": [6, 4]}),
        "urban": pd.DataFrame({"urban": [True, False], "population": [6, 4]}),
    }
    rows = diagnose(Weights.delivered(np.ones(4)), frame, told).to_frame("margins")
    found = rows.set_index(["variable", "level"])["n"].to_dict()
    assert found == {
        ("age", "old"): 3,
        ("age", "young"): 1,
        ("year", "9"): 2,
        ("year", "2"): 2,
        ("urban", "True"): 3,
        ("urban", "False"): 1,
    }


def test_tables_are_copies_and_unknown_ones_are_refused():
    frame, weights = small()
    report = diagnose(weights, frame)
    table = report.to_frame("margins")
    table["n"] = 0
    assert report.to_frame("margins")["n"].sum() == 10
    with pytest.raises(UnknownNameError, match="design effect"):
        report.to_frame("design effects")


def test_plain_numbers_are_weights_as_delivered():
    frame, _ = small()
    report = diagnose(np.arange(1.0, 11), frame)
    assert report.to_frame("distribution")["kind"].tolist() == ["delivered"]
    assert not report.changed
    with pytest.raises(InputError, match="must be a Weights, or numbers"):
        diagnose(["a"] * 10, frame)


@pytest.mark.parametrize("bad", [[1, np.nan], [1, -1], [0, 0], [1, np.inf], [1, 1, 1]])
def test_weights_that_are_not_are_refused(bad):
    frame = pd.DataFrame({"g": ["a", "b"]})
    with pytest.raises(BaseWeightError):
        diagnose(Weights.delivered(bad), frame)


@pytest.mark.parametrize(
    ("table", "error", "text"),
    [
        ({"gender": ["women", "men"], "population": [1, np.nan]}, BenchmarkError, "men"),
        ({"gender": ["women", "men"], "population": [1, -3]}, BenchmarkError, "negative"),
        ({"gender": ["women", "men"], "population": ["x", 1]}, BenchmarkError, "women"),
        ({"gender": ["women", "men"], "population": [0, 0]}, BenchmarkError, "Nobody lives"),
        ({"gender": ["women", "women"], "population": [1, 2]}, BenchmarkError, "twice"),
        ({"gender": ["women", None], "population": [1, 2]}, BenchmarkError, "no name"),
        ({"gender": ["women", "men"]}, BenchmarkError, "no column 'population'"),
        ({"gendr": ["women", "men"], "population": [1, 2]}, UnknownNameError, "gender"),
        ({"population": [1]}, UnknownNameError, "variable"),
        ({"gender": ["kvinnor", "män"], "population": [1, 2]}, UnknownCellError, "same names"),
        (
            {"gender": ["women", "male"], "population": [1, 2]},
            UnknownCellError,
            "men.*male|same names",
        ),
        ({"variable": ["age"], "mean": [np.nan]}, BenchmarkError, "missing"),
        ({"variable": ["age"], "mean": [3.0], "sd": [0.0]}, BenchmarkError, "not positive"),
        ({"variable": ["gender"], "mean": [3.0]}, BenchmarkError, "not numeric"),
        ({"variable": ["agee"], "mean": [3.0]}, UnknownNameError, "age"),
    ],
)
def test_benchmarks_that_are_not_are_refused(table, error, text):
    frame, weights = small()
    with pytest.raises(error, match=text):
        diagnose(weights, frame, pd.DataFrame(table))


def test_benchmarks_must_be_tables_and_columns_must_be_there():
    frame, weights = small()
    with pytest.raises(InputError, match="from level to total"):
        diagnose(weights, frame, {"gender": ["women", "men"]})
    for option in ("by", "columns", "outcome"):
        with pytest.raises(UnknownNameError, match="gender"):
            diagnose(weights, frame, **{option: "gendr"})
    with pytest.raises(InputError, match="numeric or boolean"):
        diagnose(weights, frame, outcome="gender")
    twice = pd.concat([frame, frame["area"]], axis=1)
    with pytest.raises(InputError, match="two columns"):
        diagnose(weights, twice, by="area")
    with pytest.raises(InputError, match="DataFrame"):
        diagnose(weights, frame.to_dict())
    with pytest.raises(UnknownNameError, match="language"):
        diagnose(weights, frame, lang="se")


def test_two_years_in_one_table_are_refused_and_one_is_a_note():
    frame, weights = small()
    one = pd.DataFrame(
        {"gender": ["women", "men"], "year": 2023, "source": "SCB", "population": [50, 50]}
    )
    assert set(diagnose(weights, frame, one).to_frame("margins")["variable"]) == {"gender"}
    two = pd.concat([one, one.assign(year=2024)])
    with pytest.raises(BenchmarkError, match="one year"):
        diagnose(weights, frame, two)


def test_one_respondent():
    report = diagnose(Weights.delivered([7.0]), pd.DataFrame({"g": ["a"]}), by="g")
    assert report.to_frame("distribution")["n"].tolist() == [1]
    assert report.to_frame("design effect")["design_effect"].tolist() == [1.0]
    assert not report.ok


def test_nothing_is_changed(well, people):
    frame, weights = well
    before, table = frame.copy(), people.copy()
    diagnose(weights, frame, people, by="district")
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(people, table)


def test_labels_that_do_not_split_stay_one_variable():
    frame = pd.DataFrame({"g": ["a", "b"]})
    cells = cross(["a | x", "b"])
    weights = post_stratify(
        Weights.delivered([1.0, 1]), cells, {"a | x": 3, "b": 2}, ("area", "other")
    )
    rows = diagnose(weights, frame).to_frame("margins")
    assert set(rows["variable"]) == {"area x other"}
    assert rows["after"].tolist() == [3, 2]


def test_joined_samples_are_judged_each_by_its_own_target():
    frame, one = small()
    other = post_stratify(
        Weights.delivered(np.full(10, 5.0)), frame["gender"], {"women": 90, "men": 60}, ["gender"]
    )
    both = pd.concat([frame, frame], ignore_index=True)
    report = diagnose(Weights.joined([one, other]), both)
    rows = report.to_frame("margins")
    assert rows["after"].tolist() == pytest.approx(rows["target"].tolist())
    assert not rows["replaced"].any()
    balance = report.to_frame("balance").set_index("level")
    assert balance["target"].to_dict() == pytest.approx({"women": 0.56, "men": 0.44})
    assert balance["after"].to_dict() == pytest.approx({"women": 0.56, "men": 0.44})
    assert balance["n"].sum() == 20
    assert "benchmarks disagree" not in {f.kind for f in report.findings}


def test_a_total_of_all_people_is_a_margin_without_balance():
    frame, _ = small()
    weights = calibrate(Weights.delivered(np.full(10, 5.0)), frame, {None: 80})
    report = diagnose(weights, frame)
    (row,) = report.to_frame("margins").to_dict("records")
    assert (row["variable"], row["target"], row["after"]) == ("population", 80, pytest.approx(80))
    assert report.to_frame("balance").empty
    assert "targets" in {f.kind for f in report.findings}
    assert "Befolkning" in report.to_html()


def test_weights_without_a_history_are_as_delivered():
    frame, _ = small()
    rows = diagnose(Weights(np.arange(1.0, 11), ()), frame).to_frame("distribution")
    assert rows["kind"].tolist() == ["delivered"]


def test_before_is_before_the_first_adjustment_everywhere(draw, people):
    frame, start = draw(300)
    by_age = people.groupby("age_group", as_index=False)["population"].sum()
    by_gender = people.groupby("gender", as_index=False)["population"].sum()
    once = calibrate(start, frame, [by_age])
    report = diagnose(calibrate(once, frame, [by_gender]), frame)
    margins = report.to_frame("margins").set_index(["variable", "level"])
    balance = report.to_frame("balance").set_index(["variable", "level"])
    assert set(margins["step"]) == {2, 3}
    for key, row in margins.iterrows():
        assert row["share_before"] == pytest.approx(balance.loc[key, "before"], abs=1e-14)
    women = (frame["gender"] == "women").to_numpy()
    row = margins.loc[("gender", "women")]
    assert row["before"] == pytest.approx(start.values[women].sum())
    assert row["before_step"] == pytest.approx(once.values[women].sum())
    assert row["before_step"] != pytest.approx(row["before"], rel=0.01)


def test_what_a_step_was_fitted_to_tells_crossed_from_beside(draw, people):
    frame, start = draw(1000)
    crossed = people.groupby(["gender", "age_group"], as_index=False)["population"].sum()
    alone = people.groupby("district", as_index=False)["population"].sum()
    weights = trim(calibrate(start, frame, [crossed, alone]), upper="3 x median")
    on = diagnose(weights, frame).to_frame("steps")["on"].tolist()
    assert on == ["gender x age_group, district"] * 2
    within = people.groupby(["district", "gender"], as_index=False)["population"].sum()
    weights = calibrate(start, frame, within, by="district")
    assert diagnose(weights, frame).to_frame("steps")["on"].tolist() == ["district x gender"]


def test_benchmarks_in_the_forms_of_margins():
    frame, weights = small()
    frame["age"] = np.arange(20.0, 30.0)
    table = pd.DataFrame({"area": ["a", "b"], "population": [40, 60]})
    crossed = pd.DataFrame(
        {
            "area": ["a", "a", "b", "b"],
            "gender": ["women", "men"] * 2,
            "population": [25.0, 15.0, 35.0, 25.0],
        }
    )
    want = diagnose(weights, frame, [table, crossed]).to_frame("margins")
    series = crossed.set_index(["area", "gender"])["population"]
    for given in (
        {"area": {"a": 40, "b": 60}, ("area", "gender"): series},
        {"area": pd.Series({"a": 40, "b": 60}), ("gender", "area"): series},
        [{"area": {"a": 40, "b": 60}}, {("area", "gender"): crossed}],
        [table, {("area", "gender"): series}],
    ):
        found = diagnose(weights, frame, given).to_frame("margins")
        pair = [t[t["given"] & (t["step"] == 0)] for t in (found, want)]
        sums = [t.groupby(t["level"].map(lambda x: tuple(sorted(x.split(" | ")))))["target"].sum()
                for t in pair]  # fmt: skip
        assert sums[0].to_dict() == sums[1].to_dict()
    mean = diagnose(weights, frame, {"age": 2_500, None: 100}).to_frame("balance")
    assert mean.query("variable == 'age'")["target"].tolist() == [25.0]
    mean = diagnose(weights, frame, {"age": 2_500, "area": {"a": 40, "b": 60}}).to_frame("balance")
    assert mean.query("variable == 'age'")["target"].tolist() == [25.0]


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        ({"gendr": {"women": 1}}, UnknownNameError, "did you mean 'gender'"),
        ({"age": 2_500}, BenchmarkError, "of how many people"),
        ({None: 100}, BenchmarkError, "says nothing of groups"),
        ({"gender": {"women": -1, "men": 1}}, BenchmarkError, "negative"),
        ({"gender": 5}, InputError, "not numeric"),
        (5, BenchmarkError, "not int"),
        ("gender", BenchmarkError, "not str"),
        ([5], BenchmarkError, "not int"),
    ],
)
def test_benchmarks_that_are_no_margins(given, error, text):
    frame, weights = small()
    with pytest.raises(error, match=text):
        diagnose(weights, frame, given)
