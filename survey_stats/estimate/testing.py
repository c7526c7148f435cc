"""Design-based tests: independence of two questions, and location in two or more groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd
from scipy import special

from survey_stats.errors import InputError
from survey_stats.estimate.columns import Bools, Floats, Ints, cross
from survey_stats.estimate.contrasts import ROUNDING
from survey_stats.estimate.design import Design
from survey_stats.estimate.estimates import df_rule_of
from survey_stats.estimate.intervals import t_quantile
from survey_stats.estimate.layout import Layout
from survey_stats.estimate.rows import estimate
from survey_stats.estimate.scores import Scores, after_weighting, block_scores, linear_scores
from survey_stats.estimate.tally import Groups, Measure, add_up, answered
from survey_stats.estimate.taylor import coefficients
from survey_stats.results import Metadata, html_table

if TYPE_CHECKING:
    from survey_stats.estimate.estimates import DfRule
    from survey_stats.estimate.survey import Survey
    from survey_stats.estimate.where import Where

IndependenceStatistic = Literal["F", "F1", "chisq", "wald", "adjusted-wald"]
NO_VARIANCE = "the standard error is zero or missing"
RankScore = Literal["wilcoxon", "vanderwaerden", "median"]


@dataclass(frozen=True, eq=False)
class SurveyTest:
    """A test of one hypothesis.

    Attributes
    ----------
    metadata: what was tested in which survey
    method: the test in words
    statistic: value of the test statistic, named by `distribution`: "t", "F" or "chisq"
    df: numerator df of F, df of t or of chisq
    df_denominator: denominator df of F, NaN otherwise
    p_value: two-sided for t
    estimate, se, ci_low, ci_high: the difference tested by a t test, NaN otherwise
    pearson: Pearson's X^2 of the weighted table scaled to n, before any correction; NaN for
        tests that do not use it
    design_effects: eigenvalues of Rao and Scott's matrix; empty for other tests
    n: respondents used
    flag: "" or why there is no p-value
    """

    metadata: Metadata
    method: str
    distribution: str
    statistic: float
    df: float
    df_denominator: float
    p_value: float
    n: int
    estimate: float = float("nan")
    se: float = float("nan")
    ci_low: float = float("nan")
    ci_high: float = float("nan")
    pearson: float = float("nan")
    design_effects: tuple[float, ...] = ()
    flag: str = ""

    def to_frame(self) -> pd.DataFrame:
        """One row."""
        names = (
            *("method", "distribution", "statistic", "df", "df_denominator", "p_value"),
            *("estimate", "se", "ci_low", "ci_high", "n", "flag"),
        )
        frame = pd.DataFrame({name: [getattr(self, name)] for name in names})
        frame.attrs.update(self.metadata.to_dict())
        return frame

    def __repr__(self) -> str:
        parts = [
            f"{self.df:.4g}",
            *([f"{self.df_denominator:.4g}"] if self.distribution == "F" else []),
        ]
        head = f"{self.method}: {self.distribution}({', '.join(parts)}) = {self.statistic:.4g}"
        told = [f"{head}, p = {self.p_value:.4g}, n = {self.n}"]
        if np.isfinite(self.estimate):
            told.append(f"difference {self.estimate:.4g} [{self.ci_low:.4g}, {self.ci_high:.4g}]")
        text = "; ".join(part for part in (*told, self.flag) if part)
        return f"<SurveyTest of {self.metadata.caption()}: {text}>"

    def _repr_html_(self) -> str:
        return html_table(self.to_frame(), self.metadata.caption())


def independence(
    survey: Survey,
    row: str,
    col: str,
    where: Where,
    statistic: IndependenceStatistic,
    df_rule: DfRule,
) -> SurveyTest:
    """Test that two questions are independent; see `Survey.independence`.

    The df are those of the respondents who answered both questions: what `svychisq` gives for
    them as a domain (`subset` of those who answered). Left to drop missing answers by itself,
    `svychisq` counts all PSUs of its design; for a whole sample that is `df="design"`.
    """
    if statistic not in get_args(IndependenceStatistic):
        names = ", ".join(get_args(IndependenceStatistic))
        raise InputError(f"statistic={statistic!r} is no test of independence; use one of {names}")
    if row == col:
        raise InputError(f"{row!r} cannot be tested against itself; name two questions")
    groups, _ = survey.groups(None, where)
    first, second = survey.coded(row), survey.coded(col)
    inside = groups.codes == 0
    r, n_rows = _occurring(first.codes, inside & ~second.missing)
    c, n_cols = _occurring(second.codes, inside & ~first.missing)
    metadata = _metadata(survey, (row, col), "independence", where)
    if n_rows < 2 or n_cols < 2:
        short, levels = (row, n_rows) if n_rows < 2 else (col, n_cols)
        raise InputError(
            f"{short!r} has {levels} answer(s) in the domain; a test needs two or more"
        )
    cells = n_rows * n_cols
    # both are -1 where either is missing
    codes = np.multiply(r, n_cols, dtype=np.int32)
    codes += c
    np.maximum(codes, -1, out=codes)
    del r, c
    measure = Measure(codes, cells, tuple(range(cells)))
    wald = statistic in ("wald", "adjusted-wald")
    point, scores, nu = _table(survey.design, groups, measure, wald, df_rule)
    answers = survey.design.count((codes >= 0).astype(np.intp), 2)
    cov, n = scores.covariance(), int(answers[1])
    k = float((n_rows - 1) * (n_cols - 1))
    if nu <= 0:
        return SurveyTest(metadata, "", "F", *(float("nan"),) * 4, n=n, flag="no df: too few PSUs")
    if not np.isfinite(cov).all() or not cov.any():
        return SurveyTest(metadata, "", "F", *(float("nan"),) * 4, n=n, flag=NO_VARIANCE)
    if wald:
        return _wald(metadata, point.reshape(n_rows, n_cols), cov, nu, n, statistic)
    pearson, eigen = rao_scott(point.reshape(n_rows, n_cols), cov, n)
    trace, square = float(eigen.sum()), float((eigen**2).sum())
    effects = tuple(float(e) for e in eigen)
    if not trace > 1e-12:
        return SurveyTest(
            metadata, "", "F", *(float("nan"),) * 4, n=n, pearson=pearson, flag=NO_VARIANCE
        )
    if statistic == "chisq":
        value = pearson / (trace / k)
        p = float(special.chdtrc(k, value))
        method = "Pearson's X^2 with the first-order correction of Rao and Scott"
        return SurveyTest(
            metadata,
            method,
            "chisq",
            value,
            k,
            float("nan"),
            p,
            n,
            pearson=pearson,
            design_effects=effects,
        )
    df1 = trace**2 / square if statistic == "F" else k
    value = pearson / trace
    order = "second" if statistic == "F" else "first"
    method = f"Pearson's X^2 with the {order}-order correction of Rao and Scott"
    p = float(special.fdtrc(df1, df1 * nu, value))
    return SurveyTest(
        metadata, method, "F", value, df1, df1 * nu, p, n, pearson=pearson, design_effects=effects
    )


def _table(
    design: Design, groups: Groups, measure: Measure, total: bool, df_rule: DfRule
) -> tuple[Floats, Scores, float]:
    """Shares of all levels (L,) of those in the only group, or totals; their scores and df."""
    scores: Scores
    if design.replicates is not None:
        result = estimate(Layout(design, groups), measure, total)
        point, scores = result.theta[0], block_scores(design, groups, measure, result, total)
        own = float(result.units[0] - result.strata[0])
    else:
        assert measure.codes is not None
        # rows outside the group have no answer
        sums = add_up(measure.codes + 1, design.weights, measure.n_levels + 1)[1:]
        point = coefficients(sums[:, None], sums.sum(keepdims=True), total)[0][:, 0]
        scores = after_weighting(linear_scores(design, groups, measure, point[None], total))
        own = scores.df(np.arange(point.size))
    return point, scores, own if df_rule_of(design, df_rule) == "domain" else design.df


def rao_scott(p: Floats, cov: Floats, n: int) -> tuple[float, Floats]:
    """Pearson's X^2 of the table of shares `p` (r, c), and the design effects of its parts.

    `cov` (r c, r c) is the covariance of the shares. The eigenvalues are those of Rao and Scott
    (1984, Annals of Statistics 12, section 4) for the interaction contrasts; empty cells add
    nothing.
    """
    n_rows, n_cols = p.shape
    expected = np.outer(p.sum(axis=1), p.sum(axis=0))
    pearson = float(n * ((p - expected) ** 2 / expected).sum())
    rows, cols = np.divmod(np.arange(p.size), n_cols)
    main = np.column_stack(
        [np.ones(p.size)]
        + [(rows == i).astype(float) for i in range(1, n_rows)]
        + [(cols == j).astype(float) for j in range(1, n_cols)]
    )
    both = np.column_stack(
        [
            ((rows == i) & (cols == j)).astype(float)
            for i in range(1, n_rows)
            for j in range(1, n_cols)
        ]
    )
    q, _ = np.linalg.qr(main)
    contrast = both - q @ (q.T @ both)
    flat = p.ravel()
    inverse = np.where(flat > 0, 1 / np.where(flat > 0, flat, 1.0), 0.0)
    scaled = contrast * inverse[:, None]
    simple = contrast.T @ scaled / n
    design = scaled.T @ cov @ scaled
    # many empty cells can leave fewer contrasts than degrees of freedom: the others add nothing
    eigen = np.linalg.eigvals(np.linalg.pinv(simple, hermitian=True) @ design)
    return pearson, np.sort(np.real(eigen))[::-1]


def _wald(
    metadata: Metadata, totals: Floats, cov: Floats, nu: float, n: int, statistic: str
) -> SurveyTest:
    n_cols = totals.shape[1]
    row, col, total = totals.sum(axis=1), totals.sum(axis=0), totals.sum()
    gap = totals - np.outer(row, col) / total
    i, j = np.divmod(np.arange(totals.size), n_cols)
    # derivative of T_ij - R_i C_j / T by T_kl
    slope = np.eye(totals.size)
    slope -= (i[:, None] == i[None, :]) * (col[j] / total)[:, None]
    slope -= (j[:, None] == j[None, :]) * (row[i] / total)[:, None]
    slope += (row[i] * col[j] / total**2)[:, None]
    used = (i > 0) & (j > 0)
    variance = (slope @ cov @ slope.T)[np.ix_(used, used)]
    y = gap.ravel()[used]
    k = float(used.sum())
    if np.linalg.matrix_rank(variance, hermitian=True) < k:
        return SurveyTest(
            metadata,
            "Wald test of independence",
            "F",
            *(float("nan"),) * 4,
            n=n,
            flag="the covariance matrix is singular; use statistic='F'",
        )
    chisq = float(y @ np.linalg.solve(variance, y))
    if statistic == "wald":
        value, df2, method = chisq / k, nu, "Wald test of independence"
    else:
        df2 = nu - k + 1
        value, method = chisq * df2 / (k * nu), "Adjusted Wald test of independence"
    if df2 <= 0:
        return SurveyTest(
            metadata, method, "F", value, k, df2, float("nan"), n, flag="no df: too few PSUs"
        )
    return SurveyTest(metadata, method, "F", value, k, df2, float(special.fdtrc(k, df2, value)), n)


def t_test(
    survey: Survey,
    question: str,
    y: Floats,
    by: str | None,
    where: Where,
    null: float,
    level: float,
    df_rule: DfRule,
) -> SurveyTest:
    """t test of a mean, or of the difference of two groups' means; see `Survey.t_test`."""
    if by is None:
        groups, _ = survey.groups(None, where)
        labels: list[object] = []
        method = "Design-based t test of a mean"
    else:
        groups, labels = _groups(survey, by, where, Measure(y=y))
        if len(labels) != 2:
            raise InputError(
                f"{by!r} has {len(labels)} groups with answers ({labels}); a t test compares two: "
                "choose them with where=, or use rank_test"
            )
        method = f"Design-based t test, {labels[1]} less {labels[0]}"
    metadata = _metadata(survey, (question,), "difference of means" if by else "mean", where, level)
    return _compare(survey.design, groups, y, metadata, method, null, df_rule)


