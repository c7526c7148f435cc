"""A finding of the audit in the reader's words: what is stated, recomputed, tested, and to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from survey_stats.audit import Finding, stated_text
from survey_stats.labels import NBSP, Language, heading, number, told
from survey_stats.report.sentences import joined

_DECIMALS = {"percent_change": 1, "percent_share": 1, "ratio": 2}
_STATED = {
    "small increase": ("liten ökning", "small increase"),
    "small decrease": ("liten minskning", "small decrease"),
    "large increase": ("stor ökning", "large increase"),
    "large decrease": ("stor minskning", "large decrease"),
    "increase": ("ökning", "increase"),
    "decrease": ("minskning", "decrease"),
    "unchanged": ("oförändrat", "unchanged"),
    "above": ("över", "above"),
    "below": ("under", "below"),
    "doubled": ("fördubblat", "doubled"),
    "halved": ("halverat", "halved"),
    "": ("stämmer", "adds up"),
}
_UNITS = {
    "percent_change": ("procent", "percent"),
    "percent_share": ("procent", "percent"),
    "share_change": ("procentenheter", "percentage points"),
    "ratio": ("gånger", "times"),
}
_SIGNED = {"percent_change", "difference", "share_change", "direction"}
_SIGNS = {"holds": "✓", "does not hold": "✗", "cannot be decided": "?"}


def verdict(of: str, lang: Language = "sv") -> str:
    """A verdict with its sign.

    >>> verdict("does not hold"), verdict("holds", "en")
    ('✗ Stämmer inte', '✓ Holds')
    """
    return f"{_SIGNS[of]} {heading(of, lang)}"


def stated(finding: Finding, lang: Language = "sv") -> str:
    """What the document states, as a reader of the language writes it."""
    if finding.stated in _STATED:
        return _STATED[finding.stated][0 if lang == "sv" else 1]
    return stated_text(finding.stated, lang)


def recomputed(finding: Finding, lang: Language = "sv", unit: bool = False) -> str:
    """The recomputed number; an en dash where there is none.

    >>> recomputed(Finding("a", "does not hold", 1.5, "", "", kind="ratio"), unit=True)
    '1,50 gånger'
    """
    value = finding.recomputed
    if value is None:
        return "–"
    decimals = _DECIMALS.get(finding.kind, 0 if float(value).is_integer() else 1)
    text = number(value, decimals, lang, sign=finding.kind in _SIGNED)
    if not unit or finding.kind not in _UNITS:
        return text
    return f"{text} {_UNITS[finding.kind][0 if lang == 'sv' else 1]}"


def how_tested(finding: Finding, lang: Language = "sv") -> str:
    """How the verdict was reached: the test with its numbers, or that it is arithmetic alone."""
    test = finding.test
    sv = lang == "sv"
    if not test:
        return (
            "Ren räkning, inget statistiskt test."
            if sv
            else "Arithmetic alone, no statistical test."
        )
    method = str(test.get("method", ""))
    if "Poisson" in method:
        return _poisson(test, lang)
    if "solved for the base" in method:
        return _base(test, lang)
    if "proportion" in method:
        return _proportions(test, lang)
    if method == "sum over rows":
        return _sums(test, lang)
    if method == "sum within rows":
        wrong = len(test.get("not_equal") or ())
        rows = _rows(int(test["rows"]), lang)
        return (
            f"Summering inom {rows}; {wrong} stämmer inte."
            if sv
            else f"Sums within {rows}; {wrong} do not agree."
        )
    return f"{'Prövning' if sv else 'Test'}: {method}."


def advice(finding: Finding, lang: Language = "sv") -> str:
    """What the authors of the document may do; empty where there is nothing to do."""
    sv = lang == "sv"
    test: Mapping[str, Any] = finding.test or {}
    p = test.get("p_value")
    chance = isinstance(p, float) and p > 0.05
    if finding.verdict == "holds":
        if not chance:
            return ""
        return (
            "Talet är rätt räknat, men skillnaden kan bero på slumpen. Skriv det, eller beskriv "
            "den inte som en förändring."
            if sv
            else "The number is right, but the difference may be chance. Say so, or do not call it "
            "a change."
        )
    if finding.verdict == "does not hold":
        if finding.kind in {"sum", "row_sum"}:
            return (
                "Rätta summan, eller skriv ut vilka rader som inte ingår i den."
                if sv
                else "Correct the total, or say which rows are not in it."
            )
        if finding.kind in {"direction", "comparison"}:
            return (
                "Byt ordval, och skriv ut talet i stället för ett omdöme."
                if sv
                else "Choose other words, and print the number rather than a judgement."
            )
        right = recomputed(finding, lang, unit=True)
        return (
            f"Skriv {right} i stället, eller ange vilka siffror uppgiften bygger på."
            if sv
            else f"Write {right} instead, or say which figures the statement rests on."
        )
    if test.get("smallest_base"):
        return (
            "Ange hur många som har svarat. Utan det går det inte att säga om något har ändrats."
            if sv
            else "Say how many answered. Without that nobody can say whether anything changed."
        )
    if chance:
        return (
            "Skriv att skillnaden kan bero på slumpen, eller låt bli att uttala dig om riktningen."
            if sv
            else "Say that the difference may be chance, or leave the direction unsaid."
        )
    return (
        "Komplettera med de siffror som saknas, eller ta bort uppgiften."
        if sv
        else "Add the figures that are missing, or leave the statement out."
    )


def _p(value: float, lang: Language) -> str:
    gap = NBSP
    if value < 0.001:
        return f"p{gap}<{gap}{number(0.001, 3, lang)}"
    return f"p{gap}={gap}{number(value, 2 if value >= 0.01 else 3, lang)}"


def _poisson(test: Mapping[str, Any], lang: Language) -> str:
    sv = lang == "sv"
    rest = "rest of the whole" in str(test["method"])
    name = (
        "Exakt betingat Poissontest" + (" av området mot resten" if rest else "")
        if sv
        else "Exact conditional Poisson test" + (" of the area against the rest" if rest else "")
    )
    parts = []
    low, high = test.get("interval") or (None, None)
    if test.get("ratio") is not None and low is not None and high is not None:
        span = f"{number(low, 2, lang)}–{number(high, 2, lang)}"
        parts.append(
            f"kvot {number(test['ratio'], 2, lang)} ({span})"
            if sv
            else f"ratio {number(test['ratio'], 2, lang)} ({span})"
        )
    if test.get("p_value") is not None:
        parts.append(_p(float(test["p_value"]), lang))
    if test.get("n") is not None:
        cases = number(float(test["n"]), 0, lang)
        parts.append(f"{cases} fall" if sv else f"{cases} cases")
    return f"{name}: {', '.join(parts)}." if parts else f"{name}."


def _proportions(test: Mapping[str, Any], lang: Language) -> str:
    name = "Test av två andelar" if lang == "sv" else "Test of two proportions"
    p = test.get("p_value")
    return f"{name}." if p is None else f"{name}: {_p(float(p), lang)}."


def _base(test: Mapping[str, Any], lang: Language) -> str:
    sv = lang == "sv"
    if test.get("smallest_base") is None:
        return (
            "Inget test: antalet svar är inte tryckt."
            if sv
            else "No test: the number of answers is not printed."
        )
    least = number(float(test["smallest_base"]), 0, lang)
    low, high = test.get("smallest_base_range") or (None, None)
    span = ""
    if low is not None and high is not None and low != high:
        first, second = number(float(low), 0, lang), number(float(high), 0, lang)
        span = (
            f" ({first}–{second} beroende på avrundningen)"
            if sv
            else f" ({first}–{second} depending on rounding)"
        )
    return (
        f"Inget test: antalet svar är inte tryckt. Skillnaden vore säkerställd från {least} svar i "
        f"varje grupp{span}, räknat som ett enkelt slumpmässigt urval."
        if sv
        else "No test: the number of answers is not printed. The difference would be significant "
        f"from {least} answers in each group{span}, taken as a simple random sample."
    )


def _sums(test: Mapping[str, Any], lang: Language) -> str:
    sv = lang == "sv"
    columns = list(test.get("columns") or ())
    wrong = [c for c in columns if c.get("difference")]
    rows = _rows(int(test["rows"]), lang)
    text = (
        f"Summering av {rows} i {len(columns)} kolumner"
        if sv
        else f"Sums over {rows} in {len(columns)} columns"
    )
    if not wrong:
        return f"{text}; {'alla stämmer' if sv else 'all agree'}."
    off = joined(
        [
            f"{told(str(c['column']), lang)} ({number(c['difference'], 0, lang, sign=True)})"
            for c in wrong
        ],
        lang,
    )
    return (
        f"{text}; raderna ger mer eller mindre än den tryckta summan i {off}."
        if sv
        else f"{text}; rows and printed total differ in {off}."
    )


def _rows(n: int, lang: Language) -> str:
    if lang == "sv":
        return f"{n} rad" if n == 1 else f"{n} rader"
    return f"{n} row" if n == 1 else f"{n} rows"
