"""The assumptions log: nothing that the codebooks assume is lost, and bad entries are told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from survey_stats.errors import InputError
from survey_stats.harmonise import Codebook
from survey_stats.report.quality.log import STATUSES, assumptions, read_log, stated
from survey_stats.report.quality.tables import log_table, status
from survey_stats.report.schema import tidy
from survey_stats.report.waves import Wave

SURVEYS = ("city_safety", "regional_safety", "school_survey")


def wave(survey: str, year: int, n: int = 60) -> Wave:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "weight": rng.uniform(1, 3, n),
            "stratum": ["a", "b"] * (n // 2),
            "psu": [str(i) for i in range(n)],
            "municipality": "Stockholm",
            "district": "Farsta",
            "unsafe_evening": pd.array([True, False, pd.NA] * (n // 3), dtype="boolean"),
        }
    )
    return Wave(survey, year, frame, {}, f"{survey}_{year}_SYNTETISK.sav", "0" * 64, True)


def waves_of(survey: str) -> list[Wave]:
    return [wave(survey, year) for year in Codebook.load(survey).waves]


@pytest.fixture
def figures() -> pd.DataFrame:
    rows = [
        {
            "survey": survey,
            "wave": year,
            "area_level": "district",
            "area": "Farsta",
            "question": question,
            "coding": "city",
            "group": group,
            "value": "all",
            "share": 0.3,
        }
        for survey, year, question, group in (
            ("city_safety", 2023, "unsafe_evening", "all"),
            ("city_safety", 2023, "victim_any_crime", "all"),
            ("city_safety", 2023, "victim_any_crime", "disability"),
            ("regional_safety", 2023, "unsafe_evening", "all"),
        )
    ]
    return tidy(pd.DataFrame(rows))


@pytest.mark.parametrize("survey", SURVEYS)
def test_every_sentence_of_a_codebook_is_in_the_log(survey: str, figures) -> None:
    waves = waves_of(survey)
    sentences = {s for w in waves for _, s in stated(w)}
    assert len(sentences) >= 8
    told = assumptions(waves, figures)
    assert sentences == {s for a in told for s in a.rests_on} & sentences
    # and each was judged by a person, not only carried over
    carried = [s for a in told if a.id.startswith("codebook-") for s in a.rests_on]
    assert carried == [], "quote them in an entry of data/quality/assumptions.yaml"


def test_no_entry_quotes_a_sentence_that_is_gone() -> None:
    sentences = {s for survey in SURVEYS for w in waves_of(survey) for _, s in stated(w)}
    quoted = {s for entry in read_log() for s in entry.rests_on}
    assert quoted <= sentences, quoted - sentences


def test_a_new_sentence_comes_in_by_itself_in_amber(figures) -> None:
    book = Codebook.load("city_safety")
    more = book.model_copy(update={"assumptions": (*book.assumptions, "Odd interviewers.")})

    class Other(Wave):
        book = more  # type: ignore[assignment]

    base = wave("city_safety", 2023)
    own = Other(
        *(getattr(base, f) for f in ("survey", "year", "frame", "codings", "file")), "", True
    )
    told = [a for a in assumptions([own], figures) if "Odd interviewers." in a.rests_on]
    assert len(told) == 1
    assert told[0].status == "amber"
    assert told[0].what.en == "Odd interviewers."


def test_an_entry_concerns_only_its_own_survey(figures) -> None:
    told = {a.id for a in assumptions(waves_of("school_survey"), figures)}
    assert "school-census" in told
    assert not told & {"weights", "victim-city", "wording-region"}


def test_red_comes_first_and_counts_what_hangs_on_it(figures) -> None:
    waves = [wave("city_safety", 2023), wave("regional_safety", 2023)]
    told = assumptions(waves, figures)
    order = [STATUSES.index(a.status) for a in told]
    assert order == sorted(order)
    hanging = {a.id: a.figures for a in told}
    assert hanging["weights"] == 4
    assert hanging["victim-city"] == 2
    assert hanging["disability"] == 1


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_a_status_is_a_sign_and_a_word(lang) -> None:
    words = [status(s, lang) for s in STATUSES]
    assert len({w.split()[0] for w in words}) == 3
    assert len({w.split()[1] for w in words}) == 3
    table = log_table(assumptions([wave("city_safety", 2023)], tidy(_one()), ()), lang)
    assert {t.split()[1] for t in table.text()["label"]} <= {w.split()[1] for w in words}
    assert all(w in table.caption for w in words)


def _one() -> pd.DataFrame:
    keys = ("survey", "area_level", "area", "question", "coding", "group", "value")
    return pd.DataFrame([dict.fromkeys(keys, "x") | {"wave": 2023, "share": 0.5}])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id: a", "is no list"),
        ("- id: a\n  status: red", "lacks 'checked'"),
        ("- {id: a, status: blue, what: x, why: x, checked: x}", "status 'blue'"),
        ("- {id: a, status: red, what: x, why: x, checked: x}", "'what' needs sv: and en:"),
        (
            "- {id: a, status: red, what: {sv: x, en: y}, why: {sv: x, en: y}, "
            "checked: {sv: x, en: y}, colour: 1}",
            "unknown key 'colour'",
        ),
        ("- a", "is no set of keys"),
    ],
)
def test_a_bad_entry_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "log.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=told):
        read_log(path)


def test_an_id_is_used_once(tmp_path: Path) -> None:
    one = (
        "- {id: a, status: red, what: {sv: x, en: y}, why: {sv: x, en: y}, checked: {sv: x, en: y}}"
    )
    path = tmp_path / "log.yaml"
    path.write_text(f"{one}\n{one}\n", encoding="utf-8")
    with pytest.raises(InputError, match="'a' twice"):
        read_log(path)
