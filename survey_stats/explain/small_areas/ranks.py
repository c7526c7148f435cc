"""Ranks of areas with their uncertainty: which places each may have, all at once.

Rank 1 is the highest share. Area i is certainly below k areas and above l others where the tests
of these pairs say so, with a chance of at most 1 - level that any of all the pairs is called
wrongly; then its rank is one of k + 1 ... R - l, and this holds for all areas together (Mogstad,
Romano, Shaikh and Wilhelm 2024, Review of Economic Studies 91:476).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from survey_stats.compare.align import Pairs, reasons
from survey_stats.compare.contrast import satterthwaite
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate import Estimates, intervals
from survey_stats.estimate.contrasts import ROUNDING
from survey_stats.explain.small_areas import scales
from survey_stats.explain.small_areas.auxiliaries import area_names
from survey_stats.explain.small_areas.fay_herriot import error_covariance
from survey_stats.explain.small_areas.result import SmallAreas
from survey_stats.labels import Language
from survey_stats.results import Metadata, html_table

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]
Draws = NDArray[np.float32]

RankMethod = Literal["max-t", "holm"]
Of = Literal["model", "direct"]

# draws of all areas, fewer where the pairs are very many
_DRAWS, _LEAST_DRAWS, _MOST_WORK = 20_000, 2_000, 4e8
_SEED = 1921
# numbers held at a time while drawing
_HELD = 4_000_000


@dataclass(frozen=True, eq=False)
class Ranks:
    """Places that areas may have; R areas, rank 1 is the highest share.

    Attributes
    ----------
    column: what the areas are
    areas, estimate: their names and shares
    rank: place by the estimate, ties get their mean place; NaN without an estimate
    rank_low, rank_high: best and worst place that cannot be ruled out, (R,)
    level: probability that the places of all areas hold at once
    method: "max-t" or "holm"
    of: "model" or "direct"
    above: whether the row's area is certainly above the column's, (R, R)
    highest, lowest: areas that may be the highest, or lowest, where nothing is said of the others:
        with `level` each of the two sets holds it, but not both and all places at once. Smaller
        than `could_be_highest` and `could_be_lowest`
    flag: "" or why an area is in no comparison, so that no place is ruled out by itself
    metadata: of the estimates that were ranked
    """

    column: str
    areas: tuple[Hashable, ...]
    estimate: Floats
    rank: Floats
    rank_low: Ints
    rank_high: Ints
    level: float
    method: RankMethod
    of: Of
    above: Bools
    highest: tuple[Hashable, ...]
    lowest: tuple[Hashable, ...]
    flag: tuple[str, ...]
    metadata: Metadata

    @property
    def synthetic(self) -> bool:
        """Whether the data are made up."""
        return self.metadata.synthetic

    def __len__(self) -> int:
        return self.estimate.size

    @property
    def could_be_highest(self) -> tuple[Hashable, ...]:
        """The areas that may have the highest share; with `level` the highest is among them."""
        return tuple(a for a, k in zip(self.areas, self.rank_low, strict=True) if k == 1)

    @property
    def could_be_lowest(self) -> tuple[Hashable, ...]:
        """The areas that may have the lowest share; with `level` the lowest is among them."""
        last = len(self)
        return tuple(a for a, k in zip(self.areas, self.rank_high, strict=True) if k == last)

    def to_frame(self) -> pd.DataFrame:
        """One row an area, highest share first: its name, then `estimate, rank, rank_low,
        rank_high, could_be_highest, could_be_lowest, flag`.
        """
        frame = pd.DataFrame(
            {
                self.column: list(self.areas),
                "estimate": self.estimate,
                "rank": self.rank,
                "rank_low": self.rank_low,
                "rank_high": self.rank_high,
                "could_be_highest": self.rank_low == 1,
                "could_be_lowest": self.rank_high == len(self),
                "flag": list(self.flag),
            }
        )
        frame = frame.sort_values("rank", kind="stable", ignore_index=True)
        frame.attrs.update(
            level=self.level, method=self.method, of=self.of, synthetic=self.synthetic
        )
        return frame

    def sentence(self, lang: Language = "sv") -> str:
        """Which areas may be highest and lowest, in a reader's words."""
        from survey_stats.explain.small_areas.words import ranks_sentence

        return ranks_sentence(self, lang)

    def plot(self, *, ax: Any = None, lang: Language = "sv") -> Any:
        """The places that each area may have, as a matplotlib Axes."""
        from survey_stats.explain.small_areas.figure import draw_ranks

        return draw_ranks(self, ax, lang)

    def __repr__(self) -> str:
        shown = self.to_frame()[[self.column, "estimate", "rank", "rank_low", "rank_high"]]
        table = shown.round(3).to_string(index=False, max_rows=12)
        told = f"{self.metadata.but(method='').caption()} ({self.of}, {self.method})"
        return f"Ranks of {len(self)} areas: {told}\n{table}\n{self.sentence()}"

    def _repr_html_(self) -> str:
        told = f"places of {self.column}, {100 * self.level:g} % that all hold ({self.method})"
        return html_table(self.to_frame(), told, {"rank": 1}, [self.sentence("en")])


