"""Distributions of answers as bars that are divided: all answers of every group, with the base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats import protect
from survey_stats.drawing.page import Drawn, Words, style
from survey_stats.drawing.palette import (
    EDGE,
    HIDDEN_EDGE,
    HIDDEN_HATCH,
    INK,
    PAPER,
    answers,
    ink_on,
)
from survey_stats.drawing.telling import sentences
from survey_stats.drawing.text import text_width
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate import Estimates
from survey_stats.labels import NBSP, Language, capital, number, percent, word
from survey_stats.report.charts import cells as told
from survey_stats.report.charts.cells import HIDDEN, Cells, Floats, cells_of
from survey_stats.report.charts.chart import Chart
from survey_stats.report.charts.frame import SMALL
from survey_stats.report.charts.rows import rows_of

MOST_ANSWERS = 10
# of the bars, where answers of two kinds stand on either side of a line
_BAR = 0.66


@dataclass(frozen=True, eq=False)
class _Table:
    """Shares (groups, answers) in percent, NaN where hidden; row of the cell of each, -1: none."""

    names: list[str]
    answers: list[str]
    share: Floats
    row: npt.NDArray[np.intp]
    base: Floats

    @property
    def rest(self) -> Floats:
        """What the hidden answers of each group have together, in percent."""
        hidden = (self.row >= 0) & np.isnan(self.share)
        left = np.clip(100 - np.nansum(self.share, axis=1), 0, 100)
        return np.where(hidden.any(axis=1), left, 0.0)


def distribution_chart(
    estimates: Estimates | pd.DataFrame,
    name: str,
    lang: Language = "sv",
    *,
    levels: Sequence[object] | None = None,
    middle: int | None = None,
    caption: str | None = None,
    rule: protect.Rule = protect.DEFAULT,
) -> Chart:
    r"""All answers of a question, a divided bar a group, with the base beside it.

    Answers that may not be shown are one hatched piece at the end of the bar, which has no number.

    Args:
        estimates: shares of a question with several answers after `protect.apply` (a column
            `level`), or an `Estimates`, which `rule` is applied to.
        name: short name of the figure.
        lang: the reader's language.
        levels: the answers from one end of the scale to the other; by default as they come.
        middle: how many answers lie left of the line that bars of opposite answers are set about,
            such as 2 of 4; by default all bars begin at 0.
        caption: instead of the one made from what the estimates are of.
        rule: the profile for an `Estimates`.

    Raises:
        InputError: no column `level`, an answer twice in a group, more answers than can be told
            apart, or more groups than a page holds.
        UnknownNameError: an answer in `levels` that there is not.

    >>> frame = pd.DataFrame({"gender": ["women"] * 3 + ["men"] * 3,
    ...     "level": ["often", "seldom", "never"] * 2,
    ...     "estimate": [0.2, 0.3, 0.5, 0.1, 0.2, 0.7], "n": [400] * 3 + [380] * 3})
    >>> made = distribution_chart(frame, "worry", "en")
    >>> print(made.alt.replace(". ", ".\n").replace("\xa0", " "))
    Distribution of answers by gender.
    Women (base 400): often 20%, seldom 30%, never 50%.
    Men (base 380): often 10%, seldom 20%, never 70%.
    """
    cells = cells_of(estimates, rule)
    table = _table(cells, levels, lang)
    count = len(table.answers)
    if middle is not None and not 0 < middle < count:
        raise InputError(
            f"middle={middle}: of {count} answers 1 to {count - 1} can lie on the left"
        )
    drawn = _drawn(cells, table, middle, lang)
    groups = [str(c) for c in cells.keys.columns if c != "level"]
    grouped = (" och " if lang == "sv" else " and ").join(word(c, lang) for c in groups)
    what = "fördelning av svaren" if lang == "sv" else "distribution of answers"
    if len(table.names) > 1:
        what += f" {'efter' if lang == 'sv' else 'by'} {grouped}"
    head = capital(what)
    if cells.attrs.get("question"):
        head = f"{told.title(cells, lang)}, {what}"
    whole = ", ".join(p for p in (head, told.source(cells, lang)) if p)
    return Chart(
        name=name,
        caption=caption or told.caption(cells, what, lang, intervals=False),
        alt=sentences([whole, *_told(cells, table, lang)], cells.synthetic, lang),
        figure=drawn.ax.figure,  # type: ignore[arg-type]
        lang=lang,
        notes=_notes(cells, table, middle, lang),
        data=cells.frame(),
    )


def _table(cells: Cells, levels: Sequence[object] | None, lang: Language) -> _Table:
    if "level" not in cells.keys:
        raise InputError(
            "A distribution needs all answers of a question: a column 'level', as share() gives "
            "for a question with several answers"
        )
    found = [str(v) for v in cells.keys["level"]]
    order = list(dict.fromkeys(found)) if levels is None else [str(v) for v in levels]
    for level in order:
        if level not in found:
            raise UnknownNameError("answer", level, dict.fromkeys(found))
    left_out = [v for v in dict.fromkeys(found) if v not in order]
    if left_out:
        raise InputError(
            f"A distribution shows all answers, and levels= lacks {left_out[0]!r}; add it"
        )
    if len(order) > MOST_ANSWERS:
        raise InputError(
            f"{len(order)} answers cannot be told apart; group them to at most {MOST_ANSWERS}"
        )
    groups = [str(c) for c in cells.keys.columns if c != "level"]
    keys = [tuple(row) for row in cells.keys[groups].astype(str).to_numpy()]
    row_of = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    at = np.full((len(row_of), len(order)), -1, dtype=np.intp)
    for i, (key, level) in enumerate(zip(keys, found, strict=True)):
        r, c = row_of[key], order.index(level)
        if at[r, c] >= 0:
            raise InputError(f"Answer {level!r} of {', '.join(key) or 'all'} is there twice")
        at[r, c] = i
    share = np.where(at >= 0, cells.share[at], np.nan)
    n = np.where(at >= 0, cells.n[at], np.nan)
    varying = [c for c in groups if len(set(cells.keys[c].astype(str))) > 1] or groups[:1]
    every = cells.names(varying, lang)
    first = [int(row[row >= 0][0]) for row in at]
    base = np.array([np.nan if np.isnan(row).all() else np.nanmax(row) for row in n])
    names = [every[i] for i in first]
    return _Table(names, [word(level, lang) for level in order], share, at, base)


def _drawn(cells: Cells, table: _Table, middle: int | None, lang: Language) -> Drawn:
    bases = [HIDDEN if np.isnan(b) else number(b, 0, lang) for b in table.base]
    fills = answers(len(table.answers), middle is not None)
    if middle is not None:
        fills = _about(middle, len(table.answers))
    shown = np.nan_to_num(table.share)
    start = np.zeros(len(table.names)) if middle is None else -shown[:, :middle].sum(axis=1)
    with style() as plt:
        page = rows_of(plt, table.names, bases, word("base", lang))
        ax = page.ax
        low, high = float(min(start.min(), 0)), float((start + 100).max() if middle else 100)
        ax.set_xlim(low, high)
        unit = page.sheet.width / (high - low)
        ends = start.copy()
        for k, fill in enumerate(fills):
            width = shown[:, k]
            y = np.arange(len(table.names))
            ax.barh(y, width, _BAR, ends, color=fill, edgecolor=PAPER, linewidth=0.8, zorder=2)
            for row in np.flatnonzero(width * unit > 1).tolist():
                text = _number(cells, table, row, k, lang)
                if text_width(text, SMALL) + 2 <= width[row] * unit:
                    ax.text(
                        ends[row] + width[row] / 2, row, text, ha="center", va="center_baseline",
                        fontsize=SMALL, color=ink_on(fill), zorder=3,
                    )  # fmt: skip
            ends = ends + width
        for row in np.flatnonzero(table.rest > 0).tolist():
            ax.barh(
                row, table.rest[row], _BAR, ends[row], color=PAPER, edgecolor=HIDDEN_EDGE,
                hatch=HIDDEN_HATCH, linewidth=0.6, zorder=2,
            )  # fmt: skip
        if middle is not None:
            ax.axvline(0, color=INK, linewidth=1.0, zorder=4)
        _axis(ax, low, high, lang)
        page.column(bases, word("base", lang))
        handles = _handles(table, fills, middle, lang)
        return page.finish(Words("", synthetic=cells.synthetic), handles, lang)


def _about(middle: int, count: int) -> list[str]:
    """Fills of answers about a line, the darkest at either end."""
    both = 2 * max(middle, count - middle)
    every = answers(both, True)
    return [*every[both // 2 - middle : both // 2], *every[both // 2 : both // 2 + count - middle]]


def _number(cells: Cells, table: _Table, row: int, k: int, lang: Language) -> str:
    star = "*" if cells.doubtful[table.row[row, k]] else ""
    return number(table.share[row, k], 0, lang) + star


def _axis(ax: Any, low: float, high: float, lang: Language) -> None:
    step = 20 if high - low <= 110 else 25
    ticks = [t for t in range(-100, 101, step) if low - 1e-9 <= t <= high + 1e-9]
    # both sides of a line count upwards
    ax.set_xticks(ticks, [percent(abs(t) / 100, 0, lang) for t in ticks])


def _handles(table: _Table, fills: list[str], middle: int | None, lang: Language) -> list[Any]:
    from matplotlib.patches import Patch

    def side(k: int) -> str:
        if middle is None:
            return ""
        return "◀ " if k < middle else "▶ "

    handles = [
        Patch(facecolor=fill, edgecolor=EDGE, label=side(k) + answer)
        for k, (answer, fill) in enumerate(zip(table.answers, fills, strict=True))
    ]
    if (table.rest > 0).any():
        text = "redovisas inte" if lang == "sv" else "not shown"
        handles.append(
            Patch(facecolor=PAPER, edgecolor=HIDDEN_EDGE, hatch=HIDDEN_HATCH, label=text)
        )
    return handles


def _told(cells: Cells, table: _Table, lang: Language) -> list[str]:
    """Every group with all its answers, in words."""
    out = []
    for row, name in enumerate(table.names):
        base = number(table.base[row], 0, lang)
        head = name
        if np.isfinite(table.base[row]):
            head += f" ({word('base', lang)}{NBSP}{base})"
        if np.isnan(table.share[row]).all():
            out.append(f"{name}: {'redovisas inte' if lang == 'sv' else 'not shown'}")
            continue
        parts = [
            f"{answer} {cells.told(int(table.row[row, k]), lang)}"
            for k, answer in enumerate(table.answers)
            if table.row[row, k] >= 0
        ]
        out.append(f"{head}: {', '.join(parts)}")
    return out


def _notes(cells: Cells, table: _Table, middle: int | None, lang: Language) -> tuple[str, ...]:
    names = [""] * len(cells)
    for (r, c), i in np.ndenumerate(table.row):
        if i >= 0:
            whole = np.isnan(table.share[r]).all()
            names[int(i)] = table.names[r] + ("" if whole else f": {table.answers[c]}")
    out = list(told.notes(cells, names, lang))
    out.insert(
        0,
        "Siffrorna i staplarna är procent; de kan avrundade summera till annat än 100."
        if lang == "sv"
        else "Numbers in the bars are percent; rounded they may not sum to 100.",
    )
    if middle is not None:
        out.insert(
            0,
            "Staplarna är satta mot linjen mellan svarsalternativens två sidor (◀ och ▶)."
            if lang == "sv"
            else "Bars are set about the line between the two sides of the answers (◀ and ▶).",
        )
    return tuple(out)
