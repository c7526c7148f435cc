import datetime

import pandas as pd
import pytest

from survey_stats.errors import UnknownNameError, fold
from survey_stats.harmonise import Geography, to_cut


@pytest.fixture(scope="module")
def geo():
    return Geography.load()


@pytest.mark.parametrize(
    ("when", "n"),
    [
        (2017, 14),
        (2019, 14),
        (datetime.date(2020, 6, 30), 14),
        (datetime.date(2020, 7, 1), 13),
        (2020, 13),
        (2022, 13),
        (datetime.date(2023, 6, 30), 13),
        (datetime.date(2023, 7, 1), 11),
        (2023, 11),
        (2025, 11),
    ],
)
def test_how_many_districts_there_were(geo, when, n):
    assert len(geo.districts(when)) == n


def test_the_eleven_districts_in_the_order_of_the_school_codes(geo):
    assert geo.districts(2023) == [
        "Järva", "Hässelby-Vällingby", "Bromma", "Kungsholmen", "Norra innerstaden", "Södermalm",
        "Enskede-Årsta-Vantör", "Skarpnäck", "Farsta", "Hägersten-Älvsjö", "Skärholmen",
    ]  # fmt: skip


def test_every_district_of_2017_goes_to_one_of_2023(geo):
    walk = geo.crosswalk(2017, 2023)
    assert len(walk) == 14
    assert set(walk.values()) == set(geo.districts(2023))
    assert walk["Rinkeby-Kista"] == walk["Spånga-Tensta"] == "Järva"
    assert walk["Norrmalm"] == walk["Östermalm"] == "Norra innerstaden"
    assert walk["Älvsjö"] == walk["Hägersten-Liljeholmen"] == "Hägersten-Älvsjö"
    assert walk["Farsta"] == "Farsta"


def test_backwards_the_merged_districts_cannot_be_told(geo):
    walk = geo.crosswalk(2023, 2017)
    assert {d for d, old in walk.items() if old is None} == {
        "Järva", "Norra innerstaden", "Hägersten-Älvsjö",
    }  # fmt: skip
    assert geo.crosswalk(2020, 2017)["Hägersten-Älvsjö"] is None
    assert geo.crosswalk(2023, 2023) == {d: d for d in geo.districts(2023)}


def test_sums_are_conserved_by_to_cut():
    names = pd.Series(["Norrmalm", "Östermalm", "Farsta", None, "Farsta"], index=[3, 4, 5, 6, 7])
    told = to_cut(names, 2020, 2023)
    assert told.value_counts().to_dict() == {"Norra innerstaden": 2, "Farsta": 2}
    assert told.isna().tolist() == [False, False, False, True, False]
    assert told.index.tolist() == [3, 4, 5, 6, 7]


def test_a_name_of_another_cut_is_an_error():
    with pytest.raises(UnknownNameError, match="the cut of 2023"):
        to_cut(["Norrmalm"], 2023, 2020)


def test_the_neighbourhoods(geo):
    assert len(geo.home) == 117
    assert len({fold(name) for name in geo.home}) == 117
    assert set(geo.home.values()) == set(geo.districts(2017))
    hv = {n for n in geo.home if geo.district_of(n) == "Hässelby-Vällingby"}
    assert hv == {
        "Grimsta", "Hässelby gård", "Hässelby strand", "Hässelby villastad", "Kälvesta", "Nälsta",
        "Råcksta", "Vinsta", "Vällingby",
    }  # fmt: skip
    # the joint picture of 2024 counts 17 of them in Hägersten-Älvsjö
    assert sum(geo.district_of(n) == "Hägersten-Älvsjö" for n in geo.home) == 17
    assert geo.district_of("Fruängen", 2019) == "Hägersten-Liljeholmen"
    assert geo.district_of("Fruängen", 2020) == "Hägersten-Älvsjö"


@pytest.mark.parametrize(
    ("delivered", "level", "name", "how"),
    [
        ("Hässelby-Vällingby", "district", "Hässelby-Vällingby", "exact"),
        ("HASSELBY VALLINGBY", "district", "Hässelby-Vällingby", "spelling"),
        ("Hässelby–Vällingby stadsdelsområde", "district", None, None),
        ("Norra Innerstaden", "district", "Norra innerstaden", "spelling"),
        ("Enskede-Årsta-Vantörs SDN", "district", None, None),
        ("Skärholmen SDO", "district", "Skärholmen", "spelling"),
        ("FRUÄNGEN", "neighbourhood", "Fruängen", "spelling"),
        ("Ulvsunda industriomr", "neighbourhood", "Ulvsunda industriområde", "alias"),
        ("Gärdet", "neighbourhood", "Ladugårdsgärdet", "alias"),
        ("Upplands Väsby", "municipality", "Upplands Väsby", "exact"),
        ("Huddinge kommun", "municipality", "Huddinge", "spelling"),
        ("Stockholms stad", "municipality", "Stockholm", "alias"),
        ("Uppsala", "municipality", None, None),
        ("Kysta", "neighbourhood", None, None),
        ("", "neighbourhood", None, None),
    ],
)
def test_names_are_matched_and_never_guessed(geo, delivered, level, name, how):
    found, unknown = geo.match([delivered], level)
    if name is None:
        assert unknown == [delivered]
        assert not found
    else:
        assert (found[delivered].name, found[delivered].how) == (name, how)
        assert not unknown


def test_municipalities_of_the_police_region(geo):
    assert len(geo.municipalities) == 27
    assert "Gotland" in geo.municipalities


def test_an_unknown_neighbourhood(geo):
    with pytest.raises(UnknownNameError, match="Kista"):
        geo.district_of("Kysta")
