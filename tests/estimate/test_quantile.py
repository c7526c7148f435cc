"""Quantiles against numpy where the rules meet, and Woodruff's interval from its definition."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey_stats.errors import InputError
from survey_stats.estimate import Survey
from survey_stats.estimate.intervals import t_quantile
from survey_stats.estimate.quantile import Sorted, quantile

NUMPY = {
    "math": "inverted_cdf",
    "school": "averaged_inverted_cdf",
    "hf4": "interpolated_inverted_cdf",
    "hf5": "hazen",
    "hf6": "weibull",
    "hf7": "linear",
    "hf8": "median_unbiased",
    "hf9": "normal_unbiased",
}


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.integers(-20, 20), min_size=2, max_size=30),
    p=st.floats(0.01, 0.99),
    rule=st.sampled_from(sorted(NUMPY)),
)
def test_unweighted_quantiles_are_numpys(values, p, rule):
    y = np.array(values, dtype=float)
    # at an exact step numpy compares without a tolerance
    if abs(p * len(y) - round(p * len(y))) < 1e-9:
        p += 1e-6
    data = Sorted.of(y, np.ones(y.size), np.zeros(y.size, dtype=int), 1)
    want = np.quantile(y, p, method=NUMPY[rule])
    assert quantile(data, np.array([p]), rule)[0] == pytest.approx(want, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000), p=st.floats(0.02, 0.98), rule=st.sampled_from(["math", "school"])
)
def test_integer_weights_are_repeated_rows(seed, p, rule):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 9, 25).astype(float)
    w = rng.integers(0, 4, 25)
    w[0] = 1
    group = rng.integers(0, 3, 25)
    data = Sorted.of(y, w.astype(float), group, 3)
    repeated = Sorted.of(np.repeat(y, w), np.ones(w.sum()), np.repeat(group, w), 3)
    at = np.full(3, p)
    np.testing.assert_array_equal(quantile(data, at, rule), quantile(repeated, at, rule))


def test_exact_steps():
    data = Sorted.of(np.arange(1.0, 11), np.full(10, 0.1), np.zeros(10, dtype=int), 1)
    assert quantile(data, np.array([0.3]), "math")[0] == 3
    assert quantile(data, np.array([0.3]), "school")[0] == 3.5
    assert quantile(data, np.array([0.05]), "math")[0] == 1
    assert quantile(data, np.array([1.0]), "school")[0] == 10


def test_woodruff_from_its_definition(frame):
    survey = Survey(frame, weights="weight", strata="stratum", clusters="psu")
    for rule in ("math", "hf7"):
        est = survey.quantile("income", 0.4, by="area", rule=rule).to_frame()
        for row in est.itertuples():
            below = frame["income"].le(row.estimate).astype(float).where(frame["income"].notna())
            part = Survey(
                frame.assign(b=below), weights="weight", strata="stratum", clusters="psu"
            ).mean("b", where=frame["area"] == row.area)
            kept = frame[(frame["area"] == row.area) & frame["income"].notna()]
            data = Sorted.of(
                kept["income"].to_numpy(),
                kept["weight"].to_numpy(),
                np.zeros(len(kept), dtype=int),
                1,
            )
            low = quantile(data, part.ci_low, rule)[0]
            high = quantile(data, part.ci_high, rule)[0]
            assert (row.ci_low, row.ci_high) == pytest.approx((low, high), rel=1e-12)
            t = t_quantile(np.array([row.df]), 0.95)[0]
            assert row.se == pytest.approx((high - low) / (2 * t), rel=1e-12)


def test_several_orders_and_questions(frame):
    survey = Survey(frame, weights="weight", strata="stratum")
    est = survey.quantile(["income", "size"], [0.25, 0.5], by="area")
    table = est.to_frame()
    assert list(table.columns[:3]) == ["question", "area", "quantile"]
    one = survey.quantile("size", 0.25, by="area").to_frame()
    rest = table[(table["question"] == "size") & (table["quantile"] == 0.25)]
    np.testing.assert_array_equal(rest["ci_high"], one["ci_high"])
    half = table[(table["question"] == "income") & (table["quantile"] == 0.5)]
    np.testing.assert_array_equal(survey.median("income", by="area").se, half["se"])
    np.testing.assert_allclose(np.sqrt(np.diag(est.cov())), est.se, rtol=1e-9)


def test_an_interval_beyond_the_answers_is_missing_and_says_so():
    frame = pd.DataFrame({"y": [1.0, 2.0, 3.0, 4.0]})
    row = Survey(frame).quantile("y", 0.95).to_frame().iloc[0]
    assert row["estimate"] == 4
    assert np.isnan(row["ci_high"])
    assert "beyond the answers" in row["flag"]


def test_bad_orders_and_rules(frame):
    survey = Survey(frame, weights="weight")
    with pytest.raises(InputError, match="between 0 and 1"):
        survey.quantile("income", 50)
    for wrong in (None, "0.5", True, [], [0.5, None], np.nan, {0.5: 1}, ["0.5"], [[0.5]]):
        with pytest.raises(InputError, match="between 0 and 1"):
            survey.quantile("income", wrong)
    for half in (np.float32(0.5), np.array(0.5), Decimal("0.5")):
        assert survey.quantile("income", half).estimate == survey.median("income").estimate
    with pytest.raises(InputError, match="no quantile rule"):
        survey.quantile("income", 0.5, rule="r7")
    with pytest.raises(InputError, match="not a method for quantiles"):
        survey.quantile("income", 0.5, interval="score")


@pytest.mark.parametrize("rule", ["hf4", "hf5", "hf6", "hf7", "hf8", "hf9"])
def test_a_quantile_at_an_answer_is_that_answer(rule):
    """Weights whose sums are no binary fractions leave the position a rounding away from it."""
    values = np.arange(1.0, 26.0)
    # the order at which the rule gives the seventh answer of 25
    a, b = {"hf4": (0, 0), "hf5": (0.5, 0), "hf6": (0, 1), "hf7": (1, -1)}.get(rule, (None, None))
    if a is None:
        a, b = (1 / 3, 1 / 3) if rule == "hf8" else (3 / 8, 1 / 4)
    order = (7 - a) / (25 + b)
    for weight in (30.97, 1 / 3, 0.1, 1e-3, 7e5 / 3):
        for before in range(40):
            group = np.repeat([0, 1], [before, 25])
            y = np.concatenate([np.zeros(before), values])
            data = Sorted.of(y, np.full(y.size, weight), group, 2)
            assert quantile(data, np.full(2, order), rule)[1] == 7.0


@pytest.mark.parametrize("rule", sorted(NUMPY))
def test_a_group_has_the_quantiles_of_the_domain_of_its_members(rule):
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"y": rng.permutation(198) * 3.0, "g": rng.integers(0, 5, 198)})
    survey = Survey(frame.assign(w=30.97), weights="w")
    orders = [0.05, 0.1, 0.25, 0.5]
    grouped = survey.quantile("y", orders, by="g", rule=rule).to_frame()
    for g, rows in grouped.groupby("g"):
        alone = survey.quantile("y", orders, where=f"g == {g}", rule=rule).to_frame()
        for name in ("estimate", "se", "ci_low", "ci_high"):
            np.testing.assert_allclose(rows[name], alone[name], rtol=1e-12)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_no_warning_escapes_where_all_answers_are_alike():
    survey = Survey(pd.DataFrame({"y": [3.0, 3.0, 3.0, 4.0], "g": list("aaab")}))
    found = survey.quantile("y", [0.25, 0.5], by="g")
    assert found.estimate.tolist() == [3.0, 4.0, 3.0, 4.0]
    assert all(found.flag)
