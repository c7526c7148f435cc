"""Broken deliveries of the demo, each held against the wave before it."""

from dataclasses import replace

import numpy as np
import pytest

from survey_stats.demo import file_name
from survey_stats.errors import CodebookError
from survey_stats.harmonise import Codebook, check
from survey_stats.read import VariableLabels, read

ROWS = 5000


def without_sizes(name):
    """The codebook without the numbers of answers, which a part of a delivery does not have."""
    book = Codebook.load(name)
    waves = {
        year: wave.model_copy(update={"facts": wave.facts.model_copy(update={"answers": None})})
        for year, wave in book.waves.items()
    }
    return book.model_copy(update={"waves": waves})


def part(delivery, seed):
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(len(delivery.frame), ROWS, replace=False))
    return replace(delivery, frame=delivery.frame.iloc[rows].reset_index(drop=True))


@pytest.fixture(scope="module")
def city_book():
    return without_sizes("city_safety")


@pytest.fixture(scope="module")
def before(demo_dir):
    return part(read(demo_dir / file_name("city_safety", 2020)), 1)


@pytest.fixture(scope="module")
def after(demo_dir):
    return part(read(demo_dir / file_name("city_safety", 2023)), 2)


@pytest.fixture
def spoil(after, before, city_book):
    """Check the delivery of 2023 after a change of its frame (and of its labels)."""

    def run(change=None, labels=None, **options):
        frame = after.frame.copy()
        if change is not None:
            change(frame)
        spoilt = replace(after, frame=frame, labels=labels or after.labels)
        return check(spoilt, city_book, previous=options.pop("previous", before), **options)

    return run


def told(checked, least="warning"):
    """(kind, name) of what is more than a note."""
    return [(p.kind, p.name) for p in checked if least != "warning" or p.severity != "note"]


def test_an_untouched_delivery_is_no_alarm(spoil):
    checked = spoil()
    assert told(checked) == []
    assert checked.previous == ((2020, file_name("city_safety", 2020)),)
    assert not any("no delivery of an earlier wave" in w.en for w in checked.not_checked)


def reverse(frame, variable, last):
    values = frame[variable]
    frame[variable] = values.where(values > last, last + 1 - values)


def test_a_reversed_scale(spoil):
    checked = spoil(lambda f: reverse(f, "Fr14", 5))
    assert told(checked) == [("reversed", "worry_crime_monthly")]
    assert "turned round" in checked[0].what
    assert "the opposite way" in checked[0].what
    rows = {w.en: (b, a) for w, b, a in checked[0].evidence.rows}
    assert rows["Never"][0] > 0.35 > 0.1 > rows["Never"][1]


def test_women_and_men_swapped_are_seen_in_what_they_answer(spoil):
    checked = spoil(lambda f: reverse(f, "Kon", 2))
    assert told(checked) == [("reversed", "gender")]
    assert "the correlation with avoids_places" in checked[0].what
    assert "motsatta" in checked[0].what_sv


def test_two_reversed_questions_blame_no_third(spoil):
    def change(frame):
        reverse(frame, "Kon", 2)
        reverse(frame, "Fr11", 6)

    assert sorted(told(spoil(change))) == [("reversed", "gender"), ("reversed", "unsafe_evening")]


def test_two_answers_that_are_as_common_swapped(spoil):
    def change(frame):
        frame["Fr11"] = frame["Fr11"].replace({1.0: 2.0, 2.0: 1.0})

    checked = spoil(change)
    assert told(checked) == [("swapped answers", "unsafe_evening")]
    assert "'Very safe' and 'Fairly safe'" in checked[0].what


def test_codes_moved_by_one(spoil):
    def change(frame):
        frame["Fr15c"] = frame["Fr15c"].replace({1.0: 2.0, 2.0: 3.0, 3.0: 4.0, 4.0: 1.0})

    checked = spoil(change)
    assert told(checked) == [("distribution", "worry_robbery")]
    assert "moved by one" in checked[0].hint


