"""Contrasts and functions of estimates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate import Survey
from survey_stats.estimate.contrasts import gradient
from survey_stats.estimate.scores import stack


@pytest.fixture
def survey(frame) -> Survey:
    return Survey(frame, weights="weight", strata="stratum", clusters="psu", name="city")


def test_a_contrast_has_the_variance_of_its_combination(survey):
    est = survey.share("yes", by=["area", "sex"])
    weights = np.array([1.0, -1, 0.5, 0, -0.5, 0])
    row = est.contrast({"mixed": weights}).to_frame().iloc[0]
    assert row["estimate"] == pytest.approx(weights @ est.estimate)
    assert row["se"] ** 2 == pytest.approx(weights @ est.cov() @ weights, rel=1e-10)
    named = {("p", "u"): 1, ("p", "v"): -1, ("q", "u"): 0.5, ("r", "u"): -0.5}
    assert est.contrast({"mixed": named}).se[0] == pytest.approx(row["se"], rel=1e-12)
    assert row["statistic"] == pytest.approx(row["estimate"] / row["se"])
    assert row["df"] == 13


def test_differences_within_the_other_columns(survey):
    est = survey.share("yes", by=["area", "sex"])
    table = est.differences("sex", reference="u").to_frame()
    assert table["contrast"].tolist() == ["v - u"] * 3
    assert table["area"].tolist() == ["p", "q", "r"]
    wide = est.to_frame().pivot_table(index="area", columns="sex", values="estimate")
    np.testing.assert_allclose(table["estimate"], wide["v"] - wide["u"])
    pairs = survey.share("yes", by="area").differences("area").to_frame()
    assert pairs["contrast"].tolist() == ["q - p", "r - p", "r - q"]


def test_the_delta_method_gives_log_odds(survey):
    est = survey.share("yes", by="area")
    row = est.function({"logit": lambda p: np.log(p[0] / (1 - p[0]))}).to_frame().iloc[0]
    p, se = est.estimate[0], est.se[0]
    assert row["estimate"] == pytest.approx(np.log(p / (1 - p)))
    assert row["se"] == pytest.approx(se / (p * (1 - p)), rel=1e-12)


def test_a_ratio_is_the_delta_method_of_two_totals(survey, frame):
    kept = frame["income"].notna()
    est = survey.total(["income", "size"], where=kept)
    ratio = est.function({"r": lambda t: t[0] / t[1]})
    want = survey.ratio("income", "size")
    assert ratio.estimate[0] == pytest.approx(want.estimate[0], rel=1e-12)
    assert ratio.se[0] == pytest.approx(want.se[0], rel=1e-10)


def test_gradients_of_functions_without_complex_numbers():
    def rough(x):
        return float(np.hypot(x[0].real, x[1].real)) ** 3

    at = np.array([1.5, -2.0])
    norm = np.hypot(*at)
    np.testing.assert_allclose(gradient(rough, at), 3 * norm * at, rtol=1e-8)
    np.testing.assert_allclose(
        gradient(lambda x: np.exp(x[0]) * x[1], at), [np.exp(1.5) * -2, np.exp(1.5)], rtol=1e-15
    )


def test_covariance_between_results_of_one_survey(survey):
    share, mean = survey.share("yes", by="area"), survey.mean("income")
    joint = stack([share.scores(), mean.scores()]).covariance()
    np.testing.assert_allclose(
        share.scores().covariance(mean.scores()), joint[:3, 3:], rtol=1e-10, atol=1e-15
    )
    jack = survey.with_replicates("jkn")
    cross = jack.share("yes", by="area").scores().covariance(jack.mean("income").scores())
    assert cross.shape == (3, 1)
    with pytest.raises(InputError, match="different Surveys"):
        share.scores().covariance(jack.mean("income").scores())


def test_missing_estimates_do_not_reach_other_contrasts(frame):
    broken = frame.copy()
    broken.loc[broken["area"] == "r", "yes"] = np.nan
    est = Survey(broken, weights="weight", strata="stratum", clusters="psu").share("yes", by="area")
    table = est.differences("area").to_frame().set_index("contrast")
    assert table.loc["q - p", "flag"] == ""
    assert np.isfinite(table.loc["q - p", "p_value"])
    assert table.loc["r - p", "flag"] == "an estimate is missing"
    assert np.isnan(table.loc["r - p", "se"])


def test_contrasts_that_do_not_fit(survey):
    est = survey.share("yes", by="area")
    with pytest.raises(UnknownNameError, match="no row 'w'"):
        est.contrast({"x": {"w": 1}})
    with pytest.raises(InputError, match="2 coefficients for 3 rows"):
        est.contrast({"x": [1, -1]})
    with pytest.raises(UnknownNameError, match="no key column 'sex'"):
        est.differences("sex")
    with pytest.raises(UnknownNameError, match="no level 'w'"):
        est.differences("area", reference="w")


@pytest.mark.parametrize(
    ("function", "want"),
    [
        (lambda x: np.abs(x[1] - x[0]), lambda x: np.sign(x[1] - x[0]) * np.array([-1, 1, 0])),
        (np.std, lambda x: (x - x.mean()) / (3 * x.std())),
        (np.linalg.norm, lambda x: x / np.linalg.norm(x)),
        (lambda x: np.max(x) - np.min(x), lambda x: 1.0 * (x == x.max()) - (x == x.min())),
        (lambda x: np.log(x[0]) - np.log(1 - x[2]), lambda x: [1 / x[0], 0, 1 / (1 - x[2])]),
    ],
)
@pytest.mark.parametrize("at", [[0.2, 0.5, 0.3], [0.9, 0.1, 0.6], [1e-5, 0.5, 0.9999]])
def test_gradients_of_functions_that_are_not_analytic(function, want, at):
    at = np.array(at)
    np.testing.assert_allclose(gradient(function, at), want(at), rtol=1e-7, atol=1e-9)


def test_a_missing_estimate_that_is_not_used_does_no_harm():
    at = np.array([0.2, np.nan, 0.5])
    np.testing.assert_allclose(gradient(lambda x: np.log(x[0] / x[2]), at), [5, 0, -2])
    np.testing.assert_allclose(gradient(lambda x: abs(x[0] - x[2]), at), [-1, 0, 1], rtol=1e-9)


def test_a_distance_has_the_standard_error_of_the_difference(survey):
    est = survey.share("yes", by="sex")
    plain = est.differences("sex", reference="u")
    distance = est.function({"gap": lambda p: abs(p[1] - p[0])})
    assert distance.se[0] == pytest.approx(plain.se[0], rel=1e-8)


def test_a_standard_error_of_zero_tests_nothing():
    est = Survey(pd.DataFrame({"q": [0, 0, 0, 1, 1, 1], "g": list("aaabbb")})).share("q", by="g")
    row = est.differences("g").to_frame().iloc[0]
    assert (row["estimate"], row["se"]) == (1.0, 0.0)
    assert np.isnan(row["p_value"])
    assert np.isnan(row["statistic"])
    # an interval without width would say that nothing is uncertain
    assert row[["ci_low", "ci_high"]].isna().all()
    assert "standard error is zero" in row["flag"]


def test_covariance_where_a_later_unit_has_only_zero_weights():
    frame = pd.DataFrame(
        {
            "h": [0] * 8,
            "p": [0, 0, 1, 1, 2, 2, 3, 3],
            "i": range(8),
            "N": [10] * 8,
            "M": [5] * 8,
            "w": [0, 0, 1, 1, 1, 1, 1, 1.0],
            "q": [1, 0, 1, 1, 0, 1, 0, 0],
        }
    )
    est = Survey(frame, "w", "h", ["p", "i"], ["N", "M"]).share("q")
    np.testing.assert_allclose(np.diag(est.cov()), est.se**2, rtol=1e-12)


def test_contrasts_print_as_a_table(survey):
    made = survey.share("yes", by="area").differences("area", "p")
    lines = repr(made).splitlines()
    assert lines[0].startswith("Contrasts: contrast of share of yes, city")
    assert len(lines) == 2 + len(made)
    assert lines[1].split()[:4] == ["contrast", "estimate", "se", "ci_low"]
    assert "q - p" in lines[2]
    assert "Metadata(" not in repr(made)


def test_contrasts_without_labels_are_refused(survey):
    estimates = survey.share("yes", by="area")
    for given in ([1, -1], "men - women"):
        with pytest.raises(InputError, match=r"given with their labels, not as (list|str); write"):
            estimates.contrast(given)
        with pytest.raises(InputError, match=r"given with their labels, not as (list|str); write"):
            estimates.function(given)
