"""What stands on the one page: which figures, and the verdict of every question and survey."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd

from survey_stats.labels import Language, word
from survey_stats.report.comparable import NOT_COMPARABLE
from survey_stats.report.plan import SURVEYS
from survey_stats.report.sentences import latest_totals

HEADLINES = ("unsafe_evening", "worry_crime_monthly", "victim_any_crime")
"""The questions that every summary opens with, so that one year can be laid beside the next."""
MOST, FEWEST = 5, 3

Mark = Literal["up", "down", "same", "open", "not comparable", "hidden", "first", "not asked"]
_OF_VERDICT: dict[str, Mark] = {
    "significant increase": "up",
    "significant decrease": "down",
    "unchanged": "same",
}


def main_rows(figures: pd.DataFrame, questions: Sequence[str], most: int = MOST) -> pd.DataFrame:
    """The main figures: latest totals of the area, one row a question, in the order of the plan.

    The headline questions come first; the room that is left goes to questions that changed for
    certain, the largest change first, and then to those that differ most from the rest of the
    city. All are told in one survey, so that rows can be compared with each other: the first that
    has `FEWEST` shares to show, else each question in the first survey that asks it. A question
    whose share is hidden is passed over.

    Args:
        figures: the figures of the appendix.
        questions: those of the plan, in order.
        most: at most so many rows.
    """
    rows = latest_totals(figures)
    rows = rows[rows["share"].notna()]
    order = {survey: i for i, survey in enumerate(SURVEYS)}
    rows = rows.sort_values("survey", key=lambda c: c.map(order), kind="stable")
    enough = [s for s in SURVEYS if (rows["survey"] == s).sum() >= FEWEST]
    if enough:
        rows = rows[rows["survey"] == enough[0]]
    rows = rows.drop_duplicates("question").set_index("question", drop=False)
    asked = [q for q in questions if q in rows.index]
    sure = rows[rows["verdict"].str.startswith("significant")]
    apart = rows[rows["rest_verdict"].isin(["higher", "lower"])]
    wanted = [
        *(q for q in HEADLINES if q in rows.index),
        *_largest(sure, "difference"),
        *_largest(apart, "rest_difference"),
        *asked,
    ]
    kept = set(list(dict.fromkeys(wanted))[:most])
    return rows.loc[[q for q in asked if q in kept]].reset_index(drop=True)


def _largest(rows: pd.DataFrame, column: str) -> list[str]:
    return [str(q) for q in rows.sort_values(column, key=abs, ascending=False)["question"]]


def mark(row: dict[Any, Any]) -> Mark:
    """What became of a question in one survey since the wave before.

    >>> mark({"flag": "", "previous_wave": 2020, "change_flag": "", "difference": 0.1,
    ...       "verdict": "significant increase", "share": 0.3})
    'up'
    """
    if pd.isna(row["share"]):
        return "hidden"
    if pd.isna(row["previous_wave"]):
        return "first"
    if row["change_flag"] == NOT_COMPARABLE:
        return "not comparable"
    if pd.isna(row["difference"]):
        return "hidden"
    return _OF_VERDICT.get(str(row["verdict"]), "open")


def strip(figures: pd.DataFrame, questions: Sequence[str]) -> pd.DataFrame:
    """The verdict of every question in every survey: a row a question, a column a survey.

    Only surveys that asked something in the district have a column; the cells are `Mark`s.
    """
    rows = latest_totals(figures)
    marks = {(r["question"], r["survey"]): mark(r) for r in rows.to_dict("records")}
    asked = [q for q in questions if q in set(rows["question"])]
    surveys = [s for s in SURVEYS if s in set(rows["survey"])]
    cells = [[marks.get((q, s), "not asked") for s in surveys] for q in asked]
    return pd.DataFrame(cells, index=pd.Index(asked, name="question"), columns=surveys)


# mark -> (sign, its name in `labels`)
_SIGNS: dict[Mark, tuple[str, str]] = {
    "up": ("▲", "significant increase"),
    "down": ("▼", "significant decrease"),
    "same": ("■", "unchanged"),
    "open": ("○", "cannot be decided"),
    "not comparable": ("≠", "not comparable"),
    "hidden": ("..", "not_shown"),
    "first": ("•", "no_earlier_wave"),
    "not asked": ("–", "not_asked"),
}


def sign(of: str) -> str:
    """The sign of a mark, by which one finds it at a glance and without colours."""
    return _SIGNS[of][0]  # type: ignore[index]


def told(of: str, lang: Language = "sv") -> str:
    """A mark in words.

    >>> told("open"), told("up", "en")
    ('kan inte avgöras', 'significant increase')
    """
    return word(_SIGNS[of][1], lang)  # type: ignore[index]
