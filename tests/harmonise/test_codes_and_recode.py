import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_stats.harmonise import recode
from survey_stats.harmonise.codes import by_key, code_key
from survey_stats.harmonise.recode import Answers

CODES = {"1": "very_safe", "2": "fairly_safe", "3": "fairly_unsafe", "4": "stays_in"}
MISSING = {"8": "dont_know", "9": "no_answer"}


def told(values, **options):
    return recode.recode(
        pd.Series(values),
        recode.by_codes(CODES, MISSING),
        options.get("declared", lambda _: False),
        options.get("labels", {}),
        "blank",
    )


@pytest.mark.parametrize("values", [[1, 4], [1.0, 4.0], ["1", "4"], ["01", " 4 "], ["1,0", "4.0"]])
def test_a_code_is_one_code_however_it_is_written(values):
    assert told(values).text().tolist() == ["very_safe", "stays_in"]


def test_words_are_compared_without_capitals():
    assert code_key(" Uppgift  Saknas ") == code_key("uppgift saknas")
    assert code_key("Kvinna") != code_key("Kvinnor")


def test_ranges_of_codes():
    assert by_key({"201-203": "a", 5: "b"}) == {"201": "a", "202": "a", "203": "a", "5": "b"}
    assert by_key({"16-19 år": "a"}) == {"16-19 år": "a"}
    with pytest.raises(ValueError, match="code 5 has two meanings"):
        by_key({5: "a", "4-6": "b"})


def test_missing_answers_keep_their_reasons():
    answers = told([1, 9, 8, np.nan, 9])
    assert answers.counts_missing() == {"blank": 1, "no_answer": 2, "dont_know": 1}
    assert answers.text().tolist() == ["very_safe", None, None, None, None]


def test_an_unknown_code_is_told_with_count_and_first_row():
    answers = told([1, 7, 2, 7])
    fault = next(t for t in answers.told if t.fault)
    assert (fault.code, fault.n, fault.first_row, fault.fault) == (7, 2, 2, "unknown")


def test_what_the_delivery_declares_missing():
    answers = told([1, 97], declared=lambda v: v == 97)
    assert answers.counts_missing() == {"declared_missing": 1}
    contradicted = told([1, 4], declared=lambda v: v == 4)
    assert [t.fault for t in contradicted.told] == [None, "declared"]


@given(st.lists(st.sampled_from([1, 2, 3, 4, 8, 9, None]), min_size=1, max_size=200))
def test_to_tell_then_tabulate_is_to_tabulate_then_tell(values):
    answers = told(values)
    after = pd.Series(answers.text(), dtype=object).value_counts().to_dict()
    counted = pd.Series(values, dtype=object).value_counts()
    before: dict[str, int] = {}
    for code, n in counted.items():
        if str(code) in CODES:
            before[CODES[str(code)]] = before.get(CODES[str(code)], 0) + n
    assert after == before
    assert sum(after.values()) + sum(answers.counts_missing().values()) == len(values)


@given(
    st.lists(st.tuples(*[st.sampled_from([1, 2, 9])] * 3), min_size=1, max_size=60),
    st.sampled_from(["all_answered", "any_answered"]),
)
def test_any_of_is_the_rule_row_by_row(rows, rule):
    parts = [
        recode.recode(
            pd.Series([row[i] for row in rows]),
            recode.by_codes({"1": "yes", "2": "no"}, {"9": "no_answer"}),
            lambda _: False,
            {},
            "blank",
        )
        for i in range(3)
    ]
    got = recode.any_of(parts, rule)
    for row, answer in zip(rows, got.answer, strict=True):
        if 1 in row:
            expected = 1
        elif rule == "all_answered":
            expected = 0 if set(row) == {2} else -1
        else:
            expected = 0 if 2 in row else -1
        assert answer == expected
    reasons = np.array(recode.REASON_NAMES, dtype=object)[got.reason[got.answer < 0]]
    assert set(reasons) <= {"no_answer", "part_missing"}
    assert (got.reason[got.answer >= 0] == -1).all()


def test_a_coding_with_answers_left_out():
    answers = told([1, 2, 3, 4, 9])
    coded = recode.code_question(
        answers, ["fairly_unsafe"], ["very_safe", "fairly_safe"], {"stays_in": "left_out_by_coding"}
    )
    boolean = recode.to_boolean(coded)
    assert list(boolean.isna()) == [False, False, False, True, True]
    assert list(boolean[:3]) == [False, False, True]
    assert coded.counts_missing() == {"no_answer": 1, "left_out_by_coding": 1}


@pytest.mark.parametrize(
    ("age", "group"),
    [
        (16, "16-19"),
        (19, "16-19"),
        (20, "20-29"),
        (29.9, "20-29"),
        (30, "30-44"),
        (45, "45-64"),
        (64, "45-64"),
        (65, "65-79"),
        (79, "65-79"),
        (80, "80+"),
        (120, "80+"),
        (15, None),
        (121, None),
        (-1, None),
    ],
)
def test_age_groups(age, group):
    assert recode.age_group(str(age)) == group


def test_other_names_for_the_same_column():
    source = Answers(("a", "b", "c"), np.array([0, 1, 2, -1], np.int16), np.array([-1, -1, -1, 0]))
    other = recode.relabel(source, {"a": "x", "b": "x", "c": None}, "later_districts")
    assert other.text().tolist() == ["x", "x", None, None]
    assert other.counts_missing() == {"later_districts": 1, recode.REASON_NAMES[0]: 1}


def test_pandas_missing_values_of_every_kind():
    for values in (
        pd.array([1, None], "Int64"),
        pd.array(["1", None], "string"),
        pd.Categorical(["1", None]),
        [1, None],
        ["1", ""],
    ):
        answers = told(values)
        assert answers.text().tolist() == ["very_safe", None]
        assert answers.counts_missing() == {"blank": 1}
