"""Whether the parts of a codebook fit each other: names exist, codings cover scales."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from survey_stats.errors import nearest
from survey_stats.harmonise.codebook._yaml import Place
from survey_stats.harmonise.codebook.schema import (
    AGE_GROUPS,
    SCHOOL_YEARS,
    Constant,
    Item,
    Question,
)
from survey_stats.harmonise.codes import by_key
from survey_stats.harmonise.geography import Geography

if TYPE_CHECKING:
    from survey_stats.harmonise.codebook import Codebook

Problem = tuple[Place, str]
# who has another map is lost among the names of this one
_MAP = "; the map of another municipality stands in a folder of its own: docs/own_place.md"
_NAME = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")


def cross_check(book: Codebook) -> Iterator[Problem]:
    """Every contradiction in `book`, as (place in the file, what is wrong)."""
    yield from _waves(book)
    for name, codes in book.missing_lists.items():
        yield from _codes(codes, ("missing_lists", name))
    for section in ("background", "parts", "questions"):
        for name, entry in getattr(book, section).items():
            at: Place = (section, name)
            if section != "background" and not _NAME.match(name):
                yield (
                    at,
                    "a name is made of small letters, digits and single underscores; rename it",
                )
            if section != "background" and name in book.background:
                yield at, "is the name of a background variable too; rename one of them"
            if section == "questions" and name in book.parts:
                yield at, "is the name of a part too; rename one of them"
            if section == "parts":
                yield from _yes_no_scale(book, entry.scale, (*at, "scale"))
            for year, item in entry.waves.items():
                here = (*at, "waves", year)
                if year not in book.waves:
                    yield here, _unknown("wave", year, book.waves)
                    continue
                yield from _item(book, item, here)
                allowed = _allowed(book, section, name, item, year)
                if allowed is None:
                    continue
                map_of = name in ("municipality", "district", "school_district")
                more = _MAP if map_of else ""
                if item.constant is not None:
                    if item.constant not in allowed:
                        yield (*here, "constant"), _unknown(name, item.constant, allowed) + more
                    continue
                yield from _answers(book, item, (*here, "codes"), allowed, more)
    for name, question in book.questions.items():
        yield from _question(book, question, ("questions", name))


def _waves(book: Codebook) -> Iterator[Problem]:
    for year, wave in book.waves.items():
        if isinstance(wave.weight, Constant) and not (
            isinstance(wave.weight.constant, int | float) and wave.weight.constant > 0
        ):
            yield ("waves", year, "weight", "constant"), "a constant weight is a positive number"
        yield from _codes(wave.missing, ("waves", year, "missing"))


def _codes(codes: Mapping[Any, str], at: Place) -> Iterator[Problem]:
    """Whether no code means two things and no range of codes runs backwards."""
    try:
        by_key(codes)
    except ValueError as error:
        yield at, str(error)


def _item(book: Codebook, item: Item, at: Place) -> Iterator[Problem]:
    if isinstance(item.codes, str) and item.codes not in book.code_lists:
        yield (*at, "codes"), _unknown("code list", item.codes, book.code_lists)
    if isinstance(item.missing, str) and item.missing not in book.missing_lists:
        yield (*at, "missing"), _unknown("missing list", item.missing, book.missing_lists)
    if not isinstance(item.missing, str):
        yield from _codes(item.missing, (*at, "missing"))
    if item.scale is not None and item.scale not in book.scales:
        yield (*at, "scale"), _unknown("scale", item.scale, book.scales)


def _allowed(book: Codebook, section: str, name: str, item: Item, year: int) -> list[str] | None:
    """The answers that codes or a constant may mean; None where any text may stand."""
    if item.codes is None and item.constant is None:
        return None
    if name == "municipality" and item.constant is not None:
        return Geography.load().names("municipality")
    if section == "background":
        cut = Geography.load().districts(book.waves[year].districts_as_of)
        fixed = {
            "gender": ["women", "men"],
            "disability": ["yes", "no"],
            "age_group": [*AGE_GROUPS, *SCHOOL_YEARS],
            "district": cut,
            "school_district": cut,
        }
        return fixed.get(name)
    entry = book.asked(name)
    scale = book.scales.get(item.scale or getattr(entry, "scale", None) or "")
    return None if scale is None else list(scale.answers)


def _answers(
    book: Codebook, item: Item, at: Place, allowed: list[str], more: str = ""
) -> Iterator[Problem]:
    if isinstance(item.codes, str) and item.codes not in book.code_lists:
        return
    try:
        codes = book.codes(item)
    except ValueError as error:
        yield at, str(error)
        return
    shared: Place = ("code_lists", item.codes) if isinstance(item.codes, str) else at
    for code, answer in codes.items():
        if answer not in allowed:
            yield (*shared, code), _unknown("answer", answer, allowed) + more


def _yes_no_scale(book: Codebook, scale: str, at: Place) -> Iterator[Problem]:
    if scale not in book.scales:
        yield at, _unknown("scale", scale, book.scales)
    elif set(book.scales[scale].answers) != {"yes", "no"}:
        yield at, f"a part needs a scale with the answers 'yes' and 'no', {scale!r} has others"


def _question(book: Codebook, question: Question, at: Place) -> Iterator[Problem]:
    if question.derived is not None:
        for i, part in enumerate(question.derived.any_of):
            if part not in book.parts:
                yield (*at, "derived", "any_of", i), _unknown("part", part, book.parts)
        return
    assert question.scale is not None
    if question.scale not in book.scales:
        yield (*at, "scale"), _unknown("scale", question.scale, book.scales)
        return
    if question.default_coding is not None and question.default_coding not in question.codings:
        at_default = (*at, "default_coding")
        yield at_default, _unknown("coding", question.default_coding, question.codings)
    answers = list(book.scales[question.scale].answers)
    for name, coding in question.codings.items():
        here = (*at, "codings", name)
        told = [*coding.positive, *coding.negative, *coding.missing]
        for answer in told:
            if answer not in answers:
                yield here, _unknown("answer", answer, answers)
        for answer in answers:
            if told.count(answer) != 1:
                often = "nowhere" if answer not in told else f"{told.count(answer)} times"
                yield here, f"the answer {answer!r} stands {often}; every answer must stand once"


def _unknown(what: str, name: object, known: object) -> str:
    choices = [str(k) for k in known]  # type: ignore[attr-defined]
    close = nearest(str(name), choices)
    hint = f"did you mean {close[0]!r}?" if close else "there is " + ", ".join(choices)
    return f"there is no {what} {str(name)!r}; {hint}"
