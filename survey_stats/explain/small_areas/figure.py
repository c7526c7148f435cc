"""Figures of small areas: model against direct estimates, and the places that areas may have."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from survey_stats.drawing.page import FONT, MOST_HEIGHT, SMALL, WIDTH, style
from survey_stats.drawing.palette import PAPER, series
from survey_stats.drawing.text import fitted
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.explain.small_areas import words
from survey_stats.explain.small_areas.result import SYNTHETIC
from survey_stats.labels import Language, capital, number, percent, word

if TYPE_CHECKING:
    from survey_stats.explain.small_areas.ranks import Ranks
    from survey_stats.explain.small_areas.result import SmallAreas

# areas that a page holds
MOST_ROWS = 80
# inches around the rows
_AROUND = 1.5
_MODEL, _DIRECT = series("model").colour, series("direct").colour


def draw(small: SmallAreas, areas: Sequence[Hashable] | None, ax: Any, lang: Language) -> Any:
    """Model and direct estimates with their intervals, highest on top; returns the Axes.

    Raises
    ------
    InputError: more areas than a page holds, none, or matplotlib is not installed
    UnknownNameError: an area that there is not
    """
    order = _order(small, areas)
    told = words.subtitle(small.metadata, small.level, lang)
    ax = _axes(ax, order.size, told, small.metadata.synthetic, lang, choose=True)
    y = np.arange(order.size, dtype=np.float64)
    model = order
    shown = _direct_shown(small)[model]
    low, high = 100 * _direct_interval(small)
    ax.hlines(y[shown] + 0.18, low[model][shown], high[model][shown], color=_DIRECT, linewidth=1.0)
    ax.plot(
        100 * small.direct[model][shown], y[shown] + 0.18, "s", color=_DIRECT, markersize=3.5,
        markerfacecolor=PAPER,
        label=word("source: direct", lang),
    )  # fmt: skip
    ax.hlines(
        y - 0.12, 100 * small.ci_low[model], 100 * small.ci_high[model], color=_MODEL, linewidth=1.9
    )
    borrowed = np.array([small.source[i] == SYNTHETIC for i in model.tolist()])
    for mine, face, label in (
        (~borrowed, _MODEL, "source: model"),
        (borrowed, PAPER, "source: synthetic"),
    ):
        if mine.any():
            ax.plot(
                100 * small.estimate[model][mine], y[mine] - 0.12, "o", color=_MODEL, markersize=5,
                markerfacecolor=face, label=word(label, lang),
            )  # fmt: skip
    ax.set_yticks(y, [word(str(small.areas[i]), lang) for i in model.tolist()])
    ax.set_ylim(order.size - 0.4, -0.6)
    ax.set_xlim(left=0)
    ax.set_xlabel(f"{words.title(small.metadata, lang)}, %")
    _finish(ax, lang)
    return ax


def alt_text(
    small: SmallAreas, lang: Language = "sv", areas: Sequence[Hashable] | None = None
) -> str:
    """What the figure shows, in words: every area with its estimate and interval, highest first."""
    till = "till" if lang == "sv" else "to"
    parts = [word("synthetic", lang) + "."] if small.metadata.synthetic else []
    parts += [
        f"{words.title(small.metadata, lang)}. "
        f"{capital(words.subtitle(small.metadata, small.level, lang))}."
    ]
    shown = _direct_shown(small)
    told = []
    for i in _order(small, areas).tolist():
        ends = [percent(v[i], 0, lang) for v in (small.ci_low, small.ci_high)]
        text = (
            f"{word(str(small.areas[i]), lang)} {percent(small.estimate[i], 0, lang)} "
            f"({ends[0]} {till} {ends[1]}"
        )
        if shown[i]:
            text += f"; {word('source: direct', lang)} {percent(small.direct[i], 0, lang)}"
        elif small.source[i] == SYNTHETIC:
            text += f"; {word('source: synthetic', lang)}"
        told.append(text + ")")
    return " ".join(parts) + " " + "; ".join(told) + "."


def draw_ranks(ranks: Ranks, ax: Any, lang: Language) -> Any:
    """The places that each area may have, highest share on top; returns the Axes."""
    frame = ranks.to_frame()
    ax = _axes(ax, len(frame), words.ranks_title(ranks, lang), ranks.metadata.synthetic, lang)
    y = np.arange(len(frame), dtype=np.float64)
    ax.hlines(y, frame["rank_low"], frame["rank_high"], color=_MODEL, linewidth=3, alpha=0.55)
    ax.plot(frame["rank"], y, "o", color=_MODEL, markersize=4)
    ax.set_yticks(y, [word(str(a), lang) for a in frame[ranks.column]])
    ax.set_ylim(len(frame) - 0.4, -0.6)
    ax.set_xlim(0.5, len(frame) + 0.5)
    sure = percent(ranks.level, 0, lang)
    ax.set_xlabel(
        f"möjliga platser (1 = högsta andelen), {sure} säkerhet för alla samtidigt"
        if lang == "sv"
        else f"possible places (1 = highest share), {sure} confidence for all at once"
    )
    _finish(ax, lang, legend=False)
    return ax


def _order(small: SmallAreas, areas: Sequence[Hashable] | None) -> NDArray[np.intp]:
    order = np.argsort(-small.estimate, kind="stable")
    if areas is None:
        return order
    if isinstance(areas, str) or not isinstance(areas, Iterable):
        raise InputError(f"areas= takes a list of areas, not {areas!r}")
    wanted = set(areas)
    for area in areas:
        if area not in small.areas:
            raise UnknownNameError(small.column, area, small.areas)
    if not wanted:
        raise InputError("There is no area to draw; choose some, or leave areas= out")
    return np.array([i for i in order.tolist() if small.areas[i] in wanted], dtype=np.intp)


def _direct_shown(small: SmallAreas) -> NDArray[np.bool_]:
    from survey_stats.explain.small_areas.publish import PUBLISH

    return np.isfinite(small.direct) & (small.n >= PUBLISH.bases.minimum_base)


def _direct_interval(small: SmallAreas) -> NDArray[np.float64]:
    gap = np.full(len(small) - len(small.estimates), np.nan)
    est = small.estimates
    return np.stack([np.concatenate([v, gap]) for v in (est.ci_low, est.ci_high)])


def _axes(
    ax: Any, rows: int, head: str, synthetic: bool, lang: Language, *, choose: bool = False
) -> Any:
    if rows > MOST_ROWS:
        how = (
            "with areas=, such as those of a district"
            if choose
            else "by ranking the shares of fewer, such as survey.share(..., where=) of a district"
        )
        raise InputError(
            f"A figure of {rows} areas does not fit a page; choose at most {MOST_ROWS} {how}"
        )
    if ax is None:
        pitch = _pitch(rows)
        with style() as plt:
            size = (WIDTH, _AROUND + pitch * rows)
            _, ax = plt.subplots(figsize=size, layout="constrained")
        ax.tick_params(axis="y", labelsize=float(np.clip(44 * pitch, 5.5, SMALL)))
    if synthetic:
        head = f"{word('synthetic', lang)}. {capital(head)}"
    ax.set_title(fitted(head, SMALL, 72 * WIDTH - 12), loc="left", fontsize=SMALL)
    return ax


def _pitch(rows: int) -> float:
    """Inches a row."""
    return min(0.24, (MOST_HEIGHT - _AROUND) / rows)


def _finish(ax: Any, lang: Language, legend: bool = True) -> None:
    ax.xaxis.set_major_formatter(lambda v, _: number(v, 0, lang))
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x")
    ax.set_axisbelow(True)
    ax.xaxis.label.set_size(FONT)
    ax.tick_params(axis="x", labelsize=SMALL)
    if legend:
        ax.legend(
            frameon=False, fontsize=SMALL, ncols=1, loc="upper left", bbox_to_anchor=(1.0, 1.0),
        )  # fmt: skip
