"""Heat map of verdicts: which cells of a table have changed, at a glance."""

from __future__ import annotations

from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.compare.changes import Changes
from survey_stats.compare.figures import words
from survey_stats.compare.figures.cells import VERDICTS, Cells, cells_of
from survey_stats.compare.figures.style import words_of
from survey_stats.drawing.page import MARGIN, MOST_HEIGHT, WIDTH, Drawn, sheet, style
from survey_stats.drawing.palette import EDGE, HIDDEN_HATCH, INK, LOOKS, OPEN, PAPER, look
from survey_stats.drawing.text import fitted, shortened, text_width
from survey_stats.errors import InputError
from survey_stats.labels import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Ints = NDArray[np.intp]

MOST_ROWS = 75
MOST_COLUMNS = 14
_PALE_EDGE = "#c4c4c4"
# points
_WIDEST_NAME = 190.0


def heat_map(
    changes: Changes | pd.DataFrame,
    *,
    lang: Language = "sv",
    ax: Axes | None = None,
    column: str | None = None,
    names: tuple[str, str] | None = None,
    synthetic: bool | None = None,
) -> Axes:
    """Verdicts of a table of cells, such as district by question; returns the Axes.

    Each cell has the sign, the colour and the difference. A cell without a test is hatched, and a
    letter in it says why. Rows and columns keep the order of the result.

    Parameters
    ----------
    changes: a `Changes`, or its `to_frame()` after rows were chosen or suppressed; two or more key
        columns
    column: the key column that runs across; by default `question` or `level`, else the last. The
        others make the rows
    names: what the two sides are called; by default their years, or the values of their domains
    synthetic: whether the data are made up; by default what the result says

    Raises:
        InputError: fewer than two key columns, two cells in one place, or more than a page holds.
        UnknownNameError: there is no such key column.
    """
    return compose(changes, lang, ax, column, names, synthetic).ax


def compose(
    changes: Changes | pd.DataFrame,
    lang: Language = "sv",
    ax: Axes | None = None,
    column: str | None = None,
    names: tuple[str, str] | None = None,
    synthetic: bool | None = None,
    bare: bool = False,
) -> Drawn:
    """`heat_map` with its words; on a `bare` sheet they stand outside the picture."""
    cells = cells_of(changes, synthetic=synthetic, least=2, names=names)
    across = cells.column(column)
    if across is None or cells.keys.shape[1] < 2:
        raise InputError(
            "A heat map needs two key columns, such as district and question; draw a forest plot"
        )
    rows, columns, place = _table(cells, across, lang)
    if len(rows) > MOST_ROWS or len(columns) > MOST_COLUMNS:
        raise InputError(
            f"A heat map of {len(rows)} rows and {len(columns)} columns does not fit a page; "
            f"choose at most {MOST_ROWS} rows and {MOST_COLUMNS} columns of to_frame()"
        )
    reasons = _reasons(cells, place, lang)
    # a page less its title, key and notes, and the heads of its columns
    pitch = min(18.0, (72 * MOST_HEIGHT - 115 - (50 if len(columns) < 6 else 90)) / len(rows))
    font = float(np.clip(0.74 * pitch, 5.0, 8.5))
    rows = [shortened(r, font, _WIDEST_NAME) for r in rows]
    left = max(text_width(r, font) for r in rows) + 8
    room = 72 * WIDTH - 2 * MARGIN - left
    wide = room / len(columns)
    heads, turned, above = _heads(columns, wide)
    overhang = 34.0 if turned else 0.0
    with style() as plt:
        page = sheet(plt, ax, left, overhang, above, 6, bare=bare)
        inner = (room - overhang) / len(columns) if ax is None else wide
        _draw(page.ax, cells, place, reasons, font, inner, lang)
        _label(page.ax, rows, heads, turned, font)
        lines = [words.foot(cells, lang, intervals=False) + ".", *words.doubts(cells, lang)]
        if reasons:
            told = "; ".join(f"{letter} {text}" for text, letter in reasons.items())
            lines.append(("Utan test: " if lang == "sv" else "Without a test: ") + told + ".")
        around = words_of(cells, words.subtitle(cells, lang), lines, lang)
        return page.finish(pitch * len(rows), around, _handles(cells, reasons, lang), lang)


