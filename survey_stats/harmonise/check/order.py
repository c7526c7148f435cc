"""Whether two answers of a question have changed places: numbers only.

Swapping the codes of two answers that are about as common leaves the distribution as it was. What
changes is who gives them. Each respondent has a rest score, made of the answers to the other
questions; where answer i had a clearly lower mean rest score than answer j before and has a
clearly higher one now, the two have changed places. Chance has to produce two differences far from
zero, in opposite directions.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from survey_stats.harmonise.check.breaks import Floats, far_from_chance


@dataclass(frozen=True)
class Profile:
    """The mean rest score of those who give each answer, in standard deviations.

    Attributes:
        means: shape (answers,), nan where nobody gives it.
        variances: of the means.
        n: respondents behind each.
    """

    means: Floats
    variances: Floats
    n: Floats


def rest_score(scores: Floats, weights: Floats, r: Floats) -> Floats:
    """The other questions of each respondent as one number, mean 0 and standard deviation 1.

    Args:
        scores: shape (n, k), nan where missing.
        weights: shape (n,).
        r: shape (k,), the correlation of each column with the question, 0 for those left out.

    >>> rest_score(np.array([[1.0, 9.0], [3.0, 9.0]]), np.ones(2), np.array([0.3, 0.0])).tolist()
    [-1.0, 1.0]
    """
    use = (r != 0) & np.isfinite(r)
    there = np.isfinite(scores[:, use])
    w = weights[:, None] * there
    x = np.where(there, scores[:, use], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (w * x).sum(axis=0) / w.sum(axis=0)
        spread = np.sqrt((w * np.square(x - mean)).sum(axis=0) / w.sum(axis=0))
        standard = np.where(there & (spread > 0), (x - mean) / spread, 0.0)
    score = standard @ r[use]
    score = score - np.average(score, weights=weights)
    deviation = float(np.sqrt(np.average(np.square(score), weights=weights)))
    return np.asarray(score / deviation if deviation > 0 else score, dtype=np.float64)


def profile(answers: Floats, score: Floats, weights: Floats, k: int, effect: float) -> Profile:
    """Mean rest scores by answer.

    Args:
        answers: shape (n,), 0 to k-1, nan where missing.
        score: shape (n,), the rest scores.
        weights: shape (n,).
        k: the number of answers.
        effect: the design effect of the question.
    """
    use = np.isfinite(answers) & (weights > 0)
    a, w, s = answers[use].astype(np.intp), weights[use], score[use]
    total, n = np.bincount(a, w, k), np.bincount(a, minlength=k).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.bincount(a, w * s, k) / total
        inside = np.bincount(a, w * np.square(s - means[a]), k) / total
        return Profile(means, inside * effect / n, n)


def changed_places(before: Profile, after: Profile) -> list[tuple[int, int]]:
    """The pairs of answers whose mean rest scores changed order, both times far from chance.

    Args:
        before, after: the profiles of the same answers.
    """
    found = []
    for i, j in itertools.combinations(range(len(before.means)), 2):
        steps = []
        for p in (before, after):
            difference = p.means[j] - p.means[i]
            variance = p.variances[i] + p.variances[j]
            df = min(p.n[i], p.n[j]) - 1
            if not (np.isfinite(difference) and variance > 0 and df >= 1):
                break
            if not far_from_chance(difference / np.sqrt(variance), df):
                break
            steps.append(difference)
        if len(steps) == 2 and steps[0] * steps[1] < 0:
            found.append((i, j))
    return found
