"""Love plot: standardised differences between sample and population, before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from survey_stats.drawing.page import SMALL, Sheet, Words, sheet, style
from survey_stats.drawing.palette import AFTER, BAND, BEFORE, EDGE, OFF, PAPER, SOFT
from survey_stats.labels import Language, number
from survey_stats.weight.diagnostics import names
from survey_stats.weight.diagnostics.figures.levels import (
    Rows,
    column_width,
    left_of,
    rows_of,
    set_columns,
    set_names,
)
from survey_stats.weight.diagnostics.verdict import UNBALANCED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from survey_stats.weight.diagnostics.report import WeightingReport

FloatArray = npt.NDArray[np.float64]


def love(
    report: WeightingReport,
    *,
    lang: Language = "sv",
    ax: Axes | None = None,
    group: str | None = None,
    narrow: bool = False,
) -> Axes:
    """Each level's standardised difference before (hollow) and after (filled); returns the Axes.

    The grey band is ±0.1 standard deviations; what lies outside it after weighting is a diamond of
    another colour. Named after Thomas Love, who drew the first ones.

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
    rows = rows_of(report, group, lang, ("share", "mean"))
    before, after = (rows.frame[c].to_numpy(np.float64) for c in ("smd_before", "smd_after"))
    heads = ("före", "efter") if lang == "sv" else ("before", "after")
    columns = [
        (head, [number(v, 2, lang, sign=True) for v in values.tolist()])
        for head, values in zip(heads, (before, after), strict=True)
    ]
    if not report.changed:
        before = np.full(after.size, np.nan)
        columns = [("", columns[1][1])]
    with style() as plt:
        left = left_of(rows, 120 if narrow else 190)
        right = sum(column_width(*c) for c in columns) + 2
        page = sheet(plt, ax, left, right, 14, 40, narrow=narrow)
        _draw(page, rows, before, after, lang)
        set_names(page, rows, left)
        set_columns(page, rows, columns, bold=len(columns) - 1)
        around = Words(
            title(rows, group, lang),
            subtitle(report, lang),
            tuple(foot(rows, lang)),
            report.synthetic,
        )
        page.finish(rows.body, around, _handles(report.changed, after, lang), lang)
    return page.ax


def title(rows: Rows, group: str | None, lang: Language) -> str:
    """What is compared, and of whom."""
    text = "Urvalet mot befolkningen" if lang == "sv" else "The sample against the population"
    return f"{text}: {names.levels(group, rows.frame['within'].iloc[0], lang)}" if group else text


def subtitle(report: WeightingReport, lang: Language) -> str:
    """The unit."""
    if lang == "sv":
        when = "före och efter viktningen " if report.changed else ""
        return f"Standardiserad skillnad {when}(i standardavvikelser)"
    when = "before and after weighting " if report.changed else ""
    return f"Standardised difference {when}(in standard deviations)"


def foot(rows: Rows, lang: Language) -> list[str]:
    """How to read it, and what is not drawn."""
    limit = number(UNBALANCED, 1, lang)
    if lang == "sv":
        told = [
            f"Grått band: högst ±{limit}, som brukar räknas som liten skillnad. Till vänster om "
            "noll är gruppen för liten i urvalet, till höger för stor."
        ]
        if (rows.frame["kind"] == "mean").any():
            told[0] += " Ett medelvärde är till vänster för lågt, till höger för högt."
        rest = f"{rows.left_out} grupper med mindre skillnader visas inte."
    else:
        told = [
            f"Grey band: at most ±{limit}, usually counted as a small difference. Left of zero the "
            "group is too small in the sample, right of it too large."
        ]
        if (rows.frame["kind"] == "mean").any():
            told[0] += " A mean is too low on the left, too high on the right."
        rest = f"{rows.left_out} groups with smaller differences are not shown."
    return [*told, rest] if rows.left_out else told


def _draw(page: Sheet, rows: Rows, before: FloatArray, after: FloatArray, lang: Language) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax = page.ax
    both = np.concatenate([before, after])
    reach = 1.12 * max(float(np.nanmax(np.abs(both))), 1.25 * UNBALANCED)
    low = min(-1.6 * UNBALANCED, 1.12 * float(np.nanmin(both)))
    high = max(1.6 * UNBALANCED, 1.12 * float(np.nanmax(both)))
    ax.set_xlim(max(low, -reach), min(high, reach))
    ax.axvspan(-UNBALANCED, UNBALANCED, color=BAND, linewidth=0, zorder=-2)
    for x in (-UNBALANCED, UNBALANCED):
        ax.axvline(x, color="#9a9a9a", linewidth=0.8, linestyle=(0, (4, 3)), zorder=-1)
    ax.axvline(0, color="#4a4a4a", linewidth=0.9, zorder=-1)
    off = np.abs(after) > UNBALANCED
    for k, y in enumerate(rows.y):
        colour = OFF if off[k] else AFTER
        if np.isfinite(before[k]):
            ax.plot([before[k], after[k]], [y, y], color=colour, linewidth=1.1, zorder=2)
    y_of = np.array(rows.y)
    ax.plot(
        before, y_of, linestyle="", marker="o", markersize=5.5, color=BEFORE,
        markerfacecolor=PAPER, markeredgewidth=1.1, zorder=3,
    )  # fmt: skip
    for here, marker, colour, size in ((~off, "o", AFTER, 5.5), (off, "D", OFF, 5.5)):
        ax.plot(
            after[here], y_of[here], linestyle="", marker=marker, markersize=size, color=colour,
            zorder=4,
        )  # fmt: skip
    ax.xaxis.set_major_locator(MaxNLocator(nbins=7 if page.width > 200 else 4, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: _tick(v, lang)))
    ax.tick_params(axis="x", length=2.5, color=EDGE, labelsize=SMALL)
    few, many = ("← för få", "för många →") if lang == "sv" else ("← too few", "too many →")
    page.note(few, (0, -17), SMALL, SOFT, top=False)
    page.note(many, (page.width, -17), SMALL, SOFT, ha="right", top=False)


def _tick(value: float, lang: Language) -> str:
    decimals = 1 if abs(value * 10 - round(value * 10)) < 1e-6 else 2
    return number(value, decimals, lang)


def _handles(changed: bool, after: FloatArray, lang: Language) -> list[Any]:
    from matplotlib.lines import Line2D

    before, now, off = (
        ("före viktningen", "efter viktningen", "efter, utanför bandet")
        if lang == "sv"
        else ("before weighting", "after weighting", "after, outside the band")
    )
    if not changed:
        now, off = (
            ("med vikterna som de är", "utanför bandet")
            if lang == "sv"
            else ("with the weights as they are", "outside the band")
        )
    handles: list[Any] = [
        Line2D([], [], linestyle="", marker="o", markersize=5.5, color=BEFORE,
               markerfacecolor=PAPER, markeredgewidth=1.1, label=before),
        Line2D([], [], linestyle="", marker="o", markersize=5.5, color=AFTER, label=now),
    ][0 if changed else 1 :]  # fmt: skip
    if (np.abs(after) > UNBALANCED).any():
        handles.append(
            Line2D([], [], linestyle="", marker="D", markersize=5.5, color=OFF, label=off)
        )
    return handles
