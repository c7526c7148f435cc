"""The content of the one page: which figures, which sentences, and nothing that is hidden."""

from __future__ import annotations

import pandas as pd
import pytest

from survey_stats.report.onepage import choose, texts
from survey_stats.report.onepage.figure import beside, chart
from survey_stats.report.onepage.table import main_table
from survey_stats.report.schema import tidy

AREA = "Hässelby-Vällingby"
QUESTIONS = (
    "unsafe_evening",
    "unsafe_neighbourhood",
    "worry_crime_monthly",
    "worry_robbery",
    "worry_burglary",
    "victim_any_crime",
    "problem_drug_users",
)


def row(question: str, share: float | None, survey: str = "city_safety", **more: object) -> dict:
    wave = {"city_safety": 2023, "regional_safety": 2023, "school_survey": 2022}[survey]
    own: dict[str, object] = {
        "survey": survey,
        "wave": wave,
        "area_level": "district",
        "area": AREA,
        "question": question,
        "coding": "city",
        "group": "all",
        "value": "all",
        "share": share,
        "ci_low": None if share is None else share - 0.03,
        "ci_high": None if share is None else share + 0.03,
        "n": None if share is None else 900,
        "flag": "suppressed: base under 30" if share is None else "",
    }
    return own | more


def change(verdict: str, difference: float, half: float = 0.03, **more: object) -> dict:
    return {
        "previous_wave": 2020,
        "difference": difference,
        "difference_low": difference - half,
        "difference_high": difference + half,
        "p_value": 0.04,
        "p_adjusted": 0.2,
        "comparisons": 7,
        "smallest_detectable": 0.051,
        "verdict": verdict,
        **more,
    }


def city(question: str, share: float, survey: str = "city_safety") -> dict:
    return row(question, share, survey, area_level="city", area="Stockholm")


@pytest.fixture
def figures() -> pd.DataFrame:
    rest = {"rest_verdict": "higher", "rest_difference": 0.12}
    return tidy(
        pd.DataFrame(
            [
                row("unsafe_evening", 0.40, **change("cannot be decided", 0.02), **rest),
                row("worry_crime_monthly", 0.25, **change("unchanged", 0.001, 0.01)),
                row("worry_robbery", 0.22, **change("cannot be decided", 0.01)),
                row(
                    "worry_burglary",
                    0.18,
                    **change("cannot be decided", 0.01),
                    rest_verdict="lower",
                    rest_difference=-0.04,
                ),
                row("victim_any_crime", 0.199, **change("cannot be decided", -0.04, 0.035)),
                row(
                    "problem_drug_users",
                    0.12,
                    **change("significant increase", 0.071, p_adjusted=0.001),
                    **rest,
                ),
                row("unsafe_evening", None, "school_survey"),
                row(
                    "victim_any_crime",
                    0.297,
                    "regional_safety",
                    survey_verdict="higher",
                    survey_grade="comparable with caveat",
                ),
                city("unsafe_evening", 0.24),
                city("problem_drug_users", 0.05),
            ]
        )
    )


def test_main_figures_are_headlines_then_sure_changes_then_differences(figures) -> None:
    told = choose.main_rows(figures, QUESTIONS)
    # in the order of the plan; worry_robbery neither changed nor differs from the city
    assert list(told["question"]) == [
        "unsafe_evening",
        "worry_crime_monthly",
        "worry_burglary",
        "victim_any_crime",
        "problem_drug_users",
    ]
    assert set(told["survey"]) == {"city_safety"}
    assert list(choose.main_rows(figures, QUESTIONS, 4)["question"]) == [
        "unsafe_evening",
        "worry_crime_monthly",
        "victim_any_crime",
        "problem_drug_users",
    ]


def test_where_no_survey_has_three_shares_each_question_comes_from_the_first(figures) -> None:
    few = figures[figures["question"].isin(["unsafe_evening", "victim_any_crime"])]
    few = few[~((few["survey"] == "city_safety") & (few["question"] == "victim_any_crime"))]
    told = choose.main_rows(few, QUESTIONS).set_index("question")["survey"].to_dict()
    assert told == {"unsafe_evening": "city_safety", "victim_any_crime": "regional_safety"}


