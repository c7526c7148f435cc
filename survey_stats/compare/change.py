"""`ss.change`: what changed between two waves, groups or results, and what cannot be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.compare import contrast
from survey_stats.compare.align import pair_cells, reasons, take
from survey_stats.compare.changes import Changes, Family
from survey_stats.compare.grading import (
    Side,
    check_given,
    find_grade,
    settle,
    side_of_result,
    side_of_survey,
)
from survey_stats.compare.multiplicity import adjust_p, check_method, strictest_level
from survey_stats.compare.paired import Paired
from survey_stats.errors import ComparabilityError, DesignError, InputError
from survey_stats.estimate import Estimates, Survey
from survey_stats.estimate.contrasts import ROUNDING
from survey_stats.estimate.design import as_names
from survey_stats.estimate.join import SharedUnits
from survey_stats.estimate.linked import linked, share_units
from survey_stats.estimate.respondents import By
from survey_stats.estimate.scanned import resident
from survey_stats.estimate.where import Where, domain
from survey_stats.harmonise import Grade

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Shared = SharedUnits
Statistic = Literal["share", "mean"]
DfOfChange = Literal["effective", "domain"]

# how `Family.samples` tells of sides with a covariance
_SAMPLES: dict[str | None, str] = {
    None: "one design",
    "psu": "shared PSUs",
    "respondent": "the same respondents",
}
_ONE_FRAME = (
    "before and after are two Surveys of one frame, which are no independent samples; make one "
    "Survey of it and pass it twice, with before_where= and after_where="
)

_ONE_TABLE = (
    "before and after come from one table that is scanned, so they are no independent samples; "
    "give change the Survey of it twice, with the question, before_where= and after_where="
)


def change(
    before: Survey | Estimates,
    after: Survey | Estimates,
    question: str | Sequence[str] | None = None,
    by: By = None,
    where: Where = None,
    adjust: str = "holm",
    level: float = 0.95,
    margin: float = 0.03,
    *,
    before_where: Where = None,
    after_where: Where = None,
    of: object = None,
    statistic: Statistic = "share",
    shared: Shared | None = None,
    respondent: str | None = None,
    grade: Grade | None = None,
    override: str | None = None,
    df: DfOfChange = "effective",
) -> Changes:
    """Test the difference after minus before in every cell, as one family.

    Parameters
    ----------
    before, after: two Surveys (independent samples, unless `shared` says otherwise); one Survey
        twice, with `before_where` and `after_where` naming two of its domains; or two results of
        `share`, `mean`, `total` or `ratio`. Where both sides come from one Survey object their
        covariance is estimated from the sampling units, so that waves with common PSUs, panels,
        women against men and a part against the rest are right
    question: one or several; not given with two results
    by, where, of: as in `Survey.share`
    before_where, after_where: the domain of one side, besides `where`; expressions, or arrays or
        Series over the rows of that side's frame
    adjust: "holm", "hochberg", "fdr_bh", "fdr_by" or "none", over all cells of the call
    level: of the intervals; a change is significant where `p_adjusted <= 1 - level`
    margin: a difference this small counts as none, in the units of the statistic
    statistic: "share" or "mean"
    shared: what two Surveys have in common, and their covariance is estimated from: "psu" (areas
        or schools visited again, by the ids and strata in both frames) or "respondent" (a panel);
        see `join`. Never guessed. One Survey knows its units, and must have some on both sides
    respondent: column of the person's id in both frames, for "respondent"
    grade: how far the two sides may be compared; by default what the codebooks say, where both
        sides come from codebooks (`Harmonised.survey()`) and differ in survey or wave
    override: the reason for a comparison that the grade forbids, or of questions whose answers the
        two sides count by different codings; kept in `Changes.override`

    df: "domain" counts PSUs less strata, as R survey. "effective" takes account of sampling units
        that weigh unequally, whose variance is worth less (`Scores.effective_df`; never more
        than "domain"): in large families of small areas with few unequal PSUs only these keep
        the promise of an adjustment (docs/changes.md). Totals, ratios and replicates have the
        former

    A wave that asked in some areas only can be compared within these: say which with `where`, or
    name `district` or `municipality` in `by`. The caveats of the grade are in `Changes.caveats`.

    The test is a t test with the standard error of the difference. Two independent samples have
    Satterthwaite's df; sides that share strata have the df of the PSUs and strata of both. A cell
    that cannot be tested has a missing test and its reason in `flag`, and does not count in the
    family.

    Verdicts: `significant increase` or `significant decrease` by `p_adjusted`, also where the
    difference is within the margin; else `unchanged` where two one-sided tests, adjusted the same
    way, put it within the margin; else `cannot be decided`.

    Raises
    ------
    ComparabilityError: the grade is `not comparable` and there is no `override`; results of
        another kind or with other cells; `shared` with results of two Surveys
    DesignError: `shared`, but no unit is on both sides, or the designs do not go together
    InputError: no question, an argument that does not go with the others, or two Surveys made
        from one frame
    UnknownNameError: a column or an adjustment that does not exist

    >>> import pandas as pd
    >>> old = Survey(pd.DataFrame({"unsafe": [True] * 120 + [False] * 280}))
    >>> new = Survey(pd.DataFrame({"unsafe": [True] * 160 + [False] * 240}))
    >>> change(old, new, "unsafe").to_frame()[["difference", "verdict"]]
       difference               verdict
    0         0.1  significant increase
    """
    check_given(grade, override)
    asked = (where, before_where, after_where)
    held = resident(before, question, by, where=asked)
    after = held if after is before else resident(after, question, by, where=asked)
    before = held
    one, two = sides(before, after, question, by, where, before_where, after_where)
    grade = find_grade(one, two) if grade is None else grade
    reason = settle(grade, one, two, override)
    apart = codings_apart(before, after)
    if apart and override is not None:
        apart, reason = {}, override
    made = ungraded(
        before,
        after,
        question,
        by,
        where,
        adjust,
        level,
        margin,
        before_where=before_where,
        after_where=after_where,
        of=of,
        statistic=statistic,
        shared=shared,
        respondent=respondent,
        apart=apart,
        df=df,
    )
    return replace(made, grade=grade, override=reason)


def codings_apart(before: Survey | Estimates, after: Survey | Estimates) -> dict[str, str]:
    """Why questions of one name cannot be compared: their answers are counted differently."""
    one, two = (
        dict(side.codings if isinstance(side, Survey) else side.metadata.coding)
        for side in (before, after)
    )
    return {
        question: f"counted by different codings: {one[question]} before, {two[question]} after"
        for question in one
        if question in two and one[question] != two[question]
    }


def sides(
    before: Survey | Estimates,
    after: Survey | Estimates,
    question: str | Sequence[str] | None,
    by: By,
    where: Where,
    before_where: Where = None,
    after_where: Where = None,
) -> tuple[Side, Side]:
    """The two sides as their grade is looked up; raises as `change` where they do not match."""
    if isinstance(before, Survey) and isinstance(after, Survey):
        if question is None:
            raise InputError("change needs a question when it is given Surveys; name a column")
        names, groups = as_names(question), as_names(by)
        return (
            side_of_survey(before, names, groups, partial(_both, before, where, before_where)),
            side_of_survey(after, names, groups, partial(_both, after, where, after_where)),
        )
    if isinstance(before, Estimates) and isinstance(after, Estimates):
        return side_of_result(before), side_of_result(after)
    raise InputError(
        f"change compares two Surveys or two Estimates, not {type(before).__name__} and "
        f"{type(after).__name__}"
    )


def ungraded(
    before: Survey | Estimates,
    after: Survey | Estimates,
    question: str | Sequence[str] | None,
    by: By,
    where: Where,
    adjust: str,
    level: float,
    margin: float,
    *,
    before_where: Where = None,
    after_where: Where = None,
    of: object = None,
    statistic: Statistic = "share",
    shared: Shared | None = None,
    respondent: str | None = None,
    apart: Mapping[str, str] | None = None,
    df: DfOfChange = "effective",
) -> Changes:
    """`change` of sides that go together (see `sides`), whatever their grade.

    `apart` gives the reason for questions that get no test.
    """
    check_method(adjust)
    if df not in get_args(DfOfChange):
        raise InputError(f"df={df!r} is not known; use 'effective' or 'domain'")
    if shared not in (None, *get_args(Shared)):
        raise InputError(f"shared={shared!r} is not known; use 'psu', 'respondent' or None")
    if respondent is not None and shared != "respondent":
        raise InputError("respondent= goes with shared='respondent'; say that, or leave it out")
    if not 0.5 < level < 1:
        raise InputError(f"level={level!r} is no confidence level; give one such as 0.95")
    if not margin > 0:
        raise InputError(f"margin={margin!r} must be positive, in the units of the statistic")
    if isinstance(before, Survey) and isinstance(after, Survey):
        assert question is not None
        one, two = _domains(before, after, where, before_where, after_where)
        pair, masks = _one_sample(before, after, question, by, (one, two), shared, respondent)
        first, second = (
            _estimate(survey, question, by, inside, of, statistic, level)
            for survey, inside in zip(pair, masks, strict=True)
        )
    else:
        assert isinstance(before, Estimates)
        assert isinstance(after, Estimates)
        given = (question, by, where, before_where, after_where, of)
        if any(x is not None for x in given):
            raise InputError(
                "Two results already have their question, by and where; leave these arguments out"
            )
        first, second = before, after
    titles = _title(first, before_where), _title(second, after_where)
    return compare(first, second, adjust, level, margin, shared, titles, apart, df)


def compare(
    before: Estimates,
    after: Estimates,
    adjust: str,
    level: float,
    margin: float,
    shared: Shared | None,
    titles: tuple[str, str],
    apart: Mapping[str, str] | None = None,
    df_rule: DfOfChange = "effective",
) -> Changes:
    """The tests of `change` on two results; `titles` name the two sides, `apart` as `ungraded`."""
    if before.metadata.statistic == "share" and margin >= 1:
        raise InputError(f"margin={margin!r} is more than a share can be; 3 points are 0.03")
    pairs = pair_cells(before, after)
    flags, hidden = reasons(before, after, pairs)
    for question, why in (apart or {}).items():
        several = "question" in pairs.keys
        asked = pairs.keys["question"] == question if several else [True] * len(pairs.keys)
        rows = np.asarray(asked) & ((question,) == before.metadata.question or several)
        flags[rows] = why
        hidden |= rows
    paired = Paired(before, after, pairs)
    common = paired.one_design
    if shared is not None and not common:
        raise ComparabilityError(
            f"shared={shared!r}: the covariance of results of two Surveys is not known; give "
            "change the Surveys themselves, and the question"
        )
    one_sample = before.design.stages[0] is after.design.stages[0]
    if not common and (one_sample or one_memory(before.design.weights, after.design.weights)):
        raise InputError(_ONE_FRAME)
    origin = before.design.origin
    if not common and origin is not None and origin.shares(after.design.origin):
        raise InputError(_ONE_TABLE)
    value_before, value_after = (
        take(before.estimate, pairs.before),
        take(after.estimate, pairs.after),
    )
    var_before = take(before.se, pairs.before) ** 2
    var_after = take(after.se, pairs.after) ** 2
    df_before, df_after = take(before.df, pairs.before), take(after.df, pairs.after)
    most = np.full(df_before.size, np.inf)
    if df_rule == "effective":
        worth_before, worth_after, most = paired.worth()
        df_before, df_after = np.fmin(df_before, worth_before), np.fmin(df_after, worth_after)
    df = contrast.satterthwaite(var_before, df_before, var_after, df_after)
    variance = var_before + var_after
    if common:
        # where no stratum is shared the two are independent: Satterthwaite's df are right
        joint, joint_df, linked = paired.joint()
        both = (pairs.before >= 0) & (pairs.after >= 0)
        variance = np.where(both, joint, variance)
        df = np.where(linked, np.fmin(joint_df, most), df)
    free = flags == ""
    least = ROUNDING * np.fmax(np.abs(value_before), np.abs(value_after))
    flags[free & ~((variance > 0) & (variance >= least**2))] = (
        "standard error 0: the two sides are the same answers"
    )
    flags[free & ~(df > 0)] = "no degrees of freedom"
    tested = flags == ""
    difference = np.where(hidden, np.nan, value_after - value_before)
    se = np.where(tested, np.sqrt(np.maximum(variance, 0)), np.nan)
    df = np.where(tested, df, np.nan)
    alpha = round(1 - level, 12)
    size = int(tested.sum())
    strictest = strictest_level(alpha, size, adjust)
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = difference / se
        p = contrast.two_sided_p(statistic, df)
        low, high = contrast.interval(difference, se, df, level)
        p_same = contrast.equivalence_p(difference, se, df, margin)
    detectable = contrast.smallest_detectable(se, df, strictest)
    if before.metadata.statistic == "share":
        # a share cannot change by more than the whole
        low, high = np.maximum(low, -1.0), np.minimum(high, 1.0)
        detectable[detectable > 1] = np.nan
    p_adjusted = adjust_p(p, adjust)
    p_same = adjust_p(p_same, adjust)
    return Changes(
        family=Family(
            question=_names(before, after),
            statistic=before.metadata.statistic,
            before=titles[0],
            after=titles[1],
            samples=_SAMPLES[shared] if common else "independent",
            size=size,
            adjust=adjust,
            level=level,
            margin=margin,
        ),
        keys=pairs.keys,
        before=value_before,
        after=value_after,
        difference=difference,
        se=se,
        ci_low=low,
        ci_high=high,
        statistic=statistic,
        df=df,
        p_value=p,
        p_adjusted=p_adjusted,
        p_equivalence=p_same,
        verdict=contrast.verdicts(difference, p_adjusted, p_same, alpha),
        n_before=take(before.n, pairs.before),
        n_after=take(after.n, pairs.after),
        smallest_detectable=detectable,
        flag=tuple(flags.tolist()),
        paired=paired,
    )


def _domains(
    before: Survey, after: Survey, where: Where, before_where: Where, after_where: Where
) -> tuple[Bools | None, Bools | None]:
    """The rows of each side that are compared, None for all."""
    same = before is after
    if same and before_where is None and after_where is None:
        raise InputError(
            "before and after are the same Survey; say which domains with before_where= and "
            "after_where="
        )
    by_row = where is not None and not isinstance(where, str) and not callable(where)
    if by_row and not same:
        raise InputError(
            "where= is given row by row, but two Surveys have different rows; write it as an "
            "expression or use before_where= and after_where="
        )
    return _both(before, where, before_where), _both(after, where, after_where)


def _one_sample(
    before: Survey,
    after: Survey,
    question: str | Sequence[str],
    by: By,
    masks: tuple[Bools | None, Bools | None],
    shared: Shared | None,
    respondent: str | None,
) -> tuple[tuple[Survey, Survey], tuple[Bools | None, Bools | None]]:
    """The two sides and their domains, on one design where they share units."""
    if before is after:
        if shared is not None:
            every = np.ones(len(before), dtype=bool)
            one, two = (every if m is None else m for m in masks)
            if not share_units(before.design, one, two):
                raise DesignError(
                    f"shared={shared!r}, but no sampling unit of the Survey has respondents on "
                    "both sides; name what is shared as the clusters of the Survey"
                )
        return (before, after), masks
    if one_frame(before.frame, after.frame):
        raise InputError(_ONE_FRAME)
    if shared is None:
        return (before, after), masks
    needed = [*as_names(question), *as_names(by)]
    parts = linked([before, after], shared, respondent=respondent, columns=needed)
    insides = []
    for (_, own), mask in zip(parts, masks, strict=True):
        inside = own.copy()
        if mask is not None:
            inside[own] = mask
        insides.append(inside)
    return (parts[0][0], parts[1][0]), (insides[0], insides[1])


def one_frame(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether two frames have a column of the same values in memory, not merely equal ones."""
    return any(
        one_memory(one[name].to_numpy(), other[name].to_numpy())
        for name in one.columns.intersection(other.columns)
        if isinstance(one[name].dtype, np.dtype) and isinstance(other[name].dtype, np.dtype)
    )


