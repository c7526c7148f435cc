"""What pydantic finds wrong with a codebook, told with file, line, cause and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from survey_stats.errors import CodebookError, nearest
from survey_stats.harmonise.codebook._yaml import Place, in_file, line_of
from survey_stats.harmonise.codebook.schema import (
    BACKGROUND,
    Background,
    Coding,
    Constant,
    Derived,
    Facts,
    Item,
    Part,
    Question,
    Scale,
    Text,
    Wave,
)

# which models stand where in a codebook; * is any key
_MODELS: tuple[tuple[tuple[str, ...], tuple[type[BaseModel], ...]], ...] = (
    (("title",), (Text,)),
    (("scales", "*"), (Scale,)),
    (("scales", "*", "answers", "*"), (Text,)),
    (("waves", "*"), (Wave,)),
    (("waves", "*", "facts"), (Facts,)),
    (("waves", "*", "weight"), (Constant,)),
    (("background", "*"), (Background,)),
    (("parts", "*"), (Part,)),
    (("questions", "*"), (Question,)),
    (("*", "*", "text"), (Text,)),
    (("*", "*", "waves", "*"), (Item,)),
    (("questions", "*", "derived"), (Derived,)),
    (("questions", "*", "codings", "*"), (Coding,)),
    (("questions", "*", "codings", "*", "text"), (Text,)),
)
# what a value must be, by pydantic's type of error
_NEEDS: Mapping[str, str] = {
    "string_type": "text",
    "dict_type": "a map of keys",
    "model_type": "a map of keys",
    "tuple_type": "a list such as [a, b]",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "a valid boolean, true or false",
    "bool_parsing": "a valid boolean, true or false",
    "date_type": "a valid date such as 2023-07-01",
    "date_parsing": "a valid date such as 2023-07-01",
    "date_from_datetime_parsing": "a valid date such as 2023-07-01",
    "date_from_datetime_inexact": "a valid date such as 2023-07-01",
}


def explain(
    error: ValidationError, lines: Mapping[Place, int], name: str, root: type[BaseModel]
) -> CodebookError:
    """The likeliest cause of a validation error, in one sentence.

    Args:
        lines: the line of every key, as `load_yaml` gives it.
        name: the file.
        root: the model of a whole codebook.
    """
    known = dict(lines)
    problems = error.errors(include_url=False)
    # an unknown key is the likeliest cause of the others (the key it was meant to be is missing)
    problem = next((p for p in problems if p["type"] == "extra_forbidden"), problems[0])
    where = in_file(known, problem["loc"], keep_last=problem["type"] == "missing")
    line = line_of(known, where)
    others = {line_of(known, in_file(known, p["loc"])) for p in problems} - {line}
    text = _told(problem, where, root)
    return CodebookError(f"{name}, line {line}: {dotted(where)}: {text}" + and_more(len(others)))


def dotted(where: Place) -> str:
    """A place in the file as keys with dots between."""
    return ".".join(map(str, where)) or "the file"


def and_more(n: int) -> str:
    """How many more lines have problems, for the end of a sentence."""
    return "" if n <= 0 else f" (and {n} more problem{'s' if n > 1 else ''})"


def _told(problem: ErrorDetails, where: Place, root: type[BaseModel]) -> str:
    kind, last = problem["type"], where[-1] if where else ""
    said = str(problem["msg"])
    if kind == "extra_forbidden":
        return f"there is no key {str(last)!r} here; {_near(last, _keys_at(where[:-1], root))}"
    if kind == "missing" and isinstance(last, int):
        return f"the list is too short, it needs {last + 1} values or more; add what is missing"
    if kind == "missing":
        return f"the key {str(last)!r} is missing; add it" + _about(where, root)
    if kind == "literal_error" and len(where) == 2 and where[0] == "background":
        return f"there is no background variable {last!r}; {_near(last, BACKGROUND)}"
    if kind == "literal_error":
        said = said.replace("Input should be", "must be")
        return f"{said}, not {problem['input']!r}" + _about(where, root)
    if kind in _NEEDS:
        return f"needs {_NEEDS[kind]}, not {_shown(problem['input'])}" + _about(where, root)
    if kind == "too_long":
        return "the list is too long; leave out what does not belong" + _about(where, root)
    if kind == "too_short":
        return "is empty; write at least one" + _about(where, root)
    said = said.removeprefix("Value error, ").replace("Input should be", "must be")
    return said if kind == "value_error" else f"{said}, not {_shown(problem['input'])}"


def _near(name: object, known: tuple[str, ...] | list[str]) -> str:
    close = nearest(str(name), known)
    return f"did you mean {close[0]!r}?" if close else f"there is {', '.join(known)}"


def _shown(value: Any) -> str:
    """A value as its writer would recognise it, however long it is."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return f"a map with the keys {', '.join(map(str, list(value)[:5]))}"
    return repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:57]}..."


def _models_at(place: Place, root: type[BaseModel]) -> tuple[type[BaseModel], ...]:
    if not place:
        return (root,)
    for pattern, models in _MODELS:
        if len(pattern) == len(place) and all(
            p in ("*", str(k)) for p, k in zip(pattern, place, strict=True)
        ):
            return models
    return ()


def _keys_at(place: Place, root: type[BaseModel]) -> list[str]:
    return [field for model in _models_at(place, root) for field in model.model_fields]


def _about(where: Place, root: type[BaseModel]) -> str:
    """What the nearest key is for, as the JSON Schema describes it."""
    for end in range(len(where), 0, -1):
        for model in _models_at(where[: end - 1], root):
            field = model.model_fields.get(str(where[end - 1]))
            if field is not None and field.description:
                told = " ".join(field.description.split()).rstrip(".")
                return f" ({where[end - 1]}: {told[0].lower()}{told[1:]})"
    return ""
