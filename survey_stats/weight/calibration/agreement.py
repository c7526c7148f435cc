"""Margins that count the same people: whether their sums agree, and how they are made to."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from survey_stats.errors import InputError, UnknownNameError, enumerate_first
from survey_stats.weight.calibration.shares import refuse_odd_shares
from survey_stats.weight.calibration.targets import Level, Target
from survey_stats.weight.errors import BenchmarkError
from survey_stats.weight.levels import plain, told

# Sums of margins may differ by this share, which is rounding of the computer and not of a table.
AGREE = 1e-10
# People may be scaled by this share where the total of a number, which is not, stands beside them.
_NEAR = 0.01


def scaled(
    targets: Sequence[Target],
    depth: int,
    people: Mapping[Level, float],
    scale_to: float | str | Mapping[Hashable, float] | pd.Series,
) -> list[Target]:
    """The targets that count people, in the same proportions and with a given sum by group.

    Args:
        depth: the number of columns of the groups, which come first.
        people: the sum of the weights by group.
        scale_to: see `calibrate`.
    """
    wanted: dict[Level, float]
    if isinstance(scale_to, str):
        if scale_to != "weights":
            raise UnknownNameError("way of scaling", scale_to, ["weights"], "scale_to")
        wanted = dict(people)
    elif isinstance(scale_to, Mapping | pd.Series):
        if not depth:
            raise InputError(
                "scale_to has a number for each group, but there are no groups; give one number "
                "or 'weights', or say by="
            )
        wanted = {
            tuple(plain(k) for k in (key if isinstance(key, tuple) else (key,))): _people(value)
            for key, value in scale_to.items()
        }
        for name in people:
            if name not in wanted:
                raise UnknownNameError("group", told(name), map(told, wanted), "scale_to")
    elif depth:
        raise InputError(
            "scale_to is one number, but there are groups; give {group: people} or 'weights'"
        )
    else:
        wanted = {(): _people(scale_to)}
    bad = [told(k) for k, v in wanted.items() if not (math.isfinite(v) and v > 0)]
    if bad:
        raise BenchmarkError(
            f"scale_to is not a positive number {enumerate_first(bad)}".rstrip()
            + "; give the number of people"
        )
    refuse_odd_shares(targets, depth)
    numbers = [target.name for target in targets if target.number is not None]
    out = []
    for target in targets:
        if target.number is not None:
            out.append(target)
            continue
        sums_by: dict[Level, float] = {}
        for level, total in target.totals.items():
            sums_by[level[:depth]] = sums_by.get(level[:depth], 0.0) + total
        nobody = [told(k) for k, v in sums_by.items() if v == 0]
        if nobody:
            raise BenchmarkError(
                f"The totals of {target.name!r} sum to 0 {enumerate_first(nobody)}".rstrip()
                + "; correct the table"
            )
        off = max((abs(wanted[g] / s - 1) for g, s in sums_by.items()), default=0.0)
        if numbers and off > _NEAR:
            raise InputError(
                f"scale_to scales the people of {target.name!r} and would leave the total of the "
                f"number {numbers[0]!r} as it is; multiply the totals of people yourself, give "
                "the number's total in that same population, and leave scale_to out"
            )
        totals = {
            level: total * (wanted[level[:depth]] / sums_by[level[:depth]])
            for level, total in target.totals.items()
        }
        out.append(replace(target, totals=totals))
    return out


def _people(value: object) -> float:
    """A number of people, NaN for what is none."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


def refuse_disagreement(targets: Sequence[Target], depth: int = 0) -> None:
    """Refuse margins whose totals, summed over what they do not share, differ.

    Args:
        depth: the number of columns of the groups, which come first.

    Raises:
        BenchmarkError: it names both sums and the difference.
    """
    people = [target for target in targets if target.number is None]
    for one, two in itertools.combinations(people, 2):
        shared = [c for c in one.columns if c in two.columns]
        first, second = _summed(one, shared), _summed(two, shared)
        for level in first.keys() & second.keys():
            a, b = first[level], second[level]
            if abs(a - b) > AGREE * max(a, b):
                _disagree(one, two, shared, first, second, depth)


def _disagree(
    one: Target,
    two: Target,
    shared: Sequence[str],
    first: Mapping[Level, float],
    second: Mapping[Level, float],
    depth: int,
) -> None:
    differing = [
        level
        for level in first
        if level in second
        and abs(first[level] - second[level]) > AGREE * max(first[level], second[level])
    ]
    worst = max(differing, key=lambda level: abs(first[level] - second[level]))
    a, b = first[worst], second[worst]
    place = f" in {' x '.join(shared)} {told(worst)}" if worst else ""
    more = f" (and in {len(differing) - 1} more)" if len(differing) > 1 else ""
    advice = (
        "give tables of one date and source, or scale_to= the number of people to keep the "
        "proportions of each"
    )
    if len(shared) > depth:
        advice = "give tables of one date and source, or leave the coarser one out"
    raise BenchmarkError(
        f"The totals of {one.name!r} and {two.name!r} disagree{place}{more}: they sum to "
        f"{a:.10g} and {b:.10g}, a difference of {a - b:.4g}; {advice}"
    )


def _summed(target: Target, shared: Sequence[str]) -> dict[Level, float]:
    """Totals by the levels of some of the columns."""
    place = [target.columns.index(c) for c in shared]
    parts: dict[Level, list[float]] = {}
    for level, total in target.totals.items():
        parts.setdefault(tuple(level[p] for p in place), []).append(total)
    return {level: math.fsum(values) for level, values in parts.items()}
