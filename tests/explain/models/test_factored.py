"""Design matrices that are never made dense give what dense ones give."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import SurveyStatsError
from survey_stats.explain.models import FormulaError, Model, RankError, SeparationError, glm
from survey_stats.explain.models import formula as formula_module
from survey_stats.explain.models.matrix import Factored, column_sums, gram, in_blocks, turned


@pytest.fixture(scope="module")
def numbered(frame: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(6)
    n = len(frame)
    return frame.assign(
        z=np.where(rng.random(n) < 0.03, np.nan, rng.normal(size=n)),
        km=rng.lognormal(size=n),
        people=rng.uniform(1, 4, n),
    )


def clustered(frame: pd.DataFrame) -> ss.Survey:
    return ss.Survey(frame, weights="w", strata="stratum", clusters="psu", fpc="size")


def both(survey: ss.Survey, formula: str, family: str = "binomial", **options: str) -> list[Model]:
    """The model with a factored matrix, and with a dense one."""
    found = [glm(survey, formula, family, **options)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(formula_module, "_MOST_FACTORS", 0)
        found.append(glm(survey, formula, family, **options))
    assert isinstance(found[0].fit.X, Factored), formula
    assert isinstance(found[1].fit.X, np.ndarray)
    return found


def same(one: Model, other: Model) -> None:
    assert list(one.parameters()) == list(other.parameters())
    assert (one.n, one.df, dict(one.left_out)) == (other.n, other.df, dict(other.left_out))
    size = np.sqrt(np.diag(other.fit.cov))
    np.testing.assert_allclose(one.fit.theta / size, other.fit.theta / size, rtol=1e-8, atol=1e-9)
    scale = np.outer(size, size)
    np.testing.assert_allclose(one.fit.cov / scale, other.fit.cov / scale, atol=1e-8)
    np.testing.assert_allclose(np.asarray(one.fit.X), other.fit.X, rtol=1e-12)


def test_in_every_design(numbered: pd.DataFrame, survey: ss.Survey) -> None:
    survey = survey.assign(z=numbered["z"])
    one, other = both(survey, "unsafe ~ gender * z + district")
    same(one, other)
    for ask in (
        lambda m: m.margins("district", by="wave"),
        lambda m: m.effects(["z", "gender"]),
        lambda m: m.margins("gender", at={"z": [-1.0, 1.0]}, covariates="fixed"),
    ):
        a, b = ask(one), ask(other)
        np.testing.assert_allclose(a.estimate, b.estimate, rtol=1e-9)
        np.testing.assert_allclose(a.cov(), b.cov(), rtol=1e-7, atol=1e-13)
        np.testing.assert_array_equal(a.n, b.n)
    if survey.design.replicates is None:
        # coefficients and margins have a covariance, however each is kept
        shares = survey.share("unsafe", by="gender")
        np.testing.assert_allclose(
            one.scores().covariance(shares.scores()),
            other.scores().covariance(shares.scores()),
            rtol=1e-7,
            atol=1e-13,
        )


@pytest.mark.parametrize(
    "formula",
    [
        "z",
        "0 + z",
        "0 + gender:z",
        "z + I(z**2)",
        "gender:z + district",
        "gender * log(km) + C(wave):z",
        "z:km + gender",
        "z * km",
        "age + z",
        "I(z * age) + gender",
        "C(district, contr.treatment('c')) * z",
        "Q('z') + gender",
        "np.exp(z) + gender",
        "I(z > 0.123) + gender:z",
    ],
)
def test_every_kind_of_term(numbered: pd.DataFrame, formula: str) -> None:
    survey = clustered(numbered)
    one, other = both(survey, f"unsafe ~ {formula}")
    same(one, other)
    for name in other.terms.slices:
        if name != "Intercept":
            a, b = one.test(name), other.test(name)
            assert a.p_value == pytest.approx(b.p_value, rel=1e-6)
    rows = numbered.head(7)
    pd.testing.assert_frame_equal(one.predict(rows), other.predict(rows), rtol=1e-8)


@pytest.mark.parametrize(
    ("formula", "family", "options"),
    [
        ("income ~ gender + z", "gaussian", {}),
        ("income ~ gender + z", "gaussian", {"link": "log"}),
        ("unsafe ~ gender + z", "binomial", {"link": "probit"}),
        ("unsafe ~ gender + z", "binomial", {"link": "cloglog"}),
        ("crimes ~ gender + z", "poisson", {"offset": "log(people)"}),
        ("crimes ~ gender", "poisson", {"offset": "log(people)"}),
        ("cost ~ gender + z", "gamma", {}),
        ("scale ~ gender + z", "ordinal", {}),
        ("place ~ gender + z", "multinomial", {}),
    ],
)
def test_every_family(
    numbered: pd.DataFrame, formula: str, family: str, options: dict[str, str]
) -> None:
    survey = clustered(numbered)
    one, other = both(survey, formula, family, **options)
    same(one, other)
    a, b = one.test("gender", "LRT"), other.test("gender", "LRT")
    assert a.statistic == pytest.approx(b.statistic, rel=1e-7)
    assert a.p_value == pytest.approx(b.p_value, rel=1e-6)
    a, b = one.margins("gender"), other.margins("gender")
    np.testing.assert_allclose(a.cov(), b.cov(), rtol=1e-7, atol=1e-13)


def test_wild_units_and_far_numbers(numbered: pd.DataFrame) -> None:
    wild = numbered.assign(z=numbered["z"] * 1e9, km=1e6 + numbered["km"], w=numbered["w"] * 1e-7)
    survey = clustered(wild)
    for formula in ("unsafe ~ gender * z", "unsafe ~ km + gender"):
        same(*both(survey, formula))


def test_bad_models_are_told_of_alike(numbered: pd.DataFrame) -> None:
    odd = numbered.assign(
        twin=2 * numbered["z"], pure=numbered["km"] > 1, infinite=numbered["km"] - numbered["km"]
    )
    survey = clustered(odd)
    with pytest.raises(RankError, match=r"'twin' of the model says nothing new .* it is 2 z"):
        glm(survey, "unsafe ~ gender + z + twin")
    full = glm(survey, "unsafe ~ gender + z + twin", singular="drop")
    np.testing.assert_allclose(full.cov(), glm(survey, "unsafe ~ gender + z").cov(), rtol=1e-7)
    assert set(full.dropped) == {"twin"}
    with pytest.raises(SeparationError, match="'km'"):
        glm(survey, "pure ~ gender + km")
    with pytest.raises(FormulaError, match=r"'log\(z\)' is missing or infinite"):
        glm(survey, "unsafe ~ gender + log(z)")
    with pytest.raises(SurveyStatsError):
        glm(survey, "unsafe ~ gender + infinite")


def test_many_numbers_are_dense(numbered: pd.DataFrame) -> None:
    survey = clustered(numbered.assign(a=numbered["z"] ** 3, b=numbered["km"] ** 0.5))
    assert isinstance(glm(survey, "unsafe ~ z + km + a + b").fit.X, np.ndarray)
    assert isinstance(glm(survey, "unsafe ~ bs(z, df=4)").fit.X, np.ndarray)


def test_products_are_those_of_the_dense_matrix() -> None:
    rng = np.random.default_rng(2)
    n = 20_000
    X = Factored(
        rng.integers(0, 5, n),
        np.stack([np.ones(n), rng.normal(size=n), rng.normal(size=n)]),
        rng.normal(size=(3, 5, 4)),
    )
    dense = np.asarray(X)
    w, v = rng.random(n), rng.normal(size=(n, 2))
    np.testing.assert_allclose(X @ v[:4, 0], dense @ v[:4, 0], atol=1e-12)
    np.testing.assert_allclose(gram(X, w), dense.T @ (dense * w[:, None]), rtol=1e-10)
    np.testing.assert_allclose(column_sums(X, v), dense.T @ v, rtol=1e-9, atol=1e-9)
    moved = turned(X, np.eye(4) * 2, np.array([1.0, 2, 3, 4]))
    np.testing.assert_allclose(np.asarray(moved), 2 * (dense - [1, 2, 3, 4]), atol=1e-12)
    parts = list(in_blocks(X, w))
    assert len(parts) == 3
    np.testing.assert_allclose(np.concatenate([p @ v[:4, 0] for p, _ in parts]), X @ v[:4, 0])


def test_numbers_that_repeat_after_the_first_rows() -> None:
    """The first rows tell whether a number has many values, and no answer hangs on it."""
    rng = np.random.default_rng(1)
    n = 40_000
    z = np.concatenate([rng.normal(size=33_000), rng.integers(0, 3, n - 33_000)])
    frame = pd.DataFrame({"y": rng.random(n) < 0.3, "z": z, "g": rng.choice(["a", "b"], n)})
    one = glm(ss.Survey(frame), "y ~ g + z")
    other = glm(ss.Survey(frame[::-1].reset_index(drop=True)), "y ~ g + z")
    np.testing.assert_allclose(one.fit.theta, other.fit.theta, rtol=1e-9)
    np.testing.assert_allclose(one.cov(), other.cov(), rtol=1e-8)


def test_memory_is_a_few_columns() -> None:
    rng = np.random.default_rng(3)
    n = 100_000
    frame = pd.DataFrame(
        {
            "y": rng.random(n) < 0.3,
            "z": rng.normal(size=n),
            "d": rng.choice(list("abcdefghijklmnopqrst"), n),
            "psu": rng.integers(0, 500, n),
        }
    )
    survey = ss.Survey(frame, clusters="psu")
    glm(survey, "y ~ d", where="psu < 20")
    tracemalloc.start()
    model = glm(survey, "y ~ d * z")
    model.cov()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert model.fit.theta.size == 40
    # the design matrix alone would be 40 columns of 0.8 MB
    assert peak < 20 * 8 * n
