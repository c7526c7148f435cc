"""What the numbers of questions and the order of a file say about which variable is which.

Questionnaires are renumbered in blocks: a question is added, and all that follow move by one. The
pairs that labels and answers make sure tell how far the numbers moved there, and where in the file
their neighbours stand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from survey_stats.errors import fold
from survey_stats.harmonise.matching.similarity import Floats

# the name of a variable and its position in the file, None where that is not known
Place = tuple[str, int | None]
_ANCHOR = 0.9
# m where the place is known exactly, and where only its neighbourhood is; of the rest
_EXACT, _ROUGHLY = (0.80, 0.08, 0.12), (0.60, 0.15, 0.25)
# beyond the last pair that is sure nothing is known of what moved
_BEYOND = (0.40, 0.10, 0.50)
_NAME = re.compile(r"^([^\W\d_]+?)_?(\d+)(.*)$")


def weigh_places(
    old: Sequence[Place],
    new: Sequence[Place],
    sure: Floats,
    numbers: Floats,
    sizes: tuple[int, int] | None = None,
) -> Floats:
    """What numbers of questions and places in the file say, given the pairs that are sure.

    Args:
        old, new: name and position (None where not known) of the variables.
        sure: probability of every pair so far, of shape (len(old), len(new)).
        numbers: weights that stand in where neither numbers nor places tell, nan where they do
            not tell either.
        sizes: how many variables the old and the new file have.

    Returns:
        log(m/u) of every pair, of the same shape.
    """
    best = sure.argmax(axis=1)
    anchors = {
        i: int(j) for i, j in enumerate(best) if sure[i, j] >= _ANCHOR and sure[:, j].argmax() == i
    }
    told = [parse_name(n) for n, _ in old]
    asked = [parse_name(n) for n, _ in new]
    blocks = _blocks(told, asked, anchors)
    ends = [] if sizes is None else [(-1, -1), sizes]
    rising = _increasing([*_placed(old, new, anchors), *ends])
    weights = np.zeros(sure.shape)
    for i in range(len(old)):
        own = anchors.get(i)
        by_number = _numbering(told[i], asked, blocks, None if own is None else asked[own])
        by_order = _order(old[i][1], new, rising)
        weights[i] = np.fmax(by_number, by_order)
        if np.isnan(weights[i]).all():
            weights[i] = numbers[i]
    return np.nan_to_num(weights)


Numbered = tuple[str, int, str]


def parse_name(name: str) -> Numbered | None:
    """Prefix, number and rest of a numbered name; a rest of one letter is told as its number.

    >>> parse_name("F31_2"), parse_name("Fr28b"), parse_name("f78aa"), parse_name("VIKT")
    (('f', 31, '2'), ('fr', 28, '2'), ('f', 78, 'aa'), None)
    """
    found = _NAME.match(name)
    if found is None:
        return None
    rest = fold(found[3]).replace(" ", "")
    if len(rest) == 1 and "a" <= rest <= "z":
        rest = str(ord(rest) - ord("a") + 1)
    return fold(found[1]), int(found[2]), rest


@dataclass(frozen=True)
class _Block:
    """How the numbers of one prefix moved: its new prefix, and the pairs that say so."""

    prefix: str
    pairs: Counter[tuple[int, int]]


def _blocks(
    told: Sequence[Numbered | None],
    asked: Sequence[Numbered | None],
    anchors: Mapping[int, int],
) -> dict[str, _Block]:
    """The moves that the sure pairs show, by old prefix."""
    near: dict[str, list[tuple[Numbered, Numbered]]] = {}
    for k, j in anchors.items():
        a, b = told[k], asked[j]
        if a is not None and b is not None and a[2] == b[2]:
            near.setdefault(a[0], []).append((a, b))
    blocks: dict[str, _Block] = {}
    for prefix, pairs in near.items():
        # derived variables repeat the labels of questions under names of their own
        usual, _ = Counter(b[0] for _, b in pairs).most_common(1)[0]
        steps = [(a[1], b[1]) for a, b in pairs if b[0] == usual]
        kept = set(_increasing(steps))
        blocks[prefix] = _Block(usual, Counter(s for s in steps if s in kept))
    return blocks


def _numbering(
    mine: Numbered | None,
    asked: Sequence[Numbered | None],
    blocks: Mapping[str, _Block],
    own: Numbered | None,
) -> Floats:
    """The weights of one variable; its own sure match, `own`, is no witness."""
    silent = np.full(len(asked), np.nan)
    block = blocks.get(mine[0]) if mine is not None else None
    if mine is None or block is None:
        return silent
    _, number, rest = mine
    pairs = Counter(block.pairs)
    if own is not None:
        pairs.subtract([(number, own[1])])
    # both questionnaires begin with question 1
    moved = {0: 0, **{a: b for (a, b), n in pairs.items() if n > 0}}
    if len(moved) == 1:
        return silent
    low = max(n for n in moved if n <= number)
    high = min((n for n in moved if n >= number), default=low)
    ends = sorted((moved[low] + number - low, moved[high] + number - high))
    near_it = np.array(
        [a is not None and a[0] == block.prefix and ends[0] <= a[1] <= ends[1] for a in asked]
    )
    same_rest = np.array([a is not None and a[2] == rest for a in asked])
    known = _EXACT if ends[0] == ends[1] else _ROUGHLY
    m = _BEYOND if high == low and high != number else known
    return _fitting(near_it & same_rest, near_it & ~same_rest, m)


def _increasing(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of (before, after) in which both rise, so that a stray pair falls out.

    >>> _increasing([(1, 1), (2, 3), (3, 90), (4, 5), (4, 5)])
    [(1, 1), (2, 3), (4, 5)]
    """
    counts = Counter(pairs)
    ordered = sorted(counts)
    best: list[tuple[int, int]] = []
    weight = [0] * len(ordered)
    before = [-1] * len(ordered)
    for i, (a, b) in enumerate(ordered):
        for k in range(i):
            if ordered[k][0] < a and ordered[k][1] < b and weight[k] > weight[i]:
                weight[i], before[i] = weight[k], k
        weight[i] += counts[a, b]
    i = int(np.argmax(weight)) if ordered else -1
    while i >= 0:
        best.append(ordered[i])
        i = before[i]
    return best[::-1]


