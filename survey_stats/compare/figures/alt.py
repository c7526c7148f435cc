"""The same as a figure of changes in words, for those who do not see it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from survey_stats.compare.changes import Changes
from survey_stats.compare.figures import words
from survey_stats.compare.figures.cells import Cells, cells_of
from survey_stats.compare.figures.sides import sides_of
from survey_stats.drawing.palette import DOWN, OPEN, SAME, UP
from survey_stats.labels import Language, capital, word

# where there are more, what could not be decided is told by name and number, without intervals
MOST_INTERVALS = 15


def alt_text(
    changes: Changes | pd.DataFrame,
    lang: Language = "sv",
    *,
    names: tuple[str, str] | None = None,
    synthetic: bool | None = None,
) -> str:
    """What a figure of the changes shows, in words; verdict by verdict, every cell by name.

    Parameters
    ----------
    changes: a `Changes`, or its `to_frame()` after rows were chosen or suppressed
    names: what the two sides are called; by default their years, or the values of their domains
    synthetic: whether the data are made up; by default what the result says

    >>> from survey_stats.compare import change
    >>> from survey_stats.estimate import Survey
    >>> old = Survey(pd.DataFrame({"unsafe_evening": [True] * 120 + [False] * 280}), wave=2020)
    >>> new = Survey(pd.DataFrame({"unsafe_evening": [True] * 160 + [False] * 240}), wave=2023)
    >>> alt_text(change(old, new, "unsafe_evening"), "en")
    'Unsafe out alone late in the evening. Change 2020–2023, percentage points. 1 comparison. ...
    """
    cells = cells_of(changes, synthetic=synthetic, names=names)
    rows_named = words.row_names(cells, [str(c) for c in cells.keys.columns], lang)
    parts = [word("synthetic", lang)] if cells.synthetic else []
    parts += [words.title(cells, lang), words.subtitle(cells, lang)]
    parts.append(words.foot(cells, lang, intervals=False))
    order = np.argsort(-np.where(np.isfinite(cells.difference), cells.difference, 0), kind="stable")
    for verdict in (UP, DOWN, SAME, OPEN):
        rows = order[(cells.verdict[order] == verdict) & cells.drawn[order]]
        if verdict == DOWN:
            rows = rows[::-1]
        head = capital(words.verdict(verdict, cells, lang))
        if verdict == SAME:
            within = "inom" if lang == "sv" else "within"
            head += f" ({within} {words.margin(cells, lang)})"
        if not rows.size:
            none = "ingen" if lang == "sv" else "none"
            parts.append(f"{head}: {none}")
            continue
        full = verdict in (UP, DOWN) or rows.size <= MOST_INTERVALS
        told = "; ".join(f"{rows_named[i]} {_told(cells, int(i), full, lang)}" for i in rows)
        of = "av" if lang == "sv" else "of"
        parts.append(f"{head} ({rows.size} {of} {len(cells)}): {told}")
    untested = np.flatnonzero(~cells.drawn)
    if untested.size:
        told = words.untested(cells, rows_named, untested.tolist(), lang)
        parts.append(f"{'Utan test' if lang == 'sv' else 'Without a test'}: {told}")
    told = ". ".join(parts) + "."
    return " ".join([told, *words.doubts(cells, lang)])


def _told(cells: Cells, row: int, full: bool, lang: Language) -> str:
    """The difference, and for a few cells its interval and what it was made of."""
    difference = words.size(cells.difference[row], cells, lang) + words.mark(cells, row)
    if not full:
        return difference
    low, high = (words.size(v[row], cells, lang, False) for v in (cells.low, cells.high))
    till, since, versus = ("till", "från", "mot") if lang == "sv" else ("to", "from", "against")
    one, two = (words.amount(v[row], cells, lang) for v in (cells.before, cells.after))
    waves = sides_of(cells, lang).waves
    levels = f"{since} {one} {till} {two}" if waves else f"{two} {versus} {one}"
    return f"{levels}, {difference} ({low} {till} {high})"
