"""One page on why two surveys differ, for readers: text for a document, and a page of HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from survey_stats.drawing import output
from survey_stats.explain.disagreement.figure import waterfall
from survey_stats.explain.disagreement.leaves import Leaf
from survey_stats.explain.disagreement.summary_words import causes, in_short, lead, method
from survey_stats.explain.disagreement.words import (
    alt_text,
    interval,
    part_name,
    title,
    warnings,
)
from survey_stats.labels import Language, points, word

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
@media print { body { margin: 0; max-width: none; font-size: 8.5pt; line-height: 1.28; padding: 0; }
  h1 { font-size: 14pt; margin: 0; } h2 { font-size: 10pt; margin: 4pt 0 0; }
  p, li { margin: 1.5pt 0; } ul { margin: 1pt 0; } .lead { font-size: 9.5pt; }
  figure { margin: 3pt 0; } svg { display: block; width: 64%; height: auto; }
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
        ("", [lead(parts, lang), in_short(parts, lang), *_warnings(parts, lang)]),
        (
            _head("Vad skillnaden består av", "What the difference is made of", lang),
            causes(parts, lang),
        ),
    ]
    sections += _missing(also, lang)
    sections.append((_head("Så är det räknat", "How it was computed", lang), method(parts, lang)))
    return Summary(_markdown(parts, sections, lang), _page(parts, sections, lang))


def _missing(also: Sequence[Sensitivity], lang: Language) -> list[tuple[str, list[str]]]:
    """A section an analysis of what one survey lacks; what one has told is not told again."""
    out: list[tuple[str, list[str]]] = []
    told: list[str] = []
    names: list[str] = []
    for result in also:
        what = word(result.variable, lang)
        head = _head("Det som bara den ena frågar om", "What only one asks about", lang)
        head += f": {what}"
        if result.variable in names:
            head += _head(", under andra antaganden", ", under other assumptions", lang)
        new = [t for t in (*result.assumptions(lang), *result.sentences(lang)) if t not in told]
        if new:
            out.append((head, new))
        told += new
        names.append(result.variable)
    return out


def _warnings(parts: Decomposition, lang: Language) -> list[str]:
    """What makes the plain difference mislead, before anything else."""
    return [f"{t[:1].upper()}{t[1:]}." for t in warnings(parts, lang)]


def _head(sv: str, en: str, lang: Language) -> str:
    return sv if lang == "sv" else en


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
