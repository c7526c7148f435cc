"""What small-area estimates are benchmarked to, as it was asked for, and how they get there."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.errors import InputError, enumerate_first
from survey_stats.estimate import Estimates
from survey_stats.explain.small_areas import benchmark as bench
from survey_stats.explain.small_areas import scales
from survey_stats.explain.small_areas.auxiliaries import number_of
from survey_stats.explain.small_areas.result import Benchmarked, Working

Floats = NDArray[np.float64]

ALL = "all"


class Target:
    """What the estimates are benchmarked to, as it was asked for."""

    def __init__(
        self,
        rule: bench.Benchmark | None,
        populations: Mapping[Any, float] | pd.Series[Any] | None,
        total: float | Mapping[Any, float] | None,
        within: Mapping[Any, Hashable] | pd.Series[Any] | None,
    ) -> None:
        given = [n for n, v in (("populations", populations), ("total", total),
                                ("within", within)) if v is not None]  # fmt: skip
        if rule is None and given:
            raise InputError(
                f"{given[0]}= goes with benchmark=; say 'ratio', 'difference' or 'precision', or "
                "leave it out"
            )
        if rule is not None and populations is None:
            raise InputError(
                f"benchmark={rule!r} needs populations=, the inhabitants of each area, to weigh "
                "the areas with"
            )
        self.rule = rule
        self.populations: dict[Any, Any] = _by_area(populations, "populations") or {}
        self.total: Any = total if np.isscalar(total) else _by_area(total, "total")
        self.within = _by_area(within, "within")

    def groups(self, areas: tuple[Hashable, ...]) -> list[Hashable]:
        if self.within is None:
            return [ALL] * len(areas)
        gone = [a for a in areas if a not in self.within or pd.isna(self.within[a])]
        if gone:
            raise InputError(f"within= has no group for {enumerate_first(gone, 3)}; name one")
        return [self.within[a] for a in areas]

    def weights(self, areas: tuple[Hashable, ...]) -> Floats:
        out = np.array([number_of(self.populations.get(a), f"populations= of {a}") for a in areas])
        bad = ~(np.isfinite(out) & (out >= 0))
        if bad.any():
            told = enumerate_first([a for a, b in zip(areas, bad, strict=True) if b], 3)
            raise InputError(f"populations= has no number of inhabitants for {told}; give it")
        return out

    def share(self, group: Hashable) -> float | None:
        if self.total is None:
            return None
        if isinstance(self.total, dict):
            if group not in self.total:
                raise InputError(f"total= has no share for {group!r}; give one for each group")
            value = number_of(self.total[group], f"total= of {group}")
        elif self.within is not None:
            raise InputError("total= is one share but within= makes groups; give a share for each")
        else:
            value = number_of(self.total, "total=")
        if not 0 < value < 1:
            raise InputError(f"total= {value:g} of {group} is no share between 0 and 1")
        return value


def benchmarked(
    target: Target,
    areas: tuple[Hashable, ...],
    estimates: Estimates,
    work: Working,
    estimate: Floats,
    mse: Floats,
    scale: scales.Scale,
) -> tuple[Floats, Floats, Benchmarked]:
    """Estimates that give the totals, what this adds to their mean squared errors, and a record."""
    assert target.rule is not None
    people, group = target.weights(areas), target.groups(areas)
    model = work.fit
    place = np.full(len(areas), -1)
    place[work.rows] = np.arange(work.rows.size)
    every, added = np.zeros(estimate.size), np.zeros(estimate.size)
    out = estimate.copy()
    names = tuple(dict.fromkeys(group))
    told = []
    for name in names:
        mine = np.array([g == name for g in group])
        given = target.share(name)
        summed = mine if given is not None else mine & (place >= 0)
        if not people[summed].sum() > 0:
            raise InputError(
                f"The areas of {name} that are summed have no inhabitants; benchmark= needs some "
                "with respondents, or total="
            )
        weight = np.where(summed, people, 0.0) / people[summed].sum()
        before = float(weight @ estimate)
        answered = weight[: len(estimates)] > 0
        direct = float(weight[: len(estimates)][answered] @ estimates.estimate[answered])
        goal = given if given is not None else direct
        if target.rule == "precision":
            moves = np.zeros(estimate.size)
            moves[summed] = bench.step(estimate[summed], mse[summed], weight[summed], "precision")
        else:
            moves = np.where(mine, bench.step(estimate, mse, weight, target.rule), 0.0)
        if given is not None:
            # how far a total from elsewhere lies off is the only thing known of it
            variance = (goal - before) ** 2
        else:
            at = place[summed]
            rate = scales.slope(model.predictor[at], scale)
            variance = bench.gap_variance(
                weight[summed] * rate, model.gamma[at], model.variance + work.D[at], work.X[at],
                model.beta_cov,
            )  # fmt: skip
        out = out + moves * (goal - before)
        every = every + moves
        added = added + moves**2 * variance
        told.append((goal, before, float(np.sqrt(variance))))
    beyond = ~((out > 0) & (out < 1))
    if beyond.any():
        worst = [a for a, b in zip(areas, beyond, strict=True) if b]
        raise InputError(
            f"benchmark={target.rule!r} moves the share of {enumerate_first(worst, 3)} out of 0 to "
            "1; take another way, or check total= and populations="
        )
    goals, befores, errors = (np.array(v) for v in zip(*told, strict=True))
    number = np.array([names.index(g) for g in group], dtype=np.intp)
    return out, added, Benchmarked(target.rule, names, goals, befores, errors, number, every)


def _by_area(values: Any, name: str) -> dict[Any, Any] | None:
    if values is None:
        return None
    if isinstance(values, pd.Series) and not values.index.is_unique:
        twice = values.index[values.index.duplicated()].unique()
        raise InputError(f"{name}= names {enumerate_first(list(twice), 3)} twice; give one value")
    try:
        return dict(values)
    except (TypeError, ValueError):
        raise InputError(
            f"{name}= is a {type(values).__name__}; give a mapping or a Series by area"
        ) from None
