"""The margins that two benchmarks share: same areas, same cut, the finest common age groups."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from survey_stats.errors import InputError, enumerate_first, fold
from survey_stats.place import place
from survey_stats.weight.population.ages import OLDEST, Ages, parse_ages
from survey_stats.weight.population.cuts import districts_of, to_cut
from survey_stats.weight.population.margins import regrouped
from survey_stats.weight.population.table import Population
from survey_stats.weight.population.words import ALL

Names = tuple[str, str]

_CITY = "municipality"
_PARTS = ("district", "outside")
_AGENCY = re.compile(r"\b(?:scb|statistiska centralbyran|statistikmyndigheten|statistics sweden)\b")


def whom_to_ask(*populations: Population) -> str:
    """Who made the figures, as far as it is known.

    >>> from survey_stats.weight.population import city_population
    >>> whom_to_ask(city_population())
    'the City of Stockholm, statistics'
    """
    return " and ".join(dict.fromkeys(_asked(p.contact, p.name) for p in populations))


def _asked(contact: str, name: str) -> str:
    if contact:
        return contact
    plain = fold(name)
    if _AGENCY.search(plain):
        return "Statistics Sweden (SCB)"
    return "the City of Stockholm, statistics" if "stockholm" in plain else f"who made {name}"


def within(population: Population, name: str, notes: list[str]) -> list[pd.DataFrame]:
    """Printed totals against their parts, and the city against its districts."""
    ask = whom_to_ask(population)
    found = _printed(population, name, ask, notes)
    levels = set(population.levels)
    if _CITY in levels and _PARTS[0] in levels:
        frame = population.frame
        told = (f"{name}, the whole city", f"{name}, the sum of its districts")
        found += _city(
            frame[_is_city(frame)],
            _whole_city(frame),
            population.dimensions,
            told,
            ask,
            name,
            notes,
        )
    return found


def _city(
    city: pd.DataFrame,
    parts: pd.DataFrame,
    dimensions: Sequence[str],
    names: Names,
    ask: str,
    whose: str,
    notes: list[str],
) -> list[pd.DataFrame]:
    """The city on one side (the first) and all of its districts on the other."""
    days = set(city["date"]) & set(parts["date"])
    if not days:
        return []
    city, parts = city[city["date"].isin(days)], parts[parts["date"].isin(days)]
    if not (parts["level"] == "outside").any():
        notes.append(
            f"{whose} has no figure of the people in no district, who are in the total of the city"
        )
    return [
        _compared(city, parts, ["year"], columns, names, ask, area=place().municipality)
        for columns in _margins(dimensions)
    ]


def between(a: Population, b: Population, names: Names, notes: list[str]) -> list[pd.DataFrame]:
    """Two populations, in the years, kinds of areas and dimensions that both have."""
    ask = whom_to_ask(a, b)
    left, right, dimensions = _common_dimensions(a, b, names, notes)
    days = sorted(set(left["date"]) & set(right["date"]))
    if not days:
        notes.append(f"{names[0]} and {names[1]} have no year in common")
        return []
    left, right = left[left["date"].isin(days)], right[right["date"].isin(days)]
    found: list[pd.DataFrame] = []
    for level in dict.fromkeys(left["level"]):
        one, other = left[left["level"] == level], right[right["level"] == level]
        if other.empty:
            continue
        one, other = _one_cut(one, other, dimensions)
        alone = sorted(set(one["area"]) ^ set(other["area"]))
        if alone:
            notes.append(
                f"in only one of {names[0]} and {names[1]}, and not compared: "
                f"{enumerate_first(alone, 4)}"
            )
        both = set(one["area"]) & set(other["area"])
        one, other = one[one["area"].isin(both)], other[other["area"].isin(both)]
        if one.empty:
            continue
        for columns in _margins(dimensions):
            found.append(_compared(one, other, ["year", "area"], columns, names, ask))
    for city, parts, order in ((left, right, names), (right, left, (names[1], names[0]))):
        if not _is_city(parts).any():
            own = city[_is_city(city)]
            found += _city(own, _whole_city(parts), dimensions, order, ask, order[1], notes)
    return found


def tables(
    a: Population | pd.DataFrame, b: Population | pd.DataFrame, names: Names, notes: list[str]
) -> list[pd.DataFrame]:
    """Two tidy tables, or a population and a table, in the columns that they share.

    A group that only one of them has counts as nobody in the other: both are what one survey is
    weighted to.
    """
    populations = [x for x in (a, b) if isinstance(x, Population)]
    left, right = _as_table(a, b), _as_table(b, a)
    shared = []
    for column in (c for c in left.columns if c in right.columns and c != "population"):
        one, other = (set(side[column].astype(str)) for side in (left, right))
        if one.isdisjoint(other) or (column == "age_group" and one != other):
            notes.append(f"{names[0]} and {names[1]} have other groups of {column}")
        else:
            shared.append(column)
    if "year" not in shared:
        left, right = left.assign(year=""), right.assign(year="")
    ask = whom_to_ask(*populations) if populations else "who made the tables"
    columns = [c for c in shared if c != "year"]
    found = _compared(left, right, ["year"], columns, names, ask, area="")
    people = ["people_first", "people_second"]
    found.loc[found["alone"], people] = found.loc[found["alone"], people].fillna(0.0)
    return [found]


def _as_table(one: Population | pd.DataFrame, other: Population | pd.DataFrame) -> pd.DataFrame:
    """A tidy table; of a population, the margin that the other table is."""
    if isinstance(one, pd.DataFrame):
        out = one.copy()
        out["population"] = pd.to_numeric(out["population"]).astype("float64")
        return out
    if isinstance(other, Population):
        raise InputError("Two populations are compared as such")
    columns = [c for c in other.columns if c in (*one.dimensions, "year", "wave")]
    kinds = [c for c in other.columns if c in one.levels]
    ages = None
    if "age_group" in columns:
        ages = list(dict.fromkeys(other["age_group"].astype(str)))
    return one.margin(*columns, by=kinds[0] if kinds else None, ages=ages)


def _printed(population: Population, name: str, ask: str, notes: list[str]) -> list[pd.DataFrame]:
    """Each printed total against the sum of the cells that it is of."""
    printed, frame = population.printed, population.frame
    found: list[pd.DataFrame] = []
    if printed.empty:
        return found
    dimensions = population.dimensions
    pattern = [*(printed[d] == ALL for d in dimensions), printed["level"] == ALL]
    told = (f"{name}, printed total", f"{name}, the sum of its parts")
    for kind, own in printed.groupby([p.rename(str(k)) for k, p in enumerate(pattern)], sort=False):
        flags = kind if isinstance(kind, tuple) else (kind,)
        columns = [d for d, summed in zip(dimensions, flags[:-1], strict=True) if not summed]
        if flags[-1]:
            parts = frame
            if _PARTS[0] in population.levels:
                parts = frame[frame["level"].isin(_PARTS)]
            elif len(population.levels) > 1:
                notes.append(
                    f"{name} prints totals of all areas and has areas of the kinds "
                    f"{enumerate_first(population.levels, 8)}; not compared"
                )
                continue
            found.append(_compared(own, parts, ["year"], columns, told, ask, area="all areas"))
        else:
            keys = ["year", "level", "area"]
            found.append(_compared(own, frame, keys, columns, told, ask))
    # a total is compared with the parts that there are, not the other way round
    return [f[f["people_first"].notna() | ~f["alone"]] for f in found]


def _margins(dimensions: Sequence[str]) -> list[list[str]]:
    """In total, by each dimension, and by all of them together."""
    single = [[d] for d in dimensions]
    return [[], *single, *([list(dimensions)] if len(dimensions) > 1 else [])]


def _compared(
    first: pd.DataFrame,
    second: pd.DataFrame,
    places: list[str],
    columns: list[str],
    names: Names,
    ask: str,
    area: str | None = None,
) -> pd.DataFrame:
    """The sums of two sides by places and columns, side by side."""
    keys = [*places, *columns]
    sides = []
    for rows in (first, second):
        moved = rows.assign(lacking=rows["population"].isna())
        moved = moved.astype(dict.fromkeys(columns, str))
        own = moved.groupby(keys, sort=False, dropna=False)
        summed = own.agg(population=("population", "sum"), lacking=("lacking", "any"))
        sides.append(summed["population"].mask(summed["lacking"].astype(bool)))
    both = pd.concat(sides, axis=1, keys=["people_first", "people_second"])
    present = pd.concat([s.notna() for s in sides], axis=1)
    out = both.reset_index()
    out["alone"] = present.isna().any(axis=1).to_numpy()
    if area is not None:
        out["area"] = area
    out["cell"] = _joined(out, columns) if columns else ALL
    return out.assign(first=names[0], second=names[1], ask=ask)[
        [
            "year",
            "area",
            "cell",
            "first",
            "second",
            "people_first",
            "people_second",
            "ask",
            "alone",
        ]
    ]


def _joined(rows: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    return [", ".join(cell) for cell in zip(*(rows[c].astype(str) for c in columns), strict=True)]


def _is_city(rows: pd.DataFrame) -> pd.Series:
    return (rows["level"] == _CITY) & (rows["area"] == place().municipality)


def _whole_city(rows: pd.DataFrame) -> pd.DataFrame:
    """The districts of one cut, all of them, and the people in none, for each day that has them."""
    kept = []
    for _, day in rows[rows["level"].isin(_PARTS)].groupby("date", sort=False):
        own = day[day["level"] == "district"]
        for cut in sorted(own["cut"].dropna().unique()):
            districts = own[own["cut"] == cut]
            if set(districts["area"]) == set(districts_of(int(cut))):
                kept += [districts, day[day["level"] == "outside"]]
                break
    return pd.concat(kept) if kept else rows.iloc[:0]


def _one_cut(
    one: pd.DataFrame, other: pd.DataFrame, dimensions: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Districts of both sides in one cut: one that both have, else the coarser."""
    if one["cut"].isna().all():
        return one, other
    left, right = set(one["cut"].dropna()), set(other["cut"].dropna())
    cut = min(left & right) if left & right else min(left | right)
    return to_cut(one, int(cut), dimensions), to_cut(other, int(cut), dimensions)


