"""The sentences of a decomposition's page: what differs, why in short, part by part, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from survey_stats.explain.disagreement.leaves import Leaf
from survey_stats.explain.disagreement.words import (
    interval,
    listed,
    part_name,
    share_name,
    survey_name,
    unhandled,
)
from survey_stats.labels import Language, domain, number, percent, points, word

if TYPE_CHECKING:
    from survey_stats.explain.disagreement.result import Decomposition


def _unit(lang: Language) -> str:
    return "procentenheter" if lang == "sv" else "percentage points"


def lead(parts: Decomposition, lang: Language) -> str:
    """Both shares, their difference, and whether it is certain."""
    found = parts.numbers()
    certain = bool(found.low[0] > 0 or found.high[0] < 0)
    one, two = (survey_name(parts, side, lang) for side in (0, 1))
    shares = [percent(s, 1, lang) for s in parts.shares]
    gap, limits = points(found.value[0], 1, lang), interval(found.low[0], found.high[0], lang)
    level = percent(parts.level, 0, lang)
    name = share_name(parts, lang)
    name = name[:1].upper() + name[1:]
    if lang == "sv":
        area = f" i {parts.area}" if parts.area else ""
        end = "är säkerställd" if certain else "är inte säkerställd"
        return (
            f"{name}{area} är {shares[0]} i {one} och {shares[1]} i {two}. Skillnaden, {gap} "
            f"{_unit(lang)} ({level} osäkerhetsintervall {limits}), {end}."
        )
    area = f" in {parts.area}" if parts.area else ""
    end = "is significant" if certain else "is not significant"
    return (
        f"{name}{area} is {shares[0]} in {one} and {shares[1]} in {two}. The difference, {gap} "
        f"{_unit(lang)} ({level} confidence interval {limits}), {end}."
    )


def in_short(parts: Decomposition, lang: Language) -> str:
    """The answer in one sentence: what may be the main cause, and what may not."""
    sv = lang == "sv"
    head = "Kort sagt: " if sv else "In short: "
    found = parts.numbers()
    tops = [not leaf.variable for leaf, _ in parts.rows()]
    sure = (found.low > 0) | (found.high < 0)
    if not sure[0]:
        apart = bool(sure[tops].any())
        if sv:
            told = "skillnaden ryms inom osäkerheten"
            told += ", men delar av den är säkerställda och tar ut varandra" if apart else ""
        else:
            told = "the difference is within the uncertainty"
            told += ", but parts of it are significant and cancel out" if apart else ""
        return f"{head}{told}."
    whole = float(found.value[0])
    names = {
        "definition": ("vad som räknas", "what is counted"),
        "composition": ("vilka som svarar", "who answers"),
        "rest": ("att samma grupper svarar olika", "the same groups answering differently"),
    }
    main, no = [], []
    for (leaf, _), low, high in zip(parts.rows(), found.low, found.high, strict=True):
        if leaf.variable or leaf.part not in names:
            continue
        ends = sorted((low / whole, high / whole))
        name = names[leaf.part][0 if sv else 1]
        if ends[0] > 0.5:
            main.append(name)
        elif ends[1] < 0.5:
            no.append(name)
    certain = bool(found.low[-1] > 0 or found.high[-1] < 0)
    if main:
        text = f"det mesta beror på {main[0]}" if sv else f"most of it is due to {main[0]}"
    elif len(no) == len([x for x in parts.rows() if not x[0].variable]) - 2:
        # all but the rest are too small, though the rest alone may be chance
        text = (
            f"det mesta ligger i {names['rest'][0]}"
            if sv
            else f"most of it lies in {names['rest'][1]}"
        )
        text += "" if certain else (", men den delen är inte säkerställd för sig" if sv else
                                    ", but that part is not significant by itself")  # fmt: skip
    else:
        text = (
            "vilken del som är huvudorsaken går inte att avgöra"
            if sv
            else "which part is the main cause cannot be decided"
        )
    if len(no) > 1:
        told = f"varken {no[0]} eller {no[1]} kan" if sv else f"neither {no[0]} nor {no[1]} can"
        text += f"; {told} {'vara huvudorsaken' if sv else 'be the main cause'}"
    elif no:
        text += f"; {no[0]} {'kan inte vara huvudorsaken' if sv else 'cannot be the main cause'}"
    return f"{head}{text}."


def causes(parts: Decomposition, lang: Language) -> list[str]:
    """A sentence or two on each part."""
    found = parts.numbers()
    rows = {leaf: i for i, (leaf, _) in enumerate(parts.rows())}
    known = bool(found.low[0] > 0 or found.high[0] < 0)
    whole = float(found.value[0]) if known else 0.0
    out: list[str] = []
    for part in ("definition", "composition"):
        at = rows.get(Leaf(part, ""))
        if at is None:
            continue
        value, low, high = (float(x[at]) for x in (found.value, found.low, found.high))
        what = _what(parts, part, lang)
        told = f"{points(value, 1, lang)} {_unit(lang)} ({interval(low, high, lang)})"
        verb = "svarar för" if lang == "sv" else "accounts for"
        judged = _weight(low, high, whole, lang)
        if any(judged in t for t in out):
            # why is told once
            judged = judged.partition(":")[0].removesuffix(".") + "."
        out.append(f"{what} {verb} {told}. {judged}".strip())
    out.append(_rest(parts, lang))
    return out


def _what(parts: Decomposition, part: str, lang: Language) -> str:
    if part == "composition":
        names = listed([word(v, lang) for v in parts.variables], lang)
        return f"Vilka som svarar ({names})" if lang == "sv" else f"Who answers ({names})"
    steps = [part_name(leaf, lang) for leaf in parts.leaves if leaf.part == "definition"]
    told = ", ".join(steps)
    return f"Vad som räknas ({told})" if lang == "sv" else f"What is counted ({told})"


def _weight(low: float, high: float, whole: float, lang: Language) -> str:
    """What an interval of a part says of the whole, which is 0 where it is not certain."""
    if not np.isfinite(low):
        return ""
    most = max(low / whole, high / whole) if whole else 0.0
    certain = low > 0 or high < 0
    if whole and most < 0.5:
        return (
            "Det kan inte vara huvudorsaken: även intervallets yttersta värde är mindre än halva "
            "skillnaden."
            if lang == "sv"
            else "It cannot be the main cause: even the end of the interval is less than half of "
            "the difference."
        )
    if certain:
        return "Den delen är säkerställd." if lang == "sv" else "This part is significant."
    return (
        "Det går inte att avgöra om den delen betyder något."
        if lang == "sv"
        else "Whether this part matters cannot be decided."
    )


def _rest(parts: Decomposition, lang: Language) -> str:
    found = parts.numbers()
    value, low, high = (float(x[-1]) for x in (found.value, found.low, found.high))
    told = f"{points(value, 1, lang)} {_unit(lang)} ({interval(low, high, lang)})"
    known = unhandled(parts, lang)
    certain = low > 0 or high < 0
    if lang == "sv":
        end = (
            "är säkerställt: samma grupper svarar olika i de två undersökningarna"
            if certain
            else "inte är säkerställt: om samma grupper svarar olika i de två undersökningarna går "
            "inte att avgöra"
        )
        text = (
            f"Kvar är {told}, vilket {end}. I den delen ligger frågans ordalydelse, sättet att "
            "samla in svaren, bortfallet och allt som inte är med bland variablerna; svaren själva "
            "kan inte skilja dem åt."
        )
        return text + (f" Kända olikheter: {'; '.join(known)}." if known else "")
    end = (
        "significant: the same groups answer differently in the two surveys"
        if certain
        else "not significant: whether the same groups answer differently in the two surveys "
        "cannot be decided"
    )
    text = (
        f"Left are {told}, which is {end}. Wording, mode, non-response and all that is not among "
        "the variables are in this part; the answers themselves cannot tell them apart."
    )
    return text + (f" Known differences: {'; '.join(known)}." if known else "")


def method(parts: Decomposition, lang: Language) -> list[str]:
    """How the parts were computed, and what limits them."""
    sv = lang == "sv"
    name = {
        "kitagawa": ("standardisering enligt Kitagawa", "standardisation (Kitagawa)"),
        "oaxaca": ("linjära modeller (Oaxaca–Blinder)", "linear models (Oaxaca-Blinder)"),
        "fairlie": ("logistiska modeller (Fairlie)", "logistic models (Fairlie)"),
        "reweighting": (
            "omviktning (DiNardo–Fortin–Lemieux)",
            "reweighting (DiNardo, Fortin, Lemieux)",
        ),
    }[parts.method][0 if sv else 1]
    out = [
        f"Delarna summerar exakt till skillnaden. Metod: {name}, {parts.cells.size} grupper; "
        "variablernas bidrag hänger inte på i vilken ordning de tas."
        if sv
        else f"The parts sum to the difference exactly. Method: {name}, {parts.cells.size} groups; "
        "the variables' contributions do not depend on their order."
    ]
    out.append(
        f"Intervallen är {number(100 * parts.level, 0, lang)}-procentiga och följer båda "
        "undersökningarnas urval och vikter."
        if sv
        else f"Intervals are at {number(100 * parts.level, 0, lang)} percent and follow the "
        "sampling and weights of both surveys."
    )
    if parts.where and domain(parts.where, lang) != f"{word('district', lang)} {parts.area}":
        out.append(f"{'Urval' if sv else 'Domain'}: {domain(parts.where, lang)}.")
    for leaf, _ in parts.rows():
        note = parts.note(leaf, lang) if leaf.part != "rest" else ""
        if note:
            out.append(f"{part_name(leaf, lang).capitalize()}: {note}.")
    if parts.override:
        told = (
            "Jämförs trots att mätningarna inte är jämförbara"
            if sv
            else ("Compared although the measurements are not comparable")
        )
        out.append(f"{told}: {parts.override}")
    return out
