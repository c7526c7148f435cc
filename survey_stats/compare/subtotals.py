"""Which rows of a table of counts are sums of others, so that nothing is counted twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from survey_stats.compare.multiplicity import adjust_p
from survey_stats.errors import InputError, UnknownNameError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
# a column of booleans, the rows themselves, "find", or None where no row holds another
Totals = str | Sequence[bool] | NDArray[np.bool_] | None

# above this many rows not every choice of parts is tried, only neighbours
MOST_PARTS = 24
# a sum is believed when fewer accidental ones than this are to be expected among all that are tried
CHANCE = 0.01


@dataclass(frozen=True)
class Subtotal:
    """Row `row` is the sum of the rows `parts` in every column (positions from 0)."""

    row: int
    parts: tuple[int, ...]


def find_subtotals(counts: ArrayLike, groups: Sequence[ArrayLike] = ()) -> tuple[Subtotal, ...]:
    """The rows of `counts` (R, C) that equal the sum of two or more other rows in every column.

    All choices of parts are tried where at most 24 rows could be parts (in the table, or among the
    rows with the same value of one of `groups`, each of length R), else runs of neighbouring rows
    only, and all the others with the same value. Of several sums the one with the fewest parts is
    told. A sum that could well be an accident, as where counts are small or there are few columns,
    is not told. A row with a missing count is left out.

    >>> find_subtotals([[6, 9], [105, 82], [281, 253], [386, 335]])
    (Subtotal(row=3, parts=(1, 2)),)
    """
    table = np.asarray(counts, dtype=np.float64)
    complete = np.isfinite(table).all(axis=1) & (table > 0).any(axis=1)
    known = np.asarray(complete, dtype=np.bool_)
    whole = np.flatnonzero(known)
    numbers = np.where(np.isfinite(table), table, 0).astype(np.int64)
    labels = [np.asarray(group, dtype=object) for group in groups]
    found = []
    for row in whole.tolist():
        others = whole[whole != row]
        groups_of = [others, *(others[values[others] == values[row]] for values in labels)]
        hits = [_all_of(numbers, row, group) for group in groups_of]
        below = (numbers <= numbers[row]).all(axis=1)
        hits += [_among(numbers, row, group[below[group]]) for group in groups_of]
        hits.append(_neighbours(numbers, row, known))
        sums = [h for h in hits if h]
        if sums:
            found.append(Subtotal(row, min(sums, key=lambda parts: (len(parts), parts))))
    return tuple(found)


def totals_of(
    frame: pd.DataFrame, counts: Sequence[str], by: Sequence[str], totals: Totals
) -> tuple[NDArray[np.bool_], tuple[Subtotal, ...]]:
    """Which rows of `frame` hold other rows, and the sums that were found where told to find them.

    Raises:
        UnknownNameError: `totals` names no column.
        InputError: `totals` is not one boolean a row.
    """
    if totals is None:
        return np.zeros(len(frame), dtype=bool), ()
    if isinstance(totals, str) and totals == "find":
        found = find_subtotals(
            frame[list(counts)].to_numpy(dtype=np.float64, na_value=np.nan),
            [frame[name].to_numpy(dtype=object) for name in by],
        )
        mask = np.zeros(len(frame), dtype=bool)
        mask[[f.row for f in found]] = True
        return mask, found
    if isinstance(totals, str) and totals not in frame.columns:
        known = ["find", *frame.columns]
        raise UnknownNameError("column", totals, known, "the table of counts (totals=)")
    given = pd.Series(frame[totals] if isinstance(totals, str) else np.asarray(totals))
    if len(given) != len(frame) or not given.isin([0, 1]).all():
        raise InputError("totals= must say true or false for each row of the table of counts")
    return given.to_numpy().astype(bool), ()


def adjust_apart(p_values: Floats, totals: NDArray[np.bool_], method: str) -> Floats:
    """`adjust_p` in two families: the rows that hold other rows, and those that do not."""
    out = np.full(p_values.shape, np.nan)
    for family in (totals, ~totals):
        out[family] = adjust_p(p_values[family], method)
    return out


def told_subtotals(
    frame: pd.DataFrame, by: Sequence[str], found: Sequence[Subtotal]
) -> list[dict[str, object]]:
    """Found sums with the names of their rows, for people: `total` and `parts`."""
    rows = frame[list(by)].astype(str).agg(", ".join, axis=1) if by else frame.index.map(str)
    names = [str(name) for name in rows]
    return [{"total": names[f.row], "parts": [names[p] for p in f.parts]} for f in found]


def _among(numbers: Ints, row: int, candidates: NDArray[np.intp]) -> tuple[int, ...]:
    """The fewest of `candidates` that sum to `row`, found by meeting in the middle."""
    k = candidates.size
    if not 2 <= k <= MOST_PARTS:
        return ()
    if _accidents(numbers[candidates], float(2**k) * len(numbers)) > CHANCE:
        return ()
    halves = candidates[: k // 2], candidates[k // 2 :]
    left, right = (_choices(h.size) for h in halves)
    left_sums = left @ numbers[halves[0]]
    wanted = numbers[row] - right @ numbers[halves[1]]
    where: dict[bytes, list[int]] = {}
    for position, total in enumerate(np.ascontiguousarray(left_sums)):
        where.setdefault(total.tobytes(), []).append(position)
    best: tuple[int, ...] = ()
    for position, total in enumerate(np.ascontiguousarray(wanted)):
        for other in where.get(total.tobytes(), ()):
            chosen = (*halves[0][left[other] > 0], *halves[1][right[position] > 0])
            if len(chosen) >= 2 and (not best or len(chosen) < len(best)):
                best = tuple(int(c) for c in chosen)
    return best


def _all_of(numbers: Ints, row: int, candidates: NDArray[np.intp]) -> tuple[int, ...]:
    """All of `candidates`, where they sum to `row`."""
    if candidates.size < 2 or (numbers[candidates].sum(axis=0) != numbers[row]).any():
        return ()
    # that a total is the sum of its whole group is to be expected, not one guess among many
    likely = _accidents(numbers[candidates], 1.0) <= CHANCE
    return tuple(candidates.tolist()) if likely else ()


def _neighbours(numbers: Ints, row: int, known: NDArray[np.bool_]) -> tuple[int, ...]:
    """The run of rows just before or just after `row` that sums to it."""
    for step in (-1, 1):
        parts: list[int] = []
        total = np.zeros_like(numbers[row])
        at = row + step
        while 0 <= at < len(numbers) and known[at] and (total <= numbers[row]).all():
            parts.append(at)
            total = total + numbers[at]
            if len(parts) > 1 and (total == numbers[row]).all():
                tries = 2.0 * len(numbers)
                return tuple(sorted(parts)) if _accidents(numbers[parts], tries) <= CHANCE else ()
            at += step
    return ()


def _choices(k: int) -> Ints:
    """All 2**k choices of k things, one a row."""
    return (np.arange(2**k)[:, None] >> np.arange(k)) & 1


def _accidents(parts: Ints, tries: float) -> float:
    """About how many of `tries` sums of these parts hit a given row by accident.

    The sums of random choices are nearly normal; their density at its peak bounds the chance that
    one falls on the row. Columns that say the same thing as others add nothing.
    """
    spread = parts.T.astype(np.float64) @ parts / 4
    axes = np.linalg.eigvalsh(spread)
    # along an axis narrower than a whole number, a hit is no evidence
    return float(tries / np.prod(np.maximum(1.0, np.sqrt(2 * np.pi * np.maximum(axes, 0)))))
