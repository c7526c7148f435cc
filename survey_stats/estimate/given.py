"""What is given in place of a Survey, and what to do with it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from survey_stats.errors import InputError


def require_survey(given: Any, what: str) -> None:
    """Refuse what is easily taken for a Survey.

    Args:
        given: what the caller handed over.
        what: the name of the function, for the message.

    Raises:
        InputError: it is a frame, a list of waves, or what `harmonise` or `read` gave.

    >>> require_survey([1, 2], "trend")
    Traceback (most recent call last):
    survey_stats.errors.InputError: trend takes one Survey, not list; put the waves into one with \
ss.join([...])
    """
    hint = how_to_survey(given)
    if hint:
        raise InputError(f"{what} takes one Survey, not {type(given).__name__}; {hint}")


def how_to_survey(given: Any) -> str:
    """How to make a Survey of something; empty where it may be one.

    >>> how_to_survey(pd.DataFrame())
    'make one by ss.Survey(frame, weights=...)'
    """
    if isinstance(given, list | tuple | dict):
        return "put the waves into one with ss.join([...])"
    if isinstance(given, pd.DataFrame):
        return "make one by ss.Survey(frame, weights=...)"
    # what harmonise and read give; the rooms above know nothing of a Survey
    if callable(getattr(given, "survey", None)):
        return "take its .survey()"
    return "take a frame of it, .valid()" if callable(getattr(given, "valid", None)) else ""
