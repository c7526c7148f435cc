"""Writes the document tree as PDF through typst."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from survey_stats.errors import RenderError
from survey_stats.report.render import callouts, nodes, pandoc
from survey_stats.report.render.floats import Index, caption_words
from survey_stats.report.render.images import ImageFolder
from survey_stats.report.render.nodes import Node
from survey_stats.report.render.options import Settings
from survey_stats.report.render.source import Document
from survey_stats.report.render.tables import GROUP_FILL, html_tables, with_bold_head
from survey_stats.report.render.titles import Title
from survey_stats.resources import reports_path

_MARKUP = re.compile(r"=+|\+|-|/")
_TEMPLATE = Path(__file__).with_name("template.typ")


def write(
    tree: dict[str, Any],
    blocks: list[Node],
    index: Index,
    title: Title,
    document: Document,
    settings: Settings,
    target: Path,
) -> None:
    """Writes `blocks` to `target`; the typst source is made in the folder of `target`."""
    folder = target.parent / "typst"
    folder.mkdir()
    for partial in _partials(settings):
        shutil.copyfile(partial, folder / partial.name)
    shutil.copyfile(_TEMPLATE, folder / "template.typ")
    body = _for_typst(blocks, index, document, settings, folder)
    shift = [] if any(h["c"][0] == 1 for h in nodes.elements(body, "Header")) else ["-1"]
    arguments = [
        "--from=json", "--to=typst", "--standalone", "--wrap=none", "--no-highlight",
        f"--template={folder / 'template.typ'}",
        *(f"--shift-heading-level-by={s}" for s in shift),
    ]  # fmt: skip
    source = pandoc.run(
        arguments,
        json.dumps({**tree, "meta": _meta(title, document.path.stem, settings), "blocks": body}),
    )
    main = folder / "document.typ"
    main.write_text(_group_headers(source.decode("utf-8")), encoding="utf-8")
    compile_pdf(main, target)


def _group_headers(source: str) -> str:
    """Group rows as sub-headers of their table: they stay with the rows that they name."""
    row = re.compile(rf"^(\s*)(table\.cell\([^\n]*fill: {GROUP_FILL}\b[^\n]*\],)$", re.MULTILINE)
    return row.sub(r"\1table.header(level: 2, repeat: false, \2),", source)


def compile_pdf(source: Path, target: Path) -> None:
    """Compiles a typst file, offline and with fonts that come along.

    Raises:
        RenderError: typst refuses; the text is its first line.
    """
    try:
        import typst
    except ImportError:
        raise RenderError(
            "typst is missing; install it with: pip install 'survey-stats-lagesbild[report]'"
        ) from None
    try:
        _nothing, warnings = typst.compile_with_warnings(
            str(source),
            output=str(target),
            root=str(source.parent),
            font_paths=[str(p) for p in font_folders()],
            ignore_system_fonts=True,
            timestamp=0,
            pdf_standards="ua-1",
        )
    except typst.TypstError as error:
        raise RenderError(f"typst could not set the PDF: {str(error).splitlines()[0]}") from None
    for warning in warnings:
        if "unknown font family" in str(warning):
            raise RenderError(f"typst has no such font: {str(warning).splitlines()[0]}")


def font_folders() -> Sequence[Path]:
    """Where the sans serif is: matplotlib brings DejaVu Sans, which the figures use too."""
    try:
        import matplotlib
    except ImportError:
        return []
    return [Path(matplotlib.get_data_path()) / "fonts" / "ttf"]


def _partials(settings: Settings) -> list[Path]:
    given = settings.files("template-partials")
    names = {p.name for p in given}
    for path in given:
        if path.name not in {"typst-template.typ", "typst-show.typ"} or not path.is_file():
            raise RenderError(
                f"The template partial {path} does not exist or is not one of typst-template.typ "
                f"and typst-show.typ"
            )
    own = ("typst-template.typ", "typst-show.typ")
    return [*given, *(reports_path("style", n) for n in own if n not in names)]


def _meta(title: Title, name: str, settings: Settings) -> dict[str, Any]:
    def string(text: str) -> Node:
        return {"t": "MetaInlines", "c": [nodes.text(text)]}

    def verbatim(text: str) -> Node:
        return {"t": "MetaInlines", "c": [nodes.raw_inline("typst", text)]}

    lang = settings.lang
    meta: dict[str, Any] = {
        "file-title": verbatim(string_literal(title.plain or name)),
        "lang": verbatim(lang),
        "region": verbatim("SE" if lang == "sv" else "GB"),
        "papersize": verbatim(settings.text("papersize", "a4")),
        "toc": {"t": "MetaBool", "c": settings.flag("toc")},
        "toc-depth": verbatim(str(settings.integer("toc-depth", 3))),
        "toc-title": string(settings.text("toc-title", settings.words["toc-title-document"])),
        "labels": {
            "t": "MetaMap", "c": {"abstract": string(settings.words["section-title-abstract"])}
        },
    }  # fmt: skip
    for name in ("title", "subtitle", "abstract"):
        inlines = getattr(title, name)
        if inlines:
            meta[name] = {"t": "MetaInlines", "c": inlines}
    if title.authors:
        people = [
            {"t": "MetaMap", "c": {"name": {"t": "MetaMap", "c": {"literal": string(a)}}}}
            for a in title.authors
        ]
        meta["by-author"] = {"t": "MetaList", "c": people}
    if title.date:
        meta["date"] = string(title.date)
    if settings.flag("number-sections"):
        meta["section-numbering"] = verbatim(settings.text("section-numbering", "1.1.a"))
    keywords = settings.values.get("keywords")
    if keywords:
        listed = keywords if isinstance(keywords, list) else [keywords]
        meta["keywords"] = {"t": "MetaList", "c": [string(str(k)) for k in listed]}
    for name in ("mainfont", "fontsize"):
        if settings.text(name):
            meta[name] = verbatim(settings.text(name))
    for name, line in (("page-header", title.page_header), ("page-footer", title.page_footer)):
        if line:
            meta[name] = string(line)
    margin = settings.values.get("margin")
    if isinstance(margin, dict):
        meta["margin"] = {
            "t": "MetaMap", "c": {str(k): verbatim(str(v)) for k, v in margin.items()}
        }  # fmt: skip
    return meta


def _for_typst(
    blocks: list[Node], index: Index, document: Document, settings: Settings, folder: Path
) -> list[Node]:
    images = ImageFolder(folder, document)

    def visit(item: Node) -> Node | list[Node] | None:
        kind = item["t"]
        if kind == "Image":
            return _image(item, document, images)
        if kind == "Str" and _MARKUP.fullmatch(item["c"]):
            # pandoc lets a cell that begins with "= " become a heading
            return nodes.raw_inline("typst", "".join(f"\\{c}" for c in item["c"]))
        if kind == "Math":
            return _formula(item)
        if kind == "RawBlock" and item["c"][0] == "html":
            return [_plain_table(b) for b in html_tables(item["c"][1])]
        if kind in {"RawBlock", "RawInline"} and item["c"][0] != "typst":
            return []
        if kind == "Table":
            return _plain_table(with_bold_head(item))
        if kind == "Div" and "render-float" in item["c"][0][1]:
            return _float(item, index, settings)
        if kind == "Div" and {"cell", "cell-output"} & set(item["c"][0][1]):
            # a box of its own would hold back what a cell says about the page
            return [*_anchor(item["c"][0][0]), *item["c"][1]]
        if kind in {"Span", "Div"} and nodes.get(item["c"][0], "lang"):
            return _foreign(item)
        callout = callouts.parse(item, document, settings)
        return _callout(callout) if callout else None

    return list(nodes.rewrite(nodes.rewrite(blocks, visit), _note))


def _foreign(item: Node) -> list[Node]:
    """Words of another language, so that they are read aloud and hyphenated in it."""
    lang, _minus, region = str(nodes.get(item["c"][0], "lang")).partition("-")
    where = string_literal(region) if region else "none"
    opened = f"#text(lang: {string_literal(lang)}, region: {where})["
    raw = nodes.raw_inline if item["t"] == "Span" else nodes.raw
    return [raw("typst", opened), *item["c"][1], raw("typst", "]")]


def _anchor(label: str) -> list[Node]:
    return [nodes.raw("typst", f"#[] <{label}>")] if label else []


def _note(item: Node) -> list[Node] | None:
    if item["t"] == "Div" and {"render-table-note", "table-notes"} & set(item["c"][0][1]):
        # notes that follow a table move up to it
        lift = "(lift: 1em)" if "table-notes" in item["c"][0][1] else ""
        return [nodes.raw("typst", f"#table-note{lift}["), *item["c"][1], nodes.raw("typst", "]")]
    return None


def _plain_table(item: Node) -> Node:
    if item["t"] == "Table":
        item["c"][0][1] = [*item["c"][0][1], "typst:no-figure"]
    return item


def _image(item: Node, document: Document, images: ImageFolder) -> Node:
    attribute, words, (address, _hint) = item["c"]
    arguments = [
        string_literal(images.name(address)),
        f"alt: {string_literal(nodes.plain_text(words))}",
    ]
    for name in ("width", "height"):
        size = nodes.get(attribute, name)
        if size:
            arguments.append(f"{name}: {_length(size, document)}")
    return nodes.raw_inline("typst", f"#box(image({', '.join(arguments)}))")


def _formula(item: Node) -> list[Node]:
    # read aloud as it was written, as TeX
    alt = string_literal(item["c"][1])
    return [
        nodes.raw_inline("typst", f"#[#set math.equation(alt: {alt});"),
        item,
        nodes.raw_inline("typst", "]"),
    ]


def _length(size: str, document: Document) -> str:
    match = re.fullmatch(r"([\d.]+)\s*(%|in|cm|mm|pt|em|px)?", size)
    if match is None:
        raise document.error(document.line_of(size), f"the size '{size}' is not understood")
    if match[2] in {None, "px"}:
        return f"{float(match[1]) / 96:.4f}in"
    return f"{match[1]}{match[2]}"


def string_literal(text: str) -> str:
    r"""A typst string literal.

    >>> print(string_literal('a "b" \\ c'))
    "a \"b\" \\ c"
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def _float(item: Node, index: Index, settings: Settings) -> list[Node]:
    attribute, (caption, *content) = item["c"]
    target = index.targets[attribute[0]]
    place = nodes.get(attribute, "cap-location") or settings.text(
        f"{target.kind}-cap-location", "bottom" if target.kind == "fig" else "top"
    )
    title = string_literal(settings.words[f"crossref-{target.kind}-title"])
    return [
        nodes.raw("typst", "#figure(["),
        *content,
        nodes.raw("typst", f"], caption: figure.caption(position: {place}, ["),
        nodes.plain(caption_words(target, caption["c"], settings)),
        # the number is in the caption, so that all formats print the same one
        nodes.raw(
            "typst",
            f']), kind: "quarto-float-{target.kind}", supplement: {title}, numbering: none)'
            f"<{attribute[0]}>",
        ),
    ]


def _callout(callout: callouts.Callout) -> list[Node]:
    label = f"<{callout.identifier}>" if callout.identifier else ""
    return [
        nodes.raw("typst", f"#render-callout({string_literal(callout.kind)}, title: ["),
        nodes.plain(callout.title),
        nodes.raw("typst", "])["),
        *callout.body,
        nodes.raw("typst", f"]{label}"),
    ]
