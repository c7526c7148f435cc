"""Items with all their steps, taken back from harmonised waves of the demo."""

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.demo import file_name
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.explain.scales import compare_scales, scale, with_answers

PROBLEMS = ["problem_moped_traffic", "problem_drunk_people", "problem_drug_users"]
ITEMS = [f"answer_{p}" for p in PROBLEMS]


@pytest.fixture(scope="module")
def waves(demo_dir):
    return {
        year: ss.harmonise(ss.read(demo_dir / file_name("city_safety", year)), "city_safety", year)
        for year in (2020, 2023)
    }


@pytest.mark.parametrize("year", [2020, 2023])
def test_steps_agree_with_yes_and_no_whatever_the_codes(waves, year):
    # in 2020 the delivered codes run the other way
    frame = with_answers(waves[year], PROBLEMS).frame
    for name in PROBLEMS:
        steps = frame[f"answer_{name}"]
        assert steps.cat.categories.tolist() == [
            "no_problem",
            "small",
            "fairly_large",
            "very_large",
        ]
        assert steps.cat.ordered
        high = (steps >= "fairly_large").astype("boolean").mask(steps.isna())
        pd.testing.assert_series_equal(high, frame[name], check_names=False)


def test_an_answer_that_a_coding_leaves_out_is_no_step(waves):
    frame = with_answers(waves[2023], "unsafe_evening").frame
    steps = frame["answer_unsafe_evening"]
    assert "stays_in" not in " ".join(steps.cat.categories)
    expected = frame["unsafe_evening__research"]
    high = (steps >= "fairly_unsafe").astype("boolean").mask(steps.isna())
    pd.testing.assert_series_equal(high, expected, check_names=False)


def test_the_survey_is_that_of_the_wave(waves):
    found, plain = with_answers(waves[2023], PROBLEMS), waves[2023].survey()
    assert (found.name, found.wave, found.synthetic) == ("city_safety", 2023, True)
    assert found.share("unsafe_evening").se[0] == plain.share("unsafe_evening").se[0]


def test_waves_are_compared_with_the_grade_of_the_question(waves):
    sides = [scale(with_answers(waves[y], PROBLEMS), ITEMS, name="problems") for y in (2020, 2023)]
    found = compare_scales(*sides)
    grade = ss.comparability(PROBLEMS[0], "city_safety", 2020, "city_safety", 2023)
    assert found.grade.grade == grade.grade
    assert found.used == tuple(ITEMS)
    assert "”problem med berusade personer”" in found.sentence()
    expected = np.mean([s.means().estimate[0] for s in sides[1:]]) - sides[0].means().estimate[0]
    assert found.change.difference[0] == pytest.approx(expected)


def test_items_with_other_answers_are_not_the_same_item():
    rng = np.random.default_rng(6)
    common = rng.normal(size=300)

    def side(words: list[str]) -> object:
        frame = pd.DataFrame(
            {n: np.clip(np.round(2 + common + rng.normal(0, 0.5, 300)), 0, 3) for n in "abc"}
        ).astype(int)
        for name in "ab":
            dtype = pd.CategoricalDtype(["never", "rarely", "often", "always"], ordered=True)
            frame[name] = pd.Categorical.from_codes(frame[name], dtype=dtype)
        frame["c"] = pd.Categorical.from_codes(
            frame["c"], dtype=pd.CategoricalDtype(words, ordered=True)
        )
        return scale(ss.Survey(frame), list("abc"))

    found = compare_scales(
        side(["never", "rarely", "often", "always"]), side(["no", "little", "much", "very much"])
    )
    assert found.used == ("a", "b")
    assert found.to_frame().set_index("item").why["c"] == "other answers to choose from"


def test_what_has_no_steps_says_so(waves):
    with pytest.raises(InputError, match="'victim_any_crime' have no order"):
        with_answers(waves[2023], "victim_any_crime")
    with pytest.raises(UnknownNameError, match="did you mean 'worry_robbery'"):
        with_answers(waves[2023], "worry_robery")
    with pytest.raises(InputError, match="takes a harmonised wave, not Survey"):
        with_answers(waves[2023].survey(), PROBLEMS)
