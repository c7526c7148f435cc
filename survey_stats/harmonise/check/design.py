"""Respondents, their keys, strata, sampling units and weights, as far as one delivery tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from survey_stats.errors import enumerate_first
from survey_stats.harmonise.build import to_float
from survey_stats.harmonise.check.finding import Problem, Words, first_sv, problem, quoted, rows
from survey_stats.harmonise.check.view import View
from survey_stats.harmonise.codebook.schema import Constant
from survey_stats.harmonise.columns import text_of

# fewer respondents than this share of the answers that the codebook tells is worth a warning
_HARDLY_COMPLETE = 0.9
_HUGE = 100


def design(view: View) -> Iterator[Problem]:
    """Everything about the design that is wrong in the delivery itself."""
    if not len(view.frame):
        what = Words("has no respondents", "har inga svarande")
        yield problem("error", "respondent", view.source.file, 0, what)
        return
    yield from _complete(view)
    yield from _keys(view)
    yield from _groups(view)
    yield from _lonely(view)
    weight = view.book.waves[view.year].weight
    column = None if isinstance(weight, Constant) else view.column(weight)
    if column is not None:
        yield from _weight(view.frame[column], column)


def _complete(view: View) -> Iterator[Problem]:
    file = view.source.file
    if not view.delivery.manifest.complete:
        yield problem(
            "warning",
            "respondent",
            file,
            1,
            Words("its last line has no line end", "sista raden saknar radslut"),
            Words(
                "compare the last row with the original; the file may be cut off",
                "jämför sista raden med originalet; filen kan vara avklippt",
            ),
        )
    expected, n = view.book.waves[view.year].facts.answers, len(view.frame)
    if expected is not None and n < _HARDLY_COMPLETE * expected:
        yield problem(
            "warning",
            "respondent",
            file,
            expected - n,
            Words(
                f"{n} respondents where the codebook tells of {expected}",
                f"{n} svarande där kodboken anger {expected}",
            ),
            Words("the file may be cut off", "filen kan vara avklippt"),
        )


def _keys(view: View) -> Iterator[Problem]:
    column = view.column(view.book.waves[view.year].respondent)
    if column is None:
        return
    keys = pd.Series(text_of(view.frame[column]))
    empty = keys == ""
    if empty.any():
        what = rows(Words("no key", "ingen nyckel"), empty)
        yield problem("error", "respondent", column, int(empty.sum()), what)
    doubled = keys.duplicated(keep=False) & ~empty
    if doubled.any():
        what = rows(
            Words("keys that are there more than once", "nycklar som finns mer än en gång"), doubled
        )
        hint = Words("remove the doubled rows", "ta bort de dubblerade raderna")
        yield problem("error", "respondent", column, int(doubled.sum()), what, hint)


def _groups(view: View) -> Iterator[Problem]:
    wave = view.book.waves[view.year]
    stratum, psu = view.column(wave.stratum), view.column(wave.psu)
    if stratum is not None:
        empty = _empty(view.frame[stratum])
        if empty.any():
            what = rows(Words("no stratum", "inget stratum"), empty)
            yield problem("error", "stratum", stratum, int(empty.sum()), what)
    if psu is not None:
        empty = _empty(view.frame[psu])
        if empty.any():
            what = rows(Words("no psu", "ingen urvalsenhet"), empty)
            yield problem("error", "psu", psu, int(empty.sum()), what)


def _empty(values: pd.Series[Any]) -> pd.Series[bool]:
    return pd.Series(text_of(values)) == ""


def _lonely(view: View) -> Iterator[Problem]:
    wave = view.book.waves[view.year]
    stratum, unit = view.column(wave.stratum), view.column(wave.psu or wave.respondent)
    if stratum is None or unit is None:
        return
    units = view.frame[unit].groupby(view.frame[stratum]).nunique()
    lonely = [str(s) for s in text_of(units.index[units == 1])]
    if lonely:
        what = Words(
            f"strata with a single {'PSU' if wave.psu else 'respondent'}: "
            + enumerate_first(lonely),
            f"strata med en enda {'urvalsenhet' if wave.psu else 'svarande'}: " + first_sv(lonely),
        )
        hint = Words(
            "say with lonely_psu= what they add to the standard error",
            "ange med lonely_psu= vad de bidrar med till medelfelet",
        )
        yield problem("warning", "stratum", stratum, len(lonely), what, hint)


def _comma_number(values: pd.Series[Any]) -> str | None:
    """The first value, where most of these are texts that a decimal point would make numbers."""
    texts = text_of(values)
    commas = [t.count(",") == 1 and t.replace(",", "").strip().isdigit() for t in map(str, texts)]
    return str(texts[commas.index(True)]) if 2 * sum(commas) > len(commas) else None


def _weight(values: pd.Series[Any], column: str) -> Iterator[Problem]:
    weights = to_float(values)
    bad = ~(np.isfinite(weights) & (weights > 0))
    if bad.any():
        what = rows(
            Words("missing, zero, negative or no number", "saknas, noll, negativ eller inget tal"),
            bad,
        )
        hint = Words("ask for the weights again", "be om vikterna på nytt")
        if (text := _comma_number(values[bad])) is not None:
            hint = Words(
                f"{text!r} is text with a decimal comma; save the column as numbers",
                f"{quoted(text)} är text med decimalkomma; spara kolumnen som tal",
            )
        yield problem("error", "weight", column, int(bad.sum()), what, hint)
    good = weights[~bad]
    if len(good) < 2:
        return
    huge = weights > _HUGE * np.median(good)
    if huge.any():
        what = rows(
            Words(f"more than {_HUGE} times the median", f"över {_HUGE} gånger medianen"), huge
        )
        hint = Words("a decimal mark may have been lost", "ett decimaltecken kan ha försvunnit")
        yield problem("warning", "weight", column, int(huge.sum()), what, hint)
