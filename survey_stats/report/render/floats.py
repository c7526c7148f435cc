"""Numbered figures and tables: found in the document tree, and references to them resolved."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from survey_stats.labels import NBSP
from survey_stats.report.render import nodes
from survey_stats.report.render.nodes import Node
from survey_stats.report.render.options import Settings
from survey_stats.report.render.source import Document

_LABEL = re.compile(r"^(fig|tbl)-\S+$")
_REFERENCE = re.compile(r"^([A-Za-z]+)-.+$")
_KINDS = {"fig", "tbl", "sec"}
_QUARTO_KINDS = {
    "lst", "eq", "thm", "lem", "cor", "prp", "cnj", "def", "exm", "exr", "prf", "rem", "sol",
    "nte", "wrn", "cau", "tip", "imp", "apx", "ch", "vid", "dia", "alg",
}  # fmt: skip


@dataclass(frozen=True)
class Target:
    """Something with a number that text can refer to: `number` is "3" or, for a section, "2.1"."""

    kind: str
    number: str


@dataclass
class Index:
    """The targets of a document by label."""

    targets: dict[str, Target] = field(default_factory=dict)

    def add(self, document: Document, label: str, target: Target) -> None:
        if label in self.targets:
            raise document.error(
                document.line_of(label), f"the label '{label}' is used more than once"
            )
        self.targets[label] = target


def mark_floats(blocks: list[Node], document: Document) -> list[Node]:
    """Every figure and table as `Div(#label .render-float)` whose first child is its caption.

    They come from labelled cells, from images and tables with a label, and from divs
    `::: {#fig-...}` and `::: {#tbl-...}`.

    Raises:
        RenderError: a caption without a label, or a float without its content.
    """

    def visit(item: Node) -> Node | list[Node] | None:
        if item["t"] == "Figure":
            return _from_figure(item, document)
        if item["t"] == "Table":
            return _from_table(item, document)
        if item["t"] == "Div" and _LABEL.match(item["c"][0][0]):
            return _from_div(item, document)
        return None

    return list(nodes.rewrite(blocks, visit))


def _float(label: str, caption: list[Node], content: list[Node], location: str | None) -> Node:
    attribute = nodes.attr(label, ["render-float"])
    if location:
        attribute[2].append(["cap-location", location])
    return nodes.div(attribute, [nodes.plain(caption), *content])


def _from_figure(item: Node, document: Document) -> Node:
    attribute, (_short, long), content = item["c"]
    caption = long[0]["c"] if long else []
    image = next(nodes.elements(content, "Image"), None)
    if image is not None and nodes.get(image["c"][0], "fig-alt") is None:
        image["c"][0][2].append(["fig-alt", nodes.plain_text(caption)])
    if not _LABEL.match(attribute[0]):
        words = nodes.plain_text(caption)
        raise document.error(
            document.line_of(words[:30]),
            f"the figure '{words[:40]}' needs a label such as {{#fig-name}} to be numbered",
        )
    location = nodes.get(attribute, "fig-cap-location")
    return _float(attribute[0], caption, content, location)


def _from_table(item: Node, document: Document) -> Node | None:
    attribute, (_short, long) = item["c"][0], item["c"][1]
    caption = long[0]["c"] if long else []
    if not caption:
        return None
    label = attribute[0]
    if not _LABEL.match(label):
        words = nodes.plain_text(caption)
        raise document.error(
            document.line_of(words[:30]),
            f"the table '{words[:40]}' needs a label such as {{#tbl-name}} to be numbered",
        )
    if nodes.get(attribute, "tbl-colwidths"):
        raise document.error(document.line_of(label), "tbl-colwidths is not supported")
    bare = {"t": "Table", "c": [nodes.attr("", attribute[1]), [None, []], *item["c"][2:]]}
    return _float(label, caption, [bare], None)


def _from_div(item: Node, document: Document) -> Node | None:
    attribute, content = item["c"]
    label = attribute[0]
    line = document.line_of(label)
    location = nodes.get(attribute, "cap-location") or nodes.get(
        attribute, f"{label[:3]}-cap-location"
    )
    if "cell" in attribute[1]:
        return None
    caption: list[Node] = []
    if content and _is_caption(content[-1]):
        inner = content[-1]["c"][1]
        caption = inner[0]["c"] if inner else []
        content = content[:-1]
    elif "render-float" not in attribute[1]:
        content, caption = _div_caption(content)
        allowed = {"fig-cap-location", "tbl-cap-location"}
        odd = [k for k, _ in attribute[2] if k not in allowed]
        if odd or attribute[1]:
            what = odd[0] if odd else attribute[1][0]
            raise document.error(line, f"'{what}' on the div '{label}' is not supported")
    if len([c for c in content if _is_float(c)]) > 0:
        raise document.error(line, f"figures inside the figure '{label}' are not supported")
    if not content:
        raise document.error(line, f"'{label}' holds no figure or table")
    return _float(label, caption, content, location)


def _div_caption(content: list[Node]) -> tuple[list[Node], list[Node]]:
    if content and content[-1]["t"] == "Para" and len(content) > 1:
        return content[:-1], content[-1]["c"]
    return content, []


def _is_caption(item: Node) -> bool:
    return item["t"] == "Div" and "render-caption" in item["c"][0][1]


def _is_float(item: Node) -> bool:
    return item["t"] == "Div" and "render-float" in item["c"][0][1]


def number(blocks: list[Node], document: Document, settings: Settings) -> Index:
    """Gives floats and sections their numbers, in document order.

    Section numbers go by absolute level, as Quarto's: a document whose first level is two starts
    with that one. Where sections are numbered the headings get their `number` attribute.
    """
    index = Index()
    counts = {"fig": 0, "tbl": 0}
    headings = list(nodes.elements(blocks, "Header"))
    top = min((h["c"][0] for h in headings), default=1)
    levels: list[int] = [0] * 7
    numbered = settings.flag("number-sections")
    depth = settings.integer("number-depth", 6)
    for item in nodes.elements(blocks, "Div", "Header"):
        if item["t"] == "Header":
            level, attribute, _words = item["c"]
            if "unnumbered" in attribute[1]:
                if attribute[0].startswith("sec-"):
                    index.add(document, attribute[0], Target("sec", ""))
                continue
            levels[level] = levels[level] + 1 if level < 7 else 1
            levels[level + 1 :] = [0] * (6 - level)
            text = ".".join(str(n) for n in levels[top : level + 1])
            if numbered and level <= depth:
                attribute[2].append(["number", text])
            if attribute[0].startswith("sec-"):
                index.add(document, attribute[0], Target("sec", text if numbered else ""))
        elif _is_float(item):
            label = item["c"][0][0]
            kind = label[:3]
            counts[kind] += 1
            index.add(document, label, Target(kind, str(counts[kind])))
    return index


def caption_words(target: Target, caption: list[Node], settings: Settings) -> list[Node]:
    """The caption as it is printed: "Figur 1: ..."."""
    title = settings.words[f"crossref-{target.kind}-title"]
    delimiter = str((settings.values.get("crossref") or {}).get("title-delim", ":"))
    prefix = f"{title}{NBSP}{target.number}"
    if not caption:
        return [nodes.text(prefix)]
    return [nodes.text(prefix + delimiter), nodes.space(), *caption]


def resolve(blocks: list[Node], index: Index, document: Document, settings: Settings) -> list[Node]:
    """The tree with each `@fig-x` a link that reads "Figur 1".

    Raises:
        RenderError: a reference to nothing, of a kind that is not supported, or a citation.
    """

    def visit(item: Node) -> list[Node] | None:
        if item["t"] != "Cite":
            return None
        out: list[Node] = []
        for i, citation in enumerate(item["c"][0]):
            if i:
                out += [nodes.text(","), nodes.space()]
            out.append(_reference(citation, index, document, settings))
        return out

    return list(nodes.rewrite(blocks, visit))


def _reference(
    citation: dict[str, Any], index: Index, document: Document, settings: Settings
) -> Node:
    written = str(citation["citationId"])
    line = document.line_of("@" + written)
    match = _REFERENCE.match(written)
    kind = match[1].lower() if match else ""
    label = written[:1].lower() + written[1:]
    if kind in _QUARTO_KINDS:
        raise document.error(line, f"cross references of the kind '{kind}-' are not supported")
    if kind not in _KINDS:
        raise document.error(
            line,
            f"'@{written}' is a citation, and bibliographies are not supported; write \\@ for a "
            f"plain @",
        )
    if label not in index.targets:
        from survey_stats.errors import nearest

        close = nearest(label, list(index.targets))
        hint = f"; did you mean '@{close[0]}'?" if close else "; nothing has that label"
        raise document.error(line, f"the cross reference '@{written}' leads nowhere{hint}")
    target = index.targets[label]
    if not target.number:
        raise document.error(
            line,
            f"'@{written}' refers to a section without a number; set 'number-sections: true'",
        )
    if citation["citationSuffix"]:
        raise document.error(line, f"text after '@{written}' inside the brackets is not supported")
    prefix: list[Node] = []
    if citation["citationPrefix"]:
        prefix = [*citation["citationPrefix"], nodes.text(NBSP)]
    elif citation["citationMode"]["t"] != "SuppressAuthor":
        word = settings.words[f"crossref-{kind}-prefix"]
        if written[:1].isupper():
            word = word[:1].upper() + word[1:]
        prefix = [nodes.text(word + NBSP)]
    return nodes.link([*prefix, nodes.text(target.number)], "#" + label, ["quarto-xref"])
