"""Variances and covariances of results from the basis that they are made of.

At each stage of sampling the covariance of two rows is the sum over strata h of
`factor_h (sum_u t_u t_u' - n_h m m')`: `t` are the scores added up by unit, `m` their mean over
all units of the stratum (Särndal, Swensson and Wretman 1992, result 3.7.3). The scores are
`Z = B A` with a basis `B` (n, M) and a sparse map `A` (M, R). Where respondents are the units,
`Z' Z = A' (B' B) A`, and `B' B` is little more than a diagonal; where they are in clusters the
basis is added up by unit first. No array of respondents by rows is made.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from survey_stats.estimate.basis import Basis, column_chunks, on_pattern, pattern, unit_strata
from survey_stats.estimate.columns import Bools, Floats, Ints
from survey_stats.estimate.design import Design, Stage
from survey_stats.estimate.elements import CANCELLED
from survey_stats.estimate.lonely import (
    FROM_ZERO,
    LEFT_OUT,
    contributions,
    lonely_segments,
    row_factors,
)
from survey_stats.estimate.strata import NOISE, rescue
from survey_stats.estimate.tally import add_up, segments

# entries of dense arrays handled at a time, and how much faster they are multiplied than sparse
_DENSE = 1 << 21
_FASTER = 50


def variances(basis: Basis, to_rows: sparse.csc_array, domain: sparse.csc_array) -> Floats:
    """Variance of each of R rows; `to_rows` and `domain` are (M, R), see `LinearScores`."""
    design = basis.design
    result = np.zeros(to_rows.shape[1])
    for stage in design.stages:
        if _by_rows(design, stage):
            own, lost = _row_variances(basis, stage, to_rows, domain)
            if lost.any():
                own[lost] = _unit_variances(basis, stage, to_rows[:, lost], domain[:, lost])
            result += own
        else:
            result += _unit_variances(basis, stage, to_rows, domain)
    return result


def _unit_variances(
    basis: Basis, stage: Stage, to_rows: sparse.csc_array, domain: sparse.csc_array
) -> Floats:
    result = np.empty(to_rows.shape[1])
    for part in column_chunks(basis.by_unit(stage), domain):
        pairs = _Pairs.of(basis, stage, to_rows[:, part], domain[:, part])
        result[part] = pairs.variances(basis.design)
    return result


def covariances(
    basis: Basis, to_rows: sparse.csc_array, domain: sparse.csc_array, left: slice, right: slice
) -> Floats:
    """Covariance of the rows `left` with the rows `right`."""
    design = basis.design
    result: Floats | float = 0.0
    for stage in design.stages:
        # whether digits are lost is asked only of numbers: no weight dwarfs what weights differ by
        if _by_rows(design, stage) and (
            basis.plain or not _row_variances(basis, stage, to_rows, domain)[1].any()
        ):
            result = result + _row_covariances(basis, stage, to_rows, domain, left, right)
        else:
            pairs = _Pairs.of(basis, stage, to_rows, domain)
            result = result + pairs.covariances(design, left, right)
    return np.asarray(result)


def presence(basis: Basis, domain: sparse.csc_array) -> tuple[Ints, Ints]:
    """First-stage units, and strata, with a member of each domain; both (C,)."""
    stage = basis.design.stages[0]
    units = np.zeros(domain.shape[1], dtype=np.int64)
    strata = np.zeros(domain.shape[1], dtype=np.int64)
    sums = basis.by_stratum(stage) if stage.unit is None else basis.by_unit(stage)
    for part in column_chunks(sums, domain):
        held = basis.held(stage, domain[:, part])
        units[part] = np.rint(held.sum(axis=0))
        strata[part] = np.diff(held.indptr)
    return units, strata


def _by_rows(design: Design, stage: Stage) -> bool:
    """Whether units are rows and none of them has to be left out of single domains."""
    one_by_one = design.lonely_domain and design.lonely_psu in LEFT_OUT
    return stage.unit is None and not one_by_one


@dataclass(frozen=True, eq=False)
class _Strata:
    """Segments: the strata that hold a member of the domain of a row, ordered by row.

    Attributes
    ----------
    column, stratum: row of the result and stratum of each segment, (S,)
    mean: of the scores over all units of the stratum, (S,)
    lonely: segments that a rule for lonely units is for, (S,); None where there is none
    shape: strata and rows, (n_strata, R)
    """

    column: Ints
    stratum: Ints
    mean: Floats
    lonely: Bools | None
    shape: tuple[int, int]

    def matrix(self, values: Floats) -> sparse.csc_array:
        """`values` (S,) by stratum and row."""
        ends = np.append(0, np.cumsum(np.bincount(self.column, minlength=self.shape[1])))
        return sparse.csc_array((values, self.stratum, ends), shape=self.shape)

    def scale(self, design: Design) -> Floats | None:
        """What makes up for strata that are left out, (R,); None for nothing."""
        if self.lonely is None or design.lonely_psu not in LEFT_OUT:
            return None
        width = self.shape[1]
        strata = np.bincount(self.column, minlength=width)
        return rescue(design, strata, np.bincount(self.column[~self.lonely], minlength=width))


def _row_variances(
    basis: Basis, stage: Stage, to_rows: sparse.csc_array, domain: sparse.csc_array
) -> tuple[Floats, Bools]:
    """Variances (R,), and which have lost digits in the difference of their terms."""
    design = basis.design
    lost = np.zeros(to_rows.shape[1], dtype=bool)
    factor, centring = row_factors(stage, design.lonely_psu)
    square, terms = squares_of_rows(basis, stage, factor, to_rows, domain)
    variance = square.copy()
    for part in column_chunks(basis.by_stratum(stage), domain):
        strata = _strata_of_rows(basis, stage, to_rows[:, part], domain[:, part])
        taken = centring[strata.stratum] * (strata.mean * stage.size[strata.stratum]) ** 2
        if strata.lonely is not None and design.lonely_psu in FROM_ZERO:
            taken[strata.lonely] = 0.0
        own = variance[part] - add_up(strata.column, taken, strata.shape[1])
        gone = own < CANCELLED * terms[part]
        if basis.plain:
            rounding = own < NOISE * terms[part]
            own[rounding] = 0.0
            gone &= ~rounding
        lost[part] = gone
        scale = strata.scale(design)
        variance[part] = own if scale is None else own * scale
    return variance, lost


def squares_of_rows(
    basis: Basis,
    stage: Stage,
    factor: Floats,
    to_rows: sparse.csc_array,
    domain: sparse.csc_array,
) -> tuple[Floats, Floats]:
    """Sums of factor times squared scores, and of the terms that they are made of; both (R,)."""
    met = _fields_of(basis, domain)
    by_row = basis.design.row_factor(stage, factor)
    apart = not (met & ~np.eye(met.shape[0], dtype=bool)).any()
    square: Floats
    if apart:
        square = to_rows.power(2).T @ basis.squares(by_row)
        return square, square
    if basis.alike:
        inside = basis.kinds[1]
        assert inside is not None
        squares = basis.squares(by_row, by_kind=True)
        square = np.zeros(to_rows.shape[1])
        for part in column_chunks(inside, domain):
            square[part] = sparse.csc_array(inside @ to_rows[:, part]).power(2).T @ squares
        return square, square
    products = basis.products(by_row, met)
    square = np.asarray((products @ to_rows).multiply(to_rows).sum(axis=0))
    terms = (abs(products) @ abs(to_rows)).multiply(abs(to_rows)).sum(axis=0)
    return square, np.asarray(terms)


def _strata_of_rows(
    basis: Basis, stage: Stage, to_rows: sparse.csc_array, domain: sparse.csc_array
) -> _Strata:
    design, lonely = basis.design, None
    total = sparse.csc_array(basis.by_stratum(stage) @ to_rows)
    held, data = total, total.data
    if design.lonely_domain or stage.lonely.any():
        held = basis.held(stage, domain)
        data = on_pattern(total, held)
        present = np.rint(held.data).astype(np.int64)
        lonely = lonely_segments(stage, held.indices, present, design.lonely_domain)
    column = np.repeat(np.arange(held.shape[1]), np.diff(held.indptr))
    return _Strata(column, held.indices, data / stage.size[held.indices], lonely, held.shape)


def _row_covariances(
    basis: Basis,
    stage: Stage,
    to_rows: sparse.csc_array,
    domain: sparse.csc_array,
    left: slice,
    right: slice,
) -> Floats:
    design = basis.design
    factor, centring = row_factors(stage, design.lonely_psu)
    every = np.ones((len(basis.fields),) * 2, dtype=bool)
    products = basis.products(design.row_factor(stage, factor), every)
    result = (to_rows[:, left].T @ (products @ to_rows[:, right])).toarray()
    strata = _strata_of_rows(basis, stage, to_rows, domain)
    total = strata.mean * stage.size[strata.stratum]
    result -= _gram(strata.matrix(total), centring, left, right)
    if strata.lonely is not None and design.lonely_psu in FROM_ZERO:
        result += _gram(strata.matrix(total * strata.lonely), centring, left, right)
    return _scaled(result, strata.scale(design), left, right)


def _fields_of(basis: Basis, domain: sparse.csc_array) -> Bools:
    """Which fields meet in a row of the result, (fields, fields)."""
    count = len(basis.fields)
    if count == 1:
        return np.ones((1, 1), dtype=bool)
    which = np.repeat(np.arange(count), np.diff(basis.starts))
    index = which, np.arange(which.size)
    of = sparse.csr_array((np.ones(which.size), index), shape=(count, which.size))
    used = pattern(sparse.csr_array(of @ domain))
    met: Bools = (used @ used.T).toarray() > 0
    return met


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Scores added up to units: pairs of a unit and a row with a member of its domain there.

    Attributes
    ----------
    total: (units, R), units in the order of strata; an entry, maybe zero, for every pair
    segment: number of each pair's segment, (P,)
    pairs: units of each segment, (S,)
    strata: the segments
    alike: respondents of each unit, and what the square of their sum is multiplied by to be the
        sum of their squares, where units are rows that stand for several; (units,) each
    """

    stage: Stage
    total: sparse.csc_array
    segment: Ints
    pairs: Ints
    strata: _Strata
    alike: tuple[Ints, Floats] | None = None

    @classmethod
    def of(
        cls, basis: Basis, stage: Stage, to_rows: sparse.csc_array, domain: sparse.csc_array
    ) -> _Pairs:
        design, sums = basis.design, basis.by_unit(stage)
        total = sparse.csc_array(pattern(sums) @ domain)
        data = on_pattern(sparse.csc_array(sums @ to_rows), total)
        total.data = data
        column = np.repeat(np.arange(total.shape[1]), np.diff(total.indptr))
        stratum = unit_strata(stage)[total.indices]
        starts = np.flatnonzero(segments(column, stratum)) if data.size else np.zeros(0, int)
        pairs = np.diff(starts, append=data.size)
        segment = np.repeat(np.arange(starts.size), pairs)
        alike = _alike(design, stage)
        if alike is not None:
            held = add_up(segment, alike[0][total.indices].astype(np.float64), starts.size)
            pairs = np.rint(held).astype(np.int64)
        column, stratum = column[starts], stratum[starts]
        mean = add_up(segment, data, starts.size) / stage.size[stratum]
        lonely = lonely_segments(stage, stratum, pairs, design.lonely_domain)
        shape = stage.n_strata, total.shape[1]
        strata = _Strata(column, stratum, mean, lonely, shape)
        return cls(stage, total, segment, pairs, strata, alike)

    def variances(self, design: Design) -> Floats:
        stage, strata = self.stage, self.strata
        centred = add_up(self.segment, self._squared_gaps(), self.pairs.size)
        # units of the stratum without a member lie at zero
        centred += (stage.size[strata.stratum] - self.pairs) * strata.mean**2
        added, _ = contributions(
            stage,
            strata.stratum,
            centred,
            strata.mean,
            self.pairs,
            design.lonely_psu,
            design.lonely_domain,
        )
        variance = add_up(strata.column, added, strata.shape[1])
        scale = strata.scale(design)
        return variance if scale is None else variance * scale

    def _squared_gaps(self) -> Floats:
        """Squared deviations from the mean over all units of the stratum, by pair; (P,)."""
        total, mean = self.total.data, self.strata.mean[self.segment]
        if self.alike is None:
            gap: Floats = total - mean
            gap *= gap
            return gap
        count, squares = (values[self.total.indices] for values in self.alike)
        several: Floats = squares * total * total - 2 * mean * total + count * mean**2
        return several

    def covariances(self, design: Design, left: slice, right: slice) -> Floats:
        stage, strata, total = self.stage, self.strata, self.total
        mean = strata.mean
        if strata.lonely is not None and design.lonely_psu in LEFT_OUT:
            mean = np.where(strata.lonely, 0.0, mean)
            total = total.copy()
            total.data = np.where(strata.lonely[self.segment], 0.0, total.data)
        factor = stage.factor[unit_strata(stage)]
        if self.alike is not None:
            factor = factor * self.alike[1]
        result = _gram(total, factor, left, right)
        size = stage.factor * stage.size
        result -= _gram(strata.matrix(mean), size, left, right)
        if strata.lonely is not None and design.lonely_psu in FROM_ZERO:
            result += _gram(strata.matrix(mean * strata.lonely), size, left, right)
        return _scaled(result, strata.scale(design), left, right)


