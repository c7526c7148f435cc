"""PDF/UA-1: the tags, and what else a reader with assistive technology needs."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pikepdf = pytest.importorskip("pikepdf", reason="pikepdf is not installed")

pytestmark = pytest.mark.slow


@dataclass
class Element:
    """A structure element: role, attributes, what is in it; `marked` is content of its own."""

    role: str
    node: Any
    children: list[Element] = field(default_factory=list)
    marked: int = 0

    def all(self, *roles: str) -> Iterator[Element]:
        for child in self.children:
            if not roles or child.role in roles:
                yield child
            yield from child.all(*roles)

    def scope(self) -> str | None:
        given = self.node.get("/A")
        for one in given if isinstance(given, pikepdf.Array) else [given]:
            if one is not None and "/Scope" in one:
                return str(one.Scope).lstrip("/")
        return None

    def holds_content(self) -> bool:
        return self.marked > 0 or any(c.holds_content() for c in self.children)


def structure(pdf: Any) -> Element:
    """The tags of a document; roles that it maps to standard ones are mapped."""
    root = pdf.Root.StructTreeRoot
    names = {str(k): str(v) for k, v in root.get("/RoleMap", {}).items()}
    top = Element("root", root)
    _fill(top, root.K, names)
    return top


def _fill(parent: Element, kids: Any, names: dict[str, str]) -> None:
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if not isinstance(kid, pikepdf.Dictionary):
            parent.marked += 1  # the number of marked content
        elif "/S" in kid:
            own = str(kid.S)
            made = Element(names.get(own, own).lstrip("/"), kid)
            parent.children.append(made)
            if "/K" in kid:
                _fill(made, kid.K, names)
        else:
            parent.marked += 1


def untagged(page: Any) -> list[str]:
    """Operators that show something outside marked content (tagged or artifact)."""
    shown = {"Tj", "TJ", "'", '"', "Do", "f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "sh"}
    depth, found = 0, []
    for _operands, operator in pikepdf.parse_content_stream(page):
        name = str(operator)
        if name in {"BDC", "BMC"}:
            depth += 1
        elif name == "EMC":
            depth -= 1
        elif name in shown and depth == 0:
            found.append(name)
    return found


def fonts_without_file(pdf: Any) -> list[str]:
    found = []
    for page in pdf.pages:
        for font in page.resources.get("/Font", {}).values():
            inner = font.DescendantFonts[0] if "/DescendantFonts" in font else font
            given = inner.get("/FontDescriptor", {})
            if font.Subtype != "/Type3" and not {"/FontFile", "/FontFile2", "/FontFile3"} & set(
                given.keys()
            ):
                found.append(str(font.BaseFont))
    return found


def languages(pdf: Any) -> set[str]:
    """The languages said of the document, of elements and of marked content."""
    said = {str(pdf.Root.Lang)}
    said |= {str(e.node.Lang) for e in structure(pdf).all() if "/Lang" in e.node}
    for page in pdf.pages:
        for operands, operator in pikepdf.parse_content_stream(page):
            if str(operator) == "BDC" and isinstance(operands[1], pikepdf.Dictionary):
                said |= {str(operands[1].Lang)} if "/Lang" in operands[1] else set()
    return said


def bookmarks(path: Path) -> list[tuple[int, str]]:
    """Level and title of each bookmark."""
    with pikepdf.open(path) as pdf, pdf.open_outline() as outline:
        found: list[tuple[int, str]] = []

        def walk(items: Any, level: int) -> None:
            for item in items:
                found.append((level, str(item.title)))
                walk(item.children, level + 1)

        walk(outline.root, 1)
        return found


@pytest.fixture(scope="module", params=["rich", "pieces", "pieces_by_quarto"])
def path(request) -> Path:
    return request.getfixturevalue(request.param)["pdf"]


@pytest.fixture(scope="module")
def pdf(path):
    with pikepdf.open(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def tree(pdf):
    return structure(pdf)


def test_it_declares_pdf_ua_with_title_and_language(pdf):
    with pdf.open_metadata() as metadata:
        assert metadata["pdfuaid:part"] == "1"
        assert re.search(r"bilaga", metadata["dc:title"], re.IGNORECASE)
    assert bool(pdf.Root.MarkInfo.Marked)
    assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
    assert str(pdf.Root.Lang) == "sv-SE"
    assert all(page.get("/Tabs") == "/S" for page in pdf.pages if "/Annots" in page)


def test_everything_that_is_shown_is_tagged_or_an_artifact(pdf):
    assert [untagged(page) for page in pdf.pages] == [[]] * len(pdf.pages)


def test_every_figure_has_an_alternative_text(tree):
    figures = list(tree.all("Figure"))
    assert figures
    for figure in figures:
        assert len(str(figure.node.get("/Alt", ""))) > 5
    assert all("/Alt" in e.node for e in tree.all("Formula"))


def test_headings_are_nested_without_jumps(tree):
    levels = [int(e.role[1:]) for e in tree.all() if re.fullmatch(r"H[1-6]", e.role)]
    assert len(levels) >= 4
    assert levels[0] == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))


def test_bookmarks_are_the_headings(path, tree):
    marks = bookmarks(path)
    levels = [int(e.role[1:]) for e in tree.all() if re.fullmatch(r"H[1-6]", e.role)]
    # the list of contents has a heading too, which is no bookmark
    assert [level for level, _title in marks] == levels[-len(marks) :]
    assert len(marks) >= len(levels) - 1
    assert marks[0][1].endswith("Sammanfattning")


def test_tables_have_heads_with_scope_and_rows_of_one_length(tree):
    tables = list(tree.all("Table"))
    assert len(tables) >= 2
    for table in tables:
        heads = list(table.all("TH"))
        assert heads
        assert all(h.scope() in {"Column", "Row", "Both"} for h in heads)
        assert {c.role for c in table.children} <= {"THead", "TBody", "TFoot", "Caption"}
        for row in table.all("TR"):
            assert {c.role for c in row.children} <= {"TH", "TD"}


def test_headings_inside_a_table_are_heads(pieces, request):
    made = [pieces] + ([request.getfixturevalue("pieces_by_quarto")] if _quarto() else [])
    for files in made:
        with pikepdf.open(files["pdf"]) as pdf:
            table = next(structure(pdf).all("Table"))
            wide = [r for r in table.all("TR") if len(r.children) == 1]
            assert [r.children[0].role for r in wide] == ["TH"] * 3


def _quarto() -> bool:
    from survey_stats.report.render import quarto_available

    return quarto_available()


def test_links_have_words_and_a_description(pdf, tree):
    links = list(tree.all("Link"))
    assert len(links) >= 5
    assert all(link.holds_content() for link in links)
    notes = [a for page in pdf.pages for a in page.get("/Annots", []) if a.Subtype == "/Link"]
    assert notes
    assert all(str(a.get("/Contents", "")).strip() for a in notes)
    assert all("/StructParent" in a for a in notes)


def test_fonts_come_along(pdf):
    assert fonts_without_file(pdf) == []


def test_words_of_another_language_say_so(pieces, request):
    made = [pieces] + ([request.getfixturevalue("pieces_by_quarto")] if _quarto() else [])
    for files in made:
        with pikepdf.open(files["pdf"]) as pdf:
            assert languages(pdf) == {"sv-SE", "en"}
