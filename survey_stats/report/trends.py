"""Lines through the waves of each question, where three or more can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from survey_stats.compare import adjust_p, contrast, trend
from survey_stats.compare.scales import alike
from survey_stats.estimate import join
from survey_stats.protect import DEFAULT, Rule
from survey_stats.report.plan import CITY, Item
from survey_stats.report.rounding import rounded_slopes
from survey_stats.report.schema import part
from survey_stats.report.waves import Wave

LEVEL = 0.95
MARGIN = 0.03
"""A line that moves by less than this from its first wave to its last is none, if shown to."""
LEAST = 3
"""Fewer waves have no line; two are a change."""
_FROM = {
    "first": "trend_first",
    "waves": "trend_waves",
    "estimate": "trend_slope",
    "se": "_se",
    "df": "_df",
    "ci_low": "trend_low",
    "ci_high": "trend_high",
    "p_value": "trend_p_value",
    "p_nonlinear": "trend_p_nonlinear",
}
# what the design of a wave needs besides the questions
_DESIGN = ("wave", "weight", "stratum", "psu", "district", "municipality")


def with_trends(
    figures: pd.DataFrame,
    waves: Sequence[Wave],
    area: str,
    items: Sequence[Item],
    rule: Rule = DEFAULT,
) -> pd.DataFrame:
    """The figures with the trend of each question of the area, in its latest total row.

    A line goes through the waves that the codebooks call comparable, up to the latest; it is given
    where there are three or more and every one of their shares may be shown. The verdicts of all
    lines of the area are one family (Holm).

    Args:
        figures: shares by wave, after the rule.
        waves: harmonised waves.
        area: a district, or the whole city.
        items: the questions.
        rule: by which the shares are rounded; the lines then go through the rounded ones.
    """
    level = "city" if area == CITY else "district"
    own = figures[
        (figures["area_level"] == level) & (figures["group"] == "all") & figures["default_coding"]
    ]
    rows: list[dict[str, Any]] = []
    for survey in dict.fromkeys(own["survey"]):
        of_survey = own[own["survey"] == survey]
        shown = of_survey[of_survey["share"].notna()]
        hidden = set(of_survey.loc[of_survey["share"].isna(), "question"])
        by_question = shown.groupby("question")["wave"].apply(lambda w: tuple(sorted(set(w))))
        for years in dict.fromkeys(by_question):
            asked = [
                i.question
                for i in items
                if by_question.get(i.question) == years and i.question not in hidden
            ]
            if len(years) >= LEAST and asked:
                known = {w.year: w for w in waves if w.survey == survey}
                rows += _lines([known[int(y)] for y in years], area, asked)
    if not rows:
        return figures
    told = pd.DataFrame(rows)
    told = _judged(told)
    told = told.assign(area_level=level, group="all", default_coding=True)
    keys = ["survey", "wave", "question", "area_level", "group", "default_coding"]
    bare = figures.drop(columns=[c for c in part("trend") if c in figures])
    return rounded_slopes(bare.merge(told, on=keys, how="left", sort=False), rule)


def _judged(lines: pd.DataFrame) -> pd.DataFrame:
    """The lines with p-values adjusted over all of them, and the verdicts that follow."""
    slope, se, df = (lines[c].to_numpy(float) for c in ("trend_slope", "_se", "_df"))
    span = (lines["wave"] - lines["trend_first"]).to_numpy(float)
    # two one-sided tests that the line rises and falls by less than the margin from end to end
    room = (MARGIN - np.abs(slope) * span) / (se * span)
    adjusted = adjust_p(lines["trend_p_value"].to_numpy(float))
    same = adjust_p(special.stdtr(df, -room))
    return lines.drop(columns=["_se", "_df"]).assign(
        trend_p_adjusted=adjusted,
        trend_p_nonlinear=adjust_p(lines["trend_p_nonlinear"].to_numpy(float)),
        trend_verdict=contrast.verdicts(slope, adjusted, same, round(1 - LEVEL, 12)),
    )


def _lines(waves: Sequence[Wave], area: str, questions: Sequence[str]) -> list[dict[str, Any]]:
    """The line of each question that ends in the last of the waves."""
    frames = [w.frame[[*_DESIGN, *questions]] for w in waves]
    weights = [f["weight"].to_numpy(np.float64) for f in frames]
    if not alike(weights):
        # a wave counts in the line by the sum of its weights; here each stands for the same people
        frames = [f.assign(weight=w / w.sum()) for f, w in zip(frames, weights, strict=True)]
    designs = [w.design(f) for w, f in zip(waves, frames, strict=True)]
    column = "municipality" if area == CITY else "district"

    def here(frame: pd.DataFrame) -> pd.Series[bool]:
        return (frame[column] == area).fillna(False).astype(bool)

    made = trend(join(designs), questions, where=here, adjust="none", level=LEVEL).to_frame()
    if "question" not in made:
        made.insert(0, "question", questions[0])
    last = waves[-1]
    kept = made[(made["last"] == last.year) & (made["waves"] >= LEAST)]
    kept = kept[np.isfinite(kept["p_value"].to_numpy(float))]
    return [
        {"survey": last.survey, "wave": last.year, "question": row["question"]}
        | {name: row[old] for old, name in _FROM.items()}
        for row in kept.to_dict("records")
    ]
