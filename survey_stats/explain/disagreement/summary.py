"""One page on why two surveys differ, for readers: text for a document, and a page of HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from survey_stats.drawing import output
from survey_stats.explain.disagreement.figure import waterfall
from survey_stats.explain.disagreement.leaves import Leaf
from survey_stats.explain.disagreement.words import (
    alt_text,
    interval,
    listed,
    part_name,
    question_name,
    survey_name,
    title,
    unhandled,
    warnings,
)
from survey_stats.labels import Language, number, percent, points, word

if TYPE_CHECKING:
    from survey_stats.explain.disagreement.result import Decomposition
    from survey_stats.explain.disagreement.sensitivity import Sensitivity

_CSS = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, "Segoe UI", sans-serif; color: #222; background: #fff;
  max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .3rem; }
p, li { margin: .35rem 0; } ul { padding-left: 1.2rem; }
.banner { background: #222; color: #fff; padding: .3rem .7rem; font-weight: 600; }
.lead { font-size: 1.1rem; } figure { margin: 1rem 0; } svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .4rem 0; }
th, td { text-align: left; padding: .25rem .5rem; border-bottom: 1px solid #ccc;
  vertical-align: top; }
td.n, th.n { text-align: right; white-space: nowrap; } tr.part td, tr.part th { font-weight: 600; }
tr.leaf th { font-weight: 400; padding-left: 1.4rem; } small { color: #555; }
figure { overflow-x: auto; }
@media screen and (max-width: 40rem) {
  body { margin: 1rem auto; overflow-wrap: break-word; }
  figure svg { width: 42rem; max-width: none; }
  table, caption, tbody, tr, th, td { display: block; } thead { display: none; }
  tr { border-bottom: 1px solid #ccc; padding: .3rem 0; }
  th, td, td.n { border: 0; padding: 0 0 0 .2rem; text-align: left; white-space: normal; }
  td.n { display: inline-block; padding-right: .8rem; }
  tr.leaf th, tr.leaf td { padding-left: 1.2rem; }
}
@page { size: A4; margin: 12mm; }
@media print { body { margin: 0; max-width: none; font-size: 8.6pt; line-height: 1.3; padding: 0; }
  h1 { font-size: 14pt; margin: 0; } h2 { font-size: 10pt; margin: 4pt 0 0; }
  p, li { margin: 1.5pt 0; } ul { margin: 1pt 0; } .lead { font-size: 9.5pt; }
  figure { margin: 3pt 0; } svg { display: block; width: 72%; height: auto; }
  .both table { display: none; /* the figure has the same numbers */ }
  .banner { padding: 1pt 5pt; margin: 0 0 3pt;
  color: #222; background: none; border: 1px solid #222; } }
"""


@dataclass(frozen=True)
class Summary:
    """What a reader is told of a decomposition.

    Attributes
    ----------
    text: markdown, for a cell of a Quarto document
    html: a page that needs no other file, with table and figure
    """

    text: str
    html: str

    def write(self, path: str | Path) -> Path:
        """Write the page of HTML, or for a path that ends with .md the text."""
        target = Path(path)
        target.write_text(self.text if target.suffix == ".md" else self.html, encoding="utf-8")
        return target

    def _repr_markdown_(self) -> str:
        return self.text

    def __str__(self) -> str:
        return self.text


def summary(parts: Decomposition, lang: Language, also: Sequence[Sensitivity]) -> Summary:
    """See `Decomposition.summary`."""
    sections = [
        ("", [lead(parts, lang), *_warnings(parts, lang)]),
        (
            _head("Vad skillnaden består av", "What the difference is made of", lang),
            causes(parts, lang),
        ),
    ]
    for result in also:
        what = word(result.variable, lang)
        head = (
            f"Det som bara den ena frågar om: {what}"
            if lang == "sv"
            else f"What only one asks about: {what}"
        )
        sections.append((head, [*result.assumptions(lang), *result.sentences(lang)]))
    sections.append((_head("Så är det räknat", "How it was computed", lang), method(parts, lang)))
    return Summary(_markdown(parts, sections, lang), _page(parts, sections, lang))


def _warnings(parts: Decomposition, lang: Language) -> list[str]:
    """What makes the plain difference mislead, before anything else."""
    return [f"{t[:1].upper()}{t[1:]}." for t in warnings(parts, lang)]


def _head(sv: str, en: str, lang: Language) -> str:
    return sv if lang == "sv" else en


def _unit(lang: Language) -> str:
    return "procentenheter" if lang == "sv" else "percentage points"


def lead(parts: Decomposition, lang: Language) -> str:
    """Both shares, their difference, and whether it is certain."""
    found = parts.numbers()
    certain = bool(found.low[0] > 0 or found.high[0] < 0)
    one, two = (survey_name(parts, side, lang) for side in (0, 1))
    shares = [percent(s, 1, lang) for s in parts.shares]
    gap, limits = points(found.value[0], 1, lang), interval(found.low[0], found.high[0], lang)
    name = question_name(parts, lang)
    if parts.area:
        name += f" ({parts.area})"
    if lang == "sv":
        end = "är säkerställd" if certain else "är inte säkerställd"
        return (
            f"I {one} är andelen {name} {shares[0]}, i {two} {shares[1]}. Skillnaden, {gap} "
            f"{_unit(lang)} ({limits}), {end}."
        )
    end = "is significant" if certain else "is not significant"
    return (
        f"In {one} the share {name} is {shares[0]}, in {two} {shares[1]}. The difference, {gap} "
        f"{_unit(lang)} ({limits}), {end}."
    )


