"""The files look as real deliveries do, and say that they are none."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from survey_stats.demo import file_name
from survey_stats.harmonise import Codebook, Harmonised
from survey_stats.harmonise.geography import Geography
from survey_stats.read import Delivery
from survey_stats.weight import district_population

Wave = tuple[str, int]
WAVES: list[Wave] = [(s, y) for s in Codebook.names() for y in Codebook.load(s).waves]
SAV = [w for w in WAVES if file_name(*w).endswith(".sav")]
CSV = [w for w in WAVES if file_name(*w).endswith(".csv")]


def test_formats_are_those_in_which_real_ones_arrive() -> None:
    assert [file_name("city_safety", y) for y in (2017, 2020, 2023)] == [
        f"SDO_trygghet_{y}_SYNTETISK.sav" for y in (2017, 2020, 2023)
    ]
    assert len(CSV) == 5
    assert file_name("school_survey", 2022).endswith(".sav")
    assert file_name("school_survey", 2024).endswith(".xlsx")


@pytest.mark.parametrize(
    ("wave", "answers"),
    [
        (("city_safety", 2017), 17_669),
        (("city_safety", 2020), 15_000),
        (("city_safety", 2023), 15_000),
        (("regional_safety", 2020), 52_700),
        (("regional_safety", 2021), 43_000),
        (("regional_safety", 2023), 35_000),
        (("regional_safety", 2024), 48_000),
        (("school_survey", 2022), 11_500),
    ],
)
def test_sizes(wave: Wave, answers: int, deliveries: dict[Wave, Delivery]) -> None:
    assert len(deliveries[wave].frame) == answers


def test_known_bases_of_single_areas(pooled: dict[str, pd.DataFrame]) -> None:
    frame = pooled["regional_safety"]
    assert ((frame["wave"] == 2021) & (frame["district"] == "Södermalm")).sum() == 1401
    assert ((frame["wave"] == 2023) & (frame["municipality"] == "Vaxholm")).sum() == 538


def test_2022_covers_two_areas_only(harmonised: dict[Wave, Harmonised]) -> None:
    frame = harmonised["regional_safety", 2022].frame
    area = frame["district"].fillna(frame["municipality"])
    assert set(area) == {"Järva", "Huddinge"}
    # 38 and 47 percent of samples of the same size
    assert (area == "Järva").sum() / (area == "Huddinge").sum() == pytest.approx(38 / 47)


@pytest.mark.parametrize("wave", WAVES)
def test_the_wave_is_found_and_nothing_is_unknown(
    wave: Wave, harmonised: dict[Wave, Harmonised]
) -> None:
    told = harmonised[wave]
    assert told.wave == wave[1]
    assert told.frame["respondent"].is_unique
    assert (told.frame["weight"] > 0).all()
    questions = Codebook.load(wave[0]).columns(wave[1])
    for question in questions:
        share = told.frame[question].astype("Float64").mean()
        lost = told.frame[question].isna().mean()
        assert 0.01 < share < 0.7
        assert 0.005 < lost < 0.05


@pytest.mark.parametrize("wave", SAV)
def test_sav_labels_user_missing_and_marks(wave: Wave, demo_dir: Path) -> None:
    book = Codebook.load(wave[0])
    frame, meta = pyreadstat.read_sav(str(demo_dir / file_name(*wave)), user_missing=True)
    assert meta.file_label.startswith("SYNTETISKA DATA")
    assert any("SYNTETISKA DATA" in note for note in meta.notes)
    assert set(frame["SYNTETISKA_DATA"]) == {"SYNTETISKA DATA"}
    for name in book.questions:
        if wave[1] not in book.questions[name].waves:
            continue
        item = book.item(name, wave[1])
        labels = meta.variable_value_labels[item.variable]
        codes = book.codes(item)
        assert {str(int(c)) for c in labels} >= set(codes)
        declared = {int(r["lo"]) for r in meta.missing_ranges[item.variable]}
        assert declared == {int(c) for c in book.missing(item, wave[1])}
        # every code that occurs has its label, and some answers are user-missing
        assert set(frame[item.variable].dropna()) <= set(labels)
        assert frame[item.variable].isin(declared).any()


def test_a_code_that_is_an_answer_is_never_declared_missing(demo_dir: Path) -> None:
    # 8 and 9 are missing in 2017, and the numbers of two districts
    path = demo_dir / file_name("city_safety", 2017)
    frame, meta = pyreadstat.read_sav(str(path), user_missing=True)
    assert "sdo" not in meta.missing_ranges
    assert set(frame["sdo"]) == set(range(1, 15))


def test_2023_city_tells_once_and_several_times(demo_dir: Path) -> None:
    frame, meta = pyreadstat.read_sav(str(demo_dir / file_name("city_safety", 2023)))
    assert meta.variable_value_labels["Fr28a"][1.0] == "Ja, en gång"
    counts = frame["Fr28a"].value_counts()
    assert counts[3] > counts[1] > counts[2] > 0


@pytest.mark.parametrize("wave", CSV)
def test_csv_is_windows_1252_with_decimal_commas(wave: Wave, demo_dir: Path) -> None:
    raw = (demo_dir / file_name(*wave)).read_bytes()
    head, first, *_ = raw.split(b"\r\n")
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert "Järva".encode("cp1252") in raw or "Rinkeby-Kista" in raw.decode("cp1252")
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    names = head.decode("cp1252").split(";")
    weight = Codebook.load("regional_safety").wave(wave[1]).weight
    assert re.fullmatch(r"\d+,\d+", first.decode("cp1252").split(";")[names.index(weight)])
    assert names[0] == "SYNTETISKA_DATA"
    assert all(line.startswith(b"SYNTETISKA DATA;") for line in raw.split(b"\r\n")[1:-1])


def test_xlsx_marks(demo_dir: Path) -> None:
    path = demo_dir / file_name("school_survey", 2024)
    book = pd.read_excel(path, sheet_name=None, header=None, engine="calamine")
    assert list(book)[:2] == ["Data", "SYNTETISKA DATA"]
    data = pd.read_excel(path, sheet_name="Data", engine="calamine")
    assert set(data["SYNTETISKA_DATA"]) == {"SYNTETISKA DATA"}
    assert "SYNTETISKA DATA" in str(book["SYNTETISKA DATA"].iloc[0, 0])


@pytest.mark.parametrize(
    ("wave", "districts"),
    [
        (("city_safety", 2017), 14),
        (("city_safety", 2020), 13),
        (("city_safety", 2023), 11),
        (("regional_safety", 2021), 13),
        (("regional_safety", 2024), 11),
    ],
)
def test_boundaries_of_the_waves_own_year(
    wave: Wave, districts: int, harmonised: dict[Wave, Harmonised]
) -> None:
    frame = harmonised[wave].frame
    geography = Geography.load()
    own = set(frame["district_own_year"].dropna())
    assert own == set(geography.districts(Codebook.load(wave[0]).wave(wave[1]).districts_as_of))
    assert len(own) == districts
    assert frame["district"].nunique() == 11
    city = frame[frame["neighbourhood"].notna()]
    told = [geography.district_of(n, 2023) for n in city["neighbourhood"].unique()]
    assert city.groupby("neighbourhood", sort=False)["district"].first().tolist() == told


def test_disability_and_the_oldest(harmonised: dict[Wave, Harmonised]) -> None:
    for year in (2017, 2020, 2023):
        frame = harmonised["city_safety", year].frame
        assert set(frame["disability"].dropna()) == {"yes", "no"}
        assert ("80+" in set(frame["age_group"].dropna())) == (year > 2017)
    old = harmonised["city_safety", 2023].frame
    by_age = old["disability"].eq("yes").groupby(old["age_group"]).mean()
    assert by_age["80+"] > 2 * by_age["30-44"]
    assert harmonised["regional_safety", 2023].frame["disability"].isna().all()


def test_region_asks_nobody_above_its_age(deliveries: dict[Wave, Delivery]) -> None:
    for year, oldest in ((2020, 84), (2023, 84), (2024, 85)):
        frame = deliveries["regional_safety", year].frame
        age = frame["ALDER" if year < 2023 else "Alder"]
        assert age[age != 999].max() == oldest
        assert age.min() == 16


@pytest.mark.parametrize("year", [2017, 2020, 2023])
def test_city_weights_sum_to_the_population_of_each_district(
    year: int, harmonised: dict[Wave, Harmonised]
) -> None:
    frame = harmonised["city_safety", year].frame
    cut = {2017: 14, 2020: 13, 2023: 11}[year]
    weighed = frame.groupby("district_own_year")["weight"].sum()
    everybody = district_population(year, cut).set_index("area")["population"]
    share = (weighed / everybody.reindex(weighed.index)).to_numpy()
    # people aged 16 and over, up to 79 in 2017
    assert share.min() > 0.70
    assert share.max() < 0.85


def test_weights_vary_honestly(harmonised: dict[Wave, Harmonised]) -> None:
    frame = harmonised["city_safety", 2023].frame
    n, w = len(frame), frame["weight"]
    assert 1.1 < n * (w**2).sum() / w.sum() ** 2 < 1.6
    mean = w.groupby(frame["age_group"]).mean()
    # the young answer less, so each stands for more
    assert mean["20-29"] > 1.3 * mean["65-79"]
    assert frame.groupby("stratum").size().min() >= 2
    assert frame["stratum"].nunique() == 117


def test_questions_lean_the_same_way(harmonised: dict[Wave, Harmonised]) -> None:
    frame = harmonised["city_safety", 2020].frame
    questions = Codebook.load("city_safety").columns(2020)
    correlation = frame[questions].astype(float).corr().to_numpy()
    off = correlation[~np.eye(len(questions), dtype=bool)]
    assert off.min() > 0.03
    assert correlation[0, 1] > 0.2


def test_school_survey_is_of_whole_schools(harmonised: dict[Wave, Harmonised]) -> None:
    told = harmonised["school_survey", 2022]
    frame = told.frame
    assert frame.groupby("psu").size().min() >= 8
    assert (frame["weight"] == 1).all()
    # pupils of a school answer alike, so clustering costs precision
    assert told.survey().share("unsafe_evening").to_frame()["deff"].iloc[0] > 1.3
    assert told.survey().share("victim_any_crime").to_frame()["deff"].iloc[0] > 1.3
    # one district a school, and homes elsewhere
    assert not frame.drop_duplicates(["psu", "school_district"])["psu"].duplicated().any()
    both = frame.dropna(subset=["district", "school_district"])
    away = (both["district"] != both["school_district"]).groupby(both["age_group"]).mean()
    assert away["year 9"] < 0.4 < away["upper secondary 2"]


def test_school_variables_were_renumbered(deliveries: dict[Wave, Delivery]) -> None:
    before = deliveries["school_survey", 2022].frame
    after = deliveries["school_survey", 2024].frame
    assert "F100" in before
    assert "F102" not in before
    assert "F102" in after
    assert "F100" not in after
    assert 10 < (after["F2"] == 3).sum() < 250
    assert {"Skolenhetskod", "SkolSDO", "F3_Omkodad"} <= set(after.columns)
    assert "SkolID_gammal" in deliveries["school_survey", 2018].frame


def test_school_levels_fall_and_girls_are_less_safe(pooled: dict[str, pd.DataFrame]) -> None:
    frame = pooled["school_survey"].dropna(subset=["unsafe_evening"])
    share = frame["unsafe_evening"].astype(float).groupby(frame["wave"]).mean()
    assert share[2024] < share[2018]
    by_gender = frame["unsafe_evening"].astype(float).groupby(frame["gender"]).mean()
    assert by_gender["women"] > by_gender["men"] + 0.1
