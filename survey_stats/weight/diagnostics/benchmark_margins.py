"""Benchmarks in the forms that `calibrate` takes as margins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from survey_stats.weight.calibration.targets import Target as Totals
from survey_stats.weight.calibration.targets import read_targets
from survey_stats.weight.diagnostics.targets import POPULATION, TIMES, Moment
from survey_stats.weight.errors import BenchmarkError
from survey_stats.weight.levels import column_of

Benchmarks = pd.DataFrame | Mapping[Any, Any] | Sequence[pd.DataFrame | Mapping[Any, Any]]


def tables_of(
    benchmarks: Benchmarks, frame: pd.DataFrame
) -> tuple[list[tuple[str, pd.DataFrame]], list[Moment]]:
    """Tables of people by name, and the means that sums of numeric columns make.

    A table among the benchmarks stays as it is; {column: {level: people}}, {(column, column):
    Series} become tables with a column `population`, called by their columns. A sum of a numeric
    column is held against the people of {None: people}, or else of the first of those margins.

    Raises:
        BenchmarkError: benchmarks of another type; a total that is missing, negative or given
            twice; a sum of a numeric column and no number of people; or that number alone.
        InputError, UnknownNameError: as `calibrate` refuses margins.
    """
    tables: dict[str, pd.DataFrame] = {}
    sums: list[Totals] = []
    people = float("nan")
    counted = float("nan")
    for name, given in _parts(benchmarks):
        if isinstance(given, pd.DataFrame):
            tables[_free(name, tables)] = given
            continue
        for totals in read_targets(given, frame):
            if totals.number is not None:
                sums.append(totals)
            elif not totals.columns:
                people = totals.totals[()]
            else:
                table = _table(totals)
                tables[_free(totals.name, tables)] = table
                if not counted > 0:
                    counted = float(table[POPULATION].sum())
    if not tables and not sums:
        raise BenchmarkError(
            "The number of people alone says nothing of groups; give benchmarks by level too"
        )
    return list(tables.items()), [
        _moment(each, people if people > 0 else counted, frame) for each in sums
    ]


def _parts(benchmarks: object) -> list[tuple[str, object]]:
    """Each table with its name, each margin as a mapping of its own."""
    if isinstance(benchmarks, pd.DataFrame):
        return [("", benchmarks)]
    if isinstance(benchmarks, Mapping):
        return [
            (TIMES.join(map(str, key)) if isinstance(key, tuple) else str(key), value)
            if isinstance(value, pd.DataFrame)
            else ("", {key: value})
            for key, value in benchmarks.items()
        ]
    if isinstance(benchmarks, Sequence) and not isinstance(benchmarks, str):
        found: list[tuple[str, object]] = []
        for k, each in enumerate(benchmarks, 1):
            if isinstance(each, pd.DataFrame):
                found.append((str(k), each))
            elif isinstance(each, Mapping):
                found += _parts(each)
            else:
                raise _refused(each)
        return found
    raise _refused(benchmarks)


def _refused(given: object) -> BenchmarkError:
    return BenchmarkError(
        f"A table of benchmarks must be a DataFrame, not {type(given).__name__}; give one with a "
        "column for each variable and a column 'population', or margins as `calibrate` takes them"
    )


def _free(name: str, taken: Mapping[str, object]) -> str:
    """The name, with a number where it is taken."""
    if name not in taken:
        return name
    return next(n for k in range(2, len(taken) + 3) if (n := f"{name} {k}") not in taken)


def _table(totals: Totals) -> pd.DataFrame:
    keys = {
        column: pd.Series([level[k] for level in totals.totals], dtype=object)
        for k, column in enumerate(totals.columns)
    }
    return pd.DataFrame({**keys, POPULATION: list(totals.totals.values())})


def _moment(totals: Totals, people: float, frame: pd.DataFrame) -> Moment:
    name = str(totals.number)
    if not people > 0:
        raise BenchmarkError(
            f"The sum of {name!r} is given and not of how many people; add {{None: people}} to "
            "the benchmarks"
        )
    value = column_of(frame, name).to_numpy(np.float64, na_value=np.nan)
    return Moment(name, value, totals.totals[()] / people, source=totals.name)
