"""Compact letter display: which of many groups differ, told by few letters.

Groups are numbered 0 to G - 1; `differ` (G, G) is symmetric and says which pairs do. A column of a
display is a letter, and its entries are the groups that carry it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from string import ascii_lowercase, ascii_uppercase

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

# insert and absorb can need exponentially many columns on the way; beyond this they are grown
MOST_COLUMNS = 500


def letter_columns(differ: Bools, most: int = MOST_COLUMNS) -> Bools:
    """Groups by letters, (G, L): two groups share a letter if and only if they do not differ.

    Insert and absorb, then sweep (Piepho 2004, J. Computational and Graphical Statistics 13:456):
    no letter of any group can be taken away without breaking the rule. Letters are in the order
    of the first group that carries them, so the result depends on the order of the groups only.
    Where more than `most` columns would be needed on the way, columns are grown pair by pair
    instead (Gramm et al. 2007, Computational Statistics and Data Analysis 52:725), in time that is
    polynomial; they keep the same rule.

    >>> differ = np.zeros((3, 3), dtype=bool)
    >>> differ[0, 2] = differ[2, 0] = True
    >>> letter_columns(differ).astype(int)
    array([[1, 0],
           [1, 1],
           [0, 1]])
    """
    groups = differ.shape[0]
    if groups == 0:
        return np.zeros((0, 0), dtype=bool)
    columns = _insert_absorb(differ, most)
    swept = _sweep(_grow(differ) if columns is None else columns)
    out = np.zeros((groups, len(swept)), dtype=bool)
    for at, column in enumerate(sorted(tuple(_members(c)) for c in swept)):
        out[list(column), at] = True
    return out


def columns_above(differ: Bools, estimate: Floats) -> list[tuple[int, ...]]:
    """For each group the groups that it differs from and lies above, as tables of surveys print.

    >>> columns_above(~np.eye(2, dtype=bool), np.array([0.2, 0.4]))
    [(), (0,)]
    """
    with np.errstate(invalid="ignore"):
        above = differ & (estimate[:, None] > estimate)
    return [tuple(np.flatnonzero(row).tolist()) for row in above]


def letter_names(count: int, upper: bool = False) -> list[str]:
    """The first letters; from the 27th on a number follows, so that strings of them are clear.

    >>> letter_names(28)[24:], letter_names(2, upper=True)
    (['y', 'z', 'a1', 'b1'], ['A', 'B'])
    """
    alphabet = ascii_uppercase if upper else ascii_lowercase
    turns = [divmod(i, len(alphabet)) for i in range(count)]
    return [f"{alphabet[at]}{turn or ''}" for turn, at in turns]


def _insert_absorb(differ: Bools, most: int) -> list[int] | None:
    """The largest sets without a pair that differs, as bits; None where they are too many."""
    columns = [(1 << differ.shape[0]) - 1]
    for i, j in np.argwhere(np.triu(differ, 1)).tolist():
        both = 1 << i | 1 << j
        split = [c for c in columns if c & both == both]
        if not split:
            continue
        columns = [c for c in columns if c & both != both]
        # a column that was split leaves two; one that lies within another adds nothing
        parts = {c & ~(1 << k) for c in split for k in (i, j)}
        for part in sorted(parts, key=int.bit_count, reverse=True):
            if not any(part & c == part for c in columns):
                columns.append(part)
        if len(columns) > most:
            return None
    return columns


def _grow(differ: Bools) -> list[int]:
    """Sets without a pair that differs, each as large as can be, that hold every other pair."""
    groups = differ.shape[0]
    alike = [sum(1 << j for j in np.flatnonzero(~row).tolist()) for row in differ]
    alike = [row | 1 << i for i, row in enumerate(alike)]
    columns: list[int] = []
    covered = [0] * groups
    for i in range(groups):
        # a group that differs from all others has a column for itself
        while left := alike[i] & ~covered[i]:
            seed = (left & -left).bit_length() - 1
            column, room = 1 << i | 1 << seed, alike[i] & alike[seed]
            # first the groups whose pair with this one is still without a column
            for k in (*_members(room & left), *_members(room & ~left)):
                if column & alike[k] == column:
                    column |= 1 << k
            for k in _members(column):
                covered[k] |= column
            columns.append(column)
    return columns


def _sweep(columns: Sequence[int]) -> list[int]:
    """Take away, in turn, every letter whose pairs all share another one, and empty columns.

    One pass is enough: what could not be taken away cannot be when others have gone.
    """
    kept = sorted(columns, key=lambda c: (c.bit_count(), [-k for k in _members(c)]))
    for at in range(len(kept)):
        for i in _members(kept[at]):
            others = [c for k, c in enumerate(kept) if k != at and c >> i & 1]
            shared = 0
            for c in others:
                shared |= c
            if kept[at] & shared == kept[at]:
                kept[at] &= ~(1 << i)
    return [c for c in kept if c]


def _members(column: int) -> Iterator[int]:
    while column:
        low = column & -column
        yield low.bit_length() - 1
        column ^= low
