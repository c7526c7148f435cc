"""Scales on which shares are modelled, and the way back to shares.

On the way there a share p with effective base n becomes a number with a known sampling variance;
on the way back the mean of the share over what is not known of that number is taken (Slud and
Maiti 2006, JRSS B 68:239), since the share at the mean is not the mean of the share.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import special

from survey_stats.errors import UnknownNameError

Floats = NDArray[np.float64]
Scale = Literal["arcsine", "logit", "none"]

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(40)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
_HALF_PI = np.pi / 2
# a share this near to 0 or 1 has no room for an interval on the scale of its own
_EDGE = 1e-6
# the least slope by which a move of the share is carried to the scale
LEAST_SLOPE = 1e-3


def check_scale(scale: str) -> None:
    """Raise `UnknownNameError` unless `scale` is one."""
    if scale not in get_args(Scale):
        raise UnknownNameError("scale", scale, get_args(Scale))


def forward(share: Floats, size: Floats, scale: Scale) -> Floats:
    """Shares with effective bases `size` on the scale.

    "arcsine" is `asin(sqrt(p))` of `p = 1/2 + (share - 1/2) exp(-1 / (2 size))`: the share has no
    bias, so that without this its arcsine would have one, and the model's normal error of variance
    `1 / (4 size)` shrinks the cosine of the double angle by just this factor. "logit" adds half an
    answer to either side (Haldane 1956, Annals of Human Genetics 20:309). Both are finite where
    all answers agree.

    >>> forward(np.array([0.0, 0.5]), np.array([20.0, 20.0]), "arcsine").round(4).tolist()
    [0.1113, 0.7854]
    """
    if scale == "arcsine":
        return np.asarray(np.arcsin(np.sqrt(0.5 + (share - 0.5) * np.exp(-0.5 / size))))
    if scale == "logit":
        return np.asarray(special.logit((size * share + 0.5) / (size + 1)))
    return share


def sampling_variance(size: Floats, near: Floats, scale: Scale) -> Floats:
    """Variance of `forward`; `near` is a share near the true one, not used by "arcsine".

    >>> sampling_variance(np.array([100.0]), np.array([0.5]), "none")
    array([0.0025])
    """
    if scale == "arcsine":
        return 0.25 / size
    spread = near * (1 - near)
    return 1 / (size * spread) if scale == "logit" else spread / size


def back(value: Floats, scale: Scale) -> Floats:
    """The share at a value of the scale; values beyond those that shares have give 0 or 1."""
    if scale == "arcsine":
        return np.asarray(np.sin(np.clip(value, 0, _HALF_PI)) ** 2)
    if scale == "logit":
        return np.asarray(special.expit(value))
    return np.clip(value, 0.0, 1.0)


def slope(value: Floats, scale: Scale) -> Floats:
    """Derivative of the share at a value of the scale."""
    if scale == "arcsine":
        return np.asarray(np.sin(2 * np.clip(value, 0, _HALF_PI)))
    if scale == "logit":
        share = special.expit(value)
        return np.asarray(share * (1 - share))
    return np.ones_like(value)


def mean_share(value: Floats, variance: Floats, scale: Scale) -> Floats:
    """Mean of the share where the scale's number is normal about `value`.

    >>> float(mean_share(np.array([0.3]), np.array([0.01]), "arcsine")[0].round(5))
    0.0955
    """
    return _moments(value, variance, scale)[0]


def share_mse(value: Floats, variance: Floats, estimate: Floats, scale: Scale) -> Floats:
    """Mean squared distance of `estimate` from the share, whose number is normal about `value`."""
    first, second = _moments(value, variance, scale)
    return np.maximum(second - first**2, 0.0) + (first - estimate) ** 2


def interval(value: Floats, half: Floats, scale: Scale) -> tuple[Floats, Floats]:
    """`value` less and plus `half`, as shares.

    Without a scale, the interval of the log odds that has the same slope in the middle, which
    cannot leave 0 to 1.
    """
    if scale != "none":
        return back(value - half, scale), back(value + half, scale)
    middle = np.clip(value, _EDGE, 1 - _EDGE)
    reach = half / (middle * (1 - middle))
    link = special.logit(middle)
    return np.asarray(special.expit(link - reach)), np.asarray(special.expit(link + reach))


def _moments(value: Floats, variance: Floats, scale: Scale) -> tuple[Floats, Floats]:
    if scale == "none":
        share = np.clip(value, 0.0, 1.0)
        return share, share**2 + variance
    if scale == "arcsine":
        two = np.cos(2 * value) * np.exp(-2 * variance)
        four = np.cos(4 * value) * np.exp(-8 * variance)
        return np.asarray(0.5 - 0.5 * two), np.asarray(0.375 - 0.5 * two + 0.125 * four)
    at = special.expit(value[:, None] + np.sqrt(variance)[:, None] * _NODES)
    return np.asarray(at @ _WEIGHTS), np.asarray(at**2 @ _WEIGHTS)
