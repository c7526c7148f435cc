"""The sentences of the quality declaration, each from the facts of this document."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from survey_stats import protect
from survey_stats.harmonise.geography import Geography
from survey_stats.labels import Language, heading, number, percent, word
from survey_stats.report.comparable import NOT_COMPARABLE
from survey_stats.report.plan import asks_pupils
from survey_stats.report.quality.changed import ages, modes
from survey_stats.report.quality.checks import Checks
from survey_stats.report.quality.facts import WaveFacts
from survey_stats.report.quality.log import STATUSES, Assumption
from survey_stats.report.sentences import joined, latest_totals

_TITLES = {
    "relevance": ("Relevans: vad talen handlar om", "Relevance: what the figures are about"),
    "sampling": (
        "Tillförlitlighet: urval, population och ram",
        "Accuracy: sample, population and frame",
    ),
    "response": ("Tillförlitlighet: svarande och bortfall", "Accuracy: response"),
    "weights": ("Tillförlitlighet: vikter", "Accuracy: weights"),
    "variance": ("Tillförlitlighet: osäkerhet av urvalet", "Accuracy: sampling error"),
    "measurement": ("Tillförlitlighet: mätning och täckning", "Accuracy: measurement and coverage"),
    "processing": ("Tillförlitlighet: bearbetning", "Accuracy: processing"),
    "timeliness": ("Aktualitet och punktlighet", "Timeliness and punctuality"),
    "clarity": ("Tillgänglighet och tydlighet", "Accessibility and clarity"),
    "comparability": (
        "Jämförbarhet och samanvändbarhet",
        "Comparability and coherence",
    ),
    "changes": ("Vad som är nytt sedan förra mätningen", "What is new since the wave before"),
    "confidentiality": ("Skydd av de svarande", "Protection of respondents"),
    "assumptions": ("Antaganden", "Assumptions"),
}


def titles(lang: Language = "sv") -> dict[str, str]:
    """The headings of the declaration, by key and in order."""
    return {key: pair[0 if lang == "sv" else 1] for key, pair in _TITLES.items()}


def latest(facts: Sequence[WaveFacts]) -> list[WaveFacts]:
    """The latest wave of each survey."""
    return list({f.survey: f for f in facts}.values())


def relevance(facts: Sequence[WaveFacts], area: str, year: int, lang: Language = "sv") -> list[str]:
    """Purpose, population and reference time."""
    who = [_who(f, lang) for f in latest(facts)]
    surveys = {f.survey for f in facts}
    asks = {asks_pupils(survey) for survey in surveys}
    pupils, residents = True in asks, False in asks
    if lang == "sv":
        asked = ["befolkningen"] * residents + ["eleverna"] * pupils
        return [
            f"Ändamål, {area} {year}: {word('purpose')}.",
            f"Målpopulation: {joined(who, lang)}.",
            f"Mått: andelen av {' eller av '.join(asked)} som har svarat på ett visst sätt, och "
            "förändringen sedan mätningen före. Det är upplevelser som de svarande själva uppger.",
            "Andelarna gäller dem som bor i området. De säger inget om besökare, om dem som bara "
            "arbetar där eller om en viss plats, om det inte står.",
        ]
    asked = ["residents"] * residents + ["pupils"] * pupils
    return [
        f"Purpose, {area} {year}: {word('purpose', lang)}.",
        f"Target population: {joined(who, lang)}.",
        f"Measures: the share of {' or '.join(asked)} who answer in a certain way, and its change "
        "since the wave before. They are experiences as respondents tell them.",
        "The shares are about those who live in the area, not about visitors, those who only work "
        "there or a certain place, unless that is said.",
    ]


def sampling(facts: Sequence[WaveFacts], lang: Language = "sv") -> list[str]:
    """How each survey's sample was drawn, as far as it is known."""
    out = []
    for f in latest(facts):
        name = f"{heading(f.survey, lang)} {f.year}"
        if f.population == "pupils":
            out.append(
                f"{name}: alla elever i de årskurser och skolor som är med. Svaren hör ihop inom "
                f"{number(f.psus, 0, lang)} skolor, som räknas som urvalsenheter."
                if lang == "sv"
                else f"{name}: all pupils of the school years and schools that take part. Answers "
                f"belong together within {number(f.psus, 0, lang)} schools, which count as "
                "sampling units."
            )
            continue
        drawn = (
            (f"{number(f.sampled, 0, lang)} personer" if f.sampled else "ett okänt antal personer")
            if lang == "sv"
            else (
                f"{number(f.sampled, 0, lang)} people"
                if f.sampled
                else "an unknown number of people"
            )
        )
        out.append(
            f"{name}: slumpmässigt urval av {drawn}, räknat som draget inom "
            f"{number(f.strata, 0, lang)} skikt (områden). Urvalsplanen är inte känd här."
            if lang == "sv"
            else f"{name}: a random sample of {drawn}, taken as drawn within "
            f"{number(f.strata, 0, lang)} strata (areas). The sampling plan is not known here."
        )
    out.append(
        "Ram: vilka register urvalen är dragna ur, och när, är inte känt här. Hur många som "
        "saknas i ramen eller finns där i onödan (över- och undertäckning) är därför inte känt."
        if lang == "sv"
        else "Frame: which registers the samples were drawn from, and when, is not known here. "
        "Over- and undercoverage are therefore not known."
    )
    return out


