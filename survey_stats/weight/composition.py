"""Of whom two surveys consist, by the same cells or the same levels of several variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from survey_stats.errors import UnknownNameError
from survey_stats.weight.cells import CELL_SEPARATOR, FloatArray, IntArray
from survey_stats.weight.frames import BoolArray, add_up, column, counted_rows, names_of
from survey_stats.weight.result import Weights

_WHAT = "the common population"


@dataclass(frozen=True, eq=False)
class Side:
    """One survey: its weights (n,), and the cell of each row by each variable, (n, V).

    Crossed columns are one variable. Rows of weight zero have the code `size`.
    """

    weights: FloatArray
    code: IntArray
    size: int

    @property
    def total(self) -> float:
        """The sum of the weights."""
        return float(self.weights.sum())

    def sums(self) -> FloatArray:
        """Sums of weights by cell, (size,)."""
        by_variable = [add_up(code, self.weights, self.size) for code in self.code.T]
        return np.asarray(np.sum(by_variable, axis=0))

    def shares(self) -> FloatArray:
        """Sums over the sum of all weights, (size,)."""
        return self.sums() / self.total

    def people(self) -> IntArray:
        """Rows that count by cell, (size,)."""
        found = [np.bincount(code, minlength=self.size + 1)[: self.size] for code in self.code.T]
        return np.asarray(np.sum(found, axis=0))

    def spread(self, amounts: FloatArray) -> FloatArray:
        """The amounts (size,) of each row's cells, added up, (n,)."""
        return np.asarray(np.append(amounts, 0.0)[self.code].sum(axis=1))

    def left(self, keep: BoolArray) -> Side:
        """The survey with weight zero where not `keep` (n,)."""
        code = np.where(keep[:, None], self.code, self.size)
        return replace(self, weights=np.where(keep, self.weights, 0.0), code=code)


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of two surveys.

    Attributes:
        on: the columns.
        variables: the columns of each variable: all at once where they are crossed.
        variable: the variable of each cell, (p,).
        levels: the values of each cell's columns, p tuples.
        sides: the two surveys.
    """

    on: tuple[str, ...]
    variables: tuple[tuple[str, ...], ...]
    variable: IntArray
    levels: tuple[tuple[object, ...], ...]
    sides: tuple[Side, Side]

    @property
    def in_both(self) -> BoolArray:
        """Which cells have people in both surveys, (p,)."""
        one, other = (side.people() > 0 for side in self.sides)
        return np.asarray(one & other)

    def told(self, cells: IntArray) -> list[str]:
        """Names of some cells."""
        names = [CELL_SEPARATOR.join(map(str, level)) for level in self.levels]
        if len(self.variables) == 1:
            return [names[k] for k in cells]
        return [f"{self.variables[self.variable[k]][0]}: {names[k]}" for k in cells]

    def kept(self) -> tuple[BoolArray, BoolArray]:
        """Which rows of each survey are in cells that both have, when all others are left out.

        Leaving out people of a level of one variable can empty a level of another.
        """
        sides = self.sides
        while True:
            shared = np.append(replace(self, sides=sides).in_both, False)
            one, other = (np.asarray(shared[side.code].all(axis=1)) for side in sides)
            rest = (sides[0].left(one), sides[1].left(other))
            if all((a.weights == b.weights).all() for a, b in zip(rest, sides, strict=True)):
                return one, other
            sides = rest

    def table(self) -> pd.DataFrame:
        """A row a cell: its columns, or variable and level."""
        if len(self.variables) == 1:
            return pd.DataFrame(list(self.levels), columns=list(self.on))
        names = [self.variables[v][0] for v in self.variable]
        return pd.DataFrame({"variable": names, "level": [level[0] for level in self.levels]})

    def margins(self, totals: FloatArray) -> dict[tuple[str, ...], dict[tuple[object, ...], float]]:
        """Totals (p,) as margins for `calibrate`, in the order of the cells; no zeros."""
        out: dict[tuple[str, ...], dict[tuple[object, ...], float]] = {}
        for v, names in enumerate(self.variables):
            here = np.flatnonzero((self.variable == v) & (totals > 0))
            out[names] = {self.levels[k]: float(totals[k]) for k in here}
        return out


def align(
    weights: tuple[Weights, Weights],
    frames: tuple[pd.DataFrame, pd.DataFrame],
    on: str | Sequence[str],
    crossed: bool,
    names: tuple[str, str],
) -> Cells:
    """The cells of two surveys by columns that both have.

    Raises:
        UnknownNameError: a frame lacks a column.
        InputError: a column is missing for somebody who counts.
        BaseWeightError: weights and frame differ in length, or a weight cannot be.
    """
    columns = names_of(on, _WHAT)
    counted = [counted_rows(w, f) for w, f in zip(weights, frames, strict=True)]
    for frame, name in zip(frames, names, strict=True):
        for each in columns:
            if each not in frame.columns:
                raise UnknownNameError("column", each, frame.columns, f"the frame of {name!r}")
    parts = [
        pd.DataFrame({c: column(f, c, used, _WHAT)[used].astype(object).array for c in columns})
        for f, used in zip(frames, counted, strict=True)
    ]
    both = pd.concat(parts, ignore_index=True)
    variables = (columns,) if crossed or len(columns) == 1 else tuple((c,) for c in columns)
    codes: list[IntArray] = []
    levels: list[tuple[object, ...]] = []
    variable: list[int] = []
    for v, own in enumerate(variables):
        groups = both.groupby(list(own), sort=True)
        code = groups.ngroup().to_numpy()
        first = np.unique(code, return_index=True)[1]
        codes.append(np.asarray(code + len(levels), dtype=np.intp))
        levels += list(both.loc[first, list(own)].itertuples(index=False, name=None))
        variable += [v] * first.size
    found = np.stack(codes, axis=1)
    sides, start = [], 0
    for given, used in zip(weights, counted, strict=True):
        rows = np.full((given.n, len(variables)), len(levels), dtype=np.intp)
        rows[used] = found[start : start + int(used.sum())]
        start += int(used.sum())
        sides.append(Side(np.asarray(given.values), rows, len(levels)))
    return Cells(
        columns, variables, np.array(variable, dtype=np.intp), tuple(levels), (sides[0], sides[1])
    )
