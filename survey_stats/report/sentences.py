"""Sentences written from the numbers: leads, captions and texts instead of a figure.

Each function reads the figures (see `schema`) and writes nothing that is not in them, so that a
sentence can never say something else than the table beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from survey_stats.labels import NBSP, Language, heading, number, percent, word
from survey_stats.report.comparable import NOT_COMPARABLE
from survey_stats.report.tables import interval

_DECIDED = ("significant increase", "significant decrease", "unchanged")


@dataclass(frozen=True)
class Noted:
    """A sentence with what a reader must be told of it: footnotes of a table or figure beside."""

    text: str
    notes: tuple[str, ...] = ()


def own_level(figures: pd.DataFrame) -> str:
    """The level of the rows that a document is about: "district", or "city" where it has none."""
    return "district" if (figures["area_level"] == "district").any() else "city"


def latest_totals(figures: pd.DataFrame, level: str | None = None) -> pd.DataFrame:
    """The total of each question and survey in its latest wave, default coding.

    Args:
        figures: the figures of a document.
        level: "district" or "city"; that which the document is about by default.
    """
    rows = totals(figures)
    rows = rows[rows["area_level"] == (level or own_level(figures))]
    last = rows.groupby(["survey", "question"], sort=False)["wave"].transform("max")
    return rows[rows["wave"] == last]


def totals(figures: pd.DataFrame) -> pd.DataFrame:
    """The rows of all respondents of an area, not of a group and not of a rival coding."""
    return figures[(figures["group"] == "all") & figures["default_coding"]]


def leads(
    figures: pd.DataFrame,
    question: str,
    area: str,
    lang: Language = "sv",
    compare: Collection[str] = ("before", "city"),
) -> dict[str, str]:
    """What a question's figure and tables say: one or two sentences a survey, by survey.

    Args:
        figures: the figures of a document.
        question: its name in the common vocabulary.
        area: the district, or the city.
        lang: the reader's language.
        compare: with `before` the change since the wave before is told, its interval behind it in
            brackets; with `city` the share of the whole city beside a district's, with `rest` the
            tested difference from the rest of the city, with `trend` the line through all waves.
    """
    last = latest_totals(figures)
    beside_city = "city" in compare and own_level(figures) == "district"
    city = latest_totals(figures, "city").set_index(["survey", "question"])["share"]
    out = {}
    for row in last[last["question"] == question].to_dict("records"):
        survey = str(row["survey"])
        if pd.isna(row["share"]):
            out[survey] = _hidden(row, area, lang)
            continue
        here = _share_with_interval(row, lang)
        whole = city.get((survey, question)) if beside_city else None
        beside = ""
        if whole is not None and not pd.isna(whole):
            beside = f", {word('city', lang)} {percent(float(whole), 1, lang)}"
        told = [f"{heading(survey, lang)} {row['wave']}: {here}{beside}."]
        if "rest" in compare:
            told.append(rest_sentence(row, lang))
        if "before" in compare:
            told.append(verdict_sentence(row, lang))
        if "trend" in compare:
            told.append(trend_sentence(row, lang))
        out[survey] = " ".join(t for t in told if t)
    return out


def rest_sentence(row: dict[Any, Any], lang: Language = "sv") -> str:
    """A district against the rest of the city in a sentence; empty where they were not tested."""
    verdict = str(row.get("rest_verdict") or "")
    if not verdict or pd.isna(row["rest_difference"]):
        return ""
    much, low, high = (
        size(row["rest_difference"], lang),
        signed(row["rest_low"], lang),
        signed(row["rest_high"], lang),
    )
    if lang == "sv":
        if verdict == "no significant difference":
            return (
                f"Ingen säkerställd skillnad mot {word('remainder')} "
                f"({signed(row['rest_difference'], lang)} procentenheter, {low} till {high})."
            )
        side = "högre" if verdict == "higher" else "lägre"
        return (
            f"Säkerställt {side} än i {word('remainder')}, med {much} procentenheter ({low} till "
            f"{high})."
        )
    if verdict == "no significant difference":
        return (
            f"No significant difference from {word('remainder', lang)} "
            f"({signed(row['rest_difference'], lang)} percentage points, {low} to {high})."
        )
    return (
        f"Significantly {verdict} than in {word('remainder', lang)}, by {much} percentage points "
        f"({low} to {high})."
    )


def verdict_sentence(row: dict[Any, Any], lang: Language = "sv") -> str:
    """The verdict of one change in a sentence; empty where there was no wave before."""
    if pd.isna(row.get("previous_wave")):
        return ""
    if row.get("change_flag") == NOT_COMPARABLE:
        return (
            f"Andelen går inte att jämföra med den från {row['previous_wave']}."
            if lang == "sv"
            else f"The share cannot be compared with that of {row['previous_wave']}."
        )
    if pd.isna(row["difference"]):
        return (
            f"Förändringen sedan {row['previous_wave']} visas inte, eftersom för få har svarat."
            if lang == "sv"
            else f"The change since {row['previous_wave']} is not shown: too few answered."
        )
    since, much = row["previous_wave"], size(row["difference"], lang)
    low, high = signed(row["difference_low"], lang), signed(row["difference_high"], lang)
    beyond = not row["difference_low"] <= 0 <= row["difference_high"]
    verdict = str(row["verdict"])
    if lang == "sv":
        spread = f"({low} till {high})"
        told = {
            "significant increase": f"Säkerställd ökning sedan {since} med {much} "
            f"procentenheter {spread}.",
            "significant decrease": f"Säkerställd minskning sedan {since} med {much} "
            f"procentenheter {spread}.",
            "unchanged": f"Oförändrat sedan {since}: en verklig förändring på 3 procentenheter "
            f"eller mer kan uteslutas {spread}.",
        }
        why = ", osäkert givet antalet jämförelser" if beyond else ""
        return told.get(
            verdict,
            f"Om något har ändrats sedan {since} kan inte avgöras "
            f"({signed(row['difference'], lang)} procentenheter, {low} till {high}"
            f"{why}).",
        )
    spread = f"({low} to {high})"
    told = {
        "significant increase": f"Significant increase since {since} of {much} percentage points "
        f"{spread}.",
        "significant decrease": f"Significant decrease since {since} of {much} percentage points "
        f"{spread}.",
        "unchanged": f"Unchanged since {since}: a real change of 3 percentage points or more can "
        f"be ruled out {spread}.",
    }
    why = ", not significant given the number of comparisons" if beyond else ""
    return told.get(
        verdict,
        f"Whether anything has changed since {since} cannot be decided "
        f"({signed(row['difference'], lang)} percentage points, {low} to {high}{why}).",
    )


def trend_sentence(row: dict[Any, Any], lang: Language = "sv") -> str:
    """The line through three or more waves in a sentence; empty where nothing is decided of it."""
    verdict = str(row.get("trend_verdict") or "")
    if pd.isna(row.get("trend_slope")) or verdict not in _DECIDED:
        return ""
    first, waves = int(row["trend_first"]), int(row["trend_waves"])
    low, high = signed(row["trend_low"], lang), signed(row["trend_high"], lang)
    much = size(row["trend_slope"], lang)
    bent = not pd.isna(row["trend_p_nonlinear"]) and float(row["trend_p_nonlinear"]) < 0.05
    if lang == "sv":
        side = {"significant increase": "ökning", "significant decrease": "minskning"}
        told = (
            f"oförändrat, med högst små ändringar om året ({low} till {high} procentenheter)"
            if verdict == "unchanged"
            else f"säkerställd {side[verdict]}, i genomsnitt {much} procentenheter om året ({low} "
            f"till {high})"
        )
        end = ", men mätningarna avviker från en jämn utveckling." if bent else "."
        return f"Över {waves} mätningar sedan {first}: {told}{end}"
    told = (
        f"unchanged, with small changes a year at most ({low} to {high} percentage points)"
        if verdict == "unchanged"
        else f"a {verdict} of {much} percentage points a year on average ({low} to {high})"
    )
    end = ", but the waves depart from an even development." if bent else "."
    return f"Over {waves} waves since {first}: {told}{end}"


def waves_caption(question: str, area: str, lang: Language = "sv", city: bool = True) -> str:
    """The caption of a question's figure, with the whole city beside a district or without."""
    whole = f" {'och i' if lang == 'sv' else 'and in'} {word('city', lang)}" if city else ""
    if lang == "sv":
        return (
            f"{heading(question)}: andel i {area}{whole}. "
            f"Lodrätt streck: osäkerhetsintervall (95{NBSP}%), ju kortare desto säkrare."
        )
    return (
        f"{heading(question, lang)}: share in {area}{whole}. "
        "Upright line: 95% confidence interval, the shorter the surer."
    )


