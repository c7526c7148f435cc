"""Did a count really change? Reported crimes, referrals and other events of two periods.

Events that happen one by one and independently are Poisson; then two counts are compared by an
exact test that needs no base. Series whose events come in bursts vary more than that, so that a
p-value here is a lower bound of the doubt.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, get_args

import numpy as np
import pandas as pd

from survey_stats.compare import poisson
from survey_stats.compare.sentences import count_sentence
from survey_stats.compare.subtotals import Totals, adjust_apart, told_subtotals, totals_of
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.labels import Language, number
from survey_stats.results import html_table

NO_EVENTS = "nothing was counted in either period"
NO_UPPER = "nothing was counted before, so that the ratio has no value and no upper limit"
LANGUAGES = get_args(Language)
MISSING = "a count or a population is missing"


@dataclass(frozen=True)
class CountChange:
    """Two counts compared; rates are per unit of population, or the counts where none is given.

    `p_value` is the exact conditional test's, `p_mid` its mid-p variant, `p_equivalence` that of
    "the rates differ by the margin or more"; `ratio_low`, `ratio_high` are exact limits. `verdict`
    goes by `p_adjusted` (equal to `p_value` for a single change). `flag` says why a number is
    missing.

    >>> count_change(7, 2)
    CountChange: 7 to 2 (−71%), p = 0.18, cannot be decided
    """

    before: float
    after: float
    population_before: float
    population_after: float
    difference: float
    difference_low: float
    difference_high: float
    percent_change: float
    ratio: float
    ratio_low: float
    ratio_high: float
    p_value: float
    p_mid: float
    p_equivalence: float
    p_adjusted: float
    verdict: str
    level: float
    flag: str

    def to_frame(self) -> pd.DataFrame:
        """One row, one column a field."""
        return pd.DataFrame([asdict(self)])

    def sentence(self, lang: Language = "sv") -> str:
        """What the two numbers can tell, in words for a reader who is no statistician.

        >>> print(count_change(7, 2).sentence("en"))
        The number went from 7 to 2 (−71%). Numbers this small vary by chance: a difference at
        least this large comes up in about 18 of 100 comparisons even when nothing has changed.
        Whether anything has really changed cannot be decided.

        Raises:
            UnknownNameError: `lang` is neither "sv" nor "en".
        """
        if lang not in LANGUAGES:
            raise UnknownNameError("language", lang, LANGUAGES)
        return count_sentence(self, lang)

    def __repr__(self) -> str:
        return f"CountChange: {self._told()}"

    def _repr_html_(self) -> str:
        names = ["before", "after", "percent_change", "ratio", "ratio_low", "ratio_high", "p_value"]
        if math.isfinite(self.population_before):
            names[2:2] = ["population_before", "population_after"]
        digits = {
            "before": 0,
            "after": 0,
            "population_before": 0,
            "population_after": 0,
            "percent_change": 1,
            "ratio": 2,
            "ratio_low": 2,
            "ratio_high": 2,
        }
        frame = self.to_frame()[[*names, "verdict", "flag"]]
        return html_table(frame, f"change of a count: {self._told()}", digits)

    def _told(self) -> str:
        """One line: the two numbers, what became of them, and what can be said of it."""
        numbers = [number(n, 0, "en") for n in (self.before, self.after)]
        if math.isfinite(self.population_before):
            people = self.population_before, self.population_after
            numbers = [f"{n} of {number(p, 0, 'en')}" for n, p in zip(numbers, people, strict=True)]
        change = self.percent_change
        told = f" ({number(change, 0, 'en', sign=True)}%)" if math.isfinite(change) else ""
        p = self.p_adjusted
        chance = "" if not math.isfinite(p) else ", p < 0.0001" if p < 1e-4 else f", p = {p:.2g}"
        return f"{' to '.join(numbers)}{told}{chance}, {self.verdict}"


def count_change(
    before: float,
    after: float,
    population_before: float | None = None,
    population_after: float | None = None,
    *,
    level: float = 0.95,
    margin: float = 0.10,
) -> CountChange:
    """Compare the number of events in two periods, or per inhabitant where populations are given.

    The test is the exact conditional (binomial) one; limits of the ratio are Clopper-Pearson's,
    limits of the difference of rates MOVER's. Verdicts: `significant increase` or `significant
    decrease` by the exact p, else `unchanged` where the ratio is shown (two one-sided exact tests)
    to lie between `1 - margin` and `1 / (1 - margin)`, else `cannot be decided`.

    >>> c = count_change(2372, 2683)
    >>> c.verdict, round(c.percent_change, 1)
    ('significant increase', 13.1)

    Raises:
        InputError: a count is negative or no whole number, a population is not positive, or only
            one population is given.
    """
    if (population_before is None) != (population_after is None):
        raise InputError("count_change needs both populations or none; give the other one too")
    frame = pd.DataFrame({"before": [before], "after": [after]})
    given = population_before is not None
    if given:
        frame["population_before"] = population_before
        frame["population_after"] = population_after
    (one,) = _compare(
        frame,
        "before",
        "after",
        "population_before" if given else None,
        "population_after" if given else None,
        level,
        margin,
    )
    if one.flag == MISSING:
        raise InputError("count_change got a missing count or population; give numbers")
    return one


def count_changes(
    frame: pd.DataFrame,
    before: str,
    after: str,
    population_before: str | None = None,
    population_after: str | None = None,
    *,
    by: str | Sequence[str] | None = None,
    adjust: str = "holm",
    level: float = 0.95,
    margin: float = 0.10,
    totals: Totals = "find",
) -> pd.DataFrame:
    """Compare two columns of counts row by row; the rows are one family of tests.

    Returns the `by` columns, then the fields of `CountChange`; `attrs["family_size"]` is the
    number of tests that could be made. A missing count gives a row with its reason in `flag`.

    Rows that hold other rows (a subtotal, chapters 3-7 beside each chapter, all crimes) would have
    the same events tested twice: they are a family of their own, `attrs["totals_size"]`. `totals`
    says which they are, as a column of booleans or one boolean a row. By default the rows that
    are the sum of others in both columns are found, and told in `attrs["subtotals"]`; a row that
    holds more than the table shows can only be named by the caller. None makes all rows one
    family.

    >>> t = pd.DataFrame({"crime": ["theft", "murder"], "n0": [282, 2], "n1": [81, 1]})
    >>> count_changes(t, "n0", "n1", by="crime")[["crime", "verdict"]].to_records(index=False)
    rec.array([('theft', 'significant decrease'), ('murder', 'cannot be decided')], ...)

    Raises:
        UnknownNameError: a column does not exist.
        InputError: a count is negative or no whole number (the row is named).
    """
    names = [] if by is None else ([by] if isinstance(by, str) else list(by))
    wanted = [*names, before, after, population_before, population_after]
    for name in wanted:
        if name is not None and name not in frame.columns:
            raise UnknownNameError("column", name, frame.columns, "the table of counts")
    rows = _compare(frame, before, after, population_before, population_after, level, margin)
    p = np.array([r.p_value for r in rows], dtype=np.float64)
    holds, found = totals_of(frame, [before, after], names, totals)
    adjusted = adjust_apart(p, holds, adjust)
    p_same = np.array([r.p_equivalence for r in rows], dtype=np.float64)
    same = adjust_apart(p_same, holds, adjust)
    done = [
        replace(
            r,
            p_equivalence=float(e),
            p_adjusted=float(q),
            verdict=verdict_of(r.difference, float(q), float(e), 1 - level),
        )
        for r, q, e in zip(rows, adjusted, same, strict=True)
    ]
    out = pd.DataFrame([asdict(r) for r in done], index=frame.index)
    out = out.drop(columns="level")
    for position, name in enumerate(names):
        out.insert(position, str(name), frame[name])
    tested = np.isfinite(p)
    out.attrs = {
        "family_size": int((tested & ~holds).sum()),
        "totals_size": int((tested & holds).sum()),
        "subtotals": told_subtotals(frame, names, found),
        "adjust": adjust,
        "level": level,
    }
    return out


def _compare(
    frame: pd.DataFrame,
    before: Hashable,
    after: Hashable,
    population_before: Hashable | None,
    population_after: Hashable | None,
    level: float,
    margin: float,
) -> list[CountChange]:
    if not 0 < level < 1:
        raise InputError(f"The level {level!r} is no probability; give one between 0 and 1")
    if not 0 < margin < 1:
        raise InputError(f"The margin {margin!r} is no share of the rate; give one between 0 and 1")
    n0 = counts_of(frame[before], before)
    n1 = counts_of(frame[after], after)
    t0 = populations_of(frame, population_before)
    t1 = populations_of(frame, population_after)
    known = np.isfinite(n0) & np.isfinite(n1) & np.isfinite(t0) & np.isfinite(t1)
    testable = known & (n0 + n1 > 0)

    out: dict[str, np.ndarray[Any, np.dtype[np.float64]]] = {
        k: np.full(len(frame), np.nan)
        for k in ("p_value", "p_mid", "p_same", "ratio", "low", "high", "d_low", "d_high")
    }
    a, b, ta, tb = n0[testable], n1[testable], t0[testable], t1[testable]
    if testable.any():
        relative, one = tb / ta, np.ones_like(a)
        out["p_value"][testable] = poisson.exact_p(a, b, relative, one)
        out["p_mid"][testable] = poisson.mid_p(a, b, relative, one)
        out["low"][testable], out["high"][testable] = poisson.exact_interval(a, b, relative, level)
        out["p_same"][testable] = poisson.equivalence_p(a, b, relative, margin)
        out["d_low"][testable], out["d_high"][testable] = poisson.difference_interval(
            a, b, ta, tb, level
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = (b / tb) / (a / ta)
        out["ratio"][testable] = np.where(a > 0, ratio, np.nan)
    rows = []
    for i in range(len(frame)):
        flag = "" if testable[i] else (NO_EVENTS if known[i] else MISSING)
        if testable[i] and n0[i] == 0:
            flag = NO_UPPER
        difference = float(n1[i] / t1[i] - n0[i] / t0[i])
        p, p_same = float(out["p_value"][i]), float(out["p_same"][i])
        row = CountChange(
            before=float(n0[i]),
            after=float(n1[i]),
            population_before=float(t0[i]) if population_before is not None else math.nan,
            population_after=float(t1[i]) if population_after is not None else math.nan,
            difference=difference,
            difference_low=float(out["d_low"][i]),
            difference_high=float(out["d_high"][i]),
            percent_change=100 * (float(out["ratio"][i]) - 1),
            ratio=float(out["ratio"][i]),
            ratio_low=float(out["low"][i]),
            ratio_high=float(out["high"][i]),
            p_value=p,
            p_mid=float(out["p_mid"][i]),
            p_equivalence=p_same,
            p_adjusted=p,
            verdict=verdict_of(difference, p, p_same, 1 - level),
            level=level,
            flag=flag,
        )
        rows.append(row)
    return rows


def verdict_of(difference: float, p: float, p_equivalence: float, alpha: float) -> str:
    if math.isfinite(p) and p <= alpha:
        return "significant increase" if difference > 0 else "significant decrease"
    same = math.isfinite(p_equivalence) and p_equivalence <= alpha
    return "unchanged" if same else "cannot be decided"


def counts_of(column: pd.Series[Any], name: Hashable) -> np.ndarray[Any, np.dtype[np.float64]]:
    values = _numbers(column, name)
    bad = np.flatnonzero((values < 0) | (np.isfinite(values) & (values != np.floor(values))))
    if bad.size:
        raise InputError(
            f"Column {str(name)!r}, row {column.index[bad[0]]}: {values[bad[0]]:g} is no count; "
            "counts are whole numbers from 0 up"
        )
    return values


def populations_of(
    frame: pd.DataFrame, name: Hashable | None
) -> np.ndarray[Any, np.dtype[np.float64]]:
    if name is None:
        return np.ones(len(frame))
    values = _numbers(frame[name], name)
    bad = np.flatnonzero(values <= 0)
    if bad.size:
        raise InputError(
            f"Column {str(name)!r}, row {frame.index[bad[0]]}: the population {values[bad[0]]:g} "
            "is not positive"
        )
    return values


def _numbers(column: pd.Series[Any], name: Hashable) -> np.ndarray[Any, np.dtype[np.float64]]:
    try:
        return pd.to_numeric(column).to_numpy(dtype=np.float64, na_value=np.nan)
    except (ValueError, TypeError) as error:
        raise InputError(f"Column {str(name)!r} holds something that is no number") from error
