"""Marks of cells and what is said of them below a table: verdicts, suppression, families."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd

from survey_stats import protect
from survey_stats.compare.in_time import verdict_word
from survey_stats.labels import Language, word
from survey_stats.report.comparable import NOT_COMPARABLE
from survey_stats.report.sentences import joined


def judged(verdict: str, lang: Language = "sv", in_time: bool = True) -> str:
    """A verdict with a sign that one finds at a glance; a group has not increased but is higher.

    >>> judged("significant increase"), judged("cannot be decided")
    ('▲ säkerställd ökning', 'kan inte avgöras')
    >>> judged("significant increase", in_time=False)
    '▲ säkerställt högre'
    """
    sign = {"significant increase": "▲ ", "significant decrease": "▼ "}
    return sign.get(verdict, "") + verdict_word(verdict, in_time, lang)


def verdict_cell(row: dict[Any, Any], lang: Language, rule: protect.Rule = protect.DEFAULT) -> str:
    if str(row["change_flag"]).startswith("suppressed"):
        return rule.mark(str(row["change_flag"]))
    if row["change_flag"] == NOT_COMPARABLE:
        return word(NOT_COMPARABLE, lang)
    if pd.isna(row["difference"]) or not row["verdict"]:
        return "–"
    return judged(str(row["verdict"]), lang)


def mark(flag: Any, rule: protect.Rule = protect.DEFAULT) -> str:
    """What `Table` is told of a flag: hidden or uncertain, and the rule's own sign if it has one.

    >>> mark("suppressed: base under 30"), mark("uncertain: base 30-99"), mark("")
    ('suppressed', 'uncertain', '')
    >>> mark("suppressed: base 10-19", protect.profile("school_inspectorate"))
    'suppressed **'
    """
    text = "" if pd.isna(flag) else str(flag)
    kind = next((m for m in ("suppressed", "uncertain") if text.startswith(m)), "")
    return f"{kind} {rule.mark(text)}" if kind == "suppressed" and rule.bands else kind


def mark_notes(marks: Collection[str], rule: protect.Rule, lang: Language = "sv") -> list[str]:
    """What the marks of cells mean that are hidden or uncertain."""
    return rule.notes(lang, {m.partition(" ")[0] for m in marks if m})


def table_notes(
    rows: pd.DataFrame, lang: Language, rule: protect.Rule, coding: str = ""
) -> tuple[str, ...]:
    marks = {m for c in rows.columns if str(c).endswith("mark") for m in rows[c]}
    sv = lang == "sv"
    notes = [*noted(coding), *mark_notes(marks, rule, lang)]
    tests = rows["comparisons"].dropna() if "comparisons" in rows else pd.Series(dtype="Int64")
    if len(tests):
        sizes = sorted({int(t) for t in tests})
        if len(sizes) == 2:
            total = rows.loc[tests.index, "group"].eq("all") if "group" in rows else tests.eq(0)
            if total.any() and int(tests[total].max()) != sizes[0]:
                # the groups are the smaller family where most of them are hidden
                sizes.reverse()
            told = joined(
                [_counted(n, *noun) for n, noun in zip(sizes, _FAMILIES[lang], strict=True)], lang
            )
        else:
            told = joined([str(s) for s in sizes], lang) + (" andelar" if sv else " shares")
        notes.append(
            "Intervallet gäller varje rad för sig, medan bedömningen tar hänsyn till att "
            f"{told} jämförs samtidigt (Holms metod)."
            if sv
            else "The interval is each row's own, while the verdict allows for "
            f"{told} being compared at once (Holm's method)."
        )
    # one paragraph, as it stands under the table
    return (" ".join(notes),) if notes else ()


_FAMILIES: dict[Language, tuple[tuple[str, str], ...]] = {
    "sv": (("total", "totaler"), ("grupp", "grupper")),
    "en": (("total", "totals"), ("group", "groups")),
}


def _counted(n: int, one: str, several: str) -> str:
    return f"{n} {one if n == 1 else several}"


def since(row: dict[Any, Any]) -> str:
    previous = row["previous_wave"]
    return str(row["wave"]) if pd.isna(previous) else f"{previous}–{row['wave']}"


def noted(text: str | None) -> tuple[str, ...]:
    return (text,) if text else ()


def objects(values: Sequence[tuple[str, ...]], like: pd.DataFrame) -> pd.Series[Any]:
    return pd.Series(list(values), index=like.index, dtype=object)
