"""Which waves one line may run through: what the codebooks and the user say cuts it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from survey_stats.errors import UnknownNameError
from survey_stats.harmonise import Codebook, Grade, comparability

SEPARATOR = "__"


def chains(
    question: str,
    survey: str | None,
    times: Sequence[float],
    breaks: Sequence[float] = (),
    area: str | None = None,
) -> tuple[list[list[float]], list[str]]:
    """The waves of each line, in order of time, and what sets them apart, in English.

    A wave starts a new line at each of `breaks`, and where the codebook calls it not comparable
    with a wave of the line before; it carries on an older line where it may, so that one wave that
    asked in some areas only does not cut what lies around it. Where nobody knows the survey only
    `breaks` count.

    >>> chains("fear", None, [2000, 2004, 2008], breaks=[2004])[0]
    [[2000], [2004, 2008]]
    """
    lines: list[list[float]] = []
    told: list[str] = []
    first_open = 0
    for time in sorted(times):
        if time in breaks:
            first_open = len(lines)
        for line in reversed(lines[first_open:]):
            grades = [_grade(question, survey, earlier, time, area) for earlier in line]
            if any(g is not None and g.grade == "not comparable" for g in grades):
                told += [
                    f"{line[-1]:g} and {time:g} are apart: {r}" for r in _why(grades, "forbids")
                ]
                continue
            told += [f"{line[-1]:g} to {time:g}: {r}" for r in _why(grades[-1:], "caveat")]
            line.append(time)
            break
        else:
            lines.append([time])
    return lines, list(dict.fromkeys(told))


def _why(grades: Sequence[Grade | None], weight: str) -> list[str]:
    reasons = [r.en for g in grades if g is not None for r in g.reasons if r.weight == weight]
    return list(dict.fromkeys(reasons))


@lru_cache(maxsize=1024)
def _grade(
    question: str, survey: str | None, earlier: float, later: float, area: str | None
) -> Grade | None:
    if survey not in Codebook.names() or earlier != int(earlier) or later != int(later):
        return None
    stem, _, coding = question.partition(SEPARATOR)
    chosen = coding or None
    try:
        return comparability(
            stem, survey, int(earlier), survey, int(later), chosen, chosen, area=area
        )
    except UnknownNameError:
        return None
