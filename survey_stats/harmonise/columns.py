"""Every column that a wave asks, told by its codebook item; faults are collected, not raised."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from survey_stats.errors import fold, nearest
from survey_stats.harmonise import recode
from survey_stats.harmonise.codebook import Codebook
from survey_stats.harmonise.codebook.schema import BackgroundName, Item
from survey_stats.harmonise.codes import by_spelling, code_key
from survey_stats.harmonise.geography import Geography
from survey_stats.harmonise.meanings import other_order, says_no_answer
from survey_stats.harmonise.recode import Answers
from survey_stats.place import place
from survey_stats.read import Delivery


@dataclass(frozen=True)
class Fault:
    """A code that the codebook does not know, or calls otherwise than the delivery does.

    `kind` is `unknown`, `declared` (missing for the delivery, an answer for the codebook),
    `label` (its value label means another answer) or `variable` (the whole variable is labelled
    as another question; there is no code then).
    """

    name: str
    variable: str
    code: Any
    label: str
    n: int
    first_row: int
    kind: str
    hint: str


def tell_items(
    delivery: Delivery, book: Codebook, wave: int, columns: Mapping[str, str]
) -> tuple[dict[str, Answers], list[Fault]]:
    """The answers to every background variable, part and question of `wave`.

    Args:
        columns: variable -> column of the delivery's frame; items whose variable is not in it are
            left out.

    Returns:
        harmonised name -> Answers, and the faults.
    """
    told: dict[str, Answers] = {}
    faults: list[Fault] = []
    for name, item in book.items(wave):
        if item.constant is not None:
            told[name] = recode.constant(item.constant, len(delivery.frame))
            continue
        assert item.variable is not None
        if item.variable not in columns:
            continue
        answers = _tell(delivery, book, wave, item, columns[item.variable])
        told[name] = answers
        faults += _mislabelled(delivery, book, wave, name, columns[item.variable])
        faults += _faults(answers, book, wave, name, item, columns[item.variable])
    _blank_in_the_city(told, book, wave)
    return told, faults


def _mislabelled(
    delivery: Delivery, book: Codebook, wave: int, name: str, column: str
) -> list[Fault]:
    """A variable whose label is word for word our text of another question: swapped columns."""
    label = fold(delivery.labels.label(column))
    if not label:
        return []
    texts = {other: book.asked(other).text for other, _ in book.items(wave)}
    alike = [n for n, t in texts.items() if t is not None and label in (fold(t.sv), fold(t.en))]
    if not alike or name in alike:
        return []
    hint = f"its label is that of {alike[0]}; find out which is right"
    n = len(delivery.frame)
    return [Fault(name, column, None, delivery.labels.label(column), n, 1, "variable", hint)]


def _tell(delivery: Delivery, book: Codebook, wave: int, item: Item, column: str) -> Answers:
    values = delivery.frame[column]
    labels = by_spelling(delivery.labels.value_labels.get(column, {}))
    missing = book.missing(item, wave)
    if item.years:
        tell = recode.by_age(missing)
    elif item.names is not None:
        when = book.waves[wave].districts_as_of
        if item.read == "label":
            delivered = [t for key, t in labels.items() if key not in missing]
        else:
            delivered = [str(v) for v in values.dropna().unique() if code_key(v) not in missing]
        found, _ = Geography.load().match(delivered, item.names, when)

        def tell(value: Any, key: str) -> tuple[str | None, str | None]:
            if key in missing:
                return None, missing[key]
            text = labels.get(key, "") if item.read == "label" else str(value)
            match = found.get(text)
            return (match.name if match else None), None
    elif item.read == "label":
        codes = book.codes(item)

        def tell(_: Any, key: str) -> tuple[str | None, str | None]:
            if key in missing:
                return None, missing[key]
            return codes.get(code_key(labels.get(key, ""))), None
    else:
        tell = recode.by_codes(book.codes(item), missing)
    return recode.recode(
        values,
        tell,
        lambda value: delivery.missing.declares(column, value),
        labels,
        item.blank,
    )


def _faults(
    answers: Answers, book: Codebook, wave: int, name: str, item: Item, column: str
) -> list[Fault]:
    words = answer_words(book, name, item)
    faults = []
    turned = _turned(answers, book, name, item)
    heaped = recode.heaped_ages(answers.told) if item.years else set()
    for t in answers.told:
        kind = t.fault
        if kind is None and t.code in heaped:
            kind = "unknown"
        hint = _hint(kind, t.code, t.label, t.answer, book, wave, item) if kind else ""
        meant = words.get(fold(t.label)) if t.label else None
        if kind is None and t.answer is not None and meant is None and says_no_answer(t.label):
            kind = "label"
            hint = (
                f"the label says that there is no answer and the codebook reads the code as "
                f"{t.answer!r}; find out which is right"
            )
        meant = meant or turned.get(code_key(t.code))
        if kind is None and meant is not None and meant != t.answer:
            kind = "label"
            hint = (
                f"the label is that of {meant!r} and the codebook reads the code as "
                f"{t.answer or t.reason!r}; find out which is right"
            )
        if kind is not None:
            faults.append(Fault(name, column, t.code, t.label, t.n, t.first_row, kind, hint))
    return faults


def _turned(answers: Answers, book: Codebook, name: str, item: Item) -> dict[str, str]:
    """code -> the answer that its label fits better, where the labels of a scale are turned."""
    words = _scale_words(book, name, item)
    if words is None or item.codes is None or item.read == "label":
        return {}
    labels = {code_key(t.code): t.label for t in answers.told if t.answer is not None}
    return other_order(labels, book.codes(item), words)


def _scale_words(book: Codebook, name: str, item: Item) -> dict[str, tuple[str, ...]] | None:
    scale = item.scale or getattr(book.asked(name), "scale", None)
    if scale is None:
        return None
    return {a: (t.sv, t.en) for a, t in book.scales[scale].answers.items()}


_PERSONS = {
    "women": (
        *("Kvinna", "Kvinnor", "Kvinnlig", "Flicka", "Flickor", "Tjej", "Tjejer"),
        *("Woman", "Women", "Female", "Girl", "Girls"),
    ),
    "men": (
        *("Man", "Män", "Manlig", "Pojke", "Pojkar", "Kille", "Killar"),
        *("Men", "Male", "Boy", "Boys"),
    ),
    "yes": ("Ja", "Yes"),
    "no": ("Nej", "No"),
}


def answer_words(book: Codebook, name: str, item: Item) -> dict[str, str]:
    """folded label -> the one answer that it certainly means, for items read by their codes."""
    if item.codes is None or item.read == "label":
        return {}
    told = _scale_words(book, name, item)
    if told is None:
        told = {a: _PERSONS.get(a, (a, f"{a} år")) for a in book.codes(item).values()}
    return {fold(text): answer for answer, texts in told.items() for text in texts}


def _hint(
    fault: str,
    code: Any,
    label: str,
    answer: str | None,
    book: Codebook,
    wave: int,
    item: Item,
) -> str:
    if fault == "declared":
        return (
            f"the delivery declares it missing and the codebook reads it as {answer!r}; "
            "say in the codebook which is right"
        )
    if isinstance(code, datetime.date):
        return "it is a date, as spreadsheets make of 1-2; ask for the file again with codes"
    if item.years and answer is not None:
        return (
            "so many are not so old when hardly anybody is a little younger, so it is a code for a "
            "missing age; add it to 'missing'"
        )
    if item.years and recode.born(code, wave):
        return (
            f"an age is {recode.YOUNGEST} to {recode.OLDEST} and this may be a year of birth; ask "
            "for ages"
        )
    if item.years:
        return f"an age is {recode.YOUNGEST} to {recode.OLDEST}; correct it or add it to 'missing'"
    if item.names is not None:
        return _name_hint(label if item.read == "label" else str(code), book, wave, item)
    known = book.codes(item)
    return (
        f"the codebook has {', '.join(list(known)[:8])}{' ...' if len(known) > 8 else ''}; "
        "add it to 'codes' or 'missing'"
    )


def _name_hint(text: str, book: Codebook, wave: int, item: Item) -> str:
    assert item.names is not None
    if not text:
        return f"it has no value label to read a {item.names} from"
    geo = Geography.load()
    when = book.waves[wave].districts_as_of
    if item.names == "district":
        for year in geo.cuts:
            if not geo.match([text], "district", year)[1]:
                return (
                    f"{text!r} is a district in the cut of {year}, and the codebook says that the "
                    f"wave uses that of {when}"
                )
    close = nearest(text, geo.names(item.names, when))
    hint = f"; did you mean {' or '.join(map(repr, close))}?" if close else ""
    return f"there is no {item.names} {text!r}{hint}"


def add_districts(told: dict[str, Answers], book: Codebook, wave: int, n: int) -> None:
    """Tell the district in the map's last cut and in that of the wave's own year, in place."""
    geo = Geography.load()
    as_of = book.waves[wave].districts_as_of
    delivered = told.get("district", recode.not_asked(n))
    own_walk = geo.crosswalk(as_of, wave)
    told["district_own_year"] = recode.relabel(delivered, own_walk, "later_districts")
    told["district"] = recode.relabel(delivered, geo.crosswalk(as_of, geo.cut), "later_districts")
    if "school_district" in told:
        walk = geo.crosswalk(as_of, geo.cut)
        told["school_district"] = recode.relabel(told["school_district"], walk, "later_districts")


def _blank_in_the_city(told: dict[str, Answers], book: Codebook, wave: int) -> None:
    """A blank district means another municipality only for those who live in another one."""
    municipality, city = told.get("municipality"), place().municipality
    if municipality is None or city not in municipality.names:
        return
    at_home = municipality.answer == municipality.names.index(city)
    names: tuple[BackgroundName, ...] = ("district", "neighbourhood")
    for name in names:
        entry = book.background.get(name)
        item = entry.waves.get(wave) if entry else None
        if name in told and item is not None and item.blank == "outside_the_city":
            told[name] = recode.other_reason(told[name], at_home, "outside_the_city", "blank")


def code_questions(
    told: Mapping[str, Answers], book: Codebook, wave: int, codings: Mapping[str, str]
) -> dict[str, Answers]:
    """The yes/no columns: the plain one by the coding in use, then one for each coding.

    Questions whose answers or parts are not in `told` are left out.
    """
    plain: dict[str, Answers] = {}
    coded: dict[str, Answers] = {}
    for name in book.columns(wave):
        question = book.questions[name]
        if question.derived is not None:
            parts = [told[p] for p in question.derived.any_of if p in told]
            if len(parts) == len(question.derived.any_of):
                plain[name] = recode.any_of(parts, question.derived.rule)
            continue
        if name not in told:
            continue
        by_coding = {
            c: recode.code_question(told[name], k.positive, k.negative, k.missing)
            for c, k in question.codings.items()
        }
        plain[name] = by_coding[codings.get(name, question.coding)]
        if len(by_coding) > 1:
            coded.update({f"{name}__{c}": a for c, a in by_coding.items()})
    return {**plain, **coded}


def text_of(values: Any) -> list[str]:
    """Keys and design codes as text: 12.0 is "12", a blank is ""."""
    codes, uniques = pd.factorize(np.asarray(values, dtype=object))
    texts = np.array([*map(_text, uniques), ""], dtype=object)
    return list(texts[codes])


def _text(value: Any) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()
