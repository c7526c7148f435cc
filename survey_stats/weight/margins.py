"""Margins: which total each respondent counts towards, and whether totals can agree."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import InputError, UnknownNameError, enumerate_first, nearest
from survey_stats.weight.errors import BenchmarkError, EmptyCellError
from survey_stats.weight.levels import (
    Coded,
    code_column,
    column_of,
    match,
    plain,
    refuse_missing,
    told,
)
from survey_stats.weight.targets import Level, Target, read_targets

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]

# Sums of margins may differ by this share, which is rounding of the computer and not of a table.
AGREE = 1e-10


@dataclass(frozen=True, eq=False)
class Margin:
    """One margin of a frame of n respondents.

    Attributes:
        target: its columns and totals.
        levels: the levels, in the order of `totals`.
        totals: shape (size,).
        code: the level of each respondent, `size` for who has none or does not count, (n,).
        value: what each respondent adds to his level; None where it is 1.
        group: the group (place in `Margins.groups`) of each level, (size,).
    """

    target: Target
    levels: tuple[Level, ...]
    totals: FloatArray
    code: IntArray
    value: FloatArray | None
    group: IntArray

    @property
    def size(self) -> int:
        """The number of totals."""
        return len(self.levels)

    @property
    def name(self) -> str:
        """What the margin is called."""
        return self.target.name

    @property
    def labels(self) -> list[str]:
        """The names of the totals, such as "gender: women"."""
        return [f"{self.name}: {told(level)}" if level else self.name for level in self.levels]


@dataclass(frozen=True, eq=False)
class Margins:
    """All margins of a frame.

    Attributes:
        each: the margins.
        by: the columns that form the groups; () where there are none.
        groups: the values of `by` of each group, in sorted order; [()] where there are none.
        group: the group of each respondent, (n,); `len(groups)` for who does not count.
        counted: whose weight is positive, (n,).
    """

    each: tuple[Margin, ...]
    by: tuple[str, ...]
    groups: tuple[Level, ...]
    group: IntArray
    counted: BoolArray

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of all totals, (p,)."""
        return tuple(label for margin in self.each for label in margin.labels)

    @property
    def totals(self) -> FloatArray:
        """All totals, (p,)."""
        return np.concatenate([margin.totals for margin in self.each])

    @property
    def column_group(self) -> IntArray:
        """The group of each total, (p,)."""
        return np.concatenate([margin.group for margin in self.each])

    def table(self) -> pd.DataFrame:
        """A row a total: variable, level and, where there are groups, group."""
        rows = []
        for margin in self.each:
            own = margin.target.columns[len(self.by) :]
            number = () if margin.target.number is None else (margin.target.number,)
            name = " x ".join((*own, *number)) or "population"
            for level in margin.levels:
                row = {"variable": name, "level": told(level[len(self.by) :])}
                if self.by:
                    row["group"] = told(level[: len(self.by)])
                rows.append(row)
        return pd.DataFrame(rows)


def read_margins(
    margins: object,
    frame: pd.DataFrame,
    weights: FloatArray,
    by: Sequence[str] = (),
    scale_to: float | str | Mapping[Hashable, float] | None = None,
    keep_sum: bool = False,
) -> Margins:
    """The margins of a frame, with everything checked that needs no calibration.

    Args:
        margins, by, scale_to: see `calibrate`.
        weights: the weights so far, (n,); respondents of weight zero do not count.
        keep_sum: whether groups in which no margin counts people keep their sum of weights.

    Raises:
        As `calibrate`, but for what only shows when it is tried.
    """
    counted = weights > 0
    targets = read_targets(margins, frame, by)
    coded = {
        name: code_column(frame, name, counted)
        for name in dict.fromkeys([*by, *(c for t in targets for c in t.columns)])
    }
    groups, group = _groups(targets, [coded[name] for name in by], by, counted)
    if scale_to is not None:
        targets = _scaled(targets, len(by), groups, group, weights, scale_to)
    refuse_disagreement(targets)
    if keep_sum:
        targets = [*targets, *_sums_kept(targets, groups, group, weights, by)]
    each = tuple(_attach(t, frame, coded, len(by), groups, group, counted) for t in targets)
    return Margins(each, tuple(by), groups, group, counted)


def _groups(
    targets: Sequence[Target], coded: Sequence[Coded], by: Sequence[str], counted: BoolArray
) -> tuple[tuple[Level, ...], IntArray]:
    """The groups that have totals, and the group of each respondent."""
    if not by:
        return ((),), np.where(counted, 0, 1)
    found = dict.fromkeys(level[: len(by)] for target in targets for level in target.totals)
    try:
        groups = tuple(sorted(found))
    except TypeError:
        groups = tuple(found)
    return groups, match(coded, list(by), groups, counted, np.ones_like(counted))


