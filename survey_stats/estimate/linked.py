"""Two surveys that share units, each on the design of both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from survey_stats.errors import DesignError
from survey_stats.estimate.columns import Bools
from survey_stats.estimate.design import Design
from survey_stats.estimate.join import SharedUnits, join
from survey_stats.estimate.survey import Survey


def linked(
    surveys: Sequence[Survey],
    shared: SharedUnits,
    *,
    respondent: str | None = None,
    columns: Sequence[str] = (),
) -> list[tuple[Survey, Bools]]:
    """Each survey on the design of all of them, and which of its rows are its own.

    The rows of the others hold copies of its first one, so that its `columns` keep their types
    and levels; they must be outside every domain. Raises as `join`, and `DesignError` where two
    surveys have no unit in common.

    >>> old = Survey(pd.DataFrame({"yes": [1, 0, 1], "area": list("abc")}), clusters="area")
    >>> new = Survey(pd.DataFrame({"yes": [1, 1], "area": list("ab")}), clusters="area")
    >>> (one, own), (other, _) = linked([old, new], "psu", columns=["yes"])
    >>> one.design is other.design, own.tolist()
    (True, [True, True, True, False, False])
    """
    design = join(
        [_slim(s, respondent) for s in surveys],
        shared,
        respondent=respondent,
        wave=_free_name(surveys),
    ).design
    sizes = [len(s) for s in surveys]
    owner = np.repeat(np.arange(len(surveys)), sizes)
    for i in range(1, len(surveys)):
        if not share_units(design, owner < i, owner == i):
            raise DesignError(
                f"shared={shared!r}, but the surveys have no such unit in common; look whether "
                "their ids and strata are coded alike, or leave shared= out"
            )
    found = []
    for i, survey in enumerate(surveys):
        known = all(c in survey.frame.columns for c in columns)
        frame = survey.frame[list(dict.fromkeys(columns))] if known else survey.frame
        rows = np.zeros(owner.size, dtype=np.intp)
        rows[owner == i] = np.arange(sizes[i])
        twin = object.__new__(Survey)
        twin._set(
            frame.take(rows).reset_index(drop=True),
            design,
            survey.name,
            survey.wave,
            survey.codings,
        )
        found.append((twin, owner == i))
    return found


def share_units(design: Design, one: Bools, other: Bools) -> bool:
    """Whether a first-stage unit has rows of both domains (n,)."""
    unit = design.stages[0].unit
    if unit is None:
        return bool((one & other).any())
    held = np.zeros((2, design.stages[0].n_units), dtype=bool)
    held[0, unit[one]] = held[1, unit[other]] = True
    return bool(held.all(axis=0).any())


def _slim(survey: Survey, respondent: str | None) -> Survey:
    """The survey with no other columns than those of its design, and no questions."""
    if respondent is not None and respondent not in survey.frame.columns:
        return survey
    names = [*survey.design.declared.columns, *([respondent] if respondent else [])]
    slim = object.__new__(Survey)
    frame = survey.frame[list(dict.fromkeys(names))]
    slim._set(frame, survey.design, survey.name, survey.wave)
    return slim


def _twin(survey: Survey, frame: pd.DataFrame, design: Design) -> Survey:
    restore, (_, _, *told) = survey.__reduce__()
    twin: Survey = restore(frame, design, *told)
    return twin


def _free_name(surveys: Sequence[Survey]) -> str:
    name = "wave"
    while any(name in s.frame.columns for s in surveys):
        name = f"_{name}"
    return name
