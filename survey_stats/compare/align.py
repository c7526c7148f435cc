"""Bring the cells of two results side by side, and say why a cell cannot be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.errors import ComparabilityError
from survey_stats.estimate import Estimates
from survey_stats.estimate.contrasts import ROUNDING

Flags = NDArray[np.object_]

# fewer answers than this carry no difference at all, whoever may see it
SMALLEST_BASE = 5


@dataclass(frozen=True, eq=False)
class Pairs:
    """`keys` of every cell of either side; `before`, `after` its row there, or -1."""

    keys: pd.DataFrame
    before: NDArray[np.intp]
    after: NDArray[np.intp]


def pair_cells(before: Estimates, after: Estimates) -> Pairs:
    """The cells of both sides by their keys, in the order of `before`, then what only `after` has.

    Raises:
        ComparabilityError: the results have other key columns or are other statistics.
    """
    if before.metadata.statistic != after.metadata.statistic:
        raise ComparabilityError(
            f"A {before.metadata.statistic} cannot be compared with a {after.metadata.statistic}; "
            "estimate the same statistic in both"
        )
    columns = [str(c) for c in before.keys.columns]
    others = [str(c) for c in after.keys.columns]
    if columns != others:
        raise ComparabilityError(
            f"The cells before are by {columns or 'nothing'} and those after by "
            f"{others or 'nothing'}; use the same by columns and the same kind of question"
        )
    if before.keys.equals(after.keys):
        rows = np.arange(len(before.keys))
        return Pairs(before.keys.reset_index(drop=True), rows, rows)
    rows_before, rows_after = _tuples(before.keys), _tuples(after.keys)
    where_after = {key: i for i, key in enumerate(rows_after)}
    known = set(rows_before)
    extra = [i for i, key in enumerate(rows_after) if key not in known]
    keys = before.keys
    if extra:
        parts = [before.keys.astype(object), after.keys.iloc[extra].astype(object)]
        keys = pd.concat(parts, ignore_index=True).infer_objects()
    first = np.concatenate([np.arange(len(rows_before)), np.full(len(extra), -1)])
    second = np.array([*(where_after.get(k, -1) for k in rows_before), *extra], dtype=np.intp)
    return Pairs(keys.reset_index(drop=True), first.astype(np.intp), second)


def take(values: Any, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """`values[rows]` as floats, NaN where the row is -1."""
    padded = np.append(np.asarray(values, dtype=np.float64), np.nan)
    return padded[rows]


def reasons(before: Estimates, after: Estimates, pairs: Pairs) -> tuple[Flags, NDArray[np.bool_]]:
    """Why each cell has no test ("" where it has one), and whether it has no difference either."""
    flags: Flags = np.full(len(pairs.keys), "", dtype=object)
    alone = (pairs.before < 0) | (pairs.after < 0)
    nothing = ": nothing to compare with"
    flags[pairs.before < 0], flags[pairs.after < 0] = (
        f"only after{nothing}",
        f"only before{nothing}",
    )
    sides = (("before", before, pairs.before), ("after", after, pairs.after))
    hidden = alone.copy()
    for side, result, rows in sides:
        n = take(result.n, rows)
        few = ~hidden & (n < SMALLEST_BASE)
        flags[few] = f"base under {SMALLEST_BASE} {side}"
        flags[few & (n == 0)] = f"no answers {side}"
        hidden |= few
    for side, result, rows in sides:
        df, se = take(result.df, rows), take(result.se, rows)
        unset = flags == ""
        still = (se == 0) | (se < ROUNDING * np.abs(take(result.estimate, rows)))
        flags[unset & still] = f"standard error 0 {side}: all answers are equal"
        for i in np.flatnonzero(unset & ~np.isfinite(se)).tolist():
            flags[i] = f"no standard error {side}: {result.flag[rows[i]]}".rstrip(": ")
        flags[unset & (df <= 0)] = f"no degrees of freedom {side}"
    return flags, hidden


def rename_sides(flag: str, before: str, after: str) -> str:
    """A reason from `reasons` told of two sides that are not a before and an after.

    >>> rename_sides("base under 5 before", "in the city's survey", "in the region's")
    "base under 5 in the city's survey"
    """
    names = {"before": before, "after": after}
    words = [names.get(w.rstrip(":"), w.rstrip(":")) + ":" * w.endswith(":") for w in flag.split()]
    return " ".join(words)


def _tuples(keys: pd.DataFrame) -> Sequence[tuple[Any, ...]]:
    if keys.shape[1] == 0:
        return [()] * len(keys)
    return list(zip(*(keys[c].tolist() for c in keys.columns), strict=True))
