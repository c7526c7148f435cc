"""A plan as a Quarto document: headings and prose as markdown, and one cell a piece.

What is there only under a condition stands in a cell, since only the numbers tell whether it holds.
A heading under which everything is conditional is so itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import Any

from survey_stats.labels import Language
from survey_stats.report.pieces import registry
from survey_stats.report.plan import Plan, Points, Prose, Row, Section, conditions
from survey_stats.report.qmd.stamp import stamped

_NAME: dict[Language, str] = {"sv": "rapport", "en": "report"}
_AREA = "Hässelby-Vällingby"
_YEAR = 2023
_ENGLISH = """crossref:
  fig-title: Figure
  fig-prefix: Figure
  tbl-title: Table
  tbl-prefix: Table
  sec-prefix: Section
"""
# the longest line of a cell
_WIDTH = 96


def generate(plan: Plan, lang: Language = "sv", source: str | Path = "appendix") -> str:
    """The text of the `.qmd` of a plan.

    Args:
        plan: what is shown.
        lang: the language of headings and prose, and of what the pieces write.
        source: what the document names as its plan: the name of a shipped one, or the path of a
            file as seen from the document.

    Returns:
        The document with a first line that tells whether it was edited since (see `is_edited`).
    """
    name = _NAME[lang]
    parts = [
        "---\n"
        f"title: {_quoted(plan.title.of(lang))}\n"
        f"lang: {lang}\n"
        f"{_ENGLISH if lang == 'en' else ''}"
        "execute:\n  output: asis\n"
        "format:\n  html: default\n  docx: default\n  typst: default\n---",
        _cell(
            "#| tags: [parameters]",
            f"area = {_text(_AREA)}",
            f"year = {_YEAR}",
            f"lang = {_text(lang)}",
            'deliveries = ""',
            'profile = ""',
            f"plan = {_text(Path(source).as_posix())}",
        ),
        _cell(
            "#| include: false",
            "from survey_stats.report import load",
            "",
            f"{name} = load(area, year, lang, deliveries, plan=plan, profile=profile)",
        ),
    ]
    for block in plan.content:
        parts.extend(_block(block, "", lang, name))
    for section in plan.sections:
        parts.extend(_section(section, "", 1, lang, name))
    return stamped("\n\n".join(parts) + "\n")


def _section(section: Section, when: str, level: int, lang: Language, name: str) -> Iterator[str]:
    own = conditions.both(when, section.when)
    anchor = f" {{#sec-{section.id}}}" if section.id else ""
    line = f"{'#' * level} {section.heading.of(lang)}{anchor}"
    shown = conditions.both(own, _shown_when(section))
    yield _cell(_call(name, "heading", [line], {"when": shown})) if shown else line
    for block in section.content:
        yield from _block(block, own, lang, name)
    for part in section.sections:
        yield from _section(part, own, level + 1, lang, name)


def _shown_when(section: Section) -> str:
    """The condition under which something stands below a heading."""
    found = [_row_when(b) if isinstance(b, Row) else _prose_when(b) for b in section.content]
    found += [conditions.both(s.when, _shown_when(s)) for s in section.sections]
    return conditions.either(found)


def _row_when(row: Row) -> str:
    return conditions.both(row.when, row.question)


def _prose_when(block: Prose | Points) -> str:
    if isinstance(block, Prose):
        return block.when
    return conditions.either(point.when for point in block.points)


def _block(block: Prose | Points | Row, when: str, lang: Language, name: str) -> Iterator[str]:
    if isinstance(block, Prose):
        text, told = block.text.of(lang), conditions.both(when, block.when)
        if told or "{area}" in text or "{year}" in text:
            text = _cell(_call(name, "prose", [text], {"when": told}))
        yield text
    elif isinstance(block, Points):
        yield _points(block, when, lang, name)
    else:
        yield from _rows(block, when, name)


def _points(block: Points, when: str, lang: Language, name: str) -> str:
    entries = [(p.of(lang), conditions.both(when, p.when)) for p in block.points]
    if not any(told or "{area}" in text or "{year}" in text for text, told in entries):
        return "\n".join(f"- {text}" for text, _ in entries)
    lines = [f"{name}.points("]
    for text, told in entries:
        if told:
            lines += ["    (", f"        {_text(text)},", f"        {_text(told)},", "    ),"]
        else:
            lines.append(f"    {_text(text)},")
    return _cell(*lines, ")")


def _rows(row: Row, when: str, name: str) -> Iterator[str]:
    told = {k: getattr(row, k) for k in ("surveys", "groups", "compare")}
    # a question that nobody in the area answered has its heading left out, and its pieces with it
    shown = conditions.both(when, conditions.both(row.when, row.question))
    for form in row.form:
        piece = registry.named(form)
        args = [form, row.question] if row.question else [form]
        keys = {k: list(v) for k, v in told.items() if k in row.model_fields_set and row.question}
        options = {k: v for k, v in row.options.items() if k in piece.options}
        extra = {"when": shown} if shown != row.question else {}
        yield _cell(_call(name, "show", args, {**keys, **options, **extra}))


def _call(name: str, method: str, args: list[str], keys: dict[str, Any]) -> str:
    told = [_text(a) for a in args]
    told += [f"{k}={_value(v)}" for k, v in keys.items() if v != ""]
    line = f"{name}.{method}({', '.join(told)})"
    if len(line) <= _WIDTH or len(told) == 1:
        return line
    told = [_broken(t) if t.startswith("when=") else t for t in told]
    return f"{name}.{method}(\n" + "".join(f"    {t},\n" for t in told) + ")"


def _broken(condition: str) -> str:
    """A long condition over several lines, which Python puts together again."""
    lines = wrap(condition[len('when="') : -1], _WIDTH - 10)
    if len(lines) == 1:
        return condition
    told = [f'        "{line} "' for line in lines[:-1]] + [f'        "{lines[-1]}"']
    return "\n".join(["when=(", *told, "    )"])


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return f"[{', '.join(_value(v) for v in value)}]"
    return repr(value)


def _text(text: str) -> str:
    """A text as Python writes it, in double quotes; over several lines where it has them."""
    if "\n" in text and '"""' not in text and "\\" not in text and not text.endswith('"'):
        return f'"""\n{text}\n"""'
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{plain}"'


def _cell(*lines: str) -> str:
    body = "\n".join(lines)
    return f"```{{python}}\n{body}\n```"


def _quoted(text: str) -> str:
    """A text as YAML takes it whatever it holds."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'
