"""A row of a plan in words for who decides on the next survey."""

from __future__ import annotations

import math
from typing import Any, Protocol

import pandas as pd

from survey_stats.labels import Language, number, percent


class PlanResult(Protocol):
    """What `plan_sentence` reads of a `Plan`."""

    @property
    def kind(self) -> str: ...
    @property
    def power(self) -> float: ...
    @property
    def comparisons(self) -> int: ...


def plan_sentence(plan: PlanResult, row: pd.Series[Any], lang: Language = "sv") -> str:
    """How many answers are needed, or what change so many answers can show."""
    sv = lang == "sv"
    if plan.kind == "smallest change":
        return _smallest(plan, row, lang)
    if pd.isna(row["n"]):
        return _impossible(row, lang)
    n = number(float(row["n"]), 0, lang)
    share = percent(row["share"], 0, lang)
    if plan.kind == "base for an interval":
        width = number(100 * row["half_width"], 1, lang)
        return (
            f"För att en andel på {share} ska få ett osäkerhetsintervall på ±{width} "
            f"procentenheter behövs {n} svar."
            if sv
            else f"For a share of {share} to have a confidence interval of ±{width} percentage "
            f"points, {n} answers are needed."
        )
    changed = percent(row["share"] + row["change"], 0, lang)
    if "n_before" in row.index:
        each = " nästa gång" if sv else " next time"
    else:
        each = " vid vardera tillfället" if sv else " each time"
    return (
        f"För att visa att {share} har blivit {changed} behövs {n} svar{each}; då upptäcks "
        f"förändringen i {_chance(plan, lang)}."
        if sv
        else f"To show that {share} has become {changed}, {n} answers are needed{each}; the "
        f"change is then found in {_chance(plan, lang)}."
    )


def _smallest(plan: PlanResult, row: pd.Series[Any], lang: Language) -> str:
    sv = lang == "sv"
    share = percent(row["share"], 0, lang)
    ways = [
        percent(row["share"] + sign * row[name], 1, lang)
        for name, sign in (("increase", 1), ("decrease", -1))
        if math.isfinite(row[name])
    ]
    n0, n1 = (number(float(row[name]), 0, lang) for name in ("n_before", "n_after"))
    if n0 == n1:
        base = f"{n0} svar vid vardera tillfället" if sv else f"{n0} answers each time"
    elif sv:
        base = f"{n0} svar första gången och {n1} den andra"
    else:
        base = f"{n0} answers the first time and {n1} the second"
    if not ways:
        return (
            f"Med {base} är ingen förändring så stor att den säkert skulle upptäckas."
            if sv
            else f"With {base} no change is so large that it would surely be found."
        )
    to = (" eller " if sv else " or ").join(ways)
    return (
        f"Med {base} måste en andel på {share} ändras till {to} för att förändringen ska upptäckas "
        f"i {_chance(plan, lang)}."
        if sv
        else f"With {base} a share of {share} must change to {to} for the change to be found in "
        f"{_chance(plan, lang)}."
    )


def _chance(plan: PlanResult, lang: Language) -> str:
    sv = lang == "sv"
    chance = number(100 * plan.power, 0, lang)
    said = f"{chance} {'fall' if sv else 'cases'} {'av' if sv else 'of'} 100"
    if plan.comparisons == 1:
        return said
    return said + (
        f" när {plan.comparisons} jämförelser prövas samtidigt"
        if sv
        else f" when {plan.comparisons} comparisons are tested at once"
    )


def _impossible(row: pd.Series[Any], lang: Language) -> str:
    sv = lang == "sv"
    doubt = str(row["flag"]).startswith("no base is enough")
    if not doubt:
        return "Det går inte att planera för." if sv else "This cannot be planned for."
    share, changed = (percent(x, 0, lang) for x in (row["share"], row["share"] + row["change"]))
    return (
        f"Att {share} har blivit {changed} kan inte visas med något antal svar nästa gång, "
        "eftersom den förra undersökningen är för osäker."
        if sv
        else f"That {share} has become {changed} cannot be shown with any number of answers next "
        "time, since the last survey is too uncertain."
    )
