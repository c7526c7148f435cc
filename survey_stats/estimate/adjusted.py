"""Errors of estimates with adjusted weights: what is left after every step of the weighting.

A step turns scores z into `z - back * X core X'(look * z)`; a chain is applied last step first.
With scores `Z = B A` the result is `Z' = B A - E C`: `E` has the columns `back * X` of all steps
and `C = core X'(look * Z)` is small, so no array of respondents by rows is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import sparse

from survey_stats.estimate.basis import Basis, Field, crossed, gather, pattern, unit_strata
from survey_stats.estimate.columns import Floats, Ints
from survey_stats.estimate.design import Design, Stage
from survey_stats.estimate.elements import CANCELLED
from survey_stats.estimate.lonely import FROM_ZERO, LEFT_OUT, row_factors
from survey_stats.estimate.spread import squares_of_rows
from survey_stats.estimate.strata import rescue
from survey_stats.weight.influence import Influence

# a variance below this part of that without adjustment is the rounding of what has none
_ROUNDING = 1e-20
# entries of dense arrays handled at a time
_DENSE = 1 << 22


@dataclass(frozen=True, eq=False)
class Phase:
    """Who answers among those drawn, as a draw of its own.

    The correction of the design for a finite population lessens what is due to answering as well;
    this gives it back (see `weight.influence.Answering`).

    Attributes
    ----------
    trail: the steps after the adjustment for it, and its own columns in place of its map
    size: columns of the trail, P
    stage: every respondent in a stratum of his own
    factor: what squared scores are multiplied by, (n,)
    """

    trail: Trail
    size: int
    stage: Stage
    factor: Floats


@dataclass(frozen=True, eq=False)
class Trail:
    """The steps of a weighting, last first, as columns that scores are reduced by.

    Attributes
    ----------
    columns: E (n, P), the columns of each step after those of the steps after it
    influences: the steps, last first
    ends: end of the columns of each step
    """

    columns: Basis
    influences: tuple[Influence, ...]
    fields: tuple[tuple[Field, ...], ...]
    ends: tuple[int, ...]
    _kept: dict[tuple[int, int], sparse.csr_array] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, design: Design, influences: Sequence[Influence]) -> Trail:
        """The trail of the influences of a chain, which are in the order of its steps."""
        last_first = tuple(reversed(influences))
        fields = []
        for step in last_first:
            same = np.array_equal(step.back, design.weights)
            fields.append(_fields(step, design.weights if same else step.back))
        ends = tuple(np.cumsum([step.size for step in last_first]).tolist())
        columns = Basis(design, tuple(f for part in fields for f in part))
        return cls(columns, last_first, tuple(fields), ends)

    def coefficients(self, basis: Basis, to_rows: sparse.csc_array) -> Floats:
        """C (P, R) of the scores `basis` times `to_rows` (M, R)."""
        parts: list[Floats] = []
        for j, step in enumerate(self.influences):
            sums = (_look(step, basis.fields) @ to_rows).toarray()
            for i, earlier in enumerate(parts):
                if (i, j) not in self._kept:
                    self._kept[i, j] = _look(step, self.fields[i])
                sums -= self._kept[i, j] @ earlier
            parts.append(np.asarray(step.core @ sums))
        return np.concatenate(parts)

    @cached_property
    def phases(self) -> tuple[Phase, ...]:
        """The adjustments for non-response of a sample whose fraction of the population counts."""
        design = self.columns.design
        last = design.stages[-1]
        fraction = (last.carried * last.fraction)[last.stratum]
        if not fraction.any():
            return ()
        n = design.n
        free = Stage(None, np.arange(n), None, np.ones(n), np.zeros(n), np.ones(n))
        found = []
        for k, step in enumerate(self.influences):
            if step.answering is None:
                continue
            fields = (*self.fields[:k], _fields(step, step.answering.own))
            columns = Basis(design, tuple(f for part in fields for f in part))
            trail = Trail(columns, self.influences[: k + 1], fields, self.ends[: k + 1])
            factor = fraction * step.answering.spread
            found.append(Phase(trail, self.ends[k], free, factor))
        return tuple(found)

    @cached_property
    def products(self) -> dict[int, Floats]:
        """E' diag(factor) E by stage, (P, P), filled when asked for."""
        return {}


def _fields(step: Influence, back: Floats) -> tuple[Field, ...]:
    """The columns `back * X` of a step."""
    return tuple(
        Field(b.code, back if b.value is None else back * b.value, b.size) for b in step.blocks
    )


def _look(step: Influence, fields: Sequence[Field]) -> sparse.csr_array:
    """X' diag(look) times the columns of `fields`, (p, M)."""
    rows = []
    for block in step.blocks:
        amount = step.look if block.value is None else step.look * block.value
        one = Field(block.code, amount, block.size)
        parts = [crossed(one, other, amount * other.value) for other in fields]
        rows.append(parts[0] if len(parts) == 1 else sparse.hstack(parts, "csr"))
    return sparse.csr_array(rows[0] if len(rows) == 1 else sparse.vstack(rows, "csr"))


