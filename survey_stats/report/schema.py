"""The figures file: its columns, their types, and the checks that every appendix passes."""

from __future__ import annotations

import pandas as pd

from survey_stats.errors import InputError
from survey_stats.report.spreadsheet_text import guarded_frame

KEYS = ("survey", "wave", "area_level", "area", "question", "coding", "group", "value")
"""One row per combination of these; a file never holds one twice."""

SHARE = (
    "default_coding",
    "share",
    "se",
    "ci_low",
    "ci_high",
    "df",
    "n",
    "n_effective",
    "deff",
    "flag",
)
"""The weighted share (0-1), its design-based standard error and interval, and its bases; a
question's rival codings have rows of their own in which `default_coding` is false."""

CHANGE = (
    "previous_wave",
    "difference",
    "difference_low",
    "difference_high",
    "change_se",
    "change_df",
    "p_value",
    "p_adjusted",
    "comparisons",
    "smallest_detectable",
    "verdict",
    "change_flag",
    "change_grade",
    "change_caveats",
)
"""The change since the survey's wave before, and how far the two waves may be compared; only in the
rows of the latest wave."""

REST = (
    "rest_difference",
    "rest_low",
    "rest_high",
    "rest_p_value",
    "rest_p_adjusted",
    "rest_verdict",
)
"""The district against the rest of the city; only in its total rows of the latest wave."""

OTHER = (
    "survey_difference",
    "survey_low",
    "survey_high",
    "survey_p_adjusted",
    "survey_verdict",
    "survey_grade",
    "survey_caveats",
)
"""The other surveys against the city's own on the same question; in their latest total rows."""

CODING = ("coding_difference", "coding_low", "coding_high")
"""A rival coding against the coding in use; only in rows of rival codings."""

COLUMNS = (*KEYS, *SHARE, *CHANGE, *REST, *OTHER, *CODING)

TEXT = {"survey", "area_level", "area", "question", "coding", "group", "value", "flag"} | {
    "verdict",
    "change_flag",
    "change_grade",
    "change_caveats",
    "rest_verdict",
    "survey_verdict",
    "survey_grade",
    "survey_caveats",
}
WHOLE = {"wave", "n", "previous_wave", "comparisons"}


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with exactly the columns of the figures file, in order and typed.

    Raises:
        InputError: a key column is missing, or a cell is there twice.

    >>> row = {k: "x" for k in KEYS} | {"wave": 2023, "share": 0.25, "n": 100}
    >>> tidy(pd.DataFrame([row])).dtypes[["wave", "share", "n", "verdict"]].astype(str).tolist()
    ['Int64', 'Float64', 'Int64', 'string']
    """
    missing = [k for k in KEYS if k not in frame]
    if missing:
        raise InputError(f"The figures lack the column {missing[0]!r}; add it to every row")
    out = frame.reindex(columns=list(COLUMNS)).reset_index(drop=True)
    for column in COLUMNS:
        if column in TEXT:
            out[column] = out[column].astype("string").fillna("")
        elif column == "default_coding":
            out[column] = out[column].astype("boolean").fillna(True)
        else:
            out[column] = out[column].astype("Int64" if column in WHOLE else "Float64")
    twice = out.duplicated(list(KEYS))
    if twice.any():
        first = out.loc[twice, list(KEYS)].iloc[0]
        cell = ", ".join(str(v) for v in first)
        raise InputError(f"The figures hold the cell {cell} twice; make each question once")
    return out


def to_csv(frame: pd.DataFrame) -> str:
    """The figures as the text of a CSV file: comma, decimal point, UTF-8, shares 0-1.

    A text that a spreadsheet would run as a formula is guarded (see `spreadsheet_text`).

    >>> to_csv(tidy(pd.DataFrame([{k: "x" for k in KEYS} | {"wave": 1}]))).splitlines()[0][:22]
    'survey,wave,area_level'
    """
    return str(guarded_frame(frame).to_csv(index=False, float_format="%.10g", lineterminator="\n"))
