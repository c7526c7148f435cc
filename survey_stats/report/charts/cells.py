"""The rows that a figure of shares may show: estimates after suppression, in percent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats import protect
from survey_stats.compare.figures.words import reason
from survey_stats.drawing.telling import interval, till
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate import Estimates
from survey_stats.labels import NBSP, Language, capital, heading, number, percent, word

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

HIDDEN = ".."
_NUMBERS = ("estimate", "se", "ci_low", "ci_high", "df", "n", "n_effective", "deff", "flag")


@dataclass(frozen=True, eq=False)
class Cells:
    """R shares in percent with what tells them apart; NaN where a number may not be shown.

    Attributes:
        keys: the columns that tell rows apart, in their order.
        share, low, high: in percent.
        n: bases, NaN where unknown or hidden.
        flag: "" or why a number is missing or uncertain.
        attrs: of the frame: question, survey, wave, level, synthetic.
    """

    keys: pd.DataFrame
    share: Floats
    low: Floats
    high: Floats
    n: Floats
    flag: npt.NDArray[np.object_]
    attrs: dict[str, Any]

    def __len__(self) -> int:
        return self.share.size

    @property
    def hidden(self) -> Bools:
        """Cells without a number."""
        return ~np.isfinite(self.share)

    @property
    def doubtful(self) -> Bools:
        """Cells with a number of which something is said."""
        said: Bools = (self.flag != "") & ~self.hidden
        return said

    @property
    def synthetic(self) -> bool:
        return bool(self.attrs.get("synthetic", False))

    @property
    def level(self) -> float:
        """Of the intervals."""
        return float(self.attrs.get("level", 0.95))

    def take(self, rows: npt.NDArray[np.intp]) -> Cells:
        """Some of the rows, in a new order."""
        keys = self.keys.iloc[rows].reset_index(drop=True)
        return Cells(
            keys, self.share[rows], self.low[rows], self.high[rows], self.n[rows],
            self.flag[rows], self.attrs,
        )  # fmt: skip

    def names(self, columns: Sequence[str], lang: Language) -> list[str]:
        """The reader's name of every row, from some of its keys."""
        if not columns:
            return [heading("all", lang)] * len(self)
        told = [[_name(v, lang) for v in self.keys[c].tolist()] for c in columns]
        return [capital(", ".join(parts)) for parts in zip(*told, strict=True)]

    def told(self, row: int, lang: Language) -> str:
        """A share with its mark, or that it is hidden."""
        if self.hidden[row]:
            return HIDDEN
        return percent(self.share[row] / 100, 0, lang) + ("*" if self.doubtful[row] else "")

    def told_in_full(self, row: int, lang: Language) -> str:
        """A share with interval and base, or why there is none."""
        if self.hidden[row]:
            return reason(str(self.flag[row]), lang)
        ends = interval(self.low[row] / 100, self.high[row] / 100, lang)
        base = f"{word('base', lang)}{NBSP}{number(self.n[row], 0, lang)}"
        more = [ends, base if np.isfinite(self.n[row]) else ""]
        inside = ", ".join(m for m in more if m)
        return f"{self.told(row, lang)} ({inside})" if inside else self.told(row, lang)

    def frame(self) -> pd.DataFrame:
        """The rows as shown: keys, share, ci_low, ci_high (proportions), n and flag."""
        out = self.keys.copy()
        for name, values in (("share", self.share), ("ci_low", self.low), ("ci_high", self.high)):
            out[name] = values / 100
        out["n"] = pd.array([None if np.isnan(v) else int(v) for v in self.n], dtype="Int64")
        out["flag"] = self.flag
        return out


