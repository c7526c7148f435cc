"""The sentences of the one page: what is certain, what cannot be decided, what to bear in mind."""

from __future__ import annotations

from typing import Any

import pandas as pd

from survey_stats.labels import Language, percent, share_of, who, word
from survey_stats.report.onepage.choose import mark
from survey_stats.report.plan import SURVEYS
from survey_stats.report.sentences import joined, latest_totals, signed
from survey_stats.report.summary import crime_sentence, moved, needed_points

CHANGES = 3
"""How many changes, and how many differences from the rest of the city, are spelled out."""


def certain(
    figures: pd.DataFrame, lang: Language = "sv", crime: pd.DataFrame | None = None
) -> list[str]:
    """What has changed for certain, what has not, and where the district differs from the rest."""
    tested = _tested(figures)
    sv = lang == "sv"
    said: list[str] = []
    sure = tested[tested["verdict"].str.startswith("significant")]
    rows = sure.sort_values("difference", key=abs, ascending=False, kind="stable")
    for row in rows.head(CHANGES).to_dict("records"):
        sign = "▲" if row["verdict"] == "significant increase" else "▼"
        said.append(f"{sign} {_capital(moved(row, lang))}.")
    more = len(rows) - CHANGES
    if more > 0:
        said.append(
            f"Ytterligare {more} säkerställda förändringar finns i bilagan."
            if sv
            else f"{more} more significant changes are in the appendix."
        )
    if latest_totals(figures)["share"].isna().all():
        said.append(nothing_shown(lang))
    elif tested.empty:
        said.append(
            "Ingen andel kan ännu jämföras med en tidigare mätning."
            if sv
            else "No share can be compared with an earlier wave yet."
        )
    elif sure.empty:
        said.append(
            "Ingen andel har ändrats så mycket sedan förra mätningen att slumpen kan uteslutas "
            f"({len(tested)} är prövade)."
            if sv
            else "No share has changed so much since the wave before that chance can be ruled out "
            f"({len(tested)} were tested)."
        )
    said += [_unchanged(tested, lang), _apart(figures, lang), crime_sentence(crime, lang)]
    return [s for s in said if s]


def undecided(figures: pd.DataFrame, lang: Language = "sv", nearest: bool = True) -> list[str]:
    """How many changes cannot be told from chance, what that means, and which come nearest.

    Args:
        figures: the figures of the appendix.
        lang: the reader's language.
        nearest: whether changes are told that would be certain if they were tested alone.
    """
    tested = _tested(figures)
    open_ = tested[tested["verdict"] == "cannot be decided"]
    sv = lang == "sv"
    said = [_none_open(len(tested), lang)] if open_.empty else []
    if not open_.empty:
        much = needed_points(tested)
        many = _of(len(open_), len(tested), lang)
        text = (
            f"Det går inte att säga om {many} har ändrats. Det betyder inte att ingenting har hänt"
            if sv
            else f"Whether {many} changed cannot be told. That does not mean that nothing happened"
        )
        if much:
            text += (
                ": oftast måste en förändring vara omkring "
                f"{much} procentenheter för att kunna skiljas från slumpen."
                if sv
                else f": a change usually has to be about {much} percentage points to be told "
                "from chance."
            )
        else:
            text += "."
        said.append(text)
        near = open_[
            ~((open_["difference_low"] <= 0) & (open_["difference_high"] >= 0)).astype(bool)
        ]
        near = near.sort_values("p_adjusted", kind="stable")
        if nearest and not near.empty:
            told = joined([_near(r, lang) for r in near.head(2).to_dict("records")], lang)
            said.append(
                f"Närmast gränsen ligger {told}. Räkna inte med dem som förändringar, men följ dem."
                if sv and len(near) > 1
                else f"Närmast gränsen ligger {told}. Räkna inte med det som en förändring, men "
                "följ utvecklingen."
                if sv
                else f"Closest to the line: {told}. Do not count on it as a change, but watch it."
            )
    hidden = [r for r in latest_totals(figures).to_dict("records") if mark(r) == "hidden"]
    if hidden:
        names = joined(list(dict.fromkeys(word(str(r["question"]), lang) for r in hidden)), lang)
        said.append(
            f"För få har svarat för att visa: {names}."
            if sv
            else f"Too few answered for these to be shown: {names}."
        )
    return said


