"""HTML tables (great_tables, pandas) as pandoc tables, for the formats that are not HTML."""

from __future__ import annotations

import re
from typing import Any

from survey_stats.report.render import nodes, pandoc
from survey_stats.report.render.nodes import Node

_TABLE = re.compile(r"<table[\s>].*?</table\s*>", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"^[−+\-<>≈~±]?\s*[\d\s\u00a0\u202f.,]+\s*(%|procent|kr|–\s*[\d\s.,%]+)?$")
# the typst template defines it, and the writer makes rows with it sub-headers
GROUP_FILL = "render-group-fill"
_EMPTY = {"", "–", "-", "..", "…"}
_ALIGN_CLASS = {
    "gt_left": "AlignLeft",
    "gt_right": "AlignRight",
    "gt_center": "AlignCenter",
}
_STYLE_ALIGN = re.compile(r"text-align:\s*(left|right|center)")


def html_tables(html: str) -> list[Node]:
    """Each table of a piece of HTML as a pandoc Table, with the notes below it as a Div.

    The notes (great_tables' source notes and footnotes, and words that stand after a table) have
    the class `render-table-note`.
    """
    out: list[Node] = []
    end = 0
    source = _without_style(html)
    for found in _TABLE.finditer(source):
        out.extend(_words(source[end : found.start()], bool(out)))
        for block in pandoc.read_html(found[0]):
            out.extend(_improved(block) if block["t"] == "Table" else [block])
        end = found.end()
    return [*out, *_words(source[end:], True)] if out else out


def _words(html: str, below: bool) -> list[Node]:
    """What is said before or `below` a table."""
    if not re.sub(r"<[^>]*>", "", html).strip():
        return []
    blocks = nodes.rewrite(pandoc.read_html(html), _inline)
    return [nodes.div(nodes.attr("", ["render-table-note"]), blocks)] if below else blocks


def _without_style(html: str) -> str:
    return re.sub(r"<style.*?</style>", "", html, flags=re.IGNORECASE | re.DOTALL)


def _improved(table: Node) -> list[Node]:
    attribute, caption, columns, head, bodies, foot = table["c"]
    # pandoc takes great_tables' first group heading for a header row of the body
    lead = [row for body in bodies for row in body[2]]
    rows = [row for body in bodies for row in (*body[2], *body[3])]
    columns = [[align, width] for align, width in _columns(columns, rows)]
    # heads are printed again on every page, where a PDF may not have links
    head_rows = nodes.rewrite([_row(r, bold=True, header=True) for r in head[1]], _unlinked)
    body_rows = [_row(r, bold=r in lead or _is_group(r, len(columns)), header=False) for r in rows]
    row_heads = bodies[0][1] if bodies else 0
    notes = _notes(foot[1])
    made = {
        "t": "Table",
        "c": [nodes.attr("", attribute[1]), caption, columns, [head[0], head_rows],
              [[nodes.attr(), row_heads, [], body_rows]],
              [nodes.attr(), []]],
    }  # fmt: skip
    made = nodes.rewrite(made, _inline)
    return [made, *nodes.rewrite(notes, _inline)]


def _columns(columns: list[Any], rows: list[Any]) -> list[tuple[Node, Node]]:
    by_column: list[list[Any]] = [[] for _ in columns]
    open_until: dict[int, int] = {}
    for y, row in enumerate(rows):
        at = 0
        for cell in row[1]:
            while open_until.get(at, 0) > y:
                at += 1
            if at < len(columns) and cell[3] == 1:
                by_column[at].append(cell)
            for x in range(at, at + cell[3]):
                open_until[x] = y + cell[2]
            at += cell[3]
    return [
        ({"t": _alignment(cells)}, width)
        for cells, (_align, width) in zip(by_column, columns, strict=True)
    ]


def _alignment(cells: list[Any]) -> str:
    said = [a for a in (_cell_alignment(c) for c in cells) if a]
    if said:
        return max(set(said), key=lambda a: (said.count(a), a))
    texts = [t for t in (nodes.plain_text(c[4]).strip() for c in cells) if t not in _EMPTY]
    return "AlignRight" if texts and all(_NUMBER.match(t) for t in texts) else "AlignLeft"


def _cell_alignment(cell: Any) -> str | None:
    for name in cell[0][1]:
        if name in _ALIGN_CLASS:
            return _ALIGN_CLASS[name]
    style = _STYLE_ALIGN.search(nodes.get(cell[0], "style") or "")
    if style:
        return f"Align{style[1].capitalize()}"
    own = str(cell[1]["t"])
    return None if own == "AlignDefault" else own


def _is_group(row: Any, width: int) -> bool:
    return len(row[1]) == 1 and row[1][0][3] == width and width > 1


