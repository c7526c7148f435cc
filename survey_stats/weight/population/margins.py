"""Sums of a population: margins named as the survey's frame names them, and other age groups."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from survey_stats.errors import InputError, UnknownNameError, enumerate_first
from survey_stats.harmonise import Codebook
from survey_stats.weight.errors import BenchmarkError
from survey_stats.weight.population.ages import OLDEST, Ages, held, labelled, members, parse_ages

if TYPE_CHECKING:
    from survey_stats.weight.population.table import Population

AREA = "area"
TIMES = ("year", "wave")
_PLACES = ("district", "neighbourhood", "municipality")
Groups = Mapping[str, Ages]
AgeGroups = str | Path | Codebook | Iterable[object]


def margin(
    population: Population,
    columns: Sequence[str],
    by: str | None,
    year: int | None,
    ages: AgeGroups | None,
    wave: int | None,
    level: str | None,
) -> pd.DataFrame:
    """People by `by` and `columns`; see `Population.margin`."""
    name, dimensions = population.name, population.dimensions
    for column in columns:
        if column in (*dimensions, *TIMES):
            continue
        if column in _PLACES:
            raise InputError(
                f"{column!r} is where people live: margin(by={column!r}), with the columns within "
                "each before it where there are some"
            )
        raise UnknownNameError("dimension", column, [*dimensions, *TIMES], name)
    if len(set(columns)) < len(columns):
        raise InputError(f"A margin names each dimension once, not {', '.join(columns)}")
    rows = _of_year(population, columns, year)
    rows, notes = _of_level(population, rows, by, level)
    rows = _of_cut(rows, name)
    if ages is not None:
        groups = groups_of(ages, wave, whole_year(year) if year is not None else _only_year(rows))
        notes = [*notes, *_between(groups)]
        rows = regrouped(rows, groups, dimensions, name)
    check_complete(rows, dimensions, name)
    if by is not None:
        rows = rows.rename(columns={AREA: by})
    if "wave" in columns:
        rows = rows.rename(columns={"year": "wave"})
    keys = [*([by] if by is not None else []), *columns]
    lacking = rows[rows["population"].isna()]
    if len(lacking):
        cells = [_shown(r, [by or AREA, *dimensions]) for _, r in lacking.head(5).iterrows()]
        raise BenchmarkError(
            f"{name} has no figure (dots) for {enumerate_first(cells, 3)}"
            f"{f', in all {len(lacking)} cells' if len(lacking) > 3 else ''}; "
            "ask for the figure, or sum to larger groups"
        )
    if keys:
        summed = rows.groupby(keys, sort=False)["population"].sum().reset_index()
        summed = _ordered(summed, keys)
    else:
        summed = pd.DataFrame({"population": [float(rows["population"].sum())]})
    summed.attrs = {
        "sources": list(dict.fromkeys(rows["source"])),
        "notes": [*population.notes, *notes],
    }
    return summed


def whole_year(year: Any) -> Any:
    """A year that is written as text, as a number; others as they are.

    >>> whole_year("2023"), whole_year(2023)
    (2023, 2023)
    """
    return int(year) if isinstance(year, str) and re.fullmatch(r"[0-9]{4}", year.strip()) else year


def groups_of(ages: AgeGroups, wave: int | None, year: int | None) -> Groups:
    """The age groups asked for; those of a codebook are of `wave`, or else of its wave `year`."""
    if isinstance(ages, (str, Path, Codebook)):
        book = Codebook.load(ages)
        if wave is None and year not in book.waves:
            raise InputError(
                f"The figures are of {year or 'several years'}, which is no wave of {book.survey}; "
                f"say wave=, one of {enumerate_first(sorted(book.waves), 8)}"
            )
        return labelled(book, year if wave is None else wave)
    return labelled(ages)


def regrouped(
    rows: pd.DataFrame, groups: Groups, dimensions: Sequence[str], name: str
) -> pd.DataFrame:
    """The rows summed to `groups`, without people of other ages; a missing part makes it missing.

    Raises:
        InputError: there are no ages, a group of the rows lies in two, or one is not covered.
    """
    if "age_group" not in dimensions:
        raise InputError(f"{name} is not by age; fetch a table that is")
    labels, spans = list(groups), list(groups.values())
    pieces = []
    for _, own in rows.groupby(["date", "level", "cut"], dropna=False, sort=False):
        texts = list(own["age_group"].unique())
        parts = [ages for ages in map(parse_ages, texts) if ages is not None]
        place = members(_open_ended(parts, spans), spans, name)
        told = {t: labels[k] for t, k in zip(texts, place, strict=True) if k >= 0}
        kept = own[own["age_group"].isin(list(told))]
        pieces.append(kept.assign(age_group=kept["age_group"].map(told)))
    moved = pd.concat(pieces) if pieces else rows
    moved = moved.assign(lacking=moved["population"].isna())
    keys = [c for c in rows.columns if c not in ("population", "source")]
    how = {"population": "sum", "source": "first", "lacking": "any"}
    summed = moved.groupby(keys, sort=False, dropna=False).agg(how).reset_index()
    summed["population"] = summed["population"].mask(summed.pop("lacking").astype(bool))
    return summed[list(rows.columns)]


def _open_ended(parts: Sequence[Ages], groups: Sequence[Ages]) -> list[Ages]:
    """The parts as they are; a last single year of 100 or more stands for what is above it, too."""
    last = max(parts, default=Ages(0, OLDEST))
    open_asked = any(group.high >= OLDEST for group in groups)
    if open_asked and last.low == last.high and last.low >= 100:
        return [Ages(p.low, OLDEST) if p == last else p for p in parts]
    return list(parts)


def _of_year(population: Population, columns: Sequence[str], year: int | None) -> pd.DataFrame:
    rows = population.frame
    if year is not None:
        year = whole_year(year)
        if year not in population.years:
            raise UnknownNameError("year", year, population.years, population.name)
        rows = rows[rows["year"] == year]
    days = rows["date"].unique()
    if len(days) > 1 and not set(TIMES) & set(columns):
        raise InputError(
            f"{population.name} has figures of {enumerate_first(population.years, 8)}; "
            "say year=, or make the year one of the columns"
        )
    if len(days) > rows["year"].nunique():
        raise InputError(
            f"{population.name} has several days of one year; choose one with interpolate or select"
        )
    return rows


def _of_level(
    population: Population, rows: pd.DataFrame, by: str | None, level: str | None
) -> tuple[pd.DataFrame, list[str]]:
    """The rows of one kind of area, and what is said of people who are left out."""
    there = list(dict.fromkeys(rows["level"]))
    areas = [one for one in there if one != "outside"]
    wanted = level
    if by is not None and by != AREA:
        if level is not None and level != by:
            raise InputError(f"by={by!r} and level={level!r} contradict each other; give one")
        if by in population.dimensions:
            raise InputError(f"{by!r} is a dimension; name it among the columns, not by=")
        wanted = by
    if wanted is None:
        if len(areas) > 1:
            raise InputError(
                f"{population.name} has areas of the kinds {enumerate_first(areas, 8)}, which hold "
                "the same people; say level="
            )
        wanted = areas[0] if areas else "outside"
    if wanted not in there:
        raise UnknownNameError("kind of area", wanted, there, population.name)
    outside = rows[rows["level"] == "outside"]
    notes = []
    if wanted == "district" and len(outside):
        people = outside["population"].sum()
        notes.append(f"without {people:,.0f} people who are registered in no district")
    return rows[rows["level"] == wanted], notes


def _of_cut(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    for year, day in rows.groupby("year", sort=False):
        several = sorted(day["cut"].dropna().unique())
        if len(several) > 1:
            raise InputError(
                f"{name} has the districts of {year} in the cuts of {enumerate_first(several)}; "
                "choose one with select(cut=...)"
            )
    return rows


def _only_year(rows: pd.DataFrame) -> int | None:
    years = rows["year"].unique()
    return int(years[0]) if len(years) == 1 else None


def _between(groups: Groups) -> list[str]:
    """What is said of ages that lie between the groups and are in none of them."""
    spans = held(list(groups.values()))
    gaps = [str(Ages(left.high + 1, right.low - 1)) for left, right in itertools.pairwise(spans)]
    if not gaps:
        return []
    return [f"without people of the ages {', '.join(gaps)}, which are in none of the age groups"]


def check_complete(rows: pd.DataFrame, dimensions: Sequence[str], name: str) -> None:
    """Every area has every cell on every day: one that is left out would be taken for nobody.

    Raises:
        InputError: cells lack.
    """
    keys = [AREA, *dimensions]
    for _, day in rows.groupby("date", sort=False):
        values = [list(day[k].unique()) for k in keys]
        if len(day) == math.prod(len(own) for own in values):
            continue
        there = set(day[keys].itertuples(index=False, name=None))
        lacking = [cell for cell in itertools.product(*values) if cell not in there]
        raise InputError(
            f"{name} has no row for {', '.join(map(str, lacking[0]))} in {day['year'].iloc[0]}, "
            f"in all {len(lacking)} cells; add them, with 0 where nobody lives"
        )


def _ordered(summed: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Sorted by the keys, ages by where they begin."""

    def rank(column: pd.Series) -> pd.Series:
        if column.name != "age_group":
            return column
        spans = {text: parse_ages(text) for text in column.unique()}
        order = sorted(spans, key=lambda text: spans[text] or Ages(OLDEST, OLDEST))
        return column.map({text: k for k, text in enumerate(order)})

    return summed.sort_values(list(keys), key=rank, ignore_index=True, kind="stable")


def _shown(row: pd.Series, keys: Sequence[str]) -> str:
    return " | ".join(str(row[k]) for k in keys)