def _placed(
    old: Sequence[Place], new: Sequence[Place], anchors: Mapping[int, int]
) -> list[tuple[int, int]]:
    return [
        (a, b)
        for k, j in anchors.items()
        if (a := old[k][1]) is not None and (b := new[j][1]) is not None
    ]


def _order(here: int | None, new: Sequence[Place], rising: Sequence[tuple[int, int]]) -> Floats:
    """The weights of one variable by its neighbours in the file."""
    silent = np.full(len(new), np.nan)
    if here is None:
        return silent
    below = max((p for p in rising if p[0] < here), default=None)
    above = min((p for p in rising if p[0] > here), default=None)
    if below is None or above is None:
        return silent
    places = np.array([-1 if at is None else at for _, at in new])
    between = (places > below[1]) & (places < above[1])
    if above[1] - below[1] == above[0] - below[0]:
        right = places == below[1] + here - below[0]
        return _fitting(right, between & ~right, _EXACT)
    return _fitting(between, np.zeros_like(between), _ROUGHLY)


def _fitting(
    fits: npt.NDArray[np.bool_], nearly: npt.NDArray[np.bool_], m: tuple[float, float, float]
) -> Floats:
    """log(m/u) of variables in the right place, nearly there, and elsewhere."""
    weights = np.full(len(fits), np.log(m[2]))
    for where, share in ((nearly, m[1]), (fits, m[0])):
        if where.any():
            weights[where] = np.log(share * len(fits) / where.sum())
    return weights
