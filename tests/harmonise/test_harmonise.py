import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import CodebookError, DesignError, InputError, UnknownNameError
from survey_stats.harmonise import Geography

DESIGN_COLUMNS = [
    "survey", "wave", "respondent", "weight", "stratum", "psu", "municipality", "district",
    "district_own_year", "neighbourhood", "place", "gender", "age_group", "disability",
]  # fmt: skip


def test_the_columns_are_those_of_the_contract(city, school, region):
    frame = ss.harmonise(city.delivery(), "city_safety").frame
    assert list(frame) == [
        *DESIGN_COLUMNS, *ss.Codebook.load("city_safety").questions,
        "unsafe_evening__city", "unsafe_evening__health_portal", "unsafe_evening__research",
    ]  # fmt: skip
    assert frame["wave"].dtype == "int64"
    assert frame["weight"].dtype == "float64"
    assert (frame.dtypes.iloc[14:] == "boolean").all()
    school_frame = ss.harmonise(school.delivery(), "school_survey").frame
    assert list(school_frame) == [
        *DESIGN_COLUMNS, "unsafe_evening", "victim_any_crime", "unsafe_evening__city",
        "unsafe_evening__health_portal", "unsafe_evening__research", "school_district",
    ]  # fmt: skip
    region_frame = ss.harmonise(region.delivery(), "regional_safety").frame
    assert list(region_frame) == [
        *DESIGN_COLUMNS, "unsafe_neighbourhood", "unsafe_evening", "worry_crime_monthly",
        "victim_any_crime", "unsafe_evening__city", "unsafe_evening__research",
    ]  # fmt: skip


def test_the_values_of_the_vocabulary(city, school):
    frame = ss.harmonise(city.delivery(), "city_safety").frame
    assert set(frame["survey"]) == {"city_safety"}
    assert set(frame["municipality"]) == {"Stockholm"}
    assert set(frame["gender"]) == {"women", "men"}
    assert set(frame["disability"]) == {"yes", "no"}
    assert set(frame["age_group"]) <= {"16-19", "20-29", "30-44", "45-64", "65-79", "80+"}
    assert frame["place"].isna().all()
    assert (frame["psu"] == frame["respondent"]).all()
    pupils = ss.harmonise(school.delivery(), "school_survey").frame
    assert set(pupils["age_group"]) == {"year 9", "upper secondary 2"}
    assert pupils["disability"].isna().all()
    assert (pupils["weight"] == 1).all()
    assert set(pupils["stratum"]) == {"all"}
    assert pupils["psu"].nunique() == 5


def test_the_three_codings_by_hand(city):
    variable = city.variable("unsafe_evening")
    city.frame[variable] = [1.0, 2, 3, 4, 5, 6, 99, np.nan, 1, 1] * 6
    harmonised = ss.harmonise(city.delivery(), "city_safety")
    first = harmonised.frame.iloc[:8]
    na = pd.NA
    expected = {
        "city": [False, False, True, True, True, True, na, na],
        "health_portal": [False, False, True, True, True, False, na, na],
        "research": [False, False, True, True, na, na, na, na],
    }
    for coding, values in expected.items():
        assert first[f"unsafe_evening__{coding}"].tolist() == values
    assert harmonised.codings == {"unsafe_evening": "city"}
    assert first["unsafe_evening"].tolist() == expected["city"]
    other = ss.harmonise(city.delivery(), "city_safety", codings={"unsafe_evening": "research"})
    assert other.codings == {"unsafe_evening": "research"}
    assert other.frame["unsafe_evening"].iloc[:8].tolist() == expected["research"]
    missing = other.missing.set_index(["question", "reason"])["n"]
    assert missing["unsafe_evening", "left_out_by_coding"] == 12
    assert missing["unsafe_evening", "no_answer"] == 6
    assert missing["unsafe_evening", "blank"] == 6
    assert ("unsafe_evening__city", "left_out_by_coding") not in missing.index


def test_a_reversed_scale_says_the_same(make_delivery):
    straight, reverse = make_delivery("city_safety", 2017), make_delivery("city_safety", 2020)
    straight.frame[straight.variable("worry_crime_monthly")] = [1.0, 2, 3, 4, 5, 9] * 10
    reverse.frame[reverse.variable("worry_crime_monthly")] = [5.0, 4, 3, 2, 1, 99] * 10
    told = [
        ss.harmonise(small.delivery(), "city_safety").frame["worry_crime_monthly"].tolist()[:6]
        for small in (straight, reverse)
    ]
    assert told[0] == told[1] == [False, False, True, True, True, pd.NA]


