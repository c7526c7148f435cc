"""Models and results of statsmodels that know weights of their rows and the errors of a design.

`OrderedModel` and `MNLogit` know no weights, and marginal effects of all models of statsmodels are
averages over rows that are alike. Here the log-likelihood and its derivatives are multiplied by
the weights, and averages are weighted; everything else is inherited.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from statsmodels.discrete.discrete_margins import DiscreteMargins
from statsmodels.discrete.discrete_model import MNLogit, MultinomialResults
from statsmodels.genmod.generalized_linear_model import GLMResults
from statsmodels.miscmodels.ordinal_model import (
    OrderedModel,
    OrderedResults,
    OrderedResultsWrapper,
)

from survey_stats.errors import InputError
from survey_stats.estimate.columns import Floats

# step of a numeric derivative by a parameter, in its standard errors
_STEP = 1e-3


class WeightedOrderedModel(OrderedModel):  # type: ignore[misc]
    """`OrderedModel` of rows with `survey_weights`, with derivatives in closed form."""

    survey_weights: Floats

    def _check_kwargs(self, kwargs: Any, keys_extra: Any = None, error: Any = None) -> None:
        allowed = [*(keys_extra or []), "survey_weights"]
        super()._check_kwargs(kwargs, keys_extra=allowed, **({"error": error} if error else {}))

    def loglikeobs(self, params: Floats) -> Floats:
        """Log-likelihood of each row times its weight."""
        rows: Floats = super().loglikeobs(params) * self.survey_weights
        return rows

    def score_obs(self, params: Floats) -> Floats:
        """Derivatives of `loglikeobs` by the parameters, (rows, K)."""
        low, upp = self._bounds(params)
        # of the logarithm that statsmodels takes
        size = self.survey_weights / (self.prob(low, upp) + 1e-20)
        up, down = self.pdf(upp) * size, self.pdf(low) * size
        thresholds = np.zeros((len(up), self.k_levels - 1))
        at = np.arange(len(up))
        first, last = self.endog > 0, self.endog < self.k_levels - 1
        thresholds[at[last], self.endog[last]] = up[last]
        thresholds[at[first], self.endog[first] - 1] -= down[first]
        # the thresholds are sums of the first and of exponentials
        chain = np.tril(np.ones((self.k_levels - 1, self.k_levels - 1)))
        chain[:, 1:] *= np.exp(np.asarray(params)[-(self.k_levels - 1) :][1:])
        return np.column_stack([-(up - down)[:, None] * self.exog, thresholds @ chain])

    def score(self, params: Floats) -> Floats:
        """Sum of `score_obs`, (K,)."""
        total: Floats = self.score_obs(params).sum(axis=0)
        return total

    def hessian(self, params: Floats) -> Floats:
        """Derivatives of `score`, (K, K), by central differences."""
        found = _slopes(self.score, np.asarray(params, dtype=np.float64), 1e-5)
        return (found + found.T) / 2

    @property
    def start_params(self) -> Floats:
        """The parameters without predictors: weighted shares of the outcomes."""
        share = np.bincount(self.endog, self.survey_weights, minlength=self.k_levels)
        bounds = self.distr.ppf(np.clip((share / share.sum()).cumsum(), 0, 1))
        start = self.transform_reverse_threshold_params(bounds)
        return np.concatenate([np.zeros(self.k_vars), start])

    def fit(self, *args: Any, **options: Any) -> Any:
        """As of `OrderedModel`, with results that hold errors of a design."""
        found = super().fit(*args, **options)._results
        own = SurveyOrderedResults.of(found, self.survey_weights)
        # rows stand for several respondents
        own.nobs = float(self.survey_weights.sum())
        own.df_resid = own.nobs - (self.k_vars + self.k_extra)
        return OrderedResultsWrapper(own)


class WeightedMNLogit(MNLogit):  # type: ignore[misc]
    """`MNLogit` of rows with `survey_weights`."""

    survey_weights: Floats

    def __init__(self, endog: Any, exog: Any, **options: Any) -> None:
        super().__init__(endog, exog, **options)
        self.df_resid = float(self.survey_weights.sum()) - self.K * (self.J - 1)

    def _check_kwargs(self, kwargs: Any, keys_extra: Any = None, error: Any = None) -> None:
        allowed = [*(keys_extra or []), "survey_weights"]
        super()._check_kwargs(kwargs, keys_extra=allowed, **({"error": error} if error else {}))

    def loglike(self, params: Floats) -> float:
        """Weighted log-likelihood."""
        return float(self.loglikeobs(params).sum())

    def loglikeobs(self, params: Floats) -> Floats:
        """Log-likelihood of each row and outcome times the row's weight."""
        rows: Floats = super().loglikeobs(params) * self.survey_weights[:, None]
        return rows

    def score(self, params: Floats) -> Floats:
        """Derivatives of `loglike`, (K (J - 1),)."""
        total: Floats = self.score_obs(params).sum(axis=0)
        return total

    def score_obs(self, params: Floats) -> Floats:
        """Derivatives of the weighted log-likelihood of each row."""
        rows: Floats = super().score_obs(params) * self.survey_weights[:, None]
        return rows

    def loglike_and_score(self, params: Floats) -> tuple[float, Floats]:
        """Both at once."""
        return self.loglike(params), self.score(params)

    def hessian(self, params: Floats) -> Floats:
        """Second derivatives of `loglike`."""
        flat = np.asarray(params).reshape(self.K, -1, order="F")
        share = self.cdf(self.exog @ flat)[:, 1:]
        blocks = np.empty((self.J - 1, self.K, self.J - 1, self.K))
        for i in range(self.J - 1):
            for j in range(self.J - 1):
                spread = self.survey_weights * share[:, i] * ((i == j) - share[:, j])
                blocks[i, :, j, :] = -(self.exog * spread[:, None]).T @ self.exog
        size = self.K * (self.J - 1)
        return blocks.reshape(size, size)


