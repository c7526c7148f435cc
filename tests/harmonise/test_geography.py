import datetime

import pandas as pd
import pytest

from survey_stats.errors import InputError, UnknownNameError, fold
from survey_stats.harmonise import Geography, sums_in_cut, to_cut
from survey_stats.weight import population_table


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
        ("Hässelby–Vällingby stadsdelsområde", "district", "Hässelby-Vällingby", "spelling"),
        ("Norra Innerstaden", "district", "Norra innerstaden", "spelling"),
        ("Enskede-Årsta-Vantörs SDN", "district", "Enskede-Årsta-Vantör", "spelling"),
        ("HÄGERSTEN \u2013 ÄLVSJÖ", "district", "Hägersten-Älvsjö", "spelling"),
        ("Ha\u0308gersten\u2011A\u0308lvsjo\u0308", "district", "Hägersten-Älvsjö", "spelling"),
        ("Kungsholmens stadsdelsförvaltning", "district", "Kungsholmen", "spelling"),
        ("Stadsdelsområde Farsta", "district", "Farsta", "spelling"),
        ("07 Farsta", "district", "Farsta", "spelling"),
        ("Farsta (SDO)", "district", "Farsta", "spelling"),
        ("Kungsholmens", "district", None, None),
        ("Hassleby-Vällingby", "district", None, None),
        ("Norrmalm", "district", None, None),
        ("Farsta, Skarpnäck", "district", None, None),
        ("7", "district", None, None),
        ("Hässelby Gård", "neighbourhood", "Hässelby gård", "spelling"),
        ("Hässelby-Villastad", "neighbourhood", "Hässelby villastad", "spelling"),
        ("N. Djurgården", "neighbourhood", "Norra Djurgården", "alias"),
        ("Ulvsunda ind.omr", "neighbourhood", "Ulvsunda industriområde", "alias"),
        ("Skarpnäck", "neighbourhood", None, None),
        ("Hammarby sjöstad", "neighbourhood", None, None),
        ("Skärholmen SDO", "district", "Skärholmen", "spelling"),
        ("FRUÄNGEN", "neighbourhood", "Fruängen", "spelling"),
        ("Ulvsunda industriomr", "neighbourhood", "Ulvsunda industriområde", "alias"),
        ("Gärdet", "neighbourhood", "Ladugårdsgärdet", "alias"),
        ("Upplands Väsby", "municipality", "Upplands Väsby", "exact"),
        ("Huddinge kommun", "municipality", "Huddinge", "spelling"),
        ("Stockholms stad", "municipality", "Stockholm", "spelling"),
        ("0180 Stockholm", "municipality", "Stockholm", "spelling"),
        ("Region Gotland", "municipality", "Gotland", "alias"),
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


# district of the cut of 14 -> published population in 2000 and 2011
PEOPLE = {
    "Rinkeby-Kista": (45078, 46792),
    "Spånga-Tensta": (33949, 38115),
    "Hässelby-Vällingby": (57849, 66721),
    "Bromma": (58506, 67096),
    "Kungsholmen": (52245, 63120),
    "Norrmalm": (61038, 67687),
    "Östermalm": (61519, 66521),
    "Södermalm": (102544, 123468),
    "Enskede-Årsta-Vantör": (80584, 92071),
    "Skarpnäck": (39839, 43961),
    "Farsta": (45447, 51987),
    "Älvsjö": (20744, 25660),
    "Hägersten-Liljeholmen": (59882, 76710),
    "Skärholmen": (31124, 34415),
}


@pytest.fixture(params=[0, 1], ids=["2000", "2011"])
def people(request):
    return pd.Series({name: counts[request.param] for name, counts in PEOPLE.items()})


@pytest.mark.parametrize(("to", "n"), [(2019, 14), (2020, 13), (2023, 11)])
def test_sums_are_conserved_forwards(people, to, n):
    told = sums_in_cut(people, 2011, to)
    assert len(told.sums) == n
    assert told.unmapped.empty
    assert told.sums.sum() == people.sum()
    assert set(told.sums.index) == set(Geography.load().districts(to))


