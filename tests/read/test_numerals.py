import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_stats.read.numerals import Marks, NumeralError, to_numbers


def test_whole_numbers_are_integers():
    values, marks = to_numbers(["1", "-2", "30"])
    assert values.dtype == np.int64
    assert values.tolist() == [1, -2, 30]
    assert marks == Marks()


def test_a_blank_makes_floats_with_nan():
    values, _ = to_numbers(["1", ""])
    assert values.dtype == np.float64
    assert np.isnan(values[1])


@pytest.mark.parametrize(
    ("texts", "numbers", "decimal", "thousands"),
    [
        (["0,5", "12"], [0.5, 12], ",", None),
        (["0.5", "12"], [0.5, 12], ".", None),
        ([".5", "12."], [0.5, 12], ".", None),
        (["1 234,5", "7"], [1234.5, 7], ",", " "),
        (["1\u00a0234", "7"], [1234, 7], None, " "),
        (["1.234,5", "1.234"], [1234.5, 1234], ",", "."),
        (["1,234.5", "1,234"], [1234.5, 1234], ".", ","),
        (["−0,5"], [-0.5], ",", None),
        (["1e-05", "2.5"], [1e-05, 2.5], ".", None),
        (["1,5E+3"], [1500], ",", None),
    ],
)
def test_marks_are_found_out(texts, numbers, decimal, thousands):
    values, marks = to_numbers(texts)
    assert values.tolist() == numbers
    assert (marks.decimal, marks.thousands) == (decimal, thousands)


@pytest.mark.parametrize(
    "texts",
    [
        ["01", "2"],
        ["A", "2"],
        ["1234567890123456"],
        ["1,5", "x"],
        ["12 34"],
        ["2020-01-01"],
        ["NA"],
    ],
)
def test_codes_and_words_stay_text(texts):
    values, marks = to_numbers(texts)
    assert values.tolist() == texts
    assert marks == Marks()


@pytest.mark.parametrize("texts", [["2,5", "4.25"], ["1.234,5", "1.23"], ["1,234.5", "0,5"]])
def test_mixed_decimal_marks_are_an_error(texts):
    with pytest.raises(NumeralError) as error:
        to_numbers(texts)
    assert set(error.value.examples) <= set(texts)


def test_no_texts_at_all():
    assert to_numbers([])[0].tolist() == []
    assert to_numbers([""])[0].tolist() == [None]


@given(
    st.lists(
        st.floats(-1e9, 1e9, allow_nan=False).map(lambda x: round(x, 6)), min_size=1, unique=True
    ),
    st.sampled_from([",", "."]),
)
def test_what_was_written_is_read_again(numbers, mark):
    texts = [f"{x:.6f}".replace(".", mark) for x in numbers]
    values, marks = to_numbers(texts)
    assert np.array_equal(values, [float(f"{x:.6f}") for x in numbers])
    assert marks.decimal == mark


def test_marks_of_several_columns_are_joined():
    assert Marks(",").with_(Marks(".")).decimal == ",."
    assert Marks(",").with_(Marks(None, " ")) == Marks(",", " ")
