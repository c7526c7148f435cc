"""Every number against R survey 4.1-1 (reference/make.R), to 1e-7 of the largest of its kind."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.explain.models import Model, glm
from survey_stats.explain.models.quadratic import f_sum_tail

HERE = Path(__file__).parent / "reference"
# what R computes itself is exact to about 1e-10; svyolr's information is a numeric derivative
TOLERANCE = 1e-7
FORMULAS = {
    "linear": ("income ~ gender + age + I(age**2) + district", "gaussian", {}),
    "logistic": ("unsafe ~ gender * C(wave) + age + disability + district", "binomial", {}),
    "additive": ("unsafe ~ gender + disability", "binomial", {}),
    "probit": ("unsafe ~ gender + age + district", "binomial", {"link": "probit"}),
    "cloglog": ("unsafe ~ gender + log(age)", "binomial", {"link": "cloglog"}),
    "poisson": ("crimes ~ gender + age + district", "poisson", {"offset": "log(exposure)"}),
    "gamma": ("cost ~ gender + age", "gamma", {}),
    "curved": ("unsafe ~ gender + poly(age, 2)", "binomial", {}),
    "spline": ("income ~ bs(age, df=4) + gender", "gaussian", {}),
    "ordinal": ("scale4 ~ gender + age + district", "ordinal", {}),
    "multinomial": ("place ~ gender + age + disability", "multinomial", {}),
}
R_NAMES = {
    "(Intercept)": "Intercept",
    "genderwomen": "gender[T.women]",
    "I(age^2)": "I(age ** 2)",
    "factor(wave)2023": "C(wave)[T.2023]",
    "genderwomen:factor(wave)2023": "gender[T.women]:C(wave)[T.2023]",
    "disabilityyes": "disability[T.yes]",
    **{f"district{d}": f"district[T.{d}]" for d in "bcd"},
    **{f"poly(age, 2){d}": f"poly(age, 2)[{d}]" for d in "12"},
    **{f"splines::bs(age, df = 4){d}": f"bs(age, df=4)[{d}]" for d in "1234"},
}
R_TERMS = {"I(age^2)": "I(age**2)", "gender:factor(wave)": "gender:C(wave)"}

expected = pd.read_csv(HERE / "models.csv", keep_default_na=False, na_values=["NA"])
expected[["model", "where"]] = (
    expected["model"].str.split("|", n=1, expand=True).reindex(columns=[0, 1]).fillna("")
)
of_models = expected[expected["model"].isin(FORMULAS) & (expected["design"] != "")]
CASES = list(of_models[["design", "model", "where"]].drop_duplicates().itertuples(index=False))


def named(model: str, name: str) -> object:
    if model == "multinomial":
        outcome, _, rest = name.partition(":")
        return outcome, R_NAMES.get(rest, rest)
    return R_NAMES.get(name, name)


@cache
def people() -> pd.DataFrame:
    return pd.read_csv(HERE / "people.csv")


@cache
def design(name: str) -> ss.Survey:
    frame = people()
    if name == "plain":
        return ss.Survey(frame, weights="w", strata="stratum")
    if name == "jackknife":
        made = ss.Survey(frame, weights="w", strata="stratum", clusters="psu")
        return made.with_replicates("jkn")
    survey = ss.Survey(frame, weights="w", strata="stratum", clusters="psu", fpc="n_psu")
    if name == "clustered":
        return survey
    assert name == "calibrated"
    totals = {"gender": {"men": 8100, "women": 8900}, "wave": {2020: 8700, 2023: 8300}}
    made = survey.calibrate(totals, method="linear")
    known = pd.read_csv(HERE / "calibrated.csv")["w"]
    np.testing.assert_allclose(made.design.weights, known, rtol=1e-10)
    return made


@cache
def fitted(name: str, model: str, where: str) -> Model:
    formula, family, options = FORMULAS[model]
    return glm(design(name), formula, family, where or None, **options)


def rows(name: str, model: str, where: str, kind: str) -> pd.DataFrame:
    chosen = (expected["design"] == name) & (expected["model"] == model)
    chosen &= (expected["where"] == where) & (expected["kind"] == kind)
    return expected[chosen]


@pytest.mark.parametrize(("name", "model", "where"), CASES)
def test_coefficients_and_covariance(name: str, model: str, where: str) -> None:
    made = fitted(name, model, where)
    known = rows(name, model, where, "coef")
    assert len(known) == len(made.coefficients)
    for r_name, value in zip(known["name"], known["value"], strict=True):
        at = made.parameter(named(model, r_name))
        assert made.fit.theta[at] == pytest.approx(value, rel=TOLERANCE, abs=TOLERANCE)
    cov = made.cov().to_numpy()
    size = np.sqrt(np.diag(cov))
    known = rows(name, model, where, "cov")
    assert len(known) == len(cov) * (len(cov) + 1) / 2
    for pair, value in zip(known["name"], known["value"], strict=True):
        i, j = (made.parameter(named(model, part)) for part in pair.split("~"))
        # a covariance is as exact as the product of the two standard errors
        assert cov[i, j] == pytest.approx(value, rel=TOLERANCE, abs=TOLERANCE * size[i] * size[j])


@pytest.mark.parametrize(("name", "model", "where"), CASES)
def test_degrees_of_freedom_and_p_values(name: str, model: str, where: str) -> None:
    made = fitted(name, model, where)
    for value in rows(name, model, where, "df")["value"]:
        assert made.df == value
    frame = made.to_frame()
    known = rows(name, model, where, "p")
    for r_name, value in zip(known["name"], known["value"], strict=True):
        own = frame.loc[frame["term"] == named(model, r_name), "p_value"].item()
        assert own == pytest.approx(value, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(("name", "model", "where"), CASES)
def test_tests_of_terms(name: str, model: str, where: str) -> None:
    made = fitted(name, model, where)
    compared = 0
    for kind, method, what in (
        ("wald_F", "Wald", "statistic"),
        ("wald_p", "Wald", "p"),
        ("working_p", "working-Wald", "p"),
        ("lrt_p", "LRT", "p"),
        ("lrt_scaled", "LRT", "scaled"),
        ("lrt_satterthwaite", "LRT", "satterthwaite"),
    ):
        known = rows(name, model, where, kind)
        for label, value in zip(known["name"], known["value"], strict=True):
            terms = [R_TERMS.get(t, t) for t in label.split("+")]
            how = "satterthwaite" if what == "satterthwaite" else "saddlepoint"
            found = made.test(terms, method, approximation=how)
            own = found.statistic if what in ("statistic", "scaled") else found.p_value
            if what == "scaled":
                own /= np.mean(found.design_effects)
            assert own == pytest.approx(value, rel=1e-6, abs=1e-13), (kind, label)
            compared += 1
    assert compared or model == "multinomial"


@pytest.mark.parametrize("name", ["clustered", "plain", "calibrated"])
@pytest.mark.parametrize("model", ["margins_poisson", "margins_logistic"])
def test_margins_as_svypredmeans(name: str, model: str) -> None:
    known = rows(name, model, "", "estimate").set_index("name")["value"]
    if known.empty:
        assert (name, model) == ("calibrated", "margins_logistic")
        return
    formula = {
        "margins_poisson": "crimes ~ gender + age + district",
        "margins_logistic": "unsafe ~ gender + age + disability",
    }[model]
    made = glm(
        design(name), formula, model.removeprefix("margins_").replace("logistic", "binomial")
    )
    both = made.margins("gender")
    fixed = made.margins("gender", covariates="fixed")
    for i, level in enumerate(both.keys["gender"]):
        assert both.estimate[i] == pytest.approx(known[level], rel=TOLERANCE)
        part = rows(name, model, "", "fixed").set_index("name")["value"][level]
        assert fixed.se[i] ** 2 == pytest.approx(part, rel=TOLERANCE)
        # R leaves out the covariance of the two parts, which is small
        drawn = rows(name, model, "", "covariates").set_index("name")["value"][level]
        assert both.se[i] ** 2 == pytest.approx(part + drawn, rel=0.25)


def test_tail_probabilities() -> None:
    tails = expected[expected["kind"] == "tail"]
    assert len(tails) == 12
    for method, name, value in zip(tails["model"], tails["name"], tails["value"], strict=True):
        x, weights, df = name.split("|")
        own = f_sum_tail(float(x), np.array(weights.split(), float), float(df), method)
        # R finds the saddlepoint to 1e-8
        assert own == pytest.approx(value, rel=1e-6)
