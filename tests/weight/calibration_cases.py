"""Respondents and totals that the tests of calibration share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from survey_stats.weight import Weights

SIZES = {"district": 4, "gender": 2, "age": 3}


def respondents(n: int = 400, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {c: [f"{c}{k}" for k in rng.integers(0, size, n)] for c, size in SIZES.items()}
    )
    frame["income"] = np.round(rng.gamma(3, 100, n), 1)
    frame["weight"] = np.round(rng.gamma(4, 5, n) + 1, 2)
    return frame


def start_of(frame: pd.DataFrame) -> Weights:
    return Weights.delivered(frame["weight"])


def other_weights(frame: pd.DataFrame, seed: int = 1) -> np.ndarray:
    """Positive weights that differ from those of the frame, so that their totals can be met."""
    rng = np.random.default_rng(seed)
    return frame["weight"].to_numpy() * rng.uniform(0.6, 1.8, len(frame))


def totals_of(frame: pd.DataFrame, weights: np.ndarray, *margins: Any) -> dict[Any, Any]:
    """What the weights sum to by level of each margin, or of a numeric column."""
    found: dict[Any, Any] = {}
    for margin in margins:
        if isinstance(margin, str) and pd.api.types.is_numeric_dtype(frame[margin]):
            found[margin] = float(weights @ frame[margin])
        else:
            columns = [margin] if isinstance(margin, str) else list(margin)
            found[margin] = (
                pd.Series(weights, frame.index).groupby([frame[c] for c in columns]).sum()
            )
    return found
