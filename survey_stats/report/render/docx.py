"""Writes the document tree as a Word file with real styles, captions and alternative texts."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from survey_stats.report.render import callouts, nodes, pandoc
from survey_stats.report.render.docx_finish import finish
from survey_stats.report.render.floats import Index, caption_words
from survey_stats.report.render.images import ImageFolder
from survey_stats.report.render.nodes import Node
from survey_stats.report.render.options import UNDATED, Settings
from survey_stats.report.render.source import Document
from survey_stats.report.render.tables import html_tables, with_widths
from survey_stats.report.render.titles import Title
from survey_stats.resources import reports_path


def write(
    tree: dict[str, Any],
    blocks: list[Node],
    index: Index,
    title: Title,
    document: Document,
    settings: Settings,
    target: Path,
) -> None:
    """Writes `blocks` to `target`."""
    references = settings.files("reference-doc") or [reports_path("style", "reference.docx")]
    arguments = [
        "--from=json", "--to=docx", "--standalone", f"--reference-doc={references[0]}",
        f"--toc-depth={settings.integer('toc-depth', 3)}", "--no-highlight",
        f"--lua-filter={reports_path('style', 'lagesbild.lua')}", f"--output={target}",
    ]  # fmt: skip
    if settings.flag("toc"):
        arguments.append("--toc")
    folder = target.parent / "word"
    folder.mkdir()
    body = _for_docx(blocks, index, document, settings, ImageFolder(folder, document, raster=True))
    source = json.dumps({**tree, "meta": _meta(title, settings), "blocks": body})
    pandoc.run(arguments, source, folder, _epoch(settings))
    finish(target, settings.integer("toc-depth", 3))


def _epoch(settings: Settings) -> int:
    """The document's own date as the time of the file, so that it is the same every time."""
    value = settings.values.get("date")
    try:
        day = value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))
    except ValueError:
        return UNDATED
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp())


def _meta(title: Title, settings: Settings) -> dict[str, Any]:
    def string(text: str) -> Node:
        return {"t": "MetaInlines", "c": [nodes.text(text)]}

    meta: dict[str, Any] = {
        "lang": string("sv-SE" if settings.lang == "sv" else "en-GB"),
        "toc-title": string(settings.text("toc-title", settings.words["toc-title-document"])),
    }
    for name in ("title", "subtitle", "abstract"):
        inlines = getattr(title, name)
        if inlines:
            meta[name] = {"t": "MetaInlines", "c": inlines}
    if title.authors:
        meta["author"] = {"t": "MetaList", "c": [string(a) for a in title.authors]}
    if title.date:
        meta["date"] = string(title.date)
    keywords = settings.values.get("keywords")
    if keywords:
        listed = keywords if isinstance(keywords, list) else [keywords]
        meta["keywords"] = {"t": "MetaList", "c": [string(str(k)) for k in listed]}
    for name in ("description", "subject"):
        if getattr(title, name):
            meta[name] = string(getattr(title, name))
    if title.page_footer:
        # a property of the file, which the footer of the reference document shows
        meta["page-footer"] = string(title.page_footer)
    return meta


def _styled(style: str, blocks: list[Node]) -> Node:
    return nodes.div(nodes.attr("", None, custom_style=style), blocks)


def _for_docx(
    blocks: list[Node],
    index: Index,
    document: Document,
    settings: Settings,
    images: ImageFolder,
) -> list[Node]:
    def visit(item: Node) -> Node | list[Node] | None:
        kind = item["t"]
        if kind == "Header":
            return _numbered_heading(item)
        if kind == "Image":
            attribute, words, (address, hint) = item["c"]
            attribute[1] = [c for c in attribute[1] if c != "render-described"]
            return {"t": "Image", "c": [attribute, words, [images.name(address), hint]]}
        if kind == "RawBlock" and item["c"][0] == "html":
            return [with_widths(b) for b in html_tables(item["c"][1])]
        if kind == "Table":
            return with_widths(item)
        if kind in {"RawBlock", "RawInline"} and item["c"][0] != "openxml":
            return []
        if kind == "Div" and "table-notes" in item["c"][0][1]:
            return _styled("Table Note", item["c"][1])
        if kind == "Div" and "render-float" in item["c"][0][1]:
            return _float(item, index, settings)
        callout = callouts.parse(item, document, settings)
        return _callout(callout) if callout else None

    return list(nodes.rewrite(nodes.rewrite(blocks, visit), _note_style))


def _note_style(item: Node) -> Node | None:
    if item["t"] == "Div" and "render-table-note" in item["c"][0][1]:
        return _styled("Table Note", item["c"][1])
    return None


def _numbered_heading(item: Node) -> Node:
    level, attribute, words = item["c"]
    number = nodes.pop(attribute, "number")
    if number:
        mark = number + ("." if level == 1 else "")
        words = [nodes.text(mark), nodes.space(), *words]
    return {"t": "Header", "c": [level, attribute, words]}


def _float(item: Node, index: Index, settings: Settings) -> Node:
    attribute, (caption, *content) = item["c"]
    target = index.targets[attribute[0]]
    is_figure = target.kind == "fig"
    place = nodes.get(attribute, "cap-location") or settings.text(
        f"{target.kind}-cap-location", "bottom" if is_figure else "top"
    )
    words = nodes.para(caption_words(target, caption["c"], settings))
    said = _styled("Image Caption" if is_figure else "Table Caption", [words])
    if is_figure:
        content = [_styled("Captioned Figure", content)]
    ordered = [said, *content] if place == "top" else [*content, said]
    return nodes.div(nodes.attr(attribute[0]), ordered)


def _callout(callout: callouts.Callout) -> Node:
    name = callout.kind.capitalize()
    body = _styled(f"Callout {name}", nodes.rewrite(callout.body, _paragraphs))
    if not callout.title:
        return nodes.div(nodes.attr(callout.identifier), [body])
    head = _styled(f"Callout {name} Title", [nodes.para(callout.title)])
    return nodes.div(nodes.attr(callout.identifier), [head, body])


def _paragraphs(item: Node) -> Node | None:
    # a list item that is a paragraph of its own takes the style of the box around it
    return nodes.para(item["c"]) if item["t"] == "Plain" else None
