"""What a model says of itself where it is right and easily misread."""

from __future__ import annotations

import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.explain.models import glm


def test_fractions_are_no_counts(clustered: ss.Survey) -> None:
    rates = glm(clustered, "people ~ gender", "poisson")
    assert any("people has fractions" in n for n in rates.notes)
    assert "fractions" in repr(rates)
    assert glm(clustered, "crimes ~ gender", "poisson").notes == ()


def test_a_year_from_zero_in_an_interaction(clustered: ss.Survey) -> None:
    notes = glm(clustered, "unsafe ~ gender * wave").notes
    assert any("write C(wave)" in n and "I(wave - 2020)" in n for n in notes)
    for fine in ("gender * C(wave)", "gender * I(wave - 2020)", "gender + wave", "gender * age"):
        notes = glm(clustered, f"unsafe ~ {fine}").notes
        assert not any("far from zero" in n for n in notes)


def test_levels_left_out_are_counted(frame: pd.DataFrame, clustered: ss.Survey) -> None:
    model = glm(clustered, "place ~ gender", "multinomial", levels=["home", "square"])
    n = int((frame["place"] == "street").sum())
    assert f"{n} of those left out answered 'street', which levels= does not name" in model.notes
    men = glm(clustered, "scale ~ age", "ordinal", levels=[1, 2, 3], where="gender == 'men'")
    n = int(((frame["scale"] == 4) & (frame["gender"] == "men")).sum())
    assert men.left_out == {"scale": n}
    assert any(note.startswith(f"{n} of those left out answered 4") for note in men.notes)


def test_answers_that_are_no_step_are_counted(frame: pd.DataFrame) -> None:
    steps = frame["scale"].astype("Float64").mask(frame.index < 50)
    known = frame["unsafe"].mask(frame.index < 20, pd.NA).fillna(True)
    known = known.mask(frame.index < 20, pd.NA)
    survey = ss.Survey(frame.assign(answer_dark=steps, dark__city=known))
    model = glm(survey, "answer_dark ~ gender", "ordinal")
    assert model.n_left_out == 50
    assert any(n.startswith("30 of those left out gave an answer to 'dark'") for n in model.notes)


def test_margins_outside_the_data_are_flagged(clustered: ss.Survey) -> None:
    found = glm(clustered, "unsafe ~ age + gender").margins("gender", at={"age": [30, 200]})
    far = found.keys["age"] == 200
    flags = pd.Series(list(found.flag))
    assert (flags[far] == "age is outside the respondents' 16 to 84").all()
    assert (flags[~far] == "").all()


@pytest.mark.parametrize(("lang", "said"), [("sv", "genomsnitt"), ("en", "averages")])
def test_told_says_that_effects_are_averages(clustered: ss.Survey, lang: str, said: str) -> None:
    crossed = glm(clustered, "unsafe ~ gender * C(wave)").told(lang)
    assert said in crossed
    assert "gender:C(wave)" in crossed
    assert said not in glm(clustered, "unsafe ~ gender + C(wave)").told(lang)


def test_n_of_an_effect_is_the_smaller_group(clustered: ss.Survey) -> None:
    model = glm(clustered, "unsafe ~ district + age")
    sizes = model.margins("district").n
    effects = model.effects()
    assert effects.n[:3].tolist() == [min(sizes[0], n) for n in sizes[1:]]
    assert effects.n[3] == model.n


def test_effects_by_group_without_the_interaction_say_that_they_are_assumed(
    clustered: ss.Survey,
) -> None:
    plain = glm(clustered, "unsafe ~ gender + C(wave) + age")
    by_wave = plain.effects("gender", by="wave")
    said = "assumed, not found: gender works alike in every wave (no gender:C(wave))"
    assert list(by_wave.flag) == [said, said]
    assert said in repr(by_wave)
    # a column outside the model is no other matter
    assert "no age:district" in plain.effects("age", by="district").flag[0]
    both = plain.effects(["gender", "age"], by=["wave", "district"]).flag
    assert "in every wave and district (no gender:C(wave), gender:district)" in both[0]
    crossed = glm(clustered, "unsafe ~ gender * C(wave) + age")
    assert set(crossed.effects("gender", by="wave").flag) == {""}
    assert "age" in crossed.effects("age", by="wave").flag[0]
    assert set(plain.effects().flag) == {""}
    assert set(plain.margins("gender", by="wave").flag) == {""}
