"""Which variable of a new delivery asks what a variable of an old wave asked.

Record linkage after Fellegi and Sunter (1969, JASA 64, eq. 4): every comparison of two variables
(their labels, answers, distribution, name, place) falls into a level, and each level weighs the
logarithm of m/u, where m is how often pairs that belong together fall into it and u how often
other pairs do. The sum of the weights, the chance that a variable is asked again, and the rivals
of a pair give the confidence that the pair belongs together.

`u` of labels and value labels was measured on all pairs of different variables of one school
survey's codebook (544 variables); `m` and the other levels are judgements of this project, tested
on that survey's renumbering from 2022 to 2024 and on held-back waves of the demo.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from survey_stats.errors import fold
from survey_stats.harmonise.matching.numbering import parse_name, weigh_places
from survey_stats.harmonise.matching.similarity import (
    Floats,
    answers_similarity,
    quantile_distance,
    share_distance,
    text_similarity,
)

Kind = Literal["key", "number", "codes", "constant", "unknown"]
# the chance that a variable of the old wave is there in the new one
_ASKED_AGAIN = 0.9
# pairs that their place made sure tell the place of others
_LOOKS = 2
# least likeness -> (m, u)
_LABEL = (
    (0.995, 0.60, 1e-5),
    (0.90, 0.16, 4.7e-4),
    (0.75, 0.08, 1.3e-3),
    (0.60, 0.05, 2.0e-3),
    (0.45, 0.03, 3.5e-3),
    (0.30, 0.03, 8.0e-3),
    (0.20, 0.02, 2.3e-2),
    (0.10, 0.015, 0.16),
    (0.00, 0.015, 0.80),
)
_ANSWERS = ((0.95, 0.75, 0.10), (0.70, 0.15, 0.04), (0.40, 0.06, 0.16), (0.0, 0.04, 0.70))
# most distance -> (m, u); a sample of thousands moves little from wave to wave by chance
_SHARES = (
    (0.03, 0.35, 0.02),
    (0.08, 0.35, 0.05),
    (0.20, 0.20, 0.15),
    (0.50, 0.07, 0.35),
    (1.0, 0.03, 0.43),
)
_SAME_WORD, _LIKE_WORD, _OTHER_WORD = 0.75, (0.10, 0.01), 0.15
_LIKE = 0.75
_OTHER_KIND = 0.03
_TRUSTED = 0.45


@dataclass(frozen=True)
class Profile:
    """One variable, as far as it is known.

    `texts` are its label and whatever else says what it asks; `answers` maps codes to labels
    without those that stand for a missing answer; `shares` is its distribution over codes (valid
    answers only), `quantiles` that of a number; `position` is its place in the file. `claims`
    names what the variable says it is (such as "weight"). `spoken` says that the text is its name
    only, which may speak for a pair and not against it.
    """

    name: str
    texts: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    kind: Kind = "unknown"
    shares: Mapping[str, float] = field(default_factory=dict)
    quantiles: tuple[float, ...] = ()
    position: int | None = None
    claims: frozenset[str] = frozenset()
    spoken: bool = False


@dataclass(frozen=True)
class Candidate:
    """A variable that may be the one, the confidence in it, and what speaks for and against."""

    name: str
    confidence: float
    why: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """Weights (natural logarithms of m/u) of every pair by comparison, each of shape (old, new)."""

    label: Floats
    answers: Floats
    shares: Floats
    name: Floats
    kind: Floats
    place: Floats
    likeness: Floats

    @property
    def total(self) -> Floats:
        """The sum of all weights."""
        return self.label + self.answers + self.shares + self.name + self.kind + self.place


def match(
    old: Sequence[Profile],
    new: Sequence[Profile],
    most: int = 3,
    sizes: tuple[int, int] | None = None,
) -> list[tuple[int | None, tuple[Candidate, ...]]]:
    """The best one-to-one matching of `old` variables to `new` ones.

    Labels, answers, distributions and names that are words are weighed first. The pairs that
    these make sure then tell how the numbers of questions and the places in the file moved, which
    is weighed for the others. A number alone never decides: that F100 is F100 again counts for as
    much as same numbers are seen to have same labels.

    Args:
        old: the variables looked for; `position` is left out where their file is not known.
        new: all variables of the new delivery.
        most: how many candidates to tell.
        sizes: how many variables the old and the new file have, where both are known: then both
            ends of the files are places too.

    Returns:
        For each of `old`: the position in `new` (None where no match is more likely), and up to
        `most` candidates, likeliest first. The confidence of a candidate is the posterior
        probability of the pair, given all rivals for either side.
    """
    if not old or not new:
        return [(None, ()) for _ in old]
    evidence = _first_look(old, new)
    numbers = _numbered_names(old, new, evidence.likeness)
    before = [(p.name, p.position) for p in old]
    after = [(p.name, p.position) for p in new]
    posterior = _posterior(evidence.total)
    for _ in range(_LOOKS):
        evidence.place[:] = weigh_places(before, after, posterior, numbers, sizes)
        posterior = _posterior(evidence.total)
    chosen = _assign(evidence.total)
    found: list[tuple[int | None, tuple[Candidate, ...]]] = []
    for i in range(len(old)):
        order = list(np.argsort(-posterior[i], kind="stable")[: most + 1])
        if chosen[i] is not None:
            order = [chosen[i], *(j for j in order if j != chosen[i])]
        found.append(
            (
                chosen[i],
                tuple(
                    Candidate(
                        new[j].name, round(float(posterior[i, j]), 4), _why(evidence, i, int(j))
                    )
                    for j in order[:most]
                ),
            )
        )
    return found


def _first_look(old: Sequence[Profile], new: Sequence[Profile]) -> Evidence:
    likeness = _likeness(old, new)
    answers = answers_similarity([p.answers for p in old], [p.answers for p in new])
    distance = np.array([[_distance(a, b) for b in new] for a in old])
    silent = np.zeros(likeness.shape)
    label = _weigh(likeness, _LABEL)
    spoken = np.add.outer([p.spoken for p in old], [p.spoken for p in new]) > 0
    label[spoken] = np.maximum(label[spoken], 0.0)
    likeness[spoken & (label == 0)] = np.nan
    return Evidence(
        label=label,
        answers=_weigh_answers(answers),
        shares=_weigh(-distance, [(-most, m, u) for most, m, u in _SHARES]),
        name=_words(old, new) + _claims(old, new),
        kind=_kinds(old, new),
        place=silent,
        likeness=likeness,
    )


def _weigh(values: Floats, levels: Sequence[tuple[float, float, float]]) -> Floats:
    """log(m/u) of the first level whose bound each value reaches; 0 where there is none."""
    weights = np.zeros(values.shape)
    for least, m, u in reversed(levels):
        weights[values >= least] = np.log(m / u)
    return weights


def _weigh_answers(alike: Floats) -> Floats:
    """The rarer a set of answers is in the new delivery, the more the same set says."""
    weights = _weigh(alike, _ANSWERS)
    least, m, u = _ANSWERS[0]
    told = (~np.isnan(alike)).sum(axis=1, keepdims=True)
    same = alike >= least
    rarity = np.maximum(same.sum(axis=1, keepdims=True), 1) / np.maximum(told, 1)
    return np.where(same, np.log(m / np.minimum(rarity, u)), weights)


def _likeness(old: Sequence[Profile], new: Sequence[Profile]) -> Floats:
    """The best likeness of any text of a pair; nan where one side has none."""
    rows = [(i, t) for i, p in enumerate(old) for t in p.texts if t]
    columns = [(j, t) for j, p in enumerate(new) for t in p.texts if t]
    best = np.full((len(old), len(new)), -1.0)
    if rows and columns:
        alike = text_similarity([t for _, t in rows], [t for _, t in columns])
        at = np.ix_([i for i, _ in rows], [j for j, _ in columns])
        np.maximum.at(best, at, np.nan_to_num(alike, nan=-1.0))
    return np.where(best < 0, np.nan, best)


def _distance(a: Profile, b: Profile) -> float:
    if a.quantiles and b.quantiles:
        return quantile_distance(np.array(a.quantiles), np.array(b.quantiles))
    if a.shares and b.shares:
        if a.answers and b.answers:
            return share_distance(_by_label(a), _by_label(b))
        return share_distance(a.shares, b.shares)
    return float("nan")


def _by_label(profile: Profile) -> dict[str, float]:
    shares: dict[str, float] = {}
    for code, share in profile.shares.items():
        label = fold(profile.answers.get(code, code))
        shares[label] = shares.get(label, 0.0) + share
    return shares


def _words(old: Sequence[Profile], new: Sequence[Profile]) -> Floats:
    """Names that are words, such as VIKT, say what the variable is."""
    weights = np.zeros((len(old), len(new)))
    words = [fold(p.name) for p in new]
    for i, profile in enumerate(old):
        if parse_name(profile.name) is not None:
            continue
        word = fold(profile.name)
        weights[i] = np.log(_OTHER_WORD)
        weights[i, [_like_words(word, w) for w in words]] = np.log(_LIKE_WORD[0] / _LIKE_WORD[1])
        weights[i, [w == word for w in words]] = np.log(_SAME_WORD * len(new))
    return weights


def _numbered_names(old: Sequence[Profile], new: Sequence[Profile], likeness: Floats) -> Floats:
    """Names that are numbers, such as F100, weigh as much as they are seen to keep their label."""
    weights = np.full(likeness.shape, np.nan)
    trust = _trust_in_numbers(old, new, likeness)
    words = [fold(p.name) for p in new]
    for i, profile in enumerate(old):
        word = fold(profile.name)
        if parse_name(profile.name) is not None and word in words:
            weights[i] = 0.0
            weights[i, words.index(word)] = np.log(trust * len(new))
    return weights


def _trust_in_numbers(old: Sequence[Profile], new: Sequence[Profile], likeness: Floats) -> float:
    """How often the same numbered name is seen with an alike label; 1/4 where nothing is seen."""
    at = {fold(p.name): j for j, p in enumerate(new)}
    seen = [
        likeness[i, at[fold(p.name)]] >= _TRUSTED
        for i, p in enumerate(old)
        if parse_name(p.name) and fold(p.name) in at and not np.isnan(likeness[i, at[fold(p.name)]])
    ]
    return float((sum(seen) + 0.5) / (len(seen) + 2))


def _like_words(a: str, b: str) -> bool:
    if min(len(a), len(b)) < 3:
        return False
    return (
        a.startswith(b) or b.startswith(a) or difflib.SequenceMatcher(None, a, b).ratio() >= _LIKE
    )


def _claims(old: Sequence[Profile], new: Sequence[Profile]) -> Floats:
    """What variables say they are: a weight is likely called one, and little else is."""
    m, u = 0.8, 0.03
    weights = np.zeros((len(old), len(new)))
    for i, a in enumerate(old):
        for j, b in enumerate(new):
            if a.claims:
                weights[i, j] = np.log(m / u) if a.claims & b.claims else np.log((1 - m) / (1 - u))
    return weights


def _kinds(old: Sequence[Profile], new: Sequence[Profile]) -> Floats:
    weights = np.zeros((len(old), len(new)))
    kinds = np.array([p.kind for p in new])
    for i, profile in enumerate(old):
        if profile.kind != "unknown":
            weights[i, (kinds != profile.kind) & (kinds != "unknown")] = np.log(_OTHER_KIND)
            if profile.kind == "key":
                weights[i, kinds == "key"] = np.log(len(new) / max(1, int((kinds == "key").sum())))
    return weights


def _posterior(weights: Floats) -> Floats:
    """The probability of each pair, given the rivals of both its sides (mean field)."""
    prior = np.log(_ASKED_AGAIN / weights.shape[1])
    nothing = np.log(1 - _ASKED_AGAIN)
    free = np.zeros(weights.shape)
    p = np.zeros(weights.shape)
    for _ in range(30):
        log_odds = weights + prior + free
        top = np.maximum(log_odds.max(axis=1, keepdims=True), nothing)
        likely = np.exp(log_odds - top)
        update = likely / (likely.sum(axis=1, keepdims=True) + np.exp(nothing - top))
        if np.abs(update - p).max() < 1e-6:
            break
        # half a step, so that two that rival for one variable do not swap for ever
        p = (p + update) / 2
        taken = np.log1p(-np.minimum(p, 1 - 1e-9))
        free = taken.sum(axis=0, keepdims=True) - taken
    return p


def _assign(weights: Floats) -> list[int | None]:
    """The one-to-one assignment with the largest sum of log odds; None where nothing beats none."""
    from scipy.optimize import linear_sum_assignment

    n_old, n_new = weights.shape
    odds = weights + np.log(_ASKED_AGAIN / n_new)
    nothing = np.full((n_old, n_old), np.log(1 - _ASKED_AGAIN))
    rows, columns = linear_sum_assignment(np.hstack([odds, nothing]), maximize=True)
    chosen: list[int | None] = [None] * n_old
    for i, j in zip(rows, columns, strict=True):
        chosen[i] = int(j) if j < n_new else None
    return chosen


def _why(evidence: Evidence, i: int, j: int) -> tuple[str, ...]:
    told: list[str] = []
    likeness = evidence.likeness[i, j]
    if not np.isnan(likeness):
        told.append("same label" if likeness >= _LABEL[0][0] else f"label {likeness:.2f} alike")
    for weight, for_it, against in (
        (evidence.answers[i, j], "alike answers", "other answers"),
        (evidence.shares[i, j], "alike distribution", "another distribution"),
        (evidence.name[i, j], "its name", "another name"),
        (evidence.kind[i, j], "alike values", "another kind of values"),
        (evidence.place[i, j], "its place among the others", "out of its place"),
    ):
        if weight > 0.5:
            told.append(for_it)
        elif weight < -1.0:
            told.append(against)
    return tuple(told)
