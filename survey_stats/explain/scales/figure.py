"""The items of a scale in one picture: how high they are, and how they go with the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from survey_stats.drawing.page import FONT, TITLE, WIDTH, style
from survey_stats.drawing.palette import AFTER, OFF, PAPER, SOFT
from survey_stats.drawing.text import decimals_of, fitted
from survey_stats.errors import InputError
from survey_stats.explain.scales.answers import item_word
from survey_stats.explain.scales.words import WEAK_ITEM
from survey_stats.labels import Language, capital, heading, number

if TYPE_CHECKING:
    from survey_stats.explain.scales.scale import Scale

MOST_ITEMS = 40


def _ticks(ax: Any, lang: Language) -> Callable[[float, int], str]:
    """Tick labels with as many decimals as tell the ticks apart, one at least."""

    def told(value: float, _: int) -> str:
        return number(value, decimals_of(ax.get_xticks(), least=1), lang)

    return told


def draw(scale: Scale, lang: Language) -> Any:
    """Two panels with a row an item: the mean, and the correlation with the rest, with intervals.

    A line marks the correlation under which an item is usually dropped; items that run against the
    others are orange and hollow. Raises `InputError` without matplotlib, or for more items than a
    page holds.
    """
    frame = scale.to_frame()
    k = len(frame)
    if k > MOST_ITEMS:
        raise InputError(f"The scale has {k} items; a figure holds {MOST_ITEMS}, choose some")
    with style() as plt:
        return _drawn(plt, scale, frame, lang)


def _drawn(plt: Any, scale: Scale, frame: pd.DataFrame, lang: Language) -> Any:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    sv, k = lang == "sv", len(frame)
    labels = [
        fitted(capital(item_word(item.name, lang)), FONT, 150)
        + (("\n(omvänd)" if sv else "\n(reversed)") if item.reverse else "")
        for item in scale.items
    ]
    lines = sum(label.count("\n") + 1 for label in labels)
    fig, (left, right) = plt.subplots(
        1, 2, figsize=(WIDTH, 1.6 + 0.16 * k + 0.2 * lines), sharey=True, layout="constrained"
    )
    at = np.arange(k)
    against = (frame["flag"] != "").to_numpy()
    for ax, name in ((left, "mean"), (right, "item_rest")):
        point = frame[name].to_numpy()
        low, high = frame[f"{name}_low"].to_numpy(), frame[f"{name}_high"].to_numpy()
        for i in range(k):
            colour = OFF if against[i] else AFTER
            ax.hlines(at[i], low[i], high[i], color=colour, linewidth=1.5)
            face = PAPER if against[i] else colour
            ax.plot(point[i], at[i], "o", color=colour, markerfacecolor=face)
        ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
        ax.xaxis.set_major_formatter(FuncFormatter(_ticks(ax, lang)))
        ax.grid(axis="x")
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
    left.set_yticks(at, labels)
    left.set_ylim(k - 0.5, -0.5)
    ends = {item.steps for item in scale.items}
    (steps,) = ends if len(ends) == 1 and not scale.standardise else (None,)
    if steps is not None:
        pad = 0.04 * (steps[1] - steps[0])
        left.set_xlim(steps[0] - pad, steps[1] + pad)
    right.axvline(0, color=SOFT, linewidth=1)
    right.axvline(WEAK_ITEM, color=SOFT, linewidth=1, linestyle=":")
    right.set_xlim(min(0.0, float(np.nanmin(frame["item_rest"])) - 0.1) - 0.02, 1.0)
    span = f" ({steps[0]:g}–{steps[1]:g})" if steps is not None else ""
    left.set_xlabel(f"Medelvärde{span}" if sv else f"Mean{span}")
    right.set_xlabel(
        "Samband med övriga frågor\n(prickad linje: svagt under 0,3)"
        if sv
        else "Correlation with the other questions\n(dotted line: weak below 0.3)"
    )
    alpha = "Cronbachs alfa" if sv else "Cronbach's alpha"
    title = f"{heading(scale.name, lang)}: {alpha} {number(scale.alpha, 2, lang)}"
    if scale.origin.synthetic:
        title += " – SYNTETISKA DATA" if sv else " – SYNTHETIC DATA"
    fig.suptitle(title, x=0.01, ha="left", fontsize=TITLE)
    return fig
