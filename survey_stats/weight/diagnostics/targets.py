"""Populations to hold the weights against, and which respondents are in each of their cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import UnknownNameError, enumerate_first
from survey_stats.weight.cells import CELL_SEPARATOR
from survey_stats.weight.errors import BenchmarkError, UnknownCellError

if TYPE_CHECKING:
    from survey_stats.weight.influence import Block
    from survey_stats.weight.result import Step, Weights

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]

POPULATION = "population"
# columns of a table of benchmarks that tell where a figure is from, not who is counted
ABOUT = ("source", "year", "note", "notes", "how", "cut", "geography", "area_2023")
TIMES = " x "


@dataclass(frozen=True, eq=False)
class Target:
    """A population by cells, and the cell of each respondent.

    Attributes:
        variables: what forms the cells, such as ("district", "gender").
        keys: the values of the variables as text, one row a cell.
        code: the cell of each respondent, shape (n,); the number of cells where he is in none.
        population: people in each cell.
        source: the name of the table of benchmarks; empty for a target of the weighting.
        step: the step (from 1) that weighted to it; 0 for a table of benchmarks.
        within: how many of the variables, the first ones, are groups weighted each on its own.
        missing: respondents without a value of the variables.
        unknown: cells of respondents of which the table says nothing, with how many there are.
    """

    variables: tuple[str, ...]
    keys: pd.DataFrame
    code: IntArray
    population: FloatArray
    source: str = ""
    step: int = 0
    within: int = 0
    missing: int = 0
    unknown: tuple[tuple[str, int], ...] = ()

    @property
    def size(self) -> int:
        """The number of cells."""
        return int(self.population.size)

    def sums(self, amounts: FloatArray) -> FloatArray:
        """Sums of `amounts` (n,) by cell."""
        sums = np.bincount(self.code, amounts, minlength=self.size + 1)[: self.size]
        return sums.astype(np.float64)

    def over(self, variables: Sequence[str]) -> Target:
        """The same population by fewer variables: the others summed over."""
        names = list(variables)
        cells = pd.MultiIndex.from_frame(self.keys[names])
        position, found = pd.factorize(cells)
        keys = pd.DataFrame(list(found), columns=names, dtype=object)
        code = np.append(position, len(keys))[self.code].astype(np.intp)
        sums = np.bincount(position, self.population, minlength=len(keys)).astype(np.float64)
        return Target(
            tuple(names), keys, code, sums, self.source, self.step, 0, self.missing, self.unknown
        )


@dataclass(frozen=True, eq=False)
class Moment:
    """The mean of a numeric variable in the population.

    Attributes:
        variable: its name.
        value: that of each respondent, shape (n,); NaN where it is missing.
        mean, sd: of the population; the sd is NaN where it is not known.
        source, step: as of a `Target`.
    """

    variable: str
    value: FloatArray
    mean: float
    sd: float = float("nan")
    source: str = ""
    step: int = 0


def text_of(column: pd.Series[Any]) -> npt.NDArray[np.object_]:
    """Values as text (whole numbers without decimals, whatever their dtype), None where missing."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        position, values = column.cat.codes.to_numpy(), column.cat.categories.to_series()
    else:
        position, unique = pd.factorize(column, use_na_sentinel=True)
        values = pd.Series(unique, dtype=column.dtype)
    # the code -1 of a missing value is the last
    names = np.array([*_texts(values), None], dtype=object)
    texts: npt.NDArray[np.object_] = names[position]
    return texts


def _texts(values: pd.Series[Any]) -> list[str]:
    plain = (v.item() if isinstance(v, np.generic) else v for v in values)
    return [str(int(v)) if isinstance(v, float) and v.is_integer() else str(v) for v in plain]


