"""The summary: at most six sentences, written from the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from survey_stats.labels import Language, number, percent, word
from survey_stats.report.sentences import joined, latest_totals, share_of, size

MOST = 3
"""How many changes a sentence spells out before it counts the rest."""


def summary(
    figures: pd.DataFrame,
    area: str,
    lang: Language = "sv",
    crime: pd.DataFrame | None = None,
    findings: Sequence[Any] = (),
) -> list[str]:
    """At most six sentences: what changed for certain, what did not, what cannot be told.

    Args:
        figures: the figures of the appendix.
        area: the district.
        lang: the reader's language.
        crime: tested changes of reported crime (`label`, `verdict`, `before`, `after`,
            `period_before`, `period_after`), where there are any.
        findings: the audit's findings (`verdict`).
    """
    last = latest_totals(figures)
    tested = last[(last["verdict"] != "") & last["difference"].notna() & last["share"].notna()]
    said = [
        _changed(tested, area, lang),
        _unchanged(tested, lang),
        _undecided(tested, lang),
        _beside(last, figures, area, lang),
        _crime(crime, lang),
        _audited(findings, lang),
    ]
    return [sentence for sentence in said if sentence]


def _changed(tested: pd.DataFrame, area: str, lang: Language) -> str:
    sure = tested[tested["verdict"].str.startswith("significant")]
    if tested.empty:
        return (
            f"Ingen andel för {area} kan ännu jämföras med en tidigare mätning."
            if lang == "sv"
            else f"No share of {area} can be compared with an earlier wave yet."
        )
    if sure.empty:
        return (
            f"Ingen av de {len(tested)} andelar för {area} som kan jämföras med en tidigare "
            "mätning har förändrats på ett sätt som är statistiskt säkerställt."
            if lang == "sv"
            else f"None of the {len(tested)} shares of {area} that can be compared with an earlier "
            "wave has changed in a statistically significant way."
        )
    rows = sure.sort_values("difference", key=abs, ascending=False, kind="stable")
    told = [_move(row, lang) for row in rows.head(MOST).to_dict("records")]
    more = len(rows) - len(told)
    if lang == "sv":
        rest = f" ({more} till redovisas i översikten)" if more else ""
        return f"Statistiskt säkerställt i {area}: {joined(told)}{rest}."
    rest = f" ({more} more are in the overview)" if more else ""
    return f"Statistically significant in {area}: {joined(told, lang)}{rest}."


def _move(row: dict[Any, Any], lang: Language) -> str:
    before = percent(float(row["share"]) - float(row["difference"]), 1, lang)
    after = percent(float(row["share"]), 1, lang)
    up = row["verdict"] == "significant increase"
    if lang == "sv":
        verb = "ökade" if up else "minskade"
        return (
            f"{share_of(row['question'])} {verb} från {before} ({row['previous_wave']}) till "
            f"{after} ({row['wave']}) enligt {word(row['survey'])}"
        )
    verb = "rose" if up else "fell"
    return (
        f"{share_of(row['question'], lang)} {verb} from {before} ({row['previous_wave']}) to "
        f"{after} ({row['wave']}) according to {word(row['survey'], lang)}"
    )


def _named(rows: pd.DataFrame, lang: Language) -> str:
    """Questions with their surveys: each question once."""
    out = []
    several = len(set(rows["survey"])) > 1
    for question, part in rows.groupby("question", sort=False):
        name = word(str(question), lang)
        if several:
            surveys = [word(str(s), lang) for s in part["survey"]]
            name += f" ({joined(surveys, lang)})"
        out.append(name)
    text = joined(out[:4], lang) if len(out) <= 4 else ", ".join(out[:4])
    if len(out) > 4:
        text += (" och " if lang == "sv" else " and ") + (
            f"{len(out) - 4} till" if lang == "sv" else f"{len(out) - 4} more"
        )
    return text


def _unchanged(tested: pd.DataFrame, lang: Language) -> str:
    same = tested[tested["verdict"] == "unchanged"]
    if same.empty:
        return ""
    if lang == "sv":
        return (
            "Oförändrade, i meningen att en verklig förändring på 3 procentenheter eller mer kan "
            f"uteslutas, är andelarna {_named(same, lang)}."
        )
    return (
        "Unchanged, in the sense that a real change of 3 percentage points or more can be ruled "
        f"out: {_named(same, lang)}."
    )


def _undecided(tested: pd.DataFrame, lang: Language) -> str:
    open_ = tested[(tested["verdict"] == "cannot be decided") & tested["difference"].notna()]
    if open_.empty:
        return ""
    sizes = open_["smallest_detectable"].dropna()
    sv = lang == "sv"
    needed = ""
    if not sizes.empty:
        low, high = size(sizes.min(), lang), size(sizes.max(), lang)
        least = low if low == high else f"{low}–{high}"
        needed = (
            f"; med dagens antal svarande syns säkert bara förändringar på minst {least} "
            "procentenheter"
            if sv
            else f"; with today's number of answers only changes of at least {least} percentage "
            "points show for certain"
        )
    if len(open_) > 2 * MOST:
        first = open_.drop_duplicates("question").head(MOST)["question"]
        some = ", ".join(word(str(q), lang) for q in first)
        return (
            f"För {len(open_)} av {len(tested)} andelar, bland dem {some}, kan det inte avgöras "
            f"om något har förändrats{needed}."
            if sv
            else f"For {len(open_)} of {len(tested)} shares, among them {some}, it cannot be "
            f"decided whether anything has changed{needed}."
        )
    start = (
        "Det kan inte avgöras om följande har förändrats"
        if sv
        else "It cannot be decided whether the following has changed"
    )
    return f"{start}: {_named(open_, lang)}{needed}."


def _beside(last: pd.DataFrame, figures: pd.DataFrame, area: str, lang: Language) -> str:
    city = latest_totals(figures, "city").set_index(["survey", "question"])["share"]
    sv = lang == "sv"
    told = []
    for verdict in ("higher", "lower"):
        rows = last[(last["rest_verdict"] == verdict) & last["share"].notna()]
        # one survey a question: the gap is told once
        rows = rows.drop_duplicates("question").sort_values(
            "rest_difference", key=abs, ascending=False, kind="stable"
        )
        if rows.empty:
            continue
        items = []
        for row in rows.head(MOST).to_dict("records"):
            whole = city.get((row["survey"], row["question"]))
            pair = percent(float(row["share"]), 1, lang)
            if whole is not None and not pd.isna(whole):
                pair += f" {'mot' if sv else 'against'} {percent(float(whole), 1, lang)}"
            items.append(f"{word(row['question'], lang)} ({pair})")
        more = len(rows) - len(items)
        if more:
            items.append(f"{more} till" if sv else f"{more} more")
        direction = {"higher": ("högre", "higher"), "lower": ("lägre", "lower")}[verdict]
        told.append(
            f"{direction[0]} för {joined(items)}"
            if sv
            else f"{direction[1]} for {joined(items, lang)}"
        )
    compared = last[last["rest_verdict"] != ""]
    if compared.empty:
        return ""
    if not told:
        return (
            f"Mellan {area} och övriga staden finns ingen säkerställd skillnad."
            if sv
            else f"There is no significant difference between {area} and the rest of the city."
        )
    return (
        f"Jämfört med hela staden är andelen i {area} säkerställt {joined(told)}."
        if sv
        else f"Compared with the whole city the share in {area} is significantly "
        f"{joined(told, lang)}."
    )


def _crime(crime: pd.DataFrame | None, lang: Language) -> str:
    if crime is None or crime.empty:
        return ""
    rows = crime[~crime["is_total"].astype(bool)] if "is_total" in crime else crime
    sure = rows[rows["verdict"].str.startswith("significant")]
    sv = lang == "sv"
    first, last = rows["period_before"].iloc[0], rows["period_after"].iloc[0]
    period = f"{first} {'och' if sv else 'and'} {last}"
    if sure.empty:
        return (
            f"Ingen av de {len(rows)} typerna av anmälda brott har förändrats säkerställt mellan "
            f"{period}."
            if sv
            else f"None of the {len(rows)} types of reported crime changed significantly between "
            f"{period}."
        )
    parts = []
    for verdict, verb in (
        ("significant decrease", ("minskade", "fell")),
        ("significant increase", ("ökade", "rose")),
    ):
        own = sure[sure["verdict"] == verdict]
        if own.empty:
            continue
        names = [
            f"{_lower(r['label'])} ({number(r['before'], 0, lang)} {'till' if sv else 'to'} "
            f"{number(r['after'], 0, lang)})"
            for r in own.to_dict("records")
        ]
        more = len(names) - MOST
        if more > 0:
            names = [*names[:MOST], f"{more} till" if sv else f"{more} more"]
        parts.append(f"{joined(names, lang)} {verb[0 if sv else 1]}")
    return (
        f"Av {len(rows)} typer av anmälda brott har {len(sure)} förändrats säkerställt mellan "
        f"{period}: {joined(parts)}."
        if sv
        else f"Of {len(rows)} types of reported crime {len(sure)} changed significantly between "
        f"{period}: {joined(parts, lang)}."
    )


def _audited(findings: Sequence[Any], lang: Language) -> str:
    if not findings:
        return ""
    wrong = sum(f.verdict == "does not hold" for f in findings)
    unsure = sum(f.verdict == "cannot be decided" for f in findings)
    holds = len(findings) - wrong - unsure
    if lang == "sv":
        return (
            f"Av {len(findings)} publicerade uppgifter som har räknats om stämmer {holds}, "
            f"{wrong} stämmer inte och {unsure} kan inte avgöras."
        )
    return (
        f"Of {len(findings)} published statements that were recomputed {holds} hold, {wrong} do "
        f"not hold and {unsure} cannot be decided."
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
