"""`ss.plan_sample`: the next wave's answers by group, planned from what the last one had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from survey_stats.compare import power as tools
from survey_stats.compare.allocation import Allocation, allocate, allocation_weights
from survey_stats.compare.contrast import POWER
from survey_stats.compare.planning import base_flags, check_risk, check_shares, strictest, whole
from survey_stats.compare.power import Waves
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate import Estimates
from survey_stats.results import html_table

Floats = NDArray[np.float64]

BORROWED = "all answers alike or too few in the last wave: the others' median design effect is used"
NOT_ASKED = "no share in the last wave"
NO_ANSWERS = "no answers are planned here"


@dataclass(frozen=True, eq=False)
class SamplePlan:
    """The next wave's answers by group, and what they will be able to show.

    Attributes
    ----------
    rows: the by columns, then `population`, `n_last`, `share` and `deff` of the last wave, `n` and
        `invited` of the next, `se` and `half_width` of its share, the `increase`, `decrease` and
        `smallest_detectable` from the last wave to it, and `flag`
    allocation: how the total was shared out
    total: of the whole population: `population`, `n`, `share`, `se`, `deff` (what the allocation
        and the designs within groups cost together)
    level, power, comparisons, adjust: of the tests between the two waves
    """

    rows: pd.DataFrame
    allocation: str
    total: Mapping[str, float]
    level: float
    power: float
    comparisons: int
    adjust: str
    _waves: Waves
    _by: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def to_frame(self) -> pd.DataFrame:
        """The rows; `attrs` holds the rest."""
        frame = self.rows.copy()
        frame.attrs = {
            "allocation": self.allocation,
            "total": dict(self.total),
            "level": self.level,
            "power": self.power,
            "comparisons": self.comparisons,
            "adjust": self.adjust,
        }
        return frame

    def changes(self, changes: ArrayLike) -> pd.DataFrame:
        """Groups x changes: the chance to find each change, and the answers it would take.

        `power` is with the `n` of the plan; `n_needed` is the base of the next wave for the power
        that was asked for, missing with its reason in `flag` where no base is enough.
        """
        wanted = np.atleast_1d(np.asarray(changes, dtype=np.float64))
        alpha = strictest(self.level, self.comparisons, self.adjust)
        tables = []
        for change in wanted:
            step = np.full(len(self), float(change))
            table = self.rows[list(self._by)].copy()
            table["change"] = step
            table["n"] = self.rows["n"]
            table["power"] = tools.power_of(self._waves, step, alpha)
            # as many answers per PSU as before: the df grow with the answers that are looked for
            rate = self._waves.df_before / self._waves.n_before
            needed = tools.base_after(self._waves, step, alpha, self.power, rate)
            table["n_needed"] = whole(needed)
            table["flag"] = base_flags(self._waves, step, needed)
            tables.append(table)
        if not tables:
            raise InputError("changes needs one or more changes, such as [-0.05, 0.05]")
        out = pd.concat(tables).sort_index(kind="stable").reset_index(drop=True)
        out.attrs = self.to_frame().attrs
        return out

    def caption(self) -> str:
        """One line for people."""
        t = self.total
        tests = f"{self.comparisons} comparison{'s' if self.comparisons != 1 else ''}"
        return (
            f"{t['n']:.0f} answers, {self.allocation} allocation; whole: share {t['share']:.3f}, "
            f"se {t['se']:.4f}, deff {t['deff']:.2f}; power {self.power:g}, {tests} ({self.adjust})"
        )

    def __repr__(self) -> str:
        return f"SamplePlan: {self.caption()}\n{self.rows.to_string(index=False)}"

    def _repr_html_(self) -> str:
        return html_table(self.rows, self.caption(), {"population": 0, "deff": 2})


def plan_sample(
    last: Estimates,
    n: int,
    population: pd.Series[Any] | Mapping[Any, float] | Sequence[float] | None = None,
    *,
    allocation: Allocation = "proportional",
    exponent: float = 0.5,
    minimum: int = 0,
    response: float = 1.0,
    overlap: float = 0.0,
    correlation: float = 0.0,
    comparisons: int | None = None,
    adjust: str = "holm",
    power: float = POWER,
    level: float = 0.95,
) -> SamplePlan:
    """Share the next wave's answers out over groups and tell what they can show.

    Parameters
    ----------
    last: shares of one question by the groups, from the last wave's Survey; their design effects
        are taken to stay, and their df to grow with the answers (as many per PSU as before)
    n: answers wanted in all
    population: of each group: a mapping or Series by group, or a sequence in the order of `last`;
        needed by every allocation but "equal"
    allocation: "proportional", "equal", "neyman" or "power" with its `exponent`
        (see `allocation_weights`)
    minimum: fewest answers in a group
    response: share of those invited who answer; `invited` is n over it
    overlap, correlation: as in `smallest_change`
    comparisons: tests between the waves that share the risk, by default one a group
    adjust, power, level: as in `smallest_change`

    >>> from survey_stats.estimate import Survey
    >>> people = pd.DataFrame({"area": ["A"] * 300 + ["B"] * 100, "unsafe": [True, False] * 200})
    >>> last = Survey(people).share("unsafe", by="area")
    >>> plan = plan_sample(last, 1000, {"A": 9000, "B": 1000}, minimum=200)
    >>> plan.to_frame()[["area", "n", "smallest_detectable"]].round(3).values.tolist()
    [['A', 800, 0.105], ['B', 200, 0.19]]

    Raises
    ------
    InputError: `last` is no share of one question, a population is missing or not positive, the
        minimum cannot be kept, or a share of responses is none
    UnknownNameError: there is no such allocation, adjustment or group
    """
    _check_last(last)
    groups = len(last)
    m = groups if comparisons is None else comparisons
    alpha = check_risk(level, power, m, adjust)
    check_shares(np.zeros(1), np.ones(1), np.ones(1), np.array([overlap]), np.array([correlation]))
    if not 0 < response <= 1:
        raise InputError(f"response={response!r} is no share of those invited; give one up to 1")
    if n != int(n) or n < 1:
        raise InputError(f"n={n!r} is no number of answers; give a whole number over 0")
    if minimum < 0:
        raise InputError(f"minimum={minimum!r} is negative; give 0 or more")
    people = _population(last, population, allocation)
    share, deff, flag = _from_last(last)

    # a share of 0 or 1 seems to vary by nothing; two answers of each kind are added for its spread
    base = last.n.astype(np.float64)
    smooth = np.where((share > 0) & (share < 1), share, (share * base + 2) / (base + 4))
    weight = allocation_weights(allocation, people, smooth, deff, exponent)
    known = np.isfinite(weight)
    least = np.where(known, np.fmin(minimum, people), 0.0)
    most = np.where(known, np.where(np.isnan(people), np.inf, people), 0.0)
    size = allocate(int(n), np.where(known, weight, 0.0), least, most)
    planned = size.astype(np.float64)

    df_next = planned * last.df / np.where(base > 0, base, np.nan)
    waves = Waves(
        share,
        base,
        planned,
        deff,
        deff,
        last.df,
        df_next,
        np.full(groups, overlap * correlation),
    )
    enough = planned >= 2
    variance = np.where(enough, waves.variances(np.zeros(groups))[1], np.nan)
    rows = last.keys.reset_index(drop=True).copy()
    rows["population"] = people
    rows["n_last"] = whole(base)
    rows["share"] = share
    rows["deff"] = deff
    rows["n"] = size
    rows["invited"] = np.ceil(planned / response - 1e-9).astype(np.int64)
    rows["se"] = np.sqrt(variance)
    rows["half_width"] = tools.half_width(share, planned, deff, df_next, level)
    rows["increase"] = tools.smallest_change(waves, 1, alpha, power)
    rows["decrease"] = tools.smallest_change(waves, -1, alpha, power)
    rows["smallest_detectable"] = tools.smallest_alike(waves, alpha, power)
    rows["flag"] = np.where(~enough & (flag == ""), NO_ANSWERS, flag)
    return SamplePlan(
        rows=rows,
        allocation=allocation if allocation != "power" else f"power ({exponent:g})",
        total=_total(people, planned, share, variance),
        level=level,
        power=power,
        comparisons=int(m),
        adjust=adjust,
        _waves=waves,
        _by=tuple(str(c) for c in last.keys.columns),
    )


def _check_last(last: Estimates) -> None:
    if not isinstance(last, Estimates) or last.metadata.statistic != "share":
        raise InputError(
            "plan_sample needs the shares of the last wave; give survey.share(..., by=)"
        )
    if {"question", "level"} & set(last.keys.columns):
        raise InputError(
            "plan_sample plans for one share a group; give one question, and with several answers "
            "the ones to count in of="
        )


def _from_last(last: Estimates) -> tuple[Floats, Floats, NDArray[np.object_]]:
    """Share and design effect of each group, and what is odd about them."""
    share = np.asarray(last.estimate, dtype=np.float64)
    flag = np.full(share.shape, "", dtype=object)
    own = np.isfinite(last.deff) & (last.deff > 0)
    usable = own & (share > 0) & (share < 1)
    deff = np.where(usable, last.deff, np.median(last.deff[usable]) if usable.any() else 1.0)
    flag[~usable] = BORROWED
    flag[~np.isfinite(share)] = NOT_ASKED
    return share, np.asarray(deff, dtype=np.float64), flag


def _population(last: Estimates, given: object, allocation: str) -> Floats:
    if given is None:
        if allocation != "equal":
            raise InputError(
                f"The allocation {allocation!r} needs the population of each group; give "
                "population= or allocation='equal'"
            )
        return np.full(len(last), np.nan)
    keys = last.keys
    if isinstance(given, pd.Series | Mapping):
        values = dict(given.items())
        columns = [keys[c].tolist() for c in keys.columns]
        names = columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))
        for name in names:
            if name not in values:
                raise UnknownNameError("group", name, values, "population=")
        given = [values[name] for name in names]
    people = np.asarray(given, dtype=np.float64)
    if people.shape != (len(last),):
        raise InputError(
            f"There are {len(last)} groups and {people.size} populations; give as many"
        )
    if not (people > 0).all():
        raise InputError("A population must be positive; leave groups without people out")
    return people


def _total(people: Floats, n: Floats, share: Floats, variance: Floats) -> dict[str, float]:
    """The whole population's share, its standard error and design effect."""
    known = np.isfinite(share) & np.isfinite(variance)
    size = np.where(np.isnan(people), 1.0, people)[known]
    # where the populations are not known, all groups count alike
    part = size / size.sum()
    p = float(part @ share[known])
    spread = float(part**2 @ variance[known])
    answers = float(n[known].sum())
    simple = p * (1 - p) / (answers - 1) if answers > 1 else np.nan
    return {
        "population": float(people[known].sum()),
        "n": answers,
        "share": p,
        "se": float(np.sqrt(spread)),
        "deff": spread / simple if simple > 0 else np.nan,
    }