def coded(
    frame: pd.DataFrame, variables: Sequence[str], keys: pd.DataFrame, answered: BoolArray
) -> tuple[IntArray, int, tuple[tuple[str, int], ...]]:
    """The cell of each row of the frame among `keys`; how many lack a value; cells not in `keys`.

    Only who answered is in a cell and counted.

    Raises:
        UnknownNameError: the frame has no such column.
    """
    for name in variables:
        if name not in frame.columns:
            raise UnknownNameError("column", name, frame.columns, "the respondents' frame")
    texts = {name: text_of(frame[name]) for name in variables}
    rows = pd.DataFrame(texts, columns=list(variables), dtype=object)
    absent = rows.isna().any(axis=1).to_numpy()
    cells = {
        key: k for k, key in enumerate(keys[list(variables)].itertuples(index=False, name=None))
    }
    position, found = pd.factorize(pd.MultiIndex.from_frame(rows.fillna("")))
    place = np.array([cells.get(key, len(keys)) for key in found], dtype=np.intp)
    code = place[position]
    code[absent | ~answered] = len(keys)
    counts = np.bincount(position[~absent & answered], minlength=len(found))
    unknown = tuple(
        (CELL_SEPARATOR.join(key), int(counts[k]))
        for k, key in enumerate(found)
        if place[k] == len(keys) and counts[k]
    )
    return code, int((absent & answered).sum()), unknown


def from_steps(weights: Weights, frame: pd.DataFrame, answered: BoolArray) -> list[Target | Moment]:
    """What each adjustment weighted to, in the order of the steps.

    A step tells it by its table `details["margins"]` (variable, level, perhaps group, target),
    whose rows are the columns of its `influence`, or else by its labels and totals.
    """
    found: list[Target | Moment] = []
    for k, step in enumerate(weights.steps, 1):
        if step.kind not in ("post-stratified", "calibrated", "trimmed"):
            continue
        table = step.details.get("margins")
        blocks = step.influence.blocks if step.influence is not None else ()
        if isinstance(table, pd.DataFrame):
            if sum(b.size for b in blocks) == len(table):
                found += _from_blocks(table, blocks, step, k)
            else:
                found += _from_frame(table, step, k, frame, answered)
        elif len(blocks) == 1 and blocks[0].value is None and blocks[0].size == len(step.labels):
            names, keys = _split(step.labels, step.on)
            found.append(Target(names, keys, blocks[0].code, np.asarray(step.totals), "", k))
    return found


def _split(labels: Sequence[str], on: Sequence[str]) -> tuple[tuple[str, ...], pd.DataFrame]:
    """Cells by variable where every label has a part for each, else as one variable."""
    parts = [label.split(CELL_SEPARATOR) for label in labels]
    names = tuple(on)
    if len(set(names)) != len(names) or any(len(p) != len(names) for p in parts):
        names, parts = (TIMES.join(on),), [[label] for label in labels]
    return names, pd.DataFrame(parts, columns=list(names), dtype=object)


def _from_blocks(
    table: pd.DataFrame, blocks: Sequence[Block], step: Step, k: int
) -> list[Target | Moment]:
    """One target a block, whose levels are the next rows of the table."""
    found: list[Target | Moment] = []
    people = _people(table, blocks)
    start = 0
    for block in blocks:
        rows = table.iloc[start : start + block.size]
        start += block.size
        target = rows["target"].to_numpy(np.float64)
        if block.value is not None:
            if block.size == 1 and people > 0:
                value = np.where(block.code == 0, block.value, np.nan)
                mean = float(target[0]) / people
                found.append(Moment(str(rows["variable"].iloc[0]), value, mean, step=k))
            continue
        names, keys, within = _keys(rows, step)
        found.append(Target(names, keys, block.code, target, "", k, within))
    return found


def _people(table: pd.DataFrame, blocks: Sequence[Block]) -> float:
    """The population that the first margin of people sums to, NaN where there is none."""
    start = 0
    for block in blocks:
        if block.value is None and (block.code < block.size).all():
            return float(table["target"].iloc[start : start + block.size].sum())
        start += block.size
    return float("nan")


