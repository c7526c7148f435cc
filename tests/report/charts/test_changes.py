"""Slopes, verdicts and waterfalls in a document: the figures of other rooms without their words."""

import re

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats import protect
from survey_stats.errors import InputError
from survey_stats.report.charts import slope_chart, verdict_chart, waterfall_chart
from tests.report.charts.looking import every_word, faults, letters, sizes
from tests.report.charts.made import DISTRICTS, QUESTIONS, long_names, survey


@pytest.fixture(scope="module")
def sides():
    return survey(2020), survey(2023, rise=0.2)


def test_slopes_show_what_may_be_shown(sides):
    found = ss.change(*sides, "unsafe_evening", by="district")
    made = slope_chart(found, "slopes")
    raw = found.to_frame().set_index("district")
    assert raw.loc["Bromma", "before"] == pytest.approx(7 / 9)
    assert not re.search(r"(?<![\d.])(7[78]|0[.,]7[78])", every_word(made))
    told = "\n".join(letters(made))
    assert "Hägersten-Älvsjö" in told
    assert "Bromma" not in told
    assert "Bromma" in " ".join(made.notes)
    assert "2020" in told
    assert made.caption.startswith("Otrygg ute ensam sent en kväll. Stadens trygghetsmätning")
    # each point has its own interval, from the two sides
    assert any("lodräta strecken" in n for n in made.notes)


def test_a_protected_frame_is_drawn_as_it_is(sides):
    frame = protect.apply(ss.change(*sides, "unsafe_evening", by="district").to_frame())
    one, two = slope_chart(frame, "s"), slope_chart(frame, "s")
    assert one.svg() == two.svg()
    pd.testing.assert_frame_equal(one.data, frame)


@pytest.mark.parametrize("count", [2, 40])
def test_few_and_many_slopes_are_all_named(count):
    areas = long_names(count)
    pair = (survey(w, areas, 120, small=120) for w in (2020, 2023))
    made = slope_chart(ss.change(*pair, "unsafe_evening", by="district"), "s", "en")
    named = [t for t in letters(made) if "nummer" in t]
    assert len(named) == count
    assert faults(made.figure) == []
    assert sizes(made.figure)[1] <= 9.7


def test_verdicts_have_signs_and_hidden_cells_a_reason(sides):
    found = ss.change(*sides, list(QUESTIONS), by="district")
    made = verdict_chart(found, "verdicts")
    told = letters(made)
    assert sum(t.startswith("▲ +") for t in told) == 2
    assert any(n.startswith("Utan test: a ") for n in made.notes)
    assert told.count("a") == 2
    assert faults(made.figure) == []
    assert "Säkerställd ökning (2 av 22)" in made.alt
    for name in DISTRICTS:
        assert name in made.alt
    # no title in the picture: it is the caption's
    assert made.caption not in told
    assert "Förändring 2020–2023" not in told


def test_many_areas_by_question_fit_a_page():
    areas = long_names(40)
    pair = (survey(w, areas, 120, small=120) for w in (2020, 2023))
    made = verdict_chart(ss.change(*pair, list(QUESTIONS), by="district"), "v", lang="en")
    assert faults(made.figure) == []
    assert sizes(made.figure)[0] == pytest.approx(6.7)
    assert sizes(made.figure)[1] <= 9.7


def test_what_is_no_change_is_refused(sides):
    with pytest.raises(InputError, match="Changes"):
        slope_chart(pd.DataFrame({"a": [1]}), "s")
    with pytest.raises(InputError, match="Changes"):
        verdict_chart(None, "s")
    with pytest.raises(InputError, match="two key columns"):
        verdict_chart(ss.change(*sides, "unsafe_evening"), "s")


def decomposed(n):
    rng = np.random.default_rng(1)

    def one(shift, name):
        age = rng.choice(["16-29", "30-64"], n, p=[0.5 - shift, 0.5 + shift])
        frame = pd.DataFrame({"age_group": age})
        frame["yes"] = rng.random(n) < 0.2 + shift + 0.3 * (age == "16-29")
        frame.attrs["synthetic"] = True
        return ss.Survey(frame, name=name)

    return ss.decompose(one(0.0, "one"), one(0.1, "two"), "yes", ["age_group"])


def test_a_waterfall_with_its_words_outside():
    parts = decomposed(800)
    made = waterfall_chart(parts, "why", "en")
    assert made.caption.startswith("Why do the surveys differ?")
    assert made.alt == parts.alt_text("en")
    told = letters(made)
    assert "SYNTHETIC DATA" in told
    assert not any(t.startswith("Why do") for t in told)
    assert any("parts sum to the difference" in n for n in made.notes)
    assert faults(made.figure) == []
    assert made.svg() == waterfall_chart(parts, "why", "en").svg()


def test_a_waterfall_of_few_answers_is_refused():
    parts = decomposed(60)
    with pytest.raises(InputError, match="rests on 60 answers, fewer than the 100"):
        waterfall_chart(parts, "why", rule=protect.Rule("own", minimum_base=100, certain_base=200))
