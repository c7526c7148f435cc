"""The figures file: its columns, declared once, and the checks that every document's file passes.

What the columns mean in words is in `dictionary`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from pandas.api.types import pandas_dtype

from survey_stats.errors import InputError
from survey_stats.report.spreadsheet_text import guarded_frame

Kind = Literal["text", "whole", "number", "yes or no"]

_VERDICTS = ("", "significant increase", "significant decrease", "unchanged", "cannot be decided")
_GRADES = ("", "same", "comparable with caveat", "not comparable")
_DTYPES = {"text": "string", "whole": "Int64", "number": "Float64", "yes or no": "boolean"}


@dataclass(frozen=True)
class Field:
    """One column of the figures file.

    Attributes:
        name: its name.
        part: the part of the file that it belongs to, which says in which rows it is filled.
        kind: what it holds; a text is never missing, a number may be.
        low, high: the least and the greatest that a number can be.
        values: the texts that it can be; any where empty.
    """

    name: str
    part: str
    kind: Kind = "number"
    low: float = -np.inf
    high: float = np.inf
    values: tuple[str, ...] = ()

    @property
    def dtype(self) -> str:
        """The pandas dtype."""
        return _DTYPES[self.kind]


def _share(name: str, part: str) -> Field:
    return Field(name, part, low=0, high=1)


def _difference(name: str, part: str) -> Field:
    return Field(name, part, low=-1, high=1)


def _text(name: str, part: str, *values: str) -> Field:
    return Field(name, part, "text", values=values)


FIELDS: tuple[Field, ...] = (
    # one row a combination of these; a file never holds one twice
    _text("survey", "keys"),
    Field("wave", "keys", "whole"),
    _text("area_level", "keys"),
    _text("area", "keys"),
    _text("question", "keys"),
    _text("coding", "keys"),
    _text("group", "keys"),
    _text("value", "keys"),
    # a question's rival codings have rows of their own in which this is false
    Field("default_coding", "share", "yes or no"),
    # the weighted share, its design-based standard error and interval, and its bases
    _share("share", "share"),
    Field("se", "share", low=0),
    _share("ci_low", "share"),
    _share("ci_high", "share"),
    Field("df", "share"),
    Field("n", "share", "whole", low=0),
    Field("n_effective", "share", low=0),
    Field("deff", "share", low=0),
    _text("flag", "share"),
    # the change since the survey's wave before, and how far the two waves may be compared; only in
    # the rows of the latest wave
    Field("previous_wave", "change", "whole"),
    _difference("difference", "change"),
    Field("difference_low", "change"),
    Field("difference_high", "change"),
    Field("change_se", "change", low=0),
    Field("change_df", "change", low=0),
    _share("p_value", "change"),
    _share("p_adjusted", "change"),
    Field("comparisons", "change", "whole", low=1),
    Field("smallest_detectable", "change", low=0),
    _text("verdict", "change", *_VERDICTS),
    _text("change_flag", "change"),
    _text("change_grade", "change", *_GRADES),
    _text("change_caveats", "change"),
    # the district against the rest of the city; only in its total rows of the latest wave
    _difference("rest_difference", "rest"),
    Field("rest_low", "rest"),
    Field("rest_high", "rest"),
    _share("rest_p_value", "rest"),
    _share("rest_p_adjusted", "rest"),
    _text("rest_verdict", "rest", "", "higher", "lower", "no significant difference"),
    # the line through the comparable waves of a question, three or more; only in its total row of
    # the latest wave. The slope is in units of share a year
    Field("trend_first", "trend", "whole"),
    Field("trend_waves", "trend", "whole", low=3),
    _difference("trend_slope", "trend"),
    Field("trend_low", "trend"),
    Field("trend_high", "trend"),
    _share("trend_p_value", "trend"),
    _share("trend_p_adjusted", "trend"),
    _share("trend_p_nonlinear", "trend"),
    _text("trend_verdict", "trend", *_VERDICTS),
    # the other surveys against the city's own on the same question; in their latest total rows
    _difference("survey_difference", "other"),
    Field("survey_low", "other"),
    Field("survey_high", "other"),
    _share("survey_p_adjusted", "other"),
    _text("survey_verdict", "other"),
    _text("survey_grade", "other", *_GRADES),
    _text("survey_caveats", "other"),
    # a rival coding against the coding in use; only in rows of rival codings
    _difference("coding_difference", "coding"),
    Field("coding_low", "coding"),
    Field("coding_high", "coding"),
)
"""Every column of the figures file, in order."""

COLUMNS = tuple(f.name for f in FIELDS)


def part(name: str) -> tuple[str, ...]:
    """The columns of a part of the file.

    >>> part("coding")
    ('coding_difference', 'coding_low', 'coding_high')
    """
    return tuple(f.name for f in FIELDS if f.part == name)


KEYS = part("keys")
SHARE = part("share")
CHANGE = part("change")
REST = part("rest")
TEXT = {f.name for f in FIELDS if f.kind == "text"}


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with exactly the columns of the figures file, in order, typed and checked.

    Raises:
        InputError: a key column is missing, a cell is there twice, or a value is one that its
            column cannot hold.

    >>> row = {k: "x" for k in KEYS} | {"wave": 2023, "share": 0.25, "n": 100}
    >>> tidy(pd.DataFrame([row])).dtypes[["wave", "share", "n", "verdict"]].astype(str).tolist()
    ['Int64', 'Float64', 'Int64', 'string']
    """
    missing = [k for k in KEYS if k not in frame]
    if missing:
        raise InputError(f"The figures lack the column {missing[0]!r}; add it to every row")
    columns = {}
    for field in FIELDS:
        column = frame[field.name] if field.name in frame else pd.Series(index=frame.index)
        try:
            made = column.astype(object).astype(pandas_dtype(field.dtype))
        except (TypeError, ValueError):
            raise InputError(_misfit(field, column)) from None
        if field.kind == "text":
            made = made.fillna("")
        elif field.kind == "yes or no":
            made = made.fillna(True)
        columns[field.name] = made
    out = pd.DataFrame(columns, index=frame.index).reset_index(drop=True)
    twice = out.duplicated(list(KEYS))
    if twice.any():
        cell = ", ".join(str(v) for v in out.loc[twice, list(KEYS)].iloc[0])
        raise InputError(f"The figures hold the cell {cell} twice; make each question once")
    for at, what in _wrong(out):
        cell = ", ".join(str(v) for v in out.loc[at, list(KEYS)])
        raise InputError(f"The figures of {cell} cannot be: {what}; compute them again")
    return out


