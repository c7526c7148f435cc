"""The make-up of the sample beside that of the population: before, target, after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from survey_stats.drawing.page import SMALL, Words, sheet, style
from survey_stats.drawing.palette import AFTER, BEFORE, EDGE, INK, PAPER
from survey_stats.labels import Language, number, percent
from survey_stats.weight.diagnostics import names
from survey_stats.weight.diagnostics.figures.levels import (
    Rows,
    column_width,
    left_of,
    rows_of,
    set_columns,
    set_names,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from survey_stats.weight.diagnostics.report import WeightingReport


def shares(
    report: WeightingReport,
    *,
    lang: Language = "sv",
    ax: Axes | None = None,
    group: str | None = None,
    narrow: bool = False,
) -> Axes:
    """Each level's share before (hollow), in the population (a bar) and after; returns the Axes.

    Args:
        report: made by `diagnose`.
        lang: the reader's language.
        ax: where to draw; by default a figure as wide as an A4 page.
        group: one of the groups of `by`, instead of all respondents.
        narrow: a figure as wide as a phone.

    Raises:
        InputError: there is no population to compare with.
        UnknownNameError: there is no such group.
    """
    from matplotlib.lines import Line2D
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    rows = rows_of(report, group, lang, ("share",))
    sv = lang == "sv"
    before, target, after = (
        100 * rows.frame[c].to_numpy(np.float64) for c in ("before", "target", "after")
    )
    heads = ("före", "befolkn.", "urval") if sv else ("before", "popul.", "sample")
    if report.changed:
        heads = (*heads[:2], "efter" if sv else "after")
    columns = [
        (head, [number(v, 1, lang) for v in values.tolist()])
        for head, values in zip(heads, (before, target, after), strict=True)
    ]
    if not report.changed:
        before = np.full(after.size, np.nan)
    if narrow or not report.changed:
        columns = columns[1:]
    with style() as plt:
        left = left_of(rows, 112 if narrow else 190)
        right = sum(column_width(*c) for c in columns) + 2
        page = sheet(plt, ax, left, right, 14, 24, narrow=narrow)
        drawn = page.ax
        y = np.array(rows.y)
        top = float(np.nanmax(np.concatenate([before, target, after])))
        drawn.set_xlim(0, 1.06 * top)
        drawn.hlines(y, before, target, color=BEFORE, linewidth=1.0, zorder=2)
        drawn.plot(
            target, y, linestyle="", marker="|", markersize=9.5, markeredgewidth=2.0, color=INK,
            zorder=3,
        )  # fmt: skip
        drawn.plot(
            before, y, linestyle="", marker="o", markersize=5.5, color=BEFORE,
            markerfacecolor=PAPER, markeredgewidth=1.1, zorder=4,
        )  # fmt: skip
        drawn.plot(after, y, linestyle="", marker="o", markersize=4.5, color=AFTER, zorder=5)
        drawn.xaxis.set_major_locator(
            MaxNLocator(nbins=6 if page.width > 200 else 2, steps=[1, 2, 5, 10])
        )
        drawn.xaxis.set_major_formatter(FuncFormatter(lambda v, _: percent(v / 100, 0, lang)))
        drawn.tick_params(axis="x", length=2.5, color=EDGE, labelsize=SMALL)
        set_names(page, rows, left)
        set_columns(page, rows, columns, bold=len(columns) - 1)
        labels = (
            ("urvalet före viktningen", "befolkningen", "efter viktningen")
            if sv
            else ("the sample before", "the population", "after weighting")
        )
        if not report.changed:
            labels = (*labels[:2], "det viktade urvalet" if sv else "the weighted sample")
        handles = [
            Line2D([], [], linestyle="", marker="o", markersize=5.5, color=BEFORE,
                   markerfacecolor=PAPER, markeredgewidth=1.1, label=labels[0]),
            Line2D([], [], linestyle="", marker="|", markersize=9, markeredgewidth=2, color=INK,
                   label=labels[1]),
            Line2D([], [], linestyle="", marker="o", markersize=4.5, color=AFTER, label=labels[2]),
        ][0 if report.changed else 1 :]  # fmt: skip
        around = Words(
            title(rows, group, lang),
            subtitle(lang),
            tuple(foot(rows.left_out, lang)),
            report.synthetic,
        )
        page.finish(rows.body, around, handles, lang)
    return page.ax


def title(rows: Rows, group: str | None, lang: Language) -> str:
    """What is compared, and of whom."""
    text = (
        "Urvalets och befolkningens sammansättning"
        if lang == "sv"
        else "The make-up of the sample and of the population"
    )
    return f"{text}: {names.levels(group, rows.frame['within'].iloc[0], lang)}" if group else text


def subtitle(lang: Language) -> str:
    """The unit."""
    return "Andel i procent" if lang == "sv" else "Share in percent"


def foot(left_out: int, lang: Language) -> list[str]:
    """What is not drawn."""
    if not left_out:
        return []
    if lang == "sv":
        return [f"{left_out} grupper med mindre skillnader visas inte."]
    return [f"{left_out} groups with smaller differences are not shown."]
