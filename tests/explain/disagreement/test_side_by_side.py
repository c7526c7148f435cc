"""Two surveys side by side: the difference, its test, and what the grade allows."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import survey_stats as ss
from survey_stats.errors import ComparabilityError, InputError
from survey_stats.explain import disagreement
from survey_stats.harmonise import Grade, Reason, comparability

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


def known(name: str, wave: int, yes: int = 90) -> ss.Survey:
    frame = pd.DataFrame({"unsafe_evening": [True] * yes + [False] * 210, "district": "Järva"})
    return ss.Survey(frame, name=name, wave=wave)


def test_surveys_of_codebooks_get_their_grade():
    out = disagreement(known("city_safety", 2023), known("regional_safety", 2023), "unsafe_evening")
    expected = comparability("unsafe_evening", "city_safety", 2023, "regional_safety", 2023)
    assert out.grade == expected
    assert out.grade.grade == "comparable with caveat"
    assert "the wording of the question differs" in out.caveats
    assert out.to_frame().attrs["caveats"] == list(out.caveats) == list(out.changes.caveats)
    assert "Caveat: the wording of the question differs" in repr(out)
    assert "<li>Caveat: the wording of the question differs</li>" in out._repr_html_()


def test_adults_and_pupils_are_refused_unless_there_is_a_reason():
    pair = known("city_safety", 2023), known("school_survey", 2022, 200)
    with pytest.raises(ComparabilityError, match=r"asks pupils, the other residents.*override="):
        disagreement(*pair, "unsafe_evening")
    told = disagreement(*pair, "unsafe_evening", override="asked for by the board")
    row = told.to_frame().iloc[0]
    assert row.verdict == "higher"
    assert told.to_frame().attrs["override"] == "asked for by the board"
    assert "Not comparable: the Stockholm school survey 2022 asks pupils" in repr(told)
    assert "Compared all the same: asked for by the board" in told._repr_html_()


def test_who_passes_the_grade_sees_the_shares_side_by_side():
    pair = known("city_safety", 2023), known("school_survey", 2022, 200)
    grade = comparability("unsafe_evening", "city_safety", 2023, "school_survey", 2022)
    out = disagreement(*pair, "unsafe_evening", grade=grade)
    assert not out.comparable
    assert out.to_frame().verdict[0] == "not comparable"
    assert out.override is None


def test_a_survey_of_two_areas_is_compared_within_them():
    frame = known("city_safety", 2023).frame
    whole = pd.concat([frame, frame.assign(district="Farsta")])
    city = ss.Survey(whole, name="city_safety", wave=2023)
    region = known("regional_safety", 2022)
    with pytest.raises(ComparabilityError, match="Järva and Huddinge only"):
        disagreement(city, region, "unsafe_evening")
    for how in ({"where": "district == 'Järva'"}, {"by": "district"}):
        out = disagreement(city, region, "unsafe_evening", **how)
        assert out.grade.grade == "comparable with caveat"


def test_it_prints_shortly():
    out = disagreement(survey(300, 700, "city"), survey(500, 500, "region"), "q")
    first, head, row = repr(out).splitlines()
    assert first == (
        "Disagreement: difference of share between surveys, q, region 2023 less city 2023"
    )
    shown = ["first", "second", "difference", "ci_low", "ci_high", "p_adjusted", "verdict"]
    assert head.split() == shown
    assert row.split()[:3] == ["0.3", "0.5", "0.2"]
    assert "<caption>difference of share between surveys, q," in out._repr_html_()
    by = disagreement(survey(9, 21, "city"), survey(9, 21, "region", area="Järva"), "q", "district")
    assert "only in the first survey: nothing to compare with" in repr(by)


def test_a_single_reason_in_no_words_is_refused():
    with pytest.raises(InputError, match="is no reason"):
        disagreement(survey(9, 21, "city"), survey(9, 21, "x"), "q", override=" ")
    with pytest.raises(InputError, match="comparability"):
        disagreement(survey(9, 21, "city"), survey(9, 21, "x"), "q", grade="same")


def test_bad_calls():
    one = survey(90, 210, "city")
    with pytest.raises(InputError, match="the same one"):
        disagreement(one, one, "q")
    with pytest.raises(InputError, match="one question"):
        disagreement(one, survey(1, 2, "x"), ["q"])
