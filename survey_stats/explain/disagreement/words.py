"""A decomposition in the reader's words: names of parts, notes, and the figure told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from survey_stats.explain.disagreement.independence import copied, look_copied, pooled
from survey_stats.explain.disagreement.leaves import (
    AREAS,
    CODING,
    ONE_ONLY,
    UNIVERSE,
    UNKNOWN,
    Leaf,
)
from survey_stats.explain.disagreement.sample import stem_of
from survey_stats.labels import Language, heading, number, percent, points, share_of, word

if TYPE_CHECKING:
    from survey_stats.explain.disagreement.result import Decomposition

_PARTS = {
    ("difference", ""): ("Skillnaden", "The difference"),
    ("definition", ""): ("Vad som räknas", "What is counted"),
    ("definition", CODING): ("svaren räknas på samma sätt", "answers counted alike"),
    ("definition", AREAS): ("samma områden", "the same areas"),
    ("definition", UNIVERSE): ("bara de som båda frågar", "only those whom both ask"),
    ("definition", UNKNOWN): ("bakgrunden är inte känd", "background not known"),
    ("definition", ONE_ONLY): ("grupper som bara en har", "groups that one alone has"),
    ("composition", ""): ("Vilka som svarar", "Who answers"),
    ("rest", ""): ("Det som blir kvar", "What is left"),
}
_MOST_NAMES = 4


def part_name(leaf: Leaf, lang: Language = "sv") -> str:
    """A part for readers; a variable of the composition by its own word.

    >>> part_name(Leaf("composition", "age_group")), part_name(Leaf("rest", ""), "en")
    ('ålder', 'What is left')
    """
    pair = _PARTS.get((leaf.part, leaf.variable))
    if pair is None:
        return word(leaf.variable, lang)
    return pair[0] if lang == "sv" else pair[1]


def survey_name(parts: Decomposition, side: int, lang: Language = "sv") -> str:
    """A survey and its year in words; by its place where it has no name."""
    survey = parts.sources[side].sample.survey
    return told_survey(survey.name, survey.wave, side, lang)


def told_survey(name: str | None, wave: object, side: int, lang: Language) -> str:
    """A survey and its year in words; by its place where it has no name.

    >>> told_survey("city_safety", 2023, 0, "en"), told_survey(None, 2023, 1, "sv")
    ("the city's safety survey 2023", 'den andra undersökningen')
    """
    if name is None:
        return (
            ("den första undersökningen", "den andra undersökningen")
            if lang == "sv"
            else ("the first survey", "the second survey")
        )[side]
    return word(name, lang) + ("" if wave is None else f" {wave}")


def short_name(parts: Decomposition, side: int, lang: Language = "sv") -> str:
    """The survey in a word or two, with its year."""
    survey = parts.sources[side].sample.survey
    if survey.name is None:
        return (("första", "andra") if lang == "sv" else ("first", "second"))[side]
    year = "" if survey.wave is None else f" {survey.wave}"
    short = f"{survey.name}_short"
    told = word(short, lang)
    return f"{survey.name if told == short else told}{year}"


def share_name(parts: Decomposition, lang: Language = "sv") -> str:
    """The share that the decomposition is of, as the subject of a sentence."""
    return share_of(stem_of(parts.question), lang, parts.of)


def asked_heading(question: str, of: object, lang: Language = "sv") -> str:
    """The question as a title, with the answer whose share it is.

    >>> asked_heading("gender", "women", "sv"), asked_heading("unsafe_evening__city", None, "en")
    ('Kön: kvinnor', 'Unsafe out alone late in the evening')
    """
    name = heading(stem_of(question), lang)
    return name if of is None or of is True else f"{name}: {word(str(of), lang)}"


def listed(names: Sequence[str], lang: Language = "sv") -> str:
    """Names with the last "and".

    >>> listed(["kön", "ålder", "stadsdel"])
    'kön, ålder och stadsdel'
    """
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + (" och " if lang == "sv" else " and ") + names[-1]


def interval(low: float, high: float, lang: Language = "sv") -> str:
    """Limits in percentage points.

    >>> interval(-0.081, 0.005)
    '−8,1 till +0,5'
    """
    if not (np.isfinite(low) and np.isfinite(high)):
        return "intervall saknas" if lang == "sv" else "no interval"
    return f"{points(low, 1, lang)} {'till' if lang == 'sv' else 'to'} {points(high, 1, lang)}"


def note(parts: Decomposition, leaf: Leaf, lang: Language = "sv") -> str:
    """What a reader must know of a part; empty where there is nothing."""
    sv = lang == "sv"
    if leaf == Leaf("composition", ""):
        return _small(parts, lang)
    if leaf.part == "composition":
        at = parts.variables.index(leaf.variable)
        if np.unique(parts.cells.levels[:, at]).size == 1:
            return "en enda nivå" if sv else "a single level"
        return ""
    if leaf.part == "rest":
        return "; ".join(unhandled(parts, lang))
    if leaf.variable == CODING:
        return _coding(parts, lang)
    if leaf.variable == UNIVERSE:
        without = listed([word(g, lang) for g in parts.left_out], lang)
        areas = () if any(parts.geography.outside) else parts.areas
        only = listed([word(a, lang) for a in areas], lang)
        told = f"{'bara' if sv else 'only'} {only}" if only else ""
        left = f"{'utan' if sv else 'without'} {without}" if without else ""
        return ", ".join(t for t in (told, left) if t)
    if leaf.variable == AREAS:
        return "; ".join(about_areas(parts, lang)[:1])
    if leaf.variable == UNKNOWN:
        return _not_known(parts, lang)
    if leaf.variable == ONE_ONLY:
        only = "bara i" if sv else "only in"
        return "; ".join(
            f"{only} {survey_name(parts, side, lang)}: {_some(names, lang)}"
            for side, names in enumerate((parts.cells.only_first, parts.cells.only_second))
            if names
        )
    return ""


def about_areas(parts: Decomposition, lang: Language = "sv") -> tuple[str, ...]:
    """What sets the areas of the two surveys apart; empty where both cover the same."""
    return parts.geography.told((survey_name(parts, 0, lang), survey_name(parts, 1, lang)), lang)


def about_spelling(parts: Decomposition, lang: Language = "sv") -> tuple[str, ...]:
    """Levels that are apart and look like one level in two spellings, a sentence a variable."""
    out = []
    for name, pairs in parts.spelled:
        told = ", ".join(f"{a!r} / {b!r}" for a, b in pairs)
        out.append(
            f"{word(name)} ser ut att vara stavat på två sätt ({told}) och räknas som olika grupper"
            if lang == "sv"
            else f"{name} seems to be spelled in two ways ({told}), counted as different groups; "
            "spell them alike, or use merge="
        )
    return tuple(out)


def warnings(parts: Decomposition, lang: Language = "sv") -> tuple[str, ...]:
    """What makes the plain difference mislead."""
    waves = (
        pooled(several, survey_name(parts, side, lang), lang)
        for side, several in enumerate(parts.waves)
        if several
    )
    one, two = (source.sample.survey for source in parts.sources)
    same = [copied(lang)] if look_copied(one, two) else []
    return (*same, *about_areas(parts, lang), *waves, *about_spelling(parts, lang))


def _not_known(parts: Decomposition, lang: Language) -> str:
    """How many respondents of either survey lack which variable."""
    out = []
    for side, counts in enumerate(parts.unknown):
        if not counts:
            continue
        survey = survey_name(parts, side, lang)
        if lang == "sv":
            each = [f"{number(n, 0, lang)} om {word(name)}" for name, n in counts.items()]
            each[0] = each[0].replace(" om ", " svarande uppgift om ", 1)
            out.append(f"i {survey} saknar {listed(each, lang)}")
        else:
            out += [
                f"{number(n, 0, lang)} {'respondent' if n == 1 else 'respondents'} of {survey} "
                f"{'has' if n == 1 else 'have'} no known {name}"
                for name, n in counts.items()
            ]
    return "; ".join(out)


def unhandled(parts: Decomposition, lang: Language = "sv") -> tuple[str, ...]:
    """What the codebooks know to set the surveys apart and no part takes care of."""
    reasons = parts.grade.reasons if parts.grade else ()
    return tuple(
        r.text(lang) for r in reasons if r.code not in parts.settled and r.weight != "note"
    )


def _small(parts: Decomposition, lang: Language) -> str:
    small, size = parts.small_cells(), parts.cells.size
    if not small:
        return ""
    if lang == "sv":
        return f"{small} av {size} grupper har färre än 5 svar i en av undersökningarna"
    return f"{small} of {size} groups have fewer than 5 answers in one of the surveys"


def _coding(parts: Decomposition, lang: Language) -> str:
    common = parts.common_coding
    told = []
    for side, used in enumerate(parts.codings):
        if used != common:
            name = survey_name(parts, side, lang)
            told.append(
                f"{name} räknas om från kodningen {used or 'okänd'} till {common}"
                if lang == "sv"
                else f"{name} is recounted from the coding {used or 'unknown'} to {common}"
            )
    return "; ".join(told)


def _some(names: Sequence[str], lang: Language) -> str:
    """The first few names, translated level by level, and how many more there are."""
    told = [" × ".join(word(p, lang) for p in n.split(" × ")) for n in names[:_MOST_NAMES]]
    rest = len(names) - len(told)
    more = f" {'och' if lang == 'sv' else 'and'} {rest} {'till' if lang == 'sv' else 'more'}"
    return ", ".join(told) + (more if rest else "")


def notes(parts: Decomposition, lang: Language = "sv") -> tuple[str, ...]:
    """See `Decomposition.notes`."""
    base = "bas" if lang == "sv" else "base"
    bases = "; ".join(
        f"{survey_name(parts, side, lang)}: {base} {number(parts.bases[side], 0, lang)}"
        for side in (0, 1)
    )
    steps = [leaf for leaf in parts.leaves if leaf.part == "definition" and leaf.variable != AREAS]
    told = [(part_name(leaf, lang), parts.note(leaf, lang)) for leaf in steps]
    out = [bases, *warnings(parts, lang)]
    out += [f"{name}: {why}" for name, why in told if why]
    return tuple(t[:1].upper() + t[1:] for t in out)


def title(parts: Decomposition, lang: Language = "sv") -> str:
    """What a figure or a page is about."""
    name = asked_heading(parts.question, parts.of, lang)
    if parts.area:
        name += f", {parts.area}"
    if lang == "sv":
        return f"Varför skiljer sig undersökningarna? {name}"
    return f"Why do the surveys differ? {name}"


def alt_text(parts: Decomposition, lang: Language = "sv") -> str:
    """What the waterfall shows: both shares, and every part with its interval."""
    sv = lang == "sv"
    out = [word("synthetic", lang)] if parts.synthetic else []
    out.append(title(parts, lang))
    for side in (0, 1):
        base = "bas" if sv else "base"
        out.append(
            f"{survey_name(parts, side, lang)}: {percent(parts.shares[side], 1, lang)} "
            f"({base} {number(parts.bases[side], 0, lang)})"
        )
    found = parts.numbers()
    unit = "procentenheter" if sv else "percentage points"
    told = []
    for (leaf, _), value, low, high in zip(
        parts.rows(), found.value, found.low, found.high, strict=True
    ):
        told.append(
            f"{part_name(leaf, lang)} {points(value, 1, lang)} ({interval(low, high, lang)})"
        )
    out.append(f"{told[0]} {unit}")
    out.append(f"{'Delarna' if sv else 'The parts'}: {'; '.join(told[1:])}")
    text = ". ".join(t[:1].upper() + t[1:] for t in out) + "."
    return text.replace("?.", "?")
