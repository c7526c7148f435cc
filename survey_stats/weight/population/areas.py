"""Which areas the names of a table are: districts of a cut, neighbourhoods, municipalities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from survey_stats.errors import InputError, UnknownNameError, enumerate_first
from survey_stats.harmonise import Geography
from survey_stats.place import place
from survey_stats.weight.population import words
from survey_stats.weight.population.cuts import DISTRICT, cut_of, cut_years, districts_of

OUTSIDE = "Restområde"
KINDS = ("district", "neighbourhood", "municipality", "county", "country", "other")


@dataclass(frozen=True)
class Place:
    """An area by its kind (see `table.LEVELS`) and its name."""

    level: str
    area: str


ALL = Place("all", words.ALL)


def places(
    names: Iterable[str], variable: str, where: str, level: str | None = None
) -> dict[str, Place]:
    """What each name of a table's area variable is.

    The city, the people in no district, counties and the country are known by their words; the
    others are all of one kind, the one in which all of them are known. Names of no known kind are
    kept as they are (`other`); where some are known and some are not, the others are an error.

    Args:
        variable: the name of the variable; "stadsdel" says that it holds neighbourhoods.
        where: the file, for messages.
        level: the kind of area, where the caller knows it.

    Raises:
        UnknownNameError: most names are known and this one is not.

    >>> places(["Hela staden", "07 Farsta", "JÄRVA"], "stadsdelsområde", "a table")["JÄRVA"]
    Place(level='district', area='Järva')
    """
    found: dict[str, Place] = {}
    rest: dict[str, str] = {}
    for name in names:
        bare = words.bare_area(name) or name
        if words.is_total(bare):
            found[name] = ALL
        elif words.is_outside(bare):
            found[name] = Place("outside", OUTSIDE)
        elif words.is_country(bare):
            found[name] = Place("country", bare)
        elif words.is_city(bare):
            found[name] = Place("municipality", place().municipality)
        elif words.is_county(bare):
            found[name] = Place("county", bare)
        else:
            rest[name] = bare
    if rest:
        found |= _of_one_kind(rest, variable, where, level)
    return found


def knows(names: Iterable[str]) -> bool:
    """Whether all names are areas that the map or the usual words know.

    >>> knows(["Farsta", "Hela staden"]), knows(["ogifta", "gifta"])
    (True, False)
    """
    try:
        told = places(names, "", "")
    except UnknownNameError:
        return False
    return bool(told) and not any(p.level == "other" for p in told.values())


def _of_one_kind(
    rest: Mapping[str, str], variable: str, where: str, level: str | None
) -> dict[str, Place]:
    known = {kind: _known(rest, kind) for kind in ("district", "neighbourhood", "municipality")}
    if level is not None and level not in known:
        return {name: Place(level, bare) for name, bare in rest.items()}
    order = ["district", "neighbourhood", "municipality"]
    if level is not None:
        order = [level]
    elif words.names_neighbourhoods(variable):
        order = ["neighbourhood", "district", "municipality"]
    for kind in order:
        if len(known[kind]) == len(rest):
            return {name: Place(kind, known[kind][name]) for name in rest}
    best = max(order, key=lambda kind: len(known[kind]))
    if not known[best] and level is None:
        return {name: Place("other", bare) for name, bare in rest.items()}
    lost = next(name for name in rest if name not in known[best])
    raise UnknownNameError(best, lost, sorted(set(_names(best))), where)


def _names(kind: str) -> list[str]:
    geography = Geography.load()
    if kind == DISTRICT:
        return [name for cut in cut_years() for name in districts_of(cut)]
    return geography.names("neighbourhood" if kind == "neighbourhood" else "municipality")


def _known(rest: Mapping[str, str], kind: str) -> dict[str, str]:
    """The names that are areas of a kind, in any cut, as the map spells them."""
    geography = Geography.load()
    found: dict[str, str] = {}
    back = {bare: name for name, bare in rest.items()}
    if kind == DISTRICT:
        for year in cut_years().values():
            matches, _ = geography.match(back, "district", year)
            found |= {back[bare]: match.name for bare, match in matches.items()}
        return found
    matches, _ = geography.match(
        back, "neighbourhood" if kind == "neighbourhood" else "municipality"
    )
    return {back[bare]: match.name for bare, match in matches.items()}


def with_cuts(rows: pd.DataFrame, where: str) -> tuple[pd.DataFrame, list[str]]:
    """District rows with the cut that their names are in, day by day, and what was left out.

    A table over many years may have old and new districts, with dots where a district did not
    exist: those are left out where the others are of one cut by themselves.

    Raises:
        InputError: districts that never existed at the same time have figures for one day.
    """
    notes: list[str] = []
    others = rows[rows["level"] != DISTRICT]
    pieces = [others.assign(cut=pd.array([pd.NA] * len(others), dtype="Int64"))]
    for day, own in rows[rows["level"] == DISTRICT].groupby("date", sort=False):
        names = set(own["area"])
        cut = cut_of(names)
        if cut is None:
            alive = set(own.loc[own["population"].notna(), "area"])
            cut = cut_of(alive)
            if cut is None or not alive:
                newest = set(districts_of(min(cut_years())))
                raise InputError(
                    f"{where} has figures for districts that never existed at the same time "
                    f"({enumerate_first(sorted(alive - newest), 3)} and "
                    f"{enumerate_first(sorted(alive & newest - _lasting()), 3)}) in "
                    f"{pd.Timestamp(str(day)).year}; leave the parts or the wholes out with values="
                )
            gone = sorted(names - alive)
            notes.append(
                f"without figures, and no districts of the cut of {cut}: {enumerate_first(gone, 4)}"
            )
            own = own[own["area"].isin(alive)]
        pieces.append(own.assign(cut=pd.array([cut] * len(own), dtype="Int64")))
    out = pd.concat([piece for piece in pieces if len(piece)], ignore_index=True)
    return out, list(dict.fromkeys(notes))


def _lasting() -> set[str]:
    """The districts that are in every cut."""
    return set.intersection(*(set(districts_of(cut)) for cut in cut_years()))