def test_the_strip_has_a_mark_for_every_question_and_survey(figures) -> None:
    marks = choose.strip(figures, QUESTIONS)
    assert list(marks.columns) == ["city_safety", "regional_safety", "school_survey"]
    assert marks.loc["unsafe_evening"].tolist() == ["open", "not asked", "hidden"]
    assert marks.loc["problem_drug_users"].tolist() == ["up", "not asked", "not asked"]
    assert marks.loc["worry_crime_monthly", "city_safety"] == "same"
    assert marks.loc["victim_any_crime", "regional_safety"] == "first"


@pytest.mark.parametrize("cell", ["up", "down", "same", "open", "not comparable", "hidden"])
def test_marks_differ_by_sign_and_not_by_colour_alone(cell: str) -> None:
    signs = [choose.sign(m) for m in ("up", "down", "same", "open", "not comparable", "hidden")]
    assert signs.count(choose.sign(cell)) == 1
    assert choose.told(cell, "sv") != choose.told(cell, "en")


def test_what_is_certain_says_change_level_and_rest(figures) -> None:
    said = texts.certain(figures)
    assert said[0].startswith("▲ Andelen som upplever problem med narkotikapåverkade ökade från")
    assert "4,9\xa0% (2020) till 12,0\xa0% (2023)" in said[0]
    assert any(s.startswith("Oförändrat") and "orolig för brott" in s for s in said)
    apart = next(s for s in said if s.startswith("Högre än i resten"))
    assert "40,0\xa0% mot 28,0\xa0%" in apart
    assert "Lägre än i resten av staden: andelen som är oroliga för inbrott" in apart


def test_nothing_certain_is_said_as_such(figures) -> None:
    quiet = figures.assign(
        verdict=["cannot be decided" if v else "" for v in figures["verdict"]], rest_verdict=""
    )
    said = texts.certain(quiet)
    assert said == [
        "Ingen andel har ändrats så mycket sedan förra mätningen att slumpen kan uteslutas "
        "(6 är prövade)."
    ]


def test_what_cannot_be_decided_counts_and_names_the_nearest(figures) -> None:
    said = texts.undecided(figures)
    assert said[0].startswith("Det går inte att säga om 4 av 6 prövade andelar har ändrats.")
    assert "omkring 5 procentenheter" in said[0]
    assert said[1].startswith("Närmast gränsen ligger andelen som har utsatts för något brott")
    assert "−7,5 till −0,5" in said[1]
    assert said[2] == "För få har svarat för att visa: otrygg ute ensam sent en kväll."
    assert not any("Närmast" in s for s in texts.undecided(figures, nearest=False))


def test_surveys_that_differ_are_told_with_both_levels(figures) -> None:
    said = texts.surveys_apart(figures)
    assert "19,9\xa0% i stadens trygghetsmätning, 29,7\xa0%" in said
    assert texts.surveys_apart(figures.assign(survey_verdict="")) == ""


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_the_table_has_the_figures_of_the_frame(figures, lang) -> None:
    made = main_table(figures, QUESTIONS, AREA, lang)
    assert made is not None
    text = made.text()
    decimal = "," if lang == "sv" else "."
    assert text["share"].tolist()[0] == f"40{decimal}0"
    assert text["city"].tolist()[0] == f"24{decimal}0"
    assert text["city"].tolist()[1] == "–"
    assert text["judged"].tolist()[-1].startswith("▲ ")


