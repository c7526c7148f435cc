"""Tables of cells (csv, tab-separated text, xlsx): titles above, footnotes below, years across."""

from __future__ import annotations

import csv
import datetime
import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from survey_stats.errors import InputError, enumerate_first
from survey_stats.read.encodings import decode
from survey_stats.weight.population.ages import parse_ages
from survey_stats.weight.population.export import (
    MISSING,
    NIL,
    VALUE,
    Export,
    check_names,
    nil_note,
)
from survey_stats.weight.population.words import gender_of, is_total, role_of

CONTENTS = "contents"
# what the heading of a column of figures may tell, in the order of `_parts`
_ACROSS = ("year", "gender", "age", CONTENTS)
_DELIMITERS = (";", "\t", ",")
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?")
_SPACED = re.compile(r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?")
_COMMA = re.compile(r"\d+,\d+")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:[.,]\d{3})+")
_YEAR = re.compile(r"(?<!\d)(?:18|19|20|21)\d\d(?:[KQkq][1-4]|[Mm]\d\d|-\d\d-\d\d)?(?!\d)")

Row = list[str]


@dataclass(frozen=True)
class _Grid:
    """The cells as texts, all rows equally long, with the number of each row in the file."""

    rows: list[Row]
    widths: list[int]
    numbers: list[int]
    file: str
    unit: str

    def at(self, row: int) -> str:
        return f"{self.file}, {self.unit} {self.numbers[row]}"


def read_text(file: Path) -> Export:
    """A table in delimited text, in UTF-8 or Windows-1252; the delimiter is found out."""
    text, _ = decode(file)
    delimiter, text, skipped = _delimiter(text, file)
    rows, numbers = [], []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append([cell.strip() for cell in row])
                numbers.append(reader.line_num + skipped)
    except csv.Error as error:
        raise InputError(
            f"{file.name}, line {reader.line_num}: {error}; fetch the file again"
        ) from error
    widths = [len(row) for row in rows]
    return _table(_Grid(_even(rows), widths, numbers, file.name, "line"), "text")


def read_workbook(file: Path) -> Export:
    """The first visible sheet with a table, as PxWeb writes it or with a row of names."""
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(str(file))
        visible = calamine.SheetVisibleEnum.Visible
        shown = [str(m.name) for m in book.sheets_metadata if m.visible == visible]
        sheets = {name: book.get_sheet_by_name(name).to_python(False) for name in shown}
    except (calamine.CalamineError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{file.name} is no whole Excel workbook ({error}); fetch it again, or save the table "
            "as .px or csv"
        ) from error
    grids = {name: _cells(rows, f"{file.name} ({name})") for name, rows in sheets.items()}
    full = {name: grid for name, grid in grids.items() if _wide_rows(grid.rows) >= 2}
    if len(full) != 1:
        what = f"tables in the sheets {', '.join(full)}" if full else "no table in any sheet"
        raise InputError(f"{file.name} has {what}; save one table in one workbook")
    return _table(next(iter(full.values())), "xlsx")


def _cells(rows: Sequence[Sequence[Any]], file: str) -> _Grid:
    texts = [[_text(cell) for cell in row] for row in rows]
    kept = [i for i, row in enumerate(texts) if any(row)]
    grid = _even([texts[i] for i in kept])
    return _Grid(grid, [len(row) for row in grid], [i + 1 for i in kept], file, "row")


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    return str(cell).strip()


def _even(rows: list[Row]) -> list[Row]:
    width = max((len(row) for row in rows), default=0)
    return [[*row, *[""] * (width - len(row))] for row in rows]


def _wide_rows(rows: Sequence[Row]) -> int:
    return sum(sum(bool(cell) for cell in row) > 1 for row in rows)


def _delimiter(text: str, file: Path) -> tuple[str, str, int]:
    """The mark that cuts most lines into equally many values, and the text without "sep=;"."""
    told = re.match(r"sep=(.)[ \t]*\r?\n", text)
    if told:
        return told[1], text[told.end() :], 1
    lines = [line for line in text.splitlines()[:400] if line.strip()]
    best, most = "", (0, 0)
    for mark in _DELIMITERS:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=mark) if len(row) > 1)
        if widths:
            width, times = widths.most_common(1)[0]
            # more lines first, then more values in each
            best, most = max((best, most), (mark, (times, width)), key=lambda found: found[1])
    if not best:
        raise InputError(
            f"{file.name} has no lines with several values; save the table as .px, json-stat2 or "
            "csv"
        )
    return best, text, 0


