"""What the adjustments in a history of weights weighted to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.weight.cells import CELL_SEPARATOR
from survey_stats.weight.diagnostics.targets import (
    POPULATION,
    TIMES,
    Moment,
    Target,
    coded,
)

if TYPE_CHECKING:
    from survey_stats.weight.influence import Block
    from survey_stats.weight.result import Step, Weights

BoolArray = npt.NDArray[np.bool_]


def from_steps(weights: Weights, frame: pd.DataFrame, answered: BoolArray) -> list[Target | Moment]:
    """What each adjustment weighted to, in the order of the steps.

    A step tells it by its table `details["margins"]` (variable, level, perhaps group, target),
    or else by its labels and totals; respondents are in the columns of its `influence`, or found
    by the frame where households share a factor.
    """
    found: list[Target | Moment] = []
    for k, step in enumerate(weights.steps, 1):
        if step.kind not in ("post-stratified", "calibrated", "trimmed"):
            continue
        table = step.details.get("margins")
        blocks = step.influence.blocks if step.influence is not None else ()
        if isinstance(table, pd.DataFrame):
            found += _from_table(table, blocks, step, k, frame, answered)
        elif (
            len(blocks) == 1
            and blocks[0].value is None
            and blocks[0].size == len(step.labels)
            and np.isfinite(step.totals).all()
        ):
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


def _from_table(
    table: pd.DataFrame,
    blocks: Sequence[Block],
    step: Step,
    k: int,
    frame: pd.DataFrame,
    answered: BoolArray,
) -> list[Target | Moment]:
    """One target a variable of the table of margins that a step tells."""
    in_order = sum(b.size for b in blocks) == len(table)
    starts = {0: blocks[0]} if in_order else {}
    for one, block in zip(blocks, blocks[1:] if in_order else (), strict=False):
        starts[max(starts) + one.size] = block
    by = _groups_of(table, step)
    found: list[Target | Moment] = []
    places = pd.Series(np.arange(len(table)), index=table.index)
    for name, rows in table.groupby("variable", sort=False):
        target = rows["target"].to_numpy(np.float64)
        own = starts.get(int(places[rows.index].min()))
        if own is not None and own.size == len(rows) and own.value is None:
            names, keys, within = _keys(rows, by)
            found.append(Target(names, keys, own.code, target, "", k, within))
        elif len(rows) == 1 and not by and (rows["level"].astype(str) == "").all():
            if str(name) in frame.columns:
                people = _people(table)
                value = frame[str(name)].to_numpy(np.float64, na_value=np.nan)
                total = float(target[0])
                found.append(Moment(str(name), value, total / people, step=k, total=total))
        else:
            names, keys, within = _keys(rows, by)
            if all(n in frame.columns for n in names):
                code, missing, unknown = coded(frame, names, keys, answered)
                found.append(Target(names, keys, code, target, "", k, within, missing, unknown))
    return found


def _people(table: pd.DataFrame) -> float:
    """The people that the first margin of several levels, or of all, sums to."""
    counts = table.groupby("variable", sort=False)["target"].agg(["size", "sum"])
    several = counts[(counts["size"] > 1) | (counts.index == POPULATION)]
    return float(several["sum"].iloc[0]) if len(several) else float("nan")


def _groups_of(table: pd.DataFrame, step: Step) -> tuple[str, ...]:
    """The columns whose groups were calibrated each on its own."""
    if "group" not in table:
        return ()
    told = step.details.get("by")
    own = {part for name in table["variable"] for part in str(name).split(TIMES)}
    by = tuple(c for c in step.on if c not in own)
    if told:
        by = (told,) if isinstance(told, str) else tuple(told)
    parts = {len(str(g).split(CELL_SEPARATOR)) for g in table["group"]}
    return by if parts == {len(by)} else ("group",)


def _keys(rows: pd.DataFrame, by: tuple[str, ...]) -> tuple[tuple[str, ...], pd.DataFrame, int]:
    """The variables, the levels by variable, and how many of the variables are groups."""
    names = str(rows["variable"].iloc[0]).split(TIMES)
    levels = ["" if pd.isna(v) else str(v) for v in rows["level"]]
    parts = [level.split(CELL_SEPARATOR) for level in levels]
    if any(len(p) != len(names) for p in parts):
        names, parts = [TIMES.join(names)], [[level] for level in levels]
    if by:
        told = [str(g) for g in rows["group"]]
        groups = [g.split(CELL_SEPARATOR) if len(by) > 1 else [g] for g in told]
        names = [*by, *names]
        parts = [[*g, *p] for g, p in zip(groups, parts, strict=True)]
    return tuple(names), pd.DataFrame(parts, columns=names, dtype=object), len(by)
