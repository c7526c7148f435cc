"""Does a column sum to its printed total, and do columns add up within each row?"""

from __future__ import annotations

from typing import Any

import numpy as np

from survey_stats.audit.arithmetic import Outcome
from survey_stats.audit.keys import NoFigureError, key_told, row_told, select
from survey_stats.audit.printed import Printed, is_missing, parse_number, split_bound
from survey_stats.audit.statement import Statement
from survey_stats.audit.tables import Column, Table
from survey_stats.audit.totals import MOST_LEFT_OUT, MOST_ROWS, left_out
from survey_stats.audit.wording import (
    Num,
    Part,
    Say,
    capital,
    listing,
    many,
    name,
    say,
    source_name,
)
from survey_stats.errors import nearest
from survey_stats.labels import Language, told

# a share, an index or a rate of a whole is not the sum of those of its parts
_ADDITIVE = ("count", "population")
_LANGUAGES: tuple[Language, ...] = ("en", "sv")


def judge_sum(s: Statement, table: Table, from_key: str, to_key: str) -> Outcome:
    """Compare the sum over the rows of `from_key` with the row `to_key`, column by column.

    Raises:
        NoFigureError: a key fits nothing, or `to_key` fits more than one row.
    """
    parts, total = _parts(table, from_key, to_key)
    wanted, source = select(table, to_key), select(table, from_key)
    year, stem = wanted.year or source.year, wanted.stem or source.stem
    return judge_total(table, parts, total, to_key, s, year, stem)


def judge_total(
    table: Table,
    parts: list[int],
    total: int,
    to_key: str,
    s: Statement | None = None,
    year: str = "",
    stem: str = "",
) -> Outcome:
    """Compare the sum over `parts` with the row `total`, in one year or column or in all."""
    checks, notes = _check_columns(table, parts, total, year, stem)
    called = Say(repr(to_key), row_told(table, total).sv)
    if not checks:
        reason = say(
            "No column can be added up against {t}.",
            "Det finns ingen kolumn som kan summeras till {t}.",
            t=called,
        ) + _skipped(notes)
        return "cannot be decided", None, reason, None
    test: dict[str, Any] = {"method": "sum over rows", "rows": len(parts), "columns": checks}
    if notes:
        test["skipped"] = notes
    wrong = [c for c in checks if c["difference"] != 0]
    if s is not None and s.value is not None:
        return _against_number(s, table, parts, checks, notes, test)
    main = _main(wrong or checks)
    if not wrong:
        rows = many(len(parts), ("one row", "{n} rows"), ("den enda raden", "de {n} raderna"))
        if len(checks) == 1:
            reason = say(
                "The {n} of {t} sum to {x}, as printed.",
                "{t} stämmer: {n} ger tillsammans {x}, som tryckt.",
                n=rows,
                t=called,
                x=_num(main["recomputed"]),
            )
        else:
            reason = say(
                "All {k} columns that can be added up sum to {t} over its {n}.",
                "{t} stämmer: i alla {k} kolumner som kan summeras ger {n} tillsammans den tryckta "
                "summan.",
                k=str(len(checks)),
                t=called,
                n=rows,
            )
        return "holds", main["recomputed"], reason + _skipped(notes), test
    reason = say(
        "{t} is not the sum of its rows in {k} of {m}.",
        "{t} är inte summan av sina rader i {k} av {m}.",
        t=called,
        k=str(len(wrong)),
        m=many(len(checks), ("{n} column", "{n} columns"), ("{n} kolumn", "{n} kolumner")),
    )
    reason += say(
        "In the column {c} the rows sum to {x}; printed is {y}.",
        "I kolumnen {c} ger raderna tillsammans {x}, men den tryckta summan är {y}.",
        c=name(main["column"]),
        x=_num(main["recomputed"]),
        y=_num(main["printed"]),
    )
    others = [name(c["column"]) for c in wrong if c is not main]
    if others:
        reason += say("So also {o}.", "Så är det också för {o}.", o=listing(others, 8))
    why, names = _which_rows(table, parts, wrong)
    if names:
        test["left_out"] = names
    return (
        "does not hold",
        main["recomputed"],
        reason + why + _changes_apart(table, total, checks) + _skipped(notes),
        test,
    )


