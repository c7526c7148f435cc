"""Non-response adjustment by weighting classes: who answered stands for who did not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from survey_stats.errors import DesignError, InputError, UnknownNameError, enumerate_first
from survey_stats.weight.cells import CELL_SEPARATOR, FloatArray, IntArray, check_totals
from survey_stats.weight.errors import BenchmarkError, EmptyCellError, UnknownCellError
from survey_stats.weight.frames import (
    BoolArray,
    add_up,
    classes_of,
    counted_rows,
    flags,
    names_of,
    weights_of,
)
from survey_stats.weight.influence import Answering, Block, Influence
from survey_stats.weight.result import Step, StepKind, Weights

Table = pd.DataFrame | pd.Series | Mapping[str, float]

SMALL = 20
_WHAT = "the weighting classes"


def adjust_classes(
    weights: Weights | npt.ArrayLike,
    frame: pd.DataFrame,
    responded: str | None,
    classes: str | Sequence[str],
    *,
    drawn: Table | None = None,
    weighted: bool | None = None,
    smallest: int = 1,
    largest: float | None = None,
) -> Weights:
    """Weights of who answered, raised within each class by the inverse of its response rate.

    w'_i = w_i D_c / R_c for who answered in class c, and 0 for who did not. D_c is the sum over
    all who were drawn and R_c over who answered, of weights where `weighted` (Oh and Scheuren
    1983, in Incomplete Data in Sample Surveys 2, section 2; Little 1986, International Statistical
    Review 54(2)), else of people (the response homogeneity groups of Särndal, Swensson and
    Wretman 1992, Model Assisted Survey Sampling, section 15.6).

    There are two forms. With everybody who was drawn as a row, `responded` says who answered, and
    the chance of drawing them and of their answering is in the errors: keep the rows of who did
    not answer, since they carry part of it. With only those who answered as rows, `responded` is
    None and `drawn` is the table of how many were drawn by class, which is taken as known without
    error. People drawn who turned out not to belong to the population should have weight zero
    before; they are left out, as are all rows of weight zero.

    Args:
        weights: the weights before, of n rows.
        frame: n rows with the columns named here.
        responded: the column that says who answered (boolean, or 1 and 0), or None.
        classes: the column or columns which, crossed, form the classes.
        drawn: numbers drawn by class: a frame with the columns of `classes` and `drawn`, or a
            mapping (or Series) from the name of the class, several columns joined by " | ".
        weighted: whether rates are of sums of weights; by default they are where everybody drawn
            is a row, and not where `drawn` tells people. With `drawn` and True, the table holds
            sums of weights (such as the population of strata).
        smallest: the fewest answers that a class may have. 20 or more is usual (Kalton and
            Flores-Cervantes 2003, Journal of Official Statistics 19(2)); the details of
            the step name classes with fewer.
        largest: the largest factor that is allowed; None allows any.

    Returns:
        The weights with a step "non-response"; its `details` have the table `classes` (drawn,
        answered, rate and factor of each).

    Raises:
        EmptyCellError: people were drawn in a class and nobody answered.
        DesignError: a class has fewer answers than `smallest`, a factor is above `largest`, or
            an earlier step has already adjusted for who did not answer by `responded`.
        UnknownCellError: people answered in a class that `drawn` does not hold.
        BenchmarkError: a number drawn is negative, missing, told twice, or less than the answers.
        InputError: a value is missing in a column, `responded` is not true or false, or `drawn`
            has other columns.
        UnknownNameError: the frame has no column of that name.
        BaseWeightError: weights and frame differ in length, or a weight cannot be.

    >>> frame = pd.DataFrame({"area": ["a", "a", "a", "b"], "answered": [True, False, True, True]})
    >>> adjust_classes(Weights.delivered([10, 10, 10, 6]), frame, "answered", "area").values
    array([15.,  0., 15.,  6.])
    >>> who_answered = frame[frame["answered"]]
    >>> start = Weights.delivered([10, 10, 6])
    >>> adjust_classes(start, who_answered, None, "area", drawn={"a": 3, "b": 1}).values
    array([15., 15.,  6.])
    """
    weights = weights_of(weights, frame)
    names = names_of(classes, _WHAT)
    if (responded is None) == (drawn is None):
        raise InputError(
            "Tell either `responded`, the column that says who of those drawn answered, or "
            "`drawn`, the table of numbers drawn by class where only those who answered are rows"
        )
    by_weight = drawn is None if weighted is None else weighted
    counted = counted_rows(weights, frame)
    code, table, labels = classes_of(frame, names, counted, _WHAT)
    answered = counted if responded is None else flags(frame, responded, counted, "who answered")
    if responded is not None:
        refuse_again(weights, frame, responded, counted, answered)
    given = None
    if drawn is not None:
        given = _given(drawn, names, labels)
    step, counts = class_step(
        "non-response", weights.values, code, labels, answered, names, by_weight, given
    )
    if given is not None:
        _check_given(counts)
    check_classes(counts, smallest, largest)
    details = _told(table, counts, by_weight, given is not None)
    return weights.then(replace(step, details=details))


def refuse_again(
    weights: Weights,
    frame: pd.DataFrame,
    responded: str,
    counted: BoolArray,
    answered: BoolArray,
) -> None:
    """Refuse a second adjustment for the same who did not answer: it would change nothing.

    Raises:
        DesignError: everybody who counts answered, and who did not already weighs 0.
    """
    if not answered[counted].all():
        return
    rest = frame[responded].array[~counted]
    silent = int((rest[~pd.isna(rest)].astype(object) == 0).sum())
    if not silent:
        return
    told = f"All {silent} rows that {responded!r} says did not answer have weight 0 already"
    earlier = [k for k, s in enumerate(weights.steps) if s.kind in ("non-response", "propensity")]
    if earlier:
        raise DesignError(
            f"{told}, since step {earlier[-1] + 1} ({weights.steps[earlier[-1]]}) adjusted for "
            "them; name all columns in that one step, with the weights from before it"
        )
    raise DesignError(
        f"{told}, so there is nobody to adjust for; start from the weights that all who were "
        "drawn had, or leave this step out"
    )


@dataclass(frozen=True, eq=False)
class Counts:
    """What each class has: people who answered, sums of both kinds and the factor; all (C,)."""

    labels: tuple[str, ...]
    people: IntArray
    drawn: FloatArray
    answered: FloatArray
    factor: FloatArray


def class_step(
    kind: StepKind,
    values: FloatArray,
    code: IntArray,
    labels: tuple[str, ...],
    answered: BoolArray,
    on: Sequence[str],
    by_weight: bool,
    given: FloatArray | None = None,
) -> tuple[Step, Counts]:
    """The step that raises weights `values` (n,) in classes `code`, and what the classes have.

    Rows with the code C, the number of classes, are left as they are.

    With m_i = w_i where rates are of weights and 1 where they are of people, log w'_j =
    log w_j + log D_c - log R_c has the derivative m_i / D_c - [i answered] m_i / R_c by the
    logarithm of w_i, without the first term where D is given. That is the map of `Influence`.
    """
    size = len(labels)
    inside = code < size
    amount = np.where(inside, values if by_weight else 1.0, 0.0)
    people = add_up(code, answered.astype(np.float64), size).astype(np.intp)
    sums = add_up(code, amount * answered, size)
    whole = add_up(code, amount, size) if given is None else given
    nobody = [labels[k] for k in np.flatnonzero((people == 0) & (whole > 0))]
    if nobody:
        raise EmptyCellError(
            f"People were drawn in {enumerate_first(nobody)} and nobody answered; "
            "merge the class with a neighbouring one"
        )
    ratio = np.ones(size)
    np.divide(whole, sums, out=ratio, where=sums > 0)
    by_row = np.append(ratio, 1.0)[code]
    factor = np.where(answered | ~inside, by_row, 0.0)
    if given is None:
        back, core = answered * amount * by_row - amount, whole
    else:
        back, core = amount, sums
    answering = None
    if given is None:
        chance = np.divide(1.0, by_row, out=np.ones_like(by_row), where=by_row > 0)
        spread = np.where(answered & inside, 1 - chance, 0.0)
        answering = Answering(answered * amount * by_row, spread)
    inverse = sparse.diags_array(_inverse(core)).tocsc()
    influence = Influence((Block(code, size),), np.ones(values.size), back, inverse, answering)
    refit = _refit(values, code, labels, answered, by_weight, given)
    totals = np.full(size, np.nan) if given is None or not by_weight else given
    step = Step(kind, tuple(on), labels, totals, factor, {}, influence, refit)
    return step, Counts(labels, people, whole, sums, ratio)


def _inverse(values: FloatArray) -> FloatArray:
    out = np.zeros_like(values)
    np.divide(1.0, values, out=out, where=values > 0)
    return out


@dataclass(frozen=True, eq=False)
class ClassRefit:
    """Weighting classes made again; patterns are class x answered (x weight, for rates of people).

    Attributes:
        code, size: the pattern of each row, and how many there are.
        group: the class of each pattern, (P,); C for rows that the step leaves alone.
        answered: whether the pattern's people answered, (P,).
        unit: the weight that counts as one, (P,); 1 where rates are of weights.
        labels: the names of the C classes.
        given: the numbers drawn, (C,), or None where they are those of the rows.
    """

    code: IntArray
    size: int
    group: IntArray
    answered: BoolArray
    unit: FloatArray
    labels: tuple[str, ...]
    given: FloatArray | None

    def factors(self, weights: FloatArray) -> FloatArray:
        """Drawn over answered in the class of who answered, 0 for who did not, (P, R)."""
        patterns, classes = np.arange(self.size), len(self.labels)
        gather = sparse.csr_array(
            (1 / self.unit, (self.group, patterns)), shape=(classes + 1, self.size)
        )
        answers = np.asarray(gather @ (weights * self.answered[:, None]))
        if self.given is None:
            drawn = np.asarray(gather @ weights)
        else:
            drawn = np.append(self.given, 0.0)[:, None] + np.zeros_like(answers)
        empty = ((answers <= 0) & (drawn > 0))[:-1]
        if empty.any():
            cell, replicate = np.argwhere(empty)[0].tolist()
            raise EmptyCellError(
                f"Replicate {replicate + 1} has nobody who answered in {self.labels[cell]}; "
                "merge classes, or choose replicates that drop nobody (kind='fay')"
            )
        ratio = np.ones_like(answers)
        np.divide(drawn, answers, out=ratio, where=answers > 0)
        ratio[-1] = 1.0
        factors: FloatArray = ratio[self.group]
        factors[~self.answered & (self.group < classes)] = 0.0
        return factors


def _refit(
    values: FloatArray,
    code: IntArray,
    labels: tuple[str, ...],
    answered: BoolArray,
    by_weight: bool,
    given: FloatArray | None,
) -> ClassRefit:
    size = len(labels)
    unit = np.where((code < size) & (not by_weight), values, 1.0)
    level, unit_code = np.unique(unit, return_inverse=True)
    key = (code * 2 + answered) * level.size + unit_code
    patterns, pattern = np.unique(key, return_inverse=True)
    group, rest = np.divmod(patterns, 2 * level.size)
    return ClassRefit(
        pattern,
        patterns.size,
        group,
        rest >= level.size,
        level[rest % level.size],
        labels,
        given,
    )


def check_classes(counts: Counts, smallest: int, largest: float | None) -> None:
    """Refuse classes with too few answers or too large a factor, with their names."""
    small = np.flatnonzero((counts.people < smallest) & (counts.drawn > 0))
    if small.size:
        told = [f"{counts.labels[k]} ({counts.people[k]})" for k in small]
        raise DesignError(
            f"Fewer than {smallest} people answered in the classes {enumerate_first(told)}; "
            "merge them with neighbouring ones, or lower `smallest`"
        )
    if largest is None:
        return
    steep = np.flatnonzero(counts.factor > largest)
    if steep.size:
        told = [f"{counts.labels[k]} ({counts.factor[k]:.2f})" for k in steep]
        raise DesignError(
            f"The factor is above {largest:g} in the classes {enumerate_first(told)}; "
            "merge them with neighbouring ones, or raise `largest`"
        )


def class_table(table: pd.DataFrame, counts: Counts) -> pd.DataFrame:
    """The classes with what was drawn, what answered, the rate and the factor."""
    return table.assign(
        n_answered=counts.people,
        drawn=counts.drawn,
        answered=counts.answered,
        rate=1 / counts.factor,
        factor=counts.factor,
    )


def _told(table: pd.DataFrame, counts: Counts, by_weight: bool, given: bool) -> dict[str, Any]:
    few = [
        f"{label} ({n})"
        for label, n in zip(counts.labels, counts.people.tolist(), strict=True)
        if n < SMALL
    ]
    details: dict[str, Any] = {
        "rates": "of sums of weights" if by_weight else "of people",
        "response_rate": float(counts.answered.sum() / counts.drawn.sum()),
        "largest_factor": float(counts.factor.max()),
    }
    if given:
        details["drawn"] = "numbers as given, taken as known without error"
    if few:
        details["few_answers"] = f"fewer than {SMALL} in {enumerate_first(few)}"
    details["classes"] = class_table(table, counts)
    return details


def _given(drawn: Table, names: tuple[str, ...], labels: tuple[str, ...]) -> FloatArray:
    """The numbers drawn in the classes `labels`, (C,)."""
    told_labels, numbers = check_totals(_by_label(drawn, names), "number drawn")
    position = {label: k for k, label in enumerate(told_labels)}
    unknown = [label for label in labels if label not in position]
    if unknown:
        raise UnknownCellError(
            f"People answered in {enumerate_first(unknown)}, for which no number drawn was given; "
            "add it or correct the spelling"
        )
    where = np.array([position[label] for label in labels], dtype=np.intp)
    silent = [told_labels[k] for k in np.setdiff1d(np.flatnonzero(numbers > 0), where)]
    if silent:
        raise EmptyCellError(
            f"People were drawn in {enumerate_first(silent)} and nobody answered; "
            "merge the class with a neighbouring one"
        )
    return numbers[where]


def _check_given(counts: Counts) -> None:
    more = np.flatnonzero(counts.answered > counts.drawn * (1 + 1e-9))
    if more.size:
        told = [f"{counts.labels[k]} ({counts.answered[k]:g})" for k in more]
        raise BenchmarkError(
            f"More answered than were drawn in the classes {enumerate_first(told)}; check the "
            "table `drawn`, and that it tells people (or sums of weights, with weighted=True)"
        )


def _by_label(drawn: Table, names: tuple[str, ...]) -> dict[str, float]:
    if not isinstance(drawn, pd.DataFrame):
        pairs = [(_label(key), value) for key, value in drawn.items()]
    else:
        for name in (*names, "drawn"):
            if name not in drawn.columns:
                raise UnknownNameError("column", name, drawn.columns, "the table `drawn`")
        parts = [drawn[name].astype(str) for name in names]
        keys = [CELL_SEPARATOR.join(row) for row in zip(*parts, strict=True)]
        pairs = list(zip(keys, drawn["drawn"].tolist(), strict=True))
    out = dict(pairs)
    if len(out) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        raise BenchmarkError(
            f"The table `drawn` tells {enumerate_first(twice)} more than once; add its rows up"
        )
    return out


def _label(key: object) -> str:
    return CELL_SEPARATOR.join(map(str, key)) if isinstance(key, tuple) else str(key)
