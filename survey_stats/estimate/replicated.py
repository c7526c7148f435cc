"""Estimates with replicate variance: the tally by unit, times the replicate weights."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from survey_stats.estimate.columns import Floats, Ints
from survey_stats.estimate.design import Design
from survey_stats.estimate.replicates import Replicates
from survey_stats.estimate.tally import Groups, Measure, add_up, answered
from survey_stats.estimate.taylor import Linear, coefficients, simple_numeric, simple_share


def replicated(
    design: Design, replicates: Replicates, groups: Groups, measure: Measure, total: bool
) -> Linear:
    """As `taylor.linear`, with the variance of the replicate estimates."""
    G, w = groups.n_groups, design.weights
    group = answered(groups, measure)
    n = design.count(group, G)
    weight = add_up(group, w, G)
    x = weight if measure.x is None else add_up(group, measure.denominators(w), G)
    y = np.stack([add_up(group, v, G) for v in measure.numerators(w)])
    theta, _, _ = coefficients(y, x, total)
    gaps = replicates.deviations(
        replicate_estimates(design, replicates, group, G, measure, total), theta.ravel()
    )
    variance = (gaps**2).sum(axis=0).reshape(theta.shape)
    if measure.codes is not None:
        simple = simple_share(y / np.where(x > 0, x, np.nan), x, n, total)
    else:
        simple = simple_numeric(measure, group, w, weight, n, x, theta[0], total)
    units, strata = _presence(design, replicates, group, G)
    empty = n == 0
    theta[:, empty] = np.nan
    variance[:, empty] = np.nan
    variance[np.isnan(theta)] = np.nan
    squares = add_up(group, design.squared(), G)
    return Linear(theta.T, variance.T, simple.T, n, weight, squares, units, strata)


def replicate_estimates(
    design: Design, replicates: Replicates, group: Ints, G: int, measure: Measure, total: bool
) -> Floats:
    """Every replicate's estimates, shape (replicates, K * G), group varying fastest."""
    base = np.ones(design.n) if replicates.combined else design.weights
    inside = np.flatnonzero(group < G)

    def sums(values: Floats) -> Floats:
        return replicates.sums(group[inside], G, values[inside], inside).T

    parts = [sums(v) for v in measure.numerators(base)]
    if not total:
        x = sums(measure.denominators(base))
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = [np.where(x != 0, y / x, np.nan) for y in parts]
    return np.concatenate(parts, axis=1)


def _presence(design: Design, replicates: Replicates, group: Ints, G: int) -> tuple[Ints, Ints]:
    """First-stage units and strata with members of each group; zeros where they are not known."""
    if not replicates.designed:
        return np.zeros(G, dtype=np.int64), np.zeros(G, dtype=np.int64)
    stage = design.stages[0]
    inside = np.flatnonzero((group < G) & (design.weights > 0))
    unit = inside if stage.unit is None else stage.unit[inside]

    def distinct(codes: Ints, size: int) -> Ints:
        pairs = sparse.csr_array((np.ones(codes.size), (group[inside], codes)), shape=(G, size))
        pairs.sum_duplicates()
        return np.diff(pairs.indptr).astype(np.int64)

    height = design.n if stage.unit is None else stage.n_units
    return distinct(unit, height), distinct(stage.stratum[inside], stage.n_strata)
