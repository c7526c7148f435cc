"""`change` looks up how far surveys from codebooks may be compared."""

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import ComparabilityError, InputError
from survey_stats.harmonise import Codebook, Grade, Harmonised, Reason, comparability
from survey_stats.read import Manifest

QUESTION = "unsafe_evening"
CITY = "city_safety"
REGION = "regional_safety"
SCHOOL = "school_survey"


def harmonised(survey: str, wave: int, areas=("Järva", "Farsta", None)) -> ss.Survey:
    """A wave as `Harmonised.survey()` gives it, 60 respondents an area."""
    rng = np.random.default_rng(wave)
    n = 60 * len(areas)
    district = pd.Series(areas, dtype=object).repeat(60).reset_index(drop=True)
    research = rng.random(n) < 0.2
    frame = pd.DataFrame(
        {
            "weight": 1.0,
            "stratum": "all",
            "psu": np.arange(n).astype(str),
            "district": district,
            "municipality": np.where(district.isna(), "Huddinge", "Stockholm"),
            QUESTION: pd.array(research | (rng.random(n) < 0.1), dtype="boolean"),
            "worry_robbery": pd.array(rng.random(n) < 0.3, dtype="boolean"),
            "victim_any_crime": pd.array(rng.random(n) < 0.3, dtype="boolean"),
            "own_question": pd.array(rng.random(n) < 0.3, dtype="boolean"),
        }
    )
    frame[f"{QUESTION}__city"] = frame[QUESTION]
    frame[f"{QUESTION}__research"] = pd.array(research, dtype="boolean")
    empty = pd.DataFrame()
    made = Harmonised(
        frame=frame,
        codebook=Codebook.load(survey),
        wave=wave,
        wave_told_by="given",
        codings={},
        missing=empty,
        provenance=empty,
        manifest=Manifest("delivery.sav", "0" * 64, 1, n, frame.shape[1], "test"),
    )
    return made.survey()


@pytest.fixture(scope="module")
def city():
    return {y: harmonised(CITY, y) for y in (2017, 2020, 2023)}


@pytest.fixture(scope="module")
def region():
    partial = harmonised(REGION, 2022, ("Järva", None))
    return {2021: harmonised(REGION, 2021), 2022: partial, 2023: harmonised(REGION, 2023)}


@pytest.fixture(scope="module")
def pupils():
    return harmonised(SCHOOL, 2022)


def test_adults_and_pupils_are_refused_with_the_reason_and_the_way_out(city, pupils):
    surveys = city[2023], pupils, QUESTION
    results = city[2023].share(QUESTION), pupils.share(QUESTION)
    for sides in (surveys, results):
        with pytest.raises(ComparabilityError, match="asks pupils, the other residents") as told:
            ss.change(*sides)
        text = str(told.value)
        assert "unsafe_evening of the city's safety survey 2023" in text
        assert "school survey 2022" in text
        assert "override=" in text


def test_a_reason_lets_it_through_and_stays_with_the_result(city, pupils):
    out = ss.change(city[2023], pupils, QUESTION, override="a <methods> paper")
    assert np.isfinite(out.p_value[0])
    assert out.override == "a <methods> paper"
    assert out.caveats[0].endswith("asks pupils, the other residents")
    assert out.grade.grade == "not comparable"
    attrs = out.to_frame().attrs
    assert attrs["override"] == "a <methods> paper"
    assert attrs["grade"] == "not comparable"
    assert "Compared all the same: a <methods> paper" in repr(out)
    assert "Not comparable: the Stockholm school survey 2022 asks pupils" in repr(out)
    assert "Compared all the same: a &lt;methods&gt; paper" in out._repr_html_()


def test_the_ages_of_2017_follow_the_result(city):
    out = ss.change(city[2017], city[2023], QUESTION)
    assert out.caveats == ("different ages: 16–79 against 16 and over",)
    assert out.grade == comparability(QUESTION, CITY, 2017, CITY, 2023)
    assert out.to_frame().attrs["caveats"] == list(out.caveats)
    shown = out._repr_html_()
    assert "<sup>1</sup> Caveat: different ages: 16–79 against 16 and over" in shown
    assert "<th>difference<sup>1</sup></th>" in shown
    assert "difference[1]" in repr(out)
    assert repr(out).endswith("[1] Caveat: different ages: 16–79 against 16 and over")
    same = ss.change(
        city[2017].share(QUESTION, by="district"), city[2023].share(QUESTION, "district")
    )
    assert same.caveats == out.caveats


def test_the_same_measurement_has_a_grade_and_no_caveats(city):
    out = ss.change(city[2020], city[2023], "worry_robbery", override="not needed")
    assert out.grade.grade == "same"
    assert out.grade.reasons
    assert out.caveats == ()
    assert out.override is None
    assert "<sup>" not in out._repr_html_()


def test_a_reason_of_one_question_names_it(city, pupils):
    questions = [QUESTION, "victim_any_crime", "own_question"]
    out = ss.change(city[2017], city[2023], questions[:2])
    assert out.caveats == ("different ages: 16–79 against 16 and over",)
    one = ss.change(city[2017], city[2023], ["own_question", QUESTION])
    assert one.caveats == ("unsafe_evening: different ages: 16–79 against 16 and over",)
    assert one.grade.reasons[0].sv.startswith("otrygg ute ensam sent en kväll: olika åldrar")
    with pytest.raises(ComparabilityError, match=r"unsafe_evening.*own_question of .* must not"):
        ss.change(city[2023], pupils, questions)