class SurveyResults:
    """What results of statsmodels need to hold the errors of a design."""

    survey_weights: Floats

    @classmethod
    def of(cls, results: Any, weights: Floats) -> Self:
        """The same results, of this class."""
        made = cls.__new__(cls)
        made.__dict__.update(results.__dict__)
        made.survey_weights = weights
        return made

    def under_design(self, cov: Floats, df: float, told: str) -> None:
        """Put the covariance of the parameters (K, K), and the df of tests, in."""
        self.cov_params_default = cov
        self.cov_type = "survey design"
        self.cov_kwds = {"description": told}
        self.use_t = True
        self.df_resid_inference = df
        self._cache: dict[str, Any] = {}


class _WithMargins(SurveyResults):
    """Marginal effects averaged with the weights of the rows."""

    model: Any
    params: Any

    def get_margeff(
        self,
        at: str = "overall",
        method: str = "dydx",
        atexog: Any = None,
        dummy: bool = False,
        count: bool = False,
    ) -> DiscreteMargins:
        """Marginal effects as of statsmodels, averaged with the weights.

        The errors are those of the coefficients under the design (delta method); that the
        respondents are a sample is not counted, as in `Model.effects(covariates="fixed")`.

        Raises `InputError` for `at="median"`, and for a model with an offset.
        """
        if getattr(self.model, "offset", None) is not None:
            raise InputError(
                "get_margeff of statsmodels knows no offset; use effects() of the Model"
            )
        if at == "median":
            raise InputError(
                "at='median' is the median of rows that stand for different numbers of people; use "
                "at='overall' or 'mean'"
            )
        if at == "mean" and not isinstance(atexog, np.ndarray):
            means = np.average(self.model.exog, axis=0, weights=self.survey_weights)
            atexog = dict(enumerate(means.tolist())) | dict(atexog or {})
        if at != "overall":
            return DiscreteMargins(self, (at, method, atexog, dummy, count))

        def average(params: Floats) -> tuple[Floats, DiscreteMargins]:
            twin = copy.copy(self)
            twin.params = params.reshape(np.shape(self.params), order="F")
            made = DiscreteMargins(twin, ("all", method, atexog, dummy, count))
            return np.average(made.margeff, axis=0, weights=self.survey_weights), made

        theta = np.ravel(self.params, order="F")
        effects, made = average(theta)
        cov = np.asarray(self.cov_params_default)
        step = _STEP * np.sqrt(np.diag(cov))
        jacobian = _slopes(lambda p: average(p)[0].ravel(order="F"), theta, step)
        made.results = self
        made.margeff_options["at"] = "overall"
        made.margeff = effects
        made.margeff_cov = jacobian @ cov @ jacobian.T
        made.margeff_se = np.sqrt(np.diag(made.margeff_cov)).reshape(effects.shape, order="F")
        return made


class SurveyGLMResults(_WithMargins, GLMResults):  # type: ignore[misc]
    """`GLMResults` under a sampling design."""

    nobs: float


class SurveyMultinomialResults(_WithMargins, MultinomialResults):  # type: ignore[misc]
    """`MultinomialResults` under a sampling design."""


class SurveyOrderedResults(SurveyResults, OrderedResults):  # type: ignore[misc]
    """`OrderedResults` under a sampling design."""

    nobs: float
    df_resid: float


def _slopes(function: Callable[[Floats], Floats], at: Floats, step: Floats | float) -> Floats:
    """Derivatives of a function of (K,) by central differences of fourth order, (values, K)."""
    steps = np.broadcast_to(np.asarray(step, dtype=np.float64), at.shape)
    columns = []
    for j, size in enumerate(steps.tolist()):
        size = size or 1e-6

        def moved(k: int, j: int = j, size: float = size) -> Floats:
            other = at.copy()
            other[j] += k * size
            return function(other)

        columns.append((8 * (moved(1) - moved(-1)) - (moved(2) - moved(-2))) / (12 * size))
    return np.stack(columns, axis=1)
