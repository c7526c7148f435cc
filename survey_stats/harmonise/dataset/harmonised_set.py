"""Several harmonised waves, of one survey or several, as one data set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
import pandas as pd

from survey_stats.errors import DesignError, InputError, UnknownNameError
from survey_stats.harmonise.build import TEXT_COLUMNS, text_column
from survey_stats.harmonise.dataset.grades import pooled_grades
from survey_stats.harmonise.dataset.pooling import Key, Pooling, PoolRule, pool, weights_of
from survey_stats.harmonise.lineage import SEPARATOR, Trace
from survey_stats.harmonise.result import Harmonised
from survey_stats.labels import Language

if TYPE_CHECKING:
    from survey_stats.estimate import Survey
    from survey_stats.estimate.design import LonelyRule
    from survey_stats.estimate.join import SharedUnits

DESIGN_COLUMNS = ("survey", "wave", "respondent", "weight", "stratum", "psu")
# the questions of the shipped codebooks, in an order that does not hang on which waves are there
QUESTIONS = (
    "unsafe_evening",
    "unsafe_neighbourhood",
    "worry_crime_monthly",
    "worry_robbery",
    "worry_burglary",
    "avoids_places",
    "victim_any_crime",
    "problem_moped_traffic",
    "problem_drunk_people",
    "problem_drug_users",
)
CODINGS = ("city", "health_portal", "research")
LAST = "school_district"
T = TypeVar("T", str, int)


@dataclass(frozen=True)
class HarmonisedSet:
    """Several waves in one frame, each still known by itself.

    Attributes:
        frame: the rows of all waves, by survey and year. The columns are those of `Harmonised`,
            in one order; a question that a wave did not ask is missing there.
        waves: the waves that it was made from.
    """

    frame: pd.DataFrame
    waves: tuple[Harmonised, ...]

    def __repr__(self) -> str:
        told = ", ".join(
            f"{s} {', '.join(str(h.wave) for h in self.waves if h.codebook.survey == s)}"
            for s in self.surveys
        )
        return f"HarmonisedSet({told}: {len(self.frame)} respondents)"

    @property
    def surveys(self) -> list[str]:
        """The surveys, in the order of the frame."""
        return list(dict.fromkeys(h.codebook.survey for h in self.waves))

    @property
    def questions(self) -> list[str]:
        """The harmonised questions that are columns of the frame, without columns of codings."""
        asked = {q for h in self.waves for q in h.questions}
        return [c for c in self.frame.columns if c in asked]

    @property
    def codings(self) -> dict[str, str]:
        """question -> coding in use, for questions with several."""
        return {q: c for h in self.waves for q, c in h.codings.items()}

    @property
    def synthetic(self) -> bool:
        """Whether any of the deliveries says that it is made up."""
        return any(h.manifest.synthetic for h in self.waves)

    @property
    def assumptions(self) -> list[str]:
        """What is taken for granted, each said once, by survey and wave."""
        told = [f"{h.codebook.survey}: {a}" for h in self.waves for a in h.codebook.assumptions]
        told += [
            f"{h.codebook.survey} {h.wave}: {a}"
            for h in self.waves
            for a in h.codebook.waves[h.wave].assumptions
        ]
        return list(dict.fromkeys(told))

    @cached_property
    def missing(self) -> pd.DataFrame:
        """Why answers are missing: survey, wave, question, reason, n; `not_asked` included."""
        parts = []
        for h in self.waves:
            known = set(h.frame.columns)
            absent = [c for c in self.frame.columns if c not in known and SEPARATOR not in c]
            unasked = pd.DataFrame(
                {"question": absent, "reason": "not_asked", "n": len(h.frame)},
                columns=["question", "reason", "n"],
            )
            parts.append(_beside(h, pd.concat([h.missing, unasked], ignore_index=True)))
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def provenance(self) -> pd.DataFrame:
        """Every delivered code and what it was told as.

        The columns are survey, wave, file, sha256, question, variable, code, label, answer,
        reason, n.
        """
        parts = []
        for h in self.waves:
            told = h.provenance.copy()
            told.insert(0, "file", h.manifest.file)
            told.insert(1, "sha256", h.manifest.sha256)
            parts.append(_beside(h, told.astype({"code": object})))
        return pd.concat(parts, ignore_index=True)

    @property
    def weights(self) -> pd.DataFrame:
        """On which scale each wave's weights are: survey, wave, n, scale, sum_delivered, ..."""
        return pool([weights_of(h) for h in self.waves], "delivered").to_frame()

    def wave(self, survey: str, wave: int) -> Harmonised:
        """One wave by itself; UnknownNameError where it is not in the set."""
        if survey not in self.surveys:
            raise UnknownNameError("survey", survey, self.surveys, "the data set")
        there = {h.wave: h for h in self.waves if h.codebook.survey == survey}
        if wave not in there:
            raise UnknownNameError("wave", wave, sorted(there), f"{survey} of the data set")
        return there[wave]

    def trace(self, survey: str, wave: int, respondent: object, column: str) -> Trace:
        """Where one value comes from: file, row, variable, code, label, answer, reason.

        A column that the wave did not ask has no parts and the reason `not_asked`.

        Raises:
            UnknownNameError: there is no such survey, wave, respondent or column.
        """
        h = self.wave(survey, wave)
        if column in self.frame and column not in h.frame:
            row = h.trace(respondent, "respondent")
            return Trace(
                survey=row.survey,
                wave=row.wave,
                respondent=row.respondent,
                column=column,
                value=None,
                reason="not_asked",
                file=row.file,
                sha256=row.sha256,
                row=row.row,
                how="the survey did not ask it in this wave",
                parts=(),
            )
        return h.trace(respondent, column)

    def select(
        self, surveys: str | Sequence[str] | None = None, waves: int | Sequence[int] | None = None
    ) -> HarmonisedSet:
        """The set with some of its surveys and waves.

        Raises:
            UnknownNameError: a survey or a wave is not in the set.
        """
        chosen = self.surveys if surveys is None else _several(surveys)
        for name in chosen:
            if name not in self.surveys:
                raise UnknownNameError("survey", name, self.surveys, "the data set")
        inside = [h for h in self.waves if h.codebook.survey in chosen]
        years = {h.wave for h in inside} if waves is None else set(_several(waves))
        for year in years:
            if year not in {h.wave for h in inside}:
                known = sorted({h.wave for h in inside})
                raise UnknownNameError("wave", year, known, " and ".join(chosen))
        return combine([h for h in inside if h.wave in years])

    def pooling(
        self,
        weights: PoolRule | None = None,
        population: Mapping[int, float] | Mapping[Key, float] | None = None,
        questions: str | Sequence[str] | None = None,
        override: str | None = None,
    ) -> Pooling:
        """How `survey` would put the weights of the waves on one scale, without doing it.

        Arguments and errors are those of `survey`.
        """
        plan = pool([weights_of(h) for h in self.waves], weights, population)
        if plan.rule == "delivered":
            if questions is not None or override is not None:
                raise InputError(
                    "questions= and override= are for weights='average_of_waves' or "
                    "'equal_waves'; give one of these rules with them"
                )
            return plan
        asked = self.questions if questions is None else _several(questions)
        for name in asked:
            if name.partition(SEPARATOR)[0] not in self.questions:
                raise UnknownNameError("question", name, self.questions, "the data set")
        notes = pooled_grades(self.waves, asked, self.codings, override)
        return Pooling(plan.rule, plan.waves, plan.factors, (*plan.notes, *notes))

    def survey(
        self,
        survey: str | Sequence[str] | None = None,
        waves: int | Sequence[int] | None = None,
        *,
        weights: PoolRule | None = None,
        population: Mapping[int, float] | Mapping[Key, float] | None = None,
        questions: str | Sequence[str] | None = None,
        override: str | None = None,
        shared: SharedUnits | None = None,
        lonely_psu: LonelyRule = "error",
    ) -> Survey:
        """Some waves as one sample: strata are crossed with survey and wave, PSUs lie in them.

        Waves are independent samples unless `shared` says otherwise. What was pooled, and how, is
        in the name of the weight column (`weight_average_of_waves`) and in the survey's `wave`,
        which follow every result, and in `frame.attrs["pooling"]`.

        Args:
            survey, waves: which; all when None.
            weights: how weights are put on one scale. None takes them as delivered, for waves of
                one survey on one scale. `average_of_waves`: each wave sums to its population,
                divided by the number of waves (what is wanted for small areas: the average over
                the years). `equal_waves`: every wave counts alike. `delivered`: as they are, for
                tables by survey and wave.
            population: people that a wave stands for, by wave or (survey, wave), where its weights
                do not say.
            questions: what the pool is for. Only these are graded, and other questions are left
                out of the pool's frame. For a rule that pools.
            override: why waves are pooled that the codebooks call not comparable.
            shared: as in `join`: "psu" when the same PSU id in two waves is one unit (schools that
                come back), "respondent" when the same key is one person (a panel). What waves
                share makes them depend on each other; strata are then not crossed with the wave.
            lonely_psu: what a stratum with a single PSU adds to the variance; see `Survey`.

        Raises:
            DesignError: weights of several surveys or on several scales without a rule, or a rule
                that cannot put them on one.
            ComparabilityError: a question is not comparable between pooled waves.
            UnknownNameError: a survey, wave or question is not in the set.
        """
        from survey_stats.estimate import Survey

        part = self.select(survey, waves)
        plan = part.pooling(weights, population, questions, override)
        if len(part.waves) == 1 and plan.rule == "delivered":
            return part.waves[0].survey(lonely_psu)
        frame = part.frame
        if questions is not None and plan.rule != "delivered":
            frame = frame.drop(columns=part._other_questions(_several(questions)))
        column = "weight"
        if plan.rule != "delivered":
            column = f"weight_{plan.rule}"
            factor = np.concatenate(
                [np.full(len(h.frame), plan.factors[h.codebook.survey, h.wave]) for h in part.waves]
            )
            at = frame.columns.get_loc("weight")
            frame = frame.copy(deep=False)
            frame.insert(int(at) + 1, column, frame["weight"].to_numpy() * factor)  # type: ignore[arg-type]
        frame.attrs["pooling"] = {"rule": plan.rule, "notes": list(plan.notes)}
        frame.attrs["synthetic"] = part.synthetic
        frame.attrs["deliveries"] = [h.manifest.to_dict() for h in part.waves]
        designs = [h.codebook.waves[h.wave] for h in part.waves]
        clusters = "psu" if any(d.psu for d in designs) else None
        if shared == "psu" and not all(d.psu for d in designs):
            raise DesignError(
                "shared='psu' needs waves with clusters, and some of these have none; leave it out"
            )
        crossed = ["survey"] if len(part.surveys) > 1 else []
        crossed += ["wave"] if shared is None else []
        return Survey(
            frame,
            weights=column,
            strata=[*crossed, *(["stratum"] if any(d.stratum for d in designs) else [])] or None,
            clusters="respondent" if shared == "respondent" and clusters is None else clusters,
            lonely_psu=lonely_psu,
            nest=shared != "respondent",
            name=" + ".join(part.surveys),
            wave=part._told_waves(override if plan.rule != "delivered" else None),
            codings=part.codings,
        )

    def write(self, path: str | Path, lang: Language = "sv") -> list[Path]:
        """Write the data set with its dictionary; see `export.write`."""
        from survey_stats.harmonise.dataset.export import write

        return write(self, path, lang)

    def _other_questions(self, kept: Sequence[str]) -> list[str]:
        stems = {name.partition(SEPARATOR)[0] for name in kept}
        questions = set(self.questions)
        names = [str(c) for c in self.frame.columns]
        return [
            c for c in names if (s := c.partition(SEPARATOR)[0]) in questions and s not in stems
        ]

    def _told_waves(self, override: str | None) -> str:
        years = [
            ", ".join(str(h.wave) for h in self.waves if h.codebook.survey == s)
            for s in self.surveys
        ]
        told = "; ".join(dict.fromkeys(years))
        return f"{told} (pooled although not comparable: {override})" if override else told


