"""What value labels say that a code means, whoever worded them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import SequenceMatcher

import numpy as np
import numpy.typing as npt

from survey_stats.errors import fold

# labels of codes that hold no answer, in Swedish and English
_NO_ANSWER = {
    fold(text).replace("'", "")
    for text in (
        "Vet ej", "Vet inte", "Ej svar", "Inget svar", "Uppgift saknas", "Saknas", "Bortfall",
        "Vill inte svara", "Vill ej svara", "Ej tillfrågad", "Skulle inte besvaras",
        "Ospecificerat", "Don't know", "Do not know", "No answer", "Not applicable",
        "Refused", "Missing",
    )
}  # fmt: skip
_PUNCTUATION = re.compile(r"[^\w\s]")
_NUMBERED = re.compile(r"^\s*\d+\s*[.:)=]?\s+")
# so alike must labels and answers be, on average, to be taken for rewordings of each other
_REWORDED = 0.8
# and so much more alike, on average, must they be in another order than in the codebook's
_BETTER = 0.02


def says_no_answer(label: str) -> bool:
    """Whether a value label says that there is no answer.

    >>> says_no_answer("Vet ej"), says_no_answer("Vet ej!"), says_no_answer("Nej")
    (True, True, False)
    """
    return _bare(label) in _NO_ANSWER


def other_order(
    labels: Mapping[str, str], meant: Mapping[str, str], words: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """Codes whose labels, by their wording, fit another answer than the codebook's.

    Labels are compared with the words of all answers, and each label is given one answer so that
    the labels are as alike as they can be (an assignment problem). Only where that is clearly
    better than the codebook's own order, and the labels are clearly those answers reworded, is
    anything said.

    Args:
        labels: code -> its value label.
        meant: code -> the answer that the codebook reads.
        words: answer -> its words.

    Returns:
        code -> the answer that its label fits better; {} where the order is right or not known.

    >>> words = {"safe": ("Mycket trygg",), "unsafe": ("Mycket otrygg",)}
    >>> labels = {"1": "Mycket otryggt", "2": "Mycket tryggt"}
    >>> other_order(labels, {"1": "safe", "2": "unsafe"}, words)
    {'1': 'unsafe', '2': 'safe'}
    """
    codes = [c for c in labels if meant.get(c) in words and labels[c]]
    answers = list(dict.fromkeys(meant[c] for c in codes))
    if len(answers) < 2 or len(answers) < len(codes):
        return {}
    if all(_bare(labels[c]) in map(_bare, words[meant[c]]) for c in codes):
        return {}
    alike = np.array([[_alike(labels[c], words[a]) for a in answers] for c in codes])
    own = np.arange(len(codes))
    best = _assign(alike)
    gain = float(alike[own, best].mean() - alike[own, own].mean())
    if gain <= _BETTER or float(alike[own, best].mean()) < _REWORDED:
        return {}
    return {codes[i]: answers[j] for i, j in enumerate(best) if i != j}


def _assign(alike: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    from scipy.optimize import linear_sum_assignment

    best: npt.NDArray[np.intp] = linear_sum_assignment(alike, maximize=True)[1]
    return best


def _alike(label: str, words: tuple[str, ...]) -> float:
    told = _bare(label)
    return max(SequenceMatcher(None, told, _bare(w), autojunk=False).ratio() for w in words)


def _bare(label: str) -> str:
    return " ".join(_PUNCTUATION.sub(" ", fold(_NUMBERED.sub("", label)).replace("'", "")).split())
