"""Two surveys on one question: how far apart they are, and what is known to set them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from survey_stats.compare import Changes, change
from survey_stats.compare.align import rename_sides
from survey_stats.errors import InputError
from survey_stats.estimate import Survey
from survey_stats.estimate.survey import By, Where
from survey_stats.harmonise import Grade
from survey_stats.labels import Language
from survey_stats.results import html_table

NOT_COMPARABLE = "not comparable"
_WORDS = {
    "significant increase": "higher",
    "significant decrease": "lower",
    "unchanged": "alike",
    "cannot be decided": "cannot be decided",
}


@dataclass(frozen=True, eq=False)
class Disagreement:
    """The share in the second survey less that in the first, with what may explain it.

    Attributes
    ----------
    question: the harmonised question
    first, second: the surveys as they name themselves
    changes: the differences with their tests (second less first)
    grade: how comparable the two are, None where the caller did not say
    override: why figures that are not comparable were compared all the same, or None
    """

    question: str
    first: str
    second: str
    changes: Changes
    grade: Grade | None
    override: str | None

    @property
    def comparable(self) -> bool:
        """False where the grade forbids the comparison and nobody overrode it."""
        forbidden = self.grade is not None and self.grade.grade == NOT_COMPARABLE
        return not forbidden or bool(self.override)

    def reasons(self, lang: Language = "sv") -> tuple[str, ...]:
        """What sets the two apart, the gravest first, in the reader's language."""
        return tuple(r.text(lang) for r in self.grade.reasons) if self.grade else ()

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
        )
        return frame

    def _repr_html_(self) -> str:
        return html_table(self.to_frame(), f"{self.question}: {self.second} less {self.first}")


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

    `where` is an expression that both frames understand, such as `"district == 'Farsta'"`; `grade`
    is `harmonise.comparability(...)` of the two. Where it says `not comparable` the shares are
    shown and no difference is, unless `override` gives a reason.

    Raises:
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
    changes = change(first, second, question, by, where, adjust, level, margin)
    family = changes.family
    return Disagreement(question, family.before, family.after, changes, grade, override)
