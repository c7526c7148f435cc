"""What stands beside small-area results, in the reader's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from survey_stats.labels import Language, domain, heading, number, percent, word

if TYPE_CHECKING:
    from survey_stats.explain.small_areas.publish import PublishRule
    from survey_stats.explain.small_areas.ranks import Ranks
    from survey_stats.results import Metadata

# names listed before the rest is counted
_LISTED = 12

# code -> (Swedish, English); {…} are limits of the rule
_WHY = {
    "no answers": ("inga svar", "no answers"),
    "small base": ("färre än {base} svar", "fewer than {base} answers"),
    "protects another": ("döljs för att skydda ett annat område", "hidden to protect another area"),
    "uncertain base": ("färre än {certain} svar", "fewer than {certain} answers"),
    "no interval": ("osäkerheten kan inte skattas", "its uncertainty is not known"),
    "interval too wide": (
        "osäkerhetsintervallet är {widest} procentenheter eller bredare",
        "the confidence interval is {widest} points or wider",
    ),
    "too uncertain": (
        "medelfelet är mer än {highest} av andelen",
        "the standard error is more than {highest} of the share",
    ),
    "uncertain": (
        "medelfelet är mer än {reliable} av andelen",
        "the standard error is more than {reliable} of the share",
    ),
    "does not fit": ("området följer inte modellen", "the area does not follow the model"),
    "deviates": (
        "områdets egna svar avviker från vad modellen väntar",
        "the area's own answers deviate from what the model expects",
    ),
    "mostly own": (
        "mer än {own} vore områdets egna, för få svar",
        "more than {own} would be the area's own, too few answers",
    ),
    "no model variance": (
        "modellen ser inga skillnader mellan områden utöver hjälpvariablerna",
        "the model sees no differences between areas beyond the auxiliaries",
    ),
    "synthetic": (
        "bygger bara på andra områden",
        "rests on other areas only",
    ),
}
_SOURCES = {
    "direct": ("Områdets egna svar", "The area's own answers"),
    "pooled": ("Flera års svar tillsammans", "Several years' answers together"),
    "model": (
        "Modellbaserad skattning, som {borrowed} lånar från andra områden",
        "Model-based estimate, {borrowed} of which is borrowed from other areas",
    ),
    "none": ("Redovisas inte", "Not published"),
}
# what is borrowed, within the sentence of a model-based estimate
_BORROWED = {
    "under half": ("till mindre än hälften", "less than half"),
    "over half": ("till mer än hälften", "more than half"),
    "over three quarters": ("till mer än tre fjärdedelar", "more than three quarters"),
    "all": ("helt", "all"),
}


def publication_reason(
    source: str,
    quality: str,
    reason: tuple[str, ...],
    borrowed: str,
    rule: PublishRule,
    lang: Language = "sv",
) -> str:
    """Why an area is told by this source, in one sentence.

    >>> from survey_stats.explain.small_areas.publish import PUBLISH
    >>> why = ("direct: small base",)
    >>> publication_reason("model", "reliable", why, "over half", PUBLISH, "en")
    'Model-based estimate, more than half of which is borrowed from other areas. Own answers: \
fewer than 30 answers.'
    """
    at = 0 if lang == "sv" else 1
    heads = {
        "direct": ("Egna svar", "Own answers")[at],
        "pooled": ("Flera år", "Several years")[at],
        "model": ("Modellen", "The model")[at],
    }
    limits = {
        "base": number(rule.bases.minimum_base, 0, lang),
        "certain": number(rule.bases.certain_base, 0, lang),
        "widest": number(100 * rule.widest, 0, lang),
        "highest": percent(rule.highest_cv, 0, lang),
        "reliable": percent(rule.reliable_cv, 1, lang),
        "own": percent(rule.most_own, 0, lang),
    }
    told: dict[str, list[str]] = {}
    for item in reason:
        name, _, why = item.partition(": ")
        told.setdefault(name, []).append(_WHY[why][at].format(**limits))
    first = _SOURCES[source][at].format(borrowed=_BORROWED.get(borrowed, ("", ""))[at])
    if quality == "with caution":
        first += f" – {word('quality: with caution', lang)}"
    parts = [first, *(f"{heads[n]}: {', '.join(dict.fromkeys(w))}" for n, w in told.items())]
    return ". ".join(parts) + "."


def ranks_sentence(ranks: Ranks, lang: Language = "sv") -> str:
    """Which areas may be highest and lowest, and how sure that is."""
    sure = percent(ranks.level, 0 if round(100 * ranks.level, 6) % 1 == 0 else 1, lang)
    high, low = ranks.could_be_highest, ranks.could_be_lowest
    R = len(ranks)
    if lang == "sv":
        return (
            f"{_one_of(high, lang)} kan ha den högsta andelen ({len(high)} av {R}), och "
            f"{_one_of(low, lang)} den lägsta ({len(low)} av {R}). Med {sure} säkerhet gäller alla "
            "dessa och alla områdens möjliga platser samtidigt."
        )
    return (
        f"{_one_of(high, lang)} may have the highest share ({len(high)} of {R}), and "
        f"{_one_of(low, lang)} the lowest ({len(low)} of {R}). With {sure} confidence these and "
        "the possible places of all areas hold at once."
    )


def title(metadata: Metadata, lang: Language) -> str:
    """The question of a figure."""
    question = metadata.question
    return heading(question[0], lang) if len(question) == 1 else heading("share", lang)


def ranks_title(ranks: Ranks, lang: Language) -> str:
    """Question, survey, wave and domain of a ranking, and what is ranked."""
    m = ranks.metadata
    parts = [title(m, lang), _source(m, lang), domain(m.where, lang) if m.where else ""]
    parts.append(word(f"source: {ranks.of}", lang))
    return ", ".join(p for p in parts if p)


def _source(metadata: Metadata, lang: Language) -> str:
    told = (metadata.survey, metadata.wave)
    return " ".join(word(str(p), lang) for p in told if p is not None)


def subtitle(metadata: Metadata, confidence: float, lang: Language) -> str:
    """Survey, wave and what the picture compares."""
    source = _source(metadata, lang)
    level = percent(confidence, 0, lang)
    what = (
        f"modellbaserad skattning och områdets egna svar, {level} osäkerhetsintervall"
        if lang == "sv"
        else f"model-based estimate and the area's own answers, {level} confidence intervals"
    )
    return f"{source}: {what}" if source else what[:1].upper() + what[1:]


def _one_of(names: tuple[object, ...], lang: Language) -> str:
    """Names with "or", the first dozen where there are more."""
    texts = [word(str(n), lang) for n in names]
    if len(texts) > _LISTED:
        more = len(texts) - _LISTED
        rest = f"{more} till" if lang == "sv" else f"{more} more"
        return f"{', '.join(texts[:_LISTED])} {'eller' if lang == 'sv' else 'or'} {rest}"
    if len(texts) < 2:
        return texts[0]
    joint = " eller " if lang == "sv" else " or "
    return ", ".join(texts[:-1]) + joint + texts[-1]
