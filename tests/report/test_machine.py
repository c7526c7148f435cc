"""The figures for machines: valid by CSV on the Web, typed, alike in every format."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from csvw import CSVW

from survey_stats import __version__, protect
from survey_stats.report import machine
from survey_stats.report.dictionary import MEANINGS, meaning
from survey_stats.report.machine import About
from survey_stats.report.schema import CHANGE, COLUMNS, SHARE, TEXT, tidy
from survey_stats.report.spreadsheet_text import guarded, unguarded
from survey_stats.report.waves import Wave

FORMULA = '=HYPERLINK("http://x.example";"y")'
STEM = "appendix-farsta-2023"


@pytest.fixture
def about() -> About:
    wave = Wave(
        "city_safety", 2023, pd.DataFrame(), {"unsafe_evening": "city"}, "svar.sav", "ab" * 32, True
    )
    return About(
        "Statistisk bilaga", "Farsta", 2023, "sv", "d1d2", protect.DEFAULT, (wave,), ("Så här.",)
    )


@pytest.fixture
def hostile(figures: pd.DataFrame) -> pd.DataFrame:
    """Figures in which a neighbourhood is a formula and one is hidden."""
    row = figures.iloc[[4]].assign(group="neighbourhood")
    hidden = row.assign(value="'Norr", flag=protect.DEFAULT.suppressed, n=None)
    for column in {*SHARE, *CHANGE} - TEXT - {"default_coding"}:
        hidden[column] = None
    return tidy(pd.concat([figures, row.assign(value=FORMULA), hidden]))


@pytest.fixture
def made(tmp_path: Path, hostile: pd.DataFrame, about: About) -> list[Path]:
    return machine.write(tmp_path, STEM, hostile, about)


def test_the_description_is_found_beside_the_file_and_valid(made: list[Path]) -> None:
    assert [f.name for f in made] == [
        f"{STEM}.csv", f"{STEM}.csv-metadata.json", f"{STEM}.parquet"
    ]  # fmt: skip
    # found by the name of the CSV alone, as the standard says
    found = CSVW(str(made[0]), validate=True)
    assert found.is_valid, [str(w.message) for w in found.warnings]
    assert found.common_props["dc:title"]
    rows = found.to_json(minimal=True)
    assert len(rows) == len(pd.read_csv(made[0]))
    assert isinstance(rows[0]["share"], float)
    assert isinstance(rows[0]["n"], int)
    assert rows[0]["default_coding"] is True
    assert "verdict" not in rows[0] or rows[0]["verdict"]


@pytest.mark.parametrize(
    ("damage", "of"),
    [
        (lambda text: text.replace("\ncity_safety,2017", "\ncity_safety,many", 1), "a type"),
        (lambda text: text + text.splitlines()[1] + "\n", "a key"),
        (lambda text: text.replace(",share,", ",andel,", 1), "a name"),
    ],
)
def test_a_file_that_is_not_as_described_is_found_out(
    made: list[Path], damage: object, of: str
) -> None:
    assert callable(damage)
    made[0].write_text(damage(made[0].read_text(encoding="utf-8")), encoding="utf-8")
    try:
        valid = CSVW(str(made[0]), validate=True).is_valid
    except ValueError:
        valid = False
    assert not valid, of


def test_every_column_has_a_meaning_a_type_and_a_unit_where_it_counts(made: list[Path]) -> None:
    told = json.loads(made[1].read_text(encoding="utf-8"))
    columns = {c["name"]: c for c in told["tableSchema"]["columns"]}
    assert list(columns) == list(COLUMNS) == list(MEANINGS)
    for name, column in columns.items():
        assert {d["@language"] for d in column["dc:description"]} == {"sv", "en"}
        assert all(d["@value"] for d in column["dc:description"])
        number = column["datatype"] in ("double", "integer")
        assert number == (name not in TEXT and name != "default_coding"), name
        assert ("schema:unitText" in column) <= number
        assert number <= ("schema:unitText" in column) or name in {
            "deff",
            "comparisons",
            "trend_waves",
        }
    assert meaning("share").unit == "proportion"


def test_the_note_tells_what_the_figures_were_made_from(made: list[Path]) -> None:
    note = json.loads(made[1].read_text(encoding="utf-8"))["notes"][0]
    assert note["synthetic"] is True
    assert note["code"] == {"name": "survey_stats", "version": __version__}
    assert note["data_version"] == "d1d2"
    assert note["parameters"] == {"area": "Farsta", "year": 2023, "lang": "sv"}
    assert note["rule"]["minimum_base"] == 30
    assert note["deliveries"][0]["file"] == "svar.sav"
    asked = {q["survey"]: q for q in note["questions"] if q["question"] == "unsafe_evening"}
    assert asked["city_safety"]["asked"]["en"].startswith("Safe or unsafe alone outdoors")
    assert "city" in asked["city_safety"]["codings"]
    assert note["values"]["verdict"]["significant increase"]["sv"] == "säkerställd ökning"
    assert note["notes"] == ["Så här."]


def test_parquet_has_the_same_rows_types_and_words(made: list[Path], hostile: pd.DataFrame) -> None:
    back = pd.read_parquet(made[2])
    pd.testing.assert_frame_equal(back, hostile)
    schema = pq.read_schema(made[2])
    field = schema.field("ci_low")
    assert field.metadata[b"description"] == meaning("ci_low").en.encode()
    assert json.loads(schema.metadata[b"survey_stats"])["data_version"] == "d1d2"
    # the CSV has the same texts, guarded, and the same numbers
    csv = pd.read_csv(made[0], dtype={"value": "string"}, keep_default_na=True)
    assert [unguarded(v) for v in csv["value"]] == back["value"].tolist()
    assert csv["value"].tolist()[-2:] == [f"'{FORMULA}", "''Norr"]
    assert csv["share"].to_numpy() == pytest.approx(
        back["share"].to_numpy(float, na_value=float("nan")), nan_ok=True, rel=1e-9
    )


def test_a_hidden_number_is_a_flag_in_every_file(made: list[Path]) -> None:
    for frame in (pd.read_csv(made[0]), pd.read_parquet(made[2])):
        hidden = frame[frame["flag"].fillna("").str.startswith("suppressed")]
        assert len(hidden) == 1
        numbers = [c for c in (*SHARE, *CHANGE) if c not in TEXT and c != "default_coding"]
        assert hidden[numbers].isna().all(axis=None)


def test_the_same_figures_give_the_same_bytes(
    made: list[Path], tmp_path: Path, hostile: pd.DataFrame, about: About
) -> None:
    other = tmp_path / "another place"
    other.mkdir()
    for one, two in zip(made, machine.write(other, STEM, hostile, about), strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_real_answers_are_not_called_synthetic(
    tmp_path: Path, figures: pd.DataFrame, about: About
) -> None:
    real = replace(about, waves=tuple(replace(w, synthetic=False) for w in about.waves))
    made = machine.write(tmp_path, STEM, figures, real)
    text = made[1].read_text(encoding="utf-8")
    assert "SYNTETISKA" not in text
    assert json.loads(text)["notes"][0]["synthetic"] is False


@pytest.mark.parametrize(
    "text",
    [
        FORMULA, "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =1+1", "\u202e=1",
        "\ufeff=1", "\uff1d1+1", "'=1", "'", "=",
    ],
)  # fmt: skip
def test_no_text_is_a_formula_and_every_text_comes_back(text: str) -> None:
    safe = guarded(text)
    assert safe == f"'{text}"
    assert unguarded(safe) == text


@pytest.mark.parametrize("text", ["kvinnor", "16–19 år", "-12", "+3,5", "1e-5", "", "a=b", "–"])
def test_what_is_no_formula_is_left_as_it_is(text: str) -> None:
    assert guarded(text) == text
    assert not re.match("'", text)
    assert guarded(-3) == -3
