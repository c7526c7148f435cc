"""`ss.against`: every group against the rest, the whole, or one group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from survey_stats.compare.align import rename_sides
from survey_stats.compare.change import DfOfChange, compare
from survey_stats.compare.changes import Changes
from survey_stats.compare.multiplicity import check_method
from survey_stats.compare.rows import take_rows
from survey_stats.compare.totals import Statistic, Totals
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate import Estimates, Survey
from survey_stats.estimate.design import as_names
from survey_stats.estimate.given import require_survey
from survey_stats.estimate.respondents import By
from survey_stats.estimate.where import Where

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def against(
    survey: Survey,
    question: str,
    column: str,
    reference: object = "rest",
    by: By = None,
    where: Where = None,
    adjust: str = "holm",
    level: float = 0.95,
    margin: float = 0.03,
    *,
    of: object = None,
    statistic: Statistic = "share",
    df: DfOfChange = "effective",
) -> Changes:
    """Test every group of `column` less its reference, as one family.

    Parameters
    ----------
    column: column of the groups, such as the district
    reference: "rest" (all other groups together), "whole" (all groups, this one too), or the name
        of one group
    by: columns within whose cells the groups are compared
    question, where, of, adjust, level, margin, statistic, df: as in `change`

    `before` in the result is the reference and `after` the group. Their covariance is that of the
    sampling units they share: a part is not independent of the whole, and neighbours in one PSU
    are not of each other. Respondents without a value in `column` are in no group, nor in the
    rest. A reference of several groups is the share in them together, a ratio of their totals
    (Särndal, Swensson and Wretman 1992, Model Assisted Survey Sampling, section 5.6).

    Raises
    ------
    InputError: `column` is one of `by`, or nobody answered
    UnknownNameError: a column, group or adjustment that does not exist

    >>> yes = [1] * 60 + [0] * 40 + ([1] * 30 + [0] * 70) * 2
    >>> frame = pd.DataFrame({"area": ["a"] * 100 + ["b"] * 100 + ["c"] * 100, "yes": yes})
    >>> against(Survey(frame), "yes", "area").to_frame()[["area", "before", "after", "verdict"]]
      area  before  after               verdict
    0    a    0.30    0.6  significant increase
    1    b    0.45    0.3  significant decrease
    2    c    0.45    0.3  significant decrease
    """
    require_survey(survey, "against")
    check_method(adjust)
    groups = as_names(by)
    if column in groups:
        raise InputError(f"by names {column!r}, whose groups are compared; leave it out")
    columns = [*groups, column]
    totals = Totals.of(survey, question, columns, where, of, statistic)
    if not len(totals.cells):
        raise InputError(f"Nobody in the domain answered {question}; look at where=")
    known = totals.cells[column].unique().tolist()
    if (
        not (isinstance(reference, str) and reference in ("rest", "whole"))
        and reference not in known
    ):
        raise UnknownNameError("group", reference, ["rest", "whole", *known], f"column {column!r}")
    if statistic == "share":
        every = survey.share(question, columns, totals.inside, of, level)
    else:
        every = survey.mean(question, columns, totals.inside, level)
    cells, members = _references(totals.cells, column, groups, reference)
    after = take_rows(
        every, (cells[:, None] * totals.n_levels + np.arange(totals.n_levels)).ravel()
    )
    before = _together(totals, after, cells.size, members)
    told = reference if reference in ("rest", "whole") else f"{column} {reference}"
    titles = f"the {told}", f"each {column}"
    made = compare(before, after, adjust, level, margin, None, titles, df_rule=df)
    named = [rename_sides(flag, "in the reference", "in the group") for flag in made.flag]
    return replace(made, flag=tuple(named))


def _references(
    cells: pd.DataFrame, column: str, by: Sequence[str], reference: object
) -> tuple[Ints, tuple[Ints, Ints]]:
    """The cells that are compared, (m,), and with which: numbers of a comparison and of a cell."""
    within = cells.groupby(list(by), sort=False, observed=True).indices if by else {(): None}
    names = cells[column].to_numpy(dtype=object)
    compared: list[int] = []
    pairs: list[tuple[Ints, Ints]] = []
    for found in within.values():
        rows = np.arange(len(cells)) if found is None else np.asarray(found)
        one = rows[names[rows] == reference] if reference not in ("rest", "whole") else rows
        for row in rows.tolist():
            if reference not in ("rest", "whole") and row in one:
                continue
            mates = one if reference != "rest" else rows[rows != row]
            pairs.append((np.full(mates.size, len(compared)), mates))
            compared.append(row)
    numbers = [np.concatenate(part).astype(np.intp) for part in zip(*pairs, strict=True)]
    return np.array(compared, dtype=np.intp), (numbers[0], numbers[1])


def _together(
    totals: Totals, like: Estimates, compared: int, members: tuple[Ints, Ints]
) -> Estimates:
    """The share of each reference by level, in the shape of `like`."""
    number, cell = members
    K = totals.n_levels
    weight = np.bincount(number, totals.weight[cell], compared)
    n = np.bincount(number, totals.n[cell], compared).astype(np.int64)
    y = np.stack([np.bincount(number, totals.y[cell * K + k], compared) for k in range(K)], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = y / weight[:, None]
    rows, columns, data = [], [], []
    for k in range(K):
        # the error of a ratio of totals from theirs
        rows += [cell * K + k, totals.y.size + cell]
        columns += [number * K + k] * 2
        data += [1 / weight[number], -value[number, k] / weight[number]]
    entries = np.concatenate(data), (np.concatenate(rows), np.concatenate(columns))
    shape = totals.scores.n_rows, compared * K
    scores = totals.scores.combine(sparse.csc_array(entries, shape=shape))
    df = np.full(compared * K, totals.design_df if totals.design_df is not None else np.nan)
    if totals.design_df is None:
        df = scores.df_of(sparse.csc_array(sparse.eye_array(compared * K)))
    empty = np.repeat(n == 0, K)
    unknown = np.full(compared * K, np.nan)
    return replace(
        like,
        estimate=value.ravel(),
        se=np.where(empty, np.nan, np.sqrt(scores.variance())),
        ci_low=unknown,
        ci_high=unknown,
        df=df,
        n=np.repeat(n, K),
        n_effective=unknown,
        deff=unknown,
        deff_without=unknown,
        flag=["no answers" if e else "" for e in empty.tolist()],
        _scores=lambda: scores,
    )