def _alike(design: Design, stage: Stage) -> tuple[Ints, Floats] | None:
    """See `_Pairs.alike`."""
    if design.alike is None or stage.unit is not None:
        return None
    order = slice(None) if stage.order is None else stage.order
    return design.alike.count[order], design.alike.squares[order]


def _scaled(matrix: Floats, scale: Floats | None, left: slice, right: slice) -> Floats:
    if scale is None:
        return matrix
    scaled: Floats = matrix * np.sqrt(np.outer(scale[left], scale[right]))
    return scaled


def _gram(values: sparse.csc_array, factor: Floats, left: slice, right: slice) -> Floats:
    """Sum over rows of `factor` times the products of the columns `left` and `right`."""
    rows = sparse.csr_array(values)
    width = rows.shape[1]
    held = np.diff(rows.indptr)
    used = np.flatnonzero(held)
    rows, factor = rows[used], factor[used]
    if float((held.astype(np.float64) ** 2).sum()) * _FASTER < float(used.size) * width**2:
        weighted = sparse.csr_array(rows.multiply(factor[:, None]))
        product: Floats = (rows[:, left].T @ weighted[:, right]).toarray()
        return product
    result = np.zeros((width, width))[left, right]
    step = max(1, _DENSE // max(width, 1))
    root = np.sqrt(factor)
    for start in range(0, used.size, step):
        part = rows[start : start + step].toarray() * root[start : start + step, None]
        result += part[:, left].T @ part[:, right]
    return result
