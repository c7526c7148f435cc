"""The parts that sum to a difference, as combinations of what was estimated in both surveys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from survey_stats.compare import contrast
from survey_stats.explain.disagreement import kitagawa
from survey_stats.explain.disagreement.definition import (
    AS_IT_IS,
    BOTH,
    KNOWN,
    PUBLISHED,
    RECODED,
    WITHIN,
)
from survey_stats.explain.disagreement.kitagawa import Floats, Parts, Totals
from survey_stats.explain.disagreement.sample import Rows, combined, degrees

Part = Literal["difference", "definition", "composition", "rest"]

CODING = "coding"
UNIVERSE = "universe"
AREAS = "areas"
UNKNOWN = "background not known"
ONE_ONLY = "groups of one survey"
# rounding of what is nothing, beside the shares it is made of
ROUNDING = 1e-12


@dataclass(frozen=True)
class Leaf:
    """One part: its kind, and what it is by (a variable, or a step of the definition)."""

    part: Part
    variable: str


@dataclass(frozen=True, eq=False)
class Uncertain:
    """Values with the covariances that each of two independent samples gives them.

    Attributes
    ----------
    value: (L,)
    covariances: by the first and the second sample, (L, L) each
    df: degrees of freedom of either
    level: of the intervals
    """

    value: Floats
    covariances: tuple[Floats, Floats]
    df: tuple[float, float]
    level: float

    def sums(self, weights: Floats) -> Numbers:
        """Linear combinations with their intervals; `weights` is (Q, L)."""
        value = weights @ self.value
        one, two = (
            np.maximum(np.einsum("ql,lm,qm->q", weights, c, weights), 0.0) for c in self.covariances
        )
        return numbers(value, one, two, self.df, self.level)


@dataclass(frozen=True, eq=False)
class Numbers:
    """Values with standard errors, df and intervals, (Q,) each."""

    value: Floats
    se: Floats
    df: Floats
    low: Floats
    high: Floats


def numbers(
    value: Floats, first: Floats, second: Floats, df: tuple[float, float], level: float
) -> Numbers:
    """t intervals from the variances that two independent samples add, Satterthwaite's df.

    A part that is nothing without any error has an interval of nothing; any other value without
    an error has none.
    """
    # a sample that adds nothing to the variance takes no df away
    own = [np.where(v > 0, d, np.inf) for v, d in zip((first, second), df, strict=True)]
    with np.errstate(divide="ignore", invalid="ignore"):
        degrees_of = contrast.satterthwaite(first, own[0], second, own[1])
        se = np.sqrt(first + second)
        low, high = contrast.interval(value, se, degrees_of, level)
    still = se <= ROUNDING
    none = still & (np.abs(value) <= ROUNDING)
    low, high = np.where(still, np.nan, low), np.where(still, np.nan, high)
    low, high = np.where(none, 0.0, low), np.where(none, 0.0, high)
    return Numbers(value, np.where(still, 0.0, se), degrees_of, low, high)


def totals_of(rows: Sequence[Sequence[Rows]]) -> Totals:
    """The totals by cell of both surveys."""
    parts: list[Floats] = []
    for side in rows:
        no, yes = side[-1].value.reshape(-1, 2).T
        parts += [no + yes, yes.copy()]
    return Totals(*parts)


def by_row(parts: Parts, side: int) -> Floats:
    """Slopes by the totals of no and yes of one side's cells, (2 C, R)."""
    by_weight, by_yes = parts.slope[:, 2 * side], parts.slope[:, 2 * side + 1]
    out: Floats = np.stack([by_weight, by_weight + by_yes], axis=2).reshape(len(by_yes), -1).T
    return out


@dataclass(frozen=True)
class Steps:
    """Which steps of the definition do anything at all."""

    recoded: bool
    restricted: bool
    unknown: bool
    one_only: bool
    elsewhere: bool = False

    def told(self) -> list[tuple[Leaf, dict[int, float], float]]:
        """The steps with their weights on the states, and on the difference within the cells.

        Recoding and restricting are averaged over both orders in which they may be done,
        within the areas that both surveys cover.
        """
        steps: list[tuple[Leaf, dict[int, float], float]] = []
        if self.elsewhere:
            steps.append((Leaf("definition", AREAS), {PUBLISHED: 1.0, AS_IT_IS: -1.0}, 0.0))
        if self.recoded:
            on = {AS_IT_IS: 0.5, RECODED: -0.5, WITHIN: 0.5, BOTH: -0.5}
            steps.append((Leaf("definition", CODING), on, 0.0))
        if self.restricted:
            on = {AS_IT_IS: 0.5, WITHIN: -0.5, RECODED: 0.5, BOTH: -0.5}
            steps.append((Leaf("definition", UNIVERSE), on, 0.0))
        if self.unknown:
            steps.append((Leaf("definition", UNKNOWN), {BOTH: 1.0, KNOWN: -1.0}, 0.0))
        if self.one_only:
            steps.append((Leaf("definition", ONE_ONLY), {KNOWN: 1.0}, -1.0))
        return steps


def split_up(
    rows: Sequence[Sequence[Rows]],
    steps: Steps,
    composition: Parts,
    names: Sequence[str],
    level: float,
) -> tuple[tuple[Leaf, ...], Uncertain, Parts]:
    """The leaves with their covariances, and the rest with its slopes."""
    within = kitagawa.difference(totals_of(rows))
    rest = within.less(composition.total())
    told = steps.told()
    definition = [within.combined(np.array([[of_cells]])) for _, _, of_cells in told]
    of_cells = kitagawa.beside([*definition, composition, rest])
    leaves = (
        *(leaf for leaf, _, _ in told),
        *(Leaf("composition", name) for name in names),
        Leaf("rest", ""),
    )
    values = of_cells.value.copy()
    covariances = []
    for side, sign in ((0, -1.0), (1, 1.0)):
        on_states = np.zeros((KNOWN + 1, len(leaves)))
        for at, (_, on, _) in enumerate(told):
            for state, amount in on.items():
                on_states[state, at] = sign * amount
        values += on_states.T @ np.array([float(r.value[0]) for r in rows[side][: KNOWN + 1]])
        weights = np.concatenate([on_states, by_row(of_cells, side)])
        covariances.append(combined(list(rows[side]), weights).covariance())
    df = degrees(rows[0][0]), degrees(rows[1][0])
    return leaves, Uncertain(values, (covariances[0], covariances[1]), df, level), rest
