"""Several waves in one frame: columns, provenance, and weights that are pooled by a rule only."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import ComparabilityError, DesignError, InputError, UnknownNameError
from survey_stats.harmonise import combine
from survey_stats.harmonise.build import TEXT_COLUMNS
from survey_stats.harmonise.dataset.harmonised_set import CODINGS, QUESTIONS
from survey_stats.harmonise.dataset.pooling import WaveWeights, pool


@pytest.fixture(scope="module")
def waves(make_delivery):
    """Every kind of wave, with weights that sum to a population where the survey has weights."""
    told = {}
    for survey, wave, people in (
        ("city_safety", 2017, 700.0),
        ("city_safety", 2020, 800.0),
        ("city_safety", 2023, 900.0),
        ("regional_safety", 2021, 2000.0),
        ("regional_safety", 2022, 160.0),
        ("regional_safety", 2023, 2100.0),
        ("school_survey", 2022, None),
        ("school_survey", 2024, None),
    ):
        small = make_delivery(survey, wave, n=120, seed=wave)
        design = small.book.waves[wave]
        if people is not None:
            weights = small.frame[design.weight]
            small.frame[design.weight] = weights * people / weights.sum()
        if design.stratum is not None:
            small.frame[design.stratum] = small.frame[design.stratum].iloc[:6].tolist() * 20
            if survey == "city_safety":
                home = small.variable("neighbourhood")
                assert home == design.stratum
                district = small.variable("district")
                small.frame[district] = small.frame[district].iloc[:6].tolist() * 20
        small.file = f"{survey}_{wave}.sav"
        told[survey, wave] = ss.harmonise(small.delivery(), survey, wave=wave)
    return told


@pytest.fixture(scope="module")
def everything(waves):
    return combine(waves.values())


def test_one_frame_in_one_order(waves, everything):
    backwards = combine(reversed(waves.values()))
    pd.testing.assert_frame_equal(everything.frame, backwards.frame)
    assert list(everything.frame) == [
        "survey", "wave", "respondent", "weight", "stratum", "psu", *TEXT_COLUMNS, *QUESTIONS,
        *(f"unsafe_evening__{coding}" for coding in CODINGS), "school_district",
    ]  # fmt: skip
    assert everything.surveys == ["city_safety", "regional_safety", "school_survey"]
    keys = everything.frame.drop_duplicates(["survey", "wave"])[["survey", "wave"]]
    assert list(keys.itertuples(index=False, name=None)) == sorted(waves)
    assert everything.frame.index.equals(pd.RangeIndex(8 * 120))
    # a part of the set keeps the order of the columns that it has
    part = combine([waves["school_survey", 2022], waves["regional_safety", 2021]])
    assert list(part.frame) == [c for c in everything.frame if c in set(part.frame)]


@pytest.mark.parametrize("name", ss.Codebook.names())
def test_every_shipped_question_has_its_place(name):
    book = ss.Codebook.load(name)
    codings = {c for q in book.questions.values() if len(q.codings) > 1 for c in q.codings}
    told = "give it a place in survey_stats/harmonise/dataset/harmonised_set.py"
    assert set(book.questions) - set(QUESTIONS) == set(), told
    assert codings - set(CODINGS) == set(), told


def test_the_rows_of_a_wave_are_as_it_gave_them(waves, everything):
    for (survey, wave), h in waves.items():
        frame = everything.frame
        part = frame[(frame["survey"] == survey) & (frame["wave"] == wave)].reset_index(drop=True)
        pd.testing.assert_frame_equal(part[list(h.frame)], h.frame)
        for column in set(part) - set(h.frame):
            assert part[column].isna().all()
            assert part[column].dtype == frame[column].dtype


def test_a_question_that_was_not_asked_is_missing_for_that_reason(everything):
    told = everything.missing.set_index(["survey", "wave", "question", "reason"])["n"]
    assert told["school_survey", 2022, "worry_robbery", "not_asked"] == 120
    assert told["city_safety", 2020, "school_district", "not_asked"] == 120
    assert ("city_safety", 2020, "worry_robbery", "not_asked") not in told.index
    # every missing value of every column but those of codings has a reason
    frame = everything.frame.drop(columns=["respondent", "weight", "stratum", "psu"])
    plain = [c for c in frame if "__" not in c]
    for column in plain:
        n = told.xs(column, level="question").sum() if column in told.index.levels[2] else 0
        assert n == frame[column].isna().sum(), column


def test_the_aggregated_provenance_names_the_file(everything, waves):
    told = everything.provenance
    assert list(told) == [
        "survey", "wave", "file", "sha256", "question", "variable", "code", "label", "answer",
        "reason", "n",
    ]  # fmt: skip
    assert set(told["file"]) == {h.manifest.file for h in waves.values()}
    assert (told.groupby(["survey", "wave", "question"])["n"].sum() == 120).all()


def test_a_trace_through_the_set(everything, waves):
    h = waves["city_safety", 2020]
    key = h.frame["respondent"][7]
    assert everything.trace("city_safety", 2020, key, "unsafe_evening") == h.trace(
        key, "unsafe_evening"
    )
    nothing = everything.trace("school_survey", 2024, 3, "worry_robbery")
    assert (nothing.value, nothing.reason, nothing.parts) == (None, "not_asked", ())
    assert nothing.file == "school_survey_2024.sav"
    with pytest.raises(UnknownNameError, match="did you mean 'city_safety'"):
        everything.trace("city_safty", 2020, key, "gender")
    with pytest.raises(UnknownNameError, match="wave '2019' in city_safety"):
        everything.trace("city_safety", 2019, key, "gender")


def test_what_cannot_be_combined(waves, make_delivery):
    h = waves["city_safety", 2020]
    with pytest.raises(InputError, match="no harmonised waves"):
        combine([])
    with pytest.raises(InputError, match=r"city_safety_2020\.sav and .* are both city_safety 2020"):
        combine([h, h])
    small = make_delivery("city_safety", 2023)
    other = ss.harmonise(small.delivery(), "city_safety", codings={"unsafe_evening": "research"})
    with pytest.raises(InputError, match=r"coding 'city' in city_safety 2020 and by 'research'"):
        combine([h, other])


def test_two_codebooks_of_one_name(waves, make_delivery, tmp_path):
    from survey_stats.resources import data_path

    text = data_path("codebooks", "city_safety.yaml").read_text(encoding="utf-8")
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace("Public reports on", "My own reports on", 1), encoding="utf-8")
    other = ss.harmonise(make_delivery("city_safety", 2023).delivery(), path, wave=2023)
    with pytest.raises(InputError, match="two different codebooks named city_safety"):
        combine([waves["city_safety", 2020], other])


def test_a_part_of_the_set(everything):
    part = everything.select("city_safety", [2017, 2023])
    assert [h.wave for h in part.waves] == [2017, 2023]
    assert len(part.frame) == 240
    assert everything.select(waves=2022).surveys == ["regional_safety", "school_survey"]
    with pytest.raises(UnknownNameError, match="wave '2018' in city_safety"):
        everything.select("city_safety", 2018)
    with pytest.raises(UnknownNameError, match="survey 'city'"):
        everything.select("city")


def test_one_wave_is_the_survey_of_its_codebook(everything, waves):
    alone = waves["city_safety", 2020].survey("certainty")
    same = everything.survey("city_safety", 2020, lonely_psu="certainty")
    assert (same.name, same.wave) == ("city_safety", 2020)
    pd.testing.assert_frame_equal(
        same.share("unsafe_evening", by="gender").to_frame(),
        alone.share("unsafe_evening", by="gender").to_frame(),
    )


def test_every_result_carries_the_manifests_of_its_files(everything, waves):
    files = [waves["city_safety", year].manifest.to_dict() for year in (2020, 2023)]
    before, after = (waves["city_safety", year].survey("certainty") for year in (2020, 2023))
    est = before.share("unsafe_evening", by="gender")
    assert est.to_frame().attrs["deliveries"] == files[:1]
    assert {"file", "sha256", "rows", "columns", "reader", "encoding"} <= set(files[0])
    assert list(before.t_test("unsafe_evening", by="gender").metadata.deliveries) == files[:1]
    joined = ss.join([before, after]).mean("unsafe_evening")
    assert list(joined.metadata.deliveries) == files
    pooled = everything.survey(
        "city_safety",
        [2020, 2023],
        weights="equal_waves",
        questions="unsafe_evening",
        lonely_psu="certainty",
    )
    assert list(pooled.share("unsafe_evening").metadata.deliveries) == files
    changed = ss.change(before, after, "unsafe_evening")
    assert changed.to_frame().attrs["deliveries"] == files
    assert ss.Survey(before.frame.copy(), weights="weight").deliveries == tuple(files[:1])


def test_by_wave_the_pooled_survey_says_what_each_wave_says(everything, waves):
    pooled = everything.survey("city_safety", lonely_psu="certainty")
    table = pooled.share("unsafe_evening", by="wave", df="design").to_frame().set_index("wave")
    for year in (2017, 2020, 2023):
        alone = waves["city_safety", year].survey("certainty").share("unsafe_evening").to_frame()
        for column in ("estimate", "se", "n"):
            assert table.loc[year, column] == pytest.approx(alone[column][0], rel=1e-12)


def test_average_of_waves_is_the_mean_of_the_years(everything, waves):
    years = (2017, 2020, 2023)
    alone = [waves["city_safety", y].survey("certainty") for y in years]
    pooled = everything.survey("city_safety", weights="average_of_waves", lonely_psu="certainty")
    totals = [s.total("unsafe_evening").to_frame().iloc[0] for s in alone]
    told = pooled.total("unsafe_evening").to_frame().iloc[0]
    assert told["estimate"] == pytest.approx(np.mean([t["estimate"] for t in totals]), rel=1e-12)
    # independent samples: variances of the years add up
    se = np.sqrt(sum(t["se"] ** 2 for t in totals)) / 3
    assert told["se"] == pytest.approx(se, rel=1e-12)
    assert pooled.total().to_frame()["estimate"][0] == pytest.approx(800.0, rel=1e-9)
    by_hand = sum(t["estimate"] for t in totals) / sum(
        (f["weight"] * f["unsafe_evening"].notna()).sum()
        for f in (waves["city_safety", y].frame for y in years)
    )
    share = pooled.share("unsafe_evening")
    assert share.to_frame()["estimate"][0] == pytest.approx(by_hand, rel=1e-12)
    assert "weight_average_of_waves" in share.metadata.design
    assert (share.metadata.survey, share.metadata.wave) == ("city_safety", "2017, 2020, 2023")
    # the delivered weights stay beside, and nothing of the set has changed
    assert pooled.frame["weight"].sum() == pytest.approx(2400.0)
    assert "weight_average_of_waves" not in everything.frame


def test_equal_waves_count_alike(everything, waves):
    pooled = everything.survey("city_safety", weights="equal_waves", lonely_psu="certainty")
    column = pooled.frame.groupby("wave")["weight_equal_waves"].sum()
    assert column.tolist() == pytest.approx([120.0] * 3)
    assert pooled.frame["weight_equal_waves"].mean() == pytest.approx(1.0)


def test_a_given_population(everything):
    pooling = everything.select("school_survey").pooling(
        "average_of_waves", population={2022: 9000, ("school_survey", 2024): 11000.0}
    )
    assert pooling.to_frame()["sum_pooled"].tolist() == pytest.approx([4500.0, 5500.0])
    assert any("scaled to 9000 people" in note for note in pooling.notes)


def test_schools_that_come_back_are_one_unit_when_said_so(everything):
    nested = everything.survey("school_survey")
    shared = everything.survey("school_survey", shared="psu")
    assert nested.design.df == 10 - 2
    assert shared.design.df == 5 - 1
    one = ss.Survey(everything.select("school_survey").frame, weights="weight", clusters="psu")
    assert shared.share("unsafe_evening").to_frame()["se"][0] == pytest.approx(
        one.share("unsafe_evening").to_frame()["se"][0], rel=1e-12
    )
    with pytest.raises(DesignError, match=r"shared=.psu. needs waves with clusters"):
        everything.survey("city_safety", shared="psu")


@pytest.mark.parametrize("shared", [None, "psu"])
def test_pooled_waves_are_what_join_makes_of_them(everything, waves, shared):
    years = (2022, 2024)
    joined = ss.join([waves["school_survey", y].survey() for y in years], shared=shared)
    pooled = everything.survey("school_survey", shared=shared)
    for by in (None, "wave", ["wave", "gender"]):
        one, other = (
            s.share("unsafe_evening", by=by, df="design").to_frame() for s in (joined, pooled)
        )
        pd.testing.assert_frame_equal(one, other, check_dtype=False, rtol=1e-12)
    assert (pooled.name, pooled.wave) == (joined.name, joined.wave)


def test_people_who_come_back_are_one_unit_when_said_so(everything):
    panel = everything.survey("regional_safety", [2021, 2023], shared="respondent")
    frame = everything.select("regional_safety", [2021, 2023]).frame
    assert panel.design.df == 120 - frame["stratum"].nunique()
    one = ss.Survey(frame, weights="weight", strata="stratum", clusters="respondent", nest=False)
    told = [s.share("unsafe_evening").to_frame()["se"][0] for s in (panel, one)]
    assert told[0] == pytest.approx(told[1], rel=1e-12)


def test_surveys_are_not_pooled_silently(everything):
    with pytest.raises(DesignError) as error:
        everything.survey()
    text = str(error.value)
    assert "city_safety 2017, 2020, 2023: weights sum to 700, 800, 900" in text
    assert "school_survey 2022, 2024: everybody counts once" in text
    assert "weights='average_of_waves'" in text
    assert "\n" not in text
    # two surveys on one scale are two surveys all the same
    with pytest.raises(DesignError, match="different surveys are not pooled without a rule"):
        everything.survey(["city_safety", "regional_safety"], 2023)


def test_weights_as_delivered_are_for_tables_by_survey_and_wave(everything, waves):
    side_by_side = everything.survey(
        ["city_safety", "school_survey"], weights="delivered", lonely_psu="certainty"
    )
    assert side_by_side.name == "city_safety + school_survey"
    table = side_by_side.share("unsafe_evening", by=["survey", "wave"]).to_frame()
    table = table.set_index(["survey", "wave"])
    alone = waves["school_survey", 2024].survey().share("unsafe_evening").to_frame()
    assert table.loc[("school_survey", 2024), "estimate"] == pytest.approx(alone["estimate"][0])
    assert "tables by survey and wave only" in side_by_side.frame.attrs["pooling"]["notes"][0]


def test_waves_that_must_not_be_compared_are_not_pooled(everything):
    with pytest.raises(ComparabilityError, match=r"2022 must not be pooled: .* only"):
        everything.survey("regional_safety", [2021, 2022], weights="average_of_waves")
    pooled = everything.survey(
        "regional_safety",
        [2021, 2022],
        weights="average_of_waves",
        override="Järva alone is told",
        lonely_psu="certainty",
    )
    told = pooled.share("unsafe_evening").metadata.wave
    assert told == "2021, 2022 (pooled although not comparable: Järva alone is told)"
    with pytest.raises(ComparabilityError, match="city_safety 2023 and school_survey 2024"):
        everything.survey(["city_safety", "school_survey"], [2023, 2024], weights="equal_waves")
    with pytest.raises(InputError, match="say in words"):
        everything.survey("regional_safety", [2021, 2022], weights="equal_waves", override=" ")


def test_pools_are_graded_by_the_codebooks_that_told_them(waves):
    """A codebook of the analyst's own may have the name of a shipped one, and other facts."""
    shipped = ss.Codebook.load("city_safety")
    asked = shipped.waves[2023]
    facts = asked.facts.model_copy(update={"areas": ("Farsta",)})
    own = shipped.model_copy(
        update={"waves": {**shipped.waves, 2023: asked.model_copy(update={"facts": facts})}}
    )
    grade = ss.comparability("unsafe_evening", own, 2020, own, 2023)
    assert (grade.grade, grade.codes[0]) == ("not comparable", "areas")
    assert ss.comparability("unsafe_evening", shipped, 2020, shipped, 2023) == ss.comparability(
        "unsafe_evening", "city_safety", 2020, "city_safety", 2023
    )
    told = [replace(waves["city_safety", year], codebook=own) for year in (2020, 2023)]
    with pytest.raises(ComparabilityError, match="2023 asked in Farsta only"):
        combine(told).survey(weights="equal_waves", questions="unsafe_evening")


