"""Models that cannot be, odd columns, unknown names: one sentence, or the right answer."""

from __future__ import annotations

import contextlib
import dataclasses
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import survey_stats as ss
from survey_stats.errors import (
    ComparabilityError,
    InputError,
    SurveyStatsError,
    UnknownNameError,
)
from survey_stats.explain.models import (
    ConvergenceError,
    FormulaError,
    RankError,
    SeparationError,
    glm,
)


def survey_of(frame: pd.DataFrame, **design: object) -> ss.Survey:
    return ss.Survey(frame, **design)


@pytest.mark.parametrize(
    ("formula", "options", "error", "told"),
    [
        ("unsaef ~ gender", {}, UnknownNameError, "did you mean 'unsafe'"),
        ("unsafe ~ gendr", {}, UnknownNameError, "did you mean 'gender'"),
        ("unsafe ~ log(agee)", {}, UnknownNameError, "did you mean 'age'"),
        ("unsafe ~ gender +", {}, FormulaError, "cannot be read"),
        ("~ gender", {}, FormulaError, "write 'response ~ gender'"),
        ("unsafe ~ nosuch(age)", {}, FormulaError, "nosuch"),
        ("unsafe ~ unsafe + age", {}, FormulaError, "both sides"),
        ("unsafe ~ log(age - 16)", {}, FormulaError, "'log(age - 16)' is missing or infinite"),
        ("unsafe ~ 0", {}, FormulaError, "no terms"),
        (3, {}, FormulaError, "A formula is text"),
        ("unsafe ~ gender", {"family": "logit"}, UnknownNameError, "family"),
        ("unsafe ~ gender", {"link": "log log"}, UnknownNameError, "link"),
        ("unsafe ~ gender", {"df": "satterthwaite"}, InputError, "not a rule"),
        ("unsafe ~ gender", {"level": 95}, InputError, "confidence level"),
        ("unsafe ~ gender", {"singular": "ignore"}, InputError, "'error' or 'drop'"),
        ("unsafe ~ gender", {"where": "age > 200"}, InputError, "None of the 0 respondents"),
        ("unsafe ~ gender", {"where": "gender == 'men'"}, InputError, "is 'men' for all"),
        ("unsafe ~ C(wave)", {"where": "wave == 2020"}, InputError, "is 2020 for all"),
        ("place ~ gender", {}, InputError, "say with of= which"),
        ("district ~ gender", {"family": "ordinal"}, InputError, "have no order"),
        ("scale ~ 0 + gender", {"family": "ordinal"}, InputError, "thresholds"),
        ("scale ~ gender", {"family": "ordinal", "levels": [1, 2, 9]}, UnknownNameError, "level"),
        ("place ~ gender", {"family": "gaussian"}, InputError, "not numbers"),
        ("income ~ gender", {"family": "binomial"}, InputError, "which have no share"),
        ("born ~ gender", {}, InputError, "say with of="),
        ("unsafe ~ born", {}, InputError, "holds datetime64"),
        ("debt ~ gender", {"family": "poisson"}, InputError, "cannot hold"),
        ("crimes ~ gender", {"family": "gamma"}, InputError, "cannot hold"),
        ("unsafe ~ infinite", {}, InputError, "infinite"),
        ("crimes ~ gender", {"family": "poisson", "offset": "log(crimes0)"}, InputError, "offset"),
        ("unsafe ~ gender", {"of": "yes"}, UnknownNameError, "there is False, True"),
        ("income ~ gender", {"family": "gaussian", "of": 3}, InputError, "of= is for"),
        ("unsafe ~ gender", {"levels": [0, 1]}, InputError, "levels= is for"),
        ("unsafe ~ nothing", {}, InputError, "None of the"),
        ("crimes0 ~ gender", {"family": "poisson"}, InputError, "answered 0 to 'crimes0'"),
        ("unsafe ~ gender", {"where": "unsafe"}, InputError, "answered 'yes' to 'unsafe'"),
        ("unsafe ~ gender", {"where": "not unsafe"}, InputError, "answered 'no' to 'unsafe'"),
        (
            "place ~ gender",
            {"family": "multinomial", "where": "place == 'home'"},
            InputError,
            "answered 'home'",
        ),
        ("unsafe ~ C(key)", {}, FormulaError, "2400 combinations"),
        ("income ~ C(age):district:C(size2)", {"family": "gaussian"}, FormulaError, "coarser"),
    ],
)
def test_one_sentence(
    frame: pd.DataFrame, formula: str, options: dict, error: type, told: str
) -> None:
    odd = frame.assign(
        born=pd.Timestamp("1980-01-01") + pd.to_timedelta(frame["age"], "D"),
        infinite=np.where(frame["age"] == 30, np.inf, 1.0),
        debt=-1.0,
        crimes0=0.0,
        size2=np.arange(len(frame)) % 30,
        nothing=np.nan,
    )
    if "key" in str(formula):
        odd = pd.concat([odd] * 3, ignore_index=True).assign(key=np.arange(3 * len(odd)))
        odd = odd[odd["unsafe"].notna()].head(2400)
    with pytest.raises(error) as raised:
        glm(survey_of(odd, weights="w"), formula, **options)
    text = str(raised.value)
    assert told in text, text
    assert "\n" not in text
    assert "\x1b" not in text


