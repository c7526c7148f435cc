"""Writes the document tree as one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import html as html_text
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from survey_stats import labels
from survey_stats.report.render import active, callouts, nodes, pandoc
from survey_stats.report.render.floats import Index, Target, caption_words
from survey_stats.report.render.images import data_uri, file_of
from survey_stats.report.render.nodes import Node
from survey_stats.report.render.options import Settings
from survey_stats.report.render.source import Document
from survey_stats.report.render.titles import Title
from survey_stats.resources import reports_path

_TEMPLATE = Path(__file__).with_name("template.html")
_POLICY = "render-policy"  # in the template, until it is known whether the page has a script
_REMOTE = re.compile(r"url\(\s*['\"]?(?:https?:)?//|@import", re.IGNORECASE)


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
    body = _for_html(blocks, index, document, settings)
    meta = _meta(title, document, settings)
    arguments = [
        "--from=json", "--to=html5", "--standalone", f"--template={_TEMPLATE}",
        "--section-divs", "--wrap=none", "--mathml", "--no-highlight",
        f"--toc-depth={settings.integer('toc-depth', 3)}",
    ]  # fmt: skip
    if settings.flag("toc"):
        arguments.append("--toc")
    source = json.dumps({**tree, "meta": meta, "blocks": body})
    page = pandoc.run(arguments, source).decode("utf-8")
    _refuse_remote(page, document)
    target.write_text(_finish(page, settings), encoding="utf-8", newline="\n")


def _meta(title: Title, document: Document, settings: Settings) -> dict[str, Any]:
    lang = settings.lang
    own = reports_path("style", "lagesbild.css")
    given = [path.resolve() for path in settings.files("css")]
    styles = [own, *(path for path in given if path != own.resolve())]
    variables: dict[str, Any] = {
        "lang": _string(lang),
        "pagetitle": _string(settings.text("pagetitle") or title.plain or document.path.stem),
        "styles": _raw("\n".join(_stylesheet(path) for path in styles)),
        "skip": _string(labels.heading("skip to content", lang)),
        "toc-title": _string(settings.text("toc-title", settings.words["toc-title-document"])),
        "author-label": _string(
            settings.words[
                "title-block-author-plural"
                if len(title.authors) > 1
                else "title-block-author-single"
            ]
        ),
        "date-label": _string(settings.words["title-block-published"]),
        "keywords-label": _string(settings.words["title-block-keywords"]),
        "abstract-label": _string(settings.words["section-title-abstract"]),
        "authors": {"t": "MetaList", "c": [_string(a) for a in title.authors]},
    }
    for name in ("title", "subtitle", "abstract"):
        inlines = getattr(title, name)
        if inlines:
            variables[name] = {"t": "MetaInlines", "c": inlines}
    if title.date:
        variables["date"] = _string(title.date)
    keywords = settings.values.get("keywords")
    if keywords:
        listed = keywords if isinstance(keywords, list) else [keywords]
        variables["keywords-meta"] = _string(", ".join(map(str, listed)))
    if title.description:
        variables["description-meta"] = _string(title.description)
    lines = {"page-header": title.page_header, "page-footer": title.page_footer}
    for name, line in lines.items():
        if line:
            variables[name] = _string(line)
    if any(lines.values()):
        variables["page-margins"] = _raw(_margins(lines))
    return variables


def _string(text: str) -> Node:
    return {"t": "MetaInlines", "c": [nodes.text(text)]}


def _raw(text: str) -> Node:
    return {"t": "MetaInlines", "c": [nodes.raw_inline("html", text)]}


def _margins(lines: Mapping[str, str]) -> str:
    """What a browser prints in the margins of every page.

    >>> _margins({"page-header": "", "page-footer": 'a "b"'})
    '@page { @bottom-left { content: "a \\\\000022b\\\\000022"; } }'
    """
    places = (("page-header", "@top-right"), ("page-footer", "@bottom-left"))
    boxes = [
        f'{place} {{ content: "{_css_text(lines[name])}"; }}'
        for name, place in places
        if lines[name]
    ]
    return f"@page {{ {' '.join(boxes)} }}"


def _css_text(text: str) -> str:
    # whatever could end the string, the rule or the element
    return re.sub(r"[^\w .,:;·()–-]", lambda found: f"\\{ord(found[0]):06x}", text)


def _stylesheet(path: Path) -> str:
    from survey_stats.errors import RenderError

    if not path.is_file():
        raise RenderError(f"There is no style sheet {path}; 'css' names it")
    css = path.read_text(encoding="utf-8")
    if _REMOTE.search(css):
        raise RenderError(f"{path.name} loads something from elsewhere; a document is one file")
    return css.replace("</", "<\\/")


def _refuse_remote(page: str, document: Document) -> None:
    """A document loads nothing and runs nothing: no cell's HTML, no font that a table asks for."""
    for found, what in (
        (active.runs(page), "would run as a script; a document has none"),
        (active.loads(page), "would load something from elsewhere"),
    ):
        if found:
            said = " ".join(found.split())[:60]
            raise document.error(document.line_of(found[:30]), f"'{said}' {what}")


