"""What must be equal whatever the numbers: models against shares, refits and derivatives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from formulaic import Formula
from scipy import stats

import survey_stats as ss
from survey_stats.estimate.scores import LinearScores, Scores
from survey_stats.explain.models import glm
from survey_stats.explain.models import sample as sample_module
from survey_stats.explain.models.fit import Fit
from survey_stats.explain.models.quadratic import f_sum_tail

MODELS = [
    ("income ~ gender * C(wave) + age + district", "gaussian", {}),
    ("unsafe ~ gender + age + district", "binomial", {}),
    ("crimes ~ gender + age", "poisson", {"offset": "log(people)"}),
    ("scale ~ gender + age + district", "ordinal", {}),
    ("place ~ gender + age", "multinomial", {}),
]
IDS = [family for _, family, _ in MODELS]


def by_respondent(scores: Scores) -> np.ndarray:
    """Scores of every respondent and row, (n, R)."""
    assert isinstance(scores, LinearScores)
    columns = scores.to_rows.toarray()
    out = np.zeros((scores.design.n, scores.n_rows))
    for f, start in zip(scores.basis.fields, scores.basis.starts[:-1], strict=True):
        inside = f.code < f.size
        out[inside] += f.value[inside, None] * columns[start + f.code[inside]]
    return out


def test_margins_of_one_predictor_are_shares(survey: ss.Survey) -> None:
    shares = survey.share("unsafe", by="district")
    margins = glm(survey, "unsafe ~ district").margins("district")
    assert margins.keys["district"].tolist() == shares.keys["district"].tolist()
    np.testing.assert_allclose(margins.estimate, shares.estimate, rtol=1e-10)
    np.testing.assert_allclose(margins.se, shares.se, rtol=1e-9)
    np.testing.assert_allclose(margins.cov(), shares.cov(), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(margins.n, shares.n)


def test_linear_model_of_one_predictor_is_means(survey: ss.Survey) -> None:
    means = survey.mean("income", by="district")
    model = glm(survey, "income ~ 0 + district", "gaussian")
    np.testing.assert_allclose(model.coefficients, means.estimate, rtol=1e-12)
    np.testing.assert_allclose(model.cov(), means.cov(), rtol=1e-9, atol=1e-9)


def test_ordinal_and_multinomial_margins_of_one_predictor(survey: ss.Survey) -> None:
    shares = survey.share("place", by="gender")
    margins = glm(survey, "place ~ gender", "multinomial").margins("gender")
    assert margins.keys.to_numpy().tolist() == shares.keys.to_numpy().tolist()
    np.testing.assert_allclose(margins.estimate, shares.estimate, rtol=1e-9)
    np.testing.assert_allclose(margins.se, shares.se, rtol=1e-8)
    # an ordinal model without predictors is the distribution itself
    shares = survey.share("scale")
    margins = glm(survey, "scale ~ 1", "ordinal").margins()
    np.testing.assert_allclose(margins.estimate, shares.estimate, rtol=1e-9)
    np.testing.assert_allclose(margins.se, shares.se, rtol=1e-8)


def test_two_outcomes_are_logistic_regression(survey: ss.Survey) -> None:
    logistic = glm(survey, "unsafe ~ gender + age + district")
    frame = survey.frame.assign(two=survey.frame["unsafe"].map({True: "yes", False: "no"}))
    twin = survey._with(frame)
    other = glm(twin, "two ~ gender + age + district", "multinomial")
    np.testing.assert_allclose(other.fit.theta, logistic.fit.theta, rtol=1e-9)
    np.testing.assert_allclose(other.cov(), logistic.cov(), rtol=1e-8, atol=1e-12)
    assert other.df == logistic.df
    ordered = glm(twin, "two ~ gender + age + district", "ordinal", levels=["no", "yes"])
    slopes = [*range(1, len(logistic.fit.theta)), 0]
    signs = np.array([1.0] * (len(slopes) - 1) + [-1.0])
    np.testing.assert_allclose(ordered.fit.theta, logistic.fit.theta[slopes] * signs, rtol=1e-9)
    turned = logistic.fit.cov[np.ix_(slopes, slopes)] * np.outer(signs, signs)
    np.testing.assert_allclose(ordered.cov(), turned, rtol=1e-8, atol=1e-12)


def test_gap_of_a_saturated_model_is_the_contrast_of_shares(survey: ss.Survey) -> None:
    model = glm(survey, "unsafe ~ gender * C(wave)")
    gap = model.gap("gender", over="wave")
    shares = survey.share("unsafe", by=["wave", "gender"])
    rows = {
        "2020": {(2020, "women"): 1, (2020, "men"): -1},
        "2023": {(2023, "women"): 1, (2023, "men"): -1},
        "change": {
            (2023, "women"): 1,
            (2023, "men"): -1,
            (2020, "women"): -1,
            (2020, "men"): 1,
        },
    }
    known = shares.contrast(rows)
    np.testing.assert_allclose(gap.estimate, known.estimate, rtol=1e-9)
    np.testing.assert_allclose(gap.se, known.se, rtol=1e-8)
    # both sides of a change hold everybody, as the model does
    assert gap.p_value[2] == pytest.approx(known.p_value[2], rel=1e-6)
    assert gap.labels["wave"].tolist() == [2020, 2023, "2023 - 2020"]
    # the interaction of a logistic model is the change of the log odds ratio
    odds = model.gap("gender", over="wave", scale="odds_ratio")
    interaction = model.fit.theta[model.parameter("gender[T.women]:C(wave)[T.2023]")]
    assert np.log(odds.estimate[2]) == pytest.approx(interaction, rel=1e-9)
    assert odds.null == 1
    if survey.design.replicates is not None:
        # the delta method of the margins' replicates is not the replicates of the coefficient
        return
    t = np.sqrt(model.test("gender:C(wave)").statistic)
    assert abs(odds.statistic[2]) == pytest.approx(t, rel=1e-8)


@pytest.mark.parametrize(("formula", "family", "options"), MODELS, ids=IDS)
def test_scores_are_derivatives_by_the_weights(
    frame: pd.DataFrame, formula: str, family: str, options: dict[str, str]
) -> None:
    """A respondent's score is what the estimate moves by when his weight grows (Deville 1999)."""

    def fitted(weights: np.ndarray) -> ss.explain.models.Model:
        survey = ss.Survey(frame.assign(w=weights), weights="w", strata="stratum", clusters="psu")
        return glm(survey, formula, family, "age > 20", **options)

    base = frame["w"].to_numpy()
    model = fitted(base)
    margins, effects = model.margins("gender", by="wave"), model.effects(["gender", "age"])
    scores = [by_respondent(s) for s in (model.scores(), margins.scores(), effects.scores())]
    rng = np.random.default_rng(5)
    inside = np.flatnonzero(frame["age"] > 20)
    for i in [*rng.choice(inside, 3), int(np.flatnonzero(frame["age"] <= 20)[0])]:
        step, found = 1e-4, []
        for sign in (1, -1):
            weights = base.copy()
            weights[i] *= 1 + sign * step
            other = fitted(weights)
            found.append(
                [
                    other.fit.theta,
                    other.margins("gender", by="wave").estimate,
                    other.effects(["gender", "age"]).estimate,
                ]
            )
        for own, up, down in zip(scores, *found, strict=True):
            slope = (up - down) / (2 * step)
            size = np.abs(own).max(axis=0)
            np.testing.assert_allclose(own[i] / size, slope / size, atol=2e-5)


