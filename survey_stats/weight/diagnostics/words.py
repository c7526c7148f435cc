"""The findings about weights in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from survey_stats.labels import Language, number, percent, points, word
from survey_stats.weight.diagnostics import names
from survey_stats.weight.diagnostics import verdict as v
from survey_stats.weight.diagnostics.targets import TIMES
from survey_stats.weight.diagnostics.verdict import Finding

# kind -> (what in Swedish, what to do, what in English, what to do); {names} are filled in `_facts`
_TEXTS: dict[str, tuple[str, str, str, str]] = {
    "few respondents": (
        "Bara {n} svarande har en vikt; det räcker inte för att bedöma viktningen.",
        "Slå ihop områden eller år innan resultaten redovisas.",
        "Only {n_respondents} {have} a weight, too few to judge the weighting.",
        "Pool areas or years before results are shown.",
    ),
    "zeros": (
        "{n_rows} med vikten noll räknas inte, till exempel urvalspersoner som inte svarat.",
        "",
        "{n_rows} of weight zero are left out, such as people drawn who did not answer.",
        "",
    ),
    "sum changed": (
        "Steg {step} ändrade vikternas summa från {start} till {end} ({change}).",
        "Kontrollera befolkningstalen: de räknar kanske andra åldrar eller områden än urvalet, "
        "eller är andelar.{delivered}",
        "Step {step} changed the sum of the weights from {start} to {end} ({change}).",
        "Check the population figures: they may count other ages or areas than the sample, or be "
        "shares.{delivered}",
    ),
    "sum scaled": (
        "Steg {step} räknade upp vikternas summa från {start} till {end}.",
        "",
        "Step {step} scaled the sum of the weights from {start} to {end}.",
        "",
    ),
    "targets": (
        "Vikterna träffar {all_totals} som de anpassats till (största avvikelse {worst}).",
        "",
        "The weights meet {all_totals} they were fitted to (largest deviation {worst}).",
        "",
    ),
    "targets missed": (
        "{missed} av {n} befolkningstal missas med mer än {limit}: {cells}.{undone}",
        "Kalibrera en gång till som sista steg, eller förklara varför målen inte ska nås.",
        "{missed} of {n} population {totals} {are} missed by more than {limit}: {cells}.{undone}",
        "Calibrate again as the last step, or say why the totals should not be met.",
    ),
    "balance": (
        "Efter viktningen skiljer sig {none} från befolkningen med mer än {limit} "
        "standardavvikelser{before}.",
        "",
        "After weighting {none} from the population by more than {limit} "
        "standard deviations{before}.",
        "",
    ),
    "balance off": (
        "{off} av {n} grupper skiljer sig från befolkningen med mer än {limit} "
        "standardavvikelser också efter viktningen{badly}: {cells}.",
        "Ta med variabeln i kalibreringen, eller säg i rapporten vilka som är för få.",
        "{off} of {n} {groups} {differ} from the population by more than {limit} standard "
        "deviations after weighting too{badly}: {cells}.",
        "Add the variable to the calibration, or tell in the report who is under-represented.",
    ),
    "balance by chance": (
        "{off} av {n} grupper skiljer sig från befolkningen med mer än {limit} "
        "standardavvikelser, men inte mer än slumpen kan göra: {cells}.",
        "",
        "{off} of {n} {groups} {differ} from the population by more than {limit} standard "
        "deviations, but not by more than chance can: {cells}.",
        "",
    ),
    "balance within groups": (
        "Uppdelat på {by} skiljer sig {none} från befolkningen med mer än {limit} "
        "standardavvikelser{before}.",
        "",
        "Broken down by {by}, {none} from the population by more than {limit} "
        "standard deviations{before}.",
        "",
    ),
    "balance within groups off": (
        "Uppdelat på {by} skiljer sig {off} av {n} grupper från befolkningen med mer än {limit} "
        "standardavvikelser också efter viktningen{badly}: {cells}.",
        "Kalibrera inom varje {by} om de redovisas var för sig.",
        "Broken down by {by}, {off} of {n} {groups} {differ} from the population by more than "
        "{limit} standard deviations after weighting too{badly}: {cells}.",
        "Calibrate within each {by} where they are reported on their own.",
    ),
    "balance within groups by chance": (
        "Uppdelat på {by} skiljer sig {off} av {n} grupper från befolkningen med mer än {limit} "
        "standardavvikelser, men inte mer än slumpen kan göra: {cells}.",
        "",
        "Broken down by {by}, {off} of {n} {groups} {differ} from the population by more than "
        "{limit} standard deviations, but not by more than chance can: {cells}.",
        "",
    ),
    "missing values": (
        "{n} svarande saknar uppgift om {variables} och kan inte jämföras med "
        "befolkningen{source}.",
        "Hämta uppgiften från urvalsramen, eller lägg dem i en egen grupp.",
        "{n_respondents} {have} no value of {variables} and cannot be held against the "
        "population{source}.",
        "Take the value from the sampling frame, or put them into a group of their own.",
    ),
    "unknown cells": (
        "{n} svarande är i grupper som inte finns i befolkningstalen{source}: {cells}.",
        "Lägg till gruppen i befolkningstalen, eller slå ihop den med en annan.",
        "{n_respondents} {are} in groups that the benchmarks lack{source}: {cells}.",
        "Add the group to the benchmarks, or merge it with another.",
    ),
    "nobody answered": (
        "Ingen har svarat i {n_groups} där {share} av befolkningen bor: {cells}.",
        "Slå ihop gruppen med en som liknar den; ingen vikt kan ersätta dem som saknas.",
        "Nobody answered in {n_groups} with {share} of the population: {cells}.",
        "Merge the group with one like it; no weight can stand in for those who are absent.",
    ),
    "other total": (
        "Vikterna summerar till {weights} personer, befolkningstalen till {population}{source}.",
        "Kontrollera att båda gäller samma åldrar, områden och år; andelar jämförs ändå.",
        "The weights sum to {weights} people, the benchmarks to {population}{source}.",
        "Check that both are about the same ages, areas and year; shares are compared all the "
        "same.",
    ),
    "benchmarks disagree": (
        "Befolkningstalen för {variable} säger olika: upp till {points} procentenheter.",
        "Välj den källa som gäller undersökningens år och åldrar.",
        "The benchmarks of {variable} disagree by up to {points} percentage points.",
        "Choose the source for the year and the ages of the survey.",
    ),
    "design effect": (
        "Designeffekten av viktningen är {deff}: {n} svar räcker lika långt som {n_effective} med "
        "lika vikter.",
        "",
        "The design effect of weighting is {deff}: {n} answers go as far as {n_effective} with "
        "equal weights.",
        "",
    ),
    "design effect high": (
        "Olika stora vikter kostar mer än hälften av svaren: designeffekten är {deff}, så {n} svar "
        "räcker inte längre än {n_effective} med lika vikter (designvikterna ensamma: {base}).",
        "Slå ihop små grupper i kalibreringen eller trimma vikterna, och se vad det ändrar.",
        "Unequal weights cost more than half of the answers: the design effect is {deff}, so {n} "
        "answers go no further than {n_effective} with equal weights (design weights alone: "
        "{base}).",
        "Merge small groups in the calibration or trim the weights, and see what it changes.",
    ),
    "design effect by design": (
        "För hela materialet är designeffekten {deff}, men den kommer av att urvalen är olika "
        "stora (designvikterna ensamma: {base}); uppdelat på {by} är den måttlig.",
        "",
        "For all respondents together the design effect is {deff}, but that comes from samples of "
        "different size (design weights alone: {base}); broken down by {by} it is moderate.",
        "",
    ),
    "design effect in groups": (
        "Uppdelat på {by} är designeffekten över {limit} i {n} av {of} grupper: {cells}.",
        "Se vilka grupper som vägts upp där, och slå ihop dem med andra.",
        "Broken down by {by}, the design effect is above {limit} in {n} of {of} groups: {cells}.",
        "See which groups were weighted up there, and merge them with others.",
    ),
    "top carries": (
        "Den procent av de svarande som har störst vikt bär {share} av summan.",
        "Se vilka de är; trimma vikterna, eller slå ihop deras grupper.",
        "The one percent of respondents with the largest weights carries {share} of the sum.",
        "See who they are; trim the weights, or merge their groups.",
    ),
    "heavy weights": (
        "Den största vikten är {ratio} gånger medianen; {n} svarande över {limit} gånger medianen "
        "bär {share} av summan.",
        "Se vilka de är; trimma vikterna, eller slå ihop deras grupper.",
        "The largest weight is {ratio} times the median; those above {limit} times the median "
        "({n_respondents}) carry {share} of the sum.",
        "See who they are; trim the weights, or merge their groups.",
    ),
    "strong adjustment": (
        "{n} svarande har vägts upp mer än {limit} gånger så mycket som andra ({share} av summan).",
        "Sätt gränser i kalibreringen, eller slå ihop grupperna med få svarande.",
        "{n_respondents} {were} weighted up more than {limit} times as much as others ({share} of "
        "the sum).",
        "Set bounds in the calibration, or merge the groups with few respondents.",
    ),
    "no heavy weights": (
        "Ingen enskild svarande väger för tungt: den största vikten är {ratio} gånger medianen, "
        "och den tyngsta procenten bär {share} av summan.",
        "",
        "No respondent weighs too much: the largest weight is {ratio} times the median, and the "
        "heaviest one percent carries {share} of the sum.",
        "",
    ),
    "cells": (
        "{all_groups} som vikterna anpassats till har minst {least} svarande.",
        "",
        "{all_groups} that the weights were fitted to {have} at least {least} respondents.",
        "",
    ),
    "small cells": (
        "{n_groups} som vikterna anpassats till har färre än {limit} svarande ({share} av "
        "befolkningen): {cells}.",
        "Slå ihop dem med grupper som liknar dem.",
        "{n_groups} that the weights were fitted to {have} fewer than {limit} respondents ({share} "
        "of the population): {cells}.",
        "Merge them with groups like them.",
    ),
    "at bounds": (
        "{n} av {of} svarande ligger på kalibreringens gräns (mellan {lower} och {upper}).",
        "Vidga gränserna eller ta bort ett villkor; gränserna styr nu vikterna.",
        "{n} of {of} respondents are at a bound of the calibration (between {lower} and {upper}).",
        "Widen the bounds or drop a margin; the bounds now make the weights.",
    ),
    "much trimmed": (
        "{n} av {of} svarande ligger på trimningens gräns; det är mer än enstaka tunga vikter.",
        "Höj gränsen, eller slå ihop de grupper i kalibreringen som ger stora vikter.",
        "{n} of {of} respondents are at the limit of the trimming, which is more than a few heavy "
        "weights.",
        "Raise the limit, or merge the groups of the calibration that make large weights.",
    ),
    "delivered": (
        "{which} kom med leveransen och hur de gjorts är inte känt{alone}.",
        "Fråga fältföretaget efter urvalsvikter och kalibreringens befolkningstal.",
        "{which} came with the delivery, and how they were made is not known{alone}.",
        "Ask the fieldwork company for design weights and the totals of the calibration.",
    ),
    "not weighted to the population": (
        "Vikterna är urvalsvikter och har inte anpassats till befolkningen.",
        "Kalibrera till kända befolkningstal för kön, ålder och område.",
        "The weights are design weights and were not fitted to the population.",
        "Calibrate to known totals by gender, age and area.",
    ),
    "no population": (
        "Det finns inga befolkningstal att jämföra med, så det går inte att säga om urvalet liknar "
        "befolkningen.",
        "Ge befolkningstal med benchmarks=.",
        "There are no population totals to compare with, so nothing can be said about how the "
        "sample resembles the population.",
        "Give population totals by benchmarks=.",
    ),
    "below one": (
        "{n} svarande har en vikt under 1, alltså mindre än personen själv.",
        "Använd rakning eller gränser i kalibreringen i stället för linjär kalibrering utan gräns.",
        "{n_respondents} {have} a weight below 1: less than the respondent alone.",
        "Use raking, or bounds, instead of linear calibration without a bound.",
    ),
}
_RAISED: dict[Language, str] = {
    "sv": " Är de levererade vikterna inte uppräknade för bortfallet, förklara summan så.",
    "en": " If the weights as delivered do not make up for non-response, explain the sum so.",
}
_LIMITS = {
    "balance": v.UNBALANCED,
    "design effect in groups": v.MUCH_DESIGN_EFFECT,
    "heavy weights": v.HEAVY_OVER_MEDIAN,
    "strong adjustment": v.STRONG_FACTOR,
    "small cells": v.FEW_IN_CELL,
}


def told(finding: Finding, lang: Language = "sv") -> tuple[str, str]:
    """What was found, and what to do (empty where nothing is), as sentences."""
    what_sv, do_sv, what_en, do_en = _TEXTS[finding.kind]
    what, do = (what_sv, do_sv) if lang == "sv" else (what_en, do_en)
    facts = _facts(finding, lang)
    return what.format(**facts), do.format(**facts)


def headline(findings: Sequence[Finding], lang: Language = "sv") -> str:
    """The verdict in one sentence."""
    count = sum(f.severity == "warning" for f in findings)
    if not count:
        return (
            "Vikterna är utan anmärkning."
            if lang == "sv"
            else "There is nothing to object to in the weights."
        )
    if lang == "sv":
        return (
            f"{count} {'sak' if count == 1 else 'saker'} i viktningen bör åtgärdas eller förklaras."
        )
    things = "thing" if count == 1 else "things"
    return f"{count} {things} in the weighting should be mended or explained."


def _facts(finding: Finding, lang: Language) -> dict[str, str]:
    """The numbers of a finding as the language writes them."""
    kind, given = finding.kind, finding.numbers
    facts = {
        k: number(float(x), 0, lang)
        for k, x in given.items()
        if isinstance(x, int | float) and not isinstance(x, bool)
    }
    for name, decimals in (("deff", 2), ("base", 2), ("ratio", 1), ("lower", 2), ("upper", 2)):
        if name in given:
            facts[name] = number(given[name], decimals, lang)
    if "share" in given:
        facts["share"] = percent(given["share"], 1, lang)
    if isinstance(given.get("n"), int):
        facts |= _counted(given["n"], facts["n"], lang)
    if "change" in given:
        facts |= _sum(given, lang)
    # the verb goes with those that are told of all
    part = given.get("off", given.get("missed"))
    if part is not None and lang == "en":
        facts |= {
            "differ": "differs" if part == 1 else "differ",
            "are": "is" if part == 1 else "are",
        }
    if kind == "targets":
        facts["worst"] = percent(given["worst"], 3 if given["worst"] >= 5e-6 else 0, lang)
    if kind == "targets missed":
        facts["limit"] = percent(v.MISSED_TARGET, 1, lang)
        later = given["undone_by"]
        facts["undone"] = _undone(later, lang) if later else ""
    for start, limit in _LIMITS.items():
        if kind.startswith(start):
            facts["limit"] = number(limit, 0 if limit == int(limit) else 1, lang)
    if "badly" in given:
        facts["badly"] = _badly(given["badly"], lang)
    if "points" in given:
        facts["points"] = number(100 * given["points"], 1, lang)
    if "variables" in given:
        facts["variables"] = names.listed([word(x, lang) for x in given["variables"]], lang)
    if "variable" in given:
        facts["variable"] = names.variable(given["variable"], lang)
    if given.get("changed"):
        facts["before"] = f" ({'före' if lang == 'sv' else 'before'}: {facts['before']})"
    elif "changed" in given:
        facts["before"] = ""
    if "by" in given:
        facts["by"] = names.variable(given["by"], lang)
    if "source" in given:
        facts["source"] = names.source(given["source"], lang)
    if "alone" in given:
        facts["alone"] = _alone(given["alone"], lang)
        whole, first = (
            ("Vikterna", "Vikterna i första steget")
            if lang == "sv"
            else ("The weights", "The weights of the first step")
        )
        facts["which"] = whole if given["alone"] else first
    if "cells" in given:
        facts["cells"] = _cells(kind, given, lang)
    return facts


def _counted(n: int, told_n: str, lang: Language) -> dict[str, str]:
    """A number with its noun, and verbs that go with it."""
    one = n == 1
    if lang == "sv":
        return {
            "n_groups": f"{told_n} {'grupp' if one else 'grupper'}",
            "n_rows": f"{told_n} {'rad' if one else 'rader'}",
            "all_groups": {1: "Den enda grupp", 2: "Båda grupperna"}.get(
                n, f"Alla {told_n} grupper"
            ),
            "all_totals": {1: "det enda befolkningstal", 2: "båda befolkningstalen"}.get(
                n, f"alla {told_n} befolkningstal"
            ),
            "none": {1: "inte den enda gruppen", 2: "ingen av de båda grupperna"}.get(
                n, f"ingen av {told_n} grupper"
            ),
        }
    return {
        "n_groups": f"{told_n} {'group' if one else 'groups'}",
        "n_rows": f"{told_n} {'row' if one else 'rows'}",
        "all_groups": {1: "The one group", 2: "Both groups"}.get(n, f"All {told_n} groups"),
        "all_totals": {1: "the one population total", 2: "both population totals"}.get(
            n, f"all {told_n} population totals"
        ),
        "none": {1: "the one group does not differ", 2: "neither group differs"}.get(
            n, f"none of {told_n} groups differs"
        ),
        "groups": "group" if one else "groups",
        "totals": "total" if one else "totals",
        "n_respondents": f"{told_n} {'respondent' if one else 'respondents'}",
        "have": "has" if one else "have",
        "are": "is" if one else "are",
        "were": "was" if one else "were",
    }


def _sum(given: Mapping[str, Any], lang: Language) -> dict[str, str]:
    """Sums before and after; those that are shares, or weights about 1, with decimals."""
    start, end = given["start"], given["end"]
    change = _signed_percent(given["change"], lang, 0)
    return {
        "start": number(start, _decimals(start), lang),
        "end": number(end, _decimals(end), lang),
        "change": change,
        "delivered": _RAISED[lang] if given["delivered"] and given["change"] > 0 else "",
    }


def _decimals(total: float) -> int:
    return 0 if total >= 100 or total == round(total) else 2


def _undone(kind: str, lang: Language) -> str:
    if lang == "sv":
        return f" De träffades tills ett senare steg ({names.step(kind, lang)}) flyttade vikterna."
    return f" They were met until a later step ({names.step(kind, lang)}) moved the weights."


def _badly(count: int, lang: Language) -> str:
    if not count:
        return ""
    limit = number(v.BADLY_UNBALANCED, 2, lang)
    return f" ({count} med mer än {limit})" if lang == "sv" else f" ({count} by more than {limit})"


def _alone(alone: bool, lang: Language) -> str:
    if not alone:
        return ""
    if lang == "sv":
        return "; osäkerhetsintervallen vet inget om någon kalibrering"
    return "; confidence intervals know nothing of a calibration"


def _cells(kind: str, given: Mapping[str, Any], lang: Language) -> str:
    # the variables of cells that have no other name, or that the others are within
    of = given.get("by") or TIMES.join(given.get("variables", ()))
    parts = []
    for item in given["cells"]:
        if isinstance(item, str):
            parts.append(names.levels(item, of, lang))
            continue
        if kind == "design effect in groups":
            parts.append(f"{names.levels(item[0], of, lang)} {number(item[1], 1, lang)}")
            continue
        name = names.cell(item[0], item[1], item[2], lang, of)
        if len(item) == 3:
            parts.append(name)
        elif kind == "targets missed":
            parts.append(f"{name} {_signed_percent(item[3], lang)}")
        elif kind == "small cells":
            parts.append(f"{name} ({number(item[3], 0, lang)})")
        else:
            parts.append(f"{name} {number(item[3], 2, lang, sign=True)}")
    return "; ".join(parts)


def _signed_percent(value: float, lang: Language, decimals: int = 1) -> str:
    text = points(value, decimals, lang)
    return text if text == "–" else text + percent(1, 0, lang).removeprefix("100")