def _table(grid: _Grid, kind: str) -> Export:
    """The table within the grid: what stands above and below it is a title or a footnote."""
    top = next((i for i, row in enumerate(grid.rows) if sum(map(bool, row)) > 1), None)
    if top is None:
        raise InputError(f"{grid.file} has no row with several values; save the table again")
    # a heading of one label, right of where the labels of the rows begin
    while top > 0 and not grid.rows[top - 1][0]:
        top -= 1
    unnamed = not grid.rows[top][0]
    names, across, body = _pivoted(grid, top) if unnamed else _named(grid, top)
    last = _end(grid, body, len(names), across)
    rows: list[tuple[str, ...]] = []
    values: list[float] = []
    nil = 0
    for i, keys in zip(
        range(body, last), _filled(grid, range(body, last), len(names)), strict=True
    ):
        for column, labels in across.items():
            value, dash = _number(grid.rows[i][column], grid, i)
            rows.append((*keys, *labels))
            values.append(value)
            nil += dash
    heading, kept = _heading(list(across.values()), len(names), unnamed)
    names = [*names, *heading]
    check_names(names, grid.file)
    frame = pd.DataFrame(rows, columns=range(len(rows[0])), dtype=object)
    frame = frame[[*range(len(names) - len(heading)), *kept]].set_axis(names, axis=1)
    frame[VALUE] = values
    below = [" ".join(filter(None, row)) for row in grid.rows[last:]]
    ignored = (f"not read, below the table: {enumerate_first(below, 3)}",) if below else ()
    return Export(
        frame=frame,
        file=grid.file,
        format=kind,
        contents=CONTENTS if CONTENTS in heading else None,
        title=" ".join(cell for row in grid.rows[:top] for cell in row if cell),
        source=_source(grid.rows[last:]),
        notes=(*nil_note(nil), *ignored),
        unnamed=unnamed,
    )


def _named(grid: _Grid, top: int) -> tuple[list[str], dict[int, tuple[str, ...]], int]:
    """A row of names: the variables, then one column of figures or several (one a year)."""
    head, body = grid.rows[top], grid.rows[top + 1 :]
    used = max(i for i, cell in enumerate(head) if cell) + 1
    beyond = [i for i, row in enumerate(body) if any(row[used:])]
    if beyond:
        raise InputError(
            f"{grid.at(top + 1 + beyond[0])} has more values than there are names; "
            "a value holds the delimiter, or a column has no name"
        )
    blank = [i for i, cell in enumerate(head[:used]) if not cell]
    if blank:
        raise InputError(f"{grid.at(top)}: column {blank[0] + 1} has no name; name it")
    stub = used - 1
    while stub > 0 and _is_figures(head[stub - 1], [row[stub - 1] for row in body]):
        stub -= 1
    if role_of(head[-1 if used == len(head) else used - 1]) and not _YEAR.search(head[used - 1]):
        raise InputError(
            f"{grid.at(top)}: no column holds the figures (the last is {head[used - 1]!r}); "
            "save the table with them"
        )
    across = _in_full({k: _parts(head[k]) for k in range(stub, used)})
    if len(set(across.values())) < len(across):
        raise InputError(
            f"{grid.at(top)}: two columns of figures have one heading; save the table again"
        )
    return head[:stub], across, top + 1


def _is_figures(name: str, cells: Sequence[str]) -> bool:
    """Whether a column before the last holds figures, too: by its name, and by its cells."""
    if role_of(name) is not None and _YEAR.search(name) is None:
        return False
    filled = [cell for cell in cells if cell]
    return bool(filled) and sum(map(_is_number, filled)) > 0.9 * len(filled)


def _parts(name: str) -> tuple[str, str, str, str]:
    """Year, gender, age and contents that the heading of a column tells, "" for what it does not.

    >>> _parts("Folkmängd 2020"), _parts("kvinnor 2021"), _parts("16-19 år")
    (('2020', '', '', 'Folkmängd'), ('2021', 'kvinnor', '', ''), ('', '', '16-19 år', ''))
    """
    rest, year = name.strip(), ""
    if found := _YEAR.search(rest):
        year, rest = found[0], rest[: found.start()] + " " + rest[found.end() :]
    gender, rest = _taken(rest, _tells_gender)
    age, rest = _taken(rest, lambda run: parse_ages(run) is not None and not run.isdecimal())
    if not age and parse_ages(rest) is not None:
        age, rest = rest, ""
    return year, gender, age, rest


def _tells_gender(run: str) -> bool:
    told = gender_of(run)
    if told is None:
        # "män och kvinnor" is one value, not two
        return is_total(run) and any(gender_of(word) for word in run.split())
    return not told[1]


def _taken(text: str, told: Callable[[str], bool]) -> tuple[str, str]:
    """The longest run of words that `told` knows, and the text without it."""
    words = text.split()
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length + 1):
            run = " ".join(words[start : start + length])
            if told(run):
                return run, " ".join(words[:start] + words[start + length :])
    return "", " ".join(words)


def _in_full(across: dict[int, tuple[str, str, str, str]]) -> dict[int, tuple[str, ...]]:
    """The headings, where "totalt" beside women and men (or ages) is their total."""
    found: dict[int, list[str]] = {k: list(parts) for k, parts in across.items()}
    for part in (1, 2):
        if any(parts[part] for parts in found.values()):
            for parts in found.values():
                if not parts[part] and is_total(parts[3]):
                    parts[part], parts[3] = parts[3], ""
    return {k: tuple(parts) for k, parts in found.items()}


