"""How often `check` raises an alarm over an untouched delivery, and over a broken one.

Prints, for the demo's deliveries:

- bootstrap: both waves of each neighbouring pair are drawn again (sampling units with
  replacement), so that the true change between them stands and chance is added;
- halves: one wave is cut in two at random and one half is held against the other: no change;
- small: the same with 200 respondents a half;
- power: in every question that two waves share, the codes are reversed, shifted by one, swapped
  in two neighbouring answers, or a part of the answers is lost.

Run: python benchmarks/check_alarms.py FOLDER [REPLICATES]
(the folder is made by `survey-stats demo --out FOLDER`).
"""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from survey_stats.harmonise import Codebook
from survey_stats.harmonise.check import earlier, nonresponse, totals
from survey_stats.harmonise.check.finding import Problem
from survey_stats.harmonise.check.pair import Pair
from survey_stats.harmonise.check.view import View
from survey_stats.harmonise.recode import REASON_NAMES, Answers
from survey_stats.harmonise.source import Source
from survey_stats.harmonise.waves import find_wave

SURVEYS = ("city_safety", "regional_safety", "school_survey")


def load(folder: Path) -> dict[str, list[View]]:
    """survey -> its waves, oldest first."""
    from survey_stats.demo import file_name

    views: dict[str, list[View]] = {}
    for survey in SURVEYS:
        book = Codebook.load(survey)
        for year in sorted(book.waves):
            source = Source(folder / file_name(survey, year))
            columns, _ = source.find_all(book.variables(find_wave(source, book).wave))
            views.setdefault(survey, []).append(View.load(source, book, year, columns))
    return views


def take(view: View, rows: np.ndarray, units: np.ndarray | None = None) -> View:
    """The view with only these rows; `units` are their new sampling units."""
    frame = view.frame.iloc[rows].reset_index(drop=True)
    psu = view.column(view.book.waves[view.year].psu)
    if psu is not None and units is not None:
        frame = frame.assign(**{psu: units})
    answers = {
        n: Answers(a.names, a.answer[rows], a.reason[rows], a.told) for n, a in view.answers.items()
    }
    return replace(view, delivery=replace(view.delivery, frame=frame), answers=answers)


def resample(view: View, rng: np.random.Generator) -> View:
    """The sampling units drawn again with replacement."""
    order = np.argsort(view.units, kind="stable")
    starts = np.searchsorted(view.units[order], np.arange(view.units.max() + 2))
    drawn = rng.integers(0, len(starts) - 1, len(starts) - 1)
    parts = [order[starts[d] : starts[d + 1]] for d in drawn]
    units = np.repeat(np.arange(len(parts)), [len(p) for p in parts])
    return take(view, np.concatenate(parts), units)


def halves(view: View, rng: np.random.Generator, most: int | None) -> tuple[View, View]:
    """Two random halves by sampling unit, of at most `most` respondents each."""
    side = rng.permutation(view.units.max() + 1) % 2
    rows = [np.flatnonzero(side[view.units] == s) for s in (0, 1)]
    if most is not None:
        rows = [rng.choice(r, min(most, len(r)), replace=False) for r in rows]
    return take(view, rows[0]), take(view, rows[1])


def alarms(now: View, then: View) -> list[Problem]:
    """Every finding of the comparisons of two waves."""
    pair = Pair(now, then)
    pairs = dict.fromkeys(pair.names(), pair)
    return [
        *earlier.against(pairs, pair, set()),
        *nonresponse.jumps(pairs, set()),
        *totals.against_earlier(pair),
    ]


def broken(view: View, name: str, rng: np.random.Generator) -> Iterator[tuple[str, View]]:
    """One item spoilt in each way that its answers allow."""
    told = view.answers[name]
    order = view.order(name)
    if order is None or not set(told.names) <= set(order):
        return
    names = tuple(a for a in order if a in told.names)
    at = np.array([*(names.index(a) for a in told.names), -1], dtype=np.int16)[told.answer]
    k = len(names)

    def spoilt(lookup: list[int]) -> View:
        answer = np.array([*lookup, -1], dtype=np.int16)[at]
        return replace(
            view, answers={**view.answers, name: Answers(names, answer, told.reason, told.told)}
        )

    yield "reversed", spoilt(list(range(k))[::-1])
    if k > 2:
        yield "shifted by one", spoilt([*range(1, k), 0])
        yield "first two swapped", spoilt([1, 0, *range(2, k)])
    rows = rng.permutation(len(at))
    shuffled = Answers(names, at[rows], told.reason[rows], told.told)
    yield "rows shuffled", replace(view, answers={**view.answers, name: shuffled})
    lost = rng.random(len(at)) < 0.1
    answer = np.where(lost, -1, at).astype(np.int16)
    reason = np.where(lost & (at >= 0), REASON_NAMES.index("no_answer"), told.reason)
    gone = Answers(names, answer, reason.astype(np.int16), told.told)
    yield "a tenth lost", replace(view, answers={**view.answers, name: gone})


def false_alarms(views: dict[str, list[View]], replicates: int) -> None:
    """Print how often untouched deliveries are alarms."""
    rng = np.random.default_rng(2026)
    for what in ("bootstrap", "halves", "small"):
        runs, questions, found = 0, 0, Counter[str]()
        for waves in views.values():
            for i, view in enumerate(waves):
                if what == "bootstrap" and i == 0:
                    continue
                for _ in range(replicates):
                    if what == "bootstrap":
                        now, then = resample(view, rng), resample(waves[i - 1], rng)
                    else:
                        now, then = halves(view, rng, 200 if what == "small" else None)
                    runs += 1
                    questions += len(Pair(now, then).names())
                    found.update(f"{p.kind} {p.name}" for p in alarms(now, then))
        told = ", ".join(f"{k} {n}" for k, n in found.most_common(5))
        print(f"{what}: {sum(found.values())} alarms in {runs} comparisons of {questions} items")
        if told:
            print(f"  {told}")


def power(views: dict[str, list[View]]) -> None:
    """Print how often broken deliveries are found, and how often nothing else is blamed."""
    rng = np.random.default_rng(2026)
    seen: Counter[str] = Counter()
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    missed: dict[str, list[str]] = {}
    for survey, waves in views.items():
        for then, now in itertools.pairwise(waves):
            if now.book.waves[now.year].facts.areas or then.book.waves[then.year].facts.areas:
                continue
            for name in Pair(now, then).names():
                for how, spoilt in broken(now, name, rng):
                    total[how] += 1
                    hits = [p for p in alarms(spoilt, then) if p.kind != "changed label"]
                    blamed = {p.name for p in hits}
                    if name in blamed:
                        seen[how] += 1
                        right[how] += blamed == {name}
                    else:
                        missed.setdefault(how, []).append(f"{survey} {now.year} {name}")
    for how in total:
        print(f"{how}: found {seen[how]} of {total[how]}, {right[how]} of them blame nothing else")
        if how in missed:
            print(f"  missed: {', '.join(missed[how])}")


if __name__ == "__main__":
    deliveries = load(Path(sys.argv[1]))
    power(deliveries)
    false_alarms(deliveries, int(sys.argv[2]) if len(sys.argv) > 2 else 20)
