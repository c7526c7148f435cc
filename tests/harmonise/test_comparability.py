import itertools

import pytest

import survey_stats as ss
from survey_stats.errors import ComparabilityError, UnknownNameError
from survey_stats.harmonise import Grade, comparability, require_comparable
from survey_stats.harmonise.comparability import Asked, _wording_and_answers


def grade(question, a, b, **options):
    return comparability(question, *a, *b, **options)


CITY17, CITY20, CITY23 = (("city_safety", y) for y in (2017, 2020, 2023))
REGION22, REGION23, REGION24 = (("regional_safety", y) for y in (2022, 2023, 2024))
SCHOOL22, SCHOOL24 = (("school_survey", y) for y in (2022, 2024))


def test_a_wave_with_itself_is_the_same():
    assert grade("unsafe_evening", CITY20, CITY20) == Grade("same", ())


def test_the_age_limits_of_2017_are_a_caveat():
    told = grade("unsafe_evening", CITY17, CITY20)
    assert told.grade == "comparable with caveat"
    assert "ages" in told.codes
    assert "16–79 år mot 16 år och äldre" in told.reasons[0].sv
    assert "ages" not in grade("unsafe_evening", CITY20, CITY23).codes


def test_nothing_known_differs():
    told = grade("worry_robbery", CITY20, CITY23)
    assert told.grade == "same"
    assert {r.weight for r in told.reasons} == {"note"}
    assert "wording_assumed" in told.codes
    assert grade("unsafe_evening", SCHOOL22, SCHOOL24) == Grade("same", ())


def test_pupils_and_residents_are_not_comparable():
    told = grade("unsafe_evening", CITY23, SCHOOL24)
    assert told.grade == "not comparable"
    assert told.codes[0] == "population"
    assert "wording" not in told.codes  # it is the same item


def test_two_surveys_of_residents():
    told = grade("unsafe_evening", CITY23, REGION23)
    assert told.grade == "comparable with caveat"
    assert {"ages", "wording", "answers_unknown", "mode_unknown"} <= set(told.codes)
    assert "months" not in told.codes
    victims = grade("victim_any_crime", CITY23, REGION23)
    assert "parts" in victims.codes
    assert "6 mot 4" in next(r.sv for r in victims.reasons if r.code == "parts")


def test_a_wave_that_asked_in_two_areas_only():
    told = grade("unsafe_neighbourhood", REGION22, REGION23)
    assert told.grade == "not comparable"
    assert "Järva och Huddinge" in told.reasons[0].sv
    inside = grade("unsafe_neighbourhood", REGION22, REGION23, area="Huddinge")
    assert "areas" not in inside.codes
    outside = grade("unsafe_neighbourhood", REGION22, REGION23, area="Farsta")
    assert outside.grade == "not comparable"


def test_codings_that_differ_are_a_caveat():
    told = grade("unsafe_evening", CITY20, CITY23, coding_a="research")
    assert told.grade == "comparable with caveat"
    assert "coding" in told.codes
    same = grade("unsafe_evening", CITY20, CITY23, coding_a="research", coding_b="research")
    assert "coding" not in same.codes


def test_wording_and_answers_known_to_differ_forbid():
    book = ss.Codebook.load("city_safety")
    question = book.questions["unsafe_evening"].model_copy(
        update={"wording": "other-words", "scale": "worry4"}
    )
    other = book.model_copy(update={"questions": {"unsafe_evening": question}})
    a = Asked(book, 2020, "unsafe_evening")
    b = Asked(other, 2020, "unsafe_evening")
    reasons = list(_wording_and_answers(a, b))
    assert [(r.code, r.weight) for r in reasons] == [("wording_and_answers", "forbids")]


def test_the_grade_does_not_depend_on_the_order():
    books = {n: ss.Codebook.load(n) for n in ss.Codebook.names()}
    asked = [(n, w) for n, b in books.items() for w in b.waves]
    pairs = 0
    for question in ("unsafe_evening", "victim_any_crime", "worry_crime_monthly"):
        known = [(n, w) for n, w in asked if question in books[n].columns(w)]
        for a, b in itertools.combinations(known, 2):
            one, other = grade(question, a, b), grade(question, b, a)
            assert one.grade == other.grade
            assert set(one.codes) == set(other.codes)
            assert all(r.sv and r.en and r.text("en") == r.en for r in one.reasons)
            weights = [r.weight for r in one.reasons]
            assert weights == sorted(weights, key=["forbids", "caveat", "note"].index)
            pairs += 1
    assert pairs > 100


def test_names_that_are_not_there():
    with pytest.raises(UnknownNameError, match="question 'unsafe_neighbourhood' in city_safety"):
        grade("unsafe_neighbourhood", CITY23, REGION23)
    with pytest.raises(UnknownNameError, match="wave '2021'"):
        comparability("unsafe_evening", "city_safety", 2021, "city_safety", 2020)
    with pytest.raises(UnknownNameError, match="coding 'x'"):
        grade("unsafe_evening", CITY20, CITY23, coding_a="x")


def test_a_forbidden_comparison_needs_a_reason():
    forbidden = grade("unsafe_evening", CITY23, SCHOOL24)
    with pytest.raises(ComparabilityError, match="pupils"):
        require_comparable(forbidden, "City 2023 and school 2024")
    with pytest.raises(ComparabilityError):
        require_comparable(forbidden, "City 2023 and school 2024", override="  ")
    assert require_comparable(forbidden, "both", override="a methods paper") is forbidden
    allowed = grade("unsafe_evening", CITY20, CITY23)
    assert require_comparable(allowed, "both") is allowed
    assert (forbidden.text(), forbidden.text("en")) == ("inte jämförbar", "not comparable")