def _attach(
    target: Target,
    frame: pd.DataFrame,
    coded: Mapping[str, Coded],
    depth: int,
    groups: tuple[Level, ...],
    group: IntArray,
    counted: BoolArray,
) -> Margin:
    """A target with the respondents who count towards each of its totals."""
    levels = tuple(target.totals)
    totals = np.array([target.totals[level] for level in levels], dtype=np.float64)
    place = {g: k for k, g in enumerate(groups)}
    column_group = np.array([place[level[:depth]] for level in levels], dtype=np.intp)
    needed = np.ones_like(counted)
    if target.partial:
        has = np.zeros(len(groups) + 1, dtype=bool)
        has[column_group] = True
        needed = has[group]
    if target.columns:
        columns = [coded[name] for name in target.columns]
        code = match(columns, target.columns, levels, counted, needed)
    else:
        code = np.where(counted, 0, 1)
    value = None
    if target.number is not None:
        value = _values(frame, target.number, counted & needed)
    margin = Margin(target, levels, totals, code, value, column_group)
    _refuse_empty(margin, coded)
    return margin


def _values(frame: pd.DataFrame, name: str, counted: BoolArray) -> FloatArray:
    """A numeric column, with zero for who does not count."""
    column = column_of(frame, name)
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    refuse_missing(np.isnan(values), name, counted)
    rows = np.flatnonzero(~np.isfinite(values) & counted)
    if rows.size:
        raise InputError(
            f"The column {name!r} is infinite in the rows {enumerate_first(rows.tolist(), 3)} "
            "(counted from 0); correct it"
        )
    return np.where(counted, values, 0.0)


def _refuse_empty(margin: Margin, coded: Mapping[str, Coded]) -> None:
    """Refuse totals of people that nobody stands for, and people where nobody lives."""
    labels = margin.labels
    if margin.value is not None:
        amounts = np.bincount(margin.code, np.abs(margin.value), minlength=margin.size + 1)
        empty = np.flatnonzero((amounts[: margin.size] == 0) & (margin.totals != 0))
        if empty.size:
            raise EmptyCellError(
                f"The total of {labels[empty[0]]!r} is not 0, but the column is 0 for everybody "
                "who answered; correct one of them"
            )
        return
    filled = np.bincount(margin.code, minlength=margin.size + 1)[: margin.size] > 0
    empty = np.flatnonzero(~filled & (margin.totals > 0))
    if empty.size:
        names = [labels[k] for k in empty]
        hint = "merge it with a neighbouring level, or correct its name"
        if len(margin.target.columns) == 1:
            have = [told([v]) for v in coded[margin.target.columns[0]].levels]
            close = nearest(told(margin.levels[empty[0]]), have)
            if close and close[0] != told(margin.levels[empty[0]]):
                hint = f"is it {close[0]!r} in the frame? Else merge it with a neighbouring level"
        raise EmptyCellError(
            f"Nobody answered in {enumerate_first(names, 3)}, where people live "
            f"({margin.totals[empty[0]]:g}); {hint}"
        )
    zero = np.flatnonzero(filled & (margin.totals == 0))
    if zero.size:
        raise BenchmarkError(
            f"People answered in {enumerate_first([labels[k] for k in zero], 3)}, where the "
            "population is 0; correct the table or the respondents' levels"
        )


def _scaled(
    targets: Sequence[Target],
    depth: int,
    groups: tuple[Level, ...],
    group: IntArray,
    weights: FloatArray,
    scale_to: float | str | Mapping[Hashable, float],
) -> list[Target]:
    """The targets that count people, in the same proportions and with a given sum by group."""
    wanted: dict[Level, float]
    if isinstance(scale_to, str):
        if scale_to != "weights":
            raise UnknownNameError("way of scaling", scale_to, ["weights"], "scale_to")
        sums = np.bincount(group, weights, minlength=len(groups))
        wanted = dict(zip(groups, sums[: len(groups)].tolist(), strict=True))
    elif isinstance(scale_to, Mapping):
        wanted = {
            tuple(plain(k) for k in (key if isinstance(key, tuple) else (key,))): float(value)
            for key, value in scale_to.items()
        }
        for name in groups:
            if name not in wanted:
                raise UnknownNameError("group", told(name), map(told, wanted), "scale_to")
    elif depth:
        raise InputError(
            "scale_to is one number, but there are groups; give {group: people} or 'weights'"
        )
    else:
        wanted = {(): float(scale_to)}
    bad = [told(k) for k, v in wanted.items() if not (math.isfinite(v) and v > 0)]
    if bad:
        raise BenchmarkError(
            f"scale_to is not a positive number {enumerate_first(bad)}".rstrip()
            + "; give the number of people"
        )
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
        totals = {
            level: total * (wanted[level[:depth]] / sums_by[level[:depth]])
            for level, total in target.totals.items()
        }
        out.append(replace(target, totals=totals))
    return out


def _sums_kept(
    targets: Sequence[Target],
    groups: tuple[Level, ...],
    group: IntArray,
    weights: FloatArray,
    by: Sequence[str],
) -> list[Target]:
    """A total of people, the sum of the weights, for groups in which no margin has one."""
    told_people = {level[: len(by)] for t in targets if t.number is None for level in t.totals}
    sums = np.bincount(group, weights, minlength=len(groups))
    kept = {g: float(sums[k]) for k, g in enumerate(groups) if g not in told_people}
    return [Target(tuple(by), kept, None, True)] if kept else []


def refuse_disagreement(targets: Sequence[Target]) -> None:
    """Refuse margins whose totals, summed over what they do not share, differ.

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
                _disagree(one, two, shared, first, second)


def _disagree(
    one: Target,
    two: Target,
    shared: Sequence[str],
    first: Mapping[Level, float],
    second: Mapping[Level, float],
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
    if any(column in shared for column in one.columns) and len(shared):
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