def rank_test(
    survey: Survey,
    question: str,
    y: Floats,
    by: str,
    where: Where,
    score: RankScore,
    level: float,
    df_rule: DfRule,
) -> SurveyTest:
    """Rank test of two or more groups; see `Survey.rank_test`."""
    if score not in get_args(RankScore):
        names = ", ".join(get_args(RankScore))
        raise InputError(f"score={score!r} is no rank score; use one of {names}")
    groups, labels = _groups(survey, by, where, Measure(y=y))
    if len(labels) < 2:
        raise InputError(
            f"{by!r} has {len(labels)} group(s) with answers; a test needs two or more"
        )
    group = answered(groups, Measure(y=y))
    scores = rank_scores(y, survey.design.weights, group < groups.n_groups, score)
    metadata = _metadata(survey, (question,), "difference of rank scores", where, level)
    method = f"Design-based {score} rank test"
    if len(labels) == 2:
        method += f", {labels[1]} less {labels[0]}"
        return _compare(survey.design, groups, scores, metadata, method, 0.0, df_rule)
    return _compare_many(survey.design, groups, scores, metadata, method, df_rule)


def rank_scores(y: Floats, weights: Floats, used: Bools, score: RankScore) -> Floats:
    """Scores of the estimated population ranks, NaN for rows that are not used; (n,).

    Lumley and Scott 2013, Biometrika 100; ties share the mean of their ranks.
    """
    rows = np.flatnonzero(used)
    order = rows[np.argsort(y[rows], kind="stable")]
    w = weights[order]
    middle = np.cumsum(w) - w / 2
    values = y[order]
    new = np.append(True, values[1:] != values[:-1])
    tie = np.cumsum(new) - 1
    rank = (np.bincount(tie, middle) / np.bincount(tie))[tie]
    total = w.sum()
    if score == "wilcoxon":
        scored = rank / total
    elif score == "vanderwaerden":
        scored = special.ndtri(rank / total)
    else:
        scored = (rank > total / 2).astype(np.float64)
    result: Floats = np.full(y.shape, np.nan)
    result[order] = scored
    return result


