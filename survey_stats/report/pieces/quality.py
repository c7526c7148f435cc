"""The quality declaration of a document, whole or its log alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from survey_stats.report import show
from survey_stats.report.pieces.registry import piece
from survey_stats.report.show import Markdown

if TYPE_CHECKING:
    from survey_stats.report.document import Report
    from survey_stats.report.plan import Row
    from survey_stats.report.tables import Table


@piece("quality")
def quality(
    document: Report,
    _row: Row,
    *,
    level: Annotated[int, Field(ge=1, le=5)] = 2,
    check: bool = True,
) -> Iterator[Markdown | Table]:
    """The quality declaration by the components of official statistics: relevance, accuracy,
    timeliness, accessibility, comparability, protection, and the assumptions log.

    `level` is that of its headings; `check: false` leaves out holding the deliveries against
    codebooks and earlier waves.
    """
    from survey_stats.report.quality import declare

    for section in declare(document, check).sections:
        yield Markdown(f"{'#' * level} {show.escaped(section.title)}")
        yield show.bullets(section.sentences)
        yield from section.tables


@piece("assumptions")
def assumptions(document: Report, _row: Row, *, check: bool = True) -> Table:
    """The assumptions log: what, why, how it was tried, and red, amber or green."""
    from survey_stats.report.quality import declare
    from survey_stats.report.quality.tables import log_table

    return log_table(declare(document, check).log, document.lang)
