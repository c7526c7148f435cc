"""Yes/no answers drawn from a model so that weighted shares of given domains come out as wanted.

Domains overlap and nest (a square in a neighbourhood in a district in a city, women among all), so
they are first cut into atoms: groups of respondents who belong to exactly the same domains. Every
domain is a union of atoms and atoms are disjoint. A small quadratic programme finds atom shares as
near the model's as the domains' intervals allow; each atom is then drawn and settled on its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import optimize

from survey_stats.demo.targets import Target
from survey_stats.errors import InputError, enumerate_first

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]

# shares of atoms stay off 0 and 1, where a model has no logit
_FLOOR = 0.004
# how many respondents nearest their own threshold are tried when an atom is settled
_NEAREST = 400


def atoms_of(members: BoolArray) -> tuple[IntArray, BoolArray]:
    """The atom of each respondent and which domains each atom belongs to.

    Args:
        members: shape (domains, respondents).

    Returns:
        The atom of each respondent, shape (respondents,), and shape (domains, atoms).

    >>> atoms_of(np.array([[True, True, False], [False, True, False]]))[1].astype(int)
    array([[0, 1, 1],
           [0, 0, 1]])
    """
    signature = np.ascontiguousarray(np.packbits(members, axis=0).T)
    keys = signature.view([("", signature.dtype)] * signature.shape[1]).ravel()
    _, first, atom = np.unique(keys, return_index=True, return_inverse=True)
    return atom.ravel(), members[:, first]


def allocate(
    targets: Sequence[Target], domains: BoolArray, weight: FloatArray, model: FloatArray
) -> FloatArray:
    """Shares of the atoms, as near the model's as the targets' intervals allow, shape (atoms,).

    Minimises Σ_a W_a (x_a - m_a)² / (m_a (1 - m_a)) under lo_k <= Σ_{a in k} W_a x_a / W_k <= hi_k.

    Args:
        targets: one a domain.
        domains: shape (domains, atoms).
        weight: the weight W_a of each atom.
        model: the share m_a that the model gives each atom.

    Raises:
        InputError: no shares meet all targets; those that cannot be met together are named.
    """
    mix = domains * weight
    mix = mix / mix.sum(axis=1, keepdims=True)
    blame: list[Target] = []
    for width in (0.25, 0.4):
        low, high = np.array([t.interval(width) for t in targets]).T
        blame = _conflict(targets, mix, low, high)
        if not blame:
            return _nearest(mix, low, high, weight, model)
    raise InputError(
        "These published shares cannot all hold in one sample, given its weights: "
        f"{enumerate_first([str(t) for t in blame], 6)}; check the rows of the table"
    )


def _conflict(
    targets: Sequence[Target], mix: FloatArray, low: FloatArray, high: FloatArray
) -> list[Target]:
    """The targets that must give way so that the rest can be met; none if all can be."""
    k, atoms = mix.shape
    cost = np.concatenate([np.zeros(atoms), np.ones(2 * k)])
    eye = np.eye(k)
    above = np.hstack([-mix, -eye, np.zeros((k, k))])
    below = np.hstack([mix, np.zeros((k, k)), -eye])
    bounds = [(_FLOOR, 1 - _FLOOR)] * atoms + [(0.0, None)] * (2 * k)
    found = optimize.linprog(
        cost, np.vstack([above, below]), np.concatenate([-low, high]), bounds=bounds
    )
    solution = np.asarray(found.x, dtype=np.float64)
    slack = solution[atoms : atoms + k] + solution[atoms + k :]
    return [t for t, s in zip(targets, slack, strict=True) if s > 1e-9]


def _nearest(
    mix: FloatArray, low: FloatArray, high: FloatArray, weight: FloatArray, model: FloatArray
) -> FloatArray:
    inverse_variance = weight / weight.sum() / (model * (1 - model))

    def distance(x: FloatArray) -> float:
        return float(inverse_variance @ np.square(x - model))

    def slope(x: FloatArray) -> FloatArray:
        return np.asarray(2 * inverse_variance * (x - model))

    found = optimize.minimize(
        distance,
        np.clip(model, _FLOOR, 1 - _FLOOR),
        jac=slope,
        method="SLSQP",
        bounds=optimize.Bounds(_FLOOR, 1 - _FLOOR),
        constraints=optimize.LinearConstraint(mix, low, high),
        options={"maxiter": 500, "ftol": 1e-12},
    )
    share: FloatArray = np.asarray(found.x, dtype=np.float64)
    worst = max(float(np.max(low - mix @ share)), float(np.max(mix @ share - high)))
    if worst > 1e-6:
        raise InputError(
            f"The shares of the published domains did not converge (off by {worst:.1e}); "
            "check the rows of the table for figures that nearly contradict each other"
        )
    return share


def shift_to(eta: FloatArray, weight: FloatArray, atom: IntArray, share: FloatArray) -> FloatArray:
    """Probabilities expit(eta + shift of the atom) whose weighted mean in each atom is `share`.

    Bisection on all atoms at once; shape (respondents,).
    """
    low, high = np.full(share.size, -30.0), np.full(share.size, 30.0)
    total = np.bincount(atom, weights=weight, minlength=share.size)
    for _ in range(60):
        middle = (low + high) / 2
        mean = np.bincount(atom, weights=weight * expit(eta + middle[atom]), minlength=share.size)
        too_high = mean > share * total
        high = np.where(too_high, middle, high)
        low = np.where(too_high, low, middle)
    return expit(eta + ((low + high) / 2)[atom])


def expit(x: FloatArray) -> FloatArray:
    """The inverse logit, for any size of x."""
    out: FloatArray = 0.5 * (1 + np.tanh(0.5 * x))
    return out


def settle(answer: BoolArray, distance: FloatArray, weight: FloatArray, wanted: float) -> BoolArray:
    """The fewest changes of `answer` after which the weight of the yes answers is nearly `wanted`.

    Answers nearest their own threshold change first; a last pair of changes closes the gap.

    Args:
        answer: shape (n,).
        distance: how far the draw was from changing each answer, not negative, shape (n,).
        weight: shape (n,).
        wanted: the sum of weights of those who answer yes.
    """
    settled = answer.copy()
    gap = wanted - float(weight[settled].sum())
    up = gap > 0
    pool = np.flatnonzero(settled != up)
    pool = pool[np.argsort(distance[pool], kind="stable")]
    moved = np.cumsum(weight[pool])
    count = int(np.searchsorted(moved, abs(gap), side="right"))
    settled[pool[:count]] = up
    gap = wanted - float(weight[settled].sum())
    return _close(settled, distance, weight, gap)


def _close(answer: BoolArray, distance: FloatArray, weight: FloatArray, gap: float) -> BoolArray:
    """One more change, or a change each way, whichever leaves the smallest gap."""
    near = np.argsort(distance, kind="stable")[:_NEAREST]
    rising, falling = near[~answer[near]], near[answer[near]]
    # "no change" stands beside the candidates with weight 0
    gain = np.concatenate([[0.0], weight[rising]])
    loss = np.concatenate([[0.0], weight[falling]])
    rest = np.abs(gap - gain[:, None] + loss[None, :])
    i, j = np.unravel_index(int(np.argmin(np.round(rest, 9))), rest.shape)
    closed = answer.copy()
    if i:
        closed[rising[i - 1]] = True
    if j:
        closed[falling[j - 1]] = False
    return closed


def draw(
    targets: Sequence[Target],
    members: BoolArray,
    eta: FloatArray,
    weight: FloatArray,
    uniform: FloatArray,
) -> BoolArray:
    """Yes/no answers from the model `eta` that meet every target, shape (respondents,).

    Args:
        targets: the wanted shares, one a domain; may be empty.
        members: shape (domains, respondents).
        eta: the model's logits.
        weight: the weights of the delivery, as written to the file.
        uniform: one draw in [0, 1) a respondent.

    Raises:
        InputError: the targets contradict each other, or no answers of so few people meet them.
    """
    if not targets:
        return np.asarray(uniform < expit(eta))
    atom, domains = atoms_of(members)
    total = np.bincount(atom, weights=weight).astype(np.float64)
    model = np.bincount(atom, weights=weight * expit(eta)).astype(np.float64) / total
    share = allocate(targets, domains, total, np.clip(model, _FLOOR, 1 - _FLOOR))
    free = ~domains.any(axis=0)
    share[free] = model[free]
    p = shift_to(eta, weight, atom, share)
    answer = np.asarray(uniform < p)
    distance = np.abs(uniform - p)
    for a in np.flatnonzero(~free):
        here = np.flatnonzero(atom == a)
        answer[here] = settle(answer[here], distance[here], weight[here], share[a] * total[a])
    missed = [
        t
        for t, inside in zip(targets, members, strict=True)
        if not t.holds(float(weight[inside & answer].sum() / weight[inside].sum()))
    ]
    if missed:
        raise InputError(
            "So few people are in these domains that no answers of theirs give the printed share: "
            f"{enumerate_first([str(t) for t in missed], 6)}; enlarge the sample there"
        )
    return answer
