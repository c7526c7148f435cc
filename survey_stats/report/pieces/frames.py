"""The figures of a document in the shape of results, which the charts take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from survey_stats.report.pieces.question_table import swedish_key
from survey_stats.report.plan import GROUP_VALUES
from survey_stats.report.sentences import own_level

if TYPE_CHECKING:
    from survey_stats.report.document import Report

_SHARE = {"share": "estimate"}
_NUMBERS = ("se", "ci_low", "ci_high", "df", "n", "n_effective", "deff", "flag")
_CHANGE = {
    "difference": "difference",
    "difference_low": "ci_low",
    "difference_high": "ci_high",
    "verdict": "verdict",
    "change_flag": "flag",
}
LEVEL = 0.95
MARGIN = 0.03


def shares(document: Report, question: str, survey: str, group: str) -> pd.DataFrame:
    """Shares of the groups of the area in a survey's latest wave, as `Estimates.to_frame()`.

    Empty where the survey does not have the group.
    """
    rows = _rows(document, [question], survey, group)
    rows = rows[rows["wave"] == document.latest_wave(question, survey).year]
    rows = _in_order(rows, group)
    out = rows.rename(columns=_SHARE | {"value": group})[[group, "estimate", *_NUMBERS]]
    out = out.reset_index(drop=True)
    out.attrs = {
        "question": [question],
        "survey": survey,
        "wave": document.latest_wave(question, survey).year,
        "level": LEVEL,
        "synthetic": document.synthetic,
    }
    return out


def changes(document: Report, questions: Sequence[str], survey: str, group: str) -> pd.DataFrame:
    """Changes of the groups of the area since the wave before, as `Changes.to_frame()`.

    Empty where there is no earlier wave that can be compared.
    """
    rows = _rows(document, questions, survey, group)
    last = rows[rows["previous_wave"].notna()]
    keys = ["question", "value"]
    before = rows[[*keys, "wave", "share", "n"]].rename(
        columns={"wave": "previous_wave", "share": "before", "n": "n_before"}
    )
    made = last.merge(before, on=[*keys, "previous_wave"], how="left", sort=False)
    made = made.drop(columns=["ci_low", "ci_high", "flag"])
    made = made.rename(columns=_CHANGE | {"share": "after", "n": "n_after", "value": group})
    hidden = made["difference"].isna()
    made[["before", "after"]] = made[["before", "after"]].mask(hidden)
    columns = [group, "question", "before", "after", "difference", "ci_low", "ci_high", "verdict"]
    out = _in_order(made, group)[[*columns, "n_before", "n_after", "flag"]].reset_index(drop=True)
    first, year = (last[c].dropna().astype(int) for c in ("previous_wave", "wave"))
    tests = last["comparisons"].max()
    out.attrs = {
        "question": list(dict.fromkeys(out["question"])),
        "statistic": "share",
        "before": f"{survey} {min(first, default=0)}",
        "after": f"{survey} {max(year, default=0)}",
        "family_size": 1 if pd.isna(tests) else int(tests),
        "adjust": "holm",
        "level": LEVEL,
        "margin": MARGIN,
        "synthetic": document.synthetic,
    }
    return out


def _rows(document: Report, questions: Sequence[str], survey: str, group: str) -> pd.DataFrame:
    figures = document.figures
    return figures[
        (figures["area_level"] == own_level(figures))
        & (figures["survey"] == survey)
        & (figures["group"] == group)
        & figures["question"].isin(list(questions))
        & figures["default_coding"]
    ]


def _in_order(rows: pd.DataFrame, group: str) -> pd.DataFrame:
    """The groups as a reader meets them; questions in the order in which they came."""
    column = "value" if "value" in rows else group
    values = [str(v) for v in rows[column]]
    known = list(GROUP_VALUES.get(group, ())) or sorted(set(values), key=swedish_key)
    asked = list(dict.fromkeys(rows["question"]))
    place = [
        (known.index(v) if v in known else len(known), asked.index(q))
        for v, q in zip(values, rows["question"], strict=True)
    ]
    return rows.iloc[sorted(range(len(rows)), key=place.__getitem__)]
