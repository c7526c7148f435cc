"""What may be published of each area: its own share, pooled waves, the model's, or nothing."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.errors import InputError
from survey_stats.estimate import Estimates
from survey_stats.explain.small_areas.auxiliaries import area_names
from survey_stats.labels import Language, word
from survey_stats.results import html_table

if TYPE_CHECKING:
    from survey_stats.explain.small_areas.result import SmallAreas
    from survey_stats.protect import Rule

Floats = NDArray[np.float64]

DIRECT, POOLED, MODELLED, NOTHING = "direct", "pooled", "model", "none"
RELIABLE, CAUTION = "reliable", "with caution"

# how much of a number comes from elsewhere, so coarse that an area's own share does not follow
NO_LOAN, OTHER_YEARS, ALL = "nothing", "other years", "all"
BORROWED = ("under half", "over half", "over three quarters")
_BANDS = (0.5, 0.75)

# coefficients of variation up to which Statistics Canada publishes without a warning, and at all
# (Canadian Community Health Survey, user guide of the public use microdata file)
RELIABLE_CV, HIGHEST_CV = 0.165, 0.333
# width of an interval that is precise whatever the share, and that is too wide to publish
# (Parker et al. 2017, NCHS Data Presentation Standards for Proportions, Vital and Health
# Statistics 2:175)
PRECISE_WIDTH, WIDEST = 0.05, 0.30
# a model estimate that is mostly an area's own share tells that share: where that may not be
# shown, at least half is to be borrowed (a convention of this project)
MOST_OWN = 0.5
# an area whose answers lie this many standard deviations from what the others let expect is drawn
# to them, rightly or not (a convention of this project)
DOUBTFUL_RESIDUAL = 2.0


@dataclass(frozen=True)
class PublishRule:
    """From when on an estimate is published, as data.

    Attributes
    ----------
    name: what the rule is called where it is printed
    base: the bases from which a share of respondents is shown, and is certain; `protect.DEFAULT`
        where None
    reliable_cv, highest_cv: coefficients of variation, of the share or of its complement,
        whichever is the smaller, up to which an estimate is reliable, and may be shown with caution
    precise_width, widest: width of an interval that is precise whatever the share, and that is too
        wide
    most_own: greatest part of an area's own answers in a model estimate where its own share is
        not shown because of its base

    Raises
    ------
    InputError: limits that contradict each other
    """

    name: str
    base: Rule | None = None
    reliable_cv: float = RELIABLE_CV
    highest_cv: float = HIGHEST_CV
    precise_width: float = PRECISE_WIDTH
    widest: float = WIDEST
    most_own: float = MOST_OWN

    def __post_init__(self) -> None:
        if not 0 < self.reliable_cv <= self.highest_cv:
            raise InputError(
                f"PublishRule {self.name!r}: reliable_cv ({self.reliable_cv}) must be positive and "
                f"at most highest_cv ({self.highest_cv})"
            )
        if not 0 < self.precise_width <= self.widest:
            raise InputError(
                f"PublishRule {self.name!r}: precise_width ({self.precise_width}) must be positive "
                f"and at most widest ({self.widest})"
            )
        if not 0 <= self.most_own <= 1:
            raise InputError(f"PublishRule {self.name!r}: most_own is a part, 0 to 1")

    @property
    def bases(self) -> Rule:
        """The rule of bases in force."""
        # the one thing that is asked of a room below
        from survey_stats.protect import DEFAULT

        return DEFAULT if self.base is None else self.base


PUBLISH = PublishRule("survey_stats")
"""Bases of 30 and 100, CV of 16.5 and 33.3 percent, intervals of at most 30 points."""


@dataclass(frozen=True, eq=False)
class Publication:
    """One number an area, or none, with what it rests on and why; R areas.

    Attributes
    ----------
    column: what the areas are
    areas: their names
    source: "direct", "pooled", "model" or "none"
    quality: "reliable", "with caution" or ""
    estimate, ci_low, ci_high: of that source, NaN where there is none
    n: respondents in the estimate's own source; missing where it may not be shown
    reason: why not a source before it, as codes; see `reasons`
    borrowed: how much of the estimate is of other areas or years: "nothing" (direct), "other years"
        (pooled), "under half", "over half", "over three quarters" or "all" of a model's; "" where
        there is none
    small: the model it was chosen from
    rule: by which it was chosen
    """

    column: str
    areas: tuple[Hashable, ...]
    source: tuple[str, ...]
    quality: tuple[str, ...]
    estimate: Floats
    ci_low: Floats
    ci_high: Floats
    n: pd.arrays.IntegerArray
    reason: tuple[tuple[str, ...], ...]
    borrowed: tuple[str, ...]
    rule: PublishRule
    small: SmallAreas = field(repr=False)

    def __len__(self) -> int:
        return self.estimate.size

    def reasons(self, lang: Language = "sv") -> list[str]:
        """Why each area is told as it is, in a reader's words."""
        from survey_stats.explain.small_areas.words import publication_reason

        return [
            publication_reason(source, quality, reason, borrowed, self.rule, lang)
            for source, quality, reason, borrowed in zip(
                self.source, self.quality, self.reason, self.borrowed, strict=True
            )
        ]

    def to_frame(self, lang: Language | None = None) -> pd.DataFrame:
        """One row an area: its name, then `estimate, ci_low, ci_high, n, source, borrowed,
        quality, reason`.

        With "sv" `source`, `borrowed` and `quality` are in a reader's words as `reason` is. With
        "en", and with None (whose reasons are Swedish), they are codes, to choose rows by.

        Nothing else is in it, and what is borrowed is told in quarters only: direct shares of small
        bases cannot be worked out from it.
        """
        source, quality = list(self.source), list(self.quality)
        borrowed = list(self.borrowed)
        if lang == "sv":
            source = [word(f"source: {s}", lang) for s in source]
            quality = [word(f"quality: {q}", lang) if q else "" for q in quality]
            borrowed = [word(f"borrowed: {b}", lang) if b else "" for b in borrowed]
        frame = pd.DataFrame(
            {
                self.column: list(self.areas),
                "estimate": self.estimate,
                "ci_low": self.ci_low,
                "ci_high": self.ci_high,
                "n": self.n,
                "source": source,
                "borrowed": borrowed,
                "quality": quality,
                "reason": self.reasons("sv" if lang is None else lang),
            }
        )
        frame.attrs.update(
            question=list(self.small.metadata.question),
            level=self.small.level,
            rule=self.rule.name,
            method=self.small.method_text,
            synthetic=self.small.metadata.synthetic,
        )
        return frame

    def __repr__(self) -> str:
        shown = self.to_frame(None).drop(columns=["reason"]).round(3)
        sources = ", ".join(f"{s} {self.source.count(s)}" for s in dict.fromkeys(self.source))
        table = shown.to_string(index=False, max_rows=12)
        return f"Publication of {len(self)} areas ({sources}) by rule {self.rule.name}\n{table}"

    def _repr_html_(self) -> str:
        # each number has a method of its own, which is told beside it
        told = f"{self.small.metadata.but(method='').caption()}; what may be published"
        frame = self.to_frame("en")
        shown = frame.astype({"n": object}).fillna("–")
        shown.attrs = frame.attrs
        return html_table(shown, told)


