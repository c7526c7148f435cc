"""Conditions of a plan: `school_survey and not whole_city`.

The names are surveys, a survey with a year (`city_safety_2017`: that wave is used), questions
(somebody in the area answered), and facts of the document. They are joined by `and`, `or`, `not`
and brackets; nothing else of Python is understood.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.report.plan.vocabulary import SURVEYS, questions

FACTS: dict[str, str] = {
    "several_surveys": "several surveys asked one of the questions in the area",
    "several_codings": "a question is told in several codings",
    "whole_city": "the document is about the whole city",
    "crime": "counts of reported crime are known for the area",
    "audit": "documents about the area were audited",
    "synthetic": "answers are made up",
}
"""What a condition can ask of the document as a whole."""

_WAVE = re.compile(rf"^({'|'.join(SURVEYS)})_(\d{{4}})$")


def names(condition: str) -> list[str]:
    """The names in a condition, in order.

    Raises:
        InputError: it is not names with and, or, not.

    >>> names("school_survey and not whole_city")
    ['school_survey', 'whole_city']
    """
    return [n.id for n in ast.walk(_parsed(condition)) if isinstance(n, ast.Name)]


def check(condition: str, where: str = "") -> None:
    """That a condition can be understood.

    Raises:
        InputError: it is not names with and, or, not.
        UnknownNameError: a name means nothing.
    """
    if not condition.strip():
        return
    try:
        found = names(condition)
    except InputError as error:
        raise InputError(f"{where}: {error}" if where else str(error)) from None
    known = (*SURVEYS, *FACTS, *questions())
    for name in found:
        if name not in known and not _WAVE.match(name):
            raise UnknownNameError("condition", name, known, where)


def holds(condition: str, is_so: Callable[[str], bool]) -> bool:
    """Whether a condition holds; an empty one always does.

    >>> holds("a and not (b or c)", lambda name: name == "a")
    True
    """
    return not condition.strip() or _value(_parsed(condition), is_so)


def either(conditions: Iterable[str]) -> str:
    """Holds where one of them does; empty (always) where one of them always holds.

    >>> either(["a", "b and c", "a"]), either(["a", ""])
    ('a or (b and c)', '')
    """
    found = list(dict.fromkeys(c.strip() for c in conditions))
    if "" in found or not found:
        return ""
    return found[0] if len(found) == 1 else " or ".join(_bracketed(c) for c in found)


def both(first: str, second: str) -> str:
    """Holds where both do.

    >>> both("a", "b or c"), both("", "a")
    ('a and (b or c)', 'a')
    """
    found = list(dict.fromkeys(c.strip() for c in (first, second) if c.strip()))
    return found[0] if len(found) == 1 else " and ".join(_bracketed(c) for c in found)


def wave(name: str) -> tuple[str, int] | None:
    """The survey and year of a name such as `city_safety_2017`."""
    found = _WAVE.match(name)
    return (found[1], int(found[2])) if found else None


def _bracketed(condition: str) -> str:
    return f"({condition})" if isinstance(_parsed(condition), ast.BoolOp) else condition


def _parsed(condition: str) -> ast.expr:
    try:
        tree = ast.parse(condition.strip(), mode="eval").body
        _only_logic(tree)
    except (SyntaxError, ValueError, RecursionError):
        raise InputError(
            f"{condition!r} is no condition; write names with and, or, not, such as "
            "'school_survey and not whole_city'"
        ) from None
    return tree


def _only_logic(node: ast.expr) -> None:
    if isinstance(node, ast.BoolOp):
        for part in node.values:
            _only_logic(part)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        _only_logic(node.operand)
    elif not isinstance(node, ast.Name):
        raise ValueError


def _value(node: ast.expr, is_so: Callable[[str], bool]) -> bool:
    if isinstance(node, ast.BoolOp):
        parts = [_value(part, is_so) for part in node.values]
        return all(parts) if isinstance(node.op, ast.And) else any(parts)
    if isinstance(node, ast.UnaryOp):
        return not _value(node.operand, is_so)
    assert isinstance(node, ast.Name)
    return is_so(node.id)
