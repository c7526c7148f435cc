"""Why totals cannot be met: the sentence, the certificate, and the nearest totals that can."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from survey_stats.errors import enumerate_first
from survey_stats.weight.calibration.distances import Distance, Exponential, Logit, Truncated
from survey_stats.weight.calibration.feasible import Reach, reach, room, sparsest, typical_factor
from survey_stats.weight.calibration.normal import column_sums
from survey_stats.weight.calibration.solve import Part, Solution, solve, without
from survey_stats.weight.errors import InfeasibleError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

# Factors under this share of the typical one are looked at: totals may force them to zero.
_SUSPICIOUS = 1e-6
_NEAR = 1e-3  # and where nothing converged, those under this share
_NO_ROOM = 1e-7


@dataclass(frozen=True, eq=False)
class Explainer:
    """Turns a solution that failed into an error that says why."""

    labels: tuple[str, ...]
    x: sparse.csr_array
    bounded: bool
    method: str

    def problem(
        self,
        part: Part,
        distance: Distance,
        solution: Solution,
        low: FloatArray,
        high: FloatArray,
        where: str = "",
    ) -> InfeasibleError | None:
        """What is wrong with a solution, None where nothing is."""
        low = np.maximum(low, 0.0)
        if part.give.any():
            if solution.converged:
                return None
            part = without(part, part.give > 0)
        if solution.converged:
            if not suspicious(part, distance, solution.factor).any():
                return None
        else:
            try:
                found = reach(part, low, high)
            except ArithmeticError:
                return self._stuck(part, solution, where)
            if not found.met:
                return self._unreachable(part, found, low, high, where)
        near_low, near_high = _nearly(part, distance, solution, low, high)
        if near_low.size + near_high.size:
            space = room(part, low, high, near_low, near_high)
            if space <= _NO_ROOM:
                return self._forced(part, np.union1d(near_low, near_high), where)
        return None if solution.converged else self._stuck(part, solution, where)

    def replicate(self, part: Part, distance: Distance, number: int) -> InfeasibleError:
        """Why a replicate (counted from 1) cannot be calibrated."""
        where = f"Replicate {number}"
        labels = self._labels(part)
        before = column_sums(part.x, part.sums)
        empty = np.flatnonzero((before <= 0) & (part.totals != 0))
        advice = "merge levels, or choose replicates that drop nobody (kind='fay')"
        if empty.size:
            names = [labels[k] for k in empty]
            return InfeasibleError(
                f"{where} has nobody in {enumerate_first(names, 3)}, where people live; {advice}",
                {labels[k]: float(-part.totals[k]) for k in empty},
                {labels[k]: 1.0 for k in empty},
                part.group,
            )
        low = np.zeros(part.patterns.size)
        high = np.full(part.patterns.size, np.inf)
        if isinstance(distance, Truncated | Logit):
            low, high = np.maximum(distance.low[:, 0], 0.0), distance.high[:, 0]
        lost = solve(part, distance)
        found = self.problem(part, distance, lost, low, high, where)
        found = found or self._stuck(part, lost, where)
        return InfeasibleError(f"{found}; {advice}", found.gaps, found.certificate, found.group)

    def _stuck(self, part: Part, solution: Solution, where: str) -> InfeasibleError:
        """Nothing is known to be in the way, and yet the totals are not met."""
        labels = self._labels(part)
        gap = np.asarray(part.x.T @ (part.sums * solution.factor)) - part.totals
        worst = int(np.argmax(np.abs(gap) / part.scale)) if np.isfinite(gap).all() else 0
        return InfeasibleError(
            f"{self._where(part, where)}Calibration did not converge: after {solution.iterations} "
            f"steps {labels[worst]!r} is off by {gap[worst]:.4g}; use method='truncated' with "
            "bounds, or merge small levels",
            {labels[worst]: float(gap[worst])},
            group=part.group,
        )

    def _labels(self, part: Part) -> list[str]:
        return [self.labels[k] for k in part.columns]

    def _where(self, part: Part, where: str) -> str:
        told = ", ".join(w for w in (where, part.group) if w)
        return f"{told}: " if told else ""

    def _unreachable(
        self, part: Part, found: Reach, low: FloatArray, high: FloatArray, where: str
    ) -> InfeasibleError:
        """No weights meet the totals: which totals, and by how much they are missed."""
        labels = self._labels(part)
        multipliers = sparsest(part, found.multipliers)
        gaps = {
            labels[k]: float(found.gap[k])
            for k in np.flatnonzero(np.abs(found.gap) > 1e-8 * part.scale)
        }
        order = np.argsort(-np.abs(multipliers) * part.scale, kind="stable")
        certificate = {labels[k]: float(multipliers[k]) for k in order if multipliers[k]}
        shown = []
        for name, gap in gaps.items():
            target = part.totals[labels.index(name)]
            share = f", {100 * gap / abs(target):+.1f} %" if target else ""
            shown.append(f"{name} {target + gap:.6g} instead of {target:.6g}{share}")
        what, advice = "No weights", "correct the totals, merge levels"
        if self.bounded:
            what = "No weights within the bounds"
            advice = "widen the bounds" if _met_freely(part) else f"nor do others; {advice}"
            typical = typical_factor(part)
            if not (low < typical).any() or not (high > typical).any():
                advice = f"weights must grow {typical:.4g} times on the whole; " + advice
        return InfeasibleError(
            f"{self._where(part, where)}{what} meet these totals together: "
            f"{enumerate_first(list(certificate), 6)}; the nearest that can be reached are "
            f"{enumerate_first(shown, 4)}; {advice}, or ask for infeasible='nearest' or ridge=",
            gaps,
            certificate,
            part.group,
        )

    def _forced(self, part: Part, edge: npt.NDArray[np.intp], where: str) -> InfeasibleError:
        """The totals can be met, but only by factors that the method cannot give."""
        named = []
        for k in part.patterns[edge]:
            columns = self.x.indices[self.x.indptr[k] : self.x.indptr[k + 1]]
            named.append("(" + ", ".join(self.labels[c] for c in columns) + ")")
        end = "factors at the bounds" if self.method == "logit" else "weights of zero"
        return InfeasibleError(
            f"{self._where(part, where)}The totals can be met, but only with {end} for respondents "
            f"of {enumerate_first(named, 3)}, which {self.method} cannot give; correct the totals, "
            "merge levels, or ask for infeasible='nearest' or ridge=",
            group=part.group,
        )


def _met_freely(part: Part) -> bool:
    """Whether any weights at all meet the totals."""
    try:
        return reach(part, np.zeros(part.sums.size), np.full(part.sums.size, np.inf)).met
    except ArithmeticError:
        return False


def suspicious(part: Part, distance: Distance, factor: FloatArray) -> npt.NDArray[np.bool_]:
    """Which factors, (P,) or (P, R), are so small that the totals may force them to zero."""
    if part.single or part.give.any() or not _never_zero(distance):
        return np.zeros(factor.shape, dtype=bool)
    small: npt.NDArray[np.bool_] = factor < _SUSPICIOUS * typical_factor(part)
    if isinstance(distance, Truncated):
        small &= (distance.low if factor.ndim == 2 else distance.low[:, 0]) <= 0
    return small


def forced_to_zero(part: Part, distance: Distance, small: npt.NDArray[np.bool_]) -> bool:
    """Whether the totals, which are met, leave some of the factors `small` (P,) at zero only."""
    low, high = np.zeros(part.sums.size), np.full(part.sums.size, np.inf)
    if isinstance(distance, Truncated):
        low, high = np.maximum(distance.low[:, 0], 0.0), distance.high[:, 0]
    nothing = np.zeros(0, dtype=np.intp)
    return room(part, low, high, np.flatnonzero(small), nothing) <= _NO_ROOM


def _never_zero(distance: Distance) -> bool:
    """Whether factors are positive without any bound that says so."""
    free = distance.free if isinstance(distance, Truncated) else distance
    return isinstance(free, Exponential)


def _nearly(
    part: Part, distance: Distance, solution: Solution, low: FloatArray, high: FloatArray
) -> tuple[IntArray, IntArray]:
    """The patterns whose factors tend to ends that the method does not reach, below and above."""
    factor, nothing = solution.factor, np.zeros(0, dtype=np.intp)
    share = _SUSPICIOUS if solution.converged else _NEAR
    if isinstance(distance, Logit):
        width = share * (high - low)
        return np.flatnonzero(factor - low < width), np.flatnonzero(high - factor < width)
    if _never_zero(distance):
        return np.flatnonzero((factor < share * typical_factor(part)) & (low == 0)), nothing
    return nothing, nothing
