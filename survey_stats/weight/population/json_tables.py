"""JSON of PxWeb: json-stat 1.x and 2.0 (json-stat.org/full), and PxWeb's own columns and data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import InputError, enumerate_first
from survey_stats.read.encodings import decode
from survey_stats.weight.population.export import (
    MISSING,
    MOST_CELLS,
    NIL,
    VALUE,
    Export,
    cells_of,
    check_names,
    check_values,
    from_cube,
    nil_note,
)

CONTENTS = "contents"


def read_json(file: Path) -> Export:
    """The table of a JSON file, whichever of the three formats it is in.

    Raises:
        InputError: it is no JSON, holds no table or several, or contradicts itself.
    """
    text, _ = decode(file)
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        where = (
            f", line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else ""
        )
        raise InputError(f"{file.name}{where}; it is no whole JSON file: fetch it again") from error
    if not isinstance(content, dict):
        raise _none(file)
    if "columns" in content and "data" in content:
        return _pxweb(content, file)
    if "variables" in content and "title" in content:
        raise InputError(
            f"{file.name} describes a table and holds no figures; post a query to the same "
            "address, or save the table itself"
        )
    return _stat(_dataset(content, file), file)


def _none(file: Path) -> InputError:
    return InputError(
        f"{file.name} holds no table in json-stat or in PxWeb's JSON; "
        "save the table as .px, json-stat2 or csv"
    )


def _dataset(content: dict[str, Any], file: Path) -> dict[str, Any]:
    kind = content.get("class")
    if kind == "dataset" or (kind is None and "dimension" in content and "value" in content):
        return content
    if kind is not None:
        raise InputError(
            f"{file.name} is a {kind} of json-stat, not a table; save one of its tables"
        )
    tables = {
        name: table
        for name, table in content.items()
        if isinstance(table, dict) and "dimension" in table and "value" in table
    }
    if len(tables) > 1:
        raise InputError(
            f"{file.name} has the tables {enumerate_first(list(tables))}; save them one by one"
        )
    if not tables:
        raise _none(file)
    return next(iter(tables.values()))


def _stat(table: Mapping[str, Any], file: Path) -> Export:
    dimension = _object(table.get("dimension"), "dimension", file)
    # version 1 has id, size and role among the dimensions
    names = _list(table.get("id", dimension.get("id")), "id", file)
    size = _list(table.get("size", dimension.get("size")), "size", file)
    role = table.get("role", dimension.get("role")) or {}
    if len(names) != len(size) or not names:
        raise InputError(
            f"{file.name} has {len(names)} variables (id) and {len(size)} sizes; fetch it again"
        )
    labels, values = [], []
    for name, n in zip(map(str, names), size, strict=True):
        own = _object(dimension.get(name), f"dimension {name!r}", file)
        found = _categories(own, name, file)
        if len(found) != n:
            raise InputError(
                f"{file.name}: the variable {name!r} has {len(found)} values and the size {n}; "
                "fetch the file again"
            )
        check_values(name, found, file.name)
        labels.append(str(own.get("label") or name))
        values.append(found)
    if len(set(labels)) < len(labels):
        labels = [str(name) for name in names]
    check_names(labels, file.name)
    data, nil = _cells(table, values, file)
    told = dict(zip(map(str, names), labels, strict=True))
    return Export(
        frame=from_cube(labels, values, data),
        file=file.name,
        format="json-stat",
        time=_role(role, "time", told),
        contents=_role(role, "metric", told),
        title=str(table.get("label") or ""),
        source=str(table.get("source") or ""),
        contact=_contact(table),
        notes=nil_note(nil),
    )


def _role(role: Any, name: str, told: Mapping[str, str]) -> str | None:
    own = role.get(name) if isinstance(role, dict) else None
    known = [told[str(o)] for o in own if str(o) in told] if isinstance(own, list) else []
    return known[0] if len(known) == 1 else None


def _contact(table: Mapping[str, Any]) -> str:
    extension = table.get("extension")
    people = extension.get("contact") if isinstance(extension, dict) else None
    if not isinstance(people, list) or not people or not isinstance(people[0], dict):
        return ""
    known = (people[0].get(key) for key in ("name", "organization", "mail"))
    return ", ".join(str(k) for k in known if k) or str(people[0].get("raw") or "")


def _categories(own: Mapping[str, Any], name: str, file: Path) -> list[str]:
    """The labels of a variable's values in order; a single one may have a label only."""
    category = _object(own.get("category"), f"category of {name!r}", file)
    index, label = category.get("index"), category.get("label") or {}
    if isinstance(index, dict):
        if sorted(index.values(), key=str) != sorted(range(len(index)), key=str):
            raise InputError(
                f"{file.name}: the values of {name!r} are not numbered 0 to {len(index) - 1}; "
                "fetch the file again"
            )
        codes = sorted(index, key=lambda code: int(index[code]))
    elif isinstance(index, list):
        codes = [str(code) for code in index]
    else:
        codes = list(_object(label, f"label of {name!r}", file))
    texts = [str(label.get(code, code)) for code in codes]
    if len(set(texts)) < len(texts):
        texts = [f"{code} {text}" for code, text in zip(codes, texts, strict=True)]
    return texts