def _keys(rows: pd.DataFrame, step: Step) -> tuple[tuple[str, ...], pd.DataFrame, int]:
    """The variables, the levels by variable, and how many of the variables are groups."""
    names = str(rows["variable"].iloc[0]).split(TIMES)
    levels = ["" if pd.isna(v) else str(v) for v in rows["level"]]
    parts = [level.split(CELL_SEPARATOR) for level in levels]
    if any(len(p) != len(names) for p in parts):
        names, parts = [TIMES.join(names)], [[level] for level in levels]
    within = 0
    if "group" in rows:
        groups = [str(g).split(CELL_SEPARATOR) for g in rows["group"]]
        told = step.details.get("by") or ()
        by = [told] if isinstance(told, str) else [str(b) for b in told]
        if any(len(g) != len(by) for g in groups):
            by, groups = ["group"], [[str(g)] for g in rows["group"]]
        names, within = [*by, *names], len(by)
        parts = [[*g, *p] for g, p in zip(groups, parts, strict=True)]
    return tuple(names), pd.DataFrame(parts, columns=names, dtype=object), within


def _from_frame(
    table: pd.DataFrame, step: Step, k: int, frame: pd.DataFrame, answered: BoolArray
) -> list[Target | Moment]:
    """The margins that a step tells, with the respondents found by the columns of the frame."""
    found: list[Target | Moment] = []
    for _, rows in table.groupby("variable", sort=False):
        names, keys, within = _keys(rows, step)
        if all(name in frame.columns for name in names):
            code, missing, unknown = coded(frame, names, keys, answered)
            target = rows["target"].to_numpy(np.float64)
            found.append(Target(names, keys, code, target, "", k, within, missing, unknown))
    return found


def from_benchmarks(
    benchmarks: pd.DataFrame | Mapping[str, pd.DataFrame] | Sequence[pd.DataFrame],
    frame: pd.DataFrame,
    answered: BoolArray,
) -> list[Target | Moment]:
    """Tables of benchmarks as targets.

    A table has a column for each variable, named as in the frame, and `population`; or the columns
    `variable`, `mean` and perhaps `sd` for numeric variables. Columns that tell where figures are
    from (source, year, note ...) are not variables.

    Raises:
        BenchmarkError: no column `population`, a population that is missing or negative, a cell
            twice (two years in one table), or a column that is neither variable nor source.
        UnknownCellError: the names of a variable differ between table and respondents.
    """
    if isinstance(benchmarks, pd.DataFrame):
        named = {"": benchmarks}
    elif isinstance(benchmarks, Mapping):
        named = {str(k): v for k, v in benchmarks.items()}
    else:
        named = {str(k): v for k, v in enumerate(benchmarks, 1)}
    found: list[Target | Moment] = []
    for name, table in named.items():
        if not isinstance(table, pd.DataFrame):
            raise BenchmarkError(
                f"A table of benchmarks must be a DataFrame, not {type(table).__name__}; give one "
                "with a column for each variable and a column 'population'"
            )
        where = f"the benchmarks {name!r}" if name else "the benchmarks"
        label = name or "benchmarks"
        if {"variable", "mean"} <= set(table.columns):
            found += [_mean(row, frame, label, where) for row in table.to_dict("records")]
        else:
            found.append(_table(table, frame, label, where, answered))
    return found


def _mean(row: Mapping[Any, Any], frame: pd.DataFrame, label: str, where: str) -> Moment:
    name = str(row["variable"])
    if name not in frame.columns:
        raise UnknownNameError("column", name, frame.columns, "the respondents' frame")
    if not pd.api.types.is_numeric_dtype(frame[name]):
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
    value = frame[name].to_numpy(np.float64, na_value=np.nan)
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
            f"The cell {enumerate_first(twice)} stands twice in {where}; keep one year and one "
            "source"
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
