"""Whether the weights of several waves are on one scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from survey_stats.errors import DesignError

# sums, or means, of weights on one scale differ by less from wave to wave
ALIKE = 1.5


def alike(weights: Sequence[NDArray[np.float64]]) -> bool:
    """Whether the sums or the means of the weights of several waves are alike.

    >>> grossed, plain = np.full(100, 50.0), np.ones(100)
    >>> alike([plain, plain[:20]]), alike([grossed, grossed / 4, plain])
    (True, False)
    """
    sums = np.array([w.sum() for w in weights])
    means = np.array([w[w > 0].mean() for w in weights])
    return bool(min(sums.max() / sums.min(), means.max() / means.min()) <= ALIKE)


def require_alike(
    weights: NDArray[np.float64], time: NDArray[np.float64], waves: Sequence[float], what: str
) -> None:
    """Refuse waves of which neither the sums of weights nor their means are alike.

    Args:
        weights, time: of each respondent.
        waves: the values of `time` that are put together.
        what: for which purpose, for the message.

    Raises:
        DesignError: their weights are on different scales.
    """
    parts = [weights[time == t] for t in waves]
    if not alike(parts):
        told = ", ".join(f"{t:g}: {w.sum():.6g}" for t, w in zip(waves, parts, strict=True))
        raise DesignError(
            f"The weights of the waves are on different scales (they sum to {told}); scale them to "
            f"the population of each wave, or to one sum, before {what} (of harmonised waves, "
            "ss.combine(waves).survey(weights='equal_waves') does it)"
        )
