"""Which units to hide so that nothing sensitive is found out and the least is lost.

The cutting planes of Fischetti and Salazar-González (2001, "Solving the cell suppression problem on
tabular data with linear constraints", Management Science 47, section 3) with sliding protection
levels: a binary variable a unit; whatever a choice leaves too narrow, the dual of the attacker's
programme turns into an inequality that every choice that protects must satisfy. Inequalities are
added until the cheapest choice that satisfies them protects, which then is the cheapest of all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from survey_stats.protect.attack import bounds
from survey_stats.protect.problem import Bools, Floats, Ints, Problem, components
from survey_stats.protect.quiet import quiet

ROUNDS = 60
"""So many times the search asks the attacker; a limit of time would not be repeatable."""
NODES = 2_000
"""So many nodes each search may visit."""
AT_ONCE = 8
"""So many of the narrowest quantities make inequalities at a time."""
_CLOSE = 1e-6
_MOVES = 2.0


@dataclass(frozen=True, eq=False)
class Solution:
    """The hidden units, and whether no cheaper choice protects as well."""

    hidden: Bools
    proven: bool = True


def solve(problem: Problem) -> Solution:
    """The cheapest choice of units under which every sensitive quantity keeps its width.

    Sums are hidden only where no choice among the other units protects; the answers of a kind are
    asked no wider an interval than hiding all that is no sum would give, since what hardly anybody
    in a whole city answers is no secret of a small group (unless they are few themselves by the
    rule). A search that is not done after `ROUNDS`
    rounds is finished by adding the cheapest unit that helps, one at a time; the solution then says
    that it is not proven to be the cheapest.
    """
    hidden = problem.closed(np.zeros(len(problem.cost), dtype=np.bool_))
    if not len(problem.sensitive):
        return Solution(hidden)
    narrow = _narrow(problem, hidden)
    if not narrow.any():
        return Solution(hidden)
    proven = True
    problem = replace(problem, width=_attainable(problem, narrow & problem.strict))
    width = problem.width.copy()
    left = np.zeros(len(problem.sensitive), dtype=np.bool_)
    for part in _parts(problem, ~problem.total | problem.forced):
        own = np.isin(problem.sensitive, part)
        if not narrow[own].any():
            continue
        search = _Search(problem.about(part), sums=False)
        chosen = search.run()
        width[own] = search.problem.width
        if chosen is None:
            left[own] = True
            continue
        hidden |= chosen.hidden
        proven &= chosen.proven
    problem = replace(problem, width=width)
    if left.any():
        for part in _parts(problem, np.ones(len(problem.cost), dtype=np.bool_)):
            own = np.isin(problem.sensitive, part)
            if not left[own].any():
                continue
            search = _Search(problem.about(part), sums=True)
            chosen = search.run()
            # what even sums cannot protect is not asked for again
            width[own] = np.minimum(width[own], search.problem.width)
            hidden |= _all_of(problem, part) if chosen is None else chosen.hidden
            proven &= chosen is not None and chosen.proven
    problem = replace(problem, width=width)
    hidden = problem.closed(hidden)
    # parts that were solved apart may meet in a sum that one of them hides
    if left.any() and _narrow(problem, hidden).any():
        hidden, proven = _one_by_one(problem, hidden), False
    return Solution(hidden, proven)


def _attainable(problem: Problem, wanted: Bools) -> Floats:
    """The widths, of some no wider than the flags leave them open when everything is hidden."""
    width = problem.width.copy()
    if wanted.any():
        everything = np.ones(len(problem.cost), dtype=np.bool_)
        # where bases are hidden too, a hidden number of answers may also be none at all
        none = np.where(problem.answer & (problem.low > 1), 0.0, problem.low)
        loose = replace(problem, low=none)
        low, high = bounds(loose, everything, problem.sensitive[wanted])
        width[wanted] = np.minimum(width[wanted], np.maximum(high - low - 10 * _CLOSE, 0.0))
    return width


def _all_of(problem: Problem, part: Ints) -> Bools:
    out = np.zeros(len(problem.cost), dtype=np.bool_)
    units = problem.unit[part]
    out[units[units >= 0]] = True
    return problem.closed(out)


def _parts(problem: Problem, hideable: Bools) -> list[Ints]:
    """The quantities that hang together through what can be hidden."""
    label = components(problem, problem.free(hideable), by_unit=True)
    wanted = sorted(set(label[problem.sensitive].tolist()) - {-1})
    return [np.flatnonzero(label == k) for k in wanted]


def _narrow(problem: Problem, hidden: Bools) -> Bools:
    return np.asarray(_short(problem, hidden) > _CLOSE * (1 + problem.width), dtype=np.bool_)


def _short(problem: Problem, hidden: Bools) -> Floats:
    """How much too narrow each sensitive quantity's interval is."""
    low, high = bounds(problem, hidden)
    return np.asarray(problem.width - (high - low))


