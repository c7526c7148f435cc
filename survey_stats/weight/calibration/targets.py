"""What the user gives as margins, as one kind of object: totals of levels, or of a number."""

from __future__ import annotations

import math
import numbers
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from survey_stats.errors import InputError, UnknownNameError, enumerate_first
from survey_stats.weight.errors import BenchmarkError
from survey_stats.weight.levels import plain, told

POPULATION = "population"
_NOTES = ("source", "note", "notes", "year", "date", "cut", "unit")

Level = tuple[Hashable, ...]


@dataclass(frozen=True)
class Target:
    """Totals to meet: people by the levels of `columns`, or the sum of the column `number`.

    Attributes:
        columns: the columns crossed, () for the whole population; the first are those of the
            groups where there are groups.
        totals: a total by level, a level being a value of each of `columns`.
        number: the numeric column that is summed; None where people are counted.
        partial: whether groups that are not among the levels have no such total, rather than a
            table that lacks them.
    """

    columns: tuple[str, ...]
    totals: Mapping[Level, float]
    number: str | None = None
    partial: bool = False

    @property
    def name(self) -> str:
        """What the margin is called."""
        parts = self.columns if self.number is None else (*self.columns, self.number)
        return " x ".join(parts) if parts else POPULATION


def read_targets(margins: object, frame: pd.DataFrame, by: Sequence[str] = ()) -> list[Target]:
    """The targets of what `calibrate` takes as margins.

    Raises:
        InputError: it is none of the forms that `calibrate` describes.
        UnknownNameError: it names a column that the frame does not have.
        BenchmarkError: a total is missing, infinite, negative or given twice.
    """
    _known(by, frame)
    if by and isinstance(margins, Mapping) and _keyed_by_group(margins, frame):
        return _by_group(margins, frame, tuple(by))
    targets = _read(margins, frame)
    if by:
        targets = [_group_first(target, tuple(by)) for target in targets]
    if not targets:
        raise InputError("There are no margins; give the totals of at least one column")
    names = [target.name for target in targets]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"The margin {enumerate_first(twice)} is given twice; give it once")
    return targets


def _read(margins: object, frame: pd.DataFrame) -> list[Target]:
    if isinstance(margins, pd.DataFrame):
        return [_tidy(margins, frame)]
    if isinstance(margins, Mapping):
        return [_keyed(key, value, frame) for key, value in margins.items()]
    if isinstance(margins, pd.Series):
        return [_bare(margins, frame)]
    if isinstance(margins, Sequence) and not isinstance(margins, str):
        return [target for part in margins for target in _read(part, frame)]
    raise InputError(
        f"Margins are a mapping of columns to totals, or tables with a column {POPULATION!r}, "
        f"not {type(margins).__name__}"
    )


def _keyed(key: object, value: object, frame: pd.DataFrame) -> Target:
    """One entry of a mapping."""
    if key is None or (
        isinstance(key, str) and key == POPULATION and POPULATION not in frame.columns
    ):
        if not _is_number(value) and isinstance(value, Mapping | pd.Series | pd.DataFrame):
            raise InputError(
                f"The population is one number, but {key!r} has {type(value).__name__}; name the "
                "column that its levels are of, as in {'gender': totals}"
            )
        return Target((), {(): _total(value, POPULATION)})
    columns = tuple(str(k) for k in key) if isinstance(key, tuple) else (str(key),)
    name = " x ".join(columns)
    _known(columns, frame)
    if isinstance(value, pd.DataFrame):
        unnamed = all(n is None for n in value.index.names)
        lacking = not any(c in value.columns for c in columns)
        if unnamed and lacking and value.index.nlevels == len(columns):
            value = value.rename_axis(list(columns))
        target = _tidy(value, frame)
        if set(target.columns) != set(columns):
            raise InputError(
                f"The table of the margin {name!r} has the columns "
                f"{enumerate_first(target.columns)}; give it those of its name"
            )
        return target
    if isinstance(value, pd.Series):
        return Target(columns, _series(value, columns, name))
    if isinstance(value, Mapping):
        pairs = [(k if isinstance(k, tuple) else (k,), v) for k, v in value.items()]
        return Target(columns, _levels(pairs, columns, name))
    if len(columns) == 1 and _is_number(value):
        if not _numeric(frame[columns[0]]):
            raise InputError(
                f"The margin {name!r} is one number, but the column is not numeric; "
                "give a total for each of its levels"
            )
        total = _number(value, name)
        return Target((), {(): total}, columns[0])
    raise InputError(
        f"The totals of {name!r} are a mapping from level to total, a Series, a table or, for a "
        f"numeric column, one number, not {type(value).__name__}"
    )


