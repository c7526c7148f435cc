"""Sentences from numbers that were made up, so that every word is known."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pytest

from survey_stats.labels import Language
from survey_stats.report import sentences
from survey_stats.report.schema import tidy
from survey_stats.report.summary import summary

AREA = "Hässelby-Vällingby"


@dataclass(frozen=True)
class Judged:
    verdict: str


def with_verdict(figures: pd.DataFrame, verdict: str) -> pd.DataFrame:
    tested = figures["verdict"] != ""
    return figures.assign(verdict=figures["verdict"].mask(tested, verdict))


def crime(verdicts: list[str]) -> pd.DataFrame:
    n = len(verdicts)
    return pd.DataFrame(
        {
            "label": [f"Brott {i}" for i in range(n)],
            "is_total": [False] * n,
            "verdict": verdicts,
            "before": [100.0] * n,
            "after": [50.0] * n,
            "period_before": ["2021"] * n,
            "period_after": ["2022"] * n,
        }
    )


def test_the_summary_says_what_changed_what_did_not_and_what_cannot_be_told(
    figures: pd.DataFrame,
) -> None:
    said = summary(figures, AREA, findings=[Judged("holds"), Judged("does not hold")])
    assert len(said) == 5
    assert said[0].startswith(f"Statistiskt säkerställt i {AREA}:")
    assert "minskade från 26,0\N{NO-BREAK SPACE}% (2020) till 20,0\N{NO-BREAK SPACE}%" in said[0]
    assert "ökade från 35,0\N{NO-BREAK SPACE}% (2020) till 40,0\N{NO-BREAK SPACE}%" in said[0]
    assert said[0].index("minskade") < said[0].index("ökade"), "the largest change comes first"
    assert "3 procentenheter eller mer kan uteslutas" in said[1]
    assert "kan inte avgöras" in said[2]
    assert "oftast krävs en förändring på omkring 5 procentenheter" in said[2]
    assert said[3] == (
        f"Enligt stadens trygghetsmätning 2023 är följande säkerställt högre i {AREA} än i resten "
        "av staden: andelen som är otrygga ute ensamma sent en kväll (40,0\N{NO-BREAK SPACE}% mot "
        "23,0\N{NO-BREAK SPACE}%)."
    )
    assert f"dokument om {AREA}" in said[4]
    assert "stämmer 1, 1 stämmer inte och 0 kan inte avgöras" in said[4]


def test_the_shares_beside_each_other_are_those_that_were_tested(figures: pd.DataFrame) -> None:
    """The city's total holds the district too; the test is against the rest."""
    own = figures["rest_verdict"] != ""
    moved = figures.assign(rest_difference=figures["rest_difference"].mask(own, 0.19))
    (beside,) = [s for s in summary(moved, AREA) if "resten av staden" in s]
    assert "mot 21,0\N{NO-BREAK SPACE}%" in beside
    assert "23,0" not in beside


def test_no_size_is_given_beside_a_smaller_change_that_was_found(figures: pd.DataFrame) -> None:
    found = figures.assign(smallest_detectable=figures["smallest_detectable"] + 0.02)
    said = " ".join(summary(found, AREA))
    assert "kan inte avgöras" in said
    assert "omkring" not in said
    assert "usually" in " ".join(summary(figures, AREA, "en"))


def test_reported_crime_says_which_part_of_the_year(figures: pd.DataFrame) -> None:
    counts = crime(["significant decrease", "cannot be decided"])
    said = summary(figures, AREA, crime=counts.assign(season="januari–september"))
    assert any("mellan 2021 och 2022 (januari–september båda åren)" in s for s in said)
    assert not any("båda åren" in s for s in summary(figures, AREA, crime=counts))


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_nothing_significant(figures: pd.DataFrame, lang: Language) -> None:
    none = with_verdict(figures, "cannot be decided")
    said = summary(none, AREA, lang, crime(["cannot be decided"] * 3))
    start = "För ingen av de 4 andelar" if lang == "sv" else "For none of the 4 shares"
    assert said[0].startswith(start)
    assert not any("av 4 andelar" in s or "of 4 shares" in s for s in said), "said once"
    assert not any("kan uteslutas" in s or "ruled out" in s for s in said)
    same = summary(with_verdict(figures, "unchanged"), AREA, lang)
    assert same[0].startswith("Ingen av de 4 andelar" if lang == "sv" else "None of the 4 shares")
    assert any(("Ingen av de 3" if lang == "sv" else "None of the 3") in s for s in said)
    assert all(s.endswith(".") for s in said)


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_everything_significant_counts_what_it_does_not_spell_out(
    figures: pd.DataFrame, lang: Language
) -> None:
    everything = with_verdict(figures, "significant increase")
    findings = [Judged("holds")] * 3
    said = summary(everything, AREA, lang, crime(["significant decrease"] * 5), findings)
    assert len(said) <= 6
    assert ("1 till" if lang == "sv" else "1 more") in said[0]
    assert said[0].count("ökade" if lang == "sv" else "rose") == 3
    assert ("2 till" if lang == "sv" else "2 more") in said[-2]


