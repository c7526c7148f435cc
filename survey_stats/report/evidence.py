"""Tables about the evidence: the surveys side by side, the deliveries, the audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from survey_stats.audit import Finding, stated_text
from survey_stats.labels import Language, heading, number, word
from survey_stats.report.comparable import coding_note, told
from survey_stats.report.plan import SURVEYS
from survey_stats.report.sentences import joined, latest_totals
from survey_stats.report.tables import Column, Table
from survey_stats.report.waves import Wave

_DECIMALS = {"percent_change": 1, "percent_share": 1, "ratio": 2}
_MODES = {
    "post": ("post", "post"),
    "web": ("webb", "web"),
    "classroom": ("i klassrummet", "in the classroom"),
}


def surveys_table(
    figures: pd.DataFrame, waves: Sequence[Wave], area: str, lang: Language = "sv"
) -> Table | None:
    """The questions that several surveys ask: each survey's latest share, and how comparable."""
    last = latest_totals(figures)
    several = last.groupby("question")["survey"].transform("nunique") > 1
    last = last[several]
    if last.empty:
        return None
    city = latest_totals(figures, "city").set_index(["survey", "question"])["share"]
    own = {
        str(q): int(w)
        for q, w, s in zip(last["question"], last["wave"], last["survey"], strict=True)
        if s == SURVEYS[0]
    }
    by_key = {(w.survey, w.year): w for w in waves}
    sv = lang == "sv"
    rows = []
    for row in last.to_dict("records"):
        question, survey, year = str(row["question"]), str(row["survey"]), int(row["wave"])
        wave = by_key[survey, year]
        comparable = "(jämförs mot)" if sv else "(the reference)"
        caveats: tuple[str, ...] = ()
        if survey != SURVEYS[0] and question in own:
            beside = told(question, by_key[SURVEYS[0], own[question]], wave, area, lang)
            comparable, caveats = beside.grade.text(lang), beside.notes
        coding = coding_note(wave, question, lang)
        rows.append(
            {
                **row,
                "section": heading(question, lang),
                "label": f"{heading(survey, lang)} {year}",
                "city": city.get((survey, question), pd.NA),
                "comparable": comparable,
                "comparable_footnotes": caveats,
                "share_footnotes": (coding,) if coding else (),
                "mark": "suppressed" if str(row["flag"]).startswith("suppressed") else "",
                "place": SURVEYS.index(survey),
            }
        )
    frame = pd.DataFrame(rows).rename(
        columns={"survey_low": "survey_difference_low", "survey_high": "survey_difference_high"}
    )
    order = {q: i for i, q in enumerate(dict.fromkeys(last["question"]))}
    frame = frame.sort_values(
        ["question", "place"], key=lambda c: c.map(order) if c.name == "question" else c
    )
    note = (
        "Skillnad = procentenheter mot stadens trygghetsmätning i samma stadsdelsområde, med "
        "osäkerhetsintervall. Ingen skillnad räknas ut där undersökningarna inte är jämförbara."
        if sv
        else "Difference = percentage points from the city's survey in the same district, with its "
        "interval. None is given where the surveys are not comparable."
    )
    caption = (
        f"Samma fråga i flera undersökningar, {area}: den senaste mätningen i var och en, med hela "
        "staden bredvid, och hur långt de kan jämföras."
        if sv
        else f"The same question in several surveys, {area}: the latest wave of each beside the "
        "whole city, and how far they can be compared."
    )
    return Table(
        name="surveys",
        caption=caption,
        columns=(
            Column("label", heading("survey", lang), "text", 28),
            Column("share", f"{heading('share', lang)}, %", "percent", 9),
            Column("ci", "Intervall, %" if sv else "Interval, %", "interval", 12),
            Column("city", "Staden, %" if sv else "City, %", "percent", 10),
            Column("survey_difference", "Skillnad" if sv else "Difference", "change", 20),
            Column("comparable", "Jämförbarhet" if sv else "Comparability", "text", 21),
        ),
        rows=frame.reset_index(drop=True),
        notes=(note,),
        lang=lang,
        title="Undersökningarna" if sv else "The surveys",
    )


def waves_table(waves: Sequence[Wave], area: str, lang: Language = "sv") -> Table:
    """Which waves the numbers rest on: who was asked, how, and how many answered."""
    sv = lang == "sv"
    rows = []
    for wave in waves:
        facts = wave.book.wave(wave.year).facts
        here = int((wave.frame["district"] == area).sum())
        rows.append(
            {
                "section": heading(wave.survey, lang),
                "label": str(wave.year),
                "who": _who(wave, lang),
                "mode": _mode(facts.mode, lang),
                "answers": len(wave.frame),
                "here": here,
            }
        )
    caption = (
        f"Mätningarna som bilagan bygger på, och hur många som har svarat i {area}."
        if sv
        else f"The waves that the appendix rests on, and how many answered in {area}."
    )
    return Table(
        name="waves",
        caption=caption,
        columns=(
            Column("label", heading("wave", lang), "text", 12),
            Column("who", "Vilka frågades" if sv else "Who was asked", "text", 38),
            Column("mode", "Hur" if sv else "How", "text", 20),
            Column("answers", "Svar, alla" if sv else "Answers, all", "count", 14),
            Column("here", "Svar, området" if sv else "Answers, area", "count", 16),
        ),
        rows=pd.DataFrame(rows),
        lang=lang,
        title="Mätningar" if sv else "Waves",
    )


