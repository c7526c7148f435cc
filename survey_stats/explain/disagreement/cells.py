"""The cells of crossed variables that two surveys have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from survey_stats.errors import InputError, UnknownNameError, enumerate_first
from survey_stats.estimate import Survey
from survey_stats.estimate.columns import cross, split
from survey_stats.explain.disagreement.spelling import lookalikes

Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]
# variable -> name of the merged level -> the levels that it merges
Merge = Mapping[str, Mapping[object, Sequence[object]]]

MOST_VARIABLES = 5
MOST_LEVELS = 200


@dataclass(frozen=True, eq=False)
class Levels:
    """One variable in both surveys by the same codes: a code a respondent, -1 where not known."""

    name: str
    labels: tuple[object, ...]
    first: Ints
    second: Ints


@dataclass(frozen=True, eq=False)
class Cells:
    """Crossed cells that both surveys have, C of them.

    Attributes
    ----------
    variables: with their labels
    levels: code of each variable in each cell, (C, K)
    first, second: the cell of each respondent, C where he is in none; (n,) each
    n_first, n_second: respondents in each cell, (C,) each
    only_first, only_second: the cells that one survey alone has, in words
    """

    variables: tuple[Levels, ...]
    levels: Ints
    first: Ints
    second: Ints
    n_first: Ints
    n_second: Ints
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]

    @property
    def size(self) -> int:
        """C."""
        return int(self.levels.shape[0])

    def told(self, cell: int) -> str:
        """A cell by its levels."""
        return _told(self.variables, self.levels[cell].tolist())


def check_variables(variables: str | Sequence[str]) -> tuple[str, ...]:
    """The names of the variables, one at least and `MOST_VARIABLES` at most."""
    names = (variables,) if isinstance(variables, str) else variables
    if not isinstance(names, Iterable) or not all(isinstance(n, str) for n in names):
        raise InputError(f"variables={variables!r}: give the names of columns")
    names = tuple(names)
    if len(set(names)) < len(names):
        raise InputError(f"variables={list(names)} names a column twice")
    if len(names) > MOST_VARIABLES:
        raise InputError(
            f"{len(names)} variables make too many cells; choose at most {MOST_VARIABLES}"
        )
    return names


def levels_of(first: Survey, second: Survey, name: str, merge: Merge) -> Levels:
    """A variable in both surveys, with levels merged as asked.

    Raises:
        UnknownNameError: a survey does not have the column; a level to merge is in neither.
        InputError: continuous numbers, or too many levels.
    """
    for survey, which in ((first, "first"), (second, "second")):
        if name not in survey.frame.columns:
            raise UnknownNameError(
                "variable", name, survey.frame.columns, f"the {which} survey's frame"
            )
    coded = first.coded(name), second.coded(name)
    for one in coded:
        if len(one.labels) > MOST_LEVELS:
            raise InputError(
                f"{name!r} has {len(one.labels)} levels; group it before it is a variable"
            )
    known = list(dict.fromkeys([*coded[0].labels.tolist(), *coded[1].labels.tolist()]))
    to: dict[object, object] = {}
    for new, old in merge.get(name, {}).items():
        if isinstance(old, str) or not isinstance(old, Sequence):
            raise InputError(f"merge={{{name!r}: {{{new!r}: {old!r}}}}}: give a list of levels")
        for level in old:
            if level not in known:
                raise UnknownNameError("level", level, known, where=name)
            if level in to:
                raise InputError(f"merge puts the level {level!r} of {name!r} into two groups")
            to[level] = new
    kept = [v for v in known if v not in to]
    clash = [new for new in merge.get(name, {}) if new in kept]
    if clash:
        raise InputError(
            f"merge names a group of {name!r} {clash[0]!r}, which is a level of its own; list that "
            "level too, or choose another name"
        )
    labels = tuple(dict.fromkeys(to.get(v, v) for v in known))
    place = {label: i for i, label in enumerate(labels)}
    _refuse_types(name, coded[0].labels.tolist(), coded[1].labels.tolist())
    codes = []
    for one in coded:
        table = np.array([*(place[to.get(v, v)] for v in one.labels.tolist()), -1], dtype=np.intp)
        codes.append(table[one.codes])
    return Levels(name, labels, codes[0], codes[1])


def spelled_apart(variable: Levels) -> tuple[tuple[str, str], ...]:
    """Levels that one survey alone has and that look like a misspelling of the other's."""
    one, two = (
        [variable.labels[c] for c in np.unique(codes[codes >= 0]).tolist()]
        for codes in (variable.first, variable.second)
    )
    return lookalikes(one, two)


def _refuse_types(name: str, first: Sequence[object], second: Sequence[object]) -> None:
    """Levels that read alike and are not: numbers in one survey and text in the other."""
    if set(first) & set(second):
        return
    if {str(v) for v in first} & {str(v) for v in second}:
        raise InputError(
            f"{name!r} is {type(first[0]).__name__} in the first survey and "
            f"{type(second[0]).__name__} in the second, though the levels read alike; make them "
            "of one type"
        )


def crossed(
    variables: Sequence[Levels], first: Bools, second: Bools, sizes: tuple[int, int]
) -> Cells:
    """The cells in which both surveys have respondents, among the rows `first` and `second`.

    `sizes` are the numbers of respondents of the two frames. Raises `InputError` where the two
    have no cell in common.
    """
    if not variables:
        one = [np.where(rows, 0, 1).astype(np.intp) for rows in (first, second)]
        counts = [np.array([int(rows.sum())]) for rows in (first, second)]
        return Cells((), np.zeros((1, 0), np.intp), one[0], one[1], counts[0], counts[1], (), ())
    shape = [len(v.labels) for v in variables]
    codes, present = cross(
        [np.concatenate([v.first[first], v.second[second]]) for v in variables], shape
    )
    levels = np.stack([p.astype(np.intp) for p in split(present, shape)], axis=1)
    cut = int(first.sum())
    parts = codes[:cut].astype(np.intp), codes[cut:].astype(np.intp)
    counts = [np.bincount(p[p >= 0], minlength=levels.shape[0]) for p in parts]
    shared = (counts[0] > 0) & (counts[1] > 0)
    only = [
        tuple(_told(variables, row) for row in levels[(mine > 0) & ~shared].tolist())
        for mine in counts
    ]
    if not shared.any():
        raise InputError(
            f"The surveys have no group of {' x '.join(v.name for v in variables)} in common: the "
            f"first has {enumerate_first(only[0], 3)}, the second {enumerate_first(only[1], 3)}; "
            "code them alike"
        )
    size = int(shared.sum())
    table = np.full(levels.shape[0] + 1, size, dtype=np.intp)
    table[:-1][shared] = np.arange(size)
    placed = []
    for part, rows, n in zip(parts, (first, second), sizes, strict=True):
        cell = np.full(n, size, dtype=np.intp)
        cell[rows] = table[part]
        placed.append(cell)
    return Cells(
        tuple(variables),
        levels[shared],
        placed[0],
        placed[1],
        counts[0][shared],
        counts[1][shared],
        only[0],
        only[1],
    )


def _told(variables: Sequence[Levels], row: Sequence[int]) -> str:
    return " × ".join(str(v.labels[code]) for v, code in zip(variables, row, strict=True))