def _compare(
    design: Design,
    groups: Groups,
    y: Floats,
    metadata: Metadata,
    method: str,
    null: float,
    df_rule: DfRule,
) -> SurveyTest:
    measure = Measure(y=y)
    mean, scores, n, df = _means(design, groups, measure, df_rule)
    weights = np.array([1.0]) if mean.size == 1 else np.array([-1.0, 1.0])
    # as a regression on the group, which uses up one more degree of freedom
    df -= mean.size - 1
    value = float(weights @ mean)
    # the difference is one estimate: rules for lonely PSUs see the members of both groups
    se = float(np.sqrt(scores.combine(weights[:, None]).variance()[0]))
    if df <= 0 or not se > ROUNDING * float(np.abs(mean).max()):
        flag = "no df: too few PSUs" if df <= 0 else NO_VARIANCE
        return SurveyTest(
            metadata, method, "t", *(float("nan"),) * 4, n=n, estimate=value, se=se, flag=flag
        )
    t = (value - null) / se
    half = float(t_quantile(np.array([df]), metadata.level)[0]) * se
    p = 2 * float(special.stdtr(df, -abs(t)))
    return SurveyTest(
        metadata, method, "t", t, df, float("nan"), p, n, value, se, value - half, value + half
    )


def _compare_many(
    design: Design,
    groups: Groups,
    y: Floats,
    metadata: Metadata,
    method: str,
    df_rule: DfRule,
) -> SurveyTest:
    mean, scores, n, df = _means(design, groups, Measure(y=y), df_rule)
    k = mean.size - 1
    contrast = np.column_stack([-np.ones(k), np.eye(k)])
    gap = contrast @ mean
    df2 = df - k
    variance = scores.combine(contrast.T).covariance()
    if df2 <= 0:
        return SurveyTest(
            metadata, method, "F", *(float("nan"),) * 4, n=n, flag="no df: too few PSUs"
        )
    least = (ROUNDING * float(np.abs(mean).max())) ** 2
    if not (np.diag(variance) > least).all() or np.linalg.matrix_rank(variance, hermitian=True) < k:
        return SurveyTest(metadata, method, "F", *(float("nan"),) * 4, n=n, flag=NO_VARIANCE)
    value = float(gap @ np.linalg.solve(variance, gap)) / k
    p = float(special.fdtrc(k, df2, value))
    return SurveyTest(metadata, method, "F", value, float(k), df2, p, n)


