"""Das Gupta's contributions of crossed variables, with slopes by the totals of the cells."""

from __future__ import annotations

import numpy as np

from survey_stats.explain.disagreement.kitagawa import (
    Floats,
    Ints,
    Margin,
    Parts,
    Totals,
    shapley_weights,
)


def by_variable(totals: Totals, levels: Ints) -> Parts:
    """The contribution of each variable to Kitagawa's composition, (K,); they sum to it exactly.

    A cell's part of the population is the product of one factor a variable: the geometric mean of
    the variable's share given every set of the others, and the effect of a factor is averaged over
    all orders in which the factors may change (Das Gupta 1993, Standardization and Decomposition of
    Rates, US Bureau of the Census P23-186, chapter 5, for any number of variables). Rates are the
    means of both surveys'.
    """
    C, K = levels.shape
    sets, weights = shapley_weights(K)
    margins = {s: Margin.of(levels, s) for s in sets}
    rate_first = totals.yes_first / totals.weight_first
    rate_second = totals.yes_second / totals.weight_second
    rate = (rate_first + rate_second) / 2
    logs = [
        _log_factors(weight, margins, weights)
        for weight in (totals.weight_first, totals.weight_second)
    ]
    effect, by_log = _effects(logs[0], logs[1], sets, weights)
    value = effect @ rate
    slope = np.zeros((K, 4, C))
    for at, weight, own in ((0, totals.weight_first, 0), (2, totals.weight_second, 1)):
        for k in range(K):
            slope[k, at] = _by_weight(weight, margins, weights, by_log[own][k] * rate)
    for at, weight, own_rate in (
        (0, totals.weight_first, rate_first),
        (2, totals.weight_second, rate_second),
    ):
        slope[:, at] -= effect * own_rate / (2 * weight)
        slope[:, at + 1] = effect / (2 * weight)
    return Parts(value, slope)


def _log_factors(weight: Floats, margins: dict[tuple[int, ...], Margin], weights: Floats) -> Floats:
    """Logarithms of the factors by variable and cell, (K, C); summed over K those of the parts."""
    sums = np.stack([np.log(m.sums(weight))[m.code] for m in margins.values()])
    out: Floats = weights @ sums
    return out


def _effects(
    first: Floats, second: Floats, sets: list[tuple[int, ...]], weights: Floats
) -> tuple[Floats, tuple[Floats, Floats]]:
    """Effect of each factor in each cell, (K, C), and its slopes by the logarithms, (K, K, C)."""
    K, C = first.shape
    effect = np.zeros((K, C))
    by_first, by_second = np.zeros((K, K, C)), np.zeros((K, K, C))
    for at, chosen in enumerate(sets):
        moved = np.isin(np.arange(K), chosen)
        product = np.exp(np.where(moved[:, None], second, first).sum(axis=0))
        own = weights[:, at, None] * product
        effect += own
        by_second[:, moved] += own[:, None]
        by_first[:, ~moved] += own[:, None]
    return effect, (by_first, by_second)


def _by_weight(
    weight: Floats, margins: dict[tuple[int, ...], Margin], weights: Floats, by_log: Floats
) -> Floats:
    """Slopes by the weight of each cell, (C,), from those by the logarithms of factors, (K, C)."""
    out = np.zeros(weight.size)
    for at, margin in enumerate(margins.values()):
        amount = margin.sums(weights[:, at] @ by_log) / margin.sums(weight)
        out += amount[margin.code]
    return out
