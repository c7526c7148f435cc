"""`ss.count_series`: is the last count of a series outside what the earlier ones lead to expect?

Reported crime comes in bursts: a gang of burglars, a campaign of the police, a new form. A test
that takes chance for the only source of variation then finds changes that come and go every year.
The earlier periods of a series show how much it varies; with few of them, all series of a table
together do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.compare import overdispersion
from survey_stats.compare.counts import MISSING, counts_of, populations_of, verdict_of
from survey_stats.compare.expectation import ByChance, Cautious, Expectation, prediction_interval
from survey_stats.compare.multiplicity import check_method
from survey_stats.compare.overdispersion import Model, Outlook
from survey_stats.compare.series_sentence import series_sentence
from survey_stats.compare.subtotals import Totals, adjust_apart, told_subtotals, totals_of
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.labels import Language
from survey_stats.results import html_table

Floats = NDArray[np.float64]
Against = Literal["expected", "previous"]
Dispersion = Literal["shared", "own"]

# degrees of freedom below which a dispersion says nothing
LEAST_DF = 2
TOO_SHORT = (
    "the series is too short to tell whether it varies more than chance; "
    "the test takes chance for the only variation"
)
NO_EARLIER = (
    "nothing was counted in the periods compared with, so that there is no ratio; "
    "the test takes chance for the only variation"
)
NO_TREND = "the earlier events all lie in one end of the series, so that no trend can be fitted"
NOTHING = "nothing was counted in any period"

NUMBERS = (
    "count",
    "expected",
    "prediction_low",
    "prediction_high",
    "percent_change",
    "ratio",
    "ratio_low",
    "ratio_high",
    "dispersion",
    "dispersion_low",
    "dispersion_high",
    "p_dispersion",
    "dispersion_used",
    "df",
    "p_value",
    "p_poisson",
    "p_equivalence",
    "p_adjusted",
    "verdict",
    "verdict_poisson",
    "is_total",
    "flag",
)


@dataclass(frozen=True, eq=False)
class CountSeries:
    """The last count of each of R series against what the earlier counts lead to expect.

    How it was made: `periods` (the count columns), `trend`, `against`, `model`, `sharing`,
    `adjust`, `level`, `margin`; `family_size` and `totals_size` are the tests in each family,
    `subtotals` the sums that were found among the rows.

    Attributes
    ----------
    keys: the by columns
    counts: (R, periods)
    count: the last one
    expected: what the periods compared with lead to expect in the last period, at its population
    prediction_low, prediction_high: the counts that would be no surprise, at `level`, this series
        on its own
    percent_change, ratio, ratio_low, ratio_high: last count over `expected`, with limits
    dispersion: variance of the earlier counts over what chance gives (1), after the level or trend
    dispersion_low, dispersion_high: its limits at `level`, wide for few periods
    p_dispersion: one-sided, of "no more variation than chance"
    dispersion_used, df: what the test goes by, with what other series lend; at least 1
    p_value: two-sided, never below `p_poisson`
    p_poisson: the same by chance alone
    p_equivalence: adjusted p of "the ratio is outside the margin"
    p_adjusted, verdict: over the family
    verdict_poisson: the verdict that chance alone would give, adjusted in the same way
    is_total: rows that hold others, a family of their own
    flag: why a number is missing, or that the series is too short
    """

    periods: tuple[str, ...]
    trend: bool
    against: Against
    model: Model
    sharing: Dispersion
    adjust: str
    level: float
    margin: float
    family_size: int
    totals_size: int
    subtotals: tuple[dict[str, object], ...]
    keys: pd.DataFrame
    counts: Floats
    count: Floats
    expected: Floats
    prediction_low: Floats
    prediction_high: Floats
    percent_change: Floats
    ratio: Floats
    ratio_low: Floats
    ratio_high: Floats
    dispersion: Floats
    dispersion_low: Floats
    dispersion_high: Floats
    p_dispersion: Floats
    dispersion_used: Floats
    df: Floats
    p_value: Floats
    p_poisson: Floats
    p_equivalence: Floats
    p_adjusted: Floats
    verdict: NDArray[np.object_]
    verdict_poisson: NDArray[np.object_]
    is_total: NDArray[np.bool_]
    flag: tuple[str, ...]

    def __len__(self) -> int:
        return self.count.size

    def to_frame(self) -> pd.DataFrame:
        """One row a series: the by columns, then the numbers; `attrs` says how it was made."""
        columns: dict[str, Any] = {str(c): self.keys[c].array for c in self.keys.columns}
        for name in NUMBERS:
            columns[name] = getattr(self, name)
        frame = pd.DataFrame(columns, index=self.keys.index)
        names = ("trend", "against", "model", "sharing", "adjust", "level", "margin")
        frame.attrs = {name: getattr(self, name) for name in names}
        frame.attrs |= {"periods": list(self.periods), "subtotals": list(self.subtotals)}
        frame.attrs |= {"family_size": self.family_size, "totals_size": self.totals_size}
        return frame

    def sentence(self, lang: Language = "sv", row: int | None = None) -> str:
        """What the last count tells, for a reader who is no statistician.

        `row` is the position of the series, needed where there are several.

        Raises:
            UnknownNameError: `lang` is neither "sv" nor "en".
            InputError: there are several series and no `row`, or there is no such row.
        """
        if lang not in get_args(Language):
            raise UnknownNameError("language", lang, get_args(Language))
        if row is None and len(self) != 1:
            raise InputError(f"sentence needs row=: there are {len(self)} series, from 0 up")
        if not 0 <= (row or 0) < len(self):
            raise InputError(f"row={row!r}: there are {len(self)} series, from 0 up")
        return series_sentence(self, row or 0, lang)

    def caption(self) -> str:
        """One line for people: what was compared, how, and in how many tests."""
        first, before, last = self.periods[0], self.periods[-2], self.periods[-1]
        expected = f"the {'trend' if self.trend else 'level'} of {first} to {before}"
        what = before if self.against == "previous" else expected
        tests = "1 test" if self.family_size == 1 else f"{self.family_size} tests"
        how = "" if self.adjust == "none" or self.family_size < 2 else f" ({self.adjust})"
        return f"{last} against {what}, {self.model}, {self.sharing} dispersion, {tests}{how}"

    def __repr__(self) -> str:
        return f"CountSeries: {self.caption()}\n{self._shown().to_string(index=False)}"

    def _repr_html_(self) -> str:
        whole = dict.fromkeys(("count", "prediction_low", "prediction_high"), 0)
        digits = {**whole, "expected": 1, "percent_change": 1, "dispersion": 1}
        return html_table(self._shown(), self.caption(), digits)

    def _shown(self) -> pd.DataFrame:
        names = [*NUMBERS[:5], "dispersion", "p_value", "p_poisson", "p_adjusted"]
        return self.to_frame()[[*self.keys.columns, *names, "verdict", "verdict_poisson", "flag"]]


def count_series(
    frame: pd.DataFrame,
    counts: Sequence[str],
    populations: Sequence[str] | None = None,
    *,
    by: str | Sequence[str] | None = None,
    against: Against = "expected",
    trend: bool = False,
    model: Model = "quasi-poisson",
    dispersion: Dispersion = "shared",
    totals: Totals = "find",
    adjust: str = "holm",
    level: float = 0.95,
    margin: float = 0.10,
) -> CountSeries:
    """Test the last of a series of counts, row by row, with the variation that the series shows.

    Parameters
    ----------
    frame: a row for each series
    counts: the count columns from the first period to the last, periods of one length
    populations: their population columns; without, the counts themselves are compared
    by: columns that name the series
    against: "expected" tests the last count against the level (or trend) of all earlier ones,
        "previous" against the one before
    trend: whether the earlier counts have a log-linear trend that goes on; else a level
    model: how the extra variance grows with the mean, "quasi-poisson" (in proportion) or "negative
        binomial" (with its square)
    dispersion: "own" takes each series' own dispersion, which four years tell badly; "shared"
        draws it towards what the series of the table have in common (`shared_dispersion`), where
        there are three or more
    totals: as in `count_changes`: rows that hold other rows lend nothing and are a family of
        their own
    adjust, level, margin: as in `count_changes`

    The dispersion is Pearson's, of the earlier periods only, so that the change that is tested
    does not hide itself. The test and the prediction interval are those of Farrington et al. (1996,
    JRSS A 159:547), with t in place of z; neither is ever surer than the Poisson test beside it
    (exact for a level and for the previous count). For a trend both are approximations, whose far
    tails are too light for a few events a year (docs/counts.md). With fewer than 2 degrees of
    freedom for the dispersion (4 periods for a level, 5 for a trend are enough) it is that test
    alone, and `flag` says so.

    >>> cars = pd.DataFrame({"n_2018": [281], "n_2019": [253], "n_2020": [342], "n_2021": [282],
    ...                      "n_2022": [81]})
    >>> s = count_series(cars, list(cars.columns))
    >>> s.to_frame()[["expected", "prediction_low", "prediction_high", "verdict"]].values.tolist()
    [[289.5, 167.0, 432.0, 'significant decrease']]

    Raises
    ------
    UnknownNameError: a column, an adjustment or another name that does not exist
    InputError: fewer than two periods, other numbers of populations than of counts, a negative
        or broken count, a population that is not positive
    """
    names = [] if by is None else ([by] if isinstance(by, str) else list(by))
    _check(
        frame, names, counts, populations, trend, against, model, dispersion, adjust, level, margin
    )
    n = np.column_stack([counts_of(frame[c], c) for c in counts])
    people = list(populations) if populations is not None else [None] * len(counts)
    t = np.column_stack([populations_of(frame, c) for c in people])
    holds, found = totals_of(frame, counts, names, totals)
    known = np.asarray(np.isfinite(n + t).all(axis=1), dtype=np.bool_)
    n, t = np.where(known[:, None], n, np.nan), np.where(known[:, None], t, np.nan)

    fitted = overdispersion.fit(n[:, :-1], t[:, :-1], t[:, -1], trend)
    measured = _measure(n[:, :-1], fitted, level)
    own, df = measured["dispersion"], fitted.residual_df
    used, used_df = own.copy(), np.full(own.shape, float(df))
    if df >= LEAST_DF and dispersion == "shared":
        used[~holds], used_df[~holds] = overdispersion.shared_dispersion(own[~holds], df)
    previous = against == "previous"
    if previous:
        expected = n[:, -2] * t[:, -1] / t[:, -2]
        target = overdispersion.Fit(fitted.mean, expected, fitted.lever, df)
        plain: Expectation = ByChance(n[:, -2], t[:, -1] / t[:, -2])
    else:
        expected, target = fitted.expected, fitted
        plain = ByChance(n[:, :-1].sum(axis=1), t[:, -1] / t[:, :-1].sum(axis=1))
        if trend:
            plain = _outlook(n, target, np.ones_like(own), np.full_like(own, np.inf), model, False)
    wide = _outlook(n, target, used, used_df, model, previous)
    short = ~np.isfinite(wide.relative_variance)
    last = n[:, -1]
    both = Cautious(plain, wide)
    p, p_poisson = both.p_value(last), plain.p_value(last)
    p_same = adjust_apart(both.equivalence_p(last, margin), holds, adjust)
    p_same_poisson = adjust_apart(plain.equivalence_p(last, margin), holds, adjust)
    p_adjusted, q_poisson = (adjust_apart(q, holds, adjust) for q in (p, p_poisson))
    if not trend or previous:
        nothing = n[:, :-1].sum(axis=1) == 0 if not previous else n[:, -2] == 0
        expected = np.where(known & nothing, 0.0, expected)
    ratio_low, ratio_high = both.ratio_interval(last, level)
    low, high = prediction_interval(both, expected, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(expected > 0, last / expected, np.nan)
    tested = np.isfinite(p)
    return CountSeries(
        periods=tuple(str(c) for c in counts),
        trend=trend,
        against=against,
        model=model,
        sharing=dispersion,
        adjust=adjust,
        level=level,
        margin=margin,
        family_size=int((tested & ~holds).sum()),
        totals_size=int((tested & holds).sum()),
        subtotals=tuple(told_subtotals(frame, names, found)),
        keys=frame[names],
        counts=n,
        count=last,
        expected=expected,
        prediction_low=low,
        prediction_high=high,
        percent_change=100 * (ratio - 1),
        ratio=ratio,
        ratio_low=ratio_low,
        ratio_high=ratio_high,
        **measured,
        dispersion_used=np.where(short, np.nan, np.maximum(used, 1.0)),
        df=np.where(short, np.nan, used_df),
        p_value=p,
        p_poisson=p_poisson,
        p_equivalence=p_same,
        p_adjusted=p_adjusted,
        verdict=_verdicts(last - expected, p_adjusted, p_same, 1 - level),
        verdict_poisson=_verdicts(last - expected, q_poisson, p_same_poisson, 1 - level),
        is_total=holds,
        flag=_flags(known, n, tested, expected, df, trend and not previous),
    )


def _check(
    frame: pd.DataFrame,
    by: Sequence[str],
    counts: Sequence[str],
    populations: Sequence[str] | None,
    trend: bool,
    against: str,
    model: str,
    dispersion: str,
    adjust: str,
    level: float,
    margin: float,
) -> None:
    if isinstance(counts, str) or len(counts) < 2:
        raise InputError("count_series needs two or more count columns, the earliest first")
    if populations is not None and len(populations) != len(counts):
        raise InputError(
            f"There are {len(counts)} count columns and {len(populations)} population columns; "
            "give one population for each count"
        )
    if trend and len(counts) < 3:
        raise InputError("A trend needs three or more count columns; give them or trend=False")
    for name in (*by, *counts, *(populations or ())):
        if name not in frame.columns:
            raise UnknownNameError("column", name, frame.columns, "the table of counts")
    for what, given, choices in (
        ("comparison", against, get_args(Against)),
        ("model", model, get_args(Model)),
        ("dispersion", dispersion, get_args(Dispersion)),
    ):
        if given not in choices:
            raise UnknownNameError(what, given, choices)
    check_method(adjust)
    for what, value in (("level", level), ("margin", margin)):
        if not 0 < value < 1:
            raise InputError(f"{what}={value!r} is not between 0 and 1")


def _measure(counts: Floats, fitted: overdispersion.Fit, level: float) -> dict[str, Floats]:
    """The dispersion of each series with limits and test; missing where it is too short."""
    df = fitted.residual_df
    nothing = np.full(len(counts), np.nan)
    if df < LEAST_DF:
        names = ("dispersion", "dispersion_low", "dispersion_high", "p_dispersion")
        return {name: nothing.copy() for name in names}
    x2 = overdispersion.pearson(counts, fitted.mean)
    low, high = overdispersion.dispersion_interval(x2, df, level)
    return {
        "dispersion": x2 / df,
        "dispersion_low": low,
        "dispersion_high": high,
        "p_dispersion": overdispersion.dispersion_p(x2, df),
    }


def _outlook(
    n: Floats, fitted: overdispersion.Fit, dispersion: Floats, df: Floats, model: Model, prev: bool
) -> Outlook:
    return overdispersion.outlook(n[:, :-1], fitted, dispersion, df, model, prev)


def _verdicts(
    difference: Floats, p: Floats, p_equivalence: Floats, alpha: float
) -> NDArray[np.object_]:
    rows = zip(difference, p, p_equivalence, strict=True)
    return np.array([verdict_of(float(d), float(q), float(e), alpha) for d, q, e in rows], object)


def _flags(
    known: NDArray[np.bool_],
    n: Floats,
    tested: NDArray[np.bool_],
    expected: Floats,
    df: int,
    trend: bool,
) -> tuple[str, ...]:
    flags = []
    for i in range(len(n)):
        if not known[i]:
            flags.append(MISSING)
        elif not n[i].any():
            flags.append(NOTHING)
        elif trend and not tested[i]:
            flags.append(NO_TREND)
        elif not expected[i] > 0:
            flags.append(NO_EARLIER)
        else:
            flags.append("" if df >= LEAST_DF else TOO_SHORT)
    return tuple(flags)
