"""Sentences about how the numbers were made: method, comparability, sources, what is missing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from survey_stats import protect
from survey_stats.labels import NBSP, Language, number, word
from survey_stats.report.crime import CrimeTable
from survey_stats.report.plan import Parameters
from survey_stats.report.sentences import joined, own_level
from survey_stats.resources import own_data

DEMO_FILES: dict[Language, str] = {
    "sv": "De påhittade svarsfiler som dokumentet är gjort av ligger i mappen deliveries bredvid "
    "det.",
    "en": "The made-up answer files that the document is made from are in the folder deliveries "
    "beside it.",
}
ONE_SURVEY: dict[Language, str] = {
    "sv": "Ingen fråga har ställts i mer än en av undersökningarna.",
    "en": "No question was asked in more than one of the surveys.",
}
ONE_CODING: dict[Language, str] = {
    "sv": "Frågan har bara en kodning i de leveranser som används.",
    "en": "The question has one coding only in the deliveries in use.",
}


_NOTHING = "They say nothing about the world"


def synthetic(pieces: Collection[str], lang: Language = "sv") -> str:
    """That the answers are made up, and what in a document of these pieces is not."""
    sv = lang == "sv"
    text = (
        "Svaren bakom detta dokument är påhittade för att visa hur det ser ut."
        if sv
        else "The answers behind this document are made up to show what it looks like."
    )
    if own_data() is not None:
        return f"{text} {'De säger ingenting om verkligheten' if sv else _NOTHING}."
    text += (
        " De är gjorda så att de andelar som har publicerats kommer ut rätt, men säger ingenting "
        "annat om verkligheten."
        if sv
        else " They are made so that the published shares come out right, and say nothing else "
        "about the world."
    )
    real = {
        "crime": ("de anmälda brotten", "reported crime"),
        "audit": ("granskningen av publicerade uppgifter", "the audit of published statements"),
    }
    found = [words[0 if sv else 1] for name, words in real.items() if name in pieces]
    if not found:
        return text
    names = joined(found, lang)
    names = names[:1].upper() + names[1:]
    if sv:
        return f"{text} {names} bygger på verkliga, publicerade siffror."
    rest = "rest" if len(found) > 1 or "crime" not in pieces else "rests"
    return f"{text} {names} {rest} on real, published figures."


def not_asked(question: str, area: str, year: int, lang: Language = "sv") -> str:
    """Said in the place of a question that nobody answered."""
    if lang == "sv":
        return f"Det finns inga svar från {area} på frågan ({word(question)}) till och med {year}."
    return (
        f"There are no answers from {area} to the question ({word(question, lang)}) up to {year}."
    )


def more_tables(surveys: Sequence[str], lang: Language = "sv") -> str:
    """Where the tables of the other surveys are."""
    names = joined([word(s, lang) for s in surveys], lang)
    if lang == "sv":
        return f"Tabeller för {names} finns i arbetsboken (XLSX) som hör till bilagan."
    return f"Tables of {names} are in the workbook (XLSX) that belongs to the appendix."


def no_crime(area: str, year: int, lang: Language = "sv") -> str:
    """Said where no counts of reported crime are known."""
    if lang == "sv":
        return (
            f"För {area} finns inga publicerade antal anmälda brott till och med {year} i de "
            "dokument som har gåtts igenom. Avsnittet lämnas därför tomt i stället för att fyllas "
            "med siffror för ett annat område."
        )
    return (
        f"No published counts of reported crime up to {year} are known for {area} in the documents "
        "that were gone through, so this section is left empty."
    )


def crime_lead(table: CrimeTable, area: str, lang: Language = "sv") -> str:
    """What a table of reported crime shows, and how to read its figure and table."""
    rows = table.rows[~table.rows["is_total"].astype(bool)]
    up = int((rows["verdict"] == "significant increase").sum())
    down = int((rows["verdict"] == "significant decrease").sum())
    season = _season(table, lang)
    if lang == "sv":
        return (
            f"Av {len(rows)} brottstyper i {area} ökade {up} och minskade {down} säkerställt från "
            f"{table.before} till {table.after}{season}; för övriga är skillnaden inte större än "
            "vad slumpen rimligen ger, eller för liten för att räknas."
        )
    return (
        f"Of {len(rows)} types of crime in {area}, {up} rose and {down} fell significantly from "
        f"{table.before} to {table.after}{season}; the others differ by no more than chance can "
        "reasonably make them, or by too little to count."
    )


def _season(table: CrimeTable, lang: Language) -> str:
    both = "båda åren" if lang == "sv" else "of both years"
    return f" ({table.season} {both})" if table.season else ""


def crime_caption(table: CrimeTable, area: str, lang: Language = "sv") -> str:
    """The caption of the figure of reported crime."""
    if lang == "sv":
        return (
            f"Anmälda brott i {area}: förändring från {table.before} till {table.after}"
            f"{_season(table, lang)}. Strecket är osäkerhetsintervallet (95{NBSP}%). Fylld punkt: "
            "säkerställd förändring. Ofylld punkt: skillnaden kan bero på slumpen eller är liten."
        )
    return (
        f"Reported crime in {area}: change from {table.before} to {table.after}"
        f"{_season(table, lang)}. The line is the 95% confidence interval. Filled dot: "
        "significant change. Open dot: the difference may be chance or is small."
    )


def crime_alt(table: CrimeTable, lang: Language = "sv") -> str:
    """The numbers of the figure of reported crime."""
    sv = lang == "sv"
    gap = NBSP if sv else ""
    told = [
        f"{r['label']} {number(r['percent_change'], 0, lang, sign=True)}{gap}%"
        + ((" (säkerställt)" if sv else " (significant)") if r["verdict"][:4] == "sign" else "")
        for r in table.rows.to_dict("records")
        if pd.notna(r["percent_change"])
    ]
    start = "Punktdiagram med intervall: " if sv else "Dot chart with intervals: "
    return start + "; ".join(told) + "."


def audit_scope(area: str, year: int, some: bool, lang: Language = "sv") -> str:
    """Which documents the audit is shown of, and where the rest of it is."""
    if some:
        return (
            f"Här visas de dokument som handlar om {area} till och med {year}. Hela granskningen, "
            "också av dokument om andra områden, finns i filen audit.csv som hör till bilagan."
            if lang == "sv"
            else f"Shown are the documents about {area} up to {year}. The whole audit, also of "
            "documents about other districts, is in the file audit.csv that belongs to the "
            "appendix."
        )
    return (
        f"Inget av de dokument som har granskats handlar om {area} till och med {year}. Hela "
        "granskningen, av dokument om andra områden eller år, finns i filen audit.csv som hör "
        "till bilagan."
        if lang == "sv"
        else f"None of the audited documents is about {area} up to {year}. The whole audit, of "
        "documents about other districts or years, is in the file audit.csv that belongs to the "
        "appendix."
    )


def method(figures: pd.DataFrame, rule: protect.Rule, lang: Language = "sv") -> list[str]:
    """The rules that depend on this appendix's own counts."""
    level = own_level(figures)
    size = {
        name: int(rows["comparisons"].max())
        for name, rows in (
            ("totals", _family(figures, level)),
            ("groups", figures[(figures["group"] != "all")]),
        )
        if rows["comparisons"].notna().any()
    }
    sv = lang == "sv"
    out = []
    if size:
        totals, groups = size.get("totals", 0), size.get("groups", 0)
        whole = ("hela området", "inom det", "the district")
        if level == "city":
            whole = (word("city"), "inom den", word("city", "en"))
        out.append(
            f"Många jämförelser görs samtidigt, och några skulle se säkerställda ut av en slump. "
            f"Kravet skärps därför med Holms metod: {totals} jämförelser för {whole[0]} och "
            f"{groups} för grupperna {whole[1]}."
            if sv
            else "Many comparisons are made at once, and some would look significant by chance. "
            f"The bar is raised by Holm's method: {totals} comparisons for {whole[2]} and "
            f"{groups} for its groups."
        )
    lines = int(figures["trend_slope"].notna().sum())
    if lines:
        out.append(
            f"Där tre mätningar eller fler kan jämföras läggs en rät linje genom dem. De {lines} "
            "linjerna prövas för sig med Holms metod."
            if sv
            else "Where three waves or more can be compared a straight line is put through them. "
            f"The {lines} lines are a family of their own (Holm's method)."
        )
    hidden = int(figures["flag"].str.startswith("suppressed").sum())
    unsure = int(figures["flag"].str.startswith("uncertain").sum())
    title = rule.title.get(lang, "")
    if title and rule.name != protect.DEFAULT.name:
        out.append(f"Vad som visas följer: {title}." if sv else f"What is shown goes by: {title}.")
    out.append(
        " ".join(rule.notes(lang))
        + (
            f" Här är {hidden} uppgifter dolda och {unsure} osäkra."
            if sv
            else f" Here {hidden} figures are hidden and {unsure} uncertain."
        )
    )
    return out


