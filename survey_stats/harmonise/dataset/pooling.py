"""Weights of several waves in one sample: on which scale they are, and how they are put on one.

Weights that sum to the population every year make pooled totals several times too large, and
weights with mean 1 beside weights with mean 50 make one wave vanish behind the other. So waves are
pooled on one scale only, and by a rule that the caller names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from survey_stats.errors import DesignError, InputError
from survey_stats.harmonise.codebook.schema import Constant
from survey_stats.harmonise.result import Harmonised

PoolRule = Literal["delivered", "average_of_waves", "equal_waves"]
Scale = Literal["everybody counts once", "mean 1", "sum to a population", "another scale"]
Key = tuple[str, int]

# a mean nearer to 1 than this is a norm; no sample survey asks 99 of 100
_NORM = 0.01
# what a population may grow between two waves, and ages be added, without a doubt about the scale
_ALIKE = 1.5
_RULES: dict[PoolRule, str] = {
    "delivered": "weights as delivered: tables by survey and wave only, totals over waves add up",
    "average_of_waves": (
        "each wave's weights sum to its population, divided by the number of waves: totals are "
        "averages over the waves, shares are of the average population"
    ),
    "equal_waves": (
        "each wave's weights are scaled to the same sum, with mean 1 over all: every wave counts "
        "alike, totals mean nothing"
    ),
}


@dataclass(frozen=True)
class WaveWeights:
    """The weights of one wave: `total` is their sum over `n` respondents, `scale` what it means.

    `part` says that the wave asked in some areas only, so that its sum is that of a part;
    `declared` is False where the scale is told from the size of the weights alone.
    """

    survey: str
    wave: int
    n: int
    total: float
    scale: Scale
    part: bool = False
    declared: bool = True

    @property
    def key(self) -> Key:
        """Survey and wave."""
        return self.survey, self.wave


@dataclass(frozen=True)
class Pooling:
    """How the weights of several waves were put on one scale.

    Attributes:
        rule: the rule in force.
        waves: the weights as delivered.
        factors: (survey, wave) -> what its weights are multiplied by.
        notes: what a reader of a pooled result must know.
    """

    rule: PoolRule
    waves: tuple[WaveWeights, ...]
    factors: Mapping[Key, float]
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row a wave: survey, wave, n, scale, sum_delivered, factor, sum_pooled."""
        return pd.DataFrame(
            [
                {
                    "survey": w.survey,
                    "wave": w.wave,
                    "n": w.n,
                    "scale": w.scale,
                    "sum_delivered": w.total,
                    "factor": self.factors[w.key],
                    "sum_pooled": w.total * self.factors[w.key],
                }
                for w in self.waves
            ]
        )


def weights_of(harmonised: Harmonised) -> WaveWeights:
    """On which scale the weights of a wave are: as the codebook declares, else by their size."""
    wave = harmonised.codebook.waves[harmonised.wave]
    weights = harmonised.frame["weight"].to_numpy(dtype=np.float64)
    mean = float(weights.mean())
    scale: Scale
    if isinstance(wave.weight, Constant) or weights.min() == weights.max() == 1:
        scale = "everybody counts once"
    elif wave.weights_sum_to == "population":
        scale = "sum to a population"
    elif abs(mean - 1) <= _NORM:
        scale = "mean 1"
    else:
        unsaid = wave.weights_sum_to == "unknown" and mean > 1
        scale = "sum to a population" if unsaid else "another scale"
    return WaveWeights(
        harmonised.codebook.survey,
        harmonised.wave,
        len(weights),
        float(weights.sum()),
        scale,
        bool(wave.facts.areas),
        scale != "sum to a population" or wave.weights_sum_to == "population",
    )


