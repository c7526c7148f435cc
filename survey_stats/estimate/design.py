"""The sampling design as arrays of integer codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from survey_stats.errors import InputError
from survey_stats.estimate.columns import (
    Bools,
    Floats,
    Ints,
)
from survey_stats.estimate.tally import sort_codes

if TYPE_CHECKING:
    from survey_stats.estimate.adjusted import Trail
    from survey_stats.estimate.replicates import Replicates
    from survey_stats.scan import Origin
    from survey_stats.weight.result import Weights

LonelyRule = Literal["error", "certainty", "adjust", "average", "collapse"]
# the finite population correction below which a stratum counts as fully sampled, as in R survey
CENSUS = 1e-7


@dataclass(frozen=True)
class Stage:
    """One stage of sampling: units within strata.

    Units are numbered so that those of a stratum follow each other. `unit` is None where every
    row is a unit of its own (then `stratum` is by row); otherwise `unit` is by row and
    `unit_stratum` by unit.

    Attributes
    ----------
    unit: codes of shape (n,), or None
    stratum: codes of shape (n,)
    unit_stratum: codes of shape (n_units,), or None
    size: units in each stratum, shape (n_strata,)
    fraction: sampled fraction of each stratum, 0 where sampled with replacement
    carried: product of the fractions of the stages before, shape (n_strata,)
    """

    unit: Ints | None
    stratum: Ints
    unit_stratum: Ints | None
    size: Ints
    fraction: Floats
    carried: Floats

    @cached_property
    def order(self) -> Ints | None:
        """Order of the rows that sorts them by unit (by stratum without units); None if sorted."""
        key = self.stratum if self.unit is None else self.unit
        if (key[1:] >= key[:-1]).all():
            return None
        return sort_codes(key, int(key.max()) + 1)

    @cached_property
    def starts(self) -> Ints:
        """First unit of each stratum, shape (n_strata,)."""
        return np.cumsum(self.size) - self.size

    @cached_property
    def rows(self) -> Ints:
        """Rows in each stratum, shape (n_strata,)."""
        return np.bincount(self.stratum, minlength=self.n_strata)

    @cached_property
    def n_units(self) -> int:
        return int(self.size.sum())

    @property
    def n_strata(self) -> int:
        return self.size.size

    @cached_property
    def lonely(self) -> Bools:
        """Strata with one unit that do not hold their whole population."""
        lonely: Bools = (self.size == 1) & (1 - self.fraction >= CENSUS)
        return lonely

    @cached_property
    def factor(self) -> Floats:
        """What the centred sum of squares of a stratum is multiplied by; (n_strata,)."""
        size = self.size.astype(np.float64)
        spread = np.where(size > 1, size / np.maximum(size - 1, 1), 1.0)
        rest = 1 - self.fraction
        return self.carried * np.where(rest < CENSUS, 0.0, rest) * spread


@dataclass(frozen=True, eq=False)
class Alike:
    """How many respondents each row stands for, alike in everything but their weights.

    What is made of respondents one by one needs the sums of powers of their weights. As parts of
    the power of their sum these stay as they are when a step multiplies the weights of a row.

    Attributes
    ----------
    count: respondents of each row, shape (n,)
    powers: sum of w^k over them, divided by (sum of w)^k, for k = 2, 3, ...; shapes (n,)
    """

    count: Ints
    powers: tuple[Floats, ...]

    @property
    def squares(self) -> Floats:
        """`powers` of k = 2: 1 where a row is one respondent."""
        return self.powers[0]


@dataclass(frozen=True)
class Declared:
    """The columns that a design was read from, as named by the user."""

    weights: str | None
    strata: tuple[str, ...]
    clusters: tuple[str, ...]
    fpc: tuple[str, ...]
    nest: bool

    @property
    def columns(self) -> list[str]:
        """All of them."""
        return [n for n in (self.weights, *self.strata, *self.clusters, *self.fpc) if n]


@dataclass(frozen=True)
class Design:
    """Weights and stages of a sample, all as arrays.

    `weights` is None-free float64 of shape (n,); `inside` is None, or False for rows of weight
    zero, which belong to no domain; `weighting` is how the weights were made, None for weights as
    delivered; `alike` tells what rows that stand for several respondents hold, and `origin` the
    table that they were brought in from.
    """

    weights: Floats
    stages: tuple[Stage, ...]
    inside: Bools | None
    lonely_psu: LonelyRule
    lonely_domain: bool
    text: str
    declared: Declared
    replicates: Replicates | None = None
    weighting: Weights | None = None
    alike: Alike | None = None
    origin: Origin | None = None

    @property
    def n(self) -> int:
        """Rows."""
        return self.weights.size

    @property
    def respondents(self) -> int:
        """Respondents, of whom a row may hold several."""
        return self.n if self.alike is None else int(self.alike.count.sum())

    def count(self, codes: Ints, size: int, rows: Ints | slice = slice(None)) -> Ints:
        """Respondents by code below `size`; `codes` are those of `rows`. Shape (size,)."""
        if self.alike is None:
            return np.bincount(codes, minlength=size)[:size]
        sums = np.bincount(codes, self.alike.count[rows], minlength=size)[:size]
        return np.rint(sums).astype(np.int64)

    def number(self, inside: Bools) -> int:
        """Respondents in the rows `inside`, (n,)."""
        if self.alike is None:
            return int(np.count_nonzero(inside))
        return int(self.alike.count[inside].sum())

    def squared(self, rows: Ints | slice = slice(None)) -> Floats:
        """Sums of squared weights over the respondents of each row of `rows`."""
        w = self.weights[rows]
        return w * w if self.alike is None else w * w * self.alike.squares[rows]

    def row_factor(self, stage: Stage, factor: Floats) -> Floats:
        """`factor` by row, times what the square of a row's sum is to be multiplied by; (n,).

        Where rows are units the squares of their sums are not those of several respondents.
        """
        by_row = factor[stage.stratum]
        if stage.unit is None and self.alike is not None:
            by_row = by_row * self.alike.squares
        return by_row

    @cached_property
    def fraction(self) -> float:
        """Part of the population interviewed; 0 where a stage was drawn with replacement.

        Known only when the last stage samples respondents: in clusters taken whole nothing is
        left to sample within them, so the fraction of the clusters counts.
        """
        last = self.stages[-1]
        share = last.carried * last.fraction
        population = last.size / np.where(share > 0, share, np.inf)
        known: float = float(last.size.sum() / population.sum()) if (share > 0).all() else 0.0
        return known

    @cached_property
    def trail(self) -> Trail | None:
        """What the steps of the weighting take off the errors; None where they take nothing."""
        from survey_stats.estimate.adjusted import Trail

        if self.weighting is None:
            return None
        steps = [s.influence for s in self.weighting.steps if s.influence is not None]
        return Trail.of(self, steps) if steps else None

    @property
    def df(self) -> float:
        """Degrees of freedom of the whole design: first-stage units less strata."""
        if self.replicates is not None:
            return self.replicates.df
        first = self.stages[0]
        return float(first.n_units - first.n_strata)


def as_names(value: str | Sequence[str] | None) -> list[str]:
    """A name, a list of names or None, as a list; `InputError` for anything else."""
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, (pd.Series, pd.DataFrame)) or not isinstance(value, Iterable):
        raise InputError(
            f"Columns are given by name, not by {type(value).__name__}; write the name of a "
            "column, or a list of names"
        )
    if isinstance(value, (set, frozenset)):
        raise InputError(
            f"Columns are given in an order, which a {type(value).__name__} does not tell; write a "
            "list of names"
        )
    return list(value)
