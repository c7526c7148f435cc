"""Predictions averaged over the respondents of a model, and their errors.

A margin is `m = sum(w mu(x*)) / sum(w)` over the respondents of a group, with the predictors x*
that a scenario gives them: marginal standardisation (Lane and Nelder 1982, Biometrics 38:613;
Graubard and Korn 1999, Biometrics 55:652). Its error has two parts: that of the parameters, by
the delta method, and that of the average over a sample of respondents. They are added as scores,
so that their covariance counts too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from survey_stats.estimate import Scores
from survey_stats.estimate.basis import Basis as Fields
from survey_stats.estimate.basis import Field
from survey_stats.estimate.columns import Bools, Floats, Ints, cross
from survey_stats.estimate.replicates import Replicates
from survey_stats.estimate.scores import (
    LinearScores,
    ReplicateScores,
    after_weighting,
    row_scores,
    stack,
)
from survey_stats.explain.models.fit import Fit

# scores by respondent kept at a time, where respondents have few patterns in common
_MOST_VALUES = 50_000_000


@dataclass(frozen=True, eq=False)
class Averages:
    """Means of D combinations of scenarios in G groups for C outcomes, outcome varying fastest,
    then combination; R = G D C rows.

    Attributes
    ----------
    estimate: (R,)
    scores: of the rows
    """

    estimate: Floats
    scores: Scores


@dataclass(frozen=True, eq=False)
class Scenario:
    """The patterns of a model with other predictors: design matrix (P, p) and offset (P,)."""

    X: Floats
    offset: Floats


def averages(
    fit: Fit,
    scenarios: Iterable[Scenario],
    mix: Floats,
    group: Ints,
    n_groups: int,
    sampled: bool,
) -> Averages:
    """Average each of D mixtures of S scenarios over the respondents of each group.

    Parameters
    ----------
    mix: (S, D); a column of unit sum is an average, one of zero sum a difference
    group: of each row of the model's sample, (m,); `n_groups` for those in none
    sampled: whether the respondents are a sample of those the averages are about, whose errors
        count; else the averages are about these respondents
    """
    cells = _Cells.of(fit, group, n_groups)
    replicates = fit.design.replicates
    if replicates is not None:
        every = list(scenarios)
        parts = [fit.kernel.means(fit.theta, s.X, s.offset) for s in every]
        estimate = _mean(cells.weight, cells, np.tensordot(mix.T, np.stack(parts), axes=1))
        scores = _replicated(fit, replicates, every, mix, cells, estimate, sampled)
        return Averages(estimate.ravel(), scores)
    C = fit.kernel.n_outcomes
    mixed = np.zeros((mix.shape[1], fit.X.shape[0], C))
    slopes = np.zeros((n_groups, mix.shape[1], C, fit.theta.size))
    by_pattern = cells.by_pattern(fit.X.shape[0])
    # one at a time, so that a single scenario's design matrix is held
    for row, scenario in zip(mix, scenarios, strict=True):
        means = fit.kernel.means(fit.theta, scenario.X, scenario.offset)
        own = fit.kernel.mean_slopes(fit.theta, scenario.X, scenario.offset, by_pattern)
        for d in np.flatnonzero(row).tolist():
            mixed[d] += row[d] * means
            slopes[:, d] += row[d] * own
    estimate = _mean(cells.weight, cells, mixed)
    R = estimate.size
    by_parameter = slopes.reshape(R, -1).T
    if fit.by_respondent and R * fit.design.n <= _MOST_VALUES:
        values = fit.row_values(by_parameter)
        if sampled:
            _add_sampling(values, fit, cells, mixed, estimate)
        return Averages(estimate.ravel(), row_scores(fit.design, values, fit.code < fit.X.shape[0]))
    scores = fit.scores.combine(by_parameter)
    if sampled:
        drawn = _sampling(fit, cells, mixed, estimate)
        eye = sparse.eye_array(R)
        scores = stack([scores, drawn]).combine(
            sparse.csc_array(sparse.vstack([eye, eye], format="csc"))
        )
    return Averages(estimate.ravel(), scores)


@dataclass(frozen=True, eq=False)
class _Cells:
    """Pairs of a pattern and a group that occur.

    Attributes
    ----------
    code: of each row of the survey, (n,); the number of cells outside the groups
    pattern, group: of each cell, (T,)
    weight: of each cell, (T,)
    members: rows of the sample that are in a group, (m,)
    """

    code: Ints
    pattern: Ints
    group: Ints
    weight: Floats
    members: Bools
    n_groups: int

    @classmethod
    def of(cls, fit: Fit, group: Ints, n_groups: int) -> _Cells:
        members = group < n_groups
        rows = fit.sample.rows[members]
        sizes = [fit.X.shape[0], max(n_groups, 1)]
        cell, present = cross([fit.sample.pattern[members], group[members]], sizes, complete=True)
        pattern, of_group = np.divmod(present, sizes[1])
        weight = np.bincount(cell, fit.weights[members], minlength=present.size).astype(float)
        code = np.full(fit.design.n, present.size, dtype=np.int32)
        code[rows] = cell
        return cls(code, pattern, of_group, weight, members, n_groups)

    def by_pattern(self, size: int) -> sparse.csr_array:
        """Part of each pattern in the weight of each group, (P, G)."""
        total = np.bincount(self.group, self.weight, minlength=self.n_groups)
        part = self.weight / total[self.group]
        return sparse.csr_array((part, (self.pattern, self.group)), shape=(size, self.n_groups))


def _mean(weight: Floats, cells: _Cells, values: Floats) -> Floats:
    """Average of `values` (D, P, C) over the cells of each group, (G, D, C)."""
    total = np.bincount(cells.group, weight, minlength=cells.n_groups)
    D, _, C = values.shape
    out = np.empty((cells.n_groups, D, C))
    with np.errstate(invalid="ignore", divide="ignore"):
        for d in range(D):
            for c in range(C):
                amounts = weight * values[d, cells.pattern, c]
                sums = np.bincount(cells.group, amounts, minlength=cells.n_groups)
                out[:, d, c] = sums / total
    return out


def _add_sampling(values: Floats, fit: Fit, cells: _Cells, means: Floats, estimate: Floats) -> None:
    """Add to scores by respondent (n, R) those of `_sampling`."""
    G, D, C = estimate.shape
    inside = np.flatnonzero(cells.code < cells.weight.size)
    at = cells.code[inside]
    pattern, group = cells.pattern[at], cells.group[at]
    total = np.bincount(cells.group, cells.weight, minlength=G)
    part = fit.design.weights[inside] / total[group]
    for d in range(D):
        for c in range(C):
            gap = part * (means[d, pattern, c] - estimate[group, d, c])
            for g in range(G):
                own = group == g
                values[inside[own], (g * D + d) * C + c] += gap[own]


def _sampling(fit: Fit, cells: _Cells, values: Floats, estimate: Floats) -> Scores:
    """Scores of the averages with the parameters held: w (mu - m) / sum(w) in each group."""
    G, D, C = estimate.shape
    T = cells.weight.size
    total = np.bincount(cells.group, cells.weight, minlength=G)
    order = np.argsort(cells.group, kind="stable")
    counts = np.bincount(cells.group, minlength=G)
    data, index, ends = [], [], [0]
    starts = np.cumsum(counts) - counts
    for g in range(G):
        own = order[starts[g] : starts[g] + counts[g]]
        for d in range(D):
            gap = values[d, cells.pattern[own], :] - estimate[g, d]
            for c in range(C):
                data.append(gap[:, c] / total[g])
                index.append(own)
                ends.append(ends[-1] + own.size)
    flat = np.concatenate(index).astype(np.int32)
    to_rows = sparse.csc_array((np.concatenate(data), flat, ends), (T, G * D * C))
    domain = sparse.csc_array((np.ones(flat.size), flat, ends), (T, G * D * C))
    fields = Fields(fit.design, (Field(cells.code, fit.design.weights, T),))
    missing = np.isnan(estimate.ravel())
    return after_weighting(LinearScores(fields, to_rows, domain, missing))


def _replicated(
    fit: Fit,
    replicates: Replicates,
    scenarios: Sequence[Scenario],
    mix: Floats,
    cells: _Cells,
    estimate: Floats,
    sampled: bool,
) -> Scores:
    """Each replicate's parameters averaged over each replicate's respondents."""
    thetas = fit.replicate_thetas
    base = np.ones(fit.design.n) if replicates.combined else fit.design.weights
    rows = fit.sample.rows[cells.members]
    unit = rows if replicates.unit is None else replicates.unit[rows]
    shape = cells.weight.size, replicates.matrix.shape[0]
    table = sparse.csr_array((base[rows], (cells.code[rows], unit)), shape=shape)
    made = np.full((replicates.n, estimate.size), np.nan)
    for r in np.flatnonzero(~np.isnan(thetas).any(axis=1)).tolist():
        weight = np.asarray(table @ replicates.matrix[:, r]) if sampled else cells.weight
        parts = [fit.kernel.means(thetas[r], s.X, s.offset) for s in scenarios]
        mixed = np.tensordot(mix.T, np.stack(parts), axes=1)
        made[r] = _mean(weight, cells, mixed).ravel()
    return ReplicateScores(fit.design, replicates.deviations(made, estimate.ravel()))