def audit_table(
    findings: Sequence[Finding], subjects: Mapping[str, str], lang: Language = "sv"
) -> Table:
    """The statements of one published document, recomputed.

    Args:
        findings: what the audit found about it.
        subjects: the statements in the reader's language, by id.
        lang: the reader's language.
    """
    sv = lang == "sv"
    source = findings[0].source if findings else ""
    rows = [
        {
            "label": subjects.get(f.id, f.subject),
            "stated": _stated(f.stated, lang),
            "recomputed": _recomputed(f, lang),
            "verdict": heading(f.verdict, lang),
            "reason": f.reason_sv if sv else f.reason,
        }
        for f in findings
    ]
    caption = (
        f"{_title(source)}: vad dokumentet anger, vad en omräkning ger, om det stämmer och varför."
        if sv
        else f"{_title(source)}: what the document states, what recomputing gives, whether "
        "it holds and why."
    )
    return Table(
        name=f"audit-{source}",
        caption=caption,
        columns=(
            Column("label", heading("claim", lang), "text", 22),
            Column("stated", heading("stated", lang), "text", 10),
            Column("recomputed", heading("recomputed", lang), "text", 12),
            Column("verdict", heading("verdict", lang), "text", 16),
            Column("reason", heading("reason", lang), "text", 40),
        ),
        rows=pd.DataFrame(rows),
        lang=lang,
        title=f"{'Granskning' if sv else 'Audit'} {_short(source)}",
    )


@dataclass(frozen=True)
class Published:
    """A published document: its title, the district it is about, and its year."""

    title: str
    area: str
    year: int


DOCUMENTS = {
    "hv2022": Published("Lokal lägesbild Hässelby-Vällingby 2022", "Hässelby-Vällingby", 2022),
    "hv2023": Published("Lägesbild Hässelby-Vällingby 2023", "Hässelby-Vällingby", 2023),
    "ha2024": Published("Lägesbild 2024 Hägersten-Älvsjö", "Hägersten-Älvsjö", 2024),
    "plan2020": Published("Åtgärdsplan Hässelby-Vällingby 2020", "Hässelby-Vällingby", 2020),
}
"""The documents whose statements are audited, by their short names."""
_STATED = {
    "small increase": ("liten ökning", "small increase"),
    "small decrease": ("liten minskning", "small decrease"),
    "increase": ("ökning", "increase"),
    "decrease": ("minskning", "decrease"),
    "above": ("över", "above"),
    "": ("stämmer", "adds up"),
}


def about(findings: Sequence[Finding], area: str, year: int) -> list[Finding]:
    """The findings about the documents of a district up to a year."""
    own = {s for s, d in DOCUMENTS.items() if d.area == area and d.year <= year}
    return [f for f in findings if f.source in own]


def _short(source: str) -> str:
    """Two words for the tab of a workbook."""
    told = DOCUMENTS.get(source)
    if told is None:
        return source
    kind = "åtgärdsplan" if told.title.startswith("Åtgärdsplan") else "lägesbild"
    return f"{kind} {told.year}"


def _title(source: str) -> str:
    told = DOCUMENTS.get(source)
    return source if told is None else told.title


def _stated(text: str, lang: Language) -> str:
    if text in _STATED:
        return _STATED[text][0 if lang == "sv" else 1]
    return stated_text(text, lang)


def _recomputed(finding: Finding, lang: Language) -> str:
    value = finding.recomputed
    if value is None:
        return "–"
    change = finding.kind in {"percent_change", "difference", "share_change", "direction"}
    decimals = _DECIMALS.get(finding.kind, 0 if float(value).is_integer() else 1)
    return number(value, decimals, lang, sign=change)


def _who(wave: Wave, lang: Language) -> str:
    facts = wave.book.wave(wave.year).facts
    sv = lang == "sv"
    if facts.population == "pupils":
        years = joined([word(y, lang) for y in facts.school_years], lang)
        text = f"elever i {years}" if sv and years else ("elever" if sv else f"pupils in {years}")
    else:
        text = "boende" if sv else "residents"
        low, high = facts.ages or (None, None)
        if low is not None:
            upper = f"–{high}" if high is not None else (" och äldre" if sv else " and older")
            text += f" {low}{upper}" + (" år" if sv and high is not None else "")
    if facts.areas:
        text += (", bara i " if sv else ", only in ") + joined(list(facts.areas), lang)
    return text


def _mode(mode: object, lang: Language) -> str:
    if not isinstance(mode, tuple) or not mode:
        return "okänt" if lang == "sv" else "unknown"
    words = [_MODES.get(m, (m, m))[0 if lang == "sv" else 1] for m in mode]
    return joined(words, lang)