def _tidy(table: pd.DataFrame, frame: pd.DataFrame) -> Target:
    """A table with a row a cell: columns of the frame, and `population`."""
    if POPULATION not in table.columns:
        raise InputError(
            f"A table of totals needs a column {POPULATION!r}; this one has "
            f"{enumerate_first([str(c) for c in table.columns])}"
        )
    levels = [n for n in table.index.names if n in frame.columns and n not in table.columns]
    if levels:
        table = table.reset_index(level=levels)
    columns = []
    for column in table.columns:
        if column == POPULATION:
            continue
        if column in frame.columns:
            columns.append(str(column))
        elif str(column).split("_")[0] not in _NOTES:
            raise _extra_column(table, column, frame)
    if not columns and not isinstance(table.index, pd.RangeIndex) and len(table) > 1:
        shown = enumerate_first(list(table.index), 3)
        raise InputError(
            f"The table of totals has its levels in an index ({shown}) "
            "that is not called as a column of the frame; use .rename_axis('gender') with the "
            "column's name"
        )
    name = " x ".join(columns) or POPULATION
    pairs = list(
        zip(
            zip(*(table[c] for c in columns), strict=True) if columns else [()] * len(table),
            table[POPULATION],
            strict=True,
        )
    )
    return Target(tuple(columns), _levels(pairs, tuple(columns), name))


def _extra_column(table: pd.DataFrame, column: object, frame: pd.DataFrame) -> UnknownNameError:
    """What is wrong with a column of totals that the frame lacks, and which may be meant."""
    error = UnknownNameError("column", column, frame.columns, "the frame")
    values = set(table[column].dropna().map(plain))
    alike = [
        str(name)
        for name, dtype in frame.dtypes.items()
        if name not in table.columns
        and not pd.api.types.is_float_dtype(dtype)
        and isinstance(frame[name], pd.Series)
        and values & {plain(v) for v in frame[name].dropna().unique() if isinstance(v, Hashable)}
    ]
    if alike:
        error.args = (
            f"The table of totals has a column {str(column)!r}, which the frame does not have, but "
            f"its values are those of {alike[0]!r}; rename it with "
            f".rename(columns={{{column!r}: {alike[0]!r}}})",
        )
        error.suggestions = alike[:1]
    else:
        error.args = (
            f"{error}; it is a column of the table of totals: rename it as the frame has it, or "
            f"sum over it and drop it",
        )
    return error


def _bare(series: pd.Series, frame: pd.DataFrame) -> Target:
    """A Series by itself, whose index is called as the columns of the frame, or else its name."""
    names = list(series.index.names)
    if any(n is None or n not in frame.columns for n in names):
        if len(names) > 1 or series.name is None or series.name not in frame.columns:
            raise InputError(
                "A Series of totals must tell of which columns its levels are; name its index as "
                "they are called in the frame (.rename_axis('gender')), or give {column: totals}"
            )
        names = [series.name]
    columns = tuple(str(n) for n in names)
    _known(columns, frame)
    return Target(columns, _series(series, columns, " x ".join(columns)))


def _series(series: pd.Series, columns: tuple[str, ...], name: str) -> dict[Level, float]:
    index = series.index
    keys = [k if isinstance(k, tuple) else (k,) for k in index]
    names = [str(n) for n in index.names if n is not None]
    if len(names) == len(columns) > 1 and names != list(columns):
        if sorted(names) != sorted(columns):
            raise InputError(
                f"The index of the totals of {name!r} has the levels {enumerate_first(names)}; "
                "name them as the columns"
            )
        order = [names.index(c) for c in columns]
        keys = [tuple(k[o] for o in order) for k in keys]
    return _levels(list(zip(keys, series, strict=True)), columns, name)


