"""A difference of two shares split into who was asked and how each group answered, with slopes.

Everything is a function of four arrays over the C cells of crossed variables: the weights T and
the weighted yes-answers Y of both surveys. Each function also gives its slopes by these totals,
which turn the errors of the totals into those of the parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Totals:
    """Sums over the respondents of two surveys by cell, (C,) each; weights are positive.

    Attributes
    ----------
    weight_first, yes_first: sum of w, and of w over those who said yes, in the first survey
    weight_second, yes_second: the same in the second
    """

    weight_first: Floats
    yes_first: Floats
    weight_second: Floats
    yes_second: Floats

    def stacked(self) -> Floats:
        """The four as rows, (4, C)."""
        return np.stack([self.weight_first, self.yes_first, self.weight_second, self.yes_second])


@dataclass(frozen=True, eq=False)
class Parts:
    """Values (R,) and their slopes by the totals, (R, 4, C) in the order of `Totals`."""

    value: Floats
    slope: Floats

    def combined(self, weights: Floats) -> Parts:
        """Linear combinations; `weights` is (Q, R)."""
        return Parts(weights @ self.value, np.einsum("qr,rfc->qfc", weights, self.slope))

    def less(self, other: Parts) -> Parts:
        """These less others, row by row."""
        return Parts(self.value - other.value, self.slope - other.slope)

    def total(self) -> Parts:
        """The sum as one row."""
        return Parts(self.value.sum(keepdims=True), self.slope.sum(axis=0, keepdims=True))


def beside(parts: Sequence[Parts]) -> Parts:
    """The rows of several below each other."""
    return Parts(
        np.concatenate([p.value for p in parts]), np.concatenate([p.slope for p in parts], axis=0)
    )


@dataclass(frozen=True, eq=False)
class Margin:
    """Cells added up over some of the variables: the group of each cell, (C,), and their number."""

    code: Ints
    size: int

    @classmethod
    def of(cls, levels: Ints, variables: Sequence[int]) -> Margin:
        """The groups of these columns of `levels` (C, K); none puts all cells in one."""
        if not variables:
            return cls(np.zeros(levels.shape[0], dtype=np.intp), 1)
        found, code = np.unique(levels[:, list(variables)], axis=0, return_inverse=True)
        return cls(code.reshape(-1).astype(np.intp), found.shape[0])

    def sums(self, values: Floats) -> Floats:
        """Sums of `values` (C,) by group, (size,)."""
        return np.bincount(self.code, values, minlength=self.size).astype(np.float64, copy=False)


def difference(totals: Totals) -> Parts:
    """The second share less the first over all cells, one row."""
    slope = np.empty((1, 4, totals.weight_first.size))
    shares = []
    pairs = (
        (0, totals.weight_first, totals.yes_first, -1.0),
        (2, totals.weight_second, totals.yes_second, 1.0),
    )
    for at, weight, yes, sign in pairs:
        whole = weight.sum()
        share = yes.sum() / whole
        slope[0, at], slope[0, at + 1] = -sign * share / whole, sign / whole
        shares.append(share)
    return Parts(np.array([shares[1] - shares[0]]), slope)


def composition(totals: Totals, margin: Margin, lean: float = 0.5) -> Parts:
    """What different shares of the groups of a margin do to the difference, one row.

    `sum_s (b_s - a_s) r_s`, with a and b the groups' parts of the two surveys and r their rates,
    `(1 - lean)` of the first survey and `lean` of the second. With 0.5 the first line of Kitagawa
    (1955, Journal of the American Statistical Association 50:1168, eq. 4); with 0 and 1 the
    two-fold decompositions at the rates of one survey.
    """
    code = margin.code
    weights = [margin.sums(t) for t in (totals.weight_first, totals.weight_second)]
    yeses = [margin.sums(t) for t in (totals.yes_first, totals.yes_second)]
    wholes = [w.sum() for w in weights]
    a, b = (w / whole for w, whole in zip(weights, wholes, strict=True))
    rates = [y / w for y, w in zip(yeses, weights, strict=True)]
    mixed = (1 - lean) * rates[0] + lean * rates[1]
    gap = b - a
    slope = np.empty((1, 4, code.size))
    sides = zip((0, 2), (a, b), (1 - lean, lean), (-1.0, 1.0), strict=True)
    for side, (at, part, mine, sign) in enumerate(sides):
        by_rate = gap * mine / weights[side]
        by_part = sign * (mixed - part @ mixed) / wholes[side]
        slope[0, at] = (by_part - by_rate * rates[side])[code]
        slope[0, at + 1] = by_rate[code]
    return Parts(np.array([gap @ mixed]), slope)


def subsets(size: int) -> list[tuple[int, ...]]:
    """All sets of the numbers below `size`, the smaller first."""
    return [s for k in range(size + 1) for s in combinations(range(size), k)]


def shapley_weights(size: int) -> tuple[list[tuple[int, ...]], Floats]:
    """All sets of `size` players, and what each set's worth counts for each player, (size, sets).

    The worth of every player averaged over all orders in which they may come (Shapley 1953;
    Shorrocks 2013, Journal of Economic Inequality 11:99, eq. 7).
    """
    sets = subsets(size)
    weights = np.zeros((size, len(sets)))
    for at, chosen in enumerate(sets):
        for player in range(size):
            others = len(chosen) - (player in chosen)
            part = factorial(others) * factorial(size - others - 1) / factorial(size)
            weights[player, at] = part if player in chosen else -part
    return sets, weights


def by_variable(totals: Totals, levels: Ints, lean: float = 0.5) -> Parts:
    """The contribution of each variable to the composition, (K,); they sum to it exactly.

    The worth of a set of variables is the composition by these alone; each variable gets what it
    adds, averaged over all orders (`shapley_weights`), so no order matters. With one variable
    this is Kitagawa's composition.
    """
    sets, weights = shapley_weights(levels.shape[1])
    worth = beside([composition(totals, Margin.of(levels, s), lean) for s in sets])
    return worth.combined(weights)


def rest_by_group(totals: Totals, groups: Margin, lean: float = 0.5) -> Parts:
    """Where different answers within cells lie, by group of cells; (groups,).

    `sum_x m_x (q_x - p_x)` over the cells of a group, with p and q the rates of the two surveys
    and m the parts, `lean` of the first survey and `1 - lean` of the second: what is left of the
    difference when the composition by all cells is taken away.
    """
    wholes = totals.weight_first.sum(), totals.weight_second.sum()
    a, b = totals.weight_first / wholes[0], totals.weight_second / wholes[1]
    p = totals.yes_first / totals.weight_first
    q = totals.yes_second / totals.weight_second
    gap, m = q - p, lean * a + (1 - lean) * b
    member = np.equal.outer(np.arange(groups.size), groups.code).astype(np.float64)
    slope = np.empty((groups.size, 4, gap.size))
    sides = (
        (0, a, p, totals.weight_first, lean, wholes[0], -1.0),
        (2, b, q, totals.weight_second, 1 - lean, wholes[1], 1.0),
    )
    for at, part, rate, weight, mine, whole, sign in sides:
        mean = groups.sums(part * gap)[:, None]
        slope[:, at] = mine * (member * gap - mean) / whole - sign * member * m * rate / weight
        slope[:, at + 1] = sign * member * m / weight
    return Parts(groups.sums(m * gap), slope)
