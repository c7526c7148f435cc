"""How far two figures on one question may be compared, from facts that the codebooks declare.

The grade is the gravest of its reasons:

- `not comparable`: different populations (pupils and residents), one survey asked in some areas
  only, or both the words and the answers are known to differ.
- `comparable with caveat`: one of wording, answers, ages, mode, season, place, counted crimes or
  coding differs, or is not known well enough to tell.
- `same`: nothing that is known differs. What is not known but stays within one survey is taken as
  unchanged and told as a note.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from survey_stats.errors import ComparabilityError, UnknownNameError, fold
from survey_stats.harmonise.codebook import Codebook
from survey_stats.harmonise.codebook.schema import Facts, Question
from survey_stats.labels import Language, word

GradeName = Literal["same", "comparable with caveat", "not comparable"]
Weight = Literal["note", "caveat", "forbids"]

GRADE_WORDS: dict[GradeName, tuple[str, str]] = {
    "same": ("samma mätning", "same measurement"),
    "comparable with caveat": ("jämförbar med förbehåll", "comparable with caveat"),
    "not comparable": ("inte jämförbar", "not comparable"),
}
_MODES = {
    "post": ("post", "post"),
    "web": ("webb", "web"),
    "classroom": ("enkät i klassrummet", "questionnaire in the classroom"),
}


@dataclass(frozen=True)
class Reason:
    """One thing that differs, or is not known; `weight` says what it does to the grade."""

    code: str
    weight: Weight
    sv: str
    en: str

    def text(self, lang: Language = "sv") -> str:
        """The reason in the reader's language."""
        return self.sv if lang == "sv" else self.en