def _row(row: Any, bold: bool, header: bool) -> Any:
    cells = []
    at = 0
    for cell in row[1]:
        attribute, _align, height, width, content = cell
        align = "AlignDefault"
        if header and width > 1:
            left = {"gt_title", "gt_subtitle"} & set(attribute[1])
            align = "AlignLeft" if left else "AlignCenter"
        content = [_bold(b) for b in content] if bold else content
        kept = [[k, v] for k, v in attribute[2] if k.startswith("typst:")]
        kept += _typst_style(nodes.get(attribute, "style") or "")
        if bold and not header:
            kept.append(["typst:fill", GROUP_FILL])
        cells.append([["", attribute[1], kept], {"t": align}, height, width, content])
        at += width
    return [nodes.attr(), cells]


def _typst_style(style: str) -> list[list[str]]:
    """The fill of a cell's inline style, which is how great_tables colours a verdict."""
    fill = re.search(r"background-color:\s*(#[0-9A-Fa-f]{6})\b", style)
    return [["typst:fill", f'rgb("{fill[1]}")']] if fill else []


def _bold(block: Node) -> Node:
    if block["t"] in {"Plain", "Para"} and block["c"] and block["c"][0]["t"] != "Strong":
        return {"t": "Plain", "c": [nodes.strong(block["c"])]}
    return block


def _notes(rows: list[Any]) -> list[Node]:
    lines: list[Node] = []
    for row in rows:
        for cell in row[1]:
            for block in cell[4]:
                if block["t"] in {"Plain", "Para"} and block["c"]:
                    lines.append(nodes.para(block["c"]))
                elif block["t"] not in {"Plain", "Para"}:
                    lines.append(block)
    return [nodes.div(nodes.attr("", ["render-table-note"]), lines)] if lines else []


def _inline(item: Node) -> Node | list[Node] | None:
    if item["t"] == "Span":
        attribute, inlines = item["c"]
        if "gt_footnote_marks" in attribute[1]:
            return {"t": "Superscript", "c": inlines}
        return list(inlines)
    if item["t"] == "Div" and "render-table-note" not in item["c"][0][1]:
        return list(item["c"][1])
    if item["t"] == "RawInline":
        return []
    if item["t"] == "Para":
        return None
    return None


def _unlinked(item: Node) -> list[Node] | None:
    return list(item["c"][1]) if item["t"] == "Link" else None


_PAGE = 453.0  # points between the margins of an A4 page
_LETTER = 4.9  # points that a letter of a 8.5 point sans takes on average
_PADDING = 12.0


def with_bold_head(item: Node) -> Node:
    """A table whose header cells are bold, for formats whose styles do not say so."""
    if item["t"] == "Table":
        for row in item["c"][3][1]:
            for cell in row[1]:
                cell[4] = [_bold(b) for b in cell[4]]
    return item


def with_widths(item: Node) -> Node:
    """A table whose columns are as wide as what is in them, for Word, which does not know.

    Columns keep their longest word whole; what is left of the page goes to those that have more
    to say. Tables that say their own widths keep them.
    """
    if item["t"] != "Table":
        return item
    columns = item["c"][2]
    if any(width["t"] != "ColWidthDefault" for _align, width in columns):
        return item
    needed = [0.0] * len(columns)
    wanted = [0.0] * len(columns)
    rows = [(True, r) for r in item["c"][3][1]]
    rows += [(False, r) for body in item["c"][4] for r in body[3]]
    open_until: dict[int, int] = {}
    for y, (header, row) in enumerate(rows):
        at = 0
        for cell in row[1]:
            while open_until.get(at, 0) > y:
                at += 1
            span = cell[3]
            for x in range(at, min(at + span, len(columns))):
                open_until[x] = y + cell[2]
            if span < len(columns) or len(columns) == 1:
                text = nodes.plain_text(cell[4])
                letter = _LETTER * (1.12 if header else 1.0)
                word = max((len(w) for w in re.split(r"[ \-]", text)), default=0)
                line = min(len(text), 44) if not header else word
                for x in range(at, min(at + span, len(columns))):
                    needed[x] = max(needed[x], word * letter / span + _PADDING)
                    wanted[x] = max(wanted[x], line * letter / span + _PADDING)
            at += span
    widths = _shared(needed, wanted)
    item["c"][2] = [
        [align, {"t": "ColWidth", "c": round(w / _PAGE, 4)}]
        for (align, _width), w in zip(columns, widths, strict=True)
    ]
    return item


def _shared(needed: list[float], wanted: list[float]) -> list[float]:
    wanted = [max(a, b) for a, b in zip(needed, wanted, strict=True)]
    if sum(wanted) <= _PAGE:
        return wanted
    if sum(needed) >= _PAGE:
        return [n * _PAGE / sum(needed) for n in needed]
    part = (_PAGE - sum(needed)) / (sum(wanted) - sum(needed))
    return [n + (w - n) * part for n, w in zip(needed, wanted, strict=True)]
