"""The claims file: one statement of a document a row, and where its figures are."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from dataclasses import dataclass
from pathlib import Path

from survey_stats.audit.printed import parse_number
from survey_stats.audit.wording import Say, listing, quoted, say
from survey_stats.errors import InputError, nearest
from survey_stats.read.text import read_csv as read_delimited

COLUMNS = ("id", "source", "subject", "kind", "stated", "data", "from_key", "to_key")
KINDS = (
    "percent_change",
    "difference",
    "ratio",
    "percent_share",
    "sum",
    "row_sum",
    "direction",
    "share_change",
    "comparison",
)
INLINE = "inline"

_LACKS = {
    "data": Say(
        "The column 'data' is empty; it says in which CSV the figures are.",
        "Det är inte angivet i vilken datafil siffrorna står.",
    ),
    "from_key": Say(
        "The column 'from_key' is empty; it says where the first figure is.",
        "Det är inte angivet var den första siffran står.",
    ),
    "to_key": Say(
        "The column 'to_key' is empty; it says where the second figure is.",
        "Det är inte angivet var den andra siffran står.",
    ),
}
_SEP = re.compile("sep=.")
_MARKS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}
# the first bytes of .xlsx and .xls
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True)
class Claim:
    """One row of a claims file; `row` is its line in the file, the header being line 1."""

    id: str
    source: str
    subject: str
    kind: str
    stated: str
    data: str
    from_key: str
    to_key: str
    row: int


def read_claims(path: Path) -> list[Claim]:
    """Read and check a claims file.

    Raises:
        InputError: the file is missing, is no CSV, lacks a column, or holds an id that is empty or
            used twice. What is wrong with a single claim is told by `problem`.
    """
    rows, header = read_csv(path)
    missing = [c for c in COLUMNS if c not in header]
    if len(missing) == len(COLUMNS):
        raise InputError(
            f"{path} has no header of a claims file: its first line is {', '.join(header)!r}; "
            "it must name the columns " + ", ".join(COLUMNS)
        )
    if missing:
        raise InputError(
            f"{path} lacks the column {missing[0]!r}; a claims file has the columns "
            + ", ".join(COLUMNS)
        )
    claims: list[Claim] = []
    seen: dict[str, int] = {}
    for line, row in rows:
        claim = Claim(**{c: row[c].strip() for c in COLUMNS}, row=line)
        _check(path, claim, seen)
        seen[claim.id] = line
        claims.append(claim)
    if not claims:
        raise InputError(f"{path} holds no claim below its header; write one row a statement")
    return claims


def read_csv(path: Path) -> tuple[list[tuple[int, dict[str, str]]], list[str]]:
    """The rows of a CSV as text, with their line numbers, and its header.

    Encoding and delimiter are found out as for a delivery (`survey_stats.read`), so that what a
    Swedish Excel saves (semicolons, Windows-1252, decimal commas) is read as it is meant.

    Raises:
        InputError: missing, a folder, empty, without a header, a doubled column name, or a row of
            another length.
    """
    _check_file(path)
    raw = read_delimited(path, None, True)
    text = path.read_text(encoding=raw.encoding)
    lines = io.StringIO(text, newline="").readlines()
    skipped = sum(1 for _ in itertools.takewhile(lambda line: line.startswith("#"), lines))
    if skipped < len(lines) and _SEP.fullmatch(lines[skipped].strip()):
        skipped += 1
    delimiter = str(raw.delimiter)
    reader = csv.reader(lines[skipped:], delimiter=delimiter, strict=True)
    out: list[tuple[int, dict[str, str]]] = []
    header = [name.strip() for name in raw.names]
    figure = next((c for c in header if _is_figure(c)), None)
    if figure is not None:
        raise InputError(
            f"{path} has no header: its first line holds the figure {figure!r}; put a line with "
            "the names of the columns above it (a number alone is no name)"
        )
    doubled = [c for i, c in enumerate(header) if c in header[:i]]
    if doubled:
        raise InputError(f"{path} has two columns named {doubled[0]!r}; rename one")
    try:
        next(reader)
        for cells in reader:
            if not any(c.strip() for c in cells):
                continue
            row = skipped + reader.line_num
            if len(cells) != len(header):
                raise InputError(
                    f"{path}, row {row}: {len(cells)} values under {len(header)} columns; put "
                    f"quotes around a value that holds {_MARKS.get(delimiter, repr(delimiter))}"
                )
            out.append((row, dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        row = skipped + reader.line_num
        raise InputError(f"{path}, row {row}: not valid CSV ({error})") from error
    return out, header


def _check_file(path: Path) -> None:
    if path.is_dir():
        there = sorted(p.name for p in path.glob("*.csv") if "claims" in p.name.lower())
        hint = f"did you mean {str(path / there[0])!r}?" if there else "give a CSV file in it"
        raise InputError(f"{path} is a folder; {hint}")
    if not path.is_file():
        raise InputError(f"The file {path} does not exist; check the path")
    if path.read_bytes()[:4] in _WORKBOOKS:
        raise InputError(f"{path} is a workbook; save the sheet as CSV")
    if not path.read_bytes().removeprefix(codecs.BOM_UTF8).strip():
        raise InputError(f"{path} is empty; its first line must name the columns")


def _is_figure(name: str) -> bool:
    """A number that is no year: it stands in a row, not in a header."""
    number = parse_number(name)
    return number is not None and not re.fullmatch(r"(19|20)\d\d", name)


def _check(path: Path, claim: Claim, seen: dict[str, int]) -> None:
    where = f"{path}, row {claim.row}"
    if not claim.id:
        raise InputError(f"{where}, column 'id': empty; give the statement a name of its own")
    if claim.id in seen:
        raise InputError(
            f"{where}, column 'id': {claim.id!r} is already used in row {seen[claim.id]}"
        )


def problem(claim: Claim) -> Say | None:
    """Why a claim cannot be judged whatever its figures are; None where it can."""
    if claim.kind not in KINDS:
        close = nearest(claim.kind, KINDS, 1)
        hint = Say(f" (did you mean {close[0]!r}?)", f" (menas ”{close[0]}”?)") if close else ""
        return say(
            "{k} is no kind of claim{hint}. The kinds are {all}.",
            "{k} är inget slag av påstående som kan prövas{hint}. De slag som finns är {all}.",
            k=quoted(claim.kind),
            hint=hint,
            all=listing(KINDS, len(KINDS)),
        )
    if claim.kind == "sum" and not claim.to_key:
        return Say(
            "A sum is compared with its printed total, and the column 'to_key' does not say which "
            "row that is.",
            "En summa jämförs med den tryckta summan, men det är inte angivet vilken rad det är.",
        )
    for column, missing in _LACKS.items():
        if not getattr(claim, column):
            return missing
    if "/" in claim.data or "\\" in claim.data:
        return say(
            "The column 'data' says {d}; it must be the name of a CSV beside the claims file, or "
            "{i}.",
            "Siffrorna ska stå i en datafil i samma mapp som påståendena, inte i {d}.",
            d=quoted(claim.data),
            i=quoted(INLINE),
        )
    return None
