"""The neighbourhoods of an area, with what a model makes of few answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from survey_stats.errors import InputError
from survey_stats.explain import small_areas as fitted
from survey_stats.explain.small_areas import PublishRule
from survey_stats.labels import Language, word
from survey_stats.protect.rounding import rounded_base, upwards
from survey_stats.report import charts, show
from survey_stats.report.pieces.registry import piece
from survey_stats.report.plan import CITY

if TYPE_CHECKING:
    from survey_stats.explain.small_areas import Publication
    from survey_stats.protect import Rule
    from survey_stats.report.charts import Chart
    from survey_stats.report.document import Report
    from survey_stats.report.plan import Row
    from survey_stats.report.show import Markdown
    from survey_stats.report.waves import Wave

_HOW: dict[Language, str] = {
    "sv": "Där egna svar räcker är andelen områdets egen; annars lånar en modell styrka från "
    "de andra områdena, eller så visas ingenting.",
    "en": "Where an area's own answers suffice the share is its own; else a model borrows strength "
    "from the other areas, or nothing is shown.",
}
_NONE: dict[Language, str] = {
    "sv": "Det finns för få områden eller svar för en modell av {question} i {survey}.",
    "en": "There are too few areas or answers for a model of {question} in {survey}.",
}


@piece("small_areas", about="question", workbook=False)
def small_areas(document: Report, row: Row) -> Iterator[Chart | Markdown]:
    """What may be published of each part of the area in a survey's latest wave: neighbourhoods, or
    the districts of the city, by their own answers or by a model of all parts of the city.

    The first of the row's surveys that tells neighbourhoods is shown. A share that the document
    hides is shown by the model or not at all.
    """
    lang = document.lang
    column = "district" if document.whole_city else "neighbourhood"
    for survey in document.surveys_of(row):
        wave = document.latest_wave(row.question, survey)
        if wave.frame[column].notna().sum() == 0:
            continue
        made = _published(document, wave, row.question, column)
        choose = [] if made is None else _shown(document, made, wave, row.question, column)
        if made is None or not choose:
            told = {"question": word(row.question, lang), "survey": word(survey, lang)}
            yield show.prose([_NONE[lang].format(**told)])
            return
        yield show.prose([_HOW[lang]])
        name = f"small-areas-{row.question}".replace("_", "-")
        yield charts.caterpillar_chart(made, name, lang, choose=choose)
        return


def _published(document: Report, wave: Wave, question: str, column: str) -> Publication | None:
    frame = wave.frame.copy(deep=False)
    frame.attrs = {**frame.attrs, "synthetic": wave.synthetic}
    inside = (frame["municipality"] == CITY).fillna(False).astype(bool)
    direct = wave.design(frame).share(question, by=column, where=inside)
    try:
        made = fitted(direct).publish(rule=PublishRule(document.rule.name, document.rule))
    except InputError:
        return None
    return _rounded(made, document.rule)


def _rounded(made: Publication, rule: Rule) -> Publication:
    """The numbers as a rule rounds them: intervals to whole steps around the rounded share."""
    if rule.rounding is None:
        return made
    n = [pd.NA if pd.isna(v) else rounded_base(int(v), rule) for v in made.n]
    made = replace(made, n=pd.array(n, dtype="Int64"))
    step = rule.rounding.share
    if step is None:
        return made
    share = np.round(np.round(made.estimate / step) * step, 10)
    low = np.maximum(share - upwards(made.estimate - made.ci_low, step), 0.0)
    high = np.minimum(share + upwards(made.ci_high - made.estimate, step), 1.0)
    return replace(made, estimate=share, ci_low=low, ci_high=high)


def _shown(
    document: Report, made: Publication, wave: Wave, question: str, column: str
) -> list[object]:
    """The parts of the area, less those whose own share the document hides."""
    f = document.figures
    own = f[
        (f["question"] == question)
        & (f["survey"] == wave.survey)
        & (f["wave"] == wave.year)
        & (f["group"] == column)
        & f["default_coding"]
    ]
    hidden = dict(zip(own["value"].astype(str), own["share"].isna(), strict=True))
    inside = set(hidden) or _parts(document, wave, column)
    return [
        area
        for area, source, value in zip(made.areas, made.source, made.estimate, strict=True)
        if str(area) in inside
        and not (np.isfinite(value) and source != "model" and hidden.get(str(area), True))
    ]


def _parts(document: Report, wave: Wave, column: str) -> set[str]:
    """The parts by the delivery, where the plan has no such group."""
    frame = wave.frame
    rows = frame if document.whole_city else frame[frame["district"] == document.area]
    return {str(v) for v in rows[column].dropna().unique()}
