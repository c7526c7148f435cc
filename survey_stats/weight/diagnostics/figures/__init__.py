"""Figures of weights for a page, in the reader's language, and the same in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from survey_stats.errors import UnknownNameError
from survey_stats.labels import Language
from survey_stats.weight.diagnostics.figures import alt
from survey_stats.weight.diagnostics.figures.love_plot import love
from survey_stats.weight.diagnostics.figures.margin_plot import shares
from survey_stats.weight.diagnostics.figures.weight_histogram import histogram

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from survey_stats.weight.diagnostics.report import WeightingReport

__all__ = ["alt_text", "draw", "histogram", "love", "shares"]

_DRAW = {"love": love, "distribution": histogram, "margins": shares}
_TELL = {"love": alt.of_love, "distribution": alt.of_histogram, "margins": alt.of_shares}


def draw(report: WeightingReport, kind: str = "love", **options: Any) -> Axes:
    """The figure of a kind; `options` are those of its function.

    Raises:
        UnknownNameError: there is no such kind.
    """
    if kind not in _DRAW:
        raise UnknownNameError("kind of figure", kind, _DRAW)
    drawn: Axes = _DRAW[kind](report, **options)
    return drawn


def alt_text(report: WeightingReport, kind: str = "love", lang: Language = "sv") -> str:
    """What the figure of a kind shows, in words.

    Raises:
        UnknownNameError: there is no such kind.
    """
    if kind not in _TELL:
        raise UnknownNameError("kind of figure", kind, _TELL)
    told: str = _TELL[kind](report, lang)
    return told
