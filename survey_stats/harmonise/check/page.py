"""The findings as a page of HTML that needs no other file."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from survey_stats.harmonise.check.breaks import LARGE
from survey_stats.harmonise.check.finding import SEVERITIES, Checked, Evidence, Problem
from survey_stats.labels import Language, heading, number, percent, word


def page(checked: Checked, lang: Language = "sv") -> str:
    """The page: the counts, a section a variable, what was not checked, and the file."""
    title = f"{heading('check of', lang)} {checked.manifest.file}"
    style = files("survey_stats.harmonise.check").joinpath("page.css").read_text("utf-8")
    sections = "\n".join(
        _section(where, found, checked, lang) for where, found in checked.by_variable().items()
    )
    if not len(checked):
        sections = f'<p class="fits">{escape(heading("fits the codebook", lang))}.</p>'
    return f"""<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<style>
{style}</style>
</head>
<body>
<main>
<header>
{_banner(checked, lang)}<h1>{escape(title)}</h1>
<p>{_about(checked, lang)}</p>
{_counts(checked, lang)}
</header>
{sections}
{_skipped(checked, lang)}
</main>
{_footer(checked, lang)}
</body>
</html>
"""


def _banner(checked: Checked, lang: Language) -> str:
    if not checked.manifest.synthetic:
        return ""
    return f'<p class="synthetic">{escape(word("synthetic", lang))}</p>\n'


def _about(checked: Checked, lang: Language) -> str:
    told = f"{checked.title.told(lang)}, {checked.wave}. {heading('codebook', lang)}: "
    told += f"{checked.survey}."
    if checked.previous:
        others = ", ".join(f"{year} ({file})" for year, file in checked.previous)
        told += f" {heading('compared with', lang)} {others}"
        within = checked.within.told(lang)
        told += f"; {word('comparison within', lang)} {within}." if within else "."
    return escape(told)


def _counts(checked: Checked, lang: Language) -> str:
    told = [(checked.number(s), s) for s in SEVERITIES]
    items = "".join(
        f'<li class="{s}{" none" if not n else ""}"><b>{n}</b> '
        f"{escape(word(s if n == 1 else f'{s}s', lang))}</li>"
        for n, s in told
    )
    stops = "errors stop" if checked.number("error") else "no errors"
    return f'<ul class="counts">{items}</ul>\n<p>{escape(heading(stops, lang))}.</p>'


def _section(where: str, found: list[Problem], checked: Checked, lang: Language) -> str:
    text = checked.texts.get(found[0].name)
    asked = f'<p class="asked">{escape(text.told(lang))}</p>\n' if text is not None else ""
    told = "\n".join(_finding(p, lang) for p in found)
    return f"<section>\n<h2>{escape(where)}</h2>\n{asked}{told}\n</section>"


def _finding(p: Problem, lang: Language) -> str:
    what, hint = p.told(lang)
    body = f'<p class="what">{escape(what[:1].upper() + what[1:])}.</p>'
    if hint:
        body += f'\n<p class="hint">{escape(hint[:1].upper() + hint[1:])}'
        body += "</p>" if hint.endswith("?") else ".</p>"
    if p.evidence is not None:
        body += "\n" + _bars(p.evidence, lang)
    count = number(p.count, 0, lang)
    return (
        f'<article class="{p.severity}">\n<p class="kind"><b>{escape(word(p.severity, lang))}</b> '
        f"{escape(word(f'check: {p.kind}', lang))} "
        f'<span title="{escape(word("check: count", lang))}">{count}</span></p>\n{body}\n</article>'
    )


def _bars(evidence: Evidence, lang: Language) -> str:
    """The two distributions as a table with a pair of bars a row."""
    most = max((share for _, *pair in evidence.rows for share in pair), default=0) or 1
    rows = "\n".join(
        f'<tr><th scope="row">{escape(words.told(lang))}</th>'
        f'<td class="bars">{_pair(before / most, after / most)}</td>'
        f"<td>{percent(before, 1, lang)}</td><td>{percent(after, 1, lang)}</td></tr>"
        for words, before, after in evidence.rows
    )
    return (
        f"<table>\n<thead><tr><td></td><td></td>"
        f'<th scope="col" class="before">{escape(evidence.before)}</th>'
        f'<th scope="col" class="after">{escape(evidence.after)}</th></tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table>"
    )


def _pair(before: float, after: float) -> str:
    return (
        '<svg viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="before" y="1" width="{100 * before:.2f}" height="6"/>'
        f'<rect class="after" y="9" width="{100 * after:.2f}" height="6"/></svg>'
    )


def _skipped(checked: Checked, lang: Language) -> str:
    if not checked.not_checked:
        return ""
    told = [w.told(lang) for w in checked.not_checked]
    items = "\n".join(f"<li>{escape(t[:1].upper() + t[1:])}.</li>" for t in told)
    title = escape(heading("not checked", lang))
    return f'<section class="skipped">\n<h2>{title}</h2>\n<ul>\n{items}\n</ul>\n</section>'


def _footer(checked: Checked, lang: Language) -> str:
    file = checked.manifest
    size = f"{number(file.rows, 0, lang)} × {number(file.columns, 0, lang)}"
    rule = ""
    if checked.previous:
        rule = f"<p>{escape(word('check: rule', lang))} {number(LARGE, 2, lang)}.</p>\n"
    return (
        f"<footer>\n{rule}<p>{escape(file.file)}: {size}, {escape(file.reader)}, "
        f"SHA-256 <code>{escape(file.sha256)}</code></p>\n</footer>"
    )