def of_figure(note: str, years: Sequence[int], last: int, lang: Language = "sv") -> str:
    """A note of a comparison that a reader makes with his eyes: earlier waves with the last.

    >>> of_figure("Olika åldrar.", [2020, 2021], 2024)
    '2020 och 2021 jämfört med 2024: olika åldrar.'
    """
    beside = "jämfört med" if lang == "sv" else "against"
    earlier = joined([str(year) for year in years], lang)
    return f"{earlier} {beside} {last}: {note[:1].lower()}{note[1:]}"


def waves_alt(rows: pd.DataFrame, area: str, lang: Language = "sv") -> str:
    """The numbers of a question's figure, for a reader who does not see it."""
    parts = []
    for survey, part in rows.groupby("survey", sort=False):
        series = []
        for level, name in (("district", area), ("city", word("city", lang))):
            own = part[(part["area_level"] == level) & part["share"].notna()].sort_values("wave")
            values = [
                f"{percent(float(share), 0, lang)} ({wave})"
                for wave, share in zip(own["wave"], own["share"], strict=True)
            ]
            if values:
                series.append(f"{name} {', '.join(values)}")
        parts.append(f"{heading(str(survey), lang)}: {'; '.join(series)}.")
    sv = lang == "sv"
    start = "Linjediagram med osäkerhetsintervall." if sv else "Line chart with intervals."
    return " ".join([start, *parts])


