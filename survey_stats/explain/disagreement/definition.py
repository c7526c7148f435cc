"""How a survey is counted on the way to what both have in common: its coding and its people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate import Survey
from survey_stats.estimate.where import domain
from survey_stats.explain.disagreement.cells import Bools, Ints
from survey_stats.explain.disagreement.sample import (
    SEPARATOR,
    Codes,
    Rows,
    Sample,
    coding_in_use,
    codings_of,
    stem_of,
    yes_no,
)
from survey_stats.explain.disagreement.universe import AGE, AREAS, common_areas, partly_asked

CODEBOOKS = "codebooks"
# the states that a survey is counted in, from how it was published to respondents of known cells;
# all but the first within the areas that both surveys cover
PUBLISHED, AS_IT_IS, WITHIN, RECODED, BOTH, KNOWN = range(6)


@dataclass(frozen=True)
class Codings:
    """The codings in use, the one that both are counted by, and its columns in both surveys."""

    used: tuple[str | None, str | None]
    common: str | None
    columns: tuple[str, str]


def find_codings(
    first: Survey, second: Survey, question: str, other: str, wanted: str | None
) -> Codings:
    used = coding_in_use(first, question), coding_in_use(second, other)
    has = codings_of(first, question), codings_of(second, other)
    shared = [c for c in has[0] if c in has[1]]
    if wanted is not None and wanted not in shared:
        raise UnknownNameError("coding", wanted, shared, f"{stem_of(question)} of both surveys")
    common = wanted
    if wanted is None and used[0] != used[1]:
        common = next((c for c in used if c in shared), shared[0] if shared else None)
    if common is None:
        return Codings(used, None, (question, other))
    columns = [
        asked if own == common else f"{stem_of(asked)}{SEPARATOR}{common}"
        for asked, own in zip((question, other), used, strict=True)
    ]
    return Codings(used, common, (columns[0], columns[1]))


@dataclass(frozen=True, eq=False)
class Universe:
    """Whom both surveys ask.

    Attributes
    ----------
    left_out: groups that are not in it, in words
    areas: the only areas in it, where not all are
    within: its respondents in either survey, (n,) each
    settled: codes of the reasons of a grade that it takes care of
    """

    left_out: tuple[str, ...]
    areas: tuple[str, ...]
    within: tuple[Bools, Bools]
    settled: tuple[str, ...] = ()


def find_universe(samples: tuple[Sample, Sample], universe: str | None) -> Universe:
    """The people of an expression, or those whom the codebooks say that both ask."""
    every = samples[0].inside, samples[1].inside
    if universe is None:
        return Universe((), (), every)
    if universe != CODEBOOKS:
        if not isinstance(universe, str):
            raise InputError("universe takes an expression such as \"age_group != '80+'\", or None")
        one, two = (s.inside & domain(s.survey.frame, universe) for s in samples)
        return Universe((f"not ({universe})",), (), (one, two))
    first, second = samples[0].survey, samples[1].survey
    groups: tuple[str, ...] = ()
    if all(AGE in s.survey.frame.columns for s in samples):
        coded = [s.survey.coded(AGE) for s in samples]
        groups = partly_asked(first, second, [*coded[0].labels, *coded[1].labels])
    areas = common_areas(first, second)
    one, two = (_within(sample, groups, areas) for sample in samples)
    settled = ("ages",) * bool(groups) + ("areas",) * bool(areas)
    return Universe(groups, areas, (one, two), settled)


def _within(sample: Sample, groups: tuple[str, ...], areas: tuple[str, ...]) -> Bools:
    """The respondents of a sample outside these age groups and inside these areas."""
    kept = sample.inside
    if groups:
        coded = sample.survey.coded(AGE)
        outside = np.array([*(str(v) in groups for v in coded.labels.tolist()), False])
        kept = kept & ~outside[coded.codes]
    frame = sample.survey.frame
    columns = [c for c in AREAS if c in frame.columns]
    if areas and columns:
        kept = kept & np.logical_or.reduce([frame[c].isin(areas).to_numpy() for c in columns])
    return kept


@dataclass(frozen=True, eq=False)
class States:
    """The answers of one survey as they are and by the common coding, and who both surveys ask."""

    own: Codes
    common: Codes
    within: Bools

    def rows(
        self, sample: Sample, published: Bools, known: Bools, cell: Ints, size: int
    ) -> list[Rows]:
        """The shares of the six states, and the totals of the cells."""
        domains = (
            (self.own, published),
            (self.own, sample.inside),
            (self.own, self.within),
            (self.common, sample.inside),
            (self.common, self.within),
            (self.common, known),
        )
        found: list[Rows] = []
        for at, (codes, inside) in enumerate(domains):
            # where nothing is recoded or left out, states are one
            twin = next(
                (
                    i
                    for i, (other, rows) in enumerate(domains[:at])
                    if other is codes and np.array_equal(rows, inside)
                ),
                None,
            )
            found.append(sample.share(codes, inside) if twin is None else found[twin])
        return [*found, sample.totals(self.common, cell, size)]


def states_of(sample: Sample, own: str, common: str, within: Bools, of: object) -> States:
    codes = yes_no(sample.survey, own, of)
    other = codes if common == own else yes_no(sample.survey, common, of)
    for told, rows in ((codes, sample.inside), (other, within)):
        if not (rows & (told >= 0)).any():
            raise InputError(
                f"Nobody of {sample.survey!r} is left who answered {common!r} and whom both "
                "surveys ask; choose another universe or coding"
            )
    return States(codes, other, within)
