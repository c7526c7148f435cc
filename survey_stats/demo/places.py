"""Where people of the demo live, and how burdened the places are taken to be."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from survey_stats.harmonise import Geography

CITY = "Stockholm"

# how much more (or less) insecurity people report than the average of the region, on a logit
# scale before each question's own sensitivity: made up, in the direction that is well known
_BURDEN = {
    "Rinkeby-Kista": 1.0,
    "Spånga-Tensta": 0.75,
    "Hässelby-Vällingby": 0.6,
    "Skärholmen": 0.85,
    "Farsta": 0.35,
    "Enskede-Årsta-Vantör": 0.2,
    "Skarpnäck": 0.1,
    "Älvsjö": -0.05,
    "Hägersten-Liljeholmen": -0.1,
    "Bromma": -0.35,
    "Kungsholmen": -0.4,
    "Norrmalm": -0.3,
    "Östermalm": -0.35,
    "Södermalm": -0.2,
    "Botkyrka": 0.6,
    "Södertälje": 0.6,
    "Haninge": 0.3,
    "Huddinge": 0.3,
    "Järfälla": 0.25,
    "Sigtuna": 0.3,
    "Upplands Väsby": 0.2,
    "Upplands-Bro": 0.25,
    "Danderyd": -0.7,
    "Lidingö": -0.6,
    "Ekerö": -0.6,
    "Täby": -0.4,
    "Vaxholm": -0.8,
    "Värmdö": -0.4,
    "Gotland": -0.6,
}

# stadsdelar that the documents call more or less safe than the rest of their district: standard
# deviations between stadsdelar, made up in the direction that they say
KNOWN_LEANINGS = {
    "Hässelby gård": 1.6,
    "Vällingby": 1.0,
    "Hässelby strand": 1.1,
    "Råcksta": 0.5,
    "Grimsta": 0.2,
    "Vinsta": 0.0,
    "Hässelby villastad": -0.6,
    "Kälvesta": -0.6,
    "Nälsta": -1.0,
    "Fruängen": 1.3,
    "Solberga": 1.1,
    "Västertorp": 0.7,
    "Liljeholmen": 0.6,
    "Långsjö": -0.8,
    "Mälarhöjden": -0.8,
}

# the square that answers on disorder are about, by where people live
SQUARES = {
    "Hässelby gård": "Hässelby torg",
    "Vällingby": "Vällingby centrum",
    "Hässelby villastad": "Åkermyntans centrum",
    "Kälvesta": "Åkermyntans centrum",
    "Hässelby strand": "Maltesholmstorget",
}


def burden(area: str) -> float:
    """The burden of a district (cut of 14) or municipality; 0 is the average of the region."""
    return _BURDEN.get(area, 0.0)


def neighbourhoods() -> list[str]:
    """Every stadsdel, in the order of the shipped map."""
    return list(Geography.load().home)


def oldest_district(neighbourhood: str) -> str:
    """The district of a stadsdel in the finest cut, that of 14 districts."""
    return Geography.load().home[neighbourhood]


def districts_of(names: Iterable[str], when: int | datetime.date) -> list[str]:
    """The district of each stadsdel in the cut of a year or a date.

    >>> districts_of(["Husby", "Fruängen"], 2023)
    ['Järva', 'Hägersten-Älvsjö']
    """
    geography = Geography.load()
    return [geography.district_of(n, when) for n in names]


def municipalities() -> list[str]:
    """The municipalities of the police region, sorted."""
    return sorted(Geography.load().municipalities)
