"""A result in a document keeps what it says of itself: caveats, override, coding, family."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.report import show, tabulate

QUESTION = "unsafe_evening"


def wave(name: str, year: int, n: int = 400) -> ss.Survey:
    rng = np.random.default_rng(year)
    frame = pd.DataFrame(
        {
            "district": np.repeat(["Farsta", "Bromma"], n // 2),
            "gender": np.tile(["women", "men"], n // 2),
            "weight": rng.uniform(0.5, 2, n),
            QUESTION: pd.array(rng.random(n) < 0.3, dtype="boolean"),
        }
    )
    frame[f"{QUESTION}__research"] = frame[QUESTION]
    frame[f"{QUESTION}__city"] = ~frame[QUESTION]
    return ss.Survey(frame, weights="weight", name=name, wave=year)


def test_a_change_carries_its_caveats_to_the_column_they_are_about() -> None:
    change = ss.change(
        wave("city_safety", 2017), wave("city_safety", 2023), f"{QUESTION}__city", by="district"
    )
    table = tabulate(change, "forandring")
    told = {c.name: c.footnotes for c in table.columns}
    assert told.pop("difference") == ("Olika åldrar: 16–79 år mot 16 år och äldre.",)
    assert not any(told.values())
    assert table.notes[0].startswith("Kodning: stadens nyckel (otrygg eller går inte ut).")
    assert "2 jämförelser görs samtidigt (Holms metod)" in table.notes[0]
    assert table.text()["label"].tolist() == ["Bromma", "Farsta"]
    assert table.rows["difference"].tolist() == change.difference.tolist()
    assert "](#tbl-forandring)" in show.table(table).text


def test_the_reason_for_an_override_is_printed_with_what_it_overrides() -> None:
    sides = wave("city_safety", 2023), wave("school_survey", 2022)
    change = ss.change(*sides, QUESTION, override="bara för att visa metoden")
    notes = tabulate(change, "x", codings={QUESTION: "city"}).all_notes()
    assert notes[0] == "¹ Inte jämförbart: Stockholmsenkäten 2022 frågar elever, den andra boende."
    assert "³ Jämförelsen görs ändå, med skälet: bara för att visa metoden." in notes
    english = tabulate(change, "x", lang="en")
    assert english.caption.startswith("Unsafe out alone late in the evening: difference between")
    assert any("Compared all the same, for the reason:" in n for n in english.all_notes())


def test_the_coding_is_named_or_said_not_to_be() -> None:
    survey = wave("city_safety", 2023)
    named = tabulate(survey.share(f"{QUESTION}__research"), "x")
    assert named.notes == ("Kodning: forskning (otrygg bland dem som går ut).",)
    plain = survey.share(QUESTION, by="gender")
    assert tabulate(plain, "x").notes == ("Kodning: framgår inte.",)
    assert tabulate(plain, "x", lang="en").notes == ("Coding: not stated.",)
    told = tabulate(plain, "x", codings={QUESTION: "health_portal"}).notes[0]
    assert told == "Kodning: regionens folkhälsoportal (otrygg eller går inte ut av oro)."
    with pytest.raises(UnknownNameError, match="coding 'x'"):
        tabulate(plain, "x", codings={QUESTION: "x"})
    assert not tabulate(wave("own survey", 2023).share(QUESTION), "x").notes


def test_small_groups_are_not_shown() -> None:
    survey = wave("city_safety", 2023, n=40)
    table = tabulate(survey.share(f"{QUESTION}__city", by=["district", "gender"]), "x")
    assert set(table.text()["share"]) == {".."}
    assert ".. = visas inte" in table.notes[0]
    assert [c.heading for c in table.columns][:2] == ["Stadsdelsområde", "Kön"]


def test_one_row_without_groups() -> None:
    table = tabulate(wave("city_safety", 2023).share(QUESTION), "x")
    assert table.text()["label"].tolist() == ["Totalt"]
    assert table.caption.startswith(
        "Otrygg ute ensam sent en kväll enligt stadens trygghetsmätning 2023: andel"
    )


def test_shares_of_a_model_say_so() -> None:
    survey = wave("city_safety", 2023)
    margins = survey.glm(f"{QUESTION} ~ gender + district").margins("gender")
    assert "Andelarna kommer ur en modell" in tabulate(margins, "x").notes[0]
    assert "come from a model" in tabulate(margins, "x", lang="en").notes[0]
    plain = tabulate(survey.share(QUESTION, by="gender"), "x")
    assert not any("modell" in note for note in plain.notes)


def test_only_shares_become_such_a_table() -> None:
    survey = wave("city_safety", 2023)
    with pytest.raises(InputError, match="not of a total"):
        tabulate(survey.total(QUESTION), "x")


def test_groups_are_higher_or_lower_and_have_not_changed() -> None:
    frame = wave("city_safety", 2023).frame
    more = frame["district"] == "Farsta"
    frame = frame.assign(yes=np.arange(len(frame)) % 7 < 2 + 3 * more)
    made = tabulate(ss.against(ss.Survey(frame), "yes", "district"), "x")
    assert sorted(made.rows["judged"]) == ["▲ säkerställt högre", "▼ säkerställt lägre"]
    assert "skillnad mellan övriga och varje stadsdelsområde" in made.caption
    assert [c.heading for c in made.columns][3] == "Skillnad"
    less = frame.copy(deep=True).assign(yes=frame["yes"] & (np.arange(len(frame)) % 2 == 0))
    waves = [ss.Survey(f, name="own", wave=y) for f, y in ((frame, 2020), (less, 2023))]
    made = tabulate(ss.change(*waves, "yes"), "x")
    assert made.rows["judged"].tolist() == ["▼ säkerställd minskning"]
    assert "förändring från own 2020 till own 2023" in made.caption


def test_a_notebook_is_told_that_data_are_made_up_and_a_document_is_not_told_twice() -> None:
    real, made_up = wave("city_safety", 2017), wave("city_safety", 2023)
    made_up.frame.attrs["synthetic"] = True
    both = tabulate(ss.change(real, made_up, f"{QUESTION}__city", by="district"), "x", lang="en")
    assert "SYNTHETIC DATA: " in both._repr_html_()
    assert "SYNTHETIC DATA" not in show.table(both).text
    assert "SYNTETISKA DATA: " in tabulate(made_up.share(QUESTION), "y")._repr_html_()
    assert "SYNTET" not in tabulate(real.share(QUESTION), "y")._repr_html_()