def _levels(
    pairs: Sequence[tuple[tuple[Any, ...], Any]], columns: tuple[str, ...], name: str
) -> dict[Level, float]:
    """Totals by level, each level once, none missing, infinite or negative."""
    if not pairs:
        raise BenchmarkError(f"The table of totals of {name!r} is empty; give one number a level")
    found: dict[Level, float] = {}
    for key, value in pairs:
        if len(key) != len(columns):
            raise InputError(
                f"The margin {name!r} crosses {len(columns)} columns, but a level of its totals "
                f"is {key!r}; give a value of each column"
            )
        level = tuple(plain(k) for k in key)
        if any(k is None or k is pd.NA or k is pd.NaT or k != k for k in level):
            raise BenchmarkError(
                f"A level of the totals of {name!r} is missing ({told(key)}); name it or drop it"
            )
        if level in found:
            raise BenchmarkError(
                f"The totals of {name!r} have {told(level)!r} twice; give one number a level, "
                "for one year and one source"
            )
        found[level] = _total(value, f"{name}: {told(level)}")
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real | Decimal) and not isinstance(value, bool)


def _number(value: object, name: str) -> float:
    if value is pd.NA or value is None:
        raise BenchmarkError(f"The total of {name!r} is missing; correct the table")
    if not _is_number(value):
        raise BenchmarkError(
            f"The total of {name!r} is {_shown(value)}, which is not a number; correct the table"
        )
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number):
        what = "missing" if math.isnan(number) else "infinite"
        raise BenchmarkError(f"The total of {name!r} is {what}; correct the table")
    return number


def _shown(value: object) -> str:
    """A value on one line."""
    text = repr(value)
    return text if len(text) <= 60 and "\n" not in text else f"a {type(value).__name__}"


def _total(value: object, name: str) -> float:
    total = _number(value, name)
    if total < 0:
        raise BenchmarkError(f"The total of {name!r} is negative, {total:g}; correct the table")
    return total


def _numeric(column: pd.Series | pd.DataFrame) -> bool:
    return isinstance(column, pd.Series) and bool(
        pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column)
    )


def _known(columns: Sequence[str], frame: pd.DataFrame) -> None:
    for column in columns:
        if column not in frame.columns:
            raise UnknownNameError("column", column, frame.columns, "the frame")
    if len(set(columns)) < len(columns):
        raise InputError(f"{' x '.join(columns)!r} crosses a column with itself; name it once")


def _keyed_by_group(margins: Mapping[Any, Any], frame: pd.DataFrame) -> bool:
    """Whether the keys are groups with margins of their own, rather than columns."""
    for key, value in margins.items():
        if not isinstance(value, Mapping | pd.DataFrame | list | tuple):
            return False
        parts = key if isinstance(key, tuple) else (key,)
        if key is None or all(p in frame.columns for p in parts):
            return False
        if isinstance(value, Mapping) and all(_is_number(v) for v in value.values()):
            # {"gendr": {"women": 1}}: a misspelled column rather than a group with numeric totals
            return any(k in frame.columns for k in value)
    return True


def _by_group(margins: Mapping[Any, Any], frame: pd.DataFrame, by: tuple[str, ...]) -> list[Target]:
    """{group: margins} as targets whose first columns are those of the groups."""
    totals: dict[tuple[tuple[str, ...], str | None], dict[Level, float]] = {}
    for key, value in margins.items():
        group = tuple(plain(k) for k in (key if isinstance(key, tuple) else (key,)))
        if len(group) != len(by):
            raise InputError(
                f"Groups are by {' x '.join(by)}, but one is called {key!r}; "
                "give a value of each column"
            )
        for target in _read(value, frame):
            columns = tuple(c for c in target.columns if c not in by)
            place = [target.columns.index(c) for c in columns]
            own = totals.setdefault(((*by, *columns), target.number), {})
            for level, total in target.totals.items():
                name = (*group, *(level[p] for p in place))
                if name in own:
                    raise BenchmarkError(
                        f"The totals of {' x '.join((*by, *columns))!r} have {told(name)!r} "
                        "twice; give one number a level"
                    )
                own[name] = total
    return [Target(columns, own, number, True) for (columns, number), own in totals.items()]


def _group_first(target: Target, by: tuple[str, ...]) -> Target:
    """The same target with the columns of the groups first."""
    lacking = [c for c in by if c not in target.columns]
    if lacking:
        raise InputError(
            f"by={' x '.join(by)!r} needs totals in each group, but the margin {target.name!r} "
            f"has none by {enumerate_first(lacking)}; cross it, or give {{group: margins}}"
        )
    columns = (*by, *(c for c in target.columns if c not in by))
    place = [target.columns.index(c) for c in columns]
    totals = {tuple(level[p] for p in place): v for level, v in target.totals.items()}
    return Target(columns, totals, target.number, target.partial)
