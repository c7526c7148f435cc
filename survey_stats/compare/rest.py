"""`ss.count_rest`: an area's rate against the rest of the whole that contains it.

A district's crimes are part of the city's. Compared with the whole city the district is compared
with itself too: its events would be counted twice and the two rates would not be independent.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.compare.counts import count_changes, counts_of, populations_of
from survey_stats.compare.subtotals import Totals
from survey_stats.errors import InputError, UnknownNameError

PER = 100_000
NO_WHOLE = "the whole has no such row"
MORE_THAN_WHOLE = "the area has more than the whole that should contain it"
_VERDICTS = {
    "significant increase": "higher",
    "significant decrease": "lower",
    "unchanged": "alike",
}


def count_rest(
    frame: pd.DataFrame,
    count: str,
    population: str,
    *,
    area: str = "area",
    whole: str,
    parts: str | Sequence[str] | None = None,
    by: str | Sequence[str] | None = None,
    totals: Totals = "find",
    adjust: str = "holm",
    level: float = 0.95,
    margin: float = 0.10,
) -> pd.DataFrame:
    """Test each area's rate against that of the whole less the area.

    Parameters
    ----------
    frame: a row for each area (and each combination of `by`), the whole among the areas
    count, population: columns of events and of inhabitants
    area: the column that names the areas
    whole: the area that contains the others
    parts: the areas to compare, by default all others
    by: columns within which to compare, such as the type of crime
    totals: as in `count_changes`, found among (or given for) the rows of the parts, in the order
        of `frame`; those rows are a family of their own
    adjust, level, margin: as in `count_changes`

    Returns a row for each row of `parts`, with its index: `area`, the `by` columns, `count`,
    `population`, `rest_count`, `rest_population`, `rate` and `rest_rate` (per 100 000 inhabitants),
    `ratio` with exact limits, `p_value`, `p_mid`, `p_adjusted`, `verdict` (`higher`, `lower`,
    `alike`, `cannot be decided`) and `flag`; `attrs` as of `count_changes`.

    >>> crimes = pd.DataFrame({"area": ["Stockholm", "Farsta"], "n": [5000, 400],
    ...                        "people": [980_000, 60_000]})
    >>> table = count_rest(crimes, "n", "people", whole="Stockholm")
    >>> table[["rest_count", "rest_population", "verdict"]].values.tolist()
    [[4600.0, 920000.0, 'higher']]

    Raises
    ------
    UnknownNameError: a column or an area that does not exist
    InputError: the whole has two rows for one combination of `by`; a negative or broken count
    """
    names = [] if by is None else ([by] if isinstance(by, str) else list(by))
    for name in (area, count, population, *names):
        if name not in frame.columns:
            raise UnknownNameError("column", name, frame.columns, "the table of counts")
    areas = frame[area].astype(str)
    wanted = [parts] if isinstance(parts, str) else parts
    for name in (whole, *(wanted or ())):
        if name not in set(areas):
            raise UnknownNameError("area", name, areas.unique(), f"column {area!r}")
    of_whole = areas == whole
    chosen = (~of_whole if wanted is None else areas.isin(list(wanted)) & ~of_whole).to_numpy()
    own = frame[chosen]
    city = frame[of_whole]
    if city.duplicated(names).any() if names else len(city) > 1:
        raise InputError(
            f"Area {whole!r} has several rows for one combination of {names or 'no columns'}; name "
            "the columns that tell them apart in by="
        )

    position = _partner(own, city, names)
    pick = np.maximum(position, 0)
    n, people = counts_of(own[count], count), populations_of(own, population)
    total = np.where(position >= 0, counts_of(city[count], count)[pick], np.nan)
    everybody = np.where(position >= 0, populations_of(city, population)[pick], np.nan)
    over = (n > total) | (people >= everybody)
    table = own[[area, *names]].copy()
    table["count"], table["population"] = n, people
    table["rest_count"] = np.where(over, np.nan, total - n)
    table["rest_population"] = np.where(over, np.nan, everybody - people)
    if isinstance(totals, str) and totals in frame.columns:
        totals = frame[totals].to_numpy()
    if totals is not None and not isinstance(totals, str):
        totals = _rows(totals, chosen)
    tested = count_changes(
        table,
        "rest_count",
        "count",
        "rest_population",
        "population",
        by=[area, *names],
        adjust=adjust,
        level=level,
        margin=margin,
        totals=totals,
    )
    table["rate"] = PER * table["count"] / table["population"]
    table["rest_rate"] = PER * table["rest_count"] / table["rest_population"]
    for name in ("ratio", "ratio_low", "ratio_high", "p_value", "p_mid", "p_adjusted"):
        table[name] = tested[name].to_numpy()
    table["verdict"] = [_VERDICTS.get(v, v) for v in tested["verdict"]]
    flag = tested["flag"].mask(over, MORE_THAN_WHOLE).mask(position < 0, NO_WHOLE)
    table["flag"] = flag.to_numpy()
    table.attrs = {**tested.attrs, "whole": whole}
    return table


def _rows(totals: Sequence[bool] | NDArray[np.bool_], chosen: NDArray[np.bool_]) -> Totals:
    given = np.asarray(totals)
    if given.shape != chosen.shape:
        raise InputError("totals= must say true or false for each row of the table of counts")
    return given[chosen]


def _partner(own: pd.DataFrame, city: pd.DataFrame, names: Sequence[str]) -> NDArray[np.intp]:
    """For each row of `own` the position in `city` of the row with the same names, or -1."""
    if not names:
        return np.zeros(len(own), dtype=np.intp)
    where = {key: i for i, key in enumerate(city[list(names)].itertuples(index=False, name=None))}
    keys = own[list(names)].itertuples(index=False, name=None)
    return np.array([where.get(key, -1) for key in keys], dtype=np.intp)
