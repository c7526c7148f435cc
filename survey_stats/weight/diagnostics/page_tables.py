"""The tables of the page, in the reader's words and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from survey_stats.labels import MINUS, Language, heading, number, percent, word
from survey_stats.weight.diagnostics import names
from survey_stats.weight.diagnostics import verdict as v
from survey_stats.weight.diagnostics.targets import TIMES

if TYPE_CHECKING:
    from survey_stats.weight.diagnostics.report import WeightingReport

MOST_ROWS = 20
# columns that fit beside each other on a phone
MOST_BESIDE = 4


def table(
    caption: str, heads: Sequence[str], rows: Sequence[Sequence[str] | str], texts: int = 1
) -> str:
    """A table in a box of its own, so that the page never scrolls sideways.

    Args:
        caption: what it shows.
        heads: of the columns.
        rows: cells, or one text for a heading across.
        texts: how many columns, the first ones, are text; the others are numbers.
    """
    side = ['<th scope="col">', '<th scope="col" class="gt_right">']
    head = "".join(f"{side[k >= texts]}{soft(escape(h))}</th>" for k, h in enumerate(heads))
    # a phone shows each number of a wide table below the name of its column
    wide = len(heads) > MOST_BESIDE
    names_of = [f' data-label="{soft(escape(h, quote=True))}"' if wide else "" for h in heads]
    body = []
    for row in rows:
        if isinstance(row, str):
            body.append(
                f'<tr class="head"><th colspan="{len(heads)}" scope="rowgroup">{escape(row)}</th>'
                "</tr>"
            )
            continue
        # what stands after a line break is about the first
        name, _, more = row[0].partition("\n")
        small = f"<small>{escape(more)}</small>" if more else ""
        cells = [f'<th scope="row" class="name">{soft(escape(name))}{small}</th>']
        cells += [
            f'<td class="{"text" if k < texts else "gt_right"}"{names_of[k]}>{escape(c)}</td>'
            for k, c in enumerate(row[1:], 1)
        ]
        body.append(f"<tr>{''.join(cells)}</tr>")
    label = escape(caption, quote=True)
    kind = ' class="stacked"' if wide else ""
    return (
        f'<div class="table-scroll" role="region" tabindex="0" aria-label="{label}"><table{kind}>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def soft(text: str) -> str:
    """Long words of narrow columns with the places where they may be broken."""
    for word_ in (
        "design|effekt",
        "urvals|vikter",
        "bortfalls|justering",
        "variations|koefficient",
        "efter|stratifiering",
        "stadsdels|område",
    ):
        whole, parts = word_.replace("|", ""), word_.replace("|", "&shy;")
        text = text.replace(whole, parts).replace(names.capital(whole), names.capital(parts))
    return text


def folded(summary: str, inside: str) -> str:
    """What is there for who wants it."""
    return f"<details><summary>{escape(summary)}</summary>{inside}</details>"


def steps(report: WeightingReport, lang: Language) -> str:
    """One row a step: what was done, by what, the factors, and the design effect after."""
    sv = lang == "sv"
    moved = report.tables["steps"].set_index("step")
    rows = []
    for stage in report.tables["distribution"].to_dict("records"):
        k = stage["step"]
        cells = [f"{k}. {names.capital(names.step(stage['kind'], lang))}", "", ""]
        if k in moved.index:
            step = moved.loc[k]
            idle = stage["kind"] == "trimmed" and not step["changed"]
            uncut = "ingen vikt behövde kapas" if sv else "no weight had to be cut"
            cells[0] += "\n" + (uncut if idle else names.variable(str(step["on"]), lang))
            cells[1] = number(float(step["cells"]), 0, lang) if step["cells"] else "–"
            low, mid, high = (number(float(step[c]), 2, lang) for c in ("min", "median", "max"))
            cells[2] = low if low == high else f"{low} / {mid} / {high}"
            if idle:
                cells[1], cells[2] = "–", "–"
        rows.append([*cells, number(stage["design_effect"], 2, lang)])
    heads = (
        ("Steg", "Antal tal", "Faktor: minsta / median / största", "Designeffekt")
        if sv
        else ("Step", "Totals", "Factor: least / median / largest", "Design effect")
    )
    caption = (
        "Stegen i viktningen och vad de multiplicerade vikterna med"
        if sv
        else "The steps of the weighting and what they multiplied the weights by"
    )
    return table(caption, heads, rows)


def margins(report: WeightingReport, lang: Language) -> str:
    """The margins of one variable each, folded away: before, target, after."""
    rows = report.tables["margins"]
    rows = rows[~rows["variable"].str.contains(TIMES, regex=False) & (rows["group"] == "")]
    rows = rows[(rows["level"] != "") | rows["step"].gt(0)]
    if rows.empty:
        return ""
    # a variable is shown once: what was weighted to last, before benchmarks
    last = rows.groupby("variable")["step"].transform("max")
    rows = rows[rows["step"] == last]
    rows = rows[rows["source"] == rows.groupby("variable")["source"].transform("first")]
    sv = lang == "sv"
    was = ["share_before"] if report.changed else []
    body: list[Sequence[str] | str] = []
    for variable, levels in rows.groupby("variable", sort=False):
        body.append(names.capital(names.variable(str(variable), lang)))
        for row in levels.to_dict("records"):
            name = (
                names.levels(row["level"], row["variable"], lang)
                if row["level"]
                else heading("total", lang)
            )
            body.append(
                [
                    name,
                    number(row["n"], 0, lang),
                    *(percent(row[c], 1, lang) for c in (*was, "share_target", "share_after")),
                    number(row["target"], 0, lang),
                    number(row["after"], 0, lang),
                    signed_percent(row["relative_after"], lang),
                ]
            )
    heads = [
        *(("Grupp", "Svarande") if sv else ("Group", "Respondents")),
        *_before(report, lang),
        *(("Befolkning", "Urval") if sv else ("Population", "Sample")),
        *(
            ("Befolkning, antal", "Urval, antal")
            if sv
            else ("Population, number", "Sample, number")
        ),
        "Avvikelse" if sv else "Deviation",
    ]
    caption = (
        "Andelar och antal i befolkningen och i det viktade urvalet"
        if sv
        else "Shares and numbers in the population and in the weighted sample"
    )
    summary = "Tabell: befolkningstalen grupp för grupp" if sv else "Table: the totals by group"
    return folded(summary, table(caption, heads, body) + missed(report, lang))


def _before(report: WeightingReport, lang: Language) -> list[str]:
    """The head of a column of what was before, where that differs."""
    if not report.changed:
        return []
    return ["Före viktning" if lang == "sv" else "Before weighting"]


def missed(report: WeightingReport, lang: Language) -> str:
    """Of crossed margins, those that are off; there may be too many cells to show."""
    rows = v.own_targets(report.tables["margins"])
    rows = rows[rows["variable"].str.contains(TIMES, regex=False) | (rows["group"] != "")]
    off = rows[v.missed(rows["after"], rows["target"])]
    if off.empty:
        return ""
    order = off["relative_after"].abs().sort_values(ascending=False, kind="stable").index
    body = [
        [
            names.cell(row["variable"], row["level"], row["group"], lang, row["within"]),
            number(row["target"], 0, lang),
            number(row["after"], 0, lang),
            signed_percent(row["relative_after"], lang),
        ]
        for row in off.loc[order[:MOST_ROWS]].to_dict("records")
    ]
    sv = lang == "sv"
    caption = "De största avvikelserna" if sv else "The largest deviations"
    heads = (
        ("Grupp", "Befolkning", "Efter", "Avvikelse")
        if sv
        else ("Group", "Population", "After", "Deviation")
    )
    return table(caption, heads, body)


def signed_percent(value: float, lang: Language, decimals: int = 1) -> str:
    """A relative difference with its sign; nothing that rounds to 0 has one."""
    text = percent(abs(value), decimals, lang)
    if not any(c in "123456789" for c in text):
        return text
    return (MINUS if value < 0 else "+") + text


def within_groups(report: WeightingReport, lang: Language) -> str:
    """The largest differences within the groups of `by`, folded away."""
    rows = report.tables["balance"]
    rows = rows[(rows["group"] != "") & rows["smd_after"].notna()]
    if rows.empty or not (rows["smd_after"].abs() > v.MISSED_TARGET).any():
        return ""
    order = rows["smd_after"].abs().sort_values(ascending=False, kind="stable").index[:MOST_ROWS]
    body = [
        [
            names.levels(row["group"], row["within"], lang),
            f"{names.capital(names.variable(row['variable'], lang))}: "
            f"{names.levels(row['level'], row['variable'], lang)}",
            number(row["n"], 0, lang),
            *([number(row["smd_before"], 2, lang, sign=True)] if report.changed else []),
            number(row["smd_after"], 2, lang, sign=True),
            number(row["chance"], 2, lang) if row["chance"] < float("inf") else "–",
        ]
        for row in rows.loc[order].to_dict("records")
    ]
    by = names.listed([names.variable(w, lang) for w in rows["within"].unique()], lang)
    sv = lang == "sv"
    caption = (
        f"De största skillnaderna mot befolkningen, uppdelat på {by} (standardavvikelser)"
        if sv
        else f"The largest differences from the population by {by} (standard deviations)"
    )
    heads = [
        names.capital(by),
        *(("Grupp", "Svarande") if sv else ("Group", "Respondents")),
        *_before(report, lang),
        *(("Skillnad", "Slumpen kan ge") if sv else ("Difference", "Chance can give")),
    ]
    summary = f"Tabell: uppdelat på {by}" if sv else f"Table: by {by}"
    return folded(summary, table(caption, heads, body, 2))


_QUANTITIES: tuple[tuple[str, str, str, Any], ...] = (
    ("total", "Summa", "Sum", 0),
    ("min", "Minsta", "Smallest", 1),
    ("p5", "5 %", "5%", 1),
    ("p25", "25 %", "25%", 1),
    ("p50", "Median", "Median", 1),
    ("p75", "75 %", "75%", 1),
    ("p95", "95 %", "95%", 1),
    ("p99", "99 %", "99%", 1),
    ("max", "Största", "Largest", 1),
    ("cv", "Variationskoefficient", "Coefficient of variation", 2),
    ("max_over_median", "Största / median", "Largest / median", 1),
    ("top_1_percent", "Tyngsta 1 % bär", "Heaviest 1% carries", "%"),
    ("top_5_percent", "Tyngsta 5 % bär", "Heaviest 5% carries", "%"),
    ("design_effect", "Designeffekt", "Design effect", 2),
    ("n_effective", "Effektivt antal svar", "Effective number of answers", 0),
)


def distribution(report: WeightingReport, lang: Language) -> str:
    """The numbers of the distribution, one column a step."""
    frame = report.tables["distribution"]
    sv = lang == "sv"
    # weights of mean 1 need decimals that weights of hundreds do not
    small = 2 if frame["mean"].iloc[-1] < 10 else 0
    rows = []
    for name, swedish, english, form in _QUANTITIES:
        values = frame[name].astype(float).tolist()
        told = [
            percent(x, 1, lang)
            if form == "%"
            else number(x, form + small if form == 1 else form, lang)
            for x in values
        ]
        rows.append([swedish if sv else english, *told])
    heads = ["", *(f"{r['step']}. {names.capital(names.step(r['kind'], lang))}"
                   for r in frame.to_dict("records"))]  # fmt: skip
    caption = "Vikterna efter varje steg" if sv else "The weights after each step"
    return table(caption, heads, rows)


def design_effects(report: WeightingReport, lang: Language) -> str:
    """The design effect by group, where groups were asked for or there is an outcome."""
    frame = report.tables["design effect"]
    by = list(frame.attrs.get("by", []))
    outcome = "spencer" in frame
    if not by and not outcome:
        return ""
    sv = lang == "sv"
    rows = []
    for row in frame.to_dict("records"):
        name = ", ".join(names.level(str(row[b]), b, lang) or "–" for b in by) or heading(
            "all", lang
        )
        cells = [
            name,
            number(row["n"], 0, lang),
            number(row["n_effective"], 0, lang),
            number(row["design_effect"], 2, lang),
            number(row["max_over_median"], 1, lang),
        ]
        rows.append([*cells, number(row["spencer"], 2, lang)] if outcome else cells)
    first = names.capital(names.variable(TIMES.join(by), lang)) if by else heading("group", lang)
    heads = [
        first,
        heading("respondents", lang),
        "Effektivt antal" if sv else "Effective number",
        heading("design effect", lang),
        "Största / median" if sv else "Largest / median",
    ]
    note = ""
    if outcome:
        heads.append("Spencer")
        asked = names.capital(word(str(frame.attrs.get("outcome", "")), lang))
        note = (
            f"Spencers designeffekt gäller frågan: {asked}."
            if sv
            else f"Spencer's design effect is for the question: {asked}."
        )
        note = f'<div class="table-notes"><p>{escape(note)}</p></div>'
    caption = "Designeffekt av viktningen" if sv else "Design effect of weighting"
    if by:
        by_name = names.variable(TIMES.join(by), lang)
        caption += f" per {by_name}" if sv else f" by {by_name}"
    return table(caption, heads, rows) + note


def largest(report: WeightingReport, lang: Language) -> str:
    """The respondents who carry the most, and that they are single people."""
    frame = report.tables["largest"]
    known = ("position", "index", "weight", "share", "times_median", "factor")
    columns = [c for c in frame.columns if c not in known]
    sv = lang == "sv"
    rows = []
    for row in frame.to_dict("records"):
        who = ["–" if pd.isna(row[c]) else names.level(_plain(row[c]), c, lang) for c in columns]
        rows.append(
            [
                str(row["index"]),
                *who,
                number(row["weight"], 1, lang),
                number(row["times_median"], 1, lang),
                number(row["factor"], 2, lang),
                percent(row["share"], 2, lang),
            ]
        )
    numbers = (
        ("Vikt", "Gånger medianen", "Faktor, alla steg", "Av summan")
        if sv
        else ("Weight", "Times the median", "Factor, all steps", "Of the sum")
    )
    heads = ("Rad" if sv else "Row", *(heading(str(c), lang) for c in columns), *numbers)
    warn = (
        "Raderna är enskilda svarande: sidan får inte lämnas vidare med den här tabellen."
        if sv
        else "The rows are single respondents: do not pass the page on with this table."
    )
    caption = "De största vikterna" if sv else "The largest weights"
    return f"<p><strong>{escape(warn)}</strong></p>" + table(caption, heads, rows, 1 + len(columns))


def _plain(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def rules(lang: Language) -> str:
    """The thresholds and where they are from."""
    sv = lang == "sv"
    smd, badly = number(v.UNBALANCED, 1, lang), number(v.BADLY_UNBALANCED, 2, lang)
    limits = {
        "deff": number(v.MUCH_DESIGN_EFFECT, 0, lang),
        "missed": percent(v.MISSED_TARGET, 1, lang),
        "smd": smd,
        "badly": badly,
        "heavy": number(v.HEAVY_OVER_MEDIAN, 0, lang),
        "strong": number(v.STRONG_FACTOR, 0, lang),
        "top": percent(v.TOP_CARRIES, 0, lang),
        "cell": number(v.FEW_IN_CELL, 0, lang),
        "matters": percent(v.MATTERS, 0, lang),
        "cells": percent(v.FEW_CELLS_MATTER, 0, lang),
        "bound": percent(v.MANY_AT_BOUND, 0, lang),
        "total": percent(v.OTHER_TOTAL, 0, lang),
        "sum": percent(v.SUM_TOLD, 0, lang),
        "sum_matters": percent(v.SUM_MATTERS, 0, lang),
    }
    texts = _RULES_SV if sv else _RULES_EN
    items = "".join(f"<li>{escape(t.format(**limits))}</li>" for t in texts)
    sources = "".join(f"<li>{escape(t)}</li>" for t in _SOURCES)
    summary = "Källor" if sv else "Sources"
    return f'<ol class="rules">{items}</ol>' + folded(summary, f'<ul class="rules">{sources}</ul>')


_SOURCES = (
    "Austin, P. C. (2009). Balance diagnostics for comparing the distribution of baseline "
    "covariates between treatment groups in propensity-score matched samples. Statistics in "
    "Medicine 28: 3083–3107.",
    "Cochran, W. G. (1977). Sampling Techniques, 3rd edition. Wiley.",
    "DeBell, M. and Krosnick, J. A. (2009). Computing weights for American National Election "
    "Study survey data. ANES Technical Report nes012427.",
    "Kish, L. (1965). Survey Sampling. Wiley.",
    "Kish, L. (1992). Weighting for unequal Pi. Journal of Official Statistics 8: 183–200.",
    "Spencer, B. D. (2000). An approximate design effect for unequal weighting when measurements "
    "may correlate with selection probabilities. Survey Methodology 26: 137–138.",
    "Stuart, E. A. (2010). Matching methods for causal inference: a review and a look forward. "
    "Statistical Science 25: 1–21.",
)


_RULES_SV = (
    "Designeffekten av viktningen är n Σw² / (Σw)² (Kish 1965, 1992). Över {deff} är mer än "
    "hälften av svaren förlorade.",
    "Ett befolkningstal som vikterna anpassats till är missat när avvikelsen är större än "
    "{missed}.",
    "Den standardiserade skillnaden är skillnaden i andel delad med befolkningens "
    "standardavvikelse. Över {smd} brukar den räknas som obalans (Austin 2009), över {badly} som "
    "stor (Stuart 2010). För variabler utanför kalibreringen krävs också att den är större än "
    "slumpen kan ge (5 % risk för hela tabellen, effektivt antal svar).",
    "En vikt är tung över {heavy} gånger medianen, en justering stark över {strong} gånger "
    "medianens (DeBell och Krosnick 2009). Det är en varning när de bär mer än {matters} av "
    "summan, liksom när den tyngsta procenten bär mer än {top}.",
    "En grupp som vikterna anpassas till bör ha minst {cell} svarande (Cochran 1977, avsnitt "
    "5A.9). Det är en varning när de för små grupperna rymmer mer än {cells} av befolkningen.",
    "Mer än {bound} av de svarande på en gräns, och en viktsumma som skiljer sig mer än {total} "
    "från befolkningstalens, är varningar.",
    "Ett steg som ändrar summan av alla utvaldas vikter mer än {sum} nämns; är vikterna personer "
    "är mer än {sum_matters} en varning. Steg som ersätter bortfall som inte finns bland raderna "
    "räknas inte.",
)
_RULES_EN = (
    "The design effect of weighting is n Σw² / (Σw)² (Kish 1965, 1992). Above {deff}, more than "
    "half of the answers are lost.",
    "A total that the weights were fitted to is missed when the deviation is above {missed}.",
    "The standardised difference is the difference of shares over the population's standard "
    "deviation. Above {smd} it is usually counted as imbalance (Austin 2009), above {badly} as "
    "large (Stuart 2010). For variables outside the calibration it must also be larger than "
    "chance can give (5% risk for the whole table, effective number of answers).",
    "A weight is heavy above {heavy} times the median, an adjustment strong above {strong} times "
    "the median one (DeBell and Krosnick 2009). It is a warning when they carry more than "
    "{matters} of the sum, and when the heaviest percent carries more than {top}.",
    "A group that weights are fitted to should have at least {cell} respondents (Cochran 1977, "
    "section 5A.9). It is a warning when groups with fewer hold more than {cells} of the "
    "population.",
    "More than {bound} of the respondents at a bound, and a sum of weights that differs by more "
    "than {total} from that of the population figures, are warnings.",
    "A step that changes the sum of the weights of all drawn by more than {sum} is told; where "
    "weights are people, more than {sum_matters} is a warning. Steps that make up for "
    "non-respondents who are no rows are left out.",
)