def publish(
    small: SmallAreas, pooled: Estimates | None = None, rule: PublishRule = PUBLISH
) -> Publication:
    """Choose for each area what may be published: direct, pooled waves, model-based, or nothing.

    Parameters
    ----------
    small: the model, with the direct estimates it was made from
    pooled: shares of the same areas over several waves (`ss.pools` with one pool), if there are any
    rule: the limits

    The first of direct, pooled and model-based that is reliable is taken. Where none is, the most
    precise of those that may be shown with caution. A share of respondents is shown from a base of
    `rule.bases.minimum_base` on and reliable from `certain_base` on, and not where `protect` hides
    it to protect another area. A model-based estimate reveals no respondents as long as most of it
    is borrowed, and may stand for an area with fewer; it is not taken for an area that does not
    follow the model, and one that deviates, or has no respondents, is never called reliable.

    Raises
    ------
    InputError: `small` is no model of small areas; `pooled` is not of shares by the same column,
        or holds several pools
    """
    _check(small, pooled, rule)
    areas = small.areas
    R = len(areas)
    direct = _from_estimates(small.estimates, R, rule)
    candidates = [(DIRECT, direct)]
    if pooled is not None:
        candidates.append((POOLED, _from_estimates(_one_pool(pooled, small), R, rule, areas)))
    candidates.append((MODELLED, _from_model(small, direct, rule)))
    source, quality = [NOTHING] * R, [""] * R
    for grade in (RELIABLE, CAUTION):
        free = np.array([s == NOTHING for s in source])
        width = {
            name: np.where((c.quality == grade) & free, c.high - c.low, np.inf)
            for name, c in candidates
        }
        for i in np.flatnonzero(free).tolist():
            able = [name for name, _ in candidates if np.isfinite(width[name][i])]
            if able:
                source[i] = able[0] if grade == RELIABLE else min(able, key=lambda n: width[n][i])
                quality[i] = grade
    chosen = dict(candidates)
    estimate, low, high = np.full((3, R), np.nan)
    n: list[Any] = [pd.NA] * R
    reason = []
    for i in range(R):
        told = []
        for name, c in candidates:
            if name == source[i]:
                # the faults of what is shown with caution are its reason
                told += [f"{name}: {w}" for w in c.why[i]] if quality[i] == CAUTION else []
                if name == MODELLED and small.n[i] == 0:
                    told.append(f"{name}: synthetic")
                break
            told += [f"{name}: {w}" for w in c.why[i]]
        reason.append(tuple(told))
        if source[i] != NOTHING:
            c = chosen[source[i]]
            estimate[i], low[i], high[i] = c.estimate[i], c.low[i], c.high[i]
            if source[i] != MODELLED or not direct.hidden[i]:
                n[i] = int(c.n[i])
    return Publication(
        small.column, areas, tuple(source), tuple(quality), estimate, low, high,
        pd.array(n, dtype="Int64"), tuple(reason), _borrowed(source, small), rule, small,
    )  # fmt: skip


