"""The summary: at most six sentences, written from the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from survey_stats.labels import Language, number, percent, share_of, who, word
from survey_stats.report.plan import SURVEYS
from survey_stats.report.sentences import Noted, joined, latest_totals

MOST = 3
"""How many changes a sentence spells out before it counts the rest."""


def summary(
    figures: pd.DataFrame,
    area: str,
    lang: Language = "sv",
    crime: pd.DataFrame | None = None,
    findings: Sequence[Any] = (),
) -> list[str]:
    """The sentences of `noted_summary` without their notes."""
    return [told.text for told in noted_summary(figures, area, lang, crime, findings)]


def noted_summary(
    figures: pd.DataFrame,
    area: str,
    lang: Language = "sv",
    crime: pd.DataFrame | None = None,
    findings: Sequence[Any] = (),
    caveats: Mapping[tuple[str, str], Sequence[str]] | None = None,
) -> list[Noted]:
    """At most six sentences: what changed for certain, what did not, what cannot be told.

    Args:
        figures: the figures of the appendix.
        area: the district.
        lang: the reader's language.
        crime: tested changes of reported crime (`label`, `verdict`, `before`, `after`, `season`,
            `period_before`, `period_after`), where there are any.
        findings: the audit's findings (`verdict`) about the documents of this district.
        caveats: survey and question -> what a reader must be told of the change; it is a note of
            every sentence that tells of one.
    """
    last = latest_totals(figures)
    tested = last[(last["verdict"] != "") & last["difference"].notna() & last["share"].notna()]
    verdicts = tested["verdict"]
    same, open_ = tested[verdicts == "unchanged"], tested[verdicts == "cannot be decided"]
    sure = tested[verdicts.str.startswith("significant")]
    said = [
        Noted(_changed(last, tested, area, lang), _caveats(sure, caveats)),
        Noted(_unchanged(tested, lang), _caveats(same, caveats)),
        Noted(_undecided(tested, area, lang), _caveats(open_, caveats)),
        Noted(_beside(last, area, lang)),
        Noted(crime_sentence(crime, lang)),
        Noted(_audited(findings, area, lang)),
    ]
    return [sentence for sentence in said if sentence.text]


def _caveats(
    rows: pd.DataFrame, caveats: Mapping[tuple[str, str], Sequence[str]] | None
) -> tuple[str, ...]:
    pairs = zip(rows["survey"], rows["question"], strict=True)
    return tuple(dict.fromkeys(n for pair in pairs for n in (caveats or {}).get(pair, ())))


def _changed(last: pd.DataFrame, tested: pd.DataFrame, area: str, lang: Language) -> str:
    sure = tested[tested["verdict"].str.startswith("significant")]
    if last["share"].isna().all():
        return (
            f"Så få har svarat i {area} att inga andelar visas."
            if lang == "sv"
            else f"So few answered in {area} that no shares are shown."
        )
    if tested.empty:
        return (
            f"Ingen andel för {area} kan ännu jämföras med en tidigare mätning."
            if lang == "sv"
            else f"No share of {area} can be compared with an earlier wave yet."
        )
    if sure.empty:
        if (tested["verdict"] == "cannot be decided").all():
            return ""  # told with those that cannot be decided
        return (
            f"Ingen av de {len(tested)} andelar för {area} som kan jämföras med en tidigare "
            "mätning har förändrats på ett sätt som är statistiskt säkerställt."
            if lang == "sv"
            else f"None of the {len(tested)} shares of {area} that can be compared with an earlier "
            "wave has changed in a statistically significant way."
        )
    rows = sure.sort_values("difference", key=abs, ascending=False, kind="stable")
    told = [moved(row, lang) for row in rows.head(MOST).to_dict("records")]
    more = len(rows) - len(told)
    if lang == "sv":
        rest = f" ({more} till redovisas i översikten)" if more else ""
        return f"Statistiskt säkerställt i {area}: {joined(told)}{rest}."
    rest = f" ({more} more are in the overview)" if more else ""
    return f"Statistically significant in {area}: {joined(told, lang)}{rest}."


def moved(row: dict[Any, Any], lang: Language = "sv") -> str:
    """A significant change as a clause: what, from where to where, according to whom."""
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


def _named(rows: pd.DataFrame, tested: pd.DataFrame, lang: Language) -> str:
    """Questions with their surveys, where several were tested: each question once."""
    out = []
    several = len(set(tested["survey"])) > 1
    for question, part in rows.groupby("question", sort=False):
        name = share_of(str(question), lang)
        if several:
            surveys = [word(str(s), lang) for s in part["survey"]]
            name += f" ({joined(surveys, lang)})"
        out.append(name)
    more = len(out) - 4
    if more > 0:
        out = [*out[:4], f"{more} till" if lang == "sv" else f"{more} more"]
    return joined(out, lang)


def _unchanged(tested: pd.DataFrame, lang: Language) -> str:
    same = tested[tested["verdict"] == "unchanged"]
    if same.empty:
        return ""
    if lang == "sv":
        return (
            "Oförändrat, i meningen att en verklig förändring på 3 procentenheter eller mer kan "
            f"uteslutas: {_named(same, tested, lang)}."
        )
    return (
        "Unchanged, in the sense that a real change of 3 percentage points or more can be ruled "
        f"out: {_named(same, tested, lang)}."
    )


def _undecided(tested: pd.DataFrame, area: str, lang: Language) -> str:
    open_ = tested[(tested["verdict"] == "cannot be decided") & tested["difference"].notna()]
    if open_.empty:
        return ""
    sv = lang == "sv"
    needed = _needed(tested, lang)
    if len(open_) == len(tested) > 1:
        return (
            f"För ingen av de {len(open_)} andelar för {area} som kan jämföras med en tidigare "
            f"mätning kan det avgöras om något har förändrats{needed}."
            if sv
            else f"For none of the {len(open_)} shares of {area} that can be compared with an "
            f"earlier wave can it be decided whether anything has changed{needed}."
        )
    if len(open_) > 2 * MOST:
        first = open_.drop_duplicates("question").head(MOST)["question"]
        clauses = [who(str(q), lang) for q in first]
        some = f"{'andelen' if sv else 'the share'} {joined(clauses, lang)}"
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
    return f"{start}: {_named(open_, tested, lang)}{needed}."


def needed_points(tested: pd.DataFrame) -> str:
    """So many percentage points a change usually has to be; empty where a smaller one was found."""
    sizes = (100 * tested["smallest_detectable"].dropna().astype(float)).round()
    if sizes.empty:
        return ""
    low, high = int(sizes.min()), int(sizes.max())
    sure = tested[tested["verdict"].str.startswith("significant")]
    if (100 * sure["difference"].astype(float).abs() < low).any():
        return ""
    return str(low) if low == high else f"{low}–{high}"


def _needed(tested: pd.DataFrame, lang: Language) -> str:
    much = needed_points(tested)
    if not much:
        return ""
    if lang == "sv":
        return (
            f"; oftast krävs en förändring på omkring {much} procentenheter för att den ska gå att "
            "skilja från slumpen när så många jämförelser görs"
        )
    return (
        f"; a change usually has to be about {much} percentage points before it can be told from "
        "chance when so many comparisons are made"
    )


def _beside(last: pd.DataFrame, area: str, lang: Language) -> str:
    """The largest differences from the rest of the city, in one survey."""
    compared = last[(last["rest_verdict"] != "") & last["share"].notna()]
    if compared.empty:
        return ""
    sv = lang == "sv"
    sure = compared[compared["rest_verdict"].isin(["higher", "lower"])]
    if sure.empty:
        return (
            f"Mellan {area} och {word('remainder')} finns ingen säkerställd skillnad."
            if sv
            else f"There is no significant difference between {area} and {word('remainder', lang)}."
        )
    survey = min(sure["survey"], key=SURVEYS.index)
    sure = sure[sure["survey"] == survey]
    wave = int(sure["wave"].max())
    sure = sure[sure["wave"] == wave]
    rows = sure.sort_values("rest_difference", key=abs, ascending=False, kind="stable")
    parts = []
    for verdict, name in (("higher", ("högre", "higher")), ("lower", ("lägre", "lower"))):
        items = [
            _pair(row, lang)
            for row in rows.head(MOST).to_dict("records")
            if row["rest_verdict"] == verdict
        ]
        if items:
            parts.append((name[0 if sv else 1], joined(items, lang)))
    (first, told), *others = parts
    also = "".join(
        f"; följande är säkerställt {name}: andelen {text}"
        if sv
        else f"; the following are significantly {name}: the share {text}"
        for name, text in others
    )
    only = len(rows) > MOST
    if sv:
        chosen = f" (de {MOST} största skillnaderna)" if only else ""
        return (
            f"Enligt {word(survey)} {wave} är följande säkerställt {first} i {area} än i "
            f"{word('remainder')}{chosen}: andelen {told}{also}."
        )
    chosen = f" (the {MOST} largest differences)" if only else ""
    return (
        f"According to {word(survey, lang)} {wave} the following are significantly {first} in "
        f"{area} than in {word('remainder', lang)}{chosen}: the share {told}{also}."
    )


def _pair(row: dict[Any, Any], lang: Language) -> str:
    """Those whom a question counts, with the shares that were tested against each other."""
    here = float(row["share"])
    there = percent(here - float(row["rest_difference"]), 1, lang)
    against = "mot" if lang == "sv" else "against"
    return f"{who(row['question'], lang)} ({percent(here, 1, lang)} {against} {there})"


def crime_sentence(crime: pd.DataFrame | None, lang: Language = "sv") -> str:
    """How many types of reported crime changed for certain, and which most clearly."""
    if crime is None or crime.empty:
        return ""
    rows = crime[~crime["is_total"].astype(bool)] if "is_total" in crime else crime
    sure = rows[rows["verdict"].str.startswith("significant")]
    sv = lang == "sv"
    first, last = rows["period_before"].iloc[0], rows["period_after"].iloc[0]
    period = f"{first} {'och' if sv else 'and'} {last}"
    season = str(rows["season"].iloc[0]) if "season" in rows else ""
    if season:
        period += f" ({season} båda åren)" if sv else f" ({season} of both years)"
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
    between = ", medan " if sv else ", while "
    return (
        f"Av {len(rows)} typer av anmälda brott har {len(sure)} förändrats säkerställt mellan "
        f"{period}: {between.join(parts)}."
        if sv
        else f"Of {len(rows)} types of reported crime {len(sure)} changed significantly between "
        f"{period}: {between.join(parts)}."
    )


def _audited(findings: Sequence[Any], area: str, lang: Language) -> str:
    if not findings:
        return ""
    wrong = sum(f.verdict == "does not hold" for f in findings)
    unsure = sum(f.verdict == "cannot be decided" for f in findings)
    holds = len(findings) - wrong - unsure
    if lang == "sv":
        return (
            f"Av {len(findings)} uppgifter i tidigare dokument om {area} som har räknats om "
            f"stämmer {holds}, {wrong} stämmer inte och {unsure} kan inte avgöras."
        )
    return (
        f"Of {len(findings)} statements in earlier documents about {area} that were recomputed "
        f"{holds} hold, {wrong} do not hold and {unsure} cannot be decided."
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
