"""Which other denominator, sign, unit or year gives the number that a document states?

Only simple answers are tried, the commonest slip first.
"""

from __future__ import annotations

import itertools

import numpy as np

from survey_stats.audit.statement import Statement
from survey_stats.audit.tables import Cell, Table
from survey_stats.audit.wording import Num, Say, name, say


def explain_percent(a: float, b: float, s: Statement) -> Say | None:
    """Another denominator, sign or unit that gives the stated percentage."""
    d = b - a
    candidates: list[tuple[float, Say]] = []
    if b:
        candidates += [
            (
                100 * d / b,
                say(
                    "The stated figure is what one gets with the later figure {b} as the "
                    "denominator instead of the earlier {a}.",
                    "Den angivna siffran får man med det senare talet {b} som nämnare i stället "
                    "för det tidigare {a}.",
                    a=Num(a, None),
                    b=Num(b, None),
                ),
            ),
            (
                -100 * d / b,
                say(
                    "The stated figure is the change counted backwards, from {b} to {a}.",
                    "Den angivna siffran är förändringen räknad baklänges, från {b} till {a}.",
                    a=Num(a, None),
                    b=Num(b, None),
                ),
            ),
        ]
    if a:
        candidates += [
            (
                -100 * d / a,
                Say("The stated figure has the wrong sign.", "Den angivna siffran har fel tecken."),
            ),
            (
                100 * b / a,
                Say(
                    "The stated figure is the later number in percent of the earlier, not the "
                    "change.",
                    "Den angivna siffran är det senare talet i procent av det tidigare, inte "
                    "förändringen.",
                ),
            ),
        ]
    if a + b:
        candidates.append(
            (
                200 * d / (a + b),
                Say(
                    "The stated figure is what one gets with the mean of the two as denominator.",
                    "Den angivna siffran får man med medelvärdet av de två som nämnare.",
                ),
            )
        )
    candidates.append(
        (
            d,
            Say(
                "The stated figure is the difference itself, not a percentage.",
                "Den angivna siffran är själva skillnaden, inte en procentsats.",
            ),
        )
    )
    return _first(candidates, s) or _cut_off(100 * d / a if a else None, s)


def explain_share(part: float, whole: float, s: Statement) -> Say | None:
    """Another denominator or scale that gives the stated share."""
    candidates: list[tuple[float, Say]] = []
    if whole != part:
        candidates.append(
            (
                100 * part / (whole - part),
                say(
                    "The stated figure is what one gets with the rest, {r}, as the denominator "
                    "instead of the whole, {w}.",
                    "Den angivna siffran får man med resten, {r}, som nämnare i stället för "
                    "helheten, {w}.",
                    r=Num(whole - part, None),
                    w=Num(whole, None),
                ),
            )
        )
    if whole:
        candidates += [
            (
                100 - 100 * part / whole,
                Say(
                    "The stated figure is the share of the rest.",
                    "Den angivna siffran är andelen för resten.",
                ),
            ),
            (
                part / whole,
                Say(
                    "The stated figure is the share from 0 to 1, not in percent.",
                    "Den angivna siffran är andelen mellan 0 och 1, inte i procent.",
                ),
            ),
        ]
    if part:
        candidates.append(
            (
                100 * whole / part,
                Say(
                    "The stated figure has part and whole exchanged.",
                    "Den angivna siffran har bytt plats på del och helhet.",
                ),
            )
        )
    return _first(candidates, s) or _cut_off(100 * part / whole if whole else None, s)


def explain_difference(a: float, b: float, s: Statement) -> Say | None:
    """Another sign or unit that gives the stated difference."""
    candidates = [
        (a - b, Say("The stated figure has the wrong sign.", "Den angivna siffran har fel tecken."))
    ]
    if a:
        candidates.append(
            (
                100 * (b - a) / a,
                Say(
                    "The stated figure is the change in percent, not the difference.",
                    "Den angivna siffran är förändringen i procent, inte skillnaden.",
                ),
            )
        )
    return _first(candidates, s)


def explain_ratio(a: float, b: float, s: Statement) -> Say | None:
    """Another reading that gives the stated ratio."""
    candidates: list[tuple[float, Say]] = []
    if b:
        candidates.append(
            (
                a / b,
                Say(
                    "The stated figure is the ratio turned round.",
                    "Den angivna siffran är kvoten omvänd.",
                ),
            )
        )
    if a:
        candidates.append(
            (
                (b - a) / a,
                Say(
                    "The stated figure is the increase as a share of the earlier number, not the "
                    "ratio.",
                    "Den angivna siffran är ökningen som andel av det tidigare talet, inte kvoten.",
                ),
            )
        )
    return _first(candidates, s, factor=True)


def other_years(table: Table, a: Cell, b: Cell, s: Statement, kind: str) -> Say | None:
    """Another pair of years of the same row that gives the stated figure."""
    if a.row is None or a.row != b.row:
        return None
    stem = table.by_name[a.column].stem
    columns = sorted((c for c in table.measures if c.stem == stem and c.year), key=lambda c: c.year)
    for first, second in itertools.combinations(columns, 2):
        x, y = (table.cell(a.row, c) for c in (first, second))
        if (first.name, second.name) == (a.column, b.column) or x is None or y is None:
            continue
        if kind != "difference" and x.value == 0:
            continue
        value = {
            "difference": y.value - x.value,
            "share_change": y.value - x.value,
            "ratio": y.value / x.value if x.value else 0.0,
        }.get(kind, 100 * (y.value - x.value) / x.value if x.value else 0.0)
        if s.value is not None and s.admits(value, factor=kind == "ratio"):
            return say(
                "The stated figure fits {x} to {y} in the same row.",
                "Den angivna siffran passar {x} till {y} i samma rad.",
                x=first.year,
                y=second.year,
            )
    return None


def other_denominator(table: Table, part: Cell, s: Statement) -> Say | None:
    """The one other column of the part's row of which it is the stated share."""
    if part.row is None or s.shape != "number":
        return None
    found = []
    for column in table.measures:
        cell = table.cell(part.row, column) if column.name != part.column else None
        counted = cell is not None and cell.unit in ("count", "population")
        if cell is not None and counted and cell.value and s.admits(100 * part.value / cell.value):
            found.append((column.name, cell.value))
    if len(found) != 1:
        return None
    return say(
        "The stated figure is the share of {c} in the same row, {v}.",
        "Den angivna siffran är andelen av {c} i samma rad, {v}.",
        c=name(found[0][0]),
        v=Num(found[0][1], None),
    )


def _first(candidates: list[tuple[float, Say]], s: Statement, factor: bool = False) -> Say | None:
    if s.value is None or s.shape == "bound":
        return None
    return next((text for value, text in candidates if s.admits(value, factor=factor)), None)


def _cut_off(value: float | None, s: Statement) -> Say | None:
    if value is None or s.shape != "number" or s.value is None:
        return None
    step = 10.0**-s.value.decimals
    cut = np.trunc(value / step) * step
    if abs(cut - s.value.value) < 1e-9 * max(1.0, abs(value)):
        return Say(
            "The stated figure was cut off instead of rounded.",
            "Den angivna siffran är avhuggen i stället för avrundad.",
        )
    return None
