"""Any result as a table of a document: `Estimates` and `Changes` in the reader's words.

The table carries what the result says of itself: the caveats of its grade and why the grade was
overridden as numbered footnotes on the change, the coding of its questions, the family of tests,
and the marks of cells that may not be shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats import protect
from survey_stats.compare.figures.sides import side_name
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.harmonise import Codebook
from survey_stats.labels import NBSP, Language, domain, heading, word
from survey_stats.report.comparable import Told, named_coding
from survey_stats.report.marks import judged, mark, mark_notes
from survey_stats.report.tables import Column, Table

if TYPE_CHECKING:
    from survey_stats.compare import Changes
    from survey_stats.estimate import Estimates

_SEPARATOR = "__"
# how the method of shares that a model foretells begins, and what a reader is told of them
_MODELLED = "predictive margins of "
_MODEL_NOTE = (
    "Andelarna kommer ur en modell: vad andelen vore om alla hörde till gruppen och i övrigt var "
    "som de är.",
    "The shares come from a model: what the share would be if everybody were in the group and "
    "otherwise as they are.",
)
_METHODS = {"holm": ("Holms metod", "Holm's method"), "bonferroni": ("Bonferroni", "Bonferroni")}


def tabulate(
    result: Estimates | Changes,
    name: str,
    caption: str = "",
    lang: Language = "sv",
    rule: protect.Rule = protect.DEFAULT,
    codings: Mapping[str, str] | None = None,
    weights: NDArray[np.float64] | None = None,
) -> Table:
    """The table of a share or of a change of shares, for a page, a document or a workbook.

    Args:
        result: shares by group, or their changes.
        name: short name of the table, used for ids.
        caption: what it shows; made from the result where empty.
        lang: the reader's language.
        rule: what may be shown.
        codings: question -> coding in use (`Harmonised.codings`), for questions with several whose
            result does not say it.
        weights: for a rule with dominance, how much the largest respondents of each row weigh
            (`protect.heaviest`); of changes the larger of the two sides.

    Raises:
        InputError: the result is not one of shares, or the rule asks for `weights`.
        UnknownNameError: the question has no such coding.

    Example:
        `show.table(tabulate(ss.change(city20, city23, "unsafe_evening", by="district"), "change"))`
    """
    from survey_stats.compare import Changes

    told = result.family if isinstance(result, Changes) else result.metadata
    _only_shares(told.statistic)
    if isinstance(result, Changes):
        frame = protect.apply(result.to_frame(), rule, weights=weights)
        made = _changes(result, frame, name, caption, lang, rule, codings or {})
        return replace(made, synthetic=result.synthetic)
    frame = protect.apply(result.to_frame(), rule, weights=weights)
    made = _estimates(result, frame, name, caption, lang, rule, codings or {})
    return replace(made, synthetic=result.metadata.synthetic)


def _estimates(
    result: Estimates,
    frame: pd.DataFrame,
    name: str,
    caption: str,
    lang: Language,
    rule: protect.Rule,
    codings: Mapping[str, str],
) -> Table:
    told = result.metadata
    sv = lang == "sv"
    rows, keys = _keyed(frame, list(result.keys.columns), lang)
    rows = rows.rename(columns={"estimate": "share"})
    questions = [word(q.partition(_SEPARATOR)[0], lang) for q in told.question]
    source = " ".join(str(s) for s in (_word(told.survey, lang), told.wave) if s is not None)
    level = round(100 * told.level)
    made = (
        f"{_capital(', '.join(questions))}{f' enligt {source}' if source else ''}: andel med "
        f"osäkerhetsintervall ({level}{NBSP}%) och bas (antal svarande)."
        if sv
        else f"{_capital(', '.join(questions))}{f' by {source}' if source else ''}: share with "
        f"{level}% confidence interval and base (number of answers)."
    )
    known = {**codings, **dict(told.coding)}
    coding = [_coding_note(q, told.survey, known, lang) for q in told.question]
    if told.method.startswith(_MODELLED):
        coding.append(_MODEL_NOTE[0 if sv else 1])
    return Table(
        name=name,
        caption=caption or made,
        columns=(
            *keys,
            Column("share", f"{heading('share', lang)}, %", "percent", 15),
            Column("ci", "Intervall, %" if sv else "Interval, %", "interval", 20),
            Column("n", heading("base", lang), "count", 12),
        ),
        rows=rows.assign(mark=_marks(rows["flag"], rule)),
        notes=_notes(coding, rows["flag"], rule, lang),
        lang=lang,
        minimum_base=rule.minimum_base,
    )


def _changes(
    result: Changes,
    frame: pd.DataFrame,
    name: str,
    caption: str,
    lang: Language,
    rule: protect.Rule,
    codings: Mapping[str, str],
) -> Table:
    family = result.family
    sv = lang == "sv"
    rows, keys = _keyed(frame, list(result.keys.columns), lang)
    rows = rows.rename(columns={"ci_low": "difference_low", "ci_high": "difference_high"})
    # two years of one survey; all else differs without having changed
    change = family.in_time and family.before.split(" ")[0] == family.after.split(" ")[0]
    rows["judged"] = [
        rule.mark(str(flag))
        if str(flag).startswith("suppressed")
        else judged(str(v), lang, change)
        if v
        else "–"
        for v, flag in zip(rows["verdict"], rows["flag"], strict=True)
    ]
    footnotes: tuple[str, ...] = ()
    if result.grade is not None:
        footnotes = Told(result.grade, lang, result.override).notes
    sides = [_side(side, lang) for side in (family.before, family.after)]
    questions = ", ".join(word(q.partition(_SEPARATOR)[0], lang) for q in family.question)
    level = round(100 * family.level)
    if sv:
        what = "förändring från" if change else "skillnad mellan"
        made = (
            f"{_capital(questions)}: {what} {sides[0]} {'till' if change else 'och'} "
            f"{sides[1]} i procentenheter, med osäkerhetsintervall ({level}{NBSP}%)."
        )
    else:
        what = "change from" if change else "difference between"
        made = (
            f"{_capital(questions)}: {what} {sides[0]} {'to' if change else 'and'} {sides[1]} "
            f"in percentage points, with its {level}% confidence interval."
        )
    survey = family.before.split(" ")[0]
    notes = [_coding_note(q, survey, codings, lang) for q in family.question]
    how = _METHODS.get(family.adjust, (family.adjust, family.adjust))[0 if sv else 1]
    if family.size > 1 and family.adjust != "none":
        notes.append(
            "Intervallet gäller varje rad för sig, medan bedömningen tar hänsyn till att "
            f"{family.size} jämförelser görs samtidigt ({how})."
            if sv
            else "The interval is each row's own, while the verdict allows for "
            f"{family.size} comparisons at once ({how})."
        )
    share = heading("share", lang)
    ends = ("före", "efter") if sv else ("before", "after")
    if family.after.startswith("each "):
        ends = ("jämförelsegruppen", "gruppen") if sv else ("reference", "group")
    elif not change:
        ends = ("den ena", "den andra") if sv else ("the one", "the other")
    return Table(
        name=name,
        caption=caption or made,
        columns=(
            *keys,
            Column("before", f"{share}, {ends[0]}, %", "percent", 13),
            Column("after", f"{share}, {ends[1]}, %", "percent", 13),
            Column(
                "difference",
                heading("change", lang) if change else ("Skillnad" if sv else "Difference"),
                "change",
                25,
                footnotes=footnotes,
            ),
            Column("judged", heading("verdict", lang), "text", 22),
        ),
        rows=rows.assign(mark=_marks(rows["flag"], rule)),
        notes=_notes(notes, rows["flag"], rule, lang),
        lang=lang,
        starred=("before", "after"),
        minimum_base=rule.minimum_base,
    )


def _side(text: str, lang: Language) -> str:
    """One side of a comparison: the survey, and the domain where it has one."""
    head, _, where = text.partition("where ")
    name = side_name(head.strip(), lang) if head.strip() else ""
    if not where:
        return name
    return f"{name} ({domain(where, lang)})" if name else domain(where, lang)


def _only_shares(statistic: str) -> None:
    if statistic != "share":
        raise InputError(
            f"A table is made of shares, not of a {statistic}; show the result itself, or write "
            "its frame as a Table"
        )


def _word(text: object, lang: Language) -> str | None:
    return None if text is None else word(str(text), lang)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _keyed(
    frame: pd.DataFrame, names: Sequence[Any], lang: Language
) -> tuple[pd.DataFrame, list[Column]]:
    """The key columns in the reader's words; one row of all respondents where there are none."""
    rows = frame.copy()
    rows.attrs = {}
    if not names:
        rows["label"] = heading("total", lang)
        return rows, [Column("label", heading("group", lang), "text", 28)]
    columns = []
    for i, key in enumerate(names):
        shown = "label" if i == 0 else f"key_{i}"
        rows[shown] = [
            "" if pd.isna(v) else heading(str(v).partition(_SEPARATOR)[0], lang) for v in rows[key]
        ]
        columns.append(Column(shown, heading(str(key), lang), "text", 28 // len(names) + 4))
    return rows, columns


def _marks(flags: pd.Series[Any], rule: protect.Rule) -> list[str]:
    return [mark(flag, rule) for flag in flags]


def _coding_note(
    question: str, survey: str | None, codings: Mapping[str, str], lang: Language
) -> str:
    """The coding of a question that has several; that it is not said where nobody says it."""
    stem, _, named = question.partition(_SEPARATOR)
    if survey not in Codebook.names():
        return ""
    asked = Codebook.load(str(survey)).questions.get(stem)
    if asked is None or len(asked.codings) < 2:
        return ""
    name = named or codings.get(stem, "")
    if not name:
        return "Kodning: framgår inte." if lang == "sv" else "Coding: not stated."
    if name not in asked.codings:
        raise UnknownNameError("coding", name, asked.codings, f"{survey}, {stem}")
    return named_coding(asked, name, lang)


def _notes(
    first: Sequence[str], flags: pd.Series[Any], rule: protect.Rule, lang: Language
) -> tuple[str, ...]:
    told = [
        *dict.fromkeys(n for n in first if n),
        *mark_notes(set(_marks(flags, rule)), rule, lang),
    ]
    return (" ".join(told),) if told else ()
