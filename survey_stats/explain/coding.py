"""How much the choice of coding moves a share: the same respondents counted in several ways.

A question with several codings has one column a coding, `unsafe_evening__city`,
`unsafe_evening__research`. The codings share respondents, so that their difference is known far
better than two separate intervals suggest; its standard error comes from the scores of the
difference. A coding that makes some answers missing has another base, which the scores carry too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from survey_stats.compare import Changes, adjust_p, change
from survey_stats.compare.align import rename_sides
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate import Estimates, Survey
from survey_stats.estimate.respondents import By
from survey_stats.estimate.where import Where
from survey_stats.results import html_table

SEPARATOR = "__"


@dataclass(frozen=True, eq=False)
class CodingEffect:
    """The share under every coding and its difference from the reference coding.

    Attributes
    ----------
    question: the harmonised question
    reference: the coding that the others are compared with
    codings: all codings, the reference first
    estimates: one `Estimates` a coding, in that order
    differences: one `Changes` a coding but the reference, that coding less the reference
    adjust: how p-values are adjusted over all differences together
    """

    question: str
    reference: str
    codings: tuple[str, ...]
    estimates: tuple[Estimates, ...]
    differences: tuple[Changes, ...]
    adjust: str

    def to_frame(self) -> pd.DataFrame:
        """One row a cell and coding: the by columns, then `coding, share, se, ci_low, ci_high, n,
        difference, difference_se, difference_low, difference_high, p_value, p_adjusted, flag`.
        """
        parts = []
        for coding, est in zip(self.codings, self.estimates, strict=True):
            frame = est.keys.copy()
            frame["coding"] = coding
            frame["share"] = est.estimate
            for name in ("se", "ci_low", "ci_high", "n"):
                frame[name] = getattr(est, name)
            frame["flag"] = list(est.flag)
            parts.append(frame)
        out = pd.concat(parts, ignore_index=True)
        cells = len(parts[0])
        for name, attribute in (
            ("difference", "difference"),
            ("difference_se", "se"),
            ("difference_low", "ci_low"),
            ("difference_high", "ci_high"),
            ("p_value", "p_value"),
        ):
            numbers = [getattr(d, attribute) for d in self.differences]
            out[name] = np.concatenate([np.full(cells, np.nan), *numbers])
        out["p_adjusted"] = adjust_p(out["p_value"], self.adjust)
        flags = [""] * cells
        for coding, told in zip(self.codings[1:], self.differences, strict=True):
            sides = f"under {self.reference}", f"under {coding}"
            flags += [rename_sides(f, *sides) for f in told.flag]
        out["flag"] = [a or b for a, b in zip(out["flag"], flags, strict=True)]
        last = out.pop("flag")
        out["flag"] = last
        out.attrs.update(question=self.question, reference=self.reference, adjust=self.adjust)
        return out

    def _repr_html_(self) -> str:
        caption = f"share of {self.question} by coding, against the coding {self.reference}"
        return html_table(self.to_frame(), caption)


def coding_effect(
    survey: Survey,
    question: str = "unsafe_evening",
    by: By = None,
    where: Where = None,
    reference: str | None = None,
    *,
    adjust: str = "holm",
    level: float = 0.95,
) -> CodingEffect:
    """Compare the codings of a question on the same respondents.

    `reference` is the coding that the others are compared with; by default the one in use, that is
    the one whose column equals the plain question.

    Raises:
        UnknownNameError: the question or the reference does not exist.
        InputError: the question has fewer than two codings in this survey.

    >>> city = [True, True, False, False] * 20
    >>> strict = [True, False, False, False] * 20
    >>> frame = pd.DataFrame({"q": city, "q__city": city, "q__strict": strict})
    >>> effect = coding_effect(Survey(frame), "q")
    >>> effect.to_frame()[["coding", "share", "difference"]]
       coding  share  difference
    0    city   0.50         NaN
    1  strict   0.25       -0.25
    """
    codings = _codings(survey, question)
    chosen = _reference(survey, question, codings, reference)
    order = (chosen, *(c for c in codings if c != chosen))
    estimates = tuple(
        survey.share(f"{question}{SEPARATOR}{c}", by, where, level=level) for c in order
    )
    # adjusted later, over all codings together
    differences = tuple(
        change(estimates[0], other, adjust="none", level=level, df="domain")
        for other in estimates[1:]
    )
    return CodingEffect(question, chosen, order, estimates, differences, adjust)


def _codings(survey: Survey, question: str) -> list[str]:
    names = [str(c) for c in survey.frame.columns]
    prefix = f"{question}{SEPARATOR}"
    codings = [n.removeprefix(prefix) for n in names if n.startswith(prefix)]
    if codings:
        if len(codings) < 2:
            raise InputError(
                f"{question!r} has the one coding {codings[0]!r} in this survey; an effect of the "
                "coding needs two"
            )
        return codings
    with_codings = sorted({n.partition(SEPARATOR)[0] for n in names if SEPARATOR in n})
    raise UnknownNameError("question with codings", question, with_codings, "this survey")


def _reference(survey: Survey, question: str, codings: list[str], reference: str | None) -> str:
    if reference is not None:
        if reference not in codings:
            raise UnknownNameError("coding", reference, codings, question)
        return reference
    if question in survey.frame.columns:
        plain = survey.frame[question]
        for coding in codings:
            other = survey.frame[f"{question}{SEPARATOR}{coding}"]
            same = (plain == other) | (plain.isna() & other.isna())
            if bool(same.fillna(False).all()):
                return coding
    return codings[0]
