"""`Weights`: the numbers, and every step that made them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from survey_stats.weight.diagnostics import kish_design_effect

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

StepKind = Literal["base", "post-stratified"]


@dataclass(frozen=True, eq=False)
class Step:
    """One adjustment, with what a variance estimator needs to remember it.

    Attributes:
        kind: "base" or "post-stratified".
        on: the variables that formed the cells, such as ("district", "gender", "age_group").
        labels: the names of the cells.
        cell: the position in `labels` of each respondent's cell, shape (n,).
        totals: the population of each cell, shape (number of cells,).
        factor: what each respondent's weight was multiplied by, shape (n,).
    """

    kind: StepKind
    on: tuple[str, ...]
    labels: tuple[str, ...]
    cell: IntArray
    totals: FloatArray
    factor: FloatArray

    def __str__(self) -> str:
        if self.kind == "base":
            return f"base weights N/n in {len(self.labels)} strata by {' x '.join(self.on)}"
        return f"post-stratified to {len(self.labels)} cells of {' x '.join(self.on)}"

    def __repr__(self) -> str:
        return f"<Step: {self}>"


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights of n respondents (people represented, so they sum to a population) and their history.

    Attributes:
        values: shape (n,), every one positive and finite.
        steps: the adjustments in the order in which they were made.
    """

    values: FloatArray
    steps: tuple[Step, ...]

    @property
    def n(self) -> int:
        """The number of respondents."""
        return int(self.values.size)

    @property
    def total(self) -> float:
        """The population that the weights sum to."""
        return float(self.values.sum())

    @property
    def design_effect(self) -> float:
        """Kish's design effect of unequal weighting, see `kish_design_effect`."""
        return kish_design_effect(self.values)

    @property
    def base(self) -> FloatArray:
        """The weights as they were before any adjustment after the base weights, shape (n,)."""
        return self.steps[0].factor

    def describe(self) -> str:
        """How the weights were made, one step a line."""
        head = f"{self.n} weights, total {self.total:.0f}, design effect {self.design_effect:.2f}"
        return "\n".join([head, *(f"{i}. {step}" for i, step in enumerate(self.steps, 1))])

    def __repr__(self) -> str:
        return f"<Weights: {self.describe()}>"
