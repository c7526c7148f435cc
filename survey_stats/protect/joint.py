"""Suppression over all tables of a document together."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from survey_stats.errors import InputError
from survey_stats.protect import criteria
from survey_stats.protect.build import Judged, build, linked
from survey_stats.protect.cells import (
    BASES,
    NO,
    YES,
    Cell,
    Printed,
    Sum,
    bases,
    cells_of,
    relations_of,
)
from survey_stats.protect.optimise import solve
from survey_stats.protect.problem import Bools
from survey_stats.protect.rounding import rounded
from survey_stats.protect.rules import DEFAULT, DOMINATED, NO_ANSWERS, SECONDARY, Rule

_KEPT = ("level", "flag", "verdict", *BASES)


@dataclass(frozen=True, eq=False)
class Protected:
    """A table as it may be printed.

    Attributes:
        frame: a copy of the table's frame; hidden numbers are missing, and `flag` says why.
        hidden: which rows have lost their numbers, shape (rows,).
        proven: whether no choice of hidden cells in the document loses less.
    """

    frame: pd.DataFrame
    hidden: Bools
    proven: bool


def together(
    tables: Sequence[Printed], rule: Rule = DEFAULT, sums: Iterable[Sum] = ()
) -> list[Protected]:
    """All tables of a document, or of several that are published together, as they may be printed.

    What fails a criterion of the rule by itself is hidden. With `rule.secondary`, more cells are
    hidden until a reader who takes everything together cannot work out the base of a hidden cell,
    or the answers of any kind in it, within an interval narrower than `rule.spread` and
    `rule.answer_protection` (Hundepool et al. 2012, "Statistical disclosure control", section 4.3;
    sliding protection of Fischetti and Salazar-González 2001). The reader knows every printed base
    and share (base x share is the number of answers; weights change that, so this errs on the safe
    side), all sums, and what the flags tell: that a base is under 30 is information too. What
    the cells of a sum leave over is taken for known where it is smaller than the minimum base.

    Details go before sums: a sum is hidden only where no choice of details protects. Among those
    the fewest shares are hidden, then the fewest bases, then the smallest. Questions that the same
    people answered (`rule.same_base`) hide a group together, since one question's base would tell
    the other's.

    Args:
        tables: frames and what they are about.
        rule: the profile.
        sums: sums that the columns do not tell.

    Returns:
        One for each table, in order; the same input always gives the same output.

    Raises:
        InputError: tables contradict each other, or lack what the rule needs.

    >>> total = pd.DataFrame({"estimate": [0.3], "n": [252], "flag": [""]})
    >>> cells = pd.DataFrame({"gender": ["women", "men", "other"], "estimate": [0.4, 0.2, 0.9],
    ...                       "n": [150, 90, 12], "flag": ["", "", ""]})
    >>> made = together([Printed(total), Printed(cells)])
    >>> made[1].frame[["gender", "estimate", "n", "flag"]]
      gender  estimate     n                               flag
    0  women       0.4   150
    1    men       NaN  <NA>  suppressed: protects another cell
    2  other       NaN  <NA>          suppressed: base under 30
    """
    cells = cells_of(tables)
    relations = relations_of(cells, sums) if rule.secondary else []
    judged = _judged(tables, cells, rule)
    built = build(cells, relations, judged, rule)
    if rule.secondary:
        solution = solve(built.problem)
        hidden, proven = solution.hidden, solution.proven
    else:
        hidden = built.problem.closed(np.zeros(len(built.problem.cost), dtype=np.bool_))
        proven = True
    told: list[list[_Told]] = [[] for _ in tables]
    for i, cell in enumerate(cells):
        gone = hidden[built.base[i]] if built.base[i] >= 0 else False
        for t, row, level, base in cell.rows:
            unit = built.answers.get((i, level), built.base[i])
            lost = bool(gone or (unit >= 0 and hidden[unit]))
            flag = _flag(i, cell, level, judged, lost, rule)
            told[t].append(_Told(row, base, flag, lost, bool(gone)))
    return [_finished(*pair, rule, proven) for pair in zip(tables, told, strict=True)]


@dataclass(frozen=True)
class _Told:
    """What became of one number: its row, the column of its base, its flag, what is hidden."""

    row: int
    base: str
    flag: str
    hidden: bool
    base_hidden: bool


def _flag(i: int, cell: Cell, level: Hashable, judged: Judged, lost: bool, rule: Rule) -> str:
    if cell.n <= 0:
        return ""
    if judged.near[i]:
        return rule.near
    if judged.small[i]:
        return rule.small(int(cell.n), cell.statistic)[0]
    for flags in (judged.kinds, judged.vague):
        if (i, level) in flags:
            return flags[i, level]
    return SECONDARY if lost else ""


def _gravest(flags: list[str]) -> str:
    def order(flag: str) -> int:
        kinds = ("suppressed: base", "suppressed:", "uncertain:")
        start = next((k for k, kind in enumerate(kinds) if flag.startswith(kind)), len(kinds))
        return 2 * start + (flag == SECONDARY)

    return min(flags, key=order)


def _finished(table: Printed, told: list[_Told], rule: Rule, proven: bool) -> Protected:
    frame = table.frame.copy()
    rows = len(frame)
    lost = np.zeros(rows, dtype=np.bool_)
    new: list[list[str]] = [[] for _ in range(rows)]
    base_lost = {c: np.zeros(rows, dtype=np.bool_) for c in BASES if c in frame}
    for one in told:
        lost[one.row] |= one.hidden
        new[one.row].append(one.flag)
        base_lost[one.base][one.row] |= one.base_hidden
    least = np.minimum.reduce(bases(table.frame))
    empty = least <= 0
    flag = _texts(frame)
    for row in range(rows):
        found = _gravest(new[row]) if new[row] else ""
        if lost[row]:
            flag[row] = found
        elif empty[row]:
            flag[row] = flag[row] or NO_ANSWERS
        elif not flag[row]:
            few = rule.minimum_base <= least[row] < rule.certain_base
            flag[row] = found or (rule.uncertain if few else "")
    frame["flag"] = flag
    gone = lost | empty
    if gone.any():
        numbers = [c for c in frame.columns if c not in (table.by or ()) and c not in _KEPT]
        frame[numbers] = frame[numbers].mask(pd.Series(gone, index=frame.index), axis=0)
        if "verdict" in frame:
            frame["verdict"] = frame["verdict"].astype(object).where(~gone, "cannot be decided")
    for column, none in base_lost.items():
        frame[column] = frame[column].astype("Int64").mask(none)
    return Protected(rounded(frame, rule), lost, proven)


def _texts(frame: pd.DataFrame) -> list[str]:
    if "flag" not in frame:
        return [""] * len(frame)
    return frame["flag"].astype(object).where(frame["flag"].notna(), "").astype(str).tolist()


def _judged(tables: Sequence[Printed], cells: Sequence[Cell], rule: Rule) -> Judged:
    n = np.array([c.n for c in cells])
    least = np.array([rule.base_of(c.statistic) for c in cells])
    shown = np.array([c.shown for c in cells], dtype=np.bool_)
    small = shown & (n > 0) & (n < least)
    group = linked(cells, rule.same_base)
    if not rule.secondary:
        group = np.arange(len(cells))
    hit = np.isin(group, group[small])
    mixed = np.isin(group, group[hit & ~small & (n > 0)]) & hit
    kinds: dict[tuple[int, Hashable], str] = {}
    vague: dict[tuple[int, Hashable], str] = {}
    per_table = [_by_row(table, rule) for table in tables]
    for i, cell in enumerate(cells):
        if small[i] or mixed[i]:
            # its flag tells of its base only
            continue
        for t, row, level, _ in cell.rows:
            secret, weak = per_table[t]
            for flag, into in ((secret[row], kinds), (weak[row], vague)):
                if flag:
                    into[i, level] = flag
                    if level == YES and NO in cell.counts:
                        into[i, NO] = flag
    return Judged(small, mixed, group, kinds, vague)


def _by_row(table: Printed, rule: Rule) -> tuple[list[str], list[str]]:
    """The flags of each row by kinds of answers and weight, and by precision."""
    frame, rows = table.frame, len(table.frame)
    secret, vague = np.full(rows, "", dtype=object), np.full(rows, "", dtype=object)
    if table.status != "to print":
        return secret.tolist(), vague.tolist()
    if rule.dominance is not None:
        if table.weights is None:
            raise InputError(
                f"Rule {rule.name!r} asks how much the largest respondents weigh; give weights= "
                "(protect.heaviest(survey, estimates)), to protect.apply before a figure is drawn"
            )
        secret[criteria.dominated(table.weights, rule.dominance)] = DOMINATED
    if "n" in frame and table.statistic == "share":
        share, n = (_floats(frame, c) for c in ("estimate", "n"))
        binary = np.full(rows, "level" not in frame)
        secret[criteria.few_of_a_kind(share, n, rule, binary)] = rule.few_answers
        if rule.group_disclosure and "level" in frame:
            alike = criteria.few_of_a_kind(share, n, rule, binary) & (share > 0.5)
            keys = [frame[c] for c in table.by or ()]
            ids = (
                frame.groupby(list(table.by or ()), sort=False, dropna=False).ngroup().to_numpy()
                if keys
                else np.zeros(rows, dtype=int)
            )
            whole = np.isin(ids, ids[alike & (share >= 1 - 1e-9)])
            secret[whole & np.isfinite(share)] = rule.few_answers
        if rule.precision is not None:
            vague = criteria.imprecise(
                share, _floats(frame, "ci_low"), _floats(frame, "ci_high"), n,
                _floats(frame, "n_effective"), _floats(frame, "df"), rule.precision,
            )  # fmt: skip
    return secret.tolist(), vague.tolist()


def _floats(frame: pd.DataFrame, column: str) -> criteria.Floats:
    if column not in frame:
        return np.full(len(frame), np.nan)
    values = pd.to_numeric(frame[column], errors="coerce")
    return np.asarray(values.to_numpy(np.float64, na_value=np.nan))
