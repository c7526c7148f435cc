"""The audit of the published documents about the area."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from survey_stats.audit import Finding
from survey_stats.labels import Language, heading
from survey_stats.report import notes, show
from survey_stats.report.audited import words
from survey_stats.report.evidence import documents
from survey_stats.report.pieces.registry import piece
from survey_stats.report.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from survey_stats.report.document import Report
    from survey_stats.report.plan import Row
    from survey_stats.report.show import Markdown


@piece("audit")
def audit(document: Report, _row: Row) -> Iterator[Markdown | Table]:
    """The statements of published documents about the area, recomputed; or that there are none."""
    told, own = document.parameters, document.own_findings
    yield show.prose([notes.audit_scope(told.area, told.year, bool(own), told.lang)])
    subjects = document.subjects
    for source in dict.fromkeys(f.source for f in own):
        yield audit_table([f for f in own if f.source == source], subjects, told.lang)


def audit_table(
    findings: Sequence[Finding], subjects: Mapping[str, str], lang: Language = "sv"
) -> Table:
    """The statements of one published document, recomputed.

    Args:
        findings: what the audit found about it.
        subjects: the statements in the reader's language, by id.
        lang: the reader's language.
    """
    sv = lang == "sv"
    source = findings[0].source if findings else ""
    rows = [
        {
            "label": subjects.get(f.id, f.subject),
            "stated": words.stated(f, lang),
            "recomputed": words.recomputed(f, lang),
            "verdict": heading(f.verdict, lang),
            "reason": f.reason_sv if sv else f.reason,
        }
        for f in findings
    ]
    caption = (
        f"{_title(source)}: vad dokumentet anger, vad en omräkning ger, om det stämmer och varför."
        if sv
        else f"{_title(source)}: what the document states, what recomputing gives, whether "
        "it holds and why."
    )
    return Table(
        name=f"audit-{source}",
        caption=caption,
        columns=(
            Column("label", heading("claim", lang), "text", 19),
            Column("stated", heading("stated", lang), "text", 11),
            Column("recomputed", heading("recomputed", lang), "text", 11),
            Column("verdict", heading("verdict", lang), "text", 16),
            Column("reason", heading("reason", lang), "text", 43),
        ),
        rows=pd.DataFrame(rows),
        lang=lang,
        title=f"{'Granskning' if sv else 'Audit'} {_short(source)}",
    )


def _short(source: str) -> str:
    """Two words for the tab of a workbook."""
    told = documents().get(source)
    if told is None:
        return source
    kind = "åtgärdsplan" if told.title.startswith("Åtgärdsplan") else "lägesbild"
    return f"{kind} {told.year}"


def _title(source: str) -> str:
    told = documents().get(source)
    return source if told is None else told.title