def _cells(
    table: Mapping[str, Any], values: Sequence[Sequence[str]], file: Path
) -> tuple[npt.NDArray[np.float64], int]:
    """The cells in order, and how many are dashes; null, and what is left out, is missing."""
    n, own, status = cells_of(values), table.get("value"), table.get("status")
    if n > MOST_CELLS:
        raise InputError(f"{file.name} says that it has {n} cells; fetch fewer of them")
    pairs: list[tuple[int, Any]]
    if isinstance(own, list):
        if len(own) != n:
            sizes = " x ".join(str(len(v)) for v in values)
            raise InputError(
                f"{file.name} has {len(own)} cells and the variables make {n} ({sizes}); "
                "it is damaged or was cut off: fetch it again"
            )
        pairs = list(enumerate(own))
    elif isinstance(own, dict):
        pairs = [(int(k) if k.isdecimal() else -1, v) for k, v in own.items()]
        wrong = [k for k, (at, _) in zip(own, pairs, strict=True) if not 0 <= at < n]
        if wrong:
            raise InputError(
                f"{file.name} has a cell number {wrong[0]} and the variables make {n}; "
                "fetch the file again"
            )
    else:
        raise InputError(f"{file.name} has no list of values; fetch the file again")
    out = np.full(n, np.nan)
    nil = 0
    for at, cell in pairs:
        if isinstance(cell, (int, float)) and not isinstance(cell, bool):
            out[at] = cell
        elif cell is None:
            if _status(status, at) in NIL:
                out[at] = 0.0
                nil += 1
        else:
            out[at], dash = _number(cell, f"cell {at}", file)
            nil += dash
    return out, nil


def _status(status: Any, at: int) -> str:
    if isinstance(status, dict):
        status = status.get(str(at))
    elif isinstance(status, list):
        status = status[at if len(status) > 1 else 0] if at < len(status) or status else None
    return status.strip() if isinstance(status, str) else ""


def _number(cell: object, where: str, file: Path) -> tuple[float, int]:
    """A cell written as text, and whether it is a dash."""
    sign = str(cell).strip().lower()
    if sign in NIL:
        return 0.0, 1
    if sign in MISSING:
        return float("nan"), 0
    try:
        return float(sign), 0
    except ValueError as error:
        raise InputError(
            f"{file.name}: {where} holds {cell!r}, which is neither a number nor dots; "
            "fetch the file again"
        ) from error


def _pxweb(table: Mapping[str, Any], file: Path) -> Export:
    """PxWeb's own JSON: columns of type d (dimension), t (time) or c (contents)."""
    columns = [_object(c, "column", file) for c in _list(table["columns"], "columns", file)]
    keys = [c for c in columns if c.get("type") in ("d", "t")]
    contents = [c for c in columns if c.get("type") == "c"]
    names = [str(c.get("text") or c.get("code") or "") for c in keys]
    if len(set(names)) < len(names):
        names = [str(c.get("code") or "") for c in keys]
    if not keys or not contents or len(keys) + len(contents) != len(columns):
        raise InputError(
            f"{file.name} should have columns of the types d, t and c; fetch the file again"
        )
    check_names(names, file.name)
    told = [str(c.get("text") or c.get("code")) for c in contents]
    data = _list(table["data"], "data", file)
    rows, nil = [], 0
    for number, row in enumerate(data, start=1):
        row = _object(row, f"row {number}", file)
        key = _list(row.get("key"), f"key of row {number}", file)
        cells = _list(row.get("values"), f"values of row {number}", file)
        if len(key) != len(keys) or len(cells) != len(contents):
            raise InputError(
                f"{file.name}, row {number} has {len(key)} keys and {len(cells)} values for "
                f"{len(keys)} variables and {len(contents)} contents; fetch the file again"
            )
        for name, cell in zip(told, cells, strict=True):
            value, dash = _number(cell, f"row {number}", file)
            rows.append((*map(str, key), name, value))
            nil += dash
    if not rows:
        raise InputError(f"{file.name} has no rows; fetch the table again")
    time = [n for n, c in zip(names, keys, strict=True) if c.get("type") == "t"]
    about = table.get("metadata")
    about = about[0] if isinstance(about, list) and about and isinstance(about[0], dict) else {}
    return Export(
        frame=pd.DataFrame(rows, columns=[*names, CONTENTS, VALUE]),
        file=file.name,
        format="PxWeb json",
        time=time[0] if len(time) == 1 else None,
        contents=CONTENTS,
        title=str(about.get("label") or ""),
        source=str(about.get("source") or ""),
        notes=nil_note(nil),
    )


def _object(value: Any, what: str, file: Path) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{file.name}: the {what} is missing or of another kind; fetch it again")
    return value


def _list(value: Any, what: str, file: Path) -> Sequence[Any]:
    if not isinstance(value, list):
        raise InputError(f"{file.name}: the {what} is missing or no list; fetch the file again")
    return value
