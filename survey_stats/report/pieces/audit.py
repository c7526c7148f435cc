"""The audit of the published documents about the area."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from survey_stats.audit import Finding, stated_text
from survey_stats.labels import Language, heading, number
from survey_stats.report import notes, show
from survey_stats.report.evidence import DOCUMENTS
from survey_stats.report.pieces.registry import piece
from survey_stats.report.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from survey_stats.report.document import Report
    from survey_stats.report.plan import Row
    from survey_stats.report.show import Markdown


_DECIMALS = {"percent_change": 1, "percent_share": 1, "ratio": 2}


_STATED = {
    "small increase": ("liten ökning", "small increase"),
    "small decrease": ("liten minskning", "small decrease"),
    "increase": ("ökning", "increase"),
    "decrease": ("minskning", "decrease"),
    "above": ("över", "above"),
    "": ("stämmer", "adds up"),
}


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
            "stated": _stated(f.stated, lang),
            "recomputed": _recomputed(f, lang),
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
            Column("label", heading("claim", lang), "text", 22),
            Column("stated", heading("stated", lang), "text", 10),
            Column("recomputed", heading("recomputed", lang), "text", 12),
            Column("verdict", heading("verdict", lang), "text", 16),
            Column("reason", heading("reason", lang), "text", 40),
        ),
        rows=pd.DataFrame(rows),
        lang=lang,
        title=f"{'Granskning' if sv else 'Audit'} {_short(source)}",
    )


def _short(source: str) -> str:
    """Two words for the tab of a workbook."""
    told = DOCUMENTS.get(source)
    if told is None:
        return source
    kind = "åtgärdsplan" if told.title.startswith("Åtgärdsplan") else "lägesbild"
    return f"{kind} {told.year}"


def _title(source: str) -> str:
    told = DOCUMENTS.get(source)
    return source if told is None else told.title


def _stated(text: str, lang: Language) -> str:
    if text in _STATED:
        return _STATED[text][0 if lang == "sv" else 1]
    return stated_text(text, lang)


def _recomputed(finding: Finding, lang: Language) -> str:
    value = finding.recomputed
    if value is None:
        return "–"
    change = finding.kind in {"percent_change", "difference", "share_change", "direction"}
    decimals = _DECIMALS.get(finding.kind, 0 if float(value).is_integer() else 1)
    return number(value, decimals, lang, sign=change)
