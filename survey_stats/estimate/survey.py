"""`Survey`: respondents and how they were sampled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from survey_stats.errors import InputError
from survey_stats.estimate import columns, intervals
from survey_stats.estimate.declaration import declare
from survey_stats.estimate.design import Design, LonelyRule
from survey_stats.estimate.estimates import DfRule, Estimates
from survey_stats.estimate.intervals import IntervalMethod
from survey_stats.estimate.median import assemble_quantiles, orders_of
from survey_stats.estimate.quantile import QuantileInterval, QuantileRule
from survey_stats.estimate.replicates import (
    MadeKind,
    Replicates,
    ReplicateWeights,
    make,
    with_given,
)
from survey_stats.estimate.respondents import By, of_design
from survey_stats.estimate.reweighted import replicated_design, steps_taken, with_base
from survey_stats.estimate.rows import Ask, assemble
from survey_stats.estimate.tally import Measure
from survey_stats.estimate.testing import (
    IndependenceStatistic,
    RankScore,
    SurveyTest,
    independence,
    rank_test,
    t_test,
)
from survey_stats.estimate.weighted import Weighted
from survey_stats.estimate.where import Where
from survey_stats.weight.result import Weights

if TYPE_CHECKING:
    from survey_stats.estimate.scanned import ScannedSurvey
    from survey_stats.explain.models import Model


class Survey(Weighted):
    """A frame of respondents with its sampling design; immutable.

    Parameters
    ----------
    frame: one row a respondent. Anything but a pandas DataFrame (Polars, DuckDB, PySpark, parquet
        files) is scanned where it is, see `scan`
    weights: name of the weight column, or `Weights` with their history, as `base_weights` makes
        (the frame of the Survey then has them in a column); None counts everybody once, and
        is refused where the fpc tells of unequal chances (R survey makes weights of it)
    strata: a name, or a list of names whose combinations are the strata of the first stage
    clusters: name of the PSU column, or a list of names from the first stage to the last. Ids
        are nested: the same id in two strata is two units. None when respondents were sampled
        directly
    fpc: name of the finite population correction of the first stage, or a list with one for each
        stage: population sizes (all at least 1) or sampling fractions (all at most 1). Without
        it units count as drawn with replacement, as PPS samples usually do, and later stages add
        nothing
    lonely_psu: what a stratum with one PSU adds: "error" (refuse, naming the strata),
        "certainty" (nothing), "adjust" (its distance from the overall mean), "average" (the
        average of the others), "collapse" (merge it with the next stratum in sorted order; a
        single unit of a later stage then adds nothing)
    lonely_domain: apply the rule also where a domain leaves one PSU of a larger stratum (as
        `survey.adjust.domain.lonely` in R survey)
    nest: False when PSU ids are unique over strata; then an id in two strata is an error
    replicates: replicate weights that came with the data, instead of strata and clusters
    name, wave: said on every result
    codings: coding in use of questions whose answers can be counted in several ways; said beside
        the question

    Raises
    ------
    DesignError: weights that are missing, negative, infinite or all zero in a stratum; missing
        strata or clusters; units in two strata with nest=False; an fpc smaller than the sample;
        lonely PSUs under "error"
    UnknownNameError: a column that is not there

    A row of weight zero was not sampled and changes nothing; a PSU whose members all have weight
    zero was sampled and counts.

    >>> frame = pd.DataFrame({"unsafe": [True, False, True, False], "psu": [1, 1, 2, 3]})
    >>> Survey(frame, clusters="psu", name="demo").share("unsafe").to_frame()[["estimate", "n"]]
       estimate  n
    0       0.5  4
    """

    __slots__ = ()

    def __new__(cls, frame: Any = None, *args: Any, **options: Any) -> Any:
        """A frame that is not pandas, or files, are scanned; see `Survey.scan`."""
        if frame is None or isinstance(frame, pd.DataFrame):
            return object.__new__(cls)
        return cls.scan(frame, *args, **options)

    @staticmethod
    def scan(
        data: Any,
        weights: str | None = None,
        strata: str | Sequence[str] | None = None,
        clusters: str | Sequence[str] | None = None,
        fpc: str | Sequence[str] | None = None,
        lonely_psu: LonelyRule = "error",
        **options: Any,
    ) -> ScannedSurvey:
        """A survey whose respondents stay where they are; see `ScannedSurvey`.

        Parameters
        ----------
        data: parquet path(s) or patterns ("waves/*.parquet"), read by DuckDB; a Polars frame or
            lazy frame, a DuckDB relation, a PySpark DataFrame, a pandas DataFrame
        weights, strata, clusters, fpc, lonely_psu: as in `Survey`
        options: lonely_domain, nest, name, wave and codings, as in `Survey`

        Raises
        ------
        InputError: no file fits, files differ in a column, or the engine stopped
        DesignError: bad weights, or missing strata or clusters, with the files that have them

        >>> frame = pd.DataFrame({"unsafe": [True, False, True, False], "psu": [1, 1, 2, 3]})
        >>> survey = Survey.scan(frame, clusters="psu")
        >>> survey.share("unsafe").to_frame()[["estimate", "n"]]
           estimate  n
        0       0.5  4
        """
        from survey_stats.estimate.scanned import ScannedSurvey

        return ScannedSurvey(data, weights, strata, clusters, fpc, lonely_psu, **options)

    def __init__(
        self,
        frame: pd.DataFrame,
        weights: str | Weights | None = None,
        strata: str | Sequence[str] | None = None,
        clusters: str | Sequence[str] | None = None,
        fpc: str | Sequence[str] | None = None,
        lonely_psu: LonelyRule = "error",
        *,
        lonely_domain: bool = False,
        nest: bool = True,
        replicates: ReplicateWeights | None = None,
        name: str | None = None,
        wave: object = None,
        codings: Mapping[str, str] | None = None,
    ) -> None:
        if not isinstance(frame, pd.DataFrame):
            raise InputError("Survey needs a frame; give one")
        history = None
        if isinstance(weights, Weights):
            history = weights
            frame, weights = with_base(frame, history)
        built = declare(frame, weights, strata, clusters, fpc, lonely_psu, lonely_domain, nest)
        if replicates is not None:
            if strata or clusters or fpc:
                raise InputError(
                    "Replicate weights already hold the design; leave strata, clusters and fpc out"
                )
            built = with_given(built, frame, replicates)
        if history is not None:
            if replicates is not None and len(history.steps) > 1:
                raise InputError(
                    "Replicate weights go with the weights that they were made of; make the Survey "
                    "with those and adjust it then"
                )
            assert isinstance(weights, str)
            frame = frame.assign(**{weights: history.values})
            built = steps_taken(built, history)
        self._set(frame, built, name, wave, codings or {})

    def with_replicates(
        self,
        kind: MadeKind = "jkn",
        *,
        replicates: int = 500,
        seed: int = 1,
        rho: float = 0.5,
        mse: bool = False,
    ) -> Survey:
        """The same survey with standard errors from replicate weights made from its design.

        Parameters
        ----------
        kind: "jkn" (drops each PSU in turn), "bootstrap" (Rao-Wu, `replicates` draws from
            `seed`), "brr" or "fay" (two PSUs in every stratum; Fay's with `rho`)
        mse: centre at the full-sample estimate instead of the mean of the replicates

        >>> frame = pd.DataFrame({"score": [1.0, 2.0, 4.0], "psu": [1, 2, 3]})
        >>> survey = Survey(frame, clusters="psu").with_replicates("jkn")
        >>> survey.mean("score").se.round(4)
        array([0.8819])
        """

        def of(drawn: Design) -> Replicates:
            made = make(kind, drawn.stages[0], drawn, replicates, seed, rho)
            return replace(made, mse=mse)

        return self._with(design=replicated_design(self.design, of, kind))

    def share(
        self,
        question: str | Sequence[str],
        by: By = None,
        where: Where = None,
        of: object = None,
        level: float = 0.95,
        *,
        interval: IntervalMethod = "wilson",
        df: DfRule = "domain",
        margins: bool = False,
    ) -> Estimates:
        """Share of respondents by answer, of those who answered.

        Parameters
        ----------
        question: a boolean or 0/1 column gives the share of ones, any other a row per level;
            several questions share the pass over the groups
        by: columns whose combinations are the groups
        where: domain: boolean Series or array, or an expression over the frame's columns, whose
            comparisons are not true where what they compare is missing (`where.domain`). No row
            leaves the design
        of: level or levels whose share is asked for, or a mapping `{name: levels}`
        level: confidence level
        interval: "wilson" (default, see `intervals`), "logit", "korn-graubard" ("beta"),
            "wald" or "likelihood"
        df: "domain" counts PSUs less strata among those that hold a member of the row's domain
            (as `degf(subset(design))`, Korn and Graubard 1999, section 5.2); "design" those of
            the whole design
        margins: add the rows of every smaller set of by columns; columns left out hold "all"
        """
        intervals.check_level(level)
        parts = []
        for name in self._questions(question):
            answer = columns.answers(columns.column(self.frame, name, "question"), of)
            measure = Measure(answer.codes, answer.n_levels, answer.targets)
            parts.append((name, measure, answer.labels))
        return assemble(Ask(self, by, where, level, df, margins), parts, "share", interval)

    def mean(
        self,
        question: str | Sequence[str],
        by: By = None,
        where: Where = None,
        level: float = 0.95,
        *,
        df: DfRule = "domain",
        margins: bool = False,
    ) -> Estimates:
        """Mean of a numeric question over those who answered; arguments as in `share`."""
        intervals.check_level(level)
        parts = [(q, Measure(y=self._numbers(q)), None) for q in self._questions(question)]
        return assemble(Ask(self, by, where, level, df, margins), parts, "mean", "wald")

    def total(
        self,
        question: str | Sequence[str] | None = None,
        by: By = None,
        where: Where = None,
        of: object = None,
        level: float = 0.95,
        *,
        df: DfRule = "domain",
        margins: bool = False,
    ) -> Estimates:
        """Population total of a numeric question, or the number of people with each answer.

        A boolean question gives the number of yes, a categorical one (or `of`) a row per level,
        and no question the number of people.
        """
        intervals.check_level(level)
        parts: list[tuple[str, Measure, pd.Index[Any] | None]] = []
        if question is None:
            everybody = np.zeros(len(self), dtype=np.int8)
            parts = [("people", Measure(everybody, 1, (0,)), None)]
        for name in self._questions(question) if question is not None else ():
            series = columns.column(self.frame, name, "question")
            if (
                of is None
                and pd.api.types.is_numeric_dtype(series.dtype)
                and not (pd.api.types.is_bool_dtype(series.dtype))
            ):
                parts.append((name, Measure(y=columns.numbers(series)), None))
            else:
                answer = columns.answers(series, of)
                measure = Measure(answer.codes, answer.n_levels, answer.targets)
                parts.append((name, measure, answer.labels))
        return assemble(Ask(self, by, where, level, df, margins), parts, "total", "wald")

    def ratio(
        self,
        numerator: str,
        denominator: str,
        by: By = None,
        where: Where = None,
        level: float = 0.95,
        *,
        df: DfRule = "domain",
        margins: bool = False,
    ) -> Estimates:
        """Ratio of two totals over those who answered both."""
        intervals.check_level(level)
        measure = Measure(y=self._numbers(numerator), x=self._numbers(denominator))
        parts = [(f"{numerator}/{denominator}", measure, None)]
        return assemble(Ask(self, by, where, level, df, margins), parts, "ratio", "wald")

    def quantile(
        self,
        question: str | Sequence[str],
        probs: float | Sequence[float] = 0.5,
        by: By = None,
        where: Where = None,
        level: float = 0.95,
        *,
        rule: QuantileRule = "math",
        interval: QuantileInterval = "mean",
        df: DfRule = "domain",
        margins: bool = False,
    ) -> Estimates:
        """Quantiles of a numeric question over those who answered, with Woodruff's intervals.

        Parameters
        ----------
        probs: the order, or several (then the result has a key column `quantile`)
        rule: "math" (the smallest value at which the distribution function reaches the order),
            "school" (the middle of two values where it equals it), or "hf4" to "hf9"; the
            interval uses the rule of the point. As `qrule` of `svyquantile` in R survey
        interval: for the distribution function at the quantile: "mean" (default), "xlogit",
            "beta" or "asin"; "replicates" takes the spread of the replicate quantiles instead
        """
        intervals.check_level(level)
        orders = orders_of(probs)
        questions = [(q, self._numbers(q)) for q in self._questions(question)]
        ask = Ask(self, by, where, level, df, margins)
        return assemble_quantiles(ask, questions, orders, rule, interval)

    def median(
        self,
        question: str | Sequence[str],
        by: By = None,
        where: Where = None,
        level: float = 0.95,
        *,
        rule: QuantileRule = "math",
        interval: QuantileInterval = "mean",
        df: DfRule = "domain",
        margins: bool = False,
    ) -> Estimates:
        """The quantile of order 0.5; arguments as in `quantile`."""
        return self.quantile(
            question,
            0.5,
            by,
            where,
            level,
            rule=rule,
            interval=interval,
            df=df,
            margins=margins,
        )

    def independence(
        self,
        row: str,
        column: str,
        where: Where = None,
        *,
        statistic: IndependenceStatistic = "F",
        df: DfRule = "domain",
    ) -> SurveyTest:
        """Test that two categorical questions are independent.

        Parameters
        ----------
        statistic: "F" (Pearson's X^2 with Rao and Scott's second-order correction, the default,
            as `svychisq`), "F1" and "chisq" (first order), "wald", "adjusted-wald"
        """
        return independence(self, row, column, where, statistic, df)

    def t_test(
        self,
        question: str,
        by: str | None = None,
        where: Where = None,
        *,
        null: float = 0.0,
        level: float = 0.95,
        df: DfRule = "domain",
    ) -> SurveyTest:
        """t test that two groups have the same mean, or that the mean is `null`.

        The df are those of the answers less one, as `svyttest`; for one mean they are those of
        its interval.
        """
        intervals.check_level(level)
        return t_test(self, question, self._numbers(question), by, where, null, level, df)

    def rank_test(
        self,
        question: str,
        by: str,
        where: Where = None,
        *,
        score: RankScore = "wilcoxon",
        level: float = 0.95,
        df: DfRule = "domain",
    ) -> SurveyTest:
        """Rank test that groups have the same distribution, as `svyranktest`.

        `score` is "wilcoxon" (Kruskal-Wallis for more than two groups), "vanderwaerden" (normal
        scores) or "median" (Mood's).
        """
        intervals.check_level(level)
        return rank_test(self, question, self._numbers(question), by, where, score, level, df)

    def glm(
        self, formula: str, family: str = "binomial", where: Where = None, **options: Any
    ) -> Model:
        """A regression model with errors of the design; see `survey_stats.explain.glm`.

        >>> frame = pd.DataFrame({"unsafe": [1, 0, 1, 1, 0, 0] * 20, "g": list("aaabbb") * 20})
        >>> Survey(frame).glm("unsafe ~ g").coefficients.round(3).tolist()
        [0.693, -1.386]
        """
        # the one thing that is asked of a room below, so that a model is had where shares are
        from survey_stats.explain.models import glm

        return glm(self, formula, family, where, **options)


def survey_of(
    frame: pd.DataFrame,
    built: Design,
    name: str | None,
    wave: object,
    codings: Mapping[str, str],
) -> Survey:
    """The Survey of a frame whose design has been read."""
    return of_design(Survey, frame, built, name, wave, codings)