def rank_areas(
    result: Estimates | SmallAreas,
    level: float | None = None,
    *,
    of: Of | None = None,
    method: RankMethod = "max-t",
) -> Ranks:
    """Ranks of areas with the places that cannot be ruled out, for all areas at once.

    Parameters
    ----------
    result: direct shares by one column, or a small-area model
    level: that all places hold together; that of the result by default
    of: of a `SmallAreas`, its "model" estimates (the default; benchmarked where they are) or its
        "direct" ones, both compared on the scale of the model. Of `Estimates` t tests with their
        covariance, and with Satterthwaite's df of what unequal sampling units are worth, as
        `change` has them
    method: "max-t" takes the quantile of the largest of all differences, drawn with their
        covariance, and steps down (Mogstad et al. 2024; Romano and Wolf 2005, Econometrica
        73:1237); "holm" adjusts the tests without knowing it

    Raises
    ------
    InputError: not shares by one column, fewer than two areas, no level
    UnknownNameError: no such method

    >>> from survey_stats.estimate import Survey
    >>> yes = [1] * 60 + [0] * 40 + [1] * 50 + [0] * 50 + [1] * 20 + [0] * 80
    >>> frame = pd.DataFrame({"area": ["x"] * 100 + ["y"] * 100 + ["z"] * 100, "yes": yes})
    >>> ranks = rank_areas(Survey(frame).share("yes", by="area"))
    >>> ranks.to_frame()[["area", "rank", "rank_low", "rank_high"]]
      area  rank  rank_low  rank_high
    0    x   1.0         1          2
    1    y   2.0         1          2
    2    z   3.0         3          3
    >>> ranks.could_be_highest
    ('x', 'y')
    """
    if method not in get_args(RankMethod):
        raise UnknownNameError("method of ranking", method, get_args(RankMethod))
    if of is not None and of not in get_args(Of):
        raise UnknownNameError("kind of estimate to rank", of, get_args(Of))
    if isinstance(result, SmallAreas):
        level = result.level if level is None else level
        _check(level, len(result))
        return _of_model(result, level, "model" if of is None else of, method)
    if not isinstance(result, Estimates):
        raise InputError(f"rank_areas needs Estimates or SmallAreas, not {type(result).__name__}")
    if of == "model":
        raise InputError("of='model' needs the result of small_areas; these are direct estimates")
    names = area_names(result)
    level = result.metadata.level if level is None else level
    _check(level, len(names))
    return _of_estimates(result, names, level, method)


