"""Columns of reasons: why a value is missing, None where it is not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

ObjectArray = npt.NDArray[np.object_]


def reason_where(
    lost: npt.ArrayLike, why: str | ObjectArray, otherwise: ObjectArray | None = None
) -> ObjectArray:
    """`why` where `lost`, else `otherwise` (None when left out), shape (n,).

    >>> reason_where([True, False], "no_answer").tolist()
    ['no_answer', None]
    """
    mask = np.asarray(lost, dtype=bool)
    reasons = np.full(mask.size, None, dtype=object) if otherwise is None else otherwise.copy()
    reasons[mask] = why if isinstance(why, str) else why[mask]
    return reasons
