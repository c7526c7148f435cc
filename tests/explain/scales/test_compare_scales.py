"""Two indices: which items both have alike, their grade, the difference, and items that differ."""

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import ComparabilityError, InputError, UnknownNameError
from survey_stats.explain.scales import compare_scales, scale
from survey_stats.explain.scales.functioning import standardised_difference


def answers(n: int, seed: int, shift: float = 0.0, **extra: float) -> pd.DataFrame:
    """Five items of four steps; `extra` moves single items."""
    rng = np.random.default_rng(seed)
    common = rng.normal(shift, 1, n)
    frame = pd.DataFrame(
        {
            name: np.clip(
                np.round(2.5 + common + extra.get(name, 0.0) + rng.normal(0, 0.8, n)), 1, 4
            ).astype(int)
            for name in "abcde"
        }
    )
    frame["psu"] = np.arange(n) // 5
    frame["w"] = rng.uniform(1, 3, n)
    frame["gender"] = rng.choice(["women", "men"], n)
    return frame


def of(frame: pd.DataFrame, items: str, **options) -> object:
    return scale(ss.Survey(frame, "w", clusters="psu"), list(items), **options)


@pytest.fixture(scope="module")
def old() -> pd.DataFrame:
    return answers(400, 1)


@pytest.fixture(scope="module")
def new() -> pd.DataFrame:
    return answers(500, 2, 0.3)


def test_common_items_make_the_index(old, new):
    found = compare_scales(of(old, "abcd"), of(new, "bcde"))
    assert found.used == ("b", "c", "d")
    table = found.to_frame().set_index("item")
    assert table.why["a"] == "only the first has it"
    assert table.why["e"] == "only the second has it"
    one, two = of(old, "bcd", at_least=2), of(new, "bcd", at_least=2)
    expected = ss.change(one.survey, two.survey, "index", statistic="mean", margin=0.09)
    pd.testing.assert_frame_equal(found.change.to_frame(), expected.to_frame())
    assert found.first.alpha == one.alpha
    assert found.reliability().side.tolist() == ["first"] * 4 + ["second"] * 4
    assert table.mean_first["b"] == pytest.approx(ss.Survey(old, "w").mean("b").estimate[0])
    assert np.isnan(table.mean_first["a"])


def test_items_must_have_the_same_codes_and_direction(old, new):
    found = compare_scales(of(old, "abcd", reverse=["a"]), of(new, "abcd"))
    assert found.used == ("b", "c", "d")
    assert found.to_frame().set_index("item").why["a"] == "reversed in one of them only"
    wide = of(new.assign(b=new.b.where(new.b < 4, 5)), "abcd", standardise="range")
    found = compare_scales(of(old, "abcd", standardise="range"), wide)
    assert found.used == ("a", "c", "d")
    assert "other codes (1-4 and 1-5)" in found.to_frame().set_index("item").why["b"]


def test_reversed_items_stay_reversed(old, new):
    turned = [f.assign(a=5 - f.a) for f in (old, new)]
    found = compare_scales(*(of(f, "abc", reverse="a") for f in turned))
    plain = compare_scales(of(old, "abc"), of(new, "abc"))
    np.testing.assert_allclose(found.change.difference, plain.change.difference)
    assert found.first.items[0].reverse


def test_two_domains_of_one_survey_have_their_covariance(old, new):
    both = pd.concat([old.assign(wave=2020), new.assign(wave=2023)], ignore_index=True)
    survey = ss.Survey(both, "w", clusters="psu")
    sides = [scale(survey, list("abc"), where=f"wave == {w}") for w in (2020, 2023)]
    found = compare_scales(*sides)
    whole = scale(survey, list("abc")).survey
    expected = ss.change(
        whole,
        whole,
        "index",
        statistic="mean",
        before_where="wave == 2020",
        after_where="wave == 2023",
        margin=0.09,
    )
    np.testing.assert_allclose(found.change.se, expected.se)
    apart = compare_scales(of(old, "abc"), of(new, "abc"))
    np.testing.assert_allclose(found.change.difference, apart.change.difference)
    # the two waves share psu numbers here, so the error is another
    assert found.change.se[0] != pytest.approx(apart.change.se[0], rel=1e-6)