def _misfit(field: Field, column: pd.Series[Any]) -> str:
    numbers = pd.to_numeric(column, errors="coerce")
    bad = column[numbers.isna() & column.notna()]
    value = bad.iloc[0] if len(bad) else column.iloc[0]
    return f"The column {field.name} holds {value!r}, which is no {field.kind}; make it one"


def _wrong(frame: pd.DataFrame) -> Iterator[tuple[int, str]]:
    """The first row of each kind that breaks a rule, with what is wrong."""
    for field in FIELDS:
        column = frame[field.name]
        if field.values:
            strange = ~column.isin(field.values)
            known = ", ".join(v for v in field.values if v)
            yield from _first(strange, f"{field.name} is none of {known}")
        elif np.isfinite(field.low) or np.isfinite(field.high):
            # what rounding leaves beyond a bound is none
            numbers = column.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
            with np.errstate(invalid="ignore"):
                bad = (numbers < field.low - 1e-9) | (numbers > field.high + 1e-9)
            yield from _first(
                pd.Series(bad), f"{field.name} is outside {field.low:g} to {field.high:g}"
            )
    for low, middle, high in (
        ("ci_low", "share", "ci_high"),
        ("difference_low", "difference", "difference_high"),
        ("rest_low", "rest_difference", "rest_high"),
        ("trend_low", "trend_slope", "trend_high"),
    ):
        outside = (frame[low] > frame[middle] + 1e-9) | (frame[middle] > frame[high] + 1e-9)
        yield from _first(outside.fillna(False), f"{middle} lies outside its interval")
    hidden = frame["flag"].str.startswith("suppressed") & frame["share"].notna()
    yield from _first(hidden, "its flag says suppressed and the share is there")
    gone = frame["change_flag"].str.startswith("suppressed") & frame["difference"].notna()
    yield from _first(gone, "its change_flag says suppressed and the difference is there")


def _first(bad: pd.Series[bool], what: str) -> Iterator[tuple[int, str]]:
    rows = np.flatnonzero(bad.to_numpy(bool))
    if len(rows):
        yield int(rows[0]), what


def to_csv(frame: pd.DataFrame) -> str:
    """The figures as the text of a CSV file: comma, decimal point, UTF-8, shares 0-1.

    A text that a spreadsheet would run as a formula is guarded (see `spreadsheet_text`).

    >>> to_csv(tidy(pd.DataFrame([{k: "x" for k in KEYS} | {"wave": 1}]))).splitlines()[0][:22]
    'survey,wave,area_level'
    """
    return str(guarded_frame(frame).to_csv(index=False, float_format="%.10g", lineterminator="\n"))
