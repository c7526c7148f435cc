"""The claims file: one statement of a document a row, and where its figures are."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from survey_stats.errors import InputError, nearest

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
        InputError: the file is missing, is no UTF-8 CSV, lacks a column, or holds a row with an
            unknown kind, an id that is empty or used twice, or no key or data.
    """
    rows, header = read_csv(path)
    missing = [c for c in COLUMNS if c not in header]
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
    """The rows of a UTF-8 CSV as text, with their line numbers, and its header.

    Raises:
        InputError: missing, not UTF-8, empty, a doubled column name, or a row of another length.
    """
    if not path.is_file():
        raise InputError(f"The file {path} does not exist; check the path")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text; save it as CSV UTF-8") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    out: list[tuple[int, dict[str, str]]] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        if not any(header):
            raise InputError(f"{path} is empty; its first line must name the columns")
        doubled = [c for i, c in enumerate(header) if c in header[:i]]
        if doubled:
            raise InputError(f"{path} has two columns named {doubled[0]!r}; rename one")
        for cells in reader:
            if not any(c.strip() for c in cells):
                continue
            if len(cells) != len(header):
                raise InputError(
                    f"{path}, row {reader.line_num}: {len(cells)} values under {len(header)} "
                    "columns; put quotes around a value that holds a comma"
                )
            out.append((reader.line_num, dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        raise InputError(f"{path}, row {reader.line_num}: not valid CSV ({error})") from error
    return out, header


def _check(path: Path, claim: Claim, seen: dict[str, int]) -> None:
    where = f"{path}, row {claim.row}"
    if not claim.id:
        raise InputError(f"{where}, column 'id': empty; give the statement a name of its own")
    if claim.id in seen:
        raise InputError(
            f"{where}, column 'id': {claim.id!r} is already used in row {seen[claim.id]}"
        )
    if claim.kind not in KINDS:
        close = nearest(claim.kind, KINDS)
        hint = f"did you mean {close[0]!r}?" if close else "use one of " + ", ".join(KINDS)
        raise InputError(f"{where}, column 'kind': {claim.kind!r} is no kind of claim; {hint}")
    for column in ("data", "from_key", "to_key"):
        if not getattr(claim, column):
            raise InputError(f"{where}, column {column!r}: empty; say where the figures are")
    if "/" in claim.data or "\\" in claim.data:
        raise InputError(
            f"{where}, column 'data': {claim.data!r} must be the name of a CSV beside the claims "
            f"file, or {INLINE!r}"
        )