def pool(
    waves: Sequence[WaveWeights],
    rule: PoolRule | None = None,
    population: Mapping[int, float] | Mapping[Key, float] | None = None,
) -> Pooling:
    """Put the weights of several waves on one scale.

    Args:
        waves: the weights of each wave, as `weights_of` tells them.
        rule: `None` takes them as delivered where that can mean one thing only: one survey, one
            scale. `delivered` takes them as they are. `average_of_waves` makes each wave stand for
            its population and divides by the number of waves. `equal_waves` lets every wave count
            alike.
        population: people that a wave stands for, by wave or by (survey, wave), where its weights
            do not sum to them. For `average_of_waves`.

    Raises:
        DesignError: several surveys, or weights on different scales, without a rule; weights that
            the rule cannot put on one scale.
        InputError: there is no such rule, or the population is not one of positive numbers.

    >>> waves = [WaveWeights("city", y, 100, 5000.0, "sum to a population") for y in (2020, 2023)]
    >>> pool(waves, "average_of_waves").to_frame()["sum_pooled"].tolist()
    [2500.0, 2500.0]
    """
    if rule is not None and rule not in get_args(PoolRule):
        raise InputError(
            f"weights={rule!r} is no rule for pooling; use one of {', '.join(get_args(PoolRule))}"
        )
    given = _population(waves, population)
    if given and rule != "average_of_waves":
        raise InputError("population= is for weights='average_of_waves'; give that rule with it")
    if rule is None:
        _one_scale(waves)
        rule = "delivered"
    if rule == "delivered":
        factors = {w.key: 1.0 for w in waves}
    elif rule == "equal_waves":
        everybody = sum(w.n for w in waves)
        factors = {w.key: everybody / (len(waves) * w.total) for w in waves}
    else:
        _populations(waves, given)
        factors = {w.key: given.get(w.key, w.total) / (len(waves) * w.total) for w in waves}
    notes = [_RULES[rule]] if len(waves) > 1 else []
    notes += [
        f"{w.survey} {w.wave}: weights scaled to {given[w.key]:.0f} people, as given"
        for w in waves
        if w.key in given
    ]
    guessed = [f"{w.survey} {w.wave}" for w in waves if not w.declared and w.key not in given]
    if rule == "average_of_waves" and guessed:
        notes.append(
            f"that weights sum to a population is told by their size only: {', '.join(guessed)}"
        )
    if len(waves) > 1:
        notes += [
            f"{w.survey} {w.wave} asked in some areas only, which weigh more than others in what "
            "is told of all"
            for w in waves
            if w.part
        ]
    return Pooling(rule, tuple(waves), factors, tuple(notes))


def _population(
    waves: Sequence[WaveWeights],
    population: Mapping[int, float] | Mapping[Key, float] | None,
) -> dict[Key, float]:
    told: dict[Key, float] = {}
    for at, people in (population or {}).items():
        hit = [w.key for w in waves if at in (w.key, w.wave)]
        if len(hit) != 1:
            there = ", ".join(f"{s} {y}" for s, y in (w.key for w in waves))
            raise InputError(
                f"population= names {at!r}, which is {'no' if not hit else 'more than one'} wave "
                f"of the pool ({there}); write one number a wave, or a (survey, wave)"
            )
        if not (np.isfinite(people) and people > 0):
            raise InputError(f"population= of {at!r} is {people!r}; give the number of people")
        told[hit[0]] = float(people)
    return told


def _told(waves: Sequence[WaveWeights]) -> str:
    """Waves with their scale, those of one survey and one scale together."""
    groups: dict[tuple[str, Scale], list[WaveWeights]] = {}
    for w in waves:
        groups.setdefault((w.survey, w.scale), []).append(w)
    told = []
    for (survey, scale), members in groups.items():
        sums = " and ".join(f"{w.total:.0f}" for w in members[:2])
        if len(members) > 2:
            sums = ", ".join(f"{w.total:.0f}" for w in members)
        how = {
            "sum to a population": f"weights sum to {sums}",
            "another scale": f"weights sum to {sums}, neither a population nor the sample",
            "mean 1": "weights with mean 1",
            "everybody counts once": "everybody counts once",
        }[scale]
        told.append(f"{survey} {', '.join(str(w.wave) for w in members)}: {how}")
    return "; ".join(told)


def _one_scale(waves: Sequence[WaveWeights]) -> None:
    surveys = list(dict.fromkeys(w.survey for w in waves))
    told = _told(waves)
    if len(surveys) > 1:
        raise DesignError(
            f"Weights of different surveys are not pooled without a rule ({told}); take one survey "
            f"with survey({surveys[0]!r}), or give weights='average_of_waves', 'equal_waves', or "
            "'delivered' for tables by survey and wave"
        )
    if len({w.scale for w in waves}) > 1 or not _alike(waves):
        raise DesignError(
            f"The weights of {surveys[0]} are on different scales ({told}); give "
            "weights='average_of_waves' with population={wave: people}, 'equal_waves', or "
            "'delivered' for tables by wave"
        )


def _alike(waves: Sequence[WaveWeights]) -> bool:
    totals = [w.total for w in waves if w.scale == "sum to a population" and not w.part]
    return not totals or max(totals) <= _ALIKE * min(totals)


def _populations(waves: Sequence[WaveWeights], given: Mapping[Key, float]) -> None:
    """Whether every wave stands for a population, and all for one of the same size."""
    rest = [w for w in waves if w.key not in given]
    for w in rest:
        if w.scale != "sum to a population":
            raise DesignError(
                f"The weights do not say how many people a wave stands for ({_told([w])}); give "
                f"population={{({w.survey!r}, {w.wave}): people}}, or weights='equal_waves'"
            )
    if not _alike(rest):
        raise DesignError(
            f"The weights stand for populations of different size ({_told(rest)}); "
            "give population={(survey, wave): people} if that is meant, or take one survey"
        )