class _Search:
    """The cheapest choice for one component."""

    def __init__(self, problem: Problem, sums: bool) -> None:
        self.problem, self.sums = problem, sums
        free = np.ones(len(problem.cost), dtype=np.bool_) if sums else ~problem.total
        self.hideable = free | problem.forced
        self.label = components(problem, problem.free(self.hideable))
        units = np.unique(problem.unit[problem.unit >= 0])
        pairs = problem.implies[np.isin(problem.implies, units).any(axis=1)]
        self.units = np.unique(np.concatenate([units, pairs.ravel()])).astype(np.int64)
        self.index = np.full(len(problem.cost), -1, dtype=np.int64)
        self.index[self.units] = np.arange(len(self.units))
        self.pairs = self.index[pairs]
        self.cost = self._prices()
        self.cuts: list[tuple[int, Floats]] = []
        self.copied: list[int] = []

    def run(self) -> Solution | None:
        """The choice; None where none protects."""
        hidden = self.problem.closed(np.zeros(len(self.problem.cost), dtype=np.bool_))
        done = True
        for _ in range(ROUNDS):
            short = _short(self.problem, hidden)
            bad = np.flatnonzero(short > _CLOSE * (1 + self.problem.width))
            if not len(bad):
                return Solution(hidden, done)
            # bases first: what hides them hides the answers too
            order = np.lexsort((bad, -short[bad], self.problem.answer[self.problem.sensitive[bad]]))
            bad = bad[order]
            # like questions hide together: one of them tells for all
            _, first = np.unique(self.problem.unit[self.problem.sensitive[bad]], return_index=True)
            for k in bad[np.sort(first)][:AT_ONCE].tolist():
                if k in self.copied or self.problem.answer[self.problem.sensitive[k]]:
                    self.cuts.append((k, self._cut(k, hidden)))
                else:
                    self.copied.append(k)
            if not self._ask_less():
                return None
            found = self._choose(_MOVES) or self._choose(np.inf)
            if found is None:
                return None
            hidden, optimal = found
            done &= optimal
        return Solution(_one_by_one(self.problem, hidden, self.sums), False)

    def _cut(self, k: int, hidden: Bools) -> Floats:
        """By how much each unit can widen the interval of a quantity, by the attacker's duals."""
        problem = self.problem
        q = int(problem.sensitive[k])
        own = np.flatnonzero(self.label == self.label[q])
        rows = problem.rows[:, own]
        rows = sparse.csr_array(rows[np.diff(rows.indptr) > 0])
        value, low, high = problem.value[own], problem.low[own], problem.high[own]
        seen = ~problem.free(hidden)[own]
        limits = np.column_stack([np.where(seen, value, low), np.where(seen, value, high)])
        goal = (own == q).astype(float)
        out = np.zeros(len(self.units))
        unit = problem.unit[own]
        mine = unit >= 0
        for sign in (1.0, -1.0):
            found = linprog(sign * goal, A_eq=rows, b_eq=rows @ value, bounds=limits)  # type: ignore[call-overload]
            # what a looser bound of each quantity is worth
            worth = np.asarray(found.lower.marginals + found.upper.marginals)
            room = np.where(worth > 0, value - low, high - value)
            np.add.at(out, self.index[unit[mine]], (np.abs(worth) * room)[mine])
            out_free = (np.abs(worth) * room)[~mine].sum()
            if out_free:
                # never printed, whatever is hidden: worth the same in every choice
                out[self.index[problem.unit[q]] if problem.unit[q] >= 0 else 0] += out_free
        return out

    def _choose(self, moves: float) -> tuple[Bools, bool] | None:
        """The cheapest choice that satisfies everything so far; None where there is none.

        `moves` is how many times its width a base may move for another one's sake. Among the cells
        of a table with two columns it never needs more than its width, and the programme is far
        quicker to solve.
        """
        problem, U = self.problem, len(self.units)
        copies = [
            (*copy, moves * problem.width[k]) for k in self.copied for copy in self._copies(k)
        ]
        N = U + sum(len(own) for own, *_ in copies)
        lower, upper = np.zeros(N), np.ones(N)
        lower[:U] = problem.forced[self.units]
        upper[:U] = self.hideable[self.units]
        constraints = []
        if self.cuts:
            width = np.array([problem.width[k] for k, _ in self.cuts])
            # a unit never needs to count for more than what is asked
            worth = np.minimum(np.array([cut for _, cut in self.cuts]), width[:, None])
            wide = sparse.hstack([sparse.csr_array(worth), sparse.csr_array((len(width), N - U))])
            constraints.append(LinearConstraint(wide, lb=width - _CLOSE))
        if len(self.pairs):
            rows = np.repeat(np.arange(len(self.pairs)), 2)
            signs = np.tile([1.0, -1.0], len(self.pairs))
            shape = (len(self.pairs), N)
            matrix = sparse.coo_array((signs, (rows, self.pairs.ravel())), shape=shape)
            constraints.append(LinearConstraint(matrix.tocsr(), ub=0.0))
        at = U
        ends = []
        for own, place, most in copies:
            index = at + np.arange(len(own))
            value = problem.value[own]
            lower[index] = np.maximum(problem.low[own], value - most)
            upper[index] = np.minimum(problem.high[own], value + most)
            constraints += self._copy(own, index, (lower[index], upper[index]), N)
            ends.append(at + place)
            at += len(own)
        for k, plus, minus in zip(self.copied, ends[::2], ends[1::2], strict=True):
            row = sparse.coo_array(([1.0, -1.0], ([0, 0], [plus, minus])), shape=(1, N))
            constraints.append(LinearConstraint(row.tocsr(), lb=problem.width[k] - _CLOSE))
        with quiet():
            found = milp(
                np.concatenate([self.cost, np.zeros(N - U)]),
                integrality=(np.arange(N) < U).astype(np.int64),
                bounds=Bounds(lower, upper),
                constraints=constraints,
                options={"node_limit": NODES, "mip_rel_gap": 1e-4},
            )
        if found.x is None:
            return None
        hidden = np.zeros(len(problem.cost), dtype=np.bool_)
        hidden[self.units] = found.x[:U] > 0.5
        return problem.closed(hidden), found.status == 0

    def _copies(self, k: int) -> list[tuple[Ints, int]]:
        """The bases that hang together with a base, twice, and its place among them."""
        problem = self.problem
        q = int(problem.sensitive[k])
        own = np.flatnonzero((self.label == self.label[q]) & ~problem.answer)
        return [(own, int(np.searchsorted(own, q)))] * 2

    def _copy(
        self, own: Ints, index: Ints, within: tuple[Floats, Floats], N: int
    ) -> list[LinearConstraint]:
        """One copy of the bases: their relations hold, and what is printed is the truth."""
        problem = self.problem
        among = np.zeros(len(problem.value), dtype=np.bool_)
        among[own] = True
        free = self.label >= 0
        # a relation that has answers in it is about more than bases
        outside = problem.rows[:, np.flatnonzero(free & ~among)]
        inside = problem.rows[:, own]
        keep = (np.diff(inside.indptr) > 0) & (np.diff(sparse.csr_array(outside).indptr) == 0)
        rows = sparse.csr_array(inside[keep])
        spread = sparse.coo_array(rows)
        shape = (rows.shape[0], N)
        matrix = sparse.coo_array((spread.data, (spread.coords[0], index[spread.coords[1]])), shape)
        right = rows @ problem.value[own]
        out = [LinearConstraint(matrix.tocsr(), right, right)]
        hides = problem.unit[own] >= 0
        at, quantity = index[hides], own[hides]
        K = len(quantity)
        if not K:
            return out
        unit = self.index[problem.unit[quantity]]
        value = problem.value[quantity]
        ones, line = np.ones(K), np.arange(K)
        low, high = (limit[hides] for limit in within)
        for room, sense in ((high - value, 1.0), (value - low, -1.0)):
            entries = np.concatenate([sense * ones, -room])
            places = np.concatenate([line, line]), np.concatenate([at, unit])
            both = sparse.coo_array((entries, places), shape=(K, N))
            out.append(LinearConstraint(both.tocsr(), ub=sense * value))
        return out

    def _ask_less(self) -> bool:
        """Ask of answers, and of bases where sums may go, no more than hiding everything gives.

        Returns:
            False where a strict one gets too little as long as sums are printed.
        """
        problem = self.problem
        asked = np.array(sorted({*self.copied, *(k for k, _ in self.cuts)}), dtype=np.int64)
        some = problem.sensitive[asked]
        low, high = bounds(problem, problem.closed(self.hideable), some)
        less = high - low
        width = problem.width.copy()
        lower = problem.answer[some] | self.sums
        lower &= less < width[asked] - _CLOSE
        if not self.sums and (lower & problem.strict[asked]).any():
            return False
        width[asked[lower]] = np.maximum(less[lower] - 10 * _CLOSE, 0.0)
        self.problem = replace(problem, width=width)
        return True

    def _prices(self) -> Floats:
        """Costs in which a sum costs more than everything that is none, and sizes break ties."""
        problem, K = self.problem, len(self.units)
        rank = np.empty(K)
        rank[np.lexsort((self.units, problem.size[self.units]))] = np.arange(1, K + 1)
        # all ranks together weigh less than one unit
        cost = problem.cost[self.units] + 0.9 * rank / (K + 1) ** 2
        total = problem.total[self.units]
        cost[total] += cost[~total].sum() + 1
        return np.asarray(cost, dtype=np.float64)


