"""A weighting report as one page of HTML that needs no other file."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from survey_stats.drawing import output
from survey_stats.errors import InputError
from survey_stats.labels import Language, heading, number, percent, word
from survey_stats.resources import reports_path
from survey_stats.weight.diagnostics import names, page_tables, words

if TYPE_CHECKING:
    from survey_stats.weight.diagnostics.report import Kind, WeightingReport
    from survey_stats.weight.diagnostics.verdict import Finding

_CALLOUTS = {"warning": "callout-warning", "note": "callout-note", "fine": "callout-tip"}
_FINE = ("Utan anmärkning", "Nothing to object to")


def page(report: WeightingReport, lang: Language = "sv", respondents: bool = True) -> str:
    """The page: verdict, key figures, then figures and tables, and the rules of the verdict.

    Args:
        report: made by `diagnose`.
        lang: the language.
        respondents: whether the respondents who carry the most are listed.
    """
    title = heading("weighting report", lang)
    style = reports_path("style", "lagesbild.css").read_text("utf-8")
    own = files("survey_stats.weight.diagnostics").joinpath("page.css").read_text("utf-8")
    subtitle = f'<p class="subtitle">{escape(_of(report, lang))}</p>' if report.title else ""
    skip = heading("skip to content", lang)
    parts = "\n".join(_sections(report, lang, respondents))
    return f"""<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="survey_stats">
