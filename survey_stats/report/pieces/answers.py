"""All answers of a question, where the documents otherwise count yes and no."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from survey_stats.labels import Language, heading, word
from survey_stats.report import charts, show
from survey_stats.report.answers import PREFIX, left_out, steps
from survey_stats.report.answers import scale as told_scale
from survey_stats.report.pieces.registry import piece
from survey_stats.report.plan import CITY
from survey_stats.report.published import answers_shown

if TYPE_CHECKING:
    from survey_stats.report.charts import Chart
    from survey_stats.report.document import Report
    from survey_stats.report.plan import Row
    from survey_stats.report.show import Markdown
    from survey_stats.report.waves import Wave

_PLACE = "compared_area"
_YES_AND_NO: dict[Language, str] = {
    "sv": "Frågan har inga graderade svar i {survey}: den räknas bara som ja eller nej.",
    "en": "The question has no graded answers in {survey}: it is counted as yes or no only.",
}


@piece("distribution", about="question", workbook=False)
def distribution(document: Report, row: Row) -> Iterator[Chart | Markdown]:
    """All answers of a question in each survey's latest wave, with the base: the area, and the
    whole city where `compare` has it.

    Answers that the common vocabulary has no order for are not drawn, and that is said.
    """
    lang = document.lang
    for survey in document.surveys_of(row):
        if pd.isna(document.latest[survey, row.question]["share"]):
            continue
        wave = document.latest_wave(row.question, survey)
        frame = _answers(document, wave, row.question, "city" in row.compare)
        name = f"answers-{row.question}-{survey}".replace("_", "-")
        if frame is None:
            text = _YES_AND_NO[lang].format(survey=word(survey, lang))
            yield show.prose([text])
            continue
        if frame["estimate"].notna().any():
            caption = (
                f"{heading(row.question, lang)}: alla svar enligt {word(survey, lang)} {wave.year},"
                " med bas (antal svarande)."
                if lang == "sv"
                else f"{heading(row.question, lang)}: all answers of {word(survey, lang)} "
                f"{wave.year}, with base (number of answers)."
            )
            made = charts.distribution_chart(frame, name, lang, caption=caption)
            yield replace(made, notes=(*made.notes, *_left_out(wave, row.question, lang)))


def _answers(document: Report, wave: Wave, question: str, beside: bool) -> pd.DataFrame | None:
    """Shares of all answers as they may be shown beside everything else that documents print, a
    row a place and answer; None without an order."""
    scale = steps(wave, question)
    if not scale:
        return None
    column = f"{PREFIX}{question}"
    frame = wave.frame.copy(deep=False)
    frame[column] = frame[column].cat.set_categories(scale)
    frame.attrs = {**frame.attrs, "synthetic": wave.synthetic}
    survey = wave.design(frame)
    places = [document.area, *([CITY] if beside and not document.whole_city else [])]
    parts = []
    for place in places:
        at = "municipality" if place == CITY else "district"
        inside = (frame[at] == place).fillna(False).astype(bool)
        made = survey.share(column, where=inside).to_frame()
        named = {"district": "" if place == CITY else place, _PLACE: _place(place, document.lang)}
        parts.append(made.assign(**named))
    out = pd.concat(parts, ignore_index=True)
    attrs = {**parts[0].attrs, "question": (column,), "by": (_PLACE,), "where": ""}
    shown = answers_shown(out, document.judged(question), wave, question, document.rule)
    shown = shown[[_PLACE, *(c for c in shown.columns if c not in (_PLACE, "district"))]]
    shown.attrs = attrs
    words = told_scale(wave, question)
    return shown.assign(level=[getattr(words[str(v)], document.lang) for v in shown["level"]])


def _left_out(wave: Wave, question: str, lang: Language) -> list[str]:
    """That some answers are no step of the scale."""
    missing = left_out(wave, question)
    known = told_scale(wave, question)
    named = [f"”{getattr(known[a], lang)}”" for a in known if a in missing]
    if not named:
        return []
    start = (
        "Svar som inte är steg på skalan är inte med"
        if lang == "sv"
        else ("Answers that are no step of the scale are left out")
    )
    return [f"{start}: {', '.join(named)}."]


def _place(place: str, lang: Language) -> str:
    return heading("city", lang) if place == CITY else place