def response(facts: Sequence[WaveFacts], lang: Language = "sv") -> list[str]:
    """What is known of the response, and what it means."""
    known = [f for f in latest(facts) if f.response is not None]
    lacking = [f for f in latest(facts) if f.response is None]
    sv = lang == "sv"
    out = [response_sentence(f, lang) for f in known]
    if lacking:
        names = joined([f"{word(f.survey, lang)} {f.year}" for f in lacking], lang)
        out.append(
            f"Svarsandelen är inte känd för {names}. Den anges därför inte."
            if sv
            else f"The response is not known for {names} and is not given."
        )
    out.append(
        "De som inte svarar kan vara tryggare eller otryggare än de som svarar. Vikterna kan rätta "
        "till skillnader som hänger samman med ålder, kön och bostadsområde, men inte andra. "
        "Osäkerhetsintervallen täcker inte detta fel."
        if sv
        else "Those who do not answer may feel safer or less safe than those who do. Weights can "
        "mend differences that go with age, gender and area, and no others. The intervals do not "
        "cover this error."
    )
    return out


def response_sentence(facts: WaveFacts, lang: Language = "sv") -> str:
    """The response of one wave in a sentence; said to be unknown where it is."""
    name = f"{word(facts.survey, lang)} {facts.year}"
    sv = lang == "sv"
    if facts.response is None:
        return (
            f"Hur stor del som svarade på {name} är inte känt."
            if sv
            else f"How many of those asked answered {name} is not known."
        )
    about = "omkring " if facts.response_source == "computed" else ""
    if not sv and about:
        about = "about "
    text = percent(facts.response, 0, lang)
    return (
        f"På {name} svarade {about}{text} av de tillfrågade."
        if sv
        else f"{about.capitalize()}{text} of those asked answered {name}."
    )


def weights(facts: Sequence[WaveFacts], lang: Language = "sv") -> list[str]:
    """How the weights were made, as far as it is known."""
    weighted = list(dict.fromkeys(f.survey for f in facts if f.weighted))
    # a survey of which some waves have weights is named by wave
    plain = list(
        dict.fromkeys(
            f"{word(f.survey, lang)} {f.year}" if f.survey in weighted else word(f.survey, lang)
            for f in facts
            if not f.weighted
        )
    )
    sv = lang == "sv"
    out = []
    if weighted:
        names = joined([word(s, lang) for s in weighted], lang)
        out.append(
            f"Vikterna i {names} används som de är levererade. Hur de är gjorda är inte "
            "känt här. Intervallen räknar därför inte med att vikterna kan vara kalibrerade mot "
            "befolkningen, vilket snarast gör dem för breda."
            if sv
            else f"The weights of {names} are used as delivered. How they were made is not "
            "known here. The intervals know nothing of a calibration, which makes them too wide "
            "rather than too narrow."
        )
    if plain:
        names = joined(plain, lang)
        out.append(
            f"I {names} väger alla svar lika." if sv else f"In {names} all answers weigh alike."
        )
    unknown = [f for f in latest(facts) if f.weighted and f.weights_sum_to == "unknown"]
    if unknown:
        out.append(
            "Vad vikterna ska summera till är inte känt. Andelarna påverkas inte av det, men "
            "antal personer räknas därför inte ut."
            if sv
            else "What the weights are to sum to is not known. Shares do not hang on it, but "
            "numbers of people are not computed for that reason."
        )
    return out


