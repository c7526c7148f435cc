"""Statements about direction: increase, decrease, above, below, unchanged, small, large.

The rules. A direction that the printed figures contradict does not hold. One that they show holds
when chance is a poor explanation (p <= 0.05): exact Poisson test for counts and for rates whose
counts are printed, two-proportion test for shares whose bases are printed; otherwise it cannot be
decided. For shares without a base nothing can be tested: it cannot be decided, and the smallest
base that would decide it is given; a rate whose counts are not printed cannot be decided either.
Figures of neither kind (points, an index) are taken as printed.

"Small" is at most 5 percent of a count or rate and at most 3 percentage points of a share; a
significant change that is larger is not small. "Large" is at least 20 percent, or 10 points.
"Unchanged" holds when a change beyond 10 percent, or 3 points, is ruled out by two one-sided tests.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from survey_stats.audit.arithmetic import Outcome
from survey_stats.audit.chance import (
    REST_METHOD,
    base_note,
    count_dict,
    count_test,
    figure_text,
    points,
    rest_of,
    share_dict,
    share_difference,
)
from survey_stats.audit.statement import Direction, Statement
from survey_stats.audit.tables import Cell
from survey_stats.audit.wording import Num, Say, p_text, quoted, say
from survey_stats.compare import CountChange, contrast

SMALL_PERCENT = 5.0
LARGE_PERCENT = 20.0
SMALL_POINTS = 3.0
LARGE_POINTS = 10.0
SAME_POINTS = 3.0

_STATED = {
    ("up", False): Say("an increase", "en ökning"),
    ("down", False): Say("a decrease", "en minskning"),
    ("same", False): Say("no change", "ingen förändring"),
    ("up", True): Say("above", "över"),
    ("down", True): Say("below", "under"),
    ("same", True): Say("level with", "i nivå med"),
}


def judge_direction(s: Statement, a: Cell, b: Cell, compares: bool, level: float) -> Outcome:
    """The verdict on a direction; `compares` when two areas rather than two times are set side by
    side, `a` being the one that is compared with.
    """
    if s.direction == "":
        return _no_direction(s, a, b)
    if a.bound or b.bound:
        return _bounds(a, b, compares)
    alpha = round(1 - level, 12)
    facts = _facts(a, b, compares)
    if a.unit == "percent" and b.unit == "percent":
        return _shares(s, a, b, compares, alpha, facts)
    reference, method = a, ""
    if compares and (rest := rest_of(a, b)) is not None:
        reference, method = rest, REST_METHOD
    test = count_test(reference, b, level, per_head=reference is not a)
    if test is None:
        return _as_printed(s, a, b, compares, facts)
    found = count_dict(test, method)
    if method:
        note = Say(
            "The whole contains the part, so that the part is tested against the rest.",
            "Jämförelsetalet innehåller också området självt, så området prövas mot resten.",
        )
        facts += note
    return _counts(s, a, b, compares, test, alpha, facts, found)


def _facts(a: Cell, b: Cell, compares: bool) -> Say:
    """The two figures, what they are per, and how far they are apart."""
    size, per = Say("", ""), Say("", "")
    if a.unit == "percent" and b.unit == "percent":
        size = say(" ({d})", " ({d})", d=points(b.value - a.value, max(a.decimals, b.decimals)))
    elif a.value:
        relative = 100 * (b.value - a.value) / a.value
        size = say(" ({d} percent)", " ({d} procent)", d=Num(relative, 1, sign=True))
    if a.unit == "rate":
        per = say(" per {n} inhabitants", " per {n} invånare", n=Num(a.per))
        if a.count is not None and b.count is not None:
            first, second = (b.count, a.count) if compares else (a.count, b.count)
            cases = "({x} and {y} cases)", "({x} respektive {y} fall)"
            per += say(*cases, x=Num(first), y=Num(second))
            per = Say(f" {per.en}", f" {per.sv}")
    parts = {"x": figure_text(a), "y": figure_text(b), "r": per, "s": size}
    if compares:
        return say("{y} against {x}{r}{s}.", "{y} mot {x}{r}{s}.", **parts)
    return say("From {x} to {y}{r}{s}.", "Från {x} till {y}{r}{s}.", **parts)


def _direction(a: Cell, b: Cell) -> Direction:
    return "up" if b.value > a.value else ("down" if b.value < a.value else "same")


def _counts(
    s: Statement,
    a: Cell,
    b: Cell,
    compares: bool,
    c: CountChange,
    alpha: float,
    facts: Say,
    test: dict[str, Any],
) -> Outcome:
    relative = c.percent_change
    if math.isfinite(relative):
        recomputed = 100 * (b.value - a.value) / a.value if a.value else relative
    else:
        recomputed = b.value - a.value
    if not math.isfinite(c.p_value):
        reason = facts + Say(
            "Nothing was counted either time, so that there is nothing to judge by.",
            "Inget räknades någon gång, så det finns inget att bedöma.",
        )
        return "cannot be decided", 0.0, reason, test
    p = say("exact Poisson test, {p}", "exakt Poissontest, {p}", p=p_text(c.p_value, alpha))
    significant = c.p_value <= alpha
    if s.direction == "same":
        return _same(recomputed, facts, p, significant, c.verdict == "unchanged", test, compares)
    if _direction(a, b) != s.direction:
        return "does not hold", recomputed, facts + _contradicts(s, compares), test
    if not significant:
        reason = facts + say(
            "The figures point that way, but the difference may be chance alone ({p}).",
            "Siffrorna pekar åt det hållet, men skillnaden kan bero på bara slumpen ({p}).",
            p=p,
        )
        return "cannot be decided", recomputed, reason, test
    size = abs(relative) if math.isfinite(relative) else math.inf
    return _sized(s, recomputed, size, facts, p, test, "percent")


def _sized(
    s: Statement,
    recomputed: float,
    size: float,
    facts: Say,
    p: Say,
    test: dict[str, Any],
    unit: str,
) -> Outcome:
    points = unit == "points"
    word = Say("percentage points", "procentenheter") if points else Say("percent", "procent")
    limit = {
        "small": SMALL_POINTS if points else SMALL_PERCENT,
        "large": LARGE_POINTS if points else LARGE_PERCENT,
    }.get(s.size)
    if limit is None:
        reason = facts + say(
            "That is more than chance can reasonably make ({p}).",
            "Det är mer än vad slumpen rimligen ger ({p}).",
            p=p,
        )
        return "holds", recomputed, reason, test
    parts: dict[str, Num | Say | str] = {"p": p, "x": Num(limit), "u": word}
    test = {**test, "size_limit": limit, "size_unit": unit}
    if s.size == "small" and size > limit:
        reason = facts + say(
            "That is more than chance can reasonably make ({p}). It is also more than the {x} {u} "
            "that can be called small.",
            "Det är mer än vad slumpen rimligen ger ({p}). Det är också mer än de {x} {u} som kan "
            "kallas litet.",
            **parts,
        )
        return "does not hold", recomputed, reason, test
    if s.size == "large" and size < limit:
        reason = facts + say(
            "That is more than chance can reasonably make ({p}). But it is less than the {x} {u} "
            "that can be called large.",
            "Det är mer än vad slumpen rimligen ger ({p}). Men det är mindre än de {x} {u} som kan "
            "kallas stort.",
            **parts,
        )
        return "does not hold", recomputed, reason, test
    reason = facts + say(
        "That is more than chance can reasonably make ({p}), and of the stated size (limit {x} "
        "{u}).",
        "Det är mer än vad slumpen rimligen ger ({p}), och av den angivna storleken (gräns {x} "
        "{u}).",
        **parts,
    )
    return "holds", recomputed, reason, test


def _same(
    recomputed: float,
    facts: Say,
    p: Say,
    significant: bool,
    shown: bool,
    test: dict[str, Any],
    compares: bool,
) -> Outcome:
    if significant:
        reason = facts + say(
            "That is more than chance can reasonably make ({p}), so that it is not {w}.",
            "Det är mer än vad slumpen rimligen ger ({p}), så det är inte {w}.",
            p=p,
            w=_STATED["same", compares],
        )
        return "does not hold", recomputed, reason, test
    if shown:
        reason = facts + say(
            "A difference that matters is ruled out ({p}).",
            "En skillnad av betydelse kan uteslutas ({p}).",
            p=p,
        )
        return "holds", recomputed, reason, test
    reason = facts + say(
        "No difference is shown ({p}), but neither is one that matters ruled out.",
        "Ingen skillnad är säkerställd ({p}), men inte heller kan en som har betydelse uteslutas.",
        p=p,
    )
    return "cannot be decided", recomputed, reason, test


def _shares(s: Statement, a: Cell, b: Cell, compares: bool, alpha: float, facts: Say) -> Outcome:
    d = b.value - a.value
    test, found = share_dict(a, b, alpha)
    if not test:
        reason = facts + Say(
            "A share outside 0 to 100 percent cannot be.", "En andel utanför 0 till 100 finns inte."
        )
        return "cannot be decided", d, reason, None
    reach = a.rounding + b.rounding
    opposite = (s.direction == "up" and d < 0) or (s.direction == "down" and d > 0)
    if opposite and abs(d) >= reach - 1e-9:
        return "does not hold", d, facts + _contradicts(s, compares), test
    if found is not None:
        reason = facts + Say(
            "How many answered is not printed, so that chance cannot be judged.",
            "Hur många som har svarat är inte tryckt, så slumpens roll kan inte bedömas.",
        )
        reason += base_note(a, found, alpha)
        least = abs(d) - reach
        if s.size == "small" and least > SMALL_POINTS:
            reason += say(
                "With so many answers it would not be small: even with rounding it is more than "
                "{x} points.",
                "Med så många svar vore den inte liten: även med avrundningen är den mer än {x} "
                "procentenheter.",
                x=Num(SMALL_POINTS),
            )
        return "cannot be decided", d, reason, test
    p = say(
        "two-proportion test, {p}", "test av två andelar, {p}", p=p_text(test["p_value"], alpha)
    )
    significant = test["p_value"] <= alpha
    if s.direction == "same":
        shown = _equivalent(a, b, alpha)
        return _same(d, facts, p, significant, shown, test, compares)
    if opposite or d == 0:
        return "does not hold", d, facts + _contradicts(s, compares), test
    if not significant:
        reason = facts + say(
            "The figures point that way, but with so few answers the difference may be chance "
            "alone ({p}).",
            "Siffrorna pekar åt det hållet, men med så få svar kan skillnaden bero på bara slumpen "
            "({p}).",
            p=p,
        )
        return "cannot be decided", d, reason, test
    return _sized(s, d, abs(d), facts, p, test, "points")


def _equivalent(a: Cell, b: Cell, alpha: float) -> bool:
    if not (a.base and b.base):
        return False
    with np.errstate(divide="ignore"):
        p = contrast.equivalence_p(*share_difference(a, b), SAME_POINTS / 100)
    return bool(p[0] <= alpha)


def _as_printed(s: Statement, a: Cell, b: Cell, compares: bool, facts: Say) -> Outcome:
    recomputed = b.value - a.value
    note = Say(
        "Nothing printed says how much such a figure varies by chance, so that it is taken as "
        "printed.",
        "Inget tryckt säger hur mycket en sådan siffra varierar av en slump, så den tas som "
        "tryckt.",
    )
    if _direction(a, b) != s.direction:
        return "does not hold", recomputed, facts + _contradicts(s, compares), None
    if a.unit == "rate":
        reason = facts + Say(
            "The number of cases behind the rates is not printed, so that chance cannot be judged.",
            "Antalet fall bakom talen är inte tryckt, så slumpens roll kan inte bedömas.",
        )
        return "cannot be decided", recomputed, reason, None
    if s.size:
        relative = 100 * abs(recomputed) / abs(a.value) if a.value else math.inf
        small_broken = s.size == "small" and relative > SMALL_PERCENT
        large_broken = s.size == "large" and relative < LARGE_PERCENT
        if small_broken or large_broken:
            limit = SMALL_PERCENT if small_broken else LARGE_PERCENT
            size = say(
                "The limit of {w} is {x} percent.",
                "Gränsen för {w} är {x} procent.",
                w=Say("small", "litet") if small_broken else Say("large", "stort"),
                x=Num(limit),
            )
            return "does not hold", recomputed, facts + size + note, None
    return "holds", recomputed, facts + note, None


def _contradicts(s: Statement, compares: bool) -> Say:
    return say(
        "The printed figures do not show {w}.",
        "De tryckta siffrorna visar inte {w}.",
        w=_STATED[s.direction, compares]
        if not compares
        else say("it {x}", "det {x}", x=_STATED[s.direction, True]),
    )


def _bounds(a: Cell, b: Cell, compares: bool) -> Outcome:
    facts = say(
        "{y} against {x}." if compares else "From {x} to {y}.",
        "{y} mot {x}." if compares else "Från {x} till {y}.",
        x=figure_text(a),
        y=figure_text(b),
    )
    reason = facts + Say(
        "Only a bound is printed and no base, so that the difference cannot be tested.",
        "Bara en gräns är tryckt, och inte hur många som har svarat, så skillnaden kan inte "
        "prövas.",
    )
    return "cannot be decided", None, reason, None


def _no_direction(s: Statement, a: Cell, b: Cell) -> Outcome:
    value = None if a.bound or b.bound else b.value - a.value
    if s.shape == "empty":
        reason = Say("Nothing is stated.", "Inget är angivet.")
    else:
        reason = say(
            "The statement {s} names no direction such as increase, decrease, above or below.",
            "Påståendet {s} anger ingen riktning som ökning, minskning, över eller under.",
            s=quoted(s.text),
        )
    return "cannot be decided", value, reason, None
