"""Populations to hold the weights against, and which respondents are in each of their cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.weight.cells import CELL_SEPARATOR
from survey_stats.weight.levels import column_of

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]

POPULATION = "population"
TIMES = " x "


@dataclass(frozen=True, eq=False)
class Target:
    """A population by cells, and the cell of each respondent.

    Attributes:
        variables: what forms the cells, such as ("district", "gender").
        keys: the values of the variables as text, one row a cell.
        code: the cell of each respondent, shape (n,); the number of cells where he is in none.
        population: people in each cell.
        source: the name of the table of benchmarks; empty for a target of the weighting.
        step: the step (from 1) that weighted to it; 0 for a table of benchmarks.
        within: how many of the variables, the first ones, are groups weighted each on its own.
        missing: respondents without a value of the variables.
        unknown: cells of respondents of which the table says nothing, with how many there are.
    """

    variables: tuple[str, ...]
    keys: pd.DataFrame
    code: IntArray
    population: FloatArray
    source: str = ""
    step: int = 0
    within: int = 0
    missing: int = 0
    unknown: tuple[tuple[str, int], ...] = ()

    @property
    def size(self) -> int:
        """The number of cells."""
        return int(self.population.size)

    def sums(self, amounts: FloatArray) -> FloatArray:
        """Sums of `amounts` (n,) by cell."""
        sums = np.bincount(self.code, amounts, minlength=self.size + 1)[: self.size]
        return sums.astype(np.float64)

    def over(self, variables: Sequence[str]) -> Target:
        """The same population by fewer variables: the others summed over."""
        names = list(variables)
        cells = pd.MultiIndex.from_frame(self.keys[names])
        position, found = pd.factorize(cells)
        keys = pd.DataFrame(list(found), columns=names, dtype=object)
        code = np.append(position, len(keys))[self.code].astype(np.intp)
        sums = np.bincount(position, self.population, minlength=len(keys)).astype(np.float64)
        return Target(
            tuple(names), keys, code, sums, self.source, self.step, 0, self.missing, self.unknown
        )

    def overlaps(self, other: Target, answered: BoolArray) -> bool:
        """Whether somebody who answered is in cells of both."""
        return bool(np.any((self.code < self.size) & (other.code < other.size) & answered))

    def beside(self, other: Target) -> Target:
        """This target and one of other respondents by the same variables, populations added."""
        both = pd.concat([self.keys, other.keys], ignore_index=True)
        position, found = pd.factorize(pd.MultiIndex.from_frame(both))
        keys = pd.DataFrame(list(found), columns=both.columns, dtype=object)
        people = np.concatenate([self.population, other.population])
        code = np.append(position[: self.size], len(keys))[self.code]
        there = other.code < other.size
        code[there] = position[self.size :][other.code[there]]
        return Target(
            self.variables, keys, code.astype(np.intp),
            np.bincount(position, people, minlength=len(keys)).astype(np.float64),
            self.source, self.step, self.within, self.missing + other.missing,
            (*self.unknown, *other.unknown),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Moment:
    """The mean of a numeric variable in the population.

    Attributes:
        variable: its name.
        value: that of each respondent, shape (n,); NaN where it is missing.
        mean, sd: of the population; the sd is NaN where it is not known.
        source, step: as of a `Target`.
        total: the sum that was weighted to; NaN where none was.
    """

    variable: str
    value: FloatArray
    mean: float
    sd: float = float("nan")
    source: str = ""
    step: int = 0
    total: float = float("nan")


def text_of(column: pd.Series[Any]) -> npt.NDArray[np.object_]:
    """Values as text (whole numbers without decimals, whatever their dtype), None where missing."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        position, values = column.cat.codes.to_numpy(), column.cat.categories.to_series()
    else:
        position, unique = pd.factorize(column, use_na_sentinel=True)
        values = pd.Series(unique, dtype=column.dtype)
    # the code -1 of a missing value is the last
    names = np.array([*_texts(values), None], dtype=object)
    texts: npt.NDArray[np.object_] = names[position]
    return texts


def _texts(values: pd.Series[Any]) -> list[str]:
    plain = (v.item() if isinstance(v, np.generic) else v for v in values)
    return [str(int(v)) if isinstance(v, float) and v.is_integer() else str(v) for v in plain]


def coded(
    frame: pd.DataFrame, variables: Sequence[str], keys: pd.DataFrame, answered: BoolArray
) -> tuple[IntArray, int, tuple[tuple[str, int], ...]]:
    """The cell of each row of the frame among `keys`; how many lack a value; cells not in `keys`.

    Only who answered is in a cell and counted.

    Raises:
        UnknownNameError: the frame has no such column. InputError: it has it twice.
    """
    texts = {name: text_of(column_of(frame, name)) for name in variables}
    rows = pd.DataFrame(texts, columns=list(variables), dtype=object)
    absent = rows.isna().any(axis=1).to_numpy()
    cells = {
        key: k for k, key in enumerate(keys[list(variables)].itertuples(index=False, name=None))
    }
    position, found = pd.factorize(pd.MultiIndex.from_frame(rows.fillna("")))
    place = np.array([cells.get(key, len(keys)) for key in found], dtype=np.intp)
    code = place[position]
    code[absent | ~answered] = len(keys)
    counts = np.bincount(position[~absent & answered], minlength=len(found))
    unknown = tuple(
        (CELL_SEPARATOR.join(key), int(counts[k]))
        for k, key in enumerate(found)
        if place[k] == len(keys) and counts[k]
    )
    return code, int((absent & answered).sum()), unknown