def certainly_above(
    z: Floats, tested: Bools, se: Floats, errors: Draws, level: float, method: RankMethod
) -> Bools:
    """Which areas are above which, with a chance of `1 - level` that any is called wrongly; (R, R).

    Parameters
    ----------
    z: standardised differences, the row's area less the column's, brought to the normal
        distribution; (R, R)
    tested: pairs that have a test, (R, R), symmetric and without the diagonal
    se: standard errors of the differences, (R, R)
    errors: draws of the areas' errors with their covariance, of which only "max-t" makes use
    """
    rejected: Bools = np.zeros(z.shape, dtype=bool)
    if not tested.any():
        return rejected
    if method == "holm":
        rows, columns = np.nonzero(tested)
        p = special.ndtr(-z[rows, columns])
        order = np.argsort(p, kind="stable")
        left = p.size - np.arange(p.size)
        passed = np.logical_and.accumulate(p[order] <= (1 - level) / left)
        rejected[rows[order[passed]], columns[order[passed]]] = True
        return rejected
    while True:
        rest = tested & ~rejected
        if not rest.any():
            return rejected
        found = rest & (z > _largest(errors, rest, se, level))
        if not found.any():
            return rejected
        rejected |= found


def never_extreme(
    z: Floats, tested: Bools, se: Floats, errors: Draws, level: float, method: RankMethod
) -> tuple[Bools, Bools]:
    """Areas that are certainly not the highest, and not the lowest; (R,) each.

    Each area is tested on its own against the largest of its differences from the others: the set
    of those left holds the highest with `level`, since its own test errs with a chance of at most
    1 - level (Mogstad et al. 2024; Hsu 1984, Annals of Statistics
    12:1136, for independent means). Arguments as in `certainly_above`.
    """
    none = np.zeros(len(z), dtype=bool)
    if not tested.any():
        return none, none
    others = np.maximum(tested.sum(axis=1), 1)
    beaten = np.where(tested, -z, -np.inf).max(axis=1)
    beating = np.where(tested, z, -np.inf).max(axis=1)
    if method == "holm":
        bar = -special.ndtri((1 - level) / others)
    else:
        # errors are symmetric, so that both ends have the same quantile
        bar = _largest(errors, tested, se, level, axis=2)
    return beaten > bar, beating > bar


