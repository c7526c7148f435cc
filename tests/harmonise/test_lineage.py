"""Every value of a harmonised frame can be told again from what its trace says."""

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import UnknownNameError
from survey_stats.harmonise.codes import code_key, plain
from survey_stats.harmonise.geography import Geography


def spoilt(small):
    """A delivery with blanks and user-missing codes in every question."""
    rng = np.random.default_rng(5)
    for name in small.book.columns(small.wave):
        question = small.book.questions[name]
        for item in question.derived.any_of if question.derived else [name]:
            variable = small.variable(item)
            code = float(next(iter(small.book.waves[small.wave].missing)))
            small.frame.loc[rng.random(len(small.frame)) < 0.1, variable] = code
            small.frame.loc[rng.random(len(small.frame)) < 0.1, variable] = np.nan
    return small


def told_again(book, wave, trace):
    """The harmonised value, worked out from the parts of a trace alone."""
    column, _, coding = trace.column.partition("__")
    if column in ("survey", "wave"):
        return trace.value
    if column in ("respondent", "weight", "stratum", "psu"):
        part = trace.parts[0]
        if not part.variable:
            return {"weight": 1, "stratum": "all"}[column]
        return float(part.code) if column == "weight" else str(part.code)
    answers = [part.answer for part in trace.parts]
    if column in ("district", "district_own_year", "school_district"):
        to = wave if column == "district_own_year" else Geography.load().cut
        walk = Geography.load().crosswalk(book.waves[wave].districts_as_of, to)
        return None if answers[0] is None else walk[answers[0]]
    if column not in book.questions:
        return answers[0] if answers else None
    question = book.questions[column]
    if question.derived is not None:
        if "yes" in answers:
            return True
        enough = all(answers) if question.derived.rule == "all_answered" else any(answers)
        return False if enough else None
    used = question.codings[coding or question.coding]
    yes_no = {**dict.fromkeys(used.positive, True), **dict.fromkeys(used.negative, False)}
    return yes_no.get(answers[0])


@pytest.mark.parametrize(
    ("survey", "wave"),
    [("city_safety", 2017), ("city_safety", 2023), ("regional_safety", 2021),
     ("school_survey", 2018), ("school_survey", 2024)],
)  # fmt: skip
def test_every_value_is_told_again_from_its_trace(make_delivery, survey, wave):
    small = spoilt(make_delivery(survey, wave, n=40))
    h = ss.harmonise(small.delivery(), survey)
    seen = 0
    for column in h.frame:
        for row in range(0, 40, 3):
            trace = h.trace(h.frame["respondent"][row], column)
            assert trace.row == row + 1
            assert (trace.file, trace.sha256) == (h.manifest.file, h.manifest.sha256)
            value = h.frame[column][row]
            value = None if pd.isna(value) else plain(value)
            assert trace.value == value
            assert told_again(small.book, wave, trace) == value
            # a missing value has a reason, and only a missing one
            if column in h.lineage.columns:
                assert (trace.reason is None) == (value is not None)
            for part in trace.parts:
                if part.variable:
                    raw = small.frame[part.variable][row]
                    assert code_key(part.code) == code_key(raw)
                seen += 1
    assert seen > 200


def test_a_derived_question_names_all_its_parts(city):
    h = ss.harmonise(city.delivery(), "city_safety")
    trace = h.trace(1, "victim_any_crime")
    parts = city.book.questions["victim_any_crime"].derived.any_of
    assert [p.question for p in trace.parts] == list(parts)
    assert [p.variable for p in trace.parts] == [city.variable(p) for p in parts]
    assert "rule any_answered" in trace.how
    frame = trace.to_frame()
    assert len(frame) == len(parts)
    assert set(frame["file"]) == {"delivery.sav"}


def test_a_trace_in_print(city):
    city.frame.loc[4, city.variable("unsafe_evening")] = 3.0
    city.labels[city.variable("unsafe_evening")] = "Trygg sent?"
    city.value_labels[city.variable("unsafe_evening")] = {3.0: "Ganska otrygg"}
    trace = ss.harmonise(city.delivery(), "city_safety").trace("5", "unsafe_evening__research")
    assert trace.parts[0].variable_label == "Trygg sent?"
    assert str(trace).splitlines() == [
        "unsafe_evening__research of respondent 5 in city_safety 2020: True",
        f"  delivery.sav, row 5, sha256 {'0' * 64}",
        "  unsafe_evening: F14 = 3 'Ganska otrygg' -> fairly_unsafe",
        "  coding research: yes is fairly_unsafe, very_unsafe",
    ]


def test_the_reason_of_a_blank_district_is_that_of_its_row(region):
    variable = region.variable("district")
    region.frame[variable] = region.frame[variable].astype(object)
    region.frame.loc[:1, variable] = None
    region.frame.loc[0, region.variable("municipality")] = "Huddinge"
    region.frame.loc[0, region.variable("neighbourhood")] = None
    h = ss.harmonise(region.delivery(), "regional_safety")
    assert h.trace(1, "district").reason == "outside_the_city"
    assert h.trace(2, "district").reason == "blank"
    told = h.provenance[(h.provenance["question"] == "district") & (h.provenance["code"] == "")]
    assert dict(zip(told["reason"], told["n"], strict=True)) == {"outside_the_city": 1, "blank": 1}


def test_provenance_adds_up_to_the_respondents(city):
    h = ss.harmonise(spoilt(city).delivery(), "city_safety")
    assert (h.provenance.groupby("question")["n"].sum() == len(h.frame)).all()


def test_names_that_are_not_there(city):
    h = ss.harmonise(city.delivery(), "city_safety")
    with pytest.raises(UnknownNameError, match="did you mean 'unsafe_evening'"):
        h.trace(1, "unsafe_evenin")
    with pytest.raises(UnknownNameError, match="respondent '99' in city_safety 2020"):
        h.trace(99, "gender")
