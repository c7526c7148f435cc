"""Districts through time, neighbourhoods in districts, and names as deliveries spell them.

A year's cut is the one in force on 31 December of that year: 2019 has 14 districts, 2020 has 13,
2023 has 11.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import yaml

from survey_stats.errors import UnknownNameError, fold
from survey_stats.resources import data_path

Level = Literal["district", "neighbourhood", "municipality"]


@dataclass(frozen=True)
class Merger:
    """Districts that became one on a day."""

    date: datetime.date
    merged: tuple[str, ...]
    into: str


@dataclass(frozen=True)
class Match:
    """A delivered name and the name it stands for; `how` is exact, spelling or alias."""

    delivered: str
    name: str
    how: Literal["exact", "spelling", "alias"]


@dataclass(frozen=True)
class Geography:
    """The map: districts as dated events, neighbourhoods, municipalities, and their spellings.

    >>> geo = Geography.load()
    >>> [len(geo.districts(year)) for year in (2017, 2020, 2023)]
    [14, 13, 11]
    """

    start: tuple[str, ...]
    mergers: tuple[Merger, ...]
    home: Mapping[str, str]
    municipalities: tuple[str, ...]
    aliases: Mapping[str, Mapping[str, str]]
    suffixes: Mapping[str, tuple[str, ...]]

    @staticmethod
    def load() -> Geography:
        """The shipped map (`data/geography/`)."""
        return _load(data_path("geography"))

    def districts(self, when: int | datetime.date) -> list[str]:
        """The districts in force at a date, or on the last day of a year."""
        names = list(self.start)
        for event in self.mergers:
            if event.date <= _day(when):
                at = min(names.index(old) for old in event.merged)
                names = [n for n in names if n not in event.merged]
                names.insert(at, event.into)
        return names

    def crosswalk(
        self, from_: int | datetime.date, to: int | datetime.date
    ) -> dict[str, str | None]:
        """District in one cut -> district in another; None where it was split up in the other.

        >>> Geography.load().crosswalk(2017, 2023)["Älvsjö"]
        'Hägersten-Älvsjö'
        >>> Geography.load().crosswalk(2023, 2017)["Järva"] is None
        True
        """
        walk: dict[str, str | None] = {}
        for name in self.districts(from_):
            origins = self._origins(name)
            targets = {self._later(origin, to) for origin in origins}
            walk[name] = targets.pop() if len(targets) == 1 else None
        return walk

    def district_of(self, neighbourhood: str, when: int | datetime.date = 2023) -> str:
        """The district of a neighbourhood in the cut of a year.

        >>> Geography.load().district_of("Fruängen", 2017)
        'Hägersten-Liljeholmen'
        """
        if neighbourhood not in self.home:
            raise UnknownNameError("neighbourhood", neighbourhood, self.home)
        return self._later(self.home[neighbourhood], when)

    def names(self, level: Level, when: int | datetime.date = 2023) -> list[str]:
        """The names of a level: districts (of a cut), neighbourhoods or municipalities."""
        if level == "district":
            return self.districts(when)
        return list(self.home) if level == "neighbourhood" else list(self.municipalities)

    def match(
        self,
        delivered: Iterable[Any],
        level: Level,
        when: int | datetime.date = 2023,
    ) -> tuple[dict[str, Match], list[str]]:
        """What each delivered name stands for, and the names that stand for nothing known.

        Case, accents, hyphens, doubled blanks and a trailing word such as "stadsdelsområde" do
        not count; a name that is still not known is never guessed, it is returned as unknown.

        >>> found, unknown = Geography.load().match(["HASSELBY-VALLINGBY SDO", "Väsby"], "district")
        >>> found["HASSELBY-VALLINGBY SDO"].name, unknown
        ('Hässelby-Vällingby', ['Väsby'])
        """
        known = self.names(level, when)
        spelled: dict[str, str] = {}
        for name in known:
            spelled.setdefault(fold(name), name)
        alias = {fold(a): n for a, n in self.aliases[level].items()}
        found: dict[str, Match] = {}
        unknown: list[str] = []
        exact = set(known)
        for name in map(str, delivered):
            plain = self._without_suffix(fold(name), level)
            if name in exact:
                found[name] = Match(name, name, "exact")
            elif plain in spelled:
                found[name] = Match(name, spelled[plain], "spelling")
            elif plain in alias or fold(name) in alias:
                found[name] = Match(name, alias.get(plain) or alias[fold(name)], "alias")
            else:
                unknown.append(name)
        return found, unknown

    def _without_suffix(self, plain: str, level: Level) -> str:
        for suffix in self.suffixes[level]:
            ending = " " + fold(suffix)
            if plain.endswith(ending):
                return plain.removesuffix(ending)
        return plain

    def _origins(self, name: str) -> list[str]:
        for event in self.mergers:
            if event.into == name:
                return [o for old in event.merged for o in self._origins(old)]
        return [name]

    def _later(self, origin: str, when: int | datetime.date) -> str:
        name = origin
        for event in self.mergers:
            if event.date <= _day(when) and name in event.merged:
                name = event.into
        return name


def to_cut(names: Iterable[Any] | pd.Series[Any], from_year: int, to_year: int) -> pd.Series[Any]:
    """District names of one year's cut, told in another year's cut.

    A district that was split up in the other cut (Järva told in 2017) is missing in the result;
    `Geography.crosswalk` lists those.

    Args:
        names: districts in the cut of `from_year`, missing allowed.
        from_year: the year whose 31 December cut `names` are in.
        to_year: the year whose cut is wanted.

    Raises:
        UnknownNameError: a name is no district of `from_year`.

    >>> to_cut(["Norrmalm", "Farsta"], 2020, 2023).tolist()
    ['Norra innerstaden', 'Farsta']
    """
    series = names if isinstance(names, pd.Series) else pd.Series(list(names), dtype=object)
    walk = Geography.load().crosswalk(from_year, to_year)
    codes, uniques = pd.factorize(series)
    told = []
    for name in uniques:
        if name not in walk:
            raise UnknownNameError("district", name, walk, f"the cut of {from_year}")
        told.append(walk[name])
    values = np.array([*told, None], dtype=object)[codes]
    return pd.Series(values, index=series.index, name=series.name)


def _day(when: int | datetime.date) -> datetime.date:
    return when if isinstance(when, datetime.date) else datetime.date(when, 12, 31)


@cache
def _load(folder: Path) -> Geography:
    def content(name: str) -> Any:
        return yaml.safe_load((folder / name).read_text(encoding="utf-8"))

    districts = content("districts.yaml")
    neighbourhoods = content("neighbourhoods.yaml")
    municipalities = content("municipalities.yaml")
    mergers = tuple(
        Merger(e["date"], tuple(e["merged"]), e["into"])
        for e in sorted(districts["events"], key=lambda e: e["date"])
    )
    home = {name: d for d, names in neighbourhoods["districts"].items() for name in names}
    return Geography(
        start=tuple(districts["districts"]),
        mergers=mergers,
        home=home,
        municipalities=tuple(municipalities["municipalities"]),
        aliases={
            "district": districts.get("aliases", {}),
            "neighbourhood": neighbourhoods.get("aliases", {}),
            "municipality": municipalities.get("aliases", {}),
        },
        suffixes={
            "district": tuple(districts["suffixes"]),
            "neighbourhood": (),
            "municipality": tuple(municipalities["suffixes"]),
        },
    )
