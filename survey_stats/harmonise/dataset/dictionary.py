"""The data dictionary of a data set: its variables, their values with counts, and its waves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from survey_stats.harmonise.codebook.schema import AGE_GROUPS, SCHOOL_YEARS, Facts
from survey_stats.harmonise.dataset.harmonised_set import DESIGN_COLUMNS, HarmonisedSet
from survey_stats.harmonise.dataset.pooling import weights_of
from survey_stats.harmonise.lineage import SEPARATOR, how, items_of
from survey_stats.harmonise.reasons import reason_text
from survey_stats.harmonise.result import Harmonised
from survey_stats.labels import Language, word

# columns whose values identify something and are too many to list
KEYS = ("respondent", "stratum", "psu")
_NUMBERS = ("weight",)
_ORDERED = {v: i for i, v in enumerate([*AGE_GROUPS, *SCHOOL_YEARS])}


def kind(frame: pd.DataFrame, column: str) -> str:
    """What a column holds: `yes/no`, `category`, `key`, `number` or `year`."""
    if column in KEYS:
        return "key"
    if column in _NUMBERS:
        return "number"
    if column == "wave":
        return "year"
    return "yes/no" if frame[column].dtype == "boolean" else "category"


def column_label(data: HarmonisedSet, column: str, lang: Language = "sv") -> str:
    """What a column says, in the reader's words; for a coding its key too.

    The words of `labels` come first; a question that they do not know is told in the codebook's.
    """
    name, _, coding = column.partition(SEPARATOR)
    told = word(name, lang)
    if told == name:
        entry = next((e for h in data.waves if (e := _entry(h, name)) is not None), None)
        text = getattr(entry, "text", None)
        told = getattr(text, lang) if text is not None else name
    if not coding:
        return told
    for h in data.waves:
        question = h.codebook.questions.get(name)
        text = question.codings[coding].text if question and coding in question.codings else None
        if text is not None:
            return f"{told} ({getattr(text, lang)})"
    return f"{told} ({coding})"


def value_label(value: Any, lang: Language = "sv") -> str:
    """The reader's word for a value; yes and no for a yes/no column."""
    if isinstance(value, (bool, np.bool_)):
        return word("yes" if value else "no", lang)
    return word(str(value), lang)


def categories(data: HarmonisedSet, column: str) -> list[Any]:
    """The values of a column in order; none for keys and numbers."""
    if kind(data.frame, column) in ("key", "number"):
        return []
    found = data.frame[column].dropna().unique().tolist()
    return sorted(found, key=lambda v: (_ORDERED.get(v, -1), v))


def variables(data: HarmonisedSet) -> pd.DataFrame:
    """One row for each column and wave that asked it: what it is and where it comes from.

    `variables` names the delivered variables, several joined by " + " for a derived question;
    `wording` is the id of the question's text (the same id says the same words).
    """
    rows = [
        _variable(data, h, column)
        for column in map(str, data.frame.columns)
        for h in data.waves
        if column in h.frame and (column in DESIGN_COLUMNS or _asked(h, column))
    ]
    return pd.DataFrame(rows)


def values(data: HarmonisedSet) -> pd.DataFrame:
    """One row for each value of a column and wave, and each reason that one is missing, with n."""
    rows: list[dict[str, Any]] = []
    for column in map(str, data.frame.columns):
        known = categories(data, column)
        if not known:
            continue
        for h in data.waves:
            counts = h.frame[column].value_counts() if column in h.frame else pd.Series(dtype=int)
            here = {"column": column, "survey": h.codebook.survey, "wave": h.wave}
            rows += [
                {
                    **here,
                    "value": stored(v),
                    "label_sv": value_label(v, "sv"),
                    "label_en": value_label(v, "en"),
                    "missing": "",
                    "n": int(counts.get(v, 0)),
                }
                for v in known
                if counts.get(v, 0)
            ]
            rows += [
                {
                    **here,
                    "value": "",
                    "label_sv": reason_text(reason, "sv"),
                    "label_en": reason_text(reason, "en"),
                    "missing": reason,
                    "n": n,
                }
                for reason, n in reasons(h, column).items()
            ]
    names = ["column", "survey", "wave", "value", "label_sv", "label_en", "missing", "n"]
    return pd.DataFrame(rows, columns=names)


def missing_summary(data: HarmonisedSet) -> pd.DataFrame:
    """One row a column with answers: how many have one, how many do not, and why.

    Columns of codings are left out; `why` starts with the commonest reason.
    """
    rows = []
    for column in map(str, data.frame.columns):
        if column in DESIGN_COLUMNS or SEPARATOR in column:
            continue
        why: dict[str, int] = {}
        for h in data.waves:
            for reason, n in reasons(h, column).items():
                why[reason] = why.get(reason, 0) + n
        told = sorted(why.items(), key=lambda item: -item[1])
        answered = int(data.frame[column].notna().sum())
        rows.append(
            {
                "column": column,
                "answered": answered,
                "missing": len(data.frame) - answered,
                "why": ", ".join(f"{reason} {n}" for reason, n in told),
            }
        )
    return pd.DataFrame(rows)


def waves(data: HarmonisedSet) -> pd.DataFrame:
    """One row a wave: its delivery with the hash, its field work, its design and its weights."""
    return pd.DataFrame([_wave(h) for h in data.waves])


