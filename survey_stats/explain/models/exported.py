"""A fit handed over to statsmodels: its own fit of the weighted answers, with our covariance.

The rows are the pairs of a pattern and an answer that occur, with the sum of their weights (of
mean 1) as `freq_weights`, so that the likelihood is that of the respondents. The fit is that of
statsmodels (`GLM`, `OrderedModel`, `MNLogit`); only the covariance of the parameters, and the df
of t and F tests, are put in.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy import linalg
from statsmodels.discrete.discrete_model import MultinomialResultsWrapper
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM, GLMResultsWrapper
from statsmodels.tools.sm_exceptions import DomainWarning

from survey_stats.errors import InputError
from survey_stats.estimate.columns import Floats, Ints, cross
from survey_stats.explain.models.errors import ConvergenceError
from survey_stats.explain.models.weighted_models import (
    SurveyGLMResults,
    SurveyMultinomialResults,
    WeightedMNLogit,
    WeightedOrderedModel,
)

if TYPE_CHECKING:
    from survey_stats.explain.models.result import Model

Rows = Literal["patterns", "respondents"]

# how far from ours statsmodels may end, in working standard errors
_NEAR = 1e-5
# pairs of pattern and answer above this part of the respondents are not worth finding
_COLLAPSED = 0.5

_LINKS = {
    "identity": families.links.Identity,
    "logit": families.links.Logit,
    "probit": families.links.Probit,
    "cloglog": families.links.CLogLog,
    "log": families.links.Log,
    "inverse": families.links.InversePower,
}
_FAMILIES = {
    "gaussian": families.Gaussian,
    "binomial": families.Binomial,
    "poisson": families.Poisson,
    "gamma": families.Gamma,
}


def as_statsmodels(model: Model, rows: Rows) -> Any:
    """`statsmodels` results of the model; see `Model.to_statsmodels`."""
    if rows not in get_args(Rows):
        raise InputError(f"rows={rows!r} is not known; use {' or '.join(get_args(Rows))}")
    pattern, answer, weight, index = _rows(model, rows)
    names = [model.terms.names[j] for j in model.fit.columns.tolist()]
    X = pd.DataFrame(np.asarray(model.fit.X)[pattern], index, names)
    offset = model.fit.offset[pattern] if model.offset is not None else None
    make = {"ordinal": _ordered, "multinomial": _multinomial}.get(model.family, _glm)
    try:
        # a saturated model has no residuals to divide by
        with np.errstate(all="ignore"), warnings.catch_warnings():
            # a link that can leave the family's means, where the Model found that it does not
            warnings.simplefilter("ignore", DomainWarning)
            return make(model, answer, X, weight, offset)
    except (ValueError, linalg.LinAlgError) as error:
        raise InputError(f"statsmodels cannot hold this model: {error}") from error


def _rows(model: Model, rows: Rows) -> tuple[Ints, Any, Floats, pd.Index[Any]]:
    """Pattern, answer (code of an outcome), weight of mean 1, and name of each row."""
    sample, weight = model.fit.sample, model.fit.weights * model.fit.scale
    if rows == "patterns":
        code, known = pd.factorize(sample.values, sort=True)
        cell, present = cross(
            [sample.pattern, code], [model.fit.X.shape[0], len(known)], complete=True
        )
        if present.size <= _COLLAPSED * sample.rows.size:
            pattern, value = np.divmod(present, len(known))
            summed = np.bincount(cell, weight, minlength=present.size).astype(np.float64)
            # nobody is left of who has no weight
            held = np.flatnonzero(summed > 0)
            return pattern[held], known[value[held]], summed[held], pd.RangeIndex(held.size)
    return sample.pattern, sample.values, weight, model.survey.frame.index[sample.rows]


def _glm(model: Model, answer: Any, X: pd.DataFrame, weight: Floats, offset: Floats | None) -> Any:
    made = GLM(
        pd.Series(answer, X.index, name=model.parsed.left),
        X,
        family=_FAMILIES[model.family](link=_LINKS[model.link.name]()),
        offset=offset,
        freq_weights=weight,
    )
    theta = model.fit.theta
    found = made.fit(start_params=theta, tol=1e-12, tol_criterion="params", maxiter=100)
    _refuse_elsewhere(model, np.asarray(found.params))
    own = SurveyGLMResults.of(found._results, weight)
    # rows stand for several respondents
    own.nobs = float(weight.sum())
    own.under_design(model.fit.cov, model.df, _told(model))
    return GLMResultsWrapper(own)


def _ordered(
    model: Model, answer: Any, X: pd.DataFrame, weight: Floats, offset: Floats | None
) -> Any:
    if X.shape[1] == 0:
        raise InputError("OrderedModel of statsmodels needs a predictor; ask the Model itself")
    outcomes = pd.Index([f"{v:g}" if isinstance(v, float) else str(v) for v in model.outcomes])
    made = WeightedOrderedModel(
        pd.Series(
            pd.Categorical.from_codes(answer, categories=outcomes, ordered=True),
            X.index,
            name=model.parsed.left,
        ),
        X,
        offset=offset,
        distr={"logit": "logit", "probit": "probit"}[model.link.name],
        survey_weights=weight,
    )
    theta, p = model.fit.theta, X.shape[1]
    start = np.concatenate([theta[:p], theta[p : p + 1], np.log(np.diff(theta[p:]))])
    found = made.fit(start_params=start, method="newton", maxiter=50, tol=1e-10, disp=False)
    thresholds = made.transform_threshold_params(np.asarray(found.params))[1:-1]
    _refuse_elsewhere(model, np.concatenate([np.asarray(found.params)[:p], thresholds]))
    # its thresholds after the first are logarithms of the steps between ours
    turn = np.eye(theta.size)
    for c in range(1, len(outcomes) - 1):
        step = theta[p + c] - theta[p + c - 1]
        turn[p + c, p + c], turn[p + c, p + c - 1] = 1 / step, -1 / step
    found._results.under_design(turn @ model.fit.cov @ turn.T, model.df, _told(model))
    return found


def _multinomial(
    model: Model, answer: Any, X: pd.DataFrame, weight: Floats, offset: Floats | None
) -> Any:
    if offset is not None:
        raise InputError("MNLogit of statsmodels has no offset; ask the Model itself")
    outcomes = pd.Index([str(v) for v in model.outcomes])
    made = WeightedMNLogit(
        pd.Series(
            pd.Categorical.from_codes(answer, categories=outcomes),
            X.index,
            name=model.parsed.left,
        ),
        X,
        survey_weights=weight,
    )
    found = made.fit(
        start_params=model.fit.theta, method="newton", maxiter=50, tol=1e-10, disp=False
    )
    _refuse_elsewhere(model, np.asarray(found.params).ravel(order="F"))
    own = SurveyMultinomialResults.of(found._results, weight)
    own.under_design(model.fit.cov, model.df, _told(model))
    return MultinomialResultsWrapper(own)


def _refuse_elsewhere(model: Model, params: Floats) -> None:
    """Raise `ConvergenceError` where statsmodels did not find our estimates."""
    size = np.sqrt(np.diag(model.fit.inverse)) + 1e-9 * np.abs(model.fit.theta)
    far = np.abs(params - model.fit.theta) > _NEAR * size
    if far.any() or not np.isfinite(params).all():
        raise ConvergenceError(
            f"statsmodels did not find the estimates of {model.formula!r} (it ends elsewhere in "
            f"{int(far.sum())} of {far.size} coefficients); ask the Model itself"
        )


def _told(model: Model) -> str:
    return (
        f"Standard errors are those of the sampling design ({model.metadata.design}), t and F "
        f"tests on {model.df:.10g} df; llf, AIC, deviance and likelihood-ratio tests of this table "
        "know weights of mean 1, and no design."
    )