def versions(code: str, data: str, parameters: Parameters) -> str:
    """What the document was made from."""
    if parameters.lang == "sv":
        return (
            f"Dokumentet är gjort med survey_stats {code} av leveranser med kontrollsumman {data}, "
            f"för {parameters.area} och år {parameters.year}. Samma leveranser och samma version "
            "ger samma siffror."
        )
    return (
        f"Made with survey_stats {code} from deliveries with the checksum {data}, for "
        f"{parameters.area} and the year {parameters.year}. The same deliveries and version give "
        "the same figures."
    )


def page_footer(code: str, data: str, parameters: Parameters) -> str:
    """What every page says at its end: parameters, data version, code version.

    >>> page_footer("1.2.0", "0f3a", Parameters("Farsta", 2023))
    'Farsta 2023 · språk sv · skyddsprofil survey_stats · data 0f3a · kod survey_stats 1.2.0'
    """
    about, rule = f"{parameters.area} {parameters.year}", parameters.rule.name
    if parameters.lang == "sv":
        told = (
            about,
            "språk sv",
            f"skyddsprofil {rule}",
            f"data {data}",
            f"kod survey_stats {code}",
        )
    else:
        told = (
            about,
            f"language {parameters.lang}",
            f"protection profile {rule}",
            f"data {data}",
            f"code survey_stats {code}",
        )
    return " · ".join(told)


def _family(figures: pd.DataFrame, level: str) -> pd.DataFrame:
    return figures[(figures["group"] == "all") & (figures["area_level"] == level)]
