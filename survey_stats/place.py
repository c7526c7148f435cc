"""Whose surveys these are: the municipality, its surveys and the words that its readers use.

`place.yaml` of the data says it; the shipped one is Stockholm's. See `resources.use_data`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.resources import data_path, own_data

Words = Mapping[str, tuple[str, str]]
_KEYS = ("municipality", "code", "surveys", "words", "clauses", "documents")
_AREAS = ("district", "neighbourhood")


@dataclass(frozen=True)
class Document:
    """A published document: its title, the area it is about, and its year."""

    title: str
    area: str
    year: int


@dataclass(frozen=True)
class Place:
    """A municipality and its surveys.

    Attributes:
        municipality: its name, as codebooks and population tables have it.
        code: the number of the municipality in tables of the statistics agency, if it is known.
        surveys: the names of its codebooks, its own survey first: documents compare the others
            with that one.
        words: code name -> the reader's word in Swedish and in English, before those of `labels`.
        clauses: question -> those whom it counts, as a clause after "som" and "who".
        documents: the documents that `published/claims.csv` is about, by their source.

    >>> place().municipality
    'Stockholm'
    """

    municipality: str
    surveys: tuple[str, ...]
    code: str = ""
    words: Words = field(default_factory=dict)
    clauses: Words = field(default_factory=dict)
    documents: Mapping[str, Document] = field(default_factory=dict)


def place() -> Place:
    """The place of the data in use.

    Raises:
        InputError: `place.yaml` is not there, or lacks a key.
        UnknownNameError: a key that there is not, or a survey without a codebook.
    """
    return _place(data_path("place.yaml"))


def own_word(code: str) -> tuple[str, str] | None:
    """The place's own word for a code name, before those of `labels`; None where it has none.

    What a district is called is told by `words`, else by the codebooks.
    """
    return None if own_data() is None else _words(data_path("place.yaml"))[0].get(code)


def asked_word(code: str) -> tuple[str, str] | None:
    """A question or survey of the place in the words of its codebook; None where it has none."""
    return None if own_data() is None else _words(data_path("place.yaml"))[1].get(code)


def own_clause(question: str) -> tuple[str, str] | None:
    """Those whom a question counts, in the place's own words; None where it has none."""
    return None if own_data() is None else place().clauses.get(question)


@functools.cache
def _place(path: Path) -> Place:
    told = _yaml(path)
    if not isinstance(told, dict):
        raise InputError(f"{path} holds no keys; write municipality: and surveys:")
    for key in told:
        if key not in _KEYS:
            raise UnknownNameError("key", key, _KEYS, str(path))
    municipality, surveys = told.get("municipality"), told.get("surveys")
    if not isinstance(municipality, str) or not municipality.strip():
        raise InputError(f"{path}: write the name of the municipality, municipality: Gävle")
    if not isinstance(surveys, list) or not surveys:
        raise InputError(f"{path}: list the codebooks, surveys: [our_survey], the own one first")
    books = sorted(p.stem for p in (path.parent / "codebooks").glob("*.yaml"))
    for name in surveys:
        if name not in books:
            raise UnknownNameError("codebook", name, books, f"{path}, surveys")
    return Place(
        municipality.strip(),
        tuple(surveys),
        str(told.get("code", "")),
        _pairs(told.get("words"), path, "words"),
        _pairs(told.get("clauses"), path, "clauses"),
        _documents(told.get("documents"), path),
    )


def _documents(told: Any, path: Path) -> Mapping[str, Document]:
    keys = {"title", "area", "year"}
    out: dict[str, Document] = {}
    for name, entry in (told or {}).items():
        if not isinstance(entry, dict) or set(entry) != keys or type(entry["year"]) is not int:
            raise InputError(f"{path}, documents: {name!r} needs title:, area: and a year:")
        out[str(name)] = Document(str(entry["title"]), str(entry["area"]), entry["year"])
    return out


def _pairs(told: Any, path: Path, key: str) -> Words:
    out: dict[str, tuple[str, str]] = {}
    for name, text in (told or {}).items():
        if not isinstance(text, dict) or set(text) != {"sv", "en"}:
            raise InputError(f"{path}, {key}: {name!r} needs sv: and en:, and nothing else")
        out[str(name)] = (str(text["sv"]), str(text["en"]))
    return out


@functools.cache
def _words(path: Path) -> tuple[Words, Words]:
    """The words that come before those of `labels`, and those that come after."""
    own = _place(path)
    areas: dict[str, tuple[str, str]] = {}
    asked: dict[str, tuple[str, str]] = {}
    for survey in own.surveys:
        book = _yaml(path.parent / "codebooks" / f"{survey}.yaml")
        if not isinstance(book, dict):
            continue
        if (title := _both(book.get("title"))) is not None:
            asked[survey] = title
        for section, into in (("background", areas), ("parts", asked), ("questions", asked)):
            for name, entry in (book.get(section) or {}).items():
                text = _both(entry.get("text") if isinstance(entry, dict) else None)
                if text is not None and (into is asked or name in _AREAS):
                    into.setdefault(str(name), (_lower(text[0]), _lower(text[1])))
    return {**areas, **own.words}, asked


def _both(text: Any) -> tuple[str, str] | None:
    if not isinstance(text, dict) or not {"sv", "en"} <= set(text):
        return None
    return str(text["sv"]), str(text["en"])


def _lower(words: str) -> str:
    """Words stand inside sentences; an abbreviation keeps its capitals."""
    return words[:1].lower() + words[1:] if words[1:2].islower() else words


def _yaml(path: Path) -> Any:
    import yaml

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        why = str(error).replace("\n", " ")
        raise InputError(f"{path} cannot be read as YAML: {why}") from None
