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


# code -> words of F3_Omkodad in the source, where the city's districts and what is unknown stand
HOME = {
    1: "Stockholm", 99: "Ej svar", 101: "Järva", 102: "Hässelby-Vällingby", 103: "Bromma",
    104: "Kungsholmen", 105: "Norra Innerstaden", 106: "Södermalm", 107: "Enskede-Årsta-Vantör",
    108: "Skarpnäck", 109: "Farsta", 110: "Hägersten-Älvsjö", 111: "Skärholmen",
    199: "Övrigt ospecificerat", 999: "Felaktiga svar",
}  # fmt: skip


@pytest.mark.parametrize("name", ["district", "school_district"])
def test_every_code_of_the_home_district(book, name):
    from survey_stats.errors import fold

    for wave in book.waves:
        item = book.item(name, wave)
        codes, missing = book.codes(item), book.missing(item, wave)
        for code, words in HOME.items():
            if 101 <= code <= 111:
                assert fold(codes[str(code)]) == fold(words)
            else:
                assert str(code) in missing
        # municipalities and their districts: outside the city, every code of the source
        for first, last in [(2, 27), (201, 212), (301, 307), (311, 326), (401, 406), (420, 424),
                            (451, 456), (501, 508)]:  # fmt: skip
            told = {missing.get(str(c)) for c in range(first, last + 1)}
            assert told == {"outside_the_city"}
        assert not set(codes) & set(missing)


def test_the_school_of_2018_has_another_code(book):
    assert [book.waves[w].psu for w in (2018, 2020, 2022, 2024)] == [
        "SkolID_gammal", "Skolenhetskod", "Skolenhetskod", "Skolenhetskod",
    ]  # fmt: skip


def test_user_missing_codes_of_the_source(book):
    for wave, facts in book.waves.items():
        assert {996, 998, 999} == {int(c) for c in facts.missing}, wave
        assert facts.missing[996] == "not_applicable"
        assert facts.missing[998] == "dont_know"
        assert facts.missing[999] == "no_answer"
