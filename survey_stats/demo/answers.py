"""The answers of all respondents of a survey: model, published shares, and the detailed codes."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.demo.fit import draw, expit, shift_to
from survey_stats.demo.missing import reason_where
from survey_stats.demo.models import AIMS, logits, model_of
from survey_stats.demo.places import KNOWN_LEANINGS
from survey_stats.demo.population import SEED
from survey_stats.demo.targets import Target
from survey_stats.errors import InputError
from survey_stats.harmonise import Codebook

FloatArray = npt.NDArray[np.float64]
ObjectArray = npt.NDArray[np.object_]
BoolArray = npt.NDArray[np.bool_]

# how often each detailed answer is given within its group, how much more often by those who lean
# to insecurity, and how much more often by the old: made up
_MIX: dict[str, tuple[float, float, float]] = {
    "very_safe": (0.45, -0.5, 0.0),
    "fairly_safe": (0.55, 0.0, 0.0),
    "fairly_unsafe": (0.62, -0.2, -0.2),
    "very_unsafe": (0.17, 0.4, -0.3),
    "stays_in_worry": (0.11, 0.3, 0.6),
    "stays_in_other": (0.10, -0.1, 1.0),
    "stays_in": (0.16, 0.1, 0.9),
    "never": (0.5, -0.5, 0.1),
    "rarely": (0.5, 0.0, -0.1),
    "monthly": (0.62, -0.2, 0.0),
    "weekly": (0.26, 0.1, 0.0),
    "daily": (0.12, 0.5, 0.0),
    "not_at_all": (0.38, -0.5, 0.0),
    "not_very": (0.62, 0.0, 0.0),
    "fairly": (0.75, -0.1, 0.0),
    "very": (0.25, 0.4, 0.0),
    "one": (0.45, -0.2, 0.0),
    "several": (0.55, 0.2, 0.0),
    "no_problem": (0.55, -0.3, 0.0),
    "small": (0.45, 0.0, 0.0),
    "fairly_large": (0.66, -0.1, 0.0),
    "very_large": (0.34, 0.3, 0.0),
}
# how common each crime is among the crimes that a question counts
_CRIMES = {
    "victim_theft": 0.40,
    "victim_vandalism": 0.30,
    "victim_threat": 0.25,
    "victim_violence": 0.12,
    "victim_burglary": 0.10,
    "victim_fraud": 0.30,
    "victim_robbery": 0.12,
    "victim_rape": 0.03,
    "victim_sexual_act": 0.08,
}
_ITEM_MISSING, _PART_MISSING, _DONT_KNOW = 0.018, 0.012, 0.3


@dataclass(eq=False)
class Answers:
    """The detailed answers of a survey's respondents, by codebook name.

    Attributes:
        detail: name of a question or part -> the scale's answer of each respondent, None where
            missing or not asked.
        reason: name -> why it is missing, None where it is answered.
        yes: question -> the harmonised answer, with the question's missing answers False.
    """

    detail: dict[str, ObjectArray] = field(default_factory=dict)
    reason: dict[str, ObjectArray] = field(default_factory=dict)
    yes: dict[str, BoolArray] = field(default_factory=dict)


def answer_all(book: Codebook, people: pd.DataFrame, targets: Sequence[Target]) -> Answers:
    """Answers to every question of the codebook by everybody of every wave.

    Args:
        book: the survey's codebook; its codings say which answers count as yes.
        people: the respondents of all waves under each other: survey, wave, weight, gender,
            age_group, disability, burden, place_key and, as the harmonised frame will tell them,
            the areas and `seen_gender`, `seen_age_group`, `seen_disability`.
        targets: the published shares of this survey.

    Raises:
        InputError: targets contradict each other, or name a question that no wave asks.
    """
    rng = np.random.default_rng([SEED, zlib.crc32(book.survey.encode()), 1])
    trait = rng.standard_normal(len(people))
    seen = people.assign(
        gender=people["seen_gender"],
        age_group=people["seen_age_group"],
        disability=people["seen_disability"],
    )
    aims = _free_aims(book.survey, targets)
    answers = Answers()
    for name, question in book.questions.items():
        waves = [w for w in book.waves if name in book.columns(w)]
        asked = people["wave"].isin(waves).to_numpy()
        missing = _reasons(people, asked, _ITEM_MISSING, rng)
        base = np.flatnonzero(asked & pd.isna(missing))
        eta = _eta(book.survey, name, people, trait)
        eta = _centred(book.survey, name, people, eta)
        uniform = rng.random(len(people))
        yes = np.zeros(len(people), dtype=bool)
        weight = people["weight"].to_numpy(dtype=np.float64)
        yes[base] = _fitted(
            [t for t in targets if t.question == name],
            [t for t in aims if t.question == name],
            seen.iloc[base],
            eta[base],
            weight[base],
            uniform[base],
        )
        answers.yes[name], answers.reason[name] = yes, missing
        if question.derived is not None:
            parts = question.derived.any_of
            loose = question.derived.rule == "any_answered"
            _parts(answers, parts, yes, missing, asked, loose, rng)
        else:
            coding = question.codings[question.coding]
            answers.detail[name] = _details(
                coding.positive, coding.negative, yes, missing, asked, trait, people, rng
            )
    _loose_parts(book, answers, people, rng)
    return answers


def _fitted(
    targets: Sequence[Target],
    aims: Sequence[Target],
    rows: pd.DataFrame,
    eta: FloatArray,
    weight: FloatArray,
    uniform: FloatArray,
) -> BoolArray:
    """Answers that meet the published shares, and the demo's own aims if those leave room."""
    members = np.array([t.members(rows) for t in (*targets, *aims)])
    members = members.reshape(len(targets) + len(aims), len(rows))
    try:
        return draw([*targets, *aims], members, eta, weight, uniform)
    except InputError:
        if not aims:
            raise
    return draw(targets, members[: len(targets)], eta, weight, uniform)


