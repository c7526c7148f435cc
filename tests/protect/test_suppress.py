"""What may be shown: bounds, secondary suppression, flags."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from survey_stats import protect
from survey_stats.errors import InputError


def estimates(bases: list[int], **by: list[str]) -> pd.DataFrame:
    n = len(bases)
    frame = pd.DataFrame(by)
    frame["estimate"] = np.linspace(0.1, 0.5, n)
    for column in ("se", "ci_low", "ci_high", "df", "n_effective", "deff"):
        frame[column] = 0.05
    frame["n"] = bases
    frame["flag"] = ""
    return frame


def test_the_bounds_are_29_30_99_100() -> None:
    frame = estimates([29, 29, 30, 99, 100], place=list("abcde"))
    out = protect.apply(frame, sets=[])
    assert out["estimate"].isna().tolist() == [True, True, False, False, False]
    assert out["flag"].tolist() == [
        "suppressed: base under 30",
        "suppressed: base under 30",
        "uncertain: base 30-99",
        "uncertain: base 30-99",
        "",
    ]
    assert frame["estimate"].notna().all(), "the caller's frame is not touched"


def test_two_cells_of_29_are_told_by_their_flags_and_need_a_third() -> None:
    out = protect.apply(estimates([29, 29, 30, 99, 100], place=list("abcde")))
    assert out["flag"].tolist()[:3] == [protect.DEFAULT.suppressed] * 2 + [protect.SECONDARY]
    assert out["n"].isna().tolist() == [True, True, True, False, False], (
        "58 together, each under 30"
    )


def test_no_number_of_a_suppressed_cell_survives() -> None:
    out = protect.apply(estimates([12, 500, 400], place=list("abc")))
    numbers = ["estimate", "se", "ci_low", "ci_high", "df", "n_effective", "deff", "n"]
    assert out.loc[0, numbers].isna().all()


def test_one_suppressed_cell_takes_the_next_smallest_with_it() -> None:
    out = protect.apply(estimates([12, 500, 400, 450], place=list("abcd")))
    assert out["flag"].tolist()[0] == "suppressed: base under 30"
    assert out["flag"].tolist()[2] == protect.SECONDARY
    assert out["estimate"].notna().tolist() == [False, True, False, True]
    assert pd.isna(out.loc[2, "n"]), "the total less the others would give the base of 12"


def test_two_suppressed_cells_protect_each_other() -> None:
    out = protect.apply(estimates([12, 500, 29], place=list("abc")))
    assert out["estimate"].notna().tolist() == [False, True, False]


def test_secondary_suppression_in_a_cross_table_leaves_no_row_or_column_with_one_gap() -> None:
    frame = estimates(
        [10, 300, 200, 250, 310, 220],
        gender=["women"] * 3 + ["men"] * 3,
        age=["16-19", "20-29", "30-44"] * 2,
    )
    out = protect.apply(frame)
    gaps = out.assign(gap=out["estimate"].isna()).pivot_table(
        index="gender", columns="age", values="gap", aggfunc="max"
    )
    assert not (gaps.sum(axis=0) == 1).any()
    assert not (gaps.sum(axis=1) == 1).any()
    assert gaps.loc["women", "16-19"]


def test_sets_restricts_where_cells_add_up() -> None:
    frame = estimates(
        [10, 300, 200, 250], wave=["2020", "2020", "2023", "2023"], age=["a", "b", "a", "b"]
    )
    out = protect.apply(frame, sets=["age"])
    assert out["estimate"].isna().tolist() == [True, True, False, False]
    with pytest.raises(InputError, match="'gender' in sets is no by column"):
        protect.apply(frame, sets=["gender"])


def test_nobody_answered_is_not_a_secret() -> None:
    out = protect.apply(estimates([0, 300, 200], place=list("abc")))
    assert out["flag"].tolist() == [protect.NO_ANSWERS, "", ""]
    assert out["estimate"].notna().tolist() == [False, True, True]


def test_the_levels_of_a_question_fall_together() -> None:
    frame = pd.DataFrame(
        {
            "place": ["a", "a", "b", "b", "c", "c"],
            "level": ["yes", "no"] * 3,
            "estimate": [0.2, 0.8] * 3,
            "n": [20, 20, 60, 60, 200, 200],
            "flag": [""] * 6,
        }
    )
    out = protect.apply(frame)
    assert out["estimate"].isna().tolist() == [True] * 4 + [False] * 2
    assert out["level"].notna().all()


def test_a_change_needs_both_bases() -> None:
    frame = pd.DataFrame(
        {
            "age": ["a", "b", "c"],
            "before": [0.2, 0.3, 0.4],
            "after": [0.3, 0.4, 0.5],
            "difference": [0.1] * 3,
            "p_value": [0.01] * 3,
            "verdict": ["significant increase"] * 3,
            "n_before": [300, 20, 50],
            "n_after": [25, 300, 500],
            "smallest_detectable": [0.1] * 3,
            "flag": [""] * 3,
        }
    )
    out = protect.apply(frame)
    assert out["difference"].isna().tolist() == [True, True, False]
    assert out["verdict"].tolist() == ["cannot be decided"] * 2 + ["significant increase"]
    # the base of a row that is lost anyway protects the one that would follow from the total
    assert out["n_before"].isna().tolist() == [True, True, False]
    assert out["n_after"].isna().tolist() == [True, True, False]
    assert out.loc[2, "flag"] == "uncertain: base 30-99"


def test_a_flag_that_was_there_stays_unless_the_cell_is_suppressed() -> None:
    frame = estimates([50, 500], place=["a", "b"])
    frame["flag"] = ["lonely PSU", "lonely PSU"]
    assert protect.apply(frame)["flag"].tolist() == ["lonely PSU", "lonely PSU"]


def test_without_secondary_only_the_small_cell_goes() -> None:
    rule = protect.Rule("plain", secondary=False)
    out = protect.apply(estimates([12, 500], place=["a", "b"]), rule)
    assert out["estimate"].isna().tolist() == [True, False]


def test_a_frame_of_something_else_is_refused() -> None:
    with pytest.raises(InputError, match="neither 'estimate' nor 'before'"):
        protect.apply(pd.DataFrame({"x": [1]}))
    with pytest.raises(InputError, match="needs a base"):
        protect.apply(pd.DataFrame({"estimate": [1.0], "flag": [""]}))


def test_a_cell_that_is_on_one_side_only_keeps_its_reason() -> None:
    frame = pd.DataFrame(
        {
            "age": ["20-29", "80+"],
            "before": [0.2, np.nan],
            "after": [0.3, 0.4],
            "difference": [0.1, np.nan],
            "verdict": ["significant increase", "cannot be decided"],
            "n_before": [300.0, np.nan],
            "n_after": [250.0, 60.0],
            "flag": ["", "not asked before"],
        }
    )
    out = protect.apply(frame)
    assert out["flag"].tolist() == ["", "not asked before"]
    assert out["n_after"].tolist() == [250, 60]
    assert out["n_before"].isna().tolist() == [False, True]
