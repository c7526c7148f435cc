"""`ss.change`: what changed between two waves, groups or results, and what cannot be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from survey_stats.compare import contrast
from survey_stats.compare.align import Pairs, pair_cells, reasons, take
from survey_stats.compare.changes import Changes, Family
from survey_stats.compare.grading import (
    Side,
    check_given,
    find_grade,
    settle,
    side_of_result,
    side_of_survey,
)
from survey_stats.compare.multiplicity import adjust_p, check_method
from survey_stats.errors import ComparabilityError, InputError
from survey_stats.estimate import Estimates, Survey
from survey_stats.estimate.contrasts import ROUNDING
from survey_stats.estimate.design import as_names
from survey_stats.estimate.scores import stack
from survey_stats.estimate.survey import By, Where, domain
from survey_stats.harmonise import Grade

Floats = NDArray[np.float64]
Shared = Literal["psu", "respondent"]
Statistic = Literal["share", "mean"]


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
    grade: Grade | None = None,
    override: str | None = None,
) -> Changes:
    """Test the difference after minus before in every cell, as one family.

    Parameters
    ----------
    before, after: two Surveys (independent samples); one Survey twice, with `before_where` and
        `after_where` naming two of its domains; or two results of `share`, `mean`, `total` or
        `ratio`. Where both sides come from one Survey object their covariance is estimated from
        the sampling units, so that waves with common PSUs, panels, women against men and a part
        against the rest are right: put both waves in one frame with the common `strata` and
        `clusters`
    question: one or several; not given with two results
    by, where, of: as in `Survey.share`
    adjust: "holm", "hochberg", "fdr_bh", "fdr_by" or "none", over all cells of the call
    level: of the intervals; a change is significant where `p_adjusted <= 1 - level`
    margin: a difference this small counts as none, in the units of the statistic
    statistic: "share" or "mean"
    shared: say "psu" or "respondent" when the two sides share units; refused unless both come
        from one Survey, since independent variances would then be wrong
    grade: how far the two sides may be compared; by default what the codebooks say, where both
        sides come from codebooks (`Harmonised.survey()`) and differ in survey or wave
    override: the reason for a comparison that the grade forbids; kept in `Changes.override`

    A wave that asked in some areas only can be compared within these: say which with `where`, or
    name `district` or `municipality` in `by`. The caveats of the grade are in `Changes.caveats`.

    The test is a t test with the standard error of the difference. Two independent samples have
    Satterthwaite's df; sides that share units have the df of the PSUs and strata of both. A cell
    that cannot be tested has a missing test and its reason in `flag`, and does not count in the
    family.

    Verdicts: `significant increase` or `significant decrease` by `p_adjusted`, also where the
    difference is within the margin; else `unchanged` where two one-sided tests, adjusted the same
    way, put it within the margin; else `cannot be decided`.

    Raises
    ------
    ComparabilityError: the grade is `not comparable` and there is no `override`; results of
        another kind or with other cells; shared units in two Surveys
    InputError: no question, or an argument that does not go with the others
    UnknownNameError: a column or an adjustment that does not exist

    >>> import pandas as pd
    >>> old = Survey(pd.DataFrame({"unsafe": [True] * 120 + [False] * 280}))
    >>> new = Survey(pd.DataFrame({"unsafe": [True] * 160 + [False] * 240}))
    >>> change(old, new, "unsafe").to_frame()[["difference", "verdict"]]
       difference               verdict
    0         0.1  significant increase
    """
    check_given(grade, override)
    one, two = sides(before, after, question, by, where, before_where, after_where)
    grade = find_grade(one, two) if grade is None else grade
    reason = settle(grade, one, two, override)
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
    )
    return replace(made, grade=grade, override=reason)


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
) -> Changes:
    """`change` of sides that go together (see `sides`), whatever their grade."""
    check_method(adjust)
    if not 0.5 < level < 1:
        raise InputError(f"level={level!r} is no confidence level; give one such as 0.95")
    if not margin > 0:
        raise InputError(f"margin={margin!r} must be positive, in the units of the statistic")
    if isinstance(before, Survey) and isinstance(after, Survey):
        assert question is not None
        first, second = _estimate_sides(
            before, after, question, by, where, before_where, after_where, of, statistic, level
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
    return compare(first, second, adjust, level, margin, shared, titles)


def compare(
    before: Estimates,
    after: Estimates,
    adjust: str,
    level: float,
    margin: float,
    shared: Shared | None,
    titles: tuple[str, str],
) -> Changes:
    """The tests of `change` on two results; `titles` name the two sides."""
    pairs = pair_cells(before, after)
    flags, hidden = reasons(before, after, pairs)
    common = _one_design(before, after)
    if shared is not None and not common:
        raise ComparabilityError(
            f"shared={shared!r}: the covariance of two separate Surveys is not known. Put both "
            "waves in one frame, make one Survey of it with the common strata and clusters, and "
            "pass it twice with before_where= and after_where="
        )
    value_before, value_after = (
        take(before.estimate, pairs.before),
        take(after.estimate, pairs.after),
    )
    var_before = take(before.se, pairs.before) ** 2
    var_after = take(after.se, pairs.after) ** 2
    df = contrast.satterthwaite(
        var_before, take(before.df, pairs.before), var_after, take(after.df, pairs.after)
    )
    variance = var_before + var_after
    if common:
        joint, joint_df = _joint(before, after, pairs)
        # the two variances alone when no unit is shared: then Satterthwaite's df are right
        both = (pairs.before >= 0) & (pairs.after >= 0)
        linked = both & ~np.isclose(joint, variance, rtol=1e-9, atol=0.0)
        variance = np.where(both, joint, variance)
        df = np.where(linked, joint_df, df)
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
    strictest = alpha if adjust == "none" else alpha / max(size, 1)
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
            samples="one design" if common else "independent",
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
    )


def _estimate_sides(
    before: Survey,
    after: Survey,
    question: str | Sequence[str],
    by: By,
    where: Where,
    before_where: Where,
    after_where: Where,
    of: object,
    statistic: Statistic,
    level: float,
) -> tuple[Estimates, Estimates]:
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

    def run(survey: Survey, inside: NDArray[np.bool_] | None) -> Estimates:
        if statistic == "mean":
            if of is not None:
                raise InputError("of= goes with shares, not with means; leave it out")
            return survey.mean(question, by, inside, level)
        if statistic != "share":
            raise InputError(f"statistic={statistic!r} is neither 'share' nor 'mean'")
        return survey.share(question, by, inside, of, level)

    one = _both(before, where, before_where)
    two = _both(after, where, after_where)
    return run(before, one), run(after, two)


def _both(survey: Survey, where: Where, own: Where) -> NDArray[np.bool_] | None:
    given = [domain(survey.frame, w) for w in (where, own) if w is not None]
    if not given:
        return None
    inside: NDArray[np.bool_] = np.logical_and.reduce(given)
    return inside


def _one_design(before: Estimates, after: Estimates) -> bool:
    """Whether both are over the same respondents, so that their covariance is known."""
    return before.design is after.design


def _joint(before: Estimates, after: Estimates, pairs: Pairs) -> tuple[Floats, Floats]:
    """Variance of after minus before of each pair, from the scores of the difference, and its df.

    The df are PSUs less strata among those that hold a member of either side, or the design's.
    """
    one = before.scores()
    both = stack([one, after.scores()])
    known = np.flatnonzero((pairs.before >= 0) & (pairs.after >= 0))
    rows = np.column_stack([pairs.before[known], one.n_rows + pairs.after[known]])
    ends = np.arange(0, rows.size + 1, 2)
    signs = np.tile([-1.0, 1.0], known.size)
    weights = sparse.csc_array((signs, rows.ravel(), ends), (both.n_rows, known.size))
    variance, df = np.full((2, pairs.before.size), np.nan)
    variance[known] = both.combine(weights).variance()
    if "design" in (before.df_rule, after.df_rule):
        df[known] = both.design.df
    else:
        df[known] = both.df_of(weights)
    return variance, df


def _names(before: Estimates, after: Estimates) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*before.metadata.question, *after.metadata.question]))


def _title(result: Estimates, where: Where = None) -> str:
    m = result.metadata
    title = " ".join(str(p) for p in (m.survey, m.wave) if p is not None)
    said = where if isinstance(where, str) else m.where
    said = "" if said == "given rows" else said
    return " where ".join(t for t in (title, said) if t) or "unnamed"
