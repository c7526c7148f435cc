"""Forest plot: every difference with its interval, against zero and the margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.compare.changes import Changes
from survey_stats.compare.figures import words
from survey_stats.compare.figures.cells import Cells, cells_of
from survey_stats.compare.figures.sides import sides_of
from survey_stats.compare.figures.style import verdict_handles, words_of
from survey_stats.drawing.page import MOST_HEIGHT, Sheet, sheet, style
from survey_stats.drawing.palette import INK, LOOKS, OPEN, PALE, PAPER, SOFT, look
from survey_stats.drawing.text import fitted, text_width
from survey_stats.errors import InputError
from survey_stats.labels import Language, capital, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
Sort = Literal["difference", "given"]

MOST_LINES = 105
# points for title, axis and key
_AROUND = 120.0


def forest(
    changes: Changes | pd.DataFrame,
    *,
    lang: Language = "sv",
    ax: Axes | None = None,
    sort: Sort = "difference",
    column: str | None = None,
    names: tuple[str, str] | None = None,
    synthetic: bool | None = None,
) -> Axes:
    """Differences with their intervals, one row a cell; returns the Axes.

    The band is the margin within which a difference counts as none. A row's marker, colour and
    weight tell its verdict; beside it stand the difference, its interval and the two bases. A cell
    without a test keeps its row with the reason.

    Parameters
    ----------
    changes: a `Changes`, or its `to_frame()` after rows were chosen or suppressed
    sort: largest increase first, or as the rows come
    column: the key column that makes sections where there are several; by default `question` or
        `level`, else the last
    names: what the two sides are called; by default their years, or the values of their domains
    synthetic: whether the data are made up; by default what the result says

    Raises:
        InputError: more rows than a page holds; a frame that is not of a `Changes`.
        UnknownNameError: there is no such key column.
    """
    cells = cells_of(changes, synthetic=synthetic, names=names)
    across = cells.column(column)
    lines = _lines(cells, across, sort)
    if len(lines) > MOST_LINES:
        raise InputError(
            f"A forest plot of {len(lines)} lines does not fit a page; choose at most "
            f"{MOST_LINES} rows of to_frame(), or draw a heat map"
        )
    room = (72 * MOST_HEIGHT - _AROUND) / len(lines)
    pitch = min(room, 16.5)
    font = float(np.clip(pitch * 0.8, 5.6, 8.5))
    told = _names(cells, lines, across, lang)
    texts = _texts(cells, font, lang)
    # a heading may reach into the picture
    widths = [text_width(n, font, True) for n in told]
    heads = [min(w, 150) if isinstance(n, str) else w for n, w in zip(lines, widths, strict=True)]
    left = max(heads) + 8
    with style() as plt:
        page = sheet(plt, ax, left, texts.width + 10, 12 + 9 * texts.heads[1].count("\n"), 22)
        _draw(page, cells, lines, told, font, lang)
        _beside(page, cells, lines, texts, font)
        around = words_of(
            cells,
            words.subtitle(cells, lang),
            [words.foot(cells, lang), *words.doubts(cells, lang)],
            lang,
        )
        page.finish(pitch * max(len(lines), 2), around, _handles(cells, lang), lang)
    return page.ax


def _lines(cells: Cells, column: str | None, sort: Sort) -> list[int | str]:
    """Row numbers from top to bottom; a text is the heading of a section."""
    order = np.arange(len(cells))
    if sort == "difference":
        order = np.lexsort((order, np.where(cells.drawn, -cells.difference, np.inf)))
    if column is None:
        return list(order.tolist())
    values = cells.keys[column].astype(str).to_numpy()
    lines: list[int | str] = []
    for value in dict.fromkeys(values):
        lines += [str(value), *order[values[order] == value].tolist()]
    return lines


def _names(cells: Cells, lines: list[int | str], across: str | None, lang: Language) -> list[str]:
    columns = [str(c) for c in cells.keys.columns if c != across]
    rows = words.row_names(cells, columns, lang)
    return [capital(words.name(n, lang)) if isinstance(n, str) else rows[n] for n in lines]


def _draw(
    page: Sheet, cells: Cells, lines: list[int | str], names: list[str], font: float, lang: Language
) -> None:
    ax = page.ax
    at = {line: y for y, line in enumerate(lines) if not isinstance(line, str)}
    rows = np.array(list(at), dtype=np.intp)
    y = np.array(list(at.values()), dtype=np.float64)
    left, right = _reach(cells)
    small = font < 7
    ax.axvspan(-cells.margin, cells.margin, color=PALE, linewidth=0, zorder=0)
    ax.axvline(0, color=INK, linewidth=0.9, zorder=1)
    for verdict, how in LOOKS.items():
        mine = np.array([look(v) is how for v in cells.verdict[rows]]) & cells.drawn[rows]
        if not mine.any():
            continue
        chosen, height = rows[mine], y[mine]
        low, high = cells.low[chosen], cells.high[chosen]
        ax.hlines(
            height, np.maximum(low, left), np.minimum(high, right), color=how.colour,
            linewidth=1.0 if verdict == OPEN else 1.9, zorder=2,
        )  # fmt: skip
        # an arrow where the interval goes on outside the picture
        for marker, beyond, edge in (("<", low < left, left), (">", high > right, right)):
            ax.plot(
                np.full(int(beyond.sum()), edge), height[beyond], marker, color=how.colour,
                markersize=3.5, linestyle="", clip_on=False,
            )  # fmt: skip
        ax.plot(
            cells.difference[chosen], height, how.marker, color=how.colour, linestyle="", zorder=3,
            markerfacecolor=PAPER if verdict == OPEN else how.colour,
            markersize=4.2 if small else 6,
        )  # fmt: skip
    ax.set_xlim(left, right)
    ax.set_ylim(len(lines) - 0.4, -0.6)
    ax.set_yticks(list(at.values()), [names[i] for i in at.values()], fontsize=font)
    for tick, row in zip(ax.get_yticklabels(), rows, strict=True):
        if cells.decided[row] and cells.drawn[row]:
            tick.set_fontweight("bold")
    for y_line, (line, text) in enumerate(zip(lines, names, strict=True)):
        if isinstance(line, str):
            ax.annotate(
                text, (0, y_line), xycoords=("axes fraction", "data"), xytext=(-page.left, 0),
                textcoords="offset points", fontsize=font, fontweight="bold", color=SOFT,
                va="center_baseline", annotation_clip=False, zorder=4,
                bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.8},
            )  # fmt: skip
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    ax.xaxis.set_major_formatter(lambda v, _: words.tick(v, lang))
    ax.tick_params(axis="x", labelsize=7.5)


def _handles(cells: Cells, lang: Language) -> list[Any]:
    from matplotlib.patches import Patch

    margin = words.margin(cells, lang)
    told = f"marginal {margin}" if lang == "sv" else f"margin {margin}"
    return [*verdict_handles(cells, lang), Patch(color=PALE, label=told)]


@dataclass(frozen=True)
class _Texts:
    """What stands right of the Axes: two columns of text, and where the second begins."""

    heads: tuple[str, str]
    told: list[str]
    bases: list[str]
    second: float
    width: float


def _texts(cells: Cells, font: float, lang: Language) -> _Texts:
    till = "till" if lang == "sv" else "to"
    told, bases = [], []
    for row in range(len(cells)):
        if cells.drawn[row]:
            low, high = (words.size(v[row], cells, lang, False) for v in (cells.low, cells.high))
            difference = words.size(cells.difference[row], cells, lang) + words.mark(cells, row)
            told.append(f"{difference} ({low} {till} {high})")
        else:
            told.append(words.reason(str(cells.flag[row]), lang))
        both = [number(v[row], 0, lang) for v in (cells.n_before, cells.n_after)]
        bases.append("" if both == ["–", "–"] else f"{both[0]} / {both[1]}")
    told = [t if cells.drawn[i] else fitted(t, font, 150) for i, t in enumerate(told)]
    sides = sides_of(cells, lang)
    base = "bas" if lang == "sv" else "base"
    heads = (
        "skillnad (intervall)" if lang == "sv" else "difference (interval)",
        fitted(f"{base} {sides.before} / {sides.after}", 7, 88),
    )
    second = max(text_width(heads[0], 7), *(text_width(t, font, True) for t in told)) + 10
    width = second + max(text_width(heads[1], 7), *(text_width(t, font) for t in bases))
    return _Texts(heads, told, bases, second, width)


def _beside(page: Sheet, cells: Cells, lines: list[int | str], texts: _Texts, font: float) -> None:
    """Difference, interval and bases in columns right of the Axes."""

    def put(text: str, y: float, coords: Any, at: tuple[float, float], **how: Any) -> None:
        page.ax.annotate(
            text, (1, y), xycoords=coords, xytext=at, textcoords="offset points",
            annotation_clip=False, **how,
        )  # fmt: skip

    for text, x in zip(texts.heads, (10, 10 + texts.second), strict=True):
        put(text, 1, "axes fraction", (x, 4), fontsize=7, color=SOFT, va="bottom")
    at_row = ("axes fraction", "data")
    for y, row in enumerate(lines):
        if isinstance(row, str):
            continue
        drawn = bool(cells.drawn[row])
        put(
            texts.told[row], y, at_row, (10, 0), linespacing=0.9,
            fontsize=0.75 * font if "\n" in texts.told[row] else font,
            va="center" if "\n" in texts.told[row] else "center_baseline",
            color=INK if drawn else SOFT, fontstyle="normal" if drawn else "italic",
            fontweight="bold" if drawn and cells.decided[row] else "normal",
        )  # fmt: skip
        put(
            texts.bases[row], y, at_row, (10 + texts.second, 0), fontsize=font, color=SOFT,
            va="center_baseline",
        )  # fmt: skip


def _reach(cells: Cells) -> tuple[float, float]:
    """Ends of the axis: zero and the margin are within, and a few very wide intervals are cut."""
    drawn = cells.drawn
    if not drawn.any():
        return -2 * cells.margin, 2 * cells.margin
    usual = float(np.quantile(np.abs([cells.low[drawn], cells.high[drawn]]).max(axis=0), 0.9))
    room = max(1.6 * usual, 1.15 * float(np.abs(cells.difference[drawn]).max()))
    low = max(min(float(cells.low[drawn].min()), -1.4 * cells.margin), -room)
    high = min(max(float(cells.high[drawn].max()), 1.4 * cells.margin), room)
    pad = 0.03 * (high - low)
    return low - pad, high + pad
