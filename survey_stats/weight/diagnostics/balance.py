"""Standardised differences between the weighted sample and the population."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.weight.diagnostics.kish import kish_design_effect
from survey_stats.weight.diagnostics.margins import labels, shares
from survey_stats.weight.diagnostics.targets import TIMES, Moment, Target

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# the chance that any of all levels without a target is called unbalanced by chance alone
CHANCE = 0.05

COLUMNS = (
    *("variable", "level", "group", "within", "kind", "n", "n_effective"),
    *(
        "before",
        "target",
        "after",
        "smd_before",
        "smd_after",
        "smd_se",
        "calibrated",
        "step",
        "source",
    ),
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
    """One row a level: shares before, in the population and after, and their differences.

    `within` names the variables that form the groups.

    `smd_se` is the standard error of `smd_after` if the population is as told and respondents are
    independent: sqrt(Σ w² (y - P)²) / Σ w over the standard deviation, at least 1 / sqrt of the
    effective number of respondents.
    """
    variable, level, group = labels(target)
    wanted = shares(target.population, group)
    start, end = (shares(target.sums(np.where(answered, w, 0.0)), group) for w in (before, after))
    size, error = _precision(target, np.where(answered, after, 0.0), wanted, group)
    frame = pd.DataFrame(
        {
            "variable": variable,
            "level": level,
            "group": group,
            "within": TIMES.join(target.variables[: target.within]),
            "kind": "share",
            "n": target.sums(answered.astype(np.float64)).astype(np.int64),
            "n_effective": size,
            "before": start,
            "target": wanted,
            "after": end,
            "smd_before": standardised(start, wanted),
            "smd_after": standardised(end, wanted),
            "smd_se": error,
            "calibrated": calibrated,
            "step": target.step,
            "source": target.source,
        }
    )
    return frame[list(COLUMNS)]


def _precision(
    target: Target, w: FloatArray, wanted: FloatArray, group: list[str]
) -> tuple[FloatArray, FloatArray]:
    """Effective number of respondents in the group, and standard error of the difference, by cell.

    Args:
        w: weights of who answered, zero else, (n,).
        wanted: the population's shares, (cells,).
        group: the group of each cell.
    """
    position, found = pd.factorize(np.asarray(group, dtype=object))
    own = target.sums(np.square(w))
    sums, squares = (
        np.bincount(position, v, minlength=len(found))[position] for v in (target.sums(w), own)
    )
    size = np.zeros(target.size)
    np.divide(np.square(sums), squares, out=size, where=squares > 0)
    spread = wanted * (1 - wanted)
    variance = own * np.square(1 - wanted) + (squares - own) * np.square(wanted)
    error = np.full(target.size, np.inf)
    known = (size > 0) & (spread > 0)
    np.divide(variance, spread * np.square(sums), out=error, where=known)
    error[known] = np.sqrt(np.maximum(error[known], 1 / size[known]))
    return size, error


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
    size = known.sum() / kish_design_effect(ends) if ends.sum() > 0 else 0.0
    error = float("inf")
    if size > 0:
        by_answers = np.sqrt(np.sum(np.square(ends * (values - moment.mean)))) / ends.sum() / spread
        error = float(np.fmax(by_answers, 1 / np.sqrt(size)))
    row = {
        "variable": moment.variable,
        "level": "",
        "group": "",
        "within": "",
        "kind": "mean",
        "n": int(known.sum()),
        "n_effective": size,
        "before": start,
        "target": moment.mean,
        "after": end,
        "smd_before": (start - moment.mean) / spread,
        "smd_after": (end - moment.mean) / spread,
        "smd_se": error,
        "calibrated": calibrated,
        "step": moment.step,
        "source": moment.source,
    }
    return pd.DataFrame([row], columns=list(COLUMNS))


def with_chance(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with `chance`: how large a difference of a level without a target is by chance.

    z times `smd_se`, with z of the normal distribution at 5 percent shared by all levels without a
    target (Bonferroni); NaN for levels that were weighted to. Clustering adds to it.
    """
    rows = rows.copy()
    free = ~rows["calibrated"].to_numpy(dtype=bool) & np.isfinite(rows["smd_after"].to_numpy())
    chance = np.full(len(rows), np.nan)
    if free.any():
        z = NormalDist().inv_cdf(1 - CHANCE / (2 * int(free.sum())))
        chance[free] = z * rows["smd_se"].to_numpy()[free]
    rows["chance"] = chance
    return rows