def _borrowed(source: list[str], small: SmallAreas) -> tuple[str, ...]:
    """How much of each area's number comes from elsewhere, in bands."""
    bands = [BORROWED[b] for b in np.searchsorted(_BANDS, 1 - small.gamma).tolist()]
    modelled = [band if n else ALL for band, n in zip(bands, small.n.tolist(), strict=True)]
    other = {DIRECT: NO_LOAN, POOLED: OTHER_YEARS, NOTHING: ""}
    return tuple(other.get(name, m) for name, m in zip(source, modelled, strict=True))


def _check(small: object, pooled: object, rule: object) -> None:
    from survey_stats.explain.small_areas.result import SmallAreas

    if isinstance(small, Estimates):
        raise InputError(
            "publish takes the result of small_areas, and these are the direct Estimates; give it "
            "small_areas(estimates), or their frame to survey_stats.protect.apply"
        )
    if not isinstance(small, SmallAreas):
        raise InputError(f"publish takes the result of small_areas, not {type(small).__name__}")
    if pooled is not None and not isinstance(pooled, Estimates):
        raise InputError(
            f"pooled= takes the Estimates of ss.pools, not {type(pooled).__name__}; leave it out "
            "if there are none"
        )
    if not isinstance(rule, PublishRule):
        raise InputError(
            f"rule= takes a PublishRule, not {type(rule).__name__}; a rule of bases goes into its "
            "base="
        )


@dataclass(frozen=True, eq=False)
class _Candidate:
    """An estimate an area, its grade ("" where it may not be shown), and what is wrong with it."""

    estimate: Floats
    low: Floats
    high: Floats
    n: NDArray[np.int64]
    quality: NDArray[np.object_]
    why: list[tuple[str, ...]]
    hidden: NDArray[np.bool_]


def _graded(
    estimate: Floats, error: Floats, low: Floats, high: Floats, rule: PublishRule
) -> tuple[list[list[str]], list[list[str]]]:
    """What keeps each estimate from being reliable, and from being shown; by precision alone."""
    width = high - low
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = error / np.minimum(estimate, 1 - estimate)
    caution: list[list[str]] = []
    refused: list[list[str]] = []
    for w, c in zip(width.tolist(), cv.tolist(), strict=True):
        mild, hard = [], []
        if not np.isfinite(w):
            hard.append("no interval")
        elif w > rule.precise_width:
            if w >= rule.widest:
                hard.append("interval too wide")
            if not c <= rule.highest_cv:
                hard.append("too uncertain")
            elif c > rule.reliable_cv:
                mild.append("uncertain")
        caution.append(mild)
        refused.append(hard)
    return caution, refused


