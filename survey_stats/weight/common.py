"""Two surveys weighted to one population, so that their results differ by something else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import DesignError, InputError, UnknownNameError, enumerate_first
from survey_stats.weight.calibration.calibrate import calibrate
from survey_stats.weight.calibration.options import Linearisation, Method
from survey_stats.weight.cells import FloatArray
from survey_stats.weight.composition import Cells, align
from survey_stats.weight.errors import EmptyCellError
from survey_stats.weight.frames import BoolArray, weights_of
from survey_stats.weight.result import Step, Weights

_SOURCES = ("first", "second", "pooled")
_GIVEN = "given"
# sums of weights that differ by more than this are on different scales
_SCALES = 1.5


@dataclass(frozen=True, eq=False)
class CommonPopulation:
    """Two surveys with weights to one population.

    Attributes:
        first, second: the weights; zero for who is in a cell that the other survey lacks.
        on: the variables.
        population: where the population is from: "first", "second", "pooled" or "given".
        names: what the surveys are called.
        table: a row a cell (its columns, or variable and level): rows in each survey (`n_`),
            `in_both`, and shares `_before`, in the `target` and `_after`, of each survey.
        left_out: the rows of `table` with people left out, with their shares before.
        kept: the share of each survey's population that is left, by name.
    """

    first: Weights
    second: Weights
    on: tuple[str, ...]
    population: str
    names: tuple[str, str]
    table: pd.DataFrame
    left_out: pd.DataFrame
    kept: Mapping[str, float]
    _cells: Cells = field(repr=False)
    _total: float | None = field(repr=False)

    def carried(
        self, first: npt.ArrayLike | None = None, second: npt.ArrayLike | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """What those who make up the common population add to an estimate's errors through it.

        A population that is taken from a survey is known only as well as the survey tells it, and
        the weights brought to it move with it. Of an estimate θ that depends on its totals t,
        dθ/dt = core X'(look z) of the last step of each survey that was brought to them, and t
        has its derivative by the weights that it was summed from.

        Args:
            first, second: scores z_i = w_i dθ/dw_i by the weights here, (n1,) and (n2,); for a
                difference of two surveys each with its sign. None where θ has no part in it.

        Returns:
            Two arrays, (n1,) and (n2,), to add to the scores after the last step's `Influence`
            was applied, before those of earlier steps are. Zeros where the population was given,
            which is taken as known.
        """
        out = tuple(np.zeros(side.weights.size) for side in self._cells.sides)
        if self.population == _GIVEN:
            return out[0], out[1]
        here = np.flatnonzero(self._target > 0)
        slope = np.zeros(self._target.size)
        for weights, scores in ((self.first, first), (self.second, second)):
            step = weights.steps[-1]
            if scores is None or "common" not in step.details or step.influence is None:
                continue
            amounts = step.influence.look * np.asarray(scores, dtype=np.float64)
            sums = np.concatenate([b.sums(amounts) for b in step.influence.blocks])
            slope[here] += np.asarray(step.influence.core @ sums)
        return self._moved(0, slope), self._moved(1, slope)

    @property
    def _target(self) -> FloatArray:
        return _target(self._cells, self.population, self._total, self.names)

    def _moved(self, place: int, slope: FloatArray) -> FloatArray:
        """dθ/dt times the derivative of t by the logarithm of each weight of one survey."""
        side = self._cells.sides[place]
        if self.population != "pooled":
            own = self.population == _SOURCES[place]
            return side.weights * side.spread(slope) if own else np.zeros(side.weights.size)
        shares = [s.shares() for s in self._cells.sides]
        total = self._total
        if total is None:
            total = sum(s.total for s in self._cells.sides) / 2
        by_row = total / side.total * (side.spread(slope) - shares[place] @ slope)
        if self._total is None:
            by_row = by_row + (shares[0] + shares[1]) @ slope / 2
        return np.asarray(0.5 * side.weights * by_row)

    def __repr__(self) -> str:
        first, second = self.names
        what = {"first": first, "second": second, "pooled": "both pooled"}.get(
            self.population, "the population given"
        )
        kept = ", ".join(f"{name} {share:.1%}" for name, share in self.kept.items())
        return (
            f"<CommonPopulation: {first} and {second}, weighted to the composition of {what} by "
            f"{' x '.join(self.on)}; kept of {kept}>"
        )


def common_population(
    first: Any,
    first_frame: Any = None,
    second: Any = None,
    second_frame: Any = None,
    on: str | Sequence[str] | None = None,
    *,
    population: Any = "pooled",
    crossed: bool = True,
    restrict: bool = False,
    total: float | None = None,
    method: Method = "raking",
    linearisation: Linearisation = "base",
    names: tuple[str, str] = ("first", "second"),
) -> CommonPopulation:
    """Weights with which two surveys have the same composition by some variables.

    What is left of a difference between their results is not due to who answered, as far as these
    variables tell: direct standardisation (Kalton 1968, Applied Statistics 17(2); Keiding and
    Clayton 2014, Statistical Science 29(4)), by post-stratification where variables are crossed
    and by raking where each is met by itself.

    Args:
        first, first_frame: weights (or plain numbers) and rows of one survey.
        second, second_frame: those of the other. Two surveys (of `survey_stats.Survey`, or what
            else has a `weighting` and a `frame`) can stand in the place of the two pairs:
            `common_population(one, other, on)`.
        on: columns that both frames have, with the same values.
        population: what both are weighted to: the composition of the "first" or the "second"
            survey, which then keeps its weights; or "pooled", the mean of the two compositions
            (each counts half, whatever its size and the scale of its weights); or benchmarks, as
            `calibrate` takes margins.
        crossed: whether compositions are by all combinations of the columns, or by each column.
        restrict: whether people in cells (or levels) that the other survey lacks get weight zero,
            in both surveys; otherwise such cells are an error.
        total: what weights sum to with "pooled"; by default the mean of the two sums, which must
            be on about the same scale.
        method, linearisation: of calibration where columns are not crossed, or benchmarks are
            given; see `calibrate`.
        names: what the surveys are called in tables and errors.

    Returns:
        The weights and the compositions. A composition that is taken from a survey is estimated,
        but the steps, and so the standard errors of either survey, take it as known; their
        `details` say so, and `CommonPopulation.carried` gives what has to be added.

    Raises:
        EmptyCellError: one survey has nobody in a cell that the other has.
        DesignError: nobody is left, or the weights to pool are on different scales.
        InputError: a column is missing for somebody who counts, or an argument does not fit.
        UnknownNameError: a frame lacks a column, or `population` is another word.
        Others as `calibrate`.

    >>> one = pd.DataFrame({"age": ["old", "old", "young"]})
    >>> two = pd.DataFrame({"age": ["old", "young", "young", "young"]})
    >>> flat = [Weights.delivered(np.full(n, 1 / n)) for n in (3, 4)]
    >>> both = common_population(flat[0], one, flat[1], two, "age", population="first")
    >>> both.second.values.round(4)
    array([0.6667, 0.1111, 0.1111, 0.1111])
    >>> both.table[["age", "first_before", "second_before", "second_after"]].round(3)
         age  first_before  second_before  second_after
    0    old         0.667           0.25         0.667
    1  young         0.333           0.75         0.333
    """
    source = _source(population, total)
    names = _two_names(names)
    (first, second), frames, on = _pairs(first, first_frame, second, second_frame, on)
    cells = align((first, second), frames, on, crossed, names)
    table = _before(cells, names)
    keep = cells.kept()
    if not restrict:
        _refuse_lacking(cells, names)
    kept = {}
    for name, side, rows in zip(names, cells.sides, keep, strict=True):
        kept[name] = float(side.weights[rows].sum() / side.total)
        if not kept[name]:
            raise DesignError(
                f"No cell of {' x '.join(cells.on)} has people in both surveys; compare the "
                "values of the columns"
            )
    sides = (cells.sides[0].left(keep[0]), cells.sides[1].left(keep[1]))
    rest = replace(cells, sides=sides)
    parts = [_restricted(w, k, rest) for w, k in zip((first, second), keep, strict=True)]
    if source == _GIVEN:
        margins = _benchmarks(population, cells, rest)
    else:
        margins = rest.margins(_target(rest, source, total, names))
        method = "post-stratification" if len(rest.variables) == 1 else method
    for place, name in enumerate(names):
        if source == _SOURCES[place]:
            continue
        try:
            done = calibrate(
                parts[place],
                frames[place],
                margins,
                method=method,
                linearisation=linearisation,
                scale_to=None if total is None else _sum_of(margins),
            )
        except DesignError as error:
            error.args = (f"{name}: {error}",)
            raise
        parts[place] = _told(done, source, names)
    after = [
        replace(side, weights=np.asarray(w.values)).shares()
        for side, w in zip(sides, parts, strict=True)
    ]
    if source == _GIVEN:
        table["target"] = after[0]
    else:
        target = _target(rest, source, total, names)
        table["target"] = target / target[rest.variable == 0].sum()
    for name, shares in zip(names, after, strict=True):
        table[f"{name}_after"] = shares
    gone = cells.sides[0].sums() + cells.sides[1].sums() > sides[0].sums() + sides[1].sums()
    columns = [c for c in table if c != "target" and not str(c).endswith("_after")]
    left_out = table.loc[gone, columns].reset_index(drop=True)
    return CommonPopulation(
        parts[0], parts[1], cells.on, source, names, table, left_out, kept, rest, total
    )


def _sum_of(margins: Any) -> float:
    """What the first of the margins made here sums to; others agree with it."""
    return float(sum(next(iter(margins.values())).values()))


def _source(population: Any, total: float | None) -> str:
    if isinstance(population, str) and population not in _SOURCES:
        raise UnknownNameError("common population", population, _SOURCES)
    source = population if isinstance(population, str) else _GIVEN
    if total is not None and source != "pooled":
        raise InputError(
            "total= is for population='pooled'; otherwise weights sum to what the benchmarks, or "
            "the survey whose composition is taken, sum to"
        )
    if total is not None and not (np.isfinite(total) and total > 0):
        raise InputError(f"total={total!r} is no number of people; give one above 0")
    return source


def _pairs(
    first: Any, first_frame: Any, second: Any, second_frame: Any, on: str | Sequence[str] | None
) -> tuple[tuple[Weights, Weights], tuple[pd.DataFrame, pd.DataFrame], str | Sequence[str]]:
    """Weights and frames of two surveys, however they were given, and the columns."""
    if _is_survey(first) and _is_survey(first_frame):
        if second is not None and on is not None:
            raise InputError(
                "Two surveys need nothing but the columns after them; give "
                "common_population(one, other, on)"
            )
        on = second if on is None else on
        first, first_frame, second, second_frame = first, None, first_frame, None
    given = []
    for weights, frame, what in ((first, first_frame, "first"), (second, second_frame, "second")):
        if _is_survey(weights) and frame is None:
            given.append((weights.weighting, weights.frame))
        elif weights is None or not isinstance(frame, pd.DataFrame):
            raise InputError(
                f"The {what} survey is given as {type(weights).__name__} and "
                f"{type(frame).__name__}; give weights and a DataFrame of each survey, or two "
                "surveys: common_population(one, other, on)"
            )
        else:
            own = weights.weighting if _is_survey(weights) else weights
            given.append((weights_of(own, frame), frame))
    if on is None:
        raise InputError("Name the columns that both surveys are to have in common in on=")
    (one, own), (other, others) = given
    return (one, other), (own, others), on


def _is_survey(given: Any) -> bool:
    """Whether it has weights and rows, as a survey."""
    return isinstance(getattr(given, "weighting", None), Weights) and isinstance(
        getattr(given, "frame", None), pd.DataFrame
    )


def _two_names(names: tuple[str, str]) -> tuple[str, str]:
    if len(names) != 2 or names[0] == names[1] or not all(isinstance(n, str) for n in names):
        raise InputError(f"names={names!r} are not two different names, one for each survey")
    return names[0], names[1]


def _before(cells: Cells, names: tuple[str, str]) -> pd.DataFrame:
    table = cells.table()
    for name, side in zip(names, cells.sides, strict=True):
        table[f"n_{name}"] = side.people()
    table["in_both"] = cells.in_both
    for name, side in zip(names, cells.sides, strict=True):
        table[f"{name}_before"] = side.shares()
    return table


def _refuse_lacking(cells: Cells, names: tuple[str, str]) -> None:
    """Refuse cells that one of the surveys lacks, with the share of the other that is in them."""
    lacking = ~cells.in_both
    if not lacking.any():
        return
    told, all_told = [], cells.told(np.arange(lacking.size))
    for here, there in ((0, 1), (1, 0)):
        own = np.flatnonzero(lacking & (cells.sides[here].people() > 0))
        if own.size:
            rows = ~np.append(~lacking, True)[cells.sides[here].code].all(axis=1)
            share = cells.sides[here].weights[rows].sum() / cells.sides[here].total
            told.append(
                f"{names[there]} has nobody in {enumerate_first([all_told[k] for k in own], 4)} "
                f"({share:.1%} of {names[here]})"
            )
    one, other = (
        {str(level) for k, level in enumerate(all_told) if lacking[k] and side.people()[k]}
        for side in cells.sides
    )
    hint = "merge cells, use fewer columns, or leave these people out of both with restrict=True"
    if one & other:
        hint = "some are written alike but are of another type (number and text); make them one"
    raise EmptyCellError(f"{'; '.join(told)}: {hint}")


def _restricted(weights: Weights, keep: BoolArray, cells: Cells) -> Weights:
    """Weight zero for rows that are left out; they stay as rows, since they are in the design."""
    out = (weights.values > 0) & ~keep
    if not out.any():
        return weights
    share = float(weights.values[out].sum() / weights.total)
    labels = tuple(cells.told(np.flatnonzero(cells.in_both)))
    details = {"left_out": f"{share:.2%} of the population", "people_left_out": int(out.sum())}
    factor = np.where(out, 0.0, 1.0)
    return weights.then(
        Step("restricted", cells.on, labels, np.full(len(labels), np.nan), factor, details)
    )


def _target(cells: Cells, source: str, total: float | None, names: tuple[str, str]) -> FloatArray:
    """The totals of the cells, (p,), in a population taken from the surveys."""
    if source != "pooled":
        return cells.sides[_SOURCES.index(source)].sums()
    sums = [side.total for side in cells.sides]
    if total is None:
        if max(sums) > _SCALES * min(sums):
            raise DesignError(
                f"The weights of {names[0]} sum to {sums[0]:.6g} and those of {names[1]} to "
                f"{sums[1]:.6g}, which is not one scale; tell with total= what they shall sum to"
            )
        total = sum(sums) / 2
    return np.asarray(total * (cells.sides[0].shares() + cells.sides[1].shares()) / 2)


def _benchmarks(population: Any, cells: Cells, rest: Cells) -> Any:
    """The benchmarks, without the cells that are left out where they tell all columns crossed."""
    if all((a.weights == b.weights).all() for a, b in zip(cells.sides, rest.sides, strict=True)):
        return population
    left = {cells.levels[k] for k in np.flatnonzero(rest.in_both)}
    if len(cells.variables) == 1:
        if isinstance(population, pd.DataFrame) and set(cells.on) <= set(population.columns):
            rows = population[list(cells.on)].astype(object).itertuples(index=False, name=None)
            return population[[row in left for row in rows]]
        if isinstance(population, Mapping) and len(population) == 1:
            (key, totals), *_ = population.items()
            columns = key if isinstance(key, tuple) else (key,)
            if columns == cells.on and isinstance(totals, Mapping | pd.Series):
                pairs = dict(totals.items())
                return {
                    key: {
                        level: value
                        for level, value in pairs.items()
                        if (level if isinstance(level, tuple) else (level,)) in left
                    }
                }
    raise InputError(
        "With restrict=True benchmarks must tell all columns of `on` crossed, in their order, so "
        "that people left out can be taken off them; give such a table"
    )


def _told(done: Weights, source: str, names: tuple[str, str]) -> Weights:
    """The weights, whose last step says where its totals come from."""
    if source == _GIVEN:
        text = "benchmarks as given"
    elif source == "pooled":
        text = f"{names[0]} and {names[1]} pooled, taken as known by standard errors"
    else:
        text = f"as {names[_SOURCES.index(source)]}, taken as known by standard errors"
    *steps, last = done.steps
    return Weights(done.values, (*steps, replace(last, details={"common": text, **last.details})))
