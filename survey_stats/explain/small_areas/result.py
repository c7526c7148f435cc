"""The result of a small-area model: one row an area, frozen, with what it was made from."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.estimate import Estimates
from survey_stats.explain.small_areas.benchmark import Benchmark
from survey_stats.explain.small_areas.diagnostics import Diagnostics, diagnose
from survey_stats.explain.small_areas.fay_herriot import Fit
from survey_stats.explain.small_areas.scales import Scale
from survey_stats.explain.small_areas.variances import Variances
from survey_stats.labels import Language
from survey_stats.results import Metadata, html_table

if TYPE_CHECKING:
    from survey_stats.explain.small_areas.publish import Publication, PublishRule
    from survey_stats.explain.small_areas.ranks import Of, RankMethod, Ranks

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# what an estimate rests on
MODEL = "model"
SYNTHETIC = "synthetic"

NUMBERS = (
    *("estimate", "rmse", "ci_low", "ci_high", "gamma"),
    *("direct", "direct_se", "n", "n_effective", "source", "flag"),
)


@dataclass(frozen=True, eq=False)
class Benchmarked:
    """How estimates were made to add up; one value a group of areas (G).

    Attributes
    ----------
    rule: "ratio", "difference" or "precision"
    groups: names of the groups; ("all",) without `within`
    total: the share that the areas of each group give now, weighted by their populations
    before: what they gave before
    error: standard error of the gap that this adds to the areas, as if each moved by it
    group: number of each area's group, (R,)
    moves: how far each area moves for a gap of one in the total of its group, (R,)
    """

    rule: Benchmark
    groups: tuple[Hashable, ...]
    total: Floats
    before: Floats
    error: Floats
    group: NDArray[np.intp]
    moves: Floats

    @property
    def moved(self) -> Floats:
        """How far each area was moved, (R,)."""
        out: Floats = self.moves * (self.total - self.before)[self.group]
        return out

    @property
    def covariance(self) -> Floats:
        """What the moves add to the covariance of the areas' errors, (R, R): areas of a group move
        together."""
        spread = self.moves * self.error[self.group]
        out: Floats = np.outer(spread, spread) * (self.group[:, None] == self.group)
        return out


@dataclass(frozen=True, eq=False)
class Working:
    """The model as it was fitted: the m areas with respondents, on its scale.

    Attributes
    ----------
    rows: numbers of these areas in the result, (m,)
    y, D: direct estimates and sampling variances, (m,)
    X: columns of the model, (m, p); X_other those of the areas without respondents
    other_rows: numbers of the latter in the result
    fit: the model
    """

    rows: NDArray[np.intp]
    y: Floats
    D: Floats
    X: Floats
    X_other: Floats
    other_rows: NDArray[np.intp]
    fit: Fit


@dataclass(frozen=True, eq=False)
class SmallAreas:
    """Model-based shares of small areas.

    Configuration: `metadata` of the direct estimates; `scale`, `variances` and the model's own
    `working.fit.method` say how it was made, `notes` what has to be known of it, in words.

    State, one value an area (R rows); shares are proportions 0-1:

    Attributes
    ----------
    column: what the areas are
    areas: their names; those of the survey first, then those that only the auxiliaries know
    estimate: the model's share; benchmarked where `benchmark` says so
    rmse: its root mean squared error, that of the model variance included
    ci_low, ci_high: interval at `level`, within 0 to 1
    gamma: how much of the estimate is the area's own answers; the rest, 1 - gamma, is borrowed
    direct, direct_se, n: the direct share, its standard error by the design, and its base
    n_effective: effective base that the model counted with
    source: "model", or "synthetic" for an area without respondents
    flag: "" or what is special about the area
    coefficients: a row a column of the model: `estimate, se, statistic, p_value`, for auxiliaries
        that were standardised (per standard deviation, on the scale of the model)
    model_variance, model_variance_se: on the scale of the model
    deff: design effect that areas have in common
    benchmark: how totals were met, or None
    notes: sentences
    """

    metadata: Metadata
    column: str
    scale: Scale
    variances: Variances
    level: float
    areas: tuple[Hashable, ...]
    estimate: Floats
    rmse: Floats
    ci_low: Floats
    ci_high: Floats
    gamma: Floats
    direct: Floats
    direct_se: Floats
    n: Ints
    n_effective: Floats
    source: tuple[str, ...]
    flag: tuple[str, ...]
    coefficients: pd.DataFrame
    model_variance: float
    model_variance_se: float
    deff: float
    benchmark: Benchmarked | None
    notes: tuple[str, ...]
    estimates: Estimates = field(repr=False)
    working: Working = field(repr=False)

    def __len__(self) -> int:
        return self.estimate.size

    def to_frame(self) -> pd.DataFrame:
        """One row an area: its name, then `estimate, rmse, ci_low, ci_high, gamma, direct,
        direct_se, n, n_effective, source, flag`.

        Direct shares of small bases are among them: what may be shown is told by `publish`.
        """
        columns: dict[str, Any] = {self.column: list(self.areas)}
        for name in NUMBERS:
            value = getattr(self, name)
            columns[name] = list(value) if isinstance(value, tuple) else value
        frame = pd.DataFrame(columns, index=pd.RangeIndex(len(self)))
        frame.attrs.update(
            self.metadata.to_dict(),
            scale=self.scale,
            variances=self.variances,
            method=self.method_text,
            model_variance=self.model_variance,
            notes=list(self.notes),
            level=self.level,
        )
        return frame

    @property
    def method_text(self) -> str:
        """The method in one line."""
        how = {
            "reml": "REML",
            "ml": "ML",
            "adjusted": "adjusted REML (Yoshimori-Lahiri)",
            "li-lahiri": "adjusted REML (Li-Lahiri)",
        }[self.working.fit.method]
        scale = {"none": "shares", "arcsine": "arcsine scale", "logit": "logit scale"}[self.scale]
        return f"Fay-Herriot EBLUP by {how}, {scale}"

    @property
    def shrinkage(self) -> pd.Series[Any]:
        """`gamma` by area: the part of each estimate that is its own; the rest is borrowed."""
        return pd.Series(
            self.gamma, index=pd.Index(list(self.areas), name=self.column), name="gamma"
        )

    def diagnostics(self) -> Diagnostics:
        """Residuals from the other areas, outliers, and tests of the model."""
        w = self.working
        at = w.rows
        return diagnose(
            tuple(self.areas[i] for i in at.tolist()),
            self.column,
            w.y,
            w.X,
            w.D,
            w.fit,
            self.direct_se[at],
            self.rmse[at],
        )

    def ranks(
        self, level: float | None = None, *, of: Of = "model", method: RankMethod = "max-t"
    ) -> Ranks:
        """Which places each area may have, all at once; see `rank_areas`."""
        from survey_stats.explain.small_areas.ranks import rank_areas

        return rank_areas(self, level, of=of, method=method)

    def publish(
        self, pooled: Estimates | None = None, rule: PublishRule | None = None
    ) -> Publication:
        """What may be published of each area, and why; see `publish.publish`."""
        from survey_stats.explain.small_areas.publish import PUBLISH, publish

        return publish(self, pooled, PUBLISH if rule is None else rule)

    def plot(
        self, *, areas: Sequence[Hashable] | None = None, ax: Any = None, lang: Language = "sv"
    ) -> Any:
        """Direct and model estimates with their intervals, as a matplotlib Axes; areas in order.

        `areas` chooses some. Bases under `protect.DEFAULT.minimum_base` keep their direct share
        to themselves.
        """
        from survey_stats.explain.small_areas.figure import draw

        return draw(self, areas, ax, lang)

    def alt_text(self, lang: Language = "sv", *, areas: Sequence[Hashable] | None = None) -> str:
        """What the figure of `areas`, or of all, shows, in words."""
        from survey_stats.explain.small_areas.figure import alt_text

        return alt_text(self, lang, areas)

    def caption(self) -> str:
        """One line: what, of which survey, by which method."""
        return self.metadata.but(method=self.method_text).caption()

    def _repr_html_(self) -> str:
        digits = {"n": 0, "n_effective": 1, "gamma": 2}
        return html_table(self.to_frame(), self.caption(), digits, self.notes, marked=["estimate"])

    def __repr__(self) -> str:
        lines = [f"SmallAreas: {self.caption()}", self.to_frame().to_string(index=False)]
        return "\n".join([*lines, *self.notes])
