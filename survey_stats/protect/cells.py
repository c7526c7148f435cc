"""From printed tables to cells: what each row is about, and which cells add up to which."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.errors import InputError

Key = frozenset[tuple[str, Hashable]]
Status = Literal["to print", "published", "never printed"]

SUBJECT = ("survey", "question", "coding", "statistic", "side")
"""What an answer is about; all other columns say who answered, and can be summed over."""

YES, NO = "yes", "no"
BASES = ("n", "n_before", "n_after")
_FIRST_NUMBERS = ("level", "estimate", "before")
_KNOWN: tuple[Status, ...] = ("never printed", "to print", "published")
_COUNTED = ("share", "")
"""The statistics that are answers of a kind in a base; others have a base only."""


@dataclass(frozen=True, eq=False)
class Printed:
    """A frame that is printed in a document, and what it is about.

    Attributes:
        frame: `Estimates.to_frame()` or `Changes.to_frame()`, not yet protected; one row a cell (a
            cell and answer where there is a column `level`).
        of: what all rows are about, by column: `{"survey": ..., "wave": 2023, "question": ...,
            "district": "Farsta"}`. Cells of two tables that agree in all columns are one cell, and
            a cell without a column is the sum over it. `survey`, `question`, `coding`,
            `statistic` and `side` say what was asked; they are never summed over.
        by: the columns that tell the rows apart; those in front of the numbers by default.
        before, after: of a Changes, what its two sides are about besides (`{"wave": 2020}`).
        statistic: of what; shares are answers that add up, of others only the bases do.
        status: "to print"; "published" for numbers that are out already and cannot be hidden any
            more (last year's report); "never printed" for cells that nobody prints but whose
            numbers are known here, such as the cross classification behind printed margins.
        whole: the answers of a cell (rows alike but for `level`) are hidden all or none, since
            something else that is printed, such as a share of several answers together, would tell
            one of them from the rest.
        weights: the largest parts of each row's weight, largest first (see `weight_shares`), shape
            (rows, k); only a rule with `dominance` needs them.

    Raises:
        InputError: a column is missing, or a row is there twice.
    """

    frame: pd.DataFrame
    of: Mapping[str, Hashable] = field(default_factory=dict)
    by: Sequence[str] | None = None
    before: Mapping[str, Hashable] = field(default_factory=dict)
    after: Mapping[str, Hashable] = field(default_factory=dict)
    statistic: str = "share"
    status: Status = "to print"
    whole: bool = False
    weights: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        by = by_columns(self.frame) if self.by is None else list(self.by)
        missing = [c for c in by if c not in self.frame]
        if missing:
            raise InputError(
                f"protect: {missing[0]!r} in by is no column of the frame; there is "
                f"{', '.join(str(c) for c in self.frame.columns)}"
            )
        both = [c for c in by if c in self.of]
        if both:
            raise InputError(
                f"protect: {both[0]!r} is both a by column and in of=; give it in one place"
            )
        if self.status not in _KNOWN:
            raise InputError(
                f"protect: the status {self.status!r} is none of {', '.join(map(repr, _KNOWN))}"
            )
        bases(self.frame)
        key = [*by, *(["level"] if "level" in self.frame and "level" not in by else [])]
        twice = self.frame.duplicated(key) if key else pd.Series(range(len(self.frame))) > 0
        if twice.any():
            told = ", ".join(str(v) for v in self.frame.loc[twice.to_numpy(), key].iloc[0])
            raise InputError(f"protect: the row {told or 'of the total'} is there twice; keep one")
        object.__setattr__(self, "by", tuple(by))

    @property
    def sides(self) -> list[tuple[str, str, Mapping[str, Hashable]]]:
        """The base column, the share column and the keys of each number that a row prints."""
        if "n" in self.frame:
            return [("n", "estimate", {})]
        before: dict[str, Hashable] = dict(self.before) or {"side": "before"}
        after: dict[str, Hashable] = dict(self.after) or {"side": "after"}
        return [("n_before", "before", before), ("n_after", "after", after)]


@dataclass(frozen=True)
class Sum:
    """A cell that is the sum of others by something that the columns do not say.

    For all cells alike that have the columns and values of `whole` (all cells for an empty one),
    the cells with those of `parts` in their place add up to it: a new district of two old ones, a
    pool of two waves, a city of a district and its rest.

    Attributes:
        whole: columns and values of the sum.
        parts: columns and values of each part.

    Example:
        `Sum({"wave": "2020 and 2023"}, [{"wave": 2020}, {"wave": 2023}])`
    """

    whole: Mapping[str, Hashable]
    parts: Sequence[Mapping[str, Hashable]]


@dataclass(eq=False)
class Cell:
    """One cell, however many tables print it; `rows` are table, row, answer and base column.

    The answers of a `whole` one are hidden all or none.
    """

    key: Key
    n: float
    counts: dict[Hashable, float]
    statistic: str
    status: Status
    whole: bool = False
    rows: list[tuple[int, int, Hashable, str]] = field(default_factory=list)

    @property
    def shown(self) -> bool:
        """Whether it is to be printed, and so may be hidden."""
        return self.status == "to print"

    @property
    def dims(self) -> frozenset[str]:
        """The columns that say who answered."""
        return frozenset(c for c, _ in self.key if c not in SUBJECT)

    @property
    def who(self) -> Key:
        """Who answered."""
        return frozenset((c, v) for c, v in self.key if c not in SUBJECT)

    @property
    def subject(self) -> Key:
        """What was asked."""
        return frozenset((c, v) for c, v in self.key if c in SUBJECT)

    def told(self) -> str:
        """The cell in words, for errors."""
        return ", ".join(f"{c} {v}" for c, v in sorted(self.key, key=lambda p: p[0])) or "the total"


@dataclass(frozen=True)
class Relation:
    """A cell and the cells that add up to it, but for those who are in none of them."""

    whole: int
    parts: tuple[int, ...]


def by_columns(frame: pd.DataFrame) -> list[str]:
    """The columns in front of the numbers.

    Raises:
        InputError: the frame has none of the columns with which the numbers start.

    >>> by_columns(pd.DataFrame(columns=["district", "gender", "estimate", "n"]))
    ['district', 'gender']
    """
    columns = [str(c) for c in frame.columns]
    starts = [columns.index(c) for c in _FIRST_NUMBERS if c in columns]
    if not starts:
        raise InputError(
            "protect.apply needs the frame of an Estimates or a Changes; this one has neither "
            "'estimate' nor 'before'"
        )
    return columns[: min(starts)]


def bases(frame: pd.DataFrame) -> list[NDArray[np.float64]]:
    """The unweighted bases of each row, one of an Estimates, two of a Changes; missing is 0.

    Raises:
        InputError: there is no base, or one that is no whole number of answers.
    """
    present = [c for c in BASES if c in frame]
    if not present or (present[0] != "n" and len(present) < 2):
        raise InputError(
            "protect.apply needs a base: column 'n', or 'n_before' and 'n_after'; add the "
            "unweighted number of answers"
        )
    out = []
    for column in present:
        try:
            values = np.nan_to_num(frame[column].to_numpy(dtype=np.float64, na_value=np.nan))
        except (TypeError, ValueError):
            raise InputError(
                f"protect: the base {column!r} is not all numbers; give numbers of answers"
            ) from None
        if (values < 0).any() or not np.isfinite(values).all():
            raise InputError(
                f"protect: the base {column!r} has values that are no numbers of answers"
            )
        out.append(values)
    return out


def cells_of(tables: Sequence[Printed]) -> list[Cell]:
    """The cells of all tables, in order; one that several tables print is there once.

    Raises:
        InputError: two tables print different bases of one cell.
    """
    found: dict[Key, Cell] = {}
    for t, table in enumerate(tables):
        frame = table.frame
        levels = frame["level"].tolist() if "level" in frame else None
        groups = [frame[c].tolist() for c in table.by or ()]
        statistic = {} if table.statistic == "share" else {"statistic": table.statistic}
        for base, share, side in table.sides:
            ns = np.nan_to_num(frame[base].to_numpy(np.float64, na_value=np.nan))
            ps = _numbers(frame, share)
            fixed = {**statistic, **table.of, **side}
            for i, n in enumerate(ns.tolist()):
                told = {**fixed, **dict(zip(table.by or (), (g[i] for g in groups), strict=True))}
                key = frozenset((c, _plain(v)) for c, v in told.items())
                level = YES if levels is None else _plain(levels[i])
                cell = found.get(key)
                if cell is None:
                    cell = found[key] = Cell(key, n, {}, table.statistic, table.status)
                elif abs(cell.n - n) > 0.5:
                    raise InputError(
                        f"protect: {cell.told()} has the base {cell.n:g} in one table and {n:g} in "
                        "another; say in of= what sets the two apart"
                    )
                cell.status = max(cell.status, table.status, key=_KNOWN.index)
                cell.whole |= table.whole
                cell.rows.append((t, i, level, base))
                if table.statistic in _COUNTED and np.isfinite(ps[i]):
                    cell.counts[level] = float(ps[i]) * n
                    if levels is None:
                        cell.counts[NO] = (1 - float(ps[i])) * n
    return list(found.values())


def relations_of(cells: list[Cell], sums: Iterable[Sum] = ()) -> list[Relation]:
    """Which cells add up to which.

    Sums that nobody prints but that two tables have in common are added to `cells`.

    Raises:
        InputError: parts have more answers than their sum, so they overlap.
    """
    out: list[Relation] = []
    subjects: dict[Key, dict[frozenset[str], dict[Key, int]]] = {}
    for i, cell in enumerate(cells):
        subjects.setdefault(cell.subject, {}).setdefault(cell.dims, {})[cell.who] = i
    for subject, sets in subjects.items():
        _common(cells, subject, sets)
        for dims, wholes in sets.items():
            finer = [d for d in sets if dims < d]
            parts = {d: _by(sets[d], dims) for d in finer}
            for who, whole in wholes.items():
                own = [d for d in finer if who in parts[d]]
                # a table between the two tells the same in two steps
                own = [d for d in own if not any(other < d for other in own)]
                out += [Relation(whole, tuple(parts[d][who])) for d in own]
    index = {cell.key: i for i, cell in enumerate(cells)}
    for told in sums:
        out += _declared(cells, index, told)
    for relation in out:
        _fits(cells, relation)
    return out


def _common(cells: list[Cell], subject: Key, sets: dict[frozenset[str], dict[Key, int]]) -> None:
    """Add the sums that two tables have in common, where they are not printed."""
    while True:
        pairs = sorted(sets, key=lambda d: (len(d), sorted(d)))
        new = {a & b for a in pairs for b in pairs if a & b not in sets}
        if not new:
            return
        for dims in sorted(new, key=lambda d: (-len(d), sorted(d))):
            sizes: dict[Key, list[list[int]]] = {}
            for d in [d for d in pairs if dims < d]:
                for who, parts in _by(sets[d], dims).items():
                    sizes.setdefault(who, []).append(parts)
            sets[dims] = {}
            for who, options in sizes.items():
                # whoever is left out of one table is in another
                best = max(options, key=lambda ids: sum(cells[i].n for i in ids))
                counts: dict[Hashable, float] = {}
                for i in best:
                    for level, count in cells[i].counts.items():
                        counts[level] = counts.get(level, 0.0) + count
                n = sum(cells[i].n for i in best)
                made = Cell(subject | who, n, counts, cells[best[0]].statistic, _KNOWN[0])
                sets[dims][who] = len(cells)
                cells.append(made)


def _by(table: Mapping[Key, int], dims: frozenset[str]) -> dict[Key, list[int]]:
    out: dict[Key, list[int]] = {}
    for who, i in table.items():
        out.setdefault(frozenset(p for p in who if p[0] in dims), []).append(i)
    return out


def _declared(cells: list[Cell], index: Mapping[Key, int], told: Sum) -> list[Relation]:
    whole = frozenset((c, _plain(v)) for c, v in told.whole.items())
    parts = [frozenset((c, _plain(v)) for c, v in p.items()) for p in told.parts]
    taken = {c for part in parts for c, _ in part} - {c for c, _ in whole}
    out = []
    for i, cell in enumerate(cells):
        if not whole <= cell.key or any(c in taken for c, _ in cell.key):
            continue
        found = [index.get((cell.key - whole) | part) for part in parts]
        known = tuple(f for f in found if f is not None)
        if known:
            out.append(Relation(i, known))
    return out


def _fits(cells: list[Cell], relation: Relation) -> None:
    whole = cells[relation.whole]
    total = sum(cells[i].n for i in relation.parts)
    if total > whole.n + 0.5:
        first = cells[relation.parts[0]]
        raise InputError(
            f"protect: the parts of {whole.told()} ({first.told()} and the like) have {total:g} "
            f"answers together, more than the {whole.n:g} of the sum; groups that overlap are no "
            "parts of a sum: tell them apart by a column of their own in of="
        )


def _numbers(frame: pd.DataFrame, column: str) -> NDArray[np.float64]:
    if column not in frame:
        return np.full(len(frame), np.nan)
    return np.asarray(
        pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    )


def _plain(value: Any) -> Hashable:
    if value is None or value is pd.NA or value != value:
        return None
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, Hashable) else str(value)
