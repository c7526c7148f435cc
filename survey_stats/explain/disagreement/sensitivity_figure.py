"""What remains of a difference at every share that a missing variable may have, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from survey_stats.drawing.page import FONT, SMALL, Sheet, Words, sheet, style
from survey_stats.drawing.palette import DOWN, INK, LOOKS, SOFT, UP
from survey_stats.drawing.text import fitted, spread, text_width
from survey_stats.explain.disagreement.sensitivity_words import sides
from survey_stats.explain.disagreement.words import asked_heading
from survey_stats.labels import Language, number, percent, points, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from survey_stats.explain.disagreement.sensitivity import Sensitivity

_STEPS = 121
_BODY = 190.0
_COLOURS = (LOOKS[DOWN].colour, LOOKS[UP].colour)


def draw(result: Sensitivity, *, lang: Language = "sv", ax: Axes | None = None) -> Axes:
    """Lines of what remains by assumed share, with intervals; a line an assumed gap.

    Zero is marked, and the share in the survey that has the variable where it is in the range.
    Raises `InputError` without matplotlib.
    """
    low, high = result.shares
    if high <= low:
        low, high = max(low - 0.05, 0.0), min(high + 0.05, 1.0)
    share = np.linspace(low, high, _STEPS)
    gaps: tuple[float | None, ...] = (None,) if result.gaps is None else result.gaps
    labels = [_gap_label(result, gap, lang) for gap in gaps]
    with style() as plt:
        right = max(text_width(t, FONT) for label in labels for t in label.split("\n")) + 16
        page = sheet(plt, ax, 44, right, 4, 40)
        ends = []
        for gap, colour in zip(gaps, _COLOURS, strict=False):
            at = None if gap is None else np.full(share.size, gap)
            _, left = result.remaining(share, at)
            page.ax.fill_between(
                100 * share, 100 * left.low, 100 * left.high, color=colour, alpha=0.16, linewidth=0
            )
            page.ax.plot(100 * share, 100 * left.value, color=colour, linewidth=1.9)
            ends.append(100 * float(left.value[-1]))
        _axes(page, result, (low, high), lang)
        _name_lines(page, ends, labels)
        page.finish(_BODY, _words(result, lang), lang=lang)
    return page.ax


def _gap_label(result: Sensitivity, gap: float | None, lang: Language) -> str:
    size = points(result.gap if gap is None else gap, 1, lang)
    if lang == "sv":
        return f"gruppens skillnad\nmot övriga {size}"
    return f"gap to the others\n{size}"


def _axes(page: Sheet, result: Sensitivity, span: tuple[float, float], lang: Language) -> None:
    ax = page.ax
    ax.axhline(0, color=INK, linewidth=0.9)
    if span[0] <= result.share <= span[1]:
        ax.axvline(100 * result.share, color=SOFT, linewidth=0.9, linestyle=":")
    ax.set_xlim(100 * span[0], 100 * span[1])
    ax.grid(axis="both")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda v, _: number(v, 0 if v == int(v) else 1, lang))
    ax.tick_params(labelsize=SMALL)
    _, lacks = sides(result, lang)
    what = word(result.variable, lang)
    x, y = (
        (f"antagen andel med {what} i {lacks}, procent", "återstår, procentenheter")
        if lang == "sv"
        else (f"assumed share with {what} in {lacks}, percent", "remains, percentage points")
    )
    ax.set_xlabel(fitted(x, SMALL, page.width), fontsize=SMALL, color=SOFT)
    ax.set_ylabel(y, fontsize=SMALL, color=SOFT)


def _name_lines(page: Sheet, ends: list[float], labels: list[str]) -> None:
    """The gap of each line at its right end, pushed apart where the ends lie close."""
    low, high = page.ax.get_ylim()
    room = 26 / _BODY * (high - low)
    places = spread(np.array(ends), room, low, high).tolist()
    for y, label, colour in zip(places, labels, _COLOURS, strict=False):
        page.ax.annotate(
            label, (1, y), xycoords=("axes fraction", "data"), xytext=(8, 0), va="center",
            textcoords="offset points", annotation_clip=False, fontsize=FONT, color=colour,
        )  # fmt: skip


def _words(result: Sensitivity, lang: Language) -> Words:
    """The question, and how to read the band and the dotted line."""
    what = word(result.variable, lang)
    name = asked_heading(result.question, result.of, lang)
    sv = lang == "sv"
    title = f"Vad kan {what} förklara? {name}" if sv else f"What could {what} explain? {name}"
    has, _ = sides(result, lang)
    known = percent(result.share, 1, lang)
    level = number(100 * result.level, 0, lang)
    notes = (
        f"Band: {level}-procentigt intervall. Där bandet når noll kan skillnaden vara slump."
        if sv
        else f"Band: {level} percent interval. Where it reaches zero there may be no difference.",
        f"Prickad linje: andelen i {has}, {known}."
        if sv
        else f"Dotted line: the share in {has}, {known}.",
    )
    return Words(title, notes=notes, synthetic=result.synthetic)