def _for_html(
    blocks: list[Node], index: Index, document: Document, settings: Settings
) -> list[Node]:
    counter = [0]

    def visit(item: Node) -> Node | list[Node] | None:
        kind = item["t"]
        if kind == "Header":
            return _numbered_heading(item)
        if kind == "Image":
            attribute, words, (address, hint) = item["c"]
            attribute[1] = [c for c in attribute[1] if c != "render-described"]
            uri = data_uri(file_of(address, document))
            return {"t": "Image", "c": [attribute, words, [uri, hint]]}
        if kind == "RawBlock" and item["c"][0] == "html":
            counter[0] += 1
            own = own_identifiers(item["c"][1], f"t{counter[0]}")
            # a corner without words heads nothing
            return nodes.raw("html", re.sub(r"<th\b[^>]*>\s*</th>", "<td></td>", own))
        if kind in {"RawBlock", "RawInline"} and item["c"][0] not in {"html", "html5"}:
            return []
        if kind == "Div" and "render-float" in item["c"][0][1]:
            return _figure(item, index, settings)
        callout = callouts.parse(item, document, settings)
        return _callout(callout) if callout else None

    body = list(nodes.rewrite(blocks, visit))
    return _scrolling(body)


def _numbered_heading(item: Node) -> Node:
    level, attribute, words = item["c"]
    number = nodes.get(attribute, "number")
    if number:
        mark = nodes.span(nodes.attr("", ["header-section-number"]), [nodes.text(number)])
        words = [mark, nodes.space(), *words]
    return {"t": "Header", "c": [level, attribute, words]}


def _figure(item: Node, index: Index, settings: Settings) -> Node:
    attribute, (caption, *content) = item["c"]
    label = attribute[0]
    target: Target = index.targets[label]
    default = "bottom" if target.kind == "fig" else "top"
    place = nodes.get(attribute, "cap-location") or settings.text(
        f"{target.kind}-cap-location", default
    )
    classes = f"quarto-float-caption-{place} quarto-float-caption quarto-float-{target.kind}"
    words = caption_words(target, caption["c"], settings)
    captioned = [
        nodes.raw("html", f'<figcaption id="{_escape(label)}-caption" class="{classes}">'),
        nodes.plain(words),
        nodes.raw("html", "</figcaption>"),
    ]
    inner = nodes.div(nodes.attr("", [f"quarto-float-{target.kind}-content"]), content)
    ordered = [*captioned, inner] if place == "top" else [inner, *captioned]
    figure = [
        nodes.raw("html", f'<figure class="quarto-float quarto-float-{target.kind} figure">'),
        *ordered,
        nodes.raw("html", "</figure>"),
    ]
    return nodes.div(nodes.attr(label, ["quarto-figure", "quarto-figure-center"]), figure)


def _callout(callout: callouts.Callout) -> Node:
    classes = ["callout", f"callout-style-{callout.appearance}", f"callout-{callout.kind}"]
    classes += [] if callout.icon else ["no-icon"]
    classes += ["callout-titled"] if callout.title else []
    body = nodes.div(nodes.attr("", ["callout-body-container", "callout-body"]), callout.body)
    if not callout.title:
        return nodes.div(nodes.attr(callout.identifier, classes), [body])
    title = callout.title
    if callout.named:
        hidden = nodes.span(nodes.attr("", ["screen-reader-only"]), nodes.words(callout.name))
        title = [hidden, nodes.space(), *title]
    head = nodes.div(nodes.attr("", ["callout-title-container", "flex-fill"]), [nodes.plain(title)])
    if callout.collapse is None:
        header = nodes.div(nodes.attr("", ["callout-header"]), [head])
        return nodes.div(nodes.attr(callout.identifier, classes), [header, body])
    opened = "" if callout.collapse else " open"
    folding = [
        nodes.raw("html", f'<details{opened}><summary class="callout-header">'),
        nodes.plain(title),
        nodes.raw("html", "</summary>"),
        body,
        nodes.raw("html", "</details>"),
    ]
    return nodes.div(nodes.attr(callout.identifier, classes), folding)


