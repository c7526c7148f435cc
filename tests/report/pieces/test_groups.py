"""Pieces that are made from the figures alone: they show what may be shown, and nothing else."""

from __future__ import annotations

import pytest

from survey_stats.report import Report, load
from survey_stats.report.charts import Chart
from survey_stats.report.pieces import frames, named
from survey_stats.report.plan import Row
from survey_stats.report.tables import Table

pytestmark = pytest.mark.slow
AREA = "Hässelby-Vällingby"


@pytest.fixture(scope="module")
def made() -> Report:
    return load(AREA, 2023)


def test_frames_hold_the_figures_and_hide_what_they_hide(made: Report) -> None:
    shares = frames.shares(made, "unsafe_evening", "city_safety", "neighbourhood")
    own = made.figures.query(
        "question == 'unsafe_evening' and survey == 'city_safety' and wave == 2023 "
        "and group == 'neighbourhood'"
    ).set_index("value")
    assert set(shares["neighbourhood"]) == set(own.index)
    told = shares.set_index("neighbourhood")["estimate"]
    assert (told.dropna() == own["share"].reindex(told.index).dropna()).all()
    changes = frames.changes(made, made.questions, "city_safety", "neighbourhood")
    hidden = changes["difference"].isna()
    assert changes.loc[hidden, ["before", "after", "ci_low", "ci_high"]].isna().all().all()
    shown = changes[~hidden]
    moved = shown["after"] - shown["before"] - shown["difference"]
    assert moved.abs().max() < 1e-9


@pytest.mark.parametrize(
    ("form", "question", "options"),
    [
        ("groups", "unsafe_evening", {"group": "age_group"}),
        ("slope", "unsafe_evening", {}),
        ("map", "unsafe_evening", {"values": "changes"}),
        ("heat_map", "", {}),
        ("disagreement", "unsafe_evening", {"table": True}),
        ("detail", "unsafe_evening", {}),
        ("tests", "unsafe_evening", {}),
    ],
)
def test_every_piece_has_its_words(
    made: Report, form: str, question: str, options: dict[str, object]
) -> None:
    piece = named(form)
    shown = list(piece.function(made, Row(form=(form,), question=question), **options))  # type: ignore[arg-type]
    assert shown
    for part in shown:
        if isinstance(part, Chart):
            assert part.caption.endswith((".", ")"))
            assert "SYNTETISKA" in part.alt
        if isinstance(part, Table):
            assert len(part.rows) > 3
            assert part.text().map(lambda text: text.strip() != "").all().all()


def test_a_disagreement_says_that_it_is_tested_by_itself(made: Report) -> None:
    told = made.show("disagreement", "unsafe_evening", surveys=["regional_safety"]).text
    assert "37,8" in told
    assert "33,3" in told
    assert "prövas här för sig" in told
    assert "fig-why-unsafe-evening-regional-safety" in told
