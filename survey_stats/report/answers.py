"""All answers of a question, where documents otherwise count yes and no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from survey_stats.errors import InputError
from survey_stats.explain import with_answers
from survey_stats.harmonise import Harmonised

if TYPE_CHECKING:
    from survey_stats.harmonise.codebook.schema import Text
    from survey_stats.report.waves import Wave

PREFIX = "answer_"


def with_all_answers(harmonised: Harmonised) -> pd.DataFrame:
    """The frame of a wave with a column `answer_NAME` for each question with graded answers.

    Its categories are the steps of the scale, the worst last, then the answers that are none ("does
    not go out").
    """
    columns: dict[str, pd.Categorical] = {}
    for question in harmonised.questions:
        if question not in harmonised.codebook.questions:
            continue
        try:
            graded = with_answers(harmonised, question, lonely_psu="certainty")
        except InputError:
            continue
        steps = [str(s) for s in graded.frame[f"{PREFIX}{question}"].cat.categories]
        found = harmonised.lineage.items[question]
        names = [*steps, *(str(n) for n in found.names if n not in steps)]
        place = np.array([*(names.index(str(n)) for n in found.names), -1])
        used = place[found.answer]
        # names of missing values are no answers
        kept = [n for i, n in enumerate(names) if i < len(steps) or (used == i).any()]
        columns[f"{PREFIX}{question}"] = pd.Categorical(
            np.array([*names, None], dtype=object)[used], categories=kept
        )
    return harmonised.frame.assign(**columns)


def scale(wave: Wave, question: str) -> Mapping[str, Text]:
    """The answers of a question in the codebook's words."""
    asked = wave.book.questions[question]
    item = asked.waves.get(wave.year)
    return wave.book.scales[(item.scale if item else None) or asked.scale or ""].answers


def left_out(wave: Wave, question: str) -> set[str]:
    """The answers that are no step of the scale: some coding leaves them out of the base."""
    return {a for c in wave.book.questions[question].codings.values() for a in c.missing}


def steps(wave: Wave, question: str) -> list[str]:
    """The answers that are steps of the scale, the worst last; empty where they have no order."""
    column = f"{PREFIX}{question}"
    if column not in wave.frame:
        return []
    gone = left_out(wave, question)
    return [str(a) for a in wave.frame[column].cat.categories if str(a) not in gone]
