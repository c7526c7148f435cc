"""Errors of estimates in a form that adds up: what covariances between any two are made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from survey_stats.errors import InputError
from survey_stats.estimate.adjusted import Reduced
from survey_stats.estimate.basis import Basis, Field, join, pattern
from survey_stats.estimate.columns import Bools, Floats, Ints
from survey_stats.estimate.design import Design
from survey_stats.estimate.effective import effective_df
from survey_stats.estimate.replicated import replicate_estimates
from survey_stats.estimate.replicates import Replicates
from survey_stats.estimate.spread import covariances, presence, variances
from survey_stats.estimate.tally import Groups, Measure, add_up, answered
from survey_stats.estimate.taylor import Linear

# weights of linear combinations (R, C): only entries of a sparse matrix count, zero or not
Weights = Floats | sparse.csr_array | sparse.csc_array


class Scores(ABC):
    """The errors of the R rows of a result, ready to be added, subtracted and multiplied out.

    Two results of one Survey have scores on the same sampling units, so their covariance needs
    nothing else.
    """

    design: Design

    @property
    @abstractmethod
    def n_rows(self) -> int:
        """R."""

    @abstractmethod
    def covariance(self, other: Scores | None = None) -> Floats:
        """Covariance of the rows, (R, R), or of these with the R' rows of `other`, (R, R')."""

    @abstractmethod
    def variance(self) -> Floats:
        """The diagonal of `covariance()`, (R,), without the rest of it."""

    @abstractmethod
    def combine(self, weights: Weights) -> Scores:
        """Scores of linear combinations of the rows; `weights` is (R, C), dense or sparse."""

    @abstractmethod
    def scale(self, factors: Floats) -> Scores:
        """Scores of the rows times `factors` (R,)."""

    @abstractmethod
    def df_of(self, rows: Weights) -> Floats:
        """First-stage units less strata among those that hold a member of any row named.

        `rows` (R, C) has an entry for every row that counts in each of C cases; (C,).
        """

    @abstractmethod
    def held(self) -> sparse.csc_array:
        """An entry for what may add to the error of a row; rows without one in common share none.

        (units, R): first-stage units, kinds of respondents, or replicates.
        """

    @abstractmethod
    def strata(self) -> sparse.csc_array:
        """An entry for every first-stage stratum with a member of a row's domain, (strata, R).

        Rows without a stratum in common are independent.
        """

    @abstractmethod
    def effective_df(self, sides: Sequence[Ints]) -> Floats | None:
        """What the variance of a share or mean, or of the difference of two, is worth in df; (C,).

        `sides` are the rows of one or two sides of C cases; see `effective.effective_df`. None
        where replicates do not tell.
        """

    def df(self, rows: Ints) -> float:
        """`df_of` a single case, the numbers of whose rows are given."""
        at = np.unique(rows)
        one = np.ones(at.size), (at, np.zeros(at.size, dtype=np.intp))
        return float(self.df_of(sparse.csc_array(one, shape=(self.n_rows, 1)))[0])

    def _same(self, other: Scores) -> None:
        if other.design is not self.design or type(other) is not type(self):
            raise InputError(
                "The two results come from different Surveys; their covariance is not known here"
            )


@dataclass(frozen=True, eq=False)
class LinearScores(Scores):
    """Scores `Z = B A` of the linearised statistics: what each respondent adds to each error.

    Attributes
    ----------
    basis: B (n, M)
    to_rows: A (M, R)
    domain: an entry for every column of the basis whose respondents are in the domain of a row,
        also where they add nothing to its error; (M, R)
    missing: rows without an estimate, whose covariances are NaN; (R,)
    """

    basis: Basis
    to_rows: sparse.csc_array
    domain: sparse.csc_array
    missing: Bools

    @property
    def design(self) -> Design:  # type: ignore[override]
        return self.basis.design

    @property
    def n_rows(self) -> int:
        return int(self.to_rows.shape[1])

    def covariance(self, other: Scores | None = None) -> Floats:
        return _covariance(self, other)

    def _between(self, left: slice, right: slice) -> Floats:
        result = covariances(self.basis, self.to_rows, self.domain, left, right)
        result[self.missing[left]] = np.nan
        result[:, self.missing[right]] = np.nan
        return result

    def variance(self) -> Floats:
        result = variances(self.basis, self.to_rows, self.domain)
        result[self.missing] = np.nan
        return result

    def combine(self, weights: Weights) -> LinearScores:
        by_row = sparse.csc_array(weights)
        used = pattern(by_row)
        return LinearScores(
            self.basis,
            sparse.csc_array(self.to_rows @ by_row),
            pattern(sparse.csc_array(self.domain @ used)),
            used.T @ self.missing.astype(np.float64) > 0,
        )

    def scale(self, factors: Floats) -> LinearScores:
        to_rows = self.to_rows.copy()
        to_rows.data = to_rows.data * np.repeat(factors, np.diff(to_rows.indptr))
        return LinearScores(self.basis, to_rows, self.domain, self.missing | np.isnan(factors))

    def df_of(self, rows: Weights) -> Floats:
        domain = pattern(sparse.csc_array(self.domain @ pattern(sparse.csc_array(rows))))
        units, strata = presence(self.basis, domain)
        return (units - strata).astype(np.float64)

    def held(self) -> sparse.csc_array:
        first = self.design.stages[0]
        if first.unit is not None:
            return pattern(sparse.csc_array(pattern(self.basis.by_unit(first)) @ self.domain))
        inside = self.basis.kinds[1]
        return self.domain if inside is None else pattern(sparse.csc_array(inside @ self.domain))

    def strata(self) -> sparse.csc_array:
        return pattern(self.basis.held(self.design.stages[0], self.domain))

    def effective_df(self, sides: Sequence[Ints]) -> Floats | None:
        return effective_df(self.basis, [self.domain[:, rows] for rows in sides])


@dataclass(frozen=True, eq=False)
class AdjustedScores(Scores):
    """Scores of weights that were adjusted: `plain` less what the steps explain of them.

    Attributes
    ----------
    plain: the scores as if the weights were those of the design
    coefficients: of the steps' columns, (P, R); see `adjusted.Reduced`
    """

    plain: LinearScores
    coefficients: Floats

    @classmethod
    def of(cls, plain: LinearScores) -> AdjustedScores:
        """The scores after the weighting of their design, which has a trail."""
        trail = plain.design.trail
        assert trail is not None
        return cls(plain, trail.coefficients(plain.basis, plain.to_rows))

    @property
    def design(self) -> Design:  # type: ignore[override]
        return self.plain.design

    @property
    def n_rows(self) -> int:
        return self.plain.n_rows

    @property
    def _reduced(self) -> Reduced:
        trail = self.design.trail
        assert trail is not None
        return Reduced(self.plain.basis, self.plain.to_rows, trail, self.coefficients)

    def covariance(self, other: Scores | None = None) -> Floats:
        return _covariance(self, other)

    def _between(self, left: slice, right: slice) -> Floats:
        result = self._reduced.covariances(left, right)
        result[self.plain.missing[left]] = np.nan
        result[:, self.plain.missing[right]] = np.nan
        return result

    def variance(self) -> Floats:
        result = self._reduced.variances()
        result[self.plain.missing] = np.nan
        return result

    def combine(self, weights: Weights) -> AdjustedScores:
        by_row = sparse.csc_array(weights)
        return AdjustedScores(
            self.plain.combine(by_row), np.asarray(self.coefficients @ by_row, dtype=np.float64)
        )

    def scale(self, factors: Floats) -> AdjustedScores:
        known = np.nan_to_num(factors)
        return AdjustedScores(self.plain.scale(factors), self.coefficients * known)

    def df_of(self, rows: Weights) -> Floats:
        return self.plain.df_of(rows)

    def held(self) -> sparse.csc_array:
        return self._reduced.held(self.design.stages[0])

    def strata(self) -> sparse.csc_array:
        return self._reduced.strata(self.design.stages[0])

    def effective_df(self, sides: Sequence[Ints]) -> Floats | None:
        return self.plain.effective_df(sides)


@dataclass(frozen=True, eq=False)
class ReplicateScores(Scores):
    """`deviations[b, r]`: centred and scaled replicate b of row r; dense (replicates, R)."""

    design: Design
    deviations: Floats

    @property
    def n_rows(self) -> int:
        return int(self.deviations.shape[1])

    def covariance(self, other: Scores | None = None) -> Floats:
        right = self.deviations
        if other is not None:
            self._same(other)
            assert isinstance(other, ReplicateScores)
            right = other.deviations
        product: Floats = self.deviations.T @ right
        return product

    def variance(self) -> Floats:
        squares: Floats = np.einsum("br,br->r", self.deviations, self.deviations)
        return squares

    def combine(self, weights: Weights) -> ReplicateScores:
        # sparse, so that a row that is missing reaches only what it is a part of
        return ReplicateScores(self.design, self.deviations @ sparse.csc_array(weights))

    def scale(self, factors: Floats) -> ReplicateScores:
        return ReplicateScores(self.design, self.deviations * factors)

    def df_of(self, rows: Weights) -> Floats:
        return np.full(rows.shape[1], self.design.df)

    def effective_df(self, sides: Sequence[Ints]) -> None:  # noqa: ARG002
        return None

    def strata(self) -> sparse.csc_array:
        # replicates of a stratum change all that lies in it
        return self.held()

    def held(self) -> sparse.csc_array:
        size = np.abs(self.deviations)
        return pattern(sparse.csc_array(size > 1e-12 * size.max(axis=0, initial=0.0)))


def _covariance(scores: LinearScores | AdjustedScores, other: Scores | None) -> Floats:
    """See `Scores.covariance`."""
    R = scores.n_rows
    if other is not None:
        both = stack([scores, other])
        assert isinstance(both, (LinearScores, AdjustedScores))
        return both._between(slice(0, R), slice(R, both.n_rows))
    result = scores._between(slice(0, R), slice(0, R))
    # exact, where the products leave the rounding of a difference
    diagonal = scores.variance()
    still = diagonal == 0
    result[np.logical_or.outer(still, still) & np.isfinite(result)] = 0.0
    np.fill_diagonal(result, diagonal)
    return result


def stack(parts: Sequence[Scores]) -> Scores:
    """The rows of several results of one Survey beside each other."""
    first = parts[0]
    if len(parts) == 1:
        return first
    for part in parts[1:]:
        first._same(part)
    if isinstance(first, ReplicateScores):
        return ReplicateScores(
            first.design,
            np.concatenate([p.deviations for p in parts if isinstance(p, ReplicateScores)], axis=1),
        )
    if isinstance(first, AdjustedScores):
        adjusted = [p for p in parts if isinstance(p, AdjustedScores)]
        plain = stack([p.plain for p in adjusted])
        assert isinstance(plain, LinearScores)
        return AdjustedScores(plain, np.concatenate([p.coefficients for p in adjusted], axis=1))
    linear = [p for p in parts if isinstance(p, LinearScores)]
    basis, places = join([p.basis for p in linear])

    def beside(matrices: Sequence[sparse.csc_array]) -> sparse.csc_array:
        moved = [
            sparse.csc_array((m.data, place[m.indices], m.indptr), (basis.size, m.shape[1]))
            for m, place in zip(matrices, places, strict=True)
        ]
        return sparse.csc_array(sparse.hstack(moved, "csc"))

    return LinearScores(
        basis,
        beside([p.to_rows for p in linear]),
        beside([p.domain for p in linear]),
        np.concatenate([p.missing for p in linear]),
    )


def block_scores(
    design: Design, groups: Groups, measure: Measure, result: Linear, total: bool
) -> Scores:
    """Scores of every group and target, target varying fastest."""
    if design.replicates is None:
        return after_weighting(linear_scores(design, groups, measure, result.theta, total))
    return replicate_scores(design, design.replicates, groups, measure, result, total)


def after_weighting(plain: LinearScores) -> Scores:
    """`plain`, or what the adjustments of the weights leave of them."""
    return plain if plain.design.trail is None else AdjustedScores.of(plain)


def row_scores(design: Design, values: Floats, members: Bools | None = None) -> Scores:
    """Scores given by respondent: the linearised errors of R statistics, weights included.

    Parameters
    ----------
    values: shape (n, R), finite
    members: respondents of the domain, (n,); all of them by default
    """
    code = np.zeros(design.n, dtype=np.int32)
    if members is not None:
        code[~members] = 1
    R = values.shape[1]
    fields = tuple(Field(code, np.ascontiguousarray(values[:, r]), 1) for r in range(R))
    every = sparse.csc_array(sparse.eye_array(R))
    missing = np.zeros(R, dtype=bool)
    return after_weighting(LinearScores(Basis(design, fields), every, every, missing))


def linear_scores(
    design: Design, groups: Groups, measure: Measure, theta: Floats, total: bool
) -> LinearScores:
    """Scores of every group and target, target varying fastest; `theta` is (G, K)."""
    G = groups.n_groups
    group = answered(groups, measure)
    if measure.codes is not None:
        return _categorical(design, group, G, measure, theta, total)
    w = design.weights
    (z,) = measure.numerators(w)
    if not total:
        x = measure.denominators(w)
        with np.errstate(divide="ignore"):
            scale = np.append(1 / add_up(group, x, G), 0.0)
        z -= np.append(theta[:, 0], 0.0)[group] * x
        z *= scale[group]
    every = sparse.csc_array(sparse.eye_array(G))
    basis = Basis(design, (Field(group.astype(np.int32), z, G),))
    return LinearScores(basis, every, every, np.isnan(theta[:, 0]))


def _categorical(
    design: Design, group: Ints, G: int, measure: Measure, theta: Floats, total: bool
) -> LinearScores:
    """The basis is the weight by group and level: the score of a share is a (1{target} - b) w."""
    assert measure.codes is not None
    w, L, K = design.weights, measure.n_levels, measure.n_targets
    width = G * L
    a, b = np.ones(G), np.zeros((G, K))
    if not total:
        with np.errstate(divide="ignore"):
            a, b = 1 / add_up(group, w, G), theta
    code = np.multiply(group, L, dtype=np.int32 if width < 2**31 - L else np.int64)
    code += measure.codes
    code[group == G] = width
    gap = np.equal.outer(measure.targets, np.arange(L)).astype(np.float64) - b[:, :, None]
    gap *= a[:, None, None]
    level = np.arange(width).reshape(G, 1, L)
    rows = np.broadcast_to(level, (G, K, L)).ravel()
    ends = np.arange(0, G * K * L + 1, L)
    to_rows = sparse.csc_array((gap.ravel(), rows, ends), (width, G * K))
    domain = sparse.csc_array((np.ones(rows.size), rows, ends), (width, G * K))
    basis = Basis(design, (Field(code, w, width),))
    return LinearScores(basis, to_rows, domain, np.isnan(theta).ravel())


def replicate_scores(
    design: Design,
    replicates: Replicates,
    groups: Groups,
    measure: Measure,
    result: Linear,
    total: bool,
) -> ReplicateScores:
    """Deviations of every group and target, target varying fastest."""
    G, K = groups.n_groups, measure.n_targets
    group = answered(groups, measure)
    thetas = replicate_estimates(design, replicates, group, G, measure, total)
    gaps = replicates.deviations(thetas, result.theta.T.ravel())
    return ReplicateScores(design, gaps.reshape(-1, K, G).transpose(0, 2, 1).reshape(-1, G * K))
