"""A quick picture of a result: one row a cell, a point and its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from survey_stats.drawing.page import SMALL, WIDTH, style
from survey_stats.drawing.palette import SOFT, series
from survey_stats.drawing.text import decimals_of
from survey_stats.errors import InputError
from survey_stats.estimate.contrasts import Contrasts
from survey_stats.labels import Language, heading, number, word

if TYPE_CHECKING:
    from survey_stats.estimate.estimates import Estimates

MOST_ROWS = 120


def draw(est: Estimates | Contrasts, ax: Any, lang: Language) -> Any:
    """Draw `est` on `ax` (a new figure when None) and return the Axes.

    Contrasts get a line at the value under the null hypothesis, and average effects at zero.
    Differences of shares are in percentage points. Synthetic data are named as such.

    The last key column gives the colours when there are two or more, the others the rows; of
    effects the groups of `by` give the colours. Cells
    without an estimate keep their row, with a dash in place of the point. Raises `InputError`
    for more rows than a figure can show.
    """
    with style() as plt:
        return _drawn(plt, est, ax, lang)


def _drawn(plt: Any, est: Estimates | Contrasts, ax: Any, lang: Language) -> Any:
    from matplotlib.ticker import FuncFormatter

    effects = est.metadata.statistic.startswith("effect on ")
    null = est.null if isinstance(est, Contrasts) else (0.0 if effects else None)
    keys = (est.labels if isinstance(est, Contrasts) else est.keys).astype(str)
    names = list(keys.columns)
    row_names, hue = (names[:-1], names[-1]) if len(names) > 1 else (names, None)
    if effects:
        groups = [n for n in names if n not in ("variable", "contrast")]
        hue = groups[-1] if groups else None
        row_names = [n for n in names if n != hue]
    rows = (
        keys[row_names].map(lambda v: _told(v, lang)).agg(", ".join, axis=1) if row_names else None
    )
    labels = ["" for _ in range(len(est))] if rows is None else rows.tolist()
    order = list(dict.fromkeys(labels))
    if len(order) > MOST_ROWS:
        raise InputError(
            f"The result has {len(order)} rows to draw; select fewer than {MOST_ROWS} with where="
        )
    colours = list(dict.fromkeys(keys[hue])) if hue else [""]
    if ax is None:
        height = 1.2 + 0.32 * len(order) * max(1.0, 0.6 * len(colours))
        _, ax = plt.subplots(figsize=(WIDTH, height), layout="constrained")
    position = {label: i for i, label in enumerate(order)}
    shift = np.linspace(-0.3, 0.3, len(colours)) if len(colours) > 1 else np.zeros(1)
    for c, colour in enumerate(colours):
        chosen = np.flatnonzero(keys[hue] == colour) if hue else np.arange(len(est))
        at = np.array([position[labels[i]] for i in chosen]) + shift[c]
        point, low, high = est.estimate[chosen], est.ci_low[chosen], est.ci_high[chosen]
        how = series(colour, colours)
        ax.hlines(at, low, high, color=how.colour, linewidth=1.5)
        ax.plot(
            point, at, how.marker, color=how.colour, markerfacecolor=how.face,
            label=_told(colour, lang),
        )  # fmt: skip
        for y in at[np.isnan(point)]:
            ax.annotate("–", (0.01, y), xycoords=("axes fraction", "data"), va="center")
    ax.set_yticks(range(len(order)), order)
    ax.set_ylim(len(order) - 0.5, -0.5)
    unit = _unit(est.metadata.statistic, lang)
    if null is not None:
        ax.axvline(null, color=SOFT, linewidth=1)

    def tick(value: float, _: object = None) -> str:
        size = 100.0 if unit else 1.0
        return number(size * value, decimals_of(size * ax.get_xticks()), lang)

    ax.xaxis.set_major_formatter(FuncFormatter(tick))
    asked = est.metadata.question
    what = heading(asked[0].removeprefix("answer_"), lang) if len(asked) == 1 else ""
    ax.set_xlabel(", ".join(part for part in (what, unit) if part))
    if est.metadata.synthetic:
        ax.set_title(word("synthetic", lang), loc="right", fontsize=SMALL, color=SOFT)
    if hue:
        ax.legend(
            title=_heading(hue, lang), frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0)
        )
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.grid(axis="x")
    return ax


def _unit(statistic: str, lang: Language) -> str:
    """The unit of shares and of their differences; "" for anything else."""
    if statistic == "share":
        return "%"
    rest = statistic
    for start in ("contrast of ", "difference of ", "effect on "):
        rest = rest.removeprefix(start)
    return word("model: points", lang) if rest == "share" else ""


def _told(value: str, lang: Language) -> str:
    """A level, or two levels that are compared, in the reader's words."""
    if value == "slope":
        return word("model: slope", lang)
    for sign in (" - ", " / "):
        if sign in value:
            return sign.join(word(part, lang) for part in value.split(sign))
    return word(value, lang)


def _heading(name: str, lang: Language) -> str:
    own = {"level": "figure: level", "contrast": "figure: contrast", "variable": "question"}
    return heading(own.get(name, name), lang)
