"""Cells of a workbook that calamine reads as blanks though they are not: errors, bare formulas."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

_CHUNK = 1 << 20
# one cell of a sheet: its reference, its attributes, its content (ECMA-376 part 1, 18.3.1.4)
_CELL = re.compile(
    rb"<(?:\w+:)?c\b(?=[^>]*\br=[\"']([A-Z]+)(\d+)[\"'])([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)"
)
_ERROR = re.compile(rb"\bt=[\"']e[\"']")
_SIGNS = (b't="e"', b"t='e'", b"<f>", b"<f ", b"<f/", b":f>", b":f ")
_TEXT = re.compile(rb"\bt=[\"']str[\"']")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b")
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>]*>[^<]")
_LETTERS = 26


@dataclass(frozen=True)
class Unread:
    """A cell that would be read as a blank, counted from 0, and what it holds."""

    cell: str
    column: int
    what: str


def unread(
    file: Path | io.BytesIO, sheet: str, columns: Collection[int], first_row: int
) -> Unread | None:
    """The first cell in `columns` (from 0), from row `first_row` (from 0), that is read as a blank.

    Such cells are errors (#N/A) and formulas that were saved without their results. A formula with
    an empty text as its result is a blank.
    """
    for chunk in _chunks(file, sheet):
        # plain searches are ten times as fast as patterns, and most sheets have neither
        if not any(sign in chunk for sign in _SIGNS):
            continue
        for letters, digits, attributes, content in _CELL.findall(chunk):
            error = _ERROR.search(attributes) is not None
            bare = _FORMULA.search(content) and not _TEXT.search(attributes)
            if not error and (not bare or _VALUE.search(content)):
                continue
            column, row = column_number(letters), int(digits) - 1
            if column in columns and row >= first_row:
                what = "an error" if error else "a formula without its result"
                return Unread((letters + digits).decode("ascii"), column, what)
    return None


def column_number(letters: bytes) -> int:
    """The number of a column, from 0.

    >>> column_number(b"A"), column_number(b"AA")
    (0, 26)
    """
    number = 0
    for letter in letters:
        number = number * _LETTERS + letter - ord("A") + 1
    return number - 1


def column_letters(number: int) -> bytes:
    """The letters of a column that is numbered from 0.

    >>> column_letters(0), column_letters(26), column_letters(701)
    (b'A', b'AA', b'ZZ')
    """
    letters = b""
    number += 1
    while number:
        number, letter = divmod(number - 1, _LETTERS)
        letters = bytes([ord("A") + letter]) + letters
    return letters


def _chunks(file: Path | io.BytesIO, sheet: str) -> Iterator[bytes]:
    """The XML of a sheet in pieces of whole rows."""
    with zipfile.ZipFile(file) as book:
        for part in parts(book, sheet):
            with book.open(part) as stream:
                rest = b""
                while piece := stream.read(_CHUNK):
                    piece = rest + piece
                    end = piece.rfind(b"row>") + 4
                    if end > 3:
                        yield piece[:end]
                        piece = piece[end:]
                    rest = piece
                yield rest


def parts(book: zipfile.ZipFile, sheet: str) -> list[str]:
    """The file of the archive that holds a sheet; all sheets where the archive does not tell."""
    everything = [n for n in book.namelist() if "/worksheets/" in n and n.endswith(".xml")]
    try:
        found = ElementTree.fromstring(book.read("xl/workbook.xml"))
        told = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
    except (KeyError, ElementTree.ParseError):
        return everything
    targets = {r.get("Id"): str(r.get("Target")) for r in told}
    for element in found.iter():
        if element.tag.endswith("}sheet") and element.get("name") == sheet:
            keys = [v for k, v in element.attrib.items() if k.endswith("}id")]
            target = targets.get(keys[0] if keys else None, "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return [part] if part in everything else everything
    return everything
