"""Tables for who checks: errors, design effects, degrees of freedom and p-values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from survey_stats.labels import NBSP, heading, word
from survey_stats.report.comparable import coding_note, counted
from survey_stats.report.marks import mark, table_notes, verdict_cell
from survey_stats.report.pieces.question_table import in_reading_order
from survey_stats.report.pieces.registry import piece
from survey_stats.report.tables import Column, Table

if TYPE_CHECKING:
    from survey_stats.report.document import Report
    from survey_stats.report.plan import Row


@piece("detail", about="question")
def detail(document: Report, row: Row) -> Iterator[Table]:
    """Shares with standard error, bases, design effect and df: totals of every wave, and groups of
    the latest; a table a survey."""
    for survey in document.surveys_of(row):
        yield _detail(document, row, survey)


@piece("tests", about="question")
def tests(document: Report, row: Row) -> Iterator[Table]:
    """Changes since the wave before with standard error, df and p-values; a table a survey."""
    for survey in document.surveys_of(row):
        made = _tests(document, row, survey)
        if made is not None:
            yield made


def _rows(document: Report, row: Row, survey: str) -> pd.DataFrame:
    figures = document.figures
    own = figures[
        (figures["question"] == row.question)
        & (figures["survey"] == survey)
        & figures["default_coding"]
    ]
    return own[own["group"].isin(["all", *document.groups_of(row)])]


def _detail(document: Report, row: Row, survey: str) -> Table:
    lang, sv = document.lang, document.lang == "sv"
    wave = document.latest_wave(row.question, survey)
    own = _rows(document, row, survey)
    earlier = own[(own["wave"] != wave.year) & (own["group"] == "all")]
    parts = [
        own[own["wave"] == wave.year],
        *[earlier[earlier["wave"] == y] for y in _years(earlier)],
    ]
    ordered = [in_reading_order(document, part, survey) for part in parts if len(part)]
    total = heading("total", lang)
    for part in ordered:
        part["section"] = [
            f"{s} {w}" if s == total else s
            for s, w in zip(part["section"], part["wave"], strict=True)
        ]
    rows = pd.concat([*_totals(ordered), *_groups(ordered)], ignore_index=True)
    rows["mark"] = [mark(f, document.rule) for f in rows["flag"]]
    caption = (
        f"{heading(row.question)} enligt {word(survey)} {wave.year}: andel, osäkerhetsintervall "
        f"(95{NBSP}%), medelfel i procentenheter, bas, effektiv bas, designeffekt och "
        "frihetsgrader."
        if sv
        else f"{heading(row.question, lang)} according to {word(survey, lang)} {wave.year}: share, "
        "95% confidence interval, standard error in percentage points, base, effective base, "
        "design effect and degrees of freedom."
    )
    return Table(
        name=f"{row.question}-{survey}-detail".replace("_", "-"),
        caption=caption,
        columns=(
            Column("label", heading("group", lang), "text", 26),
            Column("share", f"{heading('share', lang)}, %", "percent", 10),
            Column("ci", "Intervall, %" if sv else "Interval, %", "interval", 15),
            Column("se", "Medelfel" if sv else "SE", "percent", 11, decimals=2),
            Column("n", heading("base", lang), "count", 9),
            Column("n_effective", "Effektiv bas" if sv else "Effective base", "number", 10,
                   decimals=0),
            Column("deff", "Design-effekt" if sv else "Design effect", "number", 10, decimals=2),
            Column("df", "df", "number", 9, decimals=0),
        ),
        rows=rows,
        notes=table_notes(
            rows.drop(columns="comparisons"),
            lang,
            document.rule,
            coding_note(wave, row.question, lang) or counted(wave, row.question, lang),
        ),
        lang=lang,
        minimum_base=document.rule.minimum_base,
        title=f"{heading(f'{survey}_short', lang)}, {word(row.question, lang)}",
    )  # fmt: skip


def _tests(document: Report, row: Row, survey: str) -> Table | None:
    lang, sv = document.lang, document.lang == "sv"
    own = _rows(document, row, survey)
    own = own[(own["wave"] == document.latest_wave(row.question, survey).year)]
    own = own[own["previous_wave"].notna()]
    if own.empty:
        return None
    rows = in_reading_order(document, own, survey)
    before, after = int(own["previous_wave"].iloc[0]), int(own["wave"].iloc[0])
    rows["mark"] = [mark(f, document.rule) for f in rows["change_flag"]]
    rows["judged"] = [verdict_cell(r, lang, document.rule) for r in rows.to_dict("records")]
    caption = (
        f"{heading(row.question)} enligt {word(survey)}: förändring från {before} till {after} i "
        f"procentenheter med osäkerhetsintervall (95{NBSP}%), medelfel, frihetsgrader, p-värde och "
        "p-värde justerat med Holms metod."
        if sv
        else f"{heading(row.question, lang)} according to {word(survey, lang)}: change from "
        f"{before} to {after} in percentage points with 95% confidence interval, standard error, "
        "degrees of freedom, p-value, and p-value adjusted by Holm's method."
    )
    return Table(
        name=f"{row.question}-{survey}-tests".replace("_", "-"),
        caption=caption,
        columns=(
            Column("label", heading("group", lang), "text", 20),
            Column("difference", heading("change", lang), "change", 20,
                   footnotes=document.caveats(row.question, survey, groups=True)),
            Column("change_se", "Medelfel" if sv else "SE", "percent", 10, decimals=2),
            Column("change_df", "df", "number", 8, decimals=0),
            Column("p_value", "p", "number", 9, decimals=4),
            Column("p_adjusted", "p, justerat" if sv else "p, adjusted", "number", 12, decimals=4),
            Column("judged", heading("verdict", lang), "text", 21),
        ),
        rows=rows,
        notes=table_notes(rows, lang, document.rule),
        lang=lang,
        starred=(),
        minimum_base=document.rule.minimum_base,
        title=f"{heading(f'{survey}_short', lang)}, {word(row.question, lang)}, test",
    )  # fmt: skip


def _years(rows: pd.DataFrame) -> list[int]:
    return sorted({int(w) for w in rows["wave"]}, reverse=True)


def _totals(parts: list[pd.DataFrame]) -> list[pd.DataFrame]:
    return [part[part["group"] == "all"] for part in parts]


def _groups(parts: list[pd.DataFrame]) -> list[pd.DataFrame]:
    return [part[part["group"] != "all"] for part in parts[:1]]