def test_no_earlier_wave_is_said(figures: pd.DataFrame) -> None:
    first = figures[figures["wave"] == 2020].assign(verdict="")
    said = summary(first, AREA)
    assert said == [f"Ingen andel för {AREA} kan ännu jämföras med en tidigare mätning."]


def test_many_undecided_are_counted_not_listed(figures: pd.DataFrame) -> None:
    row = figures[figures["verdict"] == "cannot be decided"].iloc[0]
    names = [
        "worry_robbery",
        "worry_burglary",
        "avoids_places",
        "victim_any_crime",
        "problem_drug_users",
        "problem_drunk_people",
        "problem_moped_traffic",
    ]
    rows = [{**row, "question": q} for q in names]
    rows.append({**row, "question": "unsafe_neighbourhood", "verdict": "unchanged"})
    many = tidy(pd.DataFrame(rows))
    (undecided,) = [s for s in summary(many, AREA) if "kan det inte avgöras" in s]
    assert undecided.startswith(
        "För 7 av 8 andelar, bland dem andelen som är oroliga för att bli rånade, som är oroliga "
        "för inbrott och som undviker vissa platser, kan det inte avgöras"
    )


def test_leads_tell_each_survey_with_its_interval(figures: pd.DataFrame) -> None:
    said = list(sentences.leads(figures, "unsafe_evening", AREA).values())
    assert len(said) == 3
    assert said[0] == (
        "Stadens trygghetsmätning 2023: 40,0\N{NO-BREAK SPACE}% (osäkerhetsintervall "
        "37,5–42,5\N{NO-BREAK SPACE}%), hela staden 23,0\N{NO-BREAK SPACE}%. Säkerställd ökning "
        "sedan 2020 med 5,0 procentenheter (+1,5 till +8,5)."
    )
    assert "kan inte avgöras (−2,5 procentenheter, −6,0 till +1,0)" in said[1]
    assert "Oförändrat sedan 2020" in said[2]


def test_a_difference_lost_to_the_number_of_comparisons_says_so(figures: pd.DataFrame) -> None:
    row = dict(figures.iloc[10])
    row |= {"verdict": "cannot be decided", "difference": 0.05, "previous_wave": 2021}
    row |= {"difference_low": 0.01, "difference_high": 0.09}
    assert "antalet jämförelser" in sentences.verdict_sentence(row)
    assert "number of comparisons" in sentences.verdict_sentence(row, "en")


def test_suppressed_shares_are_not_told(figures: pd.DataFrame) -> None:
    hidden = figures.copy()
    numbers = ["share", "ci_low", "ci_high", "difference", "difference_low", "difference_high"]
    rows = (hidden["area_level"] == "district") & (hidden["survey"] == "city_safety")
    hidden.loc[rows, numbers] = pd.NA
    said = sentences.leads(hidden, "unsafe_evening", AREA)["city_safety"]
    assert "för få för att visas" in said
    assert "40" not in said
    assert not any("40,0" in s for s in summary(hidden, AREA))


def test_alt_texts_hold_the_numbers_of_both_series(figures: pd.DataFrame) -> None:
    rows = figures[figures["question"] == "unsafe_evening"]
    alt = sentences.waves_alt(rows, AREA)
    for number in ("31", "35", "40", "20", "22", "23", "42", "41"):
        assert f"{number}\N{NO-BREAK SPACE}%" in alt
    assert "(2017)" in alt
    assert "Stockholmsenkäten" in alt
