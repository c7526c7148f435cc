"""The design effect of weighting: what unequal weights cost."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from survey_stats.errors import InputError

FloatArray = npt.NDArray[np.float64]


def kish_design_effect(weights: npt.ArrayLike) -> float:
    """The variance of a mean under these weights over that under equal ones, n Σw² / (Σw)².

    It holds for an answer that has nothing to do with the weights (Kish 1965, Survey Sampling,
    eq. 11.7.6; as n Σw²/(Σw)² in Kish 1992, Journal of Official Statistics 8(2)). A weight of zero
    counts in n: leave out those who did not answer before.

    Args:
        weights: shape (n,), not negative, at least one positive.

    Raises:
        InputError: there is no positive weight, or one is missing, infinite or negative.

    >>> kish_design_effect([1, 1, 1, 1])
    1.0
    >>> kish_design_effect([1, 3])
    1.25
    """
    w = checked(weights)
    # a power of two changes no digit, and no square overflows
    w = np.ldexp(w, -int(np.frexp(w.max())[1]))
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


def spencer_design_effect(
    weights: npt.ArrayLike, outcome: npt.ArrayLike, of: str = "mean"
) -> float:
    """The design effect of weighting for an answer that goes with the weights.

    (1 - ρ²) K + (α / σ)² (K - 1), where K is Kish's design effect, σ² the variance of the answer,
    and α and ρ the intercept and the correlation of its regression on the chance of being drawn
    1 / (n w), all weighted (Spencer 2000, Survey Methodology 26(2): 137-138). That is for a total.
    For a mean or a share the answer is taken about its mean, as the linearisation of a ratio asks
    (Park and Lee 2004, Survey Methodology 30(2): 183-193). Where weights are equal it is 1.

    Args:
        weights: shape (n,), all positive.
        outcome: the answers, shape (n,), numeric or boolean, none missing.
        of: "mean" (also of a share) or "total".

    Returns:
        The design effect, NaN where all answers are equal.

    Raises:
        InputError: a weight is not positive, an answer is missing, or lengths differ.

    >>> spencer_design_effect([2.0, 2.0, 2.0], [0, 1, 1])
    1.0
    >>> round(spencer_design_effect([1, 1, 3, 3], [0, 1, 0, 1]), 9)
    1.25
    """
    w = checked(weights)
    try:
        y = np.asarray(outcome, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            "The outcome of a design effect must be numeric or boolean, without missing values; "
            "code it as 0 and 1"
        ) from error
    if y.shape != w.shape or not (w > 0).all() or not np.isfinite(y).all():
        raise InputError(
            "Spencer's design effect needs a positive weight and an answer for each respondent; "
            "leave out those without an answer first"
        )
    if of not in ("mean", "total"):
        raise InputError(f"A design effect is that of a 'mean' or a 'total', not of {of!r}")
    kish = kish_design_effect(w)
    share = w / w.sum()
    mean = float(share @ y)
    variance = float(share @ np.square(y - mean))
    if variance <= 1e-30 * max(mean**2, 1e-270):
        return float("nan")
    if of == "mean":
        y, mean = y - mean, 0.0
    chance = 1 / (w.size * w)
    mid = float(share @ chance)
    spread = float(share @ np.square(chance - mid))
    if spread <= 1e-24 * mid**2:
        # equal weights
        return 1.0
    together = float(share @ ((chance - mid) * (y - mean)))
    intercept = mean - together / spread * mid
    explained = together**2 / (spread * variance)
    return (1 - explained) * kish + intercept**2 / variance * (kish - 1)


def checked(weights: npt.ArrayLike) -> FloatArray:
    """The weights as an array, refused where a design effect has no meaning."""
    try:
        w = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            "Weights must be numbers, none missing; check the weight column"
        ) from error
    if w.ndim != 1 or w.size == 0 or not np.isfinite(w).all() or (w < 0).any() or not w.any():
        raise InputError(
            "The design effect of weighting needs finite weights, none negative and at least one "
            "positive; check the weight column"
        )
    return w