@dataclass(frozen=True, eq=False)
class Reduced:
    """Scores `B A - E C` of R rows.

    Attributes
    ----------
    basis: B (n, M)
    to_rows: A (M, R)
    trail: E (n, P) by steps
    coefficients: C (P, R)
    """

    basis: Basis
    to_rows: sparse.csc_array
    trail: Trail
    coefficients: Floats

    def variances(self) -> Floats:
        """Variance of each row under the design, (R,)."""
        design = self.basis.design
        result = np.zeros(self.to_rows.shape[1])
        scale = np.zeros(result.size)
        for stage in design.stages:
            if stage.unit is None:
                own, square = self._row_variances(stage)
                lost = np.flatnonzero(own < CANCELLED * square)
                if lost.size:
                    own[lost] = self._some(lost)._unit_variances(stage)[0]
            else:
                own, square = self._unit_variances(stage)
            result += own
            scale += square
        for phase in self.trail.phases:
            own, square = self._before(phase)._squared(phase.stage, phase.factor)
            result += own
            scale += square
        result[result < _ROUNDING * scale] = 0.0
        return result

    def covariances(self, left: slice, right: slice) -> Floats:
        """Covariance of the rows `left` with the rows `right`."""
        design = self.basis.design
        result: Floats | float = 0.0
        every = np.arange(self.to_rows.shape[1])
        one, other = self._some(every[left]), self._some(every[right])
        for stage in design.stages:
            own = None if stage.unit is not None else self._row_variances(stage)
            if own is not None and (own[0] >= CANCELLED * own[1]).all():
                result = result + self._row_covariances(stage, one, other)
            else:
                result = result + _unit_covariances(one, other, stage)
        for phase in self.trail.phases:
            sides = one._before(phase), other._before(phase)
            result = result + self._before(phase)._crossed(phase.stage, phase.factor, *sides)
        return np.asarray(result)

    def held(self, stage: Stage) -> sparse.csc_array:
        """An entry for each unit that may add to the error of a row, (units, R)."""
        return _reach(self, self.basis.by_unit(stage), self.trail.columns.by_unit(stage))

    def strata(self, stage: Stage) -> sparse.csc_array:
        """An entry for each stratum that may add to the error of a row, (strata, R)."""
        return _reach(self, self.basis.by_stratum(stage), self.trail.columns.by_stratum(stage))

    def _some(self, rows: Ints) -> Reduced:
        return Reduced(self.basis, self.to_rows[:, rows], self.trail, self.coefficients[:, rows])

    def _before(self, phase: Phase) -> Reduced:
        return Reduced(self.basis, self.to_rows, phase.trail, self.coefficients[: phase.size])

    def _squared(self, stage: Stage, factor: Floats) -> tuple[Floats, Floats]:
        """Sums over rows of `factor[stratum]` times squared scores, and before reduction; (R,)."""
        square, _ = squares_of_rows(self.basis, stage, factor, self.to_rows, pattern(self.to_rows))
        both = (self._mixed_products(stage, factor) @ self.to_rows).toarray()
        both -= 0.5 * (self._own_products(stage, factor) @ self.coefficients)
        return square - 2 * np.einsum("pr,pr->r", both, self.coefficients), square

    def _row_variances(self, stage: Stage) -> tuple[Floats, Floats]:
        """Variances where respondents are units, and the squares that they are what is left of."""
        design, basis, trail = self.basis.design, self.basis, self.trail
        factor, centring = row_factors(stage, design.lonely_psu)
        variance, square = self._squared(stage, factor)
        b, e = basis.by_stratum(stage), trail.columns.by_stratum(stage).toarray()
        step = max(1, _DENSE // max(stage.n_strata, 1))
        for start in range(0, variance.size, step):
            part = slice(start, start + step)
            total = (b @ self.to_rows[:, part]).toarray() - e @ self.coefficients[:, part]
            variance[part] -= centring @ total**2
        scale = _made_up(design, stage)
        return variance * scale, square * scale

    def _row_covariances(self, stage: Stage, left: Reduced, right: Reduced) -> Floats:
        """Covariances where respondents are units, and no row is all but explained."""
        design, basis = self.basis.design, self.basis
        factor, centring = row_factors(stage, design.lonely_psu)
        b, e = basis.by_stratum(stage), self.trail.columns.by_stratum(stage)
        result = self._crossed(stage, factor, left, right)
        total, other = (
            (b @ part.to_rows).toarray() - e @ part.coefficients for part in (left, right)
        )
        result -= (total * centring[:, None]).T @ other
        scaled: Floats = result * _made_up(design, stage)
        return scaled

    def _crossed(self, stage: Stage, factor: Floats, left: Reduced, right: Reduced) -> Floats:
        """Sums over rows of `factor[stratum]` times the products of scores, (R, R')."""
        basis = self.basis
        every = np.ones((len(basis.fields),) * 2, dtype=bool)
        products = basis.products(basis.design.row_factor(stage, factor), every)
        mixed = self._mixed_products(stage, factor)
        result: Floats = (left.to_rows.T @ (products @ right.to_rows)).toarray()
        result -= np.asarray((mixed @ left.to_rows).T @ right.coefficients)
        turned = self._own_products(stage, factor) @ right.coefficients
        result += left.coefficients.T @ (turned - (mixed @ right.to_rows).toarray())
        return result

    def _mixed_products(self, stage: Stage, factor: Floats) -> sparse.csr_array:
        """E' diag(factor) B, (P, M)."""
        by_row = self.basis.design.row_factor(stage, factor)
        rows = [
            sparse.hstack([crossed(e, f, by_row * e.value * f.value) for f in self.basis.fields])
            for e in self.trail.columns.fields
        ]
        return sparse.csr_array(sparse.vstack(rows))

    def _own_products(self, stage: Stage, factor: Floats) -> Floats:
        kept, columns = self.trail.products, self.trail.columns
        if id(stage) not in kept:
            wanted = np.ones((len(columns.fields),) * 2, dtype=bool)
            by_row = self.basis.design.row_factor(stage, factor)
            kept[id(stage)] = columns.products(by_row, wanted).toarray()
        return kept[id(stage)]

    def _totals(self, stage: Stage, units: slice, rows: slice) -> Floats:
        """Scores added up by unit, dense (units, R)."""
        b, e = self.basis.by_unit(stage)[units], self.trail.columns.by_unit(stage)[units]
        total: Floats = (b @ self.to_rows[:, rows]).toarray()
        total -= np.asarray(e @ self.coefficients[:, rows])
        return total

    def _unit_variances(self, stage: Stage) -> tuple[Floats, Floats]:
        """Variances from scores added up by unit, and those of the scores before reduction."""
        design = self.basis.design
        stratum = unit_strata(stage)
        by_stratum = gather(stratum, stage.n_strata)
        R = self.to_rows.shape[1]
        variance, square = np.zeros(R), np.zeros(R)
        step = max(1, _DENSE // stratum.size)
        for start in range(0, R, step):
            rows = slice(start, start + step)
            total = self._totals(stage, slice(None), rows)
            mean = (by_stratum @ total) / stage.size[:, None]
            total -= mean[stratum]
            centred = np.asarray(by_stratum @ total**2)
            # rows of weight zero are no units, and members of none lie at zero
            centred += (stage.size - by_stratum.sum(axis=1))[:, None] * mean**2
            if design.lonely_psu in FROM_ZERO:
                lonely = stage.lonely
                centred[lonely] += stage.size[lonely, None] * mean[lonely] ** 2
            elif design.lonely_psu in LEFT_OUT:
                centred[stage.lonely] = 0.0
            variance[rows] = stage.factor @ centred
            before = (self.basis.by_unit(stage) @ self.to_rows[:, rows]).power(2)
            square[rows] = stage.factor[stratum] @ before
        scale = _made_up(design, stage)
        return variance * scale, square * scale


def _unit_covariances(left: Reduced, right: Reduced, stage: Stage) -> Floats:
    """Covariance of the rows of two, from scores added up by unit."""
    design = left.basis.design
    stratum = unit_strata(stage)
    every = slice(None)
    shape = left.to_rows.shape[1], right.to_rows.shape[1]
    result = np.zeros(shape)
    sums = [np.zeros((stage.n_strata, size)) for size in shape]
    step = max(1, _DENSE // max(shape))
    lonely = stage.lonely
    for start in range(0, stratum.size, step):
        units = slice(start, start + step)
        one, other = (part._totals(stage, units, every) for part in (left, right))
        if design.lonely_psu in LEFT_OUT:
            one[lonely[stratum[units]]] = 0.0
        by_stratum = gather(stratum[units], stage.n_strata)
        for total, values in zip(sums, (one, other), strict=True):
            total += by_stratum @ values
        result += (one * stage.factor[stratum[units], None]).T @ other
    weight = stage.factor / stage.size.clip(min=1)
    if design.lonely_psu in FROM_ZERO:
        weight = weight * ~lonely
    result -= (sums[0] * weight[:, None]).T @ sums[1]
    scaled: Floats = result * _made_up(design, stage)
    return scaled


def _reach(scores: Reduced, basis: sparse.csr_array, columns: sparse.csr_array) -> sparse.csc_array:
    own = sparse.csc_array(pattern(basis) @ pattern(scores.to_rows))
    used = sparse.csc_array(scores.coefficients != 0).astype(np.float64)
    return pattern(sparse.csc_array(own + pattern(columns) @ used))


def _made_up(design: Design, stage: Stage) -> float:
    """What makes up for lonely strata that are left out."""
    if design.lonely_psu not in LEFT_OUT or not stage.lonely.any():
        return 1.0
    strata = np.array([stage.n_strata])
    return float(rescue(design, strata, strata - int(stage.lonely.sum()))[0])
