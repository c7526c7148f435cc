"""A codebook read backwards: from a harmonised answer to the code that a delivery writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from survey_stats.errors import CodebookError
from survey_stats.harmonise import Codebook
from survey_stats.harmonise.codebook.schema import Item
from survey_stats.harmonise.codes import by_key

Code = int | float | str


@dataclass(frozen=True, eq=False)
class Inverse:
    """One variable of one wave, ready to be written.

    Attributes:
        variable: its name in the delivery.
        answers: answer -> the codes that mean it, in the codebook's order.
        missing: reason -> the codes that mean it.
        label: the variable's label.
        value_labels: code -> the words of the answer, for answers and missing codes.
    """

    variable: str
    answers: Mapping[str, Sequence[Code]]
    missing: Mapping[str, Sequence[Code]]
    label: str
    value_labels: Mapping[Code, str]


def invert(book: Codebook, name: str, year: int) -> Inverse:
    """The inverse of the item that holds `name` in the wave of `year`.

    Raises:
        CodebookError: the item is a constant and no variable.
    """
    item = book.item(name, year)
    if item.variable is None:
        raise CodebookError(f"{book.survey} {year} {name} is a constant; there is nothing to write")
    answers: dict[str, list[Code]] = {}
    for code, answer in raw_codes(book, item).items():
        answers.setdefault(answer, []).append(code)
    missing: dict[str, list[Code]] = {}
    for key, reason in book.missing(item, year).items():
        missing.setdefault(reason, []).append(_as_written(book, item, year, key))
    entry = book.asked(name)
    words = _answer_words(book, name, item)
    labels: dict[Code, str] = {}
    for answer, codes in answers.items():
        for k, code in enumerate(codes):
            labels[code] = _word_of(words.get(answer, answer), k, len(codes))
    text = entry.text.sv if entry.text is not None else name
    return Inverse(item.variable, answers, missing, text, labels)


def raw_codes(book: Codebook, item: Item) -> dict[Code, str]:
    """code -> answer with the codes as the codebook spells them."""
    codes = book.code_lists[item.codes] if isinstance(item.codes, str) else item.codes
    return dict(codes or {})


def _as_written(book: Codebook, item: Item, year: int, key: str) -> Code:
    """A missing code as a delivery writes it, from the one spelling that the codebook compares."""
    own = book.missing_lists[item.missing] if isinstance(item.missing, str) else item.missing
    for code in (*own, *book.wave(year).missing):
        if isinstance(code, str) and key in by_key({code: ""}) and not code[:1].isdigit():
            return code
    return int(key) if key.lstrip("-").isdigit() else key


def _answer_words(book: Codebook, name: str, item: Item) -> dict[str, str]:
    entry = book.asked(name)
    scale = item.scale or getattr(entry, "scale", None)
    if scale is not None:
        return {a: t.sv for a, t in book.scales[scale].answers.items()}
    if name == "age_group":
        return {a: f"{a} år" for a in {*raw_codes(book, item).values()}} | {
            "year 9": "Årskurs 9",
            "upper secondary 2": "Gymnasiet årskurs 2",
        }
    words = {"women": "Kvinna", "men": "Man", "yes": "Ja", "no": "Nej"}
    if book.survey == "school_survey":
        words |= {"women": "Flicka", "men": "Pojke"}
    return words


def _word_of(word: str, position: int, of: int) -> str:
    if of == 1:
        return word
    times = ("en gång", "flera gånger")
    return f"{word}, {times[position] if of == 2 else position + 1}"


def pick(codes: Sequence[Code], n: int, rng: np.random.Generator) -> npt.NDArray[Any]:
    """One of several codes of the same answer for each of n people, the first ones most often."""
    if len(codes) == 1:
        return np.full(n, codes[0], dtype=object)
    odds = 0.4 ** np.arange(len(codes))
    return np.array(codes, dtype=object)[rng.choice(len(codes), size=n, p=odds / odds.sum())]
