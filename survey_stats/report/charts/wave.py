"""Shares with intervals by wave, one panel a survey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from survey_stats.drawing.page import MARGIN, style
from survey_stats.drawing.palette import SOFT, Series, series
from survey_stats.drawing.text import fitted, named, spread, text_width
from survey_stats.errors import InputError
from survey_stats.labels import Language, capital, heading, number, percent
from survey_stats.report.charts.cells import HIDDEN, Floats, floats
from survey_stats.report.charts.frame import FONT, PAGE, SMALL, blank, placed, reach, share_axis
from survey_stats.report.footnotes import raised

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEFT, _GAP, _BELOW, _LINE = 36.0, 14.0, 26.0, 11.5
_BODIES = (160.0, 130.0, 110.0)
_MOST_PANELS = 3
# points of a tick of a year to the next, for the marks of four digits
_BESIDE = 8.0


def by_wave(
    rows: pd.DataFrame,
    area: str,
    lang: Language = "sv",
    marks: Mapping[tuple[str, int], Sequence[int]] | None = None,
) -> Figure:
    """Shares with intervals by wave, one panel a survey, the district beside the city.

    A wave whose share may not be shown has two dots at its foot, and the line is broken there.

    Args:
        rows: figures (see `schema`) of one question, totals only.
        area: the district.
        lang: the reader's language.
        marks: survey and wave -> the numbers of the notes that belong to it.

    Raises:
        InputError: no rows, or more surveys than fit beside each other.
    """
    surveys = [str(s) for s in dict.fromkeys(rows["survey"])]
    if not 1 <= len(surveys) <= _MOST_PANELS:
        raise InputError(
            f"A figure by wave holds 1 to {_MOST_PANELS} surveys, and these rows are of "
            f"{len(surveys)}; choose the rows of some"
        )
    alone = len(surveys) == 1
    width = (PAGE - 2 * MARGIN - _LEFT - _GAP * (len(surveys) - 1)) / len(surveys)
    titles = [] if alone else [fitted(heading(s, lang), FONT, width) for s in surveys]
    lines = max((t.count("\n") + 1 for t in titles), default=0)
    body = _BODIES[len(surveys) - 1]
    head = 8.0 if alone else 22.0 + _LINE * lines + 6
    top = reach([100 * floats(rows[c]) for c in ("share", "ci_high")]) * 1.06
    names = {"city": heading("city", lang), "district": capital(area)}
    with style():
        figure = blank(head + body + _BELOW)
        for k, survey in enumerate(surveys):
            part = rows[rows["survey"] == survey]
            axes = placed(figure, MARGIN + _LEFT + k * (width + _GAP), _BELOW, width, body)
            axes.set_ylim(0, min(top, 104.0))
            years = {
                int(w): (marks or {}).get((survey, int(w)), ()) for w in sorted(set(part["wave"]))
            }
            _panel(axes, part, years, names, (width, body), alone, lang)
            if not alone:
                axes.set_title(titles[k], fontsize=FONT, loc="left", pad=6)
            share_axis(axes.yaxis, top / 1.06, lang)
            axes.tick_params(axis="y", labelsize=SMALL, labelleft=k == 0, length=0)
            axes.grid(axis="y")
        if not alone:
            _key(figure, [k for k in ("district", "city") if k in set(rows["area_level"])], names)
    return figure


def _panel(
    axes: Axes,
    rows: pd.DataFrame,
    years: Mapping[int, Sequence[int]],
    names: Mapping[str, str],
    size: tuple[float, float],
    alone: bool,
    lang: Language,
) -> None:
    at = sorted(years)
    shown = {level: _by_year(rows, level, at) for level in ("city", "district")}
    shown = {k: v for k, v in shown.items() if np.isfinite(v).any() or k == "district"}
    last = [
        HIDDEN if np.isnan(_last(v)) else percent(_last(v) / 100, 0, lang) for v in shown.values()
    ]
    told = [f"{t} {names[level]}" if alone else t for t, level in zip(last, shown, strict=True)]
    told = [named(t, FONT, 0.36 * size[0], 2, True) for t in told]
    room = max(text_width(t, FONT, True) for t in told) + _BESIDE + 2
    span = max(at[-1] - at[0], 1)
    # the half of a label left of the first wave, and the end labels right of the last
    unit = (size[0] - 16 - room) / span
    axes.set_xlim(at[0] - 16 / unit, at[-1] + room / unit)
    _year_ticks(axes, years, unit)
    ends = []
    for level, values in shown.items():
        how = series(level)
        _line(axes, np.array(at, dtype=np.float64), values, how, level == "district")
        ends.append(_last(values))
    _values(axes, np.array(at, dtype=np.float64), shown, unit, lang)
    _end_labels(axes, at[-1], ends, told, [series(level).colour for level in shown], size[1])


def _by_year(rows: pd.DataFrame, level: str, years: Sequence[int]) -> Floats:
    """Share and limits (3, years) in percent, NaN where there is no number to show."""
    part = rows[rows["area_level"] == level]
    out = np.full((3, len(years)), np.nan)
    for wave, *values in zip(
        part["wave"], *(100 * floats(part[c]) for c in ("share", "ci_low", "ci_high")), strict=True
    ):
        out[:, list(years).index(int(wave))] = values
    out[1:, ~np.isfinite(out[0])] = np.nan
    return out


def _line(axes: Axes, x: Any, values: Floats, how: Series, own: bool) -> None:
    share, low, high = values
    axes.vlines(x, low, high, color=how.colour, linewidth=2.4, alpha=0.45, zorder=2)
    axes.plot(
        x, share, color=how.colour, linewidth=1.8 if own else 1.3, linestyle=how.line,
        marker=how.marker, markersize=5, markerfacecolor=how.face, markeredgecolor=how.colour,
        zorder=4 if own else 3,
    )  # fmt: skip
    for year in np.asarray(x)[~np.isfinite(share)].tolist() if own else []:
        axes.annotate(
            HIDDEN, (year, 0), xytext=(0, 2), textcoords="offset points", ha="center",
            fontsize=SMALL, color=how.colour,
        )  # fmt: skip


def _values(
    axes: Axes, x: Floats, shown: Mapping[str, Floats], unit: float, lang: Language
) -> None:
    """Each point's number, the higher one of a wave above it and the lower one below.

    The last wave has its numbers at the ends of the lines. Where waves lie close the numbers are
    without their unit, which the axis has.
    """
    steps = np.diff(x)
    near = float(steps.min()) * unit if steps.size else np.inf
    fits = near >= text_width(percent(0.88, 0, lang), SMALL) + 2
    for i, year in enumerate(x.tolist()):
        here = [(v[0, i], level) for level, v in shown.items() if np.isfinite(v[0, i])]
        for place, (value, level) in enumerate(sorted(here, reverse=True)):
            if i == _last_index(shown[level]):
                continue
            above = place == 0 and (len(here) > 1 or level == "district")
            edges = [v[2 if above else 1, i] for v in shown.values()]
            known = [e for e in (*edges, value) if np.isfinite(e)]
            edge = max(known) if above else min(known)
            text = percent(value / 100, 0, lang) if fits else number(value, 0, lang)
            axes.annotate(
                text, (year, edge),
                xytext=(0, 3 if above else -3), textcoords="offset points", ha="center",
                va="bottom" if above else "top", color=series(level).colour, fontsize=SMALL,
            )  # fmt: skip


def _last_index(values: Floats) -> int:
    known = np.flatnonzero(np.isfinite(values[0]))
    return int(known[-1]) if known.size else -1


def _last(values: Floats) -> float:
    """The last share that is shown; NaN where there is none."""
    known = values[0][np.isfinite(values[0])]
    return float(known[-1]) if known.size else np.nan


def _end_labels(
    axes: Axes, x: float, ends: list[float], told: list[str], colours: list[str], body: float
) -> None:
    """Labels beside the last points, pushed apart where they would lie on each other."""
    low, high = axes.get_ylim()
    unit = (high - low) / body
    heights = [_LINE * (t.count("\n") + 1) * unit for t in told]
    at = np.array([low if np.isnan(e) else e for e in ends])
    order = np.argsort(at, kind="stable")
    tall = np.array(heights)[order]
    gaps = (tall[1:] + tall[:-1]) / 2
    half = 0.5 * _LINE * unit
    places = np.empty(at.size)
    places[order] = spread(at[order], gaps, low + half, high - half)
    for text, place, colour in zip(told, places.tolist(), colours, strict=True):
        axes.annotate(
            text, (x, place), xytext=(_BESIDE, 0), textcoords="offset points", va="center",
            color=colour, fontsize=FONT, fontweight="bold", linespacing=1.05, annotation_clip=False,
        )  # fmt: skip


def _year_ticks(axes: Axes, years: Mapping[int, Sequence[int]], unit: float) -> None:
    """Years in four digits, or in two where waves lie close, each with the marks of its notes."""
    at = sorted(years)
    full = [str(y) + raised(years[y]) for y in at]
    gaps = [(b - a) * unit for a, b in pairwise(at)]
    widths = [text_width(t, SMALL) for t in full]
    tight = any(
        gap < (one + two) / 2 + 3 for gap, (one, two) in zip(gaps, pairwise(widths), strict=True)
    )
    short = [f"’{y % 100:02d}" + raised(years[y]) for y in at]
    axes.set_xticks(at, short if tight else full, fontsize=SMALL)
    axes.tick_params(axis="x", length=3, color=SOFT)


def _key(figure: Figure, levels: Sequence[str], names: Mapping[str, str]) -> None:
    from matplotlib.lines import Line2D

    looks: list[tuple[str, Any]] = [(k, series(k)) for k in levels]
    handles = [
        Line2D(
            [], [], color=how.colour, linestyle=how.line, marker=how.marker, markersize=5,
            markerfacecolor=how.face, markeredgecolor=how.colour, label=names[level],
        )
        for level, how in looks
    ]  # fmt: skip
    height = 72 * float(figure.get_size_inches()[1])
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(MARGIN / PAGE, 1 - 2 / height),
        ncols=2, frameon=False, fontsize=FONT, borderaxespad=0, borderpad=0.1,
    )  # fmt: skip
