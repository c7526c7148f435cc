"""What stands first: the title, and the summary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from survey_stats.labels import word
from survey_stats.report import notes, show
from survey_stats.report.pieces.overview import overview_of
from survey_stats.report.pieces.registry import piece

if TYPE_CHECKING:
    from survey_stats.report.document import Report
    from survey_stats.report.plan import Row
    from survey_stats.report.show import Markdown


@piece("front", workbook=False)
def front(document: Report, _row: Row, *, warning: bool = True) -> Iterator[Markdown]:
    """The title with area and year, the warning that answers are made up, and a line on top of
    every page that says so; versions and parameters at the end of every page."""
    title = document.plan.title.of(document.lang)
    subtitle = f"{document.area_title} {document.year}"
    if not document.synthetic:
        yield show.title_block(title, subtitle, "", document.page_footer)
        return
    made_up = word("synthetic", document.lang)
    yield show.title_block(title, f"{subtitle} · {made_up}", made_up, document.page_footer)
    if warning:
        text = notes.synthetic(document.pieces, document.lang)
        yield show.callout("important", made_up, text) + show.page_break()


@piece("summary", workbook=False)
def summary(document: Report, _row: Row) -> Markdown:
    """At most six sentences written from the numbers; caveats have the numbers of the overview, and
    stand below where there is none."""
    told = document.noted_summary()
    if document.shows("overview"):
        return show.bullets(told, overview_of(document))
    below = show.Below.of("summary", told, document.lang)
    return show.bullets(told, below) + below.markdown