def test_a_caveat_is_among_the_notes(everything):
    notes = everything.select("city_safety").pooling("average_of_waves").notes
    assert any("2017 and 2020: different ages" in note for note in notes)
    assert any("told by their size only" in note for note in notes)


def test_a_pool_for_one_question_has_no_other(everything):
    pooled = everything.survey(
        ["city_safety", "regional_safety"],
        2023,
        weights="equal_waves",
        questions="victim_any_crime",
        lonely_psu="certainty",
    )
    assert "victim_any_crime" in pooled.frame
    assert not [c for c in pooled.frame if c.startswith(("unsafe", "worry", "problem", "avoids"))]
    with pytest.raises(UnknownNameError, match="did you mean 'victim_any_crime'"):
        everything.survey("city_safety", weights="equal_waves", questions="victim_any_crim")


@pytest.mark.parametrize("given", [{"questions": "unsafe_evening"}, {"override": "because"}])
def test_what_is_for_pooling_is_not_ignored_without_it(everything, given):
    for waves in (2020, [2017, 2020]):
        with pytest.raises(InputError, match="give one of these rules with them"):
            everything.survey("city_safety", waves, **given)


def waves_of(*weights, survey="city"):
    return [
        WaveWeights(survey, 2020 + i, 100, total, scale) for i, (total, scale) in enumerate(weights)
    ]


