"""Why two surveys disagree, as a waterfall from one share to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from survey_stats import protect
from survey_stats.errors import InputError
from survey_stats.explain.disagreement import figure as drawing
from survey_stats.labels import Language
from survey_stats.report.charts.chart import Chart

if TYPE_CHECKING:
    from survey_stats.explain.disagreement import Decomposition


def waterfall_chart(
    parts: Decomposition,
    name: str,
    lang: Language = "sv",
    *,
    caption: str | None = None,
    rule: protect.Rule = protect.DEFAULT,
) -> Chart:
    """The parts of the difference between two surveys, from the share of the one to the other's.

    Args:
        parts: made by `decompose` or `Disagreement.explain`.
        name: short name of the figure.
        lang: the reader's language.
        caption: instead of the one made from what is compared.
        rule: from which base on a share is shown; both surveys must have it.

    Raises:
        InputError: one of the two shares rests on a smaller base, or there are more parts than a
            page holds.
    """
    fewest = min(parts.bases)
    if fewest < rule.minimum_base:
        raise InputError(
            f"A waterfall shows the shares of both surveys, and one rests on {fewest} answers, "
            f"fewer than the {rule.minimum_base} of rule {rule.name!r}; take a larger domain"
        )
    drawn = drawing.compose(parts, lang, bare=True)
    words = drawn.words
    return Chart(
        name=name,
        caption=caption or f"{words.title}. {words.subtitle}.",
        alt=parts.alt_text(lang),
        figure=drawn.ax.figure,  # type: ignore[arg-type]
        lang=lang,
        notes=words.notes,
        data=parts.to_frame(),
    )
