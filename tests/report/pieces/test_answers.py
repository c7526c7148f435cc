"""All answers, small areas and counts by year as pieces of a document."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats import report
from survey_stats.report.charts import Chart
from survey_stats.report.crime import crime_series
from survey_stats.report.document import Report
from survey_stats.report.pieces import named
from survey_stats.report.plan import Row
from survey_stats.report.waves import demo_folder
from survey_stats.resources import data_path

pytestmark = pytest.mark.slow
AREA = "Hässelby-Vällingby"
PLAN = """\
name: answers
title: {sv: Svar, en: Answers}
sections:
  - heading: {sv: Kväll, en: Evening}
    content:
      - {question: unsafe_evening, surveys: city_safety, form: [distribution, small_areas]}
      - {question: victim_any_crime, surveys: city_safety, groups: [], form: distribution}
      - form: count_series
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Report:
    path = tmp_path_factory.mktemp("plan") / "answers.yaml"
    path.write_text(PLAN, encoding="utf-8")
    return report.load(AREA, 2023, plan=path)


def pieces(made: Report, name: str, question: str = "", **row: tuple[str, ...]) -> list[object]:
    asked = Row(form=(name,), question=question, surveys=("city_safety",), **row)
    return list(named(name).function(made, asked))


def test_all_answers_of_the_area_and_the_city(made: Report) -> None:
    (chart,) = pieces(made, "distribution", "unsafe_evening")
    assert isinstance(chart, Chart)
    assert chart.alt.startswith("SYNTETISKA DATA")
    wave = ss.harmonise(demo_folder() / "SDO_trygghet_2023_SYNTETISK.sav", "city_safety")
    asked = ss.with_answers(wave, "unsafe_evening")
    own = asked.share("answer_unsafe_evening", where=f"district == '{AREA}'").to_frame()
    data = chart.data
    assert data is not None
    drawn = data[data["compared_area"] == AREA]
    np.testing.assert_allclose(drawn["share"], own["estimate"])
    assert drawn["level"].tolist() == [
        "Mycket trygg", "Ganska trygg", "Ganska otrygg", "Mycket otrygg"
    ]  # fmt: skip
    assert (drawn["n"] == own["n"]).all()
    assert data["compared_area"].unique().tolist() == [AREA, "Hela staden"]
    assert any("Går ej ut på kvällen" in note for note in chart.notes)
    (alone,) = pieces(made, "distribution", "unsafe_evening", compare=("before",))
    assert isinstance(alone, Chart)
    assert alone.data is not None
    assert set(alone.data["compared_area"]) == {AREA}


def test_a_question_without_an_order_says_so(made: Report) -> None:
    (told,) = pieces(made, "distribution", "victim_any_crime")
    assert "bara som ja eller nej" in str(told)


def test_small_areas_show_no_share_that_the_document_hides(made: Report) -> None:
    # pieces are listed in the order in which their modules are read, so not before the others
    from survey_stats.report.pieces.small_areas import _published, _shown

    _, chart = pieces(made, "small_areas", "unsafe_evening")
    assert isinstance(chart, Chart)
    assert "Vällingby" in chart.alt
    assert "Rinkeby" not in chart.alt
    wave = made.latest_wave("unsafe_evening", "city_safety")
    found = _published(made, wave, "unsafe_evening", "neighbourhood")
    assert found is not None
    own = [a for a, s in zip(found.areas, found.source, strict=True) if s == "direct"]
    before = _shown(made, found, wave, "unsafe_evening", "neighbourhood")
    victim = next(a for a in before if a in own)
    figures = made.figures.copy()
    rows = (figures["value"] == victim) & (figures["question"] == "unsafe_evening")
    figures.loc[rows, "share"] = np.nan
    hiding = replace(made, figures=figures)
    after = _shown(hiding, found, wave, "unsafe_evening", "neighbourhood")
    assert set(before) - set(after) == {victim}


def test_counts_year_by_year_are_the_printed_ones(made: Report) -> None:
    charts = pieces(made, "count_series")
    assert charts
    (series,) = crime_series(AREA, 2023)
    printed = pd.read_csv(data_path("published", "reported_crime_hasselby_vallingby_2018_2022.csv"))
    printed = printed[~printed["is_total"].astype(bool)].set_index("category")
    assert series.periods == ("2018", "2019", "2020", "2021", "2022")
    for row in series.rows.to_dict("records"):
        assert row["2018"] == printed.loc[row["label"], "n_2018"]
        assert row["2022"] == printed.loc[row["label"], "n_2022"]
    assert crime_series(AREA, 2020)[0].periods == ("2018", "2019", "2020")
    assert crime_series(AREA, 2018) == []
    assert crime_series("Nowhere", 2023, folder=Path(data_path("published"))) == []


def test_no_counts_are_told(made: Report) -> None:
    elsewhere = replace(made, parameters=replace(made.parameters, area="Skarpnäck"))
    (told,) = pieces(elsewhere, "count_series")
    assert "Skarpnäck" in str(told)


def test_a_rule_that_rounds_leaves_no_exact_share_in_a_piece(made: Report) -> None:
    from survey_stats.report.pieces.small_areas import _published

    rounding = replace(made, parameters=replace(made.parameters, profile="rounded"))
    (chart,) = pieces(rounding, "distribution", "unsafe_evening", compare=("before",))
    assert isinstance(chart, Chart)
    assert chart.data is not None
    wave = made.latest_wave("unsafe_evening", "city_safety")
    found = _published(rounding, wave, "unsafe_evening", "neighbourhood")
    assert found is not None
    numbers = (found.estimate, found.ci_low, found.ci_high, chart.data["share"].to_numpy(float))
    for values in numbers:
        known = values[np.isfinite(values)]
        assert known.size
        np.testing.assert_allclose(100 * known, np.round(100 * known), atol=1e-6)
    for bases in (found.n, chart.data["n"].array):
        assert all(int(n) % 5 == 0 for n in bases if not pd.isna(n))
    (told,) = pieces(rounding, "disagreement", "unsafe_evening")
    assert "visas inte när andelar avrundas" in str(told)
