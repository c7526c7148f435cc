"""Alternative texts and files of images."""

from __future__ import annotations

import base64
import mimetypes
import re
import shutil
import struct
import zlib
from pathlib import Path
from typing import Any
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


class ImageFolder:
    """Copies of the images of a document under names that tell nothing of the machine."""

    def __init__(self, folder: Path, document: Document, raster: bool = False) -> None:
        self.folder = folder
        self.document = document
        self.raster = raster  # Word shows no SVG that has no bitmap beside it
        self.names: dict[str, str] = {}

    def name(self, target: str) -> str:
        """The name, inside the folder, of the copy of an image."""
        if target not in self.names:
            path = file_of(target, self.document)
            self.names[target] = f"image-{len(self.names) + 1}{path.suffix}"
            if self.raster and path.suffix.lower() == ".svg":
                self.names[target] = Path(self.names[target]).with_suffix(".png").name
                (self.folder / self.names[target]).write_bytes(svg_to_png(path))
            else:
                shutil.copyfile(path, self.folder / self.names[target])
        return self.names[target]


def svg_to_png(path: Path, dots_per_inch: float = 240.0) -> bytes:
    """An SVG drawing as a bitmap, drawn by typst."""
    import typst

    source = f'#set page(width: auto, height: auto, margin: 0pt)\n#image("{path.name}")'
    compile_any: Any = typst.compile  # its types want root to be bytes when the source is
    made = compile_any(
        source.encode("utf-8"), root=str(path.parent), format="png", ppi=dots_per_inch
    )
    return _with_density(bytes(made), dots_per_inch)


def _with_density(png: bytes, dots_per_inch: float) -> bytes:
    # typst writes no pHYs chunk, without which a program takes the picture for 96 dots an inch
    per_metre = round(dots_per_inch / 0.0254)
    body = b"pHYs" + struct.pack(">IIB", per_metre, per_metre, 1)
    chunk = struct.pack(">I", 9) + body + struct.pack(">I", zlib.crc32(body))
    after_header = 8 + 25
    return png[:after_header] + chunk + png[after_header:]


def data_uri(path: Path) -> str:
    """A file as an address that holds it."""
    mime = mimetypes.guess_type(path.name)[0]
    if mime is None:
        raise RenderError(f"The type of the file {path.name} is not known from its name")
    return f"data:{mime};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
