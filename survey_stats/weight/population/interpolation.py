"""A population between the days on which it is known: linear in time, cell by cell."""

from __future__ import annotations

import calendar
import datetime
import numbers
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import InputError
from survey_stats.weight.errors import BenchmarkError

FloatArray = npt.NDArray[np.float64]
Moment = int | str | datetime.date
When = Moment | Iterable[Moment]


def in_years(day: datetime.date) -> float:
    """A day as a number of years: whole numbers are ends of years, whatever their length.

    >>> in_years(datetime.date(2023, 12, 31)), in_years(datetime.date(2024, 12, 31))
    (2024.0, 2025.0)
    """
    length = 366 if calendar.isleap(day.year) else 365
    return day.year + day.timetuple().tm_yday / length


def line(times: FloatArray, known: FloatArray, at: float) -> tuple[FloatArray, int, int]:
    """The values at a time of cells on straight lines, and between which two times they lie.

    Args:
        times: (t,) increasing, at least two.
        known: (t, cells).
        at: a time; outside the known ones the line of the two nearest goes on.

    >>> line(np.array([0.0, 10.0]), np.array([[100.0], [200.0]]), 4.0)
    (array([140.]), 0, 1)
    """
    right = int(np.clip(np.searchsorted(times, at), 1, len(times) - 1))
    left = right - 1
    t = (at - times[left]) / (times[right] - times[left])
    return (1 - t) * known[left] + t * known[right], left, right


def interpolate(
    rows: pd.DataFrame, when: When, dimensions: Sequence[str], extrapolate: bool, name: str
) -> tuple[pd.DataFrame, list[str]]:
    """Rows (as in `Population.frame`) for other days, and notes on what was left out."""
    several = when if isinstance(when, Iterable) and not isinstance(when, str) else [when]
    days = sorted({_day(one) for one in several})
    if not days:
        raise InputError("No time is asked for; give a year or a date")
    pieces, notes = [], []
    for day in days:
        found, left = _at(rows, day, dimensions, extrapolate, name)
        pieces.append(found)
        notes += left
    return pd.concat(pieces, ignore_index=True), list(dict.fromkeys(notes))


def _day(when: object) -> datetime.date:
    """The day that is meant by a year, a date, or text that is one of them.

    >>> _day("2023-06-30"), _day("2023"), _day(2023)
    (datetime.date(2023, 6, 30), datetime.date(2023, 12, 31), datetime.date(2023, 12, 31))
    """
    refused = InputError(
        f"{when!r} is no year or date; give one such as 2023, '2023-06-30' or date(2023, 6, 30)"
    )
    if isinstance(when, datetime.datetime):
        return when.date()
    if isinstance(when, datetime.date):
        return when
    if isinstance(when, np.datetime64):
        return pd.Timestamp(when).date()
    if isinstance(when, str):
        text = when.strip()
        try:
            return datetime.date(int(text), 12, 31) if len(text) == 4 else _iso(text)
        except ValueError:
            raise refused from None
    whole = isinstance(when, numbers.Integral) and not isinstance(when, bool)
    if not whole or not 1700 <= int(when) <= 2300:  # type: ignore[call-overload]
        raise refused
    return datetime.date(int(when), 12, 31)  # type: ignore[call-overload]


def _iso(text: str) -> datetime.date:
    """A date written as 2023-06-30, and nothing else that could be read in two ways."""
    return datetime.datetime.strptime(text, "%Y-%m-%d").date()


def _at(
    rows: pd.DataFrame,
    day: datetime.date,
    dimensions: Sequence[str],
    extrapolate: bool,
    name: str,
) -> tuple[pd.DataFrame, list[str]]:
    """Kind of area by kind, and cut by cut, as they may be known in different years."""
    pieces, left = [], []
    for (level, cut), own in rows.groupby(["level", "cut"], dropna=False, sort=False):
        what = str(level) if cut is pd.NA else f"{level} in the cut of {cut}"
        stamps = pd.DatetimeIndex(own["date"].unique()).sort_values()
        stamp = pd.Timestamp(day)
        if stamp in stamps:
            pieces.append(own[own["date"] == stamp])
            continue
        outside = not stamps[0] < stamp < stamps[-1]
        if outside and not (extrapolate and len(stamps) > 1):
            left.append(what)
            continue
        pieces.append(_between(own, stamps, day, dimensions, outside, name))
    if not pieces:
        first, last = rows["date"].min().date(), rows["date"].max().date()
        hint = "; extrapolate=True goes on from the two nearest" if not extrapolate else ""
        raise InputError(
            f"{name} is known for {_told(first, last)}, not for {_told(day)}: "
            f"fetch figures on both sides{hint}"
        )
    notes = [f"not known on both sides of {_told(day)} and left out: {w}" for w in left]
    return pd.concat(pieces), notes


def _between(
    own: pd.DataFrame,
    stamps: pd.DatetimeIndex,
    day: datetime.date,
    dimensions: Sequence[str],
    outside: bool,
    name: str,
) -> pd.DataFrame:
    keys = ["level", "cut", "area", *dimensions]
    right = int(np.clip(stamps.searchsorted(pd.Timestamp(day)), 1, len(stamps) - 1))
    sides = [own[own["date"] == stamps[k]] for k in (right - 1, right)]
    before, after = (side.set_index(keys) for side in sides)
    if len(before) != len(after) or not before.index.isin(after.index).all():
        alone = before.index.symmetric_difference(after.index)[0]
        raise InputError(
            f"{name} has {', '.join(str(a) for a in alone if pd.notna(a))} in only one of "
            f"{_told(stamps[right - 1].date())} and {_told(stamps[right].date())}; "
            "use the same groups and areas in all years (to_cut, regroup)"
        )
    after = after.reindex(before.index)
    ends = [stamp.date() for stamp in (stamps[right - 1], stamps[right])]
    known = np.vstack([before["population"].to_numpy(), after["population"].to_numpy()])
    people, _, _ = line(np.array([in_years(end) for end in ends]), known, in_years(day))
    if (people < 0).any():
        cell = before.index[int(np.argmax(people < 0))]
        raise BenchmarkError(
            f"{name} would have fewer than 0 people in {', '.join(map(str, cell))} on "
            f"{_told(day)}; extrapolate less far"
        )
    out = before.reset_index()
    out["population"] = people
    out["year"], out["date"] = day.year, pd.Timestamp(day)
    how = "extrapolated" if outside else "interpolated"
    same = before["source"].to_numpy() == after["source"].to_numpy()
    origin = np.where(same, before["source"], before["source"] + " and " + after["source"])
    out["source"] = [f"{how} linearly, {_told(*ends)} ({source})" for source in origin]
    return out[list(own.columns)]


def _told(*days: datetime.date) -> str:
    """Days as years where they are all ends of years."""
    if all((d.month, d.day) == (12, 31) for d in days):
        return "-".join(str(y) for y in dict.fromkeys(d.year for d in days))
    return " to ".join(dict.fromkeys(d.isoformat() for d in days))