def table_caption(
    question: str, survey: str, wave: int, previous: int | None, lang: Language = "sv"
) -> str:
    """The caption of a question's table in one survey."""
    since = ""
    if lang == "sv":
        if previous is not None:
            since = f", och förändring sedan {previous} med sitt intervall"
        return (
            f"{heading(question)} enligt {word(survey)} {wave}: andel med osäkerhetsintervall "
            f"(95{NBSP}%) och bas (antal svarande){since}."
        )
    if previous is not None:
        since = f", and change since {previous} with its interval"
    return (
        f"{heading(question, lang)} according to {word(survey, lang)} {wave}: share with 95% "
        f"confidence interval and base (number of answers){since}."
    )


def joined(items: Sequence[str], lang: Language = "sv") -> str:
    """A list in running text.

    >>> joined(["a", "b", "c"]), joined(["a"]), joined(["a", "b"], "en")
    ('a, b och c', 'a', 'a and b')
    """
    last = "och" if lang == "sv" else "and"
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def _hidden(row: dict[Any, Any], area: str, lang: Language) -> str:
    if lang == "sv":
        name = word(row["survey"])
        return f"Enligt {name} {row['wave']} är svaren i {area} för få för att visas."
    return f"In {word(row['survey'], lang)} {row['wave']} too few answered in {area} to be shown."


def _share_with_interval(row: dict[Any, Any], lang: Language) -> str:
    low, high = row["ci_low"], row["ci_high"]
    text = percent(float(row["share"]), 1, lang)
    if pd.isna(low) or pd.isna(high):
        return text
    name = word("interval", lang)
    return f"{text} ({name} {interval(float(low), float(high), 1, lang)})"


def size(value: Any, lang: Language) -> str:
    """A difference of shares in percentage points, without its sign."""
    return number(abs(100 * float(value)), 1, lang)


def signed(value: Any, lang: Language) -> str:
    """A difference of shares in percentage points, with its sign."""
    return "–" if pd.isna(value) else number(100 * float(value), 1, lang, sign=True)
