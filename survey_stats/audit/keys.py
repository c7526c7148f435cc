"""From a claim's key to the printed figure: `person/Summa/2021`, `Narkotikabrott/2022-09/2023-08`.

A key is a path of values in any of the table's key columns, a year of a header, or the name of a
column. A value may itself hold a slash, so that every way of joining neighbours is tried; `*`
stands for any value.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from survey_stats.audit.tables import ALL_WORDS, Cell, Column, Table, is_total_word, normal
from survey_stats.audit.wording import Say, listing, quoted, say, source_name
from survey_stats.errors import nearest
from survey_stats.labels import Language, told

_LANGUAGES: tuple[Language, ...] = ("en", "sv")


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
                "Hänvisningen {key} kan läsas på flera sätt i tabellen {table}; ange värdena i "
                "kolumnernas ordning.",
                key=key_told(table, key),
                table=source_name(table.name),
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
                "Tabellen {table} har inget tal för {row} i kolumnen {column}: där står {text}.",
                table=source_name(table.name),
                row=row_told(table, row),
                column=source_name(column.name),
                text=quoted(text) if text else Say("nothing", "ingenting"),
            )
        )
    return replace(cell, label=key)


def key_told(table: Table, key: str) -> Say:
    """A key for the reader: in English as it is written, in Swedish its parts in words."""
    values = {r[c.name] for c in table.keys for r in table.rows}
    tokens, parts = [normal(t) for t in key.split("/")], []
    while tokens:
        # the longest run of tokens that is one value with a slash in it
        end = next((n for n in range(len(tokens), 1, -1) if "/".join(tokens[:n]) in values), 1)
        parts.append("alla rader" if tokens[:end] == ["*"] else told("/".join(tokens[:end])))
        tokens = tokens[end:]
    return Say(repr(key), f"”{', '.join(parts)}”")


def row_told(table: Table, row: int, by: Sequence[str] | None = None) -> Say:
    """What a row is about, in the reader's words: `Summa för brott mot hushåll`.

    `by` are the key columns that tell it apart; by default those in which the table's rows differ.
    """
    texts, keys = table.rows[row], [c.name for c in table.keys]
    varying = [k for k in keys if len({r[k] for r in table.rows}) > 1] if by is None else by
    total = next((k for k in varying if is_total_word(texts[k])), "")
    others = [texts[k] for k in varying if k != total and texts[k]]
    if not varying:
        return Say(f"row {row + 1}", f"rad {row + 1}")
    en, sv = (", ".join(told(t, lang) for t in others) for lang in _LANGUAGES)
    if not total:
        return Say(en, sv)
    name = texts[total]
    return Say(f"{name} for {en}", f"{name} för {sv}") if others else Say(name, name)


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
                "Hänvisningen {key} passar {n} rader i tabellen {table}, men alla är inte antal i "
                "kolumnen {column}, så de har ingen summa.",
                key=key_told(table, key),
                n=str(len(cells)),
                table=source_name(table.name),
                column=source_name(column.name),
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
    if not open_:
        reason = say(
            "The key {key} fits {n} rows of {table} that no column tells apart.",
            "Hänvisningen {key} passar {n} rader i tabellen {table} som ingen kolumn skiljer åt.",
            key=key_told(table, key),
            n=str(len(rows)),
            table=source_name(table.name),
        )
    else:
        values = dict.fromkeys(table.rows[i][open_[0]] for i in rows)
        reason = say(
            "The key {key} fits {n} rows of {table}: it leaves open which {column} is meant "
            "({choices}).",
            "Hänvisningen {key} passar {n} rader i tabellen {table}. Den säger inte vilket värde i "
            "kolumnen {column} som avses ({choices}).",
            key=key_told(table, key),
            n=str(len(rows)),
            table=source_name(table.name),
            column=source_name(open_[0]),
            choices=listing([Say(v, told(v)) for v in values]),
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
                "Hänvisningen {key} anger inget år; tabellen {table} har {years}.",
                key=key_told(table, key),
                table=source_name(table.name),
                years=listing(years, 6),
            )
        )
    if not printed:
        raise NoFigureError(
            say(
                "{table} has no column of numbers.",
                "Tabellen {table} har ingen kolumn med tal.",
                table=source_name(table.name),
            )
        )
    raise NoFigureError(
        say(
            "The key {key} leaves open which column of {table} is meant ({columns}).",
            "Hänvisningen {key} säger inte vilken kolumn i tabellen {table} som avses ({columns}).",
            key=key_told(table, key),
            table=source_name(table.name),
            columns=listing([source_name(c.name) for c in printed], 6),
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
            "Varje del av {key} finns i tabellen {table}, men ingen rad har dem tillsammans.",
            key=key_told(table, key),
            table=source_name(table.name),
        )
        if not near:
            return base
        keys = listing([key_told(table, n) for n in near])
        return base + say("The nearest keys are {k}.", "Närmast är {k}.", k=keys)
    bad = wrong[0]
    near = nearest(bad, vocabulary, 3)
    base = say(
        "{table} has nothing called {bad} (key {key}).",
        "Tabellen {table} har inget som heter {bad} (hänvisningen {key}).",
        table=source_name(table.name),
        bad=source_name(bad),
        key=key_told(table, key),
    )
    years = list(table.years)
    if years and bad.isdigit():
        return base + say("It has the years {y}.", "Åren är {y}.", y=listing(years, 8))
    if near:
        nearby = [key_told(table, "/".join(n if t == bad else t for t in tokens)) for n in near]
        return base + say("The nearest is {k}.", "Närmast är {k}.", k=listing(nearby))
    columns = [c for c in table.keys if len({r[c.name] for r in table.rows}) > 1]
    if not columns:
        return base
    values = list(dict.fromkeys(r[columns[-1].name] for r in table.rows))
    return base + say(
        "Its {column} values are {values}.",
        "Värdena i kolumnen {column} är {values}.",
        column=source_name(columns[-1].name),
        values=listing([Say(v, told(v)) for v in values]),
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