def test_a_question_with_a_wider_definition(spoil):
    def change(frame):
        none = np.flatnonzero(frame["Fr22g"] == 1)
        frame.loc[none[: len(none) // 2], "Fr22g"] = 3.0

    checked = spoil(change)
    assert told(checked) == [("distribution", "problem_moped_traffic")]
    assert checked[0].what.startswith("broke from 2020: 'Fairly large problem' 22% to ")
    rows = {w.en: round(a - b, 2) for w, b, a in checked[0].evidence.rows}
    assert rows["Fairly large problem"] > 0.15
    assert rows["No problem"] < -0.15


def test_swapped_columns_without_labels(spoil):
    def change(frame):
        frame[["Fr28a", "Fr28e"]] = frame[["Fr28e", "Fr28a"]].to_numpy()

    checked = spoil(change)
    assert sorted(told(checked)) == [
        ("distribution", "victim_burglary"),
        ("distribution", "victim_theft"),
    ]
    assert all("two columns may be swapped" in p.hint for p in checked if p.kind == "distribution")


def test_values_in_the_wrong_rows(spoil):
    def change(frame):
        frame["Fr19"] = np.roll(frame["Fr19"].to_numpy(), 1)

    assert told(spoil(change)) == [("association", "avoids_places")]


def test_a_jump_of_missing_answers(spoil):
    def change(frame):
        frame.loc[::7, "Fr15a"] = 999.0

    checked = spoil(change)
    assert told(checked) == [("non-response", "worry_burglary")]
    assert "'no answer'" in checked[0].what
    assert 0.8 * ROWS / 7 < checked[0].count < 1.2 * ROWS / 7


def test_a_jump_in_most_questions_is_told_once(spoil):
    def change(frame):
        questions = [c for c in frame if c.startswith("Fr")]
        frame.loc[::7, questions] = 999.0

    checked = spoil(change)
    assert told(checked) == [("non-response", "")]
    assert "15 of 19 questions" in checked[0].what


@pytest.mark.parametrize(("factor", "hint"), [(1000, "power of ten"), (0.001, "power of ten")])
def test_every_decimal_mark_of_the_weights_lost(spoil, factor, hint):
    def change(frame):
        frame["VIKT"] = frame["VIKT"] * factor

    checked = spoil(change)
    assert told(checked) == [("weight total", "")]
    assert hint in checked[0].hint
    assert ("1,0" in checked[0].what) == (factor > 1)


def test_weights_without_a_spread(spoil):
    def change(frame):
        frame["VIKT"] = frame["VIKT"].mean()

    checked = spoil(change)
    assert told(checked) == [("weight", "")]
    assert "all alike" in checked[0].what


def test_weights_with_another_spread(spoil):
    def change(frame):
        rng = np.random.default_rng(1)
        extra = np.exp(0.8 * rng.standard_normal(len(frame)))
        frame["VIKT"] = frame["VIKT"] * extra / extra.mean()

    checked = spoil(change)
    assert told(checked) == [("weight", "")]
    assert "design effect" in checked[0].what


def test_labels_that_changed(spoil, after):
    variables = dict(after.labels.variables)
    values = {v: dict(codes) for v, codes in after.labels.value_labels.items()}
    variables["Fr14"] = "Fr14. Hur ofta orolig för att utsättas för brott?"
    variables["Fr19"] = "Hur trivs du där du bor?"
    values["Fr15c"][2.0] = "Inte särskilt oroad"
    checked = spoil(labels=VariableLabels(variables, values))
    assert told(checked) == [("changed label", "avoids_places")]
    notes = [p for p in checked if p.severity == "note"]
    assert {p.name for p in notes} == {"", "worry_robbery"}
    # six victim questions say "Ja, en gång" for "Ja": one finding
    (common,) = (p for p in notes if p.name == "")
    assert "victim_theft" in common.where
    assert "victim_fraud" in common.where


def relabel(delivery, variable, labels):
    values = {**delivery.labels.value_labels, variable: labels}
    return VariableLabels(delivery.labels.variables, values)


def test_a_label_that_was_another_answers(spoil, before, after):
    old = relabel(before, "F21", {1.0: "Undviker en", 2.0: "Undviker fler", 3.0: "Nej"})
    new = relabel(after, "Fr19", {1.0: "Undviker fler", 2.0: "Undviker en", 3.0: "Nej"})
    checked = spoil(labels=new, previous=replace(before, labels=old))
    assert told(checked) == [("changed label", "avoids_places")] * 2
    assert "that was the label of 'Yes, several places'" in checked[0].hint
    same = relabel(after, "Fr19", {1.0: "undviker EN", 2.0: "Undviker  fler", 3.0: "Nej"})
    assert told(spoil(labels=same, previous=replace(before, labels=old))) == []


def test_a_delivery_that_lost_its_labels(make_delivery):
    old, new = (make_delivery("regional_safety", year, n=200) for year in (2020, 2021))
    assert told(check(new.delivery(), "regional_safety", previous=old.delivery()), "note") == [
        ("respondent", "")
    ]
    old.value_labels["Q5"] = {1.0: "Mycket trygg"}
    checked = check(new.delivery(), "regional_safety", previous=old.delivery())
    assert ("changed label", "note") in [(p.kind, p.severity) for p in checked]


def test_a_question_that_nobody_answered_is_told_once(spoil):
    def change(frame):
        frame["Fr19"] = 999.0

    assert told(spoil(change)) == [("no answers", "avoids_places")]


def test_the_ages_and_areas_in_common_are_compared(demo_dir, after, city_book):
    old = read(demo_dir / file_name("city_safety", 2017))
    checked = check(after, city_book, previous=old)
    assert told(checked) == []
    assert checked.within.en == "ages 16–79"
    assert any("place" not in w.en for w in checked.not_checked)


def test_several_earlier_waves(demo_dir):
    files = {y: demo_dir / file_name("regional_safety", y) for y in (2021, 2022, 2023)}
    checked = check(files[2023], "regional_safety", previous=[files[2022], files[2021]])
    assert told(checked) == []
    assert [year for year, _ in checked.previous] == [2022, 2021]
    # 2022 asked in two areas only, so 2021 is what 2023 is compared with
    assert checked.within.en == ""
    alone = check(files[2023], "regional_safety", previous=files[2022])
    assert alone.within.en == "Huddinge, Järva"
    assert told(alone) == []


def test_a_previous_delivery_of_another_survey(demo_dir, after, city_book):
    with pytest.raises(CodebookError, match="fits no wave"):
        check(after, city_book, previous=demo_dir / file_name("school_survey", 2022))


def test_a_faulty_item_is_not_compared(spoil):
    def change(frame):
        reverse(frame, "Fr14", 5)
        frame.loc[0, "Fr14"] = 7.0

    assert told(spoil(change)) == [("unknown code", "worry_crime_monthly")]


def test_a_renamed_column_without_a_label_is_found_by_its_answers(spoil, before, after):
    names = {"Fr11": "v1", "Fr15c": "v2", "Kon": "v3"}
    frame = after.frame.rename(columns=names)
    labels = VariableLabels(
        {v: t for v, t in after.labels.variables.items() if v not in names},
        {v: t for v, t in after.labels.value_labels.items() if v not in names},
    )
    spoilt = replace(after, frame=frame, labels=labels)
    checked = check(spoilt, without_sizes("city_safety"), previous=before)
    hints = {p.name: p.hint for p in checked if p.kind == "missing variable"}
    assert hints["unsafe_evening"].startswith("did you mean v1")
    assert hints["worry_robbery"].startswith("did you mean v2")
    assert set(hints) == {"unsafe_evening", "worry_robbery", "gender"}
    assert {p.severity for p in checked if p.name not in hints} <= {"note"}
