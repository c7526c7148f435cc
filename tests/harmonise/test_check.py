import numpy as np
import pytest

from survey_stats.errors import UnknownNameError
from survey_stats.harmonise import check


def problems(small, **options):
    """The problems of a delivery as small as those of the tests."""
    waves = {
        year: wave.model_copy(update={"facts": wave.facts.model_copy(update={"answers": None})})
        for year, wave in small.book.waves.items()
    }
    return check(small.delivery(), small.book.model_copy(update={"waves": waves}), **options)


@pytest.fixture
def clean(city):
    # enough respondents that no stratum is left with one
    city.frame["STADSDEL"] = 1.0
    city.frame["SDO"] = 1.0
    assert problems(city) == []
    return city


def test_a_clean_delivery_has_no_problems(clean, school, region):
    assert problems(clean) == []
    assert problems(school) == []
    assert problems(region) == []


def test_all_problems_at_once_errors_first(clean):
    clean.frame.loc[3, "F14"] = 7.0
    clean.frame.loc[4, "VIKT"] = -1.0
    clean.frame.loc[5, "LOPNR"] = 1.0
    clean.frame.loc[6, "ALDER"] = 15.0
    clean.frame["SDO"] = 9.0
    found = problems(clean)
    assert [p.severity for p in found] == sorted(p.severity for p in found)
    assert {p.kind for p in found} == {
        "unknown code", "weight", "respondent", "age", "geography",
    }  # fmt: skip
    by_kind = {p.kind: p for p in found if p.kind != "unknown code"}
    assert by_kind["weight"].what.endswith("row 5")
    assert by_kind["respondent"].count == 2
    assert by_kind["geography"].count == 60
    codes = {p.where: p for p in found if p.kind == "unknown code"}
    assert codes["F14 (unsafe_evening)"].count == 1
    assert "row 4" in codes["F14 (unsafe_evening)"].what
    assert set(codes) == {"F14 (unsafe_evening)", "ALDER (age_group)"}


def test_a_missing_variable_with_candidates_by_label_and_name(clean):
    clean.frame = clean.frame.rename(columns={"F14": "F14_ny", "F52": "Fraga_x"})
    clean.labels = {"Fraga_x": "Har funktionsnedsättning"}
    found = {p.where: p for p in problems(clean)}
    assert "F14_ny" in found["F14 (unsafe_evening)"].hint
    assert "Fraga_x (Har funktionsnedsättning)" in found["F52 (disability)"].hint
    assert {p.kind for p in found.values()} == {"missing variable"}


def test_labels_and_declarations_that_contradict(clean):
    clean.frame["F14"] = [1.0, 6.0] * 30
    clean.value_labels["F14"] = {1.0: "Mycket otrygg"}
    clean.missing["F14"] = [6]
    kinds = {p.kind for p in problems(clean)}
    assert kinds == {"contradicted label", "contradicted code"}


def test_strata_with_a_single_respondent(clean):
    clean.frame["STADSDEL"] = [1.0] * 59 + [2.0]
    clean.frame["SDO"] = [1.0] * 59 + [1.0]
    found = problems(clean)
    assert [(p.kind, p.severity, p.count) for p in found] == [("stratum", "warning", 1)]


def test_a_lost_decimal_mark_in_a_weight(clean):
    clean.frame["VIKT"] = 1.5
    clean.frame.loc[10, "VIKT"] = 1500.0
    found = problems(clean)
    assert [(p.kind, p.severity) for p in found] == [("weight", "warning")]
    assert "row 11" in found[0].what


def test_weights_with_a_decimal_comma_are_told_from_weights_that_are_lost(clean):
    numbers = clean.frame["VIKT"]
    clean.frame["VIKT"] = [f"{w:.2f}".replace(".", ",") for w in numbers]
    (found,) = [p for p in problems(clean) if p.kind == "weight"]
    assert "decimal comma" in found.hint
    assert f"{numbers[0]:.2f}".replace(".", ",") in found.hint
    clean.frame["VIKT"] = "saknas"
    (found,) = [p for p in problems(clean) if p.kind == "weight"]
    assert found.hint == "ask for the weights again"