def test_separation_names_the_level(frame: pd.DataFrame) -> None:
    separated = frame.assign(
        unsafe=frame["unsafe"].mask(frame["district"] == "d", False),
        crimes=frame["crimes"].mask(frame["district"] == "d", 0),
        place=frame["place"].mask(frame["district"] == "d", "home"),
        scale=frame["scale"].mask(frame["district"] == "d", 4),
        pure=(frame["age"] > 50),
    )
    survey = survey_of(separated, weights="w", strata="stratum", clusters="psu")
    n = int(frame["district"].eq("d").sum())
    with pytest.raises(SeparationError, match=f"all {n} respondents with district = 'd' have 'no'"):
        glm(survey, "unsafe ~ gender + district")
    one = frame["district"].eq("d") & frame["gender"].eq("women")
    mixed = survey_of(frame.assign(unsafe=frame["unsafe"].mask(one, True)))
    with pytest.raises(SeparationError, match="gender = 'women' and district = 'd'"):
        glm(mixed, "unsafe ~ gender * district")
    with pytest.raises(SeparationError, match="district = 'd' have '0'"):
        glm(survey, "crimes ~ gender + district", "poisson")
    with pytest.raises(SeparationError, match="district = 'd'"):
        glm(survey, "place ~ district", "multinomial")
    with pytest.raises(SeparationError, match="district = 'd'"):
        glm(survey, "scale ~ district", "ordinal")
    with pytest.raises(SeparationError, match="'age'"):
        glm(survey, "pure ~ age")
    with pytest.raises(SeparationError, match="'age'"):
        glm(survey, "pure ~ gender + age", link="probit")
    # a linear model of the share knows no separation
    linear = glm(survey, "unsafe ~ district", "gaussian")
    assert linear.margins("district").estimate[3] == pytest.approx(0, abs=1e-12)


