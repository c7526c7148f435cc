"""What a figure of changes draws: the cells of a `Changes`, or of its frame after suppression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.compare.changes import NUMBERS, Changes
from survey_stats.drawing.palette import DOWN, OPEN, SAME, UP
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate import Estimates

Floats = NDArray[np.float64]

VERDICTS = (UP, DOWN, SAME, OPEN)

_NEEDED = ("before", "after", "difference", "ci_low", "ci_high", "verdict", "flag")
_FAMILY = ("question", "statistic", "before", "after", "family_size", "adjust", "level", "margin")


@dataclass(frozen=True, eq=False)
class Cells:
    """R cells as a figure sees them; shares and their differences are in percent.

    Attributes
    ----------
    keys: the key columns, R rows; without those that all rows agree in
    fixed: these, with their value
    before, after, difference, low, high: the numbers, NaN where a cell has none
    sides: lower and upper limits of `before`, then of `after`; (4, R), NaN where unknown
    verdict: one of `VERDICTS`
    n_before, n_after: bases, NaN where unknown
    flag: "" or why there is no test
    family: question, statistic, before, after, family_size, adjust, level, margin
    synthetic: whether the data are made up
    names: what the two sides are called, where the caller says so
    """

    keys: pd.DataFrame
    fixed: dict[str, Any]
    before: Floats
    after: Floats
    difference: Floats
    low: Floats
    high: Floats
    sides: Floats
    verdict: NDArray[np.object_]
    n_before: Floats
    n_after: Floats
    flag: NDArray[np.object_]
    family: dict[str, Any]
    synthetic: bool
    names: tuple[str, str] | None = None

    def __len__(self) -> int:
        return self.difference.size

    @property
    def is_share(self) -> bool:
        return bool(self.family["statistic"] == "share")

    @property
    def margin(self) -> float:
        """In the units of `difference`."""
        return float(self.family["margin"]) * (100 if self.is_share else 1)

    @property
    def decimals(self) -> int:
        """With which a difference is printed: one of shares, of others by their size."""
        if self.is_share:
            return 1
        known = np.abs(np.concatenate([self.before, self.after]))
        largest = float(known[np.isfinite(known)].max(initial=0.0))
        return 0 if largest >= 1000 else 1 if largest >= 100 else 2

    @property
    def drawn(self) -> NDArray[np.bool_]:
        """Cells with a difference and its interval."""
        return np.isfinite(self.difference) & np.isfinite(self.low) & np.isfinite(self.high)

    @property
    def doubtful(self) -> NDArray[np.bool_]:
        """Cells that are drawn although something is said of them, such as a small base."""
        said: NDArray[np.bool_] = self.flag != ""
        return self.drawn & said

    @property
    def decided(self) -> NDArray[np.bool_]:
        return np.isin(self.verdict.astype(str), (UP, DOWN))

    def column(self, name: str | None) -> str | None:
        """The key column that runs across: that named, else question or level, else the last.

        None where there is one key column or none.

        Raises:
            UnknownNameError: there is no such key column.
        """
        names = [str(c) for c in self.keys.columns]
        if name is not None:
            if name not in names:
                raise UnknownNameError("key column", name, names)
            return name
        if len(names) < 2:
            return None
        return next((n for n in ("question", "level") if n in names), names[-1])


def cells_of(
    changes: Changes | pd.DataFrame,
    sides: tuple[Estimates, Estimates] | None = None,
    synthetic: bool | None = None,
    least: int = 1,
    names: tuple[str, str] | None = None,
) -> Cells:
    """The cells of a `Changes` or of its frame, with everything a figure tells.

    Parameters
    ----------
    changes: the result, or its `to_frame()` after rows were chosen or `protect.apply` ran on it
    sides: the two results compared, which tell the limits of each side's own estimate; a
        `Changes` knows them
    synthetic: whether the data are made up; by default what the result, the frame's `attrs` or
        the names of the two sides say
    least: key columns to keep although all rows agree in them
    names: what the two sides are called

    Raises:
        InputError: the frame is not that of a `Changes`, or it has no rows.
    """
    if isinstance(changes, pd.DataFrame):
        frame = _checked(changes)
    else:
        frame = _checked(changes.to_frame())
        if changes.paired is not None and sides is None:
            sides = changes.paired.before, changes.paired.after
    family = {name: frame.attrs[name] for name in _FAMILY}
    scale = 100.0 if family["statistic"] == "share" else 1.0
    every = frame.iloc[:, : min(list(frame.columns).index(c) for c in NUMBERS if c in frame)]
    keys, fixed = _varying(every, least)
    if "question" in fixed:
        family["question"] = [str(fixed.pop("question"))]

    def floats(name: str, by: float = 1.0) -> Floats:
        if name not in frame:
            return np.full(len(frame), np.nan)
        return by * frame[name].to_numpy(dtype=np.float64, na_value=np.nan)

    before, after = floats("before", scale), floats("after", scale)
    limits = np.full((4, len(frame)), np.nan)
    if sides is not None:
        limits = scale * np.concatenate([_limits(every, side) for side in sides])
        # what may not be shown has no interval either
        limits[:2, ~np.isfinite(before)] = np.nan
        limits[2:, ~np.isfinite(after)] = np.nan
    return Cells(
        keys=keys,
        fixed=fixed,
        before=before,
        after=after,
        difference=floats("difference", scale),
        low=floats("ci_low", scale),
        high=floats("ci_high", scale),
        sides=limits,
        verdict=frame["verdict"].astype(object).to_numpy(),
        n_before=floats("n_before"),
        n_after=floats("n_after"),
        flag=frame["flag"].fillna("").astype(str).to_numpy(dtype=object),
        family=family,
        synthetic=_made_up(frame) if synthetic is None else synthetic,
        names=names,
    )


def _checked(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy with rows from 0; raises where it is no frame of a `Changes`."""
    missing = [c for c in _NEEDED if c not in frame] + [a for a in _FAMILY if a not in frame.attrs]
    if missing:
        raise InputError(
            f"A figure of changes needs a Changes or its to_frame(); this has no {missing[0]!r} "
            "(columns and attrs both count: pd.concat and merge drop attrs)"
        )
    if not len(frame):
        raise InputError("There is no row to draw; choose rows that exist")
    return frame.reset_index(drop=True)


