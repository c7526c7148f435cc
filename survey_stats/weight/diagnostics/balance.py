"""Standardised differences between the weighted sample and the population."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.weight.diagnostics.kish import kish_design_effect
from survey_stats.weight.diagnostics.margins import labels, shares
from survey_stats.weight.diagnostics.targets import Moment, Target

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# the chance that any of all levels without a target is called unbalanced by chance alone
CHANCE = 0.05

COLUMNS = (
    *("variable", "level", "group", "kind", "n", "n_effective", "before", "target", "after"),
    *("smd_before", "smd_after", "calibrated", "step", "source"),
)


def standardised(sample: FloatArray, population: FloatArray) -> FloatArray:
    """Differences of shares over the binomial standard deviation of the population's share.

    (p - P) / sqrt(P (1 - P)), signed: positive where the sample has too many. It is the
    standardised difference of Austin (2009, Statistics in Medicine 28: 3083-3107, section 2) with
    the population as the other group, whose spread is what counts (Stuart 2010, Statistical
    Science 25(1): 1-21, section 4.1); its absolute value is what the package balance calls ASMD.
    NaN where the whole population, or nobody, is in the level.

    Args:
        sample, population: shares, shape (levels,).

    >>> standardised(np.array([0.6, 0.4]), np.array([0.5, 0.5])).round(9)
    array([ 0.2, -0.2])
    """
    spread = np.sqrt(np.clip(population * (1 - population), 0, None))
    out = np.full(sample.size, np.nan)
    np.divide(sample - population, spread, out=out, where=spread > 0)
    return out


def share_rows(
    target: Target, before: FloatArray, after: FloatArray, answered: BoolArray, calibrated: bool
) -> pd.DataFrame:
    """One row a level: shares before, in the population and after, and their differences."""
    variable, level, group = labels(target)
    wanted = shares(target.population, group)
    start, end = (shares(target.sums(np.where(answered, w, 0.0)), group) for w in (before, after))
    frame = pd.DataFrame(
        {
            "variable": variable,
            "level": level,
            "group": group,
            "kind": "share",
            "n": target.sums(answered.astype(np.float64)).astype(np.int64),
            "n_effective": _effective(target, after, answered, group),
            "before": start,
            "target": wanted,
            "after": end,
            "smd_before": standardised(start, wanted),
            "smd_after": standardised(end, wanted),
            "calibrated": calibrated,
            "step": target.step,
            "source": target.source,
        }
    )
    return frame[list(COLUMNS)]


def _effective(
    target: Target, after: FloatArray, answered: BoolArray, group: list[str]
) -> FloatArray:
    """(Σw)² / Σw² of all who are in a cell of the same group, by cell."""
    w = np.where(answered, after, 0.0)
    position, found = pd.factorize(np.asarray(group, dtype=object))
    sums, squares = (
        np.bincount(position, target.sums(v), minlength=len(found)) for v in (w, np.square(w))
    )
    out = np.zeros(len(found))
    np.divide(np.square(sums), squares, out=out, where=squares > 0)
    effective: FloatArray = out[position]
    return effective


def mean_row(
    moment: Moment, before: FloatArray, after: FloatArray, answered: BoolArray, calibrated: bool
) -> pd.DataFrame:
    """The row of a numeric variable: means, and their differences over the standard deviation.

    The standard deviation is the population's where it is known, else the sample's with the
    weights before (Austin 2009; Stuart 2010).
    """
    known = answered & np.isfinite(moment.value)
    values = moment.value[known]
    starts, ends = before[known], after[known]
    start, end = (
        (float(np.average(values, weights=w)) if w.sum() > 0 else float("nan"))
        for w in (starts, ends)
    )
    sd = moment.sd
    if not np.isfinite(sd) and starts.sum() > 0:
        sd = float(np.sqrt(np.average(np.square(values - start), weights=starts)))
    spread = sd if sd > 0 else float("nan")
    row = {
        "variable": moment.variable,
        "level": "",
        "group": "",
        "kind": "mean",
        "n": int(known.sum()),
        "n_effective": known.sum() / kish_design_effect(ends) if ends.sum() > 0 else 0.0,
        "before": start,
        "target": moment.mean,
        "after": end,
        "smd_before": (start - moment.mean) / spread,
        "smd_after": (end - moment.mean) / spread,
        "calibrated": calibrated,
        "step": moment.step,
        "source": moment.source,
    }
    return pd.DataFrame([row], columns=list(COLUMNS))


def with_chance(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with `chance`: how large a difference of a level without a target is by chance.

    z / sqrt(n_effective), with z of the normal distribution at 5 percent shared by all levels
    without a target (Bonferroni); NaN for levels that were weighted to. Clustering adds to it.
    """
    rows = rows.copy()
    free = ~rows["calibrated"].to_numpy(dtype=bool) & np.isfinite(rows["smd_after"].to_numpy())
    chance = np.full(len(rows), np.nan)
    if free.any():
        z = NormalDist().inv_cdf(1 - CHANCE / (2 * int(free.sum())))
        size = rows["n_effective"].to_numpy()[free]
        chance[free] = np.where(size > 0, z / np.sqrt(np.where(size > 0, size, 1)), np.inf)
    rows["chance"] = chance
    return rows
