"""What pandoc's Word writer leaves undone: a filled table of contents, rows that do not split,
fields that say something in programs that do not compute them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_GROUP_FILL = "F2F2F2"
_ACCENT = "14466B"
_ROWS_WITH_NOTES = 2


def finish(path: Path, toc_depth: int) -> None:
    """Completes a Word file in place."""
    with zipfile.ZipFile(path) as source:
        infos = source.infolist()
        parts = {info.filename: source.read(info) for info in infos}
    parts["word/document.xml"] = _document(parts["word/document.xml"], toc_depth)
    fields = _properties(parts)
    for name in [n for n in parts if re.fullmatch(r"word/(header|footer)\d+\.xml", n)]:
        parts[name] = _fields(parts[name], fields)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for info in infos:
            made.writestr(info, parts[info.filename], zipfile.ZIP_DEFLATED)


def _properties(parts: Mapping[str, bytes]) -> dict[str, str]:
    """What the fields of headers and footers show: properties of the file."""
    core = ElementTree.fromstring(parts["docProps/core.xml"])
    elements = "http://purl.org/dc/elements/1.1/"
    out = {
        code: core.findtext(f"{{{elements}}}{name}") or ""
        for code, name in (("TITLE", "title"), ("SUBJECT", "subject"))
    }
    if "docProps/custom.xml" in parts:
        for one in ElementTree.fromstring(parts["docProps/custom.xml"]):
            out[f"DOCPROPERTY {one.get('name')}"] = "".join(one.itertext())
    return out


def _fields(xml: bytes, values: Mapping[str, str]) -> bytes:
    """What a program shows that does not compute the fields of headers and footers."""
    text = xml.decode("utf-8")
    for name, value in values.items():
        shown = re.compile(
            rf"(> {re.escape(name)} </w:instrText>.*?<w:t[^>]*>)[^<]*(</w:t>)", re.DOTALL
        )
        text = shown.sub(lambda m, v=value: m[1] + escape(v) + m[2], text)  # type: ignore[misc]
    return text.encode("utf-8")


def _document(xml: bytes, toc_depth: int) -> bytes:
    for _event, (prefix, address) in ElementTree.iterparse(io.BytesIO(xml), events=["start-ns"]):
        if not re.fullmatch(r"ns\d+", prefix):
            ElementTree.register_namespace(prefix, address)
    root = ElementTree.fromstring(xml)
    for table in root.iter(_tag("tbl")):
        _table(table)
    body = root.find(_tag("body"))
    if body is not None:
        _keep_notes(body)
        _contents(body, toc_depth)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _tag(name: str) -> str:
    return f"{{{_W}}}{name}"


def _table(table: ElementTree.Element) -> None:
    width = len(table.findall(f"{_tag('tblGrid')}/{_tag('gridCol')}"))
    _rule(table)
    rows = table.findall(_tag("tr"))
    for row in rows:
        properties = row.find(_tag("trPr"))
        if properties is None:
            properties = ElementTree.Element(_tag("trPr"))
            row.insert(0, properties)
        if properties.find(_tag("cantSplit")) is None:
            properties.insert(0, ElementTree.Element(_tag("cantSplit")))
        cells = row.findall(_tag("tc"))
        header = properties.find(_tag("tblHeader")) is not None
        if header or (len(cells) == 1 and width > 1):
            _keep_with_next(row)
        if len(cells) == 1 and width > 1 and not header:
            _shade(cells[0])


def _keep_notes(body: ElementTree.Element) -> None:
    """Notes stay with each other, and with the last rows or the caption before them."""
    blocks = [e for e in body if e.tag in (_tag("p"), _tag("tbl"))]
    for before, note in pairwise(blocks):
        if _style(note) != "TableNote":
            continue
        if before.tag == _tag("tbl"):
            for row in before.findall(_tag("tr"))[-_ROWS_WITH_NOTES:]:
                _keep_with_next(row)
        elif _style(before) in ("TableNote", "ImageCaption"):
            _keep(before)


def _style(block: ElementTree.Element) -> str:
    found = block.find(f"{_tag('pPr')}/{_tag('pStyle')}")
    return "" if found is None else found.get(_tag("val"), "")


def _rule(table: ElementTree.Element) -> None:
    # not in the style: Quarto lays figures out in tables of that style
    properties = table.find(_tag("tblPr"))
    if properties is None or properties.find(_tag("tblBorders")) is not None:
        return
    borders = ElementTree.Element(_tag("tblBorders"))
    for side, size, colour in (
        ("top", "8", _ACCENT),
        ("bottom", "8", _ACCENT),
        ("insideH", "4", "C8C8C8"),
    ):
        line = ElementTree.SubElement(borders, _tag(side))
        for name, value in (("val", "single"), ("sz", size), ("space", "0"), ("color", colour)):
            line.set(_tag(name), value)
    # the schema wants it before these
    later = {_tag(n) for n in ("shd", "tblLayout", "tblCellMar", "tblLook", "tblCaption")}
    place = next((i for i, p in enumerate(properties) if p.tag in later), len(properties))
    properties.insert(place, borders)


def _keep_with_next(row: ElementTree.Element) -> None:
    for paragraph in row.iter(_tag("p")):
        _keep(paragraph)


def _keep(paragraph: ElementTree.Element) -> None:
    properties = paragraph.find(_tag("pPr"))
    if properties is None:
        properties = ElementTree.Element(_tag("pPr"))
        paragraph.insert(0, properties)
    if properties.find(_tag("keepNext")) is None:
        place = 1 if properties.find(_tag("pStyle")) is not None else 0
        properties.insert(place, ElementTree.Element(_tag("keepNext")))


def _shade(cell: ElementTree.Element) -> None:
    properties = cell.find(_tag("tcPr"))
    if properties is None:
        properties = ElementTree.Element(_tag("tcPr"))
        cell.insert(0, properties)
    shade = ElementTree.SubElement(properties, _tag("shd"))
    shade.set(_tag("val"), "clear")
    shade.set(_tag("color"), "auto")
    shade.set(_tag("fill"), _GROUP_FILL)


def _contents(body: ElementTree.Element, depth: int) -> None:
    """Fills the table of contents, which Word would only do when it is asked to."""
    holder = next(
        (s for s in body.iter(_tag("sdtContent")) if _field(s) is not None),
        None,
    )
    if holder is None:
        return
    entries = _headings(body, depth)
    field = _field(holder)
    if field is None or not entries:
        return
    place = list(holder).index(field)
    holder.remove(field)
    for i, (level, anchor, text) in enumerate(entries):
        paragraph = ElementTree.Element(_tag("p"))
        properties = ElementTree.SubElement(paragraph, _tag("pPr"))
        ElementTree.SubElement(properties, _tag("pStyle")).set(_tag("val"), f"TOC{level}")
        if i == 0:
            _field_mark(paragraph, "begin")
            run = ElementTree.SubElement(paragraph, _tag("r"))
            code = ElementTree.SubElement(run, _tag("instrText"))
            code.text = f' TOC \\o "1-{depth}" \\h \\z \\u '
            _field_mark(paragraph, "separate")
        link = ElementTree.SubElement(paragraph, _tag("hyperlink"))
        link.set(_tag("anchor"), anchor)
        run = ElementTree.SubElement(link, _tag("r"))
        ElementTree.SubElement(run, _tag("t")).text = text
        if i == len(entries) - 1:
            _field_mark(paragraph, "end")
        holder.insert(place + i, paragraph)


def _field(holder: ElementTree.Element) -> ElementTree.Element | None:
    for paragraph in holder.findall(_tag("p")):
        if any("TOC" in (c.text or "") for c in paragraph.iter(_tag("instrText"))):
            return paragraph
    return None


def _field_mark(paragraph: ElementTree.Element, kind: str) -> None:
    run = ElementTree.SubElement(paragraph, _tag("r"))
    ElementTree.SubElement(run, _tag("fldChar")).set(_tag("fldCharType"), kind)


def _headings(body: ElementTree.Element, depth: int) -> list[tuple[int, str, str]]:
    found: list[tuple[int, str, str]] = []
    anchor = ""
    for element in body.iter():
        if element.tag == _tag("bookmarkStart"):
            anchor = element.get(_tag("name"), "")
        if element.tag != _tag("p"):
            continue
        style = element.find(f"{_tag('pPr')}/{_tag('pStyle')}")
        match = re.fullmatch(
            r"Heading(\d)", style.get(_tag("val"), "") if style is not None else ""
        )
        if match and anchor:
            text = "".join(t.text or "" for t in element.iter(_tag("t")))
            found.append((int(match[1]), anchor, text))
    top = min((level for level, _a, _t in found), default=1)
    return [(level - top + 1, a, t) for level, a, t in found if level <= depth]
