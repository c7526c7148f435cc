"""Alternative texts and files of images."""

from __future__ import annotations

import base64
import mimetypes
import re
from pathlib import Path
from urllib.parse import unquote

from survey_stats.errors import RenderError
from survey_stats.report.render import nodes
from survey_stats.report.render.nodes import Node
from survey_stats.report.render.source import Document

_EXTERNAL = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def describe(blocks: list[Node], document: Document) -> list[Node]:
    """The tree with each image's alternative text as its only words.

    It is `fig-alt` where given, else the text in the brackets, else the figure's caption.

    Raises:
        RenderError: an image that a screen reader would have no word for.
    """

    def visit(item: Node) -> Node | None:
        if item["t"] == "Div" and "render-float" in item["c"][0][1]:
            caption = nodes.plain_text(item["c"][1][0])
            for image in nodes.elements(item["c"][1][1:], "Image"):
                _set(image, caption, document)
        return None

    blocks = list(nodes.rewrite(blocks, visit))
    for image in nodes.elements(blocks, "Image"):
        _set(image, "", document)
    return blocks


def _set(image: Node, caption: str, document: Document) -> None:
    attribute, words, target = image["c"]
    if "render-described" in attribute[1]:
        return
    given = nodes.pop(attribute, "fig-alt")
    alt = given if given is not None else nodes.plain_text(words) or caption
    if not alt and given is None:
        name = Path(target[0]).name
        cell = next((c for c in document.cells if c.label and name.startswith(c.label)), None)
        line = cell.line if cell else document.line_of(name)
        raise document.error(
            line, f"the image '{name}' has no alternative text; add fig-alt with what it shows"
        )
    attribute[1] = [c for c in attribute[1] if c != "render-output"] + ["render-described"]
    image["c"][1] = [nodes.text(alt)] if alt else []


def file_of(target: str, document: Document) -> Path:
    """The file of an image's address, which is relative to the document.

    Raises:
        RenderError: an address on the network, or no such file.
    """
    line = document.line_of(target)
    if _EXTERNAL.match(target) and not re.match(r"^[A-Za-z]:[\\/]", target):
        raise document.error(line, f"the image '{target}' is not a file; documents load nothing")
    path = document.path.resolve().parent / unquote(target)
    if not path.is_file():
        raise document.error(line, f"there is no image file {target}")
    return path


def data_uri(path: Path) -> str:
    """A file as an address that holds it."""
    mime = mimetypes.guess_type(path.name)[0]
    if mime is None:
        raise RenderError(f"The type of the file {path.name} is not known from its name")
    return f"data:{mime};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
