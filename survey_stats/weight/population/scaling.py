"""One benchmark scaled to another, where two do not agree and one of them is to be trusted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from survey_stats.errors import InputError, UnknownNameError, enumerate_first
from survey_stats.place import place
from survey_stats.weight.errors import BenchmarkError
from survey_stats.weight.population.ages import OLDEST, Ages, held
from survey_stats.weight.population.cuts import districts_of
from survey_stats.weight.population.table import Population


def reconcile(
    population: Population, to: Population, on: str | Iterable[str] = (), level: str | None = None
) -> Population:
    """`population` with its cells scaled so that its sums are those of `to`.

    Each cell is multiplied by the total of `to` over the own total, by year and area and the
    dimensions `on`; proportions within are kept. Every row's source says so, with its factor.

    Args:
        to: the population whose totals hold, of the same years, areas and cut.
        on: dimensions by which totals are taken, with the same groups in both.
        level: the kind of area by which totals are taken. By default one that both have; or
            `municipality`, the whole city, to which all districts are scaled alike.

    Raises:
        InputError: years, areas or groups of the two do not fit.
        BenchmarkError: nobody is in a group in which `to` has people, or a figure is missing.

    >>> from survey_stats.weight.population import as_population
    >>> import pandas as pd
    >>> cells = pd.DataFrame({"district": "Farsta", "gender": ["men", "women"],
    ...     "population": [30_000, 32_000]})
    >>> total = pd.DataFrame({"district": ["Farsta"], "population": [62_620]})
    >>> scaled = reconcile(as_population(cells, "by gender", year=2024),
    ...     as_population(total, "totals", year=2024))
    >>> scaled.frame.population.tolist(), scaled.frame.source[0]
    ([30300.0, 32320.0], 'by gender; scaled to totals (factor 1.0100)')
    """
    dimensions = [on] if isinstance(on, str) else list(on)
    for dimension in dimensions:
        for one in (population, to):
            if dimension not in one.dimensions:
                raise UnknownNameError("dimension", dimension, one.dimensions, one.name)
    whole_city = False
    if level is None:
        common = [one for one in population.levels if one in to.levels]
        if not common:
            raise InputError(
                f"{population.name} and {to.name} have no kind of area in common "
                f"({enumerate_first(population.levels)}; {enumerate_first(to.levels)}); "
                "say level='municipality' to scale districts to the whole city"
            )
        levels = common
    elif level == "municipality" and "district" in population.levels:
        if "municipality" not in to.levels:
            raise UnknownNameError("kind of area", level, to.levels, to.name)
        levels, whole_city = [level], True
    else:
        if level not in population.levels or level not in to.levels:
            raise UnknownNameError(
                "common kind of area", level, sorted({*population.levels} & {*to.levels})
            )
        levels = [level]
    mine, theirs = (held(one.ages) if one.ages else [Ages(0, OLDEST)] for one in (population, to))
    if mine != theirs:
        raise InputError(
            f"{population.name} holds the ages {enumerate_first(mine, 3)} and {to.name} "
            f"{enumerate_first(theirs, 3)}; regroup them to the same ages first"
        )
    keys = ["date", *([] if whole_city else ["level", "area"]), *dimensions]
    own, other = population.frame, to.frame[to.frame["level"].isin(levels)]
    if whole_city:
        other = other[other["area"] == place().municipality]
        own = own[own["level"].isin(("district", "outside"))]
        _all_districts(own, population.name)
    else:
        own = own[own["level"].isin(levels)]
        if not set(own["cut"].dropna()) <= set(other["cut"].dropna()):
            raise InputError(
                f"{population.name} and {to.name} have districts of other cuts; use to_cut first"
            )
        keys = [*keys, "cut"]
        own, other = (rows.assign(cut=rows["cut"].fillna(0)) for rows in (own, other))
    sums = _sums(own, keys)
    target = _sums(other, keys).reindex(sums.index)
    if target.isna().any():
        where = target.index[int(target.isna().to_numpy().argmax())]
        raise InputError(
            f"{to.name} has no figure for {_told(where)}, which {population.name} has; "
            "select the same years, areas and groups"
        )
    empty = ~(sums > 0) & (target > 0) | sums.isna()
    if empty.any():
        where = sums.index[int(empty.to_numpy().argmax())]
        raise BenchmarkError(
            f"{population.name} has nobody, or no figure, in {_told(where)}, where {to.name} has "
            f"{target[empty].iloc[0]:,.0f} people; it cannot be scaled"
        )
    factor = (target / sums.where(sums > 0)).fillna(1.0)
    each = (
        own[keys]
        .merge(factor.rename("factor").reset_index(), on=keys, how="left", validate="m:1")["factor"]
        .to_numpy(dtype=np.float64)
    )
    said = [
        f"{source}; scaled to {to.name} (factor {f:.4f})"
        for source, f in zip(own["source"], each, strict=True)
    ]
    frame = own.assign(population=own["population"] * each, source=said)
    frame["cut"] = frame["cut"].where(frame["cut"] > 0)
    left = [one for one in population.levels if one not in set(own["level"])]
    return replace(
        population,
        frame=frame.reset_index(drop=True),
        notes=(*population.notes, *(f"not scaled, and left out: {one}" for one in left)),
        name=f"{population.name} scaled to {to.name}",
        printed=population.frame.iloc[:0],
    )


def _sums(rows: pd.DataFrame, keys: list[str]) -> pd.Series[float]:
    """Sums by `keys`, missing where a figure is."""
    moved = rows.assign(lacking=rows["population"].isna())
    found = moved.groupby(keys, dropna=False, sort=False).agg(
        people=("population", "sum"), lacking=("lacking", "any")
    )
    return found["people"].mask(found["lacking"].astype(bool))


def _all_districts(own: pd.DataFrame, name: str) -> None:
    for day, rows in own.groupby("date", sort=False):
        districts = rows[rows["level"] == "district"]
        cuts = districts["cut"].unique()
        if len(cuts) != 1 or set(districts["area"]) != set(districts_of(int(cuts[0]))):
            raise InputError(
                f"{name} does not have all districts of one cut in {pd.Timestamp(str(day)).year}; "
                "they cannot be scaled to the whole city"
            )


def _told(where: object) -> str:
    parts = where if isinstance(where, tuple) else (where,)
    shown = [str(p.year) if hasattr(p, "year") else str(p) for p in parts]
    return ", ".join(s for s in shown if s not in ("<NA>", "nan"))
