"""A decomposition as a waterfall: from the share of one survey to that of the other, part by part.

A part whose interval excludes zero is a filled bar in the colour of its direction; any other is
empty and grey. Whiskers are the interval of the part alone, drawn from where its bar begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from survey_stats.drawing.page import MOST_HEIGHT, Drawn, Sheet, Words, sheet, style
from survey_stats.drawing.palette import DOWN, INK, LOOKS, OPEN, PALE, PAPER, SOFT, UP
from survey_stats.drawing.text import fitted, text_width
from survey_stats.errors import InputError
from survey_stats.explain.disagreement.words import (
    interval,
    part_name,
    short_name,
    survey_name,
    title,
)
from survey_stats.labels import NBSP, Language, capital, number, percent, points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from survey_stats.explain.disagreement.result import Decomposition

_PITCH = 19.0
_FONT = 8.5
# the head of the column right of the Axes may take two lines
_ABOVE, _BELOW = 28.0, 36.0


@dataclass(frozen=True)
class Line:
    """One line of the figure, in percent.

    Attributes
    ----------
    name, told: left and right of the Axes
    start, end: of the bar; equal for a survey, NaN for a heading
    low, high: ends of the whisker
    kind: "survey", "heading", "part"
    """

    name: str
    told: str
    start: float
    end: float
    low: float
    high: float
    kind: str

    @property
    def certain(self) -> bool:
        """Whether the interval of a part excludes zero."""
        return self.low > self.start or self.high < self.start


def lines_of(parts: Decomposition, lang: Language) -> list[Line]:
    """The lines from the first survey to the second, and where each bar begins and ends."""
    found = parts.numbers()
    at = 100 * parts.shares[0]
    lines = [_survey(parts, 0, lang)]
    of_part = [leaf.part for leaf in parts.leaves]
    rows = list(
        zip(parts.rows(), 100 * found.value, 100 * found.low, 100 * found.high, strict=True)
    )
    for (leaf, _), value, low, high in rows[1:]:
        told = f"{points(value / 100, 1, lang)} ({interval(low / 100, high / 100, lang)})"
        several = of_part.count(leaf.part) > 1
        if leaf.variable == "" and leaf.part != "rest":
            if several:
                gap = np.nan
                lines.append(Line(part_name(leaf, lang), told, gap, gap, gap, gap, "heading"))
            continue
        name = part_name(leaf, lang)
        if several:
            name = f"   {name}"
        elif leaf.part == "composition":
            who = "Vilka som svarar" if lang == "sv" else "Who answers"
            name = f"{who}: {name}"
        else:
            name = capital(name)
        lines.append(Line(name, told, at, at + value, at + low, at + high, "part"))
        at += value
    return [*lines, _survey(parts, 1, lang)]


def _survey(parts: Decomposition, side: int, lang: Language) -> Line:
    result = (parts.changes.paired.before, parts.changes.paired.after)[side]  # type: ignore[union-attr]
    share = 100 * parts.shares[side]
    low, high = 100 * float(result.ci_low[0]), 100 * float(result.ci_high[0])
    to = "till" if lang == "sv" else "to"
    limits = f"{number(low, 1, lang)} {to} {number(high, 1, lang)}"
    name = short_name(parts, side, lang)
    told = f"{percent(share / 100, 1, lang)} ({limits})"
    return Line(capital(name), told, share, share, low, high, "survey")


def waterfall(parts: Decomposition, *, lang: Language = "sv", ax: Axes | None = None) -> Axes:
    """Draw the parts from the first survey's share to the second's; returns the Axes.

    Raises:
        InputError: matplotlib is not installed, or more parts than a page holds.
    """
    return compose(parts, lang, ax).ax


def compose(
    parts: Decomposition, lang: Language = "sv", ax: Axes | None = None, bare: bool = False
) -> Drawn:
    """`waterfall` with its words; on a `bare` sheet they stand outside the picture."""
    lines = lines_of(parts, lang)
    body = _PITCH * len(lines)
    if body > 72 * MOST_HEIGHT - 150:
        raise InputError(f"A waterfall of {len(lines)} lines does not fit a page")
    with style() as plt:
        names = [fitted(line.name, _FONT, 165, line.kind != "part") for line in lines]
        left = (
            max(
                text_width(n, _FONT, line.kind != "part")
                for n, line in zip(names, lines, strict=True)
            )
            + 10
        )
        heads = (
            "procent, eller procentenheter (intervall)"
            if lang == "sv"
            else "percent, or percentage points (interval)"
        )
        told = max(text_width(line.told, _FONT, True) for line in lines)
        page = sheet(plt, ax, left, told + 14, _ABOVE, _BELOW, bare=bare)
        _draw(page, lines, names, lang)
        _beside(page, lines, fitted(heads, 7, told))
        return page.finish(body, _words(parts, lang), lang=lang)


def _draw(page: Sheet, lines: list[Line], names: list[str], lang: Language) -> None:
    ax = page.ax
    for y, line in enumerate(lines):
        if line.kind == "survey":
            ax.axvline(line.end, color=PALE, linewidth=1.4, zorder=0)
            ax.hlines(y, line.low, line.high, color=INK, linewidth=1.9, zorder=2)
            ax.plot(line.end, y, "D", color=INK, markersize=6, zorder=3)
        elif line.kind == "part":
            how = LOOKS[(UP if line.end >= line.start else DOWN) if line.certain else OPEN]
            ax.barh(
                y, line.end - line.start, 0.56, line.start, zorder=2, linewidth=1.0,
                color=how.fill if not line.certain else how.colour, edgecolor=how.colour,
            )  # fmt: skip
            if np.isfinite(line.low) and line.high > line.low:
                ax.hlines(y, line.low, line.high, color=PAPER, linewidth=2.6, zorder=3)
                ax.hlines(y, line.low, line.high, color=INK, linewidth=1.0, zorder=3)
                ax.plot(
                    [line.low, line.high], [y, y], "|", color=INK, markersize=6, zorder=3,
                    linestyle="",
                )  # fmt: skip
    # where one bar ends the next begins
    parts = [(y, line) for y, line in enumerate(lines) if line.kind != "heading"]
    for (y, line), (below, _) in pairwise(parts):
        ax.vlines(line.end, y, below, color="#9a9a9a", linewidth=0.7, linestyle=":", zorder=1)
    drawn = [line for line in lines if line.kind != "heading"]
    ends = np.array([[line.low, line.high, line.start, line.end] for line in drawn])
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    pad = max(0.04 * (high - low), 0.5)
    ax.set_xlim(low - pad, high + pad)
    ax.set_ylim(len(lines) - 0.4, -0.6)
    ax.set_yticks(range(len(lines)), names, fontsize=_FONT)
    for tick, line in zip(ax.get_yticklabels(), lines, strict=True):
        if line.kind != "part":
            tick.set_fontweight("bold")
        tick.set_horizontalalignment("left")
    ax.tick_params(axis="y", length=0, pad=page.left - 2)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    ax.xaxis.set_major_formatter(lambda v, _: number(v, 0 if v == int(v) else 1, lang))
    ax.tick_params(axis="x", labelsize=7.5)
    ax.set_xlabel("andel, procent" if lang == "sv" else "share, percent", fontsize=7.5, color=SOFT)


def _beside(page: Sheet, lines: list[Line], head: str) -> None:
    """Numbers in a column right of the Axes."""
    for y, line in enumerate(lines):
        certain = line.kind == "part" and line.certain
        page.beside(
            line.told, y, page.width + 10, bold=certain or line.kind == "survey",
            colour=INK if line.kind != "heading" else SOFT,
        )  # fmt: skip
    page.ax.annotate(
        head, (1, 1), xycoords="axes fraction", xytext=(10, 4), textcoords="offset points",
        annotation_clip=False, fontsize=7, color=SOFT, va="bottom",
    )  # fmt: skip


def _words(parts: Decomposition, lang: Language) -> Words:
    """The title, the two surveys, and what the signs mean."""
    level = number(100 * parts.level, 0, lang)
    notes = (
        (
            "Fylld stapel: delens intervall utesluter noll. Tom stapel: kan inte avgöras. "
            f"Streck: {level}-procentigt intervall för delen.",
            "Delarna summerar till skillnaden.",
        )
        if lang == "sv"
        else (
            "Filled bar: the part's interval excludes zero. Empty bar: it cannot be decided. "
            f"Whisker: {level} percent interval of the part.",
            "The parts sum to the difference.",
        )
    )
    return Words(title(parts, lang), _subtitle(parts, lang), notes, parts.synthetic)


def _subtitle(parts: Decomposition, lang: Language) -> str:
    base = "bas" if lang == "sv" else "base"
    told = [
        f"{survey_name(parts, side, lang)} ({base}{NBSP}{number(parts.bases[side], 0, lang)})"
        for side in (0, 1)
    ]
    to = "till" if lang == "sv" else "to"
    return f"{'Från' if lang == 'sv' else 'From'} {told[0]} {to} {told[1]}"
