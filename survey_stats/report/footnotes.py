"""Marks of numbered notes: raised digits where text is all there is, links in a document.

A mark follows what it belongs to without a break. In plain text it is a word joiner and raised
digits, which a workbook and a notebook show as they are; `linked` turns these into links that a
reader of a document can follow, and pandoc into the raised digits of PDF and Word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from survey_stats.labels import NBSP, Language, heading

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_JOINER = "\N{WORD JOINER}"
_GAP = "\N{NARROW NO-BREAK SPACE}"
_MARK = re.compile(f"{_JOINER}([⁰¹²³⁴⁵⁶⁷⁸⁹]+(?:{_GAP}[⁰¹²³⁴⁵⁶⁷⁸⁹]+)*)")


def raised(numbers: Sequence[int]) -> str:
    """Numbers as raised digits; nothing for none.

    >>> raised([1, 12]).split()
    ['¹', '¹²']
    """
    return _GAP.join(str(n).translate(_RAISED) for n in numbers)


def marked(text: str, numbers: Sequence[int]) -> str:
    """A text with the marks of its notes behind it."""
    return f"{text}{_JOINER}{raised(numbers)}" if numbers else text


def note_id(name: str, number: int) -> str:
    """The anchor of a note of the table or figure called `name`."""
    return f"{name}-note-{number}"


def linked(html: str, name: str, lang: Language = "sv") -> str:
    """HTML in which every mark is a link to its note.

    >>> linked(marked("<td>2020</td>"[4:8], [1]), "t", "en")[:52]
    '2020<sup class="note-mark"><a href="#t-note-1" aria-'
    """
    word = heading("footnote", lang)

    def links(match: re.Match[str]) -> str:
        each = [
            f'<a href="#{note_id(name, int(n))}" aria-label="{word} {n}" '
            f'aria-describedby="{note_id(name, int(n))}">{n}</a>'
            for n in match[1].translate(_LOWERED).split(_GAP)
        ]
        return f'<sup class="note-mark">{f",{NBSP}".join(each)}</sup>'

    return _MARK.sub(links, html)
