"""What a new user writes first: no wrong number, and a sentence that says what to write."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.explain.models import FormulaError, glm


@pytest.mark.parametrize("term", ["I(age^2)", "I(age ^ 2)", "log(age^2)", "{age^2}"])
def test_a_caret_inside_a_call_is_not_read_as_exclusive_or(clustered: ss.Survey, term: str) -> None:
    for formula in (f"unsafe ~ {term}", f"unsafe ~ gender:{term}"):
        with pytest.raises(FormulaError, match=r"age\*\*2"):
            glm(clustered, formula)
    with pytest.raises(FormulaError, match=r"crimes\*\*2"):
        glm(clustered, "I(crimes^2) ~ gender", "gaussian")
    with pytest.raises(FormulaError, match=r"people\*\*2"):
        glm(clustered, "crimes ~ gender", "poisson", offset="log(people^2)")


def test_powers_and_crossings_are_still_read(clustered: ss.Survey) -> None:
    square = glm(clustered, "unsafe ~ I(age**2)")
    by_hand = glm(clustered.assign(sq=clustered.frame["age"] ** 2), "unsafe ~ sq")
    np.testing.assert_allclose(square.fit.theta, by_hand.fit.theta, rtol=1e-10)
    crossed = glm(clustered, "unsafe ~ (gender + age)^2")
    assert "gender:age" in {t.replace("age:gender", "gender:age") for t in crossed.terms.slices}


@pytest.mark.parametrize("scale", ["difference", "ratio", "odds_ratio"])
def test_a_gap_over_time_needs_its_interaction(clustered: ss.Survey, scale: str) -> None:
    for formula in (
        "unsafe ~ gender + C(wave)",
        "unsafe ~ gender + C(wave) + gender:district + district:C(wave)",
    ):
        model = glm(clustered, formula)
        with pytest.raises(InputError, match=r"add gender:C\(wave\) to the formula"):
            model.gap("gender", over="wave", scale=scale)
        assert len(model.gap("gender", scale=scale)) == 1


@pytest.mark.parametrize(
    "crossing",
    [
        "gender * C(wave)",
        "C(wave) * gender",
        "C(wave) + gender + C(wave):gender",
        "gender * C(wave) * district",
    ],
)
def test_a_gap_over_time_takes_the_interaction_in_any_order(
    clustered: ss.Survey, crossing: str
) -> None:
    gap = glm(clustered, f"unsafe ~ {crossing}").gap("gender", over="wave")
    assert gap.labels["wave"].tolist() == [2020, 2023, "2023 - 2020"]
    assert gap.estimate[2] == pytest.approx(gap.estimate[1] - gap.estimate[0])


@pytest.mark.parametrize(
    ("written", "method"),
    [
        ("wald", "Wald"),
        ("lrt", "LRT"),
        ("WorkingWald", "working-Wald"),
        ("workingwald", "working-Wald"),
        ("Working-wald", "working-Wald"),
    ],
)
def test_tests_are_named_in_any_case(clustered: ss.Survey, written: str, method: str) -> None:
    model = glm(clustered, "unsafe ~ district + gender * C(wave)")
    found, known = model.test("district", written), model.test("district", method)
    assert found.p_value == known.p_value
    assert found.method == known.method
    assert model.tests(written).equals(model.tests(method))


def test_an_interaction_is_found_by_its_columns(clustered: ss.Survey) -> None:
    model = glm(clustered, "unsafe ~ gender * C(wave)")
    known = model.test("gender:C(wave)")
    for written in ("gender:wave", "wave:gender", "wave : gender", "C(wave):gender"):
        assert model.test(written).statistic == known.statistic
    with pytest.raises(UnknownNameError, match="no term 'gender:age'"):
        model.test("gender:age")
    twice = glm(clustered, "unsafe ~ gender:age + gender:I(age**2)")
    assert twice.test("gender:age").df == 2
    with pytest.raises(UnknownNameError):
        glm(clustered, "unsafe ~ gender:log(age) + gender:I(age**2)").test("gender:age")


def test_the_header_writes_df_in_full(frame: pd.DataFrame) -> None:
    big = pd.concat([frame] * 20, ignore_index=True)
    model = glm(ss.Survey(big), "unsafe ~ gender")
    assert f"df {model.n - 2}" in repr(model).splitlines()[0]
    assert model.df > 10_000
    assert f" {model.n - 2} " in repr(model).splitlines()[2]
    gap = model.gap("gender")
    assert f" {model.n - 1} " in repr(gap).splitlines()[2]
    assert "wald interval" in gap.metadata.method


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        ("unsafe ~ .", "name the predictors, 'unsafe ~ a + b'"),
        ("unsafe ~ factor(district)", "C(district, contr.treatment("),
        ("unsafe ~ as.factor(district)", "use C(district), or"),
        ("unsafe ~ relevel(district, 'b')", "use C(district), or"),
        ("unsafe ~ gender + ns(age, 3)", "bs(age, df=4)"),
        ("unsafe ~ cut(age, 3)", "pandas.cut"),
        ("unsafe ~ ifelse(age > 30, 1, 0)", "I(age > 30)"),
        ("crimes ~ gender + offset(people)", "offset='people'"),
        ("unsafe ~ nosuch(age)", "function 'nosuch'"),
        ("scale==1 ~ gender", "write 'I(scale==1) ~ gender'"),
        ("scale > 2 ~ gender", "write 'I(scale > 2) ~ gender'"),
        ("unsafe ~ C(gender, contr.treatment('zz'))", "reference level 'zz'"),
        ("unsafe ~ C(gender, Treatment('zz'))", "reference level 'zz'"),
        ("unsafe ~ years lived", "backticks in a formula: `years lived`"),
        ("unsafe ~ gender + years lived", "`years lived`"),
        ("unsafe ~", "write 'unsafe ~ 1'"),
        ("unsafe ~  ", "write 'unsafe ~ 1'"),
        ("unsafe ~ gender | wave", "separated by '|'"),
    ],
)
def test_what_r_writes_is_answered_by_what_to_write(
    frame: pd.DataFrame, formula: str, told: str
) -> None:
    survey = ss.Survey(frame.assign(**{"years lived": frame["age"]}), weights="w")
    with pytest.raises(FormulaError) as raised:
        glm(survey, formula)
    assert told in str(raised.value)
    assert "formulaic" not in str(raised.value)


@pytest.mark.parametrize(
    "formula",
    [
        "I(scale == 1) ~ gender",
        "unsafe ~ `years lived`",
        "unsafe ~ C(gender, contr.treatment('women'))",
        "unsafe ~ C(gender, Treatment('women'))",
        "unsafe ~ bs(age, df=4)",
        "unsafe ~ poly(age, 3)",
        "unsafe ~ I(age > 30.5)",
        "unsafe ~ np.log(age)",
        "unsafe ~ 1",
    ],
)
def test_what_the_errors_advise_works(frame: pd.DataFrame, formula: str) -> None:
    survey = ss.Survey(frame.assign(**{"years lived": frame["age"]}), weights="w")
    assert np.isfinite(glm(survey, formula).coefficients).all()


@pytest.mark.parametrize("wrong", [pd.DataFrame({"y": [0, 1]}), None, "city"])
def test_a_model_is_of_a_survey(wrong: object) -> None:
    with pytest.raises(InputError, match="glm takes a Survey, not"):
        glm(wrong, "y ~ 1")  # type: ignore[arg-type]


def test_too_many_steps_are_no_scale(clustered: ss.Survey) -> None:
    with pytest.raises(InputError, match="too many for the steps of a scale"):
        glm(clustered, "age ~ gender", "ordinal")


def test_numbers_as_text_that_take_all_df(frame: pd.DataFrame) -> None:
    survey = ss.Survey(
        frame.assign(years=frame["age"].astype(str)),
        weights="w",
        strata="stratum",
        clusters="psu",
    )
    with pytest.raises(FormulaError, match="'years' holds numbers as text"):
        glm(survey, "unsafe ~ years")
    # ages as levels are what was asked for, and the notes say what it costs
    assert any("No tests or intervals" in n for n in glm(survey, "unsafe ~ C(age)").notes)
