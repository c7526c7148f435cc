"""The Axes of document figures, placed in points, and the axes of percent on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from survey_stats.drawing.page import WIDTH
from survey_stats.labels import Language, percent
from survey_stats.report.charts.cells import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# points
FONT = 9.0
SMALL = 8.0
PAGE = 72 * WIDTH


def blank(height: float) -> Figure:
    """An empty figure as wide as the text of a document; `height` in points."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height / 72))


def placed(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """New Axes at points from the lower left corner."""
    figure_height = 72 * float(figure.get_size_inches()[1])
    box = (left / PAGE, bottom / figure_height, width / PAGE, height / figure_height)
    return figure.add_axes(box)


def percent_ticks(top: float, most: int = 6) -> list[int]:
    """Whole percents from 0 to about `top`, at steps that readers count in.

    >>> percent_ticks(47), percent_ticks(9)
    ([0, 10, 20, 30, 40], [0, 2, 4, 6, 8])
    """
    steps = (s for s in (1, 2, 5, 10, 20, 25, 50) if top / s <= most)
    return list(range(0, int(top) + 1, next(steps, 50)))


def share_axis(axis: Any, top: float, lang: Language, most: int = 6) -> None:
    """Ticks in whole percent on one axis of an Axes."""
    at = percent_ticks(top, most)
    axis.set_ticks(at, [percent(t / 100, 0, lang) for t in at])


def reach(values: Sequence[Floats], least: float = 10.0) -> float:
    """How far an axis of percent goes so that all values are on it, with some room."""
    every = np.concatenate([np.asarray(v, dtype=np.float64).ravel() for v in values])
    every = every[np.isfinite(every)]
    return min(100.0, max(least, 1.06 * float(every.max(initial=0.0))))
