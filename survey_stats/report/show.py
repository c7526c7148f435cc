"""Pieces in a document: markdown that Quarto and the embedded renderer read alike.

A figure or table becomes a div with its label and caption, so that captions may tell the
parameters, which the options of a cell cannot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from survey_stats.report.charts import Chart
from survey_stats.report.tables import Table

FIGURE_FOLDER = "figures"  # Quarto takes every folder named *_files for its own


@dataclass(frozen=True)
class Markdown:
    """Text that a document takes as markdown; in a notebook it is shown the same way.

    >>> Markdown("a") + Markdown("b")
    Markdown(text='a\\n\\nb')
    """

    text: str

    def _repr_markdown_(self) -> str:
        return self.text

    def __str__(self) -> str:
        return self.text

    def __add__(self, other: Markdown) -> Markdown:
        return Markdown("\n\n".join(t for t in (self.text, other.text) if t))


def escaped(text: str) -> str:
    r"""Words in which no character means anything to markdown.

    >>> print(escaped("a*b <script> @fig-x [y]"))
    a\*b \<script\> \@fig-x \[y\]
    """
    return re.sub(r"([\\`*_{}\[\]()#+!|<>@$^~\"'=])", r"\\\1", text)


def prose(sentences: Iterable[str]) -> Markdown:
    """Sentences as one paragraph; `@fig-...` and `@tbl-...` in them stay cross references."""
    parts = []
    for word in re.split(r"(@(?:fig|tbl|sec)-[a-z0-9-]+)", " ".join(s for s in sentences if s)):
        parts.append(word if re.match(r"@(?:fig|tbl|sec)-", word) else escaped(word))
    return Markdown("".join(parts))


def bullets(sentences: Iterable[str]) -> Markdown:
    """Sentences as a list."""
    return Markdown("\n".join(f"- {prose([s])}" for s in sentences if s))


def figure(chart: Chart, folder: Path | None = None) -> Markdown:
    """A figure with label, caption and alternative text; its image is written beside the document.

    Args:
        chart: what to show.
        folder: where the document lies; the working directory by default.
    """
    path = chart.save((folder or Path.cwd()) / FIGURE_FOLDER)
    alt = chart.alt.replace("\\", "").replace('"', "”")
    return Markdown(
        f'::: {{#fig-{chart.name}}}\n![]({FIGURE_FOLDER}/{path.name}){{fig-alt="{alt}"}}\n\n'
        f"{escaped(chart.caption)}\n:::"
    )


def table(piece: Table) -> Markdown:
    """A table with label, caption and notes."""
    return Markdown(
        f"::: {{#tbl-{piece.name}}}\n```{{=html}}\n{piece.html()}\n```\n\n"
        f"{escaped(piece.caption)}\n:::"
    )


def callout(kind: str, title: str, text: str) -> Markdown:
    """A box that catches the eye: `note`, `tip`, `important`, `warning` or `caution`."""
    return Markdown(f'::: {{.callout-{kind} title="{escaped(title)}"}}\n{escaped(text)}\n:::')


def page_break() -> Markdown:
    """The next words start a new page of the PDF; a cell that shows it needs `output: asis`."""
    return Markdown("```{=typst}\n#pagebreak(weak: true)\n```")


def title_block(title: str, subtitle: str, page_header: str = "") -> Markdown:
    """A YAML block that gives the document the title of its parameters.

    Args:
        title, subtitle: on top of the first page.
        page_header: a line on top of every page; none where empty.
    """
    lines = {"title": title, "subtitle": subtitle, "page-header": page_header}
    told = [f'{k}: "{v.replace(chr(92), "").replace(chr(34), "”")}"' for k, v in lines.items() if v]
    return Markdown("\n".join(["---", *told, "---"]))
