"""The main figures of the one page as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from survey_stats import protect
from survey_stats.labels import Language, capital, heading, word
from survey_stats.report.marks import mark as cell_mark
from survey_stats.report.marks import mark_notes
from survey_stats.report.onepage.choose import MOST, main_rows, mark, sign, told
from survey_stats.report.sentences import joined, latest_totals, own_level
from survey_stats.report.tables import Column, Table


def main_table(
    figures: pd.DataFrame,
    questions: Sequence[str],
    area: str,
    lang: Language = "sv",
    most: int = MOST,
    caveats: Mapping[tuple[str, str], Sequence[str]] | None = None,
    rule: protect.Rule = protect.DEFAULT,
) -> Table | None:
    """Three to five main figures: the district, the city, the change and the verdict.

    Args:
        figures: the figures of the appendix.
        questions: those of the plan, in order.
        area: a district, or the city.
        lang: the reader's language.
        most: at most so many rows.
        caveats: survey and question -> what a reader must be told of the change.
        rule: what the marks of hidden and uncertain figures mean.

    Returns:
        None where no share may be shown.
    """
    rows = main_rows(figures, questions, most)
    if rows.empty:
        return None
    keys = ["survey", "question", "wave"]
    city = latest_totals(figures, "city")[[*keys, "share"]].rename(columns={"share": "city"})
    rows = rows.merge(city, on=keys, how="left", sort=False)
    marks = [mark(r) for r in rows.to_dict("records")]
    notes = [
        tuple((caveats or {}).get((str(s), str(q)), ()))
        for s, q in zip(rows["survey"], rows["question"], strict=True)
    ]
    rows = rows.assign(
        label=[heading(str(q), lang) for q in rows["question"]],
        judged=[f"{sign(m)} {told(m, lang)}" for m in marks],
        mark=["uncertain" if str(f).startswith("uncertain") else "" for f in rows["flag"]],
        difference_footnotes=pd.Series(notes, index=rows.index, dtype=object),
        difference_mark=[
            cell_mark(f, rule) if str(f).startswith("suppressed") else ""
            for f in rows["change_flag"]
        ],
    )
    sources = dict.fromkeys(_source(r, lang) for r in rows.to_dict("records"))
    several = len(sources) > 1
    if several:
        rows["label"] = [
            f"{label} ({word(f'{survey}_short', lang)})"
            for label, survey in zip(rows["label"], rows["survey"], strict=True)
        ]
    sv = lang == "sv"
    which = joined(list(sources), lang)
    before = bool(rows["previous_wave"].notna().any())
    caption = f"Huvudtal för {area}: {which}." if sv else f"Main figures for {area}: {which}."
    if before:
        caption += (
            " Förändringen är i procentenheter, med osäkerhetsintervall."
            if sv
            else " The change is in percentage points, with its interval."
        )
    told_marks = {*rows["mark"], *rows["difference_mark"]}
    return Table(
        name="main-figures",
        caption=caption,
        columns=(
            Column("label", heading("question", lang), "text", 26),
            Column("share", f"{heading('share', lang)}, %", "percent", 9),
            Column("ci", "Intervall, %" if sv else "Interval, %", "interval", 12),
            *(
                [
                    Column(
                        "city",
                        f"{capital(word('city', lang).removeprefix('the '))}, %",
                        "percent",
                        14,
                    )
                ]
                if own_level(figures) == "district" and rows["city"].notna().any()
                else []
            ),
            *(
                [
                    Column("difference", heading("change", lang), "change", 19),
                    Column("judged", heading("verdict", lang), "text", 20),
                ]
                if before
                else []
            ),
        ),
        rows=rows.reset_index(drop=True),
        notes=tuple(mark_notes(told_marks, rule, lang)),
        lang=lang,
        minimum_base=rule.minimum_base,
        title="Huvudtal" if sv else "Main figures",
    )


def _source(row: dict[Any, Any], lang: Language) -> str:
    survey = word(str(row["survey"]), lang)
    before = row["previous_wave"]
    if pd.isna(before):
        return f"{survey} {row['wave']}"
    sv = lang == "sv"
    return (
        f"{survey} {row['wave']} jämförd med {before}"
        if sv
        else f"{survey} {row['wave']} against {before}"
    )
