import itertools

import pytest
import yaml

import survey_stats as ss
from survey_stats.errors import ComparabilityError, UnknownNameError
from survey_stats.harmonise import Grade, comparability, require_comparable
from survey_stats.harmonise.comparability import Asked, _load, _wording_and_answers
from survey_stats.resources import data_path


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
    school = grade("unsafe_evening", SCHOOL22, SCHOOL24)
    assert (school.grade, school.codes) == ("same", ("mode_assumed",))


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


@pytest.fixture
def changed(tmp_path):
    """The city's survey of 2023 with one fact changed; compared with that of 2020 as it is."""

    def graded(edit, question="unsafe_evening", **options):
        book = yaml.safe_load(data_path("codebooks", "city_safety.yaml").read_text("utf-8"))
        edit(book, book["waves"][2023]["facts"], book["questions"][question])
        path = tmp_path / "changed.yaml"
        path.write_text(yaml.safe_dump(book, allow_unicode=True, sort_keys=False), encoding="utf-8")
        return grade(question, CITY20, (str(path), 2023), **options)

    yield graded
    _load.cache_clear()


def _own_item(book, facts, asked, **facts_of_item):
    asked["waves"][2023] |= facts_of_item


KINDS = {
    "population": ("forbids", lambda b, f, q: f.update(population="pupils")),
    "ages": ("caveat", lambda b, f, q: f.update(ages=[16, 84])),
    "areas": ("forbids", lambda b, f, q: f.update(areas=["Farsta"])),
    "universe": ("caveat", lambda b, f, q: _own_item(b, f, q, universe="those who go out")),
    "wording": ("caveat", lambda b, f, q: _own_item(b, f, q, wording="other-words")),
    "answers": ("caveat", lambda b, f, q: _other_scale(b, q)),
    "place": ("caveat", lambda b, f, q: q.update(place="the whole city")),
    "mode": ("caveat", lambda b, f, q: f.update(mode=["web"])),
    "mode_unknown": ("caveat", lambda b, f, q: f.update(mode="unknown")),
    "season": ("caveat", None),
    "coding": ("caveat", lambda b, f, q: q.update(default_coding="research")),
}  # fmt: skip


def _other_scale(book, asked):
    """A fifth answer for those who do not go out, as one question in place of two."""
    answers = dict(book["scales"]["evening6"]["answers"])
    del answers["stays_in_other"]
    book["scales"]["evening5"] = {"order": "best_first", "answers": answers}
    codes = {c: a for c, a in book["code_lists"]["evening"].items() if a in answers}
    asked["waves"][2023] |= {"scale": "evening5", "codes": codes}


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "season"])
def test_each_declared_fact_gives_its_own_reason(changed, kind):
    weight, edit = KINDS[kind]
    told = changed(edit)
    mine = [r for r in told.reasons if r.code == kind]
    assert [r.weight for r in mine] == [weight]
    assert told.grade == ("not comparable" if weight == "forbids" else "comparable with caveat")
    others = {r.code for r in told.reasons if r.weight != "note"} - {kind}
    assert not others
    assert mine[0].sv != mine[0].en


def test_seasons_that_do_not_meet_are_a_caveat(changed, tmp_path):
    spring = grade("unsafe_evening", CITY23, REGION23)
    assert not {"season", "season_unknown"} & set(spring.codes)
    autumn = yaml.safe_load(data_path("codebooks", "regional_safety.yaml").read_text("utf-8"))
    autumn["waves"][2023]["facts"]["months"] = [9, 10]
    path = tmp_path / "autumn.yaml"
    path.write_text(yaml.safe_dump(autumn, allow_unicode=True, sort_keys=False), encoding="utf-8")
    told = grade("unsafe_evening", CITY23, (str(path), 2023))
    assert [r.weight for r in told.reasons if r.code == "season"] == ["caveat"]
    unknown = grade("unsafe_evening", CITY23, REGION24)
    assert [r.weight for r in unknown.reasons if r.code == "season_unknown"] == ["note"]


def test_school_years_and_counted_crimes(tmp_path):
    book = yaml.safe_load(data_path("codebooks", "school_survey.yaml").read_text("utf-8"))
    book["waves"][2024]["facts"] = dict(book["waves"][2024]["facts"], school_years=["year 9"])
    book["questions"]["victim_any_crime"]["derived"]["any_of"].remove("victim_rape")
    path = tmp_path / "school.yaml"
    path.write_text(yaml.safe_dump(book, allow_unicode=True, sort_keys=False), encoding="utf-8")
    told = grade("victim_any_crime", SCHOOL22, (str(path), 2024))
    assert [(r.code, r.weight) for r in told.reasons] == [
        ("school_years", "caveat"),
        ("parts", "caveat"),
        ("mode_assumed", "note"),
    ]
    _load.cache_clear()


def test_codings_are_told_in_the_readers_words():
    told = grade("unsafe_evening", CITY20, CITY23, coding_a="research")
    assert "olika kodning av svaren: forskning mot stadens nyckel" in [r.sv for r in told.reasons]
    assert "the answers are coded differently: research against city" in [
        r.en for r in told.reasons
    ]


def test_what_is_taken_as_unchanged_is_a_note():
    told = grade("worry_robbery", CITY20, CITY23)
    assert {"wording_assumed", "answers_assumed", "mode_assumed"} == set(told.codes)


# what the public facts of the three surveys say of every pair; see the codebooks' sources
FACTS = [
    ("unsafe_evening", CITY17, CITY20, "comparable with caveat", {"ages"}),
    ("unsafe_evening", CITY17, CITY23, "comparable with caveat", {"ages"}),
    ("unsafe_evening", CITY20, CITY23, "same", set()),
    ("victim_any_crime", CITY20, CITY23, "same", set()),
    ("unsafe_neighbourhood", ("regional_safety", 2020), REGION23, "same", set()),
    ("unsafe_neighbourhood", REGION23, REGION24, "comparable with caveat", {"ages"}),
    ("unsafe_neighbourhood", REGION22, REGION24, "not comparable", {"areas", "ages"}),
    ("unsafe_evening", ("school_survey", 2018), SCHOOL24, "same", set()),
    ("unsafe_evening", CITY23, SCHOOL22, "not comparable", {"population", "mode"}),
    (
        "unsafe_evening", CITY23, REGION23, "comparable with caveat",
        {"ages", "wording", "answers_unknown", "mode_unknown"},
    ),
    (
        "victim_any_crime", CITY23, REGION23, "comparable with caveat",
        {"ages", "wording_unknown", "parts", "mode_unknown"},
    ),
    (
        "worry_crime_monthly", CITY20, REGION22, "not comparable",
        {"areas", "ages", "wording_unknown", "answers_unknown", "mode_unknown"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("question", "a", "b", "expected", "codes"), FACTS)
def test_the_grades_of_the_known_facts(question, a, b, expected, codes):
    told = grade(question, a, b)
    assert told.grade == expected
    assert {r.code for r in told.reasons if r.weight != "note"} == codes
