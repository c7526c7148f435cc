"""Compact letter display: the rule it keeps, that nothing in it is redundant, and R's letters."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from survey_stats.compare import adjust_p
from survey_stats.compare.letter_display import columns_above, letter_columns, letter_names

R = pd.read_csv(
    Path(__file__).parent / "reference" / "letters.csv", dtype={"letters": str}, na_filter=False
)
ALPHAS = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5)


def share(columns: np.ndarray) -> np.ndarray:
    return (columns.astype(int) @ columns.T.astype(int)) > 0


def is_redundant(columns: np.ndarray, group: int, letter: int) -> bool:
    less = columns.copy()
    less[group, letter] = False
    return bool((share(less) == share(columns)).all())


def written(columns: np.ndarray) -> list[str]:
    names = letter_names(columns.shape[1])
    return ["".join(names[k] for k in np.flatnonzero(row)) for row in columns]


def symmetric(upper: np.ndarray) -> np.ndarray:
    half = np.triu(upper, 1)
    return half | half.T


def pairs_found(estimate, se, alpha) -> np.ndarray:
    i, j = np.triu_indices(len(estimate), 1)
    z = np.abs(estimate[i] - estimate[j]) / np.hypot(se[i], se[j])
    differ = np.zeros((len(estimate),) * 2, dtype=bool)
    differ[i, j] = adjust_p(2 * stats.norm.sf(z)) <= alpha
    return symmetric(differ)


@pytest.mark.parametrize("most", [500, 0], ids=["insert-absorb", "grown"])
@pytest.mark.parametrize("chance", [0.0, 0.1, 0.4, 0.7, 1.0])
def test_any_matrix_is_told_without_a_redundant_letter(most, chance):
    rng = np.random.default_rng(int(100 * chance))
    for groups in range(1, 12):
        for _ in range(8):
            differ = symmetric(rng.random((groups, groups)) < chance)
            columns = letter_columns(differ, most)
            assert (share(columns) == ~differ).all()
            assert not any(is_redundant(columns, g, k) for g, k in np.argwhere(columns))


@pytest.mark.parametrize("alpha", ALPHAS)
def test_groups_share_a_letter_exactly_where_their_test_finds_nothing(alpha):
    rng = np.random.default_rng(5)
    for groups in (2, 5, 12, 30):
        for _ in range(6):
            estimate = np.sort(rng.normal(0, rng.uniform(0, 2), groups))[::-1]
            differ = pairs_found(estimate, rng.uniform(0.1, 0.6, groups), alpha)
            columns = letter_columns(differ)
            assert (share(columns) == ~differ).all()
            assert columns.any(axis=1).all()


def test_nothing_found_is_one_letter_and_everything_found_one_each():
    none = np.zeros((4, 4), dtype=bool)
    assert written(letter_columns(none)) == ["a"] * 4
    assert written(letter_columns(~np.eye(4, dtype=bool))) == ["a", "b", "c", "d"]
    assert letter_columns(np.zeros((0, 0), dtype=bool)).shape == (0, 0)


def test_agrees_with_multcompview_where_that_has_no_redundant_letter():
    exact = 0
    for _, case in R.groupby("case"):
        differ = pairs_found(case.estimate.to_numpy(), case.se.to_numpy(), case.alpha.iloc[0])
        columns = letter_columns(differ)
        names = sorted(set("".join(case.letters)))
        theirs = np.array([[n in own for n in names] for own in case.letters])
        assert (share(theirs) == ~differ).all()
        assert columns.sum() <= theirs.sum()
        if not any(is_redundant(theirs, g, k) for g, k in np.argwhere(theirs)):
            assert written(columns) == case.letters.tolist()
            exact += 1
    assert exact >= 35


def test_too_many_columns_on_the_way_are_grown_instead():
    # 16 pairs, each of which differs: 2^16 largest sets without a pair that differs
    groups = 32
    differ = np.zeros((groups, groups), dtype=bool)
    for i in range(0, groups, 2):
        differ[i, i + 1] = differ[i + 1, i] = True
    columns = letter_columns(differ)
    assert (share(columns) == ~differ).all()
    assert columns.shape[1] < 100


def test_letters_after_z_stay_apart():
    names = letter_names(60)
    assert len(set(names)) == 60
    assert (names[25], names[26], names[52]) == ("z", "a1", "a2")


def test_columns_above_are_those_significantly_lower():
    differ = symmetric(np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool))
    assert columns_above(differ, np.array([0.5, 0.2, 0.4])) == [(1,), (), (1,)]
    assert columns_above(differ, np.array([np.nan, 0.2, 0.4])) == [(), (), (1,)]
