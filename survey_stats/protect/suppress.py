"""Suppression of the cells of one table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.errors import InputError
from survey_stats.protect.rules import DEFAULT, NO_ANSWERS, SECONDARY, Rule

_BASES = ("n", "n_before", "n_after")
_KEPT = ("level", "flag", "verdict", *_BASES)
_FIRST_NUMBERS = ("level", "estimate", "before")


def apply(
    frame: pd.DataFrame, rule: Rule = DEFAULT, sets: Sequence[str] | None = None
) -> pd.DataFrame:
    """The frame of an Estimates or a Changes with the numbers that must not be shown made missing.

    A cell is suppressed when its base (for a change: the smaller of the two) is under
    `rule.minimum_base`; its base becomes missing as well. With `rule.secondary`, a set of cells
    that adds up to a total (the cells that differ in one by column only) in which exactly one
    cell is suppressed loses its next smallest cell too, until no such set is left: this is the
    simple form of secondary suppression and supposes that the totals are shown. Cells without a
    single answer reveal nobody; they are flagged, and need no companion.

    Args:
        frame: `Estimates.to_frame()` or `Changes.to_frame()`; one row a cell.
        rule: the profile.
        sets: the by columns along which cells add up to a shown total; all of them by default.

    Returns:
        A copy. `flag` says why a number is missing or uncertain; a flag that was there stays.

    Raises:
        InputError: the frame has no base column, or `sets` names a column that is no by column.

    >>> cells = pd.DataFrame({"gender": ["women", "men", "other"], "estimate": [0.4, 0.2, 0.9],
    ...                       "n": [150, 90, 12], "flag": ["", "", ""]})
    >>> apply(cells)[["gender", "estimate", "n", "flag"]]
      gender  estimate     n                               flag
    0  women       0.4   150
    1    men       NaN    90  suppressed: protects another cell
    2  other       NaN  <NA>          suppressed: base under 30
    """
    by = by_columns(frame)
    along = by if sets is None else list(sets)
    unknown = [c for c in along if c not in by]
    if unknown:
        raise InputError(
            f"protect.apply: {unknown[0]!r} in sets is no by column; there is {', '.join(by)}"
        )
    base = smallest_base(frame)
    few = base < rule.minimum_base
    hidden = few & (base > 0)
    secondary = np.zeros(len(frame), dtype=bool)
    if rule.secondary and hidden.any():
        secondary = _companions(frame, by, along, base, hidden, _cell_ids(frame, by))

    out = frame.copy()
    old = out["flag"].fillna("").astype(str) if "flag" in out else pd.Series("", index=out.index)
    flag = old.to_numpy(dtype=object)
    shown = ~few & ~secondary
    flag[shown & (base < rule.certain_base) & (flag == "")] = rule.uncertain
    flag[secondary] = SECONDARY
    flag[hidden] = rule.suppressed
    flag[few & (base == 0) & (flag == "")] = NO_ANSWERS
    out["flag"] = flag

    gone = few | secondary
    if gone.any():
        numbers = [c for c in out.columns if c not in by and c not in _KEPT]
        out[numbers] = out[numbers].mask(pd.Series(gone, index=out.index), axis=0)
        if "verdict" in out:
            out["verdict"] = out["verdict"].astype(object).where(~gone, "cannot be decided")
    for column in (c for c in _BASES if c in out):
        out[column] = out[column].astype("Int64")
        if hidden.any():
            small = (out[column] < rule.minimum_base).fillna(False).to_numpy(bool)
            out[column] = out[column].mask(hidden & small)
    return out


def by_columns(frame: pd.DataFrame) -> list[str]:
    """The columns in front of the numbers.

    Raises:
        InputError: the frame has none of the columns with which the numbers start.

    >>> by_columns(pd.DataFrame(columns=["district", "gender", "estimate", "n"]))
    ['district', 'gender']
    """
    columns = [str(c) for c in frame.columns]
    starts = [columns.index(c) for c in _FIRST_NUMBERS if c in columns]
    if not starts:
        raise InputError(
            "protect.apply needs the frame of an Estimates or a Changes; this one has neither "
            "'estimate' nor 'before'"
        )
    return columns[: min(starts)]


def smallest_base(frame: pd.DataFrame) -> NDArray[np.float64]:
    """The unweighted base of each row; of a change the smaller of the two. Missing counts as 0."""
    present = [c for c in _BASES if c in frame]
    if not present:
        raise InputError(
            "protect.apply needs a base: column 'n', or 'n_before' and 'n_after'; add the "
            "unweighted number of answers"
        )
    bases = [np.nan_to_num(frame[c].to_numpy(dtype=np.float64, na_value=np.nan)) for c in present]
    return np.asarray(np.minimum.reduce(bases), dtype=np.float64)


def _cell_ids(frame: pd.DataFrame, by: list[str]) -> NDArray[np.int64]:
    # the levels of one question share a base: they are one cell
    if not by:
        return np.zeros(len(frame), dtype=np.int64)
    ids = frame.groupby(by, sort=False, dropna=False).ngroup()
    return np.asarray(ids, dtype=np.int64)


def _companions(
    frame: pd.DataFrame,
    by: list[str],
    along: list[str],
    base: NDArray[np.float64],
    hidden: NDArray[np.bool_],
    cells: NDArray[np.int64],
) -> NDArray[np.bool_]:
    secondary = np.zeros(len(frame), dtype=bool)
    sets: list[NDArray[np.int64]] = []
    for column in along:
        others = [c for c in by if c != column]
        if others:
            ids = frame.groupby(others, sort=False, dropna=False).ngroup().to_numpy(np.int64)
        else:
            ids = np.zeros(len(frame), dtype=np.int64)
        sets.extend(np.flatnonzero(ids == i) for i in np.unique(ids))
    changed = True
    while changed:
        changed = False
        for rows in sets:
            gone = hidden[rows] | secondary[rows]
            if len(np.unique(cells[rows[gone]])) != 1:
                continue
            left = rows[~gone & (base[rows] > 0)]
            if left.size == 0:
                continue
            smallest = cells[left[np.argmin(base[left])]]
            secondary |= cells == smallest
            changed = True
    return secondary
