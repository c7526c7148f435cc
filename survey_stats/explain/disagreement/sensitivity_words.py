"""What a missing variable could explain, in the reader's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from survey_stats.explain.disagreement.kitagawa import Floats
from survey_stats.explain.disagreement.sample import stem_of
from survey_stats.explain.disagreement.words import interval, told_survey
from survey_stats.labels import Language, number, percent, points, share_of, word

if TYPE_CHECKING:
    from survey_stats.explain.disagreement.sensitivity import Sensitivity

# half of the last decimal that is shown: a gap that is smaller is told as none
_NOTHING = 0.0005
_YES = ("yes", "ja", "true", "1", "1.0")


def assumptions(result: Sensitivity, lang: Language = "sv") -> tuple[str, ...]:
    """What a sensitivity analysis assumes, one sentence each."""
    sv = lang == "sv"
    has, lacks = sides(result, lang)
    what = word(result.variable, lang)
    low, high = (percent(s, 0, lang) for s in result.shares)
    within = f"vara {low}" if low == high else f"ligga mellan {low} och {high}"
    inside = f"be {low}" if low == high else f"lie between {low} and {high}"
    told = [
        f"Bara {has} frågar om {what}. Hur det är i {lacks} har inte mätts, utan antas."
        if sv
        else f"Only {has} asks about {what}. What holds in {lacks} was not measured but is "
        "assumed.",
        f"Andelen {group(result, lang)} där antas {within}."
        if sv
        else f"The share of {group(result, lang)} there is assumed to {inside}.",
    ]
    if result.gaps is None:
        told.append(
            "De antas skilja sig lika mycket från övriga i båda undersökningarna."
            if sv
            else "They are assumed to differ from the others by as much in both surveys."
        )
        return tuple(told)
    ends = [apart(g, lang) for g in result.gaps]
    span = ends[0]
    if len(ends) > 1:
        short = [e.removesuffix(" än" if sv else " than") for e in ends]
        span = f"mellan {short[0]} och {ends[1]}" if sv else f"between {short[0]} and {ends[1]}"
    own = apart(result.gap, lang)
    told.append(
        f"I {lacks} antas {asked(result, lang)} bland dem ligga {span} bland övriga; i {has} "
        f"ligger den {own} bland övriga."
        if sv
        else f"In {lacks} {asked(result, lang)} among them is assumed to be {span} among the "
        f"others; in {has} it is {own} among the others."
    )
    return tuple(told)


def asked(result: Sensitivity, lang: Language = "sv") -> str:
    """The share that the question gives, as the subject of a sentence."""
    return share_of(stem_of(result.question), lang, result.of)


def group(result: Sensitivity, lang: Language = "sv") -> str:
    """The people whom the missing variable sets apart."""
    what, label = word(result.variable, lang), str(result.known.label)
    if label.lower() in _YES:
        return f"personer med {what}" if lang == "sv" else f"people with {what}"
    return word(label, lang)


def others(result: Sensitivity, lang: Language = "sv") -> str:
    """Those who are not of the group."""
    what, label = word(result.variable, lang), str(result.known.label)
    if label.lower() in _YES:
        return f"personer utan {what}" if lang == "sv" else f"people without {what}"
    return "övriga" if lang == "sv" else "the others"


def apart(gap: float, lang: Language = "sv") -> str:
    """How a share lies to another, up to the word before the other.

    >>> apart(0.158), apart(-0.02, "en"), apart(0.0)
    ('15,8 procentenheter högre än', '2.0 percentage points lower than', 'lika högt som')
    """
    size = number(abs(100 * gap), 1, lang)
    if abs(gap) < _NOTHING:
        return "lika högt som" if lang == "sv" else "as high as"
    if lang == "sv":
        return f"{size} procentenheter {'högre' if gap > 0 else 'lägre'} än"
    return f"{size} percentage points {'higher' if gap > 0 else 'lower'} than"


def sides(result: Sensitivity, lang: Language) -> tuple[str, str]:
    """The survey that has the variable, and the one that does not, in words."""
    both = [told_survey(*result.surveys[side], side, lang) for side in (0, 1)]
    if both[0] == both[1]:
        both = [told_survey(None, None, side, lang) for side in (0, 1)]
    return both[result.known.side], both[1 - result.known.side]


def sensitivity_sentences(result: Sensitivity, lang: Language = "sv") -> tuple[str, ...]:
    """What the missing variable could explain at most, and where the conclusion turns."""
    sv = lang == "sv"
    has, lacks = sides(result, lang)
    found = result.numbers()
    n, every = result.known.n
    limits = interval(found.low[2], found.high[2], lang)
    share, own = percent(result.share, 1, lang), apart(result.gap, lang)
    base, of = number(n, 0, lang), number(every, 0, lang)
    first = (
        f"I {has} är {share} {group(result, lang)} (bas {base} av {of}). Bland dem "
        f"ligger {asked(result, lang)} {own} bland övriga ({limits})."
        if sv
        else f"In {has} {share} are {group(result, lang)} (base {base} of {of}). Among them "
        f"{asked(result, lang)} is {own} among the others ({limits})."
    )
    return (
        first,
        _what_is_left(result, lang),
        *_at_most(result, lacks, lang),
        *_turning(result, lacks, lang),
    )


def _what_is_left(result: Sensitivity, lang: Language) -> str:
    """What remains under the assumptions, and whether the difference grows or shrinks by them."""
    sv = lang == "sv"
    what = word(result.variable, lang)
    unit = "procentenheter" if sv else "percentage points"
    rest = result.rest
    left = sorted((rest - explained for explained in result.range), key=abs)
    ends = [points(x, 1, lang) for x in left]
    span = f"{ends[0]} {unit}"
    if ends[0] != ends[1]:
        span = f"mellan {ends[0]} och {ends[1]} {unit}" if sv else f"{ends[0]} to {ends[1]} {unit}"
    text = (
        f"Av skillnaden är {points(rest, 1, lang)} {unit} kvar att förklara. Med hänsyn till "
        f"{what} blir det, under antagandena, {span} kvar"
        if sv
        else f"Of the difference {points(rest, 1, lang)} {unit} are left to explain. With {what} "
        f"taken into account, under the assumptions, {span} are left"
    )
    # how much smaller the difference becomes, at least and at most; no more than what is shown
    shown = points(rest, 1, lang)
    shrinks = [
        0.0 if points(rest - x, 1, lang) == shown else x * float(np.sign(rest))
        for x in result.range
    ]
    if max(shrinks) > abs(rest) or abs(rest) < _NOTHING:
        return text + "."
    return f"{text}: {_moved(min(shrinks), max(shrinks), lang)}."


def _moved(least: float, most: float, lang: Language) -> str:
    """How a difference changes that shrinks by `least` to `most`, and grows where they are < 0.

    >>> _moved(-0.015, 0.004, "en")
    'the difference may become up to 0.4 smaller, but also up to 1.5 larger'
    >>> _moved(0.0, 0.015, "sv"), _moved(-0.015, -0.004, "sv")
    ('skillnaden blir upp till 1,5 mindre', 'skillnaden blir 0,4 till 1,5 större')
    """
    sv = lang == "sv"
    if least < 0 < most:
        less, more = (number(100 * abs(x), 1, lang) for x in (most, least))
        return (
            f"skillnaden kan bli upp till {less} mindre, men också upp till {more} större"
            if sv
            else f"the difference may become up to {less} smaller, but also up to {more} larger"
        )
    near, far = sorted((abs(least), abs(most)))
    if far == 0:
        return "skillnaden ändras inte" if sv else "the difference does not change"
    how = ("mindre", "smaller") if most > 0 else ("större", "larger")
    one, two = (number(100 * x, 1, lang) for x in (near, far))
    span = f"{one} {'till' if sv else 'to'} {two}"
    if near == 0:
        span = f"upp till {two}" if sv else f"up to {two}"
    elif one == two:
        span = two
    return f"skillnaden blir {span} {how[0]}" if sv else f"the difference becomes {span} {how[1]}"


def _at_most(result: Sensitivity, lacks: str, lang: Language) -> list[str]:
    """The best case for the explanation where it is that nobody belongs to the group, and the
    differences inside and outside the group that assumed gaps lead to."""
    sv = lang == "sv"
    out = []
    explained, _ = result.remaining(np.zeros(1), None if result.gaps is None else np.zeros(1))
    if result.gaps is None and explained.value[0] * result.rest > 0:
        told = f"{points(explained.value[0], 1, lang)} "
        told += f"({interval(explained.low[0], explained.high[0], lang)})"
        rest = points(result.rest, 1, lang)
        out.append(
            f"Mest skulle förklaras om det inte fanns några {group(result, lang)} alls i {lacks}: "
            f"{told} av {rest} procentenheter."
            if sv
            else f"Most would be explained if there were no {group(result, lang)} at all in "
            f"{lacks}: {told} of {rest} percentage points."
        )
    if result.gaps is not None:
        ends = np.array([(d, g) for d in result.shares for g in result.gaps])
        spans = []
        for x in result.among(ends[:, 0], ends[:, 1]):
            low, high = points(x.min(), 1, lang), points(x.max(), 1, lang)
            both = f"mellan {low} och {high}" if sv else f"between {low} and {high}"
            spans.append(low if low == high else both)
        out.append(
            f"Bland {others(result, lang)} är skillnaden mellan undersökningarna då {spans[0]} "
            f"procentenheter, bland {group(result, lang)} {spans[1]}."
            if sv
            else f"Among {others(result, lang)} the surveys then differ by {spans[0]} percentage "
            f"points, among {group(result, lang)} by {spans[1]}."
        )
    return out


def _turning(result: Sensitivity, lacks: str, lang: Language) -> list[str]:
    sv = lang == "sv"
    has, _ = sides(result, lang)
    table = result.turning_points()
    out = []
    alls = table[table["what"] == "share that explains all"]
    can = alls[alls["possible"]]
    people = group(result, lang)
    if can.empty:
        out.append(
            f"Ingen andel {people}, från 0 till 100 procent, skulle förklara allt som är kvar."
            if sv
            else f"No share of {people}, from 0 to 100 percent, would explain all that is left."
        )
    else:
        values = _either(sorted(can["value"]), lang)
        out.append(
            f"Allt som är kvar vore förklarat om andelen {people} i {lacks} var {values}."
            if sv
            else f"All that is left would be explained if the share of {people} in {lacks} were "
            f"{values}."
        )
    out.append(_certainty(result, lacks, lang))
    gaps = table[table["what"] == "gap that leaves others alike"]
    same = gaps[np.isclose(gaps["assumed_share"], result.share)]
    if len(same):
        row = same.iloc[0]
        needed, own = apart(float(row["value"]), lang), apart(result.gap, lang)
        if row["possible"]:
            out.append(
                "Allt som är kvar kan vid samma andel i båda bero på dem bara om de i "
                f"{lacks} ligger {needed} övriga; i {has} ligger de {own} övriga."
                if sv
                else "With the same share in both, all that is left can be due to them only if "
                f"they are {needed} the others in {lacks}; in {has} they are {own} the others."
            )
        else:
            out.append(
                "Vid samma andel i båda kan inte allt som är kvar bero på dem."
                if sv
                else "With the same share in both, not all that is left can be due to them."
            )
    return out


def _certainty(result: Sensitivity, lacks: str, lang: Language) -> str:
    """Whether what remains is certain at equal shares, and which shares turn that."""
    sv = lang == "sv"
    people = group(result, lang)
    _, left = result.remaining(np.array([result.share]), _first_gap(result))
    certain = bool(left.low[0] > 0 or left.high[0] < 0)
    pair = ("säkerställt", "certain") if certain else ("inte säkerställt", "not certain")
    text = (
        f"Om andelen {people} är densamma i båda ({percent(result.share, 1, lang)}) är det som är "
        f"kvar {pair[0]}"
        if sv
        else f"If the share of {people} is the same in both ({percent(result.share, 1, lang)}), "
        f"what is left is {pair[1]}"
    )
    up, down = _nearest_turns(result)
    if not up and not down:
        return text + (", och ingen andel ändrar det." if sv else ", and no share changes that.")
    ways = []
    if up:
        ways.append(f"{'når' if sv else 'reaches'} {_either(up, lang)}")
    if down:
        ways.append(f"{'sjunker till' if sv else 'falls to'} {_either(down, lang)}")
    if sv:
        text += ", men inte längre" if certain else ", men det blir det"
        text += f" om andelen i {lacks} {' eller '.join(ways)}"
    else:
        text += ", but no longer" if certain else ", but it becomes so"
        text += f" if the share in {lacks} {' or '.join(ways)}"
    if max(len(up), len(down)) > 1:
        text += (
            ", beroende på vad som antas om gruppen"
            if sv
            else ", depending on what is assumed of the group"
        )
    return text + "."


def _nearest_turns(result: Sensitivity) -> tuple[list[float], list[float]]:
    """The shares at which certainty turns first, above and below the known share, a gap each."""
    table = result.turning_points()
    found = table[(table["what"] == "share where certainty turns") & table["possible"]]
    up: list[float] = []
    down: list[float] = []
    for _, mine in found.groupby("assumed_gap"):
        turns = sorted(mine["value"])
        up += [t for t in turns if t > result.share][:1]
        down += [t for t in turns if t < result.share][-1:]
    return sorted(up), sorted(down)


def _either(values: list[float], lang: Language) -> str:
    """Shares of which one or the other holds."""
    told = list(dict.fromkeys(percent(v, 1, lang) for v in values))
    return (" eller " if lang == "sv" else " or ").join(told)


def _first_gap(result: Sensitivity) -> Floats | None:
    return None if result.gaps is None else np.array([result.gaps[0]])