def causes(parts: Decomposition, lang: Language) -> list[str]:
    """A sentence or two on each part."""
    found = parts.numbers()
    rows = {leaf: i for i, (leaf, _) in enumerate(parts.rows())}
    known = bool(found.low[0] > 0 or found.high[0] < 0)
    whole = float(found.value[0]) if known else 0.0
    out = []
    for part in ("definition", "composition"):
        at = rows.get(Leaf(part, ""))
        if at is None:
            continue
        value, low, high = (float(x[at]) for x in (found.value, found.low, found.high))
        what = _what(parts, part, lang)
        told = f"{points(value, 1, lang)} {_unit(lang)} ({interval(low, high, lang)})"
        verb = "svarar för" if lang == "sv" else "accounts for"
        out.append(f"{what} {verb} {told}. {_weight(low, high, whole, lang)}".strip())
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
        end = "är säkerställt" if certain else "inte är säkerställt"
        text = (
            f"Kvar är {told}, vilket {end}: samma grupper svarar olika i de två "
            "undersökningarna. Där ligger frågans ordalydelse, sättet att samla in svaren, "
            "bortfallet och allt som inte är med bland variablerna; svaren själva kan inte skilja "
            "dem åt."
        )
        return text + (f" Känt är: {'; '.join(known)}." if known else "")
    end = "significant" if certain else "not significant"
    text = (
        f"Left are {told}, which is {end}: the same groups answer differently in the two surveys. "
        "Wording, mode, non-response and all that is not among the variables are in it; the "
        "answers themselves cannot tell them apart."
    )
    return text + (f" Known is: {'; '.join(known)}." if known else "")


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
    if parts.where:
        out.append(f"{'Urval' if sv else 'Domain'}: {parts.where}.")
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


def _markdown(
    parts: Decomposition, sections: Sequence[tuple[str, Sequence[str]]], lang: Language
) -> str:
    lines = [f"**{word('synthetic', lang)}**", ""] if parts.synthetic else []
    for head, told in sections:
        lines += [f"**{head}**", ""] if head else []
        lines += [*(f"- {t}" if head else t for t in told), ""]
        if head == sections[1][0]:
            lines += [*_markdown_table(parts, lang), ""]
    return "\n".join(lines).strip() + "\n"


def _table(parts: Decomposition, lang: Language) -> list[tuple[Leaf, str, str, str]]:
    """Name, contribution and interval of every part."""
    found = parts.numbers()
    return [
        (leaf, part_name(leaf, lang), points(v, 1, lang), interval(low, high, lang))
        for (leaf, _), v, low, high in zip(
            parts.rows(), found.value, found.low, found.high, strict=True
        )
    ]


def _heads(lang: Language) -> tuple[str, str, str]:
    if lang == "sv":
        return "Del", "Procentenheter", "Osäkerhetsintervall"
    return "Part", "Percentage points", "Confidence interval"


def _markdown_table(parts: Decomposition, lang: Language) -> list[str]:
    one, two, three = _heads(lang)
    lines = [f"| {one} | {two} | {three} |", "|:--|--:|--:|"]
    for leaf, name, value, limits in _table(parts, lang):
        strong = "**" if leaf.variable == "" else ""
        indent = "" if strong else "\N{EM SPACE}"
        lines.append(f"| {indent}{strong}{name}{strong} | {value} | {limits} |")
    return lines


def _page(
    parts: Decomposition, sections: Sequence[tuple[str, Sequence[str]]], lang: Language
) -> str:
    name = title(parts, lang)
    banner = f'<p class="banner">{word("synthetic", lang)}</p>\n' if parts.synthetic else ""
    body = []
    for head, told in sections:
        if head:
            items = "".join(f"<li>{escape(t)}</li>" for t in told)
            body.append(f"<section><h2>{escape(head)}</h2><ul>{items}</ul></section>")
        else:
            body += [f'<p class="lead">{escape(t)}</p>' for t in told]
        if head == sections[1][0]:
            both = _svg(parts, lang) + _html_table(parts, lang)
            body.append(f'<div class="both">{both}</div>')
    inner = "\n".join(body)
    return f"""<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(name)}</title>
<style>{_CSS}</style>
</head>
<body>
<main>
{banner}<h1>{escape(name)}</h1>
{inner}
</main>
</body>
</html>
"""


def _html_table(parts: Decomposition, lang: Language) -> str:
    one, two, three = _heads(lang)
    rows = "".join(
        f'<tr class="{"part" if leaf.variable == "" else "leaf"}"><th scope="row">{escape(name)}'
        f'</th><td class="n">{value}</td><td class="n">{limits}</td></tr>'
        for leaf, name, value, limits in _table(parts, lang)
    )
    caption = _head("Skillnaden i delar", "The difference in parts", lang)
    return (
        f'<table><caption>{caption}</caption><thead><tr><th scope="col">{one}</th>'
        f'<th scope="col" class="n">{two}</th><th scope="col" class="n">{three}</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _svg(parts: Decomposition, lang: Language) -> str:
    """The waterfall as an inline picture with its words; the same bytes each time."""
    figure: Any = waterfall(parts, lang=lang).figure
    text = output.svg(figure).decode("utf-8")
    output.close(figure)
    picture = text[text.index("<svg") :]
    label = escape(alt_text(parts, lang), quote=True)
    told = picture.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
    # who scrolls by keys must reach it
    return f'<figure tabindex="0">{told}</figure>'
