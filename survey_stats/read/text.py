"""Delimited text: encoding, delimiter, decimal and thousands marks are found out and reported."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from survey_stats.errors import InputError
from survey_stats.read.encodings import decode
from survey_stats.read.numerals import AmbiguousError, Marks, NumeralError, to_numbers
from survey_stats.read.raw import Raw, pick

DELIMITERS = (";", "\t", ",", "|")
# the decimal mark of the programs that write these delimiters
_DECIMALS = {";": ",", ",": "."}
_OTHER_DELIMITERS = (":", "~", "^", "\x1f", "#", "!", "/")
_SAMPLE, _SAMPLE_LINES = 200_000, 50
# a text of several lines may have a few delimiters of its own
_FEW_DELIMITERS = 3
_FEW = 2
_LINE_END = re.compile(r"\r\n|\n|\r")
_NOTE = re.compile(r"(#[^\r\n]*|[ \t]*)(?:\r\n|\n|\r)")
_TOLD = re.compile(r"sep=(.)[ \t]*(?:\r\n|\n|\r)")
_WIDTH = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")


def read_csv(file: Path, wanted: list[str] | None, names_only: bool) -> Raw:
    """A delimited text file with a row of names; leading lines that start with # are notes."""
    import pyarrow

    text, encoding = decode(file)
    notes, skipped, body = _notes(text)
    if not body.strip():
        raise InputError(f"{file.name} has no rows; ask for the file again")
    delimiter, body = _told_delimiter(body)
    lines = _first_lines(body)
    delimiter = delimiter or _delimiter(lines, file)
    above = _titles(lines, delimiter)
    if above:
        notes = (*notes, *(t for t in _cut(body, above)[0] if t))
        body, skipped, lines = _cut(body, above)[1], skipped + above, lines[above:]
    names = _header(lines, delimiter, file)
    raw = Raw(
        names=names,
        frame=pd.DataFrame(columns=[]),
        rows=0,
        reader=f"pyarrow {pyarrow.__version__}",
        encoding=encoding,
        delimiter=delimiter,
        notes=notes,
    )
    if names_only:
        return raw
    picked = pick(wanted, names, file)
    _check_quotes(body, delimiter, len(names), skipped, file)
    # of a line end of two characters, a file that was cut off may have one
    complete = body.endswith(("\n",) if "\r\n" in body else ("\n", "\r"))
    whole = body if complete else f"{body}\n"
    table = _table(whole, names, picked, delimiter, skipped, file)
    frame, marks = _columns(table, picked, delimiter, file)
    return replace(
        raw,
        frame=frame,
        rows=table.num_rows,
        decimal=marks.decimal,
        thousands=marks.thousands,
        complete=complete,
    )


def _table(
    body: str, names: list[str], picked: list[str], delimiter: str, skipped: int, file: Path
) -> Any:
    """The wanted columns as texts, in an Arrow table."""
    import pyarrow
    import pyarrow.csv as pc

    # columns are known by their numbers: a name may be there twice
    keys = [str(i) for i in range(len(names))]
    try:
        return pc.read_csv(
            io.BytesIO(body.encode("utf-8")),
            read_options=pc.ReadOptions(
                column_names=keys,
                skip_rows_after_names=1,
                block_size=1 << 24,
                use_threads=False,
            ),
            parse_options=pc.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=pc.ConvertOptions(
                column_types={k: pyarrow.string() for k in keys},
                include_columns=[keys[names.index(n)] for n in picked],
                strings_can_be_null=False,
            ),
        )
    except pyarrow.ArrowInvalid as error:
        raise InputError(_damaged(error, file, skipped)) from error


def _notes(text: str) -> tuple[tuple[str, ...], int, str]:
    """Leading comment lines and blank lines, how many lines they are, and the rest."""
    notes: list[str] = []
    start = skipped = 0
    while line := _NOTE.match(text, start):
        notes.append(line[1].lstrip("#").strip())
        start, skipped = line.end(), skipped + 1
    return tuple(n for n in notes if n), skipped, text[start:]


def _told_delimiter(body: str) -> tuple[str | None, str]:
    """The delimiter that a first line such as "sep=;" tells, and the rest."""
    told = _TOLD.match(body)
    return (told[1], body[told.end() :]) if told else (None, body)


def _first_lines(body: str) -> list[str]:
    """The lines at the beginning, whatever their ends; the last one may be cut."""
    sample = list(io.StringIO(body[:_SAMPLE], newline=None))[:_SAMPLE_LINES]
    return sample[:-1] or sample if len(body) > _SAMPLE else sample


def _delimiter(lines: list[str], file: Path) -> str:
    """The delimiter that cuts all lines, or else most of them, into as many values."""
    counts = {d: _widths(lines, d) for d in DELIMITERS}
    even = {d: c[0] for d, c in counts.items() if c and c[0] > 1 and len(set(c)) == 1}
    usual = {d: _usual(c) for d, c in counts.items() if _usual(c) > 1}
    if not even:
        _check_other_delimiters(lines, max(usual.values(), default=1), file)
    best = even or usual or {d: c[0] for d, c in counts.items() if c and c[0] > 1}
    if not best:
        return ";"
    most = max(best.values())
    candidates = [d for d, n in best.items() if n == most]
    if len(candidates) > 1:
        raise InputError(
            f"{file.name} could be separated by {' or by '.join(map(repr, candidates))}; "
            "put 'sep=;' (or the mark it uses) on a first line of its own"
        )
    return candidates[0]


