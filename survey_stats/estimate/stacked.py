"""Frames of combinations of different columns as one frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd


def below_each_other(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames below each other; a question that a frame lacks is missing there.

    Right where every row adds to the sums of a unit: what a respondent said to two questions is
    only asked for together where respondents are units.
    """
    names = list(dict.fromkeys(name for f in frames for name in f.columns))
    kinds = {name: next(f[name].dtype for f in frames if name in f) for name in names}
    parts = {}
    for name in names:
        pieces: list[pd.Series[Any]] = []
        for f in frames:
            if name in f:
                pieces.append(f[name])
            else:
                pieces.append(_missing(len(f), kinds[name]))
        parts[name] = pd.concat(pieces, ignore_index=True)
    return pd.DataFrame(parts)


def _missing(n: int, kind: Any) -> pd.Series[Any]:
    """`n` missing values that do not change the kind of a column more than needed."""
    if isinstance(kind, np.dtype) and kind.kind == "b":
        kind = pd.BooleanDtype()
    elif isinstance(kind, np.dtype) and kind.kind in "iu":
        kind = pd.Int64Dtype()
    return pd.Series([None] * n, dtype=kind)