def _largest(
    errors: Draws, pairs: Bools, se: Floats, level: float, axis: int | tuple[int, int] = (1, 2)
) -> Any:
    """Quantile of the largest standardised difference among the pairs, of all or by area."""
    R = se.shape[0]
    scale = np.where(pairs, 1 / np.where(pairs, se, 1.0), 0.0).astype(errors.dtype)
    size = max(1, _HELD // (R * R))
    largest = []
    for start in range(0, len(errors), size):
        part = errors[start : start + size]
        gaps = part[:, :, None] - part[:, None, :]
        gaps *= scale
        # a pair that is not asked about has 0, and the largest of many is above that
        largest.append(gaps.max(axis=axis))
    return np.quantile(np.concatenate(largest), level, axis=0, method="higher")


def draws(covariance: Floats) -> Draws:
    """Errors of the areas with their covariance, (draws, R); the same in every run."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    R = len(covariance)
    pairs = int(np.clip(_MOST_WORK / max(R, 1) ** 2, _LEAST_DRAWS, _DRAWS)) // 2
    normal = np.random.default_rng(_SEED).standard_normal((pairs, R))
    half = normal @ root.T
    # single precision is far finer than what chance leaves in a quantile
    return np.concatenate([half, -half]).astype(np.float32)


def _check(level: float, size: int) -> None:
    if not 0.5 < intervals.check_level(level) < 1:
        raise InputError(f"level={level!r} is no confidence level; give one such as 0.95")
    if size < 2:
        raise InputError("A ranking needs two areas or more")


def _of_model(result: SmallAreas, level: float, of: Of, method: RankMethod) -> Ranks:
    work, R = result.working, len(result)
    every = np.concatenate([work.rows, work.other_rows])
    value, covariance = np.full(R, np.nan), np.zeros((R, R))
    flag = [""] * R
    if of == "model":
        far = work.X_other @ work.fit.beta
        value[every] = np.concatenate([work.fit.predictor, far])
        covariance[np.ix_(every, every)] = error_covariance(work.fit, work.X, work.X_other)
        if result.benchmark is not None:
            # what is shown is compared: moved, and with the errors that the moves share
            rate = np.maximum(scales.slope(value, result.scale), scales.LEAST_SLOPE)
            value = value + result.benchmark.moved / rate
            covariance = covariance + result.benchmark.covariance / np.outer(rate, rate)
        df, shown = float(work.fit.df), result.estimate
    else:
        value[work.rows] = work.y
        covariance[work.rows, work.rows] = work.D
        df, shown = np.inf, result.direct
        for i in work.other_rows.tolist():
            flag[i] = "no respondents"
    se = np.sqrt(_difference_variance(covariance))
    there = np.isfinite(value)
    tested = there[:, None] & there[None, :] & ~np.eye(R, dtype=bool) & (se > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = _normal((value[:, None] - value[None, :]) / se, np.full((R, R), df))
    found = _Found.of(z, tested, se, covariance, level, method)
    return _ranks(
        result.column, result.areas, shown, found, level, method, of, tuple(flag),
        result.metadata,
    )  # fmt: skip


def _of_estimates(
    result: Estimates, names: list[Hashable], level: float, method: RankMethod
) -> Ranks:
    R = len(names)
    column = str(result.keys.columns[0])
    rows = np.arange(R)
    why, _ = reasons(result, result, Pairs(result.keys, rows, rows))
    alone = why != ""
    covariance = np.where(alone[:, None] | alone, 0.0, np.nan_to_num(result.cov()))
    variance = _difference_variance(covariance)
    own = np.diag(covariance)
    # a difference of correlated rows may have a variance that is rounding only
    there = variance > ROUNDING * (own[:, None] + own)
    tested = there & ~(alone[:, None] | alone) & ~np.eye(R, dtype=bool)
    se = np.sqrt(np.where(tested, variance, 0.0))
    df = result.df.astype(np.float64)
    worth = result.scores().effective_df([rows])
    df = np.where(alone, np.inf, df if worth is None else np.fmin(df, worth))
    pair_df = satterthwaite(own[:, None], df[:, None], own[None, :], df[None, :])
    with np.errstate(invalid="ignore", divide="ignore"):
        z = _normal((result.estimate[:, None] - result.estimate) / se, pair_df)
    found = _Found.of(z, tested, se, covariance, level, method)
    flag = tuple(str(f).replace(" before", "", 1) for f in why)
    return _ranks(
        column,
        tuple(names),
        result.estimate,
        found,
        level,
        method,
        "direct",
        flag,
        result.metadata,
    )


def _normal(statistic: Floats, df: Floats) -> Floats:
    """The normal quantile that is as far out as a t statistic."""
    finite = np.isfinite(df)
    with np.errstate(invalid="ignore"):
        tail = special.stdtr(np.where(finite, df, 1.0), -np.abs(statistic))
        moved = -np.sign(statistic) * special.ndtri(np.maximum(tail, 1e-300))
    return np.where(finite, moved, statistic)


def _difference_variance(covariance: Floats) -> Floats:
    own = np.diag(covariance)
    return np.maximum(own[:, None] + own[None, :] - 2 * covariance, 0.0)


@dataclass(frozen=True, eq=False)
class _Found:
    """What the tests of all pairs, and those of each area on its own, have found."""

    above: Bools
    not_highest: Bools
    not_lowest: Bools

    @classmethod
    def of(
        cls,
        z: Floats,
        tested: Bools,
        se: Floats,
        covariance: Floats,
        level: float,
        method: RankMethod,
    ) -> _Found:
        errors = draws(covariance if method == "max-t" else covariance[:0, :0])
        asked = z, tested, se, errors, level, method
        return cls(certainly_above(*asked), *never_extreme(*asked))


def _ranks(
    column: str,
    areas: tuple[Hashable, ...],
    shown: Floats,
    found: _Found,
    level: float,
    method: RankMethod,
    of: Of,
    flag: tuple[str, ...],
    metadata: Metadata,
) -> Ranks:
    rank = np.asarray(pd.Series(-shown).rank(method="average"), dtype=np.float64)

    def left(gone: Bools) -> tuple[Hashable, ...]:
        return tuple(a for a, g in zip(areas, gone.tolist(), strict=True) if not g)

    return Ranks(
        column, areas, shown.copy(), rank,
        1 + found.above.sum(axis=0), len(areas) - found.above.sum(axis=1),
        level, method, of, found.above, left(found.not_highest), left(found.not_lowest), flag,
        metadata,
    )  # fmt: skip
