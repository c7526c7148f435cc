"""Tests of the terms of a model: Wald's, and Rao and Scott's working likelihood-ratio test.

The working likelihood ratio is twice the fall of the weighted log-likelihood (weights of mean 1)
when the terms are taken out. Under the hypothesis it is a sum of chi-squared variables weighted by
the eigenvalues of `V0^-1 V`, with V the covariance of the terms' coefficients under the design
and V0 that of the working model (Rao and Scott 1984, Annals of Statistics 12:46; Lumley and Scott
2014, Australian and New Zealand Journal of Statistics 56:1). As `regTermTest` of R survey.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from scipy import linalg, special

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate.columns import Floats
from survey_stats.estimate.design import as_names
from survey_stats.estimate.testing import SurveyTest
from survey_stats.explain.models.errors import SeparationError
from survey_stats.explain.models.fit import fit
from survey_stats.explain.models.formula import INTERCEPT
from survey_stats.explain.models.matrix import chosen
from survey_stats.explain.models.quadratic import Approximation, f_sum_tail, wald_statistic

if TYPE_CHECKING:
    from survey_stats.explain.models.result import Model

TestMethod = Literal["Wald", "LRT", "working-Wald"]
NAN = float("nan")
# what is left of a coefficient's working error when the others are known, under which digits fail
NEARLY_DEPENDENT = 1e-7


def term_name(model: Model, wanted: str) -> str:
    """The model's own name of a term.

    The order in an interaction does not matter, and the columns of a term name it where no other
    term is made of the same: "gender:wave" finds "gender:C(wave)".
    """
    known = {_sorted(name): name for name in model.terms.slices}
    name = known.get(_sorted(wanted))
    if name is None:
        columns = {part.strip().strip("`") for part in wanted.split(":")}
        alike = [t for t, f in model.variables_of_terms().items() if f == columns]
        name = alike[0] if len(alike) == 1 else None
    if name is None:
        raise UnknownNameError("term", wanted, model.terms.slices, f"the model {model.formula!r}")
    return name


def _sorted(name: str) -> tuple[str, ...]:
    return tuple(sorted("".join(part.replace("`", "").split()) for part in name.split(":")))


def known_method(wanted: object) -> TestMethod:
    """A test by its name, in any case and with or without its hyphen, as R has "WorkingWald".

    >>> known_method("WorkingWald"), known_method("lrt")
    ('working-Wald', 'LRT')
    """
    known: dict[str, TestMethod] = {_plain(name): name for name in get_args(TestMethod)}
    found = known.get(_plain(str(wanted)))
    if found is None:
        raise InputError(f"method={wanted!r} is no test; use {', '.join(get_args(TestMethod))}")
    return found


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def test_terms(
    model: Model,
    terms: str | Sequence[str],
    method: TestMethod | str,
    approximation: Approximation,
) -> SurveyTest:
    """Test that all coefficients of the terms are zero; see `Model.test`."""
    method = known_method(method)
    names = [term_name(model, t) for t in as_names(terms)]
    if not names:
        raise InputError("No term was named; give one or a list of them")
    index = model.parameters_of(names)
    told = ", ".join(names)
    metadata = model.metadata.but(statistic=f"test of {told}", method="")
    if index.size == 0:
        raise InputError(f"No coefficient of {told} was estimated, so that there is no test of it")
    ddf, k = model.df, index.size
    theta, V = model.fit.theta[index], model.fit.cov[np.ix_(index, index)]
    if method == "Wald":
        words = f"Wald test of {told}"
    else:
        kind = "likelihood-ratio" if method == "LRT" else "Wald"
        words = f"Rao-Scott working {kind} test of {told}"

    def without(flag: str) -> SurveyTest:
        return SurveyTest(metadata, words, "F", NAN, float(k), ddf, NAN, model.n, flag=flag)

    if not np.isfinite(V).all():
        return without("no standard error")
    if not ddf > 0:
        return without("no df: too few PSUs for so many coefficients")
    if method == "Wald":
        found = wald_statistic(theta, V)
        if found is None:
            return without("the covariance matrix is singular: too few PSUs")
        F = found / k
        p = float(special.fdtrc(k, ddf, F)) if np.isfinite(ddf) else float(special.chdtrc(k, F * k))
        return SurveyTest(metadata, words, "F", F, float(k), ddf, p, model.n)
    V0 = model.fit.inverse[np.ix_(index, index)]
    # in units of the working standard errors, whatever those of the predictors
    unit = np.sqrt(np.diag(V0))
    try:
        root = linalg.cholesky(V0 / np.outer(unit, unit), lower=True)
    except linalg.LinAlgError:
        root = np.zeros((k, k))
    if not np.diag(root).min() > NEARLY_DEPENDENT:
        return without(
            "coefficients are too nearly dependent to be told apart; centre numeric predictors"
        )
    if method == "working-Wald":
        scaled = linalg.solve_triangular(root, theta / unit, lower=True)
        statistic = float(scaled @ scaled)
    else:
        statistic = _likelihood_ratio(model, names)
    half = linalg.solve_triangular(root, V / np.outer(unit, unit), lower=True)
    turned = linalg.solve_triangular(root, half.T, lower=True)
    effects: Floats = np.asarray(np.linalg.eigvalsh((turned + turned.T) / 2)[::-1])
    if not effects[0] > 0:
        return without("the standard error is zero")
    p = f_sum_tail(statistic, effects[effects > 0], ddf, approximation)
    return SurveyTest(
        metadata,
        words,
        "weighted sum of chi2",
        statistic,
        float(k),
        ddf,
        p,
        model.n,
        design_effects=tuple(effects.tolist()),
    )


def _likelihood_ratio(model: Model, names: Sequence[str]) -> float:
    """Twice the fall of the log-likelihood without the terms."""
    variables = model.variables_of_terms()
    for name in names:
        above = [
            t
            for t, own in variables.items()
            if t not in names and name != INTERCEPT and variables[name] < own
        ]
        if above:
            raise InputError(
                f"{name!r} is also part of {above[0]!r}, without which a model without it has no "
                f"meaning; test them together: test([{name!r}, {above[0]!r}]), or use "
                "method='Wald'"
            )
    if INTERCEPT in names and model.family == "ordinal":
        raise InputError("The thresholds of an ordinal model cannot be left out")
    small = model.fit
    kept = [
        j
        for j, column in enumerate(small.columns.tolist())
        if not any(
            part.start <= column < part.stop for part in (model.terms.slices[n] for n in names)
        )
    ]
    columns = small.columns[kept]
    matrix = chosen(small.X, kept)
    labels = tuple(model.terms.names[j] for j in columns.tolist())
    if model.family == "ordinal":
        matrix = np.column_stack([np.ones(matrix.shape[0]), np.asarray(matrix)])
        labels = (INTERCEPT, *labels)
    if matrix.shape[1] == 0:
        return 2 * (small.loglik - _nothing(model))
    try:
        reduced = fit(
            model.family,
            model.link,
            small.design,
            small.sample,
            matrix,
            labels,
            small.offset,
            model.parsed.left,
            drop=False,
        )
    except SeparationError as error:
        raise InputError(
            f"The model without {', '.join(names)} has no estimates: {error}"
        ) from error
    return 2 * (small.loglik - reduced.loglik)


def _nothing(model: Model) -> float:
    """The log-likelihood of a model without any column."""
    full = model.fit
    empty: Floats = np.empty((full.X.shape[0], 0))
    return full.kernel.loglik(np.zeros(0), empty, full.offset, full.sums)
