"""What several commands take: words of options, and how lists and pairs are written."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from survey_stats.errors import InputError

CODEBOOK = "city_safety, regional_safety, school_survey, or the path of a codebook."


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