def _table(cells: Cells, across: str, lang: Language) -> tuple[list[str], list[str], Ints]:
    """Names of rows and columns, and which cell stands where (-1: none)."""
    down = [str(c) for c in cells.keys.columns if c != across]
    row_keys = list(zip(*(cells.keys[c].astype(str) for c in down), strict=True))
    column_keys = cells.keys[across].astype(str).tolist()
    row_at = {k: i for i, k in enumerate(dict.fromkeys(row_keys))}
    column_at = {k: i for i, k in enumerate(dict.fromkeys(column_keys))}
    place = np.full((len(row_at), len(column_at)), -1, dtype=np.intp)
    names = words.row_names(cells, down, lang)
    told = words.row_names(cells, [across], lang)
    rows, columns = [""] * len(row_at), [""] * len(column_at)
    for i, (row, column) in enumerate(zip(row_keys, column_keys, strict=True)):
        r, c = row_at[row], column_at[column]
        if place[r, c] >= 0:
            raise InputError(f"Two cells are {', '.join(row)} by {column}; choose one of them")
        place[r, c], rows[r], columns[c] = i, names[i], told[i]
    return rows, columns, place


def _reasons(cells: Cells, place: Ints, lang: Language) -> dict[str, str]:
    """Why cells have no test -> the letter that stands for it."""
    told = [_reason(cells, int(i), lang) for i in place.ravel()]
    return dict(zip(dict.fromkeys(t for t in told if t), ascii_lowercase, strict=False))


def _reason(cells: Cells, row: int, lang: Language) -> str:
    """Why a place of the table has no test; "" where it has one."""
    if row < 0:
        return "finns inte i jämförelsen" if lang == "sv" else "not in the comparison"
    return "" if cells.drawn[row] else words.reason(str(cells.flag[row]), lang)


def _heads(columns: list[str], wide: float) -> tuple[list[str], bool, float]:
    """Heads of the columns, whether they are turned, and the room they take."""
    flat = [fitted(c, 7.5, wide - 4) for c in columns]
    fits = all(text_width(t, 7.5) <= wide - 2 and t.count("\n") < 4 for t in flat)
    if fits:
        return flat, False, 10.0 * (max(t.count("\n") for t in flat) + 1) + 6
    turned = [fitted(c, 7.5, 96) for c in columns]
    reach = max(text_width(t, 7.5) + 10 * t.count("\n") for t in turned)
    return turned, True, 0.77 * reach + 12


def _draw(
    ax: Axes, cells: Cells, place: Ints, reasons: dict[str, str], font: float, wide: float,
    lang: Language,
) -> None:  # fmt: skip
    from matplotlib.patches import Rectangle

    numbers = [words.size(d, cells, lang) for d in cells.difference.tolist()]
    told = [
        f"{look(cells.verdict[i]).sign} {text}{words.mark(cells, i)}"
        for i, text in enumerate(numbers)
    ]
    widest = max((text_width(told[i], font, True) for i in place.ravel() if i >= 0), default=1.0)
    font = min(font, max(font * (wide - 7) / widest, 4.5))
    for (r, c), i in np.ndenumerate(place):
        row = int(i)
        reason = _reason(cells, row, lang)
        how = LOOKS[OPEN] if reason else look(cells.verdict[row])
        box = Rectangle(
            (c - 0.5, r - 0.5), 1, 1, facecolor=how.fill, edgecolor=_PALE_EDGE if reason else EDGE,
            linewidth=0.6, hatch=HIDDEN_HATCH if reason else None, clip_on=False,
        )  # fmt: skip
        ax.add_patch(box)
        text = ax.text(
            c, r, reasons.get(reason, "–") if reason else told[row], ha="center",
            va="center_baseline", fontsize=font, color=INK if reason else how.text,
            fontweight="bold" if not reason and cells.decided[row] else "normal",
        )  # fmt: skip
        if reason:
            text.set_bbox({"facecolor": PAPER, "edgecolor": "none", "pad": 1.2})
    ax.set_xlim(-0.5, place.shape[1] - 0.5)
    ax.set_ylim(place.shape[0] - 0.5, -0.5)


def _label(ax: Axes, rows: list[str], heads: list[str], turned: bool, font: float) -> None:
    ax.set_yticks(range(len(rows)), rows, fontsize=font)
    ax.set_xticks(range(len(heads)), heads, fontsize=7.5)
    ax.xaxis.tick_top()
    if turned:
        for tick in ax.get_xticklabels():
            tick.set(rotation=50, ha="left", va="bottom", rotation_mode="anchor", linespacing=1.0)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _handles(cells: Cells, reasons: dict[str, str], lang: Language) -> list[Any]:
    from matplotlib.patches import Patch

    told = words.legend(cells, lang)
    handles = [
        Patch(facecolor=LOOKS[v].fill, edgecolor=EDGE, label=f"{LOOKS[v].sign} {told[v]}")
        for v in VERDICTS
    ]
    if reasons:
        text = "inget test" if lang == "sv" else "no test"
        handles.append(Patch(facecolor=PAPER, edgecolor=_PALE_EDGE, hatch=HIDDEN_HATCH, label=text))
    return handles
