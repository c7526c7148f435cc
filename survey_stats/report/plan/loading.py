"""Plans from files, checked: what is wrong is told with file, line and key."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from survey_stats.errors import CodebookError, InputError, UnknownNameError, nearest
from survey_stats.harmonise.codebook._yaml import Place, in_file, line_of, load_yaml
from survey_stats.report.pieces import registry
from survey_stats.report.plan import conditions
from survey_stats.report.plan.schema import Plan, Point, Points, Prose, Row, Section, Text
from survey_stats.report.plan.vocabulary import (
    COMPARISONS,
    GROUPS,
    PIECES_INSTEAD,
    SURVEYS,
    questions,
)
from survey_stats.resources import own_data, reports_path

_MODELS: tuple[type[BaseModel], ...] = (Plan, Section, Row, Points, Prose, Point, Text)


def plan_names() -> list[str]:
    """The plans that are shipped."""
    return sorted(p.stem for p in reports_path("plans").glob("*.yaml"))


def plan_path(plan: str | Path) -> Path:
    """The file of a plan: a path, or the name of a shipped one.

    Raises:
        UnknownNameError: no shipped plan is called so.
        InputError: there is no such file, or the shipped plans are about other surveys.
    """
    path = Path(plan)
    if path.suffix.lower() in {".yaml", ".yml"}:
        if not path.is_file():
            raise InputError(f"There is no plan {path}; check the path")
        return path
    if str(plan) not in plan_names():
        raise UnknownNameError("plan", plan, plan_names(), "survey_stats (or give a .yaml file)")
    if own_data() is not None:
        raise InputError(
            f"The plan {str(plan)!r} is written about the shipped surveys; give a plan of your own "
            "(docs/own_place.md has one)"
        )
    return reports_path("plans", f"{plan}.yaml")


def load_plan(plan: str | Path = "appendix") -> Plan:
    """A plan, checked as a whole; its own modules are run first.

    Args:
        plan: the path of a YAML file, or the name of a shipped plan.

    Raises:
        UnknownNameError: a plan, piece, question, group, survey, comparison, option or condition
            does not exist; the text says where and names the nearest.
        InputError: the file is not valid; the text names file, line and key.

    >>> load_plan("appendix").questions[:2]
    ('unsafe_evening', 'unsafe_neighbourhood')
    """
    path = plan_path(plan)
    stamp = path.stat()
    return _loaded(path.resolve(), stamp.st_mtime_ns, stamp.st_size)


@functools.lru_cache(maxsize=32)
def _loaded(path: Path, _changed: int, _size: int) -> Plan:
    try:
        content, lines = load_yaml(path)
    except CodebookError as error:
        raise InputError(str(error)) from None
    except yaml.YAMLError:
        raise InputError(f"{path.name} holds characters that are no text; save it anew") from None
    if not isinstance(content, dict):
        raise InputError(f"{path.name} is no plan; it needs the keys name, title and sections")
    try:
        made = Plan.model_validate(content)
    except ValidationError as error:
        raise InputError(_told(error, lines, path.name)) from None
    for i, module in enumerate(made.modules):
        where = f"{path.name}, line {line_of(lines, ('modules', i))}"
        registry.load_module(path.parent / module, where)
    _check(made, path.name, lines)
    return made


def check_row(row: Row, where: str = "", at: Mapping[str, str] | None = None) -> None:
    """That the names of a row exist, and that its pieces and options fit.

    Args:
        row: what is shown.
        where: the place, for the errors.
        at: key of the row -> its own place.

    Raises:
        UnknownNameError: a name does not exist.
        InputError: a piece that needs a question has none, or an option does not do.
    """
    places = at or {}

    def place(key: str) -> str:
        return places.get(key, where)

    known = {"surveys": SURVEYS, "groups": GROUPS, "compare": tuple(COMPARISONS)}
    what = {"surveys": "survey", "groups": "group", "compare": "comparison"}
    if row.question and row.question not in questions():
        raise UnknownNameError("question", row.question, questions(), place("question"))
    for name in row.compare:
        if name in PIECES_INSTEAD:
            start = f"{place('compare')}: " if place("compare") else ""
            raise InputError(
                f"{start}compare takes {', '.join(COMPARISONS)}, and {name!r} is shown by a piece "
                f"of its own; leave it out and add {PIECES_INSTEAD[name]} to form"
            )
    for key, names in known.items():
        for name in getattr(row, key):
            if name not in names:
                raise UnknownNameError(what[key], name, names, place(key))
    conditions.check(row.when, place("when"))
    found = [registry.named(name, place("form")) for name in row.form]
    for piece in found:
        start = f"{place('form')}: " if place("form") else ""
        if piece.about == "question" and not row.question:
            raise InputError(f"{start}the piece {piece.name} is about a question; add question")
        if piece.about == "document" and row.question:
            raise InputError(
                f"{start}the piece {piece.name} is about no single question; give it a row of its "
                "own without question"
            )
        own = {k: v for k, v in row.options.items() if k in piece.options}
        piece.check(own, place("options"))
    for name in row.options:
        if not any(name in piece.options for piece in found):
            all_options = dict.fromkeys(o for piece in found for o in piece.options)
            pieces = " or ".join(piece.name for piece in found)
            raise UnknownNameError(f"option of {pieces}", name, all_options, place("options"))


def _check(plan: Plan, name: str, lines: dict[Place, int]) -> None:
    seen: dict[tuple[str, str], int] = {}
    for at, block in plan.blocks():
        line = line_of(lines, at)
        where = f"{name}, line {line}"
        if isinstance(block, Row):
            keys = {k: f"{name}, line {line_of(lines, (*at, k))}" for k in Row.model_fields}
            check_row(block, where, keys)
            for form in block.form:
                had = seen.setdefault((form, block.question), line)
                if had != line and form != "page_break":
                    of = f" of {block.question}" if block.question else ""
                    raise InputError(
                        f"{where}: the piece {form}{of} is there already (line {had}), and two "
                        "would have the same label; keep one"
                    )
        elif isinstance(block, Prose):
            conditions.check(block.when, where)
        else:
            for i, point in enumerate(block.points):
                conditions.check(point.when, f"{name}, line {line_of(lines, (*at, 'points', i))}")
    ids: dict[str, str] = {}
    for at, section in plan.all_sections():
        where = f"{name}, line {line_of(lines, at)}"
        conditions.check(section.when, where)
        if section.id and ids.setdefault(section.id, where) != where:
            raise InputError(f"{where}: the id {section.id!r} is there twice; give it another one")


def _told(error: ValidationError, lines: dict[Place, int], name: str) -> str:
    problems = error.errors(include_url=False)
    # an unknown key is the likeliest cause of the others (the key it was meant to be is missing)
    problem = next((p for p in problems if p["type"] == "extra_forbidden"), problems[0])
    kind = problem["type"]
    where = in_file(lines, problem["loc"], keep_last=kind == "missing")
    last = str(where[-1]) if where else ""
    start = f"{name}, line {line_of(lines, where)}: {'.'.join(map(str, where)) or 'the file'}"
    if kind == "extra_forbidden":
        keys = _keys(problem["loc"])
        close = nearest(last, keys)
        hint = f"did you mean {close[0]!r}?" if close else f"there is {', '.join(keys)}"
        return f"{start}: there is no key {last!r} here; {hint}"
    if kind == "missing":
        return f"{start}: the key {last!r} is missing; add it"
    if kind in {"string_type", "dict_type", "model_type", "model_attributes_type", "tuple_type"}:
        needs = {"string_type": "text", "tuple_type": "a list"}.get(kind, "a map of keys")
        return f"{start}: needs {needs}, not {_short(problem['input'])}"
    if kind in {"too_short", "string_too_short"}:
        return f"{start}: is empty; write at least one"
    said = str(problem["msg"]).removeprefix("Value error, ").replace("Input should", "it must")
    return f"{start}: {said}, not {_short(problem['input'])}"


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return f"a map with the keys {', '.join(map(str, list(value)[:5]))}"
    return repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:57]}..."


def _keys(loc: tuple[str | int, ...]) -> list[str]:
    """The keys that are known where an unknown one was found, by the steps of pydantic's path."""
    named: dict[str, type[BaseModel]] = {m.__name__: m for m in _MODELS}
    fields: dict[str, type[BaseModel]] = {
        "title": Text,
        "heading": Text,
        "text": Text,
        "sections": Section,
        "points": Point,
    }
    for step in reversed(loc[:-1]):
        model = named.get(str(step)) or fields.get(str(step))
        if model is not None:
            return list(model.model_fields)
    return list(Plan.model_fields)
