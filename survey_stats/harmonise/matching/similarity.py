"""How alike two variables are in their texts and their answers; numbers in, numbers out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from survey_stats.errors import fold

Floats = npt.NDArray[np.float64]
# "102. ", "F102: ", "6a. " and "80bb." in front of a text are numbers of the questionnaire
_NUMBERED = re.compile(r"^\s*(?:[a-z]{0,5}\d+[a-z]{0,2}\s*[.:)]\s*)+")
_APART = re.compile(r"[^a-z0-9]+")
_GRAM = 3
# a text cut off by a field width still has so many characters
_CUT_OFF = 20
# between 0.5 (Dice) and 1 (containment): a text that was made longer is still itself
_SHORTER = 0.7
CUT_OFF_ALIKE = 0.97


def plain(text: str) -> str:
    """`text` for comparison: no case, accents, punctuation, or number of the question.

    >>> plain("102. Om du går ut ensam sent en kväll...")
    'om du gar ut ensam sent en kvall'
    """
    return _APART.sub(" ", _NUMBERED.sub("", fold(text))).strip()


def text_similarity(old: Sequence[str], new: Sequence[str]) -> Floats:
    """How alike each text of `old` is to each of `new`.

    Texts are bags of three-letter pieces, each with the weight of its rarity in all the texts
    (inverse document frequency). The measure is Tversky's (1977) index, the shared weight over
    0.7 of the smaller and 0.3 of the larger of the two weights, so that words added to a question
    cost little. Where one text is the beginning of the other, as when a file format cut it off,
    it is 0.97.

    Returns:
        Array of shape (len(old), len(new)), 0 to 1; nan where a text is empty.

    >>> text_similarity(["Röker du?", ""], ["14. röker du", "Snusar du?"]).round(2)
    array([[1.  , 0.27],
           [ nan,  nan]])
    """
    import scipy.sparse as sp

    first, second = [plain(t) for t in old], [plain(t) for t in new]
    bags = [Counter(_pieces(t)) for t in (*first, *second)]
    known = {piece: i for i, piece in enumerate(sorted({p for bag in bags for p in bag}))}
    if not known:
        return np.full((len(old), len(new)), np.nan)
    rows = np.repeat(np.arange(len(bags)), [len(bag) for bag in bags])
    columns = np.array([known[p] for bag in bags for p in bag], dtype=np.intp)
    seen = np.bincount(columns, minlength=len(known))
    rarity = np.log1p(len(bags) / seen)
    # a piece counts once: the shared weight is then a product of two sparse matrices
    weighted = sp.csr_array(
        (np.sqrt(rarity[columns]), (rows, columns)), shape=(len(bags), len(known))
    )
    shared = (weighted[: len(first)] @ weighted[len(first) :].T).toarray()
    total = np.bincount(rows, weights=rarity[columns], minlength=len(bags))
    low = np.minimum.outer(total[: len(first)], total[len(first) :])
    high = np.maximum.outer(total[: len(first)], total[len(first) :])
    with np.errstate(invalid="ignore", divide="ignore"):
        alike = np.asarray(shared / (_SHORTER * low + (1 - _SHORTER) * high), dtype=np.float64)
    _begin_alike(alike, first, second)
    alike[[not t for t in first]] = np.nan
    alike[:, [not t for t in second]] = np.nan
    return alike


def _pieces(text: str) -> list[str]:
    if not text:
        return []
    padded = f" {text} "
    return [padded[i : i + _GRAM] for i in range(len(padded) - _GRAM + 1)]


def _begin_alike(alike: Floats, first: Sequence[str], second: Sequence[str]) -> None:
    starts: dict[str, list[int]] = {}
    for j, text in enumerate(second):
        starts.setdefault(text[:_CUT_OFF], []).append(j)
    for i, text in enumerate(first):
        if len(text) < _CUT_OFF:
            continue
        for j in starts.get(text[:_CUT_OFF], ()):
            short, long = sorted((text, second[j]), key=len)
            if len(short) >= _CUT_OFF and long.startswith(short) and short != long:
                alike[i, j] = max(alike[i, j], CUT_OFF_ALIKE)


def answers_similarity(
    old: Sequence[Mapping[str, str]], new: Sequence[Mapping[str, str]]
) -> Floats:
    """How alike sets of value labels (code -> label) are, whatever their codes.

    Each answer is paired with its likest of the other set, one to one; twice the sum of the
    likenesses is divided by the sizes of both sets (Dice's measure with soft matches).

    Returns:
        Array of shape (len(old), len(new)), 0 to 1; nan where a set is empty.

    >>> answers_similarity([{"1": "Ja", "2": "Nej"}], [{"0": "nej", "1": "ja"}, {}])
    array([[ 1., nan]])
    """
    before, which_old = _distinct(old)
    after, which_new = _distinct(new)
    words = sorted({w for labels in (*before, *after) for w in labels})
    at = {word: i for i, word in enumerate(words)}
    alike = np.nan_to_num(text_similarity(words, words))
    table = np.full((len(before), len(after)), np.nan)
    for i, first in enumerate(before):
        for j, second in enumerate(after):
            if first and second:
                grid = alike[np.ix_([at[w] for w in first], [at[w] for w in second])]
                table[i, j] = 2 * grid[_best_pairs(grid)].sum() / sum(grid.shape)
    return table[np.ix_(which_old, which_new)]


def _distinct(sets: Sequence[Mapping[str, str]]) -> tuple[list[tuple[str, ...]], list[int]]:
    known: dict[tuple[str, ...], int] = {}
    which = [known.setdefault(tuple(sorted(map(plain, s.values()))), len(known)) for s in sets]
    return list(known), which


def _best_pairs(alike: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(alike, maximize=True)
    return rows, columns


def share_distance(old: Mapping[str, float], new: Mapping[str, float]) -> float:
    """Total variation between two distributions over codes: 0 the same, 1 nothing shared.

    >>> share_distance({"1": 0.6, "2": 0.4}, {"1": 0.5, "3": 0.5})
    0.5
    """
    codes = {*old, *new}
    return round(sum(abs(old.get(c, 0.0) - new.get(c, 0.0)) for c in codes) / 2, 9)


def quantile_distance(old: Floats, new: Floats) -> float:
    """Mean distance of two equally long rows of quantiles, in spans of both together; 0 to 1.

    >>> quantile_distance(np.array([16.0, 40, 79]), np.array([16.0, 42, 96]))
    0.079167
    """
    span = max(old.max(), new.max()) - min(old.min(), new.min())
    return 0.0 if span == 0 else round(float(np.abs(old - new).mean() / span), 6)
