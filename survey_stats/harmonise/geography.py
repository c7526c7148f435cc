"""Districts through time, neighbourhoods in districts, and names as deliveries spell them.

A year's cut is the one in force on 31 December of that year: 2019 has 14 districts, 2020 has 13,
2023 has 11.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import yaml

from survey_stats.errors import InputError, UnknownNameError, fold
from survey_stats.place import place
from survey_stats.resources import data_path, has_data

_PUNCTUATION = re.compile(r"[().,:;]")
_LEADING_CODE = re.compile(r"^\d+ ")

Level = Literal["district", "neighbourhood", "municipality"]
# where no districts ever merged, all years have the same
_ANY_YEAR = 2000


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
        """The map of the data in use (`data/geography/`)."""
        return _load(data_path("geography"))

    @property
    def cut(self) -> int:
        """The year whose districts every wave is told in: that of the last merger.

        >>> Geography.load().cut
        2023
        """
        return self.mergers[-1].date.year if self.mergers else _ANY_YEAR

    @property
    def cuts(self) -> tuple[int, ...]:
        """A year in each cut, the oldest first.

        >>> Geography.load().cuts
        (2019, 2020, 2023)
        """
        years = [event.date.year for event in self.mergers]
        return (years[0] - 1, *dict.fromkeys(years)) if years else (_ANY_YEAR,)

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

    def district_of(self, neighbourhood: str, when: int | datetime.date | None = None) -> str:
        """The district of a neighbourhood in the cut of a year, the last one when None.

        >>> Geography.load().district_of("Fruängen", 2017)
        'Hägersten-Liljeholmen'
        """
        if neighbourhood not in self.home:
            raise UnknownNameError("neighbourhood", neighbourhood, self.home)
        return self._later(self.home[neighbourhood], self.cut if when is None else when)

    def names(self, level: Level, when: int | datetime.date | None = None) -> list[str]:
        """The names of a level: districts (of a cut), neighbourhoods or municipalities."""
        if level == "district":
            return self.districts(self.cut if when is None else when)
        return list(self.home) if level == "neighbourhood" else list(self.municipalities)

    def match(
        self,
        delivered: Iterable[Any],
        level: Level,
        when: int | datetime.date | None = None,
    ) -> tuple[dict[str, Match], list[str]]:
        """What each delivered name stands for, and the names that stand for nothing known.

        Case, accents, dashes, punctuation, doubled blanks, a code in front ("07 Farsta") and a
        word such as "stadsdelsområde" before or after the name (which may then stand in the
        genitive) do not count; other spellings are known by the map's list of aliases. A name that
        is still not known is never guessed, it is returned as unknown.

        >>> found, unknown = Geography.load().match(["HASSELBY-VALLINGBY SDO", "Väsby"], "district")
        >>> found["HASSELBY-VALLINGBY SDO"].name, unknown
        ('Hässelby-Vällingby', ['Väsby'])
        """
        known = self.names(level, when)
        spelled: dict[str, str] = {}
        for name in known:
            spelled.setdefault(fold(name), name)
        alias = {_plain(a): n for a, n in self.aliases[level].items()}
        found: dict[str, Match] = {}
        unknown: list[str] = []
        exact = set(known)
        for name in map(str, delivered):
            readings = self._readings(name, level)
            spelling = next((spelled[r] for r in readings if r in spelled), None)
            other = next((alias[r] for r in readings if r in alias), None)
            if name in exact:
                found[name] = Match(name, name, "exact")
            elif spelling is not None:
                found[name] = Match(name, spelling, "spelling")
            elif other is not None:
                found[name] = Match(name, other, "alias")
            else:
                unknown.append(name)
        return found, unknown

    def _readings(self, name: str, level: Level) -> list[str]:
        """A folded name as it is, then without what may stand around it."""
        whole = _plain(name)
        readings = [whole, _LEADING_CODE.sub("", whole)]
        bare = readings[-1]
        for word in map(fold, self.suffixes[level]):
            if bare.endswith(f" {word}"):
                before = bare.removesuffix(f" {word}")
                readings += [before, before.removesuffix("s")]
            elif bare.startswith(f"{word} "):
                readings.append(bare.removeprefix(f"{word} "))
        return readings

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


def to_cut(
    names: Iterable[Any] | pd.Series[Any],
    from_year: int,
    to_year: int,
    neighbourhoods: Iterable[Any] | pd.Series[Any] | None = None,
) -> pd.Series[Any]:
    """District names of one year's cut, told in another year's cut.

    A district that the other cut splits up (Järva told in 2017) is missing in the result, unless
    the neighbourhood says in which part a respondent lives; `Geography.crosswalk` lists those.

    Args:
        names: districts in the cut of `from_year`, missing allowed.
        from_year: the year whose 31 December cut `names` are in.
        to_year: the year whose cut is wanted.
        neighbourhoods: as long as `names`, missing allowed; used only where a district is split
            up, and only where the neighbourhood lies in that district.

    Raises:
        UnknownNameError: a name is no district of `from_year`.
        InputError: `neighbourhoods` is not as long as `names`.

    >>> to_cut(["Norrmalm", "Farsta"], 2020, 2023).tolist()
    ['Norra innerstaden', 'Farsta']
    >>> to_cut(["Järva", "Järva"], 2023, 2017, ["Rinkeby", None]).fillna("?").tolist()
    ['Rinkeby-Kista', '?']
    """
    told = _to_cut(_series(names), from_year, to_year)
    if neighbourhoods is None:
        return told
    series, lived = _series(names), _series(neighbourhoods)
    if len(series) != len(lived):
        raise InputError(
            f"There are {len(series)} districts and {len(lived)} neighbourhoods; give one for each"
        )
    geo = Geography.load()
    split = {name for name, into in geo.crosswalk(from_year, to_year).items() if into is None}
    values = told.to_numpy(dtype=object, copy=True)
    for i in np.flatnonzero(series.isin(split).to_numpy(bool)):
        place = lived.iloc[i]
        if place in geo.home and geo.district_of(place, from_year) == series.iloc[i]:
            values[i] = geo.district_of(place, to_year)
    return pd.Series(values, index=told.index, name=told.name)


@dataclass(frozen=True)
class SumsInCut:
    """Sums by district told in another cut.

    Attributes:
        sums: by district of the wanted cut, only those of which every part is there.
        unmapped: by district of the cut that they came in: what the wanted cut splits up, and
            parts of a merged district whose other parts are not there.
    """

    sums: pd.Series[Any]
    unmapped: pd.Series[Any]


def sums_in_cut(sums: pd.Series[Any], from_year: int, to_year: int) -> SumsInCut:
    """Sums by district (people, crimes, weights) told in another year's cut.

    Nothing is divided up and no half is taken for a whole: what cannot be told is listed, so that
    `sums` and `unmapped` together hold the total that came in.

    Args:
        sums: indexed by district of `from_year`.
        from_year, to_year: the years whose 31 December cuts they are in and are wanted in.

    Raises:
        UnknownNameError: a name is no district of `from_year`.
        InputError: a district is missing or named twice.

    >>> people = pd.Series({"Norrmalm": 2, "Östermalm": 3, "Farsta": 4})
    >>> sums_in_cut(people, 2020, 2023).sums.to_dict()
    {'Norra innerstaden': 5, 'Farsta': 4}
    >>> sums_in_cut(pd.Series({"Järva": 5, "Farsta": 4}), 2023, 2017).unmapped.to_dict()
    {'Järva': 5}
    """
    told = _to_cut(pd.Series(list(sums.index), dtype=object), from_year, to_year)
    if sums.index.hasnans or sums.index.has_duplicates:
        raise InputError("Sums by district need each district once; group them first")
    known = told.notna().to_numpy(bool)
    kept = sums[known].groupby(told[known].to_numpy(dtype=object), sort=False).sum()
    # a sum of some of the districts that merged is not the sum of what they merged into
    parts: dict[str | None, set[str]] = {}
    for name, into in Geography.load().crosswalk(from_year, to_year).items():
        parts.setdefault(into, set()).add(name)
    whole = [parts[name] <= set(sums.index) for name in kept.index]
    lacking = sums.index.map(dict(zip(sums.index, told, strict=True))).isin(
        [name for name, all_there in zip(kept.index, whole, strict=True) if not all_there]
    )
    return SumsInCut(kept[whole], sums[~known | lacking])


def _series(names: Iterable[Any] | pd.Series[Any]) -> pd.Series[Any]:
    return names if isinstance(names, pd.Series) else pd.Series(list(names), dtype=object)


def _to_cut(series: pd.Series[Any], from_year: int, to_year: int) -> pd.Series[Any]:
    walk = Geography.load().crosswalk(from_year, to_year)
    codes, uniques = pd.factorize(series)
    told = []
    for name in uniques:
        if name not in walk:
            raise UnknownNameError("district", name, walk, f"the cut of {from_year}")
        told.append(walk[name])
    values = np.array([*told, None], dtype=object)[codes]
    return pd.Series(values, index=series.index, name=series.name)


def _plain(name: str) -> str:
    return fold(_PUNCTUATION.sub(" ", name))


def _day(when: int | datetime.date) -> datetime.date:
    return when if isinstance(when, datetime.date) else datetime.date(when, 12, 31)


@cache
def _load(folder: Path) -> Geography:
    def content(name: str) -> Any:
        # a map of districts alone is a map
        if name != "districts.yaml" and not has_data("geography", name):
            return {}
        path = folder / name
        try:
            return yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            why = str(error).replace("\n", " ")
            raise InputError(f"{path} cannot be read as YAML: {why}") from None

    districts = content("districts.yaml")
    if not isinstance(districts, dict) or not districts.get("districts"):
        raise InputError(f"{folder / 'districts.yaml'} lists no districts; write districts: [...]")
    neighbourhoods = content("neighbourhoods.yaml")
    municipalities = content("municipalities.yaml")
    start = tuple(str(name) for name in districts["districts"])
    mergers = _mergers(districts.get("events") or [], start, folder / "districts.yaml")
    within: dict[str, list[str]] = neighbourhoods.get("districts") or {}
    for district in within:
        if district not in start:
            where = str(folder / "neighbourhoods.yaml")
            raise UnknownNameError("district", district, start, where)
    return Geography(
        start=start,
        mergers=mergers,
        home={name: district for district, names in within.items() for name in names},
        municipalities=tuple(municipalities.get("municipalities") or [place().municipality]),
        aliases={
            "district": districts.get("aliases") or {},
            "neighbourhood": neighbourhoods.get("aliases") or {},
            "municipality": municipalities.get("aliases") or {},
        },
        suffixes={
            "district": tuple(districts.get("suffixes") or ()),
            "neighbourhood": (),
            "municipality": tuple(municipalities.get("suffixes") or ()),
        },
    )


def _mergers(events: Iterable[Any], start: tuple[str, ...], file: Path) -> tuple[Merger, ...]:
    """The mergers by date; each of districts that there were until then."""
    found: list[Merger] = []
    there = set(start)
    for event in sorted(events, key=lambda e: e["date"]):
        merger = Merger(event["date"], tuple(event["merged"]), event["into"])
        for name in merger.merged:
            if name not in there:
                raise UnknownNameError("district", name, there, f"{file}, {merger.date}")
        there = there - set(merger.merged) | {merger.into}
        found.append(merger)
    return tuple(found)
