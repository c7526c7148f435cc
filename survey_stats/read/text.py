"""Delimited text: encoding, delimiter, decimal and thousands marks are found out and reported."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pandas as pd

from survey_stats.errors import InputError
from survey_stats.read.encodings import decode
from survey_stats.read.numerals import Marks, NumeralError, to_numbers
from survey_stats.read.raw import Raw, pick

DELIMITERS = (";", "\t", ",", "|")
_WIDTH = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")


def read_csv(file: Path, wanted: list[str] | None, names_only: bool) -> Raw:
    """A delimited text file with a row of names; leading lines that start with # are notes."""
    import pyarrow
    import pyarrow.csv as pc

    text, encoding = decode(file)
    notes, skipped, body = _notes(text)
    if not body.strip():
        raise InputError(f"{file.name} has no rows; ask for the file again")
    delimiter, body = _delimiter(body, file)
    names = _header(body, delimiter, file)
    picked = [] if names_only else pick(wanted, names, file)
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
    if body.count('"') % 2:
        raise InputError(
            f"{file.name} has a quotation mark that is not closed; "
            "it is damaged or cut off: ask for the file again"
        )
    keys = [str(i) for i in range(len(names))]
    try:
        table = pc.read_csv(
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
    frame, marks = _columns(table, picked, file)
    return Raw(
        names=names,
        frame=frame,
        rows=table.num_rows,
        reader=raw.reader,
        encoding=encoding,
        delimiter=delimiter,
        decimal=marks.decimal,
        thousands=marks.thousands,
        notes=notes,
        complete=body.endswith(("\n", "\r")),
    )


def _notes(text: str) -> tuple[tuple[str, ...], int, str]:
    """Leading comment lines, how many lines they are, and the rest."""
    notes: list[str] = []
    start = skipped = 0
    while text.startswith("#", start):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        notes.append(text[start:end].lstrip("#").strip())
        start, skipped = end + 1, skipped + 1
    return tuple(n for n in notes if n), skipped, text[start:]


def _delimiter(body: str, file: Path) -> tuple[str, str]:
    first, _, rest = body.partition("\n")
    told = re.fullmatch(r"sep=(.)\s*", first)
    if told:
        return told[1], rest
    sample = body[:200_000].splitlines()[:50]
    if len(body) > 200_000:
        sample = sample[:-1] or sample
    counts = {d: [len(row) for row in csv.reader(sample, delimiter=d) if row] for d in DELIMITERS}
    even = {d: c[0] for d, c in counts.items() if c and c[0] > 1 and len(set(c)) == 1}
    by_header = {d: c[0] for d, c in counts.items() if c and c[0] > 1}
    best = even or by_header
    if not best:
        return ";", body
    most = max(best.values())
    candidates = [d for d, n in best.items() if n == most]
    if len(candidates) > 1:
        raise InputError(
            f"{file.name} could be separated by {' or by '.join(map(repr, candidates))}; "
            "put 'sep=;' (or the mark it uses) on a first line of its own"
        )
    return candidates[0], body


def _header(body: str, delimiter: str, file: Path) -> list[str]:
    names = [n.strip() for n in next(csv.reader(io.StringIO(body), delimiter=delimiter))]
    unnamed = [i for i, n in enumerate(names, start=1) if not n]
    if unnamed:
        raise InputError(f"{file.name}: column {unnamed[0]} has no name; give every column a name")
    return names


def _damaged(error: Exception, file: Path, skipped: int) -> str:
    width = _WIDTH.search(str(error))
    if width:
        row, expected, got = (int(g) for g in width.groups())
        return (
            f"{file.name}, line {row + skipped}: {got} values where the names are {expected}; "
            "the line is cut off or has a delimiter too many: ask for the file again"
        )
    return f"{file.name} cannot be read as delimited text ({str(error).splitlines()[0]})"


def _columns(table: Any, picked: list[str], file: Path) -> tuple[pd.DataFrame, Marks]:
    columns: dict[str, pd.Series[Any]] = {}
    seen = Marks()
    for name, column in zip(picked, table.columns, strict=True):
        encoded = column.combine_chunks().dictionary_encode()
        texts = [t.strip() for t in encoded.dictionary.to_pylist()]
        codes = encoded.indices.to_numpy(zero_copy_only=False)
        try:
            values, marks = to_numbers(texts)
        except NumeralError as error:
            rows = [int((codes == texts.index(t)).argmax()) + 1 for t in error.examples]
            raise InputError(
                f"{file.name}, column {name!r}: {error.examples[0]!r} (row {rows[0]} of the data) "
                f"and {error.examples[1]!r} (row {rows[1]}) use different decimal marks; "
                "write all numbers of the file in one way"
            ) from None
        seen = seen.with_(marks)
        columns[name] = pd.Series(values.take(codes), name=name)
    return pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows)), seen