def _free_aims(survey: str, targets: Sequence[Target]) -> list[Target]:
    """The demo's own aims for domains about which nothing is published."""
    taken = {(t.years, t.area, t.question, t.group) for t in targets}
    return [
        a
        for a in AIMS
        if a.survey == survey and (a.years, a.area, a.question, a.group) not in taken
    ]


def _eta(survey: str, question: str, people: pd.DataFrame, trait: FloatArray) -> FloatArray:
    """The model's logits; a place leans the same way in every wave, much alike by question."""
    places, position = np.unique(people["place_key"].to_numpy(dtype=str), return_inverse=True)
    common, own = (
        np.array([_leaning(place, what) for place in places]) for what in ("place", question)
    )
    local = 0.8 * common + 0.6 * own
    return logits(model_of(survey, question), people, trait, local[position])


def _leaning(place: str, what: str) -> float:
    """A standard normal draw that belongs to the place, whatever else the build holds."""
    if what == "place" and place in KNOWN_LEANINGS:
        return KNOWN_LEANINGS[place]
    seed = [SEED, zlib.crc32(place.encode()), zlib.crc32(what.encode())]
    return float(np.random.default_rng(seed).standard_normal())


def _centred(survey: str, question: str, people: pd.DataFrame, eta: FloatArray) -> FloatArray:
    """Logits whose weighted mean probability is the model's level in each wave."""
    model = model_of(survey, question)
    waves, position = np.unique(people["wave"].to_numpy(), return_inverse=True)
    levels = np.array([model.level(survey, int(w)) for w in waves])
    weight = people["weight"].to_numpy(dtype=np.float64)
    p = shift_to(eta, weight, position, levels)
    return np.asarray(np.log(p) - np.log1p(-p))