def _common_dimensions(
    a: Population, b: Population, names: Names, notes: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """The rows of both, by the dimensions that both have, in common age groups."""
    shared = [d for d in a.dimensions if d in b.dimensions]
    left, right = a.frame, b.frame
    if "age_group" in shared:
        groups = common_ages(a.ages, b.ages)
        if groups:
            told = {str(g): g for g in groups}
            left = _within_ages(left, told, a)
            right = _within_ages(right, told, b)
        else:
            shared.remove("age_group")
        if not groups or sum(_years(groups)) < max(sum(_years(a.ages)), sum(_years(b.ages))):
            notes.append(
                f"{names[0]} and {names[1]} share the ages {enumerate_first(groups, 8) or 'none'} "
                "only, and only those are compared"
            )
            if not groups:
                left = left.iloc[:0]
    else:
        for population, name in ((a, names[0]), (b, names[1])):
            if population.ages and not _everybody(population.ages):
                notes.append(
                    f"{name} does not hold all ages and the other is not by age; not compared"
                )
                left = left.iloc[:0]
    for dimension in list(shared):
        if dimension == "age_group":
            continue
        mine, other = set(left[dimension]), set(right[dimension])
        if mine != other and len(left):
            shared.remove(dimension)
            notes.append(f"{names[0]} and {names[1]} have other groups of {dimension}")
    return left, right, shared


def _within_ages(rows: pd.DataFrame, groups: dict[str, Ages], own: Population) -> pd.DataFrame:
    """The rows of people of the common ages, in the common groups."""
    whole = list(groups.values())
    labels = [
        label
        for label in rows["age_group"].unique()
        if (ages := parse_ages(label)) and any(g.holds(ages) for g in whole)
    ]
    return regrouped(rows[rows["age_group"].isin(labels)], groups, own.dimensions, own.name)


def common_ages(first: Sequence[Ages], second: Sequence[Ages]) -> list[Ages]:
    """The finest age groups that both can be summed to.

    >>> singles = [Ages(a, a) for a in range(16, 20)]
    >>> [str(a) for a in common_ages(singles, [Ages(16, 17), Ages(18, 19), Ages(20, 24)])]
    ['16-17', '18-19']
    """
    starts = {a.low for a in first} & {a.low for a in second}
    ends = sorted({a.high for a in first} & {a.high for a in second})
    found: list[Ages] = []
    at = -1
    for low in sorted(starts):
        if low <= at:
            continue
        for high in (e for e in ends if e >= low):
            if _covers(first, low, high) and _covers(second, low, high):
                found.append(Ages(low, high))
                at = high
                break
    return found


def _covers(groups: Sequence[Ages], low: int, high: int) -> bool:
    """Whether some of the groups are together exactly the ages from `low` to `high`."""
    start = low
    for group in sorted(groups):
        if group.low == start and group.high <= high:
            start = group.high + 1
    return start == high + 1


def _years(groups: Sequence[Ages]) -> list[int]:
    return [g.high - g.low + 1 for g in groups]


def _everybody(groups: Sequence[Ages]) -> bool:
    return _covers(groups, 0, OLDEST)
