"""What a scale is worth, in sentences for people who never heard of alpha."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from survey_stats.errors import InputError
from survey_stats.explain.scales.answers import item_word
from survey_stats.labels import Language, number, percent, word

if TYPE_CHECKING:
    from survey_stats.explain.scales.comparison import ScaleComparison
    from survey_stats.explain.scales.scale import Scale

Verdict = Literal["holds together", "doubtful", "do not use"]
# usual readings of alpha for comparing groups (Nunnally 1978, Psychometric Theory, page 245)
GOOD, FAIR = 0.7, 0.6
# above 0.9 items begin to repeat each other (Streiner 2003, J. of Personality Assessment 80:99)
SAME = 0.95
# the correlation with the rest under which an item is usually dropped
WEAK_ITEM = 0.3


def verdict(alpha: float, wrong_way: Sequence[str]) -> Verdict:
    """What may be done with an index whose items have this alpha.

    >>> verdict(0.82, []), verdict(0.65, []), verdict(0.82, ["b"])
    ('holds together', 'doubtful', 'do not use')
    """
    if not alpha >= FAIR or len(wrong_way) > 0:
        return "do not use"
    return "holds together" if alpha >= GOOD else "doubtful"


def check_language(lang: str) -> Language:
    """`lang` as a language of sentences and figures, or an `InputError`."""
    if lang not in get_args(Language):
        raise InputError(f"lang={lang!r} is not a language of the results; use 'sv' or 'en'")
    return "sv" if lang == "sv" else "en"


def told_name(scale: Scale, lang: Language) -> str:
    """The index by its name."""
    told = word(scale.name, lang)
    return f"indexet ”{told}”" if lang == "sv" else f"the index “{told}”"


def listed(names: Sequence[str], lang: Language) -> str:
    """Items by the reader's words, with the last "and".

    >>> listed(["a", "b", "c"], "en")
    '“a”, “b” and “c”'
    """
    left, right = ("”", "”") if lang == "sv" else ("“", "”")
    told = [f"{left}{item_word(n, lang)}{right}" for n in names]
    if len(told) < 2:
        return "".join(told)
    return ", ".join(told[:-1]) + (" och " if lang == "sv" else " and ") + told[-1]


def scale_sentence(scale: Scale, lang: Language) -> str:
    """The index, its base, its reliability in words, and what follows for its use."""
    row = scale._own_reliability["alpha"]
    alpha, low, high = float(row["estimate"]), float(row["ci_low"]), float(row["ci_high"])
    parts = [
        _made_of(scale, lang),
        _missing(scale, lang),
        _waves(scale, lang),
        _alpha(alpha, low, high, scale.level, lang),
        _base(scale, lang),
        _use(scale, alpha, low, lang),
    ]
    return " ".join(p for p in parts if p)


def _made_of(scale: Scale, lang: Language) -> str:
    k = len(scale.items)
    name = told_name(scale, lang)
    name = name[:1].upper() + name[1:]
    turned = [item.name for item in scale.items if item.reverse]
    if lang == "sv":
        rule = {"mean": "medelvärdet", "sum": "summan", "count of yes": "antalet ja"}[scale.rule]
        text = f"{name} är {rule} av {k} frågor: {listed(scale.names, lang)}"
        if turned:
            text += f" ({listed(turned, lang)} räknas omvänt)"
        return text + "."
    rule = {"mean": "mean", "sum": "sum", "count of yes": "number of yes"}[scale.rule]
    text = f"{name} is the {rule} of {k} questions: {listed(scale.names, lang)}"
    if turned:
        text += f" ({listed(turned, lang)} counted in reverse)"
    return text + "."


def _missing(scale: Scale, lang: Language) -> str:
    n, k, least = number(scale.n, 0, lang), len(scale.items), scale.at_least
    gone = percent(scale.missing, 1, lang)
    if lang == "sv":
        text = f"{n} svarande har ett värde"
        if least < k:
            text += f" (minst {least} av {k} frågor besvarade; en obesvarad fråga räknas som "
            text += "medelvärdet av personens övriga svar)"
        else:
            text += " (alla frågor besvarade)"
        return text + f", {gone} saknar värde."
    text = f"{n} respondents have a value"
    if least < k:
        text += f" (at least {least} of {k} questions answered; an unanswered question counts as "
        text += "the mean of the person's other answers)"
    else:
        text += " (all questions answered)"
    return text + f", {gone} have none."


def scale_notes(scale: Scale) -> tuple[str, ...]:
    """Notes of a scale, in English."""
    waves = _waves(scale, "en").removesuffix(".")
    several = f"{waves}; where= chooses one" if waves else ""
    return tuple(t for t in (several, _base(scale, "en")) if t)


def _waves(scale: Scale, lang: Language) -> str:
    if not scale.waves:
        return ""
    told = ", ".join(scale.waves)
    if lang == "sv":
        return f"Svaren är från flera vågor tillsammans ({told})."
    return f"The answers are of several waves together ({told})."


def _base(scale: Scale, lang: Language) -> str:
    """On how many answers reliability rests, where these are not all with a value."""
    sv = lang == "sv"
    few, n = number(scale.n_complete, 0, lang), number(scale.n, 0, lang)
    parts = []
    if scale.n_complete != scale.n:
        parts.append(
            f"Alfa bygger på de {few} som besvarat alla frågor, av {n} med ett värde"
            if sv
            else f"Reliability rests on the {few} who answered all questions, of {n} with a value"
        )
        if scale.thin:
            parts[0] += (
                ": det är för få för att säga något om de övriga"
                if sv
                else ", too few to tell of the others"
            )
        parts[0] += "."
    table = scale._item_table.set_index("item")["missing"]
    for name in scale.unanswered:
        gone = percent(float(table[name]), 0, lang)
        parts.append(
            f"{listed([name], lang)} saknar svar från {gone}."
            if sv
            else f"{listed([name], lang)} has no answer from {gone}."
        )
    return " ".join(parts)


def _alpha(alpha: float, low: float, high: float, level: float, lang: Language) -> str:
    told = number(alpha, 2, lang)
    interval = ""
    if np.isfinite(low):
        ends = f"{number(low, 2, lang)}–{number(high, 2, lang)}"
        if low < 0:
            between = " till " if lang == "sv" else " to "
            ends = f"{number(low, 2, lang)}{between}{number(high, 2, lang)}"
        percents = percent(level, 0, lang)
        interval = (
            f" ({percents} osäkerhetsintervall {ends})"
            if lang == "sv"
            else f" ({percents} confidence interval {ends})"
        )
    if alpha <= 0:
        if lang == "sv":
            return (
                f"Cronbachs alfa är {told}{interval}: frågorna hänger inte ihop, eller så pekar "
                "någon av dem åt andra hållet."
            )
        return (
            f"Cronbach's alpha is {told}{interval}: the questions do not hang together, or one of "
            "them points the other way."
        )
    part = percent(alpha, 0, lang)
    if lang == "sv":
        return (
            f"Cronbachs alfa är {told}{interval}: ungefär {part} av skillnaderna mellan människors "
            "värden beror på något som frågorna har gemensamt, resten på de enskilda frågorna och "
            "på slumpen."
        )
    return (
        f"Cronbach's alpha is {told}{interval}: about {part} of the differences between people's "
        "values come from something that the questions share, the rest from the single questions "
        "and chance."
    )


def _use(scale: Scale, alpha: float, low: float, lang: Language) -> str:
    sv = lang == "sv"
    wrong = scale.wrong_way
    if wrong:
        many = len(wrong) > 1
        if sv:
            return (
                f"Indexet bör inte användas så här: {listed(wrong, lang)} går emot de övriga "
                f"frågorna och är troligen {'vända' if many else 'vänd'} åt "
                "fel håll."
            )
        return (
            f"The index should not be used like this: {listed(wrong, lang)} "
            f"{'run' if many else 'runs'} against the other questions and probably "
            f"{'point' if many else 'points'} the wrong way."
        )
    parts = []
    told = verdict(alpha, wrong)
    if scale.thin and told != "do not use":
        return (
            "Om indexet kan användas går därför inte att säga: gör det av frågor som de flesta har "
            "besvarat."
            if sv
            else "Whether the index may be used can therefore not be told: make it of questions "
            "that most have answered."
        )
    if told == "holds together":
        parts.append(
            "Frågorna hänger så väl ihop att indexet kan användas för att jämföra grupper"
            if sv
            else "The questions hang together well enough to compare groups by the index"
        )
    elif told == "doubtful":
        parts.append(
            "Det är på gränsen: använd indexet med försiktighet och visa även frågorna var för sig"
            if sv
            else "This is borderline: use the index with care and show the questions one by one too"
        )
    else:
        parts.append(
            "Det är för lågt för ett index: redovisa frågorna var för sig"
            if sv
            else "This is too low for an index: report the questions one by one"
        )
    if alpha >= SAME:
        parts.append(
            "men de är nästan samma fråga, så att en av dem säger nästan lika mycket"
            if sv
            else "but they are nearly one question, so that one of them says nearly as much"
        )
    limit = GOOD if told == "holds together" else FAIR
    if told != "do not use" and low < limit:
        parts.append(
            f"men alfa kan också vara under {number(limit, 1, lang)}"
            if sv
            else f"but alpha may also be under {number(limit, 1, lang)}"
        )
    text = ", ".join(parts) + "."
    if told != "do not use" and not scale.factor.one_dimension:
        text += (
            " Svaren tyder på att frågorna mäter mer än en sak; ett högt alfa motbevisar inte det."
            if sv
            else " The answers suggest that the questions measure more than one thing, which a high"
            " alpha does not disprove."
        )
    return text


def alt_text(scale: Scale, lang: Language) -> str:
    """Every number that the figure of a scale shows."""
    frame = scale.to_frame()
    sv = lang == "sv"
    mean, rest = ("medel", "samband med övriga") if sv else ("mean", "correlation with the rest")
    columns = (frame[c].tolist() for c in ("item", "mean", "item_rest"))
    parts = [
        f"{item_word(item, lang)}: {mean} {number(height, 2, lang)}, {rest} {number(link, 2, lang)}"
        for item, height, link in zip(*columns, strict=True)
    ]
    head = "Frågorna i" if sv else "The questions of"
    return f"{head} {told_name(scale, lang)}. " + "; ".join(parts) + "."


def comparison_sentence(comparison: ScaleComparison, lang: Language) -> str:
    """The items that two indices share, those they do not, and what the difference is."""
    sv = lang == "sv"
    items, one, two = comparison.items, comparison.first, comparison.second
    used = list(comparison.used)
    parts = [
        f"{len(used)} av {len(items)} frågor kan användas på båda sidor: {listed(used, lang)}."
        if sv
        else f"{len(used)} of {len(items)} questions can be used on both sides: "
        f"{listed(used, lang)}."
    ]
    left_out = items.loc[~items["used"], "item"].tolist()
    if left_out:
        parts.append(
            f"Utelämnad{'e' if len(left_out) > 1 else ''}: {listed(left_out, lang)}."
            if sv
            else f"Left out: {listed(left_out, lang)}."
        )
    if comparison.grade is not None:
        reasons = [r.text(lang) for r in comparison.grade.reasons if r.weight != "note"]
        told = f" ({'; '.join(reasons)})" if reasons else ""
        head = "Jämförbarhet" if sv else "Comparability"
        parts.append(f"{head}: {comparison.grade.text(lang)}{told}.")
    alphas = number(one.alpha, 2, lang), number(two.alpha, 2, lang)
    parts.append(
        f"Cronbachs alfa är {alphas[0]} och {alphas[1]}."
        if sv
        else f"Cronbach's alpha is {alphas[0]} and {alphas[1]}."
    )
    frame = comparison.change.to_frame()
    low = min(one.alpha, two.alpha)
    if not low >= FAIR:
        parts.append(
            "Det är för lågt för ett index: jämför hellre frågorna var för sig."
            if sv
            else "This is too low for an index: rather compare the questions one by one."
        )
    if len(frame) == 1:
        parts.append(_difference(frame.iloc[0].to_dict(), one.level, lang))
    parts += [f"{t[:1].upper()}{t[1:]}." for t in comparison.about_areas(lang)]
    suspects = comparison.functioning.suspects
    if suspects:
        parts.append(
            f"Bland dem med samma indexvärde besvaras {listed(suspects, lang)} olika på de två "
            "sidorna; en del av skillnaden kan bero på hur frågan förstås."
            if sv
            else f"Among people with the same value, {listed(suspects, lang)} "
            f"{'are' if len(suspects) > 1 else 'is'} answered differently on the two sides; a part "
            "of the difference may be how the question is understood."
        )
    return " ".join(parts)


def _difference(row: dict[Hashable, Any], level: float, lang: Language) -> str:
    sv = lang == "sv"
    # as many decimals as the difference needs to be told from its interval
    places = 2 if not row["se"] < 0.02 else 3
    before, after = number(row["before"], places, lang), number(row["after"], places, lang)
    gap = number(row["difference"], places, lang, sign=True)
    to = " till " if sv else " to "
    low, high = (number(row[end], places, lang, sign=True) for end in ("ci_low", "ci_high"))
    ends = f"{low}{to}{high}"
    told = {
        "significant increase": word("higher", lang),
        "significant decrease": word("lower", lang),
        "unchanged": "oförändrat" if sv else "unchanged",
        "cannot be decided": word("no significant difference", lang),
    }
    tail = f": {told[row['verdict']]}" if row["verdict"] in told else ""
    percents = percent(level, 0, lang)
    if sv:
        return (
            f"Indexets medelvärde är {before} och {after}, skillnaden {gap} "
            f"({percents} osäkerhetsintervall {ends}){tail}."
        )
    return (
        f"The means of the index are {before} and {after}, difference {gap} "
        f"({percents} confidence interval {ends}){tail}."
    )
