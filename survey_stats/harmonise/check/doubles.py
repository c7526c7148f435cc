"""Respondents who are there twice under different keys."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import enumerate_first
from survey_stats.harmonise.check.finding import Problem, Words, first_sv, problem, rows
from survey_stats.harmonise.check.view import View

# a block is at least this many rows in the same order
_SHORTEST = 5
# of the information that the variables would hold if they had nothing to do with each other,
# how much is counted on; twins in clean deliveries show about half of it
_INFORMATION = 0.4
# twins expected by chance, at most, where every twin is told
_EXPECTED = 0.01


def doubled_rows(view: View) -> tuple[list[Problem], list[Words]]:
    """Rows alike in everything but the key: the findings, and what could not be told.

    Where the variables tell so little that two people may well have given the same answers, only
    blocks of rows that are there twice in the same order are findings.
    """
    wave = view.book.waves[view.year]
    key = view.column(wave.respondent)
    frame = view.frame.drop(columns=[key] if key is not None else [])
    if len(frame) < 2 or not frame.shape[1]:
        return [], []
    where = view.source.file
    codes = [np.asarray(pd.factorize(frame[c], use_na_sentinel=False)[0]) for c in frame]
    alike = row_numbers(codes)
    bits = information(codes)
    block = in_blocks(alike, shortest_block(len(frame), bits))
    problems = list(_blocks(block, where))
    if twins_by_chance(len(frame), bits) <= _EXPECTED:
        twins = ~block
        twins[twins] = pd.Series(alike[~block]).duplicated(keep=False).to_numpy()
        if twins.any():
            what = rows(
                Words("alike in every variable but the key", "lika i alla variabler utom nyckeln"),
                twins,
            )
            hint = Words(
                "ask whether somebody is there twice; they are kept",
                "fråga om någon finns två gånger; de är kvar",
            )
            problems.append(problem("warning", "doubled rows", where, int(twins.sum()), what, hint))
        return problems, []
    skipped = Words(
        "single doubled rows: the variables tell so little that different people may be alike",
        "enstaka dubblerade rader: variablerna säger så lite att olika personer kan vara lika",
    )
    return problems, [skipped]


def _blocks(block: npt.NDArray[np.bool_], where: str) -> Iterator[Problem]:
    if not block.any():
        return
    starts = np.flatnonzero(block & ~np.r_[False, block[:-1]]) + 1
    ends = np.flatnonzero(block & ~np.r_[block[1:], False]) + 1
    spans = [f"{a}-{b}" for a, b in zip(starts, ends, strict=True)]
    what = Words(
        "a block of rows that repeats an earlier one, but for the key: rows "
        + enumerate_first(spans, 3),
        "ett block av rader som upprepar ett tidigare, bortsett från nyckeln: rad "
        + first_sv(spans, 3),
    )
    hint = Words("ask for the file again", "be om filen på nytt")
    yield problem("warning", "doubled rows", where, int(block.sum()), what, hint)


def row_numbers(codes: list[npt.NDArray[np.intp]]) -> npt.NDArray[np.intp]:
    """One number a row; rows that are alike in every column have the same.

    >>> row_numbers([np.array([0, 1, 0]), np.array([5, 5, 5])]).tolist()
    [0, 1, 0]
    """
    number = np.zeros(len(codes[0]), dtype=np.intp)
    for code in codes:
        number = np.asarray(pd.factorize(number * (int(code.max()) + 1) + code)[0], dtype=np.intp)
    return number


def in_blocks(number: npt.NDArray[np.intp], run: int) -> npt.NDArray[np.bool_]:
    """Which rows repeat earlier ones in the same order, `run` or more one after another.

    >>> in_blocks(np.array([1, 2, 3, 9, 1, 2, 3]), run=3).tolist()
    [False, False, False, False, True, True, True]
    """
    n = number.size
    repeated = np.zeros(n, dtype=np.bool_)
    windows = n - run + 1
    if windows < 2:
        return repeated
    window = row_numbers([number[i : i + windows] for i in range(run)])
    first = np.unique(window, return_index=True)[1]
    # a window that overlaps its first is people who all say the same, and no block
    later = np.flatnonzero(np.arange(windows) - first[window] >= run)
    for i in range(run):
        repeated[later + i] = True
    return repeated


def information(codes: list[npt.NDArray[np.intp]]) -> float:
    """How many bits a row tells: -log2 of the chance that two rows agree, reckoned low.

    The chance that two rows agree in a column is Σp²; where columns have nothing to do with each
    other the chances multiply. Answers go together, so only a part of that is counted.

    >>> information([np.array([0, 1]), np.array([0, 1])])
    0.8
    """
    n = codes[0].size
    chances = [float(np.sum((np.bincount(c) / n) ** 2)) for c in codes]
    return _INFORMATION * -float(np.log2(chances).sum()) + 0.0


def twins_by_chance(n: int, bits: float) -> float:
    """How many pairs of `n` rows are expected to be alike.

    >>> round(twins_by_chance(1000, 20), 2)
    0.48
    """
    return float(n * (n - 1) / 2 * 2.0**-bits)


def shortest_block(n: int, bits: float) -> int:
    """How many rows must repeat in the same order before it is no chance.

    >>> shortest_block(10_000, 30), shortest_block(10_000, 4)
    (5, 9)
    """
    if bits <= 0:
        return n
    needed = np.log2(max(n * (n - 1) / 2, 1) / _EXPECTED)
    return max(_SHORTEST, int(np.ceil(needed / bits)))
