"""Counts by month or year with their exact intervals, and what was expected of the last one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from survey_stats.compare.poisson import count_interval
from survey_stats.compare.series import CountSeries
from survey_stats.drawing.page import MARGIN, MOST_HEIGHT, style
from survey_stats.drawing.palette import BLUE, INK, PALE, SOFT, look
from survey_stats.drawing.telling import sentences, till
from survey_stats.drawing.text import named, shortened, text_width
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.labels import Language, capital, number, percent, told, word
from survey_stats.report.charts.cells import Floats, floats
from survey_stats.report.charts.chart import Chart
from survey_stats.report.charts.frame import FONT, PAGE, SMALL, blank, placed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 40
_LEFT, _GAP, _BELOW, _LINE = 34.0, 12.0, 24.0, 11.5
# more panels have titles of one line, and only their ticks below
_DENSE, _TICKS = 12, 16.0
# interval of each count, where the series has none of its own
_LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class _Panels:
    """R series of P counts; expected, its limits and the verdict of the last, where tested."""

    names: list[str]
    periods: list[str]
    counts: Floats
    expected: Floats | None
    low: Floats
    high: Floats
    verdict: list[str]
    level: float


def count_chart(
    counts: CountSeries | pd.DataFrame,
    name: str,
    lang: Language = "sv",
    *,
    periods: Sequence[str] | None = None,
    by: str | Sequence[str] | None = None,
    about: str = "",
    caption: str | None = None,
) -> Chart:
    """Counts by month or year with exact intervals, one panel a series.

    Of a `CountSeries` the last count stands against the band that the earlier ones lead to expect,
    with the sign of its verdict. Panels have axes of their own, from 0.

    Args:
        counts: made by `count_series`, or a frame with a row a series.
        name: short name of the figure.
        lang: the reader's language.
        periods: the count columns of a frame, from the first period to the last.
        by: the columns of a frame that name its rows.
        about: what is counted, such as "Anmälda brott i Farsta".
        caption: instead of the one made from `about`.

    Raises:
        InputError: no periods, fewer than two, counts that are negative, or more series than a
            page holds.
        UnknownNameError: there is no such column.

    >>> frame = pd.DataFrame({"label": ["Rån"], "2021": [12], "2022": [9], "2023": [20]})
    >>> made = count_chart(frame, "robbery", "en", periods=["2021", "2022", "2023"], by="label")
    >>> made.alt
    'Counts 2021 to 2023. Rån: 2021 12, 2022 9, 2023 20 (12 to 31).'
    """
    panels = _panels(counts, periods, by, lang)
    R = len(panels.names)
    if R > MOST_PANELS:
        raise InputError(f"{R} series do not fit a page; choose at most {MOST_PANELS}")
    figure = _drawn(panels, lang)
    sv = lang == "sv"
    head = capital(about) or ("Antal" if sv else "Counts")
    span = f"{panels.periods[0]} {till(lang)} {panels.periods[-1]}"
    sure = percent(panels.level, 0, lang)
    read = (
        f"Strecken är exakta osäkerhetsintervall ({sure})."
        if sv
        else f"Lines are exact {sure} confidence intervals."
    )
    if panels.expected is not None:
        read += (
            " Det grå bandet är vad tidigare perioder låter vänta av den sista."
            if sv
            else " The grey band is what earlier periods lead to expect of the last one."
        )
    data = pd.DataFrame(panels.counts, columns=panels.periods)
    data.insert(0, "series", panels.names)
    synthetic = isinstance(counts, pd.DataFrame) and bool(counts.attrs.get("synthetic", False))
    return Chart(
        name=name,
        caption=caption or f"{head} {span}. {read}",
        alt=sentences([f"{head} {span}", *_told(panels, lang)], synthetic, lang),
        figure=figure,
        lang=lang,
        notes=_notes(panels, lang),
        data=data,
    )


def _panels(
    counts: CountSeries | pd.DataFrame,
    periods: Sequence[str] | None,
    by: str | Sequence[str] | None,
    lang: Language,
) -> _Panels:
    if isinstance(counts, CountSeries):
        keys, values = counts.keys, counts.counts
        columns = list(counts.periods)
        tested, level = True, counts.level
    else:
        if periods is None or isinstance(periods, str) or len(periods) < 2:
            raise InputError("periods= takes the count columns from the first to the last, two up")
        names = [by] if isinstance(by, str) else list(by or [])
        for column in (*periods, *names):
            if column not in counts:
                raise UnknownNameError("column", column, counts.columns, "the counts")
        keys, columns = counts[names], [str(p) for p in periods]
        values = np.stack([floats(counts[p]) for p in periods], axis=1)
        tested, level = False, _LEVEL
    if not len(values):
        raise InputError("There is no series to draw; choose rows that exist")
    if (values[np.isfinite(values)] < 0).any():
        raise InputError("Counts are 0 or more, and one of these is negative")
    rows = keys.astype(str).to_numpy()
    whole = "alla" if lang == "sv" else "all"
    labels = [", ".join(word(v, lang) for v in row) or whole for row in rows]
    nothing = np.full(len(values), np.nan)
    return _Panels(
        names=[capital(t) for t in labels],
        periods=[told(c, lang) for c in columns],
        counts=np.asarray(values, dtype=np.float64),
        expected=counts.expected if isinstance(counts, CountSeries) and tested else None,
        low=counts.prediction_low if isinstance(counts, CountSeries) else nothing,
        high=counts.prediction_high if isinstance(counts, CountSeries) else nothing,
        verdict=[str(v) for v in counts.verdict] if isinstance(counts, CountSeries)
        else [""] * len(values),
        level=level,
    )  # fmt: skip


def _drawn(panels: _Panels, lang: Language) -> Figure:
    R = len(panels.names)
    across = 1 if R == 1 else 2 if R <= 4 else 3 if R <= 21 else 4
    down = -(-R // across)
    # the last period may reach to the right of its panel
    over = max(0.0, max(text_width(p, SMALL) for p in panels.periods) / 2 - 6)
    width = (PAGE - 2 * MARGIN - over - across * _LEFT - (across - 1) * _GAP) / across
    wide = width + _LEFT - 4
    if R > _DENSE:
        titles = [shortened(_title(panels, i), FONT, wide, True, inside=True) for i in range(R)]
    else:
        titles = [named(_title(panels, i), FONT, wide, 2, True) for i in range(R)]
    head = _LINE * max(t.count("\n") + 1 for t in titles) + 8
    below = _TICKS if R > _DENSE else _BELOW
    room = (72 * MOST_HEIGHT - 10) / down - head - below
    body = min(170.0 if R == 1 else 95.0, room)
    pitch = head + body + below
    low, high = count_interval(panels.counts, panels.level)
    with style():
        figure = blank(down * pitch + 4)
        for i in range(R):
            r, c = divmod(i, across)
            left = MARGIN + _LEFT + c * (width + _LEFT + _GAP)
            bottom = (down - r - 1) * pitch + below
            axes = placed(figure, left, bottom, width, body)
            _panel(axes, panels, i, (low[i], high[i]), body, lang)
            axes.annotate(
                titles[i], (0, 1), xycoords="axes fraction", xytext=(-_LEFT + 4, 7),
                textcoords="offset points", fontsize=FONT, fontweight="bold", va="bottom",
                annotation_clip=False, linespacing=1.05,
            )  # fmt: skip
            _periods(axes, panels.periods, width)
    return figure


def _title(panels: _Panels, i: int) -> str:
    sign = look(panels.verdict[i]).sign if panels.expected is not None else ""
    return f"{sign} {panels.names[i]}".strip()


def _panel(
    axes: Axes, panels: _Panels, i: int, limits: tuple[Floats, Floats], body: float, lang: Language
) -> None:
    from matplotlib.ticker import MaxNLocator

    counts = panels.counts[i]
    x = np.arange(counts.size, dtype=np.float64)
    low, high = limits
    top = float(np.nanmax([*high[np.isfinite(high)], panels.high[i], 4.0]))
    if np.isfinite(panels.low[i]) and np.isfinite(panels.high[i]):
        axes.fill_between(
            [x[-1] - 0.45, x[-1] + 0.45], panels.low[i], panels.high[i], color=PALE, zorder=0,
            edgecolor=SOFT, linewidth=0.6,
        )  # fmt: skip
    many = counts.size > 24
    axes.vlines(x, low, high, color=BLUE, linewidth=1.0 if many else 2.0, alpha=0.45, zorder=2)
    axes.plot(
        x,
        counts,
        color=BLUE,
        marker="o",
        markersize=2.2 if many else 4,
        linewidth=1.2,
        zorder=3,
        clip_on=False,
    )
    if panels.expected is not None and np.isfinite(counts[-1]):
        how = look(panels.verdict[i])
        axes.plot(
            x[-1], counts[-1], how.marker, color=how.colour, markerfacecolor=how.fill,
            markeredgecolor=how.colour, markersize=7, zorder=4, clip_on=False,
        )  # fmt: skip
    axes.set_xlim(-0.6, counts.size - 0.4)
    axes.set_ylim(0, 1.08 * top)
    axes.yaxis.set_major_locator(
        MaxNLocator(nbins=int(np.clip(body / 20, 1, 4)), integer=True, steps=[1, 2, 5, 10])
    )
    axes.yaxis.set_major_formatter(lambda v, _: number(v, 0, lang))
    axes.tick_params(axis="both", labelsize=SMALL, length=2.5, color=SOFT)
    axes.grid(axis="y")
    if np.isfinite(counts[-1]) and not many:
        axes.annotate(
            number(counts[-1], 0, lang), (x[-1], float(high[-1])), xytext=(0, 2),
            textcoords="offset points", ha="center", va="bottom", fontsize=SMALL, color=INK,
        )  # fmt: skip


def _periods(axes: Axes, periods: list[str], width: float) -> None:
    """As many periods as there is room for, evenly, the last one always among them."""
    widest = max(text_width(p, SMALL) for p in periods) + 6
    most = max(1, int(width // widest))
    step = -(-len(periods) // most)
    at = list(range(len(periods) - 1, -1, -step))[::-1]
    axes.set_xticks(at, [periods[i] for i in at])


def _told(panels: _Panels, lang: Language) -> list[str]:
    """Every series in words: all counts of a short one, first, highest, lowest and last else."""
    out = []
    low, high = count_interval(panels.counts, panels.level)
    for i, name in enumerate(panels.names):
        counts = panels.counts[i]
        at = _chosen(counts)
        parts = [f"{panels.periods[k]} {number(counts[k], 0, lang)}" for k in at]
        if np.isfinite(counts[-1]):
            ends = (number(v[i, -1], 0, lang) for v in (low, high))
            parts[-1] += f" ({f' {till(lang)} '.join(ends)})"
        text = f"{name}: {', '.join(parts)}"
        if panels.expected is not None and np.isfinite(panels.expected[i]):
            band = (number(v[i], 0, lang) for v in (panels.low, panels.high))
            awaited = f" {till(lang)} ".join(band)
            text += (
                f"; väntat {awaited}, {word(panels.verdict[i], lang)}"
                if lang == "sv"
                else f"; expected {awaited}, {word(panels.verdict[i], lang)}"
            )
        out.append(text)
    return out


def _chosen(counts: Floats) -> list[int]:
    """Which counts an alternative text tells."""
    if counts.size <= 12:
        return list(range(counts.size))
    known = np.flatnonzero(np.isfinite(counts))
    some = {0, counts.size - 1}
    if known.size:
        some |= {int(known[np.argmax(counts[known])]), int(known[np.argmin(counts[known])])}
    return sorted(some)


def _notes(panels: _Panels, lang: Language) -> tuple[str, ...]:
    sv = lang == "sv"
    out = []
    if len(panels.names) > 1:
        out.append(
            "Varje ruta har sin egen skala, från noll."
            if sv
            else "Each panel has a scale of its own, from zero."
        )
    missing = [
        f"{n} ({', '.join(panels.periods[k] for k in np.flatnonzero(np.isnan(c)))})"
        for n, c in zip(panels.names, panels.counts, strict=True)
        if np.isnan(c).any()
    ]
    if missing:
        names = ", ".join(missing)
        out.append(f"Uppgift saknas: {names}." if sv else f"Not known: {names}.")
    if panels.expected is not None:
        signs = {v: look(v).sign for v in dict.fromkeys(panels.verdict)}
        told_signs = ", ".join(f"{sign} {word(v, lang)}" for v, sign in signs.items())
        head = "Den sista perioden" if sv else "The last period"
        out.append(f"{head}: {told_signs}.")
    return tuple(out)
