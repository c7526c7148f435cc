"""Two surveys on one question: how far apart they are, and what is known to set them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from survey_stats.compare import Changes
from survey_stats.compare.align import rename_sides
from survey_stats.compare.change import sides, ungraded
from survey_stats.compare.changes import grade_notes, html_notes
from survey_stats.compare.grading import NOT_COMPARABLE, check_given, find_grade, settle
from survey_stats.errors import InputError
from survey_stats.estimate import Survey
from survey_stats.estimate.design import as_names
from survey_stats.estimate.respondents import By
from survey_stats.estimate.where import Where
from survey_stats.explain.disagreement.geography import Geography, find_geography
from survey_stats.explain.disagreement.independence import check_independent
from survey_stats.explain.disagreement.sample import Sample, check_asked
from survey_stats.explain.disagreement.universe import AREAS
from survey_stats.explain.disagreement.words import told_survey
from survey_stats.harmonise import Grade
from survey_stats.labels import Language
from survey_stats.results import html_table

if TYPE_CHECKING:
    from survey_stats.explain.disagreement.result import Decomposition

_WORDS = {
    "significant increase": "higher",
    "significant decrease": "lower",
    "unchanged": "alike",
    "cannot be decided": "cannot be decided",
}


@dataclass(frozen=True, eq=False)
class Asked:
    """What a disagreement was asked of: two surveys, the grouping columns and the domain."""

    first: Survey
    second: Survey
    by: tuple[str, ...]
    where: Where


@dataclass(frozen=True, eq=False)
class Disagreement:
    """The share in the second survey less that in the first, with what may explain it.

    Attributes
    ----------
    question: the harmonised question
    first, second: the surveys as they name themselves
    changes: the differences with their tests (second less first)
    grade: how comparable the two are, None where neither codebooks nor caller say
    override: why figures that are not comparable were compared all the same, or None
    asked: the surveys themselves, for `explain`
    geography: who lives in areas that one survey alone covers
    """

    question: str
    first: str
    second: str
    changes: Changes
    grade: Grade | None
    override: str | None
    asked: Asked | None = field(default=None, repr=False)
    geography: Geography | None = field(default=None, repr=False)

    def explain(self, variables: str | Sequence[str], **options: Any) -> Decomposition:
        """The difference split into what makes it, see `decompose`, whose options are taken.

        Raises:
            InputError: the surveys were compared by groups; then compare each with `where`.
        """
        from survey_stats.explain.disagreement.decompose import decompose

        if self.asked is None or self.asked.by:
            raise InputError(
                "A disagreement by groups has many differences; explain one at a time, chosen with "
                "where="
            )
        given: dict[str, Any] = {"grade": self.grade, "override": self.override}
        given |= {"level": self.changes.family.level}
        return decompose(
            self.asked.first,
            self.asked.second,
            self.question,
            variables,
            self.asked.where,
            **{**given, **options},
        )

    @property
    def comparable(self) -> bool:
        """False where the grade forbids the comparison and nobody overrode it."""
        forbidden = self.grade is not None and self.grade.grade == NOT_COMPARABLE
        return not forbidden or bool(self.override)

    def reasons(self, lang: Language = "sv") -> tuple[str, ...]:
        """What sets the two apart, the gravest first, in the reader's language."""
        return tuple(r.text(lang) for r in self.grade.reasons) if self.grade else ()

    @property
    def caveats(self) -> tuple[str, ...]:
        """What sets the two apart, the gravest first, in English; without mere notes."""
        return (*self.changes.caveats, *self.about_areas("en"))

    def about_areas(self, lang: Language = "sv") -> tuple[str, ...]:
        """Who is counted that lives where the other survey has nobody; empty where all is one."""
        if self.geography is None or self.asked is None:
            return ()
        names = [
            told_survey(s.name, s.wave, side, lang)
            for side, s in enumerate((self.asked.first, self.asked.second))
        ]
        return self.geography.told((names[0], names[1]), lang)

    def to_frame(self) -> pd.DataFrame:
        """One row a cell: the by columns, then `first, second, difference, se, ci_low, ci_high,
        statistic, df, p_value, p_adjusted, verdict, n_first, n_second, smallest_detectable, flag`.

        `verdict` says whether the second survey's share is `higher` or `lower` for certain, `alike`
        within the margin, `cannot be decided`, or `not comparable`; then no difference is given.
        """
        frame = self.changes.to_frame().rename(
            columns={
                "before": "first",
                "after": "second",
                "n_before": "n_first",
                "n_after": "n_second",
            }
        )
        frame["flag"] = [
            rename_sides(f, "in the first survey", "in the second survey") for f in frame["flag"]
        ]
        frame["verdict"] = frame["verdict"].map(_WORDS)
        if not self.comparable:
            numbers = [
                "difference",
                "se",
                "ci_low",
                "ci_high",
                "statistic",
                "df",
                "p_value",
                "p_adjusted",
                "smallest_detectable",
            ]
            frame[numbers] = np.nan
            frame["verdict"] = NOT_COMPARABLE
            frame["flag"] = "; ".join((NOT_COMPARABLE, *self.reasons("en")))
        frame.attrs.update(
            question=self.question,
            first=self.first,
            second=self.second,
            grade=self.grade.grade if self.grade else "",
            reasons=list(self.reasons("en")),
            caveats=list(self.caveats),
            override=self.override or "",
        )
        return frame

    def _repr_html_(self) -> str:
        return html_table(self._short(), self._caption()) + html_notes(self._notes())

    def __repr__(self) -> str:
        table = self._short().to_string(index=False, float_format="{:.4g}".format)
        return "\n".join([f"Disagreement: {self._caption()}", table, *self._notes()])

    def _caption(self) -> str:
        return (
            f"difference of share between surveys, {self.question}, {self.second} less {self.first}"
        )

    def _short(self) -> pd.DataFrame:
        frame = self.to_frame()
        shown = ["first", "second", "difference", "ci_low", "ci_high", "p_adjusted", "verdict"]
        # the notes say once what makes every row not comparable
        flagged = self.comparable and (frame["flag"] != "").any()
        return frame[[*map(str, self.changes.keys.columns), *shown, *["flag"] * bool(flagged)]]

    def _notes(self) -> list[str]:
        areas = [f"Caveat: {told}" for told in self.about_areas("en")]
        return [*areas, *grade_notes(self.grade, self.override)]


