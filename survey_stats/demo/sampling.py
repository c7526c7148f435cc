"""Who is drawn, who answers, and with which weight: the fieldwork of the demo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.demo.population import AGE_FROM, AGE_GROUPS, AGE_TO, GENDERS, Population
from survey_stats.errors import InputError
from survey_stats.weight import Weights, base_weights, cross, post_stratify

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# weights are rounded before any answer is drawn, so that the file holds exactly these
WEIGHT_DECIMALS = 4
SMALLEST_STRATUM = 60

# share with a disability by age group, and what answers depend on: logits, made up
_DISABILITY = np.array([0.07, 0.08, 0.09, 0.13, 0.20, 0.36])
_ANSWERS_BY_AGE = np.array([-0.55, -0.60, -0.30, 0.15, 0.75, 0.35])
_ANSWERS_WOMEN, _ANSWERS_BURDEN, _ANSWERS_DISABILITY = 0.22, -0.35, -0.20


@dataclass(frozen=True)
class Design:
    """The fieldwork of one wave.

    Attributes:
        sampled: people drawn, spread over the strata by the square root of their population.
        answers: people who answer, exactly.
        strata: the columns of the population's areas that form strata; where the first is
            missing the next one is used.
        post: the columns whose cells weights are post-stratified to, beside gender and age.
        ages: age groups merged for post-stratification, by position.
        fixed: (column, area) -> answers, where a base is known.
    """

    sampled: int
    answers: int
    strata: tuple[str, ...]
    post: tuple[str, ...]
    ages: tuple[int, ...] = (0, 1, 2, 3, 4, 5)
    fixed: Mapping[tuple[str, str], int] = field(default_factory=dict)


def conduct(
    population: Population, design: Design, rng: np.random.Generator
) -> tuple[pd.DataFrame, Weights]:
    """The respondents of one wave, one row each, and their weights before rounding.

    Args:
        population: the people of the areas, of the ages that the survey asks.
        design: the fieldwork.
        rng: the source of all draws.

    Returns:
        A frame with the areas' columns, gender, age (years), age_group, disability, stratum,
        weight (rounded as the file has it) and burden; and the weights with their steps.
    """
    stratum = first_known(population.areas, design.strata)
    names, position = np.unique(stratum, return_inverse=True)
    people_by_area = population.counts.sum(axis=(1, 2)).astype(np.float64)
    inhabitants = np.bincount(position, weights=people_by_area).astype(np.float64)
    drawn = spread(inhabitants, design.sampled)
    people = _draw(population, position, drawn, rng)
    people["stratum"] = stratum[people["area"]]
    people["burden"] = population.burden[people["area"]]
    people["disability"] = rng.random(len(people)) < _DISABILITY[people["age_position"]]
    fixed = {
        key: np.asarray((people["area"].map(population.areas[key[0]]) == key[1]).fillna(False))
        for key in design.fixed
    }
    answered = _respond(people, design, fixed, rng)
    people = people[answered].reset_index(drop=True)
    weights = _weigh(population, people, design, names, inhabitants, drawn)
    return _finish(population, people, weights, rng), weights


def first_known(areas: pd.DataFrame, columns: Sequence[str]) -> npt.NDArray[np.object_]:
    """The value of the first of `columns` that is not missing, shape (rows,)."""
    found = areas[columns[0]]
    for column in columns[1:]:
        found = found.fillna(areas[column])
    return found.to_numpy(dtype=object)


def spread(population: FloatArray, total: int) -> IntArray:
    """`total` sampled people over strata by the square root of their population.

    Small strata get `SMALLEST_STRATUM` people, but never more than a third of their population;
    what rounding leaves goes to the strata with the largest remainders.
    """
    ceiling = np.maximum(population // 3, 2)
    floor = np.minimum(SMALLEST_STRATUM, ceiling)
    size = np.sqrt(population)
    share = np.clip(total * size / size.sum(), floor, ceiling)
    for _ in range(50):
        room = (share > floor) & (share < ceiling)
        if not room.any():
            break
        share[room] *= 1 + (total - share.sum()) / share[room].sum()
        share = np.clip(share, floor, ceiling)
    whole: IntArray = np.floor(share).astype(np.int64)
    missing = total - int(whole.sum())
    order = np.argsort(-(share - whole), kind="stable")
    whole[order[:missing]] += 1
    if whole.sum() != total:
        raise InputError(
            f"A sample of {total} does not fit into {population.size} strata; change its size"
        )
    return whole


def _draw(
    population: Population, stratum: npt.NDArray[np.intp], drawn: IntArray, rng: np.random.Generator
) -> pd.DataFrame:
    """Simple random samples without replacement within strata: area, gender and age of each."""
    _, genders, ages = population.counts.shape
    parts = []
    for k, size in enumerate(drawn):
        areas = np.flatnonzero(stratum == k)
        cells = population.counts[areas].reshape(-1)
        taken = rng.multivariate_hypergeometric(cells, int(size), method="marginals")
        parts.append(np.repeat(_cell_ids(areas, genders * ages), taken))
    cell = np.concatenate(parts)
    area, rest = np.divmod(cell, genders * ages)
    gender, age = np.divmod(rest, ages)
    return pd.DataFrame({"area": area, "gender_position": gender, "age_position": age})


def _cell_ids(areas: npt.NDArray[np.intp], width: int) -> npt.NDArray[np.intp]:
    return (areas[:, None] * width + np.arange(width)).reshape(-1)


def _respond(
    people: pd.DataFrame,
    design: Design,
    fixed: Mapping[tuple[str, str], npt.NDArray[np.bool_]],
    rng: np.random.Generator,
) -> npt.NDArray[np.bool_]:
    """Who answers: those with the largest logit plus Gumbel noise, as many as the design says."""
    eta = (
        _ANSWERS_BY_AGE[people["age_position"]]
        + _ANSWERS_WOMEN * (people["gender_position"] == 0)
        + _ANSWERS_BURDEN * people["burden"]
        + _ANSWERS_DISABILITY * people["disability"]
    ).to_numpy()
    keenness = eta + rng.logistic(size=len(people))
    answers = np.zeros(len(people), dtype=bool)
    free = np.ones(len(people), dtype=bool)
    for key, here in fixed.items():
        rows = np.flatnonzero(here & free)
        answers[rows[_largest(keenness[rows], design.fixed[key])]] = True
        free[rows] = False
    rows = np.flatnonzero(free)
    left = design.answers - int(answers.sum())
    # two answers a stratum at least, or it could have no variance
    stratum = people["stratum"].to_numpy()[rows]
    order = np.lexsort((-keenness[rows], stratum))
    first = np.r_[True, stratum[order][1:] != stratum[order][:-1]]
    rank = np.arange(rows.size) - np.maximum.accumulate(np.where(first, np.arange(rows.size), 0))
    kept = np.zeros(rows.size, dtype=bool)
    kept[order[rank < 2]] = True
    rest = np.flatnonzero(~kept)
    kept[rest[_largest(keenness[rows][rest], left - int(kept.sum()))]] = True
    answers[rows[kept]] = True
    return answers


def _largest(values: FloatArray, count: int) -> npt.NDArray[np.intp]:
    if not 0 <= count <= values.size:
        raise InputError(f"{count} answers do not fit a sample of {values.size}; change the design")
    return np.argsort(-values, kind="stable")[:count]


def _weigh(
    population: Population,
    people: pd.DataFrame,
    design: Design,
    names: npt.NDArray[np.object_],
    inhabitants: FloatArray,
    drawn: IntArray,
) -> Weights:
    """Base weights N/n of the strata, post-stratified to area x gender x age."""
    base = base_weights(
        dict(zip(names, inhabitants, strict=True)),
        dict(zip(names, drawn.astype(np.float64), strict=True)),
        people["stratum"].to_numpy(),
        on=design.strata,
    )
    merged = np.asarray(design.ages)
    area = first_known(population.areas, design.post)
    cells = cross(area[people["area"]], people["gender_position"], merged[people["age_position"]])
    a, g, t = np.indices(population.counts.shape).reshape(3, -1)
    labels = cross(area[a], g, merged[t])
    totals = pd.Series(population.counts.reshape(-1), dtype=float).groupby(labels).sum()
    known = {str(k): float(v) for k, v in totals[totals > 0].items()}
    return post_stratify(base, cells, known, on=(*design.post, "gender", "age_group"))


def _finish(
    population: Population, people: pd.DataFrame, weights: Weights, rng: np.random.Generator
) -> pd.DataFrame:
    """The respondents with readable background, in an order that tells nothing."""
    ages = people["age_position"].to_numpy()
    ceiling = AGE_TO.max() if population.oldest is None else population.oldest
    first, last = AGE_FROM[ages], np.minimum(AGE_TO[ages], ceiling)
    # the oldest group thins out with age
    part = np.where(last == AGE_TO.max(), rng.random(len(people)) ** 2.5, rng.random(len(people)))
    frame = population.areas.iloc[people["area"]].reset_index(drop=True)
    frame["gender"] = np.array(GENDERS, dtype=object)[people["gender_position"]]
    frame["age"] = (first + np.floor(part * (last - first + 1))).astype(np.int64)
    frame["age_group"] = np.array(AGE_GROUPS, dtype=object)[ages]
    frame["disability"] = np.where(people["disability"], "yes", "no")
    frame["stratum"] = people["stratum"].to_numpy()
    frame["weight"] = np.round(weights.values, WEIGHT_DECIMALS)
    frame["burden"] = people["burden"].to_numpy()
    order = rng.permutation(len(frame))
    return frame.iloc[order].reset_index(drop=True)