def reasons(h: Harmonised, column: str) -> dict[str, int]:
    """reason -> number of respondents without a value in a column of the data set."""
    if column not in h.frame:
        return {"not_asked": len(h.frame)}
    answers = h.lineage.columns.get(column)
    return answers.counts_missing() if answers is not None else {}


def stored(value: Any) -> str:
    """A value as the CSV file holds it: yes and no are 1 and 0.

    >>> stored(True), stored("women"), stored(2023)
    ('1', 'women', '2023')
    """
    return str(int(value)) if isinstance(value, (bool, np.bool_)) else str(value)


def universe(facts: Facts, lang: Language = "sv") -> str:
    """Who could be asked, in one line.

    >>> from survey_stats.harmonise.codebook import Codebook
    >>> universe(Codebook.load("city_safety").waves[2020].facts, "en")
    'residents, 16 years and over'
    """
    told = [word(facts.population, lang)]
    if facts.ages is not None:
        low, high = facts.ages
        if lang == "sv":
            told.append(f"{low}–{high} år" if high else f"{low} år och äldre")
        else:
            told.append(f"{low}–{high} years" if high else f"{low} years and over")
    told += [word(year, lang) for year in facts.school_years]
    if facts.areas:
        only = "endast" if lang == "sv" else "only"
        told.append(f"{only} {', '.join(facts.areas)}")
    return ", ".join(told)


def _entry(h: Harmonised, name: str) -> Any:
    book = h.codebook
    sections: Sequence[Any] = (book.questions, book.background)
    return next((s[name] for s in sections if name in s), None)


def _asked(h: Harmonised, column: str) -> bool:
    return bool(items_of(h.codebook, h.wave, column))


def _variable(data: HarmonisedSet, h: Harmonised, column: str) -> dict[str, Any]:
    name, _, coding = column.partition(SEPARATOR)
    entry = _entry(h, "district" if name == "district_own_year" else name)
    question = h.codebook.questions.get(name)
    used = coding or (h.codings.get(name, question.coding) if question else "")
    told = question.codings.get(used) if question else None
    items = items_of(h.codebook, h.wave, column)
    own = h.codebook.item(items[0], h.wave) if items else None
    answered = int(h.frame[column].notna().sum())
    scale = (own.scale if own else None) or (question.scale if question else None)
    names = [h.lineage.variables[i] for i in items or [column] if i in h.lineage.variables]
    if column == "psu" and not names:
        names = [h.lineage.variables["respondent"]]
    return {
        "column": column,
        "kind": kind(data.frame, column),
        "label_sv": column_label(data, column, "sv"),
        "label_en": column_label(data, column, "en"),
        "survey": h.codebook.survey,
        "wave": h.wave,
        "file": h.manifest.file,
        "variables": " + ".join(names),
        "how": how(h, column),
        "asked_sv": entry.text.sv if entry is not None and entry.text else "",
        "asked_en": entry.text.en if entry is not None and entry.text else "",
        "wording": (own.wording if own and own.wording else question.wording) if question else "",
        "wording_known": ("no" if "wording" in question.unknown else "yes") if question else "",
        "scale": scale or "",
        "coding": used if question and not question.derived else "",
        "positive": ", ".join(told.positive) if told else "",
        "negative": ", ".join(told.negative) if told else "",
        "universe_sv": own.universe
        if own and own.universe
        else universe(h.codebook.waves[h.wave].facts, "sv"),
        "universe_en": own.universe
        if own and own.universe
        else universe(h.codebook.waves[h.wave].facts, "en"),
        "note": _joined(entry, own, "note"),
        "assumption": _joined(entry, own, "assumption"),
        "n_valid": answered,
        "n_missing": len(h.frame) - answered,
    }


def _joined(entry: Any, own: Any, what: str) -> str:
    told = [getattr(e, what, None) for e in (entry, own)]
    return " ".join(dict.fromkeys(t for t in told if t))


def _wave(h: Harmonised) -> dict[str, Any]:
    wave, book, file = h.codebook.waves[h.wave], h.codebook, h.manifest
    facts, weights = wave.facts, weights_of(h)
    low, high = facts.ages or (None, None)
    return {
        "survey": book.survey,
        "wave": h.wave,
        "title_sv": book.title.sv,
        "title_en": book.title.en,
        "file": file.file,
        "sha256": file.sha256,
        "bytes": file.bytes,
        "file_rows": file.rows,
        "file_columns": file.columns,
        "reader": file.reader,
        "encoding": file.encoding or "",
        "synthetic": "yes" if file.synthetic else "no",
        "wave_told_by": h.wave_told_by,
        "respondents": len(h.frame),
        "population": facts.population,
        "age_from": low if low is not None else "",
        "age_to": high if high is not None else "",
        "school_years": ", ".join(facts.school_years),
        "areas": ", ".join(facts.areas),
        "mode": facts.mode if isinstance(facts.mode, str) else ", ".join(facts.mode),
        "months": ", ".join(map(str, facts.months)),
        "sampled": facts.sampled if facts.sampled is not None else "",
        "answers": facts.answers if facts.answers is not None else "",
        "districts_as_of": str(wave.districts_as_of),
        "weight_variable": wave.weight if isinstance(wave.weight, str) else "",
        "weight_scale": weights.scale,
        "sum_of_weights": weights.total,
        "stratum_variable": wave.stratum or "",
        "psu_variable": wave.psu or "",
        "note": facts.note or "",
    }
