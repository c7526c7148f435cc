"""Whether the odds of an ordinal model are proportional.

A separate model of each "higher than this outcome" has slopes of its own; under proportional odds
they are the same (Brant 1990, Biometrics 46:1171). Their joint covariance under the design comes
from the scores of all these models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from survey_stats.errors import InputError
from survey_stats.estimate.design import as_names
from survey_stats.estimate.scores import stack
from survey_stats.estimate.testing import SurveyTest
from survey_stats.explain.models.errors import SeparationError
from survey_stats.explain.models.fit import Fit, fit
from survey_stats.explain.models.formula import INTERCEPT
from survey_stats.explain.models.quadratic import wald_statistic
from survey_stats.explain.models.term_tests import NAN, term_name

if TYPE_CHECKING:
    from survey_stats.explain.models.result import Model


def test_proportional(model: Model, terms: str | Sequence[str] | None) -> SurveyTest:
    """Wald test that slopes are the same at every threshold; see `Model.test_proportional`."""
    if model.family != "ordinal":
        raise InputError(f"Proportional odds are of ordinal models, not of {model.family} ones")
    names = [term_name(model, t) for t in as_names(terms)]
    names = names or [n for n in model.terms.slices if n != INTERCEPT]
    slopes = model.parameters_of(names)
    cuts = len(model.outcomes) - 1
    told = ", ".join(names)
    if cuts < 2 or slopes.size == 0:
        raise InputError(
            f"A model with {cuts + 1} outcomes and {slopes.size} coefficients of {told or 'terms'} "
            "has no odds to compare; proportional odds need three outcomes and a predictor"
        )
    words = f"Wald test of proportional odds of {told}"
    metadata = model.metadata.but(statistic=f"proportional odds of {told}", method="")
    k, ddf = slopes.size * (cuts - 1), model.df

    def without(flag: str) -> SurveyTest:
        return SurveyTest(metadata, words, "F", NAN, float(k), ddf, NAN, model.n, flag=flag)

    fits = [_higher_than(model, c) for c in range(cuts)]
    width = fits[0].theta.size
    theta = np.concatenate([f.theta for f in fits])
    scores = stack([f.scores for f in fits])
    # every threshold less the first; the intercept of each model comes first
    contrast = np.zeros((theta.size, k))
    for c in range(1, cuts):
        for i, slope in enumerate(slopes.tolist()):
            column = (c - 1) * slopes.size + i
            contrast[c * width + 1 + slope, column] = 1.0
            contrast[1 + slope, column] = -1.0
    gap = contrast.T @ theta
    V = scores.combine(contrast).covariance()
    if not ddf > 0:
        return without("no df: too few PSUs for so many coefficients")
    if not np.isfinite(V).all():
        return without("no standard error")
    found = wald_statistic(gap, V)
    if found is None:
        return without("the covariance matrix is singular: too few PSUs")
    F = found / k
    p = float(special.fdtrc(k, ddf, F))
    return SurveyTest(metadata, words, "F", F, float(k), ddf, p, model.n)


def _higher_than(model: Model, cut: int) -> Fit:
    """The model of an answer above outcome number `cut`."""
    own = model.fit
    sample = replace(own.sample, values=(own.sample.values > cut).astype(np.float64), outcomes=None)
    matrix = np.column_stack([np.ones(own.X.shape[0]), np.asarray(own.X)])
    names = (INTERCEPT, *(model.terms.names[j] for j in own.columns.tolist()))
    what = f"{model.parsed.left} above {model.outcomes[cut]}"
    try:
        return fit(
            "binomial", model.link, own.design, sample, matrix, names, own.offset, what, drop=False
        )
    except SeparationError as error:
        raise InputError(f"Proportional odds cannot be tested: {error}") from error
