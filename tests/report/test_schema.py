"""The schema of the figures file: what a file cannot hold."""

from __future__ import annotations

import pandas as pd
import pytest

from survey_stats.errors import InputError
from survey_stats.report.schema import COLUMNS, FIELDS, KEYS, tidy


def test_every_column_is_declared_once() -> None:
    assert len(COLUMNS) == len(set(COLUMNS)) == len(FIELDS)
    assert COLUMNS[: len(KEYS)] == KEYS


def test_the_figures_pass_and_passing_twice_changes_nothing(figures: pd.DataFrame) -> None:
    again = tidy(figures)
    pd.testing.assert_frame_equal(again, figures)
    assert [str(t) for t in again.dtypes] == [f.dtype for f in FIELDS]


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("share", 1.5, "share is outside 0 to 1"),
        ("se", -0.1, "se is outside 0 to inf"),
        ("n", -1, "n is outside"),
        ("verdict", "significant", "verdict is none of significant increase"),
        ("change_grade", "comparable", "change_grade is none of"),
        ("ci_low", 0.9, "share lies outside its interval"),
        ("rest_high", -1.0, "rest_difference lies outside its interval"),
        ("flag", "suppressed: base under 30", "suppressed and the share is there"),
        ("change_flag", "suppressed: x", "suppressed and the difference is there"),
    ],
)
def test_what_cannot_be_is_refused_with_its_cell(
    figures: pd.DataFrame, column: str, value: object, told: str
) -> None:
    wrong = figures.copy()
    row = int(wrong.index[wrong["rest_verdict"] == "higher"][0])
    wrong.loc[row, column] = value
    with pytest.raises(InputError, match=f"city_safety, 2023, district, .*{told}"):
        tidy(wrong)


def test_a_text_where_a_number_belongs_is_refused(figures: pd.DataFrame) -> None:
    wrong = figures.astype({"share": object})
    wrong.loc[0, "share"] = "a third"
    with pytest.raises(InputError, match="share holds 'a third'"):
        tidy(wrong)
