"""Fitting a family to patterns, and the errors of its parameters under the design."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import linalg, sparse

from survey_stats.estimate import Scores
from survey_stats.estimate.basis import Basis as Fields
from survey_stats.estimate.basis import Field
from survey_stats.estimate.columns import Floats, Ints, cross
from survey_stats.estimate.design import Design
from survey_stats.estimate.replicates import Replicates
from survey_stats.estimate.scores import (
    LinearScores,
    ReplicateScores,
    after_weighting,
    row_scores,
)
from survey_stats.explain.models.families import FAMILIES, Link
from survey_stats.explain.models.glm import Glm
from survey_stats.explain.models.kernel import (
    Basis,
    Kernel,
    Solution,
    dependent_columns,
    maximise,
    orthogonal,
    refuse_dependent,
)
from survey_stats.explain.models.matrix import Factored, Matrix, chosen
from survey_stats.explain.models.multinomial import Multinomial
from survey_stats.explain.models.ordinal import Ordinal
from survey_stats.explain.models.sample import Sample
from survey_stats.explain.models.separation import SUSPECT, explain

# entries of the tables of replicates made at a time
_ENTRIES = 1 << 23
# patterns by respondent above which scores are kept by respondent
_COLLAPSED = 0.25


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted family.

    Attributes
    ----------
    family: its name
    kernel: its equations
    design: of the survey
    sample: the respondents by pattern
    X: design matrix of the patterns, (P, p), maybe factored, without dropped columns (ordinal:
        and intercept)
    columns: which columns of the terms these are, (p,)
    offset: (P,)
    weights: of the rows of the sample, (m,), as in the design
    scale: what weights are multiplied by to have mean 1
    sums: weighted answers by pattern, of the scaled weights
    theta: parameters (K,)
    inverse: inverse information (K, K), of the scaled weights
    loglik: the maximum, of the scaled weights
    start: the parameters in the orthogonal basis, where replicates begin
    """

    family: str
    kernel: Kernel
    design: Design
    sample: Sample
    X: Matrix
    columns: Ints
    offset: Floats
    weights: Floats
    scale: float
    sums: Floats
    theta: Floats
    inverse: Floats
    loglik: float
    start: Floats = field(repr=False)

    @cached_property
    def code(self) -> Ints:
        """Pattern of each row of the survey, (n,); P outside the model."""
        code = np.full(self.design.n, self.X.shape[0], dtype=np.int32)
        code[self.sample.rows] = self.sample.pattern
        return code

    @cached_property
    def scores(self) -> Scores:
        """Errors of the parameters, ready to be combined."""
        outcomes = self.sample.outcomes
        if self.design.replicates is not None:
            gaps = self.design.replicates.deviations(self.replicate_thetas, self.theta)
            return ReplicateScores(self.design, gaps)
        if self.by_respondent and not (isinstance(self.X, Factored) and outcomes is None):
            return row_scores(self.design, self.row_values(), self.code < self.X.shape[0])
        fields, rows = self._influence()
        # every member counts in the domain of every parameter, whatever he adds to its error
        size, K = rows.shape
        full = np.tile(np.arange(size, dtype=np.int32), K)
        ends = np.arange(0, size * K + 1, size)
        domain = sparse.csc_array((np.ones(size * K), full, ends), (size, K))
        to_rows = sparse.csc_array((rows.T.ravel(), full, ends), (size, K))
        basis = Fields(self.design, fields)
        return after_weighting(LinearScores(basis, to_rows, domain, np.zeros(K, dtype=bool)))

    @property
    def by_respondent(self) -> bool:
        """Whether hardly any two respondents are alike, so that scores are kept by respondent."""
        return bool(self.X.shape[0] > _COLLAPSED * self.sample.rows.size)

    def row_values(self, to: Floats | None = None) -> Floats:
        """What each respondent adds to the errors of the parameters, (n, K).

        Or to those of combinations of them: `to` is (K, R), the result (n, R).
        """
        fields, rows = self._influence()
        if to is not None:
            rows = rows @ to
        # by parameter in memory, as scores are read
        out: Floats | None = None
        start = 0
        for part in fields:
            own = np.ascontiguousarray(rows[start : start + part.size].T)
            values = own.take(part.code, axis=1, mode="clip")
            values *= np.where(part.code < part.size, part.value, 0.0)
            out = values if out is None else np.add(out, values, out=out)
            start += part.size
        assert out is not None
        return out.T

    def _influence(self) -> tuple[tuple[Field, ...], Floats]:
        """What respondents add to the errors: fields of weights, and their map to the parameters.

        Binder (1983): the score of a respondent times the inverse information.
        """
        sample, P = self.sample, self.X.shape[0]
        bread = self.inverse * self.scale
        if sample.outcomes is None:
            mean = self.kernel.means(self.theta, self.X, self.offset)[:, 0]
            gap = self.weights * (sample.values - mean[sample.pattern])
            if isinstance(self.X, Factored):
                return self._factored_influence(self.X, gap, bread)
            every = np.arange(P)
            rows = self.kernel.rows(self.theta, self.X, self.offset, every, None) @ bread
            value = np.zeros(self.design.n)
            value[sample.rows] = gap
            return (Field(self.code, value, P),), rows
        C = len(sample.outcomes)
        cell, present = cross([sample.pattern, sample.values], [P, C], complete=True)
        pattern, outcome = np.divmod(present, C)
        rows = self.kernel.rows(self.theta, self.X, self.offset, pattern, outcome) @ bread
        code = np.full(self.design.n, present.size, dtype=np.int32)
        code[sample.rows] = cell
        return (Field(code, self.design.weights, present.size),), rows

    def _factored_influence(
        self, X: Factored, gap: Floats, bread: Floats
    ) -> tuple[tuple[Field, ...], Floats]:
        """As `_influence`, of a number: a field for each factor of the design matrix."""
        assert isinstance(self.kernel, Glm)
        sample, size = self.sample, X.parts.shape[1]
        gap = gap * self.kernel.ratio(self.theta, X, self.offset)[sample.pattern]
        code = np.full(self.design.n, size, dtype=np.int32)
        code[sample.rows] = X.code[sample.pattern]
        fields = []
        for factor in X.factors:
            value = np.zeros(self.design.n)
            value[sample.rows] = gap * factor[sample.pattern]
            fields.append(Field(code, value, size))
        return tuple(fields), (X.parts @ bread).reshape(-1, bread.shape[1])

    @cached_property
    def cov(self) -> Floats:
        """Covariance of the parameters under the design, (K, K)."""
        return self.scores.covariance()

    @cached_property
    def df(self) -> float:
        """PSUs less strata among those that hold a respondent of the model."""
        return float(self.scores.df(np.arange(self.theta.size)))

    @cached_property
    def replicate_thetas(self) -> Floats:
        """Parameters of each replicate, (replicates, K); NaN where there are none."""
        replicates = self.design.replicates
        assert replicates is not None
        basis = orthogonal(self.X, self._pattern_weights, self.family == "ordinal")
        to_theta = self.kernel.transform(basis)
        out = np.full((replicates.n, self.theta.size), np.nan)
        suspect = self._suspect(self.theta)
        for r, sums in self.replicate_sums(replicates):
            found = _solve(self.kernel, basis, self.offset, sums, self.start)
            theta = to_theta @ found.theta
            if found.converged and (suspect or not self._suspect(theta)):
                out[r] = theta
        return out

    @property
    def _pattern_weights(self) -> Floats:
        return self.sums.sum(axis=1) if self.sample.outcomes is not None else self.sums[:, 0]

    def replicate_sums(self, replicates: Replicates) -> Iterator[tuple[int, Floats]]:
        """Number and weighted answers by pattern of each replicate, scaled to the full sample's."""
        base = np.ones(self.design.n) if replicates.combined else self.design.weights
        w = base[self.sample.rows] * self.scale
        codes, size, parts = self._tables(w)
        unit = self.sample.rows
        if replicates.unit is not None:
            unit = replicates.unit[unit]
        shape = size, replicates.matrix.shape[0]
        tables = [sparse.csr_array((v, (codes, unit)), shape=shape) for v in parts]
        step = max(1, _ENTRIES // (size * len(parts)))
        P = self.X.shape[0]
        for first in range(0, replicates.n, step):
            factors = replicates.matrix[:, first : first + step]
            made = [np.asarray(t @ factors) for t in tables]
            for j in range(factors.shape[1]):
                sums = np.stack([m[:, j] for m in made], axis=1)
                yield first + j, sums if len(made) > 1 else sums.reshape(P, -1)

    def _tables(self, w: Floats) -> tuple[Ints, int, list[Floats]]:
        """Cell of each row of the sample, their number, and what is added up in them."""
        sample, P = self.sample, self.X.shape[0]
        if sample.outcomes is None:
            return sample.pattern, P, [w, w * sample.values]
        C = len(sample.outcomes)
        return sample.pattern.astype(np.int64) * C + sample.values, P * C, [w]

    def _suspect(self, theta: Floats) -> bool:
        """Whether some answers are foretold nearly with certainty."""
        means = self.kernel.means(theta, self.X, self.offset)
        if self.family == "binomial":
            means = np.minimum(means, 1 - means)
        elif self.family in ("gaussian", "gamma"):
            return not np.isfinite(means).all()
        return bool(not (means > SUSPECT).all())


def fit(
    family: str,
    link: Link,
    design: Design,
    sample: Sample,
    matrix: Matrix,
    names: tuple[str, ...],
    offset: Floats,
    response: str,
    drop: bool,
) -> Fit:
    """Fit a family to the respondents of `sample`.

    `matrix` (P, p) has columns `names`. With `drop`, columns that others say already are left
    out, else they are an error.

    Raises `RankError`, `SeparationError` or `ConvergenceError`.
    """
    weights = design.weights[sample.rows]
    scale = sample.n / float(weights.sum())
    sums = _sums(sample, weights * scale, matrix.shape[0])
    by_pattern = sums.sum(axis=1) if sample.outcomes is not None else sums[:, 0]
    dependent = dependent_columns(matrix, by_pattern, names)
    if not drop:
        refuse_dependent(dependent, names)
    kept = [j for j in range(len(names)) if j not in dependent]
    kernel: Kernel
    if family == "ordinal":
        assert sample.outcomes is not None
        kernel = Ordinal(link, len(sample.outcomes))
        kept = [j for j in kept if names[j] != "Intercept"]
    elif family == "multinomial":
        assert sample.outcomes is not None
        kernel = Multinomial(len(sample.outcomes))
    else:
        kernel = Glm(FAMILIES[family], link)
    X = chosen(matrix, kept)
    basis = orthogonal(X, by_pattern, family == "ordinal")
    found = _solve(kernel, basis, offset, sums, None)
    to_theta = kernel.transform(basis)
    theta, inverse = to_theta @ found.theta, to_theta @ found.inverse @ to_theta.T
    made = Fit(
        family,
        kernel,
        design,
        sample,
        X,
        np.array(kept, dtype=np.intp),
        offset,
        weights,
        scale,
        sums,
        theta,
        (inverse + inverse.T) / 2,
        found.loglik,
        found.theta,
    )
    sure = family not in ("gaussian", "gamma") and made._suspect(theta)
    if not found.converged or sure or not np.isfinite(theta).all():
        counts = sample.counted(sample.pattern, X.shape[0]).astype(np.float64)
        zero = sums[:, 1] <= 0 if family == "poisson" else None
        told = [names[j] for j in kept]
        if family == "multinomial":
            told = told * (kernel.n_outcomes - 1)
        told += [f"threshold {c + 1}" for c in range(theta.size - len(told))]
        explain(
            family,
            np.asarray(X),
            sums,
            zero,
            sample.patterns,
            counts,
            told,
            response,
            found.converged,
        )
    return made


def _sums(sample: Sample, weights: Floats, size: int) -> Floats:
    if sample.outcomes is None:
        parts = [
            np.bincount(sample.pattern, v, minlength=size)
            for v in (weights, weights * sample.values)
        ]
        return np.stack(parts, axis=1)
    C = len(sample.outcomes)
    cell = sample.pattern.astype(np.int64) * C + sample.values
    sums: Floats = np.bincount(cell, weights, minlength=size * C).reshape(size, C).astype(float)
    return sums


def _solve(
    kernel: Kernel, basis: Basis, offset: Floats, sums: Floats, start: Floats | None
) -> Solution:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", linalg.LinAlgWarning)
        found = maximise(kernel, basis.Q, offset, sums, start)
        if not found.converged:
            return found
        sizes = np.linalg.eigvalsh(found.inverse)
        regular = sizes.size == 0 or (sizes[0] > 0 and sizes[-1] < 1e13 * sizes[0])
    return (
        found if regular else Solution(found.theta, found.inverse, found.loglik, False, found.steps)
    )
