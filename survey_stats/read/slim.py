"""A workbook with a part of one sheet: what is not asked for need not be parsed.

A sheet of 20 000 rows and 600 columns is 400 MB of XML. Cells that nobody asks for are left out of
it before calamine reads it, which still tells what a cell holds. Where the XML is not in the form
that spreadsheet programs write, nothing is left out.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Collection
from pathlib import Path

from survey_stats.read.cells import column_letters, column_number, parts

_CHUNK = 1 << 20
_ROW = re.compile(rb'<row\b[^>]*?\br="(\d+)"')
_REFERENCE = re.compile(rb'<c r="([A-Z]+)')


class _UnusualError(Exception):
    """The XML has another form than usual."""


def head(file: Path, sheet: str, rows: int) -> io.BytesIO | None:
    """A workbook with the first rows of a sheet; None where it cannot be cut."""
    return _slim(file, sheet, lambda row: row, rows)


def only(file: Path, sheet: str, columns: Collection[int], width: int) -> io.BytesIO | None:
    """A workbook with some columns (from 0) of a sheet; None where it cannot be cut.

    Rows without a value in these columns, and rows with cells from column `width` on, stay whole:
    they may be no respondents.
    """
    wanted = [column_letters(c) for c in sorted(columns)]
    return _slim(file, sheet, lambda row: _kept(row, wanted, width), None)


def _slim(
    file: Path, sheet: str, keep: Callable[[bytes], bytes], most: int | None
) -> io.BytesIO | None:
    with zipfile.ZipFile(file) as book:
        found = parts(book, sheet)
        if len(found) != 1:
            return None
        try:
            xml = _rows(book, found[0], keep, most)
        except _UnusualError:
            return None
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as slim:
            for name in book.namelist():
                if name == found[0]:
                    slim.writestr(name, xml)
                elif "/worksheets/" not in name and not name.endswith("/"):
                    slim.writestr(name, book.read(name))
    made.seek(0)
    return made


def _rows(
    book: zipfile.ZipFile, part: str, keep: Callable[[bytes], bytes], most: int | None
) -> bytes:
    out: list[bytes] = []
    with book.open(part) as stream:
        rest = b""
        while piece := stream.read(_CHUNK):
            *whole, rest = (rest + piece).split(b"</row>")
            for row in whole:
                out.append(keep(row))
                if len(out) == most:
                    return b"</row>".join([*out, b"</sheetData></worksheet>"])
    if not out:
        raise _UnusualError
    return b"</row>".join([*out, rest])


def _kept(row: bytes, wanted: list[bytes], width: int) -> bytes:
    start = row.find(b"<c ")
    if start < 0:
        return row
    told = _ROW.match(row, row.rfind(b"<row", 0, start))
    last = _REFERENCE.match(row, row.rfind(b"<c "))
    if told is None or last is None or row.count(b"<c ") != row.count(b'<c r="'):
        raise _UnusualError
    if column_number(last[1]) >= width:
        return row
    cells, at = [row[:start]], start
    for letters in wanted:
        reference = b'<c r="' + letters + told[1] + b'"'
        here = row.find(reference, at)
        if here < 0:
            if row.find(reference, start, at) >= 0:
                raise _UnusualError
            continue
        end = row.find(b"<c ", here + 3)
        at = len(row) if end < 0 else end
        cells.append(row[here:at])
    blank = not any(b"<v" in c or b"<is" in c for c in cells[1:])
    return row if blank else b"".join(cells)
