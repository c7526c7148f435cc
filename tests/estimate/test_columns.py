"""Columns as users have them: names that clash, odd types, nothing answered."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from survey_stats.errors import InputError
from survey_stats.estimate import Survey

NAMES = ["estimate", "se", "ci_low", "ci_high", "df", "n", "n_effective", "deff", "flag"]


@pytest.mark.parametrize("name", NAMES)
def test_a_by_column_named_like_a_number_of_the_result_is_refused(name):
    survey = Survey(pd.DataFrame({"q": [0, 1, 1, 0], name: list("aabb")}))
    with pytest.raises(InputError, match=f"'{name}'.*rename"):
        survey.share("q", by=name)
    with pytest.raises(InputError, match="rename"):
        survey.median("q", by=name)


def test_question_and_level_clash_only_where_the_result_has_them():
    frame = pd.DataFrame({"q": [0, 1, 1, 0], "r": [1, 0, 1, 0], "c": list("xyxy")})
    survey = Survey(frame.assign(question=list("aabb"), level=list("aabb")))
    assert survey.share("q", by="question").to_frame()["question"].tolist() == ["a", "b"]
    assert survey.share("q", by="level").to_frame()["level"].tolist() == ["a", "b"]
    with pytest.raises(InputError, match="'question'"):
        survey.share(["q", "r"], by="question")
    with pytest.raises(InputError, match="'question'"):
        survey.quantile(["q", "r"], by="question")
    with pytest.raises(InputError, match="'level'"):
        survey.share("c", by="level")


@pytest.mark.parametrize(
    "answers",
    [
        pd.Series([None] * 4, dtype=object),
        pd.Series([None] * 4, dtype="string"),
        pd.Series(pd.Categorical([None] * 4)),
        pd.Series([np.nan] * 4),
    ],
)
def test_a_question_nobody_answered_is_missing(answers):
    survey = Survey(pd.DataFrame({"q": answers, "g": list("aabb")}))
    rows = survey.share("q", by="g").to_frame()
    assert rows["estimate"].isna().all()
    assert rows["flag"].tolist() == ["no answers"] * 2


def test_a_level_of_a_question_nobody_answered_is_missing():
    survey = Survey(pd.DataFrame({"q": pd.Series([None] * 4, dtype=object)}))
    assert survey.share("q", of="yes").to_frame()["flag"].tolist() == ["no answers"]
    assert survey.share("q", of={"yes": ["y"]}).to_frame()["flag"].tolist() == ["no answers"]


@pytest.mark.parametrize(
    "values",
    [
        [1, 0, None, 1],
        [True, 0, None, 1],
        [True, False, None, True],
        [Decimal(1), Decimal(0), None, Decimal(1)],
        ["True", "False", None, "True"],
        ["true", "false", None, "true"],
    ],
)
def test_zeros_and_ones_in_disguise_are_yes_and_no(values):
    frame = pd.DataFrame({"q": pd.Series(values, dtype=object)})
    got = Survey(frame).share("q")
    want = Survey(pd.DataFrame({"q": [1, 0, np.nan, 1]})).share("q")
    assert "level" not in got.keys.columns
    np.testing.assert_allclose(got.estimate, want.estimate)
    np.testing.assert_allclose(got.se, want.se)


def test_other_text_and_declared_categories_keep_their_levels():
    frame = pd.DataFrame({"q": ["True", "Don't know", "False"]})
    assert len(Survey(frame).share("q")) == 3
    declared = pd.DataFrame({"q": pd.Categorical(["True", "False", "True"])})
    assert len(Survey(declared).share("q")) == 2


def test_infinite_answers_are_refused():
    with pytest.raises(InputError, match="'q' holds infinite numbers"):
        Survey(pd.DataFrame({"q": [1.0, 2.0, np.inf]})).share("q")


def test_a_level_of_the_wrong_type_is_not_suggested_to_itself():
    frame = pd.DataFrame({"q": [1, 2, 3], "t": ["1", "2", "3"]})
    with pytest.raises(InputError, match="'q' are numbers: write 1, not '1'"):
        Survey(frame).share("q", of="1")
    with pytest.raises(InputError, match="'t' are text: write '1', not 1"):
        Survey(frame).share("t", of=1)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("replicates", [None, "jkn", "bootstrap"])
def test_a_ratio_to_nothing_is_missing(frame, replicates):
    frame = frame.assign(income=frame["income"].fillna(1.0))
    frame.loc[frame["area"] == "p", "size"] = 0.0
    survey = Survey(frame, weights="weight", strata="stratum", clusters="psu")
    if replicates:
        survey = survey.with_replicates(replicates, replicates=40)
    got = survey.ratio("income", "size", by="area")
    rows = got.to_frame().set_index("area")
    numbers = rows[["estimate", "se", "ci_low", "ci_high"]]
    assert numbers.loc["p"].isna().all()
    assert rows.loc["p", "flag"] == "denominator is zero"
    assert numbers.loc[["q", "r"]].notna().all(axis=None)
    np.testing.assert_allclose(np.diag(got.cov())[1:], got.se[1:] ** 2, rtol=1e-9)
    none = frame.assign(income=0.0)
    again = Survey(none, weights="weight", strata="stratum", clusters="psu")
    assert again.ratio("income", "size", by="area").flag[0] == "denominator is zero"


def test_arguments_of_the_wrong_kind_are_refused_in_one_sentence(frame):
    survey = Survey(frame, weights="weight")
    with pytest.raises(InputError, match=r"weight column is given by its name.*Series"):
        Survey(frame, weights=frame["weight"])
    with pytest.raises(InputError, match="by name, not by Series"):
        Survey(frame, strata=frame["stratum"])
    for wrong in (
        lambda: survey.share(3),
        lambda: survey.share("yes", by=0),
        lambda: Survey(frame, fpc=10),
    ):
        with pytest.raises(InputError, match="given by name, not by int"):
            wrong()
    for unordered in ({"yes", "income"}, frozenset({"yes"})):
        with pytest.raises(InputError, match=r"given in an order, which a (frozen)?set"):
            survey.share(unordered)
        with pytest.raises(InputError, match="given in an order"):
            survey.share("yes", by=unordered)
    for level in ("0.95", None, True, 95, np.nan):
        with pytest.raises(InputError, match="confidence level"):
            survey.share("yes", level=level)
    assert survey.share("yes", level=np.float64(0.9)).metadata.level == 0.9


def test_an_unknown_df_rule_is_refused(frame):
    survey = Survey(frame, weights="weight")
    for wrong in (
        lambda: survey.share("yes", df="x"),
        lambda: survey.median("income", df="x"),
        lambda: survey.independence("yes", "sex", df="x"),
        lambda: survey.t_test("income", by="sex", df="x"),
        lambda: survey.rank_test("income", by="sex", df="x"),
    ):
        with pytest.raises(InputError, match=r"df='x' is not a rule.*'domain' or 'design'"):
            wrong()


@pytest.mark.parametrize("value", [["a"], {"a": 1}, {1}])
def test_several_values_in_a_row_are_refused(value):
    survey = Survey(pd.DataFrame({"q": [value] * 4, "y": [0, 1, 0, 1]}))
    with pytest.raises(InputError, match="Column 'q' holds several values in a row"):
        survey.share("q")
    with pytest.raises(InputError, match="Column 'q' holds several values in a row"):
        survey.share("y", by="q")
