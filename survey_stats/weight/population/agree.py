"""Benchmarks held against each other: the same people counted in two tables, or twice in one."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from survey_stats.errors import InputError, enumerate_first
from survey_stats.weight.errors import BenchmarkError
from survey_stats.weight.population import align
from survey_stats.weight.population.table import Population

Benchmark = Population | pd.DataFrame

COLUMNS = (
    "year",
    "area",
    "cell",
    "first",
    "second",
    "people_first",
    "people_second",
    "difference",
    "percent",
    "verdict",
    "ask",
)
AGREES, DIFFERS, MISSING = "agrees", "differs", "missing"


@dataclass(frozen=True, eq=False)
class Agreement:
    """Whether benchmarks agree with each other, margin by margin.

    Attributes:
        frame: a row a comparison: year, area, cell ("all" or the groups), first and second (what is
            compared), people_first, people_second, difference (second - first), percent (of the
            first), verdict (agrees, differs, or missing where a figure is), ask (whom to ask).
        tolerance: the difference, as a part of the first, that still agrees.
        people: the number of people that still agrees.
        notes: what could not be compared.
    """

    frame: pd.DataFrame
    tolerance: float
    people: float
    notes: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether nothing that could be compared differs."""
        return not (self.frame["verdict"] == DIFFERS).any()

    @property
    def differences(self) -> pd.DataFrame:
        """The comparisons that differ, the largest first."""
        own = self.frame[self.frame["verdict"] == DIFFERS]
        order = own["difference"].abs().sort_values(ascending=False, kind="stable").index
        return own.loc[order].reset_index(drop=True)

    def check(self) -> Agreement:
        """Itself where the benchmarks agree.

        Raises:
            BenchmarkError: they do not; the largest differences are told.
            InputError: nothing could be compared, which is no agreement.
        """
        if self.frame.empty:
            why = f": {enumerate_first(self.notes, 3)}" if self.notes else ""
            raise InputError(
                f"No two figures of the benchmarks are of the same people{why}; "
                "give benchmarks with a year and areas in common"
            )
        if not self.agrees:
            raise BenchmarkError(str(self))
        return self

    def __str__(self) -> str:
        own = self.differences
        n = len(self.frame)
        if self.agrees:
            return f"The benchmarks agree in all {n} comparisons" if n else "Nothing to compare"
        told = [_sentence(row) for _, row in own.head(3).iterrows()]
        more = f"; and {len(own) - 3} more" if len(own) > 3 else ""
        return (
            f"{len(own)} of {n} comparisons of benchmarks differ: {'; '.join(told)}{more}. "
            f"Ask {own['ask'].iloc[0]} which is right, or scale one to the other with reconcile"
        )

    def __repr__(self) -> str:
        return f"Agreement({len(self.differences)} of {len(self.frame)} comparisons differ)"


def agreement(*benchmarks: Benchmark, tolerance: float = 0.0, people: float = 0.5) -> Agreement:
    """Holds benchmarks against each other, and each against itself, before weighting to them.

    Within one population: printed totals against the sums of their parts, and the whole city
    against its districts and the people in no district. Between two: every kind of area that both
    have, in the coarser cut, in total and by each dimension that both have, in the finest age
    groups that both can be summed to; and the city of one against the districts of the other.
    Tables with a `population` column (as `Population.margin` gives) are compared in the columns
    that they share, or in total where they share none.

    Args:
        tolerance: the part of the first figure by which the second may differ.
        people: the number of people by which it may differ whatever the tolerance, such as half a
            person for rounding, or more where small counts were perturbed.

    Raises:
        InputError: there is nothing to compare, or a table has no column `population`.

    >>> from survey_stats.weight.population import city_population
    >>> agreement(city_population().select(2024)).agrees
    True
    >>> first = pd.DataFrame({"gender": ["men", "women"], "population": [480, 500]})
    >>> second = pd.DataFrame({"district": ["Farsta", "Järva"], "population": [400, 600]})
    >>> agreement(first, second).frame[["people_first", "people_second", "verdict"]].values
    array([[980.0, 1000.0, 'differs']], dtype=object)
    """
    if not benchmarks:
        raise InputError("There is no benchmark to compare; give one or several")
    if not (0 <= tolerance < 1 and people >= 0):
        raise InputError(
            f"tolerance={tolerance} and people={people} must be 0 or more, tolerance a part of 1"
        )
    names = _names(benchmarks)
    rows: list[pd.DataFrame] = []
    notes: list[str] = []
    for name, one in zip(names, benchmarks, strict=True):
        if isinstance(one, Population):
            rows += align.within(one, name, notes)
    for (name_a, a), (name_b, b) in itertools.combinations(
        list(zip(names, benchmarks, strict=True)), 2
    ):
        if isinstance(a, Population) and isinstance(b, Population):
            rows += align.between(a, b, (name_a, name_b), notes)
        else:
            rows += align.tables(a, b, (name_a, name_b), notes)
    filled = [r for r in rows if len(r)]
    frame = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(COLUMNS))
    return Agreement(_judged(frame, tolerance, people), tolerance, people, tuple(notes))


def _judged(frame: pd.DataFrame, tolerance: float, people: float) -> pd.DataFrame:
    first = frame["people_first"].to_numpy(dtype=np.float64)
    second = frame["people_second"].to_numpy(dtype=np.float64)
    difference = second - first
    percent = np.full(first.size, np.nan)
    np.divide(100 * difference, first, out=percent, where=first > 0)
    # a sum of many figures is not exact in the last digits
    rounding = 1e-9 * np.abs(first)
    within = np.abs(difference) <= np.maximum(people, tolerance * np.abs(first)) + rounding
    verdict = np.where(np.isnan(difference), MISSING, np.where(within, AGREES, DIFFERS))
    out = frame.assign(difference=difference, percent=percent, verdict=verdict)
    return out[list(COLUMNS)]


def _names(benchmarks: Sequence[Benchmark]) -> list[str]:
    """A name for each, told apart where they are alike."""
    names: list[str] = []
    for k, one in enumerate(benchmarks, start=1):
        if isinstance(one, Population):
            names.append(one.name)
        elif isinstance(one, pd.DataFrame) and "population" in one.columns:
            told = [str(c) for c in one.columns if c != "population"]
            names.append(f"table {k} ({enumerate_first(told, 4)})" if told else f"table {k}")
        else:
            raise InputError(
                f"Benchmark {k} is neither a Population nor a table with a column population"
            )
    alike = {name for name in names if names.count(name) > 1}
    return [f"{n} [{k}]" if n in alike else n for k, n in enumerate(names, start=1)]


def _sentence(row: pd.Series) -> str:
    where = " ".join(str(row[k]) for k in ("area", "year") if str(row[k]))
    cell = str(row["cell"]) if row["cell"] != "all" or not where else ""
    percent = "" if np.isnan(row["percent"]) else f", {row['percent']:+.1f} %"
    what = ", ".join(filter(None, (where, cell)))
    return (
        f"{what}: {row['people_first']:,.0f} in {row['first']} and "
        f"{row['people_second']:,.0f} in {row['second']} ({row['difference']:+,.0f}{percent})"
    )
