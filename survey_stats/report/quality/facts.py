"""What is known and what is counted of each wave: response, weights, missing answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from survey_stats import protect
from survey_stats.report.plan import CITY
from survey_stats.report.waves import Wave
from survey_stats.weight import kish_design_effect

ResponseSource = Literal["stated", "computed", "unknown"]


@dataclass(frozen=True)
class WaveFacts:
    """One wave, as its codebook declares it and as its delivery is counted.

    Attributes:
        survey, year: the wave.
        population: `residents` or `pupils`.
        ages: youngest and oldest age that was asked; None where that is not said or open.
        mode: how the answers were given; empty where that is not known.
        months: the months of the field work; empty where they are not known.
        areas: the areas that were asked, where only some were.
        sampled, answers: people drawn and people who answered, as declared; None where not known.
        response: the share that answered, 0-1: as stated for everybody or for this area, else
            answers over people drawn; None where neither is known.
        response_source: where `response` comes from.
        delivered: answers in the delivery.
        here: answers from the area; None where there are some but fewer than may be shown, and
            then `kish_here` and `missing` are empty too.
        weighted: whether respondents have different weights.
        weight_sum: the sum of the weights of the delivery, before any scaling.
        weights_sum_to: what the codebook says that the weights sum to.
        kish: Kish's design effect of the weights over all respondents; 1 where weights are equal.
        kish_here: the same over the respondents of the area.
        largest: the largest weight over the median one.
        strata, psus: their numbers; psus is None where nobody is clustered.
        lonely: strata with one sampling unit.
        missing: question -> the share of the area's respondents without a usable answer, 0-1,
            unweighted; questions that the wave did not ask there, or whose base may not be shown,
            are left out.
        districts_as_of: the date of the district boundaries that the delivery uses.
        file, sha256: the delivery.
        synthetic: whether the answers are made up.
    """

    survey: str
    year: int
    population: str
    ages: tuple[int | None, int | None]
    mode: tuple[str, ...]
    months: tuple[int, ...]
    areas: tuple[str, ...]
    sampled: int | None
    answers: int | None
    response: float | None
    response_source: ResponseSource
    delivered: int
    here: int | None
    weighted: bool
    weight_sum: float
    weights_sum_to: str
    kish: float
    kish_here: float | None
    largest: float
    strata: int
    psus: int | None
    lonely: int
    missing: dict[str, float]
    districts_as_of: str
    file: str
    sha256: str
    synthetic: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain values; what is not known is None."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}


def wave_facts(
    wave: Wave,
    area: str,
    questions: Sequence[str] = (),
    rule: protect.Rule = protect.DEFAULT,
) -> WaveFacts:
    """Declared and counted facts of a wave.

    Args:
        wave: harmonised.
        area: a district, or the city.
        questions: those whose missing answers are counted.
        rule: from how many answers on the area's own counts may be shown.
    """
    declared = wave.book.wave(wave.year)
    facts = declared.facts
    weights = wave.frame["weight"].to_numpy(dtype=float)
    inside = in_area(wave, area)
    here = weights[inside]
    few = 0 < len(here) < rule.minimum_base
    response, source = _response(wave, area)
    psus = wave.frame["psu"] if declared.psu else None
    return WaveFacts(
        survey=wave.survey,
        year=wave.year,
        population=facts.population,
        ages=facts.ages or (None, None),
        mode=facts.mode if isinstance(facts.mode, tuple) else (),
        months=facts.months,
        areas=facts.areas,
        sampled=facts.sampled,
        answers=facts.answers,
        response=response,
        response_source=source,
        delivered=protect.rounded_base(len(wave.frame), rule),
        here=None if few else protect.rounded_base(len(here), rule),
        weighted=bool(np.ptp(weights) > 0),
        weight_sum=float(math.fsum(weights)),
        weights_sum_to=declared.weights_sum_to,
        kish=kish_design_effect(weights),
        kish_here=None if few or not len(here) else kish_design_effect(here),
        largest=float(weights.max() / np.median(weights)),
        strata=int(wave.frame["stratum"].nunique()) if declared.stratum else 1,
        psus=None if psus is None else int(psus.nunique()),
        lonely=_lonely(wave) if declared.stratum or declared.psu else 0,
        missing={} if few else _missing(wave, inside, questions, rule.minimum_base),
        districts_as_of=declared.districts_as_of.isoformat(),
        file=wave.file,
        sha256=wave.sha256,
        synthetic=wave.synthetic,
    )


def in_area(wave: Wave, area: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which respondents of a wave live in an area."""
    column = "municipality" if area == CITY else "district"
    return (wave.frame[column] == area).fillna(False).to_numpy(dtype=bool)


def _response(wave: Wave, area: str) -> tuple[float | None, ResponseSource]:
    facts = wave.book.wave(wave.year).facts
    stated = facts.response.get(area, facts.response.get("all"))
    if stated is not None:
        return stated, "stated"
    if facts.sampled and facts.answers:
        return facts.answers / facts.sampled, "computed"
    return None, "unknown"


def _lonely(wave: Wave) -> int:
    units = wave.frame.groupby("stratum", dropna=False)["psu"].nunique()
    return int((units == 1).sum())


def _missing(
    wave: Wave, inside: np.ndarray[Any, Any], questions: Sequence[str], least: int
) -> dict[str, float]:
    out = {}
    for question in questions:
        if question not in wave.frame:
            continue
        answers = wave.frame[question][inside]
        # beside the number of respondents the share of missing answers tells the base
        if answers.notna().sum() >= max(least, 1):
            out[question] = float(answers.isna().mean())
    return out