def _heading(
    across: Sequence[tuple[str, ...]], depth: int, unnamed: bool
) -> tuple[list[str], list[int]]:
    """The names of the variables across, and which columns of the rows they are."""
    width = len(across[0])
    told = [k for k in range(width) if any(parts[k] for parts in across)]
    names = [f"column {depth + k + 1}" for k in range(width)] if unnamed else list(_ACROSS)
    return [names[k] for k in told], [depth + k for k in told]


def _pivoted(grid: _Grid, top: int) -> tuple[list[str], dict[int, tuple[str, ...]], int]:
    """PxWeb's sheet: no names, a row of labels for each variable across, each label once."""
    depth = next(k for k, cell in enumerate(grid.rows[top]) if cell)
    levels = top
    while levels < len(grid.rows) and not any(grid.rows[levels][:depth]):
        levels += 1
    heads = grid.rows[top:levels]
    if levels == len(grid.rows):
        raise InputError(f"{grid.file} has no rows below its heading; save the table again")
    filled: list[Row] = []
    for number, row in enumerate(heads):
        full, label = [], ""
        for k, cell in enumerate(row):
            # a new label further out begins the inner ones anew
            label = cell or label if number < len(heads) - 1 else cell
            full.append(label if k >= depth else "")
        filled.append(full)
    # a column without a label of its own holds the marks of footnotes
    across = {
        k: tuple(row[k] for row in filled) for k in range(depth, len(heads[-1])) if heads[-1][k]
    }
    marks = [k for k in range(depth, len(heads[-1])) if not heads[-1][k]]
    for i in range(levels, len(grid.rows)):
        if odd := [k for k in marks if _PLAIN.fullmatch(grid.rows[i][k])]:
            raise InputError(
                f"{grid.at(i)}: column {odd[0] + 1} has figures and no heading; "
                "save the table again"
            )
    return [f"column {k}" for k in range(1, depth + 1)], across, levels


def _end(grid: _Grid, body: int, depth: int, across: dict[int, tuple[str, ...]]) -> int:
    """Where the rows of figures end; what stands below must not look like one of them."""
    full = grid.widths[body] if body < len(grid.rows) else 0
    last = body
    while (
        last < len(grid.rows)
        and grid.widths[last] >= full
        and any(grid.rows[last][k] for k in across)
    ):
        last += 1
    if last == body:
        raise InputError(f"{grid.file} has no figures below its heading; save the table again")
    seen = [{row[k] for row in grid.rows[body:last]} - {""} for k in range(depth)]
    for i in range(last, len(grid.rows)):
        row = grid.rows[i]
        if any(_is_number(row[k]) for k in across if row[k]):
            raise InputError(
                f"{grid.at(i)} has figures, {grid.unit} {grid.numbers[last]} above it has none; "
                "save one table, whole, in one file"
            )
        if row[0] and any(row[k] in seen[k] for k in range(depth)):
            raise InputError(
                f"{grid.at(i)} begins as a row of the table and has no figures; the file is cut "
                "off: fetch it again"
            )
    return last


def _filled(grid: _Grid, rows: range, depth: int) -> list[tuple[str, ...]]:
    """The labels of each row; one that is left blank is that of the row above."""
    found: list[tuple[str, ...]] = []
    above: list[str] = [""] * depth
    for i in rows:
        own = list(grid.rows[i][:depth])
        first = next((k for k, cell in enumerate(own) if cell), depth)
        labels = [*above[:first], *own[first:]]
        if not all(labels):
            raise InputError(
                f"{grid.at(i)}: the label in column {labels.index('') + 1} is missing; "
                "save the table again"
            )
        found.append(tuple(labels))
        above = labels
    return found


def _is_number(cell: str) -> bool:
    sign = cell.strip().lower()
    return (
        sign in MISSING
        or sign in NIL
        or any(p.fullmatch(sign) for p in (_PLAIN, _SPACED, _COMMA, _THOUSANDS))
    )


def _number(cell: str, grid: _Grid, row: int) -> tuple[float, int]:
    """A figure, and whether it is a dash."""
    sign = cell.strip().lower()
    if _PLAIN.fullmatch(sign) and not (_THOUSANDS.fullmatch(sign)):
        return float(sign), 0
    if sign in NIL:
        return 0.0, 1
    if sign in MISSING:
        return float("nan"), 0
    if _THOUSANDS.fullmatch(sign):
        raise InputError(
            f"{grid.at(row)}: {cell} may have thousands or decimals; "
            "save the table without a mark for thousands, or as .px"
        )
    if _SPACED.fullmatch(sign):
        return float(re.sub(r"[ \u00a0\u202f]", "", sign).replace(",", ".")), 0
    if _COMMA.fullmatch(sign):
        return float(sign.replace(",", ".")), 0
    raise InputError(
        f"{grid.at(row)}: {cell!r} is neither a number nor dots; save the table without marks"
    )


def _source(below: Sequence[Row]) -> str:
    """What a footnote names as the source."""
    for row in below:
        told = re.match(r"(?:källa|source)\s*:?\s*(.*)", row[0], re.IGNORECASE)
        if told:
            return told[1] or next((cell for cell in row[1:] if cell), "")
    return ""