def _reasons(
    people: pd.DataFrame, asked: BoolArray, rate: float, rng: np.random.Generator
) -> ObjectArray:
    """Why answers are missing: more often by the old, mostly without a word."""
    old = people["age_group"].isin(["65-79", "80+"]).to_numpy()
    chance = rate * np.where(old, 1.8, 0.85)
    lost = asked & (rng.random(len(people)) < chance)
    unsure = rng.random(len(people)) < _DONT_KNOW
    # the school survey has no such answer to the questions that are asked here
    unsure &= (people["survey"] != "school_survey").to_numpy()
    return reason_where(lost & unsure, "dont_know", reason_where(lost, "no_answer"))


def _details(
    positive: Sequence[str],
    negative: Sequence[str],
    yes: BoolArray,
    missing: ObjectArray,
    asked: BoolArray,
    trait: FloatArray,
    people: pd.DataFrame,
    rng: np.random.Generator,
) -> ObjectArray:
    """A detailed answer within the group that the yes or no stands for."""
    old = people["age_group"].map({"65-79": 0.6, "80+": 1.4}).fillna(-0.15).to_numpy()
    old = old + 0.6 * (people["disability"] == "yes").to_numpy()
    detail = np.full(len(people), None, dtype=object)
    answered = asked & pd.isna(missing)
    for group, inside in ((positive, answered & yes), (negative, answered & ~yes)):
        mix = np.array([_MIX.get(a, (1.0, 0.0, 0.0)) for a in group])
        lean = np.outer(trait[inside], mix[:, 1]) + np.outer(old[inside], mix[:, 2])
        odds = mix[:, 0] * np.exp(lean)
        bounds = np.cumsum(odds, axis=1)
        chosen = (rng.random(int(inside.sum())) * bounds[:, -1])[:, None] >= bounds
        detail[inside] = np.array(group, dtype=object)[chosen.sum(axis=1)]
    return detail


def _parts(
    answers: Answers,
    parts: Sequence[str],
    yes: BoolArray,
    missing: ObjectArray,
    asked: BoolArray,
    loose: bool,
    rng: np.random.Generator,
) -> None:
    """Answers to the parts of a derived question: at least one yes where it is yes, else none.

    Where the rule allows it (`loose`), some parts are left out by people who answer others.
    """
    n, k = yes.size, len(parts)
    rate = np.array([_CRIMES.get(p, 0.2) for p in parts])
    hit = rng.random((n, k)) < rate
    sure = rng.choice(k, size=n, p=rate / rate.sum())
    none = ~hit.any(axis=1)
    hit[np.flatnonzero(none), sure[none]] = True
    hit &= yes[:, None]
    # a respondent's one certain answer is never left out, so the derived answer stands
    anchor = np.where(yes, np.argmax(hit, axis=1), sure)
    left_out = (rng.random((n, k)) < _PART_MISSING) & (loose & asked & pd.isna(missing))[:, None]
    left_out[np.arange(n), anchor] = False
    for j, part in enumerate(parts):
        answers.reason[part] = reason_where(left_out[:, j], "no_answer", missing)
        answers.detail[part] = _yes_or_no(hit[:, j], asked & pd.isna(answers.reason[part]))


def _yes_or_no(yes: BoolArray, answered: BoolArray) -> ObjectArray:
    """ "yes" and "no" of those who answered, None for the others."""
    told = reason_where(answered, "no")
    told[answered & yes] = "yes"
    return told


def _loose_parts(
    book: Codebook, answers: Answers, people: pd.DataFrame, rng: np.random.Generator
) -> None:
    """Parts that no derived question counts are answered by themselves."""
    for name, part in book.parts.items():
        if name in answers.detail:
            continue
        asked = people["wave"].isin(list(part.waves)).to_numpy()
        reason = _reasons(people, asked, _ITEM_MISSING, rng)
        eta = _eta(book.survey, name, people, np.zeros(len(people)))
        level = _CRIMES.get(name, 0.1) * 0.6
        yes = rng.random(len(people)) < expit(eta - eta.mean() + np.log(level / (1 - level)))
        answers.reason[name] = reason
        answers.detail[name] = _yes_or_no(yes, asked & pd.isna(reason))
