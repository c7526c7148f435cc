"""Post-stratification: weights that sum to the population in every cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from survey_stats.errors import enumerate_first
from survey_stats.weight.cells import FloatArray, IntArray, cell_positions, check_totals
from survey_stats.weight.errors import BaseWeightError, BenchmarkError, EmptyCellError
from survey_stats.weight.influence import Block, Influence
from survey_stats.weight.result import Step, Weights


def post_stratify(
    weights: Weights | npt.ArrayLike,
    cells: npt.ArrayLike,
    totals: Mapping[str, float] | pd.Series,
    on: Sequence[str] = ("cell",),
) -> Weights:
    """The weights scaled so that each cell sums to its population total.

    w'_i = w_i N_g / Σ_{j in g} w_j for respondent i of cell g (Holt and Smith 1979, Journal of the
    Royal Statistical Society A 142(1), section 2; with unequal base weights as in Lumley 2010,
    Complex Surveys, section 7.2).

    Args:
        weights: base weights, or the result of an earlier adjustment, of n respondents.
        cells: the cell of each respondent, shape (n,); `cross` makes it from several columns.
        totals: the population of every cell.
        on: the variables that form the cells, remembered in the result.

    Raises:
        EmptyCellError: a cell has a population and nobody who answered.
        UnknownCellError: respondents are in a cell without a total.
        BenchmarkError: a total is negative, missing, or zero where people answered.
        BaseWeightError: a weight is missing, zero, negative or infinite.

    >>> from survey_stats.weight import base_weights
    >>> start = base_weights({"a": 90}, {"a": 9}, ["a", "a", "a"])
    >>> post_stratify(start, ["men", "women", "women"], {"men": 40, "women": 50}).values
    array([40., 25., 25.])
    """
    weights = Weights.of(weights)
    check_base(weights.values)
    labels, target = check_totals(totals, "population total")
    cell, used = cell_positions(cells, labels, "cell")
    if cell.size != weights.n:
        raise BaseWeightError(
            f"There are {weights.n} weights and {cell.size} respondents with a cell; "
            "take both from the same frame"
        )
    filled = np.zeros(len(labels), dtype=bool)
    filled[used] = True
    empty = [labels[k] for k in np.flatnonzero(~filled & (target > 0))]
    if empty:
        raise EmptyCellError(
            f"Nobody answered in {enumerate_first(empty)}, where people live; "
            "merge the cell with a neighbouring one"
        )
    zero = [labels[k] for k in np.flatnonzero(filled & (target == 0))]
    if zero:
        raise BenchmarkError(
            f"People answered in {enumerate_first(zero)}, where the population is 0; "
            "correct the table or the respondents' cells"
        )
    return weights.then(to_cells(weights.values, cell, labels, target, on))


def to_cells(
    values: FloatArray,
    cell: IntArray,
    labels: tuple[str, ...],
    totals: FloatArray,
    on: Sequence[str],
) -> Step:
    """The step that scales weights `values` (n,) so that those of each cell sum to its total."""
    size = len(labels)
    sums = np.bincount(cell, values, minlength=size)
    ratio, inverse = np.ones(size), np.zeros(size)
    np.divide(totals, sums, out=ratio, where=sums > 0)
    np.divide(1.0, sums, out=inverse, where=sums > 0)
    factor = ratio[cell]
    influence = Influence(
        (Block(cell, size),), 1 / factor, values * factor, sparse.diags_array(inverse).tocsc()
    )
    refit = CellRefit(cell, size, labels, totals)
    return Step("post-stratified", tuple(on), labels, totals, factor, {}, influence, refit)


@dataclass(frozen=True, eq=False)
class CellRefit:
    """Post-stratification made again: the patterns are the cells."""

    code: IntArray
    size: int
    labels: tuple[str, ...]
    totals: FloatArray

    def factors(self, weights: FloatArray) -> FloatArray:
        """Total over sum by cell, (cells, replicates)."""
        empty = (weights <= 0) & (self.totals > 0)[:, None]
        if empty.any():
            cell, replicate = np.argwhere(empty)[0].tolist()
            raise EmptyCellError(
                f"Replicate {replicate + 1} has nobody in {self.labels[cell]}, where people live; "
                "merge cells, or choose replicates that drop nobody (kind='fay')"
            )
        out = np.ones_like(weights)
        np.divide(self.totals[:, None], weights, out=out, where=weights > 0)
        return out


def check_base(values: FloatArray) -> None:
    """Refuse weights that are missing, zero, negative or infinite, naming the first rows."""
    bad = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
    if bad.size:
        raise BaseWeightError(
            "A base weight is missing, zero, negative or infinite in the respondents at position "
            f"{enumerate_first([int(b) for b in bad])} (counted from 0); set it before adjusting"
        )