@dataclass(frozen=True)
class Grade:
    """How far two figures may be compared, and why not further."""

    grade: GradeName
    reasons: tuple[Reason, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the reasons."""
        return tuple(r.code for r in self.reasons)

    def text(self, lang: Language = "sv") -> str:
        """The grade in the reader's language."""
        return GRADE_WORDS[self.grade][0 if lang == "sv" else 1]


@dataclass(frozen=True)
class Asked:
    """One question as one wave of one survey asked it."""

    book: Codebook
    wave: int
    name: str
    coding: str | None = None

    @property
    def question(self) -> Question:
        """Its entry in the codebook."""
        return self.book.questions[self.name]

    @property
    def facts(self) -> Facts:
        """What is known of the field work."""
        return self.book.waves[self.wave].facts

    @property
    def who(self) -> tuple[str, str]:
        """Survey and year, in Swedish and English."""
        return (
            f"{word(self.book.survey)} {self.wave}",
            f"{word(self.book.survey, 'en')} {self.wave}",
        )

    @property
    def wording(self) -> str:
        """The id of the wording in this wave."""
        item = self.question.waves.get(self.wave)
        return (item.wording if item else None) or self.question.wording

    @property
    def months(self) -> frozenset[int]:
        """The months of the field work; empty where they are not known."""
        return frozenset(self.facts.months)

    @property
    def universe(self) -> str | None:
        """Who was asked, where not everybody was."""
        item = self.question.waves.get(self.wave)
        return item.universe if item else None

    @property
    def weighted(self) -> bool:
        """Whether respondents count by a weight of their own."""
        return isinstance(self.book.waves[self.wave].weight, str)

    @property
    def mode(self) -> tuple[str, ...] | None:
        """How it was asked; None where that is not known."""
        item = self.question.waves.get(self.wave)
        told = (item.mode if item else None) or self.facts.mode
        return None if told == "unknown" else tuple(told)

    @property
    def answers(self) -> tuple[str, ...]:
        """The answers to choose from, or the parts of a derived question."""
        if self.question.derived is not None:
            return self.question.derived.any_of
        item = self.question.waves[self.wave]
        scale = item.scale or self.question.scale
        assert scale is not None
        return tuple(self.book.scales[scale].answers)


def comparability(
    question: str,
    survey_a: str | Codebook,
    wave_a: int,
    survey_b: str | Codebook,
    wave_b: int,
    coding_a: str | None = None,
    coding_b: str | None = None,
    area: str | None = None,
) -> Grade:
    """Grade the comparison of one question between two waves or two surveys.

    Args:
        question: harmonised name.
        survey_a, survey_b: codebooks, or their names or paths.
        wave_a, wave_b: years.
        coding_a, coding_b: the codings in use; the codebook's default when None.
        area: the district or municipality that the figures are about; a wave that asked in some
            areas only can be compared within those.

    Raises:
        UnknownNameError: there is no such survey, wave, question or coding, or the question is not
            asked in the wave.

    >>> comparability("unsafe_evening", "city_safety", 2017, "city_safety", 2020).codes
    ('ages', 'mode_assumed')
    >>> comparability("unsafe_evening", "city_safety", 2023, "school_survey", 2022).grade
    'not comparable'
    """
    a = _asked(question, survey_a, wave_a, coding_a)
    b = _asked(question, survey_b, wave_b, coding_b)
    if (a.book.survey, a.wave, a.coding) == (b.book.survey, b.wave, b.coding):
        return Grade("same", ())
    reasons = [
        *_people(a, b, area),
        *_wording_and_answers(a, b),
        *_circumstances(a, b),
        *_coding(a, b),
    ]
    weights = {r.weight for r in reasons}
    grade: GradeName = "same"
    if "caveat" in weights:
        grade = "comparable with caveat"
    if "forbids" in weights:
        grade = "not comparable"
    order = {"forbids": 0, "caveat": 1, "note": 2}
    return Grade(grade, tuple(sorted(reasons, key=lambda r: order[r.weight])))


def require_comparable(grade: Grade, what: str, override: str | None = None) -> Grade:
    """The grade, unless it forbids the comparison and no reason for overriding it is given.

    Raises:
        ComparabilityError: the grade is `not comparable` and `override` is empty.
    """
    if grade.grade == "not comparable" and not (override and override.strip()):
        why = "; ".join(r.en for r in grade.reasons if r.weight == "forbids")
        raise ComparabilityError(
            f"{what} must not be compared: {why}; give override= with your reason to do it anyway"
        )
    return grade


def _asked(question: str, survey: str | Codebook, wave: int, coding: str | None) -> Asked:
    book = survey if isinstance(survey, Codebook) else _load(survey)
    book.wave(wave)
    if question not in book.questions:
        raise UnknownNameError("question", question, book.questions, book.survey)
    if question not in book.columns(wave):
        raise UnknownNameError("question", question, book.columns(wave), f"{book.survey} {wave}")
    entry = book.questions[question]
    if coding is not None and coding not in entry.codings:
        raise UnknownNameError("coding", coding, entry.codings, f"{book.survey}, {question}")
    return Asked(book, wave, question, coding or entry.coding)


@lru_cache(maxsize=32)
def _load(survey: str) -> Codebook:
    return Codebook.load(survey)


def _people(a: Asked, b: Asked, area: str | None) -> Iterator[Reason]:
    if a.facts.population != b.facts.population:
        pupils = a if a.facts.population == "pupils" else b
        yield Reason(
            "population",
            "forbids",
            f"{pupils.who[0]} frågar elever, den andra boende",
            f"{pupils.who[1]} asks pupils, the other residents",
        )
        return
    if a.facts.ages != b.facts.ages and a.facts.ages and b.facts.ages:
        yield Reason(
            "ages",
            "caveat",
            f"olika åldrar: {_ages(a.facts)[0]} mot {_ages(b.facts)[0]}",
            f"different ages: {_ages(a.facts)[1]} against {_ages(b.facts)[1]}",
        )
    if a.facts.school_years != b.facts.school_years:
        yield Reason("school_years", "caveat", "olika årskurser", "different school years")
    if not (_covers(a, area) and _covers(b, area)) and a.facts.areas != b.facts.areas:
        partial = a if a.facts.areas else b
        where_sv = " och ".join(partial.facts.areas)
        where_en = " and ".join(partial.facts.areas)
        yield Reason(
            "areas",
            "caveat" if a.facts.areas and b.facts.areas else "forbids",
            f"{partial.who[0]} frågade bara i {where_sv}; jämför inte hela staden eller regionen",
            f"{partial.who[1]} asked in {where_en} only; do not compare the whole city or region",
        )
    if a.weighted != b.weighted and a.facts.population == "residents":
        plain = b if a.weighted else a
        yield Reason(
            "weights",
            "caveat",
            f"svaren är viktade i den ena mätningen men inte i {plain.who[0]}",
            f"answers are weighted in one of the waves and not in {plain.who[1]}",
        )
    if a.universe != b.universe:
        yield Reason(
            "universe",
            "caveat",
            "frågan ställdes inte till samma grupp",
            "the question was not put to the same group",
        )


def _wording_and_answers(a: Asked, b: Asked) -> Iterator[Reason]:
    words = a.wording != b.wording
    derived = a.question.derived is not None and b.question.derived is not None
    answers = set(a.answers) != set(b.answers) if derived else a.answers != b.answers
    unsure = {fact for asked in (a, b) for fact in asked.question.unknown}
    if words and answers and not unsure and not derived:
        yield Reason(
            "wording_and_answers",
            "forbids",
            "både frågans ordalydelse och svarsalternativen skiljer sig",
            "both the wording of the question and its answers differ",
        )
        return
    yield from _wording(words, "wording" in unsure)
    if derived and answers:
        yield Reason(
            "parts",
            "caveat",
            f"olika brott räknas ({len(a.answers)} mot {len(b.answers)} slag)",
            f"different crimes are counted ({len(a.answers)} against {len(b.answers)} kinds)",
        )
    elif a.book.survey != b.book.survey and "answers" in unsure:
        yield Reason(
            "answers_unknown",
            "caveat",
            "svarsalternativen är inte kända och kan skilja sig",
            "the answers to choose from are not known and may differ",
        )
    elif answers:
        yield Reason(
            "answers",
            "caveat",
            "svarsalternativen skiljer sig",
            "the answers to choose from differ",
        )
    elif "answers" in unsure and not derived:
        yield Reason(
            "answers_assumed",
            "note",
            "svarsalternativen antas vara oförändrade",
            "the answers to choose from are taken as unchanged",
        )
    if (a.question.place or "") != (b.question.place or ""):
        yield Reason(
            "place",
            "caveat",
            "frågan gäller inte samma slags plats",
            "the question is about another kind of place",
        )


def _wording(differs: bool, unsure: bool) -> Iterator[Reason]:
    if differs and unsure:
        yield Reason(
            "wording_unknown",
            "caveat",
            "frågans exakta ordalydelse är inte känd och kan skilja sig",
            "the exact wording of the question is not known and may differ",
        )
    elif differs:
        yield Reason(
            "wording",
            "caveat",
            "frågans ordalydelse skiljer sig",
            "the wording of the question differs",
        )
    elif unsure:
        yield Reason(
            "wording_assumed",
            "note",
            "frågans ordalydelse antas vara oförändrad",
            "the wording of the question is taken as unchanged",
        )


def _circumstances(a: Asked, b: Asked) -> Iterator[Reason]:
    same_survey = a.book.survey == b.book.survey
    if a.mode is None and b.mode is None:
        if same_survey:
            yield Reason(
                "mode_unknown",
                "note",
                "insamlingssättet är inte känt och antas vara oförändrat",
                "the mode is not known and taken as unchanged",
            )
    elif a.mode is None or b.mode is None:
        unknown = a if a.mode is None else b
        yield Reason(
            "mode_unknown",
            "caveat",
            f"insamlingssättet är inte känt för {unknown.who[0]}",
            f"the mode of {unknown.who[1]} is not known",
        )
    elif a.mode != b.mode:
        yield Reason(
            "mode",
            "caveat",
            f"olika insamlingssätt: {_mode(a.mode)[0]} mot {_mode(b.mode)[0]}",
            f"different modes: {_mode(a.mode)[1]} against {_mode(b.mode)[1]}",
        )
    elif _assumes(a, "mode") or _assumes(b, "mode"):
        yield Reason(
            "mode_assumed",
            "note",
            "insamlingssättet antas vara detsamma",
            "the mode is taken as the same",
        )
    if a.months and b.months and not a.months & b.months:
        yield Reason(
            "season",
            "caveat",
            "insamlingen skedde inte under samma tid på året",
            "the field work was not done at the same time of the year",
        )
    elif not same_survey and not (a.months and b.months):
        yield Reason(
            "season_unknown",
            "note",
            "det är inte känt om insamlingen skedde under samma tid på året",
            "whether the field work was done at the same time of the year is not known",
        )


def _covers(asked: Asked, area: str | None) -> bool:
    areas = asked.facts.areas
    return not areas or (area is not None and fold(area) in {fold(name) for name in areas})


def _coding(a: Asked, b: Asked) -> Iterator[Reason]:
    if a.question.derived is None and b.question.derived is None and a.coding != b.coding:
        yield Reason(
            "coding",
            "caveat",
            f"olika kodning av svaren: {_coding_name(a)} mot {_coding_name(b)}",
            f"the answers are coded differently: {a.coding} against {b.coding}",
        )


def _coding_name(asked: Asked) -> str:
    coding = asked.question.codings.get(asked.coding or "")
    text = coding.text.sv if coding is not None and coding.text is not None else ""
    return text.partition(":")[0] or str(asked.coding)


def _assumes(asked: Asked, about: str) -> bool:
    return any(about in text for text in asked.book.waves[asked.wave].assumptions)


def _ages(facts: Facts) -> tuple[str, str]:
    low, high = facts.ages or (None, None)
    if high is None:
        return f"{low} år och äldre", f"{low} and over"
    return f"{low}–{high} år", f"{low}–{high}"


def _mode(mode: tuple[str, ...]) -> tuple[str, str]:
    told = [_MODES.get(m, (m, m)) for m in mode]
    return " och ".join(t[0] for t in told), " and ".join(t[1] for t in told)
