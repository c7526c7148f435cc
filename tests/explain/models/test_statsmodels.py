"""`to_statsmodels`: a fit of statsmodels that finds our estimates, and has our errors."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.tools.sm_exceptions import ConvergenceWarning

import survey_stats as ss
from survey_stats.errors import InputError
from survey_stats.explain.models import ConvergenceError, Model, exported, glm

MODELS = [
    ("income ~ gender * C(wave) + district", "gaussian", {}),
    ("income ~ gender + age", "gaussian", {"link": "log"}),
    ("unsafe ~ gender + district", "binomial", {}),
    ("unsafe ~ gender + age + district", "binomial", {"link": "probit"}),
    ("unsafe ~ gender + age", "binomial", {"link": "cloglog"}),
    ("crimes ~ gender + age", "poisson", {}),
    ("cost ~ gender + age", "gamma", {}),
    ("cost ~ gender + age", "gamma", {"link": "inverse"}),
    ("scale ~ gender + age + district", "ordinal", {}),
    ("scale ~ gender + district", "ordinal", {"link": "probit"}),
    ("place ~ gender + age", "multinomial", {}),
]
IDS = [f"{family} {options.get('link', '')}".strip() for _, family, options in MODELS]


def fitted(survey: ss.Survey, formula: str, family: str, options: dict[str, str]) -> Model:
    return glm(survey, formula, family, "age > 18", **options)


def flat(values: Any) -> np.ndarray:
    return np.ravel(np.asarray(values), order="F")


@pytest.mark.parametrize("rows", ["patterns", "respondents"])
@pytest.mark.parametrize(("formula", "family", "options"), MODELS, ids=IDS)
def test_the_fit_is_that_of_statsmodels_and_the_errors_are_ours(
    clustered: ss.Survey, formula: str, family: str, options: dict[str, str], rows: str
) -> None:
    model = fitted(clustered, formula, family, options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = model.to_statsmodels(rows)
    # thresholds after the first are logarithms of steps in statsmodels
    k = model.fit.columns.size + 1 if family == "ordinal" else model.fit.theta.size
    se = np.sqrt(np.diag(model.fit.cov))
    np.testing.assert_allclose(flat(found.params)[:k] / se[:k], model.fit.theta[:k] / se[:k], 1e-8)
    np.testing.assert_allclose(flat(found.bse)[:k], se[:k], rtol=1e-12)
    table = model.to_frame()
    np.testing.assert_allclose(flat(found.pvalues)[:k], table["p_value"][:k], rtol=1e-6)
    interval = np.asarray(found.conf_int()).reshape(-1, 2)[:k]
    np.testing.assert_allclose(interval[:, 0], table["ci_low"][:k], rtol=1e-7, atol=1e-9)
    if family != "multinomial":
        # what MNLogit calls by that name are its rows
        assert found.nobs == pytest.approx(model.n, rel=1e-12)
    assert found.df_resid == pytest.approx(model.n - model.fit.theta.size, rel=1e-12)
    assert len(found.model.exog) == model.n or rows == "patterns"
    assert len(found.model.exog) <= model.n
    text = str(found.summary())
    assert "survey design" in text or family == "ordinal"


# statsmodels has no start of its own for these links
WITHOUT_START = [1, 7]


@pytest.mark.parametrize(
    ("formula", "family", "options"),
    [model for i, model in enumerate(MODELS) if i not in WITHOUT_START],
    ids=[name for i, name in enumerate(IDS) if i not in WITHOUT_START],
)
def test_from_its_own_start_statsmodels_ends_there_too(
    clustered: ss.Survey, formula: str, family: str, options: dict[str, str]
) -> None:
    model = fitted(clustered, formula, family, options)
    own = model.to_statsmodels().model
    how = {"tol": 1e-12, "tol_criterion": "params"} if type(own).__name__ == "GLM" else {}
    if not how:
        how = {"method": "newton" if family == "multinomial" else "bfgs", "disp": False}
        how |= {"gtol": 1e-9} if family == "ordinal" else {"tol": 1e-12}
    with warnings.catch_warnings():
        # BFGS that can no longer better the likelihood to rounding says that it failed
        warnings.simplefilter("ignore", ConvergenceWarning)
        again = own.fit(maxiter=500, **how)
    theta = flat(again.params)
    if family == "ordinal":
        p = model.fit.columns.size
        cuts = own.transform_threshold_params(theta)[1:-1]
        theta = np.concatenate([theta[:p], cuts])
    se = np.sqrt(np.diag(model.fit.inverse))
    np.testing.assert_allclose(theta / se, model.fit.theta / se, atol=1e-6)


def test_thresholds_and_their_errors_are_the_delta_methods(clustered: ss.Survey) -> None:
    model = glm(clustered, "scale ~ gender + age", "ordinal")
    found = model.to_statsmodels()
    p = model.fit.columns.size

    def cuts(params: np.ndarray) -> np.ndarray:
        return np.concatenate([params[:p], found.model.transform_threshold_params(params)[1:-1]])

    at = flat(found.params)
    step = 1e-6 * np.eye(at.size)
    slopes = np.stack([(cuts(at + h) - cuts(at - h)) / 2e-6 for h in step], axis=1)
    back = slopes @ np.asarray(found.cov_params()) @ slopes.T
    np.testing.assert_allclose(back, model.fit.cov, rtol=1e-6, atol=1e-12)
    shares = found.predict(found.model.exog[:5])
    rows = found.model.exog[:5]
    frame = pd.DataFrame({"gender": np.where(rows[:, 0] == 1, "women", "men"), "age": rows[:, 1]})
    known = model.predict(frame)["estimate"].to_numpy().reshape(5, -1)
    np.testing.assert_allclose(shares, known, rtol=1e-9)


@pytest.mark.parametrize("rows", ["patterns", "respondents"])
@pytest.mark.parametrize(
    ("formula", "family"),
    [
        ("unsafe ~ gender + age + district", "binomial"),
        ("crimes ~ gender + age", "poisson"),
        ("cost ~ gender + age", "gamma"),
        ("place ~ gender + age", "multinomial"),
    ],
)
def test_marginal_effects_are_weighted_averages(
    clustered: ss.Survey, formula: str, family: str, rows: str
) -> None:
    model = glm(clustered, formula, family)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = model.to_statsmodels(rows)
        margins = found.get_margeff(dummy=True)
    known = model.effects(["gender", "age"], covariates="fixed")
    at = [model.terms.names.index("gender[T.women]") - 1, model.terms.names.index("age") - 1]
    effects = np.asarray(margins.margeff).reshape(len(model.terms.names) - 1, -1)[at]
    errors = np.asarray(margins.margeff_se).reshape(len(model.terms.names) - 1, -1)[at]
    np.testing.assert_allclose(effects.ravel(), known.estimate, rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(errors.ravel(), known.se, rtol=1e-6)
    assert len(margins.summary_frame()) == effects.shape[1] * (len(model.terms.names) - 1)
    with pytest.raises(InputError, match="rows that stand for"):
        found.get_margeff(at="median")
    if family == "multinomial":
        return
    # at the means of the predictors: of people, not of rows
    means = np.average(model.fit.X[model.fit.sample.pattern], axis=0, weights=model.fit.weights)
    eta = float(means @ model.fit.theta)
    slope = float(model.link.slope(np.array([eta]))[0]) * model.coefficients["age"]
    assert found.get_margeff(at="mean").margeff[at[1]] == pytest.approx(slope, rel=1e-9)


def test_predictions_and_tests_have_the_errors_of_the_design(clustered: ss.Survey) -> None:
    model = glm(clustered, "unsafe ~ gender + district")
    found = model.to_statsmodels()
    rows = pd.DataFrame({"gender": ["women"], "district": ["c"]})
    X = model.terms.matrix(
        pd.DataFrame(
            {
                "gender": pd.Categorical(["women"], ["men", "women"]),
                "district": pd.Categorical(["c"], list("abcd")),
            }
        )
    )
    made = found.get_prediction(X).summary_frame()
    known = model.predict(rows)
    assert made["mean"].iloc[0] == pytest.approx(known["estimate"][0], rel=1e-10)
    assert made["mean_se"].iloc[0] == pytest.approx(known["se"][0], rel=1e-8)
    wald = found.wald_test(np.eye(5)[2:], use_f=True, scalar=True)
    test = model.test("district")
    assert wald.statistic == pytest.approx(test.statistic, rel=1e-9)
    assert float(wald.pvalue) == pytest.approx(test.p_value, rel=1e-9)
    again = pickle.loads(pickle.dumps(found))
    np.testing.assert_array_equal(again.bse, found.bse)


def test_replicates_calibration_and_offsets_are_handed_over(survey: ss.Survey) -> None:
    model = glm(survey, "crimes ~ gender + age", "poisson", offset="log(people)")
    found = model.to_statsmodels()
    np.testing.assert_allclose(found.params, model.fit.theta, rtol=1e-9)
    np.testing.assert_allclose(found.cov_params(), model.fit.cov, rtol=1e-12)
    with pytest.raises(InputError, match="knows no offset"):
        found.get_margeff()


def test_what_statsmodels_does_not_have(
    clustered: ss.Survey, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="MNLogit of statsmodels has no offset"):
        glm(clustered, "place ~ gender", "multinomial", offset="log(people)").to_statsmodels()
    with pytest.raises(InputError, match="needs a predictor"):
        glm(clustered, "scale ~ 1", "ordinal").to_statsmodels()
    with pytest.raises(InputError, match="patterns or respondents"):
        glm(clustered, "unsafe ~ gender").to_statsmodels("people")  # type: ignore[arg-type]
    monkeypatch.setattr(exported, "_NEAR", -1.0)
    with pytest.raises(ConvergenceError, match="did not find"):
        glm(clustered, "unsafe ~ gender").to_statsmodels()
