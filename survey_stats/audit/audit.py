"""`ss.audit`: every statement of a claims file against the figures beside it."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

from survey_stats.audit.arithmetic import Outcome, judge_number
from survey_stats.audit.claims import INLINE, Claim, problem, read_claims
from survey_stats.audit.direction import judge_direction
from survey_stats.audit.finding import Finding
from survey_stats.audit.keys import NoFigureError, figure
from survey_stats.audit.printed import parse_number, split_bound
from survey_stats.audit.statement import Statement, parse_statement
from survey_stats.audit.sums import judge_row_sum, judge_sum
from survey_stats.audit.tables import Cell, MissingTableError, Table, Unit, read_table
from survey_stats.audit.wording import Num, Part, Say, many, quoted, say, source_name
from survey_stats.errors import InputError
from survey_stats.labels import told

_UNITS: dict[Unit, Say] = {
    "count": Say("a count", "ett antal"),
    "percent": Say("a share in percent", "en andel i procent"),
    "rate": Say("a rate per inhabitants", "ett tal per invånare"),
    "population": Say("a population", "en folkmängd"),
    "other": Say("another measure", "ett annat mått"),
}
_PER_HEAD = re.compile(r"per\s*(100|10|1)[\s.,_]?000|per capita|per invånare|per inhabitant", re.I)


def audit(claims_path: str | os.PathLike[str], *, level: float = 0.95) -> list[Finding]:
    """Recompute every statement of a claims file and give a verdict each, in the file's order.

    The file is a CSV with the columns `id, source, subject, kind, stated, data, from_key, to_key`.
    `data` names a CSV beside it, or is `inline`, when the keys are the figures themselves. A key is
    a path of values: `group/category/year`, `area/category/year`, `survey/year/area/question`; `*`
    is any value. Kinds and their rules:

    - `percent_change`, `difference`, `ratio`, `percent_share` (from is the part, to the whole):
      holds when the recomputed number is the stated one to the printed digits; `~20` allows a
      tenth, `>100` is strict, a ratio that is a whole number ("doubled": 2) allows a tenth. When it
      does not hold, another denominator, sign, year or set of rows that gives it is looked for.
    - `direction`, `share_change`, `comparison` (is `to` above `from`): see `audit.direction`.
    - `sum` (rows of `from_key` against the total `to_key`, every additive column) and `row_sum`
      (`a+b` against a column, every row): exact for whole numbers.

    An unknown kind, a data file that is missing or broken, a key that leads to no figure, a
    statement that cannot be read and a division by zero cannot be decided, and the finding says
    why. Delimiter, encoding and decimal mark of the files are found out.

    Raises:
        InputError: the claims file is missing or malformed (a column lacks, an id comes twice).

    Example:
        >>> from survey_stats.resources import data_path
        >>> findings = audit(data_path("published", "claims.csv"))
        >>> [f.verdict for f in findings if f.id == "hv2022-05"]
        ['does not hold']
    """
    path = Path(claims_path)
    if not 0.5 < level < 1:
        raise InputError(f"The level {level!r} is no confidence level; give one such as 0.95")
    tables: dict[str, Table | NoFigureError] = {}
    findings = []
    for claim in read_claims(path):
        try:
            wrong = problem(claim)
            if wrong is not None:
                raise NoFigureError(wrong)
            outcome = _judge(claim, _table(claim, path.parent, tables), level)
        except NoFigureError as error:
            outcome = "cannot be decided", None, error.say, None
        findings.append(_finding(claim, outcome))
    return findings


def _table(claim: Claim, folder: Path, read: dict[str, Table | NoFigureError]) -> Table | None:
    """The table that a claim names, read once; None for figures in the claim itself.

    Raises:
        NoFigureError: there is no such file, or it cannot be read; the other claims can be judged.
    """
    if claim.data.lower() == INLINE:
        return None
    if claim.data not in read:
        read[claim.data] = _read(folder, claim.data)
    table = read[claim.data]
    if isinstance(table, NoFigureError):
        raise table
    return table


def _read(folder: Path, data: str) -> Table | NoFigureError:
    try:
        return read_table(folder, data)
    except MissingTableError as error:
        close = error.suggestions
        hint = (
            say("Did you mean {x}?", "Menas {x}?", x=source_name(close[0]))
            if close
            else Say(
                "Put the CSV beside the claims file.", "Den ska ligga bredvid filen med påståenden."
            )
        )
        return NoFigureError(
            say(
                "There is no file {x} beside the claims.",
                "Datafilen {x} finns inte.",
                x=source_name(data),
            )
            + hint
        )
    except InputError as error:
        return NoFigureError(
            Say(
                f"The data cannot be read: {str(error).replace(f'{folder}{os.sep}', '')}.",
                f"Datafilen ”{told(data)}” kan inte läsas, så siffrorna går inte att räkna om.",
            )
        )


def _judge(claim: Claim, table: Table | None, level: float) -> Outcome:
    s = parse_statement(claim.stated)
    if claim.kind in ("sum", "row_sum"):
        if table is None:
            return _inline_sum(claim)
        if claim.kind == "row_sum":
            return judge_row_sum(table, claim.from_key, claim.to_key)
        return judge_sum(s, table, claim.from_key, claim.to_key)
    compares = claim.kind == "comparison"
    wanted = "rate" if compares or _PER_HEAD.search(f"{claim.subject} {claim.stated}") else ""
    a, b = (_figure(table, key, wanted) for key in (claim.from_key, claim.to_key))
    if claim.kind == "share_change":
        a, b = _as_share(a), _as_share(b)
    if claim.kind != "percent_share" and not _alike(a, b):
        raise NoFigureError(
            say(
                "The two figures are of different kinds ({x} and {y}) and cannot be set side by "
                "side.",
                "De två siffrorna är av olika slag ({x} och {y}) och kan inte ställas mot "
                "varandra.",
                x=_UNITS[a.unit],
                y=_UNITS[b.unit],
            )
        )
    if claim.kind in ("direction", "comparison") or _is_words(claim.kind, s):
        return judge_direction(s, a, b, compares, level)
    return judge_number(claim.kind, s, a, b, table, level)


def _inline_sum(claim: Claim) -> Outcome:
    """`a+b+c` against a total, both in the claim itself."""
    cells = [_figure(None, part, "") for part in claim.from_key.split("+")]
    total = _figure(None, claim.to_key, "")
    value = sum(c.value for c in cells)
    slack = sum(0.5 * 10.0**-c.decimals for c in (*cells, total) if c.decimals)
    holds = abs(value - total.value) <= slack + 1e-9
    parts: dict[str, Part] = {
        "n": many(
            len(cells),
            ("The one figure is", "The {n} figures sum to"),
            ("Talet är", "De {n} talen ger tillsammans"),
        ),
        "x": Num(value, None),
        "y": Num(total.value, None),
    }
    reason = (
        say("{n} {x}.", "{n} {x}.", **parts)
        if holds
        else say(
            "{n} {x}, not {y}.",
            "{n} {x}, inte {y}.",
            **parts,
        )
    )
    return ("holds" if holds else "does not hold"), value, reason, None


def _as_share(cell: Cell) -> Cell:
    """A figure that the claim calls a share, where its column does not say so."""
    if cell.unit == "percent" or not 0 <= cell.value <= 100:
        return cell
    half = 0.5 * 10.0**-cell.decimals
    return replace(cell, unit="percent", rounding=half, count=None, population=None)


def _alike(a: Cell, b: Cell) -> bool:
    return all((a.unit == u) == (b.unit == u) for u in ("percent", "rate"))


def _is_words(kind: str, s: Statement) -> bool:
    """A change may be stated in words ("small decrease") or as a number."""
    return kind in ("share_change", "percent_change", "difference") and s.shape == "words"


def _figure(table: Table | None, key: str, wanted: str) -> Cell:
    if table is not None:
        return figure(table, key, wanted)
    sign, text = split_bound(key)
    number = parse_number(text)
    if number is None:
        raise NoFigureError(
            say("{k} is not a number.", "{k} är inget tal.", k=quoted(key)),
        )
    whole = number.decimals == 0 and number.value >= 0 and not number.percent
    return Cell(
        value=number.value,
        label=key,
        unit="percent" if number.percent else ("count" if whole else "other"),
        rounding=0.0 if whole else number.half,
        decimals=number.decimals,
        bound=sign,
        count=number.value if whole else None,
    )


def _finding(claim: Claim, outcome: Outcome) -> Finding:
    verdict, recomputed, reason, test = outcome
    return Finding(
        id=claim.id,
        verdict=verdict,
        recomputed=recomputed,
        reason=reason.en,
        reason_sv=reason.sv,
        test=test,
        source=claim.source,
        subject=claim.subject,
        kind=claim.kind,
        stated=claim.stated,
    )
