"""The result of a comparison: one row a cell, with the family of tests it belongs to."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.compare import grading
from survey_stats.compare.in_time import in_time, verdict_word
from survey_stats.compare.paired import Paired
from survey_stats.compare.relative import MEASURES, Measure, Relative, relate
from survey_stats.compare.simultaneous import Simultaneous, simultaneous
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.harmonise import Grade
from survey_stats.labels import Language
from survey_stats.results import html_table, numbered

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from survey_stats.compare.figures import Kind

Floats = NDArray[np.float64]

NUMBERS = (
    "before",
    "after",
    "difference",
    "se",
    "ci_low",
    "ci_high",
    "statistic",
    "df",
    "p_value",
    "p_adjusted",
    "verdict",
    "n_before",
    "n_after",
    "smallest_detectable",
    "flag",
)


@dataclass(frozen=True)
class Family:
    """What was compared and how, and how many tests share the risk of a false finding.

    Attributes
    ----------
    question: names of the questions
    statistic: of what kind the numbers are, as in `Estimates`
    before, after: the two sides as the surveys name them
    samples: "independent", or what the covariance was estimated from: "one design" (one Survey),
        "shared PSUs" or "the same respondents" (two Surveys)
    size: number of tests made; comparisons without a test are not counted
    adjust: how p-values are adjusted over the family
    level: of the single intervals; tests are at 1 - level
    margin: largest difference that counts as none
    """

    question: tuple[str, ...]
    statistic: str
    before: str
    after: str
    samples: str
    size: int
    adjust: str
    level: float
    margin: float

    def caption(self) -> str:
        """One line for people.

        >>> Family(("q",), "share", "2020", "2023", "independent", 90, "holm", 0.95, 0.03).caption()
        'change of share of q, 2020 to 2023, independent samples, 90 comparisons (holm)'
        """
        samples = "independent samples" if self.samples == "independent" else self.samples
        how = "" if self.adjust == "none" else f" ({self.adjust})"
        tests = "1 comparison" if self.size == 1 else f"{self.size} comparisons{how}"
        what = f"{self.statistic} of {', '.join(self.question)}"
        if self.in_time:
            return f"change of {what}, {self.before} to {self.after}, {samples}, {tests}"
        return f"difference of {what}, {self.after} less {self.before}, {samples}, {tests}"

    @property
    def in_time(self) -> bool:
        """Whether the two sides are two points in time, so that a difference is a change."""
        return in_time(self.before, self.after)


@dataclass(frozen=True, eq=False)
class Changes:
    """Differences after minus before, with tests; R cells.

    Attributes
    ----------
    family: what was compared, and over how many tests p-values are adjusted
    keys: the by columns (and `question`, `level` where there are several)
    before, after, difference: shares are proportions 0-1
    se, ci_low, ci_high: of the difference; the interval is of this cell alone, at `family.level`
    statistic, df, p_value: two-sided t test of no difference
    p_adjusted: p_value adjusted over the family; the verdict goes by it
    p_equivalence: adjusted p of two one-sided tests that the difference is within the margin
    verdict: significant increase, significant decrease, unchanged, cannot be decided
    n_before, n_after: unweighted bases, missing where the cell is on one side only
    smallest_detectable: true difference that would have been found with 80 % power, at the
        level that the strictest step of the adjustment leaves for one test; missing where no
        change of a share could have been found
    flag: "" or why there is no test
    grade: how far the two sides may be compared, None where nobody knows
    override: why a comparison was made that the grade forbids, or None
    paired: the two results, of which ratios and simultaneous intervals are made when asked for
    """

    family: Family
    keys: pd.DataFrame
    before: Floats
    after: Floats
    difference: Floats
    se: Floats
    ci_low: Floats
    ci_high: Floats
    statistic: Floats
    df: Floats
    p_value: Floats
    p_adjusted: Floats
    p_equivalence: Floats
    verdict: NDArray[np.object_]
    n_before: Floats
    n_after: Floats
    smallest_detectable: Floats
    flag: Sequence[str]
    grade: Grade | None = None
    override: str | None = None
    paired: Paired | None = field(default=None, repr=False)

    @property
    def caveats(self) -> tuple[str, ...]:
        """What sets the two sides apart besides what was to be measured, the gravest first.

        In English; `grade.reasons` has them in Swedish too, and with them the mere notes.
        """
        return tuple(r.en for r in grading.told_reasons(self.grade))

    @property
    def synthetic(self) -> bool:
        """Whether one of the two sides is made of synthetic data."""
        sides = () if self.paired is None else (self.paired.before, self.paired.after)
        return any(side.metadata.synthetic for side in sides)

    @property
    def deliveries(self) -> list[Mapping[str, Any]]:
        """The manifests of the files behind the two sides, each once."""
        sides = () if self.paired is None else (self.paired.before, self.paired.after)
        told = {(d["file"], d["sha256"]): d for side in sides for d in side.metadata.deliveries}
        return list(told.values())

    def __len__(self) -> int:
        return self.difference.size

    def ratio(self) -> Relative:
        """After divided by before (of shares: the risk ratio), with intervals.

        By the delta method on the logarithm, with the covariance of the two sides and t on each
        row's df. Missing, with the reason in `flag`, where there is no test of the difference or
        a side is not above zero.
        """
        return self._relative("ratio")

    def odds_ratio(self) -> Relative:
        """Odds after divided by odds before, as `ratio`; of shares only."""
        if self.family.statistic != "share":
            raise InputError(f"A {self.family.statistic} has no odds; use ratio()")
        return self._relative("odds_ratio")

    def simultaneous(self, level: float | None = None) -> Simultaneous:
        """Intervals of all tested differences that hold together with probability `level`.

        They use how the differences are correlated, which makes them narrower than Sidak's. The
        quantile is simulated with a standard error of about 0.004, and is the same in every run.
        `level` is that of the family unless given. See `compare.simultaneous`.
        """
        level = self.family.level if level is None else level
        if not 0.5 < level < 1:
            raise InputError(f"level={level!r} is no confidence level; give one such as 0.95")
        rows = np.flatnonzero(np.isfinite(self.p_value))
        ones = np.ones(rows.size)
        found = simultaneous(
            self.difference[rows],
            self.se[rows],
            self.df[rows],
            level,
            self._sources().scores(rows, -ones, ones),
        )
        low, high = np.full((2, len(self)), np.nan)
        low[rows], high[rows] = found.ci_low, found.ci_high
        if self.family.statistic == "share":
            low, high = np.maximum(low, -1.0), np.minimum(high, 1.0)
        return replace(found, ci_low=low, ci_high=high)

    def _relative(self, measure: Measure) -> Relative:
        return relate(
            measure,
            self.before,
            self.after,
            self.df,
            tuple(self.flag),
            self.family.level,
            self._sources().variance,
        )

    def _sources(self) -> Paired:
        if self.paired is None:
            raise InputError("These changes do not know the results they were made of")
        return self.paired

    def to_frame(
        self, measures: str | Sequence[str] = (), *, simultaneous: bool = False
    ) -> pd.DataFrame:
        """One row a cell: the key columns, then the numbers; `attrs` holds the family.

        Parameters
        ----------
        measures: "ratio", "odds_ratio" or both: adds `ratio, ratio_low, ratio_high, ratio_flag`
            (or `odds_ratio, ...`) behind
        simultaneous: adds `simultaneous_low` and `simultaneous_high`
        """
        columns: dict[str, Any] = {str(c): self.keys[c].to_numpy() for c in self.keys.columns}
        for name in NUMBERS:
            columns[name] = getattr(self, name)
        for name in ("n_before", "n_after"):
            columns[name] = pd.array(columns[name], dtype="Int64")
        frame = pd.DataFrame(columns, index=pd.RangeIndex(len(self)))
        for name in self.keys.columns:
            if isinstance(self.keys[name].dtype, pd.CategoricalDtype):
                frame[str(name)] = self.keys[name].array
        if simultaneous:
            limits = self.simultaneous()
            frame["simultaneous_low"], frame["simultaneous_high"] = limits.ci_low, limits.ci_high
        for name in (measures,) if isinstance(measures, str) else measures:
            if name not in MEASURES:
                raise UnknownNameError("measure", name, MEASURES, "measures=")
            found = self.ratio() if name == "ratio" else self.odds_ratio()
            frame[name] = found.value
            frame[f"{name}_low"], frame[f"{name}_high"] = found.ci_low, found.ci_high
            frame[f"{name}_flag"] = list(found.flag)
        f = self.family
        frame.attrs.update(
            question=list(f.question),
            statistic=f.statistic,
            before=f.before,
            after=f.after,
            samples=f.samples,
            family_size=f.size,
            adjust=f.adjust,
            level=f.level,
            margin=f.margin,
            grade=self.grade.grade if self.grade else "",
            caveats=list(self.caveats),
            override=self.override or "",
            synthetic=self.synthetic,
            deliveries=self.deliveries,
        )
        return frame

    def plot(self, kind: Kind = "forest", **options: Any) -> Axes:
        """A figure for a page: "forest", "slope" or "heat map"; see `compare.figures`."""
        from survey_stats.compare.figures import draw

        return draw(self, kind, **options)

    def alt_text(self, lang: Language = "sv") -> str:
        """What the figures show, in words."""
        from survey_stats.compare.figures import alt_text

        return alt_text(self, lang)

    def _repr_html_(self) -> str:
        return html_table(
            self._shown(),
            self.family.caption(),
            {"df": 0, "statistic": 2},
            notes=self._notes(),
            marked=("difference",),
        )

    def __repr__(self) -> str:
        frame, notes = self._shown(), numbered(self._notes())
        marks = "".join(f"[{i}]" for i in range(1, len(notes) + 1))
        table = frame.rename(columns={"difference": f"difference{marks}"}).to_string(index=False)
        return "\n".join([f"Changes: {self.family.caption()}", table, *notes])

    def _shown(self) -> pd.DataFrame:
        """`to_frame()`, its verdicts in words that fit groups too."""
        frame = self.to_frame()
        told = [verdict_word(str(v), self.family.in_time, "en") for v in self.verdict]
        return frame.assign(verdict=told)

    def _notes(self) -> list[str]:
        return grade_notes(self.grade, self.override)


def grade_notes(grade: Grade | None, override: str | None) -> list[str]:
    """The grade's reasons as lines under a table, and why it was overridden."""
    notes = [
        f"{'Not comparable' if r.weight == 'forbids' else 'Caveat'}: {r.en}"
        for r in grading.told_reasons(grade)
    ]
    return [*notes, f"Compared all the same: {override}"] if override else notes


def html_notes(notes: Sequence[str]) -> str:
    """Notes under a table.

    >>> html_notes(["16 < 20"])
    '<ul><li>16 &lt; 20</li></ul>'
    """
    items = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
    return f"<ul>{items}</ul>" if items else ""
