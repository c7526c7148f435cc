"""The quality declaration: what is known, what is counted, and that the unknown is said."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from survey_stats.protect import DEFAULT
from survey_stats.report.plan import Parameters, load_plan
from survey_stats.report.quality import QualityDeclaration
from survey_stats.report.quality.changed import differences, since_last
from survey_stats.report.quality.checks import Checks, Found
from survey_stats.report.quality.counted import counted
from survey_stats.report.quality.facts import WaveFacts, wave_facts
from survey_stats.report.quality.tables import (
    checks_table,
    precision_table,
    response_table,
    weights_table,
)
from survey_stats.report.quality.texts import response_sentence, titles
from survey_stats.report.waves import Wave, codebook
from survey_stats.weight import kish_design_effect

AREA = "Hässelby-Vällingby"
KEYS = [
    "relevance", "sampling", "response", "weights", "variance", "measurement", "processing",
    "timeliness", "clarity", "comparability", "changes", "confidentiality", "assumptions",
]  # fmt: skip


def wave(survey: str, year: int, here: int = 300, n: int = 900, synthetic: bool = True) -> Wave:
    rng = np.random.default_rng(year)
    schools = [f"s{i % 20}" for i in range(n)]
    pupils = survey == "school_survey"
    frame = pd.DataFrame(
        {
            "survey": survey,
            "wave": year,
            "weight": np.ones(n) if pupils else rng.gamma(4, 10, n),
            "stratum": "all" if pupils else [f"h{i % 30}" for i in range(n)],
            "psu": schools if pupils else [str(i) for i in range(n)],
            "municipality": "Stockholm",
            "district": [AREA] * here + ["Farsta"] * (n - here),
            "unsafe_evening": pd.array(rng.random(n) < 0.3, dtype="boolean"),
            "victim_any_crime": pd.array(rng.random(n) < 0.2, dtype="boolean"),
        }
    )
    frame.loc[: here // 10 - 1, "victim_any_crime"] = pd.NA
    return Wave(survey, year, frame, {}, f"{survey}_{year}.sav", "ab" * 32, synthetic)


WAVES = [
    wave("city_safety", 2017),
    wave("city_safety", 2020),
    wave("city_safety", 2023),
    wave("regional_safety", 2021),
    wave("regional_safety", 2023),
    wave("school_survey", 2022),
]
QUESTIONS = ("unsafe_evening", "victim_any_crime", "worry_robbery")


@pytest.fixture
def facts() -> list[WaveFacts]:
    return [wave_facts(w, AREA, QUESTIONS) for w in WAVES]


def test_facts_are_declared_or_counted(facts: list[WaveFacts]) -> None:
    first, second, *_ = facts
    assert (first.sampled, first.answers, first.response) == (32000, 17669, 0.55)
    assert first.response_source == "stated"
    assert (second.sampled, second.response, second.response_source) == (None, None, "unknown")
    weights = WAVES[0].frame["weight"].to_numpy()
    assert first.kish == pytest.approx(kish_design_effect(weights), rel=1e-12)
    assert first.weight_sum == pytest.approx(weights.sum(), rel=1e-12)
    assert first.kish_here == pytest.approx(kish_design_effect(weights[:300]), rel=1e-12)
    assert first.strata == 30
    assert first.psus is None
    assert first.missing == {"unsafe_evening": 0.0, "victim_any_crime": 0.1}
    regional = facts[3]
    assert regional.response == pytest.approx(43000 / 84000)
    assert regional.response_source == "computed"
    school = facts[-1]
    assert (school.weighted, school.psus, school.kish) == (False, 20, 1.0)


def test_the_response_of_an_area_is_its_own() -> None:
    told = wave_facts(replace(wave("regional_safety", 2022)), "Järva")
    assert told.response == 0.38
    assert wave_facts(wave("regional_safety", 2022), "Farsta").response is None


def test_counts_of_a_small_area_are_not_shown() -> None:
    told = wave_facts(wave("city_safety", 2023, here=29), AREA, QUESTIONS)
    assert (told.here, told.kish_here, told.missing) == (None, None, {})
    text = response_table([told], AREA).text()
    assert text["here"].tolist() == [".."]
    assert "29" not in json.dumps(told.to_dict())
    assert wave_facts(wave("city_safety", 2023, here=30), AREA).here == 30
    assert wave_facts(wave("city_safety", 2023, here=0), AREA).here == 0


def test_the_share_of_missing_answers_gives_no_small_base_away() -> None:
    few = wave("city_safety", 2023, here=300)
    few.frame.loc[29:299, "victim_any_crime"] = pd.NA
    few.frame.loc[:28, "victim_any_crime"] = True
    told = wave_facts(few, AREA, QUESTIONS)
    assert told.missing == {"unsafe_evening": 0.0}
    few.frame.loc[29, "victim_any_crime"] = True
    assert wave_facts(few, AREA, QUESTIONS).missing["victim_any_crime"] == pytest.approx(0.9)


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_what_is_not_known_is_said(facts: list[WaveFacts], lang) -> None:
    unknown = "inte känt" if lang == "sv" else "not known"
    text = response_table(facts, AREA, lang).text()
    assert text["response"].tolist()[:2] == ["55\xa0%" if lang == "sv" else "55%", unknown]
    assert text["sampled"].tolist()[1] == unknown
    assert unknown in response_sentence(facts[1], lang)
    table = response_table(facts, AREA, lang)
    # a response that was computed here says so
    assert len(table.footnotes) == 1


def test_weights_are_told_with_sum_and_cost(facts: list[WaveFacts]) -> None:
    text = weights_table(facts).text()
    assert text["how"].tolist()[-1] == "alla väger lika"
    assert text["kish"].tolist()[-1] == "1,00"
    effective = 900 / facts[0].kish
    assert text["effective"].tolist()[0] == f"{effective:.0f}"


def test_what_is_new_since_last_time(facts: list[WaveFacts]) -> None:
    said = since_last(facts)
    assert said[0].startswith("Stadens trygghetsmätning 2023 jämfört med 2020: ")
    assert "svarsandelen gick från 51\xa0% till 44\xa0%" in said[1]
    assert "urvalet gick från 84\xa0000 till 80\xa0000" in said[1]
    assert said[2] == "Stockholmsenkäten 2022: ingen tidigare mätning finns med."
    ages = differences(facts[0], facts[1])
    assert "åldrarna var 16–79 år och är 16 år och äldre" in ages


def test_tried_assumptions_follow_the_numbers(facts: list[WaveFacts], figures) -> None:
    told = {a.id: a for a in counted(facts, figures)}
    assert told["item-nonresponse"].status == "amber"  # 10 %
    assert "10,0\xa0%" in told["item-nonresponse"].checked.sv
    assert told["synthetic"].status == "red"
    assert told["weights-spread"].status in {"green", "amber"}
    none = [replace(f, missing={"unsafe_evening": 0.01}, synthetic=False) for f in facts]
    quiet = {a.id: a for a in counted(none, figures)}
    assert quiet["item-nonresponse"].status == "green"
    assert "synthetic" not in quiet
    heavy = [replace(f, kish=2.5, largest=30.0) for f in none]
    assert {a.id: a for a in counted(heavy, figures)}["weights-spread"].status == "amber"
    lonely = [replace(f, lonely=2) for f in none]
    assert {a.id: a for a in counted(lonely, figures)}["strata-size"].status == "amber"


@pytest.mark.parametrize(
    ("severity", "status"), [("error", "red"), ("warning", "amber"), ("note", "green")]
)
def test_findings_of_the_checks_decide_their_line(facts, figures, severity, status) -> None:
    found = Found("city_safety", 2023, severity, "distribution", "bruten", "broken")
    told = counted(facts, figures, Checks((found,), (("city_safety", 2023),)))
    assert {a.id: a for a in told}["deliveries"].status == status


class Document:
    """What the declaration asks of a document."""

    def __init__(self, figures: pd.DataFrame, lang: str = "sv") -> None:
        self.parameters = Parameters(AREA, 2023, lang)  # type: ignore[arg-type]
        self.plan = load_plan("appendix")
        self.waves = tuple(WAVES)
        self.figures = figures
        self.data_version = "abc"
        self.area, self.year, self.lang = AREA, 2023, lang
        self.rule = DEFAULT
        self.synthetic = True


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_the_declaration_has_every_component(figures, lang) -> None:
    made = QualityDeclaration(Document(figures, lang))  # type: ignore[arg-type]
    assert [s.key for s in made.sections] == KEYS == list(titles(lang))
    assert all(s.sentences for s in made.sections)
    assert all(t.endswith((".", "”")) for s in made.sections for t in s.sentences)
    names = [t.name for t in made.tables]
    assert len(names) == len(set(names)) >= 4


def test_the_json_says_the_same_and_nothing_that_json_does_not_know(figures) -> None:
    found = Found("city_safety", 2023, "note", "distribution", "<b>", "<b>")
    checks = Checks((found,), (("city_safety", 2023),))
    made = QualityDeclaration(Document(figures), checks)  # type: ignore[arg-type]
    told = json.loads(made.to_json())
    assert told["version"] == 1
    assert [w["response"] for w in told["waves"]][:2] == [0.55, None]
    assert {a["status"] for a in told["assumptions"]} == {"red", "amber", "green"}
    assert [s["key"] for s in told["sections"]] == KEYS
    assert told["checks"][0]["what"]["sv"] == "<b>"
    assert made.to_json() == QualityDeclaration(Document(figures), checks).to_json()  # type: ignore[arg-type]


def test_precision_counts_what_is_shown_and_what_is_hidden(figures) -> None:
    hidden = figures.copy()
    last = hidden.index[(hidden["survey"] == "city_safety") & (hidden["wave"] == 2023)][0]
    hidden.loc[last, ["share", "n", "ci_low", "ci_high"]] = pd.NA
    hidden.loc[last, "flag"] = "suppressed: base under 30"
    made = precision_table(hidden)
    assert made is not None
    assert made.rows["hidden"].tolist()[0] == 1
    assert made.rows["cells"].tolist()[0] == 2


def test_a_finding_names_its_questions_in_the_readers_words() -> None:
    where = "Fr28a (victim_theft), Fr28d (victim_violence)"
    label = Found("city_safety", 2023, "note", "changed label", "”Ja” …", "'Ja' …", where)
    one = Found("city_safety", 2023, "note", "distribution", "a", "a", "Fr1", "unsafe_evening")
    file = Found("city_safety", 2023, "note", "rows", "a", "a", "the file")
    checks = Checks((label, one, file), (("city_safety", 2023),))
    made = checks_table(checks, "sv")
    assert made is not None
    parts = codebook("city_safety").parts
    theft, violence = (parts[n].text.sv for n in ("victim_theft", "victim_violence"))
    assert made.rows["about"].tolist() == [
        f"{theft}, {violence[:1].lower()}{violence[1:]}",
        "Otrygg ute ensam sent en kväll",
        "the file",
    ]
