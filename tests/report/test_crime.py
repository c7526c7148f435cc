"""Reported crime: the published tables in their three shapes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from survey_stats.errors import InputError
from survey_stats.report import charts, notes
from survey_stats.report.crime import reported_crime
from survey_stats.report.pieces.crime import crime_table


def test_totals_are_sums_of_the_rows_and_not_the_printed_ones() -> None:
    (table,) = reported_crime("Hässelby-Vällingby", 2023)
    totals = table.rows[table.rows["is_total"]].set_index("section")
    assert (table.before, table.after) == ("2021", "2022")
    assert totals.loc["Brott mot hushåll", ["before", "after"]].tolist() == [818, 395]
    assert totals.loc["Brott mot person", ["before", "after"]].tolist() == [1345, 1658]


def test_the_verdicts_a_reader_expects() -> None:
    (table,) = reported_crime("Hässelby-Vällingby", 2023)
    verdicts = table.rows.set_index("label")["verdict"]
    assert verdicts["Cykelstöld"] == "significant decrease"
    assert verdicts["Bedrägeri (urval)"] == "significant increase"
    assert verdicts["Sexuellt ofredande"] == "cannot be decided"
    assert verdicts["Mord/dråp"] == "cannot be decided"


def test_later_years_are_not_used() -> None:
    (table,) = reported_crime("Hässelby-Vällingby", 2020)
    assert (table.before, table.after) == ("2019", "2020")
    assert reported_crime("Hässelby-Vällingby", 2018) == []


def test_rates_and_periods() -> None:
    rates, periods = reported_crime("Hägersten-Älvsjö", 2024)
    assert rates.per_inhabitant
    assert not periods.per_inhabitant
    sexual = rates.rows.set_index("label").loc["6 kap. Sexualbrott"]
    assert sexual["percent_change"] == pytest.approx(100 * (253 / 172 - 1), abs=1)
    assert periods.after == "sep 2023–aug 2024"
    assert set(periods.rows["period_before"]) == {"sep 2022–aug 2023"}
    fraud = periods.rows.set_index("label").loc["Bedrägeribrott mot äldre/funktionsnedsatta"]
    assert fraud[["before", "after"]].tolist() == [387, 329]
    _, earlier = reported_crime("Hägersten-Älvsjö", 2023)
    assert earlier.rows[["label", "before", "after"]].to_numpy().tolist() == [[fraud.name, 66, 387]]


def test_the_part_of_the_year_and_the_types_are_in_the_readers_words() -> None:
    (table,) = reported_crime("Hässelby-Vällingby", 2023)
    assert table.season == "januari–september"
    assert set(table.rows["season"]) == {"januari–september"}
    for text in (
        notes.crime_lead(table, "Hässelby-Vällingby"),
        notes.crime_caption(table, "Hässelby-Vällingby"),
        crime_table(table, "crime-1", "Hässelby-Vällingby").caption,
    ):
        assert "januari–september" in text


def test_every_published_type_of_crime_has_english_words() -> None:
    for area, year in (("Hässelby-Vällingby", 2023), ("Hägersten-Älvsjö", 2024)):
        pairs = zip(reported_crime(area, year), reported_crime(area, year, "en"), strict=True)
        for swedish, english in pairs:
            assert not set(swedish.rows["label"]) & set(english.rows["label"])
    (table,) = reported_crime("Hässelby-Vällingby", 2023, "en")
    assert "Theft of bicycles" in set(table.rows["label"])
    assert "January–September" in notes.crime_lead(table, "Hässelby-Vällingby", "en")


def test_sums_are_not_counted_among_the_comparisons() -> None:
    (table,) = reported_crime("Hässelby-Vällingby", 2023)
    assert (table.rows.attrs["family_size"], table.rows.attrs["totals_size"]) == (16, 2)
    note = crime_table(table, "crime-1", "Hässelby-Vällingby").notes[0]
    assert "att 16 jämförelser görs" in note
    assert "summor av andra rader räknas för sig" in note


def test_an_area_without_figures_has_none() -> None:
    assert reported_crime("Farsta", 2024) == []
    assert "finns inga publicerade antal" in notes.no_crime("Farsta", 2024)


def test_the_pieces_hold_the_numbers() -> None:
    (table,) = reported_crime("Hässelby-Vällingby", 2023)
    text = crime_table(table, "crime-1", "Hässelby-Vällingby").text().set_index("label")
    assert text.loc["Cykelstöld"].tolist()[:3] == ["282", "81", "−71"]
    assert text.loc["Cykelstöld", "judged"] == "▼ säkerställd minskning"
    assert "Cykelstöld −71\N{NO-BREAK SPACE}% (säkerställt)" in notes.crime_alt(table)
    assert text.loc["Cykelstöld", "span"] == "−78 till −63"
    labels = [t.get_text() for t in charts.count_changes(table.rows).axes[0].get_yticklabels()]
    assert "Cykelstöld" in labels
    assert "Summa" not in labels


def test_a_file_without_a_needed_column_says_so(tmp_path: Path) -> None:
    frame = pd.DataFrame({"source": ["x"], "area": ["Farsta"], "n_2021": [1], "n_2022": [2]})
    frame.to_csv(tmp_path / "reported_crime_x.csv", index=False)
    with pytest.raises(InputError, match=r"reported_crime_x\.csv lacks the column 'category'"):
        reported_crime("Farsta", 2023, folder=tmp_path)
