"""The real variable numbers and codes of Stockholmsenkäten, 2022 and 2024.

Source: the codebook of 2024 and the list of old and new item numbers in the repository
pgmj/DIDreport, CC BY 4.0.
"""

import pytest

import survey_stats as ss


@pytest.fixture(scope="module")
def book():
    return ss.Codebook.load("school_survey")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("unsafe_evening", "F100", "F102"),
        ("gender", "Kön", "F2"),
        ("age_group", "ARSKURS", "Arskurs"),
        ("district", "F3_Omkodad", "F3_Omkodad"),
        ("school_district", "SkolSDO", "SkolSDO"),
        ("municipality", "Hemkommun", "Hemkommun"),
        ("victim_threat", "f78aa", "F80aa"),
        ("victim_robbery", "f78ba", "F80ba"),
        ("victim_theft", "f78ca", "F80ca"),
        ("victim_violence", "f78da", "F80da"),
        ("victim_rape", "f78ea", "F80ea"),
    ],
)
def test_old_and_new_numbers(book, name, old, new):
    assert book.item(name, 2022).variable == old
    assert book.item(name, 2024).variable == new


def test_the_question_of_2024_alone_is_not_counted(book):
    assert book.item("victim_sexual_act", 2024).variable == "F80fa"
    assert list(book.parts["victim_sexual_act"].waves) == [2024]
    assert "victim_sexual_act" not in book.questions["victim_any_crime"].derived.any_of


def test_the_evening_answers(book):
    for wave in book.waves:
        assert book.codes(book.item("unsafe_evening", wave)) == {
            "1": "very_safe",
            "2": "fairly_safe",
            "3": "fairly_unsafe",
            "4": "very_unsafe",
            "5": "stays_in_worry",
            "6": "stays_in_other",
        }
        assert book.missing(book.item("unsafe_evening", wave), wave)["999"] == "no_answer"
    words = [t.sv for t in book.scales["evening6"].answers.values()]
    assert words[:4] == ["Mycket trygg", "Ganska trygg", "Ganska otrygg", "Mycket otrygg"]


def test_gender_and_victimisation(book):
    item = book.item("gender", 2024)
    assert book.codes(item) == {"1": "men", "2": "women"}
    assert book.missing(item, 2024)["3"] == "third_gender"
    assert book.codes(book.item("victim_theft", 2024)) == {"1": "no", "2": "yes"}


def test_home_districts(book):
    item = book.item("district", 2024)
    codes = book.codes(item)
    assert codes["101"] == "Järva"
    assert codes["102"] == "Hässelby-Vällingby"
    assert codes["105"] == "Norra innerstaden"
    assert codes["111"] == "Skärholmen"
    assert len(codes) == 11
    missing = book.missing(item, 2024)
    assert missing["199"] == "unspecified"
    assert missing["99"] == "no_answer"
    assert missing["4"] == missing["312"] == missing["508"] == "outside_the_city"
    assert "308" not in missing


def test_the_schools_are_the_clusters_and_nobody_has_a_weight(book):
    assert [w.psu for w in book.waves.values()] == [
        "SkolID_gammal", "Skolenhetskod", "Skolenhetskod", "Skolenhetskod",
    ]  # fmt: skip
    assert all(w.weight.constant == 1.0 and w.stratum is None for w in book.waves.values())
