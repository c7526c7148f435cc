"""Districts of several cuts of the city: which cut names are in, and sums told in another cut."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pandas as pd

from survey_stats.errors import InputError, UnknownNameError, enumerate_first
from survey_stats.harmonise import Geography
from survey_stats.resources import data_path

DISTRICT = "district"


def cut_years() -> dict[int, int]:
    """The number of districts of each cut, and a year at whose end it is in force.

    >>> cut_years()
    {14: 2019, 13: 2022, 11: 2023}
    """
    return _cut_years(data_path("geography"))


@cache
def _cut_years(_folder: Path) -> dict[int, int]:
    geography = Geography.load()
    days = [event.date for event in geography.mergers]
    if not days:
        return {len(geography.districts(2000)): 2000}
    years = [min(days).year - 1, *(day.year for day in days)]
    found: dict[int, int] = {}
    for year in sorted(set(years)):
        found[len(geography.districts(year))] = year
    # the last year of a cut, as the first may be shared with the one before
    starts = sorted(found.items(), key=lambda item: item[1])
    for k, (cut, year) in enumerate(starts[:-1]):
        found[cut] = max(year, starts[k + 1][1] - 1)
    return found


def districts_of(cut: int) -> list[str]:
    """The districts of a cut; UnknownNameError where there is none of that many."""
    years = cut_years()
    if cut not in years:
        raise UnknownNameError("cut of the districts", cut, sorted(years))
    return Geography.load().districts(years[cut])


def cut_of(names: Iterable[str]) -> int | None:
    """The cut in which all `names` are districts, the newest of several; None if there is none.

    >>> cut_of(["Farsta", "Järva"]), cut_of(["Farsta", "Älvsjö"]), cut_of(["Järva", "Älvsjö"])
    (11, 14, None)
    """
    wanted = set(names)
    fits = [cut for cut in cut_years() if wanted <= set(districts_of(cut))]
    return min(fits) if fits else None


def to_cut(
    rows: pd.DataFrame, cut: int, dimensions: list[str], split: str | None = None
) -> pd.DataFrame:
    """Rows of districts (columns as in `Population.frame`) in one cut; other levels unchanged.

    Raises:
        InputError: a district was split up in the wanted cut, or a part of a merged one lacks.
    """
    districts_of(cut)
    own = rows["level"] == DISTRICT
    parts = [rows[~own]]
    districts = rows[own]
    for _, day in districts.groupby("date", sort=False):
        there = sorted(day["cut"].dropna().unique())
        if cut in there:
            parts.append(day[day["cut"] == cut])
        else:
            # the cut that is nearest: least is added up or divided
            nearest = min(there, key=lambda other: abs(int(other) - cut))
            parts.append(_told(day[day["cut"] == nearest], cut, dimensions, districts, split))
    return pd.concat(parts).reset_index(drop=True)


def _told(
    day: pd.DataFrame, cut: int, dimensions: list[str], known: pd.DataFrame, split: str | None
) -> pd.DataFrame:
    """The rows of one day and cut, in the wanted cut."""
    years, own = cut_years(), int(day["cut"].iloc[0])
    walk = Geography.load().crosswalk(years[own], years[cut])
    areas = set(day["area"])
    torn = [area for area in areas if walk[area] is None]
    merged = _merge(day[~day["area"].isin(torn)], cut, own, walk, dimensions)
    if not torn:
        return merged
    if split is None:
        raise InputError(
            f"The cut of {cut} splits up {enumerate_first(sorted(torn))}, and the figures of "
            f"{day['year'].iloc[0]} do not say how; split='last known' divides them by the shares "
            "of the last year in which the parts are known, which is an assumption"
        )
    if split != "last known":
        raise UnknownNameError("way to split districts", split, ["last known"])
    divided = [
        _divide(day[day["area"] == area], cut, own, dimensions, known) for area in sorted(torn)
    ]
    return pd.concat([merged, *divided])


def _merge(
    day: pd.DataFrame, cut: int, own: int, walk: dict[str, str | None], dimensions: list[str]
) -> pd.DataFrame:
    into = day["area"].map(walk)
    parts: dict[str | None, set[str]] = {}
    for area, target in walk.items():
        parts.setdefault(target, set()).add(area)
    for target in dict.fromkeys(into):
        lacking = parts[target] - set(day["area"])
        if lacking:
            raise InputError(
                f"{target} merged from {enumerate_first(sorted(parts[target]))}, and there are no "
                f"figures of {enumerate_first(sorted(lacking))} for {day['year'].iloc[0]}; "
                "add them, or leave the others out"
            )
    moved = day.assign(area=into, cut=cut, lacking=day["population"].isna(), parts=1)
    keys = ["year", "date", "level", "cut", "area", *dimensions]
    how = {"population": "sum", "source": "first", "lacking": "any", "parts": "sum"}
    summed = moved.groupby(keys, sort=False, dropna=False).agg(how).reset_index()
    # a sum with a missing part is missing, and what did not merge keeps its source as it is
    summed["population"] = summed["population"].mask(summed["lacking"])
    said = f"; districts of the cut of {own} summed"
    summed["source"] = summed["source"].mask(summed["parts"] > 1, summed["source"] + said)
    return summed[list(day.columns)]


def _divide(
    rows: pd.DataFrame, cut: int, own: int, dimensions: list[str], known: pd.DataFrame
) -> pd.DataFrame:
    """One district's rows by cell, divided by the shares of its parts when they were last known."""
    years = cut_years()
    area = str(rows["area"].iloc[0])
    back = Geography.load().crosswalk(years[cut], years[own])
    parts = [name for name, into in back.items() if into == area]
    day = rows["date"].iloc[0]
    before = known[(known["cut"] == cut) & known["area"].isin(parts) & (known["date"] < day)]
    if before.empty:
        raise InputError(
            f"There are no earlier figures of {enumerate_first(parts)} to divide {area} by; "
            "add a year in which they are known"
        )
    last = before["date"].max()
    before = before[before["date"] == last]
    cells = [("area", parts), *((d, sorted(rows[d].unique())) for d in dimensions)]
    index = pd.MultiIndex.from_product([v for _, v in cells], names=[n for n, _ in cells])
    sizes = before.set_index([n for n, _ in cells])["population"].reindex(index)
    if sizes.isna().any():
        first = sizes.index[int(sizes.isna().to_numpy().argmax())]
        raise InputError(
            f"The figures of {last.year} do not hold {first}, which is needed to divide {area}; "
            "use the same groups in all years"
        )
    divided = []
    wholes = sizes.groupby(dimensions, sort=False).sum() if dimensions else None
    for part in parts:
        own_sizes = sizes.xs(part, level="area") if dimensions else sizes[part]
        piece = rows.copy()
        if dimensions:
            assert wholes is not None
            share = own_sizes / wholes.where(wholes > 0)
            # where nobody lived the whole is divided equally
            share = share.fillna(1 / len(parts))
            key = pd.MultiIndex.from_frame(piece[dimensions])
            if len(dimensions) == 1:
                key = pd.Index(piece[dimensions[0]])
            factor = share.reindex(key).to_numpy()
        else:
            factor = own_sizes / sizes.sum()
        piece["population"] = piece["population"] * factor
        piece["area"], piece["cut"] = part, cut
        piece["source"] = (
            piece["source"] + f"; parts of a merged district by their share in {last.year}"
        )
        divided.append(piece)
    return pd.concat(divided)
