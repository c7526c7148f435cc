"""What is different from the wave before, told from the facts of both."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from survey_stats.harmonise.geography import Geography
from survey_stats.labels import Language, heading, number, percent
from survey_stats.report.quality.facts import WaveFacts
from survey_stats.report.sentences import joined

_MODES = {
    "post": ("på papper", "on paper"),
    "web": ("på webben", "on the web"),
    "classroom": ("i klassrummet", "in the classroom"),
}


def since_last(facts: Sequence[WaveFacts], lang: Language = "sv") -> list[str]:
    """A sentence a survey: what its latest wave did otherwise than the one before.

    Args:
        facts: of the waves that the document rests on, in order.
        lang: the reader's language.
    """
    out = []
    for survey in dict.fromkeys(f.survey for f in facts):
        own = [f for f in facts if f.survey == survey]
        last = own[-1]
        if len(own) < 2:
            out.append(
                f"{heading(survey, lang)} {last.year}: ingen tidigare mätning finns med."
                if lang == "sv"
                else f"{heading(survey, lang)} {last.year}: no earlier wave is used."
            )
            continue
        before = own[-2]
        told = differences(before, last, lang)
        start = (
            f"{heading(survey, lang)} {last.year} jämfört med {before.year}"
            if lang == "sv"
            else f"{heading(survey, lang)} {last.year} against {before.year}"
        )
        if told:
            out.append(f"{start}: {joined(told, lang)}.")
        else:
            out.append(
                f"{start}: ingen ändring är känd av åldrar, insamlingssätt eller områden."
                if lang == "sv"
                else f"{start}: no change of ages, mode or areas is known."
            )
    return out


def differences(before: WaveFacts, last: WaveFacts, lang: Language = "sv") -> list[str]:
    """What is known to differ between two waves of one survey, as clauses."""
    sv = lang == "sv"
    told = []
    if before.ages != last.ages and None not in (before.ages[0], last.ages[0]):
        told.append(
            f"åldrarna var {ages(before, lang)} och är {ages(last, lang)}"
            if sv
            else f"ages were {ages(before, lang)} and are {ages(last, lang)}"
        )
    if before.mode and last.mode and before.mode != last.mode:
        told.append(
            f"svaren lämnades {modes(before, lang)} och lämnas {modes(last, lang)}"
            if sv
            else f"answers were given {modes(before, lang)} and are given {modes(last, lang)}"
        )
    if before.areas != last.areas:
        told.append("mätningen täcker andra områden" if sv else "the survey covers other areas")
    if _other_districts(before, last):
        told.append(
            f"områdesindelningen är den från {last.districts_as_of[:4]} i stället för "
            f"{before.districts_as_of[:4]} (båda räknas om till dagens)"
            if sv
            else f"the districts are those of {last.districts_as_of[:4]} rather than "
            f"{before.districts_as_of[:4]} (both are told in today's)"
        )
    if before.sampled and last.sampled and before.sampled != last.sampled:
        told.append(
            f"urvalet gick från {number(before.sampled, 0, lang)} till "
            f"{number(last.sampled, 0, lang)}"
            if sv
            else f"the sample went from {number(before.sampled, 0, lang)} to "
            f"{number(last.sampled, 0, lang)}"
        )
    if before.response is not None and last.response is not None:
        first, second = percent(before.response, 0, lang), percent(last.response, 0, lang)
        if first != second:
            told.append(
                f"svarsandelen gick från {first} till {second}"
                if sv
                else f"the response went from {first} to {second}"
            )
    if before.delivered == last.delivered:
        return told
    told.append(
        f"leveransen har {number(last.delivered, 0, lang)} svar, mot "
        f"{number(before.delivered, 0, lang)} förra gången"
        if sv
        else f"the delivery has {number(last.delivered, 0, lang)} answers, against "
        f"{number(before.delivered, 0, lang)} the time before"
    )
    return told


def ages(facts: WaveFacts, lang: Language = "sv") -> str:
    """The ages that a wave asked.

    >>> from types import SimpleNamespace as Facts
    >>> ages(Facts(ages=(16, 79))), ages(Facts(ages=(16, None)))
    ('16–79 år', '16 år och äldre')
    """
    low, high = facts.ages
    if low is None:
        return "inte kända" if lang == "sv" else "not known"
    if high is None:
        return f"{low} år och äldre" if lang == "sv" else f"{low} years and older"
    return f"{low}–{high} år" if lang == "sv" else f"{low}–{high} years"


def modes(facts: WaveFacts, lang: Language = "sv") -> str:
    """How the answers of a wave were given, in words."""
    words = [_MODES.get(m, (m, m))[0 if lang == "sv" else 1] for m in facts.mode]
    return joined(words, lang)


def _other_districts(before: WaveFacts, last: WaveFacts) -> bool:
    """Whether districts merged between the dates whose division two waves use."""
    geo = Geography.load()
    days = [datetime.date.fromisoformat(f.districts_as_of) for f in (before, last)]
    return geo.districts(days[0]) != geo.districts(days[1])
