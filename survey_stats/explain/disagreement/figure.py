"""A decomposition as a waterfall: from the share of one survey to that of the other, part by part.

A part whose interval excludes zero is a filled bar in the colour of its direction; any other is
empty and grey. Whiskers are the interval of the part alone, drawn from where its bar begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from survey_stats.compare.figures.cells import DOWN, OPEN, UP
from survey_stats.compare.figures.style import (
    INK,
    LOOKS,
    MOST_HEIGHT,
    PALE,
    SOFT,
    WIDTH,
    Sheet,
    fitted,
    sheet,
    style,
    text_width,
)
from survey_stats.errors import InputError
from survey_stats.explain.disagreement.words import (
    interval,
    part_name,
    short_name,
    survey_name,
    title,
)
from survey_stats.labels import NBSP, Language, number, percent, points, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from survey_stats.explain.disagreement.result import Decomposition

_PITCH = 19.0
_FONT = 8.5
_EDGE = 5.0
_ABOVE, _BELOW = 16.0, 30.0


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
            name = name[:1].upper() + name[1:]
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
    return Line(name[:1].upper() + name[1:], told, share, share, low, high, "survey")


def waterfall(parts: Decomposition, *, lang: Language = "sv", ax: Axes | None = None) -> Axes:
    """Draw the parts from the first survey's share to the second's; returns the Axes.

    Raises:
        InputError: matplotlib is not installed, or more parts than a page holds.
    """
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
        page = sheet(plt, ax, left, told + 14, _ABOVE, _BELOW)
        _draw(page, lines, names, lang)
        _beside(page, lines, fitted(heads, 7, told))
        _finish(page, parts, body, lang)
    return page.ax


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
                ax.hlines(y, line.low, line.high, color="#ffffff", linewidth=2.6, zorder=3)
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
        page.ax.annotate(
            line.told, (1, y), xycoords=("axes fraction", "data"), xytext=(10, 0),
            textcoords="offset points", annotation_clip=False, va="center_baseline",
            fontsize=_FONT, fontweight="bold" if certain or line.kind == "survey" else "normal",
            color=INK if line.kind != "heading" else SOFT,
        )  # fmt: skip
    page.ax.annotate(
        head, (1, 1), xycoords="axes fraction", xytext=(10, 4), textcoords="offset points",
        annotation_clip=False, fontsize=7, color=SOFT, va="bottom",
    )  # fmt: skip


def _finish(page: Sheet, parts: Decomposition, body: float, lang: Language) -> None:
    """Titles above, what the signs mean below, and the size of the figure."""
    start = -page.left if page.own else 0.0
    room = 72 * WIDTH - 2 * _EDGE if page.own else page.width
    first = fitted(title(parts, lang), 11, room, bold=True)
    sv = lang == "sv"
    second = fitted(_subtitle(parts, lang), 8.5, room)
    notes = [
        "Fylld stapel: delens intervall utesluter noll. Tom stapel: kan inte avgöras. "
        f"Streck: {number(100 * parts.level, 0, lang)}-procentigt intervall för delen."
        if sv
        else "Filled bar: the part's interval excludes zero. Empty bar: it cannot be decided. "
        f"Whisker: {number(100 * parts.level, 0, lang)} percent interval of the part.",
        "Delarna summerar till skillnaden." if sv else "The parts sum to the difference.",
    ]
    if parts.synthetic:
        notes = [word("synthetic", lang), *notes]
    told = [fitted(line, 7.5, room) for line in notes]
    # the head of the column right may take two lines
    above = page.above + 12
    page.note(second, (start, above + 4), 8.5, SOFT)
    lift = above + 4 + 11.5 * (second.count("\n") + 1) + 4
    page.note(first, (start, lift), 11, INK, "bold")
    bottom = -page.below - 6
    for text in told:
        made_up = parts.synthetic and text is told[0]
        page.note(
            text, (start, bottom), 7.5, INK if made_up else SOFT,
            "bold" if made_up else "normal", "top",
        )  # fmt: skip
        bottom -= 10.5 * (text.count("\n") + 1)
    if not page.own:
        return
    height = lift + 13.5 * (first.count("\n") + 1) + 4 + body - bottom + 5
    figure: Any = page.ax.figure
    figure.set_size_inches(WIDTH, height / 72)
    width = 72 * WIDTH
    page.ax.set_position(
        (
            (page.left + _EDGE) / width,
            (5 - bottom) / height,
            page.width / width,
            body / height,
        )
    )


def _subtitle(parts: Decomposition, lang: Language) -> str:
    base = "bas" if lang == "sv" else "base"
    told = [
        f"{survey_name(parts, side, lang)} ({base}{NBSP}{number(parts.bases[side], 0, lang)})"
        for side in (0, 1)
    ]
    to = "till" if lang == "sv" else "to"
    return f"{'Från' if lang == 'sv' else 'From'} {told[0]} {to} {told[1]}"
