"""`ss.trend`: lines through three or more waves, and whether a line is all there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from survey_stats.compare import contrast
from survey_stats.compare.chains import chains
from survey_stats.compare.line import Link, fit, powers, remainder, wald
from survey_stats.compare.multiplicity import adjust_p, check_method
from survey_stats.compare.scales import require_alike
from survey_stats.compare.totals import AREA_COLUMNS, Statistic, Totals, one_survey
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate import Survey
from survey_stats.estimate.design import as_names
from survey_stats.estimate.given import require_survey
from survey_stats.estimate.respondents import By
from survey_stats.estimate.where import Where
from survey_stats.results import html_table, numbered, told_question

Floats = NDArray[np.float64]

TERMS = ("linear", "quadratic", "cubic")
# a wave with fewer respondents in the group says nothing
_LEAST_BASE = 5
NUMBERS = (
    "first",
    "last",
    "waves",
    "estimate",
    "se",
    "ci_low",
    "ci_high",
    "statistic",
    "df",
    "p_value",
    "p_adjusted",
    "verdict",
    "p_nonlinear",
    "p_any",
    "n",
    "flag",
)


@dataclass(frozen=True, eq=False)
class Trends:
    """Lines through waves by group, with tests; R rows, one a line and term.

    Attributes
    ----------
    question, statistic, survey, time, link, adjust, level, margin: what was asked
    size: tests in the family; the linear terms of all lines
    keys: the by columns (and `question`, `level`, `term` where there are several)
    first, last, waves: the first and last wave of the line, and how many it has
    estimate, se, ci_low, ci_high: change by unit of time; of a proportion, or of its logit
    statistic, df, p_value, p_adjusted: t test that the term is zero, adjusted over the family
    verdict: significant increase, significant decrease, unchanged (the whole change from the first
        wave to the last is within the margin) or cannot be decided; "" for other terms
    p_nonlinear: that the waves leave the line by chance only (Wald, F); NaN with no wave to spare
    p_any: that all waves are the same (Wald, F)
    n: respondents
    flag: "" or why there is no line
    coding: question and coding, for questions whose answers can be counted in several ways
    notes: what cuts the lines, and what else sets their waves apart
    synthetic: whether the data are made up
    """

    question: tuple[str, ...]
    statistic: str
    survey: str | None
    time: str
    link: str
    adjust: str
    level: float
    margin: float
    size: int
    keys: pd.DataFrame
    first: Floats
    last: Floats
    waves: NDArray[np.int64]
    estimate: Floats
    se: Floats
    ci_low: Floats
    ci_high: Floats
    statistic_t: Floats
    df: Floats
    p_value: Floats
    p_adjusted: Floats
    verdict: NDArray[np.object_]
    p_nonlinear: Floats
    p_any: Floats
    n: NDArray[np.int64]
    flag: Sequence[str]
    coding: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    synthetic: bool = False

    def __len__(self) -> int:
        return self.estimate.size

    def caption(self) -> str:
        """One line for people."""
        scale = "logit of the " if self.link == "logit" else ""
        tests = "1 line" if self.size == 1 else f"{self.size} lines ({self.adjust})"
        source = f", {self.survey}" if self.survey else ""
        asked = ", ".join(told_question(q, self.coding) for q in self.question)
        unit = f"change by one unit of {self.time}"
        return f"trend of {scale}{self.statistic} of {asked}{source}, {unit}, {tests}"

    def to_frame(self) -> pd.DataFrame:
        """One row a line and term: the keys, then the numbers; `attrs` say what was asked."""
        columns: dict[str, Any] = {str(c): self.keys[c].array for c in self.keys.columns}
        for name in NUMBERS:
            columns[name] = self.statistic_t if name == "statistic" else getattr(self, name)
        frame = pd.DataFrame(columns, index=pd.RangeIndex(len(self)))
        frame.attrs.update(
            question=list(self.question),
            coding=[list(c) for c in self.coding],
            statistic=self.statistic,
            survey=self.survey,
            link=self.link,
            adjust=self.adjust,
            level=self.level,
            margin=self.margin,
            family_size=self.size,
            notes=list(self.notes),
            synthetic=self.synthetic,
        )
        return frame

    def _repr_html_(self) -> str:
        digits = {"df": 0, "statistic": 2, "first": 0, "last": 0}
        return html_table(
            self.to_frame(), self.caption(), digits, notes=self.notes, marked=("estimate",)
        )

    def __repr__(self) -> str:
        table = self.to_frame().to_string(index=False)
        return "\n".join([f"Trends: {self.caption()}", table, *numbered(self.notes)])


def trend(
    survey: Survey,
    question: str | Sequence[str],
    by: By = None,
    where: Where = None,
    *,
    time: str = "wave",
    degree: int = 1,
    link: Link = "identity",
    breaks: float | Sequence[float] = (),
    of: object = None,
    statistic: Statistic = "share",
    adjust: str = "holm",
    level: float = 0.95,
    margin: float = 0.03,
) -> Trends:
    """Lines through the waves of one Survey, in every group.

    Parameters
    ----------
    survey: all waves as one design, as `join` or `HarmonisedSet.survey` make it, so that the
        covariance of waves with common units is that of the units
    question, by, where, of: as in `Survey.share`
    time: column that tells the wave, a number such as the year
    degree: 1 for a line, 2 or 3 for a curve around the middle of the waves
    link: "identity" gives the change of the share or mean by unit of time, "logit" that of the
        log odds
    breaks: waves at which a new line starts. What the codebook of the survey declares as not
        comparable (wording, scale, areas) cuts the line too; a break is never looked for in the
        numbers
    statistic: "share" or "mean"
    adjust, level, margin: as in `change`, over the linear terms of all lines

    The lines are those of weighted regression of the answers on time, with linearised standard
    errors and the df of the domain less its terms, as `svyglm` in R survey (Binder 1983,
    International Statistical Review 51:279). `p_nonlinear` and `p_any` are Wald tests on the waves
    themselves, with F as in `regTermTest`. A line has three waves or more: two are a `change`.

    Raises
    ------
    DesignError: weights of the waves on different scales
    InputError: no Survey, waves that are no numbers, an argument that does not exist
    UnknownNameError: a column or an adjustment that does not exist

    >>> frame = pd.DataFrame({"wave": [2015, 2019, 2023] * 200, "yes": [0, 0, 1, 1, 1, 1] * 100})
    >>> trend(Survey(frame), "yes").to_frame()[["first", "last", "estimate", "verdict"]]
        first    last  estimate               verdict
    0  2015.0  2023.0    0.0625  significant increase
    """
    require_survey(survey, "trend")
    _check(degree, link, statistic, level, margin)
    check_method(adjust)
    names, groups = as_names(question), as_names(by)
    if time in groups:
        raise InputError(f"by names {time!r}, which is the time of the line; leave it out")
    times = times_of(survey, time)
    cuts = [float(b) for b in np.atleast_1d(np.asarray(breaks, dtype=np.float64))]
    unknown = [b for b in cuts if b not in times]
    if unknown:
        raise UnknownNameError("wave", f"{unknown[0]:g}", [f"{t:g}" for t in times], "breaks=")
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    value = survey.frame[time].to_numpy(dtype=np.float64, na_value=np.nan)
    checked: set[tuple[float, ...]] = set()
    for name in names:
        totals = Totals.of(survey, name, [*groups, time], where, of, statistic)
        source = one_survey(survey, totals.inside, groups)
        for waves, row, told in _lines(
            totals, source, name, groups, time, cuts, degree, link, level
        ):
            if waves not in checked:
                # a wave counts in the line by the sum of its weights
                require_alike(survey.design.weights, value, waves, "drawing a line")
                checked.add(waves)
            rows.append({"question": name, **row})
            notes += told
    if not rows:
        raise InputError(f"Nobody in the domain answered {', '.join(names)}; look at where=")
    if len(names) == 1:
        for row in rows:
            del row["question"]
    made = _result(
        rows, names, groups, survey.name, time, statistic, link, adjust, level, margin, notes
    )
    return replace(made, coding=survey.coded_by(names), synthetic=survey.synthetic)


@dataclass(frozen=True)
class _Line:
    """A line through some waves of a group and level: rows of y and of w by wave."""

    labels: dict[str, Any]
    times: Floats
    y_rows: NDArray[np.intp]
    w_rows: NDArray[np.intp]


def _group_lines(
    totals: Totals,
    survey: str | None,
    question: str,
    by: Sequence[str],
    time: str,
    cuts: Sequence[float],
) -> Iterator[tuple[_Line, list[str]]]:
    """The waves of every group that belong to one line."""
    K, when = totals.n_levels, totals.cells[time].to_numpy(dtype=np.float64)
    groups = totals.cells.groupby(list(by), sort=False, observed=True).indices if by else {(): None}
    for key, found in groups.items():
        rows = np.arange(totals.weight.size) if found is None else np.asarray(found)
        values = dict(zip(by, key if isinstance(key, tuple) else (key,), strict=True))
        area = next((str(values[c]) for c in AREA_COLUMNS if c in values), totals.area)
        source = str(values["survey"]) if "survey" in values else survey
        lines, told = chains(question, source, when[rows].tolist(), tuple(cuts), area)
        for line in lines:
            here = rows[np.isin(when[rows], line)]
            here = here[np.argsort(when[here])]
            for k, level in enumerate(totals.levels):
                labels = dict(values) if level is None else {**values, "level": level}
                yield _Line(labels, when[here], here * K + k, here), told


def _lines(
    totals: Totals,
    survey: str | None,
    question: str,
    by: Sequence[str],
    time: str,
    cuts: Sequence[float],
    degree: int,
    link: Link,
    level: float,
) -> Iterator[tuple[tuple[float, ...], dict[str, Any], list[str]]]:
    """Every line of a question as rows of the result, with its waves."""
    for line, told in _group_lines(totals, survey, question, by, time, cuts):
        for row in _fitted(totals, line, degree, link, level):
            yield tuple(line.times.tolist()), {**line.labels, **row}, told


def _fitted(
    totals: Totals, line: _Line, degree: int, link: Link, level: float
) -> Iterator[dict[str, Any]]:
    """The terms of one line."""
    times, J = line.times, line.times.size
    y, weight = totals.y[line.y_rows], totals.weight[line.w_rows]
    n = totals.n[line.w_rows]
    blank = dict.fromkeys(
        ("estimate", "se", "ci_low", "ci_high", "statistic_t", "df", "p_value"), np.nan
    )
    whole = {
        "first": times[0],
        "last": times[-1],
        "waves": J,
        "n": int(n.sum()),
        "p_nonlinear": np.nan,
        "p_any": np.nan,
        "span": times[-1] - times[0],
        **blank,
    }
    terms = TERMS[:degree]
    flag = _unfit(times, y, weight, n, degree)
    if flag:
        for term in terms:
            yield {**whole, "term": term, "flag": flag}
        return
    x = powers(times, degree, float(times.mean()))
    beta, by_y, by_weight = fit(x, y, weight, link)
    rows = np.concatenate([line.y_rows, totals.y.size + line.w_rows])
    R = totals.scores.n_rows
    lines = _columns(R, rows, np.concatenate([by_y[1:], by_weight[1:]], axis=1))
    df = totals.design_df
    if df is None:
        df = float(totals.scores.df(rows))
    share = y / weight
    # the error of a wave's share from those of its totals
    ratio = np.concatenate([np.diag(1 / weight), np.diag(-share / weight)], axis=1)
    cov = totals.scores.combine(_columns(R, rows, ratio)).covariance()
    for name, contrasts in (
        ("p_any", remainder(x[:, :1])),
        ("p_nonlinear", remainder(x)),
    ):
        gaps = contrasts.T @ share
        whole[name] = wald(gaps, contrasts.T @ cov @ contrasts, df + 1 - J)[2]
    se = np.sqrt(totals.scores.combine(lines).variance())
    own_df = df - degree
    still = ~(se > 1e-12 * np.abs(share).max() / max(whole["span"], 1e-300))
    for k, term in enumerate(terms):
        estimate = float(beta[k + 1])
        row = {**whole, "term": term, "estimate": estimate, "flag": ""}
        if np.isnan(estimate):
            row["flag"] = "no line: the groups are perfectly separated in time"
        elif own_df <= 0:
            row["flag"] = "no line: no df are left"
        elif still[k]:
            row["flag"] = "no test: the standard error is zero"
        else:
            one = np.array([estimate]), np.array([se[k]]), np.array([own_df])
            low, high = contrast.interval(*one, level)
            row |= {
                "se": float(se[k]),
                "ci_low": float(low[0]),
                "ci_high": float(high[0]),
                "statistic_t": estimate / float(se[k]),
                "df": own_df,
                "p_value": float(contrast.two_sided_p(one[0] / one[1], one[2])[0]),
            }
        yield row


def _unfit(times: Floats, y: Floats, weight: Floats, n: NDArray[np.int64], degree: int) -> str:
    """Why there is no line, or ""."""
    J = times.size
    if J == 1:
        return f"no line: {times[0]:g} is comparable with no other wave"
    if J == 2:
        return "no line: two waves are a change, not a trend"
    if degree >= J:
        return f"no line: {J} waves for {degree} terms"
    few = times[n < _LEAST_BASE]
    if few.size:
        return f"no line: base under {_LEAST_BASE} in {', '.join(f'{t:g}' for t in few)}"
    if np.ptp(y / weight) == 0 and (y[0] in (0.0, weight[0])):
        return "no line: all answers are the same"
    if np.isin(y / weight, (0.0, 1.0)).all():
        return "no line: all answers of each wave are the same"
    return ""


def _columns(n_rows: int, rows: NDArray[np.intp], weights: Floats) -> sparse.csc_array:
    """Weights (C, m) of some rows as columns over all rows, (n_rows, C)."""
    C, m = weights.shape
    at = np.tile(rows, C), np.repeat(np.arange(C), m)
    return sparse.csc_array((weights.ravel(), at), shape=(n_rows, C))


def _result(
    rows: Sequence[dict[str, Any]],
    questions: Sequence[str],
    by: Sequence[str],
    survey: str | None,
    time: str,
    statistic: str,
    link: str,
    adjust: str,
    level: float,
    margin: float,
    notes: Sequence[str],
) -> Trends:
    table = pd.DataFrame(rows)
    keys = ["question"] if len(questions) > 1 else []
    keys += [*by, *(["level"] if "level" in table else [])]
    if table["term"].eq(TERMS[1]).any():
        keys.append("term")
    linear = (table["term"] == TERMS[0]).to_numpy()
    p = table["p_value"].to_numpy(dtype=np.float64)
    adjusted = np.full(p.size, np.nan)
    adjusted[linear] = adjust_p(p[linear], adjust)
    numbers = {c: table[c].to_numpy(dtype=np.float64) for c in ("estimate", "se", "df", "span")}
    with np.errstate(all="ignore"):
        # of a logit nobody can say what counts as none
        within = np.full(p.size, np.nan)
        if link == "identity":
            within = contrast.equivalence_p(
                numbers["estimate"] * numbers["span"],
                numbers["se"] * numbers["span"],
                numbers["df"],
                margin,
            )
    same = np.full(p.size, np.nan)
    same[linear] = adjust_p(within[linear], adjust)
    verdict = contrast.verdicts(numbers["estimate"], adjusted, same, 1 - level)
    verdict[~linear] = ""
    floats: dict[str, Any] = {
        c: table[c].to_numpy(dtype=np.float64)
        for c in (
            *("first", "last", "estimate", "se", "ci_low", "ci_high", "statistic_t", "df"),
            *("p_value", "p_nonlinear", "p_any"),
        )
    }
    return Trends(
        question=tuple(questions),
        statistic=statistic,
        survey=survey,
        time=time,
        link=link,
        adjust=adjust,
        level=level,
        margin=margin,
        size=int(np.isfinite(p[linear]).sum()),
        keys=table[keys].infer_objects(),
        waves=table["waves"].to_numpy(dtype=np.int64),
        p_adjusted=adjusted,
        verdict=verdict,
        n=table["n"].to_numpy(dtype=np.int64),
        flag=table["flag"].tolist(),
        notes=tuple(dict.fromkeys(notes)),
        **floats,
    )


def times_of(survey: Survey, time: str) -> list[float]:
    if time not in survey.frame.columns:
        raise UnknownNameError("time column", time, survey.frame.columns, "the frame")
    values = survey.frame[time]
    if not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        raise InputError(
            f"The time column {time!r} holds {values.dtype}, not numbers; give the year of each "
            "wave"
        )
    return sorted(float(v) for v in values.dropna().unique())


def _check(degree: int, link: str, statistic: str, level: float, margin: float) -> None:
    if degree not in (1, 2, 3):
        raise InputError(f"degree={degree!r} is no degree of a line; use 1, 2 or 3")
    if link not in get_args(Link):
        raise InputError(f"link={link!r} is not known; use 'identity' or 'logit'")
    if statistic not in get_args(Statistic):
        raise InputError(f"statistic={statistic!r} has no line; use 'share' or 'mean'")
    if statistic == "mean" and link == "logit":
        raise InputError("A mean has no logit; use link='identity'")
    if not 0.5 < level < 1:
        raise InputError(f"level={level!r} is no confidence level; give one such as 0.95")
    if not margin > 0:
        raise InputError(f"margin={margin!r} must be positive, in the units of the statistic")
