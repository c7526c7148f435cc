"""Figures: shares with intervals by wave, groups of one wave, changes of counts.

Two series differ by colour, marker and line, so that they can be told apart in grey and by readers
who do not see colours; every figure carries its caption and a text that says what it shows.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from survey_stats.labels import MINUS, Language, heading, number, percent, word
from survey_stats.report.footnotes import raised

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AREA_COLOUR = "#0b5394"
CITY_COLOUR = "#8a5a00"
INK = "#222222"
SOFT = "#5f5f5f"
DPI = 200
_WIDTH = 6.7


@dataclass(frozen=True)
class Chart:
    """A drawn figure with the words that belong to it.

    Attributes:
        name: short name, used for ids and file names.
        caption: what is shown and how to read it.
        alt: the numbers that a reader sees, for those who do not see the figure.
        figure: the matplotlib figure.
        footnotes: numbered notes under it; the marks are in the picture.
        lang: the reader's language.
    """

    name: str
    caption: str
    alt: str
    figure: Figure
    footnotes: tuple[str, ...] = ()
    lang: Language = "sv"

    def numbers(self, notes: Sequence[str]) -> list[int]:
        """The numbers of some of the figure's footnotes."""
        return sorted(self.footnotes.index(note) + 1 for note in notes)

    def png(self) -> bytes:
        """The figure as PNG; the same figure gives the same bytes."""
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": ""})
        return buffer.getvalue()

    def save(self, folder: Path) -> Path:
        """Write `<name>.png` into `folder` and return its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.png"
        path.write_bytes(self.png())
        return path

    def _repr_png_(self) -> bytes:
        return self.png()


def by_wave(
    rows: pd.DataFrame,
    area: str,
    lang: Language = "sv",
    marks: Mapping[tuple[str, int], Sequence[int]] | None = None,
) -> Figure:
    """Shares with intervals by wave, one panel a survey, the district beside the city.

    Args:
        rows: figures (see `schema`) of one question, totals only.
        area: the district.
        lang: the reader's language.
        marks: survey and wave -> the numbers of the notes that belong to it.
    """
    surveys = [str(s) for s in dict.fromkeys(rows["survey"])]
    with _style():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(_WIDTH, (2.5, 2.3, 2.0)[len(surveys) - 1]), layout="constrained")
        panels = figure.subplots(1, len(surveys), sharey=True, squeeze=False)[0]
        top = max(10.0, 100 * float(np.nanmax(_floats(rows["ci_high"].fillna(rows["share"])))))
        for axes, survey in zip(panels, surveys, strict=True):
            part = rows[rows["survey"] == survey]
            years = {
                int(w): str(w) + raised((marks or {}).get((survey, int(w)), ()))
                for w in sorted(set(part["wave"]))
            }
            _panel(axes, part, area, lang, top, years, names=len(surveys) == 1)
            if len(surveys) > 1:
                axes.set_title(_wrapped(heading(survey, lang), 22), fontsize=9, loc="left")
        _share_axis(panels[0], top, lang)
        if len(surveys) > 1:
            handles, labels = panels[0].get_legend_handles_labels()
            figure.legend(
                handles, labels, loc="outside upper left", ncols=2, frameon=False, fontsize=9
            )
    return figure


def by_group(rows: pd.DataFrame, total: float, total_name: str, lang: Language = "sv") -> Figure:
    """Shares with intervals of the groups of one wave, highest first, with a line at the total.

    Args:
        rows: figures of one question, survey and wave; `label` names each row.
        total: the share of all, 0-1.
        total_name: what the line stands for.
        lang: the reader's language.
    """
    shown = rows[rows["share"].notna()].sort_values("share", kind="stable")
    with _style():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(_WIDTH, 0.6 + 0.3 * max(len(shown), 2)), layout="constrained")
        axes = figure.subplots()
        y = np.arange(len(shown))
        share = 100 * _floats(shown["share"])
        low, high = 100 * _floats(shown["ci_low"]), 100 * _floats(shown["ci_high"])
        axes.hlines(y, low, high, color=AREA_COLOUR, linewidth=2)
        axes.plot(share, y, "o", color=AREA_COLOUR, markersize=6)
        for place, value, end in zip(y, share, high, strict=True):
            axes.annotate(
                percent(value / 100, 0, lang),
                (float(end), float(place)),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                fontsize=8.5,
            )
        axes.set_yticks(y, [str(label) for label in shown["label"]])
        axes.axvline(100 * total, color=CITY_COLOUR, linestyle="--", linewidth=1.2)
        axes.annotate(
            f"{total_name} {percent(total, 0, lang)}",
            (100 * total, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(4, 3),
            textcoords="offset points",
            color=CITY_COLOUR,
            fontsize=8.5,
        )
        axes.set_xlim(0, min(100.0, float(np.nanmax(high, initial=10.0)) * 1.15))
        axes.xaxis.set_major_formatter(lambda v, _: percent(v / 100, 0, lang))
        axes.grid(axis="y", visible=False)
    return figure


def count_changes(rows: pd.DataFrame, lang: Language = "sv") -> Figure:
    """Relative change of counts with exact intervals, on a scale where halving mirrors doubling.

    Args:
        rows: `compare.count_changes` with a column `label`.
        lang: the reader's language.
    """
    single = rows[~rows["is_total"].astype(bool)] if "is_total" in rows else rows
    shown = single[single["ratio"] > 0].sort_values("ratio", kind="stable")
    with _style():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(_WIDTH, 0.6 + 0.175 * max(len(shown), 2)), layout="constrained")
        axes = figure.subplots()
        axes.set_xscale("log")
        low = np.maximum(_floats(shown["ratio_low"]), 0.1)
        high = np.minimum(_floats(shown["ratio_high"]), 10.0)
        sure = shown["verdict"].astype(str).str.startswith("significant").to_numpy(bool)
        y = np.arange(len(shown))
        ratio = _floats(shown["ratio"])
        axes.hlines(y, low, high, color=np.where(sure, AREA_COLOUR, SOFT).tolist(), linewidth=2)
        axes.plot(ratio[sure], y[sure], "o", color=AREA_COLOUR, markersize=6)
        axes.plot(ratio[~sure], y[~sure], "o", color=SOFT, markerfacecolor="white", markersize=6)
        axes.axvline(1, color=INK, linewidth=1)
        ticks = np.array([0.125, 0.25, 0.5, 1, 2, 4, 8])
        left, right = float(np.min(low, initial=0.5)), float(np.max(high, initial=2.0))
        axes.set_xlim(left / 1.1, right * 1.1)
        kept = ticks[(ticks >= left / 1.1) & (ticks <= right * 1.1)]
        axes.set_xticks(kept, [_relative(t, lang) for t in kept])
        axes.minorticks_off()
        axes.set_yticks(y, [str(label) for label in shown["label"]])
        axes.grid(axis="y", visible=False)
    return figure


def _panel(
    axes: Axes,
    rows: pd.DataFrame,
    area: str,
    lang: Language,
    top: float,
    years: Mapping[int, str],
    names: bool,
) -> None:
    import seaborn as sns

    ends: list[tuple[float, float, str, str]] = []
    means = rows.groupby("area_level")["share"].mean()
    upper = means.idxmax() if means.notna().any() else "district"
    series = (("city", word("city", lang), CITY_COLOUR), ("district", area, AREA_COLOUR))
    for level, name, colour in series:
        part = rows[(rows["area_level"] == level) & rows["share"].notna()].sort_values("wave")
        if part.empty:
            continue
        x, y = _floats(part["wave"]), 100 * _floats(part["share"])
        low, high = 100 * _floats(part["ci_low"]), 100 * _floats(part["ci_high"])
        own = level == "district"
        label = name[:1].upper() + name[1:]
        sns.lineplot(
            x=x, y=y, ax=axes, color=colour, linewidth=1.8 if own else 1.3,
            linestyle="-" if own else "--", marker="o" if own else "s", markersize=6,
            markerfacecolor=colour if own else "white", markeredgecolor=colour,
            label=label, legend=False, errorbar=None, zorder=4 if own else 3,
        )  # fmt: skip
        axes.vlines(x, low, high, color=colour, linewidth=1.6, alpha=0.75, zorder=2)
        above = level == upper
        edges = np.where(np.isfinite(high), high if above else low, y)
        for year, value, edge in zip(x[:-1], y[:-1], edges[:-1], strict=True):
            axes.annotate(
                percent(value / 100, 0, lang), (year, edge), xytext=(0, 3 if above else -3),
                textcoords="offset points", ha="center", va="bottom" if above else "top",
                color=colour, fontsize=8,
            )  # fmt: skip
        text = percent(y[-1] / 100, 0, lang)
        ends.append((float(x[-1]), float(y[-1]), f"{text} {label}" if names else text, colour))
    _end_labels(axes, ends, span=top)
    axes.set_xticks(
        list(years),
        list(years.values()),
        fontsize=None if names else 7.5 if len(years) < 5 else 6.5,
    )
    width = max(years) - min(years)
    pad = 0.12 * width if width else 0.5
    axes.set_xlim(min(years) - pad, max(years) + (0.45 * width if names else 0.3 * width) + pad)
    axes.set_xlabel("")
    axes.grid(axis="x", visible=False)


def _end_labels(axes: Axes, ends: list[tuple[float, float, str, str]], span: float) -> None:
    """Labels beside the last points, pushed apart where they would lie on each other."""
    gap = 0.1 * span
    ends = sorted(ends, key=lambda e: e[1])
    places = [e[1] for e in ends]
    if len(places) == 2 and places[1] - places[0] < gap and ends[0][0] == ends[1][0]:
        middle = sum(places) / 2
        places = [middle - gap / 2, middle + gap / 2]
    for (x, _, text, colour), place in zip(ends, places, strict=True):
        axes.annotate(
            text, (x, place), xytext=(7, 0), textcoords="offset points", va="center",
            color=colour, fontsize=9, fontweight="bold",
        )  # fmt: skip


def _share_axis(axes: Axes, top: float, lang: Language) -> None:
    from matplotlib.ticker import MaxNLocator

    # never at 2.5, which would be printed as 3
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True))
    axes.set_ylim(0, min(100.0, max(10.0, top * 1.12)))
    axes.yaxis.set_major_formatter(lambda v, _: percent(v / 100, 0, lang))
    axes.set_ylabel("")


def _relative(ratio: float, lang: Language) -> str:
    if ratio == 1:
        return "±0"
    sign = "+" if ratio > 1 else MINUS
    decimals = 1 if round(1000 * ratio) % 10 else 0
    gap = "\N{NO-BREAK SPACE}" if lang == "sv" else ""
    return f"{sign}{number(abs(100 * (ratio - 1)), decimals, lang)}{gap}%"


def _floats(column: pd.Series[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    numbers = column.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(numbers, dtype=np.float64)


def _wrapped(text: str, width: int) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, width, break_long_words=False))


@contextmanager
def _style() -> Iterator[None]:
    import matplotlib as mpl
    import seaborn as sns

    look: dict[str, Any] = sns.axes_style("whitegrid") | sns.plotting_context(
        "paper", font_scale=1.05
    )
    own: dict[str, Any] = {
        "font.family": "DejaVu Sans",
        "axes.edgecolor": "#b8b8b8",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.color": "#e3e3e3",
        "text.color": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "svg.hashsalt": "survey_stats",
    }
    settings: Any = look | own
    with mpl.rc_context(settings):
        yield
