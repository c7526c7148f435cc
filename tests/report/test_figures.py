"""The figures: computed from small made-up waves, checked against sums by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from survey_stats import protect
from survey_stats.compare import adjust_p
from survey_stats.errors import InputError
from survey_stats.report.figures import compute
from survey_stats.report.pieces.question_table import question_table
from survey_stats.report.plan import DISTRICTS, Item
from survey_stats.report.schema import COLUMNS, KEYS, tidy, to_csv
from survey_stats.report.sentences import leads
from survey_stats.report.summary import summary
from survey_stats.report.waves import Wave

AREA = "Farsta"
PLACES = ["Fagersjö", "Farsta", "Hökarängen", "Larsboda"]
PLAN = (Item("unsafe_evening"), Item("avoids_places", ("city_safety",)))
NUMBERS = ["share", "se", "ci_low", "ci_high", "df", "n_effective", "deff"]


def wave(
    year: int,
    shift: float = 0.0,
    districts: tuple[str, ...] = DISTRICTS,
    n: int = 400,
    smallest: int = 12,
    survey: str = "city_safety",
) -> Wave:
    """A wave with `n` answers a district; the last place of Farsta has `smallest`."""
    rng = np.random.default_rng(year)
    frames = []
    for district in districts:
        place = rng.choice(PLACES[:3], n) if district == AREA else np.full(n, f"{district} 1")
        place = place.astype(object)
        if district == AREA:
            place[:smallest] = PLACES[3]
        unsafe = rng.random(n) < (0.35 if district == AREA else 0.2) + shift
        frame = pd.DataFrame(
            {
                "survey": survey,
                "wave": year,
                "respondent": [f"{district}{i}" for i in range(n)],
                "weight": rng.uniform(1, 3, n),
                "stratum": district,
                "psu": [f"{district}{i}" for i in range(n)],
                "municipality": "Stockholm",
                "district": district,
                "district_own_year": district,
                "neighbourhood": place,
                "gender": rng.choice(["women", "men"], n),
                "age_group": rng.choice(["16-19", "20-29", "80+"], n, p=[0.2, 0.7, 0.1]),
                "disability": None,
                "unsafe_evening": pd.array(unsafe, dtype="boolean"),
                "unsafe_evening__city": pd.array(unsafe, dtype="boolean"),
                "unsafe_evening__research": pd.array(
                    np.where(rng.random(n) < 0.1, None, unsafe), dtype="boolean"
                ),
                "avoids_places": pd.array(rng.random(n) < 0.3, dtype="boolean"),
            }
        )
        frames.append(frame)
    frame = pd.concat(frames, ignore_index=True)
    return Wave(survey, year, frame, {"unsafe_evening": "city"}, f"{year}.sav", "0" * 64, True)


@pytest.fixture(scope="module")
def waves() -> list[Wave]:
    return [wave(2017), wave(2020), wave(2023, shift=0.25)]


@pytest.fixture(scope="module")
def figures(waves: list[Wave]) -> pd.DataFrame:
    return compute(waves, AREA, PLAN)


def one(figures: pd.DataFrame, **keys: object) -> pd.Series:
    told = {"survey": "city_safety", "area_level": "district", "question": "unsafe_evening"}
    told |= {"group": "all", "value": "all", "default_coding": True, **keys}
    rows = figures[np.logical_and.reduce([figures[k] == v for k, v in told.items()])]
    assert len(rows) == 1
    return rows.iloc[0]


def weighted(frame: pd.DataFrame, question: str = "unsafe_evening") -> float:
    return float(np.average(frame[question].astype(float), weights=frame["weight"]))


def test_shares_are_the_weighted_ones(figures: pd.DataFrame, waves: list[Wave]) -> None:
    last = waves[-1].frame
    here = last[last["district"] == AREA]
    assert one(figures, wave=2023)["share"] == pytest.approx(weighted(here), rel=1e-12)
    assert one(figures, wave=2023, area_level="city")["share"] == pytest.approx(
        weighted(last), rel=1e-12
    )
    women = one(figures, wave=2023, group="gender", value="women")
    assert women["share"] == pytest.approx(weighted(here[here["gender"] == "women"]), rel=1e-12)
    assert women["n"] == (here["gender"] == "women").sum()


def test_totals_come_for_every_wave_and_groups_for_the_last_two(figures: pd.DataFrame) -> None:
    own = figures[figures["area_level"] == "district"]
    assert set(own.loc[own["group"] == "all", "wave"]) == {2017, 2020, 2023}
    assert set(own.loc[own["group"] != "all", "wave"]) == {2020, 2023}
    assert "disability" not in set(own["group"]), "nobody was asked"


def test_the_change_is_that_of_the_last_wave_and_its_verdict_goes_by_the_family(
    figures: pd.DataFrame,
) -> None:
    row = one(figures, wave=2023)
    assert row["previous_wave"] == 2020
    assert row["difference"] == pytest.approx(
        row["share"] - one(figures, wave=2020)["share"], abs=1e-12
    )
    assert row["verdict"] == "significant increase"
    assert one(figures, wave=2020)["verdict"] == ""
    groups = figures[(figures["group"] != "all") & figures["p_value"].notna()]
    assert set(groups["comparisons"]) == {len(groups)}
    np.testing.assert_allclose(
        groups["p_adjusted"].astype(float), adjust_p(groups["p_value"].astype(float))
    )
    decided = groups["p_adjusted"] <= 0.05
    assert (groups["verdict"].str.startswith("significant") == decided).all()


def test_the_rest_of_the_city_is_everybody_else(figures: pd.DataFrame, waves: list[Wave]) -> None:
    last = waves[-1].frame
    here = last["district"] == AREA
    row = one(figures, wave=2023)
    assert row["rest_difference"] == pytest.approx(weighted(last[here]) - weighted(last[~here]))
    assert row["rest_verdict"] == "higher"
    assert row["rest_low"] < row["rest_difference"] < row["rest_high"]


def test_a_small_cell_is_hidden_with_its_companion_and_its_change(figures: pd.DataFrame) -> None:
    places = figures[(figures["group"] == "neighbourhood") & (figures["wave"] == 2023)]
    hidden = places[places["flag"].str.startswith("suppressed")]
    assert len(hidden) == 2 * 2, "the small place and the next smallest, for both questions"
    assert set(hidden["flag"]) == {protect.DEFAULT.suppressed, protect.SECONDARY}
    assert hidden[NUMBERS].isna().all().all()
    changes = ["difference", "difference_low", "difference_high", "p_value", "change_se"]
    assert hidden[changes].isna().all().all()
    assert (hidden["verdict"] == "").all()
    assert set(hidden["change_flag"]) == {protect.PAIRED}
    small = hidden[hidden["flag"] == protect.DEFAULT.suppressed]
    assert small["n"].isna().all()


def test_rival_codings_have_rows_of_their_own(figures: pd.DataFrame, waves: list[Wave]) -> None:
    last = waves[-1].frame
    here = last[(last["district"] == AREA) & last["unsafe_evening__research"].notna()]
    row = one(figures, wave=2023, default_coding=False)
    assert row["coding"] == "research"
    assert row["share"] == pytest.approx(weighted(here, "unsafe_evening__research"))
    assert row["coding_difference"] == pytest.approx(
        row["share"] - one(figures, wave=2023)["share"]
    )


def test_a_wave_of_some_districts_is_not_the_city(waves: list[Wave]) -> None:
    partial = wave(2023, districts=(AREA, "Järva"))
    made = compute([*waves[:2], partial], AREA, PLAN)
    assert one(made, wave=2023)["previous_wave"] == 2020
    assert set(made.loc[made["area_level"] == "city", "wave"]) == {2017, 2020}
    assert one(made, wave=2023)["rest_verdict"] == ""


def test_a_wave_without_the_district_is_passed_over(waves: list[Wave]) -> None:
    elsewhere = wave(2023, districts=("Järva", "Bromma"))
    made = compute([*waves[:2], elsewhere], AREA, PLAN)
    assert set(made.loc[made["area_level"] == "district", "wave"]) == {2017, 2020}
    with pytest.raises(InputError, match="answers from Farsta"):
        compute([elsewhere], AREA, PLAN)


def test_a_first_wave_has_no_change(waves: list[Wave]) -> None:
    made = compute(waves[:1], AREA, PLAN)
    assert (made["verdict"] == "").all()
    assert made["difference"].isna().all()
    assert one(made, wave=2017)["rest_verdict"] in {"higher", "no significant difference"}


def test_another_survey_stands_beside_the_citys(waves: list[Wave]) -> None:
    regional = wave(2023, survey="regional_safety")
    made = compute([*waves, regional], AREA, PLAN)
    row = one(made, survey="regional_safety", wave=2023)
    own = one(made, wave=2023)
    assert row["survey_difference"] == pytest.approx(row["share"] - own["share"])
    assert row["survey_verdict"] == "lower"
    assert own["survey_verdict"] == ""


def test_the_file_has_the_columns_of_the_schema_and_no_cell_twice(figures: pd.DataFrame) -> None:
    assert list(figures.columns) == list(COLUMNS)
    assert not figures.duplicated(list(KEYS)).any()
    with pytest.raises(InputError, match="twice"):
        tidy(pd.concat([figures, figures.head(1)]))
    with pytest.raises(InputError, match="lack the column 'wave'"):
        tidy(figures.drop(columns="wave"))


def test_the_csv_holds_the_same_numbers(figures: pd.DataFrame) -> None:
    import io

    back = pd.read_csv(io.StringIO(to_csv(figures)))
    np.testing.assert_allclose(back["share"], figures["share"].astype(float), rtol=1e-9)
    hidden = back["flag"].fillna("").str.startswith("suppressed")
    assert hidden.any()
    assert back.loc[hidden, NUMBERS].isna().all().all()


def test_a_wave_that_may_not_be_compared_gets_no_change_and_says_why() -> None:
    """The region's survey of 2022 asked in other areas only, whatever the delivery holds."""
    waves = [
        wave(year, districts=(AREA, "Bromma"), survey="regional_safety") for year in (2021, 2022)
    ]
    figures = compute(waves, AREA, (Item("unsafe_evening"),))
    row = one(figures, survey="regional_safety", wave=2022)
    assert row["previous_wave"] == 2021
    assert row["change_flag"] == row["change_grade"] == "not comparable"
    assert row["change_caveats"].startswith("the police region's safety survey 2022 asked in Järva")
    assert pd.notna(row["share"])
    assert row[["difference", "p_value", "p_adjusted"]].isna().all()
    assert row["verdict"] == ""
    table = question_table(figures, "unsafe_evening", "regional_safety", caveats=["Varför."])
    assert table is not None
    assert set(table.text()["judged"]) == {"inte jämförbar"}
    assert table.footnotes == ("Varför.",)
    (told,) = leads(figures, "unsafe_evening", AREA).values()
    assert told.endswith("Andelen går inte att jämföra med den från 2021.")
    assert "Ingen andel" in summary(figures, AREA)[0]