def test_years_of_birth_are_told_from_ages_that_cannot_be(clean):
    clean.frame.loc[3, "ALDER"] = 1990.0
    clean.frame.loc[4, "ALDER"] = 400.0
    hints = [p.hint for p in problems(clean) if p.where == "ALDER (age_group)"]
    assert ["year of birth" in hint for hint in hints] == [True, False]


def test_a_wave_that_the_codebook_does_not_have_leads_to_a_draft(clean):
    clean.frame = clean.frame.rename(columns={c: f"X{i}" for i, c in enumerate(clean.frame)})
    first = [p for p in problems(clean, wave=2020) if "draft-codebook" in p.hint]
    assert [(p.severity, p.kind) for p in first] == [("note", "missing variable")]


def test_ages_outside_the_sample(region):
    region.frame["Alder"] = 40.0
    region.frame.loc[0, "Alder"] = 90.0
    found = problems(region)
    assert [(p.kind, p.severity, p.count) for p in found] == [("age", "warning", 1)]


def test_a_question_that_nobody_answered(clean):
    clean.frame["F14"] = 99.0
    assert [p.kind for p in problems(clean)] == ["no answers"]


def test_a_wave_that_cannot_be_told_is_a_problem_and_the_nearest_is_checked(region):
    region.frame["Ar"] = 2025.0
    region.frame.loc[0, "F6"] = 7.0
    kinds = [p.kind for p in problems(region)]
    assert kinds == ["wave", "unknown code"]


def test_missing_design_values(school):
    school.frame.loc[0, "Skolenhetskod"] = np.nan
    school.frame.loc[1, "ID"] = np.nan
    assert {p.kind for p in problems(school)} == {"psu", "respondent"}


def test_another_survey_altogether(school):
    found = check(school.delivery(), "regional_safety")
    assert {p.kind for p in found} == {"missing variable"}
    assert all(p.to_dict()["severity"] == "error" for p in found)
    assert len(found) == 1
    assert "school_survey 2024" in found[0].hint


def test_another_survey_that_no_codebook_knows(school):
    school.frame = school.frame.add_prefix("v_")
    found = check(school.delivery(), "regional_safety")
    assert len(found) == len(found.by_variable()) > 10
    assert {p.kind for p in found} == {"missing variable"}


def test_an_unknown_wave(city):
    with pytest.raises(UnknownNameError):
        problems(city, wave=2019)


def test_a_path(clean, tmp_path):
    path = clean.sav(tmp_path / "a.sav")
    found = check(path, "city_safety")
    assert [(p.kind, p.severity, p.count) for p in found] == [("respondent", "warning", 14940)]
    assert "60 respondents where the codebook tells of 15000" in found[0].what


def test_a_text_file_without_its_last_line_end(region, tmp_path):
    path = tmp_path / "a.csv"
    region.frame.to_csv(path, sep=";", decimal=",", index=False, encoding="cp1252")
    assert "its last line has no line end" not in [p.what for p in check(path, region.book)]
    path.write_bytes(path.read_bytes().rstrip())
    found = [p for p in check(path, region.book) if p.what == "its last line has no line end"]
    assert [(p.severity, p.kind) for p in found] == [("warning", "respondent")]


def test_many_codes_of_a_variable_are_summed_up(city):
    city.value_labels = {}
    found = [p for p in problems(city) if p.where == "STADSDEL (neighbourhood)"]
    assert len(found) == 4
    assert found[-1].what.endswith("more codes that do not fit")
    assert sum(p.count for p in found) == 60


def test_swapped_columns_are_seen_in_the_labels(clean):
    clean.labels = {"F18_1": "Orolig för att bli rånad", "F18_3": "Orolig för inbrott i bostaden"}
    found = problems(clean)
    assert [(p.kind, p.count) for p in found] == [("contradicted label", 60)] * 2
    assert "its label is that of worry_burglary" in found[0].hint
