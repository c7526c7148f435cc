"""The rows that an expression chooses, above all where values are missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from survey_stats.errors import InputError
from survey_stats.estimate import Survey
from survey_stats.estimate.where import domain, row_parts

K = [1, 2, None, 3, None]
G = ["a", "b", "a", None, None]
# as subset(data.frame(k, g), ...) in R
EXPECTED = {
    "k != 2": [0, 3],
    "not k == 2": [0, 3],
    "~(k == 2)": [0, 3],
    "k > 1": [1, 3],
    "1 < k < 3": [1],
    "k not in [2]": [0, 3],
    "k != 2 or g == 'a'": [0, 2, 3],
    "k != 2 | g == 'a'": [0, 2, 3],
    "k != 2 and g != 'b'": [0],
    "(k != 2) & (g != 'b')": [0],
    "not (k == 2 and g == 'b')": [0, 2, 3],
    "k.isna()": [2, 4],
    "k != 2 and k.notna()": [0, 3],
    "k != 2 or k.isna()": [0, 2, 3, 4],
    "g != 'b'": [0, 2],
    "g != 'k'": [0, 1, 2],
    "`a b` != 2": [0, 3],
    "`a b` != 2 & g == 'a'": [0],
    "full != 2": [0, 2, 3, 4],
}


@pytest.mark.parametrize("number", ["float64", "Float64", "Int64", object, "category"])
@pytest.mark.parametrize("text", [object, "string", "category"])
@pytest.mark.parametrize("where", EXPECTED)
def test_missing_values_are_outside_whatever_their_type(where, number, text):
    if number == "category" and where in ("k > 1", "1 < k < 3"):
        pytest.skip("pandas does not order these categories")
    k = pd.Series(K, dtype=number)
    frame = pd.DataFrame({"k": k, "a b": k, "g": pd.Series(G, dtype=text), "full": [1, 2, 3, 4, 5]})
    assert np.flatnonzero(domain(frame, where)).tolist() == EXPECTED[where]


def test_dates_and_booleans_that_are_missing_are_outside():
    frame = pd.DataFrame(
        {
            "day": pd.to_datetime(["2024-01-01", None, "2024-01-02"]),
            "flag": pd.array([True, None, False], dtype="boolean"),
            "loose": pd.Series([True, None, False], dtype=object),
        }
    )
    assert domain(frame, "day.dt.day != 1").tolist() == [False, False, True]
    assert domain(frame, "flag").tolist() == [True, False, False]
    assert domain(frame, "not flag").tolist() == [False, False, True]
    assert domain(frame, "~loose").tolist() == [False, False, True]


def test_a_share_counts_only_rows_known_to_be_inside():
    frame = pd.DataFrame({"q": [1, 0, 1, 1], "k": [1.0, 2.0, np.nan, 3.0]})
    assert Survey(frame).share("q", where="k != 2").n.tolist() == [2]


@pytest.mark.parametrize("where", ["k ==", "k + 1", "nothing > 2", "k.sum()", "'k'", "`k != 2"])
def test_expressions_that_are_no_domain_are_refused(where):
    frame = pd.DataFrame({"k": [1.0, 2.0, np.nan]})
    with pytest.raises(InputError, match="where"):
        domain(frame, where)


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("gendr == 'men'", "there is no column 'gendr'; did you mean 'gender'?"),
        ("sch.wide == 'Yes'", "names with dots or blanks stand in backticks, `sch.wide`"),
        ("gender = 'men'", 'a comparison is written "=="'),
        ("gender %in% c('men')", "write \"x in ['a', 'b']\" instead of %in%"),
        ("!is.na(gender)", 'write "x.isna()" instead of is.na(x)'),
        ("gender == NA", 'write "x.isna()" instead of comparing with NA'),
        ("gender == 'men' && flag", 'write "and" and "or" instead of && and ||'),
        ("flag == TRUE", "write True instead of TRUE"),
        ("gender <> 'men'", 'write "!=" instead of <>'),
        ("!flag", 'write "not" instead of !'),
        ("gender == 'a=b' and", "invalid syntax"),
    ],
)
def test_an_expression_that_cannot_be_evaluated_tells_what_to_write(where, told):
    frame = pd.DataFrame(
        {"gender": ["men", None], "sch.wide": ["Yes", "No"], "flag": [True, False]}
    )
    with pytest.raises(InputError) as error:
        domain(frame, where)
    assert str(error.value).startswith(f"where={where!r} cannot be evaluated: ")
    assert told in str(error.value)


def test_an_unknown_column_of_a_scanned_table_is_told():
    with pytest.raises(InputError, match="there is no column 'gendr'; did you mean 'gender'"):
        row_parts("gendr == 'men'", ["gender"])
    with pytest.raises(InputError, match="may look at other rows"):
        row_parts("sorted(gender) == 'men'", ["gender"])
