"""Two surveys side by side: the difference, its test, and what the grade allows."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import survey_stats as ss
from survey_stats.errors import InputError
from survey_stats.explain import disagreement
from survey_stats.harmonise import Grade, Reason

CAVEAT = Grade(
    "comparable with caveat",
    (Reason("wording", "caveat", "frågan ställdes olika", "asked in other words"),),
)
FORBIDDEN = Grade(
    "not comparable",
    (Reason("people", "forbids", "elever mot boende", "pupils against residents"),),
)


def survey(yes: int, no: int, name: str, area: str = "Farsta") -> ss.Survey:
    frame = pd.DataFrame({"q": [True] * yes + [False] * no, "district": area})
    return ss.Survey(frame, name=name, wave=2023)


def test_difference_is_second_less_first_with_a_welch_test():
    out = disagreement(survey(90, 210, "city"), survey(140, 260, "region"), "q", grade=CAVEAT)
    row = out.to_frame().iloc[0]
    a, b = np.repeat([1.0, 0.0], [90, 210]), np.repeat([1.0, 0.0], [140, 260])
    welch = stats.ttest_ind(b, a, equal_var=False)
    assert row.difference == pytest.approx(0.05)
    assert row.p_value == pytest.approx(welch.pvalue, rel=1e-9)
    assert (row.n_first, row.n_second) == (300, 400)
    assert row.verdict == "cannot be decided"
    assert (out.first, out.second) == ("city 2023", "region 2023")


@pytest.mark.parametrize(
    ("second", "verdict"),
    [((500, 500), "higher"), ((100, 900), "lower"), ((300, 700), "cannot be decided")],
)
def test_verdicts_have_the_words_of_two_surveys(second, verdict):
    out = disagreement(survey(300, 700, "city"), survey(*second, "region"), "q")
    assert out.to_frame().verdict[0] == verdict


def test_large_surveys_can_be_shown_to_agree():
    out = disagreement(survey(3000, 7000, "city"), survey(3000, 7000, "region"), "q")
    assert out.to_frame().verdict[0] == "alike"


def test_the_grade_follows_with_its_reasons():
    out = disagreement(survey(90, 210, "city"), survey(140, 260, "region"), "q", grade=CAVEAT)
    assert out.reasons() == ("frågan ställdes olika",)
    assert out.to_frame().attrs["reasons"] == ["asked in other words"]
    assert out.comparable


def test_what_must_not_be_compared_has_no_difference():
    pair = survey(90, 210, "city"), survey(140, 260, "school")
    row = disagreement(*pair, "q", grade=FORBIDDEN).to_frame().iloc[0]
    assert row.verdict == "not comparable"
    assert np.isnan(row.difference)
    assert np.isnan(row.p_value)
    assert row["first"] == pytest.approx(0.3)
    assert "pupils against residents" in row.flag
    told = disagreement(*pair, "q", grade=FORBIDDEN, override="asked for by the board")
    assert told.to_frame().difference[0] == pytest.approx(0.05)


def test_an_area_that_one_survey_lacks_is_told_of_surveys():
    first = survey(90, 210, "city")
    second = survey(140, 260, "region", area="Järva")
    out = disagreement(first, second, "q", by="district").to_frame().set_index("district")
    assert out.flag["Farsta"] == "only in the first survey: nothing to compare with"
    assert out.flag["Järva"] == "only in the second survey: nothing to compare with"


def test_one_area_is_chosen_by_an_expression():
    frame = pd.DataFrame({"q": [True, False] * 100, "district": ["Farsta", "Järva"] * 100})
    out = disagreement(
        ss.Survey(frame), survey(140, 260, "region"), "q", where="district == 'Farsta'"
    )
    assert out.to_frame().n_first[0] == 100


def test_bad_calls():
    one = survey(90, 210, "city")
    with pytest.raises(InputError, match="the same one"):
        disagreement(one, one, "q")
    with pytest.raises(InputError, match="one question"):
        disagreement(one, survey(1, 2, "x"), ["q"])
