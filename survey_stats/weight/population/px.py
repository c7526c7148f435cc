"""PC-Axis files (.px): keywords, then DATA, as in Statistics Sweden's specification of 2013."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from survey_stats.errors import InputError, UnknownNameError, enumerate_first
from survey_stats.weight.population.export import (
    MISSING,
    MOST_CELLS,
    NIL,
    Export,
    cells_of,
    check_names,
    check_values,
    from_cube,
    nil_note,
)

_KEYWORD = re.compile(r"\s*([A-Za-z][A-Za-z0-9_-]*)\s*")
_LANGUAGE = re.compile(r"\[\s*\"?([A-Za-z0-9_-]+)\"?\s*\]\s*")
_STRING = re.compile(r'\s*"([^"]*)"')
_WORD = re.compile(r'\s*([^",;()=]+)')
_TLIST = re.compile(r"\s*TLIST\s*\(([^()]*)\)", re.IGNORECASE)
_HEAD = re.compile(rb'(?:^|;)\s*(CHARSET|CODEPAGE)\s*=\s*"?([^";\r\n]*)', re.IGNORECASE)
_CELL = re.compile(r'"[^"]*"|[^\s,;"]+')
_ANSI = frozenset(("ansi", "windows", "windows-1252", "iso-8859-1", "unicode", "utf-8"))
_SWEDISH = frozenset("åäöÅÄÖéÉüÜ")

Key = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True)
class _Head:
    """What stands before DATA: (keyword, language, subkeys) -> values, and the line of each."""

    values: Mapping[Key, tuple[str, ...]]
    lines: Mapping[Key, int]
    file: str

    def get(self, keyword: str, *sub: str, language: str = "") -> tuple[str, ...]:
        return self.values.get((keyword, language, sub), ())

    def text(self, keyword: str, language: str = "") -> str:
        """A text that may be given for each contents: the first one, in the language or none."""
        for tongue in dict.fromkeys((language, "")):
            for (name, spoken, _), values in self.values.items():
                if name == keyword and spoken == tongue and values:
                    return values[0].replace("#", " ").strip()
        return ""


def read_px(file: Path, language: str | None = None) -> Export:
    """The table of a PC-Axis file.

    Args:
        language: of a file in several languages, the one to read; its main language by default.

    Raises:
        InputError: the file is cut off, or contradicts itself.
        UnknownNameError: it is not written in that language.
    """
    text, notes = _decode(file)
    head, start = _head(text, file.name)
    tongue = _tongue(head, language)
    stub = head.get("STUB", language=tongue)
    heading = head.get("HEADING", language=tongue)
    variables = [*stub, *heading]
    if not variables:
        raise InputError(
            f"{file.name} has neither STUB nor HEADING, so its table has no variables; "
            "fetch the file again"
        )
    check_names(variables, file.name)
    values = [_values(head, v, tongue, "VALUES") for v in variables]
    n = cells_of(values)
    if n > MOST_CELLS:
        raise InputError(f"{file.name} says that it has {n} cells; fetch fewer of them")
    data, nil = _data(text, start, head, (stub, heading), values, tongue)
    time = [v for v in variables if head.get("TIMEVAL", v, language=tongue)]
    contents = head.get("CONTVARIABLE", language=tongue)
    return Export(
        frame=from_cube(variables, values, data),
        file=file.name,
        format="px",
        time=time[0] if len(time) == 1 else None,
        contents=contents[0] if contents and contents[0] in variables else None,
        title=head.text("TITLE", tongue) or head.text("CONTENTS", tongue),
        source=head.text("SOURCE", tongue),
        contact=head.text("CONTACT", tongue),
        what="" if contents else head.text("CONTENTS", tongue),
        units=head.text("UNITS", tongue),
        notes=(*notes, *nil_note(nil)),
    )


def _decode(file: Path) -> tuple[str, tuple[str, ...]]:
    """The text, by the byte order mark, CODEPAGE or CHARSET; without them it is a DOS file."""
    content = file.read_bytes()
    if not content.strip():
        raise InputError(f"{file.name} is empty; fetch it again")
    if content.startswith(codecs.BOM_UTF8):
        return _decoded(content[3:], "utf-8", file), ()
    told = {m[1].upper().decode(): m[2].decode("latin-1").strip() for m in _HEAD.finditer(content)}
    charset, page = told.get("CHARSET", ""), told.get("CODEPAGE", "")
    for keyword, name in told.items():
        if name.lower() in _ANSI:
            continue
        try:
            codecs.lookup(name)
        except LookupError as error:
            raise InputError(
                f"{file.name} is in the character set {name!r} ({keyword}), which is not known; "
                'save it as UTF-8 with CODEPAGE="utf-8"'
            ) from error
    if content.isascii():
        return content.decode("ascii"), ()
    try:
        utf8: str | None = content.decode("utf-8")
    except UnicodeDecodeError:
        utf8 = None
    encoding = page or charset
    if encoding.lower() in ("", "ansi", "windows", "unicode"):
        encoding = "cp1252" if charset else ""
    if utf8 is not None:
        right = encoding.lower().replace("_", "-") in ("", "utf-8", "utf8")
        says = f"it says {encoding} and is in UTF-8; read as UTF-8"
        return utf8, () if right else (says,)
    if encoding.lower() in ("iso-8859-1", "latin-1", "latin1"):
        # the same letters, and the dashes that Windows programs write
        encoding = "cp1252"
    if encoding:
        return _decoded(content, encoding, file), ()
    beyond = {c for c in content.decode("cp850") if ord(c) > 127}
    old = "cp850" if beyond <= _SWEDISH else "cp1252"
    note = f"it names no character set; read as {'DOS (850)' if old == 'cp850' else 'Windows-1252'}"
    return _decoded(content, old, file), (note,)


def _decoded(content: bytes, encoding: str, file: Path) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{file.name}, line {line}: byte {error.start} is no letter in {encoding}, the "
            "character set that the file names; fetch the file again or correct CODEPAGE"
        ) from error


def _head(text: str, file: str) -> tuple[_Head, int]:
    """The keywords before DATA, and where the data begin."""
    values: dict[Key, tuple[str, ...]] = {}
    lines: dict[Key, int] = {}
    at = 0
    while True:
        found = _KEYWORD.match(text, at)
        if found is None:
            line = _line(text, at)
            if not text[at:].strip():
                raise InputError(
                    f"{file} has no DATA: it ends at line {line}; it is cut off, fetch it again"
                )
            raise InputError(
                f"{file}, line {line}: there is {_shown(text, at)} where a keyword should be; "
                "it is no PC-Axis file, or damaged"
            )
        keyword, at = found[1].upper(), found.end()
        line = _line(text, found.start(1))
        language = ""
        if tongue := _LANGUAGE.match(text, at):
            language, at = tongue[1].lower(), tongue.end()
        sub: tuple[str, ...] = ()
        if text[at : at + 1] == "(":
            sub, at = _list(text, at + 1, ")", file)
        equals = re.compile(r"\s*=").match(text, at)
        if equals is None:
            raise InputError(
                f"{file}, line {line}: {keyword} is not followed by '='; "
                "it is no PC-Axis file, or damaged"
            )
        at = equals.end()
        if keyword == "DATA":
            return _Head(values, lines, file), at
        if told := _TLIST.match(text, at):
            # the kind of period; the periods themselves are in VALUES
            at = told.end()
            comma = re.compile(r"\s*,").match(text, at)
            own, at = _list(text, comma.end() if comma else at, ";", file)
            found_values = (told[1].strip(), *own)
        else:
            found_values, at = _list(text, at, ";", file)
        key = (keyword, language, sub)
        if key in values and keyword in ("STUB", "HEADING", "VALUES", "CODES"):
            raise InputError(
                f"{file}, line {line}: {keyword}{list(sub) or ''} is there twice (first in line "
                f"{lines[key]}); fetch the file again"
            )
        values.setdefault(key, found_values)
        lines.setdefault(key, line)


def _list(text: str, at: int, end: str, file: str) -> tuple[tuple[str, ...], int]:
    """The values up to `end`, and where that ends; texts side by side are one text."""
    found: list[str] = []
    begin, joined = at, False
    while True:
        if string := _STRING.match(text, at):
            if joined:
                found[-1] += string[1]
            else:
                found.append(string[1])
            at, joined = string.end(), True
            continue
        while text[at : at + 1].isspace():
            at += 1
        sign = text[at : at + 1]
        if sign == end:
            return tuple(v.replace("\r", "").replace("\n", "") for v in found), at + 1
        if sign == ",":
            at, joined = at + 1, False
        elif (word := _WORD.match(text, at)) and sign:
            found.append(word[1].strip())
            at, joined = word.end(), False
        elif sign in ("(", ")", "=") and end == ";":
            # a hierarchy or an expression that no table needs
            at, joined = at + 1, False
        else:
            what = f"there is {_shown(text, at)}" if sign else "the file ends"
            raise InputError(
                f"{file}, line {_line(text, begin)}: the list is not closed by {end!r} "
                f"({what} in line {_line(text, at)}); a quotation mark is missing or the file is "
                "cut off: fetch it again"
            )


def _tongue(head: _Head, language: str | None) -> str:
    """The language suffix of the keywords to read: none for the main language."""
    if language is None:
        return ""
    main = (head.get("LANGUAGE") or ("",))[0].lower()
    spoken = [v.lower() for v in head.get("LANGUAGES")] or [main]
    if language.lower() not in spoken:
        raise UnknownNameError("language", language, spoken, head.file)
    return "" if language.lower() == main else language.lower()


def _values(head: _Head, variable: str, tongue: str, keyword: str) -> tuple[str, ...]:
    values = head.get(keyword, variable, language=tongue)
    if not values and keyword == "VALUES":
        values = head.get("CODES", variable, language=tongue)
        if not values:
            raise InputError(
                f'{head.file} has no VALUES("{variable}"), though it is a variable of the table; '
                "fetch the file again"
            )
    if keyword == "VALUES" and len(set(values)) < len(values):
        codes = head.get("CODES", variable, language=tongue)
        if len(codes) == len(values):
            values = tuple(f"{code} {text}" for code, text in zip(codes, values, strict=True))
    check_values(variable, values, head.file)
    return values


def _data(
    text: str,
    start: int,
    head: _Head,
    sides: tuple[Sequence[str], Sequence[str]],
    values: Sequence[Sequence[str]],
    tongue: str,
) -> tuple[npt.NDArray[np.float64], int]:
    """The cells in order, and how many of them are dashes."""
    body = text[start:].rstrip("\x1a")
    # a sign that stands between cells may be a semicolon, too
    tokens = _CELL.findall(body)
    n = cells_of(values)
    keyed = any(key[0] == "KEYS" for key in head.values)
    if not body.rstrip().endswith(";") and (keyed or len(tokens) != n or not body[-1:].isspace()):
        raise InputError(
            f"{head.file}, line {_line(text, len(text.rstrip()))}: DATA does not end with ';'; the "
            "file is cut off, and the last figure may be half: fetch it again"
        )
    if keyed:
        return _keyed(tokens, head, sides, values, tongue)
    if len(tokens) != n:
        sizes = " x ".join(str(len(v)) for v in values)
        raise InputError(
            f"{head.file}: DATA has {len(tokens)} cells and the variables make {n} ({sizes}); "
            "it is damaged or was cut off: fetch it again"
        )
    return _numbers(tokens, text, start, head.file)


def _numbers(
    tokens: Sequence[str], text: str, start: int, file: str
) -> tuple[npt.NDArray[np.float64], int]:
    try:
        return np.array(tokens, dtype=np.float64), 0
    except ValueError:
        pass
    out = np.empty(len(tokens))
    nil = 0
    for i, token in enumerate(tokens):
        sign = token.strip('"').strip().lower()
        if sign in NIL:
            out[i] = 0.0
            nil += 1
        elif sign in MISSING:
            out[i] = np.nan
        else:
            try:
                out[i] = float(sign)
            except ValueError as error:
                line = ""
                for seen, cell in enumerate(_CELL.finditer(text, start)):
                    if seen == i:
                        line = f", line {_line(text, cell.start())}"
                        break
                raise InputError(
                    f"{file}{line}: the cell {token} is neither a number nor dots; "
                    "fetch the file again"
                ) from error
    return out, nil


def _keyed(
    tokens: Sequence[str],
    head: _Head,
    sides: tuple[Sequence[str], Sequence[str]],
    values: Sequence[Sequence[str]],
    tongue: str,
) -> tuple[npt.NDArray[np.float64], int]:
    """The cells of rows that tell their values of the stub; a row that is left out is all 0."""
    stub, heading = sides
    lists = []
    for name, own in zip(stub, values, strict=False):
        how = head.get("KEYS", name, language=tongue) or head.get("KEYS", name)
        if not how:
            raise InputError(
                f'{head.file} has KEYS and no KEYS("{name}"), so its rows cannot be told apart; '
                "fetch the file again"
            )
        codes = _values(head, name, tongue, "CODES") if how[0].upper() == "CODES" else own
        lists.append({value: k for k, value in enumerate(codes)})
    depth, width = len(stub), cells_of(values[len(stub) :]) if heading else 1
    step = depth + width
    if len(tokens) % step:
        raise InputError(
            f"{head.file}: DATA has {len(tokens)} entries, which are no whole rows of {depth} keys "
            f"and {width} cells; it is damaged or was cut off: fetch it again"
        )
    sizes = [len(v) for v in values[:depth]]
    out = np.zeros((cells_of(values[:depth]), width))
    seen = np.zeros(len(out), dtype=bool)
    nil = 0
    for begin in range(0, len(tokens), step):
        keys = [t.strip('"') for t in tokens[begin : begin + depth]]
        unknown = [
            (name, k) for name, k, own in zip(stub, keys, lists, strict=True) if k not in own
        ]
        if unknown:
            name, key = unknown[0]
            raise InputError(
                f"{head.file}: row {begin // step + 1} of DATA has the key {key!r} for {name!r}, "
                f"which has {enumerate_first(list(lists[stub.index(name)]), 3)}; fetch it again"
            )
        at = [own[k] for k, own in zip(keys, lists, strict=True)]
        row = int(np.ravel_multi_index(at, sizes)) if depth else 0
        if seen[row]:
            raise InputError(f"{head.file}: the row {keys} of DATA is there twice; fetch it again")
        seen[row] = True
        cells, dashes = _numbers(tokens[begin + depth : begin + step], "", 0, head.file)
        out[row] = cells
        nil += dashes
    return out.ravel(), nil


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _shown(text: str, at: int) -> str:
    return repr(text[at:].split("\n")[0].strip()[:30])