def variance(facts: Sequence[WaveFacts], figures: pd.DataFrame, lang: Language = "sv") -> list[str]:
    """How uncertainty is computed, and what it leaves out."""
    schools = any(f.psus is not None for f in facts)
    sv = lang == "sv"
    sizes = figures["comparisons"].dropna()
    most = int(sizes.max()) if len(sizes) else 0
    out = [
        "Osäkerheten räknas med Taylorlinearisering ur urvalet: skikt"
        + (", skolor" if schools else "")
        + " och vikter ingår. Intervallet är Wilsons med effektivt antal svar och är "
        "95-procentigt."
        if sv
        else "Uncertainty is computed by Taylor linearisation from the design: strata"
        + (", schools" if schools else "")
        + " and weights. The interval is Wilson's with the effective number of answers, at 95%.",
        "Förändringar prövas med t-test. "
        + (
            f"Kravet skärps med Holms metod för att som mest {most} förändringar prövas samtidigt. "
            if most
            else ""
        )
        + "”Oförändrad” sägs bara när en förändring på 3 procentenheter eller mer kan uteslutas."
        if sv
        else "Changes are tested by t tests. "
        + (f"The bar is raised by Holm's method for up to {most} changes at once. " if most else "")
        + "“Unchanged” is said only where a change of 3 percentage points or more can be ruled "
        "out.",
    ]
    if schools:
        name = joined([heading(f.survey, lang) for f in latest(facts) if f.psus is not None], lang)
        out.append(
            f"{name} räknas som ett urval av tänkbara skolor. Ses den i stället som en "
            "totalundersökning av årets elever är osäkerheten mindre."
            if sv
            else f"{name} is taken as a sample of conceivable schools. Taken as a census "
            "of the year's pupils its uncertainty is smaller."
        )
    return out


def measurement(
    facts: Sequence[WaveFacts], figures: pd.DataFrame, lang: Language = "sv"
) -> list[str]:
    """Modes, missing answers and how much the choice of coding moves."""
    sv = lang == "sv"
    out = []
    for f in latest(facts):
        name = f"{heading(f.survey, lang)} {f.year}"
        how = modes(f, lang) or ("på ett sätt som inte är känt" if sv else "in a way not known")
        text = f"{name}: svaren lämnas {how}." if sv else f"{name}: answers are given {how}."
        if f.missing:
            worst = max(f.missing, key=lambda q: f.missing[q])
            share = percent(f.missing[worst], 1, lang)
            text += (
                f" Störst bortfall på en enskild fråga: {share} ({word(worst, lang)})."
                if sv
                else f" Most missing answers to one question: {share} ({word(worst, lang)})."
            )
        out.append(text)
    rows = figures[~figures["default_coding"] & figures["coding_difference"].notna()]
    if not rows.empty:
        much = 100 * rows["coding_difference"].astype(float).abs().max()
        out.append(
            f"Hur svaret ”går inte ut” räknas flyttar andelen otrygga på kvällen med upp till "
            f"{number(much, 1, lang)} procentenheter."
            if sv
            else "How the answer “does not go out” is counted moves the share of unsafe in the "
            f"evening by up to {number(much, 1, lang)} percentage points."
        )
    out.append(
        "Täckning: den som inte är folkbokförd, inte läser svenska eller bor på institution nås "
        "sämre. Hur mycket det betyder är inte mätt."
        if sv
        else "Coverage: people who are not registered, do not read Swedish or live in institutions "
        "are reached less well. How much that means is not measured."
    )
    return out


