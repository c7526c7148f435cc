"""One survey's side of a decomposition: its answers in every coding and domain that is needed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from survey_stats.compare.paired import MANY
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate import Survey
from survey_stats.estimate.columns import Floats, answers, column
from survey_stats.estimate.layout import Layout
from survey_stats.estimate.rows import estimate
from survey_stats.estimate.scores import Scores, block_scores, stack
from survey_stats.estimate.tally import Groups, Measure
from survey_stats.estimate.where import Where, domain

Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]
Codes = NDArray[np.int8]

SEPARATOR = "__"


def stem_of(question: str) -> str:
    """The question without its coding."""
    return question.partition(SEPARATOR)[0]


def codings_of(survey: Survey, question: str) -> tuple[str, ...]:
    """The codings of a question that the survey has columns for."""
    prefix = f"{stem_of(question)}{SEPARATOR}"
    names = [str(c) for c in survey.frame.columns]
    return tuple(n.removeprefix(prefix) for n in names if n.startswith(prefix))


def coding_in_use(survey: Survey, question: str) -> str | None:
    """The coding of a column: by its name, as the survey says, or that whose column is equal."""
    named = question.partition(SEPARATOR)[2]
    if named or question in survey.codings:
        return named or survey.codings[question]
    if question not in survey.frame.columns:
        return None
    plain = survey.frame[question]
    for coding in codings_of(survey, question):
        if plain.equals(survey.frame[f"{question}{SEPARATOR}{coding}"]):
            return coding
    return None


def yes_no(survey: Survey, question: str, of: object) -> Codes:
    """1 for yes, 0 for no, -1 without an answer, (n,).

    Raises `InputError` for a question of several levels without `of`.
    """
    if question not in survey.frame.columns:
        raise UnknownNameError("question", question, survey.frame.columns, f"{survey!r}")
    found = answers(column(survey.frame, question, "question"), of)
    if len(found.targets) != 1:
        raise InputError(
            f"{question!r} has {len(found.targets)} levels, and a decomposition is of one share; "
            "say whose share with of="
        )
    yes = found.codes == found.targets[0]
    return np.where(found.codes < 0, -1, yes).astype(np.int8)


@dataclass(frozen=True, eq=False)
class Sample:
    """The respondents of one survey within the domain.

    Attributes
    ----------
    survey: whose
    inside: respondents of the domain with a positive weight, (n,)
    """

    survey: Survey
    inside: Bools
    _stack: list[Scores] = field(default_factory=list, repr=False)

    @classmethod
    def of(cls, survey: Survey, where: Where) -> Sample:
        """The respondents of `where`."""
        inside = np.ones(len(survey), dtype=bool) if where is None else domain(survey.frame, where)
        # replicates may give a weight to who has none
        kept = survey.design.inside
        inside = inside & (survey.design.weights > 0) if kept is None else inside & kept
        return cls(survey, inside)

    @property
    def n(self) -> int:
        """Rows of the frame."""
        return len(self.survey)

    def share(self, codes: Codes, rows: Bools) -> Rows:
        """The share of yes among `rows`, one row."""
        return self._rows(Groups(np.where(rows, 0, 1), 1, False), codes, (1,), total=False)

    def totals(self, codes: Codes, cell: Ints, size: int) -> Rows:
        """Sums of weights over those who said no, and yes, by cell; no varying first."""
        return self._rows(Groups(cell, size, False), codes, (0, 1), total=True)

    def _rows(self, groups: Groups, codes: Codes, targets: tuple[int, ...], total: bool) -> Rows:
        design = self.survey.design
        measure = Measure(codes, 2, targets)
        result = estimate(Layout(design, groups, [measure]), measure, total)
        scores = block_scores(design, groups, measure, result, total)
        return Rows(result.theta.ravel(), scores, int(result.n.sum()))


@dataclass(frozen=True, eq=False)
class Rows:
    """Estimates with their scores, R rows, and the respondents that they are about."""

    value: Floats
    scores: Scores
    n: int


def degrees(share: Rows) -> float:
    """Degrees of freedom of a share's variance, as `change` takes them: those of its domain, and
    no more than unequal sampling units are worth."""
    design = share.scores.design
    if design.replicates is not None and not design.replicates.designed:
        return float(design.df)
    df = share.scores.df(np.array([0]))
    if df > MANY:
        return df
    worth = share.scores.effective_df([np.array([0])])
    return df if worth is None else float(np.fmin(df, worth[0]))


def combined(rows: list[Rows], weights: Floats) -> Scores:
    """Errors of linear combinations of the rows of several; `weights` is (all rows, Q)."""
    return stack([r.scores for r in rows]).combine(sparse.csc_array(weights))


def check_asked(survey: Survey, question: str, side: int) -> None:
    """Raise `UnknownNameError`, which names the survey, where it has no such question."""
    if question not in survey.frame.columns:
        told = " ".join(str(p) for p in (survey.name, survey.wave) if p is not None)
        where = told or ("the first survey", "the second survey")[side]
        raise UnknownNameError("question", question, survey.frame.columns, where)