def yes_no(n: int, seed: int, names: list[str]) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        rng.random((n, len(names))) < rng.random((n, 1)), columns=pd.Index(names)
    ).astype("boolean")
    frame["district"] = "Farsta"
    return frame


PROBLEMS = ["problem_moped_traffic", "problem_drunk_people", "problem_drug_users"]


def test_the_weakest_grade_of_the_items_counts():
    sides = [
        scale(
            ss.Survey(yes_no(300, w, PROBLEMS), name="city_safety", wave=w),
            PROBLEMS,
            name="problems",
            rule="count of yes",
        )
        for w in (2017, 2023)
    ]
    found = compare_scales(*sides)
    grades = [ss.comparability(p, "city_safety", 2017, "city_safety", 2023) for p in PROBLEMS]
    assert {g.grade for g in grades} == {"comparable with caveat"}
    assert found.grade.grade == "comparable with caveat"
    assert found.change.grade is found.grade
    assert found.to_frame()["grade"].tolist() == [g.grade for g in grades]
    assert "different ages" in found.to_frame()["why"][0]
    assert "jämförbar med förbehåll" in found.sentence()
    assert "olika åldrar" in found.sentence()


def test_items_that_are_not_comparable_are_left_out_unless_overridden():
    names = ["unsafe_evening", "victim_any_crime"]
    city = scale(ss.Survey(yes_no(300, 1, names), name="city_safety", wave=2023), names)
    school = scale(ss.Survey(yes_no(300, 2, names), name="school_survey", wave=2022), names)
    with pytest.raises(ComparabilityError, match=r"0 items that can be compared.*asks pupils"):
        compare_scales(city, school)
    found = compare_scales(city, school, override="to show how far apart they are")
    assert found.grade.grade == "not comparable"
    assert found.change.override == "to show how far apart they are"


def test_indices_made_by_other_rules_are_refused(old, new):
    with pytest.raises(InputError, match="rule='mean' and 'sum'"):
        compare_scales(of(old, "abc"), of(new, "abc", rule="sum"))
    with pytest.raises(InputError, match="mean zero in every survey"):
        compare_scales(of(old, "abc", standardise=True), of(new, "abc", standardise=True))
    with pytest.raises(InputError, match="takes two Scales, not Survey"):
        compare_scales(ss.Survey(old), of(new, "abc"))
    with pytest.raises(ComparabilityError, match="1 items that can be compared"):
        compare_scales(of(old, "abc"), of(new, "cde"))


def test_who_lives_where_the_other_survey_did_not_ask_is_told(old, new):
    county = new.assign(municipality=np.where(np.arange(len(new)) % 4, "Stockholm", "Solna"))
    items = ["a", "b", "c"]
    away = scale(ss.Survey(county, "w", name="county"), items)
    town = scale(ss.Survey(old.assign(municipality="Stockholm"), "w", name="town"), items)
    both = compare_scales(town, away)
    n = int((county["municipality"] == "Solna").sum())
    assert f"{n} of {len(county)} respondents in county" in both.sentence("en")
    assert "(Solna)" in both.sentence("sv")
    at_home = scale(away.origin, items, where="municipality == 'Stockholm'")
    assert compare_scales(town, at_home).about_areas() == ()
    assert compare_scales(of(old, "abc"), of(new, "abc")).about_areas() == ()
    halves = [
        scale(away.origin, items, where=f"municipality == {a!r}") for a in ("Solna", "Stockholm")
    ]
    assert compare_scales(*halves).about_areas() == ()


def test_groups_are_one_family(old, new):
    found = compare_scales(of(old, "abc"), of(new, "abc"), by="gender").change.to_frame()
    assert found.gender.tolist() == ["men", "women"]


def test_an_item_that_is_answered_differently_is_found(old):
    moved = answers(1500, 7, 0.0, b=0.9)
    found = compare_scales(of(answers(1500, 8), "abcd"), of(moved, "abcd"))
    assert found.functioning.suspects == ("b",)
    rows = found.functioning.to_frame().set_index("item")
    assert rows.difference["b"] > 0.3
    assert "”b” olika på de två" in found.sentence()
    alike = compare_scales(of(old, "abcd"), of(answers(400, 9), "abcd"))
    assert alike.functioning.suspects == ()
    assert "comparison" not in alike.sentence()