@pytest.mark.parametrize(
    "area",
    [
        {"where": "district == 'Järva'"},
        {"where": "municipality == 'Huddinge'"},
        {"where": lambda d: (d["district"] == "Järva").fillna(False)},
        {"before_where": "district == 'Järva'", "after_where": "district == 'Järva'"},
        {"by": "district"},
        {"by": ["district", "worry_robbery"], "where": "municipality == 'Stockholm'"},
    ],
)
def test_a_wave_of_two_areas_is_compared_within_them(region, area):
    out = ss.change(region[2021], region[2022], QUESTION, **area)
    assert "areas" not in out.grade.codes
    assert out.grade.grade == "same"


@pytest.mark.parametrize(
    "area",
    [
        {},
        {"where": "district == 'Farsta'"},
        {"where": "municipality == 'Stockholm'"},
        {"by": "municipality"},
        {"by": "worry_robbery"},
        {"before_where": "district == 'Farsta'", "after_where": "district == 'Järva'"},
    ],
)
def test_a_wave_of_two_areas_does_not_tell_of_more(region, area):
    with pytest.raises(ComparabilityError, match="asked in Järva and Huddinge only"):
        ss.change(region[2021], region[2022], QUESTION, **area)


def test_results_tell_their_areas_by_their_cells(region):
    def share(year, **how):
        return region[year].share(QUESTION, **how)

    out = ss.change(share(2022, by="district"), share(2023, by="district"))
    assert out.grade.grade == "same"
    for how in ({}, {"by": "district", "margins": True}):
        with pytest.raises(ComparabilityError, match="asked in Järva and Huddinge only"):
            ss.change(share(2022, **how), share(2023, **how))


def test_codings_are_told_apart_by_name_and_by_answers(city):
    named = ss.change(city[2020].share(QUESTION), city[2023].share(f"{QUESTION}__research"))
    assert named.caveats == ("the answers are coded differently: city against research",)
    research = harmonised(CITY, 2023)
    recoded = research.frame.assign(**{QUESTION: research.frame[f"{QUESTION}__research"]})
    other = ss.Survey(recoded, weights="weight", name=CITY, wave=2023)
    assert ss.change(city[2020], other, QUESTION).caveats == named.caveats


def test_one_survey_and_wave_has_no_grade(city):
    sides = {"before_where": "district == 'Järva'", "after_where": "district == 'Farsta'"}
    out = ss.change(city[2017], city[2017], QUESTION, **sides)
    assert (out.grade, out.caveats, out.override) == (None, (), None)
    assert out.to_frame().attrs["grade"] == ""
    assert ss.change(city[2017], harmonised(CITY, 2017), QUESTION).grade is None


@pytest.mark.parametrize(
    ("name", "wave", "question"),
    [
        (None, 2022, QUESTION),
        ("our own survey", 2022, QUESTION),
        (SCHOOL, None, QUESTION),
        (SCHOOL, "spring", QUESTION),
        (SCHOOL, 1999, QUESTION),
        (SCHOOL, 2022, "own_question"),
        (SCHOOL, 2022, "worry_robbery"),
    ],
)
def test_what_no_codebook_knows_is_compared_as_before(city, pupils, name, wave, question):
    other = ss.Survey(pupils.frame, weights="weight", name=name, wave=wave)
    out = ss.change(city[2023], other, question)
    assert out.grade is None
    assert np.isfinite(out.p_value[0])


def test_the_grade_that_is_passed_counts(city, pupils):
    same = Grade("same", ())
    assert ss.change(city[2023], pupils, QUESTION, grade=same).grade is same
    forbidden = Grade("not comparable", (Reason("x", "forbids", "annan", "another question"),))
    unknown = [ss.Survey(s.frame, weights="weight", name="ours") for s in (city[2020], city[2023])]
    with pytest.raises(ComparabilityError, match="another question"):
        ss.change(*unknown, QUESTION, grade=forbidden)


def test_bad_grades_and_reasons_are_refused(city):
    pair = city[2020], city[2023]
    with pytest.raises(InputError, match="comparability"):
        ss.change(*pair, QUESTION, grade="same")
    for reason in ("  ", True):
        with pytest.raises(InputError, match="is no reason"):
            ss.change(*pair, QUESTION, override=reason)


def test_waves_of_one_joined_survey_are_graded_too():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"wave": np.repeat([2021, 2022, 2023], 100), "district": "Bromma"})
    frame["unsafe_evening"] = rng.random(300) < 0.3
    region = ss.Survey(frame, name="regional_safety")
    sides = {"before_where": "wave == 2022", "after_where": "wave == 2023"}
    with pytest.raises(ComparabilityError, match="2022 asked in"):
        ss.change(region, region, "unsafe_evening", **sides)
    pool = {"before_where": "wave < 2023", "after_where": "wave == 2023"}
    with pytest.raises(ComparabilityError, match="2022 asked in"):
        ss.change(region, region, "unsafe_evening", **pool)
    fine = {"before_where": "wave == 2021", "after_where": "wave == 2023"}
    assert ss.change(region, region, "unsafe_evening", **fine).grade.grade != "not comparable"
    both = frame.assign(survey=np.where(frame["wave"] == 2022, "school_survey", "regional_safety"))
    mixed = ss.Survey(both, name="regional_safety + school_survey")
    with pytest.raises(ComparabilityError, match="pupils"):
        ss.change(mixed, mixed, "unsafe_evening", **sides)
    with pytest.raises(InputError, match="come from 2 surveys"):
        ss.trend(mixed, "unsafe_evening")
    with pytest.raises(InputError, match="come from 2 surveys"):
        ss.pools(mixed, "unsafe_evening", width=2)
    told = ss.trend(mixed, "unsafe_evening", by="survey")
    assert sorted(told.waves.tolist()) == [1, 2]
    own = ss.trend(mixed, "unsafe_evening", where="survey == 'regional_safety'")
    assert own.waves.tolist() == [2]