def processing(checks: Checks | None, lang: Language = "sv") -> list[str]:
    """How answers become figures, and what checking found."""
    sv = lang == "sv"
    out = [
        "Svaren läses med en kodbok för varje undersökning. En okänd kod, eller en etikett som "
        "betyder ett annat svar, stoppar inläsningen. Inga svar fylls i eller rättas."
        if sv
        else "Answers are read by a codebook for each survey. An unknown code, or a label that "
        "means another answer, stops the reading. No answer is imputed or edited."
    ]
    if checks is None:
        out.append(
            "Leveranserna har inte prövats mot mätningarna före."
            if sv
            else "The deliveries were not checked against earlier waves."
        )
    elif not checks.findings:
        out.append(
            f"De {len(checks.waves)} leveranserna är prövade mot kodböckerna och mot mätningen "
            "före, utan anmärkning."
            if sv
            else f"The {len(checks.waves)} deliveries were checked against codebooks and the wave "
            "before, with nothing to remark."
        )
    else:
        out.append(
            f"De {len(checks.waves)} leveranserna är prövade mot kodböckerna och mot mätningen "
            "före. Det som hittades står i tabellen."
            if sv
            else f"The {len(checks.waves)} deliveries were checked against codebooks and the wave "
            "before. What was found is in the table."
        )
    return out


def timeliness(facts: Sequence[WaveFacts], year: int, lang: Language = "sv") -> list[str]:
    """How old the latest waves are, and when their field work was."""
    sv = lang == "sv"
    out = []
    for f in latest(facts):
        name = f"{heading(f.survey, lang)} {f.year}"
        when = _months(f.months, lang)
        age = year - f.year
        old = (
            ""
            if age == 0
            else f" Mätningen gjordes {age} år före {year}."
            if sv
            else f" It was made {age} year{'' if age == 1 else 's'} before {year}."
        )
        out.append(
            f"{name}: svaren lämnades {when}.{old}"
            if sv and when
            else f"{name}: när under året svaren lämnades är inte känt.{old}"
            if sv
            else f"{name}: answers were given {when}.{old}"
            if when
            else f"{name}: when in the year the answers were given is not known.{old}"
        )
    out.append(
        "När leveranserna kom in, och om de var i tid, är inte känt här."
        if sv
        else "When the deliveries arrived, and whether on time, is not known here."
    )
    return out


def clarity(synthetic: bool, lang: Language = "sv") -> list[str]:
    """Where the figures are and in which forms."""
    sv = lang == "sv"
    out = [
        "Samma tal finns som webbsida, PDF (tillgänglig enligt PDF/UA), Word, Excel och CSV. Den "
        "här deklarationen finns också i maskinläsbar form (JSON)."
        if sv
        else "The same figures are on a web page, in PDF (accessible by PDF/UA), Word, Excel and "
        "CSV. This declaration is also machine-readable (JSON).",
        "Svaren själva är inte offentliga. Samma leveranser och samma version av programmet ger "
        "samma tal."
        if sv
        else "The answers themselves are not public. The same deliveries and version of the "
        "program give the same figures.",
    ]
    if synthetic:
        out.append(
            "Svaren bakom detta dokument är påhittade. Därför säger deklarationens tal om antal, "
            "vikter och bortfall på frågor ingenting om de verkliga undersökningarna."
            if sv
            else "The answers behind this document are made up, so the counts, weights and missing "
            "answers declared here say nothing about the real surveys."
        )
    return out


def comparability(figures: pd.DataFrame, lang: Language = "sv") -> list[str]:
    """Over time, between surveys and over the map."""
    sv = lang == "sv"
    rows = latest_totals(figures)
    changes = rows[rows["previous_wave"].notna()]
    caveat = int((changes["change_grade"] == "comparable with caveat").sum())
    never = int((changes["change_grade"] == NOT_COMPARABLE).sum())
    out = []
    if len(changes):
        out.append(
            f"Över tid: av {len(changes)} jämförelse{'' if len(changes) == 1 else 'r'} "
            f"med mätningen före har {caveat} ett förbehåll och {never} görs inte, "
            "för att mätningarna inte är jämförbara. Skälen står som numrerade noter vid talen."
            if sv
            else f"Over time: of {len(changes)} comparison{'' if len(changes) == 1 else 's'} "
            f"with the wave before {caveat} carry a caveat and {never} are not made, "
            "since the waves are not comparable. The reasons are numbered notes beside the figures."
        )
    pairs = rows[rows["survey_grade"] != ""]
    if len(pairs):
        never = int((pairs["survey_grade"] == NOT_COMPARABLE).sum())
        out.append(
            f"Mellan undersökningar: {len(pairs)} par av samma fråga ställs bredvid varandra; för "
            f"{never} av dem räknas ingen skillnad ut."
            if sv
            else f"Between surveys: {len(pairs)} pairs of one question are shown side by side; for "
            f"{never} of them no difference is computed."
        )
    return [*out, *_over_the_map(lang)]