def surveys_apart(figures: pd.DataFrame, lang: Language = "sv") -> str:
    """The questions on which the surveys certainly give different levels; empty for none."""
    last = latest_totals(figures)
    apart = last[last["survey_verdict"].isin(["higher", "lower"])]
    if apart.empty:
        return ""
    own = last[last["survey"] == SURVEYS[0]].set_index("question")["share"]
    told = []
    for row in apart.to_dict("records"):
        here, there = percent(float(row["share"]), 1, lang), percent(own[row["question"]], 1, lang)
        told.append(
            f"”{word(row['question'], lang)}” ({there} i {word(SURVEYS[0])}, {here} i "
            f"{word(row['survey'])})"
            if lang == "sv"
            else f"{word(row['question'], lang)} ({there} in {word(SURVEYS[0], lang)}, {here} in "
            f"{word(row['survey'], lang)})"
        )
    names = joined(told, lang)
    return (
        f"Mätningarna visar säkert olika nivå i fråga om {names}. De frågar olika människor på "
        "olika sätt: följ en mätning i taget och blanda inte deras tal."
        if lang == "sv"
        else f"The surveys certainly give different levels of {names}. They ask different people "
        "in different ways: follow one at a time and do not mix their figures."
    )


def synthetic(lang: Language = "sv") -> str:
    """The warning on top of a page made from the demo."""
    return (
        "Svaren är påhittade för att visa hur sidan ser ut och säger ingenting om verkligheten."
        if lang == "sv"
        else "The answers are made up to show what the page looks like and say nothing about the "
        "world."
    )


def caveats(response: str, coding: str, lang: Language = "sv") -> list[str]:
    """What the intervals leave out, how many answered, and how the evening question is counted.

    Args:
        response: what is known of the response, in a sentence; may be empty.
        coding: which coding the evening question is told in; may be empty.
        lang: the reader's language.
    """
    said = [
        (
            "Intervallet inom parentes visar slumpens del. Det täcker inte andra fel, till exempel "
            "att de som inte svarade kan vara tryggare eller otryggare än de som svarade."
            if lang == "sv"
            else "The interval in brackets shows the part of chance. It does not cover other "
            "errors: those who did not answer may feel safer or less safe than those who did."
        ),
        response,
        coding,
    ]
    return [s for s in said if s]


def nothing_shown(lang: Language = "sv") -> str:
    """Said in place of the main figures."""
    return (
        "För få har svarat för att något tal ska kunna visas."
        if lang == "sv"
        else "Too few answered for any figure to be shown."
    )


def _none_open(tested: int, lang: Language) -> str:
    """Said where no change is undecided: all could be decided, or none could be tried."""
    if not tested:
        return (
            "Ingen förändring har kunnat prövas." if lang == "sv" else "No change could be tested."
        )
    return (
        "Alla förändringar som har prövats gick att avgöra."
        if lang == "sv"
        else "Every change that was tested could be decided."
    )


def coding(title: str, lang: Language = "sv") -> str:
    """How the answers to the evening question are counted; empty where that is not known.

    >>> coding("Stadens nyckel: otrygg eller går inte ut")
    'Kvällsfrågan räknas enligt stadens nyckel: otrygg eller går inte ut.'
    """
    if not title:
        return ""
    start = "Kvällsfrågan räknas enligt" if lang == "sv" else "The evening question is counted by"
    return f"{start} {title[:1].lower()}{title[1:]}."


def read_more(stem: str, lang: Language = "sv", title: str = "", quality: bool = True) -> str:
    """Where the rest is.

    Args:
        stem: the start of the file names of the whole document.
        lang: the reader's language.
        title: what the document is called, where it is not the appendix.
        quality: whether it has the quality declaration.

    >>> read_more("district-bryn", "en", "The district in figures", quality=False)
    'All groups, tables and caveats are in “The district in figures” (district-bryn).'
    """
    if title:
        if lang == "sv":
            also = ", där också kvalitetsdeklarationen finns" if quality else ""
            return f"Alla grupper, tabeller och förbehåll finns i ”{title}” ({stem}){also}."
        also = ", with the quality declaration" if quality else ""
        return f"All groups, tables and caveats are in “{title}” ({stem}){also}."
    return (
        "Alla frågor, grupper, tabeller och förbehåll finns i den statistiska bilagan till "
        f"lägesbilden ({stem}), där också kvalitetsdeklarationen finns. Talen här är desamma som "
        "där."
        if lang == "sv"
        else "All questions, groups, tables and caveats are in the statistical appendix "
        f"({stem}), with the quality declaration. The figures here are those of the appendix."
    )


