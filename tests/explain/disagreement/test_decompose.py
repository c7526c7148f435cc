"""Decomposition under the design: what sums, what it agrees with, and what it refuses."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import ComparabilityError, InputError, UnknownNameError
from survey_stats.explain import coding_effect
from survey_stats.explain.disagreement import decompose, disagreement
from survey_stats.harmonise import Grade, Reason
from tests.explain.disagreement.samples import frame, survey

FORBIDDEN = Grade(
    "not comparable",
    (Reason("people", "forbids", "elever mot boende", "pupils against residents"),),
)


def leaves(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["variable"] != "") | (table["part"] == "rest")]


def row(table: pd.DataFrame, part: str, variable: str = "") -> pd.Series:
    (found,) = [r for _, r in table.iterrows() if (r.part, r.variable) == (part, variable)]
    return found


@pytest.mark.parametrize("method", ["kitagawa", "oaxaca", "fairlie", "reweighting"])
def test_the_whole_is_what_change_says_and_the_parts_sum_to_it(pair, method):
    out = decompose(*pair, "q", ["age", "gender"], method=method)
    table = out.to_frame()
    changed = ss.change(*pair, "q").to_frame().iloc[0]
    whole = row(table, "difference")
    assert whole.contribution == pytest.approx(changed.difference, abs=1e-14)
    assert whole.se == pytest.approx(changed.se, rel=1e-10)
    assert whole.df == pytest.approx(changed.df, rel=1e-6)
    assert (whole.ci_low, whole.ci_high) == pytest.approx((changed.ci_low, changed.ci_high))
    assert leaves(table).contribution.sum() == pytest.approx(whole.contribution, abs=1e-12)
    assert leaves(table).share.sum() == pytest.approx(1.0, abs=1e-12)
    mine = table[table["part"] == "composition"]
    assert mine.contribution.iloc[1:].sum() == pytest.approx(mine.contribution.iloc[0], abs=1e-14)
    # covariances sum as well
    cov = out.cov()
    at = [i for i, r in table.iterrows() if r.variable or r.part == "rest"]
    assert cov[np.ix_(at, at)].sum() == pytest.approx(cov[0, 0], rel=1e-10)
    assert np.sqrt(np.diag(cov)) == pytest.approx(table.se.to_numpy(), rel=1e-10)


def test_swapping_the_surveys_changes_signs_only(pair):
    one = decompose(*pair, "q", ["age", "gender"]).to_frame()
    two = decompose(*pair[::-1], "q", ["age", "gender"]).to_frame()
    assert two.contribution.to_numpy() == pytest.approx(-one.contribution.to_numpy(), abs=1e-14)
    assert two.se.to_numpy() == pytest.approx(one.se.to_numpy(), rel=1e-10)
    assert two.ci_low.to_numpy() == pytest.approx(-one.ci_high.to_numpy(), rel=1e-8, abs=1e-12)


def test_the_order_of_variables_changes_nothing(pair):
    one = decompose(*pair, "q", ["age", "gender", "district"]).to_frame().set_index("variable")
    two = decompose(*pair, "q", ["district", "age", "gender"]).to_frame().set_index("variable")
    for name in ("age", "gender", "district"):
        assert two.contribution[name] == pytest.approx(one.contribution[name], abs=1e-14)
        assert two.se[name] == pytest.approx(one.se[name], rel=1e-10)


def test_two_samples_of_the_same_answers_have_no_parts():
    data = frame(3)
    out = decompose(survey(data), survey(data.copy()), "q", ["age", "gender"]).to_frame()
    assert np.abs(out.contribution).max() < 1e-14
    assert (out.se > 0).all()
    assert out.share.isna().all()


def test_saturated_models_agree_with_their_errors(pair):
    cells = decompose(*pair, "q", ["age", "gender"]).to_frame()
    for method in ("oaxaca", "fairlie", "reweighting"):
        other = decompose(*pair, "q", ["age", "gender"], method=method, saturated=True).to_frame()
        for column in ("contribution", "se", "ci_low", "ci_high"):
            assert other[column].to_numpy() == pytest.approx(cells[column].to_numpy(), abs=1e-12)


def jackknife(pair, replicate) -> np.ndarray:
    """Variances by leaving out every PSU of both surveys in turn."""
    variance = 0.0
    for side in (0, 1):
        data = pair[side].frame
        for _, own in data.groupby("stratum"):
            units = own["psu"].unique()
            values = []
            for unit in units:
                left = data[~((data["stratum"] == own["stratum"].iloc[0]) & (data["psu"] == unit))]
                weight = left["weight"].where(
                    left["stratum"] != own["stratum"].iloc[0],
                    left["weight"] * len(units) / (len(units) - 1),
                )
                changed = list(pair)
                changed[side] = survey(left.assign(weight=weight).reset_index(drop=True))
                values.append(replicate(*changed))
            gaps = np.array(values) - replicate(*pair)
            variance = variance + (len(units) - 1) / len(units) * (gaps**2).sum(axis=0)
    return variance


REFERENCE = Path(__file__).parent / "reference"


def test_parts_and_errors_are_those_of_r_survey():
    surveys = [survey(pd.read_csv(REFERENCE / f"{name}.csv")) for name in ("first", "second")]
    out = decompose(*surveys, "q", ["age", "gender"])
    expected = pd.read_csv(REFERENCE / "kitagawa.csv").set_index("part")
    table = out.to_frame()
    order = ["difference", "composition", "age", "gender", "rest"]
    assert [r.variable or r.part for _, r in table.iterrows()] == order
    told = expected.loc[order]
    assert table.contribution.to_numpy() == pytest.approx(told.contribution.to_numpy(), rel=1e-10)
    weights = np.stack([w for _, w in out.rows()])
    for side, column in ((0, "se_first"), (1, "se_second")):
        own = np.sqrt(np.diag(weights @ out.uncertain.covariances[side] @ weights.T))
        assert own == pytest.approx(told[column].to_numpy(), rel=1e-8)
    whole = np.hypot(told.se_first, told.se_second)
    assert table.se.to_numpy() == pytest.approx(whole.to_numpy(), rel=1e-8)


@pytest.mark.parametrize("method", ["kitagawa", "fairlie"])
def test_standard_errors_are_those_of_a_jackknife_of_both_surveys(method):
    # enough PSUs, so that the two estimators of a variance hardly differ
    pair = survey(frame(1, units=20)), survey(frame(2, 0.05, 0.45, units=20))

    def replicate(first, second):
        out = decompose(
            first, second, "q", ["age", "gender"],
            second_question="q__strict", universe="age != '16-29' or gender != 'men'",
            method=method,
        )  # fmt: skip
        return np.append(out.uncertain.value, out.uncertain.value.sum())

    out = decompose(
        *pair, "q", ["age", "gender"], second_question="q__strict",
        universe="age != '16-29' or gender != 'men'", method=method,
    )  # fmt: skip
    covariance = sum(out.uncertain.covariances)
    ours = np.append(np.diag(covariance), covariance.sum())
    assert np.sqrt(ours) == pytest.approx(np.sqrt(jackknife(pair, replicate)), rel=0.03)


def test_the_coding_part_is_the_effect_of_the_coding_on_the_same_respondents(pair):
    out = decompose(*pair, "q", "age", second_question="q__strict")
    table = out.to_frame()
    effect = coding_effect(pair[0], "q").differences[0]
    coding = row(table, "definition", "coding")
    assert out.common_coding == "wide"
    other = coding_effect(pair[1], "q").differences[0]
    # the second survey, published by the strict coding, is recounted to the first one's
    assert coding.contribution == pytest.approx(other.difference[0], abs=1e-14)
    assert coding.se == pytest.approx(other.se[0], rel=1e-10)
    strict = decompose(*pair, "q", "age", second_question="q__strict", coding="strict").to_frame()
    coding = row(strict, "definition", "coding")
    effect_on_strict = 0.0 - effect.difference[0] * -1
    assert coding.contribution == pytest.approx(effect_on_strict, abs=1e-14)
    assert coding.se == pytest.approx(effect.se[0], rel=1e-10)
    # far better known than the difference of two surveys
    assert coding.se < row(strict, "difference").se / 2
    assert "one is recounted from the coding wide to strict" in coding.note


def test_one_coding_on_both_sides_needs_no_part(pair):
    table = decompose(*pair, "q", "age").to_frame()
    assert "definition" not in set(table.part)
    both = decompose(*pair, "q__strict", "age").to_frame()
    assert "definition" not in set(both.part)


def test_the_universe_part_is_the_same_respondents_restricted(pair):
    table = decompose(*pair, "q", "gender", universe="age != '65-79'").to_frame()
    part = row(table, "definition", "universe")
    expected = 0.0
    for one, sign in zip(pair, (-1, 1), strict=True):
        every = one.share("q").estimate[0]
        expected += sign * (every - one.share("q", where="age != '65-79'").estimate[0])
    assert part.contribution == pytest.approx(expected, abs=1e-14)
    assert part.note == "without not (age != '65-79')"


def known(name: str, wave: int, seed: int, oldest: str) -> ss.Survey:
    data = frame(seed).rename(columns={"q": "unsafe_evening", "age": "age_group"})
    data = data.drop(columns=["q__wide", "q__strict"])
    data.loc[data.index % 11 == 0, "age_group"] = oldest
    return survey(data, name, wave=wave)


def test_age_groups_that_one_survey_asks_in_part_are_left_out_by_the_codebooks():
    two = known("city_safety", 2023, 1, "80+"), known("regional_safety", 2023, 2, "80+")
    out = decompose(*two, "unsafe_evening", ["age_group", "gender"])
    table = out.to_frame()
    assert out.left_out == ("80+",)
    by_hand = decompose(
        *two, "unsafe_evening", ["age_group", "gender"], universe="age_group != '80+'"
    )
    assert row(table, "definition", "universe").contribution == pytest.approx(
        row(by_hand.to_frame(), "definition", "universe").contribution, abs=1e-15
    )
    whole = decompose(*two, "unsafe_evening", ["age_group", "gender"], universe=None)
    assert "definition" not in set(whole.to_frame().part)
    assert out.grade.grade == "comparable with caveat"
    assert "ages" in out.grade.codes
    # what the universe takes care of is no longer left for the rest
    assert "different ages" not in row(table, "rest").note
    assert "different ages" in row(whole.to_frame(), "rest").note
    assert "wording" in row(table, "rest").note
    # waves of one survey ask the same ages
    same = known("city_safety", 2023, 1, "80+"), known("city_safety", 2020, 2, "80+")
    assert decompose(*same, "unsafe_evening", "age_group").left_out == ()


def test_areas_that_one_wave_did_not_ask_in_are_left_out_by_the_codebooks():
    city, region = (
        known("city_safety", 2023, 1, "16-29"),
        known("regional_safety", 2022, 2, "16-29"),
    )
    jarva = survey(region.frame[region.frame["district"] == "Järva"], region.name, wave=2022)
    with pytest.raises(ComparabilityError, match="Järva and Huddinge only"):
        decompose(city, jarva, "unsafe_evening", "gender")
    out = decompose(city, jarva, "unsafe_evening", "gender", override="to show the area's part")
    part = row(out.to_frame(), "definition", "universe")
    everybody = city.share("unsafe_evening").estimate[0]
    inside = city.share("unsafe_evening", where="district == 'Järva'").estimate[0]
    assert part.contribution == pytest.approx(inside - everybody, abs=1e-14)
    assert part.note == "only Järva and Huddinge"
    assert "asked in" not in row(out.to_frame(), "rest").note
    by_hand = decompose(
        city, jarva, "unsafe_evening", "gender", universe="district == 'Järva'", override="the same"
    ).to_frame()
    assert row(by_hand, "definition", "universe").contribution == pytest.approx(part.contribution)
    # what the caller leaves out says nothing about the codebooks' reasons
    assert "asked in" in row(by_hand, "rest").note
    within = decompose(city, jarva, "unsafe_evening", "gender", "district == 'Järva'")
    assert "definition" not in set(within.to_frame().part)


def test_groups_of_one_survey_are_no_composition_and_are_named(pair):
    data = pair[1].frame.assign(age=lambda f: f["age"].where(f["age"] != "16-29", "30-64"))
    other = survey(data, "two")
    out = decompose(pair[0], other, "q", ["age", "gender"])
    part = row(out.to_frame(), "definition", "groups of one survey")
    assert out.cells.only_first == ("16-29 × men", "16-29 × women")
    assert out.cells.size == 4
    expected = -(
        pair[0].share("q").estimate[0] - pair[0].share("q", where="age != '16-29'").estimate[0]
    )
    assert part.contribution == pytest.approx(expected, abs=1e-14)
    assert "only in one: 16-29 × men, 16-29 × women" in part.note
    merged = decompose(
        pair[0], other, "q", ["age", "gender"], merge={"age": {"16-64": ["16-29", "30-64"]}}
    )
    assert merged.cells.only_first == ()
    assert "definition" not in set(merged.to_frame().part)
    assert set(merged.groups("age")["age"]) == {"16-64", "65-79"}


def test_unknown_background_is_a_part_of_its_own(pair):
    data = pair[0].frame.copy()
    data.loc[::9, "gender"] = None
    out = decompose(survey(data, "one"), pair[1], "q", ["age", "gender"]).to_frame()
    part = row(out, "definition", "background not known")
    told = survey(data)
    expected = told.share("q").estimate[0] - told.share("q", where="gender.notna()").estimate[0]
    assert part.contribution == pytest.approx(-expected, abs=1e-14)
    assert leaves(out).contribution.sum() == pytest.approx(out.contribution[0], abs=1e-12)


def test_the_rest_by_group_sums_to_the_rest(pair):
    out = decompose(*pair, "q", ["age", "gender"])
    rest = row(out.to_frame(), "rest")
    for variable in ("age", "gender"):
        table = out.groups(variable)
        assert table["rest"].sum() == pytest.approx(rest.contribution, abs=1e-14)
        shares = pair[0].share("q", by=variable).to_frame().set_index(variable)["estimate"]
        told = table.set_index(variable)["share_first"]
        assert told.to_numpy() == pytest.approx(shares[told.index].to_numpy())
    with pytest.raises(UnknownNameError, match="no variable 'region'"):
        out.groups("region")


def test_weights_that_meet_the_same_totals_leave_no_composition(pair):
    totals = {"16-29": 300.0, "30-64": 400.0, "65-79": 300.0}
    both = [one.post_stratify({"age": totals}) for one in pair]
    table = decompose(*both, "q", "age").to_frame()
    part = row(table, "composition", "age")
    assert part.contribution == pytest.approx(0.0, abs=1e-12)
    assert part.se < 1e-8
    plain = row(decompose(*pair, "q", "age").to_frame(), "composition", "age")
    assert plain.se > 1e-3


def test_replicate_weights_give_much_the_same_errors(pair):
    plain = decompose(*pair, "q", ["age", "gender"]).to_frame()
    other = decompose(*(p.with_replicates("jkn") for p in pair), "q", ["age", "gender"]).to_frame()
    assert other.contribution.to_numpy() == pytest.approx(plain.contribution.to_numpy(), abs=1e-14)
    assert other.se.to_numpy() == pytest.approx(plain.se.to_numpy(), rel=0.05)


def test_rates_of_one_survey(pair):
    first = decompose(*pair, "q", ["age", "gender"], rates="first").to_frame()
    second = decompose(*pair, "q", ["age", "gender"], rates="second").to_frame()
    both = decompose(*pair, "q", ["age", "gender"]).to_frame()
    mean = (first.contribution + second.contribution) / 2
    assert both.contribution.to_numpy() == pytest.approx(mean.to_numpy(), abs=1e-14)
    # directly standardised: the second survey's people at the first one's rates
    cells = pair[0].share("q", by=["age", "gender"]).estimate
    people = pair[1].total(None, by=["age", "gender"]).estimate
    by_hand = people @ cells / people.sum() - pair[0].share("q").estimate[0]
    assert row(first, "composition").contribution == pytest.approx(by_hand, abs=1e-14)


@pytest.mark.parametrize("dtype", ["boolean", "Int64", "float", "object", "category"])
def test_types_of_columns_do_not_matter(pair, dtype):
    plain = decompose(*pair, "q", ["age", "gender"]).to_frame()
    changed = []
    for one in pair:
        data = one.frame.drop(columns=["q__wide", "q__strict"])
        answer = data["q"].astype("Int64") if dtype == "Int64" else data["q"]
        data["q"] = answer.astype(dtype)
        data["age"] = data["age"].astype("category" if dtype == "category" else "string")
        changed.append(survey(data))
    other = decompose(*changed, "q", ["age", "gender"]).to_frame()
    assert other.contribution.to_numpy() == pytest.approx(plain.contribution.to_numpy(), abs=1e-14)


def test_levels_by_other_names_need_of(pair):
    words = [survey(p.frame.assign(q=p.frame["q"].map({True: "ja", False: "nej"}))) for p in pair]
    with pytest.raises(InputError, match="say whose share with of="):
        decompose(*words, "q", "age")
    out = decompose(*words, "q", "age", of="ja").to_frame()
    plain = decompose(*pair, "q", "age").to_frame()
    assert out.contribution.to_numpy() == pytest.approx(plain.contribution.to_numpy(), abs=1e-14)


def test_respondents_of_weight_zero_change_nothing(pair):
    extra = pair[0].frame.head(40).assign(weight=0.0, age="80+")
    data = pd.concat([pair[0].frame, extra], ignore_index=True)
    out = decompose(survey(data, "one"), pair[1], "q", ["age", "gender"])
    plain = decompose(*pair, "q", ["age", "gender"])
    assert out.cells.only_first == ()
    assert out.to_frame().se.to_numpy() == pytest.approx(plain.to_frame().se.to_numpy(), rel=1e-10)


def test_a_variable_of_one_level_adds_nothing(pair):
    both = [survey(p.frame.assign(area="x")) for p in pair]
    table = decompose(*both, "q", ["age", "area"]).to_frame()
    part = row(table, "composition", "area")
    assert (part.contribution, part.se, part.ci_low, part.ci_high) == (0, 0, 0, 0)
    assert part.note == "a single level"


def test_no_variables_leave_definition_and_rest(pair):
    table = decompose(*pair, "q", (), universe="age != '65-79'").to_frame()
    assert table.part.tolist() == ["difference", "definition", "definition", "rest"]


def test_answers_that_all_agree_have_no_error_and_no_interval():
    one = survey(frame(1).assign(q=False).drop(columns=["q__wide", "q__strict"]))
    two = survey(frame(2))
    table = decompose(one, two, "q", "age").to_frame()
    assert np.isfinite(table.contribution).all()
    assert leaves(table).contribution.sum() == pytest.approx(table.contribution[0], abs=1e-12)
    none = survey(frame(3).assign(q=True).drop(columns=["q__wide", "q__strict"]))
    still = decompose(one, none, "q", "age").to_frame()
    whole = row(still, "difference")
    assert whole.contribution == pytest.approx(1.0)
    assert np.isnan(whole.ci_low)
    assert whole.note == "no interval: the standard error is zero"


def test_a_grade_that_forbids_needs_a_reason(pair):
    with pytest.raises(ComparabilityError, match=r"pupils against residents.*override="):
        decompose(*pair, "q", "age", grade=FORBIDDEN)
    out = decompose(*pair, "q", "age", grade=FORBIDDEN, override="asked for by the board")
    assert out.to_frame().attrs["override"] == "asked for by the board"
    assert "Compared all the same: asked for by the board" in repr(out)
    assert "pupils against residents" in out._repr_html_()


def test_a_disagreement_explains_itself(pair):
    made = disagreement(*pair, "q", where="district == 'Farsta'", level=0.9)
    out = made.explain(["age", "gender"])
    plain = decompose(*pair, "q", ["age", "gender"], "district == 'Farsta'", level=0.9)
    pd.testing.assert_frame_equal(out.to_frame(), plain.to_frame())
    assert out.level == 0.9
    with pytest.raises(InputError, match="by groups has many differences"):
        disagreement(*pair, "q", "district").explain("age")


def test_it_is_frozen_and_prints(pair):
    out = decompose(*pair, "q", ["age", "gender"])
    with pytest.raises(FrozenInstanceError):
        out.first = "other"
    text = repr(out)
    assert text.startswith("Decomposition: q, two less one, in parts (kitagawa)")
    assert "composition" in text
    assert "<caption>q, two less one, in parts (kitagawa)</caption>" in out._repr_html_()
    assert list(out.to_frame().columns) == [
        "part", "variable", "contribution", "se", "ci_low", "ci_high", "df", "share", "note",
    ]  # fmt: skip
