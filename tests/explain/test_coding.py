"""The effect of a coding: same respondents, right covariance, other bases."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.explain import coding_effect

REFERENCE = Path(__file__).parents[1] / "compare" / "reference"


@pytest.fixture(scope="module")
def pupils() -> ss.Survey:
    """Answers 1-6 of the evening question in 30 schools, with the three codings in use."""
    rng = np.random.default_rng(9)
    answer = rng.choice(np.arange(1, 7), 1500, p=[0.35, 0.35, 0.12, 0.06, 0.05, 0.07])
    frame = pd.DataFrame(
        {
            "school": rng.integers(0, 30, 1500),
            "gender": rng.choice(["women", "men"], 1500),
            "answer": np.where(rng.random(1500) < 0.04, np.nan, answer),
        }
    )
    a = frame.answer.astype("Int64")
    frame["unsafe_evening__city"] = (a >= 3).astype("boolean")
    frame["unsafe_evening__health_portal"] = a.isin([3, 4, 5]).astype("boolean").mask(a.isna())
    frame["unsafe_evening__research"] = a.isin([3, 4]).astype("boolean").mask(a.isna() | (a >= 5))
    frame["unsafe_evening"] = frame["unsafe_evening__city"]
    return ss.Survey(frame, clusters="school", name="pupils")


def test_with_equal_bases_it_is_the_mean_of_the_differences(pupils):
    out = coding_effect(pupils).to_frame().set_index("coding")
    frame = pupils.frame.assign(
        moved=lambda d: (
            d["unsafe_evening__health_portal"].astype("Float64")
            - d["unsafe_evening__city"].astype("Float64")
        )
    )
    direct = ss.Survey(frame, clusters="school").mean("moved").to_frame().iloc[0]
    row = out.loc["health_portal"]
    assert row.difference == pytest.approx(direct.estimate, rel=1e-12)
    assert row.difference_se == pytest.approx(direct.se, rel=1e-10)
    assert row.difference_low == pytest.approx(direct.ci_low, rel=1e-8)
    assert row.n == out.loc["city"].n


def test_the_reference_is_the_coding_in_use(pupils):
    effect = coding_effect(pupils)
    assert effect.codings == ("city", "health_portal", "research")
    frame = effect.to_frame()
    assert np.isnan(frame.difference[0])
    assert coding_effect(pupils, reference="research").codings[0] == "research"


def test_a_coding_with_another_base_agrees_with_r():
    expected = pd.read_csv(REFERENCE / "changes.csv", skipinitialspace=True)
    expected = expected[expected.what == "strict coding"].iloc[0]
    frame = pd.read_csv(REFERENCE / "waves.csv").astype({"unsafe": "boolean", "strict": "boolean"})
    frame = frame.rename(columns={"unsafe": "q__wide", "strict": "q__strict"})
    survey = ss.Survey(frame, weights="weight", strata="stratum", clusters="psu")
    out = coding_effect(survey, "q", where="wave == 2023").to_frame().set_index("coding")
    assert out.difference["strict"] == pytest.approx(expected.difference, rel=1e-10)
    assert out.difference_se["strict"] == pytest.approx(expected.se, rel=1e-10)
    assert out.n["strict"] < out.n["wide"]


def test_the_difference_is_known_better_than_two_intervals_suggest(pupils):
    out = coding_effect(pupils).to_frame()
    assert (out.difference_se[1:] < 0.5 * np.hypot(out.se[0], out.se[1:])).all()


def test_by_groups_all_differences_are_one_family(pupils):
    out = coding_effect(pupils, by="gender").to_frame()
    assert out.columns[:2].tolist() == ["gender", "coding"]
    assert len(out) == 6
    p = out.p_value.dropna()
    assert len(p) == 4
    holm = np.minimum(1, np.maximum.accumulate(np.sort(p) * [4, 3, 2, 1]))
    assert np.allclose(np.sort(out.p_adjusted.dropna()), holm)


def test_small_groups_say_why(pupils):
    out = coding_effect(pupils, where="index < 4").to_frame()
    assert out.flag[1] == "base under 5 under city"
    assert np.isnan(out.difference[1])


def test_equal_codings_differ_by_nothing_and_are_no_test(pupils):
    frame = pupils.frame[["school", "unsafe_evening__city"]].assign(
        unsafe_evening__same=lambda d: d["unsafe_evening__city"]
    )
    out = coding_effect(ss.Survey(frame, clusters="school")).to_frame()
    assert out.difference[1] == 0
    assert np.isnan(out.p_value[1])
    assert "the same answers" in out.flag[1]


def test_bad_names(pupils):
    with pytest.raises(UnknownNameError, match="unsafe_evening"):
        coding_effect(pupils, "unsafe_evning")
    with pytest.raises(UnknownNameError, match="research"):
        coding_effect(pupils, reference="reserch")
    one = ss.Survey(pd.DataFrame({"q__only": [True, False] * 10}))
    with pytest.raises(InputError, match="one coding 'only'"):
        coding_effect(one, "q")
