"""Which encoding a text file is in: found out from its bytes, or refused with the likeliest."""

from __future__ import annotations

import re
from pathlib import Path

from survey_stats.errors import InputError

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_WITHOUT_BOM = ("utf-16-le", "utf-16-be")
# code pages whose Swedish letters are other signs in Windows-1252
_OLD = {"cp850": "a DOS code page (850)", "mac_roman": "Mac Roman"}
_SWEDISH = frozenset("åäöÅÄÖ")
_LETTERS = frozenset("åäöÅÄÖéÉüÜ")
# a Swedish letter of UTF-8 that was read as Windows-1252, or as Latin-1
_TWICE = re.compile("Ã[¥¤¶…„–©\x85\x84\x96\xa9]")
_LOST = "\ufffd"


def decode(file: Path) -> tuple[str, str]:
    """The text of a file and the name of its encoding.

    UTF-8, UTF-16 and UTF-32 are certain; what is none of them is Windows-1252, unless its letters
    are Swedish only in another code page.

    Raises:
        InputError: no encoding fits, several do, letters were lost, or it is no text.
    """
    content = file.read_bytes()
    text, encoding = _marked(content, file) or _unmarked(content, file)
    text = text.removeprefix("\ufeff")
    if "\x00" in text:
        raise InputError(
            f"{file.name} holds NUL characters (the first at character {text.index(chr(0))}); "
            "it is damaged or no text file: ask for the file again"
        )
    if _LOST in text:
        line = text.count("\n", 0, text.index(_LOST)) + 1
        raise InputError(
            f"{file.name}, line {line}: letters were lost when it was saved (there is the sign "
            f"{_LOST}, U+FFFD); ask for the file again, in UTF-8"
        )
    if twice := _TWICE.search(text):
        what = "was saved as UTF-8 after it had been read in another encoding"
        if encoding == "windows-1252":
            what = "mixes encodings: it has letters in UTF-8 and others that are not"
        line = text.count("\n", 0, twice.start()) + 1
        raise InputError(
            f"{file.name}, line {line}: {twice[0]!r} stands for a Swedish letter; it {what}: "
            "ask for the file again, in UTF-8"
        )
    return text, encoding


def _marked(content: bytes, file: Path) -> tuple[str, str] | None:
    """The text after a byte order mark."""
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            try:
                return content.decode(encoding), encoding
            except UnicodeDecodeError as error:
                raise InputError(
                    f"{file.name} begins as {encoding} and is not at byte {error.start}; "
                    "it is damaged or cut off: ask for the file again"
                ) from error
    return None


def _unmarked(content: bytes, file: Path) -> tuple[str, str]:
    if b"\x00" in content[:4096]:
        for encoding in _WITHOUT_BOM:
            # every second byte of western text is zero, the first or the second of each pair
            zeros = content[encoding.endswith("le") : 4096 : 2].count(0)
            if zeros > 0.8 * len(content[:4096]) / 2:
                try:
                    return content.decode(encoding), encoding
                except UnicodeDecodeError as error:
                    raise InputError(
                        f"{file.name} looks like {encoding} and is not at byte {error.start}; "
                        "it is damaged or cut off: ask for the file again"
                    ) from error
        raise InputError(f"{file.name} is no text file; check that its ending names its format")
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        at = error.start
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        likely = _other(content)
        hint = f" but looks like {likely}" if likely else ""
        raise InputError(
            f"{file.name} is neither UTF-8 (byte {at}) nor Windows-1252 (byte {error.start})"
            f"{hint}; save it as UTF-8"
        ) from error
    if not _SWEDISH & set(text) and (likely := _other(content)):
        raise InputError(f"{file.name} looks as if it were in {likely}; save it as UTF-8")
    return text, "windows-1252"


def _other(content: bytes) -> str | None:
    """The code page in which all letters beyond ASCII are Swedish."""
    for encoding, name in _OLD.items():
        beyond = {c for c in content.decode(encoding) if ord(c) > 127}
        if beyond <= _LETTERS and beyond & _SWEDISH:
            return name
    return None
