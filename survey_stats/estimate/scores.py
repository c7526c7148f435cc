"""Errors of estimates in a form that adds up: what covariances between any two are made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from survey_stats.errors import InputError
from survey_stats.estimate.columns import Floats, Ints
from survey_stats.estimate.design import Design, Stage


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
    def combine(self, weights: Floats) -> Scores:
        """Scores of linear combinations of the rows; `weights` is (R, C)."""

    @abstractmethod
    def scale(self, factors: Floats) -> Scores:
        """Scores of the rows times `factors` (R,)."""

    @abstractmethod
    def df(self, rows: Ints) -> float:
        """First-stage units less strata among those that hold a member of any of `rows`."""

    def _same(self, other: Scores) -> None:
        if other.design is not self.design or type(other) is not type(self):
            raise InputError(
                "The two results come from different Surveys; their covariance is not known here"
            )


@dataclass(frozen=True, eq=False)
class LinearScores(Scores):
    """`values[i, r]` is what respondent i adds to the linearised error of row r; sparse (n, R).

    An explicit zero marks a respondent of the row's domain whose score is zero.
    """

    design: Design
    values: sparse.csc_array

    @property
    def n_rows(self) -> int:
        return int(self.values.shape[1])

    def covariance(self, other: Scores | None = None) -> Floats:
        result: Floats | float = 0.0
        right = self
        if other is not None:
            self._same(other)
            assert isinstance(other, LinearScores)
            right = other
        for stage in self.design.stages:
            left_units = _Units.of(self.design, stage, self.values)
            right_units = left_units
            if right is not self:
                right_units = _Units.of(self.design, stage, right.values)
            result = result + left_units.cross(right_units)
        return np.asarray(result)

    def combine(self, weights: Floats) -> LinearScores:
        return LinearScores(self.design, sparse.csc_array(self.values @ sparse.csc_array(weights)))

    def scale(self, factors: Floats) -> LinearScores:
        values = self.values.copy()
        values.data *= np.repeat(factors, np.diff(values.indptr))
        return LinearScores(self.design, values)

    def df(self, rows: Ints) -> float:
        stage = self.design.stages[0]
        members = np.unique(self.values[:, rows].tocoo().row)
        units = members.size if stage.unit is None else np.unique(stage.unit[members]).size
        return float(units - np.unique(stage.stratum[members]).size)


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
        return self.deviations.T @ right

    def combine(self, weights: Floats) -> ReplicateScores:
        return ReplicateScores(self.design, self.deviations @ weights)

    def scale(self, factors: Floats) -> ReplicateScores:
        return ReplicateScores(self.design, self.deviations * factors)

    def df(self, rows: Ints) -> float:  # noqa: ARG002
        return self.design.df


def stack(parts: Sequence[Scores]) -> Scores:
    """The rows of several results of one Survey beside each other."""
    first = parts[0]
    for part in parts[1:]:
        first._same(part)
    if isinstance(first, ReplicateScores):
        return ReplicateScores(
            first.design,
            np.concatenate([p.deviations for p in parts if isinstance(p, ReplicateScores)], axis=1),
        )
    values = [p.values for p in parts if isinstance(p, LinearScores)]
    return LinearScores(first.design, sparse.csc_array(sparse.hstack(values)))


@dataclass(frozen=True, eq=False)
class _Units:
    """Scores summed to the units of a stage, with what centring and lonely strata need.

    `mean` (strata, R) is zero where a stratum is measured from zero; `scale` (R,) makes up for
    strata that count for nothing under the rule "average".
    """

    stage: Stage
    total: sparse.csr_array
    centre: Floats
    mean: Floats
    scale: Floats

    @classmethod
    def of(cls, design: Design, stage: Stage, values: sparse.csc_array) -> _Units:
        if stage.unit is None:
            total, unit_stratum = sparse.csr_array(values), stage.stratum
        else:
            assert stage.unit_stratum is not None
            total = sparse.csr_array(_gather(stage.unit, stage.n_units) @ values)
            unit_stratum = stage.unit_stratum
        by_stratum = _gather(unit_stratum, stage.n_strata)
        mean = (by_stratum @ total).toarray() / np.maximum(stage.size, 1)[:, None]
        R = total.shape[1]
        scale = np.ones(R)
        lonely = np.broadcast_to(stage.lonely[:, None], mean.shape)
        rule = design.lonely_psu
        if not lonely.any() and not design.lonely_domain:
            return cls(stage, total, mean, mean, scale)
        held = (by_stratum @ _members(stage, values)).toarray()
        if design.lonely_domain:
            alone = (held == 1) & (stage.size > 1)[:, None] & (stage.factor > 0)[:, None]
            lonely = lonely | alone
        if rule == "adjust":
            return cls(stage, total, np.where(lonely, 0.0, mean), mean, scale)
        if rule in ("average", "error"):
            present = held > 0
            strata, usable = present.sum(axis=0), (present & ~lonely).sum(axis=0)
            with np.errstate(divide="ignore", invalid="ignore"):
                made_up = np.where(usable > 0, strata / usable, np.nan)
            scale = made_up if rule == "average" else np.where(usable == strata, 1.0, np.nan)
            keep = sparse.csr_array(~lonely[unit_stratum])
            total, mean = sparse.csr_array(total.multiply(keep)), np.where(lonely, 0.0, mean)
        return cls(stage, total, mean, mean, scale)

    def cross(self, other: _Units) -> Floats:
        """Sum over strata of factor times the centred cross product; (R, R')."""
        stage = self.stage
        unit_stratum = stage.stratum if stage.unit_stratum is None else stage.unit_stratum
        factor = stage.factor
        result = (self.total.T @ (sparse.diags_array(factor[unit_stratum]) @ other.total)).toarray()
        # sum (z - c)(z' - c') = sum z z' - n (m c' + c m' - c c'), m the means, c what is taken off
        weighted = (factor * stage.size)[:, None]
        result -= (weighted * self.mean).T @ other.centre
        result -= (weighted * self.centre).T @ other.mean
        result += (weighted * self.centre).T @ other.centre
        product: Floats = result * np.sqrt(np.outer(self.scale, other.scale))
        return product


def _gather(codes: Ints, size: int) -> sparse.csr_array:
    """The matrix that sums rows by code, shape (size, n)."""
    n = codes.size
    return sparse.csr_array((np.ones(n), (codes, np.arange(n))), shape=(size, n))


def _members(stage: Stage, values: sparse.csc_array) -> sparse.csr_array:
    """1 where a unit holds a respondent of the row's domain, shape (units, R)."""
    pattern = sparse.csc_array(
        (np.ones(values.nnz), values.indices, values.indptr), shape=values.shape
    )
    if stage.unit is None:
        return sparse.csr_array(pattern)
    held = sparse.csr_array(_gather(stage.unit, stage.n_units) @ pattern)
    held.data[:] = 1.0
    return held
