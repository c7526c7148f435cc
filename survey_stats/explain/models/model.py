"""`glm`: a model of a survey's answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from survey_stats.compare.changes import grade_notes
from survey_stats.compare.grading import check_given, find_grade, settle, side_of_survey
from survey_stats.errors import InputError
from survey_stats.estimate import Survey, intervals
from survey_stats.estimate.columns import Bools
from survey_stats.estimate.estimates import DfRule, check_df, df_rule_of
from survey_stats.estimate.where import Where
from survey_stats.explain.models.cautions import refuse_text_numbers
from survey_stats.explain.models.families import choose
from survey_stats.explain.models.fit import fit
from survey_stats.explain.models.formula import INTERCEPT, design, evaluate, parse
from survey_stats.explain.models.result import Model
from survey_stats.explain.models.sample import Sample, draw, read_response, refuse_constant
from survey_stats.harmonise import Grade
from survey_stats.results import Metadata


def glm(
    survey: Survey,
    formula: str,
    family: Any = "binomial",
    where: Where = None,
    *,
    link: str | None = None,
    of: object = None,
    levels: Sequence[object] | None = None,
    offset: str | None = None,
    singular: Literal["error", "drop"] = "error",
    level: float = 0.95,
    df: DfRule = "domain",
    override: str | None = None,
) -> Model:
    """A regression model with errors of the sampling design, as `svyglm` and `svyolr`.

    Parameters
    ----------
    formula: "answer ~ a + b", in the language of formulaic: text, booleans and categoricals are
        levels, numbers are numbers, `C(x)` makes levels of numbers, `a * b` adds the interaction,
        `C(x, contr.treatment("b"))` chooses the reference level
    family: "gaussian" (or "linear"), "binomial" (or "logistic"), "poisson", "gamma", "ordinal"
        (proportional odds), "multinomial" (each outcome against the first); or a family of
        statsmodels
    where: the domain, as in `Survey.share`; no row leaves the design
    link: of the family; its usual one by default. binomial: logit, probit, cloglog, log, identity;
        gaussian: identity, log; poisson: log, identity; gamma: log, inverse, identity; ordinal:
        logit, probit
    of: level or levels of a question that count as yes (binomial)
    levels: outcomes in order (ordinal), or with the base first (multinomial); answers that are
        not among them are left out, and `Model.notes` counts them
    offset: an expression added to the linear predictor, "log(people)"
    singular: what to do with columns that others say already: "error", or "drop" the later ones
    level: of intervals
    df: "domain" counts PSUs less strata among the respondents of the model, "design" all
    override: why waves or surveys are put into one model whose answers the codebooks call not
        comparable

    Raises
    ------
    ComparabilityError: the respondents are of several waves or surveys whose answers the codebooks
        call not comparable, and there is no `override`
    FormulaError: the formula cannot be read, or a term is infinite
    RankError: a column of the design matrix is made of others
    SeparationError: answers are foretold with certainty, so that coefficients are infinite
    ConvergenceError: there are no estimates
    UnknownNameError, InputError: a column, level or family that is not there or does not fit

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"unsafe": [1, 0, 1, 1, 0, 0] * 20, "g": list("aaabbb") * 20})
    >>> model = glm(Survey(frame), "unsafe ~ g")
    >>> model.to_frame(exponentiate=True)[["term", "estimate", "odds_ratio"]].round(3)
            term  estimate  odds_ratio
    0  Intercept     0.693        2.00
    1     g[T.b]    -1.386        0.25
    >>> model.margins("g").to_frame()[["g", "estimate", "n"]].round(3)
       g  estimate   n
    0  a     0.667  60
    1  b     0.333  60
    """
    if not isinstance(survey, Survey):
        raise InputError(
            f"glm takes a Survey, not {type(survey).__name__}; make one of a frame by "
            "Survey(frame, weights=...)"
        )
    intervals.check_level(level)
    check_df(df)
    if singular not in ("error", "drop"):
        raise InputError(f"singular={singular!r} is not known; use 'error' or 'drop'")
    name, chosen = choose(family, link)
    parsed = parse(formula, survey.frame.columns, offset)
    response = read_response(survey, parsed, name, of, levels, where)
    sample = draw(survey, parsed, response, where)
    if name in ("binomial", "poisson"):
        refuse_constant(sample, parsed.left, name == "binomial")
    grade, reason = _grade(survey, parsed.response, sample, override)
    terms, matrix = design(parsed, sample.patterns, sample.coarse)
    if name == "ordinal" and INTERCEPT not in terms.names:
        raise InputError(
            f"An ordinal model has thresholds instead of an intercept, which {formula!r} leaves "
            "out; write the formula without 0 or -1"
        )
    added = np.zeros(len(sample.patterns))
    if offset is not None:
        added = evaluate(offset, sample.patterns)
        if not np.isfinite(added).all():
            raise InputError(
                f"The offset {offset!r} is missing or infinite for some respondents; leave them "
                "out with where="
            )
    made = fit(
        name,
        chosen,
        survey.design,
        sample,
        matrix,
        terms.names,
        added,
        parsed.left,
        singular == "drop",
    )
    kept = set(made.columns.tolist())
    lost = {}
    if len(kept) < len(terms.names) - (name == "ordinal"):
        from survey_stats.explain.models.kernel import dependent_columns

        weights = np.bincount(sample.pattern, made.weights, minlength=len(sample.patterns)).astype(
            float
        )
        found = dependent_columns(matrix, weights, terms.names)
        lost = {terms.names[j]: told for j, told in found.items()}
    question = (parsed.left,)
    metadata = Metadata(
        question,
        "coefficients",
        survey.name,
        survey.wave,
        survey.design.text,
        f"{name} model with {chosen.name} link, design-based covariance",
        (),
        where if isinstance(where, str) else ("" if where is None else "given rows"),
        level,
        survey.coded_by(question),
        survey.synthetic,
        survey.deliveries,
    )
    model = Model(
        formula,
        name,
        chosen,
        "share" if name in ("binomial", "ordinal", "multinomial") else "mean",
        survey,
        df_rule_of(survey.design, df),
        level,
        offset,
        parsed,
        terms,
        made,
        sample.left_out,
        lost,
        tuple(grade_notes(grade, reason)),
        metadata,
    )
    refuse_text_numbers(model)
    return model


def _grade(
    survey: Survey, response: str | None, sample: Sample, override: str | None
) -> tuple[Grade | None, str | None]:
    """The gravest grade between the waves that the respondents come from, and what lets it by."""
    check_given(None, override)
    if response is None:
        return None, None

    def inside() -> Bools:
        held = np.zeros(len(survey), dtype=bool)
        held[sample.rows] = True
        return held

    side = side_of_survey(survey, [response], [], inside)
    grade = find_grade(side, side)
    return grade, settle(grade, side, side, override)