def test_a_hidden_share_is_nowhere(figures) -> None:
    secret = 0.8765
    hidden = figures.copy()
    own = (hidden["question"] == "unsafe_evening") & (hidden["survey"] == "city_safety")
    own &= hidden["area_level"] == "district"
    hidden.loc[own, "flag"] = "suppressed: base under 30"
    for column in ("share", "ci_low", "ci_high", "difference", "difference_low"):
        hidden.loc[own, column] = pd.NA
    # a number that must not be printed, where only a careless reader of the frame would look
    hidden.loc[own, "rest_difference"] = secret
    said = [*texts.certain(hidden), *texts.undecided(hidden), texts.surveys_apart(hidden)]
    made = main_table(hidden, QUESTIONS, AREA)
    drawn = chart(hidden, QUESTIONS, AREA)
    assert made is not None
    everything = " ".join([*said, made.html(), drawn.alt, drawn.caption])
    assert "87" not in everything.replace("#", "")
    assert "otrygg ute ensam sent en kväll" in said[-2] or any(
        "För få" in s and "otrygg ute ensam" in s for s in said
    )
    assert "Otrygg ute ensam sent en kväll: visas inte" in drawn.alt


def test_the_figure_draws_every_question_once(figures) -> None:
    rows = beside(figures, QUESTIONS)
    assert list(rows["question"]) == [q for q in QUESTIONS if q != "unsafe_neighbourhood"]
    assert rows.set_index("question").loc["unsafe_evening", "city"] == pytest.approx(0.24)
    drawn = chart(figures, QUESTIONS, AREA)
    axes = drawn.figure.axes
    first = axes[0].get_yticklabels()[0].get_text()
    assert first == "Otrygg ute ensam sent en kväll"
    signs = [t.get_text() for t in axes[1].texts]
    assert signs.count("▲") == 1
    assert len(signs) == 6 * 3


def test_a_document_about_the_city_compares_it_with_nothing(figures) -> None:
    own = figures[figures["area_level"] == "city"].assign(**change("unchanged", 0.0))
    own = tidy(pd.DataFrame(own))
    made = main_table(own, QUESTIONS, "Stockholm")
    assert made is not None
    assert "city" not in [c.name for c in made.columns]
    assert "hela staden" not in chart(own, QUESTIONS, "Stockholm").caption


def test_nothing_to_show_gives_no_table(figures) -> None:
    empty = figures.assign(share=pd.NA)
    assert main_table(tidy(empty), QUESTIONS, AREA) is None
    assert texts.certain(tidy(empty))[0].startswith("För få har svarat")


def test_where_nothing_was_tested_nothing_is_called_decided(figures) -> None:
    first = tidy(figures.assign(previous_wave=pd.NA, difference=pd.NA, verdict=""))
    assert texts.undecided(first)[0] == "Ingen förändring har kunnat prövas."
    made = main_table(first, QUESTIONS, AREA)
    assert made is not None
    assert [c.name for c in made.columns] == ["label", "share", "ci", "city"]
    assert "Förändringen" not in made.caption
    sure = tidy(
        figures.assign(verdict=figures["verdict"].replace("cannot be decided", "unchanged"))
    )
    assert texts.undecided(sure)[0].startswith("Alla förändringar som har prövats gick att")


def test_what_is_unchanged_names_its_survey_where_there_are_several(figures) -> None:
    both = tidy(
        pd.concat(
            [
                figures,
                pd.DataFrame(
                    [
                        row(
                            "worry_crime_monthly",
                            0.3,
                            "regional_safety",
                            **change("significant decrease", -0.06),
                        )
                    ]
                ),
            ]
        )
    )
    said = next(s for s in texts.certain(both) if s.startswith("Oförändrat"))
    assert said.endswith("orolig för brott minst någon gång i månaden (staden).")


def test_what_is_left_out_is_said() -> None:
    assert texts.left_out(1, False, "en").startswith("To fit on one page 1 main figure was left")
    assert texts.left_out(0, False) == ""
    assert texts.left_out(1, True).startswith(
        "För att allt ska rymmas på en sida är 1 huvudtal och några meningar utelämnade"
    )
    assert "2 main figures" in texts.left_out(2, False, "en")


def test_an_area_of_few_answers_is_not_called_new(figures) -> None:
    hidden = figures.assign(share=float("nan"), difference=float("nan"), verdict="")
    assert texts.certain(hidden)[0] == "För få har svarat för att något tal ska kunna visas."
    assert not any("tidigare mätning" in said for said in texts.certain(hidden))