def test_small_shares_are_no_separation() -> None:
    n = 40_000
    frame = pd.DataFrame({"y": np.zeros(n, dtype=bool), "g": ["a", "b"] * (n // 2)})
    frame.loc[[0, 1], "y"] = True
    model = glm(ss.Survey(frame), "y ~ g")
    assert model.margins("g").estimate == pytest.approx([1 / 20_000, 1 / 20_000])
    far = pd.DataFrame({"x": np.linspace(-40, 40, 4001)})
    rng = np.random.default_rng(1)
    far["y"] = rng.random(4001) < 1 / (1 + np.exp(-far["x"]))
    assert glm(ss.Survey(far), "y ~ x").coefficients["x"] == pytest.approx(1, abs=0.2)


def test_rank_deficiency_is_named(frame: pd.DataFrame) -> None:
    twin = frame.assign(
        months=12 * frame["age"], area=frame["district"].map(dict(zip("abcd", "nnss", strict=True)))
    )
    survey = survey_of(twin, weights="w", strata="stratum", clusters="psu")
    with pytest.raises(RankError, match=r"'months' of the model says nothing new .* it is 12 age"):
        glm(survey, "unsafe ~ age + months")
    with pytest.raises(RankError, match="area"):
        glm(survey, "unsafe ~ district + area")
    full = glm(survey, "unsafe ~ district + area + months + age", singular="drop")
    short = glm(survey, "unsafe ~ district + months")
    np.testing.assert_allclose(full.fit.theta, short.fit.theta, rtol=1e-8)
    assert full.df == short.df
    assert set(full.dropped) == {"area[T.s]", "age"}
    table = full.to_frame().set_index("term")
    assert np.isnan(table.loc["age", "estimate"])
    assert "it is 0.08333 months" in table.loc["age", "flag"]
    with pytest.raises(InputError, match="No coefficient of area"):
        full.test("area")
    # an empty combination of an interaction
    empty = frame["district"].eq("d") & frame["wave"].eq(2023)
    with pytest.raises(RankError, match=r"district\[T.d\]:C\(wave\)\[T.2023\].*0 for everybody"):
        glm(survey_of(frame[~empty]), "unsafe ~ district * C(wave)")
    dropped = glm(survey_of(frame[~empty]), "unsafe ~ district * C(wave)", singular="drop")
    margins = dropped.margins(["district", "wave"]).to_frame()
    alone = margins[(margins["district"] == "d") & (margins["wave"] == 2023)]
    assert alone["n"].item() == 0
    assert "nobody in the model" in alone["flag"].item()


@pytest.mark.parametrize(
    "kind",
    ["object", "string", "category", "unused", "pyarrow"],
)
def test_dtypes_of_predictors(frame: pd.DataFrame, kind: str) -> None:
    plain = glm(survey_of(frame, weights="w"), "unsafe ~ gender + district + age")
    text = frame["district"]
    if kind == "category":
        text = text.astype("category")
    elif kind == "unused":
        text = text.astype(pd.CategoricalDtype(["zz", "a", "b", "c", "d", "e"]))
    elif kind == "string":
        text = text.astype("string")
    elif kind == "pyarrow":
        text = text.astype("string[pyarrow]")
    numbers = {
        "object": frame["age"].astype(object),
        "string": frame["age"].astype("Int16"),
        "category": frame["age"].astype("float32"),
        "unused": frame["age"].astype("uint8"),
        "pyarrow": frame["age"].astype("int64[pyarrow]"),
    }[kind]
    yes = {
        "object": frame["unsafe"].astype(object),
        "string": frame["unsafe"].astype("Int8"),
        "category": frame["unsafe"].astype("Float64").astype("float64"),
        "unused": frame["unsafe"],
        "pyarrow": frame["unsafe"].astype("bool[pyarrow]"),
    }[kind]
    other = glm(
        survey_of(frame.assign(district=text, age=numbers, unsafe=yes), weights="w"),
        "unsafe ~ gender + district + age",
    )
    assert list(other.parameters()) == list(plain.parameters())
    np.testing.assert_allclose(other.fit.theta, plain.fit.theta, rtol=1e-9)
    np.testing.assert_allclose(other.cov(), plain.cov(), rtol=1e-8)


def test_booleans_and_reference_levels(frame: pd.DataFrame) -> None:
    own = frame.assign(woman=frame["gender"] == "women")
    survey = survey_of(own, weights="w")
    model = glm(survey, "unsafe ~ woman + C(district, contr.treatment('c'))")
    assert "woman[T.True]" in list(model.parameters())
    assert any(str(p).endswith("[T.a]") for p in model.parameters())
    assert model.margins("woman").keys["woman"].tolist() == [False, True]
    assert model.test("district").df == 3
    named = glm(survey, "place ~ woman", of=["home", "square"])
    shares = survey.share("place", by="woman", of=["home", "square"])
    np.testing.assert_allclose(named.margins("woman").estimate, shares.estimate, rtol=1e-10)


def test_names_as_patsy_and_statsmodels_have_them(frame: pd.DataFrame) -> None:
    import statsmodels.api as sm

    odd = survey_of(frame.rename(columns={"district": "stads del"}), weights="w")
    plain = glm(survey_of(frame, weights="w"), "unsafe ~ C(district, contr.treatment('c')) + age")
    for formula in (
        "unsafe ~ C(Q('stads del'), Treatment('c')) + age",
        'unsafe ~ C(`stads del`, Treatment("c")) + age',
    ):
        made = glm(odd, formula, sm.families.Binomial())
        np.testing.assert_allclose(made.fit.theta, plain.fit.theta, rtol=1e-9)
        assert made.fit.X.shape[0] < 300
        assert made.margins("stads del").keys["stads del"].tolist() == list("abcd")
    with pytest.raises(UnknownNameError, match="stads del"):
        glm(odd, "unsafe ~ Q('stadsdel')")
    probit = glm(odd, "unsafe ~ age", sm.families.Binomial(sm.families.links.Probit()))
    assert probit.link.name == "probit"
    inverse = glm(odd, "cost ~ age", sm.families.Gamma())
    assert (inverse.family, inverse.link.name) == ("gamma", "inverse")
    with pytest.raises(UnknownNameError, match="family"):
        glm(odd, "cost ~ age", sm.families.Tweedie())


def test_order_of_outcomes(frame: pd.DataFrame) -> None:
    words = {1: "never", 2: "seldom", 3: "often", 4: "always"}
    told = frame.assign(words=frame["scale"].map(words))
    order = list(words.values())
    one = glm(survey_of(told), "words ~ gender", "ordinal", levels=order)
    other = glm(survey_of(told), "scale ~ gender", "ordinal")
    np.testing.assert_allclose(one.fit.theta, other.fit.theta, rtol=1e-12)
    assert list(one.parameters())[1:] == ["never|seldom", "seldom|often", "often|always"]
    ordered = told.assign(words=pd.Categorical(told["words"], order, ordered=True))
    third = glm(survey_of(ordered), "words ~ gender", "ordinal")
    assert third.fit.theta.tolist() == one.fit.theta.tolist()
    assert third.margins().keys["level"].tolist() == order
    fewer = glm(survey_of(told), "words ~ gender", "ordinal", levels=order[:3])
    assert fewer.n == (told["scale"] < 4).sum()
    assert fewer.left_out["words"] == (told["scale"] == 4).sum()


def test_too_many_coefficients_for_the_psus(frame: pd.DataFrame) -> None:
    survey = survey_of(frame.assign(half=frame["psu"] // 4), strata="stratum", clusters="half")
    model = glm(survey, "unsafe ~ district * gender + C(wave) + age")
    assert model.df == 6 + 1 - 10
    table = model.to_frame()
    assert table["p_value"].isna().all()
    assert table["ci_low"].isna().all()
    assert table["se"].notna().all()
    assert table["flag"].str.startswith("no interval").all()
    assert model.test("district").flag.startswith("no df")
    assert np.isnan(model.test("district", "LRT").p_value)
    # margins have the df of other estimates
    assert (model.margins("gender").df == 6).all()


def test_lonely_psus(frame: pd.DataFrame) -> None:
    few = frame[(frame["stratum"] > 1) | (frame["psu"] == 0)]
    for rule in ("certainty", "adjust", "average", "collapse"):
        survey = survey_of(few, weights="w", strata="stratum", clusters="psu", lonely_psu=rule)
        model = glm(survey, "unsafe ~ gender")
        margins, shares = model.margins("gender"), survey.share("unsafe", by="gender")
        np.testing.assert_allclose(margins.se, shares.se, rtol=1e-8)


def test_replicates_that_lose_a_level(frame: pd.DataFrame) -> None:
    rare = frame.assign(
        rare=np.where((frame["stratum"] == 2) & (frame["psu"] == 3), frame["gender"], "other")
    )
    survey = survey_of(rare, weights="w", strata="stratum", clusters="psu").with_replicates("jkn")
    model = glm(survey, "income ~ rare", "gaussian")
    assert np.isfinite(model.cov().to_numpy()).all()
    assert model.notes == ("1 of 42 replicates have no estimates",)


def test_a_model_cannot_be_changed(clustered: ss.Survey) -> None:
    model = glm(clustered, "unsafe ~ gender")
    with pytest.raises(dataclasses.FrozenInstanceError):
        model.formula = "x"  # type: ignore[misc]


def test_margins_refuse_what_has_no_meaning(clustered: ss.Survey) -> None:
    model = glm(clustered, "unsafe ~ gender + age + C(wave)")
    for call, told in (
        (lambda: model.margins("age"), "number without levels"),
        (lambda: model.margins("distrikt"), "no predictor 'distrikt'"),
        (lambda: model.margins("gender", by="gender"), "not both"),
        (lambda: model.margins(at={"age": "old"}), "cannot be set"),
        (lambda: model.margins(at={"gender": "girls"}), "no level 'girls'"),
        (lambda: model.margins(at={"wave": 2021}), "no level '2021'"),
        (lambda: model.margins(at={"age": []}), "no value"),
        (lambda: model.margins("gender", where="age > 300"), "No respondent"),
        (lambda: model.margins("gender", covariates="both"), "'sampled' or 'fixed'"),
        (lambda: model.margins("gender", interval="beta"), "'logit' or 'wald'"),
        (lambda: model.effects("gender", reference="x"), "no level 'x'"),
        (lambda: model.effects(reference="men"), "one column"),
        (lambda: model.gap("age", over="wave"), "C(age)"),
        (lambda: model.gap("gender", over="gender"), "over itself"),
        (lambda: model.gap("gender", scale="log"), "not known"),
        (lambda: model.test("agee"), "no term 'agee'"),
        (lambda: model.test([]), "No term"),
        (lambda: model.test("age", "score"), "no test"),
        (lambda: model.predict(pd.DataFrame({"gender": ["men"]})), "no predictor 'wave'"),
        (
            lambda: model.predict(pd.DataFrame({"gender": ["x"], "age": [1], "wave": [2020]})),
            "no level 'x'",
        ),
        (
            lambda: model.predict(pd.DataFrame({"gender": ["men"], "age": [1], "wave": [1999]})),
            "knows no wave 1999",
        ),
    ):
        with pytest.raises(SurveyStatsError) as raised:
            call()
        assert told in str(raised.value), str(raised.value)
    named = clustered.assign(n=clustered.frame["gender"])
    with pytest.raises(InputError, match="'n' has the name of a column of the result"):
        glm(named, "unsafe ~ n").margins("n")
    crossed = glm(clustered, "unsafe ~ gender * C(wave)")
    with pytest.raises(InputError, match=r"test them together: test\(\['gender'"):
        crossed.test("gender", "LRT")
    assert crossed.test(["gender", "gender:C(wave)"], "LRT").df == 2
    curved = glm(clustered, "unsafe ~ log(age) + I(age**2) + gender")
    with pytest.raises(UnknownNameError):
        curved.test("age")
    assert curved.test(["log(age)", "I(age**2)"]).df == 2


def test_predictions(clustered: ss.Survey) -> None:
    model = glm(clustered, "unsafe ~ gender + age")
    rows = pd.DataFrame(
        {"gender": ["women", None, "men"], "age": [30, 40, np.nan]}, index=["x", "y", "z"]
    )
    found = model.predict(rows)
    assert found["row"].tolist() == ["x", "y", "z"]
    assert found["flag"].tolist() == ["", "a predictor is missing", "a predictor is missing"]
    assert found["estimate"].isna().tolist() == [False, True, True]
    fixed = model.margins(at={"gender": "women", "age": 30}, covariates="fixed")
    assert found["estimate"][0] == pytest.approx(fixed.estimate[0], rel=1e-12)
    assert found["se"][0] == pytest.approx(fixed.se[0], rel=1e-9)
    ordinal = glm(clustered, "scale ~ age", "ordinal").predict(pd.DataFrame({"age": [20, 70]}))
    assert ordinal.groupby("row")["estimate"].sum().tolist() == pytest.approx([1, 1])


def test_margins_go_on_like_other_estimates(clustered: ss.Survey) -> None:
    from survey_stats import protect
    from survey_stats.report import tabulate

    model = glm(clustered, "unsafe ~ gender + district + age")
    margins = model.margins(["gender", "district"])
    frame = margins.to_frame()
    names = ["estimate", "se", "ci_low", "ci_high", "df", "n", "n_effective", "deff", "flag"]
    assert list(frame.columns) == ["gender", "district", *names]
    assert ((frame["ci_low"] > 0) & (frame["ci_high"] < 1)).all()
    few = frame["n"] < 30
    shown = protect.apply(frame)
    assert shown.loc[few, "estimate"].isna().all()
    assert tabulate(margins, "margins").rows["share"].size == len(frame)
    assert len(ss.letters(model.margins("district"), "district").to_frame()) == 4
    ratio = model.margins("gender").function({"ratio": lambda m: m[1] / m[0]}, null=1.0)
    gap = model.gap("gender", scale="ratio")
    assert gap.estimate[0] == pytest.approx(ratio.estimate[0])
    assert gap.se[0] == pytest.approx(ratio.se[0], rel=1e-6)
    before = glm(clustered, "unsafe ~ gender + district", where="wave == 2020").margins("gender")
    after = glm(clustered, "unsafe ~ gender + district", where="wave == 2023").margins("gender")
    changes = ss.change(before, after)
    # both waves are of the same PSUs, so that their covariance counts
    naive = np.sqrt(before.se**2 + after.se**2)
    assert not np.allclose(changes.se, naive, rtol=1e-3)
    together = before.scores().covariance(after.scores())
    np.testing.assert_allclose(changes.se**2, naive**2 - 2 * np.diag(together), rtol=1e-9)
    axes = margins.plot()
    assert axes.get_title() is not None
    import matplotlib.pyplot as plt

    plt.close("all")


def test_how_results_show_themselves(frame: pd.DataFrame) -> None:
    survey = ss.Survey(frame, weights="w", clusters="psu", name="city <safety>", wave=2023)
    model = glm(survey, "unsafe ~ gender + district")
    shown = model._repr_html_()
    assert "odds_ratio" in shown
    assert "city &lt;safety&gt; 2023" in shown
    assert "lack an answer" in shown
    assert repr(model).startswith("Model: unsafe ~ gender + district (binomial, logit link)")
    assert model.metadata.survey == "city <safety>"
    assert "7 PSUs (psu)" in model.metadata.design
    assert model.to_frame().attrs["statistic"] == "coefficients"
    poisson = glm(survey, "crimes ~ gender", "poisson").to_frame(exponentiate=True)
    assert {"rate_ratio", "rate_ratio_low", "rate_ratio_high"} <= set(poisson.columns)
    multinomial = glm(survey, "place ~ gender", "multinomial").to_frame(exponentiate=True)
    assert multinomial["outcome"].tolist() == ["square", "square", "street", "street"]
    assert "relative_risk_ratio" in multinomial
    ordinal = glm(survey, "scale ~ gender", "ordinal").to_frame(exponentiate=True)
    assert ordinal["odds_ratio"].isna().tolist() == [False, True, True, True]
    linear = glm(survey, "income ~ gender", "linear").to_frame(exponentiate=True)
    assert not any("ratio" in c for c in linear.columns)


def test_effects_in_the_readers_words(frame: pd.DataFrame) -> None:
    known = frame.assign(unsafe_evening=frame["unsafe"], age_group=frame["age"] // 65)
    known["age_group"] = known["age_group"].map({0: "16-19", 1: "80+"})
    survey = ss.Survey(known, weights="w", clusters="psu", name="city_safety", wave=2023)
    model = glm(survey, "unsafe_evening ~ gender + age_group + age")
    lines = model.told().split("\n")
    assert lines[0] == "Otrygg ute ensam sent en kväll, stadens trygghetsmätning 2023"
    effect = model.effects("gender")
    at = lines.index("Kön") + 1
    points = f"{100 * effect.estimate[0]:+.1f}".replace(".", ",").replace("-", "−")
    assert lines[at].startswith(f"  kvinnor jämfört med män: {points} procentenheter (")
    assert any(line.startswith("  80 år och äldre jämfört med 16–19 år") for line in lines)
    assert any(line.startswith("  för varje steg uppåt") for line in lines)
    english = model.told("en")
    assert "women compared with men" in english
    assert "percentage points" in english
    few = known["gender"].eq("men") | (known.index < 40)
    assert (
        "kvinnor jämfört med män: –"
        in glm(survey, "unsafe_evening ~ gender + age", where=few).told()
    )
    with pytest.raises(InputError, match="margins"):
        glm(survey, "scale ~ age", "ordinal").told()
    made_up = known.copy()
    made_up.attrs["synthetic"] = True
    assert "SYNTETISKA DATA" in glm(ss.Survey(made_up), "unsafe_evening ~ gender").told()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.integers(2, 40),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["gaussian", "binomial", "poisson", "ordinal", "multinomial"]),
    st.sampled_from(["y ~ g", "y ~ g * x", "y ~ C(h) + g", "y ~ 1", "y ~ x + g:C(h)"]),
)
def test_a_sentence_or_a_finite_answer(n: int, seed: int, family: str, formula: str) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "y": rng.integers(0, 2 if family == "binomial" else 4, n).astype(float),
            "g": rng.choice(["a", "b", "c"], n),
            "h": rng.integers(0, 3, n),
            "x": rng.normal(size=n) * 10.0 ** rng.integers(-6, 6),
            "w": rng.uniform(0.1, 50, n),
            "psu": rng.integers(0, max(2, n // 3), n),
        }
    )
    frame.loc[rng.random(n) < 0.1, "y"] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            survey = ss.Survey(frame, weights="w", clusters="psu")
            model = glm(survey, formula, family)
        except SurveyStatsError:
            return
        theta, cov = model.fit.theta, model.cov().to_numpy()
        assert np.isfinite(theta).all()
        assert np.isfinite(cov).all()
        assert (np.diag(cov) >= 0).all()
        # the estimating equations hold
        kernel, fit = model.fit.kernel, model.fit
        score, information = kernel.slopes(theta, fit.X, fit.offset, fit.sums)
        scale = np.sqrt(np.diag(information)) * np.sqrt(fit.sample.n)
        assert (np.abs(score) <= 1e-6 * np.maximum(scale, 1e-12)).all()
        margins = model.margins("g") if "g" in formula else model.margins()
        assert np.isfinite(margins.estimate).all()
        if model.statistic == "share":
            assert (margins.estimate >= 0).all()
            assert (margins.estimate <= 1).all()
        table = model.to_frame(exponentiate=True)
        assert (table["p_value"].isna() | table["p_value"].between(0, 1)).all()
        for follow in (
            lambda: model.effects(),
            lambda: model.gap("g", over="h"),
            lambda: model.gap("g", scale="ratio"),
            lambda: model.tests(),
            lambda: model.tests("LRT"),
            lambda: model.test_proportional(),
            lambda: model.predict(frame.head(3)),
            lambda: model.told(),
        ):
            with contextlib.suppress(SurveyStatsError):
                follow()


def test_no_estimates_without_a_reason() -> None:
    # a log link cannot hold shares of one
    frame = pd.DataFrame({"y": [True] * 30 + [False] * 5 + [True] * 5, "x": np.arange(40.0)})
    with pytest.raises((ConvergenceError, SeparationError)):
        glm(ss.Survey(frame.assign(y=frame["x"] < 35)), "y ~ x", link="log")


def test_waves_that_cannot_be_compared_are_not_put_into_one_model(frame: pd.DataFrame) -> None:
    def wave(name: str, year: int, areas: list[str]) -> ss.Survey:
        rng = np.random.default_rng(year)
        own = frame.drop(columns=["wave", "district"])
        own["unsafe_evening"] = own.pop("unsafe")
        own["district"] = rng.choice(areas, len(own))
        own["municipality"] = "Stockholm"
        return ss.Survey(own, weights="w", name=name, wave=year)

    everywhere, few = ["Farsta", "Järva"], ["Järva"]
    region = [wave("regional_safety", 2021, everywhere), wave("regional_safety", 2022, few)]
    both = ss.join(region)
    with pytest.raises(ComparabilityError, match="Järva and Huddinge only"):
        glm(both, "unsafe_evening ~ gender + C(wave)")
    forced = glm(both, "unsafe_evening ~ gender + C(wave)", override="a test")
    assert any(note.startswith("Not comparable: ") for note in forced.notes)
    assert "Compared all the same: a test" in forced.notes
    # where both asked nothing forbids it
    within = glm(both, "unsafe_evening ~ gender + C(wave)", where="district == 'Järva'")
    assert not any(note.startswith("Not comparable") for note in within.notes)
    city = ss.join([wave("city_safety", y, everywhere) for y in (2017, 2020)])
    noted = glm(city, "unsafe_evening ~ gender * C(wave)").notes
    assert any("different ages" in note for note in noted)
    with pytest.raises(InputError, match="is no reason"):
        glm(city, "unsafe_evening ~ gender", override="")
