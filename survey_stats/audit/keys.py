"""From a claim's key to the printed figure: `person/Summa/2021`, `Narkotikabrott/2022-09/2023-08`.

A key is a path of values in any of the table's key columns, a year of a header, or the name of a
column. A value may itself hold a slash, so that every way of joining neighbours is tried; `*`
stands for any value.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass, replace

from survey_stats.audit.tables import ALL_WORDS, Cell, Column, Table, normal
from survey_stats.audit.wording import Say, listing, say
from survey_stats.errors import nearest


class NoFigureError(Exception):
    """A key does not lead to one figure; `say` tells why, in both languages."""

    def __init__(self, reason: Say) -> None:
        super().__init__(reason.en)
        self.say = reason


@dataclass(frozen=True)
class Selection:
    """What a key chooses: rows, perhaps a year and a column; `bound` are the key columns used."""

    rows: tuple[int, ...]
    year: str = ""
    stem: str = ""
    bound: tuple[str, ...] = ()


def select(table: Table, key: str) -> Selection:
    """The rows, year and column that `key` names.

    Raises:
        NoFigureError: nothing, or more than one reading, fits; the nearest names are suggested.
    """
    tokens = [normal(t) for t in key.split("/")]
    everything = tuple(range(len(table.rows)))
    found = list(dict.fromkeys(_walk(table, tokens, 0, Selection(everything))))
    if not found:
        raise NoFigureError(_unknown(table, key, tokens))
    ordered = [s for s in found if _in_order(table, s)] or found
    if len({(s.rows, s.year, s.stem) for s in ordered}) > 1:
        raise NoFigureError(
            say(
                "The key {key} can be read in more than one way in {table}; name the columns' "
                "values in the order of the columns.",
                "Nyckeln {key} kan läsas på flera sätt i {table}; ange värdena i kolumnernas "
                "ordning.",
                key=repr(key),
                table=table.name,
            )
        )
    return ordered[0]


def figure(table: Table, key: str, unit_wanted: str = "") -> Cell:
    """The one printed figure that `key` names, or with `*` the sum of the counts it names.

    `unit_wanted` chooses between count and rate.

    Raises:
        NoFigureError: the key fits no row, several rows or columns, or a cell without a figure.
    """
    chosen = select(table, key)
    if "*" in key and len(chosen.rows) > 1:
        return _sum_of_rows(table, key, chosen)
    row = _one_row(table, key, chosen)
    column = _one_column(table, key, chosen, row, unit_wanted)
    cell = table.cell(row, column)
    if cell is None:
        text = table.rows[row][column.name].strip()
        raise NoFigureError(
            say(
                "{table} has no number in {row}, column {column}: it says {text}.",
                "{table} har inget tal i {row}, kolumn {column}: där står {text}.",
                table=table.name,
                row=table.label(row),
                column=column.name,
                text=repr(text) if text else Say("nothing", "ingenting"),
            )
        )
    return replace(cell, label=key)


def _sum_of_rows(table: Table, key: str, chosen: Selection) -> Cell:
    """The sum of the counts of all rows that a key with `*` fits, totals left out."""
    rows = [r for r in chosen.rows if not table.is_total(r)] or list(chosen.rows)
    column = _one_column(table, key, chosen, rows[0], "count")
    cells = [table.cell(r, column) for r in rows]
    known = [c for c in cells if c is not None and c.unit == "count" and not c.bound]
    if len(known) < len(cells):
        raise NoFigureError(
            say(
                "The key {key} fits {n} rows of {table} that are not all counts in {column}, so "
                "that they have no sum.",
                "Nyckeln {key} passar {n} rader i {table} som inte alla är antal i {column}, så de "
                "har ingen summa.",
                key=repr(key),
                n=str(len(cells)),
                table=table.name,
                column=column.name,
            )
        )
    total = sum(c.value for c in known)
    return replace(known[0], value=total, count=total, population=None, label=key, row=None)


def _walk(table: Table, tokens: list[str], at: int, so_far: Selection) -> Iterator[Selection]:
    if at == len(tokens):
        yield so_far
        return
    for end in range(len(tokens), at, -1):
        segment = "/".join(tokens[at:end])
        for step in _steps(table, segment, so_far):
            yield from _walk(table, tokens, end, step)


def _steps(table: Table, segment: str, s: Selection) -> Iterator[Selection]:
    if segment == "*":
        yield s
        return
    for column in table.keys:
        if column.name in s.bound:
            continue
        rows = tuple(i for i in s.rows if _matches(table.rows[i][column.name], segment))
        if rows:
            yield Selection(rows, s.year, s.stem, (*s.bound, column.name))
    if not s.year and segment in table.years:
        yield Selection(s.rows, segment, s.stem, s.bound)
    if not s.stem:
        for column in table.measures:
            if segment == column.name and (not column.year or not s.year):
                yield Selection(s.rows, s.year or column.year, column.stem, s.bound)
                return
        if segment in {c.stem for c in table.measures}:
            yield Selection(s.rows, s.year, segment, s.bound)


def _matches(value: str, segment: str) -> bool:
    if "*" in segment:
        return fnmatch.fnmatchcase(value, segment)
    return value == segment


def _in_order(table: Table, s: Selection) -> bool:
    order = [c.name for c in table.keys]
    places = [order.index(name) for name in s.bound]
    return places == sorted(places)


def _one_row(table: Table, key: str, s: Selection) -> int:
    rows = list(s.rows)
    for column in table.keys:
        if column.name in s.bound or len(rows) == 1:
            continue
        overall = [i for i in rows if table.rows[i][column.name].lower() in ALL_WORDS]
        if overall and len(overall) < len(rows):
            rows = overall
    if len(rows) == 1:
        return rows[0]
    open_ = [
        c.name
        for c in table.keys
        if c.name not in s.bound and len({table.rows[i][c.name] for i in rows}) > 1
    ]
    choices = listing(list(dict.fromkeys(table.rows[i][open_[0]] for i in rows))) if open_ else None
    if choices is None:
        reason = say(
            "The key {key} fits {n} rows of {table} that no column tells apart.",
            "Nyckeln {key} passar {n} rader i {table} som ingen kolumn skiljer åt.",
            key=repr(key),
            n=str(len(rows)),
            table=table.name,
        )
    else:
        reason = say(
            "The key {key} fits {n} rows of {table}: it leaves open which {column} is meant "
            "({choices}).",
            "Nyckeln {key} passar {n} rader i {table}: den säger inte vilket värde på {column} "
            "som avses ({choices}).",
            key=repr(key),
            n=str(len(rows)),
            table=table.name,
            column=open_[0],
            choices=choices,
        )
    raise NoFigureError(reason)


def _one_column(table: Table, key: str, s: Selection, row: int, unit_wanted: str) -> Column:
    fitting = [
        c
        for c in table.measures
        if (not s.year or c.year in (s.year, "")) and (not s.stem or c.stem == s.stem)
    ]
    if s.year:
        fitting = [c for c in fitting if c.year == s.year] or fitting
    if not s.stem:
        main = [c for c in fitting if c.unit != "population"] or fitting
        percents = [c for c in main if c.unit == "percent"]
        rates = [c for c in main if c.unit == "rate"]
        if percents and unit_wanted != "count":
            # beside a share, a count is its base
            main = percents
        elif rates:
            main = rates if unit_wanted == "rate" else [c for c in main if c.unit != "rate"]
        fitting = main or fitting
    printed = [c for c in fitting if table.cell(row, c) is not None] or fitting
    years = list(dict.fromkeys(c.year for c in printed if c.year))
    if len(printed) == 1 or (len(fitting) == 1):
        return printed[0]
    if len(years) > 1 and not s.year:
        raise NoFigureError(
            say(
                "The key {key} names no year; {table} has {years}.",
                "Nyckeln {key} anger inget år; {table} har {years}.",
                key=repr(key),
                table=table.name,
                years=listing(years, 6),
            )
        )
    if not printed:
        raise NoFigureError(
            say(
                "{table} has no column of numbers.",
                "{table} har ingen kolumn med tal.",
                table=table.name,
            )
        )
    raise NoFigureError(
        say(
            "The key {key} leaves open which column of {table} is meant ({columns}).",
            "Nyckeln {key} säger inte vilken kolumn i {table} som avses ({columns}).",
            key=repr(key),
            table=table.name,
            columns=listing([c.name for c in printed], 6),
        )
    )


def _unknown(table: Table, key: str, tokens: list[str]) -> Say:
    vocabulary = list(
        dict.fromkeys(
            [r[c.name] for c in table.keys for r in table.rows]
            + list(table.years)
            + [c.name for c in table.measures]
        )
    )
    known = [any(_matches(v, t) for v in vocabulary) for t in tokens]
    # a token may be half of a value that holds a slash
    parts = {p for v in vocabulary if "/" in v for p in v.split("/")}
    wrong = [
        t for t, ok in zip(tokens, known, strict=True) if not ok and t not in parts and t != "*"
    ]
    if not wrong:
        near = _nearest_keys(table, tokens)
        base = say(
            "Each part of the key {key} occurs in {table}, but no row has them together.",
            "Varje del av nyckeln {key} finns i {table}, men ingen rad har dem tillsammans.",
            key=repr(key),
            table=table.name,
        )
        if not near:
            return base
        quoted = listing([repr(n) for n in near])
        return base + say("The nearest keys are {k}.", "Närmast är {k}.", k=quoted)
    bad = wrong[0]
    near = nearest(bad, vocabulary, 3)
    base = say(
        "{table} has nothing called {bad} (key {key}).",
        "{table} har inget som heter {bad} (nyckel {key}).",
        table=table.name,
        bad=repr(bad),
        key=repr(key),
    )
    years = list(table.years)
    if years and bad.isdigit():
        return base + say("It has the years {y}.", "Åren är {y}.", y=listing(years, 8))
    if near:
        keys = [repr("/".join(n if t == bad else t for t in tokens)) for n in near]
        return base + say("The nearest is {k}.", "Närmast är {k}.", k=listing(keys))
    columns = [c for c in table.keys if len({r[c.name] for r in table.rows}) > 1]
    if not columns:
        return base
    values = list(dict.fromkeys(r[columns[-1].name] for r in table.rows))
    return base + say(
        "Its {column} values are {values}.",
        "Värdena på {column} är {values}.",
        column=columns[-1].name,
        values=listing(values),
    )


def _nearest_keys(table: Table, tokens: list[str]) -> list[str]:
    """Up to three keys that exist, those that share most parts with `tokens` first."""
    years = table.years or ("",)
    keys = [f"{table.label(i)}/{y}".rstrip("/") for i in range(len(table.rows)) for y in years]
    shared = {k: sum(f"/{t}/" in f"/{k}/" for t in tokens) for k in keys}
    most = max(shared.values(), default=0)
    best = [k for k in keys if shared[k] == most]
    # the last parts say what is counted, so that they weigh more than the first
    best.sort(key=lambda k: -sum(i for i, t in enumerate(tokens) if f"/{t}/" in f"/{k}/"))
    return best[:3] if most else []
