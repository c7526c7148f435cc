"""What a reader must be told of a comparison and of a coding, as the texts of numbered notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from survey_stats.harmonise import Grade, Reason, comparability
from survey_stats.harmonise.codebook.schema import Question
from survey_stats.harmonise.comparability import GradeName
from survey_stats.labels import Language
from survey_stats.report.waves import Wave

NOT_COMPARABLE: GradeName = "not comparable"
_OLDEST = 80
"""The youngest in the age group without an end."""
# what is not known of a question, where that stands in words in its codebook
_NOT_KNOWN = {
    ("regional_safety", "victim_any_crime"): (
        "Vilka brott polisregionen räknar, och under vilken tid, är inte säkert känt.",
        "Which crimes the police region counts, and over what period, is not known for certain.",
    ),
}


@dataclass(frozen=True)
class Told:
    """The notes of one comparison: its grade, in the reader's words, and why not further."""

    grade: Grade
    lang: Language = "sv"
    override: str | None = None
    more: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence a reason, the gravest first; mere notes of the codebooks are left out."""
        reasons = [sentence(r, self.lang) for r in self.grade.reasons if r.weight != "note"]
        return (*reasons, *self.more, *override_note(self.override, self.lang))


def override_note(override: str | None, lang: Language = "sv") -> tuple[str, ...]:
    """Why a comparison was made that its grade forbids.

    >>> override_note("samma skolor båda åren")
    ('Jämförelsen görs ändå, med skälet: samma skolor båda åren.',)
    """
    if not override:
        return ()
    start = (
        "Jämförelsen görs ändå, med skälet: "
        if lang == "sv"
        else "Compared all the same, for the reason: "
    )
    return (_ended(start + override.strip()),)


def sentence(reason: Reason, lang: Language = "sv") -> str:
    """A reason as a sentence of its own; one that forbids the comparison says so."""
    text = reason.text(lang)
    if reason.weight == "forbids":
        return _ended(f"{'Inte jämförbart' if lang == 'sv' else 'Not comparable'}: {text}")
    return _ended(text[:1].upper() + text[1:])


def grade_of(question: str, first: Wave, second: Wave, area: str | None) -> Grade:
    """How comparable two waves are on a question in an area (or everywhere), by their codebooks."""
    return comparability(
        question,
        first.survey,
        first.year,
        second.survey,
        second.year,
        first.codings.get(question),
        second.codings.get(question),
        area,
    )


def told(
    question: str,
    first: Wave,
    second: Wave,
    area: str | None,
    lang: Language = "sv",
    groups: bool = False,
) -> Told:
    """The notes of a comparison of two waves in an area.

    Args:
        question: its name in the common vocabulary.
        first, second: the waves.
        area: a district, or None for the whole city.
        lang: the reader's language.
        groups: whether age groups are compared too, which different ages hardly concern.
    """
    more: tuple[str, ...] = ()
    if first.survey != second.survey:
        known = [_NOT_KNOWN.get((w.survey, question)) for w in (first, second)]
        more = tuple(k[0 if lang == "sv" else 1] for k in known if k is not None)
    grade = grade_of(question, first, second, area)
    if groups and "ages" in grade.codes:
        more = (*more, _age_groups(first, second, lang))
    return Told(grade, lang, more=more)


def _age_groups(first: Wave, second: Wave, lang: Language) -> str:
    """Which comparisons within an age group two waves of different ages allow."""
    highest = [(w.book.wave(w.year).facts.ages or (None, None))[1] or 120 for w in (first, second)]
    sv = lang == "sv"
    if min(highest) >= _OLDEST:
        return (
            "Av jämförelserna inom åldersgrupperna berörs bara den äldsta."
            if sv
            else "Of the comparisons within age groups only the oldest is concerned."
        )
    return (
        "Jämförelser inom en åldersgrupp berörs inte av att åldrarna skiljer sig."
        if sv
        else "Comparisons within an age group are not concerned by the difference in ages."
    )


def coding_of(wave: Wave, question: str) -> str:
    """The coding of a question's plain column."""
    return wave.codings.get(question, wave.book.questions[question].coding)


def coding_titles(question: str, waves: Sequence[Wave], lang: Language = "sv") -> dict[str, str]:
    """The reader's words for the codings of a question."""
    out: dict[str, str] = {}
    for wave in waves:
        asked = wave.book.questions.get(question)
        for name, coding in asked.codings.items() if asked else ():
            if coding.text is not None:
                text = coding.text.sv if lang == "sv" else coding.text.en
                out.setdefault(name, text[:1].upper() + text[1:])
    return out


def coding_note(wave: Wave, question: str, lang: Language = "sv") -> str:
    """Which of several codings a question is told in, and who it counts; empty where it has one."""
    asked = wave.book.questions.get(question)
    if asked is None or len(asked.codings) < 2:
        return ""
    return named_coding(asked, coding_of(wave, question), lang)


def named_coding(asked: Question, name: str, lang: Language = "sv") -> str:
    """A coding in words."""
    coding = asked.codings.get(name)
    text = coding.text if coding is not None else None
    words = name if text is None else (text.sv if lang == "sv" else text.en)
    key, _, meaning = words.partition(": ")
    if meaning:
        words = f"{key} ({meaning})"
    return f"{'Kodning' if lang == 'sv' else 'Coding'}: {words}."


def counted(wave: Wave, question: str, lang: Language = "sv") -> str:
    """The answers that a question of one coding counts, or the parts of a derived one."""
    book = wave.book
    asked = book.questions[question]
    sv = lang == "sv"
    if asked.derived is not None:
        texts = [book.parts[p].text for p in asked.derived.any_of]
        start = "Räknas: minst ett av " if sv else "Counted: at least one of "
    else:
        scale = book.scales[asked.waves[wave.year].scale or str(asked.scale)]
        positive = asked.codings[coding_of(wave, question)].positive
        texts = [scale.answers[a] for a in positive]
        start = "Räknas: " if sv else "Counted: "
    words = [t.sv if sv else t.en for t in texts]
    return f"{start}{', '.join(w[:1].lower() + w[1:] for w in words)}."


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
