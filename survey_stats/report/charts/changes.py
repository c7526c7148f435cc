"""Changes between two waves: slopes, and a table of verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from survey_stats import protect
from survey_stats.compare.changes import Changes
from survey_stats.compare.figures import alt_text
from survey_stats.compare.figures.heat import compose as compose_heat_map
from survey_stats.compare.figures.slope import compose as compose_slope
from survey_stats.drawing.page import Drawn
from survey_stats.errors import InputError
from survey_stats.estimate import Estimates
from survey_stats.labels import Language
from survey_stats.report.charts.chart import Chart

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SIDES = tuple[Estimates, Estimates]
# lines that each have a name on a page of their own
_MOST_NAMED = 45


def slope_chart(
    changes: Changes | pd.DataFrame,
    name: str,
    lang: Language = "sv",
    *,
    sides: tuple[Estimates, Estimates] | None = None,
    names: tuple[str, str] | None = None,
    caption: str | None = None,
    rule: protect.Rule = protect.DEFAULT,
) -> Chart:
    """Each group's share in two waves, joined by a line; decided changes are thick and coloured.

    Args:
        changes: a `Changes`, which `rule` is applied to, or its frame after `protect.apply`.
        name: short name of the figure.
        lang: the reader's language.
        sides: the two results that were compared, so that each point has its own interval; a
            `Changes` knows them.
        names: what the two sides are called; by default their years.
        caption: instead of the one made from what the changes are of.
        rule: the profile for a `Changes`.

    Raises:
        InputError: no changes, no rows, or more than a page holds.
    """
    frame, known = _shown(changes, rule)
    drawn = compose_slope(
        frame, lang, sides=sides or known, names=names, bare=True, most_named=_MOST_NAMED
    )
    return _chart(frame, drawn, name, lang, names, caption)


def verdict_chart(
    changes: Changes | pd.DataFrame,
    name: str,
    column: str | None = None,
    lang: Language = "sv",
    *,
    names: tuple[str, str] | None = None,
    caption: str | None = None,
    rule: protect.Rule = protect.DEFAULT,
) -> Chart:
    """A table of verdicts, such as area by question; each cell has sign, colour and difference.

    Args:
        changes: a `Changes`, which `rule` is applied to, or its frame after `protect.apply`; two
            or more key columns.
        name: short name of the figure.
        column: the key column that runs across; by default `question` or `level`, else the last.
        lang: the reader's language.
        names: what the two sides are called; by default their years.
        caption: instead of the one made from what the changes are of.
        rule: the profile for a `Changes`.

    Raises:
        InputError: fewer than two key columns, or more cells than a page holds.
        UnknownNameError: there is no such key column.

    >>> import survey_stats as ss
    >>> def wave(year, women, men):
    ...     yes = [True] * women + [False] * (400 - women) + [True] * men + [False] * (400 - men)
    ...     who = pd.DataFrame({"worry_robbery": yes, "gender": ["women"] * 400 + ["men"] * 400})
    ...     return ss.Survey(who.assign(district="Farsta"), wave=year)
    >>> found = ss.change(wave(2020, 100, 80), wave(2023, 180, 82), "worry_robbery",
    ...                   by=["district", "gender"])
    >>> made = verdict_chart(found, "verdicts", lang="en")
    >>> print(made.caption)
    Worried about robbery. Change 2020–2023, percentage points.
    >>> "Women from 25% to 45%, +20.0 (13.5 to 26.5)" in made.alt
    True
    """
    frame, _ = _shown(changes, rule)
    drawn = compose_heat_map(frame, lang, column=column, names=names, bare=True)
    return _chart(frame, drawn, name, lang, names, caption)


def _shown(
    changes: Changes | pd.DataFrame, rule: protect.Rule
) -> tuple[pd.DataFrame, _SIDES | None]:
    """The frame that may be shown, and the two results that it compares."""
    if isinstance(changes, Changes):
        paired = changes.paired
        sides = None if paired is None else (paired.before, paired.after)
        return protect.apply(changes.to_frame(), rule), sides
    if not isinstance(changes, pd.DataFrame):
        raise InputError("A figure of changes needs a Changes, or its to_frame()")
    return changes, None


def _chart(
    frame: pd.DataFrame,
    drawn: Drawn,
    name: str,
    lang: Language,
    names: tuple[str, str] | None,
    caption: str | None,
) -> Chart:
    words = drawn.words
    made = ". ".join(p.rstrip(".") for p in (words.title, words.subtitle) if p) + "."
    figure: Figure = drawn.ax.figure  # type: ignore[assignment]
    return Chart(
        name=name,
        caption=caption or made,
        alt=alt_text(frame, lang, names=names),
        figure=figure,
        lang=lang,
        notes=words.notes,
        data=frame.reset_index(drop=True),
    )
