"""Changes of counts with their exact intervals, one row a count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from survey_stats.drawing.page import Drawn, Words, style
from survey_stats.drawing.palette import DOWN, INK, LOOKS, OPEN, PAPER, SAME, UP, look
from survey_stats.drawing.telling import sentences
from survey_stats.drawing.text import text_width
from survey_stats.errors import InputError
from survey_stats.labels import MINUS, NBSP, Language, capital, number, word
from survey_stats.report.charts.cells import floats
from survey_stats.report.charts.chart import Chart
from survey_stats.report.charts.frame import SMALL
from survey_stats.report.charts.rows import rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NEEDED = ("label", "ratio", "ratio_low", "ratio_high", "verdict")
_TICKS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
# limits beyond are drawn as arrows
_LEAST, _MOST = 0.1, 10.0


def count_changes(rows: pd.DataFrame, lang: Language = "sv") -> Figure:
    """Relative change of counts with exact intervals, on a scale where halving mirrors doubling.

    Args:
        rows: `compare.count_changes` with a column `label`.
        lang: the reader's language.

    Raises:
        InputError: a column lacks, or no row has a change that can be drawn.
    """
    return _drawn(_shown(rows), _made_up(rows), lang).ax.figure  # type: ignore[return-value]


def count_change_chart(
    rows: pd.DataFrame,
    name: str,
    lang: Language = "sv",
    *,
    periods: tuple[str, str] | None = None,
    about: str = "",
    caption: str | None = None,
) -> Chart:
    """Relative change of counts with exact intervals, largest increase first.

    Rows without a change in percent (nothing was counted before, or after) are told in the notes,
    and rows that are sums of others are left out.

    Args:
        rows: `compare.count_changes` with a column `label`.
        name: short name of the figure.
        lang: the reader's language.
        periods: what the two periods are called.
        about: what is counted, such as "Anmälda brott i Farsta".
        caption: instead of the one made from `about` and `periods`.

    Raises:
        InputError: a column lacks, or no row has a change that can be drawn.
    """
    shown = _shown(rows)
    drawn = _drawn(shown, _made_up(rows), lang)
    sv = lang == "sv"
    level = number(100 * float(rows.attrs.get("level", 0.95)), 0, lang)
    head = capital(about) or ("Antal" if sv else "Counts")
    since = ""
    if periods is not None:
        since = f" {'från' if sv else 'from'} {periods[0]} {'till' if sv else 'to'} {periods[1]}"
    what = f"{head}: {'förändring' if sv else 'change'}{since}"
    gap = NBSP if sv else ""
    read = (
        f"Strecket är det exakta osäkerhetsintervallet ({level}{gap}%). Fylld punkt: säkerställd "
        "förändring."
        if sv
        else f"The line is the exact {level}% confidence interval. Filled: significant change."
    )
    told = [
        f"{r['label']} {relative(r['ratio'], lang)} ({_limits(r, lang)}), "
        f"{word(r['verdict'], lang)}"
        for r in shown.to_dict("records")
    ]
    return Chart(
        name=name,
        caption=caption or f"{what}. {read}",
        alt=sentences([what, "; ".join(told)], _made_up(rows), lang),
        figure=drawn.ax.figure,  # type: ignore[arg-type]
        lang=lang,
        notes=_left_out(rows, shown, lang),
        data=shown,
    )


def relative(ratio: float, lang: Language = "sv") -> str:
    """A ratio as a change in percent.

    >>> relative(1.25), relative(0.5), relative(1.0), relative(0.875, "en")
    ('+25\\xa0%', '−50\\xa0%', '±0', '−12.5%')
    """
    if ratio == 1:
        return "±0"
    sign = "+" if ratio > 1 else MINUS
    decimals = 1 if round(1000 * ratio) % 10 and round(1000 * ratio, 6) % 1 == 0 else 0
    gap = NBSP if lang == "sv" else ""
    return f"{sign}{number(abs(100 * (ratio - 1)), decimals, lang)}{gap}%"


def _made_up(rows: pd.DataFrame) -> bool:
    return bool(rows.attrs.get("synthetic", False))


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that can be drawn, largest increase first."""
    missing = [c for c in _NEEDED if c not in rows]
    if missing:
        raise InputError(
            f"A figure of counts needs the frame of count_changes with a column 'label'; this has "
            f"no {missing[0]!r}"
        )
    ratio = floats(rows["ratio"])
    keep = np.isfinite(ratio) & (ratio > 0)
    if "is_total" in rows:
        keep &= ~rows["is_total"].astype(bool).to_numpy()
    shown = rows[keep].iloc[np.argsort(-ratio[keep], kind="stable")].reset_index(drop=True)
    if shown.empty:
        raise InputError("No count has a change in percent to draw; show the table instead")
    return shown


