"""Percent changes, differences, ratios and shares of two printed figures.

A statement holds when the recomputed number is what was stated to the printed digits. Where the
figures behind it are themselves rounded (shares, rates) and the statement lies within what that
rounding leaves open, it cannot be decided. The verdict is on the arithmetic; for counts the test of
chance stands beside it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

from survey_stats.audit import denominators, totals
from survey_stats.audit.chance import (
    base_note,
    count_dict,
    count_note,
    count_test,
    figure_text,
    points,
    share_dict,
)
from survey_stats.audit.finding import Verdict
from survey_stats.audit.statement import Statement
from survey_stats.audit.tables import Cell, Table
from survey_stats.audit.wording import Num, Say, quoted, say

Outcome = tuple[Verdict, float | None, Say, dict[str, Any] | None]

FORMULAS: dict[str, Callable[[float, float], float]] = {
    "percent_change": lambda a, b: 100 * (b - a) / a,
    "difference": lambda a, b: b - a,
    "share_change": lambda a, b: b - a,
    "ratio": lambda a, b: b / a,
    "percent_share": lambda a, b: 100 * a / b,
}
# how many times, for a statement such as "doubled"
_AS_TIMES: dict[str, Callable[[float], float]] = {
    "ratio": lambda times: times,
    "percent_change": lambda percent: 1 + percent / 100,
    "percent_share": lambda percent: percent / 100,
}
# which of the two figures must not be zero
_DIVISOR = {"percent_change": 0, "ratio": 0, "percent_share": 1}


def judge_number(
    kind: str, s: Statement, a: Cell, b: Cell, table: Table | None, level: float
) -> Outcome:
    """The verdict on a stated number that two printed figures give."""
    alpha = round(1 - level, 12)
    if s.value is None or (s.times and kind not in _AS_TIMES):
        return _no_number(kind, s, a, b)
    if a.bound or b.bound:
        return _only_bound(a, b)
    divisor = _DIVISOR.get(kind)
    if divisor is not None and (a, b)[divisor].value == 0:
        return _by_zero(kind, a, b)
    value = FORMULAS[kind](a.value, b.value)
    factor = kind == "ratio" or s.times
    scale = _AS_TIMES[kind] if s.times else float
    test, note = _chance(kind, a, b, level, alpha)
    what = _computed(kind, a, b, value)

    if s.admits(scale(value), factor=factor):
        agrees = say(
            "{what}. That agrees with what is stated: {s}.",
            "{what}. Det stämmer med vad som anges: {s}.",
            what=what,
            s=s.told(),
        )
        return "holds", value, agrees + _incomplete(table, a, b) + note, test
    low, high = _reach(kind, a, b)
    least, most = scale(low), scale(high)
    if low < value < high and s.admits((least + most) / 2, slack=(most - least) / 2, factor=factor):
        reason = say(
            "{what}, not {s}. But the printed figures are rounded and allow everything from {l} to "
            "{h}.",
            "{what}, inte {s}. Men de tryckta siffrorna är avrundade och tillåter allt från {l} "
            "till {h}.",
            what=what,
            s=s.told(),
            l=Num(low, 1),
            h=Num(high, 1),
        )
        return "cannot be decided", value, reason, test
    reason = say(
        "{what}, not {s}{rule}.",
        "{what}, inte {s}{rule}.",
        what=what,
        s=s.told(),
        rule=_limits(s, factor),
    )
    why = None if s.times and kind != "ratio" else _explain(kind, s, a, b, table)
    return "does not hold", value, reason + (why or Say("", "")) + note, test


def _limits(s: Statement, factor: bool) -> Say:
    """What an approximate statement would still allow."""
    if s.shape in ("number", "bound") and not factor:
        return Say("", "")
    low, high, _, _ = s.range(factor)
    if not (math.isfinite(low) and math.isfinite(high)):
        return Say("", "")
    return say(
        " (which allows {a} to {b} times)" if factor else " (which allows {a} to {b})",
        " (som tillåter {a} till {b} gånger)" if factor else " (som tillåter {a} till {b})",
        a=Num(low, None),
        b=Num(high, None),
    )


def _computed(kind: str, a: Cell, b: Cell, value: float) -> Say:
    x, y = Num(a.value, a.decimals), Num(b.value, b.decimals)
    if kind == "percent_change":
        return say(
            "From {x} to {y} is {v} percent",
            "Från {x} till {y} är {v} procent",
            x=x,
            y=y,
            v=Num(value, 1, sign=True),
        )
    if kind == "ratio":
        return say(
            "{y} divided by {x} is {v} ({p} percent)",
            "{y} delat med {x} är {v} ({p} procent)",
            x=x,
            y=y,
            v=Num(value, 2),
            p=Num(100 * (value - 1), 0, sign=True),
        )
    if kind == "percent_share":
        return say(
            "{x} of {y} is {v} percent", "{x} av {y} är {v} procent", x=x, y=y, v=Num(value, 1)
        )
    decimals = max(a.decimals, b.decimals)
    change: Num | Say = Num(value, decimals, sign=True)
    if a.unit == "percent" and b.unit == "percent":
        change = points(value, decimals)
    return say("From {x} to {y} is {v}", "Från {x} till {y} är {v}", x=x, y=y, v=change)


def _chance(
    kind: str, a: Cell, b: Cell, level: float, alpha: float
) -> tuple[dict[str, Any] | None, Say]:
    if kind == "percent_share":
        return None, Say("", "")
    counts = count_test(a, b, level)
    if counts is not None:
        return count_dict(counts), count_note(counts, alpha)
    if a.unit == "percent" and b.unit == "percent":
        test, found = share_dict(a, b, alpha)
        return (test or None), (base_note(a, found, alpha) if found else Say("", ""))
    return None, Say("", "")


def _reach(kind: str, a: Cell, b: Cell) -> tuple[float, float]:
    """The least and the most that the formula gives within the rounding of its figures."""
    values = [
        FORMULAS[kind](x, y)
        for x, y in itertools.product(
            (a.value - a.rounding, a.value + a.rounding),
            (b.value - b.rounding, b.value + b.rounding),
        )
        if (kind not in _DIVISOR) or (x, y)[_DIVISOR[kind]] > 0
    ]
    return (min(values), max(values)) if values else (0.0, 0.0)


def _explain(kind: str, s: Statement, a: Cell, b: Cell, table: Table | None) -> Say | None:
    if table is None:
        return _explain_pair(kind, s, a, b)
    if kind in ("percent_change", "difference"):
        percent = kind == "percent_change"
        pair = totals.pair_of(table, a, b)
        why = totals.explain_total(pair, s, percent) if pair else None
        if pair is not None and why is not None:
            return why + (pair.on_all_rows() if percent else Say("", ""))
    direct = _explain_pair(kind, s, a, b)
    if direct is not None:
        return direct
    if kind == "percent_share":
        return denominators.other_denominator(table, a, s)
    return denominators.other_years(table, a, b, s, kind)


def _explain_pair(kind: str, s: Statement, a: Cell, b: Cell) -> Say | None:
    if kind == "percent_change":
        return denominators.explain_percent(a.value, b.value, s)
    if kind == "percent_share":
        return denominators.explain_share(a.value, b.value, s)
    if kind == "ratio":
        return denominators.explain_ratio(a.value, b.value, s)
    return denominators.explain_difference(a.value, b.value, s)


def _incomplete(table: Table | None, a: Cell, b: Cell) -> Say:
    """A warning that a total which agrees with a statement leaves rows out."""
    pair = totals.pair_of(table, a, b) if table is not None else None
    names = pair.missing() if pair else None
    if pair is None or names is None:
        return Say("", "")
    text = say(
        "But the printed totals leave out {x}.",
        "Men i de tryckta summorna saknas {x}.",
        x=names,
    )
    return text + pair.on_all_rows()


def _no_number(kind: str, s: Statement, a: Cell, b: Cell) -> Outcome:
    value: float | None = None
    if not (a.bound or b.bound):
        divisor = _DIVISOR.get(kind)
        if divisor is None or (a, b)[divisor].value != 0:
            value = FORMULAS[kind](a.value, b.value)
    if s.shape == "empty":
        reason = Say(
            "Nothing is stated that could be compared with the recomputed figure.",
            "Inget är angivet som den omräknade siffran kan jämföras med.",
        )
    else:
        reason = say(
            "The statement {s} is not a number that could be compared with the recomputed figure.",
            "Påståendet {s} är inget tal som den omräknade siffran kan jämföras med.",
            s=quoted(s.text),
        )
    return "cannot be decided", value, reason, None


def _only_bound(a: Cell, b: Cell) -> Outcome:
    reason = say(
        "Only a bound is printed ({a}, {b}), so that the figure cannot be recomputed.",
        "Bara en gräns är tryckt ({a}, {b}), så siffran kan inte räknas om.",
        a=figure_text(a),
        b=figure_text(b),
    )
    return "cannot be decided", None, reason, None


def _by_zero(kind: str, a: Cell, b: Cell) -> Outcome:
    if kind == "percent_share":
        reason = say(
            "The whole is 0, so that {x} of it is no share.",
            "Helheten är 0, så {x} av den är ingen andel.",
            x=Num(a.value, a.decimals),
        )
    else:
        reason = say(
            "The earlier figure is 0, so that neither a percentage nor a ratio exists; the "
            "difference is {d}.",
            "Det tidigare talet är 0, så varken procent eller kvot finns; skillnaden är {d}.",
            d=Num(b.value - a.value, b.decimals, sign=True),
        )
    counts = count_test(a, b, 0.95) if kind != "percent_share" else None
    return "cannot be decided", None, reason, count_dict(counts) if counts else None
