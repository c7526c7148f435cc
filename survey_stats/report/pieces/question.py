"""One question: sentences, the figure, the tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from survey_stats.report import notes, show
from survey_stats.report.comparable import coding_note, counted
from survey_stats.report.pieces.question_table import question_table
from survey_stats.report.pieces.registry import piece

if TYPE_CHECKING:
    from survey_stats.report.charts import Chart
    from survey_stats.report.document import Report
    from survey_stats.report.plan import Row
    from survey_stats.report.show import Markdown
    from survey_stats.report.tables import Table

ROWS_ON_A_PAGE = 26
"""So many rows of a question's table fit on a page with its figure."""


@piece("sentences", about="question", workbook=False)
def sentences(document: Report, row: Row) -> Markdown:
    """What a question says, in a sentence or two a survey, with the marks of its figure's notes;
    where no figure is shown the notes stand below."""
    told = document.leads(row)
    if not told:
        area, year, lang = document.area, document.year, document.lang
        return show.prose([notes.not_asked(row.question, area, year, lang)])
    if document.shows("figure", row.question):
        return show.bullets(told, document.chart(row))
    below = show.Below.of(f"{row.question.replace('_', '-')}-told", told, document.lang)
    return show.bullets(told, below) + below.markdown


@piece("figure", about="question", workbook=False)
def figure(document: Report, row: Row) -> Iterator[Chart]:
    """Shares with intervals by wave, a panel a survey, the area beside the whole city."""
    if document.surveys_of(row):
        yield document.chart(row)


@piece("table", about="question", workbook={"tables": "all"})
def table(
    document: Report, row: Row, *, tables: Literal["first", "all"] = "first"
) -> Iterator[Table]:
    """A question's shares by group in a survey's latest wave, with the change since the one before.

    `tables: first` shows the first survey's only and says where the others are.
    """
    surveys = document.surveys_of(row)
    shown = surveys if tables == "all" else surveys[:1]
    for survey in shown:
        made = question_of(document, row, survey)
        if len(shown) < len(surveys):
            more = notes.more_tables(surveys[1:], document.lang)
            made = replace(made, notes=(" ".join([*made.notes, more]),))
        yield made


@piece("page_break", about="either", workbook=False)
def page_break(document: Report, row: Row, *, rows: int = ROWS_ON_A_PAGE) -> Iterator[Markdown]:
    """A new page of the PDF, unless the question's first table is longer than a page anyway."""
    surveys = document.surveys_of(row) if row.question else []
    if not row.question or (surveys and len(question_of(document, row, surveys[0]).rows) <= rows):
        yield show.page_break()


def question_of(document: Report, row: Row, survey: str) -> Table:
    """The table of a row's question in one survey."""
    wave = document.latest_wave(row.question, survey)
    made = question_table(
        document.figures,
        row.question,
        survey,
        document.lang,
        document.rule,
        document.oldest(survey),
        document.caveats(row.question, survey, groups=True),
        coding_note(wave, row.question, document.lang)
        or counted(wave, row.question, document.lang),
        document.groups_of(row),
        row.compare,
    )
    assert made is not None
    return made