def _drawn(shown: pd.DataFrame, made_up: bool, lang: Language) -> Drawn:
    from matplotlib.lines import Line2D

    ratio, low, high = (floats(shown[c]) for c in ("ratio", "ratio_low", "ratio_high"))
    # an unbounded limit is missing
    low, high = np.where(np.isnan(low), 0.0, low), np.where(np.isnan(high), np.inf, high)
    left = max(_LEAST, min(float(np.min(low)), 0.5) / 1.1)
    right = min(_MOST, max(float(np.max(high)), 2.0) * 1.1)
    left, right = min(left, float(ratio.min()) / 1.1), max(right, float(ratio.max()) * 1.1)
    texts = [f"{relative(r['ratio'], lang)} ({_limits(r, lang)})" for r in shown.to_dict("records")]
    head = "förändring (intervall)" if lang == "sv" else "change (interval)"
    verdicts = shown["verdict"].astype(str).tolist()
    with style() as plt:
        page = rows_of(plt, [str(v) for v in shown["label"]], texts, head)
        ax = page.ax
        ax.set_xscale("log")
        ax.axvline(1, color=INK, linewidth=1, zorder=1)
        for y, verdict in enumerate(verdicts):
            how, sure = look(verdict), verdict in (UP, DOWN)
            ends = max(low[y], left), min(high[y], right)
            ax.hlines(y, *ends, color=how.colour, linewidth=2 if sure else 1.3, zorder=2)
            for marker, beyond, edge in (
                ("<", low[y] < left, left),
                (">", high[y] > right, right),
            ):
                if beyond:
                    ax.plot(edge, y, marker, color=how.colour, markersize=4, clip_on=False)
            ax.plot(
                ratio[y], y, how.marker, color=how.colour, markersize=6, zorder=3,
                markerfacecolor=how.colour if sure else PAPER,
            )  # fmt: skip
        ax.set_xlim(left, right)
        kept = _ticks(left, right, page.sheet.width, lang)
        ax.set_xticks(kept, [relative(t, lang) for t in kept])
        ax.minorticks_off()
        page.column(texts, head, [v in (UP, DOWN) for v in verdicts])
        handles = [
            Line2D(
                [],
                [],
                linestyle="",
                marker=LOOKS[v].marker,
                markersize=6,
                color=LOOKS[v].colour,
                markerfacecolor=LOOKS[v].colour if v in (UP, DOWN) else PAPER,
                label=f"{word(v, lang)} ({verdicts.count(v)})",
            )
            for v in (UP, DOWN, SAME, OPEN)
            if v in verdicts
        ]
        return page.finish(Words("", synthetic=made_up), handles, lang)


def _ticks(left: float, right: float, width: float, lang: Language) -> list[float]:
    """Doublings and halvings, from no change outwards, as many as there is room for."""
    unit = width / float(np.log2(right / left))
    kept = [1.0]
    for side in (sorted(t for t in _TICKS if t > 1), sorted(t for t in _TICKS if t < 1)[::-1]):
        last = 1.0
        for tick in (t for t in side if left <= t <= right):
            half = sum(text_width(relative(t, lang), SMALL) / 2 for t in (last, tick))
            if unit * abs(float(np.log2(tick / last))) >= half + 5:
                kept.append(tick)
                last = tick
    return sorted(kept)


def _limits(row: Mapping[Any, Any], lang: Language) -> str:
    """The limits of a change; an unbounded one is told by a word."""
    low, high = (float(row[c]) for c in ("ratio_low", "ratio_high"))
    till = "till" if lang == "sv" else "to"
    open_end = "obegränsat" if lang == "sv" else "unbounded"
    ends = [
        open_end if np.isnan(v) or np.isinf(v) else number(100 * (v - 1), 0, lang, sign=True)
        for v in (low, high)
    ]
    return f"{ends[0]} {till} {ends[1]}"


def _left_out(rows: pd.DataFrame, shown: pd.DataFrame, lang: Language) -> tuple[str, ...]:
    single = rows[~rows["is_total"].astype(bool)] if "is_total" in rows else rows
    left = [str(v) for v in single["label"] if str(v) not in set(shown["label"].astype(str))]
    if not left:
        return ()
    return (
        f"Utan förändring i procent, eftersom antalet är noll eller saknas: {', '.join(left)}."
        if lang == "sv"
        else f"Without a change in percent, as a count is zero or missing: {', '.join(left)}.",
    )