PEOPLE, NORM, ONES = "sum to a population", "mean 1", "everybody counts once"


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        (((7e5, PEOPLE), (100.0, NORM)), "on different scales"),
        (((100.0, ONES), (100.0, NORM)), "on different scales"),
        (((7e5, PEOPLE), (7e3, PEOPLE)), "on different scales"),
        (((7e5, PEOPLE), (1.06e6, PEOPLE)), "on different scales"),
    ],
)
def test_weights_of_one_survey_on_different_scales(weights, says):
    with pytest.raises(DesignError, match=says) as error:
        pool(waves_of(*weights))
    assert "population={wave: people}" in str(error.value)


def test_weights_of_one_survey_on_one_scale_are_taken_as_delivered():
    for weights in (((7e5, PEOPLE), (8e5, PEOPLE)), ((100.0, ONES), (100.0, ONES))):
        plan = pool(waves_of(*weights))
        assert plan.rule == "delivered"
        assert set(plan.factors.values()) == {1.0}


@pytest.mark.parametrize(
    ("rule", "population", "error", "says"),
    [
        ("average", None, InputError, "no rule for pooling; use one of delivered"),
        ("average_of_waves", None, DesignError, r"population=\{\('city', 2021\): people\}"),
        ("average_of_waves", {2021: -5}, InputError, "is -5; give the number of people"),
        ("average_of_waves", {2021: float("nan")}, InputError, "give the number of people"),
        ("average_of_waves", {1999: 5}, InputError, "names 1999, which is no wave"),
        ("average_of_waves", {2021: 10.0, 2020: 7e5}, None, ""),
        ("equal_waves", {2021: 10.0}, InputError, "population= is for weights='average_of_waves'"),
        (None, {2021: 10.0}, InputError, "population= is for"),
    ],
)
def test_rules_that_do_not_fit(rule, population, error, says):
    mixed = waves_of((7e5, PEOPLE), (100.0, NORM))
    if error is None:
        told = pool(mixed, rule, population).to_frame()["sum_pooled"]
        assert told.tolist() == pytest.approx([3.5e5, 5.0])
        return
    with pytest.raises(error, match=says):
        pool(mixed, rule, population)