def test_differences_at_equal_totals_add_up_to_zero(old):
    found = of(old, "abcde").functioning("gender").to_frame()
    assert found["difference"].sum() == pytest.approx(0, abs=1e-12)
    assert found["matched"].between(0.9, 1).all()


def test_the_error_of_a_matched_difference_is_that_of_the_jackknife():
    frame = answers(300, 4, b=0.2)
    made = of(frame, "abc")
    found = made.functioning("gender", reference="men").to_frame().set_index("item")
    total = frame[list("abc")].sum(axis=1).to_numpy(dtype=int)
    women = (frame.gender == "women").to_numpy()
    w, x = frame.w.to_numpy(), frame.b.to_numpy(dtype=float)

    def difference(w: np.ndarray) -> float:
        return standardised_difference(
            x[women], total[women], w[women], x[~women], total[~women], w[~women], 13
        )[0]

    psus = frame.psu.unique()
    again = np.array(
        [difference(np.where(frame.psu == p, 1e-12, w * len(psus) / (len(psus) - 1))) for p in psus]
    )
    jackknife = np.sqrt((len(psus) - 1) / len(psus) * ((again - again.mean()) ** 2).sum())
    assert found.difference["b"] == pytest.approx(difference(w), abs=1e-12)
    assert found.se["b"] == pytest.approx(jackknife, rel=0.12)


def test_two_surveys_add_their_errors(old, new):
    """Domains of one design in strata of their own, and two designs, are the same thing."""
    both = pd.concat([old.assign(wave=1), new.assign(wave=2)], ignore_index=True)
    joined = scale(ss.Survey(both, "w", strata="wave", clusters="psu"), list("abcd"))
    within = joined.functioning("wave").to_frame()
    apart = compare_scales(of(old, "abcd"), of(new, "abcd")).functioning.to_frame()
    np.testing.assert_allclose(within["difference"], apart["difference"], rtol=1e-12)
    np.testing.assert_allclose(within["se"], apart["se"], rtol=1e-10)


def test_no_difference_is_found_as_often_as_promised():
    """Under no item difference the tests at 5 percent reject about that often."""
    hits = total = 0
    for seed in range(40):
        found = of(answers(400, 100 + seed), "abcd").functioning("gender", adjust="none")
        hits += int((found.to_frame()["p_value"] < 0.05).sum())
        total += 4
    assert 0.01 <= hits / total <= 0.11


def test_groups_are_named_and_checked(old):
    made = of(old, "abc")
    with pytest.raises(UnknownNameError, match="no group 'woman' in column 'gender'"):
        made.functioning("gender", reference="woman")
    with pytest.raises(InputError, match="has 1 groups"):
        of(old[old.gender == "men"], "abc").functioning("gender")
    only = made.functioning("gender").sentence()
    assert only == "Inga frågor fungerar säkert olika i grupperna."


def test_groups_without_common_totals_say_so():
    frame = pd.DataFrame({"a": [1, 2] * 20, "b": [1, 2, 2, 1] * 10, "g": "low"})
    high = (frame[["a", "b"]] + 2).assign(g="high")
    made = scale(ss.Survey(pd.concat([frame, high], ignore_index=True)), ["a", "b"])
    row = made.functioning("g", reference="low").to_frame().iloc[0]
    assert row.flag == "most of the group have nobody with the same total to compare with"
    assert np.isnan(row.difference)


def test_one_index_is_not_compared_with_itself(old):
    survey = ss.Survey(old, "w", clusters="psu")
    whole = scale(survey, list("abc"))
    for other in (whole, scale(survey, list("bcd"))):
        with pytest.raises(InputError, match="same respondents of one Survey"):
            compare_scales(whole, other)
    women, men = (scale(survey, list("abc"), where=f"gender == '{g}'") for g in ("women", "men"))
    assert len(compare_scales(women, men).change.to_frame()) == 1


def test_a_comparison_prints_short(old, new):
    found = compare_scales(of(old, "abcd"), of(new, "bcde"))
    text = repr(found)
    assert len(text) < 1500
    assert "array" not in text
    assert "only the first has it" in text
    assert found.sentence() in text


@pytest.mark.parametrize("group", [None, ["gender"]])
def test_functioning_is_about_one_column(old, group):
    with pytest.raises(InputError, match="the groups of one column"):
        of(old, "abc").functioning(group)