def _from_estimates(
    est: Estimates, size: int, rule: PublishRule, areas: tuple[Hashable, ...] | None = None
) -> _Candidate:
    from survey_stats.protect import NO_ANSWERS, SECONDARY, apply

    shown = apply(est.to_frame(), rule.bases)
    names = area_names(est)
    at = {name: i for i, name in enumerate(names)}
    rows = (
        np.array([at.get(a, -1) for a in areas], dtype=np.intp)
        if areas is not None
        else np.concatenate([np.arange(len(est)), np.full(size - len(est), -1)]).astype(np.intp)
    )

    def take(values: Any, gone: float = np.nan) -> Any:
        array = np.asarray(values, dtype=np.float64)
        return np.where(rows >= 0, array[rows], gone)

    estimate, error = take(est.estimate), take(est.se)
    low, high, n = take(est.ci_low), take(est.ci_high), take(est.n, 0.0)
    flags = [str(shown["flag"].iloc[r]) if r >= 0 else NO_ANSWERS for r in rows.tolist()]
    caution, refused = _graded(estimate, error, low, high, rule)
    hidden = np.zeros(size, dtype=bool)
    quality = np.empty(size, dtype=object)
    why = []
    for i, flag in enumerate(flags):
        if n[i] == 0:
            refused[i] = ["no answers"]
        elif flag == rule.bases.suppressed:
            refused[i], caution[i] = ["small base"], []
        elif flag == SECONDARY:
            refused[i], caution[i] = ["protects another"], []
        elif n[i] < rule.bases.certain_base:
            caution[i].insert(0, "uncertain base")
        hidden[i] = flag in (rule.bases.suppressed, SECONDARY)
        quality[i] = "" if refused[i] else CAUTION if caution[i] else RELIABLE
        why.append(tuple(refused[i] or caution[i]))
    return _Candidate(estimate, low, high, n.astype(np.int64), quality, why, hidden)


def _from_model(small: SmallAreas, direct: _Candidate, rule: PublishRule) -> _Candidate:
    caution, refused = _graded(small.estimate, small.rmse, small.ci_low, small.ci_high, rule)
    found = small.diagnostics()
    outlier = {a for a, out in zip(found.areas, found.outlier.tolist(), strict=True) if out}
    far = np.abs(found.residual) > DOUBTFUL_RESIDUAL
    doubtful = {a for a, out in zip(found.areas, far.tolist(), strict=True) if out}
    quality = np.empty(len(small), dtype=object)
    why = []
    for i, area in enumerate(small.areas):
        if direct.hidden[i] and small.gamma[i] > rule.most_own:
            refused[i].append("mostly own")
        if area in outlier:
            refused[i].append("does not fit")
        elif area in doubtful:
            caution[i].append("deviates")
        if small.n[i] == 0:
            caution[i].append("no answers")
        if small.model_variance == 0:
            caution[i].append("no model variance")
        quality[i] = "" if refused[i] else CAUTION if caution[i] else RELIABLE
        why.append(tuple(refused[i] or caution[i]))
    return _Candidate(
        small.estimate, small.ci_low, small.ci_high, small.n, quality, why, direct.hidden
    )


def _one_pool(pooled: Estimates, small: SmallAreas) -> Estimates:
    """The pooled shares by area alone."""
    from survey_stats.compare.pools import POOL

    keys = pooled.keys
    if POOL in keys:
        pools = list(dict.fromkeys(keys[POOL].astype(str)))
        if len(pools) > 1:
            raise InputError(
                f"pooled= holds {len(pools)} pools ({', '.join(pools[:3])}); choose one with waves="
            )
        from dataclasses import replace

        pooled = replace(pooled, keys=keys.drop(columns=POOL))
    area_names(pooled)
    column = str(pooled.keys.columns[0])
    if column != small.column:
        raise InputError(f"pooled= is by {column!r} and the model by {small.column!r}; use one")
    if pooled.metadata.question != small.metadata.question:
        raise InputError(
            f"pooled= is of {pooled.metadata.question} and the model of "
            f"{small.metadata.question}; use one question"
        )
    return pooled
