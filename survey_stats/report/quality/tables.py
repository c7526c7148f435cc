"""The tables of the quality declaration: who answered, the weights, the precision, the log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from survey_stats import protect
from survey_stats.labels import Language, heading, number, percent
from survey_stats.report.plan import SURVEYS
from survey_stats.report.quality.checks import Checks, Found
from survey_stats.report.quality.facts import WaveFacts
from survey_stats.report.quality.log import Assumption, Status
from survey_stats.report.sentences import own_level
from survey_stats.report.tables import Column, Table
from survey_stats.report.waves import codebook

_STATUS: dict[Status, tuple[str, str, str]] = {
    "red": ("■", "Röd", "Red"),
    "amber": ("▲", "Gul", "Amber"),
    "green": ("●", "Grön", "Green"),
}


def status(of: Status, lang: Language = "sv") -> str:
    """A status as sign and word, so that it never hangs on a colour.

    >>> status("amber"), status("red", "en")
    ('▲ Gul', '■ Red')
    """
    sign, sv, en = _STATUS[of]
    return f"{sign} {sv if lang == 'sv' else en}"


def unknown(lang: Language = "sv") -> str:
    """What stands in a cell where nothing is known.

    >>> unknown(), unknown("en")
    ('inte känt', 'not known')
    """
    return "inte känt" if lang == "sv" else "not known"


def response_table(
    facts: Sequence[WaveFacts],
    area: str,
    lang: Language = "sv",
    rule: protect.Rule = protect.DEFAULT,
) -> Table:
    """People drawn, people who answered and the response, as far as they are known."""
    sv = lang == "sv"
    rows = [
        {
            "section": heading(f.survey, lang),
            "label": str(f.year),
            "sampled": _counted(f.sampled, lang),
            "answers": _counted(f.answers, lang),
            "response": unknown(lang) if f.response is None else percent(f.response, 0, lang),
            "response_footnotes": _computed(f, lang),
            "delivered": f.delivered,
            "here": f.here,
            "mark": "suppressed" if f.here is None else "",
        }
        for f in facts
    ]
    caption = (
        f"Svarande: hur många som fick frågorna, hur många som svarade och hur många svar {area} "
        "har, så långt det är känt."
        if sv
        else f"Respondents: how many were asked, how many answered and how many answers {area} "
        "has, as far as is known."
    )
    return Table(
        name="quality-response",
        caption=caption,
        columns=(
            Column("label", heading("wave", lang), "text", 10),
            Column("sampled", "Utvalda" if sv else "Sampled", "text", 16, figures=True),
            Column(
                "answers",
                "Svar enligt källan" if sv else "Answers stated",
                "text",
                20,
                figures=True,
            ),
            Column("response", "Svarsandel" if sv else "Response", "text", 16, figures=True),
            Column("delivered", "Svar i leveransen" if sv else "Answers delivered", "count", 19),
            Column("here", "Svar i området" if sv else "Answers in area", "count", 19),
        ),
        rows=_frame(rows, "response"),
        lang=lang,
        minimum_base=rule.minimum_base,
        title="Svarande" if sv else "Respondents",
    )


def weights_table(facts: Sequence[WaveFacts], lang: Language = "sv") -> Table:
    """What the weights sum to, and what they cost."""
    sv = lang == "sv"
    rows = [
        {
            "section": heading(f.survey, lang),
            "label": str(f.year),
            "how": _weighted(f, lang),
            "weight_sum": f.weight_sum,
            "kish": f.kish,
            "effective": f.delivered / f.kish,
            "largest": f.largest,
            "kish_here": f.kish_here,
        }
        for f in facts
    ]
    caption = (
        "Vikterna: vad de summerar till och vad de kostar. Designeffekten (Kish) är hur många "
        "gånger större variansen blir av att vikterna är olika."
        if sv
        else "The weights: what they sum to and what they cost. The design effect (Kish) is how "
        "many times larger unequal weights make the variance."
    )
    return Table(
        name="quality-weights",
        caption=caption,
        columns=(
            Column("label", heading("wave", lang), "text", 10),
            Column("how", "Vikter" if sv else "Weights", "text", 18),
            Column("weight_sum", "Viktsumma" if sv else "Sum", "count", 14),
            Column("kish", "Designeffekt" if sv else "Design effect", "number", 15, decimals=2),
            Column("effective", "Motsvarar svar" if sv else "Worth answers", "count", 15),
            Column("largest", "Största/median" if sv else "Largest/median", "number", 16),
            Column("kish_here", "I området" if sv else "In the area", "number", 12, decimals=2),
        ),
        rows=pd.DataFrame(rows),
        lang=lang,
        title="Vikter" if sv else "Weights",
    )


def precision_table(figures: pd.DataFrame, lang: Language = "sv") -> Table | None:
    """How wide the intervals of shown shares are, for the district and for its groups."""
    sv = lang == "sv"
    rows: list[dict[str, Any]] = []
    shown = figures[
        (figures["area_level"] == own_level(figures))
        & figures["default_coding"]
        & (figures["wave"] > 0)
    ]
    last = shown.groupby("survey")["wave"].transform("max")
    shown = shown[shown["wave"] == last]
    for survey in SURVEYS:
        own = shown[shown["survey"] == survey]
        for total in (True, False):
            part = own[(own["group"] == "all") == total]
            told = part[part["share"].notna() & part["ci_low"].notna()]
            if part.empty:
                continue
            half = (told["ci_high"] - told["ci_low"]).astype(float) / 2
            rows.append(
                {
                    "section": f"{heading(survey, lang)} {part['wave'].iloc[0]}",
                    "label": _which(total, lang),
                    "cells": len(part),
                    "hidden": int(part["share"].isna().sum()),
                    "uncertain": int(part["flag"].str.startswith("uncertain").sum()),
                    "base": float(told["n"].astype(float).median()) if len(told) else None,
                    "half": 100 * float(half.median()) if len(told) else None,
                    "deff": float(told["deff"].astype(float).median()) if len(told) else None,
                }
            )
    if not rows:
        return None
    caption = (
        "Precision i den senaste mätningen: hur många andelar som visas, och hur säker den i "
        "mitten är. Felmarginalen är halva osäkerhetsintervallet, i procentenheter."
        if sv
        else "Precision in the latest wave: how many shares are shown, and how sure the median one "
        "is. The margin of error is half the confidence interval, in percentage points."
    )
    return Table(
        name="quality-precision",
        caption=caption,
        columns=(
            Column("label", "Andelar för" if sv else "Shares of", "text", 28),
            Column("cells", heading("number", lang), "count", 11),
            Column("hidden", "Dolda" if sv else "Hidden", "count", 11),
            Column("uncertain", "Osäkra" if sv else "Uncertain", "count", 12),
            Column("base", heading("base", lang), "count", 11),
            Column("half", "Felmarginal" if sv else "Margin of error", "number", 14),
            Column("deff", "Designeffekt" if sv else "Design effect", "number", 13, decimals=2),
        ),
        rows=pd.DataFrame(rows),
        lang=lang,
        title="Precision",
    )


def log_table(log: Sequence[Assumption], lang: Language = "sv") -> Table:
    """The assumptions log, red first."""
    sv = lang == "sv"
    rows = [
        {
            "label": status(a.status, lang),
            "what": a.what.told(lang),
            "why": a.why.told(lang),
            "checked": a.checked.told(lang),
            "figures": a.figures,
        }
        for a in log
    ]
    caption = (
        "Antagandelogg: vad talen tar för givet, varför, hur det är prövat och hur många andelar i "
        "dokumentet som hänger på det."
        if sv
        else "Assumptions log: what the figures take for granted, why, how it was tried and how "
        "many shares of the document hang on it."
    )
    legend = (
        f"{status('red')} = inte bekräftat, eller så känsligt att ett annat val kan ändra "
        f"slutsatser. {status('amber')} = rimligt men inte prövat, eller bara delvis. "
        f"{status('green')} = prövat och håller, eller valt så att ett fel ligger på den säkra "
        "sidan."
        if sv
        else f"{status('red', 'en')} = not confirmed, or so sensitive that another choice could "
        f"change conclusions. {status('amber', 'en')} = reasonable but not tried, or in part. "
        f"{status('green', 'en')} = tried and holds, or an error would be on the safe side."
    )
    return Table(
        name="quality-log",
        # signs are told before the first of many pages
        caption=f"{caption} {legend}",
        columns=(
            Column("label", "Status", "text", 9),
            Column("what", "Antagande" if sv else "Assumption", "text", 28),
            Column("why", "Varför det behövs" if sv else "Why it matters", "text", 27),
            Column("checked", "Hur det är prövat" if sv else "How it was tried", "text", 27),
            Column("figures", "Andelar" if sv else "Shares", "count", 9),
        ),
        rows=pd.DataFrame(rows),
        lang=lang,
        title="Antagandelogg" if sv else "Assumptions",
    )


def checks_table(checks: Checks, lang: Language = "sv") -> Table | None:
    """The findings of the checks of the deliveries; None where there are none."""
    if not checks.findings:
        return None
    sv = lang == "sv"
    rows = [
        {
            "section": f"{heading(f.survey, lang)} {f.year}",
            "label": heading(f.severity, lang),
            "about": _questions(f, lang),
            "what": f.told(lang),
        }
        for f in checks.findings
    ]
    return Table(
        name="quality-checks",
        caption=(
            "Vad prövningen av leveranserna mot kodböckerna och mot mätningen före har visat."
            if sv
            else "What checking the deliveries against codebooks and the wave before has shown."
        ),
        columns=(
            Column("label", "Slag" if sv else "Kind", "text", 15),
            Column("about", "Fråga" if sv else "Question", "text", 30),
            Column("what", "Vad som hittades" if sv else "What was found", "text", 55),
        ),
        rows=pd.DataFrame(rows),
        lang=lang,
        title="Prövning" if sv else "Checks",
    )


def _questions(found: Found, lang: Language) -> str:
    """The questions that a finding is about, in the reader's words; else its variables."""
    names = re.findall(r"\((\w+)\)", found.where) or ([found.name] if found.name else [])
    parts = codebook(found.survey).parts
    told: list[str] = []
    for name in dict.fromkeys(names):
        text = parts[name].text if name in parts else None
        said = heading(name, lang) if text is None else text.sv if lang == "sv" else text.en
        told.append(said if not told else said[:1].lower() + said[1:])
    return ", ".join(told) or found.where


def _counted(value: int | None, lang: Language) -> str:
    return unknown(lang) if value is None else number(value, 0, lang)


def _computed(facts: WaveFacts, lang: Language) -> tuple[str, ...]:
    if facts.response_source != "computed":
        return ()
    return (
        "Räknat här som svar enligt källan delat med antalet utvalda; båda är avrundade."
        if lang == "sv"
        else "Computed here as stated answers over people sampled; both are rounded.",
    )


def _weighted(facts: WaveFacts, lang: Language) -> str:
    if not facts.weighted:
        return "alla väger lika" if lang == "sv" else "all weigh alike"
    return "i leveransen" if lang == "sv" else "in the delivery"


def _which(total: bool, lang: Language) -> str:
    if total:
        return "hela området" if lang == "sv" else "the whole district"
    return "grupper i området" if lang == "sv" else "groups in the district"


def _frame(rows: Sequence[dict[str, Any]], noted: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    name = f"{noted}_footnotes"
    frame[name] = pd.Series([r[name] for r in rows], index=frame.index, dtype=object)
    return frame
