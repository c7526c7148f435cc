"""All questions in brief."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from survey_stats import protect
from survey_stats.labels import Language, heading, word
from survey_stats.report.comparable import coding_note
from survey_stats.report.marks import mark, noted, objects, since, table_notes, verdict_cell
from survey_stats.report.pieces.registry import piece
from survey_stats.report.plan import SURVEYS
from survey_stats.report.sentences import latest_totals, own_level
from survey_stats.report.tables import Column, Table

if TYPE_CHECKING:
    from survey_stats.report.document import Report
    from survey_stats.report.plan import Row


@piece("overview")
def overview(document: Report, _row: Row) -> Table:
    """All questions in one table: the area, the city, the change and its verdict."""
    return overview_of(document)


def overview_of(document: Report) -> Table:
    """The overview of a document."""
    pairs = [(s, q) for q in document.questions for s in document.surveys(q)]
    return overview_table(
        document.figures,
        document.area,
        document.lang,
        document.plan.questions,
        {(s, q): document.caveats(q, s) for s, q in pairs},
        {(s, q): coding_note(document.latest_wave(q, s), q, document.lang) for s, q in pairs},
        document.rule,
    )


def overview_table(
    figures: pd.DataFrame,
    area: str,
    lang: Language = "sv",
    plan: Sequence[str] = (),
    caveats: Mapping[tuple[str, str], Sequence[str]] | None = None,
    codings: Mapping[tuple[str, str], str] | None = None,
    rule: protect.Rule = protect.DEFAULT,
) -> Table:
    """All questions in each survey's latest wave: the district, the city, change and verdict.

    Args:
        figures: the figures of the appendix.
        area: the district.
        lang: the reader's language.
        plan: the questions, in order.
        caveats: survey and question -> what a reader must be told of the change.
        codings: survey and question -> which coding it is told in, where it has several.
        rule: what the notes under the table say about suppression.
    """
    last = latest_totals(figures)
    keys = list(zip(last["survey"], last["question"], strict=True))
    city = latest_totals(figures, "city").set_index(["survey", "question", "wave"])["share"]
    order = {question: i for i, question in enumerate(plan)}
    last = last.assign(
        section=[heading(str(s), lang) for s in last["survey"]],
        label=[heading(str(q), lang) for q in last["question"]],
        city=[
            city.get((s, q, w), pd.NA)
            for s, q, w in zip(last["survey"], last["question"], last["wave"], strict=True)
        ],
        label_footnotes=objects([noted((codings or {}).get(k)) for k in keys], last),
        difference_footnotes=objects([tuple((caveats or {}).get(k, ())) for k in keys], last),
        difference_mark=[mark(f, rule) for f in last["change_flag"]],
        mark=[mark(f, rule) for f in last["flag"]],
        compared=[since(row) for row in last.to_dict("records")],
        judged=[verdict_cell(row, lang, rule) for row in last.to_dict("records")],
        place=[
            SURVEYS.index(s) * 100 + order.get(q, 99)
            for s, q in zip(last["survey"], last["question"], strict=True)
        ],
    ).sort_values("place", kind="stable")
    sv = lang == "sv"
    beside = own_level(figures) == "district"
    whole = f" {'och i' if sv else 'and in'} {word('city', lang)}" if beside else ""
    if sv:
        caption = (
            f"Alla frågor i korthet: andel i {area}{whole} vid den senaste mätningen, och "
            f"förändring i procentenheter{' för området' if beside else ''} sedan mätningen före."
        )
    else:
        caption = (
            f"All questions in brief: share in {area}{whole} in the latest wave, and "
            f"change{' for the district' if beside else ''} in percentage points since the wave "
            "before."
        )
    head = f"{heading('city_column', lang)}, %"
    # a longer word than that of the city takes its room from the questions
    width = 10 if len(head) < 10 else 12
    city_column = [Column("city", head, "percent", width)]
    return Table(
        name="overview",
        caption=caption,
        columns=(
            Column("label", heading("question", lang), "text", 39 - width if beside else 39),
            Column("compared", "År" if sv else "Years", "text", 11),
            Column("share", f"{heading('share', lang)}, %", "percent", 9),
            *(city_column if beside else []),
            Column("difference", heading("change", lang), "change", 20),
            Column("judged", heading("verdict", lang), "text", 21),
        ),
        rows=last.reset_index(drop=True),
        notes=table_notes(last, lang, rule),
        lang=lang,
        title="Översikt" if sv else "Overview",
    )
