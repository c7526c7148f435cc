"""All answers of a question are protected with everything else that documents print."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from survey_stats import protect
from survey_stats.report.answers import PREFIX, steps
from survey_stats.report.plan import CITY, DISTRICTS, Item
from survey_stats.report.published import answers_shown, judged
from survey_stats.report.waves import Wave, demo_folder, load_waves
from tests.report.test_figures import AREA, wave

QUESTION = "unsafe_evening"
PLAN = (Item(QUESTION, ("city_safety",), (), answers=True),)
STEPS = ["very_safe", "fairly_safe", "fairly_unsafe", "very_unsafe"]
RULE = protect.Rule("kinds", minimum_answers=5)


@pytest.fixture(scope="module")
def waves() -> list[Wave]:
    """Of Farsta's unsafe two are very unsafe; everywhere else there are many of each."""
    made = wave(2023)
    frame = made.frame.copy()
    unsafe = frame[QUESTION].fillna(False).to_numpy(bool)
    code = np.where(unsafe, 2, 0) + np.arange(len(frame)) % 2
    own = np.flatnonzero(unsafe & frame["district"].eq(AREA).to_numpy(bool))
    code[own[2:]] = 2
    code[own[:2]] = 3
    answer = pd.Categorical.from_codes(code, categories=STEPS)
    frame[f"{PREFIX}{QUESTION}"] = answer
    return [Wave(made.survey, 2023, frame, made.codings, made.file, made.sha256, True)]


def by_place(told: pd.DataFrame) -> pd.Series:
    rows = told[told["question"] == f"{PREFIX}{QUESTION}"]
    hidden = rows.groupby("district")["hidden"]
    # all or none
    assert (hidden.all() == hidden.any()).all()
    return hidden.all()


def test_few_of_a_kind_hide_the_place_and_another_for_its_sake(waves: list[Wave]) -> None:
    told = judged(waves, PLAN, RULE)
    hidden = by_place(told)
    assert hidden[AREA]
    assert hidden.drop(AREA).any(), "the city less ten districts would tell the eleventh"
    plain = told[told["level"].eq("") & told["district"].eq(AREA) & told["coding"].eq("city")]
    assert not plain["hidden"].any(), "enough said yes"
    assert not by_place(judged(waves, PLAN, protect.DEFAULT)).any()
    alone = (Item(QUESTION, ("city_safety",), ()),)
    assert set(judged(waves, alone, RULE)["level"]) == {""}


def test_a_hidden_place_has_no_number_left(waves: list[Wave]) -> None:
    survey = waves[0].design()
    parts = []
    for place in (AREA, "Bromma"):
        made = survey.share(f"{PREFIX}{QUESTION}", where=f"district == '{place}'").to_frame()
        parts.append(made.assign(district=place))
    frame = pd.concat(parts, ignore_index=True)
    made = answers_shown(frame, judged(waves, PLAN, RULE), waves[0], QUESTION, RULE)
    own = made[made["district"] == AREA]
    numbers = ["estimate", "se", "ci_low", "ci_high", "df", "n", "n_effective", "deff"]
    assert own[numbers].isna().all().all()
    assert set(own["flag"]) == {RULE.few_answers}
    shown = answers_shown(frame, judged(waves, PLAN, protect.DEFAULT), waves[0], QUESTION, RULE)
    assert shown["estimate"].notna().all()
    nobody = judged(waves, PLAN, RULE).iloc[:0]
    assert answers_shown(frame, nobody, waves[0], QUESTION, RULE)["estimate"].isna().all()


def test_what_bases_and_kinds_leave_is_too_little_to_count(waves: list[Wave]) -> None:
    """An attacker with all that is printed: districts and city, yes and no, and all answers."""
    told = judged(waves, PLAN, RULE)
    hidden = by_place(told)
    frame = waves[0].frame
    counts = pd.crosstab(frame["district"], frame[f"{PREFIX}{QUESTION}"])
    for level in STEPS:
        # the city tells what the hidden districts have together
        unknown = counts.loc[[d for d in DISTRICTS if hidden[d]], level]
        assert hidden[""] or len(unknown) != 1
        if not hidden[""] and AREA in unknown.index:
            assert unknown.drop(AREA).sum() >= RULE.answer_protection


@pytest.mark.slow
def test_a_wave_has_all_answers_of_graded_questions() -> None:
    made = next(w for w in load_waves(demo_folder(), 2023) if w.survey == "city_safety")
    assert steps(made, QUESTION) == STEPS
    assert steps(made, "victim_any_crime") == []
    given = made.frame[f"{PREFIX}{QUESTION}"]
    assert {str(c) for c in given.cat.categories} > set(STEPS)
    # who answered is who is in the base of the coding in use
    assert (given.notna() == made.frame[QUESTION].notna()).all()
    assert CITY not in set(made.frame["district"])
