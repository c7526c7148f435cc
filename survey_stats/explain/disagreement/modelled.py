"""The composition by models of the answers, or by reweighting one survey to look like the other.

What is fitted has a main effect for each variable, unless it is saturated; then all of these say
what Kitagawa's cells say. Slopes by the totals come from the equations that the coefficients
solve (implicit differentiation), so that no derivative is taken cell by cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from survey_stats.errors import InputError
from survey_stats.explain.disagreement.kitagawa import (
    Floats,
    Ints,
    Margin,
    Parts,
    Totals,
    beside,
    shapley_weights,
)

Method = Literal["kitagawa", "oaxaca", "fairlie", "reweighting"]

_STEPS = 60
_CLOSE = 1e-13
# a coefficient of a logistic model beyond this is on its way to infinity
_FAR = 25.0


def modelled(
    totals: Totals, levels: Ints, names: Sequence[str], method: Method, lean: float, saturated: bool
) -> Parts:
    """The contribution of each variable to the composition by a method, (K,), with slopes.

    `oaxaca`: mean differences times the coefficients of linear models (Oaxaca 1973, International
    Economic Review 14:693; Blinder 1973, Journal of Human Resources 8:436), `(1 - lean)` of the
    first survey's and `lean` of the second's. `fairlie` and `reweighting` share the composition
    among the variables as `kitagawa.by_variable` does, and so does a saturated `oaxaca`.

    Raises:
        InputError: variables that say the same, or a group in which all answers agree.
    """
    sets, weights = shapley_weights(levels.shape[1])
    columns, owners = _columns(levels)
    if not saturated:
        _check_rank(columns, totals, names)
    if method == "oaxaca" and not saturated:
        return _oaxaca(totals, columns, owners, lean)
    if method == "reweighting":
        designs = [_design(levels[:, list(s)], saturated) for s in sets]
        return beside([_reweighted(totals, x, lean) for x in designs]).combined(weights)
    fits = [
        _cells(weight, yes) if saturated else _logistic_model(weight, yes, columns)
        for weight, yes in (
            (totals.weight_first, totals.yes_first),
            (totals.weight_second, totals.yes_second),
        )
    ]
    worth = [_at_margin(totals, fits, Margin.of(levels, s), lean) for s in sets]
    return beside(worth).combined(weights)


@dataclass(frozen=True, eq=False)
class Fit:
    """Rates by cell from a model of one survey, and what a change of the totals does to them.

    The coefficients solve `X'(yes - weight * rate) = 0`. With `bend` the slope of the rates by the
    linear predictor and H = X' diag(weight * bend) X, a function with slopes g by the rates has the
    slopes s = X H^-1 X'(g * bend) by yes, and -rate * s by weight.

    Attributes
    ----------
    rate, bend: (C,)
    columns: X (C, P); None where every cell has its own rate
    inverse: of H, (P, P)
    weight: (C,)
    """

    rate: Floats
    bend: Floats
    weight: Floats
    columns: Floats | None = None
    inverse: Floats | None = None

    def by_yes(self, by_rate: Floats) -> Floats:
        """Slopes by yes of each cell, from those by the rates; (C,) each."""
        if self.columns is None or self.inverse is None:
            return by_rate / self.weight
        return self.columns @ (self.inverse @ (self.columns.T @ (by_rate * self.bend)))


def _cells(weight: Floats, yes: Floats) -> Fit:
    rate = yes / weight
    return Fit(rate, np.ones_like(rate), weight)


def _logistic_model(weight: Floats, yes: Floats, columns: Floats) -> Fit:
    """The logistic model with the largest weighted likelihood.

    Raises:
        InputError: it has none, since some group has one answer only.
    """
    beta = np.zeros(columns.shape[1])
    for _ in range(_STEPS):
        rate = 1 / (1 + np.exp(-(columns @ beta)))
        bend = rate * (1 - rate)
        hessian = (columns * (weight * bend)[:, None]).T @ columns
        try:
            step = np.linalg.solve(hessian, columns.T @ (yes - weight * rate))
        except np.linalg.LinAlgError:
            break
        largest = float(np.abs(step).max(initial=0.0))
        beta = beta + step * min(1.0, 5.0 / max(largest, 1e-300))
        far = float(np.abs(beta).max(initial=0.0))
        if far > _FAR:
            break
        if largest < _CLOSE * (1 + far):
            inverse = np.asarray(np.linalg.inv(hessian), dtype=np.float64)
            return Fit(rate, bend, weight, columns, inverse)
    raise InputError(
        "A logistic model does not fit: in some group all answers agree, or the variables alone "
        "tell the surveys apart; merge levels, or use method='kitagawa'"
    )


def _columns(levels: Ints) -> tuple[Floats, Ints]:
    """Main effects by cell, (C, P), and the variable that each belongs to, -1 for the constant.

    Without the first level of each variable.
    """
    C, K = levels.shape
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
    return _columns(levels)[0]


def _check_rank(columns: Floats, totals: Totals, names: Sequence[str]) -> None:
    for weight in (totals.weight_first, totals.weight_second):
        scaled = columns * np.sqrt(weight / weight.max())[:, None]
        if np.linalg.matrix_rank(scaled) < columns.shape[1]:
            raise InputError(
                f"The main effects of {', '.join(names)} cannot be told apart, as one follows from "
                "the others; leave one out, or use method='kitagawa'"
            )


def _oaxaca(totals: Totals, columns: Floats, owners: Ints, lean: float) -> Parts:
    """Mean differences times the coefficients of linear models of the answers, by variable."""
    sides = (
        (0, totals.weight_first, totals.yes_first, 1 - lean, -1.0),
        (2, totals.weight_second, totals.yes_second, lean, 1.0),
    )
    inverses = [np.linalg.inv((columns * w[:, None]).T @ columns) for _, w, _, _, _ in sides]
    betas = [
        inverse @ (columns.T @ yes)
        for inverse, (_, _, yes, _, _) in zip(inverses, sides, strict=True)
    ]
    means = [w @ columns / w.sum() for _, w, _, _, _ in sides]
    mixed = (1 - lean) * betas[0] + lean * betas[1]
    gap = means[1] - means[0]
    K = int(owners.max(initial=-1)) + 1
    mine = np.equal.outer(np.arange(K), owners).astype(np.float64)
    slope = np.empty((K, 4, columns.shape[0]))
    for (at, weight, _, part, sign), inverse, beta, mean in zip(
        sides, inverses, betas, means, strict=True
    ):
        by_yes = part * (mine * gap) @ inverse @ columns.T
        by_mean = sign * (mine * mixed) @ (columns - mean).T / weight.sum()
        slope[:, at] = by_mean - by_yes * (columns @ beta)
        slope[:, at + 1] = by_yes
    return Parts(mine @ (gap * mixed), slope)


def _by_weight(by_part: Floats, part: Floats, whole: float) -> Floats:
    """Slopes by the weight of each cell, from those by the cells' parts of the weight; (C,)."""
    out: Floats = (by_part - part @ by_part) / whole
    return out


