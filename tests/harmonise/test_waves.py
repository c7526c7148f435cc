import pytest

import survey_stats as ss
from survey_stats.errors import CodebookError
from survey_stats.harmonise.waves import fitting_codebook


@pytest.mark.parametrize("survey", ss.Codebook.names())
def test_every_wave_is_found_out(make_delivery, survey):
    for wave in ss.Codebook.load(survey).waves:
        harmonised = ss.harmonise(make_delivery(survey, wave, n=5).delivery(), survey)
        assert harmonised.wave == wave
        told_by_year = ss.Codebook.load(survey).waves[wave].year is not None
        assert harmonised.wave_told_by.startswith("the variable" if told_by_year else "its var")
        given = ss.harmonise(make_delivery(survey, wave, n=5).delivery(), survey, wave=wave)
        assert given.wave_told_by == "given"


@pytest.mark.parametrize("survey", ss.Codebook.names())
def test_the_codebook_of_a_delivery_is_found_among_several(make_delivery, survey):
    for wave in ss.Codebook.load(survey).waves:
        delivery = make_delivery(survey, wave, n=5).delivery()
        assert fitting_codebook(delivery, ss.Codebook.names()).survey == survey


def test_a_delivery_that_fits_two_codebooks_alike(make_delivery):
    delivery = make_delivery("city_safety", 2020, n=5).delivery()
    twin = ss.Codebook.load("city_safety").model_copy(update={"survey": "twin"})
    with pytest.raises(CodebookError, match=r"city_safety and twin alike; harmonise it by itself"):
        fitting_codebook(delivery, ["city_safety", twin])


def test_without_a_year_the_notes_tell_and_then_the_file_name(make_delivery):
    small = make_delivery("school_survey", 2022, n=5)
    small.frame = small.frame.drop(columns="ar")
    book = small.book.model_copy(
        update={
            "waves": {y: w.model_copy(update={"year": None}) for y, w in small.book.waves.items()}
        }
    )
    with pytest.raises(CodebookError, match=r"could be the wave of 2020 or 2022 .* give wave="):
        ss.harmonise(small.delivery(), book)
    small.file = "Stockholmsenkaten_2020.sav"
    assert ss.harmonise(small.delivery(), book).wave_told_by == "its file name"
    small.notes = ("Stockholmsenkäten 2022",)
    harmonised = ss.harmonise(small.delivery(), book)
    assert (harmonised.wave, harmonised.wave_told_by) == (2022, "its notes")


def test_a_year_that_contradicts_the_given_wave(school):
    with pytest.raises(CodebookError, match="says 2024, and wave=2022 was given"):
        ss.harmonise(school.delivery(), "school_survey", wave=2022)


def test_a_file_with_several_waves(region):
    region.frame.loc[0, "Ar"] = 2024.0
    with pytest.raises(CodebookError, match="several waves, 2023, 2024"):
        ss.harmonise(region.delivery(), "regional_safety")


def test_a_wave_that_is_not_in_the_codebook(region):
    region.frame["Ar"] = 2025.0
    with pytest.raises(CodebookError, match="says 2025, and the codebook regional_safety has"):
        ss.harmonise(region.delivery(), "regional_safety")


def test_a_renamed_variable_is_told_with_the_nearest_by_label_and_name(city):
    city.frame = city.frame.rename(columns={"F14": "Fraga_14b"})
    city.labels = {"Fraga_14b": "Trygg eller otrygg ensam ute sent på kvällen i området"}
    with pytest.raises(CodebookError) as error:
        ss.harmonise(city.delivery(), "city_safety")
    text = str(error.value)
    assert "F14 (unsafe_evening; did you mean Fraga_14b" in text
    assert "the nearest, 2020" in text


def test_a_delivery_of_another_survey(school):
    with pytest.raises(CodebookError, match="fits no wave of city_safety"):
        ss.harmonise(school.delivery(), "city_safety")


def test_capitals_do_not_matter_unless_two_columns_would_fit(city):
    expected = ss.harmonise(city.delivery(), "city_safety").frame
    city.frame = city.frame.rename(columns={"F14": "f14", "VIKT": "Vikt"})
    assert ss.harmonise(city.delivery(), "city_safety").frame.equals(expected)
    city.frame = city.frame.rename(columns={"Vikt": "viKT"}).assign(vikt=1.0)
    with pytest.raises(CodebookError, match="VIKT"):
        ss.harmonise(city.delivery(), "city_safety")


def test_a_delivery_of_no_survey_is_told_what_it_lacks(tmp_path):
    file = tmp_path / "other.csv"
    file.write_text("a;b\n1;2\n", encoding="utf-8")
    book = fitting_codebook(file, ss.Codebook.names())
    with pytest.raises(CodebookError, match=r"fits no wave of .*, needs variables that are not"):
        ss.harmonise(file, book)