<title>{escape(" – ".join(t for t in (title, _of(report, lang)) if t))}</title>
<style>
{style}
{own}</style>
</head>
<body class="render-layout fullcontent">
<a class="skip-link" href="#content">{escape(skip)}</a>
{_band(report, lang)}<div id="quarto-content">
<main id="content">
<header id="title-block-header">
<h1 class="title">{escape(title)}</h1>
{subtitle}
</header>
{parts}
</main>
</div>
</body>
</html>
"""


def _band(report: WeightingReport, lang: Language) -> str:
    if not report.synthetic:
        return ""
    return f'<header class="page-header">{escape(word("synthetic", lang))}</header>\n'


def _of(report: WeightingReport, lang: Language) -> str:
    """The survey and the wave that the weights are of, where the frame says so."""
    told = [word(part, lang) for part in report.title.split(" ") if part]
    return names.capital(" ".join(told))


def _sections(report: WeightingReport, lang: Language, respondents: bool) -> Iterable[str]:
    sv = lang == "sv"
    yield verdict(report, lang)
    yield _key_figures(report, lang)
    yield _h2("Så gjordes vikterna" if sv else "How the weights were made")
    yield page_tables.steps(report, lang)
    if len(report.tables["margins"]) or len(report.tables["balance"]):
        yield _h2("Liknar urvalet befolkningen?" if sv else "Is the sample like the population?")
        kinds = report.tables["balance"].dropna(subset="smd_after")["kind"]
        if len(kinds):
            yield _figure(report, "love", lang)
        if (kinds == "share").any():
            yield _figure(report, "margins", lang)
        yield page_tables.margins(report, lang)
        yield page_tables.within_groups(report, lang)
    yield _h2("Vad olika stora vikter kostar" if sv else "What unequal weights cost")
    yield _figure(report, "distribution", lang)
    yield page_tables.distribution(report, lang)
    yield page_tables.design_effects(report, lang)
    if respondents and len(report.tables["largest"]):
        yield _h2("De som bär mest" if sv else "Who carries the most")
        yield page_tables.largest(report, lang)
    yield _h2("Så bedöms vikterna" if sv else "How the weights are judged")
    yield page_tables.rules(lang)


def _h2(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def verdict(report: WeightingReport, lang: Language) -> str:
    """The headline, a box a warning, one for the notes and one for what is fine."""
    out = [f'<p class="verdict">{escape(words.headline(report.findings, lang))}</p>']
    by_severity = {
        s: [f for f in report.findings if f.severity == s] for s in ("warning", "note", "fine")
    }
    for finding in by_severity["warning"]:
        what, do = words.told(finding, lang)
        advice = f'<p class="advice">{escape(do)}</p>' if do else ""
        out.append(
            f'<div class="callout callout-warning"><p class="kind">'
            f"{escape(heading('warning', lang))}</p><p>{escape(what)}</p>{advice}</div>"
        )
    titles = {"note": heading("notes", lang), "fine": _FINE[0 if lang == "sv" else 1]}
    for severity, title in titles.items():
        if by_severity[severity]:
            out.append(_list(title, severity, by_severity[severity], lang))
    return "\n".join(out)


def _list(title: str, severity: str, findings: list[Finding], lang: Language) -> str:
    items = []
    for finding in findings:
        what, do = words.told(finding, lang)
        advice = f' <span class="advice">{escape(do)}</span>' if do else ""
        items.append(f"<li>{escape(what)}{advice}</li>")
    return (
        f'<div class="callout {_CALLOUTS[severity]}"><p class="kind">{escape(title)}</p>'
        f"<ul>{''.join(items)}</ul></div>"
    )


def key_figures(report: WeightingReport, lang: Language) -> list[tuple[str, str]]:
    """What a reader looks for first: name and number."""
    last = report.tables["distribution"].iloc[-1]
    sv = lang == "sv"
    return [
        (heading("respondents", lang), number(last["n"], 0, lang)),
        ("Vikternas summa" if sv else "Sum of the weights", number(last["total"], 0, lang)),
        (heading("design effect", lang), number(last["design_effect"], 2, lang)),
        (heading("effective number", lang), number(last["n_effective"], 0, lang)),
        (
            "Största vikt / median" if sv else "Largest weight / median",
            number(last["max_over_median"], 1, lang),
        ),
        (
            "Tyngsta procenten bär" if sv else "Heaviest percent carries",
            percent(float(last["top_1_percent"]), 1, lang),
        ),
    ]


def _key_figures(report: WeightingReport, lang: Language) -> str:
    cells = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in key_figures(report, lang)
    )
    return f'<dl class="key-figures">{cells}</dl>'


def _figure(report: WeightingReport, kind: Kind, lang: Language) -> str:
    """The figure twice, as wide as a page and as a phone; the browser takes the one that fits."""
    alt = escape(report.alt_text(kind, lang), quote=True)
    wide, narrow = (_svg(report, kind, lang, n) for n in (False, True))
    return (
        f'<figure class="quarto-figure"><picture><source media="(max-width: 34rem)" '
        f'srcset="{narrow}"><img src="{wide}" alt="{alt}"></picture></figure>'
    )


def _svg(report: WeightingReport, kind: Kind, lang: Language, narrow: bool) -> str:
    made = _save(report, kind, lang, "svg", narrow)
    return "data:image/svg+xml;base64," + base64.b64encode(made).decode("ascii")


def _save(
    report: WeightingReport, kind: Kind, lang: Language, form: Literal["svg", "png"], narrow: bool
) -> bytes:
    """The figure as a file; the same report gives the same bytes."""
    figure: Any = report.plot(kind, lang=lang, narrow=narrow).figure
    made = output.svg(figure) if form == "svg" else output.png(figure, 150)
    output.close(figure)
    return made


def fragment(report: WeightingReport, lang: Language = "sv") -> str:
    """What a notebook shows: the verdict, the key figures and the love plot."""
    lines = []
    for finding in report.findings:
        what, do = words.told(finding, lang)
        sign = {"warning": "⚠", "note": "ℹ", "fine": "✓"}[finding.severity]
        lines.append(
            f"<li>{sign} {escape(what)}" + (f" <i>{escape(do)}</i>" if do else "") + "</li>"
        )
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"
        for name, value in key_figures(report, lang)
    )
    made_up = f"<p><b>{escape(word('synthetic', lang))}</b></p>" if report.synthetic else ""
    return (
        f"{made_up}<p><b>{escape(words.headline(report.findings, lang))}</b></p>"
        f'<ul style="list-style: none; padding-left: 0">{"".join(lines)}</ul>'
        f"<table><tbody>{rows}</tbody></table>{_picture(report, lang)}"
    )


def _picture(report: WeightingReport, lang: Language) -> str:
    if not len(report.tables["balance"]):
        return ""
    try:
        made = _save(report, "love", lang, "png", False)
    except InputError:
        # without matplotlib, or with nothing that has a spread, the words stand alone
        return ""
    alt = escape(report.alt_text("love", lang), quote=True)
    data = base64.b64encode(made).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="{alt}" style="max-width: 46rem">'
