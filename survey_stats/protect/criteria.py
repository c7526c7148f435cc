"""Which cells fail a criterion by themselves: arrays in, arrays out.

Disclosure criteria are about people (too few, too few of a kind, too few who weigh much); precision
criteria are about the number.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from survey_stats.protect.rules import Dominance, Precision, Rule

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LOW_N = "suppressed: base under {minimum_n:g}, too imprecise"
LOW_EFFECTIVE = "suppressed: effective base under {minimum_effective:g}"
WIDE = "suppressed: interval as wide as {widest:g}"
WIDE_RELATIVE = "suppressed: interval wider than {widest_relative:g} times the share"
NO_PRECISION = "suppressed: precision not known"
FEW_DF = "uncertain: under {minimum_df:g} degrees of freedom"
ALL_ALIKE = "uncertain: 0 or 100 percent"
COMPLEMENT = "uncertain: the other answers are imprecise"

_EXACT = 1e-9


def few_of_a_kind(share: Floats, n: Floats, rule: Rule, binary: Bools) -> Bools:
    """Whether fewer than `rule.minimum_answers` gave an answer of this kind, shape (rows,).

    Args:
        share: the share of each row.
        n: its base; with weights the number of answers is base x share, as a reader works it out.
        rule: the profile.
        binary: where the share has a complement that follows from it.
    """
    if not (rule.minimum_answers or rule.group_disclosure):
        return np.zeros(len(share), dtype=np.bool_)
    out = _few(share, n, rule)
    out |= binary & _few(1 - share, n, rule)
    if rule.group_disclosure:
        out |= share >= 1 - _EXACT
        out |= binary & (share <= _EXACT)
    return np.asarray(out & np.isfinite(share) & (n > 0), dtype=np.bool_)


def _few(share: Floats, n: Floats, rule: Rule) -> Bools:
    count = share * n
    few = count < rule.minimum_answers - _EXACT
    return few & (count > _EXACT) if rule.true_zeros else few


def dominated(weights: Floats, rule: Dominance) -> Bools:
    """The (n, k) and the p-percent rule (Hundepool et al. 2012, sections 4.2.1 and 4.2.2).

    Args:
        weights: the parts of each cell's weight that its largest respondents have, largest first,
            shape (cells, at least `rule.largest`, and 2 for the p-percent rule).
        rule: the limits.

    >>> dominated(np.array([[0.6, 0.1], [0.2, 0.2]]), Dominance(1, 0.5)).tolist()
    [True, False]
    """
    out = weights[:, : rule.largest].sum(axis=1) > rule.most
    if rule.percent is not None:
        first, second = weights[:, 0], weights[:, 1]
        out |= 1 - first - second < rule.percent * first
    return np.asarray(out, dtype=np.bool_)


def weight_shares(weights: Floats, cell: NDArray[np.int64], cells: int, largest: int = 2) -> Floats:
    """The parts of each cell's weight that its largest respondents have, largest first.

    Args:
        weights: of the respondents, not negative, shape (n,).
        cell: the number of the cell of each, shape (n,).
        cells: how many cells there are.
        largest: of how many respondents; 0 stands where a cell has fewer.

    Returns:
        Shape (cells, largest); 0 in a cell without weight.

    >>> weight_shares(np.array([1.0, 3.0, 4.0, 2.0]), np.array([0, 0, 0, 1]), 3).tolist()
    [[0.5, 0.375], [1.0, 0.0], [0.0, 0.0]]
    """
    order = np.lexsort((-weights, cell))
    own, mass = cell[order], weights[order]
    place = np.arange(len(own)) - np.searchsorted(own, own)
    out = np.zeros((cells, largest))
    near = place < largest
    out[own[near], place[near]] = mass[near]
    total = np.bincount(cell, weights, cells)
    return np.asarray(out / np.where(total > 0, total, 1.0)[:, None])


def imprecise(
    share: Floats,
    low: Floats,
    high: Floats,
    n: Floats,
    n_effective: Floats,
    df: Floats,
    rule: Precision,
) -> NDArray[np.object_]:
    """The flag of each share by its precision; empty where it is precise enough.

    The order of the questions is that of the National Center for Health Statistics (Parker et al.
    2017, "National Center for Health Statistics data presentation standards for proportions", Vital
    and Health Statistics Series 2 No. 175, figure 1): base, absolute width, relative width, then
    review for few degrees of freedom, for 0 and 100 percent, and for the complement.

    Args:
        share, low, high: the share and its interval, 0-1.
        n, n_effective, df: behind it; a missing one fails the criterion that needs it.
        rule: the limits.
    """
    flags = np.full(len(share), "", dtype=object)
    # the base itself counts where the design gains
    effective = np.fmin(n_effective, n)
    if rule.interval == "korn-graubard":
        low, high = korn_graubard(share, effective, n, df, rule.level)
    width = high - low

    def say(where: Bools, text: str) -> None:
        flags[where & (flags == "")] = text

    with np.errstate(invalid="ignore", divide="ignore"):
        if rule.minimum_n:
            say(~(n >= rule.minimum_n), LOW_N.format(minimum_n=rule.minimum_n))
        if rule.minimum_effective:
            text = LOW_EFFECTIVE.format(minimum_effective=rule.minimum_effective)
            say(effective < rule.minimum_effective, text)
            say(np.isnan(effective), NO_PRECISION)
        if rule.widest is not None:
            say(np.isnan(width), NO_PRECISION)
            say(width >= rule.widest, WIDE.format(widest=rule.widest))
        wide = width > rule.narrow
        if rule.widest_relative is not None:
            say(np.isnan(width), NO_PRECISION)
            most = rule.widest_relative
            text = WIDE_RELATIVE.format(widest_relative=most)
            say(wide & (share > _EXACT) & (width > most * share), text)
        if rule.minimum_df:
            say(~(df >= rule.minimum_df), FEW_DF.format(minimum_df=rule.minimum_df))
            say((share <= _EXACT) | (share >= 1 - _EXACT), ALL_ALIKE)
        if rule.complement and rule.widest_relative is not None:
            rest = 1 - share
            say(wide & (rest > _EXACT) & (width > rule.widest_relative * rest), COMPLEMENT)
    flags[np.isnan(share)] = ""
    return flags


def korn_graubard(
    share: Floats, n_effective: Floats, n: Floats, df: Floats, level: float = 0.95
) -> tuple[Floats, Floats]:
    """The Clopper-Pearson interval at an effective base (Korn and Graubard 1998).

    The effective base is lowered for few degrees of freedom by (t of n - 1 / t of df)^2, and never
    above n.

    >>> low, high = korn_graubard(*(np.array([v]) for v in (0.0, 50.0, 50.0, 49.0)))
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.0, 0.071)
    """
    from scipy.special import betaincinv, stdtrit

    tail = (1 - level) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = stdtrit(np.maximum(n - 1, 1), 1 - tail) / stdtrit(np.maximum(df, 1), 1 - tail)
        size = np.fmin(n_effective * np.where(np.isfinite(ratio), ratio, 1.0) ** 2, n)
        x = share * size
        low = np.where(x <= _EXACT, 0.0, betaincinv(np.fmax(x, _EXACT), size - x + 1, tail))
        rest = size - x
        high = np.where(rest <= _EXACT, 1.0, betaincinv(x + 1, np.fmax(rest, _EXACT), 1 - tail))
    missing = np.isnan(share) | np.isnan(size)
    return np.where(missing, np.nan, low), np.where(missing, np.nan, high)