def one_memory(one: NDArray[np.generic], other: NDArray[np.generic]) -> bool:
    return bool(np.may_share_memory(one, other) and np.shares_memory(one, other))


def _estimate(
    survey: Survey,
    question: str | Sequence[str],
    by: By,
    inside: Bools | None,
    of: object,
    statistic: Statistic,
    level: float,
) -> Estimates:
    if statistic == "mean":
        if of is not None:
            raise InputError("of= goes with shares, not with means; leave it out")
        return survey.mean(question, by, inside, level)
    if statistic != "share":
        raise InputError(f"statistic={statistic!r} is neither 'share' nor 'mean'")
    return survey.share(question, by, inside, of, level)


def _both(survey: Survey, where: Where, own: Where) -> NDArray[np.bool_] | None:
    given = [domain(survey.frame, w) for w in (where, own) if w is not None]
    if not given:
        return None
    inside: NDArray[np.bool_] = np.logical_and.reduce(given)
    return inside


def _names(before: Estimates, after: Estimates) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*before.metadata.question, *after.metadata.question]))


def _title(result: Estimates, where: Where = None) -> str:
    m = result.metadata
    title = " ".join(str(p) for p in (m.survey, m.wave) if p is not None)
    said = where if isinstance(where, str) else m.where
    said = "" if said == "given rows" else said
    return " where ".join(t for t in (title, said) if t) or "unnamed"
