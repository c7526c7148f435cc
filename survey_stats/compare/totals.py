"""Sums of answers and of weights by group: what comparisons of many groups at once are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate import Survey
from survey_stats.estimate.scores import Scores, stack
from survey_stats.estimate.where import Where, domain

Floats = NDArray[np.float64]
Statistic = Literal["share", "mean"]
AREA_COLUMNS = ("district", "municipality")


@dataclass(frozen=True)
class Totals:
    """Totals of a question in C cells, for each of its K levels.

    Attributes
    ----------
    cells: the key columns of the cells that hold an answer, C rows
    levels: the levels, or None where there is one number a cell; K
    y: sum of w y by cell and level, level varying fastest, shape (C K,)
    weight: sum of w over those who answered, shape (C,)
    n: respondents who answered, shape (C,)
    scores: of `y`, then of `weight`
    inside: respondents of the domain who answered, bool of the length of the frame
    area: the one district or municipality that all of them live in, else None
    design_df: df of the whole design where these are the rule, else None
    """

    cells: pd.DataFrame
    levels: tuple[Any, ...]
    y: Floats
    weight: Floats
    n: NDArray[np.int64]
    scores: Scores
    inside: NDArray[np.bool_]
    area: str | None
    design_df: float | None

    @property
    def n_levels(self) -> int:
        """K."""
        return len(self.levels)

    @classmethod
    def of(
        cls,
        survey: Survey,
        question: str,
        columns: Sequence[str],
        where: Where,
        of: object,
        statistic: Statistic,
    ) -> Totals:
        """The totals of those who answered `question`, by `columns`."""
        if question not in survey.frame.columns:
            raise UnknownNameError("question", question, survey.frame.columns, "the frame")
        asked = survey.frame[question]
        answered = asked.notna().to_numpy()
        inside = answered if where is None else answered & domain(survey.frame, where)
        if statistic == "share" and of is None and pd.api.types.is_numeric_dtype(asked.dtype):
            # the total of a number would be its sum
            shares = survey.share(question, where=inside).keys
            if "level" in shares:
                of = {str(level): [level] for level in shares["level"].tolist()}
        values = survey.total(question, columns, inside, of if statistic == "share" else None)
        people = survey.total(None, columns, inside)
        K = len(values) // max(len(people), 1)
        levels = values.keys["level"].tolist()[:K] if "level" in values.keys else [None]
        return cls(
            people.keys,
            tuple(levels),
            values.estimate,
            people.estimate,
            people.n,
            stack([values.scores(), people.scores()]),
            inside,
            _area(survey.frame, inside),
            values.design_df if values.df_rule == "design" else None,
        )


def _area(frame: pd.DataFrame, inside: NDArray[np.bool_]) -> str | None:
    for column in AREA_COLUMNS:
        if column in frame:
            found = frame.loc[inside, column].unique().tolist()
            if len(found) == 1 and not pd.isna(found[0]):
                return str(found[0])
    return None


def one_survey(survey: Survey, inside: NDArray[np.bool_], by: Sequence[str]) -> str | None:
    """The survey that waves of a domain belong to, as far as the frame or the Survey names it.

    Raises `InputError` where they belong to several: their waves make no line and no pool.
    """
    if "survey" in by or "survey" not in survey.frame:
        return survey.name
    names = survey.frame.loc[inside, "survey"].dropna().unique().tolist()
    if len(names) > 1:
        raise InputError(
            f"The waves come from {len(names)} surveys ({', '.join(map(str, names))}); choose one "
            "with where=, or name 'survey' in by"
        )
    return str(names[0]) if names else survey.name
