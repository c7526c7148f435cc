"""The districts of Stockholm: published years, and the years between interpolated."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.place import place
from survey_stats.resources import data_path
from survey_stats.weight.population.table import Population

OUTSIDE_DISTRICTS = "Restområde"


@lru_cache(maxsize=4)
def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, keep_default_na=False)


def _table() -> pd.DataFrame:
    return _read(data_path("population", "district_population.csv"))


def population_table() -> pd.DataFrame:
    """The published district populations: year, cut, area, area_2023, population, source."""
    return _table().copy()


def city_population() -> Population:
    """The published figures of the City of Stockholm: districts in each cut, the city, the rest.

    For 2024 the printed total of the city (level `municipality`) and the people who are registered
    in no district (level `outside`) stand beside the districts.

    >>> city_population().years
    [2000, 2005, 2010, 2011, 2024]
    """
    table = _table()
    level = np.select(
        [table["area"] == place().municipality, table["area"] == OUTSIDE_DISTRICTS],
        ["municipality", "outside"],
        "district",
    )
    frame = table.assign(
        level=level,
        cut=table["cut"].astype("Int64").where(level == "district"),
        date=pd.to_datetime(table["year"].astype(str) + "-12-31"),
    )
    return Population(
        frame.drop(columns="area_2023"), "City of Stockholm", "the City of Stockholm, statistics"
    )


def district_population(year: int, cut: int = 11) -> pd.DataFrame:
    """The population of every district at the end of `year`, one row a district.

    Years between two published ones are interpolated linearly. A district of an older cut, in a
    year for which only the district that it merged into is known, is given the share of it that it
    had in the last year in which both are known. The column `source` says which was done.

    Args:
        year: within the published years; nothing is extrapolated.
        cut: the number of districts of the division: 14, 13 or 11.

    Returns:
        A frame with the columns area, population (float) and source, sorted by area.

    Raises:
        InputError: `year` lies outside the published years.
        UnknownNameError: there is no such cut.

    >>> district_population(2024).set_index("area").population["Farsta"]
    np.float64(62085.0)
    >>> len(district_population(2017, cut=14))
    14
    """
    table = _table()
    table = table[~table["area"].isin([place().municipality, OUTSIDE_DISTRICTS])]
    cuts = sorted(table["cut"].unique())
    if cut not in cuts:
        raise UnknownNameError("cut of the districts", cut, cuts)
    first, last = int(table["year"].min()), int(table["year"].max())
    if not first <= year <= last:
        raise InputError(
            f"District populations are known for {first}-{last}, not for {year}; "
            "add the year to data/population/district_population.csv"
        )
    whole, how = _interpolate(_wide(table[table["cut"] == max_merged(cuts)]), year)
    own = table[table["cut"] == cut]
    known = _wide(own)
    if year <= int(own["year"].max()):
        population, how = _interpolate(known, year)
    else:
        latest = int(own["year"].max())
        into = own.drop_duplicates("area").set_index("area")["area_2023"].reindex(known.index)
        part = known[latest] / known[latest].groupby(into).transform("sum")
        population = pd.Series(
            whole.reindex(into.to_numpy()).to_numpy() * part.to_numpy(), known.index
        )
        how = f"{how}; parts of a merged district by their share in {latest}"
    frame = pd.DataFrame({"area": population.index, "population": population.to_numpy(np.float64)})
    frame["source"] = how
    return frame


def max_merged(cuts: list[int]) -> int:
    """The newest cut: districts have only merged, so it is the one with the fewest."""
    return min(cuts)


def _wide(rows: pd.DataFrame) -> pd.DataFrame:
    """Published figures of one cut, districts x years."""
    return rows.pivot_table(index="area", columns="year", values="population").sort_index()


def _interpolate(known: pd.DataFrame, year: int) -> tuple[pd.Series, str]:
    """The figures of `year`, and how they were come by."""
    if year in known.columns:
        return known[year].astype(np.float64), f"published for {year}"
    years = np.array(known.columns, dtype=np.int64)
    after = int(np.searchsorted(years, year))
    left, right = int(years[after - 1]), int(years[after])
    t = (year - left) / (right - left)
    return (1 - t) * known[left] + t * known[right], f"interpolated linearly, {left}-{right}"
