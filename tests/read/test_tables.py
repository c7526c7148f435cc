import datetime

import numpy as np
import pandas as pd
import pytest
import xlsxwriter

import survey_stats as ss
from survey_stats.errors import InputError, UnknownNameError


def workbook(path, sheets):
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                sheet.write_row(i, 0, row)
    return path


@pytest.fixture
def xlsx(tmp_path):
    return workbook(
        tmp_path / "delivery.xlsx",
        {
            "Data": [
                ["ID", "F102", "kod", "text"],
                [1, 3, "01", "x"],
                [2, None, 5, 7],
                [3, 6, "", "y"],
            ],
            "Om filen": [["SYNTETISKA DATA"]],
            "Variabler": [
                ["Variabel", "Beskrivning", "Kod", "Svar"],
                ["F102", "Trygg på kvällen", "", ""],
                ["F102", "", 3, "Ganska otrygg"],
                ["F999", "", 3, "finns ej"],
            ],
        },
    )


def test_a_workbook(xlsx):
    delivery = ss.read(xlsx)
    assert delivery.frame["ID"].tolist() == [1, 2, 3]
    assert delivery.frame["ID"].dtype == np.int64
    assert delivery.frame["F102"].tolist()[::2] == [3.0, 6.0]
    assert np.isnan(delivery.frame["F102"][1])
    assert delivery.frame["kod"].tolist() == ["01", "5", None]
    assert delivery.frame["text"].tolist() == ["x", "7", "y"]
    assert delivery.manifest.sheet == "Data"
    assert delivery.manifest.synthetic
    assert delivery.labels.label("F102") == "Trygg på kvällen"
    assert delivery.labels.value_labels == {"F102": {3: "Ganska otrygg"}}


def test_wanted_columns(xlsx):
    assert list(ss.read(xlsx, columns=["text", "ID"]).frame) == ["text", "ID"]
    with pytest.raises(UnknownNameError, match="F102"):
        ss.read(xlsx, columns=["F10"])


def test_notes_above_the_names_and_empty_rows_below(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx", {"Blad1": [["SYNTETISKA DATA"], ["a", "b"], [1, 2], [None, " "], []]}
    )
    delivery = ss.read(path)
    assert delivery.manifest.notes == ("SYNTETISKA DATA",)
    assert delivery.frame["a"].tolist()[0] == 1


def test_dates_stay_dates(tmp_path):
    path = tmp_path / "a.xlsx"
    pd.DataFrame({"a": [1, 2], "d": [datetime.date(2024, 5, 1)] * 2}).to_excel(path, index=False)
    assert ss.read(path).frame["d"][0] == datetime.date(2024, 5, 1)


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([["a", "b"], [1, 2, 3]], "row 1 of the data has values under no column name"),
        ([["a", "", "c"], [1, 2, 3]], "column 2 has values under no column name"),
        ([["a", "a"], [1, 2]], "several columns named a"),
        ([], "no table"),
    ],
)
def test_tables_that_cannot_be(tmp_path, rows, text):
    path = workbook(tmp_path / "a.xlsx", {"Blad1": rows})
    with pytest.raises(InputError, match=text):
        ss.read(path)


@pytest.mark.parametrize("ending", [".xlsx", ".parquet"])
def test_files_that_are_cut_off(tmp_path, ending):
    frame = pd.DataFrame({"a": np.arange(300), "b": np.arange(300)})
    whole = tmp_path / f"whole{ending}"
    if ending == ".xlsx":
        frame.to_excel(whole, index=False)
    else:
        frame.to_parquet(whole)
    part = tmp_path / f"part{ending}"
    part.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(InputError, match=f"part{ending} cannot be read as"):
        ss.read(part)


def test_parquet(tmp_path):
    frame = pd.DataFrame({"a": pd.array([1, None], "Int64"), "b": ["å", None], "c": [0.5, 1.5]})
    path = tmp_path / "a.parquet"
    frame.to_parquet(path)
    delivery = ss.read(path, columns=["c", "a"])
    assert list(delivery.frame) == ["c", "a"]
    assert delivery.frame["c"].tolist() == [0.5, 1.5]
    assert (delivery.manifest.rows, delivery.manifest.columns) == (2, 3)
    with pytest.raises(UnknownNameError):
        ss.read(path, columns=["d"])
