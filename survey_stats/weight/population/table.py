"""A population: one row a year, area and group, with what is known of where each figure is from."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import InputError, UnknownNameError, enumerate_first
from survey_stats.harmonise import Codebook
from survey_stats.weight.errors import BenchmarkError
from survey_stats.weight.population import cuts, interpolation, margins
from survey_stats.weight.population.ages import Ages, check_apart, parse_ages

LEVELS = ("district", "outside", "neighbourhood", "municipality", "county", "country", "other")
"""Kinds of areas; `outside` is the people of the city who are registered in no district."""

KEYS = ("year", "date", "level", "cut", "area")
FIGURES = ("population", "source")

Mask = npt.NDArray[np.bool_]
Where = str | pd.Series | Sequence[bool] | Callable[[pd.DataFrame], Any]


@dataclass(frozen=True, eq=False)
class Population:
    """Numbers of people to weight to, tidy, with the source of every figure.

    Nothing in it is counted twice: totals that a table prints beside their parts stand in
    `printed`, and areas of different kinds are told apart by `level`. A missing figure (dots in
    the table) is missing and never 0.

    Attributes:
        frame: year (int), date (the day that the figure holds for), level (see `LEVELS`), cut (the
            number of districts of the division that a district is of, else missing), area, the
            dimensions (`gender`: women, men; `age_group`: labels such as 17, 16-19, 80+; others),
            population (people, float), source.
        name: what these figures are called in messages.
        contact: whom to ask about them.
        notes: what was done to them when they were read.
        printed: the totals that the table printed, as `frame`, with "all" where it sums.

    Raises:
        BenchmarkError: a figure is negative or infinite.
        InputError: a cell is there twice, or age groups overlap.

    >>> from survey_stats.weight.population import city_population
    >>> city_population().select(2024, level="district").margin(by="district").head(2)
                   district  population
    0                Bromma     83118.0
    1  Enskede-Årsta-Vantör    105241.0
    """

    frame: pd.DataFrame
    name: str
    contact: str = ""
    notes: tuple[str, ...] = ()
    printed: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __post_init__(self) -> None:
        object.__setattr__(self, "frame", _checked(self.frame, self.name))
        if not len(self.printed):
            object.__setattr__(self, "printed", self.frame.iloc[:0])

    def __repr__(self) -> str:
        years = f"{self.years[0]}-{self.years[-1]}" if self.years else "no year"
        by = ", ".join(("area", *self.dimensions))
        return f"Population({self.name!r}: {years}, {len(self.frame)} cells by {by})"

    @property
    def years(self) -> list[int]:
        """The years that there are figures for."""
        return [int(y) for y in sorted(self.frame["year"].unique())]

    @property
    def dates(self) -> list[datetime.date]:
        """The days that the figures hold for."""
        return [pd.Timestamp(d).date() for d in sorted(self.frame["date"].unique())]

    @property
    def levels(self) -> list[str]:
        """The kinds of areas."""
        return [level for level in LEVELS if (self.frame["level"] == level).any()]

    @property
    def dimensions(self) -> list[str]:
        """What the people of an area are divided by, such as gender and age_group."""
        return [str(c) for c in self.frame.columns if c not in (*KEYS, *FIGURES)]

    @property
    def ages(self) -> list[Ages]:
        """The age groups in order, empty where there are none."""
        if "age_group" not in self.dimensions:
            return []
        return sorted({ages_of(label) for label in self.frame["age_group"].unique()})

    def select(
        self,
        year: int | Iterable[int] | None = None,
        *,
        cut: int | None = None,
        level: str | Iterable[str] | None = None,
        area: str | Iterable[str] | None = None,
        where: Where | None = None,
    ) -> Population:
        """The figures of some years, areas or groups.

        Args:
            year: one or several.
            cut: of the districts, the division with that many; other levels are kept.
            level, area: one or several.
            where: a boolean series as long as `frame`, an expression on its columns, or a function
                of it.

        Raises:
            UnknownNameError: there is no such year, cut, level or area.
            InputError: nothing is left.

        >>> from survey_stats.weight.population import city_population
        >>> city_population().select(2011, cut=14, level="district")
        Population('City of Stockholm': 2011-2011, 14 cells by area)
        """
        keep = np.ones(len(self.frame), dtype=bool)
        for what, wanted in (("year", year), ("level", level), ("area", area)):
            if wanted is not None:
                keep &= self._among(what, wanted)
        if cut is not None:
            self._among("cut", cut)
            keep &= ((self.frame["cut"] == cut) | (self.frame["level"] != "district")).to_numpy(
                dtype=bool, na_value=False
            )
        if where is not None:
            keep &= self._where(where)
        if not keep.any():
            raise InputError(f"Nothing of {self.name} is left; choose other years, areas or groups")
        # a printed total is compared with its parts, and the parts are fewer now
        return replace(
            self, frame=self.frame[keep].reset_index(drop=True), printed=self.frame.iloc[:0]
        )

    def margin(
        self,
        *columns: str,
        by: str | None = None,
        year: int | None = None,
        ages: str | Path | Codebook | Iterable[object] | None = None,
        wave: int | None = None,
        level: str | None = None,
    ) -> pd.DataFrame:
        """People by some of the dimensions, as a tidy table that `Survey.calibrate` takes.

        Args:
            columns: dimensions, and `year` (or `wave`, the year under another name) where the
                margin is for several years.
            by: the kind of area (`district`, `neighbourhood`, `municipality`, or `area` for any),
                which names the column as the survey's frame does. Without it areas are summed.
            year: the year, where the table has several.
            ages: age groups to sum to: labels, or a codebook, whose harmonised groups are taken.
                People of other ages are left out, also of a margin without age_group, so that all
                margins of a survey are of the same people.
            wave: the wave of the codebook whose ages count; by default that of `year`.
            level: which areas are summed where the table has several kinds.

        Returns:
            A column for `by`, one for each of `columns`, and `population` (float); `attrs` has
            the sources and notes.

        Raises:
            UnknownNameError: there is no such dimension, level or year.
            InputError: it is not clear which year, cut or level is meant, age groups do not fit,
                or cells lack.
            BenchmarkError: a figure that it needs is missing.
        """
        return margins.margin(self, columns, by, year, ages, wave, level)

    def regroup(
        self, ages: str | Path | Codebook | Iterable[object], wave: int | None = None
    ) -> Population:
        """The population in other age groups; people of other ages are left out.

        Raises:
            InputError: a group of the table lies only partly in one that is asked for, or one is
                not covered.
        """
        groups = margins.groups_of(ages, wave, None)
        frame = margins.regrouped(self.frame, groups, self.dimensions, self.name)
        return replace(self, frame=frame, printed=self.frame.iloc[:0])

    def to_cut(self, cut: int, split: str | None = None) -> Population:
        """The districts told in the division with `cut` districts.

        Districts that merged are summed. A district that the wanted cut splits up is an error
        unless `split="last known"`: then each cell is divided as its parts were when they were last
        known. Each row's source says what was done.

        Raises:
            UnknownNameError: there is no such cut.
            InputError: a district is split up and `split` does not say how, or parts lack.

        >>> from survey_stats.weight.population import city_population
        >>> old = city_population().select(2011, cut=14, level="district").to_cut(11)
        >>> old.margin(by="district").set_index("district").population["Järva"]
        np.float64(84907.0)
        """
        frame = cuts.to_cut(self.frame, cut, self.dimensions, split)
        return replace(self, frame=frame, printed=self.frame.iloc[:0])

    def interpolate(
        self,
        when: int | str | datetime.date | Iterable[int | str | datetime.date],
        extrapolate: bool = False,
    ) -> Population:
        """The population at other times, linear between the known days on each side, by cell.

        A year stands for its last day; a date can be text, such as "2023-06-30". A day on which
        a cell is known keeps its figure. Kinds of areas that are not known on both sides are left
        out, which `notes` says; nothing is extrapolated unless asked for, and then from the two
        nearest known days. Each row's source says what was done.

        Raises:
            InputError: the time lies outside the known ones, or a cell is known on one side only.
            BenchmarkError: an extrapolated figure would be negative.

        >>> from survey_stats.weight.population import city_population
        >>> between = city_population().interpolate(2020).select(area="Farsta").frame.iloc[0]
        >>> round(between.population), between.source[:32]
        (58978, 'interpolated linearly, 2011-2024')
        """
        frame, notes = interpolation.interpolate(
            self.frame, when, self.dimensions, extrapolate, self.name
        )
        return replace(self, frame=frame, printed=self.frame.iloc[:0], notes=(*self.notes, *notes))

    def _among(self, column: str, wanted: Any) -> Mask:
        several = (
            wanted if isinstance(wanted, Iterable) and not isinstance(wanted, str) else (wanted,)
        )
        chosen = [margins.whole_year(v) if column == "year" else v for v in several]
        known = sorted(self.frame[column].dropna().unique())
        for one in chosen:
            if one not in known:
                raise UnknownNameError(column, one, known, self.name)
        return self.frame[column].isin(chosen).to_numpy(dtype=bool)

    def _where(self, where: Where) -> Mask:
        found: Any = where(self.frame) if callable(where) else where
        if isinstance(where, str):
            try:
                found = self.frame.eval(where)
            except Exception as error:
                raise InputError(f"where={where!r} cannot be evaluated: {error}") from error
        mask = pd.Series(found).astype("boolean").fillna(False).to_numpy(dtype=bool)
        if mask.size != len(self.frame):
            raise InputError(
                f"where has {mask.size} values and {self.name} {len(self.frame)} rows; "
                "make it from the same frame"
            )
        return mask


def combine_populations(*populations: Population, name: str | None = None) -> Population:
    """Several tables of one population, such as one for each year, in one.

    A cell that is in several of them must have the same figure there; use `agreement` to see where
    they differ.

    Raises:
        InputError: there is nothing to combine, the dimensions differ, or figures contradict.

    >>> from survey_stats.weight.population import city_population
    >>> city = city_population()
    >>> combine_populations(city.select(2011), city.select(2024)).years
    [2011, 2024]
    """
    if not populations:
        raise InputError("There is no population to combine; give one or several")
    first = populations[0]
    for other in populations[1:]:
        if set(other.dimensions) != set(first.dimensions):
            raise InputError(
                f"{first.name} is by {_listed(first.dimensions)} and {other.name} by "
                f"{_listed(other.dimensions)}; sum them to the same dimensions first"
            )
    columns = list(first.frame.columns)
    frame = pd.concat([p.frame[columns] for p in populations], ignore_index=True)
    keys = [c for c in columns if c not in FIGURES]
    frame = frame.drop_duplicates([*keys, "population"])
    twice = frame[frame.duplicated(keys)]
    if len(twice):
        raise InputError(
            f"The tables contradict each other in {len(twice)} cells, the first of them "
            f"{_cell(twice.iloc[0], keys)}; see agreement(...) and leave one of them out"
        )
    printed = [p.printed.reindex(columns=columns) for p in populations if len(p.printed)]
    return Population(
        frame.reset_index(drop=True),
        name or " + ".join(dict.fromkeys(p.name for p in populations)),
        "; ".join(dict.fromkeys(p.contact for p in populations if p.contact)),
        tuple(dict.fromkeys(note for p in populations for note in p.notes)),
        pd.concat(printed, ignore_index=True) if printed else pd.DataFrame(),
    )


def ages_of(label: object) -> Ages:
    """The ages of a label; InputError where it is none."""
    ages = parse_ages(label)
    if ages is None:
        raise InputError(f"{label!r} is no age group; write it like '16-19', '17' or '80+'")
    return ages


def _checked(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The frame in its order of columns and types, after the checks that hold for every table."""
    lacking = [c for c in (*KEYS, *FIGURES) if c not in frame.columns]
    if lacking:
        raise InputError(
            f"{name} has no column {lacking[0]}; use as_population to make a population of a frame"
        )
    dimensions = [c for c in frame.columns if c not in (*KEYS, *FIGURES)]
    out = frame[[*KEYS, *dimensions, *FIGURES]].reset_index(drop=True)
    out["population"] = pd.to_numeric(out["population"]).astype(np.float64)
    out["cut"] = out["cut"].astype("Int64")
    out["date"] = pd.to_datetime(out["date"]).astype("datetime64[ns]")
    out["year"] = out["year"].astype(np.int64)
    keys = [*KEYS, *dimensions]
    people = out["population"].to_numpy()
    bad = (people < 0) | np.isinf(people)
    if bad.any():
        row = out[bad].iloc[0]
        raise BenchmarkError(
            f"{name} has {row['population']:g} people in {_cell(row, keys)}; correct the table"
        )
    twice = out.duplicated(keys)
    if twice.any():
        raise InputError(
            f"{name} has {_cell(out[twice].iloc[0], keys)} twice; leave one of the rows out"
        )
    if "age_group" in dimensions:
        for _, rows in out.groupby(["date", "level", "cut"], dropna=False, sort=False):
            check_apart(
                sorted({ages_of(a) for a in rows["age_group"].unique()}), f"Age groups of {name}"
            )
    return out


def _cell(row: pd.Series[Any], keys: Sequence[str]) -> str:
    """A cell as a reader names it."""
    shown = [str(row[k]) for k in keys if k not in ("date", "level", "cut")]
    return ", ".join(shown)


def _listed(names: Sequence[str]) -> str:
    return enumerate_first(list(names)) if names else "area only"
