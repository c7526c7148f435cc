"""YAML with the line of every key kept, so that an error can say where it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from survey_stats.errors import CodebookError

Place = tuple["str | int", ...]


class _Loader(yaml.SafeLoader):
    """YAML 1.1 without its traps: `no` is a word, `010` and `12:30` are text."""


_REPLACED = {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:int"}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if tag not in _REPLACED]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(0|[1-9][0-9]*)$"), list("-+0123456789")
)


def load_yaml(path: Path) -> tuple[Any, dict[Place, int]]:
    """The content of a YAML file and the line (from 1) of every key and list item by its path.

    Raises:
        CodebookError: the file is not valid YAML, or a key is there twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CodebookError(f"{path.name} is not UTF-8 text; save it as UTF-8") from error
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: dict[Place, int] = {(): 1}
        if node is not None:
            _walk(loader, node, (), lines, path.name)
        content = None if node is None else loader.construct_document(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path.name}, line {mark.line + 1}" if mark else path.name
        problem = getattr(error, "problem", None) or str(error)
        raise CodebookError(
            f"{where} is not valid YAML: {problem}; correct this line, or the one above it"
        ) from error
    finally:
        loader.dispose()
    return content, lines


def _walk(loader: _Loader, node: yaml.Node, at: Place, lines: dict[Place, int], name: str) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: dict[Any, int] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if key in seen:
                raise CodebookError(
                    f"{name}, line {line}: {key!r} is there twice (first on line {seen[key]}); "
                    "keep one of them"
                )
            seen[key] = line
            lines[(*at, key)] = line
            _walk(loader, value_node, (*at, key), lines, name)
    elif isinstance(node, yaml.SequenceNode):
        for i, item in enumerate(node.value):
            lines[(*at, i)] = item.start_mark.line + 1
            _walk(loader, item, (*at, i), lines, name)
    else:
        try:
            loader.construct_object(node)
        except ValueError as error:
            # a date or a number that looks like one and is none
            raise CodebookError(
                f"{name}, line {node.start_mark.line + 1}: {node.value!r} is no valid value "
                f"({error}); correct it, or write it in quotes if it is text"
            ) from None


def line_of(lines: dict[Place, int], at: Place) -> int:
    """The line of a path, or of its nearest ancestor; keys that pydantic tells as text are found.

    >>> line_of({(): 1, ("waves", 2017): 5}, ("waves", "2017", "weight"))
    5
    """
    spelled = {tuple(map(str, k)): v for k, v in lines.items()}
    for n in range(len(at), -1, -1):
        key = tuple(map(str, at[:n]))
        if key in spelled:
            return spelled[key]
    return 1


def in_file(lines: dict[Place, int], at: Place, keep_last: bool = False) -> Place:
    """`at` without the steps that are no keys of the file (names of types in a union).

    >>> in_file({("a",): 1, ("a", "b"): 2}, ("a", "dict[str]", "b", "[key]"))
    ('a', 'b')
    """
    spelled = {tuple(map(str, k)) for k in lines}
    kept: Place = ()
    for i, step in enumerate(at):
        last = keep_last and i == len(at) - 1
        if last or tuple(map(str, (*kept, step))) in spelled:
            kept = (*kept, step)
    return kept
