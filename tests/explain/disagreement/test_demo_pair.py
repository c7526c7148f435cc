"""The demo's pair of 2023, which is made to disagree: what the decomposition finds of it."""

from dataclasses import replace

import numpy as np
import pytest

import survey_stats as ss
from survey_stats.demo import file_name
from survey_stats.demo.models import MODELS
from survey_stats.demo.residents import residents
from survey_stats.explain.disagreement import decompose
from survey_stats.harmonise import Codebook

WHERE = "district == 'Hässelby-Vällingby'"
QUESTION = "unsafe_evening"
KEYS = ["age_group", "gender"]


@pytest.fixture(scope="module")
def pair(demo_dir):
    surveys = []
    for name in ("city_safety", "regional_safety"):
        delivery = ss.read(demo_dir / file_name(name, 2023))
        surveys.append(ss.harmonise(delivery, name).survey())
    return tuple(surveys)


@pytest.fixture(scope="module")
def told(pair):
    """The region's survey with the disability that its respondents have and nobody asked about."""
    book = Codebook.load("regional_safety")
    people = residents(book.model_copy(update={"waves": {2023: book.waves[2023]}}))
    people.index = people["respondent"].astype(str)
    frame = pair[1].frame
    hidden = people["disability"].reindex(frame["respondent"].astype(str)).to_numpy()
    assert set(hidden) == {"yes", "no"}
    declared = pair[1].design.declared
    return ss.Survey(
        frame.assign(disability=hidden), declared.weights, "stratum",
        name=pair[1].name, wave=pair[1].wave, codings=dict(pair[1].codings),
    )  # fmt: skip


def test_neither_who_answers_nor_what_is_counted_is_the_cause(pair):
    out = decompose(*pair, QUESTION, KEYS, WHERE)
    table = out.to_frame().set_index(["part", "variable"])
    whole = table.loc[("difference", "")]
    # the demo aims at 38 and 33 percent
    assert out.shares == pytest.approx((0.38, 0.33), abs=0.006)
    assert whole.ci_high < 0
    # both samples are weighted to the same district by age and gender
    composition = table.loc[("composition", "")]
    assert abs(composition.contribution) < 0.005
    assert max(composition.ci_low, composition.ci_high, key=abs) > whole.contribution / 2
    # people over 84 are in the city's survey only
    universe = table.loc[("definition", "universe")]
    assert out.left_out == ("80+",)
    assert -0.015 < universe.contribution < 0
    # most of it is that the same groups answer differently, as it was planted
    rest = table.loc[("rest", "")]
    assert 0.75 < rest.share < 1.05
    assert out.synthetic


def test_over_the_whole_city_the_age_limit_is_found_for_certain(pair):
    table = decompose(*pair, QUESTION, KEYS, "municipality == 'Stockholm'").to_frame()
    universe = table[table["variable"] == "universe"].iloc[0]
    assert universe.ci_high < 0
    # those over 79 are more unsafe by the model, and the city has more of them
    assert MODELS[QUESTION].ages[-1] > max(MODELS[QUESTION].ages[:-1])


def test_at_the_hidden_truth_the_sensitivity_gives_the_full_answer(pair, told):
    full = decompose(pair[0], told, QUESTION, [*KEYS, "disability"], WHERE)
    by_group = full.groups("disability").set_index("disability")
    result = decompose(*pair, QUESTION, KEYS, WHERE).sensitivity("disability")
    true_share = by_group.people_second["yes"]
    true_gap = by_group.share_second["yes"] - by_group.share_second["no"]
    at = np.array([true_share]), np.array([true_gap])
    explained, left = result.remaining(*at)
    rest = full.to_frame().query("part == 'rest'").iloc[0]
    assert left.value[0] == pytest.approx(rest.contribution, abs=0.005)
    assert explained.low[0] < 0 < explained.high[0]
    outside, inside = result.among(*at)
    gap = by_group.share_second - by_group.share_first
    assert outside[0] == pytest.approx(gap["no"], abs=0.006)
    assert inside[0] == pytest.approx(gap["yes"], abs=0.006)
    # the city's survey turned most among people with a disability, and their share is not it
    planted = MODELS[QUESTION].later["city_safety", 2023]["disability"]
    assert planted == 0.5
    assert gap["yes"] < -0.05 < gap["no"] < 0
    assert bool(result.possible(*at)[0])
    # so much by the register would not explain it, nor would no disability at all
    low, high = replace(result, shares=(0.0, 0.2)).range
    assert low > result.rest
    assert low < 0 < high


def test_the_page_says_it_in_words(pair):
    out = decompose(*pair, QUESTION, KEYS, WHERE)
    result = out.sensitivity("disability", shares=(0.1, 0.2))
    text = str(out.summary("sv", result))
    assert "SYNTETISKA DATA" in text
    assert "Vilka som svarar (ålder och kön)" in text
    assert text.count("Det kan inte vara huvudorsaken") == 2
    assert "utan 80 år och äldre" in text
    assert "varken vad som räknas eller vilka som svarar kan vara huvudorsaken" in text
    assert "Ingen andel personer med funktionsnedsättning, från 0 till 100 procent" in text
    assert "Mest skulle förklaras om det inte fanns några personer med" in text
    assert "==" not in text
    other = out.sensitivity("disability", shares=(0.1, 0.2), gap=(0.0, 0.16))
    both = str(out.summary("sv", result, other))
    heads = [line for line in both.splitlines() if line.startswith("**Det som bara")]
    assert len(set(heads)) == 2
    bullets = [line for line in both.splitlines() if line.startswith("- ")]
    assert len(set(bullets)) == len(bullets)


def test_the_county_is_compared_with_the_city_within_the_city(pair):
    keys = ["part", "variable"]
    whole, city = (
        decompose(*pair, QUESTION, KEYS, where).to_frame().set_index(keys)
        for where in (None, "municipality == 'Stockholm'")
    )
    later = [i for i in city.index if i[0] != "difference" and i != ("definition", "")]
    columns = ["contribution", "se"]
    np.testing.assert_allclose(whole.loc[later, columns], city.loc[later, columns], atol=1e-13)
    assert "22,933 of 35,000 respondents" in whole.loc[("definition", "areas"), "note"]