def _widths(lines: list[str], delimiter: str) -> list[int]:
    return [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]


def _usual(widths: list[int]) -> int:
    """The number of values that at least half of the lines have, 0 where there is none."""
    usual, n = Counter(widths).most_common(1)[0] if widths else (0, 0)
    return usual if 2 * n >= len(widths) else 0


def _check_other_delimiters(lines: list[str], usual: int, file: Path) -> None:
    """No other mark may cut all lines into more values, and into as many."""
    for mark in _OTHER_DELIMITERS:
        counts = {line.count(mark) for line in lines if line.strip()}
        if len(lines) > 1 and len(counts) == 1 and min(counts) >= max(usual, 2):
            raise InputError(
                f"{file.name} seems to have the delimiter {mark!r}; save it with ';', a tab, ',' "
                "or '|'"
            )


def _titles(lines: list[str], delimiter: str) -> int:
    """How many lines stand above the names: short ones, and those with one value at most."""
    rows = list(csv.reader(lines, delimiter=delimiter))
    usual = _usual([len(row) for row in rows if row])
    above = 0
    for row in rows[:-1]:
        # "a;" over two columns may be a name and a forgotten one
        short = 2 * len(row) <= usual
        if not short and (usual <= _FEW or sum(bool(v.strip()) for v in row) > 1):
            break
        above += 1
    return above


def _cut(body: str, above: int) -> tuple[list[str], str]:
    """The first lines, and the rest."""
    ends = [m.end() for _, m in zip(range(above), _LINE_END.finditer(body), strict=False)]
    return [line.strip() for line in _LINE_END.split(body, above)[:above]], body[ends[-1] :]


def _header(lines: list[str], delimiter: str, file: Path) -> list[str]:
    names = [n.strip().removeprefix("\ufeff") for n in next(csv.reader(lines, delimiter=delimiter))]
    unnamed = [i for i, n in enumerate(names, start=1) if not n]
    if unnamed:
        raise InputError(f"{file.name}: column {unnamed[0]} has no name; give every column a name")
    return names


def _check_quotes(body: str, delimiter: str, width: int, skipped: int, file: Path) -> None:
    """No value may hold whole rows: a stray quotation mark would swallow them without a word."""
    if '"' not in body:
        return
    lines = _LINE_END.split(body)
    odd = [i for i, line in enumerate(lines) if line.count('"') % 2]
    if len(odd) % 2:
        raise InputError(
            f"{file.name} has a quotation mark that is not closed (line {odd[-1] + skipped + 1} is "
            "the last that it may be in); it is damaged or cut off: ask for the file again"
        )
    for first, last in zip(odd[::2], odd[1::2], strict=True):
        opened = lines[first][lines[first].rindex('"') :].count(delimiter)
        closed = lines[last][: lines[last].index('"')].count(delimiter)
        between = sum(line.count(delimiter) for line in lines[first + 1 : last])
        if opened + between + closed >= max(width - 1, _FEW_DELIMITERS):
            raise InputError(
                f"{file.name}, line {first + skipped + 1}: a quotation mark opens a value that "
                f"ends in line {last + skipped + 1} and holds whole rows; remove the mark"
            )


def _damaged(error: Exception, file: Path, skipped: int) -> str:
    width = _WIDTH.search(str(error))
    if width:
        row, expected, got = (int(g) for g in width.groups())
        return (
            f"{file.name}, line {row + skipped}: {got} values where the names are {expected}; "
            "the line is cut off or has a delimiter too many: ask for the file again"
        )
    return f"{file.name} cannot be read as delimited text ({str(error).splitlines()[0]})"


def _columns(
    table: Any, picked: list[str], delimiter: str, file: Path
) -> tuple[pd.DataFrame, Marks]:
    columns: dict[str, pd.Series[Any]] = {}
    seen = Marks()
    unclear: dict[str, AmbiguousError] = {}
    encoded = {
        name: column.combine_chunks().dictionary_encode()
        for name, column in zip(picked, table.columns, strict=True)
    }

    def tell(name: str, decimal: str | None) -> Marks:
        texts = [t.strip() for t in encoded[name].dictionary.to_pylist()]
        codes = encoded[name].indices.to_numpy(zero_copy_only=False)
        try:
            values, marks = to_numbers(texts, decimal)
        except NumeralError as error:
            rows = [int((codes == texts.index(t)).argmax()) + 1 for t in error.examples]
            raise InputError(
                f"{file.name}, column {name!r}: {error.examples[0]!r} (row {rows[0]} of the data) "
                f"and {error.examples[1]!r} (row {rows[1]}) use different decimal marks; "
                "write all numbers of the file in one way"
            ) from None
        columns[name] = pd.Series(values.take(codes), name=name)
        return marks

    for name in picked:
        try:
            seen = seen.with_(tell(name, _DECIMALS.get(delimiter)))
        except AmbiguousError as error:
            unclear[name] = error
    for name, told in unclear.items():
        # what stands before decimals in other columns does so here
        if seen.decimal != told.mark or seen.thousands == told.mark:
            raise InputError(
                f"{file.name}, column {name!r}: {told.example!r} may be thousands or have "
                "decimals, and nothing in the file tells which; write all numbers without a "
                "thousands mark and with another number of decimals than three"
            )
        tell(name, seen.decimal)
    return pd.DataFrame({n: columns[n] for n in picked}, index=pd.RangeIndex(table.num_rows)), seen
