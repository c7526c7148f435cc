"""Margins: which total each respondent counts towards, and whether totals can agree."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import InputError, enumerate_first, nearest
from survey_stats.weight.calibration.agreement import refuse_disagreement, scaled
from survey_stats.weight.calibration.shares import refuse_shares
from survey_stats.weight.calibration.targets import Level, Target, read_targets
from survey_stats.weight.errors import BenchmarkError, EmptyCellError
from survey_stats.weight.levels import (
    Coded,
    code_column,
    column_of,
    combine,
    match,
    refuse_missing,
    told,
)

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]

# a number with at most this many whole values may be codes
_FEW = 10


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
        cell: the combination of the levels of all columns of each respondent, (n,).
        first: the first respondent of each cell, (cells,). A cell has only respondents who count,
            or only such who do not.
        counted: whose weight is positive, (n,).
    """

    each: tuple[Margin, ...]
    by: tuple[str, ...]
    groups: tuple[Level, ...]
    group: IntArray
    cell: IntArray
    first: IntArray
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

    @property
    def numeric(self) -> BoolArray:
        """Which totals are sums of a number rather than people, (p,)."""
        return np.repeat([m.value is not None for m in self.each], [m.size for m in self.each])

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader may have meant otherwise."""
        found = []
        for margin in self.each:
            if margin.value is None:
                continue
            values = np.unique(margin.value[self.counted & (margin.code < margin.size)])
            codes = (values == np.round(values)).all() and np.abs(values).max(initial=0) < 1e6
            # 0 and 1 tell who has something, and their sum is people
            if codes and 2 < values.size <= _FEW:
                found.append(
                    f"{margin.target.number} has only the values "
                    f"{enumerate_first([f'{v:g}' for v in values], _FEW)}, and its total was taken "
                    "as the sum of these numbers; if they are codes, give {code: people} instead"
                )
        return tuple(found)

    def table(self, **numbers: FloatArray) -> pd.DataFrame:
        """A row a total: variable, level, where there are groups group, and `numbers` (p,)."""
        names: list[str] = []
        levels: list[str] = []
        groups: list[str] = []
        depth = len(self.by)
        for margin in self.each:
            own = margin.target.columns[depth:]
            number = () if margin.target.number is None else (margin.target.number,)
            names += [" x ".join((*own, *number)) or "population"] * margin.size
            levels += [told(level[depth:]) for level in margin.levels]
            groups += [told(level[:depth]) for level in margin.levels]
        columns: dict[str, object] = {"variable": names, "level": levels}
        if depth:
            columns["group"] = groups
        return pd.DataFrame({**columns, **numbers})


def read_margins(
    margins: object,
    frame: pd.DataFrame,
    weights: FloatArray,
    by: Sequence[str] = (),
    scale_to: float | str | Mapping[Hashable, float] | pd.Series | None = None,
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
    cells = _Cells.of(coded, counted)
    _refuse_rows_of_totals(targets, coded)
    groups, group = _groups(targets, cells, by)
    sums = np.bincount(group[cells.cell], weights, minlength=len(groups))[: len(groups)]
    people = dict(zip(groups, sums.tolist(), strict=True))
    if scale_to is not None:
        targets = scaled(targets, len(by), people, scale_to)
    refuse_disagreement(targets, len(by))
    if scale_to is None:
        refuse_shares(targets, len(by), people)
    if keep_sum:
        targets = [*targets, *_sums_kept(targets, people, by)]
    each = tuple(_attach(t, frame, cells, len(by), groups, group) for t in targets)
    return Margins(each, tuple(by), groups, group[cells.cell], cells.cell, cells.first, counted)


@dataclass(frozen=True, eq=False)
class _Cells:
    """The combinations of levels that occur, apart for who counts and who does not.

    Attributes:
        cell, first: as in `Margins`.
        counted: whether the respondents of a cell count, (cells,).
        columns: the levels of each column by cell.
        all: the levels of each column by respondent.
    """

    cell: IntArray
    first: IntArray
    counted: BoolArray
    columns: Mapping[str, Coded]
    all: Mapping[str, Coded]

    @classmethod
    def of(cls, coded: Mapping[str, Coded], counted: BoolArray) -> _Cells:
        codes, sizes = [], []
        for column in coded.values():
            # Only who does not count can have a missing value, which is a level like any other.
            missing = bool((column.code < 0).any())
            codes.append(
                np.where(column.code < 0, len(column.levels), column.code)
                if missing
                else column.code
            )
            sizes.append(len(column.levels) + missing)
        if not counted.all() or not codes:
            codes.append(counted.astype(np.intp))
            sizes.append(2)
        cell, first = combine(codes, sizes)
        columns = {name: Coded(c.code[first], c.levels) for name, c in coded.items()}
        return cls(cell, first, counted[first], columns, coded)


def _refuse_rows_of_totals(targets: Sequence[Target], coded: Mapping[str, Coded]) -> None:
    """Refuse rows that sum the others up, which a table prints beside its parts."""
    for target in targets:
        for place, column in enumerate(target.columns):
            have = set(coded[column].levels)
            found = dict.fromkeys(level[place] for level in target.totals)
            others = [v for v in found if isinstance(v, str) and v not in have]
            if not others or len(found) == 1:
                continue
            # tables of populations are not needed otherwise
            from survey_stats.weight.population.words import is_total

            rows = [v for v in others if is_total(v)]
            if rows:
                raise EmptyCellError(
                    f"Nobody has {column} {rows[0]!r}, which looks like a row of totals beside "
                    f"its parts in the totals of {target.name!r}; leave it out"
                )


def _groups(
    targets: Sequence[Target], cells: _Cells, by: Sequence[str]
) -> tuple[tuple[Level, ...], IntArray]:
    """The groups that have totals, and the group of each cell."""
    if not by:
        return ((),), np.where(cells.counted, 0, 1)
    found = dict.fromkeys(level[: len(by)] for target in targets for level in target.totals)
    try:
        groups = tuple(sorted(found))
    except TypeError:
        groups = tuple(found)
    return groups, match([cells.columns[name] for name in by], by, groups, cells.counted)


def _attach(
    target: Target,
    frame: pd.DataFrame,
    cells: _Cells,
    depth: int,
    groups: tuple[Level, ...],
    group: IntArray,
) -> Margin:
    """A target with the respondents who count towards each of its totals."""
    levels = tuple(target.totals)
    totals = np.array([target.totals[level] for level in levels], dtype=np.float64)
    place = {g: k for k, g in enumerate(groups)}
    column_group = np.array([place[level[:depth]] for level in levels], dtype=np.intp)
    needed = cells.counted
    if target.partial:
        has = np.zeros(len(groups) + 1, dtype=bool)
        has[column_group] = True
        needed = has[group]
    columns = [cells.columns[name] for name in target.columns]
    code = match(columns, target.columns, levels, needed)[cells.cell]
    value: FloatArray | None = None
    if target.number is not None:
        value = _values(frame, target.number, needed[cells.cell])
    margin = Margin(target, levels, totals, code, value, column_group)
    _refuse_empty(margin, cells.all)
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


def _sums_kept(
    targets: Sequence[Target], people: Mapping[Level, float], by: Sequence[str]
) -> list[Target]:
    """A total of people, the sum of the weights, for groups in which no margin has one."""
    told_people = {level[: len(by)] for t in targets if t.number is None for level in t.totals}
    kept = {group: size for group, size in people.items() if group not in told_people}
    return [Target(tuple(by), kept, None, True)] if kept else []
