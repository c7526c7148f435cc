"""What `decompose` gives: parts with their intervals, the groups behind them, ways to tell it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from survey_stats.compare import Changes
from survey_stats.compare.changes import grade_notes, html_notes
from survey_stats.errors import UnknownNameError
from survey_stats.explain.disagreement import kitagawa
from survey_stats.explain.disagreement.cells import Cells, Ints
from survey_stats.explain.disagreement.geography import Geography
from survey_stats.explain.disagreement.kitagawa import Floats, Margin, Parts, Totals
from survey_stats.explain.disagreement.leaves import (
    Leaf,
    Numbers,
    Uncertain,
    by_row,
    numbers,
)
from survey_stats.explain.disagreement.sample import Codes, Rows, Sample
from survey_stats.harmonise import Grade
from survey_stats.labels import Language
from survey_stats.results import html_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from survey_stats.explain.disagreement.sensitivity import Gap, Sensitivity
    from survey_stats.explain.disagreement.summary import Summary

# a group with fewer respondents in either survey says little
FEW = 5


@dataclass(frozen=True, eq=False)
class Source:
    """One survey behind a result: its respondents, answers, cells, and what was estimated.

    Attributes
    ----------
    answers: by the common coding, -1 without, (n,)
    cell: of each respondent, (n,); C where he is in none
    rows: the shares of the states, then the totals of the cells
    """

    sample: Sample
    answers: Codes
    cell: Ints
    rows: tuple[Rows, ...]


def _gaps(found: Numbers) -> list[str]:
    """Why a row has no interval, "" where it has one."""
    out = []
    for low, se, df in zip(found.low, found.se, found.df, strict=True):
        why = "" if np.isfinite(low) else "no interval"
        if why and not se > 0:
            why += ": the standard error is zero"
        elif why and not df > 0:
            why += ": no degrees of freedom"
        out.append(why)
    return out


@dataclass(frozen=True, eq=False)
class Decomposition:
    """The share in the second survey less that in the first, in parts that sum to it exactly.

    Attributes
    ----------
    question: as it was asked for
    of: the answer whose share it is, where the question is not one of yes and no
    first, second: the surveys as they name themselves
    shares, bases: the two shares as each survey has them, and respondents with an answer
    leaves: the parts
    uncertain: their values and covariances
    changes: the difference with its test
    grade, override: how comparable the two are, and why they were compared all the same
    codings, common_coding: of the question in either survey, and the one both were counted by;
        None where none is known or none was needed
    left_out, areas: groups that only one survey asks in full, and the only areas that both ask in
    settled: codes of the grade's reasons that the definition takes care of
    geography: who lives in areas that one survey alone covers
    waves: the waves of either survey's respondents, where they are several
    unknown: respondents of either survey without a known level, by variable
    spelled: levels that look like one level in two spellings, by variable
    where: the domain as it was written
    method, rates, lean: how the composition was valued
    cells, totals: the crossed groups and what each survey has in them
    rest: with its slopes by the totals
    sources: the two surveys
    """

    question: str
    first: str
    second: str
    shares: tuple[float, float]
    bases: tuple[int, int]
    leaves: tuple[Leaf, ...]
    uncertain: Uncertain
    changes: Changes
    grade: Grade | None
    override: str | None
    codings: tuple[str | None, str | None]
    common_coding: str | None
    left_out: tuple[str, ...]
    areas: tuple[str, ...]
    settled: tuple[str, ...]
    geography: Geography
    waves: tuple[tuple[str, ...], tuple[str, ...]]
    unknown: tuple[dict[str, int], ...]
    spelled: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    where: str
    method: str
    rates: str
    lean: float
    cells: Cells
    totals: Totals
    rest: Parts = field(repr=False)
    sources: tuple[Source, Source] = field(repr=False)
    of: object = None

    @property
    def level(self) -> float:
        """Of the intervals."""
        return self.uncertain.level

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of the composition."""
        return tuple(v.name for v in self.cells.variables)

    @property
    def caveats(self) -> tuple[str, ...]:
        """What sets the two surveys apart by the codebooks, in English."""
        return self.changes.caveats

    @property
    def synthetic(self) -> bool:
        """Whether the answers of either survey are made up."""
        return any(s.sample.survey.synthetic for s in self.sources)

    @property
    def area(self) -> str | None:
        """The one district, or else municipality, that all respondents of both surveys live in."""
        if any(self.geography.outside):
            return None
        for column in ("district", "municipality"):
            found: set[str] = set()
            for source in self.sources:
                frame, inside = source.sample.survey.frame, source.sample.inside
                values = frame.loc[inside, column].unique() if column in frame else [np.nan]
                found |= {"" if pd.isna(v) else str(v) for v in values}
            if len(found) == 1 and "" not in found:
                return found.pop()
        return None

    def reasons(self, lang: Language = "sv") -> tuple[str, ...]:
        """What the codebooks know to set the two apart, the gravest first."""
        return tuple(r.text(lang) for r in self.grade.reasons) if self.grade else ()

    def rows(self) -> list[tuple[Leaf, Floats]]:
        """The rows of `to_frame()` and the leaves that each sums, (L,) of zeros and ones."""
        kinds = np.array([leaf.part for leaf in self.leaves])
        out = [(Leaf("difference", ""), np.ones(kinds.size))]
        for part in ("definition", "composition", "rest"):
            mine = np.flatnonzero(kinds == part)
            if not mine.size:
                continue
            out.append((Leaf(part, ""), (kinds == part).astype(np.float64)))
            if part != "rest":
                out += [(self.leaves[i], np.eye(kinds.size)[i]) for i in mine.tolist()]
        return out

    def numbers(self) -> Numbers:
        """Contribution, standard error, df and interval of every row of `to_frame()`."""
        return self.uncertain.sums(np.stack([w for _, w in self.rows()]))

    def cov(self) -> Floats:
        """Covariance of the rows of `to_frame()`."""
        weights = np.stack([w for _, w in self.rows()])
        out: Floats = weights @ sum(self.uncertain.covariances) @ weights.T
        return out

    def to_frame(self) -> pd.DataFrame:
        """A row a part: `part, variable, contribution, se, ci_low, ci_high, df, share, note`.

        `part` is `difference` (the whole), `definition`, `composition` or `rest`; where `variable`
        is empty the row is the sum of its part. `share` is of the whole difference, and missing
        where that is nothing.
        """
        rows, found = self.rows(), self.numbers()
        whole = found.value[0]
        nothing = abs(whole) <= 1e-12
        frame = pd.DataFrame(
            {
                "part": [leaf.part for leaf, _ in rows],
                "variable": [leaf.variable for leaf, _ in rows],
                "contribution": found.value,
                "se": found.se,
                "ci_low": found.low,
                "ci_high": found.high,
                "df": found.df,
                "share": np.full(len(rows), np.nan) if nothing else found.value / whole,
                "note": [
                    "; ".join(filter(None, [self.note(leaf, "en"), why]))
                    for (leaf, _), why in zip(rows, _gaps(found), strict=True)
                ],
            }
        )
        frame.attrs.update(
            question=self.question,
            of="" if self.of is None else str(self.of),
            first=self.first,
            second=self.second,
            method=self.method,
            rates=self.rates,
            level=self.level,
            coding=self.common_coding or "",
            grade=self.grade.grade if self.grade else "",
            reasons=list(self.reasons("en")),
            caveats=list(self.caveats),
            notes=list(self.notes("en")),
            override=self.override or "",
            synthetic=self.synthetic,
        )
        return frame

    def notes(self, lang: Language = "sv") -> tuple[str, ...]:
        """Bases, areas that one survey alone covers, misspelt levels, and the notes of the parts of
        the definition, a sentence each."""
        from survey_stats.explain.disagreement.words import notes

        return notes(self, lang)

    def note(self, leaf: Leaf, lang: Language = "sv") -> str:
        """What a reader must know of a part."""
        from survey_stats.explain.disagreement.words import note

        return note(self, leaf, lang)

    def groups(self, variable: str) -> pd.DataFrame:
        """Where composition and rest lie: a row a level of a variable.

        Columns: the variable, `people_first, people_second` (parts of the weights),
        `share_first, share_second`, `n_first, n_second`, then `rest, rest_se, rest_low,
        rest_high`: the group's part of the rest, from different answers within the cells that it
        holds. The parts sum to the rest of a "kitagawa" decomposition at the same rates.

        Raises:
            UnknownNameError: the variable is not one of the decomposition.
        """
        if variable not in self.variables:
            raise UnknownNameError("variable", variable, self.variables, "the decomposition")
        at = self.variables.index(variable)
        margin = Margin.of(self.cells.levels, [at])
        t = self.totals
        sums = [margin.sums(x) for x in t.stacked()]
        codes = np.unique(self.cells.levels[:, at]).tolist()
        parts = kitagawa.rest_by_group(t, margin, self.lean)
        found = self.of_totals(parts)
        return pd.DataFrame(
            {
                variable: [self.cells.variables[at].labels[c] for c in codes],
                "people_first": sums[0] / sums[0].sum(),
                "people_second": sums[2] / sums[2].sum(),
                "share_first": sums[1] / sums[0],
                "share_second": sums[3] / sums[2],
                "n_first": margin.sums(self.cells.n_first.astype(float)).astype(int),
                "n_second": margin.sums(self.cells.n_second.astype(float)).astype(int),
                "rest": found.value,
                "rest_se": found.se,
                "rest_low": found.low,
                "rest_high": found.high,
            }
        )

    def of_totals(self, parts: Parts) -> Numbers:
        """Intervals of functions of the totals by cell."""
        variances = [
            s.rows[-1].scores.combine(by_row(parts, side)).variance()
            for side, s in enumerate(self.sources)
        ]
        return numbers(parts.value, variances[0], variances[1], self.uncertain.df, self.level)

    def sensitivity(
        self,
        variable: str,
        *,
        shares: tuple[float, float] = (0.0, 1.0),
        gap: Gap = "same",
        value: object = None,
    ) -> Sensitivity:
        """What a variable that one survey lacks could explain of the rest, under assumptions.

        Parameters
        ----------
        variable: such as "disability", which one of the surveys does not have
        shares: the lowest and the highest share of people with it among those who answered the
            survey that lacks it
        gap: how much higher the share of yes is among them in that survey than among the others:
            "same" as in the survey that has it, a number, or a range of two
        value: the level that makes the group, by default `yes` or True

        Raises:
            UnknownNameError: neither survey has the variable, or there is no such level.
            InputError: both have it, or a range that cannot be.
        """
        from survey_stats.explain.disagreement.sensitivity import sensitivity

        return sensitivity(self, variable, shares, gap, value)

    def plot(self, *, lang: Language = "sv", ax: Axes | None = None) -> Axes:
        """The parts as a waterfall with intervals; see `figure.waterfall`."""
        from survey_stats.explain.disagreement.figure import waterfall

        return waterfall(self, lang=lang, ax=ax)

    def alt_text(self, lang: Language = "sv") -> str:
        """What the figure shows, in words."""
        from survey_stats.explain.disagreement.words import alt_text

        return alt_text(self, lang)

    def summary(self, lang: Language = "sv", *also: Sensitivity) -> Summary:
        """One page for readers: text for a document, and a self-contained HTML page.

        `also` are results of `sensitivity` to be told with it.
        """
        from survey_stats.explain.disagreement.summary import summary

        return summary(self, lang, also)

    def _repr_html_(self) -> str:
        frame = self.to_frame().drop(columns="df")
        return html_table(frame, self._caption()) + html_notes(self._notes())

    def __repr__(self) -> str:
        frame = self.to_frame().drop(columns=["df", "note"])
        table = frame.to_string(index=False, float_format="{:.4g}".format, na_rep="")
        return "\n".join([f"Decomposition: {self._caption()}", table, *self._notes()])

    def _caption(self) -> str:
        what = self.question if self.of is None else f"{self.of} of {self.question}"
        return f"{what}, {self.second} less {self.first}, in parts ({self.method})"

    def _notes(self) -> list[str]:
        return [*self.notes("en"), *grade_notes(self.grade, self.override)]

    def small_cells(self) -> int:
        """Cells in which either survey has fewer than `FEW` respondents."""
        return int((np.minimum(self.cells.n_first, self.cells.n_second) < FEW).sum())
