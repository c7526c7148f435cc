"""What is known of every area besides its respondents, as columns of the model."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.errors import InputError, enumerate_first
from survey_stats.estimate import Estimates
from survey_stats.estimate.rows import ALL
from survey_stats.explain.small_areas.scales import Scale, check_scale, forward

Floats = NDArray[np.float64]

CONSTANT = "constant"
# where a Series keeps the scale that its shares are on
_SCALES = "small_areas_scales"
# areas with respondents that the model needs beyond its coefficients: with fewer the model variance
# is a guess (a convention of this project)
LEAST_SPARE = 5
# columns whose correlation leaves less than this of one are the same information twice
_ALIKE = 1e-8


@dataclass(frozen=True, eq=False)
class Columns:
    """The model's columns for the areas of the survey and for others.

    Attributes
    ----------
    names: "constant", then the auxiliaries
    own: of the survey's areas, (R, p); standardised but for the constant
    others: of areas that only the auxiliaries know, (K, p)
    other_areas: their names
    centre, spread: what was subtracted and divided by, (p,)
    """

    names: tuple[str, ...]
    own: Floats
    others: Floats
    other_areas: tuple[Hashable, ...]
    centre: Floats
    spread: Floats


def columns_of(
    areas: Sequence[Hashable],
    answered: NDArray[np.bool_],
    auxiliaries: pd.DataFrame | pd.Series[Any] | None,
    column: str,
) -> Columns:
    """Align auxiliaries with the areas of a survey.

    Parameters
    ----------
    areas: names of the R areas of the survey
    answered: whether each has a direct estimate
    auxiliaries: a row an area, named in the index or in `column`; None for a constant alone
    column: what the areas are

    Raises
    ------
    InputError: an area without auxiliaries or twice in them; missing, endless or non-numeric
        values; a column that is constant or follows from others; too few areas
    """
    R = len(areas)
    if auxiliaries is None:
        table = pd.DataFrame(index=pd.Index(list(areas), dtype=object))
    else:
        table = _table(auxiliaries, column)
    missing = [a for a in areas if a not in table.index]
    if missing:
        known = [a for a in table.index if a not in set(areas)]
        hint = f"; they name {enumerate_first(known, 3)} instead" if known else ""
        if {str(a) for a in missing} & {str(a) for a in known}:
            kinds = [type(group[0]).__name__ for group in (known, missing)]
            hint = f"; there the names are of type {kinds[0]}, in the survey {kinds[1]}"
        raise InputError(
            f"The auxiliaries have no row for {enumerate_first(missing, 3)} ({column}){hint}; give "
            "every area of the survey a row"
        )
    other_areas = tuple(a for a in table.index if a not in set(areas))
    names = (CONSTANT, *(str(c) for c in table.columns))
    values = _numbers(table.loc[[*areas, *other_areas]])
    used = values[:R][answered]
    m, p = used.shape[0], len(names)
    if m < p + LEAST_SPARE:
        raise InputError(
            f"{m} area{'s' if m != 1 else ''} with respondents {'are' if m != 1 else 'is'} too few "
            f"for a model with {p} coefficient{'s' if p > 1 else ''} "
            f"({enumerate_first(names, 8)}); it needs {p + LEAST_SPARE}, so give fewer "
            "auxiliaries or take more areas, such as those of the whole city"
        )
    centre, spread = used.mean(axis=0), used.std(axis=0)
    flat = [
        n
        for n, s, c in zip(names[1:], spread, np.abs(used).max(axis=0, initial=0), strict=True)
        if s <= 1e-12 * max(c, 1e-300)
    ]
    if flat:
        raise InputError(
            f"The auxiliary {flat[0]!r} is the same in all areas with respondents and tells "
            "nothing of how they differ; leave it out"
        )
    standard = (values - centre) / spread
    _check_rank(standard[:R][answered], names[1:])
    full = np.column_stack([np.ones(len(values)), standard])
    return Columns(
        names,
        full[:R],
        full[R:],
        other_areas,
        np.concatenate([[0.0], centre]),
        np.concatenate([[1.0], spread]),
    )


def neighbour_mean(
    values: pd.Series[Any] | Mapping[Any, float] | Estimates,
    neighbours: pd.DataFrame | Mapping[Any, Iterable[Any]],
    *,
    name: str = "neighbours",
) -> pd.Series[Any]:
    """Mean of an area's neighbours in a number that is known by area: an auxiliary.

    Parameters
    ----------
    values: a number an area; a register figure, the shares of an earlier wave, or an `Estimates`
        by one column, whose areas then count by their effective bases
    neighbours: a row a pair, in the first two columns, each pair once or twice; or the neighbours
        of each area. Borders have two sides: what one row says holds for both
    name: of the auxiliary

    An area's own value is not in its mean. Neighbours without a value are left out, and an area
    none of whose neighbours has one gets the mean of all. Shares of the same wave carry the
    sampling error of the neighbours, which weakens their coefficient but not the honesty of the
    result; figures from elsewhere are better.

    Raises
    ------
    InputError: no value at all, an area that is its own neighbour, or a table without two columns

    >>> borders = pd.DataFrame({"a": ["x", "y"], "b": ["y", "z"]})
    >>> neighbour_mean({"x": 1.0, "y": 2.0, "z": 5.0}, borders).to_dict()
    {'x': 2.0, 'y': 3.0, 'z': 2.0}
    """
    if isinstance(values, Estimates):
        number, weight = _of_estimates(values)
    else:
        if not isinstance(values, (pd.Series, Mapping)):
            raise InputError(
                "neighbour_mean takes a Series or a mapping of numbers by area, or Estimates, not "
                f"{type(values).__name__}; choose a column, with the areas as its index"
            )
        number = {k: number_of(v, f"The value of {k!r}") for k, v in dict(values).items()}
        weight = dict.fromkeys(number, 1.0)
    known = {k for k, v in number.items() if np.isfinite(v) and weight[k] > 0}
    if not known:
        raise InputError("neighbour_mean needs the value of some area, and has none")
    sides: dict[Any, set[Any]] = {k: set() for k in number}
    for one, other in _pairs(neighbours):
        if one == other:
            raise InputError(f"{one!r} is named as its own neighbour; leave that pair out")
        sides.setdefault(one, set()).add(other)
        sides.setdefault(other, set()).add(one)
    everything = float(
        np.average([number[k] for k in sorted(known, key=str)],
                   weights=[weight[k] for k in sorted(known, key=str)])
    )  # fmt: skip
    means = {}
    for area, beside in sides.items():
        there = sorted(beside & known, key=str)
        means[area] = (
            float(np.average([number[k] for k in there], weights=[weight[k] for k in there]))
            if there
            else everything
        )
    return pd.Series(means, name=name, dtype=np.float64)


def earlier_shares(
    estimates: Estimates, *, scale: Scale = "arcsine", name: str | None = None
) -> pd.Series[Any]:
    """Shares of an earlier wave, or of another survey, on the scale of the model: an auxiliary.

    Parameters
    ----------
    estimates: shares by one column
    scale: that of the model they are for
    name: of the auxiliary; by default "earlier", or "earlier (logit)" and "earlier (none)" on these
        scales

    An area without answers then gets the mean of all. The shares carry sampling error: their
    coefficient is nearer to 0 than that of the true ones, and what they leave is in the model
    variance.

    Raises
    ------
    InputError: not shares by one column
    """
    check_scale(scale)
    areas = area_names(estimates)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = forward(estimates.estimate, estimates.n_effective, scale)
    there = np.isfinite(value)
    if not there.any():
        raise InputError("The earlier result has no estimate; nothing can be taken from it")
    value = np.where(there, value, np.average(value[there], weights=estimates.n[there]))
    name = _earlier_name(scale) if name is None else name
    found = pd.Series(value, index=pd.Index(areas, dtype=object), name=name)
    found.attrs[_SCALES] = {name: scale}
    return found


def other_scales(
    auxiliaries: pd.DataFrame | pd.Series[Any] | None, scale: Scale
) -> dict[str, Scale]:
    """Auxiliaries by `earlier_shares` on another scale than that of the model, and which.

    They are known by what the Series says of itself, or in a table, which forgets it where it is
    put together, by the name that they have by default.
    """
    if auxiliaries is None:
        return {}
    series = isinstance(auxiliaries, pd.Series)
    names = [auxiliaries.name] if series else list(auxiliaries.columns)
    by_default: dict[str, Scale] = {_earlier_name(s): s for s in get_args(Scale)}
    known: dict[str, Scale] = by_default | dict(auxiliaries.attrs.get(_SCALES, {}))
    return {str(n): known[str(n)] for n in names if known.get(str(n), scale) != scale}


def _earlier_name(scale: Scale) -> str:
    return "earlier" if scale == "arcsine" else f"earlier ({scale})"


def area_names(estimates: Estimates) -> list[Hashable]:
    """The areas of a result of shares by one column.

    Raises
    ------
    InputError: the result is of something else
    """
    if not isinstance(estimates, Estimates):
        kind = type(estimates).__name__
        raise InputError(f"Small areas need the Estimates of survey.share, not {kind}")
    statistic = estimates.metadata.statistic
    keys = estimates.keys
    if statistic != "share":
        raise InputError(
            f"Small areas are estimated for shares, not for a {statistic}; give the result of "
            "survey.share"
        )
    if keys.shape[1] != 1 or "level" in keys or "question" in keys:
        told = ", ".join(map(str, keys.columns)) or "nothing"
        raise InputError(
            f"Small areas need the shares of one question by one column, such as neighbourhood; "
            f"these are by {told} (of= chooses the answers of a question with several)"
        )
    names: list[Hashable] = keys.iloc[:, 0].astype(object).tolist()
    if ALL in names:
        raise InputError(
            f"A row of the shares is named {ALL!r}, as the margin of all areas is; ask for them "
            "without margins=True"
        )
    return names


def number_of(value: Any, what: str) -> float:
    """A number, NaN where it is missing; anything else is an `InputError` that says `what`."""
    try:
        return np.nan if value is None or value is pd.NA else float(value)
    except (TypeError, ValueError):
        raise InputError(f"{what} is {value!r}; give a number") from None


def _of_estimates(estimates: Estimates) -> tuple[dict[Any, float], dict[Any, float]]:
    areas = area_names(estimates)
    weight = np.nan_to_num(estimates.n_effective)
    return (
        dict(zip(areas, estimates.estimate.tolist(), strict=True)),
        dict(zip(areas, weight.tolist(), strict=True)),
    )


def _pairs(neighbours: pd.DataFrame | Mapping[Any, Iterable[Any]]) -> list[tuple[Any, Any]]:
    if isinstance(neighbours, pd.DataFrame):
        if neighbours.shape[1] < 2:
            raise InputError("The table of neighbours has one column; it needs two areas a row")
        two = neighbours.iloc[:, :2].dropna()
        return list(zip(two.iloc[:, 0].tolist(), two.iloc[:, 1].tolist(), strict=True))
    if not isinstance(neighbours, (pd.Series, Mapping)):
        raise InputError(
            "neighbours= takes a table of pairs or the neighbours of each area, not "
            f"{type(neighbours).__name__}"
        )
    bare = [k for k, v in neighbours.items() if isinstance(v, str) or not isinstance(v, Iterable)]
    if bare:
        raise InputError(
            f"The neighbours of {bare[0]!r} are {neighbours[bare[0]]!r}; give a list of areas"
        )
    return [(one, other) for one, others in neighbours.items() for other in others]


def _table(auxiliaries: pd.DataFrame | pd.Series[Any], column: str) -> pd.DataFrame:
    if isinstance(auxiliaries, pd.Series):
        auxiliaries = auxiliaries.to_frame(
            "auxiliary" if auxiliaries.name is None else str(auxiliaries.name)
        )
    if not isinstance(auxiliaries, pd.DataFrame):
        kind = type(auxiliaries).__name__
        raise InputError(f"auxiliaries is a {kind}; give a DataFrame with a row for each area")
    table = auxiliaries.copy(deep=False)
    if column in table.columns:
        table = table.set_index(column)
    table.index = pd.Index(table.index.astype(object).tolist(), dtype=object)
    if table.index.hasnans:
        raise InputError("A row of the auxiliaries names no area; name it or leave it out")
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise InputError(
            f"The auxiliaries have several rows for {enumerate_first(list(twice.unique()), 3)}; "
            "give one row an area"
        )
    names = [str(c) for c in table.columns]
    doubled = [n for i, n in enumerate(names) if n in names[:i] or n == CONSTANT]
    if doubled:
        raise InputError(
            f"The auxiliaries have a column {doubled[0]!r} that is there already (the model has a "
            f"constant of its own, named {CONSTANT!r}); rename or drop it"
        )
    return table


def _numbers(table: pd.DataFrame) -> Floats:
    out = np.empty(table.shape)
    for j, name in enumerate(table.columns):
        values = table[name]
        if not (pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)):
            raise InputError(
                f"The auxiliary {str(name)!r} is text or of mixed kind ({values.dtype}); give "
                "numbers"
            )
        out[:, j] = values.to_numpy(dtype=np.float64, na_value=np.nan)
        gone = ~np.isfinite(out[:, j])
        if gone.any():
            told = enumerate_first(list(table.index[gone]), 3)
            raise InputError(
                f"The auxiliary {str(name)!r} has no number for {told}; fill it in, or leave the "
                "column out"
            )
    return out


def _check_rank(standard: Floats, names: Sequence[str]) -> None:
    """Refuse a column that follows from those before it."""
    for j in range(1, standard.shape[1]):
        before = standard[:, :j]
        rest = standard[:, j] - before @ np.linalg.lstsq(before, standard[:, j], rcond=None)[0]
        if float(rest @ rest) <= _ALIKE * len(standard):
            raise InputError(
                f"The auxiliary {names[j]!r} follows exactly from {', '.join(names[:j])}; leave "
                "one of them out"
            )
