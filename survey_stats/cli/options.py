"""What several commands take: words of options, and how lists and pairs are written."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from survey_stats.errors import InputError

CODEBOOK = "A codebook by name (such as city_safety), or its path."


Profile = Annotated[
    str | None,
    typer.Option(help="Which numbers may be shown: a rule profile by name, or its file."),
]


class Lang(StrEnum):
    sv = "sv"
    en = "en"


class Engine(StrEnum):
    auto = "auto"
    quarto = "quarto"
    embedded = "embedded"


AreaName = Annotated[
    str | None,
    typer.Option("--area", help="District, e.g. 'Hässelby-Vällingby', or the city: 'Stockholm'."),
]
AllAreas = Annotated[
    bool, typer.Option("--all-areas", help="Every district and the city, side by side.")
]
OutFolder = Annotated[Path, typer.Option("--out", help="Folder for the documents.")]
DocumentLang = Annotated[Lang, typer.Option("--lang", help="Language of the documents.")]
Deliveries = Annotated[
    Path | None,
    typer.Option("--deliveries", help="Folder with real deliveries; the demo when not given."),
]
DocumentEngine = Annotated[
    Engine, typer.Option("--engine", help="quarto, the embedded renderer, or whichever is there.")
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs", help="With --all-areas: how many at a time; as many as cores if left out."
    ),
]


def names(text: str | None) -> list[str]:
    """The parts of a list with commas.

    >>> names("a, b,"), names(None)
    (['a', 'b'], [])
    """
    return [part.strip() for part in text.split(",") if part.strip()] if text else []


def pair(text: str) -> tuple[str, str]:
    """QUESTION=CODING as two words.

    Raises:
        InputError: there is no = between two words.
    """
    question, equals, coding = (part.strip() for part in text.partition("="))
    if not (question and equals and coding):
        raise InputError(f"--coding {text!r} is not QUESTION=CODING; write both with = between")
    return question, coding
