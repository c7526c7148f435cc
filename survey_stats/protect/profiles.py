"""Rule profiles in files: the shipped ones by name, own ones by path."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.protect.rules import Dominance, Precision, Rounding, Rule
from survey_stats.resources import data_path

_PARTS: dict[str, type] = {"dominance": Dominance, "precision": Precision, "rounding": Rounding}


def profiles() -> list[str]:
    """The names of the shipped profiles.

    >>> profiles()
    ['nchs', 'rounded', 'school_inspectorate', 'survey_stats']
    """
    return sorted(p.stem for p in data_path("protection").glob("*.yaml"))


def profile(name: str | Path) -> Rule:
    """A rule profile.

    Args:
        name: a shipped profile, or the path of a YAML file (see `data/protection/README.md`).

    Raises:
        UnknownNameError: there is no profile of that name, or a key is none of a profile's.
        InputError: the file cannot be read, or a value cannot be.

    >>> profile("school_inspectorate").minimum_base
    20
    """
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        return _load(path)
    if str(name) not in profiles():
        raise UnknownNameError("rule profile", name, profiles())
    return _load(data_path("protection", f"{name}.yaml"))


def rule_file(rule: Rule, folder: Path) -> str:
    """What `profile` takes for this rule: the name of a shipped one, or the path of a new file.

    Args:
        rule: the rule.
        folder: where the file is written, if there is none with these rules.

    >>> rule_file(profile("nchs"), Path("nowhere"))
    'nchs'
    """
    if rule.name in profiles():
        same = profile(rule.name)
        if replace(rule, title=same.title, source=same.source) == same:
            return rule.name
    told = {k: v for k, v in asdict(rule).items() if v is not None}
    told["title"] = dict(rule.title)
    told["bands"] = [
        {"mark": mark} | ({} if top is None else {"up_to": top}) for top, mark in rule.bands
    ]
    path = folder / "profile.yaml"
    path.write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")
    return str(path)


def _load(path: Path) -> Rule:
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"The rule profile {path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        first = str(error).splitlines()[0]
        raise InputError(f"The rule profile {path} is no YAML: {first}") from None
    if not isinstance(told, Mapping):
        raise InputError(f"The rule profile {path} is no list of keys; start with minimum_base: 30")
    rule: Rule = _made(Rule, {"name": path.stem, **told}, str(path))
    return rule


def _made(kind: type, told: Mapping[Any, Any], where: str) -> Any:
    known = [f.name for f in fields(kind)]
    values: dict[str, Any] = {}
    for key, value in told.items():
        if key not in known:
            raise UnknownNameError("key", key, known, where)
        if key in _PARTS and kind is Rule and value is not None:
            if not isinstance(value, Mapping):
                raise InputError(f"{where}: {key} must have keys of its own, not {value!r}")
            values[key] = _made(_PARTS[key], value, f"{where}, {key}")
        elif key == "bands":
            values[key] = _bands(value, where)
        elif key == "title" and not isinstance(value, Mapping):
            values[key] = {"sv": str(value), "en": str(value)}
        else:
            values[key] = value
            _check(kind, key, value, where)
    return kind(**values)


def _bands(value: Any, where: str) -> tuple[tuple[int | None, str], ...]:
    out = []
    for band in value if isinstance(value, list) else [value]:
        if not isinstance(band, Mapping) or "mark" not in band or set(band) - {"up_to", "mark"}:
            raise InputError(f"{where}: a band is {{up_to: 9, mark: '*'}}, not {band!r}")
        top = band.get("up_to")
        if top is not None and (not isinstance(top, int) or isinstance(top, bool)):
            raise InputError(f"{where}: up_to of a band must be a number of answers, not {top!r}")
        out.append((top, str(band["mark"])))
    return tuple(out)


@cache
def _types(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _check(kind: type, key: str, value: Any, where: str) -> None:
    """A value of another type than the key's would only be found where it is used."""
    hint = _types(kind)[key]
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    for option in options:
        if option in (int, float, bool, str):
            fits = type(value) is option or (option is float and type(value) is int)
        elif option is type(None):
            fits = value is None
        else:
            # words out of a list, which the rule checks itself, and texts by language
            fits = isinstance(value, str | Mapping)
        if fits:
            return
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
    needed = " or ".join(words[o] for o in options if o in words) or "a word"
    raise InputError(f"{where}: {key} must be {needed}, not {value!r}")