def disagreement(
    first: Survey,
    second: Survey,
    question: str | Sequence[str],
    by: By = None,
    where: Where = None,
    *,
    grade: Grade | None = None,
    override: str | None = None,
    adjust: str = "holm",
    level: float = 0.95,
    margin: float = 0.03,
) -> Disagreement:
    """Compare two surveys on one question, as independent samples.

    `where` is an expression that both frames understand, such as `"district == 'Farsta'"`.

    How far the two may be compared is looked up where both come from codebooks
    (`Harmonised.survey()`); `not comparable` is then an error unless `override` gives a reason for
    comparing them all the same. Who passes a `grade`, such as `comparability("unsafe_evening",
    "city_safety", 2023, "school_survey", 2022)` of `survey_stats.harmonise`, has seen it: where it
    is `not comparable` the shares stand side by side, and without `override` no difference is
    given.

    Raises:
        ComparabilityError: the codebooks say `not comparable` and there is no `override`.
        InputError: both are the same Survey, or several questions are named.

    >>> a = Survey(pd.DataFrame({"q": [1] * 30 + [0] * 70}), name="city")
    >>> b = Survey(pd.DataFrame({"q": [1] * 60 + [0] * 40}), name="region")
    >>> disagreement(a, b, "q").to_frame()[["first", "second", "difference", "verdict"]]
       first  second  difference verdict
    0    0.3     0.6         0.3  higher
    """
    if first is second:
        raise InputError("disagreement compares two surveys, but both are the same one")
    if not isinstance(question, str):
        raise InputError("disagreement is about one question at a time; name one column")
    if isinstance(first, Survey) and isinstance(second, Survey):
        check_independent(first, second)
        for side, survey in enumerate((first, second)):
            check_asked(survey, question, side)
    check_given(grade, override)
    one, two = sides(first, second, question, by, where)
    found = find_grade(one, two) if grade is None else grade
    reason = settle(found, one, two, override) if grade is None or override else None
    changes = ungraded(first, second, question, by, where, adjust, level, margin)
    changes = replace(changes, grade=found, override=reason)
    family = changes.family
    asked = Asked(first, second, tuple(as_names(by)), where)
    geography = None
    # cells by area are compared one with one
    if not set(asked.by) & set(AREAS):
        samples = Sample.of(first, where), Sample.of(second, where)
        geography = find_geography(samples, restrict=False)
    return Disagreement(
        question, family.before, family.after, changes, found, reason, asked, geography
    )
