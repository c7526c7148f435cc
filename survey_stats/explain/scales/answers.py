"""The answers behind the yes/no columns of a harmonised wave, as items with all their steps.

The common vocabulary counts each question as yes or no. An index over answers of four or five steps
tells much more than one over yes and no, so here they are taken back from what the columns were
made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate import Survey
from survey_stats.estimate.design import LonelyRule, as_names
from survey_stats.harmonise import Harmonised
from survey_stats.labels import Language, word

if TYPE_CHECKING:
    from survey_stats.harmonise.codebook.schema import Question

PREFIX = "answer_"


def question_of(item: str) -> str:
    """The harmonised question that an item is about.

    >>> question_of("answer_worry_robbery"), question_of("worry_robbery")
    ('worry_robbery', 'worry_robbery')
    """
    return str(item).removeprefix(PREFIX)


def item_word(item: str, lang: Language) -> str:
    """The reader's word for an item."""
    return word(question_of(item), lang)


def with_answers(
    harmonised: Harmonised, questions: str | Sequence[str], *, lonely_psu: LonelyRule = "error"
) -> Survey:
    """The survey of a wave with the answers to `questions` as ordered categories.

    The column `answer_NAME` holds the codebook's answers of the question NAME in order, the worst
    last, whatever codes the wave used. An answer that some coding of the question leaves out of the
    base ("does not go out") is no step of the scale and is missing.

    Raises
    ------
    UnknownNameError: the wave does not ask the question
    InputError: answers without an order (yes and no, whose column is an item as it is), or a
        question that is made of others

    Example: `scale(with_answers(wave, ["worry_robbery", "worry_burglary"]),
    ["answer_worry_robbery", "answer_worry_burglary"], name="worry")`.
    """
    if not isinstance(harmonised, Harmonised):
        raise InputError(
            f"with_answers takes a harmonised wave, not {type(harmonised).__name__}; see "
            "ss.harmonise"
        )
    columns = {}
    for name in as_names(questions):
        if name not in harmonised.questions or name not in harmonised.codebook.questions:
            where = f"{harmonised.codebook.survey} {harmonised.wave}"
            known = [q for q in harmonised.questions if q in harmonised.codebook.questions]
            raise UnknownNameError("question", name, known, where)
        steps = _steps(harmonised, name, harmonised.codebook.questions[name])
        found = harmonised.lineage.items[name]
        place = np.array([*(steps.index(n) if n in steps else -1 for n in found.names), -1])
        dtype = pd.CategoricalDtype(steps, ordered=True)
        columns[PREFIX + name] = pd.Categorical.from_codes(place[found.answer], dtype=dtype)
    return harmonised.survey(lonely_psu=lonely_psu).assign(**columns)


def _steps(harmonised: Harmonised, name: str, question: Question) -> list[str]:
    """The answers that are steps, the worst last."""
    item = question.waves.get(harmonised.wave)
    scale_name = (item.scale if item else None) or question.scale
    scale = harmonised.codebook.scales[scale_name] if scale_name else None
    if scale is None or scale.order == "none" or name not in harmonised.lineage.items:
        raise InputError(
            f"The answers to {name!r} have no order, or it is made of other questions; use its "
            "yes/no column as an item"
        )
    left_out = {a for coding in question.codings.values() for a in coding.missing}
    steps = [a for a in scale.answers if a not in left_out]
    return steps if scale.order == "best_first" else steps[::-1]