def cells_of(estimates: Estimates | pd.DataFrame, rule: protect.Rule = protect.DEFAULT) -> Cells:
    """The cells of estimates that may be shown.

    Args:
        estimates: a frame after suppression (`protect.apply`), which is shown as it is, or an
            `Estimates`, to which `rule` is applied first.
        rule: the profile of an `Estimates`.

    Raises:
        InputError: no estimates of shares, or no rows.
    """
    if isinstance(estimates, Estimates):
        frame = protect.apply(estimates.to_frame(), rule)
    else:
        frame = estimates.rename(columns={"share": "estimate"})
    if "estimate" not in frame:
        raise InputError(
            "A figure of shares needs an Estimates or its frame; this has no column 'estimate'"
        )
    if frame.columns.duplicated().any():
        raise InputError("The frame has two columns of one name; rename one of them")
    if not len(frame):
        raise InputError("There is no row to draw; choose rows that exist")
    statistic = frame.attrs.get("statistic", "share")
    if statistic != "share":
        raise InputError(f"This figure shows shares, and these are estimates of a {statistic}")
    share = floats(frame["estimate"])
    if (share[np.isfinite(share)] < 0).any() or (share[np.isfinite(share)] > 1).any():
        raise InputError("Shares are proportions from 0 to 1; this frame has others")

    def optional(name: str) -> Floats:
        return floats(frame[name]) if name in frame else np.full(len(frame), np.nan)

    shown = np.isfinite(share)
    # what may not be shown has neither interval nor base
    low, high, n = (np.where(shown, optional(c), np.nan) for c in ("ci_low", "ci_high", "n"))
    flag = frame["flag"].fillna("").astype(str) if "flag" in frame else pd.Series([""] * len(frame))
    named = list(frame.columns[: min(list(frame.columns).index(c) for c in _NUMBERS if c in frame)])
    return Cells(
        frame[named].reset_index(drop=True),
        100 * share, 100 * low, 100 * high, n,
        flag.to_numpy(dtype=object), {str(k): v for k, v in frame.attrs.items()},
    )  # fmt: skip


def key_of(cells: Cells, column: str | None) -> str:
    """The key column that a figure goes by: that named, else the only one that varies.

    Raises:
        UnknownNameError: there is no such column.
        InputError: none is named, and there is no single one.
    """
    names = [str(c) for c in cells.keys.columns]
    if column is not None:
        if column not in names:
            raise UnknownNameError("column", column, names, "the estimates")
        return column
    varying = [c for c in names if len(set(cells.keys[c].astype(str))) > 1] or names
    if len(varying) != 1:
        raise InputError(
            f"The estimates are by {', '.join(names) or 'nothing'}; name the column of this figure"
        )
    return varying[0]


def floats(column: pd.Series[Any]) -> Floats:
    """A column of numbers, also a nullable one, with NaN for what is missing."""
    values = pd.to_numeric(column, errors="coerce").astype("Float64")
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def title(cells: Cells, lang: Language) -> str:
    """The question where there is one, else "share"."""
    asked = cells.attrs.get("question", ())
    one = [asked] if isinstance(asked, str) else list(asked)
    if len(one) != 1:
        return heading("share", lang)
    return heading(str(one[0]).partition("__")[0].removeprefix("answer_"), lang)


def source(cells: Cells, lang: Language) -> str:
    """The survey and its wave, as far as they are known."""
    survey, wave = cells.attrs.get("survey"), cells.attrs.get("wave")
    parts = [word(str(survey), lang) if survey else "", str(wave) if wave is not None else ""]
    return " ".join(p for p in parts if p)


def caption(cells: Cells, what: str, lang: Language, intervals: bool = True) -> str:
    """Question, how it is shown and whose answers they are, as a caption."""
    origin = source(cells, lang)
    head = f"{title(cells, lang)}: {what}" + (f", {origin}" if origin else "") + "."
    if intervals and (np.isfinite(cells.low) & np.isfinite(cells.high)).any():
        sure = percent(cells.level, 0, lang)
        head += (
            f" Strecken är osäkerhetsintervall ({sure})."
            if lang == "sv"
            else f" Lines are {sure} confidence intervals."
        )
    return head


def notes(cells: Cells, names: Sequence[str], lang: Language) -> tuple[str, ...]:
    """What the stars stand for, and which cells are hidden and why."""
    out = []
    doubts = dict.fromkeys(reason(str(f), lang) for f in cells.flag[cells.doubtful])
    if doubts:
        out.append(f"* {capital(', '.join(doubts))}.")
    by_reason: dict[str, list[str]] = {}
    for row in np.flatnonzero(cells.hidden).tolist():
        by_reason.setdefault(reason(str(cells.flag[row]), lang), []).append(names[row])
    if by_reason:
        told = "; ".join(
            f"{', '.join(dict.fromkeys(who))} ({why})" for why, who in by_reason.items()
        )
        out.append(f"{HIDDEN} {'Redovisas inte' if lang == 'sv' else 'Not shown'}: {told}.")
    return tuple(out)


def _name(value: Any, lang: Language) -> str:
    if isinstance(value, bool | np.bool_):
        return word("yes" if value else "no", lang)
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return "uppgift saknas" if lang == "sv" else "not known"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return word(str(value), lang)


__all__ = [
    "HIDDEN", "Cells", "caption", "cells_of", "floats", "key_of", "notes", "source", "till",
    "title",
]  # fmt: skip
