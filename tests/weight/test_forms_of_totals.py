"""Tables of totals as they come, and what is said where they do not fit."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
import pandas as pd
import pytest

from survey_stats.errors import InputError, SurveyStatsError, UnknownNameError
from survey_stats.weight import BaseWeightError, EmptyCellError, UnknownLevelError, calibrate

FRAME = pd.DataFrame(
    {
        "district": ["Älvsjö", "Älvsjö", "Farsta", "Farsta"] * 2,
        "gender": ["men", "women"] * 4,
        "code": ["01", "02"] * 4,
        "home": np.repeat([21, 22, 23, 24], 2),
    }
)
WEIGHT = np.full(8, 10.0)
GENDER = {"men": 30.0, "women": 50.0}
CELLS = {
    (d, g): v
    for (d, g), v in zip(
        [(d, g) for d in ("Älvsjö", "Farsta") for g in ("men", "women")],
        (10.0, 20, 20, 30),
        strict=True,
    )
}


def values(margins: Any, **options: Any) -> Any:
    return calibrate(WEIGHT, FRAME, margins, **options).values


def refused(error: type[SurveyStatsError], margins: Any, frame: Any = FRAME, **options: Any) -> str:
    with pytest.raises(error) as caught:
        calibrate(options.pop("weights", WEIGHT), frame, margins, **options)
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 400
    return text


class TestForms:
    def test_levels_in_a_named_index(self) -> None:
        expected = values({"gender": GENDER})
        table = pd.DataFrame({"population": GENDER}).rename_axis("gender")
        assert values(table) == pytest.approx(expected)
        assert values([table]) == pytest.approx(expected)
        assert values({"gender": table}) == pytest.approx(expected)
        # the key of the mapping names it
        assert values({"gender": table.rename_axis(None)}) == pytest.approx(expected)

    def test_levels_in_an_index_without_a_name(self) -> None:
        text = refused(InputError, pd.DataFrame({"population": GENDER}))
        assert "index (men, women)" in text
        assert "rename_axis" in text

    def test_crossed_levels_in_an_index(self) -> None:
        series = pd.Series(CELLS).rename_axis(["district", "gender"])
        expected = values({("district", "gender"): CELLS})
        assert values(series) == pytest.approx(expected)
        assert values([series.rename("people")]) == pytest.approx(expected)
        assert values(series.to_frame("population")) == pytest.approx(expected)
        text = refused(InputError, pd.Series(CELLS))
        assert "name its index" in text

    def test_a_bare_series(self) -> None:
        expected = values({"gender": GENDER})
        by_index = pd.Series(GENDER, name="people").rename_axis("gender")
        assert values(by_index) == pytest.approx(expected)
        assert values(pd.Series(GENDER, name="gender")) == pytest.approx(expected)
        assert values([pd.Series(GENDER, name="gender")]) == pytest.approx(expected)
        counted = FRAME["gender"].value_counts()
        assert values(counted).sum() == pytest.approx(8)
        assert "name its index" in refused(InputError, pd.Series(GENDER, name="kön"))
        assert "name its index" in refused(InputError, pd.Series(GENDER))

    @pytest.mark.parametrize("kind", [pd.Series, dict])
    def test_the_population_is_one_number(self, kind: Any) -> None:
        text = refused(InputError, {None: kind(GENDER)})
        assert "one number" in text
        assert kind.__name__ in text
        assert "a Series, which is not a number" in refused(
            InputError, {"gender": {"men": pd.Series(GENDER), "women": 3}}
        )
        assert "ridge" in refused(InputError, {"gender": GENDER}, ridge="much")


class TestWords:
    def test_leading_zeros_are_not_another_type(self) -> None:
        text = refused(UnknownLevelError, {"code": {"1": 40, "2": 40}})
        assert "leading zeros" in text
        assert "type" not in text
        text = refused(UnknownLevelError, {"code": {1: 40, 2: 40}})
        assert "another type" in text

    def test_letters_composed_otherwise(self) -> None:
        other = {
            unicodedata.normalize("NFD", k): v for k, v in {"Älvsjö": 40, "Farsta": 40}.items()
        }
        text = refused(UnknownLevelError, {"district": other})
        assert "NFC" in text
        assert "another type" not in text

    @pytest.mark.parametrize("name", ["Totalt", "All", "Samtliga", "Summa", "total"])
    def test_a_row_of_totals(self, name: str) -> None:
        text = refused(EmptyCellError, {"gender": {**GENDER, name: 80}})
        assert f"'{name}', which looks like a row of totals" in text
        text = refused(EmptyCellError, {"gender": {**GENDER, name: 80}, "home": 1800})
        assert "leave it out" in text
        # where respondents have that value it is a level like any other
        frame = FRAME.assign(gender=["men", "women", "men", name] * 2)
        found = calibrate(WEIGHT, frame, {"gender": {"men": 40, "women": 20, name: 20}})
        assert found.total == pytest.approx(80)

    def test_keys_in_another_order_than_columns(self) -> None:
        text = refused(UnknownLevelError, {("gender", "district"): CELLS})
        assert "in another order than gender x district" in text

    def test_a_column_that_the_frame_lacks(self) -> None:
        table = pd.DataFrame({"area": ["Älvsjö", "Farsta"], "population": [40, 40]})
        text = refused(UnknownNameError, table)
        assert "those of 'district'" in text
        assert ".rename(columns={'area': 'district'})" in text
        other = table.assign(area=["x", "y"])
        text = refused(UnknownNameError, other)
        assert "rename it as the frame has it, or sum over it and drop it" in text
        assert ",;" not in text

    def test_a_household_is_called_as_it_is(self) -> None:
        text = refused(
            BaseWeightError, {"gender": GENDER}, household="home", weights=np.arange(1.0, 9)
        )
        assert "such as 21;" in text
