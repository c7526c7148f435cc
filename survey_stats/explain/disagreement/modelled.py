"""The composition by models of the answers, or by reweighting one survey to look like the other.

What is fitted has a main effect for each variable, unless it is saturated; then all of these say
what Kitagawa's cells say. Every function takes the totals of the C cells, with any axes before
(..., 4, C), and works on complex numbers, so that one pass differentiates it (`differentiated`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from survey_stats.errors import InputError
from survey_stats.explain.disagreement.kitagawa import (
    Floats,
    Ints,
    Margin,
    Parts,
    Totals,
    shapley_weights,
)

Method = Literal["kitagawa", "oaxaca", "fairlie", "reweighting"]
# real or complex
Array = NDArray[Any]

_STEPS = 60
_CLOSE = 1e-13
# a coefficient of a logistic model beyond this is on its way to infinity
_FAR = 25.0
# complex numbers handled at a time
_ROOM = 1 << 22


def modelled(
    totals: Totals, levels: Ints, names: Sequence[str], method: Method, lean: float, saturated: bool
) -> Parts:
    """The contribution of each variable to the composition by a method, (K,), with slopes.

    Raises:
        InputError: variables that say the same, or a group in which all answers agree.
    """
    sets, weights = shapley_weights(levels.shape[1])
    designs = [_design(levels[:, list(s)], saturated) for s in sets]
    margins = [Margin.of(levels, s) for s in sets]
    whole, owners = _columns(levels, saturated)
    _check_rank(whole, totals, names)

    def oaxaca(t: Array) -> Array:
        return _oaxaca(t, whole, owners, lean)

    def fairlie(t: Array) -> Array:
        rates = [_fitted(t[..., i, :], t[..., i + 1, :], whole) for i in (0, 2)]
        worth = [_at_margin(t, rates, m, lean) for m in margins]
        return np.stack(worth, axis=-1) @ weights.T

    def reweighting(t: Array) -> Array:
        worth = [_reweighted(t, x, lean) for x in designs]
        return np.stack(worth, axis=-1) @ weights.T

    chosen: dict[str, Callable[[Array], Array]] = {
        "oaxaca": fairlie if saturated else oaxaca,
        "fairlie": fairlie,
        "reweighting": reweighting,
    }
    return differentiated(chosen[method], totals)


def differentiated(function: Callable[[Array], Array], totals: Totals) -> Parts:
    """A function of the totals (..., 4, C) -> (..., R) with its slopes, by the complex step."""
    at = totals.stacked()
    value = np.real(function(at))
    size = at.size
    slope = np.empty((size, value.size))
    step = 1e-20 * max(1.0, float(np.abs(at).max()))
    block = max(1, _ROOM // (size * 8))
    for start in range(0, size, block):
        which = np.arange(start, min(start + block, size))
        moved = np.broadcast_to(at, (which.size, *at.shape)).astype(np.complex128)
        moved.reshape(which.size, -1)[np.arange(which.size), which] += 1j * step
        slope[which] = np.imag(function(moved)) / step
    return Parts(value, slope.T.reshape(value.size, *at.shape))


def _columns(levels: Ints, saturated: bool) -> tuple[Floats, Ints]:
    """Model columns by cell, (C, P), and the variable that each belongs to, -1 for the constant.

    Main effects, without the first level of each variable; saturated: a column for each cell.
    """
    C, K = levels.shape
    if saturated:
        return np.eye(C), np.full(C, -1)
    parts, owners = [np.ones((C, 1))], [-1]
    for k in range(K):
        found = np.unique(levels[:, k])[1:]
        parts.append((levels[:, [k]] == found).astype(np.float64))
        owners += [k] * found.size
    return np.concatenate(parts, axis=1), np.array(owners)


def _design(levels: Ints, saturated: bool) -> Floats:
    """The columns of a model of these variables alone, (C, P)."""
    if saturated and levels.shape[1]:
        margin = Margin.of(levels, range(levels.shape[1]))
        return np.equal.outer(margin.code, np.arange(margin.size)).astype(np.float64)
    return _columns(levels, False)[0]


def _check_rank(columns: Floats, totals: Totals, names: Sequence[str]) -> None:
    for weight in (totals.weight_first, totals.weight_second):
        scaled = columns * np.sqrt(weight)[:, None]
        if np.linalg.matrix_rank(scaled) < columns.shape[1]:
            raise InputError(
                f"The main effects of {', '.join(names)} cannot be told apart, as one follows from "
                "the others; leave one out, or use method='kitagawa'"
            )


def _solve(columns: Floats, weight: Array, right: Array) -> Array:
    """Solutions (..., P) of X' diag(weight) X b = X' right for weights (..., C)."""
    P = columns.shape[1]
    products = (columns[:, :, None] * columns[:, None, :]).reshape(-1, P * P)
    normal = (weight @ products).reshape(*weight.shape[:-1], P, P)
    out: Array = np.linalg.solve(normal, (right @ columns)[..., None])[..., 0]
    return out


def _oaxaca(t: Array, columns: Floats, owners: Ints, lean: float) -> Array:
    """Mean differences times the coefficients of linear models of the answers, by variable.

    Oaxaca (1973, International Economic Review 14:693) and Blinder (1973), with coefficients
    `(1 - lean)` of the first survey and `lean` of the second (Reimers 1983 with 0.5).
    """
    betas = [_solve(columns, t[..., i, :], t[..., i + 1, :]) for i in (0, 2)]
    means = [(t[..., i, :] @ columns) / t[..., i, :].sum(-1)[..., None] for i in (0, 2)]
    terms = (means[1] - means[0]) * ((1 - lean) * betas[0] + lean * betas[1])
    K = int(owners.max(initial=-1)) + 1
    out: Array = terms @ np.equal.outer(owners, np.arange(K)).astype(np.float64)
    return out


def _fitted(weight: Array, yes: Array, columns: Floats) -> Array:
    """Rates by cell of a logistic model with these columns, (..., C)."""
    if columns.shape[0] == columns.shape[1]:
        return yes / weight
    beta = _newton(np.real(weight), np.real(yes), columns)
    # one more complex step carries the derivative, since the real part stands still
    for _ in range(2 * int(np.iscomplexobj(weight))):
        beta = beta + _step(beta, weight, yes, columns)
    return _logistic(beta @ columns.T)


def _newton(weight: Floats, yes: Floats, columns: Floats) -> Array:
    """Coefficients (..., P) of the logistic model with the largest weighted likelihood."""
    # all rows are one point apart from imaginary parts
    first = (0,) * (weight.ndim - 1)
    one, other = weight[first], yes[first]
    beta: Array = np.zeros(columns.shape[1])
    for _ in range(_STEPS):
        step = _step(beta, one, other, columns)
        largest = float(np.abs(step).max(initial=0.0))
        beta = beta + step * min(1.0, 5.0 / max(largest, 1e-300))
        if np.abs(beta).max(initial=0.0) > _FAR:
            break
        if largest < _CLOSE * (1 + np.abs(beta).max(initial=0.0)):
            return beta
    raise InputError(
        "A logistic model does not fit: in some group all answers agree, or the groups of one "
        "survey are told by the variables alone; merge levels, or use method='kitagawa'"
    )


def _step(beta: Array, weight: Array, yes: Array, columns: Floats) -> Array:
    rate = _logistic(beta @ columns.T)
    return _solve(columns, weight * rate * (1 - rate), yes - weight * rate)


def _logistic(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _shares(t: Array) -> tuple[Array, Array]:
    """Parts of the cells in both surveys, (..., C) each."""
    first, second = t[..., 0, :], t[..., 2, :]
    return first / first.sum(-1)[..., None], second / second.sum(-1)[..., None]


def _at_margin(t: Array, rates: Sequence[Array], margin: Margin, lean: float) -> Array:
    """The composition by the groups of a margin, with rates of cells from a model; (...).

    Fairlie (2005, Journal of Economic and Social Measurement 30:305): rates that a logistic model
    of one survey gives the people of the other, here without drawing who is matched with whom.
    """
    a, b = _shares(t)
    member = np.equal.outer(margin.code, np.arange(margin.size)).astype(np.float64)
    parts = a @ member, b @ member
    own = [(part * rate) @ member for part, rate in zip((a, b), rates, strict=True)]
    mixed = (1 - lean) * own[0] / parts[0] + lean * own[1] / parts[1]
    total: Array = ((parts[1] - parts[0]) * mixed).sum(-1)
    return total


def _reweighted(t: Array, columns: Floats, lean: float) -> Array:
    """The composition by reweighting each survey to the other's people; (...).

    The weights are the odds of being in the other survey by a logistic model of the variables,
    both surveys counting alike (DiNardo, Fortin and Lemieux 1996, Econometrica 64:1001, section 3).
    """
    a, b = _shares(t)
    both = a + b
    odds_to = _odds(both, b, columns)
    rates = t[..., 1, :] / t[..., 0, :], t[..., 3, :] / t[..., 2, :]
    like_second = a * odds_to
    like_first = b / odds_to
    like_second = like_second / like_second.sum(-1)[..., None]
    like_first = like_first / like_first.sum(-1)[..., None]
    by_first = ((like_second - a) * rates[0]).sum(-1)
    by_second = ((b - like_first) * rates[1]).sum(-1)
    total: Array = (1 - lean) * by_first + lean * by_second
    return total


def _odds(both: Array, second: Array, columns: Floats) -> Array:
    """Odds of the second survey by cell, (..., C); those of the groups where X has one a group."""
    if ((columns == 0) | (columns == 1)).all() and (columns.sum(axis=1) == 1).all():
        of_second, of_both = second @ columns, both @ columns
        ratio = of_second / (of_both - of_second)
        odds: Array = ratio @ columns.T
    else:
        rate = _fitted(both, second, columns)
        odds = rate / (1 - rate)
    return odds
