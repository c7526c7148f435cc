"""Damage to delimited text: encodings, delimiters, line ends, marks, quotes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .formats import csv_rows, csv_text
from .mutations import Draft, Expect, Source, found, hidden, mutation, same, stop


def _text(source: Source) -> bool:
    return source.ending == ".csv"


def _region(source: Source) -> bool:
    """Text files with decimals and with Swedish names."""
    return _text(source) and source.survey == "regional_safety"


def _one(source: Source) -> bool:
    return _text(source) and source.wave in (2020, 2023)


def _write(path: Path, text: str, source: Source, encoding: str | None = None) -> Path:
    path.write_bytes(text.encode(encoding or source.encoding))
    return path


@mutation(
    "encoding",
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"),
    *("latin-1", "iso8859-15"),
    where=_text,
    of_file=True,
)
def _(path: Path, d: Draft, encoding: str) -> tuple[Path, Expect]:
    return _write(path, csv_text(csv_rows(d), d.source), d.source, encoding), same()


@mutation("wrong encoding", "cp850", "mac_roman", "cp437", "cp865", where=_text, of_file=True)
def _(path: Path, d: Draft, encoding: str) -> tuple[Path, Expect]:
    _write(path, csv_text(csv_rows(d), d.source), d.source, encoding)
    return path, stop("UTF-8", "Mac Roman" if encoding == "mac_roman" else "DOS")


@mutation(
    "letters spoiled",
    *("saved twice", "lost", "question marks", "seven bits", "one line in another encoding"),
    where=_region,
    of_file=True,
)
def _(path: Path, d: Draft, variant: str) -> tuple[Path, Expect]:
    text = csv_text(csv_rows(d), d.source)
    if variant == "saved twice":
        return _write(path, text.encode().decode("cp1252", "replace"), d.source, "utf-8"), stop("Ã")
    if variant == "lost":
        spoiled = text.encode("cp1252").decode("utf-8", "replace")
        return _write(path, spoiled, d.source, "utf-8"), stop("letters were lost", "line")
    if variant == "question marks":
        return _write(path, text.encode("ascii", "replace").decode(), d.source), stop("?")
    if variant == "seven bits":
        d.source = replace(d.source, delimiter=";", decimal=",")
        text = csv_text(csv_rows(d), d.source)
        seven = text.translate(str.maketrans("åäöÅÄÖ", "}{|][\\"))
        return _write(path, seven, d.source), stop("did you mean")
    lines = text.encode("utf-8").split(b"\r\n")
    at = next(i for i, line in enumerate(lines) if i > 20 and not line.isascii())
    lines[at] = lines[at].decode("utf-8").encode("cp1252")
    path.write_bytes(b"\r\n".join(lines))
    return path, stop("mixes encodings")


@mutation("BOM", "twice", "in the middle", where=_text, of_file=True)
def _(path: Path, d: Draft, variant: str) -> tuple[Path, Expect]:
    text = csv_text(csv_rows(d), d.source)
    if variant == "twice":
        return _write(path, f"\ufeff{text}", d.source, "utf-8-sig"), same()
    head, _, tail = text.partition("\r\n")
    return _write(path, f"{head}\r\n\ufeff{tail}", d.source, "utf-8"), same()


@mutation("delimiter", ";", "\t", ",", "|", where=_text, of_file=True)
def _(path: Path, d: Draft, delimiter: str) -> tuple[Path, Expect]:
    source = replace(d.source, delimiter=delimiter)
    return _write(path, csv_text(csv_rows(d), source), source), same()


@mutation("unknown delimiter", ":", "~", "^", where=_one, of_file=True)
def _(path: Path, d: Draft, delimiter: str) -> tuple[Path, Expect]:
    source = replace(d.source, delimiter=delimiter)
    return _write(path, csv_text(csv_rows(d), source), source), stop("delimiter")


@mutation("another delimiter on some lines", where=_text, of_file=True)
def _(path: Path, d: Draft, _: None) -> tuple[Path, Expect]:
    lines = csv_text(csv_rows(d), d.source).split("\r\n")
    other = "," if d.source.delimiter == ";" else ";"
    lines[150] = lines[150].replace(d.source.delimiter, other)
    return _write(path, "\r\n".join(lines), d.source), stop("line 151")


@mutation(
    "line ends",
    *("crlf", "lf", "cr", "mixed", "no last one", "blank lines", "blank lines at the end"),
    where=_text,
    of_file=True,
)
def _(path: Path, d: Draft, variant: str) -> tuple[Path, Expect]:
    text = csv_text(csv_rows(d), d.source, "\n")
    lines = text.splitlines()
    made = {
        "crlf": text.replace("\n", "\r\n"),
        "lf": text,
        "cr": text.replace("\n", "\r"),
        "mixed": "\r\n".join(lines[:50]) + "\r\n" + "\n".join(lines[50:]) + "\n",
        "no last one": text[:-1],
        "blank lines": "\n".join(lines[:50]) + "\n\n\n" + "\n".join(lines[50:]) + "\n",
        "blank lines at the end": text + "\n\n\r\n",
    }
    return _write(path, made[variant], d.source), same()


@mutation(
    "lines before the names",
    *("notes", "notes with cr", "sep", "blank", "a title", "a title and a blank"),
    where=_text,
    of_file=True,
)
def _(path: Path, d: Draft, variant: str) -> tuple[Path, Expect]:
    end = "\r" if variant == "notes with cr" else "\r\n"
    text = csv_text(csv_rows(d), d.source, end)
    before = {
        "notes": f"# SYNTETISKA DATA{end}# levererad av X{end}",
        "notes with cr": f"# SYNTETISKA DATA{end}# levererad av X{end}",
        "sep": f"sep={d.source.delimiter}{end}",
        "blank": end * 2,
        "a title": f"Trygghet, leverans 3{end}",
        "a title and a blank": f"Trygghet{end}{end}",
    }[variant]
    return _write(path, before + text, d.source), same()


@mutation("quotes around all", where=_text, of_file=True)
def _(path: Path, d: Draft, _: None) -> tuple[Path, Expect]:
    rows = [[f'"{v}"' for v in row] for row in csv_rows(d)]
    text = "\r\n".join(d.source.delimiter.join(row) for row in rows) + "\r\n"
    return _write(path, text, d.source), same()


@mutation(
    "stray quotes",
    *("one", "two in one column", "two in an unneeded column", "two in two columns", "inside"),
    where=_text,
    of_file=True,
)
def _(path: Path, d: Draft, variant: str) -> tuple[Path, Expect]:
    rows = csv_rows(d)
    rows = [[*row[:1], *row[1:]] for row in rows]
    first, other = 0, 5
    spots = {
        "one": [(40, other)],
        "two in one column": [(40, other), (43, other)],
        "two in an unneeded column": [(40, first), (43, first)],
        "two in two columns": [(40, other), (43, other + 2)],
        "inside": [],
    }[variant]
    for row, column in spots:
        rows[row][column] = f'"{rows[row][column]}'
    if variant == "inside":
        rows[40][first] = 'SYNTETISKA 5" DATA 6"'
    text = "\r\n".join(d.source.delimiter.join(row) for row in rows) + "\r\n"
    return _write(path, text, d.source), same() if variant == "inside" else stop("quotation mark")


@mutation("delimiters in a text", "quoted", "bare", "line end quoted", where=_text, of_file=True)
def _(path: Path, d: Draft, variant: str) -> tuple[Path, Expect]:
    rows = csv_rows(d)
    if variant == "bare":
        text = csv_text(rows, d.source).split("\r\n")
        text[20] = text[20].replace("SYNTETISKA DATA", f"SYNTETISKA{d.source.delimiter}DATA")
        return _write(path, "\r\n".join(text), d.source), stop("line 21")
    rows[20][0] = f"a{d.source.delimiter}b" if variant == "quoted" else "a\r\nb"
    return _write(path, csv_text(rows, d.source), d.source), same()


@mutation("a tab in a text", where=lambda s: _text(s) and s.delimiter != "\t", of_file=True)
def _(path: Path, d: Draft, _: None) -> tuple[Path, Expect]:
    rows = csv_rows(d)
    rows[30][0] = "fritext\tmed\ttabbar"
    return _write(path, csv_text(rows, d.source), d.source), same()


@mutation("a delimiter at the end of lines", "all", "of rows", "of one", where=_text, of_file=True)
def _(path: Path, d: Draft, variant: str) -> tuple[Path, Expect]:
    lines = csv_text(csv_rows(d), d.source, "\n").splitlines()
    hit = {"all": range(len(lines)), "of rows": range(1, len(lines)), "of one": (77,)}[variant]
    for i in hit:
        lines[i] += d.source.delimiter
    words = ("no name",) if variant == "all" else ("line",)
    return _write(path, "\n".join(lines) + "\n", d.source), stop(*words)


@mutation("NUL", "in a name", "in a value", "at the end", where=_text, of_file=True)
def _(path: Path, d: Draft, variant: str) -> tuple[Path, Expect]:
    text = csv_text(csv_rows(d), d.source)
    at = {"in a name": 5, "in a value": len(text) // 2, "at the end": len(text)}[variant]
    return _write(path, f"{text[:at]}\x00{text[at:]}", d.source), stop()


@mutation("decimal mark", ",", ".", where=_region, of_file=True)
def _(path: Path, d: Draft, mark: str) -> tuple[Path, Expect]:
    source = replace(d.source, decimal=mark, delimiter=";")
    d.source = source
    return _write(path, csv_text(csv_rows(d), source), source), same()


@mutation("mixed decimal marks", "one row", "half", where=_region, of_file=True)
def _(path: Path, d: Draft, variant: str) -> tuple[Path, Expect]:
    rows = csv_rows(d)
    at = rows[0].index(str(d.weight))
    other = "." if d.source.decimal == "," else ","
    for row in rows[1:2] if variant == "one row" else rows[1:150]:
        row[at] = row[at].replace(d.source.decimal, other)
    return _write(path, csv_text(rows, d.source), d.source), stop(str(d.weight), "decimal marks")


@mutation("other decimal mark in another column", where=_region, of_file=True)
def _(path: Path, d: Draft, _: None) -> tuple[Path, Expect]:
    rows = csv_rows(d)
    other = "." if d.source.decimal == "," else ","
    rows = [[*row, "medel" if i == 0 else f"0{other}{i % 97}"] for i, row in enumerate(rows)]
    return _write(path, csv_text(rows, d.source), d.source), same()


@mutation(
    "thousands", "blank", "nbsp", "thin", "dot", "comma", "apostrophe", where=_region, of_file=True
)
def _(path: Path, d: Draft, variant: str) -> tuple[Path, Expect]:
    marks = {"blank": " ", "nbsp": "\u00a0", "thin": "\u202f", "dot": ".", "comma": ","}
    mark = marks.get(variant, "'")
    decimal = "." if mark == "," else "," if mark == "." else d.source.decimal
    d.frame.loc[:1, d.weight] = [1234.5, 12345.25]
    d.source = replace(d.source, decimal=decimal)
    rows = csv_rows(d)
    at = rows[0].index(str(d.weight))
    rows[1][at] = f"1{mark}234{decimal}5"
    rows[2][at] = f"12{mark}345{decimal}25"
    encoding = "utf-8" if variant == "thin" else d.source.encoding
    _write(path, csv_text(rows, d.source), d.source, encoding)
    return path, stop(str(d.weight), "1'234") if variant == "apostrophe" else same(spoiled=True)


@mutation("thousands without decimals", ".", ",", where=_region, of_file=True)
def _(path: Path, d: Draft, mark: str) -> tuple[Path, Expect]:
    rows = csv_rows(d)
    at = rows[0].index(str(d.weight))
    for i, row in enumerate(rows[1:]):
        row[at] = f"{1 + i % 40}{mark}{100 + i}" if i % 3 else str(100 + i)
    _write(path, csv_text(rows, d.source), d.source)
    if (d.source.delimiter, mark) in ((";", ","), (",", ".")):
        # files with that delimiter have that mark before decimals
        return path, hidden()
    return path, stop(str(d.weight), f"{mark}1")


@mutation(
    "header", "only", "only without line end", "missing", "a blank name", where=_text, of_file=True
)
def _(path: Path, d: Draft, variant: str) -> tuple[Path, Expect]:
    rows = csv_rows(d)
    if variant.startswith("only"):
        text = csv_text(rows[:1], d.source)
        _write(path, text.strip() if "without" in variant else text, d.source)
        return path, stop("no respondents")
    if variant == "missing":
        return _write(path, csv_text(rows[1:], d.source), d.source), stop()
    rows[0][3] = " "
    return _write(path, csv_text(rows, d.source), d.source), stop("column 4 has no name")


@mutation("cut at the end of a line", 0.3, 0.7, 0.97, where=_text, of_file=True)
def _(path: Path, d: Draft, share: float) -> tuple[Path, Expect]:
    lines = csv_text(csv_rows(d), d.source, "\n").splitlines()
    kept = lines[: int(share * len(lines))]
    # a few rows less are as good as none
    few = share > 0.9
    return _write(path, "\n".join(kept) + "\n", d.source), hidden() if few else found("respondents")


@mutation("cut in the last value of a line", where=_text, of_file=True)
def _(path: Path, d: Draft, _: None) -> tuple[Path, Expect]:
    lines = csv_text(csv_rows(d), d.source, "\n").splitlines()
    return _write(path, "\n".join(lines[:200]), d.source), found("line end")
