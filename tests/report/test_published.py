"""The appendices of a district and of the city together: nothing hidden follows from the other."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from survey_stats import protect
from survey_stats.report.figures import compute
from survey_stats.report.plan import CITY, DISTRICTS, Item
from survey_stats.report.schema import to_csv
from survey_stats.report.waves import Wave
from tests.report.test_figures import AREA, wave

PLAN = (Item("unsafe_evening"),)


@pytest.fixture(scope="module")
def waves() -> list[Wave]:
    made = wave(2023)
    frame = made.frame.copy()
    # ten of Farsta's few are 80 or older; everywhere else there are many
    old = frame["age_group"].eq("80+") & frame["district"].eq(AREA)
    frame.loc[old[old].index[10:], "age_group"] = "20-29"
    return [Wave(made.survey, 2023, frame, made.codings, made.file, made.sha256, True)]


@pytest.fixture(scope="module")
def printed(waves: list[Wave]) -> dict[str, pd.DataFrame]:
    """The figures files as anybody can read them."""
    others = [d for d in DISTRICTS if d != AREA]
    return {
        area: pd.read_csv(io.StringIO(to_csv(compute(waves, area, PLAN))), keep_default_na=True)
        for area in (AREA, *others, CITY)
    }


def group(file: pd.DataFrame, name: str) -> pd.DataFrame:
    own = file[file["default_coding"] & (file["group"] == name)]
    return own[own["area_level"] == own["area_level"].iloc[0]]


def test_no_breakdown_has_one_gap(printed: dict[str, pd.DataFrame]) -> None:
    for area, file in printed.items():
        for name in ("gender", "age_group", "neighbourhood"):
            if (file["group"] == name).any():
                rows = group(file, name)
                hidden = rows["n"].isna()
                assert hidden.sum() != 1 or len(rows) == 1, (area, name)
                # a share says with its base how many answered what
                assert (rows["share"].isna() == hidden).all()


def test_the_city_less_ten_districts_is_not_the_eleventh(
    printed: dict[str, pd.DataFrame],
) -> None:
    city = group(printed[CITY], "age_group").set_index("value")["n"]
    districts = {a: group(f, "age_group").set_index("value")["n"] for a, f in printed.items()}
    districts.pop(CITY)
    by_age = pd.DataFrame(districts)
    assert pd.isna(by_age.loc["80+", AREA])
    gaps = by_age.isna().sum(axis=1)
    for age in by_age.index[gaps > 0]:
        assert gaps[age] >= 2 or pd.isna(city[age])
    assert city.notna().any()


def test_no_file_holds_the_number_of_a_hidden_cell(
    printed: dict[str, pd.DataFrame], waves: list[Wave]
) -> None:
    file = printed[AREA]
    hidden = file[file["flag"].fillna("").str.startswith("suppressed")]
    assert protect.DEFAULT.suppressed in set(hidden["flag"])
    numbers = ["share", "se", "ci_low", "ci_high", "df", "n", "n_effective", "deff"]
    assert hidden[numbers].isna().all().all()
