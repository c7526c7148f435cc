"""How far two results may be compared, looked up in the codebooks that their surveys come from.

A `Survey` that `Harmonised.survey()` made carries the name and the wave of its codebook. Where both
sides do, and the question is one that both codebooks ask, the grade is known without asking the
caller. Of anything else nothing is known, and no grade is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate import Estimates, Survey
from survey_stats.harmonise import Codebook, Grade, Reason, comparability, require_comparable
from survey_stats.harmonise.comparability import GradeName
from survey_stats.labels import word

SEPARATOR = "__"
NOT_COMPARABLE: GradeName = "not comparable"
_GRADES: tuple[GradeName, ...] = ("same", "comparable with caveat", NOT_COMPARABLE)
_AREA_COLUMNS = ("district", "municipality")

Domain = Callable[[], NDArray[np.bool_] | None]


@dataclass(frozen=True, eq=False)
class Side:
    """One side of a comparison.

    Attributes
    ----------
    name, wave: as the survey names itself
    questions: the columns asked about
    frame: respondents, or the cells of a result
    by: the grouping columns
    inside: gives the rows of `frame` that are compared, None for all; called when it is needed
    cells: whether `frame` holds cells, which tell of areas by their keys only
    """

    name: str | None
    wave: object
    questions: tuple[str, ...]
    frame: pd.DataFrame
    by: tuple[str, ...]
    inside: Domain
    cells: bool = False

    @property
    def told(self) -> str:
        """Survey and wave, in words."""
        return f"{word(self.name or '', 'en')} {self.wave}"


def side_of_survey(
    survey: Survey, questions: Sequence[str], by: Sequence[str], inside: Domain
) -> Side:
    """A side that is to be estimated from a Survey."""
    return Side(survey.name, survey.wave, tuple(questions), survey.frame, tuple(by), inside)


def side_of_result(result: Estimates) -> Side:
    """A side that has been estimated already."""
    m = result.metadata
    return Side(m.survey, m.wave, m.question, result.keys, m.by, lambda: None, cells=True)


def find_grade(before: Side, after: Side) -> Grade | None:
    """The grade by the codebooks, the gravest over all questions; None where they do not know.

    One survey and wave on both sides has no grade either: its domains are measured alike. A wave
    that asked in some areas only is graded within an area where all that is compared lies in one
    that it covers. Of a Survey that holds several waves, each wave of one side is graded against
    each of the other.
    """
    pairs = product(_waves(before), _waves(after))
    grades = [grade for one, two in pairs if (grade := _grade_pair(one, two)) is not None]
    return max(grades, key=lambda g: _GRADES.index(g.grade), default=None)


def _waves(side: Side) -> list[Side]:
    """One side for each survey and wave that it holds, as far as its frame tells them apart."""
    if _is_year(side.wave) or side.cells or "wave" not in side.frame:
        return [side]
    inside = side.inside()
    every = np.ones(len(side.frame), dtype=bool) if inside is None else inside
    told = pd.DataFrame({"name": side.frame.get("survey", side.name), "wave": side.frame["wave"]})
    found = told[every].drop_duplicates().dropna()
    if not pd.api.types.is_integer_dtype(found["wave"].dtype):
        return [side]
    return [
        replace(
            side,
            name=str(name),
            wave=int(wave),
            inside=partial(_both, every, ((told["name"] == name) & (told["wave"] == wave))),
        )
        for name, wave in found.itertuples(index=False)
    ]


def _both(one: NDArray[np.bool_], other: pd.Series[bool]) -> NDArray[np.bool_]:
    result: NDArray[np.bool_] = one & other.to_numpy(dtype=bool)
    return result


def _grade_pair(before: Side, after: Side) -> Grade | None:
    """The grade of two sides of one survey and wave each."""
    books = Codebook.names()
    if (before.name, before.wave) == (after.name, after.wave):
        return None
    if not all(s.name in books and _is_year(s.wave) for s in (before, after)):
        return None
    if len(before.questions) != len(after.questions):
        return None
    pairs = list(zip(before.questions, after.questions, strict=True))
    grades: dict[str, Grade] = {}
    for first, second in pairs:
        told = _grade_question(before, after, first, second)
        if told is not None:
            grades[first] = told
    return _gravest(grades, len(pairs)) if grades else None


def check_given(grade: object, override: object) -> None:
    """Refuse what is no grade, and a reason that is not in words."""
    if grade is not None and not isinstance(grade, Grade):
        raise InputError(
            f"grade= takes what comparability(...) gives, not {type(grade).__name__}; leave it out "
            "to have it looked up in the codebooks"
        )
    if override is not None and not (isinstance(override, str) and override.strip()):
        raise InputError(f"override={override!r} is no reason; say in words why to compare anyway")


def settle(grade: Grade | None, before: Side, after: Side, override: str | None) -> str | None:
    """The reason that lets a forbidden comparison through, None where none is needed.

    Raises:
        ComparabilityError: the grade is `not comparable` and there is no reason.
    """
    if grade is None or grade.grade != NOT_COMPARABLE:
        return None
    questions = ", ".join(dict.fromkeys([*before.questions, *after.questions]))
    require_comparable(grade, f"{questions} of {before.told} and {after.told}", override)
    return override


def told_reasons(grade: Grade | None) -> tuple[Reason, ...]:
    """The reasons that a reader of the comparison must be told; notes are not among them."""
    return tuple(r for r in grade.reasons if r.weight != "note") if grade else ()


def _is_year(wave: object) -> bool:
    return isinstance(wave, (int, np.integer)) and not isinstance(wave, bool)


def _grade_question(before: Side, after: Side, first: str, second: str) -> Grade | None:
    stem = first.partition(SEPARATOR)[0]
    if second.partition(SEPARATOR)[0] != stem:
        return None
    codings = _coding(before, first), _coding(after, second)

    def graded(area: str | None) -> Grade:
        return comparability(stem, *_known(before), *_known(after), *codings, area=area)

    try:
        grade = graded(None)
    except UnknownNameError:
        # a wave, a question or a coding of the caller's own
        return None
    if "areas" not in grade.codes:
        return grade
    within = [graded(area) for area in _areas(before, after)]
    if within and all("areas" not in g.codes for g in within):
        return within[0]
    return grade


def _known(side: Side) -> tuple[str, int]:
    return str(side.name), int(str(side.wave))


def _coding(side: Side, question: str) -> str | None:
    """The coding of a column; None for the codebook's default."""
    stem, _, named = question.partition(SEPARATOR)
    if named:
        return named
    if side.cells or question not in side.frame:
        return None
    rivals = [c for c in map(str, side.frame.columns) if c.startswith(f"{stem}{SEPARATOR}")]
    if not rivals:
        return None
    plain = side.frame[question]
    alike = [c.partition(SEPARATOR)[2] for c in rivals if plain.equals(side.frame[c])]
    asked = _book(str(side.name)).questions.get(stem)
    default = asked.coding if asked else None
    return None if not alike or default in alike else alike[0]


