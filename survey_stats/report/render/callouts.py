"""Callouts: `::: {.callout-note}` with a title, an appearance and folding, in each format."""

from __future__ import annotations

from dataclasses import dataclass

from survey_stats.report.render import nodes
from survey_stats.report.render.nodes import Node
from survey_stats.report.render.options import Settings
from survey_stats.report.render.source import Document

KINDS = ("note", "warning", "important", "tip", "caution")
_TITLE = "render-callout-title"
_APPEARANCES = {"default", "simple", "minimal"}


@dataclass(frozen=True)
class Callout:
    """A box of the text.

    `collapse` is None where it does not fold, else whether it starts folded. `named` says that its
    title is the author's own, so that `name`, the word for its kind, is not seen in it.
    """

    kind: str
    title: list[Node]
    body: list[Node]
    appearance: str
    icon: bool
    collapse: bool | None
    identifier: str
    name: str
    named: bool


def lift_titles(blocks: list[Node]) -> list[Node]:
    """The tree with headings that are titles of callouts no longer headings of the document."""

    def visit(item: Node) -> Node | None:
        if item["t"] != "Div":
            return None
        attribute, body = item["c"]
        is_callout = any(c.startswith("callout-") for c in attribute[1])
        if not is_callout or not body or body[0]["t"] != "Header":
            return None
        title = nodes.div(nodes.attr("", [_TITLE]), [nodes.plain(body[0]["c"][2])])
        return nodes.div(attribute, [title, *body[1:]])

    return list(nodes.rewrite(blocks, visit))


def parse(item: Node, document: Document, settings: Settings) -> Callout | None:
    """The callout that a Div is, or None where it is none.

    Raises:
        RenderError: a kind of callout or an option that Quarto does not have.
    """
    if item["t"] != "Div":
        return None
    attribute, body = item["c"]
    named = next((c for c in attribute[1] if c.startswith("callout")), None)
    if named is None:
        return None
    kind = named.removeprefix("callout-")
    line = document.line_of("." + named)
    if kind not in KINDS:
        raise document.error(
            line, f"there is no callout '{named}'; use callout-{', -'.join(KINDS)}"
        )
    values = dict(attribute[2])
    unknown = set(values) - {"title", "appearance", "collapse", "icon"}
    if unknown or len(attribute[1]) > 1:
        what = sorted(unknown)[0] if unknown else attribute[1][-1]
        raise document.error(line, f"'{what}' on a callout is not supported")
    appearance = values.get("appearance", "default")
    if appearance not in _APPEARANCES:
        raise document.error(line, f"the callout appearance '{appearance}' does not exist")
    title: list[Node] = nodes.words(values["title"]) if "title" in values else []
    if body and body[0]["t"] == "Div" and _TITLE in body[0]["c"][0][1]:
        title = title or body[0]["c"][1][0]["c"]
        body = body[1:]
    name = settings.words[f"callout-{kind}-title"]
    named = bool(title)
    if not title and appearance == "default":
        title = nodes.words(name)
    icon = values.get("icon", "true") != "false" and appearance != "minimal"
    folding = {"true": True, "false": False}.get(values.get("collapse", ""))
    if appearance == "minimal":
        appearance = "simple"
    return Callout(kind, title, body, appearance, icon, folding, attribute[0], name, named)