def combine(parts: Iterable[Harmonised]) -> HarmonisedSet:
    """Harmonised waves, of one survey or several, as one data set.

    Args:
        parts: what `harmonise` gave, in any order. They keep their weights: nothing is pooled
            before `HarmonisedSet.survey` is asked for it.

    Raises:
        InputError: there is none, one wave is there twice, two codebooks have one name, or a
            question is told by different codings.
    """
    waves = sorted(parts, key=lambda h: (h.codebook.survey, h.wave))
    if not waves:
        raise InputError("There are no harmonised waves to combine; give at least one")
    for before, after in pairwise(waves):
        survey, wave = after.codebook.survey, after.wave
        if (before.codebook.survey, before.wave) == (survey, wave):
            raise InputError(
                f"{before.manifest.file} and {after.manifest.file} are both {survey} {wave}; "
                "keep one"
            )
        if before.codebook.survey == survey and before.codebook != after.codebook:
            raise InputError(
                f"{before.manifest.file} and {after.manifest.file} were told by two different "
                f"codebooks named {survey}; harmonise them with one"
            )
    _agreed_codings(waves)
    names = columns_of(waves)
    frame = pd.concat([_aligned(h, names) for h in waves], ignore_index=True)
    return HarmonisedSet(frame, tuple(waves))