def _over_the_map(lang: Language) -> list[str]:
    """Which districts all years are told in; nothing where districts never merged."""
    geo = Geography.load()
    if not geo.mergers:
        return []
    day, count = geo.mergers[-1].date, len(geo.names("district"))
    month = _MONTHS[0 if lang == "sv" else 1].split()[day.month - 1]
    if lang == "sv":
        return [
            f"Över kartan: alla år redovisas i den indelning i {count} områden som gäller sedan "
            f"den {day.day} {month} {day.year}."
        ]
    return [
        f"Over the map: all years are told in the division into {count} areas in force since "
        f"{day.day} {month} {day.year}."
    ]


def confidentiality(figures: pd.DataFrame, rule: protect.Rule, lang: Language = "sv") -> list[str]:
    """The rule of protection and what it hid."""
    hidden = int(figures["flag"].str.startswith("suppressed").sum())
    unsure = int(figures["flag"].str.startswith("uncertain").sum())
    sv = lang == "sv"
    out = [
        f"Tal som bygger på färre än {rule.minimum_base} svar visas inte. Där det behövs döljs "
        f"fler, så att inget dolt tal kan räknas ut. Här är {hidden} av {len(figures)} andelar "
        "dolda."
        if sv
        else f"Figures that rest on fewer than {rule.minimum_base} answers are not shown. Where "
        f"needed more are hidden, so that none can be worked out. Here {hidden} of {len(figures)} "
        "shares are hidden."
    ]
    # what a rule asks for besides bases, in its own words
    out += rule.notes(lang, {"suppressed"})[max(1, len(rule.bands)) :]
    if rule.certain_base > rule.minimum_base:
        bases = f"{rule.minimum_base}–{rule.certain_base - 1}"
        out.append(
            f"Tal med {bases} svar är märkta som osäkra: {unsure} stycken."
            if sv
            else f"Figures with {bases} answers are marked as uncertain: {unsure} of them."
        )
    out.append(
        "Inga enskilda svar, inga fritextsvar och inga uppgifter om vem som har svarat finns i "
        "dokumenten."
        if sv
        else "No single answers, free texts or facts about who answered are in the documents."
    )
    return out


def assumed(log: Sequence[Assumption], lang: Language = "sv") -> list[str]:
    """How many assumptions there are of each status."""
    count = {s: sum(a.status == s for a in log) for s in STATUSES}
    return [
        f"Av {len(log)} antaganden är {count['red']} röda, {count['amber']} gula och "
        f"{count['green']} gröna. Ett rött antagande betyder inte att talen är fel, utan att ingen "
        "har kunnat visa att de är rätt i det avseendet."
        if lang == "sv"
        else f"Of {len(log)} assumptions {count['red']} are red, {count['amber']} amber and "
        f"{count['green']} green. A red one does not mean that the figures are wrong, but that "
        "nobody could show that they are right in that respect."
    ]


def _who(facts: WaveFacts, lang: Language) -> str:
    survey = word(facts.survey, lang)
    if facts.population == "pupils":
        return (
            f"elever i årskurs 9 och gymnasiets årskurs 2 ({survey} {facts.year})"
            if lang == "sv"
            else f"pupils of year 9 and the second year of upper secondary ({survey} {facts.year})"
        )
    return (
        f"boende {ages(facts, lang)} ({survey} {facts.year})"
        if lang == "sv"
        else f"residents of {ages(facts, lang)} ({survey} {facts.year})"
    )


_MONTHS = (
    "januari februari mars april maj juni juli augusti september oktober november december",
    "January February March April May June July August September October November December",
)


def _months(months: Sequence[int], lang: Language) -> str:
    if not months:
        return ""
    names = _MONTHS[0 if lang == "sv" else 1].split()
    first, last = names[min(months) - 1], names[max(months) - 1]
    if first == last:
        return f"i {first}" if lang == "sv" else f"in {first}"
    return f"i {first}–{last}" if lang == "sv" else f"from {first} to {last}"
