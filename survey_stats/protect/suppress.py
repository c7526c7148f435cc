"""Suppression of the cells of one table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.errors import InputError
from survey_stats.protect.cells import Printed, by_columns
from survey_stats.protect.joint import together
from survey_stats.protect.rules import DEFAULT, Rule

__all__ = ["apply", "by_columns"]


def apply(
    frame: pd.DataFrame,
    rule: Rule = DEFAULT,
    sets: Sequence[str] | None = None,
    statistic: str = "share",
    weights: NDArray[np.float64] | None = None,
) -> pd.DataFrame:
    """The frame of an Estimates or a Changes with the numbers that must not be shown made missing.

    A cell is suppressed when its base (for a change: the smaller of the two) is under
    `rule.minimum_base`; its base becomes missing as well. With `rule.secondary`, so do the cells
    that would give it away (see `together`), where the sums of the cells that differ in one by
    column only are supposed to be printed elsewhere. Tables that are published together are handed
    over together. Cells without a single answer reveal nobody; they are flagged.

    Args:
        frame: `Estimates.to_frame()` or `Changes.to_frame()`; one row a cell.
        rule: the profile.
        sets: the by columns along which cells add up to a shown total; all of them by default.
        statistic: of what the frame is; only shares have answers that add up.
        weights: for a rule with `dominance`, the largest parts of each row's weight (`heaviest`),
            shape (rows, k); for a Changes the larger of its two sides, `np.maximum(before, after)`.

    Returns:
        A copy. `flag` says why a number is missing or uncertain; a flag that was there stays.

    Raises:
        InputError: the frame has no base column, or `sets` names a column that is no by column.

    >>> cells = pd.DataFrame({"gender": ["women", "men", "other"], "estimate": [0.4, 0.2, 0.9],
    ...                       "n": [150, 90, 12], "flag": ["", "", ""]})
    >>> apply(cells)[["gender", "estimate", "n", "flag"]]
      gender  estimate     n                               flag
    0  women       0.4   150
    1    men       NaN  <NA>  suppressed: protects another cell
    2  other       NaN  <NA>          suppressed: base under 30
    """
    by = by_columns(frame)
    along = by if sets is None else list(sets)
    unknown = [c for c in along if c not in by]
    if unknown:
        raise InputError(
            f"protect.apply: {unknown[0]!r} in sets is no by column; there is {', '.join(by)}"
        )
    table = Printed(frame, by=by, statistic=statistic, weights=weights)
    tables = [table]
    if rule.secondary:
        for column in along:
            tables += _sums(table, [c for c in by if c != column])
    return together(tables, rule)[0].frame


def _sums(table: Printed, by: list[str]) -> list[Printed]:
    """The sums of a table's cells over the columns that are not in `by`, as printed elsewhere."""
    frame = table.frame
    keys = [*by, *(["level"] if "level" in frame else [])]
    out = []
    for base, share, side in table.sides:
        n = np.nan_to_num(frame[base].to_numpy(np.float64, na_value=np.nan))
        p = np.full(len(frame), np.nan)
        if share in frame:
            p = pd.to_numeric(frame[share], errors="coerce").to_numpy(np.float64, na_value=np.nan)
        counted = frame[keys].assign(n=n, estimate=np.where(n > 0, p * n, 0.0))
        if keys:
            # one missing share leaves the sum without one
            counted["known"] = counted["estimate"].notna()
            grouped = counted.groupby(keys, sort=False, dropna=False)
            made = grouped[["n", "estimate"]].sum().reset_index()
            made["estimate"] = made["estimate"].where(grouped["known"].all().to_numpy())
        else:
            made = counted[["n", "estimate"]].sum(skipna=False).to_frame().T
        made["estimate"] /= made["n"].where(made["n"] > 0)
        of = dict(side)
        out.append(Printed(made, of, by, statistic=table.statistic, status="published"))
    return out