def test_any_of_the_crimes(city):
    parts = city.book.questions["victim_any_crime"].derived.any_of
    variables = [city.variable(p) for p in parts]
    city.frame[variables] = 0.0
    city.frame.loc[0, variables[3]] = 1.0
    city.frame.loc[1, variables] = 99.0
    city.frame.loc[2, variables[0]] = 98.0
    harmonised = ss.harmonise(city.delivery(), "city_safety")
    assert harmonised.frame["victim_any_crime"].tolist()[:4] == [True, pd.NA, False, False]


def test_districts_in_the_cut_of_2023_and_of_the_own_year(make_delivery):
    for wave, n in ((2017, 14), (2020, 13), (2023, 11)):
        small = make_delivery("city_safety", wave, n=600)
        frame = ss.harmonise(small.delivery(), "city_safety").frame
        assert small.book.waves[wave].districts_as_of.year == wave
        assert frame["district_own_year"].nunique() == n
        assert frame["district"].nunique() == 11
        assert frame["district"].notna().all()
        merged = frame[frame["district"] == "Hägersten-Älvsjö"]["district_own_year"].unique()
        expected = {"Älvsjö", "Hägersten-Liljeholmen"} if wave == 2017 else {"Hägersten-Älvsjö"}
        assert set(merged) == expected


def test_a_school_delivery_in_later_districts_cannot_tell_the_old_ones(make_delivery):
    small = make_delivery("school_survey", 2018, n=300)
    harmonised = ss.harmonise(small.delivery(), "school_survey")
    jarva = harmonised.frame[harmonised.frame["district"] == "Järva"]
    assert len(jarva)
    assert jarva["district_own_year"].isna().all()
    farsta = harmonised.frame[harmonised.frame["district"] == "Farsta"]
    assert set(farsta["district_own_year"]) == {"Farsta"}
    missing = harmonised.missing.set_index(["question", "reason"])["n"]
    assert missing["district_own_year", "later_districts"] > 0


def test_home_district_and_school_district_are_different(school):
    frame = ss.harmonise(school.delivery(), "school_survey").frame
    assert (frame["district"] != frame["school_district"]).any()


def test_a_pupil_from_another_municipality(school):
    home, municipality = school.variable("district"), school.variable("municipality")
    school.frame.loc[0, [home, municipality]] = [4.0, 4.0]
    school.frame.loc[1, home] = 199.0
    school.frame.loc[2, school.variable("gender")] = 3.0
    harmonised = ss.harmonise(school.delivery(), "school_survey")
    row = harmonised.frame.iloc[0]
    assert row["municipality"] == "Solna"
    assert pd.isna(row["district"])
    missing = harmonised.missing.set_index(["question", "reason"])["n"]
    assert missing["district", "outside_the_city"] == 1
    assert missing["district", "unspecified"] == 1
    assert missing["gender", "third_gender"] == 1


def test_a_blank_district_in_the_city_is_a_blank(region):
    region.frame.loc[[0, 1], ["Stadsdelsomrade", "Stadsdel"]] = None
    region.frame.loc[1, "Kommun"] = "Huddinge"
    harmonised = ss.harmonise(region.delivery(), "regional_safety")
    missing = harmonised.missing.set_index(["question", "reason"])["n"]
    for column in ("district", "district_own_year", "neighbourhood"):
        assert missing[column, "blank"] == 1
        assert missing[column, "outside_the_city"] == 1


def test_missing_and_answered_add_up(city, school, region):
    for small in (city, school, region):
        harmonised = ss.harmonise(small.delivery(), small.book)
        n = len(harmonised.frame)
        missing = harmonised.missing.groupby("question")["n"].sum()
        for column in harmonised.frame.columns[6:]:
            if column != "school_district":
                answered = int(harmonised.frame[column].notna().sum())
                assert answered + missing.get(column, 0) == n, column


def test_provenance_leads_back_to_the_codes(city):
    provenance = ss.harmonise(city.delivery(), "city_safety").provenance
    counted = city.frame["F14"].value_counts()
    for row in provenance[provenance["question"] == "unsafe_evening"].itertuples():
        assert row.variable == "F14"
        assert counted[float(row.code)] == row.n
    assert provenance.groupby("question")["n"].sum().eq(len(city.frame)).all()


