"""Slope plot: each group's share before and after, with its name beside the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.compare.changes import Changes
from survey_stats.compare.figures import words
from survey_stats.compare.figures.cells import Cells, cells_of
from survey_stats.compare.figures.sides import sides_of
from survey_stats.compare.figures.style import verdict_handles, words_of
from survey_stats.drawing.page import MOST_HEIGHT, WIDTH, Drawn, Sheet, sheet, style
from survey_stats.drawing.palette import OPEN, PAPER, SAME, SOFT, look
from survey_stats.drawing.text import shortened, spread, text_width
from survey_stats.errors import InputError
from survey_stats.estimate import Estimates
from survey_stats.labels import Language, capital, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# lines that can each have a name; beyond, only the decided changes are named
MOST_NAMED = 30
MOST_LABELS = 62
# cells that can each have an interval; beyond, only the decided changes have one
MOST_INTERVALS = 15
# points that a line from a point to its label takes
_LEADER = 16.0
# points of a name where there is room, and where a page is full; and of its line to that
_FONT, _LEAST_FONT = 8.5, 7.0
_GAP = 1.25
# of the distance between the two sides, free beside each
_SIDE = 0.14
# percentage points from bottom to top
_LEAST_SPAN = 20.0


def slope(
    changes: Changes | pd.DataFrame,
    *,
    lang: Language = "sv",
    ax: Axes | None = None,
    sides: tuple[Estimates, Estimates] | None = None,
    names: tuple[str, str] | None = None,
    synthetic: bool | None = None,
) -> Axes:
    """The estimate of each cell before and after, joined by a line; returns the Axes.

    Decided changes are thick and coloured, the others thin and grey. Where there are more than 30
    cells only the decided ones carry a name, and the line below says so.

    Parameters
    ----------
    changes: a `Changes`, or its `to_frame()` after rows were chosen or suppressed
    sides: the two results that were compared, which a `Changes` knows and a frame does not; each
        point then has its own interval (of the decided changes only, where there are many)
    names: what the two sides are called; by default their years, or the values of their domains
    synthetic: whether the data are made up; by default what the result says

    Raises:
        InputError: more names than a page holds; `sides` by other columns than the changes.
    """
    return compose(changes, lang, ax, sides, names, synthetic).ax


def compose(
    changes: Changes | pd.DataFrame,
    lang: Language = "sv",
    ax: Axes | None = None,
    sides: tuple[Estimates, Estimates] | None = None,
    names: tuple[str, str] | None = None,
    synthetic: bool | None = None,
    bare: bool = False,
    most_named: int = MOST_NAMED,
) -> Drawn:
    """`slope` with its words; on a `bare` sheet they stand outside the picture."""
    cells = cells_of(changes, sides, synthetic, names=names)
    shown = np.isfinite(cells.before) & np.isfinite(cells.after)
    decided = shown & cells.drawn & cells.decided
    named = shown if int(shown.sum()) <= most_named else decided
    if int(named.sum()) > MOST_LABELS:
        raise InputError(
            f"A slope plot with {int(named.sum())} decided changes does not fit a page; choose at "
            f"most {MOST_LABELS} rows of to_frame(), or draw a forest plot or a heat map"
        )
    limits = shown & np.isfinite(cells.sides).any(axis=0)
    if int(limits.sum()) > MOST_INTERVALS:
        limits &= decided
    rows = words.row_names(cells, [str(c) for c in cells.keys.columns], lang)
    starts, ends = (
        [words.amount(v, cells, lang) for v in side.tolist()]
        for side in (cells.before, cells.after)
    )
    texts = [
        f"{end}{words.mark(cells, i)}  {row}"
        for i, (end, row) in enumerate(zip(ends, rows, strict=True))
    ]
    most = (72 * MOST_HEIGHT - 150) / (1.25 * _GAP * max(int(named.sum()), 1))
    font = float(np.clip(most, _LEAST_FONT, _FONT))
    left = max(text_width(t, font, True) for t in starts) + _LEADER + 6
    room = 72 * WIDTH - left - 90
    texts = [shortened(t, font, room - _LEADER - 6, True) for t in texts]
    wide = max((text_width(texts[i], font, True) for i in np.flatnonzero(named)), default=60)
    right = wide + _LEADER + 6
    body = float(np.clip(1.25 * _GAP * font * named.sum(), 190, 72 * MOST_HEIGHT - 150))
    with style() as plt:
        page = sheet(plt, ax, left, right, 16, 12, bare=bare)
        shift = _draw(page.ax, cells, shown, decided, limits)
        _labels(page, cells, named, texts, shift, (body, font), lang)
        unit = f", {words.unit(cells, lang)}"
        around = words_of(
            cells,
            words.subtitle(cells, lang).replace(unit, ""),
            _lines(cells, rows, shown, named, limits, lang),
            lang,
        )
        return page.finish(body, around, verdict_handles(cells, lang), lang)


def _lines(
    cells: Cells, rows: list[str], shown: Bools, named: Bools, limits: Bools, lang: Language
) -> list[str]:
    told = [words.foot(cells, lang, intervals=False) + "."]
    if limits.any():
        level = percent(float(cells.family["level"]), 0, lang)
        told[0] += (
            f" De lodräta strecken är varje tals eget osäkerhetsintervall ({level})."
            if lang == "sv"
            else f" Vertical lines are each estimate's own {level} confidence interval."
        )
    told += words.doubts(cells, lang)
    unnamed = int((shown & ~named).sum())
    if unnamed:
        told.append(
            f"Tunna linjer utan namn: {unnamed} utan säkerställd förändring."
            if lang == "sv"
            else f"Thin lines without a name: {unnamed} without a significant change."
        )
    absent = np.flatnonzero(~shown).tolist()
    if absent:
        why = words.untested(cells, rows, absent, lang)
        told.append(("Visas inte: " if lang == "sv" else "Not shown: ") + why + ".")
    return told


def _draw(ax: Axes, cells: Cells, shown: Bools, decided: Bools, limits: Bools) -> Floats:
    """Lines, points and intervals; returns how far each line is moved to the right."""
    with_limits = np.flatnonzero(limits)
    # side by side, so that intervals do not lie on each other
    shift = np.zeros(len(cells))
    place = np.argsort(np.argsort(cells.before[with_limits], kind="stable"))
    width = min(0.012 * max(with_limits.size - 1, 0), 0.12)
    shift[with_limits] = np.linspace(-width, width, max(with_limits.size, 1))[place]
    for i in sorted(np.flatnonzero(shown).tolist(), key=lambda i: bool(decided[i])):
        verdict = cells.verdict[i] if cells.drawn[i] else OPEN
        how = look(verdict)
        x = np.array([0.0, 1.0]) + shift[i]
        strong = bool(decided[i])
        ax.plot(
            x, [cells.before[i], cells.after[i]], color=how.colour, marker=how.marker,
            linewidth=2.0 if strong else 0.8, markersize=6 if strong else 4,
            markerfacecolor=PAPER if verdict == OPEN else how.colour,
            alpha=1.0 if strong or verdict == SAME else 0.8, zorder=4 if strong else 2,
        )  # fmt: skip
        if i in with_limits:
            ax.vlines(
                x, cells.sides[[0, 2], i], cells.sides[[1, 3], i], color=how.colour,
                linewidth=1.3 if strong else 0.7, alpha=0.7, zorder=3 if strong else 1,
            )  # fmt: skip
    ends = np.concatenate([cells.before[shown], cells.after[shown]])
    ends = np.concatenate([ends, cells.sides[:, with_limits].ravel()])
    ends = ends[np.isfinite(ends)]
    low, high = (float(ends.min()), float(ends.max())) if ends.size else (0.0, 1.0)
    # a small change stays small where there is no other to see it beside
    least = _LEAST_SPAN if cells.is_share else 0.1 * abs(high) or 1.0
    pad = max(0.04 * (high - low), (least - (high - low)) / 2)
    ax.set_xlim(-_SIDE, 1 + _SIDE)
    ax.set_ylim(low - pad, high + pad)
    for x_side in (0, 1):
        ax.axvline(x_side, color="#d0d0d0", linewidth=0.8, zorder=0)
    ax.set_yticks([])
    ax.set_xticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    return shift


def _labels(
    page: Sheet,
    cells: Cells,
    named: Bools,
    texts: list[str],
    shift: Floats,
    size: tuple[float, float],
    lang: Language,
) -> None:
    """Values left and names right of the lines, pushed apart, with thin leaders where moved."""
    from matplotlib.transforms import blended_transform_factory

    ax = page.ax
    sides = sides_of(cells, lang)
    for x_side, text in ((0.0, sides.before), (1.0, sides.after)):
        ax.annotate(
            capital(text), (x_side, 1), xycoords=("data", "axes fraction"), xytext=(0, 5),
            textcoords="offset points", fontsize=8.5, fontweight="bold", ha="center",
        )  # fmt: skip
    rows = np.flatnonzero(named)
    low, high = ax.get_ylim()
    body, font = size
    unit = _GAP * font * (high - low) / body
    step = _LEADER / page.width
    where = blended_transform_factory(ax.transAxes, ax.transData)
    for edge, away, values in ((0.0, -1, cells.before), (1.0, 1, cells.after)):
        at = spread(values[rows], unit, low, high)
        for i, y in zip(rows.tolist(), at.tolist(), strict=True):
            drawn = bool(cells.drawn[i])
            how = look(cells.verdict[i] if drawn else OPEN)
            strong = drawn and bool(cells.decided[i])
            ax.annotate(
                words.amount(values[i], cells, lang) if away < 0 else texts[i], (edge, y),
                xycoords=("axes fraction", "data"), xytext=((_LEADER + 3) * away, 0),
                textcoords="offset points", ha="right" if away < 0 else "left",
                va="center_baseline", fontsize=font, color=how.colour if strong else SOFT,
                annotation_clip=False, fontweight="bold" if strong else "normal",
            )  # fmt: skip
            start = ((edge + shift[i] + _SIDE) / (1 + 2 * _SIDE), float(values[i]))
            path = zip(start, (edge, float(values[i])), (edge + step * away, y), strict=True)
            ax.plot(*path, transform=where, color="#b0b0b0", linewidth=0.5, clip_on=False, zorder=1)
