"""Linearised values by sampling unit: what covariances between any two estimates are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from survey_stats.errors import InputError
from survey_stats.estimate.columns import Floats
from survey_stats.estimate.design import Design, Stage


@dataclass(frozen=True, eq=False)
class Scores:
    """`values[i, r]` is what respondent i adds to the linearised error of row r.

    Sparse, shape (n respondents, R rows). Two results of one Survey have scores over the same
    respondents, so their covariance needs nothing else.
    """

    design: Design
    values: sparse.csc_array

    def covariance(self, other: Scores | None = None) -> Floats:
        """Covariance of the rows, or of these rows with those of `other`; dense (R, R')."""
        if other is not None and other.design is not self.design:
            raise InputError(
                "The two results come from different Surveys; their covariance is not known here"
            )
        result: Floats | float = 0.0
        for stage in self.design.stages:
            left = _unit_totals(stage, self.values)
            right = left if other is None else _unit_totals(stage, other.values)
            result = result + _stage_covariance(self.design, stage, left, right)
        return np.asarray(result)

    def combine(self, weights: Floats) -> Scores:
        """Scores of linear combinations of the rows; `weights` is (R, C)."""
        return Scores(self.design, sparse.csc_array(self.values @ sparse.csc_array(weights)))


def stack(parts: Sequence[Scores]) -> Scores:
    """The rows of several results of one Survey beside each other."""
    return Scores(parts[0].design, sparse.csc_array(sparse.hstack([p.values for p in parts])))


def _unit_totals(stage: Stage, values: sparse.csc_array) -> sparse.csr_array:
    if stage.unit is None:
        return sparse.csr_array(values)
    n = stage.unit.size
    gather = sparse.csr_array((np.ones(n), (stage.unit, np.arange(n))), shape=(stage.n_units, n))
    return sparse.csr_array(gather @ values)


def _stage_covariance(
    design: Design, stage: Stage, left: sparse.csr_array, right: sparse.csr_array
) -> Floats:
    """Sum over strata of factor times the centred cross product of unit totals."""
    unit_stratum = stage.stratum if stage.unit_stratum is None else stage.unit_stratum
    factor = stage.factor.copy()
    weight = factor.copy()
    lonely = stage.lonely
    centre = factor * stage.size
    if design.lonely_psu == "adjust":
        centre[lonely] = 0.0
    elif lonely.any():
        weight[lonely] = 0.0
        centre[lonely] = 0.0
    scaled = sparse.diags_array(weight[unit_stratum]) @ left
    cross = (scaled.T @ right).toarray()
    by_stratum = sparse.csr_array(
        (np.ones(unit_stratum.size), (unit_stratum, np.arange(unit_stratum.size))),
        shape=(stage.n_strata, unit_stratum.size),
    )
    mean_left = (by_stratum @ left).toarray() / stage.size[:, None]
    mean_right = (
        mean_left if right is left else (by_stratum @ right).toarray() / stage.size[:, None]
    )
    result: Floats = cross - (mean_left * centre[:, None]).T @ mean_right
    return result
