"""What figures of changes have in common: the key of verdicts, and the words around."""

from __future__ import annotations

from typing import Any

from survey_stats.compare.figures import words
from survey_stats.compare.figures.cells import VERDICTS, Cells
from survey_stats.drawing.page import Words
from survey_stats.drawing.palette import LOOKS, OPEN, PAPER
from survey_stats.labels import Language


def words_of(cells: Cells, subtitle: str, notes: list[str], lang: Language) -> Words:
    """The words around a figure of `cells`."""
    return Words(words.title(cells, lang), subtitle, tuple(notes), cells.synthetic)


def verdict_handles(cells: Cells, lang: Language) -> list[Any]:
    """The entries of the key: four verdicts with the number of cells of each."""
    from matplotlib.lines import Line2D

    told = words.legend(cells, lang)
    return [
        Line2D(
            [], [], linestyle="", marker=LOOKS[v].marker, markersize=6.5, label=told[v],
            color=LOOKS[v].colour, markerfacecolor=LOOKS[v].colour if v != OPEN else PAPER,
        )
        for v in VERDICTS
    ]  # fmt: skip
