"""`ss.smallest_change`, `ss.base_needed`, `ss.base_for_interval`: what so many answers can show."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from survey_stats.compare import power as tools
from survey_stats.compare.contrast import POWER
from survey_stats.compare.multiplicity import check_method
from survey_stats.compare.planning_sentence import plan_sentence
from survey_stats.compare.power import Waves
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate.intervals import check_level, t_quantile
from survey_stats.labels import Language
from survey_stats.results import html_table

Floats = NDArray[np.float64]

IMPOSSIBLE = "a change of that size leaves the range from 0 to 1"
NO_CHANGE = "a change of 0 cannot be found by any base"
TOO_UNSURE = "no base is enough: the earlier wave alone leaves too much doubt"
NOT_FOUND = "not even the largest possible change would be found"
NO_DF = "no degrees of freedom"
TOO_NARROW = "the half width must lie between 0 and 0.5"


@dataclass(frozen=True, eq=False)
class Plan:
    """A table of planned comparisons or intervals, one row each.

    Attributes
    ----------
    kind: "smallest change", "base for a change" or "base for an interval"
    rows: the table
    level: 1 - level is the risk of a false finding over all comparisons
    power: chance that a true change is found; NaN for intervals
    comparisons: how many tests share the risk
    adjust: how; every method but "none" may leave the strictest test `1 - level` over their number
    """

    kind: str
    rows: pd.DataFrame
    level: float
    power: float
    comparisons: int
    adjust: str

    @property
    def alpha(self) -> float:
        """Level of the strictest single test."""
        return strictest(self.level, self.comparisons, self.adjust)

    def __len__(self) -> int:
        return len(self.rows)

    def to_frame(self) -> pd.DataFrame:
        """The table; `attrs` says for which power, level and number of comparisons."""
        frame = self.rows.copy()
        frame.attrs = {
            "kind": self.kind,
            "level": self.level,
            "power": self.power,
            "comparisons": self.comparisons,
            "adjust": self.adjust,
            "alpha": self.alpha,
        }
        return frame

    def caption(self) -> str:
        """One line for people."""
        if not math.isfinite(self.power):
            return f"{self.kind}, level {self.level:g} (Wilson)"
        tests = "1 comparison" if self.comparisons == 1 else f"{self.comparisons} comparisons"
        how = "" if self.comparisons == 1 else f" ({self.adjust})"
        return f"{self.kind}, power {self.power:g}, level {self.level:g}, {tests}{how}"

    def sentence(self, lang: Language = "sv", row: int = 0) -> str:
        """A row in words for who decides on the next survey.

        Raises:
            UnknownNameError: `lang` is neither "sv" nor "en".
        """
        if lang not in get_args(Language):
            raise UnknownNameError("language", lang, get_args(Language))
        return plan_sentence(self, self.rows.iloc[row], lang)

    def __repr__(self) -> str:
        return f"Plan: {self.caption()}\n{self.rows.to_string(index=False)}"

    def _repr_html_(self) -> str:
        counts = ("n", "n_before", "n_after", "df")
        return html_table(self.rows, self.caption(), dict.fromkeys(counts, 0))


def smallest_change(
    share: ArrayLike,
    n_before: ArrayLike,
    n_after: ArrayLike | None = None,
    *,
    deff: ArrayLike = 1.0,
    deff_after: ArrayLike | None = None,
    df: ArrayLike | None = None,
    df_after: ArrayLike | None = None,
    overlap: ArrayLike = 0.0,
    correlation: ArrayLike = 0.0,
    comparisons: int = 1,
    adjust: str = "holm",
    power: float = POWER,
    level: float = 0.95,
) -> Plan:
    """The smallest change of a share that two waves of these sizes would find.

    Arguments are numbers or arrays of one length, a value for each row.

    Parameters
    ----------
    share: in the earlier wave, 0-1
    n_before, n_after: respondents with an answer; the later wave is by default as large
    deff, deff_after: design effects, as `Estimates` has them; the later by default the same
    df, df_after: degrees of freedom of the shares (PSUs less strata), by default those of simple
        samples, n - 1; the later by default as the earlier
    overlap: part of the sample that both waves share, `common / sqrt(n_before * n_after)`
    correlation: between the two answers of those who answer twice
    comparisons, adjust: tests that share the risk, as in `change`; all methods but "none" are
        planned for their strictest step, `(1 - level) / comparisons`
    power: chance that the change is found

    `increase` and `decrease` have the standard error at the changed share; `smallest_detectable` is
    for both directions with that of equal shares, as `Changes.smallest_detectable` after the waves.

    >>> plan = smallest_change(0.2, 500)
    >>> plan.to_frame()[["increase", "decrease", "smallest_detectable"]].round(4).values.tolist()
    [[0.0753, 0.066, 0.071]]

    Raises
    ------
    InputError: a share outside 0-1, a base under 2, arrays of different lengths, a risk or power
        that is none
    UnknownNameError: there is no such adjustment
    """
    alpha = check_risk(level, power, comparisons, adjust)
    given: dict[str, Any] = {
        "share": share,
        "n_before": n_before,
        "n_after": n_before if n_after is None else n_after,
        "deff": deff,
        "deff_after": deff if deff_after is None else deff_after,
        "df": np.nan if df is None else df,
        "df_after": (np.nan if df is None else df) if df_after is None else df_after,
        "overlap": overlap,
        "correlation": correlation,
    }
    a = _arrays(given)
    check_shares(a["share"], a["deff"], a["deff_after"], a["overlap"], a["correlation"])
    if np.any(a["n_before"] < 2) or np.any(a["n_after"] < 2):
        raise InputError("A base must be at least 2; give the number of answers in each wave")
    waves = Waves(
        a["share"],
        a["n_before"],
        a["n_after"],
        a["deff"],
        a["deff_after"],
        np.where(np.isnan(a["df"]), a["n_before"] - 1, a["df"]),
        np.where(np.isnan(a["df_after"]), a["n_after"] - 1, a["df_after"]),
        a["overlap"] * a["correlation"],
    )
    increase, decrease = (tools.smallest_change(waves, s, alpha, power) for s in (1, -1))
    no_df = ~((waves.df_before > 0) & (waves.df_after > 0))
    rows = pd.DataFrame(
        {
            "share": a["share"],
            "n_before": a["n_before"].astype(np.int64),
            "n_after": a["n_after"].astype(np.int64),
            "deff_before": a["deff"],
            "deff_after": a["deff_after"],
            "increase": increase,
            "decrease": decrease,
            "smallest_detectable": tools.smallest_alike(waves, alpha, power),
            "flag": np.where(
                no_df, NO_DF, np.where(np.isnan(increase) & np.isnan(decrease), NOT_FOUND, "")
            ),
        }
    )
    return Plan("smallest change", rows, level, power, comparisons, adjust)


def base_needed(
    share: ArrayLike,
    change: ArrayLike,
    *,
    n_before: ArrayLike | None = None,
    deff: ArrayLike = 1.0,
    deff_after: ArrayLike | None = None,
    df: ArrayLike | None = None,
    df_after: ArrayLike | None = None,
    overlap: ArrayLike = 0.0,
    correlation: ArrayLike = 0.0,
    comparisons: int = 1,
    adjust: str = "holm",
    power: float = POWER,
    level: float = 0.95,
) -> Plan:
    """Answers needed to find a change of a share, one row for every share and change.

    Without `n_before` both waves are planned, equally large, and `n` is the base of each; with it
    the earlier wave is as it was and `n` is the base of the next. `change` has a sign: a decrease
    needs fewer answers than an increase where the share is below one half. Other arguments as in
    `smallest_change`; those that are arrays go with the shares.

    >>> base_needed([0.2, 0.5], [0.05, -0.05]).to_frame()["n"].tolist()
    [1093, 905, 1564, 1564]
    >>> base_needed(0.2, 0.05, n_before=600).to_frame()["n"].tolist()
    [3701]

    Raises
    ------
    InputError, UnknownNameError: as in `smallest_change`
    """
    alpha = check_risk(level, power, comparisons, adjust)
    a = _arrays(
        {
            "share": share,
            "n_before": np.nan if n_before is None else n_before,
            "deff": deff,
            "deff_after": deff if deff_after is None else deff_after,
            "df": np.inf if df is None else df,
            "df_after": (np.inf if df is None else df) if df_after is None else df_after,
            "overlap": overlap,
            "correlation": correlation,
        }
    )
    check_shares(a["share"], a["deff"], a["deff_after"], a["overlap"], a["correlation"])
    if np.any(a["n_before"] < 2):
        raise InputError("A base must be at least 2; give the number of answers of the last wave")
    changes = np.atleast_1d(np.asarray(change, dtype=np.float64))
    pick = np.array(list(product(range(a["share"].size), range(changes.size))), dtype=np.intp)
    rows = {name: values[pick[:, 0]] for name, values in a.items()}
    wanted = changes[pick[:, 1]]
    before = rows["n_before"]
    known = np.isinf(rows["df"]) & ~np.isnan(before)
    waves = Waves(
        rows["share"],
        before,
        np.full_like(before, np.inf),
        rows["deff"],
        rows["deff_after"],
        np.where(known, before - 1, rows["df"]),
        rows["df_after"],
        rows["overlap"] * rows["correlation"],
    )
    find = tools.base_each if n_before is None else tools.base_after
    n = find(waves, wanted, alpha, power)
    flag = base_flags(waves, wanted, n)
    table = pd.DataFrame({"share": rows["share"], "change": wanted})
    if n_before is not None:
        table["n_before"] = before.astype(np.int64)
    table["deff"] = rows["deff_after"]
    table["n"] = whole(n)
    table["flag"] = flag
    return Plan("base for a change", table, level, power, comparisons, adjust)


def base_for_interval(
    share: ArrayLike,
    half_width: ArrayLike,
    *,
    deff: ArrayLike = 1.0,
    df: ArrayLike | None = None,
    level: float = 0.95,
) -> Plan:
    """Answers needed for an interval of a share that reaches `half_width` to each side.

    The interval is the default of `Survey.share`, Wilson's on the effective base with a t
    quantile; it is not symmetric, and its half width is half of its width. One row for every share
    and half width; `deff` and `df` go with the shares, df by default n - 1.

    >>> base_for_interval([0.2, 0.5], 0.03).to_frame()["n"].tolist()
    [684, 1066]

    Raises
    ------
    InputError: a share outside 0-1, a design effect that is not positive
    """
    check_level(level)
    a = _arrays({"share": share, "deff": deff, "df": np.nan if df is None else df})
    check_shares(a["share"], a["deff"])
    widths = np.atleast_1d(np.asarray(half_width, dtype=np.float64))
    pick = np.array(list(product(range(a["share"].size), range(widths.size))), dtype=np.intp)
    p, d, given = (a[k][pick[:, 0]] for k in ("share", "deff", "df"))
    h = widths[pick[:, 1]]
    n = tools.base_for_interval(
        p, h, d, t_quantile(np.where(np.isnan(given), np.inf, given), level)
    )
    for _ in range(20):
        degrees = np.where(np.isnan(given), np.maximum(np.ceil(n) - 1, 1), given)
        n, last = tools.base_for_interval(p, h, d, t_quantile(degrees, level)), n
        if np.array_equal(np.ceil(n), np.ceil(last), equal_nan=True):
            break
    n = np.ceil(n - 1e-9)
    flag = np.where((h > 0) & (h < 0.5), np.where(np.isnan(n), NO_DF, ""), TOO_NARROW)
    table = pd.DataFrame({"share": p, "half_width": h, "deff": d, "n": whole(n)})
    table["flag"] = flag
    return Plan("base for an interval", table, level, math.nan, 1, "none")


def base_flags(waves: Waves, change: Floats, n: Floats) -> NDArray[np.str_]:
    """Why a base `n` for a `change` is missing, or ""."""
    after = np.round(waves.share + change, 12)
    flag = np.where(np.isnan(n), TOO_UNSURE, "")
    flag = np.where(~((waves.df_before > 0) & (waves.df_after > 0)), NO_DF, flag)
    flag = np.where((after < 0) | (after > 1), IMPOSSIBLE, flag)
    return np.where(change == 0, NO_CHANGE, flag)


def whole(n: Floats) -> Any:
    """Whole numbers of which some are missing, as a column."""
    values: Any = n
    return pd.array(values, dtype="Int64")


def strictest(level: float, comparisons: int, adjust: str) -> float:
    """Level of the strictest test of a family, as `Changes.smallest_detectable` is for."""
    alpha = round(1 - level, 12)
    return alpha if adjust == "none" else alpha / max(comparisons, 1)


def check_risk(level: float, power: float, comparisons: int, adjust: str) -> float:
    """The level of the strictest test, or what is wrong with the arguments it is made of."""
    check_method(adjust)
    check_level(level)
    if not 0.5 <= power < 1:
        raise InputError(
            f"power={power!r} is not a chance from 0.5 to under 1; give one such as 0.8"
        )
    if comparisons != int(comparisons) or comparisons < 1:
        raise InputError(f"comparisons={comparisons!r} is no number of tests; give 1 or more")
    return strictest(level, int(comparisons), adjust)


def check_shares(share: Floats, *positive: Floats) -> None:
    """Refuse shares outside 0-1, and design effects and overlaps that cannot be.

    `positive` are the design effects of both waves, then overlap and correlation.
    """
    if np.any(~((share >= 0) & (share <= 1))):
        raise InputError("A share must lie between 0 and 1; percent are divided by 100")
    for name, values in zip(("deff", "deff_after"), positive, strict=False):
        if np.any(~(values > 0)):
            raise InputError(f"{name} must be positive; 1 is that of a simple random sample")
    if len(positive) > 2:
        overlap, correlation = positive[2:]
        if np.any(~((overlap >= 0) & (overlap <= 1))):
            raise InputError("overlap must lie between 0 (other people) and 1 (the same people)")
        if np.any(~(np.abs(correlation) <= 1)):
            raise InputError("correlation must lie between -1 and 1")


def _arrays(given: dict[str, Any]) -> dict[str, Floats]:
    """All arguments as arrays of one length."""
    try:
        arrays = [np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in given.values()]
        same = np.broadcast_arrays(*arrays)
    except (ValueError, TypeError) as error:
        sizes = ", ".join(f"{k} {np.size(v)}" for k, v in given.items() if np.size(v) > 1)
        raise InputError(
            f"The arguments must be numbers, or arrays of one length; there are {sizes or 'others'}"
        ) from error
    return {k: np.array(v, dtype=np.float64) for k, v in zip(given, same, strict=True)}
