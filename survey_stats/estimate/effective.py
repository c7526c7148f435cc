"""What an estimated variance is worth in degrees of freedom where sampling units are unequal."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from scipy import sparse

from survey_stats.estimate.basis import (
    Basis,
    column_chunks,
    on_pattern,
    pattern,
    table,
    unit_strata,
)
from survey_stats.estimate.columns import Floats, Ints
from survey_stats.estimate.design import Alike, Stage
from survey_stats.estimate.tally import add_up, segments


def effective_df(basis: Basis, sides: Sequence[sparse.csc_array]) -> Floats:
    """df of the variance of a share or mean, or of the difference of two, by column; (R,).

    Parameters
    ----------
    sides: one or two matrices (M, R) with an entry for each column of the basis whose respondents
        are in the domain of a side, as `LinearScores.domain`

    Satterthwaite's df `tr(M S)^2 / tr(M S M S)` of the quadratic form M that the variance of the
    first stage is, with S the covariance of the units' scores were all answers independent and
    alike (Bell and McCaffrey 2002, Survey Methodology 28:169, section 3; for domains Valliant and
    Rust 2010, Journal of Official Statistics 26:585). PSUs less strata where all units weigh the
    same; fewer where a few units carry most of the weight. NaN where there is no variance.
    """
    design, stage = basis.design, basis.design.stages[0]
    weights = [_by_unit(basis, stage, v) for v in (design.weights, design.squared())]
    whole = pattern(sparse.csc_array(sparse.vstack(sides, "csc")))
    twice = sparse.csr_array(sparse.hstack([weights[0]] * len(sides), "csr"))
    return np.concatenate(
        [np.zeros(0)]
        + [
            _effective(basis, stage, weights, [side[:, part] for side in sides])
            for part in column_chunks(twice, whole)
        ]
    )


def _effective(
    basis: Basis,
    stage: Stage,
    weights: Sequence[sparse.csr_array],
    sides: Sequence[sparse.csc_array],
) -> Floats:
    parts = [_parts(basis, weights, side) for side in sides]
    every = parts[0][0] if len(parts) == 1 else sparse.csc_array(parts[0][0] + parts[1][0])
    every = pattern(every)
    every.sum_duplicates()
    within = _Within.of(every, stage, basis.design.alike)
    vectors: list[_Vector] = []
    spread = np.zeros(every.nnz)
    R = every.shape[1]
    kernel = np.zeros((R, 2 * len(sides), 2 * len(sides)))
    for i, (share, error) in enumerate(parts):
        s, a = on_pattern(share, every), on_pattern(error, every)
        vectors += [within.vector(s, 1), within.vector(a, 2)]
        spread += a
        # the errors of a unit less its part of those of all: D - s a' - a s' + t s s'
        kernel[:, 2 * i, 2 * i] = add_up(within.column, a, R)
        kernel[:, 2 * i, 2 * i + 1] = kernel[:, 2 * i + 1, 2 * i] = -1.0
    centred = [within.centred(v) for v in vectors]
    errors = within.vector(spread, 2)
    inner, outer = (np.empty_like(kernel) for _ in range(2))
    for i, left in enumerate(centred):
        for j in range(i + 1):
            product = within.product(left, vectors[j])
            inner[:, i, j] = inner[:, j, i] = add_up(within.column, product, R)
            product = within.product(left, errors, centred[j])
            outer[:, i, j] = outer[:, j, i] = add_up(within.column, product, R)
    f, n = within.factor, within.size
    by_segment = add_up(within.segment, spread, within.of_segment.size)
    mean = add_up(within.column, f * (1 - 1 / n) * spread, R)
    square = add_up(within.column, f**2 * (1 - 2 / n) * within.product(errors, errors), R)
    first = within.first
    square += add_up(within.of_segment, (f[first] / n[first] * by_segment) ** 2, R)
    turned = kernel @ inner
    mean += np.einsum("rii->r", turned)
    square += 2 * np.einsum("rij,rji->r", kernel, outer) + np.einsum("rij,rji->r", turned, turned)
    with np.errstate(divide="ignore", invalid="ignore"):
        df: Floats = np.where((square > 0) & (mean > 0), mean**2 / square, np.nan)
    return df


def _parts(
    basis: Basis, weights: Sequence[sparse.csr_array], side: sparse.csc_array
) -> tuple[sparse.csc_array, sparse.csc_array]:
    """Part of each unit in the weight of a domain, and its sum of squared parts; (units, R)."""
    starts = basis.starts
    # a member is told once by every field that his domain has columns of
    told = np.zeros(side.shape[1])
    for a, b in itertools.pairwise(starts.tolist()):
        told += np.diff(sparse.csc_array(side[a:b]).indptr) > 0
    weight, square = (sparse.csc_array(by_unit @ pattern(side)) for by_unit in weights)
    total = weight.sum(axis=0)
    for matrix, scale in ((weight, total), (square, total**2 / np.maximum(told, 1.0))):
        matrix.data = matrix.data / np.repeat(scale, np.diff(matrix.indptr))
    return weight, square


def _by_unit(basis: Basis, stage: Stage, values: Floats) -> sparse.csr_array:
    rows, n_rows = stage.unit, stage.n_units
    if rows is None:
        rows, n_rows = np.arange(basis.design.n), basis.design.n
        if stage.order is not None:
            rows[stage.order] = np.arange(n_rows)
    parts = [table(rows, n_rows, f.code, f.size, values) for f in basis.fields]
    return parts[0] if len(parts) == 1 else sparse.csr_array(sparse.hstack(parts, "csr"))


# a vector by respondent as coefficients of powers of his part in the weight of his unit, by entry
_Vector = dict[int, Floats]


class _Within:
    """Entries (unit, column) of a pattern, and the strata within its columns.

    `powers` are, by entry, the respondents of a unit and the sums of powers of their parts in its
    weight, where units are rows that stand for several respondents.
    """

    def __init__(
        self, column: Ints, stratum: Ints, stage: Stage, powers: Sequence[Floats] | None
    ) -> None:
        start = segments(column, stratum)
        self.column = column
        self.segment: Ints = np.cumsum(start) - 1
        self.first: Ints = np.flatnonzero(start)
        self.of_segment: Ints = column[self.first]
        self.factor: Floats = stage.factor[stratum]
        self.size: Floats = stage.size[stratum].astype(np.float64)
        self.powers = powers

    @classmethod
    def of(cls, every: sparse.csc_array, stage: Stage, alike: Alike | None) -> _Within:
        column = np.repeat(np.arange(every.shape[1]), np.diff(every.indptr))
        powers = None
        if alike is not None and stage.unit is None:
            rows = every.indices if stage.order is None else stage.order[every.indices]
            one = np.ones(rows.size)
            powers = [alike.count[rows].astype(np.float64), one, *(p[rows] for p in alike.powers)]
        return cls(column, unit_strata(stage)[every.indices], stage, powers)

    def vector(self, sums: Floats, degree: int) -> _Vector:
        """The vector of the respondents' weights to this power, of which `sums` are by entry."""
        return {0: sums} if self.powers is None else {degree: sums / self.powers[degree]}

    def centred(self, values: _Vector) -> _Vector:
        """factor times the deviation from the mean of all units of the stratum."""
        sums = add_up(self.segment, self.product(values), self.first.size)
        out = {degree: self.factor * v for degree, v in values.items()}
        mean = self.factor * (sums[self.segment] / self.size)
        out[0] = out[0] - mean if 0 in out else -mean
        return out

    def product(self, *vectors: _Vector) -> Floats:
        """Sums over the respondents of each entry of the product of vectors."""
        terms: _Vector = {0: np.ones(1)}
        for vector in vectors:
            longer: _Vector = {}
            for (i, a), (j, b) in itertools.product(terms.items(), vector.items()):
                longer[i + j] = longer[i + j] + a * b if i + j in longer else a * b
            terms = longer
        if self.powers is None:
            return terms[0]
        total: Floats = sum((v * self.powers[d] for d, v in terms.items()), np.zeros(1))
        return total
