"""How unequal weights are, and what that costs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from survey_stats.errors import InputError


def kish_design_effect(weights: npt.ArrayLike) -> float:
    """The variance of a mean under these weights over that under equal ones, n Σw² / (Σw)².

    It holds for an answer that has nothing to do with the weights (Kish 1965, Survey Sampling,
    eq. 11.7.6; as n Σw²/(Σw)² in Kish 1992, Journal of Official Statistics 8(2)).

    Args:
        weights: shape (n,), not negative, at least one positive.

    Raises:
        InputError: there is no positive weight, or one is missing, infinite or negative.

    >>> kish_design_effect([1, 1, 1, 1])
    1.0
    >>> kish_design_effect([1, 3])
    1.25
    """
    w = np.asarray(weights, dtype=np.float64)
    if w.size == 0 or not np.isfinite(w).all() or (w < 0).any() or not (w > 0).any():
        raise InputError(
            "The design effect of weighting needs finite weights, none negative and at least one "
            "positive; check the weight column"
        )
    return float(w.size * np.square(w).sum() / w.sum() ** 2)


def kish_by_group(weights: npt.ArrayLike, groups: npt.ArrayLike) -> dict[str, float]:
    """`kish_design_effect` within each group, in the sorted order of the groups' names.

    >>> kish_by_group([1, 1, 1, 3], ["a", "a", "b", "b"])
    {'a': 1.0, 'b': 1.25}
    """
    w = np.asarray(weights, dtype=np.float64)
    labels, position = np.unique(np.asarray(groups).astype(str), return_inverse=True)
    if position.size != w.size:
        raise InputError(
            f"There are {w.size} weights and {position.size} group labels; give one label a weight"
        )
    return {str(g): kish_design_effect(w[position == k]) for k, g in enumerate(labels)}
