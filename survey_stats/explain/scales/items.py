"""The items of a scale as numbers: which codes they have, which way they point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd

from survey_stats.errors import InputError, UnknownNameError, enumerate_first
from survey_stats.estimate import columns
from survey_stats.estimate.columns import Bools, Floats
from survey_stats.estimate.design import as_names
from survey_stats.explain.scales.unlike import check_no_answer

Standardise = bool | Literal["range"]
Steps = tuple[float, float]
# whole numbers with more values than this are measurements, not steps of an answer scale
MOST_STEPS = 12


@dataclass(frozen=True)
class Item:
    """One item: its column, the lowest and highest code, and whether it is turned around.

    `steps` is None for measurements, which have no lowest and highest answer. `kind` is "ordered"
    (codes 1, 2, ... in the order of the categories, which are `answers`), "yes/no" (0 and 1) or
    "number".
    """

    name: str
    kind: Literal["ordered", "yes/no", "number"]
    steps: Steps | None
    reverse: bool
    answers: tuple[str, ...] = ()

    @property
    def span(self) -> str:
        """The codes in words, "1-4"."""
        if self.steps is None:
            return "no steps"
        return f"{self.steps[0]:g}-{self.steps[1]:g}"


def read_items(
    frame: pd.DataFrame,
    names: Sequence[str],
    reverse: Sequence[str] | str,
    steps: Steps | Mapping[str, Steps] | None,
    standardise: Standardise,
    inside: Bools,
    design: Sequence[str] = (),
) -> tuple[tuple[Item, ...], Floats]:
    """The items and their codes (n, k), reversed items turned around, NaN where unanswered.

    `inside` (n,) are the respondents whose answers tell the codes of numeric items; `design` names
    the columns of the sampling design. Raises `InputError` for fewer than two items, one of them a
    column of the design, for answers without an order, for codes outside `steps`, for a code such
    as 99 far from the other steps, and for items with different codes unless they are standardised.
    """
    wanted = as_names(names)
    if len(wanted) < 2:
        raise InputError(f"A scale needs two items or more, not {len(wanted)}; name its columns")
    twice = sorted({str(n) for n in wanted if wanted.count(n) > 1})
    if twice:
        raise InputError(f"The scale names {enumerate_first(twice)} twice; name each item once")
    turned = as_names(reverse)
    for name in turned:
        if name not in wanted:
            raise UnknownNameError("item", name, wanted, "the scale (reverse=)")
    given = _given(wanted, steps)
    own = [name for name in wanted if name in design]
    if own:
        raise InputError(
            f"{enumerate_first([repr(n) for n in own])} is a column of the sampling design "
            "(weights, strata, clusters or fpc) and no question; leave it out of the items"
        )
    read = [_read(columns.column(frame, name, "item"), inside) for name in wanted]
    values = np.column_stack([v for _, v, _ in read])
    check_spread(wanted, values[inside])
    found = _found_steps(wanted, read, given, values, inside)
    items = tuple(
        Item(name, kind, at, name in turned, _answers(frame[name]))
        for name, (kind, _, _), at in zip(wanted, read, found, strict=True)
    )
    _check_spans(items, standardise)
    for j, item in enumerate(items):
        if not item.reverse:
            continue
        if item.steps is None:
            raise InputError(
                f"Item {item.name!r} is to be reversed but holds measurements without a lowest "
                "and highest answer; give steps=(low, high)"
            )
        values[:, j] = sum(item.steps) - values[:, j]
    return items, values


def check_spread(names: Sequence[str], values: Floats) -> None:
    """Raise `InputError` for items that nobody of `values` (n, k) answered, or all alike."""
    silent = [n for n, v in zip(names, values.T, strict=True) if np.isnan(v).all()]
    if silent:
        raise InputError(f"Nobody in the domain answered {enumerate_first(silent)}; leave it out")
    constant = [n for n, v in zip(names, values.T, strict=True) if np.nanmin(v) == np.nanmax(v)]
    if constant:
        raise InputError(
            f"Everybody gave the same answer to {enumerate_first(constant)}; an item without "
            "differences tells nothing, leave it out"
        )


def _given(names: Sequence[str], steps: Steps | Mapping[str, Steps] | None) -> dict[str, Steps]:
    if steps is None:
        return {}
    each: Mapping[str, Any] = steps if isinstance(steps, Mapping) else dict.fromkeys(names, steps)
    for name, pair in each.items():
        if name not in names:
            raise UnknownNameError("item", name, names, "the scale (steps=)")
        if not _is_pair(pair):
            raise InputError(f"steps={pair!r} is not (lowest code, highest code) of {name!r}")
    return {name: (float(pair[0]), float(pair[1])) for name, pair in each.items()}


def _is_pair(pair: object) -> bool:
    """Whether this is a lowest and a highest code."""
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        return False
    numeric = all(isinstance(end, Real) and not isinstance(end, bool) for end in pair)
    return numeric and float(pair[0]) < float(pair[1])


def _read(
    series: pd.Series[Any], inside: Bools
) -> tuple[Literal["ordered", "yes/no", "number"], Floats, Steps | None]:
    """Kind, codes (n,) and, where the column itself tells them, the steps."""
    name, dtype = str(series.name), series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _categories(series, name)
    if pd.api.types.is_bool_dtype(dtype) or _holds_booleans(series):
        truth: Any = series.astype("boolean").to_numpy(dtype=np.float64, na_value=np.nan)
        return "yes/no", truth, (0.0, 1.0)
    if not pd.api.types.is_numeric_dtype(dtype) and not _holds_numbers(series):
        raise InputError(
            f"Item {name!r} holds text, whose order is not known; make it an ordered categorical "
            "with its answers in order, or numbers"
        )
    values = columns.numbers(series).copy()
    answered = values[inside & ~np.isnan(values)]
    if answered.size and np.isin(answered, (0.0, 1.0)).all() and np.unique(answered).size == 2:
        return "yes/no", values, (0.0, 1.0)
    return "number", values, None


def _categories(
    series: pd.Series[Any], name: str
) -> tuple[Literal["ordered"], Floats, Steps | None]:
    cat = series.cat
    if not cat.ordered:
        raise InputError(
            f"Item {name!r} is a categorical without order; order its answers with "
            "astype(pd.CategoricalDtype([lowest, ..., highest], ordered=True))"
        )
    if len(cat.categories) < 2:
        raise InputError(f"Item {name!r} has {len(cat.categories)} answers to choose from, not two")
    codes = np.asarray(cat.codes, dtype=np.float64)
    return "ordered", np.where(codes < 0, np.nan, codes + 1), (1.0, float(len(cat.categories)))


def _answers(series: pd.Series[Any]) -> tuple[str, ...]:
    if not isinstance(series.dtype, pd.CategoricalDtype):
        return ()
    return tuple(str(c) for c in series.cat.categories)


def _holds_booleans(series: pd.Series[Any]) -> bool:
    if not pd.api.types.is_object_dtype(series.dtype):
        return False
    known = series.dropna()
    return len(known) > 0 and all(isinstance(v, (bool, np.bool_)) for v in known)


def _holds_numbers(series: pd.Series[Any]) -> bool:
    if not pd.api.types.is_object_dtype(series.dtype):
        return False
    return all(isinstance(v, (int, float, np.number)) for v in series.dropna())


def _found_steps(
    names: Sequence[str],
    read: Sequence[tuple[Any, Floats, Steps | None]],
    given: Mapping[str, Steps],
    values: Floats,
    inside: Bools,
) -> list[Steps | None]:
    found: list[Steps | None] = []
    for j, (name, (_, _, own)) in enumerate(zip(names, read, strict=True)):
        answered = values[inside, j]
        answered = answered[~np.isnan(answered)]
        told = given.get(name, own)
        if told is None and answered.size:
            check_no_answer(name, np.unique(answered))
            whole = bool((answered == np.floor(answered)).all())
            if whole and np.unique(answered).size <= MOST_STEPS:
                told = float(answered.min()), float(answered.max())
        elif told is not None:
            outside = np.unique(answered[(answered < told[0]) | (answered > told[1])])
            if outside.size:
                raise InputError(
                    f"Item {name!r} holds {enumerate_first([f'{v:g}' for v in outside])}, outside "
                    f"its codes {told[0]:g}-{told[1]:g}; make codes for refused answers missing"
                )
        found.append(told)
    return found


def _check_spans(items: Sequence[Item], standardise: Standardise) -> None:
    if standardise not in (True, False, "range"):
        raise InputError(f"standardise={standardise!r} is not known; use False, True or 'range'")
    if standardise == "range":
        without = [item.name for item in items if item.steps is None]
        if without:
            raise InputError(
                f"standardise='range' needs the lowest and highest code of "
                f"{enumerate_first(without)}; give steps=(low, high)"
            )
        return
    if standardise:
        return
    known = {item.steps for item in items if item.steps is not None}
    if len(known) > 1:
        told = enumerate_first([f"{item.name} {item.span}" for item in items], 8)
        raise InputError(
            f"The items have different codes ({told}); make codes for no answer missing, give "
            "steps=(low, high) if all were answered on one scale, standardise='range' or True if "
            "they are different scales that are to count alike, or leave items out"
        )
