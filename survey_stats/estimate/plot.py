"""A quick picture of a result: one row a cell, a point and its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from survey_stats.errors import InputError
from survey_stats.estimate.contrasts import Contrasts
from survey_stats.labels import Language, heading, number, word

if TYPE_CHECKING:
    from survey_stats.estimate.estimates import Estimates

MOST_ROWS = 120


def draw(est: Estimates | Contrasts, ax: Any, lang: Language) -> Any:
    """Draw `est` on `ax` (a new figure when None) and return the Axes.

    Contrasts get a line at the value under the null hypothesis.

    The last key column gives the colours when there are two or more, the others the rows. Cells
    without an estimate keep their row, with a dash in place of the point. Raises `InputError`
    for more rows than a figure can show.
    """
    try:
        import matplotlib.pyplot as plt
        import seaborn as sns
        from matplotlib.ticker import FuncFormatter
    except ImportError as error:
        raise InputError(
            "Plots need matplotlib and seaborn: pip install 'survey-stats-lagesbild[report]'"
        ) from error
    null = est.null if isinstance(est, Contrasts) else None
    keys = (est.labels if isinstance(est, Contrasts) else est.keys).astype(str)
    names = list(keys.columns)
    row_names, hue = (names[:-1], names[-1]) if len(names) > 1 else (names, None)
    rows = (
        keys[row_names].map(lambda v: word(v, lang)).agg(", ".join, axis=1) if row_names else None
    )
    labels = ["" for _ in range(len(est))] if rows is None else rows.tolist()
    order = list(dict.fromkeys(labels))
    if len(order) > MOST_ROWS:
        raise InputError(
            f"The result has {len(order)} rows to draw; select fewer than {MOST_ROWS} with where="
        )
    colours = list(dict.fromkeys(keys[hue])) if hue else [""]
    palette = sns.color_palette("colorblind", len(colours))
    if ax is None:
        height = 1.2 + 0.32 * len(order) * max(1.0, 0.6 * len(colours))
        _, ax = plt.subplots(figsize=(7, height), layout="constrained")
    position = {label: i for i, label in enumerate(order)}
    shift = np.linspace(-0.3, 0.3, len(colours)) if len(colours) > 1 else np.zeros(1)
    for c, colour in enumerate(colours):
        chosen = np.flatnonzero(keys[hue] == colour) if hue else np.arange(len(est))
        at = np.array([position[labels[i]] for i in chosen]) + shift[c]
        point, low, high = est.estimate[chosen], est.ci_low[chosen], est.ci_high[chosen]
        ax.hlines(at, low, high, color=palette[c], linewidth=1.5)
        ax.plot(point, at, "o", color=palette[c], label=word(colour, lang))
        for y in at[np.isnan(point)]:
            ax.annotate("–", (0.01, y), xycoords=("axes fraction", "data"), va="center")
    ax.set_yticks(range(len(order)), order)
    ax.set_ylim(len(order) - 0.5, -0.5)
    share = est.metadata.statistic in ("share", "contrast of share")
    if null is not None:
        ax.axvline(null, color="0.4", linewidth=1)

    def tick(value: float, _: object = None) -> str:
        return number(100 * value if share else value, 0 if share else 1, lang)

    ax.xaxis.set_major_formatter(FuncFormatter(tick))
    what = heading(est.metadata.question[0], lang) if len(est.metadata.question) == 1 else ""
    ax.set_xlabel(f"{what}, %" if share else what)
    if hue:
        ax.legend(
            title=heading(hue, lang), frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0)
        )
    sns.despine(ax=ax, left=True)
    ax.grid(axis="x", linewidth=0.5, alpha=0.5)
    return ax
