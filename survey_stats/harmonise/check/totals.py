"""What the weights sum to: against the population, and against an earlier wave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import numpy as np

from survey_stats.errors import InputError, UnknownNameError, enumerate_first
from survey_stats.harmonise.build import to_float
from survey_stats.harmonise.check.finding import (
    Problem,
    Words,
    listed,
    number_words,
    problem,
    say,
    whole,
)
from survey_stats.harmonise.check.pair import Pair
from survey_stats.harmonise.check.view import Floats, View
from survey_stats.harmonise.codebook.schema import Constant
from survey_stats.harmonise.geography import Geography
from survey_stats.read import read

Population = Mapping[str, float] | Literal["register"]
_LEVELS = ("district", "municipality", "neighbourhood", "school_district")
# weights that were made to sum to a total miss it by rounding and by people without an area
_EXACT = 0.05
# the register counts children too: what the weights sum to is a part of it, much the same
# everywhere
_LEAST_PART, _MOST_PART, _UNEVEN = 0.5, 1.02, 0.25
_SCALE = 2.0
_SPREAD = 1.5


def read_population(source: str | Path) -> Population:
    """`"register"`, or the populations in a table with the columns area and population.

    Raises:
        InputError: the table cannot be read, lacks one of the columns, or names an area twice.
    """
    if source == "register":
        return "register"
    delivery = read(source)
    frame, file = delivery.frame, delivery.manifest.file
    if not {"area", "population"} <= set(frame.columns):
        raise InputError(
            f"{file} needs the columns area and population; it has "
            f"{enumerate_first(list(frame.columns), 8)}"
        )
    people = to_float(frame["population"])
    if not np.isfinite(people).all() or frame["area"].isna().any():
        row = int((~np.isfinite(people) | frame["area"].isna().to_numpy()).argmax()) + 1
        raise InputError(f"{file}: row {row} has no area or no population; every row needs both")
    areas = frame["area"].astype(str)
    if areas.duplicated().any():
        raise InputError(
            f"{file}: the area {areas[areas.duplicated()].iloc[0]!r} is there twice; "
            "give each area one population"
        )
    return dict(zip(areas, people.tolist(), strict=True))


def weighted(view: View) -> str | None:
    """The column of the weights; None where everybody has the same."""
    weight = view.book.waves[view.year].weight
    return None if isinstance(weight, Constant) else view.column(weight)


def against_population(
    view: View, population: Population | None
) -> tuple[list[Problem], list[Words]]:
    """What the weights sum to beside the people there are: findings, and what was not checked.

    Args:
        population: area -> people of the ages that were asked; `"register"` for the inhabitants
            of the districts; None for what the codebook declares.

    Raises:
        UnknownNameError: an area of `population` is no area of the delivery.
    """
    column = weighted(view)
    if column is None:
        return [], []
    declared = view.book.waves[view.year].weights_sum_to
    if population is None and declared == "sample":
        return list(_sample(view, column)), []
    if population is None and declared == "unknown":
        return [], [
            Words(
                "the sum of the weights against the population: the codebook does not say what "
                "they sum to; give population (--population)",
                "vikternas summa mot befolkningen: kodboken säger inte vad de summerar till; "
                "ange population (--population)",
            )
        ]
    if population is None or population == "register":
        return _register(view, column)
    return list(_exact(view, column, population)), []


def _sample(view: View, column: str) -> Iterator[Problem]:
    mean = float(view.weights.mean()) if len(view.weights) else 1.0
    if abs(mean - 1) > _EXACT:
        what = say(
            "the weights have the mean {mean}; the codebook says that they sum to the sample",
            "vikternas medelvärde är {mean}; kodboken säger att de summerar till urvalet",
            mean=number_words(mean),
        )
        yield problem("warning", "weight total", column, len(view.weights), what, _REMAKE)


_REMAKE = Words("ask for the weights again", "be om vikterna på nytt")


def _sums(view: View, level: str) -> dict[str, float]:
    told = view.answers[level]
    use = told.answer >= 0
    sums = np.bincount(told.answer[use], view.weights[use], len(told.names))
    return dict(zip(told.names, sums.tolist(), strict=True))


def _exact(view: View, column: str, population: Mapping[str, float]) -> Iterator[Problem]:
    level = _level(view, population)
    sums = _sums(view, level)
    off = {
        area: sums.get(area, 0.0) / people
        for area, people in population.items()
        if abs(sums.get(area, 0.0) / people - 1) > _EXACT
    }
    if off:
        worst = sorted(off, key=lambda a: -abs(np.log(max(off[a], 1e-9))))
        told = [
            say(
                "{a} {s} for {p} people",
                "{a} {s} för {p} personer",
                a=a,
                s=whole(sums.get(a, 0)),
                p=whole(population[a]),
            )
            for a in worst
        ]
        ratio = sum(sums.get(a, 0.0) for a in population) / sum(population.values())
        what = say(
            "do not sum to the population in {off} of {n} areas ({ratio} of the whole): {told}",
            "summerar inte till befolkningen i {off} av {n} områden ({ratio} av helheten): {told}",
            off=len(off),
            n=len(population),
            ratio=number_words(ratio),
            told=listed(told),
        )
        yield problem("warning", "weight total", column, len(off), what, _scale_hint(ratio))


def _level(view: View, population: Mapping[str, float]) -> str:
    """The column whose names the areas are.

    Raises:
        InputError: a population is not positive.
        UnknownNameError: no column has them all.
    """
    for area, people in population.items():
        if not people > 0:
            raise InputError(
                f"The population of {area!r} is {people}; it must be a positive number"
            )
    geo, when = Geography.load(), view.book.waves[view.year].districts_as_of
    known = {level: set(view.answers[level].names) for level in _LEVELS if level in view.answers}
    for level in ("district", "municipality", "neighbourhood"):
        if level in known:
            known[level] |= set(geo.names(level, when))
    for level, names in known.items():
        if set(population) <= names:
            return level
    level = max(known, key=lambda k: len(set(population) & known[k]), default="")
    names = known.get(level, set())
    lost = next(a for a in population if a not in names)
    raise UnknownNameError("area", lost, sorted(names), f"{view.source.file} ({level})")


def _register(view: View, column: str) -> tuple[list[Problem], list[Words]]:
    """Against the inhabitants of all ages of the districts."""
    # this room stands before the weights; only here it asks them for the register
    from survey_stats.weight import district_population

    if "district" not in view.answers:
        return [], [
            Words(
                "the sum of the weights against the register: the delivery has no district",
                "vikternas summa mot registret: leveransen har inget stadsdelsområde",
            )
        ]
    when = view.book.waves[view.year].districts_as_of
    try:
        table = district_population(view.year, len(Geography.load().districts(when)))
    except (InputError, UnknownNameError) as error:
        return [], [
            Words(
                f"the sum of the weights against the register: {error}",
                f"vikternas summa mot registret: inga uppgifter för {view.year}",
            )
        ]
    register = dict(zip(table["area"], table["population"].astype(float), strict=True))
    sums = {a: s for a, s in _sums(view, "district").items() if a in register and s > 0}
    return list(_part(view, column, register, sums)), []


def _part(
    view: View, column: str, register: Mapping[str, float], sums: Mapping[str, float]
) -> Iterator[Problem]:
    if not view.book.waves[view.year].facts.areas and sums and len(sums) < len(register):
        empty = [a for a in register if a not in sums]
        what = say(
            "districts without a respondent: {empty}",
            "stadsdelsområden utan svarande: {empty}",
            empty=listed(empty),
        )
        where = view.where("district")
        yield problem("warning", "geography", where, len(empty), what, name="district")
    if not sums:
        return
    total, inhabitants = sum(sums.values()), sum(register[a] for a in sums)
    part = total / inhabitants
    if not _LEAST_PART <= part <= _MOST_PART:
        what = say(
            "sum to {total}, {part} times the {people} inhabitants of {year}, children included",
            "summerar till {total}, {part} gånger de {people} invånarna {year}, barn inräknade",
            total=whole(total),
            part=number_words(part),
            people=whole(inhabitants),
            year=view.year,
        )
        yield problem("warning", "weight total", column, len(sums), what, _scale_hint(part))
        return
    parts = {a: s / register[a] for a, s in sums.items()}
    off = [a for a, p in parts.items() if p > _MOST_PART or abs(p / part - 1) > _UNEVEN]
    if off:
        off.sort(key=lambda a: -abs(np.log(parts[a] / part)))
        what = say(
            "the sum of the weights over the inhabitants is {part} in the city but {told}",
            "vikternas summa per invånare är {part} i staden men {told}",
            part=number_words(part),
            told=listed([say("{a} {p}", "{a} {p}", a=a, p=number_words(parts[a])) for a in off]),
        )
        yield problem("warning", "weight total", column, len(off), what, _REMAKE)


def against_earlier(pair: Pair) -> Iterator[Problem]:
    """Weights on another scale or with another spread than in the wave before.

    The scale differs when both the sum and the mean do: weights to a population keep their sum
    when the sample grows, weights to the sample keep their mean.
    """
    column = weighted(pair.now)
    if column is None or weighted(pair.then) is None:
        return
    now, then = pair.now.weights[pair.rows[0]], pair.then.weights[pair.rows[1]]
    now, then = now[now > 0], then[then > 0]
    if min(now.size, then.size) < 2:
        return
    year = pair.then.year
    ratios = [float(now.sum() / then.sum()), float(now.mean() / then.mean())]
    if min(ratios) > _SCALE or max(ratios) < 1 / _SCALE:
        what = say(
            "sum to {now}, {ratio} times the {then} of {year}",
            "summerar till {now}, {ratio} gånger {then} från {year}",
            now=whole(now.sum()),
            ratio=number_words(ratios[0]),
            then=whole(then.sum()),
            year=year,
        )
        yield problem("warning", "weight total", column, now.size, what, _scale_hint(ratios[0]))
    effects = [_kish(w) for w in (then, now)]
    if effects[1] < 1 + 1e-9 < 1.01 < effects[0]:
        what = say(
            "all alike, which they were not in {year}",
            "alla lika, till skillnad från {year}",
            year=year,
        )
        yield problem("warning", "weight", column, now.size, what, _REMAKE)
    elif not 1 / _SPREAD <= effects[1] / effects[0] <= _SPREAD:
        what = say(
            "spread otherwise than in {year}: the design effect of weighting was {then} and is "
            "{now}",
            "annan spridning än {year}: viktningens designeffekt var {then} och är {now}",
            year=year,
            then=number_words(effects[0]),
            now=number_words(effects[1]),
        )
        hint = Words(
            "ask whether the weighting changed", "fråga om viktningen har gjorts på ett annat sätt"
        )
        yield problem("warning", "weight", column, now.size, what, hint)


def _kish(weights: Floats) -> float:
    """1 + the squared coefficient of variation (Kish 1965)."""
    return float(weights.size * (weights @ weights) / weights.sum() ** 2)


def _scale_hint(ratio: float) -> Words:
    power = np.log10(ratio) if ratio > 0 else 0.0
    if abs(power) > 0.5 and abs(power - round(power)) < 0.15:
        return Words(
            "a power of ten: every decimal mark may be lost or moved",
            "en tiopotens: varje decimaltecken kan ha försvunnit eller flyttats",
        )
    return Words("ask what the weights sum to", "fråga vad vikterna ska summera till")
