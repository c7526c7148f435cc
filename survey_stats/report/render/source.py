"""A `.qmd` file as what it is made of: front matter, prose and code cells, each with its line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from survey_stats.errors import InputError, RenderError

_FENCE = re.compile(r"^(?P<indent>\s*)(?P<ticks>`{3,}|~{3,})(?P<info>.*)$")
_CELL_INFO = re.compile(r"^\s*\{(?P<language>[A-Za-z0-9_]+)(?P<rest>(?:[ ,].*)?)\}\s*$")
_OPTION = re.compile(r"^#\s*\| ?")
_INLINE = re.compile(r"(?:^|(?<=[^`]))`\{python\}[ \t]([^`]+)`", re.MULTILINE)
_INLINE_OTHER = re.compile(r"(?:^|(?<=[^`]))`\{([A-Za-z0-9_]+)\}[ \t][^`]+`", re.MULTILINE)


@dataclass(frozen=True)
class Prose:
    """Markdown between two cells; `line` is the number of its first line in the file."""

    text: str
    line: int


@dataclass(frozen=True)
class Cell:
    """A code cell: `line` is that of its fence, `code_line` that of its first line of code."""

    code: str
    line: int
    code_line: int
    options: dict[str, Any] = field(default_factory=dict)
    option_lines: dict[str, int] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return str(self.options.get("label", ""))

    @property
    def tags(self) -> list[str]:
        tags = self.options.get("tags") or []
        return [str(t) for t in (tags if isinstance(tags, list) else [tags])]


@dataclass(frozen=True)
class Document:
    """A parsed `.qmd` file."""

    path: Path
    front: dict[str, Any]
    front_lines: dict[tuple[str, ...], int]
    parts: tuple[Prose | Cell, ...]

    @property
    def cells(self) -> list[Cell]:
        return [p for p in self.parts if isinstance(p, Cell)]

    def error(self, line: int | None, what: str) -> RenderError:
        """A RenderError that names this file and the line."""
        where = f"{self.path.name}, line {line}" if line else self.path.name
        return RenderError(f"{where}: {what}")

    def line_of(self, needle: str) -> int | None:
        """The first line of the prose that holds `needle`, or of a cell whose options do."""
        for part in self.parts:
            if isinstance(part, Prose):
                at = part.text.find(needle)
                if at >= 0:
                    return part.line + part.text.count("\n", 0, at)
        for cell in self.cells:
            for name, value in cell.options.items():
                if needle in str(value):
                    return cell.option_lines.get(name, cell.line)
        for cell in self.cells:
            at = cell.code.find(needle)
            if at >= 0:
                return cell.code_line + cell.code.count("\n", 0, at)
        return None


def read_document(path: Path) -> Document:
    """Parses a `.qmd` file.

    Raises:
        InputError: there is no such file or it is not UTF-8.
        RenderError: YAML that is not valid, a cell that is not Python, a shortcode.
    """
    try:
        source = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"There is no document {path}; check the path") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text ({error.reason}); save it as UTF-8") from None
    lines = source.replace("\r\n", "\n").split("\n")
    front, front_lines, start = _front_matter(path, lines)
    parts = _parts(path, lines, start)
    document = Document(path, front, front_lines, tuple(parts))
    _refuse_shortcodes(document)
    return document


def yaml_with_lines(
    text: str, path: Path, first_line: int
) -> tuple[dict[str, Any], dict[tuple[str, ...], int]]:
    """A YAML mapping and the line of each of its keys, by the path of keys to it.

    Raises:
        RenderError: the text is not valid YAML or not a mapping.
    """
    try:
        value = yaml.safe_load(text)
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = first_line + (mark.line if mark else 0)
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise RenderError(f"{path.name}, line {line}: not valid YAML: {problem}") from None
    if value is None:
        return {}, {}
    if not isinstance(value, dict):
        raise RenderError(f"{path.name}, line {first_line}: expected 'name: value' lines of YAML")
    found: dict[tuple[str, ...], int] = {}
    _key_lines(tree, (), first_line, found)
    return value, found


def _key_lines(
    node: yaml.Node | None, at: tuple[str, ...], first: int, found: dict[tuple[str, ...], int]
) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*at, str(key.value))
            found[here] = first + key.start_mark.line
            _key_lines(value, here, first, found)


def _front_matter(
    path: Path, lines: list[str]
) -> tuple[dict[str, Any], dict[tuple[str, ...], int], int]:
    if not lines or lines[0].rstrip() != "---":
        return {}, {}, 0
    for i in range(1, len(lines)):
        if lines[i].rstrip() in {"---", "..."}:
            front, found = yaml_with_lines("\n".join(lines[1:i]), path, 2)
            return front, found, i + 1
    raise RenderError(f"{path.name}, line 1: the front matter has no closing '---'")


def _parts(path: Path, lines: list[str], start: int) -> list[Prose | Cell]:
    parts: list[Prose | Cell] = []
    prose: list[str] = []
    prose_line = start + 1
    i = start
    while i < len(lines):
        opened = _FENCE.match(lines[i])
        if opened is None:
            prose.append(lines[i])
            i += 1
            continue
        end = _closing(lines, i, opened["ticks"])
        if end is None:
            raise RenderError(f"{path.name}, line {i + 1}: this code block is never closed")
        info = _CELL_INFO.match(opened["info"])
        if info is None and "{{" in opened["info"]:
            raise RenderError(
                f"{path.name}, line {i + 1}: blocks in double braces (shown, not run) are not "
                f"supported; indent the example by four blanks instead"
            )
        if info is None:
            prose.extend(lines[i : end + 1])
        else:
            if info["language"] != "python":
                raise RenderError(
                    f"{path.name}, line {i + 1}: cells in '{info['language']}' are not "
                    f"supported; use {{python}}, or {{.{info['language']}}} to show code as it is"
                )
            if info["rest"].strip() or opened["indent"]:
                what = "options after 'python'" if info["rest"].strip() else "indented cells"
                raise RenderError(
                    f"{path.name}, line {i + 1}: {what} are not supported; write options as "
                    f"'#| name: value' lines and start the cell at the margin"
                )
            if prose:
                parts.append(Prose("\n".join(prose), prose_line))
            parts.append(_cell(path, lines[i + 1 : end], i + 1))
            prose, prose_line = [], end + 2
        i = end + 1
    if prose:
        parts.append(Prose("\n".join(prose), prose_line))
    return parts


def _closing(lines: list[str], start: int, ticks: str) -> int | None:
    pattern = re.compile(rf"^\s*{re.escape(ticks[0])}{{{len(ticks)},}}\s*$")
    return next((i for i in range(start + 1, len(lines)) if pattern.match(lines[i])), None)


def _cell(path: Path, body: list[str], fence_line: int) -> Cell:
    count = 0
    while count < len(body) and _OPTION.match(body[count]):
        count += 1
    text = "\n".join(_OPTION.sub("", line, count=1) for line in body[:count])
    options: dict[str, Any] = {}
    found: dict[tuple[str, ...], int] = {}
    if text.strip():
        options, found = yaml_with_lines(text, path, fence_line + 1)
    return Cell(
        code="\n".join(body[count:]).strip("\n"),
        line=fence_line,
        code_line=fence_line + 1 + count + _blank_start(body[count:]),
        options=options,
        option_lines={key[0]: line for key, line in found.items() if len(key) == 1},
    )


def _blank_start(lines: list[str]) -> int:
    count = 0
    for line in lines:
        if line:
            break
        count += 1
    return count if count < len(lines) else 0


def _refuse_shortcodes(document: Document) -> None:
    for part in document.parts:
        if not isinstance(part, Prose):
            continue
        at = part.text.find("{{<")
        if at >= 0:
            line = part.line + part.text.count("\n", 0, at)
            code = part.text[at : part.text.find("\n", at)].strip()
            raise document.error(line, f"shortcodes such as '{code[:40]}' are not supported")
        other = next((m for m in _INLINE_OTHER.finditer(part.text) if m[1] != "python"), None)
        if other:
            line = part.line + part.text.count("\n", 0, other.start())
            raise document.error(line, f"inline code in '{other[1]}' is not supported; use python")


def inline_expressions(prose: Prose) -> list[tuple[str, int]]:
    """The inline Python expressions of a piece of prose and their lines.

    >>> inline_expressions(Prose("a `{python} n` b\\nc `{python} 1 + 1`", 10))
    [('n', 10), ('1 + 1', 11)]
    """
    return [
        (m[1], prose.line + prose.text.count("\n", 0, m.start()))
        for m in _INLINE.finditer(prose.text)
    ]


def replace_inline(prose: Prose, values: list[str]) -> str:
    """The prose with its inline expressions replaced, in order."""
    supply = iter(values)
    return _INLINE.sub(lambda _match: next(supply), prose.text)
