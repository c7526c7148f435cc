"""`Model`: the result of a fit, frozen, from which everything else is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from survey_stats.errors import UnknownNameError
from survey_stats.estimate import Estimates, Survey
from survey_stats.estimate.columns import Ints
from survey_stats.estimate.contrasts import Coefficients, Contrasts, combine, values, weights_of
from survey_stats.estimate.estimates import DfRule
from survey_stats.estimate.respondents import By
from survey_stats.estimate.testing import SurveyTest
from survey_stats.estimate.where import Where
from survey_stats.explain.models.cautions import cautions
from survey_stats.explain.models.coefficients import table
from survey_stats.explain.models.families import EXPONENTIATED, Link
from survey_stats.explain.models.fit import Fit
from survey_stats.explain.models.formula import INTERCEPT, Parsed, Terms
from survey_stats.explain.models.gaps import GapScale, gap
from survey_stats.explain.models.margins import Covariates, MarginInterval, effects, margins
from survey_stats.explain.models.prediction import predict
from survey_stats.explain.models.proportional import test_proportional
from survey_stats.explain.models.quadratic import Approximation
from survey_stats.explain.models.term_tests import TestMethod, known_method, test_terms
from survey_stats.explain.models.told import told
from survey_stats.labels import Language
from survey_stats.results import Metadata, html_table

if TYPE_CHECKING:
    from survey_stats.estimate import Scores


@dataclass(frozen=True, eq=False)
class Model:
    """A regression model whose errors are those of the sampling design.

    Attributes
    ----------
    formula: as written
    family: "gaussian", "binomial", "poisson", "gamma", "ordinal" or "multinomial"
    link: the link function
    statistic: what its predictions are, "share" or "mean"
    survey: the Survey that it is about
    df_rule: whether df are those of the respondents in the model or of the whole design
    level: of its intervals
    offset: the expression added to the linear predictor, None without one
    left_out: respondents of the domain without a value, by variable (who lacks several counts in
        each); they are left out as a domain, so that no sampling unit leaves the design
    dropped: columns left out because others say the same, and how; empty unless singular="drop"
    caveats: what sets the answers of the waves and surveys in the model apart, in English
    metadata: what was asked of which survey
    """

    formula: str
    family: str
    link: Link
    statistic: str
    survey: Survey
    df_rule: DfRule
    level: float
    offset: str | None
    parsed: Parsed = field(repr=False)
    terms: Terms = field(repr=False)
    fit: Fit = field(repr=False)
    left_out: Mapping[str, int]
    dropped: Mapping[str, str]
    caveats: tuple[str, ...]
    metadata: Metadata

    @property
    def n(self) -> int:
        """Respondents in the model."""
        return self.fit.sample.n

    @property
    def n_left_out(self) -> int:
        """Respondents of the domain who lack an answer to some variable of the model."""
        return self.fit.sample.n_domain - self.fit.sample.n

    @property
    def outcomes(self) -> list[Any]:
        """The outcomes of an ordinal or multinomial answer, the first being the base."""
        found = self.fit.sample.outcomes
        return [] if found is None else list(found.tolist())

    @property
    def df(self) -> float:
        """df of the t tests of coefficients and the F tests of terms.

        PSUs less strata (of the respondents in the model, or of the design under df="design"),
        less the number of predictors besides the intercept: `df.residual` of `svyglm` and
        `svyolr`. Of a multinomial model those of one of its equations count.
        """
        own = self.fit.design.df if self.df_rule == "design" else self.fit.df
        slopes = int(self.fit.columns.size)
        return own - slopes if self.family == "ordinal" else own + 1 - slopes

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know beside the numbers."""
        notes = list(self.caveats)
        if self.n_left_out:
            which = ", ".join(f"{name} {count}" for name, count in self.left_out.items())
            notes.append(
                f"{self.n_left_out} of {self.fit.sample.n_domain} respondents lack an answer and "
                f"are left out ({which})"
            )
        notes += [f"{n} of those left out {told}" for told, n in self.fit.sample.unused.items()]
        notes += cautions(self)
        for name, made_of in self.dropped.items():
            notes.append(f"{name} is left out: it is {made_of}")
        replicates = self.fit.design.replicates
        if replicates is not None:
            lost = int(np.isnan(self.fit.replicate_thetas).any(axis=1).sum())
            if lost:
                notes.append(f"{lost} of {replicates.n} replicates have no estimates")
        return tuple(notes)

    def to_frame(self, exponentiate: bool = False) -> pd.DataFrame:
        """The coefficients: `term, estimate, se, ci_low, ci_high, statistic, df, p_value, flag`.

        With `outcome` first for a multinomial model, and at the end of an ordinal one the
        thresholds. `exponentiate` adds the exponentials, such as `odds_ratio, odds_ratio_low,
        odds_ratio_high`, where they have a meaning.
        """
        return table(self, exponentiate)

    @property
    def exponentiated(self) -> str | None:
        """What the exponential of a coefficient is, such as "odds_ratio"; None for nothing."""
        return EXPONENTIATED.get((self.family, self.link.name))

    @property
    def coefficients(self) -> pd.Series[float]:
        """The parameters by name; of a multinomial model by outcome and name."""
        return pd.Series(self.fit.theta, index=self.parameters(), name="estimate")

    def parameters(self) -> pd.Index[Any]:
        """Names of the parameters, in the order of `cov()`."""
        names = [self.terms.names[j] for j in self.fit.columns.tolist()]
        if self.family == "multinomial":
            pairs = [(outcome, name) for outcome in self.outcomes[1:] for name in names]
            return pd.MultiIndex.from_tuples(pairs, names=["outcome", "term"])
        if self.family == "ordinal":
            known = [f"{v:g}" if isinstance(v, float) else str(v) for v in self.outcomes]
            names += [f"{a}|{b}" for a, b in pairwise(known)]
        labels: pd.Index[Any] = pd.Index(names, name="term")
        return labels

    def cov(self) -> pd.DataFrame:
        """Covariance of the parameters under the design (Binder 1983)."""
        names = self.parameters()
        return pd.DataFrame(self.fit.cov, index=names, columns=names)

    def scores(self) -> Scores:
        """Errors of the parameters, from which covariances with other results are made."""
        return self.fit.scores

    def test(
        self,
        terms: str | Sequence[str],
        method: TestMethod | str = "Wald",
        *,
        approximation: Approximation = "saddlepoint",
    ) -> SurveyTest:
        """Test that the coefficients of one or several terms are all zero.

        Parameters
        ----------
        terms: as in the formula ("gender", "C(district)", "gender:C(wave)"), or the columns of a
            term ("gender:wave")
        method: "Wald" (F), "LRT" (Rao and Scott's working likelihood-ratio test) or
            "working-Wald"; as `regTermTest` of R survey, in capitals or not
        approximation: of the tail of a weighted sum of chi-squared variables: "saddlepoint" as in
            R, "integration" (exact) or "satterthwaite"
        """
        return test_terms(self, terms, method, approximation)

    def tests(self, method: TestMethod | str = "Wald") -> pd.DataFrame:
        """Each term tested given the others, one row each; a term that is part of an interaction
        is tested together with it under "LRT".
        """
        method = known_method(method)
        variables = self.variables_of_terms()
        rows = []
        for name, own in variables.items():
            if name == INTERCEPT:
                continue
            above = [t for t, v in variables.items() if own < v] if method == "LRT" else []
            if self.parameters_of([name]).size == 0:
                continue
            found = self.test([name, *above], method)
            rows.append(
                {
                    "term": " + ".join([name, *above]),
                    "statistic": found.statistic,
                    "df": found.df,
                    "df_denominator": found.df_denominator,
                    "p_value": found.p_value,
                    "flag": found.flag,
                }
            )
        names = ["term", "statistic", "df", "df_denominator", "p_value", "flag"]
        frame = pd.DataFrame(rows, columns=names)
        frame.attrs.update(self.metadata.but(statistic=f"{method} tests of terms").to_dict())
        return frame

    def test_proportional(self, terms: str | Sequence[str] | None = None) -> SurveyTest:
        """Test of an ordinal model that its slopes are the same at every threshold.

        Where they are not, margins by outcome are the model's compromise; a multinomial model, or
        binomial models of single thresholds, say more. `terms` are all by default (Brant 1990).
        """
        return test_proportional(self, terms)

    def contrast(self, contrasts: Mapping[str, Coefficients], *, null: float = 0.0) -> Contrasts:
        """Linear combinations of the parameters, with t tests on the model's df.

        `contrasts` maps a label to one number for each parameter, or to a mapping from names of
        parameters to numbers.
        """
        names = self.parameters()
        if isinstance(names, pd.MultiIndex):
            keys = names.to_frame(index=False)
        else:
            keys = pd.DataFrame({"term": names})
        weights = weights_of(keys, contrasts)
        labels = pd.DataFrame({"contrast": list(contrasts)})
        return combine(
            self.metadata.but(statistic="contrast of coefficients"),
            labels,
            values(weights, self.fit.theta),
            weights,
            self.fit.theta,
            self.fit.scores,
            self.df,
            null,
        )

    def margins(
        self,
        columns: By = None,
        by: By = None,
        *,
        at: Mapping[str, Any] | None = None,
        where: Where = None,
        level: float | None = None,
        covariates: Covariates = "sampled",
        interval: MarginInterval = "logit",
    ) -> Estimates:
        """Predictive margins: what the model expects on average when predictors are set.

        Parameters
        ----------
        columns: predictors with levels; every combination of their levels is given to everybody,
            whatever else is true of him (standardisation). None sets nothing
        by: columns of the frame; averages are over the respondents of each group, with the
            group's own other predictors
        at: numbers or levels to look at, `{"age": [20, 40]}`
        where: whom to average over, of those in the model
        covariates: "sampled" counts that respondents are a sample of the population that is
            averaged over (Graubard and Korn 1999); "fixed" is about these respondents
        interval: of shares, "logit" (inside 0-1) or "wald"

        `n` is the number of respondents in the model who have the levels that a row sets, so that
        rules for small cells see what a margin stands on. df are PSUs less strata, as for any
        other estimate. What is linear, smooth or a change goes on from the Estimates: `contrast`,
        `differences`, `function`, `ss.change`.
        """
        return margins(
            self,
            columns,
            by,
            at,
            where,
            self.level if level is None else level,
            covariates,
            interval,
        )

    def effects(
        self,
        columns: By = None,
        by: By = None,
        *,
        where: Where = None,
        step: float | None = None,
        reference: object = None,
        level: float | None = None,
        covariates: Covariates = "sampled",
    ) -> Estimates:
        """Average marginal effects on the scale of the answer.

        Of a predictor with levels each level less the first (or `reference`); of a number the
        average slope, or with `step` the average change when it grows by that much. `n` is the
        number of respondents in the smaller of the two groups that are compared, not all in the
        model (that is `Model.n`); of a number everybody counts. In a model with interactions an
        effect is the average over the respondents, or over those of each group of `by`. Whether an
        effect differs between groups, a model knows only with the interaction: without it `flag`
        says that the effects by group are assumed.
        """
        own = self.level if level is None else level
        return effects(self, columns, by, where, step, reference, own, covariates)

    def gap(
        self,
        column: str,
        over: str | None = None,
        by: By = None,
        *,
        reference: object = None,
        scale: GapScale = "difference",
        where: Where = None,
        covariates: Covariates = "sampled",
    ) -> Contrasts:
        """How far groups are apart, all else equal, and whether that changed `over` a column.

        Each level of `column` less the reference, for every level of `over`; then how the gap at
        each later level of `over` differs from the first. Both columns are set for everybody, so
        that the groups and the times have the same other predictors. `scale` may also be "ratio"
        or "odds_ratio" (of shares; the change is then a ratio of ratios, tested against 1).

        Raises:
            InputError: the model has no interaction of `column` with `over`, so that it assumes
                the answer.
        """
        return gap(self, column, over, by, reference, scale, where, covariates)

    def predict(self, frame: pd.DataFrame, *, level: float | None = None) -> pd.DataFrame:
        """The expected answer of each row of `frame`, with its standard error and interval."""
        return predict(self, frame, self.level if level is None else level)

    def told(self, lang: Language = "sv") -> str:
        """The average effects in the reader's words, a line each, with their intervals.

        Differences that stand on fewer than 30 respondents on a side are not told. Swedish by
        default, English on request.
        """
        return told(self, lang)

    def to_statsmodels(self, rows: Literal["patterns", "respondents"] = "patterns") -> Any:
        """A result of statsmodels: its own fit of the weighted answers, with our covariance.

        `GLM`, `OrderedModel` or `MNLogit`. `bse`, `summary()`, `t_test`, `wald_test`, `predict`,
        `get_prediction` and `get_margeff` (weighted averages) have the errors of the sampling
        design and this Model's df; llf, AIC and deviance are of weights of mean 1.

        Parameters
        ----------
        rows: "patterns" has a row for each pattern of predictors and answer, with the sum of the
            weights; "respondents" one for each respondent, for residuals and pictures of them

        Raises
        ------
        InputError: statsmodels has no such model (an offset of a multinomial one, an ordinal one
            without predictors)
        ConvergenceError: statsmodels ends at other estimates
        """
        from survey_stats.explain.models.exported import as_statsmodels

        return as_statsmodels(self, rows)

    def variables_of_terms(self) -> dict[str, frozenset[str]]:
        """The columns of the frame that each term is made of."""
        return {name: self.terms.variables[name] for name in self.terms.slices}

    def parameters_of(self, terms: Sequence[str]) -> Ints:
        """Numbers of the parameters of these terms, in the order of `cov()`."""
        columns = self.fit.columns
        inside = np.zeros(columns.size, dtype=bool)
        for name in terms:
            part = self.terms.slices[name]
            inside |= (columns >= part.start) & (columns < part.stop)
        found = np.flatnonzero(inside)
        if self.family != "multinomial":
            return found
        size = columns.size
        equations = np.arange(len(self.outcomes) - 1) * size
        return np.add.outer(equations, found).ravel()

    def parameter(self, name: object) -> int:
        """Number of a parameter by its name."""
        names = self.parameters().tolist()
        if name not in names:
            raise UnknownNameError("coefficient", name, names, where=f"model {self.formula!r}")
        return int(names.index(name))

    def _caption(self) -> str:
        source = " ".join(
            str(s) for s in (self.metadata.survey, self.metadata.wave) if s is not None
        )
        what = f"{self.formula} ({self.family}, {self.link.name} link)"
        where = f"where {self.metadata.where}" if self.metadata.where else ""
        return ", ".join(p for p in (what, where, source, f"n {self.n}", f"df {self.df:.10g}") if p)

    def __repr__(self) -> str:
        frame = self.to_frame(exponentiate=True)
        shown = frame if (frame["flag"] != "").any() else frame.drop(columns="flag")
        text = shown.to_string(
            index=False, float_format="{:.4g}".format, formatters={"df": "{:.7g}".format}
        )
        return "\n".join([f"Model: {self._caption()}", text, *self.notes])

    def _repr_html_(self) -> str:
        digits = {"df": 0}
        return html_table(
            self.to_frame(exponentiate=True), self._caption(), digits, notes=self.notes
        )
