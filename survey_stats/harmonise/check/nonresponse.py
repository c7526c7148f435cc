"""Jumps in the share without an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from survey_stats.harmonise.check import breaks
from survey_stats.harmonise.check.breaks import Sample
from survey_stats.harmonise.check.finding import (
    Evidence,
    Problem,
    Words,
    listed,
    percent_words,
    problem,
    say,
)
from survey_stats.harmonise.check.pair import Pair
from survey_stats.harmonise.reasons import reason_text

# from this many questions on, the same fault in most of them is one finding
_MANY = 4


def jumps(pairs: Mapping[str, Pair], skip: set[str]) -> Iterator[Problem]:
    """Jumps in the share without an answer, by reason."""
    found: list[tuple[str, Words, int, Evidence]] = []
    looked = 0
    for name, pair in pairs.items():
        if name in skip or pair.now.book.item(name, pair.now.year).variable is None:
            continue
        looked += 1
        reasons, then, now = pair.reasons(name)
        if not breaks.is_break(then, now, False, pair.large):
            continue
        moved = np.abs(now.shares - then.shares)
        moved[0] = 0
        worst = int(moved.argmax())
        told = say(
            "{reason!r} {p} in {year}, {q} now",
            "”{reason}” {p} år {year}, {q} nu",
            reason=Words(*(reason_text(reasons[worst], lang) for lang in ("en", "sv"))),
            p=percent_words(then.shares[worst]),
            q=percent_words(now.shares[worst]),
            year=pair.then.year,
        )
        n = round(moved[worst] * now.n)
        found.append((name, told, n, _missing_evidence(pair, reasons, then, now)))
    if len(found) >= _MANY and len(found) > looked / 2:
        names = [name for name, *_ in found]
        what = say(
            "the share without an answer jumped in {n} of {looked} questions: {names}; in the "
            "first, {told}",
            "andelen utan svar hoppade i {n} av {looked} frågor: {names}; i den första, {told}",
            n=len(found),
            looked=looked,
            names=listed(names, 5),
            told=found[0][1],
        )
        file = pairs[names[0]].now.source.file
        yield problem("warning", "non-response", file, len(found), what, _ASK, evidence=found[0][3])
        return
    for name, told, n, evidence in found:
        what = Words(
            f"the share without an answer jumped: {told.en}",
            f"andelen utan svar hoppade: {told.sv}",
        )
        where = pairs[name].now.where(name)
        yield problem("warning", "non-response", where, n, what, _ASK, name, evidence)


_ASK = Words(
    "ask whether fewer people got the question or a code for missing answers changed",
    "fråga om färre har fått frågan eller om en kod för saknat svar har ändrats",
)


def _missing_evidence(pair: Pair, reasons: Sequence[str], then: Sample, now: Sample) -> Evidence:
    rows = []
    for i, reason in enumerate(reasons):
        if max(then.shares[i], now.shares[i]) > 0:
            words = Words(reason_text(reason, "en"), reason_text(reason, "sv"))
            if reason == "answered":
                words = Words("answered", "har svarat")
            rows.append((words, float(then.shares[i]), float(now.shares[i])))
    return Evidence(str(pair.then.year), str(pair.now.year), tuple(rows))
