"""How much the choice of coding moves a question."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from survey_stats import protect
from survey_stats.labels import Language, heading
from survey_stats.report import notes, show
from survey_stats.report.comparable import coding_titles
from survey_stats.report.marks import mark, table_notes
from survey_stats.report.pieces.registry import piece
from survey_stats.report.plan import SURVEYS
from survey_stats.report.sentences import own_level
from survey_stats.report.tables import Column, Table

if TYPE_CHECKING:
    from survey_stats.report.document import Report
    from survey_stats.report.plan import Row
    from survey_stats.report.show import Markdown


@piece("codings", about="question")
def codings(document: Report, row: Row) -> Iterator[Table | Markdown]:
    """How far the rival codings of a question move it, in each survey's latest wave."""
    titles = coding_titles(row.question, document.waves, document.lang)
    made = coding_table(document.figures, row.question, titles, document.lang, document.rule)
    yield show.prose([notes.ONE_CODING[document.lang]]) if made is None else made


def coding_table(
    figures: pd.DataFrame,
    question: str,
    titles: dict[str, str],
    lang: Language = "sv",
    rule: protect.Rule = protect.DEFAULT,
) -> Table | None:
    """How much the choice of coding moves a question, in each survey's latest wave."""
    own = figures[(figures["question"] == question) & (figures["group"] == "all")]
    own = own[own["area_level"] == own_level(figures)]
    several = own.groupby("survey")["coding"].transform("nunique") > 1
    own = own[several & (own["wave"] == own.groupby("survey")["wave"].transform("max"))]
    if own.empty:
        return None
    sv = lang == "sv"
    rows = own.assign(
        section=[
            f"{heading(str(s), lang)} {w}" for s, w in zip(own["survey"], own["wave"], strict=True)
        ],
        label=[
            (titles.get(str(c)) or str(c))
            + ((" (används här)" if sv else " (used here)") if d else "")
            for c, d in zip(own["coding"], own["default_coding"], strict=True)
        ],
        mark=[mark(f, rule) for f in own["flag"]],
    )
    rows = rows.drop(columns="comparisons").rename(
        columns={"coding_low": "coding_difference_low", "coding_high": "coding_difference_high"}
    )
    order = rows["survey"].map({s: i for i, s in enumerate(SURVEYS)})
    rows = rows.assign(order=order).sort_values(
        ["order", "default_coding"], ascending=[True, False], kind="stable"
    )
    caption = (
        f"{heading(question)}: samma svar räknade med olika kodningar. Skillnaden är i "
        "procentenheter mot den kodning som används i bilagan, med osäkerhetsintervall."
        if sv
        else f"{heading(question, lang)}: the same answers counted by different codings. The "
        "difference is in percentage points from the coding used here, with its interval."
    )
    return Table(
        name=f"coding-{question}".replace("_", "-"),
        caption=caption,
        columns=(
            Column("label", heading("coding", lang), "text", 49),
            Column("share", f"{heading('share', lang)}, %", "percent", 9),
            Column("ci", "Intervall, %" if sv else "Interval, %", "interval", 13),
            Column("n", heading("base", lang), "count", 8),
            Column("coding_difference", "Skillnad" if sv else "Difference", "change", 21),
        ),
        rows=rows.reset_index(drop=True),
        notes=table_notes(rows, lang, rule),
        lang=lang,
        title="Kodningar" if sv else "Codings",
    )
