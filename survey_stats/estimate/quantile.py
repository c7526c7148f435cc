"""Quantiles by group with Woodruff's intervals.

The distribution function is estimated at the quantile as a share, its interval is carried back
through the same rule that gave the quantile (Woodruff 1952, JASA 47). Nothing here loops over
groups: the rows are sorted once by group and value, and positions are found by bisection in all
groups at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from survey_stats.errors import InputError
from survey_stats.estimate.columns import Floats, Ints
from survey_stats.estimate.tally import sort_codes

QuantileRule = Literal["math", "school", "hf4", "hf5", "hf6", "hf7", "hf8", "hf9"]
QuantileInterval = Literal["mean", "xlogit", "beta", "asin", "replicates"]
# cumulative weights nearer than this to p (relative to their total) hold exactly p
TIE = 1e-12


@dataclass(frozen=True)
class Sorted:
    """Values with positive weight, sorted by group and value.

    `first` and `last` are the positions of each group's smallest and largest value (last < first
    where a group is empty); `below` is the sum of weights up to and with each position, within
    its group.
    """

    value: Floats
    weight: Floats
    below: Floats
    first: Ints
    last: Ints
    total: Floats

    @classmethod
    def of(cls, y: Floats, weights: Floats, group: Ints, n_groups: int) -> Sorted:
        rows = np.flatnonzero((group < n_groups) & (weights > 0))
        order = rows[np.argsort(y[rows], kind="stable")]
        order = order[sort_codes(group[order], n_groups + 1)]
        sizes = np.bincount(group[order], minlength=n_groups)
        ends = np.cumsum(sizes)
        first = ends - sizes
        w = weights[order]
        running = np.cumsum(w)
        base = (
            np.where(first > 0, running[np.maximum(first, 1) - 1], 0.0) if w.size else np.zeros(0)
        )
        below = running - np.repeat(base, sizes) if w.size else running
        total = np.zeros(n_groups)
        total[sizes > 0] = below[ends[sizes > 0] - 1]
        return cls(y[order], w, below, first, ends - 1, total)


def quantile(data: Sorted, p: Floats, rule: QuantileRule) -> Floats:
    """The quantile of order p (G,) in each group, NaN where p is missing or outside [0, 1].

    "math" is the smallest value at which the distribution function reaches p; "school" averages
    the two middle values where it equals p; "hf4" to "hf9" interpolate as types 4 to 9 of
    Hyndman and Fan (1996, American Statistician 50), with weights as in R survey.

    >>> data = Sorted.of(np.array([4.0, 1.0, 3.0, 2.0]), np.ones(4), np.zeros(4, int), 1)
    >>> half = np.array([0.5])
    >>> float(quantile(data, half, "math")[0]), float(quantile(data, half, "school")[0])
    (2.0, 2.5)
    """
    if rule not in get_args(QuantileRule):
        raise InputError(f"rule={rule!r} is no quantile rule; use one of {get_args(QuantileRule)}")
    usable = (data.last >= data.first) & (p >= 0) & (p <= 1)
    result = np.full(p.shape, np.nan)
    groups = np.flatnonzero(usable)
    if groups.size == 0:
        return result
    first, last = data.first[groups], data.last[groups]
    total, at = data.total[groups], p[groups]
    if rule in ("math", "school"):
        target = at * total
        slack = TIE * total
        position = _bisect(data.below, first, last, target - slack)
        value = data.value[position]
        if rule == "school":
            tie = np.abs(data.below[position] - target) <= slack
            value = np.where(tie, (value + data.value[np.minimum(position + 1, last)]) / 2, value)
        result[groups] = value
        return result
    points, scale = _plotting(data, rule)
    target = at * scale[groups]
    slack = TIE * total
    right = _bisect(points, first, last, target - slack)
    left = np.maximum(right - 1, first)
    width = points[right] - points[left]
    part = np.where(width > 0, (target - points[left]) / np.where(width > 0, width, 1.0), 1.0)
    part = np.clip(part, 0.0, 1.0)
    low, high = data.value[left], data.value[right]
    # an answer is met exactly, so that it is counted among those at or below the quantile
    reached = target >= points[right] - slack
    result[groups] = np.where(reached, high, low + part * (high - low))
    return result


def _plotting(data: Sorted, rule: QuantileRule) -> tuple[Floats, Floats]:
    """Plotting positions times a scale, and the scale of each group."""
    below, w = data.below, data.weight
    before = below - w
    filled = data.last >= data.first
    end = np.zeros(data.first.shape)
    end[filled] = w[data.last[filled]]
    if rule == "hf4":
        return below, data.total
    if rule == "hf5":
        return below - w / 2, data.total
    if rule == "hf6":
        return below, data.total + end
    if rule == "hf7":
        return before, data.total - end
    if rule == "hf8":
        return before / 3 + below * (2 / 3), data.total + end / 3
    return before * (3 / 8) + below * (5 / 8), data.total + end / 4


def _bisect(values: Floats, first: Ints, last: Ints, target: Floats) -> Ints:
    """First position in [first, last] whose value is at least `target`, else `last`."""
    low, high = first.copy(), last.copy()
    while (low < high).any():
        middle = (low + high) // 2
        reached = values[middle] >= target
        high = np.where(reached, middle, high)
        low = np.where(reached | (low >= high), low, np.minimum(middle + 1, last))
    return low
