"""The pieces of the summary on one page; `tight` is how much of it is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from survey_stats.report import show
from survey_stats.report.onepage import OnePage, texts
from survey_stats.report.pieces.registry import piece

if TYPE_CHECKING:
    from survey_stats.report.charts import Chart
    from survey_stats.report.document import Report
    from survey_stats.report.plan import Row
    from survey_stats.report.show import Markdown
    from survey_stats.report.tables import Table


@piece("page_front", workbook=False)
def page_front(document: Report, _row: Row) -> Markdown:
    """The title of a summary on one page, with a line that says that answers are made up."""
    return OnePage(document).front()


@piece("main_figures")
def main_figures(document: Report, _row: Row, *, tight: int = 0) -> Table | Markdown:
    """Three to five main figures: the area, the city, the change and the verdict."""
    made = OnePage(document, tight).table
    return show.prose([texts.nothing_shown(document.lang)]) if made is None else made


@piece("certain", workbook=False)
def certain(document: Report, _row: Row, *, tight: int = 0) -> Markdown:
    """What has changed for certain, what has not, and where the area differs from the city."""
    return show.bullets(OnePage(document, tight).certain)


@piece("undecided", workbook=False)
def undecided(document: Report, _row: Row, *, tight: int = 0) -> Markdown:
    """How many changes cannot be decided, and which come nearest."""
    return show.bullets(OnePage(document, tight).undecided)


@piece("district_beside_city", workbook=False)
def district_beside_city(document: Report, _row: Row) -> Chart:
    """A figure of the area beside the city, with the verdict of every question and survey."""
    return OnePage(document).figure


@piece("bear_in_mind", workbook=False)
def bear_in_mind(document: Report, _row: Row, *, tight: int = 0) -> Markdown:
    """The caveats of a summary on one page, and what did not fit on it."""
    page = OnePage(document, tight)
    return show.bullets([*page.caveats, page.left_out])


@piece("read_more", workbook=False)
def read_more(document: Report, _row: Row, *, appendix: str = "") -> Markdown:
    """Where the whole document is (the name of its plan, this one if left out), and what the page
    was made from."""
    parameters = replace(document.parameters, document=appendix or document.plan.name)
    return OnePage(document).more(parameters.stem)
