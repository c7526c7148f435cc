"""The surveys side by side."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from survey_stats import protect
from survey_stats.labels import Language, heading, word
from survey_stats.report import notes, show
from survey_stats.report.comparable import coding_note, told
from survey_stats.report.marks import mark, mark_notes
from survey_stats.report.pieces.registry import piece
from survey_stats.report.plan import SURVEYS
from survey_stats.report.sentences import latest_totals, own_level
from survey_stats.report.tables import Column, Table
from survey_stats.report.waves import Wave

if TYPE_CHECKING:
    from survey_stats.report.document import Report
    from survey_stats.report.plan import Row
    from survey_stats.report.show import Markdown


@piece("surveys", about="either")
def surveys(document: Report, row: Row) -> Iterator[Table | Markdown]:
    """The questions that several surveys ask, side by side, and how far they can be compared."""
    asked = [row.question] if row.question else document.questions
    made = surveys_table(
        document.figures, document.waves, document.area, document.lang, asked, document.rule
    )
    yield show.prose([notes.ONE_SURVEY[document.lang]]) if made is None else made


def surveys_table(
    figures: pd.DataFrame,
    waves: Sequence[Wave],
    area: str,
    lang: Language = "sv",
    questions: Collection[str] | None = None,
    rule: protect.Rule = protect.DEFAULT,
) -> Table | None:
    """The questions that several surveys ask: each survey's latest share, and how comparable."""
    last = latest_totals(figures)
    if questions is not None:
        last = last[last["question"].isin(list(questions))]
    in_district = own_level(figures) == "district"
    several = last.groupby("question")["survey"].transform("nunique") > 1
    last = last[several]
    if last.empty:
        return None
    city = latest_totals(figures, "city").set_index(["survey", "question"])["share"]
    own = {
        str(q): int(w)
        for q, w, s in zip(last["question"], last["wave"], last["survey"], strict=True)
        if s == SURVEYS[0]
    }
    by_key = {(w.survey, w.year): w for w in waves}
    sv = lang == "sv"
    rows = []
    for row in last.to_dict("records"):
        question, survey, year = str(row["question"]), str(row["survey"]), int(row["wave"])
        wave = by_key[survey, year]
        comparable = "(jämförs mot)" if sv else "(the reference)"
        caveats: tuple[str, ...] = ()
        if survey != SURVEYS[0] and question in own:
            beside = told(
                question,
                by_key[SURVEYS[0], own[question]],
                wave,
                area if in_district else None,
                lang,
            )
            comparable, caveats = beside.grade.text(lang), beside.notes
        coding = coding_note(wave, question, lang)
        rows.append(
            {
                **row,
                "section": heading(question, lang),
                "label": f"{heading(survey, lang)} {year}",
                "city": city.get((survey, question), pd.NA),
                "comparable": comparable,
                "comparable_footnotes": caveats,
                "share_footnotes": (coding,) if coding else (),
                "mark": mark(row["flag"], rule)
                if str(row["flag"]).startswith("suppressed")
                else "",
                "place": SURVEYS.index(survey),
            }
        )
    frame = pd.DataFrame(rows).rename(
        columns={"survey_low": "survey_difference_low", "survey_high": "survey_difference_high"}
    )
    order = {q: i for i, q in enumerate(dict.fromkeys(last["question"]))}
    frame = frame.sort_values(
        ["question", "place"], key=lambda c: c.map(order) if c.name == "question" else c
    )
    if sv:
        same = f" i samma {word('district')}" if in_district else ""
        note = (
            f"Skillnad = procentenheter mot {word(SURVEYS[0])}{same}, med "
            "osäkerhetsintervall. Ingen skillnad räknas ut där undersökningarna inte är jämförbara."
        )
        whole = f", med {word('city')} bredvid" if in_district else ""
        caption = (
            f"Samma fråga i flera undersökningar, {area}: den senaste mätningen i var och "
            f"en{whole}, och hur långt de kan jämföras."
        )
    else:
        same = " in the same district" if in_district else ""
        note = (
            f"Difference = percentage points from {word(SURVEYS[0], lang)}{same}, with its "
            "interval. None is given where the surveys are not comparable."
        )
        whole = f" beside {word('city', lang)}" if in_district else ""
        caption = (
            f"The same question in several surveys, {area}: the latest wave of each{whole}, and "
            "how far they can be compared."
        )
    city_column = [Column("city", f"{heading('city_column', lang)}, %", "percent", 10)]
    return Table(
        name="surveys",
        caption=caption,
        columns=(
            Column("label", heading("survey", lang), "text", 28 if in_district else 38),
            Column("share", f"{heading('share', lang)}, %", "percent", 9),
            Column("ci", "Intervall, %" if sv else "Interval, %", "interval", 12),
            *(city_column if in_district else []),
            Column("survey_difference", "Skillnad" if sv else "Difference", "change", 20),
            Column("comparable", "Jämförbarhet" if sv else "Comparability", "text", 21),
        ),
        rows=frame.reset_index(drop=True),
        notes=(" ".join([note, *mark_notes(set(frame["mark"]), rule, lang)]),),
        lang=lang,
        title="Undersökningarna" if sv else "The surveys",
    )