def _one_by_one(problem: Problem, hidden: Bools, sums: bool = True) -> Bools:
    """`hidden` and the cheapest units near what is found out, until nothing is.

    Never stuck: it ends with everything hidden that may be.
    """
    hidden = problem.closed(hidden)
    while True:
        narrow = _narrow(problem, hidden)
        unit = _next_unit(problem, hidden, problem.sensitive[narrow], sums)
        if not narrow.any() or unit is None:
            return hidden
        hidden = hidden.copy()
        hidden[unit] = True
        hidden = problem.closed(hidden)


def _next_unit(problem: Problem, hidden: Bools, reach: Ints, sums: bool) -> int | None:
    """The cheapest unit that is printed in a relation of what was found out, or further away."""
    free = problem.free(hidden)
    label = components(problem, free)
    near = np.isin(label, label[reach]) & free
    near[reach] = True
    for rows in (problem.rows[:, np.flatnonzero(near)], problem.rows):
        touched = np.flatnonzero(np.diff(sparse.csr_array(rows).indptr) > 0)
        columns = np.unique(problem.rows[touched].indices)
        units = np.unique(problem.unit[columns])
        units = units[units >= 0]
        units = units[~hidden[units]]
        for group in (units[~problem.total[units]], units[problem.total[units] & sums]):
            if len(group):
                order = np.lexsort((group, problem.size[group], problem.cost[group]))
                return int(group[order[0]])
    return None
