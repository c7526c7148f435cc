"""A fit handed over to statsmodels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from survey_stats.errors import InputError

if TYPE_CHECKING:
    from survey_stats.explain.models.result import Model


def as_statsmodels(model: Model) -> Any:
    """`statsmodels` GLM results of the respondents, weighted; see `Model.to_statsmodels`."""
    if model.fit.sample.outcomes is not None:
        raise InputError(f"statsmodels has no weighted {model.family} model; ask the Model itself")
    from statsmodels.genmod import families
    from statsmodels.genmod.generalized_linear_model import GLM

    links = {
        "identity": families.links.Identity,
        "logit": families.links.Logit,
        "probit": families.links.Probit,
        "cloglog": families.links.CLogLog,
        "log": families.links.Log,
        "inverse": families.links.InversePower,
    }
    family = {
        "gaussian": families.Gaussian,
        "binomial": families.Binomial,
        "poisson": families.Poisson,
        "gamma": families.Gamma,
    }[model.family](link=links[model.link.name]())
    fit = model.fit
    pattern, rows = fit.sample.pattern, fit.sample.rows
    index = model.survey.frame.index[rows]
    names = [str(n) for n in model.parameters()]
    made = GLM(
        pd.Series(fit.sample.values, index, name=model.parsed.left),
        pd.DataFrame(fit.X[pattern], index, names),
        family=family,
        offset=fit.offset[pattern] if np.any(fit.offset) else None,
        var_weights=fit.weights * fit.scale,
    )
    try:
        # a saturated model has no residuals to divide by
        with np.errstate(all="ignore"):
            return made.fit(start_params=fit.theta, tol=1e-12)
    except ValueError as error:
        raise InputError(f"statsmodels cannot hold this model: {error}") from error