def _means(
    design: Design, groups: Groups, measure: Measure, df_rule: DfRule
) -> tuple[Floats, Scores, int, float]:
    """Means by group (G,), their scores, the respondents and df of all groups together."""
    result = estimate(Layout(design, groups), measure, False)
    scores = block_scores(design, groups, measure, result, False)
    df = design.df
    if df_rule_of(design, df_rule) == "domain":
        df = scores.df(np.arange(scores.n_rows))
        if design.replicates is not None:
            together = Groups((groups.codes == groups.n_groups).astype(np.int8), 1, groups.complete)
            whole = estimate(Layout(design, together), measure, False)
            df = float(whole.units[0] - whole.strata[0])
    return result.theta[:, 0], scores, int(result.n.sum()), df


def _groups(survey: Survey, by: str, where: Where, measure: Measure) -> tuple[Groups, list[object]]:
    """Groups that hold an answer, and their labels."""
    groups, keys = survey.groups(by, where)
    codes = answered(groups, measure)
    held = np.bincount(codes, minlength=groups.n_groups + 1)[: groups.n_groups] > 0
    table = np.full(groups.n_groups + 1, int(held.sum()), dtype=np.int32)
    table[:-1][held] = np.arange(int(held.sum()))
    labels = keys[by].tolist()
    kept = [label for label, h in zip(labels, held.tolist(), strict=True) if h]
    return Groups(table[codes], len(kept), False), kept


def _occurring(codes: Ints, used: Bools) -> tuple[Ints, int]:
    """Codes renumbered over those that occur in `used` rows, -1 elsewhere, and their number."""
    inside = np.where(used & (codes >= 0), codes, -1)
    size = int(codes.max(initial=0)) + 1
    renumbered, present = cross([inside], [size])
    return renumbered, present.size


def _metadata(
    survey: Survey, question: Sequence[str], statistic: str, where: Where, level: float = 0.95
) -> Metadata:
    return Metadata(
        tuple(question),
        statistic,
        survey.name,
        survey.wave,
        survey.design.text,
        "",
        (),
        where if isinstance(where, str) else ("" if where is None else "given rows"),
        level,
        survey.coded_by(question),
        survey.synthetic,
        survey.deliveries,
    )
