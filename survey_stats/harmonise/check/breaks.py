"""Whether two distributions of the same question are too different: numbers only.

A break is a change that is both far outside chance and large in substance.

- Large: Cohen's h, |2 asin √p - 2 asin √q| (Cohen 1988, Statistical Power Analysis, ch. 6), of the
  answer (or, on a scale, of the answers up to one point) that changed most is at least `LARGE`,
  and that share moved by at least `POINTS`. At 50 percent 0.25 is 12 points, at 5 percent 7.
- Outside chance: h over its standard error √(1/m + 1/n), with the effective sizes m and n, has a
  p-value under `CHANCE` in a t distribution with the smaller number of PSUs less one.

The effective size is n over the mean design effect of the shares (Rao and Scott 1981, Journal of
the American Statistical Association 76, section 3), from the variance of linearised PSU totals
under the weights; strata are left out, which reckons it low. It is never more than Kish's.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LARGE = 0.25
POINTS = 0.02
CHANCE = 1e-6
# correlations under this tell nothing about the direction of a question
_TELLING = 0.05
# a reading of the codes explains a break when it leaves less than this part of it
_EXPLAINED = 0.25
_MOST_ANSWERS = 8
_MOST_PARTNERS = 2 / 3


@dataclass(frozen=True)
class Sample:
    """The weighted shares of the answers, and how much they tell.

    Attributes:
        shares: shape (answers,), adding up to 1; nan where nobody answered.
        n: respondents with an answer and a weight.
        effective: the effective size.
        units: PSUs among them.
    """

    shares: Floats
    n: int
    effective: float
    units: int


def sample(
    answers: npt.NDArray[np.int16], weights: Floats, units: npt.NDArray[np.intp], k: int
) -> Sample:
    """The shares of `k` answers.

    Args:
        answers: shape (n,), positions 0 to k-1, -1 where missing.
        weights: shape (n,), not negative.
        units: shape (n,), the number of each respondent's PSU.

    >>> one = sample(np.array([0, 0, 1, -1], np.int16), np.ones(4), np.arange(4), 2)
    >>> one.shares.round(2).tolist(), one.n
    ([0.67, 0.33], 3)
    """
    use = (answers >= 0) & (weights > 0)
    a, w = answers[use].astype(np.intp), weights[use]
    n = int(a.size)
    if n == 0:
        return Sample(np.full(k, np.nan), 0, 0.0, 0)
    unit = np.unique(units[use], return_inverse=True)[1]
    m = int(unit.max()) + 1
    total = w.sum()
    shares = np.bincount(a, w, k) / total
    if m == n:
        square = w @ w
        inside = np.bincount(a, w * w, k)
        spread = (1 - 2 * shares) * inside + shares**2 * square
    else:
        by_unit = np.bincount(unit * k + a, w, m * k).reshape(m, k)
        spread = np.square(by_unit - by_unit.sum(axis=1, keepdims=True) * shares).sum(axis=0)
    variance = spread.sum() / total**2 * m / max(m - 1, 1)
    simple = (shares * (1 - shares)).sum() / n
    kish = n * float(w @ w) / total**2
    effect = max(kish, variance / simple if simple > 0 else kish)
    return Sample(shares, n, n / effect, m)


def size(before: Floats, after: Floats, ordered: bool) -> float:
    """The largest h of any answer, and on a scale of the answers up to any point.

    Shares that moved by less than `POINTS` do not count.

    >>> round(size(np.array([0.5, 0.5]), np.array([0.6, 0.4]), ordered=True), 2)
    0.2
    """
    p, q = before, after
    if ordered:
        p, q = (np.r_[x, np.cumsum(x)[:-1]] for x in (p, q))
    h = np.abs(2 * np.arcsin(np.sqrt(p.clip(0, 1))) - 2 * np.arcsin(np.sqrt(q.clip(0, 1))))
    moved = np.abs(p - q) >= POINTS
    return float(h[moved].max()) if moved.any() else 0.0


def is_break(before: Sample, after: Sample, ordered: bool, large: float = LARGE) -> bool:
    """Whether the change is both large and far outside chance."""
    if min(before.units, after.units) < 2:
        return False
    h = size(before.shares, after.shares, ordered)
    return h >= large and far_from_chance(
        h / float(np.sqrt(1 / before.effective + 1 / after.effective)),
        min(before.units, after.units) - 1,
    )


def far_from_chance(statistic: float, df: int) -> bool:
    """Whether a t statistic has a p-value under `CHANCE`.

    >>> far_from_chance(6.0, 500), far_from_chance(6.0, 4)
    (True, False)
    """
    from scipy.special import stdtr

    return bool(2 * stdtr(df, -abs(statistic)) < CHANCE)


def reading(before: Floats, after: Floats, ordered: bool) -> tuple[int, ...] | None:
    """The other order of the answers that would undo a break, if a simple one does.

    Tried in turn: reversed, two answers swapped, all answers moved by one.

    Returns:
        for each answer which delivered one it would have to be; None where nothing explains it.

    >>> reading(np.array([0.6, 0.3, 0.1]), np.array([0.1, 0.3, 0.6]), True)
    (2, 1, 0)
    """
    k = len(before)
    if not 2 <= k <= _MOST_ANSWERS:
        return None
    same = list(range(k))
    orders = [tuple(reversed(same))] if ordered else []
    for i, j in itertools.combinations(range(k), 2):
        swapped = same.copy()
        swapped[i], swapped[j] = j, i
        orders.append(tuple(swapped))
    orders += [(*same[1:], 0), (k - 1, *same[:-1])]
    broken = size(before, after, ordered)
    for order in dict.fromkeys(orders):
        left = size(before, after[list(order)], ordered)
        if left < min(LARGE, _EXPLAINED * broken):
            return order
    return None


@dataclass(frozen=True)
class Together:
    """How questions go together: correlations, and the effective size of each."""

    r: Floats
    effective: Floats


def together(scores: Floats, weights: Floats, effects: Floats) -> Together:
    """The weighted correlation of each pair of columns, among those who answered both.

    Args:
        scores: shape (n, k), nan where missing.
        weights: shape (n,).
        effects: shape (k,), the design effect of each column; a pair has the larger of its two.

    Returns:
        matrices of shape (k, k); a pair that cannot be correlated has r nan.
    """
    there = np.isfinite(scores)
    x = np.where(there, scores, 0.0)
    m = there.astype(np.float64)
    wm, wx = weights[:, None] * m, weights[:, None] * x
    total = wm.T @ m
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (wx.T @ m) / total
        square = ((wx * x).T @ m) / total - mean**2
        cov = (wx.T @ x) / total - mean * mean.T
        r = cov / np.sqrt(square * square.T)
    n = m.T @ m
    return Together(np.clip(r, -0.999999, 0.999999), n / np.maximum(effects[:, None], effects))


def turned(before: Together, after: Together) -> tuple[Bools, Bools, Bools]:
    """Which pairs of questions go together otherwise than before.

    Returns:
        boolean matrices: pairs that told something before; those of them that now tell the
        opposite; those that now tell next to nothing. A pair differs when the difference of
        Fisher's z is far from chance.
    """
    from scipy.special import stdtr

    with np.errstate(divide="ignore", invalid="ignore"):
        z, y = np.arctanh(before.r), np.arctanh(after.r)
        v, u = (1 / np.maximum(t.effective - 3, 1e-9) for t in (before, after))
        df = np.maximum(np.minimum(before.effective, after.effective) - 1, 1)
        known = 2 * stdtr(df, -np.abs(z) / np.sqrt(v)) < CHANCE
        differs = 2 * stdtr(df, -np.abs(z - y) / np.sqrt(v + u)) < CHANCE
    telling = known & (np.abs(before.r) >= _TELLING) & np.isfinite(after.r)
    np.fill_diagonal(telling, False)
    opposite = telling & differs & (before.r * after.r < 0)
    opposite &= np.abs(after.r) >= np.abs(before.r) / 2
    faded = telling & differs & (np.abs(after.r) < np.abs(before.r) / 3)
    return telling, opposite, faded


def culprits(telling: Bools, hit: Bools, least: int) -> list[tuple[int, ...]]:
    """The questions that the pairs in `hit` point at, one after another.

    A question that was turned goes otherwise with all its partners, while each partner differs
    in that one pair only. Two questions between which nothing decides are told together.

    Args:
        telling, hit: boolean, shape (k, k), symmetric.
        least: how many pairs a question needs.

    >>> telling = np.ones((3, 3), bool) & ~np.eye(3, dtype=bool)
    >>> hit = np.zeros((3, 3), bool); hit[0, 1:] = hit[1:, 0] = True
    >>> culprits(telling, hit, 1)
    [(0,)]
    """
    telling, hit = telling.copy(), hit.copy()
    found: list[tuple[int, ...]] = []
    while hit.any():
        pairs = hit.sum(axis=1)
        part = pairs / np.maximum(telling.sum(axis=1), 1)
        # of those that turned with most partners, the one with most pairs: what a turned question
        # leaves behind may be all that another one has
        order = np.lexsort((-part.round(9), -pairs, part < _MOST_PARTNERS))
        worst, rival = int(order[0]), int(order[1])
        if part[worst] < _MOST_PARTNERS or pairs[worst] < least:
            break
        tied = part[rival] == part[worst] and pairs[rival] == pairs[worst] and hit[worst, rival]
        out = (worst, rival) if tied else (worst,)
        found.append(out)
        for i in out:
            for matrix in (telling, hit):
                matrix[i, :] = matrix[:, i] = False
    return found
