"""One problem of calibration from its options to its solution, or to the reason why it has none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from survey_stats.errors import InputError
from survey_stats.weight.calibration.distances import (
    Distance,
    Exponential,
    Linear,
    Logit,
    Truncated,
)
from survey_stats.weight.calibration.explain_failure import Explainer
from survey_stats.weight.calibration.feasible import nearest_totals
from survey_stats.weight.calibration.options import Method, Options
from survey_stats.weight.calibration.solve import Part, Solution, solve

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A problem and its solution.

    Attributes:
        part: the problem as it was asked.
        distance: what it was asked with.
        used: the distance of the solution, another one where the totals are the nearest ones.
        solution: λ and factors.
        instead: what a replicate does that cannot be calibrated either; None if it is an error.
    """

    part: Part
    distance: Distance
    used: Distance
    solution: Solution
    instead: Callable[[Part], FloatArray | None] | None = None

    @property
    def exact(self) -> bool:
        """Whether the totals are those that were asked for."""
        return self.used is self.distance


def fit(part: Part, base: FloatArray | None, options: Options, explainer: Explainer) -> Fitted:
    """The solution of a problem, or of the nearest one that has a solution if that is wanted.

    Args:
        base: the weight before the step by pattern, where bounds are on weights.

    Raises:
        InfeasibleError: there is no solution.
        InputError: a weight lies outside the bounds of the logit method.
    """
    low, high = (np.full(part.patterns.size, bound) for bound in options.bounds)
    if options.bounds_on == "weight" and base is not None:
        low, high = low / base[part.patterns], high / base[part.patterns]
    if options.method == "logit" and not ((low < 1) & (high > 1)).all():
        raise InputError(
            f"method='logit' needs every weight inside the bounds {options.bounds} beforehand; "
            "use method='truncated', or trim first"
        )
    distance = distance_of(options.method, low, high)
    solution = solve(part, distance)
    problem = explainer.problem(part, distance, solution, low, high)
    instead = None
    if options.infeasible == "nearest":
        instead = partial(_nearest_factor, low=low, high=high, method=options.method)
    if problem is None:
        return Fitted(part, distance, distance, solution, instead)
    if options.infeasible == "error":
        raise problem
    try:
        used, solution = _nearest(part, low, high, options.method)
    except ArithmeticError:
        raise problem from None
    if not solution.converged:
        raise problem
    return Fitted(part, distance, used, solution, instead)


def distance_of(method: Method, low: FloatArray, high: FloatArray) -> Distance:
    """The family of factors of a method, with bounds (P,) that may be infinite."""
    if method == "logit":
        return Logit(low[:, None], high[:, None])
    free = Linear() if method in ("linear", "truncated") else Exponential()
    if not (np.isfinite(low).any() or np.isfinite(high).any()):
        return free
    if isinstance(free, Exponential):
        low = np.maximum(low, 0.0)
    return Truncated(free, low[:, None], high[:, None])


def _nearest(
    part: Part, low: FloatArray, high: FloatArray, method: Method
) -> tuple[Distance, Solution]:
    """The nearest totals that can be reached, calibrated to."""
    totals, inner_low, inner_high = nearest_totals(part, low, high, method == "logit")
    if method == "logit":
        inner_low, inner_high = low, high
    used = distance_of(method, inner_low, inner_high)
    return used, solve(replace(part, totals=totals), used)


def _nearest_factor(
    part: Part, low: FloatArray, high: FloatArray, method: Method
) -> FloatArray | None:
    """The factors of the nearest totals that can be reached."""
    try:
        _, solution = _nearest(part, low, high, method)
    except ArithmeticError:
        return None
    return solution.factor if solution.converged else None
