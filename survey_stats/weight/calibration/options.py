"""What `calibrate` can be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from survey_stats.errors import InputError, UnknownNameError

Method = Literal["raking", "linear", "logit", "truncated", "entropy", "post-stratification"]
BoundsOn = Literal["factor", "weight"]
Linearisation = Literal["base", "derivative", "rake"]
WhenInfeasible = Literal["error", "nearest"]


@dataclass(frozen=True)
class Options:
    """How `calibrate` was asked to work, checked."""

    method: Method
    bounds: tuple[float, float]
    bounds_on: BoundsOn
    infeasible: WhenInfeasible
    linearisation: Linearisation
    household: str | None

    @property
    def bounded(self) -> bool:
        """Whether there is any bound."""
        return bool(np.isfinite(self.bounds).any())


def read_options(
    method: Method,
    bounds: tuple[float | None, float | None] | None,
    bounds_on: BoundsOn,
    infeasible: WhenInfeasible,
    linearisation: Linearisation,
    household: str | None,
) -> Options:
    """The options, refused where they contradict each other."""
    for what, given, known in (
        ("method of calibration", method, get_args(Method)),
        ("kind of bounds", bounds_on, get_args(BoundsOn)),
        ("way with totals that cannot be met", infeasible, get_args(WhenInfeasible)),
        ("linearisation", linearisation, get_args(Linearisation)),
    ):
        if given not in known:
            raise UnknownNameError(what, given, known)
    if bounds is None:
        if method in ("logit", "truncated"):
            raise InputError(f"method={method!r} needs bounds=(low, high), such as (0.3, 3)")
        open_ends = (-np.inf, np.inf)
        return Options(method, open_ends, bounds_on, infeasible, linearisation, household)
    if method == "post-stratification":
        raise InputError("Post-stratification leaves no room for bounds; use method='truncated'")
    if (
        isinstance(bounds, str)
        or not isinstance(bounds, Sequence | np.ndarray)
        or len(bounds) != 2
        or not all(b is None or np.ndim(b) == 0 for b in bounds)
    ):
        raise InputError(f"bounds are a pair (low, high), not {bounds!r}")
    try:
        low = -np.inf if bounds[0] is None else float(bounds[0])
        high = np.inf if bounds[1] is None else float(bounds[1])
    except (TypeError, ValueError):
        raise InputError(
            f"bounds are {bounds!r}, which are not numbers; write them such as (0.5, 3)"
        ) from None
    if np.isnan(low) or np.isnan(high) or low > high or (np.isfinite(low) and low < 0) or high <= 0:
        raise InputError(
            f"bounds are {bounds!r}; give 0 <= low < high, since weights are not negative"
        )
    if method == "logit" and not (np.isfinite(low) and np.isfinite(high)):
        raise InputError("method='logit' needs both bounds; use 'truncated' for one")
    if method == "logit" and bounds_on == "factor" and not low < 1 < high:
        raise InputError(f"method='logit' needs bounds below and above 1, not {bounds!r}")
    if low == high:
        raise InputError(f"Both bounds are {low:g}, which leaves nothing to choose; widen them")
    return Options(method, (low, high), bounds_on, infeasible, linearisation, household)
