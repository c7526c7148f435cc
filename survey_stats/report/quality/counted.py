"""Assumptions that can be tried on the deliveries themselves: each is counted anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from survey_stats.labels import Language, number, percent, word
from survey_stats.report.comparable import NOT_COMPARABLE
from survey_stats.report.quality.checks import Checks
from survey_stats.report.quality.facts import WaveFacts
from survey_stats.report.quality.log import Assumption, Status, Words
from survey_stats.report.sentences import joined, latest_totals
from survey_stats.weight.diagnostics.verdict import HEAVY_OVER_MEDIAN, MUCH_DESIGN_EFFECT

MISSING: tuple[float, float] = (0.05, 0.15)
"""Missing answers to one question are green below the first share and red from the second: at 5 %
they move a share by two or three points at most, at 15 % by more than most changes; a convention of
this project."""
MOVES: tuple[float, float] = (0.01, 0.03)
"""A choice of coding is green below the first effect on a share and red from the second, which is
the change that `unchanged` rules out."""
FEW_DF = 12
"""Below, the quantile of t is 2.2 or more, and errors themselves are known badly (NCHS asks for a
review below 8)."""


def counted(
    facts: Sequence[WaveFacts],
    figures: pd.DataFrame,
    checks: Checks | None = None,
) -> tuple[Assumption, ...]:
    """What the deliveries say about their own quality, as assumptions that were tried.

    Args:
        facts: of the waves that the document rests on.
        figures: its figures (see `schema`).
        checks: the findings of `check`; left out where None.
    """
    made = [
        _synthetic(facts),
        _weights(facts),
        _missing(facts),
        _strata(facts),
        _units(figures),
        _coding(figures),
        _comparable(figures),
        _checked(checks),
    ]
    return tuple(a for a in made if a is not None)


def _both(sv: str, en: str) -> Words:
    return Words(sv, en)


def _surveys(facts: Sequence[WaveFacts]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f.survey for f in facts))


def _synthetic(facts: Sequence[WaveFacts]) -> Assumption | None:
    made_up = [f for f in facts if f.synthetic]
    if not made_up:
        return None
    return Assumption(
        "synthetic",
        "red",
        _both(
            "Svaren är påhittade och säger ingenting om verkligheten.",
            "The answers are made up and say nothing about the world.",
        ),
        _both(
            "De visar hur dokumentet ser ut tills verkliga leveranser finns.",
            "They show what the document looks like until there are real deliveries.",
        ),
        _both(
            f"{len(made_up)} av {len(facts)} leveranser som andelarna bygger på är märkta som "
            "syntetiska.",
            f"{len(made_up)} of {len(facts)} deliveries that the shares rest on are marked as "
            "synthetic.",
        ),
        surveys=_surveys(made_up),
        counted=True,
    )


def _weights(facts: Sequence[WaveFacts]) -> Assumption | None:
    weighted = [f for f in facts if f.weighted]
    if not weighted:
        return None
    worst = max(weighted, key=lambda f: f.kish)
    heavy = max(weighted, key=lambda f: f.largest)
    bad = worst.kish >= MUCH_DESIGN_EFFECT or heavy.largest >= HEAVY_OVER_MEDIAN

    def told(lang: Language) -> str:
        sv = lang == "sv"
        first = f"{word(worst.survey, lang)} {worst.year}"
        second = f"{word(heavy.survey, lang)} {heavy.year}"
        kish, largest = number(worst.kish, 2, lang), number(heavy.largest, 1, lang)
        effective = percent(1 / worst.kish, 0, lang)
        return (
            f"Räknat. Vikterna kostar mest i {first}: svaren räcker lika långt som {effective} så "
            f"många med lika vikter (designeffekt {kish}). Den största vikten är som mest "
            f"{largest} gånger medianvikten ({second})."
            if sv
            else f"Counted. Weights cost most in {first}: the answers go as far as {effective} of "
            f"them with equal weights (design effect {kish}). The largest weight is at most "
            f"{largest} times the median one ({second})."
        )

    return Assumption(
        "weights-spread",
        "amber" if bad else "green",
        _both(
            "Ingen liten grupp av svarande bestämmer resultatet genom stora vikter.",
            "No small group of respondents decides the result by large weights.",
        ),
        _both(
            "Några få mycket stora vikter skulle göra andelarna ostadiga.",
            "A few very large weights would make shares unstable.",
        ),
        _both(told("sv"), told("en")),
        surveys=_surveys(weighted),
        counted=True,
    )


def _graded(value: float, limits: tuple[float, float]) -> Status:
    if value < limits[0]:
        return "green"
    return "amber" if value < limits[1] else "red"


def _missing(facts: Sequence[WaveFacts]) -> Assumption | None:
    latest = {f.survey: f for f in facts if f.missing}
    cells = [(share, f, q) for f in latest.values() for q, share in f.missing.items()]
    if not cells:
        return None
    worst, where, question = max(cells, key=lambda c: c[0])
    middle = float(np.median([c[0] for c in cells]))

    def told(lang: Language) -> str:
        most, usual = percent(worst, 1, lang), percent(middle, 1, lang)
        source = f"{word(question, lang)}, {word(where.survey, lang)} {where.year}"
        return (
            f"Räknat i området vid de senaste mätningarna. I mitten av frågorna saknar {usual} "
            f"svar, som mest {most} ({source})."
            if lang == "sv"
            else f"Counted in the district in the latest waves. The median question lacks {usual} "
            f"of answers, at most {most} ({source})."
        )

    return Assumption(
        "item-nonresponse",
        _graded(worst, MISSING),
        _both(
            "De som hoppade över en fråga hade svarat som de andra.",
            "Those who skipped a question would have answered like the others.",
        ),
        _both(
            "Andelen räknas bland dem som svarade på frågan.",
            "A share is of those who answered the question.",
        ),
        _both(told("sv"), told("en")),
        counted=True,
    )


def _strata(facts: Sequence[WaveFacts]) -> Assumption | None:
    lonely = [f for f in facts if f.lonely]
    if not any(f.strata > 1 for f in facts):
        return None
    total = sum(f.lonely for f in lonely)

    def told(lang: Language) -> str:
        if not lonely:
            return (
                "Räknat. Alla skikt har minst två urvalsenheter."
                if lang == "sv"
                else "Counted. Every stratum has at least two sampling units."
            )
        names = joined([f"{word(f.survey, lang)} {f.year}" for f in lonely], lang)
        return (
            f"Räknat. {total} skikt har en enda urvalsenhet ({names})."
            if lang == "sv"
            else f"Counted. {total} strata have one sampling unit ({names})."
        )

    return Assumption(
        "strata-size",
        "amber" if lonely else "green",
        _both(
            "Spridningen inom varje skikt går att skatta.",
            "The spread within every stratum can be estimated.",
        ),
        _both(
            "Ett skikt med en enda urvalsenhet säger inget om sin egen spridning.",
            "A stratum with one sampling unit says nothing about its own spread.",
        ),
        _both(told("sv"), told("en")),
        surveys=_surveys([f for f in facts if f.strata > 1]),
        counted=True,
    )


def _units(figures: pd.DataFrame) -> Assumption | None:
    rows = latest_totals(figures)
    rows = rows[rows["df"].notna() & rows["share"].notna()]
    if rows.empty:
        return None
    least = rows.iloc[int(np.argmin(rows["df"].to_numpy(dtype=float)))]
    df = float(least["df"])

    def told(lang: Language) -> str:
        source = f"{word(str(least['survey']), lang)} {least['wave']}"
        return (
            f"Räknat för hela området. Minst frihetsgrader har {source}: {number(df, 0, lang)}."
            if lang == "sv"
            else f"Counted for the whole district. Fewest degrees of freedom: {source}, "
            f"{number(df, 0, lang)}."
        )

    return Assumption(
        "units",
        "amber" if df < FEW_DF else "green",
        _both(
            "Urvalsenheterna (svarande eller skolor) är så många att osäkerheten själv är väl "
            "skattad.",
            "There are so many sampling units (respondents or schools) that the uncertainty itself "
            "is estimated well.",
        ),
        _both(
            "Med få skolor i ett område är intervallen själva osäkra.",
            "With few schools in a district the intervals themselves are uncertain.",
        ),
        _both(told("sv"), told("en")),
        surveys=(str(least["survey"]),),
        counted=True,
    )


def _coding(figures: pd.DataFrame) -> Assumption | None:
    rows = figures[~figures["default_coding"] & figures["coding_difference"].notna()]
    if rows.empty:
        return None
    worst = rows.iloc[int(np.argmax(np.abs(rows["coding_difference"].to_numpy(dtype=float))))]
    moved = abs(float(worst["coding_difference"]))

    def told(lang: Language) -> str:
        much = number(100 * moved, 1, lang)
        source = f"{word(str(worst['survey']), lang)} {worst['wave']}"
        return (
            f"Räknat. Ett annat sätt att räkna samma svar flyttar andelen som mest {much} "
            f"procentenheter ({source}). Alla sätten redovisas bredvid varandra."
            if lang == "sv"
            else f"Counted. Another coding of the same answers moves the share by {much} "
            f"percentage points at most ({source}). All codings are shown side by side."
        )

    return Assumption(
        "coding",
        _graded(moved, MOVES),
        _both(
            "Den som inte går ut på kvällen räknas så som frågans kodning säger.",
            "Those who stay in of an evening are counted as the coding of the question says.",
        ),
        _both(
            "Staden, regionen och forskningen räknar samma svar på olika sätt.",
            "The city, the region and researchers count the same answers differently.",
        ),
        _both(told("sv"), told("en")),
        surveys=tuple(str(s) for s in dict.fromkeys(rows["survey"])),
        questions=tuple(str(q) for q in dict.fromkeys(rows["question"])),
        counted=True,
    )


def _comparable(figures: pd.DataFrame) -> Assumption | None:
    rows = latest_totals(figures)
    rows = rows[rows["previous_wave"].notna()]
    if rows.empty:
        return None
    caveat = int((rows["change_grade"] == "comparable with caveat").sum())
    never = int((rows["change_grade"] == NOT_COMPARABLE).sum())
    status: Literal["amber", "green"] = "amber" if caveat or never else "green"

    def told(lang: Language) -> str:
        every = len(rows)
        return (
            f"Graderat ur kodböckerna. Av {every} jämförelse{'' if every == 1 else 'r'} med "
            f"mätningen före har {caveat} förbehåll, som står vid talen, och {never} "
            "görs inte för att mätningarna inte är jämförbara."
            if lang == "sv"
            else f"Graded by the codebooks. Of {every} comparison{'' if every == 1 else 's'} with "
            f"the wave before {caveat} carry a caveat, printed with the figures, and {never} "
            "are not made since the waves are not comparable."
        )

    return Assumption(
        "comparable",
        status,
        _both(
            "Mätningarna före och efter mäter samma sak bland samma slags människor.",
            "The waves before and after measure the same among the same kind of people.",
        ),
        _both(
            "Annars visar en förändring att frågan eller urvalet har ändrats.",
            "Otherwise a change tells that the question or the sample changed.",
        ),
        _both(told("sv"), told("en")),
        counted=True,
    )


def _checked(checks: Checks | None) -> Assumption | None:
    if checks is None:
        return None
    errors, warnings = checks.number("error"), checks.number("warning")
    status: Status = "red" if errors else "amber" if warnings else "green"

    def told(lang: Language) -> str:
        n, notes = len(checks.waves), checks.number("note")
        return (
            f"Prövat. I {n} leveranser: {errors} fel, {_many(warnings, 'varning', 'ar')} och "
            f"{_many(notes, 'upplysning', 'ar')}."
            if lang == "sv"
            else f"Tried. In {n} deliveries: {_many(errors, 'error', 's')}, "
            f"{_many(warnings, 'warning', 's')} and {_many(notes, 'note', 's')}."
        )

    return Assumption(
        "deliveries",
        status,
        _both(
            "Leveranserna är hela och deras svar är kodade som i mätningen före.",
            "The deliveries are whole, and their answers coded as in the wave before.",
        ),
        _both(
            "En vänd skala eller borttappade rader ser annars ut som en verklig förändring.",
            "A reversed scale or lost rows would look like a real change.",
        ),
        _both(told("sv"), told("en")),
        counted=True,
    )


def _many(n: int, thing: str, plural: str) -> str:
    return f"{n} {thing}{'' if n == 1 else plural}"