def test_a_merged_district_is_the_sum_of_its_parts(people):
    told = sums_in_cut(people, 2011, 2023).sums
    assert told["Järva"] == people["Rinkeby-Kista"] + people["Spånga-Tensta"]
    assert told["Hägersten-Älvsjö"] == people["Älvsjö"] + people["Hägersten-Liljeholmen"]
    assert told["Farsta"] == people["Farsta"]


def test_step_by_step_is_the_same_as_at_once(people):
    by_way = sums_in_cut(sums_in_cut(people, 2011, 2020).sums, 2020, 2023).sums
    at_once = sums_in_cut(people, 2011, 2023).sums
    pd.testing.assert_series_equal(by_way.sort_index(), at_once.sort_index())


@pytest.mark.parametrize(
    ("from_", "to", "listed"),
    [
        (2023, 2017, {"Järva", "Norra innerstaden", "Hägersten-Älvsjö"}),
        (2023, 2020, {"Järva", "Norra innerstaden"}),
        (2020, 2017, {"Hägersten-Älvsjö"}),
    ],
)
def test_backwards_what_was_split_is_listed_and_nothing_is_lost(people, from_, to, listed):
    merged = sums_in_cut(people, 2011, from_).sums
    told = sums_in_cut(merged, from_, to)
    assert set(told.unmapped.index) == listed
    assert told.sums.sum() + told.unmapped.sum() == people.sum()
    assert told.sums.to_dict() == merged.drop(list(listed)).to_dict()


def test_a_half_is_not_taken_for_a_whole(people):
    told = sums_in_cut(people.drop("Älvsjö"), 2011, 2023)
    assert told.unmapped.to_dict() == {"Hägersten-Liljeholmen": people["Hägersten-Liljeholmen"]}
    assert "Hägersten-Älvsjö" not in told.sums
    assert told.sums.sum() + told.unmapped.sum() == people.sum() - people["Älvsjö"]


def test_sums_of_unknown_or_repeated_districts_are_refused(people):
    with pytest.raises(UnknownNameError, match="the cut of 2023"):
        sums_in_cut(people, 2023, 2017)
    twice = pd.Series([1, 2], index=["Farsta", "Farsta"])
    with pytest.raises(InputError, match="each district once"):
        sums_in_cut(twice, 2023, 2023)


def test_the_shipped_populations_agree_across_cuts():
    table = population_table()
    for year in sorted(set(table.loc[table["cut"] == 14, "year"])):
        own = table[(table["year"] == year) & ~table["area"].isin(["Stockholm", "Restområde"])]
        old = own[own["cut"] == 14].set_index("area")["population"]
        new = own[own["cut"] == 11].set_index("area")["population"]
        if len(old) == 14 and len(new) == 11:
            told = sums_in_cut(old, 2011, 2023).sums
            assert told.sort_index().to_dict() == new.sort_index().to_dict(), year


def test_the_neighbourhood_tells_which_part_of_a_split_district():
    names = pd.Series(["Järva", "Järva", "Järva", "Farsta", None], index=list("abcde"))
    lived = ["Rinkeby", "Tensta", None, "Rinkeby", "Rinkeby"]
    told = to_cut(names, 2023, 2017, lived)
    # a neighbourhood elsewhere does not move anybody, and a missing district stays missing
    assert told.fillna("?").tolist() == [
        "Rinkeby-Kista", "Spånga-Tensta", "?", "Farsta", "?",
    ]  # fmt: skip
    assert told.index.tolist() == list("abcde")
    elsewhere = to_cut(["Järva"], 2023, 2017, ["Fruängen"])
    assert elsewhere.isna().all()
    with pytest.raises(InputError, match="give one for each"):
        to_cut(names, 2023, 2017, ["Rinkeby"])


def test_every_neighbourhood_can_be_told_in_every_cut(geo):
    for year in (2017, 2020, 2023):
        lived = list(geo.home)
        now = [geo.district_of(n) for n in lived]
        told = to_cut(now, 2023, year, lived)
        assert told.tolist() == [geo.district_of(n, year) for n in lived]


def test_the_names_of_the_map_are_placed_one_for_one(geo):
    """The CC0 map writes 117 names in capitals; each is a neighbourhood, and none is left over."""
    found, unknown = geo.match([name.upper() for name in geo.home], "neighbourhood")
    assert not unknown
    assert {m.name for m in found.values()} == set(geo.home)