def columns_of(waves: Sequence[Harmonised]) -> list[str]:
    """The columns of a data set: design, background, questions, their codings, the last."""
    there = {str(c) for h in waves for c in h.frame.columns}
    asked = [(q, k) for h in waves for q, k in h.codebook.questions.items()]
    questions = list(dict.fromkeys([*QUESTIONS, *(q for q, _ in asked)]))
    codings = list(dict.fromkeys([*CODINGS, *(c for _, k in asked for c in k.codings)]))
    coded = [f"{q}{SEPARATOR}{c}" for q in questions for c in codings]
    order = [*DESIGN_COLUMNS, *TEXT_COLUMNS, *questions, *coded, LAST]
    return [c for c in order if c in there]


def _aligned(h: Harmonised, names: Sequence[str]) -> pd.DataFrame:
    n = len(h.frame)
    nobody = pd.arrays.BooleanArray(np.zeros(n, dtype=bool), np.ones(n, dtype=bool))
    nowhere = text_column(np.full(n, None, dtype=object))
    columns = {c: h.frame.get(c, nowhere if c == LAST else nobody) for c in names}
    return pd.DataFrame(columns, copy=False)


def _agreed_codings(waves: Sequence[Harmonised]) -> None:
    first: dict[str, Harmonised] = {}
    for h in waves:
        for question, coding in h.codings.items():
            other = first.setdefault(question, h)
            if other.codings[question] != coding:
                raise InputError(
                    f"{question} is told by the coding {other.codings[question]!r} in "
                    f"{other.codebook.survey} {other.wave} and by {coding!r} in "
                    f"{h.codebook.survey} {h.wave}; give harmonise() the same codings="
                )


def _beside(h: Harmonised, table: pd.DataFrame) -> pd.DataFrame:
    table.insert(0, "survey", h.codebook.survey)
    table.insert(1, "wave", h.wave)
    return table


def _several(value: T | Sequence[T]) -> list[T]:
    one = isinstance(value, (str, int, np.integer))
    return [cast("T", value)] if one else list(value)  # type: ignore[arg-type]
