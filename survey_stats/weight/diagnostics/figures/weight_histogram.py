"""The distribution of the weights, before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from survey_stats.drawing.page import SMALL, Words, sheet, style
from survey_stats.drawing.palette import AFTER, EDGE, GRID, INK, OFF, SOFT
from survey_stats.drawing.text import text_width
from survey_stats.labels import Language, number, percent
from survey_stats.weight.diagnostics.tables import MOST_LISTED
from survey_stats.weight.diagnostics.verdict import HEAVY_OVER_MEDIAN

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from survey_stats.weight.diagnostics.report import WeightingReport

FloatArray = npt.NDArray[np.float64]

BINS = 30
_BODY = 190.0


def histogram(
    report: WeightingReport,
    *,
    lang: Language = "sv",
    ax: Axes | None = None,
    narrow: bool = False,
) -> Axes:
    """Weights as multiples of their mean, before (outline) and after (filled); returns the Axes.

    The axis is logarithmic: a weight of twice the mean is as far from it as one of half.

    Args:
        report: made by `diagnose`.
        lang: the reader's language.
        ax: where to draw; by default a figure as wide as an A4 page.
        narrow: a figure as wide as a phone.
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

    sv = lang == "sv"
    before, after = (w / w.mean() for w in (report.before, report.after))
    changed = report.changed
    low = min(after.min(), before.min() if changed else np.inf)
    high = max(after.max(), before.max() if changed else 0)
    low, high = min(low / 1.15, 0.55), max(high * 1.15, 1.8)
    edges = np.geomspace(low, high, BINS + 1)
    with style() as plt:
        page = sheet(plt, ax, 34, 8, 16, 42, narrow=narrow)
        drawn = page.ax
        part = np.histogram(after, edges)[0] / after.size
        drawn.stairs(part, edges, fill=True, color=AFTER, alpha=0.75, linewidth=0, zorder=2)
        label = ("efter" if sv else "after") if changed else ("vikterna" if sv else "the weights")
        handles: list[Any] = [Patch(color=AFTER, alpha=0.75, label=label)]
        most = float(part.max())
        if changed:
            start = np.histogram(before, edges)[0] / before.size
            most = max(most, float(start.max()))
            drawn.stairs(start, edges, color="#3a3a3a", linewidth=1.3, zorder=3)
            label = "före (första steget)" if sv else "before (first step)"
            handles.append(Line2D([], [], color="#3a3a3a", linewidth=1.3, label=label))
        drawn.axvline(1, color=SOFT, linewidth=0.9, linestyle=(0, (2, 2)), zorder=4)
        label = "medelvikten" if sv else "the mean weight"
        handles.append(
            Line2D([], [], color=SOFT, linewidth=0.9, linestyle=(0, (2, 2)), label=label)
        )
        heavy = HEAVY_OVER_MEDIAN * float(np.median(after))
        if heavy < after.max():
            drawn.axvline(heavy, color=OFF, linewidth=1.2, linestyle=(0, (5, 2)), zorder=4)
            label = (
                f"{HEAVY_OVER_MEDIAN:.0f} gånger medianen"
                if sv
                else f"{HEAVY_OVER_MEDIAN:.0f} times the median"
            )
            handles.append(
                Line2D([], [], color=OFF, linewidth=1.2, linestyle=(0, (5, 2)), label=label)
            )
        _mark_largest(drawn, after, heavy, most, handles, lang)
        drawn.set_xscale("log")
        drawn.set_xlim(low, high)
        drawn.set_ylim(0, 1.06 * most)
        ticks = _ticks(low, high, page.width, lang)
        drawn.xaxis.set_major_locator(FixedLocator(ticks))
        drawn.xaxis.set_minor_locator(NullLocator())
        drawn.xaxis.set_major_formatter(FuncFormatter(lambda v, _: _times(v, lang)))
        drawn.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
        drawn.yaxis.set_major_formatter(FuncFormatter(lambda v, _: percent(v, _digits(most), lang)))
        drawn.tick_params(length=2.5, color=EDGE, labelsize=SMALL)
        drawn.grid(axis="y", color=GRID, linewidth=0.6)
        text = "Vikt, gånger medelvikten" if sv else "Weight, times the mean weight"
        page.note(text, (page.width / 2, -18), SMALL, SOFT, ha="center", top=False)
        around = Words(title(lang), subtitle(lang), tuple(foot(report, lang)), report.synthetic)
        page.finish(_BODY, around, handles, lang)
    return page.ax


def _mark_largest(
    drawn: Axes, after: FloatArray, heavy: float, most: float, handles: list[Any], lang: Language
) -> None:
    """A triangle at each of the largest weights of a tail, which no bar would show."""
    from matplotlib.lines import Line2D

    largest = np.sort(after)[::-1][:MOST_LISTED]
    largest = largest[largest > 1.05 * np.quantile(after, 0.99)]
    if not largest.size:
        return
    for here, colour in ((largest <= heavy, INK), (largest > heavy, OFF)):
        drawn.plot(
            largest[here], np.full(int(here.sum()), 0.025 * most), linestyle="", marker="v",
            markersize=4.5, color=colour, zorder=5,
        )  # fmt: skip
    count = number(largest.size, 0, lang)
    label = f"de {count} största vikterna" if lang == "sv" else f"the {count} largest weights"
    if largest.size == 1:
        label = "den största vikten" if lang == "sv" else "the largest weight"
    handles.append(Line2D([], [], linestyle="", marker="v", markersize=4.5, color=INK, label=label))


def _ticks(low: float, high: float, width: float, lang: Language) -> list[float]:
    """Powers of two, or every second or third of them, as many as there is room for."""
    first, last = int(np.ceil(np.log2(low))), int(np.floor(np.log2(high)))
    room = width / (np.log2(high) - np.log2(low))
    for step in range(1, last - first + 2):
        # 1 is always among them
        ticks = [2.0**p for p in range(first, last + 1) if p % step == 0]
        widest = max(text_width(_times(t, lang), SMALL) for t in ticks)
        if widest + 6 <= step * room:
            break
    return ticks


def _times(value: float, lang: Language) -> str:
    if value >= 1:
        return number(value, 0, lang)
    inverse = round(1 / value)
    return {2: "½", 4: "¼", 8: "⅛"}.get(inverse, f"1/{inverse}")


def _digits(most: float) -> int:
    return 0 if most > 0.03 else 1


def title(lang: Language) -> str:
    """What is drawn."""
    return "Vikternas fördelning" if lang == "sv" else "The distribution of the weights"


def subtitle(lang: Language) -> str:
    """The unit."""
    return "Andel av de svarande" if lang == "sv" else "Share of the respondents"


def foot(report: WeightingReport, lang: Language) -> list[str]:
    """What the weights cost, and what the heaviest carry."""
    last = report.tables["distribution"].iloc[-1]
    deff, ratio = number(last["design_effect"], 2, lang), number(last["max_over_median"], 1, lang)
    n, effective = (number(last[c], 0, lang) for c in ("n", "n_effective"))
    top = percent(float(last["top_1_percent"]), 1, lang)
    if lang == "sv":
        return [
            f"Designeffekt {deff}: {n} svar räcker lika långt som {effective} med lika vikter. "
            f"Största vikten är {ratio} gånger medianen; den tyngsta procenten bär {top} av summan."
        ]
    return [
        f"Design effect {deff}: {n} answers go as far as {effective} with equal weights. The "
        f"largest weight is {ratio} times the median; the heaviest one percent carries {top} of "
        "the sum."
    ]
