"""`Weights`: the numbers, and every step that made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from survey_stats.errors import InputError
from survey_stats.weight.diagnostics.kish import kish_design_effect
from survey_stats.weight.influence import Influence, PlacedRefit, Refit
from survey_stats.weight.step_text import step_text

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

StepKind = Literal[
    "base",
    "delivered",
    "post-stratified",
    "calibrated",
    "non-response",
    "propensity",
    "trimmed",
    "restricted",
]


@dataclass(frozen=True, eq=False)
class Step:
    """One adjustment, with what a variance estimator needs to remember it.

    Attributes:
        kind: what was done.
        on: the variables it was done by, such as ("district", "gender", "age_group").
        labels: the names of the cells, classes or totals.
        totals: the population of each of them, shape (number of labels,); NaN where none is set.
        factor: what each respondent's weight was multiplied by, shape (n,).
        details: what else the reader is told, by name: method, bounds, iterations, ...
        influence: what the step does to errors; None where it does nothing to them.
        refit: how the step is made again within replicates; None where factors stay.
    """

    kind: StepKind
    on: tuple[str, ...]
    labels: tuple[str, ...]
    totals: FloatArray
    factor: FloatArray
    details: Mapping[str, Any] = field(default_factory=dict)
    influence: Influence | None = None
    refit: Refit | None = None

    def placed(self, rows: slice, n: int) -> Step:
        """The step in a sample of n rows, of which its own are `rows`; others stay as they are."""
        factor = np.ones(n)
        factor[rows] = self.factor
        return replace(
            self,
            factor=factor,
            influence=None if self.influence is None else self.influence.placed(rows, n),
            refit=None if self.refit is None else PlacedRefit.of(self.refit, rows, n),
        )

    def __str__(self) -> str:
        return step_text(self.kind, self.on, self.labels, self.details)

    def __repr__(self) -> str:
        return f"<Step: {self}>"


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights of n respondents (people represented, so they sum to a population) and their history.

    Attributes:
        values: shape (n,), finite and not negative; zero for who is not counted, such as those
            who were drawn and did not answer.
        steps: the adjustments in the order in which they were made.
    """

    values: FloatArray
    steps: tuple[Step, ...]

    @classmethod
    def delivered(cls, values: npt.ArrayLike, name: str = "weight") -> Weights:
        """Weights that came with the data, about which nothing else is known.

        Raises:
            InputError: they are not a row of numbers.
        """
        given = _numbers(values)
        return cls(given, (Step("delivered", (name,), (), np.zeros(0), given),))

    @classmethod
    def of(cls, given: Weights | npt.ArrayLike) -> Weights:
        """Weights as they are, or plain numbers as weights that came with the data.

        >>> Weights.of([1, 2]).steps[0].kind
        'delivered'
        """
        return given if isinstance(given, Weights) else cls.delivered(given)

    @classmethod
    def joined(cls, parts: Sequence[Weights]) -> Weights:
        """The weights of several samples below each other, each with its own steps."""
        ends = np.cumsum([0, *(p.n for p in parts)]).tolist()
        base = np.concatenate([p.base for p in parts])
        first = replace(parts[0].steps[0], kind="delivered", labels=(), totals=np.zeros(0))
        steps = [replace(first, factor=base, influence=None, refit=None)]
        for part, a, b in zip(parts, ends, ends[1:], strict=False):
            steps += [step.placed(slice(a, b), ends[-1]) for step in part.steps[1:]]
        return cls(np.concatenate([p.values for p in parts]), tuple(steps))

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
        """Kish's design effect of the positive weights, see `kish_design_effect`."""
        return kish_design_effect(self.values[self.values != 0])

    @property
    def base(self) -> FloatArray:
        """The weights as they were before any adjustment after the base weights, shape (n,)."""
        return self.steps[0].factor

    def then(self, step: Step) -> Weights:
        """The weights after one more step."""
        return Weights(self.values * step.factor, (*self.steps, step))

    def describe(self) -> str:
        """How the weights were made, one step a line, with the steps' notes."""
        zeros = int((self.values == 0).sum())
        number = f"{self.n} weights, {zeros} of them 0" if zeros else f"{self.n} weights"
        head = f"{number}, total {self.total:.0f}, design effect {self.design_effect:.2f}"
        lines = [head]
        for i, step in enumerate(self.steps, 1):
            lines += [f"{i}. {step}", *(f"   note: {n}" for n in step.details.get("notes", ()))]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Weights: {self.describe()}>"


def _numbers(values: Any) -> FloatArray:
    """The values as an array (n,), missing ones as NaN."""
    try:
        if hasattr(values, "to_numpy"):
            found = values.to_numpy(dtype=np.float64, na_value=np.nan)
        else:
            found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"Weights are numbers, one a respondent, not {type(values).__name__} with other "
            "values; take them from a numeric column"
        ) from None
    if found.ndim != 1:
        raise InputError(
            f"Weights are one number a respondent, but these have the shape {found.shape}; "
            "take them from one column"
        )
    return np.asarray(found, dtype=np.float64)
