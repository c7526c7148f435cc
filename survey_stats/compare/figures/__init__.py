"""Figures of changes for a page, in the reader's language, and the same in words.

`forest` for differences against zero and the margin, `slope` for before and after, `heat_map` for
a table of verdicts; `alt_text` tells what they show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from survey_stats.compare.figures.alt import alt_text
from survey_stats.compare.figures.forest import forest
from survey_stats.compare.figures.heat import heat_map
from survey_stats.compare.figures.slope import slope
from survey_stats.errors import UnknownNameError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from survey_stats.compare.changes import Changes

Kind = Literal["forest", "slope", "heat map"]

__all__ = ["Kind", "alt_text", "draw", "forest", "heat_map", "slope"]


def draw(changes: Changes | pd.DataFrame, kind: Kind = "forest", **options: Any) -> Axes:
    """The figure of a kind; `options` are those of its function.

    Raises:
        UnknownNameError: there is no such kind.
    """
    kinds = dict(zip(get_args(Kind), (forest, slope, heat_map), strict=True))
    if kind not in kinds:
        raise UnknownNameError("kind of figure", kind, kinds)
    drawn: Axes = kinds[kind](changes, **options)
    return drawn
