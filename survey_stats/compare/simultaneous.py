"""Intervals that hold all at once: the quantile of the largest of many correlated statistics.

The statistics are taken as normal with the estimated correlation, each brought to the t
distribution of its own df, so that all intervals share one level alpha* of their own (single-step
min-p; Westfall and Young 1993, Resampling-Based Multiple Testing, section 2.3). Where all are
independent alpha* is Sidak's, where all are the same it is alpha.

Comparisons that share no sampling unit are taken as independent, in blocks, and so are the parts
of a block of more than `LARGEST`. What correlation is left between blocks is not used, which can
only widen the intervals (Royen 2014, Far East J. Theoretical Statistics 48:139: under normality
the chance that all hold is at least the product over blocks).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, special

from survey_stats.estimate import Scores
from survey_stats.estimate.scores import LinearScores

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

# comparisons whose correlations are held at a time
LARGEST = 1000
# blocks up to this size get their correlations pair by pair
_SMALL = 40
# draws over all blocks at first and at most; for each block at least
_DRAWS, _MOST, _LEAST = 8_000, 64_000, 64
# standard error of the quantile that is good enough
_PRECISE = 0.004
_NODES = 9
_SEED = 20210


@dataclass(frozen=True, eq=False)
class Simultaneous:
    """Intervals of a family that hold all together with probability `level`; R comparisons.

    Attributes
    ----------
    ci_low, ci_high: missing where there is no test
    alpha: 1 - level of each interval on its own that makes all hold together
    quantile: of the largest absolute normal statistic, from which alpha comes
    quantile_se: what chance in its simulation leaves in it
    level, size: of the family
    blocks: number of sets of comparisons that share no sampling unit
    """

    ci_low: Floats
    ci_high: Floats
    alpha: float
    quantile: float
    quantile_se: float
    level: float
    size: int
    blocks: int


def simultaneous(
    difference: Floats, se: Floats, df: Floats, level: float, errors: Sequence[Scores]
) -> Simultaneous:
    """Simultaneous intervals of comparisons that all have a test.

    Args:
        difference, se, df: a value for each comparison.
        level: probability that all intervals hold.
        errors: scores of the differences; of several independent samples the covariances add up.
    """
    size = difference.size
    if not size:
        return Simultaneous(difference, difference, 1 - level, np.nan, 0.0, level, 0, 0)
    blocks, parts = find_blocks([scores.held() for scores in errors])
    correlations = list(_correlations(errors, [p for p in parts if p.size > 1]))
    alone = sum(p.size == 1 for p in parts)
    quantile, spread = max_quantile(correlations, alone, level, _DRAWS)
    if spread > _PRECISE:
        draws = int(min(_MOST, _DRAWS * (spread / _PRECISE) ** 2 * 1.2))
        quantile, spread = max_quantile(correlations, alone, level, draws)
    alpha = float(2 * special.ndtr(-quantile))
    reach = special.stdtrit(df, 1 - alpha / 2) * se
    low, high = difference - reach, difference + reach
    return Simultaneous(low, high, alpha, quantile, spread, level, size, blocks)


def find_blocks(held: Sequence[sparse.csc_array]) -> tuple[int, list[Ints]]:
    """Number of blocks that share no unit, and the comparisons of each, in parts of `LARGEST`.

    Each of `held` (units, C) has an entry where a unit may add to the error of a comparison.

    >>> count, parts = find_blocks([sparse.csc_array(np.array([[1, 1, 0], [0, 0, 1]]))])
    >>> count, [p.tolist() for p in parts]
    (2, [[0, 1], [2]])
    """
    from scipy.sparse.csgraph import connected_components

    shared = sparse.csr_array(sparse.vstack(held, "csr"))
    units, size = shared.shape
    edges = sparse.coo_array(shared)
    nodes = np.ones(edges.nnz), (edges.row, units + edges.col)
    graph = sparse.coo_array(nodes, (units + size, units + size))
    _, label = connected_components(sparse.csr_array(graph), directed=False)
    label = label[units:]
    # those with the same first unit lie together, where a block has to be cut
    first = np.full(size, units)
    columns = sparse.csc_array(shared)
    columns.sort_indices()
    some = np.diff(columns.indptr) > 0
    first[some] = columns.indices[columns.indptr[:-1][some]]
    order = np.lexsort((np.arange(size), first, label))
    blocks = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    parts = [part for block in blocks for part in np.array_split(block, -(-block.size // LARGEST))]
    return len(blocks), parts


def max_quantile(
    correlations: Sequence[Floats], alone: int, level: float, draws: int
) -> tuple[float, float]:
    """The `level` quantile of the largest absolute value of normal variables in blocks.

    Args:
        correlations: the matrix of each block of two variables or more.
        alone: number of variables that are independent of all others.
        level: probability that no variable exceeds the quantile.
        draws: simulated, over all blocks.

    Returns:
        The quantile and its standard error by simulation; the same in every run.

    >>> round(max_quantile([np.ones((3, 3))], 0, 0.95, 500)[0], 3)
    1.96
    """
    total = sum(len(m) for m in correlations)
    size = total + alone
    nodes = np.linspace(
        special.ndtri((1 + level) / 2) - 1e-3,
        special.ndtri(1 - (1 - level) / 2 / size) + 1e-3,
        _NODES,
    )
    sizes = np.array([len(m) for m in correlations], dtype=np.float64)
    means, noises = np.zeros((2, len(correlations), _NODES))
    rng = np.random.default_rng(_SEED)
    for b, matrix in enumerate(correlations):
        own = max(_LEAST, -(-draws * len(matrix) // max(total, 1)))
        means[b], noises[b] = inverse_counts(matrix, nodes, own, rng)

    def at(z: float, values: Floats) -> Floats:
        """`values` (blocks, nodes) between the nodes, (blocks,)."""
        place = np.clip((z - nodes[0]) / (nodes[1] - nodes[0]), 0, _NODES - 1)
        k = min(int(place), _NODES - 2)
        return np.asarray(values[:, k] + (place - k) * (values[:, k + 1] - values[:, k]))

    def over(z: float) -> float:
        """-log of the chance that none exceeds z, less what is wanted."""
        tail = 2 * float(special.ndtr(-z))
        any_of = np.minimum(sizes * tail * at(z, means), 1 - 1e-12)
        return float(-np.log1p(-any_of).sum() - alone * np.log1p(-tail) + np.log(level))

    low, high = float(nodes[0]), float(nodes[-1])
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if over(middle) > 0 else (low, middle)
    z = (low + high) / 2
    tail = 2 * float(special.ndtr(-z))
    noise = float(np.sqrt(((sizes * tail) ** 2 * at(z, noises)).sum()))
    slope = (over(z - 1e-3) - over(z + 1e-3)) / 2e-3
    return z, noise / max(slope, 1e-300)


def inverse_counts(
    correlation: Floats, nodes: Floats, draws: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Mean of 1 / (number of variables beyond z), given that one drawn at random is; and its noise.

    Times the sum of the single chances it is the chance that any is beyond z: an importance
    sample of the union of rare events (Owen, Maximov and Chertkov 2019, Electronic J. Statistics
    13:231), in which the rare event happens in every draw.

    Args:
        correlation: (C, C).
        nodes: the bounds z, (K,).
        draws: number of draws, spread evenly over the variables.

    Returns:
        The mean (K,) and its variance (K,).
    """
    size = len(correlation)
    root = _root(correlation)
    drawn = rng.permutation(np.arange(draws) % size)
    tail = (rng.permutation(draws) + rng.random(draws)) / draws
    total, squares = np.zeros(nodes.size), np.zeros(nodes.size)
    step = max(1, (1 << 21) // size)
    for start in range(0, draws, step):
        which, u = drawn[start : start + step], tail[start : start + step]
        rows = np.arange(which.size)
        free = rng.standard_normal((which.size, root.shape[1])) @ root.T
        along = correlation[which]
        free -= along * free[rows, which][:, None]
        for k, z in enumerate(nodes.tolist()):
            height = -special.ndtri(u * special.ndtr(-z))
            beyond = np.abs(free + along * height[:, None]) > z
            beyond[rows, which] = True
            share = 1 / beyond.sum(axis=1)
            total[k] += share.sum()
            squares[k] += (share**2).sum()
    mean = total / draws
    return mean, np.maximum(squares / draws - mean**2, 0.0) / draws


def _root(correlation: Floats) -> Floats:
    """A matrix whose product with its transpose is the correlation."""
    try:
        root = np.linalg.cholesky(correlation + 1e-10 * np.eye(len(correlation)))
        return np.asarray(root, dtype=np.float64)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(correlation)
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _correlations(errors: Sequence[Scores], blocks: Sequence[Ints]) -> Iterator[Floats]:
    """The correlation matrix of each block."""
    small = [b for b in blocks if b.size <= _SMALL]
    linear = all(isinstance(scores, LinearScores) for scores in errors)
    pairwise = iter(_pair_by_pair(errors, small) if linear else ())
    for block in blocks:
        if linear and block.size <= _SMALL:
            yield next(pairwise)
            continue
        covariance = np.zeros((block.size, block.size))
        for scores in errors:
            covariance += scores.combine(_pick(scores.n_rows, block[None])).covariance()
        yield _scaled(covariance)


def _pair_by_pair(errors: Sequence[Scores], blocks: Sequence[Ints]) -> Iterator[Floats]:
    """Correlations of many small blocks from the variances of sums of two, in one pass each."""
    if not blocks:
        return
    places = [np.triu_indices(b.size) for b in blocks]
    pairs = np.concatenate([b[np.stack(p)] for b, p in zip(blocks, places, strict=True)], axis=1)
    variance = np.zeros(pairs.shape[1])
    for scores in errors:
        variance += scores.combine(_pick(scores.n_rows, pairs)).variance()
    start = 0
    for block, (i, j) in zip(blocks, places, strict=True):
        own = variance[start : start + i.size]
        start += i.size
        diagonal = own[i == j] / 4
        covariance = np.zeros((block.size, block.size))
        covariance[i, j] = (own - diagonal[i] - diagonal[j]) / 2
        covariance[j, i] = covariance[i, j]
        yield _scaled(covariance)


def _pick(n_rows: int, rows: Ints) -> sparse.csc_array:
    """The sum of the rows in each column of `rows` (m, C) as weights (n_rows, C)."""
    m, count = rows.shape
    ends = np.arange(0, rows.size + 1, m)
    weights = sparse.csc_array((np.ones(rows.size), rows.T.ravel(), ends), (n_rows, count))
    weights.sum_duplicates()
    return weights


def _scaled(covariance: Floats) -> Floats:
    size = np.sqrt(np.diag(covariance))
    out: Floats = np.clip(covariance / np.outer(size, size), -1.0, 1.0)
    np.fill_diagonal(out, 1.0)
    return out