def judge_row_sum(table: Table, from_key: str, to_key: str) -> Outcome:
    """Compare `a+b` with column `to_key` in every row.

    Raises:
        NoFigureError: a column does not exist.
    """
    addends = [_named(table, n.strip(), from_key) for n in from_key.split("+")]
    target = _named(table, to_key.strip(), to_key)
    added = Say(*(" + ".join(told(c.name, lang) for c in addends) for lang in _LANGUAGES))
    whole = name(target.name)
    told_of = {table.label(i): row_told(table, i) for i in range(len(table.rows))}
    wrong: list[dict[str, Any]] = []
    checked, skipped, total = 0, [], 0.0
    for i, row in enumerate(table.rows):
        numbers = [_exact(row[c.name]) for c in (*addends, target)]
        known = [n for n in numbers if n is not None]
        if len(known) < len(numbers):
            skipped.append(table.label(i))
            continue
        checked += 1
        value, printed = sum(n.value for n in known[:-1]), known[-1].value
        if not table.is_total(i):
            total += value
        if abs(value - printed) > _slack(known):
            wrong.append(
                {
                    "row": table.label(i),
                    "recomputed": value,
                    "printed": printed,
                    "difference": value - printed,
                }
            )
    note = (
        say(
            "Not checked for want of figures: {r}.",
            "Inte kontrollerat, eftersom siffror saknas: {r}.",
            r=listing([told_of[label] for label in skipped]),
        )
        if skipped
        else Say("", "")
    )
    if not checked:
        reason = say(
            "No row has figures for all of {f} and {t}.",
            "Ingen rad har siffror för både {f} och {t}.",
            f=added,
            t=whole,
        )
        return "cannot be decided", None, reason + note, None
    test: dict[str, Any] = {"method": "sum within rows", "rows": checked, "not_equal": wrong}
    if skipped:
        test["skipped"] = skipped
    if not wrong:
        rows = many(checked, ("the one row", "all {n} rows"), ("den enda raden", "alla {n} rader"))
        reason = capital(
            say("{f} equals {t} in {n}.", "{f} är lika med {t} i {n}.", f=added, t=whole, n=rows)
        )
        return "holds", total, reason + note, test
    worst = max(wrong, key=lambda w: abs(w["difference"]))
    reason = say(
        "{f} does not equal {t} in {k} of {n} ({rows}). The furthest off is {r}: {x} against {y}.",
        "{f} är inte lika med {t} i {k} av {n} ({rows}). Längst ifrån är {r}: {x} mot {y}.",
        f=added,
        t=whole,
        k=str(len(wrong)),
        n=many(checked, ("{n} row", "{n} rows"), ("{n} rad", "{n} rader")),
        rows=listing([told_of[w["row"]] for w in wrong]),
        r=told_of[worst["row"]],
        x=_num(worst["recomputed"]),
        y=_num(worst["printed"]),
    )
    return "does not hold", float(worst["recomputed"]), capital(reason) + note, test


def _parts(table: Table, from_key: str, to_key: str) -> tuple[list[int], int]:
    chosen, target = select(table, from_key), select(table, to_key)
    totals = [r for r in target.rows if table.is_total(r)] or list(target.rows)
    if len(totals) != 1:
        raise NoFigureError(
            say(
                "The key {k} fits {n} rows of {t}; a total is one row.",
                "Hänvisningen {k} passar {n} rader i tabellen {t}, men en summa är en rad.",
                k=key_told(table, to_key),
                n=str(len(totals)),
                t=source_name(table.name),
            )
        )
    parts = [r for r in chosen.rows if r != totals[0] and not table.is_total(r)]
    if not parts:
        raise NoFigureError(
            say(
                "The key {k} leaves no rows to add up.",
                "Hänvisningen {k} lämnar inga rader att summera.",
                k=key_told(table, from_key),
            )
        )
    return parts, totals[0]


def _check_columns(
    table: Table, parts: list[int], total: int, year: str, stem: str
) -> tuple[list[dict[str, Any]], list[str]]:
    checks: list[dict[str, Any]] = []
    notes: list[str] = []
    for c in table.columns:
        if c.role not in ("measure", "change"):
            continue
        if (year or stem) and (
            c.role == "change" or (year and c.year != year) or (stem and c.stem != stem)
        ):
            continue
        if c.unit not in _ADDITIVE:
            notes.append(f"{c.name} (not additive)")
            continue
        printed = _exact(table.rows[total][c.name])
        if printed is None:
            gone = is_missing(table.rows[total][c.name])
            notes.append(f"{c.name} ({'no total printed' if gone else 'total is no number'})")
            continue
        numbers = [_exact(table.rows[i][c.name]) for i in parts]
        known = [n for n in numbers if n is not None]
        if len(known) < len(numbers):
            notes.append(f"{c.name} (a row without a figure)")
            continue
        value = float(sum(n.value for n in known))
        gap = value - printed.value
        checks.append(
            {
                "column": c.name,
                "recomputed": round(value, 9),
                "printed": printed.value,
                "difference": 0.0 if abs(gap) <= _slack([*known, printed]) else round(gap, 9),
            }
        )
    return checks, notes


def _against_number(
    s: Statement,
    table: Table,
    parts: list[int],
    checks: list[dict[str, Any]],
    notes: list[str],
    test: dict[str, Any],
) -> Outcome:
    if len(checks) > 1:
        reason = say(
            "The statement {s} is one number, but {k} columns can be added up. Name the year or "
            "the column in the key.",
            "Påståendet {s} är ett enda tal, men {k} kolumner kan summeras. Det måste framgå "
            "vilket år eller vilken kolumn som avses.",
            s=s.told(),
            k=str(len(checks)),
        )
        return "cannot be decided", None, reason + _skipped(notes), test
    value = checks[0]["recomputed"]
    ok = s.admits(value)
    reason = say(
        "The rows sum to {x}. Stated is {s}, and the printed total is {y}.",
        "Raderna ger tillsammans {x}. Det angivna är {s}, och den tryckta summan är {y}.",
        x=_num(value),
        s=s.told(),
        y=_num(checks[0]["printed"]),
    )
    if checks[0]["difference"]:
        why, names = _which_rows(table, parts, checks)
        reason += why
        if names:
            test["left_out"] = names
    return ("holds" if ok else "does not hold"), value, reason, test


