"""The one figure of the page: the district beside the city, and the verdict of every question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from survey_stats.drawing.palette import (
    BAND,
    BLUE,
    BROWN,
    DOWN,
    FAINT,
    LOOKS,
    PAPER,
    SAME,
    SOFT,
    UP,
)
from survey_stats.labels import Language, heading, percent, word
from survey_stats.report.charts import Chart
from survey_stats.report.onepage.choose import Mark, sign, strip, told
from survey_stats.report.plan import SURVEYS
from survey_stats.report.sentences import latest_totals, own_level

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH = 7.2
# ground and ink of a cell; the sign in it says the same
_LOOK: dict[Mark, tuple[str, str]] = {
    "up": (LOOKS[UP].fill, LOOKS[UP].text),
    "down": (LOOKS[DOWN].fill, LOOKS[DOWN].text),
    "same": (LOOKS[SAME].fill, LOOKS[SAME].text),
    "open": (BAND, SOFT),
    "not comparable": (BAND, SOFT),
    "hidden": (BAND, SOFT),
    "first": (BAND, SOFT),
    "not asked": (PAPER, FAINT),
}
# letters of a name above a column
_WIDEST_NAME = 14


def beside(figures: pd.DataFrame, questions: Sequence[str]) -> pd.DataFrame:
    """Each question in the first survey that asks it, the area beside the whole city.

    Returns:
        A row a question, in the plan's order: question, survey, wave, share, ci_low, ci_high,
        city (missing where the wave did not cover it), apart (whether the difference from the rest
        of the city is certain). A hidden share is missing.
    """
    rows = latest_totals(figures)
    order = {survey: i for i, survey in enumerate(SURVEYS)}
    rows = rows.sort_values("survey", key=lambda c: c.map(order), kind="stable")
    rows = rows.drop_duplicates("question")
    keys = ["survey", "question", "wave"]
    city = latest_totals(figures, "city")[[*keys, "share"]].rename(columns={"share": "city"})
    made = rows.merge(city, on=keys, how="left", sort=False)
    made["apart"] = made["rest_verdict"].isin(["higher", "lower"])
    if own_level(figures) == "city":
        made["city"] = pd.NA
    place = {question: i for i, question in enumerate(questions)}
    made = made.sort_values("question", key=lambda c: c.map(place), kind="stable")
    names = ["question", "survey", "wave", "share", "ci_low", "ci_high", "city", "apart"]
    return made[names].reset_index(drop=True)


def chart(
    figures: pd.DataFrame, questions: Sequence[str], area: str, lang: Language = "sv"
) -> Chart:
    """The figure with its caption and the text that says what it shows."""
    rows, marks = beside(figures, questions), strip(figures, questions)
    return Chart(
        name="onepage",
        caption=_caption(rows, marks, area, lang),
        alt=_alt(rows, marks, area, lang),
        figure=_draw(rows, marks, area, lang),
        lang=lang,
    )


def _draw(rows: pd.DataFrame, marks: pd.DataFrame, area: str, lang: Language) -> Figure:
    from matplotlib.figure import Figure

    from survey_stats.drawing.page import style

    with style():
        figure = Figure(figsize=(_WIDTH, 0.62 + 0.2 * len(rows)), layout="constrained")
        left, right = figure.subplots(
            1, 2, sharey=True, width_ratios=(5.2, 1.15 * len(marks.columns))
        )
        _shares(left, rows, area, lang)
        _strip(right, marks.reindex(rows["question"]), lang)
    return figure


def _shares(axes: Axes, rows: pd.DataFrame, area: str, lang: Language) -> None:
    y = np.arange(len(rows))
    share, low, high, city = (
        100 * rows[c].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        for c in ("share", "ci_low", "ci_high", "city")
    )
    # a document about the city has nothing to compare it with
    apart = rows["apart"].to_numpy(bool) | ~np.isfinite(city).any()
    axes.hlines(y, low, high, color=BLUE, linewidth=1.6, alpha=0.8, zorder=2)
    for which, face in ((apart, BLUE), (~apart, "white")):
        axes.plot(
            share[which], y[which], "o", color=BLUE, markerfacecolor=face, markersize=5.5,
            zorder=4,
        )  # fmt: skip
    axes.plot(
        city, y, "s", color=BROWN, markerfacecolor="white", markersize=4.5, zorder=3,
        linestyle="none",
    )  # fmt: skip
    top = float(np.nanmax(np.concatenate([high, share, city, [10.0]])))
    for place, value, end in zip(y, share, np.fmax(high, city), strict=True):
        if np.isfinite(value):
            axes.annotate(
                percent(float(value) / 100, 0, lang), (float(np.fmax(end, value)), float(place)),
                xytext=(5, 0), textcoords="offset points", va="center", fontsize=7.5,
                color=BLUE, fontweight="bold",
            )  # fmt: skip
        else:
            axes.annotate(
                told("hidden", lang), (0.5, float(place)), va="center", fontsize=7.5, color=SOFT
            )
    axes.set_yticks(y, [heading(str(q), lang) for q in rows["question"]], fontsize=7.8)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, min(100.0, top * 1.16))
    axes.xaxis.set_major_formatter(lambda v, _: percent(v / 100, 0, lang))
    axes.tick_params(axis="x", labelsize=7.5)
    axes.grid(axis="y", visible=False)
    from matplotlib.lines import Line2D

    city_name = word("city", lang)
    handles = [Line2D([], [], color=BLUE, marker="o", markersize=5.5, linewidth=1.6, label=area)]
    if np.isfinite(city).any():
        handles.append(
            Line2D(
                [], [], color=BROWN, marker="s", markersize=4.5, markerfacecolor=PAPER,
                linestyle="none", label=city_name[:1].upper() + city_name[1:],
            )
        )  # fmt: skip
    axes.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, frameon=False,
        fontsize=7.8, borderaxespad=0.1, handletextpad=0.5, columnspacing=1.2,
    )  # fmt: skip


def _strip(axes: Axes, marks: pd.DataFrame, lang: Language) -> None:
    from matplotlib.patches import Rectangle

    for column, survey in enumerate(marks.columns):
        for row, cell in enumerate(marks[survey]):
            ground, ink = _LOOK[cell]
            axes.add_patch(
                Rectangle(
                    (column + 0.06, row - 0.42), 0.88, 0.84, facecolor=ground, edgecolor="none"
                )
            )
            axes.text(
                column + 0.5, row, sign(cell), ha="center", va="center", color=ink, fontsize=8.5,
                fontweight="bold",
            )  # fmt: skip
    axes.set_xlim(0, len(marks.columns))
    axes.set_xticks(
        [i + 0.5 for i in range(len(marks.columns))],
        [_narrow(heading(f"{s}_short", lang)) for s in marks.columns],
        fontsize=7.2,
    )
    axes.xaxis.tick_top()
    axes.tick_params(axis="both", length=0, labelleft=False)
    axes.grid(visible=False)
    for side in axes.spines.values():
        side.set_visible(False)


def _narrow(name: str) -> str:
    """A survey's name above its column, in lines where it is long.

    >>> _narrow("Polisregionen"), _narrow("Gävles elevenkät")
    ('Polisregionen', 'Gävles\\nelevenkät')
    """
    return name if len(name) <= _WIDEST_NAME else name.replace(" ", "\n")


def _legend(marks: pd.DataFrame, lang: Language) -> str:
    used = [str(m) for m in pd.unique(marks.to_numpy().ravel())]
    order = [m for m in _LOOK if m in used]
    return ", ".join(f"{sign(m)} {told(m, lang)}" for m in order)


def _caption(rows: pd.DataFrame, marks: pd.DataFrame, area: str, lang: Language) -> str:
    shown = rows[rows["share"].notna()]
    which = dict.fromkeys(
        f"{word(str(s), lang)} {w}" for s, w in zip(shown["survey"], shown["wave"], strict=True)
    )
    source = f" ({', '.join(which)})" if which else ""
    beside = bool(rows["city"].notna().any())
    legend = _legend(marks, lang)
    if lang == "sv":
        city = f", och i {word('city')}" if beside else ""
        rest = word("remainder")
        filled = f" Fylld punkt: säkerställd skillnad mot {rest}." if beside else ""
        return (
            f"Till vänster: andel i {area} med osäkerhetsintervall{city}{source}.{filled} Till "
            f"höger: förändring sedan förra mätningen i varje undersökning: {legend}."
        )
    city = f", and in {word('city', lang)}" if beside else ""
    rest = word("remainder", lang)
    filled = f" Filled dot: significantly different from {rest}." if beside else ""
    return (
        f"Left: share in {area} with its confidence interval{city}{source}.{filled} Right: change "
        f"since the wave before in each survey: {legend}."
    )


def _alt(rows: pd.DataFrame, marks: pd.DataFrame, area: str, lang: Language) -> str:
    parts = []
    for row in rows.to_dict("records"):
        name = heading(str(row["question"]), lang)
        if pd.isna(row["share"]):
            text = f"{name}: {told('hidden', lang)}"
        else:
            text = f"{name}: {area} {percent(float(row['share']), 0, lang)}"
            if not pd.isna(row["city"]):
                text += f", {word('city', lang)} {percent(float(row['city']), 0, lang)}"
        verdicts = [
            f"{word(f'{s}_short', lang)} {told(m, lang)}"
            for s, m in marks.loc[row["question"]].items()
            if m != "not asked"
        ]
        parts.append(f"{text}; {', '.join(verdicts)}.")
    start = (
        "Punktdiagram med intervall, och en rad tecken för varje fråga."
        if lang == "sv"
        else "Dot chart with intervals, and a row of signs for each question."
    )
    return " ".join([start, *parts])
