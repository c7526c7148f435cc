"""How much the largest respondents weigh in each row of a result, as dominance rules ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.errors import InputError
from survey_stats.protect.criteria import weight_shares

if TYPE_CHECKING:
    from survey_stats.estimate import Estimates, Survey
    from survey_stats.estimate.where import Where


def heaviest(
    survey: Survey, made: Estimates, where: Where = None, largest: int = 2
) -> NDArray[np.float64]:
    """The parts of each row's weight that its largest respondents have, largest first.

    Args:
        survey: of which the estimates are.
        made: shares or other estimates of it, R rows.
        where: the domain with which they were made.
        largest: of how many respondents; `Dominance.largest` or more, 2 for the p-percent rule.

    Returns:
        Shape (R, largest), as `apply`, `Printed` and `report.tabulate` take it (`weights=`).

    Raises:
        InputError: the respondents of a row are not those of the estimates, because `survey` or
            `where` is another, or because the row is a sum over groups (`margins=True`).

    >>> from survey_stats.estimate import Survey
    >>> frame = pd.DataFrame({"y": [1, 0, 1], "g": ["a", "a", "b"], "w": [3.0, 1.0, 2.0]})
    >>> survey = Survey(frame, weights="w")
    >>> heaviest(survey, survey.share("y", by="g")).tolist()
    [[0.75, 0.25], [1.0, 0.0]]
    """
    from survey_stats.estimate.where import domain

    frame, keys = survey.frame, made.keys
    inside = np.ones(len(frame), bool) if where is None else domain(frame, where)
    if survey.design.inside is not None:
        inside = inside & survey.design.inside
    by = [str(c) for c in keys.columns if c in made.metadata.by]
    asked = (
        keys["question"].astype(str).tolist()
        if "question" in keys
        else [made.metadata.question[0]] * len(keys)
    )
    groups, cells = _groups(frame, keys, by)
    out = np.zeros((len(keys), largest))
    found = np.zeros(len(keys), dtype=np.int64)
    for question in dict.fromkeys(asked):
        rows = np.flatnonzero([name == question for name in asked])
        use = inside & frame[question].notna().to_numpy(bool) & (groups >= 0)
        size = int(cells.max(initial=0)) + 1
        parts = weight_shares(survey.design.weights[use], groups[use], size, largest)
        out[rows] = parts[cells[rows]]
        found[rows] = np.bincount(groups[use], minlength=size)[cells[rows]]
    if (found != np.asarray(made.n)).any():
        row = int(np.flatnonzero(found != np.asarray(made.n))[0])
        raise InputError(
            f"protect.heaviest: row {row} has {int(made.n[row])} answers, and {found[row]} are "
            "found for it; give the survey and the where= with which the estimates were made, and "
            "estimates without margins"
        )
    return out


def _groups(
    frame: pd.DataFrame, keys: pd.DataFrame, by: list[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The number of the group of each respondent, -1 for none, and of each row."""
    if not by:
        return np.zeros(len(frame), np.int64), np.zeros(len(keys), np.int64)
    both = pd.concat([keys[by].astype(object), frame[by].astype(object)], ignore_index=True)
    # sorting would compare values of different types
    numbers = both.groupby(by, sort=False, dropna=True).ngroup().fillna(-1).to_numpy(np.int64)
    own, rows = numbers[len(keys) :], numbers[: len(keys)]
    # a group that is in no row is nobody's
    known = np.asarray(np.where(own <= rows.max(initial=-1), own, -1), dtype=np.int64)
    return known, np.asarray(rows, dtype=np.int64)
