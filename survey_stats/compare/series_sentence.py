"""The last count of a series in words that a reader without statistics can use."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from survey_stats.labels import NBSP, Language, number, told

Floats = NDArray[np.float64]


class SeriesResult(Protocol):
    """What `series_sentence` reads of a `CountSeries`."""

    @property
    def periods(self) -> tuple[str, ...]: ...
    @property
    def trend(self) -> bool: ...
    @property
    def against(self) -> str: ...
    @property
    def margin(self) -> float: ...
    @property
    def level(self) -> float: ...
    @property
    def family_size(self) -> int: ...
    @property
    def totals_size(self) -> int: ...
    @property
    def counts(self) -> Floats: ...
    @property
    def expected(self) -> Floats: ...
    @property
    def prediction_low(self) -> Floats: ...
    @property
    def prediction_high(self) -> Floats: ...
    @property
    def p_dispersion(self) -> Floats: ...
    @property
    def p_value(self) -> Floats: ...
    @property
    def is_total(self) -> NDArray[np.bool_]: ...
    @property
    def verdict(self) -> NDArray[np.object_]: ...
    @property
    def verdict_poisson(self) -> NDArray[np.object_]: ...


def series_sentence(s: SeriesResult, row: int, lang: Language = "sv") -> str:
    """What was counted, what was to be expected, and what can be said of the difference."""
    sv = lang == "sv"
    last = float(s.counts[row, -1])
    when = told(s.periods[-1], lang)
    if not math.isfinite(last):
        return (
            f"Ett antal saknas, så {when} kan inte bedömas."
            if sv
            else f"A count is missing, so that {when} cannot be judged."
        )
    told_last = number(last, 0, lang)
    start = f"Antalet {when} var {told_last}." if sv else f"The number in {when} was {told_last}."
    if not math.isfinite(s.p_value[row]):
        tail = "Det finns inget att jämföra med." if sv else "There is nothing to compare it with."
        return f"{start} {tail}"
    usual = _outlook(s, row, lang) + _spread(s, row, sv)
    return f"{start} {usual}. {_judged(s, row, sv)}"


def _outlook(s: SeriesResult, row: int, lang: Language) -> str:
    sv = lang == "sv"
    low, high = (number(float(x[row]), 0, lang) for x in (s.prediction_low, s.prediction_high))
    if not math.isfinite(s.prediction_high[row]):
        usual = f"från {low} och uppåt" if sv else f"anything from {low} up"
    else:
        usual = f"mellan {low} och {high}" if sv else f"anything between {low} and {high}"
    first, before = told(s.periods[0], lang), told(s.periods[-2], lang)
    expected = float(s.expected[row])
    about = number(expected, 0 if expected >= 10 else 1, lang)
    span = f"{first}–{before}" if len(s.periods) > 2 else before
    if s.against == "previous":
        was = number(float(s.counts[row, -2]), 0, lang)
        return (
            f"Det var {was} {before}, och därefter är {usual} inget ovanligt"
            if sv
            else f"In {before} it was {was}, and after that {usual} is nothing unusual"
        )
    if s.trend:
        return (
            f"Om utvecklingen {span} hade fortsatt var omkring {about} att vänta, och {usual} "
            "inget ovanligt"
            if sv
            else f"Had the trend of {span} gone on, about {about} was to be expected, and {usual} "
            "would be nothing unusual"
        )
    return (
        f"Efter {span} var omkring {about} att vänta, och {usual} inget ovanligt"
        if sv
        else f"After {span} about {about} was to be expected, and {usual} would be nothing unusual"
    )


def _spread(s: SeriesResult, row: int, sv: bool) -> str:
    """What is said of the variation of the series, as the end of the sentence on what is usual."""
    p = float(s.p_dispersion[row])
    if not math.isfinite(p):
        return (
            "; serien är för kort för att visa om antalen varierar mer än slumpen ger"
            if sv
            else "; the series is too short to show whether the numbers vary more than by chance"
        )
    if p > 1 - s.level:
        return ""
    return (
        ", eftersom antalen har varierat mer än slumpen ger"
        if sv
        else ", since the numbers have varied more than by chance"
    )


def _judged(s: SeriesResult, row: int, sv: bool) -> str:
    verdict = str(s.verdict[row])
    if verdict.startswith("significant"):
        up = verdict.endswith("increase")
        if sv:
            return f"{'Ökningen' if up else 'Minskningen'} är statistiskt säkerställd."
        return f"The {'increase' if up else 'decrease'} is statistically significant."
    if verdict == "unchanged":
        most = number(100 * s.margin, 0, "sv" if sv else "en")
        return (
            f"Nivån är oförändrad: en förändring på {most}{NBSP}% eller mer kan uteslutas."
            if sv
            else f"The level is unchanged: a change of {most}% or more can be ruled out."
        )
    why = ""
    if s.p_value[row] <= 1 - s.level:
        tests = s.totals_size if s.is_total[row] else s.family_size
        why = (
            f"Antalet ligger utanför det, men när {tests} serier prövas samtidigt hamnar lätt "
            "någon utanför av en slump. "
            if sv
            else f"The number is outside that, but when {tests} series are tested at once, one may "
            "easily be so by chance. "
        )
    elif str(s.verdict_poisson[row]).startswith("significant"):
        why = (
            "Slumpen ensam förklarar knappast skillnaden, men den är inte större än vad som "
            "brukar skilja åren åt. "
            if sv
            else "Chance alone hardly explains the difference, but it is no larger than what "
            "usually sets the years apart. "
        )
    return why + (
        "Det kan inte avgöras om något verkligen har förändrats."
        if sv
        else "Whether anything has really changed cannot be decided."
    )
