"""Some rows of a result, in any order and as often as wanted, with their covariance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from survey_stats.estimate import Estimates

_NUMBERS = (
    *("estimate", "se", "ci_low", "ci_high", "df", "n"),
    *("n_effective", "deff", "deff_without"),
)


def take_rows(estimates: Estimates, rows: NDArray[np.intp]) -> Estimates:
    """The rows named, as a result of the same design.

    >>> import pandas as pd
    >>> from survey_stats.estimate import Survey
    >>> est = Survey(pd.DataFrame({"g": list("aabb"), "y": [1, 0, 1, 1]})).share("y", by="g")
    >>> take_rows(est, np.array([1, 0])).keys["g"].tolist()
    ['b', 'a']
    """
    one = np.ones(rows.size), rows, np.arange(rows.size + 1)
    chosen = sparse.csc_array(one, shape=(len(estimates), rows.size))
    arrays: dict[str, Any] = {name: getattr(estimates, name)[rows] for name in _NUMBERS}
    return replace(
        estimates,
        keys=estimates.keys.iloc[rows].reset_index(drop=True),
        flag=[estimates.flag[i] for i in rows.tolist()],
        _scores=lambda: estimates.scores().combine(chosen),
        **arrays,
    )
