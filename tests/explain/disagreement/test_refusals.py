"""What a decomposition refuses, and in which words."""

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.explain.disagreement import decompose, disagreement
from tests.explain.disagreement.samples import frame, survey


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"variables": "region"}, UnknownNameError, "no variable 'region' in the first survey"),
        ({"variables": ["age", "age"]}, InputError, "names a column twice"),
        ({"variables": list("abcdef")}, InputError, "choose at most 5"),
        ({"variables": [1]}, InputError, "give the names of columns"),
        ({"variables": None}, InputError, "give the names of columns"),
        ({"variables": ["age", "q__strict"]}, InputError, "is the question itself"),
        ({"variables": "weight"}, InputError, "levels; group it before"),
        ({"question": "w"}, UnknownNameError, "no question 'w'"),
        ({"question": ["q"]}, InputError, "one question at a time"),
        ({"coding": "narrow"}, UnknownNameError, "no coding 'narrow'"),
        ({"method": "magic"}, InputError, "method='magic' is not known"),
        ({"rates": "third"}, InputError, "rates='third' is not known"),
        ({"split": "das gupta", "rates": "first"}, InputError, "goes with method='kitagawa'"),
        ({"saturated": True}, InputError, "has every cell already"),
        ({"universe": "age == 'nobody'"}, InputError, "is left who answered"),
        ({"universe": 7}, InputError, "universe takes an expression"),
        ({"universe": "region == 1"}, InputError, "cannot be evaluated"),
        ({"where": "age == 'nobody'"}, InputError, "no difference to split"),
        ({"where": np.ones(10, dtype=bool)}, InputError, "row by row"),
        (
            {"where": np.ones(10, dtype=bool), "second_question": "q__strict"},
            InputError,
            "row by row",
        ),
        ({"level": 95}, InputError, "level=95"),
        ({"level": 95, "second_question": "q__strict"}, InputError, "level=95"),
        ({"second_question": "r"}, UnknownNameError, "no question 'r'"),
        ({"merge": {"region": {"a": ["b"]}}}, UnknownNameError, "no variable 'region'"),
        ({"merge": {"age": {"old": ["70+"]}}}, UnknownNameError, "no level '70\\+' in age"),
        ({"merge": {"age": {"old": "65-79"}}}, InputError, "give a list of levels"),
        ({"merge": {"age": {"16-29": ["65-79"]}}}, InputError, "a level of its own"),
        (
            {"merge": {"age": {"a": ["65-79"], "b": ["65-79"]}}},
            InputError,
            "into two groups",
        ),
        ({"override": " "}, InputError, "is no reason"),
    ],
)
def test_what_cannot_be_done_says_so(pair, options, error, message):
    given = {"question": "q", "variables": "age", **options}
    with pytest.raises(error, match=message):
        decompose(*pair, given.pop("question"), given.pop("variables"), **given)


def test_surveys_that_are_not_two_samples_are_refused(pair):
    with pytest.raises(InputError, match="both are the same one"):
        decompose(pair[0], pair[0], "q", "age")
    with pytest.raises(InputError, match="two Surveys of one frame"):
        decompose(pair[0], survey(pair[0].frame), "q", "age")


def test_levels_coded_differently_have_no_cell_in_common(pair):
    other = survey(pair[1].frame.assign(age=pair[1].frame["age"].str.replace("-", "–")))
    with pytest.raises(InputError, match="no group of age in common: the first has 16-29"):
        decompose(pair[0], other, "q", "age")


def test_text_and_numbers_are_not_the_same_levels(pair):
    one = survey(pair[0].frame.assign(age=1))
    other = survey(pair[1].frame.assign(age="1"))
    with pytest.raises(InputError, match="'age' is int in the first survey and str in the second"):
        decompose(one, other, "q", "age")
    with pytest.raises(InputError, match="takes two Surveys, not DataFrame and Survey"):
        decompose(pair[0].frame, other, "q", "age")


def test_few_units_have_no_interval_and_say_why():
    data = frame(1).assign(stratum=0)
    data["psu"] = np.where(data["district"] == "Farsta", 0, data["psu"] + 1)
    one = ss.Survey(data, "weight", "stratum", "psu")
    table = decompose(one, survey(frame(2)), "q", "age", "district == 'Farsta'").to_frame()
    assert table.ci_low.isna().all()
    assert table.note.str.contains("no interval: no degrees of freedom").all()