def test_populations_of_different_size_are_not_averaged_unless_given():
    two = [*waves_of((8e5, PEOPLE)), WaveWeights("region", 2020, 100, 2e6, PEOPLE)]
    with pytest.raises(DesignError, match="populations of different size"):
        pool(two, "average_of_waves")
    given = {("city", 2020): 8e5, ("region", 2020): 2e6}
    assert pool(two, "average_of_waves", given).to_frame()["factor"].tolist() == [0.5, 0.5]
    with pytest.raises(InputError, match="more than one wave"):
        pool(two, "average_of_waves", {2020: 8e5})


def test_the_scale_is_told_from_codebook_and_size(waves, make_delivery):
    table = combine(waves.values()).weights.set_index(["survey", "wave"])["scale"]
    assert table["city_safety", 2020] == PEOPLE
    assert table["school_survey", 2022] == ONES
    small = make_delivery("city_safety", 2020)
    variable = small.book.waves[2020].weight
    small.frame[variable] /= small.frame[variable].mean()
    normed = combine([ss.harmonise(small.delivery(), "city_safety")])
    assert normed.weights["scale"].tolist() == [NORM]
    small.frame[variable] /= 100
    tiny = combine([ss.harmonise(small.delivery(), "city_safety")])
    assert tiny.weights["scale"].tolist() == ["another scale"]
