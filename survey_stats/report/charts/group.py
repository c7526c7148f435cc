"""Shares with intervals of the groups of one wave, one row a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from survey_stats import protect
from survey_stats.drawing.page import Drawn, Words, style
from survey_stats.drawing.palette import HIDDEN_EDGE, HIDDEN_HATCH, PAPER, series
from survey_stats.drawing.telling import sentences, till
from survey_stats.estimate import Estimates
from survey_stats.labels import Language, heading, number, percent, word
from survey_stats.report.charts import cells as told
from survey_stats.report.charts.cells import Cells, cells_of, key_of
from survey_stats.report.charts.chart import Chart
from survey_stats.report.charts.frame import SMALL, reach, share_axis
from survey_stats.report.charts.rows import rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def by_group(rows: pd.DataFrame, total: float, total_name: str, lang: Language = "sv") -> Figure:
    """Shares with intervals of the groups of one wave, highest first, with a line at the total.

    Args:
        rows: figures of one question, survey and wave; `label` names each row.
        total: the share of all, 0-1; no line where it is missing.
        total_name: what the line stands for.
        lang: the reader's language.

    Raises:
        InputError: no rows, or more than a page holds.
    """
    columns = ["label", "share", "ci_low", "ci_high", "n", "flag"]
    cells = cells_of(rows[[c for c in columns if c in rows]])
    cells = cells.take(_order(cells))
    names = cells.names(["label"], lang)
    return _drawn(cells, names, (total, total_name), lang).ax.figure  # type: ignore[return-value]


def group_chart(
    estimates: Estimates | pd.DataFrame,
    name: str,
    by: str | None = None,
    total: tuple[float, str] | None = None,
    lang: Language = "sv",
    *,
    keep_order: bool = False,
    caption: str | None = None,
    rule: protect.Rule = protect.DEFAULT,
) -> Chart:
    """Shares with intervals, one row a group, highest first, the hidden ones last.

    Args:
        estimates: shares after `protect.apply`, or an `Estimates`, which `rule` is applied to.
        name: short name of the figure.
        by: the column that names the rows; by default all columns that tell them apart.
        total: a share 0-1 to draw a line at, with what it stands for.
        lang: the reader's language.
        keep_order: rows as they come, such as ages, instead of highest first.
        caption: instead of the one made from what the estimates are of.
        rule: the profile for an `Estimates`.

    Raises:
        InputError: no shares, no rows, or more rows than a page holds.
        UnknownNameError: there is no column `by`.

    >>> frame = pd.DataFrame({"gender": ["women", "men"], "estimate": [0.41, None],
    ...     "ci_low": [0.38, None], "ci_high": [0.44, None], "n": [900, None],
    ...     "flag": ["", "suppressed: base under 30"]})
    >>> made = group_chart(frame, "evening", lang="en")
    >>> made.alt
    'Share by gender. Women 41% (38 to 44%, base\\xa0900); Men fewer than 30 answers.'
    >>> made.notes
    ('.. Not shown: Men (fewer than 30 answers).',)
    """
    cells = cells_of(estimates, rule)
    if not keep_order:
        cells = cells.take(_order(cells))
    columns = [key_of(cells, by)] if by else _varying(cells)
    names = cells.names(columns, lang)
    drawn = _drawn(cells, names, total or (np.nan, ""), lang)
    what = " och " if lang == "sv" else " and "
    grouped = what.join(word(c, lang) for c in columns)
    shown = f"{'andel efter' if lang == 'sv' else 'share by'} {grouped}"
    rows = [f"{n} {cells.told_in_full(i, lang)}" for i, n in enumerate(names)]
    line = f"{total[1]} {percent(total[0], 0, lang)}" if total else ""
    head = f"{told.title(cells, lang)}, {shown}"
    if told.title(cells, lang) == heading("share", lang):
        head = shown
    return Chart(
        name=name,
        caption=caption or told.caption(cells, shown, lang),
        alt=sentences(
            [", ".join(p for p in (head, told.source(cells, lang)) if p), line, "; ".join(rows)],
            cells.synthetic,
            lang,
        ),
        figure=drawn.ax.figure,  # type: ignore[arg-type]
        lang=lang,
        notes=told.notes(cells, names, lang),
        data=cells.frame(),
    )


def _varying(cells: Cells) -> list[str]:
    names = [str(c) for c in cells.keys.columns]
    return [c for c in names if len(set(cells.keys[c].astype(str))) > 1] or names[:1]


def _order(cells: Cells) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    return np.argsort(np.where(cells.hidden, np.inf, -cells.share), kind="stable")


def _drawn(cells: Cells, names: list[str], total: tuple[float, str], lang: Language) -> Drawn:
    base = word("base", lang)
    texts = [_told(cells, i, lang) for i in range(len(cells))]
    head = "andel (intervall)" if lang == "sv" else "share (interval)"
    if np.isfinite(cells.n).any():
        head += f", {base}"
    share, name = total
    with style() as plt:
        page = rows_of(plt, names, texts, head)
        ax = page.ax
        top = reach([cells.share, cells.high, np.array([100 * share])])
        ax.set_xlim(0, top)
        share_axis(ax.xaxis, top, lang)
        how = series("district")
        y = np.arange(len(cells), dtype=np.float64)
        ax.hlines(y, cells.low, cells.high, color=how.colour, linewidth=2, zorder=2)
        ax.plot(
            cells.share, y, how.marker, color=how.colour, markersize=5.5, zorder=3, linestyle=""
        )
        for row in np.flatnonzero(cells.hidden).tolist():
            ax.barh(
                row, top, 0.5, color=PAPER, edgecolor=HIDDEN_EDGE, hatch=HIDDEN_HATCH,
                linewidth=0, zorder=1,
            )  # fmt: skip
        if np.isfinite(share):
            city = series("city")
            ax.axvline(100 * share, color=city.colour, linestyle="--", linewidth=1.2, zorder=1)
            ax.annotate(
                f"{name} {percent(share, 0, lang)}", (100 * share, 1),
                xycoords=("data", "axes fraction"), xytext=(0, 4), textcoords="offset points",
                ha=_side(100 * share / top),
                color=city.colour, fontsize=SMALL, annotation_clip=False,
            )  # fmt: skip
        page.column(texts, head)
        return page.finish(Words("", synthetic=cells.synthetic), lang=lang)


def _told(cells: Cells, row: int, lang: Language) -> str:
    """Share, interval and base as they stand beside a row."""
    if cells.hidden[row]:
        return cells.told(row, lang)
    text = cells.told(row, lang)
    if np.isfinite(cells.low[row]) and np.isfinite(cells.high[row]):
        low, high = (number(v[row], 0, lang) for v in (cells.low, cells.high))
        text += f" ({low} {till(lang)} {high})"
    if np.isfinite(cells.n[row]):
        text += f", {number(cells.n[row], 0, lang)}"
    return text


def _side(place: float) -> str:
    """How the name of a line is set so that it stays above the picture."""
    return "center" if 0.25 < place < 0.75 else "left" if place < 0.5 else "right"
