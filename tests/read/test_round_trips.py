"""What every format can hold comes back: values, labels, missing codes, dates, long texts."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pyreadstat
import pytest
import xlsxwriter

import survey_stats as ss
from survey_stats.read import Delivery, Manifest, UserMissing, VariableLabels, write

LONG = "Går ej ut på kvällen – av oro, «ålder» eller annat; " * 60
TEXTS = ["åäö ÅÄÖ é ü", "", "  kanter  ", 'cit"at;, tab', "rad ett\nrad två", LONG]
CODES = [1.0, 2.0, np.nan, 98.0, 99.0, 1.0]
WEIGHTS = [0.1, 1 / 3, 1e-9, 123456.789012, 2.0, 1e15]
DAYS = [datetime.date(2023, 1, 31), datetime.date(1899, 12, 31), datetime.date(2024, 2, 29)] * 2
LABELS = VariableLabels(
    {"kod": "Trygg på kvällen?", "text": "Fritext", "vikt": "Vikt"},
    {"kod": {1.0: "Mycket trygg", 2.0: "Går ej ut", 98.0: "Vet ej", 99.0: "Ej svar"}},
)


@pytest.fixture
def delivery() -> Delivery:
    frame = pd.DataFrame(
        {
            "nyckel": np.arange(1.0, 7),
            "kod": CODES,
            "andra": [7.0, 8.0, 9.0, 90.0, 95.5, -1.0],
            "vikt": WEIGHTS,
            "text": pd.Series(TEXTS, dtype=object),
        }
    )
    missing = UserMissing({"kod": (98.0, 99.0), "andra": (-1.0,)}, {"andra": ((90.0, 99.0),)})
    about = Manifest("a.sav", "0" * 64, 1, 6, 5, "test", notes=("SYNTETISKA DATA", "en rad till"))
    return Delivery(frame, LABELS, missing, about)


def texts(values) -> list[str | None]:
    return [None if pd.isna(v) else v for v in values]


@pytest.mark.parametrize("ending", [".sav", ".zsav", ".parquet"])
def test_what_write_writes(delivery, tmp_path, ending):
    if ending == ".zsav":
        pytest.importorskip("pyreadstat")
        path = tmp_path / "a.zsav"
        pyreadstat.write_sav(
            delivery.frame,
            path,
            compress=True,
            column_labels=dict(LABELS.variables),
            variable_value_labels={v: dict(w) for v, w in LABELS.value_labels.items()},
            missing_ranges={"kod": [98, 99], "andra": [-1, {"lo": 90, "hi": 99}]},
        )
    else:
        path = write(delivery, tmp_path / f"a{ending}")
    again = ss.read(path)
    for name in ("nyckel", "kod", "andra", "vikt"):
        np.testing.assert_array_equal(again.frame[name], delivery.frame[name])
    # SPSS has no blanks at the end of a text, and no difference between "" and a missing text
    kept = [t.rstrip() for t in TEXTS] if ending != ".parquet" else TEXTS
    assert [t or "" for t in texts(again.frame["text"])] == kept
    assert again.labels == LABELS
    assert again.missing == delivery.missing
    masked = again.valid()
    assert masked["kod"].isna().tolist() == [False, False, True, True, True, False]
    assert masked["andra"].isna().tolist() == [False, False, False, True, True, True]


def test_empty_and_missing_texts_stay_apart_in_parquet(tmp_path):
    frame = pd.DataFrame({"text": pd.Series(["", None, "x"], dtype=object)})
    about = Manifest("a.parquet", "0" * 64, 1, 3, 1, "test")
    made = Delivery(frame, VariableLabels(), UserMissing(), about)
    again = ss.read(write(made, tmp_path / "a.parquet"))
    assert texts(again.frame["text"]) == ["", None, "x"]


def test_written_twice_the_same_comes_back(delivery, tmp_path):
    first = ss.read(write(delivery, tmp_path / "a.sav"))
    second = ss.read(write(first, tmp_path / "b.parquet"))
    third = ss.read(write(second, tmp_path / "c.sav"))
    pd.testing.assert_frame_equal(third.frame, first.frame)
    assert third.labels == first.labels
    assert third.missing == first.missing
    assert third.manifest.notes == first.manifest.notes


def test_stata(delivery, tmp_path):
    path = tmp_path / "a.dta"
    frame = delivery.frame.assign(kod=[1, 2, 2, 98, 99, 1])
    frame["text"] = [t[:2000] for t in TEXTS]
    pyreadstat.write_dta(
        frame,
        path,
        column_labels=dict(LABELS.variables),
        variable_value_labels={"kod": {int(c): t for c, t in LABELS.value_labels["kod"].items()}},
    )
    again = ss.read(path)
    for name in ("nyckel", "kod", "andra", "vikt"):
        np.testing.assert_array_equal(again.frame[name], frame[name])
    assert [t or "" for t in texts(again.frame["text"])] == list(frame["text"])
    assert again.labels.variables == LABELS.variables
    assert again.labels.value_labels == LABELS.value_labels


def test_spss_portable(tmp_path):
    frame = pd.DataFrame(
        {"NYCKEL": np.arange(1.0, 7), "KOD": CODES, "VIKT": WEIGHTS, "TEXT": ["a", "b c", ""] * 2}
    )
    pyreadstat.write_por(frame, tmp_path / "a.por", column_labels={"KOD": "Trygg?"})
    again = ss.read(tmp_path / "a.por")
    np.testing.assert_array_equal(again.frame["KOD"], frame["KOD"])
    np.testing.assert_allclose(again.frame["VIKT"], frame["VIKT"], rtol=1e-12)
    assert [t or "" for t in texts(again.frame["TEXT"])] == list(frame["TEXT"])
    assert again.labels.variables == {"KOD": "Trygg?"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize(
    ("delimiter", "decimal"), [(";", ","), (",", "."), ("\t", ","), ("|", ".")]
)
def test_delimited_text(delivery, tmp_path, encoding, delimiter, decimal):
    path = tmp_path / "a.csv"
    delivery.frame.to_csv(path, sep=delimiter, decimal=decimal, index=False, encoding=encoding)
    again = ss.read(path)
    for name in ("nyckel", "kod", "andra", "vikt"):
        np.testing.assert_array_equal(again.frame[name], delivery.frame[name])
    # blanks at the edges are those of the layout, and an empty text is a missing one
    assert [t or "" for t in texts(again.frame["text"])] == [t.strip() for t in TEXTS]
    assert again.manifest.delimiter == delimiter
    assert again.manifest.encoding == encoding


def test_workbook(delivery, tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet("Data")
        sheet.write_row(0, 0, [*delivery.frame.columns, "dag"])
        for i, row in enumerate(delivery.frame.itertuples(index=False), start=1):
            for j, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(i, j, value)
                elif not np.isnan(value):
                    sheet.write_number(i, j, value)
            sheet.write_datetime(i, len(row), DAYS[i - 1])
        words = book.add_worksheet("Variabler")
        words.write_row(0, 0, ["Variabel", "Beskrivning", "Kod", "Svar"])
        told = [("kod", code, text) for code, text in LABELS.value_labels["kod"].items()]
        for i, (name, code, text) in enumerate(told, start=1):
            words.write_row(i, 0, [name, LABELS.label(name), code, text])
    again = ss.read(path)
    for name in ("nyckel", "kod", "andra", "vikt"):
        np.testing.assert_array_equal(again.frame[name], delivery.frame[name])
    assert [t or "" for t in texts(again.frame["text"])] == TEXTS
    assert again.frame["dag"][0] == datetime.date(2023, 1, 31)
    assert again.frame["dag"][2] == datetime.date(2024, 2, 29)
    assert again.labels.value_labels == LABELS.value_labels


@pytest.mark.parametrize("ending", [".sav", ".dta", ".parquet"])
def test_dates(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    days = [datetime.date(2023, 1, 31), datetime.date(1999, 12, 31), None]
    frame = pd.DataFrame({"nyckel": [1.0, 2.0, 3.0], "dag": pd.Series(days, dtype=object)})
    if ending == ".parquet":
        frame.to_parquet(path)
    else:
        {".sav": pyreadstat.write_sav, ".dta": pyreadstat.write_dta}[ending](frame, path)
    again = ss.read(path).frame["dag"]
    assert [None if pd.isna(d) else pd.Timestamp(d).date() for d in again] == days


@pytest.mark.parametrize("ending", [".sav", ".dta", ".parquet", ".csv", ".xlsx"])
def test_only_the_wanted_columns_are_the_same_columns(delivery, tmp_path, ending):
    path = tmp_path / f"a{ending}"
    frame = delivery.frame.drop(columns="text")
    {
        ".sav": lambda: pyreadstat.write_sav(frame, path),
        ".dta": lambda: pyreadstat.write_dta(frame, path),
        ".parquet": lambda: frame.to_parquet(path),
        ".csv": lambda: frame.to_csv(path, index=False, sep=";", decimal=","),
        ".xlsx": lambda: frame.to_excel(path, index=False, engine="xlsxwriter"),
    }[ending]()
    whole = ss.read(path)
    part = ss.read(path, columns=["vikt", "kod"])
    pd.testing.assert_frame_equal(part.frame, whole.frame[["vikt", "kod"]])
    assert (part.manifest.rows, part.manifest.columns) == (6, 4)
    assert part.manifest.sha256 == whole.manifest.sha256