def _made_up(frame: pd.DataFrame) -> bool:
    """What the frame says, or the names of the two sides."""
    named = f"{frame.attrs['before']} {frame.attrs['after']}".lower()
    return bool(frame.attrs.get("synthetic", False)) or "synthetic" in named or "syntetisk" in named


def _varying(keys: pd.DataFrame, least: int) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The columns that tell rows apart, with others up to `least` of them, and what is left.

    A question that all rows are about is the last to be kept: it is the title.
    """
    names = [str(c) for c in keys.columns]
    texts = {c: keys[c].astype(str).to_numpy() for c in names}
    alike = [c for c in names if (texts[c] == texts[c][0]).all()]
    kept = [c for c in names if c not in alike]
    for name in sorted(alike, key=lambda c: c == "question"):
        if len(kept) < least and not (name == "question" and least == 1):
            kept.append(name)
    kept.sort(key=names.index)
    return keys[kept], {c: keys[c].iloc[0] for c in alike if c not in kept}


def _limits(keys: pd.DataFrame, result: Estimates) -> Floats:
    """Limits (2, R) of the result's rows that have these keys."""
    names = [str(c) for c in keys.columns]
    if names != [str(c) for c in result.keys.columns]:
        raise InputError(
            f"sides= are by {list(result.keys.columns)} and the changes by {names}; pass the two "
            "results that were compared"
        )
    at = {row: i for i, row in enumerate(_rows(result.keys))}
    rows = np.array([at.get(row, -1) for row in _rows(keys)], dtype=np.intp)
    both = np.stack([result.ci_low, result.ci_high])
    return np.where(rows >= 0, both[:, rows], np.nan)


def _rows(keys: pd.DataFrame) -> list[tuple[str, ...]]:
    if keys.shape[1] == 0:
        return [()] * len(keys)
    return list(zip(*(keys[c].astype(str).tolist() for c in keys.columns), strict=True))