@pytest.mark.parametrize(("formula", "family", "options"), MODELS, ids=IDS)
def test_patterns_change_nothing(
    frame: pd.DataFrame,
    formula: str,
    family: str,
    options: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    survey = ss.Survey(frame, weights="w", strata="stratum", clusters="psu", fpc="size")
    short = formula.replace("+ age", "").replace("age +", "")
    one = glm(survey, short, family)
    assert len(one.fit.sample.patterns) < 20
    monkeypatch.setattr(sample_module, "_COLLAPSED", 0.0)
    other = glm(survey, short, family)
    assert len(other.fit.sample.patterns) == other.n
    np.testing.assert_allclose(one.fit.theta, other.fit.theta, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(one.cov(), other.cov(), rtol=1e-8, atol=1e-12)
    a, b = one.margins("gender", by="wave"), other.margins("gender", by="wave")
    np.testing.assert_allclose(a.estimate, b.estimate, rtol=1e-10)
    np.testing.assert_allclose(a.cov(), b.cov(), rtol=1e-8, atol=1e-13)
    assert a.keys.equals(b.keys)


def test_patterns_change_nothing_in_any_design(
    survey: ss.Survey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made() -> list[np.ndarray]:
        model = glm(survey, "unsafe ~ gender + district", where="age > 25")
        results = [model.margins("district", by="wave"), model.effects("gender", by="wave")]
        found = [model.fit.theta, model.cov().to_numpy()]
        return found + [part for r in results for part in (r.estimate, r.cov(), r.df, r.n)]

    one = made()
    monkeypatch.setattr(sample_module, "_COLLAPSED", 0.0)
    for a, b in zip(one, made(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-13)


@pytest.mark.parametrize(("formula", "family", "options"), MODELS, ids=IDS)
def test_margins_by_hand_and_by_jackknife(
    frame: pd.DataFrame, formula: str, family: str, options: dict[str, str]
) -> None:
    """Refit without each PSU in turn, set everybody's gender, average: the textbook's way."""
    survey = ss.Survey(frame, weights="w", strata="stratum", clusters="psu")
    replicated = survey.with_replicates("jkn")
    model = glm(replicated, formula, family, **options)
    margins = model.margins("gender")
    replicates = replicated.design.replicates
    assert replicates is not None

    def by_hand(weights: np.ndarray) -> np.ndarray:
        kept = frame.assign(w=weights)[weights > 0]
        part = glm(ss.Survey(kept, weights="w"), formula, family, **options)
        rows = kept.iloc[part.fit.sample.rows]
        found = []
        for level in ("men", "women"):
            predicted = part.predict(rows.assign(gender=level))["estimate"].to_numpy()
            found.append(np.average(predicted.reshape(len(rows), -1), 0, rows["w"]))
        return np.concatenate(found)

    base = frame["w"].to_numpy()
    np.testing.assert_allclose(margins.estimate, by_hand(base), rtol=1e-9)
    # every sixth replicate; all of them would take long
    thetas = model.fit.replicate_thetas
    for r in range(0, replicates.n, 9):
        factors = replicates.matrix[:, r][replicates.unit]
        again = by_hand(base * factors)
        own = [model.fit.kernel.means(thetas[r], s.X, s.offset) for s in scenarios(model)]
        w = np.bincount(model.fit.sample.pattern, (base * factors)[model.fit.sample.rows])
        np.testing.assert_allclose(
            np.concatenate([np.average(m, 0, w) for m in own]), again, rtol=1e-8
        )
    # linearisation and the jackknife agree up to terms of higher order
    linear = glm(survey, formula, family, **options).margins("gender")
    np.testing.assert_allclose(linear.estimate, margins.estimate, rtol=1e-12)
    np.testing.assert_allclose(linear.se, margins.se, rtol=0.05)


def scenarios(model: ss.explain.models.Model) -> list:
    from survey_stats.explain.models.margins import scenario

    return [scenario(model, {"gender": level}) for level in ("men", "women")]


@pytest.mark.parametrize(
    ("formula", "family", "options"),
    [
        *MODELS[:3],
        ("unsafe ~ gender + age", "binomial", {"link": "probit"}),
        ("unsafe ~ gender + age", "binomial", {"link": "cloglog"}),
        ("cost ~ gender + age", "gamma", {}),
        ("cost ~ gender + age", "gamma", {"link": "inverse"}),
        ("income ~ gender + age", "gaussian", {"link": "log"}),
    ],
)
def test_statsmodels_finds_the_same(
    frame: pd.DataFrame, formula: str, family: str, options: dict[str, str]
) -> None:
    import statsmodels.api as sm

    model = glm(ss.Survey(frame, weights="w"), formula, family, **options)
    rows = frame.iloc[model.fit.sample.rows]
    y = rows[model.parsed.left].to_numpy(float)
    X = model.fit.X[model.fit.sample.pattern]
    links = {"probit": "Probit", "cloglog": "CLogLog", "inverse": "InversePower", "log": "Log"}
    name = {"gaussian": "Gaussian", "binomial": "Binomial", "poisson": "Poisson", "gamma": "Gamma"}
    link = links.get(model.link.name)
    chosen = getattr(sm.families.links, link)() if link else None
    offset = np.log(rows["people"]) if options.get("offset") else None
    fit = sm.GLM(
        y,
        X,
        getattr(sm.families, name[family])(link=chosen),
        offset=offset,
        freq_weights=rows["w"],
    ).fit(tol=1e-14, maxiter=200)
    np.testing.assert_allclose(model.fit.theta, fit.params, rtol=1e-6, atol=1e-8)
    exported = model.to_statsmodels()
    np.testing.assert_allclose(exported.params, fit.params, rtol=1e-6, atol=1e-8)
    assert list(exported.params.index) == list(model.parameters())


def test_missing_answers_are_a_domain(frame: pd.DataFrame) -> None:
    survey = ss.Survey(frame, weights="w", strata="stratum", clusters="psu", fpc="size")
    one = glm(survey, "unsafe ~ gender + district")
    complete = frame["unsafe"].notna() & frame["district"].notna()
    other = glm(survey, "unsafe ~ gender + district", where=complete)
    assert one.fit.theta.tolist() == other.fit.theta.tolist()
    assert one.cov().equals(other.cov())
    assert one.n == complete.sum() == other.n
    assert one.n_left_out == len(frame) - complete.sum()
    assert dict(one.left_out) == {
        "unsafe": frame["unsafe"].isna().sum(),
        "district": frame["district"].isna().sum(),
    }
    assert "lack an answer" in one.notes[0]
    assert other.notes == ()
    # dropped before the design is declared, PSUs of the domain would be lost
    few = frame["district"].eq("d") & frame["psu"].lt(5)
    narrow = glm(survey, "income ~ gender", "gaussian", where=few)
    cut = glm(
        ss.Survey(frame[few], weights="w", strata="stratum", clusters="psu", fpc="size"),
        "income ~ gender",
        "gaussian",
    )
    assert narrow.fit.theta == pytest.approx(cut.fit.theta)
    assert not np.allclose(narrow.cov(), cut.cov(), rtol=1e-3)


def test_order_scale_and_rows_of_weight_zero_do_not_matter(frame: pd.DataFrame) -> None:
    def fitted(data: pd.DataFrame) -> Fit:
        survey = ss.Survey(data, weights="w", strata="stratum", clusters="psu")
        return glm(survey, "unsafe ~ gender + age + district").fit

    one = fitted(frame)
    shuffled = fitted(frame.sample(frac=1, random_state=1))
    scaled = fitted(frame.assign(w=1e6 * frame["w"]))
    ghosts = frame.iloc[:50].assign(w=0.0, unsafe=True, district="nowhere")
    padded = fitted(pd.concat([frame, ghosts], ignore_index=True))
    for other in (shuffled, scaled, padded):
        np.testing.assert_allclose(other.theta, one.theta, rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(other.cov, one.cov, rtol=1e-8, atol=1e-13)
        assert other.df == one.df


def test_transformed_predictors(clustered: ss.Survey) -> None:
    plain = glm(clustered, "unsafe ~ gender + age")
    scaled = glm(clustered, "unsafe ~ gender + scale(age)")
    assert scaled.to_frame()["statistic"].iloc[2] == pytest.approx(
        plain.to_frame()["statistic"].iloc[2], rel=1e-8
    )
    np.testing.assert_allclose(
        scaled.margins("gender").cov(), plain.margins("gender").cov(), rtol=1e-8
    )
    # a cubic in years far from zero loses no digits
    years = clustered.assign(year=clustered.frame["age"] + 1950)
    far = glm(years, "income ~ year + I(year**2)", "gaussian")
    near = glm(years, "income ~ age + I(age**2)", "gaussian")
    assert far.fit.theta[2] == pytest.approx(near.fit.theta[2], rel=1e-6)
    assert far.test(["year", "I(year**2)"]).statistic == pytest.approx(
        near.test(["age", "I(age**2)"]).statistic, rel=1e-6
    )


def test_wald_of_one_coefficient_is_its_t(survey: ss.Survey) -> None:
    model = glm(survey, "unsafe ~ gender + age + district")
    row = model.to_frame().set_index("term").loc["gender[T.women]"]
    found = model.test("gender")
    assert found.statistic == pytest.approx(row["statistic"] ** 2, rel=1e-9)
    assert found.p_value == pytest.approx(row["p_value"], rel=1e-7)
    contrast = model.contrast({"women": {"gender[T.women]": 1.0}})
    assert contrast.p_value[0] == pytest.approx(row["p_value"], rel=1e-7)
    assert model.tests()["p_value"].iloc[0] == pytest.approx(row["p_value"], rel=1e-7)


def test_tails_are_exact_where_they_are_known() -> None:
    rng = np.random.default_rng(1)
    for k in (1, 2, 5):
        for x in (0.2, 3.0, 30.0):
            for df in (3.0, 17.5, 200.0):
                own = f_sum_tail(2 * x, np.full(k, 2.0), df, "integration")
                assert own == pytest.approx(stats.f.sf(x / k, k, df), rel=1e-8, abs=1e-13)
            own = f_sum_tail(2 * x, np.full(k, 2.0), np.inf, "integration")
            assert own == pytest.approx(stats.chi2.sf(x, k), rel=1e-8, abs=1e-13)
    weights, df = np.array([3.0, 1.0, 0.4]), 9.0
    draws = rng.chisquare(1, (400_000, 3)) @ weights / (rng.chisquare(df, 400_000) / df)
    for x in (3.0, 6.0, 15.0):
        seen = (draws > x).mean()
        assert f_sum_tail(x, weights, df, "integration") == pytest.approx(seen, abs=0.004)
        assert f_sum_tail(x, weights, df) == pytest.approx(seen, abs=0.015)


@pytest.mark.parametrize("method", ["LRT", "working-Wald"])
def test_likelihood_ratios_of_two_outcomes(clustered: ss.Survey, method: str) -> None:
    two = clustered.assign(
        two=clustered.frame["unsafe"].map({True: "yes", False: "no"}).astype(object)
    )
    formula = "two ~ gender * C(wave) + district"
    logistic = glm(two, formula, of="yes")
    others = [
        glm(two, formula, "multinomial"),
        glm(two, formula, "ordinal", levels=["no", "yes"]),
    ]
    for terms in ("district", ["gender", "gender:C(wave)"]):
        known = logistic.test(terms, method)
        for other in others:
            found = other.test(terms, method)
            assert found.statistic == pytest.approx(known.statistic, rel=1e-7)
            assert found.p_value == pytest.approx(known.p_value, rel=1e-6)
            assert found.design_effects == pytest.approx(known.design_effects, rel=1e-7)


def test_proportional_odds(clustered: ss.Survey) -> None:
    frame = clustered.frame
    model = glm(clustered, "scale ~ gender + age", "ordinal")
    assert model.test_proportional().df == 4
    # two thresholds: the difference of the slopes of two logistic models, with its covariance
    three = clustered.assign(
        three=frame["scale"].clip(upper=3), low=frame["scale"] > 1, high=frame["scale"] > 2
    )
    low, high = (glm(three, f"{name} ~ gender + age") for name in ("low", "high"))
    at = low.parameter("gender[T.women]")
    gap = high.fit.theta[at] - low.fit.theta[at]
    together = low.scores().covariance(high.scores())[at, at]
    variance = low.fit.cov[at, at] + high.fit.cov[at, at] - 2 * together
    own = glm(three, "three ~ gender + age", "ordinal").test_proportional("gender")
    assert own.df == 1
    assert own.statistic == pytest.approx(gap**2 / variance, rel=1e-7)
    # slopes that differ are found, slopes that do not are not
    rng = np.random.default_rng(4)
    n = 20_000
    x = rng.normal(size=n)
    same = np.digitize(0.8 * x + rng.logistic(size=n), [-1, 1])
    other = np.where(rng.logistic(size=n) + 0.2 * x > 1, 2, (rng.logistic(size=n) + x > 0) * 1)
    big = ss.Survey(pd.DataFrame({"x": x, "same": same, "other": other}))
    assert glm(big, "same ~ x", "ordinal").test_proportional().p_value > 0.01
    assert glm(big, "other ~ x", "ordinal").test_proportional().p_value < 1e-6
    with pytest.raises(ss.errors.InputError, match="ordinal models"):
        low.test_proportional()
    with pytest.raises(ss.errors.InputError, match="three outcomes"):
        glm(clustered, "scale ~ 1", "ordinal").test_proportional()


def test_likelihood_ratio_is_near_wald_in_a_large_sample(clustered: ss.Survey) -> None:
    model = glm(clustered, "unsafe ~ gender + age + district")
    lrt = model.test("district", "LRT", approximation="integration")
    saddle = model.test("district", "LRT")
    assert saddle.p_value == pytest.approx(lrt.p_value, rel=0.05)
    assert len(lrt.design_effects) == 3
    assert lrt.method == "Rao-Scott working likelihood-ratio test of district"


def test_a_model_survives_a_pickle(clustered: ss.Survey) -> None:
    import pickle

    model = glm(clustered, "unsafe ~ gender + C(wave)", link="probit")
    again = pickle.loads(pickle.dumps(model))
    assert again.to_frame().equals(model.to_frame())
    np.testing.assert_array_equal(again.margins("gender").cov(), model.margins("gender").cov())


def test_effects_of_a_linear_model_are_its_coefficients(survey: ss.Survey) -> None:
    model = glm(survey, "income ~ gender + age + district", "gaussian")
    effects = model.effects()
    at = [model.parameter("gender[T.women]")]
    at += [model.parameter(f"district[T.{d}]") for d in "bcd"] + [model.parameter("age")]
    order = [
        ("gender", "women - men"),
        *(("district", f"{d} - a") for d in "bcd"),
        ("age", "slope"),
    ]
    keys = effects.keys.apply(tuple, axis=1).tolist()
    place = [keys.index(k) for k in order]
    np.testing.assert_allclose(effects.estimate[place], model.fit.theta[at], rtol=1e-8)
    np.testing.assert_allclose(
        effects.cov()[np.ix_(place, place)], model.fit.cov[np.ix_(at, at)], rtol=1e-6, atol=1e-9
    )
    ten = model.effects("age", step=10)
    assert ten.estimate[0] == pytest.approx(10 * model.coefficients["age"], rel=1e-9)


def test_effects_are_differences_of_margins(survey: ss.Survey) -> None:
    model = glm(survey, "unsafe ~ gender * age + district")
    margins = model.margins("district", by="gender")
    effects = model.effects("district", by="gender", reference="b")
    known = margins.differences("district", reference="b")
    np.testing.assert_allclose(effects.estimate, known.estimate, rtol=1e-9)
    np.testing.assert_allclose(effects.se, known.se, rtol=1e-8)


def test_slope_of_a_logistic_model(clustered: ss.Survey) -> None:
    model = glm(clustered, "unsafe ~ gender + log(age)")
    rows = clustered.frame.iloc[model.fit.sample.rows]
    p = model.predict(rows)["estimate"]
    slope = model.coefficients["log(age)"] * p * (1 - p) / rows["age"].to_numpy()
    assert model.effects("age").estimate[0] == pytest.approx(
        np.average(slope, weights=rows["w"]), rel=1e-7
    )


@pytest.mark.parametrize(
    "term", ["poly(age, 2)", "bs(age, df=4)", "scale(age)", "I(age / np.sum(age))"]
)
def test_a_term_that_looks_at_all_rows_has_those_of_the_respondents(
    clustered: ss.Survey, term: str
) -> None:
    """Not those of the distinct ages."""
    frame = clustered.frame[clustered.frame["unsafe"].notna()]
    assert frame["age"].nunique() < len(frame) / 5
    want = Formula(f"~ {term}").get_model_matrix(frame[["age"]], context={"np": np})
    made = glm(clustered, f"unsafe ~ {term}").fit
    own = np.asarray(made.X)[made.sample.pattern]
    np.testing.assert_allclose(own, np.asarray(want), rtol=1e-9, atol=1e-12)


def test_a_response_that_looks_at_all_rows_has_those_of_the_domain(clustered: ss.Survey) -> None:
    domain = "district == 'c'"
    y = clustered.frame.query(domain)["income"]
    centred = clustered.assign(y=(clustered.frame["income"] - y.mean()) / y.std(ddof=1))
    known = glm(centred, "y ~ age", "gaussian", domain)
    made = glm(clustered, "scale(income) ~ age", "gaussian", domain)
    np.testing.assert_allclose(made.coefficients, known.coefficients, rtol=1e-9)
    np.testing.assert_allclose(made.cov(), known.cov(), rtol=1e-8)
