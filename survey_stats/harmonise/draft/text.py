"""A wave written into the text of a codebook; every other line stays as it is."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from survey_stats.errors import CodebookError
from survey_stats.harmonise.codebook._yaml import Place, load_yaml

CONFIRM = "# CONFIRM: "
_BESIDE = 90


@dataclass(frozen=True)
class Insertion:
    """What goes under a `waves` key: comments, then the new wave (left out where `content` is "").

    `content` holds the lines after the year, already in YAML; `beside` is a comment on the line of
    the year.
    """

    confirm: Sequence[str] = ()
    content: Sequence[str] = ()
    beside: str = ""


def insert_wave(
    path: Path, wave: int, insertions: Mapping[Place, Insertion], head: Sequence[str]
) -> str:
    """The text of the codebook at `path` with a new wave.

    Args:
        path: the codebook.
        wave: the year to add.
        insertions: place of a `waves` map in the file -> what to write at its end.
        head: comment lines for the top of the file, after those that are there.

    Raises:
        CodebookError: a `waves` map is not written one wave a line, so that none can be added.
    """
    _, lines = load_yaml(path)
    text = path.read_text(encoding="utf-8").splitlines()
    edits: list[tuple[int, list[str]]] = []
    for place, insertion in insertions.items():
        last, indent = _last_wave(place, lines, text, path.name)
        edits.append((_end_of_block(text, last, indent), _written(insertion, wave, indent)))
    for after, new in sorted(edits, key=lambda e: -e[0]):
        text[after:after] = new
    # an editor looks for the schema in the first line
    top = next((i for i, line in enumerate(text) if not line.startswith("#")), len(text))
    text[top:top] = [f"# {_one_line(line)}" for line in head]
    return "\n".join(text) + "\n"


def _last_wave(
    place: Place, lines: Mapping[Place, int], text: Sequence[str], name: str
) -> tuple[int, int]:
    """Line (from 1) and indentation of the last wave of the map at `place`."""
    years = {k[-1]: n for k, n in lines.items() if len(k) == len(place) + 1 and k[:-1] == place}
    start = lines[place]
    last = max(years.values())
    content = text[last - 1]
    stripped = content.lstrip()
    if last <= start or not any(stripped.startswith(f"{y}:") for y in years):
        raise CodebookError(
            f"{name}, line {start}: a new wave can be drafted only where 'waves' has one wave a "
            "line; write it so"
        )
    return last, len(content) - len(stripped)


def _end_of_block(text: Sequence[str], line: int, indent: int) -> int:
    """How many lines there are up to the end of the block that begins at `line` (from 1)."""
    end = line
    for at in range(line, len(text)):
        content = text[at]
        if not content.strip():
            continue
        if len(content) - len(content.lstrip()) <= indent:
            break
        end = at + 1
    return end


def _written(insertion: Insertion, wave: int, indent: int) -> list[str]:
    space = " " * indent
    lines = [f"{space}{CONFIRM}{_one_line(t)}" for t in insertion.confirm]
    if not insertion.content:
        return lines
    beside = f"  # {_short(insertion.beside)}" if insertion.beside else ""
    first, *rest = insertion.content
    lines.append(f"{space}{wave}:{' ' + first if first else ''}{beside}")
    return lines + [f"{space}{line}" for line in rest]


def _short(text: str) -> str:
    return textwrap.shorten(_one_line(text), _BESIDE, placeholder=" ...")


def _one_line(text: str) -> str:
    """Text for a comment: line ends and what YAML does not allow would end or break it."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def flow(value: Any) -> str:
    """A value as YAML on one line.

    >>> flow({"variable": "F14", "codes": {1: "no", 2: "yes"}})
    "{variable: F14, codes: {1: 'no', 2: 'yes'}}"
    """
    text = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10**6
    )
    return str(text).removesuffix("...\n").strip()
