"""Two results side by side: the errors of any combination of the two of a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from survey_stats.compare.align import Pairs, take
from survey_stats.estimate import Estimates, Scores
from survey_stats.estimate.scores import stack

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

# with more df than this a t test is a normal test, also in the tails of large families
MANY = 1000


@dataclass(frozen=True, eq=False)
class Paired:
    """Two results and which rows of them are compared; R comparisons.

    Both are of one design, with covariances that the sampling units tell, or of independent
    samples, without any.
    """

    before: Estimates
    after: Estimates
    pairs: Pairs

    @property
    def one_design(self) -> bool:
        """Whether both are over the same respondents, so that their covariance is known."""
        return self.before.design is self.after.design

    def scores(self, rows: Ints, low: Floats, high: Floats) -> Sequence[Scores]:
        """Errors of `low` times before plus `high` times after, for `rows` on both sides.

        Their covariances add up: one set of scores of one design, or one of each sample.
        """
        first, second = self.pairs.before[rows], self.pairs.after[rows]
        if not self.one_design:
            return (
                self.before.scores().combine(_columns(len(self.before), [(first, low)])),
                self.after.scores().combine(_columns(len(self.after), [(second, high)])),
            )
        one = self.before.scores()
        both = stack([one, self.after.scores()])
        weights = _columns(both.n_rows, [(first, low), (one.n_rows + second, high)])
        return (both.combine(weights),)

    def variance(self, rows: Ints, low: Floats, high: Floats) -> Floats:
        """Variance of `low` times before plus `high` times after, (len(rows),)."""
        if not self.one_design:
            one = take(self.before.se, self.pairs.before[rows]) * low
            other = take(self.after.se, self.pairs.after[rows]) * high
            return one**2 + other**2
        (scores,) = self.scores(rows, low, high)
        return scores.variance()

    def joint(self) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Variance of after minus before of each pair of one design, its df, and whether the two
        share strata, without which they are independent; (R,) each.

        The df are PSUs less strata among those that hold a member of either side, or the design's.
        """
        known = np.flatnonzero((self.pairs.before >= 0) & (self.pairs.after >= 0))
        ones = np.ones(known.size)
        (scores,) = self.scores(known, -ones, ones)
        variance, df = np.full((2, self.pairs.before.size), np.nan)
        variance[known] = scores.variance()
        if "design" in (self.before.df_rule, self.after.df_rule):
            df[known] = scores.design.df
        else:
            df[known] = scores.df_of(sparse.csc_array(sparse.eye_array(known.size)))
        linked = np.zeros(self.pairs.before.size, dtype=bool)
        linked[known] = self._linked(known)
        return variance, df, linked

    def worth(self) -> tuple[Floats, Floats, Floats]:
        """df that unequal sampling units leave the variances: before, after and both together.

        (R,) each; infinite where they are not known, as for totals, replicates and results whose
        df are those of the whole design, and where there are so many that it does not matter.
        """
        R = self.pairs.before.size
        sides = []
        for result, rows in self._sides():
            found = None
            if _by_domain(result):
                few = np.flatnonzero(result.df <= MANY)
                found = result.scores().effective_df([few])
            known = np.full(len(result), np.inf)
            if found is not None:
                known[few] = found
            sides.append(np.nan_to_num(take(known, rows), nan=np.inf))
        both = np.full(R, np.inf)
        if self.one_design and _by_domain(self.before) and _by_domain(self.after):
            least = np.fmin(*(take(r.df, p) for r, p in self._sides()))
            known = (self.pairs.before >= 0) & (self.pairs.after >= 0)
            rows = np.flatnonzero(known & (least <= MANY))
            one = self.before.scores()
            together = stack([one, self.after.scores()])
            found = together.effective_df(
                [self.pairs.before[rows], one.n_rows + self.pairs.after[rows]]
            )
            if found is not None:
                both[rows] = np.nan_to_num(found, nan=np.inf)
        return sides[0], sides[1], both

    def _sides(self) -> tuple[tuple[Estimates, Ints], tuple[Estimates, Ints]]:
        return (self.before, self.pairs.before), (self.after, self.pairs.after)

    def _linked(self, rows: Ints) -> NDArray[np.bool_]:
        one = self.before.scores()
        held = stack([one, self.after.scores()]).strata()
        first = held[:, self.pairs.before[rows]]
        second = held[:, one.n_rows + self.pairs.after[rows]]
        common = np.asarray(first.multiply(second).sum(axis=0)).ravel()
        found: NDArray[np.bool_] = common > 0
        return found


def _by_domain(result: Estimates) -> bool:
    return result.metadata.statistic in ("share", "mean") and result.df_rule == "domain"


def _columns(n_rows: int, parts: Sequence[tuple[Ints, Floats]]) -> sparse.csc_array:
    """A column for each place in `parts` (a row and its weight), shape (n_rows, C)."""
    rows = np.stack([row for row, _ in parts], axis=1)
    weights = np.stack([weight for _, weight in parts], axis=1)
    ends = np.arange(0, rows.size + 1, len(parts))
    return sparse.csc_array((weights.ravel(), rows.ravel(), ends), (n_rows, rows.shape[0]))
