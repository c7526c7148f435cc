"""How the numbers were made: the deliveries, the rules, the versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from survey_stats import __version__, protect
from survey_stats.labels import Language, heading, word
from survey_stats.report import notes, show
from survey_stats.report.marks import mark, mark_notes
from survey_stats.report.pieces.registry import piece
from survey_stats.report.plan import CITY
from survey_stats.report.sentences import joined
from survey_stats.report.tables import Column, Table
from survey_stats.report.waves import Wave

if TYPE_CHECKING:
    from survey_stats.report.document import Report
    from survey_stats.report.plan import Row
    from survey_stats.report.show import Markdown


@piece("waves")
def waves(document: Report, _row: Row) -> Table:
    """The deliveries that the numbers rest on: who was asked, how, and how many answered."""
    return waves_table(document.waves, document.area, document.lang, document.rule)


@piece("method", workbook=False)
def method(document: Report, _row: Row) -> Markdown:
    """The rules that depend on the document's own counts: comparisons, suppression."""
    return show.bullets(notes.method(document.figures, document.rule, document.lang))


@piece("versions", workbook=False)
def versions(document: Report, _row: Row) -> Markdown:
    """What the document was made from, so that it can be made again."""
    return show.prose([notes.versions(__version__, document.data_version, document.parameters)])


_MODES = {
    "post": ("post", "post"),
    "web": ("webb", "web"),
    "classroom": ("i klassrummet", "in the classroom"),
}


def waves_table(
    waves: Sequence[Wave],
    area: str,
    lang: Language = "sv",
    rule: protect.Rule = protect.DEFAULT,
) -> Table:
    """Which waves the numbers rest on: who was asked, how, and how many answered.

    The number from the area goes by the rule like any other base.
    """
    sv = lang == "sv"
    rows = []
    for wave in waves:
        facts = wave.book.wave(wave.year).facts
        column = "municipality" if area == CITY else "district"
        here = int((wave.frame[column] == area).sum())
        few = 0 < here < rule.minimum_base
        rows.append(
            {
                "section": heading(wave.survey, lang),
                "label": str(wave.year),
                "who": _who(wave, lang),
                "mode": _mode(facts.mode, lang),
                "answers": protect.rounded_base(len(wave.frame), rule),
                "here": pd.NA if few else protect.rounded_base(here, rule),
                "here_mark": mark(rule.small(here)[0], rule) if few else "",
            }
        )
    caption = (
        f"Mätningarna som bilagan bygger på, och hur många som har svarat i {area}."
        if sv
        else f"The waves that the appendix rests on, and how many answered in {area}."
    )
    return Table(
        name="waves",
        caption=caption,
        columns=(
            Column("label", heading("wave", lang), "text", 12),
            Column("who", "Vilka frågades" if sv else "Who was asked", "text", 38),
            Column("mode", "Hur" if sv else "How", "text", 20),
            Column("answers", "Svar, alla" if sv else "Answers, all", "count", 14),
            Column("here", "Svar, området" if sv else "Answers, area", "count", 16),
        ),
        rows=pd.DataFrame(rows),
        notes=tuple(mark_notes({str(r["here_mark"]) for r in rows}, rule, lang)),
        lang=lang,
        title="Mätningar" if sv else "Waves",
    )


def _who(wave: Wave, lang: Language) -> str:
    facts = wave.book.wave(wave.year).facts
    sv = lang == "sv"
    if facts.population == "pupils":
        years = joined([word(y, lang) for y in facts.school_years], lang)
        text = f"elever i {years}" if sv and years else ("elever" if sv else f"pupils in {years}")
    else:
        text = "boende" if sv else "residents"
        low, high = facts.ages or (None, None)
        if low is not None:
            upper = f"–{high}" if high is not None else (" och äldre" if sv else " and older")
            text += f" {low}{upper}" + (" år" if sv and high is not None else "")
    if facts.areas:
        text += (", bara i " if sv else ", only in ") + joined(list(facts.areas), lang)
    return text


def _mode(mode: object, lang: Language) -> str:
    if not isinstance(mode, tuple) or not mode:
        return "okänt" if lang == "sv" else "unknown"
    words = [_MODES.get(m, (m, m))[0 if lang == "sv" else 1] for m in mode]
    return joined(words, lang)
