"""Pieces in a document: markdown that Quarto and the embedded renderer read alike.

A figure or table becomes a div with its label and caption, so that captions may tell the
parameters, which the options of a cell cannot.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from survey_stats.labels import NBSP, Language, heading, shown
from survey_stats.report.charts import Chart
from survey_stats.report.footnotes import note_id
from survey_stats.report.sentences import Noted
from survey_stats.report.tables import Table

_MEANING = re.compile(
    r"([\\`*_{}\[\]()#+!|<>@$^~\"'=&]"
    # what would become a dash or an ellipsis
    r"|-(?=-)|(?<=-)-|(?<=\.)\.|\.(?=\.)"
    r"|:(?=::)|(?<=::):)"
)
_AT_START = re.compile(r"^( ?(?:Table|\d{1,9}|[A-Za-z]|[ivxlcdmIVXLCDM]+|))([-:.](?=\s|$)|%)")
"""What would begin a list, a definition or a caption."""

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
    text = _MEANING.sub(r"\\\1", re.sub(" {2,}", " ", shown(text)))
    return _AT_START.sub(lambda found: f"{found[1]}\\{found[2]}", text)


@dataclass(frozen=True)
class Below:
    """The notes of sentences beside which no table or figure stands: they follow the sentences.

    Attributes:
        name: the start of the notes' anchors.
        footnotes: their texts, each once.
        lang: the reader's language.
    """

    name: str
    footnotes: tuple[str, ...]
    lang: Language = "sv"

    @staticmethod
    def of(name: str, sentences: Iterable[Noted], lang: Language) -> Below:
        """The notes of some sentences, in reading order."""
        return Below(name, tuple(dict.fromkeys(n for s in sentences for n in s.notes)), lang)

    def numbers(self, notes: Iterable[str]) -> list[int]:
        """The numbers of some of the notes."""
        return sorted(self.footnotes.index(note) + 1 for note in notes)

    @property
    def markdown(self) -> Markdown:
        """The notes themselves."""
        # plain paragraphs: the notes of a table are drawn close to what stands above them
        return Markdown(
            "\n\n".join(
                f"[^{i}^ {escaped(text)}]{{#{note_id(self.name, i)}}}"
                for i, text in enumerate(self.footnotes, 1)
            )
        )


Beside = Table | Chart | Below


def prose(sentences: Iterable[str | Noted], beside: Beside | None = None) -> Markdown:
    """Sentences as one paragraph; `@fig-...` and `@tbl-...` in them stay cross references.

    Not so in a `Noted` sentence, which is made from data: nothing in it means anything but itself.

    Args:
        sentences: one after the other.
        beside: the table or figure whose footnotes the sentences carry, with the same numbers.
    """
    return Markdown(" ".join(_sentence(s, beside) for s in sentences if s))


def _sentence(told: str | Noted, beside: Beside | None) -> str:
    if isinstance(told, str):
        return "".join(
            word if re.match(r"@(?:fig|tbl|sec)-", word) else escaped(word)
            for word in re.split(r"(@(?:fig|tbl|sec)-[a-z0-9-]+)", told)
        )
    parts = [escaped(told.text)]
    if beside is not None:
        word = heading("footnote", beside.lang)
        marks = [
            f'[^{n}^](#{note_id(beside.name, n)}){{aria-label="{word} {n}"}}'
            for n in beside.numbers(told.notes)
        ]
        parts.append(f"^,^{NBSP}".join(marks))
    return "".join(parts)


def bullets(sentences: Iterable[str | Noted], beside: Beside | None = None) -> Markdown:
    """Sentences as a list; `beside` as for `prose`."""
    return Markdown("\n".join(f"- {prose([s], beside)}" for s in sentences if s))


def figure(chart: Chart, folder: Path | None = None) -> Markdown:
    """A figure with label, caption and alternative text; its image is written beside the document.

    Args:
        chart: what to show.
        folder: where the document lies; the working directory by default.
    """
    path = chart.save((folder or Path.cwd()) / FIGURE_FOLDER)
    alt = shown(chart.alt).replace("\\", "").replace('"', "”")
    made = Markdown(
        f'::: {{#fig-{chart.name}}}\n![]({FIGURE_FOLDER}/{path.name}){{fig-alt="{alt}"}}\n\n'
        f"{escaped(chart.caption)}\n:::"
    )
    return made + _notes(chart.name, "fig", chart.footnotes, chart.notes, chart.lang)


def table(piece: Table) -> Markdown:
    """A table with label, caption and notes; a mark links to its note, and the note back."""
    html = piece.html()
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", html)), default=0))
    made = Markdown(
        f"::: {{#tbl-{piece.name}}}\n{fence}{{=html}}\n{html}\n{fence}\n\n"
        f"{escaped(piece.caption)}\n:::"
    )
    return made + _notes(piece.name, "tbl", piece.footnotes, piece.notes, piece.lang)


def _notes(
    name: str, kind: str, numbered: Sequence[str], plain: Sequence[str], lang: Language
) -> Markdown:
    back = heading("back to table" if kind == "tbl" else "back to figure", lang)
    paragraphs = [
        f'[[^{i}^](#{kind}-{name}){{aria-label="{i}. {back}"}} {escaped(text)}]'
        f"{{#{note_id(name, i)}}}"
        for i, text in enumerate(numbered, 1)
    ]
    paragraphs += [escaped(text) for text in plain]
    told = "\n\n".join(paragraphs)
    return Markdown(f"::: {{.table-notes}}\n{told}\n:::" if told else "")


def callout(kind: str, title: str, text: str) -> Markdown:
    """A box that catches the eye: `note`, `tip`, `important`, `warning` or `caution`."""
    return Markdown(f'::: {{.callout-{kind} title="{escaped(title)}"}}\n{escaped(text)}\n:::')


def page_break() -> Markdown:
    """The next words start a new page of the PDF; a cell that shows it needs `output: asis`."""
    return Markdown("```{=typst}\n#pagebreak(weak: true)\n```")


def title_block(
    title: str, subtitle: str, page_header: str = "", page_footer: str = ""
) -> Markdown:
    """A YAML block that gives the document the title of its parameters.

    Args:
        title, subtitle: on top of the first page.
        page_header: a line on top of every page; none where empty.
        page_footer: a line at the end of every page; none where empty.
    """
    lines = {
        "title": title,
        "subtitle": subtitle,
        "page-header": page_header,
        "page-footer": page_footer,
    }
    told = [f"{k}: {json.dumps(escaped(v), ensure_ascii=False)}" for k, v in lines.items() if v]
    return Markdown("\n".join(["---", *told, "---"]))