def _at_margin(totals: Totals, fits: Sequence[Fit], margin: Margin, lean: float) -> Parts:
    """The composition by the groups of a margin, with rates of cells from models; one row.

    Fairlie (2005, Journal of Economic and Social Measurement 30:305): rates that a logistic model
    of one survey gives the people of the other, here without drawing who is matched with whom.
    """
    code = margin.code
    wholes = totals.weight_first.sum(), totals.weight_second.sum()
    parts = totals.weight_first / wholes[0], totals.weight_second / wholes[1]
    groups = [margin.sums(p) for p in parts]
    rates = [margin.sums(p * fit.rate) / g for p, fit, g in zip(parts, fits, groups, strict=True)]
    mixed = (1 - lean) * rates[0] + lean * rates[1]
    gap = groups[1] - groups[0]
    slope = np.empty((1, 4, code.size))
    for side, (at, mine, sign) in enumerate(((0, 1 - lean, -1.0), (2, lean, 1.0))):
        fit, part = fits[side], parts[side]
        own = (mine * gap / groups[side])[code]
        by_part = sign * mixed[code] + own * (fit.rate - rates[side][code])
        by_yes = fit.by_yes(own * part)
        slope[0, at] = _by_weight(by_part, part, wholes[side]) - fit.rate * by_yes
        slope[0, at + 1] = by_yes
    return Parts(np.array([gap @ mixed]), slope)


def _reweighted(totals: Totals, columns: Floats, lean: float) -> Parts:
    """The composition by reweighting each survey to the other's people; one row.

    The weights are the odds of being in the other survey by a logistic model of the variables,
    both surveys counting alike (DiNardo, Fortin and Lemieux 1996, Econometrica 64:1001, section 3).
    """
    wholes = totals.weight_first.sum(), totals.weight_second.sum()
    a, b = totals.weight_first / wholes[0], totals.weight_second / wholes[1]
    p = totals.yes_first / totals.weight_first
    q = totals.yes_second / totals.weight_second
    fit = _logistic_model(a + b, b, columns)
    odds = fit.rate / (1 - fit.rate)
    sums = float(a @ odds), float(b @ (1 / odds))
    like_second, like_first = a * odds / sums[0], b / odds / sums[1]
    means = like_second @ p, like_first @ q
    value = (1 - lean) * (means[0] - a @ p) + lean * (b @ q - means[1])
    # odds are the exponential of the linear predictor, whose slopes go through the coefficients
    by_a = (1 - lean) * (odds * (p - means[0]) / sums[0] - p)
    by_b = lean * (q - (q - means[1]) / odds / sums[1])
    by_odds = (1 - lean) * a * (p - means[0]) / sums[0]
    by_odds += lean * b * (q - means[1]) / odds**2 / sums[1]
    assert fit.columns is not None
    assert fit.inverse is not None
    through = columns @ (fit.inverse @ (columns.T @ (by_odds * odds)))
    by_a -= fit.rate * through
    by_b += (1 - fit.rate) * through
    by_p, by_q = (1 - lean) * (like_second - a), lean * (b - like_first)
    slope = np.stack(
        [
            _by_weight(by_a, a, wholes[0]) - by_p * p / totals.weight_first,
            by_p / totals.weight_first,
            _by_weight(by_b, b, wholes[1]) - by_q * q / totals.weight_second,
            by_q / totals.weight_second,
        ]
    )
    return Parts(np.array([value]), slope[None])
