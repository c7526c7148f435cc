"""What a map shows of each area: its fill, its number, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats import protect
from survey_stats.compare.changes import Changes
from survey_stats.compare.figures import words as change_words
from survey_stats.compare.figures.cells import cells_of as change_cells
from survey_stats.drawing.palette import (
    EDGE,
    HIDDEN_EDGE,
    HIDDEN_HATCH,
    LOOKS,
    PAPER,
    classes,
    ink_on,
    look,
)
from survey_stats.errors import InputError
from survey_stats.estimate import Estimates
from survey_stats.labels import NBSP, Language, number, percent, word
from survey_stats.report.charts import cells as told
from survey_stats.report.charts.cells import HIDDEN, Cells, Floats, cells_of, key_of

MOST_CLASSES = 5
_MOST_GIVEN = 6
_Keep = Callable[[Sequence[str]], Sequence[bool]] | None
_STEPS = (1, 2, 5, 10, 15, 20)


@dataclass(frozen=True, eq=False)
class Values:
    """R areas as a map shows them.

    Attributes:
        column: what the areas are.
        areas: their names, as the estimates have them.
        fills, inks: of each area and of the letters on it; no fill where it is hidden.
        told: what stands on each area.
        full: what an alternative text tells of each.
        handles: of the key.
        title, what: the question, and what is shown of it.
        source: the survey and its wave.
        notes: what the marks stand for.
        synthetic: whether the data are made up.
        data: the rows as shown.
    """

    column: str
    areas: list[Any]
    fills: list[str | None]
    inks: list[str]
    told: list[str]
    full: list[str]
    handles: list[Any]
    title: str
    what: str
    source: str
    notes: tuple[str, ...]
    synthetic: bool
    data: pd.DataFrame

    def names(self) -> list[str]:
        """The areas as texts; "" where one is missing."""
        return ["" if pd.isna(a) else str(a) for a in self.areas]


def values_of(
    shown: Estimates | Changes | pd.DataFrame,
    by: str | None,
    breaks: Sequence[float] | None,
    lang: Language,
    rule: protect.Rule,
    keep: _Keep = None,
) -> Values:
    """The values of a map, of shares or of changes.

    Args:
        shown: shares or changes after `protect.apply`, or the results, to which `rule` is applied.
        by: the column that names the areas; by default the only one.
        breaks: lower limits of the classes of shares but the first, as proportions.
        lang: the reader's language.
        rule: the profile for a result.
        keep: tells which of the areas are shown, from their names.

    Raises:
        InputError: no shares or changes, one area twice, none that is kept, or breaks that are no
            increasing proportions.
        UnknownNameError: there is no column `by`.
    """
    if isinstance(shown, Changes):
        return _of_changes(protect.apply(shown.to_frame(), rule), by, lang, keep)
    if isinstance(shown, pd.DataFrame) and "verdict" in shown and "estimate" not in shown:
        return _of_changes(shown, by, lang, keep)
    return _of_shares(cells_of(shown, rule), by, breaks, lang, keep)


def classed(share: Floats, breaks: Sequence[float] | None) -> tuple[list[int], list[int]]:
    """The class of every share, and the lower limit of every class, in whole percent.

    Shares are classed as they are printed, so that a number never stands in the class beside it;
    a missing one has class -1.

    >>> classed(np.array([12.4, 19.6, np.nan, 33.0]), None)
    ([0, 2, -1, 4], [10, 15, 20, 25, 30])
    """
    known = np.isfinite(share)
    shown = np.array([_printed(v) for v in share[known]], dtype=np.int64)
    if breaks is None:
        lows = _limits(shown)
    else:
        wanted = [round(100 * float(b)) for b in breaks]
        if not wanted or sorted(set(wanted)) != wanted or wanted[0] <= 0 or wanted[-1] >= 100:
            raise InputError(
                "breaks= takes increasing proportions between 0 and 1 in whole percent, such as "
                "(0.1, 0.2, 0.3)"
            )
        if len(wanted) >= _MOST_GIVEN:
            raise InputError(
                f"More than {_MOST_GIVEN} classes cannot be told apart; give fewer breaks"
            )
        lows = [0, *wanted]
    out = [-1] * share.size
    for i, value in zip(np.flatnonzero(known).tolist(), shown.tolist(), strict=True):
        out[i] = int(np.searchsorted(lows, value, side="right")) - 1
    return out, lows


def _printed(share: float) -> int:
    return int(percent(share / 100, 0, "en").rstrip("%").replace(",", ""))


def _limits(shown: np.ndarray[Any, np.dtype[np.int64]]) -> list[int]:
    """At most five classes of equal width at round limits."""
    if not shown.size:
        return [0]
    low, high = int(shown.min()), int(shown.max())
    for step in _STEPS:
        first = low // step * step
        if (high - first) // step < MOST_CLASSES:
            return list(range(first, high + 1, step))
    return list(range(0, high + 1, 25))


def class_names(lows: Sequence[int], given: bool, lang: Language) -> list[str]:
    """What classes are called in the key.

    >>> class_names([10, 15], False, "en"), class_names([0, 10, 20], True, "en")
    (['10–14%', '15–19%'], ['under 10%', '10–19%', '20% or more'])
    """
    gap = NBSP if lang == "sv" else ""
    if given:
        middle = [f"{a}–{b - 1}{gap}%" for a, b in pairwise(lows[1:])]
        last = "eller mer" if lang == "sv" else "or more"
        return [f"under {lows[1]}{gap}%", *middle, f"{lows[-1]}{gap}% {last}"]
    if len(lows) == 1:
        return [word("share", lang)]
    step = lows[1] - lows[0]
    return [f"{a}{gap}%" if step == 1 else f"{a}–{min(a + step - 1, 100)}{gap}%" for a in lows]


def _of_shares(
    cells: Cells, by: str | None, breaks: Sequence[float] | None, lang: Language, keep: _Keep
) -> Values:
    column = key_of(cells, by)
    cells = cells.take(_kept(cells.keys[column], keep))
    _check_once(cells.keys, column)
    at, lows = classed(cells.share, breaks)
    fills = classes(len(lows))
    names = cells.names([column], lang)
    handles = [
        _patch(fill, f"{label} ({number(at.count(k), 0, lang)})")
        for k, (fill, label) in enumerate(
            zip(fills, class_names(lows, breaks is not None, lang), strict=True)
        )
    ]
    hidden = int(cells.hidden.sum())
    if hidden == len(cells):
        handles = []
    if hidden:
        handles.append(hidden_patch(hidden, lang))
    by_word = word(column, lang)
    return Values(
        column=column,
        areas=cells.keys[column].tolist(),
        fills=[None if k < 0 else fills[k] for k in at],
        inks=["#000000" if k < 0 else ink_on(fills[k]) for k in at],
        told=[HIDDEN if cells.hidden[i] else _short(cells, i, lang) for i in range(len(cells))],
        full=[f"{n} {cells.told_in_full(i, lang)}" for i, n in enumerate(names)],
        handles=handles,
        title=told.title(cells, lang),
        what=f"andel i procent efter {by_word}" if lang == "sv" else f"percent by {by_word}",
        source=told.source(cells, lang),
        notes=told.notes(cells, names, lang),
        synthetic=cells.synthetic,
        data=cells.frame(),
    )


def _short(cells: Cells, row: int, lang: Language) -> str:
    return number(cells.share[row], 0, lang) + ("*" if cells.doubtful[row] else "")


def _of_changes(frame: pd.DataFrame, by: str | None, lang: Language, keep: _Keep) -> Values:
    if keep is not None:
        every = change_cells(frame, least=1).keys
        column = by or str(next(iter(every.columns)))
        if column in every:
            frame = frame.iloc[_kept(every[column], keep)]
    cells = change_cells(frame, least=1)
    column = by or next(iter(str(c) for c in cells.keys.columns), "")
    if by is None and cells.keys.shape[1] != 1:
        told_by = ", ".join(str(c) for c in cells.keys.columns)
        raise InputError(f"The changes are by {told_by}; choose one question, by areas only")
    if column not in cells.keys:
        raise InputError(f"The changes are not by {column!r}; name the column of the areas by by=")
    _check_once(cells.keys, column)
    drawn = cells.drawn
    looks = [look(v) for v in cells.verdict]
    names = change_words.row_names(cells, [column], lang)
    sizes = [change_words.size(v, cells, lang) for v in cells.difference.tolist()]
    legend = change_words.legend(cells, lang)
    handles = [_patch(how.fill, f"{how.sign} {legend[v]}") for v, how in LOOKS.items()]
    if not drawn.all():
        text = "utan test" if lang == "sv" else "no test"
        handles.append(hidden_patch(int((~drawn).sum()), lang, text))
    notes = [
        change_words.foot(cells, lang, intervals=False) + ".",
        *change_words.doubts(cells, lang),
    ]
    subtitle = change_words.subtitle(cells, lang)
    untested = np.flatnonzero(~drawn).tolist()
    if untested:
        why = change_words.untested(cells, names, untested, lang)
        notes.append(f"{HIDDEN} {'Utan test' if lang == 'sv' else 'Without a test'}: {why}.")
    full = [
        f"{n} {size} ({change_words.verdict(str(v), cells, lang)})"
        if ok
        else f"{n} {change_words.reason(str(flag), lang)}"
        for n, size, v, ok, flag in zip(names, sizes, cells.verdict, drawn, cells.flag, strict=True)
    ]
    return Values(
        column=column,
        areas=cells.keys[column].tolist(),
        fills=[how.fill if ok else None for how, ok in zip(looks, drawn, strict=True)],
        inks=[ink_on(how.fill) for how in looks],
        told=[
            f"{how.sign} {size}{change_words.mark(cells, i)}" if drawn[i] else HIDDEN
            for i, (how, size) in enumerate(zip(looks, sizes, strict=True))
        ],
        full=full,
        handles=handles,
        title=change_words.title(cells, lang),
        what=subtitle[:1].lower() + subtitle[1:],
        source="",
        notes=tuple(notes),
        synthetic=cells.synthetic,
        data=frame.reset_index(drop=True),
    )


def _kept(areas: pd.Series[Any], keep: _Keep) -> npt.NDArray[np.intp]:
    """The rows of the areas that are shown."""
    if keep is None:
        return np.arange(len(areas))
    rows = np.flatnonzero(list(keep(["" if pd.isna(a) else str(a) for a in areas])))
    if not rows.size:
        raise InputError("None of the estimates is of an area on this map; choose other rows")
    return rows


def _check_once(keys: pd.DataFrame, column: str) -> None:
    names = keys[column].astype(str)
    twice = names[names.duplicated()]
    if len(twice):
        raise InputError(
            f"A map shows one number an area, and {twice.iloc[0]!r} has several; choose the rows "
            "of one group"
        )


def _patch(fill: str, label: str) -> Any:
    from matplotlib.patches import Patch

    return Patch(facecolor=fill, edgecolor=EDGE, label=label)


def hidden_patch(count: int, lang: Language, told_as: str = "") -> Any:
    """The entry of the key for areas whose number may not be shown."""
    from matplotlib.patches import Patch

    text = told_as or ("redovisas inte" if lang == "sv" else "not shown")
    label = f"{text} ({number(count, 0, lang)})"
    return Patch(facecolor=PAPER, edgecolor=HIDDEN_EDGE, hatch=HIDDEN_HATCH, label=label)


def empty_patch(count: int, lang: Language) -> Any:
    """The entry of the key for areas of the map that there is no number for."""
    from matplotlib.patches import Patch

    text = "ingen uppgift" if lang == "sv" else "no figure"
    label = f"{text} ({number(count, 0, lang)})"
    return Patch(facecolor=PAPER, edgecolor=EDGE, linestyle=":", label=label)