def _main(checks: list[dict[str, Any]]) -> dict[str, Any]:
    """The column furthest off; among equals the last yearly one, which is what readers look at."""
    return max(
        enumerate(checks),
        key=lambda e: (abs(e[1]["difference"]), not e[1]["column"].startswith("change"), e[0]),
    )[1]


def _which_rows(
    table: Table, parts: list[int], wrong: list[dict[str, Any]]
) -> tuple[Say, list[str]]:
    names = [c["column"] for c in wrong]
    cells = [[_exact(table.rows[i][n]) for n in names] for i in parts]
    values = np.array([[c.value if c else np.nan for c in row] for row in cells])
    found = left_out(values, np.array([c["printed"] for c in wrong]))
    if found is None:
        reason = Say(
            "What the difference comes from cannot be said for certain.",
            "Vad skillnaden beror på går inte att säga säkert.",
        )
        if len(parts) <= MOST_ROWS:
            reason += say(
                "That up to {k} rows were left out, or counted twice, is no sure explanation.",
                "Att upp till {k} rader är bortglömda, eller räknade två gånger, ger ingen säker "
                "förklaring.",
                k=str(MOST_LEFT_OUT),
            )
        return reason, []
    varying = [k.name for k in table.keys if len({table.rows[i][k.name] for i in parts}) > 1]
    labels = ["/".join(table.rows[parts[r]][v] for v in varying) for r in found.rows]
    listed = listing([row_told(table, parts[r], varying) for r in found.rows])
    if found.twice:
        text = say("The totals count {x} twice.", "Summorna räknar {x} två gånger.", x=listed)
        return text, []
    if len(wrong) > 1:
        text = say(
            "The difference is exactly {x} in every such column: the totals leave it out.",
            "Skillnaden är i varje sådan kolumn exakt {x}, som alltså saknas i summorna.",
            x=listed,
        )
    else:
        text = say(
            "The difference is exactly {x}: the total leaves it out.",
            "Skillnaden är exakt {x}, som alltså saknas i summan.",
            x=listed,
        )
    return text, labels


def _changes_apart(table: Table, total: int, checks: list[dict[str, Any]]) -> Say:
    """The total's printed change against the totals of its two years."""
    texts = Say("", "")
    row = table.rows[total]
    for c in table.columns:
        if c.role != "change" or c.unit != "count":
            continue
        stated = _exact(row[c.name])
        a = next((_exact(row[m.name]) for m in table.measures if m.year == c.year), None)
        b = next((_exact(row[m.name]) for m in table.measures if m.year == c.year_to), None)
        if stated is None or a is None or b is None or stated.value == b.value - a.value:
            continue
        parts: dict[str, Part] = {
            "s": Num(stated.value, sign=True),
            "a": Num(a.value),
            "b": Num(b.value),
            "d": Num(b.value - a.value, sign=True),
        }
        texts += say(
            "The table gives its change as {s}. From {a} to {b}, its printed totals, it is {d}.",
            "Tabellen anger förändringen {s}. Mellan de tryckta summorna, {a} och {b}, är den {d}.",
            **parts,
        )
        if any(k["column"] == c.name and k["difference"] == 0 for k in checks):
            texts += say(
                "Over all rows together it is {s}.",
                "För alla rader tillsammans är den {s}.",
                **parts,
            )
    return texts


def _sources(names: list[str]) -> list[Say]:
    return [source_name(n) for n in names]


def _named(table: Table, wanted: str, key: str) -> Column:
    column = table.by_name.get(wanted)
    if column is not None:
        return column
    names = [c.name for c in table.measures]
    near = nearest(wanted, names)
    raise NoFigureError(
        say(
            "{t} has no column {n} (key {k}); {hint}.",
            "Tabellen {t} har ingen kolumn {n} (hänvisningen {k}); {hint}.",
            t=source_name(table.name),
            n=source_name(wanted),
            k=Say(repr(key), f"”{told(key).replace('+', ' + ')}”"),
            hint=say("the nearest is {x}", "närmast är {x}", x=listing(_sources(near)))
            if near
            else say("there are {x}", "det finns {x}", x=listing(_sources(names))),
        )
    )


def _exact(text: str) -> Printed | None:
    sign, rest = split_bound(text)
    return None if sign else parse_number(rest)


def _slack(numbers: list[Printed]) -> float:
    """How far rounding alone may put a sum of printed decimals from its printed total."""
    return sum(n.half for n in numbers if n.decimals > 0) + 1e-9


def _num(value: float) -> Num:
    return Num(value, None)


def _skipped(notes: list[str]) -> Say:
    if not notes:
        return Say("", "")
    names = listing([name(n.rpartition(" (")[0]) for n in notes], 8)
    return say("Not added up: {n}.", "Inte summerat: {n}.", n=names)