def left_out(figures: int, changes: bool, lang: Language = "sv") -> str:
    """What did not fit on the page, where something did not.

    Args:
        figures: how many main figures were dropped.
        changes: whether sentences were dropped too.
        lang: the reader's language.
    """
    sv = lang == "sv"
    parts = []
    if figures:
        parts.append(
            f"{figures} huvudtal" if sv else f"{figures} main figure{'s' if figures > 1 else ''}"
        )
    if changes:
        parts.append("några meningar" if sv else "some sentences")
    if not parts:
        return ""
    told = joined(parts, lang)
    one = figures == 1 and not changes
    return (
        f"För att allt ska rymmas på en sida är {told} utelämnade här men finns i bilagan."
        if sv
        else f"To fit on one page {told} {'was' if one else 'were'} left out here; the appendix "
        "has them."
    )


def _tested(figures: pd.DataFrame) -> pd.DataFrame:
    last = latest_totals(figures)
    return last[(last["verdict"] != "") & last["difference"].notna() & last["share"].notna()]


def _of(some: int, all_: int, lang: Language) -> str:
    if lang == "sv":
        if some == all_:
            return "någon av de prövade andelarna" if all_ > 1 else "den prövade andelen"
        return f"{some} av {all_} prövade andelar"
    if some == all_:
        return "any of the tested shares" if all_ > 1 else "the tested share"
    return f"{some} of {all_} tested shares"


def _near(row: dict[Any, Any], lang: Language) -> str:
    to = "till" if lang == "sv" else "to"
    points = "procentenheter" if lang == "sv" else "percentage points"
    spread = f"{signed(row['difference_low'], lang)} {to} {signed(row['difference_high'], lang)}"
    return (
        f"{share_of(row['question'], lang)} ({signed(row['difference'], lang)} {points}, {spread}; "
        f"{word(row['survey'], lang)} {row['previous_wave']}–{row['wave']})"
    )


def _unchanged(tested: pd.DataFrame, lang: Language) -> str:
    same = tested[tested["verdict"] == "unchanged"]
    if same.empty:
        return ""
    several = len(set(tested["survey"])) > 1
    names = []
    for question, part in same.groupby("question", sort=False):
        short = joined([word(f"{s}_short", lang) for s in part["survey"]], lang)
        names.append(word(str(question), lang) + (f" ({short})" if several else ""))
    more = len(names) - CHANGES
    if more > 0:
        names = [*names[:CHANGES], f"{more} till" if lang == "sv" else f"{more} more"]
    told = joined(names, lang)
    return (
        f"Oförändrat (en verklig förändring på 3 procentenheter eller mer kan uteslutas): {told}."
        if lang == "sv"
        else f"Unchanged (a real change of 3 percentage points or more can be ruled out): {told}."
    )


def _apart(figures: pd.DataFrame, lang: Language) -> str:
    """Where the district certainly differs from the rest of the city, in one survey."""
    last = latest_totals(figures)
    last = last[last["share"].notna() & (last["rest_verdict"] != "")]
    if last.empty:
        return ""
    survey = min(set(last["survey"]), key=SURVEYS.index)
    last = last[last["survey"] == survey]
    sure = last[last["rest_verdict"].isin(["higher", "lower"])]
    sv = lang == "sv"
    source = f"{word(survey, lang)} {int(last['wave'].max())}"
    if sure.empty:
        return (
            f"Ingen av {len(last)} andelar skiljer sig säkert från {word('remainder')} ({source})."
            if sv
            else f"None of {len(last)} shares certainly differs from "
            f"{word('remainder', lang)} ({source})."
        )
    parts = []
    for verdict, name in (("higher", ("Högre", "Higher")), ("lower", ("Lägre", "Lower"))):
        own = sure[sure["rest_verdict"] == verdict]
        rows = own.sort_values("rest_difference", key=abs, ascending=False, kind="stable")
        told = [_against_rest(r, lang) for r in rows.head(CHANGES).to_dict("records")]
        more = len(rows) - len(told)
        if more > 0:
            told.append(f"{more} till" if sv else f"{more} more")
        if told:
            than = f"{'än' if sv else 'than'} i{'' if sv else 'n'} {word('remainder', lang)}"
            share = "andelen" if sv else "the share"
            parts.append(f"{name[0 if sv else 1]} {than}: {share} {joined(told, lang)}.")
    return f"{' '.join(parts)} ({_capital(source)}.)"


def _against_rest(row: dict[Any, Any], lang: Language) -> str:
    here = float(row["share"])
    there = percent(here - float(row["rest_difference"]), 1, lang)
    against = "mot" if lang == "sv" else "against"
    return f"{who(row['question'], lang)} ({percent(here, 1, lang)} {against} {there})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
