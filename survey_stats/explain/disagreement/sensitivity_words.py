"""What a missing variable could explain, in the reader's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from survey_stats.explain.disagreement.kitagawa import Floats
from survey_stats.explain.disagreement.words import interval, listed, told_survey
from survey_stats.labels import Language, number, percent, points, word

if TYPE_CHECKING:
    from survey_stats.explain.disagreement.sensitivity import Sensitivity


def assumptions(result: Sensitivity, lang: Language = "sv") -> tuple[str, ...]:
    """What a sensitivity analysis assumes, one sentence each."""
    sv = lang == "sv"
    has, lacks = sides(result, lang)
    what = word(result.variable, lang)
    low, high = (percent(s, 0, lang) for s in result.shares)
    told = [
        f"Bara {has} frågar om {what}; hur det är i {lacks} antas, och är inte mätt."
        if sv
        else f"Only {has} asks about {what}; what holds in {lacks} is assumed, not measured.",
        f"Andelen antas ligga mellan {low} och {high}."
        if sv
        else f"The share is assumed to lie between {low} and {high}.",
    ]
    if result.gaps is None:
        told.append(
            "Gruppen antas skilja sig från övriga lika mycket i båda undersökningarna: "
            f"{points(result.gap, 1, lang)} procentenheter."
            if sv
            else "The group is assumed to differ from the others by as much in both surveys: "
            f"{points(result.gap, 1, lang)} percentage points."
        )
    else:
        sizes = [points(g, 1, lang) for g in result.gaps]
        ends = listed(sizes, lang)
        if len(sizes) > 1:
            ends = f"{'mellan' if sv else 'between'} {ends}"
        told.append(
            f"Gruppens skillnad mot övriga i {lacks} antas vara {ends} procentenheter; i {has} är "
            f"den {points(result.gap, 1, lang)}."
            if sv
            else f"The group's difference from the others in {lacks} is assumed to be {ends} "
            f"percentage points; in {has} it is {points(result.gap, 1, lang)}."
        )
    return tuple(told)


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
    what = word(result.variable, lang)
    found = result.numbers()
    low, high = result.range
    n, every = result.known.n
    out = [
        f"I {has} har {percent(result.share, 1, lang)} {what} (bas {number(n, 0, lang)} av "
        f"{number(every, 0, lang)}), och bland dem är andelen {points(result.gap, 1, lang)} "
        f"procentenheter ({interval(found.low[2], found.high[2], lang)}) mot övriga."
        if sv
        else f"In {has} {percent(result.share, 1, lang)} have {what} (base {number(n, 0, lang)} "
        f"of {number(every, 0, lang)}), and among them the share is "
        f"{points(result.gap, 1, lang)} percentage points "
        f"({interval(found.low[2], found.high[2], lang)}) against the others.",
        f"Under antagandena förklarar {what} mellan {points(low, 1, lang)} och "
        f"{points(high, 1, lang)} av de {points(result.rest, 1, lang)} procentenheter som är kvar."
        if sv
        else f"Under the assumptions {what} explains between {points(low, 1, lang)} and "
        f"{points(high, 1, lang)} of the {points(result.rest, 1, lang)} percentage points left.",
    ]
    return (*out, *_at_most(result, lacks, lang), *_turning(result, lacks, lang))


def _at_most(result: Sensitivity, lacks: str, lang: Language) -> list[str]:
    """The best case for the explanation where it is that nobody belongs to the group, and the
    differences inside and outside the group that assumed gaps lead to."""
    sv = lang == "sv"
    what = word(result.variable, lang)
    out = []
    explained, _ = result.remaining(np.zeros(1), None if result.gaps is None else np.zeros(1))
    if result.gaps is None and explained.value[0] * result.rest > 0:
        told = f"{points(explained.value[0], 1, lang)} "
        told += f"({interval(explained.low[0], explained.high[0], lang)})"
        rest = points(result.rest, 1, lang)
        out.append(
            f"Mest förklaras om ingen alls i {lacks} har {what}: {told} av {rest}."
            if sv
            else f"Most is explained if nobody in {lacks} has {what}: {told} of {rest}."
        )
    if result.gaps is not None:
        ends = np.array([(d, g) for d in result.shares for g in result.gaps])
        outside, inside = result.among(ends[:, 0], ends[:, 1])
        spans = [
            f"{points(x.min(), 1, lang)} {'och' if sv else 'and'} {points(x.max(), 1, lang)}"
            for x in (outside, inside)
        ]
        out.append(
            f"Bland personer utan {what} är skillnaden mellan undersökningarna då mellan "
            f"{spans[0]} procentenheter, bland personer med {what} mellan {spans[1]}."
            if sv
            else f"Among people without {what} the surveys then differ by between {spans[0]} "
            f"percentage points, among people with {what} by between {spans[1]}."
        )
    return out


def _turning(result: Sensitivity, lacks: str, lang: Language) -> list[str]:
    sv = lang == "sv"
    table = result.turning_points()
    out = []
    alls = table[table["what"] == "share that explains all"]
    can = alls[alls["possible"]]
    if can.empty:
        out.append(
            f"Ingen andel mellan 0 och 100 procent i {lacks} skulle förklara allt som är kvar."
            if sv
            else f"No share between 0 and 100 percent in {lacks} would explain all that is left."
        )
    else:
        values = listed([percent(v, 1, lang) for v in sorted(can["value"])], lang)
        out.append(
            f"Allt som är kvar vore förklarat om andelen i {lacks} var {values}."
            if sv
            else f"All that is left would be explained if the share in {lacks} were {values}."
        )
    _, left = result.remaining(np.array([result.share]), _first_gap(result))
    certain = bool(left.low[0] > 0 or left.high[0] < 0)
    now = _certain(certain, lang)
    turns = table[(table["what"] == "share where certainty turns") & table["possible"]]
    out.append(
        f"Vid samma andel som i den andra undersökningen är det som då återstår {now}"
        if sv
        else f"At the share of the other survey what then remains is {now}"
    )
    if turns.empty:
        out[-1] += ", och ingen andel ändrar det." if sv else ", and no share changes that."
    else:
        values = listed([percent(v, 1, lang) for v in sorted(turns["value"])], lang)
        other = _certain(not certain, lang)
        out[-1] += (
            f"; gränsen till {other} går vid {values}."
            if sv
            else f"; the border to {other} is at the share {values}."
        )
    gaps = table[table["what"] == "gap that leaves others alike"]
    same = gaps[np.isclose(gaps["assumed_share"], result.share)]
    if len(same):
        row = same.iloc[0]
        needed = points(float(row["value"]), 1, lang)
        if row["possible"]:
            out.append(
                f"För att allt som är kvar ska ligga hos gruppen måste gruppen i {lacks}, vid "
                f"samma andel, skilja sig från övriga med {needed} procentenheter."
                if sv
                else f"For all that is left to lie within the group, the group in {lacks} "
                f"must, at the same share, differ from the others by {needed} percentage points."
            )
        else:
            out.append(
                "Vid samma andel kan inte allt som är kvar ligga hos gruppen."
                if sv
                else "At the same share not all that is left can lie within the group."
            )
    return out


def _certain(certain: bool, lang: Language) -> str:
    if lang == "sv":
        return "säkerställt" if certain else "inte säkerställt"
    return "certain" if certain else "not certain"


def _first_gap(result: Sensitivity) -> Floats | None:
    return None if result.gaps is None else np.array([result.gaps[0]])