def _scrolling(blocks: list[Node]) -> list[Node]:
    """Tables and numbered pictures in boxes that scroll and can be reached by keyboard."""

    def visit(item: Node) -> Node | list[Node] | None:
        if item["t"] == "Div" and item["c"][0][1] == ["quarto-float-fig-content"]:
            item["c"][0] = nodes.attr("", [*item["c"][0][1], "figure-scroll"], tabindex="0")
            return item
        is_table = item["t"] == "Table" or (
            item["t"] == "RawBlock" and "<table" in item["c"][1].lower()
        )
        return (
            nodes.div(nodes.attr("", ["table-scroll"], tabindex="0"), [item]) if is_table else None
        )

    return list(nodes.rewrite(blocks, visit))


def own_identifiers(html: str, prefix: str) -> str:
    """HTML whose ids, and what refers to them, are unique on the page and always the same.

    great_tables names columns by their own names, so two tables share ids, and its own id is
    random.

    >>> own_identifiers('<th id="n">n</th><td headers="n m">1</td>', "t1")
    '<th id="t1-n">n</th><td headers="t1-n m">1</td>'
    """
    found = re.findall(r'(?<=[\s])id="([^"]+)"', html)
    if not found:
        return html
    outer = re.match(r'\s*<div id="([a-z]{10})"', html)
    renamed = {name: f"{prefix}-{_plain_id(name)}" for name in found}
    if outer:
        renamed[outer[1]] = prefix
        html = re.sub(rf"#{outer[1]}\b", f"#{prefix}", html)

    def one(match: re.Match[str]) -> str:
        value = html_text.unescape(match[3])
        names = [renamed.get(n, renamed.get(match[3], n)) for n in value.split(" ")]
        if match[2] == "id":
            names = [renamed[match[3]]]
        return f'{match[1]}{match[2]}="{" ".join(names)}"'

    return re.sub(r'(\s)(id|headers|aria-labelledby|aria-describedby|for)="([^"]*)"', one, html)


def _plain_id(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", labels_fold(name)).strip("-")
    return plain or hashlib.sha256(name.encode()).hexdigest()[:8]


def labels_fold(name: str) -> str:
    """A name with Swedish letters as plain ones, for ids."""
    return name.translate(str.maketrans("åäöÅÄÖéü", "aaoAAOeu"))


def _escape(text: str) -> str:
    return html_text.escape(text, quote=True)


def _finish(page: str, settings: Settings) -> str:
    heading = _escape(settings.words["section-title-footnotes"])
    page = re.sub(
        r'<section id="footnotes"([^>]*)>\s*<hr />',
        rf'<section id="footnotes"\1>\n<h2 class="quarto-appendix-heading">{heading}</h2>',
        page,
    )
    # the caption names what it stands by, and the box that scrolls says what it holds
    page = re.sub(
        r"<figure\b.*?</figure>", lambda found: _named_boxes(found[0]), page, flags=re.DOTALL
    )
    if "<table" not in page:
        return page.replace(_POLICY, _policy(""), 1)
    script = "\n" + reports_path("style", "tables.js").read_text(encoding="utf-8")
    page = page.replace("</body>", f"<script>{script}</script>\n</body>")
    return page.replace(_POLICY, _policy(script), 1)


def _policy(script: str) -> str:
    """What a browser lets the page do: nothing from elsewhere, and no script but its own one.

    The own script sets buttons that sort into the heads of tables.
    """
    allowed = "'none'"
    if script:
        digest = hashlib.sha256(script.encode("utf-8")).digest()
        allowed = f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
    return (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {allowed}; "
        "base-uri 'none'; form-action 'none'"
    )


def _named_boxes(figure: str) -> str:
    caption = re.search(r'<figcaption id="([^"]+)"', figure)
    if caption is None:
        return figure
    return re.sub(
        r'(<div class="[^"]*\b(?:table|figure)-scroll")',
        rf'\1 role="region" aria-labelledby="{caption[1]}"',
        figure,
    )
