"""The groups that by columns make, as codes, and the frame of their keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from survey_stats.estimate.columns import Bools, Coded, Ints, cross, split
from survey_stats.estimate.tally import Groups


def crossed(n: int, coded: Sequence[Coded]) -> tuple[Groups, list[Ints]]:
    """The combinations of the columns that occur, and the code of each column in each of them."""
    if not coded:
        return Groups(np.zeros(n, dtype=np.int8), 1, True), []
    sizes = [len(c.labels) for c in coded]
    codes, present = cross([c.codes for c in coded], sizes)
    missing = codes < 0
    complete = not missing.any()
    if not complete:
        codes[missing] = present.size
    return Groups(codes, present.size, complete), split(present, sizes)


def keys(
    frame: pd.DataFrame,
    names: Sequence[str],
    labels: Sequence[pd.Index[Any]],
    parts: Sequence[Ints],
    n_groups: int,
) -> pd.DataFrame:
    """The key columns of the groups; a categorical stays one."""
    columns: dict[str, Any] = {}
    for name, known, part in zip(names, labels, parts, strict=True):
        dtype = frame[name].dtype
        if isinstance(dtype, pd.CategoricalDtype):
            columns[name] = pd.Categorical.from_codes(part, dtype=dtype)
        else:
            columns[name] = known.take(part)
    return pd.DataFrame(columns, index=pd.RangeIndex(n_groups))


def narrowed(base: Groups, outside: Bools, drop: bool) -> tuple[Groups, Ints]:
    """`base` without the rows `outside`, and which of its groups are left (all, unless `drop`)."""
    codes = base.codes.astype(np.int32)
    codes[outside] = base.n_groups
    held = np.bincount(codes, minlength=base.n_groups + 1)[: base.n_groups] > 0
    kept = np.flatnonzero(held) if drop else np.arange(base.n_groups)
    table = np.full(base.n_groups + 1, kept.size, dtype=np.int32)
    table[kept] = np.arange(kept.size, dtype=np.int32)
    return Groups(table[codes], kept.size, False), kept