def test_a_file_is_the_same_as_the_delivery_in_memory(city, tmp_path):
    path = city.sav(tmp_path / "SDO_2020.sav")
    from_file = ss.harmonise(path, "city_safety")
    in_memory = ss.harmonise(city.delivery(), "city_safety")
    pd.testing.assert_frame_equal(from_file.frame, in_memory.frame)
    read_first = ss.harmonise(ss.read(path), "city_safety")
    pd.testing.assert_frame_equal(from_file.frame, read_first.frame)
    assert from_file.manifest.file == "SDO_2020.sav"
    assert len(from_file.manifest.sha256) == 64


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet", ".dta"])
def test_a_round_trip_through_every_format(school, tmp_path, ending):
    path = tmp_path / f"delivery{ending}"
    frame = school.frame.copy()
    frame.loc[3, "F102"] = np.nan
    school.frame = frame
    expected = ss.harmonise(school.delivery(), "school_survey").frame
    if ending == ".csv":
        frame.to_csv(path, sep=";", decimal=",", index=False, encoding="cp1252")
    elif ending == ".xlsx":
        frame.to_excel(path, index=False)
    elif ending == ".parquet":
        frame.to_parquet(path)
    else:
        import pyreadstat

        pyreadstat.write_dta(frame, path)
    pd.testing.assert_frame_equal(ss.harmonise(path, "school_survey").frame, expected)


def test_the_order_of_columns_and_rows_does_not_matter(city):
    expected = ss.harmonise(city.delivery(), "city_safety").frame
    rng = np.random.default_rng(3)
    shuffled = city.frame.iloc[rng.permutation(len(city.frame)), ::-1]
    city.frame = shuffled.reset_index(drop=True)
    frame = ss.harmonise(city.delivery(), "city_safety").frame
    frame = frame.sort_values("respondent", key=lambda r: r.astype(int), ignore_index=True)
    pd.testing.assert_frame_equal(frame, expected)


def test_the_survey_has_the_design(city, school):
    survey = ss.harmonise(school.delivery(), "school_survey").survey()
    assert (survey.name, survey.wave) == ("school_survey", 2024)
    table = survey.share("unsafe_evening").to_frame()
    assert table["df"].iloc[0] == 4  # five schools
    with pytest.raises(DesignError, match="single PSU"):
        ss.harmonise(city.delivery(), "city_safety").survey()
    city.frame["STADSDEL"] = 1.0
    district = Geography.load().district_of(next(iter(Geography.load().home)), 2020)
    districts = city.book.codes(city.book.item("district", 2020))
    city.frame["SDO"] = next(float(c) for c, name in districts.items() if name == district)
    direct = ss.harmonise(city.delivery(), "city_safety")
    share = direct.survey().share("unsafe_evening").to_frame()["estimate"].iloc[0]
    yes = direct.frame["unsafe_evening"].astype(float)
    weight = direct.frame["weight"]
    assert share == pytest.approx((yes * weight).sum() / weight.sum())


def test_text_and_number_codes_say_the_same(region):
    expected = ss.harmonise(region.delivery(), "regional_safety").frame
    region.frame["F6"] = region.frame["F6"].map(lambda v: f"0{int(v)}")
    region.frame["Kommun"] = "STOCKHOLMS STAD"
    region.frame["Stadsdelsomrade"] = region.frame["Stadsdelsomrade"].str.upper() + " SDO"
    frame = ss.harmonise(region.delivery(), "regional_safety").frame
    pd.testing.assert_frame_equal(frame, expected)


def complaint(small, error=CodebookError, **options):
    with pytest.raises(error) as caught:
        ss.harmonise(small.delivery(), small.book, **options)
    text = str(caught.value)
    assert "\n" not in text
    assert small.file in text
    return text


def test_an_unknown_code_names_file_variable_code_count_and_row(city):
    city.frame.loc[[16, 20], "F14"] = 7.0
    text = complaint(city)
    for part in ("'F14'", "unsafe_evening", "code 7", "2 times", "row 17", "1, 2, 3, 4, 5, 6"):
        assert part in text


def test_an_age_that_cannot_be(city):
    city.frame.loc[4, "ALDER"] = 15.0
    assert "an age is 16 to 120" in complaint(city)


