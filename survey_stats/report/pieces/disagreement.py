"""Why the other surveys say something else than the city's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from survey_stats import protect
from survey_stats.errors import InputError
from survey_stats.explain import decompose
from survey_stats.explain.disagreement.summary_words import in_short, lead
from survey_stats.explain.disagreement.words import part_name, survey_name
from survey_stats.labels import Language, heading, word
from survey_stats.report import charts, show
from survey_stats.report.comparable import NOT_COMPARABLE, grade_of
from survey_stats.report.pieces.registry import piece
from survey_stats.report.plan import CITY, SURVEYS
from survey_stats.report.tables import Column, Table

if TYPE_CHECKING:
    from survey_stats.estimate import Survey
    from survey_stats.explain import Decomposition
    from survey_stats.report.charts import Chart
    from survey_stats.report.document import Report
    from survey_stats.report.plan import Row
    from survey_stats.report.show import Markdown
    from survey_stats.report.waves import Wave


_ALONE: dict[Language, str] = {
    "sv": "Skillnaden prövas här för sig, utan hänsyn till hur många andra jämförelser som görs.",
    "en": "The difference is tested by itself here, whatever the number of other comparisons.",
}


_ROUNDED: dict[Language, str] = {
    "sv": "Vad skillnader mellan undersökningar består av visas inte när andelar avrundas: delarna "
    "summerar till en exakt skillnad.",
    "en": "What differences between surveys consist of is not shown where shares are rounded: the "
    "parts add up to an exact difference.",
}


@piece("disagreement", about="question", workbook={"table": True})
def disagreement(
    document: Report,
    row: Row,
    *,
    variables: tuple[str, ...] = ("age_group", "gender"),
    table: bool = False,
) -> Iterator[Markdown | Chart | Table]:
    """What the difference between the city's survey and another consists of: a short answer and a
    waterfall, for each pair that may be compared and has its shares shown.

    `variables` are the background whose composition is told; `table: true` adds the numbers. Where
    the rule rounds shares there is a sentence instead, since the parts add up to an exact
    difference.
    """
    if document.rule.rounding is not None and document.rule.rounding.share is not None:
        yield show.prose([_ROUNDED[document.lang]])
        return
    for survey in document.surveys_of(row):
        parts = _parts(document, row.question, survey, variables)
        if parts is None:
            continue
        name = f"why-{row.question}-{survey}".replace("_", "-")
        told = [lead(parts, document.lang), in_short(parts, document.lang)]
        yield show.prose([*told, _ALONE[document.lang]])
        yield charts.waterfall_chart(parts, name, document.lang, rule=document.rule)
        if table:
            yield _table(document, parts, name)


def _parts(
    document: Report, question: str, survey: str, variables: tuple[str, ...]
) -> Decomposition | None:
    """The decomposition of a survey against the city's own; None where it may not be made."""
    if survey == SURVEYS[0] or SURVEYS[0] not in document.surveys(question):
        return None
    if any(pd.isna(document.latest[s, question]["share"]) for s in (SURVEYS[0], survey)):
        return None
    first, second = (document.latest_wave(question, s) for s in (SURVEYS[0], survey))
    within = None if document.whole_city else document.area
    if grade_of(question, first, second, within).grade == NOT_COMPARABLE:
        return None
    inside = partial(_inside, area=document.area)
    try:
        made = decompose(_design(first), _design(second), question, variables, inside)
    except InputError:
        # too few to be taken apart; the pair stands in the table of surveys all the same
        return None
    first_n, second_n = (protect.rounded_base(n, document.rule) for n in made.bases)
    return replace(made, bases=(first_n, second_n))


def _design(wave: Wave) -> Survey:
    """The wave as a Survey that says whether its answers are made up."""
    frame = wave.frame.copy(deep=False)
    frame.attrs = {**frame.attrs, "synthetic": wave.synthetic}
    return wave.design(frame)


def _inside(frame: pd.DataFrame, area: str) -> pd.Series[bool]:
    column = "municipality" if area == CITY else "district"
    return (frame[column] == area).fillna(False).astype(bool)


def _table(document: Report, parts: Decomposition, name: str) -> Table:
    lang, sv = document.lang, document.lang == "sv"
    found = parts.numbers()
    rows = pd.DataFrame(
        {
            "label": [part_name(leaf, lang) for leaf, _ in parts.rows()],
            "contribution": found.value,
            "contribution_low": found.low,
            "contribution_high": found.high,
        }
    )
    names = [survey_name(parts, side, lang) for side in (0, 1)]
    asked = heading(parts.question, lang)
    caption = (
        f"{asked}: vad skillnaden mellan {names[0]} och {names[1]} i {document.area} består av, i "
        "procentenheter med osäkerhetsintervall."
        if sv
        else f"{asked}: what the difference between {names[0]} and {names[1]} in {document.area} "
        "consists of, in percentage points with confidence interval."
    )
    return Table(
        name=name,
        caption=caption,
        columns=(
            Column("label", "Del" if sv else "Part", "text", 60),
            Column("contribution", "Bidrag" if sv else "Contribution", "change", 40),
        ),
        rows=rows,
        notes=tuple(parts.notes(lang)),
        lang=lang,
        title=f"{'Varför' if sv else 'Why'} {word(parts.question, lang)}",
    )
