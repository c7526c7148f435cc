"""The title block: from the front matter, or from a YAML block that a cell printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from survey_stats.report.render import nodes, pandoc
from survey_stats.report.render.nodes import Node
from survey_stats.report.render.options import Settings, date_text
from survey_stats.report.render.source import Document

_PRINTABLE = (
    "title", "subtitle", "author", "date", "abstract", "description", "page-header", "page-footer",
    "subject",
)  # fmt: skip


@dataclass(frozen=True)
class Title:
    """The parts of the title block as pandoc inlines; `plain` is the title's text.

    `page_header` stands on top of every page and `page_footer` at its end; `subject` is a property
    of the file.
    """

    title: list[Node]
    subtitle: list[Node]
    abstract: list[Node]
    authors: list[str]
    date: str
    description: str
    page_header: str
    page_footer: str
    subject: str

    @property
    def plain(self) -> str:
        return nodes.plain_text(self.title)


def title_block(tree: dict[str, Any], document: Document, settings: Settings) -> Title:
    """The title block of a document.

    A YAML block that a cell prints (`output: asis`) wins over the front matter, as in Quarto; it is
    how a title tells the parameters.

    Raises:
        RenderError: a printed block sets something else than the title block.
    """
    printed = tree.get("meta", {})
    for name in printed:
        if name not in _PRINTABLE:
            raise document.error(
                document.line_of(f"{name}:"),
                f"a YAML block inside the document may set {', '.join(_PRINTABLE)}, not '{name}'",
            )
    texts: dict[str, list[Node]] = {}
    for name in ("title", "subtitle", "abstract"):
        if name in printed:
            texts[name] = _meta_inlines(printed[name])
        else:
            texts[name] = _inlines(settings.text(name))
    lines = {
        name: nodes.plain_text(printed[name]) if name in printed else settings.text(name)
        for name in ("description", "page-header", "page-footer", "subject")
    }
    if "author" in printed:
        authors = [nodes.plain_text(printed["author"])]
    else:
        authors = _authors(settings.values.get("author"), document)
    raw_date = (
        nodes.plain_text(printed["date"]) if "date" in printed else settings.values.get("date")
    )
    # Quarto writes dates out on web pages only, unless it is told to
    style = settings.text("date-format", "long" if settings.format == "html" else "iso")
    date = date_text(raw_date, style, settings.lang, document) if raw_date else ""
    return Title(
        texts["title"],
        texts["subtitle"],
        texts["abstract"],
        authors,
        date,
        lines["description"],
        lines["page-header"],
        lines["page-footer"],
        lines["subject"] or lines["page-header"],
    )


def _inlines(text: str) -> list[Node]:
    if not text:
        return []
    blocks = pandoc.read(text)["blocks"]
    return list(blocks[0]["c"]) if blocks and blocks[0]["t"] in {"Para", "Plain"} else []


def _meta_inlines(value: Node) -> list[Node]:
    if value["t"] == "MetaInlines":
        return list(value["c"])
    if value["t"] == "MetaBlocks":
        return list(value["c"][0]["c"])
    return [nodes.text(str(value.get("c", "")))]


def _authors(value: Any, document: Document) -> list[str]:
    if value is None:
        return []
    people = value if isinstance(value, list) else [value]
    names: list[str] = []
    for person in people:
        if isinstance(person, dict):
            if set(person) != {"name"} or not isinstance(person["name"], str):
                raise document.error(
                    document.front_lines.get(("author",)), "an author may only have a name"
                )
            names.append(person["name"])
        else:
            names.append(str(person))
    return names