def test_few_respondents():
    tiny = pd.DataFrame({"q": [1, 0, 1], "age": ["a", "b", "a"]})
    other = pd.DataFrame({"q": [0, 0, 1, 1], "age": ["a", "b", "a", "b"]})
    with pytest.raises(
        InputError, match="no difference to split: base under 5 in the first survey"
    ):
        decompose(ss.Survey(tiny), ss.Survey(other), "q", "age")


def test_the_survey_without_the_question_is_named(pair):
    first, second = pair
    asked = first.frame.assign(more=True)
    bare = ss.Survey(second.frame)
    with pytest.raises(UnknownNameError, match="no question 'more' in the second survey"):
        decompose(ss.Survey(asked), bare, "more", "age")
    with pytest.raises(UnknownNameError, match="no question 'more' in the first survey"):
        decompose(bare, ss.Survey(asked), "more", "age")
    other = ss.Survey(second.frame, name="region", wave=2023)
    with pytest.raises(UnknownNameError, match="no question 'more' in region 2023"):
        decompose(ss.Survey(asked), other, "more", "age")
    with pytest.raises(UnknownNameError, match="no question 'more' in region 2023"):
        ss.disagreement(ss.Survey(asked), other, "more")


def test_copies_without_respondents_are_told(pair):
    first, second = pair
    bare = first.frame.drop(columns=["respondent"], errors="ignore")
    copy = decompose(ss.Survey(bare), ss.Survey(bare.copy()), "q", "age")
    assert any("same rows in the same order" in note.lower() for note in copy.notes("en"))
    assert "kopior av ett urval" in str(copy.summary("sv"))
    moved = bare.sample(frac=1, random_state=1).reset_index(drop=True)
    assert not any(
        "same rows" in note
        for note in decompose(ss.Survey(bare), ss.Survey(moved), "q", "age").notes("en")
    )
    assert not any("same rows" in note for note in decompose(first, second, "q", "age").notes("en"))


def test_respondents_in_both_surveys_are_refused():
    def wave(seed: int, year: int) -> ss.Survey:
        data = frame(seed).assign(survey="city", wave=year)
        return survey(data.assign(respondent=data.index), "city", wave=year)

    old, new = wave(1, 2020), wave(2, 2023)
    both = ss.join([old, new])
    with pytest.raises(InputError, match=f"have {len(new)} respondents in common"):
        decompose(both, new, "q", "age")
    with pytest.raises(InputError, match="respondents in common"):
        disagreement(both, new, "q")
    with pytest.raises(InputError, match="two Surveys of one frame"):
        decompose(new, survey(new.frame), "q", "age", second_question="q__strict")
    other = survey(frame(3), "other")
    told = repr(decompose(both, other, "q", "age"))
    assert "several waves in one frame (2020, 2023), counted together" in told
    data = both.frame.assign(other=1)
    one_wave = survey(data[data["wave"] == 2020], "city")
    assert "several waves" not in repr(decompose(one_wave, other, "q", "age"))


def test_only_the_variable_that_is_missing_is_named(pair):
    data = pair[1].frame.assign(disability=None)
    one = survey(pair[0].frame.assign(disability="no"), "one")
    with pytest.raises(InputError) as told:
        decompose(one, survey(data, "two"), "q", ["gender", "disability"])
    assert str(told.value) == (
        "Nobody of two has a known disability; leave it out, and see what it could explain with "
        ".sensitivity('disability')"
    )


def test_an_empty_domain_and_a_level_that_is_not_there_name_the_survey(pair):
    with pytest.raises(InputError) as told:
        decompose(*pair, "q", "age", "district == 'Frasta'")
    assert "nobody of one is in the domain district == 'Frasta'; district has Farsta" in str(
        told.value
    )
    one, two = (
        survey(s.frame.assign(z=np.where(s.frame["q"], yes, "no")), s.name)
        for s, yes in zip(pair, ("yes", "ja"), strict=True)
    )
    with pytest.raises(UnknownNameError, match="no level 'ja' in question 'z' of one"):
        decompose(one, two, "z", "age", of="ja")
    with pytest.raises(UnknownNameError, match="no level 'yes' in question 'z' of two"):
        decompose(one, two, "z", "age", of="yes")
