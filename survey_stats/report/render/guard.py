"""Refuses what Quarto would treat specially and this renderer does not."""

from __future__ import annotations

import re

from survey_stats.report.render import nodes
from survey_stats.report.render.nodes import Node
from survey_stats.report.render.options import FORMATS, QUARTO_NAME, Settings
from survey_stats.report.render.source import Document

_SPECIAL_CLASS = re.compile(
    r"^(panel-|column-(?!$)|columns?$|aside$|landscape$|incremental$|nonincremental$|notes$|"
    r"list-table$|cell-|theorem$|proof$|remark$|solution$|fig-cap-location-|tbl-cap-location-|"
    r"cap-location-|lightbox$|slide|fragment$|absolute$|hidden$|epigraph$|block$)"
)
_SPECIAL_ATTRIBUTE = re.compile(
    r"^(layout|code-|filename$|lst-|when-|unless-|tbl-colwidths$|fig-(pos|env|scap|link|subcap)$|"
    r"html-table-processing$|group$|data-location$|fig-align$|typst:)"
)
_SPECIAL_LABEL = re.compile(
    r"^(lst|eq|thm|lem|cor|prp|cnj|def|exm|exr|prf|rem|sol|nte|wrn|cau|tip|imp)-\S"
)
_OWN = {"cell", "cell-output", "cell-output-display", "cell-output-stdout", "cell-output-stderr",
        "cell-code"}  # fmt: skip
_FORMAT_NAMES = {QUARTO_NAME[f] for f in FORMATS}
_GROUPS = {"html": {"html", "html5"}, "docx": {"docx", "docx-like"}, "pdf": {"typst"}}


def conditional(blocks: list[Node], document: Document, settings: Settings) -> list[Node]:
    """The tree with content for other formats left out (`when-format`, `unless-format`)."""
    name = QUARTO_NAME[settings.format]

    def visit(item: Node) -> Node | list[Node] | None:
        if item["t"] not in {"Div", "Span"}:
            return None
        attribute, inside = item["c"]
        shown, hidden = "content-visible" in attribute[1], "content-hidden" in attribute[1]
        if not (shown or hidden):
            return None
        matches = True
        for key, value in attribute[2]:
            if key not in {"when-format", "unless-format"} or value not in _FORMAT_NAMES:
                raise document.error(
                    document.line_of(f'{key}="{value}"') or document.line_of(f"{key}="),
                    f'the condition {key}="{value}" is not supported; use when-format or '
                    f"unless-format with html, docx or typst",
                )
            matches = matches and ((value == name) == (key == "when-format"))
        return list(inside) if matches == shown else []

    return list(nodes.rewrite(blocks, visit))


def check(blocks: list[Node], document: Document) -> None:
    """Looks at every element that Quarto gives a meaning of its own.

    Raises:
        RenderError: one that is not supported, with its line.
    """
    for item in nodes.elements(blocks, "Div", "Span", "CodeBlock", "Header", "Image", "Table"):
        attribute = item["c"][1] if item["t"] == "Header" else item["c"][0]
        identifier, classes, pairs = attribute
        for name in classes:
            if name not in _OWN and _SPECIAL_CLASS.match(name):
                raise document.error(
                    document.line_of("." + name), f"the class '.{name}' is not supported"
                )
        for key, _value in pairs:
            if _SPECIAL_ATTRIBUTE.match(key):
                raise document.error(
                    document.line_of(key), f"the attribute '{key}' is not supported"
                )
        if _SPECIAL_LABEL.match(identifier) and item["t"] != "Header":
            kind = identifier.split("-")[0]
            raise document.error(
                document.line_of("#" + identifier),
                f"numbered elements of the kind '{kind}-' are not supported",
            )
    for item in nodes.elements(blocks, "RawBlock", "RawInline"):
        fmt, source = item["c"]
        if fmt not in {"html", "openxml", "typst"}:
            raise document.error(
                document.line_of(source.strip().splitlines()[0] if source.strip() else ""),
                f"raw content for '{fmt}' is not supported",
            )


def check_links(blocks: list[Node], document: Document) -> None:
    """Looks up every link inside the document.

    Raises:
        RenderError: a link to an element that does not exist, with its line.
    """
    known = set()
    for item in nodes.elements(blocks, "Header", "Div", "Span", "CodeBlock", "Code", "Table"):
        attribute = item["c"][1] if item["t"] == "Header" else item["c"][0]
        known.add(attribute[0])
    for item in nodes.elements(blocks, "Link"):
        address = item["c"][2][0]
        if re.match(r"\s*(javascript|vbscript|data)\s*:", address, re.IGNORECASE):
            raise document.error(
                document.line_of(f"({address})"), f"the link to '{address}' would run as a script"
            )
        if address.startswith("#") and address[1:] not in known:
            raise document.error(
                document.line_of(f"({address})"), f"the link to '{address}' leads nowhere"
            )
