"""How near the weights come to a population, cell by cell: before, target, after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.weight.cells import CELL_SEPARATOR
from survey_stats.weight.diagnostics.targets import TIMES, Moment, Target

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

COLUMNS = (
    *("step", "source", "variable", "level", "group", "within", "given", "n"),
    *("before", "before_step", "target", "after_step", "after"),
    *("relative_before", "relative_after", "share_before", "share_target"),
    *("share_after", "points_before", "points_after"),
)


def views(targets: Sequence[Target | Moment]) -> Iterator[tuple[Target, bool]]:
    """Each target by one variable at a time, then as it is; a margin that is there is not repeated.

    A variable that only groups the others (`within`) stays the group of each of them. With each
    view comes whether it was given so, and is not a sum.
    """
    given = {(t.step, t.source, t.variables) for t in targets if isinstance(t, Target)}
    for target in targets:
        if isinstance(target, Moment):
            continue
        groups = target.variables[: target.within]
        rest = target.variables[target.within :]
        if len(target.variables) > 1:
            for name in target.variables:
                key: tuple[int, str, tuple[str, ...]] = (target.step, target.source, (name,))
                if key not in given:
                    given.add(key)
                    yield target.over([name]), False
        if len(rest) > 1 and groups:
            for name in rest:
                key = (target.step, target.source, (*groups, name))
                if key not in given:
                    given.add(key)
                    yield grouped(target.over([*groups, name]), len(groups)), False
        yield target, True


def grouped(target: Target, within: int) -> Target:
    """The same target with shares within the groups of its first `within` variables."""
    return Target(
        target.variables, target.keys, target.code, target.population, target.source,
        target.step, within, target.missing, target.unknown,
    )  # fmt: skip


def labels(target: Target) -> tuple[str, list[str], list[str]]:
    """The variable, and the level and the group of each cell, as text."""
    groups, rest = target.variables[: target.within], target.variables[target.within :]
    return TIMES.join(rest), _joined(target.keys, rest), _joined(target.keys, groups)


def _joined(keys: pd.DataFrame, names: Sequence[str]) -> list[str]:
    if not names:
        return [""] * len(keys)
    rows = keys[list(names)].itertuples(index=False, name=None)
    return [CELL_SEPARATOR.join(row) for row in rows]


def shares(amounts: FloatArray, groups: Sequence[str]) -> FloatArray:
    """Of `amounts` (cells,) the share of each cell in its group; NaN where the group is empty."""
    position, found = pd.factorize(np.asarray(groups, dtype=object))
    whole = np.bincount(position, amounts, minlength=len(found))[position]
    out = np.full(amounts.size, np.nan)
    np.divide(amounts, whole, out=out, where=whole > 0)
    return out


def margin_table(
    target: Target,
    before: FloatArray,
    around_step: tuple[FloatArray, FloatArray] | None,
    after: FloatArray,
    answered: BoolArray,
    given: bool = True,
) -> pd.DataFrame:
    """One row a cell.

    Args:
        target: the population and the cells.
        before, after: weights before the first adjustment, and as they are, (n,).
        around_step: weights before and after the step that weighted to the target, (n,) each.
        answered: who counts, shape (n,).
        given: whether the totals are those that were given, and not sums of them.

    Returns:
        Columns `COLUMNS`: people in the sample before any adjustment, in the population (target)
        and after all; before_step and after_step are around the step that weighted to the target
        (NaN where none did); `within` names the variables that form the groups;
        relative_* is (sample - target) / target, NaN where the target is 0; share_* are shares of
        all cells (of the group's where there is one), and points_* their difference from that of
        the target. Shares and differences are proportions.
    """
    variable, level, group = labels(target)
    people = target.population
    at_start, at_end = (target.sums(np.where(answered, w, 0.0)) for w in (before, after))
    around = (
        [np.full(target.size, np.nan)] * 2
        if around_step is None
        else [target.sums(np.where(answered, w, 0.0)) for w in around_step]
    )
    share = {k: shares(v, group) for k, v in zip("bta", (at_start, people, at_end), strict=True)}
    frame = pd.DataFrame(
        {
            "step": target.step,
            "source": target.source,
            "variable": variable,
            "level": level,
            "group": group,
            "within": TIMES.join(target.variables[: target.within]),
            "given": given,
            "n": target.sums(answered.astype(np.float64)).astype(np.int64),
            "before": at_start,
            "before_step": around[0],
            "target": people,
            "after_step": around[1],
            "after": at_end,
            "relative_before": _relative(at_start, people),
            "relative_after": _relative(at_end, people),
            "share_before": share["b"],
            "share_target": share["t"],
            "share_after": share["a"],
            "points_before": share["b"] - share["t"],
            "points_after": share["a"] - share["t"],
        }
    )
    return frame[list(COLUMNS)]


def total_row(
    moment: Moment,
    before: FloatArray,
    around_step: tuple[FloatArray, FloatArray],
    after: FloatArray,
    answered: BoolArray,
) -> pd.DataFrame:
    """The row of a numeric total that was weighted to; it has no shares."""
    known = answered & np.isfinite(moment.value)
    start, came, reached, end = (
        float(w[known] @ moment.value[known]) for w in (before, *around_step, after)
    )
    missing = dict.fromkeys(
        [c for c in COLUMNS if c.startswith(("share_", "points_"))], float("nan")
    )
    row = {
        "step": moment.step,
        "source": moment.source,
        "variable": moment.variable,
        "level": "",
        "group": "",
        "within": "",
        "given": True,
        "n": int(known.sum()),
        "before": start,
        "before_step": came,
        "target": moment.total,
        "after_step": reached,
        "after": end,
        "relative_before": start / moment.total - 1 if moment.total else float("nan"),
        "relative_after": end / moment.total - 1 if moment.total else float("nan"),
        **missing,
    }
    return pd.DataFrame([row], columns=list(COLUMNS))


def _relative(sums: FloatArray, target: FloatArray) -> FloatArray:
    out = np.full(sums.size, np.nan)
    np.divide(sums - target, target, out=out, where=target > 0)
    out[(target == 0) & (sums == 0)] = 0.0
    return out
