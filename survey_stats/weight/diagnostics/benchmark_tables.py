"""Tables of the population, as the caller gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import UnknownNameError, enumerate_first
from survey_stats.weight.cells import CELL_SEPARATOR
from survey_stats.weight.diagnostics.benchmark_margins import Benchmarks, tables_of
from survey_stats.weight.diagnostics.targets import (
    POPULATION,
    Moment,
    Target,
    coded,
    text_of,
)
from survey_stats.weight.errors import BenchmarkError, UnknownCellError
from survey_stats.weight.levels import column_of

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# columns of a table of benchmarks that tell where a figure is from, not who is counted
ABOUT = ("source", "note", "notes", "year", "date", "cut", "unit", "how", "area_2023")


def from_benchmarks(
    benchmarks: Benchmarks,
    frame: pd.DataFrame,
    answered: BoolArray,
) -> list[Target | Moment]:
    """Tables of benchmarks as targets.

    A table has a column for each variable, named as in the frame, and `population`; or the columns
    `variable`, `mean` and perhaps `sd` for numeric variables. Columns that tell where figures are
    from (source, year, note ...) are not variables. Margins as `calibrate` takes them are read by
    `benchmark_margins.tables_of`.

    Raises:
        BenchmarkError: no column `population`, a population that is missing or negative, a cell
            twice (two years in one table), or a column that is neither variable nor source.
        UnknownCellError: the names of a variable differ between table and respondents.
    """
    tables, means = tables_of(benchmarks, frame)
    found: list[Target | Moment] = []
    for name, table in tables:
        where = f"the benchmarks {name!r}" if name else "the benchmarks"
        label = name or "benchmarks"
        if {"variable", "mean"} <= set(table.columns):
            found += [_mean(row, frame, label, where) for row in table.to_dict("records")]
        else:
            found.append(_table(table, frame, label, where, answered))
    return [*found, *means]


def _mean(row: Mapping[Any, Any], frame: pd.DataFrame, label: str, where: str) -> Moment:
    name = str(row["variable"])
    column = column_of(frame, name)
    if not pd.api.types.is_numeric_dtype(column):
        raise BenchmarkError(
            f"The variable {name!r} of {where} has a mean and is not numeric in the frame; "
            "give its population by level"
        )
    mean = float(row["mean"])
    sd = float(row.get("sd", float("nan")))
    if not np.isfinite(mean) or sd <= 0 or np.isinf(sd):
        raise BenchmarkError(
            f"The mean or sd of {name!r} in {where} is missing, infinite or not positive; "
            "correct the table"
        )
    value = column.to_numpy(np.float64, na_value=np.nan)
    return Moment(name, value, mean, sd, label)


def _table(
    table: pd.DataFrame, frame: pd.DataFrame, label: str, where: str, answered: BoolArray
) -> Target:
    if POPULATION not in table.columns:
        raise BenchmarkError(
            f"There is no column 'population' in {where}; it has "
            f"{enumerate_first(list(table.columns))}"
        )
    names = [str(c) for c in table.columns if c in frame.columns and c != POPULATION]
    # a year of the source is not one of the respondents
    names = [n for n in names if not (n in ABOUT and len(table[n].unique()) == 1)]
    other = [c for c in table.columns if c not in (*names, POPULATION, *ABOUT)]
    if other or not names:
        raise UnknownNameError(
            f"variable of {where}", (other or ["population by group"])[0], frame.columns,
            "the respondents' frame",
        )  # fmt: skip
    keys = pd.DataFrame({n: text_of(table[n]) for n in names}, columns=names, dtype=object)
    people = pd.to_numeric(table[POPULATION], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    cells = [CELL_SEPARATOR.join(map(str, key)) for key in keys.itertuples(index=False, name=None)]
    if keys.isna().to_numpy().any():
        raise BenchmarkError(f"A cell of {where} has no name in {names}; fill it in or remove it")
    bad = [cells[k] for k in np.flatnonzero(~(np.isfinite(people) & (people >= 0)))]
    if bad:
        raise BenchmarkError(
            f"The population is negative or missing in {enumerate_first(bad)} of {where}; "
            "correct the table"
        )
    twice = pd.Series(cells)[pd.Series(cells).duplicated()].tolist()
    if twice:
        raise BenchmarkError(
            f"Cells stand twice in {where}: {enumerate_first(twice, 3)}; keep one year and one "
            "source, or add the rows up"
        )
    if not people.sum() > 0:
        raise BenchmarkError(f"Nobody lives in any cell of {where}; correct the table")
    code, missing, unknown = coded(frame, names, keys, answered)
    target = Target(tuple(names), keys, code, people, label, 0, 0, missing, unknown)
    _refuse_other_names(target, where)
    return target


def _refuse_other_names(target: Target, where: str) -> None:
    """Names unknown on both sides are spelled in two ways, not absent."""
    if not target.unknown:
        return
    counts = np.bincount(target.code, minlength=target.size + 1)[: target.size]
    if not counts.any():
        nobody = [CELL_SEPARATOR.join(k) for k in target.keys.itertuples(index=False, name=None)]
        raise UnknownCellError(
            f"No respondent is in a cell of {where}: they are in "
            f"{enumerate_first([u for u, _ in target.unknown])}, and the table has "
            f"{enumerate_first(nobody)}; use the same names"
        )
    for name in target.variables:
        place = target.variables.index(name)
        seen = {u.split(CELL_SEPARATOR)[place] for u, _ in target.unknown} - set(target.keys[name])
        empty = sorted(
            set(target.keys[name]) - set(target.keys[name].to_numpy()[np.flatnonzero(counts)])
        )
        if seen and empty:
            raise UnknownCellError(
                f"Respondents have {name} {enumerate_first(sorted(seen))}, which {where} lack, and "
                f"nobody has {enumerate_first(empty)}; use the same names"
            )