def test_a_neighbourhood_that_is_not_there(city):
    labels = city.value_labels["STADSDEL"]
    code = city.frame["STADSDEL"][0]
    labels[code] = "Kysta"
    text = complaint(city)
    assert "no neighbourhood 'Kysta'" in text
    assert "did you mean 'Kista'" in text
    del labels[code]
    assert "no value label" in complaint(city)


def test_a_district_of_another_cut_is_told_as_such(region):
    region.frame.loc[0, "Stadsdelsomrade"] = "Norrmalm"
    assert "is a district in the cut of 2019" in complaint(region)


def test_what_the_delivery_declares_missing(city):
    city.frame.loc[0, "F14"] = 97.0
    city.missing["F14"] = [97, 99]
    harmonised = ss.harmonise(city.delivery(), "city_safety")
    missing = harmonised.missing.set_index(["question", "reason"])["n"]
    assert missing["unsafe_evening", "declared_missing"] == 1
    city.frame.loc[1, "F14"] = 6.0
    city.missing["F14"] = [6, 97]
    assert "declares it missing and the codebook reads it as 'stays_in_other'" in complaint(city)


def test_shuffled_value_labels_stop_the_harmonisation(city):
    city.frame["F14"] = [1.0, 4.0] * 30
    city.value_labels["F14"] = {1.0: "Mycket trygg", 4.0: "Mycket otrygg"}
    ss.harmonise(city.delivery(), "city_safety")
    city.value_labels["F14"] = {1.0: "MYCKET OTRYGG", 4.0: "Mycket trygg"}
    text = complaint(city)
    assert "label is that of 'very_unsafe'" in text
    assert "'very_safe'" in text


def test_swapped_columns_are_seen_in_the_labels(city):
    own, other = (city.book.parts[p].text.sv for p in ("victim_theft", "victim_threat"))
    city.labels = {"F31_1": own.upper()}
    ss.harmonise(city.delivery(), "city_safety")
    city.labels = {"F31_1": other}
    assert "'F31_1' (victim_theft), labelled 'Utsatt för hot'" in complaint(city)


def test_women_and_men_swapped_in_the_labels(city):
    city.value_labels["KON"] = {1.0: "Kvinna", 2.0: "Man"}
    assert "label is that of" in complaint(city)


@pytest.mark.parametrize(
    ("value", "shown"), [(-2.0, "-2.0"), (0.0, "0.0"), (np.nan, "missing"), (np.inf, "inf")]
)
def test_a_weight_that_cannot_be(city, value, shown):
    city.frame.loc[7, "VIKT"] = value
    text = complaint(city, DesignError)
    assert f"row 8 is {shown}" in text
    assert "'VIKT'" in text


def test_weights_that_are_no_numbers(region):
    region.frame["Vikt"] = region.frame["Vikt"].astype(str).str.replace(".", ",")
    assert "weights must be positive numbers" in complaint(region, DesignError)
    region.frame.loc[8, "Vikt"] = "okänd"
    assert "the weight in row 9 is okänd (1 such row)" in complaint(region, DesignError)


def test_doubled_and_missing_keys(city):
    city.frame.loc[5, "LOPNR"] = 1.0
    assert "the key '1' is in rows 1, 6 (doubled keys: 1)" in complaint(city, InputError)
    city.frame.loc[5, "LOPNR"] = np.nan
    assert "row 6 has no key (1 such row)" in complaint(city, InputError)


def test_a_missing_stratum_or_school(city, school):
    school.frame.loc[9, "Skolenhetskod"] = np.nan
    assert "row 10 has no PSU (1 such row)" in complaint(school, DesignError)
    city.frame["STADSDEL"] = city.frame["STADSDEL"].astype(object)
    city.frame.loc[2, "STADSDEL"] = None
    assert "row 3 has no stratum" in complaint(city, DesignError)


def test_no_respondents(city):
    city.frame = city.frame.iloc[:0]
    assert "no respondents" in complaint(city, InputError)


def test_names_that_are_not_there(city):
    with pytest.raises(UnknownNameError, match="did you mean 'research'"):
        ss.harmonise(city.delivery(), "city_safety", codings={"unsafe_evening": "reserch"})
    with pytest.raises(UnknownNameError, match="did you mean 'unsafe_evening'"):
        ss.harmonise(city.delivery(), "city_safety", codings={"unsafe_evning": "city"})
    with pytest.raises(UnknownNameError, match="wave '2021'"):
        ss.harmonise(city.delivery(), "city_safety", wave=2021)