@lru_cache(maxsize=8)
def _book(survey: str) -> Codebook:
    return Codebook.load(survey)


def _areas(before: Side, after: Side) -> list[str]:
    """The areas that hold every pair of cells compared; none where a pair may span several."""
    for column in _AREA_COLUMNS:
        if not all(column in s.frame for s in (before, after)):
            continue
        by_area = all(column in s.by for s in (before, after))
        if not by_area and (before.cells or after.cells):
            continue
        one, two = (_values(s, column) for s in (before, after))
        # a cell on one side only is not compared; respondents in no group are in no cell
        found = (one & two) - {""} if by_area else one | two
        if found and "" not in found and (by_area or len(found) == 1):
            return sorted(found)
    return []


def _values(side: Side, column: str) -> set[str]:
    inside = side.inside()
    values = side.frame[column] if inside is None else side.frame.loc[inside, column]
    return {"" if pd.isna(v) else str(v) for v in values.unique()}


def _gravest(grades: dict[str, Grade], asked: int) -> Grade:
    """One grade of several questions; a reason that not all of them have names its questions."""
    if len(grades) == asked == 1:
        return next(iter(grades.values()))
    worst = max((g.grade for g in grades.values()), key=_GRADES.index)
    questions: dict[object, list[str]] = {}
    reasons = {r: r for g in grades.values() for r in g.reasons}
    for name, grade in grades.items():
        for reason in grade.reasons:
            questions.setdefault(reason, []).append(name)
    told = [
        r
        if len(questions[r]) == asked
        else replace(
            r,
            sv=f"{', '.join(word(q) for q in questions[r])}: {r.sv}",
            en=f"{', '.join(questions[r])}: {r.en}",
        )
        for r in reasons
    ]
    order = {"forbids": 0, "caveat": 1, "note": 2}
    return Grade(worst, tuple(sorted(told, key=lambda r: order[r.weight])))
