"""Caterpillars and ranks: only what may be published, and from where."""

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.explain.small_areas import small_areas
from survey_stats.report.charts import caterpillar_chart, rank_chart
from tests.report.charts.looking import every_word, faults, letters

NAMES = [f"Område {c}" for c in "abcdefghijklmnop"]
BASES = [9, 20, 35, 60, 80, 120, 150, 200, 300, 400, 90, 70, 45, 33, 260, 500]


@pytest.fixture(scope="module")
def model():
    rows = [
        (a, i < n * (j % 7 + 1) // 10)
        for j, (a, n) in enumerate(zip(NAMES, BASES, strict=True))
        for i in range(n)
    ]
    frame = pd.DataFrame(rows, columns=["neighbourhood", "unsafe_evening"])
    frame.attrs["synthetic"] = True
    est = ss.Survey(frame, name="city_safety", wave=2023).share(
        "unsafe_evening", by="neighbourhood"
    )
    extra = pd.DataFrame({"x": np.cos(np.arange(17.0))}, index=[*NAMES, "Tomt"])
    return small_areas(est, extra)


def test_what_is_published_is_drawn_with_its_source(model):
    published = model.publish()
    made = caterpillar_chart(published, "areas")
    told = letters(made)
    key = [t.get_text() for t in made.figure.axes[0].get_legend().get_texts()]
    for source in set(published.source):
        count = published.source.count(source)
        word = {
            "direct": "egna svar",
            "model": "modellbaserad skattning",
            "none": "redovisas inte",
        }[source]
        assert f"{word} ({count})" in key
    assert "SYNTETISKA DATA" in told
    order = [t.get_text() for t in made.figure.axes[0].get_yticklabels()]
    shares = dict(zip(published.areas, published.estimate, strict=True))
    values = [shares[name] for name in order]
    known = [v for v in values if np.isfinite(v)]
    assert known == sorted(known, reverse=True)
    assert all(np.isnan(v) for v in values[len(known) :])
    assert faults(made.figure) == []


def test_a_model_is_published_by_its_rule_first(model):
    made, same = caterpillar_chart(model, "a"), caterpillar_chart(model.publish(), "a")
    assert made.svg() == same.svg()
    hidden = [a for a, s in zip(model.areas, model.publish().source, strict=True) if s != "direct"]
    assert hidden
    assert "direct" not in made.data.columns
    assert "gamma" not in every_word(made)


def test_areas_without_a_number_are_hatched_and_told_why(model):
    from dataclasses import replace

    from survey_stats.explain.small_areas import PUBLISH

    strict = model.publish(rule=replace(PUBLISH, highest_cv=0.17, reliable_cv=0.1))
    made = caterpillar_chart(strict, "a", "en")
    absent = [a for a, s in zip(strict.areas, strict.source, strict=True) if s == "none"]
    assert absent
    hatched = [p for p in made.figure.axes[0].patches if p.get_hatch()]
    assert len(hatched) == len(absent)
    for name in absent:
        assert f"{name} not published" in made.alt
        assert name in " ".join(made.notes)


def test_some_areas(model):
    made = caterpillar_chart(model, "a", choose=NAMES[3:6])
    assert len(made.data) == 3
    with pytest.raises(UnknownNameError, match="Område a"):
        caterpillar_chart(model, "a", choose=["Omrade a"])
    for wrong in ("Område a", []):
        with pytest.raises(InputError):
            caterpillar_chart(model, "a", choose=wrong)
    with pytest.raises(InputError, match="Publication"):
        caterpillar_chart(model.estimates, "a")


def test_ranks_show_places_and_no_share(model):
    ranks = model.ranks()
    made = rank_chart(ranks, "r")
    frame = ranks.to_frame()
    segments = made.figure.axes[0].collections[0].get_segments()
    np.testing.assert_allclose([s[:, 0] for s in segments], frame[["rank_low", "rank_high"]])
    assert "estimate" not in made.data.columns
    assert "%" not in " ".join(letters(made))
    assert made.notes == (ranks.sentence("sv"),)
    assert faults(made.figure) == []
