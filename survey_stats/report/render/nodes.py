"""Small tools for pandoc's document tree in its JSON form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Node = dict[str, Any]
Attr = list[Any]
Visit = Callable[[Node], "Node | list[Node] | None"]


def attr(identifier: str = "", classes: list[str] | None = None, **pairs: str) -> Attr:
    """A pandoc Attr; underscores in names of pairs become hyphens.

    >>> attr("fig-a", ["cell"], custom_style="Caption")
    ['fig-a', ['cell'], [['custom-style', 'Caption']]]
    """
    return [identifier, list(classes or []), [[k.replace("_", "-"), v] for k, v in pairs.items()]]


def get(attribute: Attr, name: str) -> str | None:
    """The value of a key of an Attr."""
    for key, value in attribute[2]:
        if key == name:
            return str(value)
    return None


def pop(attribute: Attr, name: str) -> str | None:
    """The value of a key of an Attr, which loses it."""
    value = get(attribute, name)
    attribute[2] = [pair for pair in attribute[2] if pair[0] != name]
    return value


def div(attribute: Attr, blocks: list[Node]) -> Node:
    return {"t": "Div", "c": [attribute, blocks]}


def span(attribute: Attr, inlines: list[Node]) -> Node:
    return {"t": "Span", "c": [attribute, inlines]}


def plain(inlines: list[Node]) -> Node:
    return {"t": "Plain", "c": inlines}


def para(inlines: list[Node]) -> Node:
    return {"t": "Para", "c": inlines}


def text(string: str) -> Node:
    return {"t": "Str", "c": string}


def space() -> Node:
    return {"t": "Space"}


def strong(inlines: list[Node]) -> Node:
    return {"t": "Strong", "c": inlines}


def raw(fmt: str, source: str) -> Node:
    return {"t": "RawBlock", "c": [fmt, source]}


def raw_inline(fmt: str, source: str) -> Node:
    return {"t": "RawInline", "c": [fmt, source]}


def link(inlines: list[Node], target: str, classes: list[str] | None = None) -> Node:
    return {"t": "Link", "c": [attr("", classes), inlines, [target, ""]]}


def words(string: str) -> list[Node]:
    """A string as pandoc inlines."""
    out: list[Node] = []
    for i, part in enumerate(string.split(" ")):
        if i:
            out.append(space())
        if part:
            out.append(text(part))
    return out


def rewrite(node: Any, visit: Visit) -> Any:
    """`node` with `visit` applied to every element, children first.

    `visit` returns None to keep an element, an element to replace it, or a list to splice in.
    """
    if isinstance(node, list):
        out: list[Any] = []
        for item in node:
            if isinstance(item, dict) and "t" in item:
                done = _rewritten(item, visit)
                if isinstance(done, list):
                    out.extend(done)
                else:
                    out.append(done)
            else:
                out.append(rewrite(item, visit))
        return out
    if isinstance(node, dict):
        if "t" in node:
            return _rewritten(node, visit)
        return {key: rewrite(value, visit) for key, value in node.items()}
    return node


def _rewritten(item: Node, visit: Visit) -> Node | list[Node]:
    changed = dict(item)
    if "c" in changed:
        changed["c"] = rewrite(changed["c"], visit)
    result = visit(changed)
    return changed if result is None else result


def elements(node: Any, *kinds: str) -> Iterator[Node]:
    """Every element of these kinds in document order (all kinds if none is named)."""
    if isinstance(node, list):
        for item in node:
            yield from elements(item, *kinds)
    elif isinstance(node, dict):
        if "t" in node and (not kinds or node["t"] in kinds):
            yield node
        for value in node.values():
            if isinstance(value, list | dict):
                yield from elements(value, *kinds)


def plain_text(node: Any) -> str:
    """The words of a node without markup.

    >>> plain_text([text("a"), space(), strong([text("b")])])
    'a b'
    """
    out: list[str] = []
    for element in elements(node):
        kind = element["t"]
        if kind == "Str":
            out.append(element["c"])
        elif kind in {"Space", "SoftBreak", "LineBreak"}:
            out.append(" ")
        elif kind in {"Code", "Math"}:
            out.append(element["c"][1])
    return "".join(out)
